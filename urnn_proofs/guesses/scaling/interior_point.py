"""Linear matrix inequalities in a diagonal P, by Newton's method; floating point only.

The inequality is ``S(P) = P - A^T P A >= t I`` with ``P = diag(p)``, ``p > 0``, ``sum p = n``.  Its
barrier ``-log det S - sum log p`` has n + 1 variables and derivatives through a few n x n products:
with ``X = S^{-1}`` and ``A_i = e_i e_i^T - w_i w_i^T``, w_i the i-th row of A, each
``tr(X A_i X A_j)`` is made of the squares of four entries.  So a step costs O(n^3), where a general
semidefinite solver pays O(n^6) for the same inequality.  At the minimum for the weight mu the
multiple ``Z = mu X`` is a dual solution, with gap ``2 n mu``.

Reference: S. Boyd, L. Vandenberghe, *Convex Optimization* (2004), chapter 11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from urnn_proofs.guesses.scaling.balance import Array, Proposal
from urnn_proofs.model.deadline import check_deadline

__all__ = ["least_slack", "slack", "widest_margin"]

_STEPS = 200
_SHRINK = 0.25


class _Point(NamedTuple):
    """A point of the path: p and the margin t."""

    p: Array
    t: float


class _Problem(NamedTuple):
    """Minimise ``cost . p - reward t``; t stays what it is if the reward is 0."""

    A: Array
    cost: Array
    reward: float


def slack(A: Array, p: Array) -> Array:
    """Return ``P - A^T P A`` for ``P = diag(p)``."""
    S: Array = np.diag(p) - A.T @ (p[:, None] * A)
    return S


def widest_margin(A: Array) -> Iterator[Proposal]:
    """Maximise t; yields one proposal, a scaling if the best t is positive, else a dual proof.

    Parameters
    ----------
    A
        A square matrix, best balanced, since ``sum p = n`` depends on its coordinates.

    Examples
    --------
    >>> A = np.array([[0.5, 0.6], [0.6, 0.5]])
    >>> (proposal,) = widest_margin(A)
    >>> bool((np.diag(A @ proposal.dual @ A.T) > np.diag(proposal.dual)).all())
    True
    """
    n = len(A)
    lowest = float(np.linalg.eigvalsh(slack(A, np.ones(n)))[0])
    mu = 1 + abs(lowest)
    point = _Point(np.ones(n), lowest - mu)
    problem = _Problem(A, np.zeros(n), 1.0)
    Z: Array | None = None
    for _ in range(_STEPS):
        check_deadline()
        X = _inverse(problem, point)
        following, decrement = _newton(problem, point, mu, X)
        gap = 2 * n * mu
        if decrement < 0.5:
            Z = mu * X
            gains = np.diag(A @ Z @ A.T) - np.diag(Z)
            if point.t > gap or gap < 1e-10 or (gains.min() > 0 and point.t < -gap):
                break
            mu *= _SHRINK
        elif following is None:
            break
        if following is not None:
            point = following
    yield Proposal(np.log2(point.p) / 2, Z)


def least_slack(A: Array, cost: Array, tolerance: float = 1e-10) -> Array:
    """Minimise ``cost . p`` subject to ``P - A^T P A >= 0`` and ``sum p = n``, for ``||A|| < 1``.

    The least is at an extreme point, where ``P - A^T P A`` is singular and often of low rank.

    Parameters
    ----------
    tolerance
        The gap to the optimum at which to stop, relative to the largest cost.

    Examples
    --------
    >>> A = np.array([[0.0, 0.5], [0.0, 0.0]])
    >>> [round(float(x), 6) for x in least_slack(A, np.array([0.75, 1.0]))]
    [1.6, 0.4]
    """
    n = len(A)
    problem = _Problem(A, cost / max(float(np.abs(cost).max()), 1e-300), 0.0)
    point, mu = _Point(np.ones(n), 0.0), 1.0
    for _ in range(_STEPS):
        check_deadline()
        try:
            following, decrement = _newton(problem, point, mu, _inverse(problem, point))
        except np.linalg.LinAlgError:  # S has become singular to the last bit: close enough
            break
        if following is not None:
            point = following
        if decrement < 0.5:
            if 2 * n * mu < tolerance:
                break
            mu *= _SHRINK
        elif following is None:
            break
    return point.p


def _inverse(problem: _Problem, point: _Point) -> Array:
    n = len(point.p)
    X = np.linalg.inv(slack(problem.A, point.p) - point.t * np.eye(n))
    symmetric: Array = (X + X.T) / 2
    return symmetric


def _merit(problem: _Problem, point: _Point, mu: float) -> float:
    """Return the objective over mu plus the barrier; infinite outside the domain."""
    p, t = point
    if not p.min() > 0:
        return float("inf")
    try:
        factor = np.linalg.cholesky(slack(problem.A, p) - t * np.eye(len(p)))
    except np.linalg.LinAlgError:
        return float("inf")
    objective = float(problem.cost @ p) - problem.reward * t
    barrier = -2 * np.log(np.diag(factor)).sum() - np.log(p).sum()
    return float(objective / mu + barrier)


def _newton(problem: _Problem, point: _Point, mu: float, X: Array) -> tuple[_Point | None, float]:
    """Return the next point (None if no step descends) and the squared Newton decrement."""
    A, cost, reward = problem
    p, t = point
    n = len(p)
    XA = X @ A.T
    AXA = A @ XA
    # Rows and columns: p, then t, then the multiplier of sum p = n.
    H = np.zeros((n + 2, n + 2))
    H[:n, :n] = X**2 - XA**2 - XA.T**2 + AXA**2 + np.diag(1 / p**2)
    gradient = np.concatenate([cost / mu - np.diag(X) + np.diag(AXA) - 1 / p, [0.0, 0.0]])
    if reward:
        H[:n, n] = H[n, :n] = (XA**2).sum(axis=0) - (X**2).sum(axis=0)
        H[n, n] = (X**2).sum()
        gradient[n] = np.trace(X) - reward / mu
    else:
        H[n, n] = 1.0
    H[:n, n + 1] = H[n + 1, :n] = 1.0
    step = np.linalg.solve(H, -gradient)[: n + 1]
    decrement = float(-gradient[: n + 1] @ step)
    if not np.isfinite(step).all():
        return None, np.inf
    value, length = _merit(problem, point, mu), 1.0
    while length > 1e-8:
        candidate = _Point(p + length * step[:n], t + length * float(step[n]))
        if _merit(problem, candidate, mu) < value - 0.1 * length * decrement:
            return candidate, decrement
        length /= 2
    return None, decrement
