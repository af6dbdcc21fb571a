"""The checks behind the strong form of Theorem 3.3: what is expanded at each step.

The notation is that of :mod:`urnn_proofs.theorems.theorem_3_3_strong`.
"""

from __future__ import annotations

from urnn_proofs.checks.symbolic.free_algebra import Alphabet, Letter
from urnn_proofs.model.verdict import USED, Check, Trust, Verdict
from urnn_proofs.theorems.kernel_steps import by_cofactors, by_positivity
from urnn_proofs.theorems.proof import Outcome
from urnn_proofs.theorems.scalar_steps import pole_steps

__all__ = [
    "citation",
    "converse",
    "decay",
    "intertwining",
    "invariance",
    "isometry",
    "matching",
    "poles",
    "reachable",
    "tower",
]

_SCOPE = "all n, all N, every reduced tanh or logistic RNN with spectral radius of W below 1"
_AX = "J. Ax, On Schanuel's conjectures, Annals of Mathematics 93 (1971), 252-268"


def citation() -> Outcome:
    """State what is taken from the literature."""
    return Outcome(
        Check(
            name="IL citation",
            claim="u_1, ..., u_R linearly independent over Q modulo constants imply "
            "trdeg C(u_1, ..., u_R, e^{u_1}, ..., e^{u_R}) >= R + 1",
            scope="analytic functions on an interval",
            verdict=Verdict.ASSUMED,
            trust=Trust.EXACT,
            engine=f"cited: {_AX}",
            evidence={"citation": _AX},
        )
    )


def tower() -> Outcome:
    """Check the count of generators behind algebraic independence."""
    _, tower, _ = pole_steps()
    return by_positivity(
        "IL tower",
        "all R",
        "dependent generators could be fewer; the sum, product and quotient of analytic functions; "
        "finitely many analytic functions that are nonconstant, or different up to sign, stay so "
        "on a generic line",
        tower,
    )


def poles() -> Outcome:
    """Check that the pole of the largest exponent is no other's."""
    angle, _, _ = pole_steps()
    return by_positivity(
        "IL poles",
        "all exponents m > q >= 1, all k",
        "a function with a pole is no linear combination of functions without it; a generic curve "
        "keeps finitely many distinct pairs distinct",
        angle,
    )


def matching() -> Outcome:
    """Reflect a term: ``phi(-p) = c - phi(p)`` with c = 0 (tanh) or 1 (logistic)."""
    letters = Alphabet(
        [Letter("c", "x", "x"), Letter("p", "x", "x"), Letter("m", "x", "x"), Letter("y", "x", "x")]
    )
    c, p, m, y = (letters[name] for name in "cpmy")
    return by_cofactors(
        "V1 matching",
        "phi(-p) = c - phi(p) turns a term y phi(-p) into y c - y phi(p), of the span of 1, phi(p)",
        [m + p - c],
        {"y m = y c - y p": y * m - y * c + y * p},
        scope="tanh (c = 0), logistic (c = 1)",
        used="IL for the preactivations of both networks, driven by the same inputs",
    )


def reachable() -> Outcome:
    """Evaluate a form that vanishes on J and on K."""
    letters = Alphabet(
        [
            Letter("l", "N", "1"),
            Letter("J", "n", "N"),
            Letter("K", "q", "N"),
            Letter("a", "1", "n"),
            Letter("b", "1", "q"),
        ]
    )
    form, J, K, a, b = (letters[name] for name in "lJKab")
    return by_cofactors(
        "V2 reachable space",
        "a form with l J = 0 and l K = 0 vanishes on J a + K b; a form that vanishes on all "
        "differences has l J = 0 and l K = 0 by IL",
        [form * J, form * K],
        {"l (J a + K b) = 0": form * (J * a + K * b)},
        scope="all n, all N, all k",
        used="IL: l J and l K are the coefficients of phi(q_i) and of the other groups; a subspace "
        "is the intersection of the kernels of the forms that vanish on it",
    )


def invariance() -> Outcome:
    """Check that U loses no dimension; that it stays in V_{k+1} is the meaning of a group."""
    letters = Alphabet(
        [
            Letter("U", "N", "N"),
            Letter("V", "N", "N"),
            Letter("x", "1", "N"),
        ]
    )
    U, V, x = (letters[name] for name in "UVx")
    return by_cofactors(
        "V3 invariance",
        "U is injective: V U = I and U x = 0 imply x = 0, so dim V_k never falls",
        [V * U - letters.identity("N"), U * x],
        {"x = 0": x},
        scope="all N, all k",
        used="units of one group at time k + 1 have equal preactivations up to sign, whatever the "
        "states before; a bounded sequence of integers that never falls settles",
    )


def intertwining() -> Outcome:
    """Check that U carries J to J' W."""
    letters = Alphabet(
        [
            Letter("U", "N", "N"),
            Letter("J", "n", "N"),
            Letter("K", "q", "N"),
            Letter("J'", "n", "N"),
            Letter("K'", "q", "N"),
            Letter("W", "n", "n"),
            Letter("M", "q", "q"),
            Letter("L", "q", "q"),
            Letter("H", "q", "q"),
            Letter("S", "n", "q"),
        ]
    )
    U, J, K, J1, K1, W, M, L, H, S = (
        letters[name] for name in ("U", "J", "K", "J'", "K'", "W", "M", "L", "H", "S")
    )
    one = letters.identity("q")
    return by_cofactors(
        "V4 intertwining",
        "U^T U = I, U J = J' W + K' S, U K = K' M, K^T J = 0, K'^T J' = 0, M and K'^T K' "
        "invertible imply S = 0",
        [
            U.adjoint() * U - letters.identity("N"),
            U * J - J1 * W - K1 * S,
            U * K - K1 * M,
            K.adjoint() * J,
            K1.adjoint() * J1,
            L * M.adjoint() - one,
            H * K1.adjoint() * K1 - one,
        ],
        {"S = 0": S},
        scope="all n, all N, all large k",
        used="a square matrix of full rank is invertible; the change of q_i at time k + 1 is that "
        "of W h",
    )


def isometry() -> Outcome:
    """Check that multiplicities are carried by W."""
    letters = Alphabet(
        [
            Letter("U", "N", "N"),
            Letter("J", "n", "N"),
            Letter("J'", "n", "N"),
            Letter("W", "n", "n"),
        ]
    )
    U, J, J1, W = (letters[name] for name in ("U", "J", "J'", "W"))
    return by_cofactors(
        "V5 isometry",
        "U^T U = I and U J = J' W imply W^T (J'^T J') W = J^T J",
        [U.adjoint() * U - letters.identity("N"), U * J - J1 * W],
        {"W^T E' W = E": W.adjoint() * J1.adjoint() * J1 * W - J.adjoint() * J},
        scope="all n, all N, all large k",
    )


def decay() -> Outcome:
    """Check the telescope and the contradiction."""
    letters = Alphabet(
        [
            Letter("W", "n", "n"),
            Letter("P", "n", "n"),
            Letter("E", "n", "n", self_adjoint=True),
            Letter("E'", "n", "n", self_adjoint=True),
            Letter("E''", "n", "n", self_adjoint=True),
        ]
    )
    W, P, E, E1, E2 = (letters[name] for name in ("W", "P", "E", "E'", "E''"))
    identity = by_cofactors(
        "V6 decay",
        "W^T E' W = E and P^T E'' P = E' imply (P W)^T E'' (P W) = E",
        [W.adjoint() * E1 * W - E, P.adjoint() * E2 * P - E1],
        {"telescope": W.adjoint() * P.adjoint() * E2 * P * W - E},
    )
    _, _, decay = pole_steps()
    scalar = by_positivity("V6 decay", "all N", "nothing", decay)
    verdicts = {identity.check.verdict, scalar.check.verdict}
    found = Check(
        name="V6 decay",
        claim=f"{identity.check.claim}; {scalar.check.claim}",
        scope=_SCOPE,
        verdict=Verdict.PROVED if verdicts == {Verdict.PROVED} else Verdict.UNKNOWN,
        trust=Trust.KERNEL,
        engine="kernel.identity, kernel.inequality",
        evidence={
            **identity.check.evidence,
            **scalar.check.evidence,
            USED: "induction on L; ||W^L|| -> 0 for spectral radius below 1; 1 <= E_ii <= N",
        },
    )
    return Outcome(found, identity.certificates + scalar.certificates)


def converse() -> Outcome:
    """Check that duplicated units work."""
    letters = Alphabet(
        [
            Letter("J", "n", "N"),
            Letter("W", "n", "n"),
            Letter("E", "n", "n", self_adjoint=True),
            Letter("I", "n", "n", self_adjoint=True),
            Letter("C", "n", "p"),
            Letter("U", "N", "N"),
            Letter("h", "1", "n"),
        ]
    )
    J, W, E, inverse, C, U, h = (letters[name] for name in ("J", "W", "E", "I", "C", "U", "h"))
    return by_cofactors(
        "converse",
        "J^T J = E and W^T E W = E imply (J W)^T (J W) = J^T J; with U J = J W the states J h and "
        "the outputs C E^{-1} J^T J h = C h are carried along",
        [
            J.adjoint() * J - E,
            W.adjoint() * E * W - E,
            inverse * E - letters.identity("n"),
            U * J - J * W,
        ],
        {
            "isometric": W.adjoint() * J.adjoint() * J * W - J.adjoint() * J,
            "outputs": C * inverse * J.adjoint() * J * h - C * h,
            "states": U * J * h - J * W * h,
        },
        scope="all n, every positive integer diagonal E with W^T E W = E, every activation",
        used="an isometry of a subspace onto a subspace extends to the whole space",
    )
