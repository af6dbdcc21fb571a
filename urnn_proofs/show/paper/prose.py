"""A mathematician's prose for a proof: what it consists of, and where it is looked up.

The prose is written for the statement and the steps as they are sealed.  A proof that says anything
else is shown with its own words instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from urnn_proofs.show.tex.math import formula
from urnn_proofs.theorems.proof import Proof

__all__ = ["Part", "Prose", "own_words", "prose_for", "written"]

_MODULES = {
    "3.1": "prose_3_1",
    "3.2": "prose_3_2",
    "3.3": "prose_3_3",
    "3.3-strong": "prose_3_3_strong",
    "scalar-memory": "prose_scalar_memory",
}


@dataclass(frozen=True)
class Part:
    """The prose of one step.

    Parameters
    ----------
    step
        Name of the step it is about.
    heading
        A few words in front of it.
    text
        LaTeX with placeholders (see :mod:`urnn_proofs.theorems.letters`).
    remark
        Whether it stands in a remark behind the proof, since the conclusion does not rest on it.
    assumed
        For a step that is assumed: the assumption, to be read after the word "Assume".
    """

    step: str
    heading: str
    text: str
    remark: bool = False
    assumed: str = ""


@dataclass(frozen=True)
class Prose:
    """The prose of one theorem.

    Parameters
    ----------
    title
        What the theorem says, in a few words.
    statement
        LaTeX with placeholders; with the usual letters it is the statement of the proof.
    lead
        What the proof begins with: notation, the construction or the witness.
    parts
        One for each step, in reading order.
    close
        What the proof ends with.
    remark
        What opens the remark that holds the parts outside the proof.
    written
        Whether someone wrote it; if not, it is made of the claims and reasons of the steps.
    """

    title: str
    statement: str
    lead: str
    parts: tuple[Part, ...]
    close: str = ""
    remark: str = ""
    written: bool = True


def written(name: str) -> Prose:
    """Return the prose that was written for a theorem of this package."""
    module = import_module(f"urnn_proofs.show.paper.{_MODULES[name]}")
    prose: Prose = module.PROSE
    return prose


def prose_for(proof: Proof) -> Prose:
    """Return the prose for a proof: the written one where it fits, else the proof's own words."""
    if proof.name in _MODULES and not proof.changes():
        return written(proof.name)
    return own_words(proof)


def own_words(proof: Proof) -> Prose:
    """Make prose of the claims and reasons of the steps."""
    parts = tuple(
        Part(step.name, "", f"{formula(step.claim)}. {formula(step.why)}") for step in proof.steps
    )
    return Prose("", proof.statement.latex, "", parts, written=False)
