"""What the kernel was given, in words: read off the certificates it accepted.

A step claims what its author wrote; what was checked is what stands in the certificates, and no
more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from urnn_proofs.certificate import Certificate

__all__ = ["as_text", "formulas", "relation_text"]

_LONGEST = 110  # letters of a formula that is shown beside its count
_LARGEST = 40  # terms of a relation that is written out


def as_text(certificates: Sequence[Certificate]) -> str:
    """Return in one sentence what certificates show, with the formulas where they are short.

    Examples
    --------
    >>> from urnn_proofs import theorem
    >>> print(theorem("3.1").check_step("S5 induction").checks[0].checked)
    3 identities between words in 4 letters follow from 1 relation: if g = 0, then W2 g = 0, \
W4 g = 0, O g = 0
    """
    found: dict[str, list[Certificate]] = {}
    for certificate in certificates:
        found.setdefault(_kind(_parts(certificate)[1]), []).append(certificate)
    said = [_counted(kind, group) for kind, group in found.items()]
    if not said:
        return "nothing"
    shown = formulas(certificates)
    short = len(found) == 1 and len(shown) == 1 and len(shown[0]) <= _LONGEST
    return "; ".join(said) + (f": {shown[0]}" if short else "")


def formulas(certificates: Sequence[Certificate]) -> tuple[str, ...]:
    """Return what certificates show as formulas, those of the same relations together.

    What is too long to be read is left out.
    """
    groups: dict[str, list[str]] = {}
    for certificate in certificates:
        given, shown = _parts(certificate)
        relations = (*given, shown)
        numbered = any("_" in x for terms, _ in relations for _, word in terms for x in word)
        if numbered or sum(len(terms) for terms, _ in relations) > _LARGEST:
            continue  # entries of matrices by their numbers are not for reading
        said = ", ".join(relation_text(*each) for each in given)
        groups.setdefault(said, []).append(relation_text(*shown))
    return tuple(
        (f"if {given}, then " if given else "") + ", ".join(dict.fromkeys(shown))
        for given, shown in groups.items()
    )


_Terms = list[tuple[Fraction, tuple[str, ...]]]
_Relation = tuple[_Terms, str]


def _parts(certificate: Certificate) -> tuple[list[_Relation], _Relation]:
    """Return hypotheses and conclusion of a claim."""
    claim = certificate.claim
    return [_read(x) for x in claim["hypotheses"]], _read(claim["conclusion"])


def _read(relation: Any) -> _Relation:
    terms = relation["polynomial"]["terms"]
    return [(Fraction(c), tuple(word)) for c, word in terms], relation["sign"]


def _kind(conclusion: _Relation) -> str:
    terms, sign = conclusion
    if sign == "=":
        return "identity"
    return "contradiction" if all(not word and c < 0 for c, word in terms) else "inequality"


def _counted(kind: str, certificates: Sequence[Certificate]) -> str:
    """Say how many there are, in how many letters, and from how much they follow."""
    parts = [(*given, shown) for given, shown in map(_parts, certificates)]
    letters = [_letters(relations) for relations in parts]
    given = [{relation_text(*each) for each in relations[:-1]} for relations in parts]
    ends = "follow" if len(parts) > 1 else "follows"
    if kind == "identity":
        shown = _many(len(parts), "identity", "identities")
        used = _many(len(set().union(*letters)), "letter", "letters")
        from_ = _many(len(set().union(*given)), "relation", "relations")
        return f"{shown} between words in {used} {ends} from {from_}"
    plural = {"inequality": "inequalities", "contradiction": "contradictions"}[kind]
    used = _most([len(each) for each in letters], "number", "numbers")
    from_ = _most([len(each) for each in given], "condition", "conditions")
    each = " each" if len(parts) > 1 else ""
    return f"{_many(len(parts), kind, plural)} in {used} {ends} from {from_}{each}"


def _letters(relations: Iterable[_Relation]) -> set[str]:
    return {x.rstrip("*") for terms, _ in relations for _, word in terms for x in word}


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _most(counts: Sequence[int], one: str, several: str) -> str:
    most = _many(max(counts), one, several)
    return most if len(set(counts)) == 1 else f"up to {most}"


def relation_text(terms: _Terms, sign: str) -> str:
    """Write a relation with positive coefficients on both sides."""
    left = [(c, word) for c, word in terms if c > 0]
    right = [(-c, word) for c, word in terms if c < 0]
    if sign == "=" and not left:
        left, right = right, left
    return f"{_sum(left)} {sign} {_sum(right)}"


def _sum(terms: Iterable[tuple[Fraction, tuple[str, ...]]]) -> str:
    return " + ".join(_term(c, word) for c, word in terms) or "0"


def _term(coefficient: Fraction, word: tuple[str, ...]) -> str:
    body = " ".join(_power(x, len(list(same))) for x, same in groupby(word))
    if not body:
        return str(coefficient)
    return body if coefficient == 1 else f"{coefficient} {body}"


def _power(name: str, exponent: int) -> str:
    if name.endswith("*"):
        return " ".join([f"{name[:-1]}^T"] * exponent)
    return name if exponent == 1 else f"{name}^{exponent}"
