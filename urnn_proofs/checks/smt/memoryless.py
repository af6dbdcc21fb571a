"""Queries for networks without memory: a URNN with invertible slopes cannot forget.

With ``W = 0`` the output at time k depends on ``x^k`` alone.  Let a URNN with N states match, fix a
base point where the slopes of all its units are nonzero, and let ``Phi(j, i)`` be the product of
``D_k U`` for k = i+1, ..., j, extended to j < i by inverses.  With the rows
``a_j = C_u Phi(j, 0)`` and the columns ``b_i = Phi(0, i) D_i F_u`` of length N,

    ``a_j . b_i = d y^j / d x^i = 0`` for i < j,  and ``a_j . b_j != 0``,

0 <= i, j <= N (one input and one output are looked at).  That is impossible: the b_i are N + 1
independent vectors in R^N.
"""

from __future__ import annotations

from urnn_proofs.checks.smt.jet_encoding import (
    Clause,
    Literal,
    Query,
    constant,
    equals,
    minus,
    plus,
    times,
    variable,
)
from urnn_proofs.model.errors import InputError

__all__ = ["memoryless_queries", "raw_query"]


def raw_query(states: int, *, drop: int | None = None) -> Query:
    """Ask for the rows and columns themselves, all ``2 N (N + 1)`` numbers unknown.

    *drop* (for controls) leaves out the equations of the row ``a_drop`` with earlier columns.
    """
    N = _checked(states)
    a = [[variable(f"a_{j}_{l}") for l in range(N)] for j in range(N + 1)]
    b = [[variable(f"b_{i}_{l}") for l in range(N)] for i in range(N + 1)]
    clauses: list[Clause] = []
    for j in range(N + 1):
        for i in range(j + 1):
            product = plus(*(times(x, y) for x, y in zip(a[j], b[i], strict=True)))
            if i == j or j != drop:
                clauses.append(equals(product, constant(int(i == j))))
    return Query(f"no memory, N = {N}, raw", f"{N} states cannot forget", tuple(clauses))


def memoryless_queries(states: int) -> tuple[Query, ...]:
    """Return queries that are all ``unsat``: the raw one, with a basis of R^N fixed.

    The first N of them show that ``b_j`` is no combination of earlier columns, so that
    ``b_0, ..., b_{N-1}`` may be taken as the basis (orthogonality is not used, so any basis will
    do); the last asks for ``a_N`` and ``b_N`` in this basis.
    """
    N = _checked(states)
    queries = []
    for j in range(1, N + 1):
        g = [variable(f"g_{i}") for i in range(j + 1)]
        combined = plus(*(times(variable(f"c_{i}"), g[i]) for i in range(j)))
        clauses = [equals(x, constant(0)) for x in g[:j]]
        clauses += [equals(g[j], combined), (Literal(g[j], "!="),)]
        what = f"column {j} is no combination of columns 0, ..., {j - 1}"
        queries.append(Query(f"no memory, column {j}", what, tuple(clauses)))
    a, b = ([variable(f"{x}_{l}") for l in range(N)] for x in "ab")
    product = plus(*(times(x, y) for x, y in zip(a, b, strict=True)))
    clauses = [equals(x, constant(0)) for x in a]
    clauses.append((Literal(minus(product, constant(0)), "!="),))
    what = f"{N} states cannot forget"
    queries.append(Query(f"no memory, N = {N}, basis fixed", what, tuple(clauses)))
    return tuple(queries)


def _checked(states: int) -> int:
    if states < 1:
        raise InputError(f"states is {states}; expected at least 1")
    return states
