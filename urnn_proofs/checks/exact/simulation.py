"""Exact simulation of a network, square roots in the transition matrix included.

A preactivation of a scaled-rational U is ``sqrt(alpha_i) sum_j sqrt(beta_j) R_ij d_j + q`` with
the states ``d = h - c``.  Either everything is rational; or the unit is a gate, and the sign of
``sqrt(s) p + q - z0``, decided by squaring, says that it stays where phi is constant; or neither,
which is refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from urnn_proofs.model.activation import Activation
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.network import URNN, Network
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["run_exactly"]

Vector = list[Fraction]


def run_exactly(rnn: Network, inputs: Sequence[Vector]) -> list[Vector]:
    """Return the outputs (T, p) for inputs (T, m), all rational.

    Raises
    ------
    UnsupportedError
        If the activation or a state leaves the rationals.

    Examples
    --------
    >>> swap = Orthogonal(
    ...     RationalMatrix.parse([[1, 1], [1, -1]], "R"), (Fraction(1, 2),) * 2, (Fraction(1),) * 2
    ... )  # all entries are +-1/sqrt(2)
    >>> still = URNN(swap, [[1], [0]], [0, -9], [[1, 0]])
    >>> run_exactly(still, [[Fraction(3)]])
    [[Fraction(3, 1)]]
    """
    phi = rnn.activation
    state, bias, outputs = _column(rnn.h_init), _column(rnn.b), []
    offset = _column(rnn.offset) if isinstance(rnn, URNN) else [Fraction(0)] * rnn.states
    for k, x in enumerate(inputs):
        drive = [f + b for f, b in zip(_column(_apply(rnn.F, x)), bias, strict=True)]
        centred = [h - c for h, c in zip(state, offset, strict=True)]
        if isinstance(rnn.W, RationalMatrix):
            recurrent = _column(_apply(rnn.W, centred))
            state = [phi.exact(r + d) for r, d in zip(recurrent, drive, strict=True)]
        else:
            state = [
                _unit(rnn.W, i, centred, d, phi, f"unit {i} at k = {k}")
                for i, d in enumerate(drive)
            ]
        outputs.append(_column(_apply(rnn.C, state)))
    return outputs


def _apply(M: RationalMatrix, v: Vector) -> RationalMatrix:
    return M @ RationalMatrix.column(v)


def _column(M: RationalMatrix) -> Vector:
    return [row[0] for row in M.to_fractions()]


def _unit(
    U: Orthogonal, i: int, d: Vector, drive: Fraction, phi: Activation, where: str
) -> Fraction:
    """Return phi of ``sum_j U_ij d_j + drive``."""
    terms: dict[Fraction, Fraction] = {}  # radicand -> rational factor
    for j, value in enumerate(d):
        factor = value * U.R[i, j]
        if factor:
            radicand = U.alpha[i] * U.beta[j]
            root = _root(radicand)
            key = Fraction(1) if root is not None else radicand
            terms[key] = terms.get(key, Fraction(0)) + factor * (1 if root is None else root)
    q = drive + terms.pop(Fraction(1), Fraction(0))
    terms = {s: p for s, p in terms.items() if p}
    if not terms:
        return phi.exact(q)
    if len(terms) == 1:
        ((s, p),) = terms.items()
        for flat in phi.flat:
            sign = _sign(s, p, q - flat.end)
            if sign == 0 or (sign < 0) == (flat.side == "left"):
                return flat.value
    raise UnsupportedError(
        f"exact simulation needs rational states; the state of {where} is a sum of square roots"
    )


def _root(value: Fraction) -> Fraction | None:
    """Return the rational square root, if there is one."""
    p, q = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(p, q) if Fraction(p * p, q * q) == value else None


def _sign(s: Fraction, p: Fraction, q: Fraction) -> int:
    """Return the sign of ``sqrt(s) p + q`` for s > 0."""
    if p * q >= 0:
        return _sign_of(p + q)
    difference = s * p * p - q * q
    return _sign_of(difference) * _sign_of(p)


def _sign_of(x: Fraction) -> int:
    return (x > 0) - (x < 0)
