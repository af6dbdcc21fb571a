"""Hypotheses of the theorems that count states: every one is needed, and none is believed."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import pytest
import sympy as sp

from urnn_proofs import RNN
from urnn_proofs.checks.exact.count_theorems import coq_theorem, count_bound_holds
from urnn_proofs.checks.exact.eigenspaces import eigenspace_at_least, is_reachable
from urnn_proofs.guesses.count_theorems import eigenspace_part, find_count_bounds
from urnn_proofs.model.rational import RationalMatrix


def eye(n):
    return [[int(i == j) for j in range(n)] for i in range(n)]


def network(W, **changes):
    n = len(W)
    return RNN(**{"W": W, "F": eye(n), "b": [0] * n, "C": eye(n), **changes})


def diagonal(*w):
    return [[w[i] * (i == j) for j in range(len(w))] for i in range(len(w))]


RATES = network(diagonal(Q(1, 5), Q(1, 2), Q(7, 10)))
SCALAR = network(diagonal(Q(1, 2), Q(1, 2)))


def bound_of(rnn, theorem):
    (found,) = [b for b in find_count_bounds(rnn, Q(1))[0] if b.theorem == theorem]
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"states": 7},
        {"input": (Q(1, 2), Q(0), Q(0))},  # not at the kinks
        {"input": (Q(0), Q(0))},
        {"scaling": (Q(1), Q(1))},
        {"scaling": (Q(1), Q(1), Q(0))},
        {"scaling": (Q(1), Q(1), Q(-1))},
        {"parts": (((0, 1), ()), ((2,), ()))},  # together they count 1
        {"parts": (((0,), ()), ((1,), ()))},
        {"parts": (((0,), ()), ((1,), ()), ((2,), ()), ((2,), ()))},
        {"parts": (((0, 0), (-1, 5)), ((1,), ()), ((2,), ()))},
        {"parts": (((0,), ()), ((1,), ()), ((3,), ()))},
        {"theorem": "n+mu"},
        {"theorem": "other"},
    ],
)
def test_theorem_2n_iff_diagonal_is_not_told_of_evidence_that_does_not_fit(changes):
    bound = bound_of(RATES, "2n-iff-diagonal")
    assert count_bound_holds(RATES, Q(1), bound)
    assert not count_bound_holds(RATES, Q(1), dataclasses.replace(bound, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"states": 5},
        {"input": (Q(1, 2), Q(0))},  # the second unit rests
        {"input": (Q(1, 2), Q(-1, 2))},  # and is off
        {"input": (Q(3, 5), Q(4, 5))},  # as long as M
        {"parts": (((0, 1), (-1, 3)),)},  # 1/3 is no eigenvalue
        {"parts": (((0, 1), (1, -4, 4)),)},  # (2 x - 1)^2 has a repeated root
        {"parts": (((0, 1), ()),)},
        {"parts": (((0,), ()), ((1,), ()))},
        {"theorem": "2n-iff-diagonal"},
    ],
)
def test_theorem_n_plus_mu_is_not_told_of_evidence_that_does_not_fit(changes):
    bound = bound_of(SCALAR, "n+mu")
    assert bound.states == 4
    assert count_bound_holds(SCALAR, Q(1), bound)
    assert not count_bound_holds(SCALAR, Q(1), dataclasses.replace(bound, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"W": diagonal(1, Q(1, 2))},
        {"W": diagonal(Q(-3, 2), Q(1, 2))},
        {"F": [[1, 1], [1, 1]]},
        {"C": [[1, 1], [1, 1]]},
        {"C": [[1, 0]]},
        {"b": [-3, -3]},
        {"activation": "hard_tanh"},
        {"activation": "tanh"},
        {"activation": "leaky_relu"},
    ],
)
def test_evidence_of_one_network_says_nothing_about_another(changes):
    other = SCALAR.replace(**changes)
    for theorem in ("n+mu", "2n-iff-diagonal"):
        assert not count_bound_holds(other, Q(1), bound_of(SCALAR, theorem))


def test_smaller_inputs_may_not_reach_the_fixed_point():
    for theorem in ("n+mu", "2n-iff-diagonal"):
        bound = bound_of(network(diagonal(Q(1, 2)), b=[Q(-1, 2)]), theorem)
        rnn = network(diagonal(Q(1, 2)), b=[Q(-1, 2)])
        assert count_bound_holds(rnn, Q(1), bound)
        assert not count_bound_holds(rnn, Q(1, 4), bound)
        assert not count_bound_holds(rnn, Q(0), bound)


MATRICES = {
    "scalar": diagonal(2, 2, 2),
    "two values": diagonal(2, 2, 3),
    "Jordan": [[2, 1, 0], [0, 2, 0], [0, 0, 2]],
    "nilpotent": [[0, 1, 0], [0, 0, 0], [0, 0, 0]],
    "rotation, twice": [[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]],
    "golden, twice": [[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 0]],
    "coupled golden": [[1, 1, 1, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 0]],
    "fractions": [[Q(1, 2), 0, Q(1, 3)], [0, Q(1, 2), 0], [0, 0, Q(1, 7)]],
    "companion": [[0, 0, Q(1, 8)], [1, 0, 0], [0, 1, 0]],
}


@pytest.mark.parametrize("name", MATRICES)
def test_the_largest_eigenspace_is_the_number_of_invariant_factors(name):
    """SymPy counts the dimensions over the algebraic numbers."""
    rows = MATRICES[name]
    W = RationalMatrix.from_fractions([[Q(x) for x in row] for row in rows])
    _, p = eigenspace_part(W, tuple(range(len(rows))))
    matrix = sp.Matrix([[sp.Rational(Q(x)) for x in row] for row in rows])
    spaces = [len(vectors) for _, _, vectors in matrix.eigenvects()]
    assert eigenspace_at_least(W, p) == max(spaces)


@pytest.mark.parametrize("p", [(), (1,), (0, 0, 1), (4, -4, 1), (5, 1), (-2, 1, 0, 0)])
def test_no_polynomial_claims_too_much(p):
    """For diag(2, 2, 3) only x - 2 shows two dimensions."""
    W = RationalMatrix.diagonal([2, 2, 3])
    assert eigenspace_at_least(W, p) == (2 if p[:2] == (-2, 1) else 1)
    # Both eigenvalues at once: three dimensions for two roots, so one of them has two.
    assert eigenspace_at_least(W, (6, -5, 1)) == 2


def test_reachability_is_decided_beyond_a_prime():
    """The last column is a multiple of the prime of the quick test, and not 0."""
    prime = 2**61 - 1
    W = RationalMatrix.parse([[0, 0], [prime, 0]], "W")
    first = RationalMatrix.column([1, 0])
    assert is_reachable(W, first) is True
    assert is_reachable(W, RationalMatrix.column([0, 1])) is False


# -- which bounds Coq's theorems cover ------------------------------------------------------------

TURN = [[Q(3, 10), Q(-2, 5)], [Q(2, 5), Q(3, 10)]]


def active(W, h):
    """The network whose fixed point without input is h."""
    n = len(W)
    return network(W, b=[h[i] - sum(W[i][j] * h[j] for j in range(n)) for i in range(n)])


def twice(W):
    n = len(W)
    zero = [0] * n
    return [[*row, *zero] for row in W] + [[*zero, *row] for row in W]


def stretched(W, factor):
    (a, b), (c, d) = W
    return [[a, b * factor], [c / factor, d]]


JORDAN = [[Q(1, 2), 9, 0], [0, Q(1, 3), 0], [0, 0, Q(1, 2)]]
BY_COQ = {  # name: (network, states, Coq's theorem)
    "real": (active(diagonal(Q(1, 2), Q(1, 2)), [5, 5]), 4, "theorem_A"),
    "norm above 1, real": (active(JORDAN, [1000, 10, 10]), 5, "theorem_A_scaled"),
    "complex": (active(twice(TURN), [5] * 4), 6, "theorem_A_complex"),
    "norm above 1, complex": (active(twice(stretched(TURN, 20)), [1000, 10] * 2), 6, None),
    "all eigenvalues simple": (active(diagonal(Q(1, 2), Q(1, 3)), [5, 5]), 3, "theorem_A_complex"),
}


@pytest.mark.parametrize("name", BY_COQ)
def test_coq_covers_every_eigenvalue_of_a_contraction_and_real_ones_after_a_scaling(name):
    rnn, states, theorem = BY_COQ[name]
    bound = bound_of(rnn, "n+mu")
    assert bound.states == states
    assert coq_theorem(rnn, Q(1), bound) == theorem


def test_coq_does_not_cover_the_theorem_on_kinks():
    assert coq_theorem(RATES, Q(1), bound_of(RATES, "2n-iff-diagonal")) is None


@pytest.mark.parametrize(
    ("changes", "theorem"),
    [
        ({}, "theorem_A_scaled"),
        ({"states": 6}, None),
        # 1/7 is no eigenvalue: n + 1 rests on an eigenvalue that may be complex.
        ({"parts": (((0, 1, 2), (-1, 7)),), "states": 4}, None),
        ({"parts": (((0, 1, 2), ()),), "states": 4}, None),
        ({"parts": (((0, 1, 2), (-1, 7)),), "states": 3}, "theorem_A_scaled"),
        ({"parts": (((0, 1, 2), (1, -5, 6)),), "states": 4}, None),  # two roots
        ({"scaling": (Q(1), Q(1), Q(1))}, None),
        ({"input": (Q(1), Q(0), Q(0))}, None),  # not shorter than M
        ({"input": (Q(0), Q(0), Q(-1))}, None),
    ],
)
def test_coq_is_not_told_of_evidence_that_does_not_fit(changes, theorem):
    rnn = BY_COQ["norm above 1, real"][0]
    bound = dataclasses.replace(bound_of(rnn, "n+mu"), **changes)
    assert coq_theorem(rnn, Q(1), bound) == theorem


@pytest.mark.parametrize(
    "changes",
    [
        {"F": [[1], [1], [1]]},  # not reachable
        {"C": [[1, 1, 1]]},  # not observable
        {"b": [-410, 0, 0]},
        {"activation": "hard_tanh"},
    ],
)
def test_coq_is_not_told_of_a_network_without_the_hypotheses(changes):
    given, *_ = BY_COQ["norm above 1, real"]
    bound = bound_of(given, "n+mu")
    b = [v for (v,) in given.b.to_fractions()]
    x = (Q(0),) * (len(changes["F"][0]) if "F" in changes else 3)
    bound = dataclasses.replace(bound, input=x)
    assert coq_theorem(network(JORDAN, b=b), Q(1), dataclasses.replace(bound, input=(Q(0),) * 3))
    assert coq_theorem(network(JORDAN, **{"b": b, **changes}), Q(1), bound) is None
