"""Running queries against a budget, with a trace, and the refinement loop over jets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from urnn_proofs.smt.jet_process import NLSAT, Outcome, run_queries

__all__ = ["Attempt", "JetsLike", "Runner", "range_clauses", "refine", "slope_clauses"]

_TOLERANCE = 1e-9
_MOST_NEW = 4


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
    second_opinion
        Let cvc5 answer every decided query too.
    """

    def __init__(
        self, budget_s: float, *, megabytes: int = 2048, second_opinion: bool = False
    ) -> None:
        self._start = time.monotonic()
        self._budget, self._megabytes = budget_s, megabytes
        self._second_opinion = second_opinion
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
        """Run the queries in one child process, within *share* of the time that is left.

        Raises
        ------
        DisagreementError
            If the two solvers contradict each other.
        """
        texts = [query.to_smt2() for query in queries]
        seconds = self.left * share
        if seconds <= 0:
            outcomes: tuple[Outcome, ...] = (Outcome("unknown", reason="no budget left"),)
            outcomes *= len(texts)
        else:
            outcomes = run_queries(
                texts, seconds=seconds, megabytes=self._megabytes, tactics=tactics
            )
        solvers = [("z3", outcomes)]
        if self._second_opinion and self.left > 0:
            decided = [i for i, x in enumerate(outcomes) if x.answer != "unknown"]
            again = run_queries(
                [texts[i] for i in decided],
                seconds=self.left,
                megabytes=self._megabytes,
                solver="cvc5",
            )
            second = [Outcome("unknown", reason="not asked")] * len(texts)
            for i, outcome in zip(decided, again, strict=True):
                second[i] = outcome
            solvers.append(("cvc5", tuple(second)))
        for solver, answers in solvers:
            for query, text, outcome in zip(queries, texts, answers, strict=True):
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
                        solver,
                        horizon,
                        order,
                    )
                )
        for query, pair in zip(queries, zip(*(x for _, x in solvers), strict=True), strict=True):
            if {"sat", "unsat"} <= {x.answer for x in pair}:
                raise DisagreementError(
                    f"z3 answers {pair[0].answer} and cvc5 {pair[1].answer} to the query "
                    f"{query.name!r}; one of them is wrong, so nothing is concluded"
                )
        return outcomes


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
