"""One layer of a diagnosis: what it is, and what is known about URNNs with its outputs.

:class:`Evidence` was found and is not believed; :class:`LayerFindings` derives all else from the
layer each time.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.nearby import norm_interval, orthogonal_distance
from urnn_proofs.checks.exact.norms import norm_upper_bound
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.similarity import (
    Scaling,
    Vectors,
    defect_rank,
    refutes_every_scaling,
    scale_matrix,
)
from urnn_proofs.checks.exact.spectral import radius_bounds
from urnn_proofs.checks.exact.state_bound import (
    BoundRule,
    StateBound,
    is_non_expansive,
    rule_holds,
)
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.bound_text import at_least
from urnn_proofs.model.errors import NotContractiveError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import round_up, show_fields
from urnn_proofs.model.saturation import saturation
from urnn_proofs.questions.repair import NEARLY_ORTHOGONAL
from urnn_proofs.questions.steps_3_1 import is_homogeneous
from urnn_proofs.questions.within_epsilon import states_within_epsilon

__all__ = ["Evidence", "LayerFindings", "find_evidence"]

_NEARLY_CONTRACTIVE = Fraction(1, 2**7)
# The search for a scaling takes minutes beyond this size.
_SCALING_STATES = 256


@dataclass(frozen=True)
class Evidence:
    """What was found about a layer; nothing here is believed.

    Parameters
    ----------
    scaling
        Positive diagonal E of rescaled states, if one is needed.
    bound
        A state bound of the (rescaled) layer, if a rule gives one.
    dual
        Vectors that prove that no diagonal scaling makes W contractive.
    """

    scaling: Scaling | None = None
    bound: StateBound | None = None
    dual: Vectors | None = None

    __repr__ = show_fields


@dataclass(frozen=True, eq=False)
class LayerFindings:
    """One layer: everything but *evidence* is derived from the network.

    Parameters
    ----------
    rnn
        The layer.
    input_bound
        What bounds its inputs; None if nothing here bounds them.
    evidence
        See :class:`Evidence`.
    """

    rnn: RNN
    input_bound: Fraction | None
    evidence: Evidence

    __repr__ = show_fields

    @cached_property
    def norm(self) -> tuple[Fraction, Fraction]:
        """Rationals around ``||W||``."""
        return norm_interval(self.rnn.W)

    @cached_property
    def radius(self) -> tuple[Fraction, Fraction]:
        """Rationals around the spectral radius of W."""
        lower, upper = radius_bounds(self.rnn.W)
        return lower, min(upper, self.norm[1])

    @cached_property
    def distance(self) -> Fraction:
        """An upper bound of the distance from W to the nearest orthogonal matrix."""
        return orthogonal_distance(self.rnn.W)

    @cached_property
    def scaled_norm(self) -> Fraction | None:
        """An upper bound of ``||E W E^-1||`` for the scaling that was found."""
        E = self.evidence.scaling
        return None if E is None else norm_upper_bound(scale_matrix(self.rnn.W, E))

    @cached_property
    def no_scaling(self) -> bool:
        """Whether it is proved that no diagonal scaling makes W contractive."""
        dual = self.evidence.dual
        return dual is not None and refutes_every_scaling(self.rnn.W, dual)

    @cached_property
    def states_bounded(self) -> bool:
        """Whether the state bound follows from a rule, for the bound of the inputs."""
        bound = self.evidence.bound
        if bound is None or self._base is None or bound.rule is BoundRule.SUPPLIED:
            return False
        return bound.input_bound == self.input_bound and rule_holds(self._base, bound)[0]

    @cached_property
    def _base(self) -> RNN | None:
        """The layer with its states rescaled; None if that is not allowed."""
        E = self.evidence.scaling
        if E is None:
            return self.rnn
        fits = len(E) == self.rnn.states and min(E) > 0 and is_homogeneous(self.rnn)
        return rescale(self.rnn, E) if fits else None

    @cached_property
    def added(self) -> int | None:
        """``rank(I - A^T A)`` of the (rescaled) W where ``||A|| <= 1`` is shown, else None."""
        if self._base is None:
            return None
        return defect_rank(self._base.W, (Fraction(1),) * self.rnn.states)

    @property
    def is_flat(self) -> bool:
        """Whether phi is constant on a half-line, so that added units can be switched off."""
        phi = self.rnn.activation
        return isinstance(phi, PiecewiseLinear) and bool(phi.flat)

    @property
    def at_norm_one(self) -> str:
        """What is missing where ``||W||`` is exactly 1; a sentence."""
        if self.is_flat:
            return "||W|| is 1, but no rule here bounds the states"
        return "||W|| is 1, and outputs within every epsilon are shown for ||W|| < 1"

    @cached_property
    def exact_states(self) -> int | None:
        """How many states an equivalent URNN of this layer needs at most, if one is shown."""
        if self.added is None:
            return None
        if self.added and not (self.is_flat and self.states_bounded):
            return None
        return self.rnn.states + self.added

    @cached_property
    def states_within(self) -> int | None:
        """How many states come within every epsilon, if that is shown."""
        return states_within_epsilon(self.rnn)

    @property
    def is_nearby(self) -> bool:
        """Whether a small change of W gives a layer that has a URNN."""
        if not is_non_expansive(self.rnn.activation):
            return False
        shrinks = _saturates(self.rnn) and self.norm[1] <= 1 + _NEARLY_CONTRACTIVE
        return self.distance <= NEARLY_ORTHOGONAL or shrinks

    @property
    def can_have_a_urnn(self) -> bool:
        """Whether the layer has a URNN with another W."""
        return _saturates(self.rnn) or self.distance <= NEARLY_ORTHOGONAL

    @property
    def states(self) -> int | None:
        """How many states a URNN with its outputs, or within every epsilon, needs at most."""
        return self.exact_states if self.exact_states is not None else self.states_within

    @property
    def output_bound(self) -> Fraction | None:
        """A bound of ``||C h||``, from the state bound of the (rescaled) layer."""
        if not self.states_bounded or self._base is None or self.evidence.bound is None:
            return None
        return round_up(norm_upper_bound(self._base.C) * self.evidence.bound.H)

    @property
    def obstacles(self) -> tuple[str, ...]:
        """What keeps the layer from having a URNN here; a sentence each."""
        found: list[str] = []
        phi = self.rnn.activation
        if not _saturates(self.rnn):
            found.append(
                f"the activation {phi.name!r} has no limit that is known here, so that no unit can "
                f"be added; relu, tanh and their like have one"
            )
        if self.added is None:
            text = f"||W|| is at least {at_least(self.norm[0])}"
            if self.no_scaling:
                text += ", and no diagonal scaling makes it less than 1"
            found.append(f"{text}; expected at most 1")
        elif self.added and _saturates(self.rnn):
            found.append(self.at_norm_one)
            if self.is_flat:
                found[-1] += ": convert --state-bound H takes a bound that you know"
        return tuple(found)


def find_evidence(rnn: RNN, M: Fraction | None) -> Evidence:
    """Look for a scaling, or a proof that there is none, and for a state bound."""
    norm = None
    with suppress(NotContractiveError, UndecidedError):
        norm = certify_contractive(rnn.W)
    scaling: Scaling | None = None
    dual: Vectors | None = None
    base = rnn
    at_most_one = norm is not None or defect_rank(rnn.W, (Fraction(1),) * rnn.states) is not None
    if not at_most_one and is_homogeneous(rnn) and rnn.states <= _SCALING_STATES:
        try:
            found = find_scaling(rnn.W)
        except UndecidedError:
            found = None
        if isinstance(found, NoScaling):
            dual = found.dual
        elif found is not None:
            scaling, base = found, rescale(rnn, found)
            norm = certify_contractive(base.W)
    bound: StateBound | None = None
    if M is not None:
        try:
            bound = find_state_bound(base, M, norm)
        except UnsupportedError:
            bound = None
    return Evidence(scaling, bound, dual)


def _saturates(rnn: RNN) -> bool:
    """Tell whether units can be added: phi has a limit that is known here."""
    return saturation(rnn.activation) is not None
