"""Exact confirmation that a URNN has the same outputs as an RNN, for all inputs and all times."""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.exact.affine_invariant import AffineInvariant, check_invariant
from urnn_proofs.exact.orthogonality import check_orthogonal
from urnn_proofs.network import RNN
from urnn_proofs.scaled import ScaledRational
from urnn_proofs.smt.process import Sat
from urnn_proofs.smt.relu_network import invariant_violation
from urnn_proofs.verdict import USED, Check, Report, Role, Trust, Verdict

__all__ = ["confirm_network"]


def confirm_network(rnn: RNN, urnn: RNN, invariant: AffineInvariant) -> Report:
    """Check exactly that *urnn* is a URNN with the same outputs as *rnn*, for all k.

    Parameters
    ----------
    rnn, urnn
        ReLU networks, as :func:`urnn_proofs.exact.affine_invariant.check_invariant` takes them.
    invariant
        ``h_u = A h + a``, with bounds of h and of the inputs.

    Returns
    -------
    Report
        PROVED, or REFUTED where a check fails: that refutes the invariant, not every URNN.
    """
    U = urnn.W
    if not isinstance(U, ScaledRational):
        ones = (Fraction(1),) * urnn.states
        U = ScaledRational(U, ones, ones)
    orthogonal = check_orthogonal(U)
    kept = check_invariant(rnn, urnn, invariant)
    scope = f"this network, all inputs with |x_j^k| <= {invariant.input_bound}, all k"
    checks = [
        Check(
            "orthogonal",
            "U^T U = I",
            "this U",
            orthogonal.verdict,
            Trust.EXACT,
            "exact.orthogonality",
            {"method": orthogonal.method},
        ),
        Check(
            "invariant",
            "h_u = A h + a holds after the first step, is kept by every step, and implies equal "
            "outputs",
            scope,
            Verdict.PROVED if kept.holds else Verdict.REFUTED,
            Trust.EXACT,
            "exact.affine_invariant",
            {
                "failure": kept.failure,
                "points": kept.points,
                USED: "a bounded polytope is the convex hull of its vertices; induction on k",
            },
        ),
    ]
    if (rnn.states, rnn.inputs, rnn.outputs) == (1, 1, 1):
        checks.append(_second_opinion(rnn, urnn, invariant))
    return Report(f"URNN with {urnn.states} states", scope, tuple(checks))


def _second_opinion(rnn: RNN, urnn: RNN, invariant: AffineInvariant) -> Check:
    outcome = invariant_violation(
        rnn,
        urnn,
        [invariant.A[i, 0] for i in range(urnn.states)],
        invariant.a,
        (invariant.low[0], invariant.high[0]),
        invariant.input_bound,
    )
    verdicts = {Sat.UNSAT: Verdict.PROVED, Sat.SAT: Verdict.REFUTED, Sat.UNKNOWN: Verdict.UNKNOWN}
    return Check(
        "invariant, Z3",
        "no step leaves the invariant, and the outputs are equal where it holds",
        "this network",
        verdicts[outcome.answer],
        Trust.SMT,
        "smt.relu_network (Z3)",
        role=Role.CROSS_CHECK,
    )
