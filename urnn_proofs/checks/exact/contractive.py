"""Exact contractivity: a rational ``rho < 1`` with ``||W|| <= rho``, or a witness against it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpz_mat

from urnn_proofs.checks.exact.definite import Kind, decide_semidefinite
from urnn_proofs.checks.exact.norms import ROUNDED, exact_work_fits, norm_at_most
from urnn_proofs.checks.exact.rounded_norms import ROUNDED_FROM, rounded_norm_at_most
from urnn_proofs.model.errors import NotContractiveError, UndecidedError
from urnn_proofs.model.integers import identity
from urnn_proofs.model.number import show_number
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["NormBound", "certify_contractive", "is_contractive", "stretches"]


@dataclass(frozen=True)
class NormBound:
    """A rational ``rho`` with ``||W|| <= rho < 1`` and the method that showed it."""

    rho: Fraction
    method: str


def stretches(W: RationalMatrix, v: tuple[Fraction, ...]) -> bool:
    """Check a witness: ``v != 0`` and ``||W v|| >= ||v||``, by two exact products."""
    column = RationalMatrix.column(v)
    return not column.is_zero() and (W @ column).frobenius_squared() >= column.frobenius_squared()


def is_contractive(W: RationalMatrix) -> bool:
    """Decide ``||W|| < 1`` exactly.

    Raises
    ------
    UndecidedError
        If the gap to 1 is below what was resolved.
    """
    try:
        certify_contractive(W)
    except NotContractiveError:
        return False
    return True


def certify_contractive(W: RationalMatrix) -> NormBound:
    """Return a rational ``rho < 1`` with ``||W|| <= rho``, shown exactly.

    Raises
    ------
    NotContractiveError
        With a rational witness ``v``, ``||W v|| >= ||v||``.
    UndecidedError
        If ``||W||`` is so close to 1 that rounded factors do not resolve it, and the matrix
        is too large for exact elimination.

    Examples
    --------
    >>> certify_contractive(RationalMatrix.parse([[0.5, 0], [0, 0.25]], "W")).rho
    Fraction(1, 2)
    """
    if W.is_zero():
        return NormBound(Fraction(0), "zero matrix")
    quick = _bound_of_large(W)
    if quick is not None:
        return quick
    G = W.numerators.transpose() * W.numerators
    _refuse_long_column(W, G)
    # Every column is shorter than 1 from here on, so float64 cannot overflow.
    floats = W.to_numpy()
    estimate, direction = _top_singular_pair(floats)
    if estimate > 1 - 1e-12 and stretches(W, direction):
        raise _not_contractive(W, direction)
    for rho in _candidates(W, estimate):
        try:
            method = norm_at_most(W, rho, G, floats)
        except UndecidedError:
            continue
        if method is not None:
            return NormBound(rho, method)
    return _decide_exactly(W, G)


def _bound_of_large(W: RationalMatrix) -> NormBound | None:
    """Try entries rounded to 26 bits, which spares large networks all longer integers."""
    if W.shape[0] < ROUNDED_FROM:
        return None
    floats = W.to_numpy()
    if not (np.isfinite(floats).all() and np.abs(floats).max() <= 1):
        return None
    squared = float(np.linalg.eigvalsh(floats.T @ floats)[-1])
    for rho in _candidates(W, math.sqrt(max(squared, 0.0))):
        if rounded_norm_at_most(W, rho, floats):
            return NormBound(rho, ROUNDED)
    return None


def _refuse_long_column(W: RationalMatrix, G: fmpz_mat) -> None:
    n = W.shape[0]
    for j in range(n):
        if int(G[j, j]) >= W.denominator**2:
            raise _not_contractive(W, tuple(Fraction(int(i == j)) for i in range(n)))


def _top_singular_pair(
    floats: np.ndarray,
) -> tuple[float, tuple[Fraction, ...]]:
    """Return a floating-point estimate of the norm and of the vector that attains it."""
    gram_matrix = floats.T @ floats
    values, vectors = np.linalg.eigh(gram_matrix)
    direction = tuple(Fraction(float(x)).limit_denominator(2**40) for x in vectors[:, -1])
    return math.sqrt(max(float(values[-1]), 0.0)), direction


def _candidates(W: RationalMatrix, estimate: float) -> list[Fraction]:
    """Propose bounds: the likely exact norm for small networks, then 15/16 of the gap."""
    proposals = []
    if W.shape[0] <= 8:
        simple = Fraction(estimate).limit_denominator(1000)
        if simple < 1 and abs(float(simple) - estimate) < 1e-12:
            proposals.append(simple)
    gap = 1 - estimate
    if gap > 1e-15:
        digits = 5 - math.frexp(gap)[1]
        rounded = Fraction(math.floor(gap * 15 / 16 * 2.0**digits), 2**digits)
        proposals.append(1 - rounded)
    return proposals


def _decide_exactly(W: RationalMatrix, G: fmpz_mat) -> NormBound:
    n, d = W.shape[0], W.denominator
    bits = 2 * d.bit_length()
    if not exact_work_fits(n, bits):
        raise UndecidedError(
            f"||W|| is within about 1e-12 of 1 and W is {n}x{n} with {bits // 2}-bit entries: "
            f"the gap is below what was resolved; shrink W slightly or use fewer bits"
        )
    A = identity(n, d**2) - G
    answer = decide_semidefinite(A)
    if answer.kind is not Kind.DEFINITE:
        assert answer.witness is not None
        raise _not_contractive(W, answer.witness)
    # 1/lambda_min <= trace(A^{-1}), so ||W||^2 = 1 - lambda_min <= 1 - t with t = 1/trace,
    # and sqrt(1 - t) <= 1 - t/2.
    inverse = A.inv()
    trace = sum((inverse[i, i] for i in range(n)), start=inverse[0, 0] * 0) * d**2
    t = Fraction(int(trace.q), int(trace.p))
    keep = t.denominator.bit_length() - t.numerator.bit_length() + 8
    t = Fraction(math.floor(t * 2**keep), 2**keep) if keep > 0 else t
    rho = 1 - t / 2
    method = norm_at_most(W, rho, G)
    if method is None:  # cannot happen: the bound above is a theorem
        raise UndecidedError(
            f"the bound {show_number(rho)} derived from an exact inverse did not verify"
        )
    return NormBound(rho, method)


def _not_contractive(W: RationalMatrix, witness: tuple[Fraction, ...]) -> NotContractiveError:
    column = RationalMatrix.column(witness)
    excess = (W @ column).frobenius_squared() / column.frobenius_squared() - 1
    how_much = "at least 1" if excess == 0 else _lower_norm(excess)
    return NotContractiveError(
        f"W is not contractive: its norm is {how_much} (the attached witness v has "
        f"||W v|| >= ||v||, exactly); expected ||W|| < 1",
        witness,
    )


def _lower_norm(excess: Fraction) -> str:
    """Describe ``sqrt(1 + excess)``, the norm the witness shows."""
    if excess > 2**200:
        return "more than 1e30"
    small = float(excess) / (1 + math.sqrt(1 + float(excess)))
    return f"at least 1 + {small:.4g}" if small < 0.01 else f"at least {1 + small:.6g}"
