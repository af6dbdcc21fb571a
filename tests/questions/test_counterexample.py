"""The search for a URNN: controls that must be found, proofs that must stand, attacks on both."""

from __future__ import annotations

import math
import operator
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
import z3
from paths import ROOT
from processes import descendants, is_running
from typer.testing import CliRunner

from urnn_proofs import check, minimal_urnn, search_counterexample
from urnn_proofs.certificate import copies_certificate
from urnn_proofs.checks.exact.duplication import failing_identities
from urnn_proofs.checks.smt import queries as smt_queries
from urnn_proofs.checks.smt import runner
from urnn_proofs.checks.smt.classes import isometry_query, sequence_query
from urnn_proofs.checks.smt.independence import expansion_queries, exponent_sets, one_step_queries
from urnn_proofs.checks.smt.jet_encoding import (
    Literal,
    Query,
    between,
    constant,
    equals,
    is_one_of,
    minus,
    plus,
    positive,
    scaled,
    times,
    variable,
)
from urnn_proofs.checks.smt.memoryless import memoryless_queries
from urnn_proofs.checks.smt.process import Server
from urnn_proofs.checks.smt.queries import Reply, query_server, run_query
from urnn_proofs.checks.symbolic.jets import jet_system
from urnn_proofs.checks.symbolic.one_step import one_step_jets
from urnn_proofs.cli import app
from urnn_proofs.guesses.copies import find_lumping
from urnn_proofs.model.activation import Smooth, activation
from urnn_proofs.model.deadline import check_deadline, deadline
from urnn_proofs.model.errors import (
    DisagreementError,
    InputError,
    MissingExtraError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.verdict import Trust, Verdict
from urnn_proofs.questions.exact_urnn import copied_urnn
from urnn_proofs.questions.search.counterexample import ENCODINGS
from urnn_proofs.sweeps.tasks import check_cell

E12 = [[Q(1, 3), Q(4, 3)], [Q(-2, 3), Q(1, 3)]]
PROVED, REFUTED, UNKNOWN, ASSUMED = (
    Verdict.PROVED,
    Verdict.REFUTED,
    Verdict.UNKNOWN,
    Verdict.ASSUMED,
)


def scalar(w, phi="tanh", **parts):
    return RNN([[w]], **({"F": [[1]], "b": [Q(1, 7)], "C": [[2]], "activation": phi} | parts))


def plane(W, phi="tanh", F=((1,), (2,))):
    return RNN(W, F, [Q(1, 5), 0], [[1, 1]], [1, 2], phi)


def numbers(W):
    return [[constant(Q(x)) for x in row] for row in W]


def replies(*texts, seconds=20.0, **options):
    with query_server() as server:
        return [run_query(x, seconds=seconds, server=server, **options) for x in texts]


def answers(queries, **options):
    return [reply.answer for reply in replies(*(q.to_smt2() for q in queries), **options)]


def without(query, index):
    return replace(query, clauses=query.clauses[:index] + query.clauses[index + 1 :])


def holds_at(query, point):
    """Evaluate all clauses exactly."""

    def value(p):
        return sum(c * math.prod(point[x] ** e for x, e in term) for term, c in p.items())

    relations = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
    return all(
        any(relations[x.relation](value(x.polynomial), 0) for x in clause)
        for clause in query.clauses
    )


def without_memory(N, drop=None):
    """Ask for the rows and columns of a network without memory, nothing known about them.

    *drop* leaves out the equations of the row ``a_drop`` with earlier columns.
    """
    a, b = ([[variable(f"{x}_{j}_{l}") for l in range(N)] for j in range(N + 1)] for x in "ab")
    clauses = [
        equals(plus(*map(times, a[j], b[i])), constant(int(i == j)))
        for j in range(N + 1)
        for i in range(j + 1)
        if i == j or j != drop
    ]
    return Query(f"N = {N}", "", tuple(clauses))


# -- one query in a child process ------------------------------------------------------

HARD = without_memory(5).to_smt2()  # runs for minutes
EASY = "(declare-const x Real)(assert (= (* x x) 2.0))"
WIDE = " ".join(f"(declare-const x{i} Real)" for i in range(400_000))  # 64 MB are not enough


def test_answers_models_and_reasons():
    sat, unsat, broken = replies(
        EASY + "(assert (> x 0.0))", EASY + "(assert (> x 5.0))", "(assert"
    )
    assert (sat.answer, unsat.answer, broken.answer) == ("sat", "unsat", "unknown")
    assert sat.model["x"].startswith("1.41421356")
    assert sat.model["x"].endswith("?")
    assert "solver error" in broken.reason


def test_the_wall_clock_is_a_hard_limit():
    start = time.monotonic()
    easy, hard, again = replies(EASY, HARD, EASY, seconds=1)
    assert time.monotonic() - start < 4
    assert (easy.answer, hard.answer, again.answer) == ("sat", "unknown", "sat")
    assert hard.reason


HANGING = """
import time
{before}
def main():
    print("{hello}", flush=True)
    time.sleep(1000)
"""


@pytest.fixture
def hanging(tmp_path, monkeypatch):
    """Make servers that do not answer; what they print first is the parameter."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(name, hello="{}", before=""):
        text = HANGING.format(hello=hello, before=before)
        (tmp_path / f"{name}.py").write_text(text)
        return Server(name, grace_s=0.2)

    return make


def test_a_process_that_never_answers_is_killed(hanging):
    with hanging("never_answers") as server:
        assert run_query(EASY, seconds=1.5, server=server).reason == "time is up"
        assert server.pid is None


def test_a_process_that_never_starts_is_killed(hanging):
    start = time.monotonic()
    with hanging("never_starts", before="time.sleep(1000)") as server:
        assert "no process started" in run_query(EASY, seconds=0.5, server=server).reason
        assert server.pid is None
    assert time.monotonic() - start < 3


def test_a_process_that_says_nonsense_is_not_believed(hanging):
    with hanging("says_nonsense", hello="[]") as server:
        reply = run_query(EASY, seconds=20, server=server)
    assert (reply.answer, "its answer is not one" in reply.reason) == ("unknown", True)


def test_a_module_that_is_none_gives_the_reason():
    reply = run_query(EASY, seconds=20, server=Server("no_such_module"))
    assert (reply.answer, "No module named" in reply.reason) == ("unknown", True)


def test_a_killed_process_is_started_again():
    with query_server() as server:
        assert run_query(EASY, seconds=20, server=server).answer == "sat"
        first = server.pid
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert run_query(EASY, seconds=20, server=server).answer == "sat"
        assert server.pid not in (first, None)


def test_a_process_is_kept_only_after_a_decided_query():
    with query_server() as server:
        assert run_query(EASY, seconds=20, server=server).answer == "sat"
        first = server.pid
        assert run_query(EASY, seconds=20, server=server).answer == "sat"
        assert server.pid == first
        for text, seconds, megabytes in ((HARD, 0.5, 2048), (WIDE, 60, 64), ("(assert", 20, 2048)):
            reply = run_query(text, seconds=seconds, megabytes=megabytes, server=server)
            assert (reply.answer, server.pid) == ("unknown", None)
            assert run_query(EASY, seconds=20, server=server).answer == "sat"


def test_a_solver_ends_with_whoever_asked():
    code = (
        "import sys\n"
        "from urnn_proofs.checks.smt.queries import run_query\n"
        "print('ready', flush=True)\n"
        "run_query(sys.stdin.read(), seconds=60)\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True, cwd=ROOT
    ) as caller:
        assert caller.stdout.readline() == "ready\n"
        caller.stdin.write(HARD)
        caller.stdin.close()
        time.sleep(1.5)
        below = descendants(caller.pid)
        caller.kill()
    assert len(below) == 1
    end = time.monotonic() + 5
    while any(map(is_running, below)):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_memory_limit_gives_unknown():
    reply = run_query(WIDE, seconds=60, megabytes=64)
    assert reply.answer == "unknown"
    assert reply.seconds < 50


def test_limits_and_solvers_are_checked(monkeypatch):
    for bad in ({"seconds": 0}, {"seconds": -1}, {"seconds": 1, "megabytes": 0}):
        with pytest.raises(InputError, match="time_s is|memory_mb is 0"):
            run_query(EASY, **bad)
    with pytest.raises(InputError, match="'mathsat'"):
        run_query(EASY, seconds=1, solver="mathsat")
    monkeypatch.setattr(smt_queries, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"install urnn_proofs\[smt\]"):
        run_query(EASY, seconds=1, solver="cvc5")


# -- queries as values -----------------------------------------------------------------


def test_text_and_exact_evaluation_agree():
    x, y = variable("x"), variable("y")
    p = plus(times(x, x, y), scaled(Q(-3, 2), y), constant(Q(1, 4)))
    query = Query(
        "test",
        "nothing",
        (
            equals(p, constant(0)),
            is_one_of(x, (Q(-1, 2), 2)),
            (Literal(minus(y, x), "<="), Literal(y, "!=")),
            positive(plus(y, constant(1))),
            *between(-3, x, 3),
        ),
    )
    assert query.variables == ("x", "y")
    for x_value in (Q(-1, 2), Q(2), Q(1)):
        for y_value in (Q(1, 5), Q(-1, 10), Q(0), Q(-2)):
            fixed = (equals(x, constant(x_value)), equals(y, constant(y_value)))
            both = Query("at a point", "", (*query.clauses, *fixed))
            solver = z3.Solver()
            solver.add(*z3.parse_smt2_string(both.to_smt2()))
            held = holds_at(query, {"x": x_value, "y": y_value})
            assert (solver.check() == z3.sat) is held
    assert holds_at(query, {"x": Q(-1, 2), "y": Q(1, 5)})
    with pytest.raises(ValueError, match="relation"):
        Literal(x, ">")


# -- the independence lemma ------------------------------------------------------------


@pytest.mark.parametrize(("count", "order"), [(1, 1), (2, 3), (3, 5), (3, 6)])
def test_one_step_queries_are_unsatisfiable(count, order):
    assert set(answers(one_step_queries(one_step_jets(order), count))) == {"unsat"}


@pytest.mark.parametrize(("count", "order"), [(2, 2), (3, 4)])
def test_with_fewer_derivatives_they_are_satisfiable(count, order):
    queries = one_step_queries(one_step_jets(order), count)
    assert set(answers(queries)) == {"sat"}


def test_without_the_range_there_are_solutions():
    """The condition b > 0 (a unit that is not saturated) is needed."""
    query = one_step_queries(one_step_jets(5), 3)[0]
    ranges = [positive(variable("b1")), positive(variable("b2"))]
    free = Query("free", "", tuple(c for c in query.clauses if c not in ranges))
    assert len(free.clauses) == len(query.clauses) - 2
    assert answers([query, free]) == ["unsat", "sat"]


def test_without_distinctness_there_are_solutions():
    query = one_step_queries(one_step_jets(6), 2)[0]
    index = next(i for i, c in enumerate(query.clauses) if len(c) == 2)
    assert holds_at(without(query, index), {"u1": Q(1, 2), "b1": Q(3, 4), "c1": Q(1)})


def test_expansion_queries():
    queries = expansion_queries(5)
    assert len(queries) == len(exponent_sets(5))
    assert set(answers(queries)) == {"unsat"}
    for query in expansion_queries(3)[1:]:  # one equation fewer than unknown coefficients
        equations = [i for i, c in enumerate(query.clauses) if c[0].relation == "="]
        assert answers([without(query, equations[-1])]) == ["sat"]
    for bad in (0, 8):
        with pytest.raises(InputError, match="count"):
            expansion_queries(bad)
    with pytest.raises(InputError, match="count"):
        one_step_queries(one_step_jets(3), 4)


@pytest.mark.parametrize("count", [2, 3])
def test_the_expansion_without_its_case_analysis(count):
    """All coefficients up to e^{-6 F x} at once, ratios of the F_i left to the solver."""
    F, C, z, y = ([z3.Real(f"{x}{i}") for i in range(count)] for x in "FCzy")
    solver = z3.Then(*smt_queries.NLSAT).solver()
    solver.set("timeout", 20_000)
    solver.add(F[0] == 1, *(c != 0 for c in C), *(a > 0 for a in z))
    solver.add(*(a * b == 1 for a, b in zip(z, y)))
    for i in range(count - 1):
        solver.add(z3.Or(F[i] < F[i + 1], z3.And(F[i] == F[i + 1], z[i] < z[i + 1])))
    for k in (1, 2, 3):
        for powers in (z, y):
            solver.add(
                z3.Sum(
                    [
                        z3.If(j * F[i] == k, (-1) ** j * C[i] * powers[i] ** j, 0)
                        for i in range(count)
                        for j in range(1, k + 1)
                    ]
                )
                == 0
            )
    assert solver.check() == z3.unsat


# -- classes of equal units ------------------------------------------------------------

POSITIVE = [
    ([[1]], 1, 1),
    ([[-1]], 1, 1),
    ([[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]], 2, 2),
    (E12, 3, 3),
    ([[0, 2], [Q(1, 2), 0]], 5, 5),
]


@pytest.mark.parametrize(("W", "N", "least"), POSITIVE)
def test_sequences_exist_where_a_lumping_does(W, N, least):
    """A control that comes back unsatisfiable is a soundness bug."""
    queries = [sequence_query(numbers(W), N, k) for k in (1, 4, 16)]
    assert set(answers(queries, tactics=())) == {"sat"}
    if least > len(W):
        assert answers([sequence_query(numbers(W), least - 1, 8)], tactics=()) == ["unsat"]


@pytest.mark.parametrize(("W", "N", "least"), POSITIVE)
def test_the_sizes_of_a_lumping_satisfy_the_sequence_query(W, N, least):
    rnn = RNN(W, [[1 + i] for i in range(len(W))], [0] * len(W), [[1] * len(W)], activation="tanh")
    sizes = [copied_urnn(rnn).evidence.copies.count(i) for i in range(len(W))]
    for foreign in (0, 1, 2):  # other classes may be there as well
        point = {f"e_{k}_{i}": Q(e) for k in range(4) for i, e in enumerate(sizes)}
        point |= {f"d_{k}": Q(len(W) + foreign) for k in range(4)}
        query = sequence_query(numbers(W), least + foreign, 3)
        assert holds_at(query, point)
        assert not holds_at(query, point | {"e_2_0": Q(7)})


def test_dropped_conditions_change_the_answer():
    W = [[variable("w")]]
    side = between(-1, W[0][0], 1)
    query = sequence_query(W, 3, 5, side)
    total = [c for c in query.clauses if len(c) == 1 and "e_" in str(c) and "d_" in str(c)]
    decay = [c for c in query.clauses if "('w', 2)" in str(c)]
    assert (len(total), len(decay)) == (6, 5)
    rest = [tuple(c for c in query.clauses if c not in dropped) for dropped in (total, decay)]
    queries = [query, *(replace(query, clauses=clauses) for clauses in rest)]
    queries.append(sequence_query(W, 3, 5))  # w is free
    assert answers(queries) == ["unsat", "sat", "sat", "sat"]


def test_two_steps_are_not_enough():
    W = numbers([[Q(1, 2)]])
    assert answers([sequence_query(W, 2, 1), sequence_query(W, 2, 2)]) == ["sat", "unsat"]
    assert search_counterexample(scalar(Q(1, 2)), 2, horizon=1).verdict is UNKNOWN


@pytest.mark.parametrize("d", [2, 3])
def test_isometries(d):
    W = [[variable("w")]]
    query = isometry_query(W, d, between(-1, W[0][0], 1))
    assert answers([query]) == ["unsat"]
    equation = next(i for i, c in enumerate(query.clauses) if c[0].relation == "=")
    assert answers([without(query, equation)]) == ["sat"]
    with pytest.raises(InputError, match="more than n"):
        isometry_query(W, 1)
    with pytest.raises(InputError, match="expected >= 1"):
        sequence_query(W, 0, 1)


# -- no memory -------------------------------------------------------------------------


def test_memoryless_queries():
    raw = [without_memory(1), without_memory(2), without_memory(2, drop=2)]
    assert answers(raw) == ["unsat", "unsat", "sat"]
    queries = memoryless_queries(8)
    assert set(answers(queries)) == {"unsat"}
    last = queries[-1]
    assert answers([without(last, 0)]) == ["sat"]
    with pytest.raises(InputError, match="states is 0"):
        memoryless_queries(0)


@pytest.mark.parametrize("N", [1, 8])
def test_a_network_without_memory(N):
    result = search_counterexample(scalar(0, "logistic"), N, encodings=["memoryless"])
    assert result.verdict is PROVED
    assert result.seconds < 10
    assert search_counterexample(scalar(Q(1, 2)), 2, encodings="memoryless").verdict is UNKNOWN


# -- jets ------------------------------------------------------------------------------


def in_range(names, low, high):
    return [clause for name in names for clause in between(low, variable(name), high)]


def jets_at(w, point, N=2, horizon=3, order=3, pins=(Q(1, 2), Q(1, 3), Q(2, 5)), closed=False):
    system = jet_system(
        numbers([[w]]), [[Q(1)]], [[Q(1)]], activation("tanh").derivative,
        states=N, horizon=horizon, order=order, pinned=[[s] for s in pins[:horizon]],
    )  # fmt: skip
    clauses = [(Literal(p, "="),) for _, _, p in system.equations]
    ranges = in_range(system.values, -1, 1)
    clauses += [(Literal(c[0].polynomial, "<="),) for c in ranges] if closed else ranges
    return holds_at(Query("jets", "", tuple(clauses)), point)


def test_a_saturated_unit_would_forget():
    """In the closed range a unit stuck at 1 is a flat gate: the system has an exact solution."""
    c, s = Q(3, 5), Q(4, 5)
    point = {"U_0_0": c, "U_0_1": s, "U_1_0": s, "U_1_1": -c, "F_0_0": Q(1), "F_1_0": Q(0)}
    point |= {"C_0_0": Q(1), "C_0_1": Q(0)}
    for k, value in enumerate((Q(1, 2), Q(1, 3), Q(2, 5))):
        point |= {f"t_{k}_0": value, f"d_{k}_0": 1 - value**2, f"t_{k}_1": Q(1), f"d_{k}_1": Q(0)}
    assert jets_at(c, point, closed=True)
    assert not jets_at(c, point)
    assert not jets_at(Q(1, 2), point, closed=True)
    assert search_counterexample(scalar(c), 2).verdict is PROVED


@pytest.mark.parametrize("phi", ["tanh", "logistic"])
def test_a_true_urnn_satisfies_its_jets(phi):
    """A relaxation must not exclude what exists: the URNN with duplicated units."""
    rnn, values = plane(E12, phi), [(Q(1, 2), Q(1, 3)), (Q(2, 5), Q(3, 4)), (Q(1, 7), Q(4, 5))]
    both = copied_urnn(rnn)
    P, (low, high) = activation(phi).derivative, activation(phi).open_range
    system = jet_system(
        numbers(E12), rnn.F.to_fractions(), rnn.C.to_fractions(), P,
        states=3, horizon=3, order=2, pinned=values,
    )  # fmt: skip
    point = {f"U_{i}_{j}": both.urnn.W.R[i, j] for i in range(3) for j in range(3)}
    point |= {f"F_{i}_0": both.urnn.F[i, 0] for i in range(3)}
    point |= {f"C_0_{i}": both.urnn.C[0, i] for i in range(3)}
    for k, i in ((k, i) for k in range(3) for i in range(3)):
        value = values[k][both.evidence.copies[i]]
        point |= {f"t_{k}_{i}": value, f"d_{k}_{i}": sum(c * value**e for e, c in enumerate(P))}
    clauses = [(Literal(p, "="),) for _, _, p in system.equations]
    query = Query("jets", "", (*clauses, *in_range(system.values, low, high)))
    assert holds_at(query, point)
    assert not holds_at(query, point | {"U_0_0": point["U_0_0"] + Q(1, 10**6)})


def test_two_time_steps_have_an_exact_solution():
    """``F = (1, 1)``, ``C = (1, 0)`` and a rotation with ``U00 + U01 = w``."""
    c, s = Q(4, 5), Q(3, 5)
    point = {"U_0_0": c, "U_0_1": -s, "U_1_0": s, "U_1_1": c, "F_0_0": Q(1), "F_1_0": Q(1)}
    point |= {"C_0_0": Q(1), "C_0_1": Q(0)}
    values = {(0, 0): Q(1, 2), (0, 1): Q(1, 2), (1, 0): Q(1, 3), (1, 1): Q(1, 7)}
    values |= {(2, 0): Q(2, 5), (2, 1): Q(1, 9)}
    for (k, i), value in values.items():
        point |= {f"t_{k}_{i}": value, f"d_{k}_{i}": 1 - value**2}
    assert jets_at(Q(1, 5), point, horizon=2, order=4)
    assert not jets_at(Q(1, 5), point, horizon=3, order=1)


@pytest.mark.parametrize("phi", ["tanh", "logistic"])
def test_one_state_by_jets_alone(phi):
    for w in (Q(1, 2), Q(0)):
        result = search_counterexample(scalar(w, phi), 1, encodings=["jets"])
        assert result.verdict is PROVED
        assert [a.answer for a in result.trace if a.solver == "z3"][-1] == "unsat"
    assert search_counterexample(None, 1, activation=phi, encodings=["jets"]).verdict is PROVED


def test_jets_of_one_step_decide_nothing():
    result = search_counterexample(scalar(Q(1, 2)), 1, encodings=["jets"], horizon=1, order=2)
    assert result.verdict is UNKNOWN
    assert [a.answer for a in result.trace if a.solver == "z3"] == ["sat"]
    assert "raise budget_s, horizon or order" in result.advice


def test_candidates_bring_in_the_equations_they_violate():
    rnn = plane([[Q(1, 2), 0], [0, Q(1, 3)]], F=((1, 0), (0, 1)))
    result = search_counterexample(rnn, 1, encodings=["jets"], horizon=1, order=2)
    counts = [int(a.name.split()[-2]) for a in result.trace if a.solver == "z3"]
    assert result.verdict is PROVED
    assert [a.answer for a in result.trace if a.solver == "z3"] == ["sat", "unsat"]
    assert counts[0] < counts[1]


# -- the search ------------------------------------------------------------------------

IMPOSSIBLE = [
    (scalar(Q(1, 2)), 1, "jets", PROVED),
    (scalar(Q(1, 2)), 2, "classes", PROVED),
    (scalar(Q(1, 2)), 3, "classes", PROVED),
    (scalar(Q(1, 2)), 6, "partition", ASSUMED),
    (scalar(Q(-1, 2), "logistic"), 1, "jets", PROVED),
    (scalar(Q(-1, 2), "logistic"), 2, "classes", PROVED),
    (scalar(1 - Q(1, 10**9)), 2, "classes", PROVED),
    (scalar(2), 2, "classes", PROVED),  # not contractive, and yet none
    (scalar(0), 2, "memoryless", PROVED),
    (plane(E12), 2, "classes", PROVED),  # three states are needed
    (plane([[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(1, 2)]]), 1, "classes", PROVED),
    (plane([[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(1, 2)]]), 3, "classes", PROVED),
    (plane([[0, Q(1, 2)], [0, 0]]), 3, "classes", PROVED),
    (plane([[0, Q(1, 2)], [0, 0]]), 4, "partition", ASSUMED),
    (plane([[0, Q(1, 2)], [0, 0]], F=((1, 0), (1, 1))), 4, "classes", PROVED),
]


@pytest.mark.parametrize(("rnn", "N", "encoding", "verdict"), IMPOSSIBLE)
def test_no_urnn(rnn, N, encoding, verdict):
    result = search_counterexample(rnn, N)
    assert (result.verdict, result.encoding, result.network) == (verdict, encoding, None)
    assert result.trust is (Trust.WORDS if encoding == "partition" else Trust.SMT)
    assert result.facts
    assert bool(result.assumptions) is (verdict is ASSUMED)
    assert result.report.verdict is verdict
    assert f"N = {N}" in result.scope
    assert result.seconds < 20


def test_the_lemma_on_affine_units_has_no_limit():
    """n + N = 9 units: more than determinants manage; Descartes' rule is named as used."""
    W = [[Q(int(i == j), i + 2) for j in range(4)] for i in range(4)]
    rnn = RNN(W, [[i + 1] for i in range(4)], [0] * 4, [[1] * 4], activation="tanh")
    result = search_counterexample(rnn, 5)
    assert (result.verdict, result.encoding) == (PROVED, "classes")
    assert any("Descartes" in fact for fact in result.facts)
    small = search_counterexample(scalar(Q(1, 2)), 2)
    assert not any("Descartes" in fact for fact in small.facts)


@pytest.mark.parametrize("N", [1, 2, 3, 6])
def test_all_scalar_networks_at_once(N):
    result = search_counterexample(None, N, activation="logistic" if N % 2 else "tanh")
    assert result.verdict is (PROVED if N <= 3 else ASSUMED)
    assert "|w| < 1" in result.scope
    assert result.seconds < 20


POSITIVE_NETWORKS = [
    (scalar(1), 1, 1),
    (scalar(-1, "logistic"), 1, 1),
    (scalar(1), 4, 1),
    (plane(E12), 3, 3),
    (plane(E12, "logistic"), 5, 3),
    (plane([[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]]), 2, 2),
    (plane([[0, 2], [Q(1, 2), 0]]), 5, 5),
]


@pytest.mark.parametrize(("rnn", "N", "size"), POSITIVE_NETWORKS)
def test_positive_controls_come_back_confirmed(rnn, N, size):
    result = search_counterexample(rnn, N)
    assert (result.verdict, result.trust) == (REFUTED, Trust.EXACT)
    assert result.network.states == size
    assert result.confirmation.rnn is rnn
    assert result.confirmation.verify().verdict is Verdict.PROVED
    x = np.random.default_rng(1).normal(size=(30, 1))
    assert np.allclose(result.network.run(x), rnn.run(x), atol=1e-9)


@pytest.mark.parametrize(("rnn", "N", "size"), POSITIVE_NETWORKS[:4])
def test_no_encoding_denies_a_positive_control(rnn, N, size):
    """Each encoding on its own: "none" would be a soundness bug."""
    for encoding in ("classes", "partition"):
        result = search_counterexample(rnn, N, encodings=[encoding], horizon=8, budget_s=20)
        # Only the exact confirmation may decide.
        assert (result.verdict, result.encoding) == (REFUTED, "lumping")
    if N == 1:
        result = search_counterexample(rnn, N, encodings=["jets"])
        assert (result.verdict, result.encoding) == (REFUTED, "lumping")
        assert {a.answer for a in result.trace if a.solver == "z3"} == {"sat"}


def test_relu():
    net = scalar(Q(3, 5), "relu")
    none = search_counterexample(net, 1, input_bound=1)
    assert (none.verdict, none.encoding, none.trust) == (PROVED, "lower bound", Trust.EXACT)
    assert "||x^k|| <= 1" in none.scope
    assert check(none.certificate) is PROVED
    found = search_counterexample(net, 2, input_bound=1)
    assert (found.verdict, found.encoding) == (REFUTED, "construction")
    assert found.network.states == 2
    x = np.random.default_rng(2).uniform(-1, 1, size=(40, 1))
    assert np.allclose(found.network.run(x), net.run(x))
    silent = RNN([[Q(1, 2)]], [[1]], [-100], [[1]])  # never active: one state does it
    assert search_counterexample(silent, 1, input_bound=1).verdict is UNKNOWN
    assert search_counterexample(scalar(1, "relu"), 1, input_bound=1).verdict is REFUTED


def test_relu_answers_agree_with_the_fewest_states():
    """Below the lower bound there is none, from what was built on there is one."""
    half = [[0, Q(1, 2), 0], [0, 0, Q(1, 2)], [0, 0, 0]]
    eye = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    for W in (half, [[Q(1, 2), Q(1, 3), 0], [0, Q(1, 2), 0], [0, 0, Q(2, 5)]]):
        rnn = RNN(W, eye, [0, 0, 0], eye)
        known = minimal_urnn(rnn, 1)
        for N in range(1, 8):
            verdict = search_counterexample(rnn, N, input_bound=1).verdict
            expected = PROVED if N < known.proved_at_least else UNKNOWN
            assert verdict is (REFUTED if N >= known.at_most else expected), N


def test_a_lumping_that_is_too_large_is_not_built():
    """Its least multiplicities are 1 and 10^12."""
    big = 10**6
    rnn = plane([[0, big], [Q(1, big), 0]])
    result = search_counterexample(rnn, 3, budget_s=5, encodings=["lumping"])
    assert result.verdict is UNKNOWN
    assert "1000000000001 states" in result.trace[0].detail


def crowd(n, phi, seed=1):
    """A dense network with n states and inputs, ||W|| < 1."""
    rng = np.random.default_rng(seed)

    def table(rows, columns, share=1):
        return [
            [Q(int(x), 1000 * share) for x in row]
            for row in rng.integers(-999, 999, (rows, columns))
        ]

    return RNN(table(n, n, n), table(n, n), [0] * n, table(1, n), activation=phi)


@pytest.mark.parametrize(("n", "N"), [(1, 6), (5, 1), (10, 10), (20, 20), (40, 1), (40, 40)])
def test_the_budget_of_a_search_holds(n, N):
    """Half as much again is promised; the rest is for machines that do other things as well."""
    start = time.monotonic()
    result = search_counterexample(crowd(n, "tanh"), N, budget_s=2)
    assert time.monotonic() - start < 5
    assert result.verdict in (PROVED, ASSUMED, UNKNOWN)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_budget_holds_for_every_encoding(encoding):
    """A network with an activation of its own, for which nothing is known to be short."""
    phi = "relu" if encoding in ("lower bound", "construction") else doubled_tanh()
    start = time.monotonic()
    search_counterexample(
        crowd(30, phi), 30, budget_s=1, input_bound=1, encodings=[encoding], order=6
    )
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("encoding", ["lumping", "lower bound", "construction"])
@pytest.mark.parametrize(("n", "bits"), [(40, 400), (20, 3000)])
def test_the_budget_holds_for_long_numbers(n, bits, encoding):
    """What is exact takes as long as its numbers are."""
    rng = np.random.default_rng(n)
    rows = [
        [Q(int.from_bytes(rng.bytes(bits // 8), "big"), 2**bits) / n for _ in range(n)]
        for _ in "W" * n
    ]
    rnn = RNN(rows, [[1]] * n, [0] * n, [[1] * n])
    start = time.monotonic()
    search_counterexample(rnn, n, budget_s=1, input_bound=1, encodings=[encoding])
    assert time.monotonic() - start < 4


def test_work_that_is_out_of_time_is_undecided():
    with deadline(time.monotonic() - 1):
        with deadline(time.monotonic() + 60), pytest.raises(UndecidedError, match="time is up"):
            check_deadline()  # a later deadline inside does not move the outer one
        for work in (
            lambda: sequence_query(numbers(E12), 3, 2),
            lambda: Query("q", "", (equals(variable("x"), constant(1)),)).to_smt2(),
            lambda: one_step_jets(3),
            lambda: find_lumping(scalar(Q(1, 2)).W),
        ):
            with pytest.raises(UndecidedError, match="time is up"):
                work()
    check_deadline()


def doubled_tanh():
    """``phi = 2 tanh``, ``phi' = 2 - phi^2 / 2``: given by its derivative alone."""
    return Smooth(
        "double_tanh", lambda z: 2 * np.tanh(z), Q(2),
        derivative=(Q(2), Q(0), Q(-1, 2)), open_range=(Q(-2), Q(2)),
    )  # fmt: skip


def test_a_network_that_never_fires_has_a_urnn_with_one_state():
    """phi((h - 1000) / 2 + x) with |x| <= 1, written with the bias b - W c = -500: always 0."""
    silent = RNN([[Q(1, 2)]], [[1]], [-500], [[1]])
    assert silent.run_exact([[1], [1]]) == [[0], [0]]
    assert search_counterexample(silent, 1, input_bound=1).verdict is UNKNOWN
    written = {"W": [["1/2"]], "F": [["1"]], "b": ["0"], "C": [["1"]], "offset": ["1000"]}
    cell = {"network": written, "states": 1, "input_bound": 1}
    with pytest.raises(InputError, match="write b - W c for b"):
        check_cell("search", cell, "cell 0")


def test_what_is_found_has_the_outputs_of_the_network_as_it_is_written():
    """tanh(h - 1 + x): 1 on the diagonal and the bias -1."""
    net = RNN([[1]], [[1]], [-1], [[1]], activation="tanh")
    x = [[Q(1, 2)]] * 4
    both, found = copied_urnn(net), search_counterexample(net, 1)
    assert found.verdict is REFUTED
    assert check(found.certificate) is PROVED
    for urnn in (both.urnn, found.network):
        assert urnn.run(x).tolist() == net.run(x).tolist()
        shifted = urnn.replace(offset=[1])
        assert shifted.run(x).tolist() != net.run(x).tolist()
        assert failing_identities(net, shifted, (0,)) == ("the URNN has no offset",)
        assert check(copies_certificate(net, shifted, (0,))) is REFUTED


def test_networks_that_are_not_reduced():
    apart = plane([[Q(1, 2), Q(1, 4)], [0, Q(1, 2)]], F=((1,), (-1,)))
    result = search_counterexample(apart, 2, encodings=["classes", "partition"])
    assert result.verdict is UNKNOWN
    assert "rows 0 and 1 of F are equal up to sign" in result.advice


def test_idle_units_are_left_out_first():
    """Opposite units are one; what no output sees, and what nothing wakes, is none."""
    twice = RNN([[Q(1, 2), 0], [0, Q(1, 2)]], [[1], [-1]], [0, 0], [[1, 2]], activation="tanh")
    result = search_counterexample(twice, 2)
    assert result.verdict is PROVED
    assert result.certificate is None
    assert result.trace[0].encoding == "merging"
    with_one = search_counterexample(scalar(Q(1, 2)), 2)
    assert result.encoding == with_one.encoding
    off = Q(1, 4)
    unseen, silent = (([[1], [2]], [[0, 0]], off), ([[0], [0]], [[1, 1]], off))
    for F, C, w in (unseen, silent, ([[1], [-1]], [[1, 1]], 0)):  # the last two cancel: y = 0
        idle = RNN([[Q(1, 2), w], [0, Q(1, 2)]], F, [0, 0], C, activation="tanh")
        result = search_counterexample(idle, 1)
        assert (result.verdict, result.trust, result.network.states) == (REFUTED, Trust.EXACT, 1)
        assert result.network.run([[1.0], [2.0]]).tolist() == [[0.0], [0.0]]
        assert result.confirmation.network is idle
        assert result.confirmation.found.verify().verdict is PROVED
        assert result.certificate is None  # it would be one of the smaller network
        assert result.seconds < 5


def test_undecided_queries_are_kept(tmp_path):
    result = search_counterexample(scalar(Q(1, 2)), 2, encodings=["jets"], budget_s=2)
    assert result.verdict is UNKNOWN
    assert result.seconds < 5
    assert result.queries
    paths = result.save_queries(tmp_path)
    assert len(paths) == len(result.queries)
    for path in paths:
        solver = z3.Solver()
        solver.from_string(path.read_text())
        assert len(solver.assertions()) > 5
    assert "jets" in result.advice
    with pytest.raises(InputError, match="not a folder"):
        result.save_queries(tmp_path / "absent")
    decided = search_counterexample(scalar(Q(1, 2)), 2)
    assert decided.queries == ()
    assert len(decided.save_queries(tmp_path, undecided=False)) >= 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": 0}, "states is 0"),
        ({"states": True}, "states is True"),
        ({"states": 2.0}, "states is 2.0"),
        ({"budget_s": 0}, "budget_s is 0"),
        ({"budget_s": -1}, "budget_s is -1"),
        ({"budget_s": float("nan")}, "budget_s is nan"),
        ({"horizon": 0}, "horizon is 0"),
        ({"order": -1}, "order is -1"),
        ({"encodings": ["guess"]}, "expected some of lower bound, lumping"),
        ({"encodings": []}, "expected some of lower bound, lumping"),
        ({"megabytes": 0}, "megabytes is 0"),
        ({"input_bound": 0}, "input_bound is 0"),
        ({"megabytes": 63}, "megabytes is 63"),
        ({"network": "net"}, "is a str; expected an urnn_proofs.RNN"),
        ({"network": scalar(Q(1, 2), "relu")}, "input_bound is missing"),
        ({"activation": "tanh"}, "the network has its own"),
        ({"network": None, "activation": 3}, "activation is"),
    ],
)
def test_bad_input(change, message):
    with pytest.raises(InputError, match=message):
        search_counterexample(**({"network": scalar(Q(1, 2)), "states": 1} | change))


def test_what_is_not_covered():
    with pytest.raises(UnsupportedError, match="is a URNN already"):
        search_counterexample(URNN([[1]], [[1]], [0], [[1]], activation="tanh"), 1)
    with pytest.raises(UnsupportedError, match="'softplus' has no derivative as a polynomial"):
        search_counterexample(scalar(Q(1, 2), "softplus"), 1)
    with pytest.raises(UnsupportedError, match="'relu'"):
        search_counterexample(None, 1, activation="relu")
    with pytest.raises(InputError, match="activation is 'cos'"):
        search_counterexample(None, 1, activation="cos")


def test_answers_are_announced_in_words():
    found = search_counterexample(plane(E12), 5)
    assert found.answer == "there is a URNN with 3 states that has these outputs, confirmed exactly"
    assert str(found).startswith(f"FOUND  {found.answer}")
    assert str(replace(found, scope="another")).startswith("UNKNOWN  undecided")
    assert found.report.title == found.answer
    assert (found.report.verdict, found.claim[:2]) == (REFUTED, "no")
    none = search_counterexample(plane(E12), 2)
    assert none.answer == f"there is none: {none.claim}"
    assert none.claim == "no tanh URNN with at most 2 states has the outputs of this network"
    shown = CliRunner().invoke(app, ["search", "--states", "1", "--w", "1"]).output
    assert shown.startswith("FOUND  there is a URNN with 1 state that has these outputs")
    assert "no tanh URNN" not in shown


def test_results_have_no_truth_value():
    result = search_counterexample(scalar(1), 1)
    with pytest.raises(TypeError, match="no truth value"):
        bool(result)
    assert "lumping" in str(result.report)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_the_search_and_keeps_the_trace():
    code = (
        "from fractions import Fraction as Q\n"
        "from urnn_proofs import RNN, search_counterexample\n"
        "rnn = RNN([[Q(1, 2)]], [[1]], [0], [[1]], activation='tanh')\n"
        "print('ready', flush=True)\n"
        "r = search_counterexample(rnn, 2, encodings=['jets'], budget_s=60)\n"
        "print(r.verdict, r.interrupted, len(r.trace), len(r.queries))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as child:
        assert child.stdout.readline() == "ready\n"
        time.sleep(1.5)
        below = descendants(child.pid)
        child.send_signal(signal.SIGINT)
        start = time.monotonic()
        text, _ = child.communicate(timeout=20)
        assert time.monotonic() - start < 2
    assert len(below) == 1
    assert not any(is_running(pid) for pid in below)
    verdict, interrupted, tried, kept = text.split()
    assert (verdict, interrupted) == ("UNKNOWN", "True")
    assert int(tried) >= int(kept) >= 1


# -- the second opinion ----------------------------------------------------------------


def test_cvc5_agrees():
    pytest.importorskip("cvc5", reason="extra smt")
    for result in (
        search_counterexample(None, 1, second_opinion=True),
        search_counterexample(plane(E12), 2, encodings=["partition"], second_opinion=True),
        search_counterexample(scalar(0), 3, second_opinion=True),
    ):
        assert result.verdict in (PROVED, ASSUMED)
        by_z3 = [a.answer for a in result.trace if a.solver == "z3"]
        assert [a.answer for a in result.trace if a.solver == "cvc5"] == by_z3
    assert set(answers(expansion_queries(3), solver="cvc5")) == {"unsat"}


@pytest.mark.parametrize("lie", ["sat", "unsat"])
def test_a_disagreement_is_an_error(monkeypatch, lie):
    def lying(text, *, solver="z3", **rest):
        return Reply(lie) if solver == "cvc5" else run_query(text, solver=solver, **rest)

    monkeypatch.setattr(runner, "run_query", lying)
    monkeypatch.setattr(
        "urnn_proofs.questions.search.counterexample.require_solver", lambda name: None
    )
    with pytest.raises(DisagreementError, match="one of them is wrong"):
        search_counterexample(scalar(Q(1, 2)), 2, encodings="partition", second_opinion=True)


def test_without_cvc5_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(smt_queries, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"urnn_proofs\[smt\]"):
        search_counterexample(scalar(Q(1, 2)), 1, second_opinion=True)


def test_what_is_found_is_certified_by_the_kernel():
    duplicated = plane(E12, F=((1,), (2,)))
    for rnn, states, bound in ((duplicated, 3, None), (scalar(Q(1, 2), "relu"), 2, 1)):
        result = search_counterexample(rnn, states, input_bound=bound)
        assert result.verdict is REFUTED
        assert check(result.certificate) is PROVED
    assert search_counterexample(scalar(Q(1, 2)), 1).certificate is None


@pytest.mark.parametrize("N", [1, 3, 6])
def test_memoryless_contradictions_are_certified_by_the_kernel(N):
    result = search_counterexample(scalar(0), N)
    assert (result.verdict, result.encoding) == (PROVED, "memoryless")
    assert check(result.certificate) is PROVED


def test_the_command_writes_the_certificate(tmp_path):
    file = tmp_path / "c.json"
    arguments = ["search", "--states", "1", "--w", "1", "--certificate", str(file)]
    assert CliRunner().invoke(app, arguments).exit_code == 1  # REFUTED: there is one
    assert check(file) is PROVED


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--states", "2", "--w", "1/2"], 0),
        (["--states", "2"], 0),
        (["--states", "6", "--w", "1/2"], 3),  # modulo the independence lemma: ASSUMED
        (["--states", "0", "--w", "1/2"], 2),
        (["--states", "2", "--w", "1/2", "--budget", "0"], 2),
        (["--states", "2", "--w", "x"], 2),
        (["--states", "2", "--w", "1/2", "--activation", "swish"], 2),
        (["--states", "2", "--w", "1/2", "--network", "x.json"], 2),
        (["--states", "1", "--w", "1/2", "--activation", "relu"], 2),  # no input bound
        (["--states", "1", "--w", "1/2", "--activation", "relu", "--input-bound", "1"], 0),
    ],
)
def test_the_command(arguments, code):
    result = CliRunner().invoke(app, ["search", *arguments])
    assert result.exit_code == code, result.output


@pytest.mark.parametrize("phi", ["tanh", "logistic"])
@pytest.mark.parametrize("states", [1, 2, 5])
def test_outputs_that_no_input_changes_are_undecided_at_once(phi, states):
    """F = 0: outputs are one sequence, and every method here is about how outputs change."""
    rnn = RNN(W=[[0.5]], F=[[0]], b=[0.25], C=[[1]], activation=phi)
    found = search_counterexample(rnn, states)
    assert found.verdict is Verdict.UNKNOWN
    assert found.seconds < 2
    assert "F = 0" in found.advice
    assert "no budget helps" in found.advice
