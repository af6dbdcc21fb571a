"""Convert and fine-tune: a trained contractive RNN, its URNN with equal outputs, trained further.

For each system five networks are trained: the contractive RNN with n units; the same for twice as
many epochs; a URNN with 2n units from a random start, for twice as many epochs; and, for as many
epochs as the first, the URNN that Theorem 3.1 makes of the first, in two variants.  Its added units
are off, by a bias that keeps them off for all bounded inputs: *tuned* starts there.  *edge* starts
with the largest biases that keep them off for the training inputs, so that a small change of the
weights can switch them on.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from urnn_proofs.experiments.device import Found, Lanes
from urnn_proofs.experiments.grid import Cell, Grid
from urnn_proofs.experiments.initial import initial_weights
from urnn_proofs.experiments.results import Results, Row, key_of
from urnn_proofs.experiments.synthetic import Tell, finite_or_none, make_all, some_losses
from urnn_proofs.experiments.systems import System, Yardstick, make_dataset, simulate
from urnn_proofs.model.errors import InputError, UndecidedError

__all__ = ["STAGES", "Trainer", "add_exact", "cut", "dilated", "run_convert"]

STAGES = ("contractive", "contractive_longer", "urnn", "tuned", "edge")
EXPERIMENT = "convert"
# Training cuts singular values at 1, and Theorem 3.1 asks for less: they are cut once more, here.
NORM = 1 - 1e-4

Array = np.ndarray[Any, Any]
Weights = dict[str, Array]


class Trainer(Protocol):
    """What trains: :class:`~.device.Device` or :class:`~.on_cpu.OnCpu`."""

    def train(self, groups: list[Lanes], settings: Any, *, tell: Any) -> list[Found]:
        """Train all networks of all groups."""


def cut(weights: Weights, norm: float = NORM) -> Weights:
    """Return the network with the singular values of W cut at *norm*, W as float32."""
    left, values, right = np.linalg.svd(weights["W"].astype(np.float64))
    return {**weights, "W": ((left * np.minimum(values, norm)) @ right).astype(np.float32)}


def dilated(weights: Weights, input_bound: float) -> Weights:
    """Return the URNN of Theorem 3.1 with 2n units, in floating point.

    ``W_u = [[W, -S], [R, W^T]]``, ``R = (I - W^T W)^{1/2}``, ``S = (I - W W^T)^{1/2}``; F and C
    are 0 in the added half, b is minus the bound of all states there.

    Parameters
    ----------
    weights
        With ``||W|| < 1``.
    input_bound
        M: for inputs with ``||x^k|| <= M`` the added units stay off.

    Source: arXiv:1910.13672, Theorem 3.1.
    """
    W, F, b = (weights[name].astype(np.float64) for name in "WFb")
    left, values, right = np.linalg.svd(W)
    gap = np.sqrt(1 - values**2)
    R, S = (right.T * gap) @ right, (left * gap) @ left.T
    bound = (np.linalg.norm(F, 2) * input_bound + np.linalg.norm(b)) / (1 - values[0])
    zero = np.zeros_like(F)
    found = {
        "W": np.block([[W, -S], [R, W.T]]),
        "F": np.concatenate([F, zero]),
        "b": np.concatenate([b, np.full(len(b), -bound)]),
        "C": np.concatenate([weights["C"], 0 * weights["C"]], axis=1),
        "d": weights["d"],
    }
    return {name: value.astype(np.float32) for name, value in found.items()}


def at_the_edge(urnn: Weights, x: Array) -> Weights:
    """Return the URNN with the largest biases of its added units that keep them off on inputs x."""
    n = len(urnn["b"]) // 2
    W, F, b = (urnn[name].astype(np.float64) for name in "WFb")
    state, most = np.zeros((len(x), n)), np.zeros(n)
    for k in range(x.shape[1]):
        most = np.maximum(most, (state @ W[n:, :n].T).max(0))
        state = np.maximum(state @ W[:n, :n].T + x[:, k] @ F[:n].T + b[:n], 0)
    return {**urnn, "b": np.concatenate([b[:n], -most]).astype(np.float32)}


def _row(stage: str, hidden: int, cell: Cell, grid: Grid) -> Row:
    return {
        "experiment": EXPERIMENT,
        "model": stage,
        "hidden": hidden,
        "snr_db": cell.snr_db,
        "realisation": cell.realisation,
        "seed": cell.seed,
        "conditions": grid.conditions(),
    }


def run_convert(
    grid: Grid,
    results: Results,
    trainer: Any,
    *,
    workers: int = 2,
    tell: Tell = lambda text, done, total: None,
) -> int:
    """Train the five networks of every system, if *results* lacks any; return how many those were.

    Parameters
    ----------
    grid
        With one size, n; the epochs are those of the first network.
    trainer
        ``f(x, y, training) ->`` a :class:`Trainer`.
    workers
        Processes that make the data.

    Raises
    ------
    InputError
        If the grid has several sizes, or networks that are not ReLU networks.
    """
    if len(grid.sizes) != 1 or grid.settings.activation != "relu":
        raise InputError(
            f"the sizes are {grid.sizes} and the activation {grid.settings.activation}; expected "
            "one size, and relu"
        )
    n = grid.sizes[0]
    size = {stage: n if stage.startswith("contractive") else 2 * n for stage in STAGES}
    cells = [c for c in replace(grid, models=("contractive",)).cells() if c.seed == 0]
    finished = results.keys()
    if all(key_of(_row(s, size[s], c, grid)) in finished for s in STAGES for c in cells):
        return 0
    tell("making the data", 0, 1)
    made = make_all(grid, workers, range(grid.realisations))
    x, y = np.stack([one.x for one in made]), np.concatenate([one.noisy for one in made])
    levels = len(grid.snr_db)
    places = [(c.realisation, c.realisation * levels + grid.snr_db.index(c.snr_db)) for c in cells]
    x_of, y_of = map(list, zip(*places, strict=True))
    device = trainer(x, y, grid.training)
    settings, longer = grid.settings, replace(grid.settings, epochs=2 * grid.settings.epochs)

    def lanes(model: str, hidden: int, weights: list[Weights]) -> Lanes:
        return Lanes(model, hidden, weights, x_of, y_of)

    def fresh(model: str, hidden: int) -> Lanes:
        shape = x.shape[-1], y.shape[-1]
        seeds = [(c.realisation, c.seed) for c in cells]
        start = settings.start
        return lanes(
            model, hidden, [initial_weights(model, hidden, *shape, s, start) for s in seeds]
        )

    def told(text: str, epochs: int) -> Any:
        return lambda epoch: tell(text, epoch, epochs)

    (first,) = device.train(
        [fresh("contractive", n)], settings, tell=told("contractive RNN", settings.epochs)
    )
    long, scratch = device.train(
        [fresh("contractive", n), fresh("urnn", 2 * n)],
        longer,
        tell=told("twice as long", longer.epochs),
    )
    networks = [cut(weights) for weights in first.weights]
    bounds = [math.ceil(np.linalg.norm(x[k], axis=-1).max()) for k in x_of]
    urnns = [dilated(w, M) for w, M in zip(networks, bounds, strict=True)]
    edges = [at_the_edge(w, x[k, : grid.training]) for w, k in zip(urnns, x_of, strict=True)]
    tuned, edge = device.train(
        [lanes("urnn", 2 * n, urnns), lanes("urnn", 2 * n, edges)],
        settings,
        tell=told("fine-tuning", settings.epochs),
    )
    all_found = dict(zip(STAGES, (first, long, scratch, tuned, edge), strict=True))
    for stage, found in all_found.items():
        rows = []
        for k, cell in enumerate(cells):
            yardstick = made[x_of[k]].yardsticks[grid.snr_db.index(cell.snr_db)]
            more: Row = {}
            if stage == "contractive":
                more = {"weights": {name: v.tolist() for name, v in networks[k].items()}}
            row = _row(stage, size[stage], cell, grid)
            rows.append({**row, **_scores(found, k, yardstick), **more})
        results.append(*rows)
    return len(STAGES) * len(cells)


def _scores(found: Found, k: int, yardstick: Yardstick) -> Row:
    return {
        "r2": finite_or_none(yardstick.r2(found.squares[k])),
        "r2_last": finite_or_none(yardstick.r2(found.squares_last[k])),
        "r2_uncentred": finite_or_none(yardstick.r2_uncentred(found.squares[k])),
        "optimum": round(yardstick.r2(yardstick.least), 9),
        "optimum_uncentred": round(yardstick.r2_uncentred(yardstick.least), 9),
        "epoch_kept": int(found.kept[k]),
        "losses": some_losses(found.losses[:, k]),
    }


def add_exact(grid: Grid, results: Results, *, tell: Tell = lambda text, done, total: None) -> None:
    """Add, for every contractive RNN in *results*, its URNN with exactly equal outputs.

    The rows have the model ``"exact"``: R^2 of the RNN (``r2_network``) and of the URNN (``r2``),
    both run in float64, and the largest difference of their outputs on the test sequences.

    Raises
    ------
    UndecidedError
        If an equivalence is not PROVED.
    """
    from urnn_proofs.model.network import RNN
    from urnn_proofs.model.verdict import Verdict
    from urnn_proofs.questions.construction import equivalent_urnn

    finished = results.keys()
    for trained in [row for row in results.rows if "weights" in row]:
        cell = Cell("exact", 0, trained["realisation"], trained["snr_db"], trained["seed"])
        row = _row("exact", 2 * trained["hidden"], cell, grid)
        if trained["conditions"] != grid.conditions() or key_of(row) in finished:
            continue
        tell(f"exact URNN of network {cell.realisation}", 0, 1)
        w = {name: np.array(value, np.float32) for name, value in trained["weights"].items()}
        system = grid.system(cell.realisation)
        data = make_dataset(
            system, cell.snr_db, training=grid.training, test=grid.test, steps=grid.steps
        )
        M = math.ceil(np.linalg.norm(data.x, axis=-1).max())
        both = equivalent_urnn(RNN(w["W"], w["F"], w["b"], w["C"]), input_bound=M)
        if both.report.verdict is not Verdict.PROVED:
            raise UndecidedError(
                f"the URNN of network {cell.realisation} is {both.report.verdict}, not PROVED "
                "equivalent"
            )
        x = data.x[grid.training :]
        W, F, b, C = (w[name].astype(np.float64) for name in "WFbC")
        network, _ = simulate(System(W, F, b, C, np.zeros(len(b)), 0), x)
        found = both.urnn.run(np.swapaxes(x, 0, 1)).swapaxes(0, 1)
        results.append(
            {
                **row,
                "r2": data.r2(found + w["d"]),
                "r2_network": data.r2(network + w["d"]),
                "difference": float(np.abs(found - network).max()),
                "optimum": round(data.best_r2, 9),
                "states": both.urnn.states,
                "input_bound": str(M),
                "verdict": str(both.report.verdict),
            }
        )
