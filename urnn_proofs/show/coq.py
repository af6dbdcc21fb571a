"""Statements in Coq, folded away until somebody wants them."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from urnn_proofs.formal.record import read_record, theorem_standing
from urnn_proofs.formal.sources import sources
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten

__all__ = ["InCoq", "in_coq"]


@dataclass(frozen=True)
class InCoq:
    """Statements in Coq, with the files that prove them.

    Parameters
    ----------
    lemmas
        For each (name, file, statement as it is written there).
    standing
        Whether these files are the ones that Coq is recorded to have checked, in a sentence.
    """

    lemmas: tuple[tuple[str, str, str], ...]
    standing: str

    def __repr__(self) -> str:
        parts = [f"{name} ({file}):\n{statement}" for name, file, statement in self.lemmas]
        return "\n\n".join((*parts, self.standing))

    def _repr_html_(self) -> str:
        names = ", ".join(f"<code>{html.escape(name)}</code>" for name, _, _ in self.lemmas)
        texts = "".join(
            f'<p>{html.escape(file)}</p><pre style="white-space: pre-wrap"><code>'
            f"{html.escape(statement)}</code></pre>"
            for _, file, statement in self.lemmas
        )
        return (
            f'<details class="tex2jax_ignore"><summary>In Coq: {names}</summary>{texts}'
            f"<p>{html.escape(self.standing)}</p></details>"
        )


def in_coq(*names: str) -> InCoq:
    """Return theorems as Coq prints them, and lemmas of ``formal/`` as they are written there.

    The variables of the section in which a lemma stands are part of it and are not repeated.

    Parameters
    ----------
    names
        Such as ``"theorem_3_1"`` or ``"psd_factor"``.

    Raises
    ------
    InputError
        If the record has no such theorem and the sources no such lemma, or they are not here.
    """
    record, folder = read_record(), sources()
    paths = sorted(folder.glob("*.v")) if folder else []
    found = []
    for name in names:
        known = record.theorems.get(name)
        if known is not None:
            found.append((name, f"formal/{known.module}.v", known.statement))
        else:
            found.append(_find(name, paths))
    against = theorem_standing(min(record.theorems)).against  # the same for all theorems
    said = f"Coq {record.coq} is recorded to have checked these files."
    return InCoq(tuple(found), " ".join(against) or said)


def _find(name: str, paths: Sequence[Path]) -> tuple[str, str, str]:
    pattern = re.compile(
        rf"^(?:Lemma|Theorem|Corollary|Definition)\s+{re.escape(name)}\b.*?\.(?=\s)",
        re.MULTILINE | re.DOTALL,
    )
    for path in paths:
        found = pattern.search(path.read_text(encoding="utf-8"))
        if found:
            return name, f"formal/{path.name}", found[0]
    raise InputError(
        f"no theorem of the record and no file of formal/ is named {shorten(name)}; expected a "
        f"name in Coq, in a checkout for lemmas"
    )
