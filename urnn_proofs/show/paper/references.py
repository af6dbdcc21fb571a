r"""What is cited, in ``references.bib``: as BibTeX and as ``thebibliography``.

The version of this package is that of the text, not of the program, so that a text can be made
again by a later version and compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["KEYS", "bibliography", "bibtex", "in_words"]

_FILE = Path(__file__).with_name("references.bib")
_ENTRY = re.compile(r"^@(\w+)\{(\w+),\n((?:  .*\n)*)\}\n", re.M)
_FIELD = re.compile(r"^  (\w+) = \{(.*)\},?$", re.M)
#: Fields of each reference, by key; *inwords* is its name in a text without a bibliography.
_ENTRIES: dict[str, dict[str, str]] = {
    key: dict(_FIELD.findall(body)) for _, key, body in _ENTRY.findall(_FILE.read_text("ascii"))
}
KEYS = tuple(_ENTRIES)


def in_words(key: str) -> str:
    """Return how a text without a bibliography names a reference."""
    return _ENTRIES[key]["inwords"]


def bibtex(version: str) -> str:
    """Return all references as the text of a BibTeX file.

    Examples
    --------
    >>> print(bibtex("0.1.0").split(",")[0])
    @inproceedings{emami2019
    """
    text = re.sub(r",\n  inwords = .*", "", _FILE.read_text("ascii"))
    return text.replace("VERSION", version)


def bibliography(keys: Iterable[str], version: str) -> str:
    """Return a ``thebibliography`` of these references, so that one run needs no other file."""
    lines = [r"\begin{thebibliography}{99}\raggedright"]
    for key in sorted(set(keys), key=_sort_key):
        lines += [f"\\bibitem{{{key}}}", _item(_ENTRIES[key], version)]
    return "\n".join([*lines, r"\end{thebibliography}"])


def _sort_key(key: str) -> str:
    first = _ENTRIES[key]["author"].split(" and ")[0]
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
