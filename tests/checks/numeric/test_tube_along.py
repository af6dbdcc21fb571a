"""Bounds along given inputs, gate by gate: by hand, against exact runs, and what makes them."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import numpy as np
import pytest
from test_tube import M, inputs, random_net

from urnn_proofs import RNN
from urnn_proofs.checks.exact.sector import Sector
from urnn_proofs.checks.numeric import tube_along as module
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.running_error import checked_inputs
from urnn_proofs.checks.numeric.tube import _dual_norms, tube_bounds
from urnn_proofs.checks.numeric.tube_along import tube_along
from urnn_proofs.guesses.tube import propose_tube
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.rational import RationalMatrix


def bounds_of(net, M=M):
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


@pytest.mark.parametrize("name", ["W", "F", "b", "C", "h_init"])
def test_each_changed_weight_counts_as_what_it_does(name):
    """One open unit, read twice, float64; a change so large that its square matters, too."""
    stored = RNN([[Q(1, 2)]], [[1]], [Q(1, 4)], [[1], [1]], [Q(1, 8)])
    net = FloatNetwork.rounded(stored)
    old = getattr(stored, name)
    wanted = stored.replace(**{name: old.replace((0, 0), old[0, 0] + Q(1, 128))})
    x = np.ones((30, 1))
    bounds = bounds_of(net)
    truth = np.linalg.norm(exact_outputs(wanted, x) - exact_outputs(stored, x), axis=-1)
    found = tube_along(bounds, wanted, x)
    assert (truth <= found).all()
    assert (found[:2] <= 1.3 * truth[:2]).all()
    assert max(truth) <= bounds.weights(wanted)[0]


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("above", [Q(-1, 4), Q(0), Q(1, 4)])
@pytest.mark.parametrize("gap", [Q(1, 2**10), Q(1, 2**20), Q(1, 2**25), Q(1, 2**40)])
def test_gates_near_the_boundary_are_covered(gap, above, side):
    """Two units; what the first hands on moves the second over 0, in one of the networks."""
    W, b = [[Q(1, 2), 0], [Q(1, 2), 0]], [0, -1 + above * gap]
    stored = RNN(W, [[1], [0]], b, [[0, 1]], [2, 0])
    net = FloatNetwork.rounded(stored, "float64")
    assert net.exact().b == stored.b
    wanted = stored.replace(b=stored.b.replace((0, 0), side * gap))
    x = np.ones((6, 1))  # the first stays at 2, the second sees 2 / 2 - 1
    pairs = zip(wanted.run_exact(x.tolist()), stored.run_exact(x.tolist()))
    truth = np.array([abs(float(a[0] - b[0])) for a, b in pairs])
    assert (truth.max() > 0) == (side > 0 or above > 0)
    bounds = bounds_of(net)
    assert (truth <= tube_along(bounds, wanted, x)).all()
    assert truth.max() <= bounds.weights(wanted)[0]


def test_underflow_is_in_the_bound():
    """A product below the normal numbers loses most of its digits."""
    tiny, small = np.float32(1.3e-30), np.float32(1.1e-14)
    one, zero = np.ones((1, 1), np.float32), np.zeros(1, np.float32)
    net = FloatNetwork(one * 0, one * tiny, zero, one, zero, "relu")
    exact = Q(float(tiny)) * Q(float(small))
    gap = abs(float(tiny * small) - float(exact))
    assert gap > 1e-2 * float(exact)
    bounds = bounds_of(net)
    assert gap <= bounds.computed
    assert gap <= tube_along(bounds, net.exact(), np.array([[small]]))[0]


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


def worst_sum(terms, side):
    """The sum of a few float32 numbers that is furthest to a side, of all orders there are.

    Rounding is monotone: the largest result for a set is made of the largest ones for its parts.
    """
    values = [np.float32(side * v) for v in terms if v != 0]
    best = {1 << i: v for i, v in enumerate(values)}
    for whole in range(1, 1 << len(values)):
        part = (whole - 1) & whole
        while part:
            sum_ = best[part] + best[whole ^ part]
            best[whole] = max(best.get(whole, sum_), sum_)
            part = (part - 1) & whole
    return np.float32(side * best.get((1 << len(values)) - 1, 0))


def furthest(net, x, direction):
    """Outputs of the engine that moves the last one in a direction, by all orders of each sum."""
    W, C = net.W.astype(float), net.C.astype(float)
    states, v, sides = net.h_init.astype(float), C.T @ direction, []
    opened = []
    for x_k in x:
        states = np.maximum(
            W @ states + net.F.astype(float) @ x_k + net.exact_bias.to_numpy()[:, 0], 0
        )
        opened.append(states > 0)
    for gate in reversed(opened):
        sides.append(np.where(v >= 0, 1, -1))
        v = W.T @ np.where(gate, v, 0)
    biases = np.array([net.b] if net.second_bias is None else [net.b, net.second_bias]).T
    h, found = net.h_init, []
    for x_k, side in zip(x, reversed(sides)):
        rows = np.hstack([net.W * h, net.F * x_k, biases])
        h = np.array([max(worst_sum(*pair), np.float32(0)) for pair in zip(rows, side)])
        found.append([worst_sum(*pair) for pair in zip(net.C * h, np.sign(direction))])
    return np.array(found, np.float64)


def exact_outputs(net, x):
    exact = net.exact() if isinstance(net, FloatNetwork) else net
    return np.array([[float(v) for v in y] for y in exact.run_exact(x.tolist())])


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


# -- each sum in the worst of all orders -----------------------------------------------------------


def small_net(seed):
    """A float32 network of up to 3 units, with zero weights, two biases, and gates of all kinds."""
    rng = np.random.default_rng(seed)
    n, m = (int(v) for v in rng.integers(1, 4, 2))
    W, b = rng.standard_normal((n, n)) * (rng.random((n, n)) < 0.8), rng.standard_normal(n)
    W *= rng.choice([0.5, 0.9, 0.99]) / max(np.linalg.norm(W, 2), 1e-3)
    F, C = rng.standard_normal((n, m)), rng.standard_normal((2, n))
    second = rng.choice([0, 1]) * rng.standard_normal(n) - rng.choice([0, 1]) * b
    parts = (W, F, rng.choice([0, 0.1, 3]) * b, C, rng.choice([0, 1]) * np.abs(b))
    arrays = [a.astype(np.float32) for a in parts]
    second = second.astype(np.float32)
    return FloatNetwork(*arrays, "relu", second if second.any() else None)


def test_no_order_of_additions_leaves_the_bounds():
    seen = 0
    for seed in range(40):
        net = small_net(seed)
        tube = propose_tube(net, M, None)
        bounds = None if tube is None else tube_bounds(net, M, tube)
        if bounds is None:
            continue
        seen += 1
        x = inputs(10, 1, net.inputs, seed)[:, 0]
        along, truth = tube_along(bounds, net.exact(), x), exact_outputs(net, x)
        for direction in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
            gaps = np.linalg.norm(furthest(net, x, np.array(direction)) - truth, axis=-1)
            assert (gaps <= along + 1e-14).all(), seed
            assert gaps.max() <= float(bounds.computed), seed
    assert seen >= 35


def many_small(size=32):
    """1, and numbers each of which rounds a sum from 1 to 2 up by a unit."""
    return np.array([1.0] + [2.0**-24 * (1 + 2.0**-10)] * (size - 1), np.float32)


def added_one_by_one(terms):
    total = np.float32(0)
    for v in terms:
        total = total + v
    return float(total)


def test_the_rounding_of_the_readout_is_in_the_bound_which_it_comes_near(monkeypatch):
    """States without any rounding, read by 1, ..., 1: the error is that of one sum."""
    terms = many_small()
    n = len(terms)
    zero = np.zeros(n, np.float32)
    parts = (np.zeros((n, n), np.float32), terms[:, None], zero, np.ones((1, n), np.float32))
    net = FloatNetwork(*parts, zero, "relu")
    bounds = bounds_of(net)
    x = np.ones((3, 1), np.float32)
    gap = added_one_by_one(terms) - float(sum(map(Q, terms.tolist())))
    found = tube_along(bounds, net.exact(), x)
    assert (gap <= found).all()
    assert gap <= float(bounds.computed)
    assert (found <= 1.3 * gap).all()
    follow = module._follow

    def unread(*arguments):
        path = follow(*arguments)
        return dataclasses.replace(path, read=path.read * 0)

    monkeypatch.setattr(module, "_follow", unread)
    assert (tube_along(bounds, net.exact(), x) < gap).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_the_rounding_of_one_preactivation_comes_near_its_bound(sign):
    """One unit, W = 0, that adds its inputs one by one: the error is that of one sum."""
    terms = many_small()
    one, zero = np.ones((1, 1), np.float32), np.zeros(1, np.float32)
    F = np.full((1, len(terms)), sign, np.float32)
    net = FloatNetwork(one * 0, F, zero, one, zero, "relu")
    gap = added_one_by_one(terms) - float(sum(map(Q, terms.tolist())))
    bounds = bounds_of(net)
    assert gap <= tube_along(bounds, net.exact(), sign * terms[None])[0] <= 1.3 * gap
    assert gap <= bounds.computed


@pytest.mark.parametrize("part", ["inputs", "a bias and inputs", "states"])
def test_the_bound_for_all_inputs_has_each_part_of_a_sum(part):
    """1 and many small terms, products of factors that are as large as M and H allow."""
    one, n = np.ones((1, 1), np.float32), 32
    row = np.array([[1.0] + [2.0**-12] * (n - 1)], np.float32)
    values = np.array([1.0] + [2.0**-12 * (1 + 2.0**-10)] * (n - 1), np.float32)
    gap = added_one_by_one(many_small()) - float(sum(map(Q, many_small().tolist())))
    zero = np.zeros(1, np.float32)
    if part == "inputs":
        bounds = bounds_of(FloatNetwork(0 * one, row, zero, one, zero, "relu"), Q(1001, 1000))
    elif part == "states":
        W, F = np.zeros((n, n), np.float32), np.full((n, 1), 2.0**-40, np.float32)
        W[0] = row / 2
        C = np.eye(n, dtype=np.float32)[:1]
        bounds = bounds_of(FloatNetwork(W, F, np.zeros(n, np.float32), C, values, "relu"))
        gap = gap / 2
    else:
        net = FloatNetwork(0 * one, row[:, 1:], zero + 1, one, zero, "relu")
        bounds = bounds_of(net, Q(1, 500))
    assert gap <= bounds.computed <= 4 * gap


def test_a_dual_norm_that_float64_does_not_reach_is_bounded_all_the_same():
    one, large = RationalMatrix.identity(2), RationalMatrix.parse([[1, 1], [1, 1]], "P") * 2**1100
    (found,) = _dual_norms(RationalMatrix.parse([[1, -1]], "w"), one + large, Q(1))
    assert found**2 >= 2  # w itself is P^-1 w


def test_initial_states_are_terms_of_the_first_sums():
    """One unit that adds up the initial states, 1 and many small ones."""
    terms = many_small()
    n = len(terms)
    W, zero = np.zeros((n, n), np.float32), np.zeros(n, np.float32)
    W[0] = 2.0**-5
    C = np.eye(n, dtype=np.float32)[:1]
    net = FloatNetwork(W, np.ones((n, 1), np.float32), zero, C, terms, "relu")
    gap = (added_one_by_one(terms) - float(sum(map(Q, terms.tolist())))) / 32
    found = tube_along(bounds_of(net), net.exact(), np.zeros((1, 1), np.float32))
    assert gap <= found[0] <= 1.3 * gap


def test_rounding_is_handed_on_through_a_gate_at_the_boundary():
    """The first unit adds its inputs one by one, the second is what the first exceeds a number."""
    terms = many_small()
    exact = sum(map(Q, terms.tolist()))
    level = np.float32(float(exact))
    W, F = np.array([[0, 0], [1, 0]], np.float32) / 2, np.zeros((2, len(terms)), np.float32)
    F[0] = 1
    b, C = np.array([0, -level / 2], np.float32), np.array([[0, 1]], np.float32)
    net = FloatNetwork(W, F, b, C, np.zeros(2, np.float32), "relu")
    x = np.stack([terms, terms * 0])
    computed = max(np.float32(added_one_by_one(terms)) / 2 - level / 2, np.float32(0))
    gap = float(computed) - float(max((exact - Q(float(level))) / 2, 0))
    assert gap > 10 * 2.0**-24
    bounds = bounds_of(net)
    assert gap <= tube_along(bounds, net.exact(), x)[1]
    assert gap <= bounds.computed


# -- numbers far from 1 ----------------------------------------------------------------------------


@pytest.mark.parametrize("power", [-900, -530, -450, 450, 530, 900])
def test_bounds_scale_with_the_outputs(power):
    """Outputs times 2^power, in the norm times 2^power: squares of these are beyond float64."""
    net, x = FloatNetwork.rounded(random_net(3, 3), "float64"), inputs(8, 1, 2)[:, 0]
    tube = propose_tube(net, M, None)
    s = Q(2) ** (2 * power)
    e = tube.sector
    t, y = (tuple(v * s for v in part) for part in (e.t, e.y))
    moved = dataclasses.replace(tube, sector=Sector(e.P * s, t, y, e.a, e.p * s))
    far = dataclasses.replace(net, C=net.C * 2.0**power)
    plain, found = (
        tube_along(tube_bounds(each, M, by), each.exact(), x)
        for each, by in ((net, tube), (far, moved))
    )
    assert np.allclose(found * 2.0**-power, plain, rtol=1e-6, atol=0)


def by_hand(c):
    """A unit of weight 1/2 that is read by c <= 1, with the sector of one that is read by 1."""
    nets = [FloatNetwork.rounded(RNN([[0.5]], [[1]], [0.1], [[v]]), "float64") for v in (1, c)]
    one = RationalMatrix.identity(1)
    sector = Sector(one, (Q(1),), (Q(1, 2),), Q(1, 2), Q(1))
    tube = dataclasses.replace(propose_tube(nets[0], M, None), sector=sector)
    return nets[1], tube_bounds(nets[1], M, tube)


@pytest.mark.parametrize("name", ["W", "F", "C"])
def test_the_growth_of_a_network_nearby_by_hand(name):
    """``C F / (1 - W)`` for one unit that is open; the sector is tight."""
    net, bounds = by_hand(1.0)
    old = getattr(net.exact(), name)
    wanted = net.exact().replace(**{name: old * Q(9, 8)})
    W, F, C = (getattr(wanted, x)[0, 0] for x in "WFC")
    assert C * F / (1 - W) <= bounds.growth(wanted) <= C * F / (1 - W) * Q(1001, 1000)
    assert 8 <= bounds.apart([Q(1)], [Q(3, 8)]) <= 8 * Q(1001, 1000)  # 1 / (1 - 1/2 - 3/8)


@pytest.mark.parametrize("c", [1.0, 1e-140, 1e-150, 1e-250])
def test_errors_of_tiny_outputs_are_not_lost(c):
    net, bounds = by_hand(c)
    wanted = net.exact()
    wanted = wanted.replace(b=wanted.b.replace((0, 0), Q(1, 10) + Q(1, 10**12)))
    x = np.ones((4, 1))
    pairs = zip(wanted.run_exact(x.tolist()), net.exact().run_exact(x.tolist()))
    truth = np.array([float(a[0] - b[0]) for a, b in pairs])
    assert (truth <= tube_along(bounds, wanted, x)).all()


def test_a_tiny_input_that_leaves_x_m_is_refused():
    net, _ = by_hand(1.0)
    with pytest.raises(InputError, match="longer than the input bound"):
        checked_inputs(net, np.array([[1e-165]]), Q(1, 10**170))
