"""The command line ``urnn-proofs``.

Exit status: 0 PROVED, 1 REFUTED, 2 bad input, 3 anything else (UNKNOWN, ASSUMED, UNSUPPORTED).
None of these if there was no answer: 70 if the program itself failed, 74 if the output could not be
written, 130 if it was interrupted, 141 if its reader had gone.
"""

from __future__ import annotations

import shutil
import sys
import traceback
from typing import Annotated

import typer

from urnn_proofs.cli.common import BAD_INPUT, FAILED
from urnn_proofs.cli.convert import convert
from urnn_proofs.cli.diagnose import diagnose
from urnn_proofs.cli.experiment import experiment
from urnn_proofs.cli.help import first_sentence, fit_help
from urnn_proofs.cli.latex import latex
from urnn_proofs.cli.output import guarded_output
from urnn_proofs.cli.prove import check, prove
from urnn_proofs.cli.repair import repair
from urnn_proofs.cli.search import search
from urnn_proofs.cli.sweep import sweep
from urnn_proofs.cli.verify import minimal, verify

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help and errors: they fit every width, encoding and reader
    help="Verify what unitary recurrent networks can and cannot express.",
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        from urnn_proofs import __version__

        typer.echo(f"urnn-proofs {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.Exit(BAD_INPUT)


for command in (diagnose, verify, minimal, convert, repair, prove, search, sweep, check, latex):
    app.command(short_help=first_sentence(command))(command)
for each in experiment.registered_commands:
    each.short_help = first_sentence(each.callback)
app.add_typer(experiment, name="experiment", short_help=experiment.info.help)


def main() -> None:
    """Entry point of the console script."""
    with guarded_output():
        try:
            fit_help(app)
            app(terminal_width=max(shutil.get_terminal_size().columns - 1, 30))
        except Exception:
            traceback.print_exc()
            sys.exit(FAILED)
