"""Copies of units that make a network unitary, or a proof that none do.

Wanted is a positive diagonal E with ``W^T E W = E``, that is, ``sum_k e_k L_k = 0`` for
``L_k = w_k w_k^T - u_k u_k^T``, w_k the k-th row of W as a column and u_k a unit vector.  The Gram
matrix ``M_kl = <L_k, L_l> = (w_k . w_l)^2 - W_kl^2 - W_lk^2 + (k = l)`` has the solutions e as its
kernel; and ``Y = sum_k c_k L_k`` has ``diag(W Y W^T - Y) = M c``, so that every c with
``M c >= 0``, not 0, is a proof that there is no positive solution.  All is of size n.
:mod:`urnn_proofs.checks.exact.lumping` checks what is found here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np
from flint import fmpz_mat, nmod_mat

from urnn_proofs.checks.exact.duplication import copy_matrix
from urnn_proofs.checks.exact.lumping import Lumping, NoLumping
from urnn_proofs.checks.exact.norms import exact_work_fits
from urnn_proofs.guesses.components import principal, weak_parts
from urnn_proofs.model.deadline import check_deadline
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["duplicated_urnn", "find_lumping"]

# Subsets of one component that are tried before giving up: all of them for n <= 14.
_MOST_SUBSETS = 2**14
_PRIME = 2**61 - 1
_ROUNDINGS = (8, 20, 40)


def find_lumping(W: RationalMatrix) -> Lumping | NoLumping:
    """Find the least integers with ``W^T E W = E``, E positive diagonal, or a proof of none.

    Parameters
    ----------
    W
        Square rational matrix, (n, n).

    Raises
    ------
    UndecidedError
        If W is too large; if a component is so large and degenerate that no proof was found (never
        for n <= 14); or when the :func:`~urnn_proofs.model.deadline.deadline` passes.

    Examples
    --------
    >>> third = Fraction(1, 3)
    >>> W = RationalMatrix.parse([[third, 4 * third], [-2 * third, third]], "W")
    >>> find_lumping(W)
    Lumping(multiplicities=(1, 2))
    >>> find_lumping(RationalMatrix.parse([[0.5]], "W")).dual
    RationalMatrix([-3/4])
    """
    n = W.shape[0]
    multiplicities = [0] * n
    # W maps nothing into a part or out of it, so each part is a matrix of its own.
    for part in weak_parts(W):
        found = _find_connected(principal(W, part))
        if isinstance(found, NoLumping):
            inside = RationalMatrix.identity(n).block(range(n), part)
            return NoLumping(inside @ found.dual @ inside.transpose())
        for i, e in zip(part, found.multiplicities, strict=True):
            multiplicities[i] = e
    return Lumping(tuple(multiplicities))


def _find_connected(W: RationalMatrix) -> Lumping | NoLumping:
    check_deadline()
    M = _gram(W)
    n = W.shape[0]
    if nmod_mat(M.numerators, _PRIME).rank() == n:  # no solution but 0, so any M c >= 0 can be had
        for c in _rounded_solutions(W):
            if min((M @ c).numerators.entries()) > 0:
                return NoLumping(_dual(W, c))
        _refuse_large(M)
        check_deadline()
        return NoLumping(_dual(W, M.solve(RationalMatrix.identity(n).block(range(n), [0]))))
    _refuse_large(M)
    check_deadline()
    space = _kernel(M.numerators)
    if len(space) == 1:
        whole = space[0] if space[0][0] > 0 else [-x for x in space[0]]
        if min(whole) > 0:
            return Lumping(tuple(x // math.gcd(*whole) for x in whole))
    return NoLumping(_dual(W, _nonnegative_image(M, space)))


def _gram(W: RationalMatrix) -> RationalMatrix:
    n, unit = W.shape[0], W.denominator**2
    products = (W.numerators * W.numerators.transpose()).tolist()
    rows = W.numerators.tolist()
    entries = [
        products[k][m] ** 2 - unit * (rows[k][m] ** 2 + rows[m][k] ** 2) + unit**2 * (k == m)
        for k in range(n)
        for m in range(n)
    ]
    return RationalMatrix(fmpz_mat(n, n, entries), W.denominator**4)


def _dual(W: RationalMatrix, c: RationalMatrix) -> RationalMatrix:
    """Return ``sum_k c_k L_k = W^T C W - C``."""
    C = RationalMatrix.diagonal(c.entries())
    return (W.transpose() @ C @ W - C).reduced()


def _rounded_solutions(W: RationalMatrix) -> Iterator[RationalMatrix]:
    """Yield columns c with few digits and ``M c`` about (1, ..., 1)."""
    with np.errstate(all="ignore"):
        A = W.to_numpy()
        gram = (A @ A.T) ** 2 - A**2 - A.T**2 + np.eye(len(A))
        try:
            c = np.linalg.solve(gram, np.ones(len(A)))
        except np.linalg.LinAlgError:
            return
        largest = float(np.abs(c).max())
        if not 0 < largest < math.inf:
            return
        for bits in _ROUNDINGS:
            integers = np.rint(np.ldexp(c / largest, bits)).astype(np.int64)
            yield RationalMatrix.column([Fraction(int(x), 1 << bits) for x in integers])


def _refuse_large(M: RationalMatrix) -> None:
    n, bits = M.shape[0], M.bits
    if not exact_work_fits(n, bits):
        raise UndecidedError(
            f"W has a connected block of {n} states with {bits // 4}-bit entries, too large to "
            f"decide exactly whether copies of units do; round the weights to fewer bits"
        )


def _nonnegative_image(M: RationalMatrix, space: list[list[int]]) -> RationalMatrix:
    """Return c with ``M c`` nonnegative and not 0; the image of M is orthogonal to *space*.

    If there is a nonnegative vector there, there is one of minimal support, and on its support it
    is unique up to a factor: small supports are tried first.
    """
    n, tried = M.shape[0], 0
    for size in range(1, n + 1):
        for support in combinations(range(n), size):
            check_deadline()
            tried += 1
            if tried > _MOST_SUBSETS:
                raise UndecidedError(
                    f"W has a connected block of {n} states with a {len(space)}-dimensional "
                    f"family of diagonal solutions; no proof was found that none is positive"
                )
            kernel = _kernel(fmpz_mat([[v[i] for i in support] for v in space]))
            if len(kernel) == 1 and (min(kernel[0]) > 0 or max(kernel[0]) < 0):
                z = [0] * n
                for i, value in zip(support, kernel[0], strict=True):
                    z[i] = abs(value)
                return _preimage(M, z)
    raise AssertionError("Stiemke's alternative: a positive solution or a nonnegative combination")


def _preimage(M: RationalMatrix, z: list[int]) -> RationalMatrix:
    """Return c with ``M c = z``, for the symmetric M of any rank and z in its image."""
    n = M.shape[0]
    reduced, _, rank = M.numerators.rref()
    pivots = [next(j for j in range(n) if reduced[i, j] != 0) for i in range(rank)]
    # A symmetric matrix is regular on the rows and columns of its pivots.
    part = M.block(pivots, pivots).solve(RationalMatrix.column([z[i] for i in pivots])).entries()
    c = [Fraction(0)] * n
    for i, value in zip(pivots, part, strict=True):
        c[i] = value
    return RationalMatrix.column(c)


def _kernel(M: fmpz_mat) -> list[list[int]]:
    """Return integer vectors that span the right kernel."""
    basis, dimension = M.nullspace()
    columns = basis.transpose().tolist()[:dimension]
    return [[int(x) for x in vector] for vector in columns]


def duplicated_urnn(rnn: RNN, lumping: Lumping) -> tuple[URNN, tuple[int, ...]]:
    """Build the URNN: ``U = S W E^{-1} S^T + (I - S E^{-1} S^T)``.

    The first term lifts W to the span V of the columns of S, the second is the identity on the
    complement of V.  ``U^T U = S E^{-1} (W^T E W) E^{-1} S^T + (I - S E^{-1} S^T) = I`` if
    ``W^T E W = E``, which :func:`urnn_proofs.checks.exact.duplication.failing_identities` shows.
    """
    groups = tuple(i for i, e in enumerate(lumping.multiplicities) for _ in range(e))
    S = copy_matrix(groups, rnn.states)
    shared = RationalMatrix.diagonal([Fraction(1, e) for e in lumping.multiplicities])
    U = S @ (rnn.W - RationalMatrix.identity(rnn.states)) @ shared @ S.transpose()
    urnn = URNN(
        W=Orthogonal((U + RationalMatrix.identity(len(groups))).reduced()),
        F=S @ rnn.F,
        b=S @ rnn.b,
        C=rnn.C @ shared @ S.transpose(),
        h_init=S @ rnn.h_init,
        activation=rnn.activation,
    )
    return urnn, groups
