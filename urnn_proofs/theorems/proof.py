"""A proof as a value: a statement, its hypotheses, and steps that depend on each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from textwrap import fill

from urnn_proofs.certificate import Certificate, bundle, labelled
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import Check, Report, Trust, Verdict
from urnn_proofs.theorems import seal
from urnn_proofs.theorems.in_coq import with_coq
from urnn_proofs.theorems.letters import Environments, Symbols
from urnn_proofs.theorems.parts import Outcome, Statement, Step
from urnn_proofs.theorems.prose import Prose

__all__ = ["Proof"]


@dataclass(frozen=True)
class Proof:
    """A theorem with its steps.

    Its text is sealed with its checks (:mod:`urnn_proofs.theorems.seal`): a proof that differs
    from the registered one of its name in any part proves nothing.

    Parameters
    ----------
    name
        Number in the paper, or a name.
    statement
        What is claimed: ``.text``, ``.latex`` (formulas between dollars), ``.coq``, the names of
        the theorems in Coq, and ``.scope``.
    hypotheses
        Under which conditions.
    steps
        Each with ``.name``, ``.claim``, ``.why`` and ``.depends``, in an order in which they may be
        read.
    reference
        Where it is from.
    audit
        The examples of what fails without a hypothesis.
    prose
        The proof in words, for papers.

    Raises
    ------
    InputError
        If two steps share a name, a dependency is missing, or dependencies form a circle.
    """

    name: str
    statement: Statement
    hypotheses: tuple[str, ...]
    steps: tuple[Step, ...]
    reference: str
    audit: Callable[[], tuple[Check, ...]] = field(default=tuple, repr=False)
    prose: Prose | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        earlier: set[str] = set()
        names = [step.name for step in self.steps]
        for step in self.steps:
            if step.name in earlier:
                raise InputError(f"two steps are named {step.name!r}; expected different names")
            for other in step.depends:
                if other not in names:
                    raise InputError(f"step {step.name!r} depends on the unknown step {other!r}")
                if other not in earlier:
                    raise InputError(
                        f"step {step.name!r} depends on {other!r}, which does not come before it; "
                        f"expected an order without circles"
                    )
            earlier.add(step.name)

    @property
    def digest(self) -> str:
        """SHA-256 of what the theorem says: name, statement, its LaTeX, hypotheses."""
        return seal.prose_digest(self)

    @property
    def seal(self) -> str:
        """SHA-256 of all that is sealed: the above, the steps, and the checks by their names."""
        return seal.seal_of(self)

    def changes(self) -> tuple[str, ...]:
        """Return in words what differs from the theorem as it was registered and read."""
        return seal.changes(self)

    def check(self) -> Report:
        """Run every step and the hypothesis audit, and say what the statement rests on.

        That is Coq's check of the statement, as recorded; the steps are a skeleton that supports
        the argument in words, and they and the audit's examples can only contradict.  A statement
        that Coq does not know is never PROVED, nor is one whose text or checks were changed.
        """
        return with_coq(self, self.skeleton())

    def skeleton(self) -> Report:
        """Run every step and the hypothesis audit; the weakest step decides.

        A machine checks the algebra of each step; what joins them are words.  Nothing is PROVED
        about a proof whose text or checks were changed.
        """
        outcomes = [step.run() for step in self.steps]
        checks = [self._checked(*pair) for pair in zip(self.steps, outcomes, strict=True)]
        certificates = [
            c
            for step, outcome in zip(self.steps, outcomes, strict=True)
            for c in self._labelled(step, outcome)
        ]
        return Report(
            title=f"Theorem {self.name}",
            scope=self.statement.scope or (checks[-1].scope if checks else "nothing"),
            checks=(*self._seal(), *checks, *self.audit()),
            notes=tuple(f"hypothesis: {h}" for h in self.hypotheses),
            certificate=bundle(certificates) if certificates else None,
            proof=self,
        )

    def check_step(self, name: str) -> Report:
        """Run one step alone; its verdict is about that step only.

        Raises
        ------
        InputError
            If no step has that name.

        Examples
        --------
        >>> from urnn_proofs import theorem
        >>> theorem("3.1").check_step("S2 rows").verdict
        <Verdict.PROVED: 'PROVED'>
        """
        known = {step.name: step for step in self.steps}
        step = known.get(name) if isinstance(name, str) else None
        if step is None:
            names = ", ".join(repr(step.name) for step in self.steps)
            raise InputError(f"there is no step {shorten(name)}; expected one of {names}")
        outcome = step.run()
        check = self._checked(step, outcome)
        return Report(
            title=f"Theorem {self.name}, step {name} (one of {len(self.steps)})",
            scope=check.scope,
            checks=(*self._seal(), check),
            notes=tuple(f"uses {other}, which was not run" for other in step.depends),
            certificate=bundle(self._labelled(step, outcome)) if outcome.certificates else None,
            proof=self,
        )

    def _labelled(self, step: Step, outcome: Outcome) -> list[Certificate]:
        """Name theorem and step in what the kernel is to read again."""
        return [labelled(c, self.name, step.name) for c in outcome.certificates]

    def _checked(self, step: Step, outcome: Outcome) -> Check:
        """Put what was checked beside what the step claims."""
        found = outcome.check
        proved = found.verdict is Verdict.PROVED
        return replace(
            found,
            name=step.name,
            claim=step.claim,
            checked=found.checked or found.claim,
            verdict=Verdict.UNKNOWN if proved and self.changes() else found.verdict,
        )

    def _seal(self) -> tuple[Check, ...]:
        """Return nothing if the seal holds, else a check that says what was changed."""
        changes = self.changes()
        if not changes:
            return ()
        said = "; ".join(changes[:3]) + (f"; and {len(changes) - 3} more" if changes[3:] else "")
        found = Check(
            name="seal",
            claim="this is the theorem that was read beside its checks",
            scope=f"Theorem {self.name}",
            verdict=Verdict.UNKNOWN,
            trust=Trust.EXACT,
            engine="theorems.seal",
            evidence={"changes": "; ".join(changes)},
            checked=said,
        )
        return (found,)

    def to_latex(
        self,
        n: int = 2,
        *,
        part: str = "all",
        columns: int = 1,
        standalone: bool = False,
        setting: bool = True,
        cite: bool = False,
        symbols: Symbols | None = None,
        environments: Environments | None = None,
    ) -> str:
        r"""Check the proof now, and return it as LaTeX that says what came out.

        Parameters
        ----------
        n
            Size at which the construction is displayed, with its matrices; 1 to 16.
        part
            ``"statement"``, ``"proof"`` (with the construction), ``"checks"``, or all of them.
        columns
            2 for a text that fits a column of IEEEtran and other two-column classes.
        standalone
            A whole document; otherwise a body for ``\input``, which begins with a comment that
            lists the packages and environments it needs.
        setting
            Begin a statement with the definitions.  Of several bodies in one document only the
            first shows them.
        cite
            Refer with ``\cite`` (always so if standalone); otherwise in words.
        symbols
            Other letters, as in ``Symbols(W="A", phi=r"\sigma")``:
            :class:`~urnn_proofs.theorems.letters.Symbols`.
        environments
            Other names of environments, as in ``Environments(theorem="thm")``:
            :class:`~urnn_proofs.theorems.letters.Environments`.

        Raises
        ------
        InputError
            If n, part or columns is out of range, or a symbol is in use for something else.

        Examples
        --------
        >>> from urnn_proofs import theorem
        >>> r"\begin{theorem}" in theorem("3.3").to_latex(n=1)
        True
        """
        from urnn_proofs.show.paper.document import proof_document  # to show it, on demand

        return proof_document(
            self,
            n=n,
            part=part,
            columns=columns,
            standalone=standalone,
            setting=setting,
            cite=cite,
            symbols=symbols,
            environments=environments,
        )

    def graph(self) -> str:
        """Return the dependency graph, one step a line."""
        width = max((len(step.name) for step in self.steps), default=0)
        lines = []
        for step in self.steps:
            uses = f" <- {', '.join(step.depends)}" if step.depends else ""
            lines.append(f"{step.name:{width}}{uses}".rstrip())
        return "\n".join(lines)

    def to_html(self, report: Report | None = None) -> str:
        """Return the proof as HTML: statement, dependency graph, steps.

        Parameters
        ----------
        report
            What :meth:`check` returned; without it no verdicts are shown.

        Raises
        ------
        InputError
            If the report is about another proof, or says PROVED although this one was changed.
        """
        if report is not None and (report.proof is None or report.proof.seal != self.seal):
            raise InputError(
                f"the report {report.title!r} is not about this proof; expected what its check() "
                f"returned"
            )
        if report is not None and report.verdict is Verdict.PROVED and self.changes():
            raise InputError(
                f"the report {report.title!r} says PROVED, and this proof was changed "
                f"({self.changes()[0]}); expected what its check() returns"
            )
        from urnn_proofs.show.html.page import proof_html  # the one upward arrow: only on demand

        return proof_html(self, report)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        lines = [f"Theorem {self.name}. {self.statement.text}", f"  ({self.reference})"]
        lines += [f"  hypothesis: {h}" for h in self.hypotheses]
        for step in self.steps:
            uses = f"  [uses {', '.join(step.depends)}]" if step.depends else ""
            lines += [f"  {step.name}: {step.claim}{uses}", f"      {step.why}"]
        return "\n".join(fill(line, 100, subsequent_indent="      ") for line in lines)

    def __repr__(self) -> str:
        return one_line(f"<Theorem {self.name}: {self.statement.text}>")
