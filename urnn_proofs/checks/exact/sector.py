"""How far disturbances drive two runs of a network apart, each unit measured on its own.

Let phi have slopes in [0, 1].  For states ``d`` apart, the next ones, of which unit i is disturbed
by at most ``r_i``, are s apart with

    s . P s <= a d . P d + sum_i (t_i^2 / y_i) r_i^2,

if the symmetric matrix ``[[a P, -W^T t], [-t W, 2 t - y - P]]`` is positive semidefinite, t and y
positive diagonals.  Proof: the change of the preactivation is ``z = W d + r``, and
``s_i (z_i - s_i) >= 0``.  The form of that matrix at (d, s) is not negative, so

    s . P s <= a d . P d + 2 s . t (s - z) + 2 s . t r - s . y s,

where the second term is at most 0, and ``2 t_i s_i r_i - y_i s_i^2 <= t_i^2 r_i^2 / y_i``.

By induction ``d . P d`` stays at most ``sum_i (t_i^2 / y_i) r_i^2 / (1 - a)`` for all k, if it is
so at first.  ``P >= C^T C`` bounds what is read, ``P >= p I`` the states.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.checks.exact.norms import is_semidefinite
from urnn_proofs.model.number import show_fields
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Sector", "sector_holds"]


@dataclass(frozen=True)
class Sector:
    """Evidence: P (n, n), the diagonals t and y, ``0 <= a < 1``, and ``p > 0``."""

    P: RationalMatrix
    t: tuple[Fraction, ...]
    y: tuple[Fraction, ...]
    a: Fraction
    p: Fraction

    __repr__ = show_fields

    @property
    def weights(self) -> tuple[Fraction, ...]:
        """``t_i^2 / y_i``."""
        return tuple(t * t / y for t, y in zip(self.t, self.y, strict=True))


def sector_holds(W: RationalMatrix, C: RationalMatrix, e: Sector) -> bool:
    """Decide every condition, for W (n, n) and C (p, n).

    Raises
    ------
    UndecidedError
        If a matrix is too close to singular for rounded factors, and too large for exact ones.
    """
    n = W.shape[0]
    fits = e.P.shape == (n, n) and len(e.t) == len(e.y) == n and e.P == e.P.transpose()
    if not (fits and min(*e.t, *e.y) > 0 and 0 <= e.a < 1 and e.p > 0):
        return False
    tW = -(RationalMatrix.diagonal(e.t) @ W)
    corner = RationalMatrix.diagonal([2 * t - y for t, y in zip(e.t, e.y, strict=True)]) - e.P
    forms = (
        e.P - RationalMatrix.identity(n) * e.p,
        e.P - C.transpose() @ C,
        RationalMatrix.blocks([[e.P * e.a, tW.transpose()], [tW, corner]]),
    )
    return all(is_semidefinite(form) is not None for form in forms)
