"""The scalar inequalities of the proofs, each with its certificate.

Norms, dimensions, slopes and angles enter as numbers: each statement is about all n at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import QQ
from sympy.polys.rings import ring

from urnn_proofs.checks.symbolic.inequality import Inequality, Summand

__all__ = ["dimension_steps", "gate_steps", "memory_steps", "pole_steps", "slope_steps"]


def gate_steps() -> Sequence[Inequality]:
    """Return the scalar inequalities of S2, S3 and S4, each with its certificate.

    With ``p = |a|^2``, ``q = |h|^2``, ``s = a.h``; norms are nonnegative reals, so each is a
    statement about all n at once.

    Examples
    --------
    >>> [inequality.name for inequality in gate_steps() if inequality.adds_up()]
    ['S2 rows', 'S3 Cauchy-Schwarz', 'S3 zero row', 'S3 gate', 'S4 bound']
    """
    R, p, q, s, H = ring("p, q, s, H", QQ)
    one = R.one
    squared_norm = p**2 * q - 2 * p * s**2 + s**2 * p  # || p h - s a ||^2 by bilinearity
    T, rho, eta, f, mu, beta, M, B = ring("rho, eta, f, mu, beta, M, H", QQ)
    return (
        Inequality(
            "S2 rows",
            "|a|^2 + q = 1 and q >= 0 imply |a|^2 <= 1 (a is part of a row of U)",
            R,
            ((1 - p - q, False), (q, False)),
            1 - p,
            ((1, (0,), one), (1, (1,), one), (1, (-1,), one)),
        ),
        Inequality(
            "S3 Cauchy-Schwarz",
            "|| |a|^2 h - (a.h) a ||^2 >= 0 and |a|^2 > 0 imply (a.h)^2 <= |a|^2 |h|^2",
            R,
            ((squared_norm, False), (p, True)),
            p * q - s**2,
            ((1, (1, -1), one), (1, (0,), one)),
        ),
        Inequality(
            "S3 zero row",
            "a = 0, so a.h = 0, and H >= 0 imply a.h <= H",
            R,
            ((-s, False), (H, False)),
            H - s,
            ((1, (-1,), one), (1, (0,), one), (1, (1,), one)),
        ),
        Inequality(
            "S3 gate",
            "(a.h)^2 <= |a|^2 |h|^2, |a| <= 1, |h| <= H, H >= 0 imply a.h <= H",
            R,
            (
                (p * q - s**2, False),
                (1 - p, False),
                (q, False),
                (H**2 - q, False),
                (H, False),
            ),
            H - s,
            (
                (1, (-1, -1), one),
                (2, (4, -1), one),
                (1, (0,), one),
                (1, (1, 2), one),
                (1, (3,), one),
            ),
        ),
        Inequality(
            "S4 bound",
            "|h| <= H, |x| <= M, rho H + f M + beta <= H imply rho |h| + f |x| + beta <= H",
            T,
            (
                (rho, False),
                (f, False),
                (B - eta, False),
                (M - mu, False),
                (B - rho * B - f * M - beta, False),
            ),
            B - (rho * eta + f * mu + beta),
            (
                (1, (-1,), T.one),
                (1, (0, 2), T.one),
                (1, (1, 3), T.one),
                (1, (4,), T.one),
            ),
        ),
    )


def dimension_steps() -> Sequence[Inequality]:
    """Return the linear inferences of the dimension count in Theorem 3.2 (Farkas).

    Dimensions: ``before = dim X_{k-1}``, ``now = dim X_k``, ``e = dim E_k``, ``a = |A_k|``.

    Examples
    --------
    >>> [inequality.name for inequality in dimension_steps() if inequality.adds_up()]
    ['T3 growth', 'T3 sum', 'T3 full', 'T4 conclusion']
    """
    R, n, N, a, e, before, now, start, j = ring("n, N, a, e, before, now, start, j", QQ)
    one = R.one

    def plain(*hypotheses: Any) -> tuple[tuple[Any, bool], ...]:
        return tuple((h, False) for h in hypotheses)

    def each(count: int) -> tuple[Summand, ...]:
        return ((1, (-1,), one), *((1, (i,), one) for i in range(count)))

    return (
        Inequality(
            "T3 growth",
            "dim X_k >= n + dim E_k, dim E_k >= dim X_{k-1} - (N - |A_k|), N - |A_k| <= n - 1 "
            "imply dim X_k >= dim X_{k-1} + 1",
            R,
            plain(now - n - e, e - before + N - a, n - 1 - N + a),
            now - before - 1,
            each(3),
        ),
        Inequality(
            "T3 sum",
            "dim X_{k-1} >= dim X_0 + j and dim X_k >= dim X_{k-1} + 1 imply "
            "dim X_k >= dim X_0 + j + 1",
            R,
            plain(before - start - j, now - before - 1),
            now - start - j - 1,
            each(2),
        ),
        Inequality(
            "T3 full",
            "dim X_N >= dim X_0 + N, dim X_0 >= n, n >= 1, dim X_N <= N contradict each other",
            R,
            plain(now - start - N, start - n, n - 1, N - now),
            -one,
            each(4),
        ),
        Inequality(
            "T4 conclusion",
            "N - |A_k| >= n and |A_k| >= n imply N >= 2n",
            R,
            plain(N - a - n, a - n),
            N - 2 * n,
            each(2),
        ),
    )


def slope_steps() -> Sequence[Inequality]:
    """Return that tanh and the logistic function have positive slopes (Theorem 3.3).

    Examples
    --------
    >>> [inequality.name for inequality in slope_steps() if inequality.adds_up()]
    ['U0 tanh', 'U0 logistic']
    """
    R, t, s = ring("t, s", QQ)

    def positive(name: str, text: str, slope: Any, first: Any, second: Any) -> Inequality:
        """``slope = first * second`` and ``slope <= 0`` contradict ``first, second > 0``."""
        hypotheses = ((first, True), (second, True), (-slope, False))
        summands = ((1, (0, 1), R.one), (1, (2,), R.one))
        return Inequality(name, text, R, hypotheses, -R.one, summands)

    return (
        positive("U0 tanh", "-1 < t < 1 implies 1 - t^2 > 0", 1 - t**2, 1 - t, 1 + t),
        positive("U0 logistic", "0 < s < 1 implies s (1 - s) > 0", s * (1 - s), s, 1 - s),
    )


def pole_steps() -> Sequence[Inequality]:
    """Return the scalar facts behind the strong form of Theorem 3.3.

    Poles: ``1 / (1 + gamma tau^m)`` has its poles of modulus R at the angles ``(2k + 1) pi / m``.
    Tower: fewer than R + 1 independent generators cannot have transcendence degree R + 1.
    Decay: integers ``E_ii >= 1``, at most N, against ``||W^L||^2 -> 0``.

    Examples
    --------
    >>> [inequality.name for inequality in pole_steps() if inequality.adds_up()]
    ['IL angle', 'IL tower', 'V6 decay']
    """
    R, m, q, k = ring("m, q, k", QQ)
    T, degree, size = ring("d, R", QQ)
    S, e, r, N = ring("e, r, N", QQ)
    return (
        Inequality(
            "IL angle",
            "1 <= q < m and k >= 0 imply (2 k + 1) m > q: the pole at the angle pi / m belongs to "
            "no smaller exponent q",
            R,
            ((m - q, True), (k, False), (q - 1, False), (q - (2 * k + 1) * m, False)),
            -R.one,
            # 0 = (m - q) + 2 k (m - q) + 2 k (q - 1) + 2 k + (q - (2 k + 1) m)
            (
                (1, (0,), R.one),
                (2, (1, 0), R.one),
                (2, (1, 2), R.one),
                (2, (1,), R.one),
                (1, (3,), R.one),
            ),
        ),
        Inequality(
            "IL tower",
            "d >= R + 1 (Ax) and d <= R (R + 1 dependent generators) contradict each other",
            T,
            ((degree - size - 1, False), (size - degree, False)),
            -T.one,
            ((1, (-1,), T.one), (1, (0,), T.one), (1, (1,), T.one)),
        ),
        Inequality(
            "V6 decay",
            "1 <= e, e <= N r and N r < 1 contradict each other",
            S,
            ((e - 1, False), (N * r - e, False), (1 - N * r, True)),
            -S.one,
            ((1, (0,), S.one), (1, (1,), S.one), (1, (2,), S.one)),
        ),
    )


def memory_steps() -> Sequence[Inequality]:
    """Return the scalar contradictions behind the lower bound for scalar memory.

    Examples
    --------
    >>> [inequality.name for inequality in memory_steps() if inequality.adds_up()]
    ['M contradiction', 'M product', 'M row']
    """
    R, q, w = ring("q, w", QQ)
    S, a, b, c = ring("a, b, w", QQ)
    gap = (1 - w**2, True)
    return (
        Inequality(
            "M contradiction",
            "q = w^2 q, q > 0 and w^2 < 1 contradict each other",
            R,
            ((q, True), gap),
            -R.one,
            ((1, (0, 1), R.one),),
            (q - w**2 * q,),
            (-R.one,),
        ),
        Inequality(
            "M product",
            "a b = 0, a^2 = 1 - w^2, b^2 = 1 - w^2 and w^2 < 1 contradict each other",
            S,
            ((1 - c**2, True),),
            -S.one,
            # (1 - w^2)^2 = a^2 b^2 - b^2 (a^2 - 1 + w^2) - (1 - w^2) (b^2 - 1 + w^2)
            ((1, (0, 0), S.one),),
            (a * b, a**2 - 1 + c**2, b**2 - 1 + c**2),
            (-a * b, b**2, 1 - c**2),
        ),
        Inequality(
            "M row",
            "a = 0, a^2 = 1 - w^2 and w^2 < 1 contradict each other",
            S,
            ((1 - c**2, True),),
            -S.one,
            ((1, (0,), S.one),),
            (a, a**2 - 1 + c**2),
            (-a, S.one),
        ),
    )
