r"""The letters and environments of a generated text, so that it fits into an author's paper.

Prose is written with placeholders such as ``@W``; :meth:`Symbols.fill` puts the letters in.  All
other letters are read off the text itself (:func:`letters_of`): a symbol that is one of them is
refused.  Everything a user supplies is checked against a short grammar before it reaches a LaTeX
file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from string import ascii_letters
from typing import Any

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten

__all__ = ["Environments", "Symbols", "changed", "letters_of"]

_GREEK = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|vartheta|kappa|lambda|mu|nu|xi|pi|"
    "rho|varrho|sigma|tau|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|"
    "Omega|ell"
)
_LETTER = rf"(?:[A-Za-z]|\\(?:{_GREEK}))"
_FONTS = (
    "mathbf|mathrm|mathsf|mathcal|mathbb|mathfrak|boldsymbol|tilde|hat|bar|widetilde|widehat|vec"
)
_FORM = rf"\\(?:{_FONTS})\{{{_LETTER}\}}|{_LETTER}"
_SYMBOL = re.compile(_FORM, re.ASCII)
_ENVIRONMENT = re.compile(r"[A-Za-z]{1,30}\*?", re.ASCII)
_ESTABLISHED = ("theorem", "thm")
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,29}", re.ASCII)
_PLACEHOLDER = re.compile(r"(@(?:phi|[WUFbChHMxynNw]))")
_CONTROL_WORD = re.compile(r"\\[A-Za-z]+\Z")
_DISPLAYS = "align|equation|gather|multline"
_MATH = re.compile(
    rf"\$([^$]*)\$|\\\[(.*?)\\\]|\\begin\{{((?:{_DISPLAYS})\*?)\}}(.*?)\\end\{{\3\}}", re.S
)
# What stands in formulas and is no letter: words, names, the names of environments.
_WORDS = re.compile(
    r"\\(?:text\w*|operatorname\*?|label|tag|begin|end|eqref|ref|cite)(?:\[[^]]*\])?\{[^}]*\}"
    r"|\\(?:mathrm|mathsf|mathbf)\{(?:[A-Za-z]{2,}|[^A-Za-z\\][^}]*)\}"
    r"|\\\\\[[^]]*\]"
)
_LETTERS = re.compile(rf"{_FORM}(?![A-Za-z])|\\[A-Za-z]+|[A-Za-z]", re.ASCII)


@dataclass(frozen=True)
class Symbols:
    r"""The letters of the networks.

    Parameters
    ----------
    W, U
        Transition matrices of the RNN and of the URNN; blocks of U are ``W_2, W_3, W_4``.
    F, b, C, h
        Input matrix, bias, output matrix, state.  Those of the URNN carry the index u.
    H, M
        State bound and input bound.
    x, y, n, N, phi
        Input, output, numbers of states of RNN and URNN, activation.

    Each is one letter, a Greek letter such as ``\Theta``, or one of them in another font or under
    an accent, such as ``\mathbf{W}``, ``\tilde{h}``.

    Raises
    ------
    InputError
        If a symbol is anything else, or two are equal.

    Examples
    --------
    >>> Symbols(W="A").fill(r"$\|@W\| < 1$ and $@W@h$")
    '$\\|A\\| < 1$ and $Ah$'
    >>> Symbols(W=r"\Theta").fill("$@W@h$")
    '$\\Theta h$'
    """

    W: str = "W"
    U: str = "U"
    F: str = "F"
    b: str = "b"
    C: str = "C"
    h: str = "h"
    H: str = "H"
    M: str = "M"
    x: str = "x"
    y: str = "y"
    n: str = "n"
    N: str = "N"
    phi: str = r"\phi"

    def __post_init__(self) -> None:
        used: dict[str, str] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, str) or not _SYMBOL.fullmatch(value):
                raise InputError(
                    f"the symbol for {field.name} is {shorten(value)}; expected one letter, a "
                    rf"Greek letter such as \Theta, or one in another font such as \mathbf{{W}}"
                )
            if value in used:
                raise InputError(
                    f"{used[value]} and {field.name} have the same symbol {value}; expected "
                    f"different ones"
                )
            used[value] = field.name

    def fill(self, text: str) -> str:
        """Put the letters in place of the placeholders; the entries of W are w."""
        filled = [""]
        for piece in _PLACEHOLDER.split(text):
            value = piece
            if _PLACEHOLDER.fullmatch(piece):
                value = "w" if piece == "@w" else str(getattr(self, piece[1:]))
            if value[:1].isalpha() and _CONTROL_WORD.search(filled[-1]):
                value = f" {value}"
            if value:
                filled.append(value)
        return "".join(filled)

    def avoid(self, text: str) -> None:
        """Refuse letters that a text, its placeholders still open, uses for something else.

        Raises
        ------
        InputError
            Naming the letter, and some that are free.
        """
        taken = letters_of(text)
        for field in fields(self):
            value = getattr(self, field.name)
            if value in taken:
                free = [x for x in ascii_letters if x not in taken | set(self._values())]
                raise InputError(
                    f"the symbol for {field.name} is {value}, which the text uses for something "
                    f"else; expected another letter or font, such as {', '.join(free[:4])}"
                )

    def name_entries(self, text: str) -> str:
        """Choose a letter for the entries of W that the text does not use, nor any symbol.

        Examples
        --------
        >>> Symbols(W="A").name_entries("$a @w$"), Symbols(W="A").name_entries("$@W @w$")
        ('$a w$', '$@W a$')
        """
        taken = letters_of(text) | set(self._values())
        wanted = (
            [self.W.lower(), "w", *ascii_letters] if len(self.W) == 1 else ["w", *ascii_letters]
        )
        return text.replace("@w", next((x for x in wanted if x not in taken), r"\omega"))

    def _values(self) -> list[str]:
        return [getattr(self, field.name) for field in fields(self)]


@dataclass(frozen=True)
class Environments:
    """The names of the theorem environments, and the prefix of all labels.

    Parameters
    ----------
    theorem, claim, remark, example
        Environments made by ``newtheorem``; *claim* is for what was not established.
    proof
        As that of amsthm, with an optional title.
    labels
        Prefix of labels, so that they meet no label of the author's.

    Raises
    ------
    InputError
        If a name is no LaTeX environment name, or what was not established would look like a
        theorem: two names are equal, or *claim* is one that says more.
    """

    theorem: str = "theorem"
    claim: str = "claim"
    proof: str = "proof"
    remark: str = "remark"
    example: str = "example"
    labels: str = "urnn"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            form = _PREFIX if field.name == "labels" else _ENVIRONMENT
            if not isinstance(value, str) or not form.fullmatch(value):
                raise InputError(
                    f"the name for {field.name} is {shorten(value)}; expected letters only, as in "
                    f"'theorem'"
                )
        names = [getattr(self, field.name) for field in fields(self) if field.name != "labels"]
        if len(set(names)) < len(names) or self.claim.lower().rstrip("*") in _ESTABLISHED:
            raise InputError(
                f"the environments are named {', '.join(names)}; expected different names, and one "
                f"for claim that no reader takes for a theorem, such as 'claim'"
            )


def changed(value: Any) -> dict[str, str]:
    """Return the fields of a dataclass that are not at their defaults.

    Examples
    --------
    >>> changed(Symbols(W="A"))
    {'W': 'A'}
    """
    return {f.name: getattr(value, f.name) for f in fields(value) if f.default != _of(value, f)}


def _of(value: Any, field: Any) -> Any:
    return getattr(value, field.name)


def letters_of(text: str) -> frozenset[str]:
    r"""Return the letters that formulas of a text use besides the placeholders, with their fonts.

    Examples
    --------
    >>> sorted(letters_of(r"a word, $S = (I - @W^{\top} @W)^{1/2}$ and $\mathcal{A}_k \in \Xi$"))
    ['I', 'S', '\\Xi', '\\mathcal{A}', 'k']
    """
    found: set[str] = set()
    for match in _MATH.finditer(text):
        formula = next(part for part in (match[1], match[2], match[4]) if part is not None)
        formula = _WORDS.sub(" ", _PLACEHOLDER.sub(" ", formula))
        found |= {x for x in _LETTERS.findall(formula) if _SYMBOL.fullmatch(x)}
    return frozenset(found)
