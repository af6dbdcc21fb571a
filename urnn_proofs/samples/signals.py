"""Input sequences for floating-point cross-checks: random ones and extreme ones."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["sample_signals"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def sample_signals(steps: int, inputs: int, bound: float, seed: int = 0) -> dict[str, Array]:
    """Return named batches of input sequences with ``||x^k|| <= bound``.

    Parameters
    ----------
    steps, inputs
        T and m.
    bound
        M, the largest Euclidean norm of one input vector.
    seed
        Seed of the random ones.

    Returns
    -------
    dict
        Each value has shape (T, batch, m).  "ball": random in the ball; "sphere": random
        with ``||x|| = M``; "signs": random sign patterns with ``||x|| = M``; "constant" and
        "alternating": one sign pattern kept or flipped each step; "impulse": M at time 0.

    Examples
    --------
    >>> {name: x.shape for name, x in sample_signals(5, 2, 1.0).items()}["signs"]
    (5, 4, 2)
    """
    rng = np.random.default_rng(seed)

    def directions(*shape: int) -> Array:
        raw = rng.standard_normal((*shape, inputs))
        length = np.linalg.norm(raw, axis=-1, keepdims=True)
        # Scaling back slightly keeps rounding from leaving the ball.
        scaled: Array = raw / np.maximum(length, 1e-300) * (bound * (1 - 1e-15))
        return scaled

    corner = bound * (1 - 1e-15) / np.sqrt(inputs)
    pattern = rng.choice([-1.0, 1.0], size=(4, inputs)) * corner
    flips = np.where(np.arange(steps) % 2 == 0, 1.0, -1.0)[:, None, None]
    impulse = np.zeros((steps, 4, inputs))
    impulse[:1] = pattern
    return {
        "ball": directions(steps, 4) * rng.random((steps, 4, 1)),
        "sphere": directions(steps, 4),
        "signs": rng.choice([-1.0, 1.0], size=(steps, 4, inputs)) * corner,
        "constant": np.broadcast_to(pattern, (steps, 4, inputs)).copy(),
        "alternating": pattern * flips,
        "impulse": impulse,
    }
