"""A network with another W in its place, orthogonal or contractive, and what that changes.

Problem
    W is nearly orthogonal (``1 + 9e-8`` after training in float32), or its norm is a little above
    1.  No theorem here is about it, but about a network next to it.
Method
    W' is an exactly orthogonal rational matrix near W, or W with its singular values cut below 1;
    all other weights stay.  With ``||W|| <= r``, ``||W'|| <= r'``, ``||W' - W|| <= d``, phi
    non-expansive, and bounds m_k of the inputs of a layer and a_k of how much they differ:

        ``s_k = r s_{k-1} + ||F|| m_k + ||b|| + sqrt(n) |phi(0)|``  bounds ``||h^k||``,
        ``e_k = r' e_{k-1} + d s_{k-1} + ||F|| a_k``  bounds ``||h'^k - h^k||``,

    since ``W' h' - W h = W' (h' - h) + (W' - W) h``.  Where ``|phi| <= c``, also ``s_k <= sqrt(n)
    c`` and ``e_k <= 2 sqrt(n) c``.  The next layer has ``m = ||C|| s``, ``a = ||C|| e``.
Guarantee
    For all inputs with ``||x^k|| <= M`` and the first T steps; for all k where ``r' < 1`` and the
    states stay bounded.
Reference
    This package's own; every number is a rational upper bound, rounded up at each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.nearby import orthogonal_distance
from urnn_proofs.checks.exact.norms import norm_upper_bound
from urnn_proofs.checks.exact.state_bound import is_non_expansive
from urnn_proofs.formats.rounding import natural_dtype
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.nearest import near_contraction, near_orthogonal
from urnn_proofs.model.activation import Activation, PiecewiseLinear
from urnn_proofs.model.bound_text import about
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN, Network, require_rnn
from urnn_proofs.model.number import (
    exact_number,
    round_up,
    shorten,
    show_number,
    sqrt_upper,
    to_float,
)
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import Check, Report, Role, Trust, Verdict
from urnn_proofs.questions.construction import parse_bound

__all__ = ["NEARLY_ORTHOGONAL", "Repair", "repair", "stored_in_floats"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Cut singular values at this: near 1, with room for weights in float32.
_NORM = 1 - Fraction(1, 2**12)
#: Closer than this is what floating-point training leaves behind.
NEARLY_ORTHOGONAL = Fraction(1, 2**10)
_MOST_STEPS = 100_000
_MOST_STATES = 256
_BITS = 64
_SAYS_NOTHING = (
    "this bound is as large as the outputs themselves can be: in {} steps the change may be "
    "anything; fewer --steps give a smaller bound, and urnn_proofs.torch.contractive(rnn) and some "
    "more training a network that converts (docs/training.md)"
)


@dataclass(frozen=True, eq=False)
class Repair:
    """Two networks that differ in W alone, and how far apart their outputs are.

    Parameters
    ----------
    network
        The network that was given.
    result
        The network with the other W.
    input_bound
        M: inputs satisfy ``||x^k|| <= M``.
    steps
        T: the claim is about the outputs of the first T steps.

    Raises
    ------
    InputError
        If the networks differ in anything but W, or T is not between 1 and 100,000.
    UnsupportedError
        If a layer is a URNN, or an activation is not non-expansive.
    """

    network: StoredNetwork
    result: StoredNetwork
    input_bound: Fraction
    steps: int

    def __str__(self) -> str:
        return self.report.summary()

    def __repr__(self) -> str:
        return one_line(
            f"<Repair: another W, outputs of {self.steps} steps, "
            f"||x^k|| <= {show_number(self.input_bound, 12)}>"
        )

    def __post_init__(self) -> None:
        if not self._differ_in_w_alone():
            raise InputError("the networks differ in more than W; expected a repaired network")
        if type(self.steps) is not int or not 1 <= self.steps <= _MOST_STEPS:
            raise InputError(
                f"steps (--steps) is {shorten(self.steps)}; expected 1 to {_MOST_STEPS}"
            )
        for layer in self.network.layers:
            phi = require_rnn(layer).activation
            if not is_non_expansive(phi):
                raise UnsupportedError(
                    f"the activation {phi.name!r} is not known to be non-expansive, so that no "
                    f"change of W is bounded here; expected one such as relu or tanh"
                )

    def _differ_in_w_alone(self) -> bool:
        if len(self.network.layers) != len(self.result.layers):
            return False
        return self.network.output_bias == self.result.output_bias and all(
            old.W.shape == new.W.shape
            and old.F == new.F
            and old.b == new.b
            and old.C == new.C
            and old.h_init == new.h_init
            and old.activation == new.activation
            for old, new in self._pairs
        )

    @cached_property
    def changes(self) -> tuple[Fraction, ...]:
        """An upper bound of ``||W' - W||`` for each layer."""
        return tuple(norm_upper_bound((new.W - old.W).reduced()) for old, new in self._pairs)

    @property
    def _pairs(self) -> list[tuple[RNN, RNN]]:
        return [
            (require_rnn(old), require_rnn(new))
            for old, new in zip(self.network.layers, self.result.layers, strict=True)
        ]

    @cached_property
    def errors(self) -> tuple[Fraction, ...]:
        """For each k below T an upper bound of ``||y'^k - y^k||``."""
        inputs = [self.input_bound] * self.steps
        apart = [Fraction(0)] * self.steps
        for (old, new), change in zip(self._pairs, self.changes, strict=True):
            inputs, apart = _through(old, new, change, inputs, apart)
        return tuple(apart)

    @property
    def error(self) -> Fraction:
        """The largest of them."""
        return max(self.errors)

    @cached_property
    def says_nothing(self) -> bool:
        """Whether the bound is as large as ``||C h'||`` itself can be, so that it says nothing."""
        inputs, apart = [self.input_bound] * self.steps, [Fraction(0)] * self.steps
        for _, new in self._pairs:
            inputs, apart = _through(new, new, Fraction(0), inputs, apart)
        return self.error > 0 and self.error >= max(inputs)

    @cached_property
    def error_always(self) -> Fraction | None:
        """An upper bound of ``||y'^k - y^k||`` for all k, where there is one."""
        m, a = self.input_bound, Fraction(0)
        for (old, new), change in zip(self._pairs, self.changes, strict=True):
            limit = _range(old.activation, old.states)
            states = limit if limit is not None else _settled(old, m)
            if states is None:
                return None
            f, c = norm_upper_bound(old.F), norm_upper_bound(old.C)
            start = max(states, norm_upper_bound(old.h_init))
            try:
                inner = certify_contractive(new.W).rho
            except (NotContractiveError, UndecidedError):
                return None
            e = (change * start + f * a) / (1 - inner)
            if limit is not None:
                e = min(e, 2 * limit)
            m, a = round_up(c * states), round_up(c * e)
        return a

    @cached_property
    def report(self) -> Report:
        """What the new W is, how far it is from the old one, and what that changes."""
        same = "F, b, C, h_init and phi are the same in both"
        checks = [_check("other weights", same, "these networks")]
        for k in range(len(self.changes)):
            checks += self._layer(k)
        M, T = show_number(self.input_bound), self.steps
        scope = f"these networks, all inputs with ||x^k|| <= {M}, the first {T} steps"
        claim = f"||y'^k - y^k|| <= {about(self.error)} for k < {T}"
        checks.append(_check("outputs", claim, scope))
        always = self.error_always
        if always is not None:
            claim = f"||y'^k - y^k|| <= {about(always)} for all k"
            everywhere = f"these networks, all inputs with ||x^k|| <= {M}, all k"
            checks.append(_check("outputs, always", claim, everywhere))
        return Report(
            title=f"Repair: outputs change by at most {about(self.error)} in {T} steps"
            + ", which says nothing" * self.says_nothing,
            scope=scope,
            checks=tuple(checks),
            notes=(
                *((_SAYS_NOTHING.format(T),) if self.says_nothing else ()),
                *(
                    f"after {t} steps at most {about(max(self.errors[:t]))}"
                    for t in (10, 100, 1000, 10_000)
                    if t < T
                ),
            ),
        )

    def measure(self, x: Any) -> Check:
        """Run both networks in float64 on inputs (T, m) or (T, batch, m), time first.

        Raises
        ------
        InputError
            If the shape does not fit, there are more steps than T, or a norm is above M.
        """
        values = np.asarray(x, dtype=np.float64)
        before, after = self.network.run(values), self.result.run(values)
        count = len(values)
        if not 1 <= count <= self.steps:
            raise InputError(
                f"the data have {count} steps; expected at most {self.steps} (--steps)"
            )
        largest = float(np.linalg.norm(values, axis=-1).max())
        if Fraction(largest) > self.input_bound * Fraction(1 + 1e-9):
            raise InputError(
                f"an input of the data has norm {largest:.6g}; expected at most input_bound "
                f"(--input-bound), which is {show_number(self.input_bound)}"
            )
        found = float(np.linalg.norm(after - before, axis=-1).max())
        size = float(np.abs(before).max(initial=0.0))
        allowed = to_float(max(self.errors[:count])) + 1e-9 * (1 + size)
        return Check(
            name="data",
            claim=f"on these data outputs change by at most {found:.3g} (outputs up to {size:.3g})",
            scope=f"{values.size // (count * values.shape[-1])} sequences, T = {count}, float64",
            verdict=Verdict.CONSISTENT if found <= allowed else Verdict.REFUTED,
            trust=Trust.SAMPLE,
            engine="questions.repair (float64)",
            evidence={"measured": found, "bound": allowed},
            role=Role.CROSS_CHECK,
        )

    def _layer(self, k: int) -> list[Check]:
        _, new = self._pairs[k]
        where = f"layer {k}, " if len(self.changes) > 1 else ""
        claim = f"||W' - W|| <= {about(self.changes[k])}"
        found = [_check(f"{where}change", claim, "these networks")]
        if new.W.transpose() @ new.W == RationalMatrix.identity(new.states):
            claim = "W'^T W' = I, exactly"
            return [*found, _check(f"{where}orthogonal", claim, "the result")]
        try:
            certify_contractive(new.W)
        except (NotContractiveError, UndecidedError):
            return found
        return [*found, _check(f"{where}contractive", "||W'|| < 1", "the result")]


def repair(
    network: Network | StoredNetwork,
    input_bound: Any,
    *,
    steps: int = 100,
    to: str | None = None,
    norm: Any = None,
) -> Repair:
    """Put an orthogonal or a contractive W in the place of each W that is neither.

    Source: this package's own.

    Parameters
    ----------
    network
        An ``RNN``, or what :func:`~urnn_proofs.formats.files.load` or
        :func:`~urnn_proofs.formats.torch.modules.from_torch` returned, with non-expansive
        activations.
    input_bound
        M >= 0: inputs satisfy ``||x^k|| <= M``.
    steps
        T, 1 to 100,000: how many steps the bound is about.
    to
        "orthogonal" or "contraction"; if omitted, orthogonal where W is within 1e-3 of it, else a
        contraction, and layers with ``||W|| < 1`` stay.
    norm
        Where singular values are cut for a contraction, below 1; ``1 - 2^-12`` if omitted.  The
        weights of the result are floats of the type of the network (float64 if it has none).

    Raises
    ------
    InputError
        If an argument is malformed.
    UnsupportedError
        If an activation is not known to be non-expansive, or a network is too large.
    UndecidedError
        If the proposal in floating point is not what it was to be.

    Examples
    --------
    >>> rnn = RNN(W=[[1 + 2.0**-20]], F=[[1]], b=[0], C=[[1]])
    >>> found = repair(rnn, input_bound=1, steps=10)
    >>> found.result.layers[0].W, float(found.error) < 1e-4
    (RationalMatrix([1]), True)
    >>> found.report.verdict
    <Verdict.PROVED: 'PROVED'>
    """
    stored = StoredNetwork.of(network) if isinstance(network, Network) else network
    if not isinstance(stored, StoredNetwork):
        raise InputError(
            f"network is a {type(network).__name__}; expected an urnn_proofs.RNN or StoredNetwork"
        )
    if to not in (None, "orthogonal", "contraction"):
        raise InputError(f"to (--to) is {shorten(to)}; expected 'orthogonal' or 'contraction'")
    cut = _NORM if norm is None else exact_number(norm, "norm")
    if not 0 < cut < 1:
        raise InputError(f"norm (--norm) is {shorten(norm)}; expected a number between 0 and 1")
    M = parse_bound(input_bound, "input_bound")
    kind = stored.layout.dtype or "float64"
    layers = [_repaired(require_rnn(layer), to, cut, kind) for layer in stored.layers]
    return Repair(stored, replace(stored, layers=tuple(layers)), M, steps)


def _repaired(rnn: RNN, to: str | None, cut: Fraction, dtype: str) -> RNN:
    if rnn.states > _MOST_STATES:
        raise UnsupportedError(
            f"W has {rnn.states} states; repair takes up to {_MOST_STATES} (train it further with "
            f"urnn_proofs.torch.contractive or orthogonal instead)"
        )
    if to is None and _is_contractive(rnn.W):
        return rnn
    distance = orthogonal_distance(rnn.W)
    if to == "orthogonal" or (to is None and distance <= NEARLY_ORTHOGONAL):
        if distance == 0:
            return rnn
        return rnn.replace(W=near_orthogonal(rnn.W, _bits(distance, rnn.states)))
    # Rounding weights moves singular values by a few units in the last place.
    room = Fraction(4 * rnn.states) * Fraction(float(np.finfo(dtype).eps))
    W = near_contraction(rnn.W, cut - room if cut > 2 * room else cut, dtype)
    if not _is_contractive(W):
        raise UndecidedError(
            f"W cut at {show_number(cut)} is not contractive in {dtype}; try a smaller norm "
            f"(--norm)"
        )
    return rnn.replace(W=W)


def _is_contractive(W: RationalMatrix) -> bool:
    try:
        certify_contractive(W)
    except (NotContractiveError, UndecidedError):
        return False
    return True


def _bits(distance: Fraction, n: int) -> int:
    """Return bits such that rounding adds little to the distance."""
    needed = (n / distance).numerator.bit_length() - (n / distance).denominator.bit_length() + 5
    return min(max(needed, 16), 60)


def _range(phi: Activation, n: int) -> Fraction | None:
    """Bound ``||phi(z)||`` for a bounded phi."""
    largest = None
    if isinstance(phi, PiecewiseLinear):
        largest = phi.bound
    elif phi.open_range is not None and phi.assumption is None:
        largest = max(map(abs, phi.open_range))
    return None if largest is None else round_up(sqrt_upper(n * largest**2), _BITS)


def _at_zero(phi: Activation, n: int) -> Fraction:
    """Bound ``||phi(0)||``; softplus has log 2 < 7/10 there."""
    try:
        value = abs(phi.at_zero)
    except UnsupportedError:
        value = Fraction(7, 10)
    return sqrt_upper(n * value**2)


def _settled(rnn: RNN, m: Fraction) -> Fraction | None:
    """Bound all states of a contractive layer."""
    try:
        rho = certify_contractive(rnn.W).rho
    except (NotContractiveError, UndecidedError):
        return None
    drive = norm_upper_bound(rnn.F) * m + norm_upper_bound(rnn.b)
    drive += _at_zero(rnn.activation, rnn.states)
    return round_up(max(norm_upper_bound(rnn.h_init), drive / (1 - rho)), _BITS)


def _through(
    old: RNN, new: RNN, change: Fraction, inputs: Sequence[Fraction], apart: Sequence[Fraction]
) -> tuple[list[Fraction], list[Fraction]]:
    """Return bounds of the outputs of a layer, and of how much they differ, step by step."""
    r, r_new = norm_upper_bound(old.W), norm_upper_bound(new.W)
    f, c = norm_upper_bound(old.F), norm_upper_bound(old.C)
    drift = norm_upper_bound(old.b) + _at_zero(old.activation, old.states)
    limit = _range(old.activation, old.states)
    s, e = norm_upper_bound(old.h_init), Fraction(0)
    found: tuple[list[Fraction], list[Fraction]] = ([], [])
    for m, a in zip(inputs, apart, strict=True):
        e = round_up(r_new * e + change * s + f * a, _BITS)
        s = round_up(r * s + f * m + drift, _BITS)
        if limit is not None:
            s, e = min(s, limit), min(e, 2 * limit)
        found[0].append(round_up(c * s, _BITS))
        found[1].append(round_up(c * e, _BITS))
    return found


def stored_in_floats(found: Repair, dtype: str | None = None) -> Repair:
    """Return the repair whose result is rounded to floats, those of the network if omitted.

    What files of floats hold is not exactly orthogonal; its bounds are about these floats.
    """
    kind = natural_dtype(found.network) if dtype is None else dtype
    layers = [
        layer.replace(W=RationalMatrix.parse(layer.W.to_floats(kind), "W"))
        for layer in found.result.layers
    ]
    return replace(found, result=replace(found.result, layers=tuple(layers)))


def _check(name: str, claim: str, scope: str) -> Check:
    return Check(
        name=name,
        claim=claim,
        scope=scope,
        verdict=Verdict.PROVED,
        trust=Trust.EXACT,
        engine="questions.repair (FLINT, rational)",
    )
