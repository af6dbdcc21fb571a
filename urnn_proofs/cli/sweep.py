"""``urnn-proofs sweep``: thousands of questions, on whatever machines there are."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from urnn_proofs.cli.common import (
    EXIT,
    INTERRUPTED,
    UNDECIDED,
    console,
    one_sentence_errors,
    progress,
)
from urnn_proofs.model.errors import InputError

if TYPE_CHECKING:
    from urnn_proofs.sweeps.driver import SweepProgress
    from urnn_proofs.sweeps.result import SweepResult
    from urnn_proofs.sweeps.spec import Spec

__all__ = ["sweep"]


def sweep(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="A TOML file: docs/sweeps.md.")],
    store: Annotated[
        Path | None,
        typer.Option(help="The SQLite file of results; SPEC with the suffix .sqlite if left out."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes on this machine; one a core if left out.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Use the workers of this Dask scheduler, such as tcp://127.0.0.1:8786."),
    ] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds a cell; else SPEC's.")] = None,
    memory_limit: Annotated[int | None, typer.Option(help="MB a cell; else SPEC's.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also run again what ended without an answer.")
    ] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Read the store; run nothing, change nothing.")
    ] = False,
    of_version: Annotated[
        str | None,
        typer.Option(help="With --summary: rows of this version of urnn-proofs."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Group the summary by these keys, such as family,n.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the summary as CSV.")] = None,
    latex: Annotated[Path | None, typer.Option(help="Write it as LaTeX (booktabs).")] = None,
    rows: Annotated[Path | None, typer.Option(help="Write one line a cell as CSV.")] = None,
) -> None:
    """Answer every cell of a grid; goes on where it was stopped."""
    with one_sentence_errors():
        from urnn_proofs.sweeps.spec import load_spec

        asked = load_spec(spec)
        limits = asked.limits
        if time_limit is not None:
            limits = replace(limits, time_s=time_limit)
        if memory_limit is not None:
            limits = replace(limits, memory_mb=memory_limit)
        asked = replace(asked, limits=limits)
        for target in (csv, latex, rows):
            if target is not None and not target.parent.is_dir():
                raise InputError(f"{target.parent} is not a folder; expected an existing one")
        file = spec.with_suffix(".sqlite") if store is None else store
        if file.resolve() == spec.resolve():
            raise InputError(f"--store is {file}, the specification; expected another file")
        keys = None if by is None else [name.strip() for name in by.split(",") if name.strip()]
        if summary:
            found = _read(asked, file, of_version)
        elif of_version is not None:
            raise InputError("--of-version goes with --summary")
        else:
            found = _run(asked, file, workers, scheduler, again=again)
        _write(found, keys, csv, latex, rows)
        _finish(found, keys)


def _read(asked: Spec, file: Path, version: str | None) -> SweepResult:
    from urnn_proofs.sweeps.reading import read_sweep

    return read_sweep(
        asked.task,
        asked.grid,
        file,
        version=version,
        max_cells=asked.max_cells,
        folder=asked.folder,
    )


def _run(
    asked: Spec, file: Path, workers: int | None, scheduler: str | None, *, again: bool
) -> SweepResult:
    from urnn_proofs.sweeps.driver import sweep as run

    if scheduler is not None and workers is not None:
        raise InputError("--workers is about this machine; leave it or --scheduler out")
    with _executor(scheduler) as executor, progress("cells") as tell:

        def show(now: SweepProgress) -> None:
            tell("cells", now.done, now.total)

        return run(
            asked.task,
            asked.grid,
            executor,
            store=file,
            time_s=asked.limits.time_s,
            memory_mb=asked.limits.memory_mb,
            max_cells=asked.max_cells,
            workers=workers,
            again=again,
            progress=show,
            folder=asked.folder,
        )


@contextlib.contextmanager
def _executor(scheduler: str | None) -> Iterator[Any]:
    if scheduler is None:
        yield None
        return
    from urnn_proofs.sweeps.engine import connect

    with connect(scheduler) as client:
        yield client


def _write(
    found: SweepResult,
    by: list[str] | None,
    csv: Path | None,
    latex: Path | None,
    rows: Path | None,
) -> None:
    from urnn_proofs.model.atomic import writing

    texts = {}
    if csv is not None:
        texts[csv] = found.summary(by).to_csv()
    if latex is not None:
        texts[latex] = found.summary(by).to_latex() + "\n"
    if rows is not None:
        texts[rows] = found.table().to_csv()
    for target, text in texts.items():
        with writing(target) as stream:
            stream.write(text.encode())


def _finish(found: SweepResult, by: list[str] | None) -> None:
    from urnn_proofs.show.sweep_tables import print_sweep

    for row in found.unsaved:  # the store is full: nothing that was computed is thrown away
        typer.echo(json.dumps({"unsaved": json.loads(row.to_json())}), err=True)
    print_sweep(found, console(), by)
    if found.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(EXIT.get(found.verdict, UNDECIDED))
