"""``urnn-proofs convert``: a network file in, the file of an orthogonal network out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from urnn_proofs.cli import options
from urnn_proofs.cli.common import (
    finish,
    load_network,
    one_sentence_errors,
    progress,
    save_certificate,
    say,
)
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import Report, Verdict

if TYPE_CHECKING:
    from urnn_proofs.formats.stored import StoredNetwork

__all__ = ["convert"]


def convert(
    source: options.In,
    target: options.Out,
    input_bound: options.Bound = None,
    epsilon: options.Epsilon = None,
    certificate: options.Certificate = None,
    activation: options.Activation = None,
    readout: options.Readout = None,
    names: options.Map = None,
    leak: options.Leak = None,
    state_bound: options.StateBound = None,
    scale: options.Scale = False,
    dtype: Annotated[
        str | None,
        typer.Option(help="float32 or float64 for the weights of OUT; that of IN if left out."),
    ] = None,
    batch_first: Annotated[
        bool | None,
        typer.Option("--batch-first/--time-first", help="Axes of OUT; those of IN if left out."),
    ] = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Change the format only; build no URNN.")
    ] = False,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
) -> None:
    """Turn a contractive network into a URNN. Its outputs are the same, or within --epsilon."""
    with one_sentence_errors():
        _refuse_early(source, target, certificate)
        from urnn_proofs.formats.files import save

        network, notes = load_network(
            source, activation, readout, epsilon=epsilon, names=names, leak=leak
        )
        network = _with_axes(network, batch_first)
        if as_is:
            if (
                any(x is not None for x in (input_bound, certificate, state_bound, epsilon))
                or scale
            ):
                raise InputError(
                    "--as-is changes the format only; leave out the options that build a URNN"
                )
            save(network, target, dtype=dtype)
            what = "the same network" if dtype is None else f"the network, weights as {dtype}"
            say(f"wrote {target}: {what}")
            return
        if input_bound is None:
            raise InputError(
                "give --input-bound M, a bound of every ||x^k||, or --as-is to change the format "
                "only"
            )
        report = _convert(
            network, target, input_bound, state_bound, epsilon, certificate, dtype, scale=scale
        )
        report = replace(report, notes=(*notes, *report.notes))
    finish(report, as_json=as_json, verbose=verbose)


def _refuse_early(source: Path, target: Path, certificate: Path | None) -> None:
    """Refuse what can be refused before any work is done."""
    from urnn_proofs.formats.files import check_target

    check_target(target)
    if certificate is not None and not certificate.parent.is_dir():
        raise InputError(f"{certificate.parent} is not a folder; expected an existing one")
    if target.resolve() == source.resolve():
        raise InputError(f"IN and OUT are both {target}; expected two different files")
    if certificate is not None and certificate.resolve() in (source.resolve(), target.resolve()):
        raise InputError(f"--certificate is {certificate}, as IN or OUT; expected another file")


def _with_axes(network: StoredNetwork, batch_first: bool | None) -> StoredNetwork:
    if batch_first is None:
        return network
    order = "BTF" if batch_first else "TBF"
    # A direction axis stays out; a file without a time axis gives the last step only.
    outputs = order if "T" in network.layout.output_axes else "BF"
    layout = replace(network.layout, input_axes=order, output_axes=outputs)
    return replace(network, layout=layout)


def _convert(
    network: StoredNetwork,
    target: Path,
    input_bound: str,
    state_bound: str | None,
    epsilon: str | None,
    certificate: Path | None,
    dtype: str | None,
    *,
    scale: bool,
) -> Report:
    from urnn_proofs.formats.files import save
    from urnn_proofs.formats.rounding import check_dtype, natural_dtype
    from urnn_proofs.model.number import parse_rational
    from urnn_proofs.questions.construction import equivalent_urnn

    M = parse_rational(input_bound, "--input-bound", decimals=True)
    H = parse_rational(state_bound, "--state-bound", decimals=True) if state_bound else None
    eps = parse_rational(epsilon, "--epsilon", decimals=True) if epsilon else None
    exact = target.suffix.lower() == ".json" and dtype is None
    number_type = natural_dtype(network) if dtype is None else check_dtype(dtype)
    if target.suffix.lower() == ".npz" and dtype is None:
        number_type = "float64"
    with progress("construction and steps S1 to S5") as tell:
        found = equivalent_urnn(
            network,
            M,
            epsilon=eps,
            dtype=None if exact else number_type,
            scaling=scale,
            state_bound=H,
        )
        tell("bounds", 1, 2)
        report = found.report
        if report.verdict is Verdict.REFUTED:  # a simulation contradicts
            return replace(report, notes=(*report.notes, "nothing was written"))
        if certificate is not None and report.certificate is None:
            raise UnsupportedError(
                "there is no certificate for this network: the state bound is not proved, or it "
                "is larger than what the kernel reads; leave --certificate out"
            )
        save(found.result, target)
    save_certificate(report, certificate)
    note = "the exact URNN" if exact else f"this URNN in {number_type}"
    return replace(report, notes=(*report.notes, f"{plain(target.name)} holds {note}"))
