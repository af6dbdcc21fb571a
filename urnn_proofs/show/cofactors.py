"""Cofactors at work: multiples of relations are taken away from a claim until 0 is left."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from urnn_proofs.checks.symbolic.free_algebra import Polynomial
from urnn_proofs.guesses.cofactors import Cofactor, find_cofactors
from urnn_proofs.show.html.evidence import latex_of
from urnn_proofs.show.html.parts import block, table
from urnn_proofs.theorems.board import Equation

__all__ = ["TakenAway", "taken_away"]

_ONE = re.compile(r"(?<![\w{])1(?![\w}])")  # the identity, where it stands alone


@dataclass(frozen=True)
class TakenAway:
    """A claim, and what is left of it each time that a multiple of a relation is taken away.

    Parameters
    ----------
    claim
        In LaTeX, an expression that is claimed to be 0.
    steps
        Pairs in LaTeX: what is taken away, and what is left.
    """

    claim: str
    steps: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        taken = "".join(f"\ntake away {one}, left: {left}" for one, left in self.steps)
        return f"claim: {self.claim} = 0{taken}"

    def _repr_html_(self) -> str:
        rows = [("", f"${html.escape(self.claim)}$")]
        rows += [(f"${html.escape(one)}$", f"${html.escape(left)}$") for one, left in self.steps]
        return block(table(("taken away", "left"), rows, labels=("taken away", "left")))


def taken_away(claim: Equation, given: Sequence[Equation]) -> TakenAway:
    r"""Find cofactors for a claim, and take their summands away from it, one after the other.

    Parameters
    ----------
    claim
        What is to follow.
    given
        The relations; the first is :math:`R_1`, its left side minus its right side.

    Raises
    ------
    UndecidedError
        If no cofactors are found.

    Examples
    --------
    >>> from urnn_proofs.theorems.board import Board
    >>> A, B, x = Board().letters("A: n -> n, B: n -> n, x: 1 -> n")
    >>> taken_away(x == 0, [B * A == 1, A * x == 0])
    claim: x = 0
    take away - \mathcal{R}_{1} x, left: B A x
    take away + B \mathcal{R}_{2}, left: 0
    """
    rest = claim.polynomial
    letters, relations = rest.alphabet, [each.polynomial for each in given]
    steps = []
    for c in find_cofactors(rest, relations):
        summand = relations[c.relation]
        summand = summand.adjoint() if c.adjoint else summand
        for name in reversed(c.left):
            summand = letters[name] * summand
        for name in c.right:
            summand = summand * letters[name]
        rest = rest - c.coefficient * summand
        steps.append((_summand(c), _left(rest)))
    return TakenAway(_left(claim.polynomial), tuple(steps))


def _left(polynomial: Polynomial) -> str:
    return _ONE.sub("I", latex_of(str(polynomial)))


def _summand(c: Cofactor) -> str:
    """Write coefficient, left word, relation and right word."""
    size = abs(c.coefficient)
    words = ["-" if c.coefficient < 0 else "+", "" if size == 1 else str(size)]
    words += [latex_of(" ".join(c.left)) if c.left else ""]
    words += [rf"\mathcal{{R}}_{{{c.relation + 1}}}" + (r"^{\top}" if c.adjoint else "")]
    words += [latex_of(" ".join(c.right)) if c.right else ""]
    return " ".join(word for word in words if word)
