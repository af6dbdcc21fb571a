"""Build a URNN in floats whose outputs stay within epsilon: tanh and logistic networks.

Everything here proposes; the result checks it (:mod:`urnn_proofs.questions.float_steps`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.numeric.engine import activation_error
from urnn_proofs.checks.numeric.float_network import FloatNetwork, FloatStack
from urnn_proofs.checks.numeric.norm_source import norm_source
from urnn_proofs.checks.numeric.rounding import format_of
from urnn_proofs.checks.numeric.saturating_run import SaturatingRun
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.halmos import halmos
from urnn_proofs.guesses.saturating import with_saturated
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.network import require_rnn
from urnn_proofs.model.number import round_up, sqrt_upper
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.float_stacks import handed_on, stack_of
from urnn_proofs.questions.layer import LayerEvidence, of_layer
from urnn_proofs.questions.within_epsilon import within_epsilon

__all__ = ["require_attained", "within_floats"]

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]

# Bits of an epsilon that nobody asked for, and of a bound of inputs.
_BITS = 12
# Added units are kept at least that close to their limit: no bound is made further out.
_LARGEST = Fraction(1, 16)


def within_floats(
    network: StoredNetwork,
    M: Fraction,
    epsilon: Fraction | None,
    kind: str,
    *,
    exact: bool,
    norms: str,
    force: bool,
) -> Equivalence:
    """Build the URNN in floats of that type, and bound what its outputs are off by.

    Epsilon is for the weights as they are stored, in exact arithmetic; what computing adds is
    bounded beside it.  If it is omitted, added units come within one unit of rounding of their
    limit, and epsilon is what that, and the rounding of the weights, is worth.

    Parameters
    ----------
    exact
        Whether U is that of an exact, verified URNN, rounded, or computed in floating point.

    Raises
    ------
    NotContractiveError
        If ``||W|| >= 1``, with a rational witness.
    UnsupportedError
        If engines were not measured for an activation, or no weights of that type come within
        epsilon.
    UndecidedError
        If ``1 - L ||W||`` is not large against the rounding.
    """
    joined = merged(network)
    builder = _Builder(joined, M, kind, norms)
    U: list[Floats] = [halmos(layer.W) for layer in builder.stored.layers]
    if epsilon is None:
        unit = format_of(kind).unit
        runs = builder.runs(U, [unit] * len(U))
        found = builder.result(network, runs, None, None)
        # A little more, for an exact U that is not quite the one in floats.
        epsilon = _few_bits(found.floats.weights * Fraction(9, 8)) or unit
    rounded: Equivalence | None = None
    if exact:
        rounded = within_epsilon(joined, M, epsilon, force=force)
        U = [layer.W.to_numpy() for layer in rounded.result.layers]
    return builder.within(network, U, epsilon, rounded)


def require_attained(found: Equivalence) -> Equivalence:
    """Return a result in floats whose weights, in exact arithmetic, are within its epsilon.

    Raises
    ------
    UnsupportedError
        If they are not; with the smallest epsilon that would do.
    """
    epsilon, least = found.epsilon, found.floats.weights
    if epsilon is not None and least > epsilon:
        raise UnsupportedError(
            f"epsilon is {float(epsilon):.3g}, and the smallest that is shown for weights in "
            f"{found.dtype} is {_digits(least)}; expected at least that, or dtype='float64' "
            f"(--dtype float64), or exact weights (no dtype; a .json file)"
        )
    return found


class _Builder:
    """Layers in floats, one after the other: what one gives out bounds the inputs of the next."""

    def __init__(self, joined: StoredNetwork, M: Fraction, kind: str, norms: str) -> None:
        self.joined, self.M, self.kind, self.norms = joined, M, kind, norms
        for k, layer in enumerate(joined.layers):
            with of_layer(k, joined):
                activation_error(require_rnn(layer).activation, format_of(kind))
                certify_contractive(require_rnn(layer).W)
        self.stored = stack_of(joined, kind)

    def runs(self, U: Sequence[Floats], deltas: Sequence[Fraction]) -> list[SaturatingRun]:
        """Return each layer with its lower units, each within about delta of the limit."""
        found: list[SaturatingRun] = []
        bound = self.M
        parts = zip(self.joined.layers, self.stored.layers, U, deltas, strict=True)
        for layer, stored, matrix, delta in parts:
            rnn = require_rnn(layer)
            source = norm_source(self.norms, 2 * rnn.states)
            contraction = certify_contractive(rnn.W)
            upper = SaturatingRun(rnn, stored, bound, source, contraction)
            weights = with_saturated(upper, matrix, upper.about.limits[0], delta)
            found.append(replace(upper, stored=weights))
            if len(found) < len(U):
                bound = _few_bits(found[-1].reach)
        return found

    def result(
        self,
        network: StoredNetwork,
        runs: Sequence[SaturatingRun],
        epsilon: Fraction | None,
        exact: Equivalence | None,
    ) -> Equivalence:
        """Put the layers together."""
        layers: tuple[FloatNetwork, ...] = handed_on([run.stored for run in runs])
        built = FloatStack(layers, self.stored.output_bias)
        evidence = tuple(LayerEvidence(run.input_bound) for run in runs)
        return Equivalence(network, built, self.M, evidence, self.kind, exact, self.norms, epsilon)

    def within(
        self,
        network: StoredNetwork,
        U: Sequence[Floats],
        epsilon: Fraction,
        exact: Equivalence | None,
    ) -> Equivalence:
        """Find biases of the added units that are no larger than epsilon asks for."""
        # Far below what any weights are worth: what is left is the rounding of the weights.
        tiny = format_of(self.kind).unit ** 2 * min(epsilon, Fraction(1))
        least = self.runs(U, [tiny] * len(U))
        found = self.result(network, self.runs(U, _shares(least, epsilon)), epsilon, exact)
        if found.floats.weights <= epsilon:
            return found
        closed = require_attained(self.result(network, least, epsilon, exact))
        left = epsilon - closed.floats.weights
        if left > 0:
            found = self.result(network, self.runs(U, _shares(least, left)), epsilon, exact)
        return found if found.floats.weights <= epsilon else closed


def _shares(runs: Sequence[SaturatingRun], error: Fraction) -> list[Fraction]:
    """Return a delta for each layer, so that all of them cause about that error together."""
    deltas, through = [], Fraction(1)
    for run in reversed(runs):
        pushed = run.stored_norms.C * run.about.lipschitz * run.gain * through
        units = pushed * sqrt_upper(Fraction(max(run.added, 1)))
        room = error / len(runs) * (1 - run.about.lipschitz * run.stored_rho) * Fraction(15, 16)
        deltas.append(min(room / units, _LARGEST) if units else _LARGEST)
        through *= run.growth
    return deltas[::-1]


def _few_bits(value: Fraction) -> Fraction:
    return round_up(value, _BITS)


def _digits(value: Fraction) -> str:
    """Write an upper bound with three digits, rounded up."""
    shown = f"{float(value):.2e}"
    return shown if Fraction(shown) >= value else f"{float(value) * 1.01:.2e}"
