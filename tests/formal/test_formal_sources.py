"""The Coq development: nothing in it is claimed without a proof, and Coq's word is compared."""

from __future__ import annotations

import shutil

import pytest
from paths import ROOT

from urnn_proofs.formal import coq
from urnn_proofs.formal.sources import digest, forbidden, headlines, modules, sources
from urnn_proofs.model.errors import InputError, UnsupportedError

FORMAL = sources()
needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="Coq is not installed")

SMALL = {
    "Base.v": "Definition two := 2.\n",
    "Sum.v": "From URNN Require Import Base.\nTheorem sum : two + two = 4.\n"
    "Proof. reflexivity. Qed.\n",
}
PROJECT = "-R . URNN\n-arg -w\n-arg none\nBase.v\nSum.v\n"


@pytest.fixture
def small(tmp_path):
    """A development of two files, in which one thing at a time is made false."""
    folder = tmp_path / "formal"
    folder.mkdir()
    for name, text in SMALL.items():
        (folder / name).write_text(text)
    (folder / "_CoqProject").write_text(PROJECT)
    (folder / "headlines.txt").write_text("sum Sum none\n")
    return folder


def test_the_development_lies_beside_the_package_in_a_checkout():
    assert FORMAL == ROOT / "formal"
    assert (FORMAL / "Setting.v").is_file()


def test_no_file_claims_anything_without_a_proof():
    assert forbidden(FORMAL) == ()


def test_every_file_is_compiled_and_every_headline_is_in_one_of_them():
    names = modules(FORMAL)
    for headline in headlines(FORMAL):
        assert headline.module in names
        text = (FORMAL / f"{headline.module}.v").read_text()
        assert any(
            f"{kind} {headline.name} " in text or f"{kind} {headline.name}\n" in text
            for kind in ("Theorem", "Corollary")
        ), headline.name


def test_no_file_carries_a_path_of_a_machine():
    for path in FORMAL.iterdir():
        if path.suffix in (".v", ".md", ".txt") or path.name in ("_CoqProject", "Makefile"):
            text = path.read_text()
            assert not any(word in text for word in ("/home/", "/work/", "/tmp/", "/root/")), path


@pytest.mark.parametrize(
    "claim",
    [
        "Axiom a : 0 = 1.",
        "Local Axiom a : 0 = 1.",
        "#[local] Parameter a : 0 = 1.",
        "Parameters a : 0 = 1.",
        "Conjecture a : 0 = 1.",
        "Theorem a : 0 = 1. Proof. Admitted.",
        "Theorem a : 0 = 1. Proof. admit. Qed.",
        "Theorem a : 0 = 1. Proof. give_up. Qed.",
        "Hypothesis a : 0 = 1.",
        "Variable a : 0 = 1.",
        "Context (a : 0 = 1).",
        "Section S. End S. Hypothesis a : 0 = 1.",
        "Module M. Variable a : 0 = 1. End M.",
        "(* Section S. *) Hypothesis a : 0 = 1.",
        'Definition s := "Section S. ". Variable a : 0 = 1.',
        "Unset Guard Checking.",
        "Unset Positivity Checking.",
        "Unset Universe Checking.",
        "#[bypass_check(guard)] Fixpoint f (n : nat) : 0 = 1 := f n.",
        'Declare ML Module "x".',
    ],
)
def test_a_claim_without_a_proof_is_found(small, claim):
    (small / "Sum.v").write_text(SMALL["Sum.v"] + claim + "\n")
    assert forbidden(small)


@pytest.mark.parametrize(
    "text",
    [
        "(* no Axiom, no Admitted (* not even here *) Parameter *)",
        "Section S. Variable x : nat. Hypothesis h : x = 0. End S.",
        "Section S. Section T. End T. Context (x : nat). End S.",
        "Definition admissible := 0.",
    ],
)
def test_hypotheses_of_a_section_and_words_in_comments_are_allowed(small, text):
    (small / "Sum.v").write_text(SMALL["Sum.v"] + text + "\n")
    assert forbidden(small) == ()


def test_the_digest_depends_on_every_file_its_name_and_its_text(small):
    first = digest(small)
    (small / "Sum.v").write_bytes(SMALL["Sum.v"].replace("\n", "\r\n").encode())
    assert digest(small) == first  # line ends of another system are the same text
    (small / "Sum.v").write_text(SMALL["Sum.v"] + " ")
    changed = digest(small)
    assert changed != first
    (small / "Sum.v").rename(small / "Sun.v")
    assert digest(small) not in (first, changed)
    (small / "Sun.v").unlink()
    assert digest(small) not in (first, changed)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_CoqProject", PROJECT.replace("Sum.v\n", "")),
        ("_CoqProject", PROJECT + "Absent.v\n"),
        ("_CoqProject", PROJECT + "Sum.v\n"),
        ("_CoqProject", PROJECT.replace("-arg none", "-arg -type-in-type")),
        ("_CoqProject", "Base.v\nSum.v\n"),
        ("headlines.txt", "sum Sum\n"),
        ("headlines.txt", "sum Sum nothing\n"),
        ("headlines.txt", "sum Sum none\nsum Base none\n"),
        ("headlines.txt", 'sum". Sum none\n'),
    ],
)
def test_a_list_that_is_not_what_it_should_be_is_refused(small, name, text):
    (small / name).write_text(text)
    with pytest.raises(InputError):
        modules(small), headlines(small)


def test_without_coq_one_line_says_so(small, monkeypatch, capsys):
    monkeypatch.setattr(coq.shutil, "which", lambda name: None)
    with pytest.raises(UnsupportedError, match=r"Coq is not installed.*apt-get install .*coq "):
        coq.compile_and_compare(small)
    from urnn_proofs.formal.__main__ import main

    assert main([]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@needs_coq
def test_what_coq_says_is_read(small):
    found = coq.compile_and_compare(small)
    (theorem,) = found.theorems
    assert (theorem.name, theorem.module, theorem.assumptions) == ("sum", "Sum", ())
    assert theorem.statement == "(two + two)%coq_nat = 4%N"
    assert found.digest == digest(small)
    assert coq.recheck(small) == "2 files"


@needs_coq
def test_a_statement_made_false_does_not_compile(small):
    (small / "Sum.v").write_text(SMALL["Sum.v"].replace("= 4", "= 5"))
    with pytest.raises(InputError, match=r"does not compile: Sum\.v, line 3"):
        coq.compile_and_compare(small)


@needs_coq
def test_a_definition_made_false_does_not_compile_although_it_did_before(small):
    coq.compile_and_compare(small)
    (small / "Base.v").write_text("Definition two := 3.\n")
    with pytest.raises(InputError, match=r"does not compile: Sum\.v"):
        coq.compile_and_compare(small)


@needs_coq
def test_an_axiom_that_is_not_on_the_list_is_found_by_coq_too(small, monkeypatch):
    text = "From URNN Require Import Base.\nAxiom cheat : two + two = 5.\n"
    (small / "Sum.v").write_text(text + "Theorem sum : two + two = 5. Proof. exact cheat. Qed.\n")
    with pytest.raises(InputError, match=r"Sum\.v: Axiom claims something without a proof"):
        coq.compile_and_compare(small)
    monkeypatch.setattr(coq, "forbidden", lambda folder: ())  # as if the word had been missed
    with pytest.raises(InputError, match="sum assumes cheat; the list .* says nothing"):
        coq.compile_and_compare(small)
    with pytest.raises(InputError, match=r"coqchk lists .*URNN\.Sum\.cheat"):
        coq.recheck(small)


@needs_coq
def test_a_headline_that_is_absent_is_refused(small):
    (small / "headlines.txt").write_text("sum Sum none\nproduct Sum none\n")
    with pytest.raises(InputError, match="Coq does not know a headline theorem"):
        coq.compile_and_compare(small)


@needs_coq
def test_a_clean_copy_carries_nothing_that_was_compiled_before(small):
    coq.compile_and_compare(small)
    with coq.clean_copy(small) as fresh:
        assert not list(fresh.glob("*.vo"))
        assert digest(fresh) == digest(small)
        assert coq.compile_and_compare(fresh).theorems == coq.compile_and_compare(small).theorems
    assert not fresh.exists()
