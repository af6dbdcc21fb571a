"""Exact verification against its peers and against its own unavoidable integer products."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import fmpz_mat
from sympy import QQ, BlockMatrix, Matrix, Rational, diag, eye
from sympy.polys.matrices import DomainMatrix

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.dilation import check_dilation, defects
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.guesses.elimination import _halve, eliminate
from urnn_proofs.guesses.modular_elimination import eliminate_modular
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict


def float_weights(n: int, seed: int = 0) -> RationalMatrix:
    """Generic float64 weights with norm 0.9."""
    W = np.random.default_rng(seed).standard_normal((n, n))
    return RationalMatrix.parse(W * (0.9 / np.linalg.norm(W, 2)), "W")


def pipeline(W: RationalMatrix) -> None:
    """Contractivity, dilation, and the check of orthogonality."""
    certify_contractive(W)
    found = dilate(W)
    assert check_dilation(W, found.U, found).verdict is Verdict.PROVED


def with_domain_matrix(W: RationalMatrix) -> None:
    """The same construction and identity in SymPy's DomainMatrix over QQ."""
    n = W.shape[0]
    rows = [[QQ(x.numerator, x.denominator) for x in row] for row in W.to_fractions()]
    M = DomainMatrix(rows, (n, n), QQ).to_sparse().to_dense()
    eye = DomainMatrix.eye(n, QQ).to_dense()
    L, upper, _ = (eye - M.transpose() * M).lu()
    L2, upper2, _ = (eye - M * M.transpose()).lu()
    D = [upper[i, i].element for i in range(n)]
    D2 = [upper2[i, i].element for i in range(n)]
    right = L2 * DomainMatrix.diag(D2, QQ).to_dense()
    corner = -(L.transpose() * M.transpose() * L2.inv().transpose())
    R = M.hstack(right).vstack(L.transpose().hstack(corner))
    alpha = DomainMatrix.diag([QQ(1)] * n + D, QQ).to_dense()
    target = DomainMatrix.diag([QQ(1)] * n + D2, QQ).to_dense()
    assert R.transpose() * alpha * R == target


def with_sympy_matrix(W: RationalMatrix) -> None:
    """The same with sympy.Matrix: LDL^T in exact Rationals, the identity expanded."""
    n = W.shape[0]
    M = Matrix(n, n, lambda i, j: Rational(W[i, j].numerator, W[i, j].denominator))
    L, D = (eye(n) - M.T * M).LDLdecomposition()
    L2, D2 = (eye(n) - M * M.T).LDLdecomposition()
    corner = -(L.T * M.T * L2.inv().T)
    R = Matrix(BlockMatrix([[M, L2 * D2], [L.T, corner]]))
    assert R.T * diag(eye(n), D) * R == diag(eye(n), D2)


def with_mpmath(W: RationalMatrix, digits: int = 50) -> None:
    """What floating point of high precision does: no proof, a small residual."""
    n = W.shape[0]
    with mpmath.workdps(digits):
        M = mpmath.matrix([[mpmath.mpf(x.numerator) / x.denominator for x in r] for r in rows(W)])
        S = mpmath.cholesky(mpmath.eye(n) - M.T * M)  # W3 = S^T
        T = mpmath.cholesky(mpmath.eye(n) - M * M.T)  # W2 = T
        corner = -(S.T * M.T * mpmath.inverse(T).T)
        U = mpmath.matrix(2 * n)
        for i in range(n):
            for j in range(n):
                U[i, j], U[i, n + j] = M[i, j], T[i, j]
                U[n + i, j], U[n + i, n + j] = S[j, i], corner[i, j]
        assert mpmath.mnorm(U.T * U - mpmath.eye(2 * n), "f") < mpmath.mpf(10) ** (5 - digits)


def rows(W: RationalMatrix) -> list[list[Fraction]]:
    return W.to_fractions()


@pytest.mark.parametrize("n", [4, 8])
def test_a_pipeline_against_sympy_matrix(n, side_by_side, benchmark):
    W = float_weights(n)
    benchmark.pedantic(pipeline, (W,), rounds=3)
    side_by_side(
        "(a) sympy.Matrix / our pipeline",
        f"n = {n}",
        lambda: with_sympy_matrix(W),
        lambda: pipeline(W),
        rounds=2,
    )


@pytest.mark.parametrize("n", [16, 32, 64])
def test_a_pipeline_against_mpmath(n, side_by_side, benchmark):
    W = float_weights(n)
    benchmark.pedantic(pipeline, (W,), rounds=3)
    side_by_side(
        "(a) mpmath, 50 digits, proves nothing / our pipeline",
        f"n = {n}",
        lambda: with_mpmath(W),
        lambda: pipeline(W),
        rounds=1 if n == 64 else 2,
    )


@pytest.mark.parametrize("n", [8, 16, 32])
def test_a_pipeline_against_domain_matrix(n, side_by_side, benchmark):
    W = float_weights(n)
    benchmark.pedantic(pipeline, (W,), rounds=3)
    ratio = side_by_side(
        "(a) DomainMatrix over QQ / our pipeline",
        f"n = {n}",
        lambda: with_domain_matrix(W),
        lambda: pipeline(W),
        rounds=1 if n == 32 else 3,
    )
    benchmark.extra_info["times faster"] = ratio


@pytest.mark.parametrize("n", [64, 128])
def test_b_pipeline_against_its_own_check_products(n, side_by_side, benchmark):
    W = float_weights(n)
    A, B = defects(W)
    Y, Y_left = eliminate(A).Y, eliminate(B).Y
    benchmark.pedantic(pipeline, (W,), rounds=1)
    ratio = side_by_side(
        "(b) our pipeline / the products Y A and Y' B",
        f"n = {n}",
        lambda: pipeline(W),
        lambda: (Y * A, Y_left * B),
        goal="<= 10",
        rounds=3 if n == 64 else 2,
    )
    benchmark.extra_info["multiple"] = ratio


@pytest.mark.parametrize("n", [128, 256, 512, 1024])
def test_c_contractivity_against_the_gram_product(n, side_by_side, benchmark):
    W = float_weights(n)
    N = W.numerators
    benchmark.pedantic(certify_contractive, (W,), rounds=2)
    ratio = side_by_side(
        "(c) contractivity certificate / integer Gram product",
        f"n = {n}",
        lambda: certify_contractive(W),
        lambda: N.transpose() * N,
        goal="<= 5",
    )
    benchmark.extra_info["multiple"] = ratio


_MEMORY = """
from bench_exact import certify_contractive, float_weights, pipeline
W = float_weights({n})
{work}
# ru_maxrss would count the parent's pages from before exec; VmHWM is this program's own.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) / 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    ("work", "n", "goal"),
    [
        ("pipeline(W)", 128, "< 300"),
        ("pipeline(W)", 192, ""),
        ("certify_contractive(W)", 1024, ""),
        ("certify_contractive(W)", 2048, ""),
    ],
)
def test_d_peak_memory(work, n, goal, side_by_side, request, benchmark):
    """Peak resident memory of a fresh process that does the work once, imports included, in MB."""

    def run():
        return subprocess.run(
            [sys.executable, "-c", _MEMORY.format(n=n, work=work)],
            cwd=request.path.parent,
            capture_output=True,
            text=True,
            check=True,
        )

    done = benchmark.pedantic(run, rounds=1)
    name = work.split("(")[0].replace("certify_contractive", "contractivity certificate")
    side_by_side.record(f"(d) peak memory, {name}, MB", f"n = {n}", float(done.stdout), goal)


def test_elimination_by_halves_against_row_by_row(side_by_side, benchmark):
    """FLINT's fraction-free elimination of [A | I] is the row-by-row peer."""
    n = 64  # smaller than what is eliminated modulo primes
    A, _ = defects(float_weights(n))
    joined = fmpz_mat(
        n, 2 * n, [x for i, row in enumerate(A.tolist()) for x in row + [i == j for j in range(n)]]
    )
    benchmark.pedantic(eliminate, (A,), rounds=3)
    side_by_side(
        "(e) FLINT row-by-row elimination / our halving",
        f"n = {n}",
        joined.fflu,
        lambda: eliminate(A),
    )


@pytest.mark.parametrize("n", [96, 128])
def test_elimination_without_fractions_against_residues(n, side_by_side, benchmark):
    A, _ = defects(float_weights(n))
    benchmark.pedantic(eliminate_modular, (A,), rounds=1)
    side_by_side(
        "(e) elimination without fractions / modulo primes",
        f"n = {n}",
        lambda: _halve(A, 1, with_inverse=False),
        lambda: eliminate_modular(A),
        rounds=2,
    )


@pytest.mark.parametrize("n", [64, 128])
def test_expanding_the_lower_right_block(n, side_by_side, benchmark):
    """What keeping the block as a product saves: writing it out, once, without a check."""
    W = float_weights(n)
    U = dilate(W).U

    def written_out() -> RationalMatrix:
        return Orthogonal.from_blocks(*U.blocks, U.alpha, U.beta).R

    benchmark.pedantic(written_out, rounds=1)
    side_by_side(
        "(s) writing out the lower right block / our pipeline",
        f"n = {n}",
        written_out,
        lambda: pipeline(W),
        rounds=2 if n == 64 else 1,
    )


@pytest.mark.parametrize("n", [1024, 2048])
def test_contractivity_of_large_networks(n, side_by_side, benchmark):
    """Entries rounded to 26 bits against the exact Gram product of all their bits."""
    W = float_weights(n)
    benchmark.pedantic(certify_contractive, (W,), rounds=1)
    name = "(c) contractivity certificate, seconds"
    side_by_side.record(name, f"n = {n}", benchmark.stats.stats.min)
