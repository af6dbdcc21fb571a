"""The derivative equations of a word of activity patterns, for Z3.

On an open set of inputs that keeps all n units of the RNN active over consecutive steps, and on
which the sets A_k of active units of the URNN do not change, equal outputs mean

    C P_k U P_{k-1} U ... P_i F = W^{k-i}   for all i <= k,      U^T U = I,

where P_k projects onto A_k and the RNN has F = C = I.  In terms of a basis B of X_{k-1} with
``C B = G`` the step to A_k says ``C P_k U B = W G``.  The basis is F where X is the image of F
(G = I), the unit vectors where X is everything (G = C), and otherwise what was reached so far.

U can be eliminated.  Where ``P_k U B = Y`` is known, ``B^T B - Y^T Y`` is the Gram matrix of what
the inactive units of step k would have received, so it is positive semidefinite and its rank is at
most their number; likewise ``C C^T - Z Z^T`` from ``C P_k U = Z`` on A_{k-1}.  These conditions are
implied, but Z3 does not find them by itself; see :mod:`urnn_proofs.smt.pattern_lemmas`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import z3

from urnn_proofs.smt.matrices import (
    Matrix,
    columns,
    difference,
    gram,
    principal_minors,
    rows,
    scalar,
    times,
    trace,
    transposed,
    unknowns,
)
from urnn_proofs.smt.pattern_words import Letter, Span, Word, free_units

__all__ = ["Memory", "Variant", "equations"]


class Variant(enum.Enum):
    """Which of the equations are asserted; UNSAT proves the same for each."""

    GRAM = "gram"  # what remains when U is eliminated
    LEAN = "lean"  # orthonormality only of rows and columns of U that are used whole
    ALL = "all"


@dataclass(frozen=True)
class Memory:
    """The transition matrix of the RNN.

    Parameters
    ----------
    n
        Its size.
    matrix
        Its rational entries, or None for ``w I_n`` with every real w in (-1, 1) at once.
    """

    n: int
    matrix: tuple[tuple[Fraction, ...], ...] | None

    @property
    def is_scalar(self) -> bool:
        """Whether it is a multiple of the identity, so that every change of basis keeps it."""
        matrix = self.matrix
        return matrix is None or all(
            entry == (matrix[0][0] if i == j else 0)
            for i, row in enumerate(matrix)
            for j, entry in enumerate(row)
        )

    def terms(self) -> tuple[Matrix, list[Any]]:
        """Return W up to a change of basis, and what is known about its entries.

        A matrix that is not scalar becomes n^2 unknowns whose powers have the right traces: that
        holds for every matrix similar to W, and the basis is free to choose something else.
        """
        if self.matrix is None:
            w = z3.Real("w")
            return scalar(w, self.n), [w > -1, w < 1]
        if self.is_scalar:
            return scalar(self.matrix[0][0], self.n), []
        similar = unknowns("w", self.n, self.n)
        known: Matrix = [list(row) for row in self.matrix]
        left, right, traces = similar, known, []
        for _ in range(self.n):
            traces.append(trace(left) == trace(right))
            left, right = times(left, similar), times(right, known)
        return similar, traces


def equations(word: Word, units: int, memory: Memory, variant: Variant) -> list[list[Any]]:
    """Return one list of assertions for each choice of basis; the word is impossible if all fail.

    Parameters
    ----------
    word
        What is active, and what is assumed about X_k, at consecutive steps.
    units
        Number N of states of the URNN.
    memory
        The RNN, with n <= N states.
    variant
        Which equations; all but ALL leave out ``C P_k F = I`` where a smaller step has it.
    """
    return [
        _Encoding(word, units, memory, variant, chosen).assertions
        for chosen in free_units(word, memory.n, units)
    ]


class _Encoding:
    """The assertions for one choice of the units on which F is the identity."""

    def __init__(
        self, word: Word, units: int, memory: Memory, variant: Variant, chosen: Sequence[int]
    ) -> None:
        n = memory.n
        self.units, self.n, self.variant = units, n, variant
        self.scalar = memory.is_scalar
        self.U = unknowns("u", units, units)
        self.F = unknowns("f", units, n)
        self.C = unknowns("c", n, units)
        square = any(letter.active == tuple(chosen) for letter in word)
        for row, unit in enumerate(chosen):
            for j in range(n):
                self.F[unit][j] = int(row == j)
                if square:  # C F = I on these units alone
                    self.C[j][unit] = int(row == j)
        self.W, self.assertions = memory.terms()
        self.smallest = min(len(letter.active) for letter in word)
        self.whole_rows: set[int] = set()
        self.whole_columns: set[int] = set()
        self._word(word)
        if variant is not Variant.GRAM:
            self._orthogonal()

    def _word(self, word: Word) -> None:
        before: Letter | None = None
        reached: list[tuple[Matrix | None, Matrix]] = []
        for letter in word:
            self._copies(letter)
            F, C = rows(self.F, letter.active), columns(self.C, letter.active)
            now: list[tuple[Matrix | None, Matrix]] = [(F, scalar(1, self.n))]
            for basis, image in reached:
                assert before is not None
                now += self._step(before, letter, basis, image)
            if letter.span is Span.WHOLE or len(letter.active) == self.n:
                now = [(None, C)]
            elif letter.span is Span.IMAGE:
                now = now[:1]
            before, reached = letter, now

    def _copies(self, letter: Letter) -> None:
        """``C P_k F = I``."""
        F, C = rows(self.F, letter.active), columns(self.C, letter.active)
        square = len(letter.active) == self.n
        if square or self.variant is Variant.ALL or self.smallest > self.n:
            self._equal(times(C, F), scalar(1, self.n))
        if square:
            self._equal(times(F, C), scalar(1, self.n))

    def _step(
        self, before: Letter, letter: Letter, basis: Matrix | None, image: Matrix
    ) -> list[tuple[Matrix, Matrix]]:
        """``C P_k U B = W G``; return what was reached."""
        F, C = rows(self.F, letter.active), columns(self.C, letter.active)
        block = columns(rows(self.U, letter.active), before.active)
        moved = block if basis is None else times(block, basis)
        wanted = times(self.W, image)
        lost, fresh = self.units - len(letter.active), self.units - len(before.active)
        if letter.span is Span.IMAGE:
            target = times(F, wanted)
            kept = scalar(1, len(before.active)) if basis is None else gram(basis)
            self._of_rank(kept, gram(target), lost)
            if self.variant is not Variant.GRAM:
                self._equal(moved, target)
        elif self.variant is not Variant.GRAM:
            self._equal(times(C, moved), wanted)
            if lost == 0:
                self.whole_columns |= set(before.active)
        if basis is None:
            self._of_rank(gram(transposed(C)), gram(transposed(wanted)), fresh)
            if lost == fresh == 0 and self.scalar:
                self._equal(gram(transposed(C)), scalar(0, self.n))
        elif fresh == 0:
            self.whole_rows |= set(letter.active)
        return [(moved, wanted)]

    def _of_rank(self, left: Matrix, right: Matrix, rank: int) -> None:
        """``left - right`` is a Gram matrix of vectors in a space of dimension *rank*."""
        if rank == 0:
            self._equal(left, right)
            return
        rest = difference(left, right)
        for size in range(1, min(rank, len(rest)) + 1):
            for minor in principal_minors(rest, size):
                self._holds(minor >= 0)
        if rank < len(rest):
            for minor in principal_minors(rest, rank + 1):
                self._holds(minor == 0)

    def _orthogonal(self) -> None:
        every = list(range(self.units))
        lean = self.variant is Variant.LEAN
        right = sorted(self.whole_columns) if lean else every
        left = sorted(self.whole_rows) if lean else every
        self._equal(gram(columns(self.U, right)), scalar(1, len(right)))
        self._equal(gram(transposed(rows(self.U, left))), scalar(1, len(left)))

    def _equal(self, left: Matrix, right: Matrix) -> None:
        for a, b in zip(left, right, strict=True):
            for x, y in zip(a, b, strict=True):
                self._holds(x == y)

    def _holds(self, claim: Any) -> None:
        if not isinstance(claim, z3.ExprRef):
            claim = z3.BoolVal(bool(claim))
        if not z3.is_true(claim):
            self.assertions.append(claim)
