"""Queries about whole ReLU networks with one input and one output.

A URNN that imitates an RNN gives the same outputs on any finite set of input sequences.  With its
weights as unknowns that is a set of polynomial equations with a case for each unit being on or
off.  UNSAT proves that no URNN of that size imitates the RNN; SAT gives a candidate.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import z3

from urnn_proofs.network import RNN
from urnn_proofs.rational import RationalMatrix
from urnn_proofs.scaled import ScaledRational
from urnn_proofs.smt.process import Outcome, solve

__all__ = [
    "Transition",
    "every_transition",
    "invariant_violation",
    "one_state_imitates_no_scalar",
    "same_outputs",
    "steered_transitions",
    "urnn_from",
]

Sequences = Sequence[tuple[Fraction, ...]]


@dataclass(frozen=True)
class Transition:
    """A family of orthogonal matrices, and what else is fixed along with them.

    Parameters
    ----------
    name
        Short description.
    entries
        N rows of numbers or Z3 terms: U, or R for a scaled-rational U.
    assertions
        What the unknowns in it satisfy.
    alpha
        The scales of a scaled-rational ``U = diag(sqrt alpha) R diag(1 / sqrt alpha)``; empty if
        all are 1.  Units with another scale take no part in F, b, C and the start, so that the
        outputs are those of R.
    output
        The row C if it is fixed, else None.
    """

    name: str
    entries: tuple[tuple[Any, ...], ...]
    assertions: tuple[Any, ...] = ()
    alpha: tuple[Fraction, ...] = ()
    output: tuple[Fraction, ...] | None = None

    def weights(self, name: str) -> list[Any]:
        """Return F, b, C or the start (by the letters f, b, c, h): unknowns, or what is fixed."""
        if name == "c" and self.output is not None:
            return list(self.output)
        silent = [i for i, alpha in enumerate(self.alpha) if alpha != 1]
        return [
            Fraction(0) if i in silent else z3.Real(f"{name}_{i}") for i in range(len(self.entries))
        ]


def every_transition(states: int) -> tuple[Transition, ...]:
    """Return families that together contain every orthogonal matrix of that size."""
    if states == 1:
        return tuple(Transition(f"U = {sign}", ((sign,),)) for sign in (1, -1))
    if states == 2:
        a, s = z3.Reals("u_c u_s")
        circle = (a * a + s * s == 1,)
        return (
            Transition("any rotation", ((a, -s), (s, a)), circle),
            Transition("any reflection", ((a, s), (s, -a)), circle),
        )
    N = range(states)
    U = tuple(tuple(z3.Real(f"u_{i}_{j}") for j in N) for i in N)
    pairs = [(i, j) for i in N for j in N if i <= j]
    columns = [z3.Sum([U[k][i] * U[k][j] for k in N]) == int(i == j) for i, j in pairs]
    rows = [z3.Sum([U[i][k] * U[j][k] for k in N]) == int(i == j) for i, j in pairs]
    return (Transition("any orthogonal U", U, (*columns, *rows)),)


def steered_transitions(w: Fraction, c: Fraction, states: int) -> tuple[Transition, ...]:
    """Return families worth trying first, in which the queries are linear.

    As in Theorem 3.1, U has w as an entry, and the outputs come from one unit with weight c.  A
    rotation or reflection with that entry is rational if ``1 - w^2`` is the square of a rational;
    otherwise it is scaled-rational.  Further states are left alone.
    """
    rest = 1 - w * w
    if states < 2 or rest <= 0:
        return ()
    s = Fraction(math.isqrt(rest.numerator), math.isqrt(rest.denominator))
    if s * s != rest:
        # The first unit, of scale sqrt(1 - w^2), only ever sees a multiple of the second.
        alpha = (rest, *[Fraction(1)] * (states - 1))
        one = Fraction(1)
        return (
            _padded(f"rotation by {w}", ((w, -one), (rest, w)), states, c, 1, alpha),
            _padded(f"reflection by {w}", ((-w, one), (rest, w)), states, c, 1, alpha),
        )
    blocks = {
        f"rotation by ({w}, {s})": ((w, -s), (s, w)),
        f"reflection by ({w}, {s})": ((w, s), (s, -w)),
    }
    return tuple(
        _padded(f"{name}, output from unit {unit + 1}", block, states, c, unit)
        for name, block in blocks.items()
        for unit in (1, 0)
    )


def _padded(
    name: str,
    block: tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]],
    states: int,
    c: Fraction,
    unit: int,
    alpha: tuple[Fraction, ...] = (),
) -> Transition:
    entries = [[Fraction(int(i == j)) for j in range(states)] for i in range(states)]
    for i, j in itertools.product(range(2), repeat=2):
        entries[i][j] = block[i][j]
    output = tuple(c if i == unit else Fraction(0) for i in range(states))
    return Transition(name, tuple(tuple(row) for row in entries), (), alpha, output)


def same_outputs(
    transition: Transition,
    sequences: Sequences,
    outputs: Sequence[Sequence[Any]],
    known: Sequence[Any] = (),
) -> str:
    """Return the query: the URNN gives *outputs* on *sequences*, as SMT-LIB text.

    Parameters
    ----------
    transition
        What is known about U, (N, N).
    sequences
        Input sequences.
    outputs
        For each the outputs wanted, numbers or Z3 terms.
    known
        Assertions about unknowns in *outputs*.
    """
    N = range(len(transition.entries))
    f, b, c, start = (transition.weights(name) for name in "fbch")
    solver = z3.Solver()
    solver.add(*transition.assertions, *known)
    states: dict[tuple[Fraction, ...], list[Any]] = {(): start}
    for inputs, wanted in zip(sequences, outputs, strict=True):
        for k, (x, y) in enumerate(zip(inputs, wanted, strict=True)):
            if inputs[: k + 1] in states:
                continue  # a common beginning is asserted once
            before = states[inputs[:k]]
            now = [z3.Real(f"s_{len(states)}_{i}") for i in N]
            states[inputs[: k + 1]] = now
            for i, row in enumerate(transition.entries):
                moved = z3.Sum([entry * h for entry, h in zip(row, before, strict=True)])
                z = moved + f[i] * x + b[i]
                on, off = z3.And(now[i] == z, z >= 0), z3.And(now[i] == 0, z <= 0)
                solver.add(z3.Or(on, off))
            solver.add(z3.Sum([c[i] * now[i] for i in N]) == y)
    return str(solver.to_smt2())


def urnn_from(transition: Transition, outcome: Outcome) -> RNN | None:
    """Return the URNN of a SAT answer, or None if a weight is irrational."""

    def value(entry: Any) -> Fraction | None:
        if not isinstance(entry, z3.ExprRef):
            return Fraction(entry)
        if z3.is_const(entry):  # what the equations leave open is taken as zero
            return outcome.values.get(str(entry), Fraction(0))
        inner = value(entry.arg(0))  # the terms in U are unknowns and their negatives
        return None if inner is None else -inner

    exact: list[list[Fraction]] = []
    for row in (*transition.entries, *(transition.weights(name) for name in "fbch")):
        values = [value(entry) for entry in row]
        exact.append([entry for entry in values if entry is not None])
        if None in values:
            return None
    *U, f, b, c, h = exact
    alpha = transition.alpha or (Fraction(1),) * len(U)
    beta = tuple(1 / scale for scale in alpha)
    W = ScaledRational(RationalMatrix.from_fractions(U), alpha, beta)
    return RNN(W, [[entry] for entry in f], b, [c], h)


def one_state_imitates_no_scalar(*, budget_s: float = 10.0) -> dict[str, Outcome]:
    """Refute N = 1 for every ``h = relu(w h + x)``, ``y = h``, ``|w| < 1``, start 0, at once.

    Three sequences of two inputs, with ``x^1 >= x^0 > 0`` so that the RNN is active whatever w is;
    inputs of size 1 at most, so it covers every M >= 1, and by scaling every M > 0.

    Examples
    --------
    >>> {name: outcome.answer.value for name, outcome in one_state_imitates_no_scalar().items()}
    {'U = 1': 'unsat', 'U = -1': 'unsat'}
    """
    w = z3.Real("w")
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    sequences = [(half, Fraction(1)), (half, half), (quarter, Fraction(1))]
    outputs = [(x0, w * x0 + x1) for x0, x1 in sequences]
    return {
        transition.name: solve(
            same_outputs(transition, sequences, outputs, [w > -1, w < 1]), budget_s=budget_s
        )
        for transition in every_transition(1)
    }


def invariant_violation(
    rnn: RNN,
    urnn: RNN,
    A: Sequence[Fraction],
    a: Sequence[Fraction],
    box: tuple[Fraction, Fraction],
    input_bound: Fraction,
    *,
    budget_s: float = 10.0,
) -> Outcome:
    """Ask for a step from ``h_u = A h + a`` after which it fails, or h has left the box.

    For an RNN with one state; UNSAT is a second opinion on the exact check by vertices.  Of a
    scaled-rational U it looks at R, as that check does.

    Parameters
    ----------
    A, a
        The invariant, (N,) each.
    box
        Least and greatest value of h.
    input_bound
        M: inputs with ``|x| <= M``.
    """
    U = urnn.W.R if isinstance(urnn.W, ScaledRational) else urnn.W
    assert isinstance(rnn.W, RationalMatrix)
    h, x = z3.Reals("h x")

    def relu(z: Any) -> Any:
        return z3.If(z > 0, z, z3.RealVal(0))

    after = relu(rnn.W[0, 0] * h + rnn.F[0, 0] * x + rnn.b[0, 0])
    kept = [
        relu(
            z3.Sum([U[i, j] * (A[j] * h + a[j]) for j in range(urnn.states)])
            + urnn.F[i, 0] * x
            + urnn.b[i, 0]
        )
        == A[i] * after + a[i]
        for i in range(urnn.states)
    ]
    shown = z3.Sum([urnn.C[0, i] * (A[i] * h + a[i]) for i in range(urnn.states)])
    solver = z3.Solver()
    solver.add(h >= box[0], h <= box[1], x >= -input_bound, x <= input_bound)
    inside = z3.And(after >= box[0], after <= box[1])
    solver.add(z3.Not(z3.And(*kept, inside, shown == rnn.C[0, 0] * h)))
    return solve(solver.to_smt2(), budget_s=budget_s, tactics=())
