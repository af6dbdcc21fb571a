"""README and notebooks say what happens: their code runs and their outputs are compared.

(The Python blocks of the README run as doctests; see pyproject.toml.)
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import shlex
from pathlib import Path

import pytest
from oracles import code_lines
from typer.testing import CliRunner

from urnn_proofs.cli import app

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "README.md").read_text()


def run_cell(source: str, names: dict) -> str:
    """Run a cell and return what a notebook would print, the value of its last line included."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
            if value is not None:
                print(repr(value))
    return printed.getvalue()


def stored_output(cell: dict) -> str:
    text = ""
    for output in cell["outputs"]:
        assert output["output_type"] != "error"
        part = output.get("text") or output["data"]["text/plain"]
        text += "".join(part).rstrip("\n") + "\n"
    return text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_run_and_show_what_they_store(path):
    cells = json.loads(path.read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) >= 5
    names: dict = {"__name__": "__main__"}
    for cell in code:
        found = run_cell("".join(cell["source"]), names)
        assert found.rstrip("\n") == stored_output(cell).rstrip("\n"), "".join(cell["source"])


def test_there_is_a_notebook():
    assert NOTEBOOKS


COMMANDS = re.findall(r"^\$ urnn-proofs (.+)$", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_readme_work(command, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    if ".onnx" in command:
        pytest.importorskip("onnx", reason="extra onnx")
    for written in ("c.json", "urnn.onnx", "sweep.sqlite"):
        command = command.replace(f" {written}", f" {tmp_path / written}")
    result = CliRunner().invoke(app, shlex.split(command))
    assert result.exit_code == 0
    conclusion = result.stdout[result.stdout.index("\nPROVED  ") :].strip()
    if command in ("verify 4", "prove 3.1"):
        assert "\n".join(conclusion.splitlines()[:2]) in README


def test_the_readme_has_commands():
    assert "verify 4" in COMMANDS


def test_every_file_the_documents_link_to_exists():
    for name in ("README.md", "ARCHITECTURE.md", "TRUST.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text()):
            assert (ROOT / target).exists(), target


def test_the_size_of_the_trusted_base_is_stated_right():
    files = list((ROOT / "urnn_proofs" / "kernel").glob("*.py"))
    total = sum(len(path.read_text().splitlines()) for path in files)
    code = sum(map(code_lines, files))
    stated = f"| {code} lines of code, {total} with the proofs in its docstrings |"
    assert stated in (ROOT / "TRUST.md").read_text()


def test_every_module_is_on_the_map():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for path in (ROOT / "urnn_proofs").rglob("*.py"):
        if path.stem not in ("__init__", "__main__"):
            assert re.search(rf"\b{path.stem}\b", text), path
