"""What a theorem says is bound to its checks: whatever is changed, nothing is PROVED."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

import pytest

from urnn_proofs import InputError, Report, Role, Verdict, theorem
from urnn_proofs.theorems import seal
from urnn_proofs.theorems.proof import Proof, Statement
from urnn_proofs.theorems.registry import theorem_names
from urnn_proofs.theorems.seal import READ, register

NAMES = theorem_names()
FALSE = "0 = 1"


def with_step(proof: Proof, i: int, **parts) -> Proof:
    steps = list(proof.steps)
    steps[i] = replace(steps[i], **parts)
    return replace(proof, steps=tuple(steps))


def swapped(values: tuple, i: int, j: int) -> tuple:
    found = list(values)
    found[i], found[j] = found[j], found[i]
    return tuple(found)


def wordings(proof: Proof) -> Iterator[tuple[str, Proof]]:
    """Every text of a proof replaced by a false one, and all of them at once."""
    text, latex = proof.statement.text, proof.statement.latex
    yield "the statement", replace(proof, statement=Statement(FALSE, latex))
    yield "the statement in LaTeX", replace(proof, statement=Statement(text, FALSE))
    for i, _ in enumerate(proof.hypotheses):
        changed = (*proof.hypotheses[:i], FALSE, *proof.hypotheses[i + 1 :])
        yield f"hypothesis {i + 1}", replace(proof, hypotheses=changed)
        fewer = (*proof.hypotheses[:i], *proof.hypotheses[i + 1 :])
        yield "the number of hypotheses", replace(proof, hypotheses=fewer)
    for i, step in enumerate(proof.steps):
        yield f"the claim of step {step.name!r}", with_step(proof, i, claim=FALSE)
        yield f"the reason of step {step.name!r}", with_step(proof, i, why=FALSE)
    yield "the reference", replace(proof, reference=FALSE)
    everything = replace(
        proof,
        statement=Statement(FALSE, FALSE),
        hypotheses=(FALSE,) * len(proof.hypotheses),
        steps=tuple(replace(step, claim=FALSE, why=FALSE) for step in proof.steps),
    )
    yield "the statement", everything


def structures(proof: Proof) -> Iterator[tuple[str, Proof]]:
    """Steps dropped or put in another order, dependencies dropped, checks swapped."""
    steps = proof.steps
    for i, step in enumerate(steps):
        for other in step.depends:
            fewer = tuple(d for d in step.depends if d != other)
            yield f"what step {step.name!r} uses", with_step(proof, i, depends=fewer)
        j = (i + 1) % len(steps)
        if steps[j].run is not step.run:
            exchanged = with_step(with_step(proof, i, run=steps[j].run), j, run=step.run)
            yield f"the check of step {step.name!r}", exchanged
        yield f"the check of step {step.name!r}", with_step(proof, i, run=steps[j].run)
        if all(step.name not in later.depends for later in steps):
            yield "the order of the steps", replace(proof, steps=(*steps[:i], *steps[i + 1 :]))
        if j > i and step.name not in steps[j].depends:
            yield "the order of the steps", replace(proof, steps=swapped(steps, i, j))
    yield "the examples", replace(proof, audit=tuple)


def nothing_is_proved(report: Report) -> bool:
    steps = [check for check in report.all_checks() if check.role is Role.STEP]
    return all(check.verdict is not Verdict.PROVED for check in (*steps, report))


def cheap(proof: Proof) -> Proof:
    """Leave the examples out, which take long and say nothing about steps."""
    return replace(proof, audit=tuple)


@pytest.mark.parametrize("name", NAMES)
def test_a_false_wording_proves_nothing_and_the_report_names_it(name):
    proof = theorem(name)
    assert proof.changes() == ()
    for part, changed in wordings(proof):
        assert f"{part} was changed" in changed.changes()
        assert changed.seal != proof.seal
        report = cheap(changed).check()
        assert nothing_is_proved(report), part
        (found,) = [check for check in report.checks if check.name == "seal"]
        assert f"{part} was changed" in found.evidence["changes"]


@pytest.mark.parametrize("name", NAMES)
def test_another_structure_proves_nothing(name):
    proof = theorem(name)
    for part, changed in structures(proof):
        assert f"{part} was changed" in changed.changes()
        assert nothing_is_proved(cheap(changed).check()), part
    assert nothing_is_proved(cheap(proof).check())


@pytest.mark.parametrize("name", NAMES)
def test_no_false_wording_is_typeset_as_a_theorem(name):
    *_, (_, everything) = wordings(theorem(name))
    text = cheap(everything).to_latex()
    assert r"\begin{theorem}" not in text
    assert "Not established: the verdict is UNKNOWN." in text
    assert "the statement was changed" in text
    assert "[Attempted proof]" in text
    assert "PROVED" not in text


def test_one_step_of_a_changed_proof_is_not_proved():
    proof = theorem("3.2")
    for part, changed in [*wordings(proof), *structures(proof)]:
        for step in changed.steps:
            assert nothing_is_proved(changed.check_step(step.name)), part


def test_a_change_in_place_is_seen():
    """Frozen objects can be forced; the seal was made of letters, not of the object."""
    proof = copy.deepcopy(theorem("3.2"))
    assert proof.changes() == ()
    object.__setattr__(proof.statement, "text", FALSE)
    assert proof.changes() == ("the statement was changed",)
    shared = theorem("3.3")
    said = shared.statement.text
    try:
        object.__setattr__(shared.statement, "text", FALSE)
        assert nothing_is_proved(theorem("3.3").check())
    finally:
        object.__setattr__(shared.statement, "text", said)
    assert theorem("3.3").changes() == ()


def test_a_proof_that_is_not_registered_proves_nothing():
    """Nobody has read what it says beside what is checked."""
    odd = cheap(replace(theorem("3.2"), name="3.4"))
    assert odd.changes() == ("no theorem '3.4' is registered",)
    assert nothing_is_proved(odd.check())


def test_a_name_is_registered_once():
    assert register(theorem("3.1")) is theorem("3.1")
    with pytest.raises(InputError, match=r"another proof is registered as '3\.1'"):
        register(replace(theorem("3.1"), hypotheses=()))


def test_every_theorem_was_read():
    """If this fails, read the page again, text beside checks; then put the new seal there."""
    assert {name: theorem(name).seal for name in NAMES} == READ


def test_a_page_that_was_edited_after_it_was_read_proves_nothing(monkeypatch):
    monkeypatch.setitem(seal.READ, "3.3", "0" * 64)
    assert theorem("3.3").changes() == ("its page was edited after it was read",)
    assert nothing_is_proved(theorem("3.3").check())
    assert r"\begin{theorem}" not in theorem("3.3").to_latex()


def test_the_digest_is_that_of_the_wording_alone():
    proof = theorem("3.2")
    assert len(proof.digest) == len(proof.seal) == 64
    assert cheap(proof).digest == proof.digest
    assert with_step(proof, 0, claim=FALSE).digest == proof.digest
    assert replace(proof, hypotheses=()).digest != proof.digest
    assert replace(proof, statement=Statement(FALSE, proof.statement.latex)).digest != proof.digest
    assert replace(proof, statement=Statement(proof.statement.text, FALSE)).digest != proof.digest
