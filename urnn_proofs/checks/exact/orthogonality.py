"""Is a scaled-rational matrix orthogonal?  Decided exactly, from the definition.

``R^T diag(alpha) R = diag(1/beta)`` over the rationals, entry by entry, needs no evidence and costs
much for large matrices, because the common denominator of ``alpha`` is enormous: then the evidence
of a dilation (:mod:`urnn_proofs.checks.exact.dilation`) is the way.  What is too large to expand
can still be *refuted* by reduction modulo a prime; that never proves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from flint import nmod_mat

from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict

__all__ = ["Orthogonality", "check_orthogonal"]

# Any large primes will do: a random matrix survives one of them with chance about 2^-61.
_PRIMES = (2**61 - 1, 2**62 - 57, 2**62 - 87)

# Rows times bits beyond which the direct way is not tried.
_DIRECT_LIMIT = 200_000


@dataclass(frozen=True)
class Orthogonality:
    """The verdict and how it came about (one sentence)."""

    verdict: Verdict
    method: str


def check_orthogonal(U: Orthogonal) -> Orthogonality:
    """Decide ``U^T U = I`` for any square scaled-rational matrix, from the definition.

    For a square matrix ``U U^T = I`` follows from ``U^T U = I``.

    Examples
    --------
    >>> rotation = RationalMatrix.parse([[3, -4], [4, 3]], "R")
    >>> fifth = (Fraction(1, 25),) * 2
    >>> check_orthogonal(Orthogonal(rotation, fifth, (Fraction(1),) * 2)).verdict
    <Verdict.PROVED: 'PROVED'>
    """
    rows, columns = U.shape
    if rows != columns:
        return Orthogonality(Verdict.REFUTED, f"not square: shape {U.shape}")
    for scale in (*U.alpha, *U.beta):
        if scale <= 0:
            return Orthogonality(Verdict.REFUTED, f"a scale is {scale}, not positive")
    for prime in _PRIMES:
        bad = _entry_refuted_modulo(U, prime)
        if bad is not None:
            where = f"entry {bad} of R^T diag(alpha) R - diag(1/beta) is nonzero modulo {prime}"
            return Orthogonality(Verdict.REFUTED, where)
    if U.is_rational:  # one product in integers, at any size
        if U.R.transpose() @ U.R == RationalMatrix.identity(columns):
            return Orthogonality(Verdict.PROVED, "R^T R = I, every entry, in integers")
        return Orthogonality(Verdict.REFUTED, "R^T R is not I")
    if columns * U.bits > _DIRECT_LIMIT:
        return Orthogonality(
            Verdict.UNKNOWN,
            f"agrees modulo {len(_PRIMES)} primes, which proves nothing; too large to expand",
        )
    for (i, j), difference in _differences(U):
        if difference:
            where = f"entry {(i, j)} of R^T diag(alpha) R - diag(1/beta) is not zero"
            return Orthogonality(Verdict.REFUTED, where)
    return Orthogonality(
        Verdict.PROVED, "R^T diag(alpha) R = diag(1/beta), every entry, in rationals"
    )


def _differences(U: Orthogonal) -> Iterator[tuple[tuple[int, int], Fraction]]:
    """Yield the entries (i <= j) of ``R^T diag(alpha) R - diag(1/beta)`` as Fractions."""
    columns = list(zip(*U.R.to_fractions(), strict=True))
    for i, left in enumerate(columns):
        weighted = [a * x for a, x in zip(U.alpha, left, strict=True)]
        for j in range(i, len(columns)):
            total = sum((a * x for a, x in zip(weighted, columns[j], strict=True)), Fraction(0))
            yield (i, j), total - (1 / U.beta[i] if i == j else 0)


def _entry_refuted_modulo(U: Orthogonal, prime: int) -> tuple[int, int] | None:
    """Return an entry where the identity fails modulo *prime*, None if it holds there.

    A rational identity with denominators prime to p holds modulo p, so a failure refutes it.
    """
    denominators = [U.denominator, *(a.denominator for a in U.alpha)]
    denominators += [b.numerator for b in U.beta]
    if any(x % prime == 0 for x in denominators):
        return None
    size = U.shape[0]
    R = U.modulo(prime)
    inverse = pow(U.denominator, -1, prime)
    alpha = [a.numerator * pow(a.denominator, -1, prime) * inverse**2 % prime for a in U.alpha]
    weighted = nmod_mat(
        size,
        size,
        [int(x) * a % prime for row, a in zip(R.tolist(), alpha, strict=True) for x in row],
        prime,
    )
    product = R.transpose() * weighted
    for i in range(size):
        for j in range(size):
            target = 0
            if i == j:
                target = U.beta[i].denominator * pow(U.beta[i].numerator, -1, prime) % prime
            if int(product[i, j]) != target:
                return i, j
    return None
