"""``python -m urnn_proofs.formal``: what ``make formal`` runs, with Python and Coq alone."""

from __future__ import annotations

import argparse
import sys

from urnn_proofs.formal.coq import compile_and_compare, recheck
from urnn_proofs.formal.sources import modules, sources
from urnn_proofs.model.errors import UrnnProofsError


def main(arguments: list[str] | None = None) -> int:
    """Compile the development, print each headline theorem, and say what was checked."""
    parser = argparse.ArgumentParser(prog="python -m urnn_proofs.formal", description=main.__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="files compiled at once")
    parser.add_argument("--recheck", action="store_true", help="then run coqchk on our files")
    parser.add_argument(
        "--recheck-everything", action="store_true", help="then run coqchk on all libraries too"
    )
    choices = parser.parse_args(arguments)
    folder = sources()
    if folder is None:
        print("error: the Coq sources are not beside this package; use a checkout", file=sys.stderr)
        return 2
    try:
        found = compile_and_compare(folder, jobs=choices.jobs)
        for theorem in found.theorems:
            rests = _axioms(theorem.assumptions)
            print(f"{theorem.name} ({theorem.module}.v)\n  {_indented(theorem.statement)}")
            print(f"  assumptions: {rests}\n")
        print(
            f"Coq {found.coq} checked {len(modules(folder))} files and {len(found.theorems)} "
            f"headline theorems; assumptions as listed; digest {found.digest}"
        )
        if choices.recheck or choices.recheck_everything:
            print(f"coqchk agrees: {recheck(folder, everything=choices.recheck_everything)}")
    except UrnnProofsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if "not installed" in str(error) else 1
    return 0


def _axioms(names: tuple[str, ...]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])}, ... ({len(names)}, all in headlines.txt)"
    return ", ".join(names) or "closed under the global context"


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


if __name__ == "__main__":
    sys.exit(main())
