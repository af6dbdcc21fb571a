"""Numbers, matrices, claims and plain text as LaTeX."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
from flint import fmpq, fmpz
from hypothesis import given
from hypothesis import strategies as st

from urnn_proofs import RNN, Orthogonal, RationalMatrix, equivalent_urnn
from urnn_proofs.model.errors import InputError
from urnn_proofs.show.tex.math import escape, formula, matrix, network, number, segments, surd

fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (0, "0"),
        (-3, "-3"),
        (Fraction(4, 5), r"\tfrac{4}{5}"),
        (Fraction(-4, 5), r"-\tfrac{4}{5}"),
        (0.5, r"\tfrac{1}{2}"),
        (fmpq(-1, 3), r"-\tfrac{1}{3}"),
        (fmpz(7), "7"),
        (10**30, r"{\approx}\,1.00000 \cdot 10^{30}"),
        (Fraction(10**30 + 1, 10**30), r"{\approx}\,1.00000"),
        (Fraction(999999999, 10**25), r"{\approx}\,1.00000 \cdot 10^{-16}"),
    ],
)
def test_numbers(value, latex):
    assert number(value) == latex


@pytest.mark.parametrize("bad", [math.nan, math.inf, True, "1/2", 1j, None])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(InputError):
        number(bad)


def value_of(latex: str) -> tuple[int, Fraction]:
    """Read back ``r sqrt(s)`` as sign and square: an independent reading of the output."""
    sign = -1 if latex.startswith("-") else 1
    found = re.fullmatch(r"-?(?:\\tfrac\{(.*)\}\{(\d+)\}|(.*))", latex)
    top, bottom = found[1] or found[3], int(found[2] or 1)
    parts = re.fullmatch(r"(\d*)(?:\\sqrt\{(\d+)\})?", top)
    assert top
    inside = int(parts[2] or 1)
    assert all(inside % d**2 for d in range(2, 50)), "a square is left under the root"
    return sign, Fraction(int(parts[1] or 1), bottom) ** 2 * inside


@given(fractions, st.fractions(min_value=0, max_value=1000, max_denominator=100))
def test_surds_have_the_right_value(factor, radicand):
    latex = surd(factor, radicand, digits=200)
    if factor * radicand == 0:
        assert latex == "0"
        return
    sign, square = value_of(latex)
    assert square == factor**2 * radicand
    assert (sign > 0) == (factor > 0)


def test_long_surds_are_marked_as_rounded():
    latex = surd(Fraction(1, 10**40 + 1), Fraction(2))
    assert latex.startswith(r"{\approx}\,1.41421 \cdot 10^{-40}")


def test_matrices_and_folding():
    big = RationalMatrix.from_fractions(
        [[Fraction(10 * i + j) for j in range(9)] for i in range(9)]
    )
    folded = matrix(big, limit=3)
    assert folded == (
        r"\begin{bmatrix} 0 & 1 & \cdots & 8 \\ 10 & 11 & \cdots & 18 \\ "
        r"\vdots & \vdots & \ddots & \vdots \\ 80 & 81 & \cdots & 88 \end{bmatrix}"
    )
    assert "dots" not in matrix(big, limit=9)
    assert matrix(RationalMatrix.zeros(0, 0)) == r"\begin{bmatrix}  \end{bmatrix}"


def test_an_orthogonal_matrix_is_shown_with_its_roots():
    urnn = equivalent_urnn(RNN([[Fraction(3, 4)]], [[1]], [0], [[1]]), 1).urnn
    assert matrix(urnn.W) == (
        r"\begin{bmatrix} \tfrac{3}{4} & \tfrac{\sqrt{7}}{4} \\[2pt] "
        r"\tfrac{\sqrt{7}}{4} & -\tfrac{3}{4} \end{bmatrix}"
    )
    assert urnn.W._repr_latex_() == f"$\\displaystyle {matrix(urnn.W)}$"
    assert isinstance(urnn.W, Orthogonal)
    assert r"\tfrac{\sqrt{7}}{4}" in urnn._repr_latex_()


def test_a_network_shows_all_its_weights(small_net):
    text = network(small_net)
    for part in (small_net.W, small_net.F, small_net.b, small_net.C, small_net.h_init):
        assert matrix(part) in text
    assert small_net.W._repr_latex_() == f"$\\displaystyle {matrix(small_net.W)}$"


def test_names_of_activations_are_escaped():
    from urnn_proofs import piecewise_linear

    odd = piecewise_linear("stairs_up", knots=[0], slopes=[0, 1], value=0)
    assert r"\text{stairs\_up}" in network(RNN([[0]], [[1]], [0], [[1]], activation=odd))
    assert r"\operatorname{tanh}" in network(RNN([[0]], [[1]], [0], [[1]], activation="tanh"))


@pytest.mark.parametrize(
    ("claim", "latex"),
    [
        ("||W|| < 1", r"$\|W\| < 1$"),
        ("U^T U = I", r"$U^{\top} U = I$"),
        ("H = ~11.045 bounds it", r"$H \approx 11.045$ bounds it"),
        ("H = ~ and 5", "$H$ = \\textasciitilde{} and 5"),
        (
            "h_u^k = [h^k; 0]",
            r"$h_{u}^{k} = \bigl[\begin{smallmatrix} h^{k} \\ 0 \end{smallmatrix}\bigr]$",
        ),
        ("|| |a|^2 h - (a.h) a ||^2 >= 0", r"$\||a|^{2} h - (a \cdot h) a\|^{2} \ge 0$"),
        ("dim ker P U <= N - |A_k|", r"$\dim \ker P U \le N - |A_{k}|$"),
        ("every row a of W3", "every row $a$ of $W_{3}$"),
        ("a part of a row of U", "a part of a row of $U$"),
        ("has a one-sided inverse", "has a one-sided inverse"),
        ("where such a C exists", "where such a $C$ exists"),
        ("T2 holds, Z3 too", "T2 holds, Z3 too"),
        ("Theorem 3.1 gives 2n states", "Theorem 3.1 gives $2n$ states"),
        ("phi', > 0 everywhere", r"$\phi'$, $> 0$ everywhere"),
        ("100% of {x} & y_", r"100\% of \{$x$\} \& y\_"),
        ("Cauchy-Schwarz, N-state", "Cauchy-Schwarz, N-state"),
        ("S = (I - W^T W)^{1/2}", r"$S = (I - W^{\top} W)^{1/2}$"),
        ("0 at h* = 0, f(t*) too", r"0 at $h^{*} = 0$, $f(t^{*})$ too"),
        ("free *-algebra", "free *-algebra"),
        ("what Pi removes from e_1", r"what $\Pi$ removes from $e_{1}$"),
        ("since |det W| < 1", r"since $|\det W| < 1$"),
        (
            "tanh' = 1 - t^2 and logistic(z)",
            r"$\tanh' = 1 - t^{2}$ and $\operatorname{logistic}(z)$",
        ),
        ("tanh and logistic networks", "tanh and logistic networks"),
        ("n + dim ker(W - lambda I)", r"$n + \dim \ker (W - \lambda I)$"),
        ("for real lambda ||W|| < 1", r"for real lambda $\|W\| < 1$"),
        ("relu is non-expansive", "relu is non-expansive"),
        ("D >= c eps + eta eps", r"$D \ge c \varepsilon + \eta \varepsilon$"),
        ("eps_tanhR, diagonal_eps, --epsilon 1", r"eps\_tanhR, diagonal\_eps, -{}-epsilon 1"),
        ("epsilon_0 is not explicit", r"$\varepsilon_{0}$ is not explicit"),
        ("the kernel of W - lambda I", r"the kernel of $W - \lambda I$"),
        ("sigma_k(W) <= 1, |det W| < 1", r"$\sigma_{k}(W) \le 1$, $|\det W| < 1$"),
        ("U* U = I leads to h*", r"$U^{*} U = I$ leads to $h^{*}$"),
        ("2*x", "2*$x$"),
        ("for every a the inputs l^k a by", r"for every $a$ the inputs $l^{k} a$ by"),
        ("l = Pi e, near I", r"$l = \Pi e$, near $I$"),
        (
            "U = [[1/2, 0], [0, 1]]",
            r"$U = \bigl[\begin{smallmatrix} 1/2 & 0 \\ 0 & 1 \end{smallmatrix}\bigr]$",
        ),
        ("(norms as real numbers)", "(norms as real numbers)"),
        ("", ""),
    ],
)
def test_claims(claim, latex):
    assert formula(claim) == latex


def every_text() -> list[str]:
    from urnn_proofs import theorem, verify_construction
    from urnn_proofs.theorems.registry import theorem_names

    texts = []
    reports = [verify_construction(2)]
    for name in theorem_names():
        proof = theorem(name)
        reports.append(proof.check())
        texts += [*proof.hypotheses, *(step.claim for step in proof.steps)]
    for report in reports:
        for check in report.all_checks():
            texts += [check.claim, check.scope]
    return texts


def test_no_formula_of_this_package_is_left_as_text():
    texts = every_text()
    assert len(texts) > 150
    for text in texts:
        left = "".join(s.text for s in segments(text) if not s.is_math)
        assert not re.search(r"[=<>^|\[\]+]|\bdim\b|\bker\b|\bW[234]\b", left), (text, left)
        latex = formula(text)
        assert latex.isascii()
        assert latex.count("$") == 2 * sum(s.is_math for s in segments(text))
        assert latex.count("{") == latex.count("}")


@given(st.text(max_size=40))
def test_any_text_becomes_balanced_ascii(text):
    for latex in (escape(text), formula(text)):
        assert latex.isascii()
        assert latex.isprintable()
        bare = re.sub(r"\\.", "", latex)
        depth = 0
        for char in bare:
            depth += (char == "{") - (char == "}")
            assert depth >= 0
        assert depth == 0
    bare = re.sub(
        r"\\ensuremath\{[^}]*\}", "", re.sub(r"\\[^A-Za-z]|\\[A-Za-z]+", "", escape(text))
    )
    assert not set(bare) & set('$&#%_|<>"')


@given(st.text(max_size=40))
def test_no_character_of_a_claim_is_lost(text):
    kept = "".join(s.text for s in segments(text) if not s.is_math)
    assert all(kept.count(c) <= text.count(c) for c in set(kept))
    if not any(s.is_math for s in segments(text)):
        assert kept == text
