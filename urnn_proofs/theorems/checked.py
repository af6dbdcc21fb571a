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

__all__ = ["as_text", "formulas"]

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
        said = ", ".join(_relation(*each) for each in given)
        groups.setdefault(said, []).append(_relation(*shown))
    return tuple(
        (f"if {given}, then " if given else "") + ", ".join(dict.fromkeys(shown))
        for given, shown in groups.items()
    )


_Terms = list[tuple[Fraction, tuple[str, ...]]]
_Relation = tuple[_Terms, str]


def _parts(certificate: Certificate) -> tuple[list[_Relation], _Relation]:
    """Return hypotheses and conclusion of a claim."""
    claim = certificate.claim
    if certificate.kind == "identity":
        given = [(_words(r["terms"]), "=") for r in claim["relations"]]
        return given, (_words(claim["conclusion"]["terms"]), "=")
    names = claim["variables"]
    given = [(_monomials(h["polynomial"], names), h["sign"]) for h in claim["hypotheses"]]
    return given, (_monomials(claim["conclusion"], names), ">=")


def _words(terms: Any) -> _Terms:
    return [(Fraction(c), tuple(word)) for c, word in terms]


def _monomials(terms: Any, names: Sequence[str]) -> _Terms:
    return [
        (Fraction(c), tuple(x for x, e in zip(names, powers, strict=True) for _ in range(e)))
        for c, powers in terms
    ]


def _kind(conclusion: _Relation) -> str:
    terms, sign = conclusion
    if sign == "=":
        return "identity"
    return "contradiction" if all(not word and c < 0 for c, word in terms) else "inequality"


def _counted(kind: str, certificates: Sequence[Certificate]) -> str:
    """Say how many there are, in how many letters, and from how much they follow."""
    parts = [_parts(certificate) for certificate in certificates]
    names = [
        len({x.rstrip("*") for terms, _ in (*given, shown) for _, word in terms for x in word})
        for given, shown in parts
    ]
    many = len(certificates) > 1
    if kind == "identity":
        letters = {
            x.rstrip("*")
            for given, shown in parts
            for terms, _ in (*given, shown)
            for _, word in terms
            for x in word
        }
        relations = {_relation(*each) for given, _ in parts for each in given}
        what = f"{len(parts)} identities" if many else "1 identity"
        count = f"{len(relations)} relation{'s' * (len(relations) != 1)}"
        start = f"{what} between words in {len(letters)} letters follow{'s' * (not many)}"
        return f"{start} from {count}" if relations else f"{start} from nothing"
    plural = {"inequality": "inequalities", "contradiction": "contradictions"}[kind]
    what = f"{len(parts)} {plural}" if many else f"1 {kind}"
    most = f"up to {max(names)}" if len(set(names)) > 1 else f"{max(names)}"
    given_counts = sorted({len(given) for given, _ in parts})
    count = f"{given_counts[0]}" if len(given_counts) == 1 else f"up to {given_counts[-1]}"
    start = f"{what} in {most} number{'s' * (max(names) != 1)} follow{'s' * (not many)}"
    return f"{start} from {count} condition{'s' * (count != '1')}" + " each" * many


def _relation(terms: _Terms, sign: str) -> str:
    """Write a relation with positive coefficients on both sides."""
    left = [(c, word) for c, word in terms if c > 0]
    right = [(-c, word) for c, word in terms if c < 0]
    if sign == "=" and not left:
        left, right = right, left
    return f"{_sum(left)} {sign} {_sum(right)}"


def _sum(terms: Iterable[tuple[Fraction, tuple[str, ...]]]) -> str:
    return " + ".join(_term(c, word) for c, word in terms) or "0"


def _term(coefficient: Fraction, word: tuple[str, ...]) -> str:
    body = " ".join(
        _letter(x) + (f"^{n}" if (n := len(list(same))) > 1 and not x.endswith("*") else "")
        for x, same in groupby(word)
    )
    if not body:
        return str(coefficient)
    return body if coefficient == 1 else f"{coefficient} {body}"


def _letter(name: str) -> str:
    return f"{name[:-1]}^T" if name.endswith("*") else name
