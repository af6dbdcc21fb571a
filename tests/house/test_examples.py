"""The shipped example: real data, a trained network, and the script that trained it."""

from __future__ import annotations

import runpy
import sys

import numpy as np
import pytest
from paths import ROOT

from urnn_proofs import Verdict, equivalent_urnn, load

EXAMPLES = ROOT / "examples"


def printed(monkeypatch, capsys, script, *arguments):
    """Run a script as a program, in this process, which has loaded PyTorch already."""
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def digits():
    return pytest.importorskip(
        "sklearn.datasets", reason="needs the extra 'examples' (scikit-learn)"
    ).load_digits()


def test_the_network_reads_real_digits_and_so_does_its_urnn(digits):
    from urnn_proofs import equivalent_urnn

    net = load(EXAMPLES / "digits_rnn.npz").rnn
    rows = (digits.images / 16.0).transpose(1, 0, 2)  # time first: (8, images, 8)
    assert np.linalg.norm(rows, axis=2).max() <= 3
    scores = net.run(rows)[-1]
    assert (scores.argmax(1) == digits.target).mean() > 0.85
    urnn = equivalent_urnn(net, 3).urnn
    assert (urnn.run(rows)[-1].argmax(1) == scores.argmax(1)).all()
    assert np.allclose(urnn.run(rows), net.run(rows), atol=1e-9)


def test_the_training_script_makes_such_a_network(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch", reason="needs the extra 'examples' (torch)")
    pytest.importorskip("sklearn", reason="needs the extra 'examples' (scikit-learn)")
    output = tmp_path / "net.npz"
    arguments = ["--states", 4, "--epochs", 2, "--output", output]
    printed(monkeypatch, capsys, "train_digits.py", *arguments)
    net = load(output).rnn
    assert net.states == 4
    assert equivalent_urnn(net, 3).report.verdict is Verdict.PROVED


def table(text):
    """The cells of the first table that follows the heading of a table of networks."""
    return [
        [cell.strip() for cell in line.strip("| \n").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| ") and not line.startswith("| ---")
    ]


ROWS = [
    *("nn.RNN, tanh", "nn.RNN, ReLU", "orthogonal", "spectral_norm", "pruned", "pruned, masks"),
    *("embedding", "layer norm", "two heads", "two layers", "Lightning", "leaky"),
    *(f"ONNX {k}, {maker}" for maker in ("TorchScript", "dynamo") for k in (17, 18, 20)),
    *("ONNX 18, tanh", "Keras, ReLU", "Keras .h5", "Keras, functional", "Keras, tanh"),
    *("trained freely", "the same, two layers", "bidirectional", "nn.LSTM"),
]


def test_the_page_of_networks_shows_what_the_script_prints(monkeypatch, capsys):
    """Words and commands as stored; what is measured differs from machine to machine."""
    for package in ("torch", "onnxruntime", "h5py"):
        pytest.importorskip(package, reason="needs the extras 'torch', 'onnx' and 'keras'")
    shown = printed(monkeypatch, capsys, "as_people_have_it.py")
    page = (ROOT / "docs" / "your_network.md").read_text()
    rows = table(shown)
    assert [row[0].replace("`", "") for row in rows[1:]] == ROWS
    kept = {row[0]: row for row in table(page)}
    for row in rows[1:]:
        assert kept[row[0]][1:3] == row[1:3]
        refused = row[0] in ("bidirectional", "`nn.LSTM`")
        assert (row[2] == "refused") == refused
        if not refused and row[0] not in ("trained freely", "the same, two layers"):
            for cells in (row, kept[row[0]]):
                measured, bound = cells[3].split(" ≤ ")
                assert float(measured) <= float(bound)


def test_the_training_script_prints_losses_and_converts(monkeypatch, capsys):
    pytest.importorskip("torch", reason="needs the extra 'examples' (torch)")
    pytest.importorskip("sklearn", reason="needs the extra 'examples' (scikit-learn)")
    arguments = ["--steps", 20, "--states", 4]
    rows = table(printed(monkeypatch, capsys, "train_to_convert.py", *arguments))[1:]
    assert [row[1] for row in rows] == 2 * ["free", "projected", "fine-tuned", "from the start"]
    assert all("8 states" in row[3] for row in rows if row[1] != "free")


def test_the_example_of_the_training_page_runs():
    pytest.importorskip("torch", reason="needs the extra 'torch'")
    page = (ROOT / "docs" / "training.md").read_text()
    _, code = page.split("## Train, project, fine-tune, convert\n\n```python\n")
    exec(code.split("```")[0], {"__name__": "__main__"})
