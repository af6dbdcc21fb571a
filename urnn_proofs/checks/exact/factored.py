"""Scaled-rational matrices whose lower right block is kept as a product of integer matrices.

The lower right block of a dilation has entries twice as long as the other blocks, and it *is* a
product of three matrices that are stored anyway.  It is expanded where somebody asks for ``R``,
or row by row; orthogonality is shown from the factors (``checks.exact.orthogonality``).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq, fmpz_mat

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.integers import block, join, product_rows
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled import ScaledRational

__all__ = ["FactoredScaled"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_PRECISION = 256


class FactoredScaled(ScaledRational):
    """``diag(sqrt(alpha)) R diag(sqrt(beta))``, ``d R = [[upper_left, upper_right], [lower_left, X]]``.

    Parameters
    ----------
    denominator
        d, a positive integer.
    upper_left, upper_right, lower_left
        Integer matrices (n, n), (n, r), (r, n).
    corner
        Three integer matrices (r, n), (n, r), (r, r) whose product is X.
    alpha, beta
        n + r positive rationals, for the rows and for the columns.

    Raises
    ------
    InputError
        If shapes or lengths do not fit, or a scale is not positive.

    Examples
    --------
    >>> one, two = fmpz_mat([[1]]), fmpz_mat([[2]])
    >>> ones = (Fraction(1),) * 2
    >>> FactoredScaled(1, one, one, one, (two, two, two), ones, ones).R[1, 1]
    Fraction(8, 1)
    """  # noqa: E501

    def __init__(
        self,
        denominator: int,
        upper_left: fmpz_mat,
        upper_right: fmpz_mat,
        lower_left: fmpz_mat,
        corner: tuple[fmpz_mat, fmpz_mat, fmpz_mat],
        alpha: tuple[Fraction, ...],
        beta: tuple[Fraction, ...],
    ) -> None:
        n, r = upper_right.nrows(), upper_right.ncols()
        shapes = [(M.nrows(), M.ncols()) for M in (upper_left, lower_left, *corner)]
        expected = [(n, n), (r, n), (r, n), (n, r), (r, r)]
        if shapes != expected or denominator <= 0:
            raise InputError(
                f"the blocks have shapes {shapes} over {denominator}; expected "
                f"{expected} over a positive integer"
            )
        for name, value in (
            ("_denominator", denominator),
            ("upper_left", upper_left),
            ("upper_right", upper_right),
            ("lower_left", lower_left),
            ("corner", corner),
            ("alpha", alpha),
            ("beta", beta),
        ):
            object.__setattr__(self, name, value)  # the base class is frozen
        self.__post_init__()

    _denominator: int
    upper_left: fmpz_mat
    upper_right: fmpz_mat
    lower_left: fmpz_mat
    corner: tuple[fmpz_mat, fmpz_mat, fmpz_mat]

    @property
    def denominator(self) -> int:
        """The common denominator d."""
        return self._denominator

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        size = self.upper_right.nrows() + self.upper_right.ncols()
        return size, size

    @cached_property
    def R(self) -> RationalMatrix:  # noqa: N802
        """The rational matrix, expanded: for large r this takes most of the time and memory."""
        return self.expanded().R

    def expanded(self) -> ScaledRational:
        """Return the same matrix with every entry written out."""
        n, r = self.upper_right.nrows(), self.upper_right.ncols()
        R = join(self.upper_left, self.upper_right, self.lower_left, fmpz_mat(r, r))
        for start, rows in self.corner_rows():
            for i in range(rows.nrows()):
                for j in range(r):
                    R[n + start + i, n + j] = rows[i, j]
        return ScaledRational(RationalMatrix(R, self.denominator), self.alpha, self.beta)

    def corner_rows(self) -> Iterator[tuple[int, fmpz_mat]]:
        """Yield the rows of X a few at a time, with their position."""
        first, middle, last = self.corner
        if last.nrows():
            yield from product_rows(first, middle * last)

    def rows(self) -> Iterator[list[int]]:
        """Yield the rows of ``denominator * R``, the lower right block row by row."""
        if "R" in vars(self):  # somebody had it expanded
            yield from super().rows()
            return
        yield from _beside(self.upper_left, self.upper_right)
        r = self.lower_left.nrows()
        for start, part in self.corner_rows():
            chosen = range(start, min(start + part.nrows(), r))
            yield from _beside(block(self.lower_left, chosen, range(self.lower_left.ncols())), part)

    def to_numpy(self) -> Array:
        """Return the entries rounded to float64, each within a few units in the last place.

        The scaled factors of the lower right block are well conditioned, so balls of moderate
        precision enclose its entries; where one does not, such as at zero, the exact rows are used.
        """
        corner = None if "R" in vars(self) else self._corner_in_balls()
        if corner is None:
            return super().to_numpy()
        n, r = self.upper_right.nrows(), self.upper_right.ncols()
        empty = (fmpz_mat(r, n), fmpz_mat(n, r), fmpz_mat(r, r))
        blocks = (self.upper_left, self.upper_right, self.lower_left)
        floats = FactoredScaled(self._denominator, *blocks, empty, self.alpha, self.beta)
        result = ScaledRational.to_numpy(floats)
        result[n:, n:] = corner
        return result

    def _corner_in_balls(self) -> Array | None:
        """Return the lower right block of U in float64, None if an entry is not resolved."""
        n, r = self.upper_right.nrows(), self.upper_right.ncols()
        first, middle, last = self.corner
        with ctx.workprec(_PRECISION):
            left = [arb(fmpq(x.numerator, x.denominator)).sqrt() for x in self.alpha[n:]]
            right = [arb(fmpq(x.numerator, x.denominator)).sqrt() for x in self.beta[n:]]
            rows = [[a * arb(x) for x in row] for a, row in zip(left, first.tolist(), strict=True)]
            columns = [
                [arb(x) * b for x, b in zip(row, right, strict=True)] for row in last.tolist()
            ]
            inner = [[arb(x) / self._denominator for x in row] for row in middle.tolist()]
            product = arb_mat(r, n, _flat(rows)) * (
                arb_mat(n, r, _flat(inner)) * arb_mat(r, r, _flat(columns))
            )
            entries = product.entries()
            if any(x.rel_accuracy_bits() < 64 for x in entries):
                return None
            return np.array([float(x) for x in entries]).reshape(r, r)

    def first_columns(self, count: int) -> RationalMatrix:
        """Return the first columns of R."""
        n = self.upper_left.ncols()
        if count > n:
            return super().first_columns(count)
        top = [row[:count] for row in self.upper_left.tolist()]
        entries = [x for row in (*top, *(r[:count] for r in self.lower_left.tolist())) for x in row]
        return RationalMatrix(fmpz_mat(self.shape[0], count, entries), self.denominator)

    def __repr__(self) -> str:
        rows, columns = self.shape
        return f"FactoredScaled({rows}x{columns})"


def _flat(rows: list[list[Any]]) -> list[Any]:
    return [x for row in rows for x in row]


def _beside(a: fmpz_mat, b: fmpz_mat) -> Iterator[list[int]]:
    for left, right in zip(a.tolist(), b.tolist(), strict=True):
        yield [int(x) for x in (*left, *right)]
