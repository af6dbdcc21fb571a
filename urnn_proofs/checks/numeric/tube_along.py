"""Error bounds along given inputs, as ``running_error``, in the norm of a tube.

With the notation of ``running_error`` and :mod:`~urnn_proofs.checks.numeric.tube`: along the run
``a^k`` of the stored arithmetic, ``||c^k - a^k|| <= 2 D_k / sqrt p``, so that

    D_k^2 = a D_{k-1}^2 + (|r^k| + 2 |q| D_{k-1} / sqrt p)^2,
    e_k^2 = a e_{k-1}^2 + (|w^k| + |v| (D_{k-1} + e_{k-1}) / sqrt p)^2,

``r^k`` the rounding at ``a^{k-1}`` and ``x^k``, ``q_i = (gamma_K + u) ||W'_i||``, ``w^k`` what the
changed weights do there, ``v_i = ||W'_i - W_i||``.  In float64, nonnegative terms, enlarged.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.rounding import gamma
from urnn_proofs.checks.numeric.running_error import checked_inputs, up
from urnn_proofs.checks.numeric.tube import TubeBounds, row_norms
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import sqrt_upper

__all__ = ["tube_along"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def tube_along(bounds: TubeBounds, wanted: RNN, x: Any) -> Array:
    """Bound the distance of computed outputs from those of *wanted*, step by step.

    Parameters
    ----------
    bounds
        Of the stored network; ``bounds.computed`` and ``bounds.weights(wanted)`` are not None.
    wanted
        The exact network.
    x
        Inputs in the stored format, time first: (T, m) or (T, batch, m).

    Raises
    ------
    InputError
        If the inputs have a wrong shape, other numbers than the format has, or leave X_M.
    """
    net, sector = bounds.stored, bounds.tube.sector
    inputs = checked_inputs(net, x, bounds.M)
    batched = inputs if inputs.ndim == 3 else inputs[:, None]
    n, m, p, kind = net.states, net.inputs, net.outputs, net.arithmetic
    unit, last, u = gamma(n + m + 2, kind), up(gamma(n + 1, kind)), up(kind.unit)
    # Sums and norms of at most n + m + p nonnegative terms, and what is done to them here.
    wide = 1 + up(8 * gamma(n + m + p + 16))
    W, F, C = (getattr(net, name).astype(np.float64) for name in ("W", "F", "C"))
    plus, minus, F, C = np.maximum(W, 0), np.maximum(-W, 0), np.abs(F), np.abs(C)
    b = np.array([up(v) for (v,) in net.bias_sizes.to_fractions()])
    S = np.array([up(sqrt_upper(w)) for w in sector.weights])
    changed = {name: getattr(bounds.exact, name) - getattr(wanted, name) for name in "WFCb"}
    dW, dF, db = (np.array([up(v) for v in row_norms(changed[name])]) for name in "WFb")
    dC = up(sqrt_upper(changed["C"].frobenius_squared()))
    h = bounds.exact.h_init - wanted.h_init
    per = up(1 / bounds.root)
    a, lost, gammas = up(sector.a), up(bounds.lost), up(unit)
    q = up(bounds.size([(unit + kind.unit) * w for w in bounds.rows])) * per * 2
    v = up(bounds.size(row_norms(changed["W"]))) * per
    rows = np.array([up(w) for w in row_norms(bounds.exact.C)]) * per * 2

    def norm(z: Array) -> Array:
        # Squares below 1e-300 may be lost.
        length: Array = np.linalg.norm(z, axis=-1) * wide + 1e-140
        return length

    D = np.zeros(batched.shape[1])
    e = np.full_like(D, up(sqrt_upper((h.transpose() @ (sector.P @ h))[0, 0])))
    state = np.broadcast_to(net.h_init, (len(D), n))
    found = np.empty(batched.shape[:2])
    for k, drive in enumerate(batched @ net.F.T + net.bias):
        now, x_k = state.astype(np.float64), np.abs(batched[k].astype(np.float64))
        rest = x_k @ F.T + b
        up_, down = now @ plus.T, now @ minus.T
        r = gammas * (np.maximum(up_, down) + rest) + u * (up_ + down + rest) + lost
        w = norm(now)[:, None] * dW + norm(x_k)[:, None] * dF + db
        e = np.sqrt(a * e**2 + (norm(w * S) + v * (D + e)) ** 2) * wide
        D = np.sqrt(a * D**2 + (norm(r * S) + q * D) ** 2) * wide
        state = net.phi(state @ net.W.T + drive)
        now = state.astype(np.float64)
        read = norm(last * (now @ C.T + D[:, None] * rows) + lost)
        found[k] = (D + e + read + dC * (norm(now) + (D + e) * per)) * wide
    return found if inputs.ndim == 3 else found[:, 0]
