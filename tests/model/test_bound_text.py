"""Short texts of bounds are bounds."""

from __future__ import annotations

from fractions import Fraction as Q

import pytest
from hypothesis import given
from hypothesis import strategies as st

from urnn_proofs.model.bound_text import about, at_least, at_most, between

numbers = st.builds(
    lambda p, q, e: Q(p, q) * Q(10) ** e,
    st.integers(0, 10**20),
    st.integers(1, 10**20),
    st.integers(-600, 600),
)


@given(numbers)
def test_upper_bounds_are_rounded_up_and_lower_ones_down(x):
    assert Q(at_least(x)) <= x <= Q(at_most(x)) <= Q(about(x))
    assert Q(about(x)) * 99 <= x * 100
    assert Q(at_most(x)) * 99_999 <= x * 100_000
    assert Q(at_least(x)) * 100_000 >= x * 99_999


@given(numbers, numbers)
def test_an_interval_is_rounded_outwards(x, y):
    low, high = min(x, y), max(x, y)
    said = between("r", (low, high))
    if low < high:
        left, _, right = said.split(" <= ")
        assert Q(left) <= low <= high <= Q(right)
    else:
        assert said.startswith("r is ")


@pytest.mark.parametrize(
    ("value", "text"),
    [(Q(1, 2), "0.5"), (Q(0), "0"), (Q(1234), "1.24e+03"), (Q(1, 3 * 10**8), "3.34e-09")],
)
def test_they_are_written_as_people_do(value, text):
    assert about(value) == text
