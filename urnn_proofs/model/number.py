"""Read, write and round up single numbers exactly.

A float is taken as the exact dyadic rational it is; text is accepted only as ``"p/q"``, and only
where a file format or the command line asks for it.
"""

from __future__ import annotations

import math
import numbers
import re
from fractions import Fraction

import numpy as np
from flint import fmpz

from urnn_proofs.model.errors import InputError

__all__ = [
    "exact_number",
    "format_rational",
    "parse_rational",
    "round_up",
    "shorten",
    "sqrt_upper",
    "to_float",
]

# Far above any weight; the entries of an exact U need 80 digits for each state.
MAX_DIGITS = 40_000
_RATIONAL_TEXT = re.compile(r"-?[0-9]+(/[0-9]+)?", re.ASCII)
_DECIMAL_TEXT = re.compile(r"-?[0-9]+\.[0-9]+", re.ASCII)


def parse_rational(text: str, name: str = "value", *, decimals: bool = False) -> Fraction:
    """Read ``"p"`` or ``"p/q"`` (and ``"1.25"`` if *decimals*) as an exact rational.

    Raises
    ------
    InputError
        If the text has another form, more than 40,000 digits, or a zero denominator.

    Examples
    --------
    >>> parse_rational("-6/8")
    Fraction(-3, 4)
    """
    if len(text) > MAX_DIGITS:
        raise InputError(f"{name} has {len(text)} characters; at most {MAX_DIGITS} are read")
    if _RATIONAL_TEXT.fullmatch(text) or (decimals and _DECIMAL_TEXT.fullmatch(text)):
        top, _, bottom = text.partition("/")
        whole, _, decimals_ = top.partition(".")
        # FLINT converts texts of any length; int() stops at 4300 digits.
        numerator = int(fmpz(whole + decimals_))
        denominator = int(fmpz(bottom)) if bottom else 10 ** len(decimals_)
        if denominator:
            return Fraction(numerator, denominator)
        raise InputError(f"{name} is {shorten(text)}, whose denominator is zero")
    forms = '"p/q" with integers p and q' + (', or a decimal such as "1.25"' if decimals else "")
    raise InputError(f"{name} is {shorten(text)}; expected {forms}")


def exact_number(value: object, name: str) -> Fraction:
    """Return *value* (int, Fraction or another rational, float) as the exact rational it is.

    Raises
    ------
    InputError
        For NaN, infinity, booleans, text, complex numbers and everything else.
    """
    if type(value) is Fraction:
        return value
    if isinstance(value, (bool, np.bool_)):
        raise InputError(f"{name} is the boolean {value}; expected a number")
    if isinstance(value, numbers.Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, (float, np.floating)):
        if not math.isfinite(value):
            raise InputError(f"{name} is {value}; expected a finite number")
        # np.longdouble carries more bits than float: as_integer_ratio is exact for all of them.
        return Fraction(*value.as_integer_ratio())
    hint = "; write it as Fraction(p, q)" if isinstance(value, str) else ""
    raise InputError(
        f"{name} is {shorten(value)} of type {type(value).__name__}; "
        f"expected an int, a Fraction or a float{hint}"
    )


def format_rational(value: Fraction) -> str:
    """Write a rational as ``"p"`` or ``"p/q"``, however long.

    Examples
    --------
    >>> format_rational(Fraction(-3, 4)), format_rational(Fraction(2))
    ('-3/4', '2')
    """
    top = str(fmpz(value.numerator))
    return top if value.denominator == 1 else f"{top}/{fmpz(value.denominator)}"


def to_float(value: Fraction) -> float:
    """Return the nearest float, infinite on overflow."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def sqrt_upper(value: Fraction, bits: int = 64) -> Fraction:
    """Return a rational ``s >= sqrt(value)``, at most a factor ``1 + 2**(1 - bits)`` above.

    Exact when *value* is the square of a rational.

    Examples
    --------
    >>> sqrt_upper(Fraction(9, 4))
    Fraction(3, 2)
    >>> sqrt_upper(Fraction(2)) ** 2 >= 2
    True
    """
    p, q = value.numerator, value.denominator
    root_p, root_q = math.isqrt(p), math.isqrt(q)
    if root_p**2 == p and root_q**2 == q:
        return Fraction(root_p, root_q)
    shift = max(0, bits - (p.bit_length() - q.bit_length()) // 2)
    scaled = -((-p << (2 * shift)) // q)  # ceiling
    return Fraction(math.isqrt(scaled - 1) + 1, 1 << shift)


def round_up(value: Fraction, bits: int = 32) -> Fraction:
    """Return *value*, or the next dyadic above it if it is written with more than *bits* bits."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) <= bits:
        return value
    shift = bits - (value.numerator.bit_length() - value.denominator.bit_length())
    scale = Fraction(2) ** shift
    return Fraction(math.ceil(value * scale)) / scale


def shorten(value: object) -> str:
    """Return ``repr(value)``, cut to sixty characters for error messages."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
