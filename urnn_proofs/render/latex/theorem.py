r"""One theorem: statement, proof in prose, remark, and what was checked by whom."""

from __future__ import annotations

from urnn_proofs.errors import InputError
from urnn_proofs.render.latex.look import Look
from urnn_proofs.render.latex.prose import Part, Prose, prose_for
from urnn_proofs.render.latex.symbols import changed
from urnn_proofs.render.latex.verification import at_the_top, checks_table, facts, summary, tag
from urnn_proofs.render.tex_math import escape, formula
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.verdict import Check, Report, Role, Trust, Verdict

__all__ = ["NUMBERED", "theorem_and_proof", "verification"]

#: The theorems that carry the numbers of the paper.
NUMBERED = ("3.1", "3.2", "3.3")
_HOLDS = (Verdict.PROVED, Verdict.ASSUMED)


def theorem_and_proof(proof: Proof, report: Report, look: Look) -> str:
    """Return statement, proof and remark.

    What is not PROVED says so in front of the statement.  What is neither PROVED nor ASSUMED is no
    theorem and has no proof: it is shown as a claim with an attempted proof.

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
    kind = names.theorem if report.verdict in _HOLDS else names.claim
    lines = [
        at_the_top(report),
        f"\\begin{{{kind}}}{_optional(proof, prose, report, look)}",
        f"\\label{{{look.label(proof.name)}}}",
        look.fill(prose.statement, proof.name),
        f"\\end{{{kind}}}",
        _hypotheses(proof, prose),
        f"\\begin{{{names.proof}}}" + ("" if report.verdict in _HOLDS else "[Attempted proof]"),
        look.fill(prose.lead, proof.name).strip(),
        *(_step(part, proof, report, look) for part in prose.parts if not part.remark),
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


def _hypotheses(proof: Proof, prose: Prose) -> str:
    """Name the hypotheses, where no written prose states them."""
    if prose.title or not proof.hypotheses:
        return ""
    return "Hypotheses: " + "; ".join(formula(h) for h in proof.hypotheses) + "."


def _check(name: str, proof: Proof, report: Report) -> Check:
    """Return the check of a step; a step without one is UNKNOWN."""
    for step, check in zip(proof.steps, report.checks, strict=False):
        if step.name == name and check.role is Role.STEP:
            return check
    return Check(name, "", "nothing", Verdict.UNKNOWN, Trust.SAMPLE, "not checked")


def _step(part: Part, proof: Proof, report: Report, look: Look) -> str:
    mark = tag(part.step, _check(part.step, proof, report))
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


def verification(proof: Proof, report: Report, look: Look) -> str:
    """Return the paragraph and the table that say what was checked, by whom, and what was not."""
    label = look.label(proof.name)
    tools = {
        "sympy2017": "certificates were found with",
        "flint": "exact ranks and networks were computed with",
        "arb2017": "enclosures with",
        "z3": "second opinions are those of",
    }
    named = ", ".join(f"{what} {look.citation(key)}" for key, what in tools.items())
    digest = (
        ""
        if report.certificate is None
        else (
            " The certificate has the claim digest "
            f"\\texttt{{{report.certificate.digest[:16]}\\dots}}."
        )
    )
    return "\n".join(
        (
            "\\par\\medskip\\noindent\\textbf{What was checked.}",
            f"{summary(report)} The steps were run by {look.citation('urnnproofs')}, version",
            f"{escape(look.version)}; {named}.{digest} Table~\\ref{{{label}:checks}} lists all",
            "checks. In the letters of the certificates, which are not always those of the text,",
            "the machine expanded the following.",
            facts(report),
            checks_table(report, look, f"Checks of Theorem~{escape(proof.name)}.", label),
            "",
        )
    )
