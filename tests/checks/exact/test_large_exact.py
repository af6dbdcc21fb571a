"""Exact work on larger matrices: elimination modulo primes, factored dilations, rounded norms.

Fraction-free elimination and the expanded form are the oracles; what the fast ways propose must
be the same integers, and whatever is changed on the way must be noticed by the checks.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q

import numpy as np
import pytest
from flint import fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import multiply, signature, transpose
from tables import ABOVE, BELOW, MATRICES, ONE, names

from urnn_proofs import Verdict
from urnn_proofs.checks.exact import norms, rounded_norms
from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.dilation import check_dilation, defects
from urnn_proofs.checks.exact.elimination import Elimination, elimination_holds
from urnn_proofs.checks.exact.norms import norm_at_most, norm_upper_bound
from urnn_proofs.checks.exact.rounded_norms import rounded_norm_at_most
from urnn_proofs.guesses import elimination, modular_elimination, residues
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.guesses.elimination import NotDefiniteError, eliminate
from urnn_proofs.guesses.modular_elimination import UnluckyError, eliminate_modular
from urnn_proofs.model.errors import InputError, NotContractiveError, UnsupportedError
from urnn_proofs.model.rational import RationalMatrix


def matrix(name):
    return RationalMatrix.parse(MATRICES[name][0], "W")


def contraction(n, seed=0, norm=0.9):
    W = np.random.default_rng(seed).standard_normal((n, n))
    return RationalMatrix.parse(W * (norm / np.linalg.norm(W, 2)), "W")


def definite(n, seed, size=50):
    N = fmpz_mat(np.random.default_rng(seed).integers(-size, size + 1, (n, n)).tolist())
    A = N.transpose() * N
    for i in range(n):
        A[i, i] += 1
    return A


@pytest.fixture
def modular_everywhere(monkeypatch):
    monkeypatch.setattr(elimination, "_MODULAR_FROM", 1)


# -- residues -------------------------------------------------------------------------------


@given(st.lists(st.integers(-(10**60), 10**60), min_size=1, max_size=6))
def test_integers_come_back_from_their_residues(values):
    primes = list(itertools.islice(residues.primes_below(2**23), 18))
    assert 2 * 10**60 < math.prod(primes)
    stack = residues.Digits(fmpz_mat([values])).residues(np.array(primes, dtype=float))
    assert np.abs(stack).max() <= 2**22
    for p, row in zip(primes, stack[:, 0].tolist(), strict=True):
        assert [(int(r) - x) % p for r, x in zip(row, values, strict=True)] == [0] * len(values)
    assert residues.combine(stack[:, 0], primes) == values


@pytest.mark.parametrize("primes", [[3], [5, 7], [8388593, 8388587, 11]])
def test_the_whole_symmetric_range_comes_back(primes):
    half = math.prod(primes) // 2
    ends = [-half, 1 - half, -1, 0, 1, half - 1, half]
    rows = np.array([[x % p for x in ends] for p in primes])
    assert residues.combine(rows, primes) == ends


@pytest.mark.parametrize("n", [2, 128, 257, 1000])
def test_the_longest_sums_of_products_are_exact(n):
    p = next(residues.primes_below(residues.largest_prime(n)))
    worst = p // 2 + 1  # one more than a residue can be
    signs = np.random.default_rng(n).choice([-1.0, 1.0], size=(1, n, n))
    for a in (np.full((1, n, n), float(worst)), worst * signs):
        product = residues.multiply(a, a.transpose(0, 2, 1), np.array([float(p)]))
        exact = fmpz_mat(n, n, [int(x) for x in a.ravel()])
        exact = exact * exact.transpose()
        found = [int(x) for x in product.ravel()]
        assert all((x - int(y)) % p == 0 for x, y in zip(found, exact.entries(), strict=True))
        assert max(map(abs, found)) <= worst


# -- elimination modulo primes --------------------------------------------------------------


@pytest.mark.parametrize("name", names(BELOW))
def test_residues_and_fractions_give_the_same_elimination(name):
    for A in defects(matrix(name)):
        oracle = eliminate(A)  # small: fraction-free
        assert eliminate_modular(A) == (oracle.Y, oracle.U)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 16, 17, 31])
def test_sizes_around_those_of_the_recursion(n):
    A = definite(n, seed=n)
    oracle = eliminate(A)
    assert eliminate_modular(A) == (oracle.Y, oracle.U)


def test_float_weights_at_a_size_where_it_is_used():
    A, _ = defects(contraction(elimination._MODULAR_FROM))
    Y, U = eliminate_modular(A)
    assert elimination_holds(A, Elimination(Y, U, tuple(range(A.nrows()))))
    assert eliminate(A).Y == Y
    halves = elimination._halve(A, 1, with_inverse=False)
    assert (halves.Y, halves.U) == (Y, U)


@given(st.integers(1, 6), st.integers(0, 10**6))
@settings(max_examples=100)
def test_every_entry_is_within_the_bound_that_counts_the_primes(n, seed):
    A = fmpz_mat(np.random.default_rng(seed).integers(-3, 4, (n, n)).tolist())
    A = A + A.transpose()
    leading = [fmpz_mat([row[:k] for row in A.tolist()[:k]]).det() for k in range(1, n + 1)]
    if any(x == 0 for x in leading):
        with pytest.raises(UnluckyError):
            eliminate_modular(A)
        return
    Y, U = eliminate_modular(A)  # indefinite ones too
    assert Y * A == U
    assert [int(U[i, i]) for i in range(n)] == [int(x) for x in leading]
    bits = modular_elimination._bits_of_rows(A)
    for i in range(n):
        assert max(2 * abs(int(x)) for j in range(n) for x in (Y[i, j], U[i, j])) < 2 ** bits[i]


def test_unlucky_primes_are_left_out():
    p = next(residues.primes_below(2**23))
    A = fmpz_mat([[p, 1, 0], [1, 3, 2], [0, 2, 11]])  # p divides the first minor
    oracle = eliminate(A)
    for primes in (None, itertools.chain([11, p], residues.primes_below(p))):
        assert eliminate_modular(A, primes) == (oracle.Y, oracle.U)
    # without the test for zero pivots the same primes give something else, which is noticed
    Y, U = fmpz_mat(oracle.Y), fmpz_mat(oracle.U)
    Y[2, 0] += p
    assert not elimination_holds(A, Elimination(Y, U, (0, 1, 2)))


def test_too_few_primes_in_all_say_so():
    with pytest.raises(UnluckyError, match="no primes left"):
        eliminate_modular(definite(4, 0), iter([101, 103]))


@pytest.mark.parametrize("row", [0, 3, 5])
def test_a_wrong_residue_is_noticed(monkeypatch, modular_everywhere, row):
    W = contraction(6)
    honest = modular_elimination.combine
    calls = itertools.count()

    def faulty(rows, primes):
        if next(calls) == row:
            rows[0, -1] += 1
        return honest(rows, primes)

    monkeypatch.setattr(modular_elimination, "combine", faulty)
    A, _ = defects(W)
    try:
        found = eliminate(A)
    except NotDefiniteError:  # the wrong entry was a pivot, now of any sign
        return
    assert not elimination_holds(A, found)
    calls = itertools.count()
    wrong = dilate(W)
    assert check_dilation(W, wrong.U, wrong).verdict is Verdict.REFUTED


def test_a_bound_that_is_too_small_is_noticed(monkeypatch, modular_everywhere):
    W = contraction(6)
    honest = modular_elimination._bits_of_rows
    monkeypatch.setattr(
        modular_elimination, "_bits_of_rows", lambda A: [b // 2 + 1 for b in honest(A)]
    )
    A, _ = defects(W)
    Y, U = eliminate_modular(A)
    assert not elimination_holds(A, Elimination(Y, U, tuple(range(6))))
    short = Elimination(Y, U, tuple(range(6)))
    monkeypatch.setattr("urnn_proofs.guesses.dilation.eliminate", lambda A, pivots: short)
    with pytest.raises(InputError, match="positive"):  # a scale that is not positive
        dilate(W)


@pytest.mark.parametrize("name", names(BELOW, ONE))
def test_dilations_by_residues_are_the_same(name, monkeypatch):
    W = matrix(name)
    oracle = dilate(W)
    monkeypatch.setattr(elimination, "_MODULAR_FROM", 1)
    found = dilate(W)
    assert (found.U.R, found.U.alpha, found.U.beta) == (oracle.U.R, oracle.U.alpha, oracle.U.beta)
    assert check_dilation(W, found.U, found).verdict is Verdict.PROVED


@pytest.mark.parametrize("name", names(ABOVE))
def test_no_dilation_above_norm_one_by_residues(name, modular_everywhere):
    with pytest.raises(NotContractiveError):
        dilate(matrix(name))


@pytest.mark.parametrize("A", [[[0]], [[-1]], [[1, 2], [2, 1]], [[1, 1], [1, 1]], [[2, 0], [0, 0]]])
def test_what_is_not_definite_is_refused(A, modular_everywhere):
    with pytest.raises(NotDefiniteError):
        eliminate(fmpz_mat(A))


def test_what_is_large_is_built_but_its_norm_is_not_refuted(monkeypatch):
    """Only the proof that a norm is above 1 has no residues, so its limit is the lower one."""
    W, above = matrix("projection"), RationalMatrix.diagonal([2, 2])
    monkeypatch.setattr(norms, "EXACT_LIMIT", 10)
    assert dilate(W).right.rank == 1
    with pytest.raises(UnsupportedError, match="norm is above 1"):
        dilate(above)
    with pytest.raises(NotContractiveError):
        dilate(above, force=True)


# -- norms through rounded entries ----------------------------------------------------------


def shown(M, rho):
    return rounded_norm_at_most(M, rho, M.to_numpy())


def truth(M, rho):
    rows = M.to_fractions()
    gap = [
        [rho**2 * (i == j) - x for j, x in enumerate(row)]
        for i, row in enumerate(multiply(transpose(rows), rows))
    ]
    return signature(gap)[2] == 0


ENTRIES = st.one_of(
    st.floats(-1, 1), st.fractions(min_value=-1, max_value=1, max_denominator=7).map(float)
)


@given(st.integers(1, 3), st.integers(1, 3), st.data())
@settings(max_examples=150)
def test_rounding_entries_never_proves_a_false_bound(rows, columns, data):
    table = [[Q(data.draw(ENTRIES)) for _ in range(columns)] for _ in range(rows)]
    M = RationalMatrix.from_fractions(table)
    norm = Q(float(np.linalg.norm(M.to_numpy(), 2)))
    for factor in (1 - Q(1, 2**20), 1 - Q(1, 2**50), Q(1), 1 + Q(1, 2**50), 1 + Q(1, 2**27)):
        rho = norm * factor
        if rho > 0 and shown(M, rho):
            assert truth(M, rho)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (5, 9), (9, 5), (70, 70), (70, 90)])
@pytest.mark.parametrize("scale", [1, Q(1, 10**200), Q(10**200, 3)])
def test_rounding_entries_proves_what_has_some_room(shape, scale):
    floats = np.random.default_rng(0).standard_normal(shape)
    entries = [[Q(x) * scale for x in row] for row in floats.tolist()]
    M = RationalMatrix.from_fractions(entries)
    rho = Q(float(np.linalg.norm(floats, 2))) * Q(1001, 1000) * scale
    assert shown(M, rho)
    assert not shown(M, rho * Q(99, 100))
    assert not shown(M, rho * Q(1, 10**6))


@pytest.mark.parametrize("factor", [0.0, 0.5, 0.999, -1.0, np.inf, np.nan])
def test_floats_that_belong_to_another_matrix_prove_nothing(factor):
    M = contraction(8, norm=0.9)
    floats = M.to_numpy()
    assert rounded_norm_at_most(M, Q(91, 100), floats)
    assert not rounded_norm_at_most(M, Q(91, 100), floats * factor)
    assert not rounded_norm_at_most(M, Q(89, 100), floats * factor)


def test_any_proposed_factor_is_only_a_proposal(monkeypatch):
    M = contraction(5, norm=0.9)
    honest = rounded_norms._proposal
    for spoil in (lambda L: L * 0, lambda L: L + 2.0**24, lambda L: L * 2, lambda L: -L):
        monkeypatch.setattr(
            rounded_norms, "_proposal", lambda *a, spoil=spoil: spoil(np.tril(honest(*a)))
        )
        ok = rounded_norm_at_most(M, Q(95, 100), M.to_numpy())
        assert ok is (spoil(2.0) == -2.0)  # -L is as good as L
    monkeypatch.setattr(rounded_norms, "_proposal", lambda rounded, c: np.eye(5) * 2.0**20)
    assert not rounded_norm_at_most(M, Q(89, 100), M.to_numpy())


@pytest.mark.parametrize("norm", [0.5, 0.99, 1 - 1e-7])
def test_large_networks_get_the_same_bound_either_way(monkeypatch, norm):
    W = contraction(70, norm=norm)
    fast = certify_contractive(W)
    monkeypatch.setattr("urnn_proofs.checks.exact.contractive.ROUNDED_FROM", 1000)
    full = certify_contractive(W)
    assert fast.rho == full.rho < 1
    assert (fast.method == norms.ROUNDED) is (norm < 0.999)
    assert full.method.startswith("Cholesky residual")


def test_a_large_matrix_that_is_not_contractive_gets_its_witness():
    for norm in (1 + 1e-9, 1.5, 30.0):
        with pytest.raises(NotContractiveError) as caught:
            certify_contractive(contraction(70, norm=norm))
        assert any(caught.value.witness)


def test_norm_at_most_decides_where_rounding_says_nothing():
    W = contraction(66, norm=0.9)
    assert norm_at_most(W, Q(95, 100)) == norms.ROUNDED
    assert norm_at_most(W, norm_upper_bound(W)) != norms.ROUNDED  # too tight for 26 bits
    small = RationalMatrix.parse(np.eye(66) / 2, "W")
    assert norm_at_most(small, Q(1, 2) - Q(1, 2**70)) is None


def test_floats_are_read_exactly_over_the_least_power_of_two():
    table = [[0.0, 0.1, -3.0], [2.0**-1074, 1e300, -(2.0**60)], [0.5, 1.0, 12.0]]
    M = RationalMatrix.parse(np.array(table), "M")
    assert M.to_fractions() == [[Q(x) for x in row] for row in table]
    assert M.denominator == 2**1074
    assert RationalMatrix.parse(np.array([[4.0, 6.0]]), "M").denominator == 1
    assert RationalMatrix.parse(np.array([[0.75, -6.0]]), "M").denominator == 4
    assert RationalMatrix.parse(np.zeros((2, 2)), "M").denominator == 1
    assert RationalMatrix.parse(np.array([[1e300]]), "M").denominator == 1
