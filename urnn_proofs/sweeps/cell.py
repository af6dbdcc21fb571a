"""A cell: one question as plain JSON data, and the digest that names it.

The digest covers the task, the cell and the version of this package: an answer of another version
is the answer to another question.  Limits are no part of it; see :meth:`Row.settles`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from urnn_proofs.model.errors import InputError

__all__ = ["Limits", "Question", "canonical", "sha256"]

_LEAST_MEMORY_MB = 64


@dataclass(frozen=True)
class Limits:
    """What one cell may use: wall-clock seconds, and megabytes on top of the worker's own."""

    time_s: float = 60.0
    memory_mb: int = 2048

    def __post_init__(self) -> None:
        time_s: object = self.time_s
        if isinstance(time_s, bool) or not isinstance(time_s, (int, float)):
            raise InputError(f"time_s is {time_s!r}; expected a number of seconds")
        if not 0 < time_s < 1e8:
            raise InputError(f"time_s is {time_s}; expected a positive number of seconds")
        if type(self.memory_mb) is not int or self.memory_mb < _LEAST_MEMORY_MB:
            raise InputError(
                f"memory_mb is {self.memory_mb!r}; expected a whole number >= {_LEAST_MEMORY_MB}"
            )

    def allows_more_than(self, other: Limits) -> bool:
        """Tell whether a cell may use more of anything here."""
        return self.time_s > other.time_s or self.memory_mb > other.memory_mb


@dataclass(frozen=True)
class Question:
    """One cell of one task, with its name in the store.

    Parameters
    ----------
    task
        "verify", "search" or "minimal-states".
    cell
        JSON values; see :mod:`urnn_proofs.sweeps.tasks` for the keys.
    key
        SHA-256 of task, cell and package version in canonical JSON.
    """

    task: str
    cell: Mapping[str, Any]
    key: str

    @classmethod
    def of(cls, task: str, cell: Mapping[str, Any], version: str) -> Question:
        """Name a question.

        Examples
        --------
        >>> one, two = ({"n": 1, "seed": 2}, {"seed": 2, "n": 1})
        >>> Question.of("verify", one, "1").key == Question.of("verify", two, "1").key
        True
        """
        named = {"task": task, "cell": dict(cell), "version": version}
        return cls(task, dict(cell), sha256(named))


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, no NaN.

    Raises
    ------
    InputError
        If it is not JSON data.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"a cell is not JSON data ({error}); write fractions as text") from None


def sha256(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
