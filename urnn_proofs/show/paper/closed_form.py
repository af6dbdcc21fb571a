r"""The orthogonal matrix for a symbolic W, n = 1 and 2, its radicands abbreviated."""

from __future__ import annotations

from typing import Any

from urnn_proofs.show.tex.math import matrix

__all__ = ["closed_form"]

#: Names for the radicands of the closed form, in the order in which they occur.
_NAMES = (r"\alpha", r"\beta", r"\delta")


def closed_form(n: int) -> str:
    r"""Return the closed form of U as a display, with the verdict on it; nothing for n > 2.

    Parameters
    ----------
    n
        Size of W; its entries are written ``@w``.

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
    body = matrix(entries).replace(r" \\[2pt] ", " \\\\[2ex]\n    ")
    where = ", \\quad\n  ".join(f"{name} = {_latex(x, {}, n)}" for x, name in names.items())
    checked = all(block_identities(symbolic_dilation(n)).values())
    words = (
        "expanded entry by entry and found to be orthogonal"
        if checked
        else "NOT found to be orthogonal"
    )
    given = "@W = @w" if n == 1 else "@W = (@w_{ij})"
    if n == 1:
        display = f"  @U = {body}, \\qquad\n  {where} ,"
    else:
        display = f"  @U &= {body}, \\\\\n  {_stacked(names, n)}"
    # For n = 2 the matrix just fits into a narrow column.
    narrow = r"\begingroup\small\setlength{\arraycolsep}{2pt}"
    opening, closing = r"\[", r"\]"
    if n == 2:
        opening = narrow + "\n" + r"\begin{align*}"
        closing = r"\end{align*}" + "\n" + r"\endgroup\noindent"
    return rf"""
For $@n = {n}$ and ${given}$ with $\|@W\| < 1$ one choice of the blocks is
{opening}
{display}
{closing}
with all radicands positive. For all these $@W$ this matrix was {words}.

"""


def _stacked(names: dict[Any, str], n: int) -> str:
    lines = [rf"{name} &= {_latex(x, {}, n)}" for x, name in names.items()]
    return ", \\\\\n  ".join(lines) + " ,"


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
