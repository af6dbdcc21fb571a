"""The states of tanh and logistic networks in floating point, beside lower units near a limit.

The RNN: ``h^k = phi(W h^{k-1} + F x^k + b)``, ``y^k = C h^k``, exact; phi has Lipschitz constant L,
values in ``[low, high]`` and a limit kappa at one end, which it approaches from one side.
The stored network has n *upper* units, weights ``W', F', b', C', h'``, and r *lower* units with
rows ``[W3' W4']`` of U, initial state kappa, which are to stay close to kappa; ``W2'`` are the
columns of the upper rows that belong to them.  ``g^k``, ``v^k`` are its states in exact arithmetic,
``c^k``, ``w^k`` those that are computed.  Without lower units this is the RNN itself in floats.

Put ``b* = b' + kappa W2' 1``: the upper units obey

    g^k = phi(W' g^{k-1} + F' x^k + b* + W2' (v^{k-1} - kappa)),

so nothing is lost where the bias was made for the stored W2'.

State bounds.  ``||h||`` is at most the norm of the box, and at most
``max(||h_init||, (L (||F|| M + ||b||) + sqrt(n) |phi(0)|) / (1 - L rho))``; so for g and c, with
``||W2'|| S``, for ``||v - kappa|| <= S``, and rounding added.

Computed.  A preactivation is off by at most ``R = gamma_K (|U'| |state| + |F'| |x| + |b'|) + t``,
K = N + m + 2, as for ReLU (:mod:`.error_bounds`); then phi is computed with an error of at most a
(:mod:`.engine`, the one assumption here).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import NormBound
from urnn_proofs.checks.numeric.engine import activation_error
from urnn_proofs.checks.numeric.error_bounds import gap, require_in_range
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.norm_source import NormSource
from urnn_proofs.checks.numeric.rounding import gamma, underflow
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

__all__ = ["SaturatingStates"]


@dataclass(frozen=True, eq=False)
class SaturatingStates:
    """A tanh or logistic network, the floats stored for it, and bounds of its states.

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
        From the bounds: if ``1 - L ||W||`` is not large against rounding, or the lower units do not
        start at a limit.
    """

    exact: RNN
    stored: FloatNetwork
    input_bound: Fraction
    norms: NormSource
    contraction: NormBound | None = None

    #: No states are weighted.
    stretch = Fraction(1)

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

    # -- states ----------------------------------------------------------------------------

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
        """Return ``1 - L rho``."""
        return gap(rho, self.about.lipschitz)

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
