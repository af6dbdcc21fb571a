"""Verdicts, trust, checks and reports: the values every engine returns.

A :class:`Check` states one claim, the scope it was checked in, who is believed, and what
came out.  A :class:`Report` gathers checks and sub-reports; its verdict and its trust are
the weakest of its steps'.  Nothing here can be truth-tested: callers compare explicitly.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any, NoReturn

from urnn_proofs.model.text import one_line

__all__ = ["LONG", "NOTHING", "USED", "Check", "Report", "Role", "Trust", "Verdict"]

#: Key of the evidence that names the standard facts a step uses and no engine checks.
USED = "used without a machine's check"
NOTHING = "nothing"
#: Keys of evidence that a summary leaves out.
LONG = ("smt2", "how", "shown")


class _NoTruth(enum.Enum):
    """An enumeration whose members refuse ``if member:``."""

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__}.{self.name} has no truth value: compare it, "
            f"as in `verdict is Verdict.PROVED`"
        )

    def __str__(self) -> str:
        return str(self.value)


class Verdict(_NoTruth):
    """What a check, or a whole report, came to.

    PROVED
        The claim holds in the scope that is stated with it.
    REFUTED
        The claim is false, or a cross-check contradicts it.
    UNKNOWN
        It was not decided.
    UNSUPPORTED
        No method here covers the question.
    ASSUMED
        The step is taken from outside (a citation, a hypothesis supplied by the caller).
    CONSISTENT
        Only for sampling: nothing seen contradicts the claim.  Never evidence of a proof.
    """

    PROVED = "PROVED"
    REFUTED = "REFUTED"
    UNKNOWN = "UNKNOWN"
    UNSUPPORTED = "UNSUPPORTED"
    ASSUMED = "ASSUMED"
    CONSISTENT = "CONSISTENT"


class Trust(_NoTruth):
    """Who is believed when a check says PROVED, from the strongest to the weakest.

    FORMAL
        A Coq theorem whose statement is the claim.
    KERNEL
        Checked again by the kernel, which shares no code with what made the proof.
    EXACT
        Exact algebra by one engine: FLINT, or SymPy's polynomial rings.
    SMT
        A solver's word.
    BALL
        Arb's enclosures.
    ROUNDING
        Floating-point arithmetic with a proved bound of its rounding errors, which believes the
        hardware and the BLAS.
    WORDS
        A proof that no machine checked as a whole: what rests on it is ASSUMED.
    SAMPLE
        Floating-point agreement, which proves nothing.
    """

    FORMAL = "FORMAL"
    KERNEL = "KERNEL"
    EXACT = "EXACT"
    SMT = "SMT"
    BALL = "BALL"
    ROUNDING = "ROUNDING"
    WORDS = "WORDS"
    SAMPLE = "SAMPLE"


class Role(_NoTruth):
    """Whether the conclusion rests on a check.

    STEP
        It does.
    SKELETON
        A step of an argument in words whose algebra was checked: it supports the words, and the
        conclusion rests on something else.
    CROSS_CHECK
        It only looks for contradictions.
    """

    STEP = "step"
    SKELETON = "skeleton"
    CROSS_CHECK = "cross-check"


# From the one that decides first to the one that decides last.
_WEAKEST_FIRST = (
    Verdict.REFUTED,
    Verdict.UNKNOWN,
    Verdict.UNSUPPORTED,
    Verdict.ASSUMED,
    Verdict.PROVED,
)
_TRUST_ORDER = tuple(Trust)


@dataclass(frozen=True)
class Check:
    """One claim with its scope, engine, trust and verdict.

    Parameters
    ----------
    name
        Short label, such as ``"S1 dilation"``.
    claim
        The claim in plain words and formulas.
    scope
        What was covered: "all n", "n = 4, all W", "this network, all inputs in X_M, all k".
    verdict
        What the check came to.
    trust
        Who is believed.
    engine
        The module and method that looked at it.
    evidence
        Numbers and facts behind the verdict, JSON-compatible.
    role
        See :class:`Role`.
    checked
        What the engine was given to decide, where that is less than the claim; else empty.

    Raises
    ------
    ValueError
        If a floating-point sample or words claim PROVED, or a step rests on CONSISTENT.
    """

    name: str
    claim: str
    scope: str
    verdict: Verdict
    trust: Trust
    engine: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    role: Role = Role.STEP
    checked: str = ""

    def __post_init__(self) -> None:
        if self.trust is Trust.SAMPLE and self.verdict is Verdict.PROVED:
            raise ValueError(f"check {self.name!r}: sampling never yields PROVED")
        if self.trust is Trust.WORDS and self.verdict is Verdict.PROVED:
            raise ValueError(f"check {self.name!r}: words alone never yield PROVED")
        if self.verdict is Verdict.CONSISTENT and self.role is not Role.CROSS_CHECK:
            raise ValueError(f"check {self.name!r}: a step cannot rest on CONSISTENT")

    def __bool__(self) -> NoReturn:
        raise TypeError("a Check has no truth value: compare check.verdict with Verdict.PROVED")

    def __str__(self) -> str:
        return fill(
            f"{self.verdict}  {self.name}: {self.claim}; scope: {self.scope} [{self.trust}]", 100
        )

    def __repr__(self) -> str:
        return one_line(f"<Check {self.name}: {self.verdict}, {self.claim}>")

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.page import check_html  # a notebook asks for it

        return check_html(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the check as JSON-compatible values."""
        return {
            "name": self.name,
            "claim": self.claim,
            **({"checked": self.checked} if self.checked else {}),
            "scope": self.scope,
            "verdict": self.verdict.value,
            "trust": self.trust.value,
            "engine": self.engine,
            "role": self.role.value,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True)
class Report:
    """Checks and sub-reports about one subject.

    ``verdict`` is the weakest of all steps, here and in the sub-reports; a skeleton or a
    cross-check counts only when it is REFUTED.  A report without a single step is UNKNOWN.

    Parameters
    ----------
    title
        What the report is about.
    scope
        What the verdict covers, and no more.
    checks
        Steps, skeleton and cross-checks.
    parts
        Sub-reports.
    notes
        Sentences for a reader.
    certificate
        What the independent kernel can check again (has ``save(path)``), or None.
    proof
        The proof whose steps were run (its claims and arguments), or None.
    found
        Whether what refutes the claim "there is none" is a network that was found.

    Examples
    --------
    >>> step = Check("S1", "U^T U = I", "n = 1", Verdict.PROVED, Trust.EXACT, "exact")
    >>> Report("demo", "n = 1", (step,)).verdict is Verdict.PROVED
    True
    >>> Report("nothing checked", "n = 1").verdict
    <Verdict.UNKNOWN: 'UNKNOWN'>
    """

    title: str
    scope: str
    checks: tuple[Check, ...] = ()
    parts: tuple[Report, ...] = ()
    notes: tuple[str, ...] = ()
    #: What the independent kernel can check again (has ``save(path)``), or None.
    certificate: Any = field(default=None, compare=False, repr=False)
    #: The proof whose steps were run (its claims and arguments), or None.
    proof: Any = field(default=None, compare=False, repr=False)
    #: Whether what refutes the claim "there is none" is a network that was found.
    found: bool = False

    def __bool__(self) -> NoReturn:
        raise TypeError("a Report has no truth value: compare report.verdict with Verdict.PROVED")

    def all_checks(self) -> Iterator[Check]:
        """Yield the checks of this report, then those of its parts."""
        yield from self.checks
        for part in self.parts:
            yield from part.all_checks()

    @property
    def verdict(self) -> Verdict:
        """The weakest verdict of the steps; REFUTED if anything else contradicts."""
        found = {part.verdict for part in self.parts}
        for check in self.checks:
            if check.role is Role.STEP or check.verdict is Verdict.REFUTED:
                found.add(check.verdict)
        for verdict in _WEAKEST_FIRST:
            if verdict in found:
                return verdict
        return Verdict.UNKNOWN

    @property
    def trust(self) -> Trust:
        """The weakest trust among the steps (SAMPLE if there is no step at all)."""
        used = {check.trust for check in self.all_checks() if check.role is Role.STEP}
        return max(used, key=_TRUST_ORDER.index) if used else Trust.SAMPLE

    def weakest(self) -> tuple[Check, ...]:
        """Return the checks that keep the report from PROVED (empty when it is PROVED)."""
        if self.verdict is Verdict.PROVED:
            return ()
        return tuple(c for c in self.all_checks() if c.verdict is self.verdict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-compatible values."""
        return {
            "title": self.title,
            "scope": self.scope,
            "verdict": self.verdict.value,
            "trust": self.trust.value,
            "notes": list(self.notes),
            "certificate": None if self.certificate is None else self.certificate.digest,
            "checks": [check.as_dict() for check in self.checks],
            "parts": [part.as_dict() for part in self.parts],
        }

    def to_json(self, indent: int | None = 2) -> str:
        """Return the report as JSON text; the same report always gives the same text."""
        return json.dumps(self.as_dict(), indent=indent, ensure_ascii=False)

    def to_html(self) -> str:
        """Return the report as HTML: what weakens it first, then its steps; text is escaped.

        Formulas stand between dollar signs, for MathJax or KaTeX.
        """
        from urnn_proofs.show.html.page import report_html  # the one upward arrow: only on demand

        return report_html(self)

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_latex(self, columns: int = 1) -> str:
        """Return the report as LaTeX: the verdict, what weakens it, and the rows of its checks.

        Needs the packages amsmath and amssymb.  The rows fit the width they are set in; *columns*,
        1 or 2, is for Coq's statements.

        Raises
        ------
        InputError
            If *columns* is neither 1 nor 2.
        """
        from urnn_proofs.show.paper.report import report_text  # to show it, on demand

        return report_text(self, columns)

    def summary(self) -> str:
        """Return the answer alone, with its scope, who is believed, and the notes."""
        from urnn_proofs.show.terminal import text_of  # to show it, on demand

        return text_of(self, steps=False)

    def __str__(self) -> str:
        from urnn_proofs.show.terminal import text_of

        return text_of(self)

    def __repr__(self) -> str:
        return one_line(f"<Report: {self.verdict}, {self.title}>")
