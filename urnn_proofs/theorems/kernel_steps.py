"""Steps that the kernel checks: identities by cofactors, inequalities by positivity.

Each function finds or is given what the kernel needs, has it check the certificates, and returns
the check with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from urnn_proofs.certificate import Certificate, check, identity_certificate
from urnn_proofs.checks.symbolic.free_algebra import Polynomial
from urnn_proofs.checks.symbolic.inequality import Inequality
from urnn_proofs.guesses.cofactors import find_cofactors
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.verdict import NOTHING, USED, Check, Trust, Verdict
from urnn_proofs.theorems.proof import Outcome

__all__ = ["by_cofactors", "by_positivity"]


def by_cofactors(
    name: str,
    claim: str,
    relations: Sequence[Polynomial],
    conclusions: dict[str, Polynomial],
    scope: str = "all n",
    used: str = NOTHING,
) -> Outcome:
    """Find cofactors for each conclusion and let the kernel expand them."""
    certificates: list[Certificate] = []
    evidence = {USED: used}
    evidence |= {f"relation {i}": f"{r} = 0" for i, r in enumerate(relations)}
    verdict = Verdict.PROVED
    for text, conclusion in conclusions.items():
        try:
            cofactors = find_cofactors(conclusion, relations)
        except UndecidedError as error:
            evidence[text], verdict = str(error), Verdict.UNKNOWN
            continue
        certificate = identity_certificate(conclusion, relations, cofactors)
        if check(certificate) is not Verdict.PROVED:
            evidence[text], verdict = "the kernel does not accept the cofactors", Verdict.UNKNOWN
            continue
        certificates.append(certificate)
        evidence[text] = " + ".join(
            f"{c.coefficient} [{' '.join(c.left) or '1'}] "
            f"({c.relation}{'*' if c.adjoint else ''}) [{' '.join(c.right) or '1'}]"
            for c in cofactors
        )
    found = Check(
        name=name,
        claim=claim,
        scope=scope,
        verdict=verdict,
        trust=Trust.KERNEL,
        engine="symbolic.cofactors finds, kernel.identity expands",
        evidence=evidence,
    )
    return Outcome(found, tuple(certificates))


def by_positivity(
    name: str, scope: str, used: str, *chosen: Inequality, claim: str | None = None
) -> Outcome:
    """Let the kernel check the certificates of scalar inequalities and equations."""
    certificates, verdict = [], Verdict.PROVED
    evidence = {USED: used}
    for inequality in chosen:
        certificate = Certificate("inequality", *inequality.as_json())
        if check(certificate) is Verdict.PROVED:
            certificates.append(certificate)
            count = len(inequality.summands) + len(inequality.multiples)
            evidence[inequality.text] = f"{count} summands add up to zero"
        else:
            evidence[inequality.text], verdict = "the kernel does not accept it", Verdict.UNKNOWN
    found = Check(
        name=name,
        claim=claim or "; ".join(x.text for x in chosen),
        scope=scope,
        verdict=verdict if chosen else Verdict.UNKNOWN,
        trust=Trust.KERNEL,
        engine="symbolic.inequality states, kernel.inequality expands",
        evidence=evidence,
    )
    return Outcome(found, tuple(certificates))
