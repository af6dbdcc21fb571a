"""The orthogonal dilation of a contraction with rational entries throughout.

For a rational W with ``||W|| <= 1`` let r be the rank of ``I - W^T W`` and S its pivots.  The
principal submatrix on S is ``X^T X`` with rational X of at most 4r rows
(:mod:`urnn_proofs.guesses.rational.square_rows`), all of ``I - W^T W`` is ``W3^T W3`` with
``W3 = X [I, K]``, K the rational combinations of the columns in S that give the other ones, and
``[W; W3]`` is completed to a rational orthogonal U
(:mod:`urnn_proofs.guesses.rational.rational_completion`).

The entries of W3 have few more digits than those of W; the common denominator of U divides
``det(I - W)`` times the square of theirs.

Compared with :mod:`urnn_proofs.checks.exact.dilation` no square root is left, at the price of up to
3r more states (at n = 1 already: 7/16 is not a sum of three squares).
"""

from __future__ import annotations

from urnn_proofs.checks.exact.definite import Kind, decide_semidefinite
from urnn_proofs.guesses.rational.rational_completion import complete_orthonormal
from urnn_proofs.guesses.rational.square_rows import square_rows
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UnsupportedError,
)
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["rational_dilation", "rational_work_fits"]

# About half a minute: 48 states with float64 weights, 100 with weights of 16 bits.
WORK_LIMIT = 2**35


def rational_work_fits(size: int, bits: int) -> bool:
    """Tell whether the search is a matter of minutes: *bits* of the columns' denominators."""
    return size**4 * bits**2 <= WORK_LIMIT


def rational_dilation(W: RationalMatrix, *, force: bool = False) -> Orthogonal:
    """Return an orthogonal U with rational entries and W in its upper left corner.

    Parameters
    ----------
    W
        Rational, (n, n), ``||W|| <= 1``.
    force
        Try even if the size and the bits of the entries make it a matter of hours.

    Returns
    -------
    Orthogonal
        All scales are 1; n + m states with m <= 4r, r the rank of ``I - W^T W``.

    Raises
    ------
    InputError
        If W is not square.
    NotContractiveError
        If ``||W|| > 1``, with a rational witness.
    UnsupportedError
        If W is too large.
    UndecidedError
        If ``||W||`` is within about 2^-500 of 1, or a number has too many digits for a sum of
        squares.

    Examples
    --------
    >>> from fractions import Fraction
    >>> rational_dilation(RationalMatrix.parse([[Fraction(3, 5)]], "W")).R
    RationalMatrix([3/5 4/5; 4/5 -3/5])
    >>> rational_dilation(RationalMatrix.parse([[0.75]], "W")).shape
    (5, 5)
    """
    n = W.shape[0]
    if W.shape != (n, n):
        raise InputError(f"W has shape {W.shape}; expected a square matrix")
    bits = W.denominator.bit_length()
    if not force and not rational_work_fits(n, bits):
        raise UnsupportedError(
            f"W is {n}x{n} with a {bits}-bit denominator, too large for a dilation without square "
            f"roots; round the weights to fewer bits, allow scales, or pass force=True "
            f"in Python"
        )
    W3 = _completing_rows(RationalMatrix.identity(n) - W.transpose() @ W)
    U = complete_orthonormal(RationalMatrix.blocks([[W], [W3]]))
    return Orthogonal(U)


def _completing_rows(A: RationalMatrix) -> RationalMatrix:
    """Return rational W3 with ``W3^T W3 = A``, if A is positive semidefinite."""
    answer = decide_semidefinite(A.numerators)
    if answer.kind is Kind.INDEFINITE:
        raise NotContractiveError(
            "W has norm above 1 (the attached witness v has ||W v|| > ||v||, exactly); "
            "expected ||W|| <= 1",
            answer.witness,
        )
    pivots, everything = answer.support, range(A.shape[0])
    if not pivots:
        return RationalMatrix.zeros(0, len(everything))
    minor = A.block(pivots, pivots)
    X = square_rows(minor)
    if len(pivots) == len(everything):
        return X
    return X @ minor.solve(A.block(pivots, everything))
