"""Rational bounds as short texts that are still bounds."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

from urnn_proofs.model.number import format_rational, show_number, show_tolerance

__all__ = ["about", "at_least", "at_most", "between"]

# What is shorter is written out.
_SHORT = 12
_DIGITS = 6


def about(value: Fraction) -> str:
    """Show an upper bound >= 0 in three digits, rounded up.

    Examples
    --------
    >>> about(Fraction(2, 3)), about(Fraction(0)), about(Fraction(10**400 + 1))
    ('0.667', '0', '1.01e+400')
    """
    return _rounded(value, 3, decimal.ROUND_CEILING)


def at_most(value: Fraction) -> str:
    """Show an upper bound: as it is if that is short, else in six digits, rounded up.

    Examples
    --------
    >>> at_most(Fraction(2, 3)), at_most(Fraction(2 * 10**12, 3 * 10**12 + 1))
    ('2/3', '0.666667')
    """
    return _exact_or(value, decimal.ROUND_CEILING)


def at_least(value: Fraction) -> str:
    """Show a lower bound, or how far a scope reaches: likewise, rounded down.

    Examples
    --------
    >>> at_least(Fraction(2, 3)), at_least(Fraction(2 * 10**12, 3 * 10**12 + 1))
    ('2/3', '0.666666')
    """
    return _exact_or(value, decimal.ROUND_FLOOR)


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
    for digits in range(_DIGITS, 17):
        low = _rounded(lower, digits, decimal.ROUND_FLOOR)
        high = _rounded(upper, digits, decimal.ROUND_CEILING)
        if (lower > 1) == (Fraction(low) > 1) and (upper < 1) == (Fraction(high) < 1):
            break
    return f"{low} <= {name} <= {high}"


def _exact_or(value: Fraction, rounding: str) -> str:
    text = format_rational(value)
    return show_tolerance(value) if len(text) <= _SHORT else _rounded(value, _DIGITS, rounding)


def _rounded(value: Fraction, digits: int, rounding: str) -> str:
    """Write so many digits of a number of any size, as ``%g`` does."""
    context = decimal.Context(digits, rounding, decimal.MIN_EMIN, decimal.MAX_EMAX)
    # The quotient of two exact numbers is rounded once.
    short = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    exponent = short.adjusted()
    if short == 0 or -5 < exponent < digits:
        return f"{short.normalize(context):f}"
    return f"{short.scaleb(-exponent, context).normalize(context):f}e{exponent:+03d}"
