"""Step S1 entry by entry with symbolic weights: all W of a given small size at once.

For ``W = (w_ij)`` with n^2 indeterminates, ``A = I - W^T W`` and ``B = I - W W^T`` are
eliminated over the polynomial ring, ``Y A = P`` and ``Y' B = P'``, and the identities that
imply ``U^T U = I`` (see :mod:`urnn_proofs.checks.exact.orthogonality`) are expanded:

    Y A = P,   Y' B = P',   W^T B = A W^T.

The completion ``X = -P W^T Y'^T`` then equals ``-Y W^T P'^T``, since
``P W^T Y'^T = Y A W^T Y'^T = Y W^T B Y'^T``; up to n = 3 that is expanded too.  All hold as
polynomials, hence for every W.  The deltas on the diagonal are products of neighbouring leading
minors of A and B, positive whenever ``||W|| < 1`` (Sylvester).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sympy import ZZ
from sympy.polys.rings import ring

from urnn_proofs.model.errors import UnsupportedError

__all__ = ["MAX_ENTRYWISE", "SymbolicDilation", "block_identities", "symbolic_dilation"]

#: Largest n for which the entrywise identities are expanded.
MAX_ENTRYWISE = 4

Poly = Any
Table = list[list[Poly]]


@dataclass(frozen=True)
class SymbolicDilation:
    """Polynomials in the entries of W that describe the dilation at size n.

    ``delta[i] = Y[i][i] * P[i][i]`` and ``delta_left`` likewise for B;
    ``U = [[W, P'^T D'^{-1/2}], [D^{-1/2} P, D^{-1/2} X D'^{-1/2}]]``, ``X = -P W^T Y'^T``.
    """

    n: int
    ring: Any
    W: Table
    A: Table
    B: Table
    Y: Table
    P: Table
    Y_left: Table
    P_left: Table

    @property
    def X(self) -> Table:  # noqa: N802
        """The scaled lower right block ``-P W^T Y'^T`` (many terms from n = 4 on)."""
        return _negate(_multiply(self.P, _multiply(_transpose(self.W), _transpose(self.Y_left))))

    @property
    def delta(self) -> list[Poly]:
        """Products of neighbouring leading minors of A."""
        return [self.Y[i][i] * self.P[i][i] for i in range(self.n)]

    @property
    def delta_left(self) -> list[Poly]:
        """Products of neighbouring leading minors of B."""
        return [self.Y_left[i][i] * self.P_left[i][i] for i in range(self.n)]


def symbolic_dilation(n: int) -> SymbolicDilation:
    """Build the dilation of an n x n matrix of indeterminates.

    Raises
    ------
    UnsupportedError
        For n above :data:`MAX_ENTRYWISE` (the minors have too many terms).
    """
    if not 1 <= n <= MAX_ENTRYWISE:
        raise UnsupportedError(
            f"n is {n}; entrywise symbolic verification covers 1 <= n <= {MAX_ENTRYWISE}"
        )
    R, *w = ring([f"w{i + 1}{j + 1}" for i in range(n) for j in range(n)], ZZ)
    W = [list(w[i * n : (i + 1) * n]) for i in range(n)]
    unit = [[R.one if i == j else R.zero for j in range(n)] for i in range(n)]
    A = _subtract(unit, _multiply(_transpose(W), W))
    B = _subtract(unit, _multiply(W, _transpose(W)))
    Y, P = _eliminate(A, unit)
    Y_left, P_left = _eliminate(B, unit)
    return SymbolicDilation(n, R, W, A, B, Y, P, Y_left, P_left)


def block_identities(dilation: SymbolicDilation) -> dict[str, bool]:
    """Expand every identity; maps its text to whether both sides agree as polynomials.

    For n <= 2 the blocks of ``U^T U - I`` are expanded as well, denominators cleared, so that
    the reduced identities are checked against the definition.
    """
    s = dilation
    WT, PT_left = _transpose(s.W), _transpose(s.P_left)
    found = {
        "Y A = P": _multiply(s.Y, s.A) == s.P,
        "Y' B = P'": _multiply(s.Y_left, s.B) == s.P_left,
        "Y, Y' lower and P, P' upper triangular": _is_lower(s.Y)
        and _is_lower(s.Y_left)
        and _is_lower(_transpose(s.P))
        and _is_lower(PT_left),
        "W^T B = A W^T": _multiply(WT, s.B) == _multiply(s.A, WT),
    }
    if s.n <= 3:
        found["P W^T Y'^T = Y W^T P'^T"] = s.X == _negate(_multiply(s.Y, _multiply(WT, PT_left)))
    if s.n <= 2:
        found.update(_definition(s))
    return found


def _definition(s: SymbolicDilation) -> dict[str, bool]:
    """Expand the blocks of ``U^T U - I`` times the product of all deltas."""
    D, D_left = s.delta, s.delta_left
    whole = s.ring.one
    for d in D:
        whole = whole * d
    cleared = [whole.exquo(d) for d in D]  # whole * D^{-1}
    PT, XT = _transpose(s.P), _transpose(s.X)
    weighted_P = [[c * x for x in row] for c, row in zip(cleared, s.P, strict=True)]
    weighted_X = [[c * x for x in row] for c, row in zip(cleared, s.X, strict=True)]
    gram_W = _multiply(_transpose(s.W), s.W)
    first = _add(_scale(gram_W, whole), _multiply(PT, weighted_P))
    cross = _add(
        _scale(_multiply(_transpose(s.W), _transpose(s.P_left)), whole), _multiply(PT, weighted_X)
    )
    last = _add(_scale(_multiply(s.P_left, _transpose(s.P_left)), whole), _multiply(XT, weighted_X))
    zero, n = s.ring.zero, s.n
    return {
        "W^T W + W3^T W3 = I (definition)": first
        == [[whole if i == j else zero for j in range(n)] for i in range(n)],
        "W^T W2 + W3^T W4 = 0 (definition)": all(x == 0 for row in cross for x in row),
        "W2^T W2 + W4^T W4 = I (definition)": last
        == [[whole * D_left[i] if i == j else zero for j in range(n)] for i in range(n)],
    }


def _eliminate(A: Table, unit: Table) -> tuple[Table, Table]:
    """Return Y and P of the fraction-free elimination of a symmetric A, which are minors of it.

    ``P_kj`` has the rows 0..k and the columns 0..k-1, j; ``Y_kj`` is the cofactor of A_kj in the
    leading k + 1 rows and columns.  Expansion by the last row, shorter minors first, divides by
    nothing.
    """
    n, zero = len(A), unit[0][0] * 0
    minors: dict[tuple[int, ...], Poly] = {
        (): unit[0][0]
    }  # of as many first rows, by their columns
    for size in range(1, n + 1):
        for columns in combinations(range(n), size):
            terms = (
                A[size - 1][c] * minors[columns[:k] + columns[k + 1 :]] * (-1) ** (size - 1 - k)
                for k, c in enumerate(columns)
            )
            minors[columns] = sum(terms, zero)
    Y = [[zero] * n for _ in range(n)]
    P = [[zero] * n for _ in range(n)]
    for k in range(n):
        first = tuple(range(k + 1))
        for j in range(n):
            if j <= k:  # A is symmetric: row j left out is column j left out
                Y[k][j] = minors[first[:j] + first[j + 1 :]] * (-1) ** (k + j)
            if j >= k:
                bordered = (*first[:k], j)
                P[k][j] = minors[bordered]
    return Y, P


def _multiply(a: Table, b: Table) -> Table:
    columns = list(zip(*b, strict=True))
    zero = a[0][0] * 0
    return [
        [sum((x * y for x, y in zip(row, col, strict=True)), zero) for col in columns] for row in a
    ]


def _transpose(a: Table) -> Table:
    return [list(col) for col in zip(*a, strict=True)]


def _subtract(a: Table, b: Table) -> Table:
    return [[x - y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def _add(a: Table, b: Table) -> Table:
    return [[x + y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def _negate(a: Table) -> Table:
    return [[-x for x in row] for row in a]


def _scale(a: Table, factor: Poly) -> Table:
    return [[factor * x for x in row] for row in a]


def _is_lower(a: Table) -> bool:
    return all(x == 0 for i, row in enumerate(a) for x in row[i + 1 :])
