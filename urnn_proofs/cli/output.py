"""Standard output and error that end in an honest way: no reader, no room, no such letter.

A command's exit status is a verdict, so what the streams do must not look like one: a reader that
has gone away (``| head -1``) ends the command with status 141, as the signal SIGPIPE does; a full
disk with a sentence and status 74.  Letters that the stream's encoding lacks are written in ASCII.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

__all__ = ["NOT_WRITTEN", "NO_READER", "guarded_output", "written"]

NO_READER, NOT_WRITTEN = 141, 74

_PLAIN = {
    "—": "-",
    "–": "-",
    "─": "-",
    "‑": "-",
    "−": "-",
    "×": "x",
    "·": "*",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "‖": "||",
    "∞": "inf",
    "√": "sqrt",
    "→": "->",
    "⇒": "=>",
    "…": "...",
    "✔": "+",
    "│": "|",
    "╭": "+",
    "╮": "+",
    "╰": "+",
    "╯": "+",
    "✘": "x",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
}
_HANDLER = __name__


def written(text: str) -> str:
    """Return the ASCII for letters that cannot be written.

    Examples
    --------
    >>> written("‖W‖ ≤ 1 — é☃")
    '||W|| <= 1 - e?'
    """
    return text if text.isascii() else "".join(_PLAIN.get(c) or _letter(c) for c in text)


def _letter(c: str) -> str:
    if c.isascii():
        return c
    return unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode() or "?"


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return written(error.object[error.start : error.end]), error.end


class _Stream(io.TextIOWrapper):
    """A text stream whose failures end the program with a status of their own.

    One that is to be ASCII calls itself UTF-8, and writes ASCII: the library that prints our
    messages writes around streams that call themselves ASCII.
    """

    plain = False

    def write(self, text: str) -> int:
        try:
            return super().write(written(text) if self.plain else text)
        except OSError as error:
            _end(self, error)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            _end(self, error)
        except ValueError:  # closed
            return


def _end(stream: _Stream, error: OSError) -> NoReturn:
    with contextlib.suppress(OSError):  # what is left in buffers goes nowhere
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    if isinstance(error, BrokenPipeError):
        raise SystemExit(NO_READER)
    with contextlib.suppress(OSError):
        os.write(2, f"error: the output cannot be written: {error.strerror}\n".encode())
    raise SystemExit(NOT_WRITTEN)


@contextmanager
def guarded_output() -> Iterator[None]:
    """Let ``sys.stdout`` and ``sys.stderr`` be such streams inside; for the program as a whole.

    Raises
    ------
    SystemExit
        If what was printed cannot be written.
    """
    codecs.register_error(_HANDLER, _plain)
    before = sys.stdout, sys.stderr
    ours = [_guarded(stream) for stream in before]
    sys.stdout, sys.stderr = ours
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    finally:
        sys.stdout, sys.stderr = before
        for stream in ours:
            if isinstance(stream, _Stream):
                stream.detach()  # what it wrote into belongs to the stream before


def _guarded(stream: Any) -> Any:
    if stream is None:  # it was closed before the program started
        return _Stream(io.BytesIO(), encoding="utf-8")
    if not isinstance(stream, io.TextIOWrapper):  # somebody else's
        return stream
    stream.flush()
    encoding = codecs.lookup(stream.encoding).name
    guarded = _Stream(
        stream.buffer,
        encoding="utf-8" if encoding == "ascii" else encoding,
        errors=_HANDLER,
        line_buffering=stream.line_buffering,
    )
    guarded.plain = encoding == "ascii"
    return guarded
