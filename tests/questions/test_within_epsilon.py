"""A URNN within epsilon: for every activation with a limit at one end, for all inputs and all k.

The oracle runs both networks with 60 digits (``smooth.py``), on inputs of norm M, many of them
chosen to push the added units back from their limit.  ``URNN_PROOFS_NETWORKS=200`` runs 200 random
networks of each activation (``make many-networks``).
"""

from __future__ import annotations

import dataclasses
import os
import re
from fractions import Fraction as Q

import numpy as np
import pytest
from changed import changed
from mpmath import mp, mpf
from smooth import distance, outputs, ready
from tables import ABOVE, MATRICES, names

from urnn_proofs import (
    RNN,
    URNN,
    Equivalence,
    InputError,
    NotContractiveError,
    StoredNetwork,
    UnsupportedError,
    Verdict,
    check,
    equivalent_urnn,
)
from urnn_proofs.checks.exact.margin import gate_limits
from urnn_proofs.model.activation import Smooth
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Trust

NETWORKS = int(os.environ.get("URNN_PROOFS_NETWORKS", "4"))
NORMS = {
    "tanh": 0.9, "logistic": 1.0, "softplus": 0.9, "elu": 0.9, "selu": 0.5, "gelu": 0.8,
    "silu": 0.8, "mish": 0.8,
}  # fmt: skip
HALF = [[0.5]]


def random_network(rng, activation, n, norm):
    m, p = rng.integers(1, 4, 2)
    W = rng.standard_normal((n, n))
    W *= norm * (1 - 1e-9) / np.linalg.norm(W, 2)
    if n > 1 and rng.random() < 0.2:
        W[:, 0] = 0  # rank-deficient
    F, C = rng.standard_normal((n, m)), rng.standard_normal((p, n))
    b = rng.standard_normal(n) * rng.choice([0, 0.3, 2])
    h = rng.standard_normal(n) * rng.choice([0, 1])
    return RNN(W, F, b, C, h, activation=activation)


def sequences(rng, net, M, steps):
    """Inputs of norm M: random, constant, and such as drive one unit up."""
    m = net.inputs
    raw = rng.standard_normal((steps, m))
    yield raw / np.linalg.norm(raw, axis=1, keepdims=True) * (M * (1 - 1e-12))
    row = net.F.to_numpy()[rng.integers(net.states)]
    size = np.linalg.norm(row)
    if size > 0:
        pushed = np.tile(row / size * (M * (1 - 1e-12)), (steps, 1))
        pushed[: steps // 2] *= rng.choice([-1.0, 1.0])
        yield pushed


def violation(found, x, epsilon):
    """Whether the two networks differ by more than epsilon on x, with 60 digits."""
    with mp.workdps(60):
        first = outputs(found.network.layers, x)
        second = outputs(found.result.layers, x)
        return distance(first, second) > mpf(epsilon.numerator) / epsilon.denominator


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("activation", NORMS)
def test_random_networks_stay_within_epsilon(activation, part):
    rng = np.random.default_rng([part, *activation.encode()])
    count = max(NETWORKS // 4, 1)
    for k in range(count):
        n = 1 + (k * 63) // (count - 1) if count > 1 else (1, 2, 5, 12)[part]
        net = random_network(rng, activation, n, NORMS[activation] * rng.uniform(0.3, 1))
        M = Q(int(rng.integers(1, 17)), 4)
        epsilon = Q(1, 10 ** int(rng.integers(1, 13)))
        found = equivalent_urnn(net, M, epsilon=epsilon)
        assert found.proof.verdict is Verdict.PROVED
        assert found.proof.trust is Trust.EXACT
        assert found.urnn.states <= 2 * n
        with mp.workdps(60):
            pair = [ready(net)], [ready(found.urnn)]
            for x in sequences(rng, net, float(M), 6 if n > 16 else 12):
                first, second = (outputs(layers, x) for layers in pair)
                assert distance(first, second) <= mpf(epsilon.numerator) / epsilon.denominator


# -- the example tables ------------------------------------------------------------------------


@pytest.mark.parametrize("activation", NORMS)
@pytest.mark.parametrize("name", MATRICES)
def test_every_matrix_of_the_table(name, activation):
    """Built and proved, or refused: L ||D W D^-1|| < 1 and ||W|| <= 1 are needed."""
    W, kind = MATRICES[name]
    n = len(W)
    net = RNN(W, [[1]] * n, [0] * n, [[1] * n], activation=activation)
    try:
        found = equivalent_urnn(net, 2, epsilon=Q(1, 1000))
    except NotContractiveError:
        assert kind != "below 1" or NORMS[activation] < 0.9
        return
    assert kind != ABOVE
    assert found.proof.verdict is Verdict.PROVED
    rng = np.random.default_rng(0)
    for x in sequences(rng, net, 2.0, 10):
        assert not violation(found, x, Q(1, 1000))


def test_which_matrices_are_refused():
    """tanh: norm 1 unless a diagonal weighting lowers it; logistic (L = 1/4): only above 1."""

    def refused(activation):
        found = []
        for name, (W, _) in MATRICES.items():
            n = len(W)
            net = RNN(W, [[1]] * n, [0] * n, [[1] * n], activation=activation)
            try:
                equivalent_urnn(net, 1, epsilon=1)
            except NotContractiveError:
                found.append(name)
        return found

    assert refused("logistic") == names(ABOVE)
    assert set(names(ABOVE)) < set(refused("tanh"))
    assert not set(refused("tanh")) & set(names("below 1"))
    assert "nilpotent one" not in refused("tanh")  # ||W|| = 1, but D W D^-1 is as small as you like


def test_an_orthogonal_w_needs_no_added_unit_under_the_logistic_function():
    net = RNN([[0, 1], [-1, 0]], [[1], [0]], [0, 0], [[1, 1]], activation="logistic")
    found = equivalent_urnn(net, 1, epsilon=Q(1, 10))
    assert found.urnn.states == 2
    assert found.proof.verdict is Verdict.PROVED


def test_zero_readout_and_zero_input_matrix():
    net = RNN([[0.5]], [[0]], [0], [[0]], activation="tanh")
    found = equivalent_urnn(net, 0, epsilon=Q(1, 10**6))
    assert found.report.verdict is Verdict.PROVED


@pytest.mark.parametrize("epsilon", [Q(10), Q(1), Q(1, 10**40), 1e-300])
def test_epsilons_large_and_small(epsilon):
    net = RNN([[0.5, 0.25], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]], activation="tanh")
    found = equivalent_urnn(net, 1, epsilon=epsilon)
    assert found.proof.verdict is Verdict.PROVED
    rng = np.random.default_rng(0)
    with mp.workdps(400 if float(epsilon) < 1e-50 else 60):
        for x in sequences(rng, net, 1.0, 8):
            gap = distance(outputs([net], x), outputs([found.urnn], x))
            exact = Q(epsilon)
            assert gap <= mpf(exact.numerator) / exact.denominator


def test_an_epsilon_beyond_all_floats_is_refused_by_name():
    net = RNN(HALF, [[1]], [0], [[1]], activation="tanh")
    with pytest.raises(UnsupportedError, match="expected a larger epsilon"):
        equivalent_urnn(net, 1, epsilon=Q(1, 10**2000))


def test_the_margin_is_hardly_more_than_the_limit_of_tanh_asks_for():
    """n = 1, w = 3/5: what the added unit leaves over is at most epsilon, and not far below it."""
    net = RNN([[0.6]], [[1]], [0], [[1]], activation="tanh")
    found = equivalent_urnn(net, 1, epsilon=Q(1, 10**6))
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (4000, 1))
    seen = np.abs(net.run(x) - found.urnn.run(x)).max()
    assert 1e-6 / 20 < seen <= 1e-6


@pytest.mark.parametrize(
    ("activation", "least", "zero", "G"),
    [
        ("softplus", 0, 0.7, 1),
        ("elu", -1, 0, 1),
        ("selu", -1.7581, 0, 1.7581),
        ("gelu", -0.17, 0, 1),
        ("silu", -0.279, 0, 1),
        ("mish", -0.309, 0, 1),
    ],
)
@pytest.mark.parametrize("n", [2, 5, 8, 12])
def test_the_box_of_an_unbounded_activation_is_the_one_that_intervals_give(
    activation, least, zero, G, n
):
    """The least box that intervals keep, found here from below; the ball alone is far wider."""
    net = random_network(np.random.default_rng(n), activation, n, 0.4)
    margin = equivalent_urnn(net, 1, epsilon=1e-6).evidence[0].margin
    floats = net.to_numpy()
    positive, negative = np.maximum(floats.W, 0), np.minimum(floats.W, 0)
    pushed = np.linalg.norm(floats.F, axis=1)
    high, low = np.maximum(floats.h_init, 0), np.minimum(floats.h_init, 0)
    for _ in range(2000):
        most = positive @ high + negative @ low + floats.b + pushed
        least_z = positive @ low + negative @ high + floats.b - pushed
        high = np.maximum(zero + G * np.maximum(most, 0), np.maximum(floats.h_init, 0))
        low = np.maximum(-zero + G * np.minimum(least_z, 0), least)
        low = np.minimum(low, np.minimum(floats.h_init, 0))
    assert (high < 1e3).all()
    assert (np.array([float(x) for x in margin.high]) <= 1.01 * high + 0.01).all()
    assert (np.array([float(x) for x in margin.low]) >= 1.01 * low - 0.01).all()


# -- layers, biases, ends ----------------------------------------------------------------------


def stack():
    below = RNN(
        [[0.5, -0.25], [0.125, 0.5]], [[1], [-0.5]], [0.25, 0.5], [[1, 0], [0, 1]], [1, 0], "tanh"
    )
    above = RNN([[-0.5]], [[0.5, 0.25]], [0.25], [[2]], [0.5], activation="logistic")
    gate = RNN([[0.5]], [[-1]], [0.5], [[1], [2]], activation="relu")
    return StoredNetwork.of(below, above, gate, output_bias=[3, 1])


def test_several_layers_pass_epsilon_on():
    """Even of different activations; a ReLU layer adds no error of its own."""
    network, epsilon = stack(), Q(1, 10**5)
    found = equivalent_urnn(network, 1, epsilon=epsilon)
    assert found.report.verdict is Verdict.PROVED
    errors = [e.margin.error for e in found.evidence]
    assert [e.margin.input_error for e in found.evidence] == [0, *errors[:-1]]
    assert found.evidence[2].margin.delta == 0
    assert errors[-1] == epsilon
    rng = np.random.default_rng(1)
    with mp.workdps(60):
        for _ in range(20):
            x = rng.choice([-1.0, 1.0], (12, 1))
            pair = [outputs(n.layers, x, n.output_bias) for n in (network, found.result)]
            assert distance(*pair) <= mpf(10) ** -5


def test_each_layer_must_bound_what_the_next_one_assumes():
    found = equivalent_urnn(stack(), 1, epsilon=Q(1, 10**5))
    for k in (1, 2):
        for name, factor in (("input_error", Q(1, 2)), ("input_bound", Q(1, 100))):
            e = found.evidence[k]
            margin = dataclasses.replace(e.margin, **{name: getattr(e.margin, name) * factor})
            bound = margin.input_bound
            evidence = list(found.evidence)
            evidence[k] = dataclasses.replace(e, margin=margin, input_bound=bound)
            other = dataclasses.replace(found, evidence=tuple(evidence))
            assert other.proof.verdict is Verdict.REFUTED


def test_a_layer_that_is_refused_is_named():
    smooth = RNN(HALF, [[1]], [0], [[1]], activation="tanh")
    leaky = RNN(HALF, [[1]], [0], [[1]], activation="leaky_relu")
    with pytest.raises(UnsupportedError, match=r"^layer 1: the activation 'leaky_relu' has no"):
        equivalent_urnn(StoredNetwork.of(smooth, leaky), 1, epsilon=1)


def at_the_right_end(found, n):
    """The same URNN with its added units at the other end of tanh."""
    margin = dataclasses.replace(found.evidence[0].margin, side="right")
    limits = gate_limits(found.urnn.W, n, margin)
    r = len(limits)
    old, zeros = found.urnn, RationalMatrix.zeros(n, 1)
    ones = RationalMatrix.column([1] * r)
    urnn = old.replace(
        b=RationalMatrix.blocks(
            [[old.b.block(range(n), range(1))], [RationalMatrix.column(limits)]]
        ),
        h_init=RationalMatrix.blocks([[old.h_init.block(range(n), range(1))], [ones]]),
        offset=RationalMatrix.blocks([[zeros], [ones]]),
    )
    return changed(found, urnn=urnn, margin=margin)


def test_the_right_end_serves_as_well():
    net = RNN([[0.5, -0.25], [0.125, 0.5]], [[1], [-0.5]], [0.25, 0.5], [[1, 2]], [1, 0], "tanh")
    found = at_the_right_end(equivalent_urnn(net, 1, epsilon=Q(1, 10**6)), 2)
    assert found.proof.verdict is Verdict.PROVED
    assert check(found.certificate) is Verdict.PROVED
    rng = np.random.default_rng(0)
    for x in sequences(rng, net, 1.0, 20):
        assert not violation(found, x, Q(1, 10**6))


def test_a_side_that_is_not_the_one_of_the_biases_is_noticed():
    net = RNN([[0.5]], [[1]], [0], [[1]], activation="tanh")
    found = equivalent_urnn(net, 1, epsilon=Q(1, 10**6))
    margin = dataclasses.replace(found.evidence[0].margin, side="right")
    assert changed(found, margin=margin).proof.verdict is Verdict.REFUTED


def test_second_biases_and_rational_weights():
    net = RNN([[0.5]], [[1]], [0.5], [[1]], activation="tanh")
    stored = StoredNetwork.of(net, second_biases=(RationalMatrix.column([Q(1, 4)]),))
    found = equivalent_urnn(stored, 1, epsilon=Q(1, 100))
    assert found.result.second_biases[0].shape == (2, 1)
    assert found.report.verdict is Verdict.PROVED
    rational = equivalent_urnn(net, 1, epsilon=Q(1, 100), rational=True)
    assert rational.urnn.W.is_rational
    assert rational.report.verdict is Verdict.PROVED


def test_equal_outputs_where_they_are_to_be_had():
    net = RNN(HALF, [[1]], [0], [[1]])
    found = equivalent_urnn(net, 1, epsilon=Q(1, 100))
    assert found.epsilon is None
    assert "Theorem 3.1" in found.report.title


# -- bad input ---------------------------------------------------------------------------------

TANH = RNN(HALF, [[1]], [0], [[1]], activation="tanh")


@pytest.mark.parametrize("epsilon", [0, -1, Q(-1, 10**9), 0.0])
def test_an_epsilon_that_is_not_positive_is_refused(epsilon):
    with pytest.raises(InputError, match=r"epsilon is .*; expected a number > 0, or leave"):
        equivalent_urnn(TANH, 1, epsilon=epsilon)


@pytest.mark.parametrize("epsilon", [float("nan"), float("inf"), "small", [1]])
def test_an_epsilon_that_is_no_number_is_refused(epsilon):
    with pytest.raises(InputError, match="epsilon"):
        equivalent_urnn(TANH, 1, epsilon=epsilon)


@pytest.mark.parametrize(
    "options", [{"state_bound": 2}, {"scaling": True}, {"scaling": [1]}, {"exact": False}]
)
def test_options_that_do_not_go_with_epsilon(options):
    with pytest.raises(InputError, match="epsilon goes with|exact goes with a dtype"):
        equivalent_urnn(TANH, 1, epsilon=1, **options)


def test_no_states_at_all_are_refused():
    with pytest.raises(InputError, match="n >= 1"):
        RNN(np.zeros((0, 0)), np.zeros((0, 1)), [], np.zeros((1, 0)), activation="tanh")


@pytest.mark.parametrize(
    ("activation", "said"),
    [
        ("leaky_relu", r"has no limit at either end \(slope 1/100 on the far left and 1"),
        ("sin", "no limit of the activation 'sin' is known here"),
        (Smooth("mine", np.tanh, Q(1)), "no limit of the activation 'mine' is known here"),
    ],
)
def test_an_activation_without_a_limit_is_named(activation, said):
    net = RNN(HALF, [[1]], [0], [[1]], activation=activation)
    with pytest.raises(UnsupportedError, match=said):
        equivalent_urnn(net, 1, epsilon=1)


def test_norms_that_are_too_large_are_named():
    selu = RNN([[0.75]], [[1]], [0], [[1]], activation="selu")
    with pytest.raises(NotContractiveError, match=r"L \|\|W\|\| is about .*such as W times"):
        equivalent_urnn(selu, 1, epsilon=1)
    wide = RNN([[2]], [[1]], [0], [[1]], activation="logistic")
    with pytest.raises(NotContractiveError, match="norm above 1") as caught:
        equivalent_urnn(wide, 1, epsilon=1)
    assert caught.value.witness is not None


def test_without_epsilon_the_refusal_names_it_and_the_number_of_states():
    with pytest.raises(UnsupportedError, match=r"epsilon=.*2 states"):
        equivalent_urnn(TANH, 1)


# -- exchanged parts ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results():
    pair = RNN([[0.5, -0.25], [0.125, 0.5]], [[1], [-0.5]], [0.25, 0.5], [[1, 2]], [1, 0], "tanh")
    other = RNN([[0.25, 0.5], [-0.5, 0.125]], [[0.5], [1]], [0, 0.25], [[2, 1]], activation="tanh")
    soft = RNN(
        [[0.25, 0.5], [-0.5, 0.125]], [[0.5], [1]], [0.5, 1], [[2, 1]], activation="softplus"
    )
    return [
        equivalent_urnn(pair, 1, epsilon=Q(1, 10**6)),
        equivalent_urnn(pair, 2, epsilon=Q(1, 10**3)),
        equivalent_urnn(other, 1, epsilon=Q(1, 10**6)),
        equivalent_urnn(soft, 1, epsilon=Q(1, 10**6)),
    ]


def contradicted(found):
    rng = np.random.default_rng(3)
    net, M = found.network.layers[0], float(found.input_bound)
    return any(
        violation(found, x, found.epsilon) for _ in range(4) for x in sequences(rng, net, M, 14)
    )


def test_exchanged_parts_are_proved_only_if_no_input_contradicts_them(results):
    tried = proved = 0
    for first in results:
        for second in results:
            if first is second:
                continue
            for other in exchanged(first, second):
                tried += 1
                if other.proof.verdict is Verdict.PROVED:
                    proved += 1
                    assert not contradicted(other)
    assert tried - proved > 200
    assert proved > 50  # the same network, say, with another epsilon


def exchanged(first, second):
    for field in dataclasses.fields(Equivalence):
        yield from tried(first, **{field.name: getattr(second, field.name)})
    for side in ("network", "built"):
        for part in dataclasses.fields(type(getattr(first, side).layers[0])):
            net, theirs = getattr(first, side), getattr(second, side).layers[0]
            layer = net.layers[0].replace(**{part.name: getattr(theirs, part.name)})
            yield from tried(first, **{side: dataclasses.replace(net, layers=(layer,))})
    mine, theirs = first.evidence[0], second.evidence[0]
    for part in dataclasses.fields(mine.margin):
        margin = dataclasses.replace(mine.margin, **{part.name: getattr(theirs.margin, part.name)})
        yield changed(first, margin=margin)


def tried(found, **parts):
    try:
        yield dataclasses.replace(found, **parts)
    except InputError:
        return


NUMBERS = (
    "B", "delta", "spread", "omega", "gain", "F_norm", "b_norm", "C_norm", "H", "input_bound",
    "error",
)  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_of_the_margin_that_is_too_small_is_noticed(results, name):
    """Halved: what it bounds is no longer bounded, or another inequality fails."""
    for found in results:
        margin = found.evidence[0].margin
        smaller = dataclasses.replace(margin, **{name: getattr(margin, name) / 2})
        assert changed(found, margin=smaller).proof.verdict is Verdict.REFUTED


def test_a_smaller_epsilon_is_not_proved(results):
    for found in results:
        other = dataclasses.replace(found, epsilon=found.epsilon / 2)
        assert other.proof.verdict is Verdict.REFUTED


def test_a_bias_that_is_too_high_is_noticed(results):
    """By the proof, and by the outputs: the added unit comes back from its limit."""
    for found in results:
        urnn, raised = found.urnn, found.urnn.b.replace((3, 0), found.urnn.b[3, 0] / 4)
        other = changed(found, urnn=urnn.replace(b=raised))
        assert other.proof.verdict is Verdict.REFUTED
        assert contradicted(other)


def test_a_result_for_more_inputs_is_not_proved(results):
    for found in results:
        other = changed(found, input_bound=found.input_bound * 2)
        assert other.proof.verdict is Verdict.REFUTED


def test_results_hold_together_or_are_refused(results):
    with pytest.raises(InputError, match="epsilon is"):
        dataclasses.replace(results[0], epsilon=Q(-1))
    with pytest.raises(InputError, match="epsilon is"):
        dataclasses.replace(results[0], epsilon=1e-3)


def test_a_missing_margin_proves_nothing(results):
    assert changed(results[0], margin=None).proof.verdict is not Verdict.PROVED


def test_the_report_of_a_result_and_its_certificate(results):
    for found in results:
        report = found.report
        assert [c.name for c in report.checks] == [
            "S1 dilation", "network", "tail", "norms", "states", "gates", "error",
            "within epsilon", "NumPy",
        ]  # fmt: skip
        said = r"in exact arithmetic \|\|y_u\^k - y\^k\|\| <= (\S+) for all .*"
        claim = re.fullmatch(said, report.checks[-2].claim)
        assert Q(claim[1]) == found.epsilon
        assert check(report.certificate) is Verdict.PROVED
        assert isinstance(found.urnn, URNN)
        assert "PROVED" in report.to_html()
        assert "PROVED" in report.to_latex()
