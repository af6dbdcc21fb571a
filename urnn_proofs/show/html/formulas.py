"""Plain claims as HTML, with the formulas in them typeset where they are understood."""

from __future__ import annotations

import html

from urnn_proofs.show.html.parts import text
from urnn_proofs.show.tex.formula import segments

__all__ = ["formula"]


def formula(claim: object) -> str:
    r"""Return a claim as HTML: formulas as LaTeX between dollars, all else as escaped text.

    Examples
    --------
    >>> formula("||W|| < 1 for <this> network")
    '$\\|W\\| &lt; 1$ for &lt;this&gt; network'
    """
    return "".join(
        f"${html.escape(s.text)}$" if s.is_math else text(s.text) for s in segments(str(claim))
    )
