"""A theorem's page: statement, hypotheses, steps, and examples of what fails without them.

A page is a module that is read from top to bottom.  Each step is a function: its docstring is the
claim, then after an empty line the reason a reader follows; its body is what is checked.  An
example is a function, too: its docstring is the claim, and its value says whether it holds.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import NOTHING, USED, Check, Role, Trust, Verdict
from urnn_proofs.theorems.board import Board
from urnn_proofs.theorems.parts import Outcome, Statement, Step
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.prose import Prose

__all__ = ["Page"]

_Body = Callable[[Board], None]
_Example = Callable[[], "bool | tuple[bool, Mapping[str, str]]"]
_Checks = Callable[[], "tuple[Check, ...]"]


class Page:
    """A theorem, as its module is read.

    Parameters
    ----------
    name
        Number in the paper, or a name.
    statement, hypotheses
        What is claimed.
    reference
        Where it is from.
    prose
        The proof as papers print it.

    Examples
    --------
    >>> page = Page("demo", Statement("1 = 1", "$1 = 1$"), (), reference="here")
    >>> @page.step("one", scope="all n")
    ... def one(t):
    ...     '''A = 1 implies A A = 1.
    ...
    ...     Multiply by A.
    ...     '''
    ...     (A,) = t.letters("A: n -> n")
    ...     t.given(A == 1)
    ...     t.show(A * A == 1)
    >>> page.proof().steps[0].claim, page.proof().steps[0].why
    ('A = 1 implies A A = 1', 'Multiply by A.')
    """

    def __init__(
        self,
        name: str,
        statement: Statement,
        hypotheses: Sequence[str],
        *,
        reference: str,
        prose: Prose | None = None,
    ) -> None:
        self.name = name
        self.statement = statement
        self.hypotheses = tuple(hypotheses)
        self.reference = reference
        self.prose = prose
        self._steps: list[Step] = []
        self._examples: list[_Checks] = []

    def step(
        self, name: str, *, uses: Sequence[str] = (), scope: str, used: str = NOTHING
    ) -> Callable[[_Body], Callable[[], Outcome]]:
        """Make a step of a function that writes on a board.

        Parameters
        ----------
        name
            Label of the step.
        uses
            Names of the earlier steps it needs.
        scope
            What its relations are about, such as ``"all n"``.
        used
            What the claim needs besides the relations on the board, and no machine checks.
        """

        def made(body: _Body) -> Callable[[], Outcome]:
            claim, why = _read(body)

            @wraps(body)
            def run() -> Outcome:
                board = _written(name, body)
                found = board.check(name, claim, scope=scope, used=used)
                return Outcome(found, tuple(board.certificates))

            self._steps.append(Step(name, claim, why, run, tuple(uses)))
            return run

        return made

    def example(
        self,
        name: str,
        *,
        trust: Trust = Trust.EXACT,
        scope: str = "this example",
        used: str = NOTHING,
    ) -> Callable[[_Example], _Checks]:
        """Make a cross-check of a function that says whether its claim holds, and on what evidence.

        It can only contradict: a claim that fails is REFUTED.
        """

        def made(body: _Example) -> _Checks:
            claim, why = _read(body)

            def run() -> tuple[Check, ...]:
                found = body()
                holds, evidence = found if isinstance(found, tuple) else (found, {})
                check = Check(
                    name=name,
                    claim=claim,
                    scope=scope,
                    verdict=Verdict.PROVED if holds else Verdict.REFUTED,
                    trust=trust,
                    engine=f"theorems.{body.__module__.rpartition('.')[2]}",
                    evidence={
                        **({USED: used} if used != NOTHING else {}),
                        **({"why": why} if why else {}),
                        **evidence,
                    },
                    role=Role.CROSS_CHECK,
                )
                return (check,)

            self._examples.append(run)
            return run

        return made

    def others(self, body: _Checks) -> _Checks:
        """Add cross-checks that make their own checks."""
        self._examples.append(body)
        return body

    def proof(self) -> Proof:
        """Return the page as a proof."""
        examples = tuple(self._examples)

        def audit() -> tuple[Check, ...]:
            return tuple(check for example in examples for check in example())

        return Proof(
            name=self.name,
            statement=self.statement,
            hypotheses=self.hypotheses,
            steps=tuple(self._steps),
            reference=self.reference,
            audit=audit,
            prose=self.prose,
        )


def _written(name: str, body: _Body) -> Board:
    board = Board(name)
    body(board)
    return board


def _read(body: Callable[..., object]) -> tuple[str, str]:
    """Return the first paragraph of a docstring, without its full stop, and the rest."""
    text = inspect.getdoc(body)
    if not text:
        raise InputError(
            f"{body.__name__} has no docstring, which is its claim; "
            f"theorems cannot be shown under python -OO"
        )
    claim, _, why = text.partition("\n\n")
    return " ".join(claim.split()).removesuffix("."), " ".join(why.split())
