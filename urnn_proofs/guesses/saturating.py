"""The lower units of a URNN close to a tanh or logistic network, proposed in floating point.

What is proved of them is up to :mod:`urnn_proofs.checks.numeric.saturating_run`.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.saturating_run import SaturatingRun
from urnn_proofs.guesses.tails import find_margin
from urnn_proofs.model.number import to_float
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.saturation import Limit

__all__ = ["with_saturated"]

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]

# Lower biases have so many significant bits.
_BITS = 12


def with_saturated(upper: SaturatingRun, U: Floats, limit: Limit, delta: Fraction) -> FloatNetwork:
    """Add to the stored units of *upper* the lower units of U, within about delta of the limit.

    The upper bias becomes ``b - kappa W2 1`` for the W2 that is stored, the nearest sum of two
    floats; each lower unit gets the least bias, of few bits, that keeps it there.

    Parameters
    ----------
    upper
        The units of the RNN as they are stored, no lower ones.
    U
        (N, N), rounded to the type of *upper*; the weights of *upper* replace its corner.
    """
    net, n, N = upper.stored, upper.exact.states, len(U)
    r, dtype, kappa = N - n, net.W.dtype.type, limit.value
    W = U.astype(dtype)
    W[:n, :n] = net.W
    first, second = net.b, net.second_bias
    if kappa and r:
        ones = RationalMatrix.column([kappa] * r)
        wanted = upper.exact.b - RationalMatrix.parse(W[:n, n:], "W") @ ones
        first, second = _two_floats(wanted, dtype)
    zeros = np.zeros(r, dtype)
    open_ = FloatNetwork(
        W=W,
        F=np.vstack([net.F, np.zeros((r, net.inputs), dtype)]),
        b=np.concatenate([first, zeros]),
        C=np.hstack([net.C, np.zeros((net.outputs, r), dtype)]),
        h_init=np.concatenate([net.h_init, np.full(r, float(kappa), dtype)]),
        activation=net.activation,
        second_bias=None if second is None else np.concatenate([second, zeros]),
    )
    if r == 0:
        return open_
    B, _ = find_margin(limit, delta)
    sign = -1 if limit.side == "left" else 1
    run = replace(upper, stored=open_)
    spread = Fraction(2 * r) ** 1 * (delta + upper.engine_error)
    # A few units of rounding more, for that of the bias itself.
    slack = 1 + Fraction(4 * (N + net.inputs + 4)) * net.arithmetic.unit
    least = [(B + reach) * slack for reach in run.reaches(spread, computed=True)]
    low = [sign * float(dtype(to_float(_few_bits(value)))) for value in least]
    return replace(open_, b=np.concatenate([open_.b[:n], np.array(low, dtype)]))


def _few_bits(value: Fraction) -> Fraction:
    """Return a number of few significant bits, not below *value*."""
    unit = Fraction(2) ** (value.numerator.bit_length() - value.denominator.bit_length() - _BITS)
    return -((-value) // unit) * unit


def _two_floats(vector: RationalMatrix, dtype: Any) -> tuple[Floats, Floats]:
    name = np.dtype(dtype).name
    high = vector.to_floats(name)
    rest = vector - RationalMatrix.parse(high, "b")
    return high[:, 0], rest.to_floats(name)[:, 0]
