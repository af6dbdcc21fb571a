"""A diagnosis on one screen: the answer, the numbers behind it, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import LONG, USED, Verdict
from urnn_proofs.show.terminal import print_answer, print_steps, say, verdict_text

if TYPE_CHECKING:
    from urnn_proofs.questions.diagnose import Diagnosis

__all__ = ["print_diagnosis"]

ASSUMED = "assumed"


def print_diagnosis(
    found: Diagnosis,
    console: Console,
    command: str | None,
    notes: tuple[str, ...] = (),
    *,
    verbose: bool = False,
) -> None:
    """Print the answer, the facts, and the exact command that comes next, if there is one."""
    *facts, answer = found.report.checks
    sentence = found.sentence[0].upper() + found.sentence[1:]
    print_answer(console, verdict_text(answer.verdict), sentence, answer.scope, answer.trust)
    for note in notes:
        say(console, note, indent=2)
    rows = []
    for fact in facts:
        body = Text(plain(fact.claim))
        if verbose or fact.trust is not answer.trust:
            body.append(f" [{fact.trust}]", "dim")
        rows.append((Text(), fact.name, body))
    print_steps(console, rows)
    for text in found.advice:
        say(console, text, indent=2)
    if verbose or answer.verdict is not Verdict.PROVED:
        for key, value in answer.evidence.items():
            if key == ASSUMED or (verbose and key not in (*LONG, USED)):
                say(console, Text(f"{key}: {value}", "dim"), indent=2)
    if USED in answer.evidence:
        text = f"used without a machine's check: {answer.evidence[USED]}"
        say(console, Text(text, "dim"), indent=2)
    if command is not None:  # on one line, to be copied
        console.print(Text("next: ").append(plain(command), style="bold"), soft_wrap=True)
