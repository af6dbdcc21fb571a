"""2n is not robust: n + 1 states come within every epsilon of a network with diagonal W.

Problem
    Theorem 3.2 has a network, W = 0, for which equal outputs need 2n states.  Are nearly equal
    outputs cheaper?
Method
    A lower triangular contraction with any given diagonal can have a defect of rank 1: the state
    matrix of an all-pass filter.  A diagonal scaling makes what is below the diagonal as small as
    one likes, and ReLU commutes with it.
Guarantee
    n + 1 states for every epsilon > 0, for all k and all inputs in X_M, if W is diagonal with
    entries between -1 and 1; the family of URNNs is explicit.
Letters
    w_i are the entries of W, s_i^2 = 1 - w_i^2; L is the lower triangular matrix, with
    ``L_ij = s_i s_j prod_{j < k < i} (-w_k)`` below the diagonal, and g a row, g_j = s_j
    prod_{k > j} (-w_k).  T is diagonal with entries s_i t^{i-1}; W_t = T^{-1} L T.
Reference
    This package's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.not_robust import PROSE

__all__ = ["nearby", "page"]

page = Page(
    "2n-not-robust",
    Statement(
        "Let W be diagonal with entries between -1 and 1. For every M > 0 and every eps > 0 a ReLU "
        "RNN with n states and this W has a ReLU URNN with at most n + 1 states whose outputs "
        "differ from its own by at most eps, for all k and all inputs with ||x^k|| <= M. One of "
        "them is the network of Theorem 3.2, which needs 2n states for equal outputs.",
        r"Let $@W$ be diagonal with entries between $-1$ and $1$. For every $@M > 0$ and every "
        r"$\varepsilon > 0$ a ReLU RNN with $@n$ states and this $@W$ has a ReLU URNN with at most "
        r"$@n + 1$ states whose outputs differ from its own by at most $\varepsilon$, for all $k$ "
        r"and all inputs with $\|@x^k\| \le @M$. One of them is the network of Theorem 3.2, which "
        r"needs $2@n$ states for equal outputs.",
        coq=("diagonal_eps", "witness_exact_vs_eps"),
    ),
    (
        "W is diagonal, |w_i| < 1",
        "M > 0 and eps > 0",
        "both networks have ReLU",
        "||x^k|| <= M for all k",
    ),
    reference="this package's own; beside arXiv:1910.13672, Theorem 3.2",
    prose=PROSE,
)


@page.step(
    "R1 one unit more",
    scope="all k, all w with |w| <= 1",
    used="induction on the number of units; for one unit L = w and g = s",
)
def one_unit_more(t: Board) -> None:
    """L^T L + g^T g = I for every number of units.

    With one unit more L becomes [[L, 0], [s g, w]] and g becomes [-w g, s], where w^2 + s^2 = 1.
    Each block of the new L^T L + g^T g is that of I.
    """
    L, g, w, s = t.letters("L: k -> k", "g: k -> 1", "w = w^T: 1 -> 1", "s = s^T: 1 -> 1")
    t.given(L.T * L + g.T * g == 1, w * w + s * s == 1, w * s == s * w)
    t.show(
        L.T * L + (s * g).T * (s * g) + (w * g).T * (w * g) == 1,
        (s * g).T * w - (w * g).T * s == 0,
        w * w + s * s == 1,
    )


@page.step("R2 scaling", uses=("R1 one unit more",), scope="all n, all invertible diagonal T")
def scaling(t: Board) -> None:
    """P - W_t^T P W_t = (g T)^T (g T) with P = T^2: after the scaling T the norm of W_t is at most
    1, and its defect has rank at most 1.

    W_t = T^{-1} L T. For rational w_i and t all of P, W_t and g T is rational.
    """
    L, g, T, W = t.letters("L: n -> n", "g: n -> 1", "T = T^T: n -> n", "W: n -> n")
    t.given(L.T * L + g.T * g == 1, T * W == L * T)
    t.show(T * T - W.T * T * T * W == (g * T).T * (g * T))


@page.step(
    "R3 limit",
    uses=("R2 scaling",),
    scope="all n, all t >= 1",
    used="|1 - w_j^2| <= 1, |w_k| <= 1, so each such entry is a number of modulus at most 1 "
    "divided by a power of t; a matrix with n^2 entries of modulus at most "
    "1 / t has norm at most n / t",
)
def limit(t: Board) -> None:
    """W_t has the diagonal of W, zeros above it, and below it entries of modulus at most 1 / t; so
    ||W_t - W|| <= n / t.

    Below the diagonal (W_t)_ij = (1 - w_j^2) prod_{j < k < i} (-w_k) / t^{i-j}. The numbers are
    a, the modulus of the product, v = t^m with m >= 0, and t itself, written u.
    """
    a, v, u = t.numbers("a, v, u")
    t.follows(
        "t^m >= 1 and t >= 1 imply t^(m+1) >= 1",
        given=(v - 1, u - 1),
        shown=v * u - 1,
        by=((1, (-1,)), (1, (0, 1)), (1, (0,)), (1, (1,))),
    )
    t.follows(
        "a <= 1 <= t^m and t >= 1 imply a t <= t^(m+1)",
        given=(1 - a, v - 1, u - 1),
        shown=v * u - a * u,
        by=((1, (-1,)), (1, (0, 2)), (1, (0,)), (1, (1, 2)), (1, (1,))),
    )


@page.step(
    "R4 error",
    scope="all n, all W and W' with ||W|| + ||W' - W|| < 1, all k",
    used="relu is non-expansive; the triangle inequality; induction on k; |h^k| <= H",
)
def error(t: Board) -> None:
    """with W' for W every state changes by at most eta H / (1 - rho - eta), where rho = ||W||,
    eta = ||W' - W||.

    |h'^k - h^k| <= |W' (h'^{k-1} - h^{k-1})| + |(W' - W) h^{k-1}| <= (rho + eta) e + eta H with e
    the difference before. The number D is the bound: D (1 - rho - eta) = eta H.
    """
    e, D, rho, eta, H = t.numbers("e, D, rho, eta, H")
    t.follows(
        "e <= D, rho + eta >= 0 and D (1 - rho - eta) = eta H imply (rho + eta) e + eta H <= D",
        given=(D - e, rho + eta),
        shown=D - (rho + eta) * e - eta * H,
        by=((1, (-1,)), (1, (0, 1))),
        equal=((D * (1 - rho - eta) - eta * H, 1),),
    )


@page.step(
    "R5 small enough",
    uses=("R3 limit", "R4 error"),
    scope="all n, all eps > 0",
    used="the output differs by at most ||C|| times the difference of the states",
)
def small_enough(t: Board) -> None:
    """for large t the outputs of the RNN with W_t for W differ by at most eps.

    eta <= n / t tends to 0. It is enough that ||C|| eta H <= eps (1 - rho - eta). The numbers are
    c = ||C||, D as in R4, and d, the difference of the outputs.
    """
    c, D, d, rho, eta, H, eps = t.numbers("c, D, d, rho, eta, H, eps")
    t.follows(
        "d <= c D, D (1 - rho - eta) = eta H, c eta H <= eps (1 - rho - eta) and rho + eta < 1 "
        "imply d <= eps",
        given=(c * D - d, eps * (1 - rho - eta) - c * eta * H, positive(1 - rho - eta)),
        shown=eps - d,
        by=((1, (2, -1)), (1, (1,)), (1, (2, 0))),
        equal=((D * (1 - rho - eta) - eta * H, -c),),
    )


@page.step(
    "R6 conclusion",
    uses=("R2 scaling", "R5 small enough"),
    scope="all n, all diagonal W with |w_i| < 1, all M > 0, all eps > 0, all k",
    used="the construction of Theorem 3.1 for the scaled network; ||W_t|| <= rho + eta < 1 bounds "
    "its states; Theorem 3.2 for the last sentence",
)
def conclusion(t: Board) -> None:
    """N = n + r <= n + 1.

    The RNN with W_t is equal to a URNN: after the scaling T its defect has rank r <= 1, and the
    construction of Theorem 3.1 gives n + r states.
    """
    n, r, N = t.numbers("n, r, N")
    t.follows(
        "r <= 1 and N = n + r imply N <= n + 1",
        given=(1 - r,),
        shown=n + 1 - N,
        by=((1, (-1,)), (1, (0,))),
        equal=((N - n - r, -1),),
    )


def nearby(w: Sequence[Fraction], t: Fraction) -> RationalMatrix:
    """Return W_t for a diagonal matrix with the entries w, between -1 and 1, and t > 0.

    Examples
    --------
    >>> print(nearby([Fraction(1, 5), Fraction(1, 2)], Fraction(10)))
    RationalMatrix([1/5 0; 12/125 1/2])
    """
    n = len(w)
    rows = [[Fraction(0)] * n for _ in range(n)]
    for i in range(n):
        rows[i][i] = Fraction(w[i])
        product = Fraction(1)
        for j in reversed(range(i)):
            rows[i][j] = (1 - w[j] ** 2) * product / t ** (i - j)
            product *= -w[j]
    return RationalMatrix.from_fractions(rows)


# The family at some points, and one URNN with n + 1 states.

_POINTS = (
    (Fraction(1, 5), Fraction(1, 2), Fraction(7, 10)),
    (Fraction(1, 2), Fraction(1, 2), Fraction(1, 2)),
    (Fraction(0), Fraction(0)),
    (Fraction(-3, 5), Fraction(0), Fraction(9, 10), Fraction(-1, 3)),
)


@page.example("rank 1", scope="four diagonals of up to four entries, t = 1, 10, 1000")
def rank_one() -> bool:
    """P - W_t^T P W_t is the product of a column and its row, exactly.

    Equal and vanishing w_i are among them.
    """
    for w in _POINTS:
        for t in map(Fraction, (1, 10, 1000)):
            n, W = len(w), nearby(w, t)
            diagonal = [(1 - w[i] ** 2) * t ** (2 * i) for i in range(n)]
            P = RationalMatrix.from_fractions(
                [[diagonal[i] * int(i == j) for j in range(n)] for i in range(n)]
            )
            row = []
            for j in range(n):
                row.append((1 - w[j] ** 2) * t**j)
                for k in range(j + 1, n):
                    row[-1] *= -w[k]
            g = RationalMatrix.from_fractions([row])
            if P - W.transpose() @ P @ W != g.transpose() @ g:
                return False
    return True


_INPUTS: list[list[Any]] = [
    [1, 0],
    [0, 1],
    [Fraction(-3, 5), Fraction(4, 5)],
    [Fraction(3, 5), Fraction(4, 5)],
]


def _errors(t: int) -> Fraction:
    """Return the largest difference of an output of the URNN with 3 states, run exactly."""
    w, s = (Fraction(3, 5), Fraction(5, 13)), (Fraction(4, 5), Fraction(12, 13))
    rnn = RNN(W=[[w[0], 0], [0, w[1]]], F=[[1, 0], [0, 1]], b=[0, 0], C=[[1, 0], [0, 1]])
    scale = (s[0], s[1] * t)
    U = [  # [[L, *], [g, *]], completed to an orthogonal matrix
        [w[0], 0, s[0]],
        [s[1] * s[0], w[1], -s[1] * w[0]],
        [-w[1] * s[0], s[1], w[1] * w[0]],
    ]
    urnn = URNN(
        W=U,
        F=[[scale[0], 0], [0, scale[1]], [0, 0]],
        b=[0, 0, -100 * t],
        C=[[1 / scale[0], 0, 0], [0, 1 / scale[1], 0]],
    )
    x = _INPUTS * 5
    pairs = zip(rnn.run_exact(x), urnn.run_exact(x), strict=True)
    return max(abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True))


@page.example("three states for two", scope="this network, these inputs")
def three_states() -> tuple[bool, dict[str, str]]:
    """W = diag(3/5, 5/13) has rational URNNs with 3 states whose outputs differ by less than 2 / t,
    and by more than 0, for t = 10, 100, 1000.
    """
    found = {t: _errors(t) for t in (10, 100, 1000)}
    evidence = {f"t = {t}": f"{float(e):.2g}" for t, e in found.items()}
    return all(0 < e < Fraction(2, t) for t, e in found.items()), evidence


@page.example("W = 0")
def shift() -> bool:
    """for W = 0 the matrix W_t is 1 / t times a shift."""
    W = nearby([Fraction(0)] * 3, Fraction(7))
    seventh = Fraction(1, 7)
    return W.to_fractions() == [[0, 0, 0], [seventh, 0, 0], [0, seventh, 0]]
