"""The units of the RNN inside a floating-point URNN: all bounds that do not depend on the gates."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import NormBound, certify_contractive
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.numeric.error_bounds import (
    ComputedBound,
    WeightsBound,
    computed_bound,
    output_bias_bound,
    required_gate_bias,
    state_bound,
    weights_bound,
)
from urnn_proofs.checks.numeric.float_dilation import with_gates
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.norm_source import NormSource, norm_source
from urnn_proofs.checks.numeric.running_error import error_along
from urnn_proofs.checks.numeric.weight_norms import (
    Differences,
    Norms,
    differences,
    distance,
    gates,
    network_norms,
)
from urnn_proofs.guesses.weighting import propose_weighting
from urnn_proofs.model.activation import Activation, PiecewiseLinear
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.number import to_float
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["UpperUnits", "require_relu", "require_relu_activation", "stretch_of"]

Array = np.ndarray[Any, np.dtype[np.float64]]

# The lower bias is this much larger in size than the gates need: room that costs nothing, since
# closed gates contribute exactly 0.
_MARGIN, _LEAST_BIAS = Fraction(65, 64), Fraction(1, 2**20)


@dataclass(frozen=True, eq=False)
class UpperUnits:
    """A contractive ReLU network, its weights as stored, and how far apart the two can get.

    Parameters
    ----------
    rnn
        The original network.
    stored
        The stored weights of its n units.
    input_bound
        M.
    scaling
        Positive diagonal E if the stored states are ``E h``.
    source
        Of the norm bounds: "ball", "numpy" or "auto".

    Raises
    ------
    NotContractiveError
        From every bound, if ``||W|| >= 1``, with a rational witness.
    UndecidedError
        From the bounds, if ``1 - ||W||`` is not large against the rounding.
    UnsupportedError
        From every bound, if the activation is not ReLU.
    """

    rnn: RNN
    stored: FloatNetwork
    input_bound: Fraction
    scaling: tuple[Fraction, ...] | None
    source: str

    @cached_property
    def base(self) -> RNN:
        """The network whose weights were stored: ``rnn``, its states rescaled by E."""
        require_relu(self.rnn)
        require_relu_activation(self.stored.activation)
        return self.rnn if self.scaling is None else rescale(self.rnn, self.scaling)

    @cached_property
    def norms(self) -> NormSource:
        """Where norm bounds come from."""
        return norm_source(self.source, 2 * self.rnn.states)

    @cached_property
    def weighting(self) -> tuple[Fraction, ...] | None:
        """S: errors and states are measured in ``||S h||``; None for plain norms.

        A proposal from floating point, for every positive S makes the bounds true.
        """
        return propose_weighting(self.stored, to_float(self.input_bound))

    @property
    def stretch(self) -> Fraction:
        """What the weighting does to underflow at most."""
        return stretch_of(self.weighting)

    @cached_property
    def contraction(self) -> NormBound:
        """The exact certificate ``||W|| <= rho < 1`` of :attr:`base`."""
        assert isinstance(self.base.W, RationalMatrix)
        return certify_contractive(self.base.W)

    @cached_property
    def corner_norm(self) -> Fraction:
        """An upper bound of ``||W'||``, the plain norm of the stored W."""
        return self.norms.spectral(self.stored.W) if self.weighting else self.stored_norms.W

    @cached_property
    def corner_change(self) -> Fraction:
        """An upper bound of ``||W' - W||``, in the plain norm."""
        assert isinstance(self.base.W, RationalMatrix)
        if self.weighting is None:
            return self.changed.W
        return distance(self.stored.W, self.base.W, self.norms)

    @cached_property
    def stored_norms(self) -> Norms:
        """Norms of the stored weights, weighted."""
        return self.norms_of(self.stored, self._weighted_stored(), self.weighting)

    @cached_property
    def base_norms(self) -> Norms:
        """Norms of the exact weights, weighted."""
        return network_norms(self.weighted(self.base), self.norms)

    @cached_property
    def changed(self) -> Differences:
        """How far the stored weights are from the exact ones, weighted."""
        return differences(self._weighted_stored(), self.weighted(self.base), self.norms)

    @cached_property
    def stored_rho(self) -> Fraction:
        """rho', an upper bound of the weighted norm of the stored W."""
        return min(self.stored_norms.W, self.base_rho + self.changed.W)

    @cached_property
    def base_rho(self) -> Fraction:
        """An upper bound of the weighted norm of the exact W."""
        exact = self.contraction.rho  # asked for in any case: its refusal comes with a witness
        return self.base_norms.W if self.weighting else min(exact, self.base_norms.W)

    @cached_property
    def weighted_bound(self) -> Fraction:
        """Bounds every ``||S h^k||`` of :attr:`base`."""
        return state_bound(self.base_norms, self.base_rho, self.input_bound)

    @property
    def state_bound(self) -> Fraction:
        """H: bounds every ``||h^k||`` of :attr:`base`."""
        return self.weighted_bound / min(self.weighting or (Fraction(1),))

    @cached_property
    def weights_effect(self) -> WeightsBound:
        """What rounding the weights does, the gates closed."""
        rho, H, M = self.stored_rho, self.weighted_bound, self.input_bound
        return weights_bound(self.stored_norms, rho, self.changed, H, M)

    @cached_property
    def computed_effect(self) -> ComputedBound:
        """What rounding inside the recursion does, the gates closed."""
        rho, M, arithmetic = self.stored_rho, self.input_bound, self.stored.arithmetic
        return computed_bound(self.stored_norms, rho, M, arithmetic, self.stretch)

    def output_bias_effect(self, size: Fraction) -> Fraction:
        """Bound what adding an output bias of that norm does to the computed outputs."""
        arguments = (self.stored_norms, self.computed_effect, size, self.stored.arithmetic)
        return output_bias_bound(*arguments, self.stretch)

    def error_along(self, x: Any) -> Array:
        """Bound ``||y_u^k - y^k||`` along given inputs, the gates closed; shape (T,) or (T, batch).

        Raises
        ------
        InputError
            If the inputs have a wrong shape, other numbers than the format has, or leave X_M.
        """
        return error_along(
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

    def with_gates(self, U: Array) -> FloatNetwork:
        """Add the lower units of a nearly orthogonal U, with all the bias that they need."""
        return with_gates(self.stored, U, self.gate_bias(U))

    def gate_bias(self, U: Array) -> Fraction:
        """Return B > 0: with the biases ``-B`` the lower units of U provably stay at 0."""
        stored = with_gates(self.stored, U, Fraction(1))
        found = gates(stored, self.rnn.states, self.norms, self.weighting)
        if found.units == 0:
            return _LEAST_BIAS
        arguments = (found, self.computed_effect, self.stored_norms, self.input_bound)
        needed = required_gate_bias(*arguments, self.stored.arithmetic, self.stretch)
        exactly = found.rows * self.weights_effect.largest_state
        return max(needed, exactly, _LEAST_BIAS) * _MARGIN

    def weighted(self, net: RNN) -> RNN:
        """Return the network of the states ``S h``, whose plain norms are the weighted ones."""
        return net if self.weighting is None else rescale(net, self.weighting)

    def norms_of(
        self,
        run: FloatNetwork,
        weighted: RNN | FloatNetwork,
        scales: tuple[Fraction, ...] | None,
    ) -> Norms:
        """Bound the norms of *weighted*, which is *run* over states that *scales* measure."""
        if run.second_bias is None:
            return network_norms(weighted, self.norms)
        sizes = [row[0] for row in run.bias_sizes.to_fractions()]
        if scales is not None:
            sizes = [a * s for a, s in zip(sizes, scales, strict=True)]
        return network_norms(weighted, self.norms, RationalMatrix.column(sizes))

    def _weighted_stored(self) -> RNN | FloatNetwork:
        return self.stored if self.weighting is None else self.weighted(self.stored.exact())


def stretch_of(scales: tuple[Fraction, ...] | None) -> Fraction:
    """Return what underflow is multiplied with when states are measured over these scales."""
    one = Fraction(1)
    return max(one, *scales) ** 2 * max(one, 1 / min(scales)) if scales else one


def require_relu(rnn: RNN) -> None:
    """Refuse a network that is no RNN with ReLU.

    Raises
    ------
    InputError
        If it is no network at all.
    UnsupportedError
        If it is a URNN, or its activation is another.
    """
    require_relu_activation(require_rnn(rnn).activation)


def require_relu_activation(phi: Activation) -> None:
    """Refuse an activation other than ReLU.

    Raises
    ------
    UnsupportedError
        Naming the activation.
    """
    if not (isinstance(phi, PiecewiseLinear) and phi.is_relu):
        raise UnsupportedError(
            f"the activation is {phi.name!r}; expected 'relu', the one that floating-point "
            f"arithmetic computes without rounding"
        )
