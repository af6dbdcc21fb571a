"""Bounds of the spectral radius from exact powers: no eigenvalue is ever computed.

With ``r`` the spectral radius of a square A of size n and any ``k >= 1``:

    ``|trace(A^k)| <= n r^k``   and   ``r^k <= ||A^k||_F``,

since the trace is the sum of the k-th powers of the eigenvalues, and no eigenvalue of ``A^k``
exceeds its norm.  So ``|trace(A^k)| > n`` proves ``r > 1``, and the powers of A grow without bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from flint import fmpz, fmpz_mat

from urnn_proofs.model.rational import RationalMatrix

__all__ = ["expanding_power", "power_trace_exceeds_size", "radius_bounds"]

# Entries of A^k have k times the bits of A; beyond this product powers take more than seconds.
_WORK = 2**32
_MOST = 2**10
_NEARBY = 16


def power_trace_exceeds_size(A: RationalMatrix, k: int) -> bool:
    """Tell whether ``|trace(A^k)| > n``, which proves that the spectral radius is above 1.

    Examples
    --------
    >>> power_trace_exceeds_size(RationalMatrix.parse([[0, -2], [2, 0]], "A"), 4)
    True
    >>> power_trace_exceeds_size(RationalMatrix.parse([[0, -1], [1, 0]], "A"), 4)
    False
    """
    if k < 1:
        return False
    power = A.numerators**k
    return bool(abs(_trace(power)) > A.shape[0] * A.denominator**k)


def expanding_power(A: RationalMatrix) -> int | None:
    """Look for the k of :func:`power_trace_exceeds_size`, among those that are affordable."""
    n, d = A.shape[0], A.denominator
    for k, trace, _ in _powers(A):
        if abs(trace) > n * d**k:
            return k
    return None


def radius_bounds(A: RationalMatrix) -> tuple[Fraction, Fraction]:
    """Return rationals around the spectral radius: ``lower <= r <= upper``.

    Examples
    --------
    >>> [round(float(x), 2) for x in radius_bounds(RationalMatrix.parse([[2, 1], [1, 2]], "A"))]
    [3.0, 3.0]
    >>> radius_bounds(RationalMatrix.parse([[0, 7], [0, 0]], "A"))
    (Fraction(0, 1), Fraction(0, 1))
    """
    n, d = A.shape[0], A.denominator
    lower, upper = Fraction(0), None
    for k, trace, squares in _powers(A):
        mean = Fraction(abs(trace), n * d**k)
        if mean:
            lower = max(lower, _root(mean, k, up=False))
        if squares is not None:
            found = _root(Fraction(squares, d ** (2 * k)), 2 * k, up=True)
            upper = found if upper is None else min(upper, found)
    assert upper is not None
    return lower, upper


def _powers(A: RationalMatrix) -> Iterator[tuple[int, int, int | None]]:
    """Yield k, the trace of ``N^k``, and its squared Frobenius norm (for powers of 2, else None).

    N holds the numerators.  Traces of ``N^(k + j)`` cost little once ``N^k`` and ``N^j`` are there.
    """
    N = A.numerators
    small = [N]
    work = A.shape[0] ** 3 * max(A.bits, 1)
    k, power = 1, N
    while True:
        yield k, _trace(power), sum(int(x) ** 2 for x in power.entries())
        for j, other in enumerate(small, 1):
            yield k + j, _trace_of_product(power, other), None
        k *= 2
        if k > _MOST or k * work > _WORK:
            return
        power = power * power
        if len(small) < _NEARBY and work * _NEARBY < _WORK:
            small += [small[-1] * N] if len(small) < 2 else [small[-1] * N, small[-1] * N * N]


def _trace(M: fmpz_mat) -> int:
    return sum(int(M[i, i]) for i in range(M.nrows()))


def _trace_of_product(A: fmpz_mat, B: fmpz_mat) -> int:
    rows, columns = A.tolist(), B.transpose().tolist()
    total = fmpz(0)
    for row, column in zip(rows, columns, strict=True):
        total += sum((x * y for x, y in zip(row, column, strict=True)), fmpz(0))
    return int(total)


def _root(value: Fraction, k: int, *, up: bool) -> Fraction:
    """Return a rational near the k-th root of *value* >= 0, on the side asked for."""
    if value == 0:
        return Fraction(0)
    guess = (math.log2(value.numerator) - math.log2(value.denominator)) / k
    whole = math.floor(guess)
    unit = Fraction(2) ** (whole - 24)
    steps = round(2.0 ** (guess - whole + 24))
    step = 1 if up else -1
    while True:  # floating point is off by a unit or two
        found: Fraction = steps * unit
        if found > 0 and (found**k >= value if up else found**k <= value):
            return found
        if found <= 0:
            return Fraction(0)
        steps += step
