"""What a process may use, and how it may end: shared by whoever asks and whoever answers."""

from __future__ import annotations

from dataclasses import dataclass

from urnn_proofs.model.errors import InputError

__all__ = ["ANSWERED", "DIED", "MEMORY", "TIME", "Limits"]

#: How a process ended: with an answer; at a limit; or in any other way.
ANSWERED, TIME, MEMORY, DIED = "answered", "time limit", "memory limit", "died"

_LEAST_MEMORY_MB = 64


@dataclass(frozen=True)
class Limits:
    """Wall-clock seconds, and megabytes on top of what the process had when it was forked.

    Raises
    ------
    InputError
        If *time_s* is not a positive number below 1e8, or *memory_mb* not an integer >= 64.
    """

    time_s: float = 60.0
    memory_mb: int = 2048

    def __post_init__(self) -> None:
        time_s: object = self.time_s
        if isinstance(time_s, bool) or not isinstance(time_s, (int, float)):
            raise InputError(f"time_s is {_shown(time_s)}; expected a number of seconds")
        if not 0 < time_s < 1e8:
            raise InputError(f"time_s is {time_s}; expected a positive number of seconds")
        if type(self.memory_mb) is not int or self.memory_mb < _LEAST_MEMORY_MB:
            raise InputError(
                f"memory_mb is {_shown(self.memory_mb)}; expected a whole number >= "
                f"{_LEAST_MEMORY_MB}"
            )

    def allows_more_than(self, other: Limits) -> bool:
        """Tell whether a process may use more of anything here."""
        return self.time_s > other.time_s or self.memory_mb > other.memory_mb


def _shown(value: object) -> str:
    from urnn_proofs.model.number import shorten  # here: a solver's process starts without NumPy

    return shorten(value)
