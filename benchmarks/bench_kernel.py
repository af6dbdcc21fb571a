"""The independent kernel in pure Python, and the proof for all n."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from bench_exact import float_weights

from urnn_proofs import RNN, Verdict, check, equivalent_urnn

_ALL_N = "from urnn_proofs import verify_construction; print(verify_construction(None).verdict)"


@pytest.mark.parametrize("n", [8, 16])
def test_kernel_on_float64_weights(n, side_by_side, benchmark):
    W = float_weights(n)
    net = RNN(W, np.ones((n, 1)), np.full(n, 0.1), np.ones((1, n)))
    both = equivalent_urnn(net, 1)
    certificate = both.certificate
    assert benchmark.pedantic(check, (certificate,), rounds=2) is Verdict.PROVED
    goal = "<= 10" if n == 16 else ""
    name = "(f) kernel check of one certificate, seconds"
    side_by_side.record(name, f"n = {n}", benchmark.stats.stats.min, goal)
    side_by_side(
        "(g) kernel (Fractions) / exact engine (FLINT)",
        f"n = {n}",
        lambda: check(certificate),
        both.verify,
    )


def test_all_n_from_a_cold_start(side_by_side, benchmark):
    def run():
        return subprocess.run(
            [sys.executable, "-c", _ALL_N], capture_output=True, text=True, check=True
        )

    assert benchmark.pedantic(run, rounds=2).stdout.strip() == "PROVED"
    elapsed = benchmark.stats.stats.min
    side_by_side.record(
        "(h) verify_construction(None), cold start, seconds", "all n", elapsed, "< 3"
    )
