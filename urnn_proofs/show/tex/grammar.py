r"""The grammar of formulas in claims: recursive descent over tokens, LaTeX as it goes.

What is not in the grammar is no formula; :mod:`urnn_proofs.show.tex.formula` leaves it as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["TOKEN", "Reader"]

# Hyphenated words and genitives first, so that no formula starts inside a word.
TOKEN = re.compile(
    r"[A-Za-z]+(?:-[A-Za-z]{2,})+|[A-Za-z]{2,}'s\b|[A-Za-z]'s\b"
    r"|dy\^\w/dx\^\w|d[hxy](?=\^)|W[234](?!\w)|[A-Za-z]+[0-9]\w*|[A-Za-z]+"
    r"|[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?"
    r"|\.\.\.|<=|>=|!=|->|\+-|\|\||[^\sA-Za-z0-9]",
    re.ASCII,
)
_GREEK = {"alpha", "beta", "gamma", "delta", "eta", "kappa", "mu", "nu", "omega", "phi", "pi"}
_GREEK |= {"epsilon", "rho", "tau", "lambda", "sigma", "theta", "Pi"}
_RELATIONS = {
    "=": "=",
    "<=": r"\le",
    ">=": r"\ge",
    "<": "<",
    ">": ">",
    "!=": r"\ne",
    "->": r"\to",
}
_SIDES = {"<=", ">=", "<", ">"}  # may lack a left side, as in "phi', > 0 everywhere"
_CALLED = {  # with an argument in parentheses
    "max": r"\max",
    "min": r"\min",
    "exp": r"\exp",
    "tanh": r"\tanh",
    "logistic": r"\operatorname{logistic}",
    "det": r"\det",
    "diag": r"\operatorname{diag}",
    "rank": r"\operatorname{rank}",
    "relu": r"\operatorname{relu}",
    "sqrt": r"\sqrt",
}
_TFRAC = re.compile(r"\\tfrac\{(\d+)\}\{(\d+)\}")  # too small in a script
_PREFIX = {  # before a capital letter
    "det": r"\det",
    "dim": r"\dim",
    "ker": r"\ker",
    "im": r"\operatorname{im}",
    "trace": r"\operatorname{tr}",
    "trdeg": r"\operatorname{trdeg}",
}
# Words that may follow a variable named a, but not the article.
_AFTER_A_VARIABLE = {"is", "are", "of", "in", "for", "with", "and", "or", "has", "on"} | {
    "by",
    "the",
    "imply",
    "implies",
    "gives",
}


class Reader:
    """Recursive descent over the tokens from one position; None says: not a formula."""

    def __init__(self, text: str, tokens: list[tuple[str, int, int]], at: int) -> None:
        self.text, self.tokens, self.at = text, tokens, at

    def peek(self, ahead: int = 0) -> str:
        """Return a token ahead, empty at the end."""
        return self.tokens[self.at + ahead][0] if self.at + ahead < len(self.tokens) else ""

    def touches(self) -> bool:
        """Tell whether no space stands before the next token."""
        at = self.at
        return 0 < at < len(self.tokens) and self.tokens[at - 1][2] == self.tokens[at][1]

    def sure(self, start: int) -> bool:
        """Tell whether what was read is more than a number or a stray sign."""
        first = self.tokens[start][0]
        if self.at - start == 1:
            return not first.replace(".", "").isdigit()
        return True

    def attempt(self, rule: Callable[[], str | None]) -> str | None:
        """Apply a rule, or stay where we are."""
        before = self.at
        found = rule()
        if found is None:
            self.at = before
        return found

    def take(self, *wanted: str) -> bool:
        """Step over the next token if it is one of these."""
        if self.peek() in wanted and self.peek():
            self.at += 1
            return True
        return False

    # -- the grammar --------------------------------------------------------------------

    def relation(self) -> str | None:
        """Read sums joined by relations."""
        found = "" if self.peek() in _SIDES else self.attempt(self.sum)
        while found is not None and self.peek() in _RELATIONS:
            sign = _RELATIONS[self.peek()]
            before = self.at
            self.at += 1
            if self.take("~"):  # a rounded number
                sign = {"=": r"\approx"}.get(sign, sign + r" {\sim}")
            right = self.attempt(self.sum)
            if right is None:
                self.at = before
                break
            found = f"{found} {sign} {right}".lstrip()
        return found or None

    def sum(self) -> str | None:
        """Read products joined by plus and minus."""
        sign = {"-": "-", "+-": r"\pm "}.get(self.peek(), "")
        self.at += 1 if sign else 0
        found = self.product()
        if found is None:
            return None
        found = sign + found
        while self.peek() in ("+", "-"):
            before, operator = self.at, self.peek()
            self.at += 1
            right = self.attempt(self.product)
            if right is None:
                self.at = before
                break
            found = f"{found} {operator} {right}"
        return found

    def product(self) -> str | None:
        """Read factors side by side, divided, or with a dot between."""
        found = self.factor()
        while found is not None:
            before = self.at
            glue = " "
            if self.peek() == "/":
                self.at, glue = self.at + 1, " / "
            elif self.peek() == "." and self.touches():
                self.at, glue = self.at + 1, r" \cdot "
                if not self.touches():
                    self.at = before
                    break
            elif self.touches():
                glue = ""
            right = self.attempt(self.factor)
            if right is None:
                self.at = before
                break
            if glue == " / " and found.isdigit() and right.isdigit():
                found = f"\\tfrac{{{found}}}{{{right}}}"
            else:
                found = f"{found}{glue}{right}"
        return found

    def factor(self) -> str | None:
        """Read a base with primes, subscripts, superscripts and a star."""
        found = self.base()
        while found is not None and self.touches() and self.peek() in ("'", "^", "_", "*"):
            if self.take("'"):
                found += "'"
                continue
            if self.peek() == "*":
                return self.starred(found)
            mark = self.peek()
            self.at += 1
            script = self.script(mark)
            if script is None:
                return None
            found += f"{mark}{{{script}}}"
        return found

    def starred(self, found: str) -> str:
        """Read the star of ``t*``; one between two factors is none of the grammar."""
        self.at += 1
        if self.touches() and (self.peek()[:1].isalnum() or self.peek() == "("):
            self.at -= 1
            return found
        return f"{found}^{{*}}"

    def script(self, mark: str) -> str | None:
        """Read what stands behind ``_`` or ``^``."""
        if self.take("{"):
            found = self.attempt(self.relation)
            if found is None or not self.take("}"):
                return None
            return _TFRAC.sub(r"\1/\2", found)
        sign = "-" if self.take("-") else ""
        token = self.peek()
        if not (token.isalnum() and token.isascii() and self.touches()):
            return None
        self.at += 1
        if mark == "^" and token == "T":
            return r"\top"
        if mark == "_" and token == "u" and self.peek() == "," and self.peek(1) == "init":
            self.at += 2
            return r"u,\mathrm{init}"
        if token in _GREEK:
            return f"{sign}\\{token}"
        return sign + (token if len(token) <= 2 or token.isdigit() else f"\\mathrm{{{token}}}")

    def base(self) -> str | None:
        """Read a bracket, a number, a function of something, or a name."""
        token, following = self.peek(), self.peek(1)
        if token in ("(", "[", "|", "||"):
            return self.bracket(token)
        if token == "..." or not token:
            return r"\dots" if self.take("...") else None
        if token[0] in "0123456789":
            self.at += 1
            mantissa, _, exponent = token.partition("e")
            return f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if exponent else token
        if token in _CALLED and (following == "(" or token not in _PREFIX):
            self.at += 1
            if following == "'" and self.touches():  # its derivative
                return _CALLED[token]
            arguments = self.bracket("(") if following == "(" and self.touches() else None
            if token == "sqrt" and arguments is not None:  # the bar stands for the parentheses
                arguments = f"{{{arguments[1:-1]}}}"
            return None if arguments is None else _CALLED[token] + arguments
        if token in _PREFIX:
            self.at += 1
            called = following == "(" and self.touches()
            wanted = following[:1].isupper() or following in _PREFIX or called
            argument = self.factor() if wanted else None
            return None if argument is None else f"{_PREFIX[token]} {argument}"
        return self.name(token, following)

    def name(self, token: str, following: str) -> str | None:
        """Read a letter, a Greek letter, or one of the few names with a meaning."""
        self.at += 1
        if token.startswith("dy^"):
            return f"\\partial y^{{{token[3]}}} / \\partial x^{{{token[-1]}}}"
        if token in ("dh", "dx", "dy"):
            return rf"\mathrm{{d}}{token[1]}"
        if token in ("W2", "W3", "W4"):
            return f"W_{{{token[1]}}}"
        if token in ("epsilon", "eps"):
            return None if self.is_name(following) else r"\varepsilon"
        if token == "lambda" and following == "||":  # "for real lambda ||W|| < 1" has no product
            return None
        if token in _GREEK:
            return f"\\{token}"
        if token == "sum" and following == "_":
            return r"\sum"
        if len(token) != 1 or not token.isascii() or not token.isalpha():
            return None
        before = self.text[: self.tokens[self.at - 1][1]].rstrip()
        if token in "aA" and self.is_article(following, before):
            return None
        number_field = token in "CQR" and before.endswith(("over", "field"))
        space = token == "R" and following == "^" and self.peek(1) in ("n", "N")
        extension = token == "C" and following == "(" and self.touches()
        return rf"\mathbb{{{token}}}" if number_field or space or extension else token

    def is_name(self, following: str) -> bool:
        """Tell whether the token before is an option, an argument or the name of a theorem."""
        before = self.text[: self.tokens[self.at - 1][1]]
        option = before.endswith("-") or (following == "=" and self.touches())
        option = option or (following == "_" and len(self.peek(1)) > 2)  # eps_tanhR
        return option or before.rstrip().lower().endswith("theorem")

    @staticmethod
    def is_article(following: str, before: str) -> bool:
        """Tell whether a letter a is the word."""
        word = following[:1].isalpha() and len(following) > 1
        return before.endswith("such") or (word and following not in _AFTER_A_VARIABLE | _GREEK)

    def bracket(self, opening: str) -> str | None:
        """Read parentheses, bars of a norm or of a number, or a matrix."""
        if not self.take(opening):
            return None
        if opening in ("|", "||"):
            inner = self.attempt(self.sum)
            bar = "|" if opening == "|" else r"\|"
            return f"{bar}{inner}{bar}" if inner is not None and self.take(opening) else None
        if opening == "(":
            entries = self.entries(",", self.sum)
            return f"({', '.join(entries)})" if entries and self.take(")") else None
        rows = self.entries(",", self.row) if self.peek() == "[" else self.column_or_row()
        if not rows or not self.take("]"):
            return None
        body = _TFRAC.sub(r"\1/\2", r" \\ ".join(rows))  # stacked, they would touch
        return rf"\bigl[\begin{{smallmatrix}} {body} \end{{smallmatrix}}\bigr]"

    def row(self) -> str | None:
        """Read a row of a matrix."""
        entries = self.entries(",", self.sum) if self.take("[") else []
        return " & ".join(entries) if entries and self.take("]") else None

    def column_or_row(self) -> list[str]:
        """Read ``a; b`` as a column, ``a, b`` as a row."""
        entries = self.entries(";", self.sum)
        if self.peek() == ",":
            self.at += 1
            return [" & ".join([*entries, *self.entries(",", self.sum)])]
        return entries

    def entries(self, separator: str, rule: Callable[[], str | None]) -> list[str]:
        """Read a list; empty if it is none."""
        found: list[str] = []
        while (entry := self.attempt(rule)) is not None:
            found.append(entry)
            if self.peek() != separator:
                return found
            self.at += 1
        return []
