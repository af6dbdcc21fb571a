"""Reports as lines of text: the answer first, then one line a step; the same for ``print``.

There are no columns that squeeze a formula: what is longer than a line goes on below where it
began, and on narrow terminals below the name of its step.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import LONG, NOTHING, USED, Check, Report, Role, Trust, Verdict

__all__ = [
    "console_of",
    "print_answer",
    "print_report",
    "print_steps",
    "print_summary",
    "say",
    "text_of",
    "verdict_text",
]

_STYLE = {
    Verdict.PROVED: "bold green",
    Verdict.REFUTED: "bold red",
    Verdict.UNKNOWN: "bold yellow",
    Verdict.UNSUPPORTED: "bold yellow",
    Verdict.ASSUMED: "bold magenta",
    Verdict.CONSISTENT: "green",
}
_FOUND = Text("FOUND", "bold green")
#: Where lines are this short, what a step says stands below its name.
NARROW = 70
#: A line of a file or a pipe has no end: tools search and fold it.
ENDLESS = 1_000_000
#: The lines of ``print(report)``.
PRINTED = 100
#: Longer names of steps are not aligned with the others.
_NAME = 18
#: Longer texts are a mistake, or foreign.
_LONGEST = 20_000

# Lines do not end beside the sign of a short relation.
_RELATION = re.compile(r"(?<=[^\s]) (<=|>=|<|>|=|!=) (?=[^\s]{1,24}(?:\s|$))")
_NORM = re.compile(r"\|\|[^|]{1,30}\|\|")  # is not broken
_TIE = "\ue000"
# Letters that claims use without a definition, by a pattern that finds them.
_LETTERS = {
    r"W|F|b|C|h|h_init": "RNN h^k = phi(W h^{k-1} + F x^k + b), y^k = C h^k",
    r"U|F_u|b_u|C_u|h_u|y_u": "URNN the same with U, F_u, b_u, C_u, h_u, y_u, U orthogonal",
    r"mu\(W\)": "mu(W) the largest dimension of an eigenspace of W",
    r"W2|W3|W4": "U = [[W, W2], [W3, W4]]",
    r"N": "n states of the RNN, N of the URNN",
    r"X_M": "X_M all inputs with ||x^k|| <= M for all k",
}


def console_of(stream: TextIO | None = None) -> Console:
    """Return a console as wide as the terminal; where there is none, lines do not end.

    ``COLUMNS`` has precedence.  There are no escape codes in a file or a pipe, on a dumb terminal,
    or where ``NO_COLOR`` is set.
    """
    to = sys.stdout if stream is None else stream
    width, columns = ENDLESS, os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        width = int(columns)
    elif to.isatty():
        try:
            width = os.get_terminal_size(to.fileno()).columns or 80
        except (OSError, ValueError):
            width = 80
    bare = os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown")
    return Console(
        file=to,
        width=width,
        height=100,  # or a dumb terminal would be taken to be 80 wide
        color_system=None if bare or not to.isatty() else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


def say(
    console: Console, body: Text | str, lead: Text | str = "", *, indent: int = 0, below: int = 0
) -> None:
    """Print *lead* and *body* in lines no longer than the console's.

    The body goes on below where it began; or, if *below*, begins on the next line, so far in.
    """
    lead, body = _safe(lead), _safe(body)
    start = indent + lead.cell_len
    if below and body and start + body.cell_len > console.width:
        _put(console, Text(" " * indent) + lead, console.width)
        start, lead = below, Text(" " * (below - indent))
    room = max(console.width - start, 8)
    first = Text(" " * indent) + lead
    body.plain = _RELATION.sub(rf"{_TIE}\1{_TIE}", body.plain)
    body.plain = _NORM.sub(lambda found: found[0].replace(" ", _TIE), body.plain)
    lines = body.wrap(console, room) or [Text()]
    for i, line in enumerate(lines):
        line.plain = line.plain.replace(_TIE, " ")
        line.rstrip()
        _put(console, (Text(" " * start) if i else first) + line, console.width)


def _put(console: Console, line: Text, width: int) -> None:
    line.rstrip()
    if line.cell_len > width:  # a name longer than the line
        for part in line.wrap(console, width):
            part.rstrip()
            console.print(part, soft_wrap=True)
    else:
        console.print(line, soft_wrap=True)


def _safe(text: Text | str) -> Text:
    """Return the text without what would move a cursor."""
    if isinstance(text, str):
        return Text(plain(text, _LONGEST))
    parts = text.split(allow_blank=True) if "\n" in text.plain else [text]
    joined = Text(" ").join(parts)
    if joined.plain.isprintable():
        return joined
    return Text(plain(joined.plain, _LONGEST), joined.style)


def verdict_text(verdict: Verdict, *, found: bool = False) -> Text:
    """Return the verdict in its style; FOUND where what refutes is a network that was found."""
    if found and verdict is Verdict.REFUTED:
        return _FOUND.copy()
    return Text(str(verdict), _STYLE[verdict])


def print_answer(
    console: Console, word: Text, what: str, scope: str, trust: Trust | None = None
) -> None:
    """Print the answer: the verdict, of what, in which scope, and who is believed."""
    body = Text(what.rstrip("."), "bold")
    body.append(f"; scope: {scope}", "not bold")
    if trust is not None:
        body.append(f" [{explain(trust)}]", "not bold dim")
    say(console, body, word + Text("  "))


def print_steps(console: Console, rows: Sequence[tuple[Text, str, Text | str]]) -> None:
    """Print a line for each: its verdict, its name, and what it says."""
    wide = max((word.cell_len for word, _, _ in rows), default=0)
    narrow = console.width <= NARROW
    names = 0 if narrow else max((len(n) for _, n, _ in rows if len(n) <= _NAME), default=0)
    for word, name, body in rows:
        lead = word.copy()
        lead.append(" " * (wide - word.cell_len + 2 * bool(wide)), "not bold default")
        lead.append(f"{plain(name):{names}}  ", "default")
        if narrow and not wide:
            say(console, Text(f"{lead.plain.strip()}: ").append_text(_safe(body)), "- ", indent=2)
        elif narrow and body:
            say(console, lead, indent=2)
            say(console, body, indent=6)
        else:
            say(
                console, body, lead, indent=2, below=0 if lead.cell_len <= console.width // 2 else 6
            )


def print_summary(report: Report, console: Console, *, weak: Sequence[Check] = ()) -> None:
    """Print the answer, what weakens it, and the notes."""
    word = verdict_text(report.verdict, found=report.found)
    decided = report.verdict not in (Verdict.UNKNOWN, Verdict.UNSUPPORTED)
    short = _gist(report)
    what = f"{report.title}: {short}" if short else _what(report)
    print_answer(console, word, what, report.scope, report.trust if decided else None)
    if short and report.proof is not None:
        say(console, report.proof.statement.text, indent=2)
    for check in weak:
        _print_in_full(console, report, check, reasons=True)
    for note in _joined(report.notes):
        say(console, note, "- ", indent=2)


def print_report(
    report: Report, console: Console, *, verbose: bool = False, more: str = ""
) -> None:
    """Print a report: the answer, then what weakens it, then a line for each step.

    Parameters
    ----------
    verbose
        Also the scope of each step, what was checked where that is less than the claim, standard
        facts, cross-checks, and the statement in Coq.
    more
        How to see that, if it is not shown.
    """
    weak = []
    if report.verdict is not Verdict.PROVED and not report.found:
        weak = [check for check in report.checks if check.verdict is report.verdict]
    print_summary(report, console, weak=weak)
    steps = [c for c in report.checks if c.role is not Role.CROSS_CHECK and c not in weak]
    against = [c for c in report.checks if c.role is Role.CROSS_CHECK and c not in weak]
    if verbose:
        _print_coq(console, report)
        for part in report.parts:
            console.print()
            print_steps(console, [_part_row(report, part)])
            for check in part.checks:
                console.print()
                _print_in_full(console, part, check, indent=4)
        for check in (*steps, *against):
            if "said" not in check.evidence:
                console.print()
                _print_in_full(console, report, check)
        console.print()
    else:
        rows = [_part_row(report, part, short=True) for part in report.parts]
        rows += [_row(report, check) for check in steps if not _of_page(report, check)]
        print_steps(console, rows)
        if any(map(_gist, report.parts)):
            text = "in short; `urnn-proofs prove THEOREM` says under which conditions"
            say(console, Text(text, "dim"), indent=2)
        if argument := [_row(report, check) for check in steps if _of_page(report, check)]:
            text = "steps of the argument; a machine checked the algebra of each:"
            say(console, Text(text, "dim"), indent=2)
            print_steps(console, argument)
    _print_end(console, report, verbose, more)


def text_of(report: Report, *, steps: bool = True) -> str:
    """Return what is printed, in lines of at most 100 characters."""
    stream = io.StringIO()
    console = Console(file=stream, width=PRINTED, color_system=None, highlight=False, markup=False)
    (print_report if steps else print_summary)(report, console)
    return stream.getvalue().rstrip("\n")


def _what(report: Report) -> str:
    """Return the title; with the statement, if it is a theorem's."""
    if report.proof is not None and report.title == f"Theorem {report.proof.name}":
        return f"{report.title}: {report.proof.statement.text}"
    return report.title


def _gist(report: Report) -> str:
    """Return a theorem's statement in a few words, if it has one."""
    from urnn_proofs.theorems.registry import gist

    ours = report.proof is not None and report.title.startswith(f"Theorem {report.proof.name}")
    return gist(report.proof) if ours and report.proof is not None else ""


_HYPOTHESIS = "hypothesis: "


def _joined(notes: Sequence[str]) -> list[str]:
    """Return the notes, hypotheses on one line."""
    given = [note.removeprefix(_HYPOTHESIS) for note in notes if note.startswith(_HYPOTHESIS)]
    if len(given) > 1:
        given = [f"hypotheses: {'; '.join(given)}"]
    else:
        given = [f"{_HYPOTHESIS}{each}" for each in given]
    return given + [note for note in notes if not note.startswith(_HYPOTHESIS)]


def _part_row(report: Report, part: Report, *, short: bool = False) -> tuple[Text, str, Text]:
    name, colon, claim = part.title.partition(": ")
    if short and (said := _gist(part)):
        body = Text(said).append(f" [{part.trust}]", "dim")
        return verdict_text(part.verdict), name.removeprefix("Theorem "), body
    body = Text(claim.rstrip("."))
    body.append(f"{'; ' * bool(colon)}{part.scope}", "dim")
    if part.trust is not report.trust:
        body.append(f" [{part.trust}]", "dim")
    for check in part.weakest():
        body.append(f"; {check.name}: {check.claim}")
    return verdict_text(part.verdict), name, body


def _row(report: Report, check: Check) -> tuple[Text, str, Text]:
    """Return a step in one line: its claim; of a theorem's step, only what it uses.

    The claims there speak of letters that earlier steps define.
    """
    word = verdict_text(check.verdict)
    if said := check.evidence.get("said"):
        return word, check.name, Text(str(said))
    if not _of_page(report, check):
        return word, check.name, Text(check.claim)
    uses = _uses(report, check)
    return word, check.name, Text(f"uses {uses}" if uses else "", "dim")


def _of_page(report: Report, check: Check) -> bool:
    """Tell whether this is a step on a theorem's page."""
    return report.proof is not None and any(s.name == check.name for s in report.proof.steps)


def _uses(report: Report, check: Check) -> str:
    steps = report.proof.steps if report.proof is not None else ()
    return ", ".join(x for step in steps if step.name == check.name for x in step.depends)


def _print_in_full(
    console: Console, report: Report, check: Check, *, reasons: bool = False, indent: int = 2
) -> None:
    """Print a step with its scope; claim and what was checked stand apart."""
    lead = verdict_text(check.verdict) + Text(f"  {plain(check.name)}  ", "default")
    scope = f"; {check.scope}" if check.scope != report.scope else ""
    about = Text(f"[{check.trust}{scope}]", "dim")
    if uses := _uses(report, check):
        about.append(f" uses {uses}", "dim")
    aside = console.width > NARROW and lead.cell_len <= console.width // 2
    say(console, about, lead, indent=indent, below=0 if aside else indent + 4)
    rows = [("claim", check.claim)]
    rows += [("checked", check.checked)] if check.checked else []
    steps = report.proof.steps if report.proof is not None else ()
    rows += [("why", step.why) for step in steps if step.name == check.name]
    facts = str(check.evidence.get(USED, NOTHING))
    rows += [("in words", facts)] if facts != NOTHING else []
    if reasons:
        hidden = (USED, *LONG)
        rows += [(key, str(x)) for key, x in check.evidence.items() if key not in hidden]
    wide = max(8, *(len(key) for key, _ in rows))
    for key, text in rows:
        below = 0 if console.width > NARROW else indent + 6
        say(console, text, Text(f"{key:{wide}}  ", "dim"), indent=indent + 4, below=below)


def _print_coq(console: Console, report: Report) -> None:
    """Print what Coq checked, if the report rests on it, and how to have it checked again."""
    for check in report.checks:
        facts = check.evidence
        if "said" not in facts:
            continue
        lead = verdict_text(check.verdict) + Text(f"  {check.name}  ", "default")
        say(console, f"{facts['said']}; {check.checked}:", lead, indent=2)
        for name in (key for key in facts if f"assumptions of {key}" in facts):
            say(console, f"{name}: {facts[f'assumptions of {name}']}", indent=4)
            for line in str(facts[name]).split("\n"):
                text = line.lstrip(" ")
                say(console, text, indent=6 + len(line) - len(text))
        say(console, f"run it again: {facts['run again']}", indent=4)


def _print_end(console: Console, report: Report, verbose: bool, more: str) -> None:
    """Print what the lines before leave open: cross-checks, standard facts, letters."""
    own = [r for r in (report, *report.parts) if r.proof is None]  # a page's steps are words
    facts = dict.fromkeys(
        fact
        for check in (c for r in own for c in r.checks)
        if check.role is Role.STEP
        for fact in str(check.evidence.get(USED, NOTHING)).split("; ")
        if fact != NOTHING
    )
    counts = [_cross_checks(report)] if _against(report) else []
    if facts and more and not verbose:
        s = "s" * (len(facts) != 1)
        counts.append(f"{len(facts)} standard fact{s} used without a machine's check")
    if counts:
        say(console, "; ".join(counts), indent=2)
    if facts and not verbose and not more:
        say(console, Text(f"used without a machine's check: {'; '.join(facts)}", "dim"), indent=2)
    short = () if verbose else tuple(filter(None, map(_gist, report.parts)))
    shown = [_what(report), report.scope, *report.notes, *short]
    shown += [p.scope for p in report.parts if verbose or not _gist(p)]
    if verbose or report.proof is None:
        shown += [check.claim for check in (report.all_checks() if verbose else report.checks)]
    if letters := "; ".join(letters_in(shown)):
        say(console, Text(letters, "dim"), Text("letters: ", "dim"), indent=2)
    if more and not verbose:
        say(console, Text(more, "dim"), indent=2)


def letters_in(texts: Iterable[str]) -> list[str]:
    """Return what the letters in these texts stand for."""
    text = " ".join(texts)
    edge = r"(?<![A-Za-z_0-9])(?:{})(?![A-Za-z_0-9])"
    return [said for letter, said in _LETTERS.items() if re.search(edge.format(letter), text)]


def _against(report: Report) -> list[Verdict]:
    return [c.verdict for c in report.all_checks() if c.role is Role.CROSS_CHECK]


def _cross_checks(report: Report) -> str:
    """Say how many cross-checks ran and what they found."""
    found = _against(report)
    against = found.count(Verdict.REFUTED)
    open_ones = sum(v in (Verdict.UNKNOWN, Verdict.UNSUPPORTED) for v in found)
    many = f"{len(found)} cross-check{'s' * (len(found) != 1)}"
    text = f"{many}, " + (f"{against} CONTRADICT" if against else "none against")
    return text + (f", {open_ones} undecided" if open_ones else "")


def explain(trust: Trust) -> str:
    """Say in a few words who is believed."""
    return {
        Trust.FORMAL: "FORMAL: Coq checked the statement",
        Trust.KERNEL: "KERNEL: re-checked by the independent kernel",
        Trust.EXACT: "EXACT: exact algebra by one engine",
        Trust.SMT: "SMT: rests on a solver's word",
        Trust.BALL: "BALL: rests on interval enclosures",
        Trust.ROUNDING: "ROUNDING: rests on proved bounds of rounding errors, IEEE 754 and a BLAS",
        Trust.WORDS: "WORDS: an argument in words; a machine checked the algebra of its steps",
        Trust.SAMPLE: "SAMPLE: floating-point agreement only",
    }[trust]
