"""Theorem 3.3, strong form: no reduced contractive tanh or logistic network has a URNN.

Problem
    Which contractive RNNs with phi = tanh or logistic have an equivalent URNN of some size?
Method
    Functions ``phi(p_1), ..., phi(p_m)`` of nonconstant preactivations that differ up to sign are
    linearly independent (IL).  So the units of a URNN fall into groups that copy, up to sign, one
    preactivation each; U permutes the spans of these groups, and an isometry that carries W on
    integer multiplicities cannot decay.
Guarantee
    If the spectral radius of W is below 1 (in particular ``||W|| < 1``) a reduced RNN has no
    equivalent URNN of any finite size.  *Reduced*: as functions of the inputs the preactivations
    are nonconstant and pairwise different up to sign, and no column of C is 0; enough for it:
    rows of F nonzero and pairwise different up to sign.  Conversely, whenever ``W^T E W = E`` for a
    positive integer diagonal E, duplicating units gives a URNN with trace E states.
Steps
    IL citation, IL tower, IL poles, V1 matching, V2 reachable space, V3 invariance, V4
    intertwining, V5 isometry, converse, V6 decay.
Reference
    This package's own; IL rests on J. Ax, *On Schanuel's conjectures*, Ann. of Math. 93 (1971).

Groups.  At time k unit j of the URNN belongs to the group g if its preactivation is, up to sign,
that of g; ``J_k`` (N x n) has the signed indicators of the groups that copy units of the RNN as
columns, ``K_k`` those of the other nonconstant groups.  Groups are disjoint: ``K_k^T J_k = 0``, and
``E_k = J_k^T J_k`` is diagonal and counts members.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.certificate import check
from urnn_proofs.checks.exact.lumping import NoLumping
from urnn_proofs.checks.exact.reduced import reduction_problem
from urnn_proofs.model.network import RNN
from urnn_proofs.model.verdict import Check, Role, Trust, Verdict
from urnn_proofs.questions.construction import copied_urnn, equivalent_urnn
from urnn_proofs.theorems.proof import Proof, Statement, Step
from urnn_proofs.theorems.steps_3_3_strong import (
    citation,
    converse,
    decay,
    intertwining,
    invariance,
    isometry,
    matching,
    poles,
    reachable,
    tower,
)

__all__ = ["proof_3_3_strong"]


def proof_3_3_strong() -> Proof:
    """Return the proof of the strong form; it rests on one cited theorem."""
    return Proof(
        name="3.3-strong",
        statement=Statement(
            text="A reduced RNN with tanh or logistic activation whose W has spectral radius "
            "below 1 has no equivalent URNN of any finite size; and one whose W satisfies "
            "W^T E W = E for a positive integer diagonal E has one with trace E states.",
            latex=r"A reduced RNN with $\phi = \tanh$ or logistic and spectral radius "
            r"$\varrho(W) < 1$ has no equivalent URNN of any finite size. If "
            r"$W^\top E W = E$ for a positive integer diagonal $E$, it has one with "
            r"$\operatorname{tr} E$ states.",
        ),
        hypotheses=(
            "M > 0",
            "the RNN is reduced (enough: rows of F nonzero and pairwise different up to sign, "
            "columns of C nonzero)",
            "the spectral radius of W is below 1",
        ),
        steps=(
            Step(
                "IL citation",
                "C(u_1, ..., u_R, e^{u_1}, ..., e^{u_R}) has transcendence degree at least R + 1 "
                "for analytic u_1, ..., u_R that are linearly independent over Q modulo constants",
                "The theorem of Ax on exponentials (Schanuel's conjecture for functions).",
                citation,
            ),
            Step(
                "IL tower",
                "preactivations are p_i = c_i + sum_l q_il u_l with integers q_il, and "
                "e^{u_1}, ..., e^{u_R} are algebraically independent over C",
                "Restrict to a generic real line of inputs, with parameter t. Among the "
                "preactivations of all times choose a basis over Q modulo constants, divided by a "
                "common denominator: u_1, ..., u_R. Each preactivation is rational in t and the "
                "exponentials of earlier ones, so the field of Ax is C(t, e^{u_1}, ..., e^{u_R}): "
                "R + 1 generators of transcendence degree R + 1 are independent.",
                tower,
                ("IL citation",),
            ),
            Step(
                "IL poles",
                "1 and the 1 / (1 + gamma_i tau^{m_i}) are linearly independent for distinct "
                "pairs (m_i, gamma_i), m_i >= 1, gamma_i > 0",
                "By IL tower a linear relation among 1, phi(p_1), ..., phi(p_m) is one among "
                "rational functions 1 / (1 + gamma_i s^{a_i}), gamma_i = e^{c_i}, s = e^u, with "
                "exponent vectors a_i not 0. Restrict to a generic curve s = (tau^{c_1}, ...), "
                "which keeps the pairs distinct (m_i >= 1 after 1 / (1 + 1/z) = 1 - 1 / (1 + z)). "
                "Among the poles of one modulus R the largest exponent m has one at the angle "
                "pi / m that no other has; its coefficient is 0; repeat.",
                poles,
                ("IL tower",),
            ),
            Step(
                "V1 matching",
                "every RNN unit i has a group g(i) of URNN units with preactivation +- q_i; "
                "different i, different groups",
                "sum_i C_i phi(q_i) - sum_j C'_j phi(p_j) = 0 with every C_i != 0: by IL no q_i "
                "can be different, up to sign, from all p_j. phi(-p) = -phi(p) or 1 - phi(p).",
                matching,
                ("IL poles",),
            ),
            Step(
                "V2 reachable space",
                "the differences of URNN states at time k span exactly V_k = im J_k + im K_k",
                "They lie in V_k: units of one group change by the same signed amount, constant "
                "units not at all. They span it: a linear form that vanishes on all differences "
                "is a relation that IL excludes.",
                reachable,
                ("IL poles",),
            ),
            Step(
                "V3 invariance",
                "U V_k is contained in V_{k+1}, with equality from some k on",
                "The change of a preactivation is (U dh)_j, since dh ranges over V_k at a fixed "
                "input; it is the same, up to sign, within a group at time k + 1, and 0 for "
                "constant units. U is injective and dim V_k <= N, so the dimension settles.",
                invariance,
                ("V2 reachable space",),
            ),
            Step(
                "V4 intertwining",
                "U J_k = J_{k+1} W + K_{k+1} S and U K_k = K_{k+1} M with M invertible; then S = 0",
                "The change of q_i at time k + 1 is that of W h: the coefficient of J_{k+1} in "
                "U (J a + K b) is W a. U K_k = K_{k+1} M has full rank, and dim V_k has settled, "
                "so M is square and invertible. U keeps K orthogonal to J: S = 0.",
                intertwining,
                ("V1 matching", "V3 invariance"),
            ),
            Step(
                "V5 isometry",
                "W^T E_{k+1} W = E_k",
                "U is isometric and U J_k = J_{k+1} W; equivalently E_{k+1}^{1/2} W E_k^{-1/2} is "
                "orthogonal.",
                isometry,
                ("V4 intertwining",),
            ),
            Step(
                "converse",
                "if W^T E W = E for a positive integer diagonal E, then J a -> J W a is isometric "
                "on im J, and any orthogonal U that extends it gives a URNN with trace E states",
                "Duplicate unit i E_ii times: F_u = J F, b_u = J b, h_u = J h, C_u = C E^{-1} J^T. "
                "phi acts entrywise, so phi(J z) = J phi(z), and U J = J W carries J h along.",
                converse,
            ),
            Step(
                "V6 decay",
                "so no reduced RNN with spectral radius of W below 1 has an equivalent URNN",
                "Telescope: (W^L)^T E_{k+L} W^L = E_k. For a unit vector v: 1 <= v^T E_k v <= "
                "N ||W^L||^2, and ||W^L|| -> 0.",
                decay,
                ("V5 isometry",),
            ),
        ),
        reference="strong form of arXiv:1910.13672, Theorem 3.3; this package's own",
        audit=_audit,
    )


def _audit() -> tuple[Check, ...]:
    return (_witness(), _without_decay(), _without_reducedness())


def _witness() -> Check:
    rnn = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]], activation="tanh")
    ok = reduction_problem(rnn) is None and rnn.is_contractive()
    ok = ok and isinstance(copied_urnn(rnn), NoLumping)
    return _example("witness", "w = 1/2, f = c = 1 meets the hypotheses; no lumping exists", ok)


def _without_decay() -> Check:
    """W has a unitary counterpart with E = diag(1, 2), and spectral radius 1."""
    third = Fraction(1, 3)
    W = [[third, 4 * third], [-2 * third, third]]
    rnn = RNN(W=W, F=[[1], [2]], b=[0, 0], C=[[1, 1]], activation="tanh")
    found = equivalent_urnn(rnn, 1)
    ok = reduction_problem(rnn) is None and found.urnn.states == 3
    ok = ok and check(found.certificate) is Verdict.PROVED
    return _example(
        "with spectral radius 1",
        "W = [[1, 4], [-2, 1]] / 3 is reduced and has a URNN with 3 states (E = diag(1, 2))",
        ok,
        Trust.KERNEL,
    )


def _without_reducedness() -> Check:
    """Look at a unit that no output reads: the outputs are 0, as those of U = 1, C = 0."""
    rnn = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[0]], activation="tanh")
    still = RNN(W=[[1]], F=[[0]], b=[0], C=[[0]], activation="tanh")
    ok = reduction_problem(rnn) == "column 0 of C is zero" and still.C.is_zero()
    return _example("not reduced", "with C = 0 one silent state does", ok)


def _example(name: str, claim: str, ok: bool, trust: Trust = Trust.EXACT) -> Check:
    return Check(
        name=name,
        claim=claim,
        scope="this example",
        verdict=Verdict.PROVED if ok else Verdict.REFUTED,
        trust=trust,
        engine="exact.duplication, theorems.theorem_3_3_strong",
        role=Role.CROSS_CHECK,
    )
