"""A ReLU URNN whose states carry square roots, kept exactly by writing it for other states.

With a positive diagonal M, ReLU commutes with ``sqrt(M)``.  So the network

    ``g^k = relu(R g^{k-1} + F x^k + b)``,  ``y^k = C g^k``,  ``R^T diag(M) R = diag(M)``,

is the URNN of the states ``sqrt(M) g``, with the orthogonal ``U = sqrt(M) R sqrt(M)^{-1}``, input
matrix ``sqrt(M) F``, bias ``sqrt(M) b``, output matrix ``C sqrt(M)^{-1}``: the same outputs.  R and
M are rational, or hold the square root of one number in each block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, ctx

from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.field import Rows, dot
from urnn_proofs.model.network import FloatWeights, Sizes
from urnn_proofs.model.number import exact_numbers
from urnn_proofs.model.quadratic import Number, in_balls, show_exact, sign
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["ScaledURNN"]

Array = np.ndarray[Any, np.dtype[np.float64]]
_BITS = 128


@dataclass(frozen=True, eq=False, repr=False)
class ScaledURNN(Sizes):
    """A ReLU URNN whose states ``sqrt(M) g`` carry square roots, written for the states g.

    Its orthogonal matrix is ``U = sqrt(M) R sqrt(M)^{-1}``; ``R^T diag(M) R = diag(M)`` says so.
    Whether R fits M is not asked here; :mod:`urnn_proofs.checks.exact.scaled` decides it.

    Parameters
    ----------
    R
        (N, N), rows of exact numbers.
    weights
        M, (N,), positive.
    F
        Rational, (N, m).
    b
        Rational, (N, 1).
    C
        Rational, (p, N).
    h_init
        Rational, (N, 1): g before the first input.

    Raises
    ------
    InputError
        If the sizes do not fit, or a weight is not positive.

    Examples
    --------
    One state of the half shift, and the gate that makes it orthogonal:

    >>> half = Fraction(1, 2)
    >>> R = ((half, -half), (Fraction(3, 2), half))
    >>> column = RationalMatrix.column
    >>> net = ScaledURNN(R, (Fraction(3), Fraction(1)), column([1, 0]), column([0, -9]),
    ...                  RationalMatrix.parse([[1, 0]], "C"), column([0, 0]))
    >>> net.run_exact([[1], [0]])
    [[Fraction(1, 1)], [Fraction(1, 2)]]
    >>> U = net.to_numpy().W
    >>> bool(np.allclose(U.T @ U, np.eye(2)))
    True
    """

    R: Rows
    weights: tuple[Number, ...]
    F: RationalMatrix
    b: RationalMatrix
    C: RationalMatrix
    h_init: RationalMatrix

    def __post_init__(self) -> None:
        N = len(self.R)
        heights = {len(self.weights), *map(len, self.R), self.C.shape[1]}
        heights |= {part.shape[0] for part in (self.F, self.b, self.h_init)}
        if N == 0 or heights != {N}:
            raise InputError(
                f"R has {N} rows and the parts have sizes {sorted(heights)}; expected the same, "
                f"at least 1"
            )
        for i, weight in enumerate(self.weights):
            if sign(weight) <= 0:
                raise InputError(
                    f"weights[{i}] is {show_exact(weight)}; expected a positive number"
                )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of U."""
        return self.states, self.states

    @property
    def roots(self) -> tuple[int, ...]:
        """The integers whose square roots stand in R or M; none if all is rational."""
        found = {x.d for row in (*self.R, self.weights) for x in row if not isinstance(x, Fraction)}
        return tuple(sorted(found))

    def to_numpy(self) -> FloatWeights:
        """Return the weights of the URNN itself, with the orthogonal U, rounded to float64."""
        W = [[float(u) for u in row] for row in self.transition_in_balls(_BITS)]
        with ctx.workprec(_BITS):
            scale = [in_balls(w, _BITS).sqrt() for w in self.weights]
            F, b, h = (self._scaled(part, scale) for part in (self.F, self.b, self.h_init))
            C = self._scaled(self.C.transpose(), [1 / s for s in scale]).T
        return FloatWeights(W=np.array(W), F=F, b=b[:, 0], C=C, h_init=h[:, 0])

    def transition_in_balls(self, bits: int) -> list[list[Any]]:
        """Return Arb balls around the entries of U, with *bits* of working precision."""
        with ctx.workprec(bits):
            scale = [in_balls(w, bits).sqrt() for w in self.weights]
            return [
                [
                    s * in_balls(x, bits) / t if x else arb(0)
                    for x, t in zip(row, scale, strict=True)
                ]
                for s, row in zip(scale, self.R, strict=True)
            ]

    @staticmethod
    def _scaled(part: RationalMatrix, scale: Sequence[Any]) -> Array:
        rows = part.to_fractions()
        found = [
            [float(s * in_balls(x, _BITS)) for x in row] for s, row in zip(scale, rows, strict=True)
        ]
        return np.array(found, dtype=np.float64).reshape(part.shape)

    def run(self, x: Any) -> Array:
        """Simulate the URNN in float64; x is (T, m) or (T, batch, m), the outputs likewise.

        Raises
        ------
        InputError
            If the last axis of x is not m, or an entry is not finite.
        """
        return self.to_numpy().run(x, lambda z: np.maximum(z, 0.0))

    def run_exact(self, x: Sequence[Sequence[Any]]) -> list[list[Fraction]]:
        """Simulate in exact arithmetic, inputs (T, m), outputs (T, p).

        Raises
        ------
        UnsupportedError
            If an output is irrational; those of a URNN that was built here never are.
        InputError
            If the shape does not fit.
        """
        F, C = self.F.to_fractions(), self.C.to_fractions()
        b, state, outputs = self.b.entries(), list[Number](self.h_init.entries()), []
        for k, given in enumerate(x):
            row = exact_numbers(given, f"x[{k}]")
            if len(row) != self.inputs:
                raise InputError(f"x[{k}] has {len(row)} entries; expected {self.inputs}")
            drive = [dot(f, row) + c for f, c in zip(F, b, strict=True)]
            found = [dot(r, state) + q for r, q in zip(self.R, drive, strict=True)]
            state = [z if sign(z) > 0 else Fraction(0) for z in found]
            outputs.append([_rational(dot(c, state), k) for c in C])
        return outputs

    def __repr__(self) -> str:
        roots = ", ".join(f"sqrt({d})" if d < 10**9 else "a square root" for d in self.roots)
        return (
            f"ScaledURNN(states={self.states}, inputs={self.inputs}, outputs={self.outputs}, "
            f"entries={'rational' if not roots else 'rational with ' + roots})"
        )

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.values import network_html  # for notebooks, on demand

        return network_html(self)


def _rational(value: Number, k: int) -> Fraction:
    if isinstance(value, Fraction):
        return value
    raise UnsupportedError(f"the output at k = {k} is irrational; expected a rational one, or run")
