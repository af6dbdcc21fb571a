"""Queries in processes that can be killed: SMT-LIB text in, answer and model out.

Each query is one question to a :class:`~urnn_proofs.checks.smt.process.Server` whose process has
imported Z3; it is killed when its time or memory is used up, whatever the solver is doing.  A
process that has decided its query is kept for the next one, any other is ended.  No answer is one
of the answers: ``unknown``, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from urnn_proofs.checks.smt.forked import serve
from urnn_proofs.checks.smt.limits import ANSWERED, TIME, Limits
from urnn_proofs.checks.smt.process import Server
from urnn_proofs.model.errors import InputError, MissingExtraError

__all__ = ["NLSAT", "Reply", "query_server", "require_solver", "run_query"]

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
# The solver is asked to stop at its time, and its process is killed a little later.
_GRACE_S = 0.2


@dataclass(frozen=True)
class Reply:
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


def query_server() -> Server:
    """Return what runs queries; whoever makes it stops it."""
    return Server(__name__, grace_s=_GRACE_S)


def run_query(
    smt2: str,
    *,
    seconds: float,
    megabytes: int = 2048,
    tactics: Sequence[str] = NLSAT,
    solver: str = "z3",
    server: Server | None = None,
) -> Reply:
    """Run one query.

    Parameters
    ----------
    smt2
        SMT-LIB 2 text: declarations and assertions.
    seconds, megabytes
        Limits of time, the start of a process included, and memory (at least 64).
    tactics
        Z3 tactics to apply in order; empty for Z3's default solver.
    solver
        ``"z3"``, or ``"cvc5"`` (the extra ``smt``).
    server
        From :func:`query_server`; one is started for this query if None.

    Raises
    ------
    InputError
        If a limit is out of range or the solver has another name.
    MissingExtraError
        If cvc5 is asked for and not installed.

    Examples
    --------
    >>> run_query("(declare-const x Real)(assert (= (* x x) 2.25))(assert (> x 0))", seconds=20)
    ... # doctest: +ELLIPSIS
    Reply(answer='sat', model={'x': '3/2'}, reason='', seconds=...)
    """
    Limits(seconds, megabytes)  # refuses what is out of range
    require_solver(solver)
    start = time.monotonic()
    with query_server() if server is None else nullcontext(server) as warm:
        hello = warm.start(seconds)
        left = start + seconds - time.monotonic()
        if "error" in hello:
            found: Mapping[str, Any] = hello
        elif left <= 0:
            found = {"ended": TIME}
        else:
            job = {"text": smt2, "seconds": left, "tactics": list(tactics), "solver": solver}
            found = warm.ask(job, Limits(left, megabytes))
        if found.get("answer") not in ("sat", "unsat"):  # what it holds in memory is unknown, too
            warm.stop()
    if found["ended"] == ANSWERED:
        return Reply(found["answer"], found["model"], found["reason"], found["seconds"])
    reason = "time is up" if found["ended"] == TIME else str(found["error"])
    return Reply("unknown", reason=reason, seconds=time.monotonic() - start)


def require_solver(solver: str) -> None:
    """Raise InputError for an unknown solver, MissingExtraError for one that is not installed."""
    if solver not in ("z3", "cvc5"):
        from urnn_proofs.model.number import shorten  # here: the process starts without NumPy

        raise InputError(f"solver is {shorten(solver)}; expected 'z3' or 'cvc5'")
    if solver == "cvc5" and find_spec(solver) is None:  # Z3 comes with the package
        raise MissingExtraError("cvc5 is not installed; install urnn_proofs[smt]")


def main() -> None:
    """Be the process that answers queries; started by :func:`query_server` only."""
    serve(_answer, _warm_up, forks=False)


def _warm_up() -> Mapping[str, Any]:
    import z3  # noqa: F401

    return {}


def _answer(job: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    run = _cvc5 if job["solver"] == "cvc5" else _z3
    try:
        return run(job["text"], job["seconds"], job["tactics"])
    except Exception as error:  # unknown and exceptions of the solver are treated alike
        return {"answer": "unknown", "model": {}, "reason": f"solver error: {error}"}


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
