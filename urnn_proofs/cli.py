"""The command line ``urnn-proofs``.

Exit status: 0 PROVED, 1 REFUTED, 2 bad input, 3 anything else (UNKNOWN, ASSUMED, UNSUPPORTED);
70 if the program itself failed and 130 if it was interrupted, so that neither reads as REFUTED.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from urnn_proofs import __version__
from urnn_proofs.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
    UrnnProofsError,
)
from urnn_proofs.verdict import Report, Verdict

__all__ = ["app", "main"]

_EXIT = {Verdict.PROVED: 0, Verdict.REFUTED: 1}
_BAD_INPUT, _UNDECIDED, _FAILED, _INTERRUPTED = 2, 3, 70, 130
_PROGRESS_AFTER_S = 2.0

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Verify what unitary recurrent networks can and cannot express.",
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"urnn-proofs {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.Exit(_BAD_INPUT)


@app.command()
def verify(
    n: Annotated[
        int | None,
        typer.Argument(metavar="N", help="Verify Theorem 3.1 for networks with N states."),
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option(help="Verify this network instead (.npz or .json)."),
    ] = None,
    input_bound: Annotated[
        str | None,
        typer.Option(help="M: inputs satisfy ||x|| <= M; an integer, p/q or a decimal."),
    ] = None,
    state_bound: Annotated[
        str | None,
        typer.Option(help="H: a bound of ||h|| that you know; needed only if ||W|| = 1."),
    ] = None,
    scale: Annotated[
        bool, typer.Option(help="If W is not contractive, look for a diagonal scaling.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the random networks and inputs.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every step.")] = False,
    certificate: Annotated[
        Path | None, typer.Option(help="Write what the independent kernel can check again.")
    ] = None,
) -> None:
    """Verify Theorem 3.1: for a size N, or for a network of your own."""
    with _one_sentence_errors():
        report = _run(n, network, input_bound, state_bound, seed, scale=scale)
        _save(report, certificate)
    _finish(report, as_json=as_json, verbose=verbose or network is not None)


@app.command()
def prove(
    name: Annotated[
        str, typer.Argument(metavar="THEOREM", help="Number in the paper: 3.1 or 3.2.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    certificate: Annotated[
        Path | None, typer.Option(help="Write what the independent kernel can check again.")
    ] = None,
) -> None:
    """Prove a theorem for all n at once."""
    with _one_sentence_errors():
        from urnn_proofs.theorems.registry import theorem

        proof = theorem(name)
        report = proof.check()
        _save(report, certificate)
    if not as_json:
        typer.echo(f"{proof.statement.text}\n\n{proof.graph()}\n")
    _finish(report, as_json=as_json, verbose=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="A certificate file.")],
) -> None:
    """Check a certificate with the independent kernel: exit status 0 only for PROVED."""
    from urnn_proofs import kernel

    try:
        outcome = kernel.check(file)
    except kernel.Rejected as reason:
        typer.echo(f"REJECTED  {reason}")
        raise typer.Exit(_EXIT[Verdict.REFUTED]) from None
    except (kernel.Malformed, OSError) as reason:
        typer.echo(f"error: {file} is not a certificate that can be read: {reason}", err=True)
        raise typer.Exit(_BAD_INPUT) from None
    typer.echo(f"PROVED  {outcome.statement}\nclaim digest: sha256 {outcome.digest}")


def _save(report: Report, certificate: Path | None) -> None:
    if certificate is None:
        return
    if report.certificate is None:
        raise UnsupportedError(
            "there is no certificate for this report: the state bound is not proved, or the "
            "networks are larger than the kernel reads; leave --certificate out"
        )
    report.certificate.save(certificate)


def _finish(report: Report, *, as_json: bool, verbose: bool) -> None:
    """Print the report and leave with its exit status."""
    if as_json:
        typer.echo(report.to_json())
    else:
        from urnn_proofs.render.terminal import print_report

        print_report(report, Console(), verbose=verbose)
    raise typer.Exit(_EXIT.get(report.verdict, _UNDECIDED))


def _run(
    n: int | None,
    network: Path | None,
    input_bound: str | None,
    state_bound: str | None,
    seed: int,
    *,
    scale: bool,
) -> Report:
    if (n is None) == (network is None):
        raise InputError("give either N or --network FILE, one of the two")
    if network is None:
        if input_bound is not None or state_bound is not None or scale:
            raise InputError(
                "--input-bound, --state-bound and --scale go with --network FILE, not with N"
            )
        from urnn_proofs.theorems.verify import verify_construction

        with _progress() as tell:
            return verify_construction(n, seed=seed, progress=tell)
    if input_bound is None:
        raise InputError("--network needs --input-bound M, a bound of every ||x^k||")
    if seed < 0:
        raise InputError(f"--seed is {seed}; expected an integer >= 0")
    from urnn_proofs.convert.files import load_network
    from urnn_proofs.number import parse_rational
    from urnn_proofs.theorems.verify import verify_network

    M = parse_rational(input_bound, "--input-bound", decimals=True)
    H = parse_rational(state_bound, "--state-bound", decimals=True) if state_bound else None
    rnn = load_network(network)
    with _progress() as tell:
        return verify_network(rnn, M, state_bound=H, scaling=scale, seed=seed, progress=tell)


@contextmanager
def _one_sentence_errors() -> Iterator[None]:
    """Turn this package's errors into one sentence on standard error and an exit status."""
    try:
        yield
    except NotContractiveError as error:
        typer.echo(f"error: {error}", err=True)
        if error.witness is not None and len(error.witness) <= 16:
            typer.echo(f"witness v = ({', '.join(map(str, error.witness))})", err=True)
            for z in error.dual or ():
                typer.echo(f"dual z = ({', '.join(map(str, z))})", err=True)
        raise typer.Exit(_BAD_INPUT) from None
    except UndecidedError as error:
        typer.echo(f"undecided: {error}", err=True)
        raise typer.Exit(_UNDECIDED) from None
    except UrnnProofsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(_BAD_INPUT) from None
    except MemoryError:
        typer.echo("undecided: ran out of memory; try a smaller network", err=True)
        raise typer.Exit(_UNDECIDED) from None
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(_INTERRUPTED) from None


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar on a terminal, once the work has taken two seconds."""
    console = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    task = bar.add_task("starting", total=None)
    timer = threading.Timer(_PROGRESS_AFTER_S, bar.start)
    timer.daemon = True
    if console.is_terminal:
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


def main() -> None:
    """Entry point of the console script."""
    try:
        app()
    except BrokenPipeError:  # e.g. `urnn-proofs verify 4 | head`
        sys.stderr.close()
    except Exception:
        traceback.print_exc()
        sys.exit(_FAILED)


if __name__ == "__main__":
    main()
