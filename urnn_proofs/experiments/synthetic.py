"""Run the grid of the synthetic experiment: groups of networks in lanes, results cell by cell."""

from __future__ import annotations

import multiprocessing
import platform
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

from urnn_proofs.experiments.device import Backend, Device, Found, Lanes
from urnn_proofs.experiments.extras import need
from urnn_proofs.experiments.grid import Cell, Grid
from urnn_proofs.experiments.initial import initial_weights
from urnn_proofs.experiments.on_cpu import LANES, stacked
from urnn_proofs.experiments.results import Results, Row, key_of
from urnn_proofs.experiments.systems import (
    Dataset,
    Yardstick,
    make_dataset,
    squared_errors,
)
from urnn_proofs.experiments.training import Weights, compiled, fit, predict
from urnn_proofs.model.errors import InputError

__all__ = [
    "Made",
    "Tell",
    "add_references",
    "estimate_seconds",
    "finite_or_none",
    "make_all",
    "run_on_device",
    "run_synthetic",
    "some_losses",
    "unfinished",
]

EXPERIMENT = "synthetic"

Tell = Callable[[str, int, int], None]
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class _Group:
    """Cells of one model and size, trained together."""

    cells: tuple[Cell, ...]

    @property
    def model(self) -> str:
        return self.cells[0].model

    @property
    def hidden(self) -> int:
        return self.cells[0].hidden


def run_synthetic(
    grid: Grid,
    results: Results,
    *,
    workers: int = 2,
    minutes: float | None = None,
    tell: Tell = lambda text, done, total: None,
) -> int:
    """Train every cell of *grid* that *results* does not hold yet, and add it there.

    Parameters
    ----------
    grid
        What to train.
    results
        From :func:`~.results.open_results`.
    workers
        Groups trained at the same time, one thread each.
    minutes
        After so many no further epoch is begun; what is finished stays, and is not trained again.
    tell
        Called with a text, the epochs done and their total number.

    Returns
    -------
    int
        The number of cells trained now.

    Raises
    ------
    InputError
        If *workers* or *minutes* is not positive.
    MissingExtraError
        Without the extra ``experiments``.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; expected a positive integer")
    need("jax", "training")
    need("optax", "training")
    deadline = _deadline(minutes)
    groups = list(_groups(_pending(grid, results)))
    total, done = len(groups) * grid.settings.epochs, 0
    stop = threading.Event()

    def epoch_done(group: _Group) -> None:
        nonlocal done
        if stop.is_set() or time.monotonic() > deadline:
            raise _StoppedError
        done += 1
        tell(f"{group.model.upper()}, {group.hidden} hidden units", done, total)

    def work(group: _Group) -> int:
        if time.monotonic() > deadline:
            return 0
        try:
            rows = _train(group, grid, epoch_done)
        except _StoppedError:
            return 0
        results.append(*rows)  # here, so that no failure elsewhere loses it
        return len(rows)

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, group) for group in groups]
        try:
            return sum(future.result() for future in as_completed(futures))
        except BaseException:  # an error or an interrupt: stop after the epoch, start no more
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _StoppedError(Exception):
    """Ends training that is no longer wanted, or whose time is up."""


def _deadline(minutes: float | None) -> float:
    if minutes is None:
        return float("inf")
    if not minutes > 0:
        raise InputError(f"minutes is {minutes}; expected a positive number")
    return time.monotonic() + 60 * minutes


def run_on_device(
    grid: Grid,
    results: Results,
    backend: Backend,
    *,
    workers: int = 2,
    minutes: float | None = None,
    tell: Tell = lambda text, done, total: None,
) -> int:
    """Do what :func:`run_synthetic` does on a GPU, all networks of one noise level at once.

    Parameters
    ----------
    backend
        The GPU, see :class:`~.device.Cupy`.
    workers
        Processes that make the data.
    minutes
        As for :func:`run_synthetic`; the networks of one noise level are finished together.

    Raises
    ------
    InputError
        If *workers* or *minutes* is not positive.
    UnsupportedError
        For a model, or a size, that the kernels do not have.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; expected a positive integer")
    deadline = _deadline(minutes)
    pending = _pending(grid, results)
    if not pending:
        return 0
    tell("making the data", 0, 1)
    realisations = sorted({cell.realisation for cell in pending})
    made = make_all(grid, workers, realisations)
    place = {
        (r, snr): (k, k * len(grid.snr_db) + j)
        for k, r in enumerate(realisations)
        for j, snr in enumerate(grid.snr_db)
    }
    yardsticks = {
        (r, snr): made[k].yardsticks[j]
        for k, r in enumerate(realisations)
        for j, snr in enumerate(grid.snr_db)
    }
    x = np.stack([one.x for one in made])
    y = np.concatenate([one.noisy for one in made])
    device = Device(backend, x, y, grid.training)
    del made
    waves: dict[tuple[bool, float], list[Cell]] = {}
    for cell in pending:  # the loudest noise last, the LSTM after all others
        waves.setdefault((cell.model == "lstm", -cell.snr_db), []).append(cell)
    trained, epochs = 0, grid.settings.epochs
    for number, key in enumerate(sorted(waves)):
        groups = list(_groups(waves[key], None))
        lanes = [_lanes(group, grid, place, x.shape[-1], y.shape[-1]) for group in groups]
        text = f"{len(waves[key])} networks, {-key[1]:g} dB"

        def epoch_done(epoch: int, text: str = text, before: int = number * epochs) -> None:
            if time.monotonic() > deadline:
                raise _StoppedError
            tell(text, before + epoch, len(waves) * epochs)

        started = time.perf_counter()
        try:
            found = device.train(lanes, grid.settings, tell=epoch_done)
        except _StoppedError:
            break
        how = {
            "group_seconds": round(time.perf_counter() - started, 2),
            "group_size": len(waves[key]),
            "hardware": backend.name,
            "software": backend.software,
        }
        for group, one in zip(groups, found, strict=True):
            results.append(*_rows(group, grid, yardsticks, one, how))
            trained += len(group.cells)
    return trained


@dataclass(frozen=True, eq=False)
class Made:
    """Data of one system at all noise levels, float32: x (N, T, m), noisy (levels, N, T, p)."""

    x: Array
    noisy: Array
    yardsticks: tuple[Yardstick, ...]


def _made(grid: Grid, realisation: int) -> Made:
    sets = [_data(grid, realisation, snr) for snr in grid.snr_db]
    return Made(
        sets[0].x.astype(np.float32),
        np.stack([data.noisy.astype(np.float32) for data in sets]),
        tuple(data.yardstick() for data in sets),
    )


def make_all(grid: Grid, workers: int, realisations: Sequence[int]) -> list[Made]:
    """Make the data of several systems in *workers* processes."""
    make = partial(_made, grid)
    if workers == 1 or len(realisations) == 1:
        return [make(r) for r in realisations]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(make, realisations))


def _lanes(
    group: _Group, grid: Grid, place: dict[tuple[int, float], tuple[int, int]], m: int, p: int
) -> Lanes:
    places = [place[cell.realisation, cell.snr_db] for cell in group.cells]
    weights = [_initial(cell, m, p, grid) for cell in group.cells]
    x_of, y_of = zip(*places, strict=True)
    return Lanes(group.model, group.hidden, weights, x_of, y_of)


def _pending(grid: Grid, results: Results) -> list[Cell]:
    finished = results.keys()
    return [cell for cell in grid.cells() if key_of(_row(cell, grid)) not in finished]


def unfinished(grid: Grid, results: Results) -> int:
    """Return how many networks of *grid* are still to be trained."""
    return len(_pending(grid, results))


def _row(cell: Cell, grid: Grid) -> Row:
    return {
        "experiment": EXPERIMENT,
        "model": cell.model,
        "hidden": cell.hidden,
        "snr_db": cell.snr_db,
        "realisation": cell.realisation,
        "seed": cell.seed,
        "conditions": grid.conditions(),
    }


def _groups(cells: Iterable[Cell], most: int | None = LANES) -> Iterable[_Group]:
    for _, same in groupby(cells, key=lambda cell: (cell.model, cell.hidden)):
        rest = list(same)
        step = most or len(rest)
        for start in range(0, len(rest), step):
            yield _Group(tuple(rest[start : start + step]))


def _data(grid: Grid, realisation: int, snr_db: float) -> Dataset:
    return make_dataset(
        grid.system(realisation),
        snr_db,
        training=grid.training,
        test=grid.test,
        steps=grid.steps,
    )


def _train(group: _Group, grid: Grid, epoch_done: Callable[[_Group], None]) -> list[Row]:
    started = time.perf_counter()
    settings = grid.settings
    data = {key: _data(grid, *key) for key in {(c.realisation, c.snr_db) for c in group.cells}}
    sets = [data[c.realisation, c.snr_db] for c in group.cells]
    x, y = stacked([d.x for d in sets]), stacked([d.noisy for d in sets])
    each = [_initial(cell, x.shape[2], y.shape[2], grid) for cell in group.cells]
    weights = {name: stacked([w[name] for w in each]) for name in each[0]}
    cut = grid.training
    found = fit(group.model, weights, x[:cut], y[:cut], settings, tell=lambda *_: epoch_done(group))

    def squares(weights: Weights) -> Array:
        predicted = predict(group.model, weights, x[cut:], activation=settings.activation)
        pairs = zip(sets, np.moveaxis(predicted.astype(np.float64), -1, 0), strict=False)
        return np.stack([squared_errors(d.noisy[cut:], one) for d, one in pairs])

    yardsticks = {key: one.yardstick() for key, one in data.items()}
    one = Found([], [], found.losses, found.kept, squares(found.weights), squares(found.last))
    how = {
        "group_seconds": round(time.perf_counter() - started, 2),
        "group_size": len(group.cells),
        "hardware": f"CPU, {platform.machine()}",
        "software": f"jax {need('jax', 'training').__version__}",
    }
    return _rows(group, grid, yardsticks, one, how)


def _rows(
    group: _Group,
    grid: Grid,
    yardsticks: dict[tuple[int, float], Yardstick],
    found: Found,
    how: Row,
) -> list[Row]:
    """Return the finished rows of a group: scores, the course of the loss, and *how*."""
    rows = []
    for k, cell in enumerate(group.cells):
        yardstick = yardsticks[cell.realisation, cell.snr_db]
        kept, last = found.squares[k], found.squares_last[k]
        rows.append(
            {
                **_row(cell, grid),
                "r2": finite_or_none(yardstick.r2(kept)),
                "r2_last": finite_or_none(yardstick.r2(last)),
                "r2_uncentred": finite_or_none(yardstick.r2_uncentred(kept)),
                "optimum": round(yardstick.r2(yardstick.least), 9),
                "optimum_uncentred": round(yardstick.r2_uncentred(yardstick.least), 9),
                "epoch_kept": int(found.kept[k]),
                "losses": some_losses(found.losses[:, k]),
                **how,
            }
        )
    return rows


def some_losses(losses: Array) -> list[list[Any]]:
    """Return number and loss of the first epoch, of every tenth, and of the last."""
    last = len(losses)
    epochs = sorted({1, *range(10, last + 1, 10), last})
    return [[epoch, finite_or_none(losses[epoch - 1], 4)] for epoch in epochs]


def _initial(cell: Cell, inputs: int, outputs: int, grid: Grid) -> Weights:
    seed = (cell.realisation, cell.seed)
    start = grid.settings.start
    return initial_weights(cell.model, cell.hidden, inputs, outputs, seed, start)


def finite_or_none(value: Any, digits: int = 9) -> float | None:
    """Return a number with so many digits, None for what is not finite."""
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None


def add_references(
    grid: Grid, results: Results, *, tell: Tell = lambda text, done, total: None
) -> None:
    """Add what a URNN can do without training, for the data that *results* does not have it for.

    Raises
    ------
    NotContractiveError, UndecidedError
        As :func:`~.reference.reference`.
    """
    from urnn_proofs.experiments.reference import reference  # exact: more than training needs

    finished = results.keys()
    for realisation in range(grid.realisations):
        for snr in grid.snr_db:
            row = {
                "experiment": EXPERIMENT,
                "model": "reference",
                "hidden": 0,
                "snr_db": float(snr),
                "realisation": realisation,
                "seed": 0,
                "conditions": grid.data_conditions(),
            }
            if key_of(row) in finished:
                continue
            tell(f"exact URNN of system {realisation}", 0, 1)
            line = reference(grid.system(realisation), _data(grid, realisation, snr))
            values = {**vars(line), "input_bound": str(line.input_bound)}
            results.append({**row, **values})


def estimate_seconds(grid: Grid, results: Results, *, workers: int = 2) -> float:
    """Estimate how long :func:`run_synthetic` will take, from a few gradient steps.

    For each model the smallest and the largest size are timed; between them the time is taken to
    grow with the square of the size.
    """
    groups = list(_groups(_pending(grid, results)))
    total = 0.0
    updates = grid.settings.epochs * max(1, grid.training // grid.settings.batch)
    for model in {group.model for group in groups}:
        sizes = [group.hidden for group in groups if group.model == model]
        low, high = min(sizes), max(sizes)
        at_low = _seconds_for_step(model, low, grid)
        at_high = at_low if high == low else _seconds_for_step(model, high, grid)
        for size in sizes:
            share = (size**2 - low**2) / max(1, high**2 - low**2)
            total += updates * (at_low + share * (at_high - at_low))
    return total / min(workers, max(1, len(groups)))


def _seconds_for_step(model: str, hidden: int, grid: Grid) -> float:
    jax = need("jax", "training")
    weights = initial_weights(model, hidden, 2, 2, (0,), grid.settings.start)
    parameters: Weights = {name: stacked([value]) for name, value in weights.items()}
    base = jax.numpy.moveaxis(parameters["W"], -1, 0) if model == "urnn" else np.zeros(())
    batch = min(grid.settings.batch, grid.training)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, grid.steps, 2, LANES)).astype(np.float32)
    optimiser, step = compiled(model, grid.settings, grid.steps)
    state = optimiser.init(parameters)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        jax.block_until_ready(step(parameters, base, state, x, x, np.arange(batch), 1.0))
        times.append(time.perf_counter() - started)
    return sorted(times[1:])[1]
