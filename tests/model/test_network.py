from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from urnn_proofs import RNN, InputError, UnsupportedError, equivalent_urnn, is_contractive

small = st.fractions(min_value=-2, max_value=2, max_denominator=8)


def good(**changes):
    parts = {"W": [[0, 0.5], [0, 0]], "F": [[1], [1]], "b": [0, 0], "C": [[1, 1]]}
    return RNN(**{**parts, **changes})


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"W": [[1, 2, 3], [4, 5, 6]]}, r"W has shape \(2, 3\); expected a square"),
        ({"W": []}, r"W has shape \(0, 1\)|n >= 1"),
        ({"W": np.zeros((0, 0))}, "n >= 1"),
        ({"F": [[1]]}, r"F has shape \(1, 1\).*\(2, any >= 1\)"),
        ({"F": np.zeros((2, 0))}, "F has shape"),
        ({"b": [0]}, "b has 1 entries; expected 2"),
        ({"C": [[1]]}, r"C has shape \(1, 1\).*any >= 1, 2"),
        ({"h_init": [1, 2, 3]}, "h_init has 3 entries; expected 2"),
        ({"b": [0, float("inf")]}, r"b\[1\] is inf"),
        ({"W": [["0", 0], [0, 0]]}, r"W\[0, 0\] is '0'"),
        ({"W": np.array([[None, 0], [0, 0]])}, "W is an array of dtype object"),
        ({"activation": "swish"}, "activation is 'swish'.*relu"),
        ({"activation": 3}, "activation is 3"),
    ],
)
def test_bad_weights_are_named(changes, part):
    with pytest.raises(InputError, match=part):
        good(**changes)


def test_sizes():
    net = RNN(W=np.eye(3) / 2, F=np.ones((3, 2)), b=np.zeros(3), C=np.ones((4, 3)))
    assert (net.states, net.inputs, net.outputs) == (3, 2, 4)


@given(st.lists(st.lists(small, min_size=2, max_size=2), min_size=1, max_size=5))
def test_float_and_exact_simulation_agree(x):
    net = RNN(
        W=[[Fraction(1, 2), Fraction(-1, 4)], [Fraction(1, 8), Fraction(1, 2)]],
        F=[[1, 0], [Fraction(1, 2), -1]],
        b=[Fraction(1, 4), 0],
        C=[[1, -1], [2, 0]],
        h_init=[1, 0],
    )
    exact = np.array(net.run_exact(x), dtype=float)
    assert np.allclose(net.run([[float(v) for v in row] for row in x]), exact, atol=1e-12)


def test_exact_simulation_against_a_hand_computation():
    net = RNN(W=[[Fraction(1, 3)]], F=[[1]], b=[-1], C=[[3]], h_init=[3])
    # h: relu(1 + 1 - 1) = 1, relu(1/3 + 0 - 1) = 0, relu(0 + 2 - 1) = 1
    assert net.run_exact([[1], [0], [2]]) == [[3], [0], [3]]


def test_batches_are_independent():
    net = good()
    x = np.random.default_rng(0).standard_normal((7, 3, 1))
    batched = net.run(x)
    assert batched.shape == (7, 3, 1)
    for k in range(3):
        assert np.allclose(batched[:, k], net.run(x[:, k]))


@pytest.mark.parametrize(
    ("x", "part"),
    [
        ([[1.0, 2.0]], r"shape \(1, 2\); expected \(T, 1\)"),
        ([1.0], r"shape \(1,\)"),
        ([[float("nan")]], "NaN"),
        ([["a"]], "not a rectangular array"),
        ([[1.0], [1.0, 2.0]], "not a rectangular array"),
    ],
)
def test_bad_inputs_of_a_run(x, part):
    with pytest.raises(InputError, match=part):
        good().run(x)


def test_exact_runs_refuse_what_leaves_the_rationals():
    with pytest.raises(UnsupportedError, match="tanh"):
        good(activation="tanh").run_exact([[1]])
    urnn = equivalent_urnn(good(), 1).urnn
    loose = urnn.replace(b=[9] * urnn.states)  # gates are open: states are surds
    with pytest.raises(UnsupportedError, match="sum of square roots"):
        loose.run_exact([[1], [1]])
    with pytest.raises(InputError, match=r"x\[0\] has 2 entries"):
        good().run_exact([[1, 2]])


@pytest.mark.parametrize(("name", "at_zero"), [("tanh", 0.0), ("logistic", 0.5), ("relu", 0.0)])
def test_activations_at_zero_and_far_out(name, at_zero):
    net = RNN(W=[[0]], F=[[1]], b=[0], C=[[1]], activation=name)
    low, mid, high = net.run([[[-1000.0], [0.0], [1000.0]]])[0][:, 0]
    assert mid == at_zero
    assert (low, high) == {"tanh": (-1, 1), "logistic": (0, 1), "relu": (0, 1000)}[name]


def test_is_contractive():
    assert is_contractive(good()) is True
    assert is_contractive(good(W=[[0, 1], [0, 0]])) is False


def test_printed_it_is_a_sentence():
    assert str(good()) == "RNN with 2 states, 1 input, 1 output, activation relu"


def test_the_repr_says_what_it_is():
    assert repr(good()) == "RNN(states=2, inputs=1, outputs=1, activation='relu')"
    assert repr(equivalent_urnn(good(), 1).urnn).startswith("URNN(states=4, ")
