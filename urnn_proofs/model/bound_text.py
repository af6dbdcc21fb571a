"""Rational bounds as short texts that are still bounds."""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.number import show_number, to_float

__all__ = ["about", "between"]


def about(value: Fraction) -> str:
    """Show an upper bound >= 0 in three digits, rounded up.

    Examples
    --------
    >>> about(Fraction(2, 3)), about(Fraction(0))
    ('0.667', '0')
    """
    return _up(value, 3)


def between(name: str, interval: tuple[Fraction, Fraction]) -> str:
    """Show both ends, rounded outwards, in as many digits as tell them from 1.

    Examples
    --------
    >>> between("r", (Fraction(1, 3), Fraction(1, 2)))
    '0.333333 <= r <= 0.5'
    """
    lower, upper = interval
    if lower == upper:
        return f"{name} is {show_number(lower)}"
    for digits in range(6, 17):
        low, high = _down(lower, digits), _up(upper, digits)
        if (lower > 1) == (Fraction(low) > 1) and (upper < 1) == (Fraction(high) < 1):
            break
    return f"{low} <= {name} <= {high}"


def _up(value: Fraction, digits: int) -> str:
    text = f"{to_float(value):.{digits}g}"
    return text if Fraction(text) >= value else f"{to_float(_nudged(value, digits, 1)):.{digits}g}"


def _down(value: Fraction, digits: int) -> str:
    text = f"{to_float(value):.{digits}g}"
    return text if Fraction(text) <= value else f"{to_float(_nudged(value, digits, -1)):.{digits}g}"


def _nudged(value: Fraction, digits: int, sign: int) -> Fraction:
    text = f"{to_float(value):.{digits - 1}e}"
    exponent = int(text.partition("e")[2])
    return Fraction(text) + sign * Fraction(10) ** (exponent - digits + 1)
