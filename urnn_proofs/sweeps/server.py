"""What runs beside each worker and forks one process for every cell.

Started by :mod:`urnn_proofs.sweeps.worker`, never imported by anything else.
"""

from __future__ import annotations

import gc
import hashlib
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from urnn_proofs.checks.smt.forked import serve
from urnn_proofs.checks.smt.limits import Limits

__all__ = ["main"]

_PACKAGES = ("python-flint", "sympy", "z3-solver", "numpy")


def main() -> None:
    """Answer cells until standard input ends."""
    serve(_answer, _warm_up)


def _warm_up() -> dict[str, Any]:
    """Import once what every cell needs; forked processes share it."""
    import z3  # noqa: F401

    import urnn_proofs.sweeps.tasks

    # One easy cell fills caches.  It asks no solver: threads would not survive a fork.
    urnn_proofs.sweeps.tasks.answer(
        "verify", {"family": "generic", "n": 1, "cross_checks": "none"}, Limits()
    )
    tools = _tools()
    gc.collect()
    gc.freeze()
    return {"tools": tools, "version": tools["urnn_proofs"]}


def _answer(asked: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Answer a cell; the report's verdict, trust and scope travel as text."""
    from urnn_proofs.sweeps.tasks import answer

    found = answer(asked["task"], asked["cell"], limits)
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
