"""The README says what happens: its commands run and what they print is compared.

(The Python blocks of the README run as doctests; see pyproject.toml.  For the notebooks see
``test_notebooks.py``.)
"""

from __future__ import annotations

import re
import shlex
from xml.etree import ElementTree

import pytest
from oracles import code_lines
from paths import ROOT
from typer.testing import CliRunner

from urnn_proofs import verify_construction
from urnn_proofs.cli import app

README = (ROOT / "README.md").read_text()


# What the README shows of a command's output, at 80 columns; dots are for what it leaves out.
SHOWN = {
    command: [line for line in text.splitlines() if line != "..."]
    for command, text in re.findall(
        r"^\$ urnn-proofs ([^\n]+)\n```\n[^`]*?\n```text\n(.+?)^```",
        README,
        re.MULTILINE | re.DOTALL,
    )
}
# Commands on lines of their own, and those in tables.
COMMANDS = re.findall(r"^\$ urnn-proofs (.+)$|^\|.*\| `urnn-proofs ([^`]+)`", README, re.MULTILINE)
COMMANDS = list(dict.fromkeys(line or cell for line, cell in COMMANDS))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_readme_work(command, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    if ".onnx" in command:
        pytest.importorskip("onnx", reason="extra onnx")
    for written in ("c.json", "urnn.onnx", "theorem.tex", "sweep.sqlite"):
        command = command.replace(f" {written}", f" {tmp_path / written}")
    result = CliRunner().invoke(app, shlex.split(command), env={"COLUMNS": "80"})
    assert result.exit_code == (3 if "sweep" in command else 0)  # some bounds there are apart
    shown = SHOWN.get(command, ())
    assert [line for line in result.stdout.splitlines() if line in shown] == list(shown)


def test_the_readme_has_commands_and_shows_what_they_print():
    assert "verify 4" in COMMANDS
    assert {"verify 4", "prove 3.1"} <= SHOWN.keys()
    assert all(text[0].startswith("PROVED  ") for text in SHOWN.values())


def words_of(picture: str) -> str:
    """Return the text of an SVG, blanks left out: where a line breaks is no statement."""
    svg = ElementTree.fromstring(picture)
    return "".join("".join(node.itertext()) for node in svg.iter() if node.tag.endswith("}text"))


def test_the_picture_of_the_report_shows_the_report():
    """The answer, every step with its claim, scope and verdict, as now; and no foreign font."""
    stored = (ROOT / "docs" / "images" / "verify_4.svg").read_text()
    shown = re.sub(r"\s", "", words_of(stored))
    report = verify_construction(4)
    said = [report.title, str(report.verdict), f"[{report.trust}:", report.scope]
    for part in report.parts:
        said += [part.title.partition(": ")[2] or part.title, part.scope]
    for text in said:
        missing = [word for word in text.split() if word not in shown]
        assert not missing, text
    assert shown.count("PROVED") >= 1 + len(report.parts)
    assert not re.search(r"url\((?!#)|@font-face|https?://(?!www\.w3\.org)", stored)


def test_every_file_the_documents_link_to_exists():
    for name in ("README.md", "ARCHITECTURE.md", "TRUST.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text()):
            assert (ROOT / target).exists(), target


def test_the_size_of_the_trusted_base_is_stated_right():
    """To the line in TRUST.md; elsewhere as "about 860 lines"."""
    files = list((ROOT / "urnn_proofs" / "kernel").glob("*.py"))
    total = sum(len(path.read_text().splitlines()) for path in files)
    code = sum(map(code_lines, files))
    stated = f"| {code} lines of code, {total} with the proofs in its docstrings |"
    assert stated in (ROOT / "TRUST.md").read_text()
    assert 780 <= code <= 880


def test_the_sizes_of_what_else_is_believed_are_stated_right():
    """To the nearest hundred lines of code, in TRUST.md."""
    folders = ("checks/exact", "checks/symbolic", "model", "checks/smt")
    sizes = {
        name: round(sum(map(code_lines, (ROOT / "urnn_proofs" / name).glob("*.py"))), -2)
        for name in folders
    }
    exact, symbolic, model, smt = (f"{sizes[name]:,}" for name in folders)
    text = (ROOT / "TRUST.md").read_text()
    assert f"about {exact}, {symbolic} and {model} lines, and these libraries" in text
    assert f"about {smt} lines, of which" in text
    setting = len((ROOT / "formal" / "Setting.v").read_text().splitlines())
    assert f"| {setting} lines of definitions |" in text
