"""What the terminal shows, at every width: the answer first, nothing cut off, nothing squeezed."""

from __future__ import annotations

import io
import os
import re
from dataclasses import replace
from fractions import Fraction as Q

import pytest
from rich.console import Console

from urnn_proofs import (
    RNN,
    Check,
    Report,
    Role,
    Trust,
    Verdict,
    diagnose,
    equivalent_urnn,
    minimal_urnn,
    search_counterexample,
    theorem,
    verify_construction,
)
from urnn_proofs.show import terminal
from urnn_proofs.show.diagnosis import print_diagnosis
from urnn_proofs.show.search import print_search
from urnn_proofs.show.sweep_tables import _alike, print_sweep
from urnn_proofs.show.terminal import print_summary
from urnn_proofs.sweeps.driver import sweep
from urnn_proofs.sweeps.summary import Table
from urnn_proofs.theorems.registry import gist, theorem_names

WIDTHS = [40, 60, 80, 120]
NET = RNN([[Q(1, 2), Q(1, 5)], [Q(-1, 3), Q(2, 5)]], [[1], [1]], [0, Q(1, 3)], [[1, 1]])
ONE = RNN([[1]], [[1]], [0], [[1]], activation="tanh")


def reports():
    yield "verify", verify_construction(1)
    yield "prove", theorem("3.1").check()
    yield "prove, in words", theorem("3.3-strong").check()
    yield "network", equivalent_urnn(NET, 1).report
    yield "minimal", minimal_urnn(NET, 1).report
    tanh = RNN([[Q(1, 2)]], [[1]], [0], [[1]], activation="tanh")
    yield "within", equivalent_urnn(tanh, 1, epsilon=Q(1, 1000), dtype="float64").report
    one = RNN([[1, 0], [0, Q(1, 2)]], [[1], [1]], [0, 0], [[1, 1]])
    yield "supplied", equivalent_urnn(one, 1, state_bound=5).report


@pytest.fixture(scope="module")
def shown():
    """Return functions that print, by name: each takes a console and whether to be verbose."""
    found = {
        name: lambda console, verbose, report=report: terminal.print_report(
            report, console, verbose=verbose, more="--verbose shows the rest"
        )
        for name, report in reports()
    }
    one, diagnosis = search_counterexample(ONE, 1), diagnose(NET, 1)
    cells = sweep("minimal-states", [{"family": "zero", "n": n, "seed": 0} for n in (1, 2)])
    found["search"] = lambda console, verbose: print_search(one, console)
    found["sweep"] = lambda console, verbose: print_sweep(cells, console)
    found["diagnose"] = lambda console, verbose: print_diagnosis(
        diagnosis, console, None, verbose=verbose
    )
    return found


NAMES = ["verify", "prove", "prove, in words", "network", "minimal", "within", "supplied"]
NAMES += ["search", "sweep", "diagnose"]


def printed(show, width, verbose=False):
    stream = io.StringIO()
    show(Console(file=stream, width=width, color_system=None), verbose)
    return stream.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_lines_fit_and_the_answer_is_first(shown, name, width):
    for verbose in (False, True):
        lines = printed(shown[name], width, verbose).splitlines()
        assert max(map(len, lines)) <= width
        assert all(line == line.rstrip() for line in lines)
        assert re.match(r"(PROVED|ASSUMED|FOUND|UNKNOWN)  \S", lines[0])
        assert not any("\ue000" in line for line in lines)


def letters(text):
    """Return the text without blanks, and without the marks of a list."""
    return re.sub(r"[\s:-]", "", text)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sweep"])
def test_no_width_loses_a_word(shown, name):
    """A sweep's table becomes lines of names and values, and is looked at in its own tests."""
    for verbose in (False, True):
        whole = letters(printed(shown[name], 10_000, verbose))
        assert {letters(printed(shown[name], width, verbose)) for width in WIDTHS} == {whole}


@pytest.mark.parametrize("name", NAMES)
def test_without_an_end_of_line_every_step_is_one_line(shown, name):
    lines = printed(shown[name], terminal.ENDLESS).splitlines()
    assert "; scope: " in lines[0] or name == "sweep"
    assert all(line.startswith("  ") for line in lines[1:])


def test_who_is_believed_stands_in_the_first_line(shown):
    first = printed(shown["prove"], terminal.ENDLESS).splitlines()[0]
    assert first.endswith("[FORMAL: Coq checked the statement]")
    assert "[WORDS: an argument in words" in printed(shown["prove, in words"], terminal.ENDLESS)


def test_on_a_narrow_terminal_a_claim_stands_below_its_step(shown):
    lines = printed(shown["network"], 60).splitlines()
    at = lines.index("  PROVED  S5 induction")
    assert lines[at + 1] == "      h_u^{k-1} = [h^{k-1}; 0] gives h_u^k = [h^k; 0], so"


@pytest.mark.parametrize("width", [80, 120])
def test_a_claim_has_most_of_the_line(shown, width):
    for name in ("network", "within", "minimal"):
        for line in printed(shown[name], width).splitlines()[1:]:
            assert len(line) - len(line.lstrip()) <= width // 2


def test_claim_and_what_was_checked_stand_apart(shown):
    lines = printed(shown["prove"], 500, True).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  PROVED  S5 induction"))
    labels = [line.split()[0] for line in lines[at + 1 : at + 5]]
    assert labels == ["claim", "checked", "why", "in"]
    assert "the whole statement, by Coq" in "\n".join(lines)
    assert "    theorem_3_1: closed under the global context" in lines


def test_steps_of_a_page_are_not_called_proved_without_saying_what_was(shown):
    lines = printed(shown["prove"], 200).splitlines()
    at = lines.index("  PROVED  S2 rows         uses S1 dilation")
    said = "  steps of the argument; a machine checked the algebra of each:"
    assert lines.index(said) < at
    coq = next(i for i, line in enumerate(lines) if "checked theorem_3_1 (digest" in line)
    assert coq < lines.index(said)


def test_what_weakens_a_report_comes_before_everything_else(shown):
    lines = printed(shown["supplied"], 200).splitlines()
    assert lines[0].startswith("ASSUMED  ")
    assert lines[1].startswith("  ASSUMED  S4 bound  [")


def test_a_network_that_was_found_is_announced_as_found(shown):
    text = printed(shown["search"], 200)
    assert text.startswith("FOUND  there is a URNN with 1 state that has these outputs, confirmed")
    assert "REFUTED" not in text


LETTERS = re.compile(r"(?<![\w])(?:h|C|F|W|U|N|C_u|h_u|y_u|W2|W3|W4|X_M)(?![\w])")


@pytest.mark.parametrize("name", ["verify", "network", "minimal", "within", "prove"])
def test_letters_that_are_shown_are_explained(shown, name):
    text = printed(shown[name], terminal.ENDLESS)
    body, _, said = text.partition("  letters: ")
    needed = set(LETTERS.findall(re.sub(r"used without.*", "", body)))
    assert needed <= set(LETTERS.findall(said))


def test_the_answer_about_a_theorem_fits_four_lines(shown):
    for name in theorem_names():
        report = theorem(name).check()
        lines = printed(lambda console, _, r=report: print_summary(r, console), 80).splitlines()
        assert gist(theorem(name)).split()[0] in lines[0]
        answer = next(i for i, line in enumerate(lines) if i and not line.startswith("   "))
        assert answer <= 4
        assert (
            "".join(lines[answer:])
            .replace(" ", "")
            .startswith(theorem(name).statement.text.replace(" ", ""))
        )


def test_a_changed_page_is_not_shown_in_the_words_of_another():
    proof = theorem("3.1")
    changed = replace(proof, statement=replace(proof.statement, text="Nothing is said."))
    assert gist(proof)
    assert gist(changed) == ""
    assert "2n states are enough" not in str(changed.check())


def test_a_summary_that_is_too_wide_is_cut_where_its_lines_change():
    columns = ("family", "n", "label", "cells")
    lines = (("zero", "1", "-", "2"), ("zero", "2", "-", "2"), ("-", "-", "a", "1"))
    first, second = _alike(Table(columns, lines, frozenset({"cells"})))
    assert (first.columns, first.lines) == (
        ("family", "n", "cells"),
        (("zero", "1", "2"), ("zero", "2", "2")),
    )
    assert (second.columns, second.lines) == (("label", "cells"), (("a", "1"),))
    assert first.numbers == {"cells"}


def test_a_contradiction_is_shouted():
    against = Check("Z3", "x", "s", Verdict.REFUTED, Trust.SMT, "e", role=Role.CROSS_CHECK)
    step = Check("S1", "y", "s", Verdict.PROVED, Trust.EXACT, "e")
    text = str(Report("t", "s", (step, against)))
    assert text.startswith("REFUTED  t; scope: s")
    assert text.splitlines()[1].startswith("  REFUTED  Z3")
    assert "1 cross-check, 1 CONTRADICT" in text


def test_foreign_text_moves_no_cursor():
    bad = "a\x1b[2Jb\r\nc\u202ed"
    check = Check(bad, bad, bad, Verdict.UNKNOWN, Trust.EXACT, bad, {bad: bad}, checked=bad)
    text = str(Report(bad, bad, (check,), (Report(bad, bad, (check,)),), (bad,)))
    assert text.replace("\n", "").isprintable()
    assert "\\x1b[2J" in text


# -- the console ----------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_escape_codes_are_for_terminals_that_want_them(monkeypatch, variables, coloured):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "40")
    step = Check("S1", "y " * 60, "s", Verdict.PROVED, Trust.EXACT, "e")
    for stream, expected in ((Terminal(), coloured), (io.StringIO(), False)):
        terminal.print_report(Report("t " * 60, "s", (step,)), terminal.console_of(stream))
        assert ("\x1b[" in stream.getvalue()) is expected
        if not expected:
            assert max(map(len, stream.getvalue().splitlines())) <= 40


def test_a_pipe_has_lines_without_an_end_unless_columns_are_set(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal.console_of(io.StringIO()).width == terminal.ENDLESS
    for value, width in (("64", 64), ("0", terminal.ENDLESS), ("wide", terminal.ENDLESS)):
        monkeypatch.setenv("COLUMNS", value)
        assert terminal.console_of(io.StringIO()).width == width


def test_a_terminal_of_unknown_size_is_taken_to_be_80_wide(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal.console_of(Terminal()).width == 80
    assert os.environ.get("COLUMNS") is None
