from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from urnn_proofs import RNN, InputError, UnsupportedError
from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.state_bound import BoundRule, rule_holds
from urnn_proofs.guesses.state_bound import find_state_bound, norm_bound

small = st.fractions(min_value=-1, max_value=1, max_denominator=4)


def negative_net(**changes):
    parts = {"W": [[-1, 0], [0, -1]], "F": [[3], [4]], "b": [0, 0], "C": [[1, 1]]}
    return RNN(**{**parts, **changes})


def states(net, x):
    """All states of an exact run, read through C = I."""
    eye = [[int(i == j) for j in range(net.states)] for i in range(net.states)]
    whole = net.replace(C=eye)
    return [net.h_init.to_fractions(), *whole.run_exact(x)]


@given(
    st.lists(small, min_size=4, max_size=4),
    st.lists(small, min_size=2, max_size=2),
    st.lists(small, min_size=6, max_size=6),
    st.lists(small, min_size=1, max_size=6),
)
@settings(max_examples=150)
def test_no_state_ever_exceeds_the_bound(w, b, rest, x):
    """Exact runs with ||x|| <= M = 1; W is halved so that it is contractive."""
    W = [[w[0] / 3, w[1] / 3], [w[2] / 3, w[3] / 3]]
    net = RNN(W, [[rest[0]], [rest[1]]], b, [[1, 1]], rest[2:4])
    bound = find_state_bound(net, Q(1), certify_contractive(net.W))
    assert rule_holds(net, bound)[0]  # the sign or the ellipsoid rule, where one gives less
    for h in states(net, [[v] for v in x])[1:]:
        assert sum(v * v for v in h) <= bound.H**2


def test_norm_rule_by_hand():
    net = RNN([[Q(1, 2)]], [[3]], [Q(1, 2)], [[1]])
    assert find_state_bound(net, Q(1), certify_contractive(net.W)).H == 7  # (3 + 1/2) / (1 - 1/2)
    far = RNN([[Q(1, 2)]], [[3]], [Q(1, 2)], [[1]], [-9])
    assert find_state_bound(far, Q(1), certify_contractive(far.W)).H == 9


def test_sign_rule_by_hand():
    bound = find_state_bound(negative_net(), Q(2), None)
    assert bound.rule is BoundRule.SIGN
    assert 10 <= bound.H <= Q(10) + Q(1, 10**6)  # ||F|| M = 5 * 2
    assert rule_holds(negative_net(), bound)[0]


@pytest.mark.parametrize("seed", range(5))
def test_no_state_ever_exceeds_the_sign_rule(seed):
    net = negative_net()
    x = np.random.default_rng(seed).integers(-2, 3, size=(8, 1)).tolist()
    bound = find_state_bound(net, Q(2), None)
    for h in states(net, x)[1:]:
        assert sum(v * v for v in h) <= bound.H**2


@pytest.mark.parametrize(
    "changes",
    [
        {"W": [[-1, 0], [0, 1]]},
        {"h_init": [-1, 0]},
        {"activation": "tanh"},
        {"activation": "leaky_relu"},
    ],
)
def test_sign_rule_needs_its_hypotheses(changes):
    with pytest.raises(UnsupportedError, match="state_bound=H"):
        find_state_bound(negative_net(**changes), Q(1), None)


def test_dropping_the_sign_of_the_start_breaks_the_sign_rule():
    """W = -1 turns h_init = -1 into +1: the hypothesis h_init >= 0 is needed."""
    net = RNN([[-1]], [[0]], [Q(1)], [[1]], [-5])
    assert states(net, [[0]])[1] == [6]  # above f M + beta = 1 and above |h_init| = 5


def test_a_supplied_bound_is_assumed_unless_a_rule_gives_it():
    net = negative_net()
    assert find_state_bound(net, Q(2), None, Q(11)).rule is BoundRule.SIGN
    assert find_state_bound(net, Q(2), None, Q(9)).rule is BoundRule.SUPPLIED
    with pytest.raises(InputError, match="below the norm of h_init"):
        find_state_bound(negative_net(h_init=[3, 4]), Q(2), None, Q(4))


@pytest.mark.parametrize(
    ("field", "factor"),
    [("H", Q(9, 10)), ("rho", Q(9, 10)), ("F_norm", Q(9, 10)), ("b_norm", Q(9, 10))],
)
def test_lowered_bounds_are_refused(small_net, field, factor):
    bound = norm_bound(small_net, Q(1), certify_contractive(small_net.W))
    assert rule_holds(small_net, bound)[0]
    value = getattr(bound, field) * factor
    assert not rule_holds(small_net, dataclasses.replace(bound, **{field: value}))[0]


@pytest.mark.parametrize(
    "change",
    [{"rho": Q(1)}, {"rho": Q(3, 2)}, {"H": Q(-1)}, {"input_bound": Q(-1)}, {"input_bound": Q(2)}],
)
def test_absurd_bounds_are_refused(small_net, change):
    bound = norm_bound(small_net, Q(1), certify_contractive(small_net.W))
    assert not rule_holds(small_net, dataclasses.replace(bound, **change))[0]


def test_a_borrowed_rule_is_refused(small_net):
    bound = find_state_bound(small_net, Q(1), certify_contractive(small_net.W))
    assert not rule_holds(small_net, dataclasses.replace(bound, rule=BoundRule.SIGN))[0]
