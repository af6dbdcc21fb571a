"""What many realisations say together: medians, quartiles, and the sizes that are needed."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from urnn_proofs.experiments.results import Row
from urnn_proofs.model.errors import InputError

__all__ = [
    "Line",
    "Shift",
    "counts_within",
    "references",
    "shift",
    "size_needed",
    "summarise",
]


@dataclass(frozen=True)
class Line:
    """All cells of one model, size and condition (an SNR, or a data set).

    Parameters
    ----------
    model, hidden, condition
        What they have in common; the condition is a text such as ``"15 dB"``.
    count, diverged
        Cells, and how many of them gave no finite score; quartiles count these as the worst.
    low, median, high
        Quartiles of the score: R^2, or accuracy.
    mean
        Of the score.
    uncentred
        Mean of R^2 with the mean of the outputs not taken away; NaN where there is none.
    gap_low, gap, gap_high
        Quartiles of the optimum minus R^2, cell by cell; NaN where there is no optimum.
    """

    model: str
    hidden: int
    condition: str
    count: int
    diverged: int
    low: float
    median: float
    high: float
    mean: float
    uncentred: float
    gap_low: float
    gap: float
    gap_high: float


def _cells(rows: Iterable[Row], experiment: str) -> list[Row]:
    cells = [r for r in rows if r.get("experiment") == experiment and r["model"] != "reference"]
    return [r for r in cells if isinstance(r.get("hidden"), int)]


def _condition(row: Row) -> str:
    return f"{row['snr_db']:g} dB" if "snr_db" in row else str(row.get("data"))


def summarise(rows: Iterable[Row], experiment: str = "synthetic") -> list[Line]:
    """Group rows by model, size and condition.

    Raises
    ------
    InputError
        If one model was trained in two ways: their results must not be mixed.
    """
    groups: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
    ways: dict[str, object] = {}
    for row in _cells(rows, experiment):
        if ways.setdefault(row["model"], row["conditions"]) != row["conditions"]:
            raise InputError(
                f"the results hold {row['model']} trained in two ways: {ways[row['model']]} and "
                f"{row['conditions']}; expected one, so use a results file for each"
            )
        groups[row["model"], _condition(row), row["hidden"]].append(row)
    return [_line(*key, cells) for key, cells in groups.items()]


def _line(model: str, condition: str, hidden: int, cells: list[Row]) -> Line:
    scores = [cell.get("r2", cell.get("accuracy")) for cell in cells]
    finite = [-math.inf if score is None else float(score) for score in scores]
    low, median, high = (_quantile(finite, q) for q in (0.25, 0.5, 0.75))
    gaps = (math.nan, math.nan, math.nan)
    if all("optimum" in cell for cell in cells):
        each = [cell["optimum"] - s for cell, s in zip(cells, finite, strict=True)]
        gaps = (_quantile(each, 0.25), _quantile(each, 0.5), _quantile(each, 0.75))
    uncentred = [cell.get("r2_uncentred") for cell in cells]
    return Line(
        model,
        hidden,
        condition,
        len(cells),
        scores.count(None),
        low,
        median,
        high,
        math.fsum(finite) / len(finite),
        math.nan if None in uncentred else math.fsum(uncentred) / len(uncentred),  # type: ignore[arg-type]
        *gaps,
    )


def _quantile(values: Iterable[float], q: float) -> float:
    """Return a quantile; next to an infinite value there is no interpolation: it is the quantile.

    Examples
    --------
    >>> _quantile([1.0, 2.0, 4.0, 3.0], 0.5), _quantile([-np.inf, 1.0], 0.5)
    (2.5, -inf)
    """
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    if math.isinf(low) or math.isinf(high):
        return low if math.isinf(low) else high
    return low + (place - math.floor(place)) * (high - low)


def size_needed(lines: Iterable[Line], model: str, condition: str, gap: float) -> int | None:
    """Return the smallest size whose median gap to the optimum is at most *gap*, None if none."""
    sizes = [
        line.hidden
        for line in lines
        if (line.model, line.condition) == (model, condition) and line.gap <= gap
    ]
    return min(sizes, default=None)


def counts_within(
    rows: Iterable[Row], condition: str, gap: float
) -> dict[tuple[str, int], tuple[int, int]]:
    """Return how many R^2 of each model and size are within *gap* of the optimum, of how many."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for row in _cells(rows, "synthetic"):
        if _condition(row) == condition:
            near, count = found.get((row["model"], row["hidden"]), (0, 0))
            near += row["r2"] is not None and row["optimum"] - row["r2"] <= gap
            found[row["model"], row["hidden"]] = near, count + 1
    return found


@dataclass(frozen=True)
class Shift:
    """What n and 2n units do on the same systems, one noise level.

    Parameters
    ----------
    rnn, urnn, twice
        Median distance from the optimum: of the RNN and the URNN with n units, of the URNN with 2n.
    behind
        Systems in which the URNN with n units is further from the optimum than the RNN with n.
    gained
        Systems in which the URNN with 2n units is closer than the URNN with n.
    caught_up
        Systems in which the URNN with 2n units is at least as close as the RNN with n.
    systems
        How many there are.
    """

    rnn: float
    urnn: float
    twice: float
    behind: int
    gained: int
    caught_up: int
    systems: int


def shift(rows: Iterable[Row], condition: str, n: int) -> Shift | None:
    """Compare n and 2n units, system by system; None if one of the three was not trained."""
    gaps: dict[tuple[str, int], dict[tuple[int, int], float]] = defaultdict(dict)
    for row in _cells(rows, "synthetic"):
        if _condition(row) == condition:
            gap = math.inf if row["r2"] is None else row["optimum"] - row["r2"]
            gaps[row["model"], row["hidden"]][row["realisation"], row["seed"]] = gap
    rnn, urnn, twice = gaps["rnn", n], gaps["urnn", n], gaps["urnn", 2 * n]
    if not rnn or not rnn.keys() == urnn.keys() == twice.keys():
        return None
    return Shift(
        _quantile(rnn.values(), 0.5),
        _quantile(urnn.values(), 0.5),
        _quantile(twice.values(), 0.5),
        sum(urnn[k] > rnn[k] for k in rnn),
        sum(twice[k] < urnn[k] for k in rnn),
        sum(twice[k] <= rnn[k] for k in rnn),
        len(rnn),
    )


def references(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    """Return medians of the reference lines: condition -> optimum, exact_urnn, nearest, states.

    ``nearest_gap`` is the median of the optimum minus ``nearest``, ``exact_gap`` the largest
    distance of the exact URNN from the optimum.
    """
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.get("model") == "reference":
            groups[_condition(row)].append(row)
    found = {}
    for condition, cells in groups.items():
        values = {n: np.array([c[n] for c in cells]) for n in ("optimum", "exact_urnn", "nearest")}
        found[condition] = {name: float(np.median(v)) for name, v in values.items()}
        found[condition] |= {
            "states": float(max(cell["states"] for cell in cells)),
            "nearest_gap": float(np.median(values["optimum"] - values["nearest"])),
            "exact_gap": float(np.abs(values["optimum"] - values["exact_urnn"]).max()),
        }
    return found
