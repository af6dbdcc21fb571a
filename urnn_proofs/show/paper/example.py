r"""The construction with its matrices at a given size, each example checked as it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.show.paper.closed_form import closed_form
from urnn_proofs.show.paper.look import Look
from urnn_proofs.show.paper.prose import written
from urnn_proofs.show.paper.verification import resting
from urnn_proofs.show.tex.math import matrix, number, vector
from urnn_proofs.theorems.proof import Proof

__all__ = ["MAX_SIZE", "example"]

#: Largest size at which a construction is displayed; beyond 4 states its matrices are folded.
MAX_SIZE = 16


def example(proof: Proof, n: int, look: Look) -> str:
    """Return the example for a theorem at size n, in an environment of its own, letters open.

    Parameters
    ----------
    proof
        A proof of this package; one that says anything else has no example.
    n
        States of the RNN (Theorem 3.3: of the supposed URNN), from 1 to `MAX_SIZE`.

    Raises
    ------
    InputError
        If n is out of range.
    """
    if not 1 <= n <= MAX_SIZE:
        raise InputError(f"n is {shorten(n)}; constructions are displayed for 1 <= n <= {MAX_SIZE}")
    if proof.name not in _EXAMPLES or not written(proof):
        return ""
    name = look.environments.example
    shown = closed_form(n, look.columns) if proof.name == "3.1" else ""
    body = look.refer((shown + _EXAMPLES[proof.name](n)).strip(), proof.name)
    begin = f"\\begin{{{name}}}\\setlength{{\\emergencystretch}}{{3em}}\\allowdisplaybreaks[4]"
    return f"{begin}\n{body}\n\\end{{{name}}}\n"


def _identity(n: int, factor: Fraction | int = 1) -> list[list[Any]]:
    return [[factor * int(i == j) for j in range(n)] for i in range(n)]


def _blocks(n: int) -> list[list[Fraction]]:
    """Return W for the example of size n: blocks of norm sqrt(1/2), and 3/5 if n is odd."""
    half = Fraction(1, 2)
    rows = [[Fraction(0)] * n for _ in range(n)]
    for i in range(0, n - 1, 2):
        rows[i][i] = rows[i][i + 1] = rows[i + 1][i + 1] = half
        rows[i + 1][i] = -half
    if n % 2:
        rows[-1][-1] = Fraction(3, 5)
    return rows


def _rounded(found: Equivalence) -> Equivalence:
    """Take the next integer for H: any larger bound does, and it is checked again."""
    assert found.bound is not None
    H = -(-found.bound.H // 1)
    bias = found.urnn.b.to_fractions()
    n, N = found.rnn.states, found.urnn.states
    column = RationalMatrix.column([*(row[0] for row in bias[:n]), *[Fraction(-H)] * (N - n)])
    evidence = replace(found.evidence[0], bound=replace(found.bound, H=Fraction(H)))
    moved = StoredNetwork.of(found.layers[0].urnn.replace(b=column))
    return replace(found, built=moved, evidence=(evidence,))


def _with_urnn(rnn: RNN, words: str) -> str:
    """Show an RNN, its URNN by Theorem 3.1 for M = 1, and the verdict on the two."""
    found = _rounded(equivalent_urnn(rnn, 1))
    assert found.bound is not None
    small = found.urnn.states <= 6
    options: dict[str, Any] = {"limit": 8 if found.urnn.states <= 8 else 5}
    weights = rf", \quad @b_u = {vector(found.urnn.b, **options)}" if small else ""
    between = r", \\" if found.urnn.states == 8 else r", \qquad @/"  # eight columns fill a line
    return rf"""
{words}
\begin{{gather*}}
  @W = {matrix(rnn.W, **options)}{between}
  @U = {matrix(found.layers[0].urnn.W, **options)}{weights} .
\end{{gather*}}
{_verdict(found)}
"""


def _verdict(found: Equivalence) -> str:
    """Say what is known of the two networks: no more than the report does."""
    said = f"Here $@N = {found.urnn.states}$. Verdict on this pair"
    if found.report.verdict is not Verdict.PROVED or found.bound is None:
        return f"{said}: {found.report.verdict}."
    said += f", for all inputs with $\\|@x^k\\| \\le 1$: {resting(found.report)}"
    return f"{said} For $@M = 1$ the number $@H = {number(found.bound.H)}$ bounds every state."


def _network(W: list[list[Any]]) -> RNN:
    n = len(W)
    return RNN(W=W, F=_identity(n), b=[0] * n, C=_identity(n))


def _example_3_1(n: int) -> str:
    words = (
        f"An RNN with $@n = {n}$, $@F = @C = I$, $@b = 0$, $@h_{{\\mathrm{{init}}}} = 0$, and its "
        f"URNN, exactly:"
    )
    return _with_urnn(_network(_blocks(n)), words)


def _example_3_2(n: int) -> str:
    words = (
        f"The RNN without memory for $@n = {n}$, and the URNN with $2@n$ states that "
        f"@[emami2019;Theorem~3.1] gives for it:"
    )
    return _with_urnn(_network(_identity(n, 0)), words)


def _example_3_3(n: int) -> str:
    shown = min(n, 4)
    rows = [
        [
            rf"@phi'(@x^{{{j}}})" if i == j else (f"a_{{{j}}} c_{{{i}}}" if i > j else "0")
            for i in range(shown + 1)
        ]
        for j in range(shown + 1)
    ]
    left = vector([f"a_{{{j}}}" for j in range(shown + 1)])
    right = matrix([[f"c_{{{i}}}" for i in range(shown + 1)]])
    several = " @/" if shown > 2 else ""
    return rf"""
For $@N = {shown}$ the contradiction reads
\[
  {left} {right}{several} = {matrix(rows)} .
\]
The left-hand side has rank at most ${shown}$, as $a_j$ and $c_i$ have ${shown}$ entries; the
right-hand side has rank ${shown + 1}$.
"""


def _example_strong(_: int) -> str:
    from urnn_proofs.certificate import check

    third = Fraction(1, 3)
    rnn = RNN(
        W=[[third, 4 * third], [-2 * third, third]],
        F=[[1], [2]],
        b=[0, 0],
        C=[[1, 1]],
        activation="tanh",
    )
    found = equivalent_urnn(rnn, 1)
    verdict = check(found.certificate)
    urnn = found.layers[0].urnn
    return rf"""
A network that has a URNN: for $@phi = \tanh$, $@b = 0$ and
\[
  @W = {matrix(rnn.W)}, \quad @F = {matrix(rnn.F)}, \quad @C = {matrix(rnn.C)}, \qquad @/
  E = {matrix([[1, 0], [0, 2]])},
\]
$@W^{{\top}} E @W = E$ holds, and copying the second unit gives the URNN with three states and the
weights
\[
  @U = {matrix(urnn.W)}, \quad @F_u = {matrix(urnn.F)}, \quad @C_u = {matrix(urnn.C)} .
\]
That its outputs are those of the RNN was checked by the kernel. Verdict: {verdict}.
"""


def _example_memory(n: int) -> str:
    words = (
        f"For $@n = {n}$, $\\omega = \\tfrac12$ the URNN of @[emami2019;Theorem~3.1] has "
        f"${2 * n}$ states:"
    )
    return _with_urnn(_network(_identity(n, Fraction(1, 2))), words)


def _example_epsilon(_: int) -> str:
    rnn = RNN(W=[[Fraction(3, 5)]], F=[[1]], b=[0], C=[[1]], activation="tanh")
    found = equivalent_urnn(rnn, 1, epsilon=Fraction(1, 10**6))
    urnn = found.layers[0].urnn
    return rf"""
For $@phi = \tanh$, $@W = \tfrac35$, $@F = @C = 1$, $@b = 0$, $@M = 1$ and $\varepsilon = 10^{{-6}}$
the URNN
\[
  @U = {matrix(urnn.W)}, \qquad
  \text{{lower bias }} {number(urnn.b[1, 0])}, \qquad
  @h_{{u,\mathrm{{init}}}} = {vector(urnn.h_init)}
\]
was built. Verdict on this pair: {resting(found.report)}
"""


_EXAMPLES: dict[str, Callable[[int], str]] = {
    "3.1": _example_3_1,
    "3.2": _example_3_2,
    "3.3": _example_3_3,
    "3.3-strong": _example_strong,
    "n+mu": _example_memory,
    "epsilon": _example_epsilon,
}
