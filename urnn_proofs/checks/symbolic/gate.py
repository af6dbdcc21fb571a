"""The scalar identities behind steps S3 (gate) and S4 (bound), as polynomial identities.

Each function expands one identity in a polynomial ring and returns whether the difference of
its two sides is the zero polynomial.  Nothing is simplified, only expanded.
"""

from __future__ import annotations

from sympy import QQ
from sympy.polys.rings import ring

__all__ = ["bound_identity", "gate_identity", "lagrange_identity", "vector_identity"]


def vector_identity() -> bool:
    """Expand Cauchy-Schwarz for all n: ``||p h - s a||^2 = p (p q - s^2)``.

    Here ``p = |a|^2``, ``q = |h|^2``, ``s = a.h``.  The left side is expanded by bilinearity of
    the inner product alone: ``p^2 q - 2 p s s + s^2 p``.  As a squared norm it is nonnegative,
    so ``s^2 <= p q`` where ``p > 0``; a zero row a = 0 has ``s = 0``.
    """
    _, p, q, s = ring("p, q, s", QQ)
    squared_norm = p**2 * q - 2 * p * s * s + s**2 * p
    return bool(squared_norm - p * (p * q - s**2) == 0)


def lagrange_identity(n: int) -> bool:
    """Expand Lagrange at size n: ``|a|^2 |h|^2 - (a.h)^2 = sum_{i<j} (a_i h_j - a_j h_i)^2``.

    Examples
    --------
    >>> lagrange_identity(3)
    True
    """
    names = [f"a{i}" for i in range(n)] + [f"h{i}" for i in range(n)]
    R, *generators = ring(names, QQ)
    a, h = generators[:n], generators[n:]
    inner = sum((x * y for x, y in zip(a, h, strict=True)), R.zero)
    left = sum((x**2 for x in a), R.zero) * sum((y**2 for y in h), R.zero) - inner**2
    right = sum(
        ((a[i] * h[j] - a[j] * h[i]) ** 2 for i in range(n) for j in range(i + 1, n)), R.zero
    )
    return bool(left - right == 0)


def gate_identity() -> bool:
    """Expand what leads from ``s^2 <= p q, p <= 1, q <= H^2, H >= 0`` to ``s <= H``.

    ``H^2 - s^2 = (p q - s^2) + q (1 - p) + (H^2 - q)`` is a sum of nonnegative terms, and
    ``(H^2 - s^2) + (s - H)^2 + 2 H (s - H) = 0``.  If ``s > H`` held, the second identity
    would have a positive sum on its left: a contradiction.
    """
    _, H, p, q, s = ring("H, p, q, s", QQ)
    first = (p * q - s**2) + q * (1 - p) + (H**2 - q) - (H**2 - s**2)
    second = (H**2 - s**2) + (s - H) ** 2 + 2 * H * (s - H)
    return bool(first == 0 and second == 0)


def bound_identity() -> bool:
    """Expand what keeps the bound: ``rho eta + f mu + beta <= H`` for ``eta <= H`` and ``mu <= M``.

    ``H - (rho eta + f mu + beta) = rho (H - eta) + f (M - mu) + (H - rho H - f M - beta)``,
    each term nonnegative; the last one is what the choice of H ensures.
    """
    _, H, M, beta, eta, f, mu, rho = ring("H, M, beta, eta, f, mu, rho", QQ)
    left = H - (rho * eta + f * mu + beta)
    right = rho * (H - eta) + f * (M - mu) + (H - rho * H - f * M - beta)
    return bool(left - right == 0)
