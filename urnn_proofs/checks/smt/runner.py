"""Queries run against a budget, with a trace of every answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from urnn_proofs.checks.smt.jet_encoding import Query
from urnn_proofs.checks.smt.jet_process import NLSAT, Outcome, run_queries, run_query
from urnn_proofs.model.errors import DisagreementError

__all__ = ["Attempt", "Runner"]

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
