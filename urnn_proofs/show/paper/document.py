r"""Whole texts: a body for ``\input``, a standalone document, or a paper, under a sealed head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from urnn_proofs.model.verdict import Report
from urnn_proofs.show.paper.example import example
from urnn_proofs.show.paper.frame import SETTING, body_head, closing, opening
from urnn_proofs.show.paper.paper import abstract, introduction
from urnn_proofs.show.paper.request import Request
from urnn_proofs.show.paper.seal import sealed
from urnn_proofs.show.paper.theorem import programs, theorem_and_proof, verification
from urnn_proofs.show.tex.math import escape
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.registry import theorem

__all__ = ["Document", "generate", "proof_document"]


@dataclass(frozen=True)
class Document:
    """A generated text, and the reports that were computed for it just now."""

    text: str
    reports: tuple[Report, ...]


def generate(request: Request) -> Document:
    """Prove what is asked for, and write it down.

    Raises
    ------
    InputError
        If there is no such theorem, n is out of range, or a symbol is already in use.
    """
    return _write([theorem(name) for name in request.theorems], request)


def proof_document(proof: Proof, **options: Any) -> str:
    """Return a proof as LaTeX; options are those of :class:`~.request.Request`."""
    from urnn_proofs import __version__

    chosen = {name: value for name, value in options.items() if value is not None}
    return _write([proof], Request((proof.name,), version=__version__, **chosen)).text


def _write(proofs: Sequence[Proof], request: Request) -> Document:
    reports = tuple(proof.check() for proof in proofs)
    pairs = list(zip(proofs, reports, strict=True))
    text = _paper(pairs, request) if request.paper else _plain(pairs, request)
    return Document(sealed(text, request, pairs), reports)


def _plain(pairs: Sequence[tuple[Proof, Report]], request: Request) -> str:
    look = request.look
    parts = [opening(request, _title(request)) if request.whole else "", body_head()]
    if request.setting:
        parts.append(look.fill(SETTING))
    for proof, report in pairs:
        first = proof is pairs[0][0]
        if request.whole and len(pairs) > 1:
            parts.append(f"\\section{{{_called(proof.name)[0].upper()}{_called(proof.name)[1:]}}}")
        parts += [
            theorem_and_proof(proof, report, look),
            example(proof, request.n, look),
            verification(proof, report, look, tools=first),
        ]
    return _finish(parts, request)


def _title(request: Request) -> str:
    return f"Unitary and contractive RNNs: {', '.join(map(_called, request.theorems))}"


def _called(name: str) -> str:
    known = {"3.3-strong": "strong form of Theorem 3.3", "scalar-memory": "scalar memory"}
    return known.get(name) or f"Theorem {escape(name)}"


def _paper(pairs: Sequence[tuple[Proof, Report]], request: Request) -> str:
    look = request.look
    reports = {proof.name: report for proof, report in pairs}
    parts = [
        opening(request, "What unitary recurrent networks can express"),
        abstract(reports, look),
        "\\section{Introduction}",
        introduction(reports, look),
        "\\section{Setting and notation}",
        body_head(),
        look.fill(SETTING),
        "\\section{Theorems and proofs}",
    ]
    for proof, report in pairs:
        parts += [theorem_and_proof(proof, report, look), example(proof, request.n, look)]
    parts += ["\\section{What was checked}\\label{urnn:checked}", programs(look)]
    parts += [verification(proof, report, look, tools=False) for proof, report in pairs]
    return _finish(parts, request)


def _finish(parts: Sequence[str], request: Request) -> str:
    text = "\n".join(part.strip("\n") + "\n" for part in parts if part)
    return text + closing(text, request)
