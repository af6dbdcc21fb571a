"""Integral lattices: kernels, neighbours, and orthonormal frames of unimodular lattices.

A lattice is given by the rows of an integer matrix over one positive denominator, in coordinates
of Q^N with the usual inner product.  Z^N is *unimodular*: integral, of determinant 1.

*Neighbours.*  If S is unimodular and x is a vector with ``x.x`` an integer, then
``{v in S: v.x integer} + Z x`` is unimodular and contains x: with m the order of x modulo S, the
first part has index m in S (``v -> v.x`` maps S onto ``(1/m) Z / Z``, because S is its own dual)
and index m in the sum.  No factorisation of m is needed.  (M. Kneser, 1957, for m = 2.)

*Frames.*  In a unimodular lattice a vector of norm 1 splits off.  If there is none, a vector w of
norm 4 outside 2S yields the neighbour by ``w/2``, in which ``w/2`` splits off; so a rational
orthonormal frame is reached with denominators 2, 4, ... only (E8 needs one such step).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from math import gcd, lcm

from flint import fmpz, fmpz_mat

from urnn_proofs.checks.exact.integers import block, exact_quotient, identity
from urnn_proofs.model.errors import UndecidedError

__all__ = [
    "kernel_basis",
    "orthonormal_frame",
    "quotient_basis",
    "reduce_gram",
    "unimodular_containing",
]

Lattice = tuple[fmpz_mat, int]


def reduce_gram(G: fmpz_mat) -> fmpz_mat:
    """Return a unimodular T such that ``T G T^T`` is LLL-reduced, G positive definite."""
    if G.nrows() < 2:
        return identity(G.nrows())
    return G.lll(rep="gram", transform=True)[1]


def kernel_basis(M: fmpz_mat) -> fmpz_mat:
    """Return a reduced basis (rows) of all integer vectors v with ``M v = 0``.

    Examples
    --------
    >>> kernel_basis(fmpz_mat([[1, 1, 1]])).nrows()
    2
    """
    conditions, size = M.nrows(), M.ncols()
    tagged = fmpz_mat(size, conditions + size)
    for i in range(size):
        for j in range(conditions):
            tagged[i, j] = M[j, i]
        tagged[i, conditions + i] = 1
    rows = [row for row in tagged.hnf().tolist() if not any(row[:conditions])]
    kernel = fmpz_mat(len(rows), size, [x for row in rows for x in row[conditions:]])
    return kernel.lll() if kernel.nrows() > 1 else kernel


def quotient_basis(G: fmpz_mat) -> tuple[fmpz_mat, fmpz_mat]:
    """Return (C, L) with ``G = C^T (L G L^T) C``, ``L G L^T`` definite and reduced, ``C L^T = I``.

    The rows of L span a complement of the radical ``{v: G v = 0}`` of the positive semidefinite G;
    C gives the coordinates modulo the radical.

    Examples
    --------
    >>> quotient_basis(fmpz_mat([[4, 2], [2, 1]]))
    ([2, 1], [0, 1])
    """
    size = G.nrows()
    coordinates = kernel_basis(kernel_basis(G))
    rank = coordinates.nrows()
    tagged = fmpz_mat(size, rank + size)
    for i in range(size):
        for j in range(rank):
            tagged[i, j] = coordinates[j, i]
        tagged[i, rank + i] = 1
    lifts = block(tagged.hnf(), range(rank), range(rank, rank + size))
    change = reduce_gram(lifts * G * lifts.transpose())
    lifts = change * lifts
    if rank:
        coordinates = change.transpose().inv().numer_denom()[0] * coordinates
    return coordinates, lifts


def unimodular_containing(vectors: fmpz_mat, denominator: int) -> Lattice:
    """Return a unimodular lattice that contains the given rows over the denominator.

    All inner products of the vectors must be integers.

    Examples
    --------
    >>> basis, den = unimodular_containing(fmpz_mat([[3, 4]]), 5)
    >>> basis.det(), den
    (25, 5)
    """
    size = vectors.ncols()
    lattice: Lattice = identity(size), 1
    for i in range(vectors.nrows()):
        lattice = _neighbour(lattice, (block(vectors, [i], range(size)), denominator))
    return lattice


def _neighbour(lattice: Lattice, vector: Lattice) -> Lattice:
    """Return ``{v in the lattice: v.x integer} + Z x``, LLL-reduced."""
    (basis, d), (x, e) = lattice, vector
    products = [int(entry) for entry in (basis * x.transpose()).entries()]
    kept = _multiples(products, d * e) * basis
    common = d * e // gcd(d, e)
    stacked = [*(kept * (common // d)).entries(), *(x * (common // e)).entries()]
    size = basis.ncols()
    return _lowest_terms(_row_basis(fmpz_mat(kept.nrows() + 1, size, stacked)), common)


def _multiples(products: list[int], modulus: int) -> fmpz_mat:
    """Return a basis of the integer vectors c with ``c . products = 0`` modulo the modulus."""
    size = len(products)
    tagged = fmpz_mat(size + 1, size + 1)
    for i, value in enumerate(products):
        tagged[i, 0] = value
        tagged[i, i + 1] = 1
    tagged[size, 0] = modulus
    return block(tagged.hnf(), range(1, size + 1), range(1, size + 1))


def _row_basis(M: fmpz_mat) -> fmpz_mat:
    """Return an LLL-reduced basis of the lattice that the rows generate."""
    rows = [row for row in M.hnf().tolist() if any(row)]
    basis = fmpz_mat(len(rows), M.ncols(), [x for row in rows for x in row])
    return basis.lll() if basis.nrows() > 1 else basis


def _lowest_terms(M: fmpz_mat, denominator: int) -> Lattice:
    common = denominator
    for entry in M.entries():
        common = int(fmpz(common).gcd(entry))
    return fmpz_mat(M.nrows(), M.ncols(), [x // common for x in M.entries()]), denominator // common


def orthonormal_frame(lattice: Lattice) -> Lattice:
    """Return an orthonormal basis of Q^N (rows) near a unimodular lattice.

    Coordinates of lattice vectors in this frame have powers of two as denominators, and are
    integers if the lattice is isometric to Z^N (always so for N <= 7) and reduction shows it.

    Raises
    ------
    UndecidedError
        If no vector of norm 1 or 4 is found.

    Examples
    --------
    >>> rows, den = orthonormal_frame(unimodular_containing(fmpz_mat([[3, 4]]), 5))
    >>> rows * rows.transpose() == fmpz_mat([[25, 0], [0, 25]]), den
    (True, 5)
    """
    basis, d = lattice
    size = basis.nrows()
    gram = exact_quotient(basis * basis.transpose(), d**2)
    # Rows of C over q are coordinates of what is not split off yet: small numbers throughout.
    C, q = identity(size), 1
    frame: list[fmpz_mat] = []
    units: list[int] = []
    while C.nrows():
        rest = exact_quotient(C * gram * C.transpose(), q**2)
        change = reduce_gram(rest)
        C, rest = change * C, change * rest * change.transpose()
        signs, norm = _short_combination(rest)
        C, rest, pivot = _exchange(C, rest, signs)
        if norm == 4:
            C, rest = _halve_row(C, rest, pivot)
            q *= 2
        frame.append(block(C, [pivot], range(size)) * basis)
        units.append(q * d)
        C = _orthogonal_to_row(C, rest, pivot)
    common = lcm(*units)
    rows = [x * (common // u) for row, u in zip(frame, units, strict=True) for x in row.entries()]
    return _lowest_terms(fmpz_mat(size, size, rows), common)


def _exchange(C: fmpz_mat, gram: fmpz_mat, signs: list[int]) -> tuple[fmpz_mat, fmpz_mat, int]:
    """Put a combination with coefficients 0, 1, -1 in the place of one of its terms."""
    size = C.nrows()
    pivot = next(i for i, s in enumerate(signs) if s)
    change = identity(size)
    for j, s in enumerate(signs):
        change[pivot, j] = s
    return change * C, change * gram * change.transpose(), pivot


def _halve_row(C: fmpz_mat, gram: fmpz_mat, pivot: int) -> tuple[fmpz_mat, fmpz_mat]:
    """Return the basis, times 2, of the neighbour by half the vector w in row *pivot*.

    Rows with odd product with w are paired with one of them, which is doubled.
    """
    size = C.nrows()
    odd = [j for j in range(size) if gram[j, pivot] % 2]
    change = identity(size, 2)
    change[pivot, pivot] = 1
    for j in odd:
        change[j, odd[0]] += 2
    return change * C, exact_quotient(change * gram * change.transpose(), 4)


def _orthogonal_to_row(C: fmpz_mat, gram: fmpz_mat, pivot: int) -> fmpz_mat:
    """Project the other rows along the unit vector in row *pivot*."""
    others = [j for j in range(C.nrows()) if j != pivot]
    change = fmpz_mat(len(others), C.nrows())
    for i, j in enumerate(others):
        change[i, j] = 1
        change[i, pivot] = -gram[j, pivot]
    return change * C


def _short_combination(gram: fmpz_mat) -> tuple[list[int], int]:
    """Return coefficients 0, 1, -1 of a vector of norm 1, or else of one of norm 4."""
    size = gram.nrows()
    table = [[int(x) for x in row] for row in gram.tolist()]
    norm_four = None
    for used, signs in _small_combinations(size):
        pairs = list(zip(used, signs, strict=True))
        norm = sum(s * t * table[i][j] for i, s in pairs for j, t in pairs)
        if norm == 1 or (norm == 4 and norm_four is None):
            vector = [0] * size
            for i, s in pairs:
                vector[i] = s
            if norm == 1:
                return vector, 1
            norm_four = vector
    if norm_four is None:
        raise UndecidedError(
            f"no vector of norm 1 or 4 was found in a unimodular lattice of rank {size}; "
            f"try a smaller network or weights with fewer digits"
        )
    return norm_four, 4


def _small_combinations(size: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield supports and signs of combinations of at most four vectors, few if there are many."""
    for length in range(1, 5 if size <= 16 else 4):
        for used in combinations(range(size), length):
            for signs in product((1, -1), repeat=length - 1):
                yield used, (1, *signs)
