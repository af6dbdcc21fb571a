"""Error bounds along given inputs, as ``running_error``, in the norm of a tube and gate by gate.

With the notation of ``running_error`` and :mod:`~urnn_proofs.checks.numeric.tube`: ``a^k`` is the
run of the stored arithmetic here, ``c^k`` that of any engine, ``g^k`` the exact one of the stored
weights, ``h^k`` the one that is meant.

First pass: norms.  ``||c^k - a^k|| <= 2 D_k / sqrt p``, so that

    D_k^2 = a D_{k-1}^2 + (|r^k| + 2 |q| D_{k-1} / sqrt p)^2,
    e_k^2 = a e_{k-1}^2 + (|w^k| + |v| (D_{k-1} + e_{k-1}) / sqrt p)^2,

``r^k`` the rounding at ``a^{k-1}`` and ``x^k``, from the positive and the negative terms there,
``q_i = (gamma_K + u) ||W'_i||``, ``w^k`` what the changed weights do there, and
``v_i = ||W'_i - W_i||``; so ``||c^k - h^k|| <= E_k = (D_k + e_k) / sqrt p``.

Gates.  Unit by unit, the preactivations of c and of h, less what ``W'`` makes of ``c - h``, differ
by at most ``s_i = r_i + w_i + (2 q_i D + v_i (D + e)) / sqrt p``, D and e those of the step before;
and both are within ``m_i = s_i + u_i (2 D + e)`` of ``z_i``, that of ``W'``, F' and b' at
``a^{k-1}`` and ``x^k``, where ``u_i = sqrt(W'_i . P^-1 W'_i)``.  So unit i of step k is *open* in
both where ``z_i > m_i``, and *closed* where ``z_i < -m_i``.  A closed unit is exactly 0 in both: it
makes no error, and in the sums of the next step its terms round nothing and are not counted in K.

Second pass: ``d^k = c^k - h^k`` is 0 where closed, ``W' d^{k-1}`` and at most ``s_i`` more where
open, and at most ``s_i + u_i (D + e)`` elsewhere, since relu is non-expansive.  Put those
sizes into ``l^k``.  For every row v, and ``v'`` its open part,

    |v d^k| <= |v| l^k + |v' W' d^{k-1}|,

so with v from the rows of ``C'`` on, back to the first step, or until ``||v|| E`` is small enough
to stand for the rest.  A computed ``v' W'`` that is off by a vector of norm at most eta costs
``eta E_{k-1}`` more: the inequality is about any v.

All of it is computed in float64, nonnegative terms, enlarged by what their rounding may hide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.rounding import gamma
from urnn_proofs.checks.numeric.running_error import checked_inputs, lengths, no_nan, up
from urnn_proofs.checks.numeric.tube import TubeBounds, row_norms
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import sqrt_upper

__all__ = ["tube_along"]

Array = np.ndarray[Any, np.dtype[np.float64]]

# The second pass takes about 50 products of vectors and W for each output: some seconds at most.
_LARGEST = 2**29
# What is left for norms to bound is at most this part of the whole.
_REST = 1e-3


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
    inputs = checked_inputs(bounds.stored, x, bounds.M)
    batched = inputs if inputs.ndim == 3 else inputs[:, None]
    path = _follow(_Sizes.of(bounds, wanted), bounds, batched)
    found = no_nan(path.by_norms)
    if path.open.size * bounds.stored.states * bounds.stored.outputs <= _LARGEST:
        found = np.minimum(found, no_nan(_gate_by_gate(path, bounds, wanted)))
    return found if inputs.ndim == 3 else found[:, 0]


@dataclass(frozen=True)
class _Sizes:
    """What the weights do at most, unit by unit, and as one number in the norm of the tube."""

    moved_w: Array
    moved_f: Array
    moved_b: Array
    moved_c: float
    carried: Array
    q: Array
    C: Array
    v_all: float
    q_all: float
    weights: Array
    start: float

    @classmethod
    def of(cls, bounds: TubeBounds, wanted: RNN) -> _Sizes:
        net, sector = bounds.stored, bounds.tube.sector
        unit = gamma(net.states + net.inputs + 2, net.arithmetic) + net.arithmetic.unit
        changed = {name: getattr(bounds.exact, name) - getattr(wanted, name) for name in "WFCb"}
        moved_w = row_norms(changed["W"])
        q = [unit * w for w in bounds.rows]
        h = bounds.exact.h_init - wanted.h_init
        return cls(
            moved_w=_ups(moved_w),
            moved_f=_ups(row_norms(changed["F"])),
            moved_b=_ups(row_norms(changed["b"])),
            moved_c=up(sqrt_upper(changed["C"].frobenius_squared())),
            carried=_ups(bounds.carried),
            q=_ups(q),
            C=_ups(row_norms(bounds.exact.C)),
            v_all=up(bounds.size(moved_w)),
            q_all=up(bounds.size(q)),
            weights=_ups([sqrt_upper(w) for w in sector.weights]),
            start=up(sqrt_upper((h.transpose() @ (sector.P @ h))[0, 0])),
        )


@dataclass(frozen=True)
class _Path:
    """The first pass: over all steps and the batch."""

    by_norms: Array  # the bound of outputs, (T, batch)
    apart: Array  # E_k, from k = -1 on, (T + 1, batch)
    open: Array  # (T, batch, n)
    sizes: Array  # l^k, (T, batch, n)
    read: Array  # what reading adds, rounding and changed C, (T, batch, p) and (T, batch)
    changed: Array


def _follow(s: _Sizes, bounds: TubeBounds, x: Array) -> _Path:
    net = bounds.stored
    n, m, p, kind = net.states, net.inputs, net.outputs, net.arithmetic
    wide, lost, u = _wide(n + m + p), up(bounds.lost), up(kind.unit)
    W, F, C = (getattr(net, name).astype(np.float64) for name in ("W", "F", "C"))
    (W_plus, W_minus), (F_plus, F_minus), (C_plus, C_minus) = map(_parts, (W, F, C))
    W_on, F_on, C_on = ((A != 0).astype(np.float64) for A in (W, F, C))
    biases = [net.b] if net.second_bias is None else [net.b, net.second_bias]
    b = np.array(biases, np.float64)
    b_plus, b_minus = (part.sum(axis=0) for part in _parts(b))
    b_on, b = (b != 0).sum(axis=0), b.sum(axis=0)
    root_a, per = up(sqrt_upper(bounds.tube.sector.a)), up(1 / bounds.root)
    hidden = up(4 * gamma(n + m + 8))  # in the float64 value of z

    def norm(z: Array) -> Array:
        return lengths(z, wide)

    def rounding(up_: Array, down: Array, terms: Array) -> Array:
        ku = terms * u
        found: Array = ku / (1 - ku) * np.maximum(up_, down) + u * (up_ + down)
        return found * wide + lost

    T, batch = x.shape[:2]
    D = np.zeros(batch)
    e = np.full_like(D, s.start)
    state = np.broadcast_to(net.h_init, (batch, n))
    alive = (state != 0).astype(np.float64)
    apart, by_norms = np.empty((T + 1, batch)), np.empty((T, batch))
    opened, sizes = np.empty((T, batch, n), bool), np.empty((T, batch, n))
    read, changed = np.empty((T, batch, p)), np.empty((T, batch))
    apart[0] = (D + e) * per * wide
    for k, drive in enumerate(x @ net.F.T + net.bias):
        now, x_k = state.astype(np.float64), x[k].astype(np.float64)
        x_plus, x_minus = _parts(x_k)
        up_ = now @ W_plus.T + x_plus @ F_plus.T + x_minus @ F_minus.T + b_plus
        down = now @ W_minus.T + x_plus @ F_minus.T + x_minus @ F_plus.T + b_minus
        terms = alive @ W_on.T + (x_k != 0) @ F_on.T + b_on
        r = rounding(up_, down, terms)
        w = norm(now)[:, None] * s.moved_w + norm(x_k)[:, None] * s.moved_f + s.moved_b
        more = (2 * D * per)[:, None] * s.q + ((D + e) * per)[:, None] * s.moved_w
        l_k = (r + w + more) * wide
        margin = (l_k + (2 * D + e)[:, None] * s.carried + hidden * (up_ + down)) * wide
        z = now @ W.T + (x_k @ F.T + b)
        is_open, closed = z > margin, z < -margin
        l_k = l_k + np.where(is_open, 0, (D + e)[:, None] * s.carried * wide)
        opened[k], sizes[k] = is_open, np.where(closed, 0, l_k)
        # No squares: they would be lost below 1e-154.
        e = np.hypot(root_a * e, norm(w * s.weights) + s.v_all * per * (D + e)) * wide
        D = np.hypot(root_a * D, norm(r * s.weights) + 2 * s.q_all * per * D) * wide
        apart[k + 1] = (D + e) * per * wide
        state, alive = net.phi(state @ net.W.T + drive), (~closed).astype(np.float64)
        now = state.astype(np.float64)
        terms = alive @ C_on.T
        read[k] = rounding(now @ C_plus.T, now @ C_minus.T, terms)
        read[k] += (2 * D * per)[:, None] * (s.C * up(gamma(n + 1, kind) + kind.unit))
        changed[k] = s.moved_c * (norm(now) + apart[k + 1]) * wide
        by_norms[k] = (D + e + norm(read[k]) + changed[k]) * wide
    return _Path(by_norms, apart, opened, sizes, read * wide, changed)


def _gate_by_gate(path: _Path, bounds: TubeBounds, wanted: RNN) -> Array:
    net = bounds.stored
    W, C = net.W.astype(np.float64), net.C.astype(np.float64)
    T, batch, n = path.open.shape
    # By how much a product v' W' may be off, for ||v|| = 1.
    eta = up(2 * gamma(n + 8)) * _lengths(W.ravel())
    h = (bounds.exact.h_init - wanted.h_init).to_fractions()
    start = np.array([up(abs(value)) for (value,) in h])
    found: Array = np.zeros((T, batch))
    for i, row in enumerate(C):
        # v[j] belongs to output lag + j, and is about to meet step j.
        v = np.broadcast_to(row, (T, batch, n)).copy()
        total = path.read[:, :, i].copy()
        for lag in range(T):
            steps = T - lag
            total[lag:] += np.einsum("kbi,kbi->kb", np.abs(v), path.sizes[:steps])
            total[lag:] += eta * _lengths(v) * path.apart[:steps]
            v = np.where(path.open[:steps], v, 0) @ W
            total[lag] += np.abs(v[0]) @ start
            v = v[1:]
            rest = _lengths(v) * path.apart[1:steps]
            if not steps > 1 or (rest <= _REST * total[lag + 1 :]).all():
                total[lag + 1 :] += rest
                break
        found = np.hypot(found, total * _wide(n + T))
    return np.asarray((found + path.changed) * _wide(net.outputs + 8))


def _lengths(v: Array) -> Array:
    return lengths(v, _wide(v.shape[-1]))


def _ups(values: Any) -> Array:
    return np.array([up(v) for v in values])


def _parts(A: Array) -> tuple[Array, Array]:
    """Return the positive part and the negative one, both >= 0."""
    return np.maximum(A, 0), np.maximum(-A, 0)


def _wide(terms: int) -> float:
    """Return what enlarges a float64 made of nonnegative sums of so many terms."""
    return 1 + up(8 * gamma(terms + 16))
