"""Norms, spectral radii and distances: rational intervals that contain the true values."""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np
import pytest
from tables import MATRICES

from urnn_proofs import RationalMatrix
from urnn_proofs.checks.exact.nearby import norm_interval, orthogonal_distance
from urnn_proofs.checks.exact.spectral import (
    expanding_power,
    power_trace_exceeds_size,
    radius_bounds,
)


def matrix(rows):
    return RationalMatrix.parse(rows, "W")


@pytest.mark.parametrize("n", [1, 2, 5, 16])
@pytest.mark.parametrize("seed", range(4))
def test_intervals_contain_what_numpy_sees(n, seed):
    W = np.random.default_rng(seed).standard_normal((n, n))
    low, high = radius_bounds(matrix(W))
    radius = max(abs(np.linalg.eigvals(W)))
    assert low <= Q(radius) * Q(1 + 1e-9)
    assert high >= Q(radius) * Q(1 - 1e-9)
    assert low >= Q(radius) * Q("0.9")
    assert high <= Q(radius) * Q("1.05")
    low, high = norm_interval(matrix(W))
    norm = np.linalg.norm(W, 2)
    assert Q(norm) * Q(1 - 1e-6) <= low <= Q(norm) * Q(1 + 1e-12)
    assert Q(norm) * Q(1 - 1e-12) <= high <= Q(norm) * Q(1 + 1e-5)
    distance = max(abs(np.linalg.svd(W, compute_uv=False) - 1))
    assert orthogonal_distance(matrix(W)) >= Q(distance) * Q(1 - 1e-9)


def test_the_distance_is_tight_near_orthogonal_matrices():
    Qm, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((12, 12)))
    for size in (1e-3, 1e-6):
        found = orthogonal_distance(matrix(Qm * (1 + size)))
        assert size * 0.999 <= float(found) <= size * 1.01


@pytest.mark.parametrize("name", sorted(MATRICES))
def test_an_eigenvalue_above_1_is_never_seen_where_there_is_none(name):
    rows = MATRICES[name][0]
    exact = matrix(rows)
    floats = exact.to_numpy()
    if np.isfinite(floats).all() and max(abs(np.linalg.eigvals(floats))) < 1 + 1e-12:
        low, _ = radius_bounds(exact)
        grown = {"one plus ulp"}
        assert name in grown or low <= 1
        assert name in grown or expanding_power(exact) is None


def test_radius_one_is_not_above_one():
    """Eigenvalues on the unit circle, also with Jordan blocks, whose powers do grow."""
    for rows in (
        [[1]],
        [[-1]],
        [[0, 1], [-1, 0]],
        [[1, 5], [0, 1]],
        [[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]],
    ):
        W = matrix(rows)
        assert expanding_power(W) is None
        low, high = radius_bounds(W)
        assert low <= 1 <= high
        assert not any(power_trace_exceeds_size(W, k) for k in range(60))


def test_a_radius_a_little_above_one_is_seen():
    k = expanding_power(matrix([[Q(1001, 1000), 7], [0, Q(1, 2)]]))
    assert k is not None
    assert power_trace_exceeds_size(matrix([[Q(1001, 1000), 7], [0, Q(1, 2)]]), k)
    turn = matrix([[0, Q(-101, 100)], [Q(101, 100), 0]])  # odd traces are 0
    assert expanding_power(turn) is not None


def test_nilpotent_matrices_have_radius_zero():
    assert radius_bounds(matrix([[0, 10, 3], [0, 0, 8], [0, 0, 0]])) == (0, 0)
