"""Generated LaTeX: what it says follows the report, and it can be verified again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from checked_once import check_once
from typer.testing import CliRunner

from urnn_proofs import Check, Report, Role, Trust, Verdict, __version__, theorem
from urnn_proofs.cli import app
from urnn_proofs.formal.record import Standing, recorded
from urnn_proofs.model.errors import InputError
from urnn_proofs.show.paper.again import verify
from urnn_proofs.show.paper.document import generate
from urnn_proofs.show.paper.references import KEYS, bibtex
from urnn_proofs.show.paper.request import PAPER as PAPER_THEOREMS
from urnn_proofs.show.paper.request import PARTS, Request
from urnn_proofs.show.tex.math import formula
from urnn_proofs.theorems.letters import Environments, Symbols
from urnn_proofs.theorems.parts import Outcome, Statement, Step
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.registry import theorem_names
from urnn_proofs.theorems.seal import register

NAMES = theorem_names()
VERSION = __version__
PAPER = Request(PAPER_THEOREMS, paper=True, version=VERSION)


@pytest.fixture(autouse=True)
def once(request, monkeypatch):
    """Check each theorem once, except where a test changes what checking finds (`fresh`)."""
    if "fresh" not in request.fixturenames:
        check_once(monkeypatch)


@pytest.fixture
def fresh(monkeypatch):
    """Check theorems anew; numbers of states, which have nothing to do with that, are left out."""
    monkeypatch.setattr("urnn_proofs.show.paper.paper.states_figure", lambda: "")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        check_once(patch)
        return {name: theorem(name).to_latex() for name in NAMES}


def run(*arguments: str):
    return CliRunner().invoke(app, ["latex", *arguments])


# -- the prose belongs to the proofs ---------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_step_has_its_prose_and_no_other_step_has(name):
    steps = [step.name for step in theorem(name).steps]
    parts = [part.step for part in theorem(name).prose.parts]
    assert sorted(parts) == sorted(steps)
    assert all(len(part.text) > 100 for part in theorem(name).prose.parts)


@pytest.mark.parametrize("name", NAMES)
def test_no_step_rests_on_one_that_the_prose_puts_behind_it_or_in_the_remark(name):
    order = [part.step for part in theorem(name).prose.parts if not part.remark]
    for step in theorem(name).steps:
        if step.name in order:
            for other in step.depends:
                assert order.index(other) < order.index(step.name)


# -- what a text contains ----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_text_has_statement_steps_facts_and_all_checks(texts, name):
    text, report = texts[name], theorem(name).check()
    assert text.isascii()
    said = re.sub(r"Theorem~(3\.\d) of Emami et al\.\\ \(NeurIPS 2019\)", r"Theorem \1", text)
    assert theorem(name).statement.latex in said
    for step in theorem(name).steps:
        assert len(re.findall(rf"urnn(?:mark|checked)\{{{re.escape(step.name)}\}}", text)) == 1
    assert text.count("\n\\urnnrow{") == len(list(report.all_checks()))
    assert text.count("\n\\urnnrows{what it says}{what a machine verified}") == 1
    assert text.count("Not machine-checked") == sum(
        c.evidence.get("used without a machine's check", "nothing") != "nothing"
        for c in report.checks
    )
    floats = re.findall(r"\\begin\{(?:table|figure)", text)
    assert floats == [r"\begin{figure"] * (name == "3.1")
    assert not floats or "itemize" not in text, "no list that a float could split"
    assert report.certificate.digest in text.split("\\begin")[0]
    assert f"certificate \\texttt{{{report.certificate.digest[:16]}}}" in text
    assert "@" not in text.replace("@beginparpenalty", "").replace("if@nobreak", "")
    assert re.findall(r"begin\{(\w+)", text).count("theorem") == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_nobody_can_read_is_left_to_the_certificate(texts, name):
    shown = [
        line for c in theorem(name).check().all_checks() for line in c.evidence.get("shown", ())
    ]
    left = texts[name].count("long identities, which the certificate has")
    assert left == sum(len(line) > 240 for line in shown)
    assert (left > 0) == (name in ("complex", "no-bound"))


def test_the_text_is_the_same_in_another_process(texts):
    """Sets and hashes differ from process to process; the text must not."""
    names = ("3.1", "3.3-strong")
    code = (
        "import sys; from urnn_proofs import theorem; "
        f"sys.stdout.write(''.join(theorem(name).to_latex() for name in {names}))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout == "".join(texts[name] for name in names)


@pytest.mark.parametrize("name", NAMES)
def test_what_rests_on_words_says_so_before_and_in_the_statement(texts, name):
    text, report = texts[name], theorem(name).check()
    start, end = text.index(r"\begin{theorem}"), text.index(r"\end{theorem}")
    said = " ".join(text[start:end].split())
    assert "Assume" not in said, "nothing is cited, and a proof does not assume its own words"
    assert "Conditional" not in text
    if report.verdict is Verdict.ASSUMED:
        assert report.trust is Trust.WORDS
        assert text.index("The proof is in words.") < start
        assert "; proof in words}]" in said
        assert "footnote" not in said
    else:
        assert "proof in words" not in text
        assert len(re.findall(r"footnote\{\\raggedright Coq \S+ checked ", said)) == 1


def test_the_assumed_step_stands_at_the_top():
    text = with_step(Verdict.ASSUMED).to_latex()
    top, start = (
        text.index("Conditional on what no machine checked"),
        text.index(r"\begin{theorem}"),
    )
    assert top < start
    assert "T2 nullity" in text[top:start]
    assert "conditional}]" in text
    assert r"\urnnchecked{T2 nullity}{ASSUMED}" in text


@pytest.mark.parametrize("prose", [True, False])
def test_an_assumption_without_prose_is_named_by_its_step(prose):
    proof = with_step(Verdict.ASSUMED)
    if not prose:
        proof = register(replace(proof, name="in its own words", prose=None))
    text = proof.to_latex()
    start, end = text.index(r"\begin{theorem}"), text.index(r"\end{theorem}")
    said = " ".join(text[start:end].split())
    named = r"what step \emph{T2 nullity} of the proof says"
    assumed = named if prose else formula(proof.steps[1].claim)
    assert f"Assume {assumed}. Then the following holds." in said
    assert said.endswith(theorem("3.2").statement.latex)
    assert "conditional" in said


def test_the_head_names_what_an_author_needs(texts):
    head = texts["3.1"].split("\\", 1)[0]
    assert "needs the packages: amsmath, amssymb, amsthm;" in head
    assert "draws a figure if the package tikz is loaded" in head
    assert "needs the environments: theorem, claim, remark, example, proof" in head


def bodies(text: str) -> str:
    """Return a text without its head and the commands it defines."""
    return re.sub(r"(?m)^%.*\n|^\\providecommand.*\n(?:  .*\n)*", "", text)


@pytest.mark.parametrize("name", ["3.1", "2n-iff-diagonal"])
def test_the_parts_are_the_whole(texts, name):
    whole = bodies(texts[name])
    parts = {part: bodies(theorem(name).to_latex(part=part)) for part in PARTS[1:]}
    assert r"\begin{proof}" not in parts["statement"] + parts["checks"]
    assert r"\urnnrow" not in parts["statement"] + parts["proof"]
    assert r"\begin{theorem}" not in parts["proof"] + parts["checks"]
    own = f"[Proof of Theorem~\\ref{{urnn:{name.replace('.', '-')}}}]"
    assert parts["proof"].count(own) == 1
    lines = {line for part in parts.values() for line in part.replace(own, "").splitlines()}
    assert lines == set(whole.splitlines())
    if theorem(name).check().verdict is Verdict.ASSUMED:
        assert "The proof is in words." in parts["statement"]
        assert "The proof is in words." in parts["proof"]


def test_parts_that_stand_alone_say_which_labels_they_need():
    for part in ("proof", "checks"):
        assert "% needs the labels: urnn:3-2;" in theorem("3.2").to_latex(part=part)
    assert "needs the labels" not in theorem("3.2").to_latex(part="statement")


@pytest.mark.parametrize("name", NAMES)
def test_what_coq_proved_is_shown_as_coq_prints_it(texts, name):
    """Read back from the listing, whatever its line breaks, it is the recorded statement."""
    listing = r"\\begin\{verbatim\}(.*?)\\end\{verbatim\}"
    head = r"\\noindent\\texttt\{(\S+)\} in Coq \((.*?)\):"
    shown = re.findall(f"{head}.*?{listing}", texts[name], re.S)
    coq = theorem(name).statement.coq
    assert [said.replace("\\_", "_") for said, _, _ in shown] == list(coq)
    for (_, axioms, statement), recorded_name in zip(shown, coq, strict=True):
        record = recorded(recorded_name)
        assert statement.split() == record.statement.split()
        assert axioms == (f"{len(record.assumptions)} axioms" if record.assumptions else "no axiom")


def test_a_statement_of_coq_cannot_end_its_listing():
    said = {"odd": r"x \end{verbatim} \input{y}", "assumptions of odd": "closed"}
    check = Check("Coq", "c", "s", Verdict.PROVED, Trust.FORMAL, "Coq", evidence=said)
    assert Report("r", "s", (check,)).to_latex().count(r"\end{verbatim}") == 1


def test_two_columns_change_no_more_than_line_breaks(texts):
    """Letters are those of one column, in the same order; only displays are cut."""

    def letters(text: str) -> str:
        text = bodies(text).split(r"\begin{example}")[0].split(r"\begin{tikzpicture}")[0]
        text = re.sub(r"\\(?:begin|end)\{(?:aligned|gathered)\}|\\\\|&|\\q?quad", "", text)
        return re.sub(r"\s", "", text)

    for name in ("2n-1", "no-bound", "epsilon", "expansive"):
        assert letters(texts[name]) == letters(theorem(name).to_latex(columns=2))


def numeric(cell: str, w: np.ndarray, radicands: dict[str, float]) -> float:
    """Evaluate an entry of the displayed closed form; an independent reading of the output."""
    python = re.sub(r"\\frac\{(.*)\}\{(.*)\}", r"((\1))/((\2))", cell)
    for name, value in radicands.items():
        python = python.replace(f"\\sqrt{{\\{name}}}", f" {value**0.5!r} ")
    python = re.sub(
        r"w_\{(\d)(\d)\}", lambda m: f" ({float(w[int(m[1]) - 1, int(m[2]) - 1])}) ", python
    )
    python = re.sub(r"\s*\^\{(\d)\}", r"**\1", python)
    python = re.sub(r"(?<=[\d)])\s+(?=[\d(])", " * ", python)
    return float(eval(python))


def test_the_closed_form_that_is_displayed_is_orthogonal():
    from urnn_proofs.show.paper.closed_form import closed_form

    text = closed_form(2).replace("@w", "w")
    narrow = closed_form(2, columns=2).replace("@w", "w").replace(" \\\\\n  &\\quad ", " ")
    w = np.array([[0.3, -0.5], [0.4, 0.2]])
    radicands = {
        name: numeric(value, w, {})
        for name, value in re.findall(r"\\(alpha|beta|delta) &= ([^\n]*?) ?,", narrow)
    }
    assert len(radicands) == 3
    blocks = [
        np.array(
            [
                [numeric(cell.strip(), w, radicands) for cell in row.split("&")]
                for row in re.split(r"\\\\\[2ex\]", body)
            ]
        )
        for body in re.findall(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", text, re.S)
    ]
    W2, W3, W4 = blocks
    U = np.block([[w, W2], [W3, W4]])
    assert np.allclose(U @ U.T, np.eye(4))
    entries = re.findall(r"\(@W_4\)_\{(\d)(\d)\} &= (.*?),", narrow)
    assert len(entries) == 4
    for i, j, value in entries:
        assert np.isclose(numeric(value, w, radicands), W4[int(i) - 1, int(j) - 1])


def test_an_example_claims_no_norm_that_its_state_bound_did_not_use(texts):
    """The rule that bounds the states may have no use for norms, and then has none."""
    for name in ("3.1", "3.2"):
        shown = texts[name].split(r"\begin{example}")[1].split(r"\end{example}")[0]
        assert re.search(r"\$H = \d+\$ bounds every state", shown)
        assert r"\|W\| \le" not in shown


def test_the_paper_refers_to_its_own_theorems():
    text = generate(PAPER).text
    assert "\\textsf{n+" not in text, "a theorem that is not in it"
    cited = re.findall(r"\\cite\[Theorem~([\d.]+)\]\{emami2019\}", text)
    assert cited == ["3.1", "3.2", "3.3"], "once each, where the statement says whose it is"
    labels = set(re.findall(r"\\label\{([^}]*)\}", text))
    assert set(re.findall(r"\\(?:eq)?ref\{([^}]*)\}", text)) <= labels


def test_constructions_at_other_sizes():
    one, five = theorem("3.1").to_latex(n=1), theorem("3.1").to_latex(n=5)
    assert r"\sqrt{\alpha} \\ \sqrt{\alpha} & - w" in one
    assert r"\ddots" in five
    assert "one choice of the blocks" not in five
    for n in (0, 17, -1):
        with pytest.raises(InputError, match="1 <= n <= 16"):
            theorem("3.1").to_latex(n=n)


# -- nothing is said to be proved that is not ---------------------------------------------------


@cache
def with_step(verdict: Verdict) -> Proof:
    """A theorem like 3.2, registered as such, whose second step comes out otherwise."""
    proof = theorem("3.2")
    check = Check("T2 nullity", "no 50% & #1_{x}", "all N", verdict, Trust.EXACT, "nobody")
    steps = list(proof.steps)
    steps[1] = replace(steps[1], run=lambda: Outcome(check))
    said = replace(proof.statement, coq=())
    return register(replace(proof, name=f"3.2 {verdict}", statement=said, steps=tuple(steps)))


@pytest.fixture
def without_record(monkeypatch, fresh):
    """Take away what Coq checked, so that statements rest on nothing."""
    nothing = Standing((), ("The record does not apply.",))
    monkeypatch.setattr("urnn_proofs.theorems.in_coq.standing", lambda *_: nothing)


@pytest.mark.parametrize("verdict", [Verdict.REFUTED, Verdict.UNKNOWN, Verdict.UNSUPPORTED])
@pytest.mark.parametrize("standalone", [False, True])
def test_what_is_not_proved_is_no_theorem(verdict, standalone):
    text = with_step(verdict).to_latex(standalone=standalone)
    assert r"\begin{theorem}" not in text
    assert r"\begin{claim}" in text
    assert f"Not established: the verdict is {verdict}." in text
    assert text.index("Not established") < text.index(r"\begin{claim}")
    assert "[Attempted proof]" in text
    assert f"\\urnnchecked{{T2 nullity}}{{{verdict}}}" in text
    assert f"Verdict: {verdict} (scope" in text
    assert f"% Theorem 3.2 {verdict}: {verdict}, trust" in text
    assert r"no 50\% \& \#" in text


def test_a_kernel_that_rejects_leaves_no_proof(monkeypatch, fresh):
    monkeypatch.setattr("urnn_proofs.theorems.board.check", lambda _: Verdict.REFUTED)
    document = generate(PAPER)
    proved = [report for report in document.reports if report.verdict is Verdict.PROVED]
    assert len(proved) == len(document.reports) - 2  # Coq's word; two rest on their steps
    assert document.text.count("{proof}[Attempted proof") == len(document.reports)
    assert document.text.count("the argument below was not in every step") == len(proved)
    assert "Not everything is established:" in document.text.split("Introduction")[0]
    assert ": kernel]" not in document.text.replace(r"[\textsf{S3 gate}: kernel] that", "")
    assert "{kernel}" not in document.text


def test_a_kernel_that_rejects_leaves_no_theorem_without_coq(monkeypatch, without_record):
    monkeypatch.setattr("urnn_proofs.theorems.board.check", lambda _: Verdict.REFUTED)
    document = generate(PAPER)
    assert {report.verdict for report in document.reports} == {Verdict.UNKNOWN}
    assert r"\begin{theorem}" not in document.text
    start = document.text.split("Introduction")[0]
    assert "Not everything is established" in start
    assert "Coq checked" not in start
    assert "proof in words" not in start
    table = document.text.split(r"\label{urnn:answers}")[1].split(r"\bottomrule")[0]
    assert table.count("nothing: UNKNOWN") == len(document.reports)
    assert "PROVED" not in document.text.split(r"\label{urnn:trust}")[1].split(r"\bottomrule")[0]


def test_a_changed_statement_does_not_get_the_prose_of_another():
    proof = theorem("3.2")
    bolder = replace(proof, statement=Statement("N >= 3n", r"$N \ge 3n$"))
    text = bolder.to_latex()
    assert r"$N \ge 3n$" in text
    assert theorem("3.2").prose.parts[0].text[:60] not in text
    assert "that Theorem" not in text, "no example either"
    assert "Off" not in text
    assert "Otherwise" in text, "the reasons of the steps are shown instead"
    with pytest.raises(InputError, match="own words"):
        bolder.to_latex(symbols=Symbols(W="A"))


def test_a_proof_of_your_own():
    step = Step(
        "one_1",
        "a = b & c",
        "because 100%",
        lambda: Outcome(Check("x", "y", "z", Verdict.PROVED, Trust.EXACT, "nobody")),
    )
    odd = Proof("50%_\n\\end{document}", Statement("t", r"$x = 1$"), ("h_1 % h_2",), (step,), "r")
    text = odd.to_latex(standalone=True)
    lines = [line for line in text.splitlines() if not line.startswith("%")]
    assert [line for line in lines if r"\end{document}" in line] == [r"\end{document}"]
    assert text.rstrip().endswith(r"\end{document}")
    assert r"because 100\%" in text
    assert r"one\_1" in text


def test_reports_of_every_kind():
    step = Check("S1_a", "x <= y & 5%", "n = 1", Verdict.PROVED, Trust.EXACT, "an_engine.of~mine")
    other = replace(step, name="n^2", verdict=Verdict.REFUTED, role=Role.CROSS_CHECK)
    report = Report("Our #1 report", "n = 1", (step,), notes=("hypothesis: {M} > 0",))
    assert "Verdict: PROVED (scope: $n = 1$)" in report.to_latex()
    both = Report("Both", "all n", (step, other), (report,)).to_latex(columns=2)
    assert "Not established: the verdict is REFUTED." in both
    assert r"{That it fails. \emph{Scope:} $n = 1$.}" in both
    assert both.count(r"{The claim. \emph{Scope:} $n = 1$.}") == 2
    assert "an_engine" not in both.replace("\\", ""), "a module says nothing to a reader"
    assert r"Our \#1 report" in both
    assert r"$x \le y$ \& 5\%" in both
    empty = Report("nothing", "nothing").to_latex()
    assert "PROVED" not in empty
    assert "UNKNOWN" in empty
    for odd in (3, "a}b", True):
        with pytest.raises(InputError, match="columns"):
            report.to_latex(odd)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict.UNKNOWN, "Nothing."),
        (Verdict.ASSUMED, "Nothing."),
        (Verdict.UNSUPPORTED, "Nothing."),
        (Verdict.REFUTED, "That it fails."),
        (Verdict.CONSISTENT, "No contradiction was found."),
    ],
)
def test_what_was_not_proved_is_not_among_what_was_verified(verdict, said):
    trust = Trust.SAMPLE if verdict is Verdict.CONSISTENT else Trust.EXACT
    role = Role.CROSS_CHECK if verdict is Verdict.CONSISTENT else Role.STEP
    check = Check("S", "1 = 1", "n = 1", verdict, trust, "x", role=role, checked="2 = 2")
    text = Report("r", "n = 1", (check,)).to_latex()
    assert f"{{{said} Looked at: $2 = 2$." in text
    assert "{The claim." not in text


# -- letters and environments -------------------------------------------------------------------


def test_other_letters_and_environments():
    text = theorem("3.1").to_latex(
        symbols=Symbols(W="A", F="B", h=r"\mathbf{s}", U=r"\Theta", phi=r"\sigma"),
        environments=Environments(theorem="thm", proof="prf", labels="me"),
    )
    prose = text[text.index(r"\begin{thm}") : text.index("Checks of Theorem")]
    assert r"$\Theta^{\top} \Theta = I$" in prose
    assert r"A^{\top} A_2" in prose
    assert "w_{11}" in prose, "the letter a is that of the rows of A_3"
    assert r"\mathbf{s}_u^k" in prose
    assert not re.search(r"(?<![A-Za-z\\])[WU](?![A-Za-z])", re.sub(r"URNN|RNN", "", prose))
    assert "me:3-1:factors" in text
    assert r"\begin{theorem}" not in text


@pytest.mark.parametrize(
    "bad",
    ["", "WW", r"\input", r"\input{x}", "W_1", "$W$", "%", r"\mathbf{W", r"W\\", "é", "W\n", 3],
)
def test_symbols_are_letters(bad):
    with pytest.raises(InputError, match="symbol for W"):
        Symbols(W=bad)


def test_symbols_that_are_taken():
    with pytest.raises(InputError, match="same symbol"):
        Symbols(W="U")
    for letters in ({"W": "V"}, {"n": "m"}, {"n": "p"}, {"M": r"\mathcal{A}"}, {"x": "u"}):
        (field,) = letters
        name = "3.2" if field == "M" else "3.1"
        with pytest.raises(InputError, match=f"the symbol for {field} is .* such as "):
            theorem(name).to_latex(symbols=Symbols(**letters))
    assert run("3.1", "--symbol", "n=m").exit_code == 2
    assert run("3.2", "--symbol", "n=m", "--no-setting").exit_code == 0, "m is in the setting only"


FRAKTUR = dict(zip("WUFbChHMxynN", "WUFbChHMxynN")) | {"phi": "z"}
FRAKTUR = {name: rf"\mathfrak{{{letter}}}" for name, letter in FRAKTUR.items()}


def letters_left(text: str) -> set[str]:
    """Return all letters in formulas of a text, by a reading of its own."""
    math = " ".join(re.findall(r"\$(.*?)\$", text, re.S))
    math += " ".join(re.findall(r"\\\[(.*?)\\\]", text, re.S))
    math += " ".join(re.findall(r"\\begin\{(?:eq|al|ga)(.*?)\\end\{(?:eq|al|ga)", text, re.S))
    math = re.sub(r"\\(begin|end|label|eqref|operatorname|mathrm)\{[a-z-]{2,}[^}]*\}", " ", math)
    math = re.sub(r"\\label\{[^}]*\}|\\eqref\{[^}]*\}|\\\\\[\w+\]", " ", math)
    math = re.sub(r"\\[A-Za-z]+\{([A-Za-z])\}", " ", math)
    return set(re.findall(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])", math))


@pytest.mark.parametrize("name", NAMES)
def test_no_letter_of_the_text_can_be_chosen_for_another_thing(name):
    """The networks in Fraktur: whatever plain letters are left, the text uses for other things."""
    text = theorem(name).to_latex(symbols=Symbols(**FRAKTUR))
    at_the_top = r"\\par\\medskip\{\\raggedright.*?\\medskip"
    own = letters_left(re.sub(at_the_top, "", text.split("Checks of Theorem")[0], flags=re.S))
    assert {"I", "m", "p", "k", "u"} <= own
    for letter in own - {"w"}:  # which is that of the entries of W, in 3.1
        chosen = {**FRAKTUR, "W": letter}
        with pytest.raises(InputError, match=f"is {letter}, which the text uses"):
            theorem(name).to_latex(symbols=Symbols(**chosen))


@pytest.mark.parametrize("bad", ["", "a b", "thm}", r"\x", "th1", "x" * 40, None])
def test_environments_are_names(bad):
    with pytest.raises(InputError, match="the name for theorem"):
        Environments(theorem=bad)


@pytest.mark.parametrize(
    "names", [{"claim": "theorem"}, {"claim": "Thm*", "theorem": "satz"}, {"theorem": "claim"}]
)
def test_what_is_not_established_cannot_be_made_to_look_like_a_theorem(names):
    with pytest.raises(InputError, match="the environments are named"):
        Environments(**names)


# -- the seal -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    path = tmp_path_factory.mktemp("latex") / "t.tex"
    done = run("3.2", "--n", "3", "--symbol", "W=A", "--standalone", "-o", str(path))
    assert done.exit_code == 0
    assert "PROVED  Theorem 3.2" in done.stdout
    return path


def resealed(text: str) -> str:
    """Put the right digest over a changed text, as a forger would."""
    first, _, rest = text.split("\n", 2)
    return f"{first}\n% text: sha256 {hashlib.sha256(rest.encode()).hexdigest()}\n{rest}"


def test_a_text_that_holds(sealed):
    assert verify(sealed).matches
    assert run("--verify", str(sealed)).exit_code == 0
    sealed.with_name("crlf.tex").write_bytes(sealed.read_bytes().replace(b"\n", b"\r\n"))
    assert verify(sealed.with_name("crlf.tex")).matches


EDITS = [
    ("at least $2n$ states", "at least $3n$ states"),
    ("is contractive, and", "is not, and"),
    ("PROVED", "PROVED "),
    ("certificate: sha256 ", "certificate: sha256 f"),
    ('"n": 3', '"n": 2'),
    (r"\end{document}", "% more\n" + r"\end{document}"),
    ('"standalone": true, ', ""),
]


@pytest.mark.parametrize(("old", "new"), EDITS)
@pytest.mark.parametrize("forge", [False, True])
def test_a_text_that_was_edited(sealed, tmp_path, old, new, forge):
    text = sealed.read_text()
    assert old in text
    changed = text.replace(old, new, 1)
    path = tmp_path / "t.tex"
    path.write_text(resealed(changed) if forge else changed)
    outcome = verify(path)
    assert not outcome.matches
    assert ("was changed" in outcome.text) is not forge


def test_the_exit_status_of_an_edited_text(sealed, tmp_path):
    path = tmp_path / "t.tex"
    path.write_text(sealed.read_text() + "% more\n")
    assert run("--verify", str(path)).exit_code == 1


def test_a_text_that_no_longer_follows(sealed, monkeypatch, fresh):
    """A stale text: the toolkit no longer proves what it says."""
    monkeypatch.setattr("urnn_proofs.theorems.in_coq.standing", lambda *_: Standing((), ("No.",)))
    outcome = verify(sealed)
    assert not outcome.matches
    assert "is not what version" in outcome.text


def test_a_text_of_another_version(sealed, tmp_path):
    text = sealed.read_text().replace(VERSION, "0.0.9")
    path = tmp_path / "old.tex"
    path.write_text(resealed(text))
    outcome = verify(path)
    assert outcome.matches
    assert outcome.text.endswith("written by version 0.0.9")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\\documentclass{article}",
        b"\xff\xfe",
        b"% urnn-proofs latex, format 1\n",
        b"% urnn-proofs latex, format 1\n% text: sha256 "
        + b"0" * 64
        + b"\n% version: x\n% options: {}\n",
    ],
)
def test_files_that_are_no_such_text(tmp_path, content):
    path = tmp_path / "x.tex"
    path.write_bytes(content)
    done = run("--verify", str(path))
    assert done.exit_code == 2
    assert run("--verify", str(tmp_path / "missing.tex")).exit_code == 2


@pytest.mark.parametrize(
    "options",
    [
        [],
        {"theorems": []},
        {"theorems": ["9.9"]},
        {"theorems": [1]},
        {"theorems": ["3.1"] * 17},
        {"theorems": ["3.1"], "n": 10**6},
        {"theorems": ["3.1"], "n": True},
        {"theorems": ["3.1"], "symbols": {"W": "\\input{x}"}},
        {"theorems": ["3.1"], "symbols": {"Q": "W"}},
        {"theorems": ["3.1"], "symbols": ["W"]},
        {"theorems": ["3.1"], "version": "1"},
        {"theorems": ["3.1"], "standalone": 1},
        {"theorems": ["3.1"], "paper": True},
        {"theorems": ["3.1"], "part": "\\input{x}"},
        {"theorems": ["3.1"], "columns": True},
    ],
)
def test_options_in_a_file_are_not_trusted(tmp_path, options):
    path = tmp_path / "x.tex"
    head = f"% urnn-proofs latex, format 1\n% text: sha256 {'0' * 64}\n% version: 0.1.0\n"
    path.write_text(f"{head}% options: {json.dumps(options)}\n")
    done = run("--verify", str(path))
    assert done.exit_code == 2, done.stdout


def test_requests_survive_being_written():
    for request in (
        PAPER,
        Request(("3.1",), n=4, cite=True, setting=False, version=VERSION),
        Request(("3.1",), part="checks", columns=2, version=VERSION),
        Request(("3.1",), symbols=Symbols(W=r"\Theta"), version=VERSION),
        Request(("3.2",), environments=Environments(proof="prf"), standalone=True, version=VERSION),
    ):
        assert Request.from_json(request.to_json(), VERSION) == request


# -- the command --------------------------------------------------------------------------------


def test_the_command_prints_and_writes(tmp_path):
    shown = run("3.2", "--no-setting")
    assert shown.exit_code == 0
    assert shown.stdout == theorem("3.2").to_latex(setting=False)
    bib, out = tmp_path / "refs.bib", tmp_path / "s.tex"
    assert run("3.3-strong", "--bib", str(bib), "-o", str(out)).exit_code == 3
    assert bib.read_text() == bibtex(VERSION)
    text = out.read_text()
    assert "\\bibitem" not in text
    assert r"\cite{urnnproofs}" in text
    assert set(re.findall(r"\\cite(?:\[.*?\])?\{(\w+)\}", text)) <= set(KEYS)
    assert verify(out).matches


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("9.9",),
        ("3.1", "--n", "0"),
        ("3.1", "--symbol", "W"),
        ("3.1", "--symbol", "Q=R"),
        ("3.1", "--symbol", "W=A", "--symbol", "W=D"),
        ("3.1", "--environment", "theorem=a b"),
        ("paper", "--no-setting"),
        ("paper", "--part", "proof"),
        ("3.1", "--part", "half"),
        ("3.1", "--columns", "3"),
        ("3.1", "-o", "/nonexistent/folder/x.tex"),
        ("3.1", "--verify", "x.tex"),
    ],
)
def test_bad_input(arguments):
    assert run(*arguments).exit_code == 2


def test_bibtex_has_every_reference_once():
    found = re.findall(r"^@\w+\{(\w+),$", bibtex(VERSION), re.M)
    assert found == list(KEYS)
    assert bibtex(VERSION).count("{") == bibtex(VERSION).count("}")
    assert "1910.13672" in bibtex(VERSION)
