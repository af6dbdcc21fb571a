"""Minimise a smooth function of many variables (limited-memory BFGS); floating point only.

Reference: J. Nocedal, S. J. Wright, *Numerical Optimization* (2006), algorithm 7.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from urnn_proofs.model.deadline import check_deadline

__all__ = ["Array", "descend"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_MEMORY = 12
_HALVINGS = 25


def descend(
    objective: Callable[[Array], tuple[float, Array]], start: Array, steps: int, tolerance: float
) -> Array:
    """Return a point where the objective is no larger than at *start*.

    Parameters
    ----------
    objective
        The value and the gradient; infinite outside its domain, where the gradient is not used.
    steps
        At most so many.
    tolerance
        Stop when a step gains less.

    Examples
    --------
    >>> x = descend(lambda x: (float(x @ x), 2 * x), np.array([3.0, -4.0]), 50, 1e-12)
    >>> bool(np.abs(x).max() < 1e-6)
    True
    """
    x = start
    value, gradient = objective(x)
    pairs: list[tuple[Array, Array]] = []
    for _ in range(steps):
        check_deadline()
        direction = -_newton(gradient, pairs)
        slope = float(gradient @ direction)
        step = 1.0
        for _ in range(_HALVINGS):
            further = x + step * direction
            lower, there = objective(further)
            if lower <= value + 1e-4 * step * slope:
                break
            step *= 0.4
        else:
            return x
        moved, bent = further - x, there - gradient
        if moved @ bent > 1e-12 * np.linalg.norm(moved) * np.linalg.norm(bent):
            pairs = [*pairs[1 - _MEMORY :], (moved, bent)]
        gain = value - lower
        x, value, gradient = further, lower, there
        if gain < tolerance:
            break
    return x


def _newton(gradient: Array, pairs: list[tuple[Array, Array]]) -> Array:
    """Apply the inverse of the Hessian that the last steps suggest."""
    q, used = gradient.copy(), []
    for moved, bent in reversed(pairs):
        share = (moved @ q) / (moved @ bent)
        used.append(share)
        q -= share * bent
    if pairs:
        moved, bent = pairs[-1]
        q *= (moved @ bent) / (bent @ bent)
    else:
        q *= 0.1 / max(float(np.linalg.norm(gradient)), 1e-9)
    for (moved, bent), share in zip(pairs, reversed(used), strict=True):
        q += (share - (bent @ q) / (moved @ bent)) * moved
    return np.asarray(q, dtype=np.float64)
