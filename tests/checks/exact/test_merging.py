"""Units that are left out or put together: found, and only where no output changes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest

from urnn_proofs import RNN, RationalMatrix
from urnn_proofs.checks.exact.merging import SILENT, UNSEEN, Merging, merged
from urnn_proofs.guesses.merging import find_merging


def blown_up(rng, phi, signs):
    """A network with n units, and one with copies, unseen and silent units, shuffled."""
    n, m = 2, 2
    zero = RationalMatrix.zeros
    W, F, b, C, h = (
        rng.integers(-3, 4, shape) for shape in ((n, n), (n, m), (n, 1), (1, n), (n, 1))
    )
    F[0, 0], F[1, 0], C[:] = 5, 7, 2
    small = RNN(W, F, b[:, 0], C, h[:, 0], activation=phi)
    kinds = [0, 1, 0, UNSEEN, 1, SILENT if phi != "logistic" else 1]
    turn = [1, 1, -1 if signs else 1, 1, 1, 1]
    size = len(kinds)
    big = {k: np.zeros(M.shape, object) for k, M in (
        ("W", zero(size, size)), ("F", zero(size, m)), ("b", zero(size, 1)), ("h", zero(size, 1)),
        ("C", zero(1, size)))}  # fmt: skip
    for i, c in enumerate(kinds):
        if c == UNSEEN:
            big["W"][i], big["F"][i] = rng.integers(-3, 4, size), rng.integers(-3, 4, m)
        if c < 0:
            continue
        for part, M in (("F", F), ("b", b), ("h", h)):
            big[part][i] = turn[i] * M[c]
        for d in range(n):
            to = [j for j in range(size) if kinds[j] == d]
            shares = [Q(int(v), 3) for v in rng.integers(-3, 4, len(to))]
            shares[0] += int(W[c, d]) - sum(shares)
            for j, share in zip(to, shares, strict=True):
                big["W"][i, j] = turn[i] * turn[j] * share
    for i, c in enumerate(kinds):
        if c == SILENT:  # it reads other silent units alone, and is read
            big["W"][i, i], big["C"][0, i] = Q(1, 2), 3
        elif c >= 0:
            share = Q(int(C[0, c]), kinds.count(c))
            big["C"][0, i] = turn[i] * share
    order = rng.permutation(size)
    large = RNN(
        big["W"][np.ix_(order, order)].tolist(),
        big["F"][order].tolist(),
        big["b"][order, 0].tolist(),
        big["C"][:, order].tolist(),
        big["h"][order, 0].tolist(),
        activation=phi,
    )
    return small, large


@pytest.mark.parametrize("phi", ["tanh", "logistic", "relu"])
@pytest.mark.parametrize("seed", range(8))
def test_copies_are_found_and_outputs_stay(seed, phi):
    rng = np.random.default_rng(seed)
    small, large = blown_up(rng, phi, signs=phi == "tanh")
    found = find_merging(large)
    assert found is not None
    assert found.states == small.states
    less = merged(large, found)
    x = rng.normal(size=(6, 2))
    np.testing.assert_allclose(less.run(x), large.run(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(less.run(x), small.run(x), rtol=1e-9, atol=1e-9)
    assert find_merging(less) is None  # nothing more can be done


@pytest.mark.parametrize("phi", ["tanh", "logistic", "relu"])
@pytest.mark.parametrize("part", ["W", "F", "b", "C", "h_init"])
def test_a_changed_weight_is_another_network(phi, part):
    """One entry moved: the same merging holds only if exact runs agree."""
    rng = np.random.default_rng(1)
    _, large = blown_up(rng, phi, signs=phi == "tanh")
    found = find_merging(large)
    matrix, refused = getattr(large, part), 0
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            entries = matrix.to_fractions()
            entries[i][j] += 1
            changed = large.replace(**{part: RationalMatrix.from_fractions(entries)})
            less = merged(changed, found)
            refused += less is None
            if less is None:
                continue
            x = rng.normal(size=(5, 2)) / 8
            np.testing.assert_allclose(less.run(x), changed.run(x), rtol=1e-6, atol=1e-9)
    assert refused


def test_forged_mergings_are_refused():
    twins = RNN([[Q(1, 2), 0], [0, Q(1, 2)]], [[1], [1]], [0, 0], [[1, 1]], activation="tanh")
    held = Merging((0, 0), (1, 1))
    assert merged(twins, held).states == 1
    opposite = twins.replace(F=[[1], [-1]])
    assert merged(opposite, Merging((0, 0), (1, -1))) is not None
    refused = {
        "another length": (twins, Merging((0,), (1,))),
        "no unit at a place": (twins, Merging((0, 2), (1, 1))),
        "a sign of 2": (twins, Merging((0, 0), (1, 2))),
        "the first is turned": (opposite, Merging((0, 0), (-1, 1))),
        "not odd": (opposite.replace(activation="logistic"), Merging((0, 0), (1, -1))),
        "seen": (twins, Merging((0, UNSEEN), (1, 1))),
        "all seen": (twins, Merging((UNSEEN, UNSEEN), (1, 1))),
        "awake": (twins, Merging((SILENT, 0), (1, 1))),
        "all awake": (twins, Merging((SILENT, SILENT), (1, 1))),
        "awake at zero": (
            twins.replace(F=[[0], [0]], activation="logistic"),
            Merging((SILENT, SILENT), (1, 1)),
        ),
        "an initial state": (twins.replace(h_init=[0, 1]), held),
        "read by what is kept": (
            twins.replace(W=[[1, 1], [0, 1]], C=[[1, 0]]),
            Merging((0, UNSEEN), (1, 1)),
        ),
        "a place below": (twins, replace(held, place=(0, -3))),
    }
    for name, (network, merging) in refused.items():
        assert merged(network, merging) is None, name
