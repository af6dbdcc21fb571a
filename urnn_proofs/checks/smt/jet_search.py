"""The refinement loop over jets: candidates that fail bring in the equations they violate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from urnn_proofs.checks.smt.jet_encoding import (
    Clause,
    Literal,
    Polynomial,
    Query,
)
from urnn_proofs.checks.smt.runner import Runner
from urnn_proofs.checks.symbolic.jets import JetSystem
from urnn_proofs.model.errors import UndecidedError

__all__ = ["refine"]

_TOLERANCE = 1e-9
_MOST_NEW = 4


def refine(
    runner: Runner,
    encoding: str,
    levels: Sequence[tuple[int, int]],
    system_at: Callable[[int, int], tuple[JetSystem, Sequence[Clause]]],
    shows: str,
) -> str:
    """Raise the horizon and the order until no candidate is left or the budget is spent.

    A query holds the side conditions and the equations that refuted earlier candidates; a candidate
    that violates other equations of the level brings them in, one that satisfies them all asks for
    the next level.

    Parameters
    ----------
    levels
        Pairs (horizon, order), increasing.
    system_at
        Maps such a pair to the equations and the clauses that go with them.
    shows
        What ``unsat`` proves.

    Returns
    -------
    str
        ``"unsat"``; ``"sat"`` if a candidate satisfies the last level; else ``"unknown"``.
    """
    chosen: set[str] = set()
    answer = "unknown"
    for position, (horizon, order) in enumerate(levels):
        try:
            system, side = system_at(horizon, order)
        except UndecidedError as error:
            name = f"{encoding}: horizon {horizon}, order {order}, equations"
            runner.note(encoding, name, "unknown", str(error))
            return "unknown"
        equations = {label: (degree, p) for label, degree, p in system.equations}
        chosen |= {label for label, (degree, _) in equations.items() if degree <= 1}
        while True:
            clauses = [(Literal(p, "="),) for label, (_, p) in equations.items() if label in chosen]
            count = len(chosen & set(equations))
            name = f"{encoding}: horizon {horizon}, order {order}, {count} equations"
            reply = runner.ask(
                encoding,
                Query(name, shows, (*clauses, *side)),
                horizon=horizon,
                order=order,
                share=1 / (len(levels) - position),
            )
            answer = reply.answer
            if answer == "unsat":
                return answer
            missing = [(degree, label) for label, (degree, _) in equations.items()]
            missing = sorted(pair for pair in missing if pair[1] not in chosen)
            if answer == "sat":
                point = _floats(reply.model)
                missing = [
                    pair for pair in missing if _size(equations[pair[1]][1], point) > _TOLERANCE
                ]
                missing = missing[:_MOST_NEW]
            if not missing or runner.left <= 0:
                break
            # After "unknown" everything of the level is added: underdetermined is harder.
            chosen |= {label for _, label in missing}
    return answer


def _floats(model: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for name, text in model.items():
        found[name] = float(Fraction(text)) if "?" not in text else float(text.rstrip("?"))
    return found


def _size(p: Polynomial, point: Mapping[str, float]) -> float:
    """Return the value at the point relative to the largest term; values left out are 0."""
    terms = list(_values(p, point))
    return abs(sum(terms)) / max([1.0, *map(abs, terms)])


def _values(p: Polynomial, point: Mapping[str, float]) -> Iterator[float]:
    for monomial, coefficient in p.items():
        value = float(coefficient)
        for name, exponent in monomial:
            value *= point.get(name, 0.0) ** exponent
        yield value
