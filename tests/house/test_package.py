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

# Arrows run from a room to one of a smaller number, or stay inside; lazy imports count as well.
FLOORS = {
    "kernel": 0,
    "model": 1,
    "formal": 2,
    "checks": 2,
    "formats": 2,
    "guesses": 3,
    "samples": 3,
    "certificate": 4,
    "questions": 5,
    "torch": 5,
    "theorems": 6,
    "sweeps": 7,
    "experiments": 7,
    "show": 8,
    "cli": 9,
    "__main__": 10,
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


def arrows(path: Path) -> set[tuple[str, str]]:
    """Return the modules of the package that a module imports, anywhere in its text."""
    own, found = name_of(path), set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            if node.level:  # the kernel's: its modules lie side by side
                assert node.level == 1, path
                assert room(own) == "kernel", path
                found.add((own, f"kernel.{node.module}"))
                continue
            assert all(alias.name != "*" for alias in node.names), path
            base = (node.module or "").removeprefix("urnn_proofs").lstrip(".")
            if (node.module or "").split(".")[0] != "urnn_proofs":
                continue
            inside = [f"{base}.{alias.name}".lstrip(".") for alias in node.names]
            modules = [name for name in inside if name in NAMES]
            found |= {(own, name) for name in modules or ([base] if base else [])}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("urnn_proofs."):
                    found.add((own, alias.name.removeprefix("urnn_proofs.")))
    return found


def room(name: str) -> str:
    return name.split(".")[0]


# How a value is shown is its own affair: these methods, and nothing else below, may ask `show`.
SHOWN = {"__str__", "_repr_html_", "_repr_latex_", "summary", "to_html", "to_latex"}


def shows_itself(path: Path, module: str) -> bool:
    """Tell whether every import of the module stands in a method that shows the value."""
    functions = [
        function.name
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and node.module == f"urnn_proofs.{module}"
    ]
    return bool(functions) and set(functions) <= SHOWN


def wrong_arrows() -> set[tuple[str, str]]:
    found = set()
    for path in MODULES:
        if path.parent == ROOT and path.stem == "__init__":
            continue
        for own, other in arrows(path):
            up = FLOORS[room(other)] > FLOORS[room(own)]
            across = FLOORS[room(other)] == FLOORS[room(own)] and room(own) != room(other)
            if (up or across) and not (room(other) == "show" and shows_itself(path, other)):
                found.add((own, other))
    return found


def test_arrows_point_one_way():
    assert wrong_arrows() == set()


def circles(graph: dict[str, set[str]]) -> set[str]:
    """Return the modules that reach themselves, and those that only such modules can reach."""
    left = {own: set(others) for own, others in graph.items()}
    while done := [own for own, others in left.items() if not others & left.keys()]:
        for own in done:
            del left[own]
    return set(left)


def test_the_guard_sees_circles():
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == set()
    assert circles({"a": {"b"}, "b": {"a"}, "c": set()}) == {"a", "b"}
    assert circles({"a": {"a"}}) == {"a"}


def test_there_are_no_circles():
    """Imports inside functions and for types count; only a value may show itself."""
    graph = {
        name: {
            other
            for _, other in arrows(path)
            if not (room(name) != "show" == room(other) and shows_itself(path, other))
        }
        for name, path in NAMES.items()
        if name  # the package's door names all that is public, and nobody else needs it
    }
    assert circles(graph) == set()


def test_only_the_door_imports_the_kernel():
    for path in MODULES:
        if name_of(path) not in ("certificate", "cli.prove") and room(name_of(path)) != "kernel":
            text = path.read_text()
            assert "urnn_proofs.kernel import" not in text, path
            assert "from urnn_proofs import kernel" not in text, path


def test_values_do_show_themselves():
    asked = {pair for path in MODULES for pair in arrows(path) if room(pair[1]) == "show"}
    assert {("model.rational", "show.tex.math"), ("model.orthogonal", "show.tex.math")} <= asked


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


def loaded_by(code: str) -> set[str]:
    probe = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


PARTS = {"W", "F", "b", "C", "h_init", "offset"}


def rebuilt(text: str) -> list[str]:
    """Return the calls that make a network of weights that belong to another one.

    A network is changed by ``replace``, which takes everything along.  ``self.F`` is no part of a
    network outside `model`: there it belongs to something that is none, such as an array type.
    """
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else None
        called = node.func.id if isinstance(node.func, ast.Name) else called
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        taken = [
            value
            for value in values
            if isinstance(value, ast.Attribute)
            and value.attr in PARTS
            and not (isinstance(value.value, ast.Name) and value.value.id == "self")
        ]
        unpacked = any(k.arg is None and not isinstance(k.value, ast.Name) for k in node.keywords)
        if called in ("RNN", "URNN") and (taken or unpacked):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize(
    "text",
    [
        "RNN(net.W, F, b, C)",
        "network.URNN(U, F=rnn.F, b=b, C=C)",
        "RNN(W, F, b, C, h_init=e.urnn.h_init)",
        "RNN(**{name: getattr(net, name) for name in names})",
    ],
)
def test_the_guard_sees_a_network_made_of_parts_of_another(text):
    assert rebuilt(text)
    assert not rebuilt("RNN(W=W, F=E @ net.F, b=b, C=C, activation=net.activation)")
    assert not rebuilt("net.replace(W=other.W)")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_network_is_made_of_parts_of_another(path):
    if path != ROOT / "model" / "network.py":
        assert not rebuilt(path.read_text())


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded_by("import urnn_proofs") & {"sympy", "z3", "numpy", "flint", "rich", "typer"}


def test_networks_and_files_need_neither_sympy_nor_z3():
    code = (
        "from urnn_proofs import RNN, is_contractive, load\n"
        "is_contractive(RNN([[0.5]], [[1]], [0], [[1]]))"
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
