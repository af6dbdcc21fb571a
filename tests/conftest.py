from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from urnn_proofs.model.network import RNN


@pytest.fixture
def small_net() -> RNN:
    """Two states, every part nonzero, ||W|| < 1."""
    half = Fraction(1, 2)
    return RNN(
        W=[[half, Fraction(1, 3)], [Fraction(-1, 4), half]],
        F=[[1, Fraction(1, 2)], [0, -1]],
        b=[Fraction(1, 8), Fraction(-1, 8)],
        C=[[1, 2]],
        h_init=[half, 0],
    )
