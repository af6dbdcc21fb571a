"""Is a scaled-rational matrix orthogonal?  Decided exactly, in two ways.

*Directly*: ``R^T diag(alpha) R = diag(1/beta)`` over the rationals, entry by entry.  This is
the definition; it needs no evidence and costs much for large matrices, because the common
denominator of ``alpha`` is enormous.

*With evidence*: for a dilation built by :mod:`urnn_proofs.checks.exact.dilation`, three integer
identities without a denominator imply orthogonality (:func:`dilation_evidence_holds`).

When the evidence does not hold and the matrix is too large for the direct way, reduction
modulo a prime can still *refute* orthogonality; it never proves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz_mat, nmod_mat

from urnn_proofs.checks.exact.dilation import Dilation, corner_factors, defects
from urnn_proofs.checks.exact.elimination import elimination_holds
from urnn_proofs.checks.exact.factored import FactoredScaled
from urnn_proofs.model.integers import product_rows
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled import ScaledRational
from urnn_proofs.model.verdict import Verdict

__all__ = ["Orthogonality", "check_dilation", "check_orthogonal", "dilation_evidence_holds"]

# Any large primes will do: a random matrix survives one of them with chance about 2^-61.
_PRIMES = (2**61 - 1, 2**62 - 57, 2**62 - 87)

# Rows times bits beyond which the direct way is not tried.
_DIRECT_LIMIT = 200_000


@dataclass(frozen=True)
class Orthogonality:
    """The verdict and how it came about (one sentence)."""

    verdict: Verdict
    method: str


def check_orthogonal(U: ScaledRational) -> Orthogonality:
    """Decide ``U^T U = I`` for any square scaled-rational matrix, from the definition.

    For a square matrix ``U U^T = I`` follows from ``U^T U = I``.

    Examples
    --------
    >>> rotation = RationalMatrix.parse([[3, -4], [4, 3]], "R")
    >>> fifth = (Fraction(1, 25),) * 2
    >>> check_orthogonal(ScaledRational(rotation, fifth, (Fraction(1),) * 2)).verdict
    <Verdict.PROVED: 'PROVED'>
    """
    rows, columns = U.shape
    if rows != columns:
        return Orthogonality(Verdict.REFUTED, f"not square: shape {U.shape}")
    for scale in (*U.alpha, *U.beta):
        if scale <= 0:
            return Orthogonality(Verdict.REFUTED, f"a scale is {scale}, not positive")
    for prime in _PRIMES:
        bad = _entry_refuted_modulo(U, prime)
        if bad is not None:
            where = f"entry {bad} of R^T diag(alpha) R - diag(1/beta) is nonzero modulo {prime}"
            return Orthogonality(Verdict.REFUTED, where)
    if all(scale == 1 for scale in (*U.alpha, *U.beta)):  # one product in integers, at any size
        if U.R.transpose() @ U.R == RationalMatrix.identity(columns):
            return Orthogonality(Verdict.PROVED, "R^T R = I, every entry, in integers")
        return Orthogonality(Verdict.REFUTED, "R^T R is not I")
    if columns * _bits(U) > _DIRECT_LIMIT:
        return Orthogonality(
            Verdict.UNKNOWN,
            f"agrees modulo {len(_PRIMES)} primes, which proves nothing; too large to expand",
        )
    for (i, j), difference in _differences(U):
        if difference:
            where = f"entry {(i, j)} of R^T diag(alpha) R - diag(1/beta) is not zero"
            return Orthogonality(Verdict.REFUTED, where)
    return Orthogonality(
        Verdict.PROVED, "R^T diag(alpha) R = diag(1/beta), every entry, in rationals"
    )


def check_dilation(
    W: RationalMatrix, U: ScaledRational, dilation: Dilation | None
) -> Orthogonality:
    """Decide whether *U* is an orthogonal dilation of *W*; *dilation* supplies evidence.

    The evidence is tried first.  If there is none, or it does not hold, the answer comes from *W*
    and *U* alone.
    """
    n = W.shape[0]
    if not _upper_left_is(W, U):
        return Orthogonality(
            Verdict.REFUTED, f"the upper left {n}x{n} block of U, with its scales, is not W"
        )
    if dilation is not None and dilation_evidence_holds(W, U, dilation):
        return Orthogonality(
            Verdict.PROVED,
            "integer identities Y A = P, Y' B = P', and the lower right block",
        )
    return check_orthogonal(U)


def dilation_evidence_holds(W: RationalMatrix, U: ScaledRational, dilation: Dilation) -> bool:
    """Check the identities that imply ``U^T U = I``; True is a proof, False is not.

    With ``W = N/d``, ``A = d^2 I - N^T N``, ``B = d^2 I - N N^T`` the following are compared
    in integers (D, D' are the diagonal matrices of the deltas):

    1. ``Y A = P`` and ``Y' B = P'`` with the triangular shapes of
       ``checks.exact.elimination``, so ``A = P^T D^{-1} P``, ``B = P'^T D'^{-1} P'``;
    2. ``d R = [[N, P'^T], [P, X]]``, ``alpha = (1, 1/D)``, ``beta = (1, 1/D')``;
    3. ``X = -Y N^T P'^T`` if r = n, else ``X = -P N^T[:, S'] Y'^T`` (S' the pivots of B);
       the latter by its factors, if U holds X as a product.

    Then ``W3 = D^{-1/2} P / d`` satisfies ``W3^T W3 = I - W^T W``, ``W2 = P'^T D'^{-1/2} / d``
    satisfies ``W2 W2^T = I - W W^T``, and ``V = d D'^{-1/2} Y' [rows S']`` is a left inverse
    of W2.  Both forms of 3. say ``W4 = -W3 W^T V^T`` (for r = n the first one is
    ``W4 = -W3^{-T} W^T W2``, the same matrix, because ``A W^T = W^T B``).  Hence, with A and B
    now divided by d^2,

        ``W^T W2 + W3^T W4 = W^T W2 - A W^T V^T = W^T (W2 - B V^T) = W^T (W2 - W2) = 0``,
        ``W4^T W4 = V W A W^T V^T = V (B - B^2) V^T = I - W2^T W2``.
    """
    n, r, d = W.shape[0], dilation.right.rank, W.denominator
    right, left = dilation.right, dilation.left
    if U.shape != (n + r, n + r) or left.rank != r or not _upper_left_is(W, U):
        return False
    A, B = defects(W)
    if not (elimination_holds(A, right) and elimination_holds(B, left)):  # shapes included
        return False
    one = (Fraction(1),) * n
    if U.alpha != one + tuple(Fraction(1, x) for x in right.delta):
        return False
    if U.beta != one + tuple(Fraction(1, x) for x in left.delta):
        return False
    PT = left.U.transpose()
    if isinstance(U, FactoredScaled):  # the corner is by definition the product of its factors
        blocks = U.upper_left, U.upper_right, U.lower_left
        return (
            U.denominator == d
            and blocks == (W.numerators, PT, right.U)
            and U.corner == corner_factors(W, right, left)
        )
    if not (_block_is(U, d, 0, n, [(0, PT)]) and _block_is(U, d, n, 0, [(0, right.U)])):
        return False
    if r == n:  # not the formula that built the block: the two routes check each other
        rows = product_rows(right.Y, -(W.numerators.transpose() * PT))
    else:
        first, middle, last = corner_factors(W, right, left)
        rows = product_rows(first, middle * last) if r else iter(())
    return _block_is(U, d, n, n, rows)


def _upper_left_is(W: RationalMatrix, U: ScaledRational) -> bool:
    """Compare the upper left block of U with W, scales included."""
    n = W.shape[0]
    if min(U.shape) < n or any(x != 1 for x in (*U.alpha[:n], *U.beta[:n])):
        return False
    return U.first_columns(n).block(range(n), range(n)) == W


def _block_is(
    U: ScaledRational, d: int, top: int, left: int, rows: Iterable[tuple[int, fmpz_mat]]
) -> bool:
    """Compare d times the block of R at (top, left) with integer rows, without a copy of it."""
    numerators, den = U.R.numerators, U.R.denominator
    for start, part in rows:
        for i in range(part.nrows()):
            for j in range(part.ncols()):
                if numerators[top + start + i, left + j] * d != part[i, j] * den:
                    return False
    return True


def _differences(U: ScaledRational) -> Iterator[tuple[tuple[int, int], Fraction]]:
    """Yield the entries (i <= j) of ``R^T diag(alpha) R - diag(1/beta)`` as Fractions."""
    columns = list(zip(*U.R.to_fractions(), strict=True))
    for i, left in enumerate(columns):
        weighted = [a * x for a, x in zip(U.alpha, left, strict=True)]
        for j in range(i, len(columns)):
            total = sum((a * x for a, x in zip(weighted, columns[j], strict=True)), Fraction(0))
            yield (i, j), total - (1 / U.beta[i] if i == j else 0)


def _bits(U: ScaledRational) -> int:
    """Bits of the largest numerator of R, or more."""
    if not isinstance(U, FactoredScaled):
        return U.R.bits
    longest = (_longest(M) for M in (U.upper_left, U.upper_right, U.lower_left))
    return max(*longest, sum(_longest(M) for M in U.corner) + 2 * U.shape[0].bit_length())


def _longest(M: fmpz_mat) -> int:
    return max((int(x).bit_length() for x in M.entries()), default=0)


def _numerators_modulo(U: ScaledRational, prime: int) -> nmod_mat:
    """Return ``denominator * R`` modulo *prime*, without expanding a product."""
    if not isinstance(U, FactoredScaled):
        return nmod_mat(U.R.numerators, prime)
    parts = U.upper_left, U.upper_right, U.lower_left
    a, b, c = (nmod_mat(M, prime).tolist() for M in parts)
    first, middle, last = (nmod_mat(M, prime) for M in U.corner)
    x = (first * middle * last).tolist()
    rows = [left + right for left, right in (*zip(a, b, strict=True), *zip(c, x, strict=True))]
    return nmod_mat(*U.shape, [int(entry) for row in rows for entry in row], prime)


def _entry_refuted_modulo(U: ScaledRational, prime: int) -> tuple[int, int] | None:
    """Return an entry where the identity fails modulo *prime*, None if it holds there.

    A rational identity with denominators prime to p holds modulo p, so a failure refutes it.
    """
    denominators = [U.denominator, *(a.denominator for a in U.alpha)]
    denominators += [b.numerator for b in U.beta]
    if any(x % prime == 0 for x in denominators):
        return None
    size = U.shape[0]
    R = _numerators_modulo(U, prime)
    inverse = pow(U.denominator, -1, prime)
    alpha = [a.numerator * pow(a.denominator, -1, prime) * inverse**2 % prime for a in U.alpha]
    weighted = nmod_mat(
        size,
        size,
        [int(x) * a % prime for row, a in zip(R.tolist(), alpha, strict=True) for x in row],
        prime,
    )
    product = R.transpose() * weighted
    for i in range(size):
        for j in range(size):
            target = 0
            if i == j:
                target = U.beta[i].denominator * pow(U.beta[i].numerator, -1, prime) % prime
            if int(product[i, j]) != target:
                return i, j
    return None
