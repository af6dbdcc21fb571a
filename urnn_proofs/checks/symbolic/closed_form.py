"""The construction of Theorem 3.1 as SymPy matrices to look at.

These are for reading and for display.  What proves them is in
:mod:`urnn_proofs.checks.symbolic.entrywise` (symbolic weights) and :mod:`urnn_proofs.checks.exact`
(given weights); nothing here calls ``simplify``.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from urnn_proofs.checks.symbolic.entrywise import symbolic_dilation
from urnn_proofs.model.errors import UnsupportedError

__all__ = ["construction"]

#: Largest n whose closed form still fits on a page.
MAX_CLOSED_FORM = 2


def construction(n: int) -> sp.Matrix:
    """Return the 2n x 2n orthogonal matrix U for a symbolic n x n matrix W.

    Each entry of the added blocks is a polynomial over a square root of products of leading
    minors, common factors cancelled.

    Parameters
    ----------
    n
        1 or 2.

    Raises
    ------
    UnsupportedError
        For other n.

    Examples
    --------
    >>> construction(1)
    Matrix([
    [             w11, sqrt(1 - w11**2)],
    [sqrt(1 - w11**2),             -w11]])
    """
    if not 1 <= n <= MAX_CLOSED_FORM:
        raise UnsupportedError(
            f"n is {n}; the closed form is written out for n <= {MAX_CLOSED_FORM}; "
            f'theorem("3.1") holds for every n'
        )
    s = symbolic_dilation(n)
    right = [[s.Y[i][i], s.P[i][i]] for i in range(n)]  # neighbouring leading minors of A
    left = [[s.Y_left[i][i], s.P_left[i][i]] for i in range(n)]
    U = sp.zeros(2 * n, 2 * n)
    X = s.X
    for i in range(n):
        for j in range(n):
            U[i, j] = s.W[i][j].as_expr()
            U[i, n + j] = _over_root(s.P_left[j][i], left[j])
            U[n + i, j] = _over_root(s.P[i][j], right[i])
            U[n + i, n + j] = _over_root(X[i][j], right[i] + left[j])
    return U


def _over_root(numerator: Any, minors: list[Any]) -> Any:
    """Return ``numerator / sqrt(product of minors)``, each minor a positive polynomial.

    Equal pairs leave the root, and minors that divide the numerator cancel; all divisions
    are exact in the polynomial ring.
    """
    if numerator == 0:
        return sp.Integer(0)
    below = numerator.ring.one
    single: list[Any] = []
    for minor in minors:
        if minor in single:
            single.remove(minor)
            below = below * minor
        elif minor != 1:
            single.append(minor)
    common = numerator.gcd(below)
    result = sp.Integer(1)
    numerator, below = numerator.exquo(common), below.exquo(common)
    for minor in single:
        root = sp.sqrt(minor.as_expr())
        quotient, remainder = numerator.div([minor])
        if remainder == 0:
            numerator, result = quotient[0], result * root
        else:
            result = result / root
    return numerator.as_expr() * result / below.as_expr()
