"""Sweeps on the terminal: what went wrong first, then a table, then the conclusion."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from urnn_proofs.checks.smt.limits import ANSWERED
from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.sweeps.result import SweepResult

__all__ = ["print_sweep"]

_STYLE = {Verdict.PROVED: "bold green", Verdict.REFUTED: "bold red"}
_MOST_SHOWN = 5


def print_sweep(found: SweepResult, console: Console, by: Sequence[str] | None = None) -> None:
    """Print a sweep's notes, the first cells without an answer, and its summary table."""
    for note in found.notes:
        console.print(Text(f"note: {plain(note)}", style="yellow"))
    without = [row for row in found.rows if row.ended != ANSWERED or row.error]
    for row in without[:_MOST_SHOWN]:
        cell = ", ".join(f"{k} = {v}" for k, v in row.question.cell.items() if k != "network")
        console.print(Text(plain(f"{row.verdict}  {cell}: {row.error}"), style="dim"))
    if len(without) > _MOST_SHOWN:
        rest = len(without) - _MOST_SHOWN
        console.print(Text(f"... and {rest} more without an answer", style="dim"))
    summary = found.summary(by)
    table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for name in summary.columns:
        table.add_column(name, justify="right" if name in summary.numbers else "left")
    for line in summary.lines:
        table.add_row(*(Text(plain(cell)) for cell in line))
    console.print(table)
    conclusion = Text("\n")
    conclusion.append(str(found.verdict), style=_STYLE.get(found.verdict, "bold yellow"))
    counts = [f"{count} {verdict}" for verdict, count in found.counts.items()]
    counts += [f"{len(found.not_run)} not run"] if found.not_run else []
    plural = "s" * (found.cells != 1)
    conclusion.append(f"  {found.cells} cell{plural}: {', '.join(counts)}")
    console.print(conclusion)
