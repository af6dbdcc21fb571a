"""``Y = 2 t - P - B P^-1 B^T / a`` with ``P = P0 + L L^T``: its value and how it changes.

Both certificates about states, :mod:`~urnn_proofs.guesses.ellipsoid` and
:mod:`~urnn_proofs.guesses.sector`, ask that a Y is large; they are found by descent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from urnn_proofs.guesses.descent import Array

__all__ = ["Remainder"]


@dataclass(frozen=True)
class Remainder:
    """Y and its derivatives; floating point.

    Parameters
    ----------
    least
        P0.
    L, B
        (n, n).
    t
        (n,).
    a
        Positive.
    """

    least: Array
    L: Array
    B: Array
    t: Array
    a: float

    @cached_property
    def P(self) -> Array:  # noqa: N802 (a matrix)
        """``P0 + L L^T``."""
        P: Array = self.least + self.L @ self.L.T
        return P

    @cached_property
    def Y(self) -> Array:  # noqa: N802 (a matrix)
        """What is to be large."""
        Y: Array = 2 * np.diag(self.t) - self.P - self._turned / self.a
        return Y

    def gradients(self, by_Y: Array) -> tuple[Array, Array, float]:
        """Turn a derivative by Y into those by L, by B and by a (t apart from B)."""
        right = self._right
        by_P = right.T @ by_Y @ right / self.a - by_Y
        by_L: Array = 2 * by_P @ self.L
        by_B: Array = -2 / self.a * by_Y @ right
        return by_L, by_B, float((by_Y * self._turned).sum()) / self.a**2

    @cached_property
    def _right(self) -> Array:
        right: Array = self.B @ np.linalg.inv(self.P)
        return right

    @cached_property
    def _turned(self) -> Array:
        turned: Array = self._right @ self.B.T
        return turned
