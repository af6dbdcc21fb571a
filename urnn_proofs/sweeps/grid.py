"""A grid: the product of named axes, and explicit cells beside it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten
from urnn_proofs.sweeps.cell import Question, canonical
from urnn_proofs.sweeps.networks import inlined
from urnn_proofs.sweeps.tasks import check_cell, check_task

__all__ = ["MAX_CELLS", "expand", "grid_size"]

MAX_CELLS = 100_000
_PARTS = ("axes", "fixed", "cells")
_RANGE = {"first", "last"}


def expand(
    task: str,
    grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    version: str,
    max_cells: int = MAX_CELLS,
    folder: str | Path = ".",
) -> tuple[Question, ...]:
    """Expand a grid into its questions, in order, each once.

    Parameters
    ----------
    task
        "verify", "search" or "minimal-states".
    grid
        A list of cells; or ``axes`` (name to a list of values, or to ``{"first": a, "last": b}``
        for whole numbers), ``cells`` (a list of cells), and ``fixed`` (what all of them have in
        common unless they say otherwise).  With several axes every combination is a cell.
    version
        Part of every key: see :mod:`urnn_proofs.sweeps.cell`.
    max_cells
        More are refused before they are made.
    folder
        Where relative paths in ``file`` start.

    Raises
    ------
    InputError
        If the grid is empty or too large, or a cell is not one of the task's.

    Examples
    --------
    >>> axes = {"family": ["generic", "zero"], "n": [1, 2], "seed": {"first": 0, "last": 9}}
    >>> len(expand("verify", {"axes": axes}, version="1"))
    40
    """
    check_task(task)
    size = grid_size(grid)
    if type(max_cells) is not int or max_cells < 1:
        raise InputError(f"max_cells is {shorten(max_cells)}; expected an integer >= 1")
    if size == 0:
        raise InputError("the grid has no cells; expected axes with values, or cells")
    if size > max_cells:
        raise InputError(
            f"the grid has {size} cells, more than max_cells = {max_cells}; shorten an axis or "
            f"raise max_cells"
        )
    found: dict[str, Question] = {}
    files: dict[Path, dict[str, Any]] = {}
    for number, cell in enumerate(_cells(grid), start=1):
        where = f"cell {number}"
        whole = inlined(cell, Path(folder), where, files)
        check_cell(task, whole, where)
        question = Question.of(task, whole, version)
        found.setdefault(question.key, question)
    return tuple(found.values())


def grid_size(grid: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> int:
    """Return how many cells a grid has, without making them.

    Raises
    ------
    InputError
        If it is not a grid.
    """
    axes, _, cells = _parts(grid)
    return (math.prod(len(values) for values in axes.values()) if axes else 0) + len(cells)


def _cells(grid: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    axes, fixed, cells = _parts(grid)
    if axes:
        for values in itertools.product(*axes.values()):
            yield {**fixed, **dict(zip(axes, values, strict=True))}
    for cell in cells:
        yield {**fixed, **cell}


def _parts(
    grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
) -> tuple[dict[str, Sequence[Any]], dict[str, Any], list[dict[str, Any]]]:
    if isinstance(grid, (list, tuple)):
        grid = {"cells": grid}
    if not isinstance(grid, Mapping):
        raise InputError(f"grid is a {type(grid).__name__}; expected a mapping or a list of cells")
    for name in grid:
        if name not in _PARTS:
            raise InputError(f"grid has the unknown key {name!r}; expected {', '.join(_PARTS)}")
    axes, fixed, cells = grid.get("axes", {}), grid.get("fixed", {}), grid.get("cells", [])
    if not isinstance(axes, Mapping) or not isinstance(fixed, Mapping):
        raise InputError("axes and fixed are not both mappings; expected names with values")
    if not isinstance(cells, (list, tuple)) or not all(isinstance(c, Mapping) for c in cells):
        raise InputError("cells is not a list of mappings; expected one for each cell")
    for name in fixed:
        if name in axes:
            raise InputError(f"{name!r} is both an axis and fixed; expected one of the two")
    canonical([dict(fixed), [dict(c) for c in cells]])
    return {name: _axis(name, axes[name]) for name in axes}, dict(fixed), [dict(c) for c in cells]


def _axis(name: str, values: Any) -> Sequence[Any]:
    if isinstance(values, Mapping):
        if set(values) != _RANGE or any(type(x) is not int for x in values.values()):
            raise InputError(
                f"axis {name!r} is {shorten(dict(values))}; expected whole numbers first and last, "
                f"or a list"
            )
        return range(values["first"], values["last"] + 1)
    if not isinstance(values, (list, tuple, range)):
        raise InputError(f"axis {name!r} is {shorten(values)}; expected a list of values")
    if not isinstance(values, range):
        canonical(list(values))
    return values
