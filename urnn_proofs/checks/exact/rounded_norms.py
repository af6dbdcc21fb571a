"""Norm bounds of large matrices through entries rounded to 26 bits: little memory, few digits.

For any integer matrix K, ``||M|| <= (||K|| + ||2^s M - K||_F) / 2^s``; with K near ``2^s M`` the
entries of the remainder are about 1/2 at most, and its Frobenius norm is computed exactly.  So a
bound of ``||K||`` a little below the bound asked for suffices, and that is shown in integers that
fit into one machine word: with any integer matrix L, ``c I - K^T K = L L^T + E`` defines E exactly;
if E is strictly diagonally dominant with a positive diagonal, ``||K||^2 < c``.  Floating point
proposes K and L and nothing else.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz_mat

from urnn_proofs.model.integers import identity
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["ROUNDED_FROM", "rounded_norm_at_most"]

# Below this size entries in full length cost next to nothing.
ROUNDED_FROM = 64

_BITS = 26

Array = np.ndarray[Any, np.dtype[np.float64]]


def rounded_norm_at_most(M: RationalMatrix, rho: Fraction, floats: Array) -> bool:
    """Try to show ``||M|| <= rho``.

    Parameters
    ----------
    M
        Any rational matrix.
    rho
        The claimed bound, positive.
    floats
        M in float64; only guesses are made from it.

    Returns
    -------
    bool
        True is a proof.  False says nothing: the bound may be false, or closer to the norm than
        about ``n 2^-24 rho``.

    Examples
    --------
    >>> M = RationalMatrix.parse(np.eye(3) / 2, "M")
    >>> rounded_norm_at_most(M, Fraction(51, 100), M.to_numpy())
    True
    >>> rounded_norm_at_most(M, Fraction(1, 2), M.to_numpy())
    False
    """
    exponent = rho.numerator.bit_length() - rho.denominator.bit_length() + 1  # rho < 2^exponent
    if abs(exponent) > 900 or not np.isfinite(floats).all():
        return False
    shift = _BITS - exponent
    with np.errstate(all="ignore"):
        rounded = np.rint(np.ldexp(floats, shift))
    if np.abs(rounded).max(initial=0.0) > 2.0 ** (_BITS + 1):
        return False  # an entry above rho
    lost = Fraction(5, 8) * (1 + math.isqrt(floats.size))  # compared with the exact value below
    allowed = rho * Fraction(2) ** shift - lost
    if allowed <= 0:
        return False
    c = math.floor(allowed**2)
    wide = rounded.shape[0] < rounded.shape[1]
    L = _proposal(rounded.T if wide else rounded, c)
    if L is None:
        return False
    K = _integers(rounded)
    if _remainder_squared(M, K, shift) > lost**2:
        return False
    residual = identity(len(L), c) - (K * K.transpose() if wide else K.transpose() * K)
    K = _integers(L)
    residual -= K * K.transpose()
    return _is_dominant(residual)


def _remainder_squared(M: RationalMatrix, K: fmpz_mat, shift: int) -> Fraction:
    """Return ``||2^shift M - K||_F^2``, exactly."""
    N, d, up, total = M.numerators, M.denominator, max(shift, 0), 0
    unit = d << (up - shift)
    for i in range(K.nrows()):
        total += sum(((int(N[i, j]) << up) - int(K[i, j]) * unit) ** 2 for j in range(K.ncols()))
    return Fraction(total, unit**2)


def _proposal(rounded: Array, c: int) -> Array | None:
    """Return about ``chol(c I - K^T K)``, with room on the diagonal for rounding it."""
    scaled = rounded * 2.0**-_BITS
    size = scaled.shape[1]
    gap = -(scaled.T @ scaled)
    gap[np.diag_indices(size)] += c * 2.0 ** (-2 * _BITS) - 4.0 * size * 2.0**-_BITS
    try:
        factor = np.linalg.cholesky(gap)
    except np.linalg.LinAlgError:
        return None
    return np.rint(factor * 2.0**_BITS) if np.isfinite(factor).all() else None


def _integers(values: Array) -> fmpz_mat:
    rows, columns = values.shape
    result = fmpz_mat(rows, columns)
    for i, row in enumerate(values.astype(np.int64)):
        for j, x in enumerate(row.tolist()):
            if x:
                result[i, j] = x
    return result


def _is_dominant(E: fmpz_mat) -> bool:
    """Tell whether E is strictly diagonally dominant with a positive diagonal."""
    columns = range(E.ncols())
    for i in range(E.nrows()):
        diagonal = E[i, i]
        if diagonal <= 0 or sum(abs(E[i, j]) for j in columns) >= 2 * diagonal:
            return False
    return True
