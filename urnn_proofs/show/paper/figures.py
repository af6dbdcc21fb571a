r"""Pictures in TikZ: the blocks of U with the gate, and numbers of states as they are computed.

An author's document need not load TikZ: without it a picture is left out, with a line in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from urnn_proofs.model.network import RNN
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.questions.minimal import FewestStates, minimal_urnn
from urnn_proofs.show.paper.look import Look

__all__ = ["construction_figure", "states_figure"]

_CONSTRUCTION = r"""
\begin{tikzpicture}[x=1mm,y=1mm,font=\footnotesize]
  \fill[black!8] (0,8) rectangle (9,17) (0,0) rectangle (9,8);
  \draw (0,0) rectangle (17,17) (9,0) -- (9,17) (0,8) -- (17,8);
  \node at (4.5,12.5) {$@W$}; \node at (13,12.5) {$@W_2$};
  \node at (4.5,4) {$@W_3$}; \node at (13,4) {$@W_4$};
  \node[above] at (8.5,17) {$@U$};
  \draw (19,0) rectangle (28,17) (19,8) -- (28,8);
  \node at (23.5,12.5) {$@h^{k-1}$}; \node at (23.5,4) {$0$};
  \node[above] at (23.5,17) {$@h_u^{k-1}$};
  \node at (30.5,8.5) {$+$};
  \draw (33,0) rectangle (39,17) (33,8) -- (39,8);
  \node at (36,12.5) {$@F$}; \node at (36,4) {$0$};
  \node[right] at (39,8.5) {$@x^k$};
  \node at (46.5,8.5) {$+$};
  \draw (49,0) rectangle (59,17) (49,8) -- (59,8);
  \node at (54,12.5) {$@b$}; \node at (54,4) {$-@H\mathbf{1}$};
  \draw[->,thick] (60.5,8.5) -- (69,8.5) node[midway,above] {relu};
  \draw (71,0) rectangle (77,17) (71,8) -- (77,8);
  \node at (74,12.5) {$@h^k$}; \node at (74,4) {$0$};
  \node[above] at (74,17) {$@h_u^k$};
  \begin{scope}[shift={(46,-23)}]
    \draw[line width=2.4mm,black!14] (-28,0) -- (0,0);
    \draw[->] (-33,0) -- (22,0) node[right] {$t$};
    \draw[->] (0,-1) -- (0,12) node[left] {$\operatorname{relu}(t)$};
    \draw[very thick] (-32,0) -- (0,0) -- (11,11);
    \node[below] at (-28,-1.2) {$-2@H$}; \node[below] at (0,-1.2) {$0$};
    \node[above] at (-16,1) {added units: silent};
  \end{scope}
\end{tikzpicture}"""


def construction_figure(look: Look) -> str:
    """Return the figure of the construction of Theorem 3.1, letters open."""
    label = look.label("3.1")
    caption = (
        f"The unitary network of Theorem~\\ref{{{label}}}. The shaded columns are orthonormal; two "
        r"more blocks make them an orthogonal matrix $@U$. The preactivations of the added units "
        r"are the entries of $@W_3 @h^{k-1} - @H \mathbf{1}$, between $-2@H$ and $0$, where "
        r"$\operatorname{relu}$ is flat."
    )
    return _figure(_CONSTRUCTION, caption, f"{label}:figure")


#: Sizes n in the plot of numbers of states.
_SIZES = range(1, 6)


def states_figure() -> str:
    """Return a plot of the numbers of states that three families of networks need, computed now."""
    families = (
        ("$@W = \\tfrac12 I$", "square*", [_states(_half(n), n, 0) for n in _SIZES]),
        ("$@W$ not diagonal", "*", [_states(_full(n), n, 0) for n in _SIZES]),
        (
            "diagonal $@W$, different entries, all units active",
            "o",
            [_states(_rates(n), n, 100) for n in _SIZES],
        ),
    )
    top = max(found.at_most for _, _, all_found in families for found in all_found)
    lines = [
        r"\begin{tikzpicture}[x=11mm,y=3.6mm,font=\footnotesize]",
        f"  \\draw[->] (0.5,0) -- ({_SIZES[-1] + 0.8},0) node[right] {{$@n$}};",
        f"  \\draw[->] (0.5,0) -- (0.5,{top + 1}) node[left] {{states}};",
        *(f"  \\node[below] at ({n},0) {{${n}$}};" for n in _SIZES),
        *(
            f"  \\draw (0.45,{y}) -- (0.5,{y}) node[left=2pt] {{${y}$}};"
            for y in range(2, top + 1, 2)
        ),
    ]
    for i, (name, mark, all_found) in enumerate(families):
        lines += _drawn(name, mark, all_found, 0.12 * (i - 1), top + 4.3 - 1.3 * i)
    lines.append(r"\end{tikzpicture}")
    proved = all(
        found.report.verdict is Verdict.PROVED
        for _, _, all_found in families
        for found in all_found
    )
    caption = (
        "Least numbers of states of a ReLU URNN for three networks of each size $@n$, "
        "$@F = @C = I$, $@M = 1$, and $@b = 0$ unless all units are active: points where the "
        "number is known, bars from what is needed to what is enough. "
        + ("Each was computed, and PROVED." if proved else "Not each of them is PROVED.")
    )
    return _figure("\n".join(lines), caption, "urnn:states")


def _drawn(
    name: str, mark: str, all_found: Sequence[FewestStates], shift: float, height: float
) -> list[str]:
    shapes = {
        "square*": "\\fill ({x},{y}) +(-0.7mm,-0.7mm) rectangle +(0.7mm,0.7mm);",
        "*": "\\fill[black!55] ({x},{y}) circle (0.8mm);",
        "o": "\\draw[fill=white] ({x},{y}) circle (0.8mm);",
    }
    lines = []
    for n, found in zip(_SIZES, all_found, strict=True):
        x = f"{n + shift:.2f}"
        if found.at_least == found.at_most:
            lines.append("  " + shapes[mark].format(x=x, y=found.at_most))
        else:
            ends = f"({x},{found.at_least}) -- ({x},{found.at_most})"
            lines.append(f"  \\draw[line width=1.2mm,black!40] {ends};")
    lines.append("  " + shapes[mark].format(x="0.8", y=f"{height:.1f}"))
    return [*lines, f"  \\node[right] at (0.85,{height:.1f}) {{{name}}};"]


_Rows = list[list[Fraction]]


def _states(W: _Rows, n: int, bias: int) -> FewestStates:
    eye = [[int(i == j) for j in range(n)] for i in range(n)]
    return minimal_urnn(RNN(W=W, F=eye, b=[bias] * n, C=eye), 1)


def _half(n: int) -> _Rows:
    return [[Fraction(int(i == j), 2) for j in range(n)] for i in range(n)]


def _rates(n: int) -> _Rows:
    return [[Fraction(i + 1 if i == j else 0, n + 2) for j in range(n)] for i in range(n)]


def _full(n: int) -> _Rows:
    off = [[Fraction((7 * i + 3 * j) % 5 - 2, 10 * n) for j in range(n)] for i in range(n)]
    return [[Fraction(1, 4) if i == j else off[i][j] for j in range(n)] for i in range(n)]


def _figure(picture: str, caption: str, label: str) -> str:
    """Return a figure for a preamble with or without TikZ."""
    return "\n".join(
        (
            r"\ifdefined\tikzpicture",
            r"\begin{figure}[tb]\centering",
            picture.strip("\n"),
            f"\\caption{{{caption}}}\\label{{{label}}}",
            r"\end{figure}",
            r"\else\typeout{urnn-proofs: a figure was left out; load tikz to see it}\fi",
            "",
        )
    )
