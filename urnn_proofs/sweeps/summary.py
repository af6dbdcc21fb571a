"""Tables of a sweep, as CSV and LaTeX; :mod:`urnn_proofs.show` prints them on a terminal."""

from __future__ import annotations

import re
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import Trust, Verdict
from urnn_proofs.sweeps.cell import Question, canonical
from urnn_proofs.sweeps.row import Row

__all__ = ["Table", "rows_table", "summary_table"]

_MOST_VALUES = 20
_NONE = "-"
_BOUNDS = ("at_least", "at_most")
# What begins a formula in some spreadsheet, also in its full-width form, and what is none.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_HARMLESS = re.compile(r"-|[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?(/[0-9]+)?")
# Seeds repeat, and a network that is written out has a label.
_NOT_GROUPED = ("seed", "network")
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "\n": " ",
}


@dataclass(frozen=True)
class Table:
    """Texts in lines and columns; *numbers* are the columns that are set flush right."""

    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()

    def __str__(self) -> str:
        wide = [max(map(len, column)) for column in zip(self.columns, *self.lines, strict=True)]
        signs = [">" if name in self.numbers else "" for name in self.columns]
        return "\n".join(
            "  ".join(
                f"{plain(cell):{sign}{w}}" for cell, sign, w in zip(line, signs, wide, strict=True)
            ).rstrip()
            for line in (self.columns, *self.lines)
        )

    def without(self, names: Collection[str]) -> Table:
        """Return the table without some of its columns."""
        kept = [i for i, name in enumerate(self.columns) if name not in names]
        return Table(
            tuple(self.columns[i] for i in kept),
            tuple(tuple(line[i] for i in kept) for line in self.lines),
            self.numbers - set(names),
        )

    def to_csv(self) -> str:
        """Return the table as CSV with a header, lines ending in a newline.

        A text that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-`` or
        ``@`` and is no number) has an apostrophe in front, which spreadsheets take for "text".

        Examples
        --------
        >>> print(Table(("label", "w"), (("=1+2", "-1/2"), ("-x", "-"))).to_csv(), end="")
        label,w
        '=1+2,-1/2
        '-x,-
        """
        lines = [",".join(map(_quoted, line)) or '""' for line in (self.columns, *self.lines)]
        return "\n".join([*lines, ""])

    def to_latex(self) -> str:
        r"""Return the table as a LaTeX ``tabular`` for the package booktabs.

        Examples
        --------
        >>> print(Table(("family", "cells"), (("a_b & c", "2"),), frozenset({"cells"})).to_latex())
        \begin{tabular}{lr}
        \toprule
        family & cells \\
        \midrule
        a\_b \& c & 2 \\
        \bottomrule
        \end{tabular}
        """
        form = "".join("r" if name in self.numbers else "l" for name in self.columns)
        head, *body = (
            " & ".join(map(_escaped, line)) + r" \\" for line in (self.columns, *self.lines)
        )
        return "\n".join(
            [
                rf"\begin{{tabular}}{{{form}}}",
                r"\toprule",
                head,
                r"\midrule",
                *body,
                r"\bottomrule",
                r"\end{tabular}",
            ]
        )


def _quoted(cell: str) -> str:
    """Return the cell as CSV, marked as text if it would be a formula."""
    begins = cell.lstrip().startswith(_FORMULA) or cell.startswith(("\t", "\r", "\n"))
    text = f"'{cell}" if begins and not _HARMLESS.fullmatch(cell) else cell
    # The standard library leaves a lone carriage return bare, which readers take for a line end.
    return '"' + text.replace('"', '""') + '"' if any(c in ',"\r\n' for c in text) else text


def summary_table(
    rows: Sequence[Row], not_run: Sequence[Question], by: Sequence[str] | None = None
) -> Table:
    """Count verdicts in groups of cells.

    Columns: the keys in *by*; cells; one for each verdict that occurs; not run; the numbers of
    states that are needed and that suffice, if that was asked; the weakest trust among PROVED;
    median and largest time in seconds.

    Raises
    ------
    InputError
        If a key of *by* is in no cell.
    """
    cells = [dict(row.question.cell) for row in rows] + [dict(q.cell) for q in not_run]
    names = tuple(_varying(cells) if by is None else by)
    for name in names:
        if not any(name in cell for cell in cells):
            raise InputError(
                f"by names {name!r}, which is in no cell; expected some of: "
                f"{', '.join(sorted({key for cell in cells for key in cell}))}"
            )
    groups: dict[tuple[str, ...], tuple[list[Row], list[Question]]] = {}
    for row in rows:
        groups.setdefault(_group(row.question.cell, names), ([], []))[0].append(row)
    for question in not_run:
        groups.setdefault(_group(question.cell, names), ([], []))[1].append(question)
    seen = [verdict for verdict in Verdict if any(row.verdict is verdict for row in rows)]
    counted = ["cells", *(str(verdict) for verdict in seen), *(["not run"] if not_run else [])]
    bounds = [name for name in _BOUNDS if any(name in row.facts for row in rows)]
    lines = []
    for group, (members, missing) in groups.items():
        counts = [str(len(members) + len(missing))]
        counts += [str(sum(row.verdict is verdict for row in members)) for verdict in seen]
        counts += [str(len(missing))] if not_run else []
        ranges = (_range(members, name) for name in bounds)
        lines.append((*group, *counts, *ranges, *_quality(members)))
    said = [name.replace("_", " ") for name in bounds]
    return Table(
        (*names, *counted, *said, "trust", "median s", "max s"),
        tuple(lines),
        frozenset((*counted, *said, "median s", "max s")),
    )


def _range(rows: Sequence[Row], name: str) -> str:
    """Return the number that the rows have, or the least and the largest."""
    found = sorted({x for row in rows if type(x := row.facts.get(name)) is int})
    if not found:
        return _NONE
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"


def rows_table(rows: Sequence[Row]) -> Table:
    """Return one line for each row: keys of its cell, then what became of it."""
    names = list(dict.fromkeys(name for row in rows for name in row.question.cell))
    found = ("verdict", "trust", "scope", "answer", "facts", "digest", "ended", "error")
    lines = tuple(
        (
            *_group(row.question.cell, names),
            str(row.verdict),
            str(row.trust),
            row.scope,
            row.answer,
            canonical(dict(row.facts)),
            row.digest or "",
            row.ended,
            row.error,
            f"{row.seconds:.6f}",
            str(row.attempts),
            row.version,
            row.question.key,
        )
        for row in rows
    )
    columns = (*names, *found, "seconds", "attempts", "version", "key")
    return Table(columns, lines, frozenset({"seconds", "attempts"}))


def _quality(rows: Sequence[Row]) -> tuple[str, str, str]:
    """Return the weakest trust among what is PROVED, and two times."""
    order = tuple(Trust)
    trusts = [row.trust for row in rows if row.verdict is Verdict.PROVED]
    trust = str(max(trusts, key=order.index)) if trusts else _NONE
    times = [row.seconds for row in rows]
    if not times:
        return trust, _NONE, _NONE
    return trust, f"{statistics.median(times):.3f}", f"{max(times):.3f}"


def _varying(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the keys that split the cells into a few groups."""
    values: dict[str, set[str]] = {}
    for cell in cells:
        for name in cell:
            values.setdefault(name, set())
    for name, found in values.items():
        found.update(_shown(cell.get(name)) for cell in cells)
    few = (name for name, found in values.items() if 2 <= len(found) <= _MOST_VALUES)
    return [name for name in few if name not in _NOT_GROUPED]


def _group(cell: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(_shown(cell.get(name)) for name in names)


def _shown(value: Any) -> str:
    if value is None:
        return _NONE
    if isinstance(value, str):
        return value
    text = canonical(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)
