"""Running queries against a budget, with a trace, and the refinement loop over jets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol

from urnn_proofs.errors import DisagreementError
from urnn_proofs.smt.jet_encoding import (
    Clause,
    Literal,
    Polynomial,
    Query,
    between,
    is_one_of,
    variable,
)
from urnn_proofs.smt.jet_process import NLSAT, Outcome, run_queries, run_query

__all__ = ["Attempt", "JetsLike", "Runner", "range_clauses", "refine", "slope_clauses"]

_TOLERANCE = 1e-9
_MOST_NEW = 4
_SECOND_OPINION_S = 5.0


@dataclass(frozen=True)
class Attempt:
    """One thing that was tried.

    Parameters
    ----------
    encoding
        The encoding it belongs to.
    name, shows
        The query and what its ``unsat`` proves.
    answer
        ``"sat"``, ``"unsat"``, ``"unknown"``; for steps without a solver a word of their own.
    seconds
        Time spent.
    detail
        The solver's reason for giving up, or what was found.
    smt2
        The query as SMT-LIB 2 text, empty for steps without a solver.
    solver
        Who answered.
    horizon, order
        Time steps and derivatives, where they have a meaning.
    """

    encoding: str
    name: str
    shows: str
    answer: str
    seconds: float = 0.0
    detail: str = ""
    smt2: str = field(default="", repr=False)
    solver: str = "exact"
    horizon: int | None = None
    order: int | None = None


class Runner:
    """Runs queries one batch after the other and remembers every answer.

    Parameters
    ----------
    budget_s
        Wall-clock seconds for everything.
    megabytes
        Memory limit of each child process.
    """

    def __init__(self, budget_s: float, *, megabytes: int = 2048) -> None:
        self._start = time.monotonic()
        self._budget, self._megabytes = budget_s, megabytes
        self.trace: list[Attempt] = []

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    @property
    def left(self) -> float:
        """Seconds left, at least 0."""
        return max(0.0, self._budget - self.spent)

    def note(self, encoding: str, name: str, answer: str, detail: str = "") -> None:
        """Remember a step that needed no solver."""
        self.trace.append(Attempt(encoding, name, "", answer, detail=detail))

    def ask(
        self,
        encoding: str,
        queries: Sequence[Query],
        *,
        tactics: Sequence[str] = NLSAT,
        horizon: int | None = None,
        order: int | None = None,
        share: float = 1.0,
    ) -> tuple[Outcome, ...]:
        """Run the queries in one child process, within *share* of the time that is left."""
        texts = [query.to_smt2() for query in queries]
        seconds = self.left * share
        outcomes = (Outcome("unknown", reason="interrupted"),) * len(texts)
        try:
            if seconds > 0:
                outcomes = run_queries(
                    texts, seconds=seconds, megabytes=self._megabytes, tactics=tactics
                )
            else:
                outcomes = tuple(replace(x, reason="no budget left") for x in outcomes)
        finally:  # Ctrl-C included: what was asked stays on the record
            for query, text, outcome in zip(queries, texts, outcomes, strict=True):
                self._remember(encoding, query, text, outcome, horizon, order)
        return outcomes

    def _remember(
        self,
        encoding: str,
        query: Query,
        text: str,
        outcome: Outcome,
        horizon: int | None,
        order: int | None,
    ) -> None:
        detail = outcome.reason or ", ".join(f"{k}={v}" for k, v in outcome.model.items())
        self.trace.append(
            Attempt(
                encoding,
                query.name,
                query.shows,
                outcome.answer,
                outcome.seconds,
                detail,
                text,
                "z3",
                horizon,
                order,
            )
        )

    def ask_cvc5(self) -> None:
        """Ask cvc5 every query that Z3 decided, each for a few seconds of what is left.

        Raises
        ------
        DisagreementError
            If the two contradict each other.
        MissingExtraError
            If cvc5 is not installed.
        """
        decided = [a for a in self.trace if a.solver == "z3" and a.answer != "unknown"]
        for position, attempt in enumerate(decided):
            share = min(_SECOND_OPINION_S, self.left / (len(decided) - position))
            if share <= 0:
                return
            outcome = run_query(
                attempt.smt2, seconds=share, megabytes=self._megabytes, solver="cvc5"
            )
            self.trace.append(
                replace(
                    attempt,
                    answer=outcome.answer,
                    seconds=outcome.seconds,
                    detail=outcome.reason,
                    solver="cvc5",
                )
            )
            if {outcome.answer, attempt.answer} == {"sat", "unsat"}:
                raise DisagreementError(
                    f"z3 answers {attempt.answer} and cvc5 {outcome.answer} to the query "
                    f"{attempt.name!r}; one of them is wrong, so nothing is concluded"
                )


class JetsLike(Protocol):
    """What the loop needs to know about a system of jets."""

    @property
    def equations(self) -> Sequence[tuple[str, int, Polynomial]]:
        """Label, derivative order (-1 for side conditions) and polynomial."""

    @property
    def values(self) -> Sequence[str]:
        """Names of the unknown state values."""

    @property
    def slopes(self) -> Sequence[str]:
        """Names of the unknown slopes."""


def range_clauses(
    values: Iterable[str], low: Fraction, high: Fraction, *, closed: bool = False
) -> tuple[Clause, ...]:
    """Every value lies in the open range; *closed* is for controls only and proves nothing."""
    found = [clause for name in values for clause in between(low, variable(name), high)]
    if closed:
        found = [(Literal(clause[0].polynomial, "<="),) for clause in found]
    return tuple(found)


def slope_clauses(slopes: Iterable[str]) -> tuple[Clause, ...]:
    """Every slope is 0 or 1, as for ReLU off its kink."""
    return tuple(is_one_of(variable(name), (0, 1)) for name in slopes)


def refine(
    runner: Runner,
    encoding: str,
    levels: Sequence[tuple[int, int]],
    system_at: Callable[[int, int], tuple[JetsLike, Sequence[Clause]]],
    shows: str,
) -> str:
    """Raise the horizon and the order until no candidate is left or the budget is spent.

    A query holds the side conditions and the equations that refuted earlier candidates; a candidate
    that violates other equations of the level brings them in, one that satisfies them all asks for
    the next level.

    Parameters
    ----------
    levels
        Pairs (horizon, order), increasing.
    system_at
        Maps such a pair to the equations and the clauses that go with them.
    shows
        What ``unsat`` proves.

    Returns
    -------
    str
        ``"unsat"``; ``"sat"`` if a candidate satisfies the last level; else ``"unknown"``.
    """
    chosen: set[str] = set()
    answer = "unknown"
    for position, (horizon, order) in enumerate(levels):
        if runner.left <= 0:
            return "unknown"
        system, side = system_at(horizon, order)
        equations = {label: (degree, p) for label, degree, p in system.equations}
        chosen |= {label for label, (degree, _) in equations.items() if degree <= 1}
        while True:
            clauses = [(Literal(p, "="),) for label, (_, p) in equations.items() if label in chosen]
            count = len(chosen & set(equations))
            name = f"{encoding}: horizon {horizon}, order {order}, {count} equations"
            outcome = runner.ask(
                encoding,
                [Query(name, shows, (*clauses, *side))],
                horizon=horizon,
                order=order,
                share=1 / (len(levels) - position),
            )[0]
            answer = outcome.answer
            if answer == "unsat":
                return answer
            missing = [(degree, label) for label, (degree, _) in equations.items()]
            missing = sorted(pair for pair in missing if pair[1] not in chosen)
            if answer == "sat":
                point = _floats(outcome.model)
                missing = [
                    pair for pair in missing if _size(equations[pair[1]][1], point) > _TOLERANCE
                ]
                missing = missing[:_MOST_NEW]
            if not missing or runner.left <= 0:
                break
            # After "unknown" everything of the level is added: underdetermined is harder.
            chosen |= {label for _, label in missing}
    return answer


def _floats(model: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for name, text in model.items():
        found[name] = float(Fraction(text)) if "?" not in text else float(text.rstrip("?"))
    return found


def _size(p: Polynomial, point: Mapping[str, float]) -> float:
    """Return the value at the point relative to the largest term; values left out are 0."""
    terms = list(_values(p, point))
    return abs(sum(terms)) / max([1.0, *map(abs, terms)])


def _values(p: Polynomial, point: Mapping[str, float]) -> Iterator[float]:
    for monomial, coefficient in p.items():
        value = float(coefficient)
        for name, exponent in monomial:
            value *= point.get(name, 0.0) ** exponent
        yield value
