"""The typed free *-algebra, the search for cofactors, and proofs as objects."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from urnn_proofs import (
    Certificate,
    Check,
    InputError,
    Role,
    Trust,
    UndecidedError,
    Verdict,
    check,
    theorem,
    verify_construction,
)
from urnn_proofs.certificate import consequence_certificate, labelled
from urnn_proofs.checks.exact.reachable import is_memoryless_identity_possible, reachable
from urnn_proofs.checks.smt import dimension_count
from urnn_proofs.checks.smt.solver import Answer, entails
from urnn_proofs.checks.symbolic.free_algebra import Alphabet, Letter
from urnn_proofs.guesses.cofactors import Cofactor, find_cofactors
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.theorems import board, theorem_3_1, theorem_3_2
from urnn_proofs.theorems.board import Board
from urnn_proofs.theorems.instances_3_2 import random_orthogonal
from urnn_proofs.theorems.parts import Outcome, Statement, Step
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.seal import register

LETTERS = Alphabet(
    [Letter("A", "n", "n"), Letter("B", "n", "r"), Letter("S", "n", "n", self_adjoint=True)]
)
A, B, S = (LETTERS[x] for x in "ABS")
ONE = LETTERS.identity("n")


def value(polynomial, matrices):
    """Evaluate at concrete integer matrices: an independent model of the algebra."""
    shape = {"n": 3, "r": 2}
    total = np.zeros((shape[polynomial.codomain], shape[polynomial.domain]), dtype=object)
    for word, c in polynomial.terms.items():
        product = np.eye(shape[polynomial.domain], dtype=object)
        for letter in reversed(word):
            product = matrices[letter] @ product
        total = total + int(c) * product
    return total


@pytest.fixture(scope="module")
def matrices():
    rng = np.random.default_rng(0)
    a, b, s = (rng.integers(-3, 4, size=x).astype(object) for x in ((3, 3), (2, 3), (3, 3)))
    s = s + s.T
    return {"A": a, "A*": a.T, "B": b, "B*": b.T, "S": s}


def test_the_algebra_agrees_with_matrices(matrices):
    p, q = A * S - 2 * A.adjoint() + ONE, S * A + 3 * S
    pairs = {
        "product": (value(p * q, matrices), value(p, matrices) @ value(q, matrices)),
        "sum": (value(p + q, matrices), value(p, matrices) + value(q, matrices)),
        "difference": (value(p - q, matrices), value(p, matrices) - value(q, matrices)),
        "adjoint": (value((B * p).adjoint(), matrices), value(B * p, matrices).T),
    }
    for name, (found, expected) in pairs.items():
        assert (found == expected).all(), name
    assert (p - p).is_zero()
    assert str(A - ONE) == "-1 + A"
    assert str(p - p) == "0"


def test_types_are_checked():
    with pytest.raises(InputError, match="do not compose"):
        _ = A * B
    with pytest.raises(InputError, match="different types"):
        _ = A + B
    with pytest.raises(InputError, match="self-adjoint"):
        Alphabet([Letter("X", "n", "r", self_adjoint=True)])
    assert (B * A).codomain == "r"


def expand(cofactors, relations, like):
    total = like - like
    alphabet = like.alphabet
    for c in cofactors:
        relation = relations[c.relation]
        middle = relation.adjoint() if c.adjoint else relation
        product = middle
        for letter in reversed(c.left):
            product = alphabet[letter] * product
        for letter in c.right:
            product = product * alphabet[letter]
        total = total + c.coefficient * product
    return total


def test_cofactors_expand_to_the_claim():
    relations = [A.adjoint() * A - ONE, A * A.adjoint() - ONE, A * S - S * A]
    claim = A * S * A.adjoint() - S
    cofactors = find_cofactors(claim, relations)
    assert (expand(cofactors, relations, claim) - claim).is_zero()
    assert (
        check(consequence_certificate("commuting", claim, relations, cofactors)) is Verdict.PROVED
    )


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(["A", "A*", "S"])), max_size=4))
@settings(max_examples=60)
def test_random_members_of_the_ideal_are_found(moves):
    """Build a member of the ideal by hand; completion must find some cofactors for it."""
    relations = [S * S - ONE, A * S - S * A]
    claim = relations[0] * relations[1] + relations[1] * relations[0]
    for side, letter in moves:
        claim = LETTERS[letter] * claim if side else claim * LETTERS[letter]
    cofactors = find_cofactors(claim, relations)
    assert (expand(cofactors, relations, claim) - claim).is_zero()


@pytest.mark.parametrize(
    "claim", [A - ONE, A * S - S * A, A * A.adjoint() - ONE, ONE], ids=["A", "AS", "AA*", "1"]
)
def test_what_does_not_follow_stays_undecided(claim):
    """A one-sided inverse is not two-sided in the free algebra: no cofactors exist."""
    with pytest.raises(UndecidedError, match="completion stopped"):
        find_cofactors(claim, [A.adjoint() * A - ONE])


def test_dropping_a_relation_of_the_dilation_loses_the_proof(monkeypatch):
    real = board.find_cofactors
    monkeypatch.setattr(board, "find_cofactors", lambda claim, rel: real(claim, rel[1:]))
    found = theorem_3_1.dilation().check
    assert found.verdict is Verdict.UNKNOWN


def test_the_kernel_is_asked_about_every_cofactor(monkeypatch):
    """A prover that returns rubbish is not believed."""
    wrong = (Cofactor(Q(1), (), 0, False, ()),)
    monkeypatch.setattr(board, "find_cofactors", lambda claim, rel: wrong)
    outcome = theorem_3_1.halmos()
    assert outcome.check.verdict is Verdict.UNKNOWN
    assert len(outcome.certificates) < 8


@pytest.mark.parametrize("number", range(9))
def test_inequalities_with_a_hypothesis_dropped_or_a_wrong_sign(number, monkeypatch):
    stated = []
    monkeypatch.setattr(Board, "compare", lambda _, *found: stated.extend(found))
    for step in (theorem_3_1.rows, theorem_3_1.gate, theorem_3_1.bound):
        step()
    for step in (theorem_3_2.counting, theorem_3_2.conclusion):
        step()
    assert len(stated) == 9
    good = stated[number]

    def holds(inequality):
        verdict = check(labelled(Certificate("consequence", *inequality.as_json()), str(number)))
        assert verdict in (Verdict.PROVED, Verdict.REFUTED)
        return verdict is Verdict.PROVED

    assert holds(good)
    used = sorted({i for _, factors, _ in good.summands for i in factors if i >= 0})
    for i in used:
        hypotheses = list(good.hypotheses)
        hypotheses[i] = (-hypotheses[i][0], hypotheses[i][1])
        assert not holds(replace(good, hypotheses=tuple(hypotheses)))
    negative = tuple((-c, f, s) for c, f, s in good.summands)
    assert not holds(replace(good, summands=negative))
    assert not holds(replace(good, summands=good.summands[1:]))
    assert not holds(replace(good, conclusion=good.conclusion - 1))


# -- proofs as objects ----------------------------------------------------------------------


def test_theorem_3_1_is_proved_for_all_n():
    proof = theorem("3.1")
    report = proof.check()
    assert report.verdict is Verdict.PROVED
    assert report.trust is Trust.FORMAL
    assert report.scope == "all n, all contractive ReLU RNNs, all inputs in X_M, all k"
    assert [c.name for c in report.checks[:9]] == ["Coq", *(s.name for s in proof.steps)]
    assert check(report.certificate) is Verdict.PROVED
    assert len(report.certificate.claim) == 27
    assert any("||W|| < 1" in note for note in report.notes)
    for c in report.checks:
        if c.role is Role.SKELETON:
            assert "used without a machine's check" in c.evidence


def test_every_hypothesis_is_audited():
    report = theorem("3.1").check()
    audit = {c.name: c for c in report.checks if c.role is Role.CROSS_CHECK}
    for name in ("witness", "without ||W|| < 1", "an input longer than M", "with tanh for ReLU"):
        assert audit[name].verdict is Verdict.PROVED
    assert audit["interpolation"].verdict is Verdict.PROVED
    assert audit["S3, Z3"].verdict is Verdict.PROVED


def test_the_proof_prints_its_statement_steps_and_reasons():
    text = " ".join(str(theorem("3.1")).split())
    assert "at most 2n states" in text
    assert "S5 induction" in text
    assert "[uses S1 dilation, S3 gate, S4 bound]" in text
    assert "arXiv:1910.13672" in text
    assert "$2n$" in theorem("3.1").statement.latex


def test_all_n_is_the_same_report():
    assert verify_construction(None).as_dict() == theorem("3.1").check().as_dict()


def test_theorem_3_2_is_proved_for_all_n():
    report = theorem("3.2").check()
    assert report.verdict is Verdict.PROVED
    assert report.trust is Trust.FORMAL
    assert report.scope == "all n, all N, all M > 0"
    assert check(report.certificate) is Verdict.PROVED
    assert len(report.certificate.claim) == 6
    others = {c.name: c for c in report.checks if c.role is Role.CROSS_CHECK}
    assert {c.verdict for c in others.values()} == {Verdict.PROVED}
    assert "120 choices" in others["instances"].scope  # no wider than what was run
    for c in report.checks:
        if c.role is Role.SKELETON:
            assert c.evidence["used without a machine's check"] != "nothing"


def test_the_dimension_count_needs_each_hypothesis(monkeypatch):
    asked = []
    monkeypatch.setattr(dimension_count, "entails", lambda *query: asked.append(query))
    dimension_count.dimension_count()
    given, conclusion = asked[0]
    assert entails(given, conclusion).answer is Answer.FOLLOWS
    for k in range(3):
        assert entails(given[:k] + given[k + 1 :], conclusion).answer is Answer.FAILS


def test_nullity_needs_the_invertibility_of_u(monkeypatch):
    real = board.find_cofactors
    monkeypatch.setattr(board, "find_cofactors", lambda claim, rel: real(claim, rel[1:]))
    assert theorem_3_2.nullity().check.verdict is Verdict.UNKNOWN
    assert theorem_3_2.outputs().check.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("seed", range(3))
def test_reachable_dimensions_against_numpy(seed):
    """The spans again in floating point, where small sizes leave the ranks unambiguous."""
    rng = np.random.default_rng(seed)
    U = random_orthogonal(rng, 5)
    F = RationalMatrix.parse(rng.integers(-3, 4, size=(5, 2)), "F")
    patterns = [[bool(x) for x in rng.random(5) < 0.7] for _ in range(6)]
    span = np.zeros((5, 0))
    for step, pattern in zip(reachable(U, F, patterns), patterns, strict=True):
        P = np.diag(np.array(pattern, dtype=float))
        past = P @ U.to_numpy() @ span
        assert step.past == (np.linalg.matrix_rank(past) if past.size else 0)
        span = np.hstack([past, P @ F.to_numpy()])
        assert step.now == np.linalg.matrix_rank(span)
        assert step.active == sum(pattern)


def test_random_orthogonal_matrices_are_orthogonal_and_varied():
    rng = np.random.default_rng(0)
    seen = [random_orthogonal(rng, 4) for _ in range(30)]
    one = RationalMatrix.parse(np.eye(4, dtype=int), "I")
    assert all(U.transpose() @ U == one for U in seen)
    assert len({str(U.to_fractions()) for U in seen}) > 15


def test_a_memoryless_copy_needs_2n_states():
    """Positive control at N = 2n; with a pattern that keeps everything awake it is lost."""
    n, N = 2, 4
    U = RationalMatrix.parse([[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]], "U")
    F = RationalMatrix.parse([[1, 0], [0, 1], [0, 0], [0, 0]], "F")
    gated = [[True] * n + [False] * n] * (N + 1)
    assert is_memoryless_identity_possible(F, reachable(U, F, gated))
    awake = [[True] * N] * (N + 1)
    assert not is_memoryless_identity_possible(F, reachable(U, F, awake))


def test_unknown_theorems_are_refused():
    with pytest.raises(InputError, match=r"theorem is '9\.9'; expected one of: 3\.1, 3\.2"):
        theorem("9.9")


def step(name, verdict=Verdict.PROVED, depends=()):
    made = Check(name, "claim", "scope", verdict, Trust.EXACT, "engine")
    return Step(name, "claim", "why", lambda: Outcome(made), depends)


def proof_of(*steps):
    return Proof("0", Statement("t", "t"), (), steps, "here")


def test_graphs_without_circles():
    assert proof_of(step("a"), step("b", depends=("a",))).graph() == "a\nb <- a"
    for steps, part in (
        ((step("a", depends=("b",)), step("b", depends=("a",))), "without circles"),
        ((step("a", depends=("a",)),), "without circles"),
        ((step("a", depends=("z",)),), "unknown step 'z'"),
        ((step("a"), step("a")), "two steps are named 'a'"),
    ):
        with pytest.raises(InputError, match=part):
            proof_of(*steps)


@pytest.mark.parametrize("weak", [Verdict.ASSUMED, Verdict.UNKNOWN, Verdict.REFUTED])
def test_the_weakest_step_decides(weak):
    steps = (step("a"), step("b", weak), step("c"))
    report = register(replace(proof_of(*steps), name=f"one of ours, {weak}")).check()
    assert report.verdict is weak
    assert [c.name for c in report.weakest()] == ["b"]
    assert Trust.WORDS not in {c.trust for c in report.checks}


def test_a_proof_that_coq_does_not_know_rests_on_words():
    ours = register(replace(proof_of(step("a"), step("b")), name="ours, in words"))
    report = ours.check()
    assert report.verdict is Verdict.ASSUMED
    assert report.trust is Trust.WORDS
    assert [c.name for c in report.weakest()] == ["words"]
    assert ours.skeleton().verdict is Verdict.PROVED


def test_a_proof_without_steps_proves_nothing():
    assert proof_of().check().verdict is Verdict.UNKNOWN
