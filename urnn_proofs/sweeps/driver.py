"""The sweep: hand out cells, write down what comes back, try again what died, carry on."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urnn_proofs.checks.smt.limits import DIED, Limits
from urnn_proofs.sweeps.cell import Question
from urnn_proofs.sweeps.engine import Engine
from urnn_proofs.sweeps.grid import MAX_CELLS, expand
from urnn_proofs.sweeps.ledger import Ledger, opened
from urnn_proofs.sweeps.message import asked, lost, received
from urnn_proofs.sweeps.result import SweepResult
from urnn_proofs.sweeps.row import MAX_ATTEMPTS, Row

__all__ = ["SweepProgress", "sweep"]

_TICK_S = 1.0
# An executor that breaks so often without finishing a cell will not get better.
_MOST_BREAKS = 5
_BACKSTOP_S = 60.0


@dataclass(frozen=True)
class SweepProgress:
    """How far a sweep is.

    Parameters
    ----------
    done
        Cells that have a row.
    total
        All cells.
    seconds
        Since the sweep began.
    seconds_left
        Estimated; None if not known yet.
    """

    done: int
    total: int
    seconds: float
    seconds_left: float | None

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", about {self.seconds_left:.0f} s left"
        return f"{self.done} of {self.total} cells, {self.seconds:.0f} s{left}"

    def __repr__(self) -> str:
        return f"<SweepProgress: {self}>"


def sweep(
    task: str,
    grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    executor: Any = None,
    *,
    store: str | os.PathLike[str] | None = None,
    time_s: float = 60.0,
    memory_mb: int = 2048,
    max_cells: int = MAX_CELLS,
    workers: int | None = None,
    again: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
    folder: str | os.PathLike[str] = ".",
    patience_s: float = 60.0,
) -> SweepResult:
    """Answer every cell of a grid on the workers of an executor.

    Rows are committed to *store* as they come.  Cells that have a row there are not run again; a
    killed sweep goes on where it was.  Each cell runs in a process of its own, which is killed at
    its limits; a cell that died is tried once more, alone.

    Parameters
    ----------
    task
        "verify", "search" or "minimal-states".
    grid
        See :func:`~urnn_proofs.sweeps.grid.expand`; the keys of cells are in ``docs/sweeps.md``.
    executor
        Any :class:`concurrent.futures.Executor`, a ``dask.distributed.Client`` (extra
        ``distributed``), or a function that makes one; by default a process pool.
    store
        The SQLite file, made if needed; None keeps rows in memory only.
    time_s
        Wall-clock limit of each cell.  One that reaches a limit is UNKNOWN, and is run again when a
        later sweep allows more.
    memory_mb
        Limit of memory of each cell, likewise.
    max_cells
        A larger grid is refused.
    workers
        Processes of the default pool; as many as there are cores if omitted.
    again
        Also run again what ended without an answer.
    progress
        Called after every row.
    folder
        Where relative paths of network files start.
    patience_s
        How long to wait when all workers are gone.

    Returns
    -------
    SweepResult
        Rows in the order of the grid, cells that were not run, and notes on what went wrong.
        Ctrl-C ends the sweep and returns what there is.

    Raises
    ------
    InputError
        If the grid, the store or the executor cannot be used; before any work starts.
    UnsupportedError
        If the workers do not start or run another version of this package.

    Examples
    --------
    >>> found = sweep("minimal-states", [{"w": "3/5", "input_bound": 1}], workers=1)
    >>> found.rows[0].verdict, found.rows[0].facts["at_least"]
    (<Verdict.PROVED: 'PROVED'>, 2)
    """
    from urnn_proofs import __version__

    limits = Limits(time_s, memory_mb)
    questions = expand(task, grid, version=__version__, max_cells=max_cells, folder=Path(folder))
    engine, interrupted = Engine(executor, workers), True
    try:
        with opened(store, questions, __version__) as ledger:
            run = _Run(engine, ledger, limits, progress, patience_s)
            run.all([q for q in questions if not ledger.settled(q, limits, again=again)])
            interrupted = ledger.interrupted
            return ledger.result()
    finally:
        engine.close(broken=interrupted)


class _Run:
    """One run over the cells that have no row yet."""

    def __init__(
        self,
        engine: Engine,
        ledger: Ledger,
        limits: Limits,
        progress: Callable[[SweepProgress], None] | None,
        patience_s: float,
    ) -> None:
        self._engine, self._ledger, self._limits = engine, ledger, limits
        self._progress, self._patience_s = progress, patience_s
        self._start, self._finished, self._breaks = time.monotonic(), 0, 0
        self._flying: dict[Future[str], Question] = {}

    def all(self, questions: Sequence[Question]) -> None:
        """Run the cells, those that died before alone and last."""
        if not questions:
            return
        self._engine.check(self._ledger.version)
        died = [q for q in questions if self._ledger.attempts(q)]
        self._left = len(questions)
        try:
            self._together(deque(q for q in questions if not self._ledger.attempts(q)))
            known = {question.key for question in died}
            died += [q for q in questions if q.key not in known and self._ledger.died_once(q)]
            for question in died:
                self._breaks = 0
                self._together(deque([question]))
        except KeyboardInterrupt:
            self._ledger.interrupted = True
        finally:
            self._drain(0.0)

    def _together(self, waiting: deque[Question]) -> None:
        stalled_at = time.monotonic()
        while (waiting or self._flying) and not self._ledger.stopped:
            room = self._engine.ahead() - len(self._flying)
            while waiting and room > 0 and self._launch(waiting):
                room -= 1
            done, _ = wait(self._flying, timeout=_TICK_S, return_when=FIRST_COMPLETED)
            if done:
                stalled_at = time.monotonic()
                self._take(done)
            else:
                self._watch(time.monotonic() - stalled_at)
        if self._ledger.stopped:
            self._drain(self._limits.time_s + _BACKSTOP_S)

    def _launch(self, waiting: deque[Question]) -> bool:
        question = waiting.popleft()
        try:
            self._flying[self._engine.submit(asked(question, self._limits))] = question
        except Exception as error:  # whatever an executor raises when it takes no more
            waiting.appendleft(question)
            self._broken(f"the executor takes no more work ({type(error).__name__}: {error})")
            return False
        return True

    def _take(self, done: set[Future[str]]) -> None:
        failure = ""
        for future in done:
            question = self._flying.pop(future)
            why = self._finish(future, question)
            if why:
                self._lose(question, why)
                if isinstance(future.exception(), BrokenExecutor):
                    failure = why
            else:
                self._breaks = 0
        if failure:
            self._broken(failure)

    def _finish(self, future: Future[str], question: Question) -> str:
        """Record what came back; return why nothing did, if so."""
        if future.cancelled():  # by the executor: its scheduler or worker is gone
            return "the worker was lost (cancelled)"
        error = future.exception()
        if error is not None:
            return f"the worker was lost ({type(error).__name__}: {error})"
        tries = self._ledger.attempts(question) + 1
        text = future.result()
        self._record(received(question, text, self._limits, tries, self._ledger.version))
        return ""

    def _broken(self, why: str) -> None:
        """Make the executor again; what it had in hand is lost."""
        self._breaks += 1
        self._lose_all(why)
        if not self._engine.can_be_rebuilt:
            self._ledger.stop(f"{why}; it cannot be made again here: run the sweep once more")
        elif self._breaks > _MOST_BREAKS:
            self._ledger.stop(f"{why}, {self._breaks} times in a row")
        else:
            self._rebuild()

    def _rebuild(self) -> None:
        try:
            self._engine.rebuild()
        except Exception as error:  # whatever the function that makes it raises
            self._ledger.stop(f"no new executor could be made ({error})")

    def _watch(self, quiet_s: float) -> None:
        """Give up on what is in flight if nothing comes back any more."""
        if quiet_s > self._patience_s and self._engine.workers() == 0:
            self._lose_all("all workers are gone")
            self._ledger.stop(f"there were no workers for {self._patience_s:g} s")
        elif quiet_s > 2 * self._limits.time_s + _BACKSTOP_S:
            why = f"nothing came back for {quiet_s:.0f} s"
            self._lose_all(why)
            if self._engine.can_be_rebuilt:
                self._rebuild()
            else:
                self._ledger.stop(why)

    def _lose_all(self, why: str) -> None:
        for future, question in list(self._flying.items()):
            future.cancel()
            self._lose(question, why)
        self._flying.clear()

    def _lose(self, question: Question, why: str) -> None:
        tries = self._ledger.attempts(question) + 1
        self._record(lost(question, why, self._limits, tries, self._ledger.version))

    def _record(self, row: Row) -> None:
        self._ledger.put(row)
        if row.ended != DIED or row.attempts >= MAX_ATTEMPTS:
            self._finished += 1
        if self._progress is not None:
            spent = time.monotonic() - self._start
            remaining = max(0, self._left - self._finished)
            left = spent / self._finished * remaining if self._finished else None
            total = len(self._ledger.questions)
            self._progress(SweepProgress(total - remaining, total, spent, left))

    def _drain(self, timeout_s: float) -> None:
        """Keep what cells still in flight find: a stop loses nothing that was computed."""
        done, _ = wait(self._flying, timeout=timeout_s)
        for future in done:
            self._finish(future, self._flying.pop(future))
        for future in self._flying:
            future.cancel()
