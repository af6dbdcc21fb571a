"""Bounds for URNNs with floating-point weights, against exact rational simulations."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
from changed import in_floats
from hypothesis import given, settings
from hypothesis import strategies as st
from worst_case import worst_difference

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    Trust,
    UndecidedError,
    UnsupportedError,
    Verdict,
    equivalent_urnn,
)
from urnn_proofs.checks.numeric import error_bounds, float_run
from urnn_proofs.checks.numeric.fast_norms import NumpyNorms
from urnn_proofs.checks.numeric.float_dilation import dilation_distance
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.guesses.halmos import halmos
from urnn_proofs.questions import equivalence
from urnn_proofs.questions import float_urnn as maker
from urnn_proofs.questions.scaling import contractive_scaling
from urnn_proofs.samples.signals import sample_signals

STEPS = 10
DTYPES = ["float64", "float32"]
NETWORKS = {
    "n = 1": RNN([[0.9]], [[1]], [0.1], [[1]]),
    "n = 1, negative": RNN([[-0.9]], [[1]], [0.1], [[1]]),
    "thirds": RNN([[Q(2, 3)]], [[Q(1, 3)]], [Q(1, 7)], [[Q(5, 3)]], [Q(1, 3)]),
    "zero": RNN([[0, 0], [0, 0]], [[1], [Q(1, 3)]], [0, 0], [[1, 0]]),
    "nothing at all": RNN([[0]], [[0]], [0], [[0]]),
    "nilpotent": RNN([[0, 0.9], [0, 0]], [[0], [1]], [0, 0], [[1, 0]]),
    "rank one": RNN([[0.3, 0.3], [0.3, 0.3]], [[1], [0.7]], [0.1, -0.1], [[1, 1], [1, -1]]),
    "near singular": RNN([[0.4, 0.4], [0.4, 0.4 - 1e-12]], [[1], [1]], [0, 0], [[1, 1]]),
    "norm 1 - 1e-3": RNN([[0.999]], [[0.1]], [0], [[1]]),
    "two inputs": RNN([[0.5, -0.2], [0.1, 0.6]], [[1, 2], [-1, 0.3]], [0.1, 0.2], [[1, 2]], [3, 1]),
    "large weights": RNN([[0.5]], [[1e6]], [-1e5], [[1e-3]], [1e4]),
    "small weights": RNN([[0.5]], [[1e-6]], [1e-8], [[1e-3]]),
    "initial state rounded": RNN([[0.5]], [[1]], [0], [[1]], [Q(1000, 3)]),
    "weights that call for extreme norms": RNN(
        [[0, 0, 0], [0, 0, 0], [0, 0.95, 0]], [[0]] * 3, [1, 0, 0], [[1, 0, 0]]
    ),
    "three states": RNN(
        [[0.4, 0.3, 0], [-0.2, 0.5, 0.1], [0.1, 0.1, -0.6]],
        [[1], [0.3], [-2]],
        [0.1, 0.7, 0],
        [[1, -1, 2]],
    ),
}


def float_urnn(rnn, M, dtype="float64", *, scaling=None, source="auto"):
    """U in floating point, not an exact one that is rounded."""
    scaling = False if scaling is None else scaling
    return equivalent_urnn(rnn, M, dtype=dtype, scaling=scaling, exact=False, norms=source)


def layer(found):
    return found.floats.layers[0]


def random_net(n, seed=0, norm=0.9, m=2, p=2):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    W *= norm / np.linalg.norm(W, 2)
    F, C = rng.standard_normal((n, m)), rng.standard_normal((p, n))
    return RNN(W, F, rng.standard_normal(n), C)


def inputs_for(net, M, dtype, steps=STEPS):
    """Random and extreme inputs, numbers of the format, within the ball."""
    kinds = sample_signals(steps, net.inputs, M * (1 - 1e-6), 0)
    return [x[:, 0].astype(dtype) for x in kinds.values()]


def exactly(net, x):
    return net.run_exact([[Q(float(v)) for v in row] for row in x])


def distances(first, second):
    """Squared Euclidean distances, exact, one for each step."""
    rows = [[Q(v) if isinstance(v, Q) else Q(float(v)) for v in row] for row in first]
    return [
        sum((a - b) ** 2 for a, b in zip(*pair, strict=True))
        for pair in zip(rows, second, strict=True)
    ]


def run_in_order(net, x, seed):
    """Another engine: every sum term by term in a random order, the bias in two parts."""
    rng = np.random.default_rng(seed)
    zero, half = net.W.dtype.type(0), net.W.dtype.type(0.5)
    state, outputs = net.h_init, []

    def total(terms):
        result = zero
        for i in rng.permutation(len(terms)):
            result = result + terms[i]
        return result

    for row in x:
        z = [
            total([*(net.W[i] * state), *(net.F[i] * row), half * net.b[i], half * net.b[i]])
            for i in range(net.states)
        ]
        state = np.maximum(np.array(z), zero)
        outputs.append([total(list(c * state)) for c in net.C])
    return np.array(outputs)


def assert_bounds_hold(found, M):
    rnn, dtype = found.rnn, layer(found).weights.W.dtype
    error, stored = found.error, layer(found).weights.exact()
    original = FloatNetwork.rounded(rnn, dtype)
    for i, x in enumerate(inputs_for(rnn, M, dtype)):
        wanted, same_weights = exactly(rnn, x), exactly(stored, x)
        assert max(distances(same_weights, wanted)) <= error.weights**2
        along = found.error_along(x)
        for y in (layer(found).weights.run(x), run_in_order(layer(found).weights, x, i)):
            assert max(distances(y, same_weights)) <= error.recursion**2
            assert max(distances(y, wanted)) <= error.total**2
            pairs = zip(distances(y, wanted), along.tolist(), strict=True)
            assert all(gap <= Q(bound) ** 2 for gap, bound in pairs)
            reference = [[Q(float(v)) for v in row] for row in original.run(x)]
            assert max(distances(y, reference)) <= error.same_engine**2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NETWORKS)
def test_bounds_hold_in_exact_arithmetic(name, dtype):
    found = float_urnn(NETWORKS[name], 1, dtype)
    assert found.report.verdict is Verdict.PROVED
    assert layer(found).weights.states == 2 * found.rnn.states
    assert_bounds_hold(found, 1)


@pytest.mark.parametrize(("n", "source"), [(4, "numpy"), (16, "ball"), (16, "numpy"), (64, "ball")])
def test_random_networks(n, source):
    rnn = random_net(n, seed=n)
    found = float_urnn(rnn, 1, "float32", source=source)
    assert found.report.verdict is Verdict.PROVED
    assert found.report.trust is (Trust.BALL if source == "ball" else Trust.ROUNDING)
    x = inputs_for(rnn, 1, "float32", steps=3 if n == 64 else 8)[2]
    wanted, stored = exactly(rnn, x), exactly(layer(found).weights.exact(), x)
    y = layer(found).weights.run(x)
    assert max(distances(stored, wanted)) <= found.error.weights**2
    assert max(distances(y, stored)) <= found.error.recursion**2


@given(
    st.integers(1, 3).flatmap(
        lambda n: st.tuples(
            st.lists(st.floats(-1, 1, width=32), min_size=n * n, max_size=n * n),
            st.lists(st.floats(-4, 4), min_size=4 * n, max_size=4 * n),
        )
    ),
    st.floats(0, 8, width=32),
    st.sampled_from(DTYPES),
)
@settings(max_examples=25)
def test_any_small_network(weights, M, dtype):
    entries, others = weights
    n = len(others) // 4
    W = np.array(entries).reshape(n, n)
    W = W * (0.95 / max(1.0, np.linalg.norm(W, 2)))
    W[np.abs(W) < 1e-30] = 0  # such norms may have no finite enclosure, see the next test
    F, b, C, h = np.array(others).reshape(4, n)
    found = float_urnn(RNN(W, F[:, None], b, C[None], h), M, dtype)
    assert_bounds_hold(found, M)


def test_a_norm_without_an_enclosure_is_undecided():
    report = float_urnn(RNN([[2.0**-149]], [[0]], [0], [[0]]), 0).report
    assert report.verdict is Verdict.UNKNOWN
    assert "no finite enclosure" in report.weakest()[0].evidence["undecided"]


def test_both_sources_give_the_same_bounds():
    for dtype in DTYPES:
        rnn = random_net(12)
        ball, fast = (float_urnn(rnn, 1, dtype, source=s) for s in ("ball", "numpy"))
        for one, other in (
            *((getattr(ball.error, k), getattr(fast.error, k)) for k in ("weights", "recursion")),
            (layer(ball).defect, layer(fast).defect),
            (layer(ball).distance, layer(fast).distance),
            (layer(ball).upper.state_bound, layer(fast).upper.state_bound),
        ):
            assert one * (1 - Q(1, 10**5)) <= other <= one * (1 + Q(1, 10**5))


class TestExactConstruction:
    def test_a_rounded_exact_urnn(self):
        rnn = NETWORKS["two inputs"]
        both = equivalent_urnn(rnn, 1)
        for dtype in DTYPES:
            found = equivalent_urnn(rnn, 1, dtype=dtype, exact=True)
            assert found.report.verdict is Verdict.PROVED
            assert_bounds_hold(found, 1)
            gap = np.abs(layer(found).weights.W - both.urnn.W.to_numpy()).max()
            assert gap <= float(layer(found).distance) < (1e-15 if dtype == "float64" else 1e-6)

    def test_it_must_belong_to_the_same_network_and_inputs(self):
        rnn = NETWORKS["two inputs"]
        found = equivalent_urnn(rnn, 1, dtype="float64")
        for other in (equivalent_urnn(rnn, 2), equivalent_urnn(NETWORKS["thirds"], 1), found):
            with pytest.raises(InputError, match="another network or input bound"):
                dataclasses.replace(found, exact=other)

    def test_the_stored_w_is_the_given_one_bit_for_bit(self):
        for dtype in DTYPES:
            rnn = random_net(5)
            stored = layer(float_urnn(rnn, 1, dtype)).weights
            assert np.array_equal(stored.W[:5, :5], rnn.to_numpy().W.astype(dtype))
            assert not stored.F[5:].any()
            assert not stored.C[:, 5:].any()


def nearest_dilation(W, stored):
    """The orthogonal U of the proof, with W in its corner, near *stored* (mpmath, 60 digits)."""
    n, N = len(W), len(stored)
    W, stored = mpmath.matrix(W.tolist()), mpmath.matrix(stored.astype(float).tolist())

    def power(A, exponent):
        values, vectors = mpmath.eigsy(A)
        return vectors * mpmath.diag([v**exponent for v in values]) * vectors.T

    S, Z = stored[n:N, 0:n], stored[0:N, n:N]
    half = mpmath.mpf(1) / 2
    W3 = S * power(S.T * S, -half) * power(mpmath.eye(n) - W.T * W, half)
    V = mpmath.matrix(N, n)
    V[0:n, 0:n], V[n:N, 0:n] = W, W3
    inside = Z - V * (V.T * Z)
    complement = inside * power(inside.T * inside, -half)
    U = mpmath.matrix(N, N)
    U[0:N, 0:n], U[0:N, n:N] = V, complement
    return U, max(mpmath.svd_r(stored - U, compute_uv=False))


@pytest.mark.parametrize("perturbation", [0, 1e-9, 1e-4])
@pytest.mark.parametrize("norm", [0.5, 0.99])
@pytest.mark.parametrize("dtype", DTYPES)
def test_distance_to_an_exact_dilation(dtype, norm, perturbation):
    rnn = random_net(3, norm=norm)
    found = float_urnn(rnn, 1, dtype)
    noise = perturbation * np.random.default_rng(0).standard_normal((6, 6))
    changed = dataclasses.replace(
        layer(found).weights, W=(layer(found).weights.W + noise).astype(dtype)
    )
    found = in_floats(rnn, changed, Q(1))
    with mpmath.workdps(60):
        U, distance = nearest_dilation(rnn.to_numpy().W, layer(found).weights.W)
        assert max(abs(x) for x in U.T * U - mpmath.eye(6)) < mpmath.mpf("1e-50")
        bound = mpmath.mpf(layer(found).distance.numerator) / layer(found).distance.denominator
        assert distance <= bound <= 60 * distance


def test_distance_when_u_is_orthogonal_but_its_corner_is_off():
    """The corner alone moves W3 by up to 1/sqrt(1 - rho^2) times as much."""
    rnn, other = RNN([[0.99]], [[1]], [0], [[1]]), np.array([[0.9901]])
    weights = dataclasses.replace(layer(float_urnn(rnn, 1)).weights, W=halmos(other))
    found = in_floats(rnn, weights, Q(1))
    assert layer(found).defect < Q(1, 10**15)
    with mpmath.workdps(60):
        distance = nearest_dilation(np.array([[0.99]]), weights.W)[1]
    assert 7e-4 < distance <= float(layer(found).distance) < 3 * distance


class TestSlack:
    """The lower bias must leave room, and what has none is refused."""

    def biased(self, found, bias):
        b = layer(found).weights.b.copy()
        b[found.rnn.states :] = bias
        return in_floats(
            found.rnn, dataclasses.replace(layer(found).weights, b=b), found.input_bound
        )

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_there_is_slack_by_default(self, dtype):
        for rnn in NETWORKS.values():
            found = float_urnn(rnn, 1, dtype)
            assert layer(found).slack > 0
            assert layer(found).room > 0

    def test_no_slack_is_refused(self):
        found = float_urnn(NETWORKS["n = 1"], 1, "float32")
        for bias in (
            0.0,
            1.0,
            -float(layer(found).upper.state_bound) * float(layer(found).gates.rows) * 0.999,
        ):
            other = self.biased(found, bias)
            with pytest.raises(UndecidedError, match=r"no slack.*exact arithmetic"):
                _ = other.error
            with pytest.raises(UndecidedError, match="no slack"):
                other.error_along([[0.5]])
            assert other.report.verdict is Verdict.UNKNOWN
            assert {c.name for c in other.report.weakest()} == {
                "gates",
                "rounded weights",
                "rounded recursion",
                "same engine",
            }

    def test_slack_that_rounding_may_use_up_is_refused(self):
        found = float_urnn(NETWORKS["n = 1"], 1, "float32")
        exactly = layer(found).slack + Q(float(layer(found).gates.highest))  # - (s G + f M)
        other = self.biased(found, np.nextafter(np.float32(exactly), np.float32(-np.inf)))
        assert layer(other).slack > 0
        with pytest.raises(UndecidedError, match=r"no slack.*float32 arithmetic"):
            _ = other.error
        weights = next(c for c in other.report.checks if c.name == "rounded weights")
        assert weights.verdict is Verdict.PROVED
        assert other.report.verdict is Verdict.UNKNOWN

    def test_gates_that_open_change_the_outputs(self):
        """The refusal is not idle: with a bias near 0 the bound is violated."""
        found = float_urnn(NETWORKS["n = 1"], 1)
        opened = self.biased(found, -0.01)
        x = np.full((20, 1), 0.9)
        gap = np.abs(layer(opened).weights.run(x) - found.rnn.run(x)).max()
        assert gap > 1e6 * float(found.error.total)

    def test_long_rows_and_inputs_use_up_the_slack(self):
        found = float_urnn(NETWORKS["two inputs"], 1)
        for name in ("W", "F"):
            changed = getattr(layer(found).weights, name).copy()
            changed[2:, :2] *= 2
            changed[2:, 0] += 1
            weights = dataclasses.replace(layer(found).weights, **{name: changed})
            other = in_floats(found.rnn, weights, Q(1))
            assert layer(other).slack < layer(found).slack
            assert other.report.verdict is Verdict.UNKNOWN

    def test_lower_units_must_start_at_zero(self):
        found = float_urnn(NETWORKS["n = 1"], 1)
        weights = dataclasses.replace(layer(found).weights, h_init=np.array([0.0, 1.0]))
        with pytest.raises(UndecidedError, match="initial state of a lower unit"):
            _ = in_floats(found.rnn, weights, Q(1)).error


class TestAttacks:
    def test_the_weights_bound_is_nearly_attained(self):
        """So a bound a little lower would be violated: here by the input 1, 1, 1, ..."""
        rnn = RNN([[0.9]], [[1]], [0], [[1]])
        found = float_urnn(rnn, 1, "float32")
        x = np.ones((80, 1), dtype=np.float32)
        worst = max(distances(exactly(layer(found).weights.exact(), x), exactly(rnn, x)))
        assert (found.error.weights * Q(9, 10)) ** 2 < worst <= found.error.weights**2

    def test_so_is_the_bound_along_given_inputs(self):
        rnn = RNN([[0.9]], [[1]], [0], [[1]])
        W = layer(float_urnn(rnn, 1)).weights.W.copy()
        W[0, 0] += 1e-6
        weights = dataclasses.replace(layer(float_urnn(rnn, 1)).weights, W=W)
        x = np.ones((80, 1))
        along = in_floats(rnn, weights, Q(1)).error_along(x)
        gaps = distances(weights.run(x), exactly(rnn, x))
        for gap, bound in zip(gaps, along.tolist()):
            least = max(Q(bound) * Q(99, 100) - Q(1, 10**10), 0)
            assert least**2 <= gap <= Q(bound) ** 2

    @pytest.mark.parametrize("w", [0.5, 0.9, 0.99])
    def test_the_recursion_bound_is_nearly_attained_by_an_adversary(self, w):
        """Inputs picked so that every step rounds upwards; the bound is less than 10 times more."""
        weights = (np.float32(v) for v in (w, 0.7, 0.1))
        W, F, b = weights
        found = float_urnn(RNN([[W]], [[F]], [b], [[1]]), 1, "float32")
        rng = np.random.default_rng(0)
        computed, exact = np.float32(0), 0.0  # float64 is exact enough for "exact" here
        chosen, gaps = [], []
        for _ in range(int(6 / (1 - w)) + 20):
            x = rng.uniform(0.9, 1, 2000).astype(np.float32)
            rounded = W * computed + (F * x + b)
            wanted = float(W) * exact + float(F) * x.astype(np.float64) + float(b)
            i = int(np.argmax(rounded.astype(np.float64) - wanted))
            computed, exact = rounded[i], wanted[i]
            chosen.append([x[i]])
            gaps.append(float(computed) - exact)
        bound = float(found.error.recursion)
        assert bound / 10 < gaps[-1] < bound
        along = found.error_along(np.array(chosen))
        assert (np.array(gaps) < along).all()
        assert (along < 12 * np.array(gaps) + 1e-6).all()

    @pytest.mark.parametrize("name", ["n = 1", "norm 1 - 1e-3", "rank one", "large weights"])
    def test_a_recursion_bound_a_thousand_times_lower_is_violated(self, name):
        found = float_urnn(NETWORKS[name], 1, "float32")
        exact = layer(found).weights.astype("float64")  # its own rounding is 2^29 times smaller
        worst = worst_difference(layer(found).weights, exact, 1.0, steps=200, iterations=5)
        bound = float(found.error.recursion)
        assert bound / 1000 < worst.difference <= bound

    def test_changed_weights_have_other_bounds(self):
        rnn = NETWORKS["two inputs"]
        found = float_urnn(rnn, 1)
        x = inputs_for(rnn, 1, "float64")[2]
        for name in ("W", "F", "b", "C"):
            changed = getattr(layer(found).weights, name).copy()
            changed.flat[0] += 1e-6
            weights = dataclasses.replace(layer(found).weights, **{name: changed})
            other = in_floats(rnn, weights, Q(1))
            gap = max(distances(exactly(weights.exact(), x), exactly(rnn, x)))
            assert found.error.weights**2 < gap <= other.error.weights**2
            assert found.error.total**2 < gap

    def test_a_changed_u_below_the_corner_changes_the_defect_only(self):
        found = float_urnn(NETWORKS["two inputs"], 1)
        W = layer(found).weights.W.copy()
        W[3, 3] += 1e-3
        other = in_floats(found.rnn, dataclasses.replace(layer(found).weights, W=W), Q(1))
        assert other.error.total == found.error.total
        assert layer(other).defect > Q(1, 2000) > 10**6 * layer(found).defect
        assert layer(other).distance > Q(1, 2000)

    def test_larger_inputs_have_larger_bounds(self):
        rnn = NETWORKS["two inputs"]
        bounds = [float_urnn(rnn, M, "float32").error for M in (1, 10)]
        assert bounds[1].weights > 2 * bounds[0].weights
        assert bounds[1].recursion > 2 * bounds[0].recursion
        assert (
            in_floats(rnn, layer(float_urnn(rnn, 1)).weights, Q(10)).report.verdict
            is Verdict.UNKNOWN
        )  # the gates were made for M = 1

    @pytest.mark.parametrize("weighting", [(1, 1), (1, 40), (Q(1, 100), 3), (Q(7, 3), Q(7, 3))])
    def test_bounds_hold_in_every_weighted_norm(self, monkeypatch, weighting):
        S = tuple(Q(s) for s in weighting)
        for module in (maker, equivalence):
            monkeypatch.setattr(module, "propose_weighting", lambda net, M: S)
        rnn = RNN([[0.2, 0.3], [0.001, 0.4]], [[1], [0.1]], [0.1, -0.2], [[1, 2]], [1, 2])
        for dtype in DTYPES:
            found = float_urnn(rnn, 1, dtype)
            assert layer(found).upper.weighting == S
            assert_bounds_hold(found, 1)
            rows = [[Q(float(v)) / s for v, s in zip(r, S)] for r in layer(found).weights.W[2:, :2]]
            longest = max(sum(v**2 for v in row) for row in rows)
            assert longest <= layer(found).gates.rows ** 2 <= longest * Q(1001, 1000)
            assert layer(found).upper.state_bound * min(S) <= layer(found).upper.weighted_bound

    def test_weighting_helps_where_there_is_no_tube(self, monkeypatch):
        for module in (maker, equivalence):
            monkeypatch.setattr(module, "propose_tube", lambda net, M, S: None)
        rnn = random_net(16)
        found = float_urnn(rnn, 1, "float32")
        for module in (maker, equivalence):
            monkeypatch.setattr(module, "propose_weighting", lambda net, M: None)
        plain = float_urnn(rnn, 1, "float32")
        assert layer(found).upper.weighting is not None
        assert plain.error.recursion > 2 * found.error.recursion

    @pytest.mark.parametrize("norm", [1 - 1e-4, 1 - 1e-9])
    def test_weighting_near_norm_one(self, norm):
        found = float_urnn(random_net(6, norm=norm), 1)
        assert found.report.verdict is Verdict.PROVED
        found = float_urnn(RNN(norm * np.eye(3), [[1]] * 3, [0] * 3, [[1] * 3]), 1)
        assert layer(found).upper.weighting is None
        assert found.report.verdict is Verdict.PROVED

    def test_contradicting_sources_are_seen(self, monkeypatch):
        defect = NumpyNorms.defect
        monkeypatch.setattr(NumpyNorms, "defect", lambda self, U: defect(self, U) / 2)
        report = float_urnn(NETWORKS["two inputs"], 1).report
        assert report.verdict is Verdict.REFUTED
        assert [c.name for c in report.weakest()] == ["two sources"]

    def test_a_simulation_beyond_the_bound_is_seen(self, monkeypatch):
        def too_small(name):
            bound = getattr(error_bounds, name)
            smaller = lambda *args: dataclasses.replace(bound(*args), output=Q(0))  # noqa: E731
            monkeypatch.setattr(float_run, name, smaller)

        too_small("computed_bound")
        too_small("weights_bound")
        report = float_urnn(RNN([[0.7]], [[0.3]], [0.1], [[1.7]]), 1, "float32", scaling=[3]).report
        assert report.verdict is Verdict.REFUTED
        assert [c.name for c in report.weakest()] == ["NumPy"]


class TestScaling:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize(
        "W", [[[0, 10], [0, 0]], [[0.9, 5], [0, 0.9]], [[0, 4], [0.2, 0]]], ids=str
    )
    def test_rescaled_states(self, W, dtype):
        rnn = RNN(W, [[1], [1]], [0.25, 0.1], [[1, 1]], [0.1, 0.2])
        with pytest.raises(NotContractiveError) as refusal:
            float_urnn(rnn, 1, dtype)
        assert refusal.value.witness is not None
        found = float_urnn(rnn, 1, dtype, scaling=contractive_scaling(rnn.W))
        assert found.report.verdict is Verdict.PROVED
        assert_bounds_hold(found, 1)

    def test_the_scaling_must_be_positive(self):
        with pytest.raises(InputError, match="positive rationals"):
            float_urnn(NETWORKS["n = 1"], 1, scaling=[-1])


class TestRefusals:
    def test_networks_out_of_scope(self):
        good = NETWORKS["n = 1"]
        for net, message in (
            (RNN([[0.5]], [[1]], [0], [[1]], activation="silu"), "'silu'"),
            (RNN([[0.5]], [[1]], [0], [[1]], activation="hard_tanh"), "'hard_tanh'"),
            (equivalent_urnn(good, 1).urnn, "is a URNN already"),
        ):
            with pytest.raises(UnsupportedError, match=message):
                float_urnn(net, 1)
        with pytest.raises(InputError, match="str"):
            float_urnn("net", 1)

    def test_bad_arguments(self):
        net = NETWORKS["n = 1"]
        for arguments, message in (
            ((net, -1), "input_bound"),
            ((net, 1, "float16"), "float16"),
            ((net, 1, "bfloat16"), "bfloat16"),
        ):
            with pytest.raises(InputError, match=message):
                float_urnn(*arguments)
        with pytest.raises(InputError, match="'auto'"):
            float_urnn(net, 1, source="guess")

    def test_no_room_for_rounding(self):
        for w, dtype in ((1 - 2.0**-22, "float32"), (1 - 2.0**-53, "float64")):
            net = RNN([[w]], [[1]], [0], [[1]])
            with pytest.raises(UndecidedError, match="must be positive"):
                float_urnn(net, 1, dtype)
        close = float_urnn(RNN([[1 - 2.0**-22]], [[1]], [0], [[1]]), 1)
        assert close.report.verdict is Verdict.PROVED
        assert close.error.total > Q(1, 10**4)  # honest: 1/(1 - rho)^2 is 1.8e13

    def test_overflow(self):
        for net, M in (
            (RNN([[0.5]], [[1e300]], [0], [[1]]), 1e10),
            (RNN([[0.5]], [[1]], [0], [[1e300]]), 1e10),
        ):
            with pytest.raises(UndecidedError, match="overflow float64"):
                float_urnn(net, M)

    @pytest.mark.parametrize("w", [1, -1, 2, 1 + 2.0**-52])
    def test_not_contractive(self, w):
        with pytest.raises(NotContractiveError) as caught:
            float_urnn(RNN([[w]], [[1]], [0], [[1]]), 1)
        assert caught.value.witness == (1,)

    def test_weights_with_too_few_states(self):
        rnn = NETWORKS["two inputs"]
        with pytest.raises(InputError, match="expected at least 2"):
            _ = in_floats(rnn, FloatNetwork.rounded(RNN([[0]], [[1, 1]], [0], [[1]])), Q(1)).error
        alone = in_floats(rnn, FloatNetwork.rounded(rnn), Q(1))  # no gates at all
        assert alone.error.weights == 0
        with pytest.raises(UnsupportedError, match="at least 4"):
            _ = layer(alone).distance
        assert [c.name for c in alone.report.weakest()] == ["exact U"]

    def test_inputs_of_the_running_bound(self):
        found = float_urnn(NETWORKS["n = 1"], 1, "float32")
        for x, message in (
            ([[1.0000001192092896]], "longer than the input bound"),
            ([[0.1]], "numbers that float32 does not have"),
            ([[0.5, 0.5]], "shape"),
        ):
            with pytest.raises(InputError, match=message):
                found.error_along(x)
        assert found.error_along(np.ones((2, 3, 1), np.float32)).shape == (2, 3)

    def test_a_distance_needs_contraction(self):
        with pytest.raises(UndecidedError, match="below 1"):
            dilation_distance(Q(1), Q(1), Q(0), Q(0))


def test_the_report_says_what_is_proved():
    found = float_urnn(NETWORKS["two inputs"], 1, "float32")
    report = found.report
    claims = {c.name: c for c in report.checks}
    assert report.trust is Trust.BALL
    assert claims["contractive"].trust is Trust.EXACT
    assert "all k" in claims["rounded weights"].scope
    assert "in exact arithmetic" in claims["rounded weights"].claim
    assert "float32" in claims["rounded recursion"].scope
    assert "no reduced precision" in report.scope
    # The numbers shown are upper bounds, though rounded to four digits.
    shown = Q(claims["rounded weights"].claim.split("<= ")[1].split()[0])
    assert found.error.weights <= shown <= found.error.weights * Q(1002, 1000)
    assert "within" in claims["exact U"].claim


def test_along_given_inputs_the_bound_is_far_smaller():
    rnn = random_net(8)
    found = float_urnn(rnn, 1, "float32")
    x = inputs_for(rnn, 1, "float32", steps=100)[1]
    assert found.error_along(x).max() < float(found.error.total) / 2
    quiet = found.error_along(np.zeros((100, 2), np.float32))
    assert quiet.max() < found.error_along(x).max()


@pytest.mark.parametrize("dtype", DTYPES)
def test_another_engine_keeps_to_the_bounds(dtype):
    torch = pytest.importorskip("torch")
    rnn = random_net(16)
    found = float_urnn(rnn, 1, dtype)

    def run(net, x):
        module = torch.nn.RNN(net.inputs, net.states, nonlinearity="relu").to(x.dtype)
        weights = (net.W, net.F, net.b, 0 * net.b)
        with torch.no_grad():
            for name, value in zip(("weight_hh", "weight_ih", "bias_ih", "bias_hh"), weights):
                getattr(module, f"{name}_l0").copy_(torch.tensor(value))
            states, _ = module(x)
            return (states @ torch.tensor(net.C).T).numpy()

    x = np.stack(inputs_for(rnn, 1, dtype, steps=100), axis=1)
    y = run(layer(found).weights, torch.tensor(x)).astype(np.float64)
    gap = np.linalg.norm(y - run(layer(found).upper.stored, torch.tensor(x)), axis=-1)
    assert gap.max() <= float(found.error.same_engine)
    exact = np.linalg.norm(y - rnn.run(x), axis=-1)
    own = 1e-13 if dtype == "float32" else float(found.error.recursion)  # of the reference
    assert (exact <= found.error_along(x) + own).all()
    assert exact.max() <= float(found.error.total) + own


def test_halmos_is_orthogonal_even_near_norm_one():
    for norm in (0.0, 0.5, 1 - 1e-8, 1.0):
        W = random_net(20, norm=0.9).to_numpy().W
        U = halmos(W * (norm / 0.9))
        assert NumpyNorms().defect(U) < Q(1, 10**13)
