"""How many states every equivalent URNN must have: a lower bound with exact evidence.

For an RNN with n states, F and C of rank n, and inputs shorter than M that keep every unit on a
piece of phi with nonzero slope during the last T steps, a URNN with the same phi and the same
outputs has at least

* ``n + dim ker W`` states, if ``T >= dim ker W + 1``: what the RNN forgets in one step, an
  invertible U can only lose in units that are switched off, and copying the input needs n that are
  switched on (the dimension count of Theorem 3.2);
* ``n + 1`` states, if ``||E W E^{-1}|| < 1`` for some positive diagonal E, all slopes are 0 or 1,
  and ``T >= 2``: with n states W would be similar to an orthogonal matrix;
* ``n + 2`` states, if ``W = w I``, ``|w| < 1``, n >= 2, all slopes are 0 or 1, and ``T >= 5``
  (``theorem("scalar-memory")``).

The first generalises Theorem 3.2 (``W = 0``).  The proofs are written out in the kernel's
``lower_bound`` module, which checks the certificate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import is_contractive
from urnn_proofs.checks.exact.similarity import scale_matrix
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import to_float
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["LowerBound", "active_span", "find_lower_bound", "lower_bound_holds"]

Array = np.ndarray[Any, np.dtype[np.float64]]
_WARM_UP = (0, 1, 2, 4, 8)
_TARGETS = (Fraction(1, 2), Fraction(1, 8), Fraction(1, 64), Fraction(1, 4096))


@dataclass(frozen=True)
class LowerBound:
    """Every URNN with the same outputs has at least *states* states.

    Parameters
    ----------
    states
        The bound.
    reason
        Why, in one sentence.
    inputs
        Rational inputs (T, m), shorter than M, that keep every unit active at the end.
    scaling
        Positive diagonal E with ``||E W E^{-1}|| < 1``; ones where it is not needed.
    """

    states: int
    reason: str
    inputs: tuple[tuple[Fraction, ...], ...]
    scaling: tuple[Fraction, ...]


def find_lower_bound(rnn: RNN, input_bound: Fraction) -> LowerBound | None:
    """Return the best lower bound whose evidence was found; None if none was.

    Examples
    --------
    >>> net = RNN(W=[[0, 0.5], [0, 0]], F=[[1, 0], [0, 1]], b=[0, 0], C=[[1, 0], [0, 1]])
    >>> find_lower_bound(net, Fraction(1)).states
    3
    """
    n, ones = rnn.states, (Fraction(1),) * rnn.states
    if rank(rnn.F) < n or rank(rnn.C) < n:
        return None
    lost = n - rank(rnn.W)
    scaling = ones if lost else _contractive_scaling(rnn.W)
    candidates = {n: (1, "every unit copies something of the input")}
    if scaling is not None and set(_slopes(rnn)) <= {0, 1}:
        candidates[n + 1] = (2, "W is not similar to an orthogonal matrix")
        if _scalar(rnn.W) is not None and n >= 2:
            candidates[n + 2] = (5, "W is a multiple of I: n + 1 states cannot forget it evenly")
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


def lower_bound_holds(rnn: RNN, input_bound: Fraction, bound: LowerBound) -> bool:
    """Check the evidence exactly, from the network alone."""
    phi, n = rnn.activation, rnn.states
    if type(phi) is not PiecewiseLinear or input_bound <= 0:
        return False
    if any(sum(x * x for x in row) >= input_bound**2 for row in bound.inputs):
        return False
    if rank(rnn.F) < n or rank(rnn.C) < n or len(bound.scaling) != n or min(bound.scaling) <= 0:
        return False
    span = active_span(rnn, bound.inputs)
    if bound.states <= 2 * n - rank(rnn.W) and span >= max(bound.states - n, 0) + 1:
        return True
    if not set(phi.slopes) <= {0, 1}:
        return False
    if bound.states == n + 1:
        return span >= 2 and is_contractive(scale_matrix(rnn.W, bound.scaling))
    w = _scalar(rnn.W)
    return bound.states == n + 2 and n >= 2 and span >= 5 and w is not None and abs(w) < 1


def _slopes(rnn: RNN) -> tuple[Fraction, ...]:
    return rnn.activation.slopes if isinstance(rnn.activation, PiecewiseLinear) else ()


def _scalar(W: RationalMatrix) -> Fraction | None:
    """Return w if W is w times the identity."""
    w = W[0, 0]
    rows = W.to_fractions()
    fits = all(x == (w if i == j else 0) for i, r in enumerate(rows) for j, x in enumerate(r))
    return w if fits else None


def active_span(rnn: RNN, inputs: tuple[tuple[Fraction, ...], ...]) -> int:
    """Return on how many of the last steps every unit was on a piece with nonzero slope."""
    phi = rnn.activation
    assert isinstance(phi, PiecewiseLinear)
    h, span = rnn.h_init, 0
    for x in inputs:
        z = [row[0] for row in (_drive(rnn, h) + rnn.F @ RationalMatrix.column(x)).to_fractions()]
        h = RationalMatrix.column([phi.exact(t) for t in z])
        span = span + 1 if all(phi.slope(t) for t in z) else 0
    return span


def rank(M: RationalMatrix) -> int:
    """Return the rank, exactly."""
    return int(M.numerators.rank())


def _drive(rnn: RNN, h: RationalMatrix) -> RationalMatrix:
    return rnn.W @ h + rnn.b


def _contractive_scaling(W: RationalMatrix) -> tuple[Fraction, ...] | None:
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
    upwards *= 0.98 * to_float(M) / max(float(np.linalg.norm(upwards)), 1e-300)
    for steps in _WARM_UP:
        for margin in _TARGETS:
            h, inputs = rnn.h_init, []
            for k in range(steps + length):
                z = _drive(rnn, h)
                wanted = [_into_a_piece(phi, row[0], margin * M) for row in z.to_fractions()]
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
