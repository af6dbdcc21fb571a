"""Lumping decided exactly, the URNN of duplicated units, and attacks on its certificate."""

from __future__ import annotations

import time
from fractions import Fraction as Q
from itertools import product

import numpy as np
import pytest
from changed import changed
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import MATRICES

from urnn_proofs.certificate import check
from urnn_proofs.checks.exact.duplication import (
    failing_identities,
)
from urnn_proofs.checks.exact.lumping import Lumping, NoLumping, refutes_lumping
from urnn_proofs.checks.exact.reduced import reduction_problem
from urnn_proofs.guesses.components import weak_parts
from urnn_proofs.guesses.copies import duplicated_urnn, find_lumping
from urnn_proofs.model.deadline import deadline
from urnn_proofs.model.errors import UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.questions.exact_urnn import copied_urnn
from urnn_proofs.questions.layer import Layer

E12 = [[Q(1, 3), Q(4, 3)], [Q(-2, 3), Q(1, 3)]]
YES = {
    "one": ([[1]], (1,)),
    "minus one": ([[-1]], (1,)),
    "identity": ([[1, 0], [0, 1]], (1, 1)),
    "swap": ([[0, 1], [1, 0]], (1, 1)),
    "rotation": ([[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]], (1, 1)),
    "E = diag(1, 2)": (E12, (1, 2)),
    "E = diag(2, 1)": ([[Q(1, 3), Q(-2, 3)], [Q(4, 3), Q(1, 3)]], (2, 1)),
    "E = diag(1, 4)": ([[0, 2], [Q(1, 2), 0]], (1, 4)),
    "E = diag(4, 9)": ([[0, Q(3, 2)], [Q(2, 3), 0]], (4, 9)),
    "two blocks": ([[*E12[0], 0], [*E12[1], 0], [0, 0, -1]], (1, 2, 1)),
}


def matrix(rows):
    return RationalMatrix.parse(rows, "W")


def is_lumping(W, e):
    """``W^T E W = E``, by plain Fractions."""
    n = len(W)
    return all(
        sum(e[k] * W[k][i] * W[k][j] for k in range(n)) == (e[i] if i == j else 0)
        for i in range(n)
        for j in range(n)
    )


def dual_holds(W, Y):
    """The dual proof, by plain Fractions."""
    n = len(W)

    def gain(k):
        return sum(W[k][i] * Y[i][j] * W[k][j] for i in range(n) for j in range(n)) - Y[k][k]

    gains = [gain(k) for k in range(n)]
    return min(gains) >= 0 and max(gains) > 0


def smallest_by_trying(W, limit):
    """Brute force: the smallest trace of a positive integer E with ``W^T E W = E``."""
    n = len(W)
    found = None
    for e in product(range(1, limit + 1), repeat=n):
        if all(
            sum(W[k][i] * e[k] * W[k][j] for k in range(n)) == (e[i] if i == j else 0)
            for i in range(n)
            for j in range(n)
        ) and (found is None or sum(e) < sum(found)):
            found = e
    return found


@pytest.mark.parametrize("name", YES)
def test_positive_controls(name):
    W, expected = YES[name]
    assert find_lumping(matrix(W)) == Lumping(expected)
    assert Lumping(expected).states == sum(expected)


@pytest.mark.parametrize("name", YES)
def test_both_conditions_say_the_same(name):
    """``W^T E W = E`` and ``W E^{-1} W^T = E^{-1}``."""
    W, e = YES[name]
    n = len(W)
    for i in range(n):
        for j in range(n):
            inverse = sum(W[i][k] * Q(1, e[k]) * W[j][k] for k in range(n))
            assert inverse == (Q(1, e[i]) if i == j else 0)


@pytest.mark.parametrize("name", MATRICES)
def test_every_example_is_decided_with_evidence(name):
    rows = MATRICES[name][0]
    W = matrix(rows)
    found = find_lumping(W)
    if isinstance(found, Lumping):
        assert is_lumping(W.to_fractions(), found.multiplicities)
    else:
        assert dual_holds(W.to_fractions(), found.dual.to_fractions())
    if len(rows) <= 2:
        trial = smallest_by_trying(W.to_fractions(), 5)
        assert (trial is None) is isinstance(found, NoLumping)


ENTRIES = st.sampled_from([Q(0), Q(0), Q(1), Q(-1), Q(2), Q(1, 2), Q(1, 3), Q(-4, 3)])


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(st.lists(ENTRIES, min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
@settings(max_examples=150)
def test_one_of_the_two_answers_always_holds(rows):
    W = matrix(rows)
    found = find_lumping(W)
    if isinstance(found, NoLumping):
        assert dual_holds(rows, found.dual.to_fractions())
    else:
        assert is_lumping(W.to_fractions(), found.multiplicities)
    if len(rows) <= 2:
        trial = smallest_by_trying(rows, 9)
        assert trial is None or found == Lumping(trial)


@given(st.integers(1, 4), st.data())
@settings(max_examples=60)
def test_scaled_signed_permutations_are_found(n, data):
    """``W = E^{-1/2} O E^{1/2}`` with a signed permutation O and squares in E."""
    roots = data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))
    order = data.draw(st.permutations(range(n)))
    signs = data.draw(st.lists(st.sampled_from([1, -1]), min_size=n, max_size=n))
    W = [[Q(0)] * n for _ in range(n)]
    for j, i in enumerate(order):
        W[i][j] = signs[j] * Q(roots[j], roots[i])
    found = find_lumping(matrix(W))
    assert isinstance(found, Lumping)
    # The squares are a solution; the least one divides them on each component.
    for part in weak_parts(matrix(W)):
        ratios = {Q(roots[i] ** 2, found.multiplicities[i]) for i in part}
        assert len(ratios) == 1
        assert ratios.pop().denominator == 1


def test_large_networks_are_decided_soon_and_a_deadline_ends_the_search():
    rng = np.random.default_rng(0)
    for n in (20, 60):
        W = RationalMatrix.parse(rng.standard_normal((n, n)) / n, "W")
        start = time.process_time()
        found = find_lumping(W)
        assert isinstance(found, NoLumping)
        assert refutes_lumping(W, found.dual)
        assert time.process_time() - start < 5
        with pytest.raises(UndecidedError, match="time"), deadline(time.monotonic() - 1):
            find_lumping(W)


def test_a_large_orthogonal_matrix_needs_no_copies():
    W = RationalMatrix.parse(np.kron(np.eye(9), [[0, 1], [-1, 0]]), "W")
    H = RationalMatrix.from_fractions(
        [[int(i == j) - Q(1, 9) for j in range(18)] for i in range(18)]
    )
    assert find_lumping(H @ W @ H) == Lumping((1,) * 18)


def test_more_copies_than_anyone_writes_out_are_refused():
    big = 10**6
    rnn = network([[0, big], [Q(1, big), 0]])
    with pytest.raises(UndecidedError, match=f"has {big**2 + 1} states"):
        copied_urnn(rnn)


def test_a_degenerate_family_without_a_positive_member():
    """Solutions of both signs on one connected component."""
    for rows in (
        [[1, 1], [0, 0]],
        [[0, 1, 0], [0, 0, 1], [0, 0, 0]],
        [[1, 0, 1], [0, 1, 1], [0, 0, 0]],
    ):
        found = find_lumping(matrix(rows))
        assert isinstance(found, NoLumping)
        assert dual_holds(matrix(rows).to_fractions(), found.dual.to_fractions())


def test_wrong_evidence_is_refused():
    W = matrix(E12)
    assert not refutes_lumping(W, matrix([[0, 0], [0, 0]]))
    assert not refutes_lumping(W, matrix([[1]]))
    half = matrix([[Q(1, 2)]])
    assert refutes_lumping(half, matrix([[-1]]))
    assert not refutes_lumping(half, matrix([[1]]))
    for a, b, c in product((-2, -1, 0, 1, 2), repeat=3):  # a lumping exists, so no dual does
        assert not refutes_lumping(W, matrix([[a, b], [b, c]]))


def network(W, phi="tanh", start=True):
    n = len(W)
    F = [[1, Q(1, 2)] if i == 0 else [Q(i, 3), -1] for i in range(n)]
    b = [Q(1, 5 + i) for i in range(n)]
    C = [[1] * n, [Q(i + 1, 2) for i in range(n)]]
    return RNN(W, F, b, C, [Q(1, 2 + i) for i in range(n)] if start else None, phi)


@pytest.mark.parametrize("phi", ["tanh", "logistic", "relu"])
@pytest.mark.parametrize("name", YES)
def test_the_urnn_has_the_same_outputs(name, phi):
    rnn = network(YES[name][0], phi)
    both = copied_urnn(rnn)
    assert isinstance(both, Layer)
    assert failing_identities(rnn, both.urnn, both.evidence.copies) == ()
    assert both.urnn.states == sum(YES[name][1])
    U = both.urnn.W.to_numpy()
    assert np.allclose(U.T @ U, np.eye(len(U)), atol=1e-12)
    x = np.random.default_rng(0).normal(size=(40, 3, 2))
    assert np.allclose(both.urnn.run(x), rnn.run(x), atol=1e-9)


@pytest.mark.parametrize("phi", ["tanh", "logistic"])
def test_where_the_activation_is_smooth_the_one_construction_copies_units(phi):
    rnn = network(E12, phi)
    both = equivalent_urnn(rnn, 5)
    assert both.urnn.states == 3
    assert both.evidence[0].copies == copied_urnn(rnn).evidence.copies
    assert [c.name for c in both.report.checks] == ["copies", "NumPy"]
    assert both.report.verdict is Verdict.PROVED
    assert check(both.certificate) is Verdict.PROVED
    wrong = both.urnn.replace(C=both.urnn.C * 2)
    assert changed(both, urnn=wrong).report.verdict is Verdict.REFUTED
    for W in ([[Q(1, 2)]], [[0]]):
        with pytest.raises(UnsupportedError, match=r"Theorem 3\.3.*no number of copies"):
            equivalent_urnn(network(W, phi), 1)
    with pytest.raises(UnsupportedError, match="rescaled only if"):
        equivalent_urnn(rnn, 1, scaling=[1, 2])


def rows_of(found):
    return found.urnn.W.R.to_fractions()


def test_every_changed_entry_is_caught():
    rnn = network(E12)
    both = copied_urnn(rnn)
    good = both.urnn
    assert not failing_identities(rnn, both.urnn, both.evidence.copies)
    blocks = {"F": good.F, "b": good.b, "h_init": good.h_init}
    for name, block in blocks.items():
        for i in range(block.shape[0]):
            for j in range(block.shape[1]):
                changed = block.replace((i, j), block[i, j] + Q(1, 10**9))
                wrong = good.replace(**{name: changed})
                assert failing_identities(rnn, wrong, both.evidence.copies)
    for j in range(
        3
    ):  # moving output weight between copies of one unit is allowed, changing it not
        wrong = good.replace(C=good.C.replace((0, j), good.C[0, j] + Q(1, 7)))
        assert failing_identities(rnn, wrong, both.evidence.copies) == ("C_u S = C",)
    moved = good.C.replace((0, 1), good.C[0, 1] + 1).replace((0, 2), good.C[0, 2] - 1)
    assert failing_identities(rnn, good.replace(C=moved), both.evidence.copies) == ()
    for i, j in product(range(3), repeat=2):
        R = good.W.R.replace((i, j), good.W.R[i, j] + Q(1, 10**9))
        wrong = good.replace(W=Orthogonal(R, good.W.alpha, good.W.beta))
        assert "U^T U = I" in failing_identities(rnn, wrong, both.evidence.copies)


def test_an_orthogonal_matrix_that_does_not_lump_is_caught():
    rnn = network(E12)
    both = copied_urnn(rnn)
    other = Orthogonal(matrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), (Q(1),) * 3, (Q(1),) * 3)
    assert failing_identities(rnn, both.urnn.replace(W=other), both.evidence.copies) == (
        "U S = S W",
    )


def test_a_matrix_that_lumps_but_is_not_orthogonal_is_caught():
    rnn = network(E12)
    both = copied_urnn(rnn)
    U = both.urnn.W.R
    for j, sign in ((1, 1), (2, -1)):  # the columns of the two copies, changed oppositely
        for i in range(3):
            U = U.replace((i, j), U[i, j] + sign)
    wrong = both.urnn.replace(W=Orthogonal(U, (Q(1),) * 3, (Q(1),) * 3))
    assert failing_identities(rnn, wrong, both.evidence.copies) == ("U^T U = I",)


@pytest.mark.parametrize(
    "groups", [(0, 0, 1), (0, 1), (0, 1, 2), (0, 1, -1), (1, 0, 0), (0, 1, 1, 1)]
)
def test_wrong_groups_are_caught(groups):
    rnn = network(E12)
    assert failing_identities(rnn, copied_urnn(rnn).urnn, groups)


def test_another_activation_or_shape_is_caught():
    rnn = network(E12)
    both = copied_urnn(rnn)
    assert failing_identities(rnn, both.urnn.replace(activation="relu"), both.evidence.copies) == (
        "activation",
    )
    one_input = RNN(E12, [[1], [2]], [0, 0], [[1, 1]], activation="tanh")
    assert failing_identities(one_input, both.urnn, both.evidence.copies) == (
        "numbers of inputs and outputs",
    )
    shifted = both.urnn.replace(offset=[0, 1, 0])
    assert failing_identities(rnn, shifted, both.evidence.copies) == ("the URNN has no offset",)
    assert failing_identities(rnn, rnn, (0, 1)) == ("an RNN and a URNN",)
    assert failing_identities(rnn, both.urnn, (1, 1, 0))


def test_errors():
    rnn = network(E12)
    wrong = duplicated_urnn(rnn, Lumping((1, 1)))
    assert "U^T U = I" in failing_identities(rnn, *wrong)
    with pytest.raises(UnsupportedError, match="is a URNN already"):
        copied_urnn(URNN([[-1]], [[1]], [0], [[1]]))
    one = RNN([[1]], [[1]], [0], [[1]], activation="tanh")
    irrational = Orthogonal(matrix([[1]]), (Q(1, 2),), (Q(2),))
    with pytest.raises(UnsupportedError, match="square roots"):
        failing_identities(one, URNN(irrational, [[1]], [0], [[1]], activation="tanh"), (0,))


@pytest.mark.parametrize("W", [[[Q(1, 2)]], [[0]], [[2]], [[0, 1], [0, 0]]])
def test_negative_controls(W):
    found = copied_urnn(network(W))
    assert isinstance(found, NoLumping)
    assert dual_holds(matrix(W).to_fractions(), found.dual.to_fractions())


def test_reduced_networks():
    F, C = [[1], [2]], [[1, 1]]
    assert reduction_problem(RNN(E12, F, [0, 0], C)) is None
    assert reduction_problem(RNN(E12, [[1], [0]], [0, 0], C)) == "row 1 of F is zero"
    for row in ([1], [-1]):
        problem = reduction_problem(RNN(E12, [[1], row], [0, 5], C))
        assert problem == "rows 0 and 1 of F are equal up to sign"
    assert reduction_problem(RNN(E12, F, [0, 0], [[0, 1], [0, 2]])) == "column 0 of C is zero"
