"""Build a URNN whose outputs stay within epsilon: for activations that have a limit at one end.

Everything here proposes; the result checks it (:mod:`urnn_proofs.questions.steps_epsilon`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.dilation import Dilation
from urnn_proofs.checks.exact.margin import gate_limits, output_reach
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.dilation import dilate, with_added_units
from urnn_proofs.guesses.margin import Gains, find_gains, propose_margin
from urnn_proofs.guesses.rational.rational_dilation import rational_dilation
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
    with_diagnosis,
)
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.number import exact_number, few_bits, round_up, shorten
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.saturation import Limit, Saturation, saturation
from urnn_proofs.questions.equivalence import Equivalence, require_proved
from urnn_proofs.questions.layer import Layer, LayerEvidence, of_layer, with_urnns

__all__ = ["dilated", "epsilon_hint", "parse_epsilon", "states_within_epsilon", "within_epsilon"]


def parse_epsilon(value: Any) -> Fraction:
    """Read epsilon > 0.

    Raises
    ------
    InputError
        If it is not positive, or no finite number.
    """
    epsilon = exact_number(value, "epsilon")
    if epsilon <= 0:
        raise InputError(
            f"epsilon is {shorten(value)}; expected a number > 0, or leave epsilon out to ask for "
            f"equal outputs"
        )
    return epsilon


def states_within_epsilon(rnn: RNN) -> int | None:
    """Return 2n where ``||W|| < 1`` and ``L ||W|| < 1`` are easily shown, and phi has a limit."""
    about = saturation(rnn.activation)
    try:
        if about is None or about.lipschitz * certify_contractive(rnn.W).rho >= 1:
            return None
    except (NotContractiveError, UndecidedError):
        return None
    return 2 * rnn.states


def epsilon_hint(rnn: RNN) -> str:
    """Say what epsilon would do for a network that has no URNN here with equal outputs."""
    states = states_within_epsilon(rnn)
    if states is None:
        return ""
    return (
        f"; epsilon=1e-6 (--epsilon; any number > 0) asks for outputs within that of its own, "
        f"which a URNN with {states} states has"
    )


@dataclass(frozen=True)
class _Plan:
    """What is known about a layer before its inputs are: nothing here depends on epsilon or M."""

    rnn: RNN
    about: Saturation
    limit: Limit
    gains: Gains
    U: Orthogonal
    dilation: Dilation | None

    @property
    def added(self) -> int:
        return self.U.shape[0] - self.rnn.states


def within_epsilon(
    network: StoredNetwork,
    M: Fraction,
    epsilon: Fraction,
    *,
    rational: bool = False,
    force: bool = False,
) -> Equivalence:
    """Build the URNN, ``n + rank(I - W^T W)`` states a layer, and verify it.

    Each layer may use an equal part of epsilon, as far as the layers above let it through.

    Raises
    ------
    NotContractiveError
        If ``||W|| > 1``, or ``L ||W|| >= 1`` in every diagonal norm that was tried.
    UnsupportedError
        If an activation has no limit, or none that is known here, or the network is too large.
    UndecidedError
        If the result did not pass its own checks.
    """
    plans: list[_Plan] = []
    for k, layer in enumerate(network.layers):
        with of_layer(k, network):
            plans.append(_planned(require_rnn(layer), rational, force))
    found: list[Layer] = []
    error = Fraction(0)
    for plan, budget in zip(plans, _budgets(plans, epsilon), strict=True):
        found.append(_built(plan, M, error, budget))
        margin = found[-1].evidence.margin
        assert margin is not None
        M, error = round_up(output_reach(plan.rnn.C, margin)), margin.error
    found[-1] = _claiming(found[-1], epsilon)
    evidence = tuple(layer.evidence for layer in found)
    urnns, M = with_urnns(network, found), found[0].input_bound
    return require_proved(Equivalence(network, urnns, M, evidence, epsilon=epsilon))


def _claiming(layer: Layer, epsilon: Fraction) -> Layer:
    """Let the last layer claim epsilon itself, which is a little more than its error."""
    margin = layer.evidence.margin
    assert margin is not None
    evidence = replace(layer.evidence, margin=replace(margin, error=max(margin.error, epsilon)))
    return replace(layer, evidence=evidence)


def _planned(rnn: RNN, rational: bool, force: bool) -> _Plan:
    about = saturation(rnn.activation)
    if about is None:
        raise UnsupportedError(with_diagnosis(_no_limit(rnn)))
    U, dilation = dilated(rnn.W, rational, force)
    return _Plan(rnn, about, about.limits[0], find_gains(rnn, about), U, dilation)


def dilated(W: RationalMatrix, rational: bool, force: bool) -> tuple[Orthogonal, Dilation | None]:
    """Return U, rational or with square roots, and in that case how it was found."""
    if rational:
        return rational_dilation(W, force=force), None
    dilation = dilate(W, force=force)
    return dilation.U, dilation


def _no_limit(rnn: RNN) -> str:
    phi, known = rnn.activation, "tanh, logistic, softplus, elu, selu, gelu, silu, mish"
    if type(phi) is PiecewiseLinear and not phi.flat:
        left, right = (shorten(x) for x in (phi.slopes[0], phi.slopes[-1]))
        return (
            f"the activation {phi.name!r} has no limit at either end (slope {left} on the far left "
            f"and {right} on the far right), so that added units cannot be kept near one; expected "
            f"one that has, such as relu or {known} (if phi is linear, no URNN of any size comes "
            f"within every epsilon of y = x: theorem('epsilon'), Theorem D)"
        )
    return (
        f"no limit of the activation {phi.name!r} is known here, and added units must be kept near "
        f"one; expected one of: {known}, or one that is constant on a half-line"
    )


def _budgets(plans: Sequence[_Plan], epsilon: Fraction) -> list[Fraction]:
    """Divide epsilon: what enters at layer k is multiplied by the layers above it."""
    part, through, found = epsilon / len(plans), Fraction(1), []
    for plan in reversed(plans):
        found.append(part / through if through else part)
        through *= plan.gains.through
    return found[::-1]


def _built(plan: _Plan, M: Fraction, input_error: Fraction, budget: Fraction) -> Layer:
    rnn, n = plan.rnn, plan.rnn.states
    margin = propose_margin(
        rnn, plan.added, plan.about, plan.limit, plan.gains, M, input_error, budget
    )
    sign = -1 if plan.limit.side == "left" else 1
    biases = [sign * few_bits(sign * b) for b in gate_limits(plan.U, n, margin)]
    urnn = with_added_units(rnn, plan.U, biases, plan.limit.value)
    return Layer(rnn, urnn, M, LayerEvidence(M, dilation=plan.dilation, margin=margin))
