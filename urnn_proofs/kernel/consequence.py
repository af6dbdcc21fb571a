"""A relation follows from others: sums of products that add up.

Letters are linear maps between finite-dimensional Euclidean spaces, ``A : n -> r`` from its domain
to its codomain, and ``A*`` is the adjoint; words are their products, ``A B`` where ``domain(A) =
codomain(B)``, and the empty word is an identity.  The space "1" is R, so that a word 1 -> 1 is a
number: numbers commute with each other, and each is its own adjoint.  All other words are compared
letter by letter, whatever the sizes of their spaces.

*Equations.*  If ``conclusion = sum c_i left_i relation_i right_i`` (a relation may be taken
adjoint), the conclusion vanishes where the relations do.

*Inequalities.*  Numbers may be compared.  To show ``conclusion >= 0``, suppose
``-conclusion > 0`` (index -1).  If

    0 = sum_k  c_k (x_k* x_k) prod_{i in P_k} g_i  +  sum_i c_i left_i relation_i right_i,  c_k > 0,

x_k any map 1 -> space, g_i hypotheses about numbers, and some summand is a positive constant times
strict hypotheses only (x_k a number, not 0, times the empty word), the right side is positive: a
contradiction.  That hypotheses contradict each other is the case of the conclusion ``-1 >= 0``.
"""

from fractions import Fraction
from math import lcm, prod
from typing import Any, NamedTuple

from .reading import Budget, Malformed, Rejected, fields, items, rational, word

Word = tuple[str, ...]
Terms = dict[Word, Fraction]
ONE = "1"
LETTER = r"[A-Za-z][A-Za-z0-9_]{0,15}'{0,3}"
SPACE = r"1|[A-Za-z][A-Za-z0-9_]{0,15}(\+1)?"
LABEL = r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,63}"
LIMIT = 1000  # letters, hypotheses, terms of a polynomial, summands
LENGTH = 40  # letters of a word, digits of a coefficient
STEPS = 400_000  # for one word of a sum: 100,000 of them are within the budget


class Polynomial(NamedTuple):
    """A linear combination of words that map *domain* to *codomain*."""

    domain: str
    codomain: str
    terms: Terms

    def __str__(self) -> str:
        """Return all terms."""
        parts = []
        for w, c in self.terms.items():
            factor = "-" if c == -1 else f"{c} " if c != 1 else ""
            parts.append(factor + " ".join(w) if w else str(c))
        return " + ".join(parts).replace("+ -", "- ") or "0"


class Relation(NamedTuple):
    """``polynomial = 0``, or for numbers also ``>= 0`` or ``> 0``."""

    polynomial: Polynomial
    sign: str

    def __str__(self) -> str:
        """Return the relation in full."""
        return f"{self.polynomial} {self.sign} 0"


class Letters:
    """The typed letters with their adjoints."""

    def __init__(self, data: Any) -> None:
        self.types: dict[str, tuple[str, str]] = {}
        self.adjoints: dict[str, str] = {}
        self.shown: list[str] = []
        self.scale = 1
        for entry in items(data, "letters", LIMIT):
            keys = ("name", "domain", "codomain", "self_adjoint")
            name, x, y, same = fields(entry, "letters", *keys)
            x, y = word(x, "domain", SPACE), word(y, "codomain", SPACE)
            if word(name, "letter", LETTER) in self.types or type(same) is not bool:
                raise Malformed("a letter appears twice, or self_adjoint is neither true nor false")
            if same and x != y:
                raise Malformed(f"the letter {name} is self-adjoint, but not square")
            star = name if same else f"{name}*"
            self.types |= {name: (x, y), star: (y, x)}
            self.adjoints |= {name: star, star: name}
            self.shown.append(f"{name}{' = ' * same}{f'{name}*' * same} : {x} -> {y}")

    def word(self, data: Any, name: str) -> Word:
        """Read a word whose letters compose."""
        letters = items(data, name, LENGTH)
        if any(not isinstance(x, str) or x not in self.types for x in letters):
            raise Malformed(f"{name} has an unknown letter")
        if any(self.types[a][0] != self.types[b][1] for a, b in zip(letters, letters[1:])):
            raise Malformed(f"{name} has letters that do not compose")
        return tuple(letters)

    def coefficient(self, data: Any, name: str) -> Fraction:
        """Read a short rational; together they keep a small common denominator."""
        c = rational(data, name, LENGTH)
        self.scale = lcm(self.scale, c.denominator)
        if self.scale.bit_length() > LIMIT or c == 0:
            raise Malformed(f"{name} has a coefficient 0, or no small common denominator")
        return c

    def ends(self, word: Word, default: str) -> tuple[str, str]:
        """Return domain and codomain; the empty word is an identity."""
        return (self.types[word[-1]][0], self.types[word[0]][1]) if word else (default, default)

    def star(self, word: Word) -> Word:
        """Return the adjoint of a word."""
        return tuple(self.adjoints[x] for x in word[::-1])

    def normal(self, word: Word) -> Word:
        """Sort the numbers in a word (its parts 1 -> 1), each written as itself or its adjoint.

        A word is cut after each letter with domain 1.  What is left of the first cut maps 1 to the
        codomain of the word, what is right of the last one maps its domain to 1; all else, and
        the first part too if that codomain is 1, are numbers.
        """
        parts: list[Word] = [()]
        for letter in word:
            parts[-1] += (letter,)
            if self.types[letter][0] == ONE:
                parts.append(())
        last = parts.pop()
        first = parts.pop(0) if parts and self.types[word[0]][1] != ONE else ()
        numbers = sorted(min(part, self.star(part)) for part in parts)
        return first + tuple(x for part in numbers for x in part) + last

    def polynomial(self, data: Any, name: str) -> Polynomial:
        """Read a polynomial whose words all map its domain to its codomain."""
        x, y, terms = fields(data, name, "domain", "codomain", "terms")
        domain, codomain = word(x, "domain", SPACE), word(y, "codomain", SPACE)
        found: Terms = {}
        for term in items(terms, name, LIMIT):
            coefficient, letters = items(term, name, 2, 2)
            key = self.word(letters, name)
            if self.ends(key, domain) != (domain, codomain) or key in found:
                raise Malformed(f"{name} has a word of another type, or one twice")
            found[key] = self.coefficient(coefficient, name)
        return Polynomial(domain, codomain, found)

    def relation(self, data: Any, name: str) -> Relation:
        """Read an equation, or a comparison of numbers."""
        polynomial, sign = fields(data, name, "polynomial", "sign")
        p = self.polynomial(polynomial, name)
        if sign not in ("=", ">=", ">") or (sign != "=" and p[:2] != (ONE, ONE)):
            raise Malformed(f"{name} must be an equation, or compare numbers by >= or >")
        return Relation(p, sign)

    def adjoint(self, p: Polynomial) -> Polynomial:
        """Return the adjoint (coefficients are real)."""
        return Polynomial(p.codomain, p.domain, {self.star(w): c for w, c in p.terms.items()})

    def product(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """Return the product of polynomials that compose."""
        found: Terms = {}
        for v, x in p.terms.items():
            for w, y in q.terms.items():
                key = self.normal(v + w)
                found[key] = found.get(key, Fraction(0)) + x * y
        return Polynomial(q.domain, p.codomain, found)


def check_consequence(claim: Any, evidence: Any, budget: Budget) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    keys = ("label", "letters", "hypotheses", "conclusion")
    label, letters_, given_, goal_ = fields(claim, "claim", *keys)
    letters, total = Letters(letters_), Terms()
    given = [letters.relation(x, "hypotheses") for x in items(given_, "hypotheses", LIMIT)]
    goal = letters.relation(goal_, "conclusion")
    multiples, summands = fields(evidence, "evidence", "multiples", "summands")
    terms = [
        _multiple(letters, given, goal.polynomial, x, budget)
        for x in items(multiples, "multiples", 100 * LIMIT)
    ]
    if goal.sign == "=":
        items(summands, "summands", 0)
        terms.append((Fraction(-1), (), goal.polynomial, ()))
        squares = []
    elif goal.sign == ">=":
        negated = {w: -c for w, c in goal.polynomial.terms.items()}
        bounds = [*given, Relation(Polynomial(ONE, ONE, negated), ">")]  # index -1
        squares = [_summand(letters, bounds, x, budget) for x in items(summands, "summands", LIMIT)]
        if not any(_is_strict(x, factors) for _, x, factors in squares):
            raise Rejected("no summand is strictly positive")
    else:
        raise Malformed("a conclusion is an equation or an inequality with >=")
    for c, x, factors in squares:  # what follows is paid for
        product = letters.product(letters.adjoint(x), x)
        for g in factors:
            product = letters.product(product, g.polynomial)
        terms.append((c, (), product, ()))
    for c, left, p, right in terms:
        for middle, y in p.terms.items():
            key = letters.normal(left + middle + right)
            total[key] = total.get(key, Fraction(0)) + c * y
    if any(total.values()):
        raise Rejected("the products do not add up to zero")
    hypotheses = "; ".join(map(str, given)) or "nothing"
    return (
        f"{word(label, 'label', LABEL)} (a label, not checked): {goal} follows, for all sizes of "
        f"the spaces, from {hypotheses}; where {', '.join(letters.shown) or 'there is no letter'}"
    )


def _multiple(
    letters: Letters, given: list[Relation], goal: Polynomial, data: Any, budget: Budget
) -> tuple[Fraction, Word, Polynomial, Word]:
    """Read ``c left relation right``."""
    c_, left_, which, starred, right_ = items(data, "multiples", 5, 5)
    c = letters.coefficient(c_, "multiples")
    left, right = letters.word(left_, "multiples"), letters.word(right_, "multiples")
    if type(which) is not int or not 0 <= which < len(given) or type(starred) is not bool:
        raise Malformed("multiples must name a hypothesis, and true or false for its adjoint")
    p, sign = given[which]
    if sign != "=":
        raise Malformed("multiples must name an equation")
    budget.spend(STEPS * (1 + len(p.terms)))
    p = letters.adjoint(p) if starred else p
    # left : codomain of p -> that of the goal, right : domain of the goal -> that of p
    ends = letters.ends(left, p.codomain), letters.ends(right, goal.domain)
    if ends != ((p.codomain, goal.codomain), (goal.domain, p.domain)):
        raise Malformed("multiples must compose with their relation")
    return c, left, p, right


def _summand(
    letters: Letters, bounds: list[Relation], data: Any, budget: Budget
) -> tuple[Fraction, Polynomial, list[Relation]]:
    """Read ``c``, ``x`` and the hypotheses of ``c x* x g ...``."""
    c_, factors, x_ = items(data, "summands", 3, 3)
    c, x = letters.coefficient(c_, "summands"), letters.polynomial(x_, "summands")
    chosen = items(factors, "summands", 10)
    if any(type(i) is not int or not -1 <= i < len(bounds) - 1 for i in chosen):
        raise Malformed("summands must name hypotheses, or -1")
    if c < 0 or x.domain != ONE:
        raise Rejected("a summand has a negative coefficient, or no vector")
    used = [bounds[i] for i in chosen]
    if any(g.polynomial[:2] != (ONE, ONE) for g in used):
        raise Malformed("a summand multiplies by what is no number")
    counts = [len(p.terms) or 1 for p in (x, x, *(g.polynomial for g in used))]
    budget.spend(STEPS * len(counts) * prod(counts))
    return c, x, used


def _is_strict(x: Polynomial, factors: list[Relation]) -> bool:
    """Tell whether ``x* x g ...`` is a positive constant times what is strictly positive.

    The empty word, of domain 1, is the number 1.
    """
    return {*x.terms} == {()} and all(g.sign == ">" for g in factors)
