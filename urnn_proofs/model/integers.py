"""Small helpers on FLINT integer matrices that python-flint does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flint import fmpz_mat

from urnn_proofs.model.deadline import check_deadline

__all__ = ["block", "exact_quotient", "identity", "join", "product_rows"]

# Rows of a product computed at a time: keeps FLINT's scratch space small at no cost in time.
_CHUNK = 16


def identity(n: int, scale: int = 1) -> fmpz_mat:
    """Return ``scale * I`` of size n."""
    result = fmpz_mat(n, n)
    for i in range(n):
        result[i, i] = scale
    return result


def block(M: fmpz_mat, rows: Sequence[int], columns: Sequence[int]) -> fmpz_mat:
    """Return the submatrix on the given rows and columns."""
    return fmpz_mat(len(rows), len(columns), [M[i, j] for i in rows for j in columns])


def join(a: fmpz_mat, b: fmpz_mat, c: fmpz_mat, d: fmpz_mat) -> fmpz_mat:
    """Return ``[[a, b], [c, d]]``."""
    rows, columns = a.nrows() + c.nrows(), a.ncols() + b.ncols()
    result = fmpz_mat(rows, columns)
    for part, top, left in (
        (a, 0, 0),
        (b, 0, a.ncols()),
        (c, a.nrows(), 0),
        (d, a.nrows(), a.ncols()),
    ):
        for i in range(part.nrows()):
            for j in range(part.ncols()):
                result[top + i, left + j] = part[i, j]
    return result


def exact_quotient(M: fmpz_mat, q: int) -> fmpz_mat:
    """Return ``M / q`` where every entry is known to be divisible by q."""
    check_deadline()
    if q == 1:
        return M
    return fmpz_mat(M.nrows(), M.ncols(), [x // q for x in M.entries()])


def product_rows(left: fmpz_mat, right: fmpz_mat) -> Iterator[tuple[int, fmpz_mat]]:
    """Yield ``(i, rows i, i+1, ... of left * right)`` a few rows at a time, zeros skipped."""
    inner = range(left.ncols())
    for start in range(0, left.nrows(), _CHUNK):
        check_deadline()
        rows = range(start, min(start + _CHUNK, left.nrows()))
        used = [k for k in inner if any(left[i, k] != 0 for i in rows)]
        if not used:
            yield start, fmpz_mat(len(rows), right.ncols())
        else:
            part = block(left, rows, used) * block(right, used, range(right.ncols()))
            yield start, part
