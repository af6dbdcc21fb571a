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

__all__ = ["memoryless_queries"]


def memoryless_queries(states: int) -> tuple[Query, ...]:
    """Return queries that are all ``unsat``: no such rows and columns, with a basis of R^N fixed.

    The first N of them show that ``b_j`` is no combination of earlier columns, so that
    ``b_0, ..., b_{N-1}`` may be taken as the basis (orthogonality is not used, so any basis will
    do); the last asks for ``a_N`` and ``b_N`` in this basis.
    """
    if states < 1:
        raise InputError(f"states is {states}; expected at least 1")
    N = states
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
