"""Bounds along given inputs, gate by gate: by hand, against exact runs, and what makes them."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import numpy as np
import pytest
from test_tube import M, inputs, random_net

from urnn_proofs import RNN
from urnn_proofs.checks.numeric import tube_along as module
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.tube import tube_bounds
from urnn_proofs.checks.numeric.tube_along import tube_along
from urnn_proofs.guesses.tube import propose_tube
from urnn_proofs.model.rational import RationalMatrix


def bounds_of(net):
    found = tube_bounds(net, M, propose_tube(net, M, None))
    assert found is not None
    return found


TINY = Q(1, 2**20)


def one_unit():
    """A unit of weight 1/2, and the same with a bias that is a little larger."""
    stored = RNN([[Q(1, 2)]], [[1]], [0], [[1]])
    return FloatNetwork.rounded(stored, "float32"), stored.replace(b=stored.b.replace((0, 0), TINY))


def test_a_unit_that_is_closed_in_both_makes_no_error():
    net, wanted = one_unit()
    found = tube_along(bounds_of(net), wanted, np.full((5, 1), -1, np.float32))
    assert (found < 1e-5 * float(TINY)).all()


def test_an_open_unit_hands_its_error_on():
    net, wanted = one_unit()
    found = tube_along(bounds_of(net), wanted, np.ones((8, 1), np.float32))
    truth = np.array([float(TINY) * (2 - 0.5**k) for k in range(8)])
    assert (truth <= found).all()
    rounding = 2 * 5 * 2.0**-24 * 3
    assert (found <= 1.01 * truth + rounding).all()


def test_a_unit_open_in_one_and_closed_in_the_other_is_covered():
    net, wanted = one_unit()
    x = np.full((1, 1), -(2.0**-21), np.float32)
    assert net.run(x)[0, 0] == 0
    truth = float(wanted.run_exact([[Q(-1, 2**21)]])[0][0])
    assert truth == 2.0**-21
    assert tube_along(bounds_of(net), wanted, x)[0] >= truth


def adverse(net, x, signs, rng):
    """Outputs in the stored arithmetic, each sum in that of many orders that is furthest off.

    *signs* says for each unit to which side.
    """
    h, found = net.h_init, []
    weights = np.hstack([net.W, net.F, net.bias[:, None]])

    def add(rows, side):
        sums = []
        for trial in range(40):
            order = rng.permutation(rows.shape[1]) if trial else np.argsort(-rows.sum(axis=0))
            total = np.zeros(len(rows), rows.dtype)
            for j in order:
                total = total + rows[:, j]
            sums.append(total)
        return np.where(side > 0, np.max(sums, axis=0), np.min(sums, axis=0)).astype(rows.dtype)

    for x_k in x:
        h = np.maximum(add(weights * np.concatenate([h, x_k, [1]]).astype(h.dtype), signs), 0)
        found.append(add(net.C * h, np.ones(net.outputs)))
    return np.array(found, np.float64)


def exact_outputs(net, x):
    return np.array([[float(v) for v in y] for y in net.exact().run_exact(x.tolist())])


@pytest.mark.parametrize("n", [2, 6, 16])
def test_the_worst_of_many_orders_keeps_to_the_bound_and_comes_near_it(n):
    net = FloatNetwork.rounded(random_net(n, n), "float32")
    bounds, x = bounds_of(net), inputs(6, 1, 2)[:, 0]
    rng, found = np.random.default_rng(0), tube_along(bounds, net.exact(), x)
    truth = exact_outputs(net, x)
    gaps = np.array(
        [
            np.linalg.norm(adverse(net, x, signs, rng) - truth, axis=-1)
            for signs in (np.ones(n), -np.ones(n), np.sign(net.C[0]), np.sign(net.C[1]))
        ]
    )
    assert (gaps <= found + 1e-14).all()
    assert 25 * gaps.max() > found.max()


@pytest.mark.parametrize(
    "change", ["no rounding of states", "all closed", "a tenth of the rounding"]
)
def test_each_ingredient_is_needed(change, monkeypatch):
    """A bound without one of them is exceeded by a run, so the tests above would see its loss."""
    C = [[Q(1)] + [Q(0)] * 15, [Q(0)] * 15 + [Q(1)]]
    exact = random_net(16, 16).replace(C=RationalMatrix.from_fractions(C))
    net = FloatNetwork.rounded(exact, "float32")
    bounds, x = bounds_of(net), inputs(6, 1, 2)[:, 0]
    follow = module._follow

    def changed(*arguments):
        path = follow(*arguments)
        if change == "no rounding of states":
            return dataclasses.replace(path, sizes=path.sizes * 0)
        if change == "all closed":
            return dataclasses.replace(path, open=path.open & False, sizes=path.sizes * 0)
        return dataclasses.replace(path, read=path.read / 10, sizes=path.sizes / 10)

    honest = tube_along(bounds, net.exact(), x)
    monkeypatch.setattr(module, "_follow", changed)
    mutated = tube_along(bounds, net.exact(), x)
    truth, rng = exact_outputs(net, x), np.random.default_rng(0)
    gap = np.linalg.norm(adverse(net, x, np.ones(16), rng) - truth, axis=-1)
    assert (gap <= honest).all()
    assert (gap > mutated).any()


def test_gates_make_it_smaller_than_norms_alone(monkeypatch):
    net = FloatNetwork.rounded(random_net(32, 1), "float32")
    bounds, x = bounds_of(net), inputs(40, 3, 2)
    found = tube_along(bounds, net.exact(), x)
    monkeypatch.setattr(module, "_LARGEST", 0)
    assert 2 * found.max() < tube_along(bounds, net.exact(), x).max()


def test_one_sequence_or_many_have_the_same_bounds():
    exact = random_net(5, 2)
    net = FloatNetwork.rounded(exact, "float32")
    bounds, x = bounds_of(net), inputs(30, 3, 2)
    many = tube_along(bounds, exact, x)
    for i in range(3):
        assert np.allclose(tube_along(bounds, exact, x[:, i]), many[:, i], rtol=5e-3)
