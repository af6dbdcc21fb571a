"""2n - 1 states: enough for every contractive ReLU RNN whose W is not diagonal.

Problem
    Theorem 3.1 gives 2n states, Theorem 3.2 a network that needs them.  Which networks do with
    fewer?
Method
    ReLU commutes with positive diagonal matrices E, so W may be replaced by E W E^{-1}.  Scale one
    unit until the norm is 1: then I - (E W E^{-1})^T E W E^{-1} has rank n - 1, and the
    construction of Theorem 3.1 needs one unit less.  The state bound comes from W itself.
Guarantee
    ``N <= 2n - 1``; E is explicit, one square root away from the weights.
Letters
    e is the unit vector of unit i, w = W^T e the row i of W as a column, D = I - W^T W and
    G = D^{-1}; t stands for a number tau > 0, and P = E^2 = I + tau e e^T.  The numbers are
    a = w^T G w, g = e^T G e, c = w^T G e, d = a g - c^2.
Reference
    This package's own.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.questions.minimal import minimal_urnn
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.two_n_minus_1 import PROSE
from urnn_proofs.theorems.theorem_3_2 import memoryless_network

__all__ = ["page"]

page = Page(
    "2n-1",
    Statement(
        "For every contractive ReLU RNN with n states whose W is not diagonal, and every M > 0, "
        "there is a ReLU URNN with at most 2n - 1 states that has the same outputs for all inputs "
        "with ||x^k|| <= M.",
        r"For every contractive ReLU RNN with $@n$ states whose $@W$ is not diagonal, and every "
        r"$@M > 0$, there is a ReLU URNN with at most $2@n - 1$ states that has the same outputs "
        r"for all inputs with $\|@x^k\| \le @M$ for all $k$.",
        coq=("theorem_2n_minus_1",),
    ),
    (
        "||W|| < 1",
        "W is not diagonal",
        "the activation is ReLU",
        "||x^k|| <= M for all k",
    ),
    reference="this package's own; a sharper form of arXiv:1910.13672, Theorem 3.1",
    prose=PROSE,
)


@page.step(
    "Q1 scaling",
    scope="all n, every positive diagonal E",
    used="relu(e s) = e relu(s) for e > 0; induction on k",
)
def scaling(t: Board) -> None:
    """the RNN with weights E W E^{-1}, E F, E b, C E^{-1}, E h_init has the states E h^k and the
    same outputs.

    relu(E W E^{-1} E h + E F x + E b) = E relu(W h + F x + b). I is the inverse of E.
    """
    W, F, b, C, E, I_, h, x = t.letters(
        "W: n -> n, F: m -> n, b: 1 -> n, C: n -> p, E = E^T: n -> n, I = I^T: n -> n, h: 1 -> n",
        "x: 1 -> m",
    )
    t.given(I_ * E == 1)
    t.show(
        E * W * I_ * E * h + E * F * x + E * b == E * (W * h + F * x + b),
        C * I_ * E * h == C * h,
    )


@page.step("Q2 one unit", scope="all n, every W, every tau")
def one_unit(t: Board) -> None:
    """P - W^T P W = D + tau e e^T - tau w w^T for P = I + tau e e^T.

    D = I - W^T W, and w = W^T e is row i of W. E = P^{1/2} is diagonal: it scales unit i alone.
    """
    W, D, e, w, tau = t.letters("W: n -> n", "D: n -> n", "e: 1 -> n", "w: 1 -> n", "t: 1 -> 1")
    P = e * tau * e.T + 1
    t.given(D == 1 - W.T * W, w == W.T * e)
    t.show(P - W.T * P * W == D + e * tau * e.T - w * tau * w.T)


@page.step(
    "Q3 norm 1",
    uses=("Q2 one unit",),
    scope="all n, every positive definite K",
    used="v is not 0, as w is not; the quadratic form of K is not negative; a matrix with a kernel "
    "has at most n - 1 independent rows",
)
def norm_one(t: Board) -> None:
    """if K = D + tau e e^T, K v = w and tau w^T v = 1, then K - tau w w^T is positive semidefinite
    of rank at most n - 1: ||E W E^{-1}|| = 1.

    v is in the kernel. Cauchy-Schwarz in the form of K: (w^T x)^2 = (v^T K x)^2 <= (v^T K v)
    (x^T K x), and v^T K v = w^T v = 1 / tau. The numbers are p = x^T K x, q = v^T K v,
    s = w^T x = v^T K x, u = tau.
    """
    K, v, w, tau = t.letters("K = K^T: n -> n", "v: 1 -> n", "w: 1 -> n", "t: 1 -> 1")
    t.given(K * v == w, tau * w.T * v == 1)
    t.show(K * v - w * tau * w.T * v == 0)
    p, q, s, u = t.numbers("p, q, s, u")
    t.follows(
        "the form of K at q x - s v is not negative and q > 0 imply s^2 <= p q",
        given=(q**2 * p - 2 * q * s**2 + s**2 * q, positive(q)),
        shown=p * q - s**2,
        by=((1, (1, -1)), (1, (0,))),
    )
    t.follows(
        "s^2 <= p q, tau q = 1 and tau > 0 imply p - tau s^2 >= 0",
        given=(p * q - s**2, positive(u)),
        shown=p - u * s**2,
        by=((1, (-1,)), (1, (1, 0))),
        equal=((u * q - 1, -p),),
    )


@page.step(
    "Q4 independent",
    scope="all n, every positive definite G",
    used="W_ij != 0 for some j != i, so w is no multiple of e, and a e - c w != 0; the quadratic "
    "form of G is positive",
)
def independent(t: Board) -> None:
    """d = a g - c^2 > 0.

    Unit i is one whose row w of W is not 0 off the diagonal. The form of G at a e - c w is
    a^2 g - 2 a c^2 + c^2 a = a d, and a = w^T G w > 0.
    """
    a, g, c = t.numbers("a, g, c")
    t.follows(
        "a (a g - c^2) > 0, a > 0 and a g - c^2 <= 0 contradict each other",
        given=(positive(a**2 * g - 2 * a * c**2 + c**2 * a), positive(a), c**2 - a * g),
        shown=-1,
        by=((1, (0,)), (1, (1, 2))),
    )


@page.step(
    "Q5 a square root",
    uses=("Q4 independent",),
    scope="all a, g, c with a g > c^2",
    used="a positive number has a square root",
)
def square_root(t: Board) -> None:
    """tau = (g - a + s) / (2 d) with s^2 = (g - a)^2 + 4 d, s > 0, is positive and solves
    d tau^2 = (g - a) tau + 1.

    This is (1 + tau g)(1 - tau a) + tau^2 c^2 = 0, a quadratic equation over the field of the
    weights. The numbers are u = tau, k = g - a.
    """
    d, k, s, u = t.numbers("d, k, s, u")
    root = d * u**2 - k * u - 1
    for sign, shown in ((-1, root), (1, -root)):
        t.follows(
            f"2 d tau = k + s, s^2 = k^2 + 4 d and d > 0 imply "
            f"d tau^2 - k tau - 1 {'>=' if sign < 0 else '<='} 0",
            given=(positive(d),),
            shown=shown,
            # 4 d root = (2 d tau)^2 - 2 k (2 d tau) - 4 d
            by=((4, (0, -1)),),
            equal=(
                (2 * d * u - k - s, -sign * (2 * d * u - k + s)),
                (s**2 - k**2 - 4 * d, -sign * (d.ring(1))),
            ),
        )
    t.follows(
        "s > 0, d > 0, s^2 = k^2 + 4 d and k + s <= 0 contradict each other",
        given=(positive(s), positive(d), -k - s),
        shown=-1,
        by=((4, (1,)), (1, (), k + s), (2, (0, 2))),
        equal=((s**2 - k**2 - 4 * d, 1),),
    )


@page.step(
    "Q6 kernel vector",
    uses=("Q3 norm 1", "Q5 a square root"),
    scope="all n",
    used="g > 0, as D is positive definite, so 1 + tau g > 0 and rho exists",
)
def kernel_vector(t: Board) -> None:
    """v = G w - rho G e with rho (1 + tau g) = tau c satisfies K v = w and tau w^T v = 1.

    K = D + tau e e^T and D G = I. The number tau w^T v is tau (a - rho c), and 1 by the quadratic
    equation. The numbers are u = tau, r = rho.
    """
    D, G, e, w, tau, rho = t.letters(
        "D: n -> n", "G: n -> n", "e: 1 -> n", "w: 1 -> n", "t: 1 -> 1", "r: 1 -> 1"
    )
    v = G * w - G * e * rho
    t.given(D * G == 1, rho + tau * e.T * G * e * rho == tau * e.T * G * w)
    t.show(D * v + e * tau * e.T * v == w)
    a, g, c, u, r = t.numbers("a, g, c, u, r")
    root = (a * g - c**2) * u**2 - (g - a) * u - 1
    value = u * (a - r * c) - 1
    for sign, shown in ((1, value), (-1, -value)):
        t.follows(
            f"the equations of tau and rho and 1 + tau g > 0 imply "
            f"tau (a - rho c) {'>=' if sign > 0 else '<='} 1",
            given=(positive(1 + u * g),),
            shown=shown,
            # (1 + tau g) (tau (a - rho c) - 1) = root - tau c (rho (1 + tau g) - tau c)
            by=((1, (0, -1)),),
            equal=((root, sign * root.ring(1)), (r * (1 + u * g) - u * c, -sign * u * c)),
        )


@page.step(
    "Q7 state bound",
    scope="all n, every tau >= 0",
    used="the state bound H of step S4 of Theorem 3.1, for W itself",
)
def bound(t: Board) -> None:
    """||E h^k||^2 <= (1 + tau) H^2.

    ||E h||^2 = |h|^2 + tau h_i^2, and h_i^2 <= |h|^2 <= H^2. The numbers are p = |h|^2, q = h_i^2,
    u = tau.
    """
    p, q, u, H = t.numbers("p, q, u, H")
    t.follows(
        "h_i^2 <= |h|^2, |h|^2 <= H^2 and tau >= 0 imply |h|^2 + tau h_i^2 <= (1 + tau) H^2",
        given=(p - q, H**2 - p, u),
        shown=(1 + u) * H**2 - p - u * q,
        by=((1, (-1,)), (1, (1,)), (1, (2, 1)), (1, (2, 0))),
    )


@page.step(
    "Q8 conclusion",
    uses=("Q1 scaling", "Q3 norm 1", "Q6 kernel vector", "Q7 state bound"),
    scope="all n, all contractive ReLU RNNs with W not diagonal, all inputs in X_M, all k",
    used="steps S1 to S3 and S5 of Theorem 3.1 for the scaled network, which need ||W|| <= 1 and a "
    "state bound only",
)
def conclusion(t: Board) -> None:
    """N = n + r <= 2n - 1.

    The construction of Theorem 3.1 for the scaled network has n + r states, r the rank of
    I - (E W E^{-1})^T E W E^{-1} = E^{-1} (P - W^T P W) E^{-1}, at most n - 1.
    """
    n, r = t.numbers("n, r")
    t.follows(
        "r <= n - 1 implies n + r <= 2 n - 1",
        given=(n - 1 - r,),
        shown=2 * n - 1 - (n + r),
        by=((1, (-1,)), (1, (0,))),
    )


# The hypotheses can be met, and what fails without one.


@page.example("rational")
def rational() -> tuple[bool, dict[str, str]]:
    """W = [[1/2, 1/3], [0, -2/5]] has P = diag(1, 100/567): P - W^T P W is positive semidefinite of
    rank 1.
    """
    W = RationalMatrix.parse([[Fraction(1, 2), Fraction(1, 3)], [0, Fraction(-2, 5)]], "W")
    P = RationalMatrix.parse([[1, 0], [0, Fraction(100, 567)]], "P")
    (a, b), (c, d) = (P - W.transpose() @ P @ W).to_fractions()
    return a > 0 and b == c and a * d == b * c, {"P - W^T P W": f"[[{a}, {b}], [{c}, {d}]]"}


@page.example("W is diagonal")
def diagonal() -> bool:
    """for W = 0, n = 2 fewer than 4 states do not suffice (Theorem 3.2)."""
    found = minimal_urnn(memoryless_network(2), 1)
    return found.at_least == 4 and found.report.verdict is Verdict.PROVED
