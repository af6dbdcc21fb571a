r"""The letters and environments of a generated text, so that it fits into an author's paper.

Prose is written with placeholders such as ``@W``; :meth:`Symbols.fill` puts the letters in.
Everything a user supplies is checked against a short grammar before it reaches a LaTeX file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
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
_SYMBOL = re.compile(rf"{_LETTER}|\\(?:{_FONTS})\{{{_LETTER}\}}", re.ASCII)
_ENVIRONMENT = re.compile(r"[A-Za-z]{1,30}\*?", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,29}", re.ASCII)
_PLACEHOLDER = re.compile(r"(@(?:phi|[WUFbChHMxynN]))")
_CONTROL_WORD = re.compile(r"\\[A-Za-z]+\Z")
_MATH = re.compile(r"\$([^$]*)\$|\\\[(.*?)\\\]|\\begin\{(align\*|equation)\}(.*?)\\end\{\3\}", re.S)


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
        """Put the letters in place of the placeholders."""
        filled = ""
        for piece in _PLACEHOLDER.split(text):
            value = str(getattr(self, piece[1:])) if _PLACEHOLDER.fullmatch(piece) else piece
            if value[:1].isalpha() and _CONTROL_WORD.search(filled):
                filled += " "
            filled += value
        return filled

    @property
    def entry(self) -> str:
        """The letter of the entries of W."""
        return self.W.lower() if len(self.W) == 1 else "w"

    def avoid(self, taken: Mapping[str, str]) -> None:
        """Refuse letters that a text uses for something else.

        Parameters
        ----------
        taken
            What the text is, by the letter it uses.

        Raises
        ------
        InputError
            Naming the letter.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            if value in taken:
                raise InputError(
                    f"the symbol for {field.name} is {value}, which {taken[value]} uses for "
                    f"something else; expected another letter or font"
                )


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
        If a name is no LaTeX environment name.
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
    r"""Return the letters that formulas of a text use besides the placeholders.

    Examples
    --------
    >>> sorted(letters_of(r"a word, $S = (I - @W^{\top} @W)^{1/2}$ and $\mathcal{A}_k$"))
    ['I', 'S', 'k']
    """
    found: set[str] = set()
    for match in _MATH.finditer(text):
        formula = next(part for part in (match[1], match[2], match[4]) if part is not None)
        formula = _PLACEHOLDER.sub(" ", formula)
        formula = re.sub(
            r"\\(?:text\w*|math\w+|operatorname|label|tag|begin|end)\{[^}]*\}", " ", formula
        )
        found |= {f"\\{name}" for name in re.findall(rf"\\({_GREEK})(?![A-Za-z])", formula)}
        found |= set(re.findall(r"[A-Za-z]", re.sub(r"\\[A-Za-z]+", " ", formula)))
    return frozenset(found)
