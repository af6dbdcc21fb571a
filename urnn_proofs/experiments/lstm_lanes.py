"""Outputs, mean squared error and its gradient of LSTMs, one network in each lane.

    i, f, o = sigmoid(W h + F x + b),  g = tanh(W h + F x + b)   (each gate its own W, F, b)
    c' = f c + i g,   h' = o tanh(c'),   y = C h' + d

The gates are ordered i, f, g, o, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

from urnn_proofs.experiments.extras import need
from urnn_proofs.experiments.lanes import column_sums, in_chunks, outer, product
from urnn_proofs.experiments.relu_lanes import errors_of

__all__ = ["loss_and_gradient", "outputs"]


def _run(weights: dict[str, Any], x: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return h^{T-1} and, for each step: h and c before it, the four gates, tanh of c after it."""
    jax = need("jax", "training")
    jnp = jax.numpy
    W, F, b = (weights[name] for name in "WFb")
    Wt, Ft = jnp.swapaxes(W, 1, 2), jnp.swapaxes(F, 1, 2)
    gates = (jax.nn.sigmoid, jax.nn.sigmoid, jnp.tanh, jax.nn.sigmoid)

    def step(state: Any, x_now: Any) -> tuple[Any, Any]:
        h, c = state
        i, f, g, o = (
            act(product(h, Wt[q]) + product(x_now, Ft[q]) + b[q]) for q, act in enumerate(gates)
        )
        c_next = f * c + i * g
        bounded = jnp.tanh(c_next)
        return (o * bounded, c_next), (h, c, i, f, g, o, bounded)

    zero = jnp.zeros((x.shape[1], W.shape[1], x.shape[3]), x.dtype)
    (last, _), kept = jax.lax.scan(step, (zero, zero), x)
    return last, kept


def outputs(weights: dict[str, Any], x: Any) -> Any:
    """Run networks: inputs (T, B, m, K), outputs (T, B, p, K)."""
    jnp = need("jax", "training").numpy
    last, kept = _run(weights, x)
    states = jnp.concatenate([kept[0][1:], last[None]])
    zero = jnp.zeros((*x.shape[:2], weights["C"].shape[0], x.shape[3]), x.dtype)
    return errors_of(weights, states, zero)


def loss_and_gradient(
    weights: dict[str, Any], x: Any, y: Any, chunk: int, one: Any
) -> tuple[Any, dict[str, Any]]:
    """Return the mean squared error of each lane (K,) and its gradient.

    Parameters
    ----------
    weights
        W (4, n, n, K), F (4, n, m, K), b (4, n, K), C (p, n, K), d (p, K).
    x, y
        Inputs (T, B, m, K) and wanted outputs (T, B, p, K).
    chunk
        Time steps summed at once, a divisor of T.
    one
        The number 1, as an argument of the compiled function.  XLA computes an inner result anew
        for each of its uses, unless it ends in something expensive: a division by 1 is exact.
    """
    jax = need("jax", "training")
    jnp = jax.numpy
    W, C = weights["W"], weights["C"]
    last, (before, c_before, i, f, g, o, bounded) = _run(weights, x)
    after = jnp.concatenate([before[1:], last[None]])
    e = errors_of(weights, after, y)
    count = e[..., 0].size
    C2 = (2 / count) * C

    def step(carry: Any, seen: Any) -> tuple[Any, Any]:
        d_gates, dc = carry  # of the step after this one
        e, c, i, f, g, o, bounded = seen
        from_gates = sum(product(d, W[q]) for q, d in enumerate(d_gates))
        dh = (from_gates + product(e, C2)) / one
        dc = (dc + dh * o * (1 - bounded * bounded)) / one
        new = (
            dc * g * i * (1 - i),
            dc * c * f * (1 - f),
            dc * i * (1 - g * g),
            dh * bounded * o * (1 - o),
        )
        return (new, dc * f), d_gates

    zero = jnp.zeros_like(last)
    seen = (e, c_before, i, f, g, o, bounded)
    (first, _), later = jax.lax.scan(step, ((zero,) * 4, zero), seen, reverse=True)
    d_gates = tuple(jnp.concatenate([a[None], b[:-1]]) for a, b in zip(first, later, strict=True))

    def sums(part: Any) -> Any:
        d_gates, h_before, x, e, h = part
        return (
            [outer(d, h_before) for d in d_gates],
            [outer(d, x) for d in d_gates],
            [column_sums(d) for d in d_gates],
            outer(e, h),
            column_sums(e),
        )

    dW, dF, db, dC, dd = in_chunks(sums, (d_gates, before, x, e, after), chunk)
    loss = (e**2).sum((0, 1, 2)) / count
    gradient = {"W": jnp.stack(dW), "F": jnp.stack(dF), "b": jnp.stack(db)}
    return loss, {**gradient, "C": (2 / count) * dC, "d": (2 / count) * dd}
