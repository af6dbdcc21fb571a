"""Where a matrix lies: its norm from both sides, and how far the nearest orthogonal matrix is."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from urnn_proofs.checks.exact.norms import norm_upper_bound
from urnn_proofs.model.number import round_up, sqrt_upper
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["norm_interval", "orthogonal_distance"]

_BITS = 20


def norm_interval(W: RationalMatrix) -> tuple[Fraction, Fraction]:
    """Return rationals around the spectral norm: ``lower <= ||W|| <= upper``.

    The lower one is ``||W v|| / ||v||`` for a rational v, rounded down.

    Examples
    --------
    >>> lower, upper = norm_interval(RationalMatrix.parse([[3, 0], [4, 5]], "W"))
    >>> round(float(lower), 5), round(float(upper), 5)
    (6.7082, 6.7082)
    """
    upper = norm_upper_bound(W)
    if W.is_zero():
        return Fraction(0), Fraction(0)
    lower = _largest_entry(W)
    with np.errstate(all="ignore"):
        try:
            v = np.linalg.svd(W.to_numpy())[2][0]
        except np.linalg.LinAlgError:
            return lower, upper
    if np.isfinite(v).all():
        column = RationalMatrix.column([round(x * 2**_BITS) for x in v.tolist()])
        if not column.is_zero():
            squared = (W @ column).frobenius_squared() / column.frobenius_squared()
            lower = max(lower, _sqrt_lower(squared))
    return lower, upper


def orthogonal_distance(W: RationalMatrix) -> Fraction:
    """Return an upper bound of the distance from a square W to the nearest orthogonal matrix.

    In the spectral norm the distance is ``max |s - 1|`` over the singular values s.  With
    ``e = ||W^T W - I||`` every ``|s^2 - 1| <= e``, and ``|s - 1| = |s^2 - 1| / (s + 1)`` is at most
    ``e / (1 + sqrt(1 - e))`` if ``e < 1``; else at most ``max(1, ||W|| - 1)``.

    Examples
    --------
    >>> orthogonal_distance(RationalMatrix.parse([[0, 1], [1, 0]], "W"))
    Fraction(0, 1)
    >>> float(orthogonal_distance(RationalMatrix.parse([[1.001]], "W"))) < 0.00101
    True
    """
    gram = W.transpose() @ W
    e = norm_upper_bound((gram - RationalMatrix.identity(W.shape[0])).reduced())
    if e < 1:
        return round_up(e / (1 + _sqrt_lower(1 - e)))
    return max(Fraction(1), norm_upper_bound(W) - 1)


def _largest_entry(W: RationalMatrix) -> Fraction:
    return Fraction(max(abs(int(x)) for x in W.numerators.entries()), W.denominator)


def _sqrt_lower(value: Fraction) -> Fraction:
    """Return a rational at most ``sqrt(value)``, close to it."""
    if value == 0:
        return value
    return value / sqrt_upper(value)
