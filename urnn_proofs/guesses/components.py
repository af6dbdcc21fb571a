"""Which states of a transition matrix act on which: connected parts of its pattern, exactly."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Part", "principal", "strong_parts", "weak_parts"]

Pattern = np.ndarray[Any, np.dtype[np.bool_]]


class Part(NamedTuple):
    """A strongly connected part of the graph with an edge ``i -> j`` where ``W_ij != 0``.

    Parameters
    ----------
    states
        Its indices, ascending.
    level
        Every edge from one part to another leads to a higher level.
    """

    states: tuple[int, ...]
    level: int


def principal(W: RationalMatrix, states: tuple[int, ...]) -> RationalMatrix:
    """Return the principal submatrix of W on the given states."""
    return W.block(states, states)


def strong_parts(W: RationalMatrix) -> list[Part]:
    """Return the irreducible diagonal blocks of W, by ascending level.

    Examples
    --------
    >>> strong_parts(RationalMatrix.parse([[1, 5, 0], [0, 0, 2], [0, 3, 0]], "W"))
    [Part(states=(0,), level=0), Part(states=(1, 2), level=1)]
    """
    edges = _pattern(W)
    reach = _closure(edges)
    mutual = reach & reach.T
    groups = _classes(mutual)
    # States of one part reach equally many, and strictly more than what they lead to.
    groups.sort(key=lambda states: -int(reach[states[0]].sum()))
    levels = np.zeros(len(edges), dtype=int)
    for states in groups:
        below = reach[states[0]] & ~mutual[states[0]]
        levels[below] = np.maximum(levels[below], levels[states[0]] + 1)
    parts = [Part(states, int(levels[states[0]])) for states in groups]
    return sorted(parts, key=lambda part: (part.level, part.states))


def weak_parts(W: RationalMatrix) -> list[tuple[int, ...]]:
    """Return the states of the blocks into which W falls as a direct sum.

    Examples
    --------
    >>> weak_parts(RationalMatrix.parse([[0, 0, 2], [0, 1, 0], [0, 0, 0]], "W"))
    [(0, 2), (1,)]
    """
    edges = _pattern(W)
    return _classes(_closure(edges | edges.T))


def _pattern(W: RationalMatrix) -> Pattern:
    rows = W.numerators.tolist()
    return np.array([[x != 0 for x in row] for row in rows], dtype=bool).reshape(W.shape)


def _closure(edges: Pattern) -> Pattern:
    """Return which states can be reached from which, themselves included."""
    reach: Pattern = edges | np.eye(len(edges), dtype=bool)
    while True:
        floats = reach.astype(np.float32)
        further: Pattern = floats @ floats > 0
        if (further == reach).all():
            return reach
        reach = further


def _classes(mutual: Pattern) -> list[tuple[int, ...]]:
    """Return the classes of an equivalence relation."""
    seen: set[int] = set()
    classes = []
    for i in range(len(mutual)):
        if i not in seen:
            states = tuple(int(j) for j in np.flatnonzero(mutual[i]))
            seen.update(states)
            classes.append(states)
    return classes
