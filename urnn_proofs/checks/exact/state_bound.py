"""A state bound ``H``: ``||h^k|| <= H`` for every k and every input in X_M (step S4).

Three rules prove one, the first two from rational upper bounds of norms:

*norm rule* (``||W|| <= rho < 1``, phi non-expansive):
``H = max(||h_init||, (||F|| M + ||b|| + sqrt(n) |phi(0)|) / (1 - rho))``.  Where phi commutes with
positive factors it may be applied to rescaled states ``S h``; then ``||h|| <= H_S / min S``.

*sign rule* (ReLU, every entry of W at most 0): states are nonnegative, so ``W h <= 0`` and
``0 <= h^k <= relu(F x^k + b)`` entrywise, hence ``H = max(||h_init||, ||F|| M + ||b||)``
(``h_init`` must be nonnegative too).

*range rule* (phi bounded): ``H = max(||h_init||, sqrt(n) max |phi|)``.

Without any of them the caller may supply a bound; it is then a hypothesis, reported as ASSUMED.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from urnn_proofs.checks.exact.contractive import NormBound, certify_contractive
from urnn_proofs.checks.exact.norms import norm_at_most, norm_upper_bound, round_up, sqrt_upper
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.guesses.scaling.scaling import find_scaling
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import show_fields, show_number, to_float

__all__ = ["BoundRule", "StateBound", "bound_states", "rule_holds", "sign_rule_applies"]


class BoundRule(enum.Enum):
    """Why the state bound holds."""

    NORM = "norm rule"
    SIGN = "sign rule"
    RANGE = "range rule"
    SUPPLIED = "supplied by the caller"


@dataclass(frozen=True)
class StateBound:
    """A state bound and the norm bounds it was derived from.

    Parameters
    ----------
    H
        The bound, a nonnegative rational.
    rule
        Why it holds.
    input_bound
        M: inputs with ``||x^k|| <= M``.
    rho, F_norm, b_norm
        Claimed upper bounds of ``||W||``, ``||F||``, ``||b||``, of the network rescaled by
        *scaling*.  The range rule has no use for them.
    scaling
        S: the rule is applied to the states ``S h``; None for the states themselves.
    """

    H: Fraction
    rule: BoundRule
    input_bound: Fraction
    rho: Fraction
    F_norm: Fraction
    b_norm: Fraction
    scaling: tuple[Fraction, ...] | None = None

    __repr__ = show_fields


def bound_states(
    rnn: RNN,
    input_bound: Fraction,
    norm: NormBound | None = None,
    supplied: Fraction | None = None,
) -> StateBound:
    """Derive the best state bound, or take the supplied one if it is at least what a rule proves.

    Parameters
    ----------
    norm
        The contractivity certificate, if W is known to be contractive.
    supplied
        A bound from the caller.

    Raises
    ------
    UnsupportedError
        If no rule applies and no bound was supplied.
    InputError
        If the supplied bound is below ``||h_init||``.
    """
    proved = min(
        (b for b in _candidates(rnn, input_bound, norm) if b is not None),
        key=lambda b: b.H,
        default=None,
    )
    if supplied is None:
        if proved is None:
            raise UnsupportedError(_no_rule(rnn, norm))
        return proved
    if supplied**2 < rnn.h_init.frobenius_squared():
        h_norm = to_float(norm_upper_bound(rnn.h_init))
        raise InputError(
            f"state_bound is {to_float(supplied):.6g}, below the norm of h_init ({h_norm:.6g}); "
            f"expected an upper bound of every ||h^k||"
        )
    if proved is not None:
        larger = replace(proved, H=supplied)
        if rule_holds(rnn, larger)[0]:
            return larger
    F_norm, b_norm = norm_upper_bound(rnn.F), norm_upper_bound(rnn.b)
    return StateBound(supplied, BoundRule.SUPPLIED, input_bound, Fraction(1), F_norm, b_norm)


def _no_rule(rnn: RNN, norm: NormBound | None) -> str:
    phi, reasons = rnn.activation, ["the activation is unbounded"]
    if phi.lipschitz > 1:
        reasons.append(f"it is not non-expansive (slope {show_number(phi.lipschitz)})")
    if norm is None:
        reasons.append("W is not contractive")
        if isinstance(phi, PiecewiseLinear) and phi.homogeneous:
            reasons.append("no second diagonal scaling was found that makes it so")
    return (
        f"no rule here bounds the states: {', '.join(reasons)}; expected one of these to be "
        f"otherwise, or state_bound=H with ||h^k|| <= H for every input considered"
    )


def _candidates(rnn: RNN, M: Fraction, norm: NormBound | None) -> Sequence[StateBound | None]:
    phi = rnn.activation
    found = [_range_bound(rnn, M), _sign_bound(rnn, M), _norm_bound(rnn, M, norm)]
    if found == [None] * 3 and isinstance(phi, PiecewiseLinear) and phi.homogeneous:
        found.append(_norm_bound_rescaled(rnn, M))
    return found


def _range_bound(rnn: RNN, M: Fraction) -> StateBound | None:
    phi = rnn.activation
    largest = phi.bound if isinstance(phi, PiecewiseLinear) else None
    if largest is None:
        return None
    H = max(norm_upper_bound(rnn.h_init), sqrt_upper(rnn.states * largest**2))
    zero = Fraction(0)
    return StateBound(round_up(H), BoundRule.RANGE, M, zero, zero, zero)


def _sign_bound(rnn: RNN, M: Fraction) -> StateBound | None:
    if not sign_rule_applies(rnn):
        return None
    f, b = norm_upper_bound(rnn.F), norm_upper_bound(rnn.b)
    H = round_up(max(norm_upper_bound(rnn.h_init), f * M + b))
    return StateBound(H, BoundRule.SIGN, M, Fraction(0), f, b)


def _norm_bound(rnn: RNN, M: Fraction, norm: NormBound | None) -> StateBound | None:
    if norm is None or rnn.activation.lipschitz > 1:
        return None
    f, b = norm_upper_bound(rnn.F), norm_upper_bound(rnn.b)
    drift = sqrt_upper(rnn.states * rnn.activation.at_zero**2)
    H = round_up(max(norm_upper_bound(rnn.h_init), (f * M + b + drift) / (1 - norm.rho)))
    return StateBound(H, BoundRule.NORM, M, norm.rho, f, b)


def _norm_bound_rescaled(rnn: RNN, M: Fraction) -> StateBound | None:
    """Apply the norm rule to states that some diagonal scaling makes contractive."""
    try:
        S = find_scaling(rnn.W)
        other = rescale(rnn, S)
        inner = _norm_bound(other, M, certify_contractive(other.W))
    except (NotContractiveError, UndecidedError):
        return None
    return None if inner is None else replace(inner, H=round_up(inner.H / min(S)), scaling=S)


def sign_rule_applies(rnn: RNN) -> bool:
    """Tell whether W has no positive entry and h_init no negative one, under ReLU."""
    return (
        isinstance(rnn.activation, PiecewiseLinear)
        and rnn.activation.is_relu
        and all(x <= 0 for x in rnn.W.numerators.entries())
        and all(x >= 0 for x in rnn.h_init.numerators.entries())
    )


def rule_holds(rnn: RNN, bound: StateBound) -> tuple[bool, dict[str, str]]:
    """Re-check a bound from the network alone; returns the answer and the evidence.

    Every norm bound is shown again here, none is believed.
    """
    phi, H = rnn.activation, bound.H
    facts = {"M >= 0": bound.input_bound >= 0, "H >= 0": H >= 0}
    if bound.scaling is not None:
        facts["S positive, phi(e z) = e phi(z)"] = (
            len(bound.scaling) == rnn.states
            and min(bound.scaling) > 0
            and isinstance(phi, PiecewiseLinear)
            and phi.homogeneous
        )
        if not all(facts.values()):
            return False, _shown(facts)
        rnn, H = rescale(rnn, bound.scaling), H * min(bound.scaling)
    facts["||h_init|| <= H"] = rnn.h_init.frobenius_squared() <= H**2
    if bound.rule is BoundRule.RANGE:
        largest = phi.bound if isinstance(phi, PiecewiseLinear) else None
        facts["sqrt(n) max |phi| <= H"] = largest is not None and rnn.states * largest**2 <= H**2
        return all(facts.values()), _shown(facts)
    room = H - bound.F_norm * bound.input_bound - bound.b_norm
    facts["||F|| <= f"] = norm_at_most(rnn.F, bound.F_norm) is not None
    facts["||b|| <= beta"] = norm_at_most(rnn.b, bound.b_norm) is not None
    if bound.rule is BoundRule.NORM:
        room -= bound.rho * H
        facts["rho < 1"] = bound.rho < 1
        facts["||W|| <= rho"] = norm_at_most(rnn.W, bound.rho) is not None
        facts["phi is non-expansive"] = phi.lipschitz <= 1
        facts["rho H + f M + beta + sqrt(n) |phi(0)| <= H"] = (
            room >= 0 and room**2 >= rnn.states * phi.at_zero**2
        )
    elif bound.rule is BoundRule.SIGN:
        facts["W <= 0 and h_init >= 0 entrywise, ReLU"] = sign_rule_applies(rnn)
        facts["f M + beta <= H"] = room >= 0
    return all(facts.values()), _shown(facts)


def _shown(facts: dict[str, bool]) -> dict[str, str]:
    return {name: "holds" if ok else "FAILS" for name, ok in facts.items()}
