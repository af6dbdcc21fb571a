"""``urnn-proofs diagnose``: what a network is, whether it has a URNN, and the next command."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from urnn_proofs.cli import options
from urnn_proofs.cli.common import (
    EXIT,
    UNDECIDED,
    console,
    load_network,
    one_sentence_errors,
    progress,
    say,
)
from urnn_proofs.formats.suffixes import written_beside
from urnn_proofs.model.errors import UnsupportedError, without_diagnosis
from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import Verdict

if TYPE_CHECKING:
    from urnn_proofs.questions.diagnose import Diagnosis

__all__ = ["diagnose"]


def diagnose(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL", help=options.NETWORK_HELP),
    ],
    input_bound: options.GivenBound = "1",
    activation: options.Activation = None,
    readout: options.Readout = None,
    names: options.Map = None,
    leak: options.Leak = None,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
) -> None:
    """Say what a network is, if it has a URNN, and what comes next."""
    with one_sentence_errors():
        from urnn_proofs.model.number import parse_rational
        from urnn_proofs.questions.diagnose import diagnose as ask

        M = parse_rational(input_bound, "--input-bound", decimals=True)
        try:
            # As for --epsilon: what does not tell its nonlinearity is read as tanh, and it is said.
            network, notes = load_network(
                model, activation, readout, epsilon="said", names=names, leak=leak
            )
        except UnsupportedError as refusal:
            _print_unsupported(refusal)
            raise typer.Exit(UNDECIDED) from None
        with progress("what the network is"):
            found = ask(network, M)
    if as_json:
        report = found.report
        typer.echo(replace(report, notes=(*notes, *report.notes)).to_json())
    else:
        from urnn_proofs.show.diagnosis import print_diagnosis

        if notes and "--epsilon" not in (found.command or ""):
            activation = "tanh"  # as it was read; other commands do not guess it
        told = [("--activation", activation), ("--readout", readout), ("--leak", leak)]
        told += [("--map", pair) for pair in names or ()]
        command = _command(found, model, told)
        print_diagnosis(found, console(), command, notes, verbose=verbose)
    raise typer.Exit(EXIT.get(found.report.verdict, UNDECIDED))


def _print_unsupported(refusal: UnsupportedError) -> None:
    from urnn_proofs.show.terminal import verdict_text

    lead = verdict_text(Verdict.UNSUPPORTED) + "  "
    said = str(refusal)
    say(without_diagnosis(said), lead)
    if said == without_diagnosis(said):  # it says itself what to do
        return
    say(
        "what would help: a torch.nn.RNN in its place, trained so that it converts "
        "(urnn_proofs.torch.contractive, docs/training.md)",
        indent=2,
    )


def _command(found: Diagnosis, model: Path, told: list[tuple[str, str | None]]) -> str | None:
    """Return the command that comes next, with the file and what was said about it."""
    if found.command is None:
        return None
    words = found.command.split(" ")
    # What floats hold is not exactly orthogonal: a repaired network is kept exactly.
    target = (
        f"{model.stem}-repaired.json" if words[0] == "repair" else written_beside(model, "urnn")
    )
    named = {"MODEL": plain(str(model)), "OUT": plain(target)}
    words = [named.get(word, word) for word in words]
    for option, value in told:
        if value is not None:
            words += [option, value]
    return shlex.join(["urnn-proofs", *words])
