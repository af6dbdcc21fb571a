"""Activations: everything the theorems need to know about one, in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.errors import InputError

__all__ = ["Activation", "activation"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Activation:
    """An entrywise activation ``phi``.

    Parameters
    ----------
    name
        The name networks and files use.
    numpy
        Float64 evaluation, entrywise.
    exact
        Evaluation on rationals, or None if rationals do not map to rationals.
    lipschitz
        The least ``L`` with ``|phi(s) - phi(t)| <= L |s - t|``; non-expansive means ``L <= 1``.
    at_zero
        ``phi(0)``, exact.
    flat_left
        ``(z0, kappa)`` if ``phi(z) = kappa`` for every ``z <= z0``; None if there is no such
        half-line.  The gate of Theorem 3.1 needs one.
    derivative
        Coefficients ``(p_0, p_1, ...)`` with ``phi' = p_0 + p_1 phi + p_2 phi^2 + ...``, lowest
        degree first; None if the derivative is no polynomial in the value.
    open_range
        The open interval of values such a phi takes; None if ``derivative`` is.
    """

    name: str
    numpy: Callable[[Array], Array]
    exact: Callable[[Fraction], Fraction] | None
    lipschitz: Fraction
    at_zero: Fraction
    flat_left: tuple[Fraction, Fraction] | None
    derivative: tuple[Fraction, ...] | None = None
    open_range: tuple[Fraction, Fraction] | None = None


def _relu(z: Array) -> Array:
    return np.maximum(z, 0.0)


def _relu_exact(z: Fraction) -> Fraction:
    return z if z > 0 else Fraction(0)


def _logistic(z: Array) -> Array:
    # The two branches keep exp from overflowing.
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0 / (1.0 + small), small / (1.0 + small))


_ACTIVATIONS = {
    a.name: a
    for a in (
        Activation(
            name="relu",
            numpy=_relu,
            exact=_relu_exact,
            lipschitz=Fraction(1),
            at_zero=Fraction(0),
            flat_left=(Fraction(0), Fraction(0)),
        ),
        Activation(
            name="tanh",
            numpy=np.tanh,
            exact=None,
            lipschitz=Fraction(1),
            at_zero=Fraction(0),
            flat_left=None,
            derivative=(Fraction(1), Fraction(0), Fraction(-1)),
            open_range=(Fraction(-1), Fraction(1)),
        ),
        Activation(
            name="logistic",
            numpy=_logistic,
            exact=None,
            lipschitz=Fraction(1, 4),
            at_zero=Fraction(1, 2),
            flat_left=None,
            derivative=(Fraction(0), Fraction(1), Fraction(-1)),
            open_range=(Fraction(0), Fraction(1)),
        ),
    )
}


def activation(name: str | Activation) -> Activation:
    """Return the activation of that name.

    Raises
    ------
    InputError
        If the name is unknown.

    Examples
    --------
    >>> activation("relu").lipschitz
    Fraction(1, 1)
    """
    if isinstance(name, Activation):
        return name
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        known = ", ".join(_ACTIVATIONS)
        raise InputError(f"activation is {name!r}; expected one of: {known}")
    return _ACTIVATIONS[name]
