"""The exact engine against independent Fraction arithmetic, over one table of matrices."""

from __future__ import annotations

import math
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
from flint import fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import defect, is_orthogonal, multiply, signature, transpose
from tables import ABOVE, BELOW, MATRICES, ONE, names

from urnn_proofs.checks.exact import norms
from urnn_proofs.checks.exact.contractive import certify_contractive, is_contractive, stretches
from urnn_proofs.checks.exact.definite import Kind, decide_semidefinite
from urnn_proofs.checks.exact.dilation import check_dilation, defects, dilation_evidence_holds
from urnn_proofs.checks.exact.elimination import Elimination, elimination_holds
from urnn_proofs.checks.exact.norms import norm_at_most, norm_upper_bound, round_up, sqrt_upper
from urnn_proofs.checks.exact.orthogonality import check_orthogonal
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.guesses.elimination import NotDefiniteError, eliminate
from urnn_proofs.model.errors import NotContractiveError, UndecidedError, UnsupportedError
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict


def matrix(name):
    return RationalMatrix.parse(MATRICES[name][0], "W")


def fractions(name):
    return matrix(name).to_fractions()


@st.composite
def square(draw, size=st.integers(1, 5), entries=None):
    n = draw(size)
    entries = entries or st.fractions(min_value=-1, max_value=1, max_denominator=6)
    return [[draw(entries) for _ in range(n)] for _ in range(n)]


@st.composite
def symmetric(draw):
    n = draw(st.integers(1, 5))
    entries = st.integers(-3, 3)
    A = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            A[i][j] = A[j][i] = draw(entries)
    return A


# -- definiteness ---------------------------------------------------------------------------


@given(symmetric())
@settings(max_examples=300)
def test_definiteness_against_the_signature(A):
    answer = decide_semidefinite(fmpz_mat(A))
    positive, zero, negative = signature([[Q(x) for x in row] for row in A])
    expected = Kind.INDEFINITE if negative else Kind.SEMIDEFINITE if zero else Kind.DEFINITE
    assert answer.kind is expected
    if answer.kind is not Kind.INDEFINITE:
        assert len(answer.support) == positive
    if answer.kind is Kind.DEFINITE:
        assert answer.witness is None
    else:
        v = transpose([list(answer.witness)])
        [[value]] = multiply(transpose(v), multiply([[Q(x) for x in row] for row in A], v))
        assert any(answer.witness)
        assert value < 0 if answer.kind is Kind.INDEFINITE else value == 0


@given(st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=4), min_size=1, max_size=4))
def test_gram_matrices_are_semidefinite_and_eliminate(rows):
    N = fmpz_mat(rows)
    A = N.transpose() * N
    answer = decide_semidefinite(A)
    assert answer.kind is not Kind.INDEFINITE
    found = eliminate(A, answer.support)
    assert elimination_holds(A, found)
    # A = U^T diag(1/delta) U, expanded in Fractions
    U = [[Q(int(x)) for x in row] for row in found.U.tolist()]
    weighted = [[x / d for x in row] for d, row in zip(found.delta, U, strict=True)]
    if U:
        expected = [[Q(int(x)) for x in row] for row in A.tolist()]
        assert multiply(transpose(U), weighted) == expected
    else:
        assert A.is_zero()


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13])
def test_elimination_by_halves_equals_row_by_row(n):
    """FLINT's own fraction-free elimination of [A | I] is the second implementation."""
    rng = np.random.default_rng(n)
    N = fmpz_mat(rng.integers(-9, 10, size=(n, n)).tolist())
    eye = fmpz_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    A = N.transpose() * N + eye
    joined = fmpz_mat(n, 2 * n, [x for a, e in zip(A.tolist(), eye.tolist()) for x in a + e])
    upper = joined.fflu()[3].tolist()
    found = eliminate(A)
    assert found.U == fmpz_mat(n, n, [x for row in upper for x in row[:n]])
    assert found.Y == fmpz_mat(n, n, [x for row in upper for x in row[n:]])


@pytest.mark.parametrize("A", [[[0]], [[-1]], [[1, 2], [2, 1]], [[1, 1], [1, 1]]])
def test_elimination_refuses_what_is_not_definite(A):
    with pytest.raises(NotDefiniteError):
        eliminate(fmpz_mat(A))


@pytest.mark.parametrize("part", ["Y", "U"])
def test_any_changed_entry_of_the_evidence_is_noticed(part):
    A = fmpz_mat([[4, 1, 0], [1, 3, 1], [0, 1, 5]])
    good = eliminate(A)
    assert elimination_holds(A, good)
    for i in range(3):
        for j in range(3):
            for delta in (-1, 1, 10**9):
                bad = {"Y": fmpz_mat(good.Y), "U": fmpz_mat(good.U)}
                bad[part][i, j] += delta
                assert not elimination_holds(A, Elimination(bad["Y"], bad["U"], good.support))


def test_evidence_for_a_smaller_rank_is_refused():
    A = fmpz_mat([[2, 0], [0, 3]])
    short = eliminate(A, (0,))
    assert not elimination_holds(A, short)
    assert not elimination_holds(A, Elimination(short.Y, short.U, (5,)))
    assert not elimination_holds(A, Elimination(fmpz_mat(0, 0), fmpz_mat(0, 2), ()))


# -- norms ----------------------------------------------------------------------------------


@given(st.fractions(min_value=0, max_value=10**12))
def test_sqrt_upper_is_above_and_tight(value):
    root = sqrt_upper(value)
    assert root**2 >= value
    assert value == 0 or root**2 <= value * (1 + Q(1, 2**60))


@given(st.fractions(), st.integers(8, 64))
def test_round_up_never_goes_down(value, bits):
    rounded = round_up(value, bits)
    assert rounded >= value
    assert rounded - value <= abs(value) / 2 ** (bits - 2)


@given(square(), st.fractions(min_value=0, max_value=3, max_denominator=8))
@settings(max_examples=200)
def test_norm_at_most_decides_exactly(W, rho):
    gap = [
        [rho**2 * (i == j) - x for j, x in enumerate(row)]
        for i, row in enumerate(multiply(transpose(W), W))
    ]
    truth = signature(gap)[2] == 0
    assert (norm_at_most(RationalMatrix.from_fractions(W), rho) is not None) is truth


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 7), (7, 3), (20, 20)])
def test_norm_upper_bound_is_an_upper_bound_and_tight(shape):
    array = np.random.default_rng(0).standard_normal(shape)
    bound = norm_upper_bound(RationalMatrix.parse(array, "F"))
    with mpmath.workdps(40):
        norm = mpmath.svd_r(mpmath.matrix(array.tolist()), compute_uv=False)[0]
        assert mpmath.mpf(bound.numerator) / bound.denominator >= norm * (1 - mpmath.mpf(10) ** -30)
    assert float(bound) <= float(norm) * (1 + 1e-5)


@pytest.mark.parametrize("entry", [Q(1, 10**400), 10**400, Q(10**400, 3)])
def test_norms_outside_the_range_of_floats(entry):
    M = RationalMatrix.from_fractions([[entry, 0], [0, entry]])
    bound = norm_upper_bound(M)
    assert entry <= bound <= 2 * entry
    assert norm_at_most(M, Q(entry)) is not None
    assert norm_at_most(M, Q(entry) * Q(99, 100)) is None
    assert norm_at_most(M, Q(0)) is None
    assert norm_at_most(M, Q(-1)) is None


def test_a_rounded_factor_can_not_prove_a_false_bound():
    """The Cholesky route must fail, at every precision, when the bound is false by 2^-60."""
    W = RationalMatrix.parse([[0.75, 0.0], [0.0, 0.5]], "W")
    below = Q(3, 4) - Q(1, 2**60)
    G = norms.gram(W)
    scale = (below.numerator * W.denominator) ** 2
    gap = fmpz_mat([[scale, 0], [0, scale]]) - G * below.denominator**2
    for guess in (norms._scaled_gap(W.to_numpy(), below), np.eye(2), np.diag([1e-9, 1.0])):
        for bits in (10, 26, 40, 52):
            assert not norms._cholesky_residual_is_dominant(gap, scale, guess, bits)


# -- contractivity --------------------------------------------------------------------------


@pytest.mark.parametrize("name", names(BELOW))
def test_contractive_matrices_get_a_bound_below_one(name):
    found = certify_contractive(matrix(name))
    assert 0 <= found.rho < 1
    W = fractions(name)
    gap = [
        [found.rho**2 * (i == j) - x for j, x in enumerate(row)]
        for i, row in enumerate(multiply(transpose(W), W))
    ]
    assert signature(gap)[2] == 0  # rho^2 I - W^T W has no negative eigenvalue


@pytest.mark.parametrize("name", names(ONE, ABOVE))
def test_others_get_a_witness(name):
    with pytest.raises(NotContractiveError, match="expected") as caught:
        certify_contractive(matrix(name))
    witness = caught.value.witness
    W = fractions(name)
    image = multiply(W, [[x] for x in witness])
    assert any(witness)
    assert sum(x[0] ** 2 for x in image) >= sum(x**2 for x in witness)
    assert is_contractive(matrix(name)) is False


@given(square())
def test_contractivity_against_the_signature(W):
    truth = signature(defect(W)) == (len(W), 0, 0)
    assert is_contractive(RationalMatrix.from_fractions(W)) is truth


@pytest.mark.parametrize("n", [1, 2, 5, 10, 40])
@pytest.mark.parametrize("gap", [1e-3, 1e-9, 1e-12, 3e-15])
def test_norms_next_to_one_on_both_sides(n, gap):
    rng = np.random.default_rng(n)
    left, _ = np.linalg.qr(rng.standard_normal((n, n)))
    right, _ = np.linalg.qr(rng.standard_normal((n, n)))
    values = np.linspace(0.1, 1, n) if n > 1 else np.ones(1)
    core = left * values @ right
    for sign in (-1, 1):
        W = RationalMatrix.parse(core * (1 + sign * gap), "W")
        with mpmath.workdps(60):
            exact = [[mpmath.mpf(x.numerator) / x.denominator for x in r] for r in W.to_fractions()]
            if n <= 5 or gap < 1e-12:
                truth = n > 10 or mpmath.svd_r(mpmath.matrix(exact), compute_uv=False)[0] < 1
                if n > 10:
                    continue  # the oracle is slow there; covered by the wide gaps
            else:
                truth = sign < 0
        assert is_contractive(W) is bool(truth)


def test_a_gap_below_what_is_resolved_says_so(monkeypatch):
    monkeypatch.setattr(norms, "EXACT_LIMIT", 0)
    W = RationalMatrix.parse([[1 - Q(1, 10**30), 0], [0, Q(1, 3)]], "W")
    with pytest.raises(UndecidedError, match="below what was resolved"):
        certify_contractive(W)


def test_stretches_wants_a_nonzero_vector():
    W = matrix("one")
    assert not stretches(W, (Q(0),))
    assert stretches(W, (Q(1),))


def test_the_message_tells_how_large_the_norm_is():
    with pytest.raises(NotContractiveError, match=r"at least 1 \+ 1e-09"):
        certify_contractive(matrix("1 + 1e-9"))
    with pytest.raises(NotContractiveError, match="at least 10"):
        certify_contractive(matrix("nilpotent ten"))
    with pytest.raises(NotContractiveError, match="more than 1e30"):
        certify_contractive(matrix("huge"))


# -- dilation -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names(BELOW, ONE))
def test_dilations_are_orthogonal_by_the_definition(name):
    W = matrix(name)
    found = dilate(W)
    n = W.shape[0]
    positive, zero, _ = signature(defect(W.to_fractions()))
    assert found.right.rank == positive == n - zero
    U = found.U
    assert is_orthogonal(U.R.to_fractions(), U.alpha, U.beta)
    # The inverse is the transpose, so U U^T = I as well: exchange the roles of the scales.
    assert is_orthogonal(transpose(U.R.to_fractions()), U.beta, U.alpha)
    corner = [[U.R[i, j] for j in range(n)] for i in range(n)]
    assert corner == W.to_fractions()
    assert set(U.alpha[:n]) == set(U.beta[:n]) == {1}
    assert dilation_evidence_holds(W, U, found)
    assert check_orthogonal(U).verdict is Verdict.PROVED
    assert check_dilation(W, U, found).verdict is Verdict.PROVED


@pytest.mark.parametrize("name", names(ABOVE))
def test_no_dilation_above_norm_one(name):
    with pytest.raises(NotContractiveError) as caught:
        dilate(matrix(name))
    image = multiply(fractions(name), [[x] for x in caught.value.witness])
    assert sum(x[0] ** 2 for x in image) > sum(x**2 for x in caught.value.witness)


@given(square())
@settings(max_examples=100)
def test_random_dilations(W):
    negative = signature(defect(W))[2]
    M = RationalMatrix.from_fractions(W)
    if negative:
        with pytest.raises(NotContractiveError):
            dilate(M)
        return
    U = dilate(M).U
    assert is_orthogonal(U.R.to_fractions(), U.alpha, U.beta)


@pytest.mark.parametrize("n", [1, 4, 16, 24])
def test_float_weights_and_the_float_view(n):
    W = np.random.default_rng(n).standard_normal((n, n))
    W *= 0.95 / np.linalg.norm(W, 2)
    U = dilate(RationalMatrix.parse(W, "W")).U.to_numpy()
    assert np.abs(U.T @ U - np.eye(2 * n)).max() < 1e-14 * n + 1e-14
    assert np.array_equal(U[:n, :n], W)


def test_too_large_is_refused_unless_forced(monkeypatch):
    monkeypatch.setattr(norms, "EXACT_LIMIT", 1)
    W = matrix("nilpotent half")
    with pytest.raises(UnsupportedError, match="too large for the exact dilation"):
        dilate(W)
    assert dilate(W, force=True).right.rank == 2


# -- orthogonality --------------------------------------------------------------------------


def changed(U, **parts):
    fields = {"R": U.R, "alpha": U.alpha, "beta": U.beta, **parts}
    return Orthogonal(**fields)


def test_a_matrix_that_is_not_square_is_not_orthogonal():
    tall = Orthogonal(RationalMatrix.parse([[1], [0]], "R"), (Q(1), Q(1)), (Q(1),))
    assert check_orthogonal(tall).verdict is Verdict.REFUTED


@given(square(size=st.integers(1, 3)), st.data())
@settings(max_examples=150)
def test_verdicts_on_changed_matrices_are_always_true(W, data):
    """Sound both ways: PROVED and REFUTED both agree with the definition in Fractions."""
    M = RationalMatrix.from_fractions(W)
    if signature(defect(W))[2]:
        return
    found = dilate(M)
    U = found.U
    size = U.shape[0]
    i, j = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    factor = data.draw(st.sampled_from([Q(-1), Q(0), Q(2), Q(1, 3), 1 + Q(1, 10**40)]))
    shift = data.draw(st.sampled_from([Q(0), Q(1, 10**30), Q(-1)]))
    what = data.draw(st.sampled_from(["R", "alpha", "beta"]))
    if what == "R":
        bad = changed(U, R=U.R.replace((i, j), U.R[i, j] * factor + shift))
    else:
        scale = list(getattr(U, what))
        scale[i] = abs(scale[i] * factor + shift) or Q(1)
        bad = changed(U, **{what: tuple(scale)})
    n = M.shape[0]
    truth = (
        is_orthogonal(bad.R.to_fractions(), bad.alpha, bad.beta)
        and [[bad.R[a, b] for b in range(n)] for a in range(n)] == W
        and all(x == 1 for x in (*bad.alpha[:n], *bad.beta[:n]))
    )
    verdict = check_dilation(M, bad, found).verdict
    assert verdict is (Verdict.PROVED if truth else Verdict.REFUTED)


def test_bad_evidence_does_not_refute_a_good_matrix(monkeypatch):
    W = matrix("nilpotent half")
    found = dilate(W)
    broken = fmpz_mat(found.right.Y)
    broken[1, 0] += 1
    bad = type(found)(found.U, Elimination(broken, found.right.U, (0, 1)), found.left)
    assert not dilation_evidence_holds(W, found.U, bad)
    assert check_dilation(W, found.U, bad).verdict is Verdict.PROVED  # by the definition
    from urnn_proofs.checks.exact import orthogonality

    monkeypatch.setattr(orthogonality, "_DIRECT_LIMIT", 0)
    assert check_dilation(W, found.U, bad).verdict is Verdict.UNKNOWN  # too large to expand


def test_primes_that_divide_a_denominator_are_skipped():
    from urnn_proofs.checks.exact.orthogonality import _PRIMES

    p = _PRIMES[0]
    U = Orthogonal(RationalMatrix.from_fractions([[Q(1, p)]]), (Q(p * p),), (Q(1),))
    assert check_orthogonal(U).verdict is Verdict.PROVED
    off = Orthogonal(RationalMatrix.from_fractions([[Q(1, p)]]), (Q(p * p + 1),), (Q(1),))
    assert check_orthogonal(off).verdict is Verdict.REFUTED


def test_defects_are_symmetric_integers():
    A, B = defects(matrix("nilpotent half"))
    assert A.tolist() == [[4, 0], [0, 3]]
    assert B.tolist() == [[3, 0], [0, 4]]
    assert math.isqrt(int(A[0, 0])) == 2
