"""Which processes run below another, as /proc tells."""

from __future__ import annotations

from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Return the processes below one."""
    found = []
    for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(text), *descendants(int(text))]
    return found


def is_running(pid: int) -> bool:
    """Tell whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
