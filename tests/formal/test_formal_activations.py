"""The numbers that Coq proves of the smooth activations are those that the package uses."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from urnn_proofs.formal import record
from urnn_proofs.formal.record import recorded, theorem_standing
from urnn_proofs.model.activation import activation

SMOOTH = ("tanh", "logistic", "softplus", "elu", "gelu", "silu", "sin")


@pytest.mark.parametrize("name", SMOOTH)
def test_the_slope_bound_of_each_smooth_activation_is_the_one_in_coq(name):
    statement = " ".join(recorded("slope_bounds").statement.split())
    (said,) = re.findall(rf"lipschitz (\S+|\([^()]*\)) \({name}R ", statement)
    text = said.strip("()").replace(" ", "")
    proved = 1 / Fraction(text.removesuffix("^-1")) if text.endswith("^-1") else Fraction(text)
    assert activation(name).lipschitz == proved


def test_one_theorem_of_the_record_applies_while_the_sources_are_those_that_coq_checked(
    monkeypatch,
):
    found = theorem_standing("slope_bounds")
    assert found.applies
    assert [each.name for each in found.theorems] == ["slope_bounds"]
    assert not theorem_standing("theorem_9").applies
    monkeypatch.setattr(record, "digest_of", lambda folder: "0" * 64)
    found = theorem_standing("slope_bounds")
    assert not found.applies
    assert found.against == ("The Coq sources beside the package are not those that Coq checked.",)


def test_a_record_of_another_release_says_nothing_of_a_theorem(monkeypatch):
    monkeypatch.setattr("urnn_proofs.__version__", "9.9")
    (why,) = theorem_standing("slope_bounds").against
    assert "this is 9.9" in why
