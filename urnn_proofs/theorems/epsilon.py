"""Within epsilon: what saturates needs at most 2n states, however small epsilon > 0 is.

Problem
    A contractive RNN with n states and an activation that has a limit at one end, such as tanh or
    the logistic function; inputs in ``X_M``; epsilon > 0.
Method
    The URNN of Theorem 3.1.  Its added units only come close to a constant; how close is a choice
    of their bias.  What they leave over is an error at every step, and the RNN forgets it.
Guarantee
    At most 2n states, for every epsilon and all k at once.  Not for epsilon = 0 (Theorem 3.3); and
    not for the linear activation, where powers of U return near I, so that nothing is forgotten.
Letters
    e is the error of the upper units, m what the added units are from their limit kappa, d what
    that is worth; q = L ||W||.
Reference
    This package's own; formal/ErrorBound.v has the constants.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.activation import piecewise_linear
from urnn_proofs.model.errors import NotContractiveError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.verdict import NOTHING, USED, Check, Role, Trust, Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.epsilon import PROSE

__all__ = ["page"]

page = Page(
    "epsilon",
    Statement(
        "For tanh and for the logistic function every contractive RNN with n states has, for every "
        "M and every epsilon > 0, a URNN with the same activation and at most 2n states whose "
        "outputs differ by at most epsilon for all inputs in X_M and all k; yet some contractive "
        "RNN with one state has no URNN of any size with equal outputs, for any M > 0. With the "
        "linear activation a URNN of any size has outputs within epsilon of y^k = x^k for all "
        "inputs in X_M, M > 0, only if epsilon >= M.",
        r"For $@phi = \tanh$ and for the logistic function every contractive RNN with $@n$ states "
        r"has, for every $@M$ and every $\varepsilon > 0$, a URNN with the same activation and at "
        r"most $2@n$ states whose outputs differ from its own by at most $\varepsilon$ for all "
        r"inputs with $\|@x^k\| \le @M$ and all $k$; yet some contractive RNN with one state has "
        r"no URNN of any size with equal outputs, for any $@M > 0$. With the linear activation a "
        r"URNN of any size has outputs within $\varepsilon$ of $@y^k = @x^k$ for all inputs with "
        r"$\|@x^k\| \le @M$, $@M > 0$, only if $\varepsilon \ge @M$.",
        coq=(
            "eps_tanhR",
            "eps_logisticR",
            "eps_equivalence",
            "theorem_3_3_tanhR",
            "theorem_3_3_logisticR",
            "theorem_D",
        ),
        scope="all n, all contractive tanh and logistic RNNs, all M, all epsilon > 0, all k; what "
        "is excluded is so for all N",
    ),
    (
        "||W|| < 1",
        "both networks have the same activation",
        "U is orthogonal",
        "phi is non-expansive and has a limit at minus infinity, as tanh and logistic have; or "
        "phi(z) = z, in the last claim",
    ),
    reference="this package's own; beside arXiv:1910.13672, Theorems 3.1 and 3.3",
    prose=PROSE,
)


@page.step(
    "E1 tail",
    scope="all z, all delta > 0",
    used="exp(t) >= 1 + t exceeds every bound; tanh(z) = 2 logistic(2 z) - 1",
)
def tail(t: Board) -> None:
    """tanh and the logistic function come within any delta of their limits -1 and 0.

    With s = logistic(z) and p = exp(-z): s (1 + p) = 1. If p >= 1/delta, then s <= delta; and
    1 + tanh(z) = 2 logistic(2 z).
    """
    s, p, d = t.numbers("s, p, d")
    t.follows(
        "s (1 + p) = 1, s > 0, p > 0 and p d >= 1 imply s <= d",
        given=(positive(s), positive(p), p * d - 1),
        shown=d - s,
        by=((1, (1, -1)), (1, (2,)), (1, (0,))),
        equal=((s * (1 + p) - 1, -1),),
    )


@page.step(
    "E2 gates",
    scope="all n, all M, all B",
    used="a row of U has norm 1, so that Cauchy-Schwarz (S3 of Theorem 3.1) bounds its product "
    "with the state by R, a bound of the norm of the whole state",
)
def gates(t: Board) -> None:
    """a lower unit with bias -(B + R) has its preactivation at most -B.

    Here R bounds the norm of the states of the URNN, added units included, as long as these are
    within delta of their limit; then they stay within delta of it.
    """
    a, R, B, z = t.numbers("a, R, B, z")
    t.follows(
        "a <= R and z = a - (B + R) imply z <= -B",
        given=(R - a,),
        shown=-B - z,
        by=((1, (-1,)), (1, (0,))),
        equal=((z - a + B + R, -1),),
    )


@page.step("E3 difference", scope="all n, all r", used="slopes of phi are at most L")
def difference(t: Board) -> None:
    """the preactivations of the upper units differ from those of the RNN by W e + W2 m.

    The upper units have the states h + e, the added ones kappa + m; the bias of the upper units
    takes in -W2 kappa.
    """
    W, W2, h, e, g, m, c, low = t.letters(
        "W: n -> n, W2: r -> n, h: 1 -> n, e: 1 -> n, g: 1 -> n, m: 1 -> r, c: 1 -> r, l: 1 -> r"
    )
    t.given(g == h + e, low == c + m)
    t.show(W * g + W2 * low - W2 * c - W * h == W * e + W2 * m)


@page.step(
    "E4 error",
    uses=("E2 gates", "E3 difference"),
    scope="all n, all k, all inputs in X_M",
    used="the triangle inequality, the definition of ||W||, induction on k",
)
def error(t: Board) -> None:
    """the errors add up to at most d / (1 - q), for all k.

    ||e^k|| <= q ||e^{k-1}|| + d with q = L ||W|| < 1 and d = L ||W2|| sqrt(r) delta. With
    E = d / (1 - q), e the norm at k - 1 and f that at k, ||e|| <= E is kept; and e^{-1} = 0.
    """
    q, e, f, d, E = t.numbers("q, e, f, d, E")
    t.follows(
        "e <= E, f <= q e + d and q E + d = E imply f <= E",
        given=(q, E - e, q * e + d - f),
        shown=E - f,
        by=((1, (-1,)), (1, (0, 1)), (1, (2,))),
        equal=((q * E + d - E, -1),),
    )


@page.step("E5 epsilon", uses=("E1 tail", "E4 error"), scope="all epsilon > 0")
def within(t: Board) -> None:
    """||C e^k|| is at most epsilon for all k, with delta small enough.

    c = ||C||: if c d <= epsilon (1 - q) and e (1 - q) <= d, then c e <= epsilon.
    """
    c, d, e, q, eps = t.numbers("c, d, e, q, eps")
    t.follows(
        "c d <= eps (1 - q), e (1 - q) <= d, q < 1, c >= 0 imply c e <= eps",
        given=(positive(1 - q), c, eps * (1 - q) - c * d, d - e * (1 - q)),
        shown=eps - c * e,
        by=((1, (0, -1)), (1, (2,)), (1, (1, 3))),
    )


@page.step(
    "E6 linear",
    scope="all N, all M > 0",
    used="powers of an orthogonal U return near I, so that a response that is not 0 comes back "
    "without end, and adds up; hence outputs of the URNN do not depend on the inputs",
)
def linear(t: Board) -> None:
    """with phi(z) = z, outputs within epsilon of y^k = x^k need epsilon >= M.

    The outputs of the URNN do not depend on the inputs; so one number y is within epsilon of M and
    of -M.
    """
    y, M, eps = t.numbers("y, M, eps")
    t.follows(
        "M - y <= eps and y + M <= eps imply M <= eps",
        given=(eps - M + y, eps - M - y),
        shown=eps - M,
        by=((2, (-1,)), (1, (0,)), (1, (1,))),
    )


# The hypotheses can be met, and what fails without them.

_W = Fraction(3, 5)


def _network(activation: str, w: Fraction = _W) -> RNN:
    return RNN(W=[[w]], F=[[1]], b=[0], C=[[1]], activation=activation)


@page.example("witness")
def witness() -> tuple[bool, dict[str, str]]:
    """the hypotheses can be met: tanh, w = 3/5, F = C = 1, b = 0, M = 1, epsilon a millionth."""
    found = equivalent_urnn(_network("tanh"), 1, epsilon=Fraction(1, 10**6))
    bias = found.urnn.b[1, 0]
    holds = found.proof.verdict is Verdict.PROVED and found.urnn.states == 2
    return holds, {"bias of the added unit": f"{bias}, about {float(bias):.3f}"}


@page.example("epsilon = 0")
def equality() -> bool:
    """for equal outputs the same network is refused."""
    try:
        equivalent_urnn(_network("tanh"), 1)
    except UnsupportedError:
        return True
    return False


@page.example("without ||W|| <= 1")
def too_large() -> bool:
    """logistic and w = 2: L ||W|| = 1/2 is below 1, but no orthogonal matrix has an entry 2."""
    try:
        equivalent_urnn(_network("logistic", Fraction(2)), 1, epsilon=1)
    except NotContractiveError as refusal:
        return refusal.witness is not None
    return False


@page.example("without a limit", scope="these three URNNs, this input")
def without_limit() -> tuple[bool, dict[str, str]]:
    """with leaky ReLU a lower bias changes nothing: the error is the same for B = 10, 10^3, 10^6.

    U = [[3/5, 4/5], [4/5, -3/5]]; the lower unit has the bias -B, and starts at, and is offset by,
    the value -B/100 that it keeps on input 0. On x = (1, 0, 0) its state moves by 4/5 / 100 with
    the upper one, whatever B is, and the output at time 1 by 4/5 of that.
    """
    rnn, x = _network("leaky_relu"), [[1], [0], [0]]
    U = [[_W, Fraction(4, 5)], [Fraction(4, 5), -_W]]
    errors = []
    for B in (10, 10**3, 10**6):
        c = Fraction(-B, 100)
        urnn = URNN(
            U, [[1], [0]], [0, -B], [[1, 0]], [0, c], activation="leaky_relu", offset=[0, c]
        )
        pairs = zip(rnn.run_exact(x), urnn.run_exact(x), strict=True)
        errors.append(max(abs(y[0] - z[0]) for y, z in pairs))
    known = {str(error) for error in errors}
    return len(known) == 1 and errors[0] > 0, {"error": known.pop()}


@page.example("linear", scope="these two URNNs, these inputs")
def linear_accumulates() -> tuple[bool, dict[str, str]]:
    """phi(z) = z and y^k = x^k: with U = 1 the error grows; with C_u = 0 it is M, the least.

    On ten inputs 1, for M = 1.
    """
    line = piecewise_linear("line", knots=[0], slopes=[1, 1], value=0)
    rnn, x = RNN([[0]], [[1]], [0], [[1]], activation=line), [[1]] * 10
    errors = []
    for c in (1, 0):
        urnn = URNN([[1]], [[1]], [0], [[c]], activation=line)
        pairs = zip(rnn.run_exact(x), urnn.run_exact(x), strict=True)
        errors.append(max(abs(y[0] - z[0]) for y, z in pairs))
    return errors == [9, 1], {"errors": ", ".join(map(str, errors))}


@page.others
def least() -> tuple[Check, ...]:
    """Say what is known of the least number of states: an argument by hand."""
    return (
        Check(
            name="2n is the least",
            claim="tanh or logistic, rank F = n, no column of C zero, ||W|| < 1: there is "
            "epsilon_0 > 0 such that every URNN within epsilon_0 has at least 2n states",
            scope="all n, all such networks, all M > 0",
            verdict=Verdict.ASSUMED,
            trust=Trust.WORDS,
            engine="none: an argument by hand, in the remark of this page",
            evidence={
                "checked": NOTHING,
                USED: "compactness; poles of sums of tanh; epsilon_0 is not explicit",
            },
            role=Role.CROSS_CHECK,
        ),
    )
