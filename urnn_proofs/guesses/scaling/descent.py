"""Search for a diagonal scaling by descent on the norm; floating point, nothing is decided.

The logarithm of ``||E A E^{-1}||`` is convex in log E.  It is smoothed to
``log tr((B^T B)^power) / (2 power)`` with ``B = E A E^{-1}``, for a growing power.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from urnn_proofs.guesses.scaling.balance import Array, Proposal, scaled, scaled_norm

__all__ = ["descend"]

_ROUNDS = (2, 4, 8, 16, 32, 64, 128)
_STEPS = 60
_ENOUGH = 0.9


def descend(A: Array) -> Iterator[Proposal]:
    """Yield better and better scalings of A; the last comes with a guess of a dual proof.

    Examples
    --------
    >>> A = np.array([[0.5, 9.0], [0.0, 0.5]])
    >>> best = list(descend(A))[-1]
    >>> scaled_norm(A, best.logarithms) < 1
    True
    """
    x = np.zeros(len(A))
    for power in _ROUNDS:
        x = _descend(A, x, power)
        yield Proposal(x / np.log(2), None)
        if scaled_norm(A, x / np.log(2)) < _ENOUGH:
            return
    yield Proposal(x / np.log(2), _dual(A, x))


def _apply(A: Array, x: Array) -> Array:
    return scaled(A, x / np.log(2))


def _weights(singular: Array, power: int) -> Array:
    """Weights of the singular values in the gradient of the smoothed logarithm of the norm."""
    relative = (singular / singular[0]) ** (2 * power)
    weights: Array = relative / relative.sum()
    return weights


def _smoothed(A: Array, x: Array, power: int) -> float:
    matrix = _apply(A, x)
    if not np.isfinite(matrix).all():
        return float("inf")
    singular = np.linalg.svd(matrix, compute_uv=False)
    if singular[0] == 0:
        return -float("inf")
    total = ((singular / singular[0]) ** (2 * power)).sum()
    return float(np.log(singular[0]) + np.log(total) / (2 * power))


def _descend(A: Array, x: Array, power: int) -> Array:
    """Minimise the smoothed logarithm by gradient steps that are halved until they descend.

    Stops early once the norm is comfortably below 1: extreme scalings only cost digits.
    """
    value, step = _smoothed(A, x, power), 4.0
    for _ in range(_STEPS):
        U, singular, Vt = np.linalg.svd(_apply(A, x))
        if singular[0] < _ENOUGH:
            return x
        weights = _weights(singular, power)
        gradient = (U**2) @ weights - (Vt**2).T @ weights
        while step > 1e-9:
            candidate = np.clip(x - step * gradient, -300, 300)
            lower = _smoothed(A, candidate, power)
            if lower < value:
                x, value, step = candidate, lower, min(2 * step, 4.0)
                break
            step /= 2
        else:
            return x
    return x


def _dual(A: Array, x: Array) -> Array | None:
    """Guess ``Z = sum_k w_k z_k z_k^T`` from the top singular vectors at the best scaling found."""
    _, singular, Vt = np.linalg.svd(_apply(A, x))
    if singular[0] == 0:
        return None
    V = Vt * np.sqrt(_weights(singular, _ROUNDS[-1]))[:, None] * np.exp(x.min() - x)[None, :]
    Z: Array = V.T @ V
    return Z if np.isfinite(Z).all() else None
