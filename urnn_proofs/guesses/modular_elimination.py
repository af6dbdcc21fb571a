"""Symmetric elimination modulo many primes: the same integers as without fractions, faster.

Every entry of the fraction-free elimination ``Y A = U`` (``checks.exact.elimination``) is
a minor of A, so Hadamard's inequality bounds it, and its residues modulo enough primes determine
it.  Row i needs primes for minors of order i + 1 only.

A prime that divides a leading minor (*unlucky*) is left out and replaced.  The result is what
elimination proposes; :func:`urnn_proofs.checks.exact.elimination.elimination_holds` proves it, in
integers and without any of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from flint import fmpz_mat

from urnn_proofs.guesses.residues import (
    Array,
    Digits,
    combine,
    largest_prime,
    multiply,
    primes_below,
    reduce,
)

__all__ = ["UnluckyError", "eliminate_modular"]

# Primes that are worked on together, times n^2: what keeps the scratch space near 30 MB.
_BATCH = 2**19
_LEAF = 8
_FEW = 4


class UnluckyError(ArithmeticError):
    """Too many primes divide a leading minor: probably one of the minors is zero."""


def eliminate_modular(
    A: fmpz_mat, primes: Iterator[int] | None = None
) -> tuple[fmpz_mat, fmpz_mat]:
    """Return Y and U of the fraction-free elimination of the symmetric matrix *A*.

    Parameters
    ----------
    A
        Symmetric, (n, n), all leading minors nonzero.
    primes
        Different odd primes below ``largest_prime(n)``; the largest ones if omitted.

    Raises
    ------
    UnluckyError
        If more than half of the primes tried, and a few, divide a leading minor.

    Examples
    --------
    >>> eliminate_modular(fmpz_mat([[2, 1], [1, 2]]))
    ([ 1, 0]
    [-1, 2], [2, 1]
    [0, 3])
    """
    n = A.nrows()
    candidates = primes_below(largest_prime(n)) if primes is None else primes
    bits, digits = _bits_of_rows(A), Digits(A)
    used: list[int] = []
    covered, total, unlucky = [0.0], 0.0, 0
    parts: list[tuple[int, int, Array]] = []  # first row needed, first prime, packed residues
    while total < bits[-1]:
        missing = int((bits[-1] - total) / 20) + 2
        batch = list(islice(candidates, min(missing, max(8, _BATCH // n**2))))
        if not batch:
            raise UnluckyError("no primes left")
        p = np.array(batch, dtype=np.float64)
        packed, lucky = _packed(digits.residues(p), p)
        good = [q for q, fine in zip(batch, lucky.tolist(), strict=True) if fine]
        unlucky += len(batch) - len(good)
        if unlucky > _FEW + len(used) + len(good):
            raise UnluckyError(f"{unlucky} primes divide a leading minor")
        first = next(i for i in range(n) if bits[i] > total)
        parts.append((first, len(used), packed[lucky][:, first:].astype(np.int32)))
        for q in good:
            total += _log2_below(q)
            covered.append(total)
        used += good
    Y, U = fmpz_mat(n, n), fmpz_mat(n, n)
    for i in range(n):
        count = next(k for k, reached in enumerate(covered) if reached >= bits[i])
        rows = np.concatenate(
            [part[: count - start, i - first] for first, start, part in parts if start < count]
        )
        for j, value in enumerate(combine(rows, used[:count])):
            if j <= i:
                Y[i, j] = value
            else:
                U[i, j - 1] = value
    return Y, U


def _bits_of_rows(A: fmpz_mat) -> list[int]:
    """Return for each i an exponent e with ``2 |x| < 2^e`` for all entries x in row i.

    They are minors of order at most i + 1 of the rows 0..i: Hadamard's inequality for rows.
    """
    bits, total = [], 1
    for row in A.tolist():
        squared = max(1, sum(int(x) ** 2 for x in row))
        total += (squared.bit_length() + 1) // 2
        bits.append(total + 1)
    return bits


def _log2_below(p: int) -> float:
    """Return a lower bound of ``log2 p`` in 2^-20 steps, so that sums of them are exact."""
    return float(np.floor((np.log2(p) - 2.0**-30) * 2**20) / 2**20)


def _packed(M: Array, primes: Array) -> tuple[Array, Array]:
    """Return ``[Y | U]`` (k, n, n + 1), their triangles pushed together, and which primes did.

    Row i holds ``Y[i, :i + 1]`` and ``U[i, i:]``.
    """
    k, n, _ = M.shape
    inverse_lower, upper, _, lucky = _factor(M, primes)
    minor = np.ones(k)
    packed = np.empty((k, n, n + 1))
    for i in range(n):
        row = packed[:, i]
        row[:, : i + 1] = inverse_lower[:, i, : i + 1]
        row[:, i + 1 :] = upper[:, i, i:]
        pivot = upper[:, i, i].copy()
        row[:] = reduce(row * minor[:, None], primes)
        minor = reduce(minor * pivot, primes)
    return packed, lucky


def _factor(M: Array, primes: Array) -> tuple[Array, Array, Array, Array]:
    """Return ``L^-1``, ``L^-1 M`` (upper triangular), the inverse pivots, and which primes did."""
    m = M.shape[1]
    if m <= _LEAF:
        return _factor_by_rows(M, primes)
    h = m // 2
    L1, U1, d1, lucky1 = _factor(M[:, :h, :h], primes)
    U12 = multiply(L1, M[:, :h, h:], primes)
    side = reduce(U12 * d1[:, :, None], primes).transpose(0, 2, 1)
    schur = reduce(M[:, h:, h:] - multiply(side, U12, primes), primes)
    L2, U2, d2, lucky2 = _factor(schur, primes)
    lower, upper = np.zeros_like(M), np.zeros_like(M)
    lower[:, :h, :h], lower[:, h:, h:] = L1, L2
    lower[:, h:, :h] = -multiply(L2, multiply(side, L1, primes), primes)
    upper[:, :h, :h], upper[:, :h, h:], upper[:, h:, h:] = U1, U12, U2
    return lower, upper, np.concatenate([d1, d2], axis=1), lucky1 & lucky2


def _factor_by_rows(M: Array, primes: Array) -> tuple[Array, Array, Array, Array]:
    k, m, _ = M.shape
    upper = M.copy()
    lower = np.broadcast_to(np.eye(m), M.shape).copy()
    inverses = np.zeros((k, m))
    lucky = np.ones(k, dtype=bool)
    moduli = [int(p) for p in primes]
    for i in range(m):
        pivots = [int(x) % p for x, p in zip(upper[:, i, i].tolist(), moduli, strict=True)]
        lucky &= np.array(pivots) != 0
        inverses[:, i] = [pow(x, -1, p) if x else 0 for x, p in zip(pivots, moduli, strict=True)]
        if i + 1 < m:
            factor = reduce(upper[:, i + 1 :, i] * inverses[:, i, None], primes)[:, :, None]
            for part in (upper, lower):
                moved = reduce(factor * part[:, i, None, :], primes)
                part[:, i + 1 :] = reduce(part[:, i + 1 :] - moved, primes)
    return lower, upper, reduce(inverses, primes), lucky
