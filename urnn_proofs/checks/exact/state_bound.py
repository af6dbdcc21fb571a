"""A state bound ``H``: ``||h^k|| <= H`` for every k and every input in X_M (step S4).

Four rules prove one, the first two from rational upper bounds of norms:

*norm rule* (``||W|| <= rho < 1``, phi non-expansive):
``H = max(||h_init||, (||F|| M + ||b|| + sqrt(n) |phi(0)|) / (1 - rho))``.  Where phi commutes with
positive factors it may be applied to rescaled states ``S h``; then ``||h|| <= H_S / min S``.

*sign rule* (ReLU, every entry of W at most 0): states are nonnegative, so ``W h <= 0`` and
``0 <= h^k <= relu(F x^k + b)`` entrywise, hence ``H = max(||h_init||, ||F|| M + ||b||)``
(``h_init`` must be nonnegative too).

*range rule* (phi bounded): ``H = max(||h_init||, sqrt(n) max |phi|)``.

*ellipsoid rule* (ReLU): no state leaves an ellipsoid, which
:mod:`~urnn_proofs.checks.exact.ellipsoid` derives from two semidefinite matrices.

Without any of them the caller may supply a bound; it is then a hypothesis, reported as ASSUMED.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.checks.exact.ellipsoid import Ellipsoid, ellipsoid_facts
from urnn_proofs.checks.exact.norms import norm_at_most
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.model.activation import Activation, PiecewiseLinear
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import show_fields

__all__ = ["BoundRule", "StateBound", "is_non_expansive", "rule_holds", "sign_rule_applies"]


class BoundRule(enum.Enum):
    """Why the state bound holds."""

    NORM = "norm rule"
    SIGN = "sign rule"
    RANGE = "range rule"
    ELLIPSOID = "ellipsoid rule"
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
        *scaling*.  The range rule has no use for them; the ellipsoid rule has none either, and
        they are checked because they are shown.
    scaling
        S: the rule is applied to the states ``S h``; None for the states themselves.
    ellipsoid
        Of the ellipsoid rule, which takes no scaling.
    """

    H: Fraction
    rule: BoundRule
    input_bound: Fraction
    rho: Fraction
    F_norm: Fraction
    b_norm: Fraction
    scaling: tuple[Fraction, ...] | None = None
    ellipsoid: Ellipsoid | None = None

    __repr__ = show_fields


def is_non_expansive(phi: Activation) -> bool:
    """Tell whether all slopes are at most 1, and this is more than what a caller said."""
    return phi.lipschitz <= 1 and phi.assumption is None


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
    if bound.rule is BoundRule.ELLIPSOID:
        facts["an ellipsoid, no scaling"] = bound.ellipsoid is not None and bound.scaling is None
        if bound.ellipsoid is not None:
            facts |= ellipsoid_facts(rnn, bound.input_bound, H, bound.ellipsoid)
        facts["||W|| <= rho"] = norm_at_most(rnn.W, bound.rho) is not None
        facts["||F|| <= f"] = norm_at_most(rnn.F, bound.F_norm) is not None
        facts["||b|| <= beta"] = norm_at_most(rnn.b, bound.b_norm) is not None
        return all(facts.values()), _shown(facts)
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
        facts["phi is non-expansive"] = is_non_expansive(phi)
        facts["rho H + f M + beta + sqrt(n) |phi(0)| <= H"] = (
            room >= 0 and room**2 >= rnn.states * phi.at_zero**2
        )
    elif bound.rule is BoundRule.SIGN:
        facts["W <= 0 and h_init >= 0 entrywise, ReLU"] = sign_rule_applies(rnn)
        facts["f M + beta <= H"] = room >= 0
    return all(facts.values()), _shown(facts)


def _shown(facts: dict[str, bool]) -> dict[str, str]:
    return {name: "holds" if ok else "FAILS" for name, ok in facts.items()}
