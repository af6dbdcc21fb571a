"""What a sweep came to: its rows, the cells that were not run, and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import NoReturn

from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.sweeps.cell import Question, sha256
from urnn_proofs.sweeps.row import Row
from urnn_proofs.sweeps.summary import Table, rows_table, summary_table

__all__ = ["SweepResult"]


@dataclass(frozen=True)
class SweepResult:
    """The rows of a sweep, in the order of its grid.

    Parameters
    ----------
    rows
        One for each cell that has one.
    not_run
        Cells without a row: the sweep was stopped before them.
    notes
        What went wrong, and which rows of the store were not used.
    unsaved
        Rows that are not in the store, because it could not be written.
    interrupted
        Whether Ctrl-C ended the sweep.
    """

    rows: tuple[Row, ...]
    not_run: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()
    unsaved: tuple[Row, ...] = field(default=(), repr=False)
    interrupted: bool = False

    @classmethod
    def of(
        cls,
        questions: Sequence[Question],
        rows: Mapping[str, Row],
        *,
        notes: Sequence[str] = (),
        unsaved: tuple[Row, ...] = (),
        interrupted: bool = False,
    ) -> SweepResult:
        """Gather the rows of these questions; others in the store are left out."""
        found = tuple(rows[q.key] for q in questions if q.key in rows)
        missing = tuple(q for q in questions if q.key not in rows)
        said = list(notes)
        tools = {sha256(dict(row.tools)) for row in found if row.tools}
        if len(tools) > 1:
            said.append(f"rows were made with {len(tools)} different sets of tool versions")
        return cls(found, missing, tuple(said), unsaved, interrupted)

    def __bool__(self) -> NoReturn:
        raise TypeError("a SweepResult has no truth value: compare result.verdict")

    @property
    def cells(self) -> int:
        """How many cells the grid has."""
        return len(self.rows) + len(self.not_run)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many rows have each verdict; cells that were not run are in none."""
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in Verdict if found[verdict]}

    @property
    def verdict(self) -> Verdict:
        """PROVED if every cell is, REFUTED if any is, else UNKNOWN."""
        if Verdict.REFUTED in self.counts:
            return Verdict.REFUTED
        proved = self.counts.get(Verdict.PROVED, 0)
        return Verdict.PROVED if proved == self.cells > 0 else Verdict.UNKNOWN

    @property
    def sentence(self) -> str:
        """How many cells came to what."""
        said = [f"{count} {verdict}" for verdict, count in self.counts.items()]
        found = sum(r.verdict is Verdict.REFUTED and r.question.task == "search" for r in self.rows)
        said += [f"a URNN was found in {found}"] if found else []
        said += [f"{len(self.not_run)} not run"] if self.not_run else []
        return f"{self.cells} cell{'s' * (self.cells != 1)}: {', '.join(said) or 'no answers'}"

    def __str__(self) -> str:
        return "\n".join(
            [f"{self.verdict}  {self.sentence}", *(fill(note, 100) for note in self.notes)]
        )

    def __repr__(self) -> str:
        return one_line(f"<SweepResult: {self.verdict}, {self.sentence}>")

    def summary(self, by: Sequence[str] | None = None) -> Table:
        """Return a table of verdicts, one line for each combination of values of *by*.

        Parameters
        ----------
        by
            Keys of cells; by default those that take two to twenty values, seeds aside.
        """
        return summary_table(self.rows, self.not_run, by)

    def table(self) -> Table:
        """Return one line for each cell, with everything the store has about it."""
        return rows_table(self.rows)
