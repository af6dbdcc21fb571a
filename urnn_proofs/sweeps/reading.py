"""What a store already holds about a grid, without running anything."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from urnn_proofs.sweeps.grid import MAX_CELLS, expand
from urnn_proofs.sweeps.ledger import read_rows
from urnn_proofs.sweeps.result import SweepResult

__all__ = ["read_sweep"]


def read_sweep(
    task: str,
    grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    store: str | os.PathLike[str],
    *,
    version: str | None = None,
    max_cells: int = MAX_CELLS,
    folder: str | os.PathLike[str] = ".",
) -> SweepResult:
    """Read the rows of a grid from a store, also while a sweep writes into it.

    Parameters
    ----------
    task, grid, max_cells, folder
        As for :func:`~urnn_proofs.sweeps.driver.sweep`.
    store
        An existing store; it is not changed.
    version
        Read the rows of this version of urnn_proofs instead of the one that runs.

    Raises
    ------
    InputError
        If there is no such store, it is damaged, or the grid is not one.
    """
    from urnn_proofs import __version__

    chosen = __version__ if version is None else version
    questions = expand(task, grid, version=chosen, max_cells=max_cells, folder=Path(folder))
    rows, notes = read_rows(store, chosen)
    return SweepResult.of(questions, rows, notes=notes)
