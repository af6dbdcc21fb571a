"""Theorem 3.1 for all n at once: every identity is a cofactor certificate for the kernel.

Letters stand for matrices of any size: W : n -> n, W2 : r -> n, W3 : n -> r, with
r = rank(I - W^T W).  Scalar inequalities carry a certificate of positivity.  The principle of
induction and the standard facts named in each step's ``why`` are what is left to the reader.
"""

from __future__ import annotations

from urnn_proofs.questions.steps_3_1 import BOUND_FACTS, GATE_FACTS
from urnn_proofs.theorems.audit import audit_3_1
from urnn_proofs.theorems.kernel_steps import by_positivity
from urnn_proofs.theorems.proof import Proof, Statement, Step
from urnn_proofs.theorems.steps_3_1 import (
    dilation,
    factors,
    halmos,
    induction,
    intertwining,
    named,
)

__all__ = ["proof_3_1"]


def proof_3_1() -> Proof:
    """Return the proof of Theorem 3.1 for all n."""
    return Proof(
        name="3.1",
        statement=Statement(
            text="For every contractive ReLU RNN with n states and every M > 0 there is a URNN "
            "with at most 2n states that has the same outputs for all inputs with ||x^k|| <= M.",
            latex=r"For every contractive ReLU RNN with $n$ states and every $M > 0$ there is a "
            r"URNN with at most $2n$ states that has the same outputs for all inputs with "
            r"$\|x^k\| \le M$ for all $k$.",
        ),
        hypotheses=(
            "||W|| < 1",
            "the activation is ReLU",
            "||x^k|| <= M for all k",
        ),
        steps=(
            Step(
                "factors",
                "I - W^T W = W3^T W3 and I - W W^T = W2 W2^T with W3 of full row rank r and W2 of "
                "full column rank r",
                "By induction on the size: split off the first row and column of a positive "
                "semidefinite matrix; if the pivot a is positive, what remains (the Schur "
                "complement) is positive semidefinite again; if a = 0 its row is zero. The "
                "identities of that step are checked.",
                factors,
            ),
            Step(
                "S1 dilation",
                "U = [[W, W2], [W3, W4]] with W4 = -W3 W^T V^T, V W2 = I, is orthogonal; N = n + r",
                "Each block of U^T U - I and of U U^T - I is a combination of the relations "
                "W3^T W3 + W^T W = I, W2 W2^T + W W^T = I, V W2 = I, W3 Z = I.",
                dilation,
                ("factors",),
            ),
            Step(
                "intertwining",
                "W p(W^T W) = p(W W^T) W for every polynomial p",
                "Induction on the degree: W (W^T W)^k = (W W^T)^k W gives the same for k + 1. "
                "Some polynomial takes the values sqrt(1 - t) at the finitely many eigenvalues t "
                "of W^T W and W W^T, so S = p(W^T W), T = p(W W^T) satisfy W S = T W.",
                intertwining,
            ),
            Step(
                "S1 Halmos form",
                "U = [[W, T], [S, -W^T]] with S = (I - W^T W)^{1/2}, T = (I - W W^T)^{1/2} is "
                "orthogonal",
                "Each block is a combination of S^2 + W^T W = I, T^2 + W W^T = I, W S = T W.",
                halmos,
                ("intertwining",),
            ),
            Step(
                "S2 rows",
                "every row a of W3 has ||a|| <= 1",
                "a is part of a row of U, and U U^T = I.",
                lambda: by_positivity("S2 rows", "all n, all rows", "nothing", *named("S2 rows")),
                ("S1 dilation",),
            ),
            Step(
                "S3 gate",
                "||h|| <= H and ||a|| <= 1 imply a.h - H <= 0",
                "Cauchy-Schwarz from || |a|^2 h - (a.h) a ||^2 >= 0, expanded by bilinearity; the "
                "row a = 0 is a case of its own.",
                lambda: by_positivity(
                    "S3 gate",
                    "all n, all a, h, H",
                    GATE_FACTS,
                    *named("S3 Cauchy-Schwarz", "S3 zero row", "S3 gate"),
                ),
                ("S2 rows",),
            ),
            Step(
                "S4 bound",
                "H = max(||h_init||, (||F|| M + ||b||) / (1 - ||W||)) bounds every state",
                "relu is non-expansive and relu(0) = 0, so the triangle inequality gives "
                "||h^k|| <= ||W|| ||h^{k-1}|| + ||F|| ||x^k|| + ||b|| <= H by induction on k.",
                lambda: by_positivity(
                    "S4 bound",
                    "all n, all F, b, h_init, M, all k",
                    BOUND_FACTS,
                    *named("S4 bound"),
                ),
            ),
            Step(
                "S5 induction",
                "h_u^k = [h^k; 0] for all k, so C_u h_u^k = C h^k",
                "With lower state g = 0 the upper rows of U [h; g] are W h, the lower ones W3 h, "
                "which the gate sends to relu(W3 h - H) = 0.",
                induction,
                ("S1 dilation", "S3 gate", "S4 bound"),
            ),
        ),
        reference="arXiv:1910.13672, Theorem 3.1",
        audit=audit_3_1,
    )
