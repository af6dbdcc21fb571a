"""Exact rational matrices: FLINT integers over one common denominator.

This is the number format of the whole package; ``model.number`` reads single numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz, fmpz_mat

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.floats import Parts, fraction_of, nearest, parts_of, quotient
from urnn_proofs.model.integers import block, identity
from urnn_proofs.model.number import exact_number, shorten, show_number

__all__ = ["RationalMatrix"]

#: What a caller passes may take so many bits over one denominator: a gigabyte of numerators.
MAX_BITS = 2**33


class RationalMatrix:
    """An exact matrix ``numerators / denominator`` with rational entries.

    Treated as immutable.  Build one with :meth:`parse` (anything a user passes),
    :meth:`from_fractions`, or from a FLINT integer matrix and a positive denominator.

    Examples
    --------
    >>> M = RationalMatrix.parse([[0.5, 1], [0, 3]], "M")
    >>> M[0, 0], M.shape
    (Fraction(1, 2), (2, 2))
    >>> (M @ M)[0, 1]
    Fraction(7, 2)
    """

    __slots__ = ("_denominator", "_floats", "_numerators")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, numerators: fmpz_mat, denominator: int = 1) -> None:
        if not isinstance(numerators, fmpz_mat):
            raise InputError(
                f"numerators are {shorten(numerators)}; expected a flint.fmpz_mat, or call "
                f"RationalMatrix.parse"
            )
        if denominator <= 0:
            raise InputError(
                f"denominator is {show_number(denominator)}; expected a positive integer"
            )
        self._numerators = numerators
        self._denominator = int(denominator)
        self._floats: np.ndarray[Any, np.dtype[np.float64]] | None = None

    # -- building ---------------------------------------------------------------------

    @classmethod
    def parse(cls, value: object, name: str, *, ndim: int = 2) -> RationalMatrix:
        """Read a matrix (``ndim=2``) or a vector (``ndim=1``, stored as one column).

        Raises
        ------
        InputError
            Naming *name* and the entry: ragged rows, wrong dimension, text, object arrays, masked
            arrays, NaN, infinity, complex numbers, booleans, or numbers so far apart that they
            would fill the memory.
        """
        if isinstance(value, RationalMatrix):
            if ndim == 1 and value.shape[1] != 1:
                raise InputError(f"{name} has shape {value.shape}; expected one column")
            return value
        if isinstance(value, np.ndarray):
            return cls._from_array(value, name, ndim)
        if not isinstance(value, (list, tuple, range)):
            raise InputError(
                f"{name} is {shorten(value)} of type {type(value).__name__}; expected a "
                f"{'matrix (list of rows)' if ndim == 2 else 'vector (list of numbers)'} "
                f"or a numpy array of numbers"
            )
        rows = _rows_of(value, name, ndim)
        found = [
            [exact_number(entry, _entry_name(name, i, j, ndim)) for j, entry in enumerate(row)]
            for i, row in enumerate(rows)
        ]
        denominator = fmpz(1)
        for x in {x.denominator for row in found for x in row}:
            denominator = denominator.lcm(x)  # of FLINT, fast for long numbers, too
            _refuse_too_long(sum(map(len, found)) * denominator.bit_length(), name)
        width = max((x.numerator.bit_length() for row in found for x in row), default=0)
        _refuse_too_long(sum(map(len, found)) * (width + denominator.bit_length()), name)
        return cls.from_fractions(found, columns=len(rows[0]) if rows else 1)

    @classmethod
    def _from_array(cls, array: np.ndarray[Any, Any], name: str, ndim: int) -> RationalMatrix:
        if type(array) not in (np.ndarray, np.memmap):  # masked arrays hide what they hold
            raise InputError(
                f"{name} is a {type(array).__name__}; expected a plain numpy array, such as "
                f"numpy.array({name}) makes of complete data"
            )
        if array.ndim != ndim:
            raise InputError(
                f"{name} has {array.ndim} dimensions, shape {array.shape}; expected {ndim}"
            )
        if array.dtype.kind not in "iuf":
            raise InputError(
                f"{name} is an array of dtype {array.dtype}; expected integers or floats "
                f"(for exact fractions pass nested lists of Fraction)"
            )
        table = array.reshape(array.shape[0], 1) if ndim == 1 else array
        if array.dtype.kind == "f":
            return cls._from_floats(table, name, ndim)
        return cls(_integer_matrix(table.tolist(), table.shape[1]), 1)

    @classmethod
    def _from_floats(cls, table: np.ndarray[Any, Any], name: str, ndim: int) -> RationalMatrix:
        long = table.dtype.itemsize > 8  # longdouble, which has a format of its own
        finite = np.isfinite(table) if long else (parts := parts_of(table)).finite
        bad = np.argwhere(~finite)
        if len(bad):
            i, j = (int(k) for k in bad[0])
            raise InputError(
                f"{_entry_name(name, i, j, ndim)} is {table[i, j]}; expected a finite number"
            )
        if long:
            rows = [[fraction_of(x) for x in row] for row in table]
            return cls.from_fractions(rows, columns=table.shape[1])
        matrix = cls._from_parts(parts, name)
        # Exact, and kept so that it need not be remade.  Shorter floats are all normal in float64.
        matrix._floats = (
            np.array(table, dtype=np.float64)
            if table.dtype.itemsize == 8
            else np.ldexp(parts.mantissa.astype(np.float64), parts.exponent)
        )
        return matrix

    @classmethod
    def _from_parts(cls, parts: Parts, name: str) -> RationalMatrix:
        mantissa = parts.mantissa
        even = np.maximum(mantissa & -mantissa, 1)  # the power of 2 in each
        odd = mantissa // even
        shifts = parts.exponent + np.frexp(even.astype(np.float64))[1] - 1
        lowest = int(shifts[odd != 0].min(initial=0))
        span = int(shifts[odd != 0].max(initial=0)) - lowest
        _refuse_too_long(mantissa.size * (span + 64), name)
        numerators = fmpz_mat(*mantissa.shape)
        for i, (row, by) in enumerate(zip(odd, shifts - lowest, strict=True)):
            for j, (m, s) in enumerate(zip(row.tolist(), by.tolist(), strict=True)):
                if m:
                    numerators[i, j] = m << s
        return cls(numerators, 1 << -lowest)

    @classmethod
    def from_fractions(
        cls, rows: Sequence[Sequence[Fraction | int]], columns: int | None = None
    ) -> RationalMatrix:
        """Put exact entries over their least common denominator."""
        width = len(rows[0]) if rows else (columns or 0)
        exact = [[x if type(x) is Fraction else Fraction(x) for x in row] for row in rows]
        denominator = fmpz(1)  # of FLINT, whose work on long numbers is less than quadratic
        for bottom in {x.denominator for row in exact for x in row}:
            denominator = denominator.lcm(bottom)
        table = [[(denominator // x.denominator) * x.numerator for x in row] for row in exact]
        return cls(_integer_matrix(table, width), int(denominator))

    @classmethod
    def zeros(cls, rows: int, columns: int) -> RationalMatrix:
        """Return the zero matrix."""
        return cls(fmpz_mat(rows, columns), 1)

    @classmethod
    def identity(cls, size: int) -> RationalMatrix:
        """Return the identity matrix.

        >>> RationalMatrix.identity(2)
        RationalMatrix([1 0; 0 1])
        """
        return cls(identity(size), 1)

    @classmethod
    def diagonal(cls, entries: Sequence[Fraction | int]) -> RationalMatrix:
        """Return the square matrix with these entries on its diagonal.

        >>> RationalMatrix.diagonal([1, Fraction(1, 2)])
        RationalMatrix([1 0; 0 1/2])
        """
        denominator = math.lcm(*(Fraction(x).denominator for x in entries))
        numerators = fmpz_mat(len(entries), len(entries))
        for i, x in enumerate(entries):
            numerators[i, i] = int(x * denominator)
        return cls(numerators, denominator)

    @classmethod
    def column(cls, entries: Sequence[Fraction | int]) -> RationalMatrix:
        """Return a vector as one column."""
        return cls.from_fractions([[x] for x in entries], columns=1)

    @classmethod
    def blocks(cls, grid: Sequence[Sequence[RationalMatrix]]) -> RationalMatrix:
        """Assemble a block matrix over the common denominator of its blocks."""
        denominator = math.lcm(*(block.denominator for row in grid for block in row))
        table: list[list[Any]] = []
        for row in grid:
            parts = [(b.numerators * (denominator // b.denominator)).tolist() for b in row]
            table += [
                [x for part in parts for x in part[i]] for i in range(row[0].numerators.nrows())
            ]
        return cls(_integer_matrix(table, sum(b.shape[1] for b in grid[0])), denominator)

    # -- reading ----------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._numerators.nrows(), self._numerators.ncols()

    @property
    def numerators(self) -> fmpz_mat:
        """The integer numerators (a FLINT matrix; do not change it in place)."""
        return self._numerators

    @property
    def denominator(self) -> int:
        """The common denominator, a positive integer (not always the least)."""
        return self._denominator

    @property
    def bits(self) -> int:
        """Bits of the largest numerator or of the denominator: what exact work scales with."""
        largest = max((int(x).bit_length() for x in self._numerators.entries()), default=0)
        return max(largest, self._denominator.bit_length())

    def __getitem__(self, index: tuple[int, int]) -> Fraction:
        return Fraction(int(self._numerators[index]), self._denominator)

    def to_fractions(self) -> list[list[Fraction]]:
        """Return the entries as a list of rows of Fractions."""
        den = self._denominator
        return [[Fraction(int(x), den) for x in row] for row in self._numerators.tolist()]

    def to_numpy(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the entries rounded to float64 (correctly rounded, infinite on overflow)."""
        if self._floats is not None:
            kept: np.ndarray[Any, np.dtype[np.float64]] = self._floats.copy()
            return kept
        den = self._denominator
        rows = [[quotient(int(x), den) for x in row] for row in self._numerators.tolist()]
        return np.array(rows, dtype=np.float64).reshape(self.shape)

    def to_floats(self, dtype: str) -> np.ndarray[Any, np.dtype[Any]]:
        """Return the entries rounded to the nearest ``"float32"`` or ``"float64"``.

        Halfway cases go to the even one; what is beyond the largest float is infinite.
        """
        found = self.to_numpy()
        if dtype == "float64":
            return found
        size = np.dtype(dtype).itemsize
        with np.errstate(over="ignore"):
            short = found.astype(dtype)
        # Rounded again: a half may have been rounded to, and a subnormal number may be lost.
        bits = found.view(np.int64)
        half = bits & (2**29 - 1) == 2**28
        for i, j in np.argwhere(half | (abs(found) < 2.0**-120) & (bits << 1 != 0)):
            numerator = int(self._numerators[int(i), int(j)])
            short.view(f"u{size}")[i, j] = nearest(numerator, self._denominator, size)
        return short

    def entries(self) -> list[Fraction]:
        """Return the entries row by row: those of a vector, if this is one column.

        >>> RationalMatrix.column([1, Fraction(1, 2)]).entries()
        [Fraction(1, 1), Fraction(1, 2)]
        """
        return [Fraction(int(x), self._denominator) for x in self._numerators.entries()]

    def rank(self) -> int:
        """Return the rank, exactly.

        >>> RationalMatrix.parse([[1, 2], [0.5, 1]], "A").rank()
        1
        """
        return int(self._numerators.rank())

    def frobenius_squared(self) -> Fraction:
        """Return the sum of the squared entries."""
        total = sum(int(x) ** 2 for x in self._numerators.entries())
        return Fraction(total, self._denominator**2)

    def is_zero(self) -> bool:
        """Tell whether every entry is zero."""
        return bool(self._numerators.is_zero())

    # -- arithmetic -------------------------------------------------------------------

    def __matmul__(self, other: RationalMatrix) -> RationalMatrix:
        return RationalMatrix(
            self._numerators * other._numerators, self._denominator * other._denominator
        )

    def __mul__(self, factor: Fraction | int) -> RationalMatrix:
        if not isinstance(factor, (Fraction, int)):
            return NotImplemented
        top, bottom = Fraction(factor).numerator, Fraction(factor).denominator
        return RationalMatrix(self._numerators * top, self._denominator * bottom)

    __rmul__ = __mul__

    def __add__(self, other: RationalMatrix) -> RationalMatrix:
        return RationalMatrix(
            self._numerators * other._denominator + other._numerators * self._denominator,
            self._denominator * other._denominator,
        )

    def __neg__(self) -> RationalMatrix:
        return RationalMatrix(-self._numerators, self._denominator)

    def __sub__(self, other: RationalMatrix) -> RationalMatrix:
        return self + (-other)

    def transpose(self) -> RationalMatrix:
        """Return the transpose."""
        return RationalMatrix(self._numerators.transpose(), self._denominator)

    def block(self, rows: Sequence[int], columns: Sequence[int]) -> RationalMatrix:
        """Return the submatrix on the given rows and columns, in this order.

        >>> RationalMatrix.parse([[1, 2, 3], [4, 5, 6]], "A").block([1], [2, 0])
        RationalMatrix([6 4])
        """
        return RationalMatrix(block(self._numerators, rows, columns), self._denominator)

    def reduced(self) -> RationalMatrix:
        """Return the same matrix over its least common denominator.

        >>> RationalMatrix(fmpz_mat([[2, 4]]), 6).reduced().denominator
        3
        """
        content = math.gcd(self._denominator, *(int(x) for x in self._numerators.entries()))
        if content == 1:
            return self
        entries = [x // content for x in self._numerators.entries()]
        return RationalMatrix(fmpz_mat(*self.shape, entries), self._denominator // content)

    def solve(self, right: RationalMatrix) -> RationalMatrix:
        """Return X with ``self @ X = right``.

        Raises
        ------
        ZeroDivisionError
            If the matrix is singular.

        >>> A = RationalMatrix.parse([[2, 0], [0, 4]], "A")
        >>> A.solve(RationalMatrix.column([1, 1]))
        RationalMatrix([1/2; 1/4])
        """
        solution = self._numerators.solve(right._numerators * self._denominator)
        numerators, denominator = solution.numer_denom()
        return RationalMatrix(numerators, int(denominator) * right._denominator)

    def replace(self, index: tuple[int, int], value: Fraction | int) -> RationalMatrix:
        """Return a copy with one entry changed."""
        rows = self.to_fractions()
        rows[index[0]][index[1]] = Fraction(value)
        return RationalMatrix.from_fractions(rows, columns=self.shape[1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RationalMatrix):
            return NotImplemented
        if self.shape != other.shape:
            return False
        return bool(self._numerators * other._denominator == other._numerators * self._denominator)

    def __repr__(self) -> str:
        rows, columns = self.shape
        if rows * columns > 36 or self.bits > 64:
            return self._sizes()
        rows_ = ([show_number(x, 12) for x in row] for row in self.to_fractions())
        body = "; ".join(map(" ".join, rows_))
        return f"RationalMatrix([{body}])" if len(body) <= 100 else self._sizes()

    def _sizes(self) -> str:
        rows, columns = self.shape
        return f"RationalMatrix({rows}x{columns}, {self.bits}-bit entries)"

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.values import matrix_html  # for notebooks, on demand

        return matrix_html(self)

    def _repr_latex_(self) -> str:
        from urnn_proofs.show.tex.math import matrix  # for notebooks, on demand

        return f"$\\displaystyle {matrix(self)}$"


def _integer_matrix(rows: Sequence[Sequence[Any]], columns: int) -> fmpz_mat:
    return fmpz_mat(len(rows), columns, [x for row in rows for x in row])


def _rows_of(value: Sequence[Any], name: str, ndim: int) -> list[list[Any]]:
    """Normalise nested sequences to a rectangular list of rows."""
    if ndim == 1:
        for i, entry in enumerate(value):
            if isinstance(entry, (list, tuple, range, np.ndarray)):
                raise InputError(f"{name}[{i}] is a sequence; expected a vector of numbers")
        return [[entry] for entry in value]
    rows = []
    for i, row in enumerate(value):
        if type(row) is np.ndarray and row.ndim == 1 and row.dtype.kind in "iuf":
            row = list(row)
        if not isinstance(row, (list, tuple, range)):
            raise InputError(
                f"{name}[{i}] is {shorten(row)} of type {type(row).__name__}; "
                f"expected a row of numbers ({name} is a matrix: a list of rows)"
            )
        rows.append(list(row))
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise InputError(
            f"{name} has rows of different lengths {sorted(lengths)}; expected a rectangle"
        )
    return rows


def _entry_name(name: str, i: int, j: int, ndim: int) -> str:
    return f"{name}[{i}, {j}]" if ndim == 2 else f"{name}[{i}]"


def _refuse_too_long(bits: int, name: str) -> None:
    if bits > MAX_BITS:
        raise InputError(
            f"{name} needs {bits} bits over one denominator; expected at most {MAX_BITS}, so fewer "
            f"entries or numbers of more similar size"
        )
