r"""Numbers, vectors, matrices and networks as LaTeX for KaTeX and pdflatex alike.

What is returned is for math mode, without dollars.  Nothing is rounded without a sign of it: a
number that is too long to print is shown as a decimal behind ``\approx``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from flint import fmpz

from urnn_proofs.model.activation import Activation
from urnn_proofs.model.network import URNN, Network
from urnn_proofs.model.number import exact_number, format_rational
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.show.tex.escape import escape
from urnn_proofs.show.tex.formula import Segment, formula, segments

__all__ = [
    "Segment",
    "escape",
    "formula",
    "matrix",
    "network",
    "number",
    "segments",
    "surd",
    "vector",
]

#: Rows and columns shown before a matrix is folded.
LIMIT = 8
#: Digits of the longest rational that is written out.
DIGITS = 24
_FACTOR_BITS = 80  # integers up to this size are factored to take squares out of roots


def number(value: Any, *, digits: int = DIGITS) -> str:
    r"""Return a rational (int, Fraction, float, fmpz or fmpq) as LaTeX.

    Parameters
    ----------
    value
        The number; a float is the exact dyadic rational it is.
    digits
        A rational with more digits than this, numerator and denominator together, is shown as a
        decimal behind ``\approx``.

    Raises
    ------
    InputError
        If it is no finite rational number.

    Examples
    --------
    >>> print(number(Fraction(-4, 5)))
    -\tfrac{4}{5}
    >>> print(number(Fraction(1, 3**60)))
    {\approx}\,2.35898 \cdot 10^{-29}
    """
    x = _fraction(value)
    text = format_rational(abs(x))
    sign = "-" if x < 0 else ""
    if len(text) > digits:
        return "{\\approx}\\," + sign + _decimal(abs(x))
    top, _, bottom = text.partition("/")
    return f"{sign}\\tfrac{{{top}}}{{{bottom}}}" if bottom else sign + top


def surd(factor: Fraction, radicand: Fraction, *, digits: int = DIGITS) -> str:
    r"""Return ``factor * sqrt(radicand)`` with squares taken out of the root.

    Parameters
    ----------
    factor
        A rational.
    radicand
        A rational >= 0.

    Examples
    --------
    >>> print(surd(Fraction(1), Fraction(16, 25)))
    \tfrac{4}{5}
    >>> print(surd(Fraction(-1, 2), Fraction(7, 4)))
    -\tfrac{\sqrt{7}}{4}
    """
    if factor == 0 or radicand == 0:
        return "0"
    # sqrt(p / q) = sqrt(p q) / q
    outside, inside = _square_part(radicand.numerator * radicand.denominator)
    x = factor * Fraction(outside, radicand.denominator)
    if inside == 1:
        return number(x, digits=digits)
    if len(format_rational(x)) + len(str(fmpz(inside))) > digits:
        sign = "-" if x < 0 else ""
        return "{\\approx}\\," + sign + _decimal_root(x * x * inside)
    sign = "-" if x < 0 else ""
    top, bottom = abs(x.numerator), x.denominator
    root = f"{'' if top == 1 else top}\\sqrt{{{inside}}}"
    return f"{sign}\\tfrac{{{root}}}{{{bottom}}}" if bottom != 1 else sign + root


def matrix(
    M: RationalMatrix | Orthogonal | Sequence[Sequence[Any]],
    *,
    limit: int = LIMIT,
    digits: int = DIGITS,
    environment: str = "bmatrix",
) -> str:
    r"""Return a matrix; what goes beyond *limit* rows or columns is folded.

    Parameters
    ----------
    M
        An exact matrix, or rows of numbers; entries that are strings are taken as LaTeX.
    limit
        Rows and columns shown; the last of each is always among them.  At least 2.
    digits
        See :func:`number`.
    environment
        ``bmatrix``, ``pmatrix``, ``matrix`` or ``smallmatrix``.

    Examples
    --------
    >>> print(matrix([[Fraction(1, 2), 0], [0, 1]]))
    \begin{bmatrix} \tfrac{1}{2} & 0 \\[2pt] 0 & 1 \end{bmatrix}
    >>> print(matrix([[1, 2, 3, 4]], limit=3))
    \begin{bmatrix} 1 & 2 & \cdots & 4 \end{bmatrix}
    """
    rows, columns, entry = _reader(M, digits)
    down, across = _folded(rows, limit), _folded(columns, limit)
    lines = []
    for i in down:
        if i is None:
            cells = [r"\vdots" if j is not None else r"\ddots" for j in across]
        else:
            cells = [r"\cdots" if j is None else entry(i, j) for j in across]
        lines.append(" & ".join(cells))
    # Fractions in neighbouring rows must not touch.
    roomy = "frac" in "".join(lines) and environment != "smallmatrix"
    body = (r" \\[2pt] " if roomy else r" \\ ").join(lines)
    return f"\\begin{{{environment}}} {body} \\end{{{environment}}}"


def vector(entries: RationalMatrix | Sequence[Any], **options: Any) -> str:
    r"""Return a column vector; options as for :func:`matrix`.

    Examples
    --------
    >>> print(vector([1, Fraction(1, 3)]))
    \begin{bmatrix} 1 \\[2pt] \tfrac{1}{3} \end{bmatrix}
    """
    if isinstance(entries, RationalMatrix):
        return matrix(entries, **options)
    return matrix([[x] for x in entries], **options)


def network(net: Network, *, limit: int = LIMIT, digits: int = DIGITS) -> str:
    r"""Return the update equations of a network with its weights, for display.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> print(network(RNN(W=[[0.5]], F=[[1]], b=[0], C=[[2]])))
    \begin{aligned}
    h^{k} &= \operatorname{relu}\bigl(W h^{k-1} + F x^{k} + b\bigr), \qquad
      y^{k} = C h^{k}, \qquad h^{-1} = h_{\mathrm{init}}, \\
    W &= \begin{bmatrix} \tfrac{1}{2} \end{bmatrix}, \quad
      F = \begin{bmatrix} 1 \end{bmatrix}, \quad
      b = \begin{bmatrix} 0 \end{bmatrix}, \\
    C &= \begin{bmatrix} 2 \end{bmatrix}, \quad
      h_{\mathrm{init}} = \begin{bmatrix} 0 \end{bmatrix}
    \end{aligned}
    """
    options: dict[str, Any] = {"limit": limit, "digits": digits}
    before, phi = "h^{k-1}", _activation(net.activation)
    parts = {name: matrix(getattr(net, name), **options) for name in ("W", "F", "b", "C")}
    start = rf"h_{{\mathrm{{init}}}} = {vector(net.h_init, **options)}"
    if isinstance(net, URNN) and not net.offset.is_zero():
        before = r"(h^{k-1} - c)"
        start += rf", \quad c = {vector(net.offset, **options)}"
    return "\n".join(
        (
            r"\begin{aligned}",
            rf"h^{{k}} &= {phi}\bigl(W {before} + F x^{{k}} + b\bigr), \qquad",
            r"  y^{k} = C h^{k}, \qquad h^{-1} = h_{\mathrm{init}}, \\",
            rf"W &= {parts['W']}, \quad",
            rf"  F = {parts['F']}, \quad",
            rf"  b = {parts['b']}, \\",
            rf"C &= {parts['C']}, \quad",
            rf"  {start}",
            r"\end{aligned}",
        )
    )


def _activation(phi: Activation) -> str:
    if phi.name.isalpha():
        return rf"\operatorname{{{phi.name}}}"
    return rf"\text{{{escape(phi.name)}}}"


def _reader(M: Any, digits: int) -> tuple[int, int, Callable[[int, int], str]]:
    """Return rows, columns and what writes one entry."""
    if isinstance(M, Orthogonal):
        return *M.shape, lambda i, j: surd(M.R[i, j], M.alpha[i] * M.beta[j], digits=digits)
    if isinstance(M, RationalMatrix):
        return *M.shape, lambda i, j: number(M[i, j], digits=digits)
    table = [list(row) for row in M]

    def entry(i: int, j: int) -> str:
        value = table[i][j]
        return value if isinstance(value, str) else number(value, digits=digits)

    return len(table), len(table[0]) if table else 0, entry


def _folded(count: int, limit: int) -> list[int | None]:
    """Return the indices to show, None for the dots between."""
    if count <= max(limit, 2):
        return list(range(count))
    return [*range(max(limit, 2) - 1), None, count - 1]


def _fraction(value: Any) -> Fraction:
    if hasattr(value, "p") and hasattr(value, "q"):  # fmpq
        return Fraction(int(value.p), int(value.q))
    return exact_number(int(value) if isinstance(value, fmpz) else value, "number")


def _square_part(value: int) -> tuple[int, int]:
    """Return (s, t) with ``value = s^2 t``; t is squarefree if the value is not too long."""
    root = math.isqrt(value)
    if root * root == value:
        return root, 1
    if value.bit_length() > _FACTOR_BITS:
        factors = [(fmpz(p), e) for p, e in fmpz(value).factor(trial_limit=100)]
    else:
        factors = fmpz(value).factor()
    outside = inside = 1
    for prime, exponent in factors:
        outside *= int(prime) ** (int(exponent) // 2)
        inside *= int(prime) ** (int(exponent) % 2)
    return outside, inside


def _decimal(value: Fraction) -> str:
    """Return six significant digits of a positive rational of any size."""
    exponent = len(str(fmpz(value.numerator))) - len(str(fmpz(value.denominator)))
    if value < Fraction(10) ** exponent:
        exponent -= 1
    digits = round(value / Fraction(10) ** (exponent - 5))
    if digits == 10**6:
        digits, exponent = 10**5, exponent + 1
    if -3 <= exponent <= 5:
        return f"{float(digits * Fraction(10) ** (exponent - 5)):.{5 - exponent}f}"
    return f"{digits // 10**5}.{digits % 10**5:05d} \\cdot 10^{{{exponent}}}"


def _decimal_root(square: Fraction) -> str:
    shift = 2 * max(0, 40 - (square.numerator.bit_length() - square.denominator.bit_length()) // 2)
    return _decimal(Fraction(math.isqrt(int(square * 2**shift)), 2 ** (shift // 2)))
