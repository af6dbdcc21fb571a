"""Permuted pixel-by-pixel digits: RMSProp, early stopping on a validation set.

All seeds of one model and size are trained at once with ``jax.vmap``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from urnn_proofs.experiments import cells
from urnn_proofs.experiments.constraints import contract, project
from urnn_proofs.experiments.extras import need
from urnn_proofs.experiments.initial import MODELS, STARTS, initial_weights
from urnn_proofs.experiments.pixel_data import SOURCES, Pixels, load_pixels
from urnn_proofs.experiments.results import Results, Row, key_of
from urnn_proofs.model.errors import InputError

__all__ = ["PixelTask", "run_pixels"]

Tell = Callable[[str, int, int], None]
CLASSES = 10


@dataclass(frozen=True)
class PixelTask:
    """What is trained on which images.

    Parameters
    ----------
    data
        ``"digits"`` (8 x 8) or ``"mnist"`` (28 x 28, 5000 images).
    models, sizes, seeds
        The grid: models, numbers of hidden units, number of initialisations.
    epochs, patience
        At most so many passes; stop after so many without a smaller validation loss.
    batch, learning_rate, clip
        Of RMSProp; gradients longer than *clip* are shortened.
    start
        Transition matrix of RNN and URNN before training.
    """

    data: str = "digits"
    models: tuple[str, ...] = ("rnn", "urnn", "lstm")
    sizes: tuple[int, ...] = (8, 16, 32, 64)
    seeds: int = 3
    epochs: int = 200
    patience: int = 20
    batch: int = 32
    learning_rate: float = 0.001
    clip: float = 1.0
    start: str = "orthogonal"

    def __post_init__(self) -> None:
        if self.data not in SOURCES:
            raise InputError(f"data is {self.data!r}; expected one of {', '.join(SOURCES)}")
        for model in self.models:
            if model not in MODELS:
                raise InputError(f"the model is {model!r}; expected one of {', '.join(MODELS)}")
        if self.start not in STARTS:
            raise InputError(f"start is {self.start!r}; expected one of {', '.join(STARTS)}")
        counts = {name: getattr(self, name) for name in ("seeds", "epochs", "patience", "batch")}
        counts |= {f"sizes[{i}]": size for i, size in enumerate(self.sizes)}
        for name, count in counts.items():
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise InputError(f"{name} is {count}; expected a positive integer")
        for name in ("learning_rate", "clip"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InputError(f"{name} is {getattr(self, name)}; expected a positive number")

    def row(self, model: str, hidden: int, seed: int) -> Row:
        """Return the row of a cell, without results."""
        conditions = asdict(self)
        for name in ("data", "models", "sizes", "seeds"):
            del conditions[name]
        return {
            "experiment": "pixels",
            "data": self.data,
            "model": model,
            "hidden": hidden,
            "seed": seed,
            "conditions": conditions,
        }


def run_pixels(
    task: PixelTask,
    results: Results,
    *,
    tell: Tell = lambda text, done, total: None,
) -> int:
    """Train every cell of *task* that *results* does not hold yet; return how many those were.

    Raises
    ------
    MissingExtraError
        Without the extra ``experiments``.
    """
    need("optax", "training")
    finished = results.keys()
    groups = []
    for model in task.models:
        for hidden in task.sizes:
            seeds = range(task.seeds)
            seeds_left = [s for s in seeds if key_of(task.row(model, hidden, s)) not in finished]
            if seeds_left:
                groups.append((model, hidden, seeds_left))
    data = load_pixels(task.data)
    for number, (model, hidden, seeds_left) in enumerate(groups):

        def epoch_done(epoch: int, place: int = number, text: str = f"{model.upper()}, {hidden}"):  # type: ignore[no-untyped-def]
            tell(f"{text} hidden units, epoch {epoch}", place, len(groups))

        results.append(*_train(task, data, model, hidden, seeds_left, epoch_done))
    return sum(len(seeds) for _, _, seeds in groups)


def _train(
    task: PixelTask,
    data: Pixels,
    model: str,
    hidden: int,
    seeds: list[int],
    epoch_done: Callable[[int], None],
) -> list[Row]:
    jax = need("jax", "training")
    jnp = jax.numpy
    started = time.perf_counter()
    each = [initial_weights(model, hidden, 1, CLASSES, (s,), task.start) for s in seeds]
    weights = {name: jnp.stack([w[name] for w in each]) for name in each[0]}
    optimiser, epoch_step, loss_and_hits = _compiled(task, model)
    state = jax.vmap(optimiser.init)(weights)
    x, labels = jnp.asarray(data.x), jnp.asarray(data.labels)
    best, best_loss = weights, np.full(len(seeds), np.inf)
    kept, ran = np.zeros(len(seeds), int), 0
    size = min(task.batch, len(data.train))
    batches = len(data.train) // size
    for epoch in range(1, task.epochs + 1):
        order = np.random.default_rng([0, epoch]).permutation(data.train)
        rows = order[: batches * size].reshape(batches, size)
        weights, state = epoch_step(weights, state, x[rows], labels[rows])
        loss, _ = loss_and_hits(weights, x[data.validation], labels[data.validation])
        better = np.asarray(loss) < best_loss
        best_loss = np.where(better, loss, best_loss)
        kept = np.where(better, epoch, kept)
        best = jax.tree.map(
            lambda new, old, b=better: jnp.where(b.reshape(-1, *[1] * (new.ndim - 1)), new, old),
            weights,
            best,
        )
        ran = epoch
        epoch_done(epoch)
        if (epoch - kept >= task.patience).all():
            break
    _, hits = loss_and_hits(best, x[data.test], labels[data.test])
    seconds = round(time.perf_counter() - started, 2)
    return [
        {
            **task.row(model, hidden, seed),
            "accuracy": float(hits[k]),
            "validation_loss": float(best_loss[k]) if np.isfinite(best_loss[k]) else None,
            "epoch_kept": int(kept[k]),
            "epochs_run": ran,
            "group_seconds": seconds,
            "jax": jax.__version__,
        }
        for k, seed in enumerate(seeds)
    ]


def _compiled(task: PixelTask, model: str) -> tuple[Any, Any, Any]:
    """Return the optimiser, one epoch over given batches, and loss and accuracy; over all seeds."""
    jax = need("jax", "training")
    optax = need("optax", "training")
    jnp = jax.numpy
    optimiser = optax.chain(
        optax.zero_nans(), optax.clip_by_global_norm(task.clip), optax.rmsprop(task.learning_rate)
    )

    def logits(weights: Any, x: Any) -> Any:
        return cells.states(model, weights, x.T[:, :, None])[-1] @ weights["C"].T + weights["d"]

    def loss(weights: Any, x: Any, labels: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(logits(weights, x), labels).mean()

    def step(carry: Any, batch: Any) -> tuple[Any, None]:
        weights, state = carry
        updates, state = optimiser.update(jax.grad(loss)(weights, *batch), state)
        weights = optax.apply_updates(weights, updates)
        if model in ("urnn", "contractive"):
            onto = project if model == "urnn" else contract
            weights = {**weights, "W": onto(weights["W"])}
        return (weights, state), None

    def epoch(weights: Any, state: Any, x: Any, labels: Any) -> Any:
        return jax.lax.scan(step, (weights, state), (x, labels))[0]

    def loss_and_hits(weights: Any, x: Any, labels: Any) -> tuple[Any, Any]:
        found = logits(weights, x)
        losses = optax.softmax_cross_entropy_with_integer_labels(found, labels)
        return losses.mean(), jnp.mean(found.argmax(-1) == labels)

    every_seed = (0, None, None)
    return (
        optimiser,
        jax.jit(jax.vmap(epoch, in_axes=(0, 0, None, None))),
        jax.jit(jax.vmap(loss_and_hits, in_axes=every_seed)),
    )
