"""Small matrices whose entries are numbers or Z3 terms, as lists of rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import z3

__all__ = [
    "Matrix",
    "columns",
    "difference",
    "gram",
    "principal_minors",
    "rows",
    "scalar",
    "times",
    "trace",
    "transposed",
    "unknowns",
]

# Entries are Fractions, integers or Z3 terms.
Matrix = list[list[Any]]


def unknowns(name: str, height: int, width: int) -> Matrix:
    """Return a matrix of Z3 reals ``name_i_j``."""
    return [[z3.Real(f"{name}_{i}_{j}") for j in range(width)] for i in range(height)]


def scalar(value: Any, size: int) -> Matrix:
    """Return a multiple of the identity."""
    return [[value if i == j else 0 for j in range(size)] for i in range(size)]


def rows(matrix: Matrix, chosen: Sequence[int]) -> Matrix:
    """Return the chosen rows."""
    return [matrix[i] for i in chosen]


def columns(matrix: Matrix, chosen: Sequence[int]) -> Matrix:
    """Return the chosen columns."""
    return [[row[j] for j in chosen] for row in matrix]


def transposed(matrix: Matrix) -> Matrix:
    """Return the transpose."""
    return [list(column) for column in zip(*matrix, strict=True)]


def trace(matrix: Matrix) -> Any:
    """Return the trace."""
    return _sum([row[i] for i, row in enumerate(matrix)])


def gram(matrix: Matrix) -> Matrix:
    """Return ``M^T M``."""
    return times(transposed(matrix), matrix)


def times(left: Matrix, right: Matrix) -> Matrix:
    """Return the product; zeros and ones leave no trace in the terms."""
    across = transposed(right)
    return [
        [_sum([_product(a, b) for a, b in zip(row, column, strict=True)]) for column in across]
        for row in left
    ]


def difference(left: Matrix, right: Matrix) -> Matrix:
    """Return ``left - right``."""
    return [
        [_sum([x, _product(-1, y)]) for x, y in zip(a, b, strict=True)]
        for a, b in zip(left, right, strict=True)
    ]


def principal_minors(matrix: Matrix, size: int) -> Iterator[Any]:
    """Yield the determinants of the principal submatrices of that size."""
    for chosen in itertools.combinations(range(len(matrix)), size):
        yield _determinant(rows(columns(matrix, chosen), chosen))


def _determinant(matrix: Matrix) -> Any:
    if not matrix:
        return 1
    return _sum(
        [
            _product(
                _product((-1) ** j, entry),
                _determinant([row[:j] + row[j + 1 :] for row in matrix[1:]]),
            )
            for j, entry in enumerate(matrix[0])
        ]
    )


def _product(a: Any, b: Any) -> Any:
    for x, y in ((a, b), (b, a)):
        if not isinstance(x, z3.ExprRef):
            if x == 0:
                return 0
            if x == 1:
                return y
    return a * b


def _sum(terms: Sequence[Any]) -> Any:
    kept = [t for t in terms if isinstance(t, z3.ExprRef) or t != 0]
    return sum(kept[1:], kept[0]) if kept else 0
