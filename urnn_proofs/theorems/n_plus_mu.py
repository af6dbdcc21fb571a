"""n + mu(W) states: what a ReLU URNN needs if all units of the RNN can be active for ever.

Problem
    2n states are needed without memory (Theorem 3.2).  What does a network with memory need, if
    the units of the URNN may switch on and off as they like?
Method
    A constant input makes the URNN a non-expansive map.  On its limit set that map is an isometry,
    so the pattern of active units settles; a state of the limit set that is closest to a fixed
    point shows that units which touch 0 are never clipped, and perturbations that grow
    exponentially show that units which rest at 0 play no part.  What remains is linear, and a count
    of singular values below 1 gives the silent units.
Guarantee
    ``N >= n + mu(W)``, mu(W) the largest dimension of an eigenspace of W, real or complex; and some
    bias attains it, whatever W is.  So ``w I_n`` needs exactly 2n states.
Letters
    x is the constant input, h* the fixed point of the RNN, z a preactivation of the URNN; P_A, P_Z,
    P_0 project onto the units that are on, off, at rest.  Reachable and observable: (W, F, C) is
    minimal.
Reference
    This package's own.  Coq checked the lower bound for ``||W|| < 1``, and for real eigenvalues if
    ``||E W E^{-1}|| < 1`` for a positive diagonal E (theorem n+eigenspace), and that w I needs
    exactly 2n.  In words alone: spectral radius below 1 without that, and that n + mu is reached.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.minimal import minimal_urnn
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.n_plus_mu import PROSE

__all__ = ["always_active", "page"]

page = Page(
    "n+mu",
    Statement(
        "Let (W, F, C) be minimal with spectral radius of W below 1, and let a constant input "
        "shorter than M have a fixed point h* at which every unit of the ReLU RNN is active; let "
        "some input in X_M that is that constant from some time on lead to h*. Then every ReLU "
        "URNN with the same outputs for all inputs with ||x^k|| <= M has at least n + mu(W) "
        "states, mu(W) the largest dimension of an eigenspace of W over the complex numbers. For "
        "each minimal (W, F, C) with spectral radius below 1 and each M some b and h_init need "
        "exactly n + mu(W). The network h^k = relu(w h^{k-1} + x^k), y^k = h^k with |w| < 1 needs "
        "exactly 2n.",
        r"Let $(@W, @F, @C)$ be minimal with spectral radius $\varrho(@W) < 1$, and let a constant "
        r"input shorter than $@M$ have a fixed point $@h^{\ast}$ at which every unit of the ReLU "
        r"RNN is active; let some input in $X_{@M}$ that is that constant from some time on lead "
        r"to $@h^{\ast}$. Then every ReLU URNN with the same outputs for all inputs with "
        r"$\|@x^k\| \le @M$ has at least $@n + \mu(@W)$ states, $\mu(@W)$ the largest dimension of "
        r"an eigenspace of $@W$ over the complex numbers. For each minimal $(@W, @F, @C)$ with "
        r"spectral radius below $1$ and each $@M$ some $@b$ and $@h_{\mathrm{init}}$ need exactly "
        r"$@n + \mu(@W)$. The network $@h^k = \mathrm{relu}(\omega @h^{k-1} + @x^k)$, $@y^k = "
        r"@h^k$ with $|\omega| < 1$ needs exactly $2@n$.",
        scope="all n, every RNN of the statement, all M > 0",
    ),
    (
        "M > 0",
        "both networks have ReLU",
        "U is orthogonal (more than invertible, and needed)",
        "(W, F, C) is minimal: reachable and observable; the spectral radius of W is below 1",
        "a constant input shorter than M has a fixed point with all units active, and some input "
        "in X_M that is constant from some time on leads to it (for ||W|| < 1 "
        "every such input does)",
    ),
    reference="this package's own; lower bounds beyond arXiv:1910.13672, Theorem 3.2",
    prose=PROSE,
)

_ALL = "all n, all N, every RNN of the statement"


@page.step(
    "A1 drift",
    scope=_ALL,
    used="a convex quadratic function that is bounded below attains its least value on a "
    "polyhedron; relu is non-expansive; limit points of bounded sequences",
)
def drift(t: Board) -> None:
    """under the constant input the states of the URNN grow like k v, with v >= 0, U v = v and C
    v = 0; taking k v away leaves a bounded system with a fixed point, in which the units with
    v_i > 0 act as the identity.

    Let T be the map of one step and g a state at which |T g - g| is least, v = T g - g. The
    midpoint q of g and T g: T q is as far from T g as from T T g, at most |v| / 2, and these are
    |v| apart, so T q is their midpoint; |T q - q| >= |v| makes T T g - T g = v. On the board: if
    |a|^2, |b|^2 <= s / 4 and |a - b|^2 >= s, then a + b = 0; and if |c|^2 = |d|^2 = s and
    |c + d|^2 >= 4 s, then c - d = 0. Then relu(U v) = v, and |U v| = |v| makes U v = v.
    """
    a, b, plus, minus = t.letters("a: 1 -> N", "b: 1 -> N", "p: 1 -> N", "m: 1 -> N")
    t.given(plus == a + b, minus == a - b)
    t.show(plus.T * plus + minus.T * minus == 2 * a.T * a + 2 * b.T * b)
    p, q, s, m = t.numbers("p, q, s, m")
    t.follows(
        "|a|^2 <= s/4, |b|^2 <= s/4, |a - b|^2 >= s imply |a + b|^2 <= 0",
        given=(s - 4 * p, s - 4 * q, 2 * p + 2 * q - m - s),
        shown=-m,
        by=((2, (-1,)), (1, (0,)), (1, (1,)), (2, (2,))),
    )
    t.follows(
        "|c|^2 = s, |d|^2 = s, |c + d|^2 >= 4 s imply |c - d|^2 <= 0",
        given=(2 * p + 2 * q - m - 4 * s,),
        shown=-m,
        by=((1, (-1,)), (1, (0,))),
        equal=((p - s, -2), (q - s, -2)),
    )
    t.follows(
        "|U v|^2 = p + m with p = |relu(U v)|^2 = |v|^2 and |U v|^2 = |v|^2 imply m <= 0",
        given=(),
        shown=-m,
        by=((1, (-1,)),),
        equal=((p + m - s, -1), (p - s, 1)),
    )
    U, g, v, c = t.letters("U: N -> N", "g: 1 -> N", "v: 1 -> N", "c: 1 -> N")
    t.given(U * v == v)
    t.show(U * (g + v) + c == (U * g + c) + v)


@page.step(
    "A2 closest point",
    uses=("A1 drift",),
    scope=_ALL,
    used="a closed set has a point at least distance; means of powers of an orthogonal matrix "
    "converge to a fixed vector; a finite sum of oscillations with mean square 0 is 0",
)
def closest(t: Board) -> None:
    """let K be the states from which the bounded system does what the RNN does from h*, m a fixed
    point in general position, and kappa in K closest to m. Then r^k = T^k kappa - m satisfies
    r^k = U r^{k-1}; units off at m are off at every T^k kappa with the same preactivation, and
    units at rest at m are at rest there.

    |T^k kappa - m| cannot fall, and T is non-expansive, so in every unit |relu(z) - relu(z')| =
    |z - z'| for the preactivations at T^k kappa and at m: both are >= 0, or they are equal. A unit
    at rest at m has f(k) = z >= 0 with mean 0, so f = 0. The numbers are a, b, preactivations, and
    f <= l.
    """
    a, b, f, bound = t.numbers("a, b, f, l")
    t.follows(
        "a < 0 <= b and |b| = |a - b| contradict each other",
        given=(positive(-a), b),
        shown=-1,
        by=((1, (0, 0)), (2, (0, 1))),
        equal=((b**2 - (a - b) ** 2, 1),),
    )
    t.follows(
        "0 <= f <= l implies f^2 <= l f",
        given=(f, bound - f),
        shown=bound * f - f**2,
        by=((1, (-1,)), (1, (0, 1))),
    )
    U, k, m, r, c, z, z1 = t.letters(
        "U: N -> N", "k: 1 -> N", "m: 1 -> N", "r: 1 -> N", "c: 1 -> N", "z: 1 -> N", "z': 1 -> N"
    )
    t.given(r == k - m, z == U * k + c, z1 == U * m + c)
    t.show(z - z1 == U * r)


@page.step(
    "A3 no clipping",
    uses=("A2 closest point",),
    scope=_ALL,
    used="for small eps everything is exact, as everything is piecewise linear; spectral radius "
    "below 1 leads the RNN back to h*; induction on k",
)
def no_clipping(t: Board) -> None:
    """small perturbations d^k of the input never clip a unit that is on at m: they change the
    state by v^k, which is U v^{k-1} + F d^k at units that are on, 0 at those that are off, relu
    of the former at those at rest; and C v^k is the change of the RNN's outputs.

    Let v be the perturbation of kappa and p what clipping adds: v' = U v + F d + p. The perturbed
    state leads back to K, so it is not closer to m than kappa: r.v >= 0. But r'.v' = r.v + r'.F d +
    r'.p, where r'.p <= 0; adding this for d and -d leaves only the clipping: p = 0. The numbers are
    e = eps, s = r.v, q = |v|^2; and s, s', what clipping takes away for d and -d, u = the sum of
    the r.F d.
    """
    U, F, r, v, p, d = t.letters(
        "U: N -> N", "F: m -> N", "r: 1 -> N", "v: 1 -> N", "p: 1 -> N", "d: 1 -> m"
    )
    t.given(U.T * U == 1)
    t.show((U * r).T * (U * v + F * d + p) == r.T * v + (U * r).T * F * d + (U * r).T * p)
    e, s, q, s1, u = t.numbers("e, s, q, s', u")
    t.follows(
        "|r + eps v|^2 >= |r|^2, eps > 0 and eps |v|^2 < -2 r.v contradict each other",
        given=(2 * e * s + e**2 * q, positive(e), positive(-2 * s - e * q)),
        shown=-1,
        by=((1, (0,)), (1, (1, 2))),
    )
    t.follows(
        "u - s >= 0, -u - s' >= 0 and s' >= 0 imply s <= 0",
        given=(u - s, -u - s1, s1),
        shown=-s,
        by=((1, (-1,)), (1, (0,)), (1, (1,)), (1, (2,))),
    )


@page.step(
    "A4 units at rest",
    uses=("A3 no clipping",),
    scope=_ALL,
    used="a contraction has a fixed point; relu is positively homogeneous; limit points of bounded "
    "sequences; among finitely many partitions one has the fewest units at rest",
)
def at_rest(t: Board) -> None:
    """among the partitions of the units for which A3 holds take one with the fewest at rest.
    For every l > 1 and every a the states that answer the inputs l^k a by l^k w have
    preactivation 0 at every unit at rest.

    Under the inputs l^k a the states are l^k w + e with e bounded; a unit at rest whose
    preactivation is not 0 is then on, or off, for all large k, and e obeys the same system with one
    unit at rest less. Its limit points, scaled to 0, show that A3 holds for the smaller set, a
    contradiction. On the board e = v - w' with w' = l^k w.
    """
    U, F, v, v1, w, w1, e, a, d = t.letters(
        "U: N -> N, F: m -> N, v: 1 -> N, v': 1 -> N, w: 1 -> N, w': 1 -> N, e: 1 -> N, a: 1 -> m",
        "d: 1 -> m",
    )
    t.given(e == v - w, v1 == U * v + F * (a + d), w1 == U * w + F * a)
    t.show(v1 - w1 == U * e + F * d)


@page.step(
    "A5 linear",
    uses=("A4 units at rest",),
    scope=_ALL,
    used="a power series that is 0 on an interval is 0; induction on the power",
)
def linear(t: Board) -> None:
    """units at rest stay at rest: with X the span of all (P_A U)^j P_A F a, P_0 F = 0 and P_0 U X =
    0, so v^k = P_A (U v^{k-1} + F d^k) and C (P_A U)^j P_A F = C_R W^j F_R for the RNN's C_R, F_R.

    w is the sum of l^{-j} (P_A U)^j P_A F a, and P_0 (l^{-1} U w + F a) = 0 for all l > 1: every
    coefficient is 0. On the board R picks the units at rest.
    """
    U, F, R, v, d = t.letters("U: N -> N", "F: m -> N", "R: N -> q", "v: 1 -> N", "d: 1 -> m")
    t.given(R * F == 0, R * U * v == 0)
    t.show(R * (U * v + F * d) == 0)


@page.step(
    "A6 defect",
    uses=("A5 linear",),
    scope="all n, all N, every W with spectral radius below 1",
    used="minimal realisations of the same outputs are similar; I - R R^T and I - R^T R have the "
    "same rank for a square R; a form that is positive on a space has at least its dimension as "
    "rank; complex eigenvectors as pairs of real ones",
)
def defect(t: Board) -> None:
    """N >= n + mu(W).

    B = P_A U on X. Modulo what no output shows it is similar to W; R is its block on the orthogonal
    complement of that, so dim X >= n, and B^T J = J R^T for the embedding J of the complement.
    |x|^2 - |B x|^2 = |P_Z U x|^2, so I - B^T B, and with it I - B B^T, has rank at most |Z|; its
    block I - R R^T is positive on an eigenspace of R^T: |x|^2 - |R^T x|^2 = (1 - |l|^2) |x|^2 > 0.
    The numbers are a = |A|, z = |Z|, mu, and q = |x|^2, l = |eigenvalue|.
    """
    U, P, Q, R0, x = t.letters(
        "U: N -> N", "P = P^T: N -> N", "Q = Q^T: N -> N", "R: N -> q", "x: 1 -> N"
    )
    t.given(U.T * U == 1, P + Q + R0.T * R0 == 1, R0 * U * x == 0, Q * Q == Q)
    t.show(x.T * x - (P * U * x).T * (P * U * x) == (Q * U * x).T * (Q * U * x))
    B, J, R = t.letters("B: d -> d", "J: n -> d", "R: n -> n")
    t.given(J.T * B == R * J.T, J.T * J == 1)
    t.show(J.T * (1 - B * B.T) * J == 1 - R * R.T)
    n, N, a, z, mu, q, bound = t.numbers("n, N, a, z, mu, q, l")
    t.follows(
        "|l| < 1 and |x|^2 > 0 imply |x|^2 - |l|^2 |x|^2 > 0",
        given=(positive(1 - bound**2), positive(q), bound**2 * q - q),
        shown=-1,
        by=((1, (0, 1)), (1, (2,))),
    )
    t.follows(
        "N >= |A| + |Z|, |A| >= n and |Z| >= mu imply N >= n + mu",
        given=(N - a - z, a - n, z - mu),
        shown=N - n - mu,
        by=((1, (-1,)), (1, (0,)), (1, (1,)), (1, (2,))),
    )


@page.step(
    "A7 sharp",
    uses=("A6 defect",),
    scope="every minimal (W, F, C) with spectral radius below 1, every M > 0",
    used="mu(W) rows q make (q, W) observable (rational canonical form); the series of "
    "(W^T)^j q^T q W^j converges, to a positive definite P = S^T S; a rotation turns any vector "
    "that is not 0 into one with positive entries",
)
def sharp(t: Board) -> None:
    """with h_init = g and b = (I - W) g, where g has large and equal entries, n + mu(W) states
    do.

    P = q^T q + W^T P W, so R = S W S^{-1} has I - R^T R = S^{-T} q^T q S^{-1} of rank mu. For large
    tau all units stay active on X_M, and S h^k stays positive when S 1 is: both networks are
    affine, and the dilation of R with the states S h^k, and gates below, does what the RNN does.
    T is the inverse of S.
    """
    W, P, S, T, R, q, F, h, x = t.letters(
        "W: n -> n, P = P^T: n -> n, S: n -> n, T: n -> n, R: n -> n, q: n -> r, F: m -> n",
        "h: 1 -> n, x: 1 -> m",
    )
    t.given(P == q.T * q + W.T * P * W, S.T * S == P, S * T == 1, T * S == 1, R == S * W * T)
    t.show(
        1 - R.T * R == T.T * q.T * q * T,
        R * S * h + S * F * x == S * (W * h + F * x),
    )


@page.step(
    "A8 scalar memory",
    uses=("A6 defect",),
    scope="all n, all |w| < 1, all M > 0",
    used="mu(w I) = n; Theorem 3.1",
)
def scalar_memory(t: Board) -> None:
    """h^k = relu(w h^{k-1} + x^k), y^k = h^k needs exactly 2n states.

    A small positive constant input x has the fixed point x / (1 - w) > 0. A6 gives N >= n + n, and
    Theorem 3.1 a URNN with 2n states. The numbers are w, x, and h = x / (1 - w), entry by entry.
    """
    w, x, h, n, N = t.numbers("w, x, h, n, N")
    t.follows(
        "h (1 - w) = x, x > 0, w < 1 and h <= 0 contradict each other",
        given=(positive(x), positive(1 - w), -h),
        shown=-1,
        by=((1, (0,)), (1, (1, 2))),
        equal=((h * (1 - w) - x, 1),),
    )
    t.follows(
        "N >= n + mu and mu = n imply N >= 2 n",
        given=(N - n - n,),
        shown=N - 2 * n,
        by=((1, (-1,)), (1, (0,))),
    )


# Networks that attain the bound, and one that shows what a hypothesis is for.

_RATES = (Fraction(3, 5), Fraction(5, 13))


def always_active() -> tuple[RNN, URNN]:
    """Return a network with two rates whose units are always active for M = 1, and its URNN.

    W = diag(3/5, 5/13), F = C = I, b = 100 (I - W) 1; the URNN has 3 states.

    Examples
    --------
    >>> rnn, urnn = always_active()
    >>> rnn.states, urnn.states
    (2, 3)
    """
    w, s = _RATES, (Fraction(4, 5), Fraction(12, 13))
    W = RationalMatrix.parse([[w[0], 0], [0, w[1]]], "W")
    e = s[0] * s[1] / (w[0] - w[1])  # S W = R S with S = [[1, 0], [e, 1]], R as in U
    S = RationalMatrix.parse([[1, 0], [e, 1]], "S")
    T = RationalMatrix.parse([[1, 0], [-e, 1]], "T")
    U = [
        [w[0], 0, s[0]],
        [s[0] * s[1], w[1], -s[1] * w[0]],
        [-w[1] * s[0], s[1], w[1] * w[0]],
    ]
    unit = RationalMatrix.identity(2)
    h = RationalMatrix.column([100, 100])
    b = (unit - W) @ h
    rnn = RNN(W=W, F=unit, b=b, C=unit, h_init=h)

    def above(matrix: RationalMatrix, below: int) -> list[Fraction]:
        return [*(row[0] for row in (S @ matrix).to_fractions()), Fraction(below)]

    urnn = URNN(
        W=U,
        F=[*S.to_fractions(), [0, 0]],
        b=above(b, -1000),
        C=[[*row, 0] for row in T.to_fractions()],
        h_init=above(h, 0),
    )
    return rnn, urnn


@page.example("fewer than 2n", scope="this network, these inputs")
def fewer() -> tuple[bool, dict[str, str]]:
    """W = diag(3/5, 5/13), F = C = I, b = 100 (I - W) 1 has mu(W) = 1; a URNN with n + 1 = 3 states
    has the outputs of the RNN.

    S W S^{-1}, with S triangular, is the corner of a rational orthogonal matrix.
    """
    rnn, urnn = always_active()
    x: list[list[Any]] = [[1, 0], [0, -1], [Fraction(3, 5), Fraction(4, 5)], [-1, 0]] * 5
    lower = minimal_urnn(rnn, 1).at_least
    same = rnn.run_exact(x) == urnn.run_exact(x)
    return same and lower == urnn.states == 3, {"at least": str(lower), "states": "3"}


@page.example("scalar memory")
def half() -> bool:
    """half times I_3 has a URNN with 6 states."""
    unit = RationalMatrix.identity(3)
    net = RNN(W=unit * Fraction(1, 2), F=unit, b=[0] * 3, C=unit)
    return minimal_urnn(net, 1).at_most == 6


@page.example("no active fixed point")
def silent() -> bool:
    """with b = -100 and M = 1 every output of scalar memory is 0, as that of one silent state."""
    unit = RationalMatrix.identity(2)
    net = RNN(W=unit * Fraction(1, 2), F=unit, b=[-100] * 2, C=unit)
    outputs = net.run_exact([[1, 0], [0, 1], [Fraction(3, 5), Fraction(4, 5)]])
    return all(value == 0 for row in outputs for value in row)


@page.example("without orthogonal U")
def invertible() -> bool:
    """with the invertible transition matrix I / 2 the n states of scalar memory itself do."""
    unit = RationalMatrix.identity(2)
    return (unit * Fraction(1, 2)).rank() == 2
