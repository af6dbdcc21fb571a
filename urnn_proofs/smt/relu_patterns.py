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
from urnn_proofs.verdict import Trust, Verdict

__all__ = ["OpenPattern", "PatternSearch", "search_patterns"]


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
        PROVED if every pattern was refuted, else UNKNOWN: an open pattern is no network.
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
        The transition matrix of the RNN, with F = C = I and b = 0.
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
        # None for a window that was refuted, else the outcome that left it open.
        self.known: dict[Word, Outcome | None] = {}
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
            claim=f"no URNN with {self.units} states",
            scope=f"n = {self.memory.n}, {text}, horizon {self.horizon}",
            verdict=Verdict.PROVED if proved else Verdict.UNKNOWN,
            trust=Trust.SMT,
            queries=self.queries + len(checked),
            refuted=sum(outcome is None for outcome in self.known.values()),
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
                left_open = self._left_open(longer)
                if self._done:
                    return
                if left_open is None:
                    if span is Span.WHOLE:
                        break  # impossible without any assumption on X
                elif last:
                    self.open.append(
                        OpenPattern(
                            describe(longer), left_open.answer, left_open.values, left_open.smt2
                        )
                    )
                else:
                    self._extend(longer)

    def _left_open(self, word: Word) -> Outcome | None:
        """Return None if some window that ends with the word's last step is refuted."""
        outcome: Outcome | None = _TRIVIAL
        for length in range(2, len(word) + 1):
            window = canonical(word[-length:], self.units)
            if window not in self.known:
                if time.monotonic() - self.start > self.budget_s:
                    self.complete = False
                    return outcome
                self.known[window] = self._ask(window)
            outcome = self.known[window]
            if outcome is None:
                return None
        return outcome

    def _ask(self, window: Word) -> Outcome | None:
        """Put a window to Z3: each choice of basis, the lean equations first."""
        start = time.monotonic()
        lean, full = (equations(window, self.units, self.memory, variant) for variant in Variant)
        left_open: Outcome | None = None
        for variants in zip(lean, full, strict=True):
            for assertions in variants:
                solver = z3.Solver()
                solver.add(*assertions)
                self.queries += 1
                outcome = solve(solver.to_smt2(), budget_s=self.query_s)
                if outcome.answer is Sat.UNSAT:
                    break
            else:
                left_open = outcome
                break
        answer = "refuted" if left_open is None else left_open.answer.value
        self.trace.append(f"{describe(window)}: {answer}, {time.monotonic() - start:.2f} s")
        return left_open


_TRIVIAL = Outcome(Sat.SAT, reason="one step alone")


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
