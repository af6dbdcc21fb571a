"""Candidates for a lower bound: how many states, and inputs that keep every unit active.

:mod:`urnn_proofs.checks.exact.lower_bound` says what they prove and checks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import is_contractive
from urnn_proofs.checks.exact.lower_bound import LowerBound, drive, lower_bound_holds
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import to_float
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["contractive_or_scaled", "find_lower_bound"]

Array = np.ndarray[Any, np.dtype[np.float64]]
_WARM_UP = (0, 1, 2, 4, 8)
_TARGETS = (Fraction(1, 2), Fraction(1, 8), Fraction(1, 64), Fraction(1, 4096))


def find_lower_bound(rnn: RNN, input_bound: Fraction) -> LowerBound | None:
    """Return the best lower bound whose evidence was found; None if none was.

    Examples
    --------
    >>> net = RNN(W=[[0, 0.5], [0, 0]], F=[[1, 0], [0, 1]], b=[0, 0], C=[[1, 0], [0, 1]])
    >>> find_lower_bound(net, Fraction(1)).states
    3
    """
    n, ones = rnn.states, (Fraction(1),) * rnn.states
    if rnn.F.rank() < n or rnn.C.rank() < n:
        return None
    lost = n - rnn.W.rank()
    scaling = ones if lost else contractive_or_scaled(rnn.W)
    candidates = {n: (1, "every unit copies something of the input")}
    if scaling is not None and set(_slopes(rnn)) <= {0, 1}:
        candidates[n + 1] = (2, "W is not similar to an orthogonal matrix")
    for forgotten in range(1, lost + 1):
        what = f"W forgets {lost} dimension{'s' * (lost > 1)} in one step"
        candidates[n + forgotten] = (forgotten + 1, what)
    for states in sorted(candidates, reverse=True):
        steps, reason = candidates[states]
        for inputs in _activating_inputs(rnn, input_bound, steps):
            found = LowerBound(states, reason, inputs, scaling or ones)
            if lower_bound_holds(rnn, input_bound, found):
                return found
    return None


def _slopes(rnn: RNN) -> tuple[Fraction, ...]:
    return rnn.activation.slopes if isinstance(rnn.activation, PiecewiseLinear) else ()


def contractive_or_scaled(W: RationalMatrix) -> tuple[Fraction, ...] | None:
    """Return a positive diagonal E with ``||E W E^{-1}|| < 1``; None if none was found."""
    ones = (Fraction(1),) * W.shape[0]
    try:
        found = ones if is_contractive(W) else find_scaling(W)
    except UndecidedError:
        return None
    return None if isinstance(found, NoScaling) else found


def _activating_inputs(
    rnn: RNN, M: Fraction, length: int
) -> Iterator[tuple[tuple[Fraction, ...], ...]]:
    """Propose inputs that keep every unit active for *length* steps, after some that prepare."""
    phi = rnn.activation
    if type(phi) is not PiecewiseLinear or M <= 0:
        return
    inverse = np.linalg.pinv(rnn.F.to_numpy())
    upwards = inverse @ np.ones(rnn.states)
    with np.errstate(all="ignore"):  # what is not finite is not proposed
        upwards *= 0.98 * to_float(M) / max(float(np.linalg.norm(upwards)), 1e-300)
    for steps in _WARM_UP:
        for margin in _TARGETS:
            h, inputs = rnn.h_init, []
            for k in range(steps + length):
                z = drive(rnn, h)
                wanted = [_into_a_piece(phi, row[0], margin * M) for row in z.to_fractions()]
                with np.errstate(all="ignore"):
                    needed = inverse @ np.array([to_float(w) for w in wanted])
                x = _shorter(upwards if k < steps else needed, M)
                if x is None:
                    break
                inputs.append(x)
                moved = (z + rnn.F @ RationalMatrix.column(x)).to_fractions()
                h = RationalMatrix.column([phi.exact(row[0]) for row in moved])
            else:
                yield tuple(inputs)


def _into_a_piece(phi: PiecewiseLinear, z: Fraction, margin: Fraction) -> Fraction:
    """Return the shift that takes z into the nearest piece with nonzero slope, off its ends."""
    best: Fraction | None = None
    ends = (None, *phi.knots, None)
    for slope, low, high in zip(phi.slopes, ends, ends[1:], strict=False):
        if slope == 0:
            continue
        inset = margin if low is None or high is None else min(margin, (high - low) / 4)
        target = z if low is None else max(z, low + inset)
        target = target if high is None else min(target, high - inset)
        if best is None or abs(target - z) < abs(best):
            best = target - z
    return best or Fraction(0)


def _shorter(x: Array, M: Fraction) -> tuple[Fraction, ...] | None:
    """Round to a few bits; None if the result is not shorter than M."""
    if not np.isfinite(x).all():
        return None
    rounded = tuple(Fraction(float(v)).limit_denominator(2**20) for v in x)
    return rounded if sum(v * v for v in rounded) < M**2 else None
