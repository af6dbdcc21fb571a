"""Results with rescaled states: exchanged and changed parts are PROVED only if they are true.

The oracle runs the network and the URNN itself, square roots taken, with 60 digits.
"""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
from changed import changed
from test_minimal import drawn, number, run_with_60_digits, urnn_with_60_digits

from urnn_proofs import RNN, RationalMatrix, Role, Verdict, equivalent_urnn, minimal_urnn
from urnn_proofs.checks.exact.scaled import Gates
from urnn_proofs.model.errors import UrnnProofsError
from urnn_proofs.model.quadratic import Quadratic
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.questions.complex_urnn import ComplexURNN, complex_urnn
from urnn_proofs.questions.few_states import scaled_urnn


def eye(n):
    return [[int(i == j) for j in range(n)] for i in range(n)]


def network(W, **changes):
    n = len(W)
    return RNN(**{"W": W, "F": eye(n), "b": [Q(1, 8)] * n, "C": eye(n), **changes})


def diagonal(*w):
    return [[w[i] * (i == j) for j in range(len(w))] for i in range(len(w))]


TRIANGULAR = network([[Q(1, 2), Q(1, 3)], [0, Q(1, 4)]])
DENSE = network([[Q(1, 4), Q(1, 3)], [Q(-1, 5), Q(1, 2)]], h_init=[1, 2])
ACTIVE = network(diagonal(Q(1, 5), Q(1, 2)), b=[40, 30], C=[[1, 2], [0, 1]])
RATES = network(diagonal(Q(1, 5), Q(1, 2)), h_init=[-1, 2])


@pytest.fixture(scope="module")
def results():
    found = [
        minimal_urnn(TRIANGULAR, 1).equivalence,
        minimal_urnn(TRIANGULAR, 2).equivalence,
        minimal_urnn(DENSE, 1).equivalence,
        minimal_urnn(ACTIVE, 1).equivalence,
        minimal_urnn(RATES, None).equivalence,
        minimal_urnn(DENSE, None).equivalence,
        minimal_urnn(TRIANGULAR, None).equivalence,
    ]
    assert {e.rescaled.evidence.gates for e in found} == set(Gates)
    assert all(isinstance(e.urnn, ScaledURNN) for e in found)
    return found


def disagrees(e):
    """Run both, with 60 digits; U must be orthogonal, too."""
    M = Q(10) ** 6 if e.input_bound is None else e.input_bound
    with mpmath.workdps(60):
        tiny = mpmath.mpf(10) ** -30
        U, *_ = urnn_with_60_digits(e.urnn)
        if mpmath.norm(U.T * U - mpmath.eye(e.urnn.states), mpmath.inf) > tiny:
            return True
        for seed in range(3):
            x = list(drawn(e.rnn.inputs, M or Q(1), 12, seed)) if M else [[0] * e.rnn.inputs] * 12
            ours, theirs = run_with_60_digits(e.urnn, x), e.rnn.run_exact(x)
            if max(abs(a - number(b)) for p, q in zip(ours, theirs) for a, b in zip(p, q)) > tiny:
                return True
    return False


def tried(make):
    try:
        return make()
    except UrnnProofsError:
        return None


def changed_parts(e, other):
    """Every part exchanged for that of another result, and numbers changed."""
    for field in ("rnn", "urnn", "input_bound"):
        yield lambda field=field: changed(e, **{field: getattr(other, field)})
    yield lambda: dataclasses.replace(e, evidence=other.evidence)
    for field in ("R", "weights", "F", "b", "C", "h_init"):
        part = getattr(other.urnn, field)
        yield lambda field=field, part=part: changed(
            e, urnn=dataclasses.replace(e.urnn, **{field: part})
        )
    for field in ("basis", "gates", "bound"):
        part = getattr(other.rescaled.evidence, field)
        yield lambda field=field, part=part: changed(
            e, rescaled=dataclasses.replace(e.rescaled.evidence, **{field: part})
        )
    for field in ("W", "F", "b", "C", "h_init"):
        part = getattr(other.rnn, field)
        yield lambda field=field, part=part: changed(e, rnn=e.rnn.replace(**{field: part}))


def nudged(e):
    """One number changed a little."""
    urnn = e.urnn
    tiny = Q(1, 10**9)
    for i, j in itertools.product(range(urnn.states), repeat=2):
        R = [list(row) for row in urnn.R]
        R[i][j] = R[i][j] + tiny
        yield changed(e, urnn=dataclasses.replace(urnn, R=tuple(map(tuple, R))))
    for i, w in enumerate(urnn.weights):
        weights = (*urnn.weights[:i], w * (1 + tiny), *urnn.weights[i + 1 :])
        yield changed(e, urnn=dataclasses.replace(urnn, weights=weights))
    for field in ("F", "b", "C", "h_init"):
        part = getattr(urnn, field)
        for i, j in itertools.product(range(part.shape[0]), range(part.shape[1])):
            raised = part.replace((i, j), part[i, j] + tiny)
            yield changed(e, urnn=dataclasses.replace(urnn, **{field: raised}))


def test_the_results_are_true_and_the_oracle_sees_what_is_not(results):
    for e in results:
        assert e.proof.verdict is Verdict.PROVED
        assert not disagrees(e)
    wrong = [x for e in results for x in nudged(e)]
    assert sum(map(disagrees, wrong)) > len(wrong) / 2 > 60


def test_no_exchanged_part_is_proved_unless_it_is_true(results):
    made = proved = 0
    for e, other in itertools.permutations(results, 2):
        for make in changed_parts(e, other):
            found = tried(make)
            if found is None:
                continue
            made += 1
            if found.proof.verdict is Verdict.PROVED:
                proved += 1
                assert not disagrees(found)
    assert made > 100
    assert 0 < proved < made / 2


def test_no_changed_number_is_proved_unless_it_is_true(results):
    proved = 0
    for e in results:
        for found in nudged(e):
            if found.proof.verdict is Verdict.PROVED:
                proved += 1
                assert not disagrees(found)
    assert proved < 5


def test_a_gate_may_be_closed_further_and_no_less(results):
    e = results[0]
    n = e.rnn.states
    low = e.urnn.b[n, 0]
    for factor, verdict in ((2, Verdict.PROVED), (Q(99, 100), Verdict.UNKNOWN)):
        b = e.urnn.b.replace((n, 0), low * factor)
        found = changed(e, urnn=dataclasses.replace(e.urnn, b=b))
        assert found.proof.verdict is verdict


def test_larger_inputs_than_it_was_built_for_are_not_covered(results):
    for e in results[:4]:
        assert changed(e, input_bound=Q(100)).proof.verdict is Verdict.UNKNOWN
        assert changed(e, input_bound=None).proof.verdict is Verdict.UNKNOWN
    with pytest.raises(UrnnProofsError):
        dataclasses.replace(results[0], input_bound=Q(-1))


def test_the_other_root_of_the_quadratic(results):
    """Identities hold for the conjugate as well; signs do not, or the gates are others."""
    e = results[2]
    assert e.urnn.roots

    def conjugate(x):
        return Quadratic(x.a, -x.b, x.d) if isinstance(x, Quadratic) else x

    changes = {
        "R": tuple(tuple(map(conjugate, row)) for row in e.urnn.R),
        "weights": tuple(map(conjugate, e.urnn.weights)),
    }
    found = changed(e, urnn=dataclasses.replace(e.urnn, **changes))
    assert all(not isinstance(w, Quadratic) or w < 1 for w in found.urnn.weights[:2])
    assert found.proof.verdict is not Verdict.PROVED or not disagrees(found)


def test_units_that_switch_off_may_not_be_mixed(results):
    """The basis of a network whose units stay active says nothing where they do not."""
    e = results[3]
    rnn = e.rnn.replace(b=RationalMatrix.column([0, 0]))
    b = e.urnn.b.to_fractions()
    top = (e.rescaled.evidence.basis @ rnn.b).to_fractions()
    urnn = dataclasses.replace(e.urnn, b=RationalMatrix.from_fractions([*top, *b[2:]]))
    found = changed(e, rnn=rnn, urnn=urnn)
    assert found.proof.verdict is Verdict.UNKNOWN
    assert disagrees(found)


# -- within epsilon --------------------------------------------------------------------------------


def test_parts_of_other_results_within_epsilon():
    nets = [network(diagonal(Q(1, 5), w), b=[0, 0]) for w in (Q(1, 2), Q(3, 5))]
    found = [minimal_urnn(net, M, epsilon=Q(1, 100)).equivalence for net in nets for M in (1, 3)]
    proved = 0
    for one, other in itertools.permutations(found, 2):
        parts = {
            "rnn": other.rnn,
            "urnn": other.urnn,
            "epsilon": other.epsilon,
            "near": other.evidence[0].near,
            "rescaled": other.evidence[0].rescaled,
            "bound": other.evidence[0].bound,
        }
        for names in (*parts.items(), *itertools.combinations(parts.items(), 2)):
            names = (names,) if isinstance(names[0], str) else names
            new = tried(lambda: changed(one, **dict(names)))  # noqa: B023
            if new is None or new.report.verdict is not Verdict.PROVED:
                continue
            proved += 1
            x = list(drawn(2, new.input_bound, 30, 1))
            with mpmath.workdps(60):
                pairs = zip(run_with_60_digits(new.urnn, x), new.rnn.run_exact(x))
                gap = max(mpmath.norm([a - number(b) for a, b in zip(p, q)]) for p, q in pairs)
                assert gap <= number(new.epsilon)

    assert proved > 0


def test_a_network_nearby_is_no_proof_of_equal_outputs_nor_of_a_smaller_epsilon():
    near = minimal_urnn(network(diagonal(Q(1, 5), Q(1, 2))), 1, epsilon=Q(1, 10)).equivalence
    assert near.report.verdict is Verdict.PROVED
    for epsilon in (None, near.epsilon * Q(999, 1000)):
        assert changed(near, epsilon=epsilon).report.verdict is not Verdict.PROVED
    assert changed(near, epsilon=Q(1)).report.verdict is Verdict.PROVED
    runs = [c for c in near.report.checks if c.role is Role.CROSS_CHECK]
    assert [c.scope.startswith("the network nearby") for c in runs] == [True, True]
    assert changed(near, near=None).report.verdict is not Verdict.PROVED
    assert changed(near, bound=None).report.verdict is Verdict.UNKNOWN
    floats = minimal_urnn(near.rnn, 1).in_floats("float64")
    with pytest.raises(UrnnProofsError, match="not an exact one"):
        dataclasses.replace(floats, exact=near)


def test_floats_keep_the_evidence_their_gates_were_closed_by():
    """Evidence looked for again, in another norm, gives larger states than these gates allow."""
    W = [[Q(1, 2), Q(217, 256), Q(89, 32)], [0, Q(243, 256), Q(87, 32)], [0, 0, Q(243, 256)]]
    F, C = [[Q(1, 64)], [Q(31, 16)], [Q(-97, 64)]], [[Q(13, 16), Q(49, 64), Q(-11, 64)]]
    found = minimal_urnn(RNN(W, F, [0, 0, 0], C), Q(1, 8)).in_floats("float64")
    assert found.report.verdict is Verdict.PROVED


def test_another_network_nearby_must_differ_in_w_only():
    near = minimal_urnn(network(diagonal(Q(1, 5), Q(1, 2))), 1, epsilon=Q(1, 10)).equivalence
    for changes in ({"b": [1, 1]}, {"F": [[1, 0], [0, 2]]}, {"C": [[1, 0], [0, 2]]}):
        other = changed(near, rnn=near.rnn.replace(**changes))
        assert other.report.verdict is not Verdict.PROVED


# -- complex states --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rnn", [TRIANGULAR, DENSE, RATES], ids=["triangular", "dense", "rates"])
def test_n_complex_states_have_the_outputs_of_n_real_ones(rnn, dtype):
    found = complex_urnn(rnn, 1, dtype=dtype)
    n = rnn.states
    assert (found.states, found.real.layers[0].states) == (n, 2 * n)
    assert found.report.verdict is Verdict.PROVED
    U = found.U
    precision = 1e-6 if dtype == "float32" else 1e-14
    assert np.allclose(U.conj().T @ U, np.eye(n), atol=precision)
    x = np.random.default_rng(0).uniform(-0.7, 0.7, size=(200, n))
    assert np.abs(found.run(x) - rnn.run(x)).max() <= float(found.equivalence.error.total) * 2


def test_a_diagonal_matrix_has_exact_complex_states():
    rnn = network(diagonal(Q(3, 5), Q(1, 2), Q(-1, 3)))
    found = complex_urnn(rnn, 1)
    x = list(drawn(3, 1, 10, 0))
    assert found.real.layers[0].run_exact(x) == rnn.run_exact(x)
    assert found.U[0, 0] == pytest.approx(0.6 + 0.8j)
    assert found.report.verdict is Verdict.PROVED
    with pytest.raises(UrnnProofsError, match="dtype='float64'"):
        complex_urnn(DENSE, 1)
    with pytest.raises(UrnnProofsError, match="expected relu"):
        complex_urnn(network([[Q(1, 2)]], activation="relu6"), 1)


def test_a_real_network_that_is_no_complex_one_is_refuted():
    """The same outputs from another completion: no [[W, -V], [V, W]]."""
    rnn = network(diagonal(Q(3, 5), Q(1, 2)))
    found = complex_urnn(rnn, 1)
    other = minimal_urnn(rnn, 1).equivalence
    assert other.urnn.states == 4
    changed = dataclasses.replace(found, equivalence=other)
    assert other.report.verdict is Verdict.PROVED
    assert changed.report.verdict is Verdict.REFUTED


@pytest.mark.parametrize("phi", ["hard_tanh", "hard_sigmoid", "relu6", "tanh"])
def test_what_is_no_split_relu_is_refuted(phi):
    """The blocks are right and the outputs equal, but units other than ReLU run them."""
    rnn = network([[Q(3, 5)]])
    U = complex_urnn(rnn, 3).real.layers[0].W
    epsilon = Q(1, 100) if phi == "tanh" else None
    e = equivalent_urnn(rnn.replace(activation=phi), 3, epsilon=epsilon)
    turned = dataclasses.replace(e.built, layers=(e.built.layers[0].replace(W=U),))
    evidence = (dataclasses.replace(e.evidence[0], dilation=None),)
    e = dataclasses.replace(e, built=turned, evidence=evidence)
    assert e.report.verdict is Verdict.PROVED
    assert ComplexURNN(e).report.verdict is Verdict.REFUTED


def test_complex_states_have_no_place_for_an_output_bias():
    e = complex_urnn(network([[Q(3, 5)]]), 1).equivalence
    d = RationalMatrix.column([Q(10)])
    stored = [dataclasses.replace(net, output_bias=d) for net in (e.network, e.built)]
    e = dataclasses.replace(e, network=stored[0], built=stored[1])
    assert e.report.verdict is Verdict.PROVED
    assert ComplexURNN(e).report.verdict is Verdict.REFUTED


def test_a_scaling_that_saves_nothing_is_none():
    assert scaled_urnn(RATES, Q(1), (Q(1), Q(1))) is None
