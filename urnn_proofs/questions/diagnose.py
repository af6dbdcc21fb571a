"""``diagnose``: what a network is, whether it has an equivalent URNN, and the shortest way to one.

The answer is one of five.  *exists*: the hypotheses of Theorem 3.1, or of its forms for norm 1 and
for rescaled states, are checked exactly.  *within epsilon*: those of the theorem for activations
that saturate.  *none*: outputs expand, with exact evidence
(:mod:`urnn_proofs.checks.exact.expansive`), which is proved as long as the record of Coq's theorem
applies; for several layers it is ASSUMED.  *nearby*: not decided, but a network whose W is close
has one; *open*: not decided.  A diagnosis holds the network and evidence; all else is derived from
the network each time.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from urnn_proofs.checks.exact.expansive import Expansion, expansion_facts, expansion_theorem
from urnn_proofs.checks.exact.state_bound import BoundRule, is_non_expansive
from urnn_proofs.formal.record import RecordedTheorem, theorem_standing
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.expansive import find_expansion
from urnn_proofs.model.bound_text import about, at_least, between
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.network import Network, require_rnn
from urnn_proofs.model.number import show_number
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import USED, Check, Report, Role, Trust, Verdict
from urnn_proofs.questions.construction import parse_bound
from urnn_proofs.questions.layer_findings import Evidence, LayerFindings, find_evidence
from urnn_proofs.questions.repair import NEARLY_ORTHOGONAL

__all__ = ["Answer", "Diagnosis", "diagnose"]

# The search for an expansion takes minutes beyond this size.
_EXPANSION_STATES = 256


class Answer(enum.Enum):
    """What is known about URNNs with the outputs of a network."""

    EXISTS = "an equivalent URNN exists"
    WITHIN = "a URNN within every epsilon exists"
    NONE = "no URNN of any size is equivalent"
    NEARBY = "open; a network with nearly the same W has a URNN"
    OPEN = "open"


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
        Evidence that the outputs expand, if any was found.

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
            M = found[-1].output_bound
        return tuple(found)

    @cached_property
    def expands(self) -> bool:
        """Whether the evidence of an expansion holds."""
        if self.expansion is None:
            return False
        rnns = [layer.rnn for layer in self.layers]
        return all(expansion_facts(rnns, self.input_bound, self.expansion).values())

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
        stuck = [layer for layer in layers if layer.states is None]
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
            and (layer.states is not None or layer.can_have_a_urnn)
            for layer in self.layers
        )

    @cached_property
    def report(self) -> Report:
        """The answer, and every number it was derived from; the verdict is that of the answer."""
        facts = [check for k in range(len(self.layers)) for check in self._facts(k)]
        return Report(
            title=f"Diagnosis: {self.sentence}",
            scope=self._scope,
            checks=(*facts, self._answer_check()),
            notes=self.advice,
        )

    @property
    def _scope(self) -> str:
        """What the answer is about; "no URNN" is said of those that the theorem is about."""
        text = f"this network, all inputs with ||x^k|| <= {show_number(self.input_bound)}, all k"
        if self.answer is not Answer.NONE:
            return text
        same = " and its output bias" * (not self.network.output_bias.is_zero())
        depth = " of any number of layers" * (len(self.layers) > 1)
        return f"{text}, URNNs{depth} with a non-expansive activation{same}"

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
        layer = next(layer for layer in self.layers if layer.states is None)
        if layer.distance <= NEARLY_ORTHOGONAL:
            return f"W is within {about(layer.distance)} of an orthogonal matrix"
        if layer.added is not None:
            return layer.at_norm_one
        return f"||W|| is at most 1 + {about(layer.norm[1] - 1)}"

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
        repair += "; of a W far from it that bound says little, and --data x.npy measures it"
        found = []
        for k, layer in enumerate(self.layers):
            if layer.states is None:
                where = f"layer {k}: " if len(self.layers) > 1 else ""
                found += [f"{where}{reason}" for reason in layer.obstacles]
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
            ("norm", between("||W||", layer.norm)),
            ("spectral radius", between("rho(W)", layer.radius)),
            (
                "distance",
                f"an orthogonal matrix lies within {about(layer.distance)} of W"
                if layer.distance
                else "W is orthogonal, exactly",
            ),
        ]
        if layer.no_scaling:
            said.append(("scaling", "no positive diagonal E makes ||E W E^-1|| < 1"))
        elif layer.scaled_norm is not None:
            said.append(("scaling", f"||E W E^-1|| <= {about(layer.scaled_norm)} for an E > 0"))
        if layer.states_bounded:
            assert layer.evidence.bound is not None
            what = "||E h^k||" if layer.evidence.scaling is not None else "||h^k||"
            bound = layer.evidence.bound
            said.append(("state bound", f"{what} <= {about(bound.H)} ({bound.rule.value})"))
        scope = "this network" if not several else "this layer"
        if layer.input_bound is not None:
            bounded = f"{scope}, all inputs with ||x^k|| <= {at_least(layer.input_bound)}, all k"
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
        verdict, trust, engine = Verdict.UNKNOWN, Trust.EXACT, "questions.diagnose (FLINT, exact)"
        if self.answer in (Answer.EXISTS, Answer.WITHIN):
            in_coq = self._theorems is not None
            verdict = Verdict.PROVED if in_coq else Verdict.ASSUMED
            trust = Trust.EXACT if in_coq else Trust.WORDS
        elif self.answer is Answer.NONE:
            verdict = Verdict.PROVED if self._coq else Verdict.ASSUMED
            trust = Trust.EXACT if self._coq else Trust.WORDS
            engine = "exact.expansive (FLINT)"
            if self._coq:
                engine += f"; Coq {self._coq.coq}, {self._coq.name}, recorded"
        return Check(
            name="answer",
            claim=self.sentence,
            scope=self._scope,
            verdict=verdict,
            trust=trust,
            engine=engine,
            evidence=self._reasons(),
        )

    @cached_property
    def _coq(self) -> RecordedTheorem | None:
        """Coq's theorem that excludes every URNN, as long as the record of it applies."""
        if not self.expands or self.expansion is None or len(self.layers) > 1:
            return None
        standing = theorem_standing(expansion_theorem(self.layers[0].rnn, self.expansion))
        return standing.theorems[0] if standing.applies else None

    @cached_property
    def _theorems(self) -> tuple[str, ...] | None:
        """Coq's theorems that give the URNN of each layer; None if a layer has none that applies.

        A W that is orthogonal already needs none.
        """
        within = self.answer is Answer.WITHIN
        found = [_in_coq(layer, within=within) for layer in self.layers if within or layer.added]
        names = tuple(dict.fromkeys(name for name in found if name is not None))
        if None in found or not all(theorem_standing(name).applies for name in names):
            return None
        return names

    def _reasons(self) -> dict[str, Any]:
        if self.answer in (Answer.EXISTS, Answer.WITHIN):
            exists = self.answer is Answer.EXISTS
            what = (
                "Theorem 3.1, its form for norm 1 with a bound of the states, and layer by layer"
                if exists
                else "the theorem on activations with a limit, and layer by layer"
            )
            command = "convert" if exists else "convert --epsilon"
            check = f"{command} builds the URNN and checks it by itself"
            if self._theorems is None:
                return {"assumed": f"{what}: in words, for no theorem in Coq applies here; {check}"}
            named = f"in Coq: {', '.join(self._theorems)}; " if self._theorems else ""
            return {USED: f"{what} ({named}{check})"}
        if self.answer is Answer.NONE:
            assert self.expansion is not None
            return {
                "after so many inputs": len(self.expansion.prefix),
                "then held": ", ".join(map(show_number, self.expansion.held)),
                "power k with |trace(A^k)| > size of A": self.expansion.power,
                **self._why_none(),
            }
        return {}

    def _why_none(self) -> dict[str, str]:
        if self._coq is None:
            return {
                "assumed": "outputs that expand are those of no URNN: a proof in words, in "
                "checks/exact/expansive.py, which no machine has checked here"
            }
        return {
            "in Coq": f"{self._coq.name} (formal/{self._coq.module}.v)",
            USED: "the part of the linearised network that is reached and seen has the same "
            f"C A^j B, and is minimal (the rest is {self._coq.name} in Coq)",
        }

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
    >>> from urnn_proofs import RNN
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
        found.append(find_evidence(rnn, M))
        M = LayerFindings(rnn, M, found[-1]).output_bound
    result = Diagnosis(stored, bound, tuple(found))
    if result.answer not in (Answer.EXISTS, Answer.WITHIN):
        rnns = [require_rnn(layer) for layer in stored.layers]
        if sum(rnn.states for rnn in rnns) <= _EXPANSION_STATES:
            return Diagnosis(stored, bound, tuple(found), find_expansion(rnns, bound))
    return result


def _in_coq(layer: LayerFindings, *, within: bool) -> str | None:
    """Return the theorem in Coq whose hypotheses the findings about a layer are; None for none."""
    phi, bound = layer.rnn.activation, layer.evidence.bound
    left = not phi.flat or any(flat.side == "left" for flat in phi.flat)
    if within:
        name = "eps_equivalence" if is_non_expansive(phi) else "eps_lipschitz"
        return name if left else f"{name}_right"
    if not is_non_expansive(phi):
        return None
    if layer.evidence.scaling is not None:
        return "scaled_equivalence" if phi.is_relu else None
    if left:
        return "flat_equivalence"
    by_norm = bound is not None and bound.rule is BoundRule.NORM
    return "flat_right_contraction" if by_norm else None


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + "s" * (n != 1)


def _plain(value: Fraction) -> str:
    return f"{value.numerator}" if value.denominator == 1 else f"{value}"
