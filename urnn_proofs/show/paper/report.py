r"""Any report as LaTeX: verdict, what weakens it, facts, and the table of checks."""

from __future__ import annotations

import re

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten
from urnn_proofs.model.verdict import Report
from urnn_proofs.show.paper.verification import at_the_top, checks_table, facts, summary
from urnn_proofs.show.tex.math import formula

__all__ = ["report_text"]

_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9:.-]{0,60}", re.ASCII)


def report_text(report: Report, label: str) -> str:
    """Return a report; parts of it that are reports have tables of their own.

    Raises
    ------
    InputError
        If the label is malformed.
    """
    if not _LABEL.fullmatch(label):
        raise InputError(
            f"label is {shorten(label)}; expected letters, digits, colons, dots and hyphens"
        )
    lines = [
        f"\\par\\medskip\\noindent\\textbf{{{formula(report.title)}.}}",
        summary(report),
        at_the_top(report),
        *(f"{formula(note[:1].upper() + note[1:])}." for note in report.notes),
        facts(report) if not report.parts else "",
    ]
    if report.checks:
        lines.append(checks_table(report.checks, formula(report.title), label))
    text = "\n".join(line for line in lines if line) + "\n"
    parts = (report_text(part, f"{label}.{i}") for i, part in enumerate(report.parts, 1))
    return text + "".join(parts)
