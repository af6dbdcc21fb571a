"""Queries run against a budget, with a trace of every answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from urnn_proofs.checks.smt.jet_encoding import Query
from urnn_proofs.checks.smt.queries import NLSAT, Reply, query_server, run_query
from urnn_proofs.model.deadline import deadline
from urnn_proofs.model.errors import DisagreementError, UndecidedError

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
    """Runs queries one after the other, within a budget, and remembers every answer.

    Used in a ``with`` statement: work inside, not only that of solvers, has the budget as its
    deadline, and no process is left afterwards.

    Parameters
    ----------
    budget_s
        Wall-clock seconds for everything, from now on.
    megabytes
        Memory limit of each query.
    """

    def __init__(self, budget_s: float, *, megabytes: int = 2048) -> None:
        self._start = time.monotonic()
        self._budget, self._megabytes = budget_s, megabytes
        self._server = query_server()
        self._work = ExitStack()
        self.trace: list[Attempt] = []

    def __enter__(self) -> Runner:
        self._work.enter_context(self._server)
        self._work.enter_context(deadline(self._start + self._budget))
        return self

    def __exit__(self, *_: object) -> None:
        self._work.close()

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
        query: Query | Callable[[], Query],
        *,
        tactics: Sequence[str] = NLSAT,
        horizon: int | None = None,
        order: int | None = None,
        share: float = 1.0,
    ) -> Reply:
        """Run a query, or what makes one, within *share* of the time that is left."""
        seconds = self.left * share
        reply = Reply("unknown", reason="interrupted")
        try:
            made = query if isinstance(query, Query) else query()
            text = made.to_smt2()
        except UndecidedError:
            self.note(encoding, "a query", "unknown", "time is up before it was written")
            return Reply("unknown", reason="time is up")
        seconds = min(seconds, self.left)
        try:
            if seconds > 0:
                reply = run_query(
                    text,
                    seconds=seconds,
                    megabytes=self._megabytes,
                    tactics=tactics,
                    server=self._server,
                )
            else:
                reply = Reply("unknown", reason="no budget left")
        finally:  # Ctrl-C included: what was asked stays on the record
            self._remember(encoding, made, text, reply, horizon, order)
        return reply

    def _remember(
        self,
        encoding: str,
        query: Query,
        text: str,
        reply: Reply,
        horizon: int | None,
        order: int | None,
    ) -> None:
        detail = reply.reason or ", ".join(f"{k}={v}" for k, v in reply.model.items())
        self.trace.append(
            Attempt(
                encoding,
                query.name,
                query.shows,
                reply.answer,
                reply.seconds,
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
            reply = run_query(
                attempt.smt2,
                seconds=share,
                megabytes=self._megabytes,
                solver="cvc5",
                server=self._server,
            )
            self.trace.append(
                replace(
                    attempt,
                    answer=reply.answer,
                    seconds=reply.seconds,
                    detail=reply.reason,
                    solver="cvc5",
                )
            )
            if {reply.answer, attempt.answer} == {"sat", "unsat"}:
                raise DisagreementError(
                    f"z3 answers {attempt.answer} and cvc5 {reply.answer} to the query "
                    f"{attempt.name!r}; one of them is wrong, so nothing is concluded"
                )
