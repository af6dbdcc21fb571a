"""Theorem 3.3: with a smooth activation no URNN of any size may do.

Problem
    A contractive RNN with a sigmoid activation that no URNN with any finite number of states
    matches.
Method
    The network without memory, ``n = m = p = 1``, ``W = 0, F = C = 1, b = 0``: ``y^k = phi(x^k)``.
    Suppose an RNN with N states and an invertible U has these outputs.  With the derivatives D_k
    of the activations, invertible too, the (N+1) x (N+1) matrix of ``dy^j/dx^i`` has rank at most
    N if U only transports what has come in; but it is triangular with nonzero diagonal.
Guarantee
    For tanh, the logistic function and every activation with ``phi' != 0`` everywhere; and, with
    the generic input of the remark below, for every activation that is constant on no interval.
Steps
    U0 slopes, U1 factorisation, U2 triangular (all N by induction; N <= 6 as certificates in the
    entries), U3 conclusion.
Reference
    arXiv:1910.13672, Theorem 3.3; this proof, for all N at once, is this package's own.

Remark.  If phi is C^1, or piecewise C^1 with isolated kinks, and constant on no interval, its slope
may vanish somewhere.  Off a nowhere dense set of inputs each preactivation either has
``phi' != 0`` or is locally constant; in that case its derivative is 0, and its entry of D_k may be
replaced by 1.  So the D_k may be taken to be invertible again.
"""

from __future__ import annotations

from urnn_proofs.network import RNN
from urnn_proofs.symbolic.free_algebra import Alphabet, Letter
from urnn_proofs.symbolic.inequality import Inequality
from urnn_proofs.symbolic.scalar_steps import slope_steps
from urnn_proofs.symbolic.triangular import determinant_contradiction, null_vector_contradiction
from urnn_proofs.theorems.equivalence import equivalent_urnn
from urnn_proofs.theorems.kernel_steps import by_cofactors, by_positivity
from urnn_proofs.theorems.nowhere_flat import nowhere_flat_checks
from urnn_proofs.theorems.proof import Outcome, Proof, Statement, Step
from urnn_proofs.theorems.theorem_3_2 import memoryless_network
from urnn_proofs.verdict import Check, Role, Trust, Verdict

__all__ = ["CERTIFIED_N", "proof_3_3"]

#: Sizes for which the contradiction is also expanded as one certificate.
CERTIFIED_N = 6
_IN_ENTRIES = 3


def proof_3_3() -> Proof:
    """Return the proof of Theorem 3.3 for all N."""
    return Proof(
        name="3.3",
        statement=Statement(
            text="For tanh and for the logistic function there is a contractive RNN with one "
            "state that no URNN with any finite number of states matches, for any M > 0.",
            latex=r"For $\phi = \tanh$ and for the logistic function there is a contractive RNN "
            r"with one state such that no URNN with any finite number of states has the same "
            r"outputs for all inputs with $|x^k| \le M$, for any $M > 0$.",
        ),
        hypotheses=(
            "M > 0",
            "U is invertible (in particular orthogonal)",
            "phi' != 0 everywhere, as for tanh and logistic",
        ),
        steps=(
            Step(
                "U0 slopes",
                "phi' > 0 everywhere for tanh and logistic",
                "tanh' = 1 - t^2 with t in (-1, 1); logistic' = s (1 - s) with s in (0, 1). So "
                "every D_k = diag(phi') is invertible, and so is dy^k/dx^k = phi'(x^k).",
                _slopes,
            ),
            Step(
                "U1 factorisation",
                "dy^j/dx^i = a_j b_i for i <= j, with a_j in the dual of R^N and b_i in R^N",
                "By the chain rule dy^j/dx^i = C D_j U ... D_{i+1} U D_i F. Put "
                "X_i = D_i U ... D_1 U, b_i = X_i^{-1} D_i F, a_j = C D_j U ... D_1 U = C P X_i.",
                _factorisation,
                ("U0 slopes",),
            ),
            Step(
                "U2 triangular",
                "G v = 0 with G triangular and its diagonal not 0 implies v = 0, for every N",
                "By induction: the last row reads g v_N = 0, and what remains is smaller.",
                _triangular,
            ),
            Step(
                "U2 certificates",
                f"the contradiction written out for each N <= {CERTIFIED_N}",
                "A Nullstellensatz certificate: the equations 'outputs match' and the diagonal "
                f"times its inverse minus 1 add up to 1 (for N <= {_IN_ENTRIES} also in the "
                "entries of the a_j and b_i, where det G vanishes identically).",
                _certificates,
            ),
            Step(
                "U3 conclusion",
                "no N has an N-state network with invertible U and these outputs",
                "N + 1 columns b_0, ..., b_N in R^N are dependent: B v = 0 with v not 0. Then "
                "A B v = 0, and A B is the triangular G of U2: v = 0, a contradiction.",
                _conclusion,
                ("U1 factorisation", "U2 triangular"),
            ),
        ),
        reference="arXiv:1910.13672, Theorem 3.3",
        audit=_audit,
    )


def _slopes() -> Outcome:
    return by_positivity("U0 slopes", "all arguments", "nothing", *slope_steps())


def _factorisation() -> Outcome:
    """P stands for ``D_j U ... D_{i+1} U``, X for ``D_i U ... D_1 U``, Y for its inverse."""
    letters = Alphabet(
        [
            Letter("C", "N", "1"),
            Letter("F", "1", "N"),
            Letter("D", "N", "N"),
            Letter("P", "N", "N"),
            Letter("X", "N", "N"),
            Letter("Y", "N", "N"),
            Letter("a", "N", "1"),
            Letter("b", "1", "N"),
        ]
    )
    C, F, D, P, X, Y, a, b = (letters[name] for name in "CFDPXYab")
    return by_cofactors(
        "U1 factorisation",
        "a = C P X, b = Y D F and X Y = I imply a b = C P D F = dy^j/dx^i",
        [a - C * P * X, b - Y * D * F, X * Y - letters.identity("N")],
        {"a b = C P D F": a * b - C * P * D * F},
        scope="all N, all i <= j",
        used="the chain rule; a product of invertible matrices is invertible",
    )


def _triangular() -> Outcome:
    """``G = [[G', g], [z, c]]`` with z = 0 and ``d c = 1``; ``v = (u, t)``, ``H G' = I`` for u."""
    letters = Alphabet(
        [
            Letter("G", "k", "k"),
            Letter("g", "1", "k"),
            Letter("z", "k", "1"),
            Letter("c", "1", "1"),
            Letter("d", "1", "1"),
            Letter("u", "1", "k"),
            Letter("t", "1", "1"),
        ]
    )
    G, g, z, c, d, u, t = (letters[name] for name in "Ggzcdut")
    return by_cofactors(
        "U2 triangular",
        "[[G, g], [z, c]] (u, t) = 0, z = 0 and d c = 1 imply t = 0 and G u = 0: the step from k "
        "to k + 1 (k = 0: c t = 0 implies t = 0)",
        [G * u + g * t, z * u + c * t, z, d * c - letters.identity("1")],
        {"t = 0": t, "G u = 0": G * u},
        scope="all N",
        used="induction on the size",
    )


def _certificates() -> Outcome:
    sizes = range(1, CERTIFIED_N + 1)
    chosen: list[Inequality] = [null_vector_contradiction(N) for N in sizes]
    chosen += [determinant_contradiction(N) for N in range(1, _IN_ENTRIES + 1)]
    return by_positivity(
        "U2 certificates",
        f"N = 1, ..., {CERTIFIED_N}",
        "N + 1 vectors in R^N are dependent (not in the entrywise form)",
        *chosen,
        claim="G_ji = a_j b_i, G_ji = 0 for i < j and G_jj != 0 contradict each other",
    )


def _conclusion() -> Outcome:
    letters = Alphabet(
        [
            Letter("A", "N", "N+1"),
            Letter("B", "N+1", "N"),
            Letter("G", "N+1", "N+1"),
            Letter("v", "1", "N+1"),
        ]
    )
    A, B, G, v = (letters[name] for name in "ABGv")
    return by_cofactors(
        "U3 conclusion",
        "G = A B and B v = 0 imply G v = 0",
        [G - A * B, B * v],
        {"G v = 0": G * v},
        scope="all N, all M > 0, every activation with phi' != 0 everywhere",
        used="N + 1 vectors in R^N are dependent; equal outputs near an input have equal "
        "derivatives, and dy^j/dx^i = 0 for i < j, dy^j/dx^j = phi'(x^j)",
    )


def _audit() -> tuple[Check, ...]:
    return (_with_relu(), _without_invertibility(), _without_inputs(), *nowhere_flat_checks())


def _with_relu() -> Check:
    """With a flat half-line there are gates: the same network under ReLU needs two states."""
    both = equivalent_urnn(memoryless_network(1), 1)
    ok = both.urnn.states == 2 and both.report.verdict is Verdict.PROVED
    return _example("with ReLU", "under ReLU the same network has a URNN with 2 states", ok)


def _without_invertibility() -> Check:
    net = RNN(W=[[0]], F=[[1]], b=[0], C=[[1]], activation="tanh")
    return _example(
        "without invertible U",
        "with the singular transition matrix 0 one state does: the network itself",
        net.states == 1 and net.W[0, 0] == 0,  # type: ignore[index]
    )


def _without_inputs() -> Check:
    """M = 0 leaves x = 0, where every tanh output is 0: one silent state does."""
    net = RNN(W=[[1]], F=[[0]], b=[0], C=[[0]], activation="tanh")
    return _example(
        "without M > 0",
        "for M = 0 every output is tanh(0) = 0, as that of one unit with C = 0 and U = 1",
        net.activation.at_zero == 0 and net.C.is_zero(),
    )


def _example(name: str, claim: str, ok: bool) -> Check:
    return Check(
        name=name,
        claim=claim,
        scope="this example",
        verdict=Verdict.PROVED if ok else Verdict.REFUTED,
        trust=Trust.EXACT,
        engine="theorems.theorem_3_3",
        role=Role.CROSS_CHECK,
    )
