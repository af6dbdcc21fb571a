"""Another W: the bound of what it changes holds in exact simulation, at every step."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest

from urnn_proofs import (
    RNN,
    InputError,
    RationalMatrix,
    StoredNetwork,
    UnsupportedError,
    Verdict,
    diagnose,
    equivalent_urnn,
)
from urnn_proofs.guesses.nearest import near_orthogonal
from urnn_proofs.model.rational import RationalMatrix as Matrix
from urnn_proofs.questions.diagnose import Answer
from urnn_proofs.questions.repair import repair, stored_in_floats


def random_orthogonal(n, seed, sign=1):
    W, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))
    if np.linalg.det(W) * sign < 0:
        W[:, 0] *= -1
    return W


def network(W, seed=0, activation="relu", m=2, p=2):
    rng = np.random.default_rng(seed)
    n = len(W)
    parts = [np.round(rng.standard_normal(shape), 2) for shape in ((n, m), n, (p, n), n)]
    return RNN(W, parts[0], parts[1], parts[2], parts[3], activation=activation)


def inputs(M, steps, m, seed):
    """Rational inputs on and inside the sphere of radius M, some of them pushing one way."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(steps):
        v = [Q(int(x), 64) for x in rng.integers(-64, 65, m)]
        size = sum(x * x for x in v)
        factor = M if size <= 1 else M / Q(int(size) + 1)
        found.append([x * factor for x in v])
    return found


def exactly_apart(old, new, x):
    """||y'^k - y^k||^2 in Fractions."""
    return [
        sum((a - b) ** 2 for a, b in zip(u, v, strict=True))
        for u, v in zip(old.run_exact(x), new.run_exact(x), strict=True)
    ]


NETWORKS = {
    "float32 orthogonal": network(random_orthogonal(3, 0).astype(np.float32)),
    "determinant -1": network(random_orthogonal(3, 1, -1).astype(np.float32)),
    "minus the identity": network(-(1 + 1e-7) * np.eye(3)),
    "one state": network([[1 + 2.0**-20]]),
    "far enough": network(random_orthogonal(3, 2) * (1 + 1e-4)),
    "norm a little above 1": network(np.diag([1 + 3e-5, 0.5, 0.25])),
    "norm 1": network(np.diag([1.0, 0.5]), seed=3),
    "norm 3/2": network([[1.5, 0], [0.5, 0.25]]),
    "hard tanh": network([[1.5, 0], [0.5, 0.25]], activation="hard_tanh"),
}


@pytest.mark.parametrize("name", sorted(NETWORKS))
@pytest.mark.parametrize("M", [Q(1), Q(7, 3)])
def test_the_bound_holds_in_exact_simulation(name, M):
    rnn = NETWORKS[name]
    steps = 12
    found = repair(rnn, M, steps=steps)
    assert found.report.verdict is Verdict.PROVED
    new = found.result.layers[0]
    largest = Q(0)
    for seed in range(6):
        for k, apart in enumerate(exactly_apart(rnn, new, inputs(M, steps, rnn.inputs, seed))):
            assert apart <= found.errors[k] ** 2
            largest = max(largest, apart)
    assert largest > 0  # something did change
    if found.error_always is not None:
        assert largest <= found.error_always**2


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_the_result_has_a_urnn(name):
    found = repair(NETWORKS[name], 1)
    assert diagnose(found.result).answer is Answer.EXISTS
    built = equivalent_urnn(found.result, 1)
    assert built.report.verdict is Verdict.PROVED


def test_a_bound_that_is_attained():
    """One unit, w = 1 + d to 1, constant input: e^k = sum of powers, which the recursion gives."""
    d = Q(1, 1000)
    rnn = RNN([[1 + d]], [[1]], [0], [[1]])
    found = repair(rnn, 1, steps=20, to="orthogonal")
    assert found.result.layers[0].W == RationalMatrix.identity(1)
    apart = exactly_apart(rnn, found.result.layers[0], [[1]] * 20)
    for k in range(1, 20):
        assert apart[k] <= found.errors[k] ** 2 <= apart[k] * Q(1001, 1000)


def test_layers_pass_their_errors_on():
    lower, upper = NETWORKS["float32 orthogonal"], network(np.diag([1 + 3e-5, 0.5]), seed=5)
    both = StoredNetwork.of(lower, upper, output_bias=[1, 2])
    found = repair(both, 1, steps=10)
    assert found.report.verdict is Verdict.PROVED
    for seed in range(4):
        x = inputs(Q(1), 10, 2, seed)
        old, new = (
            net.layers[1].run_exact(net.layers[0].run_exact(x)) for net in (both, found.result)
        )
        for k, (u, v) in enumerate(zip(old, new, strict=True)):
            assert sum((a - b) ** 2 for a, b in zip(u, v, strict=True)) <= found.errors[k] ** 2


def test_layers_that_are_contractive_stay():
    fine = network(np.diag([0.5, 0.25]))
    found = repair(StoredNetwork.of(fine, network([[1 + 1e-7]], m=2)), 1)
    assert found.changes[0] == 0
    assert found.changes[1] > 0
    assert found.result.layers[0].W == fine.W


@pytest.mark.parametrize("n", [1, 2, 5, 24])
@pytest.mark.parametrize("sign", [1, -1])
def test_orthogonal_matrices_are_exact_and_near(n, sign):
    W = random_orthogonal(n, n, sign) + 1e-7 * np.random.default_rng(1).standard_normal((n, n))
    found = near_orthogonal(Matrix.parse(W, "W"), 40)
    assert found.transpose() @ found == RationalMatrix.identity(n)
    assert np.linalg.norm(found.to_numpy() - W, 2) < 1e-5


def test_any_matrix_gives_an_orthogonal_one():
    for W in ([[0, 0], [0, 0]], [[5, 1], [0, 0]], [[-1, 0], [0, -1]], [[0, -1], [1, 0]]):
        found = near_orthogonal(Matrix.parse(W, "W"), 20)
        assert found.transpose() @ found == RationalMatrix.identity(2)


def test_what_files_of_floats_hold_has_bounds_of_its_own():
    rnn = NETWORKS["float32 orthogonal"]
    found = stored_in_floats(repair(rnn, 1, steps=8), "float32")
    new = found.result.layers[0]
    assert new.W.to_numpy().astype(np.float32).astype(float).tolist() == new.W.to_numpy().tolist()
    for k, apart in enumerate(exactly_apart(rnn, new, inputs(Q(1), 8, 2, 0))):
        assert apart <= found.errors[k] ** 2


@pytest.mark.parametrize("part", ["F", "b", "C", "h_init", "activation", "output_bias"])
def test_a_network_that_differs_in_more_than_w_is_refused(part):
    found = repair(NETWORKS["float32 orthogonal"], 1)
    layer = found.result.layers[0]
    if part == "output_bias":
        other = replace(found.result, output_bias=RationalMatrix.column([1, 1]))
    elif part == "activation":
        other = StoredNetwork.of(layer.replace(activation="hard_tanh"))
    else:
        moved = getattr(layer, part).replace((0, 0), 100)
        other = StoredNetwork.of(layer.replace(**{part: moved}))
    with pytest.raises(InputError, match="differ in more than W"):
        replace(found, result=other)


def test_another_w_gets_the_bound_of_that_w():
    rnn = NETWORKS["float32 orthogonal"]
    found = repair(rnn, 1, steps=5)
    far = replace(found, result=StoredNetwork.of(rnn.replace(W=[[0] * 3] * 3)))
    assert far.error > 1000 * found.error
    assert "orthogonal" not in [check.name for check in far.report.checks]


def test_data_are_measured_and_must_fit():
    found = repair(NETWORKS["far enough"], 1, steps=30)
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (30, 4, 2))
    check = found.measure(x)
    assert check.verdict is Verdict.CONSISTENT
    assert 0 < check.evidence["measured"] <= check.evidence["bound"]
    with pytest.raises(InputError, match="31 steps; expected at most 30"):
        found.measure(np.zeros((31, 2)))
    with pytest.raises(InputError, match=r"norm 1\.41"):
        found.measure(np.ones((3, 2)))
    with pytest.raises(InputError, match="shape"):
        found.measure(np.ones((3, 5)))


def test_bad_arguments():
    rnn = NETWORKS["norm 3/2"]
    for arguments, words in (
        ({"steps": 0}, "steps .--steps. is 0"),
        ({"to": "unitary"}, "expected 'orthogonal' or 'contraction'"),
        ({"norm": 1}, "between 0 and 1"),
    ):
        with pytest.raises(InputError, match=words):
            repair(rnn, 1, **arguments)
    with pytest.raises(UnsupportedError, match="not known to be non-expansive"):
        repair(rnn.replace(activation="gelu"), 1)
    with pytest.raises(InputError, match="network is a str"):
        repair("net.npz", 1)


def test_a_bound_as_large_as_the_outputs_is_said_to_say_nothing():
    """Of a strongly expansive W, but not of a nearly orthogonal one."""
    expansive = network(3 * random_orthogonal(4, 0), seed=1)
    found = repair(expansive, 1, steps=100)
    assert found.says_nothing
    assert found.error > 10**15
    first = found.report.notes[0]
    assert "100 steps" in first
    assert "urnn_proofs.torch.contractive" in first
    near = repair(network((1 + 1e-7) * random_orthogonal(4, 0), seed=1), 1, steps=100)
    assert not near.says_nothing
    assert not any("anything" in note for note in near.report.notes)


def test_a_bound_that_a_range_caps_says_nothing_either():
    """tanh: outputs of 4 units differ by at most twice their range, whatever the two networks."""
    found = repair(network(3 * random_orthogonal(4, 0), seed=1, activation="tanh"), 1)
    assert found.says_nothing


def test_nothing_is_said_about_a_network_that_stays():
    assert not repair(network(np.eye(3) / 2), 1).says_nothing
