"""Generalised Vandermonde determinants at positive points, decided by expansion.

``det (z_i^{e_j})`` is divided by ``prod_{i<j} (z_j - z_i)`` through divided differences: the rows
``f(z_i)`` of the functions ``f = z^e`` may be replaced by ``f[z_0, ..., z_i]``, and the divided
difference of ``z^e`` is the sum of all monomials of degree ``e - i`` in ``z_0, ..., z_i``.  If the
remaining determinant has no negative coefficient and is not zero, the matrix is regular for all
positive distinct z.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations_with_replacement
from typing import Any

from sympy import QQ
from sympy.polys.rings import ring

from urnn_proofs.model.errors import InputError

__all__ = ["is_regular_at_positive_points", "quotient_by_vandermonde"]

_MOST = 8


def quotient_by_vandermonde(exponents: Sequence[int]) -> Any:
    """Return ``det(z_i^{e_j}) / prod_{i<j} (z_j - z_i)`` in the ring of z0, ..., z(g-1).

    Negative exponents are shifted to start at 0, which multiplies by a monomial.

    Raises
    ------
    InputError
        If exponents repeat, or there are none or more than 8.

    Examples
    --------
    >>> quotient_by_vandermonde([0, 2])
    z0 + z1
    """
    g = len(exponents)
    if not 1 <= g <= _MOST or len(set(exponents)) < g:
        raise InputError(f"exponents are {exponents}; expected 1 to {_MOST} different integers")
    shifted = sorted(e - min(exponents) for e in exponents)
    R = ring([f"z{i}" for i in range(g)], QQ)[0]

    def complete(degree: int, count: int) -> Any:
        """Sum of the monomials of this degree in the first *count* variables."""
        if degree < 0:
            return R.zero
        total: dict[tuple[int, ...], Any] = {}
        for chosen in combinations_with_replacement(range(count), degree):
            total[tuple(chosen.count(i) for i in range(g))] = QQ(1)
        return R.from_dict(total)

    rows = [[complete(e - i, i + 1) for e in shifted] for i in range(g)]

    @cache
    def minor(i: int, columns: tuple[int, ...]) -> Any:
        """Return the determinant of the rows from i on in these columns."""
        if i == g:
            return R.one
        total, sign = R.zero, 1
        for position, j in enumerate(columns):
            if rows[i][j]:
                rest = columns[:position] + columns[position + 1 :]
                total += sign * rows[i][j] * minor(i + 1, rest)
            sign = -sign
        return total

    return minor(0, tuple(range(g)))


def is_regular_at_positive_points(exponents: Sequence[int]) -> bool:
    """Show that ``(z_i^{e_j})`` is regular for all positive distinct z; False says nothing.

    Examples
    --------
    >>> is_regular_at_positive_points([-2, -1, 1, 2])
    True
    """
    quotient = quotient_by_vandermonde(exponents)
    return bool(quotient) and all(c > 0 for _, c in quotient.terms())
