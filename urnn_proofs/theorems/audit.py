"""The hypotheses of Theorem 3.1: they can be met, and none can be dropped.

For each hypothesis an exact example without it in which the conclusion fails.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import USED, Check, Role, Trust, Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.questions.small_n import second_opinions

__all__ = ["audit_3_1"]

_W = Fraction(3, 5)  # sqrt(1 - w^2) = 4/5: the URNN of this network is rational
_U = [[_W, Fraction(4, 5)], [Fraction(4, 5), -_W]]


def audit_3_1() -> tuple[Check, ...]:
    """Return a witness of the hypotheses and one example for each that is dropped."""
    return (
        _can_be_met(),
        _without_contractivity(),
        _without_bounded_inputs(),
        _with_tanh(),
        _interpolation(),
        *second_opinions(),
    )


def _network() -> RNN:
    return RNN(W=[[_W]], F=[[1]], b=[0], C=[[1]])


def _can_be_met() -> Check:
    found = equivalent_urnn(_network(), 1).report.verdict
    return _check(
        "witness",
        "the hypotheses can be met: w = 3/5, F = C = 1, b = 0, M = 1",
        found is Verdict.PROVED,
        Trust.EXACT,
        {"urnn": "states 2, U = [[3/5, 4/5], [4/5, -3/5]], H = 5/2"},
    )


def _without_contractivity() -> Check:
    """W = 2: y^k = 2^k after one impulse, but URNN states grow at most linearly in k.

    ``||h_u^k|| <= ||h_u^{k-1}|| + ||F_u|| M + ||b_u||`` since U is orthogonal and relu
    non-expansive with relu(0) = 0; so ``|y_u^k| <= c (k + 2)`` for a constant c, for any N.
    """
    net = RNN(W=[[2]], F=[[1]], b=[0], C=[[1]])
    outputs = net.run_exact([[1]] + [[0]] * 40)
    doubling = [row[0] for row in outputs] == [Fraction(2) ** k for k in range(41)]
    return _check(
        "without ||W|| < 1",
        "w = 2 has outputs y^k = 2^k for k <= 40 after one impulse",
        doubling,
        Trust.EXACT,
        {USED: "so for all k; outputs of a URNN grow at most linearly in k, for any N"},
    )


def _bound_of(net: RNN) -> Fraction:
    bound = equivalent_urnn(net, 1).bound
    assert bound is not None
    return bound.H


def _without_bounded_inputs() -> Check:
    """Run the URNN built for M = 1 exactly on a larger input: a lower unit wakes up."""
    net, x = _network(), [[50], [0], [0]]
    bias = -_bound_of(net)
    urnn = URNN(W=_U, F=[[1], [0]], b=[0, bias], C=[[1, 0]])
    first, second = net.run_exact(x), urnn.run_exact(x)
    return _check(
        "without ||x^k|| <= M",
        "the URNN for M = 1 has other outputs on x = (50, 0, 0)",
        first != second,
        Trust.EXACT,
        {"RNN": str([str(y[0]) for y in first]), "URNN": str([str(y[0]) for y in second])},
    )


def _with_tanh() -> Check:
    """Run the same weights with tanh in ball arithmetic: the lower unit is never silent."""

    def ball(value: Fraction) -> arb:
        return arb(value.numerator) / value.denominator

    inputs = [Fraction(1), Fraction(0), Fraction(0)]
    H = _bound_of(_network())
    h, upper, lower = arb(0), arb(0), arb(0)
    difference = arb(0)
    for x in inputs:
        h = (ball(_W) * h + ball(x)).tanh()
        upper, lower = (
            (ball(_U[0][0]) * upper + ball(_U[0][1]) * lower + ball(x)).tanh(),
            (ball(_U[1][0]) * upper + ball(_U[1][1]) * lower - ball(H)).tanh(),
        )
        difference = h - upper
    return _check(
        "with tanh for ReLU",
        "the same construction with tanh has other outputs on x = (1, 0, 0)",
        not difference.contains(0),
        Trust.BALL,
        {"difference of y^2": str(difference)},
    )


def _interpolation() -> Check:
    """Check the interpolation argument of the intertwining lemma on a concrete matrix.

    W = diag(3/5, 5/13) times a rational rotation: ``W^T W`` and ``W W^T`` have the eigenvalues
    t = 9/25, 25/169 with rational ``sqrt(1 - t)`` = 4/5, 12/13; p is the line through them.
    """
    t, root = (Fraction(9, 25), Fraction(25, 169)), (Fraction(4, 5), Fraction(12, 13))
    slope = (root[1] - root[0]) / (t[1] - t[0])
    one = RationalMatrix.parse([[1, 0], [0, 1]], "I")
    diagonal = RationalMatrix.parse([[Fraction(3, 5), 0], [0, Fraction(5, 13)]], "D")
    rotation = RationalMatrix.from_fractions(
        [[Fraction(8, 17), Fraction(-15, 17)], [Fraction(15, 17), Fraction(8, 17)]]
    )
    W = diagonal @ rotation

    def p(X: RationalMatrix) -> RationalMatrix:
        line = RationalMatrix.from_fractions([[slope, 0], [0, slope]])
        c = root[0] - slope * t[0]
        return line @ X + RationalMatrix.from_fractions([[c, 0], [0, c]])

    right, left = W.transpose() @ W, W @ W.transpose()
    S, T = p(right), p(left)
    return _check(
        "interpolation",
        "S = p(W^T W), T = p(W W^T): S^2 = I - W^T W, T^2 = I - W W^T, W S = T W",
        S @ S == one - right and T @ T == one - left and W @ S == T @ W,
        Trust.EXACT,
        {"eigenvalues": "9/25, 25/169", "p": f"{slope} (t - 9/25) + 4/5"},
    )


def _check(name: str, claim: str, ok: bool, trust: Trust, evidence: dict[str, str]) -> Check:
    return Check(
        name=name,
        claim=claim,
        scope="this example",
        verdict=Verdict.PROVED if ok else Verdict.REFUTED,
        trust=trust,
        engine="theorems.audit",
        evidence=evidence,
        role=Role.CROSS_CHECK,
    )
