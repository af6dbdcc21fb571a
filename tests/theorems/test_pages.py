"""A theorem's page: how steps and examples are stated, and what a board accepts."""

from __future__ import annotations

import re
import sys
from fractions import Fraction as Q
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from urnn_proofs import InputError, Role, Trust, Verdict, theorem
from urnn_proofs.model.verdict import USED
from urnn_proofs.theorems.board import Board, positive
from urnn_proofs.theorems.checked import relation_text
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.registry import theorem_names
from urnn_proofs.theorems.seal import register


def found_on(board: Board, used: str = "nothing"):
    return board.check("a step", "a claim", scope="all n", used=used)


def a_page(name: str) -> Page:
    return Page(name, Statement("$A A = 1$ if A = 1", "$A A = 1$"), ("n >= 1",), reference="here")


# -- the board ------------------------------------------------------------------------------------


def test_terms_are_linear_maps():
    """Each operation on terms is the one on matrices, in an independent model."""
    rng = np.random.default_rng(0)
    t = Board()
    A, B, S, x = t.letters("A: n -> n", "B: n -> r", "S = S^T: n -> n", "x: 1 -> n")
    a, b, s, v = (rng.integers(-3, 4, size) for size in ((3, 3), (2, 3), (3, 3), (3, 1)))
    s = s + s.T
    model = {"A": a, "A*": a.T, "B": b, "B*": b.T, "S": s, "x": v, "x*": v.T}
    pairs = {
        "product": (B * A * x, b @ a @ v),
        "adjoint": ((B * A).T, (b @ a).T),
        "sum": (A + S, a + s),
        "difference": (A - S.T, a - s.T),
        "identity": (A - 2, a - 2 * np.eye(3)),
        "negative": (1 - A, np.eye(3) - a),
        "multiple": (3 * -A, -3 * a),
        "number": (x.T * A * x, v.T @ a @ v),
        "relation": ((A * x == x), a @ v - v),
    }
    for name, (term, matrix) in pairs.items():
        polynomial = term.polynomial
        total = np.zeros_like(matrix, dtype=float)
        for word, c in polynomial.terms.items():
            part = np.eye(matrix.shape[1])
            for letter in reversed(word):
                part = model[letter] @ part
            total += float(c) * part
        assert (total == matrix).all(), name


@pytest.mark.parametrize(
    "make",
    [
        lambda A, B, x: A * B,
        lambda A, B, x: A + B,
        lambda A, B, x: A == x,
        lambda A, B, x: B == 1,
        lambda A, B, x: A == 0.5,
        lambda A, B, x: A == "1",
        lambda A, B, x: A == True,  # noqa: E712
    ],
)
def test_what_does_not_fit_is_refused(make):
    A, B, x = Board().letters("A: n -> n", "B: n -> r", "x: 1 -> n")
    with pytest.raises(InputError):
        make(A, B, x)


@pytest.mark.parametrize(
    "text", ["A", "A: n", "A: n -> ", "A = B^T: n -> n", "A: n -> n; B: n -> n"]
)
def test_letters_are_described(text):
    with pytest.raises(InputError, match="'W: n -> n'"):
        Board().letters(text)
    with pytest.raises(InputError, match="self-adjoint"):
        Board().letters("S = S^T: n -> r")


def test_an_empty_board_proves_nothing():
    found = found_on(Board())
    assert (found.verdict, found.checked) == (Verdict.UNKNOWN, "nothing")
    t = Board()
    t.given(*(A == 1 for A in t.letters("A: n -> n")))
    assert found_on(t).verdict is Verdict.UNKNOWN, "what is given is not shown"


def test_one_conclusion_that_does_not_follow_spoils_the_step():
    t = Board()
    A, B = t.letters("A: n -> n", "B: n -> n")
    t.given(A * B == 1)
    t.show(B.T * A.T == 1, B * A == 1)
    found = found_on(t)
    assert found.verdict is Verdict.UNKNOWN
    assert found.checked.startswith("1 identity between words in 2 letters follows from 1 relation")
    assert "B A = 1" not in found.checked


def test_what_was_given_before_is_not_given_any_more():
    t = Board()
    (A,) = t.letters("A: n -> n")
    t.given(A == 1)
    t.given()
    t.show(A * A == 1)
    assert found_on(t).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(("strict", "least"), [*product((True, False), (0, 1))])
def test_comparisons_need_every_hypothesis(strict, least):
    """x >= 1 (or 0) and y > 0 (or >= 0) imply x y > 0 only in one of the four cases."""
    t = Board()
    x, y = t.numbers("x, y")
    t.follows(
        "x >= 1, y > 0 and x y <= 0 contradict each other",
        given=(x - least, positive(y) if strict else y, -x * y),
        shown=-1,
        by=((1, (0, 1)), (1, (1,)), (1, (2,))),
    )
    assert (found_on(t).verdict is Verdict.PROVED) is (strict and least == 1)


WORDS = st.lists(st.sampled_from(["A", "A*", "B", "S", "S*"]), max_size=5).map(tuple)
TERMS = st.dictionaries(
    WORDS, st.fractions(-3, 3, max_denominator=4).filter(bool), min_size=1, max_size=4
)


def read_back(text: str) -> dict[tuple[str, ...], Q]:
    """Read a relation as it is written: what stands on the right counts negative."""
    found: dict[tuple[str, ...], Q] = {}
    for sign, side in zip((1, -1), text.split(" = ")):
        for term in side.split(" + "):
            pieces, c, word = term.split(), Q(sign), []
            if re.fullmatch(r"[0-9/]+", pieces[0]):
                c, pieces = sign * Q(pieces[0]), pieces[1:]
            for piece in pieces:
                name, _, power = piece.partition("^")
                if power == "T":
                    word.append(f"{name}*")
                else:
                    word += [name] * int(power or 1)
            if c:
                found[tuple(word)] = found.get(tuple(word), Q(0)) + c
    return found


@given(TERMS)
def test_what_was_checked_is_written_without_loss(terms):
    text = relation_text([(c, word) for word, c in terms.items()], "=")
    found = read_back(text)
    assert found in (terms, {word: -c for word, c in terms.items()})


# -- the page -------------------------------------------------------------------------------------


def test_a_step_is_stated_once():
    page = a_page("stated once")

    @page.step("one", scope="all n", used="what a reader knows")
    def one(t):
        """A = 1 implies
        A A = 1.

        Multiply
        by A.
        """
        (A,) = t.letters("A: n -> n")
        t.given(A == 1)
        t.show(A * A == 1)

    @page.step("two", uses=["one"], scope="all n")
    def two(t):
        """nothing is shown"""

    proof = register(page.proof())
    assert [s.name for s in proof.steps] == ["one", "two"]
    assert proof.steps[0].claim == "A = 1 implies A A = 1"
    assert proof.steps[0].why == "Multiply by A."
    assert proof.steps[1].depends == ("one",)
    first, second = proof.check().checks
    assert first.verdict is Verdict.PROVED
    assert first.checked == (
        "1 identity between words in 1 letter follows from 1 relation: if A = 1, then A^2 = 1"
    )
    assert first.evidence[USED] == "what a reader knows"
    assert second.verdict is Verdict.UNKNOWN
    assert one().check.verdict is Verdict.PROVED


def test_a_function_without_words_is_no_step():
    page = a_page("without words")
    with pytest.raises(InputError, match="has no docstring"):

        @page.step("mute", scope="all n")
        def mute(t):
            pass


@pytest.mark.parametrize("holds", [True, False])
def test_an_example_can_only_contradict(holds):
    page = a_page(f"an example that is {holds}")

    @page.step("one", scope="all n")
    def one(t):
        """A = 1 implies A A = 1."""
        (A,) = t.letters("A: n -> n")
        t.given(A == 1)
        t.show(A * A == 1)

    @page.example("seen", trust=Trust.BALL, used="a fact")
    def seen():
        """it is so.

        Look.
        """
        return holds, {"number": "7"}

    proof = register(page.proof())
    (check,) = [c for c in proof.check().checks if c.role is Role.CROSS_CHECK]
    assert (check.claim, check.trust) == ("it is so", Trust.BALL)
    assert check.evidence == {USED: "a fact", "why": "Look.", "number": "7"}
    assert check.verdict is (Verdict.PROVED if holds else Verdict.REFUTED)
    assert proof.skeleton().verdict is check.verdict
    assert proof.check().verdict is (Verdict.ASSUMED if holds else Verdict.REFUTED)


@pytest.mark.parametrize("name", theorem_names())
def test_every_theorem_is_one_page_with_prose_for_every_step(name):
    proof = theorem(name)
    (module,) = {step.run.__module__ for step in proof.steps}
    assert sys.modules[module].page.name == name
    assert {part.step for part in proof.prose.parts} == {step.name for step in proof.steps}
    assert all(step.why and step.claim for step in proof.steps)
