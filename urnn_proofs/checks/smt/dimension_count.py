"""The dimension count of Theorem 3.2 in linear integer arithmetic, for symbolic n and N."""

from __future__ import annotations

import z3

from urnn_proofs.checks.smt.solver import QueryResult, entails

__all__ = ["dimension_count"]


def dimension_count() -> dict[str, QueryResult]:
    """Ask Z3 for each inference of the count, with integer variables.

    Examples
    --------
    >>> sorted({r.answer.value for r in dimension_count().values()})
    ['follows']
    """
    n, N, a, e, before, now, start, j = z3.Ints("n N a e before now start j")
    growth = [now >= n + e, e >= before - (N - a), N - a <= n - 1]  # T1, T2, few added states
    return {
        "growth": entails(growth, now >= before + 1),
        "sum": entails([before >= start + j, now >= before + 1], now >= start + j + 1),
        "full": entails([now >= start + N, start >= n, n >= 1, now <= N], z3.BoolVal(False)),
        "some k": entails([z3.Not(N - a <= n - 1)], N - a >= n),
        "conclusion": entails([N - a >= n, a >= n], N >= 2 * n),
    }
