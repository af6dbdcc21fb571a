r"""Any report as LaTeX: verdict, what weakens it, Coq's statement, and the rows of its checks."""

from __future__ import annotations

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten
from urnn_proofs.model.verdict import Report
from urnn_proofs.show.paper.frame import ROWS
from urnn_proofs.show.paper.verification import at_the_top, checks_rows, coq_statements, summary
from urnn_proofs.show.tex.math import formula

__all__ = ["report_text"]


def report_text(report: Report, columns: int) -> str:
    """Return a report; parts of it that are reports have rows of their own.

    Raises
    ------
    InputError
        If *columns* is neither 1 nor 2.
    """
    if type(columns) is not int or columns not in (1, 2):
        raise InputError(f"columns is {shorten(columns)}; expected 1 or 2")
    return f"{ROWS}\n{_text(report, columns)}"


def _text(report: Report, columns: int) -> str:
    lines = [
        f"\\par\\medskip\\noindent\\textbf{{{formula(report.title)}.}}",
        summary(report),
        at_the_top(report),
        *(f"{formula(note[:1].upper() + note[1:])}." for note in report.notes),
        coq_statements([report], columns),
        checks_rows(report.checks) if report.checks else "",
    ]
    text = "\n".join(line for line in lines if line) + "\n"
    return text + "".join(_text(part, columns) for part in report.parts)
