"""The orthogonal dilation of a contraction, built from two eliminations."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpz_mat, nmod_mat

from urnn_proofs.checks.exact.definite import Kind, decide_semidefinite
from urnn_proofs.checks.exact.dilation import Dilation, corner_factors, defects
from urnn_proofs.checks.exact.elimination import Elimination
from urnn_proofs.checks.exact.norms import exact_work_fits
from urnn_proofs.guesses.elimination import NotDefiniteError, eliminate
from urnn_proofs.model.errors import NotContractiveError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["DILATION_TIMES", "dilate", "with_added_units"]

# Two eliminations modulo primes take minutes where exact elimination in general takes hours.
DILATION_TIMES = 4
_PRIME = 2**61 - 1


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
    bits = 2 * d.bit_length()
    if not force and not exact_work_fits(n, bits, times=DILATION_TIMES):
        raise _too_large(W, "the exact dilation")
    A, B = defects(W)
    try:
        right, left = eliminate(A, _pivots(A)), eliminate(B, _pivots(B))
    except NotDefiniteError:
        if not force and not exact_work_fits(n, bits):
            raise _too_large(W, "an exact proof that its norm is above 1") from None
        right, left = eliminate(A, _support(A)), eliminate(B, _support(B))
    U = _assemble(W, right, left)
    return Dilation(U, right, left)


def _pivots(A: fmpz_mat) -> tuple[int, ...]:
    """Return the first columns that are independent of those before, modulo a prime.

    A symmetric A is definite on them if and only if it is semidefinite, unless the prime is one of
    the few that divide a minor.
    """
    reduced, rank = nmod_mat(A, _PRIME).rref()
    n, found, column = A.nrows(), [], 0
    for i in range(rank):
        while int(reduced[i, column]) == 0:
            column += 1
        found.append(column)
    return tuple(range(n)) if rank == n else tuple(found)


def _too_large(W: RationalMatrix, what: str) -> UnsupportedError:
    n, d = W.shape[0], W.denominator
    return UnsupportedError(
        f"W is {n}x{n} with {d.bit_length()}-bit entries, too large for {what} "
        f"(hours of work); round the weights to fewer bits, or pass force=True in Python"
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


def _assemble(W: RationalMatrix, right: Elimination, left: Elimination) -> Orthogonal:
    n = W.shape[0]
    one = (Fraction(1),) * n
    return Orthogonal.from_blocks(
        W.denominator,
        W.numerators,
        left.U.transpose(),
        right.U,
        corner_factors(W, right, left),
        alpha=one + tuple(Fraction(1, delta) for delta in right.delta),
        beta=one + tuple(Fraction(1, delta) for delta in left.delta),
    )


def with_added_units(
    rnn: RNN, U: Orthogonal, biases: Sequence[Fraction], start: Fraction = Fraction(0)
) -> URNN:
    """Return the URNN whose first units are those of *rnn*, and whose others nothing reads.

    Parameters
    ----------
    U
        (N, N), with W in its upper left corner.
    biases
        Of the N - n added units, which have no inputs.
    start
        Their initial state, and their offset.
    """
    r, zeros = len(biases), RationalMatrix.zeros
    low = RationalMatrix.column([start] * r)
    return URNN(
        W=U,
        F=RationalMatrix.blocks([[rnn.F], [zeros(r, rnn.inputs)]]),
        b=RationalMatrix.blocks([[rnn.b], [RationalMatrix.column(biases)]]),
        C=RationalMatrix.blocks([[rnn.C, zeros(rnn.outputs, r)]]),
        h_init=RationalMatrix.blocks([[rnn.h_init], [low]]),
        activation=rnn.activation,
        offset=RationalMatrix.blocks([[zeros(rnn.states, 1)], [low]]),
    )
