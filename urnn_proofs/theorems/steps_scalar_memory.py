"""The checks behind the lower bound for scalar memory: what is expanded at each step.

The notation is that of :mod:`urnn_proofs.theorems.scalar_memory`; P and P' project onto the active
units at two consecutive times, which miss e and e'.
"""

from __future__ import annotations

from typing import Any

from urnn_proofs.checks.symbolic.free_algebra import Alphabet, Letter, Polynomial
from urnn_proofs.checks.symbolic.inequality import Inequality
from urnn_proofs.model.verdict import USED, Check, Trust, Verdict
from urnn_proofs.theorems.kernel_steps import by_cofactors, by_positivity
from urnn_proofs.theorems.proof import Outcome
from urnn_proofs.theorems.scalar_steps import memory_steps

__all__ = [
    "all_active",
    "inverse",
    "parallel",
    "rows",
    "same_units",
    "three_units",
    "two_units",
    "whole_space",
]

_SCOPE = "all n >= 2, all |w| < 1"
_ORTHOGONAL = "n >= 2: some z, not 0, is orthogonal to a given vector of R^n"


def _letters(*names: str) -> tuple[Alphabet, list[Polynomial]]:
    """Return the alphabet with these letters, in the notation of the module's docstring."""
    known = {
        "C": Letter("C", "N", "n"),
        "F": Letter("F", "n", "N"),
        "G": Letter("G", "N", "n"),
        "U": Letter("U", "N", "N"),
        "P": Letter("P", "N", "N", self_adjoint=True),
        "P'": Letter("P'", "N", "N", self_adjoint=True),
        "w": Letter("w", "n", "n", self_adjoint=True),
        "v": Letter("v", "N", "N", self_adjoint=True),  # w on R^N
        "o": Letter("o", "1", "1", self_adjoint=True),  # w on R^1
        "e": Letter("e", "1", "N"),
        "e'": Letter("e'", "1", "N"),
        "i": Letter("i", "1", "N"),
        "j": Letter("j", "1", "N"),
        "x": Letter("x", "1", "N"),
        "z": Letter("z", "1", "n"),
    }
    alphabet = Alphabet([known[name] for name in names])
    return alphabet, [alphabet[name] for name in names]


def _with_scalars(used: str, wanted: str, *identities: Outcome) -> Outcome:
    """Join identities with the scalar inequality that finishes the step."""
    known: dict[str, Inequality] = {x.name: x for x in memory_steps()}
    name, scope = identities[0].check.name, identities[0].check.scope
    parts = [*identities, by_positivity(name, scope, used, known[wanted])]
    evidence: dict[str, Any] = {}
    for part in parts:
        evidence |= part.check.evidence
    found = Check(
        name=name,
        claim="; ".join(part.check.claim for part in parts),
        scope=scope,
        verdict=Verdict.PROVED
        if all(part.check.verdict is Verdict.PROVED for part in parts)
        else Verdict.UNKNOWN,
        trust=Trust.KERNEL,
        engine="kernel.identity, kernel.inequality",
        evidence=evidence | {USED: used},
    )
    return Outcome(found, tuple(c for part in parts for c in part.certificates))


def whole_space() -> Outcome:
    """Check what follows if perturbations reach the whole of R^N."""
    A, (C, U, P, w, o, e, z) = _letters("C", "U", "P", "w", "o", "e", "z")
    square = z.adjoint() * C * C.adjoint() * z
    found = by_cofactors(
        "M1 whole space",
        "C P U = w C with P = I - e e^T and z^T C e = 0 gives q = w^2 q for q = |C^T z|^2 "
        "(and, with P = I, for every z)",
        [
            C * P * U - w * C,
            U * U.adjoint() - A.identity("N"),
            P + e * e.adjoint() - A.identity("N"),
            P * P - P,
            w * z - z * o,
            z.adjoint() * C * e,
        ],
        {"q = w q w": square - o * square * o},
        scope=_SCOPE,
    )
    used = f"{_ORTHOGONAL}; F^T P C^T = I makes C^T injective"
    return _with_scalars(used, "M contradiction", found)


def all_active() -> Outcome:
    """Check what follows if all units are active."""
    A, (F, U, P, w, o, e, z) = _letters("F", "U", "P", "w", "o", "e", "z")
    square = z.adjoint() * F.adjoint() * F * z
    found = by_cofactors(
        "M2 all active",
        "U P F = F w with P = I - e e^T and e^T F z = 0 gives q = w^2 q for q = |F z|^2 "
        "(and, with P = I, for every z)",
        [
            U * P * F - F * w,
            U.adjoint() * U - A.identity("N"),
            P + e * e.adjoint() - A.identity("N"),
            P * P - P,
            w * z - z * o,
            e.adjoint() * F * z,
        ],
        {"q = w q w": square - o * square * o},
        scope=_SCOPE,
    )
    used = f"{_ORTHOGONAL}; C P F = I makes F injective; dim X_k is n or N = n + 1"
    return _with_scalars(used, "M contradiction", found)


def inverse() -> Outcome:
    """Check that C inverts P F on the range of P."""
    A, (C, F, G, P) = _letters("C", "F", "G", "P")
    return by_cofactors(
        "M3 inverse",
        "C P F = I and P = P F G imply P F C P = P",
        [C * P * F - A.identity("n"), P - P * F * G],
        {"P F C P = P": P * F * C * P - P},
        scope=_SCOPE,
        used="a subspace of the same dimension is the whole space",
    )


def same_units() -> Outcome:
    """Check what follows if the same units are active twice."""
    A, (C, F, U, P, w, v, o, e, x) = _letters("C", "F", "U", "P", "w", "v", "o", "e", "x")
    square = x.adjoint() * x
    scaled = by_cofactors(
        "M4 same units",
        "P F C P = P and C P U P = w C P imply P U P = w P",
        [P * F * C * P - P, C * P * U * P - w * C * P, F * w - v * F, P * v - v * P],
        {"P U P = w P": P * U * P - v * P},
        scope=_SCOPE,
    )
    found = by_cofactors(
        "M4 same units",
        "P U P = w P, P x = x, e^T U x = 0 imply q = w^2 q for q = |x|^2",
        [
            P * U * P - v * P,
            v * x - x * o,
            P * x - x,
            P + e * e.adjoint() - A.identity("N"),
            e.adjoint() * U * x,
            U.adjoint() * U - A.identity("N"),
        ],
        {"q = w q w": square - o * square * o},
        scope=_SCOPE,
    )
    used = "n >= 2: one linear condition leaves some x in the range of P, not 0"
    return _with_scalars(used, "M contradiction", scaled, found)


def rows() -> Outcome:
    """Check the rows of U at units that stay active."""
    A, (C, F, U, P, P1, w, o, e, i) = _letters("C", "F", "U", "P", "P'", "w", "o", "e", "i")
    it = i.adjoint()
    return by_cofactors(
        "M5 rows",
        "i^T U = w i^T + (i^T U e) e^T, and (i^T U e)^2 = 1 - w^2",
        [
            P * F * C * P - P,
            P1 * F * C * P1 - P1,
            C * P1 * U * P - w * C * P,
            it * F * w - o * it * F,
            it * P - it,
            it * P1 - it,
            P + e * e.adjoint() - A.identity("N"),
            it * i - A.identity("1"),
            U * U.adjoint() - A.identity("N"),
        ],
        {
            "row": it * U - o * it - it * U * e * e.adjoint(),
            "norm": it * U * e * e.adjoint() * U.adjoint() * i + o * o - A.identity("1"),
        },
        scope=_SCOPE,
    )


def three_units() -> Outcome:
    """Check that two such rows are not orthogonal."""
    A, (U, o, e, i, j) = _letters("U", "o", "e", "i", "j")
    it, jt = i.adjoint(), j.adjoint()
    found = by_cofactors(
        "M6 three or more units",
        "i^T U = w i^T + (i^T U e) e^T and the same for j, i^T j = 0, imply (i^T U e)(j^T U e) = 0",
        [
            it * U - o * it - it * U * e * e.adjoint(),
            jt * U - o * jt - jt * U * e * e.adjoint(),
            U * U.adjoint() - A.identity("N"),
            it * j,
            it * e,
        ],
        {"u_i u_j = 0": it * U * e * e.adjoint() * U.adjoint() * j},
        scope=_SCOPE,
    )
    return _with_scalars("n >= 3 leaves two common units", "M product", found)


def parallel() -> Outcome:
    """Check that the columns of C at the two other units are parallel."""
    A, (C, F, e, e1) = _letters("C", "F", "e", "e'")
    return by_cofactors(
        "M7 parallel columns",
        "C F - C e e^T F = I, C F - C e' e'^T F = I and e^T F C e = 1 imply "
        "C e = C e' (e'^T F C e)",
        [
            C * F - C * e * e.adjoint() * F - A.identity("n"),
            C * F - C * e1 * e1.adjoint() * F - A.identity("n"),
            e.adjoint() * F * C * e - A.identity("1"),
        ],
        {"parallel": C * e - C * e1 * e1.adjoint() * F * C * e},
        scope=_SCOPE,
        used="e^T P' = e^T turns P' F C P' = P' into e^T F C e = 1",
    )


def two_units() -> Outcome:
    """Check both continuations for n = 2: what is off next is i, or e again."""
    _, (C, F, U, o, e, e1, i) = _letters("C", "F", "U", "o", "e", "e'", "i")
    it = i.adjoint()
    found = by_cofactors(
        "M8 two units",
        "C e' = C i (i^T F C e') and e'^T F C i = 0 contradict e'^T F C e' = 1; "
        "i^T U = w i^T + (i^T U e') e'^T implies i^T U e = 0",
        [
            C * e1 - C * i * it * F * C * e1,
            e1.adjoint() * F * C * i,
            it * U - o * it - it * U * e1 * e1.adjoint(),
            it * e,
            e1.adjoint() * e,
        ],
        {
            "e'^T F C e' = 0": e1.adjoint() * F * C * e1,
            "i^T U e = 0": it * U * e,
        },
        scope=_SCOPE + ", every M > 0 that lets all units be active",
    )
    used = "P F C P = P at the units e', i; u_i^2 = 1 - w^2 is not 0"
    return _with_scalars(used, "M row", found)
