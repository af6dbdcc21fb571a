"""The search for whole networks, and the exact check that confirms what it finds."""

from __future__ import annotations

import math
import random
from fractions import Fraction as Q

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import identity, multiply, transpose

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    RationalMatrix,
    Report,
    ScaledRational,
    UnsupportedError,
    Verdict,
    equivalent_urnn,
)
from urnn_proofs.exact.affine_invariant import AffineInvariant, check_invariant, fit_affine
from urnn_proofs.smt.process import Outcome, Sat
from urnn_proofs.smt.relu_network import (
    every_transition,
    invariant_violation,
    one_state_imitates_no_scalar,
    steered_transitions,
)
from urnn_proofs.theorems import network_search
from urnn_proofs.theorems.network_confirmation import confirm_network
from urnn_proofs.theorems.relu_search import search_relu_network
from urnn_proofs.verdict import Trust

W, S = Q(3, 5), Q(4, 5)


def scalar_net(w=W, f=1, b=0, c=1, start=0) -> RNN:
    return RNN([[w]], [[f]], [b], [[c]], [start])


def run(rnn: RNN, inputs):
    """Plain Fractions; U as floats only where its entries are irrational."""
    matrix = rnn.W
    if isinstance(matrix, ScaledRational):
        exact = all(x == 1 for x in (*matrix.alpha, *matrix.beta))
        U = matrix.R.to_fractions() if exact else matrix.to_numpy().tolist()
    else:
        U = matrix.to_fractions()
    F, C = rnn.F.to_fractions(), rnn.C.to_fractions()
    b, h = ([row[0] for row in part.to_fractions()] for part in (rnn.b, rnn.h_init))
    outputs = []
    for x in inputs:
        h = [
            max(sum(u * v for u, v in zip(row, h)) + f[0] * x + shift, 0)
            for row, f, shift in zip(U, F, b)
        ]
        outputs.append(sum(c * v for c, v in zip(C[0], h)))
    return outputs


def random_inputs(seed: int, bound, length: int = 40):
    rng = random.Random(seed)
    return [bound * Q(rng.randint(-100, 100), 100) for _ in range(length)]


# -- the search -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rnn", "bound"),
    [
        (scalar_net(), 1),
        (scalar_net(), Q(1, 1000)),
        (scalar_net(0), 1),
        (scalar_net(Q(-1, 2)), 1),
        (scalar_net(1 - Q(1, 10**9)), 1),
        (scalar_net(Q(1, 2), -2, Q(1, 4), 3, 1), 2),
        (scalar_net(f=0, b=1), 1),  # no input at all, but it settles exponentially
    ],
)
def test_one_state_is_refuted(rnn, bound):
    found = search_relu_network(rnn, 1, input_bound=bound)
    assert found.verdict is Verdict.PROVED, found.trace
    assert found.trust is Trust.SMT
    assert found.network is None
    assert len(found.sequences) > 1
    assert Report("search", "", (found.as_check(),)).verdict is Verdict.PROVED
    assert "no URNN with 1 state: PROVED" in str(found)


def test_one_state_is_refuted_for_all_contractions_at_once():
    answers = one_state_imitates_no_scalar()
    assert len(answers) == len(every_transition(1)) == 2
    assert all(outcome.answer is Sat.UNSAT for outcome in answers.values())


@pytest.mark.parametrize(
    ("rnn", "states", "bound"),
    [
        (scalar_net(), 2, 1),
        (scalar_net(), 3, 1),
        (scalar_net(0), 2, 1),
        (scalar_net(-W, b=Q(1, 4)), 2, 1),
        (scalar_net(W, 2, Q(1, 4), -3, Q(1, 2)), 2, 7),
        (scalar_net(start=-1), 2, 1),
        (scalar_net(Q(1, 2)), 2, 1),  # irrational U
        (scalar_net(Q(1, 3), -1, Q(1, 2), 2, 3), 2, 1),
        (scalar_net(b=-100), 1, 1),  # silent: one state does it
        (scalar_net(c=0), 1, 1),
    ],
)
def test_a_network_is_found_and_confirmed(rnn, states, bound):
    found = search_relu_network(rnn, states, input_bound=bound)
    assert found.verdict is Verdict.REFUTED, found.trace
    assert found.trust is Trust.EXACT
    assert found.network.states == states
    assert found.confirmation.verdict is Verdict.PROVED
    again = confirm_network(rnn, found.network, found.invariant)
    assert again.verdict is Verdict.PROVED
    for seed in range(5):
        inputs = random_inputs(seed, bound)
        wanted, given = run(rnn, inputs), run(found.network, inputs)
        assert all(abs(float(y - z)) < 1e-9 for y, z in zip(wanted, given, strict=True))


def test_the_network_found_is_rational_where_it_can_be():
    network = search_relu_network(scalar_net(), 2).network
    assert all(x == 1 for x in (*network.W.alpha, *network.W.beta))
    U = network.W.R.to_fractions()
    assert multiply(transpose(U), U) == identity(2)
    inputs = random_inputs(1, 1)
    assert run(network, inputs) == run(scalar_net(), inputs)


@pytest.mark.parametrize("w", [W, Q(-5, 13), Q(0), Q(1, 2), Q(-1, 3)])
@pytest.mark.parametrize("states", [2, 3])
def test_steered_transitions_are_orthogonal_and_contain_w(w, states):
    found = steered_transitions(w, Q(1), states)
    assert found
    for transition in found:
        R = [list(row) for row in transition.entries]
        alpha = transition.alpha or (Q(1),) * states
        weighted = [[a * x for x in row] for a, row in zip(alpha, R)]
        scaled = [[a * x for x in row] for a, row in zip(alpha, identity(states))]
        assert multiply(transpose(R), weighted) == scaled
        assert w in (R[0][0], R[1][1])


def test_undecided_queries_leave_the_verdict_open(monkeypatch):
    monkeypatch.setattr(network_search, "solve", lambda smt2, **kw: Outcome(Sat.UNKNOWN, smt2=smt2))
    found = search_relu_network(scalar_net(), 1)
    assert found.verdict is Verdict.UNKNOWN
    assert len(found.undecided) == 2
    assert all("assert" in text for text in found.undecided)


def test_one_undecided_family_is_enough_to_leave_it_open(monkeypatch):
    answers = iter([Outcome(Sat.UNSAT), Outcome(Sat.UNKNOWN)])
    monkeypatch.setattr(network_search, "solve", lambda smt2, **kw: next(answers))
    assert search_relu_network(scalar_net(), 1).verdict is Verdict.UNKNOWN


def test_out_of_time_is_not_a_proof():
    found = search_relu_network(scalar_net(), 1, budget_s=1e-6)
    assert found.verdict is Verdict.UNKNOWN
    assert "out of time" in found.trace[-1]


def test_a_solver_that_lies_about_a_model_is_not_believed(monkeypatch):
    weights = {"f_0": Q(1), "b_0": Q(0), "c_0": Q(1), "h_0": Q(0)}
    monkeypatch.setattr(network_search, "solve", lambda smt2, **kw: Outcome(Sat.SAT, weights))
    found = search_relu_network(scalar_net(), 1, budget_s=0.5)
    assert found.verdict is Verdict.UNKNOWN
    assert found.network is None


@pytest.mark.parametrize(
    ("rnn", "states", "limits", "error"),
    [
        (scalar_net(1), 1, {}, NotContractiveError),
        (scalar_net(), 0, {}, InputError),
        (scalar_net(), 1, {"input_bound": 0}, InputError),
        (scalar_net(), 1, {"query_s": 0}, InputError),
        (RNN([[0, 0], [0, 0]], [[1], [1]], [0, 0], [[1, 1]]), 1, {}, UnsupportedError),
        (RNN([[W]], [[1]], [0], [[1]], activation="tanh"), 1, {}, UnsupportedError),
    ],
)
def test_questions_out_of_range_are_refused(rnn, states, limits, error):
    with pytest.raises(error, match="."):
        search_relu_network(rnn, states, **limits)


# -- the exact check ----------------------------------------------------------------------


def gated():
    """Theorem 3.1's network for w = 3/5, M = 1: H = 5/2, and the gate is just tight."""
    urnn = RNN([[W, S], [S, -W]], [[1], [0]], [0, -2], [[1, 0]])
    zero = (Q(0),)
    A = RationalMatrix.from_fractions([[Q(1)], [Q(0)]])
    return urnn, AffineInvariant(A, zero * 2, zero, (Q(5, 2),), Q(1))


def test_the_gate_of_theorem_3_1_is_confirmed_and_is_tight():
    urnn, invariant = gated()
    assert confirm_network(scalar_net(), urnn, invariant).verdict is Verdict.PROVED
    looser = RNN(urnn.W, urnn.F, [0, -2 + Q(1, 10**9)], urnn.C)
    report = confirm_network(scalar_net(), looser, invariant)
    assert report.verdict is Verdict.REFUTED
    assert "not kept" in report.checks[1].evidence["failure"]


CHANGES = [
    *[("W", i, j) for i in range(2) for j in range(2)],
    *[(name, i, 0) for name in ("F", "b", "h_init") for i in range(2)],
    *[("C", 0, j) for j in range(2)],
    *[("A", i, 0) for i in range(2)],
    *[("a", i, 0) for i in range(2)],
    ("low", 0, 0),
    ("high", 0, 0),
    ("M", 0, 0),
]


@pytest.mark.parametrize(("name", "i", "j"), CHANGES)
def test_every_changed_entry_is_refused(name, i, j):
    urnn, invariant = gated()
    parts = {part: getattr(urnn, part) for part in ("W", "F", "b", "C", "h_init")}
    fields = {part: getattr(invariant, part) for part in ("A", "a", "low", "high", "input_bound")}
    delta = Q(1, 7)
    if name in parts:
        parts[name] = parts[name].replace((i, j), parts[name][i, j] + delta)
    elif name == "A":
        fields["A"] = fields["A"].replace((i, j), fields["A"][i, j] + delta)
    elif name == "M":
        fields["input_bound"] += delta
    else:
        sign = -1 if name == "high" else 1
        values = list(fields[name])
        values[i] += sign * delta
        fields[name] = tuple(values)
    harmless = name == "C" and j == 1  # that unit is always off, so its output weight is free
    verdict = confirm_network(scalar_net(), RNN(**parts), AffineInvariant(**fields)).verdict
    assert verdict is (Verdict.PROVED if harmless else Verdict.REFUTED)


def test_the_solver_agrees_with_the_vertices():
    urnn, invariant = gated()
    A = [invariant.A[i, 0] for i in range(2)]
    for gate, answer in ((-2, Sat.UNSAT), (-2 + Q(1, 10**9), Sat.SAT)):
        net = RNN(urnn.W, urnn.F, [0, gate], urnn.C)
        found = invariant_violation(scalar_net(), net, A, invariant.a, (Q(0), Q(5, 2)), Q(1))
        assert found.answer is answer


def test_the_construction_of_theorem_3_1_is_confirmed_independently():
    rnn = RNN([[W, 0], [0, -W]], [[1], [Q(1, 2)]], [0, Q(1, 4)], [[1, 2]])
    both = equivalent_urnn(rnn, input_bound=1)
    alpha, beta = ([square_root(x) for x in part] for part in (both.urnn.W.alpha, both.urnn.W.beta))
    R = both.urnn.W.R.to_fractions()
    U = [[p * x * q for x, q in zip(row, beta)] for p, row in zip(alpha, R)]
    urnn = RNN(U, both.urnn.F, both.urnn.b, both.urnn.C)
    A = RationalMatrix.from_fractions([[Q(int(i == j)) for j in range(2)] for i in range(4)])
    claim = AffineInvariant(A, (Q(0),) * 4, (Q(0),) * 2, (Q(5, 2), Q(3, 4)), Q(1))
    found = check_invariant(rnn, urnn, claim)
    assert found.holds, found.failure
    assert found.points > 8


def square_root(x: Q) -> Q:
    root = Q(math.isqrt(x.numerator), math.isqrt(x.denominator))
    assert root * root == x
    return root


@st.composite
def copied_networks(draw):
    """One state with random weights, a network of two copies, and a change to it."""
    numbers = st.fractions(-2, 2, max_denominator=4)
    w = draw(st.fractions(Q(-3, 4), Q(3, 4), max_denominator=4))
    f, b, c, start = (draw(numbers) for _ in range(4))
    share = draw(st.fractions(0, 1, max_denominator=3))
    small = scalar_net(w, f, b, c, start)
    mixing = [[w * share, w * (1 - share)]] * 2
    large = [mixing, [[f], [f]], [b, b], [[c / 3, 2 * c / 3]], [start, start]]
    which, change = draw(st.integers(0, 4)), draw(st.sampled_from([0, 0, Q(1, 5), Q(-1, 5)]))
    if which in (2, 4):
        large[which][0] += change
    else:
        large[which] = [[large[which][0][0] + change, *large[which][0][1:]], *large[which][1:]]
    return small, RNN(*large), w, f, b, start, change


@settings(max_examples=80, deadline=None)
@given(copied_networks())
def test_what_the_vertices_accept_is_equal_and_exact_copies_are_accepted(case):
    small, large, w, f, b, start, change = case
    high = (abs(f) + abs(b)) / (1 - abs(w)) + abs(start)
    A = RationalMatrix.from_fractions([[Q(1)], [Q(1)]])
    claim = AffineInvariant(A, (Q(0), Q(0)), (Q(0),), (high,), Q(1))
    found = check_invariant(small, large, claim)
    if change == 0:
        assert found.holds, found.failure
    if found.holds:
        for seed in range(3):
            inputs = random_inputs(seed, 1, 8)
            assert run(small, inputs) == run(large, inputs)


def test_a_kink_between_the_corners_is_seen():
    """The networks agree at the corners of the box and differ inside."""
    small = scalar_net(0, 1, 0, 1)
    bent = RNN([[0, 0], [0, 0]], [[1], [1]], [0, Q(-1, 2)], [[1, Q(1, 10)]])
    A = RationalMatrix.from_fractions([[Q(1)], [Q(1, 2)]])
    claim = AffineInvariant(A, (Q(0), Q(0)), (Q(0),), (Q(1),), Q(1))
    for x in (0, 1, -1):
        assert run(bent, [x])[0] in (Q(0), Q(21, 20))
    assert not check_invariant(scalar_net(0, 1, 0, Q(21, 20)), bent, claim).holds
    assert not check_invariant(small, bent, claim).holds


def test_fit_affine():
    line = [((Q(k), Q(k * k)), (Q(1 + 2 * k - k * k),)) for k in range(4)]
    A, a = fit_affine(line)
    assert (A.to_fractions(), a) == ([[2, -1]], (1,))
    assert fit_affine([*line, ((Q(0), Q(0)), (Q(5),))]) is None
    assert fit_affine([]) is None
    A, a = fit_affine([((Q(2),), (Q(7),))])  # a constant is enough
    assert A[0, 0] * 2 + a[0] == 7


@pytest.mark.parametrize(
    ("alpha", "beta", "F", "message"),
    [
        ((Q(3, 4), Q(1)), (Q(1), Q(1)), [[0], [1]], "alpha_i beta_i"),
        ((Q(3, 4), Q(1)), (Q(4, 3), Q(1)), [[1], [1]], "irrational scale"),
    ],
)
def test_irrational_scales_are_refused_where_they_would_show(alpha, beta, F, message):
    R = RationalMatrix.from_fractions([[Q(1, 2), Q(-1)], [Q(3, 4), Q(1, 2)]])
    urnn = RNN(ScaledRational(R, alpha, beta), F, [0, 0], [[0, 1]])
    A = RationalMatrix.from_fractions([[Q(0)], [Q(1)]])
    claim = AffineInvariant(A, (Q(0), Q(0)), (Q(0),), (Q(2),), Q(1))
    with pytest.raises(UnsupportedError, match=message):
        check_invariant(scalar_net(Q(1, 2)), urnn, claim)
    bad = AffineInvariant(
        RationalMatrix.from_fractions([[Q(1)], [Q(1)]]), *[(Q(0), Q(0)), (Q(0),), (Q(2),), Q(1)]
    )
    silent = RNN(ScaledRational(R, (Q(3, 4), Q(1)), (Q(4, 3), Q(1))), [[0], [1]], [0, 0], [[0, 1]])
    with pytest.raises(UnsupportedError, match="not zero"):
        check_invariant(scalar_net(Q(1, 2)), silent, bad)


def test_shapes_are_checked():
    urnn, claim = gated()
    wrong = [
        {"A": RationalMatrix.from_fractions([[Q(1)]])},
        {"a": (Q(0),)},
        {"low": (Q(3),)},
        {"high": ()},
        {"input_bound": Q(-1)},
    ]
    for change in wrong:
        fields = {n: getattr(claim, n) for n in ("A", "a", "low", "high", "input_bound")} | change
        with pytest.raises(InputError, match="expected"):
            check_invariant(scalar_net(), urnn, AffineInvariant(**fields))
