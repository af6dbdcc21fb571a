"""``urnn-proofs repair``: from what training left behind to a URNN, by commands alone."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs import RNN, load, save
from urnn_proofs.cli import app

TURN = np.array([[0.6, -0.8], [0.8, 0.6]], dtype=np.float32)


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def nearly(tmp_path):
    save(RNN(TURN, [[1], [0.5]], [0, 0], [[1, 1]]), tmp_path / "net.json")
    return tmp_path / "net.json"


def test_diagnose_repair_convert(nearly, tmp_path):
    said = run("diagnose", nearly).stdout
    (words,) = re.findall("next: urnn-proofs (.*)", said)
    command = words.replace("net-repaired.json", str(tmp_path / "r.json")).split()
    result = run(*command)
    assert result.exit_code == 0
    assert "outputs change by at most" in result.stdout
    assert (
        run("convert", tmp_path / "r.json", tmp_path / "u.json", "--input-bound", 1).exit_code == 0
    )
    assert load(tmp_path / "u.json").rnn.states == 2


def test_data_are_measured(nearly, tmp_path):
    np.save(tmp_path / "x.npy", np.full((20, 3, 1), 0.5))
    result = run(
        *("repair", nearly, tmp_path / "r.npz", "--input-bound", 1),
        *("--data", tmp_path / "x.npy", "--json"),
    )
    data = json.loads(result.stdout)
    assert data["verdict"] == "PROVED"
    assert data["checks"][-1]["verdict"] == "CONSISTENT"
    assert "not exactly orthogonal" in " ".join(data["notes"])


def test_a_contraction_in_floats_converts(tmp_path):
    save(RNN([[1.00003, 0], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]]), tmp_path / "net.npz")
    result = run(
        *("repair", tmp_path / "net.npz", tmp_path / "r.npz", "--input-bound", 1),
        *("--to", "contraction", "--norm", "0.99", "--steps", 7),
    )
    assert result.exit_code == 0
    assert "in 7 steps" in result.stdout
    assert (
        run("convert", tmp_path / "r.npz", tmp_path / "u.json", "--input-bound", 1).exit_code == 0
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not an array", "no .npy file"),
        (None, "cannot be read"),
        (np.array([[object()]]), "dtype object"),
        (np.zeros(3), "expected (T, m)"),
        (np.full((2, 1), np.nan), "NaN or infinite"),
    ],
)
def test_bad_data_are_refused(nearly, tmp_path, content, words):
    path = tmp_path / "x.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content, allow_pickle=True)
    target = tmp_path / "r.json"
    result = run("repair", nearly, target, "--input-bound", 1, "--data", path)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not target.exists()


def test_data_shorter_than_their_header_are_refused(nearly, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((100, 1)))
    whole = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(whole[:-8])
    result = run(
        "repair", nearly, tmp_path / "r.json", "--input-bound", 1, "--data", tmp_path / "x.npy"
    )
    assert result.exit_code == 2
    assert "as its header says" in result.stderr


def test_the_same_file_twice_is_refused(nearly):
    result = run("repair", nearly, nearly, "--input-bound", 1)
    assert result.exit_code == 2
    assert "two different files" in result.stderr
