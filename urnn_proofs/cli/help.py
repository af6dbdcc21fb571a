"""Help that fits: what an option does stands below it where a column beside it would be narrow."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

import typer

__all__ = ["first_sentence", "fit_help"]

#: The narrowest column of text that stands beside the names of options.
_NARROWEST = 30
_BELOW = 4  # how far in is what stands below a name
_SENTENCE = re.compile(r".*?\.(?=\s|$)", re.S)


def first_sentence(function: Any) -> str:
    """Return the first sentence of a docstring; the list of commands would cut it off itself."""
    found = _SENTENCE.match(function.__doc__ or "")
    return " ".join(found[0].split()) if found else ""


def fit_help(app: typer.Typer) -> None:
    """Let the help of this program fit narrow terminals, and break no name at a hyphen."""
    context: Any = typer.main.get_command(app).context_class
    base: Any = context.formatter_class
    if base.__module__ == __name__:
        return

    class Help(base):  # type: ignore[misc]  # whichever class the installed version has
        def write_dl(
            self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
        ) -> None:
            rows = list(rows)
            names = min(max(len(name) for name, _ in rows), col_max) + col_spacing
            indent = self.current_indent
            below = self.width - indent - names < _NARROWEST
            start = indent + (_BELOW if below else names)
            for name, text in rows:
                lines = textwrap.wrap(text, max(self.width - start, 10), break_on_hyphens=False)
                lead = " " * indent + name
                if lines and not below and len(name) <= names - col_spacing:
                    lead = f"{lead:{start}}{lines.pop(0)}"
                self.write("\n".join([lead, *(" " * start + line for line in lines)]) + "\n")

    context.formatter_class = Help
