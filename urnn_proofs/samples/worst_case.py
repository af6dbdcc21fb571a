"""Search for inputs that tell two networks apart: sign patterns, then projected gradient ascent.

What it finds is a lower bound of the worst difference, by example; it proves nothing (trust
SAMPLE).  Where the difference is rounding noise it has no useful gradient; half of the runs
therefore climb on the size of the states, with which rounding errors grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.model.errors import InputError
from urnn_proofs.samples.backward import forward
from urnn_proofs.samples.signals import sample_signals

__all__ = ["WorstCase", "long_run", "worst_difference"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class WorstCase:
    """The largest difference of outputs that was seen.

    Parameters
    ----------
    difference
        ``max ||y_1^k - y_2^k||``, Euclidean.
    inputs
        A sequence that shows it, (T, m).
    step
        k, where it occurs.
    found_by
        Which kind of input.
    tried
        How many sequences were run.
    """

    difference: float
    inputs: Array
    step: int
    found_by: str
    tried: int


def worst_difference(
    first: FloatNetwork,
    second: FloatNetwork,
    input_bound: float,
    *,
    steps: int = 64,
    restarts: int = 8,
    iterations: int = 20,
    seed: int = 0,
) -> WorstCase:
    """Look for the input in X_M on which two networks differ most.

    Each network runs in its own arithmetic; the gradients are those of float64.

    Parameters
    ----------
    first, second
        Networks with the same inputs and outputs and piecewise linear activations.
    input_bound
        M.
    steps
        T, the length of the sequences.
    restarts, iterations
        Gradient ascents that run side by side, and their steps.
    seed
        Of the random patterns; equal seeds give equal results.

    Raises
    ------
    InputError
        If the networks have different inputs or outputs.
    UnsupportedError
        If an activation is smooth.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> nets = [FloatNetwork.rounded(RNN([[w]], [[1]], [0], [[1]])) for w in (0.5, 0.5 + 2**-10)]
    >>> round(worst_difference(*nets, 1.0).difference, 6)  # 1/(1 - w) apart, at 1, 1, 1, ...
    0.003914
    """
    if (first.inputs, first.outputs) != (second.inputs, second.outputs):
        raise InputError(
            f"the networks have {first.inputs} and {second.inputs} inputs, {first.outputs} and "
            f"{second.outputs} outputs; expected the same numbers"
        )
    signals = sample_signals(steps, first.inputs, input_bound, seed)
    starts = sample_signals(steps, first.inputs, input_bound, seed + 1)
    kinds = [starts[name] for name in ("constant", "signs", "sphere", "alternating")]
    x = np.concatenate(kinds, axis=1)[:, :: max(1, 16 // max(restarts, 1))][:, :restarts]
    candidates = {**signals, "ascent": x} if restarts else signals
    best = _best(first, second, candidates)
    for _ in range(iterations if restarts else 0):
        x = _ascend(first, second, x, input_bound)
        best = max(best, _best(first, second, {"ascent": x}), key=lambda found: found.difference)
    tried = sum(c.shape[1] for c in candidates.values()) + iterations * x.shape[1]
    return WorstCase(best.difference, best.inputs, best.step, best.found_by, tried)


def _best(first: FloatNetwork, second: FloatNetwork, candidates: dict[str, Array]) -> WorstCase:
    found = []
    for name, x in candidates.items():
        gaps = _gaps(first.run(x), second.run(x))
        k, i = (int(v) for v in np.unravel_index(int(np.argmax(gaps)), gaps.shape))
        found.append(WorstCase(float(gaps[k, i]), x[:, i].copy(), k, name, 0))
    return max(found, key=lambda one: one.difference)


def _gaps(y: Any, z: Any) -> Array:
    gaps: Array = np.linalg.norm(y.astype(np.float64) - z.astype(np.float64), axis=-1)
    return gaps


def _ascend(first: FloatNetwork, second: FloatNetwork, x: Array, M: float) -> Array:
    """Take one projected step, every input vector along its own gradient."""
    one, two = forward(first, x), forward(second, x)
    gap = one.outputs - two.outputs
    sizes = np.linalg.norm(gap, axis=-1)
    last = np.argmax(sizes, axis=0)
    batch = np.arange(x.shape[1])
    at_gap = np.zeros_like(gap)
    at_gap[last, batch] = gap[last, batch]
    gradient = one.pull_back(at_gap) - two.pull_back(at_gap)
    # Every second run climbs on the size of the last state instead.
    states = np.zeros_like(two.states)
    states[-1] = two.states[-1]
    size_gradient = two.pull_back(np.zeros_like(gap), states)
    gradient[:, 1::2] = size_gradient[:, 1::2]
    lengths = np.linalg.norm(gradient, axis=-1, keepdims=True)
    moved: Array = x + M * np.divide(gradient, lengths, out=np.zeros_like(x), where=lengths > 0)
    norms = np.linalg.norm(moved, axis=-1, keepdims=True)
    # Slightly inside the ball, so that rounding (of float32 inputs too) does not leave it.
    inside: Array = moved * np.minimum(1.0, M * (1 - 1e-6) / np.maximum(norms, 1e-300))
    return inside


def long_run(
    first: FloatNetwork,
    second: FloatNetwork,
    input_bound: float,
    *,
    steps: int = 100_000,
    batch: int = 2,
    piece: int = 1000,
    seed: int = 0,
) -> float:
    """Return the largest difference of outputs along random sequences of any length.

    Inputs are drawn on the sphere of radius M as they are needed, and the states are carried from
    piece to piece, so that memory holds one piece only.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> net = FloatNetwork.rounded(RNN([[0.5]], [[1]], [0], [[2]]))
    >>> long_run(net, net, 1.0, steps=3000)
    0.0
    """
    runs = (
        net.stream(_pieces(steps, batch, first.inputs, input_bound, piece, seed))
        for net in (first, second)
    )
    return max((float(_gaps(y, z).max()) for y, z in zip(*runs, strict=True)), default=0.0)


def _pieces(
    steps: int, batch: int, inputs: int, M: float, piece: int, seed: int
) -> Iterable[Array]:
    def draw() -> Iterator[Array]:
        rng = np.random.default_rng(seed)
        for start in range(0, steps, piece):
            raw = rng.standard_normal((min(piece, steps - start), batch, inputs))
            lengths = np.linalg.norm(raw, axis=-1, keepdims=True)
            yield raw / np.maximum(lengths, 1e-300) * (M * (1 - 1e-6))

    return draw()
