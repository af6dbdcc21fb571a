"""Docstrings as the site shows them: plain names for roles, sources before the parameters.

Parameters that share a paragraph get one each, with their own types; examples stand below a
heading, values of enumerations in a list.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(func|class|mod|attr|meth|exc|data):`~?([\w.]+)`")
# Numpy's style would read a paragraph after a section as part of that section.
_SOURCE = re.compile(r"\n\nSource: (?:[^\n]+\n?)+(?=\n|\Z)")
_SECTION = re.compile(r"\n\n[A-Z]\w+\n-{3,}\n")
_SHARED = re.compile(r"^(\w+(?:, \w+)+)\n((?:    .*\n?)+)", re.MULTILINE)
_EXAMPLE = re.compile(r"(?:\n\n|\A)(?=>>> )")
_VALUE = re.compile(r"^([A-Z][A-Z_]{2,})\n    ((?:.+(?:\n    )?)+)", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Change every docstring before it is parsed."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Write the docstring so that the parser and Markdown read it as it is meant."""
        if obj.docstring is None:
            return
        text = _ROLE.sub(_named, obj.docstring.value).replace("::\n", ":\n")
        source, section = _SOURCE.search(text), _SECTION.search(text)
        if source and section and section.start() < source.start():
            rest = text[: source.start()] + text[source.end() :]
            text = rest[: section.start()] + source.group().rstrip() + rest[section.start() :]
        text = _SHARED.sub(_apart, text)
        text = _VALUE.sub(lambda m: f"- **{m[1]}**: {' '.join(m[2].split())}", text)
        first = _EXAMPLE.search(text)
        if first and "\nExamples\n---" not in text[: first.start()]:
            heading = "\n\nExamples\n--------\n"
            text = text[: first.start()] + heading + text[first.end() :]
        obj.docstring.value = text


def _named(role: re.Match[str]) -> str:
    """Return what a role leads to: a module by its path, a member with its class."""
    parts = role[2].split(".")
    member = len(parts) > 1 and parts[-2][:1].isupper()
    kept = parts if role[1] == "mod" else parts[-2:] if member else parts[-1:]
    return f"`{'.'.join(kept)}`"


def _apart(shared: re.Match[str]) -> str:
    """Return an entry for each name of ``one, other``."""
    return "".join(f"{name}\n{shared[2].rstrip()}\n" for name in shared[1].split(", "))
