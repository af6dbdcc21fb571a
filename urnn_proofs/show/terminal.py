"""Reports as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from urnn_proofs.model.verdict import LONG, NOTHING, USED, Check, Report, Role, Trust, Verdict

__all__ = ["explain", "print_report", "verdict_style"]

_STYLE = {
    Verdict.PROVED: "bold green",
    Verdict.REFUTED: "bold red",
    Verdict.UNKNOWN: "bold yellow",
    Verdict.UNSUPPORTED: "bold yellow",
    Verdict.ASSUMED: "bold magenta",
    Verdict.CONSISTENT: "green",
}


def print_report(report: Report, console: Console, *, verbose: bool = False) -> None:
    """Print a report: what weakens it first, then a table, then the conclusion.

    Parts that are PROVED take one line each unless *verbose*; all others are shown in full.
    """
    console.print(Text(report.title, style="bold"))
    for note in report.notes:
        console.print(f"  {note}", markup=False, highlight=False)
    for check in report.weakest():
        console.print(Text(f"  {check.verdict}: {check.name} — {check.claim}", _style(check)))
        if check.checked:
            console.print(Text(f"      checked: {check.checked}", style="dim"))
        for key, value in check.evidence.items():
            if key not in LONG:
                console.print(Text(f"      {key}: {value}", style="dim"))
    for i, table in enumerate(_tables(report, verbose)):
        console.print(*([""] if i else []), table, sep="\n")
    conclusion = Text("\n")
    conclusion.append(str(report.verdict), style=_STYLE[report.verdict])
    conclusion.append(f"  {report.scope}\n")
    counted = f"{_skeleton(report)}{_cross_checks(report)}"
    conclusion.append(f"trust {explain(report.trust)}; {counted}", style="dim")
    for facts, names in _used(report).items():
        text = f"\nused without a machine's check, {', '.join(names)}: {facts}"
        conclusion.append(text, style="dim")
    console.print(conclusion)


def _tables(report: Report, verbose: bool) -> list[Table]:
    """Return claims beside what was checked, where these differ; then everything else."""
    apart = [check for check in report.checks if check.checked]
    others = [check for check in report.checks if not check.checked]
    tables = [_claims_and_checks(apart)] if apart else []
    if others or report.parts or not apart:
        tables.append(_claims(report.parts, others, verbose, "cross-check" if apart else "step"))
    return tables


def _claims_and_checks(checks: Sequence[Check]) -> Table:
    """Return a table with a column for the claim and one for what the machine was given."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("step", overflow="fold", ratio=3)
    table.add_column("claim", overflow="fold", ratio=6)
    table.add_column("checked", overflow="fold", ratio=6)
    table.add_column("verdict", no_wrap=True)
    for i, check in enumerate(checks):
        claim, checked = Text(check.claim), Text(check.checked)
        claim.append(f" ({check.scope})", style="dim")
        if check.evidence.get(USED, NOTHING) != NOTHING:
            checked.append("; the rest in words", style="dim")
        verdict = Text(str(check.verdict), style=_style(check))
        if check.verdict is not Verdict.ASSUMED:
            verdict.append(f"\n{check.trust}", style="dim not bold")
        last = i == len(checks) - 1
        table.add_row(Text(check.name), claim, checked, verdict, end_section=not last)
    return table


def _claims(parts: Sequence[Report], checks: Sequence[Check], verbose: bool, first: str) -> Table:
    """Return a table of claims that were checked as they stand."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column(first, no_wrap=True)
    table.add_column("claim", overflow="fold", ratio=3)
    table.add_column("scope", overflow="fold", ratio=2)
    table.add_column("trust", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for part in parts:
        _add_part(table, part, verbose)
    for check in checks:
        _add_check(table, check, "")
    return table


def _add_part(table: Table, part: Report, verbose: bool) -> None:
    folded = part.verdict is Verdict.PROVED and not verbose
    name, _, claim = part.title.partition(": ")
    text = Text(claim or part.title)
    if folded:
        names = [c.name.split()[0] for c in part.checks if c.role is Role.STEP]
        steps = [f"{names[0]}–{names[-1]} PROVED"] if names else []
        others = [f"{c.name} {c.verdict}" for c in part.checks if c.role is Role.CROSS_CHECK]
        if len(others) > 2:
            others = [_cross_checks(part)]
        text.append(f"\n{', '.join([*steps, *others])}", style="dim")
    table.add_row(
        Text(name),
        text,
        Text(part.scope),
        str(part.trust),
        Text(str(part.verdict), style=_STYLE[part.verdict]),
    )
    if not folded:
        for check in part.checks:
            _add_check(table, check, "  ")
        table.add_row()


def _add_check(table: Table, check: Check, indent: str) -> None:
    claim = Text(check.claim)
    if check.checked:
        claim.append(f"\nchecked: {check.checked}", style="dim")
    table.add_row(
        Text(indent + check.name),
        claim,
        Text(check.scope),
        str(check.trust),
        Text(str(check.verdict), style=_style(check)),
    )


def verdict_style(verdict: Verdict) -> str:
    """Return the style in which a verdict is set."""
    return _STYLE[verdict]


def _style(check: Check) -> str:
    return _STYLE[check.verdict]


def _skeleton(report: Report) -> str:
    """Say how many steps of the argument in words a machine checked."""
    found = [c.verdict for c in report.all_checks() if c.role is Role.SKELETON]
    good = found.count(Verdict.PROVED)
    return f"{good} of {len(found)} steps of the skeleton checked; " if found else ""


def _cross_checks(report: Report) -> str:
    """Say how many cross-checks ran and what they found."""
    found = [c.verdict for c in report.all_checks() if c.role is Role.CROSS_CHECK]
    against = found.count(Verdict.REFUTED)
    open_ones = sum(v in (Verdict.UNKNOWN, Verdict.UNSUPPORTED) for v in found)
    text = f"{len(found)} cross-checks, " + (f"{against} CONTRADICT" if against else "none against")
    return text + (f", {open_ones} undecided" if open_ones else "")


def _used(report: Report) -> dict[str, list[str]]:
    """Return the standard facts that steps use, with the steps: a reader must see them."""
    found: dict[str, list[str]] = {}
    for check in report.all_checks():
        facts = str(check.evidence.get(USED, NOTHING))
        if facts != NOTHING and check.name not in found.setdefault(facts, []):
            found[facts].append(check.name)
    return found


def explain(trust: Trust) -> str:
    """Say in a line who is believed."""
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
