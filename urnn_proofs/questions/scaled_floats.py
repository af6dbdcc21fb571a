"""A URNN of rescaled states in floating point: its U rounded, with proved bounds.

The exact URNN has the states ``sqrt(M) h``; the floats carry the states ``E h`` for rationals E
near ``sqrt(M)``, chosen so that ``||E W E^{-1}|| < 1``.  Bounds and report are those of
:mod:`urnn_proofs.checks.numeric.float_layer`, the distance of U to the exact one included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.scaled import Gates
from urnn_proofs.checks.numeric.error_bounds import ErrorBounds
from urnn_proofs.checks.numeric.float_chain import FloatChain
from urnn_proofs.checks.numeric.float_layer import FloatLayer
from urnn_proofs.checks.numeric.float_network import FloatStack
from urnn_proofs.checks.numeric.float_run import FloatRun
from urnn_proofs.checks.numeric.norm_source import norm_source
from urnn_proofs.checks.numeric.rounding import require_gradual_underflow
from urnn_proofs.formats.rounding import check_dtype
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.halmos import gate_bias, with_gates
from urnn_proofs.guesses.weighting import propose_weighting
from urnn_proofs.model.errors import InputError, NotContractiveError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import to_float
from urnn_proofs.model.quadratic import in_balls
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import Report, Verdict
from urnn_proofs.questions.float_stacks import as_stored, stack_of
from urnn_proofs.questions.float_steps import float_report
from urnn_proofs.questions.scaled_equivalence import ScaledEquivalence

__all__ = ["ScaledFloats", "gated", "in_floats"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_NORMS = "auto"
_BITS = 48


@dataclass(frozen=True, eq=False)
class ScaledFloats:
    """An exact URNN of rescaled states, and floats that stand for it.

    Parameters
    ----------
    exact
        The exact equivalence that was rounded.
    built
        The URNN in floats, one layer.
    scaling
        E: the floats carry the states ``E h``; evidence.

    Raises
    ------
    InputError
        If sizes do not fit, or the exact claim has no bound of the inputs.
    """

    exact: ScaledEquivalence
    built: FloatStack
    scaling: tuple[Fraction, ...]

    def __str__(self) -> str:
        return self.report.summary()

    def __repr__(self) -> str:
        return one_line(
            f"<ScaledFloats: URNN with {self.exact.urnn.states} states in {self.dtype} for an RNN "
            f"with {self.exact.rnn.states}>"
        )

    def __post_init__(self) -> None:
        urnn = self.exact.urnn
        sizes = [(urnn.states, urnn.inputs, urnn.outputs)]
        sizes += [(layer.states, layer.inputs, layer.outputs) for layer in self.built.layers]
        if len(sizes) != 2 or sizes[0] != sizes[1] or self.exact.input_bound is None:
            raise InputError(
                f"the exact URNN and the layers have (states, inputs, outputs) {sizes}; expected "
                f"one layer of the same sizes, and a bound of the inputs"
            )

    @property
    def rnn(self) -> RNN:
        """The network."""
        return self.exact.rnn

    @property
    def input_bound(self) -> Fraction:
        """M."""
        assert self.exact.input_bound is not None
        return self.exact.input_bound

    @property
    def dtype(self) -> str:
        """The type of the floats, and the arithmetic that runs both networks."""
        return self.built.arithmetic.name

    @cached_property
    def result(self) -> StoredNetwork:
        """The URNN as it is written."""
        return as_stored(self.built, StoredNetwork.of(self.rnn).layout)

    @cached_property
    def floats(self) -> FloatChain:
        """The layer with all its bounds."""
        weights = self.built.layers[0]
        layer = FloatLayer(
            self.rnn,
            weights,
            self.input_bound,
            norm_source(_NORMS, 2 * self.rnn.states),
            self.scaling,
            _weighting(self.exact, self.scaling, self.dtype),
            self.exact.urnn if self.exact.proof.verdict is Verdict.PROVED else None,
        )
        network = StoredNetwork.of(self.rnn)
        original = stack_of(network, self.dtype)
        return FloatChain((layer,), self.built, (self.rnn,), network.output_bias, original)

    @property
    def error(self) -> ErrorBounds:
        """Bounds of differences of outputs, for all k and all inputs in X_M.

        Raises
        ------
        UndecidedError
            If gates cannot be shown to stay closed, or ``1 - ||W||`` is too small.
        """
        return self.floats.error

    @cached_property
    def report(self) -> Report:
        """The steps of the exact URNN, and the bounds."""
        network, exact = StoredNetwork.of(self.rnn), self.exact.report
        claim = (network, self.built, self.input_bound, self.dtype)
        return float_report(*claim, self.floats, exact, exact.certificate)


def in_floats(exact: ScaledEquivalence, dtype: str) -> ScaledFloats:
    """Round a URNN of rescaled states, its gates closed with room for floats.

    Raises
    ------
    UnsupportedError
        If its first states are not those of the network, each with a factor, or the gates are not
        closed by a state bound.
    NotContractiveError
        If the rescaled W is not shown to be contractive.
    UndecidedError
        If no bias is shown to keep the gates closed, or this process flushes subnormal numbers.
    InputError
        If the type is unknown, or a weight is beyond its range.
    """
    kind = check_dtype(dtype)
    require_gradual_underflow()
    M, evidence = exact.input_bound, exact.evidence
    if M is None or evidence.gates is not Gates.STATE_BOUND:
        raise UnsupportedError(
            "this URNN has no bounds in floats: its gates are closed by no state bound; leave "
            "dtype out, or round urnn.to_numpy() yourself"
        )
    E = _near_roots(exact)
    base, U = rescale(exact.rnn, E), exact.urnn.to_numpy().W
    return ScaledFloats(exact, gated(base, M, kind, _weighting(exact, E, kind), U), E)


def gated(
    base: RNN, M: Fraction, kind: str, weighting: tuple[Fraction, ...] | None, U: Array
) -> FloatStack:
    """Return a network in floats with the units of *base* and the further rows of U as gates.

    Parameters
    ----------
    base
        Contractive, ReLU.
    weighting
        S, for the norms of the bounds that the lower bias is made of.
    U
        (N, N), float64; the corner is replaced by the rounded W of *base*.

    Raises
    ------
    NotContractiveError
        If *base* is not contractive.
    UndecidedError, InputError
        As for :func:`in_floats`.
    """
    stack = stack_of(StoredNetwork.of(base), kind)
    (stored,) = stack.layers
    norms = norm_source(_NORMS, 2 * base.states)
    upper = FloatRun(base, stored, M, norms, weighting, certify_contractive(base.W))
    return FloatStack((with_gates(stored, U, gate_bias(upper, U)),), stack.output_bias)


def _weighting(
    exact: ScaledEquivalence, E: tuple[Fraction, ...], kind: str
) -> tuple[Fraction, ...]:
    """Return weights of the states ``E h`` that undo E, up to those that serve h itself.

    In the norm of ``E h`` the contraction is hardly one.
    """
    stored = stack_of(StoredNetwork.of(exact.rnn), kind).layers[0]
    inner = exact.evidence.bound.scaling if exact.evidence.bound is not None else None
    own = propose_weighting(stored, to_float(exact.input_bound or Fraction(0))) or inner
    pairs = zip(own or (Fraction(1),) * len(E), E, strict=True)
    return tuple(Fraction(float(np.float32(to_float(s / e)))) for s, e in pairs)


def _near_roots(exact: ScaledEquivalence) -> tuple[Fraction, ...]:
    """Return rationals near ``sqrt(M)`` with ``||E W E^{-1}|| < 1``.

    ``log ||E W E^{-1}||`` is convex in ``log E``; so a small step from ``sqrt(M)``, where the norm
    is at most 1, towards a scaling with a norm below 1 gives one below 1.
    """
    n = exact.rnn.states
    roots = [float(in_balls(m, 256).sqrt()) for m in exact.urnn.weights[:n]]
    towards = exact.evidence.bound.scaling if exact.evidence.bound is not None else None
    inner = [1.0] * n if towards is None else [to_float(e) for e in towards]
    for bits in range(_BITS, 8, -4):
        step = 2.0 ** -(bits - 4)
        E = tuple(
            Fraction(math.exp((1 - step) * math.log(a) + step * math.log(b))).limit_denominator(
                2**bits
            )
            for a, b in zip(roots, inner, strict=True)
        )
        try:
            certify_contractive(rescale(exact.rnn, E).W)
        except NotContractiveError:
            continue
        return E
    raise NotContractiveError("no rational scaling near that of the URNN makes W contractive")
