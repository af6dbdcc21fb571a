"""Networks and comparisons for the tests of file formats and conversion."""

from __future__ import annotations

import numpy as np

from urnn_proofs import RNN, URNN, StoredNetwork
from urnn_proofs.formats.stored import Layout
from urnn_proofs.model.rational import RationalMatrix


def weights(rng, rows, columns, dtype="float32", norm=0.8):
    """A random float matrix of that norm."""
    matrix = rng.standard_normal((rows, columns))
    return (matrix * (norm / np.linalg.norm(matrix, 2))).astype(dtype)


def network(
    sizes=(4,), inputs=3, outputs=2, dtype="float32", seed=0, *, bias=True, start=False, layout=None
):
    """Random layers whose weights are exactly floats; every part nonzero."""
    rng = np.random.default_rng(seed)
    layers, below = [], inputs
    for k, n in enumerate(sizes):
        last = k == len(sizes) - 1
        layers.append(
            RNN(
                W=weights(rng, n, n, dtype),
                F=weights(rng, n, below, dtype, 1.5),
                b=weights(rng, n, 1, dtype, 0.5)[:, 0],
                C=weights(rng, outputs, n, dtype, 2.0) if last else RationalMatrix.identity(n),
                h_init=abs(weights(rng, n, 1, dtype, 0.7)[:, 0]) if start else None,
            )
        )
        below = n
    d = weights(rng, outputs, 1, dtype, 1.0)[:, 0] if bias else None
    return StoredNetwork.of(*layers, output_bias=d, layout=layout or Layout(dtype=dtype))


def same_weights(a: StoredNetwork, b: StoredNetwork) -> bool:
    """Compare everything that is a number, exactly."""
    if len(a.layers) != len(b.layers) or a.output_bias != b.output_bias:
        return False
    parts = ("F", "b", "C", "h_init", "activation")
    return all(
        type(x) is type(y)
        and _offset(x) == _offset(y)
        and all(getattr(x, part) == getattr(y, part) for part in parts)
        and _same_matrix(x.W, y.W)
        for x, y in zip(a.layers, b.layers, strict=True)
    )


def _offset(net):
    return net.offset if isinstance(net, URNN) else None


def _same_matrix(a, b):
    if hasattr(a, "R") and hasattr(b, "R"):
        return a.R == b.R and a.alpha == b.alpha and a.beta == b.beta
    return a == b


def sequences(steps, batch, inputs, bound, seed=0):
    """Random inputs (T, B, m) with norm at most *bound*, some of them on the sphere."""
    x = np.random.default_rng(seed).standard_normal((steps, batch, inputs))
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / length * bound * np.minimum(1, length / 2) * (1 - 1e-6)
