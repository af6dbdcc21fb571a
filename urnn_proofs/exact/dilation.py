"""The orthogonal dilation of a contraction, exact over the rationals (Theorem 3.1, step S1).

For a rational ``W = N/d`` with ``||W|| <= 1`` put ``A = d^2 I - N^T N`` and
``B = d^2 I - N N^T`` and eliminate both without fractions: ``Y A = P`` and ``Y' B = P'``
(:mod:`urnn_proofs.exact.elimination`), so that ``A = P^T diag(1/delta) P`` and likewise for B.
Then, with r the rank of A,

    U = diag(sqrt alpha) R diag(sqrt beta),
    R = (1/d) [[N, P'^T], [P, -P N^T Y'^T]],  alpha = (1, 1/delta),  beta = (1, 1/delta'),

is orthogonal of size n + r and has W in its upper left corner.  ``W3`` is the lower left
block, ``W3^T W3 = I - W^T W``; ``W2 W2^T = I - W W^T``; and
``W4 = -W3 W^T (W2^+)^T`` is the completion, ``W2^+`` being the left inverse that Y' gives.
When r = n the lower right block is also ``-Y N^T P'^T``; the check uses that other route.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz_mat

from urnn_proofs.errors import NotContractiveError, UnsupportedError
from urnn_proofs.exact.definite import Kind, decide_semidefinite
from urnn_proofs.exact.elimination import Elimination, NotDefiniteError, eliminate
from urnn_proofs.exact.integers import block, identity, join, product_rows
from urnn_proofs.exact.norms import exact_work_fits
from urnn_proofs.rational import RationalMatrix
from urnn_proofs.scaled import ScaledRational

__all__ = ["Dilation", "defects", "dilate", "lower_right"]


@dataclass(frozen=True, eq=False)
class Dilation:
    """An orthogonal ``U`` with ``W`` in its upper left corner, and how it was found.

    Parameters
    ----------
    U
        The scaled-rational orthogonal matrix, (n + r, n + r).
    right, left
        Eliminations of ``A = d^2 I - N^T N`` and ``B = d^2 I - N N^T``: evidence only.
        :func:`urnn_proofs.exact.orthogonality.check_dilation` re-checks all of it.
    """

    U: ScaledRational
    right: Elimination
    left: Elimination

    @property
    def added_states(self) -> int:
        """``r = rank(I - W^T W)``: how many states the dilation adds."""
        return self.right.rank


def defects(W: RationalMatrix) -> tuple[fmpz_mat, fmpz_mat]:
    """Return ``d^2 I - N^T N`` and ``d^2 I - N N^T`` for ``W = N/d``."""
    N, unit = W.numerators, identity(W.shape[0], W.denominator**2)
    return unit - N.transpose() * N, unit - N * N.transpose()


def dilate(W: RationalMatrix, *, force: bool = False) -> Dilation:
    """Build the orthogonal dilation of *W*, ``||W|| <= 1``.

    Parameters
    ----------
    W
        Rational, (n, n).
    force
        Try even if the size and the bits of the entries make it a matter of hours.

    Raises
    ------
    NotContractiveError
        If ``||W|| > 1``, with a rational witness.
    UnsupportedError
        If the network is too large for the exact method.

    Source: arXiv:1910.13672, Theorem 3.1; the rational form is this package's own.

    Examples
    --------
    >>> dilate(RationalMatrix.parse([[0.6]], "W")).U.shape
    (2, 2)
    >>> dilate(RationalMatrix.parse([[0, 1], [0, 0]], "W")).U.shape
    (3, 3)
    """
    n, d = W.shape[0], W.denominator
    if not force and not exact_work_fits(n, 2 * d.bit_length()):
        raise UnsupportedError(
            f"W is {n}x{n} with {d.bit_length()}-bit entries, too large for the exact dilation "
            f"(hours of work); round the weights to fewer bits, or pass force=True"
        )
    A, B = defects(W)
    try:
        right, left = eliminate(A), eliminate(B)
    except NotDefiniteError:
        right, left = eliminate(A, _support(A)), eliminate(B, _support(B))
    return Dilation(_assemble(W, right, left), right, left)


def _support(A: fmpz_mat) -> tuple[int, ...]:
    answer = decide_semidefinite(A)
    if answer.kind is Kind.INDEFINITE:
        raise NotContractiveError(
            "W has norm above 1 (the attached witness v has ||W v|| > ||v||, exactly); "
            "expected ||W|| <= 1",
            answer.witness,
        )
    return answer.support


def lower_right(
    W: RationalMatrix, right: Elimination, left: Elimination
) -> Iterator[tuple[int, fmpz_mat]]:
    """Yield ``-P N^T Y'^T`` a few rows at a time, with their position.

    Y' acts on the pivot columns of N^T, so the result is r x r.
    """
    pivots = block(W.numerators.transpose(), range(W.shape[0]), left.support)
    inner = pivots * left.Y.transpose() if left.rank else pivots
    for start, rows in product_rows(right.U, inner):
        yield start, -rows


def _assemble(W: RationalMatrix, right: Elimination, left: Elimination) -> ScaledRational:
    n, d, r = W.shape[0], W.denominator, right.rank
    R = join(W.numerators, left.U.transpose(), right.U, fmpz_mat(r, r))
    if r:
        for start, rows in lower_right(W, right, left):
            for i in range(rows.nrows()):
                for j in range(r):
                    R[n + start + i, n + j] = rows[i, j]
    one = (Fraction(1),) * n
    return ScaledRational(
        RationalMatrix(R, d),
        alpha=one + tuple(Fraction(1, delta) for delta in right.delta),
        beta=one + tuple(Fraction(1, delta) for delta in left.delta),
    )
