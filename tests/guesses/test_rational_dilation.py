"""Orthogonal dilations with rational entries only, and the sums of squares behind them."""

from __future__ import annotations

import random
from fractions import Fraction as Q

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import defect, identity, multiply, signature, transpose
from tables import BELOW, MATRICES, ONE, names

from urnn_proofs import RNN, NotContractiveError, Verdict, check, equivalent_urnn
from urnn_proofs.checks.exact.dilation import check_dilation
from urnn_proofs.checks.exact.orthogonality import check_orthogonal
from urnn_proofs.guesses.rational.four_squares import four_squares, needs_four_squares
from urnn_proofs.guesses.rational.rational_completion import complete_orthonormal
from urnn_proofs.guesses.rational.rational_dilation import rational_dilation
from urnn_proofs.guesses.rational.square_rows import square_rows
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError
from urnn_proofs.model.rational import RationalMatrix


def is_rational_dilation(W, U):
    return U.is_rational and check_dilation(W, U, None).verdict is Verdict.PROVED


def parse(W):
    return RationalMatrix.parse(W, "W")


SMALL = [n for n in names(BELOW, ONE) if n not in ("tiny", "near singular", "1 - 1e-30")]


@pytest.mark.parametrize("name", SMALL)
def test_the_named_matrices(name):
    W = parse(MATRICES[name][0])
    U = rational_dilation(W)
    rows, n = U.R.to_fractions(), W.shape[0]
    assert {*U.alpha, *U.beta} == {1}
    assert multiply(transpose(rows), rows) == identity(len(rows))
    assert [row[:n] for row in rows[:n]] == W.to_fractions()
    r = signature(defect(W.to_fractions()))[0]
    assert n + r <= len(rows) <= n + 4 * r
    assert is_rational_dilation(W, U)


@pytest.mark.parametrize(
    ("w", "states"),
    [(Q(3, 4), 5), (Q(3, 5), 2), (Q(0), 2), (Q(1), 1), (Q(-3, 5), 2), (Q(1, 2), 4), (Q(1, 3), 3)],
)
def test_how_many_states_one_number_needs(w, states):
    """1 - w^2 as a sum of squares: 7/16 needs four, 3/4 three, 8/9 two."""
    assert rational_dilation(parse([[w]])).shape == (states, states)


def test_the_norm_is_checked():
    for name in ("two", "1 + 1e-9", "hidden norm above one"):
        W = parse(MATRICES[name][0])
        with pytest.raises(NotContractiveError) as error:
            rational_dilation(W)
        v = RationalMatrix.column(error.value.witness)
        assert (W @ v).frobenius_squared() > v.frobenius_squared()


def test_what_is_too_large_is_refused_at_once():
    n = 70
    with pytest.raises(UnsupportedError, match="too large"):
        rational_dilation(parse([[Q(1, 10**18) * (i == j) for j in range(n)] for i in range(n)]))


def test_changed_entries_are_caught():
    W = parse([[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(1, 2)]])
    U = rational_dilation(W)
    assert is_rational_dilation(W, U)
    size = U.shape[0]
    for i in range(size):
        for j in range(size):
            R = U.R.replace((i, j), U.R[i, j] + Q(1, 10**6))
            assert not is_rational_dilation(W, type(U)(R, U.alpha, U.beta))
    assert not is_rational_dilation(parse([[Q(1, 2), Q(1, 3)], [Q(1, 4), Q(1, 2)]]), U)
    assert not is_rational_dilation(W, type(U)(U.R, (Q(2), *U.alpha[1:]), U.beta))


@given(st.lists(st.fractions(-1, 1, max_denominator=30), min_size=4, max_size=4))
@settings(max_examples=40)
def test_random_contractions(w):
    rows = [[w[0] / 2, w[1] / 2], [w[2] / 2, w[3] / 2]]  # Frobenius norm at most 1
    U = rational_dilation(parse(rows)).R.to_fractions()
    assert multiply(transpose(U), U) == identity(len(U))
    assert [row[:2] for row in U[:2]] == rows
    assert len(U) <= 2 + 4 * 2


@given(st.integers(1, 4), st.data())
@settings(max_examples=60)
def test_definite_matrices_are_sums_of_at_most_four_squares_a_pivot(n, data):
    entries = st.fractions(-3, 3, max_denominator=12)
    G = [[data.draw(entries) for _ in range(n)] for _ in range(n)]
    shift = data.draw(st.sampled_from([Q(1), Q(1, 7), Q(1, 10**6), Q(1, 10**30)]))
    A = [[x + shift * (i == j) for j, x in enumerate(row)] for i, row in enumerate(gram(G))]
    rows = square_rows(parse(A)).to_fractions()
    assert gram(rows) == A
    assert n <= len(rows) <= 4 * n


def gram(rows):
    return multiply(transpose(rows), rows)


def test_digits_do_not_grow_from_pivot_to_pivot():
    """Elimination over fractions would give the last rows about 2^12 times as many."""
    rng = np.random.default_rng(3)
    W = rng.standard_normal((12, 12))
    A = RationalMatrix.identity(12) - (M := parse(W * 0.9 / np.linalg.norm(W, 2))).transpose() @ M
    assert square_rows(A).bits < M.bits + 16


@pytest.mark.parametrize("A", [[[1, 2], [2, 1]], [[1, 1], [1, 1]], [[0]], [[-1]]])
def test_matrices_that_are_not_definite_are_no_sums_of_squares_here(A):
    with pytest.raises(UndecidedError, match="singular"):
        square_rows(parse(A))


def test_float_weights_of_many_states():
    rng = np.random.default_rng(4)
    W = rng.standard_normal((24, 24))
    M = parse(W * 0.95 / np.linalg.norm(W, 2))
    U = rational_dilation(M)
    assert is_rational_dilation(M, U)
    assert U.shape[0] <= 24 * 5
    assert check_orthogonal(U).verdict is Verdict.PROVED
    broken = type(U)(U.R.replace((30, 40), U.R[30, 40] + 1), U.alpha, U.beta)
    assert check_orthogonal(broken).verdict is Verdict.REFUTED


@given(st.fractions(0, 10**6, max_denominator=10**6))
@settings(max_examples=200)
def test_four_squares(value):
    found = four_squares(value)
    assert sum(x * x for x in found) == value
    assert len(found) <= 4
    assert all(found)


def test_large_and_special_sums_of_squares():
    rng = random.Random(1)
    for bits in (64, 200, 600):
        m = rng.getrandbits(bits) | 1
        assert sum(x * x for x in four_squares(Q(m))) == m
    assert four_squares(Q(0)) == ()
    assert four_squares(Q(49, 4)) == (Q(7, 2),)
    assert [needs_four_squares(m) for m in (7, 15, 28, 6, 8)] == [True, True, True, False, False]
    assert all(len(four_squares(Q(m))) == 4 for m in (7, 15, 23, 28, 60))


@pytest.mark.parametrize(
    "columns",
    [
        [[1]],
        [[Q(3, 5)], [Q(4, 5)]],
        [[0, 1], [1, 0], [0, 0]],
        [[-1, 0], [0, -1], [0, 0]],  # a reflection of e_1 onto -e_1
        [[Q(1, 3), Q(2, 3)], [Q(2, 3), Q(1, 3)], [Q(2, 3), Q(-2, 3)]],
    ],
)
def test_completions(columns):
    V = parse(columns)
    U = complete_orthonormal(V).to_fractions()
    assert multiply(transpose(U), U) == identity(len(U))
    assert [row[: V.shape[1]] for row in U] == V.to_fractions()


def test_columns_that_are_not_orthonormal_are_refused():
    for bad in ([[1], [1]], [[1, 1], [0, 0]], [[1, 0, 0], [0, 1, 0]]):
        with pytest.raises(InputError):
            complete_orthonormal(parse(bad))


def test_the_whole_way():
    rnn = RNN(
        [[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(1, 2)]], [[1], [Q(1, 2)]], [Q(1, 8), 0], [[1, 2]], [1, 0]
    )
    both = equivalent_urnn(rnn, 1, rational=True)
    assert both.report.verdict is Verdict.PROVED
    assert check(both.certificate) is Verdict.PROVED
    x = [[1], [-1], [Q(1, 2)], [0], [1]]
    assert both.urnn.run_exact(x) == rnn.run_exact(x)
    weights = both.urnn.W.R.to_fractions()
    assert all(isinstance(value, Q) for row in weights for value in row)
