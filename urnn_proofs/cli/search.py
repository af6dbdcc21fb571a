"""``urnn-proofs search``: look for a URNN with N states, or prove that there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from urnn_proofs.cli import options
from urnn_proofs.cli.common import (
    EXIT,
    INTERRUPTED,
    UNDECIDED,
    complain,
    console,
    finish,
    load_network,
    one_layer,
    one_sentence_errors,
    progress,
)
from urnn_proofs.model.errors import InputError

if TYPE_CHECKING:
    from urnn_proofs.model.network import RNN

__all__ = ["search"]


def search(
    states: Annotated[int, typer.Option(help="N: look for a URNN with at most N states.")],
    activation: Annotated[
        str | None,
        typer.Option(
            help="tanh (if left out), logistic or relu; with --network what its file does not tell."
        ),
    ] = None,
    w: Annotated[
        str | None,
        typer.Option(help="The network h = phi(w h + x), y = h; without it all |w| < 1 at once."),
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help=f"A network of your own instead. {options.NETWORK_HELP}")
    ] = None,
    readout: options.Readout = None,
    names: options.Map = None,
    leak: options.Leak = None,
    input_bound: Annotated[
        str | None, typer.Option(help="M, for ReLU: inputs satisfy ||x|| <= M.")
    ] = None,
    budget: Annotated[float, typer.Option(help="Seconds for the whole search.")] = 60.0,
    horizon: Annotated[int | None, typer.Option(help="Most time steps to use.")] = None,
    order: Annotated[int | None, typer.Option(help="Most derivatives to use.")] = None,
    second_opinion: Annotated[
        bool, typer.Option(help="Ask cvc5 (extra smt) about what Z3 decided.")
    ] = False,
    queries: Annotated[
        Path | None, typer.Option(help="Write undecided queries into this folder as .smt2.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="Write what the independent kernel can check, if anything.")
    ] = None,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
) -> None:
    """Find a URNN with at most N states, or prove that there is none.

    Exit status 0: there is none (PROVED). 1: there is one (that there is none is REFUTED).
    3: undecided, or on an assumption.
    """
    with one_sentence_errors():
        from urnn_proofs.model.number import parse_rational
        from urnn_proofs.questions.search.counterexample import search_counterexample

        with progress("searching", budget):
            rnn, notes = _asked(activation, w, network, readout, names, leak)
            bound = None
            if input_bound is not None:
                bound = parse_rational(input_bound, "--input-bound", decimals=True)
            result = search_counterexample(
                rnn,
                states,
                activation=activation if rnn is None else None,
                input_bound=bound,
                horizon=horizon,
                order=order,
                budget_s=budget,
                second_opinion=second_opinion,
            )
        if queries is not None:
            for path in result.save_queries(queries):
                complain(str(path), "undecided query: ")
        if certificate is not None and result.certificate is not None:
            result.certificate.save(certificate)
    if as_json:
        report = replace(result.report, notes=(*result.report.notes, *notes))
        finish(report, as_json=True, verbose=False)
    from urnn_proofs.show.search import print_search

    print_search(result, console(), notes, verbose=verbose)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(EXIT.get(result.verdict, UNDECIDED))


def _asked(
    activation: str | None,
    w: str | None,
    network: Path | None,
    readout: str | None,
    names: list[str] | None,
    leak: str | None,
) -> tuple[RNN | None, tuple[str, ...]]:
    """Return the network that is asked about, None for all scalar ones, and notes about it."""
    if network is not None and w is not None:
        raise InputError("give either --w or --network FILE, not both")
    if network is not None:
        found, read = load_network(
            network, activation, readout, epsilon=None, names=names, leak=leak
        )
        rnn, about = one_layer(found)
        return rnn, (*read, *about)
    if any(told is not None for told in (readout, names or None, leak)):
        raise InputError("--readout, --map and --leak go with --network FILE; leave them out")
    if w is None:
        return None, ()
    from urnn_proofs.model.network import RNN
    from urnn_proofs.model.number import parse_rational

    value = parse_rational(w, "--w", decimals=True)
    return RNN(W=[[value]], F=[[1]], b=[0], C=[[1]], activation=activation or "tanh"), ()
