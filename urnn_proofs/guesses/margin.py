"""Numbers for :mod:`urnn_proofs.checks.exact.margin`: norms, boxes, margins; believed by nobody."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.margin import (
    Margin,
    states_kept,
    weighted_columns,
    weighted_rows,
)
from urnn_proofs.checks.exact.norms import added_gain_at_most, norm_upper_bound
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling
from urnn_proofs.guesses.tails import find_margin
from urnn_proofs.guesses.weighting import small_weights, top_singular
from urnn_proofs.model.errors import NotContractiveError, UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import round_up, show_number, sqrt_upper, to_float
from urnn_proofs.model.saturation import Limit, Saturation

__all__ = ["Gains", "find_gains", "propose_margin"]

Array = np.ndarray[Any, np.dtype[np.float64]]

# delta is at most this: beyond, the added units would hardly be near their limit.
_COARSEST = Fraction(1, 8)
_BITS = 16

# By how much a box is left larger than it need be, so that its rounded sides are still kept: an
# increase of one side by 2^-_BITS moves the others.
_SLACKS = (2.0**-12, 2.0**-9, 2.0**-6)


@dataclass(frozen=True)
class Gains:
    """Norm bounds of a layer in the norm ``||D h||``: see ``Margin``."""

    D: tuple[Fraction, ...]
    omega: Fraction
    gain: Fraction
    F_norm: Fraction
    b_norm: Fraction
    C_norm: Fraction
    lipschitz: Fraction

    @property
    def amplification(self) -> Fraction:
        """``L / (1 - L omega)``: by how much errors that enter at every step may add up."""
        return self.lipschitz / (1 - self.lipschitz * self.omega)

    @property
    def through(self) -> Fraction:
        """Bound of the output error for an input error of 1."""
        return self.C_norm * self.amplification * self.F_norm


def find_gains(rnn: RNN, about: Saturation) -> Gains:
    """Look for weights D that make ``||C D^-1|| ||D W2|| / (1 - L ||D W D^-1||)`` small.

    Raises
    ------
    NotContractiveError
        If no D was found with ``L ||D W D^-1|| < 1``.
    """
    L, n = about.lipschitz, rnn.states
    D: tuple[Fraction, ...] = (Fraction(1),) * n
    omega = _norm(rnn, L)
    if L * omega >= 1:
        D, omega = _first_weights(rnn, L, omega)
    floats = rnn.to_numpy()
    better = small_weights(
        lambda logarithms: _objective(floats.W, floats.C, float(L), logarithms),
        np.log([to_float(d) for d in D]),
    )
    if better is not None:
        found = norm_upper_bound(weighted_columns(weighted_rows(rnn.W, better), better))
        if L * found < 1:
            D, omega = better, found
    return Gains(
        D,
        omega,
        _added_gain(rnn, D),
        norm_upper_bound(weighted_rows(rnn.F, D)),
        norm_upper_bound(weighted_rows(rnn.b, D)),
        norm_upper_bound(weighted_columns(rnn.C, D)),
        L,
    )


def _norm(rnn: RNN, L: Fraction) -> Fraction:
    """Return an upper bound of ``||W||``; close to it, or at least below 1 if the norm is."""
    bound = norm_upper_bound(rnn.W)
    if L * bound < 1:
        return bound
    try:
        return certify_contractive(rnn.W).rho
    except (NotContractiveError, UndecidedError):
        return bound


def _first_weights(rnn: RNN, L: Fraction, omega: Fraction) -> tuple[tuple[Fraction, ...], Fraction]:
    """Return weights with ``L ||D W D^-1|| < 1`` where W itself has no such norm."""
    refusal = NotContractiveError(
        f"L ||W|| is about {show_number(round_up(L * omega, 12))}, with L = {show_number(L)} the "
        f"largest slope of {rnn.activation.name!r}, and no diagonal weighting of the norm was "
        f"found that brings it below 1: what the added units leave over might grow; expected "
        f"L ||W|| < 1, such as W times {show_number(_shrunk(L * omega))}"
    )
    try:
        D = find_scaling(rnn.W * L)
    except (NotContractiveError, UndecidedError):
        raise refusal from None
    if isinstance(D, NoScaling):
        raise refusal
    D = tuple(d / min(D) for d in D)
    found = norm_upper_bound(weighted_columns(weighted_rows(rnn.W, D), D))
    if L * found >= 1:
        raise refusal
    return D, found


def _shrunk(norm: Fraction) -> Fraction:
    return Fraction(math.floor(100 / norm), 100) if norm < 100 else 1 / (norm + 1)


def _added_gain(rnn: RNN, D: Sequence[Fraction]) -> Fraction:
    """Return an upper bound of ``||D W2||``."""
    weights, W = np.array([to_float(d) for d in D]), rnn.W.to_numpy()
    with np.errstate(all="ignore"):
        squares = weights[:, None] * (np.eye(len(D)) - W @ W.T) * weights
    try:
        largest = float(np.linalg.eigvalsh(squares)[-1])
        for slack in (2.0**-40, 2.0**-20):
            gain = round_up(Fraction(math.sqrt(max(largest, 0.0)) * (1 + slack)), 48)
            if gain > 0 and added_gain_at_most(rnn.W, D, gain) is not None:
                return min(gain, max(D))
    except (np.linalg.LinAlgError, UndecidedError, ArithmeticError, ValueError):
        pass
    return max(D)


def _objective(W: Array, C: Array, L: float, logarithms: Array) -> tuple[float, Array]:
    """Return the logarithm of the objective and its gradient; infinite outside its domain."""
    s = np.exp(logarithms)
    omega, left, right = top_singular(W * s[:, None] / s)
    c, _, C_right = top_singular(C / s)
    values, vectors = np.linalg.eigh(s[:, None] * (np.eye(len(s)) - W @ W.T) * s)
    if not (L * omega < 1 and c > 0 and values[-1] > 0):
        return math.inf, np.zeros_like(s)
    gradient: Array = (
        L * omega / (1 - L * omega) * (left**2 - right**2) - C_right**2 + vectors[:, -1] ** 2
    )
    return math.log(c) + math.log(values[-1]) / 2 - math.log(1 - L * omega), gradient


def propose_margin(
    rnn: RNN,
    added: int,
    about: Saturation,
    limit: Limit,
    gains: Gains,
    input_bound: Fraction,
    input_error: Fraction,
    budget: Fraction,
) -> Margin:
    """Return numbers that keep the output error from the added units within *budget*.

    Raises
    ------
    UnsupportedError
        If the budget is too small for what is computed here.
    """
    delta, spread = Fraction(0), Fraction(0)
    B, terms = limit.least, 0
    if added and limit.factor:
        delta = _tolerance(added, gains, budget)
        spread = round_up(sqrt_upper(added * delta**2))
        B, terms = find_margin(limit, delta)
    g, G = gains, about.growth
    drive = G * (g.F_norm * input_bound + g.b_norm + g.gain * spread)
    drift = sqrt_upper(about.at_zero**2 * sum(d * d for d in g.D))
    start = sqrt_upper(weighted_rows(rnn.h_init, g.D).frobenius_squared())
    H = round_up(max(start, (drive + drift) / (1 - G * g.omega)))
    error = g.C_norm * g.amplification * (g.gain * spread + g.F_norm * input_error)
    low, high = _widest(rnn, about, gains, H)
    found = Margin(
        limit.side, B, delta, terms, spread, g.D, g.omega, g.gain, g.F_norm, g.b_norm, g.C_norm,
        low, high, H, input_bound, input_error, round_up(error),
    )  # fmt: skip
    for slack in _SLACKS:
        low, high = _shrunken(rnn, about, found, slack)
        smaller = replace(found, low=low, high=high)
        if all(states_kept(rnn, about, smaller).values()):
            return smaller
    return found


def _tolerance(added: int, gains: Gains, budget: Fraction) -> Fraction:
    """Return delta: how far from its limit each added unit may be."""
    scale = gains.C_norm * gains.amplification * gains.gain * sqrt_upper(Fraction(added))
    if scale == 0:
        return _COARSEST
    most = budget * Fraction(1023, 1024) / scale
    shift = _BITS - (most.numerator.bit_length() - most.denominator.bit_length())
    unit = Fraction(2) ** -shift
    return min(_COARSEST, math.floor(most / unit) * unit)


Box = tuple[tuple[Fraction, ...], tuple[Fraction, ...]]


def _widest(rnn: RNN, about: Saturation, gains: Gains, H: Fraction) -> Box:
    """Return the box that the range of phi, or the ball, gives at once."""
    zero = Fraction(0)
    low, high = [], []
    for d, h in zip(gains.D, rnn.h_init.entries(), strict=True):
        ball = round_up(H / d)
        low.append(min(h, zero, -ball if about.low is None else max(-ball, about.low)))
        high.append(max(h, zero, ball if about.high is None else min(ball, about.high)))
    return tuple(low), tuple(high)


def _shrunken(rnn: RNN, about: Saturation, m: Margin, slack: float) -> Box:
    """Apply "what phi makes of the box" to the box a few times, in floats, and round outwards.

    Inputs and biases count for a little more than they are, by *slack*: see ``_SLACKS``.
    """
    floats, M, spread = rnn.to_numpy(), to_float(m.input_bound), to_float(m.spread)
    pushed = np.linalg.norm(floats.F, axis=1) * M + spread
    pushed += slack * (pushed + np.abs(floats.b) + 1.0)
    D = np.array([to_float(d) for d in m.D])
    ball = np.linalg.norm(floats.W / D, axis=1) * to_float(m.H)
    bounds = [np.array([to_float(x) for x in side]) for side in (m.low, m.high)]
    start, G, zero = floats.h_init, to_float(about.growth), to_float(about.at_zero)
    widest = [bounds[0].copy(), bounds[1].copy()]
    least = -math.inf if about.low is None else to_float(about.low)
    most = math.inf if about.high is None else to_float(about.high)
    for _ in range(300):
        up = np.where(floats.W > 0, floats.W * bounds[1], floats.W * bounds[0]).sum(axis=1)
        down = np.where(floats.W > 0, floats.W * bounds[0], floats.W * bounds[1]).sum(axis=1)
        up = zero + G * np.maximum(np.minimum(up, ball) + floats.b + pushed, 0)
        down = -zero + G * np.minimum(np.maximum(down, -ball) + floats.b - pushed, 0)
        lowest = np.minimum(np.maximum(down, least), np.minimum(start, 0))
        highest = np.maximum(np.minimum(up, most), np.maximum(start, 0))
        bounds[0], bounds[1] = np.maximum(widest[0], lowest), np.minimum(widest[1], highest)
    outward = 1 + slack / 16
    entries = zip(bounds[0], bounds[1], m.low, m.high, strict=True)
    sides = [
        (
            max(-round_up(Fraction(float(-a) * outward), _BITS), low),
            min(round_up(Fraction(float(b) * outward), _BITS), high),
        )
        for a, b, low, high in entries
    ]
    return tuple(a for a, _ in sides), tuple(b for _, b in sides)
