"""Networks none of whose units ever switches off: bounds of their states against simulation."""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np
import pytest

from urnn_proofs import RNN
from urnn_proofs.checks.exact.affine_states import affine_states


def eye(n):
    return [[int(i == j) for j in range(n)] for i in range(n)]


def network(b, h_init, W=((Q(1, 5), 0, 0), (0, Q(1, 2), Q(1, 10)), (0, 0, Q(-7, 10)))):
    return RNN([list(row) for row in W], eye(3), b, eye(3), h_init)


@pytest.mark.parametrize("h_init", [[0, 0, 0], [100, -5, 20], [-30, 0, 0]])
@pytest.mark.parametrize("v", [[1, 0, 0], [1, -1, 2], [0, Q(1, 3), -5]])
def test_no_simulated_state_is_outside_the_bounds(h_init, v):
    rnn = network([50, 60, 90], h_init)
    found = affine_states(rnn, Q(1))
    low, high = float(found.at_least(v)), float(found.at_most(v))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 200, 3))
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    states, h = [], np.broadcast_to(np.array(h_init, dtype=float), (200, 3))
    W = rnn.W.to_numpy()
    for row in x:
        h = h @ W.T + row + rnn.b.to_numpy()[:, 0]
        states.append(h @ np.array([float(c) for c in v]))
    assert low <= np.min(states) <= np.max(states) <= high
    # Not much wider than what is reached in the end, and at the start.
    assert high - low < 3 * (np.max(states) - np.min(states)) + 20
    start = float(sum(a * Q(b) for a, b in zip(v, h_init)))
    assert float(found.at_most(v, from_start=True)) == max(high, start)


@pytest.mark.parametrize(
    ("b", "h_init", "active"),
    [
        ([50, 60, 90], [0, 0, 0], True),
        ([2, 3, 6], [0, 0, 0], True),
        ([2, 3, 2], [0, 0, 0], False),  # h_3 oscillates: 1 may be lost
        ([50, 60, 90], [-1000, 0, 0], False),  # off at k = 0
        ([50, 60, 90], [0, 0, 1000], False),
        ([0, 0, 0], [0, 0, 0], False),
    ],
)
def test_whether_units_stay_active(b, h_init, active):
    assert affine_states(network(b, h_init), Q(1)).units_stay_active() is active


def test_expansive_networks_have_no_such_bounds():
    assert affine_states(network([1, 1, 1], [0, 0, 0], ((1, 0, 0),) * 3), Q(1)) is None
