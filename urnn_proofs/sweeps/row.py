"""A row: what became of one cell.

Verdict, trust and scope are those of a ``Report``, also where there was
no answer: then of a report that says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from urnn_proofs.checks.smt.limits import ANSWERED, DIED, MEMORY, TIME, Limits
from urnn_proofs.model.verdict import Check, Report, Trust, Verdict
from urnn_proofs.sweeps.cell import Question, canonical, sha256

__all__ = ["MAX_ATTEMPTS", "Row", "unanswered"]

_ENDS = (ANSWERED, TIME, MEMORY, DIED)

#: A cell that died is tried once more, on its own.
MAX_ATTEMPTS = 2


@dataclass(frozen=True)
class Row:
    """What became of one cell.

    Parameters
    ----------
    question
        Task, cell and key.
    verdict, trust, scope
        Those of the report.
    answer
        The report's title: what was found, in words.
    facts
        Numbers behind it, such as states, or the bounds ``at_least`` and ``at_most``.
    digest
        SHA-256 of the certificate's claim, or None without a certificate.
    ended
        "answered", "time limit", "memory limit" or "died".
    error
        Why there is no answer; empty otherwise.
    seconds
        Wall-clock time of the cell.
    attempts
        How often it was started.
    limits
        What it was allowed to use.
    version, tools
        The version of this package, and of everything else that took part.
    """

    question: Question
    verdict: Verdict
    trust: Trust
    scope: str
    answer: str
    ended: str
    error: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    digest: str | None = None
    seconds: float = 0.0
    attempts: int = 1
    limits: Limits = field(default_factory=Limits)
    version: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)

    def settles(self, limits: Limits, *, again: bool = False) -> bool:
        """Tell whether the cell need not be run (again) under these limits.

        What died is tried twice.  UNKNOWN is tried again where more is allowed than it had, and
        with *again* also everything that ended without an answer.
        """
        if self.ended == DIED and self.attempts < MAX_ATTEMPTS:
            return False
        if again and self.ended != ANSWERED:
            return False
        return self.verdict is not Verdict.UNKNOWN or not limits.allows_more_than(self.limits)

    def to_json(self) -> str:
        """Return the row as canonical JSON."""
        return canonical(
            {
                "key": self.question.key,
                "task": self.question.task,
                "cell": dict(self.question.cell),
                "verdict": self.verdict.value,
                "trust": self.trust.value,
                "scope": self.scope,
                "answer": self.answer,
                "ended": self.ended,
                "error": self.error,
                "facts": dict(self.facts),
                "digest": self.digest,
                "seconds": self.seconds,
                "attempts": self.attempts,
                "time_s": self.limits.time_s,
                "memory_mb": self.limits.memory_mb,
                "version": self.version,
                "tools": dict(self.tools),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Row:
        """Read a row strictly.

        Raises
        ------
        ValueError
            If anything is missing, of another type, or could not have come from a report.
        """
        try:
            data = json.loads(text)
            row = cls(
                question=Question(data["task"], data["cell"], data["key"]),
                verdict=Verdict(data["verdict"]),
                trust=Trust(data["trust"]),
                scope=data["scope"],
                answer=data["answer"],
                ended=data["ended"],
                error=data["error"],
                facts=data["facts"],
                digest=data["digest"],
                seconds=float(data["seconds"]),
                attempts=int(data["attempts"]),
                limits=Limits(data["time_s"], data["memory_mb"]),
                version=data["version"],
                tools=data["tools"],
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a row: {error!r}") from None
        row._check()
        return row

    def _check(self) -> None:
        named = {
            "task": self.question.task,
            "cell": self.question.cell,
            "version": self.version,
        }
        if self.question.key != sha256(named):
            raise ValueError("the key is not that of the cell")
        texts = (self.scope, self.answer, self.error, self.version)
        if self.ended not in _ENDS or not all(isinstance(t, str) for t in texts):
            raise ValueError("not a row: text expected")
        if self.ended != ANSWERED and self.verdict is not Verdict.UNKNOWN:
            raise ValueError("a cell without an answer has the verdict UNKNOWN")
        if self.trust is Trust.SAMPLE and self.verdict is Verdict.PROVED:
            raise ValueError("sampling never yields PROVED")


def unanswered(reason: str, verdict: Verdict = Verdict.UNKNOWN) -> Report:
    """Return the report of a cell that was not decided: UNKNOWN, or UNSUPPORTED.

    Examples
    --------
    >>> unanswered("the time limit of 1 s was reached").verdict
    <Verdict.UNKNOWN: 'UNKNOWN'>
    """
    if verdict not in (Verdict.UNKNOWN, Verdict.UNSUPPORTED):
        raise ValueError(f"verdict is {verdict}; a cell without an answer decides nothing")
    step = Check(
        name="sweep",
        claim="this cell has an answer",
        scope="this cell",
        verdict=verdict,
        trust=Trust.SAMPLE,
        engine="sweeps",
        evidence={"reason": reason},
    )
    return Report(f"no answer: {reason}", "this cell", (step,))
