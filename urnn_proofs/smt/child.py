"""What runs inside the solver process: a query on standard input, the answer on standard output.

Started by :func:`urnn_proofs.smt.process.solve`, never imported by anything else.  Both messages
are JSON; the query is SMT-LIB text, which Z3 parses and nothing evaluates.
"""

from __future__ import annotations

import json
import sys
from typing import Any

__all__ = ["main"]


def main() -> None:
    """Read a query, answer it."""
    query = json.loads(sys.stdin.read())
    _limit_memory(int(query["memory_mb"]))
    import z3  # after the limit, so that it holds for everything Z3 allocates

    try:
        answer = _solve(z3, query)
    except (z3.Z3Exception, MemoryError) as error:
        answer = {"answer": "unknown", "reason": f"solver error: {error}", "values": {}}
    sys.stdout.write(json.dumps(answer))


def _limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows: there only the time limit holds
        return
    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _solve(z3: Any, query: dict[str, Any]) -> dict[str, Any]:
    tactics = query["tactics"]
    if not tactics:
        solver = z3.Solver()
    elif len(tactics) == 1:
        solver = z3.Tactic(tactics[0]).solver()
    else:
        solver = z3.Then(*tactics).solver()
    solver.set("timeout", int(query["timeout_ms"]))
    solver.from_string(query["smt2"])
    status = solver.check()
    if status == z3.unknown:
        return {"answer": "unknown", "reason": solver.reason_unknown(), "values": {}}
    values = _values(z3, solver) if status == z3.sat else {}
    return {"answer": str(status), "reason": "", "values": values}


def _values(z3: Any, solver: Any) -> dict[str, dict[str, str]]:
    """Return every constant's value: exact for rationals, as text for anything else."""
    model = solver.model()
    found = {}
    for declaration in model.decls():
        if declaration.arity() == 0:
            value = model[declaration]
            rational = z3.is_rational_value(value) or z3.is_int_value(value)
            kind = "rational" if rational else "other"
            text = value.as_string() if rational else value.sexpr()
            found[declaration.name()] = {"kind": kind, "text": text}
    return found
