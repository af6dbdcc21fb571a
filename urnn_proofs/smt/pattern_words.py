"""Activity patterns over consecutive steps, up to renaming the units.

A *word* is a sequence of letters, one for each step: which units are active, and what is assumed
about the reachable space X_k, the span of all perturbations of the state at that step.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Letter", "Span", "Word", "canonical", "describe", "extensions", "free_units"]


class Span(enum.Enum):
    """What is assumed about X_k."""

    IMAGE = "image"  # X_k is the image of P_k F, of dimension n
    WHOLE = "whole"  # X_k is everything on the active units
    ANY = "any"  # nothing

    def __repr__(self) -> str:
        return f"Span.{self.name}"


@dataclass(frozen=True)
class Letter:
    """The active units of one step, in increasing order, and the assumption about X_k."""

    active: tuple[int, ...]
    span: Span


Word = tuple[Letter, ...]


def canonical(word: Word, units: int) -> Word:
    """Rename the units so that words that differ by a renaming become equal.

    A unit is known by the steps at which it is active; renaming sorts the units by that.

    Examples
    --------
    >>> one = (Letter((1, 2), Span.IMAGE), Letter((2,), Span.IMAGE))
    >>> two = (Letter((0, 2), Span.IMAGE), Letter((0,), Span.IMAGE))
    >>> canonical(one, 3) == canonical(two, 3)
    True
    """
    histories = sorted((_history(word, unit) for unit in range(units)), reverse=True)
    return tuple(
        Letter(tuple(i for i, history in enumerate(histories) if history[k]), letter.span)
        for k, letter in enumerate(word)
    )


def _history(word: Word, unit: int) -> tuple[bool, ...]:
    return tuple(unit in letter.active for letter in word)


def extensions(word: Word, least: int, units: int) -> Iterator[tuple[int, ...]]:
    """Yield the next sets of active units, at least *least* of them, one from each orbit.

    Two sets are in one orbit if a renaming that keeps the word maps one to the other.  The set
    of the last step comes first: constant patterns are the likeliest to be possible.

    Examples
    --------
    >>> list(extensions((Letter((0, 1), Span.IMAGE),), 2, 3))
    [(0, 1), (0, 2), (0, 1, 2)]
    """
    histories = [_history(word, unit) for unit in range(units)]
    sets = [
        chosen
        for size in range(least, units + 1)
        for chosen in itertools.combinations(range(units), size)
    ]
    if word:
        sets.sort(key=lambda chosen: chosen != word[-1].active)
    seen = set()
    for chosen in sets:
        orbit = tuple(sorted((histories[unit], unit in chosen) for unit in range(units)))
        if orbit not in seen:
            seen.add(orbit)
            yield chosen


def free_units(word: Word, size: int, units: int) -> list[tuple[int, ...]]:
    """Return, up to renaming, the *size* units whose rows of F can be made the identity.

    One of them must do, since F has rank *size* on the active units of every step: the units of
    a step with exactly *size* active ones, or else one choice from the smallest step.
    """
    smallest = min((letter.active for letter in word), key=len)
    found: dict[tuple[tuple[bool, ...], ...], tuple[int, ...]] = {}
    for chosen in itertools.combinations(smallest, size):
        found.setdefault(tuple(sorted(_history(word, unit) for unit in chosen)), chosen)
    return list(found.values())


def describe(word: Word) -> str:
    """Return a short text such as ``"{1,2} {1,3}*"``; a star marks X_k = R^A, a dash X_k = im F.

    Examples
    --------
    >>> describe((Letter((0, 1), Span.IMAGE), Letter((0, 1, 2), Span.WHOLE)))
    '{1,2}- {1,2,3}*'
    """
    marks = {Span.IMAGE: "-", Span.WHOLE: "*", Span.ANY: ""}
    return " ".join(
        "{" + ",".join(str(unit + 1) for unit in letter.active) + "}" + marks[letter.span]
        for letter in word
    )
