"""A network and a URNN with the same outputs, exact or in floats: the claim, and its check.

Problem
    A network of one or several layers, and a URNN; inputs in ``X_M = {x : ||x^k|| <= M}``.
Method
    Exact weights: each layer has the URNN of Theorem 3.1, or one made of copies of its units; what
    bounds the outputs of one layer bounds the inputs of the next.  An output bias is the same
    vector added to both, so that it needs no proof of its own.
    Within epsilon: as there, but the added units only come close to the limit of an activation
    (:mod:`urnn_proofs.questions.steps_epsilon`); an error of one layer is an input error of the
    next.
    Floats: the exact U is rounded, or computed in floating point beyond the reach of exact
    arithmetic; all norms are bounded rigorously (:mod:`urnn_proofs.checks.numeric`).
Guarantee
    For all k and all inputs in X_M.  Exact weights: equal outputs.  Floats:
    ``||y_u^k - y^k|| <= eps``, apart for the rounding of the weights, for the rounding inside
    the recursion, and for both networks run in the same arithmetic.
Reference
    arXiv:1910.13672, Theorem 3.1; the bounds are this package's own.

A result holds two networks and evidence.  Everything is derived again from the two networks each
time it is asked for; evidence that does not fit them proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from urnn_proofs.certificate import (
    Certificate,
    bundle,
)
from urnn_proofs.checks.exact.state_bound import StateBound
from urnn_proofs.checks.numeric.error_bounds import ErrorBounds
from urnn_proofs.checks.numeric.float_chain import AnyLayer, FloatChain
from urnn_proofs.checks.numeric.float_layer import FloatLayer
from urnn_proofs.checks.numeric.float_network import FloatNetwork, FloatStack
from urnn_proofs.checks.numeric.norm_source import norm_source
from urnn_proofs.checks.numeric.saturating_layer import SaturatingLayer
from urnn_proofs.checks.numeric.weight_norms import upper_part
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.tube import propose_tube
from urnn_proofs.guesses.weighting import propose_weighting, undone_weighting
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN, Network, Sizes, require_rnn
from urnn_proofs.model.number import round_up, show_number, to_float
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import Check, Report, Trust, Verdict
from urnn_proofs.questions.float_stacks import as_stored, same_network, stack_of
from urnn_proofs.questions.float_steps import float_report
from urnn_proofs.questions.layer import Layer, LayerEvidence
from urnn_proofs.questions.layers import (
    layer_certificate,
    layer_report,
    layers_fit,
    simulated,
    title_of,
)
from urnn_proofs.questions.steps_3_1 import network_scope, show
from urnn_proofs.questions.steps_epsilon import (
    conclusion_check,
)
from urnn_proofs.questions.steps_rescaled import Rescaled, distance_check

__all__ = ["Equivalence", "require_proved"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Item = TypeVar("Item")

_FINE = (Verdict.PROVED, Verdict.ASSUMED)


@dataclass(frozen=True, eq=False)
class Equivalence:
    """A network, a URNN with the same outputs for inputs in X_M, and the evidence.

    Parameters
    ----------
    network
        The network that was given, its weights exactly as stored.
    built
        The URNN: exact weights, or floats of one type (a ``FloatStack``; for activations without
        a bound in floats, and a *dtype*, exact weights that are such floats).  For one ReLU layer
        also a ``ScaledURNN``, whose states carry square roots.
    input_bound
        M: the claim is about inputs with ``||x^k|| <= M``.  With a ``ScaledURNN`` also None: about
        all inputs.
    evidence
        How each layer was found.
    dtype
        None if the claim is that of equal outputs; else the arithmetic that runs both networks.
    exact
        With floats, the exact equivalence that was rounded, if that is where U comes from.
    norms
        Source of norm bounds in floats: "ball", "numpy", or "auto" (balls up to N = 256).
    epsilon
        None, or the claim that outputs differ by at most this, for all k; in floats those of the
        stored weights in exact arithmetic.

    Raises
    ------
    InputError
        If the parts do not belong together: numbers of layers, inputs or outputs, an *exact* about
        another network or input bound.
    """

    network: StoredNetwork
    built: StoredNetwork | FloatStack | ScaledURNN
    input_bound: Fraction | None
    evidence: tuple[LayerEvidence, ...]
    dtype: str | None = None
    exact: Equivalence | None = None
    norms: str = "auto"
    epsilon: Fraction | None = None

    def __str__(self) -> str:
        return self.report.summary()

    def __repr__(self) -> str:
        M = self.input_bound
        inputs = "all inputs" if M is None else f"||x^k|| <= {show_number(M, 12)}"
        return one_line(
            f"<Equivalence: URNN with {_sizes(self.built)} states for an RNN with "
            f"{_sizes(self.network)}, {inputs}>"
        )

    def __post_init__(self) -> None:
        if not isinstance(self.network, StoredNetwork):
            raise InputError(
                f"network is a {type(self.network).__name__}; expected a StoredNetwork"
            )
        if not isinstance(self.built, (StoredNetwork, FloatStack, ScaledURNN)):
            raise InputError(
                f"built is a {type(self.built).__name__}; expected a StoredNetwork, FloatStack or "
                f"ScaledURNN"
            )
        sizes = {len(_layers_of(net)) for net in (self.network, self.built)} | {len(self.evidence)}
        if len(sizes) != 1:
            raise InputError("network, built and evidence have different numbers of layers")
        ends = [
            (_layers_of(net)[0].inputs, _layers_of(net)[-1].outputs)
            for net in (self.network, self.built)
        ]
        if ends[0] != ends[1]:
            raise InputError(
                f"the networks have different numbers of inputs or outputs, {ends[0]} and {ends[1]}"
            )
        if isinstance(self.built, ScaledURNN):
            _require_rescaled(self, self.built)
        elif not isinstance(self.input_bound, Fraction):
            raise InputError(f"input_bound is {self.input_bound}; expected a Fraction >= 0")
        if self.input_bound is not None and self.input_bound < 0:
            raise InputError(f"input_bound is {self.input_bound}; expected a Fraction >= 0")
        if self.epsilon is not None and not (type(self.epsilon) is Fraction and self.epsilon > 0):
            raise InputError(f"epsilon is {self.epsilon}; expected None, or a Fraction > 0")
        if isinstance(self.built, FloatStack) and self.dtype != self.built.arithmetic.name:
            raise InputError(
                f"dtype is {self.dtype!r}; expected {self.built.arithmetic.name!r}, that of built"
            )
        if self.exact is not None and (
            self.dtype is None
            or self.exact.dtype is not None
            or self.exact.input_bound != self.input_bound
            or not same_network(self.exact.network, self.joined)
            or self.exact.evidence[0].near is not None
        ):
            raise InputError(
                "exact is an equivalence of another network or input bound, or not an exact one; "
                "expected the one that was rounded"
            )

    # -- one layer, exact weights ----------------------------------------------------------

    @property
    def rnn(self) -> RNN:
        """The network, where it has one layer."""
        return require_rnn(_only(self.network.layers))

    @property
    def urnn(self) -> URNN | ScaledURNN:
        """The URNN, where it has one layer and exact weights.

        Raises
        ------
        UnsupportedError
            If there are several layers, or floats; see :attr:`result`.
        """
        found = _only(self.urnns)
        if not isinstance(found, (URNN, ScaledURNN)):
            raise UnsupportedError(
                "the weights are floats, which no orthogonal matrix has exactly; ask .result or "
                ".built"
            )
        return found

    @property
    def bound(self) -> StateBound | None:
        """The state bound of the only layer; None if none is needed, as where no unit was added."""
        e = _only(self.evidence)
        return e.bound if e.rescaled is None else e.rescaled.bound

    @property
    def scaling(self) -> tuple[Fraction, ...] | None:
        """Positive diagonal E of rescaled states, where there is one layer; None for none."""
        return _only(self.evidence).scaling

    # -- the networks ----------------------------------------------------------------------

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Each layer with its URNN and the bound of its inputs."""
        urnns = self.result.layers
        found = []
        for k, (rnn, urnn, e) in enumerate(
            zip(self.network.layers, urnns, self.evidence, strict=True)
        ):
            found.append(Layer(require_rnn(rnn), urnn, self._input_bound(k), e))
        return tuple(found)

    def _input_bound(self, k: int) -> Fraction:
        found = self.evidence[k].input_bound if k else self.input_bound
        assert found is not None  # only that of a ScaledURNN may be
        return found

    @property
    def urnns(self) -> tuple[Network | ScaledURNN, ...]:
        """The URNN, layer by layer."""
        return (self.built,) if isinstance(self.built, ScaledURNN) else self.result.layers

    @property
    def rescaled(self) -> Rescaled | None:
        """The network and the URNN whose outputs are equal, where states carry square roots."""
        evidence = self.evidence[0]
        if not isinstance(self.built, ScaledURNN) or evidence.rescaled is None:
            return None
        near = None if self.epsilon is None else evidence.near
        return Rescaled(near or self.rnn, self.built, self.input_bound, evidence.rescaled)

    @cached_property
    def result(self) -> StoredNetwork:
        """The URNN as it is written: output bias, names and axes of the network.

        Raises
        ------
        UnsupportedError
            If its states carry square roots, which no file holds exactly.
        """
        if isinstance(self.built, StoredNetwork):
            return self.built
        if isinstance(self.built, ScaledURNN):
            raise UnsupportedError(
                "the states of this URNN carry square roots, which no file holds exactly; ask "
                ".urnn, or FewestStates.in_floats for floats with proved bounds"
            )
        return as_stored(self.built, self.network.layout)

    @cached_property
    def joined(self) -> StoredNetwork:
        """The network, its readouts between layers multiplied into the next: the same function."""
        return merged(self.network)

    @cached_property
    def floats(self) -> FloatChain:
        """The layers in floating point with all their bounds; the first n units are the network's.

        Raises
        ------
        UnsupportedError
            If the weights are exact, or the network has no bound in floats.
        InputError
            If sizes do not fit.
        """
        if not isinstance(self.built, FloatStack) or self.dtype is None:
            raise UnsupportedError(
                "the network is not one in floats that have bounds; expected dtype='float64' or "
                "'float32', layers with ReLU, tanh or logistic, and no offset"
            )
        layers = tuple(
            self._float_layer(k, self.built.layers[k]) for k in range(len(self.evidence))
        )
        original = stack_of(self.network, self.dtype)
        exact = tuple(require_rnn(layer) for layer in self.network.layers)
        bias = self.network.output_bias
        return FloatChain(layers, self.built, exact, bias, original, propose_tube)

    def _float_layer(self, k: int, weights: FloatNetwork) -> AnyLayer:
        """Return layer k with the inputs and outputs that the original layer has.

        Layers hand on all their states; what is left out here are lower units, which nothing reads.
        """
        layer, M = require_rnn(self.joined.layers[k]), self._input_bound(k)
        if k + 1 < len(self.evidence):
            if not np.array_equal(weights.C, np.eye(weights.states, dtype=weights.C.dtype)):
                raise InputError(f"layer {k} of the result does not hand on its states")
            weights = replace(weights, C=weights.C[: layer.outputs])
        if weights.F[:, layer.inputs :].any():
            raise InputError(f"layer {k} of the result reads added units of the layer below")
        weights = replace(weights, F=weights.F[:, : layer.inputs])
        source = norm_source(self.norms, 2 * layer.states)
        U = None
        if self.exact is not None and self.exact.proof.verdict in _FINE:
            exact = self.exact.urnns[k]
            U = exact.W if isinstance(exact, Network) else exact
        if not layer.activation.is_relu:
            known = U if isinstance(U, Orthogonal) else None
            return SaturatingLayer(layer, weights, M, source, known)
        upper, scaling = upper_part(weights, layer.states), self.evidence[k].scaling
        weighting = propose_weighting(upper, to_float(M))
        if isinstance(U, ScaledURNN) and self.exact is not None and scaling is not None:
            stored, bound = stack_of(self.network, weights.arithmetic.name), self.exact.bound
            inner = None if bound is None else bound.scaling
            weighting = undone_weighting(stored.layers[k], to_float(M), scaling, inner)
        orthogonal, tube = None if isinstance(U, RationalMatrix) else U, self.evidence[k].tube
        found = FloatLayer(layer, weights, M, source, orthogonal, scaling, weighting, tube)
        if tube is not None and found.upper.tight is not None:
            return found
        return replace(found, tube=propose_tube(upper, M, weighting))

    # -- what is proved --------------------------------------------------------------------

    @cached_property
    def proof(self) -> Report:
        """The steps that the conclusion rests on, derived once; see :meth:`verify`."""
        return self.verify()

    @cached_property
    def report(self) -> Report:
        """The steps, and simulations that may contradict them; computed once."""
        return self.proof if self.dtype else self.with_cross_checks(0)

    def verify(self) -> Report:
        """Derive every step again from the two networks; what cannot be shown is UNKNOWN."""
        if self.dtype is not None:
            return self._verify_floats(self.dtype)
        if self.rescaled is not None:
            return self._verify_rescaled(self.rescaled)
        reports = tuple(layer_report(layer, self.epsilon) for layer in self.layers)
        bias = _output_biases(self)
        if self.epsilon is not None:
            bias = (conclusion_check(self.layers, self._input_bound(0), self.epsilon), *bias)
        if len(reports) == 1:
            report = replace(reports[0], checks=(*reports[0].checks, *bias), notes=_notes(self))
        else:
            report = Report(
                title=f"{title_of(self.epsilon)} for {len(reports)} layers",
                scope=f"this network of {len(reports)} layers, all inputs with ||x^k|| <= "
                f"{show(self._input_bound(0))}, all k",
                checks=bias if self.epsilon else (layers_fit(self.layers), *bias),
                parts=tuple(
                    replace(r, title=f"layer {k}: {r.title}") for k, r in enumerate(reports)
                ),
                notes=_notes(self),
            )
        if report.verdict is not Verdict.PROVED:
            return report
        try:
            return replace(report, certificate=self.certificate)
        except UnsupportedError:  # larger than what the kernel reads
            return report

    def _verify_rescaled(self, claim: Rescaled) -> Report:
        """Check the steps, and that the network which has the outputs is near if it is another."""
        checks, rnn, evidence = claim.steps(), self.rnn, self.evidence[0]
        if self.epsilon is not None:
            distance = distance_check(
                rnn, claim.rnn, self.input_bound, evidence.bound, self.epsilon
            )
            checks = (*checks, distance)
        N, n = claim.urnn.states, rnn.states
        return Report(
            title=f"URNN with {N} states near an RNN with {n}"
            if self.epsilon is not None
            else f"URNN with {N} states for an RNN with {n}, its states rescaled",
            scope=network_scope(self.input_bound),
            checks=checks,
        )

    def _verify_floats(self, dtype: str) -> Report:
        chain: FloatChain | UnsupportedError
        try:
            chain = self.floats
        except UnsupportedError as error:
            chain = error
        exact = None if self.exact is None else self.exact.report
        sizes = [layer.states for layer in _layers_of(self.built)]
        claim = (self.network, sizes, self._input_bound(0), dtype)
        return float_report(*claim, chain, exact, self.epsilon)

    def cross_checks(self, seed: int = 0) -> tuple[Check, ...]:
        """Run the networks of one layer, exactly and in float64, on inputs drawn from *seed*."""
        found = simulated(self.rescaled or _only(self.layers), seed, self.epsilon)
        if self.rescaled is not None and self.rescaled.rnn is not self.rnn:
            return tuple(replace(c, scope=f"the network nearby; {c.scope}") for c in found)
        return found

    def with_cross_checks(self, seed: int) -> Report:
        """Return the steps, and simulations of each layer on inputs drawn from *seed*."""
        found = self.proof
        if found.verdict not in _FINE:  # a network that is wrong need not even be runnable
            return found
        if not found.parts:
            return replace(found, checks=(*found.checks, *self.cross_checks(seed)))
        parts = tuple(
            replace(part, checks=(*part.checks, *simulated(layer, seed, self.epsilon)))
            for part, layer in zip(found.parts, self.layers, strict=True)
        )
        return replace(found, parts=parts)

    @cached_property
    def certificate(self) -> Certificate:
        """What the independent kernel needs to derive the claim again: one claim for each layer.

        Raises
        ------
        UnsupportedError
            If a state bound rests on the caller's word, a layer is too large, or the weights are
            floats and no exact URNN was rounded.
        """
        if self.dtype is not None:
            if self.exact is None:
                raise UnsupportedError(
                    "U was computed in floating point; a certificate needs an exact URNN"
                )
            return self.exact.certificate
        if self.rescaled is not None:
            raise UnsupportedError(
                "the states carry square roots; a certificate needs rational weights"
            )
        found = [layer_certificate(layer, self.epsilon) for layer in self.layers]
        return found[0] if len(found) == 1 else bundle(found)

    @property
    def error(self) -> ErrorBounds:
        """In floats: bounds of differences of outputs, for all k and all inputs in X_M.

        Raises
        ------
        UndecidedError
            If gates cannot be shown to stay closed, or ``1 - ||W||`` is too small.
        UnsupportedError
            If the weights are exact, engines were not measured for the activation, ``||W|| >= 1``,
            or a layer below another is rescaled.
        """
        return self.floats.error

    def error_along(self, x: Any) -> Array:
        """Bound ``||y_u^k - y^k||`` along given inputs: far below the bound for all inputs.

        Parameters
        ----------
        x
            Inputs in the written type with ``||x^k|| <= M``: (T, m) or (T, batch, m).

        Returns
        -------
        numpy.ndarray
            Shape (T,) or (T, batch); valid for every engine that computes in that type.

        Raises
        ------
        UnsupportedError
            If the weights are exact, or there are several layers.
        UndecidedError
            If gates cannot be shown to stay closed.
        InputError
            If the inputs do not fit, have other numbers than the type has, or leave X_M.

        Examples
        --------
        >>> from urnn_proofs import RNN, equivalent_urnn
        >>> rnn = RNN(W=[[0.6]], F=[[1]], b=[0], C=[[1]])
        >>> found = equivalent_urnn(rnn, input_bound=1, dtype="float64")
        >>> bool((found.error_along([[0.5], [1.0]]) <= found.error.total).all())
        True
        """
        layer = _only(self.floats.layers)
        layer.require_gates(computed=False)
        layer.require_gates(computed=True)
        found = layer.upper.error_along(x)
        added = round_up(self.floats.bias_error(), 64)
        if added == 0:
            return found
        raised: Array = np.nextafter(found + math.nextafter(to_float(added), math.inf), np.inf)
        return raised

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.results import urnn_html  # for notebooks, on demand

        return urnn_html(self)


def require_proved(found: Equivalence) -> Equivalence:
    """Return a result that passed its own checks.

    Raises
    ------
    UndecidedError
        If it did not.
    """
    if found.proof.verdict not in _FINE:
        raise UndecidedError(
            f"the network that was built did not pass its own checks: {found.proof}"
        )
    return found


def _only(items: Sequence[Item]) -> Item:
    if len(items) != 1:
        raise UnsupportedError(
            f"the network has {len(items)} layers; expected one, or ask each of .layers"
        )
    return items[0]


def _layers_of(net: StoredNetwork | FloatStack | ScaledURNN) -> Sequence[Sizes]:
    return (net,) if isinstance(net, ScaledURNN) else net.layers


def _sizes(net: StoredNetwork | FloatStack | ScaledURNN) -> str:
    """Return the numbers of states, layer by layer."""
    return " + ".join(str(layer.states) for layer in _layers_of(net))


def _require_rescaled(e: Equivalence, urnn: ScaledURNN) -> None:
    """Refuse a URNN of rescaled states whose evidence, or whose network, is of other sizes."""
    rnn, evidence = e.rnn, e.evidence[0]
    basis = None if evidence.rescaled is None else evidence.rescaled.basis.shape
    n = rnn.states
    if basis != (n, n) or urnn.states < n:
        raise InputError(
            f"the networks have {n} and {urnn.states} states, the basis {basis}; expected sizes "
            f"that fit"
        )
    if e.dtype is not None or not e.network.output_bias.is_zero():
        raise InputError(
            "built is a ScaledURNN; expected no dtype, and a network without an output bias"
        )
    near = rnn if evidence.near is None else evidence.near
    if (near.states, near.inputs, near.outputs) != (n, rnn.inputs, rnn.outputs):
        raise InputError("near has other sizes than the network; expected the same")


def _notes(e: Equivalence) -> tuple[str, ...]:
    notes = []
    if e.network.layout.dtype is not None:
        notes.append(
            "about the network with its weights exactly as stored (a float is the rational number "
            "it is) and the exact URNN"
        )
    if len(e.layers) > 1:
        notes.append(
            "a certificate holds one claim for each layer; that the layers fit together is "
            "checked here and not by the kernel"
        )
    return tuple(notes)


def _output_biases(e: Equivalence) -> tuple[Check, ...]:
    """Compare the output biases; without any there is nothing to check."""
    first, second = e.network.output_bias, e.result.output_bias
    if first.is_zero() and second.is_zero():
        return ()
    return (
        Check(
            name="output bias",
            claim="the same output bias is added to the outputs of both",
            scope="these two networks",
            verdict=Verdict.PROVED if first == second else Verdict.REFUTED,
            trust=Trust.EXACT,
            engine="exact comparison",
        ),
    )
