r"""Whole texts: a body for ``\input``, a standalone document, or a paper, under a sealed head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import Report
from urnn_proofs.show.paper.example import example
from urnn_proofs.show.paper.frame import SETTING, body_head, closing, opening
from urnn_proofs.show.paper.paper import abstract, introduction
from urnn_proofs.show.paper.prose import written
from urnn_proofs.show.paper.request import Request
from urnn_proofs.show.paper.seal import sealed
from urnn_proofs.show.paper.theorem import programs, theorem_and_proof, verification
from urnn_proofs.show.paper.verification import at_the_top
from urnn_proofs.show.tex.math import escape
from urnn_proofs.theorems.letters import Symbols, changed
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
    setting = SETTING if request.setting else ""
    texts = [_mathematics(proof, report, request) for proof, report in pairs]
    fill = _letters(look.symbols, pairs, [setting, *texts])
    parts = [opening(request, _title(request)) if request.whole else "", body_head(), fill(setting)]
    for (proof, report), text in zip(pairs, texts, strict=True):
        first = proof is pairs[0][0]
        if request.whole and len(pairs) > 1:
            parts.append(f"\\section{{{_called(proof.name)[0].upper()}{_called(proof.name)[1:]}}}")
        parts += [at_the_top(report), fill(text), verification(proof, report, look, tools=first)]
    return _finish(parts, request)


def _mathematics(proof: Proof, report: Report, request: Request) -> str:
    """Return theorem, proof and example, their letters still open."""
    look = request.look
    return theorem_and_proof(proof, report, look) + example(proof, request.n, look)


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
    said = "\n".join(texts)
    symbols.avoid(said)
    return partial(symbols.fill, entry=symbols.entry(said))


def _title(request: Request) -> str:
    return f"Unitary and contractive RNNs: {', '.join(map(_called, request.theorems))}"


def _called(name: str) -> str:
    known = {"3.3-strong": "strong form of Theorem 3.3", "epsilon": "within epsilon"}
    return known.get(name) or f"Theorem {escape(name)}"


def _paper(pairs: Sequence[tuple[Proof, Report]], request: Request) -> str:
    look = request.look
    reports = {proof.name: report for proof, report in pairs}
    texts = [_mathematics(proof, report, request) for proof, report in pairs]
    summary, start = abstract(reports, look), introduction(reports, look)
    fill = _letters(look.symbols, pairs, [summary, start, SETTING, *texts])
    parts = [
        opening(request, "What unitary recurrent networks can express"),
        fill(summary),
        "\\section{Introduction}",
        fill(start),
        "\\section{Setting and notation}",
        body_head(),
        fill(SETTING),
        "\\section{Theorems and proofs}",
    ]
    for (_, report), text in zip(pairs, texts, strict=True):
        parts += [at_the_top(report), fill(text)]
    parts += ["\\section{What was checked}\\label{urnn:checked}", programs(look)]
    parts += [verification(proof, report, look, tools=False) for proof, report in pairs]
    return _finish(parts, request)


def _finish(parts: Sequence[str], request: Request) -> str:
    text = "\n".join(part.strip("\n") + "\n" for part in parts if part)
    return text + closing(text, request)
