"""A state bound ``H``: ``||h^k|| <= H`` for every k and every input in X_M (step S4).

Two rules prove one, each from rational upper bounds of norms:

*norm rule* (``||W|| <= rho < 1``, phi non-expansive, phi(0) = 0):
``H = max(||h_init||, (||F|| M + ||b||) / (1 - rho))``;

*sign rule* (ReLU, every entry of W at most 0): states are nonnegative, so ``W h <= 0`` and
``0 <= h^k <= relu(F x^k + b)`` entrywise, hence ``H = max(||h_init||, ||F|| M + ||b||)``
(``h_init`` must be nonnegative too).

Without either the caller may supply a bound; it is then a hypothesis, reported as ASSUMED.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.errors import InputError, UnsupportedError
from urnn_proofs.exact.contractive import NormBound
from urnn_proofs.exact.norms import norm_at_most, norm_upper_bound, round_up
from urnn_proofs.network import RNN
from urnn_proofs.number import to_float
from urnn_proofs.rational import RationalMatrix

__all__ = ["BoundRule", "StateBound", "bound_states", "rule_holds", "sign_rule_applies"]


class BoundRule(enum.Enum):
    """Why the state bound holds."""

    NORM = "norm rule"
    SIGN = "sign rule"
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
        Claimed upper bounds of ``||W||``, ``||F||``, ``||b||``.
    """

    H: Fraction
    rule: BoundRule
    input_bound: Fraction
    rho: Fraction
    F_norm: Fraction
    b_norm: Fraction


def bound_states(
    rnn: RNN, input_bound: Fraction, norm: NormBound | None, supplied: Fraction | None = None
) -> StateBound:
    """Derive a state bound, or take the supplied one if it is at least what a rule proves.

    Parameters
    ----------
    norm
        The contractivity certificate; None if ``||W|| = 1``, and the norm rule cannot be used.
    supplied
        A bound from the caller.

    Raises
    ------
    UnsupportedError
        If ``||W|| = 1``, no rule applies and no bound was supplied.
    InputError
        If the supplied bound is below ``||h_init||``.
    """
    F_norm = norm_upper_bound(rnn.F)
    b_norm, h_norm = norm_upper_bound(rnn.b), norm_upper_bound(rnn.h_init)
    drive = F_norm * input_bound + b_norm
    rho = norm.rho if norm is not None else Fraction(1)
    if norm is not None:
        rule, needed = BoundRule.NORM, max(h_norm, drive / (1 - rho))
    elif sign_rule_applies(rnn):
        rule, needed = BoundRule.SIGN, max(h_norm, drive)
    elif supplied is None:
        raise UnsupportedError(
            "||W|| is 1 and no rule here bounds the states; "
            "pass state_bound=H with ||h^k|| <= H for all inputs considered"
        )
    else:
        rule, needed = BoundRule.SUPPLIED, h_norm
    H = round_up(needed)
    if supplied is not None:
        if supplied**2 < rnn.h_init.frobenius_squared():
            raise InputError(
                f"state_bound is {to_float(supplied):.6g}, below the norm of h_init "
                f"({to_float(h_norm):.6g}); expected an upper bound of every ||h^k||"
            )
        if supplied < needed:
            rule = BoundRule.SUPPLIED
        H = supplied
    return StateBound(H, rule, input_bound, rho, F_norm, b_norm)


def sign_rule_applies(rnn: RNN) -> bool:
    """Tell whether W has no positive entry and h_init no negative one, under ReLU."""
    assert isinstance(rnn.W, RationalMatrix)
    return (
        rnn.activation.name == "relu"
        and all(x <= 0 for x in rnn.W.numerators.entries())
        and all(x >= 0 for x in rnn.h_init.numerators.entries())
    )


def rule_holds(rnn: RNN, bound: StateBound) -> tuple[bool, dict[str, str]]:
    """Re-check a bound from the network alone; returns the answer and the evidence.

    Every norm bound is shown again here, none is believed.
    """
    drive = bound.F_norm * bound.input_bound + bound.b_norm
    facts = {
        "||F|| <= f": norm_at_most(rnn.F, bound.F_norm) is not None,
        "||b|| <= beta": norm_at_most(rnn.b, bound.b_norm) is not None,
        "||h_init|| <= H": bound.H >= 0 and rnn.h_init.frobenius_squared() <= bound.H**2,
        "M >= 0": bound.input_bound >= 0,
    }
    if bound.rule is BoundRule.NORM:
        assert isinstance(rnn.W, RationalMatrix)
        facts["rho < 1"] = bound.rho < 1
        facts["||W|| <= rho"] = norm_at_most(rnn.W, bound.rho) is not None
        facts["phi is non-expansive, phi(0) = 0"] = (
            rnn.activation.lipschitz <= 1 and rnn.activation.at_zero == 0
        )
        facts["rho H + f M + beta <= H"] = bound.rho * bound.H + drive <= bound.H
    elif bound.rule is BoundRule.SIGN:
        facts["W <= 0 and h_init >= 0 entrywise, ReLU"] = sign_rule_applies(rnn)
        facts["f M + beta <= H"] = drive <= bound.H
    return all(facts.values()), {name: "holds" if ok else "FAILS" for name, ok in facts.items()}
