"""A ReLU URNN in floats: the exact one rounded, or U computed in floating point for any size.

Everything here proposes, as in :mod:`.construction`.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.norms import exact_work_fits
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.state_bound import BoundRule
from urnn_proofs.checks.numeric.float_layer import FloatLayer
from urnn_proofs.checks.numeric.float_network import FloatNetwork, FloatStack
from urnn_proofs.checks.numeric.float_run import FloatRun, require_relu
from urnn_proofs.checks.numeric.norm_source import norm_source
from urnn_proofs.checks.numeric.weight_norms import same_weights, upper_part
from urnn_proofs.formats.rounding import rounded
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.halmos import gate_bias, halmos, with_gates
from urnn_proofs.guesses.state_bound import (
    norm_bound,
)
from urnn_proofs.guesses.tube import propose_tube
from urnn_proofs.guesses.weighting import propose_weighting
from urnn_proofs.model.errors import (
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.number import few_bits, to_float
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.exact_urnn import ROOM, Scaling, Wanted, exactly, with_room
from urnn_proofs.questions.float_stacks import handed_on, stack_of
from urnn_proofs.questions.layer import Layer, LayerEvidence
from urnn_proofs.questions.scaling import contractive_scaling, is_contractive

__all__ = ["exact_fits", "exact_then_rounded", "made_in_floats"]

# With float64 weights the exact method takes about a minute at this size.
_EXACT_STATES = 128


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
            upper = _upper(joined, k, layer.input_bound, kind, layer.scaling, norms)
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
    if layer.bound is None or layer.bound.rule is not BoundRule.ELLIPSOID:
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
        try:
            layer = require_rnn(layer)
            require_relu(layer)
            E = _scaling(layer, scaling)
            upper = _upper(joined, k, bound, kind, E, norms)
            _ = upper.computed_effect  # refuses what has no bound before any work on U
            U = halmos(upper.stored.W)
            layers.append(with_gates(upper.stored, U, gate_bias(upper, U)))
            evidence.append(LayerEvidence(bound, E, tube=upper.tube))
            bound = few_bits(upper.reach)
        except UnsupportedError as error:  # keeps its witness: the same exception goes on
            if len(joined.layers) > 1:
                error.args = (f"layer {k}: {error}",)
            raise
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


def _scaling(layer: RNN, scaling: bool | tuple[Fraction, ...]) -> Scaling:
    if not isinstance(scaling, bool):
        return scaling
    if scaling and not is_contractive(layer):
        return contractive_scaling(layer.W)
    return None


def _upper(
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
