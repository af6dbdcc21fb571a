"""Read, show and round up single numbers exactly.

A float is taken as the exact dyadic rational it is, from its bits (see ``model.floats``); text is
accepted only as ``"p/q"``, and only where a file format or the command line asks for it.
"""

from __future__ import annotations

import math
import numbers
import re
import reprlib
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.floats import fraction_of, is_finite, quotient
from urnn_proofs.model.text import one_line, plain

__all__ = [
    "exact_number",
    "exact_numbers",
    "few_bits",
    "format_rational",
    "parse_rational",
    "round_up",
    "shorten",
    "show_fields",
    "show_number",
    "show_tolerance",
    "sqrt_upper",
    "to_float",
]

# Far above any weight; the entries of an exact U need 80 digits for each state.
MAX_DIGITS = 40_000
_RATIONAL_TEXT = re.compile(r"-?[0-9]+(/[0-9]+)?", re.ASCII)
# The power of ten is at most 999: a number of a few letters is not to have a million digits.
_DECIMAL_TEXT = re.compile(r"(-?[0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?", re.ASCII)


def parse_rational(text: str, name: str = "value", *, decimals: bool = False) -> Fraction:
    """Read ``"p"`` or ``"p/q"`` (and ``"1.25"`` or ``"1e-6"`` if *decimals*) as a rational.

    Raises
    ------
    InputError
        If the text has another form, more than 40,000 digits, or a zero denominator.

    Examples
    --------
    >>> parse_rational("-6/8")
    Fraction(-3, 4)
    >>> parse_rational("2.5e-1", decimals=True)
    Fraction(1, 4)
    """
    if len(text) > MAX_DIGITS:
        raise InputError(f"{name} has {len(text)} characters; at most {MAX_DIGITS} are read")
    # FLINT converts texts of any length; int() stops at 4300 digits.
    if _RATIONAL_TEXT.fullmatch(text):
        top, _, bottom = text.partition("/")
        denominator = int(fmpz(bottom or "1"))
        if denominator:
            return Fraction(int(fmpz(top)), denominator)
        raise InputError(f"{name} is {shorten(text)}, whose denominator is zero")
    match = _DECIMAL_TEXT.fullmatch(text) if decimals else None
    if match is not None:
        whole, digits, exponent = match[1], match[2] or "", int(match[3] or 0)
        return int(fmpz(whole + digits)) * Fraction(10) ** (exponent - len(digits))
    more = ', or a decimal such as "1.25" or "1e-6"' if decimals else ""
    forms = f'"p/q" with integers p and q{more}'
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
        if not is_finite(value):
            raise InputError(f"{name} is {value}; expected a finite number")
        return fraction_of(value)
    hint = "; write it as Fraction(p, q)" if isinstance(value, str) else ""
    raise InputError(
        f"{name} is {shorten(value)} of type {type(value).__name__}; "
        f"expected an int, a Fraction or a float{hint}"
    )


def exact_numbers(values: object, name: str) -> tuple[Fraction, ...]:
    """Return the entries of a list, tuple or plain one-dimensional array, exactly.

    Raises
    ------
    InputError
        If it is something else (a set has no order, a masked array hides entries), or an entry is
        no finite number.
    """
    if isinstance(values, (list, tuple, range)) or (
        type(values) is np.ndarray and values.ndim == 1
    ):
        return tuple(exact_number(x, f"{name}[{i}]") for i, x in enumerate(values))
    raise InputError(
        f"{name} is {shorten(values)} of type {type(values).__name__}; expected a list of numbers"
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
    return quotient(value.numerator, value.denominator)


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


def few_bits(value: Fraction, bits: int = 12) -> Fraction:
    """Return a dyadic number of about *bits* significant bits, not below *value* >= 0.

    Examples
    --------
    >>> few_bits(Fraction(1, 3), 4), few_bits(Fraction(10))
    (Fraction(11, 32), Fraction(10, 1))
    """
    if value == 0:
        return value
    shift = bits - (value.numerator.bit_length() - value.denominator.bit_length())
    unit = Fraction(2) ** -shift
    return math.ceil(value / unit) * unit


def show_number(value: Fraction | int, longest: int = 24) -> str:
    """Show any exact number: as it is if that is short, else as a decimal that is marked as such.

    Every message, table and page that shows an exact number does so through this function, since
    ``str`` fails on integers of more than 4,300 digits.  :func:`format_rational` writes all of it.

    Parameters
    ----------
    longest
        The length up to which the number is written out.

    Examples
    --------
    >>> show_number(Fraction(-3, 4)), show_number(Fraction(10**30, 3))
    ('-3/4', '~3.33333e+29')
    >>> show_number(10**5000), show_number(Fraction(1, 3**10000))
    ('~1e+5000 (5001 digits)', '~6.12989e-4772 (1 over 4772 digits)')
    """
    value = Fraction(value)
    text = format_rational(value)
    if len(text) <= longest:
        return text
    top, _, bottom = text.lstrip("-").partition("/")
    over = f" over {len(bottom)}" if bottom else ""
    digits = f" ({len(top)}{over} digits)" if len(text) > 120 else ""
    return f"~{_decimal(value, len(top) - max(len(bottom), 1))}{digits}"


def show_tolerance(value: Fraction) -> str:
    """Show a tolerance as people write one: ``1e-6``; what has many digits is marked as rounded.

    Examples
    --------
    >>> show_tolerance(Fraction(1, 10**6)), show_tolerance(Fraction(1, 4))
    ('1e-6', '1/4')
    >>> show_tolerance(Fraction(7387, 2**55))
    '~2.0503e-13'
    """
    decimal = f"{to_float(value):.6g}".replace("e-0", "e-")
    exact = 0 < value < 1 and parse_rational(decimal, decimals=True) == value
    short = exact and len(decimal) < len(format_rational(value))
    return decimal if short else show_number(value, 12)


def _decimal(value: Fraction, exponent: int) -> str:
    """Write six digits of a number that is about ``10**exponent``."""
    if -300 < exponent < 300:
        return f"{float(value):.6g}"
    mantissa = f"{float(value / Fraction(10) ** exponent):.5e}"
    head, _, shift = mantissa.partition("e")
    return f"{head.rstrip('0').rstrip('.')}e{exponent + int(shift):+d}"


def shorten(value: object) -> str:
    """Show a foreign object in an error message: its ``repr`` in some sixty plain characters.

    Objects that cannot show themselves are shown by their type.
    """
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return show_number(value, 60)
    if isinstance(value, str):
        return plain(repr(value[:120]), 60)
    try:
        return plain(_REPR.repr(value), 60)
    except Exception:  # whatever the object's own repr does
        return f"<{type(value).__name__}>"


def show_fields(value: Any) -> str:
    """Show a dataclass with its fields, on one line; to be its ``__repr__``."""
    parts = (
        f"{field.name}={_REPR.repr(getattr(value, field.name))}"
        for field in fields(value)
        if field.repr
    )
    return one_line(f"{type(value).__name__}({', '.join(parts)})", 100)


class _Repr(reprlib.Repr):
    """``repr`` of a few entries of a container only."""

    def repr_int(self, x: int, level: int) -> str:
        return show_number(x, 12)

    def repr_Fraction(self, x: Fraction, level: int) -> str:  # noqa: N802 (dispatched by name)
        return show_number(x, 12)

    def repr_Flat(self, x: Any, level: int) -> str:  # noqa: N802 (a tuple, by its name)
        parts = (f"{name}={self.repr1(part, level)}" for name, part in x._asdict().items())
        return f"{type(x).__name__}({', '.join(parts)})"

    def repr_fmpz_mat(self, x: Any, level: int) -> str:
        bits = max((entry.bit_length() for entry in x.entries()), default=0)
        return f"fmpz_mat({x.nrows()}x{x.ncols()}, {bits}-bit entries)"

    def repr_instance(self, x: object, level: int) -> str:
        if isinstance(x, Enum):
            return str(x.value)
        try:
            return repr(x)
        except ValueError:  # a number in it is too long for the repr that dataclasses get
            if not is_dataclass(x):
                raise
            return show_fields(x)


_REPR = _Repr()
_REPR.maxstring = 120
