"""What the commands share: exit statuses, errors in one sentence, progress, printing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from urnn_proofs.formats.suffixes import READ, WRITTEN, listed
from urnn_proofs.model.errors import (
    DisagreementError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
    UrnnProofsError,
)
from urnn_proofs.model.text import plain
from urnn_proofs.model.verdict import Report, Verdict

if TYPE_CHECKING:
    from urnn_proofs.formats.stored import StoredNetwork

__all__ = [
    "BAD_INPUT",
    "EXIT",
    "FAILED",
    "INTERRUPTED",
    "NETWORK_HELP",
    "TARGET_HELP",
    "UNDECIDED",
    "ActivationOption",
    "EpsilonOption",
    "LeakOption",
    "MapOption",
    "ReadoutOption",
    "console",
    "finish",
    "load_network",
    "one_sentence_errors",
    "progress",
    "save_certificate",
]

# Which files are read, and which are written.
NETWORK_HELP = f"A network: {listed(READ)}."
TARGET_HELP = f"The file to write: {listed(WRITTEN)}."
# What a state dict does not tell; the same in every command that reads one.
ActivationOption = Annotated[
    str | None,
    typer.Option(help="The nonlinearity, which a state dict does not tell: tanh, relu, ..."),
]
# The same in every command that builds a URNN.
EpsilonOption = Annotated[
    str | None,
    typer.Option(
        help="Outputs within this, for tanh, logistic and their like; such as 1e-6.",
    ),
]
ReadoutOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The linear layer of a state dict that is applied to the states, such as fc.",
    ),
]
# The names of the arrays in files of other tools; the same in every command that reads one.
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="PART=NAME",
        help="Which array is W, F, b, C, d or h_init, such as W=rnn.h2h.weight; once for each.",
    ),
]
# The leak of a rate network, which no file tells.
LeakOption = Annotated[
    str | None,
    typer.Option(
        metavar="A",
        help="Read IN as r' = (1 - A) r + A relu(W r + F x + b), 0 < A <= 1, with 2n states.",
    ),
]

EXIT = {Verdict.PROVED: 0, Verdict.REFUTED: 1}
BAD_INPUT, UNDECIDED, FAILED, INTERRUPTED = 2, 3, 70, 130
_PROGRESS_AFTER_S = 2.0


def load_network(
    path: Path,
    activation: str | None,
    readout: str | None,
    *,
    epsilon: str | None,
    names: Mapping[str, str] | None = None,
    leak: str | None = None,
) -> tuple[StoredNetwork, tuple[str, ...]]:
    """Read a network, and what the report is to say about how it was read.

    A state dict does not tell its nonlinearity.  Where outputs within epsilon are asked for it is
    read as tanh, which ``torch.nn.RNN`` has unless told otherwise, and the report says so; where
    equal outputs are asked for it is refused, since they would be those of another network.
    """
    from urnn_proofs.formats.files import load
    from urnn_proofs.formats.torch.state_dict import NonlinearityUnsaidError

    try:
        found = load(path, activation=activation, readout=readout, names=names, leak=leak)
        return found, ()
    except NonlinearityUnsaidError:
        if epsilon is None or leak is not None:
            raise
    network = load(path, activation="tanh", readout=readout)
    note = (
        f"{plain(path.name)} does not say its nonlinearity: read as tanh, the default of "
        f"torch.nn.RNN (--activation says another)"
    )
    return network, (note,)


def console() -> Console:
    """Return where results are printed."""
    return Console()


def save_certificate(report: Report, certificate: Path | None) -> None:
    """Write the certificate of a report, if one was asked for."""
    if certificate is None:
        return
    if report.certificate is None:
        raise UnsupportedError(
            "there is no certificate for this report: the state bound is not proved, or the "
            "networks are larger than the kernel reads, or the states carry square roots; leave "
            "--certificate out"
        )
    report.certificate.save(certificate)


def finish(report: Report, *, as_json: bool, verbose: bool) -> None:
    """Print the report and leave with its exit status."""
    if as_json:
        typer.echo(report.to_json())
    else:
        from urnn_proofs.show.terminal import print_report

        print_report(report, console(), verbose=verbose)
    raise typer.Exit(EXIT.get(report.verdict, UNDECIDED))


@contextmanager
def one_sentence_errors() -> Iterator[None]:
    """Turn this package's errors into one sentence on standard error and an exit status."""
    try:
        yield
    except NotContractiveError as error:
        from urnn_proofs.model.number import format_rational  # on demand: it loads NumPy

        typer.echo(f"error: {error}", err=True)
        if error.witness is not None and len(error.witness) <= 16:
            typer.echo(f"witness v = ({', '.join(map(format_rational, error.witness))})", err=True)
            for z in error.dual or ():
                typer.echo(f"dual z = ({', '.join(map(format_rational, z))})", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except DisagreementError as error:  # of two solvers: neither is to be believed
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(FAILED) from None
    except UndecidedError as error:
        typer.echo(f"undecided: {error}", err=True)
        raise typer.Exit(UNDECIDED) from None
    except UrnnProofsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    except MemoryError:
        typer.echo("undecided: ran out of memory; try a smaller network", err=True)
        raise typer.Exit(UNDECIDED) from None
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar on a terminal, once the work has taken two seconds."""
    errors = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
    )
    task = bar.add_task("starting", total=None)
    timer = threading.Timer(_PROGRESS_AFTER_S, bar.start)
    timer.daemon = True
    if errors.is_terminal:
        timer.start()
    try:
        yield lambda text, done, total: bar.update(
            task, description=text, completed=done, total=total
        )
    finally:
        timer.cancel()
        if timer.is_alive():
            timer.join()
        if bar.live.is_started:  # stop() writes a line even to a bar that never showed
            bar.stop()
