"""``--epsilon``: a tanh network of PyTorch becomes orthogonal, without further words."""

from __future__ import annotations

import json
import os
from fractions import Fraction as Q

import numpy as np
import pytest
from paths import ROOT
from typer.testing import CliRunner

from urnn_proofs import RNN, URNN, StoredNetwork, Verdict, equivalent_urnn, from_torch, load, save
from urnn_proofs.cli import app


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def convert(*arguments):
    return run("convert", *arguments)


@pytest.fixture
def model(tmp_path):
    """The state dict of a default ``torch.nn.RNN`` of norm 0.9."""
    torch = pytest.importorskip("torch", reason="extra torch")
    torch.manual_seed(0)
    rnn = torch.nn.RNN(3, 5)
    with torch.no_grad():
        rnn.weight_hh_l0 *= 0.9 / torch.linalg.matrix_norm(rnn.weight_hh_l0, 2)
    torch.save(rnn.state_dict(), tmp_path / "model.pt")
    return rnn


def inputs(bound=3, steps=50):
    x = np.random.default_rng(0).standard_normal((steps, 8, 3))
    return (x * (bound * (1 - 1e-6) / np.linalg.norm(x, axis=-1, keepdims=True))).astype("f4")


def test_a_default_rnn_converts_to_onnx_without_further_words(tmp_path, model):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx", reason="extra onnx")
    ort = pytest.importorskip("onnxruntime", reason="extra onnx")
    out = tmp_path / "out.onnx"
    options = ["--input-bound", 3, "--epsilon", "1e-6", "--json"]
    done = convert(tmp_path / "model.pt", out, *options)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["verdict"] == "PROVED"
    assert any("read as tanh, the default of torch.nn.RNN" in note for note in report["notes"])
    claims = {check["name"]: check for check in report["checks"]}
    assert claims["rounded weights"]["evidence"]["bound"] <= 1e-6
    bound = claims["same engine"]["evidence"]["bound"]
    x = inputs()
    (y,) = ort.InferenceSession(str(out)).run(None, {"input": x})
    with torch.no_grad():
        before = model(torch.from_numpy(x))[0].numpy()
    assert y.shape == (50, 8, 5)
    assert np.linalg.norm(y - before, axis=-1).max() <= bound
    assert np.abs(y - before).max() < 1e-5


@pytest.mark.parametrize("suffix", [".npz", ".json", ".pt", ".safetensors", ".onnx"])
def test_every_format_takes_it(tmp_path, model, suffix):
    packages = {".safetensors": "safetensors", ".onnx": "onnx"}
    if suffix in packages:
        pytest.importorskip(packages[suffix])
    out = tmp_path / f"out{suffix}"
    done = convert(tmp_path / "model.pt", out, "--input-bound", 3, "--epsilon", "1/1000")
    assert done.exit_code == 0, done.output
    said = {"activation": "tanh"} if suffix == ".pt" else {}
    found = load(out, **said)
    assert found.layers[0].activation.name == "tanh"
    assert found.layers[0].states == 10
    assert isinstance(found.layers[0], URNN) == (suffix == ".json")
    x = inputs()
    wanted = from_torch(model).run(x)
    assert 0 < np.linalg.norm(found.run(x) - wanted, axis=-1).max() <= 1e-3 * 1.01


def test_a_state_dict_in_safetensors_says_as_little(tmp_path, model):
    pytest.importorskip("safetensors", reason="extra torch")
    from safetensors.torch import save_file

    save_file(model.state_dict(), tmp_path / "model.safetensors")
    options = ["--input-bound", 3, "--epsilon", "1e-6"]
    done = convert(tmp_path / "model.safetensors", tmp_path / "out.npz", *options)
    assert done.exit_code == 0, done.output
    assert "read as tanh, the default" in " ".join(done.stdout.split())


def test_without_epsilon_nobody_guesses(tmp_path, model):
    """Equal outputs of a network that is perhaps another one would be no small matter."""
    done = convert(tmp_path / "model.pt", tmp_path / "out.onnx", "--input-bound", 3)
    assert done.exit_code == 2
    assert "does not say which nonlinearity" in done.stderr
    done = run("verify", "--network", tmp_path / "model.pt", "--input-bound", 3)
    assert done.exit_code == 2


def test_what_the_caller_says_goes_before_the_default(tmp_path, model):
    options = ["--input-bound", 3, "--epsilon", "1e-3", "--activation", "sigmoid"]
    done = convert(tmp_path / "model.pt", tmp_path / "out.json", *options)
    assert done.exit_code == 0, done.output
    assert "read as tanh" not in done.stdout
    assert load(tmp_path / "out.json").layers[0].activation.name == "logistic"
    options = ["--input-bound", 3, "--epsilon", "1e-3", "--activation", "relu"]
    assert convert(tmp_path / "model.pt", tmp_path / "relu.json", *options).exit_code == 0
    found = load(tmp_path / "relu.json")
    assert found.layers[0].activation.name == "relu"
    exact = load(tmp_path / "model.pt", activation="relu")
    x = inputs()
    assert np.abs(found.run(x) - exact.run(x)).max() < 1e-12


def test_a_tanh_network_in_floats_needs_no_epsilon(tmp_path, model):
    out = tmp_path / "out.npz"
    options = ["--input-bound", 3, "--activation", "tanh", "--json"]
    done = convert(tmp_path / "model.pt", out, *options)
    assert done.exit_code == 0, done.output
    claims = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert claims["rounded weights"]["evidence"]["bound"] < 1e-13  # .npz is float64


def test_verify_shows_the_steps(tmp_path, model):
    network = tmp_path / "model.pt"
    done = run("verify", "--network", network, "--input-bound", 3, "--epsilon", "1e-6", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    names = [check["name"] for check in report["checks"]]
    assert "within epsilon" in names
    assert not any("Z3" in name for name in names)
    assert any("read as tanh" in note for note in report["notes"])
    relu = ["--input-bound", 3, "--epsilon", "1e-6", "--activation", "relu", "--json"]
    done = run("verify", "--network", network, *relu)
    assert done.exit_code == 0, done.output


def test_a_certificate_goes_with_it(tmp_path, model):
    certificate = tmp_path / "c.json"
    options = ["--input-bound", 3, "--epsilon", "1e-6", "--certificate", certificate]
    assert convert(tmp_path / "model.pt", tmp_path / "out.npz", *options).exit_code == 0
    assert run("check", certificate).exit_code == 0


REFUSED = {
    "zero": (["--epsilon", "0"], "epsilon is 0; expected a number > 0"),
    "negative": (["--epsilon=-1"], "epsilon is -1; expected a number > 0"),
    "no number": (["--epsilon", "small"], "--epsilon is 'small'; expected"),
    "not a number": (["--epsilon", "nan"], "--epsilon is 'nan'; expected"),
    "a huge exponent": (["--epsilon", "1e-1000000"], "--epsilon is '1e-1000000'; expected"),
    "scaled": (["--epsilon", "1e-3", "--scale"], "--state-bound, --scale"),
    "as is": (["--epsilon", "1e-3", "--as-is"], "--as-is changes the format only"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_one_sentence(tmp_path, model, name):
    options, part = REFUSED[name]
    bound = [] if "--as-is" in options else ["--input-bound", "3"]
    done = convert(tmp_path / "model.pt", tmp_path / "out.npz", *bound, *options)
    assert done.exit_code == 2
    assert part in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert os.listdir(tmp_path) == ["model.pt"]


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_a_norm_above_one_is_shown_by_a_vector(tmp_path, suffix):
    """No scaling is offered, which epsilon does not go with."""
    loud = RNN([[0.5, 1], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]], activation="tanh")
    save(StoredNetwork.of(loud), tmp_path / "loud.npz")
    out = tmp_path / f"out{suffix}"
    done = convert(tmp_path / "loud.npz", out, "--input-bound", 1, "--epsilon", "1e-3")
    assert done.exit_code == 2
    assert "the attached witness v" in done.stderr
    assert "witness v = (" in done.stderr
    assert "--scale" not in done.stderr
    assert not out.exists()


def test_an_epsilon_below_what_float32_holds_names_the_smallest(tmp_path):
    pytest.importorskip("onnx", reason="extra onnx")
    third = RNN([[Q(1, 3)]], [[Q(1, 7)]], [Q(1, 3)], [[Q(2, 3)]], activation="tanh")
    save(StoredNetwork.of(third), tmp_path / "net.json")
    options = ["--input-bound", 1, "--epsilon", "1e-12"]
    arguments = [tmp_path / "net.json", tmp_path / "out.onnx", *options, "--dtype", "float32"]
    done = convert(*arguments)
    assert done.exit_code == 2
    assert "the smallest that is shown for weights in float32 is" in done.stderr
    assert "--dtype float64" in done.stderr
    assert not (tmp_path / "out.onnx").exists()
    assert convert(*arguments[:-1], "float64").exit_code == 0


def test_a_tanh_network_trained_on_digits_through_pytorch_and_onnxruntime(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="extra torch")
    pytest.importorskip("sklearn", reason="extra examples")
    pytest.importorskip("onnx", reason="extra onnx")
    ort = pytest.importorskip("onnxruntime", reason="extra onnx")
    from urnn_proofs import to_torch

    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    from train_digits import Digits, load_rows, train

    torch.manual_seed(0)
    torch.set_num_threads(1)
    x_train, x_test, y_train, y_test = load_rows(0)
    model = Digits(32, "tanh")
    train(model, x_train, y_train, epochs=4)
    model = model.float()
    images = x_test.float()
    largest = Q(float(torch.cat([x_train, x_test]).norm(dim=2).max())) * Q(1001, 1000)
    source = from_torch(model.rnn, model.readout)
    found = equivalent_urnn(source, largest, epsilon=1e-6, dtype="float32")
    assert found.report.verdict is Verdict.PROVED
    assert found.exact is not None
    assert found.result.layers[0].states == 64
    error = found.error
    print(f"weights {float(error.weights):.3g}, in all {float(error.total):.3g}")
    with torch.no_grad():
        before = model.readout(model.rnn(images)[0]).numpy()
        after = to_torch(found.result)(images).numpy()
    save(found.result, tmp_path / "urnn.onnx")
    (scores,) = ort.InferenceSession(str(tmp_path / "urnn.onnx")).run(
        None, {"input": images.numpy()}
    )
    exact = source.run(images.double().numpy().transpose(1, 0, 2)).transpose(1, 0, 2)
    assert (before[:, -1].argmax(1) == y_test.numpy()).mean() > 0.5  # it did learn something
    for y in (after, scores):
        assert np.linalg.norm(y - exact, axis=-1).max() <= error.total
        assert np.linalg.norm(y - before, axis=-1).max() <= error.same_engine
        assert np.abs(y - exact).max() < 1e-4
        assert (y[:, -1].argmax(1) == before[:, -1].argmax(1)).all()
