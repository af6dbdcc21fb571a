"""Float bounds over what is seen: in engines as they are, and in orders as bad as can be found.

``python -m pytest benchmarks/bench_float_order.py --benchmark-only`` gives all its rows.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from bench_float import CASES, network
from orders import ORDERS, run_in_order, worst_output
from worst_case import forward, worst_difference

from urnn_proofs import StoredNetwork, Verdict, equivalent_urnn
from urnn_proofs.formats.rounding import rounded
from urnn_proofs.samples.signals import sample_signals

SIZES = {
    "digits, n = 16": CASES["digits, n = 16"],
    **{f"random, n = {n}": (lambda n=n: network(n), 1) for n in (4, 8, 16, 32, 64)},
}
STEPS = 64


def largest_state(net, inputs):
    """Return the largest state seen, gradient ascent on its size included."""
    M = np.linalg.norm(inputs, axis=-1).max()
    x, most = inputs[:, :32], 0.0
    for _ in range(20):
        run = forward(net, x)
        most = max(most, float(np.linalg.norm(run.states, axis=-1).max()))
        states = np.zeros_like(run.states)
        states[-1] = run.states[-1]
        gradient = run.pull_back(np.zeros_like(run.outputs), states)
        lengths = np.linalg.norm(gradient, axis=-1, keepdims=True)
        x = M * np.divide(gradient, lengths, out=x / M, where=lengths > 0)
    return most


@pytest.mark.parametrize("name", SIZES)
def test_x_bounds_over_seen(name, side_by_side, benchmark):
    make, M = SIZES[name]
    source = rounded(StoredNetwork.of(make()), "float32")
    found = benchmark.pedantic(equivalent_urnn, (source, M), {"dtype": "float32"}, rounds=1)
    assert found.report.verdict is Verdict.PROVED
    upper = found.floats.layers[0].upper
    net, bound = upper.stored, float(found.error.recursion)
    wide, limit = net.astype("float64"), M * (1 - 1e-6)
    searched = worst_difference(net, wide, limit, steps=STEPS)
    kinds = list(sample_signals(STEPS, net.inputs, limit, 0).values())
    x = np.concatenate([searched.inputs[:, None], *kinds], axis=1).astype(np.float32)
    exact, along = wide.run(x.astype(np.float64)), found.error_along(x)
    assert (along <= 2 * bound).all()

    def worst(y):
        gaps = np.linalg.norm(y.astype(np.float64) - exact, axis=-1)
        assert (gaps <= along).all()
        return gaps.max(axis=0)

    blas = worst(net.run(x))
    orders = np.max([blas, *(worst(run_in_order(net, x, order)) for order in ORDERS)], axis=0)
    rng = np.random.default_rng(0)
    directions = np.vstack([np.eye(net.outputs), rng.choice([-1.0, 1.0], (2, net.outputs))])[:6]
    pushed = []  # the inputs that are worst in those orders, and how far roundings can be pushed
    for i in np.argsort(-orders)[:4]:
        for last in (STEPS // 2, STEPS):
            gap = worst_output(net, x[:last, i], directions)
            assert gap <= along[last - 1, i]
            pushed.append((gap, along[last - 1, i] / gap, gap / blas[i]))
    most, most_along, factor = max(pushed)

    def record(what, value, goal=""):
        side_by_side.record(what, name, float(value), goal)

    largest = largest_state(wide, x.astype(np.float64))
    record("(x) state bound H / largest state seen", upper.state_bound / Fraction(largest), "<= 3")
    for what, gaps in (("BLAS", blas), ("four orders", orders)):
        top = max(searched.difference, gaps.max())
        record(f"(y) bound / seen with {what}, all inputs", bound / top, "<= 100")
    record("(y) bound / worst order found, all inputs", bound / max(most, top), "<= 100")
    for what, gaps in (("BLAS", blas), ("four orders", orders)):
        ratio = along[:, np.argmax(gaps)].max() / gaps.max()
        record(f"(z) bound / seen with {what}, along that input", ratio, "<= 20")
    record("(z) bound / worst order found, along that input", most_along, "<= 20")
    record("(z) worst order found / BLAS, the same input", factor)
