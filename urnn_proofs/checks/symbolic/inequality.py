"""Polynomial inequalities with a certificate of positivity, stated once for all engines.

An :class:`Inequality` holds SymPy polynomials.  Its certificate is a list of summands
``coefficient * square^2 * product of hypotheses`` that add up to zero (index -1 is the negated
conclusion), which the kernel expands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from urnn_proofs.checks.symbolic.free_algebra import Alphabet, Letter

__all__ = ["Inequality", "Summand"]

Summand = tuple[int, tuple[int, ...], Any]


@dataclass(frozen=True, eq=False)
class Inequality:
    """``conclusion >= 0`` follows from ``g >= 0`` (``g > 0`` if strict) and equations ``e = 0``.

    *multiples* holds one polynomial for each equation, which enters the sum multiplied by it.
    """

    name: str
    text: str
    ring: Any
    hypotheses: tuple[tuple[Any, bool], ...]
    conclusion: Any
    summands: tuple[Summand, ...]
    equations: tuple[Any, ...] = ()
    multiples: tuple[Any, ...] = ()

    def as_json(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return claim and evidence in the form certificates use: variables are maps R -> R."""
        given = [(g, ">" if strict else ">=") for g, strict in self.hypotheses]
        given += [(e, "=") for e in self.equations]
        alphabet = Alphabet(
            [Letter(str(x), "1", "1", self_adjoint=True) for x in self.ring.symbols]
        )
        claim = {
            "label": self.name,
            "letters": alphabet.as_json(),
            "hypotheses": [{"polynomial": _json(g), "sign": sign} for g, sign in given],
            "conclusion": {"polynomial": _json(self.conclusion), "sign": ">="},
        }
        start = len(self.hypotheses)
        multiples = [
            [c, word, start + j, False, []]
            for j, factor in enumerate(self.multiples)
            for c, word in _terms(factor)
        ]
        summands = [[str(c), list(factors), _json(square)] for c, factors, square in self.summands]
        return claim, {"summands": summands, "multiples": multiples}


def _json(polynomial: Any) -> dict[str, Any]:
    return {"domain": "1", "codomain": "1", "terms": _terms(polynomial)}


def _terms(polynomial: Any) -> list[list[Any]]:
    names = [str(x) for x in polynomial.ring.symbols]
    return [
        [str(c), [name for name, e in zip(names, m, strict=True) for _ in range(e)]]
        for m, c in polynomial.terms()
    ]
