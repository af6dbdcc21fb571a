"""Collects the ratios that the benchmarks measure, prints them as a table, and keeps them."""

from __future__ import annotations

import datetime
import os
import platform
import time
from importlib import metadata
from pathlib import Path

import pytest

_ROWS: list[tuple[str, str, float, str]] = []
_PACKAGES = (
    "numpy",
    "python-flint",
    "sympy",
    "mpmath",
    "z3-solver",
    "cvc5",
    "torch",
    "onnxruntime",
)


class SideBySide:
    """Time two callables in alternation and keep the ratio of their best times."""

    def __call__(self, name, size, ours, theirs, *, goal="", rounds=3):
        ours_best = theirs_best = float("inf")
        for _ in range(rounds):
            ours_best = min(ours_best, _seconds(ours))
            theirs_best = min(theirs_best, _seconds(theirs))
        return self.record(name, size, ours_best / theirs_best, goal)

    def record(self, name, size, value, goal=""):
        _ROWS.append((name, str(size), value, goal))
        return value


def _seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@pytest.fixture
def side_by_side():
    return SideBySide()


def pytest_addoption(parser):
    parser.addoption(
        "--keep-results", action="store_true", help="write the table to benchmarks/results/DATE.md"
    )


def _table():
    yield "| what | size | measured | goal |"
    yield "| --- | --- | --- | --- |"
    for name, size, value, goal in _ROWS:
        name = name.replace("|", "\\|")  # norms in a table
        yield f"| {name} | {size} | {value:.3g} | {goal} |"


def _machine():
    """Say what ran, without saying where."""
    for package in _PACKAGES:
        try:
            yield f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            yield f"{package} not installed"


def _load():
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


_STARTED_WITH = _load()


def pytest_terminal_summary(terminalreporter, config):
    if not _ROWS:
        return
    terminalreporter.section("ratios, measured side by side")
    for line in _table():
        terminalreporter.line(line)
    if config.getoption("--keep-results"):
        today = datetime.date.today().isoformat()
        path = Path(__file__).parent / "results" / f"{today}.md"
        path.parent.mkdir(exist_ok=True)
        # Files can be run one by one: each adds its table, with the load it met.
        text = ["" if path.exists() else f"# Benchmarks of {today}\n"]
        text += [
            f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, "
            f"Python {platform.python_version()}; {', '.join(_machine())}. "
            f"Load average {_STARTED_WITH} at the start, {_load()} at the end.",
            "",
            *_table(),
        ]
        with path.open("a") as stream:
            stream.write("\n".join(text) + "\n")
        terminalreporter.line(f"written to benchmarks/results/{path.name}")
