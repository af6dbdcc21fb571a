"""Integer matrices modulo many word-sized primes, in exact float64 arithmetic.

Residues are integers in ``[-p/2, p/2]`` stored as float64, the primes so small that a sum of
n products of two residues stays below 2^53: such sums are exact in any order, so products of
matrices run in the BLAS.  :func:`combine` goes back to integers by the Chinese remainder theorem,
again through one product of float64 matrices: residues times the 16-bit digits of ``M/p``.

What is computed here proposes; the integers are checked afterwards without any residues.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from flint import fmpz, fmpz_mat

__all__ = ["Array", "Digits", "combine", "largest_prime", "multiply", "primes_below", "reduce"]

Array = np.ndarray[Any, np.dtype[Any]]

_DIGIT = 16


def largest_prime(terms: int) -> int:
    """Return a bound for primes p such that *terms* products of residues sum up exactly.

    Examples
    --------
    >>> largest_prime(128) == 2**23
    True
    """
    # Residues may exceed p/2 by one; two bits of the 55 are left for that.
    return min(math.isqrt(2**53 // max(terms, 2)), 2**23)


def primes_below(limit: int) -> Iterator[int]:
    """Yield the odd primes below *limit*, the largest first."""
    for candidate in range(limit - 1 - limit % 2, 2, -2):
        if fmpz(candidate).is_prime():
            yield candidate


def reduce(values: Array, primes: Array) -> Array:
    """Return *values* (k, ...) modulo *primes* (k), integers with absolute value below 2^53."""
    p = primes.reshape(-1, *[1] * (values.ndim - 1))
    quotient = values * (1.0 / p)
    np.rint(quotient, out=quotient)
    quotient *= p
    return np.subtract(values, quotient, out=quotient)


def multiply(a: Array, b: Array, primes: Array) -> Array:
    """Return the products ``a b`` (k, m, l) of stacks (k, m, n) and (k, n, l), reduced."""
    return reduce(np.matmul(a, b), primes)


class Digits:
    """The 16-bit digits of an integer matrix, from which residues are taken many times.

    Examples
    --------
    >>> Digits(fmpz_mat([[10, -4]])).residues(np.array([7.0, 5.0])).tolist()
    [[[3.0, 3.0]], [[0.0, 1.0]]]
    """

    def __init__(self, M: fmpz_mat) -> None:
        entries = [int(x) for x in M.entries()]
        self._shape = M.nrows(), M.ncols()
        signs = np.array([-1.0 if x < 0 else 1.0 for x in entries])
        self._signed = (_digits([abs(x) for x in entries]) * signs[:, None]).T
        # Digits below 2^16 times residues below 2^23, and at most 2^14 of them: exact.
        if len(self._signed) > 2**14:
            raise OverflowError("entries above 262144 bits")

    def residues(self, primes: Array) -> Array:
        """Return the matrix modulo each of the primes, (k, rows, columns)."""
        power, columns = np.ones(len(primes)), []
        for _ in range(len(self._signed)):
            columns.append(power)
            power = reduce(power * 2.0**_DIGIT, primes)
        found = reduce(np.stack(columns, axis=1) @ self._signed, primes)
        return found.reshape(len(primes), *self._shape)


def combine(rows: Array, primes: Sequence[int]) -> list[int]:
    """Return the integers x with ``x = rows[j] mod primes[j]``, ``|x| < prod(primes) / 2``.

    Parameters
    ----------
    rows
        Integers (k, count), one row for each prime.
    primes
        k different primes below 2^23, k at most 2^14.

    Examples
    --------
    >>> combine(np.array([[3, 2], [0, 1]]), [7, 5])
    [10, 16]
    """
    modulus = math.prod(primes)
    cofactors = [modulus // p for p in primes]
    p = np.array(primes, dtype=np.float64)
    inverses = np.array([float(pow(c, -1, q)) for c, q in zip(cofactors, primes, strict=True)])
    scaled = reduce(reduce(rows.astype(np.float64), p) * inverses[:, None], p)
    scaled = np.where(scaled < 0, scaled + p[:, None], scaled)
    # Below 2^23 * 2^16 * 2^14 = 2^53: exact; not negative, so the digits below are digits.
    if len(primes) > 2**14:
        raise OverflowError("more than 16384 primes")
    sums = (scaled.T @ _digits(cofactors)).astype(np.int64)
    parts = [
        np.ascontiguousarray((sums >> shift) & 0xFFFF, dtype="<u2") for shift in (0, 16, 32, 48)
    ]
    half, result = modulus >> 1, []
    for i in range(len(sums)):
        value = sum(
            int.from_bytes(part[i].tobytes(), "little") << (_DIGIT * k)
            for k, part in enumerate(parts)
        )
        value %= modulus
        result.append(value - modulus if value > half else value)
    return result


def _digits(values: Sequence[int]) -> Array:
    """Return the 16-bit digits of nonnegative integers, lowest first, (count, digits)."""
    length = max(1, max((x.bit_length() for x in values), default=1) + _DIGIT - 1) // _DIGIT
    length = max(length, 1)
    raw = b"".join(x.to_bytes(2 * length, "little") for x in values)
    return np.frombuffer(raw, dtype="<u2").reshape(len(values), length).astype(np.float64)
