"""What a search for a URNN came to."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from urnn_proofs.checks.smt.runner import Attempt
from urnn_proofs.model.atomic import writing
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.network import URNN
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import USED, Check, Report, Trust, Verdict

__all__ = ["SearchResult"]


@dataclass(frozen=True)
class SearchResult:
    """The answer to the question whether a URNN with at most N states has the same outputs.

    A copy with other parts (``dataclasses.replace``) is UNKNOWN: search again.

    Parameters
    ----------
    claim
        The negative claim, "no URNN ...".
    scope
        What it was examined for.
    verdict
        Of the claim.  PROVED: there is none.  REFUTED: there is one, ``network``, confirmed
        exactly.  ASSUMED: there is none if ``assumptions`` hold.  UNKNOWN: undecided, see
        ``advice``.
    trust
        Who is believed.
    encoding
        The encoding that decided, or "" if none did.
    network
        For REFUTED: the URNN, with at most N states.
    confirmation
        For REFUTED: what proves it equivalent.
    assumptions
        What is taken from outside.
    facts
        Standard facts used without a machine's check.
    trace
        Everything that was tried, in order.
    advice
        What to try next, for UNKNOWN and ASSUMED; what epsilon would do, where there is none.
    seconds
        Wall-clock time.
    interrupted
        Whether Ctrl-C ended the search.
    certificate
        For the independent kernel.  REFUTED: that the two networks have the same outputs.
        PROVED by "memoryless", N <= 6: that what was asked contradicts itself (a Nullstellensatz
        certificate).  Else None.
    """

    claim: str
    scope: str
    verdict: Verdict
    trust: Trust
    encoding: str = ""
    network: URNN | ScaledURNN | None = field(default=None, compare=False)
    confirmation: Any = field(default=None, compare=False, repr=False)
    assumptions: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    trace: tuple[Attempt, ...] = field(default=(), repr=False)
    advice: str = ""
    seconds: float = 0.0
    interrupted: bool = False
    certificate: Any = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        # What a solver answered cannot be derived again from the parts: a result made of other
        # parts than those of one search (dataclasses.replace) has no verdict.
        if self.verdict is not Verdict.UNKNOWN:
            self._set("verdict", Verdict.UNKNOWN)
            self._set("advice", "parts of this result were exchanged; search again")

    @classmethod
    def of_search(cls, verdict: Verdict, **parts: Any) -> SearchResult:
        """Return what a search came to; for the search alone."""
        found = cls(verdict=Verdict.UNKNOWN, **parts)
        found._set("verdict", verdict)
        return found

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the dataclass is frozen

    def __bool__(self) -> NoReturn:
        raise TypeError("a SearchResult has no truth value: compare result.verdict")

    @property
    def answer(self) -> str:
        """The answer in one sentence."""
        if self.verdict is Verdict.PROVED:
            return f"there is none: {self.claim}"
        if self.verdict is Verdict.REFUTED and self.network is not None:
            states = self.network.states
            return (
                f"there is a URNN with {states} state{'s' * (states > 1)} that has these outputs, "
                f"confirmed exactly"
            )
        if self.verdict is Verdict.ASSUMED:
            return f"there is none if what is assumed holds: {self.claim}"
        return f"undecided, whether {self.claim}"

    @property
    def queries(self) -> tuple[tuple[str, str], ...]:
        """Names and SMT-LIB 2 texts of the queries that stayed undecided."""
        asked = [a for a in self.trace if a.solver == "z3" and a.answer == "unknown"]
        return tuple((a.name, a.smt2) for a in asked)

    @property
    def report(self) -> Report:
        """The result as a report with one step, the trace in its evidence."""
        step = Check(
            name=f"search ({self.encoding or 'undecided'})",
            claim=self.claim,
            scope=self.scope,
            verdict=self.verdict,
            trust=self.trust,
            engine="questions.search",
            evidence={
                "tried": [
                    f"{a.encoding}: {a.name}: {a.answer} ({a.solver}, {a.seconds:.2f} s)"
                    for a in self.trace
                ],
                "assumed": list(self.assumptions),
                USED: "; ".join(self.facts) or "nothing",
            },
        )
        notes = tuple(f"assumed: {text}" for text in self.assumptions)
        notes += ("interrupted",) if self.interrupted else ()
        notes += (self.advice,) if self.advice else ()
        return Report(self.answer, self.scope, (step,), notes=notes, found=self.network is not None)

    def __str__(self) -> str:
        return self.report.summary()

    def __repr__(self) -> str:
        return one_line(f"<SearchResult: {self.answer}>")

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.results import search_html  # for notebooks, on demand

        return search_html(self)

    def save_queries(self, folder: str | os.PathLike[str], *, undecided: bool = True) -> list[Path]:
        """Write queries as ``.smt2`` files; *undecided* False writes the decided ones as well.

        Raises
        ------
        InputError
            If the folder does not exist or cannot be written into.
        """
        if not Path(folder).is_dir():
            raise InputError(f"{folder} is not a folder; expected an existing one to write into")
        paths = []
        kept = [a for a in self.trace if a.smt2 and a.solver == "z3"]
        for number, attempt in enumerate(kept):
            if undecided and attempt.answer != "unknown":
                continue
            name = re.sub(r"[^a-z0-9]+", "_", attempt.name.lower()).strip("_")[:60]
            path = Path(folder) / f"{number:03d}_{name}.smt2"
            with writing(path) as stream:
                text = f"(set-logic QF_NRA)\n{attempt.smt2}\n(check-sat)\n"
                stream.write(text.encode())
            paths.append(path)
        return paths
