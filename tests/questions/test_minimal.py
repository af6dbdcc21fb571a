"""Fewest states: what is built, what is needed, and which of the two is proved."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction as Q

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    TooFewStatesError,
    UndecidedError,
    UnsupportedError,
    Verdict,
    check,
    minimal_urnn,
    save,
)
from urnn_proofs.cli import app


def eye(n):
    return [[int(i == j) for j in range(n)] for i in range(n)]


def network(W, **changes):
    n = len(W)
    return RNN(**{"W": W, "F": eye(n), "b": [0] * n, "C": eye(n), **changes})


def shift(n, factor=Q(1, 2)):
    return [[factor if j == i + 1 else 0 for j in range(n)] for i in range(n)]


def scalar(n, w=Q(1, 2)):
    return [[w * (i == j) for j in range(n)] for i in range(n)]


CYCLE = [[0, Q(1, 2), 0], [0, 0, Q(1, 2)], [Q(1, 2), 0, 0]]
CASES = {  # name: (network, at most, at least)
    **{f"half shift {n}": (network(shift(n)), n + 1, n + 1) for n in (1, 2, 3, 5, 8)},
    "long shift, weight 7": (network(shift(4, 7)), 5, 5),
    **{f"half times I_{n}": (network(scalar(n)), 2 * n, n + 1) for n in (1, 2, 3)},
    "memoryless 3": (network([[0] * 3] * 3), 6, 6),
    "half cycle": (network(CYCLE), 4, 4),
    "rotation": (network([[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]]), 2, 2),
    "one idle input": (network(shift(2), F=[[1, 0, 3], [0, 1, 0]]), 3, 3),
    "hard tanh": (network([[0]], activation="hard_tanh"), 2, 2),
    "silent": (network([[0]], b=[-100]), 2, 1),  # y = 0: one state would do, nothing is proved
    "dense": (network([[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(1, 2)]]), 4, 3),
}


@pytest.mark.parametrize("name", CASES)
def test_both_bounds(name):
    rnn, at_most, at_least = CASES[name]
    found = minimal_urnn(rnn, 1)
    assert (found.at_most, found.at_least) == (at_most, at_least)
    assert found.report.verdict is Verdict.PROVED
    assert check(found.report.certificate) is Verdict.PROVED
    title = found.report.title
    assert f"{at_most} suffice, {at_least} are needed" in title
    assert ("the gap is open" in title) is (at_most != at_least)
    x = np.random.default_rng(0).uniform(-1, 1, size=(30, 5, rnn.inputs)) / np.sqrt(rnn.inputs)
    assert np.allclose(found.urnn.run(x), rnn.run(x), atol=1e-9)


def test_a_cyclic_shift_carries_the_nilpotent_one():
    found = minimal_urnn(network(shift(3)), 1)
    assert found.equivalence.scaling is not None
    U = np.abs(found.urnn.W.to_numpy())
    assert np.allclose(np.sort(U.ravel())[-4:], 1)  # a permutation: four entries of modulus 1
    assert np.allclose(np.sort(U.ravel())[:-4], 0)
    assert found.equivalence.bound.scaling is not None  # H comes from another scaling


def test_asking_for_too_few_states_is_refused_with_the_proof():
    with pytest.raises(TooFewStatesError, match="has at least 4") as error:
        minimal_urnn(network(shift(3)), 1, states=3)
    assert error.value.least == 4
    assert check(error.value.certificate) is Verdict.PROVED
    assert minimal_urnn(network(shift(3)), 1, states=4).at_most == 4


def test_asking_for_what_is_open_is_undecided():
    with pytest.raises(UndecidedError, match="at least 4 are needed and 6 are enough"):
        minimal_urnn(network(scalar(3)), 1, states=5)


@pytest.mark.parametrize("states", [0, -1, True, 1.5, "3"])
def test_bad_numbers_of_states(states):
    with pytest.raises(InputError, match="whole number"):
        minimal_urnn(network(shift(2)), 1, states=states)


def test_what_cannot_be_built_is_refused_as_elsewhere():
    with pytest.raises(NotContractiveError):
        minimal_urnn(network([[Q(11, 10)]]), 1)
    with pytest.raises(UnsupportedError, match="half-line"):
        minimal_urnn(network([[Q(1, 2)]], activation="tanh"), 1)
    with pytest.raises(NotContractiveError, match="bounds the states"):
        minimal_urnn(network([[1, 0], [0, Q(1, 2)]]), 1)


def test_the_command(tmp_path):
    file = tmp_path / "net.json"
    save(network(shift(3)), file)
    certificate, out = tmp_path / "c.json", tmp_path / "urnn.json"
    arguments = ["minimal", str(file), "--input-bound", "1", "--certificate", str(certificate)]
    result = CliRunner().invoke(app, [*arguments, "--out", str(out), "--json"])
    assert result.exit_code == 0
    assert "4 suffice, 4 are needed" in json.loads(result.stdout)["title"]
    assert check(certificate) is Verdict.PROVED
    assert json.loads(out.read_text())["W"]["alpha"]
    few = CliRunner().invoke(app, [*arguments, "--states", "3"])
    assert few.exit_code == 2
    assert "at least 4" in few.stderr
    assert CliRunner().invoke(app, ["minimal", str(file), "--input-bound", "x"]).exit_code == 2


@pytest.mark.parametrize(
    "changes",
    [{"states": 100}, {"states": 0}, {"states": -5}, {"inputs": ()}, {"scaling": ()}],
)
def test_a_lower_bound_whose_evidence_does_not_hold_is_not_told(changes):
    found = minimal_urnn(network(shift(2)), 1)
    forged = dataclasses.replace(found, lower=dataclasses.replace(found.lower, **changes))
    assert forged.at_least == 1
    assert forged.report.title.startswith("Fewest states: 3 suffice, 1 are needed")
    # Bad evidence says nothing against the claim, which may be true all the same.
    assert forged.report.verdict is Verdict.UNKNOWN
    assert forged.report.certificate is None
