"""What a stranger runs first: the Makefile, the constraints, the CI script."""

from __future__ import annotations

import re
import sys

import pytest
from paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli", reason="reads pyproject.toml; in the dev extra on 3.10")


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirement_name(text: str) -> str:
    return re.match(r"[A-Za-z0-9_.-]+", text)[0].lower().replace("_", "-")


def test_core_dependencies_are_the_six_agreed():
    names = {requirement_name(d) for d in project()["dependencies"]}
    assert names == {"sympy", "z3-solver", "numpy", "python-flint", "typer", "rich"}


def test_every_direct_dependency_is_pinned():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    for pin in pins:
        assert re.fullmatch(r'[\w.-]+==[\w.]+(; python_version [<>]=? "3\.\d+")?', pin), pin
    pinned = {requirement_name(pin) for pin in pins}
    groups = [project()["dependencies"], *project()["optional-dependencies"].values()]
    wanted = {requirement_name(d) for group in groups for d in group} - {"urnn-proofs"}
    assert wanted <= pinned


def test_ci_installs_every_extra():
    extras = set(project()["optional-dependencies"])
    line = re.search(r"EXTRAS=(\S+)", (ROOT / ".ci" / "run").read_text())[1]
    assert set(line.split(",")) == extras


def test_the_two_commands_exist():
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^verify:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)
    assert "examples/digits_rnn.npz" in makefile


def test_no_file_names_a_package_host():
    hosts = ("pypi" + ".org", "files.python" + "hosted", "cdn" + "js")
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        written = path.suffix in {".py", ".toml", ".txt", ".md", ".ipynb"} or inside == (
            "Makefile",
        )
        if written and path.is_file() and not any(p.startswith(".") for p in inside):
            assert not any(host in path.read_text() for host in hosts), path
