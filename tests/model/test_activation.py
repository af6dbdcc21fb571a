"""Activations are believed by their data: names are reserved, declarations checked or assumed."""

from __future__ import annotations

import dataclasses
from fractions import Fraction as Q

import numpy as np
import pytest
from flint import fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from urnn_proofs import (
    RNN,
    InputError,
    Verdict,
    equivalent_urnn,
    piecewise_linear,
)
from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.state_bound import BoundRule, StateBound, rule_holds
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.activation import (
    Activation,
    PiecewiseLinear,
    Smooth,
    activation,
    is_registered,
)
from urnn_proofs.model.autonomous import multiplicities_between
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.questions.exact_urnn import copied_urnn
from urnn_proofs.questions.search.counterexample import search_counterexample
from urnn_proofs.questions.search.problem import is_smooth
from urnn_proofs.show.tex.math import network as network_tex

BUILT_IN = [
    "relu",
    "relu6",
    "hard_tanh",
    "hard_sigmoid",
    "leaky_relu",
    "tanh",
    "logistic",
    "softplus",
    "elu",
    "gelu",
    "silu",
    "sin",
]


def declared(**changes):
    """``phi = 2 tanh``, ``phi' = 2 - phi^2 / 2``, declared by its data."""
    parts = {
        "name": "double_tanh",
        "function": lambda z: 2 * np.tanh(z),
        "slope_bound": Q(2),
        "derivative": (Q(2), Q(0), Q(-1, 2)),
        "open_range": (Q(-2), Q(2)),
    }
    return Smooth(**(parts | changes))


def scalar(w, phi):
    return RNN([[w]], [[1]], [0], [[1]], activation=phi)


class TestNames:
    @pytest.mark.parametrize("name", BUILT_IN)
    def test_a_built_in_name_is_reserved_for_the_built_in_data(self, name):
        with pytest.raises(InputError, match="kept for the built-in activation"):
            piecewise_linear(name, knots=[7], slopes=[0, 0], value=0)
        with pytest.raises(InputError, match="kept for the built-in activation"):
            PiecewiseLinear(name, (Q(7),), (Q(0), Q(0)), Q(0))
        with pytest.raises(InputError, match="kept for the built-in activation"):
            Smooth(name, np.arctan, Q(1))

    def test_the_zero_function_is_not_relu_for_its_name(self):
        zero = piecewise_linear("zero", knots=[0], slopes=[0, 0], value=0)
        with pytest.raises(InputError, match="name is 'relu'"):
            dataclasses.replace(zero, name="relu")
        assert not zero.is_relu

    def test_the_same_data_may_have_the_name(self):
        again = piecewise_linear("relu", knots=[0], slopes=[0, 1], value=0)
        assert again == activation("relu")
        assert is_registered(again)

    def test_relu_by_another_name_is_relu(self):
        ramp = piecewise_linear("ramp", knots=[0], slopes=[0, 1], value=0)
        assert ramp.is_relu
        net = scalar(Q(1, 2), ramp)
        assert equivalent_urnn(net, 1).report.verdict is Verdict.PROVED
        found = search_counterexample(net, 2, input_bound=1)
        assert (found.verdict, found.encoding) == (Verdict.REFUTED, "construction")
        assert "ramp" in network_tex(net)

    @pytest.mark.parametrize(
        "name", ["", "two words", "a" * 65, "\x1b[2J", "<b>", "\\input", "a-b", "é", 3, None]
    )
    def test_a_name_is_a_short_identifier(self, name):
        for make in (
            lambda: piecewise_linear(name, knots=[0], slopes=[0, 1], value=0),
            lambda: Smooth(name, np.arctan, Q(1)),
        ):
            with pytest.raises(InputError, match="expected a short name"):
                make()

    def test_an_activation_of_a_type_of_its_own_is_refused(self):
        class Fake(PiecewiseLinear):
            def exact(self, z):
                return Q(0)

        relu = activation("relu")
        for phi in (Fake("mine", relu.knots, relu.slopes, relu.value), Activation("mine")):
            with pytest.raises(InputError, match="is of the type"):
                scalar(Q(1, 2), phi)

    def test_a_function_that_calls_itself_equal_to_all_is_not_built_in(self):
        class Equal:
            def __call__(self, z):
                return 0 * z

            def __eq__(self, other):
                return True

            __hash__ = object.__hash__

        tanh = activation("tanh")
        with pytest.raises(InputError, match="kept for the built-in activation"):
            dataclasses.replace(tanh, function=Equal())
        zero = dataclasses.replace(tanh, name="zero", function=Equal())
        assert zero != tanh
        assert zero.assumption is not None
        assert search_counterexample(scalar(Q(1, 2), zero), 1).verdict is not Verdict.PROVED
        assert tanh == activation("tanh") != activation("logistic")

    def test_a_name_that_hides_from_comparison_is_refused(self):
        class Hidden(str):
            __slots__ = ()

            def __eq__(self, other):
                return False

            __hash__ = str.__hash__

        with pytest.raises(InputError, match="expected a short name"):
            piecewise_linear(Hidden("relu"), knots=[0], slopes=[0, 0], value=0)


class TestPiecewiseLinear:
    @pytest.mark.parametrize("part", ["knots", "slopes", "value"])
    def test_floats_are_not_taken_for_exact_data(self, part):
        parts = {"knots": (Q(0),), "slopes": (Q(0), Q(1)), "value": Q(0)}
        parts[part] = 0.1 if part == "value" else (0.1,) * len(parts[part])
        with pytest.raises(InputError, match="use piecewise_linear"):
            PiecewiseLinear("mine", **parts)


class TestDeclaredSmooth:
    def test_what_fits_is_accepted_and_remains_an_assumption(self):
        phi = declared()
        assert phi.assumption == (
            "double_tanh, as it was declared: its function has slopes of at most 2, "
            "phi' = (2) phi^0 + (-1/2) phi^2 and values in (-2, 2)"
        )
        assert "slopes of at most 1" in Smooth("arctan", np.arctan, Q(1)).assumption

    @pytest.mark.parametrize("name", BUILT_IN)
    def test_what_is_built_in_is_no_assumption(self, name):
        assert activation(name).assumption is None

    def test_other_data_under_the_function_of_tanh_are_not_tanh(self):
        phi = Smooth(
            "my_tanh", np.tanh, Q(1), derivative=(Q(1), Q(0), Q(-1)), open_range=(Q(-1), Q(1))
        )
        assert not is_smooth(phi)
        assert is_smooth(activation("tanh"))
        net = scalar(Q(1, 2), phi)
        found = search_counterexample(net, 2, encodings=["classes", "partition"])
        assert found.verdict is Verdict.UNKNOWN

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"derivative": (Q(0),)}, "so that the activation is constant"),
            ({"derivative": ()}, "so that the activation is constant"),
            ({"derivative": (Q(1),)}, "no root of derivative"),
            ({"open_range": (Q(-1), Q(2))}, "ends in -1, which is no root"),
            ({"open_range": (Q(2), Q(-2))}, "the smaller first"),
            ({"open_range": (Q(2), Q(2))}, "the smaller first"),
            ({"open_range": None}, "go together"),
            ({"derivative": None}, "go together"),
            ({"open_range": (Q(2),)}, "go together"),
            ({"value_at_zero": Q(2)}, "value_at_zero is 2"),
            ({"value_at_zero": Q(-7)}, "value_at_zero is -7"),
            ({"slope_bound": Q(2) - Q(1, 10**30)}, "below the largest slope"),
            ({"slope_bound": Q(0)}, "expected a positive number"),
            ({"slope_bound": 2.0}, "not all of type Fraction"),
            ({"value_at_zero": 0.5}, "not all of type Fraction"),
            ({"function": 3}, "expected a function of arrays"),
            # A root inside, seen although the polynomial does not change its sign there.
            ({"derivative": (Q(0), Q(0), Q(4), Q(0), Q(-1))}, "root inside open_range"),
            ({"derivative": (Q(0), Q(-4), Q(0), Q(1))}, "root inside open_range"),
            ({"derivative": (Q(0),) * 33 + (Q(1),)}, "expected at most 32"),
        ],
    )
    def test_what_contradicts_itself_is_refused(self, changes, message):
        with pytest.raises(InputError, match=message):
            declared(**changes)

    def test_the_constant_function_cannot_be_declared_by_true_data(self):
        with pytest.raises(InputError, match="constant"):
            Smooth("zero", np.zeros_like, Q(1), derivative=(Q(0),), open_range=(Q(-1), Q(1)))

    @pytest.mark.parametrize("w", [0, Q(1, 2)])
    def test_none_is_assumed_where_it_rests_on_what_was_declared(self, w):
        found = search_counterexample(scalar(w, declared()), 1)
        assert (found.verdict, found.assumptions) == (Verdict.ASSUMED, (declared().assumption,))
        assert found.report.verdict is Verdict.ASSUMED
        assert found.certificate is None
        assert any("as it was declared" in note for note in found.report.notes)

    def test_a_false_declaration_proves_nothing(self):
        """The function is the identity: then W = 0 and one state do, whatever was declared."""
        lie = declared(name="identity", function=lambda z: z)
        found = search_counterexample(scalar(0, lie), 1)
        assert found.verdict is not Verdict.PROVED

    def test_yes_rests_on_no_declaration(self):
        net = scalar(1, declared())
        found = search_counterexample(net, 1)
        assert (found.verdict, found.assumptions) == (Verdict.REFUTED, ())
        assert copied_urnn(net).urnn.activation == net.activation

    def test_a_declared_slope_bound_proves_no_state_bound(self):
        """1000 z is said to have slopes of at most 1: with W = 1/2 its states grow."""
        steep = Smooth("steep", lambda z: 1000 * z, Q(1))
        net = scalar(Q(1, 2), steep)
        assert net.run([[1.0], [1.0], [1.0]])[2, 0] > 10**6
        with pytest.raises(UnsupportedError, match="was declared and is not checked"):
            find_state_bound(net, Q(1), certify_contractive(net.W))
        claimed = StateBound(Q(2), BoundRule.NORM, Q(1), Q(1, 2), Q(1), Q(0))
        ok, facts = rule_holds(net, claimed)
        assert not ok
        assert facts["phi is non-expansive"] == "FAILS"
        assert rule_holds(scalar(Q(1, 2), "tanh"), claimed)[0]


@given(
    st.lists(st.fractions(-2, 2, max_denominator=3), min_size=1, max_size=4),
    st.lists(st.integers(1, 3), min_size=4, max_size=4),
    st.booleans(),
)
@settings(max_examples=100)
def test_roots_are_counted_where_they_lie(roots, powers, irrational):
    p, inside = fmpq_poly([3]), {}
    for root, power in zip(roots, powers, strict=False):
        p *= fmpq_poly([-root.numerator, root.denominator]) ** power
        inside[root] = inside.get(root, 0) + power
    if irrational:  # +- sqrt(1/2) lie inside, +- sqrt(3) outside, i nowhere
        p *= fmpq_poly([-1, 0, 2]) ** 2 * fmpq_poly([-3, 0, 1]) * fmpq_poly([1, 0, 1])
    expected = [power for root, power in inside.items() if -1 < root < 1] + [2, 2] * irrational
    assert multiplicities_between(p, Q(-1), Q(1)) == sorted(expected, reverse=True)
