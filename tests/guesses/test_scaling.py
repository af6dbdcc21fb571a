"""Diagonal scalings: found and certified, or refused with an exact dual proof."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction as Q

import numpy as np
import pytest
from changed import changed
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import defect, signature
from typer.testing import CliRunner

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    UndecidedError,
    Verdict,
    check,
    equivalent_urnn,
    save,
)
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.similarity import refutes_every_scaling, scale_matrix
from urnn_proofs.checks.exact.state_bound import BoundRule
from urnn_proofs.cli import app
from urnn_proofs.guesses.components import strong_parts, weak_parts
from urnn_proofs.guesses.scaling import scaling as scaling_module
from urnn_proofs.guesses.scaling.balance import Proposal, balance, scaled
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.scaling import contractive_scaling

HALF = Q(1, 2)
SCALABLE = {
    "nilpotent ten": [[0, 10], [0, 0]],
    "nilpotent one": [[0, 1], [0, 0]],
    "shift of ones": [[0, 1, 0], [0, 0, 1], [0, 0, 0]],
    "triangular": [[Q(9, 10), 5, 7], [0, Q(9, 10), 3], [0, 0, Q(9, 10)]],
    "cycle below 1": [[0, 4], [Q(1, 5), 0]],
    "already contractive": [[Q(1, 2), Q(1, 3)], [0, Q(1, 2)]],
    "one state": [[Q(-99, 100)]],
    "zero": [[0, 0], [0, 0]],
    "within 1e-17 of one": [[1 - Q(1, 10**17)]],
    "huge corner": [[Q(1, 2), 10**40], [0, Q(1, 2)]],
    "two blocks": [[0, 9, 5, 0], [Q(1, 10), 0, 0, 7], [0, 0, HALF, 3], [0, 0, Q(1, 18), 0]],
}
NEVER = {
    "1.1": [[1.1]],
    "one": [[1]],
    "1 + 1e-9": [[1 + Q(1, 10**9)]],
    "rotation": [[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]],
    "cycle above 1": [[0, 4], [Q(1, 3), 0]],
    "positive": [[Q(1, 2), Q(3, 5)], [Q(3, 5), Q(1, 2)]],
    # spectral radius 0, yet no diagonal helps: it leaves the entries 1 on the diagonal
    "full nilpotent": [[1, -1], [1, -1]],
    "three quarters of it": [[Q(3, 4), Q(-3, 4)], [Q(3, 4), Q(-3, 4)]],
    "spiral": [[Q(1, 2), 2, 0], [-2, Q(-1, 2), 0], [0, 1, 0]],
    "eigenvalues 1/2, a diagonal entry above 1": [[Q(3, 2), -1], [1, Q(-1, 2)]],
    "one bad block": [[Q(1, 2), 5, 0], [0, 1, 7], [0, 0, Q(1, 2)]],
}


def is_contractive(W):
    return signature(defect(W)) == (len(W), 0, 0)


@pytest.mark.parametrize("name", SCALABLE)
def test_scalings_are_certified(name):
    W = RationalMatrix.parse(SCALABLE[name], "W")
    scaling = contractive_scaling(W)
    assert all(e > 0 for e in scaling)
    assert is_contractive(scale_matrix(W, scaling).to_fractions())


def dual_holds(W, vectors):
    """The dual proof, by plain Fractions."""
    n = len(W)
    images = [[sum(W[i][j] * z[j] for j in range(n)) for i in range(n)] for z in vectors]
    gains = [sum(y[i] ** 2 for y in images) - sum(z[i] ** 2 for z in vectors) for i in range(n)]
    return any(x for z in vectors for x in z) and min(gains) >= 0


@pytest.mark.parametrize("name", NEVER)
def test_refusals_carry_an_exact_proof(name):
    W = RationalMatrix.parse(NEVER[name], "W")
    with pytest.raises(NotContractiveError, match="no positive diagonal") as caught:
        contractive_scaling(W)
    assert dual_holds(W.to_fractions(), caught.value.dual)


@given(
    st.lists(
        st.lists(st.fractions(-2, 2, max_denominator=4), min_size=2, max_size=2),
        min_size=2,
        max_size=2,
    )
)
@settings(max_examples=100)
def test_no_matrix_has_both_a_scaling_and_a_dual_proof(W):
    M = RationalMatrix.from_fractions(W)
    scaling, refusal = None, None
    try:
        scaling = contractive_scaling(M)
    except NotContractiveError as error:
        refusal = error
    except UndecidedError:
        return
    if refusal is None:
        assert is_contractive(scale_matrix(M, scaling).to_fractions())
        return
    assert dual_holds(W, refusal.dual)
    for ratio in (Q(1, 50), Q(1, 3), Q(1), Q(2), Q(40)):
        assert not is_contractive(scale_matrix(M, (Q(1), ratio)).to_fractions())


def test_dual_proofs_are_checked():
    W = RationalMatrix.parse([[Q(1, 2)]], "W")
    two = RationalMatrix.parse([[2]], "W")
    assert refutes_every_scaling(two, [[Q(1)]])
    assert not refutes_every_scaling(W, [[Q(1)]])
    assert not refutes_every_scaling(two, [[Q(0)]])
    assert not refutes_every_scaling(two, [])
    assert not refutes_every_scaling(two, [[Q(1), Q(1)]])
    assert not refutes_every_scaling(two, [[Q(1)], []])


small = st.integers(-6, 6).map(lambda k: Q(k, 3))


@given(
    st.lists(st.lists(small, min_size=3, max_size=3), min_size=3, max_size=3),
    st.lists(st.lists(small, min_size=3, max_size=3), min_size=1, max_size=3),
)
@settings(max_examples=60)
def test_the_check_of_dual_proofs_agrees_with_plain_fractions(W, vectors):
    expected = dual_holds(W, vectors)
    assert refutes_every_scaling(RationalMatrix.from_fractions(W), vectors) is expected


@pytest.mark.parametrize("name", ["full nilpotent", "spiral", "positive", "cycle above 1"])
def test_a_dual_proof_for_another_matrix_is_refused(name):
    W = RationalMatrix.parse(NEVER[name], "W")
    with pytest.raises(NotContractiveError) as caught:
        contractive_scaling(W)
    smaller = RationalMatrix.from_fractions([[x / 8 for x in row] for row in W.to_fractions()])
    assert not refutes_every_scaling(smaller, caught.value.dual)


def disguised(W0, span, rng):
    """E0^-1 W0 E0 with entries of E0 between 10^-span and 10^span."""
    logs = np.log(10) * rng.uniform(-span, span, len(W0))
    return W0 * np.exp(logs[None, :] - logs[:, None])


def contraction(n, norm, rng):
    W0 = rng.standard_normal((n, n))
    return norm * W0 / np.linalg.norm(W0, 2)


def perron(n, radius, rng):
    """Positive: the best norm over all scalings is the spectral radius."""
    W = np.exp(2 * rng.standard_normal((n, n)))
    return W * radius / np.abs(np.linalg.eigvals(W)).max()


def is_certified_by_floats(W, scaling):
    """A second opinion where plain Fractions take too long."""
    E = np.array([float(e) for e in scaling])
    return np.linalg.norm(E[:, None] * W / E[None, :], 2) < 1


@pytest.mark.parametrize(("n", "span"), [(5, 6), (20, 3)])
def test_disguised_contractions_are_found(n, span):
    rng = np.random.default_rng(n)
    for W0 in (contraction(n, 0.9, rng), 0.9 * np.linalg.qr(rng.standard_normal((n, n)))[0]):
        W = disguised(W0, span, rng)
        assert np.linalg.norm(W, 2) > 10
        scaling = contractive_scaling(RationalMatrix.parse(W, "W"))
        assert is_certified_by_floats(W, scaling)


@pytest.mark.parametrize(("n", "norm"), [(60, 0.99), (100, 0.9)])
def test_large_disguised_contractions_are_found_with_few_bits(n, norm):
    rng = np.random.default_rng(n)
    W = disguised(contraction(n, norm, rng), 4, rng)
    scaling = contractive_scaling(RationalMatrix.parse(W, "W"))
    assert is_certified_by_floats(W, scaling)
    for e in scaling:  # an odd part of at most 9 bits; the rest is a power of two
        odd = e.numerator >> ((e.numerator & -e.numerator).bit_length() - 1)
        assert odd < 2**9
        assert e.denominator & (e.denominator - 1) == 0


@pytest.mark.parametrize("n", [2, 8, 25])
def test_the_boundary_is_resolved(n):
    W = perron(n, 1, np.random.default_rng(n))
    below, above = (RationalMatrix.parse(W * factor, "W") for factor in (0.9999, 1.0001))
    assert is_certified_by_floats(below.to_numpy(), contractive_scaling(below))
    with pytest.raises(NotContractiveError) as caught:
        contractive_scaling(above)
    assert dual_holds(above.to_fractions(), caught.value.dual)


@pytest.mark.parametrize("n", [3, 12])
def test_no_scaling_although_the_spectral_radius_is_below_one(n):
    W = np.random.default_rng(n).standard_normal((n, n))
    W *= 0.9 / np.abs(np.linalg.eigvals(W)).max()
    M = RationalMatrix.parse(W, "W")
    with pytest.raises(NotContractiveError) as caught:
        contractive_scaling(M)
    assert dual_holds(M.to_fractions(), caught.value.dual)


@pytest.mark.parametrize("n", [30, 80])
def test_long_cycles_shifts_and_triangles(n):
    rng = np.random.default_rng(n)
    around = np.roll(np.eye(n), 1, axis=1) * np.exp(3 * rng.standard_normal(n))
    around *= 0.95 / np.exp(np.log(around.sum(axis=1)).mean())
    upper = np.triu(10 * rng.standard_normal((n, n)), 1) + 0.9 * np.eye(n)
    for W in (around, upper, 10 * np.eye(n, k=1)):
        scaling = contractive_scaling(RationalMatrix.parse(W, "W"))
        E = np.array([math.log2(e.numerator) - math.log2(e.denominator) for e in scaling])
        with np.errstate(divide="ignore"):
            logs = np.log2(np.abs(W)) + E[:, None] - E[None, :]
        assert np.linalg.norm(np.sign(W) * np.exp2(logs), 2) < 1


def test_norm_one_within_rounding_is_left_open():
    rng = np.random.default_rng(1)
    W = disguised(np.linalg.qr(rng.standard_normal((20, 20)))[0], 2, rng)
    with pytest.raises(UndecidedError, match="about 1, and no exact proof"):
        contractive_scaling(RationalMatrix.parse(W, "W"))


def test_a_solver_that_lies_is_not_believed(monkeypatch):
    """Neither a scaling that does not help nor a dual proof that is none gets through."""

    def lie(A):
        yield Proposal(np.arange(len(A), dtype=float), np.eye(len(A)))

    monkeypatch.setattr(scaling_module, "widest_margin", lie)
    W = RationalMatrix.parse([[Q(1, 2), Q(49, 100)], [Q(49, 100), Q(1, 2)]], "W")
    scaling = contractive_scaling(W)  # E = I is what there was before the lie
    assert is_contractive(scale_matrix(W, scaling).to_fractions())
    never = RationalMatrix.parse(perron(4, 0.999999, np.random.default_rng(0)), "W")
    with pytest.raises(UndecidedError):
        contractive_scaling(never)


def test_a_norm_in_floating_point_is_not_believed(monkeypatch):
    monkeypatch.setattr(scaling_module, "scaled_norm", lambda A, logarithms: 0.5)
    W = RationalMatrix.parse(perron(4, 0.999999, np.random.default_rng(0)), "W")
    assert not is_contractive(W.to_fractions())
    with pytest.raises(UndecidedError):
        contractive_scaling(W)


patterns = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 1), min_size=n, max_size=n), min_size=n, max_size=n)
)


def reachable_from(W, i):
    seen, pending = {i}, [i]
    while pending:
        k = pending.pop()
        for j, x in enumerate(W[k]):
            if x and j not in seen:
                seen.add(j)
                pending.append(j)
    return seen


@given(patterns)
@settings(max_examples=150)
def test_connected_parts(W):
    n = len(W)
    M = RationalMatrix.parse(W, "W")
    reach = [reachable_from(W, i) for i in range(n)]
    parts = strong_parts(M)
    for i in range(n):
        (part,) = (part for part in parts if i in part.states)
        assert set(part.states) == {j for j in reach[i] if i in reach[j]}
        for j in range(n):
            (other,) = (other for other in parts if j in other.states)
            assert not W[i][j] or part == other or part.level < other.level
    both = [[W[i][j] or W[j][i] for j in range(n)] for i in range(n)]
    assert {frozenset(reachable_from(both, i)) for i in range(n)} == set(
        map(frozenset, weak_parts(M))
    )


@given(st.lists(st.floats(-30, 30), min_size=4, max_size=4), st.integers(0, 10**6))
@settings(max_examples=60)
def test_balancing_undoes_a_scaling(logarithms, seed):
    balanced = np.random.default_rng(seed).uniform(0.5, 1, (4, 4))
    A = scaled(balanced, np.array(logarithms))
    x = balance(A)
    assert (x == np.rint(x)).all()
    # within a factor 2 for the integers, of the best, which is at most the norm of what was hidden
    assert np.linalg.norm(scaled(A, x)) <= 2.5 * np.linalg.norm(balanced)


def network(W, start=None):
    n = len(W)
    return RNN(W, [[1]] * n, [Q(1, 4)] * n, [[1] * n], start)


@pytest.mark.parametrize("name", SCALABLE)
def test_the_urnn_of_a_scaled_network(name):
    net = network(SCALABLE[name], [1] * len(SCALABLE[name]))
    both = equivalent_urnn(net, 1, scaling=True)
    assert both.report.verdict is Verdict.PROVED
    assert check(both.certificate) is Verdict.PROVED
    # At norm at most 1 nothing is rescaled: then only the states need a bound, by a scaling or an
    # ellipsoid.
    rows = net.W.to_fractions()
    assert (both.scaling is None) is (signature(defect(rows))[2] == 0)
    needs_help = both.scaling is None and not is_contractive(rows)
    rescaled = both.bound is not None and both.bound.scaling is not None
    assert needs_help or not rescaled
    assert not needs_help or rescaled or both.bound.rule is BoundRule.ELLIPSOID
    names = [c.name for c in both.report.checks]
    assert ("S0 scaling" in names) is (both.scaling is not None)
    x = np.random.default_rng(0).uniform(-1, 1, size=(60, 3, 1))
    expected = net.run(x)
    assert np.allclose(both.urnn.run(x), expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


def test_rounding_in_a_rescaled_network_is_no_contradiction():
    """W amplifies before it decays; the rescaled network does not, and is what is simulated."""
    for corner in (50, 10**4):
        net = network([[Q(99, 100), corner], [0, Q(99, 100)]])
        report = equivalent_urnn(net, 1, scaling=True).report
        assert report.verdict is Verdict.PROVED
        numpy = next(c for c in report.checks if c.name == "NumPy")
        assert numpy.verdict is Verdict.CONSISTENT
        assert numpy.evidence["tolerance"] < 1e-2  # the check can still fail
        assert numpy.scope.endswith("states rescaled")


def test_rescaling_keeps_exact_outputs():
    net = network(SCALABLE["triangular"], [1, 2, 3])
    x = [[1], [-2], [Q(1, 3)], [0]]
    assert rescale(net, (Q(2), Q(1, 3), Q(7))).run_exact(x) == net.run_exact(x)
    for bad in ((Q(1), Q(1)), (Q(1), Q(0), Q(1)), (Q(1), Q(-1), Q(1))):
        with pytest.raises(InputError, match="positive rationals"):
            rescale(net, bad)


def test_dropping_positivity_changes_the_outputs():
    """The hypothesis E > 0 is needed: relu(-z) is not -relu(z)."""
    net = RNN([[0]], [[1]], [0], [[1]])
    flipped = RNN([[0]], [[-1]], [0], [[-1]])
    assert net.run_exact([[1]]) != flipped.run_exact([[1]])


def test_scaling_is_not_silent():
    net = network(SCALABLE["nilpotent ten"])
    with pytest.raises(NotContractiveError, match="at least 10"):
        equivalent_urnn(net, 1)


def test_a_refusal_shows_the_norm_and_the_dual():
    with pytest.raises(NotContractiveError, match=r"at least 1\.1.*no positive diagonal") as caught:
        equivalent_urnn(network([[1.1]]), 1, scaling=True)
    assert caught.value.witness == (1,)
    assert caught.value.dual == ((1,),)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: changed(e, scaling=None),
        lambda e: changed(e, scaling=(e.scaling[0], e.scaling[1] * 2)),
        lambda e: changed(e, scaling=tuple(x * Q(11, 10) for x in e.scaling)),
    ],
)
def test_a_changed_scaling_is_caught(change):
    both = equivalent_urnn(network(SCALABLE["nilpotent ten"], [1, 1]), 1, scaling=True)
    assert both.report.verdict is Verdict.PROVED
    assert change(both).verify().verdict is Verdict.REFUTED


def test_from_the_command_line(tmp_path):
    save(network([[0, 10], [0, 0]]), tmp_path / "net.json")
    arguments = ["verify", "--network", str(tmp_path / "net.json"), "--input-bound", "1"]
    assert CliRunner().invoke(app, arguments).exit_code == 2
    result = CliRunner().invoke(app, [*arguments, "--scale"])
    assert result.exit_code == 0
    assert "S0 scaling" in result.stdout
    assert CliRunner().invoke(app, ["verify", "2", "--scale"]).exit_code == 2


@pytest.mark.parametrize("scaling", [[1, 10], [10, 1], [Q(1, 10), 10], [3, 3]])
def test_a_supplied_bound_is_about_the_states_of_the_network_itself(scaling):
    """It is converted for E h, so that the gates stay closed for every input it allows."""
    rnn = RNN([[1, 0], [0, 0]], [[1], [1]], [0, 0], [[1, 2]])  # no rule bounds its states
    x = [[1], [1], [0], [1], [1]]  # ||h^k|| <= 5
    plain, scaled = (equivalent_urnn(rnn, 1, scaling=s, state_bound=5) for s in (False, scaling))
    assert scaled.bound.H == 5 * max(scaling)
    assert plain.report.verdict is scaled.report.verdict is Verdict.ASSUMED
    for both in (plain, scaled):
        assert both.urnn.run_exact(x) == rnn.run_exact(x)
    s4 = next(c for c in scaled.report.checks if c.name == "S4 bound")
    assert "every state E h^k (as ||h^k|| <= 5 for all k implies; supplied, not proved)" in s4.claim
    s4 = next(c for c in plain.report.checks if c.name == "S4 bound")
    assert s4.claim == "H = 5 bounds every state (supplied, not proved)"


def test_one_unit_scaled_by_ten_keeps_its_outputs():
    """0.9 h + x with |x| <= 1: after five steps 4.0951, where an H of 2 for 10 h stops at 2."""
    rnn = RNN([[Q(9, 10)]], [[1]], [0], [[1]])
    x = [[1]] * 5
    for M, H in ((1, 10), (1, 5)):
        both = equivalent_urnn(rnn, M, scaling=[10], state_bound=H)
        assert both.urnn.run_exact(x) == rnn.run_exact(x)
        assert np.isclose(both.urnn.run([[1.0]] * 5)[-1, 0], 4.0951)
    low = equivalent_urnn(rnn, 1, scaling=[10], state_bound=5)
    assert (low.bound.H, low.report.verdict) == (50, Verdict.ASSUMED)
    wrong = changed(low, bound=dataclasses.replace(low.bound, H=Q(5)))
    assert wrong.report.verdict is Verdict.REFUTED


def test_a_supplied_bound_goes_with_a_scaling_that_was_found():
    """||W|| = 3/2 before and below 1 after; the bound that was supplied is converted."""
    rnn = RNN([[0, Q(3, 2)], [0, 0]], [[1], [1]], [0, 0], [[1, 0]])
    both = equivalent_urnn(rnn, 1, scaling=True, state_bound=100)
    assert both.scaling is not None
    assert both.bound.H == 100 * max(both.scaling)
    assert both.report.verdict is Verdict.PROVED  # a rule confirms it
    assert both.urnn.run_exact([[1], [1]]) == rnn.run_exact([[1], [1]])


def test_a_supplied_bound_below_the_first_state_is_refused_whatever_the_scaling():
    rnn = RNN([[Q(1, 2)]], [[1]], [0], [[1]], [3])
    for scaling in (False, [Q(1, 10)], [10]):
        with pytest.raises(InputError, match="state_bound is 2, below the norm of h_init"):
            equivalent_urnn(rnn, 1, scaling=scaling, state_bound=2)
