"""Theorem 3.1: every contractive ReLU RNN has an equivalent URNN with at most 2n states.

Problem
    An RNN ``(W, F, b, C, h_init)`` with n states, ReLU, ``||W|| < 1``; inputs in
    ``X_M = {x : ||x^k|| <= M for all k}``.
Method
    ``U = [[W, W2], [W3, W4]]`` orthogonal with ``W3^T W3 = I - W^T W``; ``F_u = [F; 0]``,
    ``b_u = [b; -H 1]``, ``C_u = [C, 0]``, ``h_u,init = [h_init; 0]``; H bounds every state.
Guarantee
    Equal outputs for every input in X_M and every k; ``N = n + rank(I - W^T W) <= 2n`` states.
Steps
    S1 dilation, S2 rows of W3 have norm at most 1, S3 the gate ``a . h - H <= 0``, S4 the
    state bound, S5 induction.  ``||W|| = 1`` is covered too when a state bound is available.
    So is any activation that is constant, with value kappa, on a half-line ending in z0: then
    ``b_u = [b; z0 -+ H]``, and the lower units start at, and are offset by, kappa.
Reference
    M. Emami, M. Sahraee-Ardakan, S. Rangan, A. K. Fletcher, *Input-Output Equivalence of
    Unitary and Contractive RNNs*, NeurIPS 2019, arXiv:1910.13672, Theorem 3.1.

This module checks the steps for one network and its claimed URNN.  Everything is derived
again from the two networks; the evidence that came with them is re-checked, never believed.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.exact.dilation import check_dilation
from urnn_proofs.checks.exact.duplication import failing_identities
from urnn_proofs.checks.exact.state_bound import BoundRule, StateBound, rule_holds
from urnn_proofs.checks.symbolic.gate import (
    bound_identity,
    gate_identity,
    lagrange_identity,
    vector_identity,
)
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.number import show_number
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import USED, Check, Trust, Verdict
from urnn_proofs.questions.layer import Layer

GATE_FACTS = "the inner product is bilinear and a squared norm is not negative"
BOUND_FACTS = "the triangle inequality, the definition of ||W||, induction on k"
ELLIPSOID_FACTS = "a sum of squares is not negative, induction on k"
INDUCTION_FACTS = "induction on k"

__all__ = [
    "dilation_check",
    "gate_check",
    "inputs_scope",
    "is_homogeneous",
    "network_scope",
    "show",
    "stacked",
    "steps_for_network",
]

# Lagrange's identity has n(n-1)/2 squares; the vector identity covers every n anyway.
_LAGRANGE_MAX = 8


def steps_for_network(layer: Layer) -> tuple[Check, ...]:
    """Check S1 to S5 for one network and its claimed URNN; or that the URNN is made of copies."""
    if layer.evidence.copies is not None:
        return (_copies(layer, layer.evidence.copies),)
    scaled = () if layer.evidence.scaling is None else (_s0_scaling(layer),)
    return (
        *scaled,
        dilation_check(layer),
        _s2_rows(layer),
        gate_check(layer.rnn.states),
        _s4_bound(layer),
        _s5_induction(layer),
    )


def network_scope(input_bound: Fraction | None) -> str:
    """Say what a conclusion about this network covers."""
    return f"this network, {inputs_scope(input_bound)}, all k"


def inputs_scope(input_bound: Fraction | None) -> str:
    """Say which inputs a claim is about."""
    if input_bound is None:
        return "all inputs, with no bound"
    return f"all inputs with ||x^k|| <= {show(input_bound)}"


#: How exact numbers are written in claims and scopes.
show = show_number


def _verdict(ok: bool) -> Verdict:
    return Verdict.PROVED if ok else Verdict.REFUTED


def _copies(e: Layer, copies: tuple[int, ...]) -> Check:
    """Every state of the URNN copies one unit of the RNN: no bound and no activation enters."""
    try:
        urnn = e.urnn
        failing: tuple[str, ...] = ("an RNN and a URNN",)
        if isinstance(urnn, URNN):
            failing = failing_identities(e.rnn, urnn, copies)
    except UnsupportedError as error:
        failing = (str(error),)
    return Check(
        name="copies",
        claim="U^T U = I, U S = S W, F_u = S F, b_u = S b, h_u = S h, C_u S = C: so h_u^k = S h^k",
        scope="this network, all inputs, all k",
        verdict=_verdict(not failing),
        trust=Trust.EXACT,
        engine="exact.duplication (FLINT integers)",
        evidence={
            "units copied": ", ".join(map(str, copies)),
            "FAILS": ", ".join(failing) or "nothing",
            USED: "induction on k; an entrywise activation commutes with copying",
        },
    )


def _s0_scaling(e: Layer) -> Check:
    """Scaling: ``E phi(z) = phi(E z)`` for positive diagonal E, so the outputs stay.

    ``base`` is derived from ``rnn`` and the scaling each time it is asked for, so that only the
    signs are left to check.
    """
    E = e.evidence.scaling
    assert E is not None
    return Check(
        name="S0 scaling",
        claim="(E W E^-1, E F, E b, C E^-1, E h_init) has the same outputs, E positive diagonal",
        scope="this network, all inputs, all k",
        verdict=_verdict(all(x > 0 for x in E) and is_homogeneous(e.rnn)),
        trust=Trust.EXACT,
        engine="exact.scaling",
        evidence={"E": ", ".join(show(x) for x in E)},
    )


def dilation_check(e: Layer) -> Check:
    """Check S1 for one network and its claimed URNN."""
    W, U = e.base.W, e.urnn.W
    n, N = e.rnn.states, e.urnn.states
    evidence: dict[str, Any] = {"n": n, "N": N, "added states": N - n}
    # A rational row of W3 may stand for up to four rows; with square roots one is enough.
    most, limit = (5 * n, "5n") if e.evidence.dilation is None else (2 * n, "2n")
    if not isinstance(U, Orthogonal):
        verdict, evidence["method"] = Verdict.UNSUPPORTED, "expected an RNN and a URNN"
    elif not n <= N <= most:
        verdict, evidence["method"] = Verdict.REFUTED, f"N = {N} is not between n and {limit}"
    else:
        found = check_dilation(W, U, e.evidence.dilation)
        verdict, evidence["method"] = found.verdict, found.method
    return Check(
        name="S1 dilation",
        claim=f"U^T U = I and U U^T = I; U has W in its upper left corner; n <= N <= {limit}",
        scope="this W",
        verdict=verdict,
        trust=Trust.EXACT,
        engine="exact.orthogonality (FLINT integers)",
        evidence=evidence,
    )


def _s2_rows(e: Layer) -> Check:
    worst, verdict = Fraction(0), Verdict.UNSUPPORTED
    if isinstance(e.urnn.W, Orthogonal) and e.rnn.states <= e.urnn.states:
        n, U = e.rnn.states, e.urnn.W
        W3 = U.lower_left(n)
        common = math.lcm(*(b.denominator for b in U.beta[:n]))
        weights = [int(b * common) for b in U.beta[:n]]
        for a, row in zip(U.alpha[n:], W3.numerators.tolist(), strict=True):
            squares = sum(w * int(x) ** 2 for w, x in zip(weights, row, strict=True))
            worst = max(worst, a * Fraction(squares, common * W3.denominator**2))
        verdict = _verdict(worst <= 1)
    return Check(
        name="S2 rows",
        claim="every row of W3 has norm at most 1",
        scope="this W",
        verdict=verdict,
        trust=Trust.EXACT,
        engine="exact (rational sums of squares)",
        evidence={"largest squared norm": show(worst)},
    )


def gate_check(n: int) -> Check:
    """Check S3, which does not depend on the network; n adds Lagrange's identity for small n."""
    identities = {"vector identity (all n)": vector_identity(), "gate identity": gate_identity()}
    if n <= _LAGRANGE_MAX:
        identities[f"Lagrange identity (n = {n})"] = lagrange_identity(n)
    return Check(
        name="S3 gate",
        claim="||h|| <= H and ||a|| <= 1 imply a.h - H <= 0",
        scope="all n, all a, h, H",
        verdict=_verdict(all(identities.values())),
        trust=Trust.EXACT,
        engine="symbolic.gate (SymPy polynomial rings)",
        evidence={name: "holds" if ok else "FAILS" for name, ok in identities.items()}
        | {USED: GATE_FACTS},
    )


def _s4_bound(e: Layer) -> Check:
    bound = e.evidence.bound
    verdict = Verdict.UNKNOWN
    facts: dict[str, str] = {}
    if bound is None:  # nothing to keep closed
        claim = "there is no gate, so no state bound is needed"
        verdict = _verdict(e.urnn.states == e.rnn.states)
    else:
        claim = _bound_claim(e, bound)
        try:
            ok, facts = rule_holds(e.base, bound)
            ok = ok and bound_identity() and bound.input_bound == e.input_bound
            verdict = _verdict(ok)
            if ok and bound.rule is BoundRule.SUPPLIED:
                verdict = Verdict.ASSUMED
        except UndecidedError as error:
            facts = {"undecided": str(error)}
        inside = bound.rule is BoundRule.ELLIPSOID
        facts = {
            "rule": bound.rule.value,
            "H": show_number(bound.H, 200),
            "rho": show_number(bound.rho, 200),
            "||F|| bound": show_number(bound.F_norm, 200),
            "||b|| bound": show_number(bound.b_norm, 200),
            **facts,
            USED: ELLIPSOID_FACTS if inside else BOUND_FACTS,
        }
        if bound.scaling is not None:
            facts["S"] = ", ".join(show(x) for x in bound.scaling)
    return Check(
        name="S4 bound",
        claim=claim,
        scope=network_scope(e.input_bound),
        verdict=verdict,
        trust=Trust.EXACT,
        engine="exact.state_bound (FLINT integers), symbolic.gate",
        evidence=facts,
    )


def _bound_claim(e: Layer, bound: StateBound) -> str:
    rho, H = show_number(bound.rho, 12), show_number(bound.H, 12)
    states, supplied = "every state", ""
    if e.evidence.scaling is not None:  # what was supplied is about the states of the RNN itself
        states = "every state E h^k"
        supplied = f"as ||h^k|| <= {show(bound.H / max(e.evidence.scaling))} for all k implies; "
    norm = "||W|| <= rho" if bound.scaling is None else "for a diagonal S ||S W S^-1|| <= rho"
    return {
        BoundRule.NORM: f"{norm} = {rho} < 1 and H = {H} bounds {states}",
        BoundRule.SIGN: f"W <= 0 entrywise and H = {H} bounds {states}",
        BoundRule.RANGE: f"|phi| is bounded and H = {H} bounds {states}",
        BoundRule.ELLIPSOID: f"an ellipsoid holds {states}, and H = {H} bounds it",
        BoundRule.SUPPLIED: f"H = {H} bounds {states} ({supplied}supplied, not proved)",
    }[bound.rule]


def _s5_induction(e: Layer) -> Check:
    flat = e.evidence.flat
    kappa = "0" if flat is None else show(flat.value)
    r = e.urnn.states - e.rnn.states
    if r < 0 or not isinstance(e.urnn, URNN):
        facts = {"a URNN with N >= n": False}
    else:
        facts = _assembled(e, r, e.urnn)
    return Check(
        name="S5 induction",
        claim=f"h_u^{{k-1}} = [h^{{k-1}}; {kappa}] gives h_u^k = [h^k; {kappa}], so "
        "C_u h_u^k = C h^k for all k",
        scope=network_scope(e.input_bound),
        verdict=_verdict(all(facts.values())),
        trust=Trust.EXACT,
        engine="theorems.theorem_3_1 (exact comparison of blocks)",
        evidence={name: "holds" if ok else "FAILS" for name, ok in facts.items()}
        | {USED: INDUCTION_FACTS},
    )


def _assembled(e: Layer, r: int, urnn: URNN) -> dict[str, bool]:
    """Compare the weights of the URNN with what the construction says."""
    rnn, U = e.base, urnn.W
    n, m, p = rnn.states, rnn.inputs, rnn.outputs
    corner = U.upper_left(n)
    plain = all(x == 1 for x in (*U.alpha[:n], *U.beta[:n]))
    zeros = RationalMatrix.zeros(n, 1)
    facts = {
        "upper left block of U is W": plain and corner == rnn.W,
        "F_u = [F; 0]": urnn.F == stacked(rnn.F, RationalMatrix.zeros(r, m)),
        "C_u = [C, 0]": urnn.C == RationalMatrix.blocks([[rnn.C, RationalMatrix.zeros(p, r)]]),
        "same activation": urnn.activation == rnn.activation,
    }
    if r == 0:
        same = urnn.b == rnn.b and urnn.h_init == rnn.h_init and urnn.offset == zeros
        return facts | {"b_u = b, h_u,init = h_init, no offset": same}
    flat, bound = e.evidence.flat, e.evidence.bound
    # An activation of another type might say anything about itself.
    known = type(rnn.activation) is PiecewiseLinear and flat in rnn.activation.flat
    if flat is None or bound is None or not known:
        return facts | {"the activation is constant where the lower units stay": False}
    lower_bias = flat.end - bound.H if flat.side == "left" else flat.end + bound.H
    low = RationalMatrix.column([flat.value] * r)
    return facts | {
        f"phi(z) = {show(flat.value)} {flat.side} of {show(flat.end)}": True,
        f"b_u = [b; {show(lower_bias)}]": urnn.b
        == stacked(rnn.b, RationalMatrix.column([lower_bias] * r)),
        "h_u,init = [h_init; kappa]": urnn.h_init == stacked(rnn.h_init, low),
        "offset [0; kappa]": urnn.offset == stacked(zeros, low),
    }


def stacked(top: RationalMatrix, bottom: RationalMatrix) -> RationalMatrix:
    """Put one matrix on top of another."""
    return RationalMatrix.blocks([[top], [bottom]])


def is_homogeneous(rnn: RNN) -> bool:
    """Tell whether ``phi(e z) = e phi(z)`` for every e > 0."""
    return isinstance(rnn.activation, PiecewiseLinear) and rnn.activation.homogeneous
