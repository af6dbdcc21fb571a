"""The scalar inequalities of Theorem 3.1 as Z3 queries: a second opinion on S3, S4, S5.

Norms enter as nonnegative reals, so each statement is about all n at once; what links the
reals to vectors (Cauchy-Schwarz, the triangle inequality) is proved elsewhere.
"""

from __future__ import annotations

import z3

from urnn_proofs.checks.smt.solver import QueryResult, entails

__all__ = ["bound_inequality", "gate_inequality", "relu_facts"]


def gate_inequality(*, drop_hypothesis: str | None = None) -> QueryResult:
    """``s^2 <= p q``, ``p <= 1``, ``q <= H^2``, ``H >= 0`` entail ``s - H <= 0`` (S3).

    Here ``s = a . h``, ``p = |a|^2``, ``q = |h|^2``.  *drop_hypothesis* leaves one out, by the
    name used in the code ("cauchy", "row", "bound", "sign"): the answer must then be FAILS.
    """
    s, p, q, H = z3.Reals("s p q H")
    hypotheses = {
        "cauchy": s * s <= p * q,
        "row": p <= 1,
        "bound": q <= H * H,
        "sign": H >= 0,
        "squares": z3.And(p >= 0, q >= 0),
    }
    hypotheses.pop(drop_hypothesis or "", None)
    return entails(list(hypotheses.values()), s - H <= 0)


def bound_inequality(*, drop_hypothesis: str | None = None) -> QueryResult:
    """``eta <= H``, ``mu <= M`` and ``rho H + f M + beta <= H`` keep ``H`` a bound (S4).

    ``eta = ||h||``, ``mu = ||x||``; the conclusion is ``rho eta + f mu + beta <= H``.
    Hypotheses that may be dropped: "state", "input", "choice", "rho", "f".
    """
    H, M, beta, eta, f, mu, rho = z3.Reals("H M beta eta f mu rho")
    hypotheses = {
        "state": eta <= H,
        "input": mu <= M,
        "choice": rho * H + f * M + beta <= H,
        "rho": rho >= 0,
        "f": f >= 0,
    }
    hypotheses.pop(drop_hypothesis or "", None)
    return entails(list(hypotheses.values()), rho * eta + f * mu + beta <= H)


def relu_facts() -> QueryResult:
    """ReLU is zero on the left half-line, zero at zero, and non-expansive (S4, S5)."""
    s, t = z3.Reals("s t")

    def relu(z: z3.ArithRef) -> z3.ArithRef:
        return z3.If(z > 0, z, z3.RealVal(0))

    def magnitude(z: z3.ArithRef) -> z3.ArithRef:
        return z3.If(z >= 0, z, -z)

    flat = z3.Implies(s <= 0, relu(s) == 0)
    non_expansive = magnitude(relu(s) - relu(t)) <= magnitude(s - t)
    return entails([], z3.And(flat, non_expansive))
