"""Plain claims as HTML, with the formulas in them typeset where they are understood."""

from __future__ import annotations

import html
import re

from urnn_proofs.show.html.parts import text
from urnn_proofs.show.tex.formula import segments

__all__ = ["formula"]

_NAME = re.compile(r"([A-Za-z]{2,}(?:_\w+){2,})")  # of a Coq theorem: no letter with an index


def formula(claim: object) -> str:
    r"""Return a claim as HTML: formulas as LaTeX between dollars, all else as escaped text.

    Examples
    --------
    >>> formula("||W|| < 1 for <this> network")
    '$\\|W\\| &lt; 1$ for &lt;this&gt; network'
    >>> formula("theorem_3_3_gen is Coq's")
    'theorem_3_3_gen is Coq&#x27;s'
    """
    pieces = _NAME.split(str(claim))  # every second one is a name
    return "".join(text(p) if i % 2 else _set(p) for i, p in enumerate(pieces))


def _set(claim: str) -> str:
    return "".join(
        f"${html.escape(s.text)}$" if s.is_math else text(s.text) for s in segments(claim)
    )
