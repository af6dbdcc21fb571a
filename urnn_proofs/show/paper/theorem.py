r"""One theorem: statement, proof in prose with a remark, and what was checked by whom."""

from __future__ import annotations

import re

from urnn_proofs.model.verdict import Check, Report, Role, Trust, Verdict
from urnn_proofs.show.paper.look import Look
from urnn_proofs.show.paper.prose import prose_for
from urnn_proofs.show.paper.verification import (
    checks_rows,
    coq_statements,
    summary,
    tag,
    unchecked,
)
from urnn_proofs.show.tex.math import escape, formula
from urnn_proofs.theorems.in_coq import FORMAL_NAME
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["proof_text", "provenance", "statement_text", "verification"]

#: The theorems that carry the numbers of the paper.
NUMBERED = ("3.1", "3.2", "3.3")
#: One of these in the words of another statement.
_NUMBER = re.compile(r"Theorem (3\.[123])")
_DISPLAYS = ("\\]", "\\end{equation}", "\\end{equation*}", "\\end{align*}", "\\end{align}")
_HOLDS = (Verdict.PROVED, Verdict.ASSUMED)


def statement_text(proof: Proof, report: Report, look: Look, *, noted: bool = True) -> str:
    """Return the statement, its letters still open; *noted* with what Coq checked as a footnote.

    What rests on an assumption names it in the statement.  What is neither PROVED nor ASSUMED is no
    theorem: it is shown as a claim.
    """
    prose = prose_for(proof)
    names = look.environments
    kind = names.theorem if report.verdict in _HOLDS else names.claim
    lines = [
        f"\\begin{{{kind}}}{_optional(proof, prose, report, look)}",
        f"\\label{{{look.label(proof.name)}}}",
        _assumptions(prose, report),
        _NUMBER.sub(r"@[emami2019;Theorem~\1]", proof.statement.tex)
        + (_machine_checked(report) if noted else ""),
        f"\\end{{{kind}}}",
        _hypotheses(proof, prose),
    ]
    return look.refer("\n".join(line for line in lines if line) + "\n", proof.name)


def proof_text(proof: Proof, report: Report, look: Look, *, apart: bool = False) -> str:
    """Return proof and remark, the letters of written prose still open.

    What has no theorem has no proof: it is an attempt.  So it is where a step of the argument was
    not checked, though Coq checked the statement.  *apart* names the theorem, which stands
    elsewhere.
    """
    prose = prose_for(proof)
    parts = [part for part in prose.parts if not part.remark]
    last = parts[-1] if parts and not prose.close else None
    attempt = report.verdict not in _HOLDS or bool(unchecked(report))
    title = "Attempted proof" if attempt else "Proof"
    if apart:
        title += f" of {_called(report)}~\\ref{{{look.label(proof.name)}}}"
    name = look.environments.proof
    lines = [
        f"\\begin{{{name}}}" + (f"[{title}]" if attempt or apart else ""),
        "\\setlength{\\emergencystretch}{3em}",
        prose.lead.strip(),
        *(_step(part, report, part is last) for part in parts),
        prose.close.strip(),
        f"\\end{{{name}}}",
        _remark(prose, report, look),
    ]
    return look.refer("\n".join(line for line in lines if line) + "\n", proof.name)


def _called(report: Report) -> str:
    """Return the word before the number of the statement: what does not hold is no theorem."""
    return "Theorem" if report.verdict in _HOLDS else "Claim"


def _optional(proof: Proof, prose: Prose, report: Report, look: Look) -> str:
    """Return the note behind the word Theorem: where it is from, or what it rests on."""
    if report.verdict not in _HOLDS:
        note = escape(f"Theorem {proof.name}, {report.verdict}")
    elif proof.name in NUMBERED and prose.title:
        note = look.citation("emami2019", f"Theorem~{proof.name}")
    else:
        note = prose.title if prose.title else escape(f"Theorem {proof.name}")
    if report.verdict is Verdict.ASSUMED:
        note += "; conditional" if _assumed(report) else "; proof in words"
    return f"[{{{note}}}]"


def _machine_checked(report: Report) -> str:
    """Return a footnote with name and digest, where Coq checked the statement."""
    for check in report.checks:
        own = check.name == FORMAL_NAME and check.role is Role.STEP
        if own and check.verdict is Verdict.PROVED:
            return f"\\footnote{{\\raggedright {escape(str(check.evidence['said']))}.\\par}}"
    return ""


def _assumptions(prose: Prose, report: Report) -> str:
    """Return what the statement is conditional on; nothing unless the report is ASSUMED."""
    said = []
    for check in _assumed(report):
        # In written prose the letters of the claim may mean something else.
        name = f"what step \\emph{{{escape(check.name)}}} of the proof says"
        said.append(name if prose.title else formula(check.claim))
    return f"Assume {'; and '.join(said)}. Then the following holds." if said else ""


def _assumed(report: Report) -> tuple[Check, ...]:
    """Return what the proof takes for granted, besides its own words."""
    if report.verdict is not Verdict.ASSUMED:
        return ()
    return tuple(check for check in report.weakest() if check.trust is not Trust.WORDS)


def _hypotheses(proof: Proof, prose: Prose) -> str:
    """Name the hypotheses, where no written prose states them."""
    if prose.title or not proof.hypotheses:
        return ""
    return "Hypotheses: " + "; ".join(formula(h) for h in proof.hypotheses) + "."


def _check(name: str, report: Report) -> Check:
    """Return the check of a step; a step without one is UNKNOWN."""
    for check in report.checks:
        if check.name == name and check.role is not Role.CROSS_CHECK:
            return check
    return Check(name, "", "nothing", Verdict.UNKNOWN, Trust.SAMPLE, "not checked")


def _step(part: Part, report: Report, last: bool) -> str:
    mark = tag(part.step, _check(part.step, report), last=last)
    heading = part.heading or escape(part.step)
    text = part.text.strip()
    if text.endswith(_DISPLAYS):  # the mark does not begin a page alone
        text = f"{{\\postdisplaypenalty=10000\n{text}\n}}"
    return f"\n\\par\\smallskip\\noindent\\emph{{{heading}.}}\\enspace\n{text}\n{mark}"


def _remark(prose: Prose, report: Report, look: Look) -> str:
    parts = [part for part in prose.parts if part.remark]
    if not parts:
        return ""
    name = look.environments.remark
    texts = [f"{part.text.strip()}\n{tag(part.step, _check(part.step, report))}" for part in parts]
    begin = f"\\begin{{{name}}}\\setlength{{\\emergencystretch}}{{3em}}"
    return "\n".join((begin, prose.remark, "\n\n".join(texts), f"\\end{{{name}}}"))


def verification(proof: Proof, report: Report, look: Look, *, whole: bool = False) -> str:
    """Return what was checked, by whom, and what was not: a summary, Coq's statement, the rows.

    The lines of a *whole* document are longer than those of a body may be.
    """
    lines = [
        f"\\par\\medskip\\noindent\\textbf{{Checks of {_called(report)}~\\ref"
        f"{{{look.label(proof.name)}}}.}}",
        f"{{\\sloppy {summary(report)}",
        f"{provenance(report, look)}\\par}}",
        coq_statements([report], look.columns, whole=whole),
        checks_rows(tuple(report.all_checks()), proof.statement.text),
    ]
    return "\n".join(line for line in lines if line) + "\n"


def provenance(report: Report, look: Look) -> str:
    """Return one line that says which program ran, and the digests of what it read."""
    said = f"Run by {look.named('urnnproofs')}, version {escape(look.version)}"
    if report.certificate is not None:
        said += f"; certificate \\texttt{{{report.certificate.digest[:16]}}} (SHA-256)"
    return f"{said}. The letters of what was verified are not always those of the text."
