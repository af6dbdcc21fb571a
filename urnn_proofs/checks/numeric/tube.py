"""Smaller bounds for floating-point ReLU networks: the rounding of every unit on its own.

The notation is that of :mod:`~urnn_proofs.checks.numeric.error_bounds`: ``g^k`` are the states of
the stored weights in exact arithmetic, ``c^k`` the computed ones.  All g lie in an ellipsoid
(:mod:`~urnn_proofs.checks.exact.ellipsoid`), so that a row ``w >= 0`` has
``w . g <= H sqrt(w . P^-1 w)``, its *reach*.

Sums.  Let the positive ones of K terms add up to at most A, and the negative ones to at most B in
size.  Then a partial sum is at most ``max(A, B)`` in size, in any order.  Each addition is off by
at most u times its computed result, so all of them by at most ``E <= (K - 1) u (max(A, B) + E)``.
Rounding the products first costs ``u (A + B)``, and makes A and B larger by a factor ``1 + u``.
In all a preactivation is off by at most

    gamma_K max(A, B) + u (A + B) + t,

t what underflow does.  Terms that are exactly 0 round nothing: K counts the weights that are not.
For unit i and ``c = g + d`` take the reach of the positive and of the negative part of row i of W',
``||F'_i|| M`` in both, and b'_i by its sign; and ``(gamma_K + u) ||W'_i|| ||d||`` for d.

All orders.  The bounds allow the worst order of additions at every step and in every unit, where
all roundings of a sum may fall on the same side; those of one engine mostly fall on either side and
partly cancel.  How much lies between was measured for a few networks, in single runs:
``benchmarks/README.md``, (y) and (z).

Apart.  Let r be such a vector, and ``q_i ||d||`` what d adds.  In the notation of
:mod:`~urnn_proofs.checks.exact.sector` write ``|v|^2 = sum_i (t_i^2 / y_i) v_i^2``.  With
``d . P d <= D^2``, so that ``||d|| <= D / sqrt p``, the next ``d . P d`` is at most
``a D^2 + (|r| + |q| D / sqrt p)^2``, which is at most ``D^2`` for
``D = |r| / (sqrt(1 - a) - |q| / sqrt p)`` and for any larger D.  The outputs ``C' c`` and ``C' g``
differ by at most D.  Rounded weights are such a disturbance too:
``r_i = ||W'_i - W_i|| H + ||F'_i - F_i|| M + |b'_i - b_i|`` and ``q_i = ||W'_i - W_i||``, from
``||h|| <= H + ||g - h||``.

Inputs.  If two runs of one network get inputs that differ by at most delta, then
``|F dx| <= ||diag(t / sqrt y) F|| delta`` is such an r, and q is 0; so outputs differ by at most
``||diag(t / sqrt y) F|| delta / sqrt(1 - a)``.  For the network that is meant, W of which is
``W' - E``, ``q_i = ||E_i||``, and ``||C d|| <= D + ||C' - C|| D / sqrt p``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.ellipsoid import Ellipsoid, ellipsoid_facts
from urnn_proofs.checks.exact.norms import norm_upper_bound
from urnn_proofs.checks.exact.sector import Sector, sector_holds
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.rounding import gamma, underflow
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import round_up, sqrt_upper
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Tube", "TubeBounds", "row_norms", "tube_bounds"]


@dataclass(frozen=True)
class Tube:
    """Evidence: the ellipsoid of the stored weights with its H, and how they forget."""

    H: Fraction
    ellipsoid: Ellipsoid
    sector: Sector


def tube_bounds(stored: FloatNetwork, M: Fraction, tube: Tube) -> TubeBounds | None:
    """Return the bounds that a tube gives, None if its conditions do not hold."""
    exact = stored.exact()
    try:
        held = ellipsoid_facts(exact, M, tube.H, tube.ellipsoid)
        fits = all(held.values()) and sector_holds(exact.W, exact.C, tube.sector)
    except UndecidedError:
        return None
    return TubeBounds(stored, exact, M, tube) if fits else None


@dataclass(frozen=True)
class TubeBounds:
    """Bounds of a stored network for all k and all inputs in X_M; made by :func:`tube_bounds`."""

    stored: FloatNetwork
    exact: RNN
    M: Fraction
    tube: Tube

    @cached_property
    def root(self) -> Fraction:
        """At most ``sqrt p``."""
        return _sqrt_lower(self.tube.sector.p)

    def apart(self, r: Sequence[Fraction], q: Sequence[Fraction]) -> Fraction | None:
        """Return D for a disturbance r and ``q_i ||d||``; None if it may grow."""
        room = _sqrt_lower(1 - self.tube.sector.a) - self.size(q) / self.root
        return round_up(self.size(r) / room, 64) if room > 0 else None

    def size(self, v: Sequence[Fraction]) -> Fraction:
        """Return ``|v|``, rounded up."""
        pairs = zip(self.tube.sector.weights, v, strict=True)
        return sqrt_upper(sum((w * x * x for w, x in pairs), Fraction(0)))

    @cached_property
    def lost(self) -> Fraction:
        """Bounds underflow in any sum, as long as computed states are at most 2 H."""
        net, kind = self.stored, self.stored.arithmetic
        largest = sum(Fraction(float(np.abs(A).max())) for A in (net.W, net.F, net.C))
        return underflow(net.states + net.inputs + 2, largest + 2 * self.tube.H + self.M, kind)

    @cached_property
    def rows(self) -> tuple[Fraction, ...]:
        """``||W'_i||``."""
        return row_norms(self.exact.W)

    @cached_property
    def rounding(self) -> tuple[Fraction, ...]:
        """Bounds r: what rounding does to each preactivation at a state g."""
        net = self.stored
        biases = [net.b] if net.second_bias is None else [net.b, net.second_bias]
        inputs = [f * self.M for f in row_norms(self.exact.F)]
        parts = []
        for sign in (1, -1):
            b = [np.maximum(sign * b, 0) for b in biases]
            added = [
                sum((Fraction(float(v)) for v in row), Fraction(0)) for row in zip(*b, strict=True)
            ]
            states = self._reach(np.maximum(sign * net.W, 0))
            parts.append([s + x + z for s, x, z in zip(states, inputs, added, strict=True)])
        terms = sum((_nonzero(b[:, None]) for b in biases), _nonzero(net.W))
        return self._off(terms + _nonzero(net.F), *parts)

    def _off(
        self, terms: Any, positive: Sequence[Fraction], negative: Sequence[Fraction]
    ) -> tuple[Fraction, ...]:
        """Bound what rounding does to sums of so many terms, of these positive and negative parts.

        The parts of a sum may share terms of unknown sign.
        """
        kind = self.stored.arithmetic
        return tuple(
            gamma(int(k), kind) * max(a, b) + kind.unit * (a + b) + self.lost
            for k, a, b in zip(terms, positive, negative, strict=True)
        )

    @cached_property
    def read(self) -> Fraction:
        """Bounds ``||C' g||``."""
        return norm_upper_bound(self.exact.C) * self.tube.H

    @cached_property
    def computed_apart(self) -> Fraction | None:
        """D of the computed states; None if it may grow, or states of more than 2 H are allowed."""
        net = self.stored
        kind = net.arithmetic
        unit = gamma(net.states + net.inputs + 2, kind) + kind.unit
        D = self.apart(self.rounding, [unit * w for w in self.rows])
        return None if D is None or D > self.tube.H * self.root else D

    @cached_property
    def largest_computed(self) -> Fraction | None:
        """Bounds every computed state, ``||c||``."""
        D = self.computed_apart
        return None if D is None else round_up(self.tube.H + D / self.root, 64)

    @cached_property
    def computed(self) -> Fraction | None:
        """Bounds the distance of computed outputs from exact ones of the same weights."""
        net = self.stored
        kind = net.arithmetic
        D = self.computed_apart
        if D is None:
            return None
        last = gamma(net.states + 1, kind) + kind.unit
        parts = (self._reach(np.maximum(sign * net.C, 0)) for sign in (1, -1))
        read = [
            x + last * c * D / self.root
            for x, c in zip(
                self._off(_nonzero(net.C), *parts), row_norms(self.exact.C), strict=True
            )
        ]
        return round_up(D + sqrt_upper(sum((x * x for x in read), Fraction(0))), 64)

    def weights(self, wanted: RNN) -> tuple[Fraction, Fraction] | None:
        """Bound what rounding the weights of *wanted* does: to outputs, and to the states.

        None if it may grow.
        """
        W, F, C = (getattr(self.exact, x) - getattr(wanted, x) for x in ("W", "F", "C"))
        b, h = self.exact.b - wanted.b, self.exact.h_init - wanted.h_init
        rows = row_norms(W)
        changed = zip(rows, row_norms(F), row_norms(b), strict=True)
        r = [w * self.tube.H + f * self.M + x for w, f, x in changed]
        D = self.apart(r, rows)
        if D is None:
            return None
        D = max(D, sqrt_upper((h.transpose() @ (self.tube.sector.P @ h))[0, 0]))
        read = sqrt_upper(C.frobenius_squared()) * (self.tube.H + D / self.root)
        return round_up(D + read, 64), round_up(D / self.root, 64)

    def growth(self, wanted: RNN) -> Fraction | None:
        """Return a Lipschitz constant of *wanted*, from inputs to outputs, for all k; None if none.

        *wanted* has nearly the stored weights.
        """
        W, C = self.exact.W - wanted.W, self.exact.C - wanted.C
        room = _sqrt_lower(1 - self.tube.sector.a) - self.size(row_norms(W)) / self.root
        if room <= 0:
            return None
        S = RationalMatrix.diagonal([sqrt_upper(w) for w in self.tube.sector.weights])
        D = norm_upper_bound(S @ wanted.F) / room
        return round_up(D * (1 + sqrt_upper(C.frobenius_squared()) / self.root), 64)

    def _reach(self, rows: np.ndarray) -> list[Fraction]:
        """Bound ``w . g`` for rows ``w >= 0``, exact numbers of the stored type."""
        exact = RationalMatrix.parse(rows, "W")
        found = _dual_norms(exact, self.tube.ellipsoid.P, Fraction(1))
        return [round_up(self.tube.H * x, 64) for x in found]

    @cached_property
    def carried(self) -> tuple[Fraction, ...]:
        """Bounds ``|W'_i . d|`` for ``d . P d <= 1``, P that of the sector."""
        sector = self.tube.sector
        found = _dual_norms(self.exact.W, sector.P, sector.p)
        return tuple(min(x, w / self.root) for x, w in zip(found, self.rows, strict=True))


def _dual_norms(rows: RationalMatrix, P: RationalMatrix, p: Fraction) -> list[Fraction]:
    """Bound ``sqrt(w . P^-1 w)`` for every row w, where ``P >= p I``.

    ``w . P^-1 w = 2 z . w - z . P z + v . P^-1 v`` for every z, where ``v = w - P z``, and the last
    term is at most ``||v||^2 / p``.
    """
    exact = rows.transpose()
    # P / p is at a scale that float64 has.
    z = RationalMatrix.parse(_nearly_solved((P * (1 / p)).to_numpy(), exact.to_numpy()), "z")
    z = z * (1 / p)
    Pz = P @ z
    v = (exact - Pz).to_fractions()
    inner = (exact * 2 - Pz).to_fractions()
    columns = (zip(*z.to_fractions(), strict=True), zip(*inner, strict=True), zip(*v, strict=True))
    squares = (
        sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0)) + sum(x * x for x in rest) / p
        for a, b, rest in zip(*columns, strict=True)
    )
    return [round_up(sqrt_upper(x), 64) for x in squares]


def _nearly_solved(P: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return about ``P^-1 rows``, of 40 bits; 0 where float64 does not reach."""
    with np.errstate(all="ignore"):
        try:
            guess = np.linalg.solve(P, rows)
            unit = 2.0 ** (np.floor(np.log2(np.abs(guess).max())) - 40)
            found = np.rint(guess / unit) * unit
        except np.linalg.LinAlgError:
            return np.zeros(rows.shape)
    return found if np.isfinite(found).all() else np.zeros(rows.shape)


def _nonzero(A: np.ndarray) -> Any:
    """Count the numbers of each row that are not 0."""
    return np.count_nonzero(A, axis=1)


def row_norms(A: RationalMatrix) -> tuple[Fraction, ...]:
    """Return the Euclidean norm of each row, rounded up."""
    rows = A.to_fractions()
    return tuple(round_up(sqrt_upper(sum((x * x for x in row), Fraction(0)), 32)) for row in rows)


def _sqrt_lower(value: Fraction) -> Fraction:
    return value / sqrt_upper(value)
