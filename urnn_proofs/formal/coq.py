"""Coq itself: compile the development, ask for statements and assumptions, check it again.

What Coq says is read here and compared with the list of headline theorems; nothing that Coq
did not print is believed.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from urnn_proofs.formal.sources import Headline, digest, forbidden, headlines, modules
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError

__all__ = [
    "PACKAGES",
    "Checked",
    "FailedError",
    "Theorem",
    "clean_copy",
    "compile_and_compare",
    "compile_sources",
    "coq_version",
    "recheck",
    "run",
]

#: Debian's packages with the versions this development is written for.
PACKAGES = (
    "coq libcoq-mathcomp libcoq-mathcomp-analysis libcoq-mathcomp-algebra-tactics "
    "libcoq-mathcomp-zify libcoq-mathcomp-real-closed libcoq-bignums"
)
_UNSAFE = (
    "Constants/Inductives relying on type-in-type",
    "Constants/Inductives relying on unsafe (co)fixpoints",
    "Inductives whose positivity is assumed",
)
_LIMIT_S = 1800.0
_JOBS = 2


@dataclass(frozen=True)
class Theorem:
    """A theorem as Coq prints it, with the axioms its proof uses."""

    name: str
    module: str
    statement: str
    assumptions: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """What one run of Coq over the whole development gave."""

    coq: str
    digest: str
    theorems: tuple[Theorem, ...]
    seconds: float


def coq_version() -> str:
    """Return the version of the Coq that is installed, such as ``"8.16.1"``.

    Raises
    ------
    UnsupportedError
        If there is none.
    """
    if shutil.which("coqc") is None or shutil.which("coq_makefile") is None:
        raise UnsupportedError(
            "Coq is not installed, so nothing was checked by Coq; on Debian and Ubuntu: "
            f"apt-get install --no-install-recommends make {PACKAGES}"
        )
    found = re.search(r"version\s+(\S+)", run(["coqc", "--version"], Path.cwd()))
    if found is None:
        raise UnsupportedError("coqc --version names no version; expected Coq 8.16")
    return found[1].rstrip(".")


def compile_and_compare(folder: Path, *, jobs: int = _JOBS) -> Checked:
    """Compile every file, and compare what Coq says of each headline theorem with the list.

    Raises
    ------
    InputError
        If a file claims something without a proof or does not compile, or a theorem is absent
        or rests on other axioms than those listed.
    UnsupportedError
        If Coq is not installed.
    """
    started = time.monotonic()
    version = coq_version()
    names, wanted = modules(folder), headlines(folder)
    before = digest(folder)
    compile_sources(folder, jobs=jobs)
    found = _ask(folder, names, wanted)
    for headline, theorem in zip(wanted, found, strict=True):
        if theorem.assumptions != headline.assumptions:
            raise InputError(
                f"{headline.name} assumes {', '.join(theorem.assumptions) or 'nothing'}; the list "
                f"of headline theorems says {', '.join(headline.assumptions) or 'nothing'}"
            )
    if digest(folder) != before:
        raise InputError(f"the files of {folder} changed while Coq read them; run it again")
    return Checked(version, before, found, time.monotonic() - started)


def compile_sources(folder: Path, *, jobs: int = _JOBS, target: str = "all") -> None:
    """Compile what has changed, with Coq's own makefile.

    Raises
    ------
    InputError
        If a file claims something without a proof, or does not compile.
    """
    coq_version()
    modules(folder)
    if claims := forbidden(folder):
        raise InputError(f"{claims[0]} claims something without a proof; expected a proof")
    quiet = {**os.environ, "MAKEFLAGS": "", "COQFLAGS": ""}
    try:
        run(["coq_makefile", "-f", "_CoqProject", "-o", "Makefile.coq"], folder)
        run(["make", "-f", "Makefile.coq", f"-j{jobs}", target], folder, env=quiet)
    except FailedError as failure:
        where = re.search(r'File "\./(\S+)", line (\d+)', failure.output)
        place = f"{where[1]}, line {where[2]}" if where else failure.output[-300:]
        raise InputError(f"the Coq development does not compile: {place}") from None


def recheck(folder: Path, *, everything: bool = False) -> str:
    """Have Coq's separate checker, ``coqchk``, read the compiled files; return what it covered.

    Parameters
    ----------
    everything
        Also the libraries of Coq and MathComp that the development uses; takes long.

    Raises
    ------
    InputError
        If it refuses a file, or finds an axiom or an unsafe definition of this development.
    """
    names = modules(folder)
    which = [f"URNN.{name}" for name in names]
    if not everything:
        which = [word for name in which for word in ("-norec", name)]
    try:
        said = run(["coqchk", "-silent", "-o", "-R", ".", "URNN", *which], folder)
    except FailedError as failure:
        raise InputError(f"coqchk refuses the development: {failure.output[-300:]}") from None
    if "CONTEXT SUMMARY" not in said:
        raise InputError("coqchk printed no summary; expected its list of axioms")
    own = re.findall(r"^\s+(URNN\.\S+)", said, re.MULTILINE)
    safe = all(f"* {kind}: <none>" in said for kind in _UNSAFE)
    if own or not safe:
        raise InputError(f"coqchk lists {own or 'unsafe definitions'}; expected none")
    return f"{len(names)} files" + (" and every library" if everything else "")


@contextmanager
def clean_copy(folder: Path) -> Iterator[Path]:
    """Copy the sources to a fresh folder, so that nothing compiled before is believed."""
    with tempfile.TemporaryDirectory(prefix="urnn-formal-") as name:
        fresh = Path(name) / "formal"
        fresh.mkdir()
        for path in [*folder.glob("*.v"), folder / "_CoqProject", folder / "headlines.txt"]:
            shutil.copyfile(path, fresh / path.name)
        yield fresh


def _ask(folder: Path, names: Sequence[str], wanted: Sequence[Headline]) -> tuple[Theorem, ...]:
    lines = [
        "From mathcomp Require Import all_ssreflect all_algebra.",
        f"From URNN Require Import {' '.join(names)}.",
        "Set Printing Width 92.",
        "Unset Printing Implicit Defensive.",
        "Local Open Scope ring_scope.",
    ]
    for headline in wanted:
        where = f"URNN.{headline.module}.{headline.name}"
        lines += [
            f'Goal True. idtac "@@ {headline.name}". Abort.',
            f"Check @{where}.",
            'Goal True. idtac "@@". Abort.',
            f"Print Assumptions {where}.",
        ]
    with tempfile.TemporaryDirectory(prefix="urnn-formal-") as name:
        query = Path(name) / "query.v"
        query.write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            said = run(
                ["coqc", "-q", "-w", "none", "-R", str(folder), "URNN", "query.v"], query.parent
            )
        except FailedError as failure:
            raise InputError(
                f"Coq does not know a headline theorem: {failure.output[-300:].strip()}"
            ) from None
    answers = re.split(r"^@@ ?", said, flags=re.MULTILINE)[1:]
    if len(answers) != 2 * len(wanted):
        raise InputError(f"Coq answered {len(answers)} questions; expected {2 * len(wanted)}")
    return tuple(
        Theorem(
            headline.name,
            headline.module,
            _statement(headline.name, answers[2 * i]),
            _assumptions(headline.name, answers[2 * i + 1]),
        )
        for i, headline in enumerate(wanted)
    )


def _statement(name: str, said: str) -> str:
    found = re.match(rf"{re.escape(name)}\n(\S+)\n\s+: (.+)\Z", said, re.DOTALL)
    if found is None:
        raise InputError(f"Coq printed no statement of {name}; found {said[:80]!r}")
    lines = found[2].rstrip().split("\n")
    return "\n".join([lines[0], *(line.removeprefix(" " * 7) for line in lines[1:])])


def _assumptions(name: str, said: str) -> tuple[str, ...]:
    if said.strip() == "Closed under the global context":
        return ()
    head, _, rest = said.lstrip().partition("\n")
    axioms = re.findall(r"^(\S+)", rest, re.MULTILINE)
    if head != "Axioms:" or not axioms:
        raise InputError(f"Coq printed no assumptions of {name}; found {said[:80]!r}")
    return tuple(sorted(axioms))


class FailedError(Exception):
    """A program ended with another status than 0."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output


def run(
    command: Sequence[str],
    folder: Path,
    *,
    env: dict[str, str] | None = None,
    limit_s: float = _LIMIT_S,
) -> str:
    """Run a program to its end and return what it printed; its children end with it."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit_s)
        except BaseException as reason:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(reason, subprocess.TimeoutExpired):
                raise UndecidedError(
                    f"{command[0]} did not end within {limit_s:.0f} s; nothing was concluded"
                ) from None
            raise
    if process.returncode != 0:
        raise FailedError(output)
    return output
