"""pdflatex takes every generated text without complaint, in the classes that journals use.

Few documents, each with many parts.  The log is read: nothing sticks out by more than a point.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from checked_once import check_once

from urnn_proofs import Check, Report, Trust, Verdict, __version__, theorem
from urnn_proofs.show.paper.document import generate
from urnn_proofs.show.paper.example import example
from urnn_proofs.show.paper.look import Look
from urnn_proofs.show.paper.references import KEYS, bibtex
from urnn_proofs.show.paper.request import PAPER, Request
from urnn_proofs.show.tex.math import escape, formula, matrix, network
from urnn_proofs.theorems.letters import Environments, Symbols
from urnn_proofs.theorems.parts import Outcome
from urnn_proofs.theorems.registry import theorem_names

VERSION = __version__
needed = [name for name in ("pdflatex", "bibtex") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(needed), reason=f"not installed: {', '.join(needed)}")


@pytest.fixture(autouse=True)
def once(monkeypatch):
    check_once(monkeypatch)


def installed(*files: str) -> bool:
    """Tell whether TeX finds these files."""
    return all(
        subprocess.run(["kpsewhich", name], capture_output=True).returncode == 0 for name in files
    )


PREAMBLE = r"""\usepackage{amsmath,amssymb,amsthm}
\newtheorem{theorem}{Theorem}
\newtheorem{claim}[theorem]{Claim}
\theoremstyle{definition}
\newtheorem{remark}[theorem]{Remark}
\newtheorem{example}[theorem]{Example}
\begin{document}
%s
\end{document}
"""
#: Columns of 252 points, as those of IEEEtran, where its class or its fonts are not installed.
NARROW = r"""\documentclass[twocolumn]{article}
\setlength{\textwidth}{516pt}\setlength{\columnsep}{12pt}\setlength{\oddsidemargin}{-20pt}
"""
#: Old fonts, other names, an author's own labels and macros, and no TikZ.
FOREIGN = r"""\documentclass{article}
\usepackage{amsmath,amssymb,amsthm}
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


def compiled(
    folder: Path, text: str, *, tight: bool = True, bib: bool = False, drafts: int = 1
) -> str:
    """Compile; fail on whatever LaTeX complains about at last, and return its log."""
    (folder / "t.tex").write_text(text, encoding="ascii")
    draft = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-draftmode", "t.tex"]
    runs = [draft, ["bibtex", "t"], draft] if bib else [draft] * drafts
    environment = {**os.environ, "max_print_line": "1000"}
    for command in (*runs, [part for part in draft if part != "-draftmode"]):
        done = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=300, env=environment
        )
        log = (folder / "t.log").read_text(errors="replace")
        assert done.returncode == 0, (command, log[-3000:], done.stdout[-500:])
    for line in log.splitlines():
        assert not re.match(r"! |LaTeX Warning|Missing character|Package \w+ Warning", line), line
        out = re.match(r"Overfull \\([hv])box \((\d+\.\d+)pt", line)
        most = {"h": 1, "v": 3}  # points; the height of a page is that of whole rows
        assert out is None or float(out[2]) <= most[out[1]] or not tight, line
    assert (folder / "t.pdf").stat().st_size > 10_000
    return log


def shown(folder: Path) -> str:
    """Return what a reader sees, if there is a program to read it with."""
    if shutil.which("pdftotext") is None:
        pytest.skip("not installed: pdftotext")
    done = subprocess.run(["pdftotext", "t.pdf", "-"], cwd=folder, capture_output=True, text=True)
    return " ".join(done.stdout.split())


def examples(columns: int, names: Environments) -> str:
    """Return the constructions of many sizes; from 5 states on matrices are folded."""
    bodies = []
    for n in (1, 3, 4, 5, 16):
        look = Look(environments=replace(names, labels=f"n{n}"), columns=columns, version=VERSION)
        for name in ("3.1", "3.2", "3.3", "n+mu"):
            bodies.append(Symbols().fill(example(theorem(name), n, look)))
    return "\n".join(bodies)


def test_all_theorems_fit_two_columns(tmp_path):
    """In IEEEtran if it is installed, with all references, each listed once."""
    request = Request(theorem_names(), columns=2, cite=True, version=VERSION)
    (tmp_path / "body.tex").write_text(generate(request).text)
    (tmp_path / "refs.bib").write_text(bibtex(VERSION))
    ieee = installed("IEEEtran.cls", "ptmr7t.tfm")
    kind = "\\documentclass[journal]{IEEEtran}\n" if ieee else NARROW
    kind += r"\usepackage{tikz}" if installed("tikz.sty") else ""
    body = "\\nocite{*}\\input{body}\n" + examples(2, Environments())
    body += "\n\\bibliographystyle{plain}\\bibliography{refs}"
    compiled(tmp_path, kind + PREAMBLE % body, bib=True)
    assert "Warning" not in (tmp_path / "t.blg").read_text().replace("Warning--empty", "")
    items = re.findall(r"\\bibitem\{(\w+)\}", (tmp_path / "t.bbl").read_text())
    assert sorted(items) == sorted(KEYS)
    assert ("figure was left out" in (tmp_path / "t.log").read_text()) is not installed("tikz.sty")


def test_all_theorems_inside_a_foreign_preamble(tmp_path):
    request = Request(theorem_names(), n=2, symbols=LETTERS, environments=NAMES, version=VERSION)
    (tmp_path / "body.tex").write_text(generate(request).text)
    log = compiled(tmp_path, FOREIGN % (r"\input{body}" + examples(1, NAMES)))
    assert "a figure was left out; load tikz to see it" in log


def test_parts_of_theorems_one_by_one(tmp_path):
    """Each part in a file of its own, the statements first: the definitions are shown once."""
    names = ("3.1", "2n-iff-diagonal", "epsilon")
    inputs = []
    for part in ("statement", "proof", "checks"):
        for name in names:
            text = theorem(name).to_latex(part=part)
            (tmp_path / f"{part}-{name}.tex").write_text(text)
            inputs.append(rf"\input{{{part}-{name}}}")
    compiled(tmp_path, "\\documentclass{amsart}\n" + PREAMBLE % "\n".join(inputs))
    text = shown(tmp_path)
    assert text.count("is given by matrices") == 1
    assert text.index("Theorem 3") < text.index("Proof of Theorem 1") < text.index("Checks of")
    assert text.count("what a machine verified") == len(names)


def test_the_paper(tmp_path):
    if not installed("tikz.sty", "booktabs.sty", "lmodern.sty"):
        pytest.skip("not installed: TikZ, booktabs or lmodern")
    document = generate(Request(PAPER, paper=True, version=VERSION))
    compiled(tmp_path, document.text)
    cited = re.findall(r"\\bibitem\{(\w+)\}", document.text)
    assert len(set(cited)) == len(cited) == len(KEYS)
    text = shown(tmp_path)
    for words in ("Abstract", "Theorem 3.1", "Theorem 3.2", "Theorem 3.3", "Table 3", "Figure 2"):
        assert words in text
    assert "1910.13672" in text
    assert "References" in text
    front = text.split("A Proofs")[0]
    assert not re.search(r"\?\?|@", front), "a reference or a placeholder was left"


def test_no_heading_in_a_document_of_all_theorems_ends_a_page(tmp_path):
    if not installed("tikz.sty", "booktabs.sty", "lmodern.sty"):
        pytest.skip("not installed: TikZ, booktabs or lmodern")
    document = generate(Request(theorem_names(), standalone=True, version=VERSION))
    compiled(tmp_path, document.text, drafts=2)
    shown(tmp_path)
    command = ["pdftotext", "-layout", "t.pdf", "-"]
    text = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    pages = [[line for line in page.splitlines() if line.strip()] for page in text.split("\f")]
    heading = re.compile(r"\d+ +Theorem (3\.\d(-strong)?|[^.:]*)$")
    assert sum(bool(heading.match(line)) for page in pages for line in page) == len(theorem_names())
    assert not [page[-2] for page in pages if page[1:] and heading.match(page[-2])]


def test_what_is_refuted_compiles_too(tmp_path):
    proof = theorem("n+mu")
    check = Check("A5", "50% & #_{x} \\ ^~", "all N", Verdict.REFUTED, Trust.EXACT, "a_b.c~d")
    steps = [
        replace(step, run=lambda: Outcome(check)) if step.name == "A5 linear" else step
        for step in proof.steps
    ]
    changed = replace(proof, steps=tuple(steps))
    text = changed.to_latex(standalone=True, columns=2)
    if not installed("tikz.sty", "booktabs.sty", "lmodern.sty"):
        pytest.skip("not installed: TikZ, booktabs or lmodern")
    compiled(tmp_path, text)


ODD = "\\ { } $ & # % _ ^ ~ < > | \" ' ` -- --- ,, '' ?` !` <<>> "
ODD += "é ñ ł ß Ø ő č ş Å ì ĵ λ ρ ≤ → ∞ √ 中 \u200b"


def test_every_character_prints(tmp_path, small_net):
    check = Check(ODD, ODD, ODD, Verdict.UNKNOWN, Trust.SMT, ODD)
    report = Report(ODD, ODD, (check,), notes=(ODD, "".join(map(chr, range(32, 256)))))
    words = r"\raggedright " + escape(ODD) + r"\par " + formula(ODD) + r"\par "
    body = words + report.to_latex() + f"\\[{network(small_net)}\\]\\[{matrix(small_net.W)}\\]"
    compiled(tmp_path, FOREIGN % body, tight=False)
    if not installed("lmodern.sty"):
        pytest.skip("not installed: lmodern")
    with_t1 = FOREIGN.replace(
        "{article}", "{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern}"
    )
    compiled(tmp_path, with_t1 % body, tight=False)
    for part in ("\\ { } $ & # %", "< > |", "--", "é", "ł", "ß", "U+4E2D"):
        assert part in shown(tmp_path)
