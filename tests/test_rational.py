from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import exact_number, format_rational, parse_rational
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled import ScaledRational

floats = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(floats, floats), min_size=1, max_size=4))
def test_a_float_is_the_rational_it_is_and_comes_back(rows):
    array = np.array(rows)
    matrix = RationalMatrix.parse(array, "A")
    assert matrix.to_fractions() == [[Fraction(x) for x in row] for row in array.tolist()]
    assert np.array_equal(matrix.to_numpy(), array)


@given(st.lists(st.lists(st.fractions(), min_size=2, max_size=2), min_size=2, max_size=2))
def test_products_agree_with_fractions(rows):
    A = RationalMatrix.from_fractions(rows)
    expected = [
        [sum(rows[i][k] * rows[j][k] for k in range(2)) for j in range(2)] for i in range(2)
    ]
    assert (A @ A.transpose()).to_fractions() == expected
    assert (A + A - A) == A
    assert (-A)[0, 1] == -rows[0][1]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_every_float_type_is_exact(dtype):
    value = dtype(1) / dtype(3)
    found = RationalMatrix.parse(np.array([[value]], dtype=dtype), "A")[0, 0]
    assert found == Fraction(*value.as_integer_ratio())


def test_mixed_exact_entries():
    entries = [1, Fraction(1, 3), 0.5, np.int64(2), sympy.Rational(2, 7)]
    matrix = RationalMatrix.parse([entries], "A")
    assert matrix.to_fractions() == [
        [1, Fraction(1, 3), Fraction(1, 2), Fraction(2), Fraction(2, 7)]
    ]


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ([[1, float("nan")]], r"A\[0, 1\] is nan"),
        (np.array([[1, np.inf]]), r"A\[0, 1\] is inf"),
        ([["1/2"]], r"A\[0, 0\] is '1/2'.*Fraction"),
        ([[True]], "boolean"),
        ([[1j]], "complex"),
        ("1 2; 3 4", "type str"),
        (np.array([[None]], dtype=object), "dtype object"),
        (np.array([["1"]]), "dtype <U1"),
        (np.array([[1 + 2j]]), "dtype complex128"),
        (np.array([1.0]), "1 dimensions"),
        ([[1, 2], [3]], "different lengths"),
        ([1, 2], r"A\[0\] is 1 of type int; expected a row"),
        (3, "type int"),
        ([[None]], "NoneType"),
    ],
)
def test_bad_entries_are_named(value, part):
    with pytest.raises(InputError, match=part):
        RationalMatrix.parse(value, "A")


def test_a_nested_vector_is_refused():
    with pytest.raises(InputError, match=r"b\[0\] is a sequence"):
        RationalMatrix.parse([[1], [2]], "b", ndim=1)


@pytest.mark.parametrize(
    "text", ["", "1/0", "1/2/3", "0x10", "1e3", " 1", "1.5", "²", "1_000", "--1", "9" * 50_000]
)
def test_only_plain_rationals_are_parsed(text):
    with pytest.raises(InputError):
        parse_rational(text)


def test_long_rationals_are_read_and_written():
    """Python itself refuses to convert more than 4300 digits at once."""
    for text in ("9" * 5000, "-" + "7" * 6000 + "/" + "1" + "0" * 5000):
        assert format_rational(parse_rational(text)) == text


def test_decimals_only_where_asked():
    assert parse_rational("1.25", decimals=True) == Fraction(5, 4)
    assert parse_rational("-3/6") == Fraction(-1, 2)


def test_exact_number_refuses_text():
    with pytest.raises(InputError, match=r"Fraction\(p, q\)"):
        exact_number("3", "x")


def test_overflow_becomes_infinite_and_underflow_zero():
    matrix = RationalMatrix.parse([[10**400, Fraction(1, 10**400)]], "A")
    assert matrix.to_numpy().tolist() == [[np.inf, 0.0]]


@given(
    st.fractions(min_value=Fraction(1, 10**6), max_value=10**6),
    st.integers(-1000, 1000),
    st.integers(0, 3000),
)
def test_scaled_entries_are_rounded_well_however_large_the_scales(alpha, numerator, shift):
    """sqrt(alpha 4^s) * (p / 2^s) = p sqrt(alpha): s cancels although 4^s overflows."""
    R = RationalMatrix.from_fractions([[Fraction(numerator, 2**shift)]])
    matrix = ScaledRational(R, (alpha * 4**shift,), (Fraction(1),))
    expected = float(numerator) * float(sympy.sqrt(sympy.Rational(alpha)).evalf(30))
    assert matrix.to_numpy()[0, 0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("alpha", [(Fraction(0),), (Fraction(-1),), ()])
def test_scales_must_be_positive_and_fit(alpha):
    with pytest.raises(InputError, match="alpha"):
        ScaledRational(RationalMatrix.parse([[1]], "R"), alpha, (Fraction(1),))
