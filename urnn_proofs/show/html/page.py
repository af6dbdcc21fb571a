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
from urnn_proofs.show.html.evidence import coq_statements, evidence
from urnn_proofs.show.html.formulas import formula
from urnn_proofs.show.html.graph_svg import graph_svg, rests_on
from urnn_proofs.show.html.parts import (
    EXPLAINED,
    alert,
    block,
    facts,
    fold,
    small,
    table,
    text,
    verdict,
)

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
        small(text(proof.reference)),
        _hypotheses(proof),
        graph_svg(proof, report),
    ]
    if report is None:
        parts.append(small("not checked yet: <code>.check()</code> does"))
        rows = [
            (_named(s.name, s.depends), f"<p>{formula(s.claim)}</p>{_why(s.why)}")
            for s in proof.steps
        ]
        parts.append(table(("step", "claim and why"), rows, kinds=("urnn-step", "")))
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
        parts.append(small("<br>".join(formula(note) for note in report.notes)))
    verdicts = {c.name: c.verdict for c in report.checks}
    weak = rests_on({name: step.depends for name, step in steps.items()}, verdicts)
    own = [c for c in report.checks if c.role is Role.STEP]
    skeleton = [c for c in report.checks if c.role is Role.SKELETON]
    others = [c for c in report.checks if c.role is Role.CROSS_CHECK]
    if own:
        parts.append(_table(own, steps, weak))
    if skeleton:
        parts.append(small(_SKELETON))
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
    said = "; ".join(f"{text(k)}: {text(v)}" for k, v in check.evidence.items() if k not in LONG)
    more = f'<br><span class="urnn-small">{said}</span>' if said else ""
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
    said = "1 cross-check, " if len(found) == 1 else f"{len(found)} cross-checks, "
    said += f"{against} CONTRADICT" if against else "none against"
    return said + (f", {undecided} undecided" if undecided else "")


_HEAD = ("verdict", "step", "claim: what the step says", "checked: what a machine verified")
_KINDS = ("urnn-verdict", "urnn-step", "", "urnn-checked")


def _table(checks: Sequence[Check], steps: dict[str, Any], weak: dict[str, list[str]]) -> str:
    rows = [_row(c, _step_of(c, steps), weak.get(c.name, [])) for c in checks]
    return table(_HEAD, rows, labels=("", "", "", "checked"), kinds=_KINDS)


def _step_of(check: Check, steps: dict[str, Any]) -> Any:
    """Return the step that a check is about: the one with its name and its claim."""
    step = steps.get(check.name)
    return step if step is not None and step.claim == check.claim else None


def _row(check: Check, step: Any, weak: Sequence[str]) -> tuple[str, ...]:
    found = f'{verdict(check.verdict)} <span class="urnn-small">{_who(check)}</span>'
    name = _named(check.name, () if step is None else step.depends)
    claim = f"<p>{formula(check.claim)}</p>" + small(f"range: {formula(check.scope)}")
    claim += "" if step is None else _why(step.why)
    checked = f"<p>{_checked(check)}</p>{_used(check)}"
    return found + _resting(weak), name, claim, checked, coq_statements(check) + evidence(check)


def _checked(check: Check) -> str:
    """Return what a machine was given, which may be less than the claim."""
    if check.verdict is Verdict.ASSUMED:
        return "by no machine"
    return formula(check.checked) if check.checked else "the claim as it stands"


def _card(title: str, check: Check, step: Any) -> str:
    """Return one check as a column of facts."""
    who = "" if check.verdict is Verdict.ASSUMED else f", {_who(check, explained=True)}"
    rows = [("verdict", f"{verdict(check.verdict)}{who}"), ("claim", formula(check.claim))]
    if step is not None:
        rows += [("why", formula(step.why))]
    rows += [("checked", _checked(check))]
    used = str(check.evidence.get(USED, NOTHING))
    rows += [("in words", formula(used))] if used != NOTHING else []
    rows += [("range", formula(check.scope))]
    if step is not None and step.depends:
        rows += [("uses", f"{text(', '.join(step.depends))} (not run here)")]
    return f"<p><b>{text(title)}</b></p>{facts(rows)}{coq_statements(check)}{evidence(check)}"


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
    return small(formula(why))


def _used(check: Check) -> str:
    used = str(check.evidence.get(USED, NOTHING))
    return "" if used == NOTHING else small(f"Used without a machine's check: {formula(used)}.")
