"""Bounds for tanh and logistic networks in floating point, and the URNNs that are close to them.

Notation as in :mod:`.saturating_states`.

Lower units.  Let kappa be the limit on the left (on the right: for -z).  With
``||v - kappa|| <= S``, ``||g|| <= G`` and g in a box, each lower preactivation is at most

    min(max over the box of W3'_i g, ||W3'_i|| G)
        + kappa sum_j W4'_ij + ||W4'_i|| S + ||F'_i|| M + b'_i.

Let -B be the largest of these, and ``|phi(z) - kappa| <= delta`` for ``z <= -B``
(:mod:`urnn_proofs.checks.exact.tails`); if ``s = sqrt(r) delta <= S``, then, by induction,
``||v^k - kappa|| <= s`` for all k.

Computed.  With rounding added to each preactivation, and a to the box, the lower units stay within
``delta^ + a``, and ``s^ = sqrt(r) (delta^ + a)``.

Rounding of the weights, exact arithmetic.  ``e_k = ||g^k - h^k||``, ``rho' = ||W'||``:

    e_k <= L (rho' e_{k-1} + D),
    D = ||W' - W|| H + ||F' - F|| M + ||b* - b|| + ||W2'|| s,

so with ``L rho' < 1``, ``e = max(||h' - h_init||, L D / (1 - L rho'))`` bounds all of them, and
``||y'^k - y^k|| <= ||C'|| e + ||C' - C|| H``.

Rounding inside the recursion.  v and w lie on the same side of kappa but for a, so that
``||w - v|| <= l = sqrt(r) (max(delta, delta^) + a)``; ``d_k = ||c^k - g^k||`` has ``d_{-1} = 0``,

    d_k <= L (rho' d_{k-1} + ||W2'|| l + ||R||) + a sqrt(n), so
    d = (L (||W2'|| l + ||R||) + a sqrt(n)) / (1 - L rho');

and an output differs by at most ``||C'|| d + gamma_{n+1} || |C'| || G^ + sqrt(p) t'``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.tails import exp_at_least, tail_holds
from urnn_proofs.checks.numeric.error_bounds import (
    ComputedBound,
    WeightsBound,
    output_growth,
    require_in_range,
)
from urnn_proofs.checks.numeric.rounding import gamma, underflow
from urnn_proofs.checks.numeric.running_error import Added, error_along
from urnn_proofs.checks.numeric.saturating_states import SaturatingStates
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.number import round_up, sqrt_upper
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.saturation import Limit

__all__ = ["LowerUnits", "SaturatingRun", "tail"]

Array = np.ndarray[Any, np.dtype[np.float64]]

# How far lower units may be from kappa together, tried in this order; then what it gives is tried.
# Less than the range of phi, which would say nothing.
_TRIALS = tuple(Fraction(1, 2**k) for k in (10, 4, 1))
# Of the series of exp: far more than a tail needs that a float64 could tell from 0.
_MOST_TERMS = 1000


@dataclass(frozen=True)
class LowerUnits:
    """How close to its limit the activation of the lower units stays.

    Parameters
    ----------
    B, delta
        Their preactivations stay B away from 0, and phi within delta of kappa there.
    spread
        s, bounds the norm of their states minus kappa.
    """

    B: Fraction
    delta: Fraction
    spread: Fraction


@dataclass(frozen=True)
class _LowerRows:
    """The rows of the lower units: the positive and the negative part of W3 (right end: of -W3).

    And ``kappa sum_j W4_ij`` with its terms' sizes, and the largest norms of rows.
    """

    up: RationalMatrix
    down: RationalMatrix
    at_limit: list[Fraction]
    at_limit_sizes: list[Fraction]
    W3_row: Fraction
    W4_row: Fraction
    F_row: Fraction


@dataclass(frozen=True, eq=False)
class SaturatingRun(SaturatingStates):
    """A tanh or logistic network, the floats stored for it, and bounds for all inputs in X_M.

    Raises
    ------
    UndecidedError
        From the bounds: if ``1 - L ||W||`` is not large against rounding, or the lower units are
        not shown to stay close to the limit.
    """

    # -- lower units -----------------------------------------------------------------------

    @cached_property
    def lower(self) -> LowerUnits:
        """The lower units in exact arithmetic.

        Raises
        ------
        UndecidedError
            If they are not shown to stay close to the limit.
        """
        return self._settled(computed=False)

    @cached_property
    def lower_computed(self) -> LowerUnits:
        """The lower units as they are computed.

        Raises
        ------
        UndecidedError
            As :attr:`lower`.
        """
        return self._settled(computed=True)

    def _settled(self, *, computed: bool) -> LowerUnits:
        zero = Fraction(0)
        if self.added == 0:
            return LowerUnits(zero, zero, zero)
        missing = zero
        for trial in _TRIALS:
            found = self._within(trial, computed=computed)
            missing = found.spread - trial
            if missing <= 0:
                # What was shown is an assumption that holds, and gives a little more.
                return self._within(found.spread, computed=computed)
        raise UndecidedError(
            f"the lower units are not shown to stay close to "
            f"{self.limit.value} in {'computed' if computed else 'exact'} arithmetic: assumed "
            f"within {float(_TRIALS[-1]):.3g} of it they are within "
            f"{float(missing + _TRIALS[-1]):.3g}; expected lower biases further from 0"
        )

    def _within(self, assumed: Fraction, *, computed: bool) -> LowerUnits:
        """Return what follows while the lower units stay within *assumed* of kappa."""
        most = max(self.reaches(assumed, computed=computed))
        B, delta = Fraction(0), self._range  # anywhere, where it may come to the other side of 0
        if most <= 0:
            B = -round_up(most, 24)
            delta = tail(self.limit, B)
        off = delta + (self.engine_error if computed else 0)
        return LowerUnits(B, delta, round_up(sqrt_upper(Fraction(self.added)) * off, 64))

    @property
    def _range(self) -> Fraction:
        """How far any value of phi can be from kappa."""
        low, high = self.about.low, self.about.high
        assert low is not None
        assert high is not None
        return high - low

    def reaches(self, assumed: Fraction, *, computed: bool) -> list[Fraction]:
        """Bound the preactivation of each lower unit, its bias included (right end: the negative).

        Parameters
        ----------
        assumed
            Lower units stay within that of kappa, together.
        computed
            Whether to add what rounding does.
        """
        n, left = self.exact.states, self.limit.side == "left"
        parts = self._lower_rows
        G = self._stored_largest(assumed, computed=computed)
        box = self._box(self._start, self.engine_error if computed else Fraction(0))
        low = RationalMatrix.column([a for a, _ in box])
        high = RationalMatrix.column([b for _, b in box])
        reach = (parts.up @ high + parts.down @ low).entries()
        b = self._lower_bias.entries()
        rows = parts.W3_row * G
        others = parts.W4_row * assumed + parts.F_row * self.input_bound
        found = [
            min(x, rows) + (s + c if left else -s - c) + others
            for x, s, c in zip(reach, parts.at_limit, b, strict=True)
        ]
        if not computed:
            return found
        unit = gamma(self._terms, self.stored.arithmetic)
        lost = self._lost(G + self._lower_size(assumed))
        biases = self.stored.bias_sizes.entries()[n:]
        rounded = [
            x + unit * (rows + others + s + c) + lost
            for x, s, c in zip(found, parts.at_limit_sizes, biases, strict=True)
        ]
        require_in_range(max(map(abs, rounded)), self.stored.arithmetic)
        return rounded

    @cached_property
    def _lower_rows(self) -> _LowerRows:
        n, kappa = self.exact.states, self.limit.value
        W3, W4 = self.stored.W[n:, :n], self.stored.W[n:, n:]
        signed = W3 if self.limit.side == "left" else -W3
        ones = RationalMatrix.column([kappa] * self.added)
        sizes = RationalMatrix.column([abs(kappa)] * self.added)
        return _LowerRows(
            up=RationalMatrix.parse(np.maximum(signed, 0), "W"),
            down=RationalMatrix.parse(np.minimum(signed, 0), "W"),
            at_limit=(RationalMatrix.parse(W4, "W") @ ones).entries(),
            at_limit_sizes=(RationalMatrix.parse(np.abs(W4), "W") @ sizes).entries(),
            W3_row=self.norms.largest_row(W3),
            W4_row=self.norms.largest_row(W4),
            F_row=self.norms.largest_row(self.stored.F[n:]),
        )

    @cached_property
    def _lower_bias(self) -> RationalMatrix:
        n = self.exact.states
        return self.stored.exact_bias.block(range(n, self.stored.states), range(1))

    # -- bounds ----------------------------------------------------------------------------

    @cached_property
    def margin(self) -> Fraction:
        """What of the error of the weights is due to lower units that are not at the limit."""
        pushed = self.about.lipschitz * self.gain * self.lower.spread
        return round_up(self.stored_norms.C * pushed / self._gap(self.stored_rho), 64)

    @cached_property
    def weights_effect(self) -> WeightsBound:
        """What rounding the weights does, and lower units that are not quite at the limit."""
        self._require_unread()
        H, M, changed = self.state_bound, self.input_bound, self.changed
        step = changed.W * H + changed.F * M + changed.b + self.gain * self.lower.spread
        step *= self.about.lipschitz
        e = round_up(max(changed.h_init, step / self._gap(self.stored_rho)), 64)
        return WeightsBound(
            output=round_up(self.stored_norms.C * e + changed.C * H, 64),
            state=e,
            largest_state=min(H + e, self._stored_largest(self.lower.spread, computed=False)),
        )

    @cached_property
    def computed_effect(self) -> ComputedBound:
        """What rounding inside the recursion does, and the engine's activation."""
        self._require_unread()
        norms, arithmetic = self.stored_norms, self.stored.arithmetic
        spread = self.lower_computed.spread
        G = self._stored_largest(spread, computed=True)
        step = self.about.lipschitz * (self.gain * self._apart + self._rounding(G, spread))
        step += self.engine_error * sqrt_upper(Fraction(norms.states))
        d = round_up(step / self._gap(self.stored_rho), 64)
        readout = underflow(norms.states + 1, norms.C_abs + G, arithmetic)
        last = gamma(norms.states + 1, arithmetic) * norms.C_abs * G
        require_in_range(norms.C_abs * G, arithmetic)
        output = norms.C * d + last + sqrt_upper(Fraction(norms.outputs)) * readout
        return ComputedBound(round_up(output, 64), d, G)

    @property
    def _apart(self) -> Fraction:
        """Bound ``||w - v||``: both are above kappa (or below it) but for what the engine adds."""
        if self.added == 0:
            return Fraction(0)
        off = max(self.lower.delta, self.lower_computed.delta) + self.engine_error
        return sqrt_upper(Fraction(self.added)) * off

    def _require_unread(self) -> None:
        if self.stored.C[:, self.exact.states :].any():
            raise UndecidedError(
                "the readout has a weight of a lower unit that is not 0; expected zeros"
            )

    def error_along(self, x: Any) -> Array:
        """Bound ``||computed - exact||`` along given inputs; shape (T,) or (T, batch).

        Raises
        ------
        InputError
            If the inputs have a wrong shape, other numbers than the format has, or leave X_M.
        """
        self._require_unread()
        L, below = self.about.lipschitz, self._lower_size(self.lower_computed.spread)
        rounding = gamma(self._terms, self.stored.arithmetic) * self._across_abs * below
        root = sqrt_upper(Fraction(self.exact.states))
        return error_along(
            self.stored,
            x,
            self.input_bound,
            self.stored_norms,
            self.stored_rho,
            self.changed,
            self.computed_effect.largest_state + below + self.gain,
            added=Added(
                lipschitz=L,
                computed=L * (self.gain * self._apart + rounding) + self.engine_error * root,
                weights=L * self.gain * self.lower.spread,
            ),
        )

    @cached_property
    def reach(self) -> Fraction:
        """Bounds all outputs ``C h^k``: exact ones, of the stored weights, and computed ones."""
        weights, computed = self.weights_effect, self.computed_effect
        exact = self.exact_norms.C * self.state_bound
        stored = self.stored_norms.C * weights.largest_state + computed.output
        return round_up(max(exact, stored), 64)

    @cached_property
    def growth(self) -> Fraction:
        """A Lipschitz constant of the exact network, from inputs to outputs, for all k."""
        return output_growth(self.exact_norms, self.exact_rho, self.about.lipschitz)

    @cached_property
    def stored_growth(self) -> Fraction:
        """The same for the stored weights in exact arithmetic."""
        return output_growth(self.stored_norms, self.stored_rho, self.about.lipschitz)

    @property
    def slip(self) -> Fraction:
        """By how much more outputs of the stored weights may differ: through the lower units.

        For any two inputs both their states are within delta of kappa, on the same side of it.
        """
        return self.margin


def tail(limit: Limit, B: Fraction) -> Fraction:
    """Bound ``|phi(z) - value|`` beyond B: the inequality of ``checks.exact.tails``, solved.

    Raises
    ------
    UndecidedError
        If B is below what the inequality holds for.
    """
    t = limit.rate * B**limit.power
    terms = min(30 + 4 * int(t), _MOST_TERMS)
    delta = round_up(limit.factor * B**limit.degree / (limit.shift + exp_at_least(t, terms)), 64)
    if not tail_holds(limit, B, delta, terms):
        raise UndecidedError(f"the tail is known from {limit.least} on, not from {float(B):.3g}")
    return delta
