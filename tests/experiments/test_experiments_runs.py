"""Runs of the experiments: resumed after a kill, corrupted lines, bad input, tables and figures."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs.cli import app
from urnn_proofs.experiments import extras
from urnn_proofs.experiments.grid import Grid, preset
from urnn_proofs.experiments.results import VERSION, key_of, open_results, read_results
from urnn_proofs.experiments.summary import (
    Line,
    counts_within,
    references,
    shift,
    size_needed,
    summarise,
)
from urnn_proofs.experiments.tables import shift_markdown, to_csv, to_latex
from urnn_proofs.model.errors import InputError, MissingExtraError

pytestmark = pytest.mark.usefixtures("quickly_compiled")

TINY = ["--sizes", "2", "--realisations", "1", "--snr", "15", "--models", "urnn"]
TINY += ["--steps", "20", "--training", "20", "--test", "10", "--epochs", "2"]
ROW = {
    "experiment": "synthetic", "model": "rnn", "hidden": 2, "snr_db": 15.0, "realisation": 0,
    "seed": 0, "conditions": {"epochs": 2}, "r2": 0.5, "optimum": 0.75,
}  # fmt: skip


def command(*arguments):
    return CliRunner().invoke(app, ["experiment", *map(str, arguments)])


def needs_extra():
    for module in ("jax", "optax", "matplotlib"):
        pytest.importorskip(module, reason="extra experiments")


# --- the results file


def test_rows_are_read_back_and_appended(tmp_path):
    file = tmp_path / "r.jsonl"
    results = open_results(file)
    results.append(ROW, {**ROW, "seed": 1})
    again = open_results(file)
    assert again.rows == [ROW, {**ROW, "seed": 1}]
    assert again.skipped == ()
    again.append({**ROW, "seed": 2})
    assert [row["seed"] for row in read_results(file).rows] == [0, 1, 2]


GOOD = json.dumps({"schema": "urnn_proofs.experiments", "version": VERSION, **ROW}).encode()


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"[1, 2]",
        b"null",
        b'{"r2": 1}',
        b"\xff\xfe",
        GOOD[:40],
        b"[" * 100_000,
        b"x" * 2_000_000,
    ],
    ids=["brace", "list", "null", "no schema", "not text", "half a line", "deep", "long"],
)
def test_a_corrupted_line_is_skipped_and_said(tmp_path, bad):
    file = tmp_path / "r.jsonl"
    file.write_bytes(GOOD + b"\n" + bad + b"\n" + GOOD + b"\n")
    found = read_results(file)
    assert found.rows == [ROW, ROW]
    assert len(found.skipped) == 1
    assert "line 2 is skipped" in found.skipped[0]


def test_half_a_line_at_the_end_does_not_spoil_the_next(tmp_path):
    file = tmp_path / "r.jsonl"
    file.write_bytes(GOOD + b"\n" + GOOD[:50])
    open_results(file).append({**ROW, "seed": 5})
    found = read_results(file)
    assert [row["seed"] for row in found.rows] == [0, 5]
    assert len(found.skipped) == 1


@pytest.mark.parametrize("change", [{"version": VERSION + 1}, {"schema": "something.else"}])
def test_a_file_of_another_version_is_refused(tmp_path, change):
    file = tmp_path / "r.jsonl"
    file.write_text(json.dumps({**json.loads(GOOD), **change}) + "\n")
    before = file.read_bytes()
    with pytest.raises(InputError, match="line 1 was written under another schema version"):
        open_results(file)
    assert file.read_bytes() == before


def test_files_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        open_results(tmp_path / "missing" / "r.jsonl")
    with pytest.raises(InputError, match="cannot be read"):
        read_results(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_results(tmp_path / "missing.jsonl")


def test_a_number_that_is_no_json_is_never_written(tmp_path):
    results = open_results(tmp_path / "r.jsonl")
    with pytest.raises(ValueError, match="JSON"):
        results.append({**ROW, "r2": float("nan")})
    assert read_results(tmp_path / "r.jsonl").rows == []


def test_the_key_tells_cells_apart_and_ignores_results():
    assert key_of({**ROW, "r2": 0.1}) == key_of(ROW)
    changes = {"model": "urnn", "hidden": 4, "snr_db": 20.0, "realisation": 1, "seed": 1}
    changes |= {"conditions": {"epochs": 3}, "experiment": "pixels", "data": "mnist"}
    assert (
        len({key_of({**ROW, name: value}) for name, value in changes.items()} | {key_of(ROW)}) == 9
    )


# --- summaries, tables, figures


def cells(model="rnn", hidden=2, scores=(0.1, 0.2, 0.3, 0.4, 0.5), **more):
    return [
        {**ROW, "model": model, "hidden": hidden, "realisation": k, "r2": score, **more}
        for k, score in enumerate(scores)
    ]


def test_summaries_are_medians_and_quartiles():
    (line,) = summarise(cells())
    assert (line.low, line.median, line.high) == (0.2, 0.3, 0.4)
    assert (line.gap_low, line.gap, line.gap_high) == pytest.approx((0.35, 0.45, 0.55))
    assert line.mean == pytest.approx(0.3)
    assert np.isnan(line.uncentred)
    rows = [{**row, "r2_uncentred": row["r2"] + k} for k, row in enumerate(cells())]
    assert summarise(rows)[0].uncentred == pytest.approx(2.3)
    assert (line.count, line.diverged) == (5, 0)


def test_a_diverged_network_counts_as_the_worst():
    (line,) = summarise(cells(scores=(0.1, None, 0.3, 0.4, 0.5)))
    assert (line.diverged, line.median) == (1, 0.3)
    (line,) = summarise(cells(scores=(None, None, None, 0.4, 0.5)))
    assert line.median == -np.inf
    assert line.gap == np.inf
    assert "diverged" in to_latex([line])
    assert "inf" not in to_csv([line])


def test_results_of_two_ways_of_training_are_not_mixed():
    with pytest.raises(InputError, match="rnn trained in two ways"):
        summarise([ROW, {**ROW, "conditions": {"epochs": 9}}])


def test_twice_the_units_are_compared_system_by_system():
    rows = cells(hidden=2, scores=(0.5, 0.5, 0.5)) + cells("urnn", 2, (0.4, 0.6, None))
    rows += cells("urnn", 4, (0.5, 0.55, 0.7))
    found = shift(rows, "15 dB", 2)
    assert (found.rnn, found.urnn, found.twice) == pytest.approx((0.25, 0.35, 0.2))
    assert (found.behind, found.gained, found.caught_up, found.systems) == (2, 2, 3, 3)
    assert shift(rows, "15 dB", 4) is None
    assert shift(rows, "20 dB", 2) is None
    assert counts_within(rows, "15 dB", 0.1) == {
        ("rnn", 2): (0, 3),
        ("urnn", 2): (0, 3),
        ("urnn", 4): (1, 3),
    }
    text = shift_markdown({"2": found, "4": None}, "n")
    assert text.splitlines()[2:] == ["| 2 | 0.2500 | 0.3500 | 0.2000 | 2 of 3 | 2 of 3 | 3 of 3 |"]


def test_packed_results_are_read_and_never_written(tmp_path):
    line = json.dumps({"schema": "urnn_proofs.experiments", "version": VERSION, **ROW}) + "\n"
    packed = tmp_path / "r.jsonl.gz"
    packed.write_bytes(gzip.compress(line.encode()))
    before = packed.read_bytes()
    results = open_results(tmp_path / "r.jsonl")
    results.append({**ROW, "seed": 7})
    assert [row["seed"] for row in read_results(tmp_path / "r.jsonl").rows] == [0, 7]
    assert packed.read_bytes() == before
    assert len((tmp_path / "r.jsonl").read_text().splitlines()) == 1
    packed.write_bytes(before[:-10])
    with pytest.raises(InputError, match=r"r\.jsonl\.gz cannot be read"):
        read_results(tmp_path / "r.jsonl")
    packed.write_bytes(gzip.compress(b" " * 50_000_001))
    with pytest.raises(InputError, match="more than 50000000 bytes when unpacked"):
        read_results(tmp_path / "r.jsonl")


def test_the_table_command(tmp_path):
    (tmp_path / "a").mkdir()
    rows = cells(hidden=2) + cells("urnn", 2) + cells("urnn", 4)
    open_results(tmp_path / "a" / "synthetic.jsonl").append(*rows)
    result = command("table", tmp_path / "a", "--data", "15 dB")
    assert result.stdout.splitlines()[-1] == "| 4 |  | 0.3000 (0.2000 to 0.4000) |"
    result = command("table", tmp_path / "a", tmp_path / "a", "--data", "15 dB", "--show", "gap")
    assert result.exit_code == 2
    assert "2 folders are given; expected one, or --show shift or exact" in result.stderr
    result = command("table", tmp_path / "a", "--show", "all")
    assert "--show is 'all'; expected one of r2, gap" in result.stderr
    result = command("table", tmp_path / "b")
    assert "cannot be read" in result.stderr


def test_sizes_needed():
    rows = (
        cells(hidden=2) + cells(hidden=4, scores=(0.7,) * 5) + cells(hidden=6, scores=(0.74,) * 5)
    )
    lines = summarise(rows)
    assert size_needed(lines, "rnn", "15 dB", 0.06) == 4
    assert size_needed(lines, "rnn", "15 dB", 0.02) == 6
    assert size_needed(lines, "rnn", "15 dB", 0.001) is None


def test_tables():
    shared = (0.3, 0.4, 0.5, 0.7, 0.8)
    lines = [Line("rnn", 2, "15 dB", 5, 0, 0.1, 0.25, 0.5, *shared)]
    head, row = to_csv(lines).splitlines()
    assert head.split(",")[:3] == ["model", "hidden", "condition"]
    numbers = [f"{value:.4f}" for value in (0.1, 0.25, 0.5, *shared)]
    assert row.split(",") == ["rnn", "2", "15 dB", "5", "0", *numbers]
    text = to_latex([*lines, Line("urnn", 4, "15 dB", 5, 0, 0.6, 0.7, 0.8, *shared)])
    assert text.count(r"\\") == 4
    assert "4 & -- & 0.700 (0.600--0.800)" in text


def test_figures_are_the_same_bytes_each_time(tmp_path):
    pytest.importorskip("matplotlib", reason="extra experiments")
    from urnn_proofs.experiments.figures import save_figure, synthetic_figure

    known = {"optimum": 0.75, "exact_urnn": 0.75, "nearest": 0.7, "states": 8}
    rows = [*cells(), *cells("urnn", 4), {**ROW, **known, "model": "reference"}]
    assert references(rows)["15 dB"]["nearest_gap"] == pytest.approx(0.05)
    for name in ("a", "b"):
        save_figure(synthetic_figure(rows), tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.png").read_bytes()[1:4] == b"PNG"
    with pytest.raises(InputError, match="no finished cell"):
        synthetic_figure([])


# --- grids and the command line


def test_presets():
    assert preset("quick").realisations == 8
    assert len(preset("quick").sizes) == 2
    paper = preset("paper")
    assert (paper.sizes, paper.snr_db) == ((2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14), (15.0, 20.0))
    assert (paper.realisations, paper.steps, paper.training, paper.test) == (30, 1000, 700, 300)
    assert (paper.settings.learning_rate, paper.settings.batch) == (0.01, 10)
    assert len(paper.cells()) == 3 * 11 * 30 * 2
    assert len(set(paper.cells())) == len(paper.cells())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": (4, 0)}, r"sizes\[1\] is 0"),
        ({"sizes": ()}, "sizes is empty"),
        ({"realisations": -1}, "realisations is -1"),
        ({"steps": 2.5}, "steps is 2.5"),
        ({"epsilon": 0.0}, "epsilon is 0.0"),
        ({"epsilon": float("nan")}, "epsilon is nan"),
        ({"snr_db": (float("inf"),)}, "SNR is inf dB"),
        ({"models": ("rnn", "gru")}, "model is 'gru'"),
    ],
)
def test_grids_that_make_no_sense_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        Grid(**change)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["synthetic", "--preset", "huge"], "preset is 'huge'; expected one of quick, paper"),
        (["synthetic", "--sizes", "4,-2"], "sizes[1] is -2"),
        (["synthetic", "--sizes", "four"], "--sizes is 'four'; expected integers"),
        (["synthetic", "--snr", "nan"], "an SNR is nan dB; expected a finite number"),
        (["synthetic", "--epochs", "0"], "epochs is 0"),
        (["synthetic", "--models", "gru"], "model is 'gru'"),
        (["synthetic", "--constraint", "hope"], "constraint is 'hope'"),
        (["synthetic", *TINY, "--workers", "0"], "workers is 0"),
        (["synthetic", *TINY, "--minutes", "0"], "minutes is 0"),
        (["synthetic", *TINY, "--device", "tpu"], "--device is 'tpu'; expected cpu or cuda"),
        (["pixels", "--data", "cifar"], "data is 'cifar'"),
        (["pixels", "--sizes", "0"], "sizes[0] is 0"),
        (["pixels", "--patience", "-1"], "patience is -1"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(tmp_path, arguments, message):
    if "--workers" in arguments or "--minutes" in arguments:
        needs_extra()
    result = command(*arguments, "--out", tmp_path)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    needs_extra()
    (tmp_path / "taken").write_text("")
    result = command("synthetic", *TINY, "--out", tmp_path / "taken")
    assert result.exit_code == 2
    assert "cannot be made a folder" in result.stderr


def test_without_the_extra_its_name_is_said(monkeypatch, tmp_path):
    def absent(name):
        raise ImportError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(extras, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"install urnn_proofs\[experiments\]"):
        extras.need("jax", "training")
    result = command("synthetic", *TINY, "--out", tmp_path / "new")
    assert result.exit_code == 2
    assert "needs the package jax, which is not installed" in result.stderr
    assert not (tmp_path / "new").exists()


def test_loading_the_experiments_loads_no_extra():
    code = "import sys, urnn_proofs.experiments.synthetic, urnn_proofs.experiments.pixels\n"
    code += "import urnn_proofs.experiments.figures\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"jax", "optax", "matplotlib", "sklearn", "mlxtend"}


# --- whole runs


def test_a_run_is_finished_resumed_and_repaired(tmp_path):
    """All models; a second run trains nothing; a lost line is trained again."""
    needs_extra()
    arguments = ["synthetic", "--sizes", "2", "--realisations", "2", "--snr", "15"]
    arguments += ["--models", "rnn,urnn,lstm", "--steps", "20", "--training", "20", "--test", "10"]
    arguments += ["--epochs", "2", "--out", tmp_path]
    result = command(*arguments)
    assert result.exit_code == 0, result.output
    assert "6 networks trained now, 0 found" in result.stdout
    for suffix in ("jsonl", "csv", "tex", "png", "pdf"):
        assert (tmp_path / f"synthetic.{suffix}").stat().st_size > 50
    file = tmp_path / "synthetic.jsonl"
    first = read_results(file)
    assert {row["model"] for row in first.rows} == {"reference", "rnn", "urnn", "lstm"}
    for row in first.rows:
        assert re.fullmatch(r"\d+", str(row["seed"]))
        if row["model"] != "reference":
            assert [epoch for epoch, _ in row["losses"]] == [1, 2]
            assert row["r2"] < row["optimum"] <= 1
    before = file.read_bytes()
    result = command(*arguments)
    assert "0 networks trained now, 6 found" in result.stdout
    assert file.read_bytes() == before
    lines = before.splitlines(keepends=True)
    spoiled = next(k for k, line in enumerate(lines) if b'"urnn"' in line)
    lines[spoiled] = lines[spoiled][:30] + b"\n"
    file.write_bytes(b"".join(lines))
    result = command(*arguments)
    assert result.exit_code == 0
    assert f"line {spoiled + 1} is skipped: it is not JSON" in result.stderr
    assert "1 networks trained now, 5 found" in result.stdout
    key = key_of(json.loads(before.splitlines()[spoiled]))
    old, new = (
        next(r for r in rows if key_of(r) == key) for rows in (first.rows, read_results(file).rows)
    )
    assert new["r2"] == pytest.approx(old["r2"], abs=1e-6)
    other = json.loads(lines[0]) | {"version": VERSION + 1}
    file.write_text(json.dumps(other) + "\n")
    result = command(*arguments)
    assert result.exit_code == 2
    assert "another schema version" in result.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    needs_extra()
    base = ["synthetic", "--sizes", "2,3", "--realisations", "1", "--snr", "15", "--models", "urnn"]
    base += ["--steps", "20", "--training", "20", "--test", "10", "--workers", "1"]
    base += ["--epochs", "100", "--out", str(tmp_path)]
    program = [sys.executable, "-m", "urnn_proofs", "experiment", *base]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    file = tmp_path / "synthetic.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists() and file.read_bytes().count(b'"urnn"') == 1:
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = file.read_bytes()
    assert kept.count(b'"urnn"') in (1, 2)  # 2 only if the machine was very slow to kill
    result = command(*base)
    assert result.exit_code == 0, result.output
    assert file.read_bytes().startswith(kept)
    left = 2 - kept.count(b'"urnn"')
    assert f"{left} networks trained now" in result.stdout
    assert sorted(row["hidden"] for row in read_results(file).rows) == [0, 2, 3]


def test_a_failing_group_loses_nothing_that_was_computed(tmp_path, monkeypatch):
    needs_extra()
    from urnn_proofs.experiments import synthetic

    grid = replace(
        preset("quick"), models=("urnn",), sizes=(2, 3), realisations=1, snr_db=(15.0,),
        steps=20, training=20, test=10, settings=replace(preset("quick").settings, epochs=1),
    )  # fmt: skip
    train = synthetic._train

    def failing(group, *rest):
        if group.hidden == 3:
            raise MemoryError
        return train(group, *rest)

    monkeypatch.setattr(synthetic, "_train", failing)
    results = open_results(tmp_path / "r.jsonl")
    with pytest.raises(MemoryError):
        synthetic.run_synthetic(grid, results, workers=1)
    assert [r["hidden"] for r in read_results(tmp_path / "r.jsonl").rows] == [2]


def test_when_the_time_is_up_the_rest_is_left_for_the_same_command(tmp_path):
    needs_extra()
    arguments = ["synthetic", *TINY, "--epochs", "3", "--no-references", "--out", tmp_path]
    result = command(*arguments, "--minutes", "1e-6")
    assert result.exit_code == 0, result.output
    assert "0 networks trained now" in result.stdout
    assert "1 networks are left; the same command goes on with them" in result.stdout
    result = command(*arguments)
    assert "1 networks trained now" in result.stdout
    assert "left" not in result.stdout
    assert [r["model"] for r in read_results(tmp_path / "synthetic.jsonl").rows] == ["urnn"]
    assert "1 found" in command(*[a for a in arguments if a != "--no-references"]).stdout
    models = [r["model"] for r in read_results(tmp_path / "synthetic.jsonl").rows]
    assert models == ["urnn", "reference"]


def test_the_paper_preset_says_how_long_it_takes(tmp_path):
    needs_extra()
    result = command("synthetic", "--preset", "paper", *TINY, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert re.match(r"estimated time: \d+ seconds, if nothing else runs", result.stderr)
