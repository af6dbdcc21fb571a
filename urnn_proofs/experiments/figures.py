"""Figures: the score against the number of hidden units, one panel for each condition."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from urnn_proofs.experiments.extras import need
from urnn_proofs.experiments.results import Row
from urnn_proofs.experiments.summary import Line, references, summarise
from urnn_proofs.model.atomic import writing
from urnn_proofs.model.errors import InputError

__all__ = ["pixel_figure", "save_figure", "synthetic_figure"]

_STYLE = {
    "rnn": ("RNN", "#0072b2", "o"),
    "urnn": ("URNN", "#d55e00", "s"),
    "lstm": ("LSTM", "#6b6b6b", "^"),
    "contractive": ("contractive RNN", "#56b4e9", "D"),
}
_EXACT = "#009e73"


def _lines_of(lines: Sequence[Line], model: str, condition: str) -> list[Line]:
    chosen = [line for line in lines if (line.model, line.condition) == (model, condition)]
    return sorted(chosen, key=lambda line: line.hidden)


def _panel(axes: Any, lines: Sequence[Line], condition: str) -> None:
    """Draw medians with bars from the lower to the upper quartile."""
    for place, (model, (label, colour, marker)) in enumerate(_STYLE.items()):
        shift = 0.12 * place - 0.18
        chosen = [v for v in _lines_of(lines, model, condition) if np.isfinite(v.median)]
        if not chosen:
            continue
        x = np.array([line.hidden for line in chosen], float)
        median = np.array([line.median for line in chosen])
        low = np.array([line.low if np.isfinite(line.low) else -9 for line in chosen])
        high = np.array([line.high for line in chosen])
        axes.plot(x + shift, median, color=colour, marker=marker, markersize=5, label=label)
        axes.vlines(x + shift, low, high, color=colour, linewidth=1, alpha=0.6)
    axes.set_xticks(sorted({line.hidden for line in lines}))
    axes.grid(alpha=0.3)


def synthetic_figure(rows: Sequence[Row]) -> Any:
    """Return a matplotlib figure: R^2 above, and below how far it is from the optimum.

    Raises
    ------
    InputError
        If there is nothing to draw, or a model was trained in two ways.
    MissingExtraError
        Without matplotlib.
    """
    lines = summarise(rows)
    if not lines:
        raise InputError("the results hold no finished cell yet; expected at least one")
    known = references(rows)
    conditions = sorted({line.condition for line in lines}, key=lambda text: float(text.split()[0]))
    figure = need("matplotlib.figure", "drawing figures").Figure(
        figsize=(4.2 * len(conditions), 6.6), layout="constrained"
    )
    grid = figure.subplots(2, len(conditions), sharex=True, squeeze=False, sharey="row")
    worst = min((v.median for v in lines if np.isfinite(v.median)), default=0.0)
    for column, condition in enumerate(conditions):
        upper, lower = grid[:, column]
        _panel(upper, lines, condition)
        upper.set_title(f"output noise at {condition} SNR", fontsize=10)
        # What lies further down shows in the lower panel.
        upper.set_ylim(max(0.8, min(worst, 0.95) - 0.04), 1.005)
        for model, (label, colour, marker) in _STYLE.items():
            chosen = [v for v in _lines_of(lines, model, condition) if np.isfinite(v.gap)]
            gaps = [max(line.gap, 1e-5) for line in chosen]
            x = [line.hidden for line in chosen]
            lower.plot(x, gaps, color=colour, marker=marker, markersize=5, label=label)
        lower.set_yscale("log")
        lower.grid(alpha=0.3)
        lower.set_xlabel("hidden units")
        if condition in known:
            _reference(upper, lower, known[condition])
    grid[0, 0].set_ylabel("$R^2$ on test sequences (median, quartiles)")
    grid[1, 0].set_ylabel("optimum minus $R^2$ (median)")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=3)
    return figure


def _reference(upper: Any, lower: Any, known: dict[str, float]) -> None:
    states = int(known["states"])
    upper.axhline(known["optimum"], color="black", linewidth=0.8, linestyle="--")
    upper.plot(
        [states],
        [known["exact_urnn"]],
        color=_EXACT,
        marker="*",
        markersize=13,
        linestyle="none",
        zorder=5,
        label="exact URNN (2n states, no training)",
    )
    nearest = {"color": _EXACT, "marker": "D", "markersize": 6, "linestyle": "none", "zorder": 5}
    label = "nearest orthogonal W (n states, no training)"
    if known["nearest_gap"] < 0.5:  # else it says nothing, and would stretch the axes
        upper.plot([states // 2], [known["nearest"]], label=label, **nearest)
        lower.plot([states // 2], [max(known["nearest_gap"], 1e-5)], **nearest)
    lower.axvline(states, color=_EXACT, linewidth=0.8, linestyle=":")
    exact = known["exact_gap"]
    lower.annotate(
        f"exact URNN with {states}:\ngap "
        + (f"{exact:.0e}" if exact > 1e-12 else "0, to rounding"),
        (states, 0.97),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 0),
        textcoords="offset points",
        horizontalalignment="right",
        verticalalignment="top",
        fontsize=7,
        color=_EXACT,
    )


def pixel_figure(rows: Sequence[Row]) -> Any:
    """Return a matplotlib figure: test accuracy against hidden units, a panel for each data set.

    Raises
    ------
    InputError
        If there is nothing to draw, or a model was trained in two ways.
    MissingExtraError
        Without matplotlib.
    """
    lines = summarise(rows, "pixels")
    if not lines:
        raise InputError("the results hold no finished cell yet; expected at least one")
    conditions = list(dict.fromkeys(line.condition for line in lines))
    figure = need("matplotlib.figure", "drawing figures").Figure(
        figsize=(4.6 * len(conditions), 3.4), layout="constrained"
    )
    panels = figure.subplots(1, len(conditions), squeeze=False)[0]
    for axes, condition in zip(panels, conditions, strict=True):
        _panel(axes, lines, condition)
        axes.set_title(f"permuted pixels, {condition}", fontsize=10)
        axes.set_xlabel("hidden units")
        axes.set_ylabel("test accuracy (median, quartiles)")
        axes.legend(fontsize=8)
    return figure


def save_figure(figure: Any, *paths: Any) -> None:
    """Write a figure to files whose suffix says the format, .png or .pdf; the same bytes each time.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    for path in paths:
        kind = str(path).rsplit(".", 1)[-1]
        stream = io.BytesIO()
        metadata = {"Software": None} if kind == "png" else {"CreationDate": None}
        figure.savefig(stream, format=kind, dpi=110, metadata=metadata)
        with writing(path) as file:
            file.write(stream.getvalue())
