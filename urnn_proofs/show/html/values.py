"""Networks and exact matrices as HTML: formulas while they are small, folded tables beyond."""

from __future__ import annotations

import html

import numpy as np

from urnn_proofs.model.network import URNN, Network
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled_urnn import ScaledURNN
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


def network_html(net: Network | ScaledURNN) -> str:
    """Return the update equations of a network and its weights."""
    return block(network_inside(net))


def network_inside(net: Network | ScaledURNN) -> str:
    """Return the same without the style sheet, to stand within another block."""
    if isinstance(net, ScaledURNN):
        return _scaled_inside(net)
    weights = {name: getattr(net, name) for name in ("W", "F", "b", "C", "h_init")}
    shift, kind = "h^{k-1}", type(net).__name__
    if isinstance(net, URNN) and not net.offset.is_zero():
        weights["offset"] = net.offset
        shift = "(h^{k-1} - c)"
    if all(_short(M) for M in weights.values()):
        return _display(network(net))
    parts = [
        f"<p>{kind} with {net.states} states, {net.inputs} inputs, {net.outputs} outputs, "
        f"activation {text(net.activation.name)}: "
        rf"$h^k = \phi(W {shift} + F x^k + b)$, $y^k = C h^k$, $h^{{-1}} = h_{{\mathrm{{init}}}}$"
        "</p>"
    ]
    parts += [_matrix(f"{name}, ", M) for name, M in weights.items()]
    return "".join(parts)


def _scaled_inside(net: ScaledURNN) -> str:
    """Show the weights of the URNN itself, rounded; the exact ones fill pages."""
    floats = net.to_numpy()
    parts = [
        f"<p>URNN with {net.states} states, {net.inputs} inputs, {net.outputs} outputs, "
        r"activation relu: $g^k = \mathrm{relu}(U g^{k-1} + F x^k + b)$, $y^k = C g^k$; "
        "its exact entries hold square roots</p>"
    ]
    for name in ("W", "F", "b", "C", "h_init"):
        array = np.atleast_2d(getattr(floats, name).T).T
        rows = [[f"{x:.4g}" for x in row] for row in array.tolist()]
        said = f"{'U' if name == 'W' else text(name)}, {array.shape[0]} × {array.shape[1]}"
        parts.append(fold(f"{said}, entries rounded to four digits", numbers(rows)))
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
