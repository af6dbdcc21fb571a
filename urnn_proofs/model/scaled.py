"""Scaled-rational matrices: ``U = diag(sqrt(alpha)) R diag(sqrt(beta))`` over Q.

The one way this package represents an exact orthogonal matrix.  ``R`` is rational, ``alpha``
and ``beta`` are positive rational vectors, and no square root is ever expanded:
``U^T U = I`` is the rational identity ``R^T diag(alpha) R = diag(1/beta)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz_mat

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import show_number
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["ScaledRational"]


@dataclass(frozen=True, eq=False)
class ScaledRational:
    """The matrix ``diag(sqrt(alpha)) R diag(sqrt(beta))``.

    Parameters
    ----------
    R
        Rational matrix, shape (rows, columns).
    alpha, beta
        Positive rationals, one for each row and one for each column.

    Raises
    ------
    InputError
        If a length does not fit or a scale is not positive.

    Examples
    --------
    The 1x1 matrix ``sqrt(3)/2``:

    >>> half_root3 = ScaledRational(
    ...     RationalMatrix.parse([[1]], "R"), (Fraction(3, 4),), (Fraction(1),)
    ... )
    >>> round(float(half_root3.to_numpy()[0, 0]), 6)
    0.866025
    """

    R: RationalMatrix
    alpha: tuple[Fraction, ...]
    beta: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        for name, scale, length in (
            ("alpha", self.alpha, self.shape[0]),
            ("beta", self.beta, self.shape[1]),
        ):
            if len(scale) != length:
                raise InputError(f"{name} has {len(scale)} entries; expected {length}, as R has")
            for i, value in enumerate(scale):
                if value <= 0:
                    raise InputError(
                        f"{name}[{i}] is {show_number(value)}; expected a positive rational"
                    )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.R.shape

    @property
    def denominator(self) -> int:
        """The common denominator of R."""
        return self.R.denominator

    def rows(self) -> Iterator[list[int]]:
        """Yield the rows of ``denominator * R``."""
        for row in self.R.numerators.tolist():
            yield [int(x) for x in row]

    def first_columns(self, count: int) -> RationalMatrix:
        """Return the first columns of R, without the rest."""
        entries = [x for row in self.R.numerators.tolist() for x in row[:count]]
        return RationalMatrix(fmpz_mat(self.shape[0], count, entries), self.R.denominator)

    def to_numpy(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the entries rounded to float64, each within a few units in the last place.

        The scales and ``R`` may lie far outside the range of float64; only the product has
        to fit, so mantissas and exponents are carried apart.
        """
        rows, columns = self.shape
        den_mantissa, den_exponent = _mantissa(self.denominator)
        mantissas = np.empty((rows, columns))
        exponents = np.empty((rows, columns), dtype=np.int64)
        for i, row in enumerate(self.rows()):
            for j, entry in enumerate(row):
                mantissas[i, j], exponents[i, j] = _mantissa(entry)
        left = [_root(a) for a in self.alpha]
        right = [_root(b) for b in self.beta]
        mantissas *= np.array([m for m, _ in left])[:, None] / den_mantissa
        mantissas *= np.array([m for m, _ in right])[None, :]
        exponents += np.array([e for _, e in left], dtype=np.int64)[:, None] - den_exponent
        exponents += np.array([e for _, e in right], dtype=np.int64)[None, :]
        return np.ldexp(mantissas, np.clip(exponents, -2000, 2000))

    def __repr__(self) -> str:
        rows, columns = self.shape
        return f"ScaledRational({rows}x{columns}, R={self.R!r})"

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.values import matrix_html  # for notebooks, on demand

        return matrix_html(self)

    def _repr_latex_(self) -> str:
        from urnn_proofs.show.tex.math import matrix  # for notebooks, on demand

        return f"$\\displaystyle {matrix(self)}$"


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
