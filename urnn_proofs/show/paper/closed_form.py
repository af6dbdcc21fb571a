r"""The orthogonal matrix for a symbolic W, n = 1 and 2, its radicands abbreviated."""

from __future__ import annotations

import re
from typing import Any

from urnn_proofs.show.tex.math import matrix

__all__ = ["closed_form"]

#: Names for the radicands of the closed form, in the order in which they occur.
_NAMES = (r"\alpha", r"\beta", r"\delta")


def closed_form(n: int, columns: int = 1) -> str:
    r"""Return the closed form of U as a display, with the verdict on it; nothing for n > 2.

    Parameters
    ----------
    n
        Size of W; its entries are written ``@w``.
    columns
        2 for a narrow column, where the blocks of U stand below each other.

    Examples
    --------
    >>> print(closed_form(1).splitlines()[3])
      @U = \begin{bmatrix} @w & \sqrt{\alpha} \\ \sqrt{\alpha} & - @w \end{bmatrix}, \qquad
    >>> closed_form(3)
    ''
    """
    from urnn_proofs.checks.symbolic.closed_form import MAX_CLOSED_FORM, construction
    from urnn_proofs.checks.symbolic.entrywise import block_identities, symbolic_dilation

    if n > MAX_CLOSED_FORM:
        return ""
    U = construction(n)
    radicands = _radicands(U)
    names = dict(zip(radicands, _NAMES, strict=False))
    entries = [[_latex(U[i, j], names, n) for j in range(2 * n)] for i in range(2 * n)]
    where = {name: _latex(x, {}, n) for x, name in names.items()}
    checked = all(block_identities(symbolic_dilation(n)).values())
    words = (
        "expanded entry by entry and found to be orthogonal"
        if checked
        else "NOT found to be orthogonal"
    )
    given = "@W = @w" if n == 1 else "@W = (@w_{ij})"
    if n == 1:
        radicand = ", ".join(f"{name} = {x}" for name, x in where.items())
        display = f"\\[\n  @U = {matrix(entries)}, \\qquad\n  {radicand} ,\n\\]"
    else:
        lines = _blocks(entries, columns)
        lines += [f"{name} &= {_halved(x) if columns == 2 else x}" for name, x in where.items()]
        body = ", \\\\[2pt]\n  ".join(lines)
        display = (
            "\\begingroup\\small\\setlength{\\arraycolsep}{2pt}\n"
            f"\\begin{{align*}}\n  {body} ,\n\\end{{align*}}\n\\endgroup\\noindent"
        )
    return rf"""
For $@n = {n}$ and ${given}$ with $\|@W\| < 1$ one choice of the blocks is
{display}
with all radicands positive. For all these $@W$ this matrix was {words}.

"""


def _blocks(entries: list[list[str]], columns: int) -> list[str]:
    """Return W2, W3 and W4 as matrices; in a narrow column W4 entry by entry."""
    right, below = [row[2:] for row in entries[:2]], [row[:2] for row in entries[2:]]
    corner = [row[2:] for row in entries[2:]]
    shown = [matrix(block).replace(r" \\[2pt] ", " \\\\[2ex] ") for block in (right, below, corner)]
    if columns == 1:
        return [f"@W_2 &= {shown[0]}, \\qquad @W_3 = {shown[1]}", f"@W_4 &= {shown[2]}"]
    each = [
        f"(@W_4)_{{{i}{j}}} &= {x}" for i, row in enumerate(corner, 1) for j, x in enumerate(row, 1)
    ]
    return [f"@W_2 &= {shown[0]}", f"@W_3 &= {shown[1]}", *each]


def _halved(polynomial: str) -> str:
    """Break a long sum in the middle."""
    signs = [found.start() for found in re.finditer(r" [+-] ", polynomial)]
    if len(polynomial) < 80 or not signs:
        return polynomial
    middle = min(signs, key=lambda at: abs(at - len(polynomial) // 2))
    return f"{polynomial[:middle]} \\\\\n  &\\quad{polynomial[middle:]}"


def _radicands(U: Any) -> list[Any]:
    """Return what stands under the square roots, shortest first."""
    import sympy as sp

    half = sp.Rational(1, 2)
    roots = {p.base for x in U for p in x.atoms(sp.Pow) if abs(p.exp) == half}
    return sorted(roots, key=lambda x: (len(x.args), sp.latex(x)))


def _latex(value: Any, names: dict[Any, str], n: int) -> str:
    import sympy as sp

    letters = {x: sp.Symbol(name, positive=True) for x, name in names.items()}
    shown = value.xreplace(letters)
    plain = {s: sp.Symbol(_entry(s.name, n)) for s in shown.free_symbols if s.name[0] == "w"}
    return str(sp.latex(shown.xreplace(plain), order="rev-lex"))


def _entry(name: str, n: int) -> str:
    return "@w" if n == 1 else f"@w_{{{name[1:]}}}"
