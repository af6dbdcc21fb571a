"""Expansive networks: where outputs can be driven apart without bound, no URNN comes close.

Problem
    Theorem 3.1 needs ``||W|| < 1``.  What about networks that do not forget?
Method
    A URNN with a non-expansive activation keeps two trajectories as close as the inputs were
    different in all: ``|h_u^k - h_u'^k| <= ||F_u|| sum_j |x^j - x'^j|``, whatever its size.
Guarantee
    If an RNN answers inputs of bounded total difference with outputs that differ without bound, no
    URNN of any size stays within any distance of it; so a ReLU RNN with one state and w > 1.
Letters
    d is the difference of two states, s the total difference of the inputs so far.
Reference
    This package's own.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.expansive import PROSE

__all__ = ["page"]

page = Page(
    "expansive",
    Statement(
        "Let phi be non-expansive. If for some S and every K two inputs in X_M have a total "
        "difference sum_j ||x^j - x'^j|| <= S up to a time k at which the outputs of an RNN differ "
        "by more than K, then for every eps no URNN of any size with the activation phi has "
        "outputs within eps of it for all inputs in X_M and all k. If outputs differ by more than "
        "K times the total difference of the inputs, for every K, no URNN of any size has the same "
        "outputs. The former holds for a ReLU RNN with one state, w > 1, f > 0, b >= 0, c != 0.",
        r"Let $@phi$ be non-expansive. If for some $S$ and every $K$ two inputs in $X_{@M}$ have a "
        r"total difference $\sum_{j \le k} \|@x^j - {@x'}^j\| \le S$ up to a time $k$ at which the "
        r"outputs of an RNN differ by more than $K$, then for every $\varepsilon$ no URNN of any "
        r"size with the activation $@phi$ has outputs within $\varepsilon$ of it for all inputs in "
        r"$X_{@M}$ and all $k$. If outputs differ by more than $K$ times the total difference of "
        r"the inputs, for every $K$, no URNN of any size has the same outputs. The former holds "
        r"for a ReLU RNN with one state, $@W > 1$, $@F > 0$, $@b \ge 0$ and $@C \ne 0$.",
        coq=("expansive_not_close", "expansive_not_equivalent", "expansive_scalar_real"),
        scope="all n, every RNN of the statement, URNNs of every size",
    ),
    (
        "M > 0",
        "phi is non-expansive: |phi(s) - phi(t)| <= |s - t|",
        "both networks have the activation phi",
        "U is orthogonal (an invertible U may expand)",
    ),
    reference="this package's own; beside arXiv:1910.13672, Theorem 3.1",
    prose=PROSE,
)


@page.step(
    "X1 gain",
    scope="all N, all k",
    used="phi is non-expansive in every entry; the triangle inequality; induction on k",
)
def gain(t: Board) -> None:
    """|h_u^k - h_u'^k| <= ||F_u|| sum_{j <= k} |x^j - x'^j|.

    |U d| = |d|, so each step adds at most ||F_u|| |x^k - x'^k|. The numbers are e = |d|, s, the
    total difference so far, u = |x^k - x'^k|, f = ||F_u||.
    """
    U, d = t.letters("U: N -> N", "d: 1 -> N")
    t.given(U.T * U == 1)
    t.show((U * d).T * (U * d) == d.T * d)
    e, f, s, u = t.numbers("e, f, s, u")
    t.follows(
        "e <= f s implies e + f u <= f (s + u)",
        given=(f * s - e,),
        shown=f * (s + u) - e - f * u,
        by=((1, (-1,)), (1, (0,))),
    )


@page.step(
    "X2 not close",
    uses=("X1 gain",),
    scope="all N, all eps",
    used="the triangle inequality; ||C_u|| ||F_u|| S + 2 eps is one of the numbers K",
)
def not_close(t: Board) -> None:
    """outputs that differ by more than ||C_u|| ||F_u|| S + 2 eps are not both within eps of those
    of the URNN.

    |y - y'| <= |y - y_u| + |y_u - y_u'| + |y_u' - y'| <= eps + ||C_u|| ||F_u|| S + eps. The numbers
    are g = ||C_u|| ||F_u||, s, the total difference, v = |y_u - y_u'|, y = |y - y'|.
    """
    g, s, S, v, y, eps = t.numbers("g, s, S, v, y, eps")
    t.follows(
        "v <= g s, s <= S, g >= 0, |y - y'| <= v + 2 eps and |y - y'| > g S + 2 eps contradict "
        "each other",
        given=(g * s - v, S - s, g, v + 2 * eps - y, positive(y - g * S - 2 * eps)),
        shown=-1,
        by=((1, (0,)), (1, (1, 2)), (1, (3,)), (1, (4,))),
    )


@page.step(
    "X3 not equal",
    uses=("X1 gain",),
    scope="all N",
    used="||C_u|| ||F_u|| is one of the numbers K",
)
def not_equal(t: Board) -> None:
    """outputs that differ by more than ||C_u|| ||F_u|| times the total difference are not those of
    the URNN.

    The numbers are those of X2; equal outputs say y = v.
    """
    g, s, v, y = t.numbers("g, s, v, y")
    t.follows(
        "v <= g s, y = v and y > g s contradict each other",
        given=(g * s - v, positive(y - g * s)),
        shown=-1,
        by=((1, (0,)), (1, (1,))),
        equal=((y - v, -1),),
    )


@page.step(
    "X4 one state",
    uses=("X2 not close",),
    scope="n = 1, all w > 1, f > 0, b >= 0, c != 0, all M > 0",
    used="states after the first input are >= 0; the two inputs differ at time 1 only, by M; "
    "1 + k (w - 1) exceeds every number (Archimedes)",
)
def one_state(t: Board) -> None:
    """for w > 1 an impulse M at time 1 changes the state at time k + 1 by w^k f M, which exceeds
    every number.

    With states and preactivations that are not negative relu is the identity. By induction
    w^k >= 1 + k (w - 1) (Bernoulli). The numbers are w, the power p = w^k, and k.
    """
    w, p, k, h, d, b = t.numbers("w, p, k, h, d, b")
    t.follows(
        "w^k >= 1 + k (w - 1), w >= 1 and k >= 0 imply w^(k+1) >= 1 + (k + 1)(w - 1)",
        given=(p - 1 - k * (w - 1), w - 1, k),
        shown=w * p - 1 - (k + 1) * (w - 1),
        # w (p - 1 - k (w - 1)) + k (w - 1)^2 = w p - 1 - (k + 1)(w - 1)
        by=((1, (-1,)), (1, (0, 1)), (1, (0,)), (1, (2,), w - 1)),
    )
    t.follows(
        "h >= 0, d >= 0, w >= 1 and b >= 0 imply w (h + d) + b >= 0",
        given=(h, d, w - 1, b),
        shown=w * (h + d) + b,
        by=((1, (-1,)), (1, (0, 2)), (1, (1, 2)), (1, (0,)), (1, (1,)), (1, (3,))),
    )


# An example on each side.


@page.example("w = 2", scope="this network, these inputs")
def two() -> bool:
    """an impulse at time 1 changes the output of w = 2 at time k + 1 by 2^k, for k <= 40."""
    rnn = RNN(W=[[2]], F=[[1]], b=[0], C=[[1]])
    rest, struck = [[0]] * 42, [[0], [1], *[[0]] * 40]
    pairs = zip(rnn.run_exact(struck)[1:], rnn.run_exact(rest)[1:], strict=True)
    return [a[0] - b[0] for a, b in pairs] == [Fraction(2) ** k for k in range(41)]


@page.example("w = 1")
def one() -> bool:
    """w = 1 is orthogonal: the network is a URNN with one state."""
    x = [[1], [-2], [3], [0]]
    rnn = RNN(W=[[1]], F=[[1]], b=[0], C=[[1]])
    return rnn.run_exact(x) == URNN(W=[[1]], F=[[1]], b=[0], C=[[1]]).run_exact(x)


@page.example("without orthogonal U")
def invertible() -> bool:
    """with the invertible transition matrix 2 one state does: the network itself."""
    net = RNN(W=[[2]], F=[[1]], b=[0], C=[[1]])
    return net.states == 1 and net.W.rank() == 1
