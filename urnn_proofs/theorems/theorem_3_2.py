"""Theorem 3.2: 2n states are needed in general.

Problem
    For every n, a contractive ReLU RNN with n states such that every equivalent URNN has at
    least 2n states.
Method
    The network without memory, ``W = 0, F = C = I_n, b = 0``: ``y^k = relu(x^k)``.  A URNN with N
    states cannot forget with fewer than n inactive units, and needs n active ones to copy the
    input.  Only that U is invertible is used.
Guarantee
    ``N >= 2n``, for every M > 0; together with Theorem 3.1, exactly 2n.
Steps
    T1 the outputs make new directions independent of old ones, T2 rank and nullity,
    T3 counting, T4 conclusion.
Reference
    arXiv:1910.13672, Theorem 3.2; the dimension count is this package's own.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.checks.smt.dimension_count import dimension_count
from urnn_proofs.checks.smt.solver import Answer
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Check, Role, Trust, Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.theorems.instances_3_2 import check_instances
from urnn_proofs.theorems.kernel_steps import by_positivity
from urnn_proofs.theorems.proof import Proof, Statement, Step
from urnn_proofs.theorems.steps_3_1 import injective, named, nullity

__all__ = ["memoryless_network", "proof_3_2"]


def memoryless_network(n: int) -> RNN:
    """Return the witness: ``y^k = relu(x^k)`` with n states.

    Examples
    --------
    >>> memoryless_network(2).run_exact([[1, -1], [0, 3]])
    [[Fraction(1, 1), Fraction(0, 1)], [Fraction(0, 1), Fraction(3, 1)]]
    """
    unit = RationalMatrix.identity(n)
    return RNN(W=RationalMatrix.zeros(n, n), F=unit, b=[0] * n, C=unit)


def proof_3_2() -> Proof:
    """Return the proof of Theorem 3.2 for all n."""
    return Proof(
        name="3.2",
        statement=Statement(
            text="For every n and every M > 0 there is a contractive ReLU RNN with n states such "
            "that every URNN with the same outputs for all inputs with ||x^k|| <= M has at least "
            "2n states.",
            latex=r"For every $n$ and every $M > 0$ there is a contractive ReLU RNN with $n$ "
            r"states such that every URNN with the same outputs for all inputs with "
            r"$\|x^k\| \le M$ for all $k$ has at least $2n$ states.",
        ),
        hypotheses=("n >= 1", "M > 0", "U is invertible (in particular orthogonal)"),
        steps=(
            Step(
                "T1 outputs",
                "dim X_k = n + dim E_k",
                "Fix an input with 0 < x^k, ||x^k|| < M, near which the sets A_k of active units "
                "do not change. Perturbations obey dh^k = P_k (U dh^{k-1} + F dx^k); X_k is what "
                "they reach, E_k = P_k U X_{k-1}. The output follows x^k exactly and nothing "
                "older: C P_k F = I, C E_k = 0.",
                injective,
            ),
            Step(
                "T2 nullity",
                "dim E_k >= dim X_{k-1} - (N - |A_k|)",
                "What P_k U sends to 0 is determined by its N - |A_k| inactive coordinates, "
                "because U is invertible.",
                nullity,
            ),
            Step(
                "T3 counting",
                "N - |A_k| >= n for some k <= N",
                "Otherwise dim X_k grows at every step and exceeds N after N steps. Whole numbers: "
                "what is not at most n - 1 is at least n.",
                lambda: by_positivity(
                    "T3 counting",
                    "all n, all N",
                    "induction on k; whole numbers between n - 1 and n do not exist",
                    *named("T3 growth", "T3 sum", "T3 full"),
                ),
                ("T1 outputs", "T2 nullity"),
            ),
            Step(
                "T4 conclusion",
                "N >= 2n",
                "|A_k| >= rank(C P_k F) = n, and N - |A_k| >= n for some k.",
                lambda: by_positivity(
                    "T4 conclusion",
                    "all n, all N, all M > 0",
                    "the rank of a product is at most |A_k|, the rank of P_k",
                    *named("T4 conclusion"),
                ),
                ("T1 outputs", "T3 counting"),
            ),
        ),
        reference="arXiv:1910.13672, Theorem 3.2",
        audit=_audit,
    )


def _audit() -> tuple[Check, ...]:
    return (
        _instances(),
        _tight(),
        _without_inputs(),
        _without_invertibility(),
        *_second_opinions(),
    )


def _instances() -> Check:
    found = check_instances()
    return Check(
        name="instances",
        claim="T2 holds for exact ranks, and no C copies the input and forgets the past",
        scope=found.text,
        verdict=Verdict.PROVED if found.sound and found.control else Verdict.REFUTED,
        trust=Trust.EXACT,
        engine="exact.reachable (FLINT ranks)",
        role=Role.CROSS_CHECK,
    )


def _tight() -> Check:
    sizes = {n: equivalent_urnn(memoryless_network(n), 1) for n in range(1, 5)}
    ok = all(e.urnn.states == 2 * n for n, e in sizes.items()) and all(
        e.report.verdict is Verdict.PROVED for e in sizes.values()
    )
    return _example("2n is reached", "Theorem 3.1 gives 2n states for the witness, n <= 4", ok)


def _without_inputs() -> Check:
    """M = 0 leaves only x = 0, where y = 0: one state with C = 0 does it."""
    outputs = memoryless_network(2).run_exact([[0, 0]] * 5)
    ok = all(value == Fraction(0) for row in outputs for value in row)
    return _example("without M > 0", "for M = 0 every output is 0, as that of one silent state", ok)


def _without_invertibility() -> Check:
    """Look at the witness itself: n states and the singular transition matrix 0."""
    net = memoryless_network(3)
    ok = net.states == 3 and isinstance(net.W, RationalMatrix) and net.W.is_zero()
    return _example(
        "without invertible U", "with a singular transition matrix n states do: the witness", ok
    )


def _example(name: str, claim: str, ok: bool) -> Check:
    return Check(
        name=name,
        claim=claim,
        scope="this example",
        verdict=Verdict.PROVED if ok else Verdict.REFUTED,
        trust=Trust.EXACT,
        engine="theorems.theorem_3_2",
        role=Role.CROSS_CHECK,
    )


def _second_opinions() -> tuple[Check, ...]:
    """Ask Z3 about the same inferences, with integer variables."""
    verdicts = {
        Answer.FOLLOWS: Verdict.PROVED,
        Answer.FAILS: Verdict.REFUTED,
        Answer.UNDECIDED: Verdict.UNKNOWN,
    }
    return tuple(
        Check(
            name=f"T3/T4 {name}, Z3",
            claim="linear integer arithmetic with symbolic n, N",
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
