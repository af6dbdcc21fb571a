"""Positive diagonal scalings that make a transition matrix contractive, or a proof of none.

ReLU commutes with a positive diagonal E, so a network may be replaced by
``(E W E^{-1}, E F, E b, C E^{-1}, E h_init)`` with the same outputs.  Strict contractivity is an
open condition, so if any E works a rational one does: floating point proposes, exact arithmetic
certifies.

That no E works has an exact dual proof, see :mod:`urnn_proofs.checks.exact.similarity`.

An E works for W if and only if one works for every irreducible diagonal block: a large enough
factor from one block to the next makes what is between them small.  So the searches see one
balanced block at a time, and a dual proof for a block, filled up with zeros, is one for W.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from urnn_proofs.checks.exact.contractive import is_contractive
from urnn_proofs.checks.exact.similarity import (
    Scaling,
    Vectors,
    refutes_every_scaling,
    scale_matrix,
)
from urnn_proofs.guesses.components import Part, strong_parts
from urnn_proofs.guesses.scaling.balance import Array, balance, scaled, scaled_norm
from urnn_proofs.guesses.scaling.dual_proof import carry, from_eigenvector, from_matrix
from urnn_proofs.guesses.scaling.interior_point import widest_margin
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["NoScaling", "find_scaling", "log2", "round_scaling"]

_ENOUGH = 0.9
_BITS = (0, 3, 8, 16, 40)


@dataclass(frozen=True)
class NoScaling:
    """Vectors that :func:`~urnn_proofs.checks.exact.similarity.refutes_every_scaling` accepts."""

    dual: Vectors


class _Refuted(Exception):  # noqa: N818
    """A dual proof was found, which ends the search at any depth."""

    def __init__(self, dual: Vectors) -> None:
        super().__init__()
        self.dual = dual


def find_scaling(W: RationalMatrix) -> Scaling | NoScaling:
    """Return positive rationals e with ``||diag(e) W diag(e)^{-1}|| < 1``, or a proof of none.

    Parameters
    ----------
    W
        A square matrix with entries in the range of float64.

    Raises
    ------
    UndecidedError
        If neither was found.

    Examples
    --------
    >>> W = RationalMatrix.parse([[0, 10], [0, 0]], "W")
    >>> is_contractive(scale_matrix(W, find_scaling(W)))
    True
    """
    floats = W.to_numpy()
    if not np.isfinite(floats).all():
        raise UndecidedError(
            "W has entries beyond the range of float64, where no scaling is searched; rescale the "
            "states by hand first"
        )
    try:
        with np.errstate(all="ignore"):
            return _search(W, floats)
    except _Refuted as found:
        return NoScaling(found.dual)
    except np.linalg.LinAlgError as error:
        raise UndecidedError(f"the search for a scaling broke down: {error}") from None


class _Found(NamedTuple):
    """The best scaling of one block, as base-2 logarithms, and its norm in floating point."""

    logarithms: Array
    norm: float


def _search(W: RationalMatrix, floats: Array) -> Scaling:
    parts = strong_parts(W)
    logarithms, levels = np.zeros(len(floats)), np.zeros(len(floats))
    worst, doubt = 0.0, None
    for part in parts:
        states = list(part.states)
        try:
            found = _scale_part(W, floats, part)
        except UndecidedError as error:  # another part may still refute every scaling
            doubt = error
            continue
        logarithms[states], levels[states] = found.logarithms, part.level
        worst = max(worst, found.norm)
    if doubt is not None:
        raise doubt
    if worst < 1:
        for guess in _spread(floats, logarithms, levels, (1 + worst) / 2):
            scaling = _certified(W, floats, guess)
            if scaling is not None:
                return scaling
    raise UndecidedError(
        f"the best scaling found has ||E W E^-1|| of about {worst:.6g}, and no exact proof that "
        f"none is below 1; shrink W slightly"
    )


def _spread(floats: Array, logarithms: Array, levels: Array, target: float) -> Iterator[Array]:
    """Put a factor between the levels that makes what connects them small, and no larger one.

    The norm only falls as the factor grows: its logarithm is convex in that of the factor, and
    bounded.
    """
    if not levels.any():
        yield logarithms
        return
    high = 1
    while scaled_norm(floats, logarithms + high * levels) > target:
        if high > 4096:
            return
        high *= 2
    low = -1 if high == 1 else high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if scaled_norm(floats, logarithms + middle * levels) > target:
            low = middle
        else:
            high = middle
    for step in (high, high + 1, 2 * high + 2):
        yield logarithms + step * levels


def _certified(W: RationalMatrix, floats: Array, guess: Array) -> Scaling | None:
    """Round to few bits, keeping half of the distance to 1, and certify."""
    norm = scaled_norm(floats, guess)
    if norm > 1 - 1e-11 and len(guess) > 16:
        return None  # most likely 1 but for rounding, and exact elimination takes long
    target = (1 + norm) / 2
    for bits in _BITS:
        scaling = round_scaling(guess, bits)
        logarithms = np.array([log2(e) for e in scaling])
        if scaled_norm(floats, logarithms) > target:
            continue
        try:
            if is_contractive(scale_matrix(W, scaling)):
                return scaling
        except UndecidedError:
            continue
    return None


def log2(value: Fraction) -> float:
    """Return the base-2 logarithm of a positive rational, however long it is written."""
    return math.log2(value.numerator) - math.log2(value.denominator)


def round_scaling(logarithms: Array, bits: int) -> Scaling:
    """Return about ``2^x`` for each x, with *bits* bits after the leading one.

    The smallest becomes about 1.

    Examples
    --------
    >>> round_scaling(np.array([0.0, 1.58, 3.0]), 2)
    (Fraction(1, 1), Fraction(3, 1), Fraction(8, 1))
    """
    result = []
    for x in logarithms - logarithms.min():
        whole = math.floor(x) if bits else round(float(x))
        mantissa = round(2.0 ** (float(x) - whole + bits)) if bits else 1
        result.append(mantissa * Fraction(2) ** (whole - bits))
    return tuple(result)


def _scale_part(W: RationalMatrix, floats: Array, part: Part) -> _Found:
    """Scale one irreducible block; ends the search if it has a dual proof."""
    n, states = W.shape[0], part.states
    if len(states) == 1:
        entry = abs(W[states[0], states[0]])
        if entry >= 1:
            _refuse_with(W, carry(((Fraction(1),),), np.zeros(1), states, n))
        return _Found(np.zeros(1), min(float(entry), np.nextafter(1, 0)))
    block = floats[np.ix_(states, states)]
    x = balance(block)
    A = scaled(block, x)
    for vectors in from_eigenvector(A):
        _refuse_with(W, carry(vectors, x, states, n))
    best = min(_measured(block, 0 * x), _measured(block, x), key=_norm_of)
    if best.norm < _ENOUGH:
        return best
    dual: Array | None = None
    try:
        for proposal in widest_margin(A):
            best = min(best, _measured(block, x + proposal.logarithms), key=_norm_of)
            dual = proposal.dual
        if best.norm >= 1 - 1e-6 and dual is not None:
            for vectors in from_matrix(A, dual):
                _refuse_with(W, carry(vectors, x, states, n))
    except np.linalg.LinAlgError as error:
        if best.norm >= 1:
            raise UndecidedError(f"the search for a scaling broke down: {error}") from None
    return best


def _measured(block: Array, logarithms: Array) -> _Found:
    return _Found(logarithms, scaled_norm(block, logarithms))


def _norm_of(found: _Found) -> float:
    return found.norm


def _refuse_with(W: RationalMatrix, vectors: Vectors) -> None:
    """End the search if the vectors prove that there is no scaling."""
    if refutes_every_scaling(W, vectors):
        raise _Refuted(vectors)
