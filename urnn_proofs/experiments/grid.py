"""The grid of the synthetic experiment: which networks are trained on which data."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from urnn_proofs.experiments.initial import MODELS
from urnn_proofs.experiments.systems import System, draw_system
from urnn_proofs.experiments.training import Settings
from urnn_proofs.model.errors import InputError

__all__ = ["PRESETS", "Cell", "Grid", "preset"]


@dataclass(frozen=True, order=True)
class Cell:
    """One network to train: model, hidden units, data (SNR in dB, realisation), seed."""

    model: str
    hidden: int
    realisation: int
    snr_db: float
    seed: int = 0


@dataclass(frozen=True)
class Grid:
    """What is trained; the defaults are the paper's, and sizes between them.

    Parameters
    ----------
    models
        Of ``"rnn"``, ``"urnn"``, ``"lstm"`` and ``"contractive"``; see :class:`~.Settings`.
    sizes
        Numbers of hidden units.
    snr_db
        Signal-to-noise ratios in decibels.
    realisations
        Number of systems; system r is drawn with seed r.
    seeds
        Number of initialisations of each network.
    steps, training, test
        Length and number of the sequences.
    epsilon, normalise, diagonal
        What W is, see :func:`~.systems.draw_system`; the paper has 0.01, and W is not diagonal.
    settings
        How the networks are trained; the systems have the same activation.
    """

    models: tuple[str, ...] = ("rnn", "urnn", "lstm")
    sizes: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14)
    snr_db: tuple[float, ...] = (15.0, 20.0)
    realisations: int = 30
    seeds: int = 1
    steps: int = 1000
    training: int = 700
    test: int = 300
    epsilon: float = 0.01
    normalise: bool = False
    diagonal: bool = False
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        for model in self.models:
            if model not in MODELS:
                raise InputError(f"the model is {model!r}; expected one of {', '.join(MODELS)}")
        for name in ("models", "sizes", "snr_db"):
            if not getattr(self, name):
                raise InputError(f"{name} is empty; expected at least one")
        counts = {f"sizes[{i}]": size for i, size in enumerate(self.sizes)}
        names = ("realisations", "seeds", "steps", "training", "test")
        for name, count in (counts | {name: getattr(self, name) for name in names}).items():
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise InputError(f"{name} is {count}; expected a positive integer")
        if not 0 < self.epsilon < 1:
            raise InputError(f"epsilon is {self.epsilon}; expected a number between 0 and 1")
        for value in self.snr_db:
            if not math.isfinite(value):
                raise InputError(f"an SNR is {value} dB; expected a finite number")

    def cells(self) -> list[Cell]:
        """Return all cells, in the order in which they are trained."""
        return [
            Cell(model, hidden, realisation, float(snr), seed)
            for model in self.models
            for hidden in self.sizes
            for realisation in range(self.realisations)
            for snr in self.snr_db
            for seed in range(self.seeds)
        ]

    def conditions(self) -> dict[str, Any]:
        """Return what all cells share, as it is recorded with each result."""
        settings = asdict(self.settings)
        del settings["activation"]  # of the system as well: among the conditions of the data
        return {**self.data_conditions(), **settings}

    def system(self, realisation: int) -> System:
        """Draw a system of the grid."""
        return draw_system(
            realisation,
            epsilon=self.epsilon,
            normalise=self.normalise,
            diagonal=self.diagonal,
            activation=self.settings.activation,
            steps=self.steps,
        )

    def data_conditions(self) -> dict[str, Any]:
        """Return the part of :meth:`conditions` that is about the data alone."""
        names = ("steps", "training", "test", "epsilon", "normalise", "diagonal")
        found = {name: getattr(self, name) for name in names}
        if self.settings.activation != "relu":  # results of ReLU networks do not name it
            found["activation"] = self.settings.activation
        return found


PRESETS = {
    "quick": Grid(
        models=("rnn", "urnn"),
        sizes=(4, 8),
        snr_db=(20.0,),
        realisations=8,
        settings=Settings(epochs=12),
    ),
    "paper": Grid(),
}


def preset(name: str) -> Grid:
    """Return a preset by name.

    Raises
    ------
    InputError
        If there is none of that name.

    Examples
    --------
    >>> preset("quick").sizes
    (4, 8)
    """
    if name not in PRESETS:
        raise InputError(f"the preset is {name!r}; expected one of {', '.join(PRESETS)}")
    return PRESETS[name]
