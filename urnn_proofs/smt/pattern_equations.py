"""The derivative equations of a word of activity patterns, for Z3.

On an open set of inputs that keeps all n units of the RNN active over consecutive steps, and on
which the sets A_k of active units of the URNN do not change, equal outputs mean

    C P_k U P_{k-1} U ... P_i F = W^{k-i}   for all i <= k,      U^T U = I,

where P_k projects onto A_k and the RNN has F = C = I.  In terms of a basis B of X_{k-1} with
``C B = G`` the step to A_k says ``C P_k U B = W G``.  The basis is F where X is the image of F
(G = I), the unit vectors where X is everything (G = C), and otherwise what was reached so far.

Facts that hold anyway are asserted too, because Z3 does not find them by itself; they are the
lemmas of :mod:`urnn_proofs.smt.pattern_lemmas`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import z3

from urnn_proofs.smt.pattern_words import Letter, Span, Word, free_units

__all__ = ["Memory", "Variant", "equations"]

# Entries are Fractions, integers or Z3 terms.
Matrix = list[list[Any]]


class Variant(enum.Enum):
    """Which of the equations are asserted; UNSAT proves the same for either."""

    LEAN = "lean"  # fewer, which Z3 often finds easier to refute
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
            return _scalar(w, self.n), [w > -1, w < 1]
        if self.is_scalar:
            return _scalar(self.matrix[0][0], self.n), []
        similar = _unknowns("w", self.n, self.n)
        known: Matrix = [list(row) for row in self.matrix]
        left, right, traces = similar, known, []
        for _ in range(self.n):
            traces.append(_trace(left) == _trace(right))
            left, right = _times(left, similar), _times(right, known)
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
        LEAN asserts orthonormality only of the rows and columns of U that are used whole, and
        leaves out what the smallest step implies.
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
        self.units, self.n, self.lean = range(units), n, variant is Variant.LEAN
        self.scalar = memory.is_scalar
        self.U = _unknowns("u", units, units)
        self.F = _unknowns("f", units, n)
        self.C = _unknowns("c", n, units)
        square = any(letter.active == tuple(chosen) for letter in word)
        for row, unit in enumerate(chosen):
            for j in range(n):
                self.F[unit][j] = int(row == j)
                if square:  # C F = I on these units alone
                    self.C[j][unit] = int(row == j)
        self.W, self.assertions = memory.terms()
        self.smallest = min(len(letter.active) for letter in word)
        self._whole_rows: set[int] = set()
        self._whole_columns: set[int] = set()
        self._word(word)
        self._orthogonal()

    def _word(self, word: Word) -> None:
        before: Letter | None = None
        reached: list[tuple[Matrix | None, Matrix]] = []
        for letter in word:
            self._copies(letter)
            F = _rows(self.F, letter.active)
            C = _columns(self.C, letter.active)
            now: list[tuple[Matrix | None, Matrix]] = [(F, _scalar(1, self.n))]
            for basis, image in reached:
                assert before is not None
                now += self._step(before, letter, basis, image)
            if letter.span is Span.WHOLE:
                now = [(None, C)]
            elif letter.span is Span.IMAGE:
                now = now[:1]
            before, reached = letter, now

    def _copies(self, letter: Letter) -> None:
        """``C P_k F = I``."""
        F, C = _rows(self.F, letter.active), _columns(self.C, letter.active)
        square = len(letter.active) == self.n
        if square or not self.lean or self.smallest > self.n:
            self._equal(_times(C, F), _scalar(1, self.n))
        if square:
            self._equal(_times(F, C), _scalar(1, self.n))

    def _step(
        self, before: Letter, letter: Letter, basis: Matrix | None, image: Matrix
    ) -> list[tuple[Matrix, Matrix]]:
        """``C P_k U B = W G``; return what was reached."""
        F, C = _rows(self.F, letter.active), _columns(self.C, letter.active)
        block = _columns(_rows(self.U, letter.active), before.active)
        moved = block if basis is None else _times(block, basis)
        wanted = _times(self.W, image)
        onto_all = len(letter.active) == len(self.units)
        from_all = len(before.active) == len(self.units)
        if onto_all and letter.span is not Span.IMAGE:
            self._whole_columns |= set(before.active)
        if from_all and basis is not None:
            self._whole_rows |= set(letter.active)
        if letter.span is Span.IMAGE:
            target = _times(F, wanted)
            self._equal(moved, target)
            if onto_all:
                gram = _scalar(1, len(before.active)) if basis is None else _gram(basis)
                self._equal(_gram(target), gram)
        else:
            self._equal(_times(C, moved), wanted)
        if basis is None and from_all:
            self._equal(_gram(_transposed(C)), _gram(_transposed(wanted)))
            if onto_all and self.scalar:
                self._equal(_gram(_transposed(C)), _scalar(0, self.n))
        return [(moved, wanted)]

    def _orthogonal(self) -> None:
        columns = sorted(self._whole_columns) if self.lean else list(self.units)
        rows = sorted(self._whole_rows) if self.lean else list(self.units)
        self._equal(_gram(_columns(self.U, columns)), _scalar(1, len(columns)))
        self._equal(_gram(_transposed(_rows(self.U, rows))), _scalar(1, len(rows)))

    def _equal(self, left: Matrix, right: Matrix) -> None:
        for a, b in zip(left, right, strict=True):
            for x, y in zip(a, b, strict=True):
                if isinstance(x, z3.ExprRef) or isinstance(y, z3.ExprRef):
                    self.assertions.append(x == y)
                elif x != y:
                    self.assertions.append(z3.BoolVal(False))


def _unknowns(name: str, rows: int, columns: int) -> Matrix:
    return [[z3.Real(f"{name}_{i}_{j}") for j in range(columns)] for i in range(rows)]


def _scalar(value: Any, size: int) -> Matrix:
    return [[value if i == j else 0 for j in range(size)] for i in range(size)]


def _rows(matrix: Matrix, chosen: Sequence[int]) -> Matrix:
    return [matrix[i] for i in chosen]


def _columns(matrix: Matrix, chosen: Sequence[int]) -> Matrix:
    return [[row[j] for j in chosen] for row in matrix]


def _transposed(matrix: Matrix) -> Matrix:
    return [list(column) for column in zip(*matrix, strict=True)]


def _trace(matrix: Matrix) -> Any:
    return _sum([row[i] for i, row in enumerate(matrix)])


def _gram(matrix: Matrix) -> Matrix:
    return _times(_transposed(matrix), matrix)


def _times(left: Matrix, right: Matrix) -> Matrix:
    columns = _transposed(right)
    return [
        [_sum([_product(a, b) for a, b in zip(row, column, strict=True)]) for column in columns]
        for row in left
    ]


def _product(a: Any, b: Any) -> Any:
    for x, y in ((a, b), (b, a)):
        if not isinstance(x, z3.ExprRef):
            if x == 0:
                return 0
            if x == 1:
                return y
    return a * b


def _sum(terms: Sequence[Any]) -> Any:
    kept = [t for t in terms if isinstance(t, z3.ExprRef) or t != 0]
    return sum(kept[1:], kept[0]) if kept else 0
