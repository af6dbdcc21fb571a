"""What a theorem says is bound to its checks: whatever is changed, nothing is PROVED."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from rich.console import Console

from urnn_proofs import InputError, Report, Role, Verdict, theorem
from urnn_proofs.model.verdict import USED
from urnn_proofs.show.html.formulas import formula as html_formula
from urnn_proofs.show.terminal import print_report
from urnn_proofs.show.tex.math import formula as tex_formula
from urnn_proofs.theorems import page, seal
from urnn_proofs.theorems.in_coq import with_coq
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.registry import theorem_names
from urnn_proofs.theorems.seal import READ, register

NAMES = theorem_names()
FALSE = "0 = 1"


@pytest.fixture(scope="module", autouse=True)
def each_step_is_checked_once():
    """What stands on a step's board depends on its letters alone, and never on the wording."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "_written", cache(page._written))
        yield


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
    yield "the scope", replace(proof, statement=replace(proof.statement, scope=FALSE))
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
    yield "the list of examples", replace(proof, audit=tuple)


def nothing_is_proved(report: Report) -> bool:
    steps = [check for check in report.all_checks() if check.role is Role.STEP]
    return all(check.verdict is not Verdict.PROVED for check in (*steps, report))


def cheap(proof: Proof) -> Proof:
    """Leave the examples out, which take long and say nothing about steps."""
    return replace(proof, audit=tuple)


def cheap_report(proof: Proof) -> Report:
    """Check the steps, and leave the examples out."""
    report = proof.check_step(proof.steps[0].name)
    checks = tuple(proof.check_step(step.name).checks[0] for step in proof.steps)
    return replace(report, title=f"Theorem {proof.name}", checks=checks, notes=())


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


# -- what was checked stands beside what is claimed ---------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_step_shows_its_claim_and_what_the_kernel_was_given(name):
    proof = theorem(name)
    report = cheap_report(proof)
    steps = [check for check in report.checks if check.role is Role.STEP]
    console = Console(width=80, record=True, file=io.StringIO())
    print_report(report, console, verbose=True)
    printed = " ".join(console.export_text().split())
    assert re.search(r" claim .* checked ", printed)
    page, latex = report.to_html(), report.to_latex()
    assert re.search(r"<th[^>]*>checked: what a machine verified</th>", page)
    assert r"\urnnrows{what it says}{what a machine verified}" in latex
    for step, check in zip(proof.steps, steps, strict=True):
        assert (check.name, check.claim) == (step.name, step.claim)
        assert check.checked != check.claim
        assert html_formula(check.claim) in page
        assert html_formula(check.checked) in page
        row = f"{{{tex_formula(check.name)}}}{{PROVED, kernel}}{{{tex_formula(check.claim)}}}{{"
        verified = latex.split(f"\\urnnrow{row}")[1]
        said = tex_formula(check.checked)
        assert verified.startswith(f"{said[:1].upper()}{said[1:]}")
        assert check.checked.split(":")[0].split()[0] in printed


def test_the_step_of_induction_shows_how_little_of_it_was_checked():
    """All that the kernel expands in S5: with g = 0 what is multiplied by g is 0."""
    (check,) = theorem("3.1").check_step("S5 induction").checks
    assert check.claim == "h_u^k = [h^k; 0] for all k, so C_u h_u^k = C h^k"
    assert check.checked.endswith("if g = 0, then W2 g = 0, W4 g = 0, O g = 0")
    assert "induction on k" in check.evidence[USED]


@pytest.mark.parametrize("name", NAMES)
def test_what_was_checked_is_counted_from_the_certificates(name):
    """The numbers in the column are those of the claims in the certificate, counted again here."""
    for step in theorem(name).steps:
        outcome = step.run()
        kinds = r"(\d+) (?:identit|inequalit|contradiction)"
        said = [int(x) for x in re.findall(kinds, outcome.check.checked)]
        assert outcome.check.checked
        assert sum(said) == len(outcome.certificates)


def test_a_report_is_shown_with_the_proof_that_it_is_about():
    report = cheap_report(theorem("3.2"))
    other = with_step(theorem("3.2"), 0, claim=FALSE)
    with pytest.raises(InputError, match="not about this proof"):
        theorem("3.3").to_html(report)
    with pytest.raises(InputError, match="not about this proof"):
        other.to_html(report)
    with pytest.raises(InputError, match="not about this proof"):
        theorem("3.2").to_html(replace(report, proof=None))
    exchanged = replace(report, proof=other).to_html()
    assert FALSE not in exchanged, "claims are those of the checks"


@pytest.mark.parametrize("name", ["3.2", "3.3"])
def test_no_false_wording_is_shown_beside_a_verdict_of_the_true_one(name):
    proved = with_coq(theorem(name), cheap_report(theorem(name)))
    assert proved.verdict is Verdict.PROVED
    assert "PROVED" in theorem(name).to_html(replace(proved, proof=theorem(name)))
    for part, changed in wordings(theorem(name)):
        with pytest.raises(InputError, match=f"{part} was changed"):
            changed.to_html(replace(proved, proof=changed))
