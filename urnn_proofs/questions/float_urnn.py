"""A ReLU URNN in floats: the exact one rounded, or U computed in floating point for any size.

An exact URNN of rescaled states has the states ``sqrt(M) h``; its floats carry the states ``E h``
for rationals E near ``sqrt(M)``, chosen so that ``||E W E^{-1}|| < 1``.

Everything here proposes, as in :mod:`.construction`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.norms import exact_work_fits
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.scaled import Gates
from urnn_proofs.checks.exact.state_bound import BoundRule
from urnn_proofs.checks.numeric.float_layer import FloatLayer
from urnn_proofs.checks.numeric.float_network import FloatNetwork, FloatStack
from urnn_proofs.checks.numeric.float_run import FloatRun, require_relu
from urnn_proofs.checks.numeric.norm_source import norm_source
from urnn_proofs.checks.numeric.rounding import require_gradual_underflow
from urnn_proofs.checks.numeric.weight_norms import same_weights, upper_part
from urnn_proofs.formats.rounding import check_dtype, rounded
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.halmos import gate_bias, halmos, with_gates
from urnn_proofs.guesses.state_bound import (
    norm_bound,
)
from urnn_proofs.guesses.tube import propose_tube
from urnn_proofs.guesses.weighting import propose_weighting, undone_weighting
from urnn_proofs.model.errors import (
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.number import few_bits, to_float
from urnn_proofs.model.quadratic import in_balls
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.exact_urnn import ROOM, Scaling, Wanted, exactly, with_room
from urnn_proofs.questions.float_stacks import handed_on, stack_of
from urnn_proofs.questions.layer import Layer, LayerEvidence, of_layer
from urnn_proofs.questions.scaling import contractive_scaling, is_contractive
from urnn_proofs.questions.steps_rescaled import Rescaled

__all__ = [
    "exact_fits",
    "exact_then_rounded",
    "gated",
    "made_in_floats",
    "rescaled_in_floats",
    "upper_run",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

# With float64 weights the exact method takes about a minute at this size.
_EXACT_STATES = 128
# Of the rationals near the square roots.
_ROOT_BITS = 48


def exact_fits(layer: RNN) -> bool:
    """Tell whether exact arithmetic takes no longer than about a minute."""
    return layer.states <= _EXACT_STATES and exact_work_fits(
        layer.states, 2 * layer.W.denominator.bit_length()
    )


def exact_then_rounded(
    network: StoredNetwork, M: Fraction, kind: str, wanted: Wanted, norms: str
) -> Equivalence:
    """Build the exact URNN, its gates closed with room for floats, and round it."""
    joined = merged(network)
    rounded(joined, kind)  # refuses what is beyond the range of the type
    bounded: dict[int, FloatRun] = {}

    def adjusted(k: int, layer: Layer) -> Layer:
        try:
            upper = upper_run(joined, k, layer.input_bound, kind, layer.evidence.scaling, norms)
            needed = gate_bias(upper, layer.urnn.W.to_numpy())
        except (UndecidedError, UnsupportedError):  # no bound for floats: the report says why
            return with_room(layer, _by_norms(layer))
        bounded[k] = upper
        return with_room(layer, needed)

    def reach(k: int, layer: Layer) -> Fraction:
        return bounded[k].reach if k in bounded else Fraction(0)

    found = exactly(joined, M, wanted, adjusted, reach)
    passed = merged(found.result)
    built: StoredNetwork | FloatStack
    try:
        for layer in joined.layers:
            require_relu(require_rnn(layer))
        built = stack_of(passed, kind)
    except UnsupportedError:  # has no bound in floats
        built = rounded(passed, kind)
    evidence = tuple(
        LayerEvidence(e.input_bound, e.scaling, tube=bounded[k].tube if k in bounded else None)
        for k, e in enumerate(found.evidence)
    )
    return Equivalence(network, built, M, evidence, kind, found, norms)


def _by_norms(layer: Layer) -> Fraction:
    """Return what floats, whose gates are shown closed by norms, may need; 0 if it is no more."""
    bound = layer.evidence.bound
    if bound is None or bound.rule is not BoundRule.ELLIPSOID:
        return Fraction(0)
    try:
        found = norm_bound(layer.base, layer.input_bound, certify_contractive(layer.base.W))
    except (NotContractiveError, UndecidedError):
        return Fraction(0)
    return Fraction(0) if found is None else found.H * (1 + ROOM)


def made_in_floats(
    network: StoredNetwork,
    M: Fraction,
    kind: str,
    scaling: bool | tuple[Fraction, ...],
    norms: str,
) -> Equivalence:
    """Compute U in floating point, for any size."""
    joined = merged(network)
    layers: list[FloatNetwork] = []
    evidence: list[LayerEvidence] = []
    bound = M
    for k, layer in enumerate(joined.layers):
        with of_layer(k, joined):
            layer = require_rnn(layer)
            require_relu(layer)
            E = _scaling(layer, scaling)
            upper = upper_run(joined, k, bound, kind, E, norms)
            _ = upper.computed_effect  # refuses what has no bound before any work on U
            U = halmos(upper.stored.W)
            layers.append(with_gates(upper.stored, U, gate_bias(upper, U)))
            evidence.append(LayerEvidence(bound, E, tube=upper.tube))
            bound = few_bits(upper.reach)
    stored = stack_of(joined, kind)
    built = FloatStack(handed_on(layers), stored.output_bias)
    result = Equivalence(network, built, M, tuple(evidence), kind, None, norms)
    only = result.floats.layers[0]
    if len(layers) == 1 and isinstance(only, FloatLayer):
        same = same_weights(upper_part(only.weights, only.rnn.states), upper.stored)
        if same and only.weighting == upper.weighting and only.tube is upper.tube:
            # Of the same weights, in the same norm: no need to derive it all again.
            vars(only)["upper"], vars(only)["contraction"] = upper, upper.contraction
    return result


def rescaled_in_floats(exact: Equivalence, dtype: str) -> Equivalence:
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
    M, claim = exact.input_bound, exact.rescaled
    if claim is None or M is None or claim.evidence.gates is not Gates.STATE_BOUND:
        raise UnsupportedError(
            "this URNN has no bounds in floats: its gates are closed by no state bound; leave "
            "dtype out, or round urnn.to_numpy() yourself"
        )
    inner = None if claim.evidence.bound is None else claim.evidence.bound.scaling
    E = _near_roots(claim, inner)
    (stored,) = stack_of(exact.network, kind).layers
    weighting = undone_weighting(stored, to_float(M), E, inner)
    upper = replace(upper_run(exact.network, 0, M, kind, E, "auto"), weighting=weighting)
    built = gated(upper, claim.urnn.to_numpy().W)
    evidence = LayerEvidence(M, E, tube=upper.tube)
    return Equivalence(exact.network, built, M, (evidence,), kind, exact)


def gated(upper: FloatRun, U: Array) -> FloatStack:
    """Return the units of *upper* with the further rows of U, (N, N), as gates."""
    weights = with_gates(upper.stored, U, gate_bias(upper, U))
    return FloatStack((weights,), np.zeros(weights.outputs, weights.W.dtype))


def _near_roots(claim: Rescaled, inner: Scaling) -> tuple[Fraction, ...]:
    """Return rationals near ``sqrt(M)`` with ``||E W E^{-1}|| < 1``.

    ``log ||E W E^{-1}||`` is convex in ``log E``; so a small step from ``sqrt(M)``, where the norm
    is at most 1, towards a scaling with a norm below 1 gives one below 1.
    """
    n = claim.rnn.states
    roots = [float(in_balls(m, 256).sqrt()) for m in claim.urnn.weights[:n]]
    towards = [1.0] * n if inner is None else [to_float(e) for e in inner]
    for bits in range(_ROOT_BITS, 8, -4):
        step = 2.0 ** -(bits - 4)
        E = tuple(
            Fraction(math.exp((1 - step) * math.log(a) + step * math.log(b))).limit_denominator(
                2**bits
            )
            for a, b in zip(roots, towards, strict=True)
        )
        try:
            certify_contractive(rescale(claim.rnn, E).W)
        except NotContractiveError:
            continue
        return E
    raise NotContractiveError("no rational scaling near that of the URNN makes W contractive")


def _scaling(layer: RNN, scaling: bool | tuple[Fraction, ...]) -> Scaling:
    if not isinstance(scaling, bool):
        return scaling
    if scaling and not is_contractive(layer):
        return contractive_scaling(layer.W)
    return None


def upper_run(
    joined: StoredNetwork, k: int, M: Fraction, kind: str, E: Scaling, norms: str
) -> FloatRun:
    """Return the units of layer k as they will be stored, with their bounds."""
    layer = require_rnn(joined.layers[k])
    require_relu(layer)
    base = layer if E is None else rescale(layer, E)
    alone = StoredNetwork.of(base)
    if E is None and joined.second_biases:
        alone = replace(alone, second_biases=(joined.second_biases[k],))
    stored = stack_of(alone, kind).layers[0]
    certified = certify_contractive(base.W)
    weighting = propose_weighting(stored, to_float(M))
    source, tube = norm_source(norms, 2 * layer.states), propose_tube(stored, M, weighting)
    return FloatRun(base, stored, M, source, weighting, certified, tube)
