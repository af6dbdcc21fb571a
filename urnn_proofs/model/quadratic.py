"""Exact numbers ``a + b sqrt(d)``: what one square root adds to the rationals.

A number that is rational is a ``Fraction``; the others are :class:`Quadratic`.  The two mix freely;
numbers with different d do not.  Signs are decided by squaring.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import total_ordering
from typing import Any

from flint import arb, ctx, fmpq

from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.number import show_number

__all__ = ["Number", "Quadratic", "in_balls", "number", "root", "show_exact", "sign"]

_SMALL = 1000  # squares of primes up to this are taken out of d


@total_ordering
class Quadratic:
    """``a + b sqrt(d)`` with rational a, b, ``b != 0``, and an integer d > 1 that is no square.

    Made by :func:`root` and by arithmetic.

    Examples
    --------
    >>> x = 1 + root(Fraction(1, 2))
    >>> x, (x - 1) * (x - 1), x > Fraction(17, 10)
    (1 + 1/2 sqrt(2), Fraction(1, 2), True)
    """

    __slots__ = ("a", "b", "d")

    def __init__(self, a: Fraction, b: Fraction, d: int) -> None:
        self.a, self.b, self.d = a, b, d

    def _parts(self, other: Any) -> tuple[Fraction, Fraction] | None:
        if isinstance(other, Quadratic):
            if other.d != self.d:
                raise UnsupportedError(
                    f"numbers with sqrt({show_number(self.d)}) and sqrt({show_number(other.d)}) "
                    f"were mixed; expected one square root"
                )
            return other.a, other.b
        if isinstance(other, (int, Fraction)):
            return Fraction(other), Fraction(0)
        return None

    def __add__(self, other: Any) -> Number:
        p = self._parts(other)
        if p is None:
            return NotImplemented
        return number(self.a + p[0], self.b + p[1], self.d)

    def __neg__(self) -> Quadratic:
        return Quadratic(-self.a, -self.b, self.d)

    def __sub__(self, other: Any) -> Number:
        p = self._parts(other)
        if p is None:
            return NotImplemented
        return number(self.a - p[0], self.b - p[1], self.d)

    def __rsub__(self, other: Any) -> Number:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Number:
        p = self._parts(other)
        if p is None:
            return NotImplemented
        return number(self.a * p[0] + self.d * self.b * p[1], self.a * p[1] + self.b * p[0], self.d)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Number:
        if isinstance(other, Quadratic):
            return self * other._inverse()
        if self._parts(other) is None:
            return NotImplemented
        return self * (1 / Fraction(other))

    def __rtruediv__(self, other: Any) -> Number:
        return self._inverse().__mul__(other)

    def _inverse(self) -> Quadratic:
        norm = self.a * self.a - self.d * self.b * self.b  # not 0, since d is no square
        return Quadratic(self.a / norm, -self.b / norm, self.d)

    def __eq__(self, other: object) -> bool:
        p = self._parts(other)
        return NotImplemented if p is None else (self.a, self.b) == p

    def __lt__(self, other: Any) -> bool:
        if self._parts(other) is None:
            return NotImplemented
        return sign(self - other) < 0

    def __hash__(self) -> int:
        return hash((self.a, self.b, self.d))

    def __float__(self) -> float:
        return float(in_balls(self, 64))

    def __repr__(self) -> str:
        return show_exact(self)


Number = Fraction | Quadratic


def number(a: Fraction, b: Fraction, d: int) -> Number:
    """Return ``a + b sqrt(d)``; d is no square."""
    return Quadratic(a, b, d) if b else a


def root(value: Fraction) -> Number:
    """Return ``sqrt(value)`` for a rational value >= 0.

    >>> root(Fraction(9, 4)), root(Fraction(12))
    (Fraction(3, 2), 0 + 2 sqrt(3))
    """
    p, q = value.numerator, value.denominator
    d, outside = p * q, Fraction(1, q)
    whole = math.isqrt(d)
    if whole * whole == d:
        return outside * whole
    for k in range(2, _SMALL):
        while d % (k * k) == 0:
            d, outside = d // (k * k), outside * k
    return Quadratic(Fraction(0), outside, d)


def sign(x: Number) -> int:
    """Return -1, 0 or 1."""
    if isinstance(x, Fraction):
        return (x > 0) - (x < 0)
    a, b = sign(x.a), sign(x.b)
    if a * b >= 0:
        return a or b
    return a if x.a * x.a > x.d * x.b * x.b else b


def in_balls(x: Number, bits: int) -> Any:
    """Return an Arb ball around x whose relative error is below ``2**-bits``.

    a and ``b sqrt(d)`` may nearly cancel; then they are computed to more bits.

    >>> x = root(Fraction(10**40 + 1)) - 10**20
    >>> float(in_balls(x, 64))
    5e-21
    """
    if isinstance(x, Fraction):
        with ctx.workprec(bits + 8):
            return _ball(x)
    working = bits + 64
    while True:
        with ctx.workprec(working):
            found = _ball(x.a) + _ball(x.b) * arb(x.d).sqrt()
        if found.rel_accuracy_bits() >= bits:
            return found
        working *= 2


def _ball(value: Fraction) -> Any:
    return arb(fmpq(value.numerator, value.denominator))


def show_exact(x: Number, longest: int = 24) -> str:
    """Show a number as :func:`~urnn_proofs.model.number.show_number` does, its root beside it."""
    if isinstance(x, Fraction):
        return show_number(x, longest)
    a, b, d = (show_number(v, longest) for v in (x.a, x.b, x.d))
    return f"{a} + {b} sqrt({d})"
