"""A nonnegative rational as a sum of at most four squares of rationals (Lagrange).

``a/b = ab/b^2``, so the integer ``m = ab`` decides.  The first squares are taken as large as
possible: what remains of m has half of its bits after one square and a quarter after two, so that
the prime on which the last two squares rest is short and soon found.

Source: M. O. Rabin, J. O. Shallit, *Randomized algorithms in number theory*, 1986 (here the
candidates are taken in order, so that results are deterministic); sums of three squares: Legendre.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from flint import fmpz

from urnn_proofs.model.errors import InputError, UndecidedError
from urnn_proofs.model.number import show_number

__all__ = ["four_squares", "needs_four_squares"]

# FLINT factors numbers of this size in a few hundredths of a second.
_FACTOR_BITS = 100
# Primes of at most so many bits are found by division.
_SMALL_BITS = 10
# Beyond this the search for primes takes more than about a minute.
_BIT_LIMIT = 16_000
# Three squares need a prime of half the bits, four one of a quarter: not worth it beyond this.
_THREE_SQUARES_BITS = 6_000


def needs_four_squares(m: int) -> bool:
    """Tell whether ``m > 0`` has the form ``4^a (8 b + 7)``: it is not a sum of three squares.

    Examples
    --------
    >>> [m for m in range(1, 64) if needs_four_squares(m)]
    [7, 15, 23, 28, 31, 39, 47, 55, 60, 63]
    """
    while m % 4 == 0:
        m //= 4
    return m % 8 == 7


def four_squares(value: Fraction) -> tuple[Fraction, ...]:
    """Return at most four positive rationals whose squares add up to *value*, exactly.

    The number of squares is the least possible, except that two are found only where the
    factorisation is easy, and three only up to 6000 bits.

    Parameters
    ----------
    value
        At least 0; numerator times denominator may have up to 16,000 bits.

    Raises
    ------
    InputError
        If *value* is negative.
    UndecidedError
        If it has too many bits, or the search for a prime was given up.

    Examples
    --------
    >>> four_squares(Fraction(7, 16))
    (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4), Fraction(1, 4))
    >>> four_squares(Fraction(16, 25)), four_squares(Fraction(0))
    ((Fraction(4, 5),), ())
    """
    value = Fraction(value)
    if value < 0:
        raise InputError(
            f"value is {show_number(value)}; expected a rational number that is at least 0"
        )
    m, unit = value.numerator * value.denominator, Fraction(1, value.denominator)
    if m.bit_length() > _BIT_LIMIT:
        raise UndecidedError(
            f"value has {m.bit_length()} bits (numerator times denominator), and sums of squares "
            f"are searched up to {_BIT_LIMIT}; use numbers with fewer digits"
        )
    while m and m % 4 == 0:
        m, unit = m // 4, 2 * unit
    roots = tuple(unit * x for x in _squares(m) if x)
    if sum(x**2 for x in roots) != value:  # cannot happen: every step is an identity
        raise UndecidedError(f"the squares found do not add up to {show_number(value)}")
    return roots


def _squares(m: int) -> tuple[int, ...]:
    """Return integers whose squares add up to m, which is 0 or not divisible by 4."""
    if isqrt(m) ** 2 == m:
        return (isqrt(m),)
    two = _two_squares(m, _FACTOR_BITS)
    if two is not None:
        return two
    if not needs_four_squares(m) and m.bit_length() <= _THREE_SQUARES_BITS:
        return _three_squares(m)
    x = isqrt(m)
    while needs_four_squares(m - x**2):
        x -= 1
    return (x, *_three_squares(m - x**2))


def _three_squares(m: int) -> tuple[int, ...]:
    """Search ``m = x^2 + y^2 + z^2`` from the largest x downwards."""
    top = isqrt(m)
    lowest = max(top - 1000 - 40 * m.bit_length(), 0)
    for x in range(top, lowest - 1, -1):
        two = _two_squares(m - x**2, 40)
        if two is not None:
            return (x, *two)
    raise UndecidedError(
        f"no sum of three squares was found for a number of {m.bit_length()} bits; "
        f"use numbers with other or fewer digits"
    )


def _two_squares(m: int, bits: int) -> tuple[int, int] | None:
    """Return ``m = x^2 + y^2``; None if there are none or the factorisation is not easy."""
    if m == 0:
        return 0, 0
    odd = m >> ((m & -m).bit_length() - 1)
    parts = fmpz(m).factor_smooth(_SMALL_BITS)
    small = [(p, e) for p, e in parts if p.bit_length() <= _SMALL_BITS]
    if odd % 4 == 3 or any(p % 4 == 3 and e % 2 for p, e in small):
        return None
    factors = _factors(parts, bits)
    if factors is None or any(p % 4 == 3 and e % 2 for p, e in factors.items()):
        return None
    x, y = 1, 0
    for p, e in factors.items():
        x, y = p ** (e // 2) * x, p ** (e // 2) * y
        if e % 2:
            s, t = _prime_as_two_squares(p)
            x, y = abs(x * s - y * t), x * t + y * s
    return x, y


def _factors(parts: list[tuple[fmpz, int]], bits: int) -> dict[int, int] | None:
    """Split what has no small primes; None unless it is (probably) prime or has at most *bits*.

    Nothing relies on a true prime: what is built from the factors is checked by exact arithmetic.
    """
    found: dict[int, int] = {}
    for part, e in parts:
        if part.is_probable_prime():
            primes = [(part, 1)]
        elif part.bit_length() <= bits:
            primes = part.factor()
        else:
            return None
        for p, k in primes:
            found[int(p)] = found.get(int(p), 0) + int(k) * e
    return found


def _prime_as_two_squares(p: int) -> tuple[int, int]:
    """Return ``p = x^2 + y^2`` for p = 2 or p = 1 mod 4: Euclid's algorithm on a root of -1."""
    if p == 2:
        return 1, 1
    a, b = p, int(fmpz(p - 1).sqrtmod(p))
    while b * b > p:
        a, b = b, a % b
    return b, isqrt(p - b * b)
