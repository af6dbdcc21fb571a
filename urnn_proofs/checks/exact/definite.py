"""Decide exactly whether a symmetric integer matrix is positive definite or semidefinite.

Fraction-free elimination shows the leading minors.  Where one of them is not positive, the
Schur complement at that place yields an explicit rational vector, so that a "no" can be
re-checked with one quadratic form.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpz_mat

from urnn_proofs.model.integers import block

__all__ = ["Definiteness", "Kind", "decide_semidefinite"]


class Kind(enum.Enum):
    """The three answers."""

    DEFINITE = "positive definite"
    SEMIDEFINITE = "positive semidefinite, singular"
    INDEFINITE = "not positive semidefinite"


@dataclass(frozen=True)
class Definiteness:
    """The answer with its evidence.

    Parameters
    ----------
    kind
        See :class:`Kind`.
    support
        For DEFINITE and SEMIDEFINITE: indices of the nonzero pivots, in order.  Their number
        is the rank, and the principal submatrix on them is positive definite.
    witness
        For SEMIDEFINITE a nonzero ``v`` with ``v^T A v = 0``; for INDEFINITE one with
        ``v^T A v < 0``; None for DEFINITE.
    """

    kind: Kind
    support: tuple[int, ...]
    witness: tuple[Fraction, ...] | None


def decide_semidefinite(A: fmpz_mat) -> Definiteness:
    """Decide the definiteness of the symmetric matrix *A*, exactly.

    Examples
    --------
    >>> decide_semidefinite(fmpz_mat([[2, 1], [1, 2]])).kind
    <Kind.DEFINITE: 'positive definite'>
    >>> decide_semidefinite(fmpz_mat([[1, 1], [1, 1]])).witness
    (Fraction(-1, 1), Fraction(1, 1))
    """
    n = A.nrows()
    k = _positive_prefix(A)
    if k == n:
        return Definiteness(Kind.DEFINITE, tuple(range(n)), None)
    schur, lift = _schur_complement(A, k)
    pivot = int(schur[0, 0])
    if pivot < 0:
        return Definiteness(Kind.INDEFINITE, (), lift([Fraction(1)] + [Fraction(0)] * (n - k - 1)))
    other = next((j for j in range(1, n - k) if schur[0, j] != 0), None)
    if other is not None:
        # A zero pivot with a nonzero row: go far along e_0 against the sign of the entry.
        entry, diagonal = int(schur[0, other]), int(schur[other, other])
        w = [Fraction(0)] * (n - k)
        w[0] = Fraction(-(diagonal + 1 if diagonal >= 0 else 1), 2 * entry)
        w[other] = Fraction(1)
        return Definiteness(Kind.INDEFINITE, (), lift(w))
    null_vector = lift([Fraction(1)] + [Fraction(0)] * (n - k - 1))
    if k + 1 == n:
        return Definiteness(Kind.SEMIDEFINITE, tuple(range(k)), null_vector)
    rest = decide_semidefinite(block(schur, range(1, n - k), range(1, n - k)))
    if rest.kind is Kind.INDEFINITE:
        assert rest.witness is not None
        return Definiteness(Kind.INDEFINITE, (), lift([Fraction(0), *rest.witness]))
    support = (*range(k), *(k + 1 + i for i in rest.support))
    return Definiteness(Kind.SEMIDEFINITE, support, null_vector)


def _positive_prefix(A: fmpz_mat) -> int:
    """Return how many leading minors are positive before the first that is not."""
    permutation, _, _, upper = A.fflu()
    n: int = A.nrows()
    for k in range(n):
        # A row exchange means that the pivot in the natural order was zero.
        if permutation[k, k] != 1 or upper[k, k] <= 0:
            return k
    return n


def _schur_complement(A: fmpz_mat, k: int) -> tuple[fmpz_mat, Any]:
    """Return a positive multiple of the Schur complement of the leading k x k block.

    Also returns the map that lifts a vector w of the complement to the vector v of the whole
    with ``v^T A v = w^T S w``.
    """
    n = A.nrows()
    tail = range(k, n)
    if k == 0:
        return A, tuple
    corner = block(A, tail, tail)
    side = block(A, range(k), tail)
    solution = block(A, range(k), range(k)).solve(side)  # fmpq_mat, k x (n-k)
    X, den = solution.numer_denom()
    schur = corner * den - side.transpose() * X

    def lift(w: list[Fraction]) -> tuple[Fraction, ...]:
        head = [
            -sum((Fraction(int(X[i, j]), int(den)) * w[j] for j in range(n - k)), Fraction(0))
            for i in range(k)
        ]
        return (*head, *w)

    return schur, lift
