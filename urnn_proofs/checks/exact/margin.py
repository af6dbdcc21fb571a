"""Equivalence within epsilon, for one layer: each inequality of the argument, in rationals.

Problem
    An RNN with phi of Lipschitz constant L and a limit kappa at one end, and its dilation: a URNN
    with ``U = [[W, W2], [W3, W4]]``, offset ``[0; kappa]``, upper weights those of the RNN, lower
    units with no input, started at kappa, with lower biases of their own.
Method
    What follows is for the left end.  Suppose, for all k, and for the inputs of both networks
    ``||x|| <= M``, ``||x_u^k - x^k|| <= eta``.  D is a positive diagonal.

    1. *tail*: ``|phi(z) - kappa| <= delta`` for ``z <= -B``; ``spread >= sqrt(r) delta``.
    2. *norms*: ``||D W D^-1|| <= omega``, ``L omega < 1``; ``||D W2|| <= gain``;
       ``||D F|| <= f``, ``||D b|| <= beta``, ``||C D^-1|| <= c``.
    3. *states*: each upper state stays in ``low <= g <= high``, a box that contains 0, and in
       ``||D g|| <= H``.  For states there, and lower ones within delta of kappa,
       ``z_i <= p_i = reach_i(W) + ||F_i|| M + b_i + spread`` (rows of W2 have norm at most 1), so
       ``phi(z_i) <= |phi(0)| + G max(p_i, 0)``; likewise from below; phi stays in its range, and
       ``|g_i| <= H / D_i`` in the ball: all this is inside the box.  And ``G omega < 1``,
       ``||D g|| <= G (omega H + f M + beta + gain spread) + |phi(0)| ||D 1|| <= H``.
       Here ``reach_i(A) = min(max over the box of A_i g, ||A_i D^-1|| H)``.
    4. *gates*: rows of W4 have norm at most 1, so lower preactivations are at most
       ``reach_i(W3) + spread + b_i``; this is at most ``-B`` for every lower bias b_i.
    5. *error*: ``e = g - h`` has ``e^-1 = 0`` and
       ``|e_i^k| <= L |(W e^(k-1) + W2 l + F (x_u - x))_i|`` with ``||l|| <= spread``, so
       ``||D e^k|| <= L (omega ||D e^(k-1)|| + gain spread + f eta)`` and
       ``||C e^k|| <= c L (gain spread + f eta) / (1 - L omega) <= error``.
Guarantee
    ``||y_u^k - y^k|| <= error`` for all k, by induction: 3 and 4 keep 1 applicable.
Reference
    formal/ErrorBound.v, ``eps_explicit``, has the same argument with D = I and one margin for all
    units, in Coq.

Nothing here searches; :mod:`urnn_proofs.guesses.margin` proposes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from urnn_proofs.checks.exact.norms import added_gain_at_most, norm_at_most
from urnn_proofs.checks.exact.tails import tail_holds
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import show_fields, sqrt_upper
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.saturation import Limit, Saturation

__all__ = [
    "Margin",
    "error_holds",
    "fits",
    "gate_limits",
    "norms_hold",
    "output_reach",
    "states_kept",
    "tail_step_holds",
    "weighted_columns",
    "weighted_rows",
]

Facts = dict[str, bool]


@dataclass(frozen=True)
class Margin:
    """The numbers of the argument above: evidence, each shown again from the two networks.

    Parameters
    ----------
    side
        At which end the lower units stay: "left" or "right".
    B, delta, terms
        phi is within delta of its limit beyond B, which so many terms of exp show.
    spread
        At least ``sqrt(r) delta``.
    D
        The weights of the norm.
    omega, gain, F_norm, b_norm, C_norm
        Bounds of ``||D W D^-1||``, ``||D W2||``, ``||D F||``, ``||D b||``, ``||C D^-1||``.
    low, high
        The box of the upper states.
    H
        Bound of ``||D g||``.
    input_bound, input_error
        M and eta of this layer.
    error
        What the outputs of the two networks differ by, at most.
    """

    side: Literal["left", "right"]
    B: Fraction
    delta: Fraction
    terms: int
    spread: Fraction
    D: tuple[Fraction, ...]
    omega: Fraction
    gain: Fraction
    F_norm: Fraction
    b_norm: Fraction
    C_norm: Fraction
    low: tuple[Fraction, ...]
    high: tuple[Fraction, ...]
    H: Fraction
    input_bound: Fraction
    input_error: Fraction
    error: Fraction

    __repr__ = show_fields


def fits(rnn: RNN, margin: Margin) -> bool:
    """Tell whether lengths and signs make sense, so that the other checks may be asked."""
    n = rnn.states
    lengths = {len(margin.D), len(margin.low), len(margin.high)} == {n}
    return (
        lengths
        and margin.side in ("left", "right")
        and min(margin.D) > 0
        and all(a <= 0 <= b for a, b in zip(margin.low, margin.high, strict=True))
        and min(margin.delta, margin.spread, margin.input_bound, margin.input_error) >= 0
        and min(margin.B, margin.H, margin.error) >= 0
    )


def tail_step_holds(limit: Limit | None, added: int, margin: Margin) -> Facts:
    """Check 1; without lower units there is nothing to check."""
    m = margin
    if added == 0:
        return {"no unit is added": True}
    return {
        f"phi has a limit at the {m.side} end": limit is not None,
        f"|phi(z) - kappa| <= delta beyond B, {m.terms} terms of exp": limit is not None
        and tail_holds(limit, m.B, m.delta, m.terms),
        "sqrt(r) delta <= spread": added * m.delta**2 <= m.spread**2,
    }


def weighted_rows(A: RationalMatrix, D: Sequence[Fraction]) -> RationalMatrix:
    """Return ``D A``."""
    return RationalMatrix.diagonal(D) @ A


def weighted_columns(A: RationalMatrix, D: Sequence[Fraction]) -> RationalMatrix:
    """Return ``A D^-1``."""
    return A @ RationalMatrix.diagonal([1 / d for d in D])


def norms_hold(rnn: RNN, lipschitz: Fraction, margin: Margin) -> Facts:
    """Check 2.

    Raises
    ------
    UndecidedError
        If a bound is too close to its norm, see :mod:`urnn_proofs.checks.exact.norms`.
    """
    m, D = margin, margin.D
    W = weighted_columns(weighted_rows(rnn.W, D), D)
    return {
        "||D W D^-1|| <= omega": norm_at_most(W, m.omega) is not None,
        "L omega < 1": lipschitz * m.omega < 1,
        "||D W2|| <= gain": added_gain_at_most(rnn.W, D, m.gain) is not None,
        "||D F|| <= f": norm_at_most(weighted_rows(rnn.F, D), m.F_norm) is not None,
        "||D b|| <= beta": norm_at_most(weighted_rows(rnn.b, D), m.b_norm) is not None,
        "||C D^-1|| <= c": norm_at_most(weighted_columns(rnn.C, D), m.C_norm) is not None,
    }


class _Reach:
    """``reach_i(A)`` for rows of integers, box and D over common denominators."""

    def __init__(self, margin: Margin) -> None:
        self.unit = math.lcm(*(x.denominator for x in (*margin.low, *margin.high)))
        self.low = [int(x * self.unit) for x in margin.low]
        self.high = [int(x * self.unit) for x in margin.high]
        self.common = math.lcm(*(x.numerator for x in margin.D))
        self.inverse = [int(self.common / x) for x in margin.D]  # common / D, whole numbers
        self.H = margin.H

    def upwards(self, row: Sequence[int], denominator: int, squared_scale: Fraction) -> Fraction:
        """Bound ``s a.g`` from above, ``a = row / denominator``, ``s^2 = squared_scale``."""
        pairs = zip(row, self.low, self.high, strict=True)
        most = sum(a * (high if a > 0 else low) for a, low, high in pairs)
        found = Fraction(most, denominator * self.unit) ** 2
        squares = sum((a * d) ** 2 for a, d in zip(row, self.inverse, strict=True))
        found = min(found, Fraction(squares, (denominator * self.common) ** 2) * self.H**2)
        return sqrt_upper(squared_scale * found)


def _whole(M: RationalMatrix) -> list[list[int]]:
    return [[int(x) for x in row] for row in M.numerators.tolist()]


def states_kept(rnn: RNN, about: Saturation, margin: Margin) -> Facts:
    """Check 3."""
    m, G = margin, about.growth
    start = rnn.h_init.entries()
    facts = {
        "h_init is in the box": all(
            a <= h <= b for a, h, b in zip(m.low, start, m.high, strict=True)
        ),
        "phi keeps the box": True,
    }
    zero = Fraction(0)
    for (least, most), d, low, high in zip(_drives(rnn, margin), m.D, m.low, m.high, strict=True):
        up = min(about.at_zero + G * max(most, zero), m.H / d)
        down = max(-about.at_zero + G * min(least, zero), -m.H / d)
        up = up if about.high is None else min(up, about.high)
        down = down if about.low is None else max(down, about.low)
        if up > high or down < low:
            facts["phi keeps the box"] = False
    squares = sum((d * h) ** 2 for d, h in zip(m.D, start, strict=True))
    drive = m.omega * m.H + m.F_norm * m.input_bound + m.b_norm + m.gain * m.spread
    room = m.H - G * drive
    drift = about.at_zero**2 * sum(d * d for d in m.D)
    facts["||D h_init|| <= H"] = squares <= m.H**2
    facts["G (omega H + f M + beta + gain spread) + |phi(0)| ||D 1|| <= H"] = (
        room >= 0 and room**2 >= drift
    )
    return facts


def _drives(rnn: RNN, margin: Margin) -> list[tuple[Fraction, Fraction]]:
    """Return bounds of z_i from below and above, for each upper unit."""
    reach, d = _Reach(margin), rnn.W.denominator
    found, one = [], Fraction(1)
    for w, f, b in zip(_whole(rnn.W), _whole(rnn.F), rnn.b.entries(), strict=True):
        pushed = sqrt_upper(Fraction(sum(x * x for x in f), rnn.F.denominator**2))
        other = pushed * margin.input_bound + margin.spread
        least = -reach.upwards([-x for x in w], d, one)
        found.append((least - other + b, reach.upwards(w, d, one) + other + b))
    return found


def gate_limits(U: Orthogonal, n: int, margin: Margin) -> list[Fraction]:
    """Return for each lower unit what its bias may be at most (right end: at least).

    It is ``-(B + spread + reach_i(W3))``, or the negative of that with ``-W3`` at the right end.
    Upper scales of U are to be 1.
    """
    W3, reach = U.lower_left(n), _Reach(margin)
    sign = 1 if margin.side == "left" else -1
    found = []
    for alpha, row in zip(U.alpha[n:], _whole(W3), strict=True):
        most = reach.upwards([sign * x for x in row], W3.denominator, alpha)
        found.append(-sign * (margin.B + margin.spread + most))
    return found


def error_holds(lipschitz: Fraction, margin: Margin) -> bool:
    """Check 5, given the norms of 2."""
    m = margin
    step = m.C_norm * lipschitz * (m.gain * m.spread + m.F_norm * m.input_error)
    return step <= m.error * (1 - lipschitz * m.omega)


def output_reach(C: RationalMatrix, margin: Margin) -> Fraction:
    """Bound ``||C g||``, given 2 and 3, for the states of either network."""
    largest = [max(-a, b) for a, b in zip(margin.low, margin.high, strict=True)]
    rows = [[abs(x) for x in row] for row in C.to_fractions()]
    sums = [sum((c * v for c, v in zip(row, largest, strict=True)), Fraction(0)) for row in rows]
    box = sqrt_upper(sum((x**2 for x in sums), Fraction(0)))
    return min(box, margin.C_norm * margin.H)
