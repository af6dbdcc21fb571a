"""What a search came to, on the terminal: the answer in words, then what was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from urnn_proofs.model.text import plain
from urnn_proofs.show.terminal import explain, verdict_style

if TYPE_CHECKING:
    from urnn_proofs.questions.search.result import SearchResult

__all__ = ["print_search"]


def print_search(found: SearchResult, console: Console) -> None:
    """Print the answer, what it rests on, and every step of the search."""
    console.print(Text(plain(found.answer), style="bold"))
    for text in found.assumptions:
        console.print(Text(f"  assumed: {text}", verdict_style(found.verdict)))
    if found.interrupted:
        console.print("  interrupted")
    if found.advice:
        console.print(Text(f"  {found.advice}"))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for name in ("encoding", "what was asked", "by", "answer", "seconds"):
        table.add_column(name, overflow="fold", justify="right" if name == "seconds" else "left")
    for a in found.trace:
        said = f"{a.answer}: {a.detail}" if a.solver == "exact" and a.detail else a.answer
        cells = (a.encoding, a.name, a.solver, said, f"{a.seconds:.2f}" if a.seconds else "")
        table.add_row(*(Text(plain(cell)) for cell in cells))
    console.print(table)
    conclusion = Text("\n")
    conclusion.append(str(found.verdict), style=verdict_style(found.verdict))
    conclusion.append(f"  that there is none; {plain(found.scope)}\n")
    conclusion.append(f"trust {explain(found.trust)}", style="dim")
    if found.facts:
        facts = "; ".join(found.facts)
        conclusion.append(f"\nused without a machine's check: {facts}", style="dim")
    console.print(conclusion)
