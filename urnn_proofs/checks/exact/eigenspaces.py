"""Eigenspaces and reachability of a rational matrix, decided exactly.

For a polynomial p without repeated roots ``ker p(W)`` is the direct sum of the eigenspaces of W at
the roots of p.  So some eigenvalue has at least ``dim ker p(W) / deg p`` dimensions; rational and
algebraic eigenvalues need no different treatment, and p need not be irreducible.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpz_mat, fmpz_poly, nmod_mat

from urnn_proofs.checks.exact.norms import exact_work_fits
from urnn_proofs.model.integers import identity
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["eigenspace_at_least", "is_reachable", "work_fits"]

_PRIME = 2**61 - 1


def work_fits(W: RationalMatrix) -> bool:
    """Tell whether characteristic polynomials and ranks of this size take seconds."""
    n = W.shape[0]
    return exact_work_fits(n, n * W.bits)


def eigenspace_at_least(W: RationalMatrix, polynomial: Sequence[int]) -> int:
    """Return a dimension that some eigenspace of W is shown to have, at least 1.

    Parameters
    ----------
    polynomial
        Integer coefficients of p, the constant first; empty for none.  A p with a repeated root
        shows nothing, which leaves 1: every matrix has an eigenvalue.

    Examples
    --------
    >>> W = RationalMatrix.diagonal([2, 2, 3])
    >>> eigenspace_at_least(W, (-2, 1)), eigenspace_at_least(W, (-3, 1))
    (2, 1)
    """
    p = fmpz_poly(list(polynomial))
    degree = int(p.degree())
    if degree < 1 or p.gcd(p.derivative()).degree() > 0 or not work_fits(W):
        return 1
    n, d = W.shape[0], W.denominator
    value = fmpz_mat(n, n)
    for k in range(degree, -1, -1):  # Horner, for d^degree p(N / d)
        value = value * W.numerators + identity(n, int(p[k]) * d ** (degree - k))
    return max(1, -(-(n - int(value.rank())) // degree))


def is_reachable(W: RationalMatrix, F: RationalMatrix) -> bool | None:
    """Decide ``rank [F, W F, ..., W^{n-1} F] = n``; None if the exact work is too much.

    Full rank modulo a prime is full rank; a lower one is settled over the rationals.

    Examples
    --------
    >>> shift, last = RationalMatrix.parse([[0, 1], [0, 0]], "W"), RationalMatrix.column([0, 1])
    >>> is_reachable(shift, last), is_reachable(shift.transpose(), last)
    (True, False)
    """
    n = W.shape[0]
    reduced = nmod_mat(W.numerators, _PRIME)
    block, found = nmod_mat(F.numerators, _PRIME), []
    for _ in range(n):
        found.append(block)
        block = reduced * block
    if _beside(found, n, modulo=True) == n:
        return True
    if not work_fits(W):
        return None
    exact, kept = F.numerators, []
    for _ in range(n):
        kept.append(exact)
        exact = W.numerators * exact
    return bool(_beside(kept, n, modulo=False) == n)


def _beside(blocks: Sequence[fmpz_mat | nmod_mat], n: int, *, modulo: bool) -> int:
    tables = [block.tolist() for block in blocks]
    rows = [[int(x) for table in tables for x in table[i]] for i in range(n)]
    width, entries = len(rows[0]), [x for row in rows for x in row]
    joined = nmod_mat(n, width, entries, _PRIME) if modulo else fmpz_mat(n, width, entries)
    return int(joined.rank())
