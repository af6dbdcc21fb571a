"""Change the kernel at every place, one at a time, and see that its tests notice: ``make mutants``.

    python tests/mutate_kernel.py [--part K/N] [--file NAME] [--list]

Each mutant lives in a child process that imports the changed module instead of the file and runs
``test_kernel_rules.py`` until the first failure.  A mutant that survives must stand in
``kernel_mutants.txt`` with the reason why it changes nothing that matters; the status is 1 if one
does not, or if a line there names a mutant that is killed or no longer exists.
"""

from __future__ import annotations

import argparse
import ast
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
KERNEL = HERE.parent / "urnn_proofs" / "kernel"
EXPLAINED = HERE / "kernel_mutants.txt"
SECONDS, BYTES = 60, 3 * 2**30  # a mutant may loop, or grow

_COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
_OPERATIONS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_NAMES = {"any": "all", "all": "any", "min": "max", "max": "min", "lcm": "gcd", "gcd": "lcm"}


def mutants(tree: ast.Module) -> Iterator[str]:
    """Change *tree* in place, once for each change that is yielded; afterwards it is as before."""
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


def _replaced(parent: ast.AST, name: str, index: int | None, node: ast.AST) -> Iterator[str]:
    for new in _changes(node):
        if index is None:
            setattr(parent, name, new)
        else:
            getattr(parent, name)[index] = new
        before, after = (" ".join(ast.unparse(ast.fix_missing_locations(x)).split("\n")[0].split())
                         for x in (node, new))  # fmt: skip
        try:
            yield f"{before} -> {after}"
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
            for other in _COMPARISONS[type(op)]:
                ops = [*node.ops[:k], other(), *node.ops[k + 1 :]]
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
        if node.value > 1:
            yield like(ast.Constant(node.value - 1))
    elif isinstance(node, ast.If):
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


def survives(path: Path, code: object, order: _Quickest) -> bool:
    """Run the rules' tests in a child process against the changed module."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            import resource

            signal.alarm(SECONDS)
            resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            sys.meta_path.insert(0, _Finder(path, code))  # type: ignore[arg-type]
            status = run_tests(order)
        finally:
            os._exit(min(int(status), 1))
    return os.waitpid(child, 0)[1] == 0


class _Quickest:
    """A pytest plugin: the tests in the order of the time they took before."""

    def __init__(self, durations: dict[str, float]) -> None:
        self.durations = durations

    def pytest_collection_modifyitems(self, items):  # type: ignore[no-untyped-def]
        items.sort(key=lambda item: self.durations.get(item.name, 0.0))

    def pytest_runtest_logreport(self, report):  # type: ignore[no-untyped-def]
        name = report.nodeid.split("::", 1)[1]
        self.durations[name] = self.durations.get(name, 0.0) + report.duration


def run_tests(order: _Quickest) -> int:
    import pytest

    options = ["-x", "-q", "--noconftest", "-p", "no:cacheprovider", "-c", os.devnull]
    options += [f"--rootdir={HERE}", str(HERE / "test_kernel_rules.py")]
    return int(pytest.main(options, plugins=[order]))


def baseline() -> dict[str, float]:
    """Run the tests against the kernel as it is; they must pass."""
    read, write = os.pipe()
    if os.fork() == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        order = _Quickest({})
        status = run_tests(order)
        with os.fdopen(write, "w") as stream:
            json.dump([status, order.durations], stream)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        status, durations = json.load(stream)
    os.wait()
    if status:
        sys.exit("the tests fail against the kernel as it is; expected them to pass")
    return durations


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
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(HERE.parent))
    import pytest  # noqa: F401  (once, before the children)

    order = _Quickest({} if options.list else baseline())
    reasons, seen, count, unexplained = explained(), set(), 0, 0
    start = time.monotonic()
    whole = options.part == "1/1" and not options.file
    for path in sorted(KERNEL.glob("*.py")):
        if options.file not in (None, path.name):
            continue
        tree = ast.parse(path.read_text())
        for change in mutants(tree):
            count += 1
            if count % n != k % n:
                continue
            key = f"{path.name}: {change}"
            if options.list:
                print(key)
                continue
            code = compile(ast.fix_missing_locations(tree), str(path), "exec")
            if not survives(path, code, order):
                continue
            seen.add(key)
            if not reasons.get(key):
                unexplained += 1
                print(f"survives, unexplained: {key}", flush=True)
    if options.list:
        return 0
    stale = sorted(set(reasons) - seen) if whole else []
    for key in stale:
        print(f"explained, but killed or gone: {key}")
    print(
        f"{count // n} mutants in {time.monotonic() - start:.0f} s: {len(seen)} survive, "
        f"{unexplained} of them unexplained"
    )
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
