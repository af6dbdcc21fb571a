"""n complex states: enough for every contractive ReLU RNN with n real ones.

Problem
    2n real states are needed in general.  How many does a URNN with a unitary transition matrix
    need, where real and imaginary part pass through ReLU one by one?
Method
    ``U = W + i V`` is unitary for a suitable real V.  The states stay real: the imaginary parts are
    the silent units of Theorem 3.1.
Guarantee
    n complex states for a real RNN with n states.  As a real network they are 2n states, with the
    orthogonal transition matrix [[W, -V], [V, W]]: so every lower bound for real URNNs holds with
    2N in place of N.
Letters
    W = P S Q^T is a singular value decomposition, S diagonal; T = (I - S^2)^{1/2}, V = P T Q^T.
Reference
    This package's own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.theorems.board import Board
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.complex_states import PROSE

__all__ = ["page"]

page = Page(
    "complex",
    Statement(
        "For every contractive ReLU RNN with n real states and every M > 0 there is a network with "
        "n complex states, a unitary transition matrix and split ReLU, which is ReLU of the real "
        "and of the imaginary part, that has the same outputs for all inputs with ||x^k|| <= M. As "
        "a real network it has 2n states and the orthogonal transition matrix [[W, -V], [V, W]].",
        r"For every contractive ReLU RNN with $@n$ real states and every $@M > 0$ there is a "
        r"network with $@n$ complex states, a unitary transition matrix and split ReLU, which is "
        r"ReLU of the real and of the imaginary part, that has the same outputs for all inputs "
        r"with $\|@x^k\| \le @M$ for all $k$. As a real network it has $2@n$ states and the "
        r"orthogonal transition matrix "
        r"$\left[\begin{smallmatrix} @W & -V \\ V & @W \end{smallmatrix}\right]$.",
        coq=("complex_urnn", "complex_contraction"),
        scope="all n, every RNN of the statement",
    ),
    (
        "||W|| < 1",
        "the activation of the RNN is ReLU, that of the complex network split ReLU",
        "||x^k|| <= M for all k",
    ),
    reference="this package's own; arXiv:1910.13672, Theorem 3.1, with complex states",
    prose=PROSE,
)


@page.step(
    "C1 singular values",
    scope="all n",
    used="every matrix has a singular value decomposition; 1 - s^2 >= 0 has a square root for "
    "0 <= s <= 1, and diagonal matrices commute",
)
def singular_values(t: Board) -> None:
    """W^T W + V^T V = I = W W^T + V V^T, and W^T V = V^T W, W V^T = V W^T.

    W = P S Q^T and V = P T Q^T with P, Q orthogonal, S and T diagonal and S^2 + T^2 = I.
    """
    P, Q, S, T = t.letters("P: n -> n", "Q: n -> n", "S = S^T: n -> n", "T = T^T: n -> n")
    W, V = P * S * Q.T, P * T * Q.T
    t.given(
        P.T * P == 1, P * P.T == 1, Q.T * Q == 1, Q * Q.T == 1, S * S + T * T == 1, S * T == T * S
    )
    t.show(
        W.T * W + V.T * V == 1,
        W * W.T + V * V.T == 1,
        W.T * V == V.T * W,
        W * V.T == V * W.T,
    )


@page.step(
    "C2 unitary",
    uses=("C1 singular values",),
    scope="all n",
    used="U* U = (W^T - i V^T)(W + i V) = (W^T W + V^T V) + i (W^T V - V^T W)",
)
def unitary(t: Board) -> None:
    """U = W + i V is unitary, and R = [[W, -V], [V, W]] is orthogonal.

    The four blocks of R^T R and of R R^T are those of I. On the board R = i W i^T + j W j^T +
    j V i^T - i V j^T, where i and j embed the two halves.
    """
    W, V, i, j = t.letters("W: n -> n", "V: n -> n", "i: n -> N", "j: n -> N")
    R = i * W * i.T + j * W * j.T + j * V * i.T - i * V * j.T
    t.given(
        W.T * W + V.T * V == 1,
        W * W.T + V * V.T == 1,
        W.T * V == V.T * W,
        W * V.T == V * W.T,
        i.T * i == 1,
        j.T * j == 1,
        i * i.T + j * j.T == 1,
    )
    t.show(R.T * R == 1, R * R.T == 1)


@page.step(
    "C3 gate",
    uses=("C1 singular values",),
    scope="all n, all h with |h| <= H",
    used="a squared norm is not negative and not less than the square of an entry; H of step S4 of "
    "Theorem 3.1 bounds every state",
)
def gate(t: Board) -> None:
    """|h| <= H implies that every entry of V h is at most H.

    |V h|^2 = |h|^2 - |W h|^2 <= |h|^2. The numbers are p = |V h|^2, q = |h|^2, r = |W h|^2, and v,
    an entry of V h.
    """
    W, V, h = t.letters("W: n -> n", "V: n -> n", "h: 1 -> n")
    t.given(W.T * W + V.T * V == 1)
    t.show((V * h).T * (V * h) == h.T * h - (W * h).T * (W * h))
    p, q, r, v, H = t.numbers("p, q, r, v, H")
    t.follows(
        "v^2 <= |V h|^2, |V h|^2 = |h|^2 - |W h|^2, |h|^2 <= H^2 and H >= 0 imply v <= H",
        given=(p - v**2, r, H**2 - q, H),
        shown=H - v,
        # 0 = (v - H)^2 + 2 H (v - H) + (p - v^2) + r + (H^2 - q) + (q - r - p)
        by=((1, (-1, -1)), (2, (3, -1)), (1, (0,)), (1, (1,)), (1, (2,))),
        equal=((p - q + r, -1),),
    )


@page.step(
    "C4 induction",
    uses=("C2 unitary", "C3 gate"),
    scope="all n, all contractive ReLU RNNs, all inputs in X_M, all k",
    used="induction on k; relu is 0 where its argument is not positive",
)
def induction(t: Board) -> None:
    """with the bias b - i H 1 the states are h^k, with imaginary part 0, so the outputs are C h^k.

    For a real state h, that is with imaginary part g = 0, U h = W h + i V h: the real part of the
    preactivation is that of the RNN, and the imaginary one V h - H <= 0.
    """
    W, V, C, h, g = t.letters("W: n -> n", "V: n -> n", "C: n -> p", "h: 1 -> n", "g: 1 -> n")
    t.given(g == 0)
    t.show(W * h - V * g == W * h, V * h + W * g == V * h, C * g == 0)


@page.step(
    "C5 real states",
    uses=("C2 unitary", "C4 induction"),
    scope="all n, all N",
    used="a network with N complex states and split ReLU is one with 2N real states and ReLU",
)
def real_states(t: Board) -> None:
    """as a real network it has 2n states; where 2n real states are needed, n complex ones are.

    Real and imaginary parts are 2N real units, with the orthogonal transition matrix of C2. A lower
    bound 2N >= 2n for real URNNs gives N >= n.
    """
    n, N = t.numbers("n, N")
    t.follows(
        "2 N >= 2 n implies N >= n",
        given=(2 * N - 2 * n,),
        shown=N - n,
        by=((2, (-1,)), (1, (0,))),
    )


# One network as real and imaginary parts, and a network where no real state can be saved.


@page.example("two complex states", scope="this network, these inputs")
def two_complex_states() -> bool:
    """W = diag(3/5, 5/13) and V = diag(4/5, 12/13): the real form with 4 states has the outputs of
    the RNN, and its lower half is silent.
    """
    w, v = (Fraction(3, 5), Fraction(5, 13)), (Fraction(4, 5), Fraction(12, 13))
    W, unit = [[w[0], 0], [0, w[1]]], [[1, 0], [0, 1]]
    rnn = RNN(W=W, F=unit, b=[0, 0], C=unit)
    R = [
        [w[0], 0, -v[0], 0],
        [0, w[1], 0, -v[1]],
        [v[0], 0, w[0], 0],
        [0, v[1], 0, w[1]],
    ]
    zero = [[0, 0], [0, 0]]
    urnn = URNN(W=R, F=unit + zero, b=[0, 0, -10, -10], C=[[1, 0, 0, 0], [0, 1, 0, 0]])
    lower = urnn.replace(C=[[0, 0, 1, 0], [0, 0, 0, 1]])
    x: list[list[Any]] = [[1, 0], [0, 1], [Fraction(3, 5), Fraction(4, 5)], [-1, 0]] * 3
    silent = all(value == 0 for row in lower.run_exact(x) for value in row)
    return silent and rnn.run_exact(x) == urnn.run_exact(x)


@page.example("without the bias", scope="w = 3/5, this input")
def without_bias() -> bool:
    """the same matrices with bias 0 have other outputs than the RNN."""
    w, v = Fraction(3, 5), Fraction(4, 5)
    rnn = RNN(W=[[w]], F=[[1]], b=[0], C=[[1]])
    urnn = URNN(W=[[w, -v], [v, w]], F=[[1], [0]], b=[0, 0], C=[[1, 0]])
    x = [[1], [0], [1]]
    return rnn.run_exact(x) != urnn.run_exact(x)
