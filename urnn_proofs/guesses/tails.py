"""How far out a tail is small enough: floating point proposes, ``checks.exact.tails`` decides."""

from __future__ import annotations

import math
from fractions import Fraction

from urnn_proofs.checks.exact.tails import MOST_TERMS, tail_holds
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.number import round_up, show_number
from urnn_proofs.model.saturation import Limit

__all__ = ["find_margin"]

_BITS = 12


def find_margin(limit: Limit, delta: Fraction) -> tuple[Fraction, int]:
    """Return B of few bits, nearly the least, and terms: ``tail_holds(limit, B, delta, terms)``.

    Raises
    ------
    UnsupportedError
        If *delta* > 0 is so small that exp would take more terms than are summed here.

    Examples
    --------
    >>> from urnn_proofs.model.activation import activation
    >>> from urnn_proofs.model.saturation import saturation
    >>> B, terms = find_margin(saturation(activation("tanh")).limits[0], Fraction(1, 10**6))
    >>> float(B)  # log(2 10^6) / 2 = 7.2543
    7.2548828125
    """
    if limit.factor == 0:
        return limit.least, 0
    B = float(limit.least)
    size = _log(limit.factor / delta)
    for _ in range(60):  # the degree makes B depend on itself, weakly
        exponent = size + limit.degree * math.log(max(B, 1.0))
        if limit.shift:
            exponent += math.log1p(-math.exp(-exponent)) if exponent > 0.01 else -10.0
        B = max((max(exponent, 0.0) / float(limit.rate)) ** (1 / limit.power), float(limit.least))
    for _ in range(64):
        found = round_up(Fraction(B), _BITS) if B else Fraction(0)
        t = float(limit.rate) * float(found) ** limit.power
        terms = 30 + math.ceil(4 * t)
        if terms > MOST_TERMS:
            break
        if tail_holds(limit, found, delta, terms):
            return found, terms
        B = B * (1 + 2.0**-_BITS) + 2.0**-_BITS
    raise UnsupportedError(
        f"the added units would have to come within {show_number(delta)} of the limit of their "
        f"activation, which is beyond what is computed here; expected a larger epsilon"
    )


def _log(value: Fraction) -> float:
    """Return the logarithm of any positive rational, however long."""
    return math.log(value.numerator) - math.log(value.denominator)
