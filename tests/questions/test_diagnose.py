"""A diagnosis says no more than it shows, and its command does what it says."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs import (
    RNN,
    URNN,
    Diagnosis,
    InputError,
    StoredNetwork,
    UnsupportedError,
    Verdict,
    diagnose,
    equivalent_urnn,
    load,
    save,
)
from urnn_proofs.cli import app
from urnn_proofs.formal.record import theorem_standing
from urnn_proofs.model.activation import piecewise_linear
from urnn_proofs.model.verdict import Trust
from urnn_proofs.questions.diagnose import Answer

HALF = RNN([[0.5]], [[1]], [0], [[1]])
TURN = [[0.6, -0.8], [0.8, 0.6]]
EXACT_TURN = [[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]]


def one(W, activation="relu", **parts):
    n = len(W)
    given = {"F": np.ones((n, 1)), "b": np.zeros(n), "C": np.ones((1, n)), **parts}
    return RNN(W, activation=activation, **given)


CASES = {
    "contractive": (HALF, Answer.EXISTS, (2,)),
    "orthogonal already": (one(EXACT_TURN), Answer.EXISTS, (2,)),
    "orthogonal already, tanh": (one(EXACT_TURN, "tanh"), Answer.EXISTS, (2,)),
    "w = 1": (one([[1]]), Answer.EXISTS, (1,)),
    "norm 10, rescaled": (one([[0, 10], [0, 0]]), Answer.EXISTS, (4,)),
    "norm 1, sign rule": (one([[-1, 0], [0, Q(-1, 2)]]), Answer.EXISTS, (3,)),
    "norm 1, bounded activation": (one([[1, 0], [0, 0.5]], "hard_tanh"), Answer.EXISTS, (3,)),
    "norm 1, nothing bounds the states": (one([[1, 0], [0, 0.5]]), Answer.NEARBY, ()),
    "tanh": (one([[0.5]], "tanh"), Answer.WITHIN, (2,)),
    "leaky": (one([[0.5]], "leaky_relu"), Answer.OPEN, ()),
    "doubling": (one([[2]]), Answer.NONE, ()),
    "tanh, unstable at 0": (one([[2]], "tanh"), Answer.NONE, ()),
    "unstable, unobserved": (
        one([[2, 0], [0, 0.5]], C=[[0, 1]]),
        Answer.OPEN,
        (),
    ),
    "float rotation": (one([[1.0000001, 0], [0, 1]]), Answer.NONE, ()),
    "nearly a rotation": (one((1 + 1e-8) * np.array(TURN)), Answer.NEARBY, ()),
    "nearly a rotation, tanh": (
        one((1 + 1e-8) * np.array(TURN), "tanh", b=[1, 0]),
        Answer.NEARBY,
        (),
    ),
    "two layers": (StoredNetwork.of(HALF, one([[0.25]])), Answer.EXISTS, (2, 2)),
    "two layers, one expands": (StoredNetwork.of(HALF, one([[2]])), Answer.NONE, ()),
    "two layers, one expands unread": (
        StoredNetwork.of(one([[2, 0], [0, 0.5]], C=[[0, 1]]), HALF),
        Answer.OPEN,
        (),
    ),
    "two layers of tanh, unstable at 0": (
        StoredNetwork.of(one([[0.5]], "tanh"), one([[2]], "tanh")),
        Answer.NONE,
        (),
    ),
    "tanh over ReLU": (StoredNetwork.of(HALF, one([[0.25]], "tanh")), Answer.WITHIN, (2, 2)),
    "output bias": (StoredNetwork.of(HALF, output_bias=[7]), Answer.EXISTS, (2,)),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_answer(name):
    network, answer, states = CASES[name]
    found = diagnose(network)
    assert found.answer is answer
    assert found.states == states
    if answer is not Answer.NONE:
        proved = answer in (Answer.EXISTS, Answer.WITHIN)
        assert found.report.verdict is (Verdict.PROVED if proved else Verdict.UNKNOWN)
    assert found.sentence in found.report.title
    assert bool(found.advice) != (answer in (Answer.EXISTS, Answer.WITHIN))


@pytest.mark.parametrize(
    ("name", "theorem"),
    [
        ("doubling", "positive_not_equivalent"),
        ("tanh, unstable at 0", "held_not_equivalent"),
        ("float rotation", "positive_not_equivalent"),
    ],
)
def test_none_is_proved_as_long_as_the_record_of_coqs_theorem_applies(name, theorem, monkeypatch):
    from urnn_proofs.questions import diagnose as module

    network = CASES[name][0]
    answer = diagnose(network).report.checks[-1]
    if theorem_standing(theorem).applies:
        assert (answer.verdict, answer.trust) == (Verdict.PROVED, Trust.EXACT)
        assert answer.evidence["in Coq"] == f"{theorem} (formal/UnstableOutputs.v)"
    else:
        assert (answer.verdict, answer.trust) == (Verdict.ASSUMED, Trust.WORDS)
    without = replace(theorem_standing("theorem_A"), against=("The sources differ.",))
    monkeypatch.setattr(module, "theorem_standing", lambda name: without)
    report = diagnose(network).report
    assert (report.verdict, report.trust) == (Verdict.ASSUMED, Trust.WORDS)
    assert "no machine has checked" in report.checks[-1].evidence["assumed"]


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case[1] in (Answer.EXISTS, Answer.WITHIN)]
)
def test_what_is_said_to_exist_is_built_and_proved(name):
    """The construction is another way: it makes the URNN and derives every step from it."""
    network, answer, states = CASES[name]
    options = {"epsilon": Q(1, 1000)} if answer is Answer.WITHIN else {}
    found = diagnose(network)
    if "--scale" in found.command:
        options["scaling"] = True
    built = equivalent_urnn(network, 1, **options)
    assert built.report.verdict is Verdict.PROVED
    assert tuple(layer.urnn.states for layer in built.layers) == states


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_command_runs(name, tmp_path):
    network, answer, _ = CASES[name]
    found = diagnose(network)
    if answer is Answer.NONE or name == "leaky":
        assert found.command is None
        return
    save(network, tmp_path / "net.json")
    words = [
        {"MODEL": str(tmp_path / "net.json"), "OUT": str(tmp_path / "out.json")}.get(word, word)
        for word in found.command.split()
    ]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert load(tmp_path / "out.json").outputs == 1


@pytest.mark.parametrize("bias", [0, -3])
def test_an_input_bound_decides_whether_a_network_can_be_woken(bias):
    """relu(2 h + x + b): with b = -3 and |x| <= 1 the unit never wakes."""
    found = diagnose(one([[2]], b=[bias]), 1)
    assert found.answer is (Answer.NONE if bias == 0 else Answer.OPEN)


def test_evidence_of_another_network_shows_nothing():
    """Every part of a diagnosis exchanged: the answer is derived from the network alone."""
    base = {name: diagnose(network) for name, (network, _, _) in CASES.items()}
    singles = {name: d for name, d in base.items() if len(d.evidence) == 1}
    for name, found in singles.items():
        for other in singles.values():
            mixed = Diagnosis(found.network, found.input_bound, other.evidence, other.expansion)
            if found.network.inputs != other.network.inputs:
                continue
            strong = (Answer.EXISTS, Answer.WITHIN, Answer.NONE)
            if mixed.answer in strong:  # what exists is also within every epsilon
                weaker = (Answer.WITHIN,) if found.answer is Answer.EXISTS else ()
                assert mixed.answer in (found.answer, *weaker), name
    layer = base["contractive"].evidence[0]
    far = replace(layer, bound=replace(layer.bound, H=Q(1)))
    assert Diagnosis(base["contractive"].network, Q(1), (far,)).answer is not Answer.EXISTS
    with pytest.raises(InputError, match="evidence about 2 layers"):
        Diagnosis(base["contractive"].network, Q(1), (layer, layer))


@pytest.mark.parametrize("phi", ["relu", "tanh", "logistic"])
def test_what_is_missing_at_norm_one(phi):
    """The states of tanh and logistic units are bounded; what their theorem asks for is not so."""
    found = diagnose(one([[1, 0], [0, 0.5]], phi))
    assert found.answer is Answer.NEARBY
    missing = "no rule here bounds the states" if phi == "relu" else "are shown for ||W|| < 1"
    assert found.sentence.endswith(missing)


def test_a_supplied_bound_is_no_rule():
    from urnn_proofs.checks.exact.state_bound import BoundRule

    network = CASES["norm 1, nothing bounds the states"][0]
    layer = diagnose(HALF).evidence[0]
    claimed = replace(layer.bound, H=Q(100), rule=BoundRule.SUPPLIED, rho=Q(1))
    stored = StoredNetwork.of(network)
    assert Diagnosis(stored, Q(1), (replace(layer, bound=claimed),)).answer is Answer.NEARBY


def test_upper_layers_see_the_bound_of_the_lower_one():
    found = diagnose(StoredNetwork.of(HALF, one([[0.25]])), 3)
    low, high = found.layers
    assert low.input_bound == 3
    assert high.input_bound >= 6  # |h| reaches 3 / (1 - 1/2)
    assert low.states_bounded
    assert high.states_bounded


def test_none_is_said_of_non_expansive_urnns_wherever_it_is_said():
    """One state with U = 1 and the activation max(2 z, 0) has the outputs of the doubling one."""
    doubling = one([[2]])
    twice = piecewise_linear("twice", knots=[0], slopes=[0, 2], value=0)
    urnn = URNN([[1]], [[1]], [0], [[1]], activation=twice)
    halved = doubling.replace(F=[[2]])
    x = [[1], [-3], [2], [5]]
    assert urnn.run_exact(x) == halved.run_exact(x)
    report = diagnose(halved).report
    for scope in (report.scope, report.checks[-1].scope):
        assert scope.endswith("URNNs with a non-expansive activation")
    assert "non-expansive" not in diagnose(HALF).report.scope


@pytest.mark.parametrize("name", ["contractive", "tanh", "norm 10, rescaled", "two layers"])
def test_a_urnn_that_is_not_built_rests_on_coq(name, monkeypatch):
    from urnn_proofs.questions import diagnose as module

    assert diagnose(CASES[name][0]).report.verdict is Verdict.PROVED
    without = replace(theorem_standing("theorem_A"), against=("The sources differ.",))
    monkeypatch.setattr(module, "theorem_standing", lambda name: without)
    report = diagnose(CASES[name][0]).report
    assert (report.verdict, report.trust) == (Verdict.ASSUMED, Trust.WORDS)
    assert "no theorem in Coq applies" in report.checks[-1].evidence["assumed"]
    built = diagnose(CASES["orthogonal already"][0]).report
    assert built.verdict is Verdict.PROVED  # nothing is to be built


@pytest.mark.parametrize(
    ("phi", "epsilon", "theorem"),
    [
        ({"knots": [0], "slopes": [0, 1]}, False, "flat_equivalence"),
        ({"knots": [0], "slopes": [1, 0]}, False, "flat_right_contraction"),
        ({"knots": [0, 1], "slopes": [0, 2, 0]}, False, None),
        ("tanh", True, "eps_equivalence"),
        ("gelu", True, "eps_lipschitz"),
    ],
)
def test_coqs_theorem_is_one_whose_hypotheses_hold(phi, epsilon, theorem):
    named = phi if isinstance(phi, str) else piecewise_linear("mine", value=0, **phi)
    found = diagnose(one([[0.5]], named))
    assert found.answer is (Answer.WITHIN if epsilon else Answer.EXISTS)
    (answer,) = (c for c in found.report.checks if c.name == "answer")
    if theorem is None:  # it is steeper than 1: the construction holds, and Coq has not seen why
        assert (answer.verdict, answer.trust) == (Verdict.ASSUMED, Trust.WORDS)
        assert equivalent_urnn(one([[0.5]], named), 1).report.verdict is Verdict.PROVED
    else:
        assert answer.verdict is Verdict.PROVED
        assert f"in Coq: {theorem};" in str(answer.evidence)


def test_what_is_said_of_numbers_is_true_of_them():
    """M = 1/3 is not 0.334, and a norm from 1.00049 on may be below 1.01."""
    third = diagnose(HALF, Q(1, 3)).report
    (state,) = (c for c in third.checks if c.name == "state bound")
    assert state.claim.startswith("||h^k|| <= 0.667")
    assert "||x^k|| <= 1/3, all k" in state.scope
    long = diagnose(HALF, Q(10**30, 3 * 10**30 + 1)).report
    (state,) = (c for c in long.checks if c.name == "state bound")
    assert "||x^k|| <= 0.333333, all k" in state.scope
    W = [[1 + Q(49, 10**5), 0], [0, Q(1, 2)]]
    found = diagnose(one(W, "leaky_relu", b=[-30, 0]))
    assert "||W|| is at least 1.00049;" in found.layers[0].obstacles[-1].replace(",", ";")


def test_numbers_beyond_floats_are_said_too():
    found = diagnose(HALF.replace(F=[[10**400]]))
    assert found.answer is Answer.EXISTS
    assert "e+400 (norm rule)" in str(found.report)


def test_bad_arguments():
    with pytest.raises(InputError, match="network is a int"):
        diagnose(3)
    with pytest.raises(InputError, match="input_bound is -1"):
        diagnose(HALF, -1)
    with pytest.raises(UnsupportedError, match="URNN already"):
        diagnose(URNN([[1]], [[1]], [0], [[1]]))


def test_a_notebook_shows_it():
    assert "URNN with 2 states" in diagnose(HALF)._repr_html_()


def test_none_for_several_layers_rests_on_words(tmp_path):
    """Coq's theorem is about one layer; the stack is ASSUMED, and about URNNs of any depth."""
    report = diagnose(CASES["two layers, one expands"][0]).report
    assert (report.verdict, report.trust) == (Verdict.ASSUMED, Trust.WORDS)
    assert "of any number of layers" in report.scope
    assert "in Coq" not in report.checks[-1].evidence
    assert "no machine has checked" in report.checks[-1].evidence["assumed"]
    assert "any number of layers" not in diagnose(CASES["doubling"][0]).report.scope
