"""A contractive ReLU network in floating-point arithmetic, and how far it is from the exact one.

``exact`` is the network that is meant, ``stored`` the floats that run; both carry the same states
``h``, measured as ``||S h||`` for a positive diagonal S (:mod:`.error_bounds`, "Weighted norms").
S is evidence: every positive S makes the bounds true.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import NormBound
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.numeric.error_bounds import (
    ComputedBound,
    WeightsBound,
    computed_bound,
    output_growth,
    state_bound,
    weights_bound,
)
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.norm_source import NormSource
from urnn_proofs.checks.numeric.running_error import error_along
from urnn_proofs.checks.numeric.tube import Tube, TubeBounds, tube_bounds
from urnn_proofs.checks.numeric.tube_along import tube_along
from urnn_proofs.checks.numeric.weight_norms import (
    Differences,
    Norms,
    differences,
    network_norms,
)
from urnn_proofs.model.activation import Activation, PiecewiseLinear
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.number import round_up
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["FloatRun", "require_relu"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class FloatRun:
    """A network with exact weights, the floats stored for it, and bounds for all inputs in X_M.

    Parameters
    ----------
    exact
        The network that is meant.
    stored
        The floats that run, for the same states, inputs and outputs.
    input_bound
        M.
    norms
        Where norm bounds come from.
    weighting
        S, positive; None for plain norms.
    contraction
        The exact certificate ``||W|| <= rho < 1`` of the exact W, plain; None if there is none.
    tube
        Evidence for smaller bounds of the stored weights; None for bounds from norms alone.

    Raises
    ------
    UnsupportedError
        If the activation is not ReLU, the weights are irrational or there is an offset.
    InputError
        If the two have different sizes.
    UndecidedError
        From the bounds, if ``1 - ||W||`` is not large against the rounding.
    """

    exact: RNN
    stored: FloatNetwork
    input_bound: Fraction
    norms: NormSource
    weighting: tuple[Fraction, ...] | None = None
    contraction: NormBound | None = None
    tube: Tube | None = None

    #: By how much more outputs of the stored weights may differ: gates are closed or not.
    slip = Fraction(0)

    def __post_init__(self) -> None:
        require_relu(self.exact)
        _require_relu_activation(self.stored.activation)
        sizes = [(net.states, net.inputs, net.outputs) for net in (self.exact, self.stored)]
        if sizes[0] != sizes[1]:
            raise InputError(
                f"the stored weights have (states, inputs, outputs) {sizes[1]}; expected "
                f"{sizes[0]}, as the network has"
            )

    @property
    def stretch(self) -> Fraction:
        """What the weighting does to underflow at most."""
        scales, one = self.weighting, Fraction(1)
        return max(one, *scales) ** 2 * max(one, 1 / min(scales)) if scales else one

    @cached_property
    def stored_norms(self) -> Norms:
        """Norms of the stored weights, weighted."""
        if self.stored.second_bias is None:
            return network_norms(self._weighted_stored, self.norms)
        sizes = [row[0] for row in self.stored.bias_sizes.to_fractions()]
        if self.weighting is not None:
            sizes = [a * s for a, s in zip(sizes, self.weighting, strict=True)]
        return network_norms(self._weighted_stored, self.norms, RationalMatrix.column(sizes))

    @cached_property
    def exact_norms(self) -> Norms:
        """Norms of the exact weights, weighted."""
        return network_norms(self._weighted(self.exact), self.norms)

    @cached_property
    def changed(self) -> Differences:
        """How far the stored weights are from the exact ones, weighted."""
        return differences(self._weighted_stored, self._weighted(self.exact), self.norms)

    @cached_property
    def exact_rho(self) -> Fraction:
        """An upper bound of the weighted norm of the exact W."""
        found = self.exact_norms.W
        if self.weighting or self.contraction is None:
            return found
        return min(found, self.contraction.rho)

    @cached_property
    def stored_rho(self) -> Fraction:
        """rho', an upper bound of the weighted norm of the stored W."""
        return min(self.stored_norms.W, self.exact_rho + self.changed.W)

    @cached_property
    def weighted_bound(self) -> Fraction:
        """Bounds every ``||S h^k||`` of the exact network."""
        return state_bound(self.exact_norms, self.exact_rho, self.input_bound)

    @property
    def state_bound(self) -> Fraction:
        """H: bounds every ``||h^k||`` of the exact network."""
        known = self.weighted_bound / min(self.weighting or (Fraction(1),))
        if self.tight is None or self._tight_weights is None:
            return known
        return min(known, self.tight.tube.H + self._tight_weights[1])

    @cached_property
    def tight(self) -> TubeBounds | None:
        """What the tube gives, if its conditions hold."""
        if self.tube is None:
            return None
        return tube_bounds(self.stored, self.input_bound, self.tube)

    @cached_property
    def _tight_weights(self) -> tuple[Fraction, Fraction] | None:
        return None if self.tight is None else self.tight.weights(self.exact)

    @cached_property
    def weights_effect(self) -> WeightsBound:
        """What rounding the weights does."""
        rho, H, M = self.stored_rho, self.weighted_bound, self.input_bound
        found = weights_bound(self.stored_norms, rho, self.changed, H, M)
        if self._tight_weights is None:
            return found
        return replace(found, output=min(found.output, self._tight_weights[0]))

    @cached_property
    def computed_effect(self) -> ComputedBound:
        """What rounding inside the recursion does."""
        rho, M, arithmetic = self.stored_rho, self.input_bound, self.stored.arithmetic
        found = computed_bound(self.stored_norms, rho, M, arithmetic, self.stretch)
        tight = None if self.tight is None else self.tight.computed
        return found if tight is None else replace(found, output=min(found.output, tight))

    @cached_property
    def reach(self) -> Fraction:
        """Bounds all outputs ``C h^k``: exact ones, of the stored weights, and computed ones."""
        weights, computed = self.weights_effect, self.computed_effect
        exact = self.exact_norms.C * self.weighted_bound
        stored = self.stored_norms.C * weights.largest_state + computed.output
        known = round_up(max(exact, stored), 64)
        if self.tight is None or self._tight_weights is None or self.tight.computed is None:
            return known
        off = max(self._tight_weights[0], self.tight.computed)
        return min(known, round_up(self.tight.read + off, 64))

    @cached_property
    def growth(self) -> Fraction:
        """A Lipschitz constant of the exact network, from inputs to outputs, for all k."""
        return self._smaller(output_growth(self.exact_norms, self.exact_rho), self.exact)

    @cached_property
    def stored_growth(self) -> Fraction:
        """The same for the stored weights in exact arithmetic."""
        return self._smaller(output_growth(self.stored_norms, self.stored_rho), self.stored.exact())

    def _smaller(self, known: Fraction, net: RNN) -> Fraction:
        found = None if self.tight is None else self.tight.growth(net)
        return known if found is None else min(known, found)

    @cached_property
    def largest(self) -> tuple[Fraction, Fraction] | None:
        """Bounds of ``||g||`` and ``||c||``, plain, from the tube; None if it gives none."""
        if self.tight is None or self.tight.largest_computed is None:
            return None
        return self.tight.tube.H, self.tight.largest_computed

    def error_along(self, x: Any) -> Array:
        """Bound ``||computed - exact||`` along given inputs; shape (T,) or (T, batch).

        Raises
        ------
        InputError
            If the inputs have a wrong shape, other numbers than the format has, or leave X_M.
        """
        found = error_along(
            self.stored,
            x,
            self.input_bound,
            self.stored_norms,
            self.stored_rho,
            self.changed,
            self.computed_effect.largest_state,
            self.weighting,
            self.stretch,
        )
        if self.tight is None or self.tight.computed is None or self._tight_weights is None:
            return found
        smaller: Array = np.minimum(found, tube_along(self.tight, self.exact, x))
        return smaller

    def _weighted(self, net: RNN) -> RNN:
        """Return the network of the states ``S h``, whose plain norms are the weighted ones."""
        return net if self.weighting is None else rescale(net, self.weighting)

    @cached_property
    def _weighted_stored(self) -> RNN | FloatNetwork:
        return self.stored if self.weighting is None else self._weighted(self.stored.exact())


def require_relu(rnn: RNN) -> None:
    """Refuse a network that is no RNN with ReLU.

    Raises
    ------
    InputError
        If it is no network at all.
    UnsupportedError
        If it is a URNN, or its activation is another.
    """
    _require_relu_activation(require_rnn(rnn).activation)


def _require_relu_activation(phi: Activation) -> None:
    if not (isinstance(phi, PiecewiseLinear) and phi.is_relu):
        raise UnsupportedError(
            f"the activation is {phi.name!r}; expected 'relu', the one that floating-point "
            f"arithmetic computes without rounding"
        )
