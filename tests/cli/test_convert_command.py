"""The whole path: a network in, a proved URNN out, from Python and from the command line."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from fractions import Fraction as Q
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT
from stored_networks import network, same_weights, sequences
from typer.testing import CliRunner

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    RationalMatrix,
    StoredNetwork,
    UnsupportedError,
    Verdict,
    check,
    equivalent_urnn,
    load,
    save,
)
from urnn_proofs.cli import app
from urnn_proofs.formats.rounding import rounded
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.simulations import numpy_cross_check

DIGITS = ROOT / "examples" / "digits_rnn.npz"
FORMATS = (".npz", ".json", ".pt", ".safetensors", ".onnx")
STATE_DICTS = (".pt", ".safetensors")  # they do not tell their nonlinearity
M = 2


def run(*arguments):
    return CliRunner().invoke(app, ["convert", *[str(a) for a in arguments]])


def exact_outputs(net: StoredNetwork, x: list[list[Q]]) -> list[list[Q]]:
    for layer in net.layers:
        x = layer.run_exact(x)
    d = [row[0] for row in net.output_bias.to_fractions()]
    return [[y + bias for y, bias in zip(row, d)] for row in x]


def rational_inputs(steps, m, seed=0):
    """Rational inputs with norm at most M, several of them of norm exactly M."""
    rng = np.random.default_rng(seed)
    x = [[Q(int(v), 64 * m) * M for v in rng.integers(-64, 65, m)] for _ in range(steps)]
    return [[Q(0)] * (m - 1) + [Q(M) * (-1) ** k] if k % 3 else row for k, row in enumerate(x)]


@pytest.mark.parametrize("sizes", [(1,), (3,), (2, 3)])
@pytest.mark.parametrize("start", [False, True])
def test_the_exact_outputs_are_equal(sizes, start):
    net = network(sizes, 2, 2, start=start, seed=3)
    found = equivalent_urnn(net, M)
    assert found.report.verdict is Verdict.PROVED
    x = rational_inputs(8, 2)
    assert exact_outputs(found.result, x) == exact_outputs(net, x)
    assert found.result.output_bias == net.output_bias
    assert found.result.layout == net.layout
    assert all(not e.urnn.W.shape[0] > 2 * e.rnn.states for e in found.layers)


def test_the_bound_of_one_layer_is_the_input_bound_of_the_next():
    net = network((2, 3, 2), 2, 2)
    found = equivalent_urnn(net, M)
    for below, above in zip(found.layers, found.layers[1:]):
        assert above.input_bound == below.evidence.bound.H
    data = found.report.as_dict()
    assert [part["title"][:8] for part in data["parts"]] == ["layer 0:", "layer 1:", "layer 2:"]
    assert [c["name"] for c in data["checks"]] == ["layers", "output bias"]
    assert "all inputs with ||x^k|| <= 2" in found.report.scope
    # The states do stay within what the next layer was built for.
    x = sequences(300, 8, 2, M)
    for layer in net.layers[:-1]:
        x = layer.run(x)
        bound = float(found.layers[net.layers.index(layer)].evidence.bound.H)
        assert np.linalg.norm(x, axis=-1).max() <= bound


def test_readouts_between_layers_count():
    rnn = RNN([[0.5]], [[1]], [0], [[3]])
    found = equivalent_urnn(StoredNetwork.of(rnn, rnn), 1)
    assert found.layers[1].input_bound >= 3 * found.layers[0].evidence.bound.H
    assert found.report.verdict is Verdict.PROVED


def test_an_orthogonal_layer_below_needs_a_bound_too():
    flip = RNN([[-1]], [[1]], [0], [[1]])  # no unit is added, the sign rule bounds the states
    spin = RNN([[1]], [[1]], [0], [[1]])  # nothing bounds these
    half = RNN([[0.5]], [[1]], [0], [[1]])
    found = equivalent_urnn(StoredNetwork.of(flip, half), 1)
    assert (found.layers[0].evidence.bound, found.layers[1].input_bound) == (None, 1)
    assert found.report.verdict is Verdict.PROVED
    with pytest.raises(UnsupportedError, match="layer 0: no rule here bounds the states"):
        equivalent_urnn(StoredNetwork.of(spin, half), 1)


def test_attacks_on_the_layers_are_caught():
    found = equivalent_urnn(network((2, 3), 2, 2), M)
    first, second = found.evidence
    assert found.report.verdict is Verdict.PROVED
    # The second layer was built for smaller inputs than the first gives out.
    upper = StoredNetwork.of(found.network.layers[1])
    small = equivalent_urnn(upper, Q(1, 10))
    assert small.report.verdict is Verdict.PROVED
    urnns = (found.result.layers[0], small.result.layers[0])
    other = replace(found.result, layers=urnns)
    assert (
        replace(found, built=other, evidence=(first, small.evidence[0])).report.verdict
        is Verdict.REFUTED
    )
    # Another network than the stored one, and other numbers of layers.
    assert replace(found, network=network((2, 3), 2, 2, seed=9)).report.verdict is Verdict.REFUTED
    for evidence in ((first,), ()):
        with pytest.raises(InputError, match="different numbers of layers"):
            replace(found, evidence=evidence)
    # A URNN with one changed weight.
    old = urnns[0]
    wrong = old.replace(b=old.b.replace((3, 0), 0))
    built = replace(found.result, layers=(wrong, found.result.layers[1]))
    assert replace(found, built=built).report.verdict is Verdict.REFUTED
    # A bound that was shrunk.
    bound = replace(first.bound, H=first.bound.H / 4)
    shrunk = (replace(first, bound=bound), second)
    assert replace(found, evidence=shrunk).report.verdict is Verdict.REFUTED


def test_a_changed_output_bias_is_not_the_same_network():
    net = network((2,), 2, 2)
    found = equivalent_urnn(net, M)
    x = rational_inputs(4, 2)
    moved = replace(found.result, output_bias=RationalMatrix.column([0, 0]))
    assert exact_outputs(moved, x) != exact_outputs(net, x)
    assert replace(found, built=moved).report.verdict is Verdict.REFUTED


@pytest.mark.parametrize("H", [1e-12, 0.1, 1, 3, 1000.123, 1e9])
def test_the_lower_bias_leaves_room_and_few_bits(H):
    rnn = RNN([[0.5]], [[Q(H) / 2]], [0], [[1]])
    e = equivalent_urnn(StoredNetwork.of(rnn), 1)
    need = Q(H)  # ||F|| M / (1 - rho)
    assert need * (1 + Q(1, 1024)) <= e.bound.H <= need * (1 + Q(1, 500))
    assert e.urnn.b[1, 0] == -e.bound.H
    assert Q(float(np.float32(-float(e.bound.H)))) == -e.bound.H  # exactly a float32
    assert e.report.verdict is Verdict.PROVED


def test_a_network_that_does_nothing():
    e = equivalent_urnn(RNN([[0]], [[0]], [0], [[0]]), 1)
    assert e.report.verdict is Verdict.PROVED


def test_a_supplied_bound_is_assumed():
    one = RNN([[1, 0], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]])
    found = equivalent_urnn(one, 1, state_bound=5)
    assert found.report.verdict is Verdict.ASSUMED
    assert found.report.certificate is None


@pytest.mark.parametrize("choice", [{"state_bound": 3}, {"scaling": [1, 1]}])
def test_what_goes_with_one_layer_only(choice):
    with pytest.raises(InputError, match="go with one layer"):
        equivalent_urnn(network((2, 2)), 1, **choice)


def test_bad_arguments():
    with pytest.raises(InputError, match="network is a list"):
        equivalent_urnn([1], 1)
    with pytest.raises(InputError, match="input_bound is -1"):
        equivalent_urnn(network(), -1)


def test_scaling_is_offered_and_never_silent():
    wide = RNN([[0, 10], [0, 0]], [[1], [1]], [0, 0], [[1, 1]])
    with pytest.raises(NotContractiveError, match="at least 10") as caught:
        equivalent_urnn(StoredNetwork.of(wide, wide_readout(wide)), 1)
    assert str(caught.value).startswith("layer 0: ")
    assert caught.value.witness is not None
    found = equivalent_urnn(wide, 1, scaling=True)
    assert found.report.verdict is Verdict.PROVED
    assert found.layers[0].evidence.scaling is not None
    assert "the states are rescaled" in " ".join(
        equivalent_urnn(wide, 1, dtype="float64", scaling=True).report.notes
    )
    x = sequences(100, 4, 1, 1)
    assert np.abs(rounded(found.result, "float64").run(x) - wide.run(x)).max() < 1e-9


def wide_readout(rnn):
    return RNN([[0.5]], [[1]], [0], [[1]])


def test_notes_on_rounding_say_what_is_kept():
    net = network((3,), dtype="float64")
    double, single = (equivalent_urnn(net, M, dtype=dtype) for dtype in ("float64", "float32"))
    assert "bit for bit" in double.report.notes[0]
    assert "rounded" in single.report.notes[0]
    defect = next(c for c in single.report.checks if c.name == "orthogonality")
    size = defect.evidence["defect"]
    U = single.result.layers[0].W.to_numpy()
    seen = np.linalg.norm(U.T @ U - np.eye(6), 2)
    assert seen * (1 - 1e-6) <= size <= 1.1 * seen  # seen is rounded


# -- the command -----------------------------------------------------------------------


def test_the_digits_network(tmp_path):
    out, certificate = tmp_path / "urnn.json", tmp_path / "c.json"
    result = run(DIGITS, out, "--input-bound", 3, "--certificate", certificate)
    assert result.exit_code == 0
    flat = " ".join(result.stdout.split())
    assert "holds the exact URNN" in flat
    assert "scope: this network, all inputs with ||x^k|| <= 3, all k" in flat
    assert check(certificate) is Verdict.PROVED
    urnn = load(out).rnn
    # The certificate is about the network that was written.
    claim = json.loads(certificate.read_text())["claim"]["urnn"]
    assert claim["b"] == [str(row[0]) for row in urnn.b.to_fractions()]
    assert claim["alpha"] == [str(a) for a in urnn.W.alpha]
    assert sorted(os.listdir(tmp_path)) == ["c.json", "urnn.json"]


def test_floats_are_rounded_and_said_to_be(tmp_path):
    result = run(DIGITS, tmp_path / "urnn.npz", "--input-bound", "3", "--json")
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["verdict"] == "PROVED"
    notes = " ".join(data["notes"])
    assert "bit for bit" in notes
    assert "urnn.npz holds this URNN in float64" in notes
    claims = {c["name"]: c for c in data["checks"]}
    assert claims["rounded weights"]["evidence"]["bound"] == 0
    assert 0 < claims["same engine"]["evidence"]["bound"] < 1e-9
    assert data["trust"] == "BALL"
    urnn, source = load(tmp_path / "urnn.npz"), load(DIGITS)
    x = sequences(200, 8, 8, 3)
    assert np.abs(urnn.run(x) - source.run(x)).max() < 1e-9
    U = urnn.layers[0].W.to_numpy()
    assert 0 < np.abs(U.T @ U - np.eye(32)).max() < 1e-14


def test_two_layers_on_the_command_line(tmp_path):
    save(network((2, 2)), tmp_path / "in.json")
    certificate = tmp_path / "c.json"
    result = run(
        tmp_path / "in.json", tmp_path / "out.npz", "--input-bound", M, "--certificate", certificate
    )
    assert result.exit_code == 0
    assert "the kernel" in " ".join(result.stdout.split())
    assert check(certificate) is Verdict.PROVED
    assert json.loads(certificate.read_text())["kind"] == "bundle"
    assert len(load(tmp_path / "out.npz").layers) == 2


def test_the_format_alone(tmp_path):
    save(network(start=True), tmp_path / "in.npz")
    assert run(tmp_path / "in.npz", tmp_path / "out.json", "--as-is").exit_code == 0
    assert same_weights(load(tmp_path / "out.json"), network(start=True))
    result = run(tmp_path / "in.npz", tmp_path / "x.json", "--as-is", "--input-bound", 1)
    assert result.exit_code == 2
    assert "leave out the options" in result.stderr


def test_an_exact_urnn_can_be_written_as_floats_later(tmp_path):
    assert run(DIGITS, tmp_path / "urnn.json", "--input-bound", 3).exit_code == 0
    plain = run(tmp_path / "urnn.json", tmp_path / "urnn.npz", "--as-is")
    assert plain.exit_code == 2
    assert "does not represent exactly" in plain.stderr
    result = run(tmp_path / "urnn.json", tmp_path / "urnn.npz", "--as-is", "--dtype", "float64")
    assert result.exit_code == 0
    direct = run(DIGITS, tmp_path / "direct.npz", "--input-bound", 3)
    assert direct.exit_code == 0
    both = load(tmp_path / "urnn.npz").rnn, load(tmp_path / "direct.npz").rnn
    assert all(getattr(both[0], k) == getattr(both[1], k) for k in ("F", "C", "h_init"))
    # The two hold U in different forms, each rounded to within a few units in the last place.
    assert np.allclose(both[0].W.to_numpy(), both[1].W.to_numpy(), rtol=1e-15, atol=1e-48)
    assert both[0].b[0, 0] == both[1].b[0, 0]  # the lower bias leaves room for rounding


# A file is read whole before another is written: each is read twice and written twice.
PAIRS = [pair for k in (0, 1) for pair in zip(FORMATS, FORMATS[k:] + FORMATS[:k])]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_every_format_in_and_out(tmp_path, first, second):
    packages = {".pt": "torch", ".safetensors": "safetensors", ".onnx": "onnx"}
    for suffix in (first, second):
        if suffix in packages:
            pytest.importorskip(packages[suffix], reason=f"extra for {suffix}")
    net = network((2,), 2, 1)
    save(net, tmp_path / f"in{first}")
    told = ["--activation", "relu"] if first in STATE_DICTS else []
    result = run(tmp_path / f"in{first}", tmp_path / f"out{second}", "--input-bound", M, *told)
    assert result.exit_code == 0, result.stderr
    back = load(tmp_path / f"out{second}", activation="relu" if second in STATE_DICTS else None)
    assert back.layers[0].states == 4
    x = sequences(50, 4, 2, M)
    assert np.abs(back.run(x) - net.run(x)).max() < 1e-5


def test_axes_of_the_output(tmp_path):
    pytest.importorskip("onnx", reason="extra onnx")
    for option, axes in (("--batch-first", "BTF"), ("--time-first", "TBF")):
        out = tmp_path / f"{axes}.onnx"
        assert run(DIGITS, out, "--input-bound", 3, option).exit_code == 0
        assert load(out).layout.input_axes == axes
        assert load(out).layout.output_axes == axes
        assert load(out).layout.dtype == "float32"  # the weights have 12 bits


def test_verify_reads_the_other_formats_too(tmp_path):
    pytest.importorskip("onnx", reason="extra onnx")
    for bias in (False, True):
        save(network((2,), bias=bias), tmp_path / f"{bias}.onnx")
    arguments = ["verify", "--input-bound", "1", "--network"]
    for name in ("False.onnx", "True.onnx"):
        assert CliRunner().invoke(app, [*arguments, str(tmp_path / name)]).exit_code == 0


BAD = {
    "no bound": (["{in}", "{out}"], "give --input-bound M"),
    "negative bound": (["{in}", "{out}", "--input-bound", "-1"], "input_bound is -1"),
    "bound is text": (["{in}", "{out}", "--input-bound", "big"], "'big'"),
    "missing file": (["no.npz", "{out}", "--input-bound", "1"], "not a file"),
    "unknown format in": (["net.mat", "{out}", "--input-bound", "1"], "suffix '.mat'"),
    "unknown format out": (["{in}", "out.h5", "--input-bound", "1"], "suffix '.h5'"),
    "no folder": (["{in}", "nowhere/out.json", "--input-bound", "1"], "not a folder"),
    "no folder for the certificate": (
        ["{in}", "{out}", "--input-bound", "1", "--certificate", "nowhere/c.json"],
        "not a folder",
    ),
    "certificate onto the output": (
        ["{in}", "{out}", "--input-bound", "1", "--certificate", "{out}"],
        "as IN or OUT",
    ),
    "onto itself": (["{in}", "{in}", "--input-bound", "1"], "two different files"),
    "type": (["{in}", "{out}", "--input-bound", "1", "--dtype", "float16"], "'float16'"),
    "norm above one": (
        ["{big}", "{out}", "--input-bound", "1"],
        r"at least 1\.5.*\(--scale\) looks for",
    ),
    "no certificate": (
        ["{one}", "{out}", "--input-bound", "1", "--state-bound", "5", "--certificate", "{c}"],
        "there is no certificate",
    ),
    "damaged": (["{damaged}", "{out}", "--input-bound", "1"], "not a readable"),
    "tanh": (["{tanh}", "{out}", "--input-bound", "1"], r"Theorem 3\.3"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_leaves_no_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    save(network((2,), 2, 1), "in.json")
    save(StoredNetwork.of(RNN([[1.5]], [[1]], [0], [[1]])), "big.npz")
    one = RNN([[1, 0], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]])
    save(StoredNetwork.of(one), "one.npz")
    tanh = RNN([[0.5]], [[1]], [0], [[1]], activation="tanh")
    save(StoredNetwork.of(tanh), "tanh.npz")
    Path("damaged.npz").write_bytes(Path("one.npz").read_bytes()[:200])
    Path("net.mat").write_bytes(b"")
    before = sorted(os.listdir())
    arguments, part = BAD[name]
    names = {"{in}": "in.json", "{out}": "out.json", "{c}": "c.json"}
    names |= {f"{{{n}}}": f"{n}.npz" for n in ("big", "one", "damaged", "tanh")}
    result = run(*[names.get(a, a) for a in arguments])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.search(part, result.stderr)
    assert "Traceback" not in result.stderr
    assert sorted(os.listdir()) == before
    assert Path("in.json").stat().st_size > 0


def test_an_assumed_bound_exits_3_and_writes(tmp_path):
    one = RNN([[1, 0], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]])
    save(StoredNetwork.of(one), tmp_path / "one.npz")
    result = run(
        tmp_path / "one.npz", tmp_path / "out.json", "--input-bound", 1, "--state-bound", 5
    )
    assert result.exit_code == 3
    assert "ASSUMED  S4 bound" in result.stdout
    assert load(tmp_path / "out.json").layers[0].states == 3


def test_scale_on_the_command_line(tmp_path):
    wide = RNN([[0, 10], [0, 0]], [[1], [1]], [0, 0], [[1, 1]])
    save(StoredNetwork.of(wide), tmp_path / "wide.npz")
    result = run(tmp_path / "wide.npz", tmp_path / "out.npz", "--input-bound", 1, "--scale")
    assert result.exit_code == 0
    assert "S0 scaling" in result.stdout
    x = sequences(50, 4, 1, 1)
    assert np.abs(load(tmp_path / "out.npz").run(x) - wide.run(x)).max() < 1e-9


def test_a_failed_write_keeps_the_old_file(tmp_path):
    out = tmp_path / "out.onnx"
    pytest.importorskip("onnx", reason="extra onnx")
    out.write_bytes(b"old")
    hard = RNN([[0.5]], [[1]], [0], [[1]], activation="hard_tanh")
    save(StoredNetwork.of(hard), tmp_path / "hard.json")
    result = run(tmp_path / "hard.json", out, "--input-bound", 1)
    assert result.exit_code == 2
    assert "'hard_tanh'" in result.stderr
    assert out.read_bytes() == b"old"
    assert run(tmp_path / "hard.json", tmp_path / "ok.json", "--input-bound", 1).exit_code == 0


def test_a_report_that_fails_is_never_written(tmp_path, monkeypatch):
    """Were the construction wrong, nothing would be written."""
    bad = Equivalence.verify

    def broken(self):
        report = bad(self)
        steps = tuple(replace(c, verdict=Verdict.REFUTED) for c in report.checks)
        return replace(report, checks=steps)

    net = tmp_path / "in.npz"
    save(network((2,)), net)
    monkeypatch.setattr(Equivalence, "verify", broken)
    result = run(net, tmp_path / "out.npz", "--input-bound", 1)
    assert result.exit_code == 3
    assert not (tmp_path / "out.npz").exists()


def test_a_simulation_that_contradicts_stops_the_writing(tmp_path, monkeypatch):
    from urnn_proofs.questions import layers

    def against(layer, seed):
        found = numpy_cross_check(layer, seed)
        return replace(found, verdict=Verdict.REFUTED)

    save(network((2,)), tmp_path / "in.npz")
    monkeypatch.setattr(layers, "numpy_cross_check", against)
    arguments = ["--input-bound", 1, "--certificate", tmp_path / "c.json"]
    result = run(tmp_path / "in.npz", tmp_path / "out.npz", *arguments)
    assert result.exit_code == 1
    assert "nothing was written" in result.stdout
    assert os.listdir(tmp_path) == ["in.npz"]


# -- a trained network, through everything ----------------------------------------------


def test_trained_digits_with_64_states_through_pytorch_and_onnxruntime(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="extra torch")
    pytest.importorskip("sklearn", reason="extra examples")
    pytest.importorskip("onnx", reason="extra onnx")
    ort = pytest.importorskip("onnxruntime", reason="extra onnx")
    from urnn_proofs import from_torch, to_torch

    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    from train_digits import Digits, load_rows, train

    torch.manual_seed(0)
    torch.set_num_threads(1)
    x_train, x_test, y_train, y_test = load_rows(0)
    model = Digits(64)
    train(model, x_train, y_train, epochs=3)
    model = model.float()
    images = x_test.float()
    largest = Q(float(torch.cat([x_train, x_test]).norm(dim=2).max())) * Q(1001, 1000)
    found = equivalent_urnn(from_torch(model.rnn, model.readout), largest, dtype="float32")
    assert found.report.verdict is Verdict.PROVED
    assert found.exact is not None
    assert found.result.layers[0].states == 128
    bound = float(found.error.same_engine)
    print(f"bound {bound:.3g}")
    with torch.no_grad():
        before = model.readout(model.rnn(images)[0])
        after = to_torch(found.result)(images)
    assert (before[:, -1].argmax(1) == y_test).double().mean() > 0.5  # it did learn something
    assert (before - after).norm(dim=-1).max() <= bound
    assert (before - after).abs().max() < 1e-4
    save(found.result, tmp_path / "urnn.onnx")
    session = ort.InferenceSession(str(tmp_path / "urnn.onnx"))
    scores = session.run(None, {"input": images.numpy()})[0]
    assert np.linalg.norm(scores - before.numpy(), axis=-1).max() <= bound
    assert np.abs(scores - before.numpy()).max() < 1e-4
    assert (scores[:, -1].argmax(1) == before[:, -1].argmax(1).numpy()).all()


@pytest.mark.parametrize("command", ["convert", "verify", "minimal"])
def test_the_readout_of_a_state_dict_is_named_on_the_command_line(tmp_path, command):
    torch = pytest.importorskip("torch", reason="extra torch")
    torch.manual_seed(0)
    rnn, fc = torch.nn.RNN(2, 2, nonlinearity="relu"), torch.nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        rnn.weight_hh_l0 *= 0.3
    source = tmp_path / "net.pt"
    torch.save(torch.nn.ModuleDict({"rnn": rnn, "fc": fc}).state_dict(), source)
    arguments = {
        "convert": ["convert", source, tmp_path / "urnn.json"],
        "verify": ["verify", "--network", source],
        "minimal": ["minimal", source],
    }[command]
    arguments = [*map(str, arguments), "--input-bound", "1", "--activation", "relu"]
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 2
    assert "fc.weight (2, 2)" in refused.stderr
    assert "--readout NAME" in refused.stderr
    assert CliRunner().invoke(app, [*arguments, "--readout", "fc"]).exit_code == 0


def test_no_escape_sequence_of_a_file_reaches_the_terminal(tmp_path):
    """Names of files, tensors and activations come from others."""
    torch = pytest.importorskip("torch", reason="extra torch")
    evil = "\x1b[2J\x1b]0;x\x07\u202ea\nb"
    state = torch.nn.RNN(1, 1, nonlinearity="relu").state_dict()
    files = {
        "tensor.pt": {**state, evil: torch.zeros(1)},
        "prefix.pt": {evil + name: value for name, value in state.items()} | state,
        "renamed.pt": {evil + "weight_hh_l0": torch.zeros(1, 1)},
    }
    names = []
    for name, content in files.items():
        torch.save(content, tmp_path / name)
        names.append(tmp_path / name)
    for data in ({evil: 1}, {"format": evil}, {"format": "urnn_proofs network", "version": 1}):
        base = {"W": [[0]], "F": [[1]], "b": [0], "C": [[1]], "activation": evil}
        names.append(tmp_path / f"n{len(names)}.json")
        names[-1].write_text(json.dumps({**base, **data}))
    names.append(tmp_path / f"{evil}.npz")  # it is not there
    names.append(tmp_path / f"{evil}.json")
    save(network(), names[-1])
    for name in names:
        for options in ([], ["--activation", evil], ["--activation", "relu", "--readout", evil]):
            done = run(name, tmp_path / f"{evil}out.json", "--as-is", *options)
            for text in (done.stdout, done.stderr):
                assert all(line.isprintable() for line in text.splitlines()), text
                assert "\x1b" not in text
                assert "\u202e" not in text
    done = run(names[-1], tmp_path / f"{evil}out.json", "--input-bound", "1")
    assert "\x1b" not in done.stdout.replace("\x1b[0m", "")
    assert "holds the exact URNN" in done.stdout
