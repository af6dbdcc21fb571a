"""An affine relation ``h_u = A h + a`` between the states of two ReLU networks, at all times.

Induction on k.  The first state depends on x alone; a later one on (h, x), with h in a box where
the relation holds.  Either way both sides are continuous and piecewise affine; each piece is a
polytope, cut from the box by the hyperplanes where a preactivation of either network is zero.  Two
affine functions agree on a polytope if they agree at its vertices, and every vertex is where as
many independent ones of these hyperplanes and of the faces of the box meet as there are
coordinates.  So finitely many points, in Fractions, decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.errors import InputError, UnsupportedError
from urnn_proofs.network import RNN
from urnn_proofs.rational import RationalMatrix
from urnn_proofs.scaled import ScaledRational

__all__ = ["AffineInvariant", "InvariantCheck", "check_invariant", "fit_affine"]

Vector = tuple[Fraction, ...]
Rows = list[list[Fraction]]

_MOST_CHOICES = 200_000


@dataclass(frozen=True)
class AffineInvariant:
    """The claim that ``h_u^k = A h^k + a`` and ``low <= h^k <= high`` for all ``k >= 0``.

    Parameters
    ----------
    A
        Rational matrix, (N, n).
    a
        Rational vector, (N,).
    low, high
        Bounds of each state of the RNN, (n,) each, ``low <= high``.
    input_bound
        M >= 0: inputs with ``|x_j| <= M`` for every j, which holds if ``||x|| <= M``.
    """

    A: RationalMatrix
    a: Vector
    low: Vector
    high: Vector
    input_bound: Fraction


@dataclass(frozen=True)
class InvariantCheck:
    """What a check came to.

    Parameters
    ----------
    holds
        Whether the claim, and equal outputs, are proved for all k.
    failure
        Empty, or which part fails and at which point (h, x).
    points
        How many points were evaluated.
    """

    holds: bool
    failure: str
    points: int


def check_invariant(rnn: RNN, urnn: RNN, invariant: AffineInvariant) -> InvariantCheck:
    """Decide by vertices whether the invariant proves equal outputs for all inputs and all k.

    Parameters
    ----------
    rnn, urnn
        ReLU networks with rational entries, n and N states, the same inputs and outputs.
        ``urnn.W`` may be scaled-rational with ``alpha_i beta_i = 1``: it is then R after a
        positive rescaling of the states, which ReLU commutes with.  Units with a scale other than
        1 must have zero rows in F, b, h_init, A, a and a zero column in C, so that only R
        changes.  That the transition is orthogonal is not looked at here.

    Raises
    ------
    UnsupportedError
        If a network is not rational or not ReLU, or there are too many points.
    InputError
        If the shapes do not fit.

    Examples
    --------
    Two equal units compute what one does:

    >>> one = RNN(W=[[0]], F=[[1]], b=[0], C=[[2]])
    >>> two = RNN(W=[[0, 0], [0, 0]], F=[[1], [1]], b=[0, 0], C=[[1, 1]])
    >>> both = RationalMatrix.parse([[1], [1]], "A")
    >>> zero, top = (Fraction(0),), (Fraction(1),)
    >>> claim = AffineInvariant(both, zero * 2, zero, top, Fraction(1))
    >>> check_invariant(one, two, claim).holds
    True
    """
    small, large = _Weights(rnn), _Weights(urnn)
    n, m, N = small.states, small.inputs, large.states
    _check_shapes(small, large, invariant)
    A = invariant.A.to_fractions()
    if any(invariant.a[i] or any(A[i]) for i in large.rescaled):
        raise UnsupportedError("the invariant is not zero on a unit with an irrational scale")
    M = invariant.input_bound
    low, high = (*invariant.low, *[-M] * m), (*invariant.high, *[M] * m)

    def image(h: Sequence[Fraction]) -> Vector:
        return tuple(_dot(row, h) + shift for row, shift in zip(A, invariant.a, strict=True))

    def fails(what: str, point: Sequence[Fraction], points: int) -> InvariantCheck:
        where = ", ".join(str(value) for value in point)
        return InvariantCheck(False, f"{what} at ({where})", points)

    for corner in itertools.product(*zip(invariant.low, invariant.high, strict=True)):
        if large.outputs(image(corner)) != small.outputs(corner):
            return fails("the outputs differ", corner, 0)

    def kept(before: Vector, before_u: Vector, x: Vector) -> str:
        after = small.step(before, x)
        if not _inside(after, invariant.low, invariant.high):
            return "the box is left"
        return "" if large.step(before_u, x) == image(after) else "h_u = A h + a is not kept"

    count = 0
    first = [*small.cuts(small.h_init), *large.cuts(large.h_init)]
    for x in _vertices(first, low[n:], high[n:]):
        count += 1
        if failure := kept(small.h_init, large.h_init, x):
            return fails(f"{failure} in the first step,", x, count)
    # Preactivations as affine functions of (h, x): coefficients, then the constant.
    cuts = [(*small.W[i], *small.F[i], small.b[i]) for i in range(n)]
    for i in range(N):
        on_h = [_dot(large.W[i], [A[j][k] for j in range(N)]) for k in range(n)]
        cuts.append((*on_h, *large.F[i], _dot(large.W[i], invariant.a) + large.b[i]))
    for point in _vertices(cuts, low, high):
        count += 1
        if failure := kept(point[:n], image(point[:n]), point[n:]):
            return fails(failure, point, count)
    return InvariantCheck(True, "", count)


def fit_affine(
    pairs: Sequence[tuple[Vector, Vector]],
) -> tuple[RationalMatrix, Vector] | None:
    """Return A, a with ``v = A u + a`` for all pairs (u, v), or None if there are none.

    What the pairs leave open is taken as zero.

    Examples
    --------
    >>> Q = Fraction
    >>> A, a = fit_affine([((Q(0),), (Q(1),)), ((Q(2),), (Q(5),))])
    >>> A.to_fractions(), a
    ([[Fraction(2, 1)]], (Fraction(1, 1),))
    """
    if not pairs:
        return None
    width = len(pairs[0][0]) + 1
    table = [[*u, Fraction(1), *v] for u, v in pairs]
    pivots = _reduce(table, width)
    if any(any(row[width:]) for row in table[len(pivots) :]):
        return None
    solution = [[Fraction(0)] * width for _ in pairs[0][1]]
    for row, column in enumerate(pivots):
        for i, value in enumerate(table[row][width:]):
            solution[i][column] = value
    A = RationalMatrix.from_fractions([row[:-1] for row in solution], columns=width - 1)
    return A, tuple(row[-1] for row in solution)


class _Weights:
    """A rational ReLU network as plain Fractions."""

    def __init__(self, rnn: RNN) -> None:
        W = rnn.W
        self.rescaled: tuple[int, ...] = ()
        if isinstance(W, ScaledRational):
            scales = list(zip(W.alpha, W.beta, strict=True))
            if any(alpha * beta != 1 for alpha, beta in scales):
                raise UnsupportedError("the scales of U do not cancel; expected alpha_i beta_i = 1")
            self.rescaled = tuple(i for i, (alpha, _) in enumerate(scales) if alpha != 1)
            W = W.R
        if rnn.activation.name != "relu":
            raise UnsupportedError(f"the activation is {rnn.activation.name}; expected relu")
        self.states, self.inputs = rnn.states, rnn.inputs
        self.W, self.F, self.C = W.to_fractions(), rnn.F.to_fractions(), rnn.C.to_fractions()
        self.b = [row[0] for row in rnn.b.to_fractions()]
        self.h_init = tuple(row[0] for row in rnn.h_init.to_fractions())
        for i in self.rescaled:
            if self.b[i] or self.h_init[i] or any(self.F[i]) or any(row[i] for row in self.C):
                raise UnsupportedError(
                    f"unit {i} has an irrational scale and weights other than zero in F, b, C or "
                    f"h_init; expected zeros"
                )

    def cuts(self, h: Sequence[Fraction]) -> list[Vector]:
        """Return the preactivations after h as affine functions of x, the constant last."""
        return [(*f, _dot(w, h) + b) for w, f, b in zip(self.W, self.F, self.b, strict=True)]

    def step(self, h: Sequence[Fraction], x: Sequence[Fraction]) -> Vector:
        return tuple(
            max(_dot(w, h) + _dot(f, x) + b, Fraction(0))
            for w, f, b in zip(self.W, self.F, self.b, strict=True)
        )

    def outputs(self, h: Sequence[Fraction]) -> Vector:
        return tuple(_dot(row, h) for row in self.C)


def _check_shapes(small: _Weights, large: _Weights, invariant: AffineInvariant) -> None:
    shape = (large.states, small.states)
    if invariant.A.shape != shape or len(invariant.a) != large.states:
        raise InputError(f"A has shape {invariant.A.shape}; expected {shape}, and a to fit")
    if small.inputs != large.inputs or len(small.C) != len(large.C):
        raise InputError("the networks differ in inputs or outputs; expected the same numbers")
    lengths = (len(invariant.low), len(invariant.high))
    if lengths != (small.states, small.states):
        raise InputError(f"the box has {lengths} bounds; expected {small.states} of each")
    ordered = all(a <= b for a, b in zip(invariant.low, invariant.high, strict=True))
    if not ordered or invariant.input_bound < 0:
        raise InputError("the box or the input bound is empty; expected low <= high and M >= 0")


def _vertices(cuts: Sequence[Vector], low: Vector, high: Vector) -> Iterator[Vector]:
    """Yield every point of the box where ``len(low)`` independent hyperplanes meet, once."""
    size = len(low)
    faces = [
        (*(Fraction(int(i == j)) for j in range(size)), -bound)
        for i in range(size)
        for bound in {low[i], high[i]}
    ]
    planes = [cut for cut in {*cuts, *faces} if any(cut[:-1])]
    choices = 1
    for k in range(size):
        choices = choices * (len(planes) - k) // (k + 1)
    if choices > _MOST_CHOICES:
        raise UnsupportedError(
            f"{choices} points would have to be looked at; at most {_MOST_CHOICES} are"
        )
    seen = set()
    for chosen in itertools.combinations(planes, size):
        table = [[*plane[:-1], -plane[-1]] for plane in chosen]
        if len(_reduce(table, size)) == size:
            point = tuple(row[size] for row in table)
            if point not in seen and _inside(point, low, high):
                seen.add(point)
                yield point


def _reduce(table: Rows, width: int) -> list[int]:
    """Bring the first *width* columns to reduced row echelon form; return the pivot columns."""
    pivots: list[int] = []
    for column in range(width):
        top = len(pivots)
        found = next((i for i in range(top, len(table)) if table[i][column]), None)
        if found is None:
            continue
        table[top], table[found] = table[found], table[top]
        pivot = table[top][column]
        table[top] = [value / pivot for value in table[top]]
        for i, row in enumerate(table):
            factor = row[column]
            if i != top and factor:
                table[i] = [x - factor * y for x, y in zip(row, table[top], strict=True)]
        pivots.append(column)
    return pivots


def _inside(point: Sequence[Fraction], low: Sequence[Fraction], high: Sequence[Fraction]) -> bool:
    return all(a <= value <= b for a, value, b in zip(low, point, high, strict=True))


def _dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))
