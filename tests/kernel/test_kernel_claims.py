"""Claims of the kernel that the construction itself does not produce, and lower bounds."""

from __future__ import annotations

import copy
import dataclasses
from fractions import Fraction as Q

import pytest
from kernel_oracles import ORACLES
from kernel_subjects import polynomial, relation

from urnn_proofs import (
    RNN,
    Certificate,
    UnsupportedError,
    Verdict,
    check,
    equivalent_urnn,
    kernel,
)
from urnn_proofs.certificate import hypotheses_certificate, lower_bound_certificate
from urnn_proofs.checks.exact.count_theorems import count_bound_holds
from urnn_proofs.checks.exact.lower_bound import LowerBound, lower_bound_holds
from urnn_proofs.guesses.count_theorems import find_count_bounds
from urnn_proofs.guesses.lower_bound import find_lower_bound
from urnn_proofs.model.activation import activation


def eye(n):
    return [[int(i == j) for j in range(n)] for i in range(n)]


def texts(value):
    return [texts(v) for v in value] if isinstance(value, list) else str(value)


def outcome(certificate):
    try:
        return kernel.check_text(certificate.to_json()).statement
    except kernel.Rejected as reason:
        return f"rejected: {reason}"


# -- copies: duplicated units work for every activation ---------------------------------------


def duplicated(**changes):
    """w = 1 twice over: U is the identity on two copies of one unit, for any phi."""
    parts = {
        "rnn": {"W": [[1]], "F": [[2]], "b": [Q(1, 3)], "C": [[3]], "h_init": [Q(1, 2)]},
        "urnn": {
            "R": [[Q(3, 5), Q(2, 5)], [Q(2, 5), Q(3, 5)]],  # rows add up to 1
            "alpha": [1, 1], "beta": [1, 1], "offset": [0, 0],
            "F": [[2], [2]], "b": [Q(1, 3)] * 2, "C": [[1, 2]], "h_init": [Q(1, 2)] * 2,
        },
    }  # fmt: skip
    parts["urnn"]["R"] = [[0, 1], [1, 0]]
    parts["urnn"].update(changes)
    claim = {
        **{k: {name: texts(v) for name, v in net.items()} for k, net in parts.items()},
        "activation": "any",
        "input_bound": "1",
    }
    evidence = {"copies": [0, 0], "scaling": ["1"], "side": "none", "bound": None}
    return Certificate("equivalence", claim, evidence)


def test_duplicated_units_need_no_gate_and_no_known_activation():
    assert "phi, any function" in outcome(duplicated())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"R": [[Q(3, 5), Q(2, 5)], [Q(2, 5), Q(3, 5)]]}, "not orthogonal"),
        ({"R": [[0, 1], [-1, 0]]}, "does not continue"),
        ({"C": [[2, 2]]}, "outputs"),
        ({"F": [[2], [1]]}, "driven otherwise"),
        ({"b": [Q(1, 3), 0]}, "driven otherwise"),
        ({"offset": [0, 1]}, "driven otherwise"),
        ({"h_init": [Q(1, 2), 0]}, "starts otherwise"),
    ],
)
def test_duplicates_that_differ_are_rejected(change, reason):
    assert reason in outcome(duplicated(**change))


def test_gates_beside_duplicates_are_rejected():
    """||h|| <= H says nothing about the norm of a vector that holds units twice."""
    certificate = duplicated()
    claim, evidence = copy.deepcopy(certificate.claim), copy.deepcopy(certificate.evidence)
    claim["activation"] = {"knots": ["0"], "slopes": ["0", "1"], "value": "0"}
    claim["urnn"].update(
        R=texts([[0, 1, 0], [1, 0, 0], [0, 0, 1]]), alpha=["1"] * 3, beta=["1"] * 3,
        offset=["0"] * 3, F=[["2"], ["2"], ["0"]], b=["1/3", "1/3", "-9"],
        C=[["1", "2", "0"]], h_init=["1/2", "1/2", "0"],
    )  # fmt: skip
    evidence["copies"] = [0, 0, -1]
    assert "single copies" in outcome(Certificate("equivalence", claim, evidence))


def test_units_that_nothing_reads_may_be_dropped():
    """The second unit has norm 5 and is read by nobody: one copy of the first and one gate do."""
    rnn = RNN([[Q(3, 5), 0], [7, 5]], [[1], [1]], [0, 0], [[1, 0]])
    both = equivalent_urnn(RNN([[Q(3, 5)]], [[1]], [0], [[1]]), 1)
    inner = both.certificate
    claim = copy.deepcopy(inner.claim)
    claim["rnn"] = {
        "W": texts([[Q(3, 5), 0], [7, 5]]), "F": [["1"], ["1"]], "b": ["0", "0"],
        "C": [["1", "0"]], "h_init": ["0", "0"],
    }  # fmt: skip
    evidence = {**copy.deepcopy(inner.evidence), "copies": [0, -1], "scaling": ["1", "1"]}
    assert outcome(Certificate("equivalence", claim, evidence)).startswith("an RNN with 2 states")
    x = [[1], [-1], [1]]
    assert rnn.run_exact(x) == both.urnn.run_exact(x)
    claim["rnn"]["C"] = [["1", "1"]]
    assert "outputs" in outcome(Certificate("equivalence", claim, evidence))
    claim["rnn"].update(C=[["1", "0"]], W=texts([[Q(3, 5), 1], [7, 5]]))
    assert "does not continue" in outcome(Certificate("equivalence", claim, evidence))


# -- equations in certificates of positivity ---------------------------------------------------


def contradiction(factor="1"):
    """x y = 1 and x = 0 contradict each other: 1 + (x y - 1) - y x = 0."""
    numbers = [
        {"name": x, "domain": "1", "codomain": "1", "self_adjoint": True} for x in ("x", "y")
    ]
    claim = {
        "label": "contradiction",
        "letters": numbers,
        "hypotheses": [relation("=", (1, "x y"), (-1, "")), relation("=", (1, "x"))],
        "conclusion": relation(">=", (-1, "")),
    }
    evidence = {
        "summands": [["1", [-1], polynomial((1, ""))]],
        "multiples": [[factor, [], 0, False, []], ["-1", ["y"], 1, False, []]],
    }
    return Certificate("consequence", claim, evidence)


def test_a_nullstellensatz_certificate():
    assert check(contradiction()) is Verdict.PROVED
    assert check(contradiction("2")) is Verdict.REFUTED


@pytest.mark.parametrize("sign", [">=", ">"])
def test_only_equations_may_be_multiplied_by_anything(sign):
    certificate = contradiction()
    certificate.claim["hypotheses"][1]["sign"] = sign
    with pytest.raises(kernel.Malformed, match="equation"):
        kernel.check_text(certificate.to_json())


# -- lower bounds ------------------------------------------------------------------------------


def shift(n, factor=Q(1, 2)):
    return [[factor if j == i + 1 else 0 for j in range(n)] for i in range(n)]


def scalar(n, w=Q(1, 2)):
    return [[w * (i == j) for j in range(n)] for i in range(n)]


BOUNDS = {
    "memoryless 1": (RNN([[0]], eye(1), [0], eye(1)), 2),
    "memoryless 3": (RNN([[0] * 3] * 3, eye(3), [0] * 3, eye(3)), 6),
    "shift 4": (RNN(shift(4), eye(4), [0] * 4, eye(4)), 5),
    "scalar 1": (RNN(scalar(1), eye(1), [0], eye(1)), 2),
    "scalar 2": (RNN(scalar(2), eye(2), [0] * 2, eye(2)), 3),
    "scalar 3": (RNN(scalar(3), eye(3), [0] * 3, eye(3)), 4),
    "minus scalar": (RNN(scalar(2, Q(-1, 2)), eye(2), [0] * 2, eye(2)), 3),
    "nearly scalar": (RNN([[Q(1, 2), 0], [0, Q(1, 3)]], eye(2), [0] * 2, eye(2)), 3),
    "scalar, hard sigmoid": (
        RNN(scalar(2), eye(2), [0] * 2, eye(2), activation="hard_sigmoid"),
        2,
    ),
    "negative": (RNN([[Q(-1, 2)]], [[1]], [0], [[1]]), 2),
    "wide norm": (RNN([[Q(1, 2), 9], [0, Q(1, 2)]], eye(2), [0, 0], eye(2)), 3),
    "more inputs": (RNN([[0]], [[1, 1]], [0], [[1], [1]]), 2),
    "hard tanh": (RNN([[0]], [[1]], [0], [[1]], activation="hard_tanh"), 2),
    "hard sigmoid": (RNN([[0]], [[1]], [0], [[1]], activation="hard_sigmoid"), 2),
    "hard sigmoid, w": (RNN([[Q(1, 2)]], [[1]], [0], [[1]], activation="hard_sigmoid"), 1),
    "orthogonal": (RNN([[0, 1], [-1, 0]], eye(2), [0, 0], eye(2)), 2),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_lower_bounds(name):
    rnn, states = BOUNDS[name]
    found = find_lower_bound(rnn, Q(1))
    assert found.states == states
    assert lower_bound_holds(rnn, Q(1), found)
    certificate = lower_bound_certificate(rnn, Q(1), found)
    assert check(certificate) is Verdict.PROVED
    assert ORACLES["lower_bound"](certificate.claim, certificate.evidence)
    higher = LowerBound(states + 1, found.reason, found.inputs, found.scaling)
    assert not lower_bound_holds(rnn, Q(1), higher)
    assert check(lower_bound_certificate(rnn, Q(1), higher)) is Verdict.REFUTED


def test_the_construction_never_undercuts_a_lower_bound():
    for rnn, states in BOUNDS.values():
        try:
            both = equivalent_urnn(rnn, 1, scaling=True)
        except Exception:  # not contractive: nothing to compare
            continue
        assert both.urnn.states >= states


@pytest.mark.parametrize(
    ("changes", "M"),
    [
        ({}, 0),  # one input only: y = 0, and one state does it
        ({"b": [-100, -100]}, 1),  # y = 0 again
        ({"F": [[1, 0], [1, 0]]}, 1),
        ({"C": [[1, 1]]}, 1),
        ({"activation": "tanh"}, 1),
    ],
)
def test_hypotheses_of_the_lower_bound_are_needed(changes, M):
    parts = {"W": [[0, 0], [0, 0]], "F": eye(2), "b": [0, 0], "C": eye(2)} | changes
    assert find_lower_bound(RNN(**parts), Q(M)) is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("b", "M"), [(0, Q(10**4500)), (-(10**4500), Q(1))], ids=["M", "b"])
def test_what_floats_cannot_hold_is_no_bound_and_no_noise(b, M):
    rnn = RNN([[Q(1, 2)]], [[Q(1, 10**4500)]], [b], [[1]])
    assert find_lower_bound(rnn, M) is None


def test_evidence_that_does_not_fit_is_refused():
    rnn = RNN([[0, 0], [0, 0]], eye(2), [0, 0], eye(2))
    found = find_lower_bound(rnn, Q(1))
    lies = {
        "one step short": found.inputs[:-1],
        "switched off at the end": (*found.inputs, (Q(-1, 2), Q(1, 2))),
        "at a kink": (*found.inputs[:-1], (Q(0), Q(1, 2))),
        "longer than M": tuple((Q(4, 5), Q(4, 5)) for _ in found.inputs),
        "exactly M": tuple((Q(3, 5), Q(4, 5)) for _ in found.inputs),
    }
    for name, inputs in lies.items():
        lie = LowerBound(found.states, found.reason, inputs, found.scaling)
        assert not lower_bound_holds(rnn, Q(1), lie), name
        assert check(lower_bound_certificate(rnn, Q(1), lie)) is Verdict.REFUTED, name
    # no active step at all proves nothing, not even a bound below n
    silent = LowerBound(1, "", ((Q(-1, 2), Q(-1, 2)),), found.scaling)
    assert not lower_bound_holds(rnn, Q(1), silent)
    assert check(lower_bound_certificate(rnn, Q(1), silent)) is Verdict.REFUTED


def test_warming_up_helps():
    """The bias keeps the second unit off until the first has grown."""
    rnn = RNN([[Q(9, 10), 0], [2, 0]], eye(2), [0, -3], eye(2))
    found = find_lower_bound(rnn, Q(1))
    assert found is not None
    assert len(found.inputs) > 2
    assert check(lower_bound_certificate(rnn, Q(1), found)) is Verdict.PROVED


def test_a_steep_piece_has_no_second_argument():
    """Slopes other than 0 and 1 could make up for |det W| < 1: only dim ker W counts then."""
    rnn = RNN([[Q(1, 2)]], [[1]], [0], [[1]], activation="hard_sigmoid")
    steps = ((Q(0),), (Q(0),), (Q(0),))
    assert not lower_bound_holds(rnn, Q(1), LowerBound(2, "", steps, (Q(1),)))
    assert activation("hard_sigmoid").slopes[1] not in (0, 1)


# -- hypotheses of theorems that count states ----------------------------------------------------

CHAIN = [[0, 0, 0], [Q(1, 2), 0, 0], [0, Q(1, 2), 0]]
COUNTS = {  # name: (network, states by each theorem that applies)
    "scalar 3": (RNN(scalar(3), eye(3), [0] * 3, eye(3)), {"2n-iff-diagonal": 6, "n+mu": 6}),
    "two rates": (
        RNN([[Q(1, 2), 0], [0, Q(1, 3)]], eye(2), [0, 0], eye(2)),
        {"2n-iff-diagonal": 4, "n+mu": 3},
    ),
    "two parts": (
        RNN([[Q(1, 2), Q(1, 4), 0], [0, Q(1, 2), 0], [0, 0, Q(1, 5)]], eye(3), [0] * 3, eye(3)),
        {"2n-iff-diagonal": 5, "n+mu": 4},
    ),
    "chain": (RNN(CHAIN, [[1], [0], [0]], [0, 0, 0], [[0, 0, 1]]), {"n+mu": 4}),
    "biased": (RNN(scalar(2), eye(2), [5, 5], eye(2)), {"n+mu": 4}),
    "wide norm": (
        RNN([[Q(1, 2), 9], [0, Q(1, 2)]], eye(2), [0, 0], eye(2)),
        {"2n-iff-diagonal": 3, "n+mu": 3},
    ),
    "nilpotent": (RNN([[0] * 3] * 3, eye(3), [0] * 3, eye(3)), {"2n-iff-diagonal": 6, "n+mu": 6}),
    "silent": (RNN(scalar(2), eye(2), [-100, -100], eye(2)), {}),
    "not minimal": (RNN(scalar(2), eye(2), [0, 0], [[1, 1]]), {}),
    "norm 1": (RNN([[1, 0], [0, Q(1, 2)]], eye(2), [0, 0], eye(2)), {}),
    "hard tanh": (RNN(scalar(2), eye(2), [0, 0], eye(2), activation="hard_tanh"), {}),
}


@pytest.mark.parametrize("name", COUNTS)
def test_hypotheses_of_count_theorems(name):
    rnn, states = COUNTS[name]
    found, against = find_count_bounds(rnn, Q(1))
    assert {bound.theorem: bound.states for bound in found} == states
    assert len(against) == (1 if name in ("norm 1", "hard tanh") else 2 - len(found))
    for bound in found:
        assert count_bound_holds(rnn, Q(1), bound)
        certificate = hypotheses_certificate(rnn, Q(1), bound)
        assert f"theorem '{bound.theorem}' hold" in outcome(certificate)
        assert ORACLES["hypotheses"](certificate.claim, certificate.evidence)
        higher = dataclasses.replace(bound, states=bound.states + 1)
        assert not count_bound_holds(rnn, Q(1), higher)
        assert check(hypotheses_certificate(rnn, Q(1), higher)) is Verdict.REFUTED


def test_the_kernel_reads_rational_eigenvalues_only():
    swap = [[0, Q(1, 2)], [Q(1, 4), 0]]
    W = [[*row, 0, 0] for row in swap] + [[0, 0, *row] for row in swap]
    rnn = RNN(W, eye(4), [50] * 4, eye(4))
    (bound,), _ = find_count_bounds(rnn, Q(1))
    assert (bound.states, bound.parts[0][1]) == (6, (-1, 0, 8))  # 8 x^2 = 1, twice
    with pytest.raises(UnsupportedError, match="irrational"):
        hypotheses_certificate(rnn, Q(1), bound)
