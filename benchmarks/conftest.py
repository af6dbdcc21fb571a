"""Collects the ratios that the benchmarks measure and prints them as one table."""

from __future__ import annotations

import time

import pytest

_ROWS: list[tuple[str, str, float, str]] = []


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


def pytest_terminal_summary(terminalreporter):
    if not _ROWS:
        return
    terminalreporter.section("ratios, measured side by side")
    terminalreporter.line("| what | size | measured | goal |")
    terminalreporter.line("| --- | --- | --- | --- |")
    for name, size, value, goal in _ROWS:
        terminalreporter.line(f"| {name} | {size} | {value:.3g} | {goal} |")
