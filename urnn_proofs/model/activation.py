"""Activations by name: everything the theorems need to know about one, in one place."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.model.activation_kinds import (
    Activation,
    Flat,
    PiecewiseLinear,
    Smooth,
    piecewise_linear,
    reserve,
)
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten

__all__ = [
    "Activation",
    "Flat",
    "PiecewiseLinear",
    "Smooth",
    "activation",
    "is_registered",
    "piecewise_linear",
]

Array = np.ndarray[Any, np.dtype[np.float64]]


def _logistic(z: Array) -> Array:
    # The two branches keep exp from overflowing.
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0 / (1.0 + small), small / (1.0 + small))


def _softplus(z: Array) -> Array:
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def _elu(z: Array) -> Array:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))


def _selu(z: Array) -> Array:
    below = 1.6732632423543772 * np.expm1(np.minimum(z, 0.0))
    return 1.0507009873554805 * np.where(z > 0, z, below)


def _gelu(z: Array) -> Array:
    erfc = np.vectorize(math.erfc, otypes=[float])
    values: Array = 0.5 * z * erfc(-z / math.sqrt(2.0))  # nothing cancels far on the left
    return values


def _silu(z: Array) -> Array:
    return z * _logistic(z)


def _mish(z: Array) -> Array:
    return z * np.tanh(_softplus(z))


_ACTIVATIONS: dict[str, Activation] = {
    a.name: reserve(a)
    for a in (
        piecewise_linear("relu", knots=[0], slopes=[0, 1], value=0),
        piecewise_linear("relu6", knots=[0, 6], slopes=[0, 1, 0], value=0),
        piecewise_linear("hard_tanh", knots=[-1, 1], slopes=[0, 1, 0], value=-1),
        piecewise_linear("hard_sigmoid", knots=[-3, 3], slopes=[0, Fraction(1, 6), 0], value=0),
        piecewise_linear("leaky_relu", knots=[0], slopes=[Fraction(1, 100), 1], value=0),
        Smooth(
            "tanh",
            np.tanh,
            Fraction(1),
            derivative=(Fraction(1), Fraction(0), Fraction(-1)),
            open_range=(Fraction(-1), Fraction(1)),
        ),
        Smooth(
            "logistic",
            _logistic,
            Fraction(1, 4),
            Fraction(1, 2),
            derivative=(Fraction(0), Fraction(1), Fraction(-1)),
            open_range=(Fraction(0), Fraction(1)),
        ),
        Smooth("softplus", _softplus, Fraction(1), None),
        Smooth("elu", _elu, Fraction(1)),
        Smooth("selu", _selu, Fraction(17581, 10000)),
        Smooth("gelu", _gelu, Fraction(113, 100)),
        Smooth("silu", _silu, Fraction(11, 10)),
        Smooth("mish", _mish, Fraction(11, 10)),
        Smooth("sin", np.sin, Fraction(1)),
    )
}


def activation(name: str | Activation) -> Activation:
    """Return the activation of that name.

    Piecewise linear: ``relu``, ``relu6``, ``hard_tanh``, ``hard_sigmoid`` (``relu6(z + 3) / 6``),
    ``leaky_relu`` (slope 1/100).  Smooth: ``tanh``, ``logistic``, ``softplus``, ``elu``, ``selu``,
    ``gelu``, ``silu``, ``mish``, ``sin``.

    Raises
    ------
    InputError
        If the name is unknown, or the activation is of a type of your own, which might say anything
        about itself.

    Examples
    --------
    >>> activation("hard_tanh").lipschitz
    Fraction(1, 1)
    """
    if isinstance(name, Activation):
        if type(name) not in (PiecewiseLinear, Smooth):
            raise InputError(
                f"activation is of the type {type(name).__name__}; expected a PiecewiseLinear or "
                f"Smooth one, not given by exact data in any other way"
            )
        name.__post_init__()  # a name that was reserved after the activation was made
        return name
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        known = ", ".join(_ACTIVATIONS)
        raise InputError(f"activation is {shorten(name)}; expected one of: {known}")
    return _ACTIVATIONS[name]


def is_registered(phi: Activation) -> bool:
    """Tell whether this is a built-in activation, so that its name says everything about it."""
    return _ACTIVATIONS.get(phi.name) == phi
