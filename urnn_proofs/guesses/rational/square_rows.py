"""A positive definite matrix as ``X^T X`` with rational X, at most four rows a pivot.

Elimination splits off one row and column at a time.  For the pivot a let ``c_1, ..., c_m`` be
rationals whose squares add up to a (Lagrange: m <= 4).  Rows ``(c_k, v_k)`` reproduce the first
row ``(a, b)`` exactly if ``sum_k c_k v_k = b``, and leave ``A' = C - sum_k v_k^T v_k``, of one size
less.  The choice ``v_k = c_k b / a`` leaves the Schur complement, and denominators that double at
each pivot.  But over a common denominator q all c_k are integers, and integer vectors v_k near that
choice solve the equation too.  They leave a little less than the Schur complement and nothing but
q in the denominators.  If it was too little, the next pivots show it, and q is doubled a few times.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from flint import fmpz_mat

from urnn_proofs.guesses.rational.four_squares import four_squares
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["square_rows"]

# Bits by which q is made finer: enough for eigenvalues of A down to about 2^-450.
_REFINEMENTS = (0, 8, 16, 32, 64, 128, 256, 512)
# Larger numbers of three squares or more are searched for before a pivot makes do with fewer.
_TRIES = 50


def square_rows(A: RationalMatrix) -> RationalMatrix:
    """Return X with ``X^T X = A``, exactly.

    Parameters
    ----------
    A
        Symmetric positive definite, (r, r).

    Returns
    -------
    RationalMatrix
        (N, r) with r <= N <= 4r.

    Raises
    ------
    UndecidedError
        If A is too near a singular matrix, or a pivot has too many digits for a sum of squares.

    Examples
    --------
    >>> square_rows(RationalMatrix.parse([[7]], "A"))
    RationalMatrix([2; 1; 1; 1])
    >>> X = square_rows(RationalMatrix.parse([[7, 1], [1, 7]], "A"))
    >>> (X.transpose() @ X).to_fractions() == [[7, 1], [1, 7]], X.shape
    (True, (7, 2))
    """
    r = A.shape[0]
    # X = V/q needs q^2 A to be an integer matrix.
    q = A.denominator if math.isqrt(A.denominator) ** 2 != A.denominator else 0
    q = q or math.isqrt(A.denominator)
    for bits in _REFINEMENTS:
        fine = q << bits
        rows = _rows(A.numerators * (fine**2 // A.denominator), fine)
        if rows is not None:
            return RationalMatrix.from_fractions(rows, columns=r)
    raise UndecidedError(
        f"the {r}x{r} matrix to be written with sums of squares is within 2^-{_REFINEMENTS[-1]} "
        f"of a singular one; shrink W slightly, or allow scales (without rational=True)"
    )


def _rows(B: fmpz_mat, q: int) -> list[list[Fraction]] | None:
    """Return rows of X with ``X^T X = B/q^2``, or None if a pivot is not positive."""
    r, found = B.nrows(), []
    for i in range(r):
        pivot, row = int(B[0, 0]), [int(B[0, j]) for j in range(1, r - i)]
        if pivot <= 0:
            return None
        squares = _squares(pivot, few=not any(row))
        share = math.gcd(*squares)
        finer = share // math.gcd(share, *row)
        row = [x * finer // share for x in row]
        V = _near(fmpz_mat([[c // share] for c in squares]), fmpz_mat(1, len(row), row))
        q *= finer
        for c, v in zip(squares, V.tolist(), strict=True):
            whole = [0] * i + [c * finer, *(int(x) for x in v)]
            found.append([Fraction(x, q) for x in whole])
        rest = fmpz_mat(r - i - 1, r - i - 1, [B[j, k] for j in _tail(B) for k in _tail(B)])
        B = rest * finer**2 - V.transpose() * V
    return found


def _tail(B: fmpz_mat) -> range:
    return range(1, B.nrows())


def _squares(pivot: int, *, few: bool) -> tuple[int, ...]:
    """Return integers whose squares add up to the pivot: at least three, unless *few* will do.

    One or two leave no integer vectors near what is wanted.
    """
    least = tuple(int(x) for x in four_squares(Fraction(pivot)))
    if few or len(least) >= 3:
        return least
    for x in _downwards(math.isqrt(pivot)):
        more = (x, *(int(y) for y in four_squares(Fraction(pivot - x * x))))
        if 3 <= len(more) <= 4:
            return more
    return least


def _downwards(top: int) -> Iterator[int]:
    yield from range(top, max(top - _TRIES, 0), -1)


def _near(c: fmpz_mat, row: fmpz_mat) -> fmpz_mat:
    """Return an integer V, (m, n), with ``c^T V = row`` and every column near a multiple of c.

    *c* is one column of integers without a common factor.
    """
    m = c.nrows()
    if not row.ncols():
        return fmpz_mat(m, 0)
    kernel, particular = _solve(c)
    V = particular * row
    if m > 1:
        gram = kernel * kernel.transpose()
        numerators, q = gram.solve(kernel * particular).numer_denom()
        half, whole = int(q) // 2, int(q)
        nearest = [(int(x) * int(b) + half) // whole for x in numerators.entries() for b in row]
        V -= kernel.transpose() * fmpz_mat(m - 1, row.ncols(), nearest)
    return V


def _solve(c: fmpz_mat) -> tuple[fmpz_mat, fmpz_mat]:
    """Return a reduced basis (rows) of the integers orthogonal to c, and u with ``c^T u = 1``."""
    m = c.nrows()
    size = sum(int(x) ** 2 for x in c.entries())
    weight = size << (m + 1)  # so large that reduction makes all but one of the products 0
    tagged = fmpz_mat(m, m + 1)
    for k in range(m):
        tagged[k, 0] = c[k, 0] * weight
        tagged[k, k + 1] = 1
    rows = (tagged.lll() if m > 1 else tagged).tolist()
    kernel = [x for row in rows[:-1] for x in row[1:]]
    last = fmpz_mat(m, 1, rows[-1][1:])
    return fmpz_mat(m - 1, m, kernel), last if rows[-1][0] > 0 else -last
