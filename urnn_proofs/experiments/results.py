"""A results file: one JSON line for each finished cell, on disk before the next one starts.

A run that was killed goes on where it stopped.  A line that cannot be read is skipped, and said;
a file of another schema version is refused.  Beside ``name.jsonl`` there may be ``name.jsonl.gz``
with the same kind of lines: they are read as well, and never written.
"""

from __future__ import annotations

import gzip
import json
import os
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urnn_proofs.model.errors import InputError

__all__ = ["VERSION", "Results", "Row", "key_of", "open_results", "read_results"]

SCHEMA = "urnn_proofs.experiments"
VERSION = 1
_LONGEST_LINE = 1_000_000
_LONGEST_PACKED = 50_000_000
_KEY = ("experiment", "data", "model", "hidden", "snr_db", "realisation", "seed", "conditions")

Row = dict[str, Any]


def key_of(row: Row) -> str:
    """Return what tells cells apart, as text: the data, the network and how it is trained.

    Examples
    --------
    >>> row = {"model": "rnn", "conditions": {"epochs": 3, "batch": 10}}
    >>> key_of({**row, "r2": 0.5}) == key_of(row)
    True
    """
    return json.dumps([row.get(name) for name in _KEY], sort_keys=True)


@dataclass(frozen=True, eq=False)
class Results:
    """The rows of a results file, and what was skipped while reading it.

    Parameters
    ----------
    path
        The file.
    rows
        One dict for each finished cell; :meth:`append` adds to it.
    skipped
        One sentence for each line that could not be read.
    """

    path: Path
    rows: list[Row]
    skipped: tuple[str, ...]
    _lock: threading.Lock

    def append(self, *rows: Row) -> None:
        """Write rows and wait until they are on the disk.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        lines = [
            json.dumps({"schema": SCHEMA, "version": VERSION, **row}, allow_nan=False) + "\n"
            for row in rows
        ]
        with self._lock:
            try:
                with self.path.open("a+b") as stream:
                    if _ends_inside_a_line(stream):
                        stream.write(b"\n")
                    stream.write("".join(lines).encode())
                    stream.flush()
                    os.fsync(stream.fileno())
            except OSError as error:
                why = error.strerror or error
                raise InputError(f"{self.path} cannot be written: {why}") from None
            self.rows.extend(rows)

    def keys(self) -> set[str]:
        """Return :func:`key_of` every row."""
        return {key_of(row) for row in self.rows}


def _ends_inside_a_line(stream: Any) -> bool:
    """Say whether a killed run left half a line at the end."""
    if stream.seek(0, os.SEEK_END) == 0:
        return False
    stream.seek(-1, os.SEEK_END)
    return bool(stream.read(1) != b"\n")


def read_results(path: str | os.PathLike[str]) -> Results:
    """Read a results file.

    Raises
    ------
    InputError
        If it does not exist, cannot be read, or was written under another schema version.
    """
    file, packed = Path(path), _packed(Path(path))
    texts = {packed: _unpacked(packed)} if packed.exists() else {}
    if file.exists() or not texts:
        try:
            texts[file] = file.read_bytes()
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error.strerror or error}") from None
    rows, skipped = [], []
    for name, text in texts.items():
        for number, line in enumerate(text.split(b"\n"), 1):
            if not line.strip():
                continue
            row = _parse(line)
            if isinstance(row, str):
                skipped.append(f"{name}, line {number} is skipped: {row}")
                continue
            if row.pop("schema") != SCHEMA or row.pop("version") != VERSION:
                raise InputError(
                    f"{name}, line {number} was written under another schema version; expected "
                    f"{SCHEMA} version {VERSION}: choose another file, or move this one away"
                )
            rows.append(row)
    return Results(file, rows, tuple(skipped), threading.Lock())


def _packed(file: Path) -> Path:
    return file.with_name(f"{file.name}.gz")


def _unpacked(file: Path) -> bytes:
    try:
        with gzip.open(file) as stream:
            text = stream.read(_LONGEST_PACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{file} cannot be read: {error}") from None
    if len(text) > _LONGEST_PACKED:
        raise InputError(
            f"{file} has more than {_LONGEST_PACKED} bytes when unpacked; expected fewer: unpack "
            f"it into {file.with_suffix('').name}, where there is no limit"
        )
    return text


def _parse(line: bytes) -> Row | str:
    """Return a row, or why the line is none."""
    if len(line) > _LONGEST_LINE:
        return f"it has {len(line)} bytes"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "it is not JSON"
    if not isinstance(row, dict) or "schema" not in row or "version" not in row:
        return "it is not a row of results"
    return row


def open_results(path: str | os.PathLike[str]) -> Results:
    """Read a results file to go on with, or start an empty one.

    Raises
    ------
    InputError
        As :func:`read_results`; and if the folder does not exist.
    """
    file = Path(path)
    if file.exists() or _packed(file).exists():
        return read_results(file)
    if not file.parent.is_dir():
        raise InputError(f"{file.parent} is not a folder; expected an existing one to write into")
    found = Results(file, [], (), threading.Lock())
    found.append()  # refuses early what cannot be written
    return found
