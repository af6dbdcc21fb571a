"""A diagnosis on one screen: the answer, the numbers behind it, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import LONG, USED
from urnn_proofs.show.terminal import explain, verdict_style

if TYPE_CHECKING:
    from urnn_proofs.questions.diagnose import Diagnosis

__all__ = ["print_diagnosis"]


def print_diagnosis(
    found: Diagnosis, console: Console, command: str | None, notes: tuple[str, ...] = ()
) -> None:
    """Print the answer, the facts, and the exact command that comes next, if there is one."""
    report = found.report
    *facts, answer = report.checks
    console.print(Text(plain(found.sentence[0].upper() + found.sentence[1:]), style="bold"))
    for note in notes:
        console.print(f"  {plain(note)}", markup=False, highlight=False)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    for fact in facts:
        name = Text(f"  {plain(fact.name)}", style="dim")
        table.add_row(name, plain(fact.claim), Text(str(fact.trust), style="dim"))
    console.print("", table, "", sep="\n")
    for text in found.advice:
        console.print(Text(f"  {plain(text)}"))
    if command is not None:
        console.print(Text("next: ").append(plain(command), style="bold"), soft_wrap=True)
    conclusion = Text("\n")
    conclusion.append(str(answer.verdict), style=verdict_style(answer.verdict))
    conclusion.append(f"  {plain(answer.scope)}\n")
    conclusion.append(f"trust {explain(answer.trust)}", style="dim")
    for key, value in answer.evidence.items():
        if key not in LONG and key != USED:
            conclusion.append(f"\n{key}: {value}", style="dim")
    if USED in answer.evidence:
        conclusion.append(f"\nused without a machine's check: {answer.evidence[USED]}", style="dim")
    console.print(conclusion)
