"""How large a network may be: one limit for every reader, asked before anything is unpacked.

Headers say how many bytes a member of an archive unpacks to and which shape a tensor has.  What
they promise is added up here first; only then is data read, unpacked or computed with.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from pathlib import Path

from urnn_proofs.model.errors import InputError, UnsupportedError

__all__ = ["MAX_BYTES", "MAX_ENTRIES", "Tally", "require_sane_bytes", "require_sane_size"]

#: No file is read, and no archive unpacked, above this.
MAX_BYTES = 2**28

#: No file with more weights than this is turned into exact numbers; n = 2048 needs half of it.
MAX_ENTRIES = 2**23


def require_sane_bytes(count: int, file: Path, what: str = "has") -> None:
    """Refuse a file, or what it unpacks to, above :data:`MAX_BYTES`.

    Raises
    ------
    InputError
        If it is larger.
    """
    if count > MAX_BYTES:
        raise InputError(f"{file.name} {what} {count} bytes; expected at most {MAX_BYTES}")


def require_sane_size(entries: int, where: str) -> None:
    """Refuse more weights than are ever turned into exact numbers.

    Raises
    ------
    UnsupportedError
        If there are more than :data:`MAX_ENTRIES`.
    """
    if entries > MAX_ENTRIES:
        raise UnsupportedError(f"{where} has {entries} weights; expected at most {MAX_ENTRIES}")


class Tally:
    """Adds up the entries of a file, shape by shape, and refuses too many.

    Examples
    --------
    >>> tally = Tally("net.onnx")
    >>> tally.add((3, 4)), tally.add((2,))
    (12, 2)
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.entries = 0

    def add(self, shape: Iterable[int]) -> int:
        """Add a shape and return how many entries it has.

        Raises
        ------
        InputError
            If a length is no count.
        UnsupportedError
            If the entries so far are too many.
        """
        lengths = [int(length) for length in shape]
        if min(lengths, default=0) < 0:
            raise InputError(f"{self.where} holds the shape {lengths}; expected lengths >= 0")
        found = prod(lengths)
        self.entries += found
        require_sane_size(self.entries, self.where)
        return found
