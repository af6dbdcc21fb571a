"""Error bounds along given inputs: much smaller than those for all of X_M, and as rigorous.

With the notation of ``checks.numeric.error_bounds``, let ``a^k`` be the states of one run
in the stored arithmetic, NumPy's, and ``c^k`` those of any other engine.  Both are within D_k of
the exact states ``g^k`` of the stored weights, so ``||c^k - a^k|| <= 2 D_k``, and

    D_k <= rho' D_{k-1} + gamma_K (|| |W'||a^{k-1}| + |F'||x^k| + |b'| || + 2 || |W'| || D_{k-1})
           + sqrt(n) t,
    e_k <= rho' e_{k-1} + ||W' - W|| (||a^{k-1}|| + D_{k-1} + e_{k-1}) + ||F' - F|| ||x^k||
           + ||b' - b||.

Where phi has Lipschitz constant L, and the stored network lower units that only come close to a
constant (tanh, :mod:`.saturating_run`), the right sides are multiplied by L, and what the lower
units and the engine's phi add at each step stands beside them (:class:`Added`).

The recursion is evaluated in float64; sums of nonnegative terms are enlarged by what their own
rounding may hide (*running error analysis*, Higham, section 3.3, here with norms).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.rounding import gamma, underflow
from urnn_proofs.checks.numeric.weight_norms import Differences, Norms
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import to_float

__all__ = ["Added", "checked_inputs", "error_along", "lengths", "no_nan", "up"]

Array = np.ndarray[Any, np.dtype[np.float64]]

# Enlarges a float64 that went through at most four roundings.
_UP = 1 + 2.0**-50


@dataclass(frozen=True)
class Added:
    """What is added at each step beside the rounding of the upper units.

    Parameters
    ----------
    lipschitz
        L of the activation.
    computed, weights
        What is added to D and to e at each step.
    """

    lipschitz: Fraction = Fraction(1)
    computed: Fraction = Fraction(0)
    weights: Fraction = Fraction(0)


def error_along(
    stored: FloatNetwork,
    x: Any,
    input_bound: Fraction,
    sizes: Norms,
    rho: Fraction,
    changed: Differences,
    largest_state: Fraction,
    weighting: tuple[Fraction, ...] | None = None,
    stretch: Fraction = Fraction(1),
    added: Added | None = None,
) -> Array:
    """Bound the distance of computed outputs from those of the exact RNN, step by step.

    Parameters
    ----------
    stored
        The stored weights of the n upper units, where gates are known to stay closed; of all units,
        where lower units add something.
    x
        Inputs in the stored format, time first: (T, m) or (T, batch, m).
    input_bound
        M; every ``||x^k||`` must be at most that.
    sizes, rho, changed, weighting, stretch
        As for the bounds over all inputs, weighted.
    largest_state
        An upper bound of the computed states, of all units.
    added
        None for ReLU.

    Returns
    -------
    numpy.ndarray
        Bounds of ``||y_u^k - y^k||``, shape (T,) or (T, batch), valid for every engine that
        computes in the stored arithmetic; infinity where float64 has no bound.

    Raises
    ------
    InputError
        If the inputs have a wrong shape, other numbers than the format has, or leave X_M.
    """
    inputs = checked_inputs(stored, x, input_bound)
    batched = inputs if inputs.ndim == 3 else inputs[:, None]
    n, m, p = sizes.states, stored.inputs, stored.outputs
    more = added or Added()
    N, L = stored.states, more.lipschitz
    unit, last = L * gamma(N + m + 2, stored.arithmetic), gamma(n + 1, stored.arithmetic)
    S = np.array([up(s) for s in weighting or (Fraction(1),) * n])
    W, F, C = (np.abs(getattr(stored, name).astype(np.float64)) for name in ("W", "F", "C"))
    W, F, C = W[:n, :n], F[:n], C[:, :n]
    b = stored.bias_sizes.to_numpy()[:n, 0]
    # Sums of at most n + m + 2 nonnegative float64 terms, then norms of at most n or p.
    wide = 1 + up(4 * gamma(n + m + p + 8))
    size = sizes.W_abs + sizes.F_abs + sizes.C_abs + largest_state + input_bound
    lost = up((n + p) * underflow(N + m + 2, size, stored.arithmetic) * stretch + more.computed)
    always = up(more.weights)
    keep, keep_e = up(L * rho + 2 * unit * sizes.W_abs), up(L * (rho + changed.W))
    read, read_e = up(sizes.C + 2 * last * sizes.C_abs), up(sizes.C)
    unit_up, last_up = up(unit), up(last)
    dW, dF, db = (up(L * v) for v in (changed.W, changed.F, changed.b))
    dC = up(changed.C)
    read_lost = up((n + p) * underflow(N + m + 2, size, stored.arithmetic) * stretch)

    def norm(v: Array) -> Array:
        return lengths(v, wide)

    D = np.zeros(batched.shape[1])
    e = np.full_like(D, up(changed.h_init))
    state = np.broadcast_to(stored.h_init, (len(D), N))
    now = np.abs(state[:, :n].astype(np.float64))
    bounds = np.empty(batched.shape[:2])
    for k, drive in enumerate(batched @ stored.F.T + stored.bias):
        x_k = np.abs(batched[k].astype(np.float64))
        rounding = norm((now @ W.T + x_k @ F.T + b) * S)
        step = (dW * (norm(now * S) + D) * _UP + dF * norm(x_k) * _UP + db) * _UP
        e = (keep_e * e + (step + always) * _UP) * _UP
        D = (keep * D + (unit_up * rounding + lost) * _UP) * _UP
        state = stored.phi(state @ stored.W.T + drive)
        now = np.abs(state[:, :n].astype(np.float64))
        computed = (read * D + (last_up * norm(now @ C.T) + read_lost) * _UP) * _UP
        rounded = (read_e * e + dC * (norm(now * S) + D + e) * _UP) * _UP
        bounds[k] = (computed + rounded) * _UP
    found = no_nan(bounds)
    return found if inputs.ndim == 3 else found[:, 0]


def lengths(v: Array, wide: float) -> Array:
    """Bound Euclidean norms along the last axis, at any scale; *wide* makes up for rounding."""
    largest = np.abs(v).max(axis=-1, keepdims=True)
    scale = np.where(largest > 0, largest, 1)
    # What underflow takes away is far below 1e-300.
    found: Array = np.linalg.norm(v / scale, axis=-1) * scale[..., 0] * wide + 1e-300
    return found


def no_nan(bounds: Array) -> Array:
    """Return infinity where float64 could not hold what a bound is made of."""
    return np.where(np.isnan(bounds), np.inf, bounds)


def checked_inputs(stored: FloatNetwork, x: Any, M: Fraction) -> Any:
    """Return inputs as numbers of the stored format, all of them in X_M."""
    array = np.asarray(x)
    inputs = stored.convert_inputs(array)
    if not np.array_equal(inputs, array):
        raise InputError(
            f"x has numbers that {stored.arithmetic.name} does not have; convert it first"
        )
    rows = inputs.astype(np.float64).reshape(-1, stored.inputs)
    # Only rows that come close to M need exact arithmetic.
    lengths = np.hypot.reduce(np.abs(rows), axis=1)  # no squares, which might be lost
    close = rows[lengths > to_float(M) * (1 - 1e-9)]
    for row in close:
        if sum(Fraction(v) ** 2 for v in row.tolist()) > M**2:
            raise InputError(
                f"an input vector is longer than the input bound {to_float(M):.6g}; expected "
                f"||x^k|| <= M for every k"
            )
    return inputs


def up(value: Fraction) -> float:
    """Round up to float64: infinity beyond its range."""
    found = to_float(value)
    enough = math.isinf(found) or Fraction(found) >= value
    return found if enough else math.nextafter(found, math.inf)
