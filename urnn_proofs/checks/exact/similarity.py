"""What a positive diagonal E does to a matrix: ``E W E^{-1}``, exactly.

*Contractive for no E.*  Vectors z_1, ..., z_m, not all zero, with
``sum_k (W z_k)_i^2 >= sum_k (z_k)_i^2`` for every i give
``sum_k (W z_k)^T P (W z_k) >= sum_k z_k^T P z_k`` for every positive diagonal P, which contradicts
``W^T P W < P``.  With ``Z = sum_k z_k z_k^T`` the condition is ``diag(W Z W^T) >= diag(Z)``: a
feasible point of the dual semidefinite program.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from flint import fmpz_mat

from urnn_proofs.checks.exact.contractive import is_contractive
from urnn_proofs.checks.exact.definite import Kind, decide_semidefinite
from urnn_proofs.checks.exact.norms import exact_work_fits, gram
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.integers import identity
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Scaling", "Vectors", "defect_rank", "refutes_every_scaling", "scale_matrix"]

Scaling = tuple[Fraction, ...]
Vectors = tuple[tuple[Fraction, ...], ...]


def scale_matrix(W: RationalMatrix, scaling: Sequence[Fraction]) -> RationalMatrix:
    """Return ``E W E^{-1}`` for ``E = diag(scaling)``, exactly."""
    common = math.lcm(*(e.denominator for e in scaling))
    left = [int(e * common) for e in scaling]
    multiple = math.lcm(*left)
    right = [multiple // a for a in left]
    entries = [
        a * int(x) * c
        for a, row in zip(left, W.numerators.tolist(), strict=True)
        for x, c in zip(row, right, strict=True)
    ]
    n = len(left)
    return RationalMatrix(fmpz_mat(n, n, entries), W.denominator * multiple).reduced()


def refutes_every_scaling(W: RationalMatrix, vectors: Sequence[Sequence[Fraction]]) -> bool:
    """Check a dual proof exactly, from its definition.

    Examples
    --------
    >>> W = RationalMatrix.parse([[1, -1], [1, -1]], "W")
    >>> refutes_every_scaling(W, [(Fraction(1), Fraction(0)), (Fraction(0), Fraction(1))])
    True
    """
    n = W.shape[0]
    if not vectors or any(len(z) != n for z in vectors):
        return False
    Z = RationalMatrix.from_fractions([list(column) for column in zip(*vectors, strict=True)])
    image = W @ Z
    before, after = _row_sums(Z), _row_sums(image)
    left, right = Z.denominator**2, image.denominator**2
    return not Z.is_zero() and all(
        a * left >= b * right for a, b in zip(after, before, strict=True)
    )


def _row_sums(M: RationalMatrix) -> list[int]:
    """Sum the squared numerators of each row."""
    return [sum(int(x) ** 2 for x in row) for row in M.numerators.tolist()]


def defect_rank(W: RationalMatrix, scaling: Scaling) -> int | None:
    """Return ``rank(I - A^T A)`` if ``||A|| <= 1`` for ``A = E W E^{-1}``, both shown exactly.

    None says that it was not shown: the norm may be above 1, or the exact work too much, or
    *scaling* is not n positive numbers.

    Examples
    --------
    >>> W = RationalMatrix.parse([[0, 2], [0.5, 0]], "W")
    >>> defect_rank(W, (Fraction(1), Fraction(2))), defect_rank(W, (Fraction(1), Fraction(1)))
    (0, None)
    """
    n = W.shape[0]
    if len(scaling) != n or any(e <= 0 for e in scaling):
        return None
    A = scale_matrix(W, scaling)
    norm = _rough_norm(A)
    if not norm <= 1 + 1e-6:
        return None
    if norm < 1 - 1e-10:
        return n if _is_strict(A) else None
    S = identity(n, A.denominator**2) - gram(A)
    if S.is_diagonal():
        diagonal = [S[i, i] for i in range(n)]
        return None if min(diagonal) < 0 else sum(1 for x in diagonal if x > 0)
    bits = max(int(x).bit_length() for x in S.entries())
    if not exact_work_fits(n, bits):
        return None
    answer = decide_semidefinite(S)
    return None if answer.kind is Kind.INDEFINITE else len(answer.support)


def _rough_norm(A: RationalMatrix) -> float:
    """Return the norm in floating point, which only says what to try; NaN if it has none."""
    try:
        return float(np.linalg.norm(A.to_numpy(), 2))
    except np.linalg.LinAlgError:
        return math.nan


def _is_strict(A: RationalMatrix) -> bool:
    try:
        return is_contractive(A)
    except UndecidedError:
        return False
