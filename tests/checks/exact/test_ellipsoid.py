"""Ellipsoids that hold all states of a ReLU network: what is accepted bounds every exact run."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import signature
from tables import BELOW, MATRICES, names

import urnn_proofs
from urnn_proofs import RNN, Verdict, check, equivalent_urnn
from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.ellipsoid import Ellipsoid, ellipsoid_facts
from urnn_proofs.checks.exact.norms import is_semidefinite
from urnn_proofs.checks.exact.state_bound import BoundRule, rule_holds
from urnn_proofs.guesses.ellipsoid import find_ellipsoid
from urnn_proofs.guesses.state_bound import find_state_bound, norm_bound
from urnn_proofs.model.rational import RationalMatrix

DIGITS = Path(urnn_proofs.__file__).parent.parent / "examples" / "digits_rnn.npz"
quarters = st.fractions(min_value=-1, max_value=1, max_denominator=4)


def spiral(h_init=(0, 0)):
    """Turns by a quarter: at most one entry of a state grows at a time."""
    return RNN([[0, Q(-9, 10)], [Q(9, 10), 0]], [[1], [0]], [0, 0], [[1, 1]], h_init)


def random_net(n, seed, m=2, **parts):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    W *= 0.9 / np.linalg.norm(W, 2)
    F, b = rng.standard_normal((n, m)) / np.sqrt(n), 0.1 * rng.standard_normal(n)
    return RNN(W, F, b, np.ones((1, n)), **parts)


def largest_seen(net, M, steps=150):
    """The largest norm of a state under constant, random and greedy inputs, in float64."""
    rng, (W, F) = np.random.default_rng(0), (net.W.to_numpy(), net.F.to_numpy())
    b = net.b.to_numpy()[:, 0]
    constant = rng.standard_normal((900, net.inputs))
    h, largest = np.tile(net.h_init.to_numpy()[:, 0], (900, 1)), 0.0
    for _ in range(steps):
        x = constant.copy()
        x[300:] = rng.standard_normal((600, net.inputs))
        z = h[600:] @ W.T + b
        x[600:] = np.maximum(z + x[600:] @ F.T, 0) @ F + 1e-9  # along the gradient of ||h||
        x *= M / np.linalg.norm(x, axis=1)[:, None]
        h = np.maximum(h @ W.T + x @ F.T + b, 0)
        largest = max(largest, float(np.linalg.norm(h, axis=1).max()))
    return largest


# -- what is found ----------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 4, 8, 16, 32])
def test_random_networks_come_within_twice_what_is_seen(n):
    net = random_net(n, n)
    bound = find_state_bound(net, Q(3), certify_contractive(net.W))
    assert bound.rule is BoundRule.ELLIPSOID
    assert rule_holds(net, bound)[0]
    seen = largest_seen(net, 3)
    assert seen <= bound.H <= 2 * seen


def test_the_digits_network_comes_within_twice_what_is_seen():
    net = urnn_proofs.load(DIGITS).layers[0]
    bound = find_state_bound(net, Q(3), certify_contractive(net.W))
    seen = largest_seen(net, 3)
    assert seen <= bound.H <= 2 * seen
    assert norm_bound(net, Q(3), certify_contractive(net.W)).H > 1000


@given(
    st.lists(quarters, min_size=4, max_size=4),
    st.lists(quarters, min_size=6, max_size=6),
    st.lists(st.tuples(quarters, quarters), min_size=1, max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_no_exact_run_leaves_the_ellipsoid(w, rest, x):
    """W is halved or less so that it is contractive; ||x|| <= sqrt(2) < 3/2."""
    W = [[v / 3 for v in w[:2]], [v / 3 for v in w[2:]]]
    start = [abs(v) for v in rest[4:]]
    net = RNN(W, [rest[:2], rest[1:3]], rest[2:4], [[1, 0], [0, 1]], start)
    found = find_ellipsoid(net, Q(3, 2), None)
    if found is None:  # nothing drives it
        return
    H, e = found
    assert all(ellipsoid_facts(net, Q(3, 2), H, e).values())
    P = e.P.to_fractions()
    for h in [start, *net.run_exact([list(v) for v in x])]:
        assert sum(h[i] * P[i][j] * h[j] for i in (0, 1) for j in (0, 1)) <= H**2
        assert sum(v * v for v in h) <= H**2


@pytest.mark.parametrize("name", names(BELOW))
def test_every_contractive_example_keeps_to_its_bound(name):
    W = MATRICES[name][0]
    n = len(W)
    eye = [[int(i == j) for j in range(n)] for i in range(n)]
    net = RNN(W, eye, [Q(1, 3)] * n, eye)
    bound = find_state_bound(net, Q(1), certify_contractive(net.W))
    assert rule_holds(net, bound)[0]
    assert bound.H <= norm_bound(net, Q(1), certify_contractive(net.W)).H
    x = [[Q(j == k % n) for j in range(n)] for k in range(6)]
    for h in net.run_exact(x):
        assert sum(v * v for v in h) <= bound.H**2


def test_a_network_that_only_a_scaling_contracts_is_bounded():
    wide = RNN([[Q(9, 10), 5], [0, Q(9, 10)]], [[1], [2]], [Q(1, 3), 0], [[1, -1]], [1, 2])
    bound = find_state_bound(wide, Q(1))
    assert bound.rule is BoundRule.ELLIPSOID
    assert rule_holds(wide, bound)[0]
    assert largest_seen(wide, 1) <= bound.H


@pytest.mark.parametrize(
    "changes",
    [
        {"h_init": [-1, 0]},  # V >= W uses that states are not negative
        {"h_init": [50, 0]},  # nothing to gain: ||h_init|| itself is the largest
        {"activation": "leaky_relu"},
        {"F": [[0], [0]]},
    ],
)
def test_other_rules_where_it_does_not_apply_or_gains_nothing(changes):
    net = spiral().replace(**changes)
    bound = find_state_bound(net, Q(1), certify_contractive(net.W))
    assert bound.rule is BoundRule.NORM


def test_a_given_bound_is_proved_by_the_cheapest_rule():
    net = spiral()
    norm = certify_contractive(net.W)
    assert find_state_bound(net, Q(1), norm, Q(10)).rule is BoundRule.NORM
    assert find_state_bound(net, Q(1), norm, Q(2)).rule is BoundRule.ELLIPSOID
    assert find_state_bound(net, Q(1), norm, Q(5, 4)).rule is BoundRule.SUPPLIED


def test_the_kernel_reads_it():
    found = equivalent_urnn(random_net(6, 1), 1)
    assert found.bound.rule is BoundRule.ELLIPSOID
    assert found.report.verdict is Verdict.PROVED
    assert check(found.certificate) is Verdict.PROVED
    assert set(found.certificate.evidence["bound"]) == {"P", "V", "t", "H", "a", "lambda"}


# -- what is refused --------------------------------------------------------------------------


def tight():
    """By hand, as in the tests of the kernel: both units without any slack."""
    net = RNN([[0, Q(1, 2)], [Q(3, 5), 0]], [[1, 0], [0, 1]], [Q(1, 2), 0], [[1, 1]], [Q(1, 4), 0])
    one, V = RationalMatrix.identity(2), RationalMatrix.parse([[0, Q(1, 2)], [Q(3, 4), 0]], "V")
    return net, Q(22, 5), Ellipsoid(one, V, (Q(1), Q(1)), Q(11, 16), Q(11, 2))


TINY = Q(1, 10**9)


def matrix(*rows):
    return RationalMatrix.parse([list(row) for row in rows], "P")


def test_a_tight_one_holds():
    net, H, e = tight()
    assert all(ellipsoid_facts(net, Q(1), H, e).values())


@pytest.mark.parametrize(
    "change",
    [
        {"P": matrix([1 - TINY, 0], [0, 1])},
        {"P": matrix([1, 0], [0, 1 + TINY])},
        {"P": matrix([1, TINY], [TINY, 1])},
        {"P": matrix([1, TINY], [0, 1])},
        {"P": matrix([1])},
        {"V": matrix([0, Q(1, 2) - TINY], [Q(3, 4), 0])},
        {"V": matrix([0, Q(1, 2)], [Q(3, 4) + TINY, 0])},
        {"V": matrix([Q(3, 4), 0], [0, Q(1, 2)])},
        {"t": (Q(1) + TINY, Q(1))},
        {"t": (Q(1), Q(-1))},
        {"t": (Q(1),)},
        {"a": Q(11, 16) - TINY},
        {"a": Q(11, 16) + TINY},
        {"a": Q(-11, 16)},
        {"lam": Q(11, 2) - TINY},
        {"lam": Q(11, 2) + TINY},
        {"lam": Q(0)},
        {"lam": Q(-11, 2)},
    ],
)
def test_changed_evidence_is_refused(change):
    net, H, e = tight()
    assert not all(ellipsoid_facts(net, Q(1), H, dataclasses.replace(e, **change)).values())


@pytest.mark.parametrize(
    "change",
    [
        {"b": [Q(1, 2) + TINY, 0]},
        {"F": [[1, TINY], [0, 1]]},
        {"W": [[0, Q(1, 2) + TINY], [Q(3, 5), 0]]},
        {"W": [[0, Q(3, 5)], [Q(1, 2), 0]]},
        {"h_init": [Q(-1, 4), 0]},
        {"h_init": [Q(22, 5) + TINY, 0]},
        {"activation": "leaky_relu"},
    ],
)
def test_another_network_is_refused(change):
    net, H, e = tight()
    assert not all(ellipsoid_facts(net.replace(**change), Q(1), H, e).values())


def test_a_smaller_bound_or_larger_inputs_are_refused():
    net, H, e = tight()
    assert not all(ellipsoid_facts(net, Q(1), H - TINY, e).values())
    assert not all(ellipsoid_facts(net, Q(1) + TINY, H, e).values())


def test_the_square_of_a_negative_bound_bounds_nothing():
    net, H, e = tight()
    assert not all(ellipsoid_facts(net, Q(1), -H, e).values())
    assert not all(ellipsoid_facts(net, Q(-1), H, e).values())


def test_a_bound_with_parts_of_two_rules_is_refused():
    net = spiral()
    bound = find_state_bound(net, Q(1), certify_contractive(net.W))
    assert rule_holds(net, bound)[0]
    for change in (
        {"ellipsoid": None},
        {"scaling": (Q(1), Q(1))},
        {"rule": BoundRule.NORM},
        {"rule": BoundRule.SIGN},
        {"input_bound": Q(-1)},
        {"rho": bound.rho * Q(99, 100)},
        {"F_norm": bound.F_norm * Q(99, 100)},
        {"b_norm": Q(-1)},
        {"H": -bound.H},
        {"H": bound.H * Q(99, 100)},
    ):
        assert not rule_holds(net, dataclasses.replace(bound, **change))[0], change


@given(st.lists(quarters, min_size=6, max_size=6), st.integers(-40, 40))
@settings(max_examples=100)
def test_semidefinite_forms_are_told_from_others(x, power):
    """Against the signature in plain Fractions, with entries of very different sizes."""
    s = Q(2) ** power
    A = [[x[0], x[1] * s, x[2]], [x[1] * s, x[3] * s * s, x[4] * s], [x[2], x[4] * s, x[5]]]
    assert (is_semidefinite(RationalMatrix.from_fractions(A)) is not None) == (signature(A)[2] == 0)
