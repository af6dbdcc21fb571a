"""Activations that are constant on a half-line: the same construction, shifted."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction as Q

import numpy as np
import pytest
from changed import changed as changed_urnn
from hypothesis import given, settings
from hypothesis import strategies as st

from urnn_proofs import (
    RNN,
    URNN,
    InputError,
    NotContractiveError,
    StoredNetwork,
    UnsupportedError,
    Verdict,
    check,
    equivalent_urnn,
    load,
    piecewise_linear,
    save,
)
from urnn_proofs.checks.exact.state_bound import BoundRule, rule_holds
from urnn_proofs.formats.rounding import rounded
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.activation import activation

FLAT = {
    "relu": activation("relu"),
    "relu6": activation("relu6"),
    "hard_tanh": activation("hard_tanh"),
    "hard_sigmoid": activation("hard_sigmoid"),
    "cap (flat on the right only)": piecewise_linear("cap", knots=[1], slopes=[1, 0], value=1),
    "three knots": piecewise_linear(
        "stairs", knots=[-1, 0, 2], slopes=[0, 1, Q(-1, 2), 0], value=Q(1, 3)
    ),
    "right end zero": piecewise_linear("down", knots=[0, 1], slopes=[0, -1, 0], value=1),
    "constant": piecewise_linear("constant", knots=[0], slopes=[0, 0], value=Q(3, 4)),
}
NETWORKS = {
    "n = 1": ([[Q(1, 2)]], [[1]], [Q(1, 4)], [[2]], [Q(1, 3)]),
    "zero": ([[0, 0], [0, 0]], [[1], [2]], [0, 0], [[1, 1]], [0, 1]),
    "dense": ([[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(1, 2)]], [[1], [-1]], [1, -1], [[1, 2]], [1, 0]),
    "nilpotent": ([[0, Q(9, 10)], [0, 0]], [[1], [1]], [0, Q(1, 2)], [[1, -1]], [0, 0]),
}


def network(name, phi):
    W, F, b, C, h = NETWORKS[name]
    return RNN(W, F, b, C, h, phi)


@pytest.mark.parametrize("phi", FLAT)
@pytest.mark.parametrize("net", NETWORKS)
def test_construction_certificate_and_exact_outputs(phi, net):
    rnn = network(net, FLAT[phi])
    both = equivalent_urnn(rnn, 2)
    assert both.report.verdict is Verdict.PROVED
    assert check(both.report.certificate) is Verdict.PROVED
    assert both.urnn.states <= 2 * rnn.states
    for seed in range(4):
        x = np.random.default_rng(seed).integers(-2, 3, size=(8, 1)).tolist()
        outputs = rnn.run_exact(x)
        assert both.urnn.run_exact(x) == outputs
        assert np.allclose(both.urnn.run(x), np.array(outputs, dtype=float), atol=1e-12)


def test_rational_weights_too():
    rnn = network("dense", FLAT["hard_tanh"])
    both = equivalent_urnn(rnn, 2, rational=True)
    assert both.report.verdict is Verdict.PROVED
    assert check(both.report.certificate) is Verdict.PROVED
    assert {*both.urnn.W.alpha, *both.urnn.W.beta} == {1}
    x = [[2], [-2], [1], [0]]
    assert both.urnn.run_exact(x) == rnn.run_exact(x)


@pytest.mark.parametrize(
    ("phi", "side", "end", "value"),
    [
        ("relu", "left", 0, 0),
        ("relu6", "left", 0, 0),
        ("hard_tanh", "left", -1, -1),
        ("hard_sigmoid", "left", -3, 0),
        ("cap (flat on the right only)", "right", 1, 1),
        ("right end zero", "right", 1, 0),  # the side with value 0 is preferred
    ],
)
def test_where_the_added_units_stay(phi, side, end, value):
    both = equivalent_urnn(network("dense", FLAT[phi]), 1)
    assert both.evidence[0].flat == (side, end, value)
    added = slice(2, 4)
    assert [row[0] for row in both.urnn.h_init.to_fractions()[added]] == [value] * 2
    assert [row[0] for row in both.urnn.offset.to_fractions()[added]] == [value] * 2
    beyond = end - both.bound.H if side == "left" else end + both.bound.H
    assert [row[0] for row in both.urnn.b.to_fractions()[added]] == [beyond] * 2


@pytest.mark.parametrize("phi", ["tanh", "logistic", "leaky_relu"])
def test_an_activation_that_is_flat_nowhere_is_refused(phi):
    with pytest.raises(UnsupportedError, match=r"constant \(slope 0\) on a half-line"):
        equivalent_urnn(network("dense", phi), 1)


def test_a_user_activation_that_is_flat_nowhere_is_refused_with_its_slopes():
    phi = piecewise_linear("bent", knots=[0], slopes=[Q(1, 10), Q(9, 10)], value=0)
    with pytest.raises(UnsupportedError, match=r"slope 1/10 on the far left and 9/10 on the far"):
        equivalent_urnn(network("dense", phi), 1)


@pytest.mark.parametrize(
    ("knots", "slopes", "message"),
    [
        ([], [1], "at least one"),
        ([1, 0], [0, 1, 0], "increasing order"),
        ([0, 0], [0, 1, 0], "increasing order"),
        ([0], [0, 1, 0], "expected 2, one more"),
        ([0.0], [0, float("nan")], "finite"),
        ([0], ["0", 1], "Fraction"),
    ],
)
def test_bad_declarations(knots, slopes, message):
    with pytest.raises(InputError, match=message):
        piecewise_linear("phi", knots=knots, slopes=slopes, value=0)
    with pytest.raises(InputError, match="name"):
        piecewise_linear("not a name", knots=[0], slopes=[0, 1], value=0)


def test_steep_activations_need_another_bound():
    """Slope 2: the norm rule is lost; a bounded range still bounds the states."""
    steep = piecewise_linear("steep", knots=[0], slopes=[0, 2], value=0)
    with pytest.raises(UnsupportedError, match="not non-expansive"):
        equivalent_urnn(network("dense", steep), 1)
    capped = piecewise_linear("capped", knots=[0, 1], slopes=[0, 2, 0], value=0)
    both = equivalent_urnn(network("dense", capped), 1)
    assert both.bound.rule is BoundRule.RANGE
    assert both.bound.H**2 >= 2 * 2**2  # two units, each at most 2
    assert check(both.certificate) is Verdict.PROVED


def test_norm_exactly_one():
    W = [[0, 1], [1, 0]]
    bounded = RNN(W, [[1], [1]], [0, 0], [[1, 1]], activation="hard_tanh")
    assert equivalent_urnn(bounded, 1).urnn.states == 2
    half = [[1, 0], [0, Q(1, 2)]]
    both = equivalent_urnn(RNN(half, [[1], [1]], [0, 0], [[1, 1]], activation="hard_tanh"), 1)
    assert both.urnn.states == 3
    assert both.bound.rule is BoundRule.RANGE
    assert check(both.certificate) is Verdict.PROVED
    with pytest.raises(NotContractiveError, match="the activation is unbounded"):
        equivalent_urnn(RNN(half, [[1], [1]], [0, 0], [[1, 1]]), 1)


def test_scaling_is_for_activations_that_commute_with_it():
    wide = RNN([[0, 10], [0, 0]], [[1], [1]], [0, 0], [[1, 1]], activation="relu6")
    with pytest.raises(NotContractiveError):
        equivalent_urnn(wide, 1, scaling=True)
    with pytest.raises(UnsupportedError, match=r"phi\(e z\) = e phi\(z\)"):
        equivalent_urnn(wide, 1, scaling=[1, 100])


def test_phi_of_zero_enters_the_norm_rule():
    """hard_sigmoid(0) = 1/2; without it W = 0, F = 0, b = 0 would give the bound 0."""
    half = activation("hard_sigmoid")
    free = dataclasses.replace(
        half, name="free", slopes=(Q(0), Q(1, 6), Q(1, 6))
    )  # not bounded: norm rule
    net = RNN([[0]], [[0]], [0], [[1]], activation=free)
    both = equivalent_urnn(net, 1)
    assert both.bound.rule is BoundRule.NORM
    assert both.bound.H == Q(1, 2)
    assert net.run_exact([[0]]) == [[Q(1, 2)]]
    lie = dataclasses.replace(both.bound, H=Q(1, 4))
    assert not rule_holds(net, lie)[0]


@pytest.mark.parametrize("phi", ["hard_tanh", "cap (flat on the right only)"])
def test_wrong_constants_are_caught(phi):
    """The offset, the start and the bias of the added units: each is needed."""
    both = equivalent_urnn(network("dense", FLAT[phi]), 2)

    def changed(**parts):
        return changed_urnn(both, urnn=both.urnn.replace(**parts))

    start, bias = both.urnn.h_init.to_fractions(), both.urnn.b.to_fractions()
    assert changed().verify().verdict is Verdict.PROVED
    lies = {
        "no offset": changed(offset=[0] * 4),
        "start at 0": changed(h_init=[row[0] for row in start[:2]] + [0, 0]),
        "bias of ReLU": changed(b=[row[0] for row in bias[:2]] + [-both.bound.H] * 2),
        "other activation": changed(activation="relu6"),
    }
    for name, lie in lies.items():
        assert lie.verify().verdict is Verdict.REFUTED, name
        if name == "other activation":
            with pytest.raises(UnsupportedError, match="same one"):
                _ = lie.certificate
        else:
            assert check(lie.certificate) is Verdict.REFUTED, name
    x = [[2], [2], [-2], [1], [2], [2]]  # and the offset makes a difference that can be seen
    assert not np.allclose(lies["no offset"].urnn.run(x), both.rnn.run(x))


@given(
    st.lists(st.fractions(-3, 3, max_denominator=4), min_size=1, max_size=4, unique=True),
    st.lists(st.fractions(-1, 1, max_denominator=4), min_size=5, max_size=5),
    st.fractions(-2, 2, max_denominator=4),
    st.fractions(-5, 5, max_denominator=8),
)
@settings(max_examples=150)
def test_evaluation_against_sums_of_ramps(knots, slopes, value, z):
    knots = sorted(knots)
    phi = piecewise_linear("phi", knots=knots, slopes=slopes[: len(knots) + 1], value=value)
    total = value + slopes[0] * min(z - knots[0], 0)
    for k, t in enumerate(knots):
        after = knots[k + 1] if k + 1 < len(knots) else max(z, t)
        total += slopes[k + 1] * (min(max(z, t), after) - t)
    assert phi.exact(z) == total
    assert np.isclose(phi.numpy(np.array([float(z)]))[0], float(total))
    assert phi.lipschitz == max(abs(s) for s in phi.slopes)


@given(
    st.lists(st.fractions(-1, 1, max_denominator=5), min_size=4, max_size=4),
    st.lists(st.fractions(-2, 2, max_denominator=3), min_size=4, max_size=4),
    st.sampled_from(sorted(FLAT)),
    st.lists(st.integers(-1, 1), min_size=1, max_size=6),
)
@settings(max_examples=60)
def test_no_state_exceeds_the_bound(w, rest, phi, x):
    W = [[w[0] / 3, w[1] / 3], [w[2] / 3, w[3] / 3]]
    net = RNN(W, [[1], [-1]], rest[:2], [[1, 0], [0, 1]], rest[2:], FLAT[phi])
    from urnn_proofs.checks.exact.contractive import certify_contractive

    bound = find_state_bound(net, Q(1), certify_contractive(net.W))
    assert rule_holds(net, bound)[0]
    for h in net.run_exact([[v] for v in x]):
        assert sum(v * v for v in h) <= bound.H**2


def test_files_hold_declared_activations_and_offsets(tmp_path):
    both = equivalent_urnn(network("dense", FLAT["three knots"]), 1)
    for net in (both.rnn, both.urnn):
        save(net, tmp_path / "net.json")
        again = load(tmp_path / "net.json").rnn
        assert type(again) is type(net)
        assert again.activation == net.activation
        assert again.run([[1], [-1]]).tolist() == net.run([[1], [-1]]).tolist()
    assert again.offset == both.urnn.offset
    assert not again.offset.is_zero()
    with pytest.raises(InputError, match=r"save as \.json"):
        save(network("n = 1", FLAT["three knots"]), tmp_path / "other.npz")
    data = json.loads((tmp_path / "net.json").read_text())
    for bad in ({}, {"name": "x"}, {**data["activation"], "slopes": ["1"]}, 3):
        data["activation"] = bad
        (tmp_path / "bad.json").write_text(json.dumps(data))
        with pytest.raises(InputError):
            load(tmp_path / "bad.json")


def test_an_offset_is_a_bias():
    shifted = URNN([[0, -1], [1, 0]], [[1], [0]], [3, 5], [[1, 1]], offset=[2, 7])
    plain = URNN([[0, -1], [1, 0]], [[1], [0]], [10, 3], [[1, 1]])
    x = [[1], [2], [3]]
    assert shifted.run_exact(x) == plain.run_exact(x)
    assert shifted.run(x).tolist() == plain.run(x).tolist()
    assert shifted.run_exact(x) != shifted.replace(offset=[0, 0]).run_exact(x)


def test_an_rnn_has_no_offset():
    with pytest.raises(TypeError, match="offset"):
        RNN([[Q(1, 2)]], [[1]], [0], [[1]], offset=[1000])
    with pytest.raises(InputError, match="'offset' is no part of this RNN"):
        RNN([[Q(1, 2)]], [[1]], [0], [[1]]).replace(offset=[1000])


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_an_offset_beside_a_rational_w_is_refused(tmp_path, suffix):
    """Only a URNN has one; beside a rational W it is the bias b - W c, which the file can hold."""

    def read(c):
        file = tmp_path / f"net.{suffix}"
        parts = {"W": [[0.5]], "F": [[1.0]], "b": [0.0], "C": [[1.0]], "offset": c}
        if suffix == "npz":
            np.savez(file, **{name: np.array(part) for name, part in parts.items()})
        else:
            data = {"format": "urnn_proofs network", "version": 1, "W": [["1/2"]], "F": [["1"]]}
            offset = [str(int(v)) for v in c]
            file.write_text(json.dumps({**data, "b": ["0"], "C": [["1"]], "offset": offset}))
        return load(file).rnn

    for c in ([1000.0], [0.0, 0.0]):
        with pytest.raises(InputError, match="write b - W c for b"):
            read(c)
    assert type(read([0.0])) is RNN


def test_rounding_a_urnn_keeps_its_offset_as_a_bias():
    both = equivalent_urnn(network("dense", "hard_tanh"), 2)
    assert not both.urnn.offset.is_zero()
    floats = rounded(StoredNetwork.of(both.urnn), "float64").rnn
    x = np.random.default_rng(1).uniform(-2, 2, (50, 3, both.rnn.inputs))
    assert type(floats) is RNN
    assert np.allclose(floats.run(x), both.rnn.run(x), atol=1e-12)
    assert not np.allclose(floats.replace(b=both.urnn.b).run(x), both.rnn.run(x), atol=1e-3)


def test_the_full_report():
    report = equivalent_urnn(network("dense", "hard_tanh"), 2).report
    assert report.verdict is Verdict.PROVED
    exact = next(c for c in report.checks if c.name == "exact simulation")
    assert exact.verdict is Verdict.PROVED
    s5 = next(c for c in report.checks if c.name == "S5 induction")
    assert "[h^k; -1]" in s5.claim
