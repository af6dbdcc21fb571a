"""Factorisation of integers as far as it is easy: small primes, and one large prime.

Searches look for numbers of this kind; nothing relies on the large factor being a true prime,
because whatever is built from a factorisation is checked by exact arithmetic afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping

from flint import fmpz

__all__ = ["Factors", "factor_easily", "split_square", "strip_small"]

Factors = Mapping[int, int]

_SIEVE = 1000
_PRIMES = tuple(p for p in range(2, _SIEVE) if all(p % q for q in range(2, int(p**0.5) + 1)))
_PRIMORIAL = int(fmpz.primorial_ui(_SIEVE))

# FLINT factors numbers of this size in a few hundredths of a second.
FACTOR_BITS = 100


def strip_small(value: int) -> tuple[dict[int, int], int]:
    """Return the factorisation of the part made of primes below 1000, and the rest.

    Examples
    --------
    >>> strip_small(2**3 * 7 * 1009**2)
    ({2: 3, 7: 1}, 1018081)
    """
    small: dict[int, int] = {}
    common = int(fmpz(value).gcd(_PRIMORIAL))
    for p in _PRIMES:
        if common == 1:
            break
        if common % p:
            continue
        common //= p
        while value % p == 0:
            value //= p
            small[p] = small.get(p, 0) + 1
    return small, value


def factor_easily(value: int, *, bits: int = FACTOR_BITS) -> dict[int, int] | None:
    """Return the factorisation of a positive integer, None if it is not found easily.

    The part without small primes must be 1, (probably) prime, the square of a prime, or have at
    most *bits* bits.

    Examples
    --------
    >>> factor_easily(360), factor_easily(6 * (2**127 - 1))[2**127 - 1]
    ({2: 3, 3: 2, 5: 1}, 1)
    >>> factor_easily((2**127 - 1) * (2**89 - 1)) is None
    True
    """
    factors, rest = strip_small(value)
    if rest == 1:
        return factors
    if rest < _SIEVE**2 or fmpz(rest).is_probable_prime():
        return factors | {rest: 1}
    if fmpz(rest).is_square():
        root = factor_easily(int(fmpz(rest).isqrt()), bits=bits)
        return None if root is None else factors | {p: 2 * e for p, e in root.items()}
    if rest.bit_length() > bits:
        return None
    return factors | {int(p): int(e) for p, e in fmpz(rest).factor()}


def split_square(factors: Factors) -> tuple[dict[int, int], int]:
    """Return the squarefree part, factored, and the root of the square part.

    Examples
    --------
    >>> split_square({2: 3, 3: 2, 5: 1})
    ({2: 1, 5: 1}, 6)
    """
    root = 1
    for p, e in factors.items():
        root *= p ** (e // 2)
    return {p: 1 for p, e in factors.items() if e % 2}, root
