"""One query in a child process: exact answers, and every way of not answering."""

from __future__ import annotations

import sys
import time
from fractions import Fraction as Q

import pytest
import z3

from urnn_proofs import InputError
from urnn_proofs.smt import process
from urnn_proofs.smt.process import Sat, solve

REALS = "(declare-const x Real) (declare-const y Real)"


@pytest.mark.parametrize("tactics", [("qfnra-nlsat",), (), ("simplify", "solve-eqs", "smt")])
def test_answers_are_the_same_for_every_choice_of_tactics(tactics):
    sat = solve(REALS + "(assert (= (* 3 x) (- 4))) (assert (= y (* x x)))", tactics=tactics)
    assert sat.answer is Sat.SAT
    assert sat.values == {"x": Q(-4, 3), "y": Q(16, 9)}
    unsat = solve(REALS + "(assert (< (+ (* x x) (* y y)) (* 2 x y)))", tactics=tactics)
    assert unsat.answer is Sat.UNSAT
    assert unsat.values == {}


def test_irrational_values_are_never_rounded():
    found = solve(REALS + "(assert (= (* x x) 2)) (assert (> x 0)) (assert (= y (/ 1 3)))")
    assert found.answer is Sat.SAT
    assert found.values == {"x": None, "y": Q(1, 3)}
    assert "x" in found.texts["x"] or "2" in found.texts["x"]


def test_integers_and_booleans_are_read():
    text = "(declare-const p Bool) (declare-const i Int) (assert p) (assert (= i (- 7)))"
    found = solve(text, tactics=())
    assert found.values == {"i": Q(-7), "p": None}
    assert found.texts == {"p": "true"}


@pytest.mark.parametrize("text", ["(declare-const x Real) (assert (", "(assert (= z 1))", "sat"])
def test_text_that_cannot_be_read_is_undecided_with_a_reason(text):
    found = solve(text)
    assert found.answer is Sat.UNKNOWN
    assert "error" in found.reason
    assert found.smt2 == text


def test_an_unknown_tactic_is_undecided():
    assert solve("(assert true)", tactics=("no-such-tactic",)).answer is Sat.UNKNOWN


def hard_query() -> str:
    """Orthogonal 6x6 matrices with all entries alike in size: far beyond a second."""
    U = [[z3.Real(f"u_{i}_{j}") for j in range(6)] for i in range(6)]
    solver = z3.Solver()
    for i in range(6):
        for j in range(i, 6):
            solver.add(z3.Sum([U[k][i] * U[k][j] for k in range(6)]) == int(i == j))
    solver.add(*(entry * entry * 6 == 1 for row in U for entry in row))
    return solver.to_smt2()


def test_a_query_that_takes_too_long_is_stopped():
    start = time.monotonic()
    found = solve(hard_query(), budget_s=0.5)
    assert found.answer is Sat.UNKNOWN
    assert time.monotonic() - start < 10


def child(code: str):
    return lambda memory_mb: [sys.executable, "-c", code]


@pytest.fixture(autouse=True)
def no_idle_child():
    process._stop_idle()
    yield
    process._stop_idle()


def test_a_child_is_used_again_after_an_answer_and_not_after_none():
    solve("(assert true)")
    (first,) = process._idle.values()
    solve("(assert false)")
    assert list(process._idle.values()) == [first]
    assert solve("(assert (").answer is Sat.UNKNOWN
    assert not process._idle
    assert first._process.poll() is not None
    assert solve("(assert false)").answer is Sat.UNSAT


def test_queries_do_not_see_what_came_before():
    assert solve("(declare-const x Real) (assert (< x 0)) (assert (> x 0))").answer is Sat.UNSAT
    assert solve("(declare-const x Int) (assert (> x 0))", tactics=()).answer is Sat.SAT
    assert solve("(assert (> x 0))").answer is Sat.UNKNOWN  # x is not declared here


def test_the_answer_to_another_query_is_not_believed(monkeypatch):
    code = (
        "import json, sys\n"
        "for line in sys.stdin: print(json.dumps({'id': 'other', 'answer': 'unsat', 'reason': '', "
        "'values': {}}), flush=True)"
    )
    monkeypatch.setattr(process, "_command", child(code))
    assert solve("(assert true)").answer is Sat.UNKNOWN


def test_what_the_text_prints_is_not_taken_for_an_answer():
    text = '(echo "{}") (declare-const x Real) (assert (> x 0)) (check-sat) (assert (< x 0))'
    assert solve(text).answer in (Sat.UNSAT, Sat.UNKNOWN)


def test_a_child_that_ignores_the_limit_is_killed(monkeypatch):
    monkeypatch.setattr(process, "_command", child("import time; time.sleep(60)"))
    start = time.monotonic()
    found = solve("(assert true)", budget_s=0.2)
    assert found.answer is Sat.UNKNOWN
    assert "killed" in found.reason
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("code", ["import os; os._exit(9)", "print('sat')", "1/0"])
def test_a_child_that_crashes_or_babbles_is_undecided(monkeypatch, code):
    monkeypatch.setattr(process, "_command", child(code))
    found = solve("(assert true)")
    assert found.answer is Sat.UNKNOWN
    assert "status" in found.reason


@pytest.mark.skipif(sys.platform == "win32", reason="no address-space limits there")
def test_memory_is_limited(monkeypatch):
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "from urnn_proofs.smt.child import _limit_memory\n"
        "_limit_memory(600); data = bytearray(2_000_000_000); import time; time.sleep(60)"
    )
    monkeypatch.setattr(process, "_command", child(code))
    found = solve("(assert true)")
    assert found.answer is Sat.UNKNOWN
    assert "status 1" in found.reason  # it ended by a MemoryError, it was not killed


@pytest.mark.parametrize("limits", [{"budget_s": 0}, {"budget_s": -1}, {"memory_mb": 10}])
def test_limits_out_of_range_are_refused(limits):
    with pytest.raises(InputError, match="expected"):
        solve("(assert true)", **limits)
