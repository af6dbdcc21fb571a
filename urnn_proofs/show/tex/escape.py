r"""Plain text as LaTeX: every character prints as itself, and the output is ASCII.

ASCII, so that it does not depend on the input encoding or the font encoding of an author's
preamble.  What no standard command prints is shown by its code point, never dropped.
"""

from __future__ import annotations

import unicodedata

__all__ = ["comment", "escape"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedblright{}",
    "`": r"\textasciigrave{}",
    "\u2013": "--",
    "\u2014": "---",
    "\u2018": r"\textquoteleft{}",
    "\u2019": r"\textquoteright{}",
    "\u201c": r"\textquotedblleft{}",
    "\u201d": r"\textquotedblright{}",
    "\u2026": r"\dots{}",
    "\u00a0": "~",
    "ß": r"{\ss}",
    "æ": r"{\ae}",
    "Æ": r"{\AE}",
    "œ": r"{\oe}",
    "Œ": r"{\OE}",
    "ø": r"{\o}",
    "Ø": r"{\O}",
    "ł": r"{\l}",
    "Ł": r"{\L}",
    "ı": r"{\i}",
}
_MATH = {
    **{"α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon"},
    **{"ζ": r"\zeta", "η": r"\eta", "θ": r"\theta", "ι": r"\iota", "κ": r"\kappa"},
    **{"λ": r"\lambda", "μ": r"\mu", "µ": r"\mu", "ν": r"\nu", "ξ": r"\xi", "ο": "o"},
    **{"π": r"\pi", "ρ": r"\rho", "ς": r"\varsigma", "σ": r"\sigma", "τ": r"\tau"},
    **{"υ": r"\upsilon", "φ": r"\varphi", "ϕ": r"\phi", "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega"},
    **{"Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi"},
    **{"Π": r"\Pi", "Σ": r"\Sigma", "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega"},
    **{"≤": r"\le", "≥": r"\ge", "≠": r"\ne", "±": r"\pm", "×": r"\times", "·": r"\cdot"},
    **{"→": r"\to", "←": r"\leftarrow", "∞": r"\infty", "∈": r"\in", "∑": r"\sum", "√": r"\surd"},
    **{"−": "-", "≈": r"\approx", "⊤": r"\top", "‖": r"\|", "²": "^2", "³": "^3", "¹": "^1"},
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}
# Pairs that fonts join into another character.
_LIGATURES = {("-", "-"), (",", ","), ("'", "'"), ("?", "`"), ("!", "`")}


def escape(text: str) -> str:
    r"""Return *text* so that LaTeX prints it as it stands, on one line, in ASCII.

    Examples
    --------
    >>> escape("50% of net_1 & {x}")
    '50\\% of net\\_1 \\& \\{x\\}'
    >>> escape("Gödel -- 中")
    'G\\"{o}del -{}- \\texttt{U+4E2D}'
    """
    line = " ".join(unicodedata.normalize("NFC", text).split(" "))
    parts: list[str] = []
    before = ""
    for char in line:
        if (before, char) in _LIGATURES:
            parts.append("{}")
        parts.append(_character(char))
        before = char
    return "".join(parts)


def comment(text: str) -> str:
    r"""Return *text* as what may stand behind ``%``: one line, ASCII.

    Examples
    --------
    >>> comment("two\nlines, naïve")
    'two lines, na?ve'
    """
    return " ".join(text.split()).encode("ascii", "replace").decode("ascii")


def _character(char: str) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    if char.isascii():
        return char if char.isprintable() else " "
    if char in _MATH:
        return f"\\ensuremath{{{_MATH[char]}}}"
    decomposed = unicodedata.normalize("NFD", char)
    base, mark = decomposed[0], decomposed[1:]
    if base.isascii() and base.isalpha() and mark in _ACCENTS:
        # An accent stands over a dotless i or j.
        letter = f"\\{base}" if base in "ij" and mark != "\u0327" else base
        return f"\\{_ACCENTS[mark]}{{{letter}}}"
    if char.isspace():
        return " "
    return f"\\texttt{{U+{ord(char):04X}}}"
