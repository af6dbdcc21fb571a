"""Reachable perturbations of a URNN with fixed activity patterns, exactly (Theorem 3.2).

Where the set of active units is locally constant, perturbations obey
``dh^k = P_k (U dh^{k-1} + F dx^k)`` with the projection ``P_k`` onto the active units.  ``X_k`` is
the span of everything reachable at time k, ``E_k = P_k U X_{k-1}`` what comes from the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpz_mat

from urnn_proofs.model.integers import block, identity
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Reachable", "is_memoryless_identity_possible", "reachable"]


@dataclass(frozen=True)
class Reachable:
    """Exact dimensions at one time.

    Parameters
    ----------
    active
        ``|A_k|``.
    before, past, now
        ``dim X_{k-1}``, ``dim E_k`` and ``dim X_k``.
    past_span, input_span
        Integer matrices whose columns span ``E_k`` and ``P_k F R^n``.
    """

    active: int
    before: int
    past: int
    now: int
    past_span: fmpz_mat
    input_span: fmpz_mat


def reachable(
    U: RationalMatrix, F: RationalMatrix, patterns: Sequence[Sequence[bool]]
) -> list[Reachable]:
    """Follow the reachable spans over the given activity patterns, in integers.

    Positive scales do not change a span, so only numerators are used.
    """
    N = U.shape[0]
    span = fmpz_mat(N, 0)
    steps = []
    for pattern in patterns:
        past = _project(U.numerators * span, pattern) if span.ncols() else fmpz_mat(N, 0)
        drive = _project(F.numerators, pattern)
        before, span = span.ncols(), _column_basis(_beside(past, drive))
        steps.append(
            Reachable(
                active=sum(pattern),
                before=before,
                past=past.rank() if past.ncols() else 0,
                now=span.ncols(),
                past_span=past,
                input_span=drive,
            )
        )
    return steps


def is_memoryless_identity_possible(F: RationalMatrix, steps: Sequence[Reachable]) -> bool:
    """Decide whether some C gives ``C P_k F = I`` and ``C E_k = 0`` for all k (step T1).

    These are linear equations in C; solvable exactly when appending the right sides as rows does
    not raise the rank.
    """
    n = F.shape[1]
    unit = identity(n, F.denominator)
    left = right = None
    for step in steps:
        columns = _beside(step.input_span, step.past_span)
        wanted = _beside(unit, fmpz_mat(n, step.past_span.ncols()))
        left = columns if left is None else _beside(left, columns)
        right = wanted if right is None else _beside(right, wanted)
    assert left is not None
    assert right is not None
    return bool(_above(left, right).rank() == left.rank())


def _project(M: fmpz_mat, pattern: Sequence[bool]) -> fmpz_mat:
    result = fmpz_mat(M.nrows(), M.ncols())
    for i, on in enumerate(pattern):
        for j in range(M.ncols()):
            result[i, j] = M[i, j] if on else 0
    return result


def _column_basis(M: fmpz_mat) -> fmpz_mat:
    """Return independent columns of M with the same span, as many as its rank."""
    rows, _, rank = M.transpose().rref()
    return block(rows, range(rank), range(M.nrows())).transpose()


def _beside(a: fmpz_mat, b: fmpz_mat) -> fmpz_mat:
    return _above(a.transpose(), b.transpose()).transpose()


def _above(a: fmpz_mat, b: fmpz_mat) -> fmpz_mat:
    return fmpz_mat(a.nrows() + b.nrows(), a.ncols(), [*a.entries(), *b.entries()])
