"""A positive definite integer matrix as ``X^T X`` with rational X, at most three rows more.

Row by row of A a vector of the right norm is found in what is orthogonal to the earlier ones,
with as many new coordinates as that takes (``guesses.rational.representation``): four
dimensions always suffice, so X has at most r + 3 rows.  Then the coordinates are changed to an
orthonormal frame of a unimodular lattice that contains all columns found so far
(:mod:`urnn_proofs.guesses.rational.lattice`), in which they are integers or have powers of two as
denominators.  So the digits of X do not grow.

Source: A. Meyer; L. J. Mordell (1930) and C. Ko (1937) for integers and r <= 5.
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpz_mat

from urnn_proofs.checks.exact.integers import block, identity, join
from urnn_proofs.guesses.rational.four_squares import four_squares
from urnn_proofs.guesses.rational.lattice import (
    kernel_basis,
    orthonormal_frame,
    reduce_gram,
    unimodular_containing,
)
from urnn_proofs.guesses.rational.representation import fixed_part, vector_of_norm
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["gram_factor"]


def gram_factor(A: fmpz_mat) -> RationalMatrix:
    """Return X with ``X^T X = A``, exactly.

    Parameters
    ----------
    A
        Symmetric positive definite, (r, r).

    Returns
    -------
    RationalMatrix
        (N, r); N is at most r + 3 unless a search failed, in which case up to 4r.

    Raises
    ------
    UndecidedError
        If a search was given up.

    Examples
    --------
    >>> gram_factor(fmpz_mat([[7]]))
    RationalMatrix([2; 1; 1; 1])
    >>> gram_factor(fmpz_mat([[7, 0], [0, 7]])).shape
    (4, 2)
    """
    r = A.nrows()
    if r == 0:
        return RationalMatrix.zeros(0, 0)
    change = reduce_gram(A)
    reduced = change * A * change.transpose()
    X = RationalMatrix(fmpz_mat(0, 0), 1)
    for k in range(r):
        X = _extend(reduced, X, k)
    # X is for the reduced basis; the inverse of the change is an integer matrix.
    inverse, _ = change.inv().numer_denom()
    X = _without_zero_rows(RationalMatrix(X.numerators * inverse.transpose(), X.denominator))
    if X.transpose() @ X != RationalMatrix(A, 1):
        raise UndecidedError("the factor found does not reproduce A; this should not happen")
    return X


def _extend(A: fmpz_mat, X: RationalMatrix, k: int) -> RationalMatrix:
    """Return a factor of the leading (k+1) x (k+1) block from the one of the k x k block."""
    rows, norm = X.shape[0], int(A[k, k])
    columns = X.numerators.transpose()
    free = kernel_basis(columns) if k else fmpz_mat(0, 0)
    w0, e = _particular_solution(columns, [int(A[j, k]) * X.denominator for j in range(k)])
    for new in range(5):
        if new == 4 or not free.nrows():
            base = fixed_part(free, w0, e)
            y = [*base, *four_squares(norm - sum((x * x for x in base), Fraction(0)))]
        else:
            wide, padded = _with_unit_vectors(free, new), fmpz_mat(1, new)
            found = vector_of_norm(wide, _beside(w0, padded), e, norm)
            if found is None:
                continue
            y = found
        break
    zeros = RationalMatrix.zeros(len(y) - rows, k)
    column = RationalMatrix.column(y)
    if k == 0:
        return _in_good_frame(column)
    return _in_good_frame(RationalMatrix.blocks([[RationalMatrix.blocks([[X], [zeros]]), column]]))


def _particular_solution(M: fmpz_mat, values: list[int]) -> tuple[fmpz_mat, int]:
    """Return an integer vector w (one row) and the least e > 0 with ``M w = e values``."""
    side = fmpz_mat(len(values), 1, [-v for v in values])
    kernel = kernel_basis(_beside(side, M)) if values else fmpz_mat(1, 1, [1])
    rows = kernel.hnf()
    return block(rows, [0], range(1, rows.ncols())), int(rows[0, 0])


def _beside(a: fmpz_mat, b: fmpz_mat) -> fmpz_mat:
    return join(a, b, fmpz_mat(0, a.ncols()), fmpz_mat(0, b.ncols()))


def _with_unit_vectors(free: fmpz_mat, new: int) -> fmpz_mat:
    rows, columns = free.nrows(), free.ncols()
    return join(free, fmpz_mat(rows, new), fmpz_mat(new, columns), identity(new))


def _in_good_frame(X: RationalMatrix) -> RationalMatrix:
    """Change the coordinates so that the denominators become powers of two, mostly 1."""
    if X.denominator == 1:
        return X
    frame, d = orthonormal_frame(unimodular_containing(X.numerators.transpose(), X.denominator))
    return _lowest_terms(frame * X.numerators, d * X.denominator)


def _lowest_terms(M: fmpz_mat, denominator: int) -> RationalMatrix:
    rows = [[Fraction(int(x), denominator) for x in row] for row in M.tolist()]
    return RationalMatrix.from_fractions(rows, columns=M.ncols())


def _without_zero_rows(X: RationalMatrix) -> RationalMatrix:
    kept = [i for i, row in enumerate(X.numerators.tolist()) if any(row)]
    return RationalMatrix(block(X.numerators, kept, range(X.shape[1])), X.denominator)
