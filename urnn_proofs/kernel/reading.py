"""Strict reading: exact rationals, known keys, bounded sizes; everything else is malformed."""

import json
import re
from fractions import Fraction
from math import gcd, lcm
from typing import Any

MAX_BYTES = 16 * 2**20
MAX_DIGITS = 10_000  # of a weight
SHORT = 1000  # of a number that is printed, or that multiplies weights
MAX_SIZE = 64  # rows or columns
MAX_BITS = 100_000  # of a common denominator
WORK = 4 * 10**10

# Canonical: no sign on zero, no leading zeros, lowest terms, denominator left out when 1.
_CANONICAL = re.compile(r"(-?[1-9][0-9]*|0)(/[1-9][0-9]*)?", re.ASCII)


class Malformed(Exception):
    """The text is not a certificate of the known format, or asks for absurd amounts of work."""


class Rejected(Exception):
    """The certificate is well formed, but does not prove its claim."""


class Budget:
    """What one certificate may cost, counted from sizes before the work is done.

    A step is about a nanosecond, so that WORK is about a minute; no clock is read.
    """

    def __init__(self) -> None:
        self.left = WORK

    def spend(self, steps: int) -> None:
        """Refuse what is not affordable."""
        self.left -= steps
        if self.left < 0:
            raise Malformed("checking it would take too long: its numbers or sums are too large")


def load(source: str) -> Any:
    """Parse JSON, refusing duplicate keys, floats, NaN and absurd sizes."""
    if len(source) > MAX_BYTES:
        raise Malformed(f"{len(source)} characters; at most {MAX_BYTES} are read")
    try:
        return json.loads(source, object_pairs_hook=_unique, parse_float=_no, parse_constant=_no)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise Malformed("a key appears twice in one object")
    return dict(pairs)


def _no(number: str) -> Any:
    raise Malformed(f"the number {number[:40]} is not exact")


def fields(data: Any, name: str, *keys: str) -> list[Any]:
    """Return the values of exactly these keys, in this order."""
    if not isinstance(data, dict) or set(data) != set(keys):
        raise Malformed(f"{name} must be an object with exactly the keys {', '.join(keys)}")
    return [data[key] for key in keys]


def items(data: Any, name: str, limit: int, least: int = 0) -> list[Any]:
    """Return a JSON array of bounded length."""
    if isinstance(data, list) and least <= len(data) <= limit:
        return data
    raise Malformed(f"{name} must be an array with {least} to {limit} entries")


def word(data: Any, name: str, form: str) -> str:
    """Return a text of this form, a regular expression."""
    if isinstance(data, str) and re.fullmatch(form, data, re.ASCII):
        return data
    raise Malformed(f"{name} must have the form {form}")


def rational(data: Any, name: str, digits: int = MAX_DIGITS) -> Fraction:
    """Return a canonical ``"p"`` or ``"p/q"``."""
    if not isinstance(data, str) or len(data) > digits or not _CANONICAL.fullmatch(data):
        raise Malformed(f'{name} must be a canonical rational "p" or "p/q", of limited length')
    top, _, bottom = data.partition("/")
    p, q = _integer(top), _integer(bottom or "1")
    if not bottom or (q != 1 and gcd(p, q) == 1):
        return Fraction(p, q)
    raise Malformed(f"{name} is not in lowest terms")


def _integer(digits: str) -> int:
    """Convert in halves: Python refuses to convert more than 4300 digits at once."""
    if len(digits) <= 4000:
        return int(digits)
    k = len(digits) // 2
    head, tail = _integer(digits[:-k]), _integer(digits[-k:])
    return head * int(10**k) + (-tail if digits[0] == "-" else tail)


def common(numbers: list[Fraction], name: str) -> int:
    """Return the common denominator of numbers, if it is of sane size."""
    scale = 1
    for x in numbers:
        scale = lcm(scale, x.denominator)
        if scale.bit_length() > MAX_BITS:
            raise Malformed(f"{name} has no small common denominator")
    return scale


def vector(data: Any, name: str, digits: int = MAX_DIGITS) -> list[Fraction]:
    """Return a list of rationals with a sane common denominator."""
    numbers = [rational(x, name, digits) for x in items(data, name, MAX_SIZE)]
    common(numbers, name)
    return numbers


def matrix(data: Any, name: str) -> list[list[Fraction]]:
    """Return a rectangular list of rows, at least 1x1, with a sane common denominator."""
    rows = [vector(row, name) for row in items(data, name, MAX_SIZE, 1)]
    common([x for row in rows for x in row], name)
    if not rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise Malformed(f"{name} must be a rectangular matrix, at least 1x1")
    return rows
