"""Exact linear algebra by definition, in plain Fractions and integers."""

from fractions import Fraction
from math import lcm

from .reading import spend

Matrix = list[list[Fraction]]


def is_orthogonal(R: Matrix, alpha: list[Fraction], beta: list[Fraction]) -> bool:
    """Decide whether ``U = diag(sqrt alpha) R diag(sqrt beta)`` is orthogonal.

    ``U^T U = I`` says ``R^T diag(alpha) R = diag(1/beta)``.  U is square, so ``U U^T = I``.
    """
    if not len(R) == len(R[0]) == len(alpha) == len(beta) or min(*alpha, *beta) <= 0:
        return False
    columns = list(zip(*R))
    for i, left in enumerate(columns):
        spend()
        weighted = [a * x for a, x in zip(alpha, left)]
        for j in range(i, len(columns)):
            total = sum((a * x for a, x in zip(weighted, columns[j])), Fraction(0))
            if total != (1 / beta[i] if i == j else 0):
                return False
    return True


def norm_at_most(M: Matrix, bound: Fraction) -> bool:
    """Decide ``||M|| <= bound`` (spectral norm): ``bound >= 0``, ``bound^2 I - M^T M >= 0``."""
    return bound >= 0 and semidefinite_rank(defect(M, bound)) is not None


def defect(M: Matrix, bound: Fraction) -> Matrix:
    """Return ``bound^2 I - M^T M``, or ``bound^2 I - M M^T`` if that is smaller."""
    columns = min(M, [list(c) for c in zip(*M)], key=len)  # ||M|| = ||M^T||
    gap = [[-sum((x * y for x, y in zip(a, b)), Fraction(0)) for b in columns] for a in columns]
    for i, row in enumerate(gap):
        row[i] += bound**2
    return gap


def semidefinite_rank(A: Matrix) -> int | None:
    """Return the rank of a symmetric positive semidefinite A, None if it is not semidefinite.

    A negative pivot is a negative value of the form.  A zero pivot needs a zero row (else the
    form is negative nearby).  After a positive pivot a multiple of the Schur complement remains.
    """
    scale = lcm(*(x.denominator for row in A for x in row))
    rows = [[int(x * scale) for x in row] for row in A]
    previous, rank = 1, 0
    while rows:
        spend()
        (pivot, *first), *rest = rows
        if pivot < 0 or (pivot == 0 and any(first)):
            return None
        if pivot == 0:
            rows = [row[1:] for row in rest]
            continue
        # Bareiss: every quotient is a minor of A, hence exact.
        rows = [[(pivot * x - r[0] * y) // previous for x, y in zip(r[1:], first)] for r in rest]
        previous, rank = pivot, rank + 1
    return rank
