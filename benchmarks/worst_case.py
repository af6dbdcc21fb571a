"""Search for inputs that tell two networks apart: sign patterns, then projected gradient ascent.

What it finds is a lower bound of the worst difference, by example; it proves nothing (trust
SAMPLE).  Where the difference is rounding noise it has no useful gradient; half of the runs
therefore climb on the size of the states, with which rounding errors grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.samples.signals import sample_signals

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


# -- gradients of outputs with respect to inputs, by a backward pass in float64 --------


@dataclass(frozen=True)
class Trajectory:
    """A float64 run of one network that can be differentiated.

    Parameters
    ----------
    network
        The network, with float64 weights.
    slopes, states, outputs
        Shapes (T, batch, n), (T, batch, n), (T, batch, p).
    """

    network: FloatNetwork
    slopes: Array
    states: Array
    outputs: Array

    def pull_back(self, from_outputs: Array, from_states: Array | None = None) -> Array:
        """Return the gradient of ``sum <from_outputs, y> + sum <from_states, h>`` in the inputs.

        Parameters
        ----------
        from_outputs, from_states
            Cotangents, shaped as outputs and states.

        Returns
        -------
        numpy.ndarray
            Shape (T, batch, m).
        """
        net = self.network
        direct: Array = from_outputs @ net.C
        if from_states is not None:
            direct = direct + from_states
        carried = np.zeros_like(direct[0])
        gradient = np.empty((*direct.shape[:2], net.inputs))
        for k in range(len(direct) - 1, -1, -1):
            local = (direct[k] + carried) * self.slopes[k]
            gradient[k] = local @ net.F
            carried = local @ net.W
        return gradient


def forward(net: FloatNetwork, x: Array) -> Trajectory:
    """Run a network in float64 and keep what the backward pass needs.

    Parameters
    ----------
    net
        Its activation must be piecewise linear.
    x
        Inputs, (T, batch, m).

    Raises
    ------
    UnsupportedError
        If the activation is smooth: no derivative is at hand.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> run = forward(FloatNetwork.rounded(RNN([[0.5]], [[1]], [0], [[2]])), np.ones((3, 1, 1)))
    >>> run.pull_back(np.ones((3, 1, 1)))[:, 0, 0].tolist()
    [3.5, 3.0, 2.0]
    """
    phi = net.activation
    if not isinstance(phi, PiecewiseLinear):
        raise UnsupportedError(
            f"the activation is {phi.name!r}; expected a piecewise linear one, with known slopes"
        )
    net = net.astype("float64")
    knots = np.array([float(t) for t in phi.knots])
    values = np.array([float(s) for s in phi.slopes])
    steps, batch = x.shape[:2]
    slopes, states = np.empty((2, steps, batch, net.states))
    state = np.broadcast_to(net.h_init, (batch, net.states))
    for k, drive in enumerate(x @ net.F.T + net.bias):
        z = state @ net.W.T + drive
        slopes[k] = values[np.searchsorted(knots, z)]
        state = states[k] = net.phi(z)
    return Trajectory(net, slopes, states, states @ net.C.T)
