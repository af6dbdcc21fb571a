"""Load and save networks; the format follows the name: ``.npz`` (floats) or ``.json`` (exact)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

from urnn_proofs.atomic import writing
from urnn_proofs.convert import json_format, npz_format
from urnn_proofs.errors import InputError
from urnn_proofs.network import RNN

__all__ = ["load_network", "save_network"]

Reader = Callable[[Path], RNN]
Writer = Callable[[RNN, IO[bytes]], None]
Found = TypeVar("Found")

_READERS: dict[str, Reader] = {".npz": npz_format.read, ".json": json_format.read}
_WRITERS: dict[str, Writer] = {".npz": npz_format.write, ".json": json_format.write}


def load_network(path: str | os.PathLike[str]) -> RNN:
    """Read a network from an ``.npz`` or ``.json`` file.

    ``.npz`` holds numeric arrays W, F, b, C and optionally h_init and activation (text); each
    float is taken as the exact rational it is.  ``.json`` holds the same names with entries
    that are integers or ``"p/q"`` strings.  Nothing is ever unpickled or evaluated.

    Raises
    ------
    InputError
        If the file is missing, has another format, or does not describe a network.
    """
    file = Path(path)
    reader = _by_suffix(file, _READERS)
    if not file.is_file():
        raise InputError(f"{file} is not a file; expected an existing .npz or .json network")
    return reader(file)


def save_network(rnn: RNN, path: str | os.PathLike[str]) -> None:
    """Write a network; the file appears only when it is complete.

    ``.json`` is exact for every network.  ``.npz`` stores float64 and therefore refuses
    weights that float64 does not represent exactly.

    Raises
    ------
    InputError
        If the suffix is unknown, the folder does not exist, or ``.npz`` would round.
    """
    file = Path(path)
    writer = _by_suffix(file, _WRITERS)
    with writing(file) as stream:
        writer(rnn, stream)


def _by_suffix(file: Path, table: dict[str, Found]) -> Found:
    try:
        return table[file.suffix.lower()]
    except KeyError:
        raise InputError(
            f"{file.name} has the suffix {file.suffix!r}; expected .npz or .json"
        ) from None
