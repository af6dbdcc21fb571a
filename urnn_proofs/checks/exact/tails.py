"""How far out phi is within delta of its limit: shown by rational inequalities.

``exp(t) >= 1 + t + ... + t^j/j!`` for t >= 0, since the terms left out are not negative.  So

    ``factor * B^degree <= delta (shift + 1 + t + ... + t^j/j!)``,  ``t = rate * B^power``

with ``B >= least`` implies ``|phi(z) - value| <= delta`` beyond B, by the inequality that
:mod:`urnn_proofs.model.saturation` states and proves for each activation.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.saturation import Limit

__all__ = ["MOST_TERMS", "exp_at_least", "tail_holds"]

#: More terms than any tail needs that a float64 could tell from 0.
MOST_TERMS = 4000


def exp_at_least(t: Fraction, terms: int) -> Fraction:
    """Return ``1 + t + ... + t^terms / terms!``, at most ``exp(t)`` for t >= 0.

    Examples
    --------
    >>> exp_at_least(Fraction(1), 3)
    Fraction(8, 3)
    """
    p, q = t.numerator, t.denominator
    top, bottom = 1, 1
    for i in range(terms, 0, -1):  # Horner: 1 + (t/i)(...)
        bottom *= q * i
        top = bottom + p * top
    return Fraction(top, bottom)


def tail_holds(limit: Limit, B: Fraction, delta: Fraction, terms: int) -> bool:
    """Tell whether the inequality above holds, so that ``|phi(z) - value| <= delta`` beyond B.

    Examples
    --------
    >>> from urnn_proofs.model.activation import activation
    >>> from urnn_proofs.model.saturation import saturation
    >>> left = saturation(activation("tanh")).limits[0]
    >>> tail_holds(left, Fraction(10), Fraction(1, 10**8), 60)
    True
    >>> tail_holds(left, Fraction(9), Fraction(1, 10**8), 60)  # tanh(-9) is 3e-8 above -1
    False
    """
    if B < limit.least or delta < 0 or not 0 <= terms <= MOST_TERMS:
        return False
    if limit.factor == 0:
        return True
    t = limit.rate * B**limit.power
    return limit.factor * B**limit.degree <= delta * (limit.shift + exp_at_least(t, terms))
