"""Look for an ellipsoid that the states of a ReLU network never leave; evidence only.

:mod:`urnn_proofs.checks.exact.ellipsoid` says what it must satisfy.  With ``P = I + L L^T``,
``V = W + N * N`` (entrywise), ``t = exp tau`` and ``Y = 2 t - P - t V P^-1 V^T t / a`` the
condition ``Z >= 0`` says that Y is positive and ``mu + lambda ||x||^2 >= w . Y^-1 w`` for
``w = t (F x + b)``.  So ``H^2 = (mu + lambda M^2) / (1 - a)`` is a smooth function of L, N, tau, a
and lambda.  Its logarithm, with a barrier for what must stay positive, is minimised by descent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpz_mat

from urnn_proofs.checks.exact.ellipsoid import Ellipsoid, ellipsoid_facts
from urnn_proofs.guesses.descent import Array, descend
from urnn_proofs.guesses.remainder import Remainder
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import few_bits, sqrt_upper, to_float
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["LARGEST", "find_ellipsoid"]

# The search costs about a second at this size, and grows faster than n^3.
LARGEST = 64

_STEPS = 300
_BARRIERS = (1e-2, 1e-3)
_TOLERANCE = 1e-4


def find_ellipsoid(
    rnn: RNN, M: Fraction, scaling: tuple[Fraction, ...] | None
) -> tuple[Fraction, Ellipsoid] | None:
    """Return H and an ellipsoid that shows it, or None if none was found.

    Parameters
    ----------
    rnn
        ReLU, initial state not negative, with weights in the range of float64.
    M
        The input bound.
    scaling
        A positive diagonal S with ``||S W S^-1|| < 1``; None for the identity.

    Examples
    --------
    >>> net = RNN([[0, -0.9], [0.9, 0]], [[1], [0]], [0, 0], [[1, 1]])
    >>> H, _ = find_ellipsoid(net, Fraction(1), None)  # by the norm rule: 10
    >>> bool(1.35 < H < 2)  # in truth 1.35
    True
    """
    with np.errstate(all="ignore"):
        W, F, b = (x.to_numpy() for x in (rnn.W, rnn.F, rnn.b))
        S = np.array([float(s) for s in scaling]) if scaling else np.ones(len(W))
        drive = np.hstack([F * to_float(M), b])
        try:
            shape = _Shape(W, drive)
            v = shape.start(S)
            if v is None:
                return None
            for weight in _BARRIERS:
                v = descend(shape.objective(weight), v, _STEPS, _TOLERANCE)
            return _rounded(rnn, M, shape, v)
        except (np.linalg.LinAlgError, ArithmeticError, ValueError):
            return None


@dataclass(frozen=True)
class _Point:
    """One candidate: what is searched for, in floating point."""

    L: Array
    N: Array
    tau: Array
    a: float
    lam: float


@dataclass(frozen=True)
class _Shape:
    """The network, ``drive = [M F, b]``."""

    W: Array
    drive: Array

    def point(self, v: Array) -> _Point:
        n = len(self.W)
        L, N = v[: 2 * n * n].reshape(2, n, n)
        a = 1 / (1 + np.exp(-v[-2]))
        return _Point(L, N, v[2 * n * n : -2], float(a), float(np.exp(v[-1])))

    def start(self, S: Array) -> Array | None:
        """Return a point of the domain: a ball of the states ``S h``, in which W is contractive."""
        n = len(self.W)
        rho = np.linalg.norm(self.W * S[:, None] / S, 2)
        if not rho < 1:
            return None
        squares = 2 * (S / S.min()) ** 2
        a = (1 + rho**2) / 2
        parts = [np.diag(np.sqrt(squares - 1)).ravel(), np.full(n * n, 0.01), np.log(squares)]
        head = np.concatenate(parts)
        for _ in range(60):  # until N and what rounding does are small enough
            v = np.append(head, [np.log(a / (1 - a)), 0.0])
            p = self.point(v)
            of = self.remainder(p)
            if np.linalg.eigvalsh(of.Y)[0] > 0:
                G = of.t[:, None] * self.drive
                K = G.T @ np.linalg.solve(of.Y, G)
                top = np.linalg.eigvalsh(K)[-1]
                v[-1] = np.log(2 * top) if top > 0 else np.nan
                return v if np.isfinite(v).all() else None
            head[n * n : 2 * n * n] /= 2
        return None

    def remainder(self, p: _Point) -> Remainder:
        t = np.exp(p.tau)
        return Remainder(np.eye(len(t)), p.L, t[:, None] * (self.W + p.N * p.N), t, p.a)

    def objective(self, weight: float) -> Callable[[Array], tuple[float, Array]]:
        """Return ``log H^2`` and its gradient, with a barrier of that weight."""
        m = self.drive.shape[1] - 1

        def value(v: Array) -> tuple[float, Array]:
            p = self.point(v)
            of = self.remainder(p)
            G = of.t[:, None] * self.drive
            try:
                of_Y = np.linalg.cholesky(of.Y)
                Yi = np.linalg.inv(of.Y)
                YG = Yi @ G
                K = G.T @ YG
                room = p.lam * np.eye(m) - K[:m, :m]
                of_room = np.linalg.cholesky(room)
            except np.linalg.LinAlgError:
                return np.inf, v
            inner = np.linalg.inv(room)
            u = np.append(inner @ K[:m, m], 1.0)
            cost = p.lam + K[m] @ u  # lambda + mu, for M = 1
            logs = np.log(np.diag(of_Y)).sum() + np.log(np.diag(of_room)).sum()
            found = np.log(cost) - np.log(1 - p.a)
            found -= weight * (2 * logs - p.tau.sum() - m * v[-1])
            if not np.isfinite(found):
                return np.inf, v
            # Derivatives by K, Y and what they are made of, one after the other.
            by_K = np.outer(u, u) / cost
            by_K[:m, :m] += weight * inner
            YK = YG @ by_K
            by_Y = -YK @ YG.T - weight * Yi
            by_L, by_B, by_a = of.gradients(by_Y)
            by_tau = 2 * np.diag(by_Y) * of.t + (by_B * of.B).sum(axis=1) + weight
            by_tau += 2 * (YK * G).sum(axis=1)
            by_lam = (1 - u[:m] @ u[:m]) / cost - weight * np.trace(inner)
            parts = [
                by_L.ravel(),
                (2 * p.N * (of.t[:, None] * by_B)).ravel(),
                by_tau,
                [by_a * p.a * (1 - p.a) + p.a, by_lam * p.lam + weight * m],
            ]
            return float(found), np.concatenate(parts)

        return value


def _rounded(rnn: RNN, M: Fraction, shape: _Shape, v: Array) -> tuple[Fraction, Ellipsoid] | None:
    """Round to numbers with few bits that still satisfy every condition."""
    for bits in (12, 16, 20, 26):
        found = _with_bits(rnn, M, shape, shape.point(v), bits)
        try:
            if found is not None and all(ellipsoid_facts(rnn, M, *found).values()):
                return found
        except UndecidedError:
            continue
    return None


def _with_bits(
    rnn: RNN, M: Fraction, shape: _Shape, p: _Point, bits: int
) -> tuple[Fraction, Ellipsoid] | None:
    n, unit = len(shape.W), 2.0**-bits
    eye = np.eye(n)
    # Up, so that P stays above I whatever the rounding of its entries.
    P = np.rint((eye + p.L @ p.L.T) / unit) * unit + n * unit * eye
    t = np.maximum(np.rint(np.exp(p.tau) / unit), 1) * unit
    fine = 2 ** (bits + 4)
    V = _not_below(rnn.W, shape.W + p.N * p.N, fine)
    a = float(np.ceil(p.a * 2**10) / 2**10)
    Y = Remainder(P, np.zeros((n, n)), t[:, None] * V.to_numpy(), t, a).Y
    G = t[:, None] * shape.drive
    K = G.T @ np.linalg.solve(Y, G)
    lam = few_bits(Fraction(p.lam) / M**2)
    k, lam_ = K[-1, :-1], to_float(lam * M**2)
    room = lam_ * np.eye(len(k)) - K[:-1, :-1]
    if min(np.linalg.eigvalsh(Y)[0], np.linalg.eigvalsh(room)[0]) <= 0:
        return None  # spoilt by rounding
    mu = K[-1, -1] + k @ np.linalg.solve(room, k)
    square = (lam_ + mu) / (1 - a)
    if not 0 < square < np.inf or not a < 1:
        return None
    exact = Ellipsoid(
        RationalMatrix.from_fractions([[Fraction(x) for x in row] for row in P.tolist()]),
        V,
        tuple(map(Fraction, t.tolist())),
        Fraction(a),
        lam,
    )
    start = (rnn.h_init.transpose() @ (exact.P @ rnn.h_init))[0, 0]
    # A little more than float64 says: few digits, and room for the exact check.
    H = max(Fraction(square**0.5) * (1 + Fraction(1, 2**10)), sqrt_upper(start))
    return few_bits(H, 7), exact


def _not_below(W: RationalMatrix, wanted: Array, scale: int) -> RationalMatrix:
    """Return multiples of 1 / scale that are not below W, and next above *wanted*."""
    exact, d = W.numerators.tolist(), W.denominator
    rough = np.ceil(wanted * scale).tolist()
    rows = [
        [max(-(-int(w) * scale // d), int(v)) for w, v in zip(*pair, strict=True)]
        for pair in zip(exact, rough, strict=True)
    ]
    return RationalMatrix(fmpz_mat(rows), scale)
