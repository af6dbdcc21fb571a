"""Look for what :mod:`urnn_proofs.checks.exact.sector` needs; evidence only.

With ``P = C^T C + p I + L L^T``, ``t = exp tau``, ``y = exp eta`` and
``Y = 2 t - P - t W P^-1 W^T t / a`` the condition says ``Y >= y``.  The bound of what is read,
``sum_i (t_i^2 / y_i) r_i^2 / (1 - a)``, is minimised by descent, with a barrier for ``Y - y``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from urnn_proofs.checks.exact.sector import Sector, sector_holds
from urnn_proofs.guesses.descent import Array, descend
from urnn_proofs.guesses.remainder import Remainder
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["find_sector"]

_STEPS = 300
_BARRIERS = (1e-2, 1e-3)
_TOLERANCE = 1e-4


def find_sector(
    W: RationalMatrix,
    C: RationalMatrix,
    disturbance: Array,
    scaling: tuple[Fraction, ...] | None,
) -> Sector | None:
    """Return evidence that disturbances of these sizes change what C reads by little, or None.

    Parameters
    ----------
    W, C
        (n, n), (p, n), with entries in the range of float64.
    disturbance
        (n,), not negative: how much each unit is disturbed in each step.
    scaling
        A positive diagonal S with ``||S W S^-1|| < 1``; None for the identity.

    Examples
    --------
    >>> W = RationalMatrix.parse([[0, -0.9], [0.9, 0]], "W")
    >>> found = find_sector(W, RationalMatrix.identity(2), np.ones(2), None)
    >>> found is not None and sector_holds(W, RationalMatrix.identity(2), found)
    True
    """
    with np.errstate(all="ignore"):
        A, read = W.to_numpy(), C.to_numpy()
        n = len(A)
        S = np.array([float(s) for s in scaling]) if scaling else np.ones(n)
        r = np.maximum(disturbance, 1e-3 * disturbance.max())
        size = float(np.linalg.norm(read))
        if not (0 < size < np.inf and 0 < r.max() < np.inf):
            return None
        # In units in which C has norm about 1, and the disturbance too.
        p = 2.0 ** np.floor(np.log2(size**2 / n) - 10)
        search = _Search(A, read.T @ read / size**2 + p / size**2 * np.eye(n), r / r.max())
        try:
            v = search.start(S / S.min())
            if v is None:
                return None
            for weight in _BARRIERS:
                v = descend(search.objective(weight), v, _STEPS, _TOLERANCE)
            return _rounded(W, C, search, v, size, float(p))
        except (np.linalg.LinAlgError, ArithmeticError, ValueError):
            return None


@dataclass(frozen=True)
class _Search:
    """W, the least P, and the sizes of the disturbances."""

    W: Array
    least: Array
    r: Array

    def remainder(self, v: Array) -> tuple[Remainder, Array]:
        """Return Y and y."""
        n = len(self.W)
        t = np.exp(v[n * n : n * n + n])
        a = float(1 / (1 + np.exp(-v[-1])))
        y: Array = np.exp(v[n * n + n : -1])
        return Remainder(self.least, v[: n * n].reshape(n, n), t[:, None] * self.W, t, a), y

    def start(self, S: Array) -> Array | None:
        """Return a point of the domain: ``P = t = c S^2``."""
        rho = float(np.linalg.norm(self.W * S[:, None] / S, 2))
        if not rho < 1:
            return None
        a = (1 + rho**2) / 2
        t = 2 * float(np.linalg.eigvalsh(self.least)[-1]) * S**2
        L = np.linalg.cholesky(np.diag(t) - self.least)
        y = t * (1 - rho**2 / a) / 2
        return np.concatenate([L.ravel(), np.log(t), np.log(y), [np.log(a / (1 - a))]])

    def objective(self, weight: float) -> Callable[[Array], tuple[float, Array]]:
        """Return the logarithm of the bound and its gradient, with a barrier of that weight."""

        def value(v: Array) -> tuple[float, Array]:
            of, y = self.remainder(v)
            room = of.Y - np.diag(y)
            try:
                factor = np.linalg.cholesky(room)
                by_Y = np.asarray(-weight * np.linalg.inv(room), dtype=np.float64)
            except np.linalg.LinAlgError:
                return np.inf, v
            shares = (of.t * self.r) ** 2 / y
            cost = shares.sum()
            shares = shares / cost
            found = np.log(cost) - np.log(1 - of.a)
            found -= weight * (2 * np.log(np.diag(factor)).sum() - np.log(of.t).sum())
            if not np.isfinite(found):
                return np.inf, v
            by_L, by_B, by_a = of.gradients(by_Y)
            by_tau = 2 * np.diag(by_Y) * of.t + (by_B * of.B).sum(axis=1) + weight + 2 * shares
            by_eta = -np.diag(by_Y) * y - shares
            parts = [by_L.ravel(), by_tau, by_eta, [by_a * of.a * (1 - of.a) + of.a]]
            return float(found), np.concatenate(parts)

        return value


def _rounded(
    W: RationalMatrix, C: RationalMatrix, search: _Search, v: Array, size: float, p: float
) -> Sector | None:
    of, y = search.remainder(v)
    for bits in (16, 20, 26):
        unit = size**2 * 2.0**-bits
        unit = 2.0 ** np.floor(np.log2(unit))
        n = len(y)
        P = np.rint(of.P * size**2 / unit) * unit + n * unit * np.eye(n)
        t = np.maximum(np.rint(of.t * size**2 / unit), 1) * unit
        a = float(np.ceil(of.a * 2**10) / 2**10)
        # Down, so that Y - y stays positive.
        y_ = np.maximum(np.floor(y * size**2 * (1 - 1e-3) / unit), 1) * unit
        room = Remainder(P, np.zeros((n, n)), t[:, None] * search.W, t, a).Y - np.diag(y_)
        if not a < 1 or np.linalg.eigvalsh(room)[0] <= 0:
            continue
        rows = [[Fraction(x) for x in row] for row in P.tolist()]
        found = Sector(
            RationalMatrix.from_fractions(rows),
            tuple(map(Fraction, t.tolist())),
            tuple(map(Fraction, y_.tolist())),
            Fraction(a),
            Fraction(p),
        )
        try:
            if sector_holds(W, C, found):
                return found
        except UndecidedError:
            continue
    return None
