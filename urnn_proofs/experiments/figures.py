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


def _quartiles(
    axes: Any, lines: Sequence[Line], condition: str, names: str, halved: Sequence[str] = ()
) -> None:
    """Draw medians with bars from the lower to the upper quartile.

    *names* are the three fields; models in *halved* stand at half their number of units.
    """
    low_name, name, high_name = names.split()
    for place, (model, (label, colour, marker)) in enumerate(_STYLE.items()):
        chosen = _lines_of(lines, model, condition)
        ends = np.array(
            [[getattr(v, n) for n in (low_name, name, high_name)] for v in chosen], float
        ).reshape(-1, 3)
        finite = np.isfinite(ends).all(axis=1)
        if not finite.any():
            continue
        x = np.array([line.hidden for line in chosen], float)[finite]
        if model in halved:
            x, label = x / 2, f"{label}, at half its units"
        x, ends = x + 0.12 * place - 0.12, ends[finite]
        axes.plot(x, ends[:, 1], color=colour, marker=marker, markersize=4.5, label=label)
        axes.vlines(x, ends[:, 0], ends[:, 2], color=colour, linewidth=1.2, alpha=0.6)
    axes.grid(alpha=0.3)


def synthetic_figure(rows: Sequence[Row], condition: str | None = None) -> Any:
    """Return a matplotlib figure of one noise level: R^2, and below how far it is from the optimum.

    On the left against the number of hidden units.  On the right the URNN is drawn at half its
    units: if 2n units do for it what n do for the RNN, the two lie together there.

    Parameters
    ----------
    condition
        Such as ``"20 dB"``; if left out, the least noise.

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
    condition = condition or max(
        {line.condition for line in lines}, key=lambda text: float(text.split()[0])
    )
    chosen = [line for line in lines if line.condition == condition]
    chosen_rows = [row for row in rows if row["model"] != "reference"]
    figure = need("matplotlib.figure", "drawing figures").Figure(
        figsize=(9.2, 7.2), layout="constrained"
    )
    grid = figure.subplots(2, 2, sharex="col", squeeze=False, sharey="row")
    sizes = sorted({line.hidden for line in chosen})
    for column, halved in enumerate(((), ("urnn",))):
        upper, lower = grid[:, column]
        _quartiles(upper, chosen, condition, "low median high", halved)
        _quartiles(lower, chosen, condition, "gap_low gap gap_high", halved)
        lower.set_yscale("symlog", linthresh=1e-3)
        lower.set_yticks([0, 1e-3, 1e-2, 1e-1, 1], ["0", "0.001", "0.01", "0.1", "1"])
        lower.set_xticks(sizes)
        lower.set_xlabel("hidden units" + (" (URNN: half of them)" if halved else ""))
        upper.set_title("URNN at half its units" if halved else "all at their units", fontsize=10)
        if condition in known:
            tanh = chosen_rows[0].get("conditions", {}).get("activation") == "tanh"
            name = "URNN within 1e-6" if tanh else "exact URNN"
            _reference(upper, lower, known[condition], name, bool(halved))
        upper.legend(fontsize=8, loc="lower right")
    grid[0, 0].set_ylabel("$R^2$ on test sequences (median, quartiles)")
    grid[1, 0].set_ylabel("optimum minus $R^2$ (median, quartiles)")
    figure.suptitle(_title(rows, condition), fontsize=10)
    return figure


def _title(rows: Sequence[Row], condition: str) -> str:
    """Say what was trained on what: it stands on the figure."""
    trained = [row for row in rows if "losses" in row or "r2" in row]
    how = trained[0].get("conditions", {})
    epsilon = f"{how.get('epsilon', 0.01):g}"
    W = rf"$W = I - {epsilon}\,A^TA" + (r"/\|A\|^2$" if how.get("normalise") else "$")
    if how.get("diagonal"):
        W += ", diagonal"
    if how.get("activation", "relu") != "relu":
        W += f", {how['activation']}"
    epochs = sorted({row.get("conditions", {}).get("epochs", 0) for row in trained})
    systems = len({row["realisation"] for row in trained})
    start = {"identity": "$I$", "orthogonal": "a random orthogonal matrix"}.get(how.get("start"))
    words = [W, f"{systems} systems", f"{' and '.join(map(str, epochs))} epochs"]
    if start:
        words.append(f"training from {start}")
    return f"{', '.join(words)}, output noise at {condition} SNR"


def _reference(upper: Any, lower: Any, known: dict[str, float], name: str, halved: bool) -> None:
    states = int(known["states"])
    upper.axhline(known["optimum"], color="black", linewidth=0.8, linestyle="--")
    upper.annotate(
        f"optimum {known['optimum']:.4f}",
        (0.01, known["optimum"]),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=7,
    )
    place = states / 2 if halved else states
    exact = {"color": _EXACT, "marker": "*", "markersize": 13, "linestyle": "none", "zorder": 5}
    label = f"{name}, {states} states, no training"
    upper.plot([place], [known["exact_urnn"]], label=label, **exact)
    lower.plot([place], [known["exact_gap"]], **exact)
    for axes in (upper, lower):
        axes.axvline(place, color=_EXACT, linewidth=0.8, linestyle=":")
    nearest = {"color": _EXACT, "marker": "D", "markersize": 5, "linestyle": "none", "zorder": 5}
    label = f"nearest orthogonal W, {states // 2} states, no training"
    if not halved and known["nearest_gap"] < 0.5:  # else it says nothing, and stretches the axes
        upper.plot([states // 2], [known["nearest"]], label=label, **nearest)
        lower.plot([states // 2], [known["nearest_gap"]], **nearest)
    lower.annotate(
        f"n = {states // 2}, URNN 2n = {states}" if halved else f"2n = {states}",
        (place, 0.98),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        verticalalignment="top",
        fontsize=8,
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
        _quartiles(axes, lines, condition, "low median high")
        axes.set_xticks(sorted({line.hidden for line in lines}))
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
