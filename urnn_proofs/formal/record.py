"""What Coq checked, as shipped with the package: statements, assumptions, digests.

A record applies to a theorem's page as long as everything it was made beside is unchanged: the
words and the LaTeX of the statement, the hypotheses, and, where they lie beside the package, the
Coq sources.  What differs is said in a sentence, and then nothing rests on the record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urnn_proofs.formal.sources import digest as digest_of
from urnn_proofs.formal.sources import sources
from urnn_proofs.model.errors import InputError

__all__ = [
    "PATH",
    "Page",
    "Record",
    "RecordedTheorem",
    "Standing",
    "read_record",
    "recorded",
    "seal_of",
    "standing",
    "theorem_standing",
]

PATH = Path(__file__).with_name("record.json")
_FORMAT = 1
_LARGEST = 4_000_000  # bytes


@dataclass(frozen=True)
class RecordedTheorem:
    """A theorem that Coq checked.

    Parameters
    ----------
    name, module
        Its name in Coq, and the file without ``.v``.
    statement
        The statement as Coq prints it.
    assumptions
        The axioms its proof uses; none if it is closed under the global context.
    coq
        The version of Coq.
    digest
        SHA-256 over all ``.v`` files.
    """

    name: str
    module: str
    statement: str
    assumptions: tuple[str, ...]
    coq: str
    digest: str


@dataclass(frozen=True)
class Page:
    """A theorem page, and the Coq theorems that it was reviewed beside.

    Parameters
    ----------
    theorems
        Names in Coq; together they are the statement of the page.
    prose
        Digest of the page's statement in words and in LaTeX and of its hypotheses.
    reviewed
        How the words correspond to the Coq statements.
    """

    theorems: tuple[str, ...]
    prose: str
    reviewed: str


@dataclass(frozen=True)
class Record:
    """The whole record."""

    package: str
    coq: str
    sources: str
    theorems: Mapping[str, RecordedTheorem]
    pages: Mapping[str, Page]


@dataclass(frozen=True)
class Standing:
    """Whether the record applies to a page now.

    Parameters
    ----------
    theorems
        The Coq theorems of the page; none if the record names none.
    against
        Why it does not apply, a sentence each; empty if it does.
    noted
        What was and what was not looked at just now.
    reviewed
        How words and Coq statements correspond.
    """

    theorems: tuple[RecordedTheorem, ...]
    against: tuple[str, ...]
    noted: tuple[str, ...] = ()
    reviewed: str = ""

    @property
    def applies(self) -> bool:
        """Tell whether Coq's check of these theorems is a check of the page."""
        return bool(self.theorems) and not self.against


def seal_of(data: Mapping[str, Any]) -> str:
    """Return the SHA-256 over a record without its seal."""
    return _sha256({key: value for key, value in data.items() if key != "seal"})


def read_record(path: Path = PATH) -> Record:
    """Read a record.

    Raises
    ------
    InputError
        If there is none, it is malformed, or a part of it was changed after it was written.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as reason:
        raise InputError(f"the record of Coq's checks cannot be read: {reason}") from None
    if len(raw) > _LARGEST:
        raise InputError(f"the record of Coq's checks has more than {_LARGEST} bytes")
    try:
        data = json.loads(raw)
        if data["format"] != _FORMAT:
            raise InputError(
                f"the record of Coq's checks has format {data['format']!r}; expected {_FORMAT}"
            )
        if data["seal"] != seal_of(data):
            raise InputError("the record of Coq's checks was changed after it was written")
        coq, digest = _text(data["coq"]), _text(data["sources"])
        theorems = {
            _text(name): RecordedTheorem(
                name,
                _text(entry["module"]),
                _text(entry["statement"]),
                tuple(map(_text, entry["assumptions"])),
                coq,
                digest,
            )
            for name, entry in data["theorems"].items()
        }
        pages = {
            _text(name): Page(
                tuple(map(_text, entry["theorems"])),
                _text(entry["prose"]),
                _text(entry["reviewed"]),
            )
            for name, entry in data["pages"].items()
        }
        record = Record(_text(data["package"]), coq, digest, theorems, pages)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as reason:
        if isinstance(reason, InputError):
            raise
        raise InputError("the record of Coq's checks is malformed; expected JSON") from None
    absent = {name for page in pages.values() for name in page.theorems} - set(theorems)
    if absent:
        raise InputError(f"the record of Coq's checks lacks the theorem {min(absent)!r}")
    return record


def recorded(name: str) -> RecordedTheorem:
    """Return a theorem by its name in Coq.

    Raises
    ------
    InputError
        If the record has none of that name.

    Examples
    --------
    >>> recorded("theorem_3_1").assumptions
    ()
    """
    record = read_record()
    if name not in record.theorems:
        raise InputError(
            f"the record has no Coq theorem {name!r}; expected one of {', '.join(record.theorems)}"
        )
    return record.theorems[name]


def standing(page: str, prose: str, named: Sequence[str], *, path: Path = PATH) -> Standing:
    """Say whether the record applies to a page that claims what has this digest.

    Parameters
    ----------
    page
        The theorem's name here, such as ``"3.1"``.
    prose
        Digest of the page's name, statement, LaTeX and hypotheses as they are now.
    named
        The Coq theorems that the page names.
    """
    try:
        record = read_record(path)
    except InputError as reason:
        return Standing((), (f"{reason}.",))
    if page not in record.pages:
        why = f"The record knows no page {page!r}, which names Coq theorems."
        return Standing((), (why,) if named else ())
    entry = record.pages[page]
    against, noted = _of_this_package(record)
    if tuple(named) != entry.theorems:
        against.append("The page names other Coq theorems than those it was reviewed beside.")
    if entry.prose != prose:
        against.append(
            "The statement or a hypothesis of the page is not the one that was reviewed beside the "
            "Coq theorem."
        )
    return Standing(
        tuple(record.theorems[name] for name in entry.theorems),
        tuple(against),
        noted,
        entry.reviewed,
    )


def theorem_standing(name: str, *, path: Path = PATH) -> Standing:
    """Say whether the record of one Coq theorem, by its name in Coq, applies to this package."""
    try:
        record = read_record(path)
    except InputError as reason:
        return Standing((), (f"{reason}.",))
    if name not in record.theorems:
        return Standing((), (f"The record has no Coq theorem {name!r}.",))
    against, noted = _of_this_package(record)
    return Standing((record.theorems[name],), tuple(against), noted)


def _of_this_package(record: Record) -> tuple[list[str], tuple[str, ...]]:
    """Return why the record is of another package or other sources, and what was looked at."""
    from urnn_proofs import __version__  # of the running package

    against = []
    if record.package != __version__:
        against.append(
            f"The record was made for version {record.package}, and this is {__version__}."
        )
    folder = sources()
    if folder is None:
        noted = "The Coq sources are not beside the package; their digest was not computed again."
        return against, (noted,)
    if digest_of(folder) == record.sources:
        return against, ("The Coq sources beside the package have the recorded digest.",)
    against.append("The Coq sources beside the package are not those that Coq checked.")
    return against, ()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _sha256(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
