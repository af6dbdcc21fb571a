from __future__ import annotations

import dataclasses
import json
from fractions import Fraction as Q

import numpy as np
import pytest
from changed import changed
from oracles import is_orthogonal

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    Role,
    Trust,
    UnsupportedError,
    Verdict,
    equivalent_urnn,
    verify_construction,
)
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.questions import simulations, small_n, within_epsilon
from urnn_proofs.questions import steps_3_1 as theorem_3_1
from urnn_proofs.questions.families import FAMILIES, draw_examples
from urnn_proofs.theorems import construction as verify

STEPS = ["S1 dilation", "S2 rows", "S3 gate", "S4 bound", "S5 induction"]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 8, 16])
def test_the_construction_is_proved(n):
    report = verify_construction(n)
    assert report.verdict is Verdict.PROVED
    assert report.trust is Trust.EXACT
    networks = [part for part in report.parts if "network" in part.scope]
    assert len(networks) == len(FAMILIES)
    for part in networks:
        assert [c.name for c in part.checks if c.role is Role.STEP] == STEPS
        assert part.checks[-1].verdict is Verdict.CONSISTENT
    symbolic = [part for part in report.parts if part.scope == f"n = {n}, all W with ||W|| < 1"]
    assert len(symbolic) == (n <= 4)
    # The headline is no wider than what was checked.
    assert ("every contractive W" in report.scope) is (n <= 4)
    assert f"6 networks with n = {n}" in report.scope


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("n", [1, 5])
def test_other_seeds(n, seed):
    assert verify_construction(n, seed=seed).verdict is Verdict.PROVED


@pytest.mark.parametrize("n", [1, 2, 3, 6, 12])
def test_the_families_are_what_they_say(n):
    examples = {e.name: e for e in draw_examples(n, seed=7)}
    floats = {name: e.rnn.W.to_numpy() for name, e in examples.items()}
    norms = {name: np.linalg.norm(W, 2) for name, W in floats.items()}
    assert norms["generic"] < 1
    assert 1 - 1e-9 < norms["near one"] < 1
    assert not floats["zero"].any()
    assert not np.linalg.matrix_power(floats["nilpotent"], n).any()
    assert np.linalg.matrix_rank(floats["rank-deficient"]) <= max(1, n // 2)
    assert norms["norm one"] == pytest.approx(1, abs=1e-12)
    assert (
        equivalent_urnn(
            examples["norm one"].rnn, 1, state_bound=examples["norm one"].state_bound
        ).urnn.states
        == 2 * n - 1
    )


def test_the_same_seed_gives_the_same_report():
    assert verify_construction(2, seed=5).to_json() == verify_construction(2, seed=5).to_json()
    assert verify_construction(2, seed=5).to_json() != verify_construction(2, seed=6).to_json()


def test_all_n_at_once():
    report = verify_construction(None)
    assert report.verdict is Verdict.PROVED
    assert report.trust is Trust.FORMAL
    assert report.scope.startswith("all n")
    dilation = next(c for c in report.checks if c.name == "S1 dilation")
    (orthogonal,) = [x for x in dilation.evidence["how"] if x.startswith("W* W2 ")]
    assert orthogonal.count("[") == 6  # three cofactors


@pytest.mark.parametrize("n", [0, -3, 2.5, "4", True, [4]])
def test_bad_sizes(n):
    with pytest.raises(InputError, match="n is .*expected an integer >= 1"):
        verify_construction(n)


def test_too_large_and_bad_seed():
    with pytest.raises(UnsupportedError, match="takes hours"):
        verify_construction(100_000)
    with pytest.raises(InputError, match="seed"):
        verify_construction(2, seed=-1)


def test_progress_is_told():
    seen = []
    verify_construction(1, progress=lambda text, done, total: seen.append((done, total)))
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1]
    assert [d for d, _ in seen] == sorted(d for d, _ in seen)


def test_a_failing_part_is_reported_not_raised(monkeypatch):
    def refuse(*args, **kwargs):
        raise UnsupportedError("made to fail")

    monkeypatch.setattr(verify, "equivalent_urnn", refuse)
    report = verify_construction(1)
    assert report.verdict is Verdict.UNKNOWN
    assert "made to fail" in report.to_json()


def test_a_contradiction_from_simulation_shows_at_the_top(monkeypatch):
    real = simulations.compare_outputs

    def shifted(first, second, *args, **kwargs):
        return real(first, dataclasses_off(second), *args, **kwargs)

    def dataclasses_off(net):
        F = net.F.replace((0, 0), net.F[0, 0] + 1)
        C = net.C.replace((0, 0), net.C[0, 0] + 1)
        return net.replace(F=F, C=C)

    monkeypatch.setattr(simulations, "compare_outputs", shifted)
    report = verify_construction(1)
    assert report.verdict is Verdict.REFUTED
    assert {c.name for c in report.weakest()} == {"NumPy"}


def test_a_broken_identity_is_not_proved(monkeypatch):
    monkeypatch.setattr(theorem_3_1, "gate_identity", lambda: False)
    assert small_n.all_weights_report(2).verdict is Verdict.REFUTED
    net = RNN([[0.5]], [[1]], [0], [[1]])
    with pytest.raises(Exception, match="did not pass its own checks"):
        equivalent_urnn(net, 1)


# -- a network of one's own -----------------------------------------------------------------


def test_the_urnn_is_what_the_theorem_says(small_net):
    both = equivalent_urnn(small_net, input_bound=Q(3, 2))
    urnn = both.urnn
    assert urnn.states == 4
    assert (urnn.inputs, urnn.outputs) == (2, 1)
    assert urnn.b.to_fractions()[2:] == [[-both.bound.H]] * 2
    assert urnn.F.to_fractions()[2:] == [[0, 0]] * 2
    assert urnn.C.to_fractions()[0][2:] == [0, 0]
    assert urnn.h_init.to_fractions()[2:] == [[0], [0]]
    assert is_orthogonal(urnn.W.R.to_fractions(), urnn.W.alpha, urnn.W.beta)
    assert both.report.verdict is Verdict.PROVED
    x = np.random.default_rng(0).uniform(-1, 1, size=(200, 5, 2))
    assert np.allclose(small_net.run(x), urnn.run(x), atol=1e-12)


def test_without_the_input_bound_the_outputs_differ():
    """The hypothesis is needed: far outside X_M a lower unit wakes up."""
    net = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]])
    both = equivalent_urnn(net, input_bound=1)
    x = np.full((6, 1), 50.0)
    assert np.abs(net.run(x) - both.urnn.run(x)).max() > 1


def test_the_sample_network_of_the_paper_size_one():
    both = equivalent_urnn(RNN([[Q(3, 5)]], [[1]], [0], [[1]]), 1)
    assert both.bound.rho == Q(3, 5)
    assert both.bound.H == Q(5, 2)
    assert both.urnn.W.to_numpy() == pytest.approx(np.array([[0.6, 0.8], [0.8, -0.6]]))


def test_zero_input_bound_and_zero_network():
    both = equivalent_urnn(RNN([[0]], [[0]], [0], [[0]]), 0)
    assert both.bound.H == 0
    assert both.report.verdict is Verdict.PROVED


def test_norm_one_plus_1e_minus_9_is_refused_with_a_witness():
    rng = np.random.default_rng(0)
    W = rng.standard_normal((6, 6))
    W *= (1 + 1e-9) / np.linalg.norm(W, 2)
    net = RNN(W, np.ones((6, 1)), np.zeros(6), np.ones((1, 6)))
    with pytest.raises(NotContractiveError, match=r"at least 1 \+ 1e-09") as caught:
        equivalent_urnn(net, 1)
    v = caught.value.witness
    Wv = [sum(Q(w) * x for w, x in zip(row, v, strict=True)) for row in W.tolist()]
    assert sum(x * x for x in Wv) > sum(x * x for x in v) > 0


def test_a_large_network_above_norm_one_is_refused_without_elimination(monkeypatch):
    def hours_of_work(*args, **kwargs):
        raise AssertionError("the witness should have settled it")

    monkeypatch.setattr(within_epsilon, "dilate", hours_of_work)
    rng = np.random.default_rng(0)
    W = rng.standard_normal((400, 400))
    W *= (1 + 1e-9) / np.linalg.norm(W, 2)
    net = RNN(W, np.ones((400, 1)), np.zeros(400), np.ones((1, 400)))
    with pytest.raises(NotContractiveError):
        equivalent_urnn(net, 1)


def test_norm_one_needs_a_bound_of_the_states():
    identity = RNN([[1, 0], [0, Q(1, 2)]], [[1], [1]], [0, 0], [[1, 1]])
    with pytest.raises(NotContractiveError, match="norm exactly 1.*state_bound=H"):
        equivalent_urnn(identity, 1)
    both = equivalent_urnn(identity, 1, state_bound=10)
    assert both.urnn.states == 3
    assert both.report.verdict is Verdict.ASSUMED
    assert [c.name for c in both.report.weakest()] == ["S4 bound"]


def test_an_orthogonal_w_is_its_own_urnn():
    net = RNN([[0, -1], [-1, 0]], [[1], [1]], [0, 0], [[1, 1]])
    both = equivalent_urnn(net, 1)
    assert both.urnn.states == 2
    assert both.report.verdict is Verdict.PROVED


@pytest.mark.parametrize("bound", [-1, float("nan"), float("inf"), "1", None, True])
def test_bad_input_bounds(small_net, bound):
    with pytest.raises(InputError, match="input_bound"):
        equivalent_urnn(small_net, bound)


def test_other_activations_are_refused_with_the_reason(small_net):
    smooth = small_net.replace(activation="tanh")
    with pytest.raises(UnsupportedError, match=r"'tanh'.*Theorem 3\.3"):
        equivalent_urnn(smooth, 1)


class Fake(PiecewiseLinear):
    """Has the data of ReLU and computes something else."""

    def numpy(self, z):
        return np.tanh(z)


def test_an_activation_that_claims_to_be_relu_is_not_believed(small_net):
    relu = small_net.activation
    with pytest.raises(InputError, match="kept for the built-in"):
        Fake("relu", relu.knots, relu.slopes, relu.value)
    fake = Fake("mine", relu.knots, relu.slopes, relu.value)
    with pytest.raises(InputError, match="is of the type Fake"):
        small_net.replace(activation=fake)
    both = equivalent_urnn(small_net, 1)
    parts = [both.rnn.replace(), both.urnn.replace()]
    for part in parts:  # forced in, in memory
        object.__setattr__(part, "activation", fake)
    with pytest.raises(UnsupportedError, match="not given by exact data"):
        equivalent_urnn(parts[0], 1)
    lie = changed(both, rnn=parts[0], urnn=parts[1])
    assert lie.verify().verdict is Verdict.REFUTED


def test_numbers_beyond_float64_are_proved_all_the_same():
    huge = 10**400
    net = RNN([[Q(1, 2)]], [[huge]], [0], [[1]])
    report = equivalent_urnn(net, huge).report
    assert report.verdict is Verdict.PROVED
    numpy = next(c for c in report.checks if c.name == "NumPy")
    assert numpy.verdict is Verdict.UNSUPPORTED
    with pytest.raises(InputError, match="below the norm of h_init"):
        equivalent_urnn(RNN([[0]], [[1]], [0], [[1]], [huge]), 1, state_bound=1)


def test_not_a_network_and_twice_the_construction(small_net):
    with pytest.raises(InputError, match="network is a list"):
        equivalent_urnn([[1]], 1)
    with pytest.raises(UnsupportedError, match="is a URNN already"):
        equivalent_urnn(equivalent_urnn(small_net, 1).urnn, 1)


def test_the_report_is_json_and_names_its_scope(small_net):
    report = equivalent_urnn(small_net, Q(1, 2)).report
    data = json.loads(report.to_json())
    assert data["verdict"] == "PROVED"
    assert data["scope"] == "this network, all inputs with ||x^k|| <= 1/2, all k"


def test_what_is_not_proved_has_no_certificate(small_net):
    both = equivalent_urnn(small_net, 1)
    assert both.report.certificate is not None
    assert dataclasses.replace(both, input_bound=Q(5)).report.certificate is None


def test_no_step_says_proved_about_a_transition_it_cannot_read(small_net):
    both = equivalent_urnn(small_net, 1)
    wrong = changed(both, urnn=small_net)  # an RNN, not a URNN
    verdicts = {c.name: c.verdict for c in wrong.verify().checks}
    for name in ("S1 dilation", "S2 rows", "S5 induction"):
        assert verdicts[name] is not Verdict.PROVED


def test_a_replaced_part_is_checked_afresh(small_net):
    """A changed copy must not carry the old verdict along."""
    both = equivalent_urnn(small_net, 1)
    assert both.report.verdict is Verdict.PROVED
    wrong = dataclasses.replace(both, input_bound=Q(5))
    assert wrong.report.verdict is Verdict.REFUTED
