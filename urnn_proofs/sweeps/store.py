"""The store: an SQLite file with one row a cell, committed as it comes, and a view of its values.

Every row carries the SHA-256 of its content: what was altered on disk is not believed, and its cell
is run again.  Only the driver writes.  Rows of other versions of this package stay, unused.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from urnn_proofs.model.errors import InputError
from urnn_proofs.sweeps.row import Row

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "Contents", "Store"]

#: Kept in ``PRAGMA user_version``; any other is refused.
SCHEMA_VERSION = 2
#: Kept in ``PRAGMA application_id``: tells a store from another program's database.
APPLICATION_ID = 0x75524E4E
_MAGIC = b"SQLite format 3\0"
# For people who ask with SQL; it is made of the rows, so that the two cannot differ.
_SHOWN = ("version", "task", "verdict", "trust", "scope", "seconds", "digest", "ended", "error")
_SCHEMA = (
    "CREATE TABLE rows (seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, row TEXT NOT NULL, "
    "sha256 TEXT NOT NULL)",
    "CREATE VIEW cells AS SELECT seq, key, row, sha256, "
    + ", ".join(f"json_extract(row, '$.{name}') AS {name}" for name in (*_SHOWN, "attempts"))
    + " FROM rows",
)
# A later attempt takes the place of an earlier one, sequence number included: no gaps.
_PUT = (
    "INSERT INTO rows (key, row, sha256) VALUES (?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET row = excluded.row, sha256 = excluded.sha256"
)


class Contents(NamedTuple):
    """What a store holds: rows by key, how many are damaged, how many are of each version."""

    rows: dict[str, Row]
    damaged: int
    versions: dict[str, int]


class Store:
    """An open store.

    Parameters
    ----------
    path
        The file, made if it does not exist; None keeps everything in memory.
    read_only
        Refuse to make or change anything.

    Raises
    ------
    InputError
        If the file is not a store, one of another schema version, or damaged.

    Examples
    --------
    >>> with Store(None) as store:
    ...     store.contents().rows
    {}
    """

    def __init__(self, path: str | os.PathLike[str] | None, *, read_only: bool = False) -> None:
        self.path = None if path is None else Path(path)
        if self.path is not None:
            _check_file(self.path, read_only=read_only)
        try:
            self._connection = _connect(self.path, read_only=read_only)
            try:
                self._begin(read_only=read_only)
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.OperationalError as error:
            raise InputError(f"the store {self.path} cannot be opened: {error}") from None
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from None

    def _begin(self, *, read_only: bool) -> None:
        run = self._connection.execute
        version = run("PRAGMA user_version").fetchone()[0]
        program = run("PRAGMA application_id").fetchone()[0]
        tables = [name for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if (version, program, tables) == (0, 0, []) and not read_only:  # new, or empty
            run("PRAGMA journal_mode = WAL")
            with self._connection:
                run("BEGIN")
                for part in _SCHEMA:
                    run(part)
                run(f"PRAGMA application_id = {APPLICATION_ID}")
                run(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif program != APPLICATION_ID:
            raise InputError(
                f"{self.path} is an SQLite file of something else (application id {program}); "
                f"expected a store of sweeps, or a name that does not exist yet"
            )
        elif version != SCHEMA_VERSION:
            raise InputError(
                f"the store {self.path} has schema version {version}; this version of urnn_proofs "
                f"reads and writes {SCHEMA_VERSION}: choose another file, or the version that "
                f"wrote it"
            )
        if "rows" not in tables and tables:
            raise _damaged(self.path, "it has no table of rows")
        found = run("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise _damaged(self.path, found)
        run("PRAGMA synchronous = FULL")

    def put(self, row: Row) -> None:
        """Write a row and commit it; it replaces that of an earlier attempt.

        Raises
        ------
        sqlite3.Error
            If it cannot be written; the store is then as it was before.
        """
        text = row.to_json()
        with self._connection:
            self._connection.execute("BEGIN")
            self._connection.execute(_PUT, (row.question.key, text, _sum_of(text)))

    def contents(self) -> Contents:
        """Read every row; those whose content does not match its sum are counted, not returned.

        Raises
        ------
        InputError
            If the file is damaged.
        """
        rows: dict[str, Row] = {}
        versions: dict[str, int] = {}
        damaged = 0
        for row in self._read():
            if row is None:
                damaged += 1
                continue
            rows[row.question.key] = row
            versions[row.version] = versions.get(row.version, 0) + 1
        return Contents(rows, damaged, versions)

    def _read(self) -> Iterator[Row | None]:
        try:
            for values in self._connection.execute(
                "SELECT key, row, sha256 FROM rows ORDER BY seq"
            ):
                yield _row_from(*values)
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from None

    def close(self) -> None:
        """Close the file; everything was committed before."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _damaged(path: Path | None, why: object) -> InputError:
    return InputError(
        f"the store {path} is damaged: {why}; move it away and run the sweep again, which asks "
        f"every cell anew"
    )


def _row_from(key: object, text: object, digest: object) -> Row | None:
    """Return the row that was read, or None if it is not what was written."""
    if not isinstance(text, str) or _sum_of(text) != digest:
        return None
    try:
        row = Row.from_json(text)
    except ValueError:
        return None
    return row if row.question.key == key else None


def _sum_of(text: str) -> str:
    """Return the SHA-256 that a row is stored with."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _check_file(path: Path, *, read_only: bool) -> None:
    """Refuse what is no store before SQLite touches it."""
    if path.is_file():
        with path.open("rb") as stream:
            start = stream.read(len(_MAGIC))
        if start and start != _MAGIC:
            raise InputError(
                f"{path} is not a store (no SQLite file begins like it); expected a store, or a "
                f"name that does not exist yet"
            )
        if start or not read_only:
            return
    elif path.exists():
        raise InputError(f"{path} is not a file; expected a store, or a name that does not exist")
    if read_only:
        raise InputError(f"{path} does not exist or is empty; expected a store to read")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent} is not a folder; expected an existing one to write into")


def _connect(path: Path | None, *, read_only: bool) -> sqlite3.Connection:
    if path is None:
        return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    uri = path.resolve().as_uri() + ("?mode=ro" if read_only else "")
    return sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
