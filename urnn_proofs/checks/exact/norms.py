"""Rational upper bounds of Euclidean and spectral norms, each with exact evidence.

Floating point only proposes a bound; what is returned has been shown in integers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from flint import fmpz_mat

from urnn_proofs.checks.exact.definite import Kind, decide_semidefinite
from urnn_proofs.checks.exact.rounded_norms import ROUNDED_FROM, rounded_norm_at_most
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.integers import identity
from urnn_proofs.model.number import round_up, show_number, sqrt_upper
from urnn_proofs.model.rational import RationalMatrix

__all__ = [
    "EXACT_LIMIT",
    "ROUNDED",
    "added_gain_at_most",
    "exact_work_fits",
    "gram",
    "is_semidefinite",
    "norm_at_most",
    "norm_upper_bound",
    "round_up",
    "sqrt_upper",
]

# Exact elimination of an n x n matrix of b-bit entries needs about n^3 b bits of memory and more
# time than that; beyond this product it takes hours rather than minutes.
EXACT_LIMIT = 2**30

ROUNDED = "Cholesky residual, 26 bits, entries rounded to 26 bits"


def exact_work_fits(size: int, bits: int, *, times: int = 1) -> bool:
    """Tell whether exact elimination of ``size`` unknowns with ``bits``-bit entries is sane.

    *times* is by how much the limit may be exceeded, for methods that are faster than general
    fraction-free elimination.
    """
    return size**3 * bits <= times * EXACT_LIMIT


def gram(M: RationalMatrix) -> fmpz_mat:
    """Return the integer Gram matrix ``N^T N`` of the numerators (the smaller side)."""
    N = M.numerators
    return N * N.transpose() if N.nrows() < N.ncols() else N.transpose() * N


def norm_at_most(
    M: RationalMatrix,
    rho: Fraction,
    G: fmpz_mat | None = None,
    floats: np.ndarray | None = None,
) -> str | None:
    """Show ``||M|| <= rho`` exactly; return the method that did, or None if it is false.

    Parameters
    ----------
    M
        Any rational matrix.
    rho
        The claimed bound, nonnegative.
    G
        ``gram(M)`` if the caller has it already; then the entries are not rounded first.
    floats
        ``M.to_numpy()`` likewise; only guesses are made from it.

    Returns
    -------
    str or None
        ``"zero matrix"``, ``"Cholesky residual, k bits"`` (of the entries, or of rounded ones with
        what rounding adds) or ``"exact LDL^T"``; None is a proof that the bound does not hold.

    Raises
    ------
    UndecidedError
        If the rounded Cholesky factor does not settle it and exact elimination is too large.
    """
    if rho < 0:
        return None
    if M.is_zero():
        return "zero matrix"
    if rho == 0:
        return None
    if G is None and min(M.shape) >= ROUNDED_FROM:
        known = M.to_numpy() if floats is None else floats
        if rounded_norm_at_most(M, rho, known):
            return ROUNDED
    # ||M||^2 <= rho^2  <=>  gap = (p d)^2 I - q^2 N^T N is positive semidefinite.
    G = gram(M) if G is None else G
    scale = (rho.numerator * M.denominator) ** 2
    gap = identity(G.nrows(), scale) - G * (rho.denominator**2)
    guess = _scaled_gap(M.to_numpy() if floats is None else floats, rho)
    return _semidefinite(gap, scale, guess, f"a norm bound of {show_number(rho)}")


def is_semidefinite(A: RationalMatrix) -> str | None:
    """Show that a symmetric A is positive semidefinite; None is a proof that it is not.

    Returns
    -------
    str or None
        As :func:`norm_at_most`.

    Raises
    ------
    UndecidedError
        As :func:`norm_at_most`.
    """
    sizes = [abs(A[i, i]) for i in range(A.shape[0])]
    # Powers of 2 that make the diagonal about 1; what is shown of D A D holds of A.
    D = RationalMatrix.diagonal([Fraction(2) ** (-_binary_order(x) // 2) for x in sizes])
    scaled = D @ A @ D
    claim = "that a form is positive"
    return _semidefinite(scaled.numerators, scaled.denominator, scaled.to_numpy(), claim)


def _binary_order(x: Fraction) -> int:
    return x.numerator.bit_length() - x.denominator.bit_length()


def added_gain_at_most(W: RationalMatrix, D: Sequence[Fraction], gain: Fraction) -> str | None:
    """Show ``||D W2|| <= gain`` for any W2 with ``W2 W2^T = I - W W^T``; W2 itself is not needed.

    ``gain^2 I - D (I - W W^T) D`` is to be positive semidefinite.  ``||W2|| <= 1``, so that
    ``gain >= max D`` always does.

    Parameters
    ----------
    W
        Rational, (n, n), of norm at most 1.
    D
        Positive diagonal, n entries.
    gain
        The claimed bound.

    Returns
    -------
    str or None
        As :func:`norm_at_most`.

    Raises
    ------
    UndecidedError
        As :func:`norm_at_most`.
    """
    if gain >= max(D):
        return "||W2|| <= 1"
    if gain < 0:
        return None
    f = math.lcm(*(x.denominator for x in D))
    e = [int(x * f) for x in D]
    n, d = W.shape[0], W.denominator
    squares = identity(n, d**2) - W.numerators * W.numerators.transpose()
    weight = fmpz_mat([[e[i] * (i == j) for j in range(n)] for i in range(n)])
    scale = (gain.numerator * d * f) ** 2
    gap = identity(n, scale) - weight * squares * weight * gain.denominator**2
    floats, D_ = W.to_numpy(), np.array([float(x) for x in D])
    with np.errstate(all="ignore"):
        defect = np.eye(n) - floats @ floats.T
        guess = np.eye(n) - D_[:, None] * defect * D_ / float(gain) ** 2
    return _semidefinite(gap, scale, guess, f"a norm bound of {show_number(gain)}")


def _semidefinite(gap: fmpz_mat, scale: int, guess: np.ndarray, claim: str) -> str | None:
    """Show that a symmetric *gap*, about ``scale * guess``, is positive semidefinite."""
    for bits in (26, 40, 52):
        if _cholesky_residual_is_dominant(gap, scale, guess, bits):
            return f"Cholesky residual, {bits} bits"
    if not exact_work_fits(gap.nrows(), scale.bit_length()):
        raise UndecidedError(
            f"{claim}, a comparison of {gap.nrows()}x{gap.nrows()} matrices, is too close to "
            f"equality for rounded factors, and exact elimination at this size takes hours; try a "
            f"smaller network or weights with fewer bits"
        )
    return None if decide_semidefinite(gap).kind is Kind.INDEFINITE else "exact LDL^T"


def norm_upper_bound(M: RationalMatrix) -> Fraction:
    """Return a rational ``rho >= ||M||``, within one part in a million where that succeeds.

    A single row or column is taken through its Euclidean norm; if no spectral bound can be
    shown the Frobenius norm is used.  Always a proved upper bound.
    """
    frobenius = sqrt_upper(M.frobenius_squared())
    if min(M.shape) == 1 or M.is_zero():
        return frobenius
    with np.errstate(all="ignore"):
        estimate = _float_norm(M.to_numpy())
    if not (math.isfinite(estimate) and estimate > 0):
        return frobenius
    for slack in (2.0**-40, 2.0**-20):
        rho = round_up(Fraction(estimate) * (1 + Fraction(slack)), 48)
        try:
            if norm_at_most(M, rho) is not None:
                return min(rho, frobenius)
        except UndecidedError:
            continue
    return frobenius


def _float_norm(matrix: np.ndarray) -> float:
    try:
        return float(np.linalg.norm(matrix, 2))
    except np.linalg.LinAlgError:
        return math.inf


def _scaled_gap(floats: np.ndarray, rho: Fraction) -> np.ndarray:
    """Return ``I - M^T M / rho^2`` (the smaller side) in floating point, for guessing."""
    with np.errstate(all="ignore"):
        scaled = floats / (float(rho) if rho < 2**1000 else math.inf)
        product = scaled @ scaled.T if len(scaled) < scaled.shape[1] else scaled.T @ scaled
        gap: np.ndarray = np.eye(len(product)) - product
    return gap


def _cholesky_residual_is_dominant(gap: fmpz_mat, scale: int, guess: np.ndarray, bits: int) -> bool:
    """Show that *gap* is positive definite through a rounded floating-point Cholesky factor.

    With any integer matrix L, ``gap * 2^(2 bits) = scale * L L^T + E`` defines E exactly; if E
    is strictly diagonally dominant with a positive diagonal, ``gap`` is positive definite.
    How L was found, from *guess* (about ``gap / scale``), does not matter.
    """
    n = gap.nrows()
    if not np.isfinite(guess).all():
        return False
    # Leave room on the diagonal for what rounding L to integers moves.
    floats = guess - 4.0 * n * 2.0**-bits * np.eye(n)
    try:
        factor = np.linalg.cholesky(floats)
    except np.linalg.LinAlgError:
        return False
    if not np.isfinite(factor).all():
        return False
    L = fmpz_mat(np.rint(factor * 2.0**bits).astype(np.int64).tolist())
    residual = gap * (1 << (2 * bits)) - (L * L.transpose()) * scale
    for i, row in enumerate(residual.tolist()):
        diagonal = row[i]
        if diagonal <= 0 or 2 * diagonal <= sum(map(abs, row)):
            return False
    return True
