"""The quick preset, with shorter sequences: complete, resumable, and URNNs gain from more units.

That they catch up with twice the units takes the length of the paper's sequences and its training:
``test_experiments_stored.py`` sees it in the stored results.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs.cli import app

for package in ("jax", "optax", "matplotlib"):
    pytest.importorskip(package, reason="extra experiments")


@pytest.mark.slow
def test_the_quick_preset(tmp_path):
    arguments = ["experiment", "synthetic", "--preset", "quick", "--steps", "100"]
    arguments += ["--out", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    stored = tmp_path / "synthetic.jsonl"
    rows = [json.loads(line) for line in stored.read_text().splitlines()]
    trained = [row for row in rows if row["model"] != "reference"]
    references = [row for row in rows if row["model"] == "reference"]
    # Two models, two sizes, eight systems.
    assert (len(trained), len(references)) == (32, 8)
    for row in references:
        assert row["states"] == 8
        assert abs(row["exact_urnn"] - row["optimum"]) < 1e-9
    gap = {
        (model, hidden): np.median(
            [
                row["optimum"] - row["r2"]
                for row in trained
                if (row["model"], row["hidden"]) == (model, hidden)
            ]
        )
        for model, hidden in (("rnn", 4), ("urnn", 4), ("urnn", 8))
    }
    # With 4 units, the states of the true systems, the RNN is ahead; with 8 the URNN is nearer.
    assert gap["urnn", 4] > 1.5 * gap["rnn", 4]
    assert gap["urnn", 8] - gap["rnn", 4] < 0.5 * (gap["urnn", 4] - gap["rnn", 4])
    best = max(row["r2"] for row in trained if row["model"] == "urnn")
    assert 0.9 < best < max(row["optimum"] for row in references) + 0.01
    assert {path.suffix for path in tmp_path.iterdir()} >= {".png", ".pdf", ".csv", ".tex"}
    before = stored.read_bytes()
    again = CliRunner().invoke(app, arguments)  # everything is there: nothing is trained twice
    assert again.exit_code == 0
    assert stored.read_bytes() == before
