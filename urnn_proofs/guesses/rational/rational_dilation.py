"""The orthogonal dilation of a contraction with rational entries throughout.

For a rational W with ``||W|| <= 1`` let r be the rank of ``I - W^T W``.  With D the diagonal of
common denominators of the columns of W, ``A = D (I - W^T W) D`` is an integer matrix, and
``A = X^T X`` with X rational of at most r + 3 rows (``guesses.rational.gram_factor``).  Then
``W3 = X D^{-1}`` has ``W^T W + W3^T W3 = I``, and ``[W; W3]`` is completed to a rational
orthogonal U (:mod:`urnn_proofs.guesses.rational.rational_completion`).

The entries of X are integers or have small powers of two as denominators, so W3 has hardly more
digits than W; the common denominator of U divides ``det(D - D W)`` times a few powers.

Compared with :mod:`urnn_proofs.checks.exact.dilation` no square root is left, at the price of up to
three more states (one more at n = 1 already: 7/16 is not a sum of three squares).
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from flint import fmpz_mat

from urnn_proofs.checks.exact.definite import Kind, decide_semidefinite
from urnn_proofs.checks.exact.integers import block, identity
from urnn_proofs.guesses.rational.gram_factor import gram_factor
from urnn_proofs.guesses.rational.lattice import quotient_basis
from urnn_proofs.guesses.rational.rational_completion import complete_orthonormal
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled import ScaledRational

__all__ = ["is_rational_dilation", "rational_dilation", "rational_work_fits"]

WORK_LIMIT = 2**31


def rational_work_fits(size: int, bits: int) -> bool:
    """Tell whether the search is a matter of minutes: *bits* of the columns' denominators."""
    return size**4 * bits**2 <= WORK_LIMIT


def rational_dilation(W: RationalMatrix, *, force: bool = False) -> ScaledRational:
    """Return an orthogonal U with rational entries and W in its upper left corner.

    Parameters
    ----------
    W
        Rational, (n, n), ``||W|| <= 1``.
    force
        Try even if the size and the bits of the entries make it a matter of hours.

    Returns
    -------
    ScaledRational
        All scales are 1; n + m states with m <= r + 3, r the rank of ``I - W^T W``, unless numbers
        with a large common factor resist factoring (then m <= 4 r).

    Raises
    ------
    InputError
        If W is not square.
    NotContractiveError
        If ``||W|| > 1``, with a rational witness.
    UnsupportedError
        If W is too large.
    UndecidedError
        If a search was given up.

    Examples
    --------
    >>> rational_dilation(RationalMatrix.parse([[Fraction(3, 5)]], "W")).R
    RationalMatrix([3/5 4/5; 4/5 -3/5])
    >>> rational_dilation(RationalMatrix.parse([[0.75]], "W")).shape
    (5, 5)
    """
    n = W.shape[0]
    if W.shape != (n, n):
        raise InputError(f"W has shape {W.shape}; expected a square matrix")
    D, N = _columns_over_denominators(W)
    bits = max((d.bit_length() for d in D), default=0)
    if not force and not rational_work_fits(n, bits):
        raise UnsupportedError(
            f"W is {n}x{n} with {bits}-bit denominators, too large for a dilation without square "
            f"roots; round the weights to fewer bits, pass force=True, or allow scales"
        )
    squares = fmpz_mat(n, n)
    for i, d in enumerate(D):
        squares[i, i] = d**2
    A = squares - N.transpose() * N
    _refuse_indefinite(A, D)
    coordinates, lifts = quotient_basis(A)
    X = gram_factor(lifts * A * lifts.transpose())
    Y = RationalMatrix(X.numerators * coordinates, X.denominator)
    W3 = RationalMatrix.from_fractions(
        [[x / d for x, d in zip(row, D, strict=True)] for row in Y.to_fractions()], columns=n
    )
    U = complete_orthonormal(RationalMatrix.blocks([[W], [W3]]))
    ones = (Fraction(1),) * U.shape[0]
    result = ScaledRational(U, ones, ones)
    if not is_rational_dilation(W, result):  # cannot happen: every part was checked
        raise UndecidedError("the matrix built is not a dilation of W")
    return result


def is_rational_dilation(W: RationalMatrix, U: ScaledRational) -> bool:
    """Check exactly that U is rational, orthogonal, and has W in its upper left corner.

    This is all that has to be believed; how U was found does not matter.

    Examples
    --------
    >>> W = RationalMatrix.parse([[0.75]], "W")
    >>> is_rational_dilation(W, rational_dilation(W))
    True
    """
    size, n = U.shape[0], W.shape[0]
    if U.shape != (size, size) or W.shape != (n, n) or size < n:
        return False
    if any(x != 1 for x in (*U.alpha, *U.beta)):
        return False
    R, d = U.R.numerators, U.R.denominator
    corner = RationalMatrix(block(R, range(n), range(n)), d)
    return corner == W and bool(R.transpose() * R == identity(size, d**2))


def _columns_over_denominators(W: RationalMatrix) -> tuple[list[int], fmpz_mat]:
    """Return common denominators D of the columns, and the integer matrix ``W diag(D)``."""
    rows = W.to_fractions()
    D = [lcm(*(row[j].denominator for row in rows)) for j in range(W.shape[1])]
    entries = [int(x * d) for row in rows for x, d in zip(row, D, strict=True)]
    return D, fmpz_mat(len(rows), len(D), entries)


def _refuse_indefinite(A: fmpz_mat, D: list[int]) -> None:
    answer = decide_semidefinite(A)
    if answer.kind is Kind.INDEFINITE:
        assert answer.witness is not None
        raise NotContractiveError(
            "W has norm above 1 (the attached witness v has ||W v|| > ||v||, exactly); "
            "expected ||W|| <= 1",
            tuple(d * x for d, x in zip(D, answer.witness, strict=True)),
        )
