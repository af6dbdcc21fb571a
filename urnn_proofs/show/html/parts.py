"""Pieces of HTML: escaped text, verdicts, folded blocks, tables.

Everything that is not markup written here goes through :func:`text` or :func:`code`, which escape
it.  Colours are of medium lightness and surfaces are transparent, so both light and dark themes
stay legible; no meaning rests on colour alone, nor on the style sheet, which some viewers drop.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from urnn_proofs.model.verdict import Trust, Verdict

__all__ = [
    "EXPLAINED",
    "MARKS",
    "alert",
    "block",
    "code",
    "fold",
    "numbers",
    "table",
    "text",
    "verdict",
]

#: Symbol and colour of a verdict; the word always stands beside them.
MARKS = {
    Verdict.PROVED: ("✔", "#22863a"),
    Verdict.REFUTED: ("✘", "#d03b3b"),
    Verdict.UNKNOWN: ("?", "#b07508"),
    Verdict.UNSUPPORTED: ("⊘", "#b07508"),
    Verdict.ASSUMED: ("◐", "#9a54c8"),
    Verdict.CONSISTENT: ("≈", "#5b8a5f"),
}

#: Who is believed, in a few words.
EXPLAINED = {
    Trust.FORMAL: "Coq checked the statement",
    Trust.KERNEL: "re-checked by the independent kernel",
    Trust.EXACT: "exact algebra by one engine",
    Trust.SMT: "a solver's word",
    Trust.BALL: "interval enclosures",
    Trust.ROUNDING: "proved bounds of rounding errors, IEEE 754 and a BLAS",
    Trust.WORDS: "an argument in words; a machine checked the algebra of its steps",
    Trust.SAMPLE: "floating-point agreement only",
}

_STYLE = """<style>
.urnn{font-size:.95em;line-height:1.45;overflow-x:auto;overflow-y:hidden}
.urnn p{margin:.35em 0}
.urnn table{border-collapse:collapse;border:0;margin:.5em 0;width:100%;font-size:inherit;
 table-layout:auto!important}
.urnn th,.urnn td{text-align:left!important;vertical-align:top;padding:.4em .7em;
 border:0;border-top:1px solid rgba(128,128,128,.35);background:transparent;white-space:normal}
.urnn thead th{border-top:0;font-weight:600;opacity:.7}
.urnn tr{background:transparent!important}
.urnn .urnn-nowrap{white-space:nowrap}
.urnn .urnn-small{font-size:.88em;opacity:.8}
.urnn .urnn-alert{border-left:4px solid;padding:.3em .8em;margin:.5em 0}
.urnn details{margin:.3em 0}
.urnn summary{cursor:pointer}
.urnn details>*:not(summary){margin-left:1.1em}
.urnn details>table{width:calc(100% - 1.1em)}
.urnn code{font-size:.95em;background:transparent;color:inherit;
 overflow-wrap:anywhere;white-space:pre-wrap}
.urnn td:first-child code{overflow-wrap:break-word}
.urnn .urnn-numbers{width:auto}
.urnn .urnn-numbers td{text-align:right!important;padding:.1em .6em;border:0;
 font-variant-numeric:tabular-nums}
</style>"""


def text(value: object) -> str:
    """Escape plain text; a dollar sign in it stays one, no formula begins there.

    Examples
    --------
    >>> text("<script>")
    '&lt;script&gt;'
    >>> text("$x$")
    '<span class="tex2jax_ignore mathjax_ignore">$x$</span>'
    """
    escaped = html.escape(str(value))
    if "$" in escaped or "\\" in escaped:
        return f'<span class="tex2jax_ignore mathjax_ignore">{escaped}</span>'
    return escaped


def code(value: object) -> str:
    """Escape text that is shown letter by letter (formula renderers skip ``code``)."""
    return f"<code>{html.escape(str(value))}</code>"


def verdict(value: Verdict) -> str:
    """Write a verdict as symbol and word, in its colour.

    Examples
    --------
    >>> verdict(Verdict.PROVED)
    '<b class="urnn-nowrap" style="color:#22863a">✔ PROVED</b>'
    """
    mark, colour = MARKS[value]
    return f'<b class="urnn-nowrap" style="color:{colour}">{mark} {value}</b>'


def alert(value: Verdict, inner: str) -> str:
    """Set markup apart with a bar in the colour of a verdict."""
    return f'<div class="urnn-alert" style="border-color:{MARKS[value][1]}">{inner}</div>'


def fold(summary: str, inner: str, *, opened: bool = False) -> str:
    """Return markup that unfolds on a click (both arguments are markup)."""
    state = " open" if opened else ""
    return f"<details{state}><summary>{summary}</summary>{inner}</details>"


# Inline, since viewers that do not trust a notebook drop the style sheet and centre cells.
_CELL = ' style="text-align:left;vertical-align:top"'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are markup; no head row if *head* is empty."""
    top = "".join(f"<th{_CELL}>{h}</th>" for h in head)
    top = f"<thead><tr>{top}</tr></thead>" if top else ""
    body = "".join(f"<tr>{''.join(f'<td{_CELL}>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{top}<tbody>{body}</tbody></table>"


def numbers(rows: Iterable[Sequence[str]]) -> str:
    """Return a table of numbers, flush right."""
    body = "".join(f"<tr>{''.join(f'<td>{x}</td>' for x in row)}</tr>" for row in rows)
    return f'<table class="urnn-numbers"><tbody>{body}</tbody></table>'


def block(inner: str) -> str:
    """Wrap what one object shows, with the style sheet."""
    return f'{_STYLE}<div class="urnn">{inner}</div>'
