r"""What was checked, by whom, and what was not: the table of checks and the facts behind it.

Every word about a verdict comes from the report; nothing here says PROVED by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from urnn_proofs.model.verdict import NOTHING, USED, Check, Report, Role, Trust, Verdict
from urnn_proofs.show.tex.math import escape, formula

__all__ = ["at_the_top", "checks_table", "facts", "resting", "summary", "tag", "unchecked"]

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


_NARROW, _LINES = 21, 46  # letters of a cell's line and lines of a table, on a small page


def summary(report: Report) -> str:
    """Return verdict, trust and scope of a report in one sentence."""
    head = f"Verdict: {report.verdict} (scope: {formula(report.scope)})"
    if report.verdict is Verdict.PROVED:
        return f"{head}. {_rests(report)}"
    names = ", ".join(escape(check.name) for check in report.weakest())
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
    lines = [f"\\par\\medskip{{\\raggedright\\noindent\\textbf{{{head}}}"]
    for check in weak:
        done = f"; checked: {formula(check.checked)}" if check.checked else ""
        said = f"{formula(check.claim)}{done}"
        lines.append(f"\\emph{{{escape(check.name)}}} is {check.verdict}: {said}.")
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
    return "\n".join([*lines, *map(_fact, steps), "\\end{itemize}"])


def _fact(check: Check) -> str:
    used = str(check.evidence.get(USED, NOTHING))
    rest = "" if used == NOTHING else f" \\emph{{Not machine-checked:}} {formula(used)}."
    if not check.checked:
        return f"\\item \\emph{{{escape(check.name)}:}} {formula(check.claim)}.{rest}"
    shown = [formula(line[:1].upper() + line[1:]) for line in check.evidence.get("shown", ())]
    about = f"{formula(check.scope)}; {_engine(check.engine)}"
    done = ". ".join(shown) or formula(check.checked)
    return f"\\item \\emph{{{escape(check.name)}}} ({about}): {done}.{rest}"


def checks_table(checks: Sequence[Check], caption: str, label: str) -> str:
    """Return the table of checks: steps first, then what could only contradict.

    Where a step claims more than a machine was given, claim and check stand side by side; such a
    table is cut where a page might end.
    """
    steps = [c for c in checks if c.role is not Role.CROSS_CHECK]
    others = [c for c in checks if c.role is Role.CROSS_CHECK]
    if not any(check.checked for check in steps):
        rows = _rows(steps, apart=False)
        if others:
            said = "\\emph{Cross-checks: they can only contradict.}"
            rows += ["\\midrule", f"\\multicolumn{{5}}{{@{{}}l}}{{{said}}} \\tabularnewline"]
            rows += _rows(others, apart=False)
        return _table(rows, f"{caption}.", f"{label}:checks", apart=False)
    tables: list[str] = []
    for group, what in ((steps, caption), (others, f"{caption}: examples and cross-checks")):
        for i, page in enumerate(_pages(group)):
            said = f"{what}, continued." if i else f"{what}."
            place = f"{label}:checks" + (f":{len(tables) + 1}" if tables else "")
            tables.append(_table(_rows(page, apart=True), said, place, apart=True))
    return "\n".join(tables)


def _pages(checks: Sequence[Check]) -> Iterator[list[Check]]:
    """Cut the rows of a table so that each part fits on a page with short lines."""
    page: list[Check] = []
    height = 0
    for check in checks:
        lines = 1 + max(len(check.claim), len(check.checked)) // _NARROW
        if page and height + lines > _LINES:
            yield page
            page, height = [], 0
        page.append(check)
        height += lines
    if page:
        yield page


def _table(rows: Sequence[str], caption: str, label: str, *, apart: bool) -> str:
    middle = "claim & checked" if apart else "scope & engine"
    return "\n".join(
        (
            "\\begin{table}[!htbp]\\centering\\footnotesize",
            "\\setlength{\\belowcaptionskip}{4pt}\\setlength{\\tabcolsep}{4pt}",
            f"\\caption{{{caption}}}\\label{{{label}}}",
            f"\\begin{{tabular}}{{@{{}}{_columns(apart)}ll@{{}}}}",
            "\\toprule",
            f"step & {middle} & trust & verdict \\tabularnewline",
            "\\midrule",
            *rows,
            "\\bottomrule",
            "\\end{tabular}",
            "\\end{table}",
        )
    )


def _columns(apart: bool) -> str:
    """Return the wide columns, as shares of what the narrow ones and the gaps leave of a line."""
    shares = ("0.18", "0.42", "0.38") if apart else ("0.22", "0.33", "0.42")
    return "".join(f"p{{{share}\\dimexpr\\linewidth-100pt\\relax}}" for share in shares)


def _rows(checks: Sequence[Check], *, apart: bool) -> list[str]:
    rows = []
    for check in checks:
        middle = [formula(check.scope), _engine(check.engine)]
        if apart:
            middle = [formula(check.claim), formula(check.checked or f"the claim: {check.scope}")]
        cells = [formula(check.name), *middle]
        rows.append(
            " & ".join(
                (
                    *(f"\\raggedright {cell}" for cell in cells),
                    "---" if check.verdict is Verdict.ASSUMED else str(check.trust).lower(),
                    str(check.verdict),
                )
            )
            + " \\tabularnewline"
        )
    return rows


def _engine(text: str) -> str:
    """Return the name of an engine, with places where a line may break."""
    return re.sub(r"(?<=\w)(\.|\\_)(?=\w)", r"\1\\allowbreak{}", escape(text))
