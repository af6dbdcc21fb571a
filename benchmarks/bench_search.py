"""Searches for URNNs of smooth networks: what is decided, by which encoding, in what time."""

from __future__ import annotations

from fractions import Fraction

import pytest

from urnn_proofs import RNN, Verdict, search_counterexample
from urnn_proofs.checks.smt.queries import query_server, run_query

HALF = Fraction(1, 2)
PROVED, ASSUMED = Verdict.PROVED, Verdict.ASSUMED


def scalar(w, phi):
    return RNN([[w]], [[1]], [0], [[1]], activation=phi)


@pytest.mark.parametrize("phi", ["tanh", "logistic"])
@pytest.mark.parametrize(
    ("N", "verdict", "goal"),
    [(1, PROVED, "< 1"), (2, PROVED, "< 20"), (3, PROVED, ""), (6, ASSUMED, "< 10")],
)
def test_scalar_networks(N, verdict, goal, phi, side_by_side, benchmark):
    def fixed():
        return search_counterexample(scalar(Fraction(1, 2), phi), N)

    def symbolic():
        return search_counterexample(None, N, activation=phi)

    for name, work in (("w = 1/2", fixed), ("all |w| < 1", symbolic)):
        results = [work() for _ in range(2)]
        assert {r.verdict for r in results} == {verdict}
        best = min(r.seconds for r in results)
        what = f"(i) no URNN, {phi}, {name}, {results[0].encoding}, seconds"
        side_by_side.record(what, f"N = {N}", best, goal)
    benchmark.pedantic(symbolic, rounds=1)


@pytest.mark.parametrize("N", [1, 3, 8])
def test_without_memory(N, side_by_side, benchmark):
    net = scalar(0, "tanh")
    result = benchmark.pedantic(lambda: search_counterexample(net, N), rounds=1)
    assert (result.verdict, result.encoding) == (PROVED, "memoryless")
    side_by_side.record(
        "(j) no URNN, w = 0, memoryless, seconds", f"N = {N}", result.seconds, "< 10"
    )


_SECONDS = 20.0
_TRIVIAL = "(declare-const x Real)(assert (> x 0))"  # the first query pays for the import


def decided_queries(result):
    """The distinct queries a search asked, as SMT-LIB 2 text."""
    return list(dict.fromkeys(a.smt2 for a in result.trace if a.smt2))


def _solving_time(texts, solver):
    with query_server() as server:
        replies = [
            run_query(text, seconds=_SECONDS, solver=solver, server=server)
            for text in (_TRIVIAL, *texts)
        ]
    return sum(reply.seconds for reply in replies[1:])


@pytest.mark.parametrize(
    ("name", "search"),
    [
        ("jets, tanh, w = 1/2, N = 1", lambda: search_counterexample(scalar(HALF, "tanh"), 1)),
        ("classes, tanh, w = 1/2, N = 2", lambda: search_counterexample(scalar(HALF, "tanh"), 2)),
        ("classes, logistic, N = 2", lambda: search_counterexample(scalar(HALF, "logistic"), 2)),
        ("memoryless, N = 3", lambda: search_counterexample(scalar(0, "tanh"), 3)),
    ],
)
def test_t_z3_against_cvc5(name, search, side_by_side, benchmark):
    """Both solvers on the same texts, in the same kind of child process, start-up left out."""
    pytest.importorskip("cvc5")
    texts = decided_queries(search())
    assert texts

    def ask(solver):
        return [run_query(text, seconds=_SECONDS, solver=solver) for text in texts]

    answers = {solver: [x.answer for x in ask(solver)] for solver in ("z3", "cvc5")}
    assert all({"sat", "unsat"} - {a, b} for a, b in zip(*answers.values(), strict=True))
    both = [
        text for text, a, b in zip(texts, *answers.values(), strict=True) if "unknown" not in (a, b)
    ]
    for solver, found in answers.items():
        share = 1 - found.count("unknown") / len(found)
        what = f"(t) decided by {solver} within {_SECONDS:.0f} s, share"
        side_by_side.record(what, f"{name}: {len(texts)} queries", share)
    if both:
        seconds = {solver: min(_solving_time(both, solver) for _ in range(2)) for solver in answers}
        size = f"{name}: {len(both)} queries"
        side_by_side.record("(t) cvc5 / Z3, time", size, seconds["cvc5"] / seconds["z3"])
    benchmark.pedantic(ask, ("z3",), rounds=1)
