"""Searches for URNNs of smooth networks: what is decided, by which encoding, in what time."""

from __future__ import annotations

from fractions import Fraction

import pytest

from urnn_proofs import RNN, Verdict, search_counterexample, search_scalar

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
        return search_scalar(N, activation=phi)

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
