"""Bounds for tanh and logistic networks in floating point, and the URNNs that are close to them.

The RNN: ``h^k = phi(W h^{k-1} + F x^k + b)``, ``y^k = C h^k``, exact; phi has Lipschitz constant L,
values in ``[low, high]`` and a limit kappa at one end, which it approaches from one side.
The stored network has n *upper* units, weights ``W', F', b', C', h'``, and r *lower* units with
rows ``[W3' W4']`` of U, initial state kappa, which are to stay close to kappa; ``W2'`` are the
columns of the upper rows that belong to them.  ``g^k``, ``v^k`` are its states in exact arithmetic,
``c^k``, ``w^k`` those that are computed.  Without lower units this is the RNN itself in floats.

Lower units.  Put ``b* = b' + kappa W2' 1``: the upper units obey

    g^k = phi(W' g^{k-1} + F' x^k + b* + W2' (v^{k-1} - kappa)),

so nothing is lost where the bias was made for the stored W2'.  Let kappa be the limit on the left
(on the right: for -z).  With ``||v - kappa|| <= S``, ``||g|| <= G`` and g in a box, each lower
preactivation is at most

    min(max over the box of W3'_i g, ||W3'_i|| G)
        + kappa sum_j W4'_ij + ||W4'_i|| S + ||F'_i|| M + b'_i.

Let -B be the largest of these, and ``|phi(z) - kappa| <= delta`` for ``z <= -B``
(:mod:`urnn_proofs.checks.exact.tails`); if ``s = sqrt(r) delta <= S``, then, by induction,
``||v^k - kappa|| <= s`` for all k.

Computed.  A preactivation is off by at most ``R = gamma_K (|U'| |state| + |F'| |x| + |b'|) + t``,
K = N + m + 2, as for ReLU (:mod:`.error_bounds`); then phi is computed with an error of at most a
(:mod:`.engine`, the one assumption here).  So with rounding added to each preactivation, a to the
box, the lower units stay within ``delta^ + a``, and ``s^ = sqrt(r) (delta^ + a)``.

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

State bounds.  ``||h||`` is at most the norm of the box, and at most
``max(||h_init||, (L (||F|| M + ||b||) + sqrt(n) |phi(0)|) / (1 - L rho))``; so for g and c, with
``||W2'|| S`` and rounding added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import NormBound
from urnn_proofs.checks.exact.tails import exp_at_least, tail_holds
from urnn_proofs.checks.numeric.engine import activation_error
from urnn_proofs.checks.numeric.error_bounds import (
    ComputedBound,
    WeightsBound,
    output_bias_bound,
    require_in_range,
)
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.norm_source import NormSource
from urnn_proofs.checks.numeric.rounding import gamma, underflow
from urnn_proofs.checks.numeric.running_error import Added, error_along
from urnn_proofs.checks.numeric.weight_norms import (
    Differences,
    Norms,
    differences,
    network_norms,
    upper_part,
)
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.number import exact_number, round_up, sqrt_upper
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.saturation import Limit, Saturation, saturation

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
class SaturatingRun:
    """A network with exact weights, the floats stored for it, and bounds for all inputs in X_M.

    Parameters
    ----------
    exact
        The network that is meant, n states.
    stored
        The floats that run; its first n units stand for those of *exact*, the others are lower
        units.
    input_bound
        M.
    norms
        Where norm bounds come from.
    contraction
        The exact certificate ``||W|| <= rho`` of the exact W; None if there is none.

    Raises
    ------
    UnsupportedError
        If nobody measured how engines compute the activation.
    InputError
        If the two have different sizes or activations.
    UndecidedError
        From the bounds: if ``1 - L ||W||`` is not large against rounding, or the lower units are
        not shown to stay close to the limit.
    """

    exact: RNN
    stored: FloatNetwork
    input_bound: Fraction
    norms: NormSource
    contraction: NormBound | None = None

    def __post_init__(self) -> None:
        phi, kind = require_rnn(self.exact).activation, self.stored.arithmetic
        if activation_error(phi, kind) == 0:
            raise UnsupportedError(f"the activation is {phi.name!r}; its bounds are made elsewhere")
        if self.stored.activation != self.exact.activation:
            raise InputError(
                f"the stored weights have the activation {self.stored.activation.name!r}; expected "
                f"{self.exact.activation.name!r}, as the network has"
            )
        sizes = [(net.inputs, net.outputs) for net in (self.exact, self.stored)]
        if sizes[0] != sizes[1] or self.stored.states < self.exact.states:
            raise InputError(
                f"the stored weights have {self.stored.states} states and (inputs, outputs) "
                f"{sizes[1]}; expected at least {self.exact.states} and {sizes[0]}, as the network "
                f"has"
            )

    # -- parts -----------------------------------------------------------------------------

    @property
    def added(self) -> int:
        """The number r of lower units."""
        return self.stored.states - self.exact.states

    @cached_property
    def about(self) -> Saturation:
        """What is known of the activation."""
        found = saturation(self.exact.activation)
        assert found is not None
        return found

    @cached_property
    def limit(self) -> Limit:
        """The limit at which the lower units start: all of them at the same one.

        Raises
        ------
        UndecidedError
            If they do not start at a limit of the activation.
        """
        start = self.stored.h_init[self.exact.states :]
        for limit in self.about.limits:
            if (start == float(limit.value)).all():
                return limit
        raise UndecidedError(
            f"the initial state of a lower unit is no limit of {self.exact.activation.name}; "
            f"expected that all start at "
            f"{' or all at '.join(str(limit.value) for limit in self.about.limits)}"
        )

    @cached_property
    def engine_error(self) -> Fraction:
        """By how much a computed activation may be off: a."""
        return activation_error(self.exact.activation, self.stored.arithmetic)

    @cached_property
    def upper(self) -> FloatNetwork:
        """The stored upper units alone."""
        return upper_part(self.stored, self.exact.states)

    @cached_property
    def stored_norms(self) -> Norms:
        """Norms of the stored weights of the upper units; that of b is that of b*."""
        found = network_norms(self.upper, self.norms, self.upper.bias_sizes)
        return replace(found, b=self.norms.spectral(self.centred_bias))

    @cached_property
    def exact_norms(self) -> Norms:
        """Norms of the exact weights."""
        return network_norms(self.exact, self.norms)

    @cached_property
    def centred_bias(self) -> RationalMatrix:
        """``b* = b' + kappa W2' 1``, (n, 1), exact."""
        b = self.upper.exact_bias
        if self.added == 0 or self.limit.value == 0:
            return b
        ones = RationalMatrix.column([self.limit.value] * self.added)
        return b + RationalMatrix.parse(self._across, "W") @ ones

    @cached_property
    def changed(self) -> Differences:
        """How far the stored weights are from the exact ones; of b it is b* that counts."""
        found = differences(self.upper, self.exact, self.norms)
        off = self.centred_bias - self.exact.b
        b = Fraction(0) if off.is_zero() else self.norms.spectral(off)
        return Differences(found.W, found.F, b, found.C, found.h_init)

    @property
    def _across(self) -> np.ndarray[Any, Any]:
        """W2'."""
        n = self.exact.states
        return self.stored.W[:n, n:]

    @cached_property
    def gain(self) -> Fraction:
        """Bounds ``||W2'||``."""
        return self.norms.spectral(self._across) if self.added else Fraction(0)

    @cached_property
    def _across_abs(self) -> Fraction:
        """Bounds ``|| |W2'| ||``."""
        return self.norms.absolute(self._across) if self.added else Fraction(0)

    # -- contraction and states ------------------------------------------------------------

    @cached_property
    def exact_rho(self) -> Fraction:
        """An upper bound of ``||W||``."""
        found = self.exact_norms.W
        return found if self.contraction is None else min(found, self.contraction.rho)

    @cached_property
    def stored_rho(self) -> Fraction:
        """rho', an upper bound of ``||W'||``."""
        return min(self.stored_norms.W, self.exact_rho + self.changed.W)

    def _gap(self, rho: Fraction) -> Fraction:
        found = 1 - self.about.lipschitz * rho
        if found <= 0:
            raise UndecidedError(
                f"1 - L ||W|| less the effect of rounding is {float(found):.3g}, and must be "
                f"positive; use float64, or a network whose norm is further below "
                f"{float(1 / self.about.lipschitz):.3g}"
            )
        return found

    def _box(self, start: RationalMatrix, widened: Fraction) -> list[tuple[Fraction, Fraction]]:
        """Bound each state: by the range of phi, or the initial state where that is outside."""
        low, high, zero = self.about.low, self.about.high, Fraction(0)
        assert low is not None
        assert high is not None
        entries = start.entries()
        return [(min(h, low - widened, zero), max(h, high + widened, zero)) for h in entries]

    def _largest(
        self,
        norms: Norms,
        rho: Fraction,
        start: RationalMatrix,
        added: Fraction,
        widened: Fraction,
    ) -> Fraction:
        """Bound the norm of the states; *added* is what else a preactivation may have."""
        box = self._box(start, widened)
        root = sqrt_upper(Fraction(norms.states))
        whole = sqrt_upper(sum((max(-a, b) ** 2 for a, b in box), Fraction(0)))
        drive = self.about.lipschitz * (norms.F * self.input_bound + norms.b + added)
        steady = (drive + root * (self.about.at_zero + widened)) / self._gap(rho)
        return round_up(min(whole, max(norms.h_init, steady)), 64)

    @cached_property
    def state_bound(self) -> Fraction:
        """H: bounds every ``||h^k||`` of the exact network."""
        return self._largest(
            self.exact_norms, self.exact_rho, self.exact.h_init, Fraction(0), Fraction(0)
        )

    @cached_property
    def _start(self) -> RationalMatrix:
        return RationalMatrix.parse(self.upper.h_init, "h_init", ndim=1)

    def _stored_largest(self, spread: Fraction, *, computed: bool) -> Fraction:
        """Bound ``||g||``, or ``||c||``, while the lower units stay within *spread*."""
        norms, rho = self.stored_norms, self.stored_rho
        added, a = self.gain * spread, Fraction(0)
        if computed:
            a = self.engine_error
            box = sum((max(-x, y) ** 2 for x, y in self._box(self._start, a)), Fraction(0))
            added += self._rounding(sqrt_upper(box), spread)
        return self._largest(norms, rho, self._start, added, a)

    # -- rounding --------------------------------------------------------------------------

    @property
    def _terms(self) -> int:
        return self.stored.states + self.stored.inputs + 2

    def _lost(self, largest: Fraction) -> Fraction:
        """Bound what underflow does to one preactivation."""
        entries = max(float(np.abs(x).max()) for x in (self.stored.W, self.stored.F))
        size = exact_number(entries, "W") + largest + self.input_bound
        return underflow(self._terms, size, self.stored.arithmetic)

    def _lower_size(self, spread: Fraction) -> Fraction:
        """Bound the norm of the states of the lower units."""
        if self.added == 0:
            return Fraction(0)
        return sqrt_upper(Fraction(self.added)) * abs(self.limit.value) + spread

    def _rounding(self, largest: Fraction, spread: Fraction) -> Fraction:
        """R, for the norm of all upper preactivations, for upper states of that norm at most."""
        norms = self.stored_norms
        below = self._lower_size(spread)
        size = (
            norms.W_abs * largest
            + self._across_abs * below
            + norms.F_abs * self.input_bound
            + norms.b_abs
        )
        require_in_range(size, self.stored.arithmetic)
        lost = sqrt_upper(Fraction(norms.states)) * self._lost(largest + below)
        return gamma(self._terms, self.stored.arithmetic) * size + lost

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

    def output_bias_effect(self, size: Fraction) -> Fraction:
        """Bound what adding an output bias of that norm does to the computed outputs."""
        computed, arithmetic = self.computed_effect, self.stored.arithmetic
        return output_bias_bound(self.stored_norms, computed, size, arithmetic)

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
        return self._growth(self.exact_norms, self.exact_rho)

    @cached_property
    def stored_growth(self) -> Fraction:
        """The same for the stored weights in exact arithmetic."""
        return self._growth(self.stored_norms, self.stored_rho)

    @property
    def slip(self) -> Fraction:
        """By how much more outputs of the stored weights may differ: through the lower units.

        For any two inputs both their states are within delta of kappa, on the same side of it.
        """
        return self.margin

    def _growth(self, norms: Norms, rho: Fraction) -> Fraction:
        return round_up(norms.C * self.about.lipschitz * norms.F / self._gap(rho), 64)


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
