"""Scalings that leave little to dilate: the norm at most 1 and the rank, by plain Fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import defect, identity, multiply, signature, transpose

from urnn_proofs import UndecidedError
from urnn_proofs.checks.exact.similarity import defect_rank
from urnn_proofs.guesses.scaling import few_states
from urnn_proofs.guesses.scaling.few_states import few_state_scaling
from urnn_proofs.guesses.scaling.low_rank import deficient_scalings
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling
from urnn_proofs.guesses.scaling.structured import from_graph, similar_to_orthogonal
from urnn_proofs.model.rational import RationalMatrix

HALF = Q(1, 2)


def diagonal(entries):
    return [[Q(x) if i == j else Q(0) for j in range(len(entries))] for i, x in enumerate(entries)]


def scaled(W, e):
    return [[e[i] * x / e[j] for j, x in enumerate(row)] for i, row in enumerate(W)]


def oracle_rank(W, e):
    """rank(I - A^T A), or None if ||A|| > 1 or E is not positive."""
    if len(e) != len(W) or min(e) <= 0:
        return None
    positive, _, negative = signature(defect(scaled(W, e)))
    return None if negative else positive


def shift(n, weight=HALF):
    return [[Q(weight) if j == i + 1 else Q(0) for j in range(n)] for i in range(n)]


def cycle(n, weight=HALF):
    return [[Q(weight) if j == (i + 1) % n else Q(0) for j in range(n)] for i in range(n)]


def direct_sum(*blocks):
    n = sum(map(len, blocks))
    W, start = [[Q(0)] * n for _ in range(n)], 0
    for B in blocks:
        for i, row in enumerate(B):
            W[start + i][start : start + len(B)] = row
        start += len(B)
    return W


def permuted(W, order):
    return [[W[i][j] for j in order] for i in order]


def reflection(v):
    square = sum(x * x for x in v)
    return [
        [Q(int(i == j)) - Q(2 * x * y, square) for j, y in enumerate(v)] for i, x in enumerate(v)
    ]


H3, H4 = reflection([1, 2, 3]), reflection([1, 2, 3, 1])
E3, E4 = [Q(1), Q(3), Q(5, 2)], [Q(7), Q(1, 3), Q(1), Q(2)]
TABLE = {
    **{f"shift {n}": (shift(n), 1) for n in range(1, 9)},
    **{f"cycle {n}": (cycle(n), 1) for n in range(1, 7)},
    **{f"half the identity {n}": (diagonal([HALF] * n), n) for n in (1, 2, 5)},
    "zero 3": (diagonal([0] * 3), 3),
    "one": ([[Q(1)]], 0),
    "minus one": ([[Q(-1)]], 0),
    "growing shift": (shift(4, 3), 1),
    "cycle of product 1": ([[Q(0), Q(4)], [Q(1, 4), Q(0)]], 0),
    "cycle of product -1": ([[Q(0), Q(-4)], [Q(1, 4), Q(0)]], 0),
    "cycle near product 1": ([[Q(0), Q(4)], [Q(1, 4) - Q(1, 10**12), Q(0)]], 1),
    "two shifts": (direct_sum(shift(3), shift(2, Q(1, 7))), 2),
    "shift, cycle, one": (direct_sum(shift(3), cycle(4), [[Q(1)]]), 2),
    "shift permuted": (permuted(shift(5), [3, 0, 4, 2, 1]), 1),
    "cycle permuted": (permuted(cycle(5), [3, 0, 4, 2, 1]), 1),
    "sum permuted": (permuted(direct_sum(shift(3), cycle(3)), [5, 1, 3, 0, 4, 2]), 2),
    "shift in other units": (scaled(shift(4), E4), 1),
    "cycle in other units": (scaled(cycle(3), E3), 1),
    "zero row and column": (direct_sum(cycle(2), [[Q(0)]]), 2),
    "two into one": ([[Q(0), Q(0), HALF], [Q(0), Q(0), Q(2)], [Q(0)] * 3], 2),
    "one into two": (transpose([[Q(0), Q(0), HALF], [Q(0), Q(0), Q(2)], [Q(0)] * 3]), 2),
    "cycle with a tail": ([[Q(0), HALF, Q(0)], [HALF, Q(0), Q(0)], [Q(5), Q(0), Q(0)]], 2),
    "cycle that closes, unscaled": ([[Q(0), Q(0)], [Q(-3, 5), Q(4, 5)]], 1),
    "cycle that closes, in other units": ([[Q(0), Q(0)], [Q(-3), Q(4, 5)]], 1),
    "cycle that closes, transposed": ([[Q(0), Q(7)], [Q(0), Q(5, 13)]], 1),
    "cycle of two that closes": (
        [[Q(0), Q(4), Q(0)], [Q(1, 5), Q(0), Q(0)], [Q(1), Q(0), Q(0)]],
        1,
    ),
    "orthogonal": (H3, 0),
    "orthogonal in other units": (scaled(H3, E3), 0),
    "orthogonal and a shift": (direct_sum(scaled(H3, E3), shift(3)), 1),
    "norm 1, defect 1": (multiply(H3, diagonal([1, 1, Q(1, 3)])), 1),
    "norm 1, defect 2": (multiply(H4, diagonal([1, HALF, Q(1, 3), 1])), 2),
    "the same in other units": (scaled(multiply(H4, diagonal([1, HALF, Q(1, 3), 1])), E4), 2),
    "eigenvalue 1": (multiply(multiply(H3, diagonal([1, HALF, Q(1, 3)])), H3), 2),
    "eigenvalue 1 in other units": (
        scaled(multiply(multiply(H3, diagonal([1, HALF, Q(1, 3)])), H3), E3),
        2,
    ),
    "Jordan": ([[HALF, Q(3)], [Q(0), HALF]], 1),
    "nilpotent, one rank": ([[HALF, -HALF], [HALF, -HALF]], 1),
}


@pytest.mark.parametrize("name", TABLE)
def test_ranks_of_the_named_examples(name):
    W, expected = TABLE[name]
    scaling, rank = few_state_scaling(RationalMatrix.from_fractions(W))
    assert rank == oracle_rank(W, scaling)
    assert rank == expected


def test_the_shift_is_made_a_partial_isometry():
    scaling, _ = few_state_scaling(RationalMatrix.from_fractions(shift(6)))
    assert scaling == (32, 16, 8, 4, 2, 1)
    assert scaled(shift(6), scaling) == shift(6, 1)


@pytest.mark.parametrize("n", [1, 2, 4, 9])
def test_a_random_contraction_keeps_full_rank(n):
    W = np.random.default_rng(n).standard_normal((n, n))
    M = RationalMatrix.parse(0.9 * W / np.linalg.norm(W, 2), "W")
    scaling, rank = few_state_scaling(M)
    assert rank == n == oracle_rank(M.to_fractions(), scaling)


@pytest.mark.parametrize("n", [40, 90])
def test_large_matrices(n):
    rng = np.random.default_rng(n)
    W = rng.standard_normal((n, n))
    contraction = RationalMatrix.parse(0.9 * W / np.linalg.norm(W, 2), "W")
    assert few_state_scaling(contraction) == ((1,) * n, n)
    weights = rng.standard_normal(n)
    order = rng.permutation(n)
    chain = RationalMatrix.parse(np.diag(weights[1:], 1)[np.ix_(order, order)], "W")
    scaling, rank = few_state_scaling(chain)
    assert rank == 1
    ones = [abs(scaling[i] * chain[i, j] / scaling[j]) for i in range(n) for j in range(n)]
    assert sorted(ones) == [0] * (n * n - n + 1) + [1] * (n - 1)


NEVER = {
    "1.1": [[Q(11, 10)]],
    "cycle above 1": [[Q(0), Q(4)], [Q(1, 3), Q(0)]],
    "cycle of product 1 with a tail": [[Q(0), Q(1), Q(0)], [Q(1), Q(0), Q(0)], [Q(1), Q(0), Q(0)]],
    "full nilpotent": [[Q(1), Q(-1)], [Q(1), Q(-1)]],
    "good and bad": direct_sum(shift(2), [[Q(2)]], cycle(2)),
}


@pytest.mark.parametrize("name", NEVER)
def test_refusals_are_about_the_whole_matrix(name):
    W = NEVER[name]
    found = few_state_scaling(RationalMatrix.from_fractions(W))
    assert isinstance(found, NoScaling)
    vectors = found.dual
    images = [[sum(x * y for x, y in zip(row, z)) for row in W] for z in vectors]
    for i in range(len(W)):
        assert sum(y[i] ** 2 for y in images) >= sum(z[i] ** 2 for z in vectors)
    assert any(any(z) for z in vectors)
    for e in itertools.product((Q(1, 3), Q(1), Q(5)), repeat=len(W)):
        assert oracle_rank(W, e) is None


def test_an_open_question_stays_open():
    M = RationalMatrix.parse([[0, 10**400, 1], [10**400, 0, 1], [1, 1, 0]], "W")
    with pytest.raises(UndecidedError, match="range of float64"):
        few_state_scaling(M)


@pytest.mark.filterwarnings("error")
def test_overflow_in_the_search_is_silent():
    W = RationalMatrix.parse([[10**280, 1, 1], [1, Q(1, 10**280), 1], [1, 1, 10**300]], "W")
    assert isinstance(few_state_scaling(W), NoScaling)


entries = st.sampled_from([Q(0), Q(0), Q(0), Q(1), HALF, Q(-3, 5), Q(4, 5), Q(-2), Q(1, 3)])
matrices = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(entries, min_size=n, max_size=n), min_size=n, max_size=n)
)


@given(matrices)
@settings(max_examples=120)
def test_every_answer_is_certified(W):
    n = len(W)
    try:
        found = few_state_scaling(RationalMatrix.from_fractions(W))
    except UndecidedError:
        return
    if isinstance(found, NoScaling):
        return
    scaling, rank = found
    assert rank == oracle_rank(W, scaling)
    positive, _, _ = signature(multiply(transpose(W), W))
    assert n - positive <= rank <= n  # the kernel of W is not isometric under any scaling
    unscaled = oracle_rank(W, (Q(1),) * n)
    assert unscaled is None or rank <= unscaled


weights = st.sampled_from([Q(1, 3), Q(-1, 2), Q(1), Q(2), Q(-5, 7)])


@st.composite
def forests(draw):
    """One nonzero entry at most in each row, no cycle, states in any order."""
    n = draw(st.integers(1, 6))
    W = [[Q(0)] * n for _ in range(n)]
    for i in range(n):
        j = draw(st.integers(i + 1, n))
        if j < n:
            W[i][j] = draw(weights)
    W = permuted(W, draw(st.permutations(range(n))))
    return transpose(W) if draw(st.booleans()) else W


@given(forests())
@settings(max_examples=100)
def test_forests_reach_the_least_rank(W):
    scaling, rank = few_state_scaling(RationalMatrix.from_fractions(W))
    positive, _, _ = signature(multiply(transpose(W), W))
    assert rank == oracle_rank(W, scaling) == len(W) - positive


@st.composite
def generalised_permutations(draw):
    """Chains and cycles, with the least rank: 1 for each unless it is a cycle of product 1."""
    blocks, least = [], 0
    for _ in range(draw(st.integers(1, 3))):
        n = draw(st.integers(1, 3))
        product = draw(st.sampled_from([Q(0), Q(1), Q(-1), Q(1, 2), Q(-2, 3)]))
        values = [draw(weights) for _ in range(n - 1)]
        values.append(product / np.prod([Q(1), *values]))
        blocks.append(
            [[values[i] if j == (i + 1) % n else Q(0) for j in range(n)] for i in range(n)]
        )
        least += abs(product) != 1
    W = direct_sum(*blocks)
    return permuted(W, draw(st.permutations(range(len(W))))), least


@given(generalised_permutations())
@settings(max_examples=100)
def test_generalised_permutations_reach_the_least_rank(case):
    W, least = case
    scaling, rank = few_state_scaling(RationalMatrix.from_fractions(W))
    assert rank == oracle_rank(W, scaling) == least


@pytest.mark.parametrize("name", ["shift 3", "cycle 3", "Jordan", "two into one"])
def test_no_scaling_of_a_grid_does_better(name):
    W, least = TABLE[name]
    grid = [Q(p, q) for p in range(1, 6) for q in range(1, 6)]
    ranks = {oracle_rank(W, (Q(1), *e)) for e in itertools.product(grid, repeat=len(W) - 1)}
    assert min(ranks - {None}) >= least
    assert None in ranks


def test_the_rank_is_not_claimed_for_a_wrong_scaling():
    W = RationalMatrix.from_fractions(shift(3))
    assert defect_rank(W, (Q(4), Q(2), Q(1))) == 1
    assert defect_rank(W, (Q(4), Q(2), Q(2))) == 2
    assert defect_rank(W, (Q(4), Q(2), Q(9, 10))) is None
    assert defect_rank(W, (Q(-4), Q(-2), Q(-1))) is None
    assert defect_rank(W, (Q(4), Q(2))) is None
    above = RationalMatrix.from_fractions(diagonal([1, 1 + Q(1, 10**9)]))
    assert defect_rank(above, (Q(1), Q(1))) is None
    below = RationalMatrix.from_fractions(diagonal([1, 1 - Q(1, 10**9)]))
    assert defect_rank(below, (Q(1), Q(1))) == 1
    orthogonal = RationalMatrix.from_fractions(scaled(H3, E3))
    back = [1 / e for e in E3]
    assert defect_rank(orthogonal, tuple(back)) == 0
    assert defect_rank(orthogonal, (*back[:2], back[2] * (1 + Q(1, 10**9)))) is None
    assert defect_rank(orthogonal, tuple(E3)) is None


@given(matrices, st.lists(st.sampled_from([HALF, Q(1), Q(3), Q(5, 4)]), min_size=4, max_size=4))
@settings(max_examples=100)
def test_the_certified_rank_agrees_with_plain_fractions(W, e):
    scaling = tuple(e[: len(W)])
    assert defect_rank(RationalMatrix.from_fractions(W), scaling) == oracle_rank(W, scaling)


def test_a_candidate_that_lies_is_not_returned(monkeypatch):
    def lies(W):
        yield (Q(1), Q(2), Q(3))
        yield (Q(0), Q(1), Q(1))

    monkeypatch.setattr(few_states, "_candidates", lies)
    W = shift(3, 3)
    scaling, rank = few_state_scaling(RationalMatrix.from_fractions(W))
    assert rank == 3 == oracle_rank(W, scaling)
    assert isinstance(few_state_scaling(RationalMatrix.from_fractions(cycle(3, 1))), NoScaling)


def test_written_down_scalings_are_only_offered_where_they_apply():
    dense = RationalMatrix.from_fractions(multiply(H3, diagonal([HALF] * 3)))
    assert from_graph(dense) is None
    singular = RationalMatrix.from_fractions([[Q(1), Q(1)], [Q(1), Q(1)]])
    assert similar_to_orthogonal(singular) is None
    # p_j / p_i = 2 has no rational root
    irrational = RationalMatrix.from_fractions([[HALF, Q(3, 8)], [Q(-2), HALF]])
    assert similar_to_orthogonal(irrational) is None
    assert from_graph(RationalMatrix.from_fractions(identity(2))) is None


def test_the_search_for_low_rank_finds_what_was_hidden():
    turn = multiply(H4, reflection([2, -1, 1, 3]))  # no eigenvalue of modulus 1 survives
    W = scaled(multiply(turn, diagonal([1, HALF, Q(1, 3), 1])), E4)
    strict = find_scaling(RationalMatrix.from_fractions(W))
    assert oracle_rank(W, strict) == 4
    start = np.log2([float(e) for e in strict])
    candidates = list(deficient_scalings(RationalMatrix.from_fractions(W).to_numpy(), start))
    assert len(set(candidates)) == len(candidates)
    assert min(oracle_rank(W, e) or 4 for e in candidates) == 2


def test_large_matrices_are_not_searched():
    assert not list(deficient_scalings(np.eye(25) / 2, np.zeros(25)))
    assert list(deficient_scalings(np.diag(np.full(3, 0.5), 1), np.zeros(4)))
