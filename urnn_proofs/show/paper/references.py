r"""What is cited: the paper, the literature, and the tools; as BibTeX and as ``thebibliography``.

The version of this package is that of the text, not of the program, so that a text can be made
again by a later version and compared.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["KEYS", "bibliography", "bibtex", "in_words"]

#: Key: (BibTeX's kind, how a text without a bibliography names it, fields).
_ENTRIES: dict[str, tuple[str, str, dict[str, str]]] = {
    "emami2019": (
        "inproceedings",
        "Emami et al.\\ (NeurIPS 2019)",
        {
            "author": "Melikasadat Emami and Mojtaba Sahraee-Ardakan and Sundeep Rangan and "
            "Alyson K. Fletcher",
            "title": "Input-Output Equivalence of Unitary and Contractive {RNNs}",
            "booktitle": "Advances in Neural Information Processing Systems 32",
            "year": "2019",
            "note": "arXiv:1910.13672",
        },
    ),
    "halmos1950": (
        "article",
        "Halmos (1950)",
        {
            "author": "Paul R. Halmos",
            "title": "Normal dilations and extensions of operators",
            "journal": "Summa Brasiliensis Mathematicae",
            "volume": "2",
            "pages": "125--134",
            "year": "1950",
        },
    ),
    "nagy1953": (
        "article",
        "Sz.-Nagy (1953)",
        {
            "author": "B{\\'e}la Sz.-Nagy",
            "title": "Sur les contractions de l'espace de {Hilbert}",
            "journal": "Acta Scientiarum Mathematicarum (Szeged)",
            "volume": "15",
            "pages": "87--92",
            "year": "1953",
        },
    ),
    "albertini1993": (
        "article",
        "Albertini and Sontag (1993)",
        {
            "author": "Francesca Albertini and Eduardo D. Sontag",
            "title": "For neural networks, function determines form",
            "journal": "Neural Networks",
            "volume": "6",
            "pages": "975--990",
            "year": "1993",
        },
    ),
    "arjovsky2016": (
        "inproceedings",
        "Arjovsky et al.\\ (ICML 2016)",
        {
            "author": "Martin Arjovsky and Amar Shah and Yoshua Bengio",
            "title": "Unitary evolution recurrent neural networks",
            "booktitle": "Proceedings of the 33rd International Conference on Machine Learning",
            "year": "2016",
        },
    ),
    "wisdom2016": (
        "inproceedings",
        "Wisdom et al.\\ (NeurIPS 2016)",
        {
            "author": "Scott Wisdom and Thomas Powers and John Hershey and Jonathan {Le Roux} and "
            "Les Atlas",
            "title": "Full-capacity unitary recurrent neural networks",
            "booktitle": "Advances in Neural Information Processing Systems 29",
            "year": "2016",
        },
    ),
    "helfrich2018": (
        "inproceedings",
        "Helfrich et al.\\ (ICML 2018)",
        {
            "author": "Kyle Helfrich and Devin Willmott and Qiang Ye",
            "title": "Orthogonal recurrent neural networks with scaled {Cayley} transform",
            "booktitle": "Proceedings of the 35th International Conference on Machine Learning",
            "year": "2018",
        },
    ),
    "sympy2017": (
        "article",
        "SymPy",
        {
            "author": "Aaron Meurer and others",
            "title": "{SymPy}: symbolic computing in {Python}",
            "journal": "PeerJ Computer Science",
            "volume": "3",
            "pages": "e103",
            "year": "2017",
        },
    ),
    "z3": (
        "inproceedings",
        "Z3",
        {
            "author": "Leonardo de Moura and Nikolaj Bj{\\o}rner",
            "title": "{Z3}: an efficient {SMT} solver",
            "booktitle": "Tools and Algorithms for the Construction and Analysis of Systems, LNCS "
            "4963",
            "pages": "337--340",
            "year": "2008",
        },
    ),
    "flint": (
        "misc",
        "FLINT",
        {
            "author": "{The FLINT team}",
            "title": "{FLINT}: Fast Library for Number Theory, used through python-flint",
            "note": "flintlib.org",
        },
    ),
    "arb2017": (
        "article",
        "Arb",
        {
            "author": "Fredrik Johansson",
            "title": "{Arb}: efficient arbitrary-precision midpoint-radius interval arithmetic",
            "journal": "IEEE Transactions on Computers",
            "volume": "66",
            "pages": "1281--1292",
            "year": "2017",
        },
    ),
    "coq": (
        "misc",
        "Coq",
        {"author": "{The Coq Development Team}", "title": "The {Coq} proof assistant"},
    ),
    "mathcomp": (
        "misc",
        "MathComp",
        {
            "author": "Assia Mahboubi and Enrico Tassi",
            "title": "Mathematical Components",
            "year": "2021",
            "note": "doi:10.5281/zenodo.4457887",
        },
    ),
    "urnnproofs": (
        "misc",
        "\\texttt{urnn\\_proofs}",
        {
            "author": "{The urnn\\_proofs developers}",
            "title": "\\texttt{urnn\\_proofs}: verified results on what unitary recurrent networks "
            "can and cannot express",
            "note": "Version VERSION",
        },
    ),
}
KEYS = tuple(_ENTRIES)


def in_words(key: str) -> str:
    """Return how a text without a bibliography names a reference."""
    return _ENTRIES[key][1]


def bibtex(version: str) -> str:
    """Return all references as the text of a BibTeX file.

    Examples
    --------
    >>> print(bibtex("0.1.0").split(",")[0])
    @inproceedings{emami2019
    """
    parts = []
    for key, (kind, _, values) in _ENTRIES.items():
        fields = ",\n".join(
            f"  {name} = {{{text.replace('VERSION', version)}}}" for name, text in values.items()
        )
        parts.append(f"@{kind}{{{key},\n{fields}\n}}\n")
    return "\n".join(parts)


def bibliography(keys: Iterable[str], version: str) -> str:
    """Return a ``thebibliography`` of these references, so that one run needs no other file."""
    lines = [r"\begin{thebibliography}{99}"]
    for key in sorted(set(keys), key=_sort_key):
        lines += [f"\\bibitem{{{key}}}", _item(_ENTRIES[key][2], version)]
    return "\n".join([*lines, r"\end{thebibliography}"])


def _sort_key(key: str) -> str:
    first = _ENTRIES[key][2]["author"].split(" and ")[0]
    name = first.strip("{}").removeprefix("The ") if first[0] == "{" else first.split()[-1]
    return name.lower()


def _item(fields: dict[str, str], version: str) -> str:
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
    elif "year" in fields:
        text += f" {fields['year']}."
    if "note" in fields:
        text += f" {fields['note'].replace('VERSION', version)}."
    return text


def _short(name: str) -> str:
    """Abbreviate given names: ``Paul R. Halmos`` to ``P. R. Halmos``."""
    if name.startswith("{") or " " not in name:
        return name.strip("{}")
    given, family = name.rsplit("{", 1) if name.endswith("}") else name.rsplit(" ", 1)
    family = family.rstrip("}")
    if given.endswith(" de"):
        given, family = given[:-3], f"de {family}"
    return "~".join(f"{part[0]}." for part in given.split()) + f"~{family}"
