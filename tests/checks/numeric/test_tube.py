"""Bounds of floating-point networks from an ellipsoid: against exact runs, and what is refused."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import numpy as np
import pytest
from oracles import signature

from urnn_proofs import RNN, StoredNetwork, equivalent_urnn
from urnn_proofs.checks.exact.sector import Sector, sector_holds
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.tube import tube_bounds
from urnn_proofs.checks.numeric.tube_along import tube_along
from urnn_proofs.guesses.sector import find_sector
from urnn_proofs.guesses.tube import propose_tube
from urnn_proofs.model.rational import RationalMatrix

M = Q(2)


def random_net(n, seed, m=2):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    W *= 0.9 / np.linalg.norm(W, 2)
    F, b = rng.standard_normal((n, m)) / np.sqrt(n), 0.1 * rng.standard_normal(n)
    return RNN(W, F, b, rng.standard_normal((2, n)), np.abs(b))


def inputs(T, batch, m, seed=0):
    x = np.random.default_rng(seed).standard_normal((T, batch, m)).astype(np.float32)
    return (x * (1.999 / np.linalg.norm(x, axis=-1, keepdims=True))).astype(np.float32)


def shuffled(net, x, order):
    """Outputs in the stored arithmetic, every sum added up one by one in the given order."""
    rows = np.hstack([net.W, net.F, net.bias[:, None]])[:, order]
    h, found = net.h_init, []
    for x_k in x:
        z = np.zeros_like(h)
        for row, v in zip(rows.T, np.append(np.append(h, x_k), net.W.dtype.type(1))[order]):
            z = z + row * v
        h = np.maximum(z, 0)
        found.append(net.C @ h)
    return np.array(found)


@pytest.mark.parametrize("n", [2, 5, 16])
def test_computed_outputs_keep_to_the_bounds_in_any_order(n):
    """Float32 against exact Fractions, the sums in random orders and sorted by size."""
    exact = random_net(n, n)
    net = FloatNetwork.rounded(exact, "float32")
    bounds = tube_bounds(net, M, propose_tube(net, M, None))
    x = inputs(6, 1, 2)[:, 0]
    truth = np.array([[float(v) for v in y] for y in exact.run_exact(x.tolist())])
    stored = np.array([[float(v) for v in y] for y in net.exact().run_exact(x.tolist())])
    off = float(bounds.weights(exact)[0])
    assert 0 < np.linalg.norm(stored - truth, axis=-1).max() <= off
    along = tube_along(bounds, exact, x)
    assert (along <= 2 * (float(bounds.computed) + off)).all()
    rng = np.random.default_rng(1)
    orders = [rng.permutation(n + 3) for _ in range(5)]
    orders += [np.argsort(np.append(net.W[0], [0, 0, 0])), np.arange(n + 3)]
    for order in orders:
        found = shuffled(net, x, order).astype(np.float64)
        assert np.linalg.norm(found - stored, axis=-1).max() <= float(bounds.computed)
        assert np.linalg.norm(found, axis=-1).max() <= float(bounds.read + bounds.computed)
        assert (np.linalg.norm(found - truth, axis=-1) <= along + 1e-12).all()


def test_they_are_far_below_those_of_norms():
    net = random_net(16, 1)
    found = equivalent_urnn(net, M, dtype="float32").floats.layers[0]
    plain = dataclasses.replace(found, tube=None)
    for name in ("weights_effect", "computed_effect"):
        small, large = (getattr(layer.upper, name).output for layer in (found, plain))
        assert 0 < 3 * small < large, name
    assert 2 * found.upper.state_bound < plain.upper.state_bound
    assert 2 * found.upper.reach < plain.upper.reach
    x = inputs(40, 3, 2)
    assert 2 * found.upper.error_along(x).max() < plain.upper.error_along(x).max()


@pytest.mark.parametrize(
    "change", [{"W": 1.02}, {"F": 1.5}, {"b": 2}, {"C": 1.02}, {"h_init": 1000}, {"h_init": -1}]
)
def test_a_tube_is_about_one_network(change):
    net = FloatNetwork.rounded(random_net(4, 3), "float64")
    tube = propose_tube(net, M, None)
    assert tube_bounds(net, M, tube) is not None
    ((name, factor),) = change.items()
    other = dataclasses.replace(net, **{name: getattr(net, name) * factor})
    assert tube_bounds(other, M, tube) is None


def test_a_tube_for_other_inputs_or_a_smaller_bound_is_refused():
    net = FloatNetwork.rounded(random_net(4, 3), "float64")
    tube = propose_tube(net, M, None)
    assert tube_bounds(net, M * 2, tube) is None
    assert tube_bounds(net, M, dataclasses.replace(tube, H=tube.H * Q(9, 10))) is None
    assert tube_bounds(net, M, dataclasses.replace(tube, H=-tube.H)) is None
    assert tube_bounds(net, -M, tube) is None


# -- what is checked of a sector ------------------------------------------------------------------


def by_hand():
    """W = 1/2, C = 1, P = 1, t = 1, a = 1/2: 2 t - y - P = (t W)^2 / (a P) for y = 1/2."""
    one = RationalMatrix.identity(1)
    W = RationalMatrix.parse([[Q(1, 2)]], "W")
    return W, one, Sector(one, (Q(1),), (Q(1, 2),), Q(1, 2), Q(1))


TINY = Q(1, 10**9)


def test_a_tight_sector_holds():
    assert sector_holds(*by_hand())


@pytest.mark.parametrize(
    "change",
    [
        {"P": RationalMatrix.parse([[1 - TINY]], "P")},
        {"P": RationalMatrix.parse([[1 + TINY]], "P")},
        {"P": RationalMatrix.identity(2)},
        {"t": (1 - TINY,)},
        {"t": (Q(-1),)},
        {"t": (Q(1), Q(1))},
        {"y": (Q(1, 2) + TINY,)},
        {"y": (Q(0),)},
        {"y": (Q(-1),)},
        {"a": Q(1, 2) - TINY},
        {"a": Q(1)},
        {"p": 1 + TINY},
        {"p": Q(0)},
    ],
)
def test_changed_evidence_is_refused(change):
    W, C, e = by_hand()
    assert not sector_holds(W, C, dataclasses.replace(e, **change))


def test_another_network_is_refused():
    W, C, e = by_hand()
    assert not sector_holds(W + RationalMatrix.parse([[TINY]], "W"), C, e)
    assert not sector_holds(W, C * (1 + TINY), e)


@pytest.mark.parametrize("n", [2, 3])
def test_disturbed_runs_stay_together(n):
    """Exact runs under exact disturbances of either sign, in the norm of the sector."""
    net = random_net(n, 7 + n)
    r = [Q(1, 3 + i) for i in range(n)]
    e = find_sector(net.W, net.C, np.array([float(v) for v in r]), None)
    assert sector_holds(net.W, net.C, e)
    P, W = e.P.to_fractions(), net.W.to_fractions()
    assert signature(P)[2] == 0
    most = sum(w * v * v for w, v in zip(e.weights, r)) / (1 - e.a)
    rng = np.random.default_rng(0)
    g, c = [Q(1)] * n, [Q(1)] * n
    for _ in range(25):
        drive = [Q(int(v), 8) for v in rng.integers(-8, 9, n)]
        signs = rng.integers(-1, 2, n).tolist()
        g, c = (
            [
                max(Q(0), sum(W[i][j] * h[j] for j in range(n)) + drive[i] + s * r[i])
                for i, s in enumerate(pushed)
            ]
            for h, pushed in ((g, [0] * n), (c, signs))
        )
        g, c = ([Q(round(v * 2**40), 2**40) for v in h] for h in (g, c))
        d = [x - y for x, y in zip(c, g)]
        assert sum(d[i] * P[i][j] * d[j] for i in range(n) for j in range(n)) <= most * Q(101, 100)


@pytest.mark.parametrize("n", [2, 8])
def test_outputs_of_other_inputs_stay_within_the_growth(n):
    exact = random_net(n, n)
    net = FloatNetwork.rounded(exact, "float32")
    bounds = tube_bounds(net, M, propose_tube(net, M, None))
    growth = float(bounds.growth(exact))
    rng, ratios = np.random.default_rng(0), []
    wide = FloatNetwork.rounded(exact)
    for _ in range(20):
        x = inputs(30, 16, 2, int(rng.integers(1000))).astype(float) * 0.9
        moved = x + 0.1 * rng.choice([-1.0, 1.0], x.shape)
        gaps = np.linalg.norm(wide.run(moved) - wide.run(x), axis=-1)
        ratios.append(gaps.max() / np.linalg.norm(moved - x, axis=-1).max())
    assert max(ratios) <= growth <= 12 * max(ratios)
    assert bounds.growth(exact) >= bounds.growth(net.exact())


def test_weights_that_are_zero_round_nothing():
    net = FloatNetwork.rounded(random_net(16, 1), "float32")
    near = np.abs(np.subtract.outer(np.arange(16), np.arange(16))) <= 1
    sparse = dataclasses.replace(net, W=np.where(near, net.W, 0).astype("float32"))
    tube = propose_tube(sparse, M, None)
    bounds = tube_bounds(sparse, M, tube)
    few = np.array([float(v) for v in bounds.rounding])
    filled = np.where(sparse.W == 0, np.float32(1e-30), sparse.W)
    full = dataclasses.replace(bounds, stored=dataclasses.replace(sparse, W=filled))
    assert (2 * few < np.array([float(v) for v in full.rounding])).all()


def test_gates_need_no_more_than_the_ellipsoid():
    found = equivalent_urnn(random_net(16, 1), M, dtype="float32")
    layer = found.floats.layers[0]
    assert -layer.gates.highest <= layer.tube.H * Q(11, 10)
    assert layer.room > 0
    assert dataclasses.replace(layer, tube=None).room < 0


def test_the_next_layer_gets_what_the_ellipsoid_below_allows():
    """Two layers: its M, and the bound of both in float32, against exact runs."""
    low = random_net(8, 1).replace(C=RationalMatrix.identity(8))
    high = random_net(8, 2, 8)
    found = equivalent_urnn(StoredNetwork.of(low, high), M, dtype="float32")
    below, above = found.floats.layers
    assert above.input_bound <= below.tube.H * Q(102, 100)
    plain = dataclasses.replace(below, tube=None)
    assert 3 * above.input_bound < plain.upper.reach
    x = inputs(8, 4, 2)
    for i in range(4):
        truth = x[:, i].tolist()
        for layer in (low, high):
            truth = layer.run_exact(truth)
        gaps = found.built.run(x[:, i]).astype(float) - [[float(v) for v in y] for y in truth]
        assert 0 < np.linalg.norm(gaps, axis=-1).max() <= float(found.error.total)


def test_a_search_that_ends_in_a_division_by_zero_found_nothing():
    """One unit without recurrence: the share of the last state that is searched for tends to 0."""
    F, b = [[-0.16816077, -0.18966098]], [-0.26523968]
    found = equivalent_urnn(RNN([[0]], F, b, [[-1.2796453]]), Q(1, 2), dtype="float32")
    assert found.error.total >= 0


@pytest.mark.parametrize("size", [1e-150, 1e160])
def test_there_are_bounds_along_inputs_where_squares_leave_float64(size):
    """States of 1e160, outputs of 1e-150."""
    F, C = ([[size], [size / 2]], [[1, 0.5]]) if size > 1 else ([[1], [0.5]], [[size, size / 2]])
    found = equivalent_urnn(RNN([[0.5, 0.3], [-0.2, 0.4]], F, [0, 0], C), 1, dtype="float64")
    along = found.error_along(np.ones((3, 1)))
    assert (along > 0).all()
    assert along.max() <= 2 * float(found.error.total)
