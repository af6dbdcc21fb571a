from __future__ import annotations

import os
import signal
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

# Output is as wide as a pipe, unless a test says otherwise: readline, which pytest loads, exports
# the width of a terminal to the workers of pytest-xdist.
import readline  # noqa: F401  (once it is loaded it does so no more)

os.environ.pop("COLUMNS", None)
os.environ.pop("LINES", None)

# A job in the background ignores Ctrl-C, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

from urnn_proofs.model.network import RNN

# Programs that made files elsewhere, with other packages; they hold no tests.
collect_ignore = ["formats/made_elsewhere"]

# Nothing fails because a machine is slow.  What fails is printed so that it can be repeated; where
# failing by chance helps nobody, every run draws the same examples.
settings.register_profile(
    "random", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("random"), derandomize=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if "CI" in os.environ else "random")
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a worker often waits, for a browser, a solver or a child."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (cores or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files with slow tests come first, so that no core waits long for another at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def small_net() -> RNN:
    """Two states, every part nonzero, ||W|| < 1."""
    half = Fraction(1, 2)
    return RNN(
        W=[[half, Fraction(1, 3)], [Fraction(-1, 4), half]],
        F=[[1, Fraction(1, 2)], [0, -1]],
        b=[Fraction(1, 8), Fraction(-1, 8)],
        C=[[1, 2]],
        h_init=[half, 0],
    )
