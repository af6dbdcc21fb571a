"""2n states are needed exactly where W is diagonal, if inputs can bring all units to their kink.

Problem
    Theorem 3.2 has one network that needs 2n states, theorem 2n-1 says that diagonal W are the only
    candidates.  Do all of them need 2n?
Method
    At an input that brings every preactivation to 0 the RNN is positively homogeneous, and every
    kink of its outputs must be one of the URNN's.  Inputs that grow exponentially choose a sign for
    each unit; what remains is linear, and the units that make the kinks give n vectors whose Gram
    matrix counts the silent units.
Guarantee
    At least ``n + min_E #{k : sigma_k(E W E^{-1}) < 1}`` states, E positive diagonal: 2n if and
    only if W is diagonal; for n = 2: 4 if W is diagonal, else 3.
Letters
    On the board m has the rows m_i^T, l the rows l_i^T, D projects onto the RNN units that are on,
    E holds the factors alpha, I is its inverse, K = E W D E^{-1}.
Reference
    This package's own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.questions.minimal import minimal_urnn
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.n_plus_mu import always_active
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.iff_diagonal import PROSE

__all__ = ["page"]

page = Page(
    "2n-iff-diagonal",
    Statement(
        "Let ||W|| < 1, let F and C have rank n, and let F x + b = 0 for some x with ||x|| < M, as "
        "for F = C = I, b = 0. Then every ReLU URNN with the outputs of this ReLU RNN for all "
        "inputs with ||x^k|| <= M has at least n + p states, where p is the least number of "
        "singular values below 1 that E W E^{-1} has for a positive diagonal E. So the least "
        "number is 2n if and only if W is diagonal; for n = 2 it is 4 if W is diagonal, and 3 if "
        "not.",
        r"Let $\|@W\| < 1$, $\operatorname{rank} @F = \operatorname{rank} @C = @n$, and $@F @x + "
        r"@b = 0$ for some $@x$ with $\|@x\| < @M$, as for $@F = @C = I$, $@b = 0$. Then every "
        r"ReLU URNN with the outputs of this ReLU RNN for all inputs with $\|@x^k\| \le @M$ has at "
        r"least $@n + \min_E \#\{k : s_k(E @W E^{-1}) < 1\}$ states, where $E$ is positive "
        r"diagonal and $s_k$ are singular values. So the least number is $2@n$ if and only if $@W$ "
        r"is diagonal; for $@n = 2$ it is $4$ if $@W$ is diagonal, and $3$ if not.",
        scope="all n, every RNN of the statement",
    ),
    (
        "||W|| < 1",
        "F and C have rank n",
        "F x + b = 0 for some ||x|| < M",
        "both networks have ReLU",
        "U is orthogonal (more than invertible, and needed)",
    ),
    reference="this package's own; lower bounds beyond arXiv:1910.13672, Theorem 3.2",
    prose=PROSE,
)

_ALL = "all n, all N, every RNN of the statement"


@page.step(
    "D1 at the kinks",
    scope=_ALL,
    used="steps A1 to A3 of theorem n+mu, with the fixed point 0: ||W|| < 1 leads the RNN back "
    "there, and its perturbations obey eta^k = relu(W eta^{k-1} + F d^k) exactly",
)
def at_the_kinks(t: Board) -> None:
    """the units of the URNN are on, off or at rest such that v^k, which is U v^{k-1} + F_u d^k, 0,
    or relu of the former there, with v^0 = 0, has the outputs C eta^k,
    eta^k = relu(W eta^{k-1} + F d^k), for all d^1, d^2, ...; and F = C = I may be supposed.

    Under the input x with F x + b = 0 all preactivations of the RNN are 0 at h* = 0. With C' C = I
    and F F' = I, C' C_u and F_u F' take the place of C_u and F_u.
    """
    C, F, L, G, h, d = t.letters(
        "C: n -> p", "F: m -> n", "L: p -> n", "G: n -> m", "h: 1 -> n", "d: 1 -> n"
    )
    t.given(L * C == 1, F * G == 1)
    t.show(L * C * h == h, F * G * d == d)


@page.step(
    "D2 kinks",
    uses=("D1 at the kinks",),
    scope=_ALL,
    used="a piecewise affine function is differentiable off the kinks of its units; a hyperplane "
    "that finitely many hyperplanes cover is one of them",
)
def kinks(t: Board) -> None:
    """let J_i be the units j at rest whose row of F_u is alpha_j e_i^T, alpha_j != 0. For every
    (v, eta) that is reached and every i some j in J_i has (U v)_j = alpha_j (W eta)_i.

    As a function of the next input x, relu(W eta + x) has the kink x_i = -(W eta)_i, and it must be
    one of the kinks (U v)_j + F_j x = 0 of the URNN. The numbers are x = x_i, y = (W eta)_i,
    a = alpha_j, u = (U v)_j.
    """
    x, y, a, u = t.numbers("x, y, a, u")
    for sign, shown in ((1, u - a * y), (-1, a * y - u)):
        t.follows(
            f"a x + u = 0 where x + y = 0 implies u {'>=' if sign > 0 else '<='} a y",
            given=(),
            shown=shown,
            by=((1, (-1,)),),
            equal=((a * x + u, x.ring(sign)), (x + y, -sign * a)),
        )


@page.step(
    "D3 signs",
    uses=("D2 kinks",),
    scope=_ALL,
    used="step A4 of theorem n+mu, first with this a and large l, then as long as some unit at "
    "rest has a preactivation that is not 0; ||W|| < 1",
)
def signs(t: Board) -> None:
    """let tau_i = 1 if no alpha_j, j in J_i, is negative, else tau_i = -1. Under inputs l^k a,
    where a has the signs tau and l is large, the units of the RNN with tau_i = 1 are on, the
    others off, and a unit j in J_i is on exactly if alpha_j has the sign tau_i.

    Its preactivation is alpha_j a_i plus something of order 1 / l. The RNN is then linear, with
    W_D = D W, D the projection onto the units that are on. The numbers are s = |alpha_j a_i|,
    u, the rest, and e, a bound of it.
    """
    s, u, e = t.numbers("s, u, e")
    t.follows(
        "|u| <= e and e < s imply s + u > 0",
        given=(u + e, positive(s - e), -s - u),
        shown=-1,
        by=((1, (0,)), (1, (1,)), (1, (2,))),
    )


@page.step(
    "D4 identically",
    uses=("D2 kinks", "D3 signs"),
    scope=_ALL,
    used="step A5 of theorem n+mu for the linear RNN: perturbations w of the last phase fill X, "
    "and the RNN's is C w; finitely many affine subspaces that cover an "
    "open set contain one that is "
    "the whole space",
)
def identically(t: Board) -> None:
    """for each i some j_i in J_i has (U w)_{j_i} = alpha_{j_i} (W C w)_i for all w in X.

    The states reached are v + w with v fixed and w in X arbitrary near 0, and those of the RNN are
    eta + C w. By D2 one of finitely many affine conditions holds at each w, so one of them holds at
    all; its linear part is the claim. On the board p and q are the two linear forms.
    """
    p, q, v, w = t.letters("p: d -> 1", "q: d -> 1", "v: 1 -> d", "w: 1 -> d")
    t.given(p * (v + w) == q * (v + w), p * v == q * v)
    t.show(p * w == q * w)


@page.step(
    "D5 Gram matrix",
    uses=("D4 identically",),
    scope=_ALL,
    used="units j_i that are on give l_i = Pi e_{j_i} / alpha_{j_i}, with Pi the projection onto "
    "X, and for tau_i = 1 this is the form w -> (C w)_i; distinct i have distinct j_i",
)
def gram_matrix(t: Board) -> None:
    """let m_i = l_i where j_i is on, m_i = e_i / alpha_{j_i} in further coordinates where it is
    off, and let B w consist of P_A U w and the (U w)_{j_i} of the latter. Then E m (I - B B^T)
    m^T E = I - T - K (I - T) K^T, with K = E W D E^{-1}.

    D4 says m B = W D l, and m m^T = E^{-1} (I - T) E^{-1} with T >= 0 of rank at most
    s = |A| - dim X, the Gram matrix of what Pi removes from the e_{j_i}.
    """
    m, l, B, W, D, E, I_, T = t.letters(
        "m: k -> n, l: d -> n, B: d -> k, W: n -> n, D = D^T: n -> n, E = E^T: n -> n",
        "I = I^T: n -> n, T = T^T: n -> n",
    )
    K = E * W * D * I_
    t.given(
        m * B == W * D * l,
        D * l * l.T * D == D * m * m.T * D,
        m * m.T == I_ * (1 - T) * I_,
        E * I_ == 1,
    )
    t.show(E * m * (1 - B * B.T) * m.T * E == 1 - T - K * (1 - T) * K.T)


@page.step(
    "D6 silent units",
    uses=("D5 Gram matrix",),
    scope=_ALL,
    used="I - B B^T has rank at most |Z|, as I - B^T B has rank at most |Z| minus the number "
    "of further coordinates; sigma_k(E W D E^{-1}) <= sigma_k(E W E^{-1}); a form that is positive "
    "on a space has at least its dimension as rank; the rows alpha_j e_i^T of units that are on "
    "give dim X >= n",
)
def silent_units(t: Board) -> None:
    """N >= n + pi, where pi is the number of singular values of E W E^{-1} below 1.

    I - K K^T is positive on a space of dimension at least pi, in which T vanishes on one of
    dimension pi - s; there the form of D5 is positive: |Z| >= pi - s. And |A| = dim X + s >= n + s.
    The numbers are p, the form of I - K K^T, q that of K T K^T, and a = |A|, z = |Z|.
    """
    U, P, Q, R, x = t.letters(
        "U: N -> N", "P = P^T: N -> N", "Q = Q^T: N -> N", "R: N -> q", "x: 1 -> N"
    )
    t.given(U.T * U == 1, P + Q + R.T * R == 1, R * U * x == 0, Q * Q == Q)
    t.show(x.T * x - (P * U * x).T * (P * U * x) == (Q * U * x).T * (Q * U * x))
    p, q, n, N, a, z, pi, s = t.numbers("p, q, n, N, a, z, pi, s")
    t.follows(
        "p > 0 and q >= 0 imply p + q > 0",
        given=(positive(p), q, -p - q),
        shown=-1,
        by=((1, (0,)), (1, (1,)), (1, (2,))),
    )
    t.follows(
        "N >= |A| + |Z|, |A| >= n + s and |Z| >= pi - s imply N >= n + pi",
        given=(N - a - z, a - n - s, z - pi + s),
        shown=N - n - pi,
        by=((1, (-1,)), (1, (0,)), (1, (1,)), (1, (2,))),
    )


@page.step(
    "D7 diagonal",
    uses=("D6 silent units",),
    scope=_ALL,
    used="E W E^{-1} = W for diagonal W, and all singular values are below 1; Theorem 3.1; theorem "
    "2n-1, which Coq checked",
)
def diagonal(t: Board) -> None:
    """the least number is 2n if and only if W is diagonal.

    For diagonal W, pi = n whatever E is, and 2n states do by Theorem 3.1; for any other W, 2n - 1
    states do.
    """
    n, N = t.numbers("n, N")
    t.follows(
        "N >= n + pi and pi = n imply N >= 2 n",
        given=(N - n - n,),
        shown=N - 2 * n,
        by=((1, (-1,)), (1, (0,))),
    )
    t.follows(
        "N <= 2 n - 1 and N = 2 n contradict each other",
        given=(2 * n - 1 - N,),
        shown=-1,
        by=((1, (0,)), (1, (-1,))),
        equal=((N - 2 * n, 1),),
    )


@page.step(
    "D8 two states",
    uses=("D6 silent units", "D7 diagonal"),
    scope="n = 2, every RNN of the statement",
    used="the product of the singular values is |det W| < 1; theorem 2n-1. For networks with both "
    "units active on two consecutive steps Coq checked this as exactly_3",
)
def two_states(t: Board) -> None:
    """for n = 2 it is 4 if W is diagonal, else 3.

    One singular value of E W E^{-1} is below 1, since |det W| < 1: so pi >= 1 and N >= 3. The
    numbers are the singular values f, g, if both were at least 1.
    """
    f, g, N = t.numbers("f, g, N")
    t.follows(
        "f >= 1, g >= 1 and f g < 1 contradict each other",
        given=(f - 1, g - 1, positive(1 - f * g)),
        shown=-1,
        by=((1, (0, 1)), (1, (0,)), (1, (1,)), (1, (2,))),
    )
    t.follows(
        "N >= 2 + pi and pi >= 1 imply N >= 3",
        given=(N - 2 - f, f - 1),
        shown=N - 3,
        by=((1, (-1,)), (1, (0,)), (1, (1,))),
    )


# Networks on both sides, and one that shows what the hypothesis on inputs is for.


@page.example("diagonal")
def six() -> bool:
    """diag(1/5, 1/2, 7/10) with F = C = I, b = 0 has a URNN with 6 states."""
    unit = RationalMatrix.identity(3)
    rates = (Fraction(1, 5), Fraction(1, 2), Fraction(7, 10))
    W = [[rates[i] * int(i == j) for j in range(3)] for i in range(3)]
    return minimal_urnn(RNN(W=W, F=unit, b=[0] * 3, C=unit), 1).at_most == 6


@page.example("not diagonal")
def three() -> bool:
    """half a shift of two units needs exactly 3 states."""
    unit = RationalMatrix.identity(2)
    half = RNN(W=[[0, Fraction(1, 2)], [0, 0]], F=unit, b=[0, 0], C=unit)
    found = minimal_urnn(half, 1)
    proved = found.report.verdict is Verdict.PROVED
    return proved and (found.at_least, found.at_most) == (3, 3)


@page.example("without F x + b = 0", scope="this network, these inputs")
def never_at_a_kink() -> bool:
    """W = diag(3/5, 5/13), F = C = I, b = 100 (I - W) 1 is diagonal and has a URNN with 3 states
    for M = 1.

    F x + b = 0 has no solution with ||x|| < 1; theorem n+mu says why 3 is the least number.
    """
    rnn, urnn = always_active()
    x: list[list[Any]] = [[0, 1], [1, 0], [Fraction(-3, 5), Fraction(-4, 5)], [0, -1]] * 5
    far = all(abs(row[0]) > 1 for row in rnn.b.to_fractions())
    return far and urnn.states == 3 and rnn.run_exact(x) == urnn.run_exact(x)
