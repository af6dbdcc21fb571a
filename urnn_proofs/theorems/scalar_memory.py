"""Scalar memory: ``w I_n`` needs at least n + 2 states, so ``w I_2`` needs exactly 4.

Problem
    ``h^k = relu(w h^{k-1} + x^k)``, ``y^k = h^k`` with n >= 2 states and |w| < 1.
    Theorem 3.1 gives 2n states; are fewer enough, if the active units may change with time?
Method
    Suppose a URNN with N = n + 1 states, and inputs near which all units of the RNN stay active for
    five steps and the sets A_k of active units of the URNN do not change.  P_k projects onto A_k,
    X_k is the span of the perturbations of the state at time k.  Equal outputs say
    ``C P_k F = I`` and ``C P_k U v = w C v`` for v in X_{k-1}; so ``|A_k| >= n``: P_k is I or
    ``I - e e^T`` with a unit vector e of the basis.
Guarantee
    ``N >= n + 2`` for every n >= 2, every |w| < 1 and every M > 0 that lets all units be active.
Steps
    M1 whole space, M2 all active, M3 inverse, M4 same units, M5 rows, M6 three or more units,
    M7 parallel columns, M8 two units.
Reference
    This package's own; it settles N = 3 for n = 2, which is open in the literature.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Check, Role, Trust, Verdict
from urnn_proofs.questions.minimal import minimal_urnn
from urnn_proofs.theorems.proof import Proof, Statement, Step
from urnn_proofs.theorems.steps_scalar_memory import (
    all_active,
    inverse,
    parallel,
    rows,
    same_units,
    three_units,
    two_units,
    whole_space,
)

__all__ = ["proof_scalar_memory"]


def proof_scalar_memory() -> Proof:
    """Return the proof that ``w I_n`` needs n + 2 states."""
    return Proof(
        name="scalar-memory",
        statement=Statement(
            text="For n >= 2 and |w| < 1 every URNN with the outputs of h^k = relu(w h^{k-1} + "
            "x^k), y^k = h^k, has at least n + 2 states; for n = 2 the least number is 4.",
            latex=r"For $n \ge 2$ and $|w| < 1$ every URNN with the outputs of "
            r"$h^k = \mathrm{relu}(w h^{k-1} + x^k)$, $y^k = h^k$, has at least $n + 2$ states; "
            r"for $n = 2$ the least number is $4$.",
        ),
        hypotheses=(
            "n >= 2",
            "|w| < 1",
            "inputs shorter than M keep every unit of the RNN active for five steps",
        ),
        steps=(
            Step(
                "M1 whole space",
                "X_{k-1} is not the whole of R^N",
                "Otherwise C P U = w C, and C P C^T = w^2 C C^T. With z orthogonal to C e: "
                "(1 - w^2) |C^T z|^2 = 0, but C^T is injective.",
                whole_space,
            ),
            Step(
                "M2 all active",
                "A_k is not the set of all units",
                "Otherwise, by M1 at k + 1, dim X_k = n, so U P F = w F with the earlier P: both "
                "sides lie in X_k, where C is injective, and C maps both to w I. Then "
                "F^T P F = w^2 F^T F. With z orthogonal to F^T e: (1 - w^2) |F z|^2 = 0.",
                all_active,
                ("M1 whole space",),
            ),
            Step(
                "M3 inverse",
                "P F C P = P",
                "Now |A_k| = n and X_k is the range of P. P F is onto it: P = P F G.",
                inverse,
                ("M2 all active",),
            ),
            Step(
                "M4 same units",
                "A_k differs from A_{k-1}",
                "Otherwise P U P = P F C P U P = w P F C P = w P. With x = P x, e^T U x = 0 "
                "(n >= 2): U x = w x, so (1 - w^2) |x|^2 = 0.",
                same_units,
                ("M3 inverse",),
            ),
            Step(
                "M5 rows",
                "a unit i active at both times has U^T e_i = w e_i + u_i e with u_i^2 = 1 - w^2",
                "P' U P = w P' F C P, and e_i^T P' F C P = e_i^T P F C P = e_i^T.",
                rows,
                ("M3 inverse", "M4 same units"),
            ),
            Step(
                "M6 three or more units",
                "n >= 3 is impossible",
                "Two units i, j are active at both times; rows of U are orthogonal: u_i u_j = 0.",
                three_units,
                ("M5 rows",),
            ),
            Step(
                "M7 parallel columns",
                "C e is a multiple of C e', e' the unit that is off at the later time",
                "C F - C e e^T F = I = C F - C e' e'^T F, and e^T F C e = 1 by M3 for P'.",
                parallel,
                ("M3 inverse", "M4 same units"),
            ),
            Step(
                "M8 two units",
                "n = 2 is impossible, so N >= n + 2",
                "With units i, e, e': the next set misses e or i, by M4. Missing i: C e' would be "
                "a multiple of C e_i by M7, but the two are independent by M3 for P. Missing e: "
                "M5 for this step says U^T e_i = w e_i + u e', so u_i = 0.",
                two_units,
                ("M4 same units", "M5 rows", "M6 three or more units", "M7 parallel columns"),
            ),
        ),
        reference="this package's own; lower bound for the network of Theorem 3.2 with memory",
        audit=_audit,
    )


def _audit() -> tuple[Check, ...]:
    return (_tight(), _one_unit())


def _network(n: int) -> RNN:
    unit = RationalMatrix.identity(n)
    return RNN(W=unit * Fraction(1, 2), F=unit, b=[0] * n, C=unit)


def _tight() -> Check:
    found = minimal_urnn(_network(2), 1)
    return _example(
        "4 states for n = 2",
        "half times I_2 has a URNN with 4 states, and none with fewer",
        (found.at_most, found.at_least) == (4, 4),
    )


def _one_unit() -> Check:
    found = minimal_urnn(_network(1), 1)
    return _example("n = 1", "for n = 1 two states do, less than n + 2", found.at_most == 2)


def _example(name: str, claim: str, ok: bool) -> Check:
    return Check(
        name=name,
        claim=claim,
        scope="this example",
        verdict=Verdict.PROVED if ok else Verdict.REFUTED,
        trust=Trust.EXACT,
        engine="theorems.minimal",
        role=Role.CROSS_CHECK,
    )
