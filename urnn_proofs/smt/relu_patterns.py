"""Search all activity patterns of a ReLU URNN with N states for one that could imitate an RNN.

If every sequence of active sets over ``horizon + 1`` consecutive steps contradicts the derivative
equations of :mod:`urnn_proofs.smt.pattern_equations`, no URNN with N states is equivalent (nor one
with fewer: pad U with ones).  The search is depth first; a window of steps that is impossible
cuts off every sequence that contains it, whatever the names of the units.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import z3

from urnn_proofs.errors import InputError, UnsupportedError
from urnn_proofs.smt.pattern_equations import Memory, Variant, equations
from urnn_proofs.smt.pattern_lemmas import lemmas
from urnn_proofs.smt.pattern_words import Letter, Span, Word, canonical, describe, extensions
from urnn_proofs.smt.process import Outcome, Sat, solve
from urnn_proofs.verdict import USED, Check, Trust, Verdict

__all__ = ["OpenPattern", "PatternSearch", "search_patterns"]

USED_FACTS = (
    "activity is locally constant off a nowhere dense set of inputs; constant inputs in X_M keep "
    "all units of a contractive ReLU RNN with F = I, b = 0 active from some step on; a matrix of "
    "rank n has n independent rows, which a change of basis makes the identity; similar matrices "
    "have the same traces; a smaller U is padded with ones"
)


@dataclass(frozen=True)
class OpenPattern:
    """A sequence of active sets that was not refuted.

    Parameters
    ----------
    text
        The active sets, step by step; see :func:`urnn_proofs.smt.pattern_words.describe`.
    answer
        SAT if U, F, C with these derivatives exist, UNKNOWN if that was not decided.
    values
        For SAT, what Z3 found: Fractions, None where the value is irrational.
    smt2
        The query that was not refuted.
    """

    text: str
    answer: Sat
    values: Mapping[str, Fraction | None] = field(repr=False)
    smt2: str = field(repr=False)


@dataclass(frozen=True)
class PatternSearch:
    """What a search came to.

    Parameters
    ----------
    claim, scope
        What ``verdict`` is about, and for which networks.
    verdict
        PROVED if every pattern and every counterexample to a lemma was refuted, else UNKNOWN: an
        open pattern is no network.
    trust
        SMT.
    queries, refuted
        How many queries were asked, and how many windows of steps were refuted.
    open
        The patterns of full length that were not refuted; the search stops at the first unless
        told otherwise.
    complete
        Whether the search ended before its time.
    seconds
        Wall-clock time.
    trace
        One line for each window that was put to Z3.
    lemmas
        The answer to each fact the equations were helped with; all must be UNSAT.
    """

    claim: str
    scope: str
    verdict: Verdict
    trust: Trust
    queries: int
    refuted: int
    open: tuple[OpenPattern, ...]
    complete: bool
    seconds: float
    trace: tuple[str, ...] = field(repr=False)
    lemmas: Mapping[str, Sat] = field(repr=False)

    def as_check(self) -> Check:
        """Return the claim as one step of a report."""
        evidence = {
            USED: USED_FACTS,
            "queries": self.queries,
            "windows refuted": self.refuted,
            "lemmas": {name: answer.value for name, answer in self.lemmas.items()},
            "open": [{"pattern": o.text, "answer": o.answer.value} for o in self.open],
            "smt2": [o.smt2 for o in self.open],
        }
        return Check(
            "activity patterns",
            self.claim,
            self.scope,
            self.verdict,
            self.trust,
            "smt.relu_patterns (Z3)",
            evidence,
        )

    def __str__(self) -> str:
        counts = f"{self.refuted} windows refuted, {self.queries} queries, {self.seconds:.1f} s"
        rest = ""
        if self.open:
            first = self.open[0]
            rest = f"; open: {first.text} ({first.answer.value})"
        elif not self.complete:
            rest = "; out of time"
        return f"{self.claim}: {self.verdict} (trust {self.trust}; {self.scope}; {counts}{rest})"


def search_patterns(
    memory: Memory,
    units: int,
    horizon: int,
    *,
    budget_s: float = 60.0,
    query_s: float = 3.0,
    every: bool = False,
) -> PatternSearch:
    """Search the patterns of *units* units over steps 0, ..., *horizon*.

    Parameters
    ----------
    memory
        The transition matrix of the RNN, with F = C = I and b = 0.  It has to be contractive;
        only the factor of a scalar one is checked here.
    units
        Number N of states of the URNN, at least 1.
    horizon
        Number of steps after the first, at least 1.
    budget_s, query_s
        Limits in seconds: for all, and for one query.
    every
        Look for all open patterns instead of stopping at the first.

    Raises
    ------
    InputError
        If a size or a limit is out of range.
    UnsupportedError
        If W is ``w I`` with ``|w| >= 1``: the equations use that it is contractive.

    Examples
    --------
    >>> print(search_patterns(Memory(1, None), 1, 1).verdict)
    PROVED
    """
    for name, value in (("units", units), ("horizon", horizon), ("n", memory.n)):
        if value < 1:
            raise InputError(f"{name} is {value}; expected at least 1")
    for name, limit in (("budget_s", budget_s), ("query_s", query_s)):
        if not limit > 0:
            raise InputError(f"{name} is {limit}; expected a positive number of seconds")
    if memory.matrix is not None and memory.is_scalar and abs(memory.matrix[0][0]) >= 1:
        raise UnsupportedError(f"W is {memory.matrix[0][0]} times I; expected a factor in (-1, 1)")
    return _Search(memory, units, horizon, budget_s, query_s, every).run()


class _Search:
    def __init__(
        self,
        memory: Memory,
        units: int,
        horizon: int,
        budget_s: float,
        query_s: float,
        every: bool,
    ) -> None:
        self.memory, self.units, self.horizon = memory, units, horizon
        self.query_s, self.every, self.budget_s = query_s, every, budget_s
        self.start = time.monotonic()
        self.refuted: set[Word] = set()
        # What left a window open, by the equations it was asked with.
        self.left_open: dict[tuple[Word, bool], Outcome] = {}
        self.queries = 0
        self.open: list[OpenPattern] = []
        self.complete = True
        self.trace: list[str] = []

    def run(self) -> PatternSearch:
        checked = lemmas(self.memory.n, self.units, budget_s=self.query_s)
        self._extend(())
        sound = all(outcome.answer is Sat.UNSAT for outcome in checked.values())
        proved = sound and self.complete and not self.open
        text = "w I_n for every |w| < 1" if self.memory.matrix is None else "this W"
        return PatternSearch(
            claim=f"no URNN with {self.units} {'state' if self.units == 1 else 'states'}",
            scope=f"n = {self.memory.n}, {text}, F = C = I, b = 0, every M > 0, "
            f"horizon {self.horizon}",
            verdict=Verdict.PROVED if proved else Verdict.UNKNOWN,
            trust=Trust.SMT,
            queries=self.queries + len(checked),
            refuted=len(self.refuted),
            open=tuple(self.open),
            complete=self.complete,
            seconds=time.monotonic() - self.start,
            trace=tuple(self.trace),
            lemmas={name: outcome.answer for name, outcome in checked.items()},
        )

    @property
    def _done(self) -> bool:
        return not self.complete or (bool(self.open) and not self.every)

    def _extend(self, word: Word) -> None:
        n, last = self.memory.n, len(word) == self.horizon
        for active in extensions(word, n, self.units):
            if self._done:
                return
            # The weakest assumption first; at the first step X is the image of F.
            for span in _assumptions(len(active) - n, first=not word, last=last):
                longer = (*word, Letter(active, span))
                possible = self._possible(longer, thorough=False)
                if possible and last:
                    possible = self._possible(longer, thorough=True)
                if self._done:
                    return
                if not possible:
                    if span is Span.WHOLE:
                        break  # impossible without any assumption on X
                elif last:
                    self._record(longer)
                else:
                    self._extend(longer)
                    if self._known_refuted(word):
                        return  # a window of it was refuted further down

    def _windows(self, word: Word) -> list[Word]:
        """Return the windows that end with the last step of the word, the shortest first."""
        return [canonical(word[-size:], self.units) for size in range(2, len(word) + 1)]

    def _known_refuted(self, word: Word) -> bool:
        return any(
            window in self.refuted
            for end in range(2, len(word) + 1)
            for window in self._windows(word[:end])
        )

    def _possible(self, word: Word, *, thorough: bool) -> bool:
        """Tell whether no window that ends with the last step is refuted.

        Thorough: every window, by all equations; otherwise by those without U, which are quick.
        """
        ends = range(2, len(word) + 1) if thorough else [len(word)]
        for end in ends:
            for window in self._windows(word[:end]):
                if window in self.refuted:
                    return False
                if (window, thorough) in self.left_open:
                    continue
                if time.monotonic() - self.start > self.budget_s:
                    self.complete = False
                    return True
                self._ask(window, thorough)
                if window in self.refuted:
                    return False
        return True

    def _ask(self, window: Word, thorough: bool) -> None:
        """Put a window to Z3, once for each choice of basis: all of them must fail."""
        start = time.monotonic()
        chosen = (Variant.LEAN, Variant.ALL) if thorough else (Variant.GRAM,)
        families = [equations(window, self.units, self.memory, variant) for variant in chosen]
        answer = "refuted"
        for variants in zip(*families, strict=True):
            for assertions in variants:
                solver = z3.Solver()
                solver.add(*assertions)
                self.queries += 1
                outcome = solve(solver.to_smt2(), budget_s=self.query_s)
                if outcome.answer is Sat.UNSAT:
                    break
            else:
                self.left_open[window, thorough] = outcome
                answer = outcome.answer.value
                break
        else:
            self.refuted.add(window)
        how = "all equations" if thorough else "without U"
        self.trace.append(f"{describe(window)}: {answer}, {how}, {time.monotonic() - start:.2f} s")

    def _record(self, word: Word) -> None:
        outcome = self.left_open[canonical(word, self.units), True]
        self.open.append(OpenPattern(describe(word), outcome.answer, outcome.values, outcome.smt2))


def _assumptions(excess: int, *, first: bool, last: bool) -> tuple[Span, ...]:
    """Return what to assume about X_k, for *excess* active units beyond n, the weakest first.

    On n + 1 units either X_k is the image of F or the equations hold on all active units; as the
    last letter WHOLE asserts nothing about X_k.
    """
    if excess == 0:
        return (Span.IMAGE,)
    if excess > 1:
        return (Span.ANY,)
    if first:
        return (Span.IMAGE,)
    return (Span.WHOLE,) if last else (Span.WHOLE, Span.IMAGE)
