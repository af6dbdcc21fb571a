"""The shipped example: real data, a trained network, and the script that trained it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from paths import ROOT

from urnn_proofs import Verdict, equivalent_urnn, load

EXAMPLES = ROOT / "examples"


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


def test_the_training_script_makes_such_a_network(tmp_path):
    pytest.importorskip("torch", reason="needs the extra 'examples' (torch)")
    pytest.importorskip("sklearn", reason="needs the extra 'examples' (scikit-learn)")
    output = tmp_path / "net.npz"
    subprocess.run(
        [
            sys.executable,
            EXAMPLES / "train_digits.py",
            "--states",
            "4",
            "--epochs",
            "2",
            "--output",
            output,
        ],
        check=True,
        capture_output=True,
    )
    net = load(output).rnn
    assert net.states == 4
    assert equivalent_urnn(net, 3).report.verdict is Verdict.PROVED
