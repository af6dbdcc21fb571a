"""Save what can be saved of a damaged store.

The damaged file is kept under another name.  Rows are looked up one by one, so that a bad page
costs the rows on it and no others; where SQLite finds no way any more, the bytes themselves are
searched.  Whether a row is what was written, its SHA-256 tells.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
from pathlib import Path
from typing import NamedTuple

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.sweeps.row import Row
from urnn_proofs.sweeps.store import APPLICATION_ID, READ, SCHEMA_VERSION, Store, row_from, sum_of

__all__ = ["Salvaged", "readable_rows", "salvage"]

# No row takes fewer bytes; so many sequence numbers are tried, no more.
_LEAST_BYTES = 400
# What a row's text looks like in the file, from its first key to its last, and the sum behind it.
_ROW = re.compile(rb'(\{"answer":[^\0]{1,65536}?"version":"[^"]{0,99}"\})([0-9a-f]{64})')


class Salvaged(NamedTuple):
    """What was saved, how many rows are known to be lost, and where the damaged file is."""

    rows: tuple[Row, ...]
    lost: int
    kept: Path

    def __str__(self) -> str:
        lost = f"at least {self.lost} lost" if self.lost else "how many are lost is not known"
        return (
            f"the store was damaged: rows saved: {len(self.rows)}; {lost}; cells without a row are "
            f"run again; the damaged file is kept as {self.kept}"
        )


def salvage(path: str | os.PathLike[str]) -> Salvaged:
    """Put a damaged store aside and write a new one with every row that can be read.

    Raises
    ------
    InputError
        If it is a store of another schema version, or there is no place for a copy.
    """
    file = Path(path)
    kept = _free_name(file)
    rows, lost = readable_rows(file)
    fresh = file.with_name(f".{file.name}.{os.getpid()}.salvaged")
    try:
        fresh.unlink(missing_ok=True)
        with Store(fresh) as store:
            for row in rows:
                store.put(row)
        os.replace(file, kept)
        for ending in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{file}{ending}", f"{kept}{ending}")
        os.replace(fresh, file)
    except (OSError, sqlite3.Error) as error:
        raise InputError(
            f"the store {file} is damaged and a repaired copy cannot be written: {error}"
        ) from None
    finally:
        _remove(fresh)
    return Salvaged(tuple(rows), lost, kept)


def readable_rows(path: str | os.PathLike[str]) -> tuple[list[Row], int]:
    """Read every intact row of a damaged store, without changing it.

    Returns
    -------
    tuple
        The rows, and how many others are known to have been there.
    """
    file = Path(path)
    copy = file.with_name(f".{file.name}.{os.getpid()}.copy")
    try:
        shutil.copyfile(file, copy)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(f"{file}-wal", f"{copy}-wal")
        rows, seen = _scan(copy)
        found = {**_carved(copy), **{row.question.key: row for row in rows}}
        return list(found.values()), max(0, seen - len(found))
    except OSError as error:
        raise InputError(f"the damaged store {file} cannot be copied: {error}") from None
    finally:
        _remove(copy)


def _scan(copy: Path) -> tuple[list[Row], int]:
    """Look up row by row; return those that are intact, and how many there were at least."""
    found: dict[int, Row] = {}
    most = copy.stat().st_size // _LEAST_BYTES + 64
    wal = Path(f"{copy}-wal")
    if wal.exists():
        most += wal.stat().st_size // _LEAST_BYTES
    connection = sqlite3.connect(copy, isolation_level=None)
    seen = 0
    try:
        # Lets SQLite open a file that is shorter than its header says.
        connection.execute("PRAGMA writable_schema = ON")
        with contextlib.suppress(sqlite3.DatabaseError):
            _refuse_other(connection)
        for number in range(1, most + 1):
            try:
                values = connection.execute(f"{READ} WHERE seq = ?", (number,)).fetchone()
            except (sqlite3.DatabaseError, UnicodeDecodeError):
                continue  # on a bad page
            if values is not None:
                seen = number
                row = row_from(*values)
                if row is not None:
                    found[number] = row
    finally:
        connection.close()
    return list(found.values()), seen


def _carved(copy: Path) -> dict[str, Row]:
    """Search the bytes of the file for a row's text with its sum behind it.

    A row that was overwritten may turn up as well; it was true when it was written, but what says
    more, or comes from a later attempt, goes first.
    """
    found: dict[str, Row] = {}
    for path in (copy, Path(f"{copy}-wal")):
        data = path.read_bytes() if path.exists() else b""
        for match in _ROW.finditer(data):
            text = match[1].decode("utf-8", "replace")
            if sum_of(text) != match[2].decode():
                continue
            try:
                row = Row.from_json(text)
            except ValueError:
                continue
            other = found.get(row.question.key)
            if other is None or _rank(row) > _rank(other):
                found[row.question.key] = row
    return found


def _rank(row: Row) -> tuple[bool, int]:
    return row.verdict is not Verdict.UNKNOWN, row.attempts


def _refuse_other(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    program = connection.execute("PRAGMA application_id").fetchone()[0]
    if (version, program) != (SCHEMA_VERSION, APPLICATION_ID):
        raise InputError(
            f"the damaged file has schema version {version} and application id {program}; expected "
            f"{SCHEMA_VERSION} and {APPLICATION_ID}, those of a store"
        )


def _remove(store: Path) -> None:
    """Remove what was written for the time being, if it is there and can be removed."""
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            Path(f"{store}{ending}").unlink()


def _free_name(file: Path) -> Path:
    for number in range(1, 1000):
        name = file.with_name(f"{file.name}.damaged-{number}")
        if not name.exists():
            return name
    raise InputError(f"{file} has 999 damaged copies beside it; move some away")
