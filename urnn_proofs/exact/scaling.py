"""Positive diagonal scalings that make a transition matrix contractive, or a proof of none.

ReLU commutes with a positive diagonal E, so a network may be replaced by
``(E W E^{-1}, E F, E b, C E^{-1}, E h_init)`` with the same outputs.  Strict contractivity is an
open condition, so if any E works a rational one does: floating point searches (the logarithm of
``||E W E^{-1}||`` is convex in log E), exact arithmetic certifies.

That no E works has an exact dual proof: vectors z_1, ..., z_m, not all zero, with
``sum_k (W z_k)_i^2 >= sum_k (z_k)_i^2`` for every i.  For any positive diagonal P they give
``sum_k (W z_k)^T P (W z_k) >= sum_k z_k^T P z_k``, which contradicts ``W^T P W < P``.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.errors import NotContractiveError, UndecidedError
from urnn_proofs.exact.contractive import is_contractive
from urnn_proofs.rational import RationalMatrix

__all__ = ["find_scaling", "refutes_every_scaling", "scale_matrix"]

Array = np.ndarray[Any, np.dtype[np.float64]]
_ROUNDS = (2, 4, 8, 16, 32, 64, 128)
_STEPS = 60
_ENOUGH = 0.9


def scale_matrix(W: RationalMatrix, scaling: Sequence[Fraction]) -> RationalMatrix:
    """Return ``E W E^{-1}`` for ``E = diag(scaling)``, exactly."""
    rows = [
        [a * x / c for x, c in zip(row, scaling, strict=True)]
        for a, row in zip(scaling, W.to_fractions(), strict=True)
    ]
    return RationalMatrix.from_fractions(rows)


def refutes_every_scaling(W: RationalMatrix, vectors: Sequence[Sequence[Fraction]]) -> bool:
    """Check a dual proof exactly: see the module's docstring."""
    if not any(x for z in vectors for x in z):
        return False
    images = [
        [row[0] for row in (W @ RationalMatrix.column(list(z))).to_fractions()] for z in vectors
    ]
    return all(
        sum(image[i] ** 2 for image in images) >= sum(z[i] ** 2 for z in vectors)
        for i in range(W.shape[0])
    )


def find_scaling(W: RationalMatrix) -> tuple[Fraction, ...]:
    """Return positive rationals e with ``||diag(e) W diag(e)^{-1}|| < 1``, certified exactly.

    Raises
    ------
    NotContractiveError
        If no positive diagonal works; its ``dual`` holds the vectors that prove it.
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
        return _search(W, floats)
    except np.linalg.LinAlgError as error:
        raise UndecidedError(f"the search for a scaling broke down: {error}") from None


def _search(W: RationalMatrix, floats: Array) -> tuple[Fraction, ...]:
    """Search in floating point, decide in exact arithmetic."""
    _refuse_large_spectral_radius(W, floats)
    logarithms = np.zeros(len(floats))
    for power in _ROUNDS:
        logarithms = _descend(floats, logarithms, power)
        scaling = _rational_scaling(logarithms)
        if scaling is not None and _norm(floats, logarithms) < 1:
            try:
                if is_contractive(scale_matrix(W, scaling)):
                    return scaling
            except UndecidedError:
                continue
    _refuse_with(W, _dual_vectors(floats, logarithms))
    raise UndecidedError(
        f"the best scaling found has ||E W E^-1|| of about {_norm(floats, logarithms):.6g}, and no "
        f"exact proof that none is below 1; shrink W slightly"
    )


def _refuse_with(W: RationalMatrix, vectors: tuple[tuple[Fraction, ...], ...]) -> None:
    """Raise the refusal if the vectors prove it."""
    if vectors and refutes_every_scaling(W, vectors):
        raise NotContractiveError(
            "no positive diagonal E makes ||E W E^-1|| < 1 (the attached dual vectors prove it "
            "exactly)",
            dual=vectors,
        )


def _refuse_large_spectral_radius(W: RationalMatrix, floats: Array) -> None:
    """Try the dual proof from an eigenvector v of modulus at least 1, before any search.

    ``Z = Re(v v^*)`` has ``W Z W^T = |lambda|^2 Z``; rounding leaves it a proof unless
    ``|lambda|`` is 1 within rounding.
    """
    values, vectors = np.linalg.eig(floats)
    largest = int(np.argmax(np.abs(values)))
    if abs(values[largest]) >= 1 - 1e-9:
        parts = (vectors[:, largest].real, vectors[:, largest].imag)
        _refuse_with(W, tuple(_rounded(part, 2**60) for part in parts if part.any()))


def _rounded(vector: Array, limit: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(float(x)).limit_denominator(limit) for x in vector)


def _scaled(floats: Array, logarithms: Array) -> Array:
    with np.errstate(all="ignore"):
        scaled: Array = floats * np.exp(logarithms[:, None] - logarithms[None, :])
    return scaled


def _norm(floats: Array, logarithms: Array) -> float:
    scaled = _scaled(floats, logarithms)
    return float(np.linalg.norm(scaled, 2)) if np.isfinite(scaled).all() else float("inf")


def _weights(singular: Array, power: int) -> Array:
    """Weights of the singular values in the gradient of the smoothed logarithm of the norm."""
    relative = (singular / singular[0]) ** (2 * power)
    weights: Array = relative / relative.sum()
    return weights


def _smoothed(floats: Array, x: Array, power: int) -> float:
    """Return ``log tr((A^T A)^power) / (2 power)``, a convex function of x above ``log ||A||``."""
    scaled = _scaled(floats, x)
    if not np.isfinite(scaled).all():
        return float("inf")
    singular = np.linalg.svd(scaled, compute_uv=False)
    if singular[0] == 0:
        return -float("inf")
    total = ((singular / singular[0]) ** (2 * power)).sum()
    return float(np.log(singular[0]) + np.log(total) / (2 * power))


def _descend(floats: Array, x: Array, power: int) -> Array:
    """Minimise the smoothed logarithm by gradient steps that are halved until they descend.

    Stops early once the norm is comfortably below 1: extreme scalings only cost digits.
    """
    value, step = _smoothed(floats, x, power), 4.0
    for _ in range(_STEPS):
        if _norm(floats, x) < _ENOUGH:
            return x
        U, singular, Vt = np.linalg.svd(_scaled(floats, x))
        if singular[0] == 0:
            return x
        weights = _weights(singular, power)
        gradient = (U**2) @ weights - (Vt**2).T @ weights
        while step > 1e-9:
            candidate = np.clip(x - step * gradient, -300, 300)
            lower = _smoothed(floats, candidate, power)
            if lower < value:
                x, value, step = candidate, lower, min(2 * step, 4.0)
                break
            step /= 2
        else:
            return x
    return x


def _rational_scaling(logarithms: Array) -> tuple[Fraction, ...] | None:
    """Round ``exp(logarithms)`` to a few bits; the smallest becomes about 1."""
    shifted = logarithms - logarithms.min()
    if shifted.max() > 600:
        return None
    return tuple(Fraction(float(np.exp(x))).limit_denominator(256) for x in shifted)


def _dual_vectors(floats: Array, logarithms: Array) -> tuple[tuple[Fraction, ...], ...]:
    """Guess dual vectors from the top singular vectors at the best scaling found."""
    _, singular, Vt = np.linalg.svd(_scaled(floats, logarithms))
    weights = np.sqrt(_weights(singular, _ROUNDS[-1]))
    rows = [w * v * np.exp(-logarithms) for w, v in zip(weights, Vt, strict=True) if w > 1e-6]
    largest = max((float(np.abs(row).max()) for row in rows), default=0.0)
    if not np.isfinite(largest) or largest == 0:
        return ()
    return tuple(_rounded(row / largest, 2**30) for row in rows)
