"""A trained contractive RNN becomes a URNN with the same outputs, and is trained further."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs.cli import app
from urnn_proofs.experiments.convert import NORM, STAGES, at_the_edge, cut, dilated
from urnn_proofs.experiments.grid import Grid
from urnn_proofs.experiments.initial import initial_weights
from urnn_proofs.experiments.systems import System, draw_system, make_dataset, simulate
from urnn_proofs.experiments.training import Settings


def run(weights, x):
    """Outputs and largest states, run in float64."""
    W, F, b, C = (weights[name].astype(np.float64) for name in "WFbC")
    outputs, activity = simulate(System(W, F, b, C, np.zeros(len(b)), 0), x)
    return outputs, activity


def trained(seed=0, n=3):
    weights = initial_weights("contractive", n, 2, 2, (seed,), "orthogonal")
    weights["W"] *= np.float32(1.3)
    weights["b"] += np.float32(0.1)
    return weights


def test_singular_values_are_cut_and_nothing_else_changes():
    weights = trained()
    found = cut(weights)
    left, values, right = np.linalg.svd(weights["W"])
    assert values.min() > NORM
    np.testing.assert_allclose(found["W"], NORM * left @ right, atol=1e-6)
    assert np.linalg.norm(found["W"].astype(float), 2) < 1
    below = {**weights, "W": weights["W"] / 2}
    np.testing.assert_allclose(cut(below)["W"], below["W"], atol=1e-7)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("edge", [False, True])
def test_the_urnn_has_the_outputs_of_the_rnn_and_its_added_units_stay_off(seed, edge):
    network = cut(trained(seed))
    network["W"] = network["W"] * np.array([1, 0.9, 0.5], np.float32)
    x = np.random.default_rng(seed).standard_normal((5, 60, 2))
    urnn = dilated(network, np.linalg.norm(x, axis=-1).max())
    if edge:
        urnn = at_the_edge(urnn, x)
    np.testing.assert_allclose(urnn["W"].T @ urnn["W"], np.eye(6), atol=1e-6)
    expected, _ = run(network, x)
    found, activity = run({**urnn, "b": urnn["b"] - 1e-6 * edge * (np.arange(6) > 2)}, x)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert (activity[3:] == 0).all()
    # A bias of half the size, at the edge, lets a unit on: none is larger than it has to be.
    lifted = {**urnn, "b": urnn["b"] * np.where(np.arange(6) < 3, 1, 0.5)}
    assert (run(lifted, x)[1][3:] > 0).any() == edge


def test_tanh_systems_are_positive_for_sixty_percent_of_the_time():
    system = draw_system(1, activation="tanh", steps=200)
    assert abs(system.activity - 0.6).max() <= 0.002
    data = make_dataset(system, 20.0, training=5, test=5, steps=50)
    expected = system.network().run(np.swapaxes(data.x, 0, 1)).swapaxes(0, 1)
    np.testing.assert_allclose(data.clean, expected, atol=1e-12)


def test_conditions_name_the_activation_only_where_it_is_not_relu():
    assert "activation" not in Grid().conditions()
    tanh = Grid(settings=Settings(activation="tanh"))
    assert tanh.conditions()["activation"] == tanh.data_conditions()["activation"] == "tanh"


@pytest.mark.usefixtures("quickly_compiled")
def test_the_command_trains_five_networks_and_proves_the_exact_one(tmp_path):
    for module in ("jax", "optax", "matplotlib"):
        pytest.importorskip(module, reason="extra experiments")
    arguments = ["experiment", "convert", "--size", "2", "--realisations", "2", "--epochs", "3"]
    arguments += ["--steps", "20", "--training", "20", "--test", "10", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "10 networks trained now, 0 found" in result.stdout
    rows = [json.loads(line) for line in (tmp_path / "convert.jsonl").read_text().splitlines()]
    assert [row["model"] for row in rows] == [s for s in (*STAGES, "exact") for _ in range(2)]
    kept = {(row["model"], row["realisation"]): row for row in rows}
    for r in range(2):
        exact = kept["exact", r]
        assert (exact["verdict"], exact["states"]) == ("PROVED", 4)
        assert exact["difference"] < 1e-12
        assert exact["r2"] == pytest.approx(exact["r2_network"], abs=1e-12)
        assert kept["contractive_longer", r]["losses"][-1][0] == 6
        assert kept["tuned", r]["losses"][-1][0] == 3
        # The fine-tuned networks start where the contractive RNN ended, not at random.
        assert kept["tuned", r]["losses"][0][1] < kept["contractive", r]["losses"][0][1]
    again = CliRunner().invoke(app, arguments)
    assert "0 networks trained now, 10 found" in again.stdout
