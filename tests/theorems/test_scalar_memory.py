"""w I_n needs n + 2 states: every step, and that no relation in it is idle."""

from __future__ import annotations

import pytest

from urnn_proofs import Trust, Verdict, check, theorem
from urnn_proofs.certificate import Certificate, labelled
from urnn_proofs.theorems import board, scalar_memory
from urnn_proofs.theorems.board import Board

# step: how many relations, and those that it can do without (P P = P follows from the others)
STEPS = {
    scalar_memory.whole_space: (6, {3}),
    scalar_memory.all_active: (6, {3}),
    scalar_memory.inverse: (2, set()),
    scalar_memory.same_units: (6, set()),
    scalar_memory.rows: (9, set()),
    scalar_memory.three_units: (5, set()),
    scalar_memory.parallel: (3, set()),
    scalar_memory.two_units: (5, set()),
}


def test_the_theorem():
    report = theorem("scalar-memory").check()
    assert report.verdict is Verdict.ASSUMED  # Coq does not know it: words join the steps
    assert report.trust is Trust.WORDS
    assert [c.name for c in report.weakest()] == ["words"]
    assert {c.trust for c in report.checks if c.name.startswith("M")} == {Trust.KERNEL}
    assert check(report.certificate) is Verdict.PROVED
    tight = next(c for c in report.checks if c.name == "4 states for n = 2")
    assert tight.verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("step", "drop"),
    [
        (step, drop)
        for step, (count, idle) in STEPS.items()
        for drop in range(count)
        if drop not in idle
    ],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_dropping_a_relation_loses_the_step(monkeypatch, step, drop):
    real = board.find_cofactors

    def without(claim, relations):
        return real(claim, [0 * r if i == drop else r for i, r in enumerate(relations)])

    monkeypatch.setattr(board, "find_cofactors", without)
    assert step().check.verdict is Verdict.UNKNOWN


SCALAR = [
    scalar_memory.whole_space,
    scalar_memory.all_active,
    scalar_memory.same_units,
    scalar_memory.three_units,
    scalar_memory.two_units,
]


@pytest.mark.parametrize("step", SCALAR, ids=lambda step: step.__name__)
def test_w_of_modulus_one_is_no_contradiction(step, monkeypatch):
    """w = 1: the identity has n states and is orthogonal, so every step must need |w| < 1."""
    stated = []
    monkeypatch.setattr(Board, "compare", lambda _, *found: stated.extend(found))
    step()
    (inequality,) = stated
    claim, evidence = inequality.as_json()
    for hypothesis in claim["hypotheses"]:
        if hypothesis["sign"] == ">":
            hypothesis["sign"] = ">="
    assert check(labelled(Certificate("consequence", claim, evidence), "w-1")) is Verdict.REFUTED
