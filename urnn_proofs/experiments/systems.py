"""The slowly varying systems of the paper, and the noisy data that they produce."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from urnn_proofs.model.errors import InputError, UndecidedError

if TYPE_CHECKING:
    from urnn_proofs.model.network import RNN

__all__ = [
    "Dataset",
    "System",
    "Yardstick",
    "draw_system",
    "make_dataset",
    "simulate",
    "squared_errors",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

ACTIVITY = 0.6
_TOLERANCE = 0.002
_ROUNDS = 300
_CALIBRATION_RUNS = 100


@dataclass(frozen=True, eq=False)
class System:
    """A network ``h^k = s(W h^{k-1} + F x^k + b)``, ``y^k = C h^k``, ``h^{-1} = 0``.

    Parameters
    ----------
    W, F, b, C
        float64 arrays (n, n), (n, m), (n,), (p, n).
    activity
        Share of time each state is positive, (n,), measured when the biases were calibrated.
    seed
        The realisation.
    activation
        s, ``"relu"`` or ``"tanh"``.
    """

    W: Array
    F: Array
    b: Array
    C: Array
    activity: Array
    seed: int
    activation: str = "relu"

    def network(self) -> RNN:
        """Return the network with exactly these weights."""
        from urnn_proofs.model.network import RNN  # exact; the data need no more than NumPy

        return RNN(self.W, self.F, self.b, self.C, activation=self.activation)


@dataclass(frozen=True, eq=False)
class Yardstick:
    """What squared errors on a test set are compared with, output by output, each (p,).

    Parameters
    ----------
    spread
        Sum of the squared distances from the mean.
    power
        Sum of squares.
    least
        Sum of the squared errors of the noise-free outputs.
    """

    spread: Array
    power: Array
    least: Array

    def r2(self, squares: Array) -> float:
        """Return ``1 - squares / spread``, averaged over the outputs."""
        return float(np.mean(1 - squares / self.spread))

    def r2_uncentred(self, squares: Array) -> float:
        """Return ``1 - squares / power``, averaged over the outputs: the mean is not taken away."""
        return float(np.mean(1 - squares / self.power))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Sequences of one system: x (N, T, m), clean and noisy outputs (N, T, p), float64.

    The first *training* sequences are for training, the others for testing.
    """

    x: Array
    clean: Array
    noisy: Array
    training: int

    @property
    def best_r2(self) -> float:
        """R^2 of the noise-free outputs on the test set: what no predictor is expected to beat."""
        yardstick = self.yardstick()
        return yardstick.r2(yardstick.least)

    def yardstick(self) -> Yardstick:
        """Return what errors on the test set are compared with."""
        y, clean = self.noisy[self.training :], self.clean[self.training :]
        return Yardstick(
            squared_errors(y, y.mean((0, 1))), squared_errors(y, 0 * y), squared_errors(y, clean)
        )

    def r2(self, predicted: Array) -> float:
        """Return R^2 of predictions (tests, T, p) on the test set, the mean over the outputs."""
        return self.yardstick().r2(squared_errors(self.noisy[self.training :], predicted))


def squared_errors(y: Array, predicted: Array) -> Array:
    """Return the sum of squared errors of each output (the last axis).

    Examples
    --------
    >>> squared_errors(np.array([[0.0], [2.0]]), np.array([[0.0], [1.0]])).tolist()
    [1.0]
    """
    found: Array = ((y - predicted) ** 2).sum(tuple(range(y.ndim - 1)))
    return found


def simulate(system: System, x: Array) -> tuple[Array, Array]:
    """Run a system in float64.

    Parameters
    ----------
    x
        Inputs (N, T, m).

    Returns
    -------
    outputs
        (N, T, p).
    activity
        Share of time each state is positive, (n,).
    """
    tanh = system.activation == "tanh"
    state = np.zeros((len(x), len(system.W)))
    outputs = np.empty((*x.shape[:2], len(system.C)))
    active = np.zeros(len(system.W))
    for k in range(x.shape[1]):
        z = state @ system.W.T + x[:, k] @ system.F.T + system.b
        state = np.tanh(z) if tanh else np.maximum(z, 0)
        outputs[:, k] = state @ system.C.T
        active += (state > 0).mean(0)
    return outputs, active / x.shape[1]


def draw_system(
    seed: int,
    *,
    states: int = 4,
    inputs: int = 2,
    outputs: int = 2,
    epsilon: float = 0.01,
    normalise: bool = False,
    diagonal: bool = False,
    activation: str = "relu",
    steps: int = 1000,
) -> System:
    """Draw a system: ``W = I - epsilon A^T A``, A, F and C with Gaussian entries.

    With *normalise*, ``W = I - epsilon A^T A / ||A||^2``, which stands in the text of the paper;
    its authors' program does not divide by ``||A||^2``.  With *diagonal*, only the diagonal of W
    is kept.  The biases are moved until every state is positive for 60 % of the time, to within 0.2
    points, on 100 input sequences of *steps* steps.

    Raises
    ------
    InputError
        If a size is not positive, *epsilon* is not in (0, 1), or so large that ``||W|| >= 1``.
    UndecidedError
        If the calibration does not settle.

    Source: arXiv:1910.13672, section 5.

    Examples
    --------
    >>> system = draw_system(0, steps=200)
    >>> abs(system.activity - 0.6).max() <= 0.002
    np.True_
    """
    sizes = {"states": states, "inputs": inputs, "outputs": outputs, "steps": steps}
    for name, size in sizes.items():
        if size < 1:
            raise InputError(f"{name} is {size}; expected a positive integer")
    if not 0 < epsilon < 1:
        raise InputError(f"epsilon is {epsilon}; expected a number between 0 and 1")
    rng = np.random.default_rng([seed, 0])
    A = rng.standard_normal((states, states))
    norm = np.linalg.norm(A, 2)
    W = np.eye(states) - epsilon * (A.T @ A) / (norm**2 if normalise else 1)
    if not normalise and epsilon * norm**2 >= 1:
        raise InputError(
            f"epsilon is {epsilon}, and ||A||^2 of system {seed} is {norm**2:.3g}; expected a "
            "product below 1: choose a smaller epsilon, or normalise"
        )
    if diagonal:
        W = np.diag(np.diag(W))
    F = rng.standard_normal((states, inputs))
    C = rng.standard_normal((outputs, states))
    x = rng.standard_normal((_CALIBRATION_RUNS, steps, inputs))
    scale = np.linalg.norm(F, axis=1)
    b = -0.5 * scale
    for step in range(_ROUNDS):
        system = System(W, F, b, C, np.zeros(states), seed, activation)
        activity = simulate(system, x)[1]
        gap = ACTIVITY - activity
        if np.abs(gap).max() <= _TOLERANCE:
            return System(W, F, b, C, activity, seed, activation)
        # The share grows with the bias; smaller steps the longer it takes.
        b = b + gap * scale * (1.5 if step < 50 else 0.5)
    raise UndecidedError(
        f"the biases of system {seed} were not calibrated in {_ROUNDS} rounds (activity "
        f"{activity.round(3).tolist()}, expected {ACTIVITY}); try another seed"
    )


def make_dataset(
    system: System,
    snr_db: float,
    *,
    training: int = 700,
    test: int = 300,
    steps: int = 1000,
) -> Dataset:
    """Simulate a system on Gaussian inputs and add output noise.

    Each output gets noise whose variance is *snr_db* decibels below that output's own variance.
    Inputs, and the noise up to its size, are the same for every *snr_db*.

    Raises
    ------
    InputError
        If *snr_db* is not finite or a size is not positive.
    """
    if not math.isfinite(snr_db):
        raise InputError(f"the SNR is {snr_db} dB; expected a finite number")
    for name, size in {"training": training, "test": test, "steps": steps}.items():
        if size < 1:
            raise InputError(f"{name} is {size}; expected a positive integer")
    rng = np.random.default_rng([system.seed, 1])
    x = rng.standard_normal((training + test, steps, system.F.shape[1]))
    clean, _ = simulate(system, x)
    size = clean.std((0, 1)) * 10 ** (-snr_db / 20)
    noisy = clean + size * rng.standard_normal(clean.shape)
    return Dataset(x, clean, noisy, training)
