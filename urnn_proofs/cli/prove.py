"""``urnn-proofs prove`` and ``check``: proofs for all n, and the kernel's word on a certificate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from urnn_proofs.cli import options
from urnn_proofs.cli.common import (
    BAD_INPUT,
    EXIT,
    complain,
    finish,
    one_sentence_errors,
    progress,
    save_certificate,
    say,
)
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import Report, Verdict

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
    as_json: options.Json = False,
    verbose: options.Verbose = False,
    certificate: options.Certificate = None,
) -> None:
    """Prove a theorem for all sizes at once."""
    with one_sentence_errors():
        from urnn_proofs.theorems.in_coq import formal_check
        from urnn_proofs.theorems.registry import theorem, theorem_names

        if name == "all" and formal:
            raise InputError("--formal goes with one theorem; it compiles all of them anyway")
        if name == "all":
            report = _all([theorem(each) for each in theorem_names()])
        else:
            proof = theorem(name)
            said = "Coq compiles the theorems" if formal else f"Theorem {proof.name}"
            with progress(said):
                report = formal_check(proof) if formal else proof.check()
        save_certificate(report, certificate)
    finish(report, as_json=as_json, verbose=verbose)


def _all(proofs: Sequence[Proof]) -> Report:
    from urnn_proofs.certificate import bundle

    parts = []
    with progress("theorems") as tell:
        for i, proof in enumerate(proofs):
            tell(f"Theorem {proof.name}", i, len(proofs))
            title = f"Theorem {proof.name}: {proof.statement.text}"
            parts.append(replace(proof.check(), title=title))
    counts = Counter(str(part.verdict) for part in parts)
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return Report(
        title=f"{len(parts)} theorems: {said}",
        scope="each in its own",
        parts=tuple(parts),
        certificate=bundle([part.certificate for part in parts if part.certificate is not None]),
    )


def check(
    file: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="A certificate file.")],
) -> None:
    """Check a certificate with the independent kernel. Exit status 0 only for PROVED."""
    from urnn_proofs import kernel
    from urnn_proofs.show.terminal import verdict_text

    try:
        outcome = kernel.check(file)
    except kernel.Rejected as reason:
        say(str(reason), "REJECTED  ")
        raise typer.Exit(EXIT[Verdict.REFUTED]) from None
    except (kernel.Malformed, OSError) as reason:
        complain(f"{file} is not a certificate that can be read: {reason}")
        raise typer.Exit(BAD_INPUT) from None
    first, *others = str(outcome.statement).split("\n")
    say(first, verdict_text(Verdict.PROVED) + "  ")
    for line in others:
        say(line.strip(), "- ", indent=2)
    say(f"claim digest: sha256 {outcome.digest}", indent=2)
