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
When r = n the lower right block is also ``-Y N^T P'^T``; the check of the expanded form uses
that other route.  For large r the block stays a product of ``P``, ``-N^T`` and ``Y'^T``
(:mod:`urnn_proofs.checks.exact.factored`): its entries are as long as those of P and Y' together.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz_mat

from urnn_proofs.checks.exact.definite import Kind, decide_semidefinite
from urnn_proofs.checks.exact.elimination import Elimination, NotDefiniteError, eliminate
from urnn_proofs.checks.exact.factored import FactoredScaled
from urnn_proofs.checks.exact.norms import exact_work_fits
from urnn_proofs.model.errors import NotContractiveError, UnsupportedError
from urnn_proofs.model.integers import block, identity
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled import ScaledRational

__all__ = ["Dilation", "corner_factors", "defects", "dilate"]

# Beyond this many added states (what certificates hold) the lower right block stays a product.
_EXPANDED = 32

# Two eliminations modulo primes take minutes where exact elimination in general takes hours.
_LARGEST = 4


@dataclass(frozen=True, eq=False)
class Dilation:
    """An orthogonal ``U`` with ``W`` in its upper left corner, and how it was found.

    Parameters
    ----------
    U
        The scaled-rational orthogonal matrix, (n + r, n + r).
    right, left
        Eliminations of ``A = d^2 I - N^T N`` and ``B = d^2 I - N N^T``: evidence only.
        :func:`urnn_proofs.checks.exact.orthogonality.check_dilation` re-checks all of it.
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


def dilate(W: RationalMatrix, *, force: bool = False, expanded: bool | None = None) -> Dilation:
    """Build the orthogonal dilation of *W*, ``||W|| <= 1``.

    Parameters
    ----------
    W
        Rational, (n, n).
    force
        Try even if the size and the bits of the entries make it a matter of hours.
    expanded
        Write out the lower right block of U; by default up to 32 added states.

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
    bits = 2 * d.bit_length()
    if not force and not exact_work_fits(n, bits, times=_LARGEST):
        raise _too_large(W, "the exact dilation")
    A, B = defects(W)
    try:
        right, left = eliminate(A), eliminate(B)
    except NotDefiniteError:
        if not force and not exact_work_fits(n, bits):
            raise _too_large(W, "the exact dilation of a matrix with norm not below 1") from None
        right, left = eliminate(A, _support(A)), eliminate(B, _support(B))
    U = _assemble(W, right, left)
    write_out = right.rank <= _EXPANDED if expanded is None else expanded
    return Dilation(U.expanded() if write_out else U, right, left)


def _too_large(W: RationalMatrix, what: str) -> UnsupportedError:
    n, d = W.shape[0], W.denominator
    return UnsupportedError(
        f"W is {n}x{n} with {d.bit_length()}-bit entries, too large for {what} "
        f"(hours of work); round the weights to fewer bits, or pass force=True"
    )


def _support(A: fmpz_mat) -> tuple[int, ...]:
    answer = decide_semidefinite(A)
    if answer.kind is Kind.INDEFINITE:
        raise NotContractiveError(
            "W has norm above 1 (the attached witness v has ||W v|| > ||v||, exactly); "
            "expected ||W|| <= 1",
            answer.witness,
        )
    return answer.support


def corner_factors(
    W: RationalMatrix, right: Elimination, left: Elimination
) -> tuple[fmpz_mat, fmpz_mat, fmpz_mat]:
    """Return P, ``-N^T`` on the pivot columns of Y', and ``Y'^T``; their product is d W4."""
    pivots = block(W.numerators.transpose(), range(W.shape[0]), left.support)
    return right.U, -pivots, left.Y.transpose()


def _assemble(W: RationalMatrix, right: Elimination, left: Elimination) -> FactoredScaled:
    n = W.shape[0]
    one = (Fraction(1),) * n
    return FactoredScaled(
        W.denominator,
        W.numerators,
        left.U.transpose(),
        right.U,
        corner_factors(W, right, left),
        alpha=one + tuple(Fraction(1, delta) for delta in right.delta),
        beta=one + tuple(Fraction(1, delta) for delta in left.delta),
    )
