"""What the driver sends to a worker, and the row it makes of what comes back."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace

from urnn_proofs.checks.smt.limits import ANSWERED, DIED, MEMORY, TIME, Limits
from urnn_proofs.sweeps.cell import Question, canonical
from urnn_proofs.sweeps.row import Row, unanswered

__all__ = ["asked", "lost", "received"]

_REPORTED = ("verdict", "trust", "scope", "answer", "facts", "digest", "error")


def asked(question: Question, limits: Limits) -> str:
    """Return the text for a worker; no two are the same, so that no executor answers from memory.

    Examples
    --------
    >>> question = Question.of("verify", {"w": "1/2", "input_bound": 1}, "1")
    >>> asked(question, Limits()) == asked(question, Limits())
    False
    """
    return canonical(
        {
            "task": question.task,
            "cell": dict(question.cell),
            "time_s": limits.time_s,
            "memory_mb": limits.memory_mb,
            "once": secrets.token_hex(8),
        }
    )


def received(question: Question, text: str, limits: Limits, attempts: int, version: str) -> Row:
    """Make the row of an answer; what cannot be read, or is of another version, is no answer."""
    try:
        found = json.loads(text)
        ended, theirs = found["ended"], found.get("version", version)
        if theirs != version:
            return lost(
                question, f"the worker runs urnn_proofs {theirs}", limits, attempts, version
            )
        seconds, tools = found.get("seconds", 0.0), found.get("tools", {})
        if ended != ANSWERED:
            if ended not in (TIME, MEMORY, DIED):
                raise ValueError("how it ended is not known")
            row = lost(question, str(found["error"]), limits, attempts, version)
            return replace(row, ended=ended, seconds=float(seconds), tools=dict(tools))
        data = json.loads(lost(question, "", limits, attempts, version).to_json())
        data |= {name: found[name] for name in _REPORTED}
        data |= {"ended": ended, "seconds": seconds, "tools": tools}
        return Row.from_json(canonical(data))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"the worker's answer cannot be read: {error}"
        return lost(question, why, limits, attempts, version)


def lost(question: Question, why: str, limits: Limits, attempts: int, version: str) -> Row:
    """Return the row of a cell whose worker was lost."""
    none = unanswered(why)
    report = (none.verdict, none.trust, none.scope, none.title)
    return Row(question, *report, DIED, why, attempts=attempts, limits=limits, version=version)
