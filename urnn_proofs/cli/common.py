"""What the commands share: exit statuses, errors in one sentence, progress, printing."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

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
    from rich.console import Console
    from rich.text import Text

    from urnn_proofs.formats.stored import StoredNetwork
    from urnn_proofs.model.network import RNN

__all__ = [
    "BAD_INPUT",
    "EXIT",
    "FAILED",
    "INTERRUPTED",
    "UNDECIDED",
    "WITH_BIAS",
    "complain",
    "console",
    "finish",
    "load_network",
    "one_layer",
    "one_sentence_errors",
    "progress",
    "save_certificate",
    "say",
]

WITH_BIAS = (
    "what is said is about C h; the output bias of the network is added to it, in the URNN as "
    "well, and the URNNs that are counted have the same one"
)
EXIT = {Verdict.PROVED: 0, Verdict.REFUTED: 1}
BAD_INPUT, UNDECIDED, FAILED, INTERRUPTED = 2, 3, 70, 130
#: Seconds before anything is said about progress, and between lines and renewals.
FIRST_S, EVERY_S, RENEWED_S = 3.0, 10.0, 0.5


def load_network(
    path: Path,
    activation: str | None,
    readout: str | None,
    *,
    epsilon: str | None,
    names: list[str] | None,
    leak: str | None,
) -> tuple[StoredNetwork, tuple[str, ...]]:
    """Read a network, and what the report is to say about how it was read.

    A state dict does not tell its nonlinearity.  Where outputs within epsilon are asked for it is
    read as tanh, which ``torch.nn.RNN`` has unless told otherwise, and the report says so; where
    equal outputs are asked for it is refused, since they would be those of another network.
    """
    from urnn_proofs.formats.files import load
    from urnn_proofs.formats.named import parse_names
    from urnn_proofs.formats.torch.state_dict import NonlinearityUnsaidError

    parts = parse_names(names)
    try:
        found = load(path, activation=activation, readout=readout, names=parts, leak=leak)
        return found, _about_heads(found)
    except NonlinearityUnsaidError:
        if epsilon is None or leak is not None:
            raise
    network = load(path, activation="tanh", readout=readout, names=parts)
    note = (
        f"{plain(path.name)} does not say its nonlinearity: read as tanh, the default of "
        f"torch.nn.RNN (--activation says another)"
    )
    return network, (note, *_about_heads(network))


def _about_heads(network: StoredNetwork) -> tuple[str, ...]:
    """Say in which order the outputs of several readouts stand."""
    heads = [f"{plain(name, 60)} ({size})" for name, size in network.layout.heads]
    return (f"the outputs are those of {', '.join(heads)}, one after the other",) if heads else ()


def one_layer(stored: StoredNetwork) -> tuple[RNN, tuple[str, ...]]:
    """Return the only layer, and what the report is to say about an output bias beside it."""
    from urnn_proofs.formats.stored import without_bias
    from urnn_proofs.model.network import require_rnn

    rnn = require_rnn(without_bias(stored).rnn)
    return rnn, () if stored.output_bias.is_zero() else (WITH_BIAS,)


def console() -> Console:
    """Return where results are printed."""
    from urnn_proofs.show.terminal import console_of

    return console_of()


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


def finish(report: Report, *, as_json: bool, verbose: bool) -> NoReturn:
    """Print the report and leave with its exit status."""
    if as_json:
        typer.echo(report.to_json())
    else:
        from urnn_proofs.show.terminal import print_report

        print_report(report, console(), verbose=verbose, more="--verbose shows the rest")
    raise typer.Exit(EXIT.get(report.verdict, UNDECIDED))


def say(text: str, lead: Text | str = "", *, indent: int = 0) -> None:
    """Print in lines that fit the terminal."""
    from urnn_proofs.show import terminal

    terminal.say(console(), text, lead, indent=indent)


def complain(text: str, lead: str = "error: ") -> None:
    """Print to standard error, in lines that fit a terminal."""
    from urnn_proofs.show import terminal

    terminal.say(terminal.console_of(sys.stderr), text, lead)


@contextmanager
def one_sentence_errors() -> Iterator[None]:
    """Turn this package's errors into one sentence on standard error and an exit status."""
    try:
        yield
    except NotContractiveError as error:
        from urnn_proofs.model.number import format_rational  # on demand: it loads NumPy

        complain(str(error))
        if error.witness is not None and len(error.witness) <= 16:
            complain(f"v = ({', '.join(map(format_rational, error.witness))})", "witness ")
            for z in error.dual or ():
                complain(f"z = ({', '.join(map(format_rational, z))})", "dual ")
        raise typer.Exit(BAD_INPUT) from None
    except DisagreementError as error:  # of two solvers: neither is to be believed
        complain(str(error))
        raise typer.Exit(FAILED) from None
    except UndecidedError as error:
        complain(str(error), "undecided: ")
        raise typer.Exit(UNDECIDED) from None
    except UrnnProofsError as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from None
    except MemoryError:
        complain("ran out of memory; try a smaller network", "undecided: ")
        raise typer.Exit(UNDECIDED) from None
    except KeyboardInterrupt:
        complain("interrupted", "")
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def progress(what: str, limit_s: float | None = None) -> Iterator[Callable[[str, int, int], None]]:
    """Say on standard error how far the work is, once it has taken three seconds.

    A terminal gets one line that is renewed, a file or a pipe a line every ten seconds.

    Parameters
    ----------
    what
        What is done, until the work says so itself: it calls ``tell(text, done, total)``.
    limit_s
        The most it can take.
    """
    stream, start, finished = sys.stderr, time.monotonic(), threading.Event()
    renewed = stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    wide = shutil.get_terminal_size().columns - 1
    now: list[Any] = [what, 0, 0]
    first: list[float] = []  # how much was done when the work first spoke, and when

    def tell(text: str, done: int, total: int) -> None:
        if not first:
            first.extend((done, time.monotonic()))
        now[:] = text, done, total

    def line() -> str:
        text, done, total = now
        seconds = time.monotonic() - start
        said = f"{text}, {done} of {total}" if total else text
        if limit_s is not None:
            return f"{said} ({_duration(seconds)}, at most {_duration(limit_s)})"
        if first and done > first[0]:
            left = (time.monotonic() - first[1]) / (done - first[0]) * (total - done)
            return f"{said} ({_duration(seconds)}, about {_duration(left)} left)"
        return f"{said} ({_duration(seconds)})"

    def show() -> None:
        pause = FIRST_S
        while not finished.wait(pause):
            stream.write(f"\r{line():{wide}.{wide}}" if renewed else f"{line()}\n")
            stream.flush()
            pause = RENEWED_S if renewed else EVERY_S
        if renewed and pause != FIRST_S:
            stream.write(f"\r{'':{wide}}\r")
            stream.flush()

    shower = threading.Thread(target=show, daemon=True)
    shower.start()
    try:
        yield tell
    finally:
        finished.set()
        shower.join()


def _duration(seconds: float) -> str:
    """Say how long, in the unit that fits."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
