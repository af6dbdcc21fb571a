"""What a search came to, on the terminal: the answer, then a line for everything it tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from urnn_proofs.show.terminal import letters_in, print_steps, print_summary, say

if TYPE_CHECKING:
    from urnn_proofs.questions.search.result import SearchResult

__all__ = ["print_search"]


def print_search(found: SearchResult, console: Console) -> None:
    """Print the answer, what it rests on, and every step of the search."""
    print_summary(found.report, console)
    rows = []
    for a in found.trace:
        said = f"{a.answer}: {a.detail}" if a.solver == "exact" and a.detail else a.answer
        time = f", {a.seconds:.2f} s" if a.seconds else ""
        body = Text(f"{a.name}: {said}")
        body.append(f" ({a.solver}{time})", "dim")
        rows.append((Text(), a.encoding, body))
    print_steps(console, rows)
    if found.facts:
        facts = "; ".join(found.facts)
        say(console, Text(f"used without a machine's check: {facts}", "dim"), indent=2)
    asked = [a.name for a in found.trace]
    if letters := "; ".join(letters_in([found.answer, found.scope, *asked])):
        say(console, Text(letters, "dim"), Text("letters: ", "dim"), indent=2)
