r"""Displays that may be broken: prose says where, and the width of the column decides.

``@/`` is a place where a display may be broken, ``@&`` one where its lines are aligned.
"""

from __future__ import annotations

import re

__all__ = ["fitted"]

_DISPLAY = re.compile(
    r"(?P<open>\\\[|\\begin\{(?P<name>equation\*?)\}(?:\\label\{[^}]*\})?)(?P<body>.*?)"
    r"(?P<close>\\\]|\\end\{(?P=name)\})",
    re.S,
)
_INDENT = re.compile(r"@&\s*\\quad\s*")  # of a line that goes on
_BREAK = re.compile(r"\s*(?:\\q?quad\s*)?@/\s*")


def fitted(text: str, columns: int) -> str:
    r"""Return a text with its displays in one line, or broken for one of two columns.

    Examples
    --------
    >>> fitted(r"\[ a @&= b @/ @&= c \]", 1)
    '\\[ a = b = c \\]'
    >>> print(fitted(r"\[ a @&= b @/ @&= c \]", 2))
    \[
      \begin{aligned}
      a &= b \\
      &= c
      \end{aligned}
    \]
    """
    if columns == 1:
        return re.sub(r"@/\s*", "", _INDENT.sub("", text)).replace("@&", "")
    return re.sub(_BREAK, lambda _: " \\\\\n  ", _DISPLAY.sub(_broken, text)).replace("@&", "&")


def _broken(found: re.Match[str]) -> str:
    body = found["body"]
    if "@/" not in body:
        return found[0]
    inner = "aligned" if "@&" in body else "gathered"
    lines = (
        found["open"],
        f"  \\begin{{{inner}}}",
        f"  {body.strip()}",
        f"  \\end{{{inner}}}",
        found["close"],
    )
    return "\n".join(lines)
