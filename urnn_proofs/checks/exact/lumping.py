"""When does duplicating units turn a network into a unitary one?  Decided exactly.

Copy unit i of an RNN ``e_i`` times (input row, bias and initial state copied, output column
divided by ``e_i``).  An orthogonal transition for the copies exists exactly when
``E^{1/2} W E^{-1/2}`` is orthogonal, ``E = diag(e)``.  Squaring the root away,

    ``(E^{1/2} W E^{-1/2})^T (E^{1/2} W E^{-1/2}) = I   <=>   W^T E W = E``,

which is *linear* in E; for a square matrix it is the same as ``W E^{-1} W^T = E^{-1}``.

Two facts decide it for every n:

- If E > 0 solves it and E' is any other diagonal solution, then ``W^{-1} = E^{-1} W^T E`` gives
  ``W^T (E' E^{-1}) = (E' E^{-1}) W^T``, so ``E' E^{-1}`` is constant on the connected components of
  the graph of W.  Hence on one component a positive solution is unique up to a factor, and the
  smallest integers are known.
- Otherwise Stiemke's theorem of the alternative gives a matrix Y such that
  ``diag(W Y W^T - Y)`` is nonnegative and not zero: multiplied by any positive e and summed, it
  contradicts ``<Y, W^T E W - E> = 0``.  Anyone re-checks it with two products.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from flint import fmpq, fmpq_mat

from urnn_proofs.model.deadline import check_deadline
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Lumping", "NoLumping", "components", "decide_lumping", "is_lumping", "refutes_lumping"]

# Subsets of one component that are tried before giving up: all of them for n <= 14.
_MOST_SUBSETS = 2**14


@dataclass(frozen=True)
class Lumping:
    """Positive integers e, the smallest ones, with ``W^T diag(e) W = diag(e)``."""

    multiplicities: tuple[int, ...]

    @property
    def states(self) -> int:
        """States of the unitary network: the sum of the multiplicities."""
        return sum(self.multiplicities)


@dataclass(frozen=True, eq=False)
class NoLumping:
    """Proof that no positive diagonal E has ``W^T E W = E``.

    Parameters
    ----------
    dual
        A matrix Y, (n, n), with ``diag(W Y W^T - Y) >= 0``, not all zero.
    """

    dual: RationalMatrix


def is_lumping(W: RationalMatrix, multiplicities: Sequence[int]) -> bool:
    """Check ``W^T E W = E`` and ``e_i >= 1`` exactly."""
    if len(multiplicities) != W.shape[0] or any(e < 1 for e in multiplicities):
        return False
    E = _diagonal([Fraction(e) for e in multiplicities])
    return W.transpose() @ E @ W == E


def refutes_lumping(W: RationalMatrix, Y: RationalMatrix) -> bool:
    """Check a dual proof exactly: see the module's docstring."""
    if Y.shape != W.shape:
        return False
    gap = W @ Y @ W.transpose() - Y
    diagonal = [gap[i, i] for i in range(W.shape[0])]
    return min(diagonal) >= 0 and any(diagonal)


def decide_lumping(W: RationalMatrix) -> Lumping | NoLumping:
    """Decide whether ``W^T E W = E`` for some positive diagonal E, and find the least integers.

    Parameters
    ----------
    W
        Square rational matrix, (n, n).

    Raises
    ------
    UndecidedError
        If a component is so large and degenerate that the proof of no was not found (never
        for n <= 14), or the :func:`~urnn_proofs.model.deadline.deadline` passes.

    Examples
    --------
    >>> third = Fraction(1, 3)
    >>> W = RationalMatrix.parse([[third, 4 * third], [-2 * third, third]], "W")
    >>> decide_lumping(W)
    Lumping(multiplicities=(1, 2))
    >>> half = RationalMatrix.parse([[0.5]], "W")
    >>> refutes_lumping(half, decide_lumping(half).dual)
    True
    """
    multiplicities = [0] * W.shape[0]
    for part in components(W):
        block = RationalMatrix.from_fractions([[W[i, j] for j in part] for i in part])
        found = _decide_connected(block)
        if isinstance(found, NoLumping):
            # Indices outside the part add nothing: W maps no weight into it or out of it.
            Y = [[Fraction(0)] * W.shape[0] for _ in range(W.shape[0])]
            for a, i in enumerate(part):
                for b, j in enumerate(part):
                    Y[i][j] = found.dual[a, b]
            dual = RationalMatrix.from_fractions(Y)
            assert refutes_lumping(W, dual)
            return NoLumping(dual)
        for i, e in zip(part, found.multiplicities, strict=True):
            multiplicities[i] = e
    result = Lumping(tuple(multiplicities))
    assert is_lumping(W, result.multiplicities)
    return result


def components(W: RationalMatrix) -> list[list[int]]:
    """Return the connected components of the undirected graph of the nonzero entries."""
    n = W.shape[0]
    parts, left = [], set(range(n))
    while left:
        part, fresh = set(), {min(left)}
        while fresh:
            part |= fresh
            fresh = {
                j
                for i in fresh
                for j in left - part
                if W.numerators[i, j] != 0 or W.numerators[j, i] != 0
            }
        parts.append(sorted(part))
        left -= part
    return parts


def _decide_connected(W: RationalMatrix) -> Lumping | NoLumping:
    equations, pairs = _equations(W)
    space = _kernel(equations)
    if len(space) == 1:
        vector = space[0] if space[0][0] > 0 else [-x for x in space[0]]
        if min(vector) > 0:
            scale = math.lcm(*(x.denominator for x in vector))
            whole = [int(x * scale) for x in vector]
            return Lumping(tuple(x // math.gcd(*whole) for x in whole))
    return _refutation(W, equations, pairs, space)


def _equations(W: RationalMatrix) -> tuple[fmpq_mat, list[tuple[int, int]]]:
    """Return the coefficients of e in the entries (i <= j) of ``W^T E W - E``."""
    n = W.shape[0]
    rows, pairs = W.to_fractions(), [(i, j) for i in range(n) for j in range(i, n)]
    entries: list[Fraction] = []
    for i, j in pairs:
        check_deadline()
        entries += [rows[k][i] * rows[k][j] - (1 if i == j == k else 0) for k in range(n)]
    return fmpq_mat(len(pairs), n, [fmpq(x.numerator, x.denominator) for x in entries]), pairs


def _refutation(
    W: RationalMatrix,
    equations: fmpq_mat,
    pairs: list[tuple[int, int]],
    space: list[list[Fraction]],
) -> NoLumping:
    """Find a nonnegative combination of the equations: a nonnegative z orthogonal to *space*.

    If there is one, there is one of minimal support, and on its support it is unique up to a
    factor: small supports are tried first.
    """
    n, tried = W.shape[0], 0
    for size in range(1, n + 1):
        for support in combinations(range(n), size):
            tried += 1
            check_deadline()
            if tried > _MOST_SUBSETS:
                raise UndecidedError(
                    f"W has a connected block of {n} states with a {len(space)}-dimensional "
                    f"family of diagonal solutions; no proof was found that none is positive"
                )
            z = _nonnegative(space, support, n)
            if z is not None:
                return NoLumping(_combination(W, equations, pairs, z))
    raise AssertionError("Stiemke's alternative: a positive solution or a nonnegative combination")


def _nonnegative(
    space: list[list[Fraction]], support: tuple[int, ...], n: int
) -> list[Fraction] | None:
    """Return z >= 0, positive on *support* only, orthogonal to *space*, if it is unique."""
    entries = [fmpq(v[i].numerator, v[i].denominator) for v in space for i in support]
    kernel = _kernel(fmpq_mat(len(space), len(support), entries))
    if len(kernel) != 1:
        return None
    values = kernel[0] if kernel[0][0] > 0 else [-x for x in kernel[0]]
    if min(values) <= 0:
        return None
    z = [Fraction(0)] * n
    for i, value in zip(support, values, strict=True):
        z[i] = value
    return z


def _combination(
    W: RationalMatrix, equations: fmpq_mat, pairs: list[tuple[int, int]], z: list[Fraction]
) -> RationalMatrix:
    """Return the symmetric Y whose combination of the equations is z."""
    n = W.shape[0]
    augmented = fmpq_mat(n, len(pairs) + 1)
    for k in range(n):
        check_deadline()
        for c in range(len(pairs)):
            augmented[k, c] = equations[c, k]
        augmented[k, len(pairs)] = fmpq(z[k].numerator, z[k].denominator)
    reduced, rank = augmented.rref()
    Y = [[Fraction(0)] * n for _ in range(n)]
    for row in range(rank):
        column = next(c for c in range(len(pairs) + 1) if reduced[row, c] != 0)
        i, j = pairs[column]  # never the right side: z lies in the row space
        value = _fraction(reduced[row, len(pairs)])
        Y[i][j] += value / 2
        Y[j][i] += value / 2
    return RationalMatrix.from_fractions(Y)


def _kernel(M: fmpq_mat) -> list[list[Fraction]]:
    """Return a basis of the right kernel."""
    reduced, rank = M.rref()
    columns = M.ncols()
    pivots = [next(c for c in range(columns) if reduced[r, c] != 0) for r in range(rank)]
    basis = []
    for free in (c for c in range(columns) if c not in pivots):
        vector = [Fraction(0)] * columns
        vector[free] = Fraction(1)
        for row, pivot in enumerate(pivots):
            vector[pivot] = -_fraction(reduced[row, free])
        basis.append(vector)
    return basis


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _diagonal(entries: Sequence[Fraction]) -> RationalMatrix:
    return RationalMatrix.from_fractions(
        [[e if i == j else Fraction(0) for j in range(len(entries))] for i, e in enumerate(entries)]
    )
