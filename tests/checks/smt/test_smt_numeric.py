from __future__ import annotations

import numpy as np
import pytest
import z3

from urnn_proofs import RNN
from urnn_proofs.checks.smt import solver
from urnn_proofs.checks.smt.inequalities import bound_inequality, gate_inequality, relu_facts
from urnn_proofs.checks.smt.solver import Answer, entails
from urnn_proofs.samples.cross_check import compare_outputs
from urnn_proofs.samples.signals import sample_signals


def test_the_inequalities_follow():
    assert gate_inequality().answer is Answer.FOLLOWS
    assert bound_inequality().answer is Answer.FOLLOWS
    assert relu_facts().answer is Answer.FOLLOWS


@pytest.mark.parametrize("name", ["cauchy", "row", "bound", "sign"])
def test_the_gate_needs_each_hypothesis(name):
    assert gate_inequality(drop_hypothesis=name).answer is Answer.FAILS


@pytest.mark.parametrize("name", ["state", "input", "choice", "rho", "f"])
def test_the_bound_needs_each_hypothesis(name):
    assert bound_inequality(drop_hypothesis=name).answer is Answer.FAILS


def test_an_undecided_query_keeps_its_text_and_can_be_run_again(monkeypatch):
    class GivesUp(z3.Solver):
        def check(self, *args):
            return z3.unknown

    x = z3.Real("x")
    with monkeypatch.context() as patch:
        patch.setattr(solver.z3, "Solver", GivesUp)
        found = entails([x > 1], x > 0)
    assert found.answer is Answer.UNDECIDED
    again = z3.Solver()
    again.from_string(found.smt2)
    assert again.check() == z3.unsat


def test_solver_exceptions_count_as_undecided(monkeypatch):
    class Broken(z3.Solver):
        def check(self, *args):
            raise z3.Z3Exception("out of memory")

    monkeypatch.setattr(solver.z3, "Solver", Broken)
    found = entails([], z3.BoolVal(True))
    assert found.answer is Answer.UNDECIDED
    assert "out of memory" in found.detail


@pytest.mark.parametrize("m", [1, 3])
def test_signals_stay_in_the_ball_and_reach_its_boundary(m):
    signals = sample_signals(50, m, 2.5, seed=1)
    for name, x in signals.items():
        lengths = np.linalg.norm(x, axis=-1)
        assert (lengths <= 2.5).all(), name
        assert lengths.max() > (0.5 if name == "ball" else 2.49), name
    assert not signals["impulse"][1:].any()


def test_signals_are_reproducible_and_zero_for_a_zero_bound():
    a, b = sample_signals(5, 2, 1.0, 3), sample_signals(5, 2, 1.0, 3)
    assert all(np.array_equal(a[k], b[k]) for k in a)
    assert not any(x.any() for x in sample_signals(5, 2, 0.0).values())


def net(w=0.5, c=1.0):
    return RNN(W=[[w]], F=[[1.0]], b=[0.0], C=[[c]])


def test_small_disagreements_are_seen():
    assert compare_outputs(net(), net(), 1.0, 2.0).agrees
    assert not compare_outputs(net(), net(c=1 + 1e-6), 1.0, 2.0).agrees
    assert not compare_outputs(net(), net(w=0.5 + 1e-6), 1.0, 2.0).agrees


def test_what_overflows_does_not_agree():
    big = RNN(W=[[0.5]], F=[[1e300]], b=[0.0], C=[[1e300]])
    found = compare_outputs(big, big, 1e10, 1e300)
    assert not found.finite
    assert not found.agrees
