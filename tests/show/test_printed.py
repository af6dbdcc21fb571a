"""``print`` and ``repr`` of every public object: sentences, in lines that fit."""

from __future__ import annotations

import re
from fractions import Fraction as Q

import numpy as np
import pytest

import urnn_proofs as package
from urnn_proofs import RNN, Trust
from urnn_proofs.questions.repair import repair
from urnn_proofs.sweeps.driver import SweepProgress
from urnn_proofs.sweeps.result import SweepResult
from urnn_proofs.sweeps.summary import Table

# Entries of an exact URNN, of floats and of bounds are long numbers.
FLOATS = np.random.default_rng(0).normal(size=(2, 2)) / 4
NET = RNN([[Q(1, 2), Q(1, 5)], [Q(-1, 3), Q(2, 5)]], [[1], [Q(1, 2)]], [0, Q(1, 3)], [[1, 1]])
TRAINED = RNN(FLOATS, FLOATS, FLOATS[0], FLOATS)
SMOOTH = RNN(FLOATS, FLOATS, FLOATS[0], FLOATS, activation="tanh")
RATES = RNN([[Q(1, 2), 0], [0, Q(1, 3)]], [[1, 0], [0, 1]], [0, 0], [[1, 0], [0, 1]])
ONE = RNN([[1]], [[1]], [0], [[1]], activation="tanh")


def objects():
    for name, net in (("exact", NET), ("floats", TRAINED)):
        both = package.equivalent_urnn(net, 1)
        yield f"RNN, {name}", net
        yield f"URNN, {name}", both.urnn
        yield f"RationalMatrix, {name}", net.W
        yield f"Orthogonal, {name}", both.urnn.W
        yield f"Equivalence, {name}", both
        yield f"Report, {name}", both.report
        yield f"Certificate, {name}", both.certificate
        yield f"Diagnosis, {name}", package.diagnose(net, 1)
        yield f"FewestStates, {name}", package.minimal_urnn(net, 1)
        yield f"state bound, {name}", both.evidence[0].bound
        yield f"Repair, {name}", repair(net, 1)
    yield from ((f"Check, {c.name}", c) for c in both.report.checks)
    in_floats = package.equivalent_urnn(NET, 1, dtype="float32")
    yield "Equivalence, float32", in_floats
    yield "ErrorBounds", in_floats.error
    yield "Layer", package.equivalent_urnn(TRAINED, 1).layers[0]
    yield "Step", package.theorem("3.1").steps[0]
    yield "Statement", package.theorem("3.1").statement
    yield "Equivalence, epsilon", package.equivalent_urnn(SMOOTH, 1, epsilon=1e-6)
    yield "FewestStates, epsilon", package.minimal_urnn(RATES, 1, epsilon=0.001)
    yield "FewestStates, floats", package.minimal_urnn(NET, 1).in_floats("float64")
    yield "FewestStates, assumed", package.minimal_urnn(RATES, 1)
    yield "complex", package.complex_urnn(RATES, 1)
    yield "Diagnosis, tanh", package.diagnose(SMOOTH, 1)
    yield "SearchResult, found", package.search_counterexample(ONE, 1)
    yield "SearchResult, none", package.search_counterexample(None, 1, activation="tanh")
    yield "StoredNetwork", package.StoredNetwork.of(NET, output_bias=[Q(1, 3)])
    yield "activation", package.piecewise_linear("p", knots=[Q(1, 3**40)], slopes=[0, 1], value=0)
    yield "Proof", package.theorem("3.3-strong")
    yield "Report, theorem", package.theorem("3.1").check()
    yield "Report, size", package.verify_construction(1)
    yield "SweepProgress", SweepProgress(3, 9, 12.0, 24.0)
    yield "SweepResult", SweepResult((), notes=("a note " * 40,))
    yield "Table", Table(("family", "cells"), (("zero", "2"),), frozenset({"cells"}))
    yield "Trust", Trust.FORMAL
    yield "error", package.InputError("W is 3; expected a matrix")


OBJECTS = dict(objects())


@pytest.mark.parametrize("name", OBJECTS)
def test_print_reads_like_a_sentence(name):
    text = str(OBJECTS[name])
    assert max(map(len, text.split("\n"))) <= 100
    assert_words(text)


@pytest.mark.parametrize("name", OBJECTS)
def test_repr_is_one_short_line(name):
    text = repr(OBJECTS[name])
    assert len(text) <= 120
    assert "\n" not in text
    assert_words(text)


def assert_words(text):
    """No numbers that nobody reads, no fields, no names of modules; digests are not numbers."""
    assert not re.search(r"(?<![0-9a-f])[0-9]{13,}(?![0-9a-f])", text)
    for wall in ("Fraction(", "urnn_proofs.", "evidence=", "<urnn_proofs", " object at 0x"):
        assert wall not in text.replace("`urnn_proofs.", "").replace("(urnn_proofs.torch", "")


def test_the_exact_number_is_still_there():
    found = package.equivalent_urnn(TRAINED, 1)
    bound = found.evidence[0].bound
    assert "~" in repr(bound)
    assert Q(found.report.checks[3].evidence["H"]) == bound.H


def test_every_public_class_of_results_is_in_the_table():
    shown = {type(value).__name__ for value in OBJECTS.values()}
    classes = {n for n in package.__all__ if isinstance(getattr(package, n), type)}
    left_out = {n for n in classes if n.endswith("Error")} | {"Role", "Verdict"}
    assert classes - left_out <= shown


def test_an_answer_is_printed_with_its_scope_and_who_is_believed():
    text = " ".join(str(OBJECTS["FewestStates, assumed"]).split())
    assert text.startswith("ASSUMED Fewest states: 4 suffice, 4 are needed; that is the least;")
    assert "[WORDS: an argument in words" in text
    assert "at least 3, proved: " in text
    assert str(OBJECTS["SearchResult, found"]).startswith("FOUND  there is a URNN with 1 state")
