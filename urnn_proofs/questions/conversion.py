"""From a network as a file holds it to an orthogonal one with the same outputs.

Each layer becomes the URNN of Theorem 3.1; what bounds the outputs of one layer bounds the inputs
of the next.  A readout bias is the same vector added to the outputs of both networks, so that it
needs no proof of its own.

What is proved is about two exact networks: the one with the weights exactly as stored (every float
is the rational number it is) and the exact URNN.  Float formats hold the URNN rounded; the report
says so, and proves nothing about rounded weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from urnn_proofs.certificate import bundle
from urnn_proofs.checks.exact.norms import norm_at_most, norm_upper_bound
from urnn_proofs.checks.exact.state_bound import rule_holds
from urnn_proofs.formats.stored import StoredNetwork, identity
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import Network, require_rnn
from urnn_proofs.model.number import show_fields
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import USED, Check, Report, Trust, Verdict
from urnn_proofs.questions.equivalence import Equivalence, equivalent_urnn, parse_bound
from urnn_proofs.questions.examples import exact_cross_check, numpy_cross_check
from urnn_proofs.questions.steps_3_1 import show

__all__ = [
    "Conversion",
    "convert_network",
    "few_bits",
    "output_bound",
    "with_cross_checks",
    "with_room",
]

# The lower bias of the exported URNN: so many significant bits, and at least so much room.
_BITS, _ROOM = 12, Fraction(1, 2**10)
_FINE = (Verdict.PROVED, Verdict.ASSUMED)


@dataclass(frozen=True, eq=False)
class Conversion:
    """A stored network, the URNN of each layer, and the evidence.

    Parameters
    ----------
    source
        The network that was read.
    layers
        One equivalence for each layer, with the bound of its inputs.

    Raises
    ------
    InputError
        If the equivalences are about other networks than the layers of the source.
    """

    source: StoredNetwork
    layers: tuple[Equivalence, ...]

    __repr__ = show_fields

    def __post_init__(self) -> None:
        own = len(self.layers) == len(self.source.layers) and all(
            e.rnn is layer for e, layer in zip(self.layers, self.source.layers, strict=True)
        )
        if not own:
            raise InputError("layers are about other networks than those of the source")

    @cached_property
    def result(self) -> StoredNetwork:
        """The exact URNNs, with the output bias, names and axes of the source."""
        seconds = self.source.second_biases
        if any(e.scaling is not None for e in self.layers):
            seconds = ()  # the states are others
        padded = tuple(
            RationalMatrix.blocks([[part], [RationalMatrix.zeros(e.urnn.states - e.rnn.states, 1)]])
            for part, e in zip(seconds, self.layers, strict=bool(seconds))
        )
        return replace(self.source, layers=tuple(e.urnn for e in self.layers), second_biases=padded)

    @cached_property
    def report(self) -> Report:
        """The checks of every layer, that the layers fit together, and simulations."""
        notes = _notes(self)
        reports = [replace(e.report, checks=with_cross_checks(e)) for e in self.layers]
        if len(self.layers) == 1:
            return replace(reports[0], notes=notes)
        parts = tuple(replace(r, title=f"layer {k}: {r.title}") for k, r in enumerate(reports))
        M, count = show(self.layers[0].input_bound), len(self.layers)
        certificates = [e.report.certificate for e in self.layers]
        joined = None if None in certificates else bundle(certificates)
        return Report(
            title=f"Theorem 3.1 for {count} layers",
            scope=f"this network of {count} layers, all inputs with ||x^k|| <= {M}, all k",
            checks=(_layers_fit(self),),
            parts=parts,
            notes=notes,
            certificate=joined,
        )


def convert_network(
    network: StoredNetwork | Network,
    input_bound: Any,
    *,
    state_bound: Any = None,
    scaling: bool | Sequence[Any] = False,
    force: bool = False,
) -> Conversion:
    """Build the URNN of every layer, and verify that the outputs stay the same.

    The lower bias is chosen a little below what the proof needs, and with few bits: floats hold
    it exactly, and rounding errors elsewhere do not open a gate.

    Parameters
    ----------
    network
        What :func:`~urnn_proofs.formats.files.load_stored` or
        :func:`~urnn_proofs.formats.torch.modules.from_torch` returned, or an ``RNN``.
    input_bound
        M >= 0: inputs satisfy ``||x^k|| <= M`` for every k.
    state_bound, scaling, force
        As for :func:`~urnn_proofs.questions.equivalence.equivalent_urnn`; *state_bound* only with
        one layer.

    Raises
    ------
    NotContractiveError
        If a layer has ``||W|| >= 1``, with a witness; try *scaling*.
    UnsupportedError
        If a layer is too large, or nothing bounds what the next layer reads.
    InputError
        If a bound is negative or not a number.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> layer = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]])
    >>> found = convert_network(StoredNetwork.of(layer, layer, output_bias=[3]), input_bound=1)
    >>> found.report.verdict, [e.input_bound for e in found.layers]
    (<Verdict.PROVED: 'PROVED'>, [Fraction(1, 1), Fraction(1025, 512)])
    """
    source = StoredNetwork.of(network) if isinstance(network, Network) else network
    if not isinstance(source, StoredNetwork):
        raise InputError(f"network is a {type(network).__name__}; expected a StoredNetwork")
    count = len(source.layers)
    if count > 1 and (state_bound is not None or not isinstance(scaling, bool)):
        raise InputError(
            f"the network has {count} layers; state_bound and a given scaling go with one layer"
        )
    M, found = parse_bound(input_bound, "input_bound"), []
    for k, layer in enumerate(source.layers):
        try:
            equivalence = equivalent_urnn(
                require_rnn(layer), M, state_bound=state_bound, scaling=scaling, force=force
            )
            found.append(with_room(equivalence))
            if k + 1 < count:
                M = output_bound(found[-1])
        except UnsupportedError as error:  # keeps its witness: the same exception goes on
            if count > 1:
                error.args = (f"layer {k}: {error}",)
            raise
    for equivalence in found:
        if equivalence.report.verdict not in _FINE:
            raise UndecidedError(
                f"the network that was built did not pass its own checks: {equivalence.report}"
            )
    return Conversion(source, tuple(found))


def with_cross_checks(e: Equivalence) -> tuple[Check, ...]:
    """Return the checks of an equivalence, and simulations that may contradict them."""
    if e.report.verdict not in _FINE:  # a network that is wrong need not even be runnable
        return e.report.checks
    return (*e.report.checks, *exact_cross_check(e), numpy_cross_check(e))


def _notes(conversion: Conversion) -> tuple[str, ...]:
    notes = [
        "about the network with its weights exactly as stored (a float is the rational number it "
        "is) and the exact URNN"
    ]
    if not conversion.source.output_bias.is_zero():
        notes.append("the same output bias is added to the outputs of both")
    if len(conversion.layers) > 1:
        notes.append(
            "a certificate holds one claim for each layer; that the layers fit together is "
            "checked here and not by the kernel"
        )
    return tuple(notes)


def with_room(e: Equivalence, at_least: Fraction = Fraction(0)) -> Equivalence:
    """Raise the state bound a little, and to *at_least*.

    Every step is checked again for the new object.
    """
    H = Fraction(0) if e.bound is None else max(e.bound.H * (1 + _ROOM), at_least)
    if e.bound is None or e.flat is None or H == 0:
        return e
    H = few_bits(H)
    low = e.flat.end - H if e.flat.side == "left" else e.flat.end + H
    added = RationalMatrix.column([low] * (e.urnn.states - e.rnn.states))
    urnn = e.urnn.replace(b=RationalMatrix.blocks([[e.base.b], [added]]))
    return replace(e, urnn=urnn, bound=replace(e.bound, H=H))


def few_bits(value: Fraction) -> Fraction:
    """Return a number of few significant bits, not below *value* >= 0 and close to it."""
    if value == 0:
        return value
    shift = _BITS - (value.numerator.bit_length() - value.denominator.bit_length())
    unit = Fraction(2) ** -shift
    return math.ceil(value / unit) * unit


def output_bound(e: Equivalence) -> Fraction:
    """Bound ``||C h^k||`` for all k and all inputs in X_M."""
    return _readout_norm(e.base.C) * _state_bound(e)


def _state_bound(e: Equivalence) -> Fraction:
    if e.bound is not None:
        return e.bound.H
    # W is orthogonal and no unit was added, so that no bound was needed until now.
    bound = find_state_bound(e.base, e.input_bound)
    if not rule_holds(e.base, bound)[0]:
        raise UndecidedError("a state bound failed its own exact check; please report this")
    return bound.H


def _readout_norm(C: RationalMatrix) -> Fraction:
    return Fraction(1) if identity(C.shape[1]) == C else norm_upper_bound(C)


def _layers_fit(conversion: Conversion) -> Check:
    """Show again, from the layers alone, that each layer's outputs are inputs the next allows."""
    facts: dict[str, str] = {}
    ok = True
    for k, (e, above) in enumerate(zip(conversion.layers, conversion.layers[1:], strict=False)):
        c = _readout_norm(e.base.C)
        shown = c == 1 and identity(e.base.states) == e.base.C
        shown = shown or norm_at_most(e.base.C, c) is not None
        fits = shown and c * _state_bound(e) <= above.input_bound
        facts[f"||C|| <= {show(c)} and ||C|| H <= {show(above.input_bound)}, layer {k}"] = (
            "holds" if fits else "FAILS"
        )
        ok = ok and fits
    return Check(
        name="layers",
        claim="the outputs of each layer have norm at most M of the next",
        scope=f"these {len(conversion.layers)} layers, all k",
        verdict=Verdict.PROVED if ok else Verdict.REFUTED,
        trust=Trust.EXACT,
        engine="exact.norms, exact.state_bound (FLINT integers)",
        evidence={**facts, USED: "||C h|| <= ||C|| ||h||; the outputs of equal layers are equal"},
    )
