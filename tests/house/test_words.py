"""What messages and docstrings name exists: options, commands, public names, make targets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import pytest
import typer.main

import urnn_proofs
from urnn_proofs import RNN, NotContractiveError, UnsupportedError, equivalent_urnn, minimal_urnn
from urnn_proofs.cli import app
from urnn_proofs.formal.__main__ import __file__ as formal_command

ROOT = Path(urnn_proofs.__file__).parent
PROGRAM = typer.main.get_command(app)
PAGES = [
    *(ROOT.parent / name for name in ("README.md", "ARCHITECTURE.md", "TRUST.md")),
    *sorted((ROOT.parent / "docs").rglob("*.md")),
    *sorted((ROOT.parent / "notebooks").glob("*.py")),
]
# Of the programs that are called by name in the documents, and in a hint how to install Coq.
OTHERS = {
    "--compile-bytecode": "uv pip",
    "--no-install-recommends": "apt-get",
    "--host": "dask",
    "--port": "dask",
    "--nthreads": "dask",
    "--no-dashboard": "dask",
    "--no-jupyter": "dask",
    "--every": "benchmarks/engine_activations.py",
    "--only": "benchmarks/engine_activations.py",
    "--points": "benchmarks/engine_activations.py",
}


def commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from commands(below)


OPTIONS = {"--help"} | {
    option
    for command in commands(PROGRAM)
    for parameter in command.params
    for option in (*parameter.opts, *parameter.secondary_opts)
}


TARGETS = re.findall(r"^([a-z-]+):", (ROOT.parent / "Makefile").read_text(), re.M)
MODULES = sorted(ROOT.rglob("*.py"))


@cache
def strings(path: Path) -> tuple[str, ...]:
    """Every text in a module, docstrings too; f-strings with ``{}`` for what is filled in."""
    return tuple(_strings(path))


def _strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def unknown(text: str, own: str = "") -> set[str]:
    """Return what a text names that does not exist."""
    found = {
        option
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text)
        if option not in OPTIONS and option not in own and OTHERS.get(option, "\0") not in text
    }
    found |= {
        f"urnn-proofs {word}"
        for word in re.findall(r"\burnn-proofs ([a-z]+)\b", text)
        if word not in getattr(PROGRAM, "commands", {})
    }
    found |= {
        f"urnn_proofs.{word}"
        for word in re.findall(r"\burnn_proofs\.(\w+)", text)
        if not hasattr(urnn_proofs, word)
        and not (ROOT / word).exists()
        and not (ROOT / f"{word}.py").exists()
    }
    found |= {
        f"make {word}"
        for word in re.findall(r"(?:\brun |`|\$ )make ([a-z-]+)\b", text)
        if word not in TARGETS
    }
    return found


def test_the_guard_sees_what_does_not_exist():
    assert unknown("or give --no-such-option") == {"--no-such-option"}
    assert unknown("run urnn-proofs frobnicate") == {"urnn-proofs frobnicate"}
    assert unknown("call urnn_proofs.float_urnn") == {"urnn_proofs.float_urnn"}
    assert unknown("run make coffee") == {"make coffee"}
    assert not unknown("`urnn-proofs convert --readout NAME`, urnn_proofs.RNN, run make formal")


def test_what_modules_name_exists():
    # the command of `formal` has options of its own, which its own text defines
    own = {Path(formal_command): Path(formal_command).read_text()}
    texts = [(path, text) for path in MODULES for text in strings(path)]
    assert not {(path, name) for path, text in texts for name in unknown(text, own.get(path, ""))}


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_what_a_page_names_exists(path):
    assert unknown(path.read_text()) == set()


def test_what_docstrings_refer_to_exists():
    reference = re.compile(r":(?:mod|class|func|meth|data):`~?(urnn_proofs[\w.]*)`")
    texts = [(path, text) for path in MODULES for text in strings(path)]
    named = {(path, name) for path, text in texts for name in reference.findall(text)}
    assert len(named) > 100
    assert not {(path, name) for path, name in named if not exists(name)}


def exists(name: str) -> bool:
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        try:
            value = import_module(".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        try:
            for part in parts[k:]:
                value = getattr(value, part)
        except AttributeError:
            return False
        return True
    return False


def test_a_reference_to_nothing_is_seen():
    assert exists("urnn_proofs.model.network.RNN.run")
    assert not exists("urnn_proofs.model.network.RNN.walk")
    assert not exists("urnn_proofs.model.nobody")


HELP = "; `urnn-proofs diagnose` (diagnose in Python) says what is possible instead"
REFUSED = {
    "norm 3/2": ([[1.5]], "relu", {}),
    "norm 3/2, tanh": ([[1.5]], "tanh", {}),
    "norm 3/2, tanh within epsilon": ([[1.5]], "tanh", {"epsilon": 1}),
    "norm 3/2, no scaling": ([[1.5]], "relu", {"scaling": True}),
    "norm 3/2, hard tanh": ([[1.5]], "hard_tanh", {"scaling": True}),
    "norm 1, states not bounded": ([[1, 0], [0, 0.5]], "relu", {}),
    "norm 1, rational": ([[1.5]], "relu", {"rational": True}),
    "tanh": ([[0.5]], "tanh", {}),
    "leaky": ([[0.5]], "leaky_relu", {}),
    "leaky within epsilon": ([[0.5]], "leaky_relu", {"epsilon": 1}),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refusals_of_a_network_end_with_the_diagnosis(name):
    W, activation, options = REFUSED[name]
    n = len(W)
    rnn = RNN(W, [[1]] * n, [1] * n, [[1] * n], activation=activation)
    for ask in (lambda: equivalent_urnn(rnn, 1, **options), lambda: minimal_urnn(rnn, 1)):
        with pytest.raises(UnsupportedError) as caught:
            ask()
        message = str(caught.value)
        assert message.endswith(HELP)
        assert message.count(HELP) == 1


def test_a_refusal_that_quotes_another_ends_once_with_the_diagnosis():
    inner = NotContractiveError("its norm is 2")
    inner.args = (f"layer 1: {inner}; or so",)
    assert str(inner) == f"layer 1: its norm is 2; or so{HELP}"


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_refusals_of_gated_networks_end_with_the_diagnosis(kind):
    torch = pytest.importorskip("torch", reason="extra torch")
    with pytest.raises(UnsupportedError) as caught:
        urnn_proofs.from_torch(getattr(torch.nn, kind)(2, 3))
    assert kind in str(caught.value)
    assert str(caught.value).endswith(HELP)
