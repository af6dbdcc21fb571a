"""The facts that the pattern equations assert beside the definition, each put to Z3 itself.

They are about the network with F = I on n of the active units: F has rank n there, because
``C P_k F = I``, and a change of the basis of R^n makes n independent rows the identity.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import z3

from urnn_proofs.smt.matrices import gram, principal_minors, rows, unknowns
from urnn_proofs.smt.process import Outcome, Sat, solve

__all__ = ["lemmas"]

# Queries that were answered UNSAT; they recur in every search of the same size.
_settled: dict[str, Outcome] = {}


def lemmas(n: int, units: int, *, budget_s: float = 10.0) -> dict[str, Outcome]:
    """Ask Z3 for a counterexample to each fact; all must be UNSAT.

    - *square*: with n active units ``C F = I`` and ``C x = 0`` imply ``x = 0``; so ``F C = I``,
      and ``C Y = G`` implies ``Y = F G``.
    - *split*: with n + 1 active units let ``C F = I``, ``C r = 0``, ``d F = 0`` and ``d r = 0``;
      then ``r = 0`` or ``d = 0``.  With r a column of ``V - F (C V)`` and d a row of
      ``C P U - W C`` this says: X_k is the image of F, or ``C P U = W C`` on all active units.
    - *isometry*: ``(U y) . (U z) - y . z`` is a combination of the entries of ``U^T U - I``.
    - *gram*: the determinant of ``K^T K``, K of shape (r, s), is the sum of the squares of its
      minors of size s: nonnegative, and zero for ``s > r``.  With y, z in X_{k-1} the products
      ``y . z - (P U y) . (P U z)`` are those of vectors with one entry for each inactive unit.
    - *contraction*: ``x = w^2 x`` and ``|w| < 1`` imply ``x = 0``.

    Examples
    --------
    >>> {outcome.answer.value for outcome in lemmas(1, 2).values()}
    {'unsat'}
    """
    counterexamples = {
        "square": _square(n),
        "split": _split(n),
        "isometry": _isometry(units),
        "gram": _gram_minors(n, units),
        "contraction": _contraction(),
    }
    outcomes = {}
    for name, assertions in counterexamples.items():
        solver = z3.Solver()
        solver.add(*assertions)
        text = solver.to_smt2()
        outcome = _settled.get(text) or solve(text, budget_s=budget_s)
        if outcome.answer is Sat.UNSAT:
            _settled[text] = outcome
        outcomes[name] = outcome
    return outcomes


def _square(n: int) -> list[Any]:
    C = [[z3.Real(f"c_{i}_{j}") for j in range(n)] for i in range(n)]
    F = [[z3.Real(f"f_{i}_{j}") for j in range(n)] for i in range(n)]
    x = z3.Reals(" ".join(f"x_{i}" for i in range(n)))
    copies = [
        _dot(C[i], [F[k][j] for k in range(n)]) == int(i == j) for i in range(n) for j in range(n)
    ]
    # A multiple of x, its units renamed: some entry is nonzero.
    return [*copies, *(_dot(row, x) == 0 for row in C), x[0] == 1]


def _split(n: int) -> list[Any]:
    """``F = [I; f]``, so ``C = [I - c f, c]``; the last unit is the one beside the basis."""
    f, c = ([z3.Real(f"{name}_{i}") for i in range(n)] for name in "fc")
    r, d = ([z3.Real(f"{name}_{i}") for i in range(n + 1)] for name in "rd")
    C = [[*(int(i == j) - c[i] * f[j] for j in range(n)), c[i]] for i in range(n)]
    return [
        *(_dot(row, r) == 0 for row in C),
        *(d[j] + d[n] * f[j] == 0 for j in range(n)),
        _dot(d, r) == 0,
        z3.Or(*(entry != 0 for entry in r)),
        z3.Or(*(entry != 0 for entry in d)),
    ]


def _isometry(units: int) -> list[Any]:
    N = range(units)
    U = [[z3.Real(f"u_{i}_{j}") for j in N] for i in N]
    y, z = ([z3.Real(f"{name}_{i}") for i in N] for name in "yz")
    image = _dot([_dot(row, y) for row in U], [_dot(row, z) for row in U])
    defect = [
        [_dot([row[i] for row in U], [row[j] for row in U]) - int(i == j) for j in N] for i in N
    ]
    combination = z3.Sum([y[i] * z[j] * defect[i][j] for i in N for j in N])
    return [image - _dot(y, z) != combination]


def _gram_minors(n: int, units: int) -> list[Any]:
    failures = []
    for r in range(1, units - n + 1):
        for s in range(1, min(r, n) + 2):
            K = unknowns(f"k_{r}_{s}", r, s)
            squares = [
                next(principal_minors(rows(K, chosen), s)) ** 2
                for chosen in itertools.combinations(range(r), s)
            ]
            failures.append(next(principal_minors(gram(K), s)) != sum(squares, z3.RealVal(0)))
    return [z3.Or(*failures)]


def _contraction() -> list[Any]:
    w, x = z3.Reals("w x")
    return [w > -1, w < 1, x == w * w * x, x != 0]


def _dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    return z3.Sum([x * y for x, y in zip(a, b, strict=True)])
