"""Results with more to them than a report: constructions and searches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from urnn_proofs.model.verdict import Verdict
from urnn_proofs.show.html.formulas import formula
from urnn_proofs.show.html.page import report_inside
from urnn_proofs.show.html.parts import EXPLAINED, alert, block, fold, table, text, verdict
from urnn_proofs.show.html.values import network_inside

__all__ = ["search_html", "urnn_html"]


def urnn_html(found: Any) -> str:
    """Return an Equivalence with all its layers, or FewestStates."""
    layers = found.urnns if hasattr(found, "urnns") else (found.urnn,)
    networks = "".join(map(network_inside, layers))
    return block(report_inside(found.report) + fold("the URNN", networks))


def search_html(found: Any) -> str:
    """Return a :class:`~urnn_proofs.questions.search.result.SearchResult` with what was tried.

    Times are left out: the same search always shows the same.
    """
    parts = [
        f"<p><b>{formula(found.answer)}</b></p>",
        f"<p>that there is none: {verdict(found.verdict)} &nbsp;range: {formula(found.scope)}<br>"
        f'<span class="urnn-small">trust {found.trust}: {EXPLAINED[found.trust]}</span></p>',
    ]
    parts += [alert(Verdict.ASSUMED, f"assumed: {formula(a)}") for a in found.assumptions]
    if found.advice:
        parts.append(f"<p>{formula(found.advice)}</p>")
    if found.network is not None:
        parts.append(fold("the URNN that was found", network_inside(found.network), opened=True))
    if found.facts:
        listed = "; ".join(formula(fact) for fact in found.facts)
        parts.append(f'<p class="urnn-small">Used without a machine\'s check: {listed}.</p>')
    tried = list(_tried(found.trace))
    if tried:
        head = ("encoding", "what was asked", "solver", "answer")
        parts.append(fold("what was tried", table(head, tried), opened=True))
    return block("".join(parts))


def _tried(trace: Iterable[Any]) -> Iterable[tuple[str, ...]]:
    for a in trace:
        yield text(a.encoding), formula(a.name), text(a.solver), text(a.answer)
