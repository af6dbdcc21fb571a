"""What runs beside each worker: a warm process that forks one process for every cell.

A question a line on standard input, an answer a line on standard output, both JSON.  Started by
:mod:`urnn_proofs.sweeps.worker`, never imported by anything else.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from urnn_proofs.sweeps.cell import Limits
from urnn_proofs.sweeps.limited import CallerGoneError, run_limited
from urnn_proofs.sweeps.row import ANSWERED

__all__ = ["main"]

_PACKAGES = ("python-flint", "sympy", "z3-solver", "numpy")
_STDIN = 0


def main() -> None:
    """Answer questions until standard input ends."""
    # What a cell prints must not be taken for an answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _warm_up()
    tools = _tools()
    hello = {"tools": tools, "version": tools["urnn_proofs"]}
    print(json.dumps(hello), file=out, flush=True)
    buffered = b""
    while True:
        while b"\n" not in buffered:
            piece = os.read(_STDIN, 1 << 16)
            if not piece:
                return
            buffered += piece
        line, _, buffered = buffered.partition(b"\n")
        try:
            print(json.dumps(_answered(json.loads(line))), file=out, flush=True)
        except (CallerGoneError, BrokenPipeError):
            return


def _warm_up() -> None:
    """Import once what every cell needs; forked processes share it."""
    import z3  # noqa: F401

    import urnn_proofs.sweeps.tasks

    # One easy cell fills caches.  It asks no solver: threads would not survive a fork.
    urnn_proofs.sweeps.tasks.answer(
        "verify", {"family": "generic", "n": 1, "cross_checks": "none"}, Limits()
    )
    gc.collect()
    gc.freeze()


def _answered(asked: Mapping[str, Any]) -> dict[str, Any]:
    limits = Limits(asked["time_s"], asked["memory_mb"])
    work = partial(_work, asked["task"], asked["cell"], limits)
    start = time.monotonic()
    if hasattr(os, "fork"):
        found = run_limited(work, limits, _STDIN)
    else:  # Windows: the worker kills this process at the time limit; memory is not limited
        found = {"ended": ANSWERED, **work()}
    return {"id": asked["id"], "seconds": round(time.monotonic() - start, 6), **found}


def _work(task: str, cell: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Answer a cell; the report's verdict, trust and scope travel as text."""
    from urnn_proofs.sweeps.tasks import answer

    found = answer(task, cell, limits)
    report = found.report
    return {
        "verdict": report.verdict.value,
        "trust": report.trust.value,
        "scope": report.scope,
        "answer": report.title,
        "facts": dict(found.facts),
        "digest": found.digest,
        "error": found.error,
    }


def _tools() -> dict[str, str]:
    from urnn_proofs import __version__

    found = {"urnn_proofs": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "?"
    found["source"] = _source_digest()
    return found


def _source_digest() -> str:
    """Return a digest of this package's modules: one version may have more than one code."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    sys.exit("started by urnn_proofs.sweeps.worker")
