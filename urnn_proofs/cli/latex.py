"""``urnn-proofs latex``: theorems, constructions and proofs for a paper, and whether one holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from urnn_proofs.cli.common import (
    BAD_INPUT,
    EXIT,
    UNDECIDED,
    complain,
    console,
    one_sentence_errors,
    progress,
    say,
)
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import Report, Verdict

if TYPE_CHECKING:
    from urnn_proofs.show.paper.request import Request

__all__ = ["latex"]

_CHANGED = 1


def latex(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="THEOREM",
            help="3.1, 3.2, 3.3, 3.3-strong, 2n-1, n+mu, n+eigenspace, 2n-iff-diagonal, "
            "2n-not-robust, no-bound, complex, expansive, epsilon, all, or paper: a whole paper.",
        ),
    ] = None,
    n: Annotated[
        int, typer.Option("--n", help="Show the construction with its matrices at this size.")
    ] = 2,
    part: Annotated[
        str, typer.Option(help="all, statement, proof (with the construction), or checks.")
    ] = "all",
    columns: Annotated[
        int, typer.Option(help="2 for a text that fits one of two columns, as in IEEEtran.")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write here instead of to the terminal.")
    ] = None,
    standalone: Annotated[
        bool, typer.Option("--standalone", help="A whole document, not a body to input.")
    ] = False,
    setting: Annotated[
        bool,
        typer.Option(
            help="Begin a statement with the definitions; of several texts in one document only "
            "the first shows them."
        ),
    ] = True,
    bib: Annotated[
        Path | None, typer.Option(help="Write the references to this BibTeX file, and cite them.")
    ] = None,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Another letter, as in W=A or phi=\\sigma; repeat.")
    ] = None,
    environment: Annotated[
        list[str] | None,
        typer.Option(help="Another environment name, as in theorem=thm; repeat."),
    ] = None,
    verify: Annotated[
        Path | None, typer.Option(help="Say whether this generated text still holds.")
    ] = None,
) -> None:
    """Write a theorem, its construction and its proof as LaTeX. All is proved first."""
    if verify is not None:
        _verify(verify, name)
    with one_sentence_errors():
        if name is None:
            raise InputError("give a THEOREM, or --verify FILE")
        from urnn_proofs import __version__
        from urnn_proofs.model.atomic import writing
        from urnn_proofs.show.paper.document import generate
        from urnn_proofs.show.paper.references import bibtex

        request = _request(
            name,
            symbol,
            environment,
            n=n,
            part=part,
            columns=columns,
            standalone=standalone,
            setting=setting,
            cite=bib is not None,
        )
        with progress("proofs and LaTeX"):
            document = generate(request)
        for path, text in ((out, document.text), (bib, bibtex(__version__))):
            if path is not None:
                with writing(path) as stream:
                    stream.write(text.encode("ascii"))
    if out is None:
        typer.echo(document.text, nl=False)
    else:
        _conclude(document.reports)
        say(f"wrote {out}")
    raise typer.Exit(_exit_status(document.reports))


def _request(
    name: str, symbol: list[str] | None, environment: list[str] | None, **chosen: Any
) -> Request:
    from urnn_proofs import __version__
    from urnn_proofs.show.paper.request import PAPER, Request
    from urnn_proofs.theorems.letters import Environments, Symbols
    from urnn_proofs.theorems.registry import theorem_names

    several = {"all": theorem_names(), "paper": PAPER}
    return Request(
        theorems=several.get(name, (name,)),
        paper=name == "paper",
        symbols=Symbols(**_pairs(symbol, "--symbol", Symbols)),
        environments=Environments(**_pairs(environment, "--environment", Environments)),
        version=__version__,
        **chosen,
    )


def _pairs(texts: list[str] | None, option: str, kind: type) -> dict[str, str]:
    """Read ``key=value`` texts; the keys are the fields of *kind*."""
    found: dict[str, str] = {}
    known = tuple(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not equals or key not in known or key in found:
            raise InputError(
                f"{option} is {text!r}; expected NAME=VALUE, each once, with one of the names "
                f"{', '.join(known)}"
            )
        found[key] = value
    return found


def _conclude(reports: Sequence[Report]) -> None:
    from urnn_proofs.show.terminal import print_answer, verdict_text

    for report in reports:
        word = verdict_text(report.verdict)
        print_answer(console(), word, report.title, report.scope, report.trust)


def _exit_status(reports: Sequence[Report]) -> int:
    verdicts = [report.verdict for report in reports]
    for verdict in (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.UNSUPPORTED, Verdict.ASSUMED):
        if verdict in verdicts:
            return EXIT.get(verdict, UNDECIDED)
    return EXIT[Verdict.PROVED]


def _verify(path: Path, name: str | None) -> None:
    """Exit with 0 if the text holds, 1 if not, 2 if it is no text of this package."""
    from urnn_proofs.show.paper.again import verify

    try:
        if name is not None:
            raise InputError(f"--verify takes no THEOREM; found {name!r}")
        outcome = verify(path)
    except InputError as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from None
    say(outcome.text, f"{path}: ")
    _conclude(outcome.reports)
    raise typer.Exit(0 if outcome.matches else _CHANGED)
