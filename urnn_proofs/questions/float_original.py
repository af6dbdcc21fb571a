"""The original network, run in the same arithmetic as its floating-point URNN.

It need not have the stored weights: they may be rescaled, or rounded from another type.  Both
networks are compared with the exact one, so that a network built of several layers can be bounded
layer by layer (:mod:`urnn_proofs.theorems.float_layers`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.numeric.error_bounds import (
    ComputedBound,
    WeightsBound,
    computed_bound,
    output_bias_bound,
    weights_bound,
)
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.weight_norms import Norms, differences, same_weights
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import round_up
from urnn_proofs.questions.float_upper import UpperUnits, require_relu_activation, stretch_of

__all__ = ["OriginalRun"]


@dataclass(frozen=True, eq=False)
class OriginalRun:
    """The original network in floating-point arithmetic, beside the upper units of its URNN.

    Parameters
    ----------
    upper
        The stored weights and all their bounds.
    network
        The original network as it runs in the same arithmetic.

    Raises
    ------
    UndecidedError
        From the bounds, if ``1 - ||W||`` is not large against the rounding.
    """

    upper: UpperUnits
    network: FloatNetwork

    @cached_property
    def same(self) -> bool:
        """Whether its weights are those of the upper units."""
        return same_weights(self.network, self.upper.stored)

    @cached_property
    def effects(self) -> tuple[WeightsBound, ComputedBound]:
        """What rounding its weights and rounding inside its recursion do."""
        upper = self.upper
        require_relu_activation(self.network.activation)
        if self.same:
            return upper.weights_effect, upper.computed_effect
        changed = differences(self._weighted, upper.weighted(upper.base), upper.norms)
        rho, M = min(self.norms.W, upper.base_rho + changed.W), upper.input_bound
        return (
            weights_bound(self.norms, rho, changed, upper.weighted_bound, M),
            computed_bound(self.norms, rho, M, upper.stored.arithmetic, self._stretch),
        )

    @cached_property
    def norms(self) -> Norms:
        """Norms of its weights, over the states that the upper units carry, weighted."""
        upper, scales = self.upper, self.upper.weighting
        if self.same:
            return upper.stored_norms
        if upper.scaling is not None:
            ones = (Fraction(1),) * upper.rnn.states
            scales = tuple(s * e for s, e in zip(scales or ones, upper.scaling, strict=True))
        return upper.norms_of(self.network, self._weighted, scales)

    @cached_property
    def _weighted(self) -> RNN:
        exact, scaling = self.network.exact(), self.upper.scaling
        return self.upper.weighted(exact if scaling is None else rescale(exact, scaling))

    @property
    def _stretch(self) -> Fraction:
        return self.upper.stretch * stretch_of(self.upper.scaling)

    def output_bias_effect(self, size: Fraction) -> Fraction:
        """Bound what adding an output bias of that norm does to its computed outputs."""
        arithmetic = self.upper.stored.arithmetic
        return output_bias_bound(self.norms, self.effects[1], size, arithmetic, self._stretch)

    @cached_property
    def output(self) -> Fraction:
        """Bounds the distance of its computed outputs from those of the exact network."""
        weights, computed = self.effects
        return weights.output + computed.output

    @cached_property
    def difference(self) -> Fraction:
        """Bounds the difference of its computed outputs and those of the URNN."""
        weights, computed = self.effects
        rounding = self.upper.computed_effect.output + computed.output
        if not self.same:
            rounding += self.upper.weights_effect.output + weights.output
        return round_up(rounding, 64)

    @cached_property
    def reach(self) -> Fraction:
        """Bounds all states, in plain norm: of both networks, exact, stored and computed."""
        upper, (weights, computed), one = self.upper, self.effects, Fraction(1)
        found = max(
            upper.weighted_bound,
            upper.weights_effect.largest_state,
            upper.computed_effect.largest_state,
            weights.largest_state,
            computed.largest_state,
        )
        unweighted = max(1 / s for s in upper.weighting or (one,))
        unscaled = max(one, *(1 / e for e in upper.scaling or (one,)))
        return round_up(found * unweighted * unscaled, 64)

    @cached_property
    def growth(self) -> Fraction:
        """A Lipschitz constant of the exact network, from inputs to outputs, for all k."""
        return _growth(self.upper.base_norms, self.upper.base_rho)

    @cached_property
    def stored_growth(self) -> Fraction:
        """The same for the stored weights in exact arithmetic."""
        return _growth(self.upper.stored_norms, self.upper.stored_rho)


def _growth(norms: Norms, rho: Fraction) -> Fraction:
    """Return ``||C|| ||F|| / (1 - rho)``, the sum of the geometric series."""
    if rho >= 1:
        raise UndecidedError(
            f"1 - ||W|| less the effect of rounding is {float(1 - rho):.3g}, and must be positive"
        )
    return round_up(norms.C * norms.F / (1 - rho), 64)
