"""pdflatex takes every generated text without complaint, in our preamble and in a foreign one."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from urnn_proofs import Check, Report, Trust, Verdict, __version__, theorem
from urnn_proofs.show.paper.document import generate
from urnn_proofs.show.paper.example import example
from urnn_proofs.show.paper.look import Look
from urnn_proofs.show.paper.references import bibtex
from urnn_proofs.show.paper.request import Request
from urnn_proofs.show.tex.math import escape, formula, matrix, network
from urnn_proofs.theorems.letters import Environments, Symbols
from urnn_proofs.theorems.parts import Outcome
from urnn_proofs.theorems.registry import theorem_names

VERSION = __version__
needed = [name for name in ("latexmk", "pdflatex") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(needed), reason=f"not installed: {', '.join(needed)}")

#: A narrow page, old fonts, other names, and an author's own labels and macros.
FOREIGN = r"""\documentclass{article}
\usepackage{amsmath,amssymb,amsthm,booktabs}
\newtheorem{thm}{Satz}
\newtheorem{prop}[thm]{Behauptung}
\theoremstyle{definition}
\newtheorem{rem}[thm]{Bemerkung}
\newtheorem{expl}[thm]{Beispiel}
\newenvironment{prf}[1][Beweis]{\begin{proof}[#1]}{\end{proof}}
\begin{document}
%s
\end{document}
"""
NAMES = Environments("thm", "prop", "prf", "rem", "expl", labels="mine")
LETTERS = Symbols(W="A", F="B", U=r"\Theta", h=r"\mathbf{s}", phi=r"\sigma")


def compiled(folder: Path, text: str, *, tight: bool = True) -> None:
    """Compile with latexmk; fail on whatever LaTeX complains about."""
    (folder / "t.tex").write_text(text, encoding="ascii")
    command = ["latexmk", "-pdf", "-silent", "-halt-on-error", "-interaction=nonstopmode"]
    done = subprocess.run([*command, "t.tex"], cwd=folder, capture_output=True, timeout=300)
    log = (folder / "t.log").read_text(errors="replace")
    assert done.returncode == 0, log[-3000:]
    for line in log.splitlines():
        assert not re.match(r"! |LaTeX Warning|Missing character|Package \w+ Warning", line), line
        wide = re.match(r"Overfull \\[hv]box \((\d+\.\d+)pt", line)
        assert wide is None or float(wide[1]) <= 5 or not tight, line
    assert (folder / "t.pdf").stat().st_size > 10_000


def test_all_theorems_standalone(tmp_path):
    request = Request(theorem_names(), n=2, standalone=True, version=VERSION)
    compiled(tmp_path, generate(request).text)


def test_constructions_of_every_size_fit(tmp_path):
    """All sizes in one narrow document; from 5 states on matrices are folded."""
    bodies = []
    for n in (1, 3, 4, 5, 16):
        look = Look(environments=replace(NAMES, labels=f"n{n}"), version=VERSION)
        for name in ("3.1", "3.2", "3.3", "n+mu"):
            bodies.append(Symbols().fill(example(theorem(name), n, look)))
    compiled(tmp_path, FOREIGN % "\n".join(bodies))


def test_the_paper(tmp_path):
    request = Request(("3.1", "3.2", "3.3"), paper=True, version=VERSION)
    compiled(tmp_path, generate(request).text)
    if shutil.which("pdftotext") is None:
        pytest.skip("not installed: pdftotext")
    done = subprocess.run(["pdftotext", "t.pdf", "-"], cwd=tmp_path, capture_output=True, text=True)
    shown = " ".join(done.stdout.split())
    for words in ("Abstract", "Theorem 3.1", "Theorem 3.2", "Theorem 3.3", "Table 3", "References"):
        assert words in shown
    assert "1910.13672" in shown
    assert not re.search(r"\?\?|@|\^", shown), "a reference or a placeholder was left"


def test_inside_a_foreign_preamble(tmp_path):
    request = Request(theorem_names(), n=2, symbols=LETTERS, environments=NAMES, version=VERSION)
    (tmp_path / "body.tex").write_text(generate(request).text)
    compiled(tmp_path, FOREIGN % r"\input{body}")


def test_references_by_key_with_bibtex(tmp_path):
    if shutil.which("bibtex") is None:
        pytest.skip("not installed: bibtex")
    request = Request(("3.3-strong",), environments=NAMES, cite=True, version=VERSION)
    (tmp_path / "body.tex").write_text(generate(request).text)
    (tmp_path / "refs.bib").write_text(bibtex(VERSION))
    compiled(
        tmp_path,
        FOREIGN % "\\nocite{*}\\input{body}\n\\bibliographystyle{plain}\\bibliography{refs}",
    )
    assert "Warning" not in (tmp_path / "t.blg").read_text().replace("can't use both", "")


def test_what_is_refuted_compiles_too(tmp_path):
    proof = theorem("n+mu")
    check = Check("A5", "50% & #_{x} \\ ^~", "all N", Verdict.REFUTED, Trust.EXACT, "a_b.c~d")
    steps = [
        replace(step, run=lambda: Outcome(check)) if step.name == "A5 linear" else step
        for step in proof.steps
    ]
    compiled(tmp_path, replace(proof, steps=tuple(steps)).to_latex(standalone=True))


ODD = "\\ { } $ & # % _ ^ ~ < > | \" ' ` -- --- ,, '' ?` !` <<>> "
ODD += "é ñ ł ß Ø ő č ş Å ì ĵ λ ρ ≤ → ∞ √ 中 \u200b"


def test_every_character_prints(tmp_path, small_net):
    check = Check(ODD, ODD, ODD, Verdict.UNKNOWN, Trust.SMT, ODD)
    report = Report(ODD, ODD, (check,), notes=(ODD, "".join(map(chr, range(32, 256)))))
    words = r"\raggedright " + escape(ODD) + r"\par " + formula(ODD) + r"\par "
    body = words + report.to_latex() + f"\\[{network(small_net)}\\]\\[{matrix(small_net.W)}\\]"
    compiled(tmp_path, FOREIGN % body, tight=False)
    with_t1 = FOREIGN.replace(
        "{article}", "{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern}"
    )
    compiled(tmp_path, with_t1 % body, tight=False)
    if shutil.which("pdftotext") is None:
        pytest.skip("not installed: pdftotext")
    done = subprocess.run(["pdftotext", "t.pdf", "-"], cwd=tmp_path, capture_output=True, text=True)
    for shown in ("\\ { } $ & # %", "< > |", "--", "é", "ł", "ß", "U+4E2D"):
        assert shown in done.stdout
