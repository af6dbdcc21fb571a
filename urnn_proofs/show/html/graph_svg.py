"""The dependency graph of a proof as SVG: steps in layers, what is used above what uses it.

Each step stands just above the first that uses it; a line that skips layers bends through a narrow
placeholder in each of them, so that it never runs behind a step; within a layer nodes stand near
the average of their neighbours.  Proofs have about ten steps, so nothing cleverer is needed.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from urnn_proofs.model.verdict import Verdict
from urnn_proofs.show.html.parts import MARKS

if TYPE_CHECKING:
    from urnn_proofs.model.verdict import Report
    from urnn_proofs.theorems.proof import Proof

__all__ = ["graph_svg", "layers", "rests_on"]

_HIGH, _GAP_X, _GAP_Y, _MARGIN = 30, 22, 36, 8
_PER_LETTER, _PLACEHOLDER = 7.4, 4.0
_LEAST = 0.75  # a drawing shrinks this far, so that its letters stay legible; then it scrolls


def layers(uses: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Put each step below everything it uses, and no further from what uses it than need be.

    Parameters
    ----------
    uses
        For each step, in an order without circles, the steps it uses.

    Examples
    --------
    >>> layers({"a": (), "b": ("a",), "c": (), "d": ("b", "c")})
    [['a'], ['b', 'c'], ['d']]
    """
    depth: dict[str, int] = {}
    for name, used in uses.items():
        depth[name] = 1 + max((depth[other] for other in used), default=-1)
    for name in reversed(list(uses)):
        above = [depth[other] for other, used in uses.items() if name in used]
        depth[name] = min(above, default=depth[name] + 1) - 1
    found: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, level in depth.items():
        found[level].append(name)
    return found


def rests_on(
    uses: Mapping[str, Sequence[str]], verdicts: Mapping[str, Verdict]
) -> dict[str, list[str]]:
    """Return, for each step, what is not PROVED among all it uses, directly or through others.

    Examples
    --------
    >>> uses = {"a": (), "b": ("a",), "c": ("b",), "d": ()}
    >>> rests_on(uses, {"a": Verdict.ASSUMED, "b": Verdict.PROVED})
    {'a': [], 'b': ['a'], 'c': ['a'], 'd': []}
    """
    found: dict[str, list[str]] = {}
    for name, used in uses.items():
        open_ones = [o for o in used if verdicts.get(o, Verdict.PROVED) is not Verdict.PROVED]
        inherited = [o for other in used for o in found[other]]
        found[name] = list(dict.fromkeys([*open_ones, *inherited]))
    return found


def graph_svg(proof: Proof, report: Report | None = None) -> str:
    """Draw the steps of a proof and what uses what; with a report, the verdict of each step.

    What is not PROVED, and what rests on it, is dashed.  Lines and letters have the colour of the
    surrounding text.

    Examples
    --------
    >>> from urnn_proofs import theorem
    >>> graph_svg(theorem("3.2")).count("<rect")
    4
    """
    verdicts = {} if report is None else {c.name: c.verdict for c in report.checks}
    steps = {step.name: step.depends for step in proof.steps}
    label = {n: _label(n, verdicts.get(n)) for n in steps}
    rows = layers(steps)
    chains = _chains(rows, steps)
    wide = {n: len(label[n]) * _PER_LETTER + 20 for n in steps}
    wide |= {n: _PLACEHOLDER for chain in chains for n in chain if n not in steps}
    x, width = _places(rows, chains, wide)
    y = {n: _MARGIN + i * (_HIGH + _GAP_Y) for i, row in enumerate(rows) for n in row}
    height = 2 * _MARGIN + max(len(rows) * (_HIGH + _GAP_Y) - _GAP_Y, 0)
    parts = [_line([(x[n], y[n]) for n in chain]) for chain in chains]
    weak = rests_on(steps, verdicts)
    parts += [_node(label[n], x[n], y[n], wide[n], verdicts.get(n), bool(weak[n])) for n in steps]
    drawn = "\n".join(parts)  # viewers without SVG show the names, one after the other
    name = html.escape(f"Dependency graph of Theorem {proof.name}: {proof.graph()}")
    return (
        f'<div class="urnn-scroll">'
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tex2jax_ignore mathjax_ignore" '
        f'role="img" aria-label="{name}" '
        f'viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" '
        f'style="max-width:100%;min-width:{_LEAST * width:.0f}px;height:auto" '
        f'font-family="system-ui, sans-serif" font-size="13">{drawn}</svg></div>'
    )


def _label(name: str, found: Verdict | None) -> str:
    if found is None:
        return name
    word = "" if found is Verdict.PROVED else f" {found}:"
    return f"{MARKS[found][0]}{word} {name}"


def _chains(rows: list[list[str]], steps: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return each line as the nodes it passes; placeholders are added to the rows between."""
    level = {n: i for i, row in enumerate(rows) for n in row}
    chains = []
    for b, used in steps.items():
        for a in used:
            between = []
            for i in range(level[a] + 1, level[b]):
                between.append(f"{a} -> {b} at {i}")
                rows[i].append(between[-1])
            chains.append([a, *between, b])
    return chains


def _places(
    rows: list[list[str]], chains: list[list[str]], wide: Mapping[str, float]
) -> tuple[dict[str, float], float]:
    """Return the centre of each node, and the width of the picture."""
    near: dict[str, list[str]] = {n: [] for row in rows for n in row}
    for chain in chains:
        for a, b in pairwise(chain):
            near[a].append(b)
            near[b].append(a)
    total = max((sum(wide[n] for n in row) + _GAP_X * (len(row) - 1) for row in rows), default=0.0)
    x: dict[str, float] = {}
    for row in rows:
        _spread(row, dict.fromkeys(row, total / 2), wide, total, x)
    for sweep in (rows, rows[::-1]) * 3:
        for row in sweep:
            wish = {n: sum(x[m] for m in near[n]) / len(near[n]) if near[n] else x[n] for n in row}
            _spread(sorted(row, key=wish.__getitem__), wish, wide, total, x)
    return {n: v + _MARGIN for n, v in x.items()}, total + 2 * _MARGIN


def _spread(
    row: list[str],
    wish: Mapping[str, float],
    wide: Mapping[str, float],
    total: float,
    x: dict[str, float],
) -> None:
    """Place a row from the left, each node at its wish or as near as the others allow."""
    edge = 0.0
    for i, n in enumerate(row):
        rest = sum(wide[m] + _GAP_X for m in row[i + 1 :])
        most = total - rest - wide[n] / 2
        x[n] = min(max(wish[n], edge + wide[n] / 2), most)
        edge = x[n] + wide[n] / 2 + _GAP_X


def _line(points: list[tuple[float, int]]) -> str:
    """Return a curve from below the first node to above the last, with an arrow head."""
    x, y = points[0][0], points[0][1] + _HIGH
    path = f"M{x:.1f} {y}"
    for k, (x1, y1) in enumerate(points[1:], start=2):
        last = k == len(points)
        end, middle = y1 - (5 if last else 0), (y + y1) / 2
        path += f" C{x:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {end}"
        x, y = x1, y1 + _HIGH
        path += "" if last else f" L{x:.1f} {y}"
    tip_x, tip_y = points[-1]
    return (
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity="0.55"/>'
        f'<path d="M{tip_x - 4:.1f} {tip_y - 7} L{tip_x:.1f} {tip_y} L{tip_x + 4:.1f} {tip_y - 7} '
        f'Z" fill="currentColor" fill-opacity="0.55"/>'
    )


def _node(label: str, x: float, y: float, wide: float, found: Verdict | None, is_weak: bool) -> str:
    colour = "currentColor" if found is None else MARKS[found][1]
    is_open = found is not None and found is not Verdict.PROVED
    dash = ' stroke-dasharray="6 3"' if is_open or is_weak else ""
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y}" width="{wide:.1f}" height="{_HIGH}" rx="6" '
        f'fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>'
        f'<text x="{x:.1f}" y="{y + _HIGH / 2 + 4.5}" text-anchor="middle" '
        f'fill="currentColor">{html.escape(label)}</text>'
    )
