"""The two kinds of activations: piecewise linear by exact data, smooth by name.

Whatever is proved about a :class:`PiecewiseLinear` activation rests on its exact data and nothing
else: ReLU and its bounded kin, or one that a user declares.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import numpy as np

from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import exact_number, exact_numbers, shorten, show_fields, show_number

__all__ = ["Activation", "Flat", "PiecewiseLinear", "Smooth", "piecewise_linear"]

Array = np.ndarray[Any, np.dtype[np.float64]]


class Flat(NamedTuple):
    """A half-line on which phi is constant: ``phi(z) = value`` on that *side* of *end*."""

    side: Literal["left", "right"]
    end: Fraction
    value: Fraction


@dataclass(frozen=True)
class Activation:
    """An entrywise activation ``phi``; see the two kinds.

    Parameters
    ----------
    name
        What networks, files and reports call it.
    """

    name: str

    @property
    def lipschitz(self) -> Fraction:
        """The least L with ``|phi(s) - phi(t)| <= L |s - t|``; non-expansive means at most 1."""
        raise NotImplementedError

    @property
    def at_zero(self) -> Fraction:
        """``phi(0)``."""
        raise NotImplementedError

    @property
    def flat(self) -> tuple[Flat, ...]:
        """The half-lines on which phi is constant; a gate needs one."""
        return ()

    @property
    def derivative(self) -> tuple[Fraction, ...] | None:
        """``(p_0, p_1, ...)`` with ``phi' = p_0 + p_1 phi + p_2 phi^2 + ...``, if there is one."""
        return None

    @property
    def open_range(self) -> tuple[Fraction, Fraction] | None:
        """The open interval of values of phi, if ``derivative`` is known."""
        return None

    def numpy(self, z: Array) -> Array:
        """Evaluate in float64, entrywise."""
        raise NotImplementedError

    def exact(self, z: Fraction) -> Fraction:
        """Evaluate exactly.

        Raises
        ------
        UnsupportedError
            If rationals do not map to rationals.
        """
        raise UnsupportedError(
            f"exact simulation needs rational values; {self.name} has others at most rationals"
        )


@dataclass(frozen=True)
class PiecewiseLinear(Activation):
    """A continuous piecewise linear activation, by its exact data.

    Parameters
    ----------
    name
        What networks, files and reports call it.
    knots
        Where the slope changes, increasing, at least one.
    slopes
        The slope left of all knots, between neighbours, and right of all: one more than knots.
    value
        phi at the first knot.

    Use :func:`piecewise_linear` to declare one from plain numbers.
    """

    knots: tuple[Fraction, ...]
    slopes: tuple[Fraction, ...]
    value: Fraction

    __repr__ = show_fields

    def __post_init__(self) -> None:
        if not self.knots or list(self.knots) != sorted(set(self.knots)):
            raise InputError(
                f"knots are {_shown(self.knots)}; expected at least one, in increasing order"
            )
        if len(self.slopes) != len(self.knots) + 1:
            raise InputError(
                f"slopes has {len(self.slopes)} entries; expected {len(self.knots) + 1}, one more "
                f"than knots"
            )

    @property
    def values(self) -> tuple[Fraction, ...]:
        """Phi at the knots."""
        found = [self.value]
        for slope, left, right in zip(self.slopes[1:], self.knots, self.knots[1:], strict=False):
            found.append(found[-1] + slope * (right - left))
        return tuple(found)

    @property
    def lipschitz(self) -> Fraction:
        """The largest absolute slope."""
        return max(abs(s) for s in self.slopes)

    @property
    def at_zero(self) -> Fraction:
        """``phi(0)``."""
        return self.exact(Fraction(0))

    @property
    def flat(self) -> tuple[Flat, ...]:
        """The half-lines on which phi is constant, one with value 0 first."""
        found = []
        if self.slopes[0] == 0:
            found.append(Flat("left", self.knots[0], self.value))
        if self.slopes[-1] == 0:
            found.append(Flat("right", self.knots[-1], self.values[-1]))
        return tuple(sorted(found, key=lambda f: f.value != 0))

    @property
    def bound(self) -> Fraction | None:
        """The maximum of ``|phi|``, None if it is unbounded."""
        if self.slopes[0] != 0 or self.slopes[-1] != 0:
            return None
        return max(abs(v) for v in self.values)

    @property
    def homogeneous(self) -> bool:
        """Whether ``phi(e z) = e phi(z)`` for every e > 0: ReLU and its leaky kin."""
        return len(self.knots) == 1 and self.knots[0] == self.value == 0

    @property
    def is_relu(self) -> bool:
        """Whether this is ``max(z, 0)``, whatever its name."""
        return self.homogeneous and self.slopes[0] == 0 and self.slopes[1] == 1

    def exact(self, z: Fraction) -> Fraction:
        """Evaluate exactly."""
        piece = bisect(self.knots, z)
        k = max(piece - 1, 0)
        return self.values[k] + self.slopes[piece] * (z - self.knots[k])

    def slope(self, z: Fraction) -> Fraction | None:
        """Return the derivative; None at a knot."""
        return None if z in self.knots else self.slopes[bisect(self.knots, z)]

    def numpy(self, z: Array) -> Array:
        """Evaluate in float64, entrywise."""
        knots = np.array([float(t) for t in self.knots])
        result: Array = np.interp(z, knots, [float(v) for v in self.values])
        # A slope of 0 is left out, so that infinite arguments stay meaningful.
        if self.slopes[0]:
            result = result + float(self.slopes[0]) * np.minimum(z - knots[0], 0.0)
        if self.slopes[-1]:
            result = result + float(self.slopes[-1]) * np.maximum(z - knots[-1], 0.0)
        return result


@dataclass(frozen=True)
class Smooth(Activation):
    """A smooth activation: constant on no interval, so no gate can be built from it.

    Parameters
    ----------
    name
        What networks, files and reports call it.
    function
        Float64 evaluation, entrywise.
    slope_bound
        The largest absolute slope, or a rational slightly above it.
    value_at_zero
        ``phi(0)``; None if it is irrational.
    derivative
        Coefficients ``(p_0, p_1, ...)`` with ``phi' = p_0 + p_1 phi + p_2 phi^2 + ...``; None if
        the derivative is no polynomial in the value.
    open_range
        The open interval of values of such a phi.
    """

    function: Callable[[Array], Array]
    slope_bound: Fraction
    value_at_zero: Fraction | None = Fraction(0)
    derivative: tuple[Fraction, ...] | None = None
    open_range: tuple[Fraction, Fraction] | None = None

    __repr__ = show_fields

    @property
    def lipschitz(self) -> Fraction:
        """The largest absolute slope, or a rational slightly above it."""
        return self.slope_bound

    @property
    def at_zero(self) -> Fraction:
        """``phi(0)``."""
        if self.value_at_zero is None:
            raise UnsupportedError(f"{self.name}(0) is irrational; expected a rational value")
        return self.value_at_zero

    def numpy(self, z: Array) -> Array:
        """Evaluate in float64, entrywise."""
        return self.function(z)


def piecewise_linear(
    name: str, *, knots: Sequence[Any], slopes: Sequence[Any], value: Any
) -> PiecewiseLinear:
    """Declare a piecewise linear activation.

    Parameters
    ----------
    name
        A name for reports and files.
    knots
        Where the slope changes, increasing.
    slopes
        One more than knots: left of all, between neighbours, right of all.
    value
        phi at the first knot.

    Raises
    ------
    InputError
        If a number is not finite and exact, or the lengths do not fit.

    Examples
    --------
    >>> hat = piecewise_linear("saturating", knots=[0, 2], slopes=[0, 0.5, 0], value=0)
    >>> hat.exact(Fraction(1)), hat.bound
    (Fraction(1, 2), Fraction(1, 1))
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError(f"name is {shorten(name)}; expected a name such as 'my_activation'")
    return PiecewiseLinear(
        name,
        exact_numbers(knots, "knots"),
        exact_numbers(slopes, "slopes"),
        exact_number(value, "value"),
    )


def _shown(values: Sequence[Fraction]) -> str:
    return ", ".join(map(show_number, values)) or "empty"
