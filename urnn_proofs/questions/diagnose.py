"""``diagnose``: what a network is, whether it has an equivalent URNN, and the shortest way to one.

The answer is one of five.  *exists*: the hypotheses of Theorem 3.1, or of its forms for norm 1 and
for rescaled states, are checked exactly.  *within epsilon*: those of the theorem for activations
that saturate.  *none*: outputs expand, with exact evidence
(:mod:`urnn_proofs.checks.exact.expansive`).  *nearby*: not decided, but a network whose W is close
has one; *open*: not decided.  A diagnosis holds the network and evidence; all else is derived from
the network each time.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.expansive import Expansion, expansion_facts
from urnn_proofs.checks.exact.nearby import norm_interval, orthogonal_distance
from urnn_proofs.checks.exact.norms import norm_upper_bound
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.similarity import (
    Scaling,
    Vectors,
    defect_rank,
    refutes_every_scaling,
    scale_matrix,
)
from urnn_proofs.checks.exact.spectral import radius_bounds
from urnn_proofs.checks.exact.state_bound import (
    BoundRule,
    StateBound,
    is_non_expansive,
    rule_holds,
)
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.expansive import find_expansion
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN, Network, require_rnn
from urnn_proofs.model.number import round_up, show_fields, show_number, to_float
from urnn_proofs.model.saturation import saturation
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import USED, Check, Report, Role, Trust, Verdict
from urnn_proofs.questions.construction import parse_bound
from urnn_proofs.questions.repair import NEARLY_ORTHOGONAL
from urnn_proofs.questions.steps_3_1 import is_homogeneous
from urnn_proofs.questions.within_epsilon import states_within_epsilon

__all__ = ["Answer", "Diagnosis", "LayerFindings", "diagnose"]

_NEARLY_CONTRACTIVE = Fraction(1, 2**7)
# Searches for scalings and expansions take minutes beyond these sizes.
_SCALING_STATES, _EXPANSION_STATES = 256, 256


class Answer(enum.Enum):
    """What is known about URNNs with the outputs of a network."""

    EXISTS = "an equivalent URNN exists"
    WITHIN = "a URNN within every epsilon exists"
    NONE = "no URNN of any size is equivalent"
    NEARBY = "open; a network with nearly the same W has a URNN"
    OPEN = "open"


@dataclass(frozen=True)
class Evidence:
    """What was found about a layer; nothing here is believed.

    Parameters
    ----------
    scaling
        Positive diagonal E of rescaled states, if one is needed.
    bound
        A state bound of the (rescaled) layer, if a rule gives one.
    dual
        Vectors that prove that no diagonal scaling makes W contractive.
    """

    scaling: Scaling | None = None
    bound: StateBound | None = None
    dual: Vectors | None = None

    __repr__ = show_fields


@dataclass(frozen=True, eq=False)
class LayerFindings:
    """One layer: everything but *evidence* is derived from the network.

    Parameters
    ----------
    rnn
        The layer.
    input_bound
        What bounds its inputs; None if nothing here bounds them.
    evidence
        See :class:`Evidence`.
    """

    rnn: RNN
    input_bound: Fraction | None
    evidence: Evidence

    __repr__ = show_fields

    @cached_property
    def norm(self) -> tuple[Fraction, Fraction]:
        """Rationals around ``||W||``."""
        return norm_interval(self.rnn.W)

    @cached_property
    def radius(self) -> tuple[Fraction, Fraction]:
        """Rationals around the spectral radius of W."""
        lower, upper = radius_bounds(self.rnn.W)
        return lower, min(upper, self.norm[1])

    @cached_property
    def distance(self) -> Fraction:
        """An upper bound of the distance from W to the nearest orthogonal matrix."""
        return orthogonal_distance(self.rnn.W)

    @cached_property
    def scaled_norm(self) -> Fraction | None:
        """An upper bound of ``||E W E^-1||`` for the scaling that was found."""
        E = self.evidence.scaling
        return None if E is None else norm_upper_bound(scale_matrix(self.rnn.W, E))

    @cached_property
    def no_scaling(self) -> bool:
        """Whether it is proved that no diagonal scaling makes W contractive."""
        dual = self.evidence.dual
        return dual is not None and refutes_every_scaling(self.rnn.W, dual)

    @cached_property
    def states_bounded(self) -> bool:
        """Whether the state bound follows from a rule, for the bound of the inputs."""
        bound = self.evidence.bound
        if bound is None or self._base is None or bound.rule is BoundRule.SUPPLIED:
            return False
        return bound.input_bound == self.input_bound and rule_holds(self._base, bound)[0]

    @cached_property
    def _base(self) -> RNN | None:
        """The layer with its states rescaled; None if that is not allowed."""
        E = self.evidence.scaling
        if E is None:
            return self.rnn
        fits = len(E) == self.rnn.states and min(E) > 0 and is_homogeneous(self.rnn)
        return rescale(self.rnn, E) if fits else None

    @cached_property
    def added(self) -> int | None:
        """``rank(I - A^T A)`` of the (rescaled) W where ``||A|| <= 1`` is shown, else None."""
        if self._base is None:
            return None
        return defect_rank(self._base.W, (Fraction(1),) * self.rnn.states)

    @cached_property
    def exact_states(self) -> int | None:
        """How many states an equivalent URNN of this layer needs at most, if one is shown."""
        if self.added is None:
            return None
        flat = isinstance(self.rnn.activation, PiecewiseLinear) and bool(self.rnn.activation.flat)
        if self.added and not (flat and self.states_bounded):
            return None
        return self.rnn.states + self.added

    @cached_property
    def states_within(self) -> int | None:
        """How many states come within every epsilon, if that is shown."""
        return states_within_epsilon(self.rnn)

    @property
    def is_nearby(self) -> bool:
        """Whether a small change of W gives a layer that has a URNN."""
        if not is_non_expansive(self.rnn.activation):
            return False
        shrinks = _saturates(self.rnn) and self.norm[1] <= 1 + _NEARLY_CONTRACTIVE
        return self.distance <= NEARLY_ORTHOGONAL or shrinks

    @property
    def can_have_a_urnn(self) -> bool:
        """Whether the layer has a URNN with another W."""
        return _saturates(self.rnn) or self.distance <= NEARLY_ORTHOGONAL


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What a network is, whether it has an equivalent URNN, and what to do next.

    Parameters
    ----------
    network
        The network.
    input_bound
        M: inputs satisfy ``||x^k|| <= M``.
    evidence
        What was found about each layer.
    expansion
        Evidence that the outputs expand, where there is one layer.

    Raises
    ------
    InputError
        If the numbers of layers differ.
    """

    network: StoredNetwork
    input_bound: Fraction
    evidence: tuple[Evidence, ...]
    expansion: Expansion | None = None

    def __str__(self) -> str:
        return str(self.report)

    def __repr__(self) -> str:
        return one_line(
            f"<Diagnosis of {self.network!r}, ||x^k|| <= {show_number(self.input_bound, 12)}>"
        )

    def __post_init__(self) -> None:
        if len(self.evidence) != len(self.network.layers):
            raise InputError(
                f"there is evidence about {len(self.evidence)} layers; expected "
                f"{len(self.network.layers)}, one for each"
            )

    @cached_property
    def layers(self) -> tuple[LayerFindings, ...]:
        """Each layer, with the bound of its inputs that follows from the layers below."""
        found: list[LayerFindings] = []
        M: Fraction | None = self.input_bound
        for layer, evidence in zip(self.network.layers, self.evidence, strict=True):
            found.append(LayerFindings(require_rnn(layer), M, evidence))
            M = _output_bound(found[-1])
        return tuple(found)

    @cached_property
    def expands(self) -> bool:
        """Whether the evidence of an expansion holds."""
        if self.expansion is None or len(self.layers) > 1:
            return False
        facts = expansion_facts(self.layers[0].rnn, self.input_bound, self.expansion)
        return all(facts.values())

    @cached_property
    def answer(self) -> Answer:
        """The strongest statement that is shown."""
        layers = self.layers
        if all(layer.exact_states is not None for layer in layers):
            return Answer.EXISTS
        if all(layer.states_within is not None for layer in layers):
            return Answer.WITHIN
        if self.expands:
            return Answer.NONE
        stuck = [layer for layer in layers if _states(layer) is None]
        return Answer.NEARBY if all(layer.is_nearby for layer in stuck) else Answer.OPEN

    @property
    def states(self) -> tuple[int, ...]:
        """States of the URNN, layer by layer; empty if none is shown."""
        if self.answer is Answer.EXISTS:
            return tuple(layer.exact_states or 0 for layer in self.layers)
        if self.answer is Answer.WITHIN:
            return tuple(layer.states_within or 0 for layer in self.layers)
        return ()

    @property
    def command(self) -> str | None:
        """The arguments of ``urnn-proofs`` that come next, with MODEL and OUT for files."""
        M = f"--input-bound {_plain(self.input_bound)}"
        if self.answer is Answer.EXISTS:
            scaled = any(e.scaling is not None for e in self.evidence)
            return f"convert MODEL OUT {M}" + (" --scale" if scaled else "")
        if self.answer is Answer.WITHIN:
            return f"convert MODEL OUT {M} --epsilon 1e-6"
        if self.answer is Answer.NONE or not self._can_repair:
            return None
        return f"repair MODEL OUT {M}"

    @property
    def _can_repair(self) -> bool:
        """Whether another W gives a URNN, and the change of outputs can be bounded."""
        return all(
            is_non_expansive(layer.rnn.activation)
            and (_states(layer) is not None or layer.can_have_a_urnn)
            for layer in self.layers
        )

    @cached_property
    def report(self) -> Report:
        """The answer, and every number it was derived from; the verdict is that of the answer."""
        facts = [check for k in range(len(self.layers)) for check in self._facts(k)]
        return Report(
            title=f"Diagnosis: {self.sentence}",
            scope=f"this network, all inputs with ||x^k|| <= {show_number(self.input_bound)}, all "
            f"k",
            checks=(*facts, self._answer_check()),
            notes=self.advice,
        )

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        states = " + ".join(map(str, self.states))
        plural = "s" * (states != "1")
        if self.answer is Answer.EXISTS:
            if all(layer.added == 0 for layer in self.layers):
                return f"this is a URNN already, with {states} state{plural}: W is orthogonal" + (
                    " once its states are rescaled" if self._is_rescaled else ""
                )
            return f"a URNN with {states} state{plural} has the same outputs"
        if self.answer is Answer.WITHIN:
            return (
                f"for every epsilon > 0 a URNN with {states} state{plural} has outputs within "
                f"epsilon"
            )
        if self.answer is Answer.NONE:
            return "no URNN of any size has the same outputs: they expand"
        if self.answer is Answer.NEARBY:
            return f"nearly a network that has a URNN: {self._how_near()}"
        return "not decided whether a URNN has the same outputs"

    @property
    def _is_rescaled(self) -> bool:
        return any(e.scaling is not None for e in self.evidence)

    def _how_near(self) -> str:
        layer = next(layer for layer in self.layers if _states(layer) is None)
        if layer.distance <= NEARLY_ORTHOGONAL:
            return f"W is within {_about(layer.distance)} of an orthogonal matrix"
        if layer.added is not None:
            return "||W|| is 1, but no rule here bounds the states"
        return f"||W|| is at most 1 + {_about(layer.norm[1] - 1)}"

    @cached_property
    def advice(self) -> tuple[str, ...]:
        """What would help, where there is no URNN yet; a sentence each."""
        if self.answer in (Answer.EXISTS, Answer.WITHIN):
            return ()
        train = (
            "train so that it converts: urnn_proofs.torch.contractive(rnn) keeps ||W|| < 1, "
            "urnn_proofs.torch.orthogonal(rnn) keeps W orthogonal (docs/training.md)"
        )
        if self.answer is Answer.NONE:
            return (train,)
        repair = (
            "`urnn-proofs repair` puts a network with another W in its place, orthogonal or "
            "contractive, and bounds what that changes in the outputs of T steps"
        )
        if self.answer is Answer.NEARBY:
            return (repair,)
        found = []
        for k, layer in enumerate(self.layers):
            if _states(layer) is None:
                where = f"layer {k}: " if len(self.layers) > 1 else ""
                found += [f"{where}{reason}" for reason in _obstacles(layer)]
        return (*found, train, *([repair] if self._can_repair else []))

    def _facts(self, k: int) -> list[Check]:
        layer, several = self.layers[k], len(self.layers) > 1
        prefix, n = (f"layer {k}, " if several else ""), self.layers[k].rnn.states
        rnn = layer.rnn
        said = [
            (
                "size",
                f"{_count(n, 'state')}, {_count(rnn.inputs, 'input')}, "
                f"{_count(rnn.outputs, 'output')}, activation {rnn.activation.name}",
            ),
            ("norm", _between("||W||", layer.norm)),
            ("spectral radius", _between("radius", layer.radius)),
            (
                "distance",
                f"an orthogonal matrix lies within {_about(layer.distance)} of W"
                if layer.distance
                else "W is orthogonal, exactly",
            ),
        ]
        if layer.no_scaling:
            said.append(("scaling", "no positive diagonal E makes ||E W E^-1|| < 1"))
        elif layer.scaled_norm is not None:
            said.append(("scaling", f"||E W E^-1|| <= {_about(layer.scaled_norm)} for an E > 0"))
        if layer.states_bounded:
            assert layer.evidence.bound is not None
            about = "||E h^k||" if layer.evidence.scaling is not None else "||h^k||"
            bound = layer.evidence.bound
            said.append(("state bound", f"{about} <= {_about(bound.H)} ({bound.rule.value})"))
        scope = "this network" if not several else "this layer"
        if layer.input_bound is not None:
            bounded = f"{scope}, all inputs with ||x^k|| <= {_about(layer.input_bound)}, all k"
        return [
            Check(
                name=prefix + name,
                claim=claim,
                scope=bounded if name == "state bound" else scope,
                verdict=Verdict.PROVED,
                trust=Trust.EXACT,
                engine="questions.diagnose (FLINT, exact)",
                role=Role.STEP,
            )
            for name, claim in said
        ]

    def _answer_check(self) -> Check:
        proved = self.answer in (Answer.EXISTS, Answer.WITHIN, Answer.NONE)
        return Check(
            name="answer",
            claim=self.sentence,
            scope=f"this network, all inputs with ||x^k|| <= {show_number(self.input_bound)}"
            + (", URNNs with a non-expansive activation" if self.answer is Answer.NONE else ""),
            verdict=Verdict.PROVED if proved else Verdict.UNKNOWN,
            trust=Trust.EXACT,
            engine="questions.diagnose (FLINT, exact)",
            evidence=self._reasons(),
        )

    def _reasons(self) -> dict[str, Any]:
        if self.answer is Answer.EXISTS:
            return {
                USED: "Theorem 3.1, its form for norm 1 with a bound of the states, and layer by "
                "layer (in Coq: theorem_3_1, flat_equivalence, flat_right_contraction; `convert` "
                "builds the URNN and checks it by itself)"
            }
        if self.answer is Answer.WITHIN:
            return {
                USED: "the theorem on activations with a limit (in Coq: eps_equivalence; `convert "
                "--epsilon` builds the URNN and checks it by itself)"
            }
        if self.answer is Answer.NONE:
            assert self.expansion is not None
            return {
                "after so many inputs": len(self.expansion.prefix),
                "then held": ", ".join(map(show_number, self.expansion.held)),
                "power k with |trace(A^k)| > size of A": self.expansion.power,
                USED: "outputs whose derivatives are unbounded are those of no network with an "
                "orthogonal W and a non-expansive activation (in Coq: expansive_not_equivalent); "
                "that the derivatives are C A^k B here, and unbounded, is in words in "
                "checks/exact/expansive.py",
            }
        return {}

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.page import report_html  # for notebooks, on demand

        return report_html(self.report)


def diagnose(network: Network | StoredNetwork, input_bound: Any = 1) -> Diagnosis:
    """Say what a network is, whether it has an equivalent URNN, and what to do next.

    Parameters
    ----------
    network
        An ``RNN``, or what :func:`~urnn_proofs.formats.files.load` or
        :func:`~urnn_proofs.formats.torch.modules.from_torch` returned.
    input_bound
        M >= 0: inputs satisfy ``||x^k|| <= M``.

    Returns
    -------
    Diagnosis
        ``.answer``, ``.states`` and ``.command`` say what to do; ``.layers`` hold norms, spectral
        radii, distances and bounds; ``.report`` says how far each word is proved.  An answer that
        is open has the verdict UNKNOWN.

    Raises
    ------
    InputError
        If an argument is malformed.
    UnsupportedError
        If the network is a URNN already.

    Source: arXiv:1910.13672, Theorem 3.1; the other cases are this package's own.

    Examples
    --------
    >>> half = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]])
    >>> found = diagnose(half)
    >>> found.answer, found.states, found.command
    (<Answer.EXISTS: 'an equivalent URNN exists'>, (2,), 'convert MODEL OUT --input-bound 1')
    >>> diagnose(half.replace(W=[[2]])).sentence
    'no URNN of any size has the same outputs: they expand'
    >>> diagnose(half.replace(W=[[1 + 1e-8]], b=[-3])).sentence
    'nearly a network that has a URNN: W is within 1.01e-08 of an orthogonal matrix'
    """
    stored = StoredNetwork.of(network) if isinstance(network, Network) else network
    if not isinstance(stored, StoredNetwork):
        raise InputError(
            f"network is a {type(network).__name__}; expected an urnn_proofs.RNN, or what load or "
            f"from_torch returned"
        )
    bound = parse_bound(input_bound, "input_bound")
    found: list[Evidence] = []
    M: Fraction | None = bound
    for layer in stored.layers:
        rnn = require_rnn(layer)
        found.append(_evidence(rnn, M))
        M = _output_bound(LayerFindings(rnn, M, found[-1]))
    result = Diagnosis(stored, bound, tuple(found))
    if len(found) == 1 and result.answer not in (Answer.EXISTS, Answer.WITHIN):
        rnn = require_rnn(stored.layers[0])
        if rnn.states <= _EXPANSION_STATES:
            return Diagnosis(stored, bound, tuple(found), find_expansion(rnn, bound))
    return result


def _evidence(rnn: RNN, M: Fraction | None) -> Evidence:
    norm = None
    with suppress(NotContractiveError, UndecidedError):
        norm = certify_contractive(rnn.W)
    scaling: Scaling | None = None
    dual: Vectors | None = None
    base = rnn
    at_most_one = norm is not None or defect_rank(rnn.W, (Fraction(1),) * rnn.states) is not None
    if not at_most_one and is_homogeneous(rnn) and rnn.states <= _SCALING_STATES:
        try:
            found = find_scaling(rnn.W)
        except UndecidedError:
            found = None
        if isinstance(found, NoScaling):
            dual = found.dual
        elif found is not None:
            scaling, base = found, rescale(rnn, found)
            norm = certify_contractive(base.W)
    bound: StateBound | None = None
    if M is not None:
        try:
            bound = find_state_bound(base, M, norm)
        except UnsupportedError:
            bound = None
    return Evidence(scaling, bound, dual)


def _output_bound(layer: LayerFindings) -> Fraction | None:
    """Bound ``||C h||`` from the state bound of the (rescaled) layer."""
    if not layer.states_bounded or layer._base is None or layer.evidence.bound is None:
        return None
    return round_up(norm_upper_bound(layer._base.C) * layer.evidence.bound.H)


def _saturates(rnn: RNN) -> bool:
    """Tell whether units can be added: phi has a limit that is known here."""
    return saturation(rnn.activation) is not None


def _states(layer: LayerFindings) -> int | None:
    return layer.exact_states if layer.exact_states is not None else layer.states_within


def _obstacles(layer: LayerFindings) -> Sequence[str]:
    """Say what keeps a layer from having a URNN here."""
    found, phi = [], layer.rnn.activation
    if not _saturates(layer.rnn):
        found.append(
            f"the activation {phi.name!r} has no limit that is known here, so that no unit can be "
            f"added; relu, tanh and their like have one"
        )
    if layer.added is None:
        text = f"||W|| is at least {_about(layer.norm[0])}"
        if layer.no_scaling:
            text += ", and no diagonal scaling makes it less than 1"
        found.append(f"{text}; expected at most 1")
    elif layer.added and not layer.states_bounded and _saturates(layer.rnn):
        found.append(
            "||W|| is 1, and no rule here bounds the states: convert --state-bound H takes a bound "
            "that you know"
        )
    return found


def _between(name: str, interval: tuple[Fraction, Fraction]) -> str:
    lower, upper = interval
    if lower == upper:
        return f"{name} is {show_number(lower)}"
    for digits in range(6, 17):  # as many as tell both ends from 1
        low, high = _down(lower, digits), _up(upper, digits)
        if (lower > 1) == (Fraction(low) > 1) and (upper < 1) == (Fraction(high) < 1):
            break
    return f"{low} <= {name} <= {high}"


def _up(value: Fraction, digits: int) -> str:
    text = f"{to_float(value):.{digits}g}"
    return text if Fraction(text) >= value else f"{to_float(_nudged(value, digits, 1)):.{digits}g}"


def _down(value: Fraction, digits: int) -> str:
    text = f"{to_float(value):.{digits}g}"
    return text if Fraction(text) <= value else f"{to_float(_nudged(value, digits, -1)):.{digits}g}"


def _nudged(value: Fraction, digits: int, sign: int) -> Fraction:
    text = f"{to_float(value):.{digits - 1}e}"
    exponent = int(text.partition("e")[2])
    return Fraction(text) + sign * Fraction(10) ** (exponent - digits + 1)


def _about(value: Fraction) -> str:
    """Show an upper bound in a few digits, rounded up."""
    return _up(value, 3)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + "s" * (n != 1)


def _plain(value: Fraction) -> str:
    return f"{value.numerator}" if value.denominator == 1 else f"{value}"
