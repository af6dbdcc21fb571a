"""A theorem for all n is PROVED by Coq alone, and only as long as the record of it applies."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from paths import ROOT
from typer.testing import CliRunner

from urnn_proofs import Role, Trust, Verdict, theorem
from urnn_proofs.cli import app
from urnn_proofs.formal import coq, record, sources
from urnn_proofs.formal.coq import Checked, Theorem
from urnn_proofs.formal.record import read_record, recorded, seal_of
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.theorems import in_coq
from urnn_proofs.theorems.parts import Statement
from urnn_proofs.theorems.registry import theorem_names
from urnn_proofs.theorems.seal import register

PAGES = tuple(read_record().pages)


def standing(proof, **options):
    return record.standing(proof.name, proof.digest, proof.statement.coq, **options)


def rewritten(path, change, *, sealed=True):
    """Write the shipped record with one thing changed."""
    data = json.loads(record.PATH.read_text())
    change(data)
    if sealed:
        data["seal"] = seal_of(data)
    path.write_text(json.dumps(data))
    return path


# -- the record as it is ---------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_the_shipped_record_applies_to_every_page_it_names(name):
    proof = theorem(name)
    found = standing(proof)
    assert found.applies
    assert found.noted == ("The Coq sources beside the package have the recorded digest.",)
    assert len(found.reviewed) > 400
    report = proof.check()
    assert (report.verdict, report.trust) == (Verdict.PROVED, Trust.FORMAL)
    (step,) = [c for c in report.checks if c.role is Role.STEP]
    assert step.claim == proof.statement.text
    assert step.evidence["said"].startswith(f"Coq 8.16.1 checked {found.theorems[0].name}")
    skeleton = [c.name for c in report.checks if c.role is Role.SKELETON]
    assert skeleton == [s.name for s in proof.steps]


def test_the_record_lists_every_headline_with_the_assumptions_it_may_use():
    listed = {h.name: h for h in sources.headlines(sources.sources())}
    found = read_record().theorems
    assert list(found) == list(listed)
    for name, each in found.items():
        assert each.assumptions == listed[name].assumptions
        assert each.module == listed[name].module
        assert each.digest == sources.digest(sources.sources())
    assert recorded("theorem_3_1").statement.startswith("forall (R : rcfType) (M : R)")
    with pytest.raises(InputError, match="no Coq theorem 'theorem_9'; expected one of theorem_3_1"):
        recorded("theorem_9")


def test_pages_without_a_coq_theorem_are_not_proved():
    for name in set(theorem_names()) - set(PAGES):
        assert theorem(name).check().verdict is Verdict.ASSUMED


def test_reading_the_record_needs_the_standard_library_only():
    code = "import sys; from urnn_proofs.formal.record import recorded; recorded('theorem_3_1')\n"
    code += "print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"sympy", "z3", "numpy", "flint", "rich", "typer"}


# -- anything replaced by something false: nothing says PROVED ---------------------------------


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("part", ["text", "latex", "hypothesis", "fewer", "more"])
def test_a_page_that_says_something_else_is_not_proved(name, part):
    proof = theorem(name)
    said = proof.statement
    false = {
        "text": {"statement": replace(said, text=said.text.replace("n", "0", 1))},
        "latex": {"statement": replace(said, tex="$0 = 1$")},
        "hypothesis": {"hypotheses": ("0 = 0", *proof.hypotheses[1:])},
        "fewer": {"hypotheses": proof.hypotheses[1:]},
        "more": {"hypotheses": (*proof.hypotheses, "0 = 0")},
    }[part]
    report = replace(proof, audit=tuple, **false).check()
    assert report.verdict is Verdict.UNKNOWN
    assert report.trust is not Trust.FORMAL
    assert "not the one that was reviewed" in report.checks[0].evidence["why"]


def test_the_statement_of_one_page_under_the_name_of_another_is_not_proved():
    one, two = theorem("3.1"), theorem("3.2")
    assert replace(two, name="3.1", audit=tuple).check().verdict is Verdict.UNKNOWN
    assert replace(one, name="3.2", audit=tuple).check().verdict is Verdict.UNKNOWN
    assert replace(one, name="mine", audit=tuple).check().verdict is Verdict.UNKNOWN
    own = register(replace(one, name="my page"))  # names a Coq theorem, but no reader compared it
    assert own.check().verdict is Verdict.UNKNOWN
    said = replace(one.statement, coq=("theorem_3_2",))
    assert replace(one, statement=said).check().verdict is Verdict.UNKNOWN
    words = register(replace(one, name="my words", statement=replace(one.statement, coq=())))
    report = words.check()
    assert (report.verdict, report.trust) == (Verdict.ASSUMED, Trust.WORDS)


@pytest.mark.parametrize("name", PAGES)
def test_the_same_page_with_a_changed_source_is_not_proved(name, tmp_path, monkeypatch):
    folder = tmp_path / "formal"
    shutil.copytree(sources.sources(), folder, ignore=shutil.ignore_patterns("*.vo*", "*.glob"))
    monkeypatch.setattr(record, "sources", lambda: folder)
    proof = theorem(name)
    assert standing(proof).applies
    for path in sorted(folder.glob("*.v")):
        text = path.read_text()
        path.write_text(text.replace("<=", "<", 1) if "<=" in text else text + "\n")
        found = standing(proof)
        assert not found.applies, path
        assert found.against == (
            "The Coq sources beside the package are not those that Coq checked.",
        )
        path.write_text(text)
    (folder / "Setting.v").unlink()
    report = proof.check()
    assert report.verdict is Verdict.UNKNOWN
    assert report.checks[0].evidence["not checked"].startswith("the statement")


def test_changed_sources_are_seen_although_the_project_file_is_absent(tmp_path, monkeypatch):
    folder = tmp_path / "formal"
    shutil.copytree(sources.sources(), folder, ignore=shutil.ignore_patterns("*.vo*", "*.glob"))
    monkeypatch.setattr(sources, "__file__", str(tmp_path / "urnn_proofs/formal/sources.py"))
    assert standing(theorem("3.1")).applies
    (folder / "_CoqProject").unlink()
    text = (folder / "Setting.v").read_text()
    (folder / "Setting.v").write_text(text.replace("<=", "<"))
    found = standing(theorem("3.1"))
    assert not found.applies
    assert "not those that Coq checked" in found.against[0]
    with pytest.raises(InputError, match="has no _CoqProject"):
        sources.modules(sources.sources())


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["theorems"]["theorem_3_1"].update(statement="False"),
        lambda d: d["theorems"]["theorem_3_3_tanhR"].update(assumptions=[]),
        lambda d: d["pages"]["3.1"].update(prose="0" * 64),
        lambda d: d["pages"]["3.1"].update(theorems=["theorem_D"]),
        lambda d: d.update(coq="9.0"),
        lambda d: d.update(sources="0" * 64),
    ],
)
def test_a_record_of_which_a_part_was_changed_does_not_apply(tmp_path, change):
    path = rewritten(tmp_path / "record.json", change, sealed=False)
    found = standing(theorem("3.1"), path=path)
    assert not found.applies
    assert "was changed after it was written" in found.against[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d.update(package="0.0.9"), "made for version 0.0.9"),
        (lambda d: d.update(sources="0" * 64), "not those that Coq checked"),
        (lambda d: d["pages"]["3.1"].update(prose="0" * 64), "not the one that was reviewed"),
        (lambda d: d.update(format=2), "has format 2; expected 1"),
        (lambda d: d["pages"]["3.1"].update(theorems=["absent"]), "lacks the theorem 'absent'"),
        (lambda d: d.pop("theorems"), "is malformed"),
        (lambda d: d["theorems"]["theorem_3_1"].pop("statement"), "is malformed"),
        (lambda d: d["theorems"].update(theorem_3_1=[]), "is malformed"),
        (lambda d: d.update(coq=8), "is malformed"),
    ],
)
def test_a_record_of_something_else_does_not_apply_and_says_why(tmp_path, change, why):
    path = rewritten(tmp_path / "record.json", change)
    found = standing(theorem("3.1"), path=path)
    assert not found.applies
    assert why in " ".join(found.against)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "\x00", "[" * 100_000, '{"format": 1}'])
def test_a_file_that_is_no_record_is_refused(tmp_path, text):
    path = tmp_path / "record.json"
    path.write_text(text)
    with pytest.raises(InputError, match="the record of Coq's checks"):
        read_record(path)
    assert not standing(theorem("3.1"), path=path).applies
    with pytest.raises(InputError, match="cannot be read"):
        read_record(tmp_path / "absent.json")


def test_a_page_the_record_does_not_know_is_not_proved(tmp_path, monkeypatch):
    path = rewritten(tmp_path / "record.json", lambda d: d["pages"].pop("3.1"))
    monkeypatch.setattr(in_coq, "standing", lambda *page: record.standing(*page, path=path))
    report = theorem("3.1").check()
    assert report.verdict is Verdict.UNKNOWN
    assert "The record knows no page '3.1'" in report.checks[0].evidence["why"]


def test_without_the_sources_the_record_applies_and_says_what_was_not_looked_at(monkeypatch):
    monkeypatch.setattr(record, "sources", lambda: None)
    report = theorem("3.1").check()
    assert report.verdict is Verdict.PROVED
    assert "their digest was not computed again" in report.checks[0].evidence["sources"]


def test_a_kernel_that_rejects_leaves_the_statement_to_coq(monkeypatch):
    monkeypatch.setattr("urnn_proofs.theorems.board.check", lambda _: Verdict.REFUTED)
    report = theorem("3.1").check()
    assert (report.verdict, report.trust) == (Verdict.PROVED, Trust.FORMAL)
    skeleton = {c.verdict for c in report.checks if c.role is Role.SKELETON}
    assert Verdict.UNKNOWN in skeleton
    assert theorem("3.1").skeleton().verdict is Verdict.UNKNOWN


# -- running Coq now -------------------------------------------------------------------------


def checked_now(**changes):
    """Make what a run of Coq would give, without running it."""
    stored = read_record()
    theorems = tuple(
        Theorem(t.name, t.module, t.statement, t.assumptions) for t in stored.theorems.values()
    )
    return replace(Checked(stored.coq, stored.sources, theorems, 1.0), **changes)


def test_a_run_now_is_told_from_the_record(monkeypatch):
    monkeypatch.setattr(in_coq, "compile_and_compare", lambda folder: checked_now())
    report = in_coq.formal_check(theorem("3.1"))
    assert report.verdict is Verdict.PROVED
    assert report.checks[0].evidence["said"].endswith("compiled now")
    monkeypatch.setattr(in_coq, "compile_and_compare", lambda folder: checked_now(coq="8.18.0"))
    found = in_coq.formal_check(theorem("3.1")).checks[0]
    assert found.evidence["said"].startswith("Coq 8.18.0 checked")
    assert "The record is of Coq 8.16.1; Coq 8.18.0 checked it again" in found.evidence["sources"]


def test_a_run_of_other_sources_or_with_another_statement_proves_nothing(monkeypatch):
    monkeypatch.setattr(in_coq, "compile_and_compare", lambda folder: checked_now(digest="0" * 64))
    assert in_coq.formal_check(theorem("3.1")).verdict is Verdict.UNKNOWN
    other = Theorem("theorem_3_1", "Theorem_3_1", "True", ())
    monkeypatch.setattr(
        in_coq, "compile_and_compare", lambda folder: checked_now(theorems=(other,))
    )
    with pytest.raises(InputError, match="prints another statement of theorem_3_1"):
        in_coq.formal_check(theorem("3.1"))
    proof = theorem("3.1")
    bolder = replace(proof, statement=Statement("0 = 1", "$0 = 1$", proof.statement.coq))
    monkeypatch.setattr(in_coq, "compile_and_compare", lambda folder: checked_now())
    assert in_coq.formal_check(bolder).verdict is Verdict.UNKNOWN


def test_a_run_that_is_not_possible_is_refused(monkeypatch):
    with pytest.raises(UnsupportedError, match="has no Coq theorem; leave --formal out"):
        in_coq.formal_check(theorem("n+mu"))
    with monkeypatch.context() as patch:
        patch.setattr(coq.shutil, "which", lambda name: None)
        done = CliRunner().invoke(app, ["prove", "3.1", "--formal"])
        assert done.exit_code == 2
        assert "Coq is not installed, so nothing was checked by Coq" in done.stderr
    monkeypatch.setattr(in_coq, "sources", lambda: None)
    with pytest.raises(UnsupportedError, match="not beside this package"):
        in_coq.formal_check(theorem("3.1"))


def test_the_command_shows_statement_assumptions_and_how_to_run_it_again():
    done = CliRunner().invoke(app, ["prove", "3.3", "--verbose"])
    assert done.exit_code == 0
    for each in ("theorem_3_3_tanhR", "theorem_3_3_logisticR", "theorem_3_3"):
        for line in recorded(each).statement.split("\n"):
            assert line.strip() in done.stdout
    assert "urnn-proofs prove 3.3 --formal" in done.stdout
    assert CliRunner().invoke(app, ["prove", "all", "--formal"]).exit_code == 2


def test_the_record_is_shipped():
    assert record.PATH.parent.parent == ROOT / "urnn_proofs"
    assert 'packages = ["urnn_proofs"]' in (ROOT / "pyproject.toml").read_text()


def test_the_page_of_the_site_is_written_from_the_record():
    draw = runpy.run_path(str(ROOT / "docs" / "formal_page.py"))
    page = (ROOT / "docs" / "formal.md").read_text()
    assert page == draw["written"]()
    for name, each in read_record().theorems.items():
        assert f"**`{name}`**" in page
        assert each.statement in page
        assert (ROOT / "formal" / f"{each.module}.v").is_file()
