"""Abstract and introduction of the paper; what they claim follows the reports."""

from __future__ import annotations

from collections.abc import Mapping

from urnn_proofs.model.verdict import Report, Trust, Verdict
from urnn_proofs.show.paper.look import Look
from urnn_proofs.show.paper.verification import unchecked
from urnn_proofs.show.tex.math import escape

__all__ = ["abstract", "introduction"]

_SAID = {
    "3.1": "every contractive RNN with ReLU activation and $@n$ states has the same outputs, for "
    "bounded inputs, as a unitary RNN with at most $2@n$ states",
    "3.2": "in general a unitary RNN needs $2@n$ states for that",
    "3.3": "with the activations $\\tanh$ and logistic there are contractive RNNs that no unitary "
    "RNN of any size matches",
    "epsilon": "with $\\tanh$ and logistic activations $2@n$ states reach every $\\varepsilon > 0$",
}

_INTRODUCTION = r"""
A recurrent network with transition matrix $@W$ and $\|@W\| < 1$ forgets: the influence of an
input decays. If the transition matrix is orthogonal, nothing decays by itself. Yet units with
ReLU activation can be switched off, and what a silent unit would have carried is lost.
Theorem~3.1 of @[emami2019] uses this to build, from a contractive network, a unitary one with
twice the number of states; Theorem~3.2 says that twice the number is needed; and Theorem~3.3
says that without such a switch, for smooth activations, no number of states may suffice.

The proofs below are self-contained. That of Theorem~3.1 makes the construction explicit and
exact; those of Theorems~3.2 and~3.3 count dimensions, and cover all sizes of the unitary
network at once.
"""

_CHECKED = r"""
Coq checked the statement of every theorem below. The proofs are for the reader. The identities
and inequalities that their steps consist of were expanded, for all sizes at once, by a small
independent program. The mark at the end of a step, such as [\textsf{S3 gate}:
kernel], names the step in the tables of Section~\ref{urnn:checked}. What joins the expanded
identities is for the reader; that section also names every fact that is used without a
machine's check.
"""


def abstract(reports: Mapping[str, Report], look: Look) -> str:
    """Return the abstract."""
    proved = [name for name, report in reports.items() if report.verdict is Verdict.PROVED]
    claims = [look.refer(_SAID[name]) for name in proved if name in _SAID]
    given = f"We give proofs of the following answers: {_listed(claims)}." if claims else ""
    source = look.citation("emami2019")
    return "\n".join(
        (
            "\\begin{abstract}",
            "The transition matrix of a unitary recurrent network keeps norms, that of a",
            "contractive one lets them decay. Emami, Sahraee-Ardakan, Rangan and Fletcher",
            f"{source} asked what this costs in expressive power. {given}",
            _verdicts(reports),
            "\\end{abstract}",
        )
    )


def introduction(reports: Mapping[str, Report], look: Look) -> str:
    """Return the introduction; what it says about checks follows the reports."""
    proved = all(report.verdict is Verdict.PROVED for report in reports.values())
    believed = all(r.trust is Trust.FORMAL and not unchecked(r) for r in reports.values())
    checked = _CHECKED if proved and believed else _verdicts(reports)
    return look.refer(_INTRODUCTION) + checked.lstrip("\n")


def _verdicts(reports: Mapping[str, Report]) -> str:
    proved = [name for name, report in reports.items() if report.verdict is Verdict.PROVED]
    others = [name for name in reports if name not in proved]
    if not others:
        return "What each theorem rests on, and which program checked it, is said in tables."
    parts = [f"Theorem {escape(name)}: {reports[name].verdict}" for name in others]
    return "\\textbf{Not everything is established:} " + "; ".join(parts) + "."


def _listed(claims: list[str]) -> str:
    if len(claims) <= 1:
        return "".join(claims)
    return "; ".join(claims[:-1]) + "; and " + claims[-1]
