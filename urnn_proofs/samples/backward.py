"""Gradients of outputs with respect to inputs, by a hand-written backward pass (float64)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import UnsupportedError

__all__ = ["Trajectory", "forward"]

Array = np.ndarray[Any, np.dtype[np.float64]]


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
