"""The kernels compute what the CPU computes: here without a GPU, and on one where there is one."""

from __future__ import annotations

import ctypes
import subprocess
from threading import Lock

import numpy as np
import pytest
from paths import ROOT

from urnn_proofs.experiments import extras
from urnn_proofs.experiments.device import Cupy, Device, Lanes
from urnn_proofs.experiments.grid import Grid
from urnn_proofs.experiments.initial import initial_weights
from urnn_proofs.experiments.results import open_results
from urnn_proofs.experiments.synthetic import run_on_device, run_synthetic, unfinished
from urnn_proofs.experiments.training import Settings, fit, predict
from urnn_proofs.model.errors import MissingExtraError, UnsupportedError, UrnnProofsError

pytest.importorskip("jax", reason="extra experiments")
pytest.importorskip("optax", reason="extra experiments")
pytestmark = pytest.mark.usefixtures("quickly_compiled")

SHIM = ROOT / "tests" / "experiments" / "cuda_on_cpu.cpp"


class Emulated:
    """Every thread of a block is a fiber; see cuda_on_cpu.cpp."""

    name, software = "fibers", "g++"

    def __init__(self, folder):
        self.folder, self.compiled, self.one_at_a_time = folder, {}, Lock()

    def put(self, array):
        return np.ascontiguousarray(array).copy()

    def get(self, array):
        return array.copy()

    def empty(self, count):
        return np.full(count, np.nan, np.float32)  # what is read before it is written shows

    def program(self, source, threads):
        with self.one_at_a_time:
            if source not in self.compiled:  # the same kernels serve several models
                self.compiled[source] = self.compile(source, len(self.compiled))
        return EmulatedProgram(self.compiled[source], threads)

    def compile(self, source, place):
        stem = self.folder / f"kernels{place}"
        stem.with_suffix(".cu").write_text(source)
        library = stem.with_suffix(".so")
        command = ["g++", "-O0", "-std=c++17", "-shared", "-fPIC", "-Wno-unknown-pragmas"]
        command += [f'-DKERNELS="{stem}.cu"', str(SHIM), "-o", str(library)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return ctypes.CDLL(str(library))


class EmulatedProgram:
    def __init__(self, library, threads):
        self.library = library
        assert library.threads() == threads

    def launch(self, kernel, networks, *arguments):
        kinds = {np.int32: ctypes.c_int, np.float32: ctypes.c_float}
        given = [
            a.ctypes.data_as(ctypes.c_void_p)
            if isinstance(a, np.ndarray)
            else kinds[type(a)](a.item())
            for a in arguments
        ]
        getattr(self.library, f"run_{kernel}")(networks, *given)
        return lambda: None


def gpu():
    try:
        return Cupy()
    except UrnnProofsError:
        return None


@pytest.fixture(scope="module", params=["emulated", "gpu"])
def backend(request, tmp_path_factory):
    if request.param == "gpu":
        return gpu() or pytest.skip("no GPU, or no cupy")
    try:
        subprocess.run(["g++", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no g++")
    return Emulated(tmp_path_factory.mktemp("kernels"))


N, TRAINING, T, D = 11, 8, 13, 2


def data(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((D, N, T, 2)).astype(np.float32)
    y = np.cumsum(x, axis=2) * 0.3 + 0.5 + 0.1 * rng.standard_normal(x.shape)
    return x, y.astype(np.float32)


def on_cpu(model, weights, x, y, settings):
    """Train on the CPU, K networks with the data of each: (K, N, T, .)."""
    stacked = {name: np.stack([w[name] for w in weights], -1) for name in weights[0]}
    xs, ys = np.moveaxis(x, 0, -1), np.moveaxis(y, 0, -1)
    found = fit(model, stacked, xs[:TRAINING], ys[:TRAINING], settings)
    scores = []
    for kept in (found.weights, found.last):
        predicted = predict(model, kept, xs[TRAINING:], activation=settings.activation)
        scores.append(((predicted - ys[TRAINING:]) ** 2).sum((0, 1)).T)
    return found, scores


# A unit alone, sizes that do and do not fill a warp, and one that needs two warps; what changes one
# step of a kernel is seen at one size.
WAYS = [(hidden, "rnn", {}) for hidden in (1, 2, 3, 7, 8, 14)]
WAYS += [(hidden, "urnn", {"start": "orthogonal"}) for hidden in (1, 3, 14)]
WAYS += [(hidden, "lstm", {}) for hidden in (1, 3, 14)]
WAYS += [(hidden, "contractive", {"start": "orthogonal"}) for hidden in (1, 14)]
WAYS += [(hidden, "urnn", {"constraint": "cayley", "start": "orthogonal"}) for hidden in (3, 14)]
WAYS += [
    (14, "rnn", {"clip": 0.05}),
    (3, "rnn", {"activation": "tanh"}),
    (14, "urnn", {"activation": "tanh", "start": "orthogonal"}),
]


@pytest.mark.parametrize(("hidden", "model", "settings"), WAYS)
def test_training_is_that_of_the_cpu(backend, hidden, model, settings):
    settings = Settings(epochs=3, batch=4, **settings)
    x, y = data()
    x_of, y_of = [1, 0, 1], [1, 0, 0]
    weights = [initial_weights(model, hidden, 2, 2, (k,), settings.start) for k in range(3)]
    lanes = Lanes(model, hidden, weights, x_of, y_of)
    epochs = []
    (found,) = Device(backend, x, y, TRAINING).train([lanes], settings, tell=epochs.append)
    assert epochs == [1, 2, 3]
    expected, scores = on_cpu(model, weights, x[x_of], y[y_of], settings)
    assert np.abs(expected.losses[-1] - expected.losses[0]).min() > 1e-3  # it did learn
    np.testing.assert_allclose(found.losses, expected.losses, rtol=2e-5)
    np.testing.assert_array_equal(found.kept, expected.kept)
    for theirs, ours in ((expected.weights, found.weights), (expected.last, found.last)):
        for name in "WFbCd":
            mine = np.stack([w[name] for w in ours], -1)
            np.testing.assert_allclose(mine, theirs[name], atol=2e-5, err_msg=name)
    np.testing.assert_allclose(found.squares, scores[0], rtol=1e-4)
    np.testing.assert_allclose(found.squares_last, scores[1], rtol=1e-4)


def test_full_batches_of_ten_and_several_warps(backend):
    """The shape of the experiment: more than one warp, sequences that do not fill the last."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((1, 23, 9, 2)).astype(np.float32)
    y = np.abs(x) + 0.1
    settings = Settings(epochs=1)
    for model in ("urnn", "lstm"):
        weights = [initial_weights(model, 9, 2, 2, (0,), "orthogonal")]
        (found,) = Device(backend, x, y, 20).train([Lanes(model, 9, weights, [0], [0])], settings)
        stacked = {name: value[..., None] for name, value in weights[0].items()}
        xs, ys = np.moveaxis(x, 0, -1), np.moveaxis(y, 0, -1)
        expected = fit(model, stacked, xs[:20], ys[:20], settings)
        np.testing.assert_allclose(found.losses, expected.losses, rtol=2e-5)
        for name in "WFbCd":
            mine, theirs = found.last[0][name], expected.last[name][..., 0]
            np.testing.assert_allclose(mine, theirs, atol=1e-5, err_msg=name)


def test_a_network_that_overflows_recovers(backend):
    x, y = data()
    weights = initial_weights("rnn", 3, 2, 2, (0,), "orthogonal")
    weights["W"] = 4000 * np.eye(3, dtype=np.float32)
    lanes = Lanes("rnn", 3, [weights], [0], [0])
    settings = Settings(epochs=60, batch=4)
    (found,) = Device(backend, x, y, TRAINING).train([lanes], settings)
    assert not np.isfinite(found.losses[0]).any()
    assert np.isfinite(found.losses[-1]).all()
    assert np.isfinite(found.last[0]["W"]).all()
    assert found.kept[0] > 1


def test_the_same_run_gives_the_same_bits(backend):
    x, y = data()
    weights = [initial_weights("urnn", 5, 2, 2, (0,))]
    runs = [
        Device(backend, x, y, TRAINING).train(
            [Lanes("urnn", 5, weights, [0], [0])], Settings(epochs=2, batch=4)
        )[0]
        for _ in range(2)
    ]
    np.testing.assert_array_equal(runs[0].last[0]["W"], runs[1].last[0]["W"])
    np.testing.assert_array_equal(runs[0].squares, runs[1].squares)


GRID = Grid(
    models=("rnn", "urnn", "lstm"), sizes=(2, 3), realisations=2, steps=12, training=8, test=4,
    settings=Settings(epochs=2, batch=4),
)  # fmt: skip


def test_a_grid_has_the_rows_of_the_cpu_and_is_resumed(backend, tmp_path):
    ours, theirs = (open_results(tmp_path / f"{name}.jsonl") for name in ("gpu", "cpu"))
    told = []
    assert run_on_device(GRID, ours, backend, workers=1, tell=lambda *t: told.append(t)) == 24
    assert run_synthetic(GRID, theirs) == 24
    assert told[-1][1:] == (8, 8)  # two levels of noise, ReLU and LSTM, two epochs

    def place(row):
        return row["model"], row["hidden"], row["snr_db"], row["realisation"]

    for mine, other in zip(sorted(ours.rows, key=place), sorted(theirs.rows, key=place)):
        assert set(mine) == set(other)
        for name in mine:
            if name in ("r2", "r2_last", "r2_uncentred"):
                assert mine[name] == pytest.approx(other[name], abs=1e-4)
            elif name == "losses":
                np.testing.assert_allclose(mine[name], other[name], rtol=1e-3)
            elif name not in ("group_seconds", "group_size", "hardware", "software"):
                assert mine[name] == other[name], name
    assert ours.rows[0]["hardware"] == backend.name
    assert run_on_device(GRID, ours, backend) == 0
    assert unfinished(GRID, ours) == 0


def test_when_the_time_is_up_what_is_finished_stays(backend, tmp_path, monkeypatch):
    results = open_results(tmp_path / "r.jsonl")
    times = iter([0.0] * 8 + [1e9] * 100)  # the deadline, and one look after each epoch
    monkeypatch.setattr("urnn_proofs.experiments.synthetic.time.monotonic", lambda: next(times))
    assert run_on_device(GRID, results, backend, workers=1, minutes=1) == 20
    assert unfinished(GRID, results) == 4
    monkeypatch.undo()
    assert run_on_device(GRID, results, backend, workers=1) == 4
    assert unfinished(GRID, results) == 0


def test_what_the_kernels_do_not_have_is_refused(backend):
    x, y = data()
    weights = [initial_weights("rnn", 33, 2, 2, (0,))]
    with pytest.raises(UnsupportedError, match="do not fit one thread block"):
        Device(backend, x, y, TRAINING).train(
            [Lanes("rnn", 33, weights, [0], [0])], Settings(epochs=1)
        )


def test_without_cupy_its_name_is_said(monkeypatch):
    def absent(name):
        raise ImportError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(extras, "import_module", absent)
    message = r"training on a GPU needs the package cupy, which is not installed; install the cupy"
    with pytest.raises(MissingExtraError, match=message):
        Cupy()
