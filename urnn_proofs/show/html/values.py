"""Networks and exact matrices as HTML: formulas while they are small, folded tables beyond."""

from __future__ import annotations

import html

from urnn_proofs.model.network import RNN
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.show.html.parts import block, fold, numbers, text
from urnn_proofs.show.tex.math import matrix, network

__all__ = ["matrix_html", "network_html", "network_inside"]

#: Most rows and columns that are written out as a formula, and as a folded table.
FORMULA, TABLE = 6, 64
_BITS = 40  # numbers longer than this fill a page as fractions


def matrix_html(M: RationalMatrix | Orthogonal) -> str:
    """Return a matrix: exact if it is small, else rounded, folded, and marked as such.

    Examples
    --------
    >>> "0.5" in matrix_html(RationalMatrix.parse([[0.5] * 7], "M"))
    True
    """
    return block(_matrix("", M))


def network_html(rnn: RNN) -> str:
    """Return the update equations of a network and its weights."""
    return block(network_inside(rnn))


def network_inside(rnn: RNN) -> str:
    """Return the same without the style sheet, to stand within another block."""
    weights = {name: getattr(rnn, name) for name in ("W", "F", "b", "C", "h_init")}
    if not rnn.offset.is_zero():
        weights["offset"] = rnn.offset
    if all(_short(M) for M in weights.values()):
        return _display(network(rnn))
    shift = "h^{k-1}" if rnn.offset.is_zero() else "(h^{k-1} - c)"
    kind = "; W is scaled-rational" if isinstance(rnn.W, Orthogonal) else ""
    parts = [
        f"<p>RNN with {rnn.states} states, {rnn.inputs} inputs, {rnn.outputs} outputs, "
        f"activation {text(rnn.activation.name)}{kind}: "
        rf"$h^k = \phi(W {shift} + F x^k + b)$, $y^k = C h^k$, $h^{{-1}} = h_{{\mathrm{{init}}}}$"
        "</p>"
    ]
    parts += [_matrix(f"{name}, ", M) for name, M in weights.items()]
    return "".join(parts)


def _short(M: RationalMatrix | Orthogonal) -> bool:
    rational = M if isinstance(M, RationalMatrix) else M.R
    scales = () if isinstance(M, RationalMatrix) else (*M.alpha, *M.beta)
    long_scale = any(x.numerator.bit_length() > 2 * _BITS for x in scales)
    return max(M.shape) <= FORMULA and rational.bits <= _BITS and not long_scale


def _matrix(name: str, M: RationalMatrix | Orthogonal) -> str:
    rows, columns = M.shape
    if not name and _short(M):
        return _display(matrix(M))
    said = f"{text(name)}{rows} × {columns}"
    if not 0 < max(rows, columns) <= TABLE:
        return f"<p>{said}</p>"
    entries = [[f"{x:.4g}" for x in row] for row in M.to_numpy().tolist()]
    return fold(f"{said}, entries rounded to four digits", numbers(entries))


def _display(latex: str) -> str:
    """Set LaTeX written by this package on a line of its own."""
    return f"<div>$${html.escape(latex)}$$</div>"
