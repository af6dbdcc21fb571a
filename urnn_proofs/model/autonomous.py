"""What exact data say about a bounded solution of ``phi' = p(phi)`` on the whole line.

Two solutions never cross, so a nonconstant one keeps away from the roots of p, is monotone, and
tends to a root on either side: its values are exactly an open interval between two neighbouring
roots.  Its largest slope is the maximum of ``|p|`` there.  All of it is decided exactly, by
factoring and Sturm's theorem.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from flint import fmpq, fmpq_poly

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import show_number

__all__ = ["MAX_DEGREE", "check_solution", "multiplicities_between"]

#: Of p; far more than any activation in use has.
MAX_DEGREE = 32


def check_solution(
    derivative: Sequence[Fraction],
    open_range: tuple[Fraction, Fraction],
    start: Fraction | None,
    slope_bound: Fraction,
) -> None:
    """Refuse data that no nonconstant solution on the whole line has.

    Parameters
    ----------
    derivative
        Coefficients of p, the constant one first.
    open_range
        The values of phi, an open interval.
    start
        phi(0); None if it is irrational.
    slope_bound
        What no slope exceeds.

    Raises
    ------
    InputError
        Naming the argument that does not fit.

    Examples
    --------
    >>> tanh = (Fraction(1), Fraction(0), Fraction(-1))
    >>> check_solution(tanh, (Fraction(-1), Fraction(1)), Fraction(0), Fraction(1))
    """
    (low, high), p = open_range, fmpq_poly([_exact(c) for c in derivative])
    shown = f"({show_number(low)}, {show_number(high)})"
    if p.degree() > MAX_DEGREE:
        raise InputError(f"derivative has degree {p.degree()}; expected at most {MAX_DEGREE}")
    if p == 0:
        raise InputError(
            "derivative is the zero polynomial, so that the activation is constant; expected a "
            "nonconstant one"
        )
    if low >= high:
        raise InputError(f"open_range is {shown}; expected two numbers, the smaller first")
    for end in (low, high):
        if p(_exact(end)) != 0:
            raise InputError(
                f"open_range ends in {show_number(end)}, which is no root of derivative; expected "
                f"two neighbouring roots, which bounded values on the whole line tend to"
            )
    if multiplicities_between(p, low, high):
        raise InputError(
            f"derivative has a root inside open_range, {shown}; expected none, as a "
            f"nonconstant activation keeps away from the roots"
        )
    if start is not None and not low < start < high:
        raise InputError(f"value_at_zero is {show_number(start)}; expected one inside open_range")
    for side in (p, -p):  # slope_bound - p is slope_bound at the ends: no change of sign, no excess
        gap = _exact(slope_bound) - side
        if any(m % 2 for m in multiplicities_between(gap, low, high)):
            raise InputError(
                f"slope_bound is {show_number(slope_bound)}, below the largest slope; expected at "
                f"least the maximum of |derivative| on open_range"
            )


def multiplicities_between(p: fmpq_poly, low: Fraction, high: Fraction) -> list[int]:
    """Return the multiplicities of the real roots of p strictly between *low* and *high*.

    Examples
    --------
    >>> multiplicities_between(fmpq_poly([0, 0, 1]) * fmpq_poly([-2, 0, 1]), Fraction(-1), 2)
    [2, 1]
    """
    found = []
    for factor, multiplicity in p.numer().factor()[1]:
        f = fmpq_poly(factor)
        chain = [f, f.derivative()]
        while chain[-1] != 0:
            chain.append(-(chain[-2] % chain[-1]))
        # Sturm: the irreducible f has so many roots in the half-open interval (low, high].
        count = _changes(chain, low) - _changes(chain, high) - (f(_exact(high)) == 0)
        found += [multiplicity] * count
    return sorted(found, reverse=True)


def _changes(chain: Sequence[fmpq_poly], x: Fraction | int) -> int:
    values = [v for f in chain if (v := f(_exact(x))) != 0]
    return sum((a > 0) != (b > 0) for a, b in pairwise(values))


def _exact(x: Fraction | int) -> fmpq:
    return fmpq(x.numerator, x.denominator)
