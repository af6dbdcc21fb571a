"""Floating-point comparison of two networks that should compute the same outputs.

Agreement is trust SAMPLE: it can contradict a claim, it never proves one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from urnn_proofs.model.network import Network
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.samples.signals import sample_signals

__all__ = ["Comparison", "compare_outputs"]


@dataclass(frozen=True)
class Comparison:
    """Largest difference seen, per kind of input.

    Parameters
    ----------
    differences
        Largest absolute difference of outputs, by kind of input sequence.
    tolerance
        What rounding in float64 may explain (see :func:`compare_outputs`).
    steps, sequences
        T, and how many input sequences were run.
    finite
        Whether everything stayed finite.
    """

    differences: dict[str, float]
    tolerance: float
    steps: int
    sequences: int
    finite: bool

    @property
    def agrees(self) -> bool:
        """Whether every difference is within the tolerance."""
        return self.finite and all(d <= self.tolerance for d in self.differences.values())


def compare_outputs(
    first: Network,
    second: Network | ScaledURNN,
    input_bound: float,
    state_bound: float,
    *,
    steps: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Run both networks in float64 on random and extreme inputs and compare the outputs.

    The tolerance is ``8 N eps T ||C|| (H + 1)`` with N the larger number of states: each step
    of either network rounds by at most about ``N eps`` times the size of a state, and neither
    amplifies errors, provided that both transition matrices have norm at most 1.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> net = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]])
    >>> compare_outputs(net, net, 1.0, 2.0, steps=10).agrees
    True
    """
    if not np.isfinite([input_bound, state_bound]).all():
        return Comparison({}, np.inf, steps, 0, finite=False)
    signals = sample_signals(steps, first.inputs, input_bound, seed)
    with np.errstate(all="ignore"):
        together = np.concatenate(list(signals.values()), axis=1)
        gaps = np.abs(first.run(together) - second.run(together)).max(axis=(0, 2), initial=0.0)
        ends = np.cumsum([x.shape[1] for x in signals.values()])[:-1]
        differences = {
            name: float(np.max(part, initial=0.0))
            for name, part in zip(signals, np.split(gaps, ends), strict=True)
        }
        readout = float(np.linalg.norm(first.C.to_numpy()))
    size = max(first.states, second.states)
    tolerance = 8 * size * np.finfo(float).eps * steps * readout * (state_bound + 1)
    return Comparison(
        differences=differences,
        tolerance=float(tolerance),
        steps=steps,
        sequences=sum(x.shape[1] for x in signals.values()),
        finite=bool(np.isfinite([*differences.values(), tolerance]).all()),
    )
