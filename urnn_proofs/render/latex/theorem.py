r"""One theorem: statement, proof in prose, remark, and what was checked by whom."""

from __future__ import annotations

from urnn_proofs.errors import InputError
from urnn_proofs.render.latex.look import Look
from urnn_proofs.render.latex.prose import Part, Prose, prose_for
from urnn_proofs.render.latex.symbols import changed
from urnn_proofs.render.latex.verification import (
    at_the_top,
    checks_table,
    facts,
    summary,
    tag,
    unchecked,
)
from urnn_proofs.render.tex_math import escape, formula
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.verdict import Check, Report, Role, Trust, Verdict

__all__ = ["NUMBERED", "programs", "theorem_and_proof", "verification"]

#: The theorems that carry the numbers of the paper.
NUMBERED = ("3.1", "3.2", "3.3")
_HOLDS = (Verdict.PROVED, Verdict.ASSUMED)


def theorem_and_proof(proof: Proof, report: Report, look: Look) -> str:
    """Return statement, proof and remark.

    What is not PROVED says so in front of the statement.  What is neither PROVED nor ASSUMED is no
    theorem and has no proof: it is shown as a claim with an attempted proof.  An attempt it is,
    too, where a step of the argument was not checked, though Coq checked the statement.

    Parameters
    ----------
    proof
        The proof.
    report
        What checking it gave, just now.
    look
        Letters, environments, citations.
    """
    prose = prose_for(proof)
    if prose.written_for:
        look.symbols.avoid(dict.fromkeys(prose.letters, f"the proof of {proof.name}"))
    elif changed(look.symbols):
        raise InputError(
            f"symbols are chosen for {proof.name!r}, which is shown in its own words; expected none"
        )
    names = look.environments
    parts = [part for part in prose.parts if not part.remark]
    last = parts[-1] if parts and not prose.close else None
    holds = report.verdict in _HOLDS
    kind = names.theorem if holds else names.claim
    attempt = "" if holds and not unchecked(report) else "[Attempted proof]"
    lines = [
        at_the_top(report),
        f"\\begin{{{kind}}}{_optional(proof, prose, report, look)}",
        f"\\label{{{look.label(proof.name)}}}",
        look.fill(prose.statement, proof.name) + _machine_checked(report),
        f"\\end{{{kind}}}",
        _hypotheses(proof, prose),
        f"\\begin{{{names.proof}}}{attempt}",
        "\\setlength{\\emergencystretch}{3em}",
        look.fill(prose.lead, proof.name).strip(),
        *(_step(part, proof, report, look, part is last) for part in parts),
        look.fill(prose.close, proof.name).strip(),
        f"\\end{{{names.proof}}}",
        _remark(prose, proof, report, look),
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _optional(proof: Proof, prose: Prose, report: Report, look: Look) -> str:
    """Return the note behind the word Theorem: where it is from, or what it rests on."""
    if report.verdict not in _HOLDS:
        note = escape(f"Theorem {proof.name}, {report.verdict}")
    elif proof.name in NUMBERED and prose.title:
        note = look.citation("emami2019", f"Theorem~{proof.name}")
    else:
        note = look.fill(prose.title) if prose.title else escape(f"Theorem {proof.name}")
    if report.verdict is Verdict.ASSUMED:
        note += "; conditional"
    return f"[{{{note}}}]"


def _machine_checked(report: Report) -> str:
    """Return a footnote with name and digest, where Coq checked the statement."""
    for check in report.checks:
        if check.trust is Trust.FORMAL and check.verdict is Verdict.PROVED:
            return f"\\footnote{{{escape(str(check.evidence['said']))}.}}"
    return ""


def _hypotheses(proof: Proof, prose: Prose) -> str:
    """Name the hypotheses, where no written prose states them."""
    if prose.title or not proof.hypotheses:
        return ""
    return "Hypotheses: " + "; ".join(formula(h) for h in proof.hypotheses) + "."


def _check(name: str, proof: Proof, report: Report) -> Check:
    """Return the check of a step; a step without one is UNKNOWN."""
    if any(step.name == name for step in proof.steps):
        for check in report.checks:
            if check.name == name and check.role is not Role.CROSS_CHECK:
                return check
    return Check(name, "", "nothing", Verdict.UNKNOWN, Trust.SAMPLE, "not checked")


def _step(part: Part, proof: Proof, report: Report, look: Look, last: bool) -> str:
    mark = tag(part.step, _check(part.step, proof, report), last=last)
    heading = look.fill(part.heading) or escape(part.step)
    text = look.fill(part.text, proof.name).strip()
    return f"\n\\par\\smallskip\\noindent\\emph{{{heading}.}}\\enspace\n{text}\n{mark}"


def _remark(prose: Prose, proof: Proof, report: Report, look: Look) -> str:
    parts = [part for part in prose.parts if part.remark]
    if not parts:
        return ""
    name = look.environments.remark
    texts = [
        f"{look.fill(part.text, proof.name).strip()}\n"
        f"{tag(part.step, _check(part.step, proof, report))}"
        for part in parts
    ]
    opening = look.fill(prose.remark, proof.name)
    return "\n".join((f"\\begin{{{name}}}", opening, "\n\n".join(texts), f"\\end{{{name}}}"))


def verification(proof: Proof, report: Report, look: Look, *, tools: bool = True) -> str:
    """Return the paragraph and the table that say what was checked, by whom, and what was not.

    *tools* names the programs as well; once in a text is enough.
    """
    label = look.label(proof.name)
    lines = [
        f"\\par\\medskip\\noindent\\textbf{{Checks of Theorem~\\ref{{{label}}}.}}",
        summary(report),
    ]
    if report.certificate is not None:
        digest = report.certificate.digest[:16]
        lines.append(f"The claims have the digest \\texttt{{{digest}}}\\dots{{}} (SHA-256).")
    lines.append(f"Table~\\ref{{{label}:checks}} lists all checks.")
    if tools:
        lines.append(programs(look))
    caption = f"Checks of Theorem~\\ref{{{label}}}."
    table = checks_table(tuple(report.all_checks()), caption, label)
    return "\n".join([*lines, table, facts(report), ""])


def programs(look: Look) -> str:
    """Return what was run, with references."""
    cited = {
        key: look.citation(key) for key in ("urnnproofs", "sympy2017", "flint", "arb2017", "z3")
    }
    return " ".join(
        (
            f"The steps were run by {cited['urnnproofs']}, version {escape(look.version)};",
            f"certificates were found with {cited['sympy2017']}, exact ranks and networks computed",
            f"with {cited['flint']}, enclosures with {cited['arb2017']}, and second opinions are",
            f"those of {cited['z3']}. Below, in the letters of the certificates, which are not",
            "always those of the text, is what was expanded.",
        )
    )
