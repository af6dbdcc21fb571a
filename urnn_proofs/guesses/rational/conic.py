"""Rational points on the conic ``a x^2 + b y^2 = c`` whose coefficients are factored.

After removing squares and common factors, square roots modulo the coefficients define a lattice
of index abc on which ``q = a x^2 + b y^2 - c z^2`` is divisible by abc.  The quotient is an
indefinite form of determinant -1, so that a reduced basis has tiny coordinates and a zero of q is
found by trying small combinations.

Source: A.-M. Legendre's theorem; the lattice as in J. E. Cremona and D. Rusin, *Efficient solution
of rational conics*, Math. Comp. 72 (2003).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from flint import fmpz, fmpz_mat
from flint.utils.flint_exceptions import DomainError

from urnn_proofs.guesses.rational.factors import Factors, split_square

__all__ = ["solve_conic"]

_REACH = 3


def solve_conic(a: Factors, b: Factors, c: Factors) -> tuple[Fraction, Fraction] | None:
    """Return rationals with ``a x^2 + b y^2 = c``; None if there are none or none was found.

    Parameters
    ----------
    a, b, c
        Positive integers as their factorisations.

    Examples
    --------
    >>> x, y = solve_conic({}, {3: 1}, {7: 1})
    >>> x**2 + 3 * y**2
    Fraction(7, 1)
    >>> solve_conic({}, {}, {3: 1}) is None
    True
    """
    parts = [split_square(f) for f in (a, b, c)]
    primes, units = _coprime([set(free) for free, _ in parts])
    point = _legendre(*primes)
    if point is None:
        return None
    # Undo, in this order: common factors, square factors.
    x, y, z = (
        Fraction(value * unit, root)
        for value, unit, (_, root) in zip(point, units, parts, strict=True)
    )
    if z == 0 or _value(a) * x**2 + _value(b) * y**2 != _value(c) * z**2:
        return None
    return abs(x / z), abs(y / z)


def _value(factors: Factors) -> int:
    result = 1
    for p, e in factors.items():
        result *= p**e
    return result


def _coprime(primes: list[set[int]]) -> tuple[list[set[int]], list[int]]:
    """Make three squarefree coefficients pairwise coprime.

    A prime of two coefficients moves to the third, whose variable is then divisible by it.
    """
    units = [1, 1, 1]
    for p in set.union(*primes):
        missing = [k for k in range(3) if p not in primes[k]]
        if len(missing) == 2:
            continue
        for k in range(3):
            primes[k].discard(p)
        if missing:
            primes[missing[0]].add(p)
            units[missing[0]] *= p
    return primes, units


def _legendre(
    a_primes: set[int], b_primes: set[int], c_primes: set[int]
) -> tuple[int, int, int] | None:
    """Solve ``a x^2 + b y^2 = c z^2``, squarefree and pairwise coprime, in integers."""
    a, b, c = (_value(dict.fromkeys(primes, 1)) for primes in (a_primes, b_primes, c_primes))
    try:
        r_a = _root(c, b, a_primes)  # y = r z modulo a
        r_b = _root(c, a, b_primes)  # x = r z modulo b
        r_c = _root(-b, a, c_primes)  # x = r y modulo c
    except DomainError:
        return None
    basis = fmpz_mat(
        [
            [b * c, 0, 0],
            [_remainder(0, b, r_c * a, c), a, 0],
            [_remainder(r_b, b, r_c * r_a, c), r_a, 1],
        ]
    )
    if a * b * c > 1:
        size = basis * fmpz_mat([[a, 0, 0], [0, b, 0], [0, 0, c]]) * basis.transpose()
        basis = size.lll(rep="gram", transform=True)[1] * basis
    form = basis * fmpz_mat([[a, 0, 0], [0, b, 0], [0, 0, -c]]) * basis.transpose()
    small = [[int(x) // (a * b * c) for x in row] for row in form.tolist()]
    for u in sorted(product(range(-_REACH, _REACH + 1), repeat=3), key=_length):
        if any(u) and not sum(small[i][j] * u[i] * u[j] for i in range(3) for j in range(3)):
            x, y, z = (int(entry) for entry in (fmpz_mat([list(u)]) * basis).entries())
            return x, y, z
    return None


def _length(u: tuple[int, ...]) -> int:
    return sum(x * x for x in u)


def _root(top: int, bottom: int, primes: set[int]) -> int:
    """Return r with ``r^2 = top / bottom`` modulo the product of the primes.

    Raises
    ------
    DomainError
        If there is none (or a factor is not prime).
    """
    root, modulus = 0, 1
    for p in sorted(primes):
        residue = fmpz(top * pow(bottom, -1, p) % p)
        root = _remainder(root, modulus, int(residue if p == 2 else residue.sqrtmod(p)), p)
        modulus *= p
    return root


def _remainder(r: int, m: int, s: int, n: int) -> int:
    """Return the number that is r modulo m and s modulo n (Chinese remainders)."""
    return (r + m * ((s - r) * pow(m, -1, n) % n)) % (m * n) if n > 1 else r % m
