"""Theorem 3.1: a URNN with at most 2n states does what a contractive ReLU RNN does.

Problem
    A contractive ReLU RNN ``(W, F, b, C, h_init)`` with n states; inputs with ``||x^k|| <= M``.
Method
    ``U = [[W, W2], [W3, W4]]`` orthogonal, ``F_u = [F; 0]``, ``b_u = [b; -H 1]``, ``C_u = [C, 0]``,
    ``h_u,init = [h_init; 0]``.  The upper units carry the states of the RNN; the lower ones make U
    orthogonal, and a bias below every state keeps them silent.
Guarantee
    Equal outputs for all such inputs and all k, with ``n + rank(I - W^T W) <= 2n`` states.
Letters
    They stand for matrices of any size: W : n -> n, W2 : r -> n, W3 : n -> r, with
    r = rank(I - W^T W); an exponent T is the adjoint.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Check, Trust, Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.questions.small_n import second_opinions
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.theorem_3_1 import PROSE

__all__ = ["page"]

page = Page(
    "3.1",
    Statement(
        "For every contractive ReLU RNN with n states and every M > 0 there is a ReLU URNN with at "
        "most 2n states that has the same outputs for all inputs with ||x^k|| <= M.",
        r"For every contractive ReLU RNN with $@n$ states and every $@M > 0$ there is a ReLU URNN "
        r"with at most $2@n$ states that has the same outputs for all inputs with "
        r"$\|@x^k\| \le @M$ for all $k$.",
        coq=("theorem_3_1",),
    ),
    (
        "||W|| < 1",
        "the activation is ReLU",
        "||x^k|| <= M for all k",
    ),
    reference="arXiv:1910.13672, Theorem 3.1",
    prose=PROSE,
)


@page.step(
    "factors",
    scope="all sizes",
    used="induction on the size; I - W^T W and I - W W^T have the same rank; a matrix of full rank "
    "has a one-sided inverse; a row of a semidefinite matrix whose diagonal entry is 0 is 0",
)
def factors(t: Board) -> None:
    """I - W^T W = W3^T W3 and I - W W^T = W2 W2^T with W3 of full row rank r and W2 of full
    column rank r.

    By induction on the size: split off the first row and column of a positive semidefinite matrix
    [[a, v^T], [v, A]]. If the pivot a is positive, with inverse i, what remains is the Schur
    complement S = A - v i v^T, and it is positive semidefinite again, as its form at x is a value
    of the whole form; if a = 0 its row is zero. The identities of that step are checked.
    """
    a, i, v, A, S, x = t.letters(
        "a = a^T: 1 -> 1, i = i^T: 1 -> 1, v: 1 -> k, A = A^T: k -> k, S = S^T: k -> k, x: 1 -> k"
    )
    z = -(i * v.T * x)  # the first component that minimises the quadratic form
    form = z.T * a * z + z.T * v.T * x + x.T * v * z + x.T * A * x
    t.given(a * i == 1, S == A - v * i * v.T)
    t.show(a * i * a == a, v * i * a == v, v * i * v.T + S == A, form == x.T * S * x)


@page.step("S1 dilation", uses=("factors",), scope="all n, all r")
def dilation(t: Board) -> None:
    """U = [[W, W2], [W3, W4]] with W4 = -W3 W^T V^T, V W2 = I, is orthogonal; N = n + r.

    Each block of U^T U - I and of U U^T - I is a combination of the relations
    W3^T W3 + W^T W = I, W2 W2^T + W W^T = I, V W2 = I, W3 Z = I.
    """
    W, V, Z, W2, W3 = t.letters("W: n -> n", "V: n -> r", "Z: r -> n", "W2: r -> n", "W3: n -> r")
    W4 = -(W3 * W.T * V.T)
    t.given(W3.T * W3 + W.T * W == 1, W2 * W2.T + W * W.T == 1, V * W2 == 1, W3 * Z == 1)
    t.show(
        W.T * W + W3.T * W3 == 1,
        W.T * W2 + W3.T * W4 == 0,
        W2.T * W2 + W4.T * W4 == 1,
        W * W.T + W2 * W2.T == 1,
        W * W3.T + W2 * W4.T == 0,
        W3 * W3.T + W4 * W4.T == 1,
    )


@page.step(
    "intertwining",
    scope="all n",
    used="induction on the degree; interpolation at finitely many points; the spectral theorem",
)
def intertwining(t: Board) -> None:
    """W p(W^T W) = p(W W^T) W for every polynomial p.

    Induction on the degree: with P = (W^T W)^k and Q = (W W^T)^k, W P = Q W gives the same for
    k + 1. Some polynomial takes the values sqrt(1 - t) at the finitely many eigenvalues t of W^T W
    and W W^T, so S = p(W^T W), T = p(W W^T) satisfy W S = T W.
    """
    W, P, Q = t.letters("W: n -> n", "P: n -> n", "Q: n -> n")
    t.given(W * P == Q * W)
    t.show(W * W.T * W * P == W * W.T * Q * W)


@page.step("S1 Halmos form", uses=("intertwining",), scope="all n")
def halmos(t: Board) -> None:
    """U = [[W, T], [S, -W^T]] with S = (I - W^T W)^{1/2}, T = (I - W W^T)^{1/2} is orthogonal.

    Each block is a combination of S^2 + W^T W = I, T^2 + W W^T = I, W S = T W.
    """
    W, S, T = t.letters("W: n -> n", "S = S^T: n -> n", "T = T^T: n -> n")
    t.given(S * S + W.T * W == 1, T * T + W * W.T == 1, W * S == T * W)
    t.show(
        W.T * W + S * S == 1,
        W.T * T == S * W.T,
        T * W == W * S,
        T * T + W * W.T == 1,
        W * W.T + T * T == 1,
        W * S == T * W,
        S * W.T == W.T * T,
        S * S + W.T * W == 1,
    )


@page.step("S2 rows", uses=("S1 dilation",), scope="all n, all rows")
def rows(t: Board) -> None:
    """every row a of W3 has ||a|| <= 1.

    a is part of a row of U, and U U^T = I: with p = |a|^2 and q the square of the rest, p + q = 1.
    """
    p, q = t.numbers("p, q")
    t.follows(
        "|a|^2 + q = 1 and q >= 0 imply |a|^2 <= 1",
        given=(1 - p - q, q),
        shown=1 - p,
        by=((1, (0,)), (1, (1,)), (1, (-1,))),
    )


@page.step(
    "S3 gate",
    uses=("S2 rows",),
    scope="all n, all a, h, H",
    used="the inner product is bilinear and a squared norm is not negative",
)
def gate(t: Board) -> None:
    """||h|| <= H and ||a|| <= 1 imply a.h - H <= 0.

    Cauchy-Schwarz from || |a|^2 h - (a.h) a ||^2 >= 0, expanded by bilinearity; the row a = 0 is a
    case of its own. The numbers are p = |a|^2, q = |h|^2, s = a.h.
    """
    p, q, s, H = t.numbers("p, q, s, H")
    t.follows(
        "|| |a|^2 h - (a.h) a ||^2 >= 0 and |a|^2 > 0 imply (a.h)^2 <= |a|^2 |h|^2",
        given=(p**2 * q - 2 * p * s**2 + s**2 * p, positive(p)),
        shown=p * q - s**2,
        by=((1, (1, -1)), (1, (0,))),
    )
    t.follows(
        "a = 0, so a.h = 0, and H >= 0 imply a.h <= H",
        given=(-s, H),
        shown=H - s,
        by=((1, (-1,)), (1, (0,)), (1, (1,))),
    )
    t.follows(
        "(a.h)^2 <= |a|^2 |h|^2, |a| <= 1, |h| <= H, H >= 0 imply a.h <= H",
        given=(p * q - s**2, 1 - p, q, H**2 - q, H),
        shown=H - s,
        by=((1, (-1, -1)), (2, (4, -1)), (1, (0,)), (1, (1, 2)), (1, (3,))),
    )


@page.step(
    "S4 bound",
    scope="all n, all F, b, h_init, M, all k",
    used="the triangle inequality, the definition of ||W||, induction on k",
)
def bound(t: Board) -> None:
    """H = max(||h_init||, (||F|| M + ||b||) / (1 - ||W||)) bounds every state.

    relu is non-expansive and relu(0) = 0, so the triangle inequality gives
    ||h^k|| <= ||W|| ||h^{k-1}|| + ||F|| ||x^k|| + ||b|| <= H by induction on k. The numbers are
    rho = ||W||, f = ||F||, beta = ||b||, eta = ||h^{k-1}||, mu = ||x^k||.
    """
    rho, eta, f, mu, beta, M, H = t.numbers("rho, eta, f, mu, beta, M, H")
    t.follows(
        "|h| <= H, |x| <= M, rho H + f M + beta <= H imply rho |h| + f |x| + beta <= H",
        given=(rho, f, H - eta, M - mu, H - rho * H - f * M - beta),
        shown=H - (rho * eta + f * mu + beta),
        by=((1, (-1,)), (1, (0, 2)), (1, (1, 3)), (1, (4,))),
    )


@page.step(
    "S5 induction",
    uses=("S1 dilation", "S3 gate", "S4 bound"),
    scope="all n, all contractive ReLU RNNs, all inputs in X_M, all k",
    used="induction on k; the states and outputs of both networks are as defined; S3 for every row "
    "of W3 and S4 for every state give preactivations <= 0 below, where relu is 0",
)
def induction(t: Board) -> None:
    """h_u^k = [h^k; 0] for all k, so C_u h_u^k = C h^k.

    With lower state g = 0 the upper rows of U [h; g] are W h, the lower ones W3 h, which the gate
    sends to relu(W3 h - H) = 0.
    """
    W, W2, W3, W4, C, O_, h, g = t.letters(
        "W: n -> n, W2: r -> n, W3: n -> r, W4: r -> r, C: n -> p, O: r -> p, h: 1 -> n, g: 1 -> r"
    )
    t.given(g == 0)
    t.show(W * h + W2 * g == W * h, W3 * h + W4 * g == W3 * h, C * h + O_ * g == C * h)


# The hypotheses can be met, and each is needed where that is said.

_W = Fraction(3, 5)  # sqrt(1 - w^2) = 4/5: the URNN of this network is rational
_U = [[_W, Fraction(4, 5)], [Fraction(4, 5), -_W]]


def _network() -> RNN:
    return RNN(W=[[_W]], F=[[1]], b=[0], C=[[1]])


def _height() -> Fraction:
    bound = equivalent_urnn(_network(), 1).bound
    assert bound is not None
    return bound.H


@page.example("witness")
def witness() -> tuple[bool, dict[str, str]]:
    """the hypotheses can be met: w = 3/5, F = C = 1, b = 0, M = 1."""
    found = equivalent_urnn(_network(), 1).proof.verdict
    urnn = "states 2, U = [[3/5, 4/5], [4/5, -3/5]], H = 5/2"
    return found is Verdict.PROVED, {"urnn": urnn}


@page.example(
    "without ||W|| < 1",
    used="so for all k; no URNN of any size comes close to such outputs: theorem expansive, which "
    "Coq checked",
)
def without_contractivity() -> bool:
    """w = 2 has outputs y^k = 2^k for k <= 40 after one impulse."""
    net = RNN(W=[[2]], F=[[1]], b=[0], C=[[1]])
    outputs = net.run_exact([[1]] + [[0]] * 40)
    return [row[0] for row in outputs] == [Fraction(2) ** k for k in range(41)]


@page.example("an input longer than M", scope="these two URNNs, this input")
def longer_input() -> tuple[bool, dict[str, str]]:
    """the URNN made for w = 3/5 and M = 1 has other outputs than the RNN on x = (50, 0, 0).

    What fails is the URNN of this construction, not the theorem: its bias belongs to M. With
    U = [[3/5, 4/5], [-4/5, 3/5]] and bias 0 the lower preactivation is -4/5 h <= 0, as h >= 0, for
    all inputs. Theorem no-bound has such URNNs for every W: with 2n states if n <= 2 or W is
    diagonal, with n + 2 rank(I - W^T W) otherwise. Whether 2n states are enough for all inputs if
    n >= 3 is not known here.
    """
    net, x = _network(), [[50], [0], [0]]
    made = URNN(W=_U, F=[[1], [0]], b=[0, -_height()], C=[[1, 0]])
    turned = [[_W, Fraction(4, 5)], [Fraction(-4, 5), _W]]
    other = URNN(W=turned, F=[[1], [0]], b=[0, 0], C=[[1, 0]])
    outputs = {
        name: [str(y[0]) for y in network.run_exact(x)]
        for name, network in (("RNN", net), ("URNN", made), ("another URNN", other))
    }
    holds = outputs["RNN"] != outputs["URNN"] and outputs["RNN"] == outputs["another URNN"]
    return holds, {name: str(values) for name, values in outputs.items()}


@page.example("with tanh for ReLU", trust=Trust.BALL, scope="this URNN, this input")
def with_tanh() -> tuple[bool, dict[str, str]]:
    """the same weights with tanh have other outputs on x = (1, 0, 0).

    In ball arithmetic: the lower unit is never silent. That no weights at all do is theorem
    3.3-strong.
    """

    def ball(value: Fraction) -> arb:
        return arb(value.numerator) / value.denominator

    h, upper, lower, difference = arb(0), arb(0), arb(0), arb(0)
    for x in (Fraction(1), Fraction(0), Fraction(0)):
        h = (ball(_W) * h + ball(x)).tanh()
        upper, lower = (
            (ball(_U[0][0]) * upper + ball(_U[0][1]) * lower + ball(x)).tanh(),
            (ball(_U[1][0]) * upper + ball(_U[1][1]) * lower - ball(_height())).tanh(),
        )
        difference = h - upper
    return not difference.contains(0), {"difference of y^2": str(difference)}


@page.example("interpolation")
def interpolation() -> tuple[bool, dict[str, str]]:
    """S = p(W^T W), T = p(W W^T): S^2 = I - W^T W, T^2 = I - W W^T, W S = T W.

    W = diag(3/5, 5/13) times a rational rotation: W^T W and W W^T have the eigenvalues
    t = 9/25, 25/169 with rational sqrt(1 - t) = 4/5, 12/13; p is the line through them.
    """
    t, root = (Fraction(9, 25), Fraction(25, 169)), (Fraction(4, 5), Fraction(12, 13))
    slope = (root[1] - root[0]) / (t[1] - t[0])
    one = RationalMatrix.parse([[1, 0], [0, 1]], "I")
    diagonal = RationalMatrix.parse([[Fraction(3, 5), 0], [0, Fraction(5, 13)]], "D")
    rotation = RationalMatrix.from_fractions(
        [[Fraction(8, 17), Fraction(-15, 17)], [Fraction(15, 17), Fraction(8, 17)]]
    )
    W = diagonal @ rotation

    def p(X: RationalMatrix) -> RationalMatrix:
        line = RationalMatrix.from_fractions([[slope, 0], [0, slope]])
        c = root[0] - slope * t[0]
        return line @ X + RationalMatrix.from_fractions([[c, 0], [0, c]])

    right, left = W.transpose() @ W, W @ W.transpose()
    S, T = p(right), p(left)
    holds = S @ S == one - right and T @ T == one - left and W @ S == T @ W
    return holds, {"eigenvalues": "9/25, 25/169", "p": f"{slope} (t - 9/25) + 4/5"}


@page.others
def opinions() -> tuple[Check, ...]:
    """Ask Z3 and other algebra about the same inequalities."""
    return second_opinions()
