"""Simulation with floating-point weights, and the search for inputs that tell networks apart."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import numpy as np
import pytest
from worst_case import forward, worst_difference

from urnn_proofs import RNN, InputError, UndecidedError, UnsupportedError, equivalent_urnn
from urnn_proofs.checks.numeric.float_network import FloatNetwork

NAMES = ("W", "F", "b", "C", "h_init")


def random_net(n=5, m=2, p=3, seed=0, norm=0.9, activation="relu"):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    return RNN(
        W * (norm / np.linalg.norm(W, 2)),
        rng.standard_normal((n, m)),
        rng.standard_normal(n),
        rng.standard_normal((p, n)),
        rng.standard_normal(n),
        activation,
    )


def stored(dtype="float64", **options):
    return FloatNetwork.rounded(random_net(**options), dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ["relu", "relu6", "hard_tanh", "tanh"])
def test_runs_agree_with_the_network_it_came_from(dtype, activation):
    net = random_net(activation=activation)
    x = np.random.default_rng(1).standard_normal((30, 4, 2))
    found = FloatNetwork.rounded(net, dtype)
    y = found.run(x)
    assert y.dtype == dtype
    assert y.shape == (30, 4, 3)
    assert np.allclose(y, net.run(x), rtol=0, atol=1e-12 if dtype == "float64" else 1e-4)
    assert np.allclose(found.run(x[:, 0]), y[:, 0], rtol=0, atol=1e-5)
    assert all(getattr(found, name).dtype == dtype for name in NAMES)


def test_exact_and_float_runs_agree():
    net = FloatNetwork.rounded(random_net(n=3), "float32")
    x = np.random.default_rng(2).standard_normal((6, 2)).astype(np.float32)
    exact = net.exact().run_exact([[Q(float(v)) for v in row] for row in x])
    gap = np.abs(net.run(x) - np.array([[float(v) for v in row] for row in exact]))
    assert 0 < gap.max() < 1e-5


def test_the_urnn_agrees_with_the_rnn():
    net = random_net()
    both = equivalent_urnn(net, 1)
    x = np.random.default_rng(3).uniform(-0.7, 0.7, size=(200, 3, 2))
    urnn = FloatNetwork.rounded(both.urnn)
    assert np.allclose(urnn.run(x), FloatNetwork.rounded(net).run(x), rtol=0, atol=1e-11)


def test_conversion_to_float64_and_back_keeps_every_bit():
    net = stored("float32")
    again = net.astype("float64").astype("float32")
    assert all(np.array_equal(getattr(net, k), getattr(again, k)) for k in NAMES)


def test_a_long_run():
    net, urnn = stored(), FloatNetwork.rounded(equivalent_urnn(random_net(), 1).urnn)
    x = np.random.default_rng(4).standard_normal((100_000, 2))
    x /= np.linalg.norm(x, axis=1, keepdims=True) * (1 + 1e-9)
    gaps = np.linalg.norm(net.run(x) - urnn.run(x), axis=1)
    assert 0 < gaps.max() < 1e-12


def test_weights_are_copied_and_read_only():
    W = np.eye(2) / 2
    net = FloatNetwork(W, np.ones((2, 1)), np.zeros(2), np.ones((1, 2)), np.zeros(2), "relu")
    W[0, 0] = 7
    assert net.W[0, 0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        net.W[0, 0] = 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W": np.ones((2, 3))}, r"W has shape \(2, 3\)"),
        ({"W": np.ones(2)}, "W has shape"),
        ({"F": np.ones((3, 1))}, "F has shape"),
        ({"b": np.zeros(3)}, "b has shape"),
        ({"C": np.ones((1, 3))}, "C has shape"),
        ({"h_init": np.zeros(2, dtype=np.float32)}, "h_init is of type float32"),
        ({"b": np.array([np.nan, 0])}, "b has entries that are NaN"),
        ({"b": [0.0, 0.0]}, "b is of type list"),
        ({"activation": "swish"}, "activation is 'swish'"),
    ],
)
def test_bad_weights(change, message):
    good = FloatNetwork(
        np.eye(2), np.ones((2, 1)), np.zeros(2), np.ones((1, 2)), np.zeros(2), "relu"
    )
    with pytest.raises(InputError, match=message):
        dataclasses.replace(good, **change)


def test_bad_inputs():
    net = stored("float32")
    for x, message in (
        (np.ones((3, 5)), "shape"),
        (np.ones(3), "shape"),
        ([[1, "a"]], "rectangular"),
        ([[np.inf, 0.0]], "finite"),
        ([[1e300, 0.0]], "finite in float32"),
    ):
        with pytest.raises(InputError, match=message), np.errstate(over="ignore"):
            net.run(x)
    with pytest.raises(UndecidedError, match="range of float32"):
        FloatNetwork.rounded(RNN([[0.5]], [[1e300]], [0], [[1]]), "float32")
    with pytest.raises(InputError, match="float16"):
        FloatNetwork.rounded(random_net(), "float16")


@pytest.mark.parametrize("activation", ["relu", "hard_tanh", "leaky_relu"])
def test_gradients_against_finite_differences(activation):
    net = stored(activation=activation)
    rng = np.random.default_rng(5)
    x = rng.standard_normal((6, 2, 2))
    run = forward(net, x)
    assert np.allclose(run.outputs, net.run(x), rtol=0, atol=1e-12)
    at_outputs, at_states = rng.standard_normal((6, 2, 3)), rng.standard_normal((6, 2, 5))

    def value(inputs):
        found = forward(net, inputs)
        return (at_outputs * found.outputs).sum() + (at_states * found.states).sum()

    gradient = run.pull_back(at_outputs, at_states)
    for k in range(6):
        for i in range(2):
            shift = np.zeros_like(x)
            shift[k, 1, i] = 1e-6
            slope = (value(x + shift) - value(x - shift)) / 2e-6
            assert abs(slope - gradient[k, 1, i]) < 1e-6 * (1 + abs(slope))


def test_no_gradients_of_smooth_activations():
    with pytest.raises(UnsupportedError, match="'tanh'"):
        forward(stored(activation="tanh"), np.zeros((1, 1, 2)))


class TestSearch:
    def test_nothing_is_found_where_there_is_nothing(self):
        net = stored()
        assert worst_difference(net, net, 1.0, steps=20, iterations=3).difference == 0

    def test_the_worst_input_of_a_scalar_network_is_found(self):
        """Apart by (sum w^k - sum v^k) at the input 1, 1, 1, ...: no input does worse."""
        w, v = 0.9, 0.8
        nets = [FloatNetwork.rounded(RNN([[t]], [[1]], [0], [[1]])) for t in (w, v)]
        found = worst_difference(*nets, 1.0, steps=30)
        limit = sum(w**k - v**k for k in range(30))
        assert limit * (1 - 1e-5) < found.difference <= limit
        assert (found.step, found.inputs.shape) == (29, (30, 1))

    def test_ascent_beats_the_patterns(self):
        first, second = stored(n=8, seed=1), stored(n=8, seed=1, norm=0.85)
        patterns = worst_difference(first, second, 1.0, steps=30, restarts=0)
        ascent = worst_difference(first, second, 1.0, steps=30)
        assert ascent.difference > 1.1 * patterns.difference
        assert ascent.found_by == "ascent"
        assert (np.linalg.norm(ascent.inputs, axis=1) <= 1).all()
        assert ascent.tried > patterns.tried

    def test_what_is_found_can_be_seen_again(self):
        first, second = stored("float32"), stored()
        found = worst_difference(first, second, 2.0, steps=25, seed=7)
        gap = first.run(found.inputs[:, None]).astype(float) - second.run(found.inputs[:, None])
        sizes = np.linalg.norm(gap[:, 0], axis=-1)
        # Another batch size may round differently.
        assert sizes[found.step] > 0.2 * found.difference > 0

    def test_equal_seeds_give_equal_results(self):
        nets = stored(), stored(norm=0.8)
        one, two, other = (
            worst_difference(*nets, 1.0, steps=15, iterations=4, seed=s) for s in (3, 3, 4)
        )
        assert one.difference == two.difference
        assert np.array_equal(one.inputs, two.inputs)
        assert not np.array_equal(one.inputs, other.inputs)

    def test_networks_must_fit(self):
        with pytest.raises(InputError, match="same numbers"):
            worst_difference(stored(), stored(m=3), 1.0)
