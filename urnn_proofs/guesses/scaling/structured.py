"""Diagonal scalings that can be written down: sparse patterns, and what is similar to orthogonal.

Each is a candidate; whether ``||E W E^{-1}|| <= 1`` is checked by whoever uses it.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from urnn_proofs.model.rational import RationalMatrix

__all__ = ["from_graph", "similar_to_orthogonal"]

Scaling = tuple[Fraction, ...]
_SMALL = 24


def from_graph(W: RationalMatrix) -> Scaling | None:
    """Return a scaling if W, no direct sum, has at most one nonzero entry in each row, or column.

    With one entry in each row, ``A^T A`` is diagonal for ``A = E W E^{-1}``.  Its entry j is
    ``sum_i (e_i W_ij / e_j)^2``: going against the edges ``i -> j`` from where they all lead to,
    e_i is chosen so that these squares are those of a rational unit vector.  What remains of
    ``I - A^T A`` is a 1 for each zero column, which no scaling removes, and one entry where a
    cycle closes.  With one entry in each column the same holds for W^T, and
    ``rank(I - A A^T) = rank(I - A^T A)``.

    Returns
    -------
    tuple of Fraction, or None
        None if W is not like that, or has a cycle that no E makes contractive.

    Examples
    --------
    >>> from_graph(RationalMatrix.parse([[0, 2, 0], [0, 0, 0.5], [0, 0, 0]], "W"))
    (Fraction(1, 1), Fraction(2, 1), Fraction(1, 1))
    >>> from_graph(RationalMatrix.parse([[0, 0, 1], [0, 0, 1], [0, 0, 0]], "W"))
    (Fraction(1, 1), Fraction(4, 3), Fraction(5, 3))
    """
    scaling = _one_in_each_row(W.to_fractions())
    if scaling is None:
        transposed = _one_in_each_row(W.transpose().to_fractions())
        scaling = None if transposed is None else [1 / e for e in transposed]
    if scaling is None or not all(scaling):
        return None
    least = min(scaling)
    return tuple(e / least for e in scaling)


def _one_in_each_row(rows: list[list[Fraction]]) -> list[Fraction] | None:
    n = len(rows)
    target: dict[int, int] = {}
    for i, row in enumerate(rows):
        nonzero = [j for j in range(n) if row[j]]
        if len(nonzero) > 1:
            return None
        if nonzero:
            target[i] = nonzero[0]
    sources: dict[int, list[int]] = {j: [] for j in range(n)}
    for i, j in target.items():
        sources[j].append(i)
    last = 0  # after n edges either the end of all ways or on the only cycle
    for _ in range(n):
        last = target.get(last, last)
    cycle = _cycle_through(last, target)
    for fineness in range(1, 24):
        scaling = _against_the_edges(rows, sources, last, cycle, Fraction(1, 2**fineness))
        if last not in target:
            return scaling
        # Where the cycle closes the squares may add up to less than 1, not to more.
        j = target[last]
        if sum((scaling[i] * rows[i][j]) ** 2 for i in sources[j]) <= scaling[j] ** 2:
            return scaling
        if all(len(sources[i]) == 1 for i in cycle):
            return None
    return None


def _cycle_through(last: int, target: dict[int, int]) -> set[int]:
    """Return the states on the cycle through *last*; empty if it leads nowhere."""
    cycle: set[int] = set()
    while last in target and last not in cycle:
        cycle.add(last)
        last = target[last]
    return cycle


def _against_the_edges(
    rows: list[list[Fraction]],
    sources: dict[int, list[int]],
    last: int,
    cycle: set[int],
    fineness: Fraction,
) -> list[Fraction]:
    """Go from *last* against the edges; where a cycle is met, it gets nearly all of the unit."""
    scaling = [Fraction(0)] * len(rows)
    scaling[last] = Fraction(1)
    pending = [last]
    while pending:
        j = pending.pop()
        before = sorted(sources[j], key=lambda i: i not in cycle)
        unit = _unit_vector(len(before), fineness)
        for i, share in zip(before, unit, strict=True):
            if not scaling[i]:
                scaling[i] = share * scaling[j] / abs(rows[i][j])
                pending.append(i)
    return scaling


def _unit_vector(size: int, fineness: Fraction) -> list[Fraction]:
    """Return positive rationals whose squares add up to 1; the first is near 1 for a fine one."""
    unit = [Fraction(1)] * min(size, 1)
    s = fineness
    while len(unit) < size:
        unit = [(1 - s**2) / (1 + s**2), *(2 * s / (1 + s**2) * u for u in unit)]
    return unit


def similar_to_orthogonal(W: RationalMatrix) -> Scaling | None:
    """Return E with ``E W E^{-1}`` orthogonal, if W is irreducible and there may be one.

    ``W^T P W = P`` says ``p_i (W^{-1})_ij = W_ji p_j``, which gives the quotient of any two
    entries of P that W connects; E is rational if these are squares.
    """
    n = W.shape[0]
    if n > _SMALL and not abs(np.linalg.slogdet(W.to_numpy())[1]) < 1e-6:
        return None  # |det W| is not 1, so the exact inverse need not be computed
    if W.rank() < n:
        return None
    inverse = W.solve(RationalMatrix.identity(n))
    rows = W.to_fractions()
    scaling: dict[int, Fraction] = {0: Fraction(1)}
    pending = [0]
    while pending:
        i = pending.pop()
        for j in range(n):
            if j not in scaling and rows[j][i]:
                root = _rational_root(inverse[i, j] / rows[j][i])
                if root is None:
                    return None
                scaling[j] = scaling[i] * root
                pending.append(j)
    if len(scaling) < n:
        return None
    least = min(scaling.values())
    return tuple(scaling[i] / least for i in range(n))


def _rational_root(value: Fraction) -> Fraction | None:
    """Return the positive square root of *value* if it is rational."""
    if value <= 0:
        return None
    root = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
    return root if root**2 == value else None
