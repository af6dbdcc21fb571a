"""Derivatives of one unit with respect to its input, and how polynomials leave SymPy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sympy import QQ
from sympy.polys.rings import ring

from urnn_proofs.model.deadline import check_deadline

__all__ = ["Terms", "one_step_jets", "rational", "terms_of"]

#: A polynomial: monomials, as ((name, exponent), ...), to nonzero coefficients.
Terms = dict[tuple[tuple[str, int], ...], Fraction]


def one_step_jets(order: int) -> tuple[Terms, ...]:
    """Return ``G_1, ..., G_order``: derivatives of ``C tanh(F x + o)`` in ``u`` and ``b``.

    With ``u = F tanh(F x + o)`` and ``b = u' = F^2 - u^2 > 0`` one has ``b' = -2 u b``, and the
    k-th derivative of ``C tanh(F x + o)`` is ``c G_k(u, b)`` with ``c = C F (1 - tanh^2)``,
    ``G_1 = 1``, ``G_{k+1} = b dG_k/du - 2 u b dG_k/db - 2 u G_k``.

    Examples
    --------
    >>> one_step_jets(2)[1] == {(("u", 1),): -2}
    True
    """
    R, u, b = ring("u,b", QQ)
    found = [R.one]
    while len(found) < order:
        check_deadline()
        g = found[-1]
        found.append(b * g.diff(u) - 2 * u * b * g.diff(b) - 2 * u * g)
    return tuple(terms_of(g) for g in found)


def rational(value: Fraction | int) -> Any:
    """Return an element of SymPy's field of rationals."""
    value = Fraction(value)
    return QQ(value.numerator, value.denominator)


def terms_of(p: Any) -> Terms:
    """Return a ring element as a plain dictionary."""
    names = [str(x) for x in p.ring.symbols]
    return {
        tuple((name, int(e)) for name, e in zip(names, monomial, strict=True) if e): Fraction(
            int(coefficient.numerator), int(coefficient.denominator)
        )
        for monomial, coefficient in p.terms()
    }
