"""``urnn-proofs diagnose``: one screen, and a next command that exists."""

from __future__ import annotations

import json
import re
import shlex

import numpy as np
import pytest
from paths import ROOT
from typer.testing import CliRunner

from urnn_proofs import RNN, StoredNetwork, load, save
from urnn_proofs.cli import app
from urnn_proofs.formal.record import theorem_standing

MADE = ROOT / "tests" / "formats" / "made_elsewhere"


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def words(text):
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def half(tmp_path):
    save(RNN([[0.5]], [[1]], [0], [[1]]), tmp_path / "half.json")
    return tmp_path / "half.json"


def test_one_screen_with_the_answer_first_and_the_command(half):
    result = run("diagnose", half, "--input-bound", 2)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) <= 24
    assert lines[0].startswith(
        "PROVED  A URNN with 2 states has the same outputs; scope: this network"
    )
    assert f"next: urnn-proofs convert {half} half-urnn.json --input-bound 2" in result.stdout


def test_json_is_only_json(half):
    data = json.loads(run("diagnose", half, "--json").stdout)
    assert data["verdict"] == "PROVED"
    assert data["checks"][-1]["name"] == "answer"


def test_open_and_none_have_their_statuses(tmp_path):
    path = tmp_path / "net.json"
    save(RNN([[2]], [[1]], [0], [[1]]), path)
    result = run("diagnose", path)
    proved = theorem_standing("positive_not_equivalent").applies
    assert result.exit_code == (0 if proved else 3)
    assert "No URNN of any size has the same outputs" in result.stdout
    assert "next:" not in result.stdout
    assert ("positive_not_equivalent" if proved else "a proof in words") in words(result.stdout)
    save(RNN([[1.5, 0], [0, 0.5]], [[1], [1]], [-9, 0], [[1, 1]]), path)
    result = run("diagnose", path)
    assert result.exit_code == 3
    assert "Not decided" in result.stdout


def test_a_state_dict_is_read_as_tanh_and_it_is_said(tmp_path):
    torch = pytest.importorskip("torch", reason="extra torch")
    torch.manual_seed(0)
    path = tmp_path / "net.pt"
    torch.save(torch.nn.RNN(2, 16).state_dict(), path)
    result = run("diagnose", path)
    assert "read as tanh" in words(result.stdout)
    assert "--epsilon 1e-6" in result.stdout
    result = run("diagnose", path, "--activation", "relu")
    assert "read as tanh" not in words(result.stdout)
    assert "--activation relu" in result.stdout


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_gated_networks_are_called_by_their_name(kind, tmp_path):
    torch = pytest.importorskip("torch", reason="extra torch")
    path = tmp_path / "net.pt"
    torch.save(getattr(torch.nn, kind)(2, 8).state_dict(), path)
    result = run("diagnose", path)
    assert result.exit_code == 3
    assert result.stdout.startswith("UNSUPPORTED")
    assert f"holds a{'n' * (kind == 'LSTM')} {kind}" in words(result.stdout)
    assert "urnn-proofs diagnose" not in result.stdout  # this is it
    result = run("convert", path, tmp_path / "out.pt", "--input-bound", 1)
    assert result.exit_code == 2
    assert kind in result.stderr
    assert "urnn-proofs diagnose" in result.stderr


RATE = ["--leak", "1/5", "--activation", "relu", "--map", "W=h2h", "--map", "F=i2h"]


def test_what_was_said_of_the_file_is_said_again(tmp_path):
    """A leaky network under other names: the next command takes the same words, and runs."""
    path = tmp_path / "rate.npz"
    np.savez(path, h2h=[[0.5]], i2h=[[1.0]])
    result = run("diagnose", path, *RATE)
    assert "URNN with 4 states" in result.stdout
    (line,) = re.findall("next: urnn-proofs (.*)", result.stdout)
    words = shlex.split(line.replace("rate-urnn.npz", str(tmp_path / "out.json")))
    assert words[-8:] == [*RATE[2:4], *RATE[:2], *RATE[4:]]
    assert run(*words).exit_code == 0
    x = np.random.default_rng(0).uniform(-1, 1, (9, 1))
    r, expected = 0.0, []
    for value in x[:, 0]:
        r = 0.8 * r + 0.2 * max(0.0, 0.5 * r + value)
        expected.append([r])
    np.testing.assert_allclose(load(tmp_path / "out.json").run(x), expected, atol=1e-12)


def test_repair_takes_the_same_words(tmp_path):
    np.savez(tmp_path / "rate.npz", h2h=[[1.001]], i2h=[[1.0]])
    result = run("repair", tmp_path / "rate.npz", tmp_path / "o.json", "--input-bound", 1, *RATE)
    assert result.exit_code == 0, result.stderr
    old = load(tmp_path / "rate.npz", activation="relu", names={"W": "h2h", "F": "i2h"}, leak="1/5")
    new = load(tmp_path / "o.json").layers[0]
    assert new.F == old.layers[0].F
    assert new.W != old.layers[0].W


@pytest.mark.parametrize("name", ["net.ckpt", "net.pth.tar", "net.bin", "lightning.ckpt"])
def test_the_next_command_writes_a_file_that_can_be_written(name, tmp_path):
    torch = pytest.importorskip("torch", reason="extra torch")
    torch.manual_seed(0)
    path = MADE / name
    if not path.exists():
        path = tmp_path / name
        torch.save(torch.nn.RNN(2, 4, nonlinearity="relu").state_dict(), path)
    said = run("diagnose", path, "--activation", "relu").stdout
    (line,) = re.findall("next: urnn-proofs (.*)", said)
    out = f"{name.removesuffix('.tar').rpartition('.')[0]}-urnn.pt"
    assert out in line
    assert run(*shlex.split(line.replace(out, str(tmp_path / out)))).exit_code == 0


def test_minimal_takes_an_output_bias(tmp_path):
    path, out = tmp_path / "net.json", tmp_path / "out.json"
    save(StoredNetwork.of(RNN([[0.5]], [[1]], [0], [[1]]), output_bias=[3]), path)
    result = run("minimal", path, "--input-bound", 1, "--out", out)
    assert result.exit_code == 0, result.stderr
    assert "the output bias of the network is added" in words(result.stdout)
    x = np.random.default_rng(0).uniform(-1, 1, (9, 1))
    np.testing.assert_allclose(load(out).run(x), load(path).run(x), atol=1e-12)
    assert load(out).output_bias == load(path).output_bias
    result = run("minimal", path, "--input-bound", 1, "--out", out, "--dtype", "float32")
    assert result.exit_code == 2
    assert "do not cover" in result.stderr


def test_verify_takes_what_convert_takes(tmp_path):
    """Several layers and an output bias; every simulation depends on the seed."""
    half = RNN([[0.5]], [[1]], [0], [[1]])
    path = tmp_path / "net.json"
    for network in (
        StoredNetwork.of(half, half),
        StoredNetwork.of(half, output_bias=[3]),
        StoredNetwork.of(half, half, output_bias=[3]),
    ):
        save(network, path)
        result = run("verify", "--network", path, "--input-bound", 1, "--seed", 5, "--json")
        assert result.exit_code == 0
        data = json.loads(result.stdout)
        assert data["verdict"] == "PROVED"
        assert "seed 5" in result.stdout
        assert len(data["parts"]) == (len(network.layers) if len(network.layers) > 1 else 0)
