r"""Evidence as HTML: identities as mathematics, Coq statements as code, the rest in a table.

A cofactor line ``W* B = 1 [W*] (0) [V] + ...`` reads ``coefficient [left] (relation) [right]``; it
is set as :math:`W^\top B = W^\top \mathcal{R}_1 V + \dots` below the relations, which are numbered
from 1, where the line's identity is among what was shown to follow from them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from urnn_proofs.model.verdict import USED, Check
from urnn_proofs.show.html.formulas import formula
from urnn_proofs.show.html.parts import code, facts, fold, small, text
from urnn_proofs.show.tex.formula import segments

__all__ = ["coq_statements", "evidence", "identity_text", "latex_of"]

_COFACTOR = re.compile(r"(-?\d+(?:/\d+)?) \[([^\]]+)\] \((\d+)(\*?)\) \[([^\]]+)\]")
_COQ = re.compile(r"(?:forall|exists)\s")
_LONG_NUMBER = re.compile(r"\d{16,}")
_HOLDS = "holds"
#: Values with names and numbers of versions in them, where the grammar of claims sees formulas.
_PLAIN = ("said", "sources", "run again", "definition")
_MEANT = r"$\mathcal{R}_{k}$ is the left side of relation $k$ minus its right side."


def evidence(check: Check) -> str:
    """Return the evidence of a check, folded; empty if it has none."""
    statements = {name for name, _, _ in _in_coq(check.evidence)}
    hidden = {USED, *statements, *(f"assumptions of {name}" for name in statements)}
    left = {k: v for k, v in check.evidence.items() if k not in hidden and v not in ("", None)}
    rows = list(_identities(left.pop("shown", ()), left.pop("how", ())))
    holding = [key for key, value in left.items() if value == _HOLDS]
    if holding:
        rows.append(("these hold", _lines(formula(key) for key in holding)))
    for key, value in left.items():
        if value == _HOLDS:
            continue
        if key == "smt2":
            shown = fold("SMT-LIB text", _lines(map(code, _listed(value))))
        else:
            shown = _lines(map(text if key in _PLAIN else _value, _listed(value)))
        rows.append((_value(key), shown))
    rows.append(("engine", text(check.engine)))
    return fold("evidence", facts(rows)) if len(rows) > 1 else ""


def coq_statements(check: Check) -> str:
    """Return the Coq statements that a check names, each folded, with what Coq believes."""
    parts = []
    for name, statement, assumed in _in_coq(check.evidence):
        inner = f'<pre class="urnn-coq">{html.escape(statement)}</pre>'
        inner += small(f"assumptions: {text(assumed)}") if assumed else ""
        parts.append(fold(f"Coq statement: {code(name)}", inner))
    return "".join(parts)


def _in_coq(found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield name, statement and assumptions of the Coq theorems among the evidence."""
    for key, value in found.items():
        if key.isidentifier() and isinstance(value, str) and _COQ.match(value):
            yield key, value, str(found.get(f"assumptions of {key}", ""))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else [value]


def _lines(shown: Iterable[str]) -> str:
    return "".join(f'<div class="urnn-line">{line}</div>' for line in shown)


def _value(value: Any) -> str:
    """Set a value as a claim; digits beyond what a line holds letter by letter, so they break."""
    said = str(value)
    return code(said) if _LONG_NUMBER.search(said) else formula(said)


def _identities(shown: Any, how: Any) -> Iterator[tuple[str, str]]:
    """Yield what was given, and each identity with the combination that shows it."""
    groups = [_Group(str(line)) for line in _listed(shown)]
    numbered = [g for g in groups if g.given]
    lines = [str(line) for line in _listed(how)]
    homes = [[g for g in numbered if g.has(line)] for line in lines]
    for group in groups:
        own = [line for line, home in zip(lines, homes, strict=True) if home == [group]]
        if not own:
            yield "shown", formula(group.line[:1].upper() + group.line[1:])
            continue
        given = [rf"$\mathcal{{R}}_{{{i}}}$: {formula(g)}" for i, g in enumerate(group.given, 1)]
        yield "relations", _lines(given)
        yield "identities", _lines(map(_combined, own)) + small(_MEANT)
    rest = [line for line, home in zip(lines, homes, strict=True) if len(home) != 1]
    if rest:
        yield "how", _lines(map(_combined, rest))


class _Group:
    """What was given and what follows, as in ``if A = B, C = D, then E = F``."""

    def __init__(self, line: str) -> None:
        given, then, follows = line.partition(", then ")
        self.line = line
        self.given = given.removeprefix("if ").split(", ") if then else []
        self._shown = [_polynomial(part) for part in (follows if then else line).split(", ")]

    def has(self, line: str) -> bool:
        """Tell whether the identity that a cofactor line is about is among what follows."""
        if _COFACTOR.search(line) is None:
            return False
        own = _polynomial(line.partition(" = ")[0] + " = 0")
        if own is None:
            return False
        return own in self._shown or {word: -c for word, c in own.items()} in self._shown


def _polynomial(relation: str) -> dict[tuple[str, ...], Fraction] | None:
    """Return left minus right as words with coefficients; None if it is no such relation."""
    sides = relation.split(" = ")
    if len(sides) != 2:
        return None
    total: dict[tuple[str, ...], Fraction] = {}
    for sign, side in zip((1, -1), sides, strict=True):
        for sum_sign, term in re.findall(r"(^-?|[+-] )([^+-]+)", side.strip()):
            factor = Fraction(-sign if sum_sign.startswith("-") else sign)
            word: list[str] = []
            for token in term.split():
                if re.fullmatch(r"\d+(/\d+)?", token):
                    factor *= Fraction(token)
                    continue
                letter, _, power = token.partition("^")
                if power.isdigit():
                    word += [letter] * int(power)
                else:
                    word.append(f"{letter}*" if power == "T" else token)
            total[tuple(word)] = total.get(tuple(word), Fraction(0)) + factor
    return {word: c for word, c in total.items() if c}


def identity_text(polynomial: str) -> str:
    """Return words in letters with adjoints as they are written in claims.

    Examples
    --------
    >>> identity_text("-1 + W3* W3")
    '-1 + W3^T W3'
    """
    return re.sub(r"([A-Za-z]\w*'*)\*", r"\1^T", polynomial)


def latex_of(polynomial: str) -> str:
    r"""Return LaTeX for words in letters; what the grammar does not know stays as it is written.

    Examples
    --------
    >>> print(latex_of("-1 + W3* W3"))
    -1 + W_{3}^{\top} W_{3}
    """
    return _latex(polynomial) or identity_text(polynomial)


def _combined(line: str) -> str:
    """Set a cofactor line as mathematics; any other line as a claim."""
    left, _, right = line.partition(" = ")
    terms = _COFACTOR.findall(right)
    if not terms or _COFACTOR.sub("", right).strip(" +"):
        return _value(line)
    latex = _latex(left)
    if latex is None:
        return code(line)
    summands = []
    for factor, before, relation, adjoint, after in terms:
        words = [_latex(w) for w in (before, after)]
        if None in words:
            return code(line)
        transposed = r"^{\top}" if adjoint else ""
        middle = rf"\mathcal{{R}}_{{{int(relation) + 1}}}{transposed}"
        sign, size = ("-", factor[1:]) if factor.startswith("-") else ("+", factor)
        number = "" if size == "1" else f"{size} "
        inner = " ".join(w for w in (words[0], middle, words[1]) if w and w != "1")
        summands.append(f"{sign} {number}{inner}")
    said = " ".join(summands).removeprefix("+ ")
    return f"${html.escape(latex)} = {html.escape(said)}$"


def _latex(polynomial: str) -> str | None:
    """Return LaTeX for words in letters, or None if the grammar of claims does not know them."""
    written = identity_text(polynomial)
    if written.isdigit():
        return written
    # One letter alone is read as a word of a sentence; as one side of an equation it is a formula.
    found = segments(f"{written} = 0")
    if len(found) != 1 or not found[0].is_math:
        return None
    return found[0].text.removesuffix(" = 0")
