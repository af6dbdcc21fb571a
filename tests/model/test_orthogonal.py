"""One matrix type, two ways to write it: what holds for one holds for the other."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction as Q

import numpy as np
import pytest
import sympy
from changed import changed as with_other_parts
from flint import fmpz_mat
from hypothesis import given
from hypothesis import strategies as st
from oracles import is_orthogonal
from tables import BELOW, MATRICES, ONE, names

from urnn_proofs import RNN, Verdict, equivalent_urnn
from urnn_proofs.checks.exact.dilation import check_dilation, dilation_evidence_holds
from urnn_proofs.checks.exact.orthogonality import check_orthogonal
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix


def matrix(name):
    return RationalMatrix.parse(MATRICES[name][0], "W")


def contraction(n, seed=0, norm=0.9):
    W = np.random.default_rng(seed).standard_normal((n, n))
    return RationalMatrix.parse(W * (norm / np.linalg.norm(W, 2)), "W")


def root(value):
    """The square root, from integers alone."""
    return float(Q(math.isqrt((value.numerator << 4000) // value.denominator), 2**2000))


def written_out(U):
    return Orthogonal(U.R, U.alpha, U.beta)


FORMS = {"blocks": lambda U: U, "written out": written_out}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", names(BELOW, ONE))
def test_every_form_says_the_same_about_the_matrix(name, form):
    W = matrix(name)
    found = dilate(W)
    entries, U = dilate(W).U.R, FORMS[form](found.U)
    n, N, d = W.shape[0], entries.shape[0], U.denominator
    assert U.shape == (N, N)
    assert [[Q(x, d) for x in row] for row in U.rows()] == entries.to_fractions()
    assert U.upper_left(n) == W
    assert U.lower_left(n) == entries.block(range(n, N), range(n))
    if n > 1:
        assert U.upper_left(1)[0, 0] == W[0, 0]
        assert U.lower_left(1) == entries.block(range(1, N), [0])
    assert (entries * d).reduced().bits <= U.bits
    p = 10007
    assert [[int(x) % p for x in row] for row in U.rows()] == [
        [int(x) for x in row] for row in U.modulo(p).tolist()
    ]
    assert U.is_rational is all(x == 1 for x in (*U.alpha, *U.beta))
    exact = [
        [root(a * b * x * x) * (1 if x > 0 else -1) for b, x in zip(U.beta, row)]
        for a, row in zip(U.alpha, entries.to_fractions())
    ]
    assert np.allclose(U.to_numpy(), exact, rtol=1e-15, atol=0)
    assert is_orthogonal(U.R.to_fractions(), U.alpha, U.beta)
    assert dilation_evidence_holds(W, U, found)
    assert check_dilation(W, U, found).verdict is Verdict.PROVED
    assert check_dilation(W, U, None).verdict is Verdict.PROVED
    assert check_orthogonal(U).verdict is Verdict.PROVED
    assert "Orthogonal(" in repr(U)
    assert "R" in U._repr_html_() or "$" in U._repr_html_() or "×" in U._repr_html_()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_fail_to_be_orthogonal(form):
    """The name of the type is no evidence."""
    one, two = fmpz_mat([[1]]), fmpz_mat([[2]])
    U = FORMS[form](Orthogonal.from_blocks(1, one, one, one, (two, one, one)))
    assert check_orthogonal(U).verdict is Verdict.REFUTED


def test_blocks_and_evidence_need_no_entries():
    W = contraction(6)
    found = dilate(W)
    assert check_dilation(W, found.U, found).verdict is Verdict.PROVED
    found.U.to_numpy()
    assert found.U.bits
    assert found.U._R is None  # nothing so far needed the entries


@pytest.mark.parametrize("norm", [0.9, 1 - 1e-12])
def test_the_float_view_needs_no_long_integers(norm, monkeypatch):
    W = contraction(20, norm=norm)
    U, full = dilate(W).U, written_out(dilate(W).U)
    with monkeypatch.context() as patch:
        patch.setattr(Orthogonal, "_corner_rows", None)
        floats = U.to_numpy()
    assert np.allclose(floats, full.to_numpy(), rtol=1e-15, atol=0)


@given(
    st.fractions(min_value=Q(1, 10**6), max_value=10**6),
    st.integers(-1000, 1000),
    st.integers(0, 3000),
)
def test_scaled_entries_are_rounded_well_however_large_the_scales(alpha, numerator, shift):
    """sqrt(alpha 4^s) * (p / 2^s) = p sqrt(alpha): s cancels although 4^s overflows."""
    R = RationalMatrix.from_fractions([[Q(numerator, 2**shift)]])
    U = Orthogonal(R, (alpha * 4**shift,))
    expected = float(numerator) * float(sympy.sqrt(sympy.Rational(alpha)).evalf(30))
    assert U.to_numpy()[0, 0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("alpha", [(Q(0),), (Q(-1),), ()])
def test_scales_must_be_positive_and_fit(alpha):
    with pytest.raises(InputError, match="alpha"):
        Orthogonal(RationalMatrix.parse([[1]], "R"), alpha, (Q(1),))


def tampered(U, **parts):
    fields = {**U.blocks._asdict(), "alpha": U.alpha, "beta": U.beta, **parts}
    return Orthogonal.from_blocks(**fields)


def changed(M, i, j):
    M = fmpz_mat(M)
    M[i, j] += 1
    return M


def alterations(U):
    first, middle, last = U.blocks.corner
    r = last.nrows()
    for i, j in ((0, 0), (0, r - 1), (r - 1, r - 1)):
        for name in ("upper_left", "upper_right", "lower_left"):
            yield tampered(U, **{name: changed(getattr(U.blocks, name), i, j)})
        yield tampered(U, corner=(changed(first, i, j), middle, last))
        yield tampered(U, corner=(first, changed(middle, i, j), last))
        yield tampered(U, corner=(first, middle, changed(last, i, j)))
    yield tampered(U, corner=(first, -middle, last))
    yield tampered(U, denominator=U.denominator + 1)
    for name in ("alpha", "beta"):
        scale = getattr(U, name)
        yield tampered(U, **{name: (*scale[:-1], scale[-1] * 2)})
        yield tampered(U, **{name: (Q(2), *scale[1:])})


@pytest.mark.parametrize("limit", [0, 200_000])
def test_every_changed_factor_is_caught(monkeypatch, limit):
    from urnn_proofs.checks.exact import orthogonality

    monkeypatch.setattr(orthogonality, "_DIRECT_LIMIT", limit)
    W = contraction(4)
    found = dilate(W)
    assert check_dilation(W, found.U, found).verdict is Verdict.PROVED
    count = 0
    for bad in alterations(found.U):
        for evidence in (found, None, dataclasses.replace(found, U=bad)):
            assert check_dilation(W, bad, evidence).verdict is Verdict.REFUTED
        count += 1
    assert count == 24


def test_equal_products_of_other_factors_are_not_refuted():
    """Other factors with the same product are the same matrix; shown by expanding it."""
    W = contraction(3)
    found = dilate(W)
    first, middle, last = found.U.blocks.corner
    same = tampered(found.U, corner=(-first, -middle, last))
    assert dilation_evidence_holds(W, same, found)
    assert check_dilation(W, same, found).verdict is Verdict.PROVED


def test_shapes_and_scales_are_checked():
    U = dilate(contraction(2)).U
    for bad in (
        {"corner": (U.blocks.corner[0], U.blocks.corner[1], fmpz_mat(1, 2))},
        {"denominator": 0},
        {"alpha": U.alpha[1:]},
        {"beta": (*U.beta[1:], -U.beta[0])},
    ):
        with pytest.raises(InputError):
            tampered(U, **bad)


def test_a_network_with_more_than_32_added_states():
    n = 33
    W = np.random.default_rng(1).standard_normal((n, n)).round(1)
    W *= 0.5 / 2 ** np.ceil(np.log2(np.linalg.norm(W, 2)))
    net = RNN(np.round(W * 256) / 256, np.ones((n, 1)), np.zeros(n), np.ones((1, n)))
    both = equivalent_urnn(net, 1)
    U = both.urnn.W
    assert both.report.verdict is Verdict.PROVED
    assert isinstance(U, Orthogonal)
    assert U._R is None  # nothing so far needed the entries
    floats = U.to_numpy()
    assert np.abs(floats.T @ floats - np.eye(2 * n)).max() < 1e-12
    x = np.random.default_rng(0).uniform(-1, 1, (20, 1))
    assert np.abs(both.urnn.run(x) - net.run(x)).max() < 1e-9
    first, middle, last = U.blocks.corner
    bad = tampered(U, corner=(first, changed(middle, 5, 7), last))
    urnn = both.urnn.replace(W=bad)
    report = with_other_parts(both, urnn=urnn).verify()
    assert report.verdict is Verdict.REFUTED
