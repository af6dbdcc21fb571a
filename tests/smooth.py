"""Smooth activations from their textbook definitions, and networks, with mpmath's 60 digits.

Independent of the package but for its containers.
"""

from __future__ import annotations

import mpmath
from mpmath import mp, mpf

SCALE, ALPHA = "1.0507009873554804934193349852946", "1.6732632423543772848170429916717"


def logistic(z):
    return 1 / (1 + mpmath.exp(-z))


def softplus(z):
    return mpmath.log1p(mpmath.exp(-abs(z))) + max(z, mpf(0))


PHI = {
    "tanh": mpmath.tanh,
    "logistic": logistic,
    "softplus": softplus,
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "selu": lambda z: mpf(SCALE) * (z if z > 0 else mpf(ALPHA) * mpmath.expm1(z)),
    "gelu": lambda z: z * mpmath.erfc(-z / mpmath.sqrt(2)) / 2,
    "silu": lambda z: z * logistic(z),
    "mish": lambda z: z * mpmath.tanh(softplus(z)),
    "relu": lambda z: max(z, mpf(0)),
}
LIMITS = {
    "tanh": {"left": -1, "right": 1}, "logistic": {"left": 0, "right": 1},
    "softplus": {"left": 0}, "elu": {"left": -1}, "gelu": {"left": 0}, "silu": {"left": 0},
    "mish": {"left": 0},
}  # fmt: skip


def number(x):
    return mpf(x.numerator) / x.denominator


def table(matrix):
    """The entries of a rational or an orthogonal matrix, square roots taken here."""
    if hasattr(matrix, "alpha"):
        rows = matrix.R.to_fractions()
        left, right = ([mpmath.sqrt(number(x)) for x in s] for s in (matrix.alpha, matrix.beta))
        return [[a * number(x) * b for x, b in zip(r, right)] for a, r in zip(left, rows)]
    return [[number(x) for x in row] for row in matrix.to_fractions()]


def outputs(layers, x, bias=None):
    """Run a stack of networks, ready or not, on inputs, with the precision that is set."""
    x = [[mpf(v) for v in row] for row in x]
    for layer in layers:
        x = _run(layer if isinstance(layer, tuple) else ready(layer), x)
    if bias is not None:
        d = [row[0] for row in table(bias)]
        x = [[v + e for v, e in zip(row, d)] for row in x]
    return x


def ready(layer):
    """The numbers of a network, with the precision that is set: for several runs."""
    W, F, C = table(layer.W), table(layer.F), table(layer.C)
    b, h = ([row[0] for row in table(part)] for part in (layer.b, layer.h_init))
    c = [mpf(0)] * len(h)
    if hasattr(layer, "offset"):
        c = [row[0] for row in table(layer.offset)]
    return W, F, C, b, h, c, PHI[layer.activation.name]


def _run(numbers, x):
    W, F, C, b, h, c, phi = numbers
    found = []
    for row in x:
        centred = [s - o for s, o in zip(h, c)]
        h = [
            phi(mp.fdot(w, centred) + mp.fdot(f, row) + e) for w, f, e in zip(W, F, b, strict=True)
        ]
        found.append([mp.fdot(line, h) for line in C])
    return found


def distance(first, second):
    """The largest Euclidean distance of two sequences of outputs."""
    return max(mpmath.norm([a - b for a, b in zip(*pair)]) for pair in zip(first, second))
