"""Summaries as CSV, LaTeX and Markdown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from urnn_proofs.experiments.results import Row
from urnn_proofs.experiments.summary import (
    Line,
    Shift,
    counts_within,
    references,
    size_needed,
)

__all__ = [
    "exact_markdown",
    "list_markdown",
    "needed_markdown",
    "shift_markdown",
    "time_markdown",
    "to_csv",
    "to_latex",
    "to_markdown",
    "untrained_markdown",
    "within_markdown",
]

_NAMES = {
    "contractive": "contractive RNN",
    "contractive_longer": "contractive RNN, twice the epochs",
    "urnn": "URNN",
    "tuned": "its URNN, fine-tuned",
    "edge": "its URNN at the edge, fine-tuned",
    "exact": "its URNN, exact",
}


def _number(value: float, digits: int = 4) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else ""


def to_csv(lines: Sequence[Line]) -> str:
    """Return one line for each summary, with a header; what is not finite stays empty."""
    names = list(Line.__dataclass_fields__)
    text = [",".join(names)]
    for line in lines:
        values = asdict(line).values()
        text.append(",".join(_number(v) if isinstance(v, float) else str(v) for v in values))
    return "\n".join(text) + "\n"


def to_latex(lines: Sequence[Line], score: str = "R^2") -> str:
    r"""Return a ``tabular``: one row for each size, one column for each model and condition.

    Examples
    --------
    >>> line = Line("rnn", 2, "15 dB", 8, 0, 0.1, 0.25, 0.5, 0.3, 0.4, 0.5, 0.7, 0.8)
    >>> print(to_latex([line]))
    \begin{tabular}{rr}
    \hline
    hidden & RNN, 15 dB \\
    \hline
    2 & 0.250 (0.100--0.500) \\
    \hline
    \multicolumn{2}{l}{Median (quartiles) of $R^2$ over 8 runs.} \\
    \end{tabular}
    <BLANKLINE>
    """
    columns = list(dict.fromkeys((line.model, line.condition) for line in lines))
    cells = {(line.model, line.condition, line.hidden): line for line in lines}
    heads = [f"{_heading(model)}, {condition}" for model, condition in columns]
    text = [
        rf"\begin{{tabular}}{{r{'r' * len(columns)}}}",
        r"\hline",
        " & ".join(["hidden", *heads]) + r" \\",
        r"\hline",
    ]
    for hidden in sorted({line.hidden for line in lines}):
        row = [_latex_cell(cells.get((*column, hidden))) for column in columns]
        text.append(" & ".join([str(hidden), *row]) + r" \\")
    counts = sorted({line.count for line in lines})
    runs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    note = rf"Median (quartiles) of ${score}$ over {runs} runs."
    text += [
        r"\hline",
        rf"\multicolumn{{{len(columns) + 1}}}{{l}}{{{note}}} \\",
        r"\end{tabular}",
    ]
    return "\n".join(text) + "\n"


def _quartiles(low: float, median: float, high: float) -> str:
    if not math.isfinite(median):
        return "diverged"
    ends = (_number(low) or "diverged", _number(high) or "diverged")
    return f"{_number(median)} ({' to '.join(ends)})"


_SHOWN: dict[str, Callable[[Line], str]] = {
    "r2": lambda line: _quartiles(line.low, line.median, line.high),
    "gap": lambda line: _quartiles(line.gap_low, line.gap, line.gap_high),
    "mean": lambda line: _number(line.mean) or "diverged",
    "uncentred": lambda line: _number(line.uncentred) or "diverged",
}


def to_markdown(lines: Sequence[Line], condition: str, show: str = "r2") -> str:
    """Return a table of one condition: a row for each size, a column for each model.

    Parameters
    ----------
    show
        ``"r2"`` or ``"gap"``, the distance from the optimum: median and quartiles; ``"mean"``, of
        the score, or ``"uncentred"``, mean of the uncentred R^2.

    Examples
    --------
    >>> line = Line("rnn", 2, "15 dB", 8, 0, 0.1, 0.25, 0.5, 0.3, 0.4, 0.5, 0.7, 0.8)
    >>> print(to_markdown([line], "15 dB"))
    | hidden | RNN |
    | --- | --- |
    | 2 | 0.2500 (0.1000 to 0.5000) |
    <BLANKLINE>
    """
    chosen = [line for line in lines if line.condition == condition]
    models = list(dict.fromkeys(line.model for line in chosen))
    cells = {(line.model, line.hidden): line for line in chosen}
    rows = []
    for hidden in sorted({line.hidden for line in chosen}):
        own = [cells.get((model, hidden)) for model in models]
        rows.append([str(hidden), *("" if line is None else _SHOWN[show](line) for line in own)])
    return _table(["hidden", *(_heading(model) for model in models)], rows)


def list_markdown(lines: Sequence[Line], condition: str) -> str:
    """Return a table of one condition: a row for each model and size, R^2 and its distance."""
    chosen = [line for line in lines if line.condition == condition]
    return _table(
        ["network", "hidden", "R^2", "distance from the optimum"],
        [
            [_heading(line.model), str(line.hidden), _SHOWN["r2"](line), _SHOWN["gap"](line)]
            for line in chosen
        ],
    )


def shift_markdown(found: dict[str, Shift | None], first: str) -> str:
    """Return a table of what n and 2n units do: label -> :func:`~.summary.shift`.

    Parameters
    ----------
    first
        Heading of the labels.
    """
    heads = [first, "RNN, n", "URNN, n", "URNN, 2n", "URNN, n behind RNN, n"]
    heads += ["URNN, 2n ahead of URNN, n", "URNN, 2n at or ahead of RNN, n"]
    rows = []
    for label, one in found.items():
        if one is None:
            continue
        medians = [_number(value) or "diverged" for value in (one.rnn, one.urnn, one.twice)]
        counts = [f"{k} of {one.systems}" for k in (one.behind, one.gained, one.caught_up)]
        rows.append([label, *medians, *counts])
    return _table(heads, rows)


def needed_markdown(lines: Sequence[Line], gaps: Sequence[float]) -> str:
    """Return a table of the units needed for a median distance of at most each of *gaps*."""
    models = list(dict.fromkeys(line.model for line in lines))
    conditions = list(dict.fromkeys(line.condition for line in lines))
    rows = []
    for gap in gaps:
        for condition in conditions:
            sizes = [size_needed(lines, model, condition, gap) for model in models]
            rows.append([f"{gap:g}", condition, *(str(size or "none") for size in sizes)])
    return _table(["within", "noise", *map(_heading, models)], rows)


def within_markdown(rows: Sequence[Row], condition: str, gap: float) -> str:
    """Return a table of how many networks are within *gap* of the optimum."""
    found = counts_within(rows, condition, gap)
    models = list(dict.fromkeys(model for model, _ in found))
    body = []
    for hidden in sorted({hidden for _, hidden in found}):
        own = [found.get((model, hidden)) for model in models]
        body.append([str(hidden), *("" if k is None else f"{k[0]} of {k[1]}" for k in own)])
    return _table([f"hidden, within {gap:g}", *map(_heading, models)], body)


def time_markdown(rows: Sequence[Row]) -> str:
    """Return a table of the networks that were trained together, and the seconds it took."""
    groups: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        if "group_seconds" in row and "hardware" in row:
            key = (f"{row['snr_db']:g} dB", str(row["group_size"]), str(row["group_seconds"]))
            groups.setdefault((*key, row["hardware"]), set()).add(_heading(row["model"]))
    heads = ["models", "noise", "networks", "seconds", "hardware"]
    return _table(heads, [[" and ".join(sorted(who)), *key] for key, who in groups.items()])


def exact_markdown(rows: Mapping[str, Sequence[Row]]) -> str:
    """Return a table of the exact URNNs of trained networks, folder by folder."""
    body = []
    for label, own in rows.items():
        exact = [row for row in own if row["model"] == "exact"]
        if exact:
            proved = sum(row["verdict"] == "PROVED" for row in exact)
            states = " to ".join(map(str, sorted({row["states"] for row in exact})))
            most = max(row["difference"] for row in exact)
            body.append([label, f"{proved} of {len(exact)}", states, f"{most:.0e}"])
    return _table(["systems", "PROVED", "states", "largest difference of outputs"], body)


def untrained_markdown(rows: Sequence[Row]) -> str:
    """Return a table of what a URNN can do without training; empty where there is no reference."""
    body = []
    for condition, known in references(rows).items():
        exact = known["exact_gap"]
        said = f"{exact:.0e}" if exact > 1e-12 else "0, to rounding"
        near = _number(known["nearest_gap"])
        body.append([condition, _number(known["optimum"]), f"{known['states']:g}", said, near])
    heads = ["noise", "optimum", "states of the proved URNN", "its largest distance"]
    return _table([*heads, "distance of the nearest orthogonal W, n states"], body)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    every = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(row) + " |\n" for row in every)


def _heading(model: str) -> str:
    return _NAMES.get(model, model.upper())


def _latex_cell(line: Line | None) -> str:
    if line is None:
        return "--"
    if not math.isfinite(line.median):
        return "diverged"
    return f"{_number(line.median, 3)} ({_number(line.low, 3)}--{_number(line.high, 3)})"
