"""Plain claims as HTML, with the formulas in them typeset where they are understood."""

from __future__ import annotations

from urnn_proofs.render.html_parts import text

__all__ = ["formula"]


def formula(claim: str) -> str:
    """Return a claim as HTML."""
    return text(claim)
