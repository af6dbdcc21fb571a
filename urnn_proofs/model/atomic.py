"""Write a file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from urnn_proofs.model.errors import InputError

__all__ = ["writing"]


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a temporary file beside *path* and rename it into place if nothing goes wrong.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written into, or the disk is full.
    """
    file = Path(path)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        if not file.parent.is_dir():
            raise InputError(
                f"{file.parent} is not a folder; expected an existing one to write into"
            )
        with temporary.open("xb") as stream:
            yield stream
        os.replace(temporary, file)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):  # gone, or on a file system that cannot be written at all
            temporary.unlink()
