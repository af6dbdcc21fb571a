"""Layers with exact weights: the report of each, its certificate, and how they fit together."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from urnn_proofs.certificate import (
    Certificate,
    copies_certificate,
    equivalence_certificate,
    within_certificate,
)
from urnn_proofs.checks.exact.norms import norm_at_most, norm_upper_bound
from urnn_proofs.checks.exact.state_bound import rule_holds
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.bound_text import at_most
from urnn_proofs.model.errors import UndecidedError, UnsupportedError
from urnn_proofs.model.network import URNN, Network
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import USED, Check, Report, Trust, Verdict
from urnn_proofs.questions.layer import Layer
from urnn_proofs.questions.simulations import exact_cross_check, numpy_cross_check
from urnn_proofs.questions.steps_3_1 import network_scope, show, steps_for_network
from urnn_proofs.questions.steps_epsilon import steps_within_epsilon
from urnn_proofs.questions.steps_rescaled import Rescaled

__all__ = [
    "layer_certificate",
    "layer_report",
    "layers_fit",
    "output_bound",
    "simulated",
    "title_of",
]


def layer_report(layer: Layer, epsilon: Fraction | None) -> Report:
    """Check every step for one layer: equal outputs, or outputs within epsilon."""
    what = title_of(epsilon) if layer.evidence.copies is None else "Copies of units"
    steps = steps_for_network if epsilon is None else steps_within_epsilon
    return Report(
        title=f"{what} for an RNN with {_states(layer.rnn)}: URNN with {_states(layer.urnn)}",
        scope=network_scope(layer.input_bound),
        checks=steps(layer),
    )


def title_of(epsilon: Fraction | None) -> str:
    """Return the name of what is claimed."""
    return "Theorem 3.1" if epsilon is None else f"Outputs within {at_most(epsilon)}"


def _states(rnn: Network) -> str:
    return "1 state" if rnn.states == 1 else f"{rnn.states} states"


def simulated(layer: Layer | Rescaled, seed: int, epsilon: Fraction | None) -> tuple[Check, ...]:
    """Run both networks of one layer on inputs drawn from *seed*."""
    if epsilon is not None and isinstance(layer, Layer):
        return (numpy_cross_check(layer, seed, layer.evidence.margin),)
    return (*exact_cross_check(layer, seed), numpy_cross_check(layer, seed))


def layer_certificate(layer: Layer, epsilon: Fraction | None) -> Certificate:
    """Return what the kernel needs to derive the claim about one layer again.

    Raises
    ------
    UnsupportedError
        If a state bound rests on the caller's word, the layer is too large, or its second network
        is no URNN.
    """
    rnn, urnn, e = layer.rnn, layer.urnn, layer.evidence
    if not isinstance(urnn, URNN):
        raise UnsupportedError("the second network is no URNN; a certificate needs one")
    if epsilon is not None:
        return within_certificate(rnn, urnn, e.margin)
    if e.copies is not None:
        return copies_certificate(rnn, urnn, e.copies)
    side = "none" if e.flat is None else e.flat.side
    return equivalence_certificate(
        rnn, urnn, layer.input_bound, scaling=e.scaling, side=side, bound=e.bound
    )


def output_bound(layer: Layer) -> Fraction:
    """Bound ``||C h^k||`` for all k and all inputs in X_M."""
    return _readout_norm(layer.base.C) * _state_bound(layer)


def _state_bound(layer: Layer) -> Fraction:
    if layer.evidence.bound is not None and layer.evidence.copies is None:
        return layer.evidence.bound.H  # which S4 shows; copies have no such step
    # No unit was added, so that no bound was needed until now.
    bound = find_state_bound(layer.base, layer.input_bound)
    if not rule_holds(layer.base, bound)[0]:
        raise UndecidedError("a state bound failed its own exact check; please report this")
    return bound.H


def _readout_norm(C: RationalMatrix) -> Fraction:
    return Fraction(1) if RationalMatrix.identity(C.shape[1]) == C else norm_upper_bound(C)


def layers_fit(layers: Sequence[Layer]) -> Check:
    """Show again, from the layers alone, that each layer's outputs are inputs the next allows."""
    facts: dict[str, str] = {}
    ok = True
    for k, (e, above) in enumerate(pairwise(layers)):
        c = _readout_norm(e.base.C)
        shown = c == 1 and RationalMatrix.identity(e.base.states) == e.base.C
        shown = shown or norm_at_most(e.base.C, c) is not None
        fits = shown and c * _state_bound(e) <= above.input_bound
        facts[f"||C|| <= {show(c)} and ||C|| H <= {show(above.input_bound)}, layer {k}"] = (
            "holds" if fits else "FAILS"
        )
        ok = ok and fits
    return Check(
        name="layers",
        claim="the outputs of each layer have norm at most M of the next",
        scope=f"these {len(layers)} layers, all k",
        verdict=Verdict.PROVED if ok else Verdict.REFUTED,
        trust=Trust.EXACT,
        engine="exact.norms, exact.state_bound (FLINT integers)",
        evidence={**facts, USED: "||C h|| <= ||C|| ||h||; the outputs of equal layers are equal"},
    )
