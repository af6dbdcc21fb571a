"""Queries about classes of equal units: what is left of a smooth URNN once units are independent.

Let a URNN with N states match an RNN with n, and let the *classes* at time k be the sets of units
whose preactivations, as functions of all inputs so far, are nonconstant and equal up to sign.
Suppose the functions of distinct classes are independent, and that every unit i of the RNN has a
class ``g_k(i)`` of its own.  Orient signs along the classes, and let ``V_k`` be the span of the
signed indicators of all ``d_k`` classes.  Then

- ``U V_k`` lies in ``V_{k+1}``: units of one class see the same change, constant ones none.  U is
  injective, so ``n <= d_k <= d_{k+1} <= N``.
- In the bases of indicators U is a matrix M with ``M^T E_{k+1} M = E_k``, E the class sizes; the
  rows that belong to the RNN are ``[W, 0]``.
- If ``d_k = d_{k+1}``, M is square, ``M = [[W, 0], [A, B]]``, and ``W^T E'_{k+1} W = E'_k`` for the
  sizes E' of the n classes of the RNN (*isometry* queries check this step for given n and d).

So the sizes ``e_k`` are positive integers with ``sum e_k + d_k - n <= N`` and, while ``d`` stays,
``W^T E'_{k+1} W = E'_k``.  The *sequence* query asks for such numbers over a horizon: ``unsat``
excludes every URNN with at most N states for which the hypotheses hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from urnn_proofs.checks.smt.jet_encoding import (
    Clause,
    Literal,
    Polynomial,
    Query,
    constant,
    is_one_of,
    minus,
    plus,
    positive,
    times,
    variable,
)
from urnn_proofs.model.deadline import check_deadline
from urnn_proofs.model.errors import InputError

__all__ = ["isometry_query", "sequence_query"]

Matrix = Sequence[Sequence[Polynomial]]


def sequence_query(W: Matrix, states: int, horizon: int, side: Sequence[Clause] = ()) -> Query:
    """Ask for class sizes at times ``0, ..., horizon``.

    Parameters
    ----------
    W
        The RNN's transition matrix, (n, n); entries may contain parameters.
    states
        N >= n.
    horizon
        At least 1.
    side
        Conditions on the parameters.

    Raises
    ------
    InputError
        If N < n or the horizon is not positive.
    """
    n = len(W)
    if states < n or horizon < 1:
        raise InputError(f"states is {states}, horizon {horizon}; expected >= {n} and >= 1")
    products = _products(W)
    clauses: list[Clause] = list(side)
    before: tuple[list[Polynomial], Polynomial] | None = None
    for k in range(horizon + 1):
        e, d = [variable(f"e_{k}_{i}") for i in range(n)], variable(f"d_{k}")
        clauses += [is_one_of(x, range(1, states - n + 2)) for x in e]
        clauses.append(is_one_of(d, range(n, states + 1)))
        clauses.append((Literal(minus(plus(*e, d), constant(n + states)), "<="),))
        if before is not None:
            clauses.append((Literal(minus(before[1], d), "<="),))
            grows = Literal(minus(before[1], d), "<")
            clauses += [
                (grows, Literal(difference, "="))
                for difference in _congruence(products, e, before[0])
            ]
        before = e, d
    return Query(
        f"class sequences, n = {n}, N = {states}, horizon {horizon}",
        f"no sizes of classes fit {states} states over {horizon} steps",
        tuple(clauses),
    )


def isometry_query(W: Matrix, classes: int, side: Sequence[Clause] = ()) -> Query:
    """Ask for ``M = [[W, 0], [A, B]]`` with ``M^T F M = E`` and yet ``W^T F' W != E'``.

    Parameters
    ----------
    W
        (n, n); *classes* is d > n, and A, B fill the lower d - n rows.

    Raises
    ------
    InputError
        If d <= n (for d = n there is nothing to ask).
    """
    n = len(W)
    if classes <= n:
        raise InputError(f"classes is {classes}; expected more than n = {n}")
    low, zero = range(n, classes), constant(0)
    M: list[list[Polynomial]] = [[*row, *([zero] * (classes - n))] for row in W]
    M += [[variable(f"M_{i}_{j}") for j in range(classes)] for i in low]
    e = [variable(f"e_{i}") for i in range(classes)]
    f = [variable(f"f_{i}") for i in range(classes)]
    clauses: list[Clause] = [*side, *(positive(x) for x in (*e, *f))]
    clauses += [(Literal(p, "="),) for p in _congruence(_products(M), f, e)]
    clauses.append(tuple(Literal(p, "!=") for p in _congruence(_products(W), f[:n], e[:n])))
    return Query(
        f"isometry, n = {n}, {classes} classes",
        f"with {classes} classes at both times, W^T E'_(k+1) W = E'_k",
        tuple(clauses),
    )


def _products(M: Matrix) -> list[tuple[int, int, list[Polynomial]]]:
    """Return i, j and ``M_ki M_kj`` for every k, for all i <= j."""
    size, found = range(len(M)), []
    for i in size:
        check_deadline()
        found += [(i, j, [times(M[k][i], M[k][j]) for k in size]) for j in size[i:]]
    return found


def _congruence(
    products: Sequence[tuple[int, int, Sequence[Polynomial]]],
    later: Sequence[Polynomial],
    earlier: Sequence[Polynomial],
) -> list[Polynomial]:
    """Return the entries (i <= j) of ``M^T diag(later) M - diag(earlier)``."""
    found = []
    for i, j, terms in products:
        check_deadline()
        total = plus(*(times(e, p) for e, p in zip(later, terms, strict=True)))
        found.append(minus(total, earlier[i]) if i == j else total)
    return found
