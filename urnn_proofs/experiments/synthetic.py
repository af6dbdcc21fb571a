"""Run the grid of the synthetic experiment: groups of networks in lanes, results cell by cell."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from urnn_proofs.experiments.extras import need
from urnn_proofs.experiments.grid import Cell, Grid
from urnn_proofs.experiments.initial import initial_weights
from urnn_proofs.experiments.reference import reference
from urnn_proofs.experiments.results import Results, Row, key_of
from urnn_proofs.experiments.systems import Dataset, draw_system, make_dataset, r2_score
from urnn_proofs.experiments.training import Weights, compiled, fit, predict
from urnn_proofs.model.errors import InputError

__all__ = ["LANES", "estimate_seconds", "run_synthetic"]

# One vector register of float32; twice as many are no faster for most sizes, and fill the cache.
LANES = 8
EXPERIMENT = "synthetic"

Tell = Callable[[str, int, int], None]


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
    tell
        Called with a text, the epochs done and their total number.

    Returns
    -------
    int
        The number of cells trained now.

    Raises
    ------
    InputError
        If *workers* is not positive.
    MissingExtraError
        Without the extra ``experiments``.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; expected a positive integer")
    need("jax", "training")
    need("optax", "training")
    _add_references(grid, results, tell)
    groups = list(_groups(_pending(grid, results)))
    total, done = len(groups) * grid.settings.epochs, 0
    stop = threading.Event()

    def epoch_done(group: _Group) -> None:
        nonlocal done
        if stop.is_set():
            raise _StoppedError
        done += 1
        tell(f"{group.model.upper()}, {group.hidden} hidden units", done, total)

    def work(group: _Group) -> int:
        rows = _train(group, grid, epoch_done)
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
    """Ends a thread whose work is no longer wanted."""


def _pending(grid: Grid, results: Results) -> list[Cell]:
    finished = results.keys()
    return [cell for cell in grid.cells() if key_of(_row(cell, grid)) not in finished]


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


def _groups(cells: Iterable[Cell]) -> Iterable[_Group]:
    for _, same in groupby(cells, key=lambda cell: (cell.model, cell.hidden)):
        rest = list(same)
        for start in range(0, len(rest), LANES):
            yield _Group(tuple(rest[start : start + LANES]))


def _data(grid: Grid, realisation: int, snr_db: float) -> Dataset:
    system = draw_system(realisation, epsilon=grid.epsilon, steps=grid.steps)
    return make_dataset(system, snr_db, training=grid.training, test=grid.test, steps=grid.steps)


def _stack(arrays: list[Any]) -> Any:
    """Put networks into lanes; empty lanes repeat the first one, and are not looked at."""
    filled = arrays + [arrays[0]] * (LANES - len(arrays))
    return np.stack(filled, axis=-1).astype(np.float32)


def _train(group: _Group, grid: Grid, epoch_done: Callable[[_Group], None]) -> list[Row]:
    started = time.perf_counter()
    settings = grid.settings
    data = {key: _data(grid, *key) for key in {(c.realisation, c.snr_db) for c in group.cells}}
    sets = [data[c.realisation, c.snr_db] for c in group.cells]
    x, y = _stack([d.x for d in sets]), _stack([d.noisy for d in sets])
    each = [_initial(cell, x.shape[2], y.shape[2], grid) for cell in group.cells]
    weights = {name: _stack([w[name] for w in each]) for name in each[0]}
    cut = grid.training
    found = fit(group.model, weights, x[:cut], y[:cut], settings, tell=lambda *_: epoch_done(group))
    kept = predict(group.model, found.weights, x[cut:])
    last = predict(group.model, found.last, x[cut:])
    seconds = time.perf_counter() - started
    return [
        {
            **_row(cell, grid),
            "r2": _score(d, kept[..., k]),
            "r2_last": _score(d, last[..., k]),
            "optimum": d.best_r2,
            "epoch_kept": int(found.kept[k]),
            "losses": [_finite(float(f"{loss:.5g}")) for loss in found.losses[:, k]],
            "group_seconds": round(seconds, 2),
            "group_size": len(group.cells),
            "jax": need("jax", "training").__version__,
        }
        for k, (cell, d) in enumerate(zip(group.cells, sets, strict=True))
    ]


def _initial(cell: Cell, inputs: int, outputs: int, grid: Grid) -> Weights:
    seed = (cell.realisation, cell.seed)
    start = grid.settings.start
    return initial_weights(cell.model, cell.hidden, inputs, outputs, seed, start)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _score(data: Dataset, predicted: Any) -> float | None:
    """Return R^2 on the test set; None if the network diverged."""
    if not np.isfinite(predicted).all():
        return None
    return _finite(r2_score(data.noisy[data.training :], predicted.astype(np.float64)))


def _add_references(grid: Grid, results: Results, tell: Tell) -> None:
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
            system = draw_system(realisation, epsilon=grid.epsilon, steps=grid.steps)
            line = reference(system, _data(grid, realisation, snr))
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
    parameters: Weights = {name: _stack([value]) for name, value in weights.items()}
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
