"""The stored results are complete, and the page says what they say."""

from __future__ import annotations

import math
import re
import shlex
import shutil
import sys

import numpy as np
import pytest
from paths import ROOT
from typer.testing import CliRunner

from urnn_proofs.cli import app
from urnn_proofs.experiments import figures
from urnn_proofs.experiments.grid import preset
from urnn_proofs.experiments.reference import reference
from urnn_proofs.experiments.results import read_results
from urnn_proofs.experiments.summary import shift, summarise
from urnn_proofs.experiments.systems import draw_system, make_dataset

sys.path.insert(0, str(ROOT / "experiments"))
from page import renewed

STORED = ROOT / "experiments" / "results"
PAGE = (ROOT / "docs" / "experiments.md").read_text()
COMMANDS = re.findall(r"^\$ urnn-proofs (experiment .+)$", PAGE, re.MULTILINE)
TRAINING = [command for command in COMMANDS if "--out experiments/results" in command]
FOLDERS = sorted(path.parent.name for path in STORED.glob("*/synthetic.jsonl.gz"))


def rows_of(folder, kind="synthetic"):
    found = read_results(STORED / folder / f"{kind}.jsonl")
    assert found.skipped == ()
    return found.rows


def test_every_table_of_the_page_is_printed_by_the_command_above_it(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert renewed(PAGE) == PAGE
    headers = len(re.findall(r"^\| (?!---).*\n\| ---", PAGE, re.MULTILINE))
    tables = sum(command.startswith("experiment table") for command in COMMANDS)
    assert headers == tables + 1 >= 15  # and the one of the benchmark


def test_every_number_in_the_prose_is_in_a_table_or_a_setting():
    """What has three digits after the point was measured; the tables are checked above."""
    prose = re.sub(r"^(\|.*|\$ urnn-proofs .*|\{.*)$", "", PAGE, flags=re.MULTILINE)
    tables = "\n".join(re.findall(r"^\|.*$", PAGE, re.MULTILINE))
    measured = set(re.findall(r"\d\.\d{3,}", prose)) - {"0.001", "0.9999"}
    assert measured
    assert measured <= set(re.findall(r"\d\.\d{3,}", tables))


@pytest.mark.parametrize("folder", FOLDERS)
def test_thirty_systems_of_every_model_and_size_are_there(folder):
    lines = summarise(rows_of(folder))
    assert {line.count for line in lines} == {30}
    for model in {line.model for line in lines}:
        found = {(line.condition, line.hidden) for line in lines if line.model == model}
        assert found == {(c, n) for c in ("15 dB", "20 dB") for n in preset("paper").sizes}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_network_beats_the_optimum_by_more_than_chance(folder):
    trained = [row for row in rows_of(folder) if row["model"] != "reference"]
    excess = [row["r2"] - row["optimum"] for row in trained if row["r2"] is not None]
    assert max(excess) < 2e-4


@pytest.mark.parametrize("folder", ["script-orthogonal", "text-orthogonal"])
def test_the_reference_lines_can_be_recomputed(folder):
    (row,) = (
        row
        for row in rows_of(folder)
        if (row["model"], row["realisation"], row["snr_db"]) == ("reference", 3, 20.0)
    )
    system = draw_system(3, normalise=row["conditions"]["normalise"])
    line = reference(system, make_dataset(system, 20.0))
    assert row["states"] == line.states == 8
    assert row["input_bound"] == str(line.input_bound)
    for name in ("optimum", "exact_urnn", "nearest"):
        assert row[name] == pytest.approx(getattr(line, name), abs=1e-9)


def test_the_exact_urnn_is_at_the_optimum_in_every_system():
    for folder in ("script-orthogonal", "text-orthogonal"):
        rows = [row for row in rows_of(folder) if row["model"] == "reference"]
        assert len(rows) == 60
        assert max(abs(row["exact_urnn"] - row["optimum"]) for row in rows) < 1e-12


@pytest.mark.parametrize("folder", ["script-convert", "text-convert"])
def test_every_trained_contractive_network_has_a_urnn_with_its_outputs(folder):
    rows = [row for row in rows_of(folder, "convert") if row["model"] == "exact"]
    assert len(rows) == 60
    assert {(row["verdict"], row["states"]) for row in rows} == {("PROVED", 8)}
    assert max(row["difference"] for row in rows) < 1e-12
    assert max(abs(row["r2"] - row["r2_network"]) for row in rows) < 1e-12


@pytest.mark.parametrize("folder", ["script-convert", "text-convert"])
def test_fine_tuning_does_not_reach_a_urnn_from_a_random_start(folder):
    for noise in ("15 dB", "20 dB"):
        gap = {v.model: v.gap for v in summarise(rows_of(folder, "convert"), "convert")
               if v.condition == noise}  # fmt: skip
        assert gap["urnn"] < gap["edge"] < gap["tuned"] < gap["contractive"]


def test_the_urnn_within_epsilon_of_a_tanh_system_is_at_the_optimum():
    rows = [row for row in rows_of("tanh") if row["model"] == "reference"]
    assert len(rows) == 60
    assert {row["states"] for row in rows} == {8}
    assert max(abs(row["exact_urnn"] - row["optimum"]) for row in rows) < 1e-9


@pytest.mark.parametrize("noise", ["15 dB", "20 dB"])
def test_the_shift_from_n_to_2n_shows_in_the_systems_as_programmed(noise):
    """What the page says: behind at every equal size, caught up with twice the units."""
    rows = rows_of("script-orthogonal")
    gap = {(v.model, v.hidden): v.gap for v in summarise(rows) if v.condition == noise}
    behind = [gap["urnn", n] > gap["rnn", n] for n in preset("paper").sizes]
    assert all(behind)
    at_four = shift(rows, noise, 4)
    assert at_four.urnn > 5 * at_four.rnn > 5 * at_four.twice
    assert min(at_four.behind, at_four.gained, at_four.caught_up) > 15


def test_how_long_the_pixels_were_trained():
    rows = rows_of("pixels", "pixels")
    stopped = sum(row["epochs_run"] < 150 for row in rows)
    at_the_end = sum(row["epoch_kept"] >= 145 for row in rows)
    said = f"{stopped} of the {len(rows)}\nnetworks were stopped early, and {at_the_end} were at"
    assert said in PAGE


def test_the_shift_does_not_show_in_the_systems_as_written_from_the_identity():
    assert shift(rows_of("text-identity-clip"), "20 dB", 4).behind < 15


def test_everything_stored_is_small():
    assert sum(path.stat().st_size for path in STORED.rglob("*")) < 3_000_000


@pytest.mark.parametrize("command", TRAINING)
def test_the_commands_on_the_page_find_everything_done(command, tmp_path, monkeypatch):
    for module in ("jax", "optax", "matplotlib", "sklearn"):
        pytest.importorskip(module, reason="extra experiments")
    out = command.rsplit(" ", 1)[1]
    shutil.copytree(ROOT / out, tmp_path / out)
    monkeypatch.chdir(tmp_path)
    # The figures are composed, but sixteen pairs of files are not drawn: others see them drawn.
    monkeypatch.setattr(figures, "save_figure", lambda figure, *paths: None)
    before = {path.name: path.read_bytes() for path in (tmp_path / out).glob("*.jsonl*")}
    result = CliRunner().invoke(app, shlex.split(command))
    assert result.exit_code == 0, result.output
    assert re.match(r"0 networks trained now, \d+ found", result.stdout)
    after = {path.name: path.read_bytes() for path in (tmp_path / out).glob("*.jsonl*")}
    assert after == before


def test_the_page_has_a_command_for_every_folder():
    assert {path.parent.name for path in STORED.glob("*/*.jsonl*")} == {
        command.rsplit("/", 1)[1] for command in TRAINING
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_seeds_and_conditions_are_recorded(folder):
    for row in rows_of(folder):
        assert {"seed", "realisation", "snr_db", "conditions"} <= set(row)
        assert (row["conditions"]["steps"], row["conditions"]["training"]) == (1000, 700)
        if row["model"] != "reference":
            assert row["losses"][-1][0] == row["conditions"]["epochs"] == 100
            assert math.isfinite(row["group_seconds"])
            assert np.isfinite(row["r2_uncentred"])
