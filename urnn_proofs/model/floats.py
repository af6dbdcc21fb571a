"""Floats as bits: exact numbers out of them and into them, by integers alone.

A process may flush subnormal numbers to zero (``torch.set_flush_denormal``, ``-ffast-math`` in some
loaded library).  Then every floating-point operation on a subnormal number loses it: comparison
with 0, conversion from float32 to float64, ``frexp``, ``float.as_integer_ratio``.  Integer views do
not.
"""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Parts", "fraction_of", "is_finite", "nearest", "parts_of", "quotient"]

Floats = np.ndarray[Any, np.dtype[Any]]
Integers = np.ndarray[Any, np.dtype[np.int64]]


class _Format(NamedTuple):
    """Bits of the mantissa and of the exponent, as stored."""

    mantissa: int
    exponent: int

    @property
    def lowest(self) -> int:
        """The exponent of the smallest subnormal number."""
        return 2 - (1 << (self.exponent - 1)) - self.mantissa


# By the size of the number in bytes.
_FORMATS = {2: _Format(10, 5), 4: _Format(23, 8), 8: _Format(52, 11)}
# Well above the smallest normal number.
_NORMAL = 2.0**-1020


class Parts(NamedTuple):
    """Each float as ``mantissa * 2**exponent``; *finite* says where it is a number at all."""

    mantissa: Integers
    exponent: Integers
    finite: np.ndarray[Any, np.dtype[np.bool_]]


def parts_of(array: Floats) -> Parts:
    """Take floats apart: float16, float32 or float64, in any order of bytes.

    Examples
    --------
    >>> found = parts_of(np.array([1.5, -5e-324]))
    >>> found.mantissa.tolist(), found.exponent.tolist()
    ([6755399441055744, -1], [-52, -1074])
    """
    size = array.dtype.itemsize
    form = _FORMATS[size]
    order = array.dtype.byteorder if array.dtype.byteorder in "<>" else "="
    # A copy in a row: a view with other strides cannot be taken as integers.
    bits = np.array(array, order="C").view(f"{order}u{size}").astype(np.int64)
    magnitude = bits & ((1 << (8 * size - 1)) - 1)
    fraction = magnitude & ((1 << form.mantissa) - 1)
    field = magnitude >> form.mantissa
    mantissa = np.where(field > 0, fraction | (1 << form.mantissa), fraction)
    negative = (bits >> (8 * size - 1)) & 1
    return Parts(
        mantissa=np.where(negative == 1, -mantissa, mantissa),
        exponent=np.maximum(field, 1) - 1 + form.lowest,
        finite=field != (1 << form.exponent) - 1,
    )


def is_finite(value: float | np.floating[Any]) -> bool:
    """Tell whether a float is a number."""
    if _is_long(value):
        return bool(np.isfinite(value))
    return bool(parts_of(_alone(value)).finite[0])


def fraction_of(value: float | np.floating[Any]) -> Fraction:
    """Return a finite float as the exact rational it is.

    Examples
    --------
    >>> fraction_of(0.75), fraction_of(np.float32(2.0**-149)) == Fraction(1, 2**149)
    (Fraction(3, 4), True)
    """
    if _is_long(value):  # a format of its own, whose arithmetic is never flushed
        return Fraction(*value.as_integer_ratio())
    mantissa, exponent, _ = parts_of(_alone(value))
    return int(mantissa[0]) * Fraction(2) ** int(exponent[0])


def nearest(numerator: int, denominator: int, size: int) -> int:
    """Return the bits of the float nearest to a rational; halfway cases go to the even one.

    Beyond the largest float it is infinity.

    Parameters
    ----------
    denominator
        Positive.
    size
        2, 4 or 8 bytes.

    Examples
    --------
    >>> hex(nearest(1, 1, 8)), hex(nearest(-1, 2**149, 4))
    ('0x3ff0000000000000', '0x80000001')
    """
    form = _FORMATS[size]
    sign = (1 << (8 * size - 1)) if numerator < 0 else 0
    top = abs(numerator)
    if top == 0:
        return 0
    # The quotient has form.mantissa + 1 or + 2 bits, and fewer only where it is subnormal.
    exponent = top.bit_length() - denominator.bit_length() - form.mantissa - 1
    exponent = max(exponent, form.lowest)
    if exponent < 0:
        quotient, rest = divmod(top << -exponent, denominator)
    else:
        denominator <<= exponent
        quotient, rest = divmod(top, denominator)
    excess = max(quotient.bit_length() - form.mantissa - 1, 0)
    if excess:  # one bit too many
        rest += (quotient & 1) * denominator
        quotient >>= 1
        denominator *= 2
        exponent += 1
    if 2 * rest > denominator or (2 * rest == denominator and quotient & 1):
        quotient += 1
    # The fields add up: a quotient that was rounded up to a power of two moves into the next.
    magnitude = ((exponent - form.lowest) << form.mantissa) + quotient
    infinity = ((1 << form.exponent) - 1) << form.mantissa
    return sign | min(magnitude, infinity)


def quotient(numerator: int, denominator: int) -> float:
    """Return the float nearest to a rational with a positive denominator, infinite on overflow.

    Examples
    --------
    >>> quotient(-1, 2**1074), quotient(10**400, 1)
    (-5e-324, inf)
    """
    try:
        found = numerator / denominator  # correctly rounded, but a subnormal number may be lost
    except OverflowError:
        return math.inf if numerator > 0 else -math.inf
    if numerator and abs(found) < _NORMAL:
        (found,) = struct.unpack("<d", struct.pack("<Q", nearest(numerator, denominator, 8)))
    return found


def _is_long(value: object) -> bool:
    return isinstance(value, np.longdouble) and value.dtype.itemsize > 8


def _alone(value: float | np.floating[Any]) -> Floats:
    """Return a float as an array; Python's own is a float64."""
    return np.array([value], dtype=getattr(value, "dtype", np.float64))
