r"""What is cited: the paper, the literature, and the tools; as BibTeX and as ``thebibliography``.

The version of this package is that of the text, not of the program, so that a text can be made
again by a later version and compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["KEYS", "bibliography", "bibtex", "in_words"]


@dataclass(frozen=True)
class _Entry:
    kind: str
    words: str  # how it is named in a text that has no bibliography
    fields: tuple[tuple[str, str], ...]


_ENTRIES = {
    "emami2019": _Entry(
        "inproceedings",
        "Emami et al.\\ (NeurIPS 2019)",
        (
            (
                "author",
                "Melikasadat Emami and Mojtaba Sahraee-Ardakan and Sundeep Rangan and "
                "Alyson K. Fletcher",
            ),
            ("title", "Input-Output Equivalence of Unitary and Contractive {RNNs}"),
            ("booktitle", "Advances in Neural Information Processing Systems 32"),
            ("year", "2019"),
            ("note", "arXiv:1910.13672"),
        ),
    ),
    "halmos1950": _Entry(
        "article",
        "Halmos (1950)",
        (
            ("author", "Paul R. Halmos"),
            ("title", "Normal dilations and extensions of operators"),
            ("journal", "Summa Brasiliensis Mathematicae"),
            ("volume", "2"),
            ("pages", "125--134"),
            ("year", "1950"),
        ),
    ),
    "sympy2017": _Entry(
        "article",
        "SymPy",
        (
            ("author", "Aaron Meurer and others"),
            ("title", "{SymPy}: symbolic computing in {Python}"),
            ("journal", "PeerJ Computer Science"),
            ("volume", "3"),
            ("pages", "e103"),
            ("year", "2017"),
        ),
    ),
    "z3": _Entry(
        "inproceedings",
        "Z3",
        (
            ("author", "Leonardo de Moura and Nikolaj Bj{\\o}rner"),
            ("title", "{Z3}: an efficient {SMT} solver"),
            (
                "booktitle",
                "Tools and Algorithms for the Construction and Analysis of Systems, LNCS 4963",
            ),
            ("pages", "337--340"),
            ("year", "2008"),
        ),
    ),
    "flint": _Entry(
        "misc",
        "FLINT",
        (
            ("author", "{The FLINT team}"),
            ("title", "{FLINT}: Fast Library for Number Theory, used through python-flint"),
            ("note", "flintlib.org"),
        ),
    ),
    "arb2017": _Entry(
        "article",
        "Arb",
        (
            ("author", "Fredrik Johansson"),
            ("title", "{Arb}: efficient arbitrary-precision midpoint-radius interval arithmetic"),
            ("journal", "IEEE Transactions on Computers"),
            ("volume", "66"),
            ("pages", "1281--1292"),
            ("year", "2017"),
        ),
    ),
    "urnnproofs": _Entry(
        "misc",
        "\\texttt{urnn\\_proofs}",
        (
            ("author", "{The urnn\\_proofs developers}"),
            (
                "title",
                "\\texttt{urnn\\_proofs}: verified results on what unitary recurrent networks "
                "can and cannot express",
            ),
            ("note", "Version VERSION"),
        ),
    ),
}
KEYS = tuple(_ENTRIES)


def in_words(key: str) -> str:
    """Return how a text without a bibliography names a reference."""
    return _ENTRIES[key].words


def bibtex(version: str) -> str:
    """Return all references as the text of a BibTeX file.

    Examples
    --------
    >>> print(bibtex("0.1.0").split(",")[0])
    @inproceedings{emami2019
    """
    parts = []
    for key, entry in _ENTRIES.items():
        fields = ",\n".join(
            f"  {name} = {{{text.replace('VERSION', version)}}}" for name, text in entry.fields
        )
        parts.append(f"@{entry.kind}{{{key},\n{fields}\n}}\n")
    return "\n".join(parts)


def bibliography(keys: Iterable[str], version: str) -> str:
    """Return a ``thebibliography`` of these references, so that one run needs no other file."""
    wanted = set(keys)
    lines = [r"\begin{thebibliography}{9}"]
    for key in sorted(wanted, key=lambda key: _sort_key(_ENTRIES[key])):
        lines += [f"\\bibitem{{{key}}}", _item(_ENTRIES[key], version)]
    return "\n".join([*lines, r"\end{thebibliography}"])


def _sort_key(entry: _Entry) -> str:
    first = dict(entry.fields)["author"].split(" and ")[0]
    return first.strip("{}").split()[-1] if first[0] != "{" else first.strip("{}")


def _item(entry: _Entry, version: str) -> str:
    fields = dict(entry.fields)
    authors = [_short(name) for name in fields["author"].split(" and ")]
    last = f", and {authors[-1]}" if len(authors) > 2 else f" and {authors[-1]}"
    if authors[-1] == "others":
        last = " et al"
    names = authors[0] if len(authors) == 1 else ", ".join(authors[:-1]) + last
    text = f"{names}. {fields['title']}."
    if "journal" in fields:
        text += f" \\emph{{{fields['journal']}}} {fields['volume']} ({fields['year']}), "
        text += f"{fields['pages']}."
    elif "booktitle" in fields:
        pages = f", {fields['pages']}" if "pages" in fields else ""
        text += f" \\emph{{{fields['booktitle']}}}, {fields['year']}{pages}."
    if "note" in fields:
        text += f" {fields['note'].replace('VERSION', version)}."
    return text


def _short(name: str) -> str:
    """Abbreviate given names: ``Paul R. Halmos`` to ``P. R. Halmos``."""
    if name.startswith("{") or " " not in name:
        return name.strip("{}")
    given, family = name.rsplit(" ", 1)
    if given.endswith(" de"):
        given, family = given[:-3], f"de {family}"
    return "~".join(f"{part[0]}." for part in given.split()) + f"~{family}"
