"""A mathematician's prose for a proof, one module a theorem: what papers print.

It is LaTeX with placeholders: ``@W`` for letters (see :mod:`urnn_proofs.theorems.letters`),
``@:name`` for labels, ``@[key]`` and ``@[key;place]`` for citations.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Part", "Prose"]


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
        LaTeX with placeholders.
    remark
        Whether it stands in a remark behind the proof, since the conclusion does not rest on it.
    """

    step: str
    heading: str
    text: str
    remark: bool = False


@dataclass(frozen=True)
class Prose:
    """The prose of one theorem.

    Parameters
    ----------
    title
        What the theorem says, in a few words.
    lead
        What the proof begins with: notation, the construction or the witness.
    parts
        One for each step, in reading order.
    close
        What the proof ends with.
    remark
        What opens the remark that holds the parts outside the proof.
    """

    title: str
    lead: str
    parts: tuple[Part, ...]
    close: str = ""
    remark: str = ""
