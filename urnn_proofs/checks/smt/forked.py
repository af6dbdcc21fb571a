"""What runs beside the process that asks: every answer in a fork that is killed at its limits.

The memory limit is on top of what the process had when it was forked: on its own address space,
and, where /proc tells, on what it and all it started hold in memory, looked at twice a second.
Whatever a fork started is killed with it.

Where answers start no processes and leave nothing behind, the process may answer by itself, which
saves the fork: its own address space is limited, and whoever asked kills it at the time limit.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from urnn_proofs.checks.smt.limits import ANSWERED, DIED, MEMORY, TIME, Limits

__all__ = ["CallerGoneError", "run_limited", "serve"]

_STDIN = 0
_PR_SET_PDEATHSIG = 1
_PIECE = 1 << 16
_LOOK_EVERY_S = 0.5
_MB = 2**20

_Work = Callable[[], dict[str, Any]]


class CallerGoneError(Exception):
    """Whoever asked has ended; nobody waits for the answer."""


def serve(
    answer: Callable[[Mapping[str, Any], Limits], dict[str, Any]],
    warm_up: Callable[[], Mapping[str, Any]],
    *,
    forks: bool = True,
) -> None:
    """Answer the questions of a :class:`~urnn_proofs.checks.smt.process.Server` until it is gone.

    Parameters
    ----------
    answer
        Maps a job to an answer, both JSON values.
    warm_up
        Does once what every answer needs, and returns what the server's ``start`` is to return.
        It starts no threads: they do not survive a fork.
    forks
        Whether each answer has a process of its own; never on Windows, where there is no ``fork``.
    """
    # What an answer prints must not be taken for it.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    print(json.dumps(dict(warm_up())), file=out, flush=True)
    size = _own_size()
    run = run_limited if forks and hasattr(os, "fork") else partial(_run_here, size)
    buffered = b""
    while True:
        while b"\n" not in buffered:
            piece = os.read(_STDIN, _PIECE)
            if not piece:
                return
            buffered += piece
        line, _, buffered = buffered.partition(b"\n")
        try:
            print(json.dumps(_answered(json.loads(line), answer, run)), file=out, flush=True)
        except (CallerGoneError, BrokenPipeError):
            return


def _answered(
    asked: Mapping[str, Any],
    answer: Callable[[Mapping[str, Any], Limits], dict[str, Any]],
    run: Callable[[_Work, Limits, int], dict[str, Any]],
) -> dict[str, Any]:
    limits = Limits(asked["time_s"], asked["memory_mb"])
    start = time.monotonic()
    found = run(partial(answer, asked["job"], limits), limits, _STDIN)
    return {"id": asked["id"], "seconds": round(time.monotonic() - start, 6), **found}


def _run_here(size: int, work: _Work, limits: Limits, _: int) -> dict[str, Any]:
    """Run *work* in this process, which had *size* bytes when it was fresh."""
    if hasattr(os, "fork"):  # Windows has no such limits
        _limit(limits, size)
    return _found(work, limits)


def _found(work: _Work, limits: Limits) -> dict[str, Any]:
    try:
        return {"ended": ANSWERED, **work()}
    except MemoryError:
        return _reached(MEMORY, limits)


def run_limited(work: _Work, limits: Limits, caller: int | None = None) -> dict[str, Any]:
    """Run *work* in a forked process and return what it returns, or how it ended.

    Parameters
    ----------
    work
        Returns JSON values.
    limits
        Seconds of wall-clock time, and megabytes.
    caller
        A file descriptor that becomes readable when the caller ends.

    Returns
    -------
    dict
        What *work* returned with ``ended = "answered"``; else ``ended`` and ``error``.

    Raises
    ------
    CallerGoneError
        If the caller ended first; the process is killed.
    """
    start = time.monotonic()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _fork(work, limits, writing)
    os.close(writing)
    try:
        text, end = _read(reading, start + limits.time_s, pid, limits, caller)
    finally:
        os.close(reading)
        status = _end(pid)
    if end:
        return _reached(end, limits)
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return {"ended": DIED, "error": _how(status, limits)}
    return found


def _fork(work: _Work, limits: Limits, writing: int) -> None:
    """Do the work in the forked process; never returns."""
    status = 1
    try:
        _limit(limits, _own_size())
        data = json.dumps(_found(work, limits)).encode()
        while data:
            data = data[os.write(writing, data) :]
        status = 0
    except BaseException as error:  # a bug: the status is enough, the text goes to the log
        with contextlib.suppress(BaseException):
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(status)


def _limit(limits: Limits, size: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # Linux: end when the parent ends
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if size:  # elsewhere address space says nothing about memory
        # The soft limit only: what it starts sets limits of their own.
        _soften(resource.RLIMIT_AS, size + limits.memory_mb * _MB)
    # Should everything that watches the clock die, the processor's time still ends.
    seconds = int(limits.time_s + 5) * (os.cpu_count() or 1)
    _soften(resource.RLIMIT_CPU, int(time.process_time()) + seconds)


def _soften(kind: int, amount: int) -> None:
    """Set a soft limit, not above the hard one."""
    import resource

    _, most = resource.getrlimit(kind)
    soft = amount if most == resource.RLIM_INFINITY else min(amount, most)
    resource.setrlimit(kind, (soft, most))


def _reached(end: str, limits: Limits) -> dict[str, Any]:
    amount = f"{limits.time_s:g} s" if end == TIME else f"{limits.memory_mb} MB"
    return {"ended": end, "error": f"the {end} of {amount} was reached"}


def _own_size() -> int:
    """Return the size of this process's address space in bytes; 0 where /proc does not tell."""
    return _pages("self", 0) * os.sysconf("SC_PAGE_SIZE")


def _resident(pids: list[int]) -> int:
    """Return what processes hold in memory in bytes, shared pages counted each time."""
    return sum(_pages(str(pid), 1) for pid in pids) * os.sysconf("SC_PAGE_SIZE")


def _pages(pid: str, column: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[column])
    except (OSError, ValueError, IndexError):  # it has ended, or there is no /proc
        return 0


def _read(
    reading: int, deadline: float, pid: int, limits: Limits, caller: int | None
) -> tuple[bytes, str]:
    """Read until the process ends; return what it wrote, and the limit it reached, if any."""
    pieces: list[bytes] = []
    allowed = _resident([os.getpid()]) + limits.memory_mb * _MB
    watched = [reading] if caller is None else [reading, caller]
    while True:
        left = deadline - time.monotonic()
        ready = select.select(watched, [], [], max(0.0, min(left, _LOOK_EVERY_S)))[0]
        if reading in ready:
            piece = os.read(reading, _PIECE)
            if not piece:
                return b"".join(pieces), ""
            pieces.append(piece)
        elif caller is not None and caller in ready:
            raise CallerGoneError  # one question at a time: only its end makes it readable
        elif left <= 0:
            return b"", TIME
        elif _resident([pid, *_descendants(pid)]) > allowed:
            return b"", MEMORY


def _end(pid: int) -> int:
    """Kill a process with everything it started, and return its exit status."""
    for each in [*_descendants(pid), pid]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _descendants(pid: int) -> list[int]:
    """Return the processes below one, as far as /proc tells."""
    path = Path(f"/proc/{pid}/task")
    found = []
    with contextlib.suppress(OSError, ValueError):
        for thread in path.iterdir():
            for text in (thread / "children").read_text().split():
                found += [int(text), *_descendants(int(text))]
    return found


def _how(status: int, limits: Limits) -> str:
    if status >= 0:
        return f"the process ended with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hint = ""
    if -status in (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS):
        hint = f"; a library that gets no more memory ends so (limit: {limits.memory_mb} MB)"
    return f"the process was ended by {name}{hint}"
