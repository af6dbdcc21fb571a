"""Z3 queries in a child process, which can be killed.

Nonlinear queries may ignore Z3's own time limit or take all memory; a child process is stopped
whatever it does.  ``unknown``, a time-out, a crash and a lack of memory are alike: not decided.  A
child that has decided its query is kept for the next one; any other is killed.
"""

from __future__ import annotations

import atexit
import contextlib
import enum
import json
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from urnn_proofs.errors import InputError
from urnn_proofs.number import parse_rational

__all__ = ["Outcome", "Sat", "solve"]

# Z3 is asked to stop at the limit; what has not stopped this much later is killed.
_GRACE_S = 1.5
_LEAST_MEMORY_MB = 512


class Sat(enum.Enum):
    """Whether the assertions can hold together."""

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """The answer to one query.

    Parameters
    ----------
    answer
        SAT, UNSAT or UNKNOWN.
    values
        For SAT, a value for each constant of the model: exact if rational, None otherwise.
        Constants on which the assertions do not depend may be absent.
    texts
        The values that are not rational (algebraic numbers, Booleans) as Z3 prints them.
    reason
        Why it is UNKNOWN; empty otherwise.
    seconds
        Wall-clock time, the start of the process included.
    smt2
        The query.
    """

    answer: Sat
    values: Mapping[str, Fraction | None] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0
    smt2: str = field(default="", repr=False)


def solve(
    smt2: str,
    *,
    budget_s: float = 10.0,
    memory_mb: int = 2048,
    tactics: Sequence[str] = ("qfnra-nlsat",),
) -> Outcome:
    """Decide SMT-LIB 2 text in a child process.

    Parameters
    ----------
    smt2
        Declarations and assertions; ``(check-sat)`` may be left out.
    budget_s
        Wall-clock limit in seconds, positive; the child is killed shortly after it.
    memory_mb
        Limit on its address space in megabytes, at least 512 (not enforced on Windows).
    tactics
        Names of Z3 tactics, applied one after the other; none for Z3's default solver.

    Raises
    ------
    InputError
        If a limit is out of range.  Text that Z3 cannot read is UNKNOWN, with its message.

    Examples
    --------
    >>> outcome = solve("(declare-const x Real) (assert (= (* 2 x) 3))")
    >>> outcome.answer, outcome.values
    (<Sat.SAT: 'sat'>, {'x': Fraction(3, 2)})
    >>> solve("(declare-const x Real) (assert (< (* x x) 0))").answer
    <Sat.UNSAT: 'unsat'>
    """
    if not budget_s > 0:
        raise InputError(f"budget_s is {budget_s}; expected a positive number of seconds")
    if memory_mb < _LEAST_MEMORY_MB:
        raise InputError(f"memory_mb is {memory_mb}; expected at least {_LEAST_MEMORY_MB}")
    start = time.monotonic()
    key = secrets.token_hex(8)
    query = {
        "id": key,
        "smt2": smt2,
        "timeout_ms": max(1, int(budget_s * 1000)),
        "tactics": list(tactics),
    }
    place = os.getpid(), memory_mb  # a fork must not talk to its parent's child
    child = _idle.pop(place, None) or _Child(memory_mb)
    outcome = None
    try:
        message = json.loads(child.ask(json.dumps(query), budget_s + _GRACE_S))
        if message["id"] != key:  # the answer to something else is no answer
            raise ValueError("stray answer")
        outcome = _outcome(message, time.monotonic() - start, smt2)
    except queue.Empty:
        return _undecided(f"killed after {budget_s:g} s", start, smt2)
    except (OSError, ValueError, TypeError, KeyError):
        return _undecided(f"the solver process ended, status {child.stop()}", start, smt2)
    finally:
        if outcome is not None and outcome.answer is not Sat.UNKNOWN and place not in _idle:
            _idle[place] = child
        else:
            child.stop()
    return outcome


class _Child:
    """A solver process and the thread that reads its answers."""

    def __init__(self, memory_mb: int) -> None:
        self._process = subprocess.Popen(
            _command(memory_mb),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._ended.set()
        self._lines.put("")  # no JSON: whoever waits learns of the end

    def ask(self, query: str, timeout_s: float) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(query + "\n")
        self._process.stdin.flush()
        return self._lines.get(timeout=timeout_s)

    def stop(self) -> int:
        """Kill the process, unless it has ended by itself, and return its exit status."""
        process = self._process
        if self._ended.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1)
        process.kill()
        status = process.wait()
        self._reader.join()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        return status


# At most one waiting child for each process and memory limit.
_idle: dict[tuple[int, int], _Child] = {}


@atexit.register
def _stop_idle() -> None:
    while _idle:
        _idle.popitem()[1].stop()


def _command(memory_mb: int) -> list[str]:
    """Return how to start the child: isolated, with this process's search path and no other."""
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; "
        f"from urnn_proofs.smt.child import main; main({memory_mb})"
    )
    flags = ["-I", "-B"] if sys.dont_write_bytecode else ["-I"]
    return [sys.executable, *flags, "-c", code]


def _undecided(reason: str, start: float, smt2: str) -> Outcome:
    return Outcome(Sat.UNKNOWN, reason=reason, seconds=time.monotonic() - start, smt2=smt2)


def _outcome(message: Mapping[str, Any], seconds: float, smt2: str) -> Outcome:
    values: dict[str, Fraction | None] = {}
    texts: dict[str, str] = {}
    for name, entry in message["values"].items():
        if entry["kind"] == "rational":
            values[name] = parse_rational(entry["text"], name)
        else:
            values[name] = None
            texts[name] = entry["text"]
    answer = Sat(message["answer"])
    return Outcome(answer, values, texts, message["reason"], seconds, smt2)
