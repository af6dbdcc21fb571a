"""Diagonal scalings: found and certified, or refused with an exact dual proof."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import defect, signature
from typer.testing import CliRunner

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    UndecidedError,
    Verdict,
    check,
    equivalent_urnn,
    save_network,
    verify_network,
)
from urnn_proofs.cli import app
from urnn_proofs.exact.rescaling import rescale
from urnn_proofs.exact.scaling import find_scaling, refutes_every_scaling, scale_matrix
from urnn_proofs.rational import RationalMatrix

SCALABLE = {
    "nilpotent ten": [[0, 10], [0, 0]],
    "nilpotent one": [[0, 1], [0, 0]],
    "shift of ones": [[0, 1, 0], [0, 0, 1], [0, 0, 0]],
    "triangular": [[Q(9, 10), 5, 7], [0, Q(9, 10), 3], [0, 0, Q(9, 10)]],
    "cycle below 1": [[0, 4], [Q(1, 5), 0]],
    "already contractive": [[Q(1, 2), Q(1, 3)], [0, Q(1, 2)]],
}
NEVER = {
    "1.1": [[1.1]],
    "one": [[1]],
    "1 + 1e-9": [[1 + Q(1, 10**9)]],
    "rotation": [[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]],
    "cycle above 1": [[0, 4], [Q(1, 3), 0]],
    "positive": [[Q(1, 2), Q(3, 5)], [Q(3, 5), Q(1, 2)]],
    # spectral radius 0, yet no diagonal helps: it leaves the entries 1 on the diagonal
    "full nilpotent": [[1, -1], [1, -1]],
}


def is_contractive(W):
    return signature(defect(W)) == (len(W), 0, 0)


@pytest.mark.parametrize("name", SCALABLE)
def test_scalings_are_certified(name):
    W = RationalMatrix.parse(SCALABLE[name], "W")
    scaling = find_scaling(W)
    assert all(e > 0 for e in scaling)
    assert is_contractive(scale_matrix(W, scaling).to_fractions())


def dual_holds(W, vectors):
    """The dual proof, by plain Fractions."""
    n = len(W)
    images = [[sum(W[i][j] * z[j] for j in range(n)) for i in range(n)] for z in vectors]
    gains = [sum(y[i] ** 2 for y in images) - sum(z[i] ** 2 for z in vectors) for i in range(n)]
    return any(x for z in vectors for x in z) and min(gains) >= 0


@pytest.mark.parametrize("name", NEVER)
def test_refusals_carry_an_exact_proof(name):
    W = RationalMatrix.parse(NEVER[name], "W")
    with pytest.raises(NotContractiveError, match="no positive diagonal") as caught:
        find_scaling(W)
    assert dual_holds(W.to_fractions(), caught.value.dual)


@given(
    st.lists(
        st.lists(st.fractions(-2, 2, max_denominator=4), min_size=2, max_size=2),
        min_size=2,
        max_size=2,
    )
)
@settings(max_examples=100, deadline=None)
def test_no_matrix_has_both_a_scaling_and_a_dual_proof(W):
    M = RationalMatrix.from_fractions(W)
    scaling, refusal = None, None
    try:
        scaling = find_scaling(M)
    except NotContractiveError as error:
        refusal = error
    except UndecidedError:
        return
    if refusal is None:
        assert is_contractive(scale_matrix(M, scaling).to_fractions())
        return
    assert dual_holds(W, refusal.dual)
    for ratio in (Q(1, 50), Q(1, 3), Q(1), Q(2), Q(40)):
        assert not is_contractive(scale_matrix(M, (Q(1), ratio)).to_fractions())


def test_dual_proofs_are_checked():
    W = RationalMatrix.parse([[Q(1, 2)]], "W")
    assert not refutes_every_scaling(W, [[Q(1)]])
    assert not refutes_every_scaling(RationalMatrix.parse([[2]], "W"), [[Q(0)]])
    assert not refutes_every_scaling(RationalMatrix.parse([[2]], "W"), [])


def network(W, start=None):
    n = len(W)
    return RNN(W, [[1]] * n, [Q(1, 4)] * n, [[1] * n], start)


@pytest.mark.parametrize("name", SCALABLE)
def test_the_urnn_of_a_scaled_network(name):
    net = network(SCALABLE[name], [1] * len(SCALABLE[name]))
    both = equivalent_urnn(net, 1, scaling=True)
    assert both.report.verdict is Verdict.PROVED
    assert check(both.certificate) is Verdict.PROVED
    # At norm exactly 1 nothing is rescaled: a scaling only gives the bound of the states.
    norm_at_most_1 = name in ("already contractive", "nilpotent one", "shift of ones")
    assert (both.scaling is None) is norm_at_most_1
    assert (both.bound.scaling is not None) is (name in ("nilpotent one", "shift of ones"))
    names = [c.name for c in both.report.checks]
    assert ("S0 scaling" in names) is (both.scaling is not None)
    x = np.random.default_rng(0).uniform(-1, 1, size=(60, 3, 1))
    expected = net.run(x)
    assert np.allclose(both.urnn.run(x), expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


def test_rounding_in_a_rescaled_network_is_no_contradiction():
    """W amplifies before it decays; the rescaled network does not, and is what is simulated."""
    for corner in (50, 10**4):
        net = network([[Q(99, 100), corner], [0, Q(99, 100)]])
        report = verify_network(net, 1, scaling=True)
        assert report.verdict is Verdict.PROVED
        numpy = next(c for c in report.checks if c.name == "NumPy")
        assert numpy.verdict is Verdict.CONSISTENT
        assert numpy.evidence["tolerance"] < 1e-2  # the check can still fail
        assert numpy.scope.endswith("states rescaled")


def test_rescaling_keeps_exact_outputs():
    net = network(SCALABLE["triangular"], [1, 2, 3])
    x = [[1], [-2], [Q(1, 3)], [0]]
    assert rescale(net, (Q(2), Q(1, 3), Q(7))).run_exact(x) == net.run_exact(x)
    for bad in ((Q(1), Q(1)), (Q(1), Q(0), Q(1)), (Q(1), Q(-1), Q(1))):
        with pytest.raises(InputError, match="positive rationals"):
            rescale(net, bad)


def test_dropping_positivity_changes_the_outputs():
    """The hypothesis E > 0 is needed: relu(-z) is not -relu(z)."""
    net = RNN([[0]], [[1]], [0], [[1]])
    flipped = RNN([[0]], [[-1]], [0], [[-1]])
    assert net.run_exact([[1]]) != flipped.run_exact([[1]])


def test_scaling_is_not_silent():
    net = network(SCALABLE["nilpotent ten"])
    with pytest.raises(NotContractiveError, match="at least 10"):
        equivalent_urnn(net, 1)


def test_a_refusal_shows_the_norm_and_the_dual():
    with pytest.raises(NotContractiveError, match=r"at least 1\.1.*no positive diagonal") as caught:
        equivalent_urnn(network([[1.1]]), 1, scaling=True)
    assert caught.value.witness == (1,)
    assert caught.value.dual == ((1,),)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: dataclasses.replace(e, scaling=None),
        lambda e: dataclasses.replace(e, scaling=(e.scaling[0], e.scaling[1] * 2)),
        lambda e: dataclasses.replace(e, scaling=tuple(x * Q(11, 10) for x in e.scaling)),
    ],
)
def test_a_changed_scaling_is_caught(change):
    both = equivalent_urnn(network(SCALABLE["nilpotent ten"], [1, 1]), 1, scaling=True)
    assert both.report.verdict is Verdict.PROVED
    assert change(both).verify().verdict is Verdict.REFUTED


def test_from_the_command_line(tmp_path):
    save_network(network([[0, 10], [0, 0]]), tmp_path / "net.json")
    arguments = ["verify", "--network", str(tmp_path / "net.json"), "--input-bound", "1"]
    assert CliRunner().invoke(app, arguments).exit_code == 2
    result = CliRunner().invoke(app, [*arguments, "--scale"])
    assert result.exit_code == 0
    assert "S0 scaling" in result.stdout
    assert CliRunner().invoke(app, ["verify", "2", "--scale"]).exit_code == 2
