"""Enclosures of matrix norms in ball arithmetic (Arb, through python-flint).

The second source of the bounds in :mod:`urnn_proofs.checks.numeric.fast_norms`, and the one that is
believed where it is affordable.  Every operation returns a ball that contains the exact result
(F. Johansson, *Arb: efficient arbitrary-precision midpoint-radius interval arithmetic*, IEEE
Trans. Computers 66 (2017) 1281-1292), so no rounding analysis is needed.  Floating point proposes
the Cholesky factor L of ``t I - A^T A`` and the vector v:
``||A v|| / ||v|| <= ||A|| <= sqrt(max_i (R_ii + sum_{j != i} |R_ij|))``, ``R = A^T A + L L^T``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq

from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled_urnn import ScaledURNN

__all__ = ["BallNorms", "Enclosure"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Matrix = np.ndarray[Any, Any] | RationalMatrix

_BITS = 128


@dataclass(frozen=True)
class Enclosure:
    """Rationals with ``lower <= value <= upper``."""

    lower: Fraction
    upper: Fraction


class BallNorms:
    """Upper bounds of norms in ball arithmetic, with the interface of ``NumpyNorms``.

    Matrices are float arrays, taken as exact, or :class:`RationalMatrix`.

    Examples
    --------
    >>> norms = BallNorms()
    >>> round(float(norms.spectral(np.array([[3.0, 0.0], [0.0, 4.0]]))), 9)
    4.0
    >>> float(norms.defect(np.array([[0.6, 0.8], [0.8, -0.6]]))) < 1e-15
    True
    """

    name = "Arb ball arithmetic, 128 bits"

    def spectral(self, A: Matrix) -> Fraction:
        """Return an upper bound of ``||A||``."""
        return self.enclose_spectral(A).upper

    def enclose_spectral(self, A: Matrix) -> Enclosure:
        """Return bounds of ``||A||`` from both sides."""
        with ctx.workprec(_BITS):
            return _spectral(_balls(A))

    def absolute(self, A: Matrix) -> Fraction:
        """Return an upper bound of ``|| |A| ||``, the norm of the absolute values."""
        with ctx.workprec(_BITS):
            balls = _balls(A)
            rows, columns = balls.nrows(), balls.ncols()
            sizes = arb_mat(rows, columns, [abs(x) for x in balls.entries()])
            return _spectral(sizes).upper

    def largest_row(self, A: Matrix) -> Fraction:
        """Return an upper bound of the largest Euclidean norm of a row."""
        with ctx.workprec(_BITS):
            rows = _balls(A).tolist()
            return max((_upper(_squares(row).sqrt()) for row in rows), default=Fraction(0))

    def defect(self, U: np.ndarray[Any, Any]) -> Fraction:
        """Return an upper bound of ``||U^T U - I||``."""
        return self.enclose_defect(U).upper

    def enclose_defect(self, U: np.ndarray[Any, Any]) -> Enclosure:
        """Return bounds of ``||U^T U - I||`` from both sides."""
        with ctx.workprec(_BITS):
            balls = _balls(U)
            E = balls.transpose() * balls
            for i in range(E.nrows()):
                E[i, i] -= 1
            return _spectral(E)

    def distance(self, stored: np.ndarray[Any, Any], exact: Orthogonal | ScaledURNN) -> Fraction:
        """Return an upper bound of the distance of a stored matrix to an exact one.

        The entries of ``diag(sqrt alpha) R diag(sqrt beta)``, or of the U of a URNN with rescaled
        states, are enclosed, square roots included.
        """
        with ctx.workprec(_BITS):
            if isinstance(exact, ScaledURNN):
                balls = exact.transition_in_balls(_BITS)
                gaps = [
                    arb(float(stored[i, j])) - u
                    for i, row in enumerate(balls)
                    for j, u in enumerate(row)
                ]
                return _spectral(arb_mat(*exact.shape, gaps)).upper
            den = exact.denominator
            left = [_ball(a).sqrt() for a in exact.alpha]
            right = [_ball(b).sqrt() for b in exact.beta]
            rows, columns = exact.shape
            entries = [
                arb(float(stored[i, j])) - left[i] * arb(fmpq(entry, den)) * right[j]
                for i, row in enumerate(exact.rows())
                for j, entry in enumerate(row)
            ]
            return _spectral(arb_mat(rows, columns, entries)).upper


def _ball(value: Fraction) -> Any:
    return arb(fmpq(value.numerator, value.denominator))


def _balls(A: Matrix) -> Any:
    """Return A as a matrix of balls: floats are exact, rationals rounded outwards."""
    if isinstance(A, RationalMatrix):
        entries = [arb(fmpq(x, A.denominator)) for x in A.numerators.entries()]
        return arb_mat(*A.shape, entries)
    return arb_mat(*A.shape, [arb(x) for x in A.astype(np.float64).ravel().tolist()])


def _spectral(A: Any) -> Enclosure:
    """Enclose the norm, entries scaled by a power of 2 so that floats can propose."""
    largest = max((_upper(x) for x in A.entries()), default=Fraction(0))
    if largest == 0:
        return Enclosure(Fraction(0), Fraction(0))
    unit = Fraction(2) ** (largest.numerator.bit_length() - largest.denominator.bit_length())
    shrink = _ball(1 / unit)
    scaled = arb_mat(A.nrows(), A.ncols(), [x * shrink for x in A.entries()])
    found = _scaled_spectral(scaled if A.nrows() >= A.ncols() else scaled.transpose())
    return Enclosure(found.lower * unit, found.upper * unit)


def _scaled_spectral(A: Any) -> Enclosure:
    columns = A.ncols()
    frobenius = _upper(_squares(A.entries()).sqrt())
    gram = A.transpose() * A
    floats = np.array([float(x.mid()) for x in gram.entries()]).reshape(columns, columns)
    values, vectors = np.linalg.eigh((floats + floats.T) / 2)
    return Enclosure(
        lower=_rayleigh(A, vectors[:, -1]),
        upper=min(frobenius, _gershgorin(gram, floats, float(values[-1]))),
    )


def _rayleigh(A: Any, v: Array) -> Fraction:
    column = arb_mat(len(v), 1, [arb(x) for x in v.tolist()])
    quotient = (_squares((A * column).entries()) / _squares(column.entries())).sqrt()
    return max(_exactly(quotient.lower()), Fraction(0))


def _gershgorin(gram: Any, floats: Array, largest: float) -> Fraction:
    """Bound the norm by the discs of ``A^T A + L L^T``; without a factor, of ``A^T A``."""
    n = len(floats)
    R = gram
    for slack in (2.0**-40, 2.0**-30, 2.0**-20, 2.0**-10):
        try:
            factor = np.linalg.cholesky((1 + slack) * largest * np.eye(n) - floats)
        except np.linalg.LinAlgError:
            continue
        L = arb_mat(n, n, [arb(x) for x in factor.ravel().tolist()])
        R = gram + L * L.transpose()
        break
    discs = (
        row[i] + sum((abs(x) for j, x in enumerate(row) if j != i), arb(0))
        for i, row in enumerate(R.tolist())
    )
    return max(_upper(disc.sqrt()) for disc in discs)


def _squares(entries: Iterable[Any]) -> Any:
    return sum((x * x for x in entries), arb(0))


def _upper(ball: Any) -> Fraction:
    return _exactly(ball.abs_upper())


def _exactly(ball: Any) -> Fraction:
    if not ball.is_finite():
        raise UndecidedError("a norm has no finite enclosure at 128 bits; rescale the network")
    mantissa, exponent = ball.man_exp()
    return int(mantissa) * Fraction(2) ** int(exponent)
