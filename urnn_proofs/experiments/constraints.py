"""Keeping the transition matrix orthogonal, or its norm at most 1: project, or parametrise."""

from __future__ import annotations

from typing import Any

from urnn_proofs.experiments.extras import need

__all__ = ["CONSTRAINTS", "cayley", "contract", "newton_schulz", "project"]

CONSTRAINTS = ("projection", "cayley")


def project(W: Any) -> Any:
    """Return the nearest orthogonal matrix: ``U V^T`` of the singular value decomposition.

    Parameters
    ----------
    W
        (..., n, n), any leading axes.

    Source: arXiv:1910.13672, section 5 (projection after each gradient step).
    """
    jnp = need("jax", "training").numpy
    left, _, right = jnp.linalg.svd(W)
    return left @ right


def contract(W: Any) -> Any:
    """Return the nearest matrix of norm at most 1: singular values are cut at 1.

    Parameters
    ----------
    W
        (..., n, n), any leading axes.
    """
    jnp = need("jax", "training").numpy
    left, values, right = jnp.linalg.svd(W)
    return (left * jnp.minimum(values, 1)[..., None, :]) @ right


def newton_schulz(W: Any, rounds: int = 8) -> Any:
    """Return the same as :func:`project` by products alone: ``X <- X (3 I - X^T X) / 2``.

    Converges quadratically from singular values in (0, sqrt 3), so for a W that one gradient
    step took away from an orthogonal one; not from far away.
    """
    jnp = need("jax", "training").numpy
    eye = jnp.eye(W.shape[-1], dtype=W.dtype)
    for _ in range(rounds):
        W = W @ (1.5 * eye - 0.5 * (jnp.swapaxes(W, -1, -2) @ W))
    return W


def cayley(base: Any, A: Any) -> Any:
    """Return ``base (I + S)^{-1} (I - S)`` with ``S = A - A^T``: orthogonal if *base* is.

    Parameters
    ----------
    base
        Orthogonal matrices (..., n, n), constant: the value at A = 0.
    A
        Any matrices (..., n, n), what is trained.
    """
    jnp = need("jax", "training").numpy
    S = A - jnp.swapaxes(A, -1, -2)
    eye = jnp.eye(A.shape[-1], dtype=A.dtype)
    return base @ jnp.linalg.solve(eye + S, eye - S)
