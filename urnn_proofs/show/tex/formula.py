r"""The small ASCII language of claims and scopes, read for display as LaTeX.

Claims are sentences with formulas in them, such as ``U^T U = I for ||W|| < 1``.  A formula is read
by a grammar; what the grammar does not know stays text, so nothing is ever guessed into a formula.
"""

from __future__ import annotations

from dataclasses import dataclass

from urnn_proofs.show.tex.escape import escape
from urnn_proofs.show.tex.grammar import TOKEN, Reader

__all__ = ["Segment", "formula", "segments"]


@dataclass(frozen=True)
class Segment:
    """A piece of a claim: LaTeX for math mode if *is_math*, else the text as it was written."""

    text: str
    is_math: bool


def formula(text: str) -> str:
    r"""Return a claim as LaTeX: formulas between dollars, everything else escaped.

    Examples
    --------
    >>> print(formula("U^T U = I and ||h_init|| <= H"))
    $U^{\top} U = I$ and $\|h_{\mathrm{init}}\| \le H$
    >>> print(formula("every row of W3, 100% of them"))
    every row of $W_{3}$, 100\% of them
    """
    return "".join(f"${s.text}$" if s.is_math else escape(s.text) for s in segments(text))


def segments(text: str) -> tuple[Segment, ...]:
    r"""Cut a claim into text and formulas.

    Examples
    --------
    >>> segments("all n")
    (Segment(text='all ', is_math=False), Segment(text='n', is_math=True))
    """
    tokens = [(m.group(), m.start(), m.end()) for m in TOKEN.finditer(text)]
    found: list[Segment] = []
    done = i = 0  # done: how much of the text has been handed out
    while i < len(tokens):
        reader = Reader(text, tokens, i)
        latex = reader.relation()
        inside = text[: tokens[i][1]].endswith("_")  # of a name, such as theorem_3_3_gen
        if latex is None or inside or not reader.sure(i):
            i += 1
            continue
        start, end = tokens[i][1], tokens[reader.at - 1][2]
        if start > done:
            found.append(Segment(text[done:start], False))
        found.append(Segment(latex, True))
        done, i = end, reader.at
    if done < len(text):
        found.append(Segment(text[done:], False))
    return tuple(found)
