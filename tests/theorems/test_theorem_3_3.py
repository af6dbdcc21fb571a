"""Theorem 3.3: the short proof for all N, the strong form, and what is needed for either."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import numpy as np
import pytest
import sympy as sp
from flint import arb
from typer.testing import CliRunner

from urnn_proofs import InputError, Role, Trust, UnsupportedError, Verdict, check, kernel, theorem
from urnn_proofs.certificate import Certificate, labelled
from urnn_proofs.checks.symbolic.triangular import (
    determinant_contradiction,
    null_vector_contradiction,
)
from urnn_proofs.cli import app
from urnn_proofs.formal import record
from urnn_proofs.formal.record import recorded
from urnn_proofs.model.activation import activation
from urnn_proofs.theorems import board, theorem_3_3, theorem_3_3_strong
from urnn_proofs.theorems.board import Board
from urnn_proofs.theorems.nowhere_flat import nowhere_flat


@pytest.fixture(scope="module")
def weak():
    return theorem("3.3").check()


@pytest.fixture(scope="module")
def strong():
    return theorem("3.3-strong").check()


def test_the_short_proof(weak):
    assert weak.verdict is Verdict.PROVED
    assert weak.trust is Trust.FORMAL
    assert {c.trust for c in weak.checks if c.name.startswith("U")} == {Trust.KERNEL}
    assert check(weak.certificate) is Verdict.PROVED
    certificates = next(c for c in weak.checks if c.name == "U2 certificates")
    assert certificates.scope == "N = 1, ..., 6"


def test_the_strong_form_rests_on_its_words_and_cites_nothing(strong):
    assert (strong.verdict, strong.trust) == (Verdict.ASSUMED, Trust.WORDS)
    assert [c.name for c in strong.weakest()] == ["words"]
    others = [c for c in strong.checks if c.name != "words"]
    assert {c.verdict for c in others} == {Verdict.PROVED}
    assert not any("citation" in c.evidence for c in strong.checks)


@pytest.mark.parametrize("name", ["tanh", "logistic"])
def test_the_strong_form_names_what_coq_proved_of_it(strong, name):
    (given,) = [c for c in strong.checks if c.name == f"V1 to V6 given IL, {name}"]
    assert (given.verdict, given.trust) == (Verdict.PROVED, Trust.FORMAL)
    assert given.role is Role.CROSS_CHECK  # the page does not rest on it: IL is in words
    assert "independence lemma" in given.evidence["believed"]
    said = " ".join(given.evidence[f"strong_form_{name}R"].split())
    assert "vanishing_powers (trans T) ->" in said
    assert said.index("independence") < said.index("reduced") < said.index("~ equivalent")


def test_coqs_check_of_a_part_is_not_shown_as_one_of_the_page(strong):
    shown = CliRunner().invoke(app, ["prove", "3.3-strong"])
    assert shown.exit_code == 3
    assert "run it again" not in shown.output
    assert r"\footnote{" not in theorem("3.3-strong").to_latex().split(r"\end{theorem}")[0]


def test_without_a_record_nothing_of_the_strong_form_is_formal(monkeypatch):
    monkeypatch.setattr(record, "digest_of", lambda folder: "0" * 64)
    report = theorem("3.3-strong").check()
    given = [c for c in report.checks if c.name.startswith("V1 to V6 given IL")]
    assert {(c.verdict, c.trust) for c in given} == {(Verdict.UNKNOWN, Trust.WORDS)}
    assert report.verdict is Verdict.ASSUMED


def certificate_of(inequality):
    return labelled(Certificate("consequence", *inequality.as_json()), inequality.name)


@pytest.mark.parametrize("N", range(1, 8))
def test_the_contradiction_for_one_size(N):
    assert check(certificate_of(null_vector_contradiction(N))) is Verdict.PROVED


@pytest.mark.parametrize("N", [1, 2, 3])
def test_the_contradiction_in_entries(N):
    found = determinant_contradiction(N)
    assert check(certificate_of(found)) is Verdict.PROVED
    a, b = (
        sp.Matrix(N + 1, N, lambda j, k: sp.Symbol(f"a{j}_{k}")),
        sp.Matrix(N, N + 1, lambda k, i: sp.Symbol(f"b{k}_{i}")),
    )
    # det of a product through a smaller space, by SymPy's own determinant
    assert sp.expand((a * b).det(method="berkowitz")) == 0


@pytest.mark.parametrize("make", [null_vector_contradiction, determinant_contradiction])
def test_every_equation_is_needed(make):
    """Without one of them the certificate no longer adds up."""
    found = make(2)
    for k, factor in enumerate(found.multiples):
        if factor == 0:
            continue
        rest = [f for i, f in enumerate(found.multiples) if i != k]
        without = dataclasses.replace(
            found,
            equations=tuple(e for i, e in enumerate(found.equations) if i != k),
            multiples=tuple(rest),
        )
        assert check(certificate_of(without)) is Verdict.REFUTED


def test_an_invertible_triangular_matrix_is_no_contradiction_without_a_null_vector():
    """The certificate must fail where the statement is false: v may be 0."""
    found = null_vector_contradiction(1)
    some = found.equations[-1]
    lie = dataclasses.replace(found, equations=(*found.equations[:-1], some + 1))
    assert check(certificate_of(lie)) is Verdict.REFUTED


def stated_by(step, monkeypatch):
    """Return the relations between numbers that a step states."""
    found = []
    with monkeypatch.context() as patch:
        patch.setattr(Board, "compare", lambda _, *stated: found.extend(stated))
        step()
    return found


def test_wrong_slopes_and_wrong_poles_are_rejected(monkeypatch):
    for inequality in stated_by(theorem_3_3.slopes, monkeypatch):
        weak = tuple((g, False) for g, _ in inequality.hypotheses)  # closed range: slope may be 0
        weaker = dataclasses.replace(inequality, hypotheses=weak)
        assert check(certificate_of(weaker)) is Verdict.REFUTED
    *_, odd = stated_by(theorem_3_3_strong.affine, monkeypatch)
    (first, _), *rest = odd.hypotheses
    same = dataclasses.replace(odd, hypotheses=((first, False), *rest))  # equal slopes allowed
    assert check(certificate_of(same)) is Verdict.REFUTED
    stated = stated_by(theorem_3_3_strong.tower, monkeypatch)
    (large,) = (s for s in stated if s.text.startswith("b >= 2, t >= 1"))
    b = large.ring.gens[1]
    whole = dataclasses.replace(large, hypotheses=((b - 1, False), *large.hypotheses[1:]))
    assert check(certificate_of(whole)) is Verdict.REFUTED  # rho = 1 is a whole number


STEPS = {
    theorem_3_3.factorisation: 3,
    theorem_3_3.triangular: 4,
    theorem_3_3.conclusion: 2,
    theorem_3_3_strong.matching: 1,
    theorem_3_3_strong.reachable: 2,
    theorem_3_3_strong.invariance: 2,
    theorem_3_3_strong.intertwining: 7,
    theorem_3_3_strong.isometry: 2,
    theorem_3_3_strong.decay: 2,
    theorem_3_3_strong.periods: 2,
    theorem_3_3_strong.converse: 4,
}


@pytest.mark.parametrize(
    ("step", "drop"),
    [(step, drop) for step, count in STEPS.items() for drop in range(count)],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_dropping_a_relation_loses_the_step(monkeypatch, step, drop):
    real = board.find_cofactors

    def without(claim, relations):
        return real(claim, [0 * r if i == drop else r for i, r in enumerate(relations)])

    monkeypatch.setattr(board, "find_cofactors", without)
    assert step().check.verdict is Verdict.UNKNOWN


def test_the_strong_form_on_numbers():
    """V5 by hand: W^T E W = E for E = diag(1, 2), and no such E for a contraction."""
    W = sp.Matrix([[Q(1, 3), Q(4, 3)], [Q(-2, 3), Q(1, 3)]])
    E = sp.diag(1, 2)
    assert W.T * E * W == E
    assert sp.diag(1, 1) != W.T * W


NAMES = ("tanh", "logistic", "softplus", "elu", "gelu", "silu", "sin")


@pytest.mark.parametrize("name", NAMES)
def test_smooth_activations_are_constant_nowhere(name):
    found = nowhere_flat(name)
    phi, step = activation(name), 1e-6
    slope = (phi.numpy(np.array([1 + step])) - phi.numpy(np.array([1 - step])))[0] / (2 * step)
    enclosed = arb(found.slope_at)
    assert abs(float(enclosed.mid()) - slope) < 1e-6
    grid = np.linspace(-8, 8, 4001)
    slopes = np.diff(phi.numpy(grid)) / np.diff(grid)
    assert np.abs(slopes).max() <= float(phi.lipschitz) + 1e-9
    assert np.abs(slopes).max() >= 0.97 * float(phi.lipschitz)
    assert found.non_expansive is (phi.lipschitz <= 1)


@pytest.mark.parametrize("name", ["relu", "relu6", "hard_tanh", "hard_sigmoid"])
def test_flat_activations_are_refused(name):
    with pytest.raises(UnsupportedError, match="constant on an interval"):
        nowhere_flat(name)


def test_leaky_relu_is_decided_by_its_slopes():
    assert nowhere_flat("leaky_relu").non_expansive


LISTED = ("softplus", "elu", "leaky_relu", "gelu", "silu", "sin")


@pytest.mark.parametrize("name", LISTED)
def test_each_listed_activation_has_a_coq_theorem(weak, name):
    (listed,) = [c for c in weak.checks if c.name == f"with {name}"]
    assert (listed.verdict, listed.trust) == (Verdict.PROVED, Trust.FORMAL)
    in_coq, definition = nowhere_flat(name).coq
    statement = recorded(in_coq).statement
    assert listed.evidence[in_coq] == statement
    assert "trans T' \\in unitmx -> ~ equivalent" in " ".join(statement.split())
    phi = definition.split()[0]  # the function that is defined is the one the theorem is about
    assert f"equivalent ({phi} " in statement
    assert in_coq in listed.engine


def test_without_a_record_that_applies_no_activation_is_formal(monkeypatch):
    monkeypatch.setattr(record, "digest_of", lambda folder: "0" * 64)
    found = [c for c in theorem("3.3").check().checks if c.name.startswith("with ")]
    listed = {c.name: c for c in found if c.name.removeprefix("with ") in LISTED}
    assert len(listed) == len(LISTED)
    assert {c.trust for c in listed.values()} == {Trust.BALL, Trust.EXACT}
    for each in listed.values():
        assert "not those that Coq checked" in each.evidence["Coq"]
        assert "size" not in each.claim


def test_unknown_names():
    with pytest.raises(InputError, match=r"3\.3-strong"):
        theorem("3.4")
    with pytest.raises(InputError, match="activation is 'swish'"):
        nowhere_flat("swish")


def test_the_kernel_reads_what_it_says(weak):
    text = weak.certificate.to_json()
    assert kernel.check_text(text).statement.startswith(f"{len(weak.certificate.claim)} claims")
