"""The three models in plain form, one network at a time: what they are, not how to be fast.

``jax.vmap`` and ``jax.grad`` apply to them; the pixel task uses them, and the tests compare the
code that works in lanes with them.
"""

from __future__ import annotations

from typing import Any

from urnn_proofs.experiments.extras import need

__all__ = ["outputs", "states"]

Weights = dict[str, Any]


def states(model: str, weights: Weights, x: Any) -> Any:
    """Return the hidden states of one network, from zero.

    Parameters
    ----------
    model
        ``"rnn"`` and ``"urnn"``: ``h = relu(W h + F x + b)``.  ``"lstm"``: four gates in the order
        i, f, g, o, stacked in front of W, F and b.
    weights
        W (n, n), F (n, m), b (n,); for an LSTM (4, n, n), (4, n, m), (4, n).
    x
        Inputs (T, B, m).

    Returns
    -------
    array
        (T, B, n).
    """
    jax = need("jax", "training")
    jnp = jax.numpy
    W, F, b = weights["W"], weights["F"], weights["b"]
    zero = jnp.zeros((x.shape[1], W.shape[-1]), x.dtype)

    def relu_step(h: Any, x_now: Any) -> tuple[Any, Any]:
        h = jnp.maximum(h @ W.T + x_now @ F.T + b, 0)
        return h, h

    def lstm_step(state: Any, x_now: Any) -> tuple[Any, Any]:
        h, c = state
        i, f, g, o = (h @ W[q].T + x_now @ F[q].T + b[q] for q in range(4))
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    if model == "lstm":
        return jax.lax.scan(lstm_step, (zero, zero), x)[1]
    return jax.lax.scan(relu_step, zero, x)[1]


def outputs(model: str, weights: Weights, x: Any) -> Any:
    """Return ``y = C h + d`` at all times: inputs (T, B, m), outputs (T, B, p)."""
    return states(model, weights, x) @ weights["C"].T + weights["d"]
