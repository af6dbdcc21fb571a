"""Initial weights: an orthogonal transition, Glorot input and output matrices, forget bias 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from urnn_proofs.model.errors import InputError

__all__ = ["MODELS", "STARTS", "initial_weights"]

# In this order: the place of a model is part of its seed.
MODELS = ("rnn", "urnn", "lstm", "contractive")
STARTS = ("identity", "orthogonal")

Array = np.ndarray[Any, np.dtype[np.float32]]


def initial_weights(
    model: str,
    hidden: int,
    inputs: int,
    outputs: int,
    seed: tuple[int, ...],
    start: str = "identity",
) -> dict[str, Array]:
    """Draw the initial weights of one network.

    The transition matrix of a ReLU network is the identity or, with ``start="orthogonal"``, a
    random orthogonal matrix; those of an LSTM are always random orthogonal.

    Returns
    -------
    dict
        float32; W (n, n), F (n, m), b (n,), C (p, n), d (p,); an LSTM has four of W, F and b,
        stacked in front in the order i, f, g, o.

    Raises
    ------
    InputError
        If the model is unknown or a size is not positive.

    Examples
    --------
    >>> weights = initial_weights("urnn", 2, 1, 1, (0,))
    >>> np.allclose(weights["W"].T @ weights["W"], np.eye(2), atol=1e-6)
    True
    """
    if start not in STARTS:
        raise InputError(f"start is {start!r}; expected one of {', '.join(STARTS)}")
    if model not in MODELS:
        raise InputError(f"the model is {model!r}; expected one of {', '.join(MODELS)}")
    for name, size in {"hidden units": hidden, "inputs": inputs, "outputs": outputs}.items():
        if size < 1:
            raise InputError(f"the number of {name} is {size}; expected a positive integer")
    rng = np.random.default_rng([*seed, hidden, MODELS.index(model)])
    gates = 4 if model == "lstm" else 1
    W = np.stack([_orthogonal(rng, hidden) for _ in range(gates)])
    if start == "identity" and model != "lstm":
        W = np.eye(hidden)[None]
    F = np.stack([_glorot(rng, hidden, inputs) for _ in range(gates)])
    b = np.zeros((gates, hidden))
    if model == "lstm":
        b[1] = 1
    else:
        W, F, b = W[0], F[0], b[0]
    weights = {"W": W, "F": F, "b": b, "C": _glorot(rng, outputs, hidden)}
    weights["d"] = np.zeros(outputs)
    return {name: value.astype(np.float32) for name, value in weights.items()}


def _orthogonal(rng: np.random.Generator, n: int) -> Any:
    Q, R = np.linalg.qr(rng.standard_normal((n, n)))
    return Q * np.sign(np.diag(R))


def _glorot(rng: np.random.Generator, rows: int, columns: int) -> Any:
    limit = math.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns))
