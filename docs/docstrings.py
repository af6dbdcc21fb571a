"""Docstrings as the site shows them: plain names for roles, sources before the parameters."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:func|class|mod|attr|meth|exc):`~?(?:[\w.]*\.)?(\w+)`")
# Numpy's style would read a paragraph after a section as part of that section.
_SOURCE = re.compile(r"\n\nSource: (?:[^\n]+\n?)+(?=\n|\Z)")
_SECTION = re.compile(r"\n\n[A-Z]\w+\n-{3,}\n")


class Docstrings(griffe.Extension):
    """Change every docstring before it is parsed."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Replace roles by names and move the paragraph that names the source."""
        if obj.docstring is None:
            return
        text = _ROLE.sub(r"`\1`", obj.docstring.value)
        source, section = _SOURCE.search(text), _SECTION.search(text)
        if source and section and section.start() < source.start():
            rest = text[: source.start()] + text[source.end() :]
            text = rest[: section.start()] + source.group().rstrip() + rest[section.start() :]
        obj.docstring.value = text
