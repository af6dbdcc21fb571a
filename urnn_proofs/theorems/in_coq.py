"""What makes a page a theorem: Coq's check of its statement, as recorded or as run just now.

The steps of a page are a skeleton: a machine checked the algebra of each, and words join them.
They support the words; PROVED for all n comes from Coq alone.  A page that Coq does not know, or
whose record no longer applies, is not PROVED.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from urnn_proofs.formal.coq import Checked, clean_copy, compile_and_compare
from urnn_proofs.formal.record import Standing, standing
from urnn_proofs.formal.sources import sources
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.verdict import Check, Report, Role, Trust, Verdict
from urnn_proofs.theorems.parts import Theorem

__all__ = ["FORMAL_NAME", "formal_check", "standing_of", "with_coq"]

#: Name of the check that a page rests on.
FORMAL_NAME = "Coq"
_AGAIN = "make formal, or urnn-proofs prove {} --formal"


def standing_of(proof: Theorem) -> Standing:
    """Say whether the record of Coq's checks applies to this page as it is now."""
    return standing(proof.name, proof.digest, proof.statement.coq)


def with_coq(proof: Theorem, skeleton: Report, now: Checked | None = None) -> Report:
    """Return the report of a page: what it rests on, then its skeleton.

    Parameters
    ----------
    proof
        The page.
    skeleton
        What running its steps gave.
    now
        What Coq said just now, if it was run.
    """
    found = standing_of(proof)
    if not found.theorems and not found.against:
        return _in_words(proof, skeleton)
    names = {step.name for step in proof.steps}  # a broken seal stays what it is
    steps = tuple(
        replace(check, role=Role.SKELETON) if check.name in names else check
        for check in skeleton.checks
    )
    return replace(skeleton, checks=(_rests_on(proof, skeleton.scope, found, now), *steps))


def formal_check(proof: Theorem) -> Report:
    """Compile the whole development now, in a clean copy, and return the report of the page.

    Raises
    ------
    UnsupportedError
        If Coq is not installed, the sources are not beside the package, or the page has no Coq
        theorem.
    InputError
        If the development does not compile, or Coq prints another statement than the recorded one.
    """
    found, folder = standing_of(proof), sources()
    if not found.theorems and not found.against:
        raise UnsupportedError(f"Theorem {proof.name} has no Coq theorem; leave --formal out")
    if folder is None:
        raise UnsupportedError(
            "the Coq sources are not beside this package, so nothing was checked by Coq now; use a "
            "checkout, or leave --formal out"
        )
    with clean_copy(folder) as fresh:
        now = compile_and_compare(fresh)
    said = {theorem.name: theorem for theorem in now.theorems}
    for theorem in found.theorems:
        other = said.get(theorem.name)
        if other is None or other.statement.split() != theorem.statement.split():
            raise InputError(
                f"Coq {now.coq} prints another statement of {theorem.name} than the record, so "
                f"nothing was concluded; run make formal-record in a checkout"
            )
    return with_coq(proof, proof.skeleton(), now)


def _rests_on(proof: Theorem, scope: str, found: Standing, now: Checked | None) -> Check:
    """Return the check that decides: PROVED if the record applies, else UNKNOWN and why."""
    against = [*found.against, *(f"The page was changed: {part}." for part in proof.changes())]
    if found.applies and now is not None and now.digest != found.theorems[0].digest:
        against.append("The sources that were compiled are not the recorded ones.")
    if against:
        return Check(
            name=FORMAL_NAME,
            claim=proof.statement.text,
            scope=scope,
            verdict=Verdict.UNKNOWN,
            trust=Trust.WORDS,
            engine="formal.record",
            evidence={
                "why": " ".join(against),
                "checked": "the algebra of each step, which supports the argument in words",
                "not checked": "the statement: no Coq theorem stands behind it now",
            },
        )
    names = [theorem.name for theorem in found.theorems]
    version, digest = found.theorems[0].coq, found.theorems[0].digest
    how = "recorded"
    noted = list(found.noted)
    if now is not None:
        how = "compiled now"
        if now.coq != version:
            noted.append(f"The record is of Coq {version}; Coq {now.coq} checked it again now.")
        version = now.coq
    evidence: dict[str, Any] = {
        "said": f"Coq {version} checked {_listed(names)} (digest {digest[:16]}), {how}"
    }
    for theorem in found.theorems:
        evidence[theorem.name] = theorem.statement
        evidence[f"assumptions of {theorem.name}"] = (
            ", ".join(theorem.assumptions) or "closed under the global context"
        )
    evidence |= {
        "words and statement": found.reviewed,
        "sources": f"sha256 {digest}. {' '.join(noted)}".strip(),
        "run again": _AGAIN.format(proof.name),
    }
    return Check(
        name=FORMAL_NAME,
        claim=proof.statement.text,
        scope=scope,
        verdict=Verdict.PROVED,
        trust=Trust.FORMAL,
        engine=f"Coq {version}, {_listed(names)}, {how}",
        evidence=evidence,
        checked="the whole statement, by Coq",
    )


def _in_words(proof: Theorem, skeleton: Report) -> Report:
    """Return the report of a page that Coq does not know: its steps, and the words it rests on."""
    if skeleton.verdict is not Verdict.PROVED:
        return skeleton
    words = Check(
        name="words",
        claim="the checked steps together prove the statement",
        scope=skeleton.scope,
        verdict=Verdict.ASSUMED,
        trust=Trust.WORDS,
        engine="none: a complete argument in words, on the theorem's page",
        evidence={"checked": "the algebra of each step", "not checked": "what joins the steps"},
    )
    return replace(skeleton, checks=(*skeleton.checks, words))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
