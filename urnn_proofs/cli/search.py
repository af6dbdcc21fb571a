"""``urnn-proofs search``: look for a URNN with N states, or prove that there is none."""

from __future__ import annotations

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
    one_sentence_errors,
    progress,
)
from urnn_proofs.model.errors import InputError

if TYPE_CHECKING:
    from urnn_proofs.questions.search.result import SearchResult

__all__ = ["search"]


def search(
    states: Annotated[int, typer.Option(help="N: look for a URNN with at most N states.")],
    activation: Annotated[
        str, typer.Option(help="tanh, logistic or relu; the network has its own with --network.")
    ] = "tanh",
    w: Annotated[
        str | None,
        typer.Option(help="The network h = phi(w h + x), y = h; without it all |w| < 1 at once."),
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help="A network of your own instead (.npz or .json).")
    ] = None,
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
        with progress("searching", budget):
            result = _search(
                states, activation, w, network, input_bound, budget, horizon, order, second_opinion
            )
        if queries is not None:
            for path in result.save_queries(queries):
                complain(str(path), "undecided query: ")
        if certificate is not None and result.certificate is not None:
            result.certificate.save(certificate)
    if as_json:
        finish(result.report, as_json=True, verbose=False)
    from urnn_proofs.show.search import print_search

    print_search(result, console(), verbose=verbose)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(EXIT.get(result.verdict, UNDECIDED))


def _search(
    states: int,
    activation: str,
    w: str | None,
    network: Path | None,
    input_bound: str | None,
    budget: float,
    horizon: int | None,
    order: int | None,
    second_opinion: bool,
) -> SearchResult:
    from urnn_proofs.formats.files import load
    from urnn_proofs.model.network import RNN, require_rnn
    from urnn_proofs.model.number import parse_rational
    from urnn_proofs.questions.search.counterexample import search_counterexample

    if network is not None and w is not None:
        raise InputError("give either --w or --network FILE, not both")
    rnn = None
    if network is not None:
        rnn = require_rnn(load(network).rnn)
    elif w is not None:
        value = parse_rational(w, "--w", decimals=True)
        rnn = RNN(W=[[value]], F=[[1]], b=[0], C=[[1]], activation=activation)
    bound = None
    if input_bound is not None:
        bound = parse_rational(input_bound, "--input-bound", decimals=True)
    return search_counterexample(
        rnn,
        states,
        activation=activation if rnn is None else None,
        input_bound=bound,
        horizon=horizon,
        order=order,
        budget_s=budget,
        second_opinion=second_opinion,
    )
