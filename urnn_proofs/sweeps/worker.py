"""What a worker does: hand a cell to its warm process and wait, but not for ever.

:func:`run_cell` is all that an executor is asked to call.  It takes and returns JSON text, so any
executor can carry it, and workers in threads are as good as workers in processes.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
from typing import IO, Any

from urnn_proofs.sweeps.row import DIED, TIME

__all__ = ["ending_with_parent", "probe", "run_cell"]

# The process beside the worker kills a cell at its limit; the worker kills that process.
_GRACE_S = 10.0
_START_S = 120.0
_TAIL = 300


def run_cell(text: str) -> str:
    """Answer one cell given as JSON; never raises because of what a cell does.

    Returns
    -------
    str
        JSON: what the cell's process answered, or ``ended`` and ``error``; and the versions of
        what took part.
    """
    asked = json.loads(text)
    try:
        server = _take()
    except _GoneError as gone:
        return json.dumps({"ended": DIED, "error": f"no process could be started: {gone}"})
    found: dict[str, Any] = {}
    try:
        found = server.ask({**asked, "id": secrets.token_hex(8)}, asked["time_s"] + _GRACE_S)
    except queue.Empty:
        found = {"ended": TIME, "error": f"the time limit of {asked['time_s']:g} s was reached"}
        server.stop()
    except _GoneError as gone:
        found = {"ended": DIED, "error": f"the process beside the worker ended: {gone}"}
        server.stop()
    else:
        _give_back(server)
    return json.dumps({**found, **server.hello})


def probe() -> str:
    """Start the warm process; return, as JSON, the versions of this worker or why it cannot."""
    try:
        server = _take()
    except _GoneError as gone:
        return json.dumps({"error": str(gone)})
    _give_back(server)
    return json.dumps(server.hello)


def ending_with_parent() -> None:
    """Leave Ctrl-C to the driver, and end this process when the driver has ended."""
    import multiprocessing
    import signal
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        assert parent is not None
        wait([parent.sentinel])
        os._exit(1)

    if parent is not None:
        threading.Thread(target=watch, daemon=True).start()


class _GoneError(Exception):
    """The process beside the worker has ended."""


class _Server:
    """The warm process and the thread that reads its answers."""

    def __init__(self) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._lines: queue.Queue[str] = queue.Queue()
        try:
            self._process = subprocess.Popen(
                _command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                encoding="utf-8",
                env={**os.environ, **_ENVIRONMENT},
                start_new_session=True,  # Ctrl-C reaches the driver, which ends the sweep
            )
        except OSError as error:
            self._log.close()
            raise _GoneError(str(error)) from None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.hello: dict[str, Any] = {}
        try:
            self.hello = self._answer(_START_S)
        except (queue.Empty, _GoneError) as error:
            self.stop()
            raise _GoneError(f"it did not start: {error}") from None

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        line = self._lines.get(timeout=timeout_s)
        try:
            found = json.loads(line)
        except ValueError:  # the end, or cut off in the middle
            raise _GoneError(self._last_words()) from None
        if not isinstance(found, dict):
            raise _GoneError("its answer is not one")
        return found

    def ask(self, asked: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise _GoneError(self._last_words()) from None
        found = self._answer(timeout_s)
        if found.pop("id", None) != asked["id"]:  # the answer to something else is no answer
            raise _GoneError("a stray answer")
        return found

    def alive(self) -> bool:
        return self._process.poll() is None

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - _TAIL))
        said = self._log.read().decode("utf-8", "replace").strip()
        return f"status {self._process.poll()}" + (f", {said}" if said else "")

    def stop(self) -> None:
        self._process.kill()  # the cell notices: its parent and standard input are gone
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


# One core a cell: the machine is shared by as many cells as there are workers.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}

_idle: list[_Server] = []
_lock = threading.Lock()


def _take() -> _Server:
    with _lock:
        while _idle:
            server = _idle.pop()
            if server.alive():
                return server
            server.stop()
    return _Server()


def _give_back(server: _Server) -> None:
    with _lock:
        _idle.append(server)


@atexit.register
def _stop_idle() -> None:
    with _lock:
        while _idle:
            _idle.pop().stop()


def _command() -> list[str]:
    """Return how to start the process, with this process's search path and no other."""
    start = "from urnn_proofs.sweeps.server import main; main()"
    code = f"import sys; sys.path[:] = {sys.path!r}; {start}"
    return [sys.executable, *(["-B"] if sys.dont_write_bytecode else []), "-c", code]
