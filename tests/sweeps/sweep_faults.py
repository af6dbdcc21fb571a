"""Cells that misbehave, for the tests of sweeps: the label of a cell says how."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import time
from pathlib import Path

from urnn_proofs.sweeps import worker


def misbehave(label: str) -> None:
    """Do in the cell's own process what the label says."""
    word, _, rest = label.partition(":")
    if word == "forever":
        while True:
            pass
    if word == "asleep":
        time.sleep(1e6)
    if word == "eat":
        held = []
        while True:
            held.append(bytearray(2**22))
    if word == "segfault":
        faulthandler.disable()  # no report in the log of the tests
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == "once" and not Path(rest).exists():  # dies the first time only
        Path(rest).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "exit":
        os._exit(7)
    if word == "raise":
        raise RuntimeError("a bug")
    if word == "print":
        print('{"ended": "answered", "verdict": "PROVED"}', flush=True)
    if word == "slow":
        time.sleep(float(rest))


def main() -> None:
    """Be the process beside a worker, with cells that misbehave."""
    from urnn_proofs.sweeps import server, tasks

    answer = tasks.answer

    def faulty(task, cell, limits):
        misbehave(cell.get("label", ""))
        return answer(task, cell, limits)

    tasks.answer = faulty
    server.main()


def run_cell(text: str) -> str:
    """Be a worker that may die itself."""
    worker._MODULE = "sweep_faults"
    label = json.loads(text)["cell"].get("label", "")
    word, _, rest = label.partition(":")
    if word == "kill worker":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "kill worker once" and not Path(rest).exists():
        Path(rest).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "lie":
        return json.dumps({"ended": "answered", "verdict": "PROVED"})
    if word == "sample":
        found = json.loads(worker.run_cell(text))
        return json.dumps({**found, "verdict": "PROVED", "trust": "SAMPLE"})
    if word == "old":
        return json.dumps({**json.loads(worker.run_cell(text)), "version": "0.0.1"})
    return worker.run_cell(text)
