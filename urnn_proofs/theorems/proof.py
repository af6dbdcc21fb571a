"""A proof as a value: a statement, its hypotheses, and steps that depend on each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from urnn_proofs.errors import InputError
from urnn_proofs.theorems.certificate import Certificate, bundle
from urnn_proofs.theorems.in_coq import with_coq
from urnn_proofs.verdict import Check, Report

if TYPE_CHECKING:
    from urnn_proofs.render.latex.symbols import Environments, Symbols

__all__ = ["Outcome", "Proof", "Statement", "Step"]


@dataclass(frozen=True)
class Statement:
    """A theorem in words, in LaTeX, and as SymPy objects."""

    text: str
    latex: str
    sympy: Any = None


@dataclass(frozen=True)
class Outcome:
    """What running a step gives: the check, and certificates of what the kernel re-checked."""

    check: Check
    certificates: tuple[Certificate, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step of a proof.

    Parameters
    ----------
    name, claim
        Label and claim.
    why
        The argument a reader follows; it names every fact that is used without being checked.
    depends
        Names of the steps it uses.
    run
        Does the checking.
    """

    name: str
    claim: str
    why: str
    run: Callable[[], Outcome] = field(repr=False)
    depends: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proof:
    """A theorem with its steps.

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

    def check(self) -> Report:
        """Run every step and the hypothesis audit, and say what the statement rests on.

        That is Coq's check of the statement, as recorded; the steps are a skeleton that supports
        the argument in words, and they and the audit's examples can only contradict.  A statement
        that Coq does not know is never PROVED.
        """
        return with_coq(self, self.skeleton())

    def skeleton(self) -> Report:
        """Run every step and the hypothesis audit; the weakest step decides.

        A machine checks the algebra of each step; what joins them are words.
        """
        outcomes = [step.run() for step in self.steps]
        certificates = [c for outcome in outcomes for c in outcome.certificates]
        examples = self.audit()
        return Report(
            title=f"Theorem {self.name}",
            scope=outcomes[-1].check.scope if outcomes else "nothing",
            checks=(*(outcome.check for outcome in outcomes), *examples),
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
        step = next((step for step in self.steps if step.name == name), None)
        if step is None:
            names = ", ".join(repr(step.name) for step in self.steps)
            raise InputError(f"there is no step {name!r}; expected one of {names}")
        outcome = step.run()
        return Report(
            title=f"Theorem {self.name}, step {name} (one of {len(self.steps)})",
            scope=outcome.check.scope,
            checks=(outcome.check,),
            notes=tuple(f"uses {other}, which was not run" for other in step.depends),
            certificate=bundle(outcome.certificates) if outcome.certificates else None,
            proof=self,
        )

    def to_latex(
        self,
        n: int = 2,
        *,
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
        standalone
            A whole document; otherwise a body for ``\input``, which begins with a comment that
            lists the packages and environments it needs.
        setting
            Begin with the definitions.
        cite
            Refer with ``\cite`` (always so if standalone); otherwise in words.
        symbols, environments
            :class:`~urnn_proofs.render.latex.symbols.Symbols` and
            :class:`~urnn_proofs.render.latex.symbols.Environments`.

        Raises
        ------
        InputError
            If n is out of range, or a symbol is in use for something else.

        Examples
        --------
        >>> from urnn_proofs import theorem
        >>> r"\begin{theorem}" in theorem("3.3").to_latex(n=1)
        True
        """
        from urnn_proofs.render.latex.document import proof_document  # to show it, on demand

        return proof_document(
            self,
            n=n,
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
        """
        from urnn_proofs.render.html import proof_html  # the one upward arrow: only on demand

        return proof_html(self, report)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        lines = [f"Theorem {self.name}. {self.statement.text}", f"  ({self.reference})"]
        lines += [f"  hypothesis: {h}" for h in self.hypotheses]
        for step in self.steps:
            uses = f"  [uses {', '.join(step.depends)}]" if step.depends else ""
            lines += [f"  {step.name}: {step.claim}{uses}", f"      {step.why}"]
        return "\n".join(lines)
