"""Sweeps on the terminal: the answer, then what went wrong, then the summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from urnn_proofs.checks.smt.limits import ANSWERED
from urnn_proofs.model.text import plain
from urnn_proofs.show.terminal import say, verdict_text
from urnn_proofs.sweeps.result import SweepResult
from urnn_proofs.sweeps.summary import Table

__all__ = ["print_sweep"]

_MOST_SHOWN = 5
_TIMES = ("median s", "max s")  # are left out first where the table is too wide


def print_sweep(found: SweepResult, console: Console, by: Sequence[str] | None = None) -> None:
    """Print the answer, a sweep's notes, the first cells without an answer, and its summary."""
    say(console, Text(found.sentence, "bold"), verdict_text(found.verdict) + "  ")
    for note in found.notes:
        say(console, Text(f"note: {plain(note)}", "yellow"), indent=2)
    without = [row for row in found.rows if row.ended != ANSWERED or row.error]
    for row in without[:_MOST_SHOWN]:
        cell = ", ".join(f"{k} = {v}" for k, v in row.question.cell.items() if k != "network")
        say(console, Text(plain(f"{row.verdict}  {cell}: {row.error}"), "dim"), indent=2)
    if len(without) > _MOST_SHOWN:
        rest = len(without) - _MOST_SHOWN
        say(console, Text(f"... and {rest} more without an answer", "dim"), indent=2)
    summary = found.summary(by)
    tables = [summary]
    for left_out in ((), _TIMES, (*_TIMES, "trust")):
        for tables in ([summary.without(left_out)], list(_alike(summary.without(left_out)))):
            if all(_fits(table, console) for table in tables):
                _print(tables, console)
                return
    _print(tables, console)


def _fits(table: Table, console: Console) -> bool:
    return max(map(len, str(table).split("\n"))) + 2 <= console.width


def _print(tables: Sequence[Table], console: Console) -> None:
    """Print tables, one that is too wide as a line of names and values for each of its rows."""
    for i, table in enumerate(tables):
        if i:
            console.print()
        if _fits(table, console):
            for text in str(table).split("\n"):
                say(console, Text(text), indent=2)
            continue
        for line in table.lines:
            pairs = zip(table.columns, line, strict=True)
            say(console, ", ".join(f"{k} {x}" for k, x in pairs if x != "-"), "- ", indent=2)


def _alike(table: Table) -> Iterator[Table]:
    """Yield a table for each run of lines that lack the same values, without those columns."""

    def lacks(line: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name, x in zip(table.columns, line, strict=True) if x == "-")

    for missing, lines in groupby(table.lines, lacks):
        yield Table(table.columns, tuple(lines), table.numbers).without(missing)
