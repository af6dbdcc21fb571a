"""``urnn-proofs prove`` and ``check``: proofs for all n, and the kernel's word on a certificate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from urnn_proofs.cli.common import BAD_INPUT, EXIT, finish, one_sentence_errors, save_certificate
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import Report, Role, Trust, Verdict

if TYPE_CHECKING:
    from urnn_proofs.theorems.proof import Proof

__all__ = ["check", "prove"]


def prove(
    name: Annotated[
        str,
        typer.Argument(
            metavar="THEOREM",
            help="3.1, 3.2, 3.3, 3.3-strong, 2n-1, n+mu, n+eigenspace, 2n-iff-diagonal, "
            "2n-not-robust, no-bound, complex, expansive, epsilon, or all.",
        ),
    ],
    formal: Annotated[
        bool,
        typer.Option("--formal", help="Have Coq compile the theorems now; takes two minutes."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    certificate: Annotated[
        Path | None, typer.Option(help="Write what the independent kernel can check again.")
    ] = None,
) -> None:
    """Prove a theorem for all sizes at once."""
    with one_sentence_errors():
        from urnn_proofs.theorems.in_coq import formal_check
        from urnn_proofs.theorems.registry import theorem, theorem_names

        if name == "all" and formal:
            raise InputError("--formal goes with one theorem; it compiles all of them anyway")
        if name == "all":
            proofs = [theorem(each) for each in theorem_names()]
            report = _together([_titled(each, each.check()) for each in proofs])
        else:
            proof = theorem(name)
            report = formal_check(proof) if formal else proof.check()
        save_certificate(report, certificate)
    if not as_json and name != "all":
        typer.echo(f"{fill(proof.statement.text, 80)}\n\n{_in_coq(report)}{proof.graph()}\n")
    finish(report, as_json=as_json, verbose=name != "all")


def _in_coq(report: Report) -> str:
    """Show what Coq checked, if the report rests on it, and how to have it checked again."""
    for check in report.checks:
        if check.trust is Trust.FORMAL and check.role is Role.STEP:
            facts = check.evidence
            lines = [f"{facts['said']}:"]
            for name in (key for key in facts if f"assumptions of {key}" in facts):
                statement = str(facts[name]).replace("\n", "\n    ")
                lines += [f"  {name}: {facts[f'assumptions of {name}']}", f"    {statement}"]
            return "\n".join([*lines, f"  run it again: {facts['run again']}", "", ""])
    return ""


def _titled(proof: Proof, report: Report) -> Report:
    """Put the statement where a table of reports shows what is claimed."""
    return replace(report, title=f"Theorem {proof.name}: {proof.statement.text}")


def _together(reports: list[Report]) -> Report:
    from urnn_proofs.certificate import bundle

    return Report(
        title="All theorems",
        scope="each in its own scope",
        parts=tuple(reports),
        certificate=bundle([r.certificate for r in reports if r.certificate is not None]),
    )


def check(
    file: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="A certificate file.")],
) -> None:
    """Check a certificate with the independent kernel: exit status 0 only for PROVED."""
    from urnn_proofs import kernel

    try:
        outcome = kernel.check(file)
    except kernel.Rejected as reason:
        typer.echo(f"REJECTED  {reason}")
        raise typer.Exit(EXIT[Verdict.REFUTED]) from None
    except (kernel.Malformed, OSError) as reason:
        typer.echo(f"error: {file} is not a certificate that can be read: {reason}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    typer.echo(f"PROVED  {outcome.statement}\nclaim digest: sha256 {outcome.digest}")
