"""The checks behind the steps of Theorems 3.1 and 3.2 for all n: what is expanded, and by whom."""

from __future__ import annotations

from urnn_proofs.checks.symbolic.free_algebra import Alphabet, Letter
from urnn_proofs.checks.symbolic.inequality import Inequality
from urnn_proofs.theorems.kernel_steps import by_cofactors
from urnn_proofs.theorems.proof import Outcome
from urnn_proofs.theorems.scalar_steps import dimension_steps, gate_steps

__all__ = [
    "dilation",
    "factors",
    "halmos",
    "induction",
    "injective",
    "intertwining",
    "named",
    "nullity",
]


def named(*wanted: str) -> list[Inequality]:
    """Return the scalar inequalities of these names."""
    known = {x.name: x for x in (*gate_steps(), *dimension_steps())}
    return [known[name] for name in wanted]


def factors() -> Outcome:
    """Check the identities that split off one row and column of a semidefinite matrix."""
    letters = Alphabet(
        [
            Letter("a", "1", "1", self_adjoint=True),
            Letter("i", "1", "1", self_adjoint=True),
            Letter("v", "1", "k"),
            Letter("A", "k", "k", self_adjoint=True),
            Letter("x", "1", "k"),
        ]
    )
    a, i, v, A, x = (letters[name] for name in ("a", "i", "v", "A", "x"))
    vt, xt = v.adjoint(), x.adjoint()
    schur = A - v * i * vt
    z = -(i * vt * x)  # the first component that minimises the quadratic form
    form = z.adjoint() * a * z + z.adjoint() * vt * x + xt * v * z + xt * A * x
    return by_cofactors(
        "factors",
        "[[a, v^T], [v, A]] = [a; v] a^{-1} [a, v^T] + [[0, 0], [0, S]] and x^T S x is a value of "
        "the quadratic form, S = A - v a^{-1} v^T",
        [a * i - letters.identity("1")],
        {
            "corner": a * i * a - a,
            "side": v * i * a - v,
            "rest": v * i * vt + schur - A,
            "x^T S x": form - xt * schur * x,
        },
        scope="all sizes",
        used="induction on the size; I - W^T W and I - W W^T have the same rank; a matrix of full "
        "rank has a one-sided inverse",
    )


def dilation() -> Outcome:
    """Check all six blocks of ``U^T U - I`` and ``U U^T - I`` for rectangular W2 and W3."""
    letters = Alphabet(
        [
            Letter("W", "n", "n"),
            Letter("V", "n", "r"),
            Letter("Z", "r", "n"),
            Letter("W2", "r", "n"),
            Letter("W3", "n", "r"),
        ]
    )
    W, V, Z, W2, W3 = (letters[name] for name in ("W", "V", "Z", "W2", "W3"))
    one_n, one_r = letters.identity("n"), letters.identity("r")
    Wt, W2t, W3t = W.adjoint(), W2.adjoint(), W3.adjoint()
    W4 = -(W3 * Wt * V.adjoint())
    W4t = W4.adjoint()
    relations = [
        W3t * W3 + Wt * W - one_n,
        W2 * W2t + W * Wt - one_n,
        V * W2 - one_r,
        W3 * Z - one_r,
    ]
    return by_cofactors(
        "S1 dilation",
        "U^T U = I and U U^T = I for U = [[W, W2], [W3, W4]], N = n + r <= 2n",
        relations,
        {
            "W^T W + W3^T W3 = I": Wt * W + W3t * W3 - one_n,
            "W^T W2 + W3^T W4 = 0": Wt * W2 + W3t * W4,
            "W2^T W2 + W4^T W4 = I": W2t * W2 + W4t * W4 - one_r,
            "W W^T + W2 W2^T = I": W * Wt + W2 * W2t - one_n,
            "W W3^T + W2 W4^T = 0": W * W3t + W2 * W4t,
            "W3 W3^T + W4 W4^T = I": W3 * W3t + W4 * W4t - one_r,
        },
        scope="all n, all r",
    )


def intertwining() -> Outcome:
    """Check the induction step of ``W p(W^T W) = p(W W^T) W``."""
    letters = Alphabet([Letter("W", "n", "n"), Letter("P", "n", "n"), Letter("Q", "n", "n")])
    W, P, Q = letters["W"], letters["P"], letters["Q"]
    return by_cofactors(
        "intertwining",
        "W P = Q W implies W (W^T W P) = (W W^T Q) W, the step from (W^T W)^k to k + 1",
        [W * P - Q * W],
        {"step": W * W.adjoint() * W * P - W * W.adjoint() * Q * W},
        used="induction on the degree; interpolation at finitely many points; the spectral theorem",
    )


def halmos() -> Outcome:
    """Check all eight blocks for ``U = [[W, T], [S, -W^T]]``."""
    letters = Alphabet(
        [
            Letter("W", "n", "n"),
            Letter("S", "n", "n", self_adjoint=True),
            Letter("T", "n", "n", self_adjoint=True),
        ]
    )
    W, S, T, one = letters["W"], letters["S"], letters["T"], letters.identity("n")
    Wt = W.adjoint()
    return by_cofactors(
        "S1 Halmos form",
        "U^T U = I and U U^T = I for U = [[W, T], [S, -W^T]]",
        [S * S + Wt * W - one, T * T + W * Wt - one, W * S - T * W],
        {
            "W^T W + S S = I": Wt * W + S * S - one,
            "W^T T - S W^T = 0": Wt * T - S * Wt,
            "T W - W S = 0": T * W - W * S,
            "T T + W W^T = I": T * T + W * Wt - one,
            "W W^T + T T = I": W * Wt + T * T - one,
            "W S - T W = 0": W * S - T * W,
            "S W^T - W^T T = 0": S * Wt - Wt * T,
            "S S + W^T W = I": S * S + Wt * W - one,
        },
    )


def induction() -> Outcome:
    """Check what U does to a state whose lower part is zero."""
    letters = Alphabet(
        [
            Letter("W", "n", "n"),
            Letter("W2", "r", "n"),
            Letter("W3", "n", "r"),
            Letter("W4", "r", "r"),
            Letter("C", "n", "p"),
            Letter("O", "r", "p"),
            Letter("h", "1", "n"),
            Letter("g", "1", "r"),
        ]
    )
    W, W2, W3, W4, C, O_, h, g = (
        letters[name] for name in ("W", "W2", "W3", "W4", "C", "O", "h", "g")
    )
    return by_cofactors(
        "S5 induction",
        "with lower state g = 0: W h + W2 g = W h, W3 h + W4 g = W3 h, C h + 0 g = C h",
        [g],
        {
            "upper rows": W * h + W2 * g - W * h,
            "lower rows": W3 * h + W4 * g - W3 * h,
            "output": C * h + O_ * g - C * h,
        },
        scope="all n, all contractive ReLU RNNs, all inputs in X_M, all k",
        used="induction on k",
    )


def injective() -> Outcome:
    """Check step T1: new directions are independent of old ones.

    ``Q = P_k F_u`` with ``C Q = I``; e in E_k with ``C e = 0``; ``Q v = e`` forces ``v = 0``.
    """
    letters = Alphabet(
        [
            Letter("C", "N", "n"),
            Letter("Q", "n", "N"),
            Letter("v", "1", "n"),
            Letter("e", "1", "N"),
        ]
    )
    C, Q, v, e = (letters[name] for name in ("C", "Q", "v", "e"))
    return by_cofactors(
        "T1 outputs",
        "C Q = I, C e = 0 and Q v = e imply v = 0, so dim X_k = n + dim E_k",
        [C * Q - letters.identity("n"), C * e, Q * v - e],
        {"v = 0": v},
        scope="all n, all N",
        used="preactivations are continuous and piecewise affine in the inputs, so off a nowhere "
        "dense set the set of active units is locally constant; the outputs relu(x^k) = x^k "
        "depend on x^k alone, so C P_k F = I and C E_k = 0",
    )


def nullity() -> Outcome:
    """Check step T2: x in ker P U is determined by its inactive coordinates R U x.

    P projects onto the active units, ``R^T R = I - P`` with R : N -> q, q = N - |A_k|.
    """
    letters = Alphabet(
        [
            Letter("U", "N", "N"),
            Letter("V", "N", "N"),
            Letter("P", "N", "N", self_adjoint=True),
            Letter("R", "N", "q"),
            Letter("x", "1", "N"),
        ]
    )
    U, V, P, R, x = (letters[name] for name in ("U", "V", "P", "R", "x"))
    one = letters.identity("N")
    return by_cofactors(
        "T2 nullity",
        "V U = I and P U x = 0 imply x = V R^T (R U x), so dim ker P U <= N - |A_k|",
        [V * U - one, P * U * x, P + R.adjoint() * R - one],
        {"x = V R^T R U x": x - V * R.adjoint() * R * U * x},
        scope="all n, all N",
        used="the dimension of a space is that of its image plus that of the kernel",
    )
