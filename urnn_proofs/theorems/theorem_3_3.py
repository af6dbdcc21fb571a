"""Theorem 3.3: with a smooth activation no URNN of any size may do.

Problem
    A contractive RNN with a sigmoid activation that no URNN with that activation matches, whatever
    its finite number of states.
Method
    The network without memory, ``n = m = p = 1``, ``W = 0, F = C = 1, b = 0``: ``y^k = phi(x^k)``.
    Suppose an RNN with N states and an invertible U has these outputs.  With the derivatives D_k
    of the activations, invertible too, the (N+1) x (N+1) matrix of ``dy^j/dx^i`` has rank at most
    N if U only transports what has come in; but it is triangular with nonzero diagonal.
Guarantee
    For tanh, the logistic function and every activation with ``phi' != 0`` everywhere; and, with
    the generic input of the remark below, for every activation that is constant on no interval.
Reference
    arXiv:1910.13672, Theorem 3.3; this proof, for all N at once, is this package's own.

Remark.  If phi is C^1, or piecewise C^1 with isolated kinks, and constant on no interval, its slope
may vanish somewhere.  Off a nowhere dense set of inputs each preactivation either has
``phi' != 0`` or is locally constant; in that case its derivative is 0, and its entry of D_k may be
replaced by 1.  So the D_k may be taken to be invertible again.
"""

from __future__ import annotations

from urnn_proofs.checks.symbolic.triangular import (
    determinant_contradiction,
    null_vector_contradiction,
)
from urnn_proofs.model.network import RNN
from urnn_proofs.model.verdict import Check, Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.nowhere_flat import nowhere_flat_checks
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.theorem_3_3 import PROSE
from urnn_proofs.theorems.theorem_3_2 import memoryless_network

__all__ = ["page"]

page = Page(
    "3.3",
    Statement(
        "For tanh and for the logistic function there is a contractive RNN with one state that no "
        "URNN with the same activation and any finite number of states matches, for any M > 0.",
        r"For $@phi = \tanh$ and for the logistic function there is a contractive RNN with one "
        r"state such that no URNN with the same activation and any finite number of states has the "
        r"same outputs for all inputs with $|@x^k| \le @M$, for any $@M > 0$.",
        coq=("theorem_3_3_tanhR", "theorem_3_3_logisticR", "theorem_3_3"),
    ),
    (
        "M > 0",
        "both networks have the activation phi",
        "U is invertible (that of a URNN is orthogonal, which is more than is used)",
        "phi' != 0 everywhere, as for tanh and logistic",
    ),
    reference="arXiv:1910.13672, Theorem 3.3",
    prose=PROSE,
)


@page.step("U0 slopes", scope="all arguments", used="the derivatives of tanh and logistic")
def slopes(t: Board) -> None:
    """phi' > 0 everywhere for tanh and logistic.

    tanh' = 1 - t^2 with t in (-1, 1); logistic' = s (1 - s) with s in (0, 1). So every
    D_k = diag(phi') is invertible, and so is dy^k/dx^k = phi'(x^k).
    """
    v, s = t.numbers("t, s")
    for text, slope, first, second in (
        ("-1 < t < 1 implies 1 - t^2 > 0", 1 - v**2, 1 - v, 1 + v),
        ("0 < s < 1 implies s (1 - s) > 0", s * (1 - s), s, 1 - s),
    ):
        t.follows(
            text,
            given=(positive(first), positive(second), -slope),
            shown=-1,
            by=((1, (0, 1)), (1, (2,))),
        )


@page.step(
    "U1 factorisation",
    uses=("U0 slopes",),
    scope="all N, all i <= j",
    used="the chain rule; a product of invertible matrices is invertible",
)
def factorisation(t: Board) -> None:
    """dy^j/dx^i = a_j b_i for i <= j, with a_j in the dual of R^N and b_i in R^N.

    By the chain rule dy^j/dx^i = C D_j U ... D_{i+1} U D_i F = C P D F. Put X = D_i U ... D_1 U
    with inverse Y, b_i = Y D F, a_j = C D_j U ... D_1 U = C P X.
    """
    C, F, D, P, X, Y, a, b = t.letters(
        "C: N -> 1, F: 1 -> N, D: N -> N, P: N -> N, X: N -> N, Y: N -> N, a: N -> 1, b: 1 -> N"
    )
    t.given(a == C * P * X, b == Y * D * F, X * Y == 1)
    t.show(a * b == C * P * D * F)


@page.step("U2 triangular", scope="all N", used="induction on the size")
def triangular(t: Board) -> None:
    """G v = 0 with G triangular and its diagonal not 0 implies v = 0, for every N.

    By induction: in blocks G is [[G, g], [z, c]] with z = 0 and d c = 1, and v is (u, t). The last
    row reads c t = 0, and what remains is smaller: G u = 0.
    """
    G, g, z, c, d, u, v = t.letters(
        "G: k -> k", "g: 1 -> k", "z: k -> 1", "c: 1 -> 1", "d: 1 -> 1", "u: 1 -> k", "t: 1 -> 1"
    )
    t.given(G * u + g * v == 0, z * u + c * v == 0, z == 0, d * c == 1)
    t.show(v == 0, G * u == 0)


#: Sizes for which the contradiction is also expanded as one certificate, and in entries.
_CERTIFIED, _IN_ENTRIES = 6, 3


@page.step(
    "U2 certificates",
    scope=f"N = 1, ..., {_CERTIFIED}",
    used="N + 1 vectors in R^N are dependent (not in the entrywise form)",
)
def certificates(t: Board) -> None:
    """the contradiction written out for each N <= 6.

    A Nullstellensatz certificate: the equations 'outputs match' and the diagonal times its inverse
    minus 1 add up to 1 (for N <= 3 also in the entries of the a_j and b_i, where det G vanishes
    identically).
    """
    t.compare(*(null_vector_contradiction(N) for N in range(1, _CERTIFIED + 1)))
    t.compare(*(determinant_contradiction(N) for N in range(1, _IN_ENTRIES + 1)))


@page.step(
    "U3 conclusion",
    uses=("U1 factorisation", "U2 triangular"),
    scope="all N, all M > 0, every activation with phi' != 0 everywhere",
    used="N + 1 vectors in R^N are dependent; equal outputs near an input have equal derivatives, "
    "and dy^j/dx^i = 0 for i < j, dy^j/dx^j = phi'(x^j)",
)
def conclusion(t: Board) -> None:
    """no N has an N-state network with invertible U and these outputs.

    N + 1 columns b_0, ..., b_N in R^N are dependent: B v = 0 with v not 0. Then A B v = 0, and A B
    is the triangular G of U2: v = 0, a contradiction.
    """
    A, B, G, v = t.letters("A: N -> N+1", "B: N+1 -> N", "G: N+1 -> N+1", "v: 1 -> N+1")
    t.given(G == A * B, B * v == 0)
    t.show(G * v == 0)


# What fails without a hypothesis, and which other activations are covered.


@page.example("with ReLU")
def with_relu() -> bool:
    """under ReLU the same network has a URNN with 2 states.

    With a flat half-line there are gates.
    """
    both = equivalent_urnn(memoryless_network(1), 1)
    return both.urnn.states == 2 and both.proof.verdict is Verdict.PROVED


@page.example("without invertible U")
def without_invertibility() -> bool:
    """with the singular transition matrix 0 one state does: the network itself."""
    net = RNN(W=[[0]], F=[[1]], b=[0], C=[[1]], activation="tanh")
    return net.states == 1 and net.W[0, 0] == 0


@page.example("without M > 0")
def without_inputs() -> bool:
    """for M = 0 every output is tanh(0) = 0, as that of one unit with C = 0 and U = 1."""
    net = RNN(W=[[1]], F=[[0]], b=[0], C=[[0]], activation="tanh")
    return net.activation.at_zero == 0 and net.C.is_zero()


@page.others
def nowhere_flat() -> tuple[Check, ...]:
    """Say of each other activation why it is constant on no interval."""
    return nowhere_flat_checks()
