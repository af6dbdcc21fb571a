"""Matrices ``U = diag(sqrt(alpha)) R diag(sqrt(beta))`` over Q: how an orthogonal U is written.

``R`` is rational, ``alpha`` and ``beta`` are positive rational vectors, and no square root is ever
expanded: ``U^T U = I`` is the rational identity ``R^T diag(alpha) R = diag(1/beta)``.

In a dilation the lower right block of R has entries twice as long as the other blocks, and it *is*
a product of three integer matrices.  It stays one until somebody asks for ``R``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from flint import arb, arb_mat, ctx, fmpq, fmpz_mat, nmod_mat

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.integers import block, join, product_rows
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Blocks", "Orthogonal"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Factors = tuple[fmpz_mat, fmpz_mat, fmpz_mat]

_PRECISION = 256
_NOTHING = 1e-48


class Blocks(NamedTuple):
    """``d R = [[upper_left, upper_right], [lower_left, X]]``, X the product of the corner."""

    denominator: int
    upper_left: fmpz_mat
    upper_right: fmpz_mat
    lower_left: fmpz_mat
    corner: Factors


class Orthogonal:
    """The matrix ``diag(sqrt(alpha)) R diag(sqrt(beta))``, meant to be orthogonal.

    The type only says how it is written.  Whether it *is* orthogonal is for
    :func:`urnn_proofs.checks.exact.orthogonality.check_orthogonal` to decide.

    Parameters
    ----------
    R
        Rational matrix, shape (rows, columns).
    alpha
        Positive rationals, one for each row; ones if omitted.
    beta
        Positive rationals, one for each column; ones if omitted.

    Raises
    ------
    InputError
        If a length does not fit or a scale is not positive.

    Examples
    --------
    The 1x1 matrix ``sqrt(3)/2``:

    >>> half_root3 = Orthogonal(RationalMatrix.parse([[1]], "R"), (Fraction(3, 4),))
    >>> round(float(half_root3.to_numpy()[0, 0]), 6)
    0.866025
    """

    __slots__ = ("_R", "_blocks", "alpha", "beta")

    def __init__(
        self,
        R: RationalMatrix,
        alpha: Sequence[Fraction] | None = None,
        beta: Sequence[Fraction] | None = None,
    ) -> None:
        if not isinstance(R, RationalMatrix):
            raise InputError(f"R is {shorten(R)}; expected a RationalMatrix, such as .parse makes")
        self._R: RationalMatrix | None = R
        self._blocks: Blocks | None = None
        self._set_scales(alpha, beta)

    @classmethod
    def from_blocks(
        cls,
        denominator: int,
        upper_left: fmpz_mat,
        upper_right: fmpz_mat,
        lower_left: fmpz_mat,
        corner: Factors,
        alpha: Sequence[Fraction] | None = None,
        beta: Sequence[Fraction] | None = None,
    ) -> Orthogonal:
        """Return the matrix with ``d R = [[upper_left, upper_right], [lower_left, X]]``.

        Parameters
        ----------
        denominator
            d, a positive integer.
        upper_left
            Integer matrix (n, n).
        upper_right
            Integer matrix (n, r).
        lower_left
            Integer matrix (r, n).
        corner
            Three integer matrices (r, n), (n, r), (r, r) whose product is X.

        Raises
        ------
        InputError
            If shapes or lengths do not fit, or a scale is not positive.

        >>> one, two = fmpz_mat([[1]]), fmpz_mat([[2]])
        >>> Orthogonal.from_blocks(1, one, one, one, (two, two, two)).R[1, 1]
        Fraction(8, 1)
        """
        n, r = upper_right.nrows(), upper_right.ncols()
        shapes = [(M.nrows(), M.ncols()) for M in (upper_left, lower_left, *corner)]
        expected = [(n, n), (r, n), (r, n), (n, r), (r, r)]
        if shapes != expected or denominator <= 0:
            raise InputError(
                f"the blocks have shapes {shapes} over {denominator}; expected "
                f"{expected} over a positive integer"
            )
        self = cls.__new__(cls)
        self._R = None
        self._blocks = Blocks(denominator, upper_left, upper_right, lower_left, corner)
        self._set_scales(alpha, beta)
        return self

    alpha: tuple[Fraction, ...]
    beta: tuple[Fraction, ...]

    def _set_scales(
        self, alpha: Sequence[Fraction] | None, beta: Sequence[Fraction] | None
    ) -> None:
        rows, columns = self.shape
        self.alpha = (Fraction(1),) * rows if alpha is None else tuple(alpha)
        self.beta = (Fraction(1),) * columns if beta is None else tuple(beta)
        for name, scale, length in (("alpha", self.alpha, rows), ("beta", self.beta, columns)):
            if len(scale) != length:
                raise InputError(f"{name} has {len(scale)} entries; expected {length}, as R has")
            for i, value in enumerate(scale):
                if value <= 0:
                    raise InputError(f"{name}[{i}] is {value}; expected a positive rational")

    # -- reading ----------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        if self._blocks is None:
            assert self._R is not None
            return self._R.shape
        size = self._blocks.upper_right.nrows() + self._blocks.upper_right.ncols()
        return size, size

    @property
    def denominator(self) -> int:
        """The common denominator of R."""
        return self.R.denominator if self._blocks is None else self._blocks.denominator

    @property
    def R(self) -> RationalMatrix:  # noqa: N802
        """The rational matrix; for a large dilation this takes most of the time and memory."""
        if self._R is None:
            n, r = self.blocks.upper_right.nrows(), self.blocks.upper_right.ncols()
            entries = join(*self.blocks[1:4], fmpz_mat(r, r))
            for start, rows in self._corner_rows():
                for i in range(rows.nrows()):
                    for j in range(r):
                        entries[n + start + i, n + j] = rows[i, j]
            self._R = RationalMatrix(entries, self.denominator)
        return self._R

    @property
    def is_rational(self) -> bool:
        """Whether all scales are 1, so that U is R."""
        return all(scale == 1 for scale in (*self.alpha, *self.beta))

    @property
    def bits(self) -> int:
        """Bits of the largest numerator of R, or a few more; nothing is expanded for it."""
        if self._blocks is None:
            return self.R.bits
        longest = max(_bits(M) for M in self._blocks[1:4])
        product = sum(_bits(M) for M in self._blocks.corner) + 2 * self.shape[0].bit_length()
        return max(longest, product)

    def rows(self) -> Iterator[list[int]]:
        """Yield the rows of ``denominator * R``, one after the other."""
        if self._R is None:
            yield from self._rows_with(self._corner_rows())
        else:
            for row in self._R.numerators.tolist():
                yield [int(x) for x in row]

    def modulo(self, prime: int) -> nmod_mat:
        """Return ``denominator * R`` modulo *prime*, without expanding a product."""
        if self._blocks is None:
            return nmod_mat(self.R.numerators, prime)
        first, middle, last = (nmod_mat(M, prime) for M in self._blocks.corner)
        r = last.nrows()
        residues = [int(x) for x in (first * middle * last).entries()] if r else []
        return nmod_mat(join(*self._blocks[1:4], fmpz_mat(r, r, residues)), prime)

    def upper_left(self, size: int) -> RationalMatrix:
        """Return the first rows and columns of R, without the scales."""
        chosen = range(size)
        if self._blocks is None or size > self._blocks.upper_left.nrows():
            return self.R.block(chosen, chosen)
        return RationalMatrix(block(self._blocks.upper_left, chosen, chosen), self.denominator)

    def lower_left(self, size: int) -> RationalMatrix:
        """Return what is below ``upper_left(size)``."""
        rows, chosen = range(size, self.shape[0]), range(size)
        if self._blocks is None or size != self._blocks.upper_left.nrows():
            return self.R.block(rows, chosen)
        return RationalMatrix(self._blocks.lower_left, self.denominator)

    def has_blocks(
        self,
        denominator: int,
        upper_left: fmpz_mat,
        upper_right: fmpz_mat,
        lower_left: fmpz_mat,
        corner: Factors,
    ) -> bool:
        """Tell whether R is the matrix that ``from_blocks`` would write, row by row.

        Equal factors need no product; other factors are not told from a product by looking, so
        that then everything is expanded.
        """
        given = Blocks(denominator, upper_left, upper_right, lower_left, corner)
        if self._blocks == given:
            return True
        other = Orthogonal.from_blocks(*given)
        d, e = self.denominator, other.denominator
        return self.shape == other.shape and all(
            [x * e for x in own] == [y * d for y in row]
            for own, row in zip(self.rows(), other.rows(), strict=True)
        )

    @property
    def blocks(self) -> Blocks:
        """The blocks and factors, for a matrix that was made of them."""
        assert self._blocks is not None
        return self._blocks

    def _corner_rows(self) -> Iterator[tuple[int, fmpz_mat]]:
        """Yield the rows of the lower right block a few at a time, with their position."""
        first, middle, last = self.blocks.corner
        if last.nrows():
            yield from product_rows(first, middle * last)

    def _rows_with(self, corner: Iterator[tuple[int, fmpz_mat]]) -> Iterator[list[int]]:
        yield from _beside(self.blocks.upper_left, self.blocks.upper_right)
        r, n = self.blocks.lower_left.nrows(), self.blocks.lower_left.ncols()
        for start, part in corner:
            chosen = range(start, min(start + part.nrows(), r))
            yield from _beside(block(self.blocks.lower_left, chosen, range(n)), part)

    # -- floats -----------------------------------------------------------------------

    def to_numpy(self) -> Array:
        """Return the entries rounded to float64, each within a few units in the last place.

        The scales and ``R`` may lie far outside the range of float64; only the product has
        to fit.  Entries of the lower right block below 1e-48 that cancellation left are 0.
        """
        corner = None if self._blocks is None else self._corner_in_balls()
        if corner is None:
            return self._floats(list(self.rows()), 0, 0)
        n = self.blocks.upper_left.nrows()
        above, beside, below = (M.tolist() for M in self.blocks[1:4])
        upper = np.hstack([self._floats(above, 0, 0), self._floats(beside, 0, n)])
        result: Array = np.vstack([upper, np.hstack([self._floats(below, n, 0), corner])])
        return result

    def to_floats(self, dtype: str) -> np.ndarray[Any, np.dtype[Any]]:
        """Return the entries in float64, rounded again to *dtype*; infinite on overflow."""
        with np.errstate(over="ignore"):
            found: np.ndarray[Any, np.dtype[Any]] = self.to_numpy().astype(dtype)
        return found

    def _floats(self, rows: list[list[Any]], top: int, left: int) -> Array:
        """Return a block with its scales, mantissas and exponents apart until the end."""
        height, width = len(rows), len(rows[0]) if rows else self.shape[1] - left
        pairs = [_mantissa(int(x)) for row in rows for x in row]
        mantissas = np.array([m for m, _ in pairs]).reshape(height, width)
        exponents = np.array([e for _, e in pairs], dtype=np.int64).reshape(height, width)
        den_mantissa, den_exponent = _mantissa(self.denominator)
        alpha = [_root(a) for a in self.alpha[top : top + height]]
        beta = [_root(b) for b in self.beta[left : left + width]]
        mantissas *= np.array([m for m, _ in alpha])[:, None] / den_mantissa
        mantissas *= np.array([m for m, _ in beta])[None, :]
        exponents += np.array([e for _, e in alpha], dtype=np.int64)[:, None] - den_exponent
        exponents += np.array([e for _, e in beta], dtype=np.int64)[None, :]
        result: Array = np.ldexp(mantissas, np.clip(exponents, -2000, 2000))
        return result

    def _corner_in_balls(self) -> Array | None:
        """Return the lower right block of U in float64, None if an entry is not resolved.

        The scaled factors are well conditioned, so balls of moderate precision enclose the entries
        of the product.
        """
        n, r = self.blocks.upper_right.nrows(), self.blocks.upper_right.ncols()
        first, middle, last = self.blocks.corner
        with ctx.workprec(_PRECISION):
            left = [arb(fmpq(x.numerator, x.denominator)).sqrt() for x in self.alpha[n:]]
            right = [arb(fmpq(x.numerator, x.denominator)).sqrt() for x in self.beta[n:]]
            rows = [[a * arb(x) for x in row] for a, row in zip(left, first.tolist(), strict=True)]
            columns = [
                [arb(x) * b for x, b in zip(row, right, strict=True)] for row in last.tolist()
            ]
            inner = [[arb(x) / self.denominator for x in row] for row in middle.tolist()]
            product = arb_mat(r, n, _flat(rows)) * (
                arb_mat(n, r, _flat(inner)) * arb_mat(r, r, _flat(columns))
            )
            values = []
            for x in product.entries():
                if x.rel_accuracy_bits() >= 64:
                    values.append(float(x))
                elif x.abs_upper() < _NOTHING:
                    values.append(0.0)
                else:
                    return None
            return np.array(values, dtype=np.float64).reshape(r, r)

    # -- showing ----------------------------------------------------------------------

    def __repr__(self) -> str:
        rows, columns = self.shape
        written = f", R={self.R!r}" if rows * columns <= 36 else ""
        return f"Orthogonal({rows}x{columns}{written if len(written) <= 100 else ''})"

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.values import matrix_html  # for notebooks, on demand

        return matrix_html(self)

    def _repr_latex_(self) -> str:
        from urnn_proofs.show.tex.math import matrix  # for notebooks, on demand

        return f"$\\displaystyle {matrix(self)}$"


def _flat(rows: list[list[Any]]) -> list[Any]:
    return [x for row in rows for x in row]


def _beside(a: fmpz_mat, b: fmpz_mat) -> Iterator[list[int]]:
    for left, right in zip(a.tolist(), b.tolist(), strict=True):
        yield [int(x) for x in (*left, *right)]


def _bits(M: fmpz_mat) -> int:
    return max((int(x).bit_length() for x in M.entries()), default=0)


def _mantissa(value: int) -> tuple[float, int]:
    """Return ``(m, e)`` with ``value ~ m * 2**e`` and m of moderate size."""
    excess = max(value.bit_length() - 64, 0)
    return float(value >> excess), excess


def _root(value: Fraction) -> tuple[float, int]:
    """Return ``(m, e)`` with ``sqrt(value) ~ m * 2**e``."""
    top, top_exponent = _mantissa(value.numerator)
    bottom, bottom_exponent = _mantissa(value.denominator)
    exponent = top_exponent - bottom_exponent
    if exponent % 2:
        top, exponent = 2 * top, exponent - 1
    return math.sqrt(top / bottom), exponent // 2
