"""Floating-point bounds: how fast, and how far above what a search for bad inputs finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from worst_case import worst_difference

from urnn_proofs import (
    RNN,
    Equivalence,
    StoredNetwork,
    Verdict,
    equivalent_urnn,
    load,
    save,
    to_torch,
)
from urnn_proofs.checks.numeric.ball_norms import BallNorms
from urnn_proofs.checks.numeric.fast_norms import NumpyNorms
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.formats.rounding import rounded
from urnn_proofs.samples.signals import sample_signals

ROOT = Path(__file__).parent.parent


def contraction(n: int, seed: int = 0) -> np.ndarray:
    W = np.random.default_rng(seed).standard_normal((n, n))
    return W * (0.9 / np.linalg.norm(W, 2))


def network(n: int) -> RNN:
    rng = np.random.default_rng(1)
    F, b, C = rng.standard_normal((n, 2)), rng.standard_normal(n), rng.standard_normal((2, n))
    return RNN(contraction(n), F / np.sqrt(n), b / np.sqrt(n), C / np.sqrt(n))


def orthogonal(n: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(0).standard_normal((n, n)))[0]


@pytest.mark.parametrize("n", [512, 1024, 2048])
def test_i_norms_from_numpy(n, side_by_side, benchmark):
    """Seconds; the peer is the one product that cannot be avoided."""
    U, W, norms = orthogonal(n), contraction(n), NumpyNorms()
    found = benchmark.pedantic(norms.defect, (U,), rounds=3)
    assert float(found) < n * 1e-15
    name = "(k) NumPy bound of ||U^T U - I||, seconds"
    side_by_side.record(name, f"n = {n}", benchmark.stats.stats.min, "about 1" if n == 2048 else "")
    side_by_side(
        "(l) NumPy bound of ||U^T U - I|| / the product U^T U",
        f"n = {n}",
        lambda: norms.defect(U),
        lambda: U.T @ U,
    )
    side_by_side(
        "(m) NumPy bound of ||W|| / the product W^T W",
        f"n = {n}",
        lambda: norms.spectral(W),
        lambda: W.T @ W,
    )


@pytest.mark.parametrize("n", [64, 256])
def test_l_ball_arithmetic_against_numpy(n, side_by_side, benchmark):
    U, ball, fast = orthogonal(n), BallNorms(), NumpyNorms()
    benchmark.pedantic(ball.defect, (U,), rounds=1)
    name = "(n) Arb / NumPy, time of the bound of ||U^T U - I||"
    side_by_side(name, f"n = {n}", lambda: ball.defect(U), lambda: fast.defect(U))
    name = "(o) NumPy bound of ||U^T U - I|| / Arb's"
    side_by_side.record(name, f"n = {n}", float(fast.defect(U) / ball.defect(U)))


def in_floats(rnn: RNN, M: float, dtype: str = "float64") -> Equivalence:
    found = equivalent_urnn(rnn, M, dtype=dtype, exact=False)
    assert found.report.verdict is Verdict.PROVED
    return found


def test_n_floats_of_1024_states(side_by_side, benchmark):
    found = benchmark.pedantic(in_floats, (network(1024), 1), rounds=1)
    assert found.report.verdict is Verdict.PROVED
    name = "(p) floats without an exact URNN, contractivity certificate included, seconds"
    side_by_side.record(name, "n = 1024", benchmark.stats.stats.min)
    name = "(p) its bound of ||y_u^k - y^k|| in float64"
    side_by_side.record(name, "n = 1024", float(found.error.total))


def nearly_attained() -> RNN:
    """No cancellation anywhere: the input 1, 1, 1, ... does nearly the worst."""
    return RNN([[0.9]], [[0.7]], [0.1], [[1]])


CASES = {
    "n = 1, positive": (nearly_attained, 1),
    "digits, n = 16": (lambda: load(ROOT / "examples" / "digits_rnn.npz").rnn, 3),
    "random, n = 16": (lambda: network(16), 1),
    "random, n = 64": (lambda: network(64), 1),
    "random, n = 256": (lambda: network(256), 1),
}


@pytest.mark.parametrize("name", CASES)
def test_o_tightness(name, side_by_side, benchmark):
    """Each bound in float32 over the worst difference that the search found.

    The same weights run in float64 show the effect of their rounding, and serve as exact for the
    rounding inside the recursion.
    """
    make, M = CASES[name]
    rnn = make()
    found = benchmark.pedantic(in_floats, (rnn, M, "float32"), rounds=1)
    (weights,) = found.built.layers
    wide = weights.astype("float64")
    effort = {"steps": 40, "iterations": 8} if rnn.states > 64 else {}
    if found.error.weights:  # exactly 0 where the weights were float32 numbers to begin with
        worst = worst_difference(wide, FloatNetwork.rounded(rnn), float(M), **effort).difference
        ratio = float(found.error.weights) / worst
        side_by_side.record("(q) bound / worst found, rounded weights", name, ratio)
    worst = worst_difference(weights, wide, float(M), **effort)
    ratio = float(found.error.recursion) / worst.difference
    side_by_side.record("(q) bound / worst found, rounded recursion", name, ratio)
    x = worst.inputs.astype(np.float32)
    gaps = np.linalg.norm(weights.run(x) - wide.run(x), axis=-1)
    ratio = float(found.error_along(x).max() / gaps.max())
    side_by_side.record("(q) bound / seen, along that input", name, ratio)


@pytest.mark.parametrize("n", [16, 64])
def test_r_bounds_against_the_engines(n, side_by_side, benchmark, tmp_path):
    """The proved bound in float32 over what PyTorch and onnxruntime make of the written URNN."""
    torch = pytest.importorskip("torch")
    ort = pytest.importorskip("onnxruntime")
    source = rounded(StoredNetwork.of(network(n)), "float32")
    found = benchmark.pedantic(equivalent_urnn, (source, 1), {"dtype": "float32"}, rounds=1)
    save(found.result, tmp_path / "urnn.onnx")
    x = np.concatenate(list(sample_signals(200, 2, 1 - 1e-6, 0).values()), axis=1)
    x = x.astype(np.float32)
    exact = source.run(x.astype(np.float64))  # float64 is exact enough
    session = ort.InferenceSession(str(tmp_path / "urnn.onnx"))
    with torch.no_grad():
        engines = {
            "PyTorch": to_torch(found.result)(torch.from_numpy(x)).numpy(),
            "onnxruntime": session.run(None, {"input": x})[0],
        }
    along = found.error_along(x)
    for engine, outputs in engines.items():
        gaps = np.linalg.norm(outputs - exact, axis=-1)
        assert (gaps <= along).all()
        name = f"(r) bound / seen in {engine}"
        for what, bound in (("all inputs", found.error.total), ("along those", along.max())):
            side_by_side.record(f"{name}, {what}", f"n = {n}", float(bound) / gaps.max())
