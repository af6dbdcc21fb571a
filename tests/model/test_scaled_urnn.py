"""Numbers with one square root, and URNNs whose states carry them."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.field import diagonal_form, product
from urnn_proofs.model.quadratic import Quadratic, in_balls, number, root, sign
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled_urnn import ScaledURNN

small = st.fractions(min_value=-5, max_value=5, max_denominator=12)
roots = st.sampled_from([2, 3, 5, 7, 30])


def real(x):
    if isinstance(x, Q):
        return mpmath.mpf(x.numerator) / x.denominator
    return real(x.a) + real(x.b) * mpmath.sqrt(x.d)


@given(small, small, small, small, roots)
def test_arithmetic_is_that_of_the_real_numbers(a, b, c, e, d):
    x, y = number(a, b, d), number(c, e, d)
    with mpmath.workdps(60):
        tiny = mpmath.mpf(10) ** -50
        for ours, theirs in (
            (x + y, real(x) + real(y)),
            (x - y, real(x) - real(y)),
            (x * y, real(x) * real(y)),
            (2 - x, 2 - real(x)),
            (Q(1, 3) * x, real(x) / 3),
        ):
            assert abs(real(ours) - theirs) < tiny
        if y:
            assert abs(real(x / y) - real(x) / real(y)) < tiny * 100
            assert y / y == 1
        difference = real(x) - real(y)
        assert sign(x - y) == (0 if x == y else (1 if difference > 0 else -1))
        assert (x < y) is (difference < 0 and x != y)
        assert (x == y) is ((a, b) == (c, e))


@pytest.mark.parametrize(
    ("a", "b", "d", "expected"),
    [
        (10**20, -1, 10**40 - 1, 1),
        (10**20, -1, 10**40 + 1, -1),
        (-(10**20), 1, 10**40 + 1, 1),
        (3, -1, 10, -1),
        (0, -1, 2, -1),
        (-7, 5, 2, 1),
    ],
)
def test_signs_are_decided_where_floats_see_nothing(a, b, d, expected):
    assert sign(Quadratic(Q(a), Q(b), d)) == expected


@given(st.fractions(min_value=0, max_value=1000, max_denominator=60))
def test_roots_square_to_what_they_are_roots_of(value):
    x = root(value)
    assert x * x == value
    assert sign(x) == (value > 0)


def test_balls_resolve_what_nearly_cancels():
    x = root(Q(10**80 + 1)) - 10**40
    assert sign(x) == 1
    assert abs(float(in_balls(x, 64)) - 5e-41) < 1e-55


def test_two_square_roots_do_not_mix():
    with pytest.raises(UnsupportedError, match="one square root"):
        root(Q(2)) + root(Q(3))
    assert root(Q(2)) + root(Q(8)) == 3 * root(Q(2))


@given(st.lists(st.lists(small, min_size=3, max_size=3), min_size=1, max_size=3), roots)
def test_a_gram_matrix_is_a_sum_of_squares_of_its_rank(rows, d):
    rows = [[number(x, row[0], d) for x in row] for row in rows]
    A = product(list(zip(*rows)), rows)
    found = diagonal_form(A)
    assert found is not None
    L, pivots = found
    assert all(sign(p) > 0 for p in pivots)
    scaled = [[p * x for x in row] for p, row in zip(pivots, L)]
    if L:
        assert product(list(zip(*scaled)), L) == A
    assert len(L) <= len(rows)


def test_what_is_not_semidefinite_has_no_such_form():
    one, zero = Q(1), Q(0)
    assert diagonal_form([[one, zero], [zero, -one]]) is None
    assert diagonal_form([[zero, one], [one, one]]) is None
    assert diagonal_form([[one, 1 + root(Q(1, 100))], [1 + root(Q(1, 100)), one]]) is None
    assert diagonal_form([[zero, zero], [zero, one]]) == (((zero, one),), (one,))


def urnn():
    half = Q(1, 2)
    column = RationalMatrix.column
    return ScaledURNN(
        ((half, -half), (Q(3, 2), half)),
        (Q(3), Q(1)),
        column([1, 0]),
        column([0, -9]),
        RationalMatrix.parse([[1, 0]], "C"),
        column([0, 0]),
    )


def test_both_simulations_agree():
    x = [[Q(1)], [Q(-1, 2)], [Q(2)], [Q(0)]]
    floats = urnn().run([[float(v) for v in row] for row in x])
    assert np.allclose(floats, [[float(v) for v in row] for row in urnn().run_exact(x)])
    batch = urnn().run(np.ones((4, 3, 1)))
    assert batch.shape == (4, 3, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": (Q(3), Q(0))},
        {"weights": (Q(3), -root(Q(2)))},
        {"weights": (Q(3),)},
        {"R": ((Q(1), Q(0)),)},
        {"R": ()},
        {"b": RationalMatrix.column([0])},
        {"C": RationalMatrix.parse([[1]], "C")},
    ],
)
def test_sizes_and_signs_that_do_not_fit(changes):
    with pytest.raises(InputError):
        dataclasses.replace(urnn(), **changes)


@pytest.mark.parametrize("x", [[[1, 2]], [1.0], [[float("nan")]]])
def test_bad_inputs(x):
    with pytest.raises(InputError):
        urnn().run(x)


def test_an_irrational_output_is_refused():
    net = dataclasses.replace(urnn(), R=((root(Q(2)), Q(0)), (Q(0), Q(1))))
    with pytest.raises(UnsupportedError, match="irrational"):
        net.run_exact([[1], [1]])
