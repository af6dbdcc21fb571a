"""Exact proofs that no positive diagonal scaling makes a matrix contractive.

Vectors z_1, ..., z_m, not all zero, with ``sum_k (W z_k)_i^2 >= sum_k (z_k)_i^2`` for every i give
``sum_k (W z_k)^T P (W z_k) >= sum_k z_k^T P z_k`` for every positive diagonal P, which contradicts
``W^T P W < P``.  With ``Z = sum_k z_k z_k^T`` the condition is ``diag(W Z W^T) >= diag(Z)``: a
feasible point of the dual semidefinite program.  Searches find such a Z in floating point; here it
is rounded to vectors, and the vectors are checked in integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from urnn_proofs.guesses.scaling.balance import Array
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Vectors", "carry", "from_eigenvector", "from_matrix", "refutes_every_scaling"]

Vectors = tuple[tuple[Fraction, ...], ...]


def refutes_every_scaling(W: RationalMatrix, vectors: Sequence[Sequence[Fraction]]) -> bool:
    """Check a dual proof exactly, from its definition.

    Examples
    --------
    >>> W = RationalMatrix.parse([[1, -1], [1, -1]], "W")
    >>> refutes_every_scaling(W, [(Fraction(1), Fraction(0)), (Fraction(0), Fraction(1))])
    True
    """
    n = W.shape[0]
    if not vectors or any(len(z) != n for z in vectors):
        return False
    Z = RationalMatrix.from_fractions([list(column) for column in zip(*vectors, strict=True)])
    image = W @ Z
    before, after = _row_sums(Z), _row_sums(image)
    left, right = Z.denominator**2, image.denominator**2
    return not Z.is_zero() and all(
        a * left >= b * right for a, b in zip(after, before, strict=True)
    )


def _row_sums(M: RationalMatrix) -> list[int]:
    """Sum the squared numerators of each row."""
    return [sum(int(x) ** 2 for x in row) for row in M.numerators.tolist()]


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
