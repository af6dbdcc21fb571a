"""Candidates for proofs that no positive diagonal scaling makes a matrix contractive.

Searches find a Z with ``diag(W Z W^T) >= diag(Z)`` in floating point; here it is rounded to
vectors, which :func:`urnn_proofs.checks.exact.similarity.refutes_every_scaling` checks in integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from urnn_proofs.checks.exact.similarity import Vectors
from urnn_proofs.guesses.scaling.balance import Array

__all__ = ["carry", "from_eigenvector", "from_matrix"]


def from_eigenvector(A: Array) -> Iterator[Vectors]:
    """Yield roundings of an eigenvector v whose eigenvalue has modulus at least 1, if any has.

    ``Z = Re(v v^*)`` has ``A Z A^T = |lambda|^2 Z``; rounding leaves it a proof unless
    ``|lambda|`` is 1 within rounding.
    """
    values, columns = np.linalg.eig(A)
    largest = int(np.argmax(np.abs(values)))
    if abs(values[largest]) >= 1 - 1e-9:
        v = columns[:, largest]
        yield from _rounded(np.stack([v.real, v.imag], axis=1))


def from_matrix(A: Array, Z: Array) -> Iterator[Vectors]:
    """Yield vectors z_k with ``sum_k z_k z_k^T`` about Z: few of them, and coarse ones, first."""
    values, columns = np.linalg.eigh(Z)
    vectors = (columns * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    # For the first m vectors, the least of (A Z A^T)_ii - Z_ii.
    gains = np.cumsum((A @ vectors) ** 2 - vectors**2, axis=1).min(axis=0)
    enough = [int(m) + 1 for m in np.flatnonzero(gains > 0)][:1]
    for count in [*enough, len(A)]:
        yield from _rounded(vectors[:, :count])


def _rounded(columns: Array) -> Iterator[Vectors]:
    """Round the columns: to simple fractions, in case they are such, then to dyadic ones.

    Their common denominator stays small, unlike that of many good approximations.
    """
    largest = float(np.abs(columns).max())
    if not 0 < largest < np.inf:
        return
    relative = columns.T / largest
    for limit in (1, 12, 60):
        yield tuple(
            tuple(Fraction(float(x)).limit_denominator(limit) for x in row) for row in relative
        )
    for bits in (20, 40):
        integers = np.rint(np.ldexp(relative, bits))
        yield tuple(tuple(Fraction(int(x), 2**bits) for x in row) for row in integers)


def carry(vectors: Vectors, exponents: Array, states: Sequence[int], size: int) -> Vectors:
    """Carry a proof for a scaled principal block over to the whole matrix.

    Parameters
    ----------
    vectors
        A proof for ``D B D^{-1}``, ``D = diag(2^exponents)``, B the block of W on *states*.  Rows
        of W outside it add nonnegative terms to the left side and 0 to the right.
    exponents
        Integers.
    size
        The number of rows of W.

    Returns
    -------
    tuple of vectors
        ``D^{-1} z`` filled up with zeros, for every nonzero z.
    """
    carried = []
    for vector in vectors:
        if any(vector):
            whole = [Fraction(0)] * size
            for state, value, exponent in zip(states, vector, exponents, strict=True):
                whole[state] = value * Fraction(2) ** -int(exponent)
            carried.append(tuple(whole))
    return tuple(carried)
