"""Inputs in a ``.npy`` file, bounded by what its header says before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from urnn_proofs.formats.limits import Tally, require_sane_bytes
from urnn_proofs.model.errors import InputError

__all__ = ["read_inputs"]

_MAX_HEADER = 10_000
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_inputs(file: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Read an array (T, m) or (T, batch, m) of numbers as float64.

    Raises
    ------
    InputError
        If it is no such file, holds other things than numbers, or has another size than its header
        says.
    UnsupportedError
        If it has more than 2^23 entries.
    """
    where = file.name
    try:
        size = file.stat().st_size
        require_sane_bytes(size, file)
        with file.open("rb") as stream:
            version = np.lib.format.read_magic(stream)
            if version not in _HEADERS:
                raise InputError(f"{where} has the version {version} of .npy; expected 1.0 or 2.0")
            shape, _, dtype = _HEADERS[version](stream, max_header_size=_MAX_HEADER)
            count = Tally(where).add(shape)
            if dtype.kind not in "iuf":
                raise InputError(f"{where} is an array of dtype {dtype}; expected numbers")
            if len(shape) not in (2, 3):
                raise InputError(f"{where} has shape {shape}; expected (T, m) or (T, batch, m)")
            if size != stream.tell() + count * dtype.itemsize:
                raise InputError(
                    f"{where} has {size} bytes; expected {stream.tell() + count * dtype.itemsize}, "
                    f"as its header says"
                )
            stream.seek(0)
            return np.lib.format.read_array(stream, allow_pickle=False).astype(np.float64)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from None
    except InputError:
        raise
    except ValueError as error:  # of NumPy: no .npy file, or a broken header
        raise InputError(f"{where} is no .npy file ({error}); expected one of inputs") from None
