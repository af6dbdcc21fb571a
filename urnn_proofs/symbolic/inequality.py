"""Polynomial inequalities with a certificate of positivity, stated once for all engines.

An :class:`Inequality` holds SymPy polynomials.  Its certificate is a list of summands
``coefficient * square^2 * product of hypotheses`` that add up to zero (index -1 is the negated
conclusion); :meth:`Inequality.adds_up` expands it, and Z3 and the kernel are asked as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import QQ
from sympy.polys.rings import ring

__all__ = ["Inequality", "dimension_steps", "gate_steps", "pole_steps", "slope_steps"]

Summand = tuple[int, tuple[int, ...], Any]


@dataclass(frozen=True, eq=False)
class Inequality:
    """``conclusion >= 0`` follows from ``g >= 0`` (``g > 0`` if strict) and equations ``e = 0``.

    *multiples* holds one polynomial for each equation, which enters the sum multiplied by it.
    """

    name: str
    text: str
    ring: Any
    hypotheses: tuple[tuple[Any, bool], ...]
    conclusion: Any
    summands: tuple[Summand, ...]
    equations: tuple[Any, ...] = ()
    multiples: tuple[Any, ...] = ()

    def adds_up(self) -> bool:
        """Expand the certificate: positive coefficients, a strict summand, total zero."""
        given = [*self.hypotheses, (-self.conclusion, True)]
        total, positive = self.ring.zero, False
        for factor, equation in zip(self.multiples, self.equations, strict=True):
            total = total + factor * equation
        for coefficient, factors, square in self.summands:
            product, strict = coefficient * square**2, bool(square.is_ground and square != 0)
            for index in factors:
                product, strict = product * given[index][0], strict and given[index][1]
            if coefficient <= 0:
                return False
            total, positive = total + product, positive or strict
        return bool(total == 0 and positive)

    def as_json(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return claim and evidence in the form certificates use."""
        given = [(g, ">" if strict else ">=") for g, strict in self.hypotheses]
        given += [(e, "=") for e in self.equations]
        claim = {
            "variables": [str(x) for x in self.ring.symbols],
            "hypotheses": [{"polynomial": _json(g), "sign": sign} for g, sign in given],
            "conclusion": _json(self.conclusion),
        }
        start = len(self.hypotheses)
        multiples = [[start + j, _json(factor)] for j, factor in enumerate(self.multiples)]
        summands = [[str(c), list(factors), _json(square)] for c, factors, square in self.summands]
        return claim, {"summands": summands, "multiples": multiples}


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


def _json(polynomial: Any) -> list[list[Any]]:
    return [[str(c), [int(e) for e in m]] for m, c in polynomial.terms()]
