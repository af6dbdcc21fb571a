"""The two kinds of activations: piecewise linear by exact data, smooth by a function.

Whatever is proved about a :class:`PiecewiseLinear` activation rests on its exact data and nothing
else: ReLU and its bounded kin, or one that a user declares.  A :class:`Smooth` one that a user
declares comes with data about its function; what can be checked about them is, and the rest is an
assumption that every answer resting on it lists.  No decision rests on a name: the built-in names
are reserved for the built-in data.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np

from urnn_proofs.model.autonomous import check_solution
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import exact_number, exact_numbers, shorten, show_fields, show_number

__all__ = ["Activation", "Flat", "PiecewiseLinear", "Smooth", "piecewise_linear", "reserve"]

Array = np.ndarray[Any, np.dtype[np.float64]]


_RESERVED: dict[str, Activation] = {}
_LONGEST_NAME = 64


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
        What networks, files and reports call it; a short identifier.  The names of built-in
        activations are reserved for them.

    Raises
    ------
    InputError
        If the name is none, or that of a built-in activation with other data.
    """

    name: str

    def __post_init__(self) -> None:
        name = self.name
        short = type(name) is str and name.isascii() and len(name) <= _LONGEST_NAME
        if not short or not name.isidentifier():
            raise InputError(
                f"name is {shorten(name)}; expected a short name such as 'my_activation'"
            )
        if _RESERVED.get(name, self) != self:
            raise InputError(
                f"name is {name!r}, which is kept for the built-in activation, and this one has "
                f"other data; expected another name"
            )

    @property
    def assumption(self) -> str | None:
        """What nothing here checks about it; None if its data say everything, or it is built in."""
        return None

    @cached_property
    def is_relu(self) -> bool:
        """Whether this is ``max(z, 0)``, whatever its name."""
        return False

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
        super().__post_init__()
        if not all(type(x) is Fraction for x in (*self.knots, *self.slopes, self.value)):
            raise InputError(
                "knots, slopes and value are not all of type Fraction; use piecewise_linear, which "
                "takes any exact numbers"
            )
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

    @cached_property
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
        result: Array
        if self.is_relu:  # the same values, faster: long simulations spend their time here
            result = np.maximum(z, 0.0)
            return result
        knots, values, low, high = self._floats
        result = np.interp(z, knots, values)
        # A slope of 0 is left out, so that infinite arguments stay meaningful.
        if low:
            result = result + low * np.minimum(z - knots[0], 0.0)
        if high:
            result = result + high * np.maximum(z - knots[-1], 0.0)
        return result

    @cached_property
    def _floats(self) -> tuple[Array, Array, float, float]:
        """Knots, values and outer slopes, rounded once: a simulation asks at every step."""
        knots, values = (np.array([float(x) for x in row]) for row in (self.knots, self.values))
        return knots, values, float(self.slopes[0]), float(self.slopes[-1])


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
        The open interval of values of such a phi; goes with *derivative*.

    Raises
    ------
    InputError
        If the data contradict each other: see :mod:`urnn_proofs.model.autonomous`.  That *function*
        is what they describe is not checked, and remains an :attr:`assumption`.
    """

    function: Callable[[Array], Array]
    slope_bound: Fraction
    value_at_zero: Fraction | None = Fraction(0)
    derivative: tuple[Fraction, ...] | None = None
    open_range: tuple[Fraction, Fraction] | None = None

    __repr__ = show_fields

    def __post_init__(self) -> None:
        super().__post_init__()
        p, values, start = self.derivative, self.open_range, self.value_at_zero
        if not callable(self.function):
            raise InputError(f"function is {shorten(self.function)}; expected a function of arrays")
        if (p is None) != (values is None) or (values is not None and len(values) != 2):
            raise InputError("derivative and open_range go together; expected both or neither")
        numbers = (self.slope_bound, *(p or ()), *(values or ()))
        if not all(type(x) is Fraction for x in (*numbers, start or Fraction(0))):
            raise InputError(
                "slope_bound, value_at_zero, derivative and open_range are not all of type "
                "Fraction; expected exact numbers"
            )
        if self.slope_bound <= 0:
            raise InputError(
                f"slope_bound is {show_number(self.slope_bound)}; expected a positive number"
            )
        if p is not None and values is not None:
            check_solution(p, values, start, self.slope_bound)

    def __eq__(self, other: object) -> bool:
        # A function may call itself equal to any other: only the same object is the same function.
        return (
            isinstance(other, Smooth)
            and type(other) is type(self)
            and other.function is self.function
            and (other.name, other.slope_bound, other.value_at_zero)
            == (self.name, self.slope_bound, self.value_at_zero)
            and (other.derivative, other.open_range) == (self.derivative, self.open_range)
        )

    @property
    def assumption(self) -> str | None:
        """What nothing here checks about it; None if it is built in."""
        if _RESERVED.get(self.name) == self:
            return None
        facts = f"slopes of at most {show_number(self.slope_bound)}"
        if self.derivative is not None and self.open_range is not None:
            terms = (f"({show_number(c)}) phi^{k}" for k, c in enumerate(self.derivative) if c)
            low, high = map(show_number, self.open_range)
            facts += f", phi' = {' + '.join(terms)} and values in ({low}, {high})"
        return f"{self.name}, as it was declared: its function has {facts}"

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
        If a number is not finite and exact, the lengths do not fit, or the name is that of a
        built-in activation with other data.

    Examples
    --------
    >>> hat = piecewise_linear("saturating", knots=[0, 2], slopes=[0, 0.5, 0], value=0)
    >>> hat.exact(Fraction(1)), hat.bound
    (Fraction(1, 2), Fraction(1, 1))
    """
    return PiecewiseLinear(
        name,
        exact_numbers(knots, "knots"),
        exact_numbers(slopes, "slopes"),
        exact_number(value, "value"),
    )


def reserve(phi: Activation) -> Activation:
    """Keep the name of a built-in activation for its data."""
    _RESERVED[phi.name] = phi
    return phi


def _shown(values: Sequence[Fraction]) -> str:
    return ", ".join(map(show_number, values)) or "empty"
