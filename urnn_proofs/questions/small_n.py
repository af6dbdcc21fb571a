"""Theorem 3.1 for all weights of one small size n: the steps with symbolic entries."""

from __future__ import annotations

from urnn_proofs.checks.symbolic.entrywise import MAX_ENTRYWISE, block_identities, symbolic_dilation
from urnn_proofs.checks.symbolic.gate import bound_identity
from urnn_proofs.checks.symbolic.unrolling import unroll
from urnn_proofs.model.activation import Activation
from urnn_proofs.model.verdict import USED, Check, Report, Role, Trust, Verdict
from urnn_proofs.questions.steps_3_1 import BOUND_FACTS, INDUCTION_FACTS, gate_check

__all__ = ["all_weights_report"]

_UNROLLED_STEPS = 3


def all_weights_report(n: int) -> Report:
    """Check S1 to S5 for every contractive W of size n at once, ``n <= MAX_ENTRYWISE``.

    S1 is the entrywise identity in n^2 indeterminates.  S2, S4 and S5 need no property of W
    beyond S1 and ``||W|| <= rho < 1``.
    """
    assert 1 <= n <= MAX_ENTRYWISE
    scope = f"n = {n}, all W with ||W|| < 1"
    identities = block_identities(symbolic_dilation(n))
    bound = {"bound identity": bound_identity()}
    checks = [
        Check(
            name="S1 dilation",
            claim="U^T U = I and U U^T = I, U = [[W, W2], [W3, W4]] as in construction()",
            scope=scope,
            verdict=_all(identities),
            trust=Trust.EXACT,
            engine="symbolic.entrywise (SymPy polynomial rings)",
            evidence=_texts(identities)
            | {USED: "leading minors of I - W^T W and I - W W^T are positive (Sylvester)"},
        ),
        Check(
            name="S2 rows",
            claim="every row of W3 has norm at most 1",
            scope=scope,
            verdict=_all(identities),
            trust=Trust.EXACT,
            engine="from S1: U U^T = I, and a row of W3 is part of a row of U",
        ),
        gate_check(n),
        Check(
            name="S4 bound",
            claim="H = max(||h_init||, (||F|| M + ||b||) / (1 - rho)) bounds every state",
            scope="all n, all F, b, h_init, M, all k",
            verdict=_all(bound),
            trust=Trust.EXACT,
            engine="symbolic.gate (SymPy polynomial rings)",
            evidence=_texts(bound) | {USED: BOUND_FACTS},
        ),
        _induction(n, scope),
    ]
    return Report(
        title=f"all W: symbolic entries; same outputs with {2 * n} states",
        scope=scope,
        checks=tuple(checks),
    )


def _induction(n: int, scope: str) -> Check:
    """S5: the upper rows repeat the RNN and the lower rows are gates, whatever W is."""
    # One step from [h; 0] with h = h_init symbolic is the induction step: h is arbitrary.
    step = unroll(n, 1)
    evidence = {"induction step, symbolic state": "holds" if step.equal else "FAILS"}
    evidence[USED] = INDUCTION_FACTS
    ok = step.equal
    if n <= 2:
        both = unroll(n, _UNROLLED_STEPS)
        ok = ok and both.equal
        evidence[f"outputs y^0..y^{_UNROLLED_STEPS - 1}, closed form"] = (
            "equal as polynomials" if both.equal else "DIFFER"
        )
    return Check(
        name="S5 induction",
        claim="h_u^{k-1} = [h^{k-1}; 0] gives h_u^k = [h^k; 0], so C_u h_u^k = C h^k for all k",
        scope=f"{scope}, all inputs in X_M, all k",
        verdict=Verdict.PROVED if ok else Verdict.REFUTED,
        trust=Trust.EXACT,
        engine="symbolic.unrolling (SymPy polynomial rings)",
        evidence=evidence,
    )


def second_opinions(phi: Activation | None = None) -> tuple[Check, ...]:
    """Ask Z3 about the scalar inequalities of S3, S4 and S5; S5 only for ReLU, None means it."""
    from urnn_proofs.checks.smt.inequalities import bound_inequality, gate_inequality, relu_facts
    from urnn_proofs.checks.smt.solver import Answer

    verdicts = {
        Answer.FOLLOWS: Verdict.PROVED,
        Answer.FAILS: Verdict.REFUTED,
        Answer.UNDECIDED: Verdict.UNKNOWN,
    }
    questions = (
        ("S3, Z3", "s^2 <= p q, p <= 1, q <= H^2, H >= 0 imply s <= H", gate_inequality),
        (
            "S4, Z3",
            "eta <= H, mu <= M, rho H + f M + beta <= H imply the next bound",
            bound_inequality,
        ),
        ("S5, Z3", "relu(z) = 0 for z <= 0; relu is non-expansive", relu_facts),
    )
    checks = []
    relu = phi is None or phi.is_relu
    for name, claim, ask in questions:
        if name.startswith("S5") and not relu:
            continue  # what Z3 says about ReLU itself is no evidence about another activation
        result = ask()
        evidence = {"answer": result.answer.value, "detail": result.detail}
        if result.answer is Answer.UNDECIDED:
            evidence["smt2"] = result.smt2
        checks.append(
            Check(
                name=name,
                claim=claim,
                scope="all n (norms as real numbers)",
                verdict=verdicts[result.answer],
                trust=Trust.SMT,
                engine="smt.inequalities (Z3)",
                evidence=evidence,
                role=Role.CROSS_CHECK,
            )
        )
    return tuple(checks)


def _all(identities: dict[str, bool]) -> Verdict:
    return Verdict.PROVED if all(identities.values()) else Verdict.REFUTED


def _texts(identities: dict[str, bool]) -> dict[str, str]:
    return {name: "holds" if ok else "FAILS" for name, ok in identities.items()}
