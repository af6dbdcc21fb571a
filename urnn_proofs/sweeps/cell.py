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

__all__ = ["Question", "canonical", "sha256"]


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
