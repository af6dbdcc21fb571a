"""Certificates within epsilon: each rule by hand, and thousands of changed ones.

What the kernel still accepts is compared with ``within_oracle``, a second implementation with the
functions themselves, and with simulations with 60 digits.
"""

from __future__ import annotations

import copy
import json
import random
from fractions import Fraction as Q

import pytest
from kernel_subjects import edited, leaves, mutate, sealed
from within_oracle import contradicts, within_is_true

from urnn_proofs import RNN, StoredNetwork, Verdict, check, equivalent_urnn, kernel

SMALL = ([[0.5, -0.25], [0.125, 0.375]], [[1], [-0.5]], [0.25, 0.5], [[1, 2]], [1, 0])
NAMES = ("tanh", "logistic", "softplus", "elu", "selu", "gelu", "silu", "mish")


@pytest.fixture(scope="module")
def subjects():
    found = {
        name: equivalent_urnn(RNN(*SMALL, name), 1, epsilon=Q(1, 10**4)).certificate
        for name in NAMES
    }
    one = RNN([[Q(3, 5)]], [[1]], [0], [[1]], activation="tanh")
    found["one state"] = equivalent_urnn(one, 2, epsilon=Q(1, 1000)).certificate
    still = RNN([[0, 1], [-1, 0]], [[1], [0]], [0, 0], [[1, 1]], activation="logistic")
    found["no added unit"] = equivalent_urnn(still, 1, epsilon=Q(1, 10)).certificate
    below = RNN(*SMALL, "tanh").replace(C=[[1, 0], [0, 1]])
    above = RNN([[-0.5]], [[0.5, 0.25]], [0.25], [[2]], [0.5], activation="logistic")
    stack = equivalent_urnn(StoredNetwork.of(below, above), 1, epsilon=Q(1, 10**4)).certificate
    found["upper layer"] = type(stack)("within", stack.claim[1]["claim"], stack.evidence[1])
    return found


SUBJECTS = (*NAMES, "one state", "no added unit", "upper layer")


@pytest.mark.parametrize("name", SUBJECTS)
def test_valid_ones_are_accepted_and_both_oracles_agree(subjects, name):
    found = subjects[name]
    assert check(found) is Verdict.PROVED
    assert within_is_true(found.claim, found.evidence)
    assert not contradicts(found.claim)


def test_what_is_proved_is_said_in_full(subjects):
    said = kernel.check_text(subjects["tanh"].to_json()).statement
    assert said == (
        "the outputs of an RNN with 2 states (1 inputs, 1 outputs) and a URNN with 4 states, both "
        "with the activation tanh, differ by at most 1/10000 in norm for all k and all inputs with "
        "||x^k|| <= 1"
    )
    upper = subjects["upper layer"]
    M, eta = upper.claim["input_bound"], upper.claim["input_error"]
    assert eta != "0"
    said = kernel.check_text(upper.to_json()).statement
    assert said.endswith(
        f"all inputs with ||x^k|| <= {M}, ||x_u^k|| <= {M} and ||x_u^k - x^k|| <= {eta}"
    )


# -- mutants -----------------------------------------------------------------------------------

RANDOM = 120


@pytest.mark.parametrize("name", SUBJECTS)
def test_mutants_are_accepted_only_if_they_state_a_truth(subjects, name, capsys):
    """Every leaf with every change of a list, then random changes of several places."""
    original = subjects[name]
    rng = random.Random(name)
    tried = rejected = malformed = accepted = 0
    for data in (*systematic(original), *at_random(original, rng)):
        if (data["claim"], data["evidence"]) == (original.claim, original.evidence):
            continue
        tried += 1
        try:
            kernel.check_text(sealed(data))
        except kernel.Rejected:
            rejected += 1
        except kernel.Malformed:
            malformed += 1
        else:
            accepted += 1
            assert within_is_true(data["claim"], data["evidence"])
            assert not contradicts(data["claim"], tries=2)
    with capsys.disabled():
        print(
            f"\n  mutants of {name}: {tried} tried, {rejected} rejected, {malformed} malformed, "
            f"{accepted} accepted that both oracles confirm"
        )
    assert tried >= 250
    assert rejected > tried // 4


FACTORS = (0, -1, Q(1, 2), 2, 1 - Q(1, 10**12), 1 + Q(1, 10**12))


def systematic(original):
    """Change every number by every factor, every word to every other, every whole number by 1."""
    data = json.loads(original.to_json())
    paths = [p for part in ("claim", "evidence") for p in leaves(data[part], (part,))]
    for path in paths:
        value = at(data, path)
        if isinstance(value, list):
            continue
        if isinstance(value, int):
            others = [value - 1, value + 1, 0, value // 2]
        elif value in NAMES:
            others = [x for x in NAMES if x != value] + ["relu", "sin"]
        elif value in ("left", "right"):
            others = ["left", "right", "none"]
        else:
            others = [str(Q(value) * f) for f in FACTORS] + [str(Q(value) + 1)]
        for other in others:
            changed = copy.deepcopy(data)
            at(changed, path[:-1])[path[-1]] = other
            yield changed


def at(data, path):
    for key in path:
        data = data[key]
    return data


def at_random(original, rng):
    for _ in range(RANDOM):
        data = json.loads(original.to_json())
        for _ in range(rng.choice([1, 2, 3])):
            mutate(rng, data)
        yield data


def test_there_are_enough_mutants(subjects):
    counted = sum(len(list(systematic(c))) for c in subjects.values()) + RANDOM * len(SUBJECTS)
    assert counted >= 2000


# -- single lies -------------------------------------------------------------------------------


def scaled(*path, by):
    def change(data):
        parent = at(data, path[:-1])
        parent[path[-1]] = str(Q(parent[path[-1]]) * by)

    return change


def replaced(*path, by):
    def change(data):
        at(data, path[:-1])[path[-1]] = by

    return change


LIES = {
    "an epsilon below the true bound": scaled("claim", "epsilon", by=Q(99, 100)),
    "more inputs": scaled("claim", "input_bound", by=2),
    "inputs that differ": replaced("claim", "input_error", by="1/100000"),
    "the other end": replaced("evidence", "side", by="right"),
    "a margin that is too small": scaled("evidence", "margin", by=Q(9, 10)),
    "a delta that is too small": scaled("evidence", "delta", by=Q(1, 2)),
    "a spread that is too small": scaled("evidence", "spread", by=Q(1, 2)),
    "no terms of exp": replaced("evidence", "terms", by=1),
    "an omega that is too small": scaled("evidence", "omega", by=Q(1, 2)),
    "a gain that is too small": scaled("evidence", "gain", by=Q(1, 2)),
    "F": scaled("evidence", "F_norm", by=Q(1, 2)),
    "b": scaled("evidence", "b_norm", by=Q(1, 2)),
    "C": scaled("evidence", "C_norm", by=Q(1, 2)),
    "a ball that is too small": scaled("evidence", "H", by=Q(1, 2)),
    "a box that is too small": scaled("evidence", "high", 0, by=Q(1, 2)),
    "a box that is too small below": scaled("evidence", "low", 1, by=Q(1, 2)),
    "a bias above the margin": scaled("claim", "urnn", "b", 2, by=Q(9, 10)),
    "a bias of the other sign": scaled("claim", "urnn", "b", 3, by=-1),
    "an added unit that is read": replaced("claim", "urnn", "C", 0, 2, by="1/1000"),
    "an added unit that is driven": replaced("claim", "urnn", "F", 3, 0, by="1/1000"),
    "an added unit that starts elsewhere": replaced("claim", "urnn", "h_init", 2, by="0"),
    "an added unit that is offset otherwise": replaced("claim", "urnn", "offset", 3, by="0"),
    "another upper bias": scaled("claim", "urnn", "b", 0, by=2),
    "another first state": replaced("claim", "urnn", "h_init", 0, by="1/2"),
    "an offset of an upper unit": replaced("claim", "urnn", "offset", 0, by="1/1000"),
    "a transition that is not orthogonal": scaled("claim", "urnn", "R", 3, 3, by=2),
    "another W": scaled("claim", "rnn", "W", 0, 0, by=Q(1, 2)),
    "a weight of 0": replaced("evidence", "weights", 0, by="0"),
    "a box without 0": replaced("evidence", "low", 0, by="1/2"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_rejected(subjects, lie):
    assert check(edited(subjects["tanh"], LIES[lie])) is Verdict.REFUTED


@pytest.mark.parametrize("other", ["logistic", "softplus", "elu", "selu", "gelu", "silu", "mish"])
def test_another_activation_is_rejected(subjects, other):
    """Their limits or their tails differ: softplus and the like fall half as fast as 1 + tanh."""
    assert check(edited(subjects["tanh"], replaced("claim", "activation", by=other))) is (
        Verdict.REFUTED
    )


def test_swapped_networks_are_rejected(subjects):
    """A URNN where the RNN stands is malformed; other networks of the same kind are rejected."""
    data = json.loads(subjects["tanh"].to_json())
    claim = data["claim"]
    claim["rnn"], claim["urnn"] = claim["urnn"], claim["rnn"]
    with pytest.raises(kernel.Malformed):
        kernel.check_text(sealed(data))
    other = RNN(*SMALL, "tanh").replace(W=[[0.5, 0.25], [0.125, 0.375]])
    foreign = equivalent_urnn(other, 1, epsilon=Q(1, 10**4)).certificate
    for key in ("rnn", "urnn"):
        data = json.loads(subjects["tanh"].to_json())
        data["claim"][key] = foreign.claim[key]
        assert check(sealed(data)) is Verdict.REFUTED


@pytest.mark.parametrize("part", ["claim", "evidence"])
def test_a_field_that_is_left_out_or_added_is_malformed(subjects, part):
    data = json.loads(subjects["tanh"].to_json())
    for key in data[part]:
        less = copy.deepcopy(data)
        del less[part][key]
        with pytest.raises(kernel.Malformed):
            kernel.check_text(sealed(less))
    data[part]["ok"] = True
    with pytest.raises(kernel.Malformed):
        kernel.check_text(sealed(data))


MALFORMED = {
    "terms are no number": replaced("evidence", "terms", by="60"),
    "terms are true": replaced("evidence", "terms", by=True),
    "too many terms": replaced("evidence", "terms", by=4001),
    "negative terms": replaced("evidence", "terms", by=-1),
    "a side of its own": replaced("evidence", "side", by="up"),
    "a side that is a list": replaced("evidence", "side", by=["left"]),
    "an unknown activation": replaced("claim", "activation", by="sin"),
    "an activation by its data": replaced("claim", "activation", by={"knots": ["0"]}),
    "a negative epsilon": replaced("claim", "epsilon", by="-1"),
    "a negative input error": replaced("claim", "input_error", by="-1"),
    "a weight too few": replaced("evidence", "weights", by=["1"]),
    "a box too short": replaced("evidence", "low", by=["-1"]),
    "a long number": replaced("evidence", "H", by="1" * 1001),
    "an offset too short": replaced("claim", "urnn", "offset", by=["0"]),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_what_makes_no_sense_is_malformed(subjects, what):
    with pytest.raises(kernel.Malformed):
        kernel.check_text(edited(subjects["tanh"], MALFORMED[what]))


def test_many_terms_of_a_long_margin_are_refused_before_the_work(subjects):
    def change(data):
        data["evidence"]["terms"] = 4000
        data["evidence"]["margin"] = "1" + "0" * 480 + "/" + "7" * 480

    with pytest.raises(kernel.Malformed, match="too long"):
        kernel.check_text(edited(subjects["gelu"], change))
