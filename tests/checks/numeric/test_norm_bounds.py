"""Bounds of matrix norms: two sources against exact rational arithmetic and against mpmath."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracles import identity, multiply, signature, transpose

from urnn_proofs import InputError, RationalMatrix, UndecidedError
from urnn_proofs.checks.numeric import fast_norms
from urnn_proofs.checks.numeric.ball_norms import BallNorms
from urnn_proofs.checks.numeric.fast_norms import NumpyNorms
from urnn_proofs.checks.numeric.norm_source import norm_source
from urnn_proofs.checks.numeric.rounding import FLOAT32, FLOAT64, format_of, gamma
from urnn_proofs.guesses.dilation import dilate

SOURCES = [BallNorms(), NumpyNorms()]
ROTATION = np.array([[0.6, -0.8], [0.8, 0.6]])


def orthogonal(n, seed=0, dtype="float64"):
    Q_, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))
    return Q_.astype(dtype)


def gaussian(rows, columns, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, columns))


FLOATS = {
    "zero": np.zeros((2, 2)),
    "one": np.array([[1.0]]),
    "minus half": np.array([[-0.5]]),
    "row": np.array([[3.0, -4.0]]),
    "column": np.array([[3.0], [-4.0]]),
    "identity": np.eye(3),
    "nilpotent": np.array([[0.0, 10.0], [0.0, 0.0]]),
    "rank one": np.full((3, 3), 0.25),
    "near singular": np.array([[0.5, 0.5], [0.5, 0.5 - 1e-12]]),
    "two equal singular values": ROTATION,
    "wide": gaussian(2, 5),
    "tall": gaussian(5, 2),
    "cancelling": np.array([[1.0, 1.0], [1.0, -1.0 + 2.0**-50]]),
    "tiny": np.array([[1e-200, 2e-200], [3e-200, 1e-200]]),
    "huge": np.array([[1e150, 2e150], [3e150, 1e150]]),
    "mixed": np.array([[1e150, 1.0], [1e-150, 1e-300]]),
    "subnormal": np.array([[5e-324, 0.0], [0.0, 1e-310]]),
    "float32": gaussian(3, 3).astype(np.float32),
}


def rows_of(A):
    return [[Q(float(x)) for x in row] for row in A]


def at_most(A, bound):
    """||A|| <= bound, by exact signature of bound^2 I - A^T A."""
    gram = multiply(transpose(A), A)
    gap = [
        [bound**2 * e - g for e, g in zip(*pair, strict=True)]
        for pair in zip(identity(len(gram)), gram, strict=True)
    ]
    return signature(gap)[2] == 0


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name[:5])
@pytest.mark.parametrize("name", FLOATS)
class TestAgainstExactArithmetic:
    def test_spectral_norm(self, name, source):
        A = rows_of(FLOATS[name])
        bound = source.spectral(FLOATS[name])
        assert at_most(A, bound)
        # tight: a slightly smaller number is no bound
        assert bound == 0 or not at_most(A, bound * (1 - Q(1, 10**6)))
        assert source.spectral(RationalMatrix.parse(FLOATS[name], "A")) >= bound * (1 - Q(1, 10**9))

    def test_norm_of_absolute_values(self, name, source):
        A = [[abs(x) for x in row] for row in rows_of(FLOATS[name])]
        bound = source.absolute(FLOATS[name])
        assert at_most(A, bound)
        assert bound == 0 or not at_most(A, bound * Q(99, 100))

    def test_rows(self, name, source):
        squares = [sum(x**2 for x in row) for row in rows_of(FLOATS[name])]
        bound = source.largest_row(FLOATS[name])
        assert max(squares) <= bound**2
        assert max(squares) >= (bound * (1 - Q(1, 10**9))) ** 2


DEFECTS = {
    "rotation": ROTATION,
    "1x1": np.array([[1 - 2.0**-53]]),
    "identity": np.eye(3),
    "orthogonal": orthogonal(5),
    "orthogonal, float32": orthogonal(5, dtype="float32"),
    "orthogonal columns": orthogonal(6)[:, :3],
    "off by 1e-5": orthogonal(4) + 1e-5,
    "twice": 2 * orthogonal(3),
    "zero": np.zeros((2, 2)),
    "far": 1e6 * gaussian(3, 3),
    "hidden in the last bits": np.array([[1.0, 2.0**-60], [0.0, 1.0]]),
}


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name[:5])
@pytest.mark.parametrize("name", DEFECTS)
def test_defect(name, source):
    U = rows_of(DEFECTS[name])
    gram = multiply(transpose(U), U)
    E = [
        [x - e for x, e in zip(*pair, strict=True)]
        for pair in zip(gram, identity(len(gram)), strict=True)
    ]
    bound = source.defect(DEFECTS[name])
    assert at_most(E, bound)
    exact = not any(x for row in E for x in row)
    assert exact or not at_most(E, bound * Q(99, 100))


@pytest.mark.parametrize("n", [12, 24])
def test_against_mpmath(n):
    W, U = gaussian(n, n), orthogonal(n, dtype="float32")
    with mpmath.workdps(40):
        M, V = mpmath.matrix(W.tolist()), mpmath.matrix(U.astype(float).tolist())
        norm = max(mpmath.svd_r(M, compute_uv=False))
        E = V.T * V - mpmath.eye(n)
        defect = max(abs(x) for x in mpmath.eigsy(E, eigvals_only=True))
        absolute = max(mpmath.svd_r(mpmath.matrix(np.abs(W).tolist()), compute_uv=False))
        pairs = [("spectral", W, norm), ("defect", U, defect), ("absolute", W, absolute)]
        for source in SOURCES:
            for method, A, exact in pairs:
                bound = getattr(source, method)(A)
                value = mpmath.mpf(bound.numerator) / bound.denominator
                assert exact <= value <= exact * (1 + mpmath.mpf(1e-6)), (source.name, method)
    ball = SOURCES[0]
    for found, exact in ((ball.enclose_spectral(W), norm), (ball.enclose_defect(U), defect)):
        assert float(found.lower) <= exact * (1 + 1e-15)
        assert float(found.lower) >= exact * 0.999


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 4), st.integers(1, 4)),
        elements=st.one_of(
            st.floats(-2, 2), st.floats(-1e140, 1e140), st.sampled_from([0.0, 5e-324, -1e-310, 1.0])
        ),
    )
)
@settings(max_examples=150)
def test_the_two_sources_agree(A):
    ball, fast = SOURCES
    enclosed = ball.enclose_spectral(A)
    # Relative to the largest entry squared underflow is visible; nothing else separates the two.
    largest = Q(float(np.abs(A).max()))
    assert enclosed.lower <= fast.spectral(A)
    assert fast.spectral(A) <= enclosed.upper * (1 + Q(1, 10**8)) + largest / 10**120
    assert ball.absolute(A) * (1 - Q(1, 10**9)) <= fast.absolute(A) * (1 + Q(1, 10**6))
    assert fast.largest_row(A) <= fast.spectral(A) * (1 + Q(1, 10**9))


@pytest.mark.parametrize("n", [100, 520])
def test_larger_matrices(n):
    """Above 512 the eigenvalue estimate comes from Lanczos, and the defect from coarser norms."""
    U, W = orthogonal(n), gaussian(n, n)
    W *= 0.9 / np.linalg.norm(W, 2)
    fast = NumpyNorms()
    assert 0.9 * (1 - 1e-14) < float(fast.spectral(W)) < 0.9 * (1 + 1e-6)
    assert float(fast.defect(U)) < 1e-15 * n
    part = BallNorms().enclose_defect(U[:, :40])
    assert part.lower <= fast.defect(U)
    assert part.lower <= fast.defect(U[:, :40]) <= part.upper * Q(1001, 1000)


def test_a_perturbed_matrix_has_another_defect():
    U = orthogonal(20)
    small = max(source.defect(U) for source in SOURCES)
    U[3, 4] += 1e-9
    for source in SOURCES:
        assert source.defect(U) > 1e4 * small


def test_reduced_precision_in_the_blas_is_noticed():
    """The product that must be exact is tried in integers."""
    U1 = fast_norms._rounded(orthogonal(30), 26)
    fast_norms._require_exact(U1, U1.T @ U1, 26)
    for wrong in (
        (U1.astype(np.float32).T @ U1.astype(np.float32)).astype(np.float64),
        U1.T @ U1 + 2.0**-52 * (np.arange(30) == 7),
        np.zeros((30, 30)),
    ):
        with pytest.raises(UndecidedError, match="BLAS"):
            fast_norms._require_exact(U1, wrong, 26)


def test_the_leading_product_is_exact():
    """Every entry of U1^T U1 by Fractions, for columns that fill all 53 bits."""
    U1 = fast_norms._rounded(orthogonal(9, seed=3), 26)
    columns = [[Q(x) for x in column] for column in U1.T.tolist()]
    product = (U1.T @ U1).tolist()
    for a, row in zip(columns, product, strict=True):
        for b, entry in zip(columns, row, strict=True):
            assert sum(x * y for x, y in zip(a, b, strict=True)) == Q(entry)


def test_a_matrix_that_is_too_large_for_the_splitting():
    assert fast_norms._rounded(np.full((3, 3), 1e6), 26) is None
    bound = NumpyNorms().defect(np.full((3, 3), 1e9))
    assert Q(9 * 10**18 - 1) <= bound <= Q(9 * 10**18 + 10**13)


def test_distance_to_an_exact_orthogonal_matrix():
    W = RationalMatrix.parse(np.array([[0.5, 0.25], [-0.125, 0.5]]), "W")
    U = dilate(W).U
    stored = U.to_numpy()
    ball = BallNorms()
    with mpmath.workdps(50):
        roots = [
            [mpmath.sqrt(mpmath.mpf(v.numerator) / v.denominator) for v in scale]
            for scale in (U.alpha, U.beta)
        ]
        R = U.R.to_fractions()
        exact = mpmath.matrix(
            [
                [
                    roots[0][i] * R[i][j].numerator / R[i][j].denominator * roots[1][j]
                    for j in range(4)
                ]
                for i in range(4)
            ]
        )
        for matrix in (stored, stored.astype(np.float32), stored + 1e-3 * np.eye(4)):
            gap = mpmath.matrix(matrix.astype(float).tolist()) - exact
            distance = max(mpmath.svd_r(gap, compute_uv=False))
            bound = ball.distance(matrix, U)
            value = mpmath.mpf(bound.numerator) / bound.denominator
            assert distance <= value <= distance * (1 + mpmath.mpf(1e-6))


def test_refusals():
    too_large = RationalMatrix.from_fractions([[Q(10**400)]])
    with pytest.raises(UndecidedError, match="range of float64"):
        NumpyNorms().spectral(too_large)
    assert BallNorms().spectral(too_large) >= 10**400
    with pytest.raises(InputError, match="'auto', 'ball' or 'numpy'"):
        norm_source("interval", 4)
    for dtype in ("float16", "int64", "complex64", "no such"):
        with pytest.raises(InputError, match="'float64' or 'float32'"):
            format_of(dtype)


def test_constants_of_the_formats():
    for arithmetic in (FLOAT64, FLOAT32):
        one = np.dtype(arithmetic.name).type(1)
        u = one.dtype.type(float(arithmetic.unit))
        assert one + u == one  # ties to even
        assert one + 2 * u > one
        assert one - u < one
        assert float(arithmetic.smallest) == float(np.finfo(arithmetic.name).tiny)
    assert gamma(3) == Q(3, 2**53 - 3)
    with pytest.raises(UndecidedError, match="no useful bound"):
        gamma(2**23, FLOAT32)


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=40), st.randoms())
@settings(max_examples=100)
def test_gamma_bounds_sums_in_any_order(values, random):
    """Products and sums in float32, in a random tree of additions."""
    other = [np.float32(random.uniform(-1, 1)) for _ in values]
    terms = [np.float32(a) * b for a, b in zip(values, other, strict=True)]
    exact = sum(Q(float(a)) * Q(float(b)) for a, b in zip(values, other, strict=True))
    size = sum(abs(Q(float(a)) * Q(float(b))) for a, b in zip(values, other, strict=True))
    while len(terms) > 1:
        i, j = sorted(random.sample(range(len(terms)), 2))
        terms[i] = terms[i] + terms.pop(j)
    underflow = len(values) * FLOAT32.smallest
    assert abs(Q(float(terms[0])) - exact) <= gamma(len(values), FLOAT32) * size + underflow


def test_no_bound_is_computed_where_subnormal_numbers_are_flushed():
    pytest.importorskip("torch", reason="extra torch")
    code = """
import torch
from urnn_proofs import RNN, UndecidedError, equivalent_urnn

net = RNN([[0.5]], [[1]], [0], [[1]])
assert equivalent_urnn(net, 1, dtype="float32").report.verdict.name == "PROVED"
assert torch.set_flush_denormal(True)
try:
    equivalent_urnn(net, 1, dtype="float32")
except UndecidedError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert "flushes subnormal numbers to zero" in done.stdout
