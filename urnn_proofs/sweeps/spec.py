"""A sweep as a TOML file: the task, the grid, the limits."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urnn_proofs.checks.smt.limits import Limits
from urnn_proofs.model.errors import InputError, MissingExtraError
from urnn_proofs.sweeps.grid import MAX_CELLS

__all__ = ["Spec", "load_spec"]

_MAX_BYTES = 2**24
_KEYS = ("task", "axes", "fixed", "cells", "limits")
_LIMITS = ("time_s", "memory_mb", "max_cells")


@dataclass(frozen=True)
class Spec:
    """What a file asks for; *folder* is where its relative paths start."""

    task: str
    grid: dict[str, Any]
    limits: Limits
    max_cells: int
    folder: Path


def load_spec(path: str | Path) -> Spec:
    """Read a sweep from a TOML file.

    Raises
    ------
    InputError
        If it is missing, not TOML, or has unknown keys.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise InputError(f"{file} is larger than {_MAX_BYTES} bytes; expected a TOML file")
        data = _parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{file} cannot be read as TOML: {error}") from None
    _refuse_unknown(data, _KEYS, str(file))
    limits = data.get("limits", {})
    if not isinstance(limits, dict):
        raise InputError(f"{file}: limits is not a table; expected [limits]")
    _refuse_unknown(limits, _LIMITS, f"{file}: limits")
    if not isinstance(data.get("task"), str):
        raise InputError(f"{file} has the task {data.get('task')!r}; expected its name as text")
    chosen = {name: limits[name] for name in ("time_s", "memory_mb") if name in limits}
    return Spec(
        task=data["task"],
        grid={name: data[name] for name in ("axes", "fixed", "cells") if name in data},
        limits=Limits(**chosen),
        max_cells=limits.get("max_cells", MAX_CELLS),
        folder=file.parent,
    )


def _parse(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError:
            raise MissingExtraError(
                "reading a sweep from a .toml file needs the package tomli on Python 3.10; install "
                "urnn_proofs[sweep]"
            ) from None
    found: dict[str, Any] = tomllib.loads(text)
    return found


def _refuse_unknown(data: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in data:
        if name not in known:
            raise InputError(f"{where} has the unknown key {name!r}; expected {', '.join(known)}")
