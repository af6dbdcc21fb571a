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


entries = st.fractions(-9, 9, max_denominator=12)
shapes = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(shapes, st.data())
def test_the_algebra_agrees_with_fractions(shape, data):
    """Over the least denominator or any other: the same matrix."""
    rows, columns = shape
    table = [[data.draw(entries) for _ in range(columns)] for _ in range(rows)]
    least = RationalMatrix.from_fractions(table)
    other = RationalMatrix(least.numerators * 6, least.denominator * 6)
    factor = data.draw(entries)
    for M in (least, other):
        assert M.entries() == [x for row in table for x in row]
        assert (M * factor).to_fractions() == [[x * factor for x in row] for row in table]
        assert factor * M == M * factor
        assert (3 * M)[0, 0] == 3 * table[0][0]
        assert M.reduced().to_fractions() == table
        assert M.reduced().denominator == least.denominator
        assert M.rank() == sympy.Matrix(table).rank()
        assert M.transpose().to_fractions() == [list(column) for column in zip(*table)]
        order = data.draw(st.lists(st.integers(0, columns - 1), max_size=5))
        assert M.block([rows - 1], order).to_fractions() == [[table[rows - 1][j] for j in order]]
        assert RationalMatrix.identity(rows) @ M == M == M @ RationalMatrix.identity(columns)
        d = [data.draw(entries) for _ in range(rows)]
        scaled = [[d[i] * x for x in row] for i, row in enumerate(table)]
        assert (RationalMatrix.diagonal(d) @ M).to_fractions() == scaled
        assert (
            RationalMatrix.blocks([[M, M], [M, M]]).block(range(rows, 2 * rows), range(columns))
            == M
        )
        assert M.frobenius_squared() == sum(x * x for row in table for x in row)
        assert M.replace((0, 0), factor)[0, 0] == factor


@given(st.integers(1, 4), st.data())
def test_solving_is_exact_and_singular_matrices_are_refused(n, data):
    table = [[data.draw(entries) for _ in range(n)] for _ in range(n)]
    A = RationalMatrix.from_fractions(table)
    right = RationalMatrix.from_fractions([[data.draw(entries)] for _ in range(n)])
    if A.rank() < n:
        with pytest.raises(ZeroDivisionError):
            A.solve(right)
    else:
        assert A @ A.solve(right) == right


def test_only_numbers_multiply_a_matrix():
    with pytest.raises(TypeError):
        RationalMatrix.identity(2) * "2"
    with pytest.raises(TypeError):
        RationalMatrix.identity(2) * 0.5
