"""All inputs: URNNs that need no bound on them.

Problem
    The URNN of Theorem 3.1 belongs to a bound M: a longer input can open a gate.  Is there one for
    all inputs?
Method
    A gate of preactivation ``W3 h`` with ``W3 <= 0`` entrywise is shut by the sign of the states.
    Where no such W3 exists, r further units take up ``relu(W3 h)``, what W loses; nobody reads
    them, and a step later the gates of preactivation minus that value lose it.
Guarantee
    Equal outputs for all inputs, bounded or not, and ``||W|| = 1`` allowed: n + r states if
    ``W3 <= 0``, else n + 2r, with ``r = rank(I - W^T W)``; 2n for contractive W if n <= 2.
Letters
    W : n -> n, W3 : n -> r; q is the state of the further units, g that of the gates.
Reference
    This package's own.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.theorems.board import Board
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.no_bound import PROSE

__all__ = ["page"]

page = Page(
    "no-bound",
    Statement(
        "For every ReLU RNN with n states and ||W|| <= 1 there is a ReLU URNN with "
        "n + 2 rank(I - W^T W) states that has the same outputs for all inputs, bounded or not. If "
        "I - W^T W = W3^T W3 with a matrix W3 <= 0 of r rows, one with n + r states will do, as "
        "for every diagonal W; and for n <= 2 and ||W|| < 1 one with at most 2n states.",
        r"For every ReLU RNN with $@n$ states and $\|@W\| \le 1$ there is a ReLU URNN with "
        r"$@n + 2 \operatorname{rank}(I - @W^\top @W)$ states that has the same outputs for all "
        r"inputs, bounded or not. If $I - @W^\top @W = @W_3^\top @W_3$ with a matrix $@W_3 \le 0$ "
        r"of $r$ rows, one with $@n + r$ states will do, as for every diagonal $@W$; and for "
        r"$@n \le 2$ and $\|@W\| < 1$ one with at most $2@n$ states.",
        coq=("all_inputs", "no_bound", "no_bound_diag", "all_inputs_2"),
        scope="all n, all ReLU RNNs with ||W|| <= 1, all inputs, all k",
    ),
    (
        "||W|| <= 1; for the last claim ||W|| < 1",
        "the activation is ReLU",
    ),
    reference="this package's own; arXiv:1910.13672, Theorem 3.1, without its bound on the inputs",
    prose=PROSE,
)


@page.step(
    "G1 dilation",
    scope="all n, all r",
    used="orthonormal columns can be completed to an orthogonal matrix; a square matrix with "
    "U U^T = I is orthogonal",
)
def dilation(t: Board) -> None:
    """W^T W + W3^T W3 = I makes W and W3 the left blocks of an orthogonal matrix [[W, W2], [W3,
    W4]].

    Q = [W; W3] has orthonormal columns, Q^T Q = I. With orthonormal columns V that complete them,
    Q Q^T + V V^T = I; so U = [Q, V] satisfies U U^T = I, and V is orthogonal to Q.
    """
    Q, V = t.letters("Q: n -> N", "V: r -> N")
    t.given(Q.T * Q == 1, Q * Q.T + V * V.T == 1, V.T * V == 1)
    t.show(Q.T * V * V.T == 0, Q.T * V == 0)


@page.step(
    "G2 sign",
    scope="all n, every row of W3",
    used="states after the first input are values of relu, so not negative; induction on entries",
)
def sign(t: Board) -> None:
    """W3 <= 0 and h >= 0 imply W3 h <= 0.

    The sum a_1 h_1 + ... + a_n h_n of a row stays <= 0 with each summand. The numbers are s, the
    sum so far, and a and h, the next entries.
    """
    s, a, h = t.numbers("s, a, h")
    t.follows(
        "s <= 0, a <= 0 and h >= 0 imply s + a h <= 0",
        given=(-s, -a, h),
        shown=-s - a * h,
        by=((1, (-1,)), (1, (0,)), (1, (1, 2))),
    )


@page.step(
    "G3 first step",
    uses=("G1 dilation", "G2 sign"),
    scope="all n, all h_init",
    used="Cauchy-Schwarz, as in step S3 of Theorem 3.1; rows of U have norm 1",
)
def first_step(t: Board) -> None:
    """with the lower bias -|h_init| every gate has a preactivation <= 0 at every time.

    At time 0: a.h_init <= |h_init| for a row a of W3. Later a.h <= 0 by G2. The numbers are
    p = |a|^2, q = |h|^2, s = a.h, H = |h_init|.
    """
    p, q, s, H = t.numbers("p, q, s, H")
    t.follows(
        "(a.h)^2 <= |a|^2 |h|^2, |a| <= 1, |h| <= H, H >= 0 imply a.h - H <= 0",
        given=(p * q - s**2, 1 - p, q, H**2 - q, H),
        shown=H - s,
        by=((1, (-1, -1)), (2, (4, -1)), (1, (0,)), (1, (1, 2)), (1, (3,))),
    )
    t.follows(
        "a.h <= 0 and |h_init| >= 0 imply a.h - |h_init| <= 0",
        given=(-s, H),
        shown=H - s,
        by=((1, (-1,)), (1, (0,)), (1, (1,))),
    )


@page.step(
    "G4 induction",
    uses=("G3 first step",),
    scope="all n, all r, all inputs, all k",
    used="induction on k; relu is 0 where its argument is not positive",
)
def induction(t: Board) -> None:
    """h_u^k = [h^k; 0] for all k and all inputs, so n + r states do if W3 <= 0.

    With lower state g = 0 the upper rows of U [h; g] are W h, the lower ones W3 h, which the bias
    sends to 0.
    """
    W, W2, W3, W4, C, O_, h, g = t.letters(
        "W: n -> n, W2: r -> n, W3: n -> r, W4: r -> r, C: n -> p, O: r -> p, h: 1 -> n, g: 1 -> r"
    )
    t.given(g == 0)
    t.show(W * h + W2 * g == W * h, W3 * h + W4 * g == W3 * h, C * h + O_ * g == C * h)


@page.step(
    "G5 diagonal",
    uses=("G4 induction",),
    scope="all diagonal W, |w_i| <= 1",
    used="1 - w^2 has a square root",
)
def diagonal(t: Board) -> None:
    """a diagonal W has W3 = -diag(sqrt(1 - w_i^2)) <= 0, so 2n states do.

    W3 is diagonal, and each entry satisfies w^2 + v^2 = 1 with v = -sqrt(1 - w^2) <= 0. The numbers
    are w and s = sqrt(1 - w^2).
    """
    w, s = t.numbers("w, s")
    for text, shown, sign in (
        ("s^2 = 1 - w^2 implies w^2 + (-s)^2 >= 1", w**2 + s**2 - 1, 1),
        ("s^2 = 1 - w^2 implies w^2 + (-s)^2 <= 1", 1 - w**2 - s**2, -1),
    ):
        t.follows(
            text,
            given=(),
            shown=shown,
            by=((1, (-1,)),),
            equal=((s**2 + w**2 - 1, w.ring(sign)),),
        )


@page.step("G6 what is lost", uses=("G1 dilation",), scope="all n, all r")
def lost(t: Board) -> None:
    """the RNN with n + r states and transition W' = [[W, 0], [W3, 0]] has the outputs of the RNN,
    and I - W'^T W' = V^T V with V = [0, -I] <= 0.

    Its state is [h; q] with q = relu(W3 h) of the step before; no unit and no output reads q. Any
    W3 with W^T W + W3^T W3 = I will do, whatever its signs, with r = rank(I - W^T W) rows. On the
    board i and j embed the spaces of h and q.
    """
    W, W3, i, j, h, q = t.letters(
        "W: n -> n", "W3: n -> r", "i: n -> N", "j: r -> N", "h: 1 -> n", "q: 1 -> r"
    )
    larger = i * W * i.T + j * W3 * i.T
    t.given(
        W.T * W + W3.T * W3 == 1,
        i.T * i == 1,
        j.T * j == 1,
        i * i.T + j * j.T == 1,
    )
    t.show(larger.T * larger + j * j.T == 1, i.T * larger * (i * h + j * q) == W * h)


@page.step(
    "G7 all inputs",
    uses=("G4 induction", "G6 what is lost"),
    scope="all n, every W with ||W|| <= 1, all inputs, all k",
    used="I - W^T W is positive semidefinite, so a W3 of r rows exists (step factors of Theorem "
    "3.1); the rank is at most n",
)
def all_inputs(t: Board) -> None:
    """N = n + 2r <= 3n.

    G4 for the RNN of G6, which has n + r states and a V of r rows: n + r + r.
    """
    n, r = t.numbers("n, r")
    t.follows(
        "r <= n implies n + r + r <= 3 n",
        given=(n - r,),
        shown=3 * n - (n + r + r),
        by=((1, (-1,)), (2, (0,))),
    )


@page.step(
    "G8 two states",
    uses=("G5 diagonal", "G7 all inputs"),
    scope="n <= 2, ||W|| < 1",
    used="the scaling of theorem 2n-1, after which ||W|| = 1 and r <= n - 1 if W is not diagonal; "
    "the scaled network has the same outputs",
)
def two_states(t: Board) -> None:
    """for n <= 2 and ||W|| < 1 at most 2n states do.

    A diagonal W is G5. Any other one is scaled to norm 1, and G7 gives
    n + 2 (n - 1) = 3n - 2 <= 2n.
    """
    n, r = t.numbers("n, r")
    t.follows(
        "r <= n - 1 and n <= 2 imply n + 2 r <= 2 n",
        given=(n - 1 - r, 2 - n),
        shown=2 * n - n - 2 * r,
        by=((1, (-1,)), (2, (0,)), (1, (1,))),
    )


# Networks and their URNNs, and what is not known.

_LONG = [[10**9, -1], [50, 10**12], [-3, 7], [0, 0], [2, -(10**6)], [1, 1]]
_TWO_THIRDS = [[Fraction(2, 3), Fraction(2, 3)], [0, 0]]


@page.example("one state, any input")
def one_state() -> bool:
    """w = 3/5: U = [[3/5, 4/5], [-4/5, 3/5]] with bias 0 has the outputs of the RNN on inputs up to
    10^12.
    """
    w, v = Fraction(3, 5), Fraction(4, 5)
    rnn = RNN(W=[[w]], F=[[1]], b=[0], C=[[1]])
    urnn = URNN(W=[[w, v], [-v, w]], F=[[1], [0]], b=[0, 0], C=[[1, 0]])
    x = [[10**12], [-5], [0], [10**3], [0]]
    return rnn.run_exact(x) == urnn.run_exact(x)


@page.example("mixed signs, any input")
def mixed_signs() -> tuple[bool, dict[str, str]]:
    """W = [[2/3, 2/3], [0, 0]]: an orthogonal U with n + 2r = 6 states, bias 0, and the outputs of
    the RNN on inputs up to 10^12.
    """
    a, b = Fraction(2, 3), Fraction(1, 3)
    U = RationalMatrix.parse(
        [
            [a, a, 0, 0, 0, b],
            [0, 0, 0, 0, 1, 0],
            [a, -b, 0, 0, 0, -a],
            [-b, a, 0, 0, 0, -a],
            [0, 0, -1, 0, 0, 0],
            [0, 0, 0, -1, 0, 0],
        ],
        "U",
    )
    upper = [[1, 0], [0, 1], *[[0, 0]] * 4]
    rnn = RNN(W=_TWO_THIRDS, F=[[1, 0], [0, 1]], b=[0, 0], C=[[1, 0], [0, 1]])
    urnn = URNN(W=U, F=upper, b=[0] * 6, C=[list(row) for row in zip(*upper, strict=True)])
    orthogonal = U.transpose() @ U == RationalMatrix.identity(6)
    return orthogonal and rnn.run_exact(_LONG) == urnn.run_exact(_LONG), {"U": str(U)}


@page.example(
    "no W3 <= 0 after any scaling",
    scope="W = [[2/3, 2/3], [0, 0]], every positive diagonal P",
    used="an entry of W3^T W3 is a sum of products of entries of W3, and not negative if W3 <= 0",
)
def no_signs() -> bool:
    """for that W the entry (1, 2) of P - W^T P W is -4/9 p_1 < 0 for every P = diag(p_1, p_2) > 0.

    So the claim with n + r states does not apply to it, scaled or not. Whether 2n states are enough
    for all inputs is settled for n <= 2 (step G8), and not known here for n >= 3.
    """
    W = RationalMatrix.parse(_TWO_THIRDS, "W")
    entries = []
    for p in ((1, 0), (0, 1)):  # the entry is linear in P
        P = RationalMatrix.parse([[p[0], 0], [0, p[1]]], "P")
        entries.append((P - W.transpose() @ P @ W)[0, 1])
    return entries == [Fraction(-4, 9), 0]


@page.example("with ||W|| > 1", scope="w = 2, these inputs")
def expansive() -> bool:
    """w = 2 after one impulse has the outputs 2^k for k <= 40; theorem expansive excludes every
    URNN.
    """
    rnn = RNN(W=[[2]], F=[[1]], b=[0], C=[[1]])
    outputs = rnn.run_exact([[1]] + [[0]] * 40)
    return [row[0] for row in outputs] == [Fraction(2) ** k for k in range(41)]
