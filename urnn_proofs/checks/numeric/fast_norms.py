"""Upper bounds of matrix norms from NumPy's own products, with proved rounding-error bounds.

What is believed: IEEE 754 arithmetic of the hardware, rounding to nearest, and a BLAS that forms
the ``2 n^3`` products of a matrix product one by one, in any order (see
``checks.numeric.rounding`` for the model and its constants).  Nothing is believed about
Cholesky factors, eigenvalues or singular vectors: they propose, products decide.

Spectral norm
    For *any* matrix L, ``A^T A = R - L L^T`` with ``R = A^T A + L L^T``, and ``L L^T`` is positive
    semidefinite, so ``||A||^2 <= lambda_max(R) <= max_i (R_ii + sum_{j != i} |R_ij|)``
    (Gershgorin).  With L a rounded Cholesky factor of ``t I - A^T A``, R is about ``t I``, and the
    bound is sharp.  Rounding adds ``gamma_m || |A| ||^2 + gamma_n || |L| ||^2 + 2 u || |R| ||``.
    The idea is that
    of S. M. Rump, *Verified bounds for singular values*, BIT 51 (2011) 367-384, and *Verification
    of positive definiteness*, BIT 46 (2006) 433-452; forming ``L L^T`` avoids any assumption on how
    LAPACK factorises.
Norm of |A|
    For ``B = |A|^T |A|`` and any ``x > 0``, ``||B|| <= max_i (B x)_i / x_i`` (Collatz and
    Wielandt; with ``B y = ||B|| y``, ``y >= 0``:
    ``||B|| y.x = y.B x <= max_i ((B x)_i / x_i) y.x``).
``U^T U - I``
    ``U = U1 + U2``, U1 the multiples of ``2^-p`` nearest to the entries.  As long as
    ``4^p ||U1 e_k||^2 <= 2^53`` for every column, each partial sum of ``U1^T U1`` is by
    Cauchy-Schwarz an integer of at most 53 bits, times ``4^-p``: that product is *exact*, in any
    order (after K. Ozaki, T. Ogita, S. Oishi, S. M. Rump, *Error-free transformations of matrix
    multiplication*, Numer. Algorithms 59 (2012) 95-118).  The rest is ``Z + Z^T`` with
    ``Z = (U1 + U2/2)^T U2``, 2^-p times smaller, and so are its errors.  Exactness is also tried
    on the spot, on a random block in 64-bit integers, so that a BLAS that computes with fewer
    bits than it should does not go unnoticed.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.rounding import FLOAT64, gamma
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.number import round_up, sqrt_upper
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["NumpyNorms"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Matrix = np.ndarray[Any, Any] | RationalMatrix

_U = FLOAT64.unit
# Underflow in at most 2^60 operations on numbers that were scaled to at most 1, divided by no
# less than 2^-50, stays below this.
_TINY = Fraction(1, 2**900)
# Up to this size one more product is spent on a sharper bound of a residual.
_SHARP = 256


class NumpyNorms:
    """Upper bounds of norms from float64 products, each a rational that is proved.

    Matrices are float arrays, taken as exact, or :class:`RationalMatrix`.

    Raises
    ------
    UndecidedError
        From every method, if entries are beyond the range of float64.

    Examples
    --------
    >>> norms = NumpyNorms()
    >>> round(float(norms.spectral(np.array([[3.0, 0.0], [0.0, 4.0]]))), 9)
    4.0
    >>> float(norms.defect(np.array([[0.6, 0.8], [0.8, -0.6]]))) < 1e-15
    True
    """

    name = "NumPy float64, proved rounding bounds"

    def spectral(self, A: Matrix) -> Fraction:
        """Return an upper bound of ``||A||``."""
        floats, inexact = _to_floats(A)
        bound = _spectral(floats)
        # Entries that were rounded are off by at most u |A| entrywise.
        return bound + 2 * _U * _absolute(floats) + _lost(floats) if inexact else bound

    def absolute(self, A: Matrix) -> Fraction:
        """Return an upper bound of ``|| |A| ||``, the norm of the absolute values."""
        floats, inexact = _to_floats(A)
        bound = _absolute(floats)
        return bound * (1 + 2 * _U) + _lost(floats) if inexact else bound

    def largest_row(self, A: Matrix) -> Fraction:
        """Return an upper bound of the largest Euclidean norm of a row."""
        floats, inexact = _to_floats(A)
        scaled, unit = _scaled(floats)
        bound = Fraction(0)
        if scaled.any():
            squares = _row_squares(scaled).max()
            bound = unit * sqrt_upper(_up(float(squares), scaled.shape[1] + 1) + _TINY)
        return bound * (1 + 2 * _U) + _lost(floats) if inexact else bound

    def defect(self, U: np.ndarray[Any, Any]) -> Fraction:
        """Return an upper bound of ``||U^T U - I||``."""
        return _defect(_to_floats(U)[0])


def _to_floats(A: Matrix) -> tuple[Array, bool]:
    """Return A in float64, and whether that rounded its entries."""
    inexact = isinstance(A, RationalMatrix)
    floats: Array = A.to_numpy() if isinstance(A, RationalMatrix) else A.astype(np.float64)
    if not np.isfinite(floats).all():
        raise UndecidedError(
            "a matrix has entries beyond the range of float64, where no rounding bound holds; "
            "rescale the network"
        )
    return floats, inexact


def _lost(floats: Array) -> Fraction:
    """Bound what rounding entries to subnormal numbers may have lost."""
    return floats.size * Fraction(1, 2**1074)


def _up(value: float, operations: int) -> Fraction:
    """Return an upper bound of a sum of nonnegative terms that was computed as *value*.

    Every term went through at most *operations* roundings.
    """
    if not math.isfinite(value):
        raise UndecidedError("a norm overflows float64; rescale the network")
    return round_up(Fraction(value) / (1 - gamma(operations)), 64)


def _scaled(A: Array) -> tuple[Array, Fraction]:
    """Return ``A / s`` with entries of at most 1 in absolute value, and s, a power of 2."""
    largest = float(np.abs(A).max(initial=0.0))
    exponent = math.frexp(largest)[1]
    # The product is the faster of the two; a power beyond the range of float64 needs the other.
    scaled: Array = A * 2.0**-exponent if abs(exponent) < 1000 else np.ldexp(A, -exponent)
    return scaled, Fraction(2) ** exponent


def _row_squares(A: Array) -> Array:
    squares: Array = np.einsum("ij,ij->i", A, A)
    return squares


def _frobenius(A: Array) -> Fraction:
    """Bound the Frobenius norm of a matrix with entries of at most 1."""
    total = math.fsum(_row_squares(A).tolist())  # correctly rounded
    return sqrt_upper(_up(total, A.shape[1] + 2) + _TINY)


def _absolute(A: Array) -> Fraction:
    scaled, unit = _scaled(A)
    return unit * _absolute_scaled(scaled)


def _absolute_scaled(A: Array) -> Fraction:
    B = np.abs(A)
    if not B.any():
        return Fraction(0)
    x, best = np.ones(B.shape[1]), math.inf
    for _ in range(8):  # every x > 0 gives a bound; the power method gives good ones
        z = B.T @ (B @ x)
        best = min(best, float((z / x).max()))
        x = np.maximum(z / z.max(), 2.0**-40)
    squared = _up(best, sum(B.shape) + 1) + _TINY
    return min(sqrt_upper(squared), _frobenius(A))


def _spectral(A: Array) -> Fraction:
    scaled, unit = _scaled(A)
    if scaled.shape[0] < scaled.shape[1]:
        scaled = np.ascontiguousarray(scaled.T)
    if not scaled.any():
        return Fraction(0)
    absolute = _absolute_scaled(scaled)
    if scaled.shape[1] == 1:
        return unit * absolute
    return unit * min(absolute, _gershgorin(scaled, absolute))


def _gershgorin(A: Array, absolute: Fraction) -> Fraction:
    """Bound ``||A||`` through a Cholesky factor; *absolute* bounds ``|| |A| ||``."""
    m, n = A.shape
    gram = A.T @ A
    L = _propose_factor(gram)
    if L is None:
        return absolute
    R = gram + L @ L.T
    diagonal = np.diag(R).copy()
    sizes = np.abs(R)
    sizes[np.diag_indices(n)] = 0.0
    # R need not be symmetric to the last bit; its symmetric part has these discs.
    rows = diagonal + (sizes.sum(axis=0) + sizes.sum(axis=1)) / 2
    discs = _up(float(rows.max()), n + 4)
    errors = gamma(m) * absolute**2 + gamma(n) * _absolute(L) ** 2 + 2 * _U * discs
    return sqrt_upper(round_up(discs + errors, 64) + _TINY)


def _propose_factor(gram: Array) -> Array | None:
    """Guess a Cholesky factor of ``t I - gram`` with t barely above the largest eigenvalue."""
    estimate, uncertainty = _largest_eigenvalue(gram)
    if not estimate > 0:
        return None
    slack = max(2.0**-36, uncertainty / estimate)
    for _ in range(8):
        try:
            shifted = -gram
            shifted[np.diag_indices(len(gram))] += estimate * (1 + slack)
            return np.asarray(np.linalg.cholesky(shifted), dtype=np.float64)
        except np.linalg.LinAlgError:
            slack *= 16
    return None


def _largest_eigenvalue(gram: Array) -> tuple[float, float]:
    """Estimate the largest eigenvalue of a symmetric matrix, and by how much it may be more."""
    n = len(gram)
    if n <= _SHARP:
        return float(np.linalg.eigvalsh(gram)[-1]), 0.0
    # Lanczos, with all vectors kept orthogonal.
    v = np.random.default_rng(0).standard_normal(n)
    basis, alphas, betas = [v / np.linalg.norm(v)], [], []
    for _ in range(80):
        w = gram @ basis[-1]
        alphas.append(float(w @ basis[-1]))
        Q = np.array(basis)
        for _ in range(2):
            w = w - Q.T @ (Q @ w)
        betas.append(float(np.linalg.norm(w)))
        if betas[-1] <= 1e-14 * abs(alphas[0]):
            break
        basis.append(w / betas[-1])
    T = np.diag(alphas) + np.diag(betas[:-1], 1) + np.diag(betas[:-1], -1)
    values, vectors = np.linalg.eigh(T)
    return float(values[-1]), abs(betas[-1] * float(vectors[-1, -1]))


def _defect(U: Array) -> Fraction:
    m, n = U.shape
    p = 26
    while (U1 := _rounded(U, p)) is None:
        p -= 1
        if p < 4:  # nowhere near orthogonal
            return _spectral(U) ** 2 + 1
    U2 = U - U1  # exact
    leading = U1.T @ U1  # exact
    _require_exact(U1, leading, p)
    leading[np.diag_indices(n)] -= 1.0  # exact
    V = U1 + U2 / 2
    Z = V.T @ U2
    E = leading + (Z + Z.T)
    # |Z - (U1 + U2/2)^T U2| <= gamma_{m+2} |V|^T |U2|, twice; the sums: 2 u (|E| + |Z| + |Z^T|).
    errors = 2 * gamma(m + 2) * _absolute(V) * _absolute(U2) + _TINY
    E_size, unit = _scaled(E)
    frobenius = unit * _frobenius(E_size)
    Z_size, Z_unit = _scaled(Z)
    errors += 2 * _U * (frobenius + 2 * Z_unit * _frobenius(Z_size))
    row_sum = unit * (_up(float(np.abs(E_size).sum(axis=1).max(initial=0.0)), n + 1) + _TINY)
    size = min(frobenius, row_sum)
    if n <= _SHARP:
        size = min(size, _spectral(E))
    return round_up(size + errors, 64)


def _rounded(U: Array, p: int) -> Array | None:
    """Return U rounded to multiples of ``2^-p``, or None if its Gram matrix might not be exact."""
    with np.errstate(over="ignore"):
        scaled = np.rint(U * 2.0**p)
        largest = float(np.einsum("ij,ij->j", scaled, scaled).max(initial=0.0))
    if not largest < 1.9 * 2.0**52:  # below 2^53 with room for the rounding of this sum
        return None
    return scaled * 2.0**-p


def _require_exact(U1: Array, leading: Array, p: int) -> None:
    """Compare a random block of ``U1^T U1`` with 64-bit integers."""
    n = U1.shape[1]
    block = np.random.default_rng(0).permutation(n)[:32]
    integers = (U1[:, block] * 2.0**p).astype(np.int64)
    found = leading[np.ix_(block, block)] * 4.0**p
    if not np.array_equal(found, (integers.T @ integers).astype(np.float64)):
        raise UndecidedError(
            "a product that must be exact in float64 is not: NumPy's BLAS does not compute with "
            "53 bits here, so no rounding bound holds; use another BLAS, or the ball arithmetic"
        )
