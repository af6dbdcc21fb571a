"""What a worker does: hand a cell to its warm process and wait, but not for ever.

:func:`run_cell` is all that an executor is asked to call.  It takes and returns JSON text, so any
executor can carry it, and workers in threads are as good as workers in processes.
"""

from __future__ import annotations

import atexit
import json
import os
import threading

from urnn_proofs.checks.smt.limits import Limits
from urnn_proofs.checks.smt.process import Server

__all__ = ["ending_with_parent", "probe", "run_cell"]

_MODULE = "urnn_proofs.sweeps.server"


def run_cell(text: str) -> str:
    """Answer one cell given as JSON; never raises because of what a cell does.

    Returns
    -------
    str
        JSON: what the cell's process answered, or ``ended`` and ``error``; and the versions of
        what took part.
    """
    asked = json.loads(text)
    server = _take()
    found = dict(server.start())
    if "error" not in found:
        found |= server.ask(asked, Limits(asked["time_s"], asked["memory_mb"]))
    _give_back(server)
    return json.dumps(found)


def probe() -> str:
    """Start the warm process; return, as JSON, the versions of this worker or why it cannot."""
    server = _take()
    hello = server.start()
    _give_back(server)
    return json.dumps(dict(hello))


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


_idle: list[Server] = []
_lock = threading.Lock()


def _take() -> Server:
    with _lock:
        return _idle.pop() if _idle else Server(_MODULE)


def _give_back(server: Server) -> None:
    with _lock:
        _idle.append(server)


@atexit.register
def _stop_idle() -> None:
    with _lock:
        while _idle:
            _idle.pop().stop()
