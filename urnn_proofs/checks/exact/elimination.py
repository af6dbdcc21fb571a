"""Evidence of a symmetric elimination, which one integer product re-checks.

For a positive semidefinite integer matrix ``A`` of rank r with pivot indices S, elimination
finds an r x r lower triangular ``Y`` and an r x n matrix ``U`` with

    Y A[S, :] = U,    U[:, S] upper triangular,    delta_i = Y_ii U[i, S_i] > 0.

Then ``A = U^T diag(1/delta) U``: ``Y A_SS Y^T = U[:, S] Y^T`` is symmetric and upper
triangular, hence ``diag(delta)``, so ``A_SS`` is positive definite with inverse
``Y^T diag(1/delta) Y``, and ``A = A[:, S] A_SS^{-1} A[S, :]`` because the rank is r.
No square root and no denominator appears.
How Y and U were found (:mod:`urnn_proofs.guesses.elimination`) does not matter here.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpz_mat

from urnn_proofs.model.integers import block, product_rows
from urnn_proofs.model.number import show_fields

__all__ = ["Elimination", "elimination_holds"]


@dataclass(frozen=True, eq=False)
class Elimination:
    """Evidence for ``A = U^T diag(1/delta) U``; see the module's docstring."""

    Y: fmpz_mat
    U: fmpz_mat
    support: tuple[int, ...]

    __repr__ = show_fields

    @property
    def rank(self) -> int:
        """The rank r of A."""
        return len(self.support)

    @property
    def delta(self) -> tuple[int, ...]:
        """The integers ``Y_ii U[i, S_i]``, positive if the evidence holds."""
        return tuple(int(self.Y[i, i]) * int(self.U[i, s]) for i, s in enumerate(self.support))


def _span(start: int, part: fmpz_mat) -> range:
    return range(start, start + part.nrows())


def elimination_holds(A: fmpz_mat, elimination: Elimination) -> bool:
    """Re-check the evidence against *A*: one integer product (and a rank if r < n).

    True proves ``A = U^T diag(1/delta) U``, ``delta > 0``; False proves only that this
    evidence does not show it.
    """
    Y, U, support = elimination.Y, elimination.U, elimination.support
    n, r = A.nrows(), elimination.rank
    if (Y.nrows(), Y.ncols(), U.nrows(), U.ncols()) != (r, r, r, n):
        return False
    if any(not 0 <= s < n for s in support) or list(support) != sorted(set(support)):
        return False
    rows = A if r == n else block(A, support, range(n))
    return (
        (r == 0 or bool(Y.is_lower_triangular()))
        and all(d > 0 for d in elimination.delta)
        and all(part == block(U, _span(i, part), range(n)) for i, part in product_rows(Y, rows))
        and all(U[i, support[j]] == 0 for i in range(r) for j in range(i))
        and (r == n or A.rank() == r)
    )
