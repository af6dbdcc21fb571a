"""Arguments and options that several commands have; each is declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from urnn_proofs.formats.suffixes import READ, WRITTEN, listed

__all__ = [
    "NETWORK_HELP",
    "Activation",
    "Bound",
    "Certificate",
    "Epsilon",
    "GivenBound",
    "In",
    "Json",
    "Leak",
    "Map",
    "Out",
    "Readout",
    "Scale",
    "StateBound",
    "Verbose",
]

NETWORK_HELP = f"A network: {listed(READ)}."
In = Annotated[Path, typer.Argument(metavar="IN", help=NETWORK_HELP)]
Out = Annotated[Path, typer.Argument(metavar="OUT", help=f"The file to write: {listed(WRITTEN)}.")]

# What the file of a network does not tell.
Activation = Annotated[
    str | None,
    typer.Option(help="The nonlinearity, which a state dict does not tell: tanh, relu, ..."),
]
Readout = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The linear layer of a state dict that is applied to the states: fc, or several: a,b.",
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="PART=NAME",
        help="Which array is W, F, b, C, d or h_init, such as W=rnn.h2h.weight; once for each.",
    ),
]
Leak = Annotated[
    str | None,
    typer.Option(
        metavar="A",
        help="Read it as r' = (1 - A) r + A relu(W r + F x + b), 0 < A <= 1, with 2n states.",
    ),
]

# What a URNN is built for, and how.
_BOUND = typer.Option(help="M: inputs satisfy ||x|| <= M; an integer, p/q or a decimal.")
GivenBound = Annotated[str, _BOUND]
Bound = Annotated[str | None, _BOUND]
Epsilon = Annotated[
    str | None,
    typer.Option(help="Outputs within this, for tanh, logistic and their like; such as 1e-6."),
]
StateBound = Annotated[
    str | None,
    typer.Option(help="H: a bound of ||h|| that you know; needed only if ||W|| = 1."),
]
Scale = Annotated[bool, typer.Option(help="If W is not contractive, look for a diagonal scaling.")]

# How a report is shown and kept.
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Each step with its scope, what was checked, and facts."),
]
Certificate = Annotated[
    Path | None, typer.Option(help="Write what the independent kernel can check again.")
]
