"""Why a network with an invertible transition cannot forget: certificates for fixed N.

``G_ji = a_j . b_i`` with rows ``a_0, ..., a_N`` and columns ``b_0, ..., b_N`` of length N.  Where
outputs ignore the past ``G_ji = 0`` for i < j; where they follow the present ``G_jj != 0``.  These
contradict each other.  Two Nullstellensatz certificates, for the kernel to expand:

* :func:`null_vector_contradiction`: N + 1 columns of length N are dependent, that is
  ``sum_i v_i b_i = 0`` with v not 0, so ``G v = 0``; back substitution gives v = 0.
* :func:`determinant_contradiction`, in the entries of the a_j and b_i themselves:
  ``prod_j G_jj = det G - sum_{i<j} m_ji G_ji`` with explicit ``m_ji``; det G vanishes identically.
"""

from __future__ import annotations

from itertools import permutations
from math import prod
from typing import Any

from sympy import QQ
from sympy.polys.rings import PolyElement, ring

from urnn_proofs.checks.symbolic.inequality import Inequality

__all__ = ["determinant_contradiction", "null_vector_contradiction"]


def null_vector_contradiction(N: int) -> Inequality:
    """Return the certificate that ``G v = 0``, v not 0, G upper triangular, ``G_jj != 0`` clash.

    Examples
    --------
    >>> from urnn_proofs.certificate import Certificate, check, labelled
    >>> check(labelled(Certificate("consequence", *null_vector_contradiction(2).as_json()), "N2"))
    <Verdict.PROVED: 'PROVED'>
    """
    size = range(N + 1)
    names = [f"G{j}_{i}" for j in size for i in size]
    names += [f"{letter}{i}" for letter in "vwz" for i in size]
    R, *generators = ring(names, QQ)
    G = [[generators[j * (N + 1) + i] for i in size] for j in size]
    v, w, z = (generators[-k * (N + 1) :][: N + 1] for k in (3, 2, 1))
    rows = [sum((G[j][i] * v[i] for i in size), R.zero) for j in size]
    equations: dict[Any, PolyElement] = {("row", j): rows[j] for j in size}
    equations |= {("past", j, i): G[j][i] for j in size for i in range(j)}
    equations |= {("present", j): z[j] * G[j][j] - 1 for j in size}
    equations["some v"] = sum((w[i] * v[i] for i in size), R.zero) - 1
    # v_k as a combination of the equations, from the last one upwards.
    known: dict[int, dict[Any, PolyElement]] = {}
    for k in reversed(size):
        found: dict[Any, PolyElement] = {("present", k): -v[k], ("row", k): z[k]}
        found |= {("past", k, i): -z[k] * v[i] for i in range(k)}
        for i in range(k + 1, N + 1):
            for which, factor in known[i].items():
                found[which] = found.get(which, R.zero) - z[k] * G[k][i] * factor
        known[k] = found
    multiples = dict.fromkeys(equations, R.zero)
    multiples["some v"] = R.one
    for k in size:
        for which, factor in known[k].items():
            multiples[which] -= w[k] * factor
    return Inequality(
        f"N = {N}",
        f"G v = 0, v not 0, G_ji = 0 for i < j and G_jj != 0 contradict each other ({N + 1} steps)",
        R,
        (),
        -R.one,
        ((1, (-1,), R.one),),
        tuple(equations.values()),
        tuple(multiples[which] for which in equations),
    )


def determinant_contradiction(N: int) -> Inequality:
    """Return the same contradiction in the entries of the rows a_j and columns b_i.

    Examples
    --------
    >>> from urnn_proofs.certificate import Certificate, check, labelled
    >>> check(labelled(Certificate("consequence", *determinant_contradiction(2).as_json()), "N2"))
    <Verdict.PROVED: 'PROVED'>
    """
    size, inner = range(N + 1), range(N)
    names = [f"a{j}_{k}" for j in size for k in inner] + [f"b{k}_{i}" for k in inner for i in size]
    R, *generators = ring([*names, "t"], QQ)
    a = [[generators[j * N + k] for k in inner] for j in size]
    b = [[generators[(N + 1) * N + k * (N + 1) + i] for i in size] for k in inner]
    t = generators[-1]
    G = [[sum((a[j][k] * b[k][i] for k in inner), R.zero) for i in size] for j in size]
    past = [(j, i) for j in size for i in range(j)]
    factors = dict.fromkeys(past, R.zero)
    for p in permutations(size):
        low = next((j for j in size if p[j] < j), None)
        if low is not None:  # every permutation but the identity meets an entry below the diagonal
            rest = prod((G[j][p[j]] for j in size if j != low), start=R.one)
            factors[low, p[low]] += _sign(p) * rest
    diagonal = prod((G[j][j] for j in size), start=R.one)
    return Inequality(
        f"N = {N}, in entries",
        f"det G = 0 identically, and G_ji = 0 for i < j makes it prod G_jj != 0 ({N + 1} steps)",
        R,
        (),
        -R.one,
        ((1, (-1,), R.one),),
        (t * diagonal - 1, *(G[j][i] for j, i in past)),
        (R.one, *(t * factors[where] for where in past)),
    )


def _sign(p: tuple[int, ...]) -> int:
    inversions = sum(p[i] > p[j] for i in range(len(p)) for j in range(i + 1, len(p)))
    return -1 if inversions % 2 else 1
