"""One short Z3 query, in this process and with a time limit, as a value.

It does not go through the runner of child processes: what is asked here are inequalities in at most
a dozen variables, answered in milliseconds, so starting a process would cost ten times the answer;
Z3 stops itself at its limit on queries of this size.  Whatever may run for seconds belongs into
:mod:`urnn_proofs.checks.smt.queries`.

``unknown`` and exceptions of the solver are treated alike, and the SMT-LIB text of what
stayed undecided is kept so that it can be run again elsewhere.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import z3

__all__ = ["Answer", "QueryResult", "entails"]

_TIMEOUT_MS = 5_000


class Answer(enum.Enum):
    """Whether the conclusion follows."""

    FOLLOWS = "follows"
    FAILS = "fails"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class QueryResult:
    """The answer to one query.

    Parameters
    ----------
    answer
        FOLLOWS if hypotheses and negated conclusion are unsatisfiable together.
    detail
        The countermodel, or the solver's reason for giving up; empty for FOLLOWS.
    smt2
        The query as SMT-LIB 2 text.
    """

    answer: Answer
    detail: str
    smt2: str


def entails(hypotheses: Sequence[Any], conclusion: Any) -> QueryResult:
    """Ask Z3 whether *conclusion* follows from *hypotheses*.

    Examples
    --------
    >>> x = z3.Real("x")
    >>> entails([x > 1], x > 0).answer
    <Answer.FOLLOWS: 'follows'>
    >>> entails([x > 0], x > 1).answer
    <Answer.FAILS: 'fails'>
    """
    solver = z3.Solver()
    solver.set("timeout", _TIMEOUT_MS)
    solver.add(*hypotheses)
    solver.add(z3.Not(conclusion))
    text = solver.to_smt2()
    try:
        status = solver.check()
        if status == z3.unsat:
            return QueryResult(Answer.FOLLOWS, "", text)
        if status == z3.sat:
            return QueryResult(Answer.FAILS, str(solver.model()), text)
        return QueryResult(Answer.UNDECIDED, solver.reason_unknown(), text)
    except z3.Z3Exception as error:
        return QueryResult(Answer.UNDECIDED, f"solver error: {error}", text)
