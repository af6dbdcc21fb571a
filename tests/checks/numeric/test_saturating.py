"""Bounds for tanh and logistic networks in floats, against 50 digits and engines made to be bad."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest

from urnn_proofs import RNN, InputError, StoredNetwork, UndecidedError, UnsupportedError
from urnn_proofs.checks.numeric import saturating_states
from urnn_proofs.checks.numeric.engine import ENGINE_UNITS, activation_error
from urnn_proofs.checks.numeric.norm_source import norm_source
from urnn_proofs.checks.numeric.rounding import FLOAT32, FLOAT64
from urnn_proofs.checks.numeric.saturating_layer import SaturatingLayer
from urnn_proofs.checks.numeric.saturating_run import SaturatingRun, tail
from urnn_proofs.guesses.halmos import halmos
from urnn_proofs.guesses.saturating import with_saturated
from urnn_proofs.model.activation import activation
from urnn_proofs.model.saturation import saturation
from urnn_proofs.questions.float_stacks import stack_of
from urnn_proofs.samples.signals import sample_signals

KINDS = ["tanh", "logistic"]
DTYPES = ["float32", "float64"]
M = Q(2)


def random_net(n, phi="tanh", seed=0, norm=0.9, m=2, p=2, dtype="float32", start=False):
    """Random weights that are floats; the norm is the share of what the activation allows."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    W *= norm / np.linalg.norm(W, 2)
    shapes = [(n, m), (n,), (p, n), (n,)]
    F, b, C, h = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    return RNN(W.astype(dtype), F, b, C, h if start else None, activation=phi)


def layer_of(rnn, kind, delta=None, side=0, bound=M, norms="auto"):
    stored = stack_of(StoredNetwork.of(rnn), kind).layers[0]
    source = norm_source(norms, 2 * rnn.states)
    upper = SaturatingRun(rnn, stored, bound, source)
    limit = saturation(rnn.activation).limits[side]
    weights = with_saturated(upper, halmos(stored.W), limit, delta or stored.arithmetic.unit)
    return SaturatingLayer(rnn, weights, bound, source)


def inputs(rnn, kind, steps=8):
    found = sample_signals(steps, rnn.inputs, float(M) * (1 - 1e-6), 0).values()
    return [x[:, 0].astype(kind) for x in found]


def with_digits(net, x, phi):
    """Simulate with 50 digits, independent of everything else here."""

    def matrix(A):
        return mpmath.matrix(
            [[mpmath.mpf(Q(v).numerator) / Q(v).denominator for v in row] for row in A]
        )

    with mpmath.workdps(50):
        W, F, C = (matrix(A) for A in (net.W, net.F, net.C))
        b, h = (matrix([[v] for v in a]) for a in (net.b, net.h_init))
        found = []
        for row in x:
            z = W * h + F * matrix([[float(v)] for v in row]) + b
            h = z.apply(mpmath.tanh if phi == "tanh" else lambda t: 1 / (1 + mpmath.exp(-t)))
            found.append(C * h)
        return found


class Parts:
    """Rows of exact numbers, of an RNN or of stored floats."""

    def __init__(self, net):
        if isinstance(net, RNN):
            self.W, self.F, self.C = (A.to_fractions() for A in (net.W, net.F, net.C))
            self.b, self.h_init = net.b.entries(), net.h_init.entries()
        else:
            self.W, self.F, self.C = (A.astype(float).tolist() for A in (net.W, net.F, net.C))
            self.b, self.h_init = net.exact_bias.entries(), net.h_init.astype(float).tolist()


def largest_gap(first, second):
    with mpmath.workdps(50):
        return max(mpmath.norm(a - b) for a, b in zip(first, second, strict=True))


def bad_engine(net, x, phi, seed, *, towards=None):
    """Sums term by term in random order, an activation that is off by all it may be.

    *towards* holds signs: the error of each unit always points that way.
    """
    rng = np.random.default_rng(seed)
    kind = net.W.dtype.type
    off = float(activation_error(activation(phi), net.arithmetic)) * (1 - 2**-8)
    second = np.zeros_like(net.b) if net.second_bias is None else net.second_bias
    state, outputs = net.h_init, []

    def total(terms):
        result = kind(0)
        for i in rng.permutation(len(terms)):
            result = result + terms[i]
        return result

    for row in x:
        z = np.array(
            [
                total([*(net.W[i] * state), *(net.F[i] * row), net.b[i], second[i]])
                for i in range(net.states)
            ]
        )
        exact = activation(phi).numpy(z.astype(np.float64))
        signs = rng.choice([-1, 1], net.states) if towards is None else towards
        state = (exact + signs * off).astype(kind)
        # Rounded, it may be off by more; and float64's own function is off by a little.
        beyond = np.abs(state - exact) > off * (1 - (2**-4 if kind is np.float64 else 0))
        state = np.where(beyond, (exact + signs * off * (1 - 2**-3)).astype(kind), state)
        outputs.append([total(list(c * state)) for c in net.C])
    return np.array(outputs)


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("n", [1, 3, 8])
@pytest.mark.parametrize("delta", [None, Q(1, 1000)])
@pytest.mark.parametrize("side", [0, 1])
def test_the_stored_network_in_exact_arithmetic_keeps_to_the_bound_of_the_weights(
    phi, kind, n, delta, side
):
    rnn = random_net(n, phi, seed=n, start=True)
    layer = layer_of(rnn, kind, delta, side)
    bound = layer.upper.weights_effect.output
    for x in inputs(rnn, kind):
        seen = largest_gap(
            with_digits(Parts(rnn), x, phi), with_digits(Parts(layer.weights), x, phi)
        )
        assert seen <= float(bound)
    if delta:  # and it is not a bound of nothing: within a factor that a few units explain
        assert float(bound) <= 200 * n * seen


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("side", [0, 1])
def test_an_engine_that_is_as_bad_as_is_assumed_keeps_to_the_bound(phi, kind, n, side):
    rnn = random_net(n, phi, seed=n)
    layer = layer_of(rnn, kind, side=side)
    run, weights = layer.upper, layer.weights
    total = float(run.weights_effect.output + run.computed_effect.output)
    far = float(activation_error(rnn.activation, weights.arithmetic))
    worst = 0.0
    for seed, x in enumerate(inputs(rnn, kind)):
        exact = np.array([list(y) for y in with_digits(Parts(rnn), x, phi)], dtype=float)
        for signs in (None, np.ones(2 * n), -np.ones(2 * n)):
            y = bad_engine(weights, x, phi, seed, towards=signs)
            off = np.linalg.norm(y.astype(float) - exact, axis=-1)
            assert (off <= run.error_along(x) * (1 + 1e-9)).all()
            worst = max(worst, off.max())
    assert worst <= total * (1 + 1e-9)
    assert worst >= far / 8  # such an engine does show


@pytest.mark.parametrize("phi", KINDS)
def test_the_lower_units_stay_where_they_are_shown_to_be(phi):
    for kind in DTYPES:
        rnn = random_net(6, phi, seed=3)
        for side in (0, 1):
            layer = layer_of(rnn, kind, Q(1, 10**4), side)
            run = layer.upper
            net = replace(layer.weights, C=np.eye(12, dtype=kind))
            value, off = float(run.limit.value), float(run.lower_computed.delta + run.engine_error)
            assert run.limit is run.about.limits[side]
            for x in inputs(rnn, kind, 30):
                states = net.run(x)[:, 6:].astype(float)
                assert np.abs(states - value).max() <= off
                assert np.abs(states - value).max() > 1e-3 * off


def test_two_biases_carry_what_the_lower_units_bring_almost_exactly():
    """b - kappa W2 1 is no float; the sum of two is right to about u^2."""
    layer = layer_of(random_net(16), "float32")
    assert layer.upper.changed.b < Q(1, 2**40)
    assert layer.upper.changed.W == layer.upper.changed.F == 0
    alone = replace(layer.weights, second_bias=None)
    run = SaturatingLayer(layer.rnn, alone, M, layer.norms).upper
    assert run.changed.b > Q(1, 2**26)
    assert run.weights_effect.output > 1.01 * layer.upper.weights_effect.output


@pytest.mark.parametrize("phi", KINDS)
def test_a_weight_that_is_changed_widens_the_bound(phi):
    """By one unit in the last place, anywhere in W, F, C or b: the bound pays for it."""
    rnn = random_net(4, phi)
    layer = layer_of(rnn, "float32", Q(1, 2**40))
    before = layer.upper.weights_effect.output
    rng = np.random.default_rng(0)
    for name in ("W", "F", "C", "b"):
        for _ in range(4):
            array = getattr(layer.weights, name).copy()
            index = tuple(int(rng.integers(0, min(4, s))) for s in array.shape)
            array[index] = np.nextafter(array[index], np.float32(np.inf))
            changed = SaturatingLayer(rnn, replace(layer.weights, **{name: array}), M, layer.norms)
            assert changed.upper.weights_effect.output > before
    h = np.array([2.0**-10, *layer.weights.h_init[1:]], np.float32)
    assert mutated(layer, h_init=h).upper.weights_effect.output > before


def mutated(layer, **changes):
    return SaturatingLayer(layer.rnn, replace(layer.weights, **changes), M, layer.norms)


def test_a_lower_unit_that_is_not_kept_away_is_noticed():
    layer = layer_of(random_net(4), "float32", Q(1, 10**6))
    b = layer.weights.b.copy()
    b[6] = 0
    with pytest.raises(UndecidedError, match="not shown to stay close to -1 in exact arithmetic"):
        mutated(layer, b=b).require_gates(computed=False)
    with pytest.raises(UndecidedError, match="not shown to stay close to -1 in computed"):
        mutated(layer, b=b).require_gates(computed=True)
    with pytest.raises(UndecidedError):
        _ = mutated(layer, b=b).upper.weights_effect


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("bias", [0, 1, 50])
def test_a_lower_unit_on_the_wrong_side_is_noticed(phi, side, bias):
    """Where its preactivation may change its sign nothing is known; one unit alone, too."""
    for n in (1, 3):
        layer = layer_of(random_net(n, phi), "float32", side=side)
        b = layer.weights.b.copy()
        b[-1] = bias if side == 0 else -bias
        for computed in (False, True):
            with pytest.raises(UndecidedError, match="not shown to stay close to"):
                mutated(layer, b=b).require_gates(computed=computed)


def test_a_lower_unit_that_is_closer_to_zero_widens_the_bound():
    layer = layer_of(random_net(4), "float32", Q(1, 10**6))
    b = layer.weights.b.copy()
    b[6] *= np.float32(0.9)
    assert mutated(layer, b=b).upper.weights_effect.output > layer.upper.weights_effect.output


def test_lower_units_have_to_start_at_the_limit_and_not_to_be_read():
    layer = layer_of(random_net(4), "float32")
    h = layer.weights.h_init.copy()
    h[5] = 0
    with pytest.raises(UndecidedError, match="is no limit of tanh; expected that all start at -1"):
        _ = mutated(layer, h_init=h).upper.weights_effect
    h[4:] = [1, -1, -1, -1]
    with pytest.raises(UndecidedError, match="no limit of tanh"):
        _ = mutated(layer, h_init=h).upper.computed_effect
    C = layer.weights.C.copy()
    C[0, 5] = 1e-30
    for effect in ("weights_effect", "computed_effect"):
        with pytest.raises(UndecidedError, match="readout has a weight of a lower unit"):
            getattr(mutated(layer, C=C).upper, effect)


def test_another_activation_than_that_of_the_network_is_refused():
    layer = layer_of(random_net(3), "float32")
    with pytest.raises(InputError, match="'logistic'; expected 'tanh'"):
        _ = mutated(layer, activation=activation("logistic")).upper
    for name, part in (("relu", "made elsewhere"), ("silu", "'silu'; expected 'relu'")):
        rnn = random_net(3, name)
        net = stack_of(StoredNetwork.of(rnn), "float32").layers[0]
        with pytest.raises(UnsupportedError, match=part):
            SaturatingRun(rnn, net, M, norm_source("auto", 6))


def test_a_norm_that_rounding_takes_to_one_has_no_bound():
    layer = layer_of(random_net(3), "float32")
    W = layer.weights.W.copy()
    W[:3, :3] = np.eye(3)
    with pytest.raises(UndecidedError, match=r"1 - \|\|W\|\| less the effect of rounding"):
        _ = mutated(layer, W=W).upper.weights_effect


def test_logistic_networks_may_be_stored_with_a_norm_of_one():
    """What contracts is the activation: L = 1/4."""
    rnn = random_net(3, "logistic", norm=0.999)
    layer = layer_of(rnn, "float32")
    assert layer.upper.weights_effect.output < Q(1, 10**5)


def test_the_assumption_is_what_makes_the_bound(monkeypatch):
    """A better engine, a smaller bound; of no error at all rounding is left."""
    rnn = random_net(4)
    found = []
    for units in (1, ENGINE_UNITS, 1000):
        monkeypatch.setattr(
            saturating_states, "activation_error", lambda phi, kind, k=units: k * kind.unit
        )
        found.append(float(layer_of(rnn, "float32").upper.computed_effect.output))
    assert found[0] < found[1] < found[2]
    assert found[2] > 100 * found[0] / 4


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("B", [Q(0), Q(1, 3), Q(2), Q(19), Q(40), Q(700)])
def test_the_tail_is_bounded_and_nearly_so(phi, side, B):
    limit = saturation(activation(phi)).limits[side]
    with mpmath.workdps(700):
        z = mpmath.mpf(B.numerator) / B.denominator * (-1 if limit.side == "left" else 1)
        value = mpmath.tanh(z) if phi == "tanh" else 1 / (1 + mpmath.exp(-z))
        off = abs(value - mpmath.mpf(limit.value.numerator) / limit.value.denominator)
        found = mpmath.mpf(tail(limit, B).numerator) / tail(limit, B).denominator
        assert off <= found
        if B < 100:
            assert found <= off * (1 + mpmath.mpf(10) ** -9)


def test_the_engine_error_is_stated_in_units_of_rounding():
    assert activation_error(activation("tanh"), FLOAT32) == Q(16, 2**24)
    assert activation_error(activation("logistic"), FLOAT64) == Q(16, 2**53)
    assert activation_error(activation("relu"), FLOAT64) == 0
    with pytest.raises(UnsupportedError, match="for which it is known how well they do"):
        activation_error(activation("gelu"), FLOAT32)


def test_forty_random_networks_keep_to_the_bound_in_numpy():
    """n from 1 to 64, against float64: what is seen is far below the bound, and never above it."""
    rng = np.random.default_rng(5)
    for seed in range(40):
        n, phi = int(rng.integers(1, 65)), KINDS[seed % 2]
        rnn = random_net(n, phi, seed, norm=float(rng.uniform(0.1, 0.99)))
        layer = layer_of(rnn, "float32", norms="numpy")
        run = layer.upper
        total = float(run.weights_effect.output + run.computed_effect.output)
        signals = sample_signals(20, 2, float(M) * (1 - 1e-6), seed)
        x = np.concatenate(list(signals.values()), axis=1).astype(np.float32)
        wanted = layer.rnn.run(x.astype(np.float64))
        seen = np.linalg.norm(layer.weights.run(x) - wanted, axis=-1).max()
        assert seen <= total, (seed, n, phi)


# -- each part of the argument about lower units, on its own -----------------------------


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("flip", [1, -1])
def test_no_admissible_state_takes_a_lower_unit_beyond_its_reach(phi, side, flip):
    """The worst state of the box, lower states at the rim of the ball, the worst input."""
    n, assumed = 4, Q(1, 4)
    layer = layer_of(random_net(n, phi), "float64", side=side)
    F = layer.weights.F.copy()
    F[n:] = np.random.default_rng(1).standard_normal((n, 2))
    W = layer.weights.W.copy()
    W[n:, :n] *= flip
    run = mutated(layer, F=F, W=W).upper
    b = run.stored.b
    sign, kappa = (1 if side == 0 else -1), float(run.limit.value)
    low, high = float(run.about.low), float(run.about.high)
    largest = float(run._stored_largest(assumed, computed=False))
    for i, reach in enumerate(run.reaches(assumed, computed=False)):
        W3, W4, f = W[n + i, :n], W[n + i, n:], F[n + i]
        g = np.where(sign * W3 > 0, high, low)
        g = g * min(1, largest / np.linalg.norm(g)) if g.any() else g  # in the box and the ball
        v = kappa + sign * float(assumed) * W4 / np.linalg.norm(W4)
        x = sign * float(M) * f / np.linalg.norm(f)
        z = W3 @ g + W4 @ v + f @ x + b[n + i]
        assert sign * z <= float(reach) + 1e-12
        # What is added in vain: rows of W4 and F count as the largest one, the ball as the box.
        row = max(np.linalg.norm(W[n:, n:], axis=1)), max(np.linalg.norm(F[n:], axis=1))
        slack = (row[0] - np.linalg.norm(W4)) * float(assumed)
        slack += (row[1] - np.linalg.norm(f)) * float(M)
        slack += abs(W3) @ np.full(n, max(-low, high)) - sign * (W3 @ g)
        assert float(reach) <= sign * z + slack + 1e-9


def test_rounding_of_large_terms_takes_from_the_margin():
    """An input pushes a lower unit by nearly its bias: what is left is rounded by the sizes."""
    layer = layer_of(random_net(1), "float32", bound=Q(1))
    b, F = layer.weights.b.copy(), layer.weights.F.copy()
    b[1], F[1] = -(10.0**6), [10.0**6 - 20, 0]
    run = SaturatingLayer(layer.rnn, replace(layer.weights, b=b, F=F), Q(1), layer.norms).upper
    rounding = 2e6 * 2.0**-24  # of one addition; the bound allows for several
    assert 10 < run.lower.B < 25
    assert rounding < run.lower.B - run.lower_computed.B < 20 * rounding
    x = np.array([[[1, 0]]], np.float32)
    net = replace(run.stored, C=np.eye(2, dtype=np.float32))
    assert net.run(x)[0, 0, 1] == -1


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("side", [0, 1])
def test_a_bad_engine_keeps_its_lower_units_within_the_spread(phi, side):
    n = 3
    layer = layer_of(random_net(n, phi), "float32", side=side)
    run = layer.upper
    net = replace(layer.weights, C=np.eye(2 * n, dtype=np.float32))
    value, spread = float(run.limit.value), float(run.lower_computed.spread)
    far = float(run.engine_error) * np.sqrt(n)
    for signs in (np.ones(2 * n), -np.ones(2 * n)):
        for seed, x in enumerate(inputs(layer.rnn, "float32")):
            states = bad_engine(net, x, phi, seed, towards=signs)[:, n:].astype(float)
            off = np.linalg.norm(states - value, axis=-1).max()
            assert far / 2 < off <= spread


def test_errors_that_point_one_way_add_up_to_what_the_bound_allows():
    """Near 0 tanh passes them on: after many steps they are nearly 1 / (1 - w) of one step's."""
    rnn = RNN([[0.9]], [[0.01]], [0], [[1]], activation="tanh")
    layer = layer_of(rnn, "float64", Q(1, 2**80), bound=Q(1))
    run = layer.upper
    x = np.zeros((80, 1))
    seen = bad_engine(layer.weights, x, "tanh", 0, towards=np.array([1, 0]))[-1, 0]
    assert seen > 8 * float(run.engine_error)
    assert seen <= float(run.computed_effect.output + run.weights_effect.output)


def test_inputs_that_only_lower_units_see_change_outputs_by_no_more_than_the_slip():
    rnn = RNN([[0.5]], [[0]], [0], [[1]], activation="tanh")
    layer = layer_of(rnn, "float64", Q(1, 1000))
    F, b = layer.weights.F.copy(), layer.weights.b.copy()
    F[1], b[1] = 0.5, b[1] - 0.5 * float(M)
    run = mutated(layer, F=F, b=b).upper
    first, second = (run.stored.run(np.full((30, 1), v))[-1, 0] for v in (-2.0, 2.0))
    assert run.stored_growth == 0
    assert 1e-6 < abs(first - second) <= float(run.slip)


def test_an_engine_that_leaves_the_range_of_tanh_is_reckoned_with(monkeypatch):
    """States of 1 + a: no engine gives them, and the assumption does not exclude them."""
    monkeypatch.setattr(saturating_states, "activation_error", lambda phi, kind: Q(1, 16))
    layer = layer_of(random_net(3), "float64", delta=Q(1, 100))
    run, W, n = layer.upper, layer.weights.W, 3
    assumed = Q(1, 4)
    largest = float(run._stored_largest(assumed, computed=True))
    for i, reach in enumerate(run.reaches(assumed, computed=True)):
        g = np.sign(W[n + i, :n]) * (1 + 1 / 16)
        g = g * min(1, largest / np.linalg.norm(g))
        v = -1 + float(assumed) * W[n + i, n:] / np.linalg.norm(W[n + i, n:])
        assert W[n + i, :n] @ g + W[n + i, n:] @ v + layer.weights.b[n + i] <= float(reach) + 1e-12


def test_biases_that_cancel_are_rounded_by_their_sizes():
    """1e6 and -1e6 leave what the lower units bring, rounded to a sixteenth."""
    rnn = RNN([[0.5]], [[0]], [0], [[1]], activation="tanh")
    layer = layer_of(rnn, "float32", bound=Q(0))
    first, second = layer.weights.b.copy(), layer.weights.second_bias.copy()
    first[0], second[0] = first[0] + np.float32(1e6), np.float32(-1e6)
    run = mutated(replace(layer, input_bound=Q(0)), b=first, second_bias=second).upper
    x, worst = np.zeros((20, 1), np.float32), 0.0
    for seed in range(20):
        y = bad_engine(run.stored, x, "tanh", seed, towards=np.array([1, 0]))
        worst = max(worst, np.abs(y).max())
    assert 0.01 < worst <= float(run.computed_effect.largest_state)
    assert worst <= float(run.computed_effect.output + run.weights_effect.output)
