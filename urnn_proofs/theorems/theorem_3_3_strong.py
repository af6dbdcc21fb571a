"""Theorem 3.3, strong form: no reduced contractive tanh or logistic network has a URNN.

Problem
    Which contractive RNNs with phi = tanh or logistic have an equivalent URNN of some size, with
    the same phi?
Method
    Functions ``phi(p_1), ..., phi(p_m)`` of nonconstant preactivations that differ up to sign are
    linearly independent (IL).  So the units of a URNN fall into groups that copy, up to sign, one
    preactivation each; U permutes the spans of these groups, and an isometry that carries W on
    integer multiplicities cannot decay.
Guarantee
    If the spectral radius of W is below 1 (in particular ``||W|| < 1``) a reduced RNN has no
    equivalent URNN of any finite size.  *Reduced*: as functions of the inputs the preactivations
    are nonconstant and pairwise different up to sign, and no column of C is 0; enough for it:
    rows of F nonzero and pairwise different up to sign.  Conversely, whenever ``W^T E W = E`` for a
    positive integer diagonal E, duplicating units gives a URNN with trace E states.
Reference
    This package's own; IL rests on J. Ax, *On Schanuel's conjectures*, Ann. of Math. 93 (1971).

Groups.  At time k unit j of the URNN belongs to the group g if its preactivation is, up to sign,
that of g; ``J_k`` (N x n) has the signed indicators of the groups that copy units of the RNN as
columns, ``K_k`` those of the other nonconstant groups.  Groups are disjoint: ``K_k^T J_k = 0``, and
``E_k = J_k^T J_k`` is diagonal and counts members.  An accent is the next time: J', K', E'.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.certificate import check
from urnn_proofs.checks.exact.lumping import NoLumping
from urnn_proofs.checks.exact.reduced import reduction_problem
from urnn_proofs.model.network import RNN
from urnn_proofs.model.verdict import Trust, Verdict
from urnn_proofs.questions.construction import copied_urnn, equivalent_urnn
from urnn_proofs.questions.scaling import is_contractive
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.theorem_3_3_strong import PROSE

__all__ = ["page"]

page = Page(
    "3.3-strong",
    Statement(
        "A reduced RNN with tanh or logistic activation whose W has spectral radius below 1 has no "
        "equivalent URNN with the same activation of any finite size; and one whose W satisfies "
        "W^T E W = E for a positive integer diagonal E has one with trace E states.",
        r"A reduced RNN with $@phi = \tanh$ or logistic and spectral radius $\varrho(@W) < 1$ has "
        r"no equivalent URNN with the same activation of any finite size. If $@W^\top E @W = E$ "
        r"for a positive integer diagonal $E$, it has one with $\operatorname{tr} E$ states.",
    ),
    (
        "M > 0",
        "both networks have the activation phi",
        "U is orthogonal",
        "the RNN is reduced (enough: rows of F nonzero and pairwise different up to sign, "
        "columns of C nonzero)",
        "for the first claim: the spectral radius of W is below 1",
    ),
    reference="strong form of arXiv:1910.13672, Theorem 3.3; this package's own",
    prose=PROSE,
)


@page.step("IL citation", scope="analytic functions on an interval")
def citation(t: Board) -> None:
    """C(u_1, ..., u_R, e^{u_1}, ..., e^{u_R}) has transcendence degree at least R + 1 for analytic
    u_1, ..., u_R that are linearly independent over Q modulo constants.

    The theorem of Ax on exponentials (Schanuel's conjecture for functions).
    """
    t.cite("J. Ax, On Schanuel's conjectures, Annals of Mathematics 93 (1971), 252-268")


@page.step(
    "IL tower",
    uses=("IL citation",),
    scope="all R",
    used="dependent generators could be fewer; sums, products and quotients of analytic functions; "
    "finitely many analytic functions that are nonconstant, or different up to sign, stay so on a "
    "generic line",
)
def tower(t: Board) -> None:
    """preactivations are p_i = c_i + sum_l q_il u_l with integers q_il, and e^{u_1}, ..., e^{u_R}
    are algebraically independent over C.

    Restrict to a generic real line of inputs, with parameter t. Among the preactivations of all
    times choose a basis over Q modulo constants, divided by a common denominator: u_1, ..., u_R.
    Each preactivation is rational in t and the exponentials of earlier ones, so the field of Ax is
    C(t, e^{u_1}, ..., e^{u_R}): R + 1 generators of transcendence degree R + 1 are independent. The
    number d is that degree.
    """
    d, R = t.numbers("d, R")
    t.follows(
        "d >= R + 1 (Ax) and d <= R (R + 1 dependent generators) contradict each other",
        given=(d - R - 1, R - d),
        shown=-1,
        by=((1, (-1,)), (1, (0,)), (1, (1,))),
    )


@page.step(
    "IL poles",
    uses=("IL tower",),
    scope="all exponents m > q >= 1, all k",
    used="a function with a pole is no linear combination of functions without it; a generic curve "
    "keeps finitely many distinct pairs distinct",
)
def poles(t: Board) -> None:
    """1 and the 1 / (1 + gamma_i tau^{m_i}) are linearly independent for distinct pairs
    (m_i, gamma_i), m_i >= 1, gamma_i > 0.

    By IL tower a linear relation among 1, phi(p_1), ..., phi(p_m) is one among rational functions
    1 / (1 + gamma_i s^{a_i}), gamma_i = e^{c_i}, s = e^u, with exponent vectors a_i not 0. Restrict
    to a generic curve s = (tau^{c_1}, ...), which keeps the pairs distinct (m_i >= 1 after
    1 / (1 + 1/z) = 1 - 1 / (1 + z)). Among the poles of one modulus R the largest exponent m has
    one at the angle pi / m that no other has; its coefficient is 0; repeat.
    """
    m, q, k = t.numbers("m, q, k")
    t.follows(
        "1 <= q < m and k >= 0 imply (2 k + 1) m > q: the pole at the angle pi / m belongs to no "
        "smaller exponent q",
        given=(positive(m - q), k, q - 1, q - (2 * k + 1) * m),
        shown=-1,
        # 0 = (m - q) + 2 k (m - q) + 2 k (q - 1) + 2 k + (q - (2 k + 1) m)
        by=((1, (0,)), (2, (1, 0)), (2, (1, 2)), (2, (1,)), (1, (3,))),
    )


@page.step(
    "V1 matching",
    uses=("IL poles",),
    scope="tanh (c = 0), logistic (c = 1)",
    used="IL for the preactivations of both networks, driven by the same inputs",
)
def matching(t: Board) -> None:
    """every RNN unit i has a group g(i) of URNN units with preactivation +- q_i; different i,
    different groups.

    sum_i C_i phi(q_i) - sum_j C'_j phi(p_j) = 0 with every C_i != 0: by IL no q_i can be different,
    up to sign, from all p_j. phi(-p) = -phi(p) or 1 - phi(p); with p for phi(p) and m for phi(-p),
    m = c - p turns a term y m into one of the span of 1 and p.
    """
    c, p, m, y = t.letters("c: x -> x", "p: x -> x", "m: x -> x", "y: x -> x")
    t.given(m + p == c)
    t.show(y * m == y * c - y * p)


@page.step(
    "V2 reachable space",
    uses=("IL poles",),
    scope="all n, all N, all k",
    used="IL: l J and l K are the coefficients of phi(q_i) and of the other groups; a subspace is "
    "the intersection of the kernels of the forms that vanish on it",
)
def reachable(t: Board) -> None:
    """the differences of URNN states at time k span exactly V_k = im J_k + im K_k.

    They lie in V_k: units of one group change by the same signed amount, constant units not at all.
    They span it: a linear form l that vanishes on all differences is a relation that IL excludes
    unless l J = 0 and l K = 0.
    """
    form, J, K, a, b = t.letters("l: N -> 1", "J: n -> N", "K: q -> N", "a: 1 -> n", "b: 1 -> q")
    t.given(form * J == 0, form * K == 0)
    t.show(form * (J * a + K * b) == 0)


@page.step(
    "V3 invariance",
    uses=("V2 reachable space",),
    scope="all N, all k",
    used="units of one group at time k + 1 have equal preactivations up to sign, whatever the "
    "states before; a bounded sequence of integers that never falls settles",
)
def invariance(t: Board) -> None:
    """U V_k is contained in V_{k+1}, with equality from some k on.

    The change of a preactivation is (U dh)_j, since dh ranges over V_k at a fixed input; it is the
    same, up to sign, within a group at time k + 1, and 0 for constant units. U is injective (V is
    its inverse) and dim V_k <= N, so the dimension settles.
    """
    U, V, x = t.letters("U: N -> N", "V: N -> N", "x: 1 -> N")
    t.given(V * U == 1, U * x == 0)
    t.show(x == 0)


@page.step(
    "V4 intertwining",
    uses=("V1 matching", "V3 invariance"),
    scope="all n, all N, all large k",
    used="a square matrix of full rank is invertible; the change of q_i at time k + 1 is that of "
    "W h",
)
def intertwining(t: Board) -> None:
    """U J_k = J_{k+1} W + K_{k+1} S and U K_k = K_{k+1} M with M invertible; then S = 0.

    The change of q_i at time k + 1 is that of W h: the coefficient of J_{k+1} in U (J a + K b) is
    W a. U K_k = K_{k+1} M has full rank, and dim V_k has settled, so M is square and invertible.
    U keeps K orthogonal to J: S = 0. L and H are inverses of M^T and of K'^T K'.
    """
    U, J, K, J1, K1, W, M, L, H, S = t.letters(
        "U: N -> N",
        "J: n -> N",
        "K: q -> N",
        "J': n -> N",
        "K': q -> N",
        "W: n -> n",
        "M: q -> q",
        "L: q -> q",
        "H: q -> q",
        "S: n -> q",
    )
    t.given(
        U.T * U == 1,
        U * J == J1 * W + K1 * S,
        U * K == K1 * M,
        K.T * J == 0,
        K1.T * J1 == 0,
        L * M.T == 1,
        H * K1.T * K1 == 1,
    )
    t.show(S == 0)


@page.step("V5 isometry", uses=("V4 intertwining",), scope="all n, all N, all large k")
def isometry(t: Board) -> None:
    """W^T E_{k+1} W = E_k.

    U is isometric and U J_k = J_{k+1} W; equivalently E_{k+1}^{1/2} W E_k^{-1/2} is orthogonal.
    """
    U, J, J1, W = t.letters("U: N -> N", "J: n -> N", "J': n -> N", "W: n -> n")
    t.given(U.T * U == 1, U * J == J1 * W)
    t.show(W.T * J1.T * J1 * W == J.T * J)


@page.step(
    "converse",
    scope="all n, every positive integer diagonal E with W^T E W = E, every activation",
    used="an isometry of a subspace onto a subspace extends to the whole space; phi acts entrywise",
)
def converse(t: Board) -> None:
    """if W^T E W = E for a positive integer diagonal E, then J a -> J W a is isometric on im J, and
    any orthogonal U that extends it gives a URNN with trace E states.

    Duplicate unit i E_ii times: F_u = J F, b_u = J b, h_u = J h, C_u = C E^{-1} J^T. phi acts
    entrywise, so phi(J z) = J phi(z), and U J = J W carries J h along. I is the inverse of E.
    """
    J, W, E, I_, C, U, h = t.letters(
        "J: n -> N",
        "W: n -> n",
        "E = E^T: n -> n",
        "I = I^T: n -> n",
        "C: n -> p",
        "U: N -> N",
        "h: 1 -> n",
    )
    t.given(J.T * J == E, W.T * E * W == E, I_ * E == 1, U * J == J * W)
    t.show(
        W.T * J.T * J * W == J.T * J,
        C * I_ * J.T * J * h == C * h,
        U * J * h == J * W * h,
    )


@page.step(
    "V6 decay",
    uses=("V5 isometry",),
    scope="all n, all N, every reduced tanh or logistic RNN with spectral radius of W below 1",
    used="induction on L; ||W^L|| -> 0 for spectral radius below 1; 1 <= E_ii <= N",
)
def decay(t: Board) -> None:
    """so no reduced RNN with spectral radius of W below 1 has an equivalent URNN.

    Telescope: (W^L)^T E_{k+L} W^L = E_k; P is the power so far. For a unit vector v:
    e = v^T E_k v >= 1 and e <= N r with r = ||W^L||^2, and r -> 0.
    """
    W, P, E, E1, E2 = t.letters(
        "W: n -> n", "P: n -> n", "E = E^T: n -> n", "E' = E'^T: n -> n", "E'' = E''^T: n -> n"
    )
    t.given(W.T * E1 * W == E, P.T * E2 * P == E1)
    t.show(W.T * P.T * E2 * P * W == E)
    e, r, N = t.numbers("e, r, N")
    t.follows(
        "1 <= e, e <= N r and N r < 1 contradict each other",
        given=(e - 1, N * r - e, positive(1 - N * r)),
        shown=-1,
        by=((1, (0,)), (1, (1,)), (1, (2,))),
    )


# The hypotheses can be met, and what fails without one.


@page.example("witness")
def witness() -> bool:
    """w = 1/2, f = c = 1 meets the hypotheses; no lumping exists."""
    rnn = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]], activation="tanh")
    meets = reduction_problem(rnn) is None and is_contractive(rnn)
    return meets and isinstance(copied_urnn(rnn), NoLumping)


@page.example("with spectral radius 1", trust=Trust.KERNEL)
def without_decay() -> bool:
    """W = [[1, 4], [-2, 1]] / 3 is reduced and has a URNN with 3 states (E = diag(1, 2))."""
    third = Fraction(1, 3)
    W = [[third, 4 * third], [-2 * third, third]]
    rnn = RNN(W=W, F=[[1], [2]], b=[0, 0], C=[[1, 1]], activation="tanh")
    if reduction_problem(rnn) is not None:
        return False
    found = equivalent_urnn(rnn, 1)
    return found.urnn.states == 3 and check(found.certificate) is Verdict.PROVED


@page.example("not reduced")
def without_reducedness() -> bool:
    """with C = 0 one silent state does.

    No output reads the unit: the outputs are 0, as those of U = 1, C = 0.
    """
    rnn = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[0]], activation="tanh")
    still = RNN(W=[[1]], F=[[0]], b=[0], C=[[0]], activation="tanh")
    return reduction_problem(rnn) == "column 0 of C is zero" and still.C.is_zero()
