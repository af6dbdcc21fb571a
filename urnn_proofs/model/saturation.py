"""Limits of activations: where phi tends to a constant, and how fast, by exact numbers.

All numbers here are rational.  For a built-in smooth activation they are theorems about its
function, each with its proof below; for a piecewise linear one they follow from its data.  One that
a user declares as :class:`~urnn_proofs.model.activation.Smooth` has none: nothing here checks what
its function does far out.

A *limit* at the left end says: for every ``B >= least`` and every ``z <= -B``,

    ``|phi(z) - value| <= factor * B^degree / (shift + exp(rate * B^power))``,

and at the right end so for every ``z >= B``.  Proofs, with t = -z >= B > 0 (the right end of tanh
and of the logistic function is the left one of ``-phi(-z)`` and ``1 - phi(-z)``):

*tanh*, value -1: ``1 + tanh(z) = 2 / (1 + exp(2t))``, which falls with t.
*logistic*, value 0: ``phi(z) = 1 / (1 + exp(t))``.
*softplus*, value 0: ``log(1 + exp(-t)) <= exp(-t)``.
*ELU*, value -1: ``phi(z) + 1 = exp(-t)``.  *SELU*, value ``-l a``: ``phi(z) + l a = l a exp(-t)``.
*SiLU*, value 0: ``|phi(z)| = t / (1 + exp(t)) <= t exp(-t)``, which falls for t >= 1 = least.
*Mish*, value 0: ``|phi(z)| = t tanh(softplus(-t)) <= t softplus(-t) <= t exp(-t)``, as for SiLU.
*GELU*, value 0: ``t Phi(-t) <= exp(-t^2/2) / sqrt(2 pi)`` (``x >= t`` under the integral of the
normal density), and ``1/sqrt(2 pi) < 2/5``.

Slopes: tanh' = 1 - tanh^2 <= 1; logistic' = s (1 - s) <= 1/4; softplus' = logistic < 1; ELU' is 1
or exp(z) <= 1; SELU' is l or l a exp(z) <= l a.  GELU, SiLU and Mish are z times a number in
(0, 1), so that they have the sign of z and ``|phi(z)| <= |z|``; the others increase.  What else
stands below (slopes and least values of GELU, SiLU and Mish, log 2 < 7/10) was shown by interval
arithmetic in ``tests/model/test_saturation.py``, which covers the whole line.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from urnn_proofs.model.activation import Activation, PiecewiseLinear, is_registered

__all__ = ["SELU_ALPHA", "SELU_SCALE", "Limit", "Saturation", "saturation"]

Side = Literal["left", "right"]

#: The constants of SELU, the decimals that its authors and PyTorch give, as exact numbers.
SELU_ALPHA = Fraction("1.6732632423543772848170429916717")
SELU_SCALE = Fraction("1.0507009873554804934193349852946")


@dataclass(frozen=True)
class Limit:
    """The limit of phi at one end; see the head of this module for what the numbers say."""

    side: Side
    value: Fraction
    factor: Fraction
    degree: int = 0
    shift: int = 0
    rate: Fraction = Fraction(1)
    power: int = 1
    least: Fraction = Fraction(0)


@dataclass(frozen=True)
class Saturation:
    """What the construction within epsilon needs to know about phi.

    Parameters
    ----------
    limits
        At least one, the one to be preferred first.
    low, high
        ``low <= phi <= high``; None where phi is unbounded.
    at_zero
        An upper bound of ``|phi(0)|``.
    growth
        G with ``|phi(z)| <= at_zero + G |z|``.
    lipschitz
        L with ``|phi(s) - phi(t)| <= L |s - t|``.

    Besides, ``phi(z) <= at_zero`` for ``z <= 0``, and ``phi(z) >= -at_zero`` for ``z >= 0``.
    """

    limits: tuple[Limit, ...]
    low: Fraction | None
    high: Fraction | None
    at_zero: Fraction
    growth: Fraction
    lipschitz: Fraction

    def at(self, side: str) -> Limit | None:
        """Return the limit at that end, None if there is none."""
        return next((limit for limit in self.limits if limit.side == side), None)


_ZERO, _ONE, _HALF = Fraction(0), Fraction(1), Fraction(1, 2)
_SELU = SELU_ALPHA * SELU_SCALE
_FAST = Limit("left", _ZERO, _ONE, degree=1, least=_ONE)  # t exp(-t)

# Limits, range, and a bound of |phi(0)|; the slopes are those of the activations themselves.
_SMOOTH: dict[str, tuple[tuple[Limit, ...], Fraction | None, Fraction | None, Fraction]] = {
    "tanh": (
        (
            Limit("left", -_ONE, Fraction(2), shift=1, rate=Fraction(2)),
            Limit("right", _ONE, Fraction(2), shift=1, rate=Fraction(2)),
        ),
        -_ONE,
        _ONE,
        _ZERO,
    ),
    "logistic": (
        (Limit("left", _ZERO, _ONE, shift=1), Limit("right", _ONE, _ONE, shift=1)),
        _ZERO,
        _ONE,
        _HALF,
    ),
    "softplus": ((Limit("left", _ZERO, _ONE),), _ZERO, None, Fraction(7, 10)),
    "elu": ((Limit("left", -_ONE, _ONE),), -_ONE, None, _ZERO),
    "selu": ((Limit("left", -_SELU, _SELU),), -_SELU, None, _ZERO),
    "gelu": (
        (Limit("left", _ZERO, Fraction(2, 5), rate=_HALF, power=2),),
        Fraction(-17, 100),
        None,
        _ZERO,
    ),
    "silu": ((_FAST,), Fraction(-279, 1000), None, _ZERO),
    "mish": ((_FAST,), Fraction(-309, 1000), None, _ZERO),
}


def saturation(phi: Activation) -> Saturation | None:
    """Return what is known about the ends of phi; None if it has no limit, or none is known.

    Examples
    --------
    >>> from urnn_proofs.model.activation import activation
    >>> [limit.value for limit in saturation(activation("tanh")).limits]
    [Fraction(-1, 1), Fraction(1, 1)]
    >>> saturation(activation("relu")).limits[0].factor  # it is constant there
    Fraction(0, 1)
    >>> saturation(activation("leaky_relu")) is None
    True
    """
    if type(phi) is PiecewiseLinear:
        return _piecewise_linear(phi)
    if phi.name not in _SMOOTH or not is_registered(phi):
        return None
    limits, low, high, at_zero = _SMOOTH[phi.name]
    growth = _ONE if phi.name in ("gelu", "silu", "mish") else phi.lipschitz
    return Saturation(limits, low, high, at_zero, growth, phi.lipschitz)


def _piecewise_linear(phi: PiecewiseLinear) -> Saturation | None:
    """Read everything from knots and slopes, if phi is increasing: its tail is 0."""
    limits = tuple(
        Limit(f.side, f.value, _ZERO, least=max(-f.end if f.side == "left" else f.end, _ZERO))
        for f in phi.flat
    )
    if not limits or min(phi.slopes) < 0:
        return None
    first, last = phi.slopes[0], phi.slopes[-1]
    low = None if first > 0 else phi.values[0]
    high = None if last > 0 else phi.values[-1]
    return Saturation(limits, low, high, abs(phi.at_zero), phi.lipschitz, phi.lipschitz)
