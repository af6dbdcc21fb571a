"""Diagonal scalings in floating point: apply, measure, balance.  Nothing here decides anything.

A scaling ``E = diag(2^x)`` is handled through its base-2 logarithms x, so that neither a large E
nor a large quotient of two entries of W overflows before they meet.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Array", "Proposal", "balance", "scaled", "scaled_norm"]

Array = np.ndarray[Any, np.dtype[np.float64]]
_STEPS = 60
_SWEEPS = 4


class Proposal(NamedTuple):
    """What a search suggests for a square matrix A; floating point, to be certified.

    Parameters
    ----------
    logarithms
        Base-2 logarithms of the entries of E.
    dual
        A positive semidefinite Z with ``diag(A Z A^T) >= diag(Z)``, perhaps; None if there is
        no hint of one.
    """

    logarithms: Array
    dual: Array | None


def scaled(A: Array, logarithms: Array) -> Array:
    """Return ``E A E^{-1}`` for ``E = diag(2^logarithms)``; exact if they are integers."""
    with np.errstate(all="ignore"):
        mantissa, exponent = np.frexp(A)
        total = exponent + (logarithms[:, None] - logarithms[None, :])
        whole = np.floor(np.clip(total, -3000, 3000))
        result: Array = np.ldexp(mantissa * np.exp2(total - whole), whole.astype(int))
    return np.where(A == 0, 0.0, result)


def scaled_norm(A: Array, logarithms: Array) -> float:
    """Return ``||E A E^{-1}||``, infinite where it cannot be computed."""
    matrix = scaled(A, logarithms)
    if not np.isfinite(matrix).all():
        return float("inf")
    try:
        return float(np.linalg.norm(matrix, 2))
    except np.linalg.LinAlgError:
        return float("inf")


def balance(A: Array) -> Array:
    """Return integers x for which ``E A E^{-1}`` has about the least Frobenius norm.

    The square of that norm is convex in x (a sum of exponentials of differences), with a minimum
    if A is irreducible.  A few sweeps over the coordinates (Osborne 1960) do well however badly A
    is scaled, but carry little along a cycle; Newton steps, for which the Hessian is a graph
    Laplacian, do the rest.  None is longer than 2.

    Examples
    --------
    >>> A = np.array([[0.0, 1024.0], [0.25, 0.0]])
    >>> x = balance(A)
    >>> float(x[1] - x[0]), scaled_norm(A, x)
    (6.0, 16.0)
    """
    n = len(A)
    x = np.zeros(n)
    off = A - np.diag(np.diag(A))
    if not off.any():
        return x
    with np.errstate(divide="ignore"):
        logs = 2 * np.log(np.abs(off))
    for _ in range(_SWEEPS):
        _sweep(logs, x)
    weights, value = _normalised(logs, x)
    for _ in range(_STEPS):
        rows, columns = weights.sum(axis=1), weights.sum(axis=0)
        # The all-ones matrix removes the kernel of the Laplacian: adding a constant to x.
        laplacian = np.diag(rows + columns + 1e-13) - weights - weights.T + 1 / n
        try:
            step = np.linalg.solve(laplacian, (columns - rows) / 2)
        except np.linalg.LinAlgError:
            break
        largest = float(np.abs(step).max())
        if not np.isfinite(largest) or largest < 1e-3:
            break
        step *= min(1.0, 2 / largest)
        length = 1.0
        while length > 1e-4 and not _normalised(logs, x + length * step)[1] < value:
            length /= 2
        if length <= 1e-4:
            break
        x = x + length * step
        weights, value = _normalised(logs, x)
    x = np.rint(x / np.log(2))
    balanced: Array = x - x.min()
    return balanced


def _sweep(logs: Array, x: Array) -> None:
    """Give each row in turn the norm of its column, in place; rows or columns of zeros stay."""
    for i in range(len(x)):
        row = np.logaddexp.reduce(logs[i] - 2 * x)
        column = np.logaddexp.reduce(logs[:, i] + 2 * x)
        if np.isfinite(row) and np.isfinite(column):
            x[i] = (column - row) / 4


def _normalised(logs: Array, x: Array) -> tuple[Array, float]:
    """Return the squared entries of the scaled matrix over their sum, and its logarithm."""
    exponents = logs + 2 * (x[:, None] - x[None, :])
    top = exponents.max()
    squares = np.exp(exponents - top)
    total = squares.sum()
    return squares / total, float(top + np.log(total))
