"""Promises about the package as a whole: what it imports, and in which direction."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import urnn_proofs

ROOT = Path(urnn_proofs.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

# Each layer may import only from itself and from layers with a smaller number.
LAYERS = {
    "errors": 0,
    "kernel": 0,
    "atomic": 1,
    "verdict": 0,
    "formal": 1,
    "number": 1,
    "activation": 1,
    "activation_kinds": 1,
    "rational": 2,
    "scaled": 3,
    "network": 4,
    "convert": 5,
    "exact": 5,
    "symbolic": 5,
    "smt": 5,
    "numeric": 5,
    "theorems": 6,
    "sweeps": 7,
    "experiments": 7,
    "render": 7,
    "cli": 8,
    "__main__": 9,
}
ENGINES = {"exact", "symbolic", "smt", "numeric", "convert"}


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imported(path: Path, *, top_level: bool = False) -> list[str]:
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level else ast.walk(tree)
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert all(alias.name != "*" for alias in node.names), path
            found.append(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_arrows_point_one_way(path):
    own = layer_of(path)
    if own == "__init__":
        return
    for name in imported(path, top_level=True):
        if name == "urnn_proofs":
            assert path.stem == "certificate", "only `check` may import the kernel"
        if name.startswith("urnn_proofs."):
            other = name.split(".")[1]
            assert LAYERS[other] <= LAYERS[own], f"{own} imports {name}"
            if own in ENGINES and other in ENGINES:
                assert own == other or (own, other) == ("symbolic", "exact"), name


# How a value is shown is its own affair: these methods, and nothing else below, may ask `render`.
SHOWN = {"_repr_html_", "_repr_latex_", "to_html", "to_latex"}


def lazy_imports(path: Path) -> list[tuple[str, str]]:
    """Return (function, module) for every import inside a function or a method."""
    found = []
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and node.module:
                    found.append((function.name, node.module))
                elif isinstance(node, ast.Import):
                    found += [(function.name, alias.name) for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_lower_layers_ask_render_only_to_show_themselves(path):
    if layer_of(path) in ("__init__", "render", "cli"):
        return
    for function, module in lazy_imports(path):
        if module.startswith("urnn_proofs.render"):
            assert function in SHOWN, f"{function} imports {module}"


def test_values_do_show_themselves():
    asked = {
        (path.stem, function)
        for path in MODULES
        for function, module in lazy_imports(path)
        if layer_of(path) not in ("render", "cli") and module.startswith("urnn_proofs.render")
    }
    assert {("rational", "_repr_latex_"), ("scaled", "_repr_latex_")} <= asked


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_untrusted_text_is_never_evaluated(path):
    tree = ast.parse(path.read_text())
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    assert not names & {"eval", "exec", "sympify", "parse_expr", "simplify", "pickle", "loadtxt"}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_stay_readable(path):
    assert len(path.read_text().splitlines()) <= 320


def loaded_by(code: str) -> set[str]:
    probe = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded_by("import urnn_proofs") & {"sympy", "z3", "numpy", "flint", "rich", "typer"}


def test_networks_and_files_need_neither_sympy_nor_z3():
    code = (
        "from urnn_proofs import RNN, load_network\nRNN([[0.5]],[[1]],[0],[[1]]).is_contractive()"
    )
    assert not loaded_by(code) & {"sympy", "z3"}


def test_every_public_name_exists_and_is_documented():
    for name in urnn_proofs.__all__:
        value = getattr(urnn_proofs, name)
        if name != "__version__":
            assert value.__doc__
    assert set(urnn_proofs.__all__) <= set(dir(urnn_proofs))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = urnn_proofs.no_such_name


def test_ci_installs_every_extra():
    text = (ROOT.parent / "pyproject.toml").read_text()
    section = text.split("[project.optional-dependencies]\n")[1].split("\n[")[0]
    extras = set(re.findall(r"^(\w+) = \[", section, re.MULTILINE))
    (listed,) = re.findall(
        r"^export EXTRAS=(\S+)$", (ROOT.parent / ".ci" / "run").read_text(), re.M
    )
    assert set(listed.split(",")) == extras
