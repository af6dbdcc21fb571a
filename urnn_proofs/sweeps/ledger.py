"""The rows of one sweep: those that were found in the store, and those that come."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from urnn_proofs.checks.smt.limits import DIED, Limits
from urnn_proofs.sweeps.cell import Question
from urnn_proofs.sweeps.result import SweepResult
from urnn_proofs.sweeps.row import MAX_ATTEMPTS, Row
from urnn_proofs.sweeps.store import Contents, Store

__all__ = ["Ledger", "opened", "read_rows"]


class Ledger:
    """Rows by key, in memory and in the store, with notes on what went wrong.

    A row that cannot be written is kept in memory, tried again at the end, and handed over as
    unsaved if that fails; no more cells are started then.
    """

    def __init__(
        self, store: Store, contents: Contents, questions: Sequence[Question], version: str
    ) -> None:
        self.questions, self.version = tuple(questions), version
        self.interrupted, self.stopped = False, False
        self.notes: list[str] = []
        self._store, self._rows = store, contents.rows
        self._unsaved: dict[str, Row] = {}
        self.notes += notes_on(contents, version)

    def settled(self, question: Question, limits: Limits, *, again: bool) -> bool:
        """Tell whether the store has an answer that need not be looked for again."""
        row = self._rows.get(question.key)
        return row is not None and row.settles(limits, again=again)

    def attempts(self, question: Question) -> int:
        """Return how often the cell died."""
        row = self._rows.get(question.key)
        return row.attempts if row is not None and row.ended == DIED else 0

    def died_once(self, question: Question) -> bool:
        """Tell whether the cell died and has another attempt."""
        return 0 < self.attempts(question) < MAX_ATTEMPTS

    def put(self, row: Row) -> None:
        """Keep a row, in the store if possible."""
        self._rows[row.question.key] = self._unsaved[row.question.key] = row
        try:
            self._store.put(row)
        except sqlite3.Error as error:
            self.stop(f"the store {self._store.path} cannot be written ({error})")
        else:
            del self._unsaved[row.question.key]

    def stop(self, why: str) -> None:
        """Start no more cells."""
        if not self.stopped:
            self.notes.append(f"stopped early: {why}")
        self.stopped = True

    def result(self) -> SweepResult:
        """Return everything that is known, after a last attempt to write what was not."""
        for row in list(self._unsaved.values()):
            self.put(row)
        if self._unsaved:
            self.notes.append(
                f"rows in this result (.unsaved) that are not in the store: {len(self._unsaved)}"
            )
        if self.interrupted:
            self.notes.append("interrupted; the same sweep goes on where it was")
        return SweepResult.of(
            self.questions,
            self._rows,
            notes=self.notes,
            unsaved=tuple(self._unsaved.values()),
            interrupted=self.interrupted,
        )


@contextmanager
def opened(
    path: str | os.PathLike[str] | None, questions: Sequence[Question], version: str
) -> Iterator[Ledger]:
    """Open or make a store.

    Raises
    ------
    InputError
        If it is not a store, is damaged, or cannot be opened.
    """
    with Store(path) as store:
        yield Ledger(store, store.contents(), questions, version)


def read_rows(path: str | os.PathLike[str], version: str) -> tuple[dict[str, Row], list[str]]:
    """Read a store without changing it; return its rows, and notes.

    Raises
    ------
    InputError
        If it is missing, damaged, or not a store.
    """
    with Store(path, read_only=True) as store:
        contents = store.contents()
    return contents.rows, notes_on(contents, version)


def notes_on(contents: Contents, version: str) -> list[str]:
    """Say which rows of a store are not used."""
    notes = []
    if contents.damaged:
        notes.append(
            f"rows of the store that do not match their SHA-256: {contents.damaged}; they are not "
            f"believed, and their cells are run again"
        )
    others = {name: count for name, count in contents.versions.items() if name != version}
    if others:
        said = ", ".join(f"{count} of {name}" for name, count in sorted(others.items()))
        notes.append(f"rows of other versions of urnn_proofs are kept and not used: {said}")
    return notes
