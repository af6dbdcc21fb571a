"""What a search came to, on the terminal: the answer, then a line for everything it tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from urnn_proofs.show.terminal import letters_in, print_steps, print_summary, say

if TYPE_CHECKING:
    from urnn_proofs.questions.search.result import SearchResult

__all__ = ["print_search"]


def print_search(
    found: SearchResult, console: Console, notes: tuple[str, ...] = (), *, verbose: bool = False
) -> None:
    """Print the answer, and what was tried; *verbose* also every query, and what it rests on."""
    print_summary(found.report, console)
    for note in notes:
        say(console, note, indent=2)
    rows = []
    if not verbose:
        rows = [(Text(), name, Text(said)) for name, said in _tried(found)]
    for a in found.trace if verbose else ():
        said = f"{a.answer}: {a.detail}" if a.solver == "exact" and a.detail else a.answer
        time = f", {a.seconds:.2f} s" if a.seconds else ""
        body = Text(f"{a.name}: {said}")
        body.append(f" ({a.solver}{time})", "dim")
        rows.append((Text(), a.encoding, body))
    print_steps(console, rows)
    if found.facts and not verbose:
        s = "s" * (len(found.facts) != 1)
        text = f"{len(found.facts)} standard fact{s} used without a machine's check"
        say(console, text, indent=2)
    if found.facts and verbose:
        facts = "; ".join(found.facts)
        say(console, Text(f"used without a machine's check: {facts}", "dim"), indent=2)
    asked = [a.name for a in found.trace] if verbose else [said for _, said in _tried(found)]
    if letters := "; ".join(letters_in([found.answer, found.scope, *asked])):
        say(console, Text(letters, "dim"), Text("letters: ", "dim"), indent=2)
    if not verbose:
        say(console, Text("--verbose shows the rest", "dim"), indent=2)


def _tried(found: SearchResult) -> Iterator[tuple[str, str]]:
    """Yield a line for each way that was tried: its only answer, or how many of each there were."""
    for name, group in groupby(found.trace, lambda a: a.encoding):
        tried = list(group)
        if len(tried) == 1:
            a = tried[0]
            said = f"{a.answer}: {a.detail}" if a.solver == "exact" and a.detail else a.answer
            yield name, f"{a.name}: {said} ({a.solver})"
            continue
        counts = Counter(a.answer for a in tried)
        answers = ", ".join(f"{count} {answer}" for answer, count in counts.items())
        yield (
            name,
            f"{len(tried)} queries ({', '.join(sorted({a.solver for a in tried}))}): {answers}",
        )
