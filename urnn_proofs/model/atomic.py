"""Write a file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from urnn_proofs.model.errors import InputError

__all__ = ["as_path", "writing"]


def as_path(path: object) -> Path:
    """Return the path of a file that has a name.

    Raises
    ------
    InputError
        If it is no text or path, or names no file on any system.
    """
    try:
        file = Path(os.fspath(path))  # type: ignore[call-overload]
    except TypeError:
        raise InputError(
            f"the name of the file is a {type(path).__name__}; expected a text or a pathlib.Path"
        ) from None
    if not file.name or "\0" in str(file):
        raise InputError(f"the name of the file is {str(path)!r}; expected one such as net.json")
    return file


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a temporary file beside *path* and rename it into place if nothing goes wrong.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written into, or the disk is full; or if *path*
        is something else than a file, such as a device or a pipe, which a rename would remove.
    """
    file = as_path(path)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        if not file.parent.is_dir():
            raise InputError(
                f"{file.parent} is not a folder; expected an existing one to write into"
            )
        if file.exists() and not file.is_file():
            raise InputError(f"{file} is a {_kind(file)}; expected the name of a file")
        with temporary.open("xb") as stream:
            yield stream
        os.replace(temporary, file)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):  # never made, or on a file system that is read-only by now
            temporary.unlink()


def _kind(path: Path) -> str:
    return "folder" if path.is_dir() else "device or pipe"
