"""The dimension count of Theorem 3.2 in linear integer arithmetic, for symbolic n and N."""

from __future__ import annotations

import z3

from urnn_proofs.checks.smt.solver import QueryResult, entails

__all__ = ["CLAIMS", "dimension_count"]

#: What each inference says: a units are active; x and y are the dimensions of two state spaces in
#: a row, e that of what is left of the former, s that of the first.
CLAIMS = {
    "growth": "y >= n + e, e >= x - (N - a) and N - a <= n - 1 imply y >= x + 1",
    "sum": "x >= s + j and y >= x + 1 imply y >= s + j + 1",
    "full": "y >= s + N, s >= n, n >= 1 and y <= N contradict each other",
    "some k": "if N - a <= n - 1 fails, then N - a >= n",
    "conclusion": "N - a >= n and a >= n imply N >= 2n",
}


def dimension_count() -> dict[str, QueryResult]:
    """Ask Z3 for each inference of the count, with integer variables.

    Examples
    --------
    >>> sorted({r.answer.value for r in dimension_count().values()})
    ['follows']
    """
    n, N, a, e, x, y, s, j = z3.Ints("n N a e x y s j")
    growth = [y >= n + e, e >= x - (N - a), N - a <= n - 1]  # T1, T2, few added states
    return {
        "growth": entails(growth, y >= x + 1),
        "sum": entails([x >= s + j, y >= x + 1], y >= s + j + 1),
        "full": entails([y >= s + N, s >= n, n >= 1, y <= N], z3.BoolVal(False)),
        "some k": entails([z3.Not(N - a <= n - 1)], N - a >= n),
        "conclusion": entails([N - a >= n, a >= n], N >= 2 * n),
    }
