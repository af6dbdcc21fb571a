"""tanh and logistic URNNs in floats: the claim is derived from the networks, in every engine."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    StoredNetwork,
    Trust,
    UndecidedError,
    UnsupportedError,
    Verdict,
    equivalent_urnn,
    save,
    to_torch,
)
from urnn_proofs.checks.numeric.float_network import FloatStack
from urnn_proofs.model.activation import activation
from urnn_proofs.samples.signals import sample_signals

KINDS = ["tanh", "logistic"]
M = 2


def net(n, phi="tanh", seed=0, norm=0.9, m=2, p=2):
    """Random weights that float32 holds."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    W *= norm / np.linalg.norm(W, 2)
    F, b, C = (rng.standard_normal(s).astype(np.float32) for s in ((n, m), (n,), (p, n)))
    return RNN(W.astype(np.float32), F, b, C, activation=phi)


def signals(m=2, steps=40, seed=0, dtype=np.float32):
    found = sample_signals(steps, m, M * (1 - 1e-6), seed).values()
    return np.concatenate(list(found), axis=1).astype(dtype)


def check(report, name):
    (found,) = [c for c in report.checks if c.name == name]
    return found


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("exact", [True, False])
def test_the_weights_are_within_epsilon_and_the_report_says_what_is_assumed(phi, dtype, exact):
    epsilon = Q(1, 10**5)
    rnn = net(5, phi)
    found = equivalent_urnn(rnn, M, epsilon=epsilon, dtype=dtype, exact=exact)
    assert found.error.weights <= epsilon == found.epsilon
    assert found.error.weights > epsilon / 10  # biases are no larger than epsilon asks for
    assert found.result.layers[0].states == 10
    report = found.report
    assert report.verdict is Verdict.PROVED
    assert report.trust is Trust.BALL
    assert f"{phi} computed within 16 u" in report.scope
    assert "tanh computed" in str(check(report, "same engine").evidence) or phi == "logistic"
    assert (found.exact is not None) == exact == (report.certificate is not None)
    x = signals()
    off = found.built.run(x) - rnn.run(x.astype(float))
    assert np.linalg.norm(off, axis=-1).max() <= float(found.error.total)


@pytest.mark.parametrize("phi", KINDS)
def test_without_epsilon_it_is_what_rounding_is_worth(phi):
    rnn = net(4, phi)
    for dtype, unit in (("float32", 2.0**-24), ("float64", 2.0**-53)):
        found = equivalent_urnn(rnn, M, dtype=dtype)
        assert found.report.verdict is Verdict.PROVED
        assert unit / 10 < found.epsilon < 1000 * unit
        assert found.error.weights <= found.epsilon
        # Biases of a few units more than those at which the type itself tells no difference.
        least = {"tanh": np.log(2 / unit) / 2, "logistic": np.log(1 / unit)}[phi]
        assert -least - 8 < found.built.layers[0].b[4:].min() < -least


def test_a_smaller_epsilon_needs_lower_biases():
    biases = []
    for epsilon in (1e-2, 1e-5, 1e-9):
        found = equivalent_urnn(net(3), M, epsilon=epsilon, dtype="float64", exact=False)
        biases.append(found.built.layers[0].b[3:].max())
    assert biases[0] > biases[1] + 2 > biases[2] + 5


def test_an_epsilon_that_the_type_cannot_hold_is_refused_with_the_smallest_that_it_can():
    third = RNN([[Q(1, 3)]], [[Q(1, 7)]], [Q(1, 3)], [[Q(2, 3)]], activation="tanh")
    with pytest.raises(UnsupportedError, match=r"smallest that is shown .* float32 is (\S+);") as e:
        equivalent_urnn(third, M, epsilon=1e-12, dtype="float32")
    least = Q(str(e.value).split("float32 is ")[1].split(";")[0])
    assert equivalent_urnn(third, M, epsilon=least, dtype="float32").error.weights <= least
    with pytest.raises(UnsupportedError, match="expected at least that"):
        equivalent_urnn(third, M, epsilon=least / 2, dtype="float32")
    found = equivalent_urnn(third, M, epsilon=1e-12, dtype="float64")
    assert found.report.verdict is Verdict.PROVED


EDGES = {
    "nothing at all": RNN([[0]], [[0]], [0], [[0]], activation="tanh"),
    "no memory": RNN([[0, 0], [0, 0]], [[1], [0.5]], [0, 0], [[1, 0]], activation="tanh"),
    "a start far out": RNN([[0.5]], [[1]], [0], [[1]], [30], activation="tanh"),
    "large inputs": RNN([[0.5]], [[1e6]], [-1e5], [[1e-3]], activation="logistic"),
    "a norm near 1": RNN([[0.999]], [[0.1]], [0], [[1]], activation="tanh"),
    "singular": RNN([[0.3, 0.3], [0.3, 0.3]], [[1], [0.7]], [0.1, 0], [[1, 1]], activation="tanh"),
    "large outputs": RNN([[0.5]], [[1]], [0], [[1e8]], activation="tanh"),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("epsilon", [None, 1e-3, 10**6])
def test_networks_at_the_edge(name, dtype, epsilon):
    rnn = EDGES[name]
    found = equivalent_urnn(rnn, M, epsilon=epsilon, dtype=dtype)
    assert found.report.verdict is Verdict.PROVED
    assert 0 <= found.error.weights <= found.epsilon
    x = signals(m=1, dtype=dtype)
    off = np.linalg.norm(found.built.run(x) - rnn.run(x.astype(float)), axis=-1).max()
    own = 1e-15 * float(np.abs(rnn.C.to_numpy()).max())  # of the simulation in float64
    assert off <= float(found.error.total) + own


def test_relu_is_held_to_epsilon_as_well():
    third = RNN([[Q(1, 3)]], [[Q(1, 7)]], [Q(1, 3)], [[Q(2, 3)]])
    found = equivalent_urnn(third, M, epsilon=1e-6, dtype="float32")
    assert found.error.weights <= found.epsilon
    assert found.report.verdict is Verdict.PROVED
    with pytest.raises(UnsupportedError, match="smallest that is shown"):
        equivalent_urnn(third, M, epsilon=1e-12, dtype="float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layers_pass_on_what_they_are_off_by(dtype):
    below = net(3).replace(C=np.eye(3))
    network = StoredNetwork.of(below, net(4, "logistic", 1, m=3), output_bias=[1, 2])
    found = equivalent_urnn(network, M, epsilon=1e-4, dtype=dtype)
    assert found.report.verdict is Verdict.PROVED
    assert found.error.weights <= found.epsilon
    assert [layer.states for layer in found.result.layers] == [6, 8]
    x = signals(dtype=dtype)
    off = found.built.run(x) - network.run(x.astype(float))
    assert np.linalg.norm(off, axis=-1).max() <= float(found.error.total)
    single = equivalent_urnn(below, M, epsilon=1e-4, dtype=dtype)
    assert found.error.weights > 0 < single.error.weights


def test_a_readout_between_layers_is_multiplied_out():
    network = StoredNetwork.of(net(3, p=2), net(4, seed=1))
    found = equivalent_urnn(network, M, epsilon=1e-3, dtype="float64")
    assert found.report.verdict is Verdict.PROVED
    x = signals(dtype=float)
    off = np.linalg.norm(found.built.run(x) - network.run(x), axis=-1).max()
    assert off <= float(found.error.total)


def test_the_module_has_the_very_weights_that_the_bounds_are_about():
    torch = pytest.importorskip("torch", reason="extra torch")
    found = equivalent_urnn(net(4), M, epsilon=1e-6, dtype="float32")
    built, module = found.built.layers[0], to_torch(found.result)
    pairs = {
        "weight_hh_l0": built.W,
        "weight_ih_l0": built.F,
        "bias_ih_l0": built.b,
        "bias_hh_l0": built.second_bias,
    }
    for name, array in pairs.items():
        assert torch.equal(getattr(module.rnn, name), torch.from_numpy(array.copy())), name
    assert torch.equal(module.readout.weight, torch.from_numpy(built.C.copy()))
    assert torch.equal(module.h_init[0], torch.from_numpy(built.h_init.copy()))
    assert module.h_init[0, 4:].tolist() == [-1] * 4


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("epsilon", [1e-2, 1e-7])
def test_along_an_input_the_bound_is_smaller_and_holds_at_every_step(phi, dtype, epsilon):
    rnn = net(12, phi)
    network = StoredNetwork.of(rnn, output_bias=[1, -1])
    found = equivalent_urnn(network, M, epsilon=epsilon, dtype=dtype, exact=False)
    x = signals(dtype=dtype)
    along = found.error_along(x)
    wanted = rnn.run(x.astype(float)) + np.array([1, -1])
    off = np.linalg.norm(found.built.run(x) - wanted, axis=-1)
    assert along.shape == off.shape == x.shape[:2]
    own = 1e-13 if dtype == "float64" else 0  # what the simulation in float64 is off by itself
    assert (off <= along + own).all()
    assert along.max() <= float(found.error.total) * (1 + 1e-9)
    assert along[0].max() < along.max()


# -- attacks ----------------------------------------------------------------------------


def exchanged(found, **changes):
    """The same claim about other weights."""
    only = replace(found.built.layers[0], **changes)
    return replace(found, built=FloatStack((only,), found.built.output_bias))


def test_a_weight_that_is_changed_by_one_unit_is_not_within_epsilon():
    """Epsilon is at what the weights are worth; nothing is left for a change of theirs."""
    rnn = net(4)
    found = equivalent_urnn(rnn, M, epsilon=1e-12, dtype="float32")
    assert found.report.verdict is Verdict.PROVED
    n, rng = 4, np.random.default_rng(0)
    for name in ("W", "F", "b", "C"):
        for _ in range(3):
            array = getattr(found.built.layers[0], name).copy()
            index = tuple(int(rng.integers(0, min(s, n))) for s in array.shape)
            array[index] = np.nextafter(array[index], np.float32(np.inf))
            changed = exchanged(found, **{name: array})
            assert changed.error.weights > found.epsilon
            assert changed.report.verdict is Verdict.UNKNOWN
            assert "epsilon is" in check(changed.report, "rounded weights").evidence["undecided"]


def test_another_activation_of_the_urnn_is_no_claim_at_all():
    found = equivalent_urnn(net(3), M, epsilon=1e-3, dtype="float32")
    for name in ("logistic", "relu"):
        changed = exchanged(found, activation=activation(name))
        with pytest.raises(InputError, match=f"{name!r}; expected 'tanh'"):
            _ = changed.error
    relu = replace(found, network=StoredNetwork.of(net(3, "relu")), exact=None)
    with pytest.raises(UndecidedError, match="initial state of a lower unit is not 0"):
        _ = relu.error
    assert relu.report.verdict is Verdict.UNKNOWN


def test_a_layer_that_reads_the_added_units_of_the_one_below_has_no_bound():
    """They are not 0, as those of ReLU are."""
    network = StoredNetwork.of(net(3).replace(C=np.eye(3)), net(2, seed=1, m=3))
    found = equivalent_urnn(network, M, epsilon=1e-3, dtype="float32", exact=False)
    below, above = found.built.layers
    F = above.F.copy()
    F[0, 4] = 0.5
    stack = FloatStack((below, replace(above, F=F)), found.built.output_bias)
    changed = replace(found, built=stack)
    assert np.abs(changed.built.run(signals()) - found.built.run(signals())).max() > 0.01
    with pytest.raises(InputError, match="reads added units of the layer below"):
        _ = changed.error


def test_parts_of_the_evidence_that_are_exchanged_prove_nothing():
    found = equivalent_urnn(net(3), M, epsilon=1e-3, dtype="float32")
    smaller = replace(found, epsilon=found.error.weights / 2)
    assert smaller.report.verdict is Verdict.UNKNOWN
    louder = replace(found, network=StoredNetwork.of(net(3, seed=7)), exact=None)
    assert louder.report.verdict is Verdict.UNKNOWN
    # Added units are not driven and tanh is bounded: in exact arithmetic M does not matter.
    louder = replace(found, input_bound=Q(100), exact=None)
    assert louder.error.weights == found.error.weights
    assert louder.error.recursion > found.error.recursion


def test_what_is_not_covered_is_refused():
    with pytest.raises(UnsupportedError, match="'silu'; expected 'relu'"):
        equivalent_urnn(net(2, "silu", norm=0.5), M, epsilon=1e-3, dtype="float32")
    with pytest.raises(NotContractiveError):
        equivalent_urnn(net(2, norm=1.5), M, epsilon=1e-3, dtype="float32")
    with pytest.raises(InputError, match="epsilon goes with neither state_bound nor scaling"):
        equivalent_urnn(net(2), M, epsilon=1e-3, dtype="float32", scaling=True)


# -- engines ----------------------------------------------------------------------------


def in_torch(found, x):
    torch = pytest.importorskip("torch", reason="extra torch")
    torch.set_num_threads(1)
    with torch.no_grad():
        return to_torch(found.result)(torch.from_numpy(x)).numpy()


def in_onnxruntime(found, x, path):
    pytest.importorskip("onnx", reason="extra onnx")
    ort = pytest.importorskip("onnxruntime", reason="extra onnx")
    save(found.result, path / "net.onnx")
    session = ort.InferenceSession(str(path / "net.onnx"), providers=["CPUExecutionProvider"])
    return session.run(None, {"input": x})[0]


@pytest.mark.parametrize("part", range(2))
def test_outputs_in_pytorch_and_onnxruntime_keep_to_the_bound(tmp_path, part):
    """Forty networks in all, n from 1 to 64, norms up to 0.99."""
    rng = np.random.default_rng(part)
    for seed in range(20):
        n, phi = int(rng.integers(1, 65)), KINDS[seed % 2]
        rnn = net(n, phi, seed, norm=float(rng.uniform(0.1, 0.99)))
        epsilon = float(10.0 ** rng.uniform(-7, -2))
        found = equivalent_urnn(
            StoredNetwork.of(rnn, output_bias=[1, -1]),
            M,
            epsilon=epsilon,
            dtype="float32",
            exact=False,
            norms="numpy",
        )
        x = signals(seed=seed, steps=20)
        wanted = rnn.run(x.astype(float)) + np.array([1, -1])
        for y in (in_torch(found, x), in_onnxruntime(found, x, tmp_path)):
            off = np.linalg.norm(y - wanted, axis=-1).max()
            assert off <= float(found.error.total), (part, seed)


@pytest.mark.parametrize("phi", KINDS)
def test_a_urnn_far_from_saturation_shows_its_epsilon_and_keeps_to_it(tmp_path, phi):
    """With a large epsilon the added units do move, and outputs differ by what they bring."""
    rnn = net(6, phi, seed=4)
    found = equivalent_urnn(rnn, M, epsilon=0.05, dtype="float32")
    x = signals(steps=100)
    wanted = rnn.run(x.astype(float))
    for y in (in_torch(found, x), in_onnxruntime(found, x, tmp_path)):
        off = np.linalg.norm(y - wanted, axis=-1).max()
        assert 1e-4 < off <= float(found.error.total)
