"""The Coq development beside the package: where it is, its digest, what it may not contain."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from urnn_proofs.model.errors import InputError

__all__ = ["Headline", "digest", "forbidden", "headlines", "modules", "sources"]

_PROJECT, _HEADLINES = "_CoqProject", "headlines.txt"
_OPTIONS = ["-R . URNN", "-arg -w", "-arg none"]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_']*\Z")
#: Commands that would make Coq accept something without a proof, or change what it checks.
_ANYWHERE = re.compile(
    r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|Declare\s+ML|"
    r"bypass_check|(?:Unset|Set)\s+(?:Guard|Positivity|Universe)\s+Checking|type-in-type)\b"
)
_OUTSIDE_SECTIONS = re.compile(r"(?:Variables?|Hypothesis|Hypotheses|Context)\b")
_SECTION = re.compile(r"(?:Section|Module(?:\s+Type)?|End)\s+(\w+)")


@dataclass(frozen=True)
class Headline:
    """A theorem by its Coq name, the module that proves it, and the axioms it may use."""

    name: str
    module: str
    assumptions: tuple[str, ...]


def sources() -> Path | None:
    """Return the folder of the development if it lies beside the package, as in a checkout.

    Any ``.v`` file there counts, so that no part of it is overlooked because another is absent.
    """
    folder = Path(__file__).resolve().parents[2] / "formal"
    return folder if (folder / _PROJECT).is_file() or any(folder.glob("*.v")) else None


def modules(folder: Path) -> tuple[str, ...]:
    """Return the modules in the order in which they are compiled.

    Raises
    ------
    InputError
        If the project file is absent, gives Coq other options than it should, or does not
        list exactly the ``.v`` files of the folder.
    """
    try:
        lines = (folder / _PROJECT).read_text(encoding="utf-8").split("\n")
    except OSError:
        raise InputError(f"{folder} has no {_PROJECT}; expected the Coq sources") from None
    words = [line.strip() for line in lines if line.strip()]
    if words[: len(_OPTIONS)] != _OPTIONS:
        raise InputError(f"{_PROJECT} begins with {words[:3]}; expected {_OPTIONS}")
    names = [word.removesuffix(".v") for word in words[len(_OPTIONS) :]]
    here = {path.stem for path in folder.glob("*.v")}
    if any(not _NAME.match(name) for name in names) or sorted(names) != sorted(here):
        odd = sorted(set(names) ^ here)
        raise InputError(f"{_PROJECT} and the .v files beside it differ in {odd or 'repetitions'}")
    return tuple(names)


def digest(folder: Path) -> str:
    """Return one SHA-256 over the names and the texts of all ``.v`` files, line ends aside."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.v"), key=lambda path: path.name):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{path.name} {hashlib.sha256(text).hexdigest()}\n".encode())
    return total.hexdigest()


def headlines(folder: Path) -> tuple[Headline, ...]:
    """Read the list of headline theorems and of the axioms each may use.

    Raises
    ------
    InputError
        If the list is absent, or a line is not ``name module assumptions``.
    """
    try:
        text = (folder / _HEADLINES).read_text(encoding="utf-8")
    except OSError:
        raise InputError(f"{folder} has no {_HEADLINES}; expected the Coq sources") from None
    groups: dict[str, tuple[str, ...]] = {"none": ()}
    found: list[Headline] = []
    for line in text.split("\n"):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) > 2 and words[1] == "=":
            groups[words[0]] = tuple(sorted({*groups.get(words[0], ()), *words[2:]}))
        elif len(words) == 3 and words[2] in groups and all(map(_NAME.match, words[:2])):
            found.append(Headline(words[0], words[1], groups[words[2]]))
        else:
            raise InputError(f"{_HEADLINES} has the line {line!r}; expected name, module, group")
    if len({headline.name for headline in found}) != len(found):
        raise InputError(f"{_HEADLINES} lists a theorem twice")
    return tuple(found)


def forbidden(folder: Path) -> tuple[str, ...]:
    """List the commands by which a file could claim something that Coq did not check.

    A hypothesis is allowed inside a section only: there it becomes part of each statement.
    """
    found = []
    for path in sorted(folder.glob("*.v"), key=lambda path: path.name):
        text = _without_comments(path.read_text(encoding="utf-8"))
        found += [f"{path.name}: {m[0]}" for m in _ANYWHERE.finditer(text)]
        open_sections: list[tuple[str, bool]] = []
        for command in re.split(r"\.(?:\s|\Z)", text):
            words = re.sub(r"\A\s*(?:(?:Local|Global|#\[[^]]*\])\s+)*", "", command)
            if part := _SECTION.match(words):
                if words.startswith("End"):
                    if open_sections and open_sections[-1][0] == part[1]:
                        open_sections.pop()
                elif ":=" not in words:
                    open_sections.append((part[1], words.startswith("Section")))
            elif (m := _OUTSIDE_SECTIONS.match(words)) and not any(s for _, s in open_sections):
                found.append(f"{path.name}: {m[0]} outside a section")
    return tuple(found)


def _without_comments(text: str) -> str:
    """Blank out comments, which nest, and strings."""
    kept, depth, position = [], 0, 0
    for token in re.finditer(r'\(\*|\*\)|"(?:[^"]|"")*"', text):
        if depth == 0:
            kept.append(text[position : token.start()])
        position = token.end()
        if token[0] == "(*":
            depth += 1
        elif token[0] == "*)":
            depth = max(depth - 1, 0)
        kept.append(" ")
    if depth == 0:
        kept.append(text[position:])
    return "".join(kept)
