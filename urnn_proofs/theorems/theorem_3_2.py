"""Theorem 3.2: 2n states are needed in general.

Problem
    For every n, a contractive ReLU RNN with n states such that every equivalent ReLU URNN has at
    least 2n states.
Method
    The network without memory, ``W = 0, F = C = I_n, b = 0``: ``y^k = relu(x^k)``.  A URNN with N
    states cannot forget with fewer than n inactive units, and needs n active ones to copy the
    input.
Guarantee
    ``N >= 2n``, for every M > 0; together with Theorem 3.1, exactly 2n.  Of U only that it is
    invertible is used.
Letters
    A_k is the set of active units at time k, P_k projects onto it, X_k is the space of all
    perturbations of the state at time k, E_k = P_k U X_{k-1} what is left of earlier ones.
Reference
    arXiv:1910.13672, Theorem 3.2; the dimension count is this package's own.
"""

from __future__ import annotations

from urnn_proofs.checks.smt.dimension_count import CLAIMS, dimension_count
from urnn_proofs.checks.smt.solver import Answer
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Check, Role, Trust, Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.theorems.board import Board
from urnn_proofs.theorems.instances_3_2 import check_instances
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.prose.theorem_3_2 import PROSE

__all__ = ["memoryless_network", "page"]

page = Page(
    "3.2",
    Statement(
        "For every n and every M > 0 there is a contractive ReLU RNN with n states such that every "
        "ReLU URNN with the same outputs for all inputs with ||x^k|| <= M has at least 2n states.",
        r"For every $@n$ and every $@M > 0$ there is a contractive ReLU RNN with $@n$ states such "
        r"that every ReLU URNN with the same outputs for all inputs with $\|@x^k\| \le @M$ for all "
        r"$k$ has at least $2@n$ states.",
        coq=("theorem_3_2",),
    ),
    (
        "n >= 1",
        "M > 0",
        "both networks have ReLU",
        "U is invertible (that of a URNN is orthogonal, which is more than is used)",
    ),
    reference="arXiv:1910.13672, Theorem 3.2",
    prose=PROSE,
)


def memoryless_network(n: int) -> RNN:
    """Return the witness: ``y^k = relu(x^k)`` with n states.

    Examples
    --------
    >>> memoryless_network(2).run_exact([[1, -1], [0, 3]])
    [[Fraction(1, 1), Fraction(0, 1)], [Fraction(0, 1), Fraction(3, 1)]]
    """
    unit = RationalMatrix.identity(n)
    return RNN(W=RationalMatrix.zeros(n, n), F=unit, b=[0] * n, C=unit)


@page.step(
    "T1 outputs",
    scope="all n, all N",
    used="preactivations are continuous and piecewise affine in the inputs, so off a nowhere dense "
    "set the set of active units is locally constant; the outputs relu(x^k) = x^k depend on x^k "
    "alone, so C P_k F = I and C E_k = 0; an injective map keeps dimensions",
)
def outputs(t: Board) -> None:
    """dim X_k = n + dim E_k.

    Fix an input with 0 < x^k, ||x^k|| < M, near which the sets A_k of active units do not change.
    Perturbations obey dh^k = P_k (U dh^{k-1} + F dx^k); X_k is what they reach,
    E_k = P_k U X_{k-1}. The output follows x^k exactly and nothing older: C P_k F = I, C E_k = 0.
    So Q = P_k F is injective, and Q v = e with e in E_k only for v = 0.
    """
    C, Q, v, e = t.letters("C: N -> n", "Q: n -> N", "v: 1 -> n", "e: 1 -> N")
    t.given(C * Q == 1, C * e == 0, Q * v == e)
    t.show(v == 0)


@page.step(
    "T2 nullity",
    scope="all n, all N",
    used="the dimension of a space is that of its image plus that of the kernel",
)
def nullity(t: Board) -> None:
    """dim E_k >= dim X_{k-1} - (N - |A_k|).

    What P_k U sends to 0 is determined by its N - |A_k| inactive coordinates, because U is
    invertible: R picks them, P + R^T R = I, and V is the inverse of U.
    """
    U, V, P, R, x = t.letters("U: N -> N", "V: N -> N", "P = P^T: N -> N", "R: N -> q", "x: 1 -> N")
    t.given(V * U == 1, P * U * x == 0, P + R.T * R == 1)
    t.show(x == V * R.T * R * U * x)


@page.step(
    "T3 counting",
    uses=("T1 outputs", "T2 nullity"),
    scope="all n, all N",
    used="induction on k; whole numbers between n - 1 and n do not exist",
)
def counting(t: Board) -> None:
    """N - |A_k| >= n for some k <= N.

    Otherwise dim X_k grows at every step and exceeds N after N steps. Whole numbers: what is not
    at most n - 1 is at least n. The numbers are a = |A_k|, e = dim E_k, x = dim X_{k-1},
    y = dim X_k, s = dim X_0.
    """
    n, N, a, e, x, y, s, j = t.numbers("n, N, a, e, x, y, s, j")
    t.follows(
        "dim X_k >= n + dim E_k, dim E_k >= dim X_{k-1} - (N - |A_k|), N - |A_k| <= n - 1 "
        "imply dim X_k >= dim X_{k-1} + 1",
        given=(y - n - e, e - x + N - a, n - 1 - N + a),
        shown=y - x - 1,
        by=((1, (-1,)), (1, (0,)), (1, (1,)), (1, (2,))),
    )
    t.follows(
        "dim X_{k-1} >= dim X_0 + j and dim X_k >= dim X_{k-1} + 1 imply "
        "dim X_k >= dim X_0 + j + 1",
        given=(x - s - j, y - x - 1),
        shown=y - s - j - 1,
        by=((1, (-1,)), (1, (0,)), (1, (1,))),
    )
    t.follows(
        "dim X_N >= dim X_0 + N, dim X_0 >= n, n >= 1, dim X_N <= N contradict each other",
        given=(y - s - N, s - n, n - 1, N - y),
        shown=-1,
        by=((1, (-1,)), (1, (0,)), (1, (1,)), (1, (2,)), (1, (3,))),
    )


@page.step(
    "T4 conclusion",
    uses=("T1 outputs", "T3 counting"),
    scope="all n, all N, all M > 0",
    used="the rank of a product is at most |A_k|, the rank of P_k",
)
def conclusion(t: Board) -> None:
    """N >= 2n.

    |A_k| >= rank(C P_k F) = n, and N - |A_k| >= n for some k. The number a is |A_k|.
    """
    n, N, a = t.numbers("n, N, a")
    t.follows(
        "N - |A_k| >= n and |A_k| >= n imply N >= 2n",
        given=(N - a - n, a - n),
        shown=N - 2 * n,
        by=((1, (-1,)), (1, (0,)), (1, (1,))),
    )


# The witness at small sizes, and what fails without a hypothesis.


@page.others
def instances() -> tuple[Check, ...]:
    """Compare the count with exact ranks, for many orthogonal U and patterns of activity."""
    found = check_instances()
    check = Check(
        name="instances",
        claim="T2 holds for exact ranks, and no C copies the input and forgets the past",
        scope=found.text,
        verdict=Verdict.PROVED if found.sound and found.control else Verdict.REFUTED,
        trust=Trust.EXACT,
        engine="exact.reachable (FLINT ranks)",
        role=Role.CROSS_CHECK,
    )
    return (check,)


@page.example("2n is reached")
def tight() -> bool:
    """Theorem 3.1 gives 2n states for the witness, n <= 4."""
    sizes = {n: equivalent_urnn(memoryless_network(n), 1) for n in range(1, 5)}
    return all(
        e.urnn.states == 2 * n and e.proof.verdict is Verdict.PROVED for n, e in sizes.items()
    )


@page.example("without M > 0")
def without_inputs() -> bool:
    """for M = 0 every output is 0, as that of one silent state."""
    outputs = memoryless_network(2).run_exact([[0, 0]] * 5)
    return all(value == 0 for row in outputs for value in row)


@page.example("without invertible U")
def without_invertibility() -> bool:
    """with a singular transition matrix n states do: the witness."""
    net = memoryless_network(3)
    return net.states == 3 and isinstance(net.W, RationalMatrix) and net.W.is_zero()


@page.others
def opinions() -> tuple[Check, ...]:
    """Ask Z3 about the same inferences, with integer variables."""
    verdicts = {
        Answer.FOLLOWS: Verdict.PROVED,
        Answer.FAILS: Verdict.REFUTED,
        Answer.UNDECIDED: Verdict.UNKNOWN,
    }
    return tuple(
        Check(
            name=f"T3/T4 {name}, Z3",
            claim=CLAIMS[name],
            scope="all n, all N",
            verdict=verdicts[result.answer],
            trust=Trust.SMT,
            engine="smt.dimension_count (Z3)",
            evidence={"answer": result.answer.value, "detail": result.detail}
            | ({"smt2": result.smt2} if result.answer is Answer.UNDECIDED else {}),
            role=Role.CROSS_CHECK,
        )
        for name, result in dimension_count().items()
    )
