"""Change the kernel at every place, one at a time, and see that its tests notice: ``make mutants``.

    python tests/kernel/mutate_kernel.py [--part K/N] [--file NAME] [--list]

Each mutant lives in a child process that imports the changed module instead of the file and runs
``test_kernel_rules.py`` and ``test_kernel_within_rules.py`` until the first failure.  A mutant that
survives must stand in ``kernel_mutants.txt`` with the reason why it changes nothing that matters;
the status is 1 if one does not, or if a line there names a mutant that is killed or no longer
exists.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.machinery
import importlib.util
import inspect
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
KERNEL = ROOT / "urnn_proofs" / "kernel"
EXPLAINED = HERE / "kernel_mutants.txt"
RULES = ("test_kernel_rules", "test_kernel_within_rules")
# A mutant may loop, or grow. The seconds are of the processor: on a busy machine a slow mutant is
# not taken for one that was noticed.
SECONDS, BYTES = 60, 6 * 2**30

_COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATIONS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_NAMES = {"any": "all", "all": "any", "min": "max", "max": "min", "lcm": "gcd", "gcd": "lcm"}


def mutants(tree: ast.Module) -> Iterator[str]:
    """Change *tree* in place, once for each change that is yielded; afterwards it is as before.

    What is yielded names the statement and the change, and counts where both occur again.
    """
    statements: dict[ast.AST, str] = {}
    for node in ast.walk(tree):  # from outside to inside
        for child in ast.iter_child_nodes(node):
            inner = isinstance(child, ast.stmt)
            statements[child] = _line(child) if inner else statements.get(node, "")
    counts: Counter[str] = Counter()
    for node, change in _all_changes(tree):
        key = f"{statements.get(node, '')[:60]} | {change}"
        counts[key] += 1
        yield key if counts[key] == 1 else f"{key} (no. {counts[key]})"


def _line(node: ast.AST) -> str:
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split("\n")[0].split())


def _all_changes(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    for parent in [*ast.walk(tree)]:
        for name, value in ast.iter_fields(parent):
            if name in ("annotation", "returns") or isinstance(parent, ast.JoinedStr):
                continue
            if isinstance(value, ast.AST):
                yield from _replaced(parent, name, None, value)
            elif isinstance(value, list):
                for i, child in enumerate(value):
                    if isinstance(child, ast.AST):
                        yield from _replaced(parent, name, i, child)


def _replaced(
    parent: ast.AST, name: str, index: int | None, node: ast.AST
) -> Iterator[tuple[ast.AST, str]]:
    for new in _changes(node):
        if index is None:
            setattr(parent, name, new)
        else:
            getattr(parent, name)[index] = new
        try:
            yield node, f"{_line(node)} -> {_line(new)}"
        finally:
            if index is None:
                setattr(parent, name, node)
            else:
                getattr(parent, name)[index] = node


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    def like(other: ast.AST) -> ast.AST:
        return ast.copy_location(other, node)

    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            ops = [*node.ops[:k], _COMPARISONS[type(op)](), *node.ops[k + 1 :]]
            yield like(ast.Compare(node.left, ops, node.comparators))
    elif isinstance(node, ast.BoolOp):
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield like(ast.BoolOp(other, node.values))
        for k in range(len(node.values)):
            rest = [*node.values[:k], *node.values[k + 1 :]]
            yield like(ast.BoolOp(node.op, rest)) if len(rest) > 1 else rest[0]
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        yield like(ast.BinOp(node.left, _OPERATIONS[type(node.op)](), node.right))
    elif isinstance(node, ast.AugAssign):
        op = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd}[type(node.op)]
        yield like(ast.AugAssign(node.target, op(), node.value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield like(ast.Constant(not node.value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield like(ast.Constant(node.value + 1))
    elif isinstance(node, ast.If) and not isinstance(node.test, ast.UnaryOp):
        yield like(ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse))
    elif isinstance(node, ast.IfExp):
        yield like(ast.IfExp(node.test, node.orelse, node.body))
    elif isinstance(node, ast.Raise):
        yield like(ast.Pass())
    elif isinstance(node, ast.comprehension):
        for k in range(len(node.ifs)):
            rest = [*node.ifs[:k], *node.ifs[k + 1 :]]
            yield ast.comprehension(node.target, node.iter, rest, node.is_async)
    elif isinstance(node, ast.Name) and node.id in _NAMES and isinstance(node.ctx, ast.Load):
        yield like(ast.Name(_NAMES[node.id], ast.Load()))
    elif isinstance(node, ast.Continue) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield like(ast.Pass())


class _Mutated(importlib.machinery.SourceFileLoader):
    code = None

    def get_code(self, fullname: str):  # type: ignore[no-untyped-def]
        return self.code


class _Finder:
    """Finds one module of the kernel in its changed form."""

    def __init__(self, path: Path, code: object) -> None:
        self.path, self.code = path, code

    def find_spec(self, name: str, path: object = None, target: object = None):  # type: ignore[no-untyped-def]
        if name != f"urnn_proofs.kernel.{self.path.stem}":
            return None
        loader = _Mutated(name, str(self.path))
        loader.code = self.code
        return importlib.util.spec_from_file_location(name, self.path, loader=loader)


def survives(path: Path, code: object, order: dict[str, float]) -> bool:
    """Run the rules' tests in a child process against the changed module."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            import resource

            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.alarm(20 * SECONDS)  # should one wait for ever
            resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            for name in [*sys.modules]:
                if name.startswith(("urnn_proofs", *RULES)):
                    del sys.modules[name]
            sys.meta_path.insert(0, _Finder(path, code))  # type: ignore[arg-type]
            run_tests(order)
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def run_tests(order: dict[str, float]) -> dict[str, float]:
    """Run the tests one by one, the quickest first; return their times, raise what they raise.

    pytest itself would take longer to start than most mutants take to be noticed.
    """
    cases = [case for name in RULES for case in _cases(importlib.import_module(name))]
    times = {}
    for name, test, values in sorted(cases, key=lambda case: order.get(case[0], 0.0)):
        start = time.process_time()
        with ExitStack() as stack:
            if "tmp_path" in values:
                values["tmp_path"] = Path(stack.enter_context(TemporaryDirectory()))
            if "monkeypatch" in values:
                values["monkeypatch"] = stack.enter_context(pytest.MonkeyPatch.context())
            test(**values)
        times[name] = time.process_time() - start
    return times


def _cases(module: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield name, function and arguments of each test, as ``parametrize`` says."""
    for name, test in vars(module).items():
        if not name.startswith("test_"):
            continue
        rows: list[dict[str, Any]] = [{}]
        for mark in getattr(test, "pytestmark", []):
            if mark.name == "parametrize":
                names, values = mark.args
                names = names.split(",") if isinstance(names, str) else names
                rows = [
                    row | dict(zip(names, [value] if len(names) == 1 else value, strict=True))
                    for row in rows
                    for value in values
                ]
        fixtures = {*inspect.signature(test).parameters} & {"tmp_path", "monkeypatch"}
        for i, row in enumerate(rows):
            yield f"{name} {i}", test, row | dict.fromkeys(fixtures)


def baseline() -> dict[str, float]:
    """Run the tests against the kernel as it is, where they must pass."""
    with quiet():
        return run_tests({})


@contextmanager
def quiet() -> Iterator[None]:
    """Send what is printed nowhere."""
    sys.stdout.flush()
    kept, silence = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(silence)


def explained() -> dict[str, str]:
    """Read ``file: change``, any number of them, and indented below the reason for them."""
    found: dict[str, str] = {}
    group: list[str] = []
    for line in EXPLAINED.read_text().splitlines():
        if line.startswith("    "):
            found |= {key: f"{found.get(key, '')} {line.strip()}".strip() for key in group}
        elif line and not line.startswith("#"):
            group = [line] if not group or group[-1] in found else [*group, line]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--part", default="1/1", help="K/N: every N-th mutant, from the K-th on")
    parser.add_argument("--file", help="one file of the kernel, such as linear.py")
    parser.add_argument("--list", action="store_true", help="print the mutants; run nothing")
    options = parser.parse_args()
    k, n = map(int, options.part.split("/"))
    sys.path[:0] = [str(HERE), str(HERE.parent), str(ROOT)]
    order = {} if options.list else baseline()
    reasons, seen, count, unexplained = explained(), set(), 0, 0
    gone, killed = {key for key in reasons if options.file in (None, key.split(":")[0])}, set()
    start = time.monotonic()
    for path in sorted(KERNEL.glob("*.py")):
        if options.file not in (None, path.name):
            continue
        tree = ast.parse(path.read_text())
        if not options.list and not survives(path, compile(tree, str(path), "exec"), order):
            sys.exit(f"the tests fail against an unchanged {path.name}; the run means nothing")
        for change in mutants(tree):
            count += 1
            key = f"{path.name}: {change}"
            gone.discard(key)
            if count % n != k % n:
                continue
            if options.list:
                print(key)
                continue
            code = compile(ast.fix_missing_locations(tree), str(path), "exec")
            if not survives(path, code, order):
                killed.add(key)
                continue
            seen.add(key)
            if not reasons.get(key):
                unexplained += 1
                print(f"survives, unexplained: {key}", flush=True)
    if options.list:
        return 0
    stale = sorted(gone | (killed & {*reasons}))
    for key in stale:
        print(f"explained, but killed or gone: {key}")
    print(
        f"{count // n} mutants in {time.monotonic() - start:.0f} s: {len(seen)} survive, "
        f"{unexplained} of them unexplained"
    )
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
