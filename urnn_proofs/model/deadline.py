"""A time until which work is worth doing, seen by every loop that may run long.

Whoever promises a budget sets it; loops below ask now and then.  It changes no answer, it only
ends work: what is not decided in time is undecided.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from urnn_proofs.model.errors import UndecidedError

__all__ = ["check_deadline", "deadline"]

_end: ContextVar[float] = ContextVar("deadline", default=math.inf)


@contextmanager
def deadline(end: float) -> Iterator[None]:
    """Let work inside end at *end*, a value of ``time.monotonic()``, or at an earlier deadline.

    Examples
    --------
    >>> with deadline(time.monotonic() + 60):
    ...     check_deadline()
    """
    token = _end.set(min(end, _end.get()))
    try:
        yield
    finally:
        _end.reset(token)


def check_deadline() -> None:
    """Do nothing in time.

    Raises
    ------
    UndecidedError
        If the deadline has passed.
    """
    if time.monotonic() > _end.get():
        raise UndecidedError("time is up; allow more seconds")
