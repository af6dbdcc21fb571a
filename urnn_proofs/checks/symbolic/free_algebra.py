"""The free *-algebra on typed letters: words, polynomials, adjoints.

A letter maps its domain to its codomain; a product is formed only where the types fit, so that
rectangular matrices of symbolic size can be calculated with.  ``X*`` is the adjoint of ``X``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from urnn_proofs.model.errors import InputError

__all__ = ["Alphabet", "Letter", "Polynomial"]

Word = tuple[str, ...]


@dataclass(frozen=True)
class Letter:
    """A typed letter: a linear map from *domain* to *codomain*."""

    name: str
    domain: str
    codomain: str
    self_adjoint: bool = False

    @property
    def adjoint_name(self) -> str:
        """Name of the adjoint letter."""
        return self.name if self.self_adjoint else f"{self.name}*"


class Alphabet:
    """A set of typed letters, ordered as given (later letters are larger).

    Examples
    --------
    >>> letters = Alphabet([Letter("W", "n", "n"), Letter("V", "n", "r")])
    >>> V, W = letters["V"], letters["W"]
    >>> print(V * W + 2 * V)
    2 V + V W
    >>> print((V * W).adjoint())
    W* V*
    >>> W * V  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    urnn_proofs.model.errors.InputError: W : n -> n and V : n -> r do not compose...
    """

    def __init__(self, letters: Iterable[Letter]) -> None:
        self.letters = tuple(letters)
        self.types: dict[str, tuple[str, str]] = {}
        self.adjoints: dict[str, str] = {}
        for letter in self.letters:
            if letter.self_adjoint and letter.domain != letter.codomain:
                raise InputError(
                    f"{letter.name} : {letter.domain} -> {letter.codomain} is self-adjoint; "
                    f"expected equal domain and codomain"
                )
            self.types[letter.name] = (letter.domain, letter.codomain)
            self.types[letter.adjoint_name] = (letter.codomain, letter.domain)
            self.adjoints[letter.name] = letter.adjoint_name
            self.adjoints[letter.adjoint_name] = letter.name
        self.order = {name: i for i, name in enumerate(self.types)}

    def __getitem__(self, name: str) -> Polynomial:
        """Return the letter as a polynomial."""
        domain, codomain = self.types[name]
        return Polynomial(self, domain, codomain, {(name,): Fraction(1)})

    def identity(self, space: str) -> Polynomial:
        """Return the identity of a space."""
        return Polynomial(self, space, space, {(): Fraction(1)})

    def as_json(self) -> list[dict[str, Any]]:
        """Return the form certificates use."""
        return [
            {
                "name": x.name,
                "domain": x.domain,
                "codomain": x.codomain,
                "self_adjoint": x.self_adjoint,
            }
            for x in self.letters
        ]

    def key(self, word: Word) -> tuple[int, list[int]]:
        """Order words by length, then letter by letter."""
        return len(word), [self.order[x] for x in word]


@dataclass(frozen=True, eq=False)
class Polynomial:
    """A linear combination of words that all map *domain* to *codomain*."""

    alphabet: Alphabet
    domain: str
    codomain: str
    terms: dict[Word, Fraction]

    def __mul__(self, other: Polynomial) -> Polynomial:
        if self.domain != other.codomain:
            raise InputError(
                f"{self} : {self.domain} -> {self.codomain} and {other} : {other.domain} -> "
                f"{other.codomain} do not compose; expected domain {self.domain} = "
                f"{other.codomain}"
            )
        terms: dict[Word, Fraction] = {}
        for a, x in self.terms.items():
            for b, y in other.terms.items():
                terms[a + b] = terms.get(a + b, Fraction(0)) + x * y
        return Polynomial(self.alphabet, other.domain, self.codomain, _nonzero(terms))

    def __rmul__(self, factor: int | Fraction) -> Polynomial:
        terms = {word: factor * c for word, c in self.terms.items()}
        return Polynomial(self.alphabet, self.domain, self.codomain, _nonzero(terms))

    def __add__(self, other: Polynomial) -> Polynomial:
        if (self.domain, self.codomain) != (other.domain, other.codomain):
            raise InputError(f"{self} and {other} have different types and cannot be added")
        terms = dict(self.terms)
        for word, c in other.terms.items():
            terms[word] = terms.get(word, Fraction(0)) + c
        return Polynomial(self.alphabet, self.domain, self.codomain, _nonzero(terms))

    def __neg__(self) -> Polynomial:
        return -1 * self

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + (-other)

    def adjoint(self) -> Polynomial:
        """Reverse every word and take each letter adjoint."""
        adjoints = self.alphabet.adjoints
        terms = {tuple(adjoints[x] for x in word[::-1]): c for word, c in self.terms.items()}
        return Polynomial(self.alphabet, self.codomain, self.domain, terms)

    def leading(self) -> Word:
        """Return the largest word."""
        return max(self.terms, key=self.alphabet.key)

    def is_zero(self) -> bool:
        """Tell whether this is the zero polynomial."""
        return not self.terms

    def __str__(self) -> str:
        parts = []
        for word in sorted(self.terms, key=self.alphabet.key):
            c, body = self.terms[word], " ".join(word) or "1"
            parts.append({1: body, -1: f"-{body}"}.get(c, f"{c} {body}"))  # type: ignore[call-overload]
        return " + ".join(parts).replace("+ -", "- ") or "0"

    def as_json(self) -> dict[str, Any]:
        """Return the form certificates use."""
        words = sorted(self.terms, key=self.alphabet.key)
        return {
            "domain": self.domain,
            "codomain": self.codomain,
            "terms": [[str(self.terms[word]), list(word)] for word in words],
        }


def _nonzero(terms: dict[Word, Fraction]) -> dict[Word, Fraction]:
    return {word: c for word, c in terms.items() if c}
