"""Foreign text: what a file or a caller brought must not reach a terminal as it is."""

from __future__ import annotations

__all__ = ["one_line", "plain"]

#: No message is longer; a name in a file may have a million characters.
LONGEST = 2000


def plain(text: str, longest: int = LONGEST) -> str:
    r"""Return *text* on one line, harmless on every terminal, its middle left out if it is long.

    Line breaks, escape sequences, marks that change the direction of writing, invisible characters
    and halves of surrogate pairs become Python escapes such as ``\x1b``.

    Examples
    --------
    >>> print(plain("net\x1b[2J.pt"))
    net\x1b[2J.pt
    >>> plain("x" * 50, 20)
    'xxxxxx... (50 characters) ...xxxxxx'
    """
    if len(text) > longest:
        half = max(longest // 3, 1)
        text = f"{text[:half]}... ({len(text)} characters) ...{text[-half:]}"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def one_line(text: str, longest: int = 120) -> str:
    """Return *text* plainly on one line of at most *longest* characters, its end left out.

    Examples
    --------
    >>> one_line("<Report: PROVED, a very long title>", 28)
    '<Report: PROVED, a very ...>'
    """
    line = plain(text)
    return line if len(line) <= longest else f"{line[: longest - 4]}...{line[-1]}"
