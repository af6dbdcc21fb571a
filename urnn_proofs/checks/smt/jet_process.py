"""Queries in a child process that can be killed: SMT-LIB text in, answer and model out.

The child has a limit on memory and on processor time; the parent kills it when the wall clock runs
out, whatever the solver is doing.  No answer is one of the answers: ``unknown``, with the reason.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import Any

from urnn_proofs.model.errors import InputError, MissingExtraError

__all__ = ["NLSAT", "Outcome", "require_solver", "run_queries", "run_query"]

#: Z3 tactics that decide systems of polynomial equations best.
NLSAT = (
    "simplify",
    "solve-eqs",
    "elim-term-ite",
    "simplify",
    "propagate-values",
    "tseitin-cnf",
    "qfnra-nlsat",
)
_STARTUP_S = 1.0
_ROOT = str(Path(__file__).parents[2])


@dataclass(frozen=True)
class Outcome:
    """What became of one query.

    Parameters
    ----------
    answer
        ``"sat"``, ``"unsat"`` or ``"unknown"``.
    model
        For ``sat``: values as text, exact ``"p/q"`` or decimals (those end in ``"?"``).
    reason
        For ``unknown``: why.
    seconds
        Wall-clock time of this query.
    """

    answer: str
    model: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0


def run_query(
    smt2: str,
    *,
    seconds: float,
    megabytes: int = 2048,
    tactics: Sequence[str] = NLSAT,
    solver: str = "z3",
) -> Outcome:
    """Run one query: see :func:`run_queries`.

    Examples
    --------
    >>> run_query("(declare-const x Real)(assert (= (* x x) 2.25))(assert (> x 0))", seconds=20)
    ... # doctest: +ELLIPSIS
    Outcome(answer='sat', model={'x': '3/2'}, reason='', seconds=...)
    """
    return run_queries(
        [smt2], seconds=seconds, megabytes=megabytes, tactics=tactics, solver=solver
    )[0]


def run_queries(
    texts: Sequence[str],
    *,
    seconds: float,
    megabytes: int = 2048,
    tactics: Sequence[str] = NLSAT,
    solver: str = "z3",
) -> tuple[Outcome, ...]:
    """Run queries one after the other in one child process.

    Parameters
    ----------
    texts
        SMT-LIB 2 texts: declarations and assertions.
    seconds, megabytes
        Limits of time (for all of them together) and memory, positive.
    tactics
        Z3 tactics to apply in order; empty for Z3's default solver.
    solver
        ``"z3"``, or ``"cvc5"`` (the extra ``smt``).

    Returns
    -------
    tuple of Outcome
        One for each text; what was not reached is ``unknown``.

    Raises
    ------
    InputError
        If a limit is not positive or the solver has another name.
    MissingExtraError
        If cvc5 is asked for and not installed.
    """
    if not (seconds > 0 and megabytes > 0):
        raise InputError(f"seconds is {seconds}, megabytes {megabytes}; expected positive limits")
    require_solver(solver)
    task = {
        "texts": list(texts),
        "seconds": seconds,
        "megabytes": megabytes,
        "tactics": list(tactics),
        "solver": solver,
    }
    start = time.monotonic()
    # A session of its own: Ctrl-C reaches the parent, which kills the child.
    with subprocess.Popen(
        [sys.executable, "-m", "urnn_proofs.checks.smt.jet_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([_ROOT, *sys.path])},
    ) as child:
        try:
            text, _ = child.communicate(json.dumps(task), timeout=seconds + _STARTUP_S)
            reason = f"the solver's process ended with status {child.returncode}"
        except subprocess.TimeoutExpired:
            child.kill()
            text, _ = child.communicate()
            reason = "time is up"
        finally:
            child.kill()
    spent = time.monotonic() - start
    outcomes = list(takewhile(lambda x: x is not None, map(_read, text.splitlines())))
    lost = Outcome("unknown", reason=reason, seconds=spent)
    return tuple(x or lost for x, _ in zip_longest(outcomes, texts))


def require_solver(solver: str) -> None:
    """Raise InputError for an unknown solver, MissingExtraError for one that is not installed."""
    if solver not in ("z3", "cvc5"):
        raise InputError(f"solver is {solver!r}; expected 'z3' or 'cvc5'")
    if find_spec(solver) is None:
        extra = "[smt]" if solver == "cvc5" else ""
        raise MissingExtraError(f"{solver} is not installed; install urnn_proofs{extra}")


def _read(line: str) -> Outcome | None:
    try:
        answer = json.loads(line)
        return Outcome(answer["answer"], answer["model"], answer["reason"], answer["seconds"])
    except (ValueError, KeyError, TypeError):  # cut off in the middle
        return None


def _z3(text: str, seconds: float, tactics: Sequence[str]) -> dict[str, Any]:
    import z3

    if tactics:
        chain = z3.Then(*tactics) if len(tactics) > 1 else z3.Tactic(tactics[0])
        solver = chain.solver()
    else:
        solver = z3.Solver()
    solver.set("timeout", max(1, int(1000 * seconds)))
    solver.add(*z3.parse_smt2_string(text))
    status = solver.check()
    model = {}
    if status == z3.sat:
        found = solver.model()
        for symbol in (x for x in found.decls() if x.arity() == 0):
            value = found[symbol]
            exact = z3.is_rational_value(value)
            model[symbol.name()] = str(value.as_fraction()) if exact else value.as_decimal(40)
    reason = solver.reason_unknown() if status == z3.unknown else ""
    return {"answer": str(status), "model": model, "reason": reason}


def _cvc5(text: str, seconds: float, tactics: Sequence[str]) -> dict[str, Any]:
    import cvc5

    solver = cvc5.Solver()
    solver.setOption("tlimit", str(max(1, int(1000 * seconds))))
    parser = cvc5.InputParser(solver)
    script = f"(set-logic QF_NRA)\n{text}\n(check-sat)\n"
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "query")
    symbols, last = parser.getSymbolManager(), ""
    while not (command := parser.nextCommand()).isNull():
        last = str(command.invoke(solver, symbols)).strip() or last
    answer = last if last in ("sat", "unsat") else "unknown"
    return {"answer": answer, "model": {}, "reason": "" if answer == last else last}


def _limit(megabytes: int, seconds: float) -> None:
    try:
        import resource
    except ImportError:  # not on Windows: the parent's clock remains
        return
    size = megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    clock = int(seconds + _STARTUP_S) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (clock, clock))


def _child() -> None:
    task = json.loads(sys.stdin.read())
    _limit(task["megabytes"], task["seconds"])
    run, end = _cvc5 if task["solver"] == "cvc5" else _z3, time.monotonic() + task["seconds"]
    for text in task["texts"]:
        start = time.monotonic()
        try:
            result = run(text, end - start, task["tactics"])
        except Exception as error:  # unknown and exceptions of the solver are treated alike
            result = {"answer": "unknown", "model": {}, "reason": f"solver error: {error}"}
        result["seconds"] = time.monotonic() - start
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _child()
