"""The orthogonal dilation of a contraction, exact over the rationals (Theorem 3.1, step S1).

For a rational ``W = N/d`` with ``||W|| <= 1`` put ``A = d^2 I - N^T N`` and
``B = d^2 I - N N^T`` and eliminate both without fractions: ``Y A = P`` and ``Y' B = P'``
(``checks.exact.elimination``), so that ``A = P^T diag(1/delta) P`` and likewise for B.
Then, with r the rank of A,

    U = diag(sqrt alpha) R diag(sqrt beta),
    R = (1/d) [[N, P'^T], [P, -P N^T Y'^T]],  alpha = (1, 1/delta),  beta = (1, 1/delta'),

is orthogonal of size n + r and has W in its upper left corner.  ``W3`` is the lower left
block, ``W3^T W3 = I - W^T W``; ``W2 W2^T = I - W W^T``; and
``W4 = -W3 W^T (W2^+)^T`` is the completion, ``W2^+`` being the left inverse that Y' gives.
The lower right block stays a product of ``P``, ``-N^T`` and ``Y'^T`` until somebody asks for its
entries, which are as long as those of P and Y' together.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz_mat

from urnn_proofs.checks.exact.elimination import Elimination, elimination_holds
from urnn_proofs.checks.exact.orthogonality import Orthogonality, check_orthogonal
from urnn_proofs.model.integers import block, identity
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict

__all__ = ["Dilation", "check_dilation", "corner_factors", "defects", "dilation_evidence_holds"]


@dataclass(frozen=True, eq=False)
class Dilation:
    """An orthogonal ``U`` with ``W`` in its upper left corner, and how it was found.

    Parameters
    ----------
    U
        The scaled-rational orthogonal matrix, (n + r, n + r).
    right, left
        Eliminations of ``A = d^2 I - N^T N`` and ``B = d^2 I - N N^T``: evidence only, re-checked
        by :func:`check_dilation`.
    """

    U: Orthogonal
    right: Elimination
    left: Elimination


def defects(W: RationalMatrix) -> tuple[fmpz_mat, fmpz_mat]:
    """Return ``d^2 I - N^T N`` and ``d^2 I - N N^T`` for ``W = N/d``."""
    N, unit = W.numerators, identity(W.shape[0], W.denominator**2)
    return unit - N.transpose() * N, unit - N * N.transpose()


def corner_factors(
    W: RationalMatrix, right: Elimination, left: Elimination
) -> tuple[fmpz_mat, fmpz_mat, fmpz_mat]:
    """Return P, ``-N^T`` on the pivot columns of Y', and ``Y'^T``; their product is d W4."""
    pivots = block(W.numerators.transpose(), range(W.shape[0]), left.support)
    return right.U, -pivots, left.Y.transpose()


def check_dilation(W: RationalMatrix, U: Orthogonal, dilation: Dilation | None) -> Orthogonality:
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


def dilation_evidence_holds(W: RationalMatrix, U: Orthogonal, dilation: Dilation) -> bool:
    """Check the identities that imply ``U^T U = I``; True is a proof, False is not.

    With ``W = N/d``, ``A = d^2 I - N^T N``, ``B = d^2 I - N N^T`` the following are compared
    in integers (D, D' are the diagonal matrices of the deltas):

    1. ``Y A = P`` and ``Y' B = P'`` with the triangular shapes of
       ``checks.exact.elimination``, so ``A = P^T D^{-1} P``, ``B = P'^T D'^{-1} P'``;
    2. ``d R = [[N, P'^T], [P, X]]``, ``alpha = (1, 1/D)``, ``beta = (1, 1/D')``;
    3. ``X = -P N^T[:, S'] Y'^T``, S' the pivots of B, by the factors if U holds X as a product.

    Then ``W3 = D^{-1/2} P / d`` satisfies ``W3^T W3 = I - W^T W``, ``W2 = P'^T D'^{-1/2} / d``
    satisfies ``W2 W2^T = I - W W^T``, and ``V = d D'^{-1/2} Y' [rows S']`` is a left inverse
    of W2, and 3. says ``W4 = -W3 W^T V^T``.  Hence, with A and B now divided by d^2,

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
    return U.has_blocks(d, W.numerators, PT, right.U, corner_factors(W, right, left))


def _upper_left_is(W: RationalMatrix, U: Orthogonal) -> bool:
    """Compare the upper left block of U with W, scales included."""
    n = W.shape[0]
    if min(U.shape) < n or any(x != 1 for x in (*U.alpha[:n], *U.beta[:n])):
        return False
    return U.upper_left(n) == W
