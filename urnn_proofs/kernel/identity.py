"""An identity between operators follows from relations: a cofactor certificate.

Words are products of typed letters; ``A B`` needs ``domain(A) = codomain(B)``.  If in this algebra

    conclusion = sum_i  c_i  left_i  relation_i  right_i

(a relation may be taken adjoint) the conclusion vanishes where the relations do, for all sizes.
"""

from fractions import Fraction
from typing import Any

from .reading import Malformed, Rejected, fields, items, rational, text

Word = tuple[str, ...]
Polynomial = dict[Word, Fraction]
LIMIT = 1000


class Letters:
    """The typed letters with their adjoints."""

    def __init__(self, data: Any) -> None:
        self.types: dict[str, tuple[str, str]] = {}
        self.adjoints: dict[str, str] = {}
        for entry in items(data, "letters", 100):
            parts = fields(entry, "letters", "name", "adjoint", "domain", "codomain")
            name, star, x, y = (text(part, "letters") for part in parts)
            for letter, other, kind in ((name, star, (x, y)), (star, name, (y, x))):
                if self.types.setdefault(letter, kind) != kind:
                    raise Malformed(f"the letter {letter} has two types")
                if self.adjoints.setdefault(letter, other) != other:
                    raise Malformed(f"the letter {letter} has two adjoints")

    def word(self, data: Any, name: str) -> Word:
        """Read a word whose letters compose."""
        letters = tuple(text(x, name) for x in items(data, name, 100))
        if any(x not in self.types for x in letters):
            raise Malformed(f"{name} has an unknown letter")
        if any(self.types[a][0] != self.types[b][1] for a, b in zip(letters, letters[1:])):
            raise Malformed(f"{name} has letters that do not compose")
        return letters

    def ends(self, word: Word, default: str) -> tuple[str, str]:
        """Return domain and codomain; the empty word is an identity."""
        return (self.types[word[-1]][0], self.types[word[0]][1]) if word else (default, default)

    def polynomial(self, data: Any, name: str) -> tuple[str, str, Polynomial]:
        """Read a polynomial whose words all map its domain to its codomain."""
        domain, codomain, terms = fields(data, name, "domain", "codomain", "terms")
        result: Polynomial = {}
        for term in items(terms, name, LIMIT):
            coefficient, letters = items(term, name, 2, 2)
            word = self.word(letters, name)
            if self.ends(word, domain) != (domain, codomain) or word in result:
                raise Malformed(f"{name} has a word of another type, or one twice")
            result[word] = rational(coefficient, name)
        return domain, codomain, result


def check_identity(claim: Any, evidence: Any) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    letters_, relations_, conclusion_ = fields(claim, "claim", "letters", "relations", "conclusion")
    letters = Letters(letters_)
    relations = [letters.polynomial(x, "relations") for x in items(relations_, "relations", 100)]
    domain, codomain, conclusion = letters.polynomial(conclusion_, "conclusion")
    total: Polynomial = {}
    (cofactors,) = fields(evidence, "evidence", "cofactors")
    for k, entry in enumerate(items(cofactors, "cofactors", LIMIT)):
        name = f"cofactors[{k}]"
        c_, left_, which, starred, right_ = items(entry, name, 5, 5)
        c, left, right = rational(c_, name), letters.word(left_, name), letters.word(right_, name)
        if type(which) is not int or not 0 <= which < len(relations) or type(starred) is not bool:
            raise Malformed(f"{name} must name a relation, and true or false for its adjoint")
        source, target, relation = relations[which]
        if starred:  # the adjoint reverses words (coefficients are real)
            flip = {tuple(letters.adjoints[x] for x in w[::-1]): c for w, c in relation.items()}
            source, target, relation = target, source, flip
        # left : target -> codomain and right : domain -> source
        ends = letters.ends(left, target), letters.ends(right, domain)
        if ends != ((target, codomain), (domain, source)):
            raise Malformed(f"{name} does not compose with its relation")
        for word, x in relation.items():
            product = left + word + right
            total[product] = total.get(product, Fraction(0)) + c * x
    for word in {*total, *conclusion}:
        if total.get(word, 0) != conclusion.get(word, 0):
            raise Rejected(f"the cofactors do not add up at the word {' '.join(word) or '1'}")
    shown = " + ".join(f"{c} {' '.join(w) or '1'}" for w, c in conclusion.items()) or "0"
    return f"{shown[:300]} = 0 follows from {len(relations)} relations, for all sizes"
