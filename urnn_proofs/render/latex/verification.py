r"""What was checked, by whom, and what was not: the table of checks and the facts behind it.

Every word about a verdict comes from the report; nothing here says PROVED by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from urnn_proofs.render.tex_math import escape, formula
from urnn_proofs.verdict import NOTHING, USED, Check, Report, Role, Trust, Verdict

__all__ = ["at_the_top", "checks_table", "facts", "summary", "tag", "unchecked"]

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


# Shares of what the two narrow columns and the gaps leave of a line.
_COLUMNS = "".join(
    f"p{{{share}\\dimexpr\\linewidth-100pt\\relax}}" for share in ("0.22", "0.33", "0.42")
)


def summary(report: Report) -> str:
    """Return verdict, trust and scope of a report in one sentence."""
    head = f"Verdict: {report.verdict} (scope: {formula(report.scope)})"
    if report.verdict is Verdict.PROVED:
        if report.trust is Trust.FORMAL:
            return f"{head}. It rests on {_BELIEVED[report.trust]}; the steps support the words."
        return f"{head}. The weakest step rests on {_BELIEVED[report.trust]}."
    names = ", ".join(escape(check.name) for check in report.weakest())
    return f"{head}, because of {names}." if names else f"{head}."


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
        head = "Conditional on what no machine checked."
    else:
        head = f"Not established: the verdict is {report.verdict}."
    lines = [f"\\par\\medskip{{\\raggedright\\noindent\\textbf{{{head}}}"]
    for check in weak:
        cited = check.evidence.get("citation")
        source = f" (cited: {escape(str(cited))})" if cited else ""
        lines.append(
            f"\\emph{{{escape(check.name)}}} is {check.verdict}: {formula(check.claim)}{source}."
        )
    return "\n".join([*lines, "\\par}\\medskip"])


def tag(step: str, check: Check, *, last: bool = False) -> str:
    """Return the mark at the end of a step: its name, and who checked it."""
    who = str(check.trust).lower() if check.verdict is Verdict.PROVED else str(check.verdict)
    # At the end of a proof stands the sign for it, which is set flush right itself.
    command = "\\enspace\\urnnmark" if last else "\\urnnchecked"
    return f"{command}{{{escape(step)}}}{{{who}}}"


def facts(report: Report) -> str:
    """Return, step by step, what was expanded and what was used without a machine's check."""
    steps = [c for c in report.all_checks() if c.role is Role.SKELETON]
    steps = steps or [c for c in report.all_checks() if c.role is Role.STEP]
    if not steps:
        return ""
    lines = [
        "\\begin{itemize}\\footnotesize\\raggedright",
        "\\setlength{\\itemsep}{0pt}\\setlength{\\parskip}{0pt}",
    ]
    for check in steps:
        used = str(check.evidence.get(USED, NOTHING))
        rest = "" if used == NOTHING else f" \\emph{{Not machine-checked:}} {formula(used)}."
        lines.append(f"\\item \\emph{{{escape(check.name)}:}} {formula(check.claim)}.{rest}")
    return "\n".join([*lines, "\\end{itemize}"])


def checks_table(checks: Sequence[Check], caption: str, label: str) -> str:
    """Return the table of checks: what the verdict rests on, the skeleton, cross-checks."""
    rows = _rows([c for c in checks if c.role is Role.STEP])
    for role, heading in (
        (Role.SKELETON, "Steps of the argument in words: their algebra was checked."),
        (Role.CROSS_CHECK, "Cross-checks: they can only contradict."),
    ):
        if found := [c for c in checks if c.role is role]:
            head = f"\\multicolumn{{5}}{{@{{}}l}}{{\\emph{{{heading}}}}} \\tabularnewline"
            rows += ["\\midrule", head, *_rows(found)]
    return "\n".join(
        (
            "\\begin{table}[!htbp]\\centering\\footnotesize",
            "\\setlength{\\belowcaptionskip}{4pt}\\setlength{\\tabcolsep}{4pt}",
            f"\\caption{{{caption}}}\\label{{{label}:checks}}",
            f"\\begin{{tabular}}{{@{{}}{_COLUMNS}ll@{{}}}}",
            "\\toprule",
            "step & scope & engine & trust & verdict \\tabularnewline",
            "\\midrule",
            *rows,
            "\\bottomrule",
            "\\end{tabular}",
            "\\end{table}",
        )
    )


def _rows(checks: Sequence[Check]) -> list[str]:
    return [
        " & ".join(
            (
                f"\\raggedright {formula(check.name)}",
                f"\\raggedright {formula(check.scope)}",
                f"\\raggedright {_engine(check.engine)}",
                str(check.trust).lower(),
                str(check.verdict),
            )
        )
        + " \\tabularnewline"
        for check in checks
    ]


def _engine(text: str) -> str:
    """Return the name of an engine, with places where a line may break."""
    return re.sub(r"(?<=\w)(\.|\\_)(?=\w)", r"\1\\allowbreak{}", escape(text))
