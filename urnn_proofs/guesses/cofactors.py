"""Find cofactors: write a polynomial as a combination of relations, by completion.

The relations and their adjoints are oriented (largest word first) and used to rewrite; where two
rules overlap, the difference of the two results becomes a new rule (the noncommutative
Buchberger procedure).  Every rule remembers how it was made from the relations, so a successful
reduction to zero yields cofactors.  They are only *found* here; the kernel expands them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.symbolic.free_algebra import Polynomial
from urnn_proofs.model.errors import UndecidedError

__all__ = ["Cofactor", "find_cofactors"]

Word = tuple[str, ...]
# (left word, relation index, adjoint?, right word) -> coefficient
Trace = dict[tuple[Word, int, bool, Word], Fraction]

_MAX_RULES, _MAX_LENGTH = 200, 8


@dataclass(frozen=True)
class Cofactor:
    """One summand ``coefficient * left * relation * right``."""

    coefficient: Fraction
    left: Word
    relation: int
    adjoint: bool
    right: Word

    def as_json(self) -> list[Any]:
        """Return the form certificates use."""
        return [
            str(self.coefficient),
            list(self.left),
            self.relation,
            self.adjoint,
            list(self.right),
        ]


@dataclass(frozen=True, eq=False)
class _Rule:
    lead: Word
    polynomial: Polynomial  # its leading coefficient is 1
    trace: Trace


def find_cofactors(claim: Polynomial, relations: Sequence[Polynomial]) -> tuple[Cofactor, ...]:
    """Write *claim* as a combination of *relations* and their adjoints.

    Raises
    ------
    UndecidedError
        If completion within the limits does not reduce the claim to zero.  That is no proof
        that the claim does not follow.

    Examples
    --------
    >>> from urnn_proofs.checks.symbolic.free_algebra import Alphabet, Letter
    >>> letters = Alphabet([Letter("A", "n", "n"), Letter("B", "n", "n"), Letter("C", "n", "n")])
    >>> A, B, C, one = letters["A"], letters["B"], letters["C"], letters.identity("n")
    >>> for cofactor in find_cofactors(B - C, [A * B - one, C * A - one]):
    ...     print(cofactor.coefficient, cofactor.left, cofactor.relation, cofactor.right)
    -1 () 1 ('B',)
    1 ('C',) 0 ()
    """
    rules: list[_Rule] = []
    pending: list[tuple[Polynomial, Trace]] = []
    for i, relation in enumerate(relations):
        pending.append((relation, {((), i, False, ()): Fraction(1)}))
        pending.append((relation.adjoint(), {((), i, True, ()): Fraction(1)}))
    while True:
        pending.sort(key=lambda item: len(item[0].leading()) if item[0].terms else 0, reverse=True)
        while pending:
            polynomial, trace = _reduce(*pending.pop(), rules)
            if not polynomial.is_zero():
                rule = _monic(polynomial, trace)
                pending += [
                    pair
                    for other in (*rules, rule)
                    for pair in (*_overlaps(rule, other), *_overlaps(other, rule))
                    if len(pair[0].leading() if pair[0].terms else ()) <= _MAX_LENGTH
                ]
                rules.append(rule)
                break
        remainder, used = _reduce(claim, {}, rules)
        if remainder.is_zero():
            # claim + sum(used) = 0, so the cofactors are the negatives.
            return tuple(
                Cofactor(-c, left, i, star, right)
                for (left, i, star, right), c in sorted(used.items())
            )
        if not pending or len(rules) >= _MAX_RULES:
            raise UndecidedError(
                f"completion stopped with {len(rules)} rules and the remainder {remainder}; "
                f"add a relation"
            )


def _reduce(polynomial: Polynomial, trace: Trace, rules: list[_Rule]) -> tuple[Polynomial, Trace]:
    """Rewrite until no rule applies; the trace follows every subtraction."""
    trace = dict(trace)
    terms = dict(polynomial.terms)
    key = polynomial.alphabet.key
    finished: dict[Word, Fraction] = {}
    while terms:
        word = max(terms, key=key)
        found = next(((r, k) for r in rules if (k := _position(r.lead, word)) is not None), None)
        if found is None:
            finished[word] = terms.pop(word)
            continue
        rule, k = found
        c, left, right = terms[word], word[:k], word[k + len(rule.lead) :]
        for w, x in rule.polynomial.terms.items():
            _add(terms, left + w + right, -c * x)
        for (a, i, star, b), x in rule.trace.items():
            _add(trace, (left + a, i, star, b + right), -c * x)
    return Polynomial(polynomial.alphabet, polynomial.domain, polynomial.codomain, finished), trace


def _monic(polynomial: Polynomial, trace: Trace) -> _Rule:
    lead = polynomial.leading()
    scale = 1 / polynomial.terms[lead]
    return _Rule(lead, scale * polynomial, {k: scale * c for k, c in trace.items()})


def _overlaps(a: _Rule, b: _Rule) -> list[tuple[Polynomial, Trace]]:
    """Return the differences where the end of one leading word is the start of the other."""
    found = []
    for k in range(1, min(len(a.lead), len(b.lead)) + 1):
        if a is b and k == len(a.lead):
            continue
        if a.lead[-k:] == b.lead[:k]:
            left, right = a.lead[:-k], b.lead[k:]
            found.append(
                _difference(a, (), right, b, left, ()),
            )
    return found


def _difference(
    a: _Rule, al: Word, ar: Word, b: _Rule, bl: Word, br: Word
) -> tuple[Polynomial, Trace]:
    """Return ``al a ar - bl b br`` with its trace."""
    terms: dict[Word, Fraction] = {}
    trace: Trace = {}
    for sign, rule, left, right in ((1, a, al, ar), (-1, b, bl, br)):
        for word, c in rule.polynomial.terms.items():
            _add(terms, left + word + right, sign * c)
        for (x, i, star, y), c in rule.trace.items():
            _add(trace, (left + x, i, star, y + right), sign * c)
    alphabet = a.polynomial.alphabet
    whole = al + a.lead + ar
    domain, codomain = alphabet.types[whole[-1]][0], alphabet.types[whole[0]][1]
    return Polynomial(alphabet, domain, codomain, terms), trace


def _position(lead: Word, word: Word) -> int | None:
    for k in range(len(word) - len(lead) + 1):
        if word[k : k + len(lead)] == lead:
            return k
    return None


def _add(table: dict[Any, Fraction], key: Any, value: Fraction) -> None:
    total = table.get(key, Fraction(0)) + value
    if total:
        table[key] = total
    else:
        table.pop(key, None)
