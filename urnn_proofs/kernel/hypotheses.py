"""The hypotheses of two theorems on numbers of states hold for the given network of n states.

The theorems themselves are not derived here, so that the statement names the one that is assumed.
Both networks have ReLU, inputs have ``||x^k|| <= M``.  Checked in any case: ``||E W E^-1|| < 1``
for a positive diagonal E; an input x with ``|x| < M``, and h with ``h = W h + F x + b``; a
partition of the units into parts that W does not connect; for each part a polynomial p without
repeated roots.  As ``ker p(W_part)`` is the sum of the eigenspaces at the roots of p, some
eigenvalue of the part has at least ``dim ker p(W_part) / deg p`` dimensions; without p this is 1.
L is at most n plus what the parts have together.

"n+mu": h > 0, one part, and ``[F, W F, ..., W^{n-1} F]``, ``[C; C W; ...; C W^{n-1}]`` have rank n.
"theorem-B": h = 0, and F and C have rank n.
"""

from fractions import Fraction
from typing import Any

from .linear import Integers, Matrix, bits, defect, gram, semidefinite_rank, whole
from .networks import Network, activation, input_bound, network
from .reading import MAX_SIZE, SHORT, Budget, Malformed, Rejected, fields, items, vector, word


def check_hypotheses(claim: Any, evidence: Any, budget: Budget) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    rnn_, phi_, M_, name, least = fields(
        claim, "claim", "rnn", "activation", "input_bound", "theorem", "states"
    )
    (net, _), phi, M = network(rnn_), activation(phi_), input_bound(M_)
    name = word(name, "theorem", "n[+]mu|theorem-B")
    x_, h_, E_, parts_ = fields(evidence, "evidence", "input", "fixed_point", "scaling", "parts")
    x, h, E = vector(x_, "input"), vector(h_, "fixed_point"), vector(E_, "scaling", SHORT)
    n = len(net.W)
    if len(x) != len(net.F[0]) or len(h) != n or type(least) is not int or least < 1:
        raise Malformed("input, fixed_point or states do not fit")
    if phi is None or not phi.relu:
        raise Rejected("the activation is not relu")
    if sum(v * v for v in x) >= M * M:
        raise Rejected("the input is not shorter than M")
    for row, drive, c, state in zip(net.W, net.F, net.b, h):
        if sum(w * v for w, v in zip(row, h)) + sum(f * v for f, v in zip(drive, x)) + c != state:
            raise Rejected("h is no fixed point")
    gap = defect(net.rescaled(E).W, Fraction(1), budget)
    if semidefinite_rank(gap, budget) != n:
        raise Rejected("the rescaled W is no contraction")
    parts = [_part(item, n) for item in items(parts_, "parts", n, 1)]
    _check_partition(net.W, [units for units, _ in parts])
    if name == "theorem-B":
        ok = not any(h) and _rank(whole(net.F)[0], budget) == n == _rank(whole(net.C)[0], budget)
    else:
        ok = min(h) > 0 and len(parts) == 1 and _is_minimal(net, budget)
    if not ok:
        raise Rejected("a fixed point with another sign, or F, C or their Krylov spaces too small")
    counted = sum(
        _eigenspace([[net.W[i][j] for j in units] for i in units], p, budget) for units, p in parts
    )
    if least > n + counted:
        raise Rejected("the eigenspaces are too small")
    return (
        f"the hypotheses of the theorem {name!r} hold for an RNN with {n} states ({len(x)} inputs, "
        f"{len(net.C)} outputs), relu and all inputs with ||x^k|| <= {M}; by that theorem, which "
        f"is assumed here, every relu URNN with the same outputs has at least {least} states"
    )


def _part(data: Any, n: int) -> tuple[list[int], list[int]]:
    units_, coefficients = fields(data, "part", "units", "polynomial")
    units = items(units_, "units", n, 1)
    if any(type(i) is not int or not 0 <= i < n for i in units):
        raise Malformed("units must be numbers of units")
    p = vector(coefficients, "polynomial")
    if len(p) == 1 or len(p) > MAX_SIZE or (p and p[-1] == 0) or any(c.denominator > 1 for c in p):
        raise Malformed("a polynomial has integer coefficients, degree 1 or more, or is empty")
    return units, [c.numerator for c in p]


def _check_partition(W: Matrix, parts: list[list[int]]) -> None:
    owner = {i: k for k, units in enumerate(parts) for i in units}
    if len(owner) != len(W) or sum(map(len, parts)) != len(W):
        raise Rejected("the parts do not hold every unit once")
    for i, row in enumerate(W):
        if any(x and owner[i] != owner[j] for j, x in enumerate(row)):
            raise Rejected("W connects two parts")


def _eigenspace(W: Matrix, p: list[int], budget: Budget) -> int:
    """Return ``dim ker p(W) / deg p``, rounded up, and at least 1."""
    if not p:
        return 1
    if not _has_simple_roots([Fraction(c) for c in p]):
        raise Rejected("a polynomial has a repeated root")
    (N, d), n, degree = whole(W), len(W), len(p) - 1
    size = (degree * (bits(N) + d.bit_length() + n) + bits([p])) // 30 + 1
    budget.spend(degree * n**3 * size**2)
    value = [[0] * n for _ in range(n)]
    for k in range(degree, -1, -1):  # d^degree p(N / d)
        value = _product(value, N)
        for i in range(n):
            value[i][i] += p[k] * d ** (degree - k)
    return max(1, -(-(n - _rank(value, budget)) // degree))


def _has_simple_roots(p: list[Fraction]) -> bool:
    """Decide whether p and its derivative have no common factor, by Euclid's algorithm."""
    a, b = p, [k * c for k, c in enumerate(p)][1:]
    while b:
        while len(a) >= len(b):
            factor = a[-1] / b[-1]
            shift = len(a) - len(b)
            a = [c - (factor * b[k - shift] if k >= shift else 0) for k, c in enumerate(a)]
            while a and a[-1] == 0:
                a.pop()
        a, b = b, a
    return len(a) == 1


def _is_minimal(net: Network, budget: Budget) -> bool:
    transposed = [list(column) for column in zip(*net.W)]
    readings = [list(column) for column in zip(*net.C)]
    return _is_reachable(net.W, net.F, budget) and _is_reachable(transposed, readings, budget)


def _is_reachable(W: Matrix, F: Matrix, budget: Budget) -> bool:
    """Decide ``rank [F, W F, ..., W^{n-1} F] = n``; blocks may carry positive factors."""
    N, block, n = whole(W)[0], whole(F)[0], len(W)
    if _rank(block, budget) == n:
        return True
    budget.spend(n**3 * len(F[0]) * ((bits(block) + n * (bits(N) + n)) // 30 + 1) ** 2)
    rows: Integers = [[] for _ in range(n)]
    for _ in range(n):
        rows = [row + more for row, more in zip(rows, block)]
        block = _product(N, block)
    return _rank(rows, budget) == n


def _product(A: Integers, B: Integers) -> Integers:
    columns = list(zip(*B))
    return [[sum(x * y for x, y in zip(row, column)) for column in columns] for row in A]


def _rank(M: Integers, budget: Budget) -> int:
    """Return the rank of M, which is that of its Gram matrix."""
    if not any(map(any, M)):
        return 0
    return semidefinite_rank(gram(M, budget), budget) or 0
