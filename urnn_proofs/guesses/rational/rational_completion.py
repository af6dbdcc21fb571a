"""Complete rational orthonormal columns to a rational orthogonal matrix.

The reflections ``I - 2 w w^T / (w^T w)``, ``w = v_j - e_j`` for j = 1, ..., n in order (v_j the
current column), map the first n unit vectors to the columns of V.  Their product is written here
in one piece: with E the first n columns of the identity, W the first n rows of V and Z = V - E,

    U = I - Z (I - W^T)^{-1} Z^T,

which is orthogonal because ``Z^T Z = (I - W) + (I - W^T)``, and ``U E = V``.  No intermediate
result is larger than U.  If ``I - W`` is singular (W has the eigenvalue 1), some columns of V
change sign before and after, that is, reflections with ``v_j + e_j`` are taken: with J diagonal,
``det(J - W)`` is affine in each sign with leading minors as slopes, so suitable signs exist.

Source: A. S. Householder (1958); block form: C. H. Bischof and C. Van Loan (1987).
"""

from __future__ import annotations

from flint import fmpq_mat, fmpz_mat

from urnn_proofs.checks.exact.integers import block, identity
from urnn_proofs.model.errors import InputError, UndecidedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["complete_orthonormal"]


def complete_orthonormal(V: RationalMatrix) -> RationalMatrix:
    """Return a rational orthogonal (N, N) matrix whose first n columns are *V*.

    Parameters
    ----------
    V
        Orthonormal columns, (N, n) with n <= N.

    Raises
    ------
    InputError
        If the columns are not orthonormal, exactly.

    Examples
    --------
    >>> complete_orthonormal(RationalMatrix.parse([[0.6], [0.8]], "V").replace((0, 0), 0))
    Traceback (most recent call last):
        ...
    urnn_proofs.model.errors.InputError: the columns of V are not orthonormal: ...
    >>> from fractions import Fraction as Q
    >>> complete_orthonormal(RationalMatrix.from_fractions([[Q(3, 5)], [Q(4, 5)]]))
    RationalMatrix([3/5 4/5; 4/5 -3/5])
    """
    N, n = V.shape
    _refuse_unless_orthonormal(V)
    if n == 0:
        return RationalMatrix(identity(N), 1)
    top = RationalMatrix(block(V.numerators, range(n), range(n)), V.denominator)
    signs = _diagonal(_signs(top))
    flipped = RationalMatrix(V.numerators * signs, V.denominator)
    Z = flipped - RationalMatrix(block(identity(N), range(N), range(n)), 1)
    inner = RationalMatrix(identity(n), 1) - RationalMatrix(top.numerators * signs, top.denominator)
    U = RationalMatrix(identity(N), 1) - Z @ _solve_transposed(inner, Z.transpose())
    both = identity(N)
    for i in range(n):
        both[i, i] = signs[i, i]
    U = _lowest_terms(U.numerators * both, U.denominator)
    if not _completes(U, V):  # cannot happen: the docstring above has the proof
        raise UndecidedError("the completion found is not orthogonal or does not begin with V")
    return U


def _refuse_unless_orthonormal(V: RationalMatrix) -> None:
    gram = V.numerators.transpose() * V.numerators
    unit = V.denominator**2
    n = V.shape[1]
    for i in range(n):
        for j in range(i, n):
            if gram[i, j] != (unit if i == j else 0):
                raise InputError(
                    f"the columns of V are not orthonormal: the inner product of columns {i} and "
                    f"{j} is about {float(int(gram[i, j]) / unit):.6g}; expected {int(i == j)}"
                )


def _signs(W: RationalMatrix) -> list[int]:
    """Return signs with ``det(diag(signs) - W) != 0``, all 1 if that will do."""
    n, d = W.shape[0], W.denominator
    if (identity(n, d) - W.numerators).det() != 0:
        return [1] * n
    signs: list[int] = []
    for k in range(1, n + 1):
        signs.append(1)
        leading = block(W.numerators, range(k), range(k))
        if (_diagonal(signs) * d - leading).det() == 0:
            signs[-1] = -1
    return signs


def _diagonal(entries: list[int]) -> fmpz_mat:
    result = fmpz_mat(len(entries), len(entries))
    for i, x in enumerate(entries):
        result[i, i] = x
    return result


def _solve_transposed(M: RationalMatrix, right: RationalMatrix) -> RationalMatrix:
    """Return ``(M^T)^{-1} right``."""
    solution: fmpq_mat = M.numerators.transpose().solve(right.numerators * M.denominator)
    numerators, q = solution.numer_denom()
    return RationalMatrix(numerators, int(q) * right.denominator)


def _lowest_terms(M: fmpz_mat, denominator: int) -> RationalMatrix:
    numerators, q = (fmpq_mat(M) / denominator).numer_denom()
    return RationalMatrix(numerators, int(q))


def _completes(U: RationalMatrix, V: RationalMatrix) -> bool:
    size, n = V.shape
    first = RationalMatrix(block(U.numerators, range(size), range(n)), U.denominator)
    gram = U.numerators.transpose() * U.numerators
    return first == V and bool(gram == identity(size, U.denominator**2))
