"""How many states: every page, that no relation in it is idle, and its claims on numbers."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from urnn_proofs import Role, Trust, Verdict, check, theorem
from urnn_proofs.certificate import Certificate, labelled
from urnn_proofs.theorems import (
    board,
    complex_states,
    expansive,
    iff_diagonal,
    n_plus_eigenspace,
    n_plus_mu,
    no_bound,
    not_robust,
    two_n_minus_1,
)
from urnn_proofs.theorems.board import Board

FORMAL = {
    "2n-1": ("theorem_2n_minus_1",),
    "n+eigenspace": ("theorem_A", "theorem_A_complex", "scalar_memory"),
    "2n-not-robust": ("diagonal_eps", "witness_exact_vs_eps"),
    "no-bound": ("all_inputs", "no_bound", "no_bound_diag", "all_inputs_2"),
    "complex": ("complex_urnn", "complex_contraction"),
    "expansive": ("expansive_not_close", "expansive_not_equivalent", "expansive_scalar_real"),
}
WORDS = ("n+mu", "2n-iff-diagonal")


@pytest.mark.parametrize("name", FORMAL)
def test_what_coq_checked_is_proved(name):
    proof = theorem(name)
    report = proof.check()
    assert (report.verdict, report.trust) == (Verdict.PROVED, Trust.FORMAL)
    assert proof.statement.coq == FORMAL[name]
    skeleton = [c for c in report.checks if c.role is Role.SKELETON]
    assert [c.name for c in skeleton] == [s.name for s in proof.steps]
    assert {(c.verdict, c.trust) for c in skeleton} == {(Verdict.PROVED, Trust.KERNEL)}
    assert {c.verdict for c in report.checks if c.role is Role.CROSS_CHECK} == {Verdict.PROVED}
    assert check(report.certificate) is Verdict.PROVED


@pytest.mark.parametrize("name", WORDS)
def test_what_coq_does_not_know_is_assumed_on_its_words(name):
    report = theorem(name).check()
    assert (report.verdict, report.trust) == (Verdict.ASSUMED, Trust.WORDS)
    assert [c.name for c in report.weakest()] == ["words"]
    assert {c.verdict for c in report.checks if c.name != "words"} == {Verdict.PROVED}
    assert check(report.certificate) is Verdict.PROVED


# -- nothing that is given is idle ----------------------------------------------------------------

# A step, and which of its relations follow from the others: either of W^T V = V^T W, W V^T = V W^T.
STEPS = {
    two_n_minus_1.scaling: set(),
    two_n_minus_1.one_unit: set(),
    two_n_minus_1.norm_one: set(),
    two_n_minus_1.kernel_vector: set(),
    no_bound.dilation: set(),
    no_bound.induction: set(),
    no_bound.lost: set(),
    not_robust.one_unit_more: set(),
    not_robust.scaling: set(),
    complex_states.singular_values: set(),
    complex_states.unitary: {2, 3},
    complex_states.gate: set(),
    complex_states.induction: set(),
    expansive.gain: set(),
    n_plus_eigenspace.hypotheses: set(),
    n_plus_mu.drift: set(),
    n_plus_mu.closest: set(),
    n_plus_mu.no_clipping: set(),
    n_plus_mu.at_rest: set(),
    n_plus_mu.linear: set(),
    n_plus_mu.defect: set(),
    n_plus_mu.sharp: set(),
    iff_diagonal.at_the_kinks: set(),
    iff_diagonal.identically: set(),
    iff_diagonal.gram_matrix: set(),
    iff_diagonal.silent_units: set(),
}


def names(step):
    return f"{step.__module__.rpartition('.')[2]}.{step.__name__}"


def given_by(step):
    """Return all relations that a step gives, by their text."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        real = Board.given

        def kept(self, *relations):
            found.update({str(r.polynomial): None for r in relations})
            real(self, *relations)

        patch.setattr(Board, "given", kept)
        step()
    return list(found)


@pytest.mark.parametrize("step", STEPS, ids=names)
def test_a_relation_dropped_loses_the_step(step, monkeypatch):
    real = board.find_cofactors
    idle = set()
    for k, text in enumerate(given_by(step)):

        def without(claim, relations, text=text):
            return real(claim, [0 * r if str(r) == text else r for r in relations])

        monkeypatch.setattr(board, "find_cofactors", without)
        if step().check.verdict is not Verdict.UNKNOWN:
            idle.add(k)
    assert idle == STEPS[step]


# -- inequalities: every sign and every hypothesis counts -----------------------------------------

PAGES = (
    two_n_minus_1,
    no_bound,
    not_robust,
    complex_states,
    expansive,
    n_plus_eigenspace,
    n_plus_mu,
    iff_diagonal,
)


@cache
def stated_on(module):
    """Return the relations between numbers that the steps of a page state, by step and text."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for step in module.page.proof().steps:
            patch.setattr(
                Board,
                "compare",
                lambda _, *some, name=step.name: found.extend((name, each) for each in some),
            )
            step.run()
    return found


def accepted(inequality) -> Verdict:
    claim, evidence = inequality.as_json()
    return check(labelled(Certificate("consequence", claim, evidence), "attack"))


@pytest.mark.parametrize("module", PAGES, ids=lambda m: m.page.name)
def test_a_sign_a_hypothesis_or_a_bound_changed_is_not_accepted(module):
    stated = stated_on(module)
    assert stated
    for name, good in stated:
        assert accepted(good) is Verdict.PROVED, (name, good.text)
        used = {i for _, factors, _ in good.summands for i in factors if i >= 0}
        for i in used:
            hypotheses = list(good.hypotheses)
            hypotheses[i] = (-hypotheses[i][0], hypotheses[i][1])
            lie = replace(good, hypotheses=tuple(hypotheses))
            squared = all(f.count(i) % 2 == 0 for _, f, _ in good.summands)
            assert squared or accepted(lie) is Verdict.REFUTED, (name, good.text, i)
        for k, factor in enumerate(good.multiples):
            if factor:
                equations = list(good.equations)
                equations[k] = equations[k] + 1
                lie = replace(good, equations=tuple(equations))
                assert accepted(lie) is Verdict.REFUTED, (name, good.text, k)
        if good.conclusion != -1:
            lie = replace(good, conclusion=good.conclusion - 1)
            assert accepted(lie) is Verdict.REFUTED, (name, good.text)


@pytest.mark.parametrize("module", PAGES, ids=lambda m: m.page.name)
def test_a_contradiction_needs_something_strict(module):
    """With >= for > everywhere nothing is contradictory: all numbers could be 0 or so."""
    for name, good in stated_on(module):
        strict = [g for g, is_strict in good.hypotheses if is_strict]
        if good.conclusion == -1 and strict and not any(-1 in f for _, f, _ in good.summands):
            weak = tuple((g, False) for g, _ in good.hypotheses)
            assert accepted(replace(good, hypotheses=weak)) is Verdict.REFUTED, (name, good.text)


# -- the claims on numbers, by other means --------------------------------------------------------


def contraction(rng, n, norm=0.9):
    W = rng.standard_normal((n, n))
    return norm * W / np.linalg.norm(W, 2)


def run(U, F, b, C, h, x):
    """Return the outputs of a ReLU network in floating point."""
    found = []
    for value in x:
        h = np.maximum(U @ h + F @ value + b, 0)
        found.append(C @ h)
    return np.array(found)


def completed(Q):
    """Return an orthogonal matrix whose first columns are the orthonormal columns of Q."""
    n = Q.shape[1]
    left, _, _ = np.linalg.svd(Q, full_matrices=True)
    return np.hstack([Q, left[:, n:]])


@pytest.mark.parametrize("seed", range(5))
def test_the_quadratic_equation_gives_norm_1(seed):
    """2n - 1: tau of the page, and the norm by NumPy's singular values."""
    rng = np.random.default_rng(seed)
    n = 4
    W = contraction(rng, n)
    G = np.linalg.inv(np.eye(n) - W.T @ W)
    i = seed % n
    w, e = W[i], np.eye(n)[i]
    a, g, c = w @ G @ w, e @ G @ e, w @ G @ e
    d = a * g - c * c
    tau = (g - a + np.sqrt((g - a) ** 2 + 4 * d)) / (2 * d)
    E = np.diag(np.sqrt(1 + tau * e))
    s = np.linalg.svd(E @ W @ np.linalg.inv(E), compute_uv=False)
    assert tau > 0
    assert abs(s[0] - 1) < 1e-9
    assert s[1] < 1 - 1e-9
    v = G @ w - tau * c / (1 + tau * g) * G @ e
    K = np.eye(n) - W.T @ W + tau * np.outer(e, e)
    assert np.allclose(K @ v, w)
    assert abs(tau * (w @ v) - 1) < 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_all_inputs_with_n_plus_2r_states(seed):
    """no-bound: inputs up to 10^6, and a start with negative entries."""
    rng = np.random.default_rng(seed)
    n = 3
    W = contraction(rng, n)
    values, vectors = np.linalg.eigh(np.eye(n) - W.T @ W)
    W3 = np.diag(np.sqrt(values)) @ vectors.T
    zero = np.zeros((n, n))
    U = completed(np.block([[W, zero], [W3, zero], [zero, -np.eye(n)]]))
    assert np.allclose(U.T @ U, np.eye(3 * n))
    F, C, b, h = (rng.standard_normal(s) for s in ((n, 2), (2, n), n, n))
    x = rng.standard_normal((60, 2)) * 10.0 ** rng.integers(0, 7, size=(60, 1))
    wide = np.vstack([F, np.zeros((2 * n, 2))])
    found = run(
        U, wide, np.r_[b, np.zeros(2 * n)], np.c_[C, zero[:2], zero[:2]], np.r_[h, h * 0, h * 0], x
    )
    wanted = run(W, F, b, C, h, x)
    assert np.allclose(found, wanted, rtol=1e-9, atol=1e-6)


def test_the_construction_for_one_bound_fails_on_a_long_input_where_no_bound_does_not():
    """The same W with gates biased for M = 1: a long input opens them."""
    rng = np.random.default_rng(1)
    W = contraction(rng, 2)
    values, vectors = np.linalg.eigh(np.eye(2) - W.T @ W)
    W3 = np.diag(np.sqrt(values)) @ vectors.T
    U = completed(np.vstack([W, W3]))
    one = np.eye(2)
    F, C = np.vstack([one, 0 * one]), np.hstack([one, 0 * one])
    b = np.array([0, 0, -20.0, -20.0])
    x = np.abs(rng.standard_normal((30, 2))) * 1000
    wanted = run(W, one, np.zeros(2), one, np.zeros(2), x)
    assert not np.allclose(run(U, F, b, C, np.zeros(4), x), wanted)


@pytest.mark.parametrize("w", [(0.2, 0.5, 0.7), (0.0, 0.0, 0.0), (0.5, 0.5, -0.5, 0.9)])
def test_the_triangular_matrix_has_one_singular_value_below_1(w):
    """2n-not-robust: L by its definition, its singular values by NumPy."""
    n = len(w)
    s = np.sqrt(1 - np.array(w) ** 2)
    L = np.diag(w).astype(float)
    for i in range(n):
        for j in range(i):
            L[i, j] = s[i] * s[j] * np.prod([-w[k] for k in range(j + 1, i)])
    values = np.linalg.svd(L, compute_uv=False)
    assert np.allclose(values[:-1], 1)
    assert abs(values[-1] - abs(np.prod(w))) < 1e-12  # |det L|
    near = np.array(
        not_robust.nearby([*map(not_robust.Fraction, w)], not_robust.Fraction(8)).to_fractions()
    )
    T = np.diag(s * 8.0 ** np.arange(n))
    assert np.allclose(np.linalg.inv(T) @ L @ T, near.astype(float))


@pytest.mark.parametrize("seed", range(3))
def test_n_complex_states(seed):
    """complex: in complex arithmetic, with split ReLU."""
    rng = np.random.default_rng(seed)
    n = 4
    W = contraction(rng, n)
    P, s, Qt = np.linalg.svd(W)
    U = W + 1j * P @ np.diag(np.sqrt(1 - s**2)) @ Qt
    assert np.allclose(U.conj().T @ U, np.eye(n))
    F, C, b = rng.standard_normal((n, 2)), rng.standard_normal((3, n)), rng.standard_normal(n)
    H = (np.linalg.norm(F, 2) * 3 + np.linalg.norm(b)) / (1 - 0.9)
    h, g = np.zeros(n, complex), np.zeros(n)
    for value in rng.uniform(-2, 2, (50, 2)):
        z = U @ h + F @ value + b - 1j * H
        h = np.maximum(z.real, 0) + 1j * np.maximum(z.imag, 0)
        g = np.maximum(W @ g + F @ value + b, 0)
        assert np.allclose(C @ h, C @ g)


@pytest.mark.parametrize("seed", range(3))
def test_the_sharp_bias_reaches_n_plus_mu(seed):
    """n+mu, A7: a random W has mu = 1, and n + 1 states do with a large bias."""
    rng = np.random.default_rng(seed)
    n = 3
    W = contraction(rng, n, 0.8)
    q = rng.standard_normal((1, n))
    P = sum(
        np.linalg.matrix_power(W, j).T @ q.T @ q @ np.linalg.matrix_power(W, j) for j in range(400)
    )
    S = np.linalg.cholesky(P).T
    one = np.ones(n)
    target = one * np.linalg.norm(S @ one) / np.sqrt(n)
    difference = S @ one - target
    S = S - 2 * np.outer(difference, difference @ S) / (difference @ difference)
    assert (S @ one > 0).all()
    R = S @ W @ np.linalg.inv(S)
    values, vectors = np.linalg.eigh(np.eye(n) - R.T @ R)
    assert (values[:-1] < 1e-9).all(), "the defect has rank 1"
    U = completed(np.vstack([R, np.sqrt(values[-1]) * vectors[:, -1]]))
    h = 1e4 * one
    F, C = rng.standard_normal((n, 2)), rng.standard_normal((2, n))
    b = h - W @ h
    x = rng.uniform(-1, 1, (80, 2))
    wanted = run(W, F, b, C, h, x)
    found = run(
        U,
        np.vstack([S @ F, np.zeros((1, 2))]),
        np.r_[S @ b, -1e8],
        np.hstack([C @ np.linalg.inv(S), np.zeros((2, 1))]),
        np.r_[S @ h, 0],
        x,
    )
    assert np.allclose(found, wanted, rtol=1e-8)
    lower = run(
        U,
        np.vstack([S @ F, np.zeros((1, 2))]),
        np.r_[S @ b, 1e8],
        np.eye(n + 1),
        np.r_[S @ h, 0],
        x,
    )
    assert lower[:, -1].max() > 0, "control: with the wrong sign of its bias the gate is open"
