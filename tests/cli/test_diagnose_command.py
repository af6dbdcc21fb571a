"""``urnn-proofs diagnose``: one screen, and a next command that exists."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from urnn_proofs import RNN, StoredNetwork, save
from urnn_proofs.cli import app


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
    assert result.exit_code == 0
    assert "No URNN of any size has the same outputs" in result.stdout
    assert "next:" not in result.stdout
    assert "expansive_not_equivalent" in result.stdout
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
