"""Products of many tiny matrices at once, with one network in each vector lane.

The last axis of every array counts networks, so that one vector instruction serves several of
them.  Sums over short axes are written out term by term: XLA fuses them into one loop over the
lanes, ten times faster on a CPU than the batched matrix product that ``jax.vmap`` gives for
matrices of this size (``benchmarks/bench_experiments.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from urnn_proofs.experiments.extras import need

__all__ = ["column_sums", "fast_jit", "in_chunks", "outer", "product"]

# The older loop emitter vectorises loops that read one slice of a long array; the newer does not.
_OPTIONS = {"xla_cpu_use_fusion_emitters": False}


def fast_jit(function: Callable[..., Any]) -> Any:
    """Return ``jax.jit(function)`` with the compiler options that suit loops over lanes."""
    return need("jax", "training").jit(function, compiler_options=_options())


@lru_cache(maxsize=1)
def _options() -> dict[str, Any]:
    """Return the options, or none where this version of XLA or this device has no such option."""
    jax = need("jax", "training")
    try:
        jax.jit(lambda x: x + 1, compiler_options=_OPTIONS)(1.0)
    except Exception:  # the type differs between versions
        return {}
    return _OPTIONS


def product(A: Any, M: Any) -> Any:
    """Return ``A @ M`` lane by lane: (a, j, K) times (j, b, K) gives (a, b, K).

    Examples
    --------
    >>> import numpy as np
    >>> product(np.ones((2, 3, 1)), np.ones((3, 4, 1)))[:, :, 0].tolist()
    [[3.0, 3.0, 3.0, 3.0], [3.0, 3.0, 3.0, 3.0]]
    """
    total = A[:, 0, None, :] * M[0]
    for j in range(1, M.shape[0]):
        total = total + A[:, j, None, :] * M[j]
    return total


def outer(G: Any, H: Any) -> Any:
    """Return ``G^T @ H`` lane by lane: (q, a, K) and (q, b, K) give (a, b, K)."""
    total = G[0][:, None] * H[0][None]
    for q in range(1, G.shape[0]):
        total = total + G[q][:, None] * H[q][None]
    return total


def column_sums(G: Any) -> Any:
    """Sum over the first axis, written out: (q, a, K) gives (a, K)."""
    total = G[0]
    for q in range(1, G.shape[0]):
        total = total + G[q]
    return total


def in_chunks(sums: Callable[[Any], Any], arrays: Any, steps: int) -> Any:
    """Sum ``sums(chunk)`` over chunks of *steps* time steps of arrays (T, B, ..., K).

    Each chunk has its first two axes joined: (steps * B, ..., K).  What a chunk gives is added one
    iteration later: added at once, it would be computed in place of the running sum, and a loop
    that may read what it writes is not vectorised.
    """
    jax = need("jax", "training")
    jnp, tree = jax.numpy, jax.tree

    def join(a: Any) -> Any:
        T = a.shape[0]
        return a.reshape(T // steps, steps * a.shape[1], *a.shape[2:])

    chunks = tree.map(join, arrays)
    shapes = jax.eval_shape(sums, tree.map(lambda a: a[0], chunks))
    zeros = tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
    (total, last), _ = jax.lax.scan(
        lambda carry, chunk: ((tree.map(jnp.add, *carry), sums(chunk)), None),
        (zeros, zeros),
        chunks,
    )
    return tree.map(jnp.add, total, last)
