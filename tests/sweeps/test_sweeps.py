"""Sweeps: what is asked, where it runs, what is written down, what is shown."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paths import ROOT
from typer.testing import CliRunner

from urnn_proofs import (
    RNN,
    Verdict,
    __version__,
    equivalent_urnn,
    minimal_urnn,
    read_sweep,
    save,
    sweep,
)
from urnn_proofs.checks.smt.limits import Limits
from urnn_proofs.cli import app
from urnn_proofs.model.errors import InputError, MissingExtraError
from urnn_proofs.model.verdict import Trust
from urnn_proofs.questions.families import FAMILIES, draw_examples
from urnn_proofs.sweeps import driver, engine, worker
from urnn_proofs.sweeps.cell import Question, canonical
from urnn_proofs.sweeps.grid import expand, grid_size
from urnn_proofs.sweeps.networks import network_of
from urnn_proofs.sweeps.row import Row, unanswered
from urnn_proofs.sweeps.spec import load_spec
from urnn_proofs.sweeps.store import Store
from urnn_proofs.sweeps.summary import Table
from urnn_proofs.sweeps.tasks import TASKS, answer

LIMITS = Limits(60, 1024)
CHEAP = {"cross_checks": "none"}


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(2) as executor:
        yield executor
    worker._stop_idle()


# Cells


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_cell_is_answered_as_the_functions_answer(family, n):
    example = draw_examples(n, 3)[FAMILIES.index(family)]
    cell = {"family": family, "n": n, "seed": 3}
    both = equivalent_urnn(example.rnn, example.input_bound, state_bound=example.state_bound)
    found = answer("verify", {**cell, **CHEAP}, LIMITS)
    assert found.report.as_dict() == both.proof.as_dict()
    assert found.digest == both.certificate.digest
    fewest = minimal_urnn(example.rnn, example.input_bound)
    found = answer("minimal-states", cell, LIMITS)
    assert found.facts == {"at_least": fewest.at_least, "at_most": fewest.at_most}
    is_open = fewest.at_least < fewest.at_most
    assert found.report.verdict is (Verdict.UNKNOWN if is_open else fewest.report.verdict)
    certificate = fewest.report.certificate  # none where the states carry square roots
    assert found.digest == (None if certificate is None else certificate.digest)


@pytest.mark.parametrize(
    ("cell", "verdict"),
    [
        ({"w": "1/2", "activation": "tanh", "states": 2}, Verdict.PROVED),
        ({"w": "1/2", "activation": "tanh", "states": 3}, Verdict.PROVED),
        ({"w": "1/2", "states": 2, "input_bound": 1}, Verdict.REFUTED),
        ({"w": 0, "activation": "tanh", "states": 1, "encodings": ["lumping"]}, Verdict.UNKNOWN),
    ],
)
def test_searches_say_no_yes_and_undecided(cell, verdict):
    assert answer("search", cell, LIMITS).report.verdict is verdict


@pytest.mark.parametrize(
    ("cell", "verdict", "why"),
    [
        ({"w": 2, "input_bound": 1}, Verdict.UNSUPPORTED, "NotContractiveError"),
        ({"w": "1/2", "input_bound": 1, "activation": "tanh"}, Verdict.UNSUPPORTED, "Unsupported"),
    ],
)
def test_refusals_are_reports(cell, verdict, why):
    found = answer("verify", {**cell, **CHEAP}, LIMITS)
    assert found.report.verdict is verdict
    assert found.report.trust is Trust.SAMPLE
    assert why in found.error
    assert found.digest is None


@pytest.mark.parametrize("level", ["none", "simulations", "all"])
def test_cross_checks_are_a_choice(level):
    found = answer("verify", {"family": "generic", "n": 1, "cross_checks": level}, LIMITS)
    names = {check.name.split()[0] for check in found.report.checks}
    assert ("NumPy" in names) is (level != "none")
    assert any("z3" in c.engine.lower() for c in found.report.checks) is (level == "all")
    assert found.report.verdict is Verdict.PROVED


def test_a_written_network_is_the_network(small_net, tmp_path):
    save(small_net, tmp_path / "net.json")
    cells = [{"file": "net.json", "input_bound": "1/2"}]
    (question,) = expand("verify", cells, version="1", folder=tmp_path)
    assert question.cell["label"] == "net.json"
    given_ = network_of(question.cell)
    assert given_.rnn.W == small_net.W
    assert given_.rnn.h_init == small_net.h_init
    # A file that changes makes another question.
    save(RNN([[0]], [[1]], [0], [[1]]), tmp_path / "net.json")
    (other,) = expand("verify", cells, version="1", folder=tmp_path)
    assert other.key != question.key


def test_the_state_bound_of_a_family_is_for_relu_only():
    assert network_of({"family": "norm one", "n": 2}).state_bound is not None
    assert network_of({"family": "norm one", "n": 2, "activation": "tanh"}).state_bound is None


# Grids


def test_a_grid_is_a_product_and_cells():
    grid = {
        "axes": {"family": ["zero", "generic"], "n": {"first": 2, "last": 4}},
        "fixed": {"input_bound": 1},
        "cells": [{"w": "1/2"}, {"w": "1/3", "input_bound": 2}],
    }
    found = [dict(q.cell) for q in expand("verify", grid, version="1")]
    assert len(found) == grid_size(grid) == 8
    assert found[1] == {"family": "zero", "n": 3, "input_bound": 1}
    assert found[7] == {"w": "1/3", "input_bound": 2}


def test_a_cell_that_is_named_twice_is_run_once():
    grid = {"axes": {"w": ["1/2"], "input_bound": [1]}, "cells": [{"input_bound": 1, "w": "1/2"}]}
    assert len(expand("verify", grid, version="1")) == 1


BAD_GRIDS = [
    ({}, "no cells"),
    ([], "no cells"),
    ({"axes": {}}, "no cells"),
    ({"axes": {"n": [], "family": ["zero"]}}, "no cells"),
    ({"axes": {"seed": {"first": 3, "last": 2}}, "fixed": {"family": "zero"}}, "no cells"),
    ({"axis": {"n": [1]}}, "unknown key 'axis'"),
    ({"axes": {"n": 3}}, "expected a list of values"),
    ({"axes": {"n": {"from": 1, "to": 3}}}, "first and last"),
    ({"axes": {"n": [1]}, "fixed": {"n": 2}}, "both an axis and fixed"),
    ({"axes": [1]}, "not both mappings"),
    ({"cells": [1]}, "not a list of mappings"),
    (3, "expected a mapping"),
    ([{"family": "generic", "n": 1, "speed": 3}], "unknown key 'speed'"),
    ([{"family": "generic"}], "n is None"),
    ([{"family": "generic", "n": 0}], "n is 0"),
    ([{"family": "generic", "n": True}], "n is True"),
    ([{"family": "generic", "n": 1, "seed": -1}], "seed is -1"),
    ([{"family": "random", "n": 1}], "family is 'random'"),
    ([{"n": 1}], "has no network"),
    ([{"family": "generic", "n": 1, "w": "1/2"}], "family and w"),
    ([{"w": 0.5, "input_bound": 1}], "w is 0.5"),
    ([{"w": "half", "input_bound": 1}], "w is 'half'"),
    ([{"w": "1/2"}], "lacks input_bound"),
    ([{"w": "1/2", "input_bound": -1}], "input_bound is -1"),
    ([{"w": "1/2", "input_bound": 1, "n": 2}], "n does not go with w"),
    ([{"w": "1/2", "input_bound": 1, "activation": "sigmoidish"}], "activation is"),
    ([{"w": "1/2", "input_bound": 1, "scaling": 1}], "scaling is 1"),
    ([{"w": "1/2", "input_bound": 1, "cross_checks": "some"}], "cross_checks is 'some'"),
    ([{"network": [1], "input_bound": 1}], "not an object"),
    ([{"network": {"W": [["1/2"]]}, "input_bound": 1}], "lacks 'F'"),
    ([{"file": 3, "input_bound": 1}], "file is 3"),
    ([{"file": "missing.json", "input_bound": 1}], "not a file"),
    ([{"w": {1, 2}, "input_bound": 1}], "not JSON data"),
    ([{"w": "1/2", "input_bound": float("nan")}], "not JSON data"),
]


@pytest.mark.parametrize(("grid", "why"), BAD_GRIDS)
def test_bad_grids_are_refused_before_any_work(grid, why, monkeypatch, tmp_path):
    monkeypatch.setattr(driver, "Engine", None)
    with pytest.raises(InputError, match=re.escape(why)):
        sweep("verify", grid, store=tmp_path / "s", folder=tmp_path)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ({"w": "1/2", "activation": "tanh"}, "lacks states"),
        ({"w": "1/2", "states": 2}, "lacks input_bound"),
        ({"w": "1/2", "activation": "tanh", "states": 0}, "states is 0"),
        ({"w": "1/2", "activation": "tanh", "states": 1, "budget_s": 0}, "budget_s is 0"),
        ({"w": "1/2", "activation": "tanh", "states": 1, "encodings": ["x"]}, "encodings is"),
        ({"w": "1/2", "activation": "tanh", "states": 1, "scaling": True}, "unknown key"),
    ],
)
def test_bad_searches_are_refused(cell, why):
    with pytest.raises(InputError, match=why):
        expand("search", [cell], version="1")


def test_an_unknown_task_is_refused():
    with pytest.raises(InputError, match="expected one of: verify, search, minimal-states"):
        sweep("prove", [{"w": "1/2"}])


def test_a_grid_that_is_too_large_is_refused_without_being_made():
    axes = {name: {"first": 1, "last": 10**9} for name in ("n", "seed")}
    with pytest.raises(InputError, match=r"1000000000000000000 cells, more than max_cells = 7"):
        expand("verify", {"axes": axes}, version="1", max_cells=7)


@pytest.mark.parametrize("limits", [(0, 99), (-1, 99), ("1", 99), (1, 1), (1, 99.0), (True, 99)])
def test_limits_are_checked(limits):
    with pytest.raises(InputError):
        Limits(*limits)


VALUES = st.booleans() | st.integers() | st.text("ab", max_size=2) | st.lists(st.integers(0, 1))
CELLS = st.dictionaries(st.sampled_from(["a", "b"]), VALUES)


@given(CELLS, CELLS)
def test_two_cells_have_one_key_only_if_they_are_one(a, b):
    same = canonical(a) == canonical(b)
    one, two = Question.of("verify", a, "1"), Question.of("verify", b, "1")
    assert (one.key == two.key) is same
    assert Question.of("search", a, "1").key != one.key
    assert Question.of("verify", a, "2").key != one.key
    assert Question.of("verify", json.loads(canonical(a)), "1").key == one.key


# Rows


def a_row(**changes) -> Row:
    question = Question.of("verify", {"w": "1/2", "input_bound": 1}, "1")
    report = answer("verify", {**question.cell, **CHEAP}, LIMITS).report
    said = (report.verdict, report.trust, report.scope, report.title)
    return replace(Row(question, *said, "answered", limits=LIMITS, version="1"), **changes)


def test_a_row_is_read_as_it_was_written():
    row = a_row()
    assert Row.from_json(row.to_json()) == row


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "TRUE"},
        {"trust": "ABSOLUTE"},
        {"key": "0" * 64},
        {"cell": {"w": "2"}},
        {"ended": "well"},
        {"ended": "died"},
        {"trust": "SAMPLE"},
        {"version": "2"},
        {"scope": None},
        {"time_s": -1},
    ],
)
def test_a_row_that_cannot_come_from_a_report_is_refused(change):
    data = {**json.loads(a_row().to_json()), **change}
    with pytest.raises(ValueError, match=r"."):
        Row.from_json(json.dumps(data))
    del data["verdict"]
    with pytest.raises(ValueError, match=r"not a row"):
        Row.from_json(json.dumps(data))


def test_no_answer_is_no_proof():
    for verdict in Verdict:
        if verdict in (Verdict.UNKNOWN, Verdict.UNSUPPORTED):
            assert unanswered("why", verdict).verdict is verdict
        else:
            with pytest.raises(ValueError, match="decides nothing"):
                unanswered("why", verdict)


@pytest.mark.parametrize(
    ("changes", "limits", "settled"),
    [
        ({}, LIMITS, True),
        ({}, Limits(10**6, 10**6), True),
        ({"verdict": Verdict.UNKNOWN}, LIMITS, True),
        ({"verdict": Verdict.UNKNOWN}, Limits(61, 1024), False),
        ({"verdict": Verdict.UNKNOWN}, Limits(10, 1025), False),
        ({"verdict": Verdict.UNKNOWN, "ended": "died"}, LIMITS, False),
        ({"verdict": Verdict.UNKNOWN, "ended": "died", "attempts": 2}, LIMITS, True),
        ({"verdict": Verdict.UNSUPPORTED}, Limits(61, 1025), True),
    ],
)
def test_when_a_cell_is_run_again(changes, limits, settled):
    assert a_row(**changes).settles(limits) is settled


# Sweeps


GRID = {
    "axes": {"family": ["generic", "zero"], "n": [1, 2], "seed": {"first": 0, "last": 2}},
    "fixed": CHEAP,
    "cells": [{"w": "3/2", "input_bound": 1}],
}


def test_a_sweep_writes_one_row_a_cell(threads, tmp_path):
    seen = []
    found = sweep("verify", GRID, threads, store=tmp_path / "s", progress=seen.append)
    assert found.counts == {Verdict.PROVED: 12, Verdict.UNSUPPORTED: 1}
    assert found.verdict is Verdict.UNKNOWN
    assert [p.done for p in seen] == list(range(1, 14))
    assert {p.total for p in seen} == {13}
    assert seen[-1].seconds_left == 0
    assert seen[5].seconds_left == pytest.approx(seen[5].seconds * 7 / 6)
    assert [dict(row.question.cell) for row in found.rows] == [
        dict(q.cell) for q in expand("verify", GRID, version=__version__)
    ]
    connection = sqlite3.connect(tmp_path / "s")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    counted = connection.execute("SELECT verdict, count(*) FROM cells GROUP BY verdict").fetchall()
    assert dict(counted) == {"PROVED": 12, "UNSUPPORTED": 1}
    connection.close()
    row = found.rows[0]
    assert row.attempts == 1
    assert row.seconds > 0
    assert row.tools["urnn_proofs"] == __version__
    assert row.facts == {"states": 2}
    assert len(row.digest) == 64
    assert row.limits == Limits(60.0, 2048)


def test_a_sweep_that_is_done_starts_nothing(threads, tmp_path):
    first = sweep("verify", GRID, threads, store=tmp_path / "s")

    class Refuses:
        _max_workers = 1

        def submit(self, *args):
            raise AssertionError("work has started")

    assert sweep("verify", GRID, Refuses(), store=tmp_path / "s") == first
    assert read_sweep("verify", GRID, tmp_path / "s") == first


def test_a_larger_grid_runs_the_difference(threads, tmp_path):
    sweep("verify", GRID, threads, store=tmp_path / "s")
    more = {**GRID, "axes": {**GRID["axes"], "seed": [2, 3]}}
    seen = []
    found = sweep("verify", more, threads, store=tmp_path / "s", progress=seen.append)
    assert len(found.rows) == 9
    assert len(seen) == 4


def test_tasks_share_a_store(threads, tmp_path):
    grid = [{"w": "3/5", "input_bound": 1}]
    for task in ("verify", "minimal-states"):
        assert len(sweep(task, grid, threads, store=tmp_path / "s").rows) == 1
    assert read_sweep("minimal-states", grid, tmp_path / "s").rows[0].facts["at_least"] == 2


def test_all_tasks_run_in_a_process_pool():
    grids = {
        "verify": [{"family": "nilpotent", "n": 2, "cross_checks": "simulations"}],
        "minimal-states": [{"family": "nilpotent", "n": 2}],
        "search": [{"w": "1/2", "activation": "tanh", "states": 2}],
    }
    assert set(grids) == set(TASKS)
    for task, grid in grids.items():
        assert sweep(task, grid, workers=1).verdict is Verdict.PROVED


def test_one_refuted_cell_refutes_the_sweep(threads):
    grid = [
        {"w": "1/2", "activation": "tanh", "states": 2},
        {"w": "1/2", "input_bound": 1, "states": 2},
    ]
    found = sweep("search", grid, threads)
    assert found.counts == {Verdict.PROVED: 1, Verdict.REFUTED: 1}
    assert found.verdict is Verdict.REFUTED
    with pytest.raises(TypeError, match="truth value"):
        bool(found)


class Hanging:
    """An executor that answers the probe and nothing else, and may lose its workers."""

    def __init__(self, workers):
        self._max_workers = workers

    def submit(self, function, *args):
        future = Future()
        if not args:
            future.set_result(json.dumps({"version": __version__}))
        else:
            self._max_workers = min(self._max_workers, self.left)
        return future


@pytest.mark.parametrize(("left", "why"), [(0, "no workers for"), (1, "nothing came back")])
def test_workers_that_are_gone_or_silent_end_the_sweep(left, why, monkeypatch, tmp_path):
    monkeypatch.setattr(driver, "_BACKSTOP_S", 0.1)
    monkeypatch.setattr(driver, "_TICK_S", 0.05)
    executor = Hanging(1)
    executor.left = left
    found = sweep("verify", GRID, executor, store=tmp_path / "s", time_s=0.2, patience_s=0.1)
    assert any(why in note for note in found.notes)
    assert found.not_run
    assert not [row for row in found.rows if row.verdict is not Verdict.UNKNOWN]
    assert found.verdict is Verdict.UNKNOWN


# Summaries


def test_the_summary_counts_what_there_is(threads):
    found = sweep("verify", GRID, threads)
    lines = list(csv.DictReader(io.StringIO(found.summary(["family"]).to_csv())))
    assert [(line["family"], line["cells"]) for line in lines] == [
        ("generic", "6"),
        ("zero", "6"),
        ("-", "1"),
    ]
    assert [(line["PROVED"], line["UNSUPPORTED"]) for line in lines][2] == ("0", "1")
    assert [line["trust"] for line in lines] == ["EXACT", "EXACT", "-"]
    assert sum(int(line["cells"]) for line in lines) == found.cells
    assert found.summary().columns[:2] == ("family", "n")
    assert len(found.summary([]).lines) == 1
    assert len(found.table().lines) == 13
    with pytest.raises(InputError, match="by names 'colour'"):
        found.summary(["colour"])


def test_a_gap_between_the_bounds_is_not_proved(threads):
    """Both numbers are in the summary; that both are proved does not answer how few there are."""
    cells = [{"family": "zero", "n": 2, "seed": seed} for seed in (0, 1)]
    found = sweep("minimal-states", cells, threads)
    least = [row.facts["at_least"] for row in found.rows]
    assert [row.facts["at_most"] for row in found.rows] == [4, 4]
    assert sorted(least) == [1, 4]
    assert found.counts == {Verdict.PROVED: 1, Verdict.UNKNOWN: 1}
    assert found.verdict is Verdict.UNKNOWN
    (line,) = found.summary([]).lines
    shown = dict(zip(found.summary([]).columns, line, strict=True))
    assert (shown["at least"], shown["at most"]) == ("1 to 4", "4")
    assert "at least" not in sweep("verify", GRID, threads).summary().columns


def test_a_network_that_was_found_is_said_to_be_found(threads):
    cells = [{"w": "1/2", "states": states, "input_bound": 1} for states in (1, 2)]
    found = sweep("search", cells, threads)
    assert found.sentence == "2 cells: 1 PROVED, 1 REFUTED, a URNN was found in 1"
    assert str(found).startswith(f"{found.verdict}  {found.sentence}")


def test_cells_that_were_not_run_are_in_the_summary(threads):
    found = sweep("verify", GRID, threads)
    partly = replace(
        found, rows=found.rows[1:], not_run=tuple(row.question for row in found.rows[:1])
    )
    (line,) = partly.summary([]).lines
    columns = partly.summary([]).columns
    assert dict(zip(columns, line))["not run"] == "1"
    assert dict(zip(columns, line))["cells"] == "13"
    proved = replace(partly, rows=tuple(r for r in partly.rows if r.verdict is Verdict.PROVED))
    assert proved.verdict is Verdict.UNKNOWN


@given(st.text(max_size=30))
def test_latex_is_escaped(text):
    table = Table(("a",), ((text,),))
    line = table.to_latex().split("\\midrule\n")[1].split("\n\\bottomrule")[0]
    bare = re.sub(r"\\text\w+\{\}|\\[{}&%$#_]", "", line)
    assert bare.endswith(r" \\")
    assert not set(bare[:-3]) & set("\\{}&%$#_~^<>|\n")


@given(st.lists(st.text(alphabet='ab ",\r\n\t;=-+@1', max_size=6), min_size=1, max_size=4))
@example(['a "b"', "c,d", "e\nf", ""])
@example(["a\r=1", ""])
@example([""])
def test_csv_keeps_every_text(texts):
    names = tuple("abcd"[: len(texts)])
    written = Table(names, (tuple(texts),)).to_csv()
    head, line = csv.reader(io.StringIO(written, newline=""), strict=True)
    assert head == list(names)
    for before, after in zip(texts, line, strict=True):
        assert after in (before, f"'{before}")


# The command


def run(*arguments: object):
    return CliRunner().invoke(app, ["sweep", *map(str, arguments)])


def spec(folder: Path, text: str) -> Path:
    path = folder / "spec.toml"
    path.write_text(text)
    return path


FILE = """
task = "verify"
[axes]
family = ["generic"]
n = [1, 2]
[fixed]
cross_checks = "none"
[limits]
time_s = 30
"""


def test_the_command_runs_resumes_and_summarises(tmp_path):
    path = spec(tmp_path, FILE)
    targets = {f"--{kind}": tmp_path / f"out.{kind}" for kind in ("csv", "latex", "rows")}
    result = run(path, "--workers", 1, *(x for pair in targets.items() for x in pair))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("PROVED  2 cells: 2 PROVED\n")
    assert (tmp_path / "spec.sqlite").exists()
    assert targets["--csv"].read_text().startswith("n,cells,PROVED,trust")
    assert targets["--latex"].read_text().startswith(r"\begin{tabular}{rrrlrr}"[:15])
    assert len(targets["--rows"].read_text().splitlines()) == 3
    again = run(path, "--summary", "--by", "family")
    assert again.exit_code == 0
    assert "generic" in again.stdout
    longer = spec(tmp_path, FILE.replace("[1, 2]", "[1, 2, 3]"))
    partly = run(longer, "--summary")
    assert partly.exit_code == 3
    assert "1 not run" in partly.stdout


def test_exit_statuses(tmp_path):
    refuted = spec(tmp_path, 'task = "search"\n[[cells]]\nw = "1/2"\nstates = 2\ninput_bound = 1\n')
    assert run(refuted, "--workers", 1).exit_code == 1
    undecided = spec(tmp_path, 'task = "verify"\n[[cells]]\nw = 2\ninput_bound = 1\n')
    result = run(undecided, "--workers", 1)
    assert result.exit_code == 3
    assert "NotContractiveError" in result.stdout


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("task = ", "cannot be read as TOML"),
        ("", "task None"),
        ('task = "verify"\n', "no cells"),
        ('task = "verify"\nspeed = 1\n', "unknown key 'speed'"),
        ('task = "dance"\n[[cells]]\nw = 1\n', "task is 'dance'"),
        (FILE + "speed = 3\n", "unknown key 'speed'"),
        (FILE + "max_cells = 1\n", "more than max_cells = 1"),
        (FILE.replace("30", "-1"), "time_s is -1"),
        (FILE.replace('"generic"', "1979-05-27"), "not JSON data"),
    ],
)
def test_bad_files_are_bad_input(tmp_path, text, why):
    result = run(spec(tmp_path, text))
    assert result.exit_code == 2
    assert why in result.stderr
    assert not (tmp_path / "spec.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--workers", 0), "workers is 0"),
        (("--summary",), "does not exist"),
        (("--of-version", "1"), "goes with --summary"),
        (("--store", "spec.toml"), "expected another file"),
        (("--csv", "none/x.csv"), "not a folder"),
        (("--workers", 2, "--scheduler", "tcp://127.0.0.1:1"), "this machine"),
        (("--time-limit", 0), "time_s is 0"),
    ],
)
def test_bad_options_are_bad_input(tmp_path, monkeypatch, arguments, why):
    monkeypatch.chdir(tmp_path)
    result = run(spec(Path(), FILE), *arguments)
    assert result.exit_code == 2
    assert why in result.stderr
    assert not (tmp_path / "spec.sqlite").exists()


def test_a_missing_file_is_bad_input(tmp_path):
    assert run(tmp_path / "none.toml").exit_code == 2


def test_the_example_says_what_it_asks():
    asked = load_spec(ROOT / "examples" / "sweep.toml")
    found = expand(asked.task, asked.grid, version="1", folder=asked.folder)
    assert {q.cell.get("family") for q in found} >= {"nilpotent", None}


def test_rows_that_cannot_be_stored_are_printed(tmp_path, monkeypatch):
    def full(self, row):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Store, "put", full)
    result = run(spec(tmp_path, FILE), "--workers", 1)
    assert result.exit_code in (0, 3)
    lines = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert lines
    assert {line["unsaved"]["verdict"] for line in lines} == {"PROVED"}
    assert "cannot be written" in " ".join(result.stdout.split())


# Dask


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"install urnn_proofs\[distributed\]"):
        engine.connect("tcp://127.0.0.1:1")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and two workers on loopback, started as docs/sweeps.md says."""
    pytest.importorskip("distributed", reason="extra distributed")
    folder = tmp_path_factory.mktemp("dask")
    address = f"tcp://127.0.0.1:{free_port()}"
    text = (ROOT / "docs" / "sweeps.md").read_text()
    commands = re.findall(r"^\$ dask (.+?)(?: &)?$", text, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["scheduler", "worker", "worker"]
    processes = []
    try:
        for command in commands:
            command = command.replace("tcp://127.0.0.1:8786", address)
            command = command.replace("--port 8786", f"--port {address.rsplit(':', 1)[1]}")
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *command.split()],
                    cwd=folder,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        from distributed import Client

        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            yield client, address
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in reversed(processes):
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def test_the_command_uses_a_scheduler(cluster, tmp_path):
    _, address = cluster
    result = run(spec(tmp_path, FILE), "--scheduler", address)
    assert result.exit_code == 0, result.output
    assert "2 PROVED" in result.stdout


def test_a_dask_worker_that_is_killed_loses_nothing(cluster, tmp_path):
    client, _ = cluster
    killed = []

    def kill(now):
        if now.done == 10 and not killed:
            import os
            import signal

            (pid, *_) = client.run(os.getpid).values()
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)

    grid = {**GRID, "axes": {**GRID["axes"], "seed": {"first": 0, "last": 9}}}
    found = sweep("verify", grid, client.get_executor(), store=tmp_path / "s", progress=kill)
    assert killed
    assert found.counts == {Verdict.PROVED: 40, Verdict.UNSUPPORTED: 1}
    client.wait_for_workers(2, timeout=60)


CELLS = {
    "axes": {
        "family": ["generic", "near one", "zero", "nilpotent", "rank-deficient"],
        "n": [1, 2],
        "seed": {"first": 0, "last": 8},
    },
    "fixed": CHEAP,
    "cells": [{"w": f"{k}/8", "input_bound": "1/2"} for k in range(10)],
}


@pytest.mark.slow
def test_all_cells_are_the_same_on_a_pool_and_on_a_cluster(cluster, tmp_path):
    client, _ = cluster
    found = {}
    for name, executor in (("pool", None), ("dask", client)):
        start = time.monotonic()
        found[name] = sweep("verify", CELLS, executor, store=tmp_path / name)
        print(f"{name}: {time.monotonic() - start:.1f} s for 100 cells")
        assert not found[name].notes
    one, two = found["pool"], found["dask"]
    assert len(one.rows) == len(two.rows) == 100
    assert one.counts == {Verdict.PROVED: 99, Verdict.UNSUPPORTED: 1}
    for a, b in zip(one.rows, two.rows):
        assert b == replace(
            a, seconds=b.seconds, attempts=b.attempts, limits=b.limits, tools=b.tools
        )
    # The digests are those of certificates made here, without a worker.
    for row in one.rows[::39]:
        assert answer("verify", row.question.cell, LIMITS).digest == row.digest


# Text that is more than text elsewhere

HOSTILE = [
    "=1+2",
    '=HYPERLINK("http://x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "\r=1",
    "\uff1d1",
    "../../../tmp/out",
    "..\\out",
    "/etc/passwd",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_no_cell_of_a_csv_is_a_formula(label):
    table = Table(("label", "w"), ((label, "-1/2"),))
    _, (first, second) = csv.reader(io.StringIO(table.to_csv(), newline=""))
    assert first.removeprefix("'") == label
    assert first.lstrip()[0] not in "=+-@\uff1d\uff0b\uff0d\uff20"
    assert second == "-1/2"


@pytest.mark.parametrize("number", ["-1", "-1/2", "+3", "-0.25", "-1.5e-7", "12", "-", "0"])
def test_numbers_stay_numbers_in_a_csv(number):
    assert Table(("w",), ((number,),)).to_csv() == f"w\n{number}\n"


def test_labels_are_text_and_never_paths(tmp_path):
    """Whatever a label says, a sweep writes the files it was told to write, and no others."""
    inside = tmp_path / "inside"
    inside.mkdir()
    shared = {"family": "generic", "n": 1, "cross_checks": "none"}
    cells = [{**shared, "seed": k, "label": label} for k, label in enumerate(HOSTILE)]
    text = "task = 'verify'\n" + "".join(
        "[[cells]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in cell.items())
        for cell in cells
    )
    (inside / "spec.toml").write_text(text)
    arguments = ["--rows", inside / "rows.csv", "--csv", inside / "s.csv", "--workers", 1]
    result = run(inside / "spec.toml", *arguments, "--by", "label", "--latex", inside / "s.tex")
    assert result.exit_code == 0, result.output
    assert {p.name for p in tmp_path.iterdir()} == {"inside"}
    written = {p.name.removesuffix("-wal").removesuffix("-shm") for p in inside.iterdir()}
    assert written == {"spec.toml", "spec.sqlite", "rows.csv", "s.csv", "s.tex"}


def test_a_label_reaches_the_terminal_as_plain_text(tmp_path):
    label = "red\x1b[31m\x9b2J\u202e"
    shared = {"family": "generic", "n": 1, "cross_checks": "none"}
    lines = [f"{k} = {json.dumps(v)}" for k, v in {**shared, "label": label}.items()]
    result = run(
        spec(tmp_path, "\n".join(["task = 'verify'", "[[cells]]", *lines])), "--by", "label"
    )
    assert result.exit_code == 0, result.output
    assert not set(result.output) & set("\x1b\x9b\u202e")
    assert r"red\x1b[31m" in result.output
