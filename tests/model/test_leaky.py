"""Leaky networks: the ReLU network with 2n states has the same outputs, and its norm is known."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from urnn_proofs import RNN, InputError, UnsupportedError, equivalent_urnn, leaky_rnn, load, save


def rates(net, a, inputs):
    """The leaky network itself, step by step in fractions."""
    W, F, C = (m.to_fractions() for m in (net.W, net.F, net.C))
    b, r, outputs = net.b.entries(), net.h_init.entries(), []
    for x in inputs:
        drive = [
            sum(w * q for w, q in zip(row, r)) + sum(f * q for f, q in zip(into, x)) + shift
            for row, into, shift in zip(W, F, b)
        ]
        r = [(1 - a) * old + a * max(u, 0) for old, u in zip(r, drive)]
        outputs.append([sum(c * q for c, q in zip(row, r)) for row in C])
    return outputs


def network(seed, n, *, norm=0.9, start=False):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    W *= norm / np.linalg.norm(W, 2)
    F, b, C = rng.standard_normal((n, 2)), rng.standard_normal(n), rng.standard_normal((2, n))
    return RNN(W, F, b, C, h_init=abs(rng.standard_normal(n)) if start else None)


@pytest.mark.parametrize("a", [Fraction(1, 5), Fraction(1, 2), Fraction(99, 100), Fraction(1)])
@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("n", [1, 3])
def test_the_outputs_are_those_of_the_leaky_network_exactly(a, start, n):
    net = network(7 * n, n, start=start)
    inputs = np.random.default_rng(1).integers(-3, 4, (6, 2)).tolist()
    found = leaky_rnn(net, a)
    assert found.states == (n if a == 1 else 2 * n)
    assert found.run_exact(inputs) == rates(net, a, inputs)


@pytest.mark.parametrize("a", ["1/1000", "0.2", "1/2", "0.999"])
@pytest.mark.parametrize("norm", [0.0, 0.001, 0.5, 0.9, 1 - 1e-9])
def test_the_norm_is_below_one_where_that_of_w_is(a, norm):
    """(1 - a) + a ||W|| is reached but for rounding, and the exact test of Theorem 3.1 passes."""
    from urnn_proofs.checks.exact.contractive import is_contractive

    net = network(3, 4, norm=norm)
    found = leaky_rnn(net, a)
    expected = 1 - Fraction(a) + Fraction(a) * Fraction(max(norm, 1 / 64))
    measured = np.linalg.norm(found.W.to_numpy(), 2)
    assert measured <= float(expected) + 1e-12
    assert is_contractive(found.W)


def test_the_urnn_has_the_outputs_of_the_leaky_network():
    net = network(5, 3)
    x = np.random.default_rng(2).standard_normal((80, 2))
    found = equivalent_urnn(leaky_rnn(net, "0.2"), 6)
    assert found.result.layers[0].states <= 4 * net.states
    inputs = [[Fraction(v) for v in row] for row in x.tolist()]
    expected = np.array([[float(v) for v in row] for row in rates(net, Fraction(1, 5), inputs)])
    np.testing.assert_allclose(found.result.run(x), expected, atol=1e-9)


@pytest.mark.parametrize("leak", [0, -1, "0", "1.5", 2, float("nan"), "a", None, True])
def test_a_leak_is_a_number_above_zero_and_at_most_one(leak):
    with pytest.raises(InputError, match="leak is"):
        leaky_rnn(network(0, 2), leak)


def test_other_networks_are_refused():
    net = network(0, 2)
    with pytest.raises(UnsupportedError, match="activation 'tanh'; expected 'relu'"):
        leaky_rnn(net.replace(activation="tanh"), "0.5")
    with pytest.raises(UnsupportedError, match="negative entry -1; expected entries >= 0"):
        leaky_rnn(net.replace(h_init=[1, -1]), "0.5")


def test_files_of_leaky_networks(tmp_path):
    from typer.testing import CliRunner

    from urnn_proofs.cli import app

    net = network(4, 3)
    save(net, tmp_path / "net.npz")
    assert load(tmp_path / "net.npz", leak="0.2").rnn.W == leaky_rnn(net, "0.2").W
    out = tmp_path / "urnn.json"
    line = ["convert", str(tmp_path / "net.npz"), str(out), "--input-bound", "6", "--leak", "0.2"]
    result = CliRunner().invoke(app, line)
    assert result.exit_code == 0, result.stderr
    inputs = np.random.default_rng(1).integers(-3, 4, (6, 2)).tolist()
    expected = [[float(v) for v in row] for row in rates(net, Fraction(1, 5), inputs)]
    np.testing.assert_allclose(load(out).run(np.array(inputs, float)), expected, atol=1e-9)
