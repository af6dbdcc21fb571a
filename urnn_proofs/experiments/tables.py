"""Summaries as CSV, LaTeX and Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from urnn_proofs.experiments.summary import Line

__all__ = ["to_csv", "to_latex", "to_markdown"]


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
    >>> print(to_latex([Line("rnn", 2, "15 dB", 8, 0, 0.1, 0.25, 0.5, 0.7)]))
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


def to_markdown(lines: Sequence[Line], condition: str, *, gap: bool = False) -> str:
    """Return a table of one condition: a row for each size, a column for each model.

    Parameters
    ----------
    gap
        Show the median distance from the optimum instead of median and quartiles.

    Examples
    --------
    >>> print(to_markdown([Line("rnn", 2, "15 dB", 8, 0, 0.1, 0.25, 0.5, 0.7)], "15 dB"))
    | hidden | RNN |
    | --- | --- |
    | 2 | 0.2500 (0.1000 to 0.5000) |
    <BLANKLINE>
    """
    chosen = [line for line in lines if line.condition == condition]
    models = list(dict.fromkeys(line.model for line in chosen))
    cells = {(line.model, line.hidden): line for line in chosen}
    text = ["| " + " | ".join(["hidden", *(_heading(model) for model in models)]) + " |"]
    text.append("| " + " | ".join(["---"] * (len(models) + 1)) + " |")
    for hidden in sorted({line.hidden for line in chosen}):
        row = [str(hidden)]
        for model in models:
            line = cells.get((model, hidden))
            if line is None or not math.isfinite(line.median):
                row.append("" if line is None else "diverged")
            elif gap:
                row.append(_number(line.gap))
            else:
                quartiles = f"{_number(line.low) or 'diverged'} to {_number(line.high)}"
                row.append(f"{_number(line.median)} ({quartiles})")
        text.append("| " + " | ".join(row) + " |")
    return "\n".join(text) + "\n"


def _heading(model: str) -> str:
    return "contractive RNN" if model == "contractive" else model.upper()


def _latex_cell(line: Line | None) -> str:
    if line is None:
        return "--"
    if not math.isfinite(line.median):
        return "diverged"
    return f"{_number(line.median, 3)} ({_number(line.low, 3)}--{_number(line.high, 3)})"
