"""``urnn-proofs verify`` and ``minimal``: Theorem 3.1 for a size, or for a network of your own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from urnn_proofs.cli import options
from urnn_proofs.cli.common import (
    complain,
    finish,
    load_network,
    one_layer,
    one_sentence_errors,
    progress,
    save_certificate,
)
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import Check, Report

if TYPE_CHECKING:
    from urnn_proofs.model.rational import RationalMatrix
    from urnn_proofs.questions.minimal import FewestStates

__all__ = ["minimal", "verify"]


def verify(
    n: Annotated[
        int | None,
        typer.Argument(metavar="N", help="Verify Theorem 3.1 for networks with N states."),
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option(help=f"Verify this network instead. {options.NETWORK_HELP}"),
    ] = None,
    activation: options.Activation = None,
    readout: options.Readout = None,
    names: options.Map = None,
    leak: options.Leak = None,
    input_bound: options.Bound = None,
    epsilon: options.Epsilon = None,
    state_bound: options.StateBound = None,
    scale: options.Scale = False,
    rational: Annotated[
        bool, typer.Option(help="Make all weights of the URNN rational, with up to n + 4r states.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the random networks and inputs.")] = 0,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
    certificate: options.Certificate = None,
    coq: Annotated[
        Path | None, typer.Option(help="Write a theorem about this network for Coq (.v).")
    ] = None,
    coq_form: Annotated[
        str | None,
        typer.Option(help="explicit (U written out) or existence; default: as size allows."),
    ] = None,
) -> None:
    """Verify Theorem 3.1: for a size N, or for a network of your own."""
    with one_sentence_errors():
        told = {"activation": activation, "readout": readout, "names": names, "leak": leak}
        if coq is not None or coq_form is not None:
            _write_coq(network, told, input_bound, state_bound, coq, coq_form, scaling=scale)
        numbers = {"input": input_bound, "epsilon": epsilon, "state": state_bound}
        report = _run(n, network, told, numbers, seed, scaling=scale, rational=rational)
        save_certificate(report, certificate)
    finish(report, as_json=as_json, verbose=verbose)


def minimal(
    network: Annotated[
        Path,
        typer.Argument(metavar="NETWORK", help=options.NETWORK_HELP),
    ],
    input_bound: Annotated[
        str | None,
        typer.Option(
            help="M: inputs satisfy ||x|| <= M; an integer, p/q or a decimal. All inputs, with no "
            "bound on them, if left out."
        ),
    ] = None,
    states: Annotated[int | None, typer.Option(help="Insist on at most so many states.")] = None,
    epsilon: Annotated[
        str | None, typer.Option(help="Outputs within epsilon instead of equal ones.")
    ] = None,
    activation: options.Activation = None,
    readout: options.Readout = None,
    names: options.Map = None,
    leak: options.Leak = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the URNN: exact to a .json file if its weights allow it."),
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(help="float32 or float64 for the file of --out, with proved error bounds."),
    ] = None,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
    certificate: options.Certificate = None,
) -> None:
    """Build a URNN with few states, and prove how few are needed."""
    with one_sentence_errors():
        from urnn_proofs.formats.files import check_target
        from urnn_proofs.model.number import parse_rational
        from urnn_proofs.questions.minimal import minimal_urnn

        if out is not None:
            check_target(out)
        elif dtype is not None:
            raise InputError("--dtype goes with --out FILE; leave it out")
        M, eps = (
            None if text is None else parse_rational(text, name, decimals=True)
            for name, text in (("--input-bound", input_bound), ("--epsilon", epsilon))
        )
        stored, read = load_network(
            network, activation, readout, epsilon=None, names=names, leak=leak
        )
        rnn, about = one_layer(stored)
        notes = (*read, *about)
        with progress("few states, and a lower bound"):
            found = minimal_urnn(rnn, M, states=states, epsilon=eps)
        save_certificate(found.report, certificate)
        if out is not None:
            notes = (*notes, _write_urnn(found, stored.output_bias, out, dtype))
        report = replace(found.report, notes=(*found.report.notes, *notes))
    finish(report, as_json=as_json, verbose=verbose)


def _write_urnn(found: FewestStates, bias: RationalMatrix, out: Path, dtype: str | None) -> str:
    """Write the URNN, and say what the file holds."""
    from urnn_proofs.formats.files import save
    from urnn_proofs.formats.stored import StoredNetwork
    from urnn_proofs.model.network import URNN
    from urnn_proofs.model.number import show_number

    urnn, name = found.urnn, plain(out.name)
    if dtype is None and isinstance(urnn, URNN) and out.suffix.lower() == ".json":
        save(StoredNetwork.of(urnn, output_bias=bias), out)
        return f"{name} holds the exact URNN"
    if not bias.is_zero():
        exact = ", give --out a name that ends in .json" if isinstance(urnn, URNN) else ""
        raise UnsupportedError(
            "the network has an output bias, which the error bounds of minimal in floats do not "
            f"cover; leave --out out{exact}, or use `urnn-proofs convert`, which covers it"
        )
    floats = found.in_floats(dtype or "float64")
    error = floats.error.total
    save(floats.result, out)
    return (
        f"{name} holds this URNN in {floats.dtype}: run in that arithmetic its outputs are within "
        f"{show_number(error)} of those of the network"
    )


def _write_coq(
    network: Path | None,
    told: dict[str, Any],
    input_bound: str | None,
    state_bound: str | None,
    path: Path | None,
    form: str | None,
    *,
    scaling: bool,
) -> None:
    """Write the Coq file of a network, and say beforehand what its theorem will say."""
    from urnn_proofs.model.atomic import writing
    from urnn_proofs.model.number import parse_rational
    from urnn_proofs.questions.coq_file import coq_file
    from urnn_proofs.questions.coq_text import Form

    if network is None or input_bound is None or path is None:
        raise InputError("--coq FILE.v goes with --network FILE and --input-bound M")
    if state_bound is not None:
        raise InputError("--coq proves a bound of the states itself; leave --state-bound out")
    if path.suffix != ".v":
        raise InputError(f"--coq is {path.name}; expected a name that ends in .v")
    if form not in (None, *(each.value for each in Form)):
        raise InputError(f"--coq-form is {form!r}; expected explicit or existence")
    found, _ = load_network(network, **told, epsilon=None)
    rnn, _ = one_layer(found)
    made = coq_file(
        rnn,
        parse_rational(input_bound, "--input-bound", decimals=True),
        path.stem,
        form=None if form is None else Form(form),
        scaling=scaling,
        biased=not found.output_bias.is_zero(),
    )
    complain(f"{made.form.value} form, {made.theorem}: {made.said}", f"{path}: ")
    with writing(path) as stream:
        stream.write(made.text.encode())


def _run(
    n: int | None,
    network: Path | None,
    told: dict[str, Any],
    numbers: dict[str, str | None],
    seed: int,
    scaling: bool,
    rational: bool,
) -> Report:
    if (n is None) == (network is None):
        raise InputError("give either N or --network FILE, one of the two")
    if network is None:
        given = (*numbers.values(), *told.values())
        if any(x is not None for x in given) or scaling or rational:
            raise InputError(
                "--input-bound, --epsilon, --state-bound, --scale, --rational, --activation, "
                "--readout, --map and --leak go with --network FILE, not with N"
            )
        from urnn_proofs.theorems.construction import verify_construction

        with progress(f"n = {n}") as tell:
            return verify_construction(n, seed=seed, progress=tell)
    if numbers["input"] is None:
        raise InputError("--network needs --input-bound M, a bound of every ||x^k||")
    if seed < 0:
        raise InputError(f"--seed is {seed}; expected an integer >= 0")
    from urnn_proofs.model.network import require_rnn
    from urnn_proofs.model.number import parse_rational
    from urnn_proofs.questions.construction import equivalent_urnn
    from urnn_proofs.questions.small_n import second_opinions

    names = {"input": "--input-bound", "epsilon": "--epsilon", "state": "--state-bound"}
    M, eps, H = (
        None if text is None else parse_rational(text, names[key], decimals=True)
        for key, text in numbers.items()
    )
    found_network, notes = load_network(network, **told, epsilon=numbers["epsilon"])
    layers = [require_rnn(layer) for layer in found_network.layers]
    alone = len(layers) == 1 and found_network.output_bias.is_zero()
    with progress("exact construction and steps S1 to S5") as tell:
        found = equivalent_urnn(
            layers[0] if alone else found_network,
            M,
            epsilon=eps,
            state_bound=H,
            scaling=scaling,
            rational=rational,
        )
        tell("simulations", 1, 3)
        report = found.with_cross_checks(seed)
        tell("Z3", 2, 3)
        against: tuple[Check, ...] = ()
        if found.epsilon is None:  # the inequalities are those of Theorem 3.1
            for phi in {layer.activation.name: layer.activation for layer in layers}.values():
                against += second_opinions(phi)
        return replace(report, checks=(*report.checks, *against), notes=(*notes, *report.notes))
