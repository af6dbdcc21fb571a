"""Derivatives of an activation as polynomials in its value, and how polynomials leave SymPy."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sympy import QQ
from sympy.polys.rings import ring

from urnn_proofs.model.deadline import check_deadline
from urnn_proofs.model.errors import InputError

__all__ = ["Terms", "derivatives_in_value", "one_step_jets", "rational", "terms_of"]

#: A polynomial: monomials, as ((name, exponent), ...), to nonzero coefficients.
Terms = dict[tuple[tuple[str, int], ...], Fraction]


def derivatives_in_value(derivative: Sequence[Fraction], order: int) -> tuple[Terms, ...]:
    """Return ``phi', ..., phi^(order)`` as polynomials in the value ``v = phi``.

    Parameters
    ----------
    derivative
        Coefficients of P, lowest degree first, with ``phi' = P(phi)``.
    order
        At least 1.

    Examples
    --------
    For tanh, ``v'' = -2 v (1 - v^2) = 2 v^3 - 2 v``:

    >>> tanh = (Fraction(1), Fraction(0), Fraction(-1))
    >>> derivatives_in_value(tanh, 2)[1] == {(("v", 3),): 2, (("v", 1),): -2}
    True
    """
    if order < 1:
        raise InputError(f"order is {order}; expected at least 1")
    R, v = ring("v", QQ)
    P = sum((R(rational(c)) * v**e for e, c in enumerate(derivative)), R.zero)
    found = [P]
    while len(found) < order:
        found.append(found[-1].diff(v) * P)
    return tuple(terms_of(p) for p in found)


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
