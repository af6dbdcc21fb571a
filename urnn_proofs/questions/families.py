"""The networks on which ``verify_construction(n)`` exercises Theorem 3.1.

Each is rational, drawn from a seed, and stands for one way in which a construction can go
wrong: generic weights, a norm next to 1, nothing at all, a nilpotent, a singular matrix, and
a singular value that is exactly 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.model.network import RNN

__all__ = ["FAMILIES", "Example", "draw_examples"]

FAMILIES = ("generic", "near one", "zero", "nilpotent", "rank-deficient", "norm one")

Rows = list[list[Fraction]]


@dataclass(frozen=True)
class Example:
    """A network to verify, with its input bound and, for norm 1, a supplied state bound."""

    name: str
    description: str
    rnn: RNN
    input_bound: Fraction
    state_bound: Fraction | None = None


def draw_examples(n: int, seed: int = 0) -> tuple[Example, ...]:
    """Draw one network of each family with n states; the same seed gives the same networks.

    Examples
    --------
    >>> [example.name for example in draw_examples(2)]
    ['generic', 'near one', 'zero', 'nilpotent', 'rank-deficient', 'norm one']
    """
    rng = np.random.default_rng([seed, n])
    integers = rng.integers(-8, 9, size=(n, n))
    integers[0, 0] = 7  # never the zero matrix, also for n = 1
    rank = max(1, n // 2)
    left, right = rng.integers(-3, 4, size=(n, rank)), rng.integers(-3, 4, size=(rank, n))
    left[0, 0] = right[0, 0] = 2
    weights = {
        "generic": (_shrink(integers), "small rational entries"),
        "near one": (_next_to_one(integers), "1 - 1e-9 < ||W|| < 1"),
        "zero": (_shrink(integers * 0), "W = 0"),
        "nilpotent": (_shrink(np.triu(integers, 1)), "strictly upper triangular"),
        "rank-deficient": (_shrink(left @ right), f"rank {rank} at most"),
    }
    examples = [
        Example(name, text, _network(rng, rows), Fraction(int(rng.integers(1, 5)), 2))
        for name, (rows, text) in weights.items()
    ]
    return (*examples, _norm_one(rng, n))


def _norm_one(rng: np.random.Generator, n: int) -> Example:
    """W = -v v^T / ||v||^2 has one singular value 1; being <= 0 it cannot grow a ReLU state."""
    v = [int(x) for x in rng.integers(1, 6, size=n)]
    square = sum(x * x for x in v)
    rows = [[Fraction(-x * y, square) for y in v] for x in v]
    rnn = _network(rng, rows, nonnegative_start=True)
    M = Fraction(1)
    # Frobenius norms: generous, rational, and enough for 0 <= h <= relu(F x + b).
    F, b, start = (_frobenius(part) for part in (rnn.F, rnn.b, rnn.h_init))
    bound = Fraction(math.ceil(max(F * float(M) + b, start)) + 1)
    return Example("norm one", "||W|| = 1, state bound supplied", rnn, M, bound)


def _network(rng: np.random.Generator, rows: Rows, *, nonnegative_start: bool = False) -> RNN:
    n = len(rows)
    m = p = min(n, 2)

    def small(*shape: int) -> Any:
        return [[Fraction(int(x), 4) for x in row] for row in rng.integers(-6, 7, size=shape)]

    start = [row[0] for row in small(n, 1)]
    return RNN(
        W=rows,
        F=small(n, m),
        b=[row[0] for row in small(n, 1)],
        C=small(p, n),
        h_init=[abs(x) for x in start] if nonnegative_start else start,
    )


def _shrink(integers: np.ndarray[Any, Any]) -> Rows:
    """Divide by the power of two that brings the norm into [1/4, 1/2), about; 0 stays 0."""
    norm = float(np.linalg.norm(integers, 2))
    scale = 2 ** (math.frexp(norm)[1]) if norm else 1
    # frexp gives norm / scale in [1/2, 1): safely below 1 after one more comparison.
    if norm / scale > 0.999:
        scale *= 2
    return [[Fraction(int(x), scale) for x in row] for row in integers]


def _next_to_one(integers: np.ndarray[Any, Any]) -> Rows:
    norm = float(np.linalg.norm(integers, 2))
    factor = Fraction(math.floor((1 - 5e-10) / norm * 2.0**60), 2**60)
    return [[int(x) * factor for x in row] for row in integers]


def _frobenius(matrix: Any) -> float:
    return math.sqrt(float(matrix.frobenius_squared()))
