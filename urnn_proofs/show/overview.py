"""All theorems in one table: what each says, and who is believed."""

from __future__ import annotations

from dataclasses import dataclass

from urnn_proofs.model.verdict import Report
from urnn_proofs.show.html.formulas import formula
from urnn_proofs.show.html.parts import block, code, table, verdict
from urnn_proofs.theorems.registry import gist, theorem, theorem_names

__all__ = ["Overview", "overview"]


@dataclass(frozen=True)
class Overview:
    """The theorems of the package, each checked.

    Parameters
    ----------
    rows
        For each theorem its name, what it says in a few words, and the report of its check.
    """

    rows: tuple[tuple[str, str, Report], ...]

    def __repr__(self) -> str:
        return "\n".join(
            f"{name}: {said} ({report.verdict}, {report.trust})" for name, said, report in self.rows
        )

    def _repr_html_(self) -> str:
        rows = [
            (code(name), formula(said), f"{verdict(report.verdict)} {report.trust}")
            for name, said, report in self.rows
        ]
        return block(table(("name", "what it says", "verdict, and who is believed"), rows))


def overview() -> Overview:
    """Check every theorem, and return what came out.

    Examples
    --------
    >>> str(overview()).splitlines()[0]
    '3.1: 2n states are enough for contractive ReLU networks (PROVED, FORMAL)'
    """
    proofs = [theorem(name) for name in theorem_names()]
    return Overview(tuple((proof.name, gist(proof), proof.check()) for proof in proofs))
