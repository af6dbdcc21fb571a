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
        return RationalMatrix.identity(N)
    top = V.block(range(n), range(n))
    signs = _signs(top)
    J = RationalMatrix.diagonal(signs)
    both = RationalMatrix.diagonal(signs + [1] * (N - n))
    Z = V @ J - RationalMatrix.identity(N).block(range(N), range(n))
    inner = RationalMatrix.identity(n) - top @ J
    U = RationalMatrix.identity(N) - Z @ inner.transpose().solve(Z.transpose())
    U = (U @ both).reduced()
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
    n = W.shape[0]
    signs = [1] * n
    if (RationalMatrix.identity(n) - W).rank() == n:
        return signs
    for k in range(1, n + 1):
        leading = RationalMatrix.diagonal(signs[:k]) - W.block(range(k), range(k))
        if leading.rank() < k:
            signs[k - 1] = -1
    return signs


def _completes(U: RationalMatrix, V: RationalMatrix) -> bool:
    size, n = V.shape
    orthogonal = U.transpose() @ U == RationalMatrix.identity(size)
    return orthogonal and U.block(range(size), range(n)) == V
