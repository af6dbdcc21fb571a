"""Fewest states: what is built, what is needed, and which of the two is proved."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs import (
    RNN,
    Equivalence,
    InputError,
    NotContractiveError,
    TooFewStatesError,
    Trust,
    UndecidedError,
    UnsupportedError,
    Verdict,
    check,
    kernel,
    load,
    minimal_urnn,
    save,
)
from urnn_proofs.cli import app
from urnn_proofs.formal import record
from urnn_proofs.formal.record import recorded


def eye(n):
    return [[int(i == j) for j in range(n)] for i in range(n)]


def network(W, **changes):
    n = len(W)
    return RNN(**{"W": W, "F": eye(n), "b": [0] * n, "C": eye(n), **changes})


def shift(n, factor=Q(1, 2)):
    return [[factor if j == i + 1 else 0 for j in range(n)] for i in range(n)]


def scalar(n, w=Q(1, 2)):
    return [[w * (i == j) for j in range(n)] for i in range(n)]


def diagonal(w):
    return [[w[i] * (i == j) for j in range(len(w))] for i in range(len(w))]


RATES = [Q(1, 5), Q(1, 2), Q(7, 10)]
FULL = [[Q(1, 4), Q(1, 10), Q(-1, 5)], [Q(1, 5), Q(-1, 4), Q(1, 10)], [Q(1, 10), Q(3, 10), Q(1, 5)]]
CYCLE = [[0, Q(1, 2), 0], [0, 0, Q(1, 2)], [Q(1, 2), 0, 0]]
CASES = {  # name: (network, at most, at least)
    **{f"half shift {n}": (network(shift(n)), n + 1, n + 1) for n in (1, 2, 3, 5, 8)},
    "long shift, weight 7": (network(shift(4, 7)), 5, 5),
    "half": (network(scalar(1)), 2, 2),
    "memoryless 3": (network([[0] * 3] * 3), 6, 6),
    "half cycle": (network(CYCLE), 4, 4),
    "rotation": (network([[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]]), 2, 2),
    "one idle input": (network(shift(2), F=[[1, 0, 3], [0, 1, 0]]), 3, 3),
    "hard tanh": (network([[0]], activation="hard_tanh"), 2, 2),
    "silent": (network([[0]], b=[-100]), 2, 1),  # y = 0: one state would do, nothing is proved
    "dense": (network([[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(1, 2)]]), 3, 3),
    "triangular": (network([[Q(1, 2), Q(1, 3)], [0, Q(1, 4)]]), 3, 3),
    "always active": (network(diagonal(RATES), b=[100 * (1 - w) for w in RATES]), 4, 4),
    "full": (network(FULL), 5, 4),
}


@pytest.mark.parametrize("name", CASES)
def test_both_bounds(name):
    rnn, at_most, at_least = CASES[name]
    found = minimal_urnn(rnn, 1)
    assert (found.at_most, found.at_least) == (at_most, at_least)
    assert found.report.verdict is Verdict.PROVED
    if found.report.certificate is not None:
        assert check(found.report.certificate) is Verdict.PROVED
    title = found.report.title
    assert f"{at_most} suffice, {at_least} are needed" in title
    assert ("the gap is open" in title) is (at_most != at_least)
    x = np.random.default_rng(0).uniform(-1, 1, size=(30, 5, rnn.inputs)) / np.sqrt(rnn.inputs)
    assert np.allclose(found.urnn.run(x), rnn.run(x), atol=1e-9)


def test_a_cyclic_shift_carries_the_nilpotent_one():
    found = minimal_urnn(network(shift(3)), 1)
    assert found.equivalence.scaling is not None
    U = np.abs(found.urnn.W.to_numpy())
    assert np.allclose(np.sort(U.ravel())[-4:], 1)  # a permutation: four entries of modulus 1
    assert np.allclose(np.sort(U.ravel())[:-4], 0)
    assert found.equivalence.bound.scaling is not None  # H comes from another scaling


def test_asking_for_too_few_states_is_refused_with_the_proof():
    with pytest.raises(TooFewStatesError, match="has at least 4") as error:
        minimal_urnn(network(shift(3)), 1, states=3)
    assert error.value.least == 4
    assert check(error.value.certificate) is Verdict.PROVED
    assert minimal_urnn(network(shift(3)), 1, states=4).at_most == 4


def test_asking_for_what_is_open_is_undecided():
    with pytest.raises(UndecidedError, match="at least 4 are needed and 5 are enough"):
        minimal_urnn(network(FULL), 1, states=4)


# -- bounds by theorems that no machine has checked: their hypotheses are -------------------------

ASSUMED = {  # name: (network, exactly, proved without the theorem, the theorem)
    "three rates": (network(diagonal(RATES)), 6, 4, "2n-iff-diagonal"),
    "one plus two": (
        network([[Q(1, 2), Q(1, 4), 0], [0, Q(1, 3), 0], [0, 0, Q(1, 5)]]), 5, 4, "2n-iff-diagonal"
    ),
    "rates, rescaled": (
        network([[Q(1, 2), 9, 0], [0, Q(1, 3), 0], [0, 0, Q(1, 5)]]), 5, 4, "2n-iff-diagonal"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ASSUMED)
def test_what_rests_on_a_theorem_in_words_is_assumed(name):
    rnn, exactly, proved, theorem = ASSUMED[name]
    found = minimal_urnn(rnn, 1)
    assert (found.at_most, found.at_least, found.proved_at_least) == (exactly, exactly, proved)
    assert found.report.verdict is Verdict.ASSUMED
    (weakest,) = found.report.weakest()
    assert theorem in weakest.name
    assert weakest.trust is Trust.WORDS
    assert sum(f"theorem {theorem}" in note for note in found.report.notes) == 1
    # The kernel reads no states that carry roots.
    certificate = found.report.certificate
    assert (certificate is None) is (name in ("one plus two", "rates, rescaled"))
    if certificate is not None:
        assert "which is assumed" in kernel.check_text(certificate.to_json()).statement
    x = np.random.default_rng(0).uniform(-1, 1, size=(30, 5, rnn.inputs)) / np.sqrt(rnn.inputs)
    assert np.allclose(found.urnn.run(x), rnn.run(x), atol=1e-9)


# -- bounds by Coq's theorems, whose hypotheses are checked ---------------------------------------

ALGEBRAIC = [[0, Q(1, 2), 0, 0], [Q(1, 4), 0, 0, 0], [0, 0, 0, Q(1, 2)], [0, 0, Q(1, 4), 0]]
JORDAN = [[Q(1, 2), 9, 0], [0, Q(1, 3), 0], [0, 0, Q(1, 2)]]  # h* = (1000, 10, 10)
BY_COQ = {  # name: (network, exactly, proved by ranks, Coq's theorem)
    **{f"half times I_{n}": (network(scalar(n)), 2 * n, n + 1, "theorem_A") for n in (2, 3)},
    "biased scalar": (network(scalar(3), b=[9, 9, 9]), 6, 4, "theorem_A"),
    "roots of 1/8, twice": (network(ALGEBRAIC, b=[50] * 4), 6, 5, "theorem_A_complex"),
    "norm above 1": (network(JORDAN, b=[410, Q(20, 3), 5]), 5, 4, "theorem_A_scaled"),
}


@pytest.mark.parametrize("name", BY_COQ)
def test_what_rests_on_a_theorem_by_coq_is_proved(name):
    rnn, exactly, ranks, theorem = BY_COQ[name]
    found = minimal_urnn(rnn, 1)
    assert (found.at_most, found.at_least, found.proved_at_least) == (exactly,) * 3
    assert found.lower.states == ranks
    assert (found.report.verdict, found.report.trust) == (Verdict.PROVED, Trust.EXACT)
    (by,) = [c for c in found.report.checks if c.name == "theorem n+eigenspace"]
    assert f"{theorem}, recorded" in by.engine
    assert by.evidence[theorem] == recorded(theorem).statement
    assert sum("n+eigenspace, which Coq" in note for note in found.report.notes) == 1
    assert not any("no machine" in note for note in found.report.notes)
    with pytest.raises(TooFewStatesError, match=f"which Coq .* proved as {theorem}") as error:
        minimal_urnn(rnn, 1, states=exactly - 1)
    assert error.value.least == exactly


@pytest.mark.parametrize("name", BY_COQ)
def test_without_a_record_that_applies_it_is_assumed(name, monkeypatch):
    rnn, exactly, ranks, _ = BY_COQ[name]
    monkeypatch.setattr(record, "digest_of", lambda folder: "0" * 64)
    found = minimal_urnn(rnn, 1)
    assert (found.at_least, found.proved_at_least) == (exactly, ranks)
    assert (found.report.verdict, found.report.trust) == (Verdict.ASSUMED, Trust.WORDS)
    assert not any("Coq" in note for note in found.report.notes)
    with pytest.raises(TooFewStatesError, match="no machine has checked"):
        minimal_urnn(rnn, 1, states=exactly - 1)


def test_what_coq_proves_and_what_is_assumed_beyond_it_stand_side_by_side():
    """diag(1/2, 1/2, 1/5): n + 2 = 5 by Coq, 6 by the theorem in words."""
    found = minimal_urnn(network(diagonal([Q(1, 2), Q(1, 2), Q(1, 5)])), 1)
    assert (found.at_least, found.proved_at_least, found.lower.states) == (6, 5, 4)
    assert found.report.verdict is Verdict.ASSUMED
    names = [c.name for c in found.report.checks if c.name.startswith("theorem ")]
    assert names == ["theorem n+eigenspace", "theorem 2n-iff-diagonal"]
    refused = {}
    for states in (3, 4, 5):
        with pytest.raises(TooFewStatesError) as error:
            minimal_urnn(found.rnn, 1, states=states)
        refused[states] = error.value.least
    assert refused == {3: 4, 4: 5, 5: 6}


def test_a_refusal_says_whether_it_is_proved():
    rnn = network(diagonal(RATES))
    with pytest.raises(TooFewStatesError, match="at least 4 .W is not similar") as error:
        minimal_urnn(rnn, 1, states=3)
    assert error.value.least == 4
    with pytest.raises(TooFewStatesError, match="no machine has checked") as error:
        minimal_urnn(rnn, 1, states=5)
    assert error.value.least == 6
    said = kernel.check_text(error.value.certificate.to_json()).statement
    assert "hypotheses of the theorem '2n-iff-diagonal' hold" in said


@pytest.mark.parametrize(
    ("changes", "M", "why"),
    [
        ({"F": [[1], [1], [1]]}, 1, "2n-iff-diagonal needs rank F = n = 3; it is 1"),
        ({"C": [[1, 1, 1]]}, 1, "2n-iff-diagonal needs rank C = n = 3; it is 1"),
        ({"b": [-9, -9, -9]}, 1, "F x + b = 0; the shortest has ||x||^2 = 243"),
        ({"b": [-9, -9, -9]}, 1, "n+mu needs a constant input shorter than M = 1"),
        ({"F": [[1], [0], [0]]}, 1, "n+mu needs a minimal (W, F, C); not all states are reached"),
        ({"C": [[1, 1, 0]]}, 1, "n+mu needs a minimal (W, F, C); not all states are seen"),
    ],
)
def test_why_a_sharper_bound_does_not_apply_is_said_in_a_sentence(changes, M, why):
    found = minimal_urnn(network(diagonal(RATES), **changes), M)
    assert any(why in note for note in found.report.notes)
    # F or C of rank 1: the theorem that asks for less still holds.
    if changes in ({"F": [[1], [1], [1]]}, {"C": [[1, 1, 1]]}):
        assert found.lower is None
        assert (found.at_least, found.proved_at_least) == (4, 4)


def test_bounds_for_small_inputs_say_nothing_about_smaller_ones():
    """What holds for |x| <= 1 is told of M >= 1 only."""
    found = minimal_urnn(network(diagonal(RATES)), 1)
    for within, least in ((1, 6), (Q(1, 2), 6), (2, 1)):
        assert dataclasses.replace(found, within=Q(within)).at_least == least


def test_bounds_for_equal_outputs_say_nothing_about_outputs_that_are_near():
    found = minimal_urnn(network(diagonal(RATES)), 1)
    assert isinstance(found.equivalence, Equivalence)
    near = dataclasses.replace(found.equivalence, epsilon=Q(1, 2))
    assert dataclasses.replace(found, equivalence=near).at_least == 1
    floats = found.in_floats("float64")
    assert dataclasses.replace(found, equivalence=floats).at_least == 1


# -- fewer states than 2n -------------------------------------------------------------------------


def number(x):
    if isinstance(x, Q):
        return mpmath.mpf(x.numerator) / x.denominator
    return number(x.a) + number(x.b) * mpmath.sqrt(x.d)


def urnn_with_60_digits(urnn):
    """The URNN itself, square roots taken: U, F, b, C, h_init."""
    s = [mpmath.sqrt(number(m)) for m in urnn.weights]
    N = len(s)
    U = mpmath.matrix(N, N)
    for i in range(N):
        for j in range(N):
            U[i, j] = s[i] * number(urnn.R[i][j]) / s[j]
    F = [[s[i] * number(x) for x in row] for i, row in enumerate(urnn.F.to_fractions())]
    C = [[number(x) / s[j] for j, x in enumerate(row)] for row in urnn.C.to_fractions()]
    b, h = ([s[i] * number(x) for i, x in enumerate(v.entries())] for v in (urnn.b, urnn.h_init))
    return U, F, b, C, h


def run_with_60_digits(urnn, x):
    U, F, b, C, h = urnn_with_60_digits(urnn)
    out = []
    for row in x:
        h = [
            max(
                mpmath.mpf(0),
                sum(U[i, j] * h[j] for j in range(len(h)))
                + sum(f * number(Q(v)) for f, v in zip(F[i], row))
                + b[i],
            )
            for i in range(len(h))
        ]
        out.append([sum(c * v for c, v in zip(line, h)) for line in C])
    return out


def drawn(inputs, M, steps, seed):
    """Rational inputs with ||x|| <= M."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        v = rng.normal(size=inputs)
        v *= float(M) * rng.uniform(0.2, 1) / np.linalg.norm(v) / 1.001
        yield [Q(float(t)).limit_denominator(1000) for t in v]


SAVED = {
    "triangular": (CASES["triangular"][0], 3),
    "always active": (CASES["always active"][0], 4),
    "full": (network(FULL), 5),
    "two parts": (network([[Q(1, 2), Q(1, 3), 0, 0], [0, Q(1, 4), 0, 0],
                           [0, 0, Q(1, 5), Q(1, 7)], [0, 0, Q(-1, 3), 0]]), 6),
    "norm above 1": (
        network([[Q(1, 2), 3, 0], [0, Q(1, 3), Q(1, 10)], [0, Q(1, 10), Q(1, 4)]]), 5
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAVED)
def test_a_urnn_with_fewer_states_has_the_outputs_in_60_digits(name):
    rnn, states = SAVED[name]
    found = minimal_urnn(rnn, 1)
    assert found.at_most == found.urnn.states == states
    assert found.equivalence.report.verdict is Verdict.PROVED
    x = list(drawn(rnn.inputs, 1, 40, 1))
    with mpmath.workdps(60):
        U, *_ = urnn_with_60_digits(found.urnn)
        assert mpmath.norm(U.T * U - mpmath.eye(states), mpmath.inf) < mpmath.mpf(10) ** -45
        ours, theirs = run_with_60_digits(found.urnn, x), rnn.run_exact(x)
        worst = max(abs(a - number(b)) for p, q in zip(ours, theirs) for a, b in zip(p, q))
        assert worst < mpmath.mpf(10) ** -45
    if states <= 5:
        assert found.urnn.run_exact(x[:6]) == rnn.run_exact(x[:6])


@pytest.mark.parametrize("seed", range(4))
def test_a_random_full_contraction_needs_at_most_2n_minus_1(seed):
    W = np.random.default_rng(seed).integers(-9, 10, size=(3, 3))
    rnn = network([[Q(int(v), 40) for v in row] for row in W])
    found = minimal_urnn(rnn, 1)
    assert found.at_most <= 5
    assert found.report.verdict is Verdict.PROVED


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_square_roots_in_floats_have_proved_bounds(dtype):
    rnn = network(FULL)
    floats = minimal_urnn(rnn, 1).in_floats(dtype)
    assert floats.report.verdict is Verdict.PROVED
    assert floats.result.layers[0].states == 5
    x = np.random.default_rng(3).uniform(-0.5, 0.5, size=(200, 3)).astype(dtype)
    gap = floats.built.run(x).astype(float) - rnn.run(x.astype(float))
    assert np.linalg.norm(gap, axis=-1).max() <= float(floats.error.total)
    assert float(floats.error.total) < (1e-4 if dtype == "float32" else 1e-13)
    U = floats.built.layers[0].W.astype(float)
    assert np.allclose(U.T @ U, np.eye(5), atol=1e-6)


def test_what_has_no_bounds_in_floats_says_so():
    for found in (
        minimal_urnn(CASES["always active"][0], 1),
        minimal_urnn(network(FULL), None),
        minimal_urnn(network(diagonal(RATES)), 1, epsilon=1e-3),
    ):
        with pytest.raises(UnsupportedError, match="no bounds in floats"):
            found.in_floats("float64")
    plain = minimal_urnn(network(diagonal(RATES)), 1).in_floats("float64")
    assert plain.report.verdict is Verdict.PROVED


BLOCKS = [
    [[Q(1, 2)]],
    [[Q(1, 2)]],
    [[Q(-1, 3)]],
    [[0]],
    [[Q(1, 2), Q(1, 3)], [0, Q(1, 2)]],
    [[0, Q(1, 2)], [0, 0]],
    [[0, Q(1, 2)], [Q(1, 2), 0]],
    [[Q(1, 3), Q(-1, 3)], [Q(1, 4), 0]],
]


def joined(blocks):
    n = sum(map(len, blocks))
    W, start = [[Q(0)] * n for _ in range(n)], 0
    for block in blocks:
        for i, row in enumerate(block):
            W[start + i][start : start + len(block)] = row
        start += len(block)
    return W


@pytest.mark.parametrize("seed", range(24))
def test_no_lower_bound_is_above_what_was_built(seed):
    """Bounds by theorems in words never contradict URNNs that are PROVED."""
    rng = np.random.default_rng(seed)
    blocks = [BLOCKS[k] for k in rng.choice(len(BLOCKS), size=rng.integers(1, 4))]
    n = sum(map(len, blocks))
    order = rng.permutation(n)
    W = [[joined(blocks)[i][j] for j in order] for i in order]
    bias = [Q(int(v)) for v in rng.integers(-1, 2, size=n) * rng.choice([0, 1, 60])]
    F, C = eye(n), eye(n)
    if rng.random() < 0.3:
        F = [[int(v) for v in row] for row in rng.integers(-2, 3, size=(n, max(1, n - 1)))]
    if rng.random() < 0.3:
        C = [[int(v) for v in row] for row in rng.integers(-2, 3, size=(max(1, n - 1), n))]
    if not np.any(C) or not np.any(F):
        return
    rnn = network(W, b=bias, F=F, C=C)
    for M in (1, None):
        found = minimal_urnn(rnn, M)
        assert found.proved_at_least <= found.at_least <= found.at_most
        assert found.equivalence.report.verdict is Verdict.PROVED


# -- no bound of the inputs -----------------------------------------------------------------------

MIXED = [[Q(2, 3), Q(2, 3)], [0, 0]]
UNBOUNDED = {  # name: (network, states)
    "one unit": (network([[Q(3, 5)]]), 2),
    "rates": (network(diagonal(RATES)), 6),
    "rates, negative start": (network(diagonal(RATES), h_init=[-5, 2, -1]), 6),
    "norm 1": (network(diagonal([1, Q(1, 2)])), 3),
    "one sign": (network([[Q(-1, 2), Q(1, 4)], [Q(1, 4), Q(1, 3)]]), 3),
    "mixed signs": (network(MIXED), 4),
    "mixed signs, negative start": (network(MIXED, h_init=[-3, 7], b=[1, -2]), 4),
    "full": (network(FULL), 7),
    "shift": (network(shift(3)), 4),
}


@pytest.mark.parametrize("name", UNBOUNDED)
def test_inputs_of_any_size(name):
    rnn, states = UNBOUNDED[name]
    found = minimal_urnn(rnn, None)
    assert found.at_most == states
    assert found.equivalence.report.verdict is Verdict.PROVED
    assert found.equivalence.input_bound is None
    assert "with no bound" in found.report.scope
    rng = np.random.default_rng(5)
    x = [[int(v) for v in rng.integers(-(10**e), 10**e, size=rnn.inputs)] for e in range(1, 12)]
    with mpmath.workdps(60):
        ours, theirs = run_with_60_digits(found.urnn, x), rnn.run_exact(x)
        for p, q in zip(ours, theirs):
            assert all(abs(a - number(b)) < mpmath.mpf(10) ** -30 for a, b in zip(p, q))


def test_without_a_bound_the_lower_bounds_are_those_of_some_bound():
    found = minimal_urnn(network(diagonal(RATES), b=[100, 100, 100]), None)
    assert (found.at_least, found.at_most) == (6, 6)
    assert found.within > 100


def test_without_a_bound_only_relu_is_covered():
    with pytest.raises(UnsupportedError, match="pass a bound"):
        minimal_urnn(network([[Q(1, 2)]], activation="relu6"), None)
    with pytest.raises(NotContractiveError):
        minimal_urnn(network(diagonal([2, Q(1, 2)])), None)


# -- within epsilon -------------------------------------------------------------------------------


@pytest.mark.parametrize("epsilon", [Q(1, 10), 1e-3, Q(1, 10**9)])
@pytest.mark.parametrize("rates", [RATES, [0, 0, 0, 0], [Q(1, 2), Q(1, 2), Q(-9, 10)]])
def test_n_plus_1_states_come_within_every_epsilon(rates, epsilon):
    n = len(rates)
    rnn = network(diagonal(rates), b=[Q(1, 7)] * n)
    found = minimal_urnn(rnn, 1, epsilon=epsilon)
    near = found.equivalence
    assert found.at_most == n + 1
    assert found.report.verdict is Verdict.PROVED
    assert near.epsilon <= epsilon
    assert found.at_least == 1  # nothing is known of outputs within epsilon
    x = list(drawn(n, 1, 30, 2))
    with mpmath.workdps(60):
        U, *_ = urnn_with_60_digits(near.urnn)
        assert mpmath.norm(U.T * U - mpmath.eye(n + 1), mpmath.inf) < mpmath.mpf(10) ** -20
        ours, theirs = run_with_60_digits(near.urnn, x), rnn.run_exact(x)
        gap = max(mpmath.norm([a - number(b) for a, b in zip(p, q)]) for p, q in zip(ours, theirs))
        assert 0 < gap <= number(near.epsilon)


def test_epsilon_saves_nothing_where_equal_outputs_cost_no_more():
    for W in (shift(3), [[Q(1, 2), Q(1, 3)], [0, Q(1, 4)]]):
        found = minimal_urnn(network(W), 1, epsilon=1e-3)
        assert found.at_most == len(W) + 1
        assert any("within epsilon" in note for note in found.report.notes)


def test_single_units_beside_other_parts_share_one_gate():
    W = [[Q(1, 2), Q(1, 3), 0, 0], [0, Q(1, 4), 0, 0], [0, 0, Q(1, 5), 0], [0, 0, 0, Q(-1, 3)]]
    assert minimal_urnn(network(W), 1).at_most == 7
    assert minimal_urnn(network(W), 1, epsilon=1e-3).at_most == 6


@pytest.mark.parametrize("epsilon", [0, -1, float("nan"), "x", True])
def test_bad_epsilons(epsilon):
    with pytest.raises(InputError, match="epsilon"):
        minimal_urnn(network(diagonal(RATES)), 1, epsilon=epsilon)


def test_epsilon_needs_a_bound_and_relu():
    with pytest.raises(InputError, match="bound of the inputs"):
        minimal_urnn(network(diagonal(RATES)), None, epsilon=1)
    with pytest.raises(UnsupportedError, match="relu6"):
        minimal_urnn(network(diagonal(RATES), activation="relu6"), 1, epsilon=1)


@pytest.mark.parametrize("states", [0, -1, True, 1.5, "3"])
def test_bad_numbers_of_states(states):
    with pytest.raises(InputError, match="whole number"):
        minimal_urnn(network(shift(2)), 1, states=states)


def test_what_cannot_be_built_is_refused_as_elsewhere():
    with pytest.raises(NotContractiveError):
        minimal_urnn(network([[Q(11, 10)]]), 1)
    with pytest.raises(UnsupportedError, match="half-line"):
        minimal_urnn(network([[Q(1, 2)]], activation="tanh"), 1)
    with pytest.raises(NotContractiveError, match="bounds the states"):
        minimal_urnn(network([[1, 0], [0, Q(1, 2)]]), 1)


def test_the_command(tmp_path):
    file = tmp_path / "net.json"
    save(network(shift(3)), file)
    certificate, out = tmp_path / "c.json", tmp_path / "urnn.json"
    arguments = ["minimal", str(file), "--input-bound", "1", "--certificate", str(certificate)]
    result = CliRunner().invoke(app, [*arguments, "--out", str(out), "--json"])
    assert result.exit_code == 0
    assert "4 suffice, 4 are needed" in json.loads(result.stdout)["title"]
    assert check(certificate) is Verdict.PROVED
    assert json.loads(out.read_text())["W"]["alpha"]
    few = CliRunner().invoke(app, [*arguments, "--states", "3"])
    assert few.exit_code == 2
    assert "at least 4" in few.stderr
    assert CliRunner().invoke(app, ["minimal", str(file), "--input-bound", "x"]).exit_code == 2


def test_the_command_asks_for_all_inputs_for_epsilon_and_for_floats(tmp_path):
    file, out = tmp_path / "net.json", tmp_path / "urnn.npz"
    save(network(diagonal(RATES)), file)

    def said(*options):
        result = CliRunner().invoke(app, ["minimal", str(file), *options, "--json"])
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    status, report = said()
    assert (status, report["verdict"]) == (3, "ASSUMED")
    assert "with no bound" in report["scope"]
    status, report = said("--input-bound", "1", "--epsilon", "0.001")
    assert (status, report["verdict"]) == (0, "PROVED")
    assert "4 suffice" in report["title"]
    save(network(FULL), file)
    status, report = said("--input-bound", "1", "--out", str(out), "--dtype", "float32")
    assert status == 0
    assert any("urnn.npz holds this URNN in float32" in note for note in report["notes"])
    written = load(out).layers[0]
    assert written.states == 5
    x = np.random.default_rng(0).uniform(-0.5, 0.5, size=(50, 3))
    assert np.allclose(written.run(x), network(FULL).run(x), atol=1e-4)
    status, report = said("--input-bound", "1", "--dtype", "float32")
    assert status == 2
    status, report = said("--out", str(out))
    assert (status, "no bounds in floats" in report) == (2, True)


@pytest.mark.parametrize(
    "changes",
    [{"states": 100}, {"states": 0}, {"states": -5}, {"inputs": ()}, {"scaling": ()}],
)
def test_a_lower_bound_whose_evidence_does_not_hold_is_not_told(changes):
    found = dataclasses.replace(minimal_urnn(network(shift(2)), 1), theorems=())
    forged = dataclasses.replace(found, lower=dataclasses.replace(found.lower, **changes))
    assert forged.at_least == 1
    assert forged.report.title.startswith("Fewest states: 3 suffice, 1 are needed")
    # Bad evidence says nothing against the claim, which may be true all the same.
    assert forged.report.verdict is Verdict.UNKNOWN
    assert forged.report.certificate is None
