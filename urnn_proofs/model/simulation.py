"""One exact step of a network, square roots in the transition matrix included.

A preactivation of a scaled-rational U is ``sqrt(alpha_i) sum_j sqrt(beta_j) R_ij d_j + q`` with
the states ``d = h - c``.  Either everything is rational; or the unit is a gate, and the sign of
``sqrt(s) p + q - z0``, decided by squaring, says that it stays where phi is constant; or neither,
which is refused.
"""

from __future__ import annotations

import math
from fractions import Fraction

from urnn_proofs.model.activation import Activation
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["next_state"]

Vector = list[Fraction]


def next_state(
    W: RationalMatrix | Orthogonal, centred: Vector, drive: Vector, phi: Activation, k: int
) -> Vector:
    """Return ``phi(W d + q)`` for the states d less the offset and ``q = F x^k + b``.

    Parameters
    ----------
    k
        The time, for the refusal.

    Raises
    ------
    UnsupportedError
        If the activation or a state leaves the rationals.

    Examples
    --------
    >>> from urnn_proofs.model.activation import activation
    >>> half = (Fraction(1, 2),) * 2
    >>> swap = Orthogonal(RationalMatrix.parse([[1, 1], [1, -1]], "R"), half)  # +-1/sqrt(2)
    >>> next_state(swap, [Fraction(0), Fraction(2)], [Fraction(3), Fraction(-9)],
    ...            activation("relu6"), 0)
    Traceback (most recent call last):
        ...
    urnn_proofs.model.errors.UnsupportedError: ... the state of unit 0 at k = 0 is a sum of ...
    """
    if isinstance(W, RationalMatrix):
        recurrent = (W @ RationalMatrix.column(centred)).entries()
        return [phi.exact(r + q) for r, q in zip(recurrent, drive, strict=True)]
    return [_unit(W, i, centred, q, phi, f"unit {i} at k = {k}") for i, q in enumerate(drive)]


def _unit(
    U: Orthogonal, i: int, d: Vector, drive: Fraction, phi: Activation, where: str
) -> Fraction:
    """Return phi of ``sum_j U_ij d_j + drive``."""
    terms: dict[Fraction, Fraction] = {}  # radicand -> rational factor
    for j, value in enumerate(d):
        factor = value * U.R[i, j] if value else value  # entries may be long: not for a 0
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
    exact = (p * p, q * q) == (value.numerator, value.denominator)  # in lowest terms
    return Fraction(p, q) if exact else None


def _sign(s: Fraction, p: Fraction, q: Fraction) -> int:
    """Return the sign of ``sqrt(s) p + q`` for s > 0."""
    if p * q >= 0:
        return _sign_of(p + q)
    # s p^2 - q^2 times all denominators, which may be long: a Fraction would be reduced each time.
    plus = s.numerator * (p.numerator * q.denominator) ** 2
    minus = s.denominator * (q.numerator * p.denominator) ** 2
    return _sign_of(plus - minus) * _sign_of(p)


def _sign_of(x: Fraction | int) -> int:
    return (x > 0) - (x < 0)
