"""n + dim ker(W - lambda): the part of theorem n+mu that Coq checked.

Problem
    How many states does a ReLU URNN need, if all units of the RNN can be active for ever?
Method
    Theorem n+mu, for W contractive, or contractive after a diagonal scaling and lambda real; Coq
    proves this from the definitions, over the real numbers.
Guarantee
    ``N >= n + dim ker(W - lambda I)`` for every complex lambda; so W = w I with F and C of rank n
    needs exactly 2n states.
Letters
    G is a right inverse of F, L a left inverse of C; E is a positive diagonal.
Reference
    This package's own.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.n_plus_mu import always_active
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.n_plus_eigenspace import PROSE

__all__ = ["page"]

page = Page(
    "n+eigenspace",
    Statement(
        "Let ||W|| < 1 and (W, F, C) be minimal, and let a constant input shorter than M have a "
        "fixed point at which every unit of the ReLU RNN is active. Then every ReLU URNN with the "
        "same outputs for all inputs with ||x^k|| <= M has at least n + d states, where d is the "
        "dimension over the complex numbers of the eigenspace of W for lambda, for every complex "
        "lambda. For real lambda it is enough, in place of ||W|| < 1, that ||E W E^{-1}|| < 1 for "
        "some positive diagonal E. If W = w I with |w| < 1, F and C have rank n, and F x + b > 0 "
        "for some ||x|| < M, the least number is 2n; so it is if W = w I, F = C = I, b = h_init = "
        "0 and M > 0.",
        r"Let $\|@W\| < 1$ and $(@W, @F, @C)$ be minimal, and let a constant input shorter than "
        r"$@M$ have a fixed point at which every unit of the ReLU RNN is active. Then every ReLU "
        r"URNN with the same outputs for all inputs with $\|@x^k\| \le @M$ has at least $@n + "
        r"\dim_{\mathbb{C}} \ker(@W - \lambda I)$ states, for every complex $\lambda$. For real "
        r"$\lambda$ it is enough, in place of $\|@W\| < 1$, that $\|E @W E^{-1}\| < 1$ for some "
        r"positive diagonal $E$. If $@W = \omega I$ with $|\omega| < 1$, $\operatorname{rank} @F "
        r"= \operatorname{rank} @C = @n$, and $@F @x + @b > 0$ for some $\|@x\| < @M$, the least "
        r"number is $2@n$; so it is if $@W = \omega I$, $@F = @C = I$, $@b = @h_{\mathrm{init}} = "
        r"0$ and $@M > 0$.",
        coq=(
            "theorem_A",
            "theorem_A_complex",
            "theorem_A_scaled",
            "scalar_memory",
            "decoupled_exactly_2n",
        ),
        scope="all n, every RNN of the statement",
    ),
    (
        "||W|| < 1; for real lambda ||E W E^{-1}|| < 1 for some positive diagonal E",
        "(W, F, C) is minimal: reachable and observable",
        "a constant input shorter than M has a fixed point with all units active",
        "both networks have ReLU",
        "U is orthogonal (more than invertible, and needed)",
    ),
    reference="this package's own; lower bounds beyond arXiv:1910.13672, Theorem 3.2",
    prose=PROSE,
)


@page.step(
    "E1 eigenvalues",
    scope="all n, all N, every complex lambda",
    used="theorem n+mu: ||E W E^{-1}|| < 1 makes the spectral radius less than 1 and leads every "
    "state to the fixed point; for lambda that is no eigenvalue the kernel is 0",
)
def eigenvalues(t: Board) -> None:
    """N >= n + d, where d is the dimension of the kernel of W - lambda I.

    mu(W) is at least d, and N >= n + mu(W).
    """
    n, N, d, mu = t.numbers("n, N, d, mu")
    t.follows(
        "N >= n + mu and mu >= d imply N >= n + d",
        given=(N - n - mu, mu - d),
        shown=N - n - d,
        by=((1, (-1,)), (1, (0,)), (1, (1,))),
    )


@page.step(
    "E2 full rank",
    scope="all n, all W, F and C of rank n",
    used="a matrix of full rank has a one-sided inverse",
)
def full_rank(t: Board) -> None:
    """if F and C have rank n, (W, F, C) is minimal.

    F G = I reaches every state in one step, and L C = I shows every state at once.
    """
    F, C, G, L, h = t.letters("F: m -> n", "C: n -> p", "G: n -> m", "L: p -> n", "h: 1 -> n")
    t.given(F * G == 1, L * C == 1)
    t.show(F * (G * h) == h, L * (C * h) == h)


@page.step(
    "E3 scalar memory",
    uses=("E1 eigenvalues", "E2 full rank"),
    scope="all n, all |w| < 1, all F and C of rank n with F x + b > 0 for some ||x|| < M",
    used="ker(w I - w I) is the whole space; Theorem 3.1; for F = C = I, b = 0 and M > 0 some x "
    "shorter than M has positive entries",
)
def scalar_memory(t: Board) -> None:
    """W = w I needs exactly 2n states.

    The fixed point is (F x + b) / (1 - w) > 0. Theorem 3.1 gives 2n states. The numbers are w,
    g = F x + b and h = g / (1 - w), entry by entry.
    """
    w, g, h, n, N, d = t.numbers("w, g, h, n, N, d")
    t.follows(
        "h (1 - w) = g, g > 0, w < 1 and h <= 0 contradict each other",
        given=(positive(g), positive(1 - w), -h),
        shown=-1,
        by=((1, (0,)), (1, (1, 2))),
        equal=((h * (1 - w) - g, 1),),
    )
    t.follows(
        "N >= n + d and d = n imply N >= 2 n",
        given=(N - n - d,),
        shown=N - 2 * n,
        by=((1, (-1,)), (1, (0,))),
        equal=((d - n, 1),),
    )


# The bound is attained, and what fails without a hypothesis.


@page.example("2n is reached")
def tight() -> bool:
    """half times I_3 has a URNN with 6 states."""
    unit = RationalMatrix.identity(3)
    net = RNN(W=unit * Fraction(1, 2), F=unit, b=[0] * 3, C=unit)
    return equivalent_urnn(net, 1).urnn.states == 6


@page.example("two different eigenvalues")
def two_eigenvalues() -> bool:
    """W = diag(3/5, 5/13), always active, has a URNN with n + 1 = 3 states."""
    rnn, urnn = always_active()
    x = [[1, 0], [0, -1], [-1, 0], [0, 1]] * 5
    return urnn.states == 3 and rnn.run_exact(x) == urnn.run_exact(x)


@page.example("no active fixed point")
def silent() -> bool:
    """with b = -100 and M = 1 every output of scalar memory is 0, as that of one silent state."""
    unit = RationalMatrix.identity(2)
    net = RNN(W=unit * Fraction(1, 2), F=unit, b=[-100] * 2, C=unit)
    outputs = net.run_exact([[1, 0], [0, 1], [Fraction(3, 5), Fraction(4, 5)]])
    return all(value == 0 for row in outputs for value in row)


@page.example("not minimal")
def not_reached() -> bool:
    """W = I/2 with F = (1, 1)^T, C = (1, 0), b = (9, 9) has a URNN with 2 states, not 4."""
    half, one = Fraction(1, 2), RNN(W=[[Fraction(1, 2)]], F=[[1]], b=[9], C=[[1]])
    both = RNN(W=[[half, 0], [0, half]], F=[[1], [1]], b=[9, 9], C=[[1, 0]])
    urnn = equivalent_urnn(one, 1).urnn
    x = [[Fraction(1)], [Fraction(-1)], [half], [Fraction(0)]] * 5
    return urnn.states == 2 and both.run_exact(x) == urnn.run_exact(x)
