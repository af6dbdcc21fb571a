"""What the floating-point bounds ask of a source of matrix norms, and the choice of one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from urnn_proofs.checks.numeric.ball_norms import BallNorms
from urnn_proofs.checks.numeric.fast_norms import NumpyNorms
from urnn_proofs.checks.numeric.rounding import require_gradual_underflow
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["BALL_STATES", "Matrix", "NormSource", "norm_source"]

Matrix = np.ndarray[Any, Any] | RationalMatrix

#: Ball arithmetic takes seconds for an orthogonal matrix of this size, and grows with its cube.
BALL_STATES = 256


class NormSource(Protocol):
    """Proved upper bounds of norms of float arrays (taken as exact) and rational matrices."""

    name: str

    def spectral(self, A: Matrix) -> Fraction:
        """Bound ``||A||``."""

    def absolute(self, A: Matrix) -> Fraction:
        """Bound ``|| |A| ||``."""

    def largest_row(self, A: Matrix) -> Fraction:
        """Bound the Euclidean norm of every row."""

    def defect(self, U: np.ndarray[Any, Any]) -> Fraction:
        """Bound ``||U^T U - I||``."""


def norm_source(name: str, states: int) -> NormSource:
    """Return the source of that name: "ball", "numpy", or "auto" (ball arithmetic if affordable).

    Parameters
    ----------
    states
        N, the size of the orthogonal matrix.

    Raises
    ------
    InputError
        If the name is another one.
    UndecidedError
        If this process flushes subnormal numbers to zero.

    Examples
    --------
    >>> norm_source("auto", 16).name, norm_source("auto", 2048).name
    ('Arb ball arithmetic, 128 bits', 'NumPy float64, proved rounding bounds')
    """
    if name not in ("auto", "ball", "numpy"):
        raise InputError(f"source is {shorten(name)}; expected 'auto', 'ball' or 'numpy'")
    require_gradual_underflow()
    ball = name == "ball" or (name == "auto" and states <= BALL_STATES)
    return BallNorms() if ball else NumpyNorms()
