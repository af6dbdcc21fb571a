"""Theorem 3.3, strong form: which reduced tanh or logistic networks have a URNN.

Problem
    Which RNNs with phi = tanh or logistic have an equivalent URNN of some size, with the same phi?
Method
    Functions ``phi(p_1), ..., phi(p_m)`` of nonconstant preactivations that differ up to sign are
    linearly independent (IL): at a suitable complex pole one of them has a residue that no other
    can cancel.  So the units of a URNN fall into groups that copy, up to sign, one preactivation
    each; U permutes the spans of these groups, and an isometry that carries W on integer
    multiplicities cannot decay.
Guarantee
    A reduced RNN has an equivalent URNN if and only if ``W^T E W = E`` for a positive integer
    diagonal E; then duplicating units gives one with trace E states.  In particular there is none
    of any finite size if the spectral radius of W is below 1.  *Reduced*: as functions of the
    inputs the preactivations are nonconstant and pairwise different up to sign, and no column of C
    is 0; enough for it: rows of F nonzero and pairwise different up to sign.
Reference
    This package's own; nothing is cited.

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
from urnn_proofs.formal.record import theorem_standing
from urnn_proofs.model.network import RNN
from urnn_proofs.model.verdict import Check, Role, Trust, Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.questions.exact_urnn import copied_urnn
from urnn_proofs.questions.scaling import is_contractive
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.theorem_3_3_strong import PROSE

__all__ = ["page"]

page = Page(
    "3.3-strong",
    Statement(
        "A reduced RNN with tanh or logistic activation has an equivalent URNN with the same "
        "activation, of some finite size, if and only if W^T E W = E for a positive integer "
        "diagonal E; then it has one with trace E states. In particular it has none if the "
        "spectral radius of W is below 1.",
        r"A reduced RNN with $@phi = \tanh$ or logistic has an equivalent URNN with the same "
        r"activation, of some finite size, if and only if $@W^\top E @W = E$ for a positive "
        r"integer diagonal $E$; then it has one with $\operatorname{tr} E$ states. In particular "
        r"it has none if the spectral radius satisfies $\varrho(@W) < 1$.",
        scope="all n, every reduced tanh or logistic RNN, URNNs of every size, all M > 0",
    ),
    (
        "M > 0",
        "both networks have the activation phi",
        "U is orthogonal (more than invertible, and needed)",
        "the RNN is reduced (enough: rows of F nonzero and pairwise different up to sign, "
        "columns of C nonzero)",
        "for the last claim: the spectral radius of W is below 1",
    ),
    reference="strong form of arXiv:1910.13672, Theorem 3.3; this package's own",
    prose=PROSE,
)


@page.step(
    "IL affine",
    scope="all finite families of affine functions",
    used="tanh has simple poles of residue 1 at the odd multiples of i pi / 2, and no others",
)
def affine(t: Board) -> None:
    """for f_g = alpha_g t + o_g with real alpha_g != 0, pairwise different up to sign, and
    complex c_g, not all 0, some complex number t* has f_g(t*) regular and sum_g c_g Res tanh(f_g)
    != 0 at t*.

    Among the f_g with c_g != 0 and one real zero -o/alpha take the one with the largest |alpha|,
    and t* = (i pi / 2 - o) / alpha. Another f_g is i pi / 2 times an odd number at t* only if it
    has the same zero, and then that number is alpha_g / alpha, of modulus below 1. The numbers are
    a = alpha, o, and b = alpha_g, p = o_g, r = Re f_g(t*); q = |alpha_g / alpha|, l >= 1, an odd
    number's modulus.
    """
    a, o, b, p, r, q, odd = t.numbers("a, o, b, p, r, q, l")
    for sign, shown in ((1, a * p - b * o), (-1, b * o - a * p)):
        t.follows(
            f"alpha r = alpha o_g - alpha_g o and r = 0 imply alpha o_g "
            f"{'>=' if sign > 0 else '<='} alpha_g o",
            given=(),
            shown=shown,
            by=((1, (-1,)),),
            equal=((a * r - a * p + b * o, -sign * a.ring(1)), (r, sign * a)),
        )
    t.follows(
        "|alpha_g / alpha| < 1 and an odd number of modulus l >= 1 are different",
        given=(positive(1 - q), odd - 1),
        shown=-1,
        by=((1, (0,)), (1, (1,))),
        equal=((q - odd, 1),),
    )


@page.step(
    "IL tower",
    uses=("IL affine",),
    scope="all towers F = c + sum_g c_g tanh(f_g) of any height, with real coefficients",
    used="analytic functions with infinitely many zeros near a point are 0; a function with a "
    "simple pole takes each large value once near it; Dirichlet: some nu > 0, and infinitely many, "
    "bring finitely many multiples nu x_i near integers; real numbers that are no fraction",
)
def tower(t: Board) -> None:
    """the same holds for functions F_i = c_i0 + sum_g c_ig tanh(f_g) of the next level, and so on
    for every level.

    At a pole t_0 of F_1, with residue kappa_1, take among the F_i with c_i != 0 and kappa_i /
    kappa_1 real and not 0 the one, F, with the largest |kappa|. F takes the value i pi omega / 2 at
    one point t_omega near t_0, for every odd omega that is large. F_i = rho_i F + d_i with d_i
    regular and, on the real line, real. For infinitely many omega no other F_i with c_i != 0 is an
    odd multiple of i pi / 2 there. If rho_i = a/b in lowest terms, b >= 2, and d_i = 0: not for
    omega = 1 mod 2b, since omega a = b m would make b t = 1 for a whole number t. If rho_i is no
    fraction: omega = omega_0 + 2 B nu with B nu rho_i near whole numbers keeps a distance. The
    numbers are a, b, m, k with omega = 1 + 2 b k, a p + b q = 1, t; and u, the distance for
    omega_0, v and w, what changes it, g > 0.
    """
    a, b, m, k, p, q, t0 = t.numbers("a, b, m, k, p, q, t")
    whole = (m - 2 * k * a) * p + q
    for sign, shown in ((1, b * whole - 1), (-1, 1 - b * whole)):
        t.follows(
            f"omega a = b m, omega = 1 + 2 b k and a p + b q = 1 imply "
            f"b ((m - 2 k a) p + q) {'>=' if sign > 0 else '<='} 1",
            given=(),
            shown=shown,
            by=((1, (-1,)),),
            # b (m - 2 k a) = a
            equal=(((1 + 2 * b * k) * a - b * m, -sign * p), (a * p + b * q - 1, sign * a.ring(1))),
        )
    t.follows(
        "b >= 2, t >= 1 and b t = 1 contradict each other",
        given=(b - 2, t0 - 1),
        shown=-1,
        by=((1, (0, 1)), (1, (0,)), (2, (1,)), (1, (-1,))),
        equal=((b * t0 - 1, -1),),
    )
    t.follows(
        "b >= 2, t <= 0 and b t = 1 contradict each other",
        given=(b - 2, -t0),
        shown=-1,
        by=((1, (0, 1)), (2, (1,)), (1, (-1,))),
        equal=((b * t0 - 1, 1),),
    )
    u, v, w, g = t.numbers("u, v, w, g")
    t.follows(
        "u >= 3 g, v >= -g, w >= -g and g > 0 imply u + v + w > 0",
        given=(u - 3 * g, v + g, w + g, positive(g), -u - v - w),
        shown=-1,
        by=((1, (0,)), (1, (1,)), (1, (2,)), (1, (4,)), (1, (3,))),
    )


@page.step(
    "IL networks",
    uses=("IL affine", "IL tower"),
    scope="tanh and logistic, preactivations of any networks driven by the same inputs",
    used="a relation of functions that are analytic near a connected set of the plane holds for "
    "their residues; finitely many analytic functions that are nonconstant, or different up to "
    "sign, are so at a generic point and on a generic line through it; logistic(z) = e / (e + 1) "
    "and tanh(z / 2) = (e - 1) / (e + 1) with e = exp(z)",
)
def networks(t: Board) -> None:
    """1, phi(p_1), ..., phi(p_m) are linearly independent for preactivations p_1, ..., p_m of one
    time, nonconstant and pairwise different up to sign.

    If phi(p_1) had a coefficient, let p_1 depend on x^s; move x^s along a generic line, and fix all
    other inputs. At time s preactivations are affine, and one level higher at each later time:
    a relation contradicts IL tower, as it has no residues. logistic(z) = (1 + tanh(z / 2)) / 2. The
    numbers are s = logistic(z), v = tanh(z / 2), e = exp(z).
    """
    s, v, e = t.numbers("s, v, e")
    for sign, shown in ((1, 2 * s - 1 - v), (-1, 1 + v - 2 * s)):
        t.follows(
            f"s (e + 1) = e, v (e + 1) = e - 1 and e > 0 imply 2 s "
            f"{'>=' if sign > 0 else '<='} 1 + v",
            given=(positive(e + 1),),
            shown=shown,
            by=((1, (0, -1)),),
            equal=(
                (s * (e + 1) - e, 2 * sign * e.ring(1)),
                (v * (e + 1) - e + 1, -sign * e.ring(1)),
            ),
        )


@page.step(
    "V1 matching",
    uses=("IL networks",),
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
    uses=("IL networks",),
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
        "U: N -> N, J: n -> N, K: q -> N, J': n -> N, K': q -> N, W: n -> n, M: q -> q, L: q -> q",
        "H: q -> q, S: n -> q",
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
    "V6 decay",
    uses=("V5 isometry",),
    scope="all n, all N, every reduced tanh or logistic RNN with spectral radius of W below 1",
    used="induction on L; ||W^L|| -> 0 for spectral radius below 1; 1 <= E_ii <= N. With IL as a "
    "hypothesis Coq checked V1 to V6 (strong_form_tanhR, strong_form_logisticR)",
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


@page.step(
    "periods",
    uses=("V5 isometry",),
    scope="all n, all N, every reduced tanh or logistic RNN with an equivalent URNN",
    used="there are finitely many diagonal matrices of whole numbers from 1 to N; induction on k, "
    "from S = 0 at k = a. Coq checked this step (periodic_lumping)",
)
def periods(t: Board) -> None:
    """if there is a URNN, W^T E W = E for a positive integer diagonal E: the sum of E_k over a
    period.

    There are finitely many such E_k, so E_a = E_b for some a < b. Let S be the sum of E_a, ...,
    E_{k-1}. Then W^T (S + E_k - E_a) W = S, by induction on k; at k = b this is W^T S W = S. On the
    board D is E_k, D' is E_{k+1}, A is E_a.
    """
    W, S, D, D1, A = t.letters(
        "W: n -> n", "S = S^T: n -> n", "D = D^T: n -> n", "D' = D'^T: n -> n", "A = A^T: n -> n"
    )
    t.given(W.T * (S + D - A) * W == S, W.T * D1 * W == D)
    t.show(W.T * (S + D + D1 - A) * W == S + D)
    t.given(W.T * (S + D - A) * W == S, D == A)
    t.show(W.T * S * W == S)


@page.step(
    "converse",
    scope="all n, every positive integer diagonal E with W^T E W = E, every activation",
    used="an isometry of a subspace onto a subspace extends to the whole space; phi acts "
    "entrywise. Coq checked this step (lumping)",
)
def converse(t: Board) -> None:
    """if W^T E W = E for a positive integer diagonal E, then J a -> J W a is isometric on im J, and
    any orthogonal U that extends it gives a URNN with trace E states.

    Let unit i stand E_ii times: F_u = J F, b_u = J b, h_u = J h, C_u = C E^{-1} J^T. phi acts
    entrywise, so phi(J z) = J phi(z), and U J = J W carries J h along. I is the inverse of E.
    """
    J, W, E, I_, C, U, h = t.letters(
        "J: n -> N, W: n -> n, E = E^T: n -> n, I = I^T: n -> n, C: n -> p, U: N -> N, h: 1 -> n"
    )
    t.given(J.T * J == E, W.T * E * W == E, I_ * E == 1, U * J == J * W)
    t.show(
        W.T * J.T * J * W == J.T * J,
        C * I_ * J.T * J * h == C * h,
        U * J * h == J * W * h,
    )


# What Coq proved, with the independence lemma as a hypothesis.


@page.others
def given_the_independence_lemma() -> tuple[Check, ...]:
    """Return one check for tanh and one for the logistic function."""
    return tuple(_given_il(*each) for each in _GIVEN_IL)


_GIVEN_IL = (
    ("tanh", "strong_form_tanhR"),
    ("logistic", "strong_form_logisticR"),
)
_IL = (
    "the independence lemma IL: at every time, for every network with that activation and any of "
    "its units with nonconstant preactivations that differ up to sign, no combination of their "
    "activations is constant but the one with coefficients 0"
)


def _given_il(activation: str, name: str) -> Check:
    """Say what Coq proved; the page does not rest on it, since IL is proved in words."""
    standing = theorem_standing(name)
    proved = standing.applies
    evidence = {"believed": _IL}
    if proved:
        theorem = standing.theorems[0]
        evidence |= {
            name: theorem.statement,
            f"assumptions of {name}": ", ".join(theorem.assumptions),
        }
    else:
        evidence["why"] = " ".join(standing.against)
    return Check(
        name=f"V1 to V6 given IL, {activation}",
        claim=f"strong form given the independence lemma: if IL holds for {activation} and M, no "
        f"{activation} URNN of any size is equivalent to a reduced {activation} RNN with W^L -> 0",
        scope=f"{activation}, all n >= 1, all N, all M",
        verdict=Verdict.PROVED if proved else Verdict.UNKNOWN,
        trust=Trust.FORMAL if proved else Trust.WORDS,
        engine=f"Coq {theorem.coq}, {name}, recorded" if proved else "formal.record",
        evidence=evidence,
        role=Role.CROSS_CHECK,
        checked="that statement, with IL as a hypothesis, by Coq" if proved else "",
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
