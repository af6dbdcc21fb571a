"""Matrices over an ordered field, by definition: rows of Fractions and quadratic numbers.

For the few states of :mod:`urnn_proofs.model.scaled_urnn`; rational matrices of any size are
:class:`~urnn_proofs.model.rational.RationalMatrix`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from urnn_proofs.model.quadratic import Number, sign

__all__ = ["Rows", "columns", "diagonal_form", "dot", "product"]

Rows = tuple[tuple[Number, ...], ...]
_ZERO: Number = Fraction(0)


def dot(a: Sequence[Number], b: Sequence[Number]) -> Number:
    """Return ``sum_i a_i b_i``; zeros are skipped."""
    total = _ZERO
    for x, y in zip(a, b, strict=True):
        if x and y:
            total = total + x * y
    return total


def columns(A: Sequence[Sequence[Number]]) -> list[tuple[Number, ...]]:
    """Return the columns, which are the rows of the transpose."""
    return list(zip(*A, strict=True))


def product(A: Sequence[Sequence[Number]], B: Sequence[Sequence[Number]]) -> Rows:
    """Return ``A B``."""
    right = columns(B)
    return tuple(tuple(dot(row, column) for column in right) for row in A)


def diagonal_form(A: Sequence[Sequence[Number]]) -> tuple[Rows, tuple[Number, ...]] | None:
    """Return rows l_k and d_k > 0 with ``A = sum_k d_k l_k^T l_k``, as many as the rank of A.

    None if the symmetric A is not positive semidefinite: then a pivot is negative, or one is 0
    beside an entry that is not.

    >>> diagonal_form([[Fraction(4), Fraction(2)], [Fraction(2), Fraction(1)]])
    (((Fraction(1, 1), Fraction(1, 2)),), (Fraction(4, 1),))
    """
    rest = [list(row) for row in A]
    rows: list[tuple[Number, ...]] = []
    pivots: list[Number] = []
    for k in range(len(rest)):
        pivot = rest[k][k]
        if sign(pivot) < 0 or (sign(pivot) == 0 and any(rest[k])):
            return None
        if not pivot:
            continue
        row = tuple(x / pivot for x in rest[k])
        rows.append(row)
        pivots.append(pivot)
        for i in range(k, len(rest)):
            if row[i]:
                factor = pivot * row[i]
                rest[i] = [x - factor * y for x, y in zip(rest[i], row, strict=True)]
        # Row i lost its entry k, and so did column k, by symmetry.
    return tuple(rows), tuple(pivots)
