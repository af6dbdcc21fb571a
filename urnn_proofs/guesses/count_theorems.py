"""Evidence for the theorems that count states, or the sentence that says why one does not apply.

:mod:`urnn_proofs.checks.exact.count_theorems` says what they are and checks it.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz_mat

from urnn_proofs.checks.exact.count_theorems import (
    CountBound,
    Part,
    count_bound_holds,
    fixed_point,
)
from urnn_proofs.checks.exact.eigenspaces import eigenspace_at_least, is_reachable, work_fits
from urnn_proofs.checks.exact.scaled import is_relu
from urnn_proofs.guesses.components import principal, weak_parts
from urnn_proofs.guesses.lower_bound import contractive_or_scaled
from urnn_proofs.model.integers import identity
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import show_number, to_float
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["eigenspace_part", "find_count_bounds"]

Array = np.ndarray[Any, np.dtype[np.float64]]
_STEPS = 400


def find_count_bounds(rnn: RNN, M: Fraction) -> tuple[tuple[CountBound, ...], tuple[str, ...]]:
    """Return the bounds whose evidence was found, and for the other theorems why there is none.

    Examples
    --------
    >>> diagonal, eye = [[Fraction(1, 2), 0], [0, Fraction(1, 3)]], [[1, 0], [0, 1]]
    >>> bounds, _ = find_count_bounds(RNN(diagonal, eye, [0, 0], eye), Fraction(1))
    >>> [(bound.theorem, bound.states) for bound in bounds]
    [('2n-iff-diagonal', 4), ('n+mu', 3)]
    """
    if not is_relu(rnn):
        return (), (
            f"the theorems n+mu and 2n-iff-diagonal are about ReLU; the activation is "
            f"{rnn.activation.name!r}",
        )
    scaling = contractive_or_scaled(rnn.W)
    if scaling is None:
        return (), (
            "the theorems n+mu and 2n-iff-diagonal need a positive diagonal E with "
            "||E W E^-1|| < 1; none was found",
        )
    found: list[CountBound] = []
    against: list[str] = []
    for propose in (_at_the_kinks, _all_active):
        answer = propose(rnn, M, scaling)
        if isinstance(answer, str):
            against.append(answer)
        elif count_bound_holds(rnn, M, answer):
            found.append(answer)
    return tuple(found), tuple(against)


def _at_the_kinks(rnn: RNN, M: Fraction, scaling: tuple[Fraction, ...]) -> CountBound | str:
    n = rnn.states
    ranks = {name: part.rank() for name, part in (("F", rnn.F), ("C", rnn.C))}
    for name, rank in ranks.items():
        if rank < n:
            return f"theorem 2n-iff-diagonal needs rank {name} = n = {n}; it is {rank}"
    # The shortest solution of F x = -b.
    gram = rnn.F @ rnn.F.transpose()
    x = tuple((rnn.F.transpose() @ gram.solve(-rnn.b)).entries())
    length = sum((v * v for v in x), Fraction(0))
    if length >= M**2:
        return (
            f"theorem 2n-iff-diagonal needs an input shorter than M = {show_number(M)} with "
            f"F x + b = 0; the shortest has ||x||^2 = {show_number(length)}"
        )
    parts = tuple(eigenspace_part(rnn.W, tuple(units)) for units in weak_parts(rnn.W))
    counted = sum(eigenspace_at_least(principal(rnn.W, units), p) for units, p in parts)
    return CountBound("2n-iff-diagonal", n + counted, x, scaling, parts)


def _all_active(rnn: RNN, M: Fraction, scaling: tuple[Fraction, ...]) -> CountBound | str:
    sides = (
        ("F", "reached from", is_reachable(rnn.W, rnn.F)),
        ("C", "seen in", is_reachable(rnn.W.transpose(), rnn.C.transpose())),
    )
    for name, what, answer in sides:
        if answer is None:
            return f"theorem n+mu needs a minimal (W, F, C); its size leaves {name} undecided"
        if not answer:
            where = "inputs" if name == "F" else "outputs"
            return f"theorem n+mu needs a minimal (W, F, C); not all states are {what} the {where}"
    x = _activating_input(rnn, M)
    if x is None:
        return (
            f"theorem n+mu needs a constant input shorter than M = {show_number(M)} whose fixed "
            f"point has all units active; none was found"
        )
    part = eigenspace_part(rnn.W, tuple(range(rnn.states)))
    mu = eigenspace_at_least(rnn.W, part[1])
    return CountBound("n+mu", rnn.states + mu, x, scaling, (part,))


def eigenspace_part(W: RationalMatrix, units: tuple[int, ...]) -> Part:
    """Add the irreducible factor of the characteristic polynomial with the largest eigenspaces.

    Left empty where all eigenvalues are simple, or the block is too large to tell.
    """
    block = principal(W, units)
    if not work_fits(block):
        return units, ()
    N, n, d = block.numerators, len(units), block.denominator
    best, polynomial = 1, ()
    _, factors = N.charpoly().factor()
    for p, multiplicity in factors:
        if multiplicity < 2:
            continue
        value = fmpz_mat(n, n)
        for k in range(p.degree(), -1, -1):
            value = value * N + identity(n, int(p[k]))
        count = (n - int(value.rank())) // p.degree()
        if count > best:  # of W = N / d: p(d x)
            found = [int(p[k]) * d**k for k in range(p.degree() + 1)]
            content = math.gcd(*found)
            best, polynomial = count, tuple(c // content for c in found)
    return units, polynomial


def _activating_input(rnn: RNN, M: Fraction) -> tuple[Fraction, ...] | None:
    """Look for x, shorter than M, with ``(I - W)^{-1} (F x + b) > 0``; the latter is concave."""
    zero = (Fraction(0),) * rnn.inputs
    if M <= 0:
        return None
    if min(fixed_point(rnn, zero)) > 0:
        return zero
    with np.errstate(all="ignore"):
        W, F, b = rnn.W.to_numpy(), rnn.F.to_numpy(), rnn.b.to_numpy()[:, 0]
        try:
            inverse = np.linalg.inv(np.eye(rnn.states) - W)
        except np.linalg.LinAlgError:
            return None
        G, level = inverse @ F, inverse @ b
        size = np.abs(G).max(axis=1) + np.abs(level)
        if not np.isfinite(size).all() or not (size > 0).all():
            return None
        G, level = G / size[:, None], level / size
        radius = 0.99 * to_float(M)
        for x in _ascent(G, level, radius):
            exact = tuple(Fraction(float(v)).limit_denominator(2**16) for v in x)
            short = sum(v * v for v in exact) < M**2
            if short and min(fixed_point(rnn, exact)) > 0:
                return exact
    return None


def _ascent(G: Array, level: Array, radius: float) -> list[Array]:
    """Return inputs that make ``min_i (G x + level)_i`` large: by subgradient steps."""
    if not np.isfinite(radius):
        return []
    direct = np.linalg.pinv(G) @ np.ones(len(G))
    starts = [_within(direct * t, radius) for t in (1e9, 1.0)] + [np.zeros(G.shape[1])]
    best = max(starts, key=lambda x: float((G @ x + level).min()))
    x, top = best, float((G @ best + level).min())
    for k in range(_STEPS):
        row = G[int(np.argmin(G @ x + level))]
        length = float(np.linalg.norm(row))
        if length == 0:
            break
        x = _within(x + radius / math.sqrt(k + 1) * row / length, radius)
        if (value := float((G @ x + level).min())) > top:
            best, top = x, value
    return [best, *starts]


def _within(x: Array, radius: float) -> Array:
    length = float(np.linalg.norm(x))
    shorter: Array = x * (radius / length) if length > radius else x
    return shorter
