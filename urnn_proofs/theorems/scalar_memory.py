"""Scalar memory: ``w I_n`` needs at least n + 2 states, so ``w I_2`` needs exactly 4.

Problem
    ``h^k = relu(w h^{k-1} + x^k)``, ``y^k = h^k`` with n >= 2 states and |w| < 1.
    Theorem 3.1 gives 2n states; are fewer enough, if the active units may change with time?
Method
    Suppose a ReLU URNN with N = n + 1 states, and inputs near which all units of the RNN stay
    active for five steps and the sets A_k of active units of the URNN do not change.  P_k projects
    onto A_k, X_k is the span of the perturbations of the state at time k.  Equal outputs say
    ``C P_k F = I`` and ``C P_k U v = w C v`` for v in X_{k-1}; so ``|A_k| >= n``: P_k is I or
    ``I - e e^T`` with a unit vector e of the basis.
Guarantee
    ``N >= n + 2`` for every n >= 2, every |w| < 1 and every M > 0 that lets all units be active.
Letters
    P and P' project onto the active units at two consecutive times, which miss e and e'.  The
    number w is written w on R^n, v on R^N and o on R.
Reference
    This package's own; it settles N = 3 for n = 2, which is open in the literature.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.minimal import minimal_urnn
from urnn_proofs.theorems.board import Board, Term, positive
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.scalar_memory import PROSE

__all__ = ["page"]

page = Page(
    "scalar-memory",
    Statement(
        "For n >= 2 and |w| < 1 every ReLU URNN with the outputs of h^k = relu(w h^{k-1} + x^k), "
        "y^k = h^k, has at least n + 2 states; for n = 2 the least number is 4.",
        r"For $@n \ge 2$ and $|w| < 1$ every ReLU URNN with the outputs of "
        r"$@h^k = \mathrm{relu}(w @h^{k-1} + @x^k)$, $@y^k = @h^k$, has at least $@n + 2$ states; "
        r"for $@n = 2$ the least number is $4$.",
    ),
    (
        "n >= 2",
        "|w| < 1",
        "both networks have ReLU",
        "U is orthogonal",
        "inputs shorter than M keep every unit of the RNN active for five steps",
    ),
    reference="this package's own; lower bound for the network of Theorem 3.2 with memory",
    prose=PROSE,
)

_ALL = "all n >= 2, all |w| < 1"
_ORTHOGONAL = "n >= 2: some z, not 0, is orthogonal to a given vector of R^n"


def _letters(t: Board, *names: str) -> tuple[Term, ...]:
    """Return letters in the notation of the page."""
    known = {
        "C": "C: N -> n",
        "F": "F: n -> N",
        "G": "G: N -> n",
        "U": "U: N -> N",
        "P": "P = P^T: N -> N",
        "P'": "P' = P'^T: N -> N",
        "w": "w = w^T: n -> n",
        "v": "v = v^T: N -> N",
        "o": "o = o^T: 1 -> 1",
        "e": "e: 1 -> N",
        "e'": "e': 1 -> N",
        "i": "i: 1 -> N",
        "j": "j: 1 -> N",
        "x": "x: 1 -> N",
        "z": "z: 1 -> n",
    }
    return t.letters(*(known[name] for name in names))


def _no_fixed_square(t: Board) -> None:
    """Finish a step that found q = w^2 q for the square q of a vector that is not 0."""
    q, w = t.numbers("q, w")
    t.follows(
        "q = w^2 q, q > 0 and w^2 < 1 contradict each other",
        given=(positive(q), positive(1 - w**2)),
        shown=-1,
        by=((1, (0, 1)),),
        equal=((q - w**2 * q, -1),),
    )


@page.step("M1 whole space", scope=_ALL, used=f"{_ORTHOGONAL}; F^T P C^T = I makes C^T injective")
def whole_space(t: Board) -> None:
    """X_{k-1} is not the whole of R^N.

    Otherwise C P U = w C, and C P C^T = w^2 C C^T. With z orthogonal to C e:
    (1 - w^2) |C^T z|^2 = 0, but C^T is injective. (The same, for every z, if P = I.)
    """
    C, U, P, w, o, e, z = _letters(t, "C", "U", "P", "w", "o", "e", "z")
    square = z.T * C * C.T * z
    t.given(
        C * P * U == w * C,
        U * U.T == 1,
        P + e * e.T == 1,
        P * P == P,
        w * z == z * o,
        z.T * C * e == 0,
    )
    t.show(square == o * square * o)
    _no_fixed_square(t)


@page.step(
    "M2 all active",
    uses=("M1 whole space",),
    scope=_ALL,
    used=f"{_ORTHOGONAL}; C P F = I makes F injective; dim X_k is n or N = n + 1",
)
def all_active(t: Board) -> None:
    """A_k is not the set of all units.

    Otherwise, by M1 at k + 1, dim X_k = n, so U P F = w F with the earlier P: both sides lie in
    X_k, where C is injective, and C maps both to w I. Then F^T P F = w^2 F^T F. With z orthogonal
    to F^T e: (1 - w^2) |F z|^2 = 0. (The same, for every z, if P = I.)
    """
    F, U, P, w, o, e, z = _letters(t, "F", "U", "P", "w", "o", "e", "z")
    square = z.T * F.T * F * z
    t.given(
        U * P * F == F * w,
        U.T * U == 1,
        P + e * e.T == 1,
        P * P == P,
        w * z == z * o,
        e.T * F * z == 0,
    )
    t.show(square == o * square * o)
    _no_fixed_square(t)


@page.step(
    "M3 inverse",
    uses=("M2 all active",),
    scope=_ALL,
    used="a subspace of the same dimension is the whole space",
)
def inverse(t: Board) -> None:
    """P F C P = P.

    Now |A_k| = n and X_k is the range of P. P F is onto it: P = P F G.
    """
    C, F, G, P = _letters(t, "C", "F", "G", "P")
    t.given(C * P * F == 1, P == P * F * G)
    t.show(P * F * C * P == P)


@page.step(
    "M4 same units",
    uses=("M3 inverse",),
    scope=_ALL,
    used="n >= 2: one linear condition leaves some x in the range of P, not 0",
)
def same_units(t: Board) -> None:
    """A_k differs from A_{k-1}.

    Otherwise P U P = P F C P U P = w P F C P = w P. With x = P x, e^T U x = 0 (n >= 2): U x = w x,
    so (1 - w^2) |x|^2 = 0.
    """
    C, F, U, P, w, v, o, e, x = _letters(t, "C", "F", "U", "P", "w", "v", "o", "e", "x")
    t.given(P * F * C * P == P, C * P * U * P == w * C * P, F * w == v * F, P * v == v * P)
    t.show(P * U * P == v * P)
    t.given(
        P * U * P == v * P,
        v * x == x * o,
        P * x == x,
        P + e * e.T == 1,
        e.T * U * x == 0,
        U.T * U == 1,
    )
    t.show(x.T * x == o * x.T * x * o)
    _no_fixed_square(t)


@page.step("M5 rows", uses=("M3 inverse", "M4 same units"), scope=_ALL)
def rows(t: Board) -> None:
    """a unit i active at both times has U^T e_i = w e_i + u_i e with u_i^2 = 1 - w^2.

    P' U P = w P' F C P, and e_i^T P' F C P = e_i^T P F C P = e_i^T.
    """
    C, F, U, P, P1, w, o, e, i = _letters(t, "C", "F", "U", "P", "P'", "w", "o", "e", "i")
    t.given(
        P * F * C * P == P,
        P1 * F * C * P1 == P1,
        C * P1 * U * P == w * C * P,
        i.T * F * w == o * i.T * F,
        i.T * P == i.T,
        i.T * P1 == i.T,
        P + e * e.T == 1,
        i.T * i == 1,
        U * U.T == 1,
    )
    t.show(
        i.T * U == o * i.T + i.T * U * e * e.T,
        i.T * U * e * e.T * U.T * i + o * o == 1,
    )


@page.step(
    "M6 three or more units",
    uses=("M5 rows",),
    scope=_ALL,
    used="n >= 3 leaves two common units",
)
def three_units(t: Board) -> None:
    """n >= 3 is impossible.

    Two units i, j are active at both times; rows of U are orthogonal: u_i u_j = 0. The numbers are
    a = u_i, b = u_j.
    """
    U, o, e, i, j = _letters(t, "U", "o", "e", "i", "j")
    t.given(
        i.T * U == o * i.T + i.T * U * e * e.T,
        j.T * U == o * j.T + j.T * U * e * e.T,
        U * U.T == 1,
        i.T * j == 0,
        i.T * e == 0,
    )
    t.show(i.T * U * e * e.T * U.T * j == 0)
    a, b, w = t.numbers("a, b, w")
    t.follows(
        "a b = 0, a^2 = 1 - w^2, b^2 = 1 - w^2 and w^2 < 1 contradict each other",
        given=(positive(1 - w**2),),
        shown=-1,
        # (1 - w^2)^2 = a^2 b^2 - b^2 (a^2 - 1 + w^2) - (1 - w^2) (b^2 - 1 + w^2)
        by=((1, (0, 0)),),
        equal=((a * b, -a * b), (a**2 - 1 + w**2, b**2), (b**2 - 1 + w**2, 1 - w**2)),
    )


@page.step(
    "M7 parallel columns",
    uses=("M3 inverse", "M4 same units"),
    scope=_ALL,
    used="e^T P' = e^T turns P' F C P' = P' into e^T F C e = 1",
)
def parallel(t: Board) -> None:
    """C e is a multiple of C e', e' the unit that is off at the later time.

    C F - C e e^T F = I = C F - C e' e'^T F, and e^T F C e = 1 by M3 for P'.
    """
    C, F, e, e1 = _letters(t, "C", "F", "e", "e'")
    t.given(
        C * F - C * e * e.T * F == 1,
        C * F - C * e1 * e1.T * F == 1,
        e.T * F * C * e == 1,
    )
    t.show(C * e == C * e1 * e1.T * F * C * e)


@page.step(
    "M8 two units",
    uses=("M4 same units", "M5 rows", "M6 three or more units", "M7 parallel columns"),
    scope=f"{_ALL}, every M > 0 that lets all units be active",
    used="P F C P = P at the units e', i; u_i^2 = 1 - w^2 is not 0",
)
def two_units(t: Board) -> None:
    """n = 2 is impossible, so N >= n + 2.

    With units i, e, e': the next set misses e or i, by M4. Missing i: C e' would be a multiple of
    C e_i by M7, but e'^T F C e' = 1 and e'^T F C e_i = 0 by M3 for P. Missing e: M5 for this step
    says U^T e_i = w e_i + u e', so u_i = e_i^T U e = 0. The number a is u_i.
    """
    C, F, U, o, e, e1, i = _letters(t, "C", "F", "U", "o", "e", "e'", "i")
    t.given(
        C * e1 == C * i * i.T * F * C * e1,
        e1.T * F * C * i == 0,
        i.T * U == o * i.T + i.T * U * e1 * e1.T,
        i.T * e == 0,
        e1.T * e == 0,
    )
    t.show(e1.T * F * C * e1 == 0, i.T * U * e == 0)
    a, _, w = t.numbers("a, b, w")
    t.follows(
        "a = 0, a^2 = 1 - w^2 and w^2 < 1 contradict each other",
        given=(positive(1 - w**2),),
        shown=-1,
        by=((1, (0,)),),
        equal=((a, -a), (a**2 - 1 + w**2, 1)),
    )


# n + 2 is reached for n = 2, and n >= 2 is needed.


def _network(n: int) -> RNN:
    unit = RationalMatrix.identity(n)
    return RNN(W=unit * Fraction(1, 2), F=unit, b=[0] * n, C=unit)


@page.example("4 states for n = 2")
def tight() -> bool:
    """half times I_2 has a URNN with 4 = n + 2 states."""
    return minimal_urnn(_network(2), 1).at_most == 4


@page.example("n = 1")
def one_unit() -> bool:
    """for n = 1 two states do, less than n + 2."""
    return minimal_urnn(_network(1), 1).at_most == 2
