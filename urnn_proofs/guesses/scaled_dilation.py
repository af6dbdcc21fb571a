"""Orthogonal completions for a diagonal form M, without any root, and scalings that save a state.

For ``M_1 - A^T M_1 A = L^T M_2 L`` with positive diagonals the n columns of ``[A; L]`` have the
products of the first n basis vectors in the form ``M = (M_1, M_2)``.  Reflections in M carry one
family into the other (Witt), so that some R has these columns and ``R^T M R = M``: all its entries
lie in the field of the data.

:mod:`urnn_proofs.checks.exact.scaled` checks what is proposed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from urnn_proofs.model.field import Rows, columns, diagonal_form, dot, product
from urnn_proofs.model.quadratic import Number, root
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["completed", "defect_rows", "surd_scaling"]


def defect_rows(
    A: Sequence[Sequence[Number]], weights: Sequence[Number]
) -> tuple[Rows, tuple[Number, ...]] | None:
    """Return L, M_2 with ``M_1 - A^T M_1 A = L^T M_2 L``; None if that is not semidefinite.

    Parameters
    ----------
    A
        (n, n).
    weights
        M_1, positive, (n,).
    """
    image = product(
        columns([[w * x if x else x for x in row] for w, row in zip(weights, A, strict=True)]), A
    )
    gap = [[-x for x in row] for row in image]
    for i, w in enumerate(weights):
        gap[i][i] = w + gap[i][i]
    return diagonal_form(gap)


def completed(
    A: Sequence[Sequence[Number]], L: Sequence[Sequence[Number]], M: Sequence[Number]
) -> Rows:
    """Return R with ``R^T M R = M`` and the first columns ``[A; L]``, (n + r, n + r).

    Examples
    --------
    >>> half = Fraction(1, 2)
    >>> completed([[half]], [[Fraction(3, 2)]], [Fraction(3), Fraction(1)])[0]
    (Fraction(1, 2), Fraction(1, 2))
    """
    n, N = len(A), len(M)
    given = columns([*A, *L])
    units = [tuple(Fraction(int(i == j)) for i in range(N)) for j in range(N)]
    mirrors: list[tuple[Sequence[Number], Sequence[Number], Number]] = []

    def reflected(x: Sequence[Number], mirror: int) -> Sequence[Number]:
        w, dual, square = mirrors[mirror]
        factor = 2 * dot(dual, x) / square
        return [a - factor * b if b else a for a, b in zip(x, w, strict=True)] if factor else x

    for j in range(n):
        image: Sequence[Number] = given[j]
        for k in range(len(mirrors)):
            image = reflected(image, k)
        w = [a - b for a, b in zip(image, units[j], strict=True)]
        if any(w):
            dual = [m * x if x else x for m, x in zip(M, w, strict=True)]
            mirrors.append((w, dual, dot(dual, w)))
    found = list(given)
    for j in range(n, N):
        image = units[j]
        for k in reversed(range(len(mirrors))):
            image = reflected(image, k)
        found.append(tuple(image))
    return tuple(columns(found))


def surd_scaling(W: RationalMatrix) -> tuple[Number, ...] | None:
    """Return P, a positive diagonal with ``P - W^T P W`` semidefinite of rank n - 1.

    ``P = I + tau e_i e_i^T`` with ``||W|| < 1``: the rank falls where
    ``(1 + tau G_ii) (1 - tau w^T G w) + tau^2 (e_i^T G w)^2 = 0``, ``G = (I - W^T W)^{-1}`` and w
    the row i of W.  That has one positive root, in the rationals or with one square root more,
    whenever w has an entry off the diagonal.  Among the rows the one with a rational root is
    preferred, then the smallest tau.  None if W is diagonal.

    Source: theorem "2n-1".

    Examples
    --------
    >>> W = [[0.5, Fraction(1, 3)], [0, Fraction(-2, 5)]]
    >>> surd_scaling(RationalMatrix.parse(W, "W"))
    (Fraction(567, 100), Fraction(1, 1))
    >>> surd_scaling(RationalMatrix.diagonal([Fraction(1, 2), 0]))
    """
    n, rows = W.shape[0], W.to_fractions()
    unit = RationalMatrix.identity(n)
    G = (unit - W.transpose() @ W).solve(unit)
    best: tuple[bool, Number, int] | None = None
    for i, row in enumerate(rows):
        if not any(x for j, x in enumerate(row) if j != i):
            continue
        image = (G @ RationalMatrix.column(row)).entries()
        g, h = G[i, i], image[i]
        q = sum((x * y for x, y in zip(row, image, strict=True)), Fraction(0))
        leading, middle = h * h - g * q, g - q  # the constant is 1, the leading term below 0
        tau = (middle + root(middle * middle - 4 * leading)) / (-2 * leading)
        candidate = (not isinstance(tau, Fraction), tau, i)
        if best is None or _before(candidate, best):
            best = candidate
    if best is None:
        return None
    one: Number = Fraction(1)
    return tuple(one + best[1] if i == best[2] else one for i in range(n))


def _before(a: tuple[bool, Number, int], b: tuple[bool, Number, int]) -> bool:
    """Compare two candidates; the square roots may be different ones, so floats do."""
    return (a[0], float(a[1])) < (b[0], float(b[1]))
