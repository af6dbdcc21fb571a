"""What can be asked of a cell, and how it is answered.

Every answer is a :class:`~urnn_proofs.model.verdict.Report`.  A refusal ("the network is not
contractive") is a report as well: UNSUPPORTED, or UNKNOWN where effort ran out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from urnn_proofs.checks.smt.limits import Limits
from urnn_proofs.model.activation import activation
from urnn_proofs.model.errors import (
    DisagreementError,
    InputError,
    UndecidedError,
    UnsupportedError,
    UrnnProofsError,
)
from urnn_proofs.model.number import shorten
from urnn_proofs.model.verdict import Check, Report, Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.questions.minimal import minimal_urnn
from urnn_proofs.questions.search.counterexample import ENCODINGS, search_counterexample
from urnn_proofs.questions.small_n import second_opinions
from urnn_proofs.sweeps.networks import SOURCES, check_source, network_of, rational
from urnn_proofs.sweeps.row import unanswered

__all__ = ["TASKS", "Answer", "answer", "check_cell", "check_task"]

#: How much a "verify" cell is cross-checked: Z3 included, without Z3, or not at all.
CROSS_CHECKS = ("all", "simulations", "none")
#: A search that is given no budget of its own ends before it would be killed.
_SHARE, _LONGEST_S = 0.8, 60.0


class Answer(NamedTuple):
    """A report, the digest of its certificate, numbers behind it, and why it is no answer."""

    report: Report
    digest: str | None = None
    facts: Mapping[str, Any] = {}
    error: str = ""


class _Task(NamedTuple):
    run: Callable[[Mapping[str, Any], Limits], Answer]
    keys: Mapping[str, Callable[[Any, str], object]]
    needs_bound: Callable[[Mapping[str, Any]], bool]


def answer(task: str, cell: Mapping[str, Any], limits: Limits) -> Answer:
    """Answer one cell; errors of this package become reports.

    Examples
    --------
    >>> found = answer("minimal-states", {"w": "3/5", "input_bound": 1}, Limits())
    >>> found.report.verdict, found.facts["at_least"], found.facts["at_most"]
    (<Verdict.PROVED: 'PROVED'>, 2, 2)
    """
    try:
        return TASKS[task].run(cell, limits)
    except (UndecidedError, DisagreementError) as error:
        return _refused(error, Verdict.UNKNOWN)
    except UnsupportedError as error:
        return _refused(error, Verdict.UNSUPPORTED)
    except UrnnProofsError as error:
        return _refused(error, Verdict.UNKNOWN)


def check_task(task: str) -> None:
    """Raise InputError unless the task is known."""
    if not isinstance(task, str) or task not in TASKS:
        raise InputError(f"task is {shorten(task)}; expected one of: {', '.join(TASKS)}")


def check_cell(task: str, cell: Mapping[str, Any], where: str) -> None:
    """Check a cell before any work starts.

    Raises
    ------
    InputError
        Naming the cell and the key: unknown, missing or out of range.
    """
    known = TASKS[task]
    allowed = {*SOURCES, *(name for keys in SOURCES.values() for name in keys), *known.keys}
    for name in cell:
        if name not in allowed:
            raise InputError(
                f"{where} has the unknown key {name!r}; expected some of: "
                f"{', '.join(sorted(allowed | {'file'}))}"
            )
    for name, check in known.keys.items():
        if name in cell:
            check(cell[name], f"{where}: {name}")
    if task == "search" and "states" not in cell:
        raise InputError(f"{where} lacks states, the N of the URNN that is looked for")
    check_source(cell, where)
    if "family" not in cell and "input_bound" not in cell and known.needs_bound(cell):
        raise InputError(f"{where} lacks input_bound; expected M, a bound of every ||x^k||")


def _refused(error: UrnnProofsError, verdict: Verdict) -> Answer:
    text = f"{type(error).__name__}: {error}"
    return Answer(unanswered(text, verdict), error=text)


def _verify(cell: Mapping[str, Any], limits: Limits) -> Answer:
    rnn, M, H = network_of(cell)
    M = rational(cell["input_bound"], "input_bound") if "input_bound" in cell else M
    H = rational(cell["state_bound"], "state_bound") if "state_bound" in cell else H
    choices = {name: cell.get(name, False) for name in ("scaling", "rational")}
    seed, level = cell.get("seed", 0), cell.get("cross_checks", "all")
    both = equivalent_urnn(rnn, M, state_bound=H, **choices)
    report, facts = both.proof, {"states": both.urnn.states}
    if level != "none":
        against = both.cross_checks(seed)
        against += second_opinions(rnn.activation) if level == "all" else ()
        report = replace(report, checks=(*report.checks, *against))
    return Answer(report, _digest(report.certificate), facts)


def _minimal(cell: Mapping[str, Any], limits: Limits) -> Answer:
    rnn, M, _ = network_of(cell)
    M = rational(cell["input_bound"], "input_bound") if "input_bound" in cell else M
    found = minimal_urnn(rnn, M)
    facts = {"at_least": found.at_least, "at_most": found.at_most}
    report = found.report
    if found.at_least < found.at_most:  # both bounds hold, and what was asked is open
        between = f"the least number of states is between {found.at_least} and {found.at_most}"
        least = Check(
            name="least number",
            claim=f"{between}; which it is",
            scope=report.scope,
            verdict=Verdict.UNKNOWN,
            trust=report.trust,
            engine="questions.minimal",
        )
        report = replace(report, checks=(*report.checks, least))
    return Answer(report, _digest(report.certificate), facts)


def _search(cell: Mapping[str, Any], limits: Limits) -> Answer:
    rnn, M, _ = network_of(cell)
    M = rational(cell["input_bound"], "input_bound") if "input_bound" in cell else M
    found = search_counterexample(
        rnn,
        cell["states"],
        input_bound=M,
        horizon=cell.get("horizon"),
        order=cell.get("order"),
        budget_s=cell.get("budget_s", min(_LONGEST_S, _SHARE * limits.time_s)),
        encodings=cell.get("encodings"),
        second_opinion=cell.get("second_opinion", False),
        megabytes=limits.memory_mb,
    )
    facts = {"encoding": found.encoding} if found.encoding else {}
    undecided = found.verdict is Verdict.UNKNOWN
    return Answer(
        found.report, _digest(found.certificate), facts, found.advice if undecided else ""
    )


def _digest(certificate: Any) -> str | None:
    return None if certificate is None else str(certificate.digest)


def _whole(value: Any, name: str) -> None:
    if type(value) is not int or value < 1:
        raise InputError(f"{name} is {value!r}; expected an integer >= 1")


def _flag(value: Any, name: str) -> None:
    if type(value) is not bool:
        raise InputError(f"{name} is {value!r}; expected true or false")


def _text(value: Any, name: str) -> None:
    if not isinstance(value, str):
        raise InputError(f"{name} is {value!r}; expected text")


def _bound(value: Any, name: str) -> None:
    if rational(value, name) < 0:
        raise InputError(f"{name} is {value!r}; expected a number >= 0")


def _seconds(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e8:
        raise InputError(f"{name} is {value!r}; expected a positive number of seconds")


def _level(value: Any, name: str) -> None:
    if value not in CROSS_CHECKS:
        raise InputError(f"{name} is {value!r}; expected one of: {', '.join(CROSS_CHECKS)}")


def _encodings(value: Any, name: str) -> None:
    if not isinstance(value, list) or not value or any(x not in ENCODINGS for x in value):
        raise InputError(f"{name} is {value!r}; expected a list of: {', '.join(ENCODINGS)}")


def _is_relu(cell: Mapping[str, Any]) -> bool:
    return "network" not in cell and activation(cell.get("activation", "relu")).is_relu


_COMMON: dict[str, Callable[[Any, str], object]] = {"input_bound": _bound, "label": _text}

TASKS: dict[str, _Task] = {
    "verify": _Task(
        _verify,
        {
            **_COMMON,
            "state_bound": _bound,
            "scaling": _flag,
            "rational": _flag,
            "cross_checks": _level,
        },
        lambda cell: True,
    ),
    "search": _Task(
        _search,
        {
            **_COMMON,
            "states": _whole,
            "horizon": _whole,
            "order": _whole,
            "budget_s": _seconds,
            "encodings": _encodings,
            "second_opinion": _flag,
        },
        _is_relu,
    ),
    "minimal-states": _Task(_minimal, _COMMON, lambda cell: True),
}
