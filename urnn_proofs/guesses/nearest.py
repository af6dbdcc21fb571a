"""Matrices near a given one that are exactly orthogonal, or contractive with weights in floats.

Floating point proposes; whoever uses them decides what they are and how far away.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.number import to_float
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["near_contraction", "near_orthogonal"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def near_orthogonal(W: RationalMatrix, bits: int) -> RationalMatrix:
    """Return an exactly orthogonal rational matrix near the polar factor of W.

    With a diagonal J of signs and a skew K of *bits* bits, ``Q = (I - K)^{-1} (I + K) J`` is
    orthogonal whatever K is (Cayley).  Signs are chosen in order so that every pivot of ``J + P``,
    P the polar factor, is at least 1 in size.

    Raises
    ------
    UndecidedError
        If W has no polar factor in floating point.

    Examples
    --------
    >>> near_orthogonal(RationalMatrix.parse([[0.6, -0.8], [0.8, 0.6]], "W"), 3)
    RationalMatrix([3/5 -4/5; 4/5 3/5])
    """
    n = W.shape[0]
    try:
        left, _, right = np.linalg.svd(W.to_numpy())
    except np.linalg.LinAlgError:
        raise UndecidedError("W has no singular values in floating point; rescale it") from None
    P = left @ right
    signs = _signs(P)
    X = P * signs
    S = np.linalg.solve((X + np.eye(n)).T, (X - np.eye(n)).T).T
    K = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i):
            K[i][j] = round(Fraction(float(S[i, j] - S[j, i]) / 2) * 2**bits)
            K[j][i] = -K[i][j]
    skew = RationalMatrix.parse(K, "K") * Fraction(1, 2**bits)
    unit = RationalMatrix.identity(n)
    J = RationalMatrix.diagonal([int(s) for s in signs])
    return ((unit - skew).solve(unit + skew) @ J).reduced()


def _signs(P: Array) -> Array:
    """Return signs j such that elimination of ``diag(j) + P`` in order has pivots above 1."""
    A, n = P.copy(), len(P)
    signs = np.ones(n)
    for k in range(n):
        signs[k] = 1.0 if A[k, k] >= 0 else -1.0
        pivot = A[k, k] + signs[k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :]) / pivot
    return signs


def near_contraction(W: RationalMatrix, norm: Fraction, dtype: str) -> RationalMatrix:
    """Return W with its singular values cut at *norm*, in floats of *dtype*.

    Raises
    ------
    UndecidedError
        If W has no singular values in floating point.

    Examples
    --------
    >>> near_contraction(RationalMatrix.parse([[2, 0], [0, 0.25]], "W"), Fraction(1, 2), "float32")
    RationalMatrix([1/2 0; 0 1/4])
    """
    try:
        left, values, right = np.linalg.svd(W.to_numpy())
    except np.linalg.LinAlgError:
        raise UndecidedError("W has no singular values in floating point; rescale it") from None
    cut = (left * np.minimum(values, to_float(norm))) @ right
    return RationalMatrix.parse(cut.astype(dtype), "W")
