"""Summaries as CSV and as LaTeX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from urnn_proofs.experiments.summary import Line

__all__ = ["to_csv", "to_latex"]


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
    heads = [f"{model.upper()}, {condition}" for model, condition in columns]
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


def _latex_cell(line: Line | None) -> str:
    if line is None:
        return "--"
    if not math.isfinite(line.median):
        return "diverged"
    return f"{_number(line.median, 3)} ({_number(line.low, 3)}--{_number(line.high, 3)})"
