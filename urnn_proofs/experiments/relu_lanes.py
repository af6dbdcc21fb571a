"""Outputs, mean squared error and its gradient of ReLU or tanh networks, one in each lane.

Backpropagation through time is written out instead of left to ``jax.grad``: only the states are
kept, and the gradients of the weights are summed after the backward scan.  The tests compare both.
"""

from __future__ import annotations

from typing import Any

from urnn_proofs.experiments.extras import need
from urnn_proofs.experiments.lanes import column_sums, in_chunks, outer, product

__all__ = ["errors_of", "loss_and_gradient", "outputs"]


def _states(weights: dict[str, Any], x: Any, activation: str) -> tuple[Any, Any]:
    """Return h^{-1}, ..., h^{T-2} as (T, B, n, K) and h^{T-1} as (B, n, K)."""
    jax = need("jax", "training")
    jnp = jax.numpy
    Wt, Ft = (jnp.swapaxes(weights[name], 0, 1) for name in "WF")
    start = jnp.zeros((x.shape[1], Wt.shape[1], x.shape[3]), x.dtype)

    # The state before each step is what is kept: kept after the step, it would be computed twice.
    def step(h: Any, x_now: Any) -> tuple[Any, Any]:
        z = product(h, Wt) + product(x_now, Ft) + weights["b"]
        return jnp.tanh(z) if activation == "tanh" else jnp.maximum(z, 0), h

    last, before = jax.lax.scan(step, start, x)
    return before, last


def errors_of(weights: dict[str, Any], states: Any, y: Any) -> Any:
    """Return ``C h + d - y`` for states (T, B, n, K) and outputs (T, B, p, K)."""
    jax = need("jax", "training")
    Ct, d = jax.numpy.swapaxes(weights["C"], 0, 1), weights["d"]
    return jax.lax.scan(lambda _, s: (None, product(s[0], Ct) + d - s[1]), None, (states, y))[1]


def outputs(weights: dict[str, Any], x: Any, activation: str = "relu") -> Any:
    """Run networks: inputs (T, B, m, K), outputs (T, B, p, K)."""
    jnp = need("jax", "training").numpy
    before, last = _states(weights, x, activation)
    states = jnp.concatenate([before[1:], last[None]])
    zero = jnp.zeros((*x.shape[:2], weights["C"].shape[0], x.shape[3]), x.dtype)
    return errors_of(weights, states, zero)


def loss_and_gradient(
    weights: dict[str, Any], x: Any, y: Any, chunk: int, activation: str = "relu"
) -> tuple[Any, dict[str, Any]]:
    """Return the mean squared error of each lane (K,) and its gradient.

    Parameters
    ----------
    weights
        W (n, n, K), F (n, m, K), b (n, K), C (p, n, K), d (p, K).
    x, y
        Inputs (T, B, m, K) and wanted outputs (T, B, p, K).
    chunk
        Time steps summed at once, a divisor of T; see :func:`~.lanes.in_chunks`.
    activation
        ``"relu"`` or ``"tanh"``.
    """
    jax = need("jax", "training")
    jnp = jax.numpy
    W, C = weights["W"], weights["C"]
    before, last = _states(weights, x, activation)
    after = jnp.concatenate([before[1:], last[None]])
    e = errors_of(weights, after, y)
    count = e[..., 0].size
    C2 = (2 / count) * C

    def through(g: Any, h: Any) -> Any:
        return g * (1 - h * h) if activation == "tanh" else jnp.where(h > 0, g, 0)

    def step(g: Any, seen: tuple[Any, Any]) -> tuple[Any, Any]:
        h, e_now = seen
        return through(product(g, W) + product(e_now, C2), h), g

    g_last = through(product(e[-1], C2), last)
    g_first, g_later = jax.lax.scan(step, g_last, (after[:-1], e[:-1]), reverse=True)
    g = jnp.concatenate([g_first[None], g_later])

    def sums(part: Any) -> Any:
        g, h_before, x, e, h = part
        return outer(g, h_before), outer(g, x), column_sums(g), outer(e, h), column_sums(e)

    dW, dF, db, dC, dd = in_chunks(sums, (g, before, x, e, after), chunk)
    loss = (e**2).sum((0, 1, 2)) / count
    scale = 2 / count
    return loss, {"W": dW, "F": dF, "b": db, "C": scale * dC, "d": scale * dd}
