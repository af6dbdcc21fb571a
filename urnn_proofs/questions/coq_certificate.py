"""The certificate of one network for the verified checker in Coq, as integers.

Its fields are those of ``cert`` in ``formal/CertificateChecker.v``: the network over common
denominators, what shows ``||W|| <= rho < 1`` and bounds the states, and U as
``diag(sqrt alpha) Q diag(1 / sqrt dd)``.  Coq checks them; how they are found does not matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import fmpz_mat

from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.orthogonal import Orthogonal as Matrix
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["NOTHING", "Certificate", "Orthogonal", "contraction", "orthogonal_columns", "work"]


@dataclass(frozen=True)
class Orthogonal:
    """``U = diag(sqrt alpha) Q diag(1 / sqrt dd)``, Q by columns."""

    Q: list[list[int]]
    a: int
    alpha: list[int]
    dd: list[int]
    e: list[int]


NOTHING = Orthogonal([], 1, [], [], [])


@dataclass(frozen=True)
class Certificate:
    """The fields of ``cert`` in ``CertificateChecker.v``, in its order."""

    n: int
    m: int
    p: int
    r: int
    W: list[list[int]]
    W_over: int
    F: list[list[int]]
    F_over: int
    b: list[int]
    b_over: int
    C: list[list[int]]
    C_over: int
    h: list[int]
    h_over: int
    M: Fraction
    H: Fraction
    rho: Fraction
    s: int
    L: list[list[int]]
    F_norm: Fraction
    b_norm: Fraction
    orthogonal: Orthogonal

    def with_orthogonal(self, found: Orthogonal) -> Certificate:
        """Return the certificate with U written out."""
        return replace(self, orthogonal=found, r=len(found.Q) - self.n)

    def numbers(self) -> list[int | list[int] | list[list[int]]]:
        """Return sizes and fields, in the order in which the fingerprint reads them."""
        return [self.n, self.m, self.p, self.r, *self.fields()]

    def fields(self) -> list[int | list[int] | list[list[int]]]:
        """Return what follows n, m, p, r, in order."""
        u = self.orthogonal
        found: list[int | list[int] | list[list[int]]] = [self.W, self.W_over, self.F, self.F_over]
        found += [self.b, self.b_over, self.C, self.C_over, self.h, self.h_over]
        for value in (self.M, self.H, self.rho):
            found += [value.numerator, value.denominator]
        found += [self.s, self.L]
        for value in (self.F_norm, self.b_norm):
            found += [value.numerator, value.denominator]
        return [*found, u.Q, u.a, u.alpha, u.dd, u.e]


def _rows(matrix: RationalMatrix) -> tuple[list[list[int]], int]:
    rows = [[int(x) for x in row] for row in matrix.numerators.tolist()]
    return rows or [], matrix.denominator


def contraction(rnn: RNN, M: Fraction, rho: Fraction | None) -> Certificate:
    """Return the network with a certificate of ``||W|| <= rho`` and a state bound.

    Without *rho* the network alone, every other field being neutral.
    """
    W, W_over = _rows(rnn.W)
    (F, F_over), (C, C_over) = _rows(rnn.F), _rows(rnn.C)
    (b, b_over), (h, h_over) = _rows(rnn.b), _rows(rnn.h_init)
    flat_b, flat_h = [row[0] for row in b], [row[0] for row in h]
    F_norm, b_norm, nh = (
        _root_above(sum(x * x for x in entries), d)
        for entries, d in (
            ([x for row in F for x in row], F_over),
            (flat_b, b_over),
            (flat_h, h_over),
        )
    )
    if rho is None:
        bound, s, L, H = Fraction(0), 1, [[0] * rnn.states] * rnn.states, Fraction(0)
    else:
        bound = _between(rho)
        s, L = _cholesky(rnn.W.numerators, W_over, rho, bound)
        H = max(nh, (F_norm * M + b_norm) / (1 - bound))
    columns = [list(column) for column in zip(*W, strict=True)]
    sizes = rnn.states, rnn.inputs, rnn.outputs, 0
    return Certificate(
        *sizes,
        columns,
        W_over,
        F,
        F_over,
        flat_b,
        b_over,
        C,
        C_over,
        flat_h,
        h_over,
        M,
        H,
        bound,
        s,
        L,
        F_norm,
        b_norm,
        NOTHING,
    )


def _root_above(square: int, denominator: int) -> Fraction:
    """Return a rational at least ``sqrt(square) / denominator``, close to it."""
    if square == 0:
        return Fraction(0)
    shift = max(0, 40 - square.bit_length() // 2)
    root = math.isqrt((square << 2 * shift) - 1) + 1
    return Fraction(root, denominator << shift)


def _between(rho: Fraction) -> Fraction:
    """Return a short rational strictly between rho and 1."""
    low, high = rho + (1 - rho) / 4, rho + 3 * (1 - rho) / 4
    digits = 1
    while True:
        scale = 10**digits
        found = Fraction(math.ceil(low * scale), scale)
        if found <= high:
            return found
        digits *= 2


def _cholesky(
    W: fmpz_mat, W_over: int, known: Fraction, rho: Fraction
) -> tuple[int, list[list[int]]]:
    """Return s and L with ``s (rho^2 - W^T W) - L L^T`` diagonally dominant, in integers.

    ``||W|| <= known < rho`` leaves room for the rounding of an integer Cholesky factor.
    """
    n = W.nrows()
    G = W.transpose() * W
    pd, q = rho.numerator * W_over, rho.denominator
    A = [[(pd * pd if i == j else 0) - q * q * int(G[i, j]) for j in range(n)] for i in range(n)]
    gap = (rho**2 - known**2) * (q * W_over) ** 2 / 2
    largest = max(A[i][i] for i in range(n))
    t = 1
    while math.floor(t * t * gap) < (n + 2) * (math.isqrt(t * t * largest) + 1):
        t *= 2
    s = t * t
    less = math.floor(s * gap)
    L = [[0] * n for _ in range(n)]
    for j in range(n):
        for i in range(j, n):
            rest = s * A[i][j] - (less if i == j else 0)
            rest -= sum(x * y for x, y in zip(L[i][:j], L[j][:j], strict=True))
            if i == j:
                if rest <= 0:
                    raise UndecidedError("no certificate of ||W|| < 1 was found for Coq")
                L[i][j] = math.isqrt(rest)
            else:
                L[i][j] = rest // L[j][j]
    return s, L


def orthogonal_columns(U: Matrix, n: int, W_over: int) -> Orthogonal:
    """Return a U whose upper left block is W, in the integers of the certificate."""
    a = math.lcm(*(x.denominator for x in U.alpha))
    columns = [list(column) for column in zip(*U.rows(), strict=True)]
    Q, dd, e = [], [], []
    for j, column in enumerate(columns):
        # U_ij = sqrt(alpha_i) column_i / d sqrt(beta_j), and 1 / beta_j = p / q.
        common = math.gcd(U.denominator, *column)
        numerators, c = [x // common for x in column], U.denominator // common
        inverse = 1 / U.beta[j]
        if j < n:
            factor = W_over // math.gcd(W_over, c)
            numerators, c = [x * factor for x in numerators], c * factor
            e.append(c // W_over)
        elif a * c * c * inverse.numerator % inverse.denominator:
            numerators = [x * inverse.denominator for x in numerators]
            c *= inverse.denominator
        Q.append(numerators)
        dd.append(int(a * c * c * inverse))
    return Orthogonal(Q, a, [int(a * x) for x in U.alpha], dd, e)


def work(u: Orthogonal) -> float:
    """Return roughly how many word products Coq has to compute."""
    words = max(1.0, max(x.bit_length() for column in u.Q for x in column) / 62)
    return float(len(u.Q) ** 3 * words**1.6 * 100)
