"""The one runner of child processes: a warm process answers questions within limits.

Solver queries and the cells of sweeps are asked through it.  The warm process has imported what
its questions need.  A cell is answered in a fork of it, which is killed, with all it started, when
its time or its memory is used up (:mod:`~urnn_proofs.checks.smt.forked`); a query, or a cell where
there is no ``fork`` (Windows), by the warm process itself, which is killed from here.

A question a line on standard input, an answer a line on standard output, both JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from typing import IO, Any

from urnn_proofs.checks.smt.limits import DIED, TIME, Limits

__all__ = ["Server"]

_START_S = 120.0
_TAIL = 300
# One core a question: the machine is shared by as many processes as there are workers.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


class Server:
    """A warm process that answers one question at a time; started by the first, or by ``start``.

    Whatever ends it, the next question starts another.  Use it in a ``with`` statement, or call
    ``stop``: no process is left then.

    Parameters
    ----------
    module
        The name of a module whose ``main()`` calls :func:`~urnn_proofs.checks.smt.forked.serve`.
    grace_s
        How much later than its time limit an answer may come before the process is killed.
    """

    def __init__(self, module: str, *, grace_s: float = 10.0) -> None:
        self._module, self._grace_s = module, grace_s
        self._process: _Process | None = None

    def start(self, timeout_s: float = _START_S) -> Mapping[str, Any]:
        """Start the process unless it runs; return what ``main()`` had to say.

        Returns
        -------
        Mapping
            JSON values; ``ended`` and ``error`` are in it if the process does not start.
        """
        if self._process is not None and self._process.alive():
            return self._process.hello
        self.stop()
        try:
            self._process = _Process(self._module)
            self._process.hello = self._process.answer(timeout_s)
        except (OSError, _GoneError) as gone:
            error = f"no process could be started: {gone}"
            self.stop()
            return {"ended": DIED, "error": error}
        except queue.Empty:
            self.stop()
            return {"ended": DIED, "error": f"no process started within {timeout_s:.3g} s"}
        except BaseException:  # Ctrl-C
            self.stop()
            raise
        return self._process.hello

    def ask(self, job: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
        """Answer one question within limits.

        Returns
        -------
        dict
            What the module's answer was, ``ended`` and ``seconds``; or ``ended`` and ``error``.
        """
        hello = self.start()
        if "error" in hello:
            return dict(hello)
        assert self._process is not None
        asked = {
            "id": secrets.token_hex(8),
            "time_s": limits.time_s,
            "memory_mb": limits.memory_mb,
            "job": dict(job),
        }
        try:
            found = self._process.ask(asked, limits.time_s + self._grace_s)
        except queue.Empty:
            self.stop()
            return {"ended": TIME, "error": f"the time limit of {limits.time_s:g} s was reached"}
        except _GoneError as gone:
            self.stop()
            return {"ended": DIED, "error": f"the process beside this one ended: {gone}"}
        except BaseException:  # Ctrl-C: the answer that is under way is nobody's
            self.stop()
            raise
        return found

    @property
    def pid(self) -> int | None:
        """The warm process, or None if there is none."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """Kill the process, if there is one, and what it forked."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _GoneError(Exception):
    """The process has ended."""


class _Process:
    """One warm process and the thread that reads its answers."""

    def __init__(self, module: str) -> None:
        self.hello: dict[str, Any] = {}
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._lines: queue.Queue[str] = queue.Queue()
        try:
            self._process = subprocess.Popen(
                _command(module),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                encoding="utf-8",
                env={**os.environ, **_ENVIRONMENT},
                start_new_session=True,  # Ctrl-C is this process's affair: it kills the other
            )
        except OSError:
            self._log.close()
            raise
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def alive(self) -> bool:
        return self._process.poll() is None

    def answer(self, timeout_s: float) -> dict[str, Any]:
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
        found = self.answer(timeout_s)
        if found.pop("id", None) != asked["id"]:  # the answer to something else is no answer
            raise _GoneError("a stray answer")
        return found

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - _TAIL))
        said = self._log.read().decode("utf-8", "replace").strip()
        return f"status {self._process.poll()}" + (f", {said}" if said else "")

    def stop(self) -> None:
        if hasattr(os, "killpg") and self._process.returncode is None:  # forks are in its group
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _command(module: str) -> list[str]:
    """Return how to start the process, with this process's search path and no other."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from {module} import main; main()"
    return [sys.executable, *(["-B"] if sys.dont_write_bytecode else []), "-c", code]
