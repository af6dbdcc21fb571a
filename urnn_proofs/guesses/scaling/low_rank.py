"""Diagonal P for which ``P - W^T P W >= 0`` has low rank; floating point proposes, nothing more.

Extreme points of ``{p : P - W^T P W >= 0, sum p = n}`` have low rank, and linear objectives reach
them: the trace of ``P - W^T P W``, the same with weights taken from the last solution (which
minimises the logarithm of the determinant, a stand-in for the rank), and single entries of p.

Reference: M. Fazel, H. Hindi, S. Boyd, *Log-det heuristic for matrix rank minimization* (2003).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from urnn_proofs.guesses.scaling.balance import Array, balance, scaled, scaled_norm
from urnn_proofs.guesses.scaling.interior_point import least_slack, slack, widest_margin

__all__ = ["deficient_scalings"]

SIZE_LIMIT = 24
_REWEIGHTINGS = 3
_TOLERANCE = 1e-7
_RANGE = 16.0  # in bits: a solution that goes to 0 or to infinity is no simple fraction


def deficient_scalings(W: Array, start: Array | None) -> Iterator[tuple[Fraction, ...]]:
    """Yield simple rational e with ``I - A^T A`` about singular and >= 0, ``A = E W E^{-1}``.

    Parameters
    ----------
    W
        A square matrix; nothing is yielded if it has more than ``SIZE_LIMIT`` rows.
    start
        Base-2 logarithms of a scaling that makes W contractive; None if there is none.

    Examples
    --------
    >>> next(deficient_scalings(np.array([[0.0, 0.5], [0.0, 0.0]]), np.zeros(2)))
    (Fraction(2, 1), Fraction(1, 1))
    """
    if len(W) > SIZE_LIMIT:
        return
    seen: set[tuple[Fraction, ...]] = set()
    for logarithms in _extreme(W, start):
        for candidate in _simple(logarithms):
            if candidate not in seen and _is_deficient(W, candidate):
                seen.add(candidate)
                yield candidate


def _extreme(W: Array, start: Array | None) -> Iterator[Array]:
    """Yield base-2 logarithms of E at extreme points."""
    if start is None:
        x = balance(W)
        for proposal in widest_margin(scaled(W, x)):
            yield x + proposal.logarithms
        return
    A = scaled(W, start)
    n = len(A)
    weight: Array = np.eye(n)
    for k in range(_REWEIGHTINGS):
        # tr(C (P - A^T P A)) is linear in p with these coefficients.
        p = least_slack(A, np.diag(weight) - np.diag(A @ weight @ A.T))
        yield start + np.log2(p) / 2
        regular = slack(A, p) + 10.0 ** -(k + 1) * np.eye(n)
        weight = np.asarray(np.linalg.inv(regular), dtype=np.float64)
    for i in range(n):
        for sign in (1.0, -1.0):
            yield start + np.log2(least_slack(A, sign * np.eye(n)[i])) / 2


def _simple(logarithms: Array) -> Iterator[tuple[Fraction, ...]]:
    """Round ``2^x`` to simple fractions, relative to the least and to the largest of them."""
    if np.ptp(logarithms) > _RANGE:
        return
    for base in (logarithms.min(), logarithms.max()):
        ratios = np.exp2(logarithms - base)
        for limit in (1, 12, 120, 1200):
            rounded = tuple(Fraction(float(r)).limit_denominator(limit) for r in ratios)
            if all(rounded):
                yield rounded


def _is_deficient(W: Array, scaling: tuple[Fraction, ...]) -> bool:
    """Tell whether ``I - A^T A`` is semidefinite and singular, as far as floats can tell."""
    logarithms = np.log2(np.array([float(e) for e in scaling]))
    if abs(scaled_norm(W, logarithms) - 1) > _TOLERANCE:
        return False
    A = scaled(W, logarithms)
    return bool(np.linalg.eigvalsh(np.eye(len(A)) - A.T @ A)[0] > -_TOLERANCE)
