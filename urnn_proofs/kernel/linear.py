"""Exact linear algebra by definition, in integers: every matrix is scaled to whole entries."""

from fractions import Fraction

from .reading import Budget, common

Matrix = list[list[Fraction]]
Integers = list[list[int]]


def whole(M: Matrix) -> tuple[Integers, int]:
    """Return the integers ``d M`` and their common denominator d."""
    d = common([x for row in M for x in row], "a product of weights")
    return [[x.numerator * (d // x.denominator) for x in row] for row in M], d


def bits(*matrices: Integers) -> int:
    """Return how many bits the largest entry has, at least 1."""
    return max(x.bit_length() for M in matrices for row in M for x in row) or 1


def is_orthogonal(R: Matrix, alpha: list[Fraction], beta: list[Fraction], budget: Budget) -> bool:
    """Decide whether ``U = diag(sqrt alpha) R diag(sqrt beta)`` is orthogonal.

    ``U^T U = I`` says ``R^T diag(alpha) R = diag(1/beta)``.  U is square, so ``U U^T = I``.
    """
    if not len(R) == len(R[0]) == len(alpha) == len(beta) or min(*alpha, *beta) <= 0:
        return False
    (rows, d), ((weights,), e) = whole(R), whole([alpha])
    small, large = bits(rows), bits(rows) + bits([weights])
    budget.spend(len(R) ** 3 * (small // 30 + 1) * (large // 30 + 1) // 8)  # Karatsuba
    columns = list(zip(*rows))
    for i, left in enumerate(columns):
        weighted = [a * x for a, x in zip(weights, left)]
        for j in range(i, len(columns)):
            total = sum(a * x for a, x in zip(weighted, columns[j]))
            if total * beta[i] != (d * d * e if i == j else 0):
                return False
    return True


def norm_at_most(M: Matrix, bound: Fraction, budget: Budget) -> bool:
    """Decide ``||M|| <= bound`` (spectral norm): ``bound >= 0``, ``bound^2 I - M^T M >= 0``."""
    return bound >= 0 and semidefinite_rank(defect(M, bound, budget), budget) is not None


def defect(M: Matrix, bound: Fraction, budget: Budget) -> Integers:
    """Return a positive multiple of ``bound^2 I - M^T M``, or of ``bound^2 I - M M^T``."""
    rows, d = whole(M)
    square = (bound * d) ** 2
    gap = [[-square.denominator * x for x in row] for row in gram(rows, budget)]
    for i, row in enumerate(gap):
        row[i] += square.numerator
    return gap


def gram(rows: Integers, budget: Budget) -> Integers:
    """Return ``M^T M``, or ``M M^T`` if that is smaller: their ranks and norms are equal."""
    budget.spend(
        len(rows) * len(rows[0]) * min(len(rows), len(rows[0])) * (bits(rows) // 30 + 1) ** 2
    )
    columns = min(rows, [list(c) for c in zip(*rows)], key=len)
    return [[sum(x * y for x, y in zip(a, b)) for b in columns] for a in columns]


def semidefinite_rank(A: Integers, budget: Budget) -> int | None:
    """Return the rank of a symmetric positive semidefinite A, None if it is not semidefinite.

    A negative pivot is a negative value of the form.  A zero pivot needs a zero row (else the
    form is negative nearby).  After a positive pivot a multiple of the Schur complement remains.
    """
    rows, previous, rank = A, 1, 0
    # An entry after k pivots is a minor of k + 1 rows of A: at most k + 1 times as many bits.
    budget.spend(len(A) ** 5 * ((bits(A) + len(A)) // 30 + 1) ** 2 // 8)
    while rows:
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
