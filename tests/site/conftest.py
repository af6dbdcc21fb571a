"""The built site and the browser that opens its pages."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from paths import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The site, built once in a run of the tests, whatever the number of workers."""
    for package in ("mkdocs", "material", "mkdocs_jupyter", "mkdocstrings"):
        pytest.importorskip(package, reason="extra docs")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, said = shared / "site", shared / "site.txt"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            done = subprocess.run(
                [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
                cwd=ROOT,
                env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
                capture_output=True,
                text=True,
                timeout=300,
            )
            said.write_text("" if done.returncode == 0 else done.stderr[-3000:] or "failed")
    assert said.read_text() == ""
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser a module: a longer life would leave its event loop to other tests."""
    with chromium() as started:
        yield started
