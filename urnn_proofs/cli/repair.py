"""``urnn-proofs repair``: another W, orthogonal or contractive, and what that changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from urnn_proofs.cli import options
from urnn_proofs.cli.common import (
    finish,
    load_network,
    one_sentence_errors,
    progress,
)
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import Verdict

if TYPE_CHECKING:
    from urnn_proofs.questions.repair import Repair

__all__ = ["repair"]


def repair(
    source: options.In,
    target: options.Out,
    input_bound: options.GivenBound,
    steps: Annotated[int, typer.Option(help="T: the bound is about the first T outputs.")] = 100,
    to: Annotated[
        str | None,
        typer.Option(help="orthogonal or contraction; if left out, the nearer one."),
    ] = None,
    norm: Annotated[
        str | None, typer.Option(help="Where singular values are cut for a contraction, below 1.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="A .npy of inputs, (T, m) or (T, batch, m): what changes on these."),
    ] = None,
    activation: options.Activation = None,
    readout: options.Readout = None,
    names: options.Map = None,
    leak: options.Leak = None,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
) -> None:
    """Make W orthogonal or contractive, and bound what that changes."""
    with one_sentence_errors():
        from urnn_proofs.formats.data import read_inputs
        from urnn_proofs.formats.files import check_target, save
        from urnn_proofs.formats.refusals import naming
        from urnn_proofs.model.number import parse_rational
        from urnn_proofs.questions.repair import repair as repaired
        from urnn_proofs.questions.repair import stored_in_floats

        check_target(target)
        if target.resolve() == source.resolve():
            raise InputError(f"IN and OUT are both {target}; expected two different files")
        M = parse_rational(input_bound, "--input-bound", decimals=True)
        cut = None if norm is None else parse_rational(norm, "--norm", decimals=True)
        inputs: Any = None if data is None else read_inputs(data)
        network, notes = load_network(
            source, activation, readout, epsilon=None, names=names, leak=leak
        )
        with progress("another W, and bounds"):
            found = repaired(network, M, steps=steps, to=to, norm=cut)
            if target.suffix.lower() == ".json":
                stored = found
            else:
                stored = stored_in_floats(found, "float64" if target.suffix == ".npz" else None)
            report = stored.report
            if data is not None:
                with naming(data.name):
                    report = replace(report, checks=(*report.checks, stored.measure(inputs)))
            if report.verdict is not Verdict.REFUTED:
                save(stored.result, target)
                notes = (*notes, f"{plain(target.name)} holds {_held(found, stored)}")
    finish(replace(report, notes=(*notes, *report.notes)), as_json=as_json, verbose=verbose)


def _held(found: Repair, stored: Repair) -> str:
    """Say what was written, and what comes next."""
    if all(
        layer.W == kept.W
        for layer, kept in zip(found.result.layers, stored.result.layers, strict=True)
    ):
        return "the network with the other W; `urnn-proofs convert` makes the URNN of it"
    return (
        "the other W rounded to floats, not exactly orthogonal any more, and the bounds are about "
        "these floats; a name that ends in .json keeps the exact one, for `urnn-proofs convert`"
    )
