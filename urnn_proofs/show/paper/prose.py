"""The prose for a proof: the written one where it fits, else the proof's own words."""

from __future__ import annotations

from urnn_proofs.show.tex.math import formula
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.prose import Part, Prose

__all__ = ["own_words", "prose_for", "written"]


def written(proof: Proof) -> Prose | None:
    """Return the prose that was written for a theorem; None if it says anything else now."""
    return None if proof.changes() else proof.prose


def prose_for(proof: Proof) -> Prose:
    """Return the prose for a proof: the written one where it fits, else the proof's own words."""
    return written(proof) or own_words(proof)


def own_words(proof: Proof) -> Prose:
    """Make prose of the claims and reasons of the steps."""
    parts = tuple(
        Part(step.name, "", f"{formula(step.claim)}. {formula(step.why)}") for step in proof.steps
    )
    return Prose("", "", parts)
