"""Where cells run: any executor with ``submit``, a process pool by default.

A pool whose worker was killed is broken for good; one that was made here is made again.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any

from urnn_proofs.model.errors import InputError, MissingExtraError, UnsupportedError
from urnn_proofs.model.number import shorten
from urnn_proofs.sweeps.worker import ending_with_parent, probe, run_cell

__all__ = ["Engine", "connect"]

# In flight for each worker: one that runs and one that waits, so that no worker does.
_AHEAD = 2
_PROBE_S = 150.0
_ASK_EVERY_S = 2.0


class Engine:
    """An executor, how many workers it has, and how to make it again.

    Parameters
    ----------
    executor
        Any :class:`concurrent.futures.Executor`; a ``dask.distributed.Client``; a function that
        makes either; None for a process pool of this sweep's own.
    workers
        Processes of that pool; as many as there are cores if omitted.

    Raises
    ------
    InputError
        If it is none of these, or has no workers.
    """

    def __init__(self, executor: Any = None, workers: int | None = None) -> None:
        if workers is not None and (type(workers) is not int or workers < 1):
            raise InputError(f"workers is {shorten(workers)}; expected an integer >= 1")
        if executor is not None and workers is not None:
            raise InputError("workers goes with the pool that a sweep makes; leave it or executor")
        self._make: Callable[[], Any] | None = None
        self._executor: Any = None
        self._client: Any = None
        self._asked, self._known = -math.inf, 0
        if executor is None:
            count = workers or os.cpu_count() or 1
            self._make = lambda: _pool(count)
        elif callable(executor) and not hasattr(executor, "submit"):
            self._make = executor
        self._use(executor if self._make is None else self._make())

    def _use(self, given: Any) -> None:
        self._client, self._asked, self._known = None, -math.inf, 0
        if hasattr(given, "get_executor"):  # a Dask client
            self._client, given = given, given.get_executor(pure=False)
        elif hasattr(getattr(given, "_client", None), "ncores"):  # its executor
            self._client = given._client
        if not callable(getattr(given, "submit", None)):
            raise InputError(
                f"executor is a {type(given).__name__}; expected a concurrent.futures executor, a "
                f"dask.distributed.Client, or a function that makes one"
            )
        self._executor = given
        if self.workers() == 0:
            raise InputError(
                "executor has no workers; start some, then run the sweep (for Dask: "
                "`dask worker ADDRESS`)"
            )

    def workers(self) -> int:
        """Return how many cells can run at once; 0 if nothing would ever run."""
        if self._client is not None:
            if time.monotonic() - self._asked > _ASK_EVERY_S:  # workers come and go
                try:
                    self._known = sum(self._client.ncores().values())
                except Exception:  # the scheduler is gone
                    self._known = 0
                self._asked = time.monotonic()
            return self._known
        count = getattr(self._executor, "_max_workers", 1)
        return count if isinstance(count, int) else 1

    def ahead(self) -> int:
        """Return how many cells to hand over before waiting for one."""
        return _AHEAD * max(1, self.workers())

    def submit(self, text: str) -> Future[str]:
        """Hand over one cell as JSON.

        Raises
        ------
        Exception
            Whatever the executor raises when it takes no more work.
        """
        future: Future[str] = self._executor.submit(run_cell, text)
        return future

    def check(self, version: str) -> None:
        """Ask one worker whether it can work.

        Raises
        ------
        UnsupportedError
            If it cannot, or runs another version of this package.
        """
        try:
            found = json.loads(self._executor.submit(probe).result(timeout=_PROBE_S))
        except Exception as error:  # whatever the executor raises
            raise UnsupportedError(
                f"the workers do not start ({type(error).__name__}: {error}); they need this "
                f"package, and a script that calls sweep() must be a file and do so under "
                f'`if __name__ == "__main__":`'
            ) from None
        if "error" in found:
            raise UnsupportedError(f"the workers cannot run cells: {found['error']}")
        if found["version"] != version:
            raise UnsupportedError(
                f"the workers run urnn_proofs {found['version']}; expected {version}, as here"
            )

    @property
    def can_be_rebuilt(self) -> bool:
        """Whether the executor was made here, and so can be made again."""
        return self._make is not None

    def rebuild(self) -> None:
        """Make the executor again after it broke; its processes are killed."""
        assert self._make is not None
        self.close(broken=True)
        self._use(self._make())

    def close(self, *, broken: bool = False) -> None:
        """End what was made here; a given executor is left alone."""
        if self._make is None or self._executor is None:
            return
        executor, self._executor = self._executor, None
        if broken:
            _kill(executor)
        with contextlib.suppress(Exception):
            executor.shutdown(wait=not broken, cancel_futures=True)


def connect(address: str) -> Any:
    """Connect to a Dask scheduler, such as ``"tcp://127.0.0.1:8786"``.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    InputError
        If nothing answers at that address.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtraError(
            f"a Dask scheduler needs the package distributed, which cannot be imported ({error}); "
            f"install urnn_proofs[distributed]"
        ) from None
    try:
        return Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address} ({error}); expected an address such as "
            f"tcp://127.0.0.1:8786"
        ) from None


def _pool(workers: int) -> Executor:
    import multiprocessing

    # Fresh processes: a forked one would share the driver's threads, locks and store.
    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=ending_with_parent,
    )


def _kill(executor: Any) -> None:
    """Kill the processes of a pool, which may be hung."""
    for process in list((getattr(executor, "_processes", None) or {}).values()):
        with contextlib.suppress(Exception):
            process.kill()
