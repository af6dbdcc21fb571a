"""Vectors of given norm in an affine subspace of Q^N, without factoring large numbers.

Wanted is y in ``y0 + L`` with ``y.y`` given, where L is spanned by integer vectors (the *free*
directions).  If L has dimension 4 or more such a y exists whenever the norm is large enough (Hasse
and Minkowski: five variables suffice at every prime), in dimension 3 mostly.

Take orthogonal f1, f2 in L whose norms a, b are prime up to small factors, and integer vectors w in
``s y0 + L``.  Replacing the part of w along f1, f2 leaves the conic

    a x^2 + b y^2 = u,   u = s^2 (y.y) - w.w + (w.f1)^2 / a + (w.f2)^2 / b,

and w is changed until ``a b u`` is prime up to small factors and the conic has a point.  No
determinant of L enters u, and with w as long as possible u is small.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, islice, product
from math import gcd, isqrt
from random import Random
from typing import NamedTuple

from flint import fmpz, fmpz_mat

from urnn_proofs.checks.exact.integers import block, identity
from urnn_proofs.guesses.rational.conic import solve_conic
from urnn_proofs.guesses.rational.factors import Factors, factor_easily, split_square, strip_small
from urnn_proofs.guesses.rational.lattice import kernel_basis, quotient_basis, reduce_gram

__all__ = ["fixed_part", "vector_of_norm"]

_PLANES = 4
_EASY_BITS = 64
# FLINT needs about a tenth of a second for this size, and it is done once.
_COMMON_BITS = 128
_SAMPLES = 6
# Where local conditions exclude every vector, conics without points are met instead.
_POINTLESS = {2: 1, 3: 16}
_POINTLESS_OTHERWISE = 64


class _Affine(NamedTuple):
    """``w0 / e`` plus the free directions; *rest* of *norm* is left for these directions."""

    w0: fmpz_mat
    e: int
    norm: int
    rest: Fraction


class _Plane(NamedTuple):
    """Orthogonal f1, f2 with their factored norms; see the module's docstring."""

    f1: fmpz_mat
    f2: fmpz_mat
    a: Factors
    b: Factors


def vector_of_norm(
    free: fmpz_mat, w0: fmpz_mat, e: int, norm: int, *, seed: int = 0
) -> list[Fraction] | None:
    """Return y with ``y.y = norm`` and ``y - w0/e`` in the span of *free*, or None.

    None says only that nothing was found.

    Parameters
    ----------
    free
        Linearly independent integer rows, (k, N), a basis of all integer vectors in their span.
    w0, e
        An integer vector (1, N) and a positive integer; ``w0/e`` is some vector of the subspace.
    norm
        The norm wanted, positive.

    Examples
    --------
    >>> free = fmpz_mat([[1, -1, 0, 0], [0, 1, -1, 0], [0, 0, 0, 1]])
    >>> y = vector_of_norm(free, fmpz_mat([[1, 0, 0, 0]]), 1, 6)
    >>> sum(y[:3]), sum(x**2 for x in y)
    (Fraction(1, 1), Fraction(6, 1))
    """
    size = free.nrows()
    base = fixed_part(free, w0, e)
    rest = norm - sum((x * x for x in base), Fraction(0))
    if rest <= 0:
        return base if rest == 0 else None
    found = _along_short_vector(free, base, rest)
    if found is None and size >= 2:
        found = _search(free, _Affine(w0, e, norm, rest), Random(seed))
    return found if found is not None and sum(x * x for x in found) == norm else None


def fixed_part(free: fmpz_mat, w0: fmpz_mat, e: int) -> list[Fraction]:
    """Return the part of ``w0/e`` that is orthogonal to the free directions."""
    x = [Fraction(int(v), e) for v in w0.entries()]
    if not free.nrows():
        return x
    inside, q = (free * free.transpose()).solve(free * w0.transpose()).numer_denom()
    away = (inside.transpose() * free).entries()
    return [v - Fraction(int(u), int(q) * e) for v, u in zip(x, away, strict=True)]


def _along_short_vector(
    free: fmpz_mat, base: list[Fraction], rest: Fraction
) -> list[Fraction] | None:
    for combination in _short_combinations(free.nrows()):
        v = [int(x) for x in (combination * free).entries()]
        ratio = rest / sum(x * x for x in v)
        root = Fraction(isqrt(ratio.numerator), isqrt(ratio.denominator))
        if root**2 == ratio:
            return [p + root * x for p, x in zip(base, v, strict=True)]
    return None


def _short_combinations(size: int) -> Iterator[fmpz_mat]:
    for count in range(1, min(size, 3) + 1):
        for used in combinations(range(size), count):
            for signs in product((1, -1), repeat=count - 1):
                v = fmpz_mat(1, size)
                for i, s in zip(used, (1, *signs), strict=True):
                    v[0, i] = s
                yield v


def _search(free: fmpz_mat, affine: _Affine, random: Random) -> list[Fraction] | None:
    size = free.nrows()
    planes = _PLANES
    if size == 2:  # the only plane: its determinant and what is left have to be easy
        planes = 1
        if factor_easily(int((free * free.transpose()).det())) is None:
            return None
    for attempt in range(planes):
        plane = _choose_plane(free, random, simple=attempt == 0)
        if plane is None:
            continue
        common = _common_factors(plane, _candidates(free, plane, affine, random))
        if common is None:
            return None
        pointless = 0
        seen = set()
        for w, s, u in _candidates(free, plane, affine, random):
            factors = None if u in seen else _promising(u, plane, common)
            seen.add(u)
            if factors is None:
                continue
            point = solve_conic(plane.a, plane.b, factors) if u else (Fraction(0), Fraction(0))
            if point is not None:
                return _assemble(plane, w, s, point, u.denominator)
            pointless += 1
            if pointless == _POINTLESS.get(size, _POINTLESS_OTHERWISE):
                break
    return None


def _assemble(
    plane: _Plane, w: fmpz_mat, s: int, point: tuple[Fraction, Fraction], root: int
) -> list[Fraction]:
    """Replace the part of w along the plane by the point, and divide by s."""
    result = [Fraction(int(x)) for x in w.entries()]
    for f, coordinate in zip((plane.f1, plane.f2), point, strict=True):
        change = coordinate / root - Fraction(_dot(w, f), _dot(f, f))
        result = [x + change * int(v) for x, v in zip(result, f.entries(), strict=True)]
    return [x / s for x in result]


def _dot(v: fmpz_mat, w: fmpz_mat) -> int:
    return int((v * w.transpose())[0, 0])


def _choose_plane(free: fmpz_mat, random: Random, *, simple: bool) -> _Plane | None:
    """Choose f1 (if *simple* f2 too) among the basis vectors if their norms are nearly prime."""
    first = _nearly_prime_vector(free, {}, random, simple=True)
    if first is None:
        return None
    orthogonal = _orthogonal(free, first[0])
    second = _nearly_prime_vector(orthogonal, first[1], random, simple=simple)
    if second is None:
        return None
    return _Plane(first[0], second[0], first[1], second[1])


def _orthogonal(free: fmpz_mat, f: fmpz_mat) -> fmpz_mat:
    """Return a reduced basis of the lattice vectors orthogonal to f."""
    basis = kernel_basis(f * free.transpose()) * free
    return reduce_gram(basis * basis.transpose()) * basis


def _nearly_prime_vector(
    basis: fmpz_mat, known: Factors, random: Random, *, simple: bool
) -> tuple[fmpz_mat, Factors] | None:
    """Return a short lattice vector whose norm is factored easily: 1, or nearly prime."""
    size = basis.nrows()
    lengths = [int(x) for x in (basis * basis.transpose()).entries()[:: size + 1]]
    order = sorted(range(size), key=lengths.__getitem__)
    tries = 40 + 4 * max(lengths).bit_length() if size > 1 else 1
    for attempt in range(tries):
        reach = 1 + attempt // 20
        coefficients = [random.randint(-reach, reach) for _ in range(size)]
        if attempt < size and (simple or size == 1):
            coefficients = [int(i == order[attempt]) for i in range(size)]
        vector = fmpz_mat([coefficients]) * basis
        norm = _dot(vector, vector)
        factors = _factor_knowing(norm, known) if norm else None
        if factors is not None:
            return vector, factors
    return None


def _candidates(
    free: fmpz_mat, plane: _Plane, affine: _Affine, random: Random
) -> Iterator[tuple[fmpz_mat, int, Fraction]]:
    """Yield ``(w, s, u)`` with u >= 0, w as long as possible."""
    a, b = _dot(plane.f1, plane.f1), _dot(plane.f2, plane.f2)
    # w H w^T = ab (w.w - (w.f1)^2/a - (w.f2)^2/b)
    H = (
        identity(free.ncols(), a * b)
        - plane.f1.transpose() * plane.f1 * b
        - plane.f2.transpose() * plane.f2 * a
    )
    basis = quotient_basis(free * H * free.transpose())[1] * free
    gram = basis * H * basis.transpose()
    lowest = 1
    if basis.nrows():
        lowest += 2 * isqrt(int(int(gram[0, 0]) / (affine.rest * a * b * affine.e**2)))
    tries = 400 + 16 * (affine.norm * a * b).bit_length() if basis.nrows() else 1
    for attempt in range(tries):
        scale = lowest + random.randint(0, lowest + attempt // 4)
        s = scale * affine.e
        w = affine.w0 * scale
        if basis.nrows():
            reach = [isqrt(int(affine.rest * a * b * s**2 / x)) for x in _diagonal(gram)]
            w = _spread(w, basis, H, gram, reach, random)
            w = _prolong(w, basis, H, affine.norm * a * b * s**2, random)
        u = affine.norm * s**2 - Fraction(_dot(w * H, w), a * b)
        if u >= 0:
            yield w, s, u


def _diagonal(M: fmpz_mat) -> list[int]:
    return [int(x) for x in M.entries()[:: M.nrows() + 1]]


def _spread(
    w: fmpz_mat, basis: fmpz_mat, H: fmpz_mat, gram: fmpz_mat, reach: list[int], random: Random
) -> fmpz_mat:
    """Move w by lattice vectors: near the shortest of its class, then at random within reach."""
    numerators, q = gram.solve(basis * H * w.transpose()).numer_denom()
    size = basis.nrows()
    move = [-((2 * int(x) + int(q)) // (2 * int(q))) for x in numerators.entries()]
    for i in range(1, size):
        limit = min(reach[i] // size, 1000)
        move[i] += random.randint(-limit, limit)
    return w + fmpz_mat([move]) * basis


def _prolong(w: fmpz_mat, basis: fmpz_mat, H: fmpz_mat, limit: int, random: Random) -> fmpz_mat:
    """Add the multiple of the first basis vector that makes ``w H w^T`` just less than *limit*."""
    first = block(basis, [0], range(basis.ncols()))
    square, half = _dot(first * H, first), _dot(first * H, w)
    room = half**2 + square * (limit - _dot(w * H, w))
    if room < 0:
        return w
    step = (isqrt(room) - half) // square - random.randint(0, 2)
    if random.random() < 0.5:
        step = -((isqrt(room) + half) // square) + random.randint(0, 2)
    return w + first * step


def _common_factors(
    plane: _Plane, candidates: Iterator[tuple[fmpz_mat, int, Fraction]]
) -> Factors | None:
    """Factor what divides every u (a repeated eigenvalue does that); None if it is hard."""
    divisor = 0
    for _, _, u in islice(candidates, _SAMPLES):
        divisor = gcd(divisor, u.numerator)
    _, rest = _without(divisor, {**plane.a, **plane.b}) if divisor else ({}, 1)
    return factor_easily(rest, bits=_COMMON_BITS)


def _promising(u: Fraction, plane: _Plane, common: Factors) -> Factors | None:
    """Return the factorisation of ``u q^2``, q the denominator of u, if a point is likely."""
    if u == 0:
        return {}
    value = u.numerator * u.denominator
    a, b = split_square(plane.a)[0], split_square(plane.b)[0]
    known = {**plane.a, **plane.b, **common}
    rest = strip_small(_without(value, known)[1])[1]
    if rest.bit_length() > _EASY_BITS and fmpz(-_product(a) * _product(b)).jacobi(rest) == -1:
        return None
    return _factor_knowing(value, known)


def _factor_knowing(value: int, known: Factors) -> Factors | None:
    """Factor easily, the known primes removed first."""
    factors, rest = _without(value, known)
    others = factor_easily(rest, bits=_EASY_BITS)
    return None if others is None else {**factors, **others}


def _without(value: int, primes: Factors) -> tuple[dict[int, int], int]:
    factors: dict[int, int] = {}
    for p in primes:
        while value % p == 0:
            value //= p
            factors[p] = factors.get(p, 0) + 1
    return factors, value


def _product(factors: Factors) -> int:
    result = 1
    for p in factors:
        result *= p
    return result
