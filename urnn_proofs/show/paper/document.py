r"""Whole texts: a body for ``\input``, a standalone document, or a paper, under a sealed head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import Report
from urnn_proofs.show.paper.example import example
from urnn_proofs.show.paper.figures import construction_figure
from urnn_proofs.show.paper.frame import body_head, closing, opening, setting
from urnn_proofs.show.paper.paper import paper
from urnn_proofs.show.paper.prose import written
from urnn_proofs.show.paper.request import Request
from urnn_proofs.show.paper.seal import sealed
from urnn_proofs.show.paper.theorem import proof_text, statement_text, verification
from urnn_proofs.show.paper.verification import ROOM, at_the_top
from urnn_proofs.show.tex.math import escape, formula
from urnn_proofs.theorems.letters import Symbols, changed
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.registry import theorem

__all__ = ["Document", "generate", "proof_document"]


_NAMED = 3  # a title lists no more theorems


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
    make = _paper if request.paper else _plain
    return Document(sealed(make(pairs, request), request, pairs), reports)


def _plain(pairs: Sequence[tuple[Proof, Report]], request: Request) -> str:
    begin = setting(request)
    texts = [_mathematics(proof, report, request) for proof, report in pairs]
    fill = _letters(request.symbols, pairs, [begin, *texts])
    parts = [opening(request, _title(request)) if request.whole else "", body_head(request)]
    parts.append(fill(begin))
    for (proof, report), text in zip(pairs, texts, strict=True):
        if request.whole and len(pairs) > 1:
            parts.append(f"{ROOM}\n\\section{{{_heading(proof.name)}}}")
        if request.part != "checks":
            parts += [at_the_top(report), fill(text)]
        if request.wants("checks"):
            parts.append(verification(proof, report, request.look, whole=request.whole))
    return _finish(parts, request)


def _mathematics(proof: Proof, report: Report, request: Request) -> str:
    """Return what is asked for of theorem, figure, proof and example, their letters still open."""
    look, text = request.look, ""
    if request.wants("statement"):
        text += statement_text(proof, report, look)
    if request.wants("proof"):
        if proof.name == "3.1" and written(proof):
            text += construction_figure(look)
        text += proof_text(proof, report, look, apart=request.part == "proof")
        text += example(proof, request.n, look)
    return request.symbols.name_entries(text)


def _letters(
    symbols: Symbols, pairs: Sequence[tuple[Proof, Report]], texts: Sequence[str]
) -> Callable[[str], str]:
    """Return what fills in the letters, none of which the texts use for something else."""
    for proof, _ in pairs:
        if written(proof):
            continue
        if changed(symbols):
            raise InputError(
                f"symbols are chosen for {proof.name!r}, which is shown in its own words; "
                f"expected none"
            )
        return symbols.fill
    symbols.avoid("\n".join(texts))
    return symbols.fill


def _title(request: Request) -> str:
    names = request.theorems
    few = len(names) <= _NAMED
    said = ", ".join(map(_heading, names)) if few else f"{len(names)} theorems"
    return f"Unitary and contractive RNNs: {said}"


def _heading(name: str) -> str:
    """Return what a theorem is called, in letters where no formula can stand."""
    shown, plain = formula(f"Theorem {name}"), escape(f"Theorem {name}")
    return plain if shown == plain else f"\\texorpdfstring{{{shown}}}{{{plain}}}"


def _paper(pairs: Sequence[tuple[Proof, Report]], request: Request) -> str:
    pieces = list(paper(pairs, request))
    fill = _letters(request.symbols, pairs, [text for text, is_open in pieces if is_open])
    texts = [fill(text) if is_open else text for text, is_open in pieces]
    head = opening(request, "What unitary recurrent networks can and cannot express")
    return _finish([head, body_head(request), *texts], request)


def _finish(parts: Sequence[str], request: Request) -> str:
    text = "\n".join(part.strip("\n") + "\n" for part in parts if part)
    return text + closing(text, request)
