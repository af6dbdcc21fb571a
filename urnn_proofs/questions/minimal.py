"""The fewest states of an equivalent URNN: what can be built, and what cannot be undercut.

What is built: Theorem 3.1, with the rational scaling of lowest rank; one square root more saves a
state in each part of W that is no single unit (theorem "2n-1"); n + mu states where all units stay
active (theorem "n+mu"); without a bound of the inputs theorem "no-bound"; within epsilon theorem
"2n-not-robust".  What is needed: the rules of :mod:`urnn_proofs.checks.exact.lower_bound`, which
the kernel checks, and the theorems "n+mu" and "2n-iff-diagonal", whose hypotheses it checks.  Where
Coq proved "n+mu" (page "n+eigenspace"), the bound is PROVED as long as the record of it applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from urnn_proofs.certificate import (
    Certificate,
    bundle,
    hypotheses_certificate,
    lower_bound_certificate,
)
from urnn_proofs.checks.exact.count_theorems import CountBound, coq_theorem, count_bound_holds
from urnn_proofs.checks.exact.lower_bound import LowerBound, lower_bound_holds
from urnn_proofs.checks.exact.similarity import Scaling
from urnn_proofs.formal.record import RecordedTheorem, theorem_standing
from urnn_proofs.guesses.count_theorems import find_count_bounds
from urnn_proofs.guesses.lower_bound import find_lower_bound
from urnn_proofs.guesses.scaling.few_states import few_state_scaling
from urnn_proofs.guesses.scaling.scaling import NoScaling
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    TooFewStatesError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN, URNN, require_rnn
from urnn_proofs.model.number import shorten
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import USED, Check, Report, Trust, Verdict
from urnn_proofs.questions.construction import equivalent_urnn, parse_bound
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.few_states import active_urnn, scaled_urnn, unbounded_urnn
from urnn_proofs.questions.float_urnn import rescaled_in_floats
from urnn_proofs.questions.near_diagonal import near_urnn
from urnn_proofs.questions.scaling import refuse_scaling
from urnn_proofs.questions.steps_3_1 import inputs_scope, is_homogeneous, show

__all__ = ["FewestStates", "fewest", "minimal_urnn"]

#: Without a bound of the inputs the lower bounds are sought for these: any will do.
_TRIED_BOUNDS = (Fraction(1), Fraction(2**10), Fraction(2**20))

_APPLIED = (
    "Coq's network is this one, with real numbers; a matrix has an eigenvalue; if p has no "
    "repeated root, dim ker p(W) is the sum of the dimensions of the eigenspaces at its roots"
)
_NO_LOWER_BOUND = "the lower bounds here are about equal outputs, not about outputs within epsilon"


@dataclass(frozen=True, eq=False)
class FewestStates:
    """A URNN with few states, and how few any of them can have.

    Parameters
    ----------
    equivalence
        The URNN that was built: an upper bound, proved by construction.
    lower
        The lower bound that the kernel checks, with its evidence; None if nothing better than 1
        state is proved.
    theorems
        Lower bounds by theorems whose hypotheses are checked here again.  Those that Coq proved are
        proved, the others assumed.
    within
        The lower bounds are about inputs with ``||x^k|| <= within``: M, or any number where the
        equivalence is about all inputs.
    against
        Why other theorems give no lower bound, a sentence each.
    """

    equivalence: Equivalence
    lower: LowerBound | None
    theorems: tuple[CountBound, ...]
    within: Fraction
    against: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.report.summary()

    def __repr__(self) -> str:
        return one_line(
            f"<FewestStates: URNN with {self.urnn.states} states for an RNN with {self.rnn.states}>"
        )

    @property
    def rnn(self) -> RNN:
        """The network."""
        return self.equivalence.rnn

    @property
    def at_most(self) -> int:
        """States of the URNN that was built."""
        return self.urnn.states

    @property
    def at_least(self) -> int:
        """What every equivalent URNN with the same activation needs.

        It rests on what is assumed if that gives more than what is proved; see
        :attr:`proved_at_least`.  About outputs within epsilon nothing is known here.
        """
        return max([self.proved_at_least, *(bound.states for bound in self._theorems_hold)])

    @property
    def proved_at_least(self) -> int:
        """The same, without the theorems that no machine has checked."""
        return max([self._by_ranks, *(bound.states for bound in self._by_coq)])

    @property
    def _by_ranks(self) -> int:
        return self.lower.states if self.lower is not None and self._lower_holds else 1

    @cached_property
    def _comparable(self) -> bool:
        """Whether the claim is one of equal outputs for inputs that the lower bounds are about."""
        built = self.equivalence
        if built.epsilon is not None or built.dtype is not None:
            return False
        return built.input_bound is None or self.within <= built.input_bound

    @cached_property
    def _lower_holds(self) -> bool:
        return self._comparable and (
            self.lower is None or lower_bound_holds(self.rnn, self.within, self.lower)
        )

    @cached_property
    def _theorems_hold(self) -> tuple[CountBound, ...]:
        if not self._comparable:
            return ()
        return tuple(b for b in self.theorems if count_bound_holds(self.rnn, self.within, b))

    @cached_property
    def _by_coq(self) -> Mapping[CountBound, RecordedTheorem]:
        """The bounds that Coq's theorems prove, as far as the record applies."""
        found = {}
        for bound in self._theorems_hold:
            name = coq_theorem(self.rnn, self.within, bound)
            standing = None if name is None else theorem_standing(name)
            if standing is not None and standing.applies:
                found[bound] = standing.theorems[0]
        return found

    @cached_property
    def _best(self) -> tuple[CountBound, ...]:
        """The bounds that say more than the ranks: by Coq, then what is assumed beyond that."""
        proved = [b for b in self._by_coq if b.states > self._by_ranks]
        assumed = [b for b in self._theorems_hold if b.states > self.proved_at_least]
        return tuple(max(some, key=lambda b: b.states) for some in (proved, assumed) if some)

    @property
    def urnn(self) -> URNN | ScaledURNN:
        """The URNN that was built.

        Raises
        ------
        UnsupportedError
            If the weights are floats, as they never are in what :func:`minimal_urnn` returns.
        """
        return self.equivalence.urnn

    def in_floats(self, dtype: Any) -> Equivalence:
        """Return the URNN in floating point, with proved bounds of its error.

        Parameters
        ----------
        dtype
            ``"float32"`` or ``"float64"``.

        Returns
        -------
        Equivalence
            With ``result``, the network to save, ``error`` and ``report``.

        Raises
        ------
        UnsupportedError
            If the URNN has no bounds in floats: built without a bound of the inputs, within
            epsilon, or for units that all stay active.
        UndecidedError, InputError
            As for :func:`~urnn_proofs.questions.construction.equivalent_urnn`.
        """
        built = self.equivalence
        if built.epsilon is not None:
            raise UnsupportedError(
                "a URNN within epsilon has no bounds in floats here; leave epsilon out, or round "
                "urnn.to_numpy() yourself"
            )
        if built.rescaled is not None:
            return rescaled_in_floats(built, dtype)
        E = built.scaling or False
        return equivalent_urnn(self.rnn, built.input_bound, dtype=dtype, scaling=E)

    @cached_property
    def report(self) -> Report:
        """Both bounds, each with its steps."""
        built = self.equivalence.report
        checks = list(built.checks)
        if self.equivalence.epsilon is None:
            checks.append(_lower_check(self.rnn, self.within, self.lower, self._lower_holds))
        checks += [
            _theorem_check(self.rnn, self.within, bound, self._by_coq.get(bound))
            for bound in self._best
        ]
        report = Report(
            title=self._title(),
            scope=built.scope,
            checks=tuple(checks),
            parts=built.parts,
            notes=(*built.notes, *self._sentences()),
        )
        if built.verdict is not Verdict.PROVED or not (self.lower is None or self._lower_holds):
            return report
        return replace(report, certificate=self._certificate(built.certificate))

    def _title(self) -> str:
        if self.equivalence.epsilon is not None:
            return f"Fewest states within {show(self.equivalence.epsilon)}: {self.at_most} suffice"
        known = "that is the least" if self.at_least == self.at_most else "the gap is open"
        return f"Fewest states: {self.at_most} suffice, {self.at_least} are needed; {known}"

    def _sentences(self) -> tuple[str, ...]:
        """Say where each bound comes from."""
        found = [f"at most {self.at_most}: {_why(self.equivalence)}"]
        if self.lower is not None and self._lower_holds:
            found.append(f"at least {self._by_ranks}, proved: {self.lower.reason}")
        for bound in self._best:
            how = "proved" if bound in self._by_coq else "assumed"
            found.append(
                f"at least {bound.states}, {how}: {self._by_theorem(bound)}; its hypotheses hold, "
                f"exactly"
            )
        if self.at_least == 1 and self.equivalence.epsilon is None:
            found.append("at least 1: nothing better is known for this network")
        return (*found, *self.against)

    def _by_theorem(self, bound: CountBound) -> str:
        coq = self._by_coq.get(bound)
        if coq is None:
            return f"by the theorem {bound.theorem}, whose proof no machine has checked"
        return f"by the theorem n+eigenspace, which Coq {coq.coq} proved as {coq.name}"

    def _certificate(self, built: Certificate | None) -> Certificate | None:
        """Join what the kernel can check; None if it cannot check that the outputs are equal."""
        if built is None:
            return None
        parts = [built]
        try:
            if self.lower is not None:
                parts.append(self._lower_certificate())
        except UnsupportedError:  # larger than what the kernel reads
            return None
        hypotheses = map(self._hypotheses, self._best)
        parts += [each for each in hypotheses if each is not None]
        return parts[0] if len(parts) == 1 else bundle(parts)

    def _hypotheses(self, bound: CountBound) -> Certificate | None:
        try:
            return hypotheses_certificate(self.rnn, self.within, bound)
        except UnsupportedError:  # an irrational eigenvalue, or too large
            return None

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.results import urnn_html  # for notebooks, on demand

        return urnn_html(self)

    def _lower_certificate(self) -> Certificate:
        assert self.lower is not None
        return lower_bound_certificate(self.rnn, self.within, self.lower)


def minimal_urnn(
    rnn: RNN,
    input_bound: Any,
    *,
    states: int | None = None,
    epsilon: Any = None,
) -> FewestStates:
    """Build an equivalent URNN with as few states as we know how, and bound them from below.

    For ReLU the states are rescaled by a positive diagonal E that makes
    ``rank(I - (E W E^{-1})^T (E W E^{-1}))`` small, ``||E W E^{-1}|| <= 1``; the entries of E may
    be square roots.

    Parameters
    ----------
    rnn
        As for :func:`~urnn_proofs.questions.construction.equivalent_urnn`.
    input_bound
        M >= 0: inputs satisfy ``||x^k|| <= M``.  None, under ReLU: all inputs, with no bound on
        them; n + r or n + 2 r states.
    states
        Insist on at most so many.
    epsilon
        A number > 0, under ReLU with ``||W|| < 1``: outputs within epsilon instead of equal ones;
        n + 1 states where W is diagonal.

    Raises
    ------
    TooFewStatesError
        If *states* is below the lower bound; it carries the certificate.
    UndecidedError
        If *states* is below what was built, and nothing known excludes it.
    NotContractiveError, UnsupportedError, InputError
        As for :func:`~urnn_proofs.questions.construction.equivalent_urnn`.

    Source: the upper bound is arXiv:1910.13672, Theorem 3.1 with rescaled states; the lower bounds
    generalise Theorem 3.2 (:mod:`urnn_proofs.checks.exact.lower_bound`,
    :mod:`urnn_proofs.checks.exact.count_theorems`).

    Examples
    --------
    >>> half = [[0, 0.5, 0], [0, 0, 0.5], [0, 0, 0]]
    >>> eye = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    >>> found = minimal_urnn(RNN(half, eye, [0, 0, 0], eye), input_bound=1)
    >>> found.at_least, found.at_most
    (4, 4)
    >>> rates = [[0.25, 0, 0], [0, 0.5, 0], [0, 0, 0.75]]
    >>> found = minimal_urnn(RNN(rates, eye, [0, 0, 0], eye), input_bound=1)
    >>> found.at_least, found.at_most, found.report.verdict
    (6, 6, <Verdict.ASSUMED: 'ASSUMED'>)
    >>> near = minimal_urnn(RNN(rates, eye, [0, 0, 0], eye), input_bound=1, epsilon=0.001)
    >>> near.at_most, near.equivalence.epsilon <= Fraction(1, 1000)
    (4, True)
    """
    M = None if input_bound is None else parse_bound(input_bound, "input_bound")
    if states is not None and (type(states) is not int or states < 1):
        raise InputError(f"states is {shorten(states)}; expected a whole number >= 1")
    require_rnn(rnn)
    if epsilon is not None:
        found = _near(rnn, M, epsilon)
    elif M is None:
        found = _for_all_inputs(rnn)
    else:
        theorems, against = find_count_bounds(rnn, M)
        lower = find_lower_bound(rnn, M)
        least = max([1, *(bound.states for bound in (lower, *theorems) if bound is not None)])
        found = FewestStates(fewest(rnn, M, enough=least), lower, theorems, M, against)
    if states is not None and states < found.at_least:
        raise _too_few(found, states)
    if states is not None and states < found.at_most:
        raise UndecidedError(
            f"states is {states}; at least {found.at_least} are needed and {found.at_most} are "
            f"enough, and what lies between is not known for this network"
        )
    return found


def _too_few(found: FewestStates, states: int) -> TooFewStatesError:
    """Return the refusal, by what is proved if that is enough."""
    least, name = found._by_ranks, found.rnn.activation.name
    if found.lower is not None and states < least:
        why = found.lower.reason
        certificate: Certificate | None = found._lower_certificate()
    else:
        best = next(bound for bound in found._best if states < bound.states)  # proved ones first
        least, why = best.states, found._by_theorem(best)
        certificate = found._hypotheses(best)
    return TooFewStatesError(
        f"states is {states}, but every equivalent URNN with the activation {name} has at least "
        f"{least} ({why}); expected at least {least}",
        least,
        certificate,
    )


def _for_all_inputs(rnn: RNN) -> FewestStates:
    """Build for all inputs; equal outputs are equal for bounded inputs, so any bound will do."""
    both = unbounded_urnn(rnn, _scaling(rnn))
    candidates = []
    for within in _TRIED_BOUNDS:
        theorems, against = find_count_bounds(rnn, within)
        candidates.append(
            FewestStates(both, find_lower_bound(rnn, within), theorems, within, against)
        )
        if candidates[-1].at_least == candidates[-1].at_most:
            break
    return max(candidates, key=lambda found: (found.at_least, found.proved_at_least))


def _near(rnn: RNN, M: Fraction | None, epsilon: Any) -> FewestStates:
    """Build within epsilon; where nothing is saved by that, with equal outputs."""
    if M is None:
        raise InputError("epsilon goes with a bound of the inputs; expected input_bound=M, M >= 0")
    near = near_urnn(rnn, M, epsilon, _scaling(rnn))
    built = fewest(rnn, M, enough=1 if near is None else near.urnn.states)
    if near is not None and near.urnn.states < built.urnn.states:
        return FewestStates(near, None, (), M, (_NO_LOWER_BOUND,))
    return FewestStates(built, None, (), M, (_NO_LOWER_BOUND,))


def _scaling(rnn: RNN) -> Scaling:
    """Return the scaling of lowest rank that is found, for ReLU."""
    ones = (Fraction(1),) * rnn.states
    if not is_homogeneous(rnn):
        return ones
    few = few_state_scaling(rnn.W)
    if isinstance(few, NoScaling):
        raise refuse_scaling(rnn.W, few)
    return few[0]


def _why(built: Equivalence) -> str:
    """Say in one sentence where an upper bound comes from."""
    if built.evidence[0].near is not None:
        return "the rational family of theorem 2n-not-robust, exact for a network nearby"
    if built.rescaled is not None:
        return built.rescaled.origin
    if built.evidence[0].copies is not None:
        return "copies of the units"
    if built.scaling is None:
        return "Theorem 3.1, n + rank(I - W^T W)"
    return "Theorem 3.1 with states rescaled by rationals"


def fewest(rnn: RNN, M: Fraction, *, enough: int = 1) -> Equivalence:
    """Try one construction after the other; the smallest wins.

    Those left out are not needed to come down to *enough* states.

    Raises
    ------
    NotContractiveError, UnsupportedError, UndecidedError
        If none applies.
    """
    built = _rescaled_by_rationals(rnn, M, enough)
    scaling = built.scaling or (Fraction(1),) * rnn.states
    if built.urnn.states > enough:
        built = _smaller(built, scaled_urnn(rnn, M, scaling))
    if built.urnn.states > enough:
        built = _smaller(built, active_urnn(rnn, M))
    return built


def _smaller(built: Equivalence, other: Equivalence | None) -> Equivalence:
    return built if other is None or other.urnn.states >= built.urnn.states else other


def _rescaled_by_rationals(rnn: RNN, M: Fraction, enough: int) -> Equivalence:
    """Try the plain construction and the scaling of lowest rank."""
    found: list[Equivalence] = []
    refusal: Exception | None = None
    try:
        found.append(equivalent_urnn(rnn, M))
    except (NotContractiveError, UnsupportedError) as error:
        refusal = error
    if found and found[0].urnn.states <= enough:
        return found[0]
    if is_homogeneous(rnn):
        try:
            found.append(equivalent_urnn(rnn, M, scaling=_scaling(rnn)))
        except (NotContractiveError, UnsupportedError, UndecidedError) as error:
            refusal = refusal or error
    if not found:
        assert refusal is not None
        raise refusal
    return min(found, key=lambda e: e.urnn.states)


def _theorem_check(rnn: RNN, M: Fraction, bound: CountBound, coq: RecordedTheorem | None) -> Check:
    """Return the check of a bound by a theorem: PROVED if Coq's theorem is the one it rests on."""
    counted = bound.states - rnn.states
    parts = "; ".join(
        f"units {', '.join(map(str, units))}" + (f", p = {list(p)}" if p else "")
        for units, p in bound.parts
    )
    if coq is None:
        rests_on = {"assumed": f"the theorem {bound.theorem}, whose proof no machine has checked"}
        engine = "exact.count_theorems (FLINT ranks) for the hypotheses"
    else:
        engine = f"exact.count_theorems (FLINT ranks); Coq {coq.coq}, {coq.name}, recorded"
        rests_on = {coq.name: coq.statement, USED: _APPLIED}
    return Check(
        name=f"theorem {bound.theorem if coq is None else 'n+eigenspace'}",
        claim=f"every equivalent URNN with the activation {rnn.activation.name} has at least "
        f"{rnn.states} + {counted} = {bound.states} states",
        scope=f"this network, {inputs_scope(M)}",
        verdict=Verdict.ASSUMED if coq is None else Verdict.PROVED,
        trust=Trust.WORDS if coq is None else Trust.EXACT,
        engine=engine,
        evidence={
            **rests_on,
            "x": "(" + ", ".join(show(v) for v in bound.input) + ")",
            "E": ", ".join(show(e) for e in bound.scaling),
            "parts": parts,
        },
        checked="the hypotheses of the theorem for this network, exactly"
        + ("" if coq is None else "; the theorem itself, by Coq"),
    )


def _lower_check(rnn: RNN, M: Any, lower: LowerBound | None, ok: bool) -> Check:
    needed = 1 if lower is None else lower.states
    evidence: dict[str, Any] = {
        USED: "activity is locally constant off a nowhere dense set of inputs; dimensions of "
        "images and kernels"
    }
    if lower is None:
        evidence = {
            "better": "not proved: F or C has a rank below n, or no inputs were found that keep "
            "every unit active"
        }
    else:
        evidence["why"] = lower.reason
        evidence["inputs"] = "; ".join(
            "(" + ", ".join(show(v) for v in x) + ")" for x in lower.inputs
        )
    plural = "s" * (needed > 1)
    return Check(
        name="lower bound",
        claim=f"every equivalent URNN with the activation {rnn.activation.name} has at least "
        f"{needed} state{plural}",
        scope=f"this network, all inputs with ||x^k|| <= {show(M)}",
        verdict=Verdict.PROVED if ok else Verdict.UNKNOWN,
        trust=Trust.EXACT,
        engine="exact.lower_bound (FLINT ranks, exact simulation)",
        evidence=evidence,
    )
