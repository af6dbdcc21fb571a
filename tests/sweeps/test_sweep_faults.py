"""Sweeps when things break: nothing that was computed is lost, and the summary is truthful."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest
import sweep_faults
from processes import descendants, is_running

from urnn_proofs import Verdict, __version__, read_sweep, sweep
from urnn_proofs.checks.smt.forked import run_limited
from urnn_proofs.checks.smt.limits import ANSWERED, DIED, MEMORY, TIME, Limits
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.sweeps import engine, worker
from urnn_proofs.sweeps.cell import Question
from urnn_proofs.sweeps.store import Store

TESTS = Path(__file__).parent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="cells are forked processes")


def cells(count: int, **extra) -> list[dict]:
    shared = {"family": "generic", "n": 1, "cross_checks": "none", **extra}
    return [{**shared, "seed": seed} for seed in range(count)]


def labelled(*labels: str) -> list[dict]:
    return [{**cells(1)[0], "seed": 100 + k, "label": label} for k, label in enumerate(labels)]


FAULTY: list = []


@pytest.fixture(scope="module", autouse=True)
def no_process_is_left():
    yield
    while FAULTY:
        FAULTY.pop().stop()


@pytest.fixture
def threads():
    """Workers in threads, which start faster than processes."""
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.fixture
def faulty(threads, monkeypatch):
    """Workers in threads; the process beside each is one whose cells may misbehave."""
    monkeypatch.setattr(worker, "_idle", FAULTY)
    monkeypatch.setattr(worker, "_MODULE", "sweep_faults")
    return threads


@pytest.fixture
def dying(monkeypatch):
    """A process pool whose workers may die."""
    monkeypatch.setattr(engine, "run_cell", sweep_faults.run_cell)


def by_label(found) -> dict:
    return {row.question.cell.get("label"): row for row in found.rows}


# One process


def test_a_cell_that_never_ends_is_killed():
    start = time.monotonic()
    found = run_limited(lambda: sweep_faults.misbehave("forever"), Limits(0.3, 256))
    assert found["ended"] == TIME
    assert time.monotonic() - start < 5


def test_what_a_cell_started_is_killed_with_it(tmp_path):
    pid_file = tmp_path / "pid"

    def work():
        child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        pid_file.write_text(str(child.pid))
        child.wait()

    assert run_limited(work, Limits(0.7, 256))["ended"] == TIME
    status = Path(f"/proc/{pid_file.read_text()}/stat")
    for _ in range(100):
        if not status.exists() or status.read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the grandchild lives")


@pytest.mark.parametrize(
    ("label", "ended", "why"),
    [
        ("eat", MEMORY, "256 MB"),
        ("segfault", DIED, "SIGSEGV"),
        ("exit", DIED, "status 7"),
        ("raise", DIED, "status 1"),
    ],
)
def test_how_a_cell_ends(label, ended, why):
    found = run_limited(lambda: sweep_faults.misbehave(label), Limits(30, 256))
    assert (found["ended"], why in found["error"]) == (ended, True)


def test_a_cell_that_behaves_is_not_disturbed():
    assert run_limited(lambda: {"x": "y" * 300_000}, Limits(30, 256)) == {
        "ended": ANSWERED,
        "x": "y" * 300_000,
    }


def test_what_a_cell_started_counts_as_its_memory():
    eat = "held = [bytearray(b'x' * 2**23) for _ in range(100)]; import time; time.sleep(99)"

    def work():
        # Without a limit of its own, as solvers that set another one.
        import resource

        free = lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1))  # noqa: E731
        subprocess.run([sys.executable, "-c", eat], preexec_fn=free, check=False)

    found = run_limited(work, Limits(30, 256))
    assert found == {"ended": MEMORY, "error": "the memory limit of 256 MB was reached"}


# Cells that misbehave, among others


def test_limits_give_unknown_with_the_reason_and_the_rest_goes_on(faulty, tmp_path):
    bad = labelled("forever", "eat", "segfault", "exit", "raise", "print")
    found = sweep(
        "verify", [*cells(4), *bad], faulty, store=tmp_path / "s", time_s=4, memory_mb=256
    )
    rows = by_label(found)
    ends = {label: row.ended for label, row in rows.items() if label}
    assert ends == {
        "forever": TIME,
        "eat": MEMORY,
        "segfault": DIED,
        "exit": DIED,
        "raise": DIED,
        "print": ANSWERED,
    }
    for label, row in rows.items():
        expected = Verdict.PROVED if row.ended == ANSWERED else Verdict.UNKNOWN
        assert row.verdict is expected, label
        assert bool(row.error) is (row.ended != ANSWERED)
        assert row.attempts == (2 if row.ended == DIED else 1)
    assert found.counts == {Verdict.PROVED: 5, Verdict.UNKNOWN: 5}
    assert found.verdict is Verdict.UNKNOWN
    assert "4 s" in rows["forever"].error
    assert "256 MB" in rows["eat"].error


def test_a_cell_that_dies_once_has_an_answer_in_the_end(faulty, tmp_path):
    bad = labelled(f"once:{tmp_path / 'mark'}")
    found = sweep("verify", [*bad, *cells(3)], faulty, time_s=20)
    assert [row.attempts for row in found.rows] == [2, 1, 1, 1]
    assert found.verdict is Verdict.PROVED


def test_more_time_is_another_chance_and_the_same_is_not(faulty, tmp_path):
    grid = labelled("slow:1.0")
    assert sweep("verify", grid, faulty, store=tmp_path / "s", time_s=0.3).rows[0].ended == TIME
    ran: list = []
    sweep("verify", grid, faulty, store=tmp_path / "s", time_s=0.3, progress=ran.append)
    assert not ran
    found = sweep("verify", grid, faulty, store=tmp_path / "s", time_s=20)
    assert found.verdict is Verdict.PROVED
    # A proof stays, whatever is allowed later.
    assert sweep("verify", grid, faulty, store=tmp_path / "s", time_s=0.1).rows == found.rows


def test_again_runs_what_had_no_answer(faulty, tmp_path):
    grid = [*labelled("exit"), *cells(1)]
    first = sweep("verify", grid, faulty, store=tmp_path / "s", time_s=9)
    same = sweep("verify", grid, faulty, store=tmp_path / "s", time_s=9)
    more = sweep("verify", grid, faulty, store=tmp_path / "s", time_s=9, again=True)
    assert [r.rows[0].attempts for r in (first, same, more)] == [2, 2, 3]
    assert more.rows[1] == first.rows[1]


# Workers that die


def test_a_killed_worker_costs_one_attempt(dying, tmp_path):
    bad = labelled(f"kill worker once:{tmp_path / 'mark'}")
    grid = [*cells(5), *bad, *cells(12)[5:]]
    found = sweep("verify", grid, store=tmp_path / "s", workers=2, time_s=20)
    assert found.counts == {Verdict.PROVED: 13}
    assert by_label(found)[bad[0]["label"]].attempts == 2
    assert not found.notes


def test_a_cell_that_kills_every_worker_is_given_up(dying, tmp_path):
    grid = [*cells(3), *labelled("kill worker"), *cells(8)[3:]]
    found = sweep("verify", grid, store=tmp_path / "s", workers=2, time_s=20)
    bad = by_label(found)["kill worker"]
    assert (bad.verdict, bad.ended, bad.attempts) == (Verdict.UNKNOWN, DIED, 2)
    assert "BrokenProcessPool" in bad.error
    assert found.counts == {Verdict.PROVED: 8, Verdict.UNKNOWN: 1}


def test_answers_that_are_none_are_not_believed(dying):
    found = by_label(sweep("verify", labelled("lie", "sample", "old"), workers=1, time_s=20))
    assert {row.verdict for row in found.values()} == {Verdict.UNKNOWN}
    assert "0.0.1" in found["old"].error
    assert "PROVED" in found["sample"].error


def test_a_given_pool_that_breaks_ends_the_sweep_and_it_can_be_resumed(dying, tmp_path):
    grid = [*labelled("kill worker"), *cells(6)]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = sweep("verify", grid, pool, store=tmp_path / "s", time_s=20)
    assert found.not_run
    assert any("stopped early" in note for note in found.notes)
    assert found.verdict is Verdict.UNKNOWN
    found = sweep("verify", grid, store=tmp_path / "s", workers=1, time_s=20)
    assert found.counts == {Verdict.PROVED: 6, Verdict.UNKNOWN: 1}


def test_a_function_that_makes_pools_is_called_again(dying, tmp_path):
    made = []

    def make():
        made.append(1)
        return ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    mark = tmp_path / "mark"
    found = sweep("verify", [*labelled(f"kill worker once:{mark}"), *cells(2)], make, time_s=20)
    assert found.verdict is Verdict.PROVED
    assert len(made) == 2


def test_a_process_beside_a_worker_that_is_killed_is_replaced(faulty):
    sweep("verify", cells(1), faulty)
    for server in worker._idle:
        os.kill(server.pid, signal.SIGKILL)
    assert sweep("verify", cells(3), faulty).verdict is Verdict.PROVED


# The driver

DRIVER = """
import sys
sys.path.insert(0, {tests!r})
from concurrent.futures import ThreadPoolExecutor
from urnn_proofs import sweep
import sweep_faults
from urnn_proofs.sweeps import engine
engine.run_cell = sweep_faults.run_cell
grid = {grid!r}
if __name__ == "__main__":
    {limit}
    found = sweep("verify", grid, {executor}, store={store!r}, time_s=30, memory_mb=512)
    print(len(found.rows), len(found.not_run), len(found.unsaved), sep=",")
    print("; ".join(found.notes))
    sys.stdout.flush()
"""


def driver(tmp_path: Path, grid: list, *, limit: str = "", executor: str = "None") -> list[str]:
    path = tmp_path / "driver.py"
    store = str(tmp_path / "store.sqlite")
    text = DRIVER.format(tests=str(TESTS), grid=grid, store=store, limit=limit, executor=executor)
    path.write_text(text)
    return [sys.executable, "-B", str(path)]


def stored(path: Path) -> dict[str, tuple]:
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT key, row FROM cells").fetchall()
    finally:
        connection.close()
    return dict(found)


def test_a_killed_driver_leaves_no_process_and_its_sweep_is_resumed(tmp_path, threads):
    grid = [{**cell, "label": "slow:0.05"} for cell in cells(24)]
    process = subprocess.Popen(driver(tmp_path, grid), stdout=subprocess.DEVNULL)
    store = tmp_path / "store.sqlite"
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with_rows = store.exists() and store.stat().st_size and _count(store) >= 5
            if with_rows:
                break
            time.sleep(0.05)
        below = descendants(process.pid)
    finally:
        process.kill()
        process.wait()
    before = stored(store)
    assert 5 <= len(before) < 24
    assert below
    end = time.monotonic() + 15
    while any(is_running(pid) for pid in below):
        assert time.monotonic() < end, "a process outlives the driver"
        time.sleep(0.05)
    started = []
    found = sweep("verify", grid, store=store, executor=threads, progress=started.append)
    assert found.verdict is Verdict.PROVED
    assert len(started) == 24 - len(before)
    after = stored(store)
    assert {key: after[key] for key in before} == before


def _count(store: Path) -> int:
    try:
        return len(stored(store))
    except sqlite3.Error:
        return 0


# The store


def filled(tmp_path: Path, count: int = 60) -> tuple[Path, list[dict]]:
    """Return a store of *count* rows in one file, without running a cell twice."""
    grid = cells(count)
    path = tmp_path / "store.sqlite"
    with ThreadPoolExecutor(1) as executor:
        template = sweep("verify", grid[:1], executor).rows[0]
    with Store(path) as store:
        for cell in grid:
            question = Question.of("verify", cell, __version__)
            store.put(replace(template, question=question))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path, grid


def test_an_altered_row_is_run_again(tmp_path, threads):
    path, grid = filled(tmp_path, 5)
    connection = sqlite3.connect(path)
    text, last = connection.execute("SELECT row, seq FROM cells ORDER BY seq DESC").fetchone()
    forged = text.replace('"scope":"', '"scope":"anything, ')
    connection.execute("UPDATE rows SET row = ? WHERE seq = ?", (forged, last))
    connection.commit()
    connection.close()
    assert read_sweep("verify", grid, path).cells == 5
    assert len(read_sweep("verify", grid, path).not_run) == 1
    found = sweep("verify", grid, store=path, executor=threads)
    assert any("do not match their SHA-256: 1;" in note for note in found.notes)
    assert len(found.rows) == 5
    assert "anything" not in found.rows[-1].scope
    assert not sweep("verify", grid, store=path, executor=threads).notes


def test_no_verdict_can_be_written_beside_a_row(tmp_path):
    """What is shown to SQL is taken from the rows, and a row under another key is not believed."""
    path, grid = filled(tmp_path, 2)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.OperationalError, match="view"):
        connection.execute("UPDATE cells SET verdict = 'REFUTED' WHERE seq = 1")
    assert connection.execute("SELECT verdict FROM cells").fetchall() == [("PROVED",)] * 2
    with connection:
        connection.execute("UPDATE rows SET key = 'another' WHERE seq = 1")
    connection.close()
    assert len(read_sweep("verify", grid, path).not_run) == 1


def damage_tail(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])


def damage_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = os.urandom(4096)
    path.write_bytes(bytes(data))


def damage_odd(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1234])


def damage_tables(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:4096] = bytes(3996)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [damage_tail, damage_middle, damage_odd, damage_tables])
def test_a_damaged_store_is_refused_and_left_alone(tmp_path, damage, threads):
    path, grid = filled(tmp_path)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="damaged: .*; move it away and run the sweep again"):
        sweep("verify", grid, store=path, executor=threads)
    with pytest.raises(InputError, match="damaged: .*; move it away and run the sweep again"):
        read_sweep("verify", grid, path)
    assert path.read_bytes() == before
    path.rename(tmp_path / "away")
    assert sweep("verify", grid[:2], store=path, executor=threads).counts == {Verdict.PROVED: 2}


FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))"


def test_a_full_disk_ends_the_sweep_and_loses_nothing(tmp_path, threads):
    grid = cells(25)
    command = driver(tmp_path, grid, limit=FULL, executor="ThreadPoolExecutor(2)")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    counts, notes = done.stdout.splitlines()
    rows, missing, unsaved = map(int, counts.split(","))
    assert rows + missing == 25
    assert missing > 0
    assert unsaved > 0
    assert "cannot be written" in notes
    store = tmp_path / "store.sqlite"
    before = stored(store)
    assert len(before) == rows - unsaved > 0
    found = sweep("verify", grid, store=store, executor=threads)
    assert found.verdict is Verdict.PROVED
    after = stored(store)
    assert len(after) == 25
    assert {key: after[key] for key in before} == before


def test_rows_that_fit_later_are_written_later(tmp_path, monkeypatch, threads):
    put, failed = Store.put, []

    def fails_once(self, row):
        if not failed:
            failed.append(row)
            raise sqlite3.OperationalError("database or disk is full")
        put(self, row)

    monkeypatch.setattr(Store, "put", fails_once)
    found = sweep("verify", cells(30), store=tmp_path / "s", executor=threads)
    assert failed
    assert not found.unsaved
    assert found.not_run
    assert len(stored(tmp_path / "s")) == len(found.rows)
    assert "cannot be written" in found.notes[0]


# Refused before any work starts


class NoWorkers:
    _max_workers = 0

    def submit(self, *args):
        raise AssertionError("work has started")


class NoClient:
    """What a Dask client without workers looks like."""

    def ncores(self):
        return {}

    def get_executor(self, **kwargs):
        return NoWorkers()


@pytest.mark.parametrize("executor", [NoWorkers(), NoClient(), NoWorkers])
def test_an_executor_without_workers_is_refused(executor, tmp_path):
    with pytest.raises(InputError, match="no workers"):
        sweep("verify", cells(1), executor)


@pytest.mark.parametrize("executor", [3, "dask", object()])
def test_what_is_no_executor_is_refused(executor):
    with pytest.raises(InputError, match="executor is a"):
        sweep("verify", cells(1), executor)


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
def test_a_number_of_workers_is_positive(workers):
    with pytest.raises(InputError, match="workers is"):
        sweep("verify", cells(1), workers=workers)


def test_workers_that_do_not_start_are_reported_before_any_cell(monkeypatch, tmp_path):
    (tmp_path / "ends_at_once.py").write_text("raise SystemExit(9)")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(worker, "_idle", [])
    monkeypatch.setattr(worker, "_MODULE", "ends_at_once")
    with ThreadPoolExecutor(1) as pool, pytest.raises(UnsupportedError, match="status 9"):
        sweep("verify", cells(1), pool)


def test_a_script_without_a_main_guard_is_told_so(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(
        textwrap.dedent(
            f"""
            from urnn_proofs import sweep
            sweep("verify", {cells(1)!r}, workers=1)
            """
        )
    )
    done = subprocess.run([sys.executable, "-B", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert '`if __name__ == "__main__":`' in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a text", "not a store"),
        (b"SQLite format 3", "not a store"),
    ],
)
def test_a_file_that_is_no_store_is_left_alone(tmp_path, content, why):
    path = tmp_path / "s"
    path.write_bytes(content)
    with pytest.raises(InputError, match=why):
        sweep("verify", cells(1), store=path)
    assert path.read_bytes() == content


def test_a_database_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "s"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE friends (name TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="something else"):
        sweep("verify", cells(1), store=path)
    assert path.read_bytes() == before


def test_another_schema_version_is_refused(tmp_path):
    path, grid = filled(tmp_path, 1)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InputError, match="schema version 99"):
        sweep("verify", grid, store=path)
    with pytest.raises(InputError, match="schema version 99"):
        read_sweep("verify", grid, path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        sweep("verify", cells(1), store=tmp_path / "none" / "s")
    with pytest.raises(InputError, match="not a file"):
        sweep("verify", cells(1), store=tmp_path)


def test_a_missing_store_is_not_made_by_reading(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_sweep("verify", cells(1), tmp_path / "s")
    assert not list(tmp_path.iterdir())


def test_an_empty_file_becomes_a_store(tmp_path, threads):
    path = tmp_path / "s"
    path.touch()
    assert sweep("verify", cells(1), store=path, executor=threads).verdict is Verdict.PROVED
    assert len(stored(path)) == 1


def test_rows_of_another_version_are_kept_and_not_used(tmp_path, monkeypatch, threads):
    path, grid = filled(tmp_path, 1)
    with Store(path) as store:
        row = next(iter(store.contents().rows.values()))
        old = Question.of("verify", grid[0], "0.0.1")
        store.put(replace(row, question=old, version="0.0.1", scope="of old"))
    found = sweep("verify", grid, store=path, executor=threads)
    assert any("1 of 0.0.1" in note for note in found.notes)
    assert found.rows[0].version == __version__
    assert read_sweep("verify", grid, path, version="0.0.1").rows[0].scope == "of old"
    assert len(stored(path)) == 2


def test_ctrl_c_keeps_what_there_is(faulty, tmp_path):
    def stop(now):
        if now.done == 3:
            raise KeyboardInterrupt

    found = sweep("verify", cells(30), faulty, store=tmp_path / "s", progress=stop)
    assert found.interrupted
    assert "interrupted" in found.notes[-1]
    assert 3 <= len(found.rows) < 30
    assert len(stored(tmp_path / "s")) == len(found.rows)
    assert json.loads(next(iter(stored(tmp_path / "s").values())))["ended"] == ANSWERED
