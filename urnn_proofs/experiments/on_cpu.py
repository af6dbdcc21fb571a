"""The training of :class:`~.device.Device` on the CPU: eight networks at once, in vector lanes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from urnn_proofs.experiments.device import Found, Lanes
from urnn_proofs.experiments.systems import squared_errors
from urnn_proofs.experiments.training import Settings, Trained, fit, predict

__all__ = ["LANES", "OnCpu", "stacked"]

# One vector register of float32; twice as many are no faster for most sizes, and fill the cache.
LANES = 8

Array = np.ndarray[Any, Any]


def stacked(arrays: Sequence[Any]) -> Any:
    """Put networks into lanes; empty lanes repeat the first one, and are not looked at."""
    filled = [*arrays, *[arrays[0]] * (LANES - len(arrays))]
    return np.stack(filled, axis=-1).astype(np.float32)


class OnCpu:
    """Data, and training on it; see :class:`~.device.Device` for the parameters."""

    def __init__(self, x: Array, y: Array, training: int) -> None:
        self._x, self._y, self._training = x, y, training

    def train(
        self,
        groups: Sequence[Lanes],
        settings: Settings,
        *,
        order_seed: int = 0,
        tell: Callable[[int], None] = lambda epoch: None,
    ) -> list[Found]:
        """Train all networks of all groups, eight of them at a time."""
        return [self._group(lanes, settings, order_seed, tell) for lanes in groups]

    def _group(
        self, lanes: Lanes, settings: Settings, order_seed: int, tell: Callable[[int], None]
    ) -> Found:
        parts = []
        for first in range(0, len(lanes.weights), LANES):
            some = slice(first, first + LANES)
            x = stacked([self._x[k] for k in lanes.x_of[some]])
            y = stacked([self._y[k] for k in lanes.y_of[some]])
            each = lanes.weights[some]
            start = {name: stacked([w[name] for w in each]) for name in each[0]}
            cut = self._training
            found = fit(
                lanes.model,
                start,
                x[:cut],
                y[:cut],
                settings,
                order_seed=order_seed,
                tell=lambda epoch, _: tell(epoch),
            )
            parts.append(_found(lanes.model, found, x[cut:], y[cut:], settings, len(each)))
        return Found(
            [w for part in parts for w in part.weights],
            [w for part in parts for w in part.last],
            np.concatenate([part.losses for part in parts], axis=1),
            np.concatenate([part.kept for part in parts]),
            np.concatenate([part.squares for part in parts]),
            np.concatenate([part.squares_last for part in parts]),
        )


def _found(
    model: str, trained: Trained, x: Array, y: Array, settings: Settings, count: int
) -> Found:
    weights, squares = [], []
    for lanes in (trained.weights, trained.last):
        predicted = predict(model, lanes, x, activation=settings.activation)
        weights.append([{n: v[..., k] for n, v in lanes.items()} for k in range(count)])
        wanted, found = (np.moveaxis(a.astype(np.float64), -1, 0) for a in (y, predicted))
        squares.append(np.stack([squared_errors(wanted[k], found[k]) for k in range(count)]))
    losses, kept = trained.losses[:, :count], trained.kept[:count]
    return Found(weights[0], weights[1], losses, kept, squares[0], squares[1])
