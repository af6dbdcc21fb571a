"""The pictures of the notebooks, a call each.

They are drawn in floating point from the networks themselves; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from urnn_proofs.model.errors import InputError
from urnn_proofs.show.picture import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Canvas,
    Picture,
    Slider,
    canvas,
    slider,
)
from urnn_proofs.show.tex.formula import segments

__all__ = [
    "Picture",
    "Slider",
    "added_units",
    "blocks",
    "completion",
    "counts",
    "distances",
    "ellipse",
    "figure",
    "gate",
    "lines",
    "matrix",
    "norm_kept",
    "outputs",
    "singular_values",
    "slider",
    "state_norms",
    "trace",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
# Colour, line, marker: two of the three tell the lines apart without colour.
_LOOKS = ((BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (PINK, ":", "D"))


def lines(
    x: Sequence[float] | Array,
    named: Mapping[str, Any],
    *,
    xlabel: str = "$k$",
    ylabel: str = "",
    title: str = "",
    log: str = "",
    level: tuple[str, float] | None = None,
    marks: bool = False,
) -> Picture:
    """Draw curves over one axis.

    Parameters
    ----------
    x
        (T,).
    named
        For each name the values, (T,), or (T, number) for several curves that share it.
    xlabel, ylabel, title
        What stands beside them.
    log
        The axes with a logarithmic scale: "", "x", "y" or "xy".
    level
        A horizontal line: what the legend calls it, and where it is.
    marks
        Mark the single values.
    """
    with canvas() as c:
        for (name, values), (colour, line, marker) in zip(named.items(), _cycle(), strict=False):
            curves = c.axes.plot(
                np.asarray(x, float),
                np.asarray(values, float),
                line,
                color=colour,
                marker=marker if marks else None,
                markersize=5,
            )
            curves[0].set_label(name)
        if level is not None:
            c.axes.axhline(level[1], color=GREY, linewidth=1, label=level[0])
        c.axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
        if "x" in log:
            c.axes.set_xscale("log")
        if "y" in log:
            c.axes.set_yscale("log")
        _legend(c, [*named, *(level or ())[:1]])
        ends = "; ".join(f"{name}: {_from_to(values)}" for name, values in named.items())
        return c.picture(f"{title or ylabel} against {xlabel}. {ends}")


def ellipse(W: Any) -> Picture:
    """Draw the unit circle and its image under W, which lies inside it if ``||W|| <= 1``.

    For n > 2 the circle lies in the plane of the largest and the smallest singular value, and its
    image is drawn along its own axes; for n = 1 both are intervals.

    Parameters
    ----------
    W
        (n, n), exact or of floats.
    """
    A = _floats(W)
    U, s, _ = np.linalg.svd(A)
    turn = np.linspace(0, 2 * np.pi, 241)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    with canvas(1.8 if len(A) == 1 else 4.4) as c:
        if len(A) == 1:
            c.axes.plot([-1, 1], [0.25, 0.25], "--", color=GREY, label="$-1 \\leq h \\leq 1$")
            c.axes.plot([-s[0], s[0]], [0, 0], color=BLUE, linewidth=4, label="its image $wh$")
            c.axes.set(xlim=(-1.25, 1.25), ylim=(-0.4, 0.6), yticks=[])
        else:
            image = A @ circle if len(A) == 2 else np.diag([s[0], s[-1]]) @ circle
            axes = U * s if len(A) == 2 else np.diag([s[0], s[-1]])
            c.axes.plot(*circle, "--", color=GREY, label="unit circle")
            c.axes.fill(*image, color=BLUE, alpha=0.15)
            c.axes.plot(*image, color=BLUE, label="its image under $W$")
            for k, name in enumerate(("largest", "smallest")):
                value = s[0] if k == 0 else s[-1]
                colour, line = (ORANGE, "-") if k == 0 else (GREEN, "--")
                c.axes.plot(
                    *zip((0, 0), axes[:, k], strict=True),
                    line,
                    color=colour,
                    label=f"{name} stretch {value:.2f}",
                )
            c.axes.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2))
            c.axes.set_aspect("equal")
        c.figure.legend(loc="outside upper left", ncols=2)
        return c.picture(
            f"The unit {'interval' if len(A) == 1 else 'circle'} and its image under W inside it; "
            f"W stretches by at most {s[0]:.2f} and at least {s[-1]:.2f}."
        )


def norm_kept(U: Any, n: int) -> Picture:
    """Draw what W keeps of a unit vector h and what W3 takes up: together exactly 1.

    Parameters
    ----------
    U
        (N, N), orthogonal, with W in its upper left corner.
    n
        The size of W.
    """
    A = _corner(U, n)
    turn = np.linspace(0, 2 * np.pi, 241)
    h = np.zeros((n, len(turn)))
    h[0], h[min(1, n - 1)] = np.cos(turn), np.sin(turn)
    if n == 1:
        h[0] = np.sign(np.cos(turn))
    kept, lost = ((A[:n, :n] @ h) ** 2).sum(0), ((A[n:, :n] @ h) ** 2).sum(0)
    with canvas(2.7) as c:
        c.axes.stackplot(
            turn,
            kept,
            lost,
            colors=[BLUE, ORANGE],
            alpha=0.55,
            labels=[r"$\|Wh\|^2$", r"$\|W_3h\|^2$"],
        )
        c.axes.axhline(1, color=GREY, linewidth=1)
        c.axes.set(
            xlabel="angle of $h$ in the plane of the first two states" if n > 1 else "",
            xticks=[0, np.pi, 2 * np.pi] if n > 1 else [],
            ylim=(0, 1.35),
            xlim=(0, 2 * np.pi),
        )
        if n > 1:
            c.axes.set_xticklabels(["0", "$\\pi$", "$2\\pi$"])
        c.axes.legend(ncols=2, loc="upper right")
        return c.picture(
            f"For unit vectors h: |Wh|^2, between {kept.min():.2f} and {kept.max():.2f}, and on "
            f"top of it |W3 h|^2; the sum is 1 everywhere."
        )


def completion(U: Any, n: int) -> Picture:
    """Draw the three steps from W to U: W, orthonormal columns, an orthonormal basis.

    Parameters
    ----------
    U
        (N, N), orthogonal, with W in its upper left corner.
    n
        The size of W.
    """
    A = _corner(U, n)
    N = len(A)
    stages = (("1. $W$ is given", n, n), ("2. orthonormal\ncolumns", N, n), ("3. a basis", N, N))
    with canvas(2.35, 3, beside=True) as c:
        for axes, (title, rows, columns) in zip(c.panels, stages, strict=True):
            shown = np.full((N, N), np.nan)
            shown[:rows, :columns] = A[:rows, :columns]
            _heat(axes, shown, n)
            _names(axes, n, shown, 15)
            axes.set_title(title)
        return c.picture(
            f"Three stages of a {N} by {N} matrix: W in the upper left corner; below it W3, which "
            f"makes the first {n} columns orthonormal; to the right W2 and W4, which complete them."
        )


def blocks(U: Any, n: int) -> Picture:
    """Draw U with its four blocks W, W2, W3, W4; small ones with their entries.

    Parameters
    ----------
    U
        (N, N), orthogonal, with W in its upper left corner.
    n
        The size of W.
    """
    A = _corner(U, n)
    N = len(A)
    with canvas(4.2) as c:
        image = _heat(c.axes, A, n)
        _names(c.axes, n, A, 13 if N <= 6 else 20, corner=N <= 6)
        if N <= 6:
            for (i, j), value in np.ndenumerate(A):
                text = f"{value:.2f}".replace("-0.00", "0.00")
                c.axes.text(
                    j, i + 0.12, text, ha="center", va="center", color=_readable(float(value))
                )
        else:
            c.figure.colorbar(image, ax=c.axes, shrink=0.8)
        return c.picture(
            f"The {N} by {N} matrix U in four blocks: W, {n} by {n}, in the upper left corner, W2 "
            f"to its right, W3 below it, W4 in the lower right corner."
        )


def matrix(A: Any, *, title: str = "", xlabel: str = "", ylabel: str = "") -> Picture:
    """Draw a matrix, blue for positive entries, red for negative ones.

    Parameters
    ----------
    A
        (rows, columns).
    title, xlabel, ylabel
        What stands beside it.
    """
    values = _floats(A)
    scale = max(float(np.abs(values).max()), 1e-12)
    with canvas(3.6) as c:
        image = c.axes.imshow(values, cmap="RdBu", vmin=-scale, vmax=scale)
        c.axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        c.axes.grid(visible=False)
        c.figure.colorbar(image, ax=c.axes, shrink=0.8)
        return c.picture(f"{title}: a {values.shape[0]} by {values.shape[1]} matrix as colours.")


def singular_values(**named: Any) -> Picture:
    """Draw the singular values of matrices.

    Parameters
    ----------
    named
        Each a matrix, under the name that stands in the legend.
    """
    with canvas(2.6) as c:
        said, most = [], 1.0
        for (name, A), (colour, _, marker) in zip(named.items(), _cycle(), strict=False):
            s = np.linalg.svd(_floats(A), compute_uv=False)
            most = max(most, float(s.max()))
            c.axes.plot(range(1, len(s) + 1), s, marker, color=colour, label=f"${name}$")
            said.append(f"those of {name} lie between {s.min():.2f} and {s.max():.2f}")
        c.axes.axhline(1, color=GREY, linewidth=1)
        c.axes.set(xlabel="number", title="singular values", ylim=(-0.05, 1.25 * most))
        c.axes.xaxis.get_major_locator().set_params(integer=True)
        _legend(c, named)
        return c.picture(f"Singular values: {'; '.join(said)}.")


def gate(both: Any, x: Any) -> Picture:
    """Draw what an added unit gives out, relu(s - H): nothing as long as ``|s| <= H``.

    Parameters
    ----------
    both
        An ``Equivalence`` by Theorem 3.1.
    x
        An input, (T, m); the values of s that occur are marked.
    """
    H, n = float(both.bound.H), both.rnn.states
    reached = (_states(both.urnn, x)[0] - both.urnn.to_numpy().b)[:, n:]
    s = np.linspace(-1.6 * H, 1.6 * H, 321)
    with canvas(3.0) as c:
        c.axes.axvspan(-H, H, color=GREEN, alpha=0.15)
        c.axes.plot(s, np.maximum(s - H, 0), color=ORANGE)
        c.axes.annotate(
            "shut: $|a \\cdot h| \\leq \\|a\\|\\,\\|h\\| \\leq H$", (0, 0.42 * H), ha="center"
        )
        flat = reached.ravel()
        c.axes.plot(flat, 0 * flat, "|", color=BLUE, markersize=14, label="$s$ in a run")
        c.axes.set(
            xlabel=r"$s = a \cdot h$", ylabel=r"relu$(s - H)$", xticks=[-H, 0, H], yticks=[0]
        )
        c.axes.set_xticklabels(["$-H$", "0", "$H$"])
        c.figure.legend(loc="outside upper left")
        return c.picture(
            f"relu(s - H) is 0 up to s = H and rises from there. In the run s lies between "
            f"{flat.min() / H:.2f} H and {flat.max() / H:.2f} H."
        )


def state_norms(rnn: Any, H: Any, runs: Mapping[str, Any]) -> Picture:
    """Draw the norms of the states of some runs, and the bound H above them.

    Parameters
    ----------
    rnn
        The network.
    H
        A bound of its states.
    runs
        Inputs, each (T, m), under the names that stand in the legend.
    """
    found = {name: np.linalg.norm(_states(rnn, x)[1], axis=1) for name, x in runs.items()}
    most = max(float(values.max()) for values in found.values())
    with canvas(2.8) as c:
        for (name, values), (colour, line, _) in zip(found.items(), _cycle(), strict=False):
            c.axes.plot(values, line, color=colour, label=name)
        c.axes.axhline(float(H), color=GREY, linewidth=2)
        c.axes.annotate("$H$", (0, float(H)), va="bottom")
        c.axes.set(xlabel="$k$", ylabel=r"$\|h^k\|$", ylim=(0, 1.35 * max(float(H), most)))
        c.axes.legend(loc="upper right", ncols=2)
        return c.picture(
            f"Norms of the states over time, at most {most:.2f}; the bound H = {float(H):.2f}."
        )


def outputs(rnn: Any, urnn: Any, x: Any, names: tuple[str, str] = ("RNN", "URNN")) -> Picture:
    """Draw the outputs of two networks on one input.

    Parameters
    ----------
    rnn, urnn
        Two networks with the same inputs and outputs.
    x
        (T, m).
    names
        What the legend calls them.
    """
    y, z = rnn.run(x), urnn.run(x)
    gap = float(np.abs(y - z).max())
    with canvas(2.8) as c:
        for values, colour, line, width, name in (
            (y, BLUE, "-", 4.5, f"{names[0]}, {rnn.states} {_states_word(rnn)}"),
            (z, ORANGE, "--", 1.8, f"{names[1]}, {urnn.states} {_states_word(urnn)}"),
        ):
            curves = c.axes.plot(
                values, line, color=colour, linewidth=width, alpha=0.5 if width > 2 else 1
            )
            curves[0].set_label(name)
        c.axes.set(xlabel="$k$", ylabel="outputs $y^k$", title=f"largest difference: {gap:.1g}")
        _legend(c, names)
        return c.picture(
            f"Outputs of {names[0]} and {names[1]} over {len(y)} steps; they differ by at most "
            f"{gap:.1g}."
        )


def distances(named: Mapping[str, Any], x: Any, start: Any, other: Any) -> Picture:
    """Draw how far two runs of a network are apart that begin in different states.

    Parameters
    ----------
    named
        Networks under the names that stand in the legend.
    x
        The input of both runs, (T, m).
    start, other
        The two initial states, (n,).
    """
    found = {}
    for name, net in named.items():
        ends = [_states(net.replace(h_init=h), x)[1] for h in (start, other)]
        found[name] = np.linalg.norm(ends[0] - ends[1], axis=1)
    steps = np.arange(len(np.asarray(x)), dtype=float)
    return lines(steps, found, ylabel="distance")


def added_units(urnn: Any, n: int, x: Any) -> Picture:
    """Draw the preactivations of the added units on one input: at most 0 while they are silent.

    Parameters
    ----------
    urnn
        A network whose units from n on were added.
    n
        States of the RNN.
    x
        (T, m).
    """
    before = _states(urnn, x)[0][:, n:]
    if before.shape[1] == 0:
        raise InputError(f"the URNN has {urnn.states} states, and n is {n}; expected added units")
    top = float(before.max())
    with canvas(2.8) as c:
        c.axes.plot(before, color=BLUE, alpha=0.7, linewidth=1.2)
        c.axes.axhline(0, color=ORANGE, linewidth=2)
        c.axes.annotate(
            "above this line a unit is on",
            (0, 0),
            xytext=(0, 3),
            va="bottom",
            textcoords="offset points",
        )
        low = float(before.min())
        room = 0.2 * (max(top, 0) - low)
        c.axes.set(
            xlabel="$k$",
            ylabel="$(W_3 h - H\\mathbf{1})_i$",
            ylim=(low - room / 2, max(top, 0) + room),
        )
        return c.picture(
            f"Preactivations of the {before.shape[1]} added units over time, between {low:.2f} and "
            f"{top:.2f}; 0 is marked."
        )


def counts(named: Mapping[str, tuple[int, int]]) -> Picture:
    """Draw for each case how many states are known to be needed and how many are enough.

    Parameters
    ----------
    named
        For each case (at least, at most).
    """
    with canvas(0.9 + 0.42 * len(named)) as c:
        for row, (low, high) in enumerate(named.values()):
            c.axes.plot([low, high], [row, row], color=GREY, linewidth=2)
            c.axes.plot([low], [row], "|", color=ORANGE, markersize=16, markeredgewidth=3)
            c.axes.plot([high], [row], "o", color=BLUE, markersize=8)
        c.axes.plot([], [], "|", color=ORANGE, markersize=12, markeredgewidth=3, label="needed")
        c.axes.plot([], [], "o", color=BLUE, label="enough")
        c.axes.set_yticks(range(len(named)), list(named))
        c.axes.invert_yaxis()
        c.axes.set(xlabel="states")
        c.axes.xaxis.get_major_locator().set_params(integer=True)
        c.axes.margins(x=0.1, y=0.15)
        c.axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
        said = "; ".join(f"{name}: {low} to {high}" for name, (low, high) in named.items())
        return c.picture(f"States that are needed and that are enough. {said}.")


def trace(found: Any) -> Picture:
    """Draw what a search tried, from top to bottom, with the time each query took.

    Parameters
    ----------
    found
        A ``SearchResult``.
    """
    look = {"unsat": (GREEN, ""), "sat": (BLUE, "//"), "unknown": (ORANGE, "xx")}
    with canvas(0.55 * len(found.trace) + 0.7) as c:
        for row, attempt in enumerate(found.trace):
            colour, hatch = look.get(attempt.answer, (GREY, ""))
            milliseconds = max(1000 * attempt.seconds, 0.5)
            c.axes.barh(row, milliseconds, 0.4, color=colour, hatch=hatch, alpha=0.7)
            c.axes.annotate(f" {attempt.answer}", (milliseconds, row), va="center", fontsize=12)
            c.axes.annotate(
                _formulas(attempt.name), (0, row - 0.25), va="bottom", fontsize=12, xytext=(2, 0),
                textcoords="offset points",
            )  # fmt: skip
        c.axes.set_yticks([])
        c.axes.set_ylim(len(found.trace) - 0.6, -0.8)
        c.axes.margins(x=0.5)  # room for the longest answer
        c.axes.grid(visible=False, axis="y")
        c.axes.set(xlabel="milliseconds")
        answers = "; ".join(f"{a.encoding}, {a.name}: {a.answer}" for a in found.trace)
        return c.picture(f"What the search tried, in order: {answers}.")


def figure(drawn: Any, alt: str) -> Picture:
    """Show a figure that was drawn elsewhere, as those of the experiments.

    Parameters
    ----------
    drawn
        Of matplotlib.
    alt
        What is to be seen, in words.
    """
    made = Canvas(drawn, []).picture(alt)
    inches = float(drawn.get_figwidth())
    return made if inches <= 5.2 else Picture(made.png, made.alt, round(100 * inches))


def _cycle() -> Iterable[tuple[str, str, str]]:
    while True:
        yield from _LOOKS


def _floats(A: Any) -> Array:
    """Return a matrix, exact or not, in floats."""
    values = A.to_numpy() if hasattr(A, "to_numpy") else A
    return np.atleast_2d(np.asarray(values, float))


def _corner(U: Any, n: int) -> Array:
    A = _floats(U)
    if not 1 <= n <= len(A):
        raise InputError(f"n is {n}; expected the size of W, between 1 and {len(A)}")
    return A


def _heat(axes: Any, A: Array, n: int) -> Any:
    image = axes.imshow(A, cmap="RdBu", vmin=-1, vmax=1)
    for place in (n - 0.5,) if n < len(A) else ():
        axes.axhline(place, color="black", linewidth=1)
        axes.axvline(place, color="black", linewidth=1)
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    return image


def _names(axes: Any, n: int, A: Array, size: int, corner: bool = False) -> None:
    """Write W, W2, W3, W4 into the middle or the corner of each block that has entries."""
    N = len(A)
    for name, i, j in (("W", 0, 0), ("W_2", 0, n), ("W_3", n, 0), ("W_4", n, n)):
        if max(i, j) >= N or np.isnan(A[i, j]):
            continue
        high, wide = (n if i == 0 else N - n), (n if j == 0 else N - n)
        place = (j - 0.46, i - 0.42) if corner else (j + wide / 2 - 0.5, i + high / 2 - 0.5)
        axes.text(
            *place,
            f"${name}$",
            fontsize=size,
            ha="left" if corner else "center",
            va="top" if corner else "center",
            color=_readable(A[i, j]) if corner else "black",
            bbox=None if corner else {"color": "white", "alpha": 0.75, "pad": 1.5},
        )


def _readable(value: float) -> str:
    """Return the colour of letters on the colour of an entry."""
    return "white" if abs(value) > 0.55 else "black"


def _states(net: Any, x: Any) -> tuple[Array, Array]:
    """Return preactivations and states, (T, N) each."""
    w = net.to_numpy()
    phi = net.activation.numpy if hasattr(net, "activation") else lambda z: np.maximum(z, 0)
    h, before, after = w.h_init, [], []
    for drive in np.asarray(x, float) @ w.F.T + w.b:
        before.append(w.W @ h + drive)
        h = phi(before[-1])
        after.append(h)
    return np.array(before), np.array(after)


def _legend(c: Any, names: Iterable[str]) -> None:
    """Put the legend above the panel, where it hides nothing, beside each other if they fit."""
    fits = sum(len(name) + 6 for name in names) < 48
    c.figure.legend(loc="outside upper left", ncols=2 if fits else 1)


def _states_word(net: Any) -> str:
    return "state" if net.states == 1 else "states"


def _formulas(claim: str) -> str:
    """Return a claim for matplotlib, which sets what stands between dollars."""
    return "".join(f"${s.text}$" if s.is_math else s.text for s in segments(claim))


def _from_to(values: Any) -> str:
    ends = np.asarray(values, float)
    return f"from {ends.flat[0]:.3g} to {ends.flat[-1]:.3g}"
