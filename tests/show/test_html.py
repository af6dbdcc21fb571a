"""What a notebook shows: nothing is executed, nothing is buried, nothing rests on colour."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from urnn_proofs import (
    RNN,
    Check,
    InputError,
    Report,
    Role,
    StoredNetwork,
    Trust,
    Verdict,
    equivalent_urnn,
    minimal_urnn,
    search_counterexample,
    theorem,
    verify_construction,
)
from urnn_proofs.formal.record import recorded
from urnn_proofs.model.activation import activation
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.show.html.evidence import evidence
from urnn_proofs.show.html.formulas import formula
from urnn_proofs.show.html.graph_svg import graph_svg, layers, rests_on
from urnn_proofs.show.html.parts import MARKS, text
from urnn_proofs.theorems.in_coq import FORMAL_NAME
from urnn_proofs.theorems.parts import Outcome, Statement, Step
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.registry import theorem_names
from urnn_proofs.theorems.seal import register

ATTACK = "<script>alert('x')</script><img src=x onerror=\"y\">&lt; $\\href{z}{z}$"
ALLOWED = {"style", "div", "p", "b", "br", "span", "details", "summary", "code"}
ALLOWED |= {"table", "thead", "tbody", "tr", "th", "td", "svg", "path", "rect", "text", "pre"}
VOID = {"br"}
HALF = Fraction(1, 2)


class Reader(HTMLParser):
    """Collects tags, attributes, and the text that MathJax would look at; checks nesting."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.typeset = ""
        self.feed(markup)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        inside = [tag for tag, _ in self.open]
        if "style" in inside:
            return
        self.words += data
        ignored = any("tex2jax_ignore" in (a.get("class") or "") for _, a in self.open)
        if not ignored and not {"code", "pre"} & set(inside):
            self.typeset += data


def a_check(verdict=Verdict.PROVED, name="S1", claim="U^T U = I", trust=Trust.EXACT, **more):
    return Check(name, claim, "n = 1", verdict, trust, "exact", **more)


def attacked_check():
    return Check(
        ATTACK, ATTACK, ATTACK, Verdict.UNKNOWN, Trust.SMT, ATTACK, {ATTACK: ATTACK, "smt2": ATTACK}
    )


def attacked_proof():
    step = Step(ATTACK, ATTACK, ATTACK, lambda: Outcome(attacked_check()))
    later = Step("later", "b", "c", lambda: Outcome(attacked_check()), (ATTACK,))
    return Proof(ATTACK, Statement("t", "latex of ours"), (ATTACK,), (step, later), ATTACK)


def attacked_values():
    proof = attacked_proof()
    phi = replace(activation("relu"), name="mine")
    network = RNN([[HALF] * 9] * 9, [[1]] * 9, [0] * 9, [[1] * 9], activation=phi)
    object.__setattr__(phi, "name", ATTACK)  # no such name is accepted
    return {
        "check": attacked_check(),
        "report": Report(
            ATTACK,
            ATTACK,
            (attacked_check(),),
            parts=(Report(ATTACK, ATTACK, (attacked_check(),)),),
            notes=(ATTACK,),
        ),
        "proof": proof,
        "proof checked": proof.check(),
        "step": proof.check_step("later"),
        "network": network,
    }


@pytest.mark.parametrize("name", attacked_values())
def test_text_is_never_markup(name):
    value = attacked_values()[name]
    read = Reader(value._repr_html_())
    assert read.tags <= ALLOWED
    assert not any(a.startswith("on") or a in ("href", "src") for a in read.attributes)
    assert "alert('x')" in read.words
    assert "href" not in read.typeset  # nor does MathJax see a formula in it


def test_text_is_never_markup_in_a_proof_with_its_report():
    proof = attacked_proof()
    assert Reader(proof.to_html(proof.check())).tags <= ALLOWED


@given(st.text(max_size=60))
@example("a\r\nb\rc\n")
def test_any_text_is_read_back_unchanged(value):
    read = Reader(f"<p>{text(value)}</p>")
    assert read.tags <= {"p", "span"}
    assert with_one_newline(read.words) == with_one_newline(value)


def with_one_newline(value):
    """Whoever reads HTML takes every kind of line end for one and the same."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(alphabet="aWh_^{}[]()<>=$\\ 1|/&'\"", max_size=40))
def test_a_claim_has_formulas_of_ours_only(value):
    read = Reader(f"<p>{formula(value)}</p>")
    assert read.tags <= {"p", "span"}
    # What MathJax may look at holds an even number of dollars, all of them ours.
    assert read.typeset.count("$") % 2 == 0
    if "\\" in value:
        assert not re.search(r"\\(href|url|unicode|require)", read.typeset)


@pytest.mark.parametrize("name", theorem_names())
def test_every_proof_shows_all_its_steps_and_arguments(name):
    proof = theorem(name)
    report = proof.check()
    page, checks = proof.to_html(report), report.to_html()
    shown = Reader(page)
    plain = Reader(proof.to_html())
    assert shown.tags <= ALLOWED
    for step in proof.steps:
        assert step.name in shown.words
        assert step.name in plain.words
        assert formula(step.why) in page
        assert formula(step.why) in checks
    assert "PROVED" not in plain.words  # no verdict before a check
    assert "not checked yet" in plain.words
    assert str(report.verdict) in shown.words


def test_what_is_assumed_stands_above_the_table():
    report = theorem("3.3-strong").check()
    words = Reader(report.to_html()).words
    assert report.verdict is Verdict.ASSUMED
    assert words.index("ASSUMED words") < words.index("what a machine verified")
    assert "by no machine" in words  # nobody checked it


@pytest.mark.parametrize("verdict", [Verdict.REFUTED, Verdict.UNKNOWN, Verdict.ASSUMED])
def test_what_weakens_a_part_stands_at_the_top(verdict):
    inner = Report("inner", "n = 1", (a_check(verdict, "weak one"),))
    report = Report("outer", "n = 1", (a_check(name="strong one"),), parts=(inner,))
    words = Reader(report.to_html()).words
    assert words.index(f"{verdict} weak one") < words.index("strong one")
    assert "<details open><summary>" in report.to_html()  # and the part is not folded


def test_a_contradicting_cross_check_stands_at_the_top_and_an_undecided_one_is_counted():
    against = a_check(Verdict.REFUTED, "NumPy", role=Role.CROSS_CHECK)
    undecided = a_check(Verdict.UNKNOWN, "Z3", role=Role.CROSS_CHECK)
    words = Reader(Report("r", "n = 1", (a_check(), against, undecided)).to_html()).words
    assert words.index("REFUTED NumPy") < words.index("what a machine verified")
    assert "2 cross-checks, 1 CONTRADICT, 1 undecided" in words


def test_every_verdict_has_a_word_and_a_mark_of_its_own():
    marks = [mark for mark, _ in MARKS.values()]
    assert set(MARKS) == set(Verdict)
    assert len(set(marks)) == len(marks)
    for verdict in Verdict:
        role = Role.CROSS_CHECK if verdict is Verdict.CONSISTENT else Role.STEP
        words = Reader(a_check(verdict, role=role)._repr_html_()).words
        assert f"{MARKS[verdict][0]} {verdict}" in words


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_colours_are_legible_on_light_and_dark(verdict):
    own = luminance(MARKS[verdict][1])
    for background in ("#ffffff", "#111111"):
        high, low = sorted((own, luminance(background)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3.5


def test_nothing_sets_a_background_or_a_text_colour_for_ordinary_text():
    for value in (theorem("3.1"), verify_construction(1)):
        markup = value.to_html()
        backgrounds = re.findall(r"background[^:;]*:([^;}!]+)", markup)
        assert set(backgrounds) <= {"transparent"}


def test_layers_of_named_graphs():
    assert layers({}) == []
    assert layers({"a": ()}) == [["a"]]
    assert layers({"a": (), "b": ("a",), "c": ("b", "a")}) == [["a"], ["b"], ["c"]]
    assert layers({"a": (), "b": ("a",), "c": (), "d": ("b", "c")}) == [["a"], ["b", "c"], ["d"]]


def test_what_is_not_proved_reaches_everything_that_uses_it():
    uses = {"a": (), "b": ("a",), "c": (), "d": ("b", "c"), "e": ("c",)}
    found = rests_on(uses, {"a": Verdict.UNKNOWN, "c": Verdict.REFUTED, "b": Verdict.PROVED})
    assert found == {"a": [], "b": ["a"], "c": [], "d": ["c", "a"], "e": ["c"]}
    assert not any(rests_on(uses, dict.fromkeys(uses, Verdict.PROVED)).values())


@pytest.mark.parametrize("name", theorem_names())
def test_the_drawing_has_every_step_and_every_arrow_points_down(name):
    proof = theorem(name)
    drawn = graph_svg(proof)
    labels = re.findall(r"<text [^>]*>([^<]+)</text>", drawn)
    assert sorted(labels) == sorted(step.name for step in proof.steps)
    assert drawn.count("<path") == 2 * sum(len(step.depends) for step in proof.steps)
    boxes = re.findall(r'<rect x="([\d.-]+)" y="(\d+)" width="([\d.]+)"', drawn)
    width = float(re.search(r'viewBox="0 0 (\d+)', drawn)[1])
    places = sorted((int(y), float(x), float(x) + float(w)) for x, y, w in boxes)
    for (y0, _, right), (y1, left, _) in zip(places, places[1:]):
        assert y0 < y1 or right < left  # no two boxes overlap
    assert all(left >= 0 and right <= width for _, left, right in places)
    heights = dict(zip(labels, [int(y) for _, y, _ in boxes]))
    for step in proof.steps:
        assert all(heights[other] < heights[step.name] for other in step.depends)


def test_the_drawing_marks_what_is_assumed_by_word_and_by_dashes():
    strong = theorem("3.3-strong")
    outcome = Outcome(a_check(Verdict.ASSUMED, "IL affine"))
    first = replace(strong.steps[0], run=lambda: outcome)
    proof = register(replace(strong, name="one step assumed", steps=(first, *strong.steps[1:])))
    drawn = graph_svg(proof, proof.check())
    assert "ASSUMED: IL affine" in drawn
    # IL affine and the nine steps that rest on it, but not the converse
    assert drawn.count("stroke-dasharray") == 10
    words = Reader(proof.check().to_html()).words
    assert words.count("given IL affine") == 9
    assert "given" not in Reader(theorem("3.1").check().to_html()).words


def test_one_step_is_no_proof_of_the_theorem():
    found = theorem("3.1").check_step("S3 gate")
    assert found.verdict is Verdict.PROVED
    assert found.scope == "all n, all a, h, H"
    assert found.title == "Theorem 3.1, step S3 gate (one of 8)"
    assert found.notes == ("uses S2 rows, which was not run",)
    with pytest.raises(InputError, match="S9"):
        theorem("3.1").check_step("S9")


def test_small_matrices_are_exact_and_large_ones_are_marked_as_rounded():
    small = RationalMatrix.parse([[Fraction(1, 3)]], "M")._repr_html_()
    assert r"\tfrac{1}{3}" in small
    assert "rounded" not in small
    large = RationalMatrix.parse([[Fraction(1, 3)] * 9], "M")._repr_html_()
    assert "0.3333" in large
    assert "rounded to four digits" in large
    long = RationalMatrix.parse([[Fraction(1, 3**40)]], "M")._repr_html_()
    assert "rounded" in long


@pytest.mark.parametrize("shape", [(1, 1), (6, 6), (7, 7), (64, 64), (65, 65), (1, 200), (0, 0)])
def test_matrices_of_every_size_have_a_form(shape):
    read = Reader(RationalMatrix.zeros(*shape)._repr_html_())
    assert read.tags <= ALLOWED
    assert len(read.words) < 12_000


def test_results_show_their_networks_and_what_was_tried():
    rnn = RNN([[HALF]], [[1]], [0], [[1]])
    for more in ({"dtype": "float32"}, {"dtype": "float64", "exact": False}):
        assert "the URNN" in Reader(equivalent_urnn(rnn, 1, **more)._repr_html_()).words
    stacked = equivalent_urnn(StoredNetwork.of(rnn, rnn), 1)._repr_html_()
    assert Reader(stacked).words.count("the URNN") >= 1
    both = equivalent_urnn(rnn, 1)._repr_html_()
    assert "the URNN" in both
    assert r"\sqrt{3}" in both
    fewest = Reader(minimal_urnn(rnn, 1)._repr_html_()).words
    assert "2 suffice, 2 are needed" in fewest
    smooth = RNN([[HALF]], [[1]], [0], [[1]], activation="tanh")
    found = search_counterexample(smooth, states=1)
    words = Reader(found._repr_html_()).words
    assert "there is none: no tanh URNN with at most 1 state" in words
    assert all(attempt.encoding in words for attempt in found.trace)
    assert f"{found.seconds:.2f}" not in words  # the same search shows the same


def test_an_assumed_bound_is_shown_as_such():
    # ||W|| = 1 and the states need not be bounded: the caller's word is all there is.
    both = equivalent_urnn(RNN([[1, 0], [0, 0]], [[1], [0]], [0, 0], [[1, 1]]), 1, state_bound=10)
    words = Reader(both._repr_html_()).words
    assert both.report.verdict is Verdict.ASSUMED
    assert words.index("ASSUMED S4 bound") < words.index("what a machine verified")


WITH_IDENTITIES = [name for name in theorem_names() if name != "n+eigenspace"]
LETTER = r"(?:\\mathcal\{R\}|\\?[A-Za-z]+)(?:_\{\w+\})?'*"


def words_of(side: str, letters: dict[str, dict]) -> dict[tuple[str, ...], Fraction]:
    """Read a sum of words in LaTeX and multiply it out, letter by letter, with these letters."""
    total: dict[tuple[str, ...], Fraction] = {}
    for sign, term in re.findall(r"(^-? ?|[+-] )([^+-]+)", side.strip()):
        product = {(): Fraction(-1 if sign.startswith("-") else 1)}
        for number, letter, power in re.findall(
            rf"(\d+)|({LETTER})(\^\{{(?:\\top|\d+)\}})?", term.strip()
        ):
            value = {(): Fraction(number)} if number else letters.get(letter, {(letter,): 1})
            if "top" in power:
                value = {
                    tuple(x[:-1] if x.endswith("*") else f"{x}*" for x in reversed(word)): c
                    for word, c in value.items()
                }
            for _ in range(int(power[2:-1]) if power[2:-1].isdigit() else 1):
                product = multiplied(product, value)
        for word, c in product.items():
            total[word] = total.get(word, Fraction(0)) + c
    return {word: c for word, c in total.items() if c}


def multiplied(a, b):
    found: dict[tuple[str, ...], Fraction] = {}
    for u, c in a.items():
        for v, d in b.items():
            found[u + v] = found.get(u + v, Fraction(0)) + c * d
    return found


def difference(relation: str, letters=None) -> dict[tuple[str, ...], Fraction]:
    left, right = relation.split(" = ")
    found = words_of(left, letters or {})
    for word, c in words_of(right, letters or {}).items():
        found[word] = found.get(word, Fraction(0)) - c
    return {word: c for word, c in found.items() if c}


def plain(found, symmetric):
    """Write a letter that is its own adjoint without the star."""
    total: dict[tuple[str, ...], Fraction] = {}
    for word, c in found.items():
        word = tuple(x[:-1] if x.endswith("*") and x[:-1] in symmetric else x for x in word)
        total[word] = total.get(word, Fraction(0)) + c
    return {word: c for word, c in total.items() if c}


@pytest.mark.parametrize("name", theorem_names())
def test_identities_hold_as_they_are_shown(name):
    """The relations as numbered, multiplied out as shown, give the identity: read off the page."""
    shown = 0
    for check in theorem(name).check().checks:
        page = unescape(evidence(check))
        groups = re.findall(
            r">relations</td>(.*?)</td></tr>.*?>identities</td>(.*?)</td></tr>", page
        )
        for hypotheses, so in groups:
            relations = re.findall(r"\$(\\mathcal\{R\}_\{\d+\})\$: \$([^$]+)\$", hypotheses)
            lines = re.findall(r">\$([^$]+)\$</div>", so)
            used = " ".join([*(r for _, r in relations), *lines])
            letters = set(re.findall(LETTER, used)) - {r for r, _ in relations} - {r"\top"}
            symmetric = {x for x in letters if not re.search(re.escape(x) + r"\^\{\\top", used)}
            values = {R: difference(relation) for R, relation in relations}
            assert lines
            for line in lines:
                assert plain(difference(line, values), symmetric) == {}, line
                shown += 1
    assert shown or name not in WITH_IDENTITIES


def test_evidence_that_is_no_identity_is_shown_as_it_is():
    odd = {"shown": ["if A = 1, then B = 1"], "how": ["B = 1 [C] (0) [1] or so", "W*"]}
    read = Reader(evidence(a_check(evidence=odd)))
    assert "or so" in read.words
    assert "mathcal" not in read.words


@pytest.mark.parametrize("name", theorem_names())
def test_what_coq_checked_is_shown_with_its_statement(name):
    report = theorem(name).check()
    read = Reader(report.to_html())
    for check in report.checks:
        if check.name == FORMAL_NAME:
            for title in theorem(name).statement.coq:
                assert f"Coq statement: {title}" in read.words
                assert recorded(title).statement in read.words
