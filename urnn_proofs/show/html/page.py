"""Checks, reports and proofs as HTML for notebooks and pages.

What keeps a report from PROVED stands at its top; evidence, cross-checks and sub-reports are
folded away, never left out.  A report that comes from a proof shows each step's claim and argument
beside what was checked.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from urnn_proofs.model.verdict import LONG, NOTHING, USED, Check, Report, Role, Verdict
from urnn_proofs.show.html.formulas import formula
from urnn_proofs.show.html.graph_svg import graph_svg, rests_on
from urnn_proofs.show.html.parts import EXPLAINED, alert, block, code, fold, table, text, verdict

__all__ = ["check_html", "proof_html", "report_html", "report_inside"]

_SKELETON = (
    "The argument in words, step by step: a machine checked the algebra of each step, "
    "and the verdict does not rest on it."
)
# Steps with these verdicts do not weaken a report.
_FINE = (Verdict.PROVED, Verdict.CONSISTENT)


def report_html(report: Report) -> str:
    """Return a report as a block of HTML.

    Examples
    --------
    >>> "UNKNOWN" in report_html(Report("nothing checked", "n = 1"))
    True
    """
    return block(report_inside(report))


def check_html(check: Check) -> str:
    """Return one check as a block of HTML."""
    return block(_card(check.name, check, None))


def proof_html(proof: Any, report: Report | None = None) -> str:
    """Return a proof as a block of HTML: statement, dependency graph, steps.

    Parameters
    ----------
    proof
        A :class:`~urnn_proofs.theorems.proof.Proof`.
    report
        What its ``check()`` returned.  Without it no verdicts are shown, since none was reached.

    Examples
    --------
    >>> from urnn_proofs import theorem
    >>> "not checked yet" in proof_html(theorem("3.1"))
    True
    """
    parts = [
        f"<p><b>Theorem {text(proof.name)}.</b> {html.escape(proof.statement.latex)}</p>",
        f'<p class="urnn-small">{text(proof.reference)}</p>',
        _hypotheses(proof),
        f"<p>{graph_svg(proof, report)}</p>",
    ]
    if report is None:
        parts.append('<p class="urnn-small">not checked yet: <code>.check()</code> does</p>')
        rows = [
            (_named(s.name, s.depends), f"<p>{formula(s.claim)}</p>{_why(s.why)}")
            for s in proof.steps
        ]
        parts.append(table(("step", "claim and why"), rows))
    else:
        parts.append(report_inside(report, proof=proof, titled=False))
    return block("".join(parts))


def _hypotheses(proof: Any) -> str:
    listed = "; ".join(formula(h) for h in proof.hypotheses)
    return f"<p>Hypotheses: {listed}.</p>" if listed else ""


def report_inside(report: Report, *, proof: Any = None, titled: bool = True) -> str:
    """Return the inside of a report; *proof* if its head is already shown."""
    source = proof or report.proof
    steps = {} if source is None else {s.name: s for s in source.steps}
    if source is not None and len(report.checks) == 1 and not report.parts:
        check = report.checks[0]
        return _card(report.title, check, _step_of(check, steps))
    parts = [f"<p><b>{formula(report.title)}</b></p>"] if titled else []
    parts.append(
        f"<p>{verdict(report.verdict)} &nbsp;range: {formula(report.scope)}<br>"
        f"<span class='urnn-small'>trust {report.trust}: {EXPLAINED[report.trust]}; "
        f"{_counted(report)}</span></p>"
    )
    parts += [_alert(check) for check in report.all_checks() if _weakens(check)]
    if titled and report.notes:
        noted = "<br>".join(formula(note) for note in report.notes)
        parts.append(f'<p class="urnn-small">{noted}</p>')
    verdicts = {c.name: c.verdict for c in report.checks}
    weak = rests_on({name: step.depends for name, step in steps.items()}, verdicts)
    own = [c for c in report.checks if c.role is Role.STEP]
    skeleton = [c for c in report.checks if c.role is Role.SKELETON]
    others = [c for c in report.checks if c.role is Role.CROSS_CHECK]
    if own:
        parts.append(_table(own, steps, weak))
    if skeleton:
        parts.append(f'<p class="urnn-small">{_SKELETON}</p>')
        parts.append(_table(skeleton, steps, weak))
    parts += [_part(part) for part in report.parts]
    if others:
        against = any(c.verdict is Verdict.REFUTED for c in others)
        parts.append(fold("cross-checks and examples", _table(others, {}, {}), opened=against))
    return "".join(parts)


def _weakens(check: Check) -> bool:
    """Tell whether a reader must see the check first; undecided cross-checks are only counted."""
    if check.role is Role.CROSS_CHECK:
        return check.verdict is Verdict.REFUTED
    return check.verdict not in _FINE


def _alert(check: Check) -> str:
    facts = "; ".join(f"{text(k)}: {text(v)}" for k, v in check.evidence.items() if k not in LONG)
    more = f'<br><span class="urnn-small">{facts}</span>' if facts else ""
    return alert(
        check.verdict,
        f"{verdict(check.verdict)} <b>{text(check.name)}</b>: {formula(check.claim)}{more}",
    )


def _part(part: Report) -> str:
    inner = report_inside(part, titled=False)
    done = part.verdict is Verdict.PROVED
    return fold(f"{verdict(part.verdict)} {formula(part.title)}", inner, opened=not done)


def _counted(report: Report) -> str:
    """Say how many cross-checks ran and what they found."""
    found = [c.verdict for c in report.all_checks() if c.role is Role.CROSS_CHECK]
    if not found:
        return "no cross-checks"
    against = found.count(Verdict.REFUTED)
    undecided = sum(v in (Verdict.UNKNOWN, Verdict.UNSUPPORTED) for v in found)
    said = f"{len(found)} cross-checks, " + (f"{against} CONTRADICT" if against else "none against")
    return said + (f", {undecided} undecided" if undecided else "")


def _table(checks: Sequence[Check], steps: dict[str, Any], weak: dict[str, list[str]]) -> str:
    apart = any(check.checked for check in checks)
    rows = [_row(c, _step_of(c, steps), weak.get(c.name, []), apart) for c in checks]
    if apart:
        return table(("step", "claim and why", "checked", "who checked it", "verdict"), rows)
    return table(("step", "claim", "who checked it", "range", "verdict"), rows)


def _step_of(check: Check, steps: dict[str, Any]) -> Any:
    """Return the step that a check is about: the one with its name and its claim."""
    step = steps.get(check.name)
    return step if step is not None and step.claim == check.claim else None


def _row(check: Check, step: Any, weak: Sequence[str], apart: bool) -> tuple[str, ...]:
    name = _named(check.name, () if step is None else step.depends)
    said = f"<p>{formula(check.claim)}</p>"
    who = f'{_who(check)}<br><span class="urnn-small">{text(check.engine)}</span>'
    found = verdict(check.verdict) + _resting(weak)
    if not apart:
        claim = f"{said}{_used(check)}{_evidence(check)}"
        return name, claim, who, formula(check.scope), found
    claim = f'{said}<p class="urnn-small">range: {formula(check.scope)}</p>'
    claim += "" if step is None else _why(step.why)
    return name, claim, f"<p>{_checked(check)}</p>{_used(check)}{_evidence(check)}", who, found


def _checked(check: Check) -> str:
    """Return what a machine was given, which may be less than the claim."""
    return formula(check.checked) if check.checked else "the claim"


def _card(title: str, check: Check, step: Any) -> str:
    """Return one check as a column of facts, its evidence unfolded."""
    rows = [("claim", formula(check.claim))]
    if step is not None:
        rows += [("why", formula(step.why))]
        rows += (
            [("uses", f"{text(', '.join(step.depends))} (not run here)")] if step.depends else []
        )
    rows += [("checked", _checked(check))] if check.checked else []
    used = str(check.evidence.get(USED, NOTHING))
    rows += [("unchecked facts", formula(used))] if used != NOTHING else []
    rows += [
        ("who checked it", f"{_who(check, explained=True)} ({text(check.engine)})"),
        ("range", formula(check.scope)),
        ("verdict", verdict(check.verdict)),
    ]
    body = [(f'<span class="urnn-nowrap urnn-small">{name}</span>', cell) for name, cell in rows]
    return f"<p><b>{text(title)}</b></p>{table((), body)}{_evidence(check, opened=True)}"


def _who(check: Check, *, explained: bool = False) -> str:
    """Say who is believed; nobody looked at what is assumed."""
    if check.verdict is Verdict.ASSUMED:
        return "no machine"
    return f"{check.trust}: {EXPLAINED[check.trust]}" if explained else str(check.trust)


def _named(name: str, uses: Sequence[str]) -> str:
    said = f'<br><span class="urnn-small">uses {text(", ".join(uses))}</span>' if uses else ""
    return f"<b>{text(name)}</b>{said}"


def _resting(weak: Sequence[str]) -> str:
    """Say which steps that are not PROVED this one uses: its verdict holds if theirs do."""
    return f'<br><span class="urnn-small">given {text(", ".join(weak))}</span>' if weak else ""


def _why(why: str) -> str:
    return f'<p class="urnn-small">{formula(why)}</p>'


def _used(check: Check) -> str:
    used = str(check.evidence.get(USED, NOTHING))
    if used == NOTHING:
        return ""
    return f'<p class="urnn-small">Used without a machine\'s check: {formula(used)}.</p>'


def _evidence(check: Check, *, opened: bool = False) -> str:
    """Return the evidence as a folded table, letter by letter."""
    rows = []
    for key, value in check.evidence.items():
        if key == USED or value in ("", None):
            continue
        lines = value if isinstance(value, (list, tuple)) else [value]
        shown = "<br>".join(code(line) for line in lines)
        rows.append((code(key), fold("SMT-LIB text", shown) if key == "smt2" else shown))
    return fold("evidence", table((), rows), opened=opened) if rows else ""
