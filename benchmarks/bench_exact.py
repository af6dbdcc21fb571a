"""Exact verification against its peers and against its own unavoidable integer products."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from flint import fmpz_mat
from sympy import QQ
from sympy.polys.matrices import DomainMatrix

from urnn_proofs.exact.contractive import certify_contractive
from urnn_proofs.exact.dilation import defects, dilate
from urnn_proofs.exact.elimination import eliminate
from urnn_proofs.exact.orthogonality import check_dilation
from urnn_proofs.rational import RationalMatrix
from urnn_proofs.verdict import Verdict


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
from bench_exact import float_weights, pipeline
pipeline(float_weights({n}))
# ru_maxrss would count the parent's pages from before exec; VmHWM is this program's own.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) / 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_d_peak_memory(side_by_side, request):
    """Peak resident memory of a fresh process that runs the pipeline once, in MB."""
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY.format(n=128)],
        cwd=request.path.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    side_by_side.record(
        "(d) peak memory of the pipeline, MB", "n = 128", float(done.stdout), "< 500"
    )


def test_elimination_by_halves_against_row_by_row(side_by_side, benchmark):
    """FLINT's fraction-free elimination of [A | I] is the row-by-row peer."""
    n = 64
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
