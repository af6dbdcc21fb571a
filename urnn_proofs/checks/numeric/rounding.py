"""The model of rounding that the bounds rest on, with its constants as rationals.

*Standard model* (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., SIAM
2002, equation (2.4)): every operation returns ``(x op y)(1 + d)``, ``|d| <= u``, with
``u = 2^-53`` in float64 and ``2^-24`` in float32, rounding to nearest.  A fused multiply-add makes
one error where the model has two.

*Sums of products* (Higham, Lemma 3.1 and section 3.1): K products, added in any order, with or
without fused operations, are off by at most ``gamma_K sum |a_i b_i|``, ``gamma_K = K u/(1 - K u)``.
Hence ``|fl(A B) - A B| <= gamma_K |A| |B|`` for a matrix product with inner dimension K, whatever
the order in which a BLAS adds (section 3.5); Strassen's method and its kin are excluded.  Terms
that are exactly zero round nothing and are not counted.  (``K u`` itself may replace gamma_K:
C.-P. Jeannerod, S. M. Rump, *SIAM J. Matrix Anal. Appl.* 34 (2013) 338-344; the difference is of no
importance here.)

*Underflow.*  The model fails where a result is below the smallest normal number eta; the error
is then at most eta, whether results (or operands) are flushed to zero or not.  In one
preactivation of K terms ``u_i h_i``, ``|u_i| <= a`` and ``|h_i| <= g``, all of this together is at
most ``2 K eta (3 + a + g)`` (:func:`underflow`): a flushed operand changes a term by at most
``eta (a + g + eta)``, a flushed product, sum or result changes the sum by at most eta each, and the
factor 2 covers the rounding of what follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.model.errors import InputError, UndecidedError

__all__ = ["FLOAT32", "FLOAT64", "Format", "format_of", "gamma", "underflow"]


@dataclass(frozen=True)
class Format:
    """A floating-point format.

    Parameters
    ----------
    name
        The numpy name, ``"float64"`` or ``"float32"``.
    unit
        u, the unit roundoff: half the distance from 1 to the next number.
    smallest, largest
        The smallest normal number eta, and the largest finite one.
    """

    name: str
    unit: Fraction
    smallest: Fraction
    largest: Fraction


def _format(name: str) -> Format:
    info = np.finfo(name)
    return Format(
        name,
        Fraction(1, 2 ** (info.nmant + 1)),
        Fraction(float(info.tiny)),
        Fraction(float(info.max)),
    )


FLOAT64, FLOAT32 = _format("float64"), _format("float32")


def format_of(dtype: Any) -> Format:
    """Return the format of a numpy dtype or its name.

    Raises
    ------
    InputError
        If it is neither float64 nor float32.

    Examples
    --------
    >>> format_of("float32").unit == Fraction(1, 2**24)
    True
    """
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    for known in (FLOAT64, FLOAT32):
        if name == known.name:
            return known
    raise InputError(f"dtype is {name!r}; expected 'float64' or 'float32'")


def gamma(terms: int, arithmetic: Format = FLOAT64) -> Fraction:
    """Return ``gamma_K = K u / (1 - K u)`` for K terms.

    Raises
    ------
    UndecidedError
        If ``K u > 1/4``: so many terms that the bound says next to nothing.

    Examples
    --------
    >>> gamma(1) == Fraction(1, 2**53 - 1)
    True
    """
    ku = terms * arithmetic.unit
    if ku > Fraction(1, 4):
        raise UndecidedError(
            f"sums of {terms} terms in {arithmetic.name} have no useful bound on their rounding; "
            f"use float64 or a smaller network"
        )
    return ku / (1 - ku)


def underflow(terms: int, size: Fraction, arithmetic: Format) -> Fraction:
    """Return what underflow can do to a sum of K terms, ``2 K eta (3 + size)``.

    Parameters
    ----------
    terms
        K.
    size
        An upper bound of ``a + g`` for factors of at most a and g in absolute value.
    """
    return 2 * terms * arithmetic.smallest * (3 + size)
