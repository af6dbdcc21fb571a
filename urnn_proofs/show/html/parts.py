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
    "facts",
    "fold",
    "numbers",
    "small",
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

# Nothing is cut off: a table narrower than its columns becomes a list of cards; what cannot break
# scrolls in a box of its own, with a bar that is always seen.
_STYLE = """<style>
.urnn{font-size:.95em;line-height:1.45;container-type:inline-size;width:100%}
.urnn p{margin:.35em 0}
.urnn table{display:table;border-collapse:collapse;border:0;margin:.5em 0;width:100%;
 font-size:inherit;table-layout:auto!important}
.urnn th,.urnn td{text-align:left!important;vertical-align:top;padding:.4em .7em;min-width:0;
 border:0;border-top:1px solid rgba(128,128,128,.35);background:transparent;white-space:normal;
 overflow-wrap:break-word}
.urnn td:first-child,.urnn th:first-child{padding-left:0}
.urnn thead th{border-top:0;font-weight:600;opacity:.75}
.urnn tr{background:transparent!important}
.urnn .urnn-more td{border-top:0;padding:0 0 .3em}
.urnn .urnn-more details{margin:0}
.urnn .urnn-nowrap{white-space:nowrap}
.urnn .urnn-small{font-size:.88em;opacity:.85}
.urnn .urnn-alert{border-left:4px solid;padding:.3em .8em;margin:.5em 0}
.urnn details{margin:.3em 0;padding:0;border:0;box-shadow:none;background:transparent;
 font-size:inherit}
.urnn summary{cursor:pointer;margin:0}
.urnn details>*:not(summary){margin-left:1.1em}
.urnn details>table,.urnn details>.urnn-scroll{width:calc(100% - 1.1em)}
.urnn code,.urnn pre{font-size:.92em;background:transparent;color:inherit;
 overflow-wrap:anywhere;white-space:pre-wrap}
.urnn .urnn-coq{font-family:monospace;border:1px solid rgba(128,128,128,.35);padding:.5em .7em}
.urnn .urnn-line{padding-left:1.2em;text-indent:-1.2em;margin:.1em 0}
.urnn .urnn-facts td+td{overflow-wrap:anywhere}
.urnn .urnn-facts td:first-child{font-size:.88em;opacity:.85;width:9em}
.urnn .urnn-verdict{width:7em}.urnn .urnn-step{width:8.5em}.urnn .urnn-checked{width:32%}
.urnn .urnn-scroll{overflow-x:auto;scrollbar-width:thin}
.urnn .urnn-numbers{width:auto}
.urnn .urnn-numbers td{text-align:right!important;padding:.1em .6em;border:0;
 font-variant-numeric:tabular-nums;white-space:nowrap}
.urnn svg:not(.katex svg){max-width:100%;height:auto}
@container (max-width:620px){
.urnn .urnn-cards,.urnn .urnn-cards>tbody,.urnn .urnn-cards>tbody>tr,
.urnn .urnn-cards>tbody>tr>td{display:block;width:auto!important}
.urnn .urnn-cards>thead{display:none}
.urnn .urnn-cards>tbody>tr>td{border-top:0;padding:.15em 0}
.urnn .urnn-cards>tbody>tr{border-top:1px solid rgba(128,128,128,.35);padding:.4em 0}
.urnn .urnn-cards>tbody>.urnn-more{border-top:0;padding:0}
.urnn td[data-label]::before{content:attr(data-label) ": ";font-size:.88em;opacity:.75}
.urnn td>p:first-child{display:inline}
.urnn details>*:not(summary){margin-left:.5em}
}
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


def small(inner: str) -> str:
    """Return markup as a paragraph in small letters."""
    return f'<p class="urnn-small">{inner}</p>'


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    labels: Sequence[str] = (),
    kinds: Sequence[str] = (),
) -> str:
    """Return a table of cells that are markup, with what a row has beyond its cells below it.

    Parameters
    ----------
    head
        Markup of the head row.
    rows
        One cell for each of *head*; one more stands below, over the whole width, if it is not
        empty.
    labels
        What stands before each cell where the table is too narrow for columns and becomes a list;
        empty where a cell speaks for itself.
    kinds
        Names of the columns in the style sheet.
    """
    kinds = kinds or [""] * len(head)
    labels = labels or [""] * len(head)
    top = "".join(
        f'<th scope="col"{_kind(kind)}{_CELL}>{h}</th>' for h, kind in zip(head, kinds, strict=True)
    )
    body = []
    for row in rows:
        cells = "".join(
            f"<td{_kind(kind)}{_label(label)}{_CELL}>{cell}</td>"
            for cell, label, kind in zip(row, labels, kinds, strict=False)
        )
        body.append(f"<tr>{cells}</tr>")
        if more := "".join(row[len(head) :]):
            body.append(f'<tr class="urnn-more"><td colspan="{len(head)}"{_CELL}>{more}</td></tr>')
    top, below = f"<thead><tr>{top}</tr></thead>", "".join(body)
    return f'<table class="urnn-cards">{top}<tbody>{below}</tbody></table>'


def _kind(name: str) -> str:
    return f' class="{name}"' if name else ""


def _label(said: str) -> str:
    return f' data-label="{said}"' if said else ""


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return names and values, both markup, as a table with a line for each."""
    body = "".join(f"<tr><td{_CELL}>{n}</td><td{_CELL}>{value}</td></tr>" for n, value in rows)
    return f'<table class="urnn-cards urnn-facts"><tbody>{body}</tbody></table>'


def numbers(rows: Iterable[Sequence[str]]) -> str:
    """Return a table of numbers, flush right; a wide one scrolls in its own box."""
    body = "".join(f"<tr>{''.join(f'<td>{x}</td>' for x in row)}</tr>" for row in rows)
    return (
        f'<div class="urnn-scroll"><table class="urnn-numbers"><tbody>{body}</tbody></table></div>'
    )


def block(inner: str) -> str:
    """Wrap what one object shows, with the style sheet."""
    return f'{_STYLE}<div class="urnn">{inner}</div>'
