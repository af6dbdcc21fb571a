"""What runs inside the solver process: a query a line on standard input, an answer a line out.

Started by :mod:`urnn_proofs.smt.process`, never imported by anything else.  Messages are JSON; the
query is SMT-LIB text, which Z3 parses and nothing evaluates.  Each query has a context of its own,
so its answer does not depend on what came before.
"""

from __future__ import annotations

import json
import sys
from typing import Any

__all__ = ["main"]


def main(memory_mb: int) -> None:
    """Answer queries until standard input ends."""
    _limit_memory(memory_mb)
    import z3  # after the limit, so that it holds for everything Z3 allocates

    for line in sys.stdin:
        query = json.loads(line)
        try:
            answer = _solve(z3, query)
        except (z3.Z3Exception, MemoryError) as error:
            answer = {"answer": "unknown", "reason": f"solver error: {error}", "values": {}}
        print(json.dumps({"id": query["id"], **answer}), flush=True)


def _limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows: there only the time limit holds
        return
    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _solve(z3: Any, query: dict[str, Any]) -> dict[str, Any]:
    tactics, context = query["tactics"], z3.Context()
    if not tactics:
        solver = z3.Solver(ctx=context)
    elif len(tactics) == 1:
        solver = z3.Tactic(tactics[0], ctx=context).solver()
    else:
        solver = z3.Then(*tactics, ctx=context).solver()
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
