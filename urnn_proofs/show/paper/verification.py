r"""What was checked, by whom, and what was not: for each step its claim, and what was verified.

Every word about a verdict comes from the report; nothing here says PROVED by itself.  The rows are
paragraphs, not a table that floats: they break across columns and pages, in any class.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from urnn_proofs.model.verdict import NOTHING, USED, Check, Report, Role, Trust, Verdict
from urnn_proofs.show.tex.math import escape, formula

__all__ = [
    "ROOM",
    "at_the_top",
    "checks_rows",
    "coq_statements",
    "coq_theorems",
    "resting",
    "summary",
    "tag",
    "unchecked",
]

_BELIEVED = {
    Trust.FORMAL: "Coq, which checked the statement",
    Trust.KERNEL: "a certificate that the independent kernel re-checked",
    Trust.EXACT: "exact algebra by one engine",
    Trust.SMT: "the word of an SMT solver",
    Trust.BALL: "interval enclosures",
    Trust.ROUNDING: "floating-point arithmetic with proved rounding bounds",
    Trust.WORDS: "an argument in words",
    Trust.SAMPLE: "floating-point samples, which prove nothing",
}
_LISTING = {1: 81, 2: 50}  # letters in a line of Coq, by the number of columns
_LISTING_OF_OURS = 90  # in one column of a document of our own
#: A good place to end a page, but no line is torn apart for it.
ROOM = "\\par\\vskip0pt plus60pt\\penalty-200\\vskip0pt plus-60pt"
_LONGEST = 240  # letters of an identity that is written out
_BINDER = re.compile(r"\([^()]{1,30}\)")  # is not broken


def summary(report: Report) -> str:
    """Return verdict, trust and scope of a report in one sentence."""
    head = f"Verdict: {report.verdict} (scope: {formula(report.scope)})"
    if report.verdict is Verdict.PROVED:
        return f"{head}. {_rests(report)}"
    weak = report.weakest()
    if report.verdict is Verdict.ASSUMED and all(check.trust is Trust.WORDS for check in weak):
        return f"{head}: the proof is in words."
    names = ", ".join(escape(check.name) for check in weak)
    return f"{head}, because of {names}." if names else f"{head}."


def resting(report: Report) -> str:
    """Return verdict and trust of a report that is PROVED, without its scope."""
    return f"{report.verdict}. {_rests(report)}"


def _rests(report: Report) -> str:
    if report.trust is Trust.FORMAL:
        return f"It rests on {_BELIEVED[report.trust]}; the steps support the words."
    return f"The weakest step rests on {_BELIEVED[report.trust]}."


def unchecked(report: Report) -> tuple[Check, ...]:
    """Return the steps of the argument in words whose algebra was not checked."""
    return tuple(
        check
        for check in report.all_checks()
        if check.role is Role.SKELETON and check.verdict is not Verdict.PROVED
    )


def at_the_top(report: Report) -> str:
    """Return what a reader must know before the statement; nothing if all of it was checked."""
    weak = report.weakest()
    if report.verdict is Verdict.PROVED:
        weak = unchecked(report)
        if not weak:
            return ""
        head = "The statement was checked, the argument below was not in every step."
    elif report.verdict is Verdict.ASSUMED:
        words = all(check.trust is Trust.WORDS for check in weak)
        head = "The proof is in words." if words else "Conditional on what no machine checked."
    else:
        head = f"Not established: the verdict is {report.verdict}."
    # Not far from its theorem, nor from a heading above it.
    near = f"\\csname if@nobreak\\endcsname\\else{ROOM}\\fi"
    lines = [f"{near}\\medskip{{\\raggedright\\noindent\\textbf{{{head}}}"]
    for check in weak:
        lines.append(_weakness(check))
    return "\n".join([*lines, "\\par}\\medskip"])


def _weakness(check: Check) -> str:
    if check.trust is Trust.WORDS and {"checked", "not checked"} <= set(check.evidence):
        done, left = (formula(str(check.evidence[key])) for key in ("checked", "not checked"))
        return f"A machine checked {done}, and not {left}; it is {check.verdict}."
    done = f"; checked: {formula(check.checked)}" if check.checked else ""
    return f"\\emph{{{escape(check.name)}}} is {check.verdict}: {formula(check.claim)}{done}."


def tag(step: str, check: Check, *, last: bool = False) -> str:
    """Return the mark at the end of a step: its name, and who checked it."""
    who = str(check.trust).lower() if check.verdict is Verdict.PROVED else str(check.verdict)
    # At the end of a proof stands the sign for it, which is set flush right itself.
    command = "\\enspace\\urnnmark" if last else "\\urnnchecked"
    return f"{command}{{{escape(step)}}}{{{who}}}"


def coq_theorems(check: Check) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield name, statement and axioms of what Coq checked; nothing if it was not Coq."""
    if check.trust is not Trust.FORMAL or check.role is not Role.STEP:
        return
    for name, statement in check.evidence.items():
        axioms = str(check.evidence.get(f"assumptions of {name}", ""))
        if axioms:
            used = () if axioms.startswith("closed") else tuple(axioms.split(", "))
            yield name, str(statement), used


def coq_statements(reports: Sequence[Report], columns: int, *, whole: bool = False) -> str:
    """Return the statements that Coq checked, each once, as Coq prints them."""
    letters = _LISTING_OF_OURS if whole and columns == 1 else _LISTING[columns]
    found = {
        name: (statement, axioms)
        for report in reports
        for check in report.checks
        for name, statement, axioms in coq_theorems(check)
    }
    return "\n".join(_listing(name, *said, letters) for name, said in found.items())


def _listing(name: str, statement: str, axioms: Sequence[str], letters: int) -> str:
    lines = []
    for line in statement.splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        lines += textwrap.wrap(
            _BINDER.sub(lambda found: found[0].replace(" ", "\x1f"), line.strip()),
            letters,
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_on_hyphens=False,
        )
    said = f"{len(axioms)} axioms" if axioms else "no axiom"
    head = f"\\par\\smallskip\\noindent\\texttt{{{escape(name)}}} in Coq ({said}):"
    body = "\n".join(lines).replace("\x1f", " ").replace("\\end{", "\\end {")  # ends no listing
    # The listing stays with its name.
    head += "\n{\\csname @beginparpenalty\\endcsname=10000\\footnotesize"
    return f"{head}\\begin{{verbatim}}\n{body}\n\\end{{verbatim}}}}\n"


def checks_rows(checks: Sequence[Check], statement: str = "") -> str:
    """Return the rows of the checks: steps first, then what could only contradict.

    A claim that is the *statement* of a theorem is not repeated.
    """
    checks = [replace(c, claim="the theorem") if c.claim == statement else c for c in checks]
    steps = [c for c in checks if c.role is not Role.CROSS_CHECK]
    others = [c for c in checks if c.role is Role.CROSS_CHECK]
    lines = ["\\urnnrows{what it says}{what a machine verified}", *map(_row, steps)]
    if others:
        lines += ["\\urnnnote{Examples and cross-checks: they can only contradict.}"]
        lines += map(_row, others)
    return "\n".join([*lines, "\\urnnend"])


def _row(check: Check) -> str:
    who = str(check.verdict)
    if check.verdict is not Verdict.ASSUMED:
        who += f", {str(check.trust).lower()}"
    cells = (formula(check.name), who, formula(check.claim), " ".join(_verified(check)))
    return "\\urnnrow" + "".join(f"{{{cell}}}" for cell in cells)


def _verified(check: Check) -> Iterator[str]:
    """Say what was verified and for what, and what the claim uses besides."""
    shown = [line for line in check.evidence.get("shown", ()) if line not in check.checked]
    shown = [line if len(line) <= _LONGEST else _shortened(line) for line in shown]
    done = formula(check.checked) + (f": {'; '.join(map(formula, shown))}" if shown else "")
    if check.verdict is Verdict.PROVED:
        yield f"{done[:1].upper()}{done[1:]}." if done else "The claim."
    elif check.verdict is Verdict.CONSISTENT:
        yield "No contradiction was found."
    elif check.verdict is Verdict.REFUTED:
        yield "That it fails."
    else:
        yield "Nothing."
    if done and check.verdict is not Verdict.PROVED:
        yield f"Looked at: {done}."
    yield f"\\emph{{Scope:}} {formula(check.scope)}."
    used = str(check.evidence.get(USED, NOTHING))
    if used != NOTHING:
        yield f"\\emph{{Not machine-checked:}} {formula(used)}."


def _shortened(line: str) -> str:
    """Return what an identity follows from, where it is too long to be read."""
    given, then, _ = line.partition(", then ")
    return (
        f"{given}{then}long identities, which the certificate has" if then else "too long to read"
    )
