"""Weights of the norm in which errors are measured: a proposal, for any positive weights are sound.

ReLU is non-expansive in ``||S h||`` for every positive diagonal S.  Measured so, all bounds of
:mod:`urnn_proofs.checks.numeric.error_bounds` are those of the rescaled network
``(S W S^-1, S F, S b, C S^-1)``, and ``||S W S^-1||`` may be well below ``||W||``.  Only the
analysis changes: the weights that are stored and run stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.model.number import to_float

__all__ = ["propose_weighting", "small_weights", "top_singular", "undone_weighting"]

Array = np.ndarray[Any, np.dtype[np.float64]]

# Each step takes three singular value decompositions; beyond this size little is gained.
_LARGEST = 128
_STEPS = 60
# Weights at most e^6 apart: larger ratios serve degenerate networks only, and magnify underflow.
_EXTREME = 3.0


def propose_weighting(net: FloatNetwork, M: float) -> tuple[Fraction, ...] | None:
    """Look for weights S that make the bounds small.

    What is minimised is ``||C S^-1|| (||S F|| M + ||S b||) / (1 - ||S W S^-1||)^2``.

    Parameters
    ----------
    net
        The stored weights of the n upper units, W contractive.
    M
        Bound of the inputs.

    Returns
    -------
    tuple of Fraction or None
        Positive, the smallest about 1; None if plain norms are to be used.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> net = RNN([[0, 0.9], [0, 0]], [[0], [1]], [0, 0], [[1, 0]])
    >>> S = propose_weighting(FloatNetwork.rounded(net), 1.0)
    >>> S[1] > S[0]  # shrinks the entry 0.9
    True
    """
    if not np.isfinite(M):
        return None
    return small_weights(lambda logarithms: _objective(net, M, logarithms), np.zeros(net.states))


def undone_weighting(
    net: FloatNetwork, M: float, E: tuple[Fraction, ...], inner: tuple[Fraction, ...] | None
) -> tuple[Fraction, ...] | None:
    """Return weights of the states ``E h`` that undo E, up to those that serve h itself.

    For an E in whose norm the contraction is hardly one.  None if E does not fit.

    Parameters
    ----------
    net, M
        The network of the states h, as for :func:`propose_weighting`.
    inner
        Weights of h to fall back on.
    """
    own = propose_weighting(net, M) or inner or (Fraction(1),) * net.states
    if not len(E) == len(own) == net.states or min(E) <= 0:
        return None
    found = np.array([to_float(s / e) for s, e in zip(own, E, strict=True)], np.float32)
    if not (np.isfinite(found).all() and (found > 0).all()):
        return None
    return tuple(Fraction(float(x)) for x in found)


def small_weights(
    objective: Callable[[Array], tuple[float, Array]], start: Array
) -> tuple[Fraction, ...] | None:
    """Look for weights S of few digits that make an objective small.

    Parameters
    ----------
    objective
        Maps ``log S`` to the logarithm of what is to be small, and its gradient.
    start
        ``log S`` to begin with, (n,); the objective is finite there.

    Returns
    -------
    tuple of Fraction or None
        Positive, the smallest about 1; None if that gains little, or n is 1 or large.
    """
    logarithms = start
    if not 1 < len(start) <= _LARGEST:
        return None
    try:
        value, gradient = objective(logarithms)
        first, step = value, 1.0
        for _ in range(_STEPS):
            candidate = np.clip(logarithms - step * gradient, start - _EXTREME, start + _EXTREME)
            lower, slope = objective(candidate)
            gain = value - lower
            if gain > 0:
                logarithms, value, gradient, step = candidate, lower, slope, step * 1.5
            else:
                step /= 2
            if step < 1e-4 or 0 < gain < 1e-3:
                break
    except np.linalg.LinAlgError:
        return None
    scales = np.exp(logarithms - logarithms.min())
    short = tuple(Fraction(float(s)).limit_denominator(64) for s in scales)
    # Near norm 1 the few digits may have spoilt what was found.
    value, _ = objective(np.log(np.array([float(s) for s in short])))
    return short if value < first - 0.1 else None


def _objective(net: FloatNetwork, M: float, logarithms: Array) -> tuple[float, Array]:
    """Return the logarithm of the objective and its gradient; infinite outside its domain."""
    s = np.exp(logarithms)
    W, F, b, C = (getattr(net, name).astype(np.float64) for name in ("W", "F", "b", "C"))
    rho, left, right = top_singular(W * s[:, None] / s)
    f, F_left, _ = top_singular(F * s[:, None])
    c, _, C_right = top_singular(C / s)
    b = b * s
    beta = float(np.linalg.norm(b))
    drive = f * M + beta
    if not (rho < 1 and c > 0 and drive > 0):
        return math.inf, np.zeros_like(s)
    pushed = f * M * F_left**2 + (b**2 / beta if beta else 0.0)
    amplified: Array = 2 * rho / (1 - rho) * (left**2 - right**2)
    gradient: Array = amplified + pushed / drive - C_right**2
    return math.log(c) + math.log(drive) - 2 * math.log(1 - rho), gradient


def top_singular(A: Array) -> tuple[float, Array, Array]:
    """Return the largest singular value and its vectors."""
    U, values, Vt = np.linalg.svd(A, full_matrices=False)
    return float(values[0]), U[:, 0], Vt[0]
