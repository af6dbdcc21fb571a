"""Look for evidence that the outputs of a network expand.

:mod:`urnn_proofs.checks.exact.expansive` says what the evidence is and checks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.expansive import Expansion, joined, linearised, minimal_part
from urnn_proofs.checks.exact.spectral import expanding_power
from urnn_proofs.checks.exact.state_bound import is_non_expansive
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import to_float
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["find_expansion"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Vector = tuple[Fraction, ...]

# Exact prefixes are solved for up to this size; their numbers grow with n and its steps.
_MOST_STATES = 48
_DIRECTIONS = 64
_BITS = 12


def find_expansion(layers: Sequence[RNN], M: Fraction) -> Expansion | None:
    """Return evidence that was found, for the caller to check; None if there was none.

    Tried: W >= 0 with inputs that keep every unit active; fixed points at h_init; fixed points at
    which every unit of a ReLU network is active, reached in one or in n steps.  Several layers are
    looked at as the one that they are together where every unit is active.
    """
    if M <= 0 or not all(is_non_expansive(layer.activation) for layer in layers):
        return None
    if any(layer.activation != layers[-1].activation for layer in layers):
        return None
    rnn = joined(layers)
    with np.errstate(all="ignore"):
        floats = rnn.W.to_numpy()
        if not np.isfinite(floats).all():
            return None
        for prefix, held in _proposals(rnn, floats, M):
            try:
                found = linearised(layers, prefix, held)
                A = None if found is None else minimal_part(*found)
            except UndecidedError:
                continue
            power = None if A is None else expanding_power(A)
            if power is not None:
                return Expansion(prefix, held, power)
            if A is not None and A.shape[0] == rnn.states and found is not None:
                return None  # every other fixed point of this kind has the same A
    return None


def _proposals(rnn: RNN, W: Array, M: Fraction) -> Iterator[tuple[tuple[Vector, ...], Vector]]:
    zero = (Fraction(0),) * rnn.inputs
    at_start = _held_at_start(rnn)
    if at_start is not None:
        yield (), at_start
    phi = rnn.activation
    if not (isinstance(phi, PiecewiseLinear) and phi.is_relu):
        return
    candidates = [zero, *_directions(rnn, M)]
    if (W >= 0).all():
        F, b = rnn.F.to_numpy(), rnn.b.to_numpy()[:, 0]
        for x in candidates:
            if (F @ np.array([to_float(v) for v in x]) + b > 0).all():
                yield (), x
                break
    if rnn.states > _MOST_STATES or max(abs(np.linalg.eigvals(W)), default=0.0) <= 1:
        return
    for x in candidates:
        fixed = _fixed_point(rnn, x)
        if fixed is None:
            continue
        for steps in (1, rnn.states, 2 * rnn.states):
            prefix = _steered(rnn, x, fixed, steps, M)
            if prefix is not None:
                yield prefix, x
                break


def _held_at_start(rnn: RNN) -> Vector | None:
    """Return x that holds h_init, if phi is known there: ``W h + F x + b`` is z, phi(z) = h."""
    h, phi = rnn.h_init.entries(), rnn.activation
    if isinstance(phi, PiecewiseLinear):
        if not phi.is_relu or min(h) <= 0:
            return None
        z = RationalMatrix.column(h)
    else:
        z = RationalMatrix.zeros(rnn.states, 1)
    return _solution(rnn.F, z - rnn.W @ rnn.h_init - rnn.b)


def _solution(F: RationalMatrix, right: RationalMatrix) -> Vector | None:
    """Return the shortest x with ``F x = right``, exactly; None if there is none."""
    rows = _independent_rows(F)
    if not rows:
        return (Fraction(0),) * F.shape[1] if right.is_zero() else None
    G = F.block(rows, range(F.shape[1]))
    x = G.transpose() @ (G @ G.transpose()).solve(right.block(rows, [0]))
    return tuple(x.reduced().entries()) if F @ x == right else None


def _independent_rows(F: RationalMatrix) -> list[int]:
    reduced, _, rank = F.numerators.transpose().rref()
    found, column = [], 0
    for i in range(rank):
        while reduced[i, column] == 0:
            column += 1
        found.append(column)
    return found


def _directions(rnn: RNN, M: Fraction) -> Iterator[Vector]:
    """Yield inputs inside the ball that may keep all units active: along F^T 1, and random ones."""
    F, W = rnn.F.to_numpy(), rnn.W.to_numpy()
    n, m = F.shape
    rng = np.random.default_rng(0)
    aims = [F.T @ np.ones(n)]
    try:
        G = np.linalg.solve(np.eye(n) - W, F)
        aims += [G.T @ np.ones(n), np.linalg.pinv(G) @ np.ones(n)]
    except np.linalg.LinAlgError:
        pass
    aims += list(rng.standard_normal((_DIRECTIONS, m)))
    for aim in aims:
        size = float(np.linalg.norm(aim))
        if not np.isfinite(size) or size == 0:
            continue
        for part in (0.5, 0.05):
            yield tuple(
                Fraction(round(v / size * 2**_BITS), 2**_BITS) * M * Fraction(part) for v in aim
            )


def _fixed_point(rnn: RNN, x: Vector) -> RationalMatrix | None:
    """Return h = W h + F x + b if every entry is positive."""
    drive = rnn.F @ RationalMatrix.column(x) + rnn.b
    n = rnn.states
    try:
        rough = np.linalg.solve(np.eye(n) - rnn.W.to_numpy(), drive.to_numpy()[:, 0])
        if not (rough > 0).all():
            return None
        h = (RationalMatrix.identity(n) - rnn.W).solve(drive)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return None
    return h if min(h.entries()) > 0 else None


def _steered(
    rnn: RNN, x: Vector, fixed: RationalMatrix, steps: int, M: Fraction
) -> tuple[Vector, ...] | None:
    """Return inputs that lead from h_init to the fixed point with every unit active.

    Deviations d from the fixed point obey ``d^k = W d^{k-1} + F u^k`` there; the shortest u that
    ends at 0 is tried in floating point first.
    """
    F, W, h = rnn.F.to_numpy(), rnn.W.to_numpy(), fixed.to_numpy()[:, 0]
    m, limit = rnn.inputs, to_float(M)
    columns = [F]
    for _ in range(steps - 1):
        columns.append(W @ columns[-1])
    K = np.hstack(columns[::-1])
    d = rnn.h_init.to_numpy()[:, 0] - h
    target = -np.linalg.matrix_power(W, steps) @ d
    u, *_ = np.linalg.lstsq(K, target, rcond=None)
    if not np.isfinite(u).all() or np.abs(K @ u - target).max() > 1e-6 * (1 + np.abs(d).max()):
        return None
    center = np.array([to_float(v) for v in x])
    for k in range(steps):
        part = u[k * m : (k + 1) * m]
        d = W @ d + F @ part
        if np.linalg.norm(center + part) > limit or (k + 1 < steps and (h + d <= 0).any()):
            return None
    exact = [rnn.F]
    for _ in range(steps - 1):
        exact.append((rnn.W @ exact[-1]).reduced())
    whole = RationalMatrix.blocks([exact[::-1]])
    gap = rnn.h_init - fixed
    for _ in range(steps):
        gap = (rnn.W @ gap).reduced()
    found = _solution(whole, -gap)
    if found is None:
        return None
    return tuple(
        tuple(v + c for v, c in zip(found[k * m : (k + 1) * m], x, strict=True))
        for k in range(steps)
    )
