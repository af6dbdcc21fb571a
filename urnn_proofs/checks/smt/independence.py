"""Queries that prove ``1, phi(F_1 x + o_1), ..., phi(F_r x + o_r)`` linearly independent.

phi is tanh or the logistic function, x one real variable, every ``F_i`` nonzero, the pairs
``(F_i, o_i)`` different up to sign.  Since ``logistic(p) = (1 + tanh(p/2)) / 2``, one proof serves
both; let phi be tanh.  Two independent proofs, both by polynomial queries:

*One step* (r <= 3).  Suppose ``sum C_i tanh(F_i x + o_i)`` is constant and ``C_1 != 0``.  Scale x
so that ``F_1 = 1``, shift it so that ``tanh(x + o_1) = 1/2`` at the base point, scale all C_i.
Derivatives at the base point are ``c_i G_k(u_i, b_i)`` with ``u_i = F_i tanh``, ``b_i = F_i^2 -
u_i^2 > 0``; the pair ``(u, b)`` determines ``tanh(F x + o) F`` and its argument up to sign, so
distinct functions have distinct pairs.

*Expansion* (r <= 5; beyond, the solver gives up).  Choose signs so that every ``F_i > 0``.  For
large x, ``tanh(F x + o) = 1 + 2 sum_k (-1)^k z^k e^{-2 k F x}`` with ``z = e^{-2 o} > 0``, and for
large -x the same with ``z^{-k}`` and ``e^{2 k F x}``, up to sign and constants.  Let F be the least
of the F_i and g the number of units that have it.  The coefficient of ``e^{-2 k F x}`` is
``(-1)^k sum C_i z_i^k`` over those g units, plus what other units contribute; unit j contributes
only if ``k F`` is a multiple of ``F_j > F``, so only if k is a multiple of an integer above 1 that
belongs to j.  Take k = 1 and primes: each of the r - g other units spoils at most one of them.  The
remaining k give ``sum C_i z_i^{k} = sum C_i z_i^{-k} = 0``, which queries refute.  For any r the
matrix of these powers is regular by Descartes' rule of signs: a combination of g powers of z
vanishes at no more than g - 1 positive z.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from urnn_proofs.checks.smt.jet_encoding import (
    Clause,
    Literal,
    Polynomial,
    Query,
    constant,
    minus,
    plus,
    positive,
    scaled,
    times,
    variable,
)
from urnn_proofs.model.errors import InputError

__all__ = ["expansion_queries", "exponent_sets", "one_step_queries"]

_BASE = Fraction(1, 2)
_PRIMES = (2, 3, 5, 7, 11, 13, 17)


def one_step_queries(jets: Sequence[Polynomial], count: int) -> tuple[Query, ...]:
    """Return the queries of the first proof; all ``unsat`` proves independence of *count*.

    Parameters
    ----------
    jets
        ``G_1, G_2, ...`` in the variables "u" and "b"; as many derivatives are used as given.
    count
        r, at most 3.

    Raises
    ------
    InputError
        If *count* is not 1, 2 or 3.
    """
    if count not in (1, 2, 3):
        raise InputError(f"count is {count}; expected 1, 2 or 3")
    u = [constant(_BASE)] + [variable(f"u{i}") for i in range(1, count)]
    b = [constant(1 - _BASE**2)] + [variable(f"b{i}") for i in range(1, count)]
    c = [constant(-1)] + [variable(f"c{i}") for i in range(1, count)]
    clauses: list[Clause] = [
        (
            Literal(
                plus(*(times(x, _compose(G, y, z)) for x, y, z in zip(c, u, b, strict=True))), "="
            ),
        )
        for G in jets
    ]
    for i in range(1, count):
        clauses.append((Literal(scaled(-1, b[i]), "<"),))
        different = (Literal(minus(u[i], u[0]), "!="), Literal(minus(b[i], b[0]), "!="))
        clauses.append(different)
    what = f"{count} distinct units cannot cancel (one step, {len(jets)} derivatives)"
    if count < 3:
        return (Query(f"one step, {count} units", what, tuple(clauses)),)
    # The two unknown units may be named so that u1 < u2, or u1 = u2 and b1 < b2.
    less, same = Literal(minus(u[1], u[2]), "<"), Literal(minus(u[1], u[2]), "=")
    lower = Literal(minus(b[1], b[2]), "<")
    return (
        Query("one step, 3 units, u1 < u2", what, (*clauses, (less,))),
        Query("one step, 3 units, u1 = u2", what, (*clauses, (same,), (lower,))),
    )


def _compose(G: Polynomial, u: Polynomial, b: Polynomial) -> Polynomial:
    terms = []
    for monomial, coefficient in G.items():
        factors = [u if name == "u" else b for name, e in monomial for _ in range(e)]
        terms.append(scaled(coefficient, times(*factors)))
    return plus(*terms)


def exponent_sets(count: int) -> tuple[tuple[int, ...], ...]:
    """Return the sets of g exponents that the second proof may have to use, for each g <= r.

    Examples
    --------
    >>> exponent_sets(3)
    ((1,), (-1, 1), (-1, 1, 2))
    >>> exponent_sets(4)[-2:]
    ((-1, 1, 3), (-2, -1, 1, 2))
    """
    found = []
    for g in range(1, count + 1):
        primes = (g + 1) // 2 - 1
        spoiled = count - g if primes else 0
        for chosen in combinations(_PRIMES[: primes + spoiled], primes):
            both = [s * k for k in (1, *chosen) for s in (1, -1)]
            found.append(tuple(sorted(both[:g])))
    return tuple(found)


def expansion_queries(count: int) -> tuple[Query, ...]:
    """Return the queries of the second proof; all ``unsat`` proves independence of *count*.

    Raises
    ------
    InputError
        If *count* is not between 1 and 7.
    """
    if not 1 <= count <= 7:
        raise InputError(f"count is {count}; expected 1 to 7")
    return tuple(_group_query(exponents) for exponents in exponent_sets(count))


def _group_query(exponents: tuple[int, ...]) -> Query:
    g, shift = len(exponents), -min(exponents)
    z = [variable(f"z{i}") for i in range(g)]
    C = [variable(f"C{i}") for i in range(g)]
    clauses: list[Clause] = [positive(z[0])]
    clauses += [positive(minus(z[i + 1], z[i])) for i in range(g - 1)]
    clauses += [(Literal(x, "!="),) for x in C]
    for e in exponents:
        powers = [times(x, *([y] * (e + shift))) for x, y in zip(C, z, strict=True)]
        clauses.append((Literal(plus(*powers), "="),))
    units, listed = "unit" if g == 1 else "units", ", ".join(map(str, exponents))
    return Query(
        f"expansion, {g} {units}, exponents {listed}",
        f"{g} units with equal |F| cannot cancel in the terms {exponents}",
        tuple(clauses),
    )
