"""Candidates for a state bound, one for each rule.

:mod:`urnn_proofs.checks.exact.state_bound` says what the rules are and checks them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from urnn_proofs.checks.exact.contractive import NormBound, certify_contractive
from urnn_proofs.checks.exact.norms import norm_upper_bound
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.state_bound import (
    BoundRule,
    StateBound,
    is_non_expansive,
    rule_holds,
    sign_rule_applies,
)
from urnn_proofs.guesses.ellipsoid import LARGEST, find_ellipsoid
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import round_up, show_number, sqrt_upper

__all__ = ["find_state_bound", "norm_bound", "require_above_start"]

# An ellipsoid is longer evidence than a norm; it is to be worth that.
_CLEARLY_LESS = Fraction(9, 10)


def find_state_bound(
    rnn: RNN,
    input_bound: Fraction,
    norm: NormBound | None = None,
    supplied: Fraction | None = None,
) -> StateBound:
    """Propose the best state bound a rule gives, or the supplied one with a rule that proves it.

    Parameters
    ----------
    norm
        The contractivity certificate, if W is known to be contractive.
    supplied
        A bound from the caller.  The cheapest rule that proves it is taken.

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
    if supplied is not None:
        require_above_start(rnn, supplied)
        if proved is not None and rule_holds(rnn, larger := replace(proved, H=supplied))[0]:
            return larger
    smaller = None if proved is None else _ellipsoid_bound(rnn, proved)
    if supplied is None:
        if proved is None:
            raise UnsupportedError(_no_rule(rnn, norm))
        return smaller or proved
    if smaller is not None and rule_holds(rnn, larger := replace(smaller, H=supplied))[0]:
        return larger
    F_norm, b_norm = norm_upper_bound(rnn.F), norm_upper_bound(rnn.b)
    return StateBound(supplied, BoundRule.SUPPLIED, input_bound, Fraction(1), F_norm, b_norm)


def require_above_start(rnn: RNN, supplied: Fraction) -> None:
    """Refuse a supplied bound that the first state exceeds.

    Raises
    ------
    InputError
        If it is below ``||h_init||``.
    """
    if supplied**2 < rnn.h_init.frobenius_squared():
        h_norm = norm_upper_bound(rnn.h_init)
        raise InputError(
            f"state_bound is {show_number(supplied)}, below the norm of h_init "
            f"({show_number(h_norm)}); "
            f"expected an upper bound of every ||h^k||"
        )


def _no_rule(rnn: RNN, norm: NormBound | None) -> str:
    phi, reasons = rnn.activation, ["the activation is unbounded"]
    if phi.lipschitz > 1:
        reasons.append(f"it is not non-expansive (slope {show_number(phi.lipschitz)})")
    elif not is_non_expansive(phi):
        reasons.append("that it is non-expansive was declared and is not checked")
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
    found = [_range_bound(rnn, M), _sign_bound(rnn, M), norm_bound(rnn, M, norm)]
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


def norm_bound(rnn: RNN, M: Fraction, norm: NormBound | None) -> StateBound | None:
    """Return what the norm rule gives, None if it does not apply."""
    if norm is None or not is_non_expansive(rnn.activation):
        return None
    f, b = norm_upper_bound(rnn.F), norm_upper_bound(rnn.b)
    drift = sqrt_upper(rnn.states * rnn.activation.at_zero**2)
    H = round_up(max(norm_upper_bound(rnn.h_init), (f * M + b + drift) / (1 - norm.rho)))
    return StateBound(H, BoundRule.NORM, M, norm.rho, f, b)


def _ellipsoid_bound(rnn: RNN, known: StateBound) -> StateBound | None:
    """Look for an ellipsoid, where that is quick and may give clearly less than another rule."""
    M, phi = known.input_bound, rnn.activation
    if not (known.rule is BoundRule.NORM and isinstance(phi, PiecewiseLinear) and phi.is_relu):
        return None
    start = known.H**2 * _CLEARLY_LESS**2 <= rnn.h_init.frobenius_squared()
    if start or M == 0 or not 1 < rnn.states <= LARGEST:
        return None
    if any(x < 0 for x in rnn.h_init.numerators.entries()):
        return None
    found = find_ellipsoid(rnn, M, known.scaling)
    if found is None or found[0] > known.H * _CLEARLY_LESS:
        return None
    rho, f, b = known.rho, known.F_norm, known.b_norm
    if known.scaling is not None:  # those are norms of rescaled weights
        rho, f, b = (norm_upper_bound(A) for A in (rnn.W, rnn.F, rnn.b))
    return StateBound(found[0], BoundRule.ELLIPSOID, M, rho, f, b, ellipsoid=found[1])


def _norm_bound_rescaled(rnn: RNN, M: Fraction) -> StateBound | None:
    """Apply the norm rule to states that some diagonal scaling makes contractive."""
    try:
        S = find_scaling(rnn.W)
        if isinstance(S, NoScaling):
            return None
        other = rescale(rnn, S)
        inner = norm_bound(other, M, certify_contractive(other.W))
    except (NotContractiveError, UndecidedError):
        return None
    return None if inner is None else replace(inner, H=round_up(inner.H / min(S)), scaling=S)
