"""Training many small networks at once: Adam on mean squared error, one network in each lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from urnn_proofs.experiments import lstm_lanes, relu_lanes
from urnn_proofs.experiments.constraints import (
    CONSTRAINTS,
    cayley,
    contract,
    newton_schulz,
)
from urnn_proofs.experiments.extras import need
from urnn_proofs.experiments.initial import STARTS
from urnn_proofs.experiments.lanes import fast_jit
from urnn_proofs.model.errors import InputError

__all__ = ["Settings", "Trained", "chunk_for", "compiled", "fit", "predict"]

Weights = dict[str, Any]
ACTIVATIONS = ("relu", "tanh")


@dataclass(frozen=True)
class Settings:
    """How networks are trained.

    Parameters
    ----------
    epochs
        Passes over the training sequences.
    batch
        Sequences in one gradient step.
    learning_rate
        Of Adam.
    constraint
        How a URNN stays orthogonal: ``"projection"`` (the paper's: the nearest orthogonal matrix
        after each step, which :func:`~.constraints.newton_schulz` finds by products) or
        ``"cayley"``.
    clip
        Largest norm of one network's gradient; longer ones are shortened.  None: never.
    start
        Transition matrix before training, of ReLU networks: ``"identity"`` or a random
        ``"orthogonal"`` one.
    activation
        ``"relu"`` or ``"tanh"``, of all models but the LSTM.

    The models: ``"rnn"`` (W free), ``"contractive"`` (after each step singular values of W above 1
    are cut to 1: the networks of Theorem 3.1), ``"urnn"``, ``"lstm"``.  Where a gradient is not
    finite no step is taken, and the W of an RNN, which has become too large, shrinks by a tenth.
    """

    epochs: int = 100
    batch: int = 10
    learning_rate: float = 0.01
    constraint: str = "projection"
    clip: float | None = None
    start: str = "orthogonal"
    activation: str = "relu"

    def __post_init__(self) -> None:
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected a positive integer")
        if not 0 < self.learning_rate < float("inf"):
            raise InputError(f"the learning rate is {self.learning_rate}; expected a positive one")
        if self.constraint not in CONSTRAINTS:
            raise InputError(
                f"the constraint is {self.constraint!r}; expected one of {', '.join(CONSTRAINTS)}"
            )
        if self.clip is not None and not self.clip > 0:
            raise InputError(f"clip is {self.clip}; expected a positive number or None")
        if self.start not in STARTS:
            raise InputError(f"start is {self.start!r}; expected one of {', '.join(STARTS)}")
        if self.activation not in ACTIVATIONS:
            raise InputError(
                f"the activation is {self.activation!r}; expected one of {', '.join(ACTIVATIONS)}"
            )


@dataclass(frozen=True, eq=False)
class Trained:
    """What training found, one network in each lane.

    Parameters
    ----------
    weights
        Of the epoch with the smallest training loss, for each lane.
    last
        Of the last epoch.
    losses
        Mean training loss of each epoch, (epochs, K).
    kept
        Number of the epoch whose weights were kept, from 1, (K,).
    """

    weights: Weights
    last: Weights
    losses: Any
    kept: Any


def chunk_for(steps: int) -> int:
    """Return how many time steps are summed at once: the largest divisor up to 5.

    Examples
    --------
    >>> chunk_for(1000), chunk_for(7), chunk_for(8)
    (5, 1, 4)
    """
    return max(size for size in range(1, 6) if steps % size == 0)


def _matrices_first(W: Any) -> Any:
    return need("jax", "training").numpy.moveaxis(W, -1, 0)


def _lanes_last(W: Any) -> Any:
    return need("jax", "training").numpy.moveaxis(W, 0, -1)


def _gradient(model: str, settings: Settings, steps: int) -> Callable[..., Any]:
    """Return ``f(parameters, base, x, y, one) -> (loss, gradient)``."""
    jax = need("jax", "training")
    chunk = chunk_for(steps)

    def plain(weights: Weights, base: Any, x: Any, y: Any, one: Any) -> Any:
        if model == "lstm":
            return lstm_lanes.loss_and_gradient(weights, x, y, chunk, one)
        return relu_lanes.loss_and_gradient(weights, x, y, chunk, settings.activation)

    if model != "urnn" or settings.constraint != "cayley":
        return plain

    def through_cayley(weights: Weights, base: Any, x: Any, y: Any, one: Any) -> Any:
        W, pull = jax.vjp(lambda A: _lanes_last(cayley(base, _matrices_first(A))), weights["W"])
        loss, gradient = plain({**weights, "W": W}, base, x, y, one)
        return loss, {**gradient, "W": pull(gradient["W"])[0]}

    return through_cayley


@lru_cache(maxsize=32)
def compiled(model: str, settings: Settings, steps: int) -> tuple[Any, Any]:
    """Return the optimiser and the compiled gradient step for sequences of *steps* steps.

    The step is ``f(parameters, base, state, x, y, rows, one)`` for x (N, T, m, K), y (N, T, p, K)
    and the rows of one batch; it returns parameters, state and the loss of each lane.
    """
    jax = need("jax", "training")
    optax = need("optax", "training")
    jnp = jax.numpy
    gradient_of = _gradient(model, settings, steps)
    optimiser = optax.adam(settings.learning_rate)
    onto = _projection(model, settings)

    def step(
        parameters: Weights, base: Any, state: Any, x: Any, y: Any, rows: Any, one: Any
    ) -> Any:
        x, y = (jnp.swapaxes(a[rows], 0, 1) for a in (x, y))
        loss, gradient = gradient_of(parameters, base, x, y, one)
        gradient, finite = _bounded(gradient, settings.clip)
        updates, state = optimiser.update(gradient, state)
        parameters = optax.apply_updates(parameters, updates)
        W = parameters["W"]
        if onto is not None:
            W = _lanes_last(onto(_matrices_first(W)))
        elif model == "rnn":
            W = jnp.where(finite, W, 0.9 * W)
        parameters = {**parameters, "W": W}
        return parameters, state, loss

    return optimiser, fast_jit(step)


def _projection(model: str, settings: Settings) -> Callable[[Any], Any] | None:
    """Return what is applied to the transition matrix after each step."""
    if model == "contractive":
        return contract
    if model == "urnn":
        return newton_schulz if settings.constraint == "projection" else None
    return None


def _bounded(gradient: Weights, limit: float | None) -> tuple[Weights, Any]:
    """Shorten each lane's gradient to at most *limit*, make it zero if it is not finite; say so."""
    jnp = need("jax", "training").numpy
    squares = sum((g**2).reshape(-1, g.shape[-1]).sum(0) for g in gradient.values())
    finite = jnp.isfinite(squares)
    factor = jnp.ones_like(squares)
    if limit is not None:
        factor = jnp.minimum(1, limit / jnp.sqrt(squares + 1e-20))
    return {name: jnp.where(finite, g * factor, 0) for name, g in gradient.items()}, finite


def fit(
    model: str,
    weights: Weights,
    x: Any,
    y: Any,
    settings: Settings,
    *,
    order_seed: int = 0,
    tell: Callable[[int, Any], None] = lambda epoch, losses: None,
) -> Trained:
    """Train the networks of all lanes on the sequences of their lanes.

    Parameters
    ----------
    weights
        Initial weights, lanes last; see :mod:`~.relu_lanes` and :mod:`~.lstm_lanes`.
    x, y
        Training sequences (N, T, m, K) and (N, T, p, K), float32.
    order_seed
        Of the order of the sequences, which is the same in all lanes.
    tell
        Called after each epoch with its number and the mean loss of each lane.
    """
    jax = need("jax", "training")
    jnp = jax.numpy
    optimiser, step = compiled(model, settings, x.shape[1])
    parameters = {name: jnp.asarray(value) for name, value in weights.items()}
    base = jnp.zeros(())
    if model == "urnn" and settings.constraint == "cayley":
        base = _matrices_first(parameters["W"])
        parameters["W"] = jnp.zeros_like(parameters["W"])
    state = optimiser.init(parameters)
    batch = min(settings.batch, len(x))
    batches = len(x) // batch
    x, y = jnp.asarray(x), jnp.asarray(y)
    losses: list[Any] = []
    best, kept, best_loss = parameters, np.zeros(x.shape[-1], int), np.full(x.shape[-1], np.inf)
    for epoch in range(settings.epochs):
        order = np.random.default_rng([order_seed, epoch]).permutation(len(x))
        total = 0.0
        for rows in order[: batches * batch].reshape(batches, batch):
            parameters, state, loss = step(parameters, base, state, x, y, rows, 1.0)
            total = total + loss
        losses.append(np.asarray(total) / batches)
        better = losses[-1] < best_loss  # False for NaN
        best_loss = np.where(better, losses[-1], best_loss)
        kept = np.where(better, epoch + 1, kept)
        best = {name: jnp.where(better, parameters[name], best[name]) for name in best}
        tell(epoch + 1, losses[-1])

    def finished(found: Weights) -> Weights:
        if model == "urnn" and settings.constraint == "cayley":
            found = {**found, "W": _lanes_last(cayley(base, _matrices_first(found["W"])))}
        return {name: np.asarray(value) for name, value in found.items()}

    return Trained(finished(best), finished(parameters), np.array(losses), kept)


@lru_cache(maxsize=4)
def _compiled_outputs(model: str, activation: str) -> Any:
    if model == "lstm":
        return fast_jit(lstm_lanes.outputs)
    return fast_jit(partial(relu_lanes.outputs, activation=activation))


def predict(
    model: str, weights: Weights, x: Any, rows: int = 50, *, activation: str = "relu"
) -> Any:
    """Run trained networks on inputs (N, T, m, K) in pieces of *rows*; outputs (N, T, p, K)."""
    run = _compiled_outputs(model, activation)
    found = [
        np.asarray(run(weights, np.swapaxes(x[k : k + rows], 0, 1))) for k in range(0, len(x), rows)
    ]
    return np.swapaxes(np.concatenate(found, axis=1), 0, 1)
