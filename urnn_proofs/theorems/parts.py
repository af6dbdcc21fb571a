"""What a theorem is made of: its statement, its steps, and what running a step gives.

Those who only read a theorem (its seal, the record of Coq) take a :class:`Theorem`: they know no
more of it than this, so that the proof itself can ask them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from urnn_proofs.certificate import Certificate
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import Check, Report
from urnn_proofs.theorems.letters import Symbols
from urnn_proofs.theorems.prose import Prose

__all__ = ["Outcome", "Statement", "Step", "Theorem"]


@dataclass(frozen=True)
class Statement:
    """A theorem in words and in LaTeX.

    Parameters
    ----------
    text
        In words.
    tex
        In LaTeX, with placeholders for the letters of the networks
        (:mod:`urnn_proofs.theorems.letters`).
    coq
        Names of the Coq theorems that together say the same, if there are any.
    scope
        What the verdict is about; if left out, that is what the last step is about.
    """

    text: str
    tex: str
    coq: tuple[str, ...] = ()
    scope: str = ""

    @property
    def latex(self) -> str:
        """The statement in LaTeX with the usual letters."""
        return Symbols().fill(self.tex)

    def __repr__(self) -> str:
        return one_line(f"<Statement: {self.text}>")

    def __str__(self) -> str:
        return textwrap.fill(self.text, 100)


@dataclass(frozen=True)
class Outcome:
    """What running a step gives: the check, and certificates of what the kernel re-checked.

    The check's claim is what was checked; the step has a claim of its own, which may say more.
    """

    check: Check
    certificates: tuple[Certificate, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step of a proof.

    Parameters
    ----------
    name, claim
        Label and claim.
    why
        The argument a reader follows; it names every fact that is used without being checked.
    depends
        Names of the steps it uses.
    run
        Does the checking.
    """

    name: str
    claim: str
    why: str
    run: Callable[[], Outcome] = field(repr=False)
    depends: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return one_line(f"<Step {self.name}: {self.claim}>", 100)


class Theorem(Protocol):
    """What can be read of a theorem; :class:`~urnn_proofs.theorems.proof.Proof` is one."""

    @property
    def name(self) -> str:
        """Number in the paper, or a name."""

    @property
    def statement(self) -> Statement:
        """What is claimed."""

    @property
    def hypotheses(self) -> tuple[str, ...]:
        """Under which conditions."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """In an order in which they may be read."""

    @property
    def reference(self) -> str:
        """Where it is from."""

    @property
    def audit(self) -> Callable[[], tuple[Check, ...]]:
        """The examples of what fails without a hypothesis."""

    @property
    def prose(self) -> Prose | None:
        """The proof as papers print it."""

    @property
    def digest(self) -> str:
        """SHA-256 of what it says."""

    @property
    def seal(self) -> str:
        """SHA-256 of all that is sealed."""

    def changes(self) -> tuple[str, ...]:
        """Return in words what differs from what was read."""

    def skeleton(self) -> Report:
        """Run every step."""
