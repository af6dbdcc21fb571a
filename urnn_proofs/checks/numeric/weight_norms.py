"""Norms of all weights of a network, and of the difference of two: what the bounds are made of."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.norm_source import Matrix, NormSource
from urnn_proofs.model.errors import InputError, UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import exact_number
from urnn_proofs.model.rational import RationalMatrix

__all__ = [
    "Differences",
    "Gates",
    "Norms",
    "differences",
    "distance",
    "gates",
    "network_norms",
    "same_weights",
    "upper_part",
]


@dataclass(frozen=True)
class Norms:
    """Sizes of a network, and upper bounds of the norms of its weights.

    ``W``, ``F``, ``C`` bound spectral norms, ``b`` and ``h_init`` Euclidean ones; ``W_abs``,
    ``F_abs``, ``C_abs`` bound the spectral norms of the absolute values, in which rounding errors
    are expressed, and ``b_abs`` that of ``|b| + |second bias|``.
    """

    states: int
    inputs: int
    outputs: int
    W: Fraction
    W_abs: Fraction
    F: Fraction
    F_abs: Fraction
    b: Fraction
    b_abs: Fraction
    C: Fraction
    C_abs: Fraction
    h_init: Fraction


@dataclass(frozen=True)
class Differences:
    """Upper bounds of the norms of the differences of the weights of two networks."""

    W: Fraction
    F: Fraction
    b: Fraction
    C: Fraction
    h_init: Fraction


@dataclass(frozen=True)
class Gates:
    """The units below the first n, which are to stay at 0.

    Parameters
    ----------
    units
        Their number r.
    rows, inputs
        Upper bounds of the norms of their rows of U (columns of the first n units only) and F.
    highest, lowest
        The largest and the smallest of their biases.
    start_at_zero
        Whether their initial state is 0.
    """

    units: int
    rows: Fraction
    inputs: Fraction
    highest: Fraction
    lowest: Fraction
    start_at_zero: bool


def upper_part(net: FloatNetwork, n: int) -> FloatNetwork:
    """Return the network of the first n units alone.

    Raises
    ------
    InputError
        If there are fewer than n units.
    """
    if net.states < n:
        raise InputError(f"the weights have {net.states} states; expected at least {n}")
    second = None if net.second_bias is None else net.second_bias[:n]
    return FloatNetwork(
        net.W[:n, :n], net.F[:n], net.b[:n], net.C[:, :n], net.h_init[:n], net.activation, second
    )


def network_norms(
    net: RNN | FloatNetwork, source: NormSource, bias_sizes: RationalMatrix | None = None
) -> Norms:
    """Bound the norms of all weights of a network with rational or float weights.

    Parameters
    ----------
    bias_sizes
        The sizes of its biases, (n, 1), where they are not those of ``net.b`` alone.
    """
    b = source.spectral(_bias(net))
    return Norms(
        states=net.states,
        inputs=net.inputs,
        outputs=net.outputs,
        W=source.spectral(net.W),
        W_abs=source.absolute(net.W),
        F=source.spectral(net.F),
        F_abs=source.absolute(net.F),
        b=b,
        b_abs=b if bias_sizes is None else source.spectral(bias_sizes),
        C=source.spectral(net.C),
        C_abs=source.absolute(net.C),
        h_init=source.spectral(_column(net.h_init)),
    )


def differences(stored: RNN | FloatNetwork, wanted: RNN, source: NormSource) -> Differences:
    """Bound the norms of ``stored - wanted``; the differences themselves are exact."""
    pairs = {name: (getattr(stored, name), getattr(wanted, name)) for name in ("F", "C")}
    pairs["W"] = (stored.W, wanted.W)
    pairs["b"] = (_bias(stored), wanted.b)
    pairs["h_init"] = (_column(stored.h_init), wanted.h_init)
    return Differences(**{name: distance(*pair, source) for name, pair in pairs.items()})


def same_weights(first: FloatNetwork, second: FloatNetwork) -> bool:
    """Tell whether all weights are the same numbers."""
    names = ("W", "F", "b", "C", "h_init")
    same = all(np.array_equal(getattr(first, k), getattr(second, k)) for k in names)
    return same and np.array_equal(*(_second(net) for net in (first, second)))


def gates(
    net: FloatNetwork,
    n: int,
    source: NormSource,
    weighting: tuple[Fraction, ...] | None = None,
) -> Gates:
    """Measure the units after the first n; their rows over states that are measured as ``S h``.

    Raises
    ------
    UndecidedError
        If one of them has a second bias, which the bounds do not cover.
    """
    zero = Fraction(0)
    if net.states == n:
        return Gates(0, zero, zero, zero, zero, True)
    if net.second_bias is not None and net.second_bias[n:].any():
        raise UndecidedError(
            "a lower unit has a second bias that is not 0; expected all of its bias in the first"
        )
    bias = net.b[n:]
    return Gates(
        units=net.states - n,
        rows=source.largest_row(_unweighted(net.W[n:, :n], weighting)),
        inputs=source.largest_row(net.F[n:]),
        highest=exact_number(bias.max(), "b"),
        lowest=exact_number(bias.min(), "b"),
        start_at_zero=not net.h_init[n:].any(),
    )


def _bias(net: RNN | FloatNetwork) -> Matrix:
    if isinstance(net, RNN) or net.second_bias is not None:
        return net.b if isinstance(net, RNN) else net.exact_bias
    return _column(net.b)


def _second(net: FloatNetwork) -> Any:
    return np.zeros_like(net.b) if net.second_bias is None else net.second_bias


def _column(vector: Any) -> Matrix:
    if isinstance(vector, RationalMatrix):
        return vector
    column: np.ndarray[Any, Any] = vector[:, None]
    return column


def _unweighted(rows: Matrix, weighting: tuple[Fraction, ...] | None) -> Matrix:
    """Return ``A S^-1``: ``|a . h| <= ||a S^-1|| ||S h||``."""
    if weighting is None:
        return rows
    exact = RationalMatrix.parse(rows, "W").to_fractions()
    return RationalMatrix.from_fractions(
        [[a / s for a, s in zip(row, weighting, strict=True)] for row in exact]
    )


def distance(stored: Matrix, wanted: RationalMatrix, source: NormSource) -> Fraction:
    """Bound ``||stored - wanted||``; the difference itself is exact."""
    difference = RationalMatrix.parse(stored, "weights") - wanted
    return Fraction(0) if difference.is_zero() else source.spectral(difference)
