"""The hypotheses of two theorems on numbers of states hold for the given network of n states.

The theorems themselves are not derived here, so that the statement names the one that is assumed.
Coq proved "n+mu" for ``||W|| < 1``, and for real lambda after a scaling; nothing here uses that.
Both networks have ReLU, inputs have ``||x^k|| <= M``.  Checked in any case: ``||E W E^-1|| < 1``
for a positive diagonal E; an input x with ``|x| < M``, and h with ``h = W h + F x + b``; a
partition of the units into parts that W does not connect, each with a number lambda or none.  L is
at most n plus the sum of ``dim ker(W_part - lambda)``, or 1 if that is less or there is no lambda.

"n+mu": h > 0, one part, and ``[F, W F, ..., W^{n-1} F]``, ``[C; C W; ...; C W^{n-1}]`` have rank n.
"2n-iff-diagonal": h = 0, and F and C have rank n.
"""

from fractions import Fraction
from typing import Any

from .linear import Integers, Matrix, bits, defect, semidefinite_rank, whole
from .lower_bound import rank
from .networks import Network, activation, input_bound, network
from .reading import SHORT, Budget, Malformed, Rejected, fields, items, rational, vector, word


def check_hypotheses(claim: Any, evidence: Any, budget: Budget) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    rnn_, phi_, M_, theorem, least = fields(
        claim, "claim", "rnn", "activation", "input_bound", "theorem", "states"
    )
    (net, _), phi, M = network(rnn_), activation(phi_), input_bound(M_)
    theorem = word(theorem, "theorem", "n[+]mu|2n-iff-diagonal")
    x_, h_, E_, parts_ = fields(evidence, "evidence", "input", "fixed_point", "scaling", "parts")
    x, h, E = vector(x_, "input"), vector(h_, "fixed_point"), vector(E_, "scaling", SHORT)
    n = len(net.W)
    parts = [fields(part, "part", "units", "eigenvalue") for part in items(parts_, "parts", n, 1)]
    if len(x) != len(net.F[0]) or len(h) != n or type(least) is not int or least < 1:
        raise Malformed("the input, the fixed point or the number of states does not fit")
    if phi is None or not phi.relu or sum(v * v for v in x) >= M * M:
        raise Rejected("the activation is not relu, or the input is not shorter than M")
    if not _is_fixed(net, x, h, budget):
        raise Rejected("h is no fixed point")
    if semidefinite_rank(defect(net.rescaled(E).W, Fraction(1), budget), budget) != n:
        raise Rejected("W, rescaled, is no contraction")
    columns = [list(column) for column in zip(*net.C)]
    transposed = [list(column) for column in zip(*net.W)]
    if theorem == "2n-iff-diagonal":
        ok = not any(h) and rank(net.F, budget) == rank(columns, budget) == n
    else:
        ok = min(h) > 0 and len(parts) == 1
        ok = ok and rank(_krylov(net.W, net.F, budget), budget) == n
        ok = ok and rank(_krylov(transposed, columns, budget), budget) == n
    if not ok or least > n + _counted(net.W, parts, budget):
        raise Rejected("the fixed point, the ranks or the eigenspaces do not suffice")
    return (
        f"the hypotheses of the theorem {theorem!r} hold for an RNN with {n} states ({len(x)} "
        f"inputs, {len(columns[0])} outputs), relu and all inputs with ||x^k|| <= {M}; by that "
        f"theorem, which is assumed, every relu URNN with the same outputs has at least {least} "
        f"state{'s' * (least > 1)}"
    )


def _is_fixed(net: Network, x: list[Fraction], h: list[Fraction], budget: Budget) -> bool:
    """Decide ``h = W h + F x + b``."""
    rows, d = whole([[*w, *f, c] for w, f, c in zip(net.W, net.F, net.b)])
    (given,), _ = whole([[*h, *x, Fraction(1)]])
    budget.spend(len(rows) * len(given) * (bits(rows) // 30 + 1) * (bits([given]) // 30 + 1))
    return all(sum(a * v for a, v in zip(row, given)) == d * v for row, v in zip(rows, given))


def _counted(W: Matrix, parts: list[list[Any]], budget: Budget) -> int:
    """Add up what the parts count, if they hold every unit once and W connects no two of them."""
    total, seen = 0, set[int]()
    for units_, eigenvalue in parts:
        units = items(units_, "units", len(W), 1)
        for i in units:
            if type(i) is not int or not 0 <= i < len(W) or i in seen:
                raise Malformed("the parts must hold numbers of units, each once")
            seen.add(i)
        if any(W[i][j] for i in units for j in {*range(len(W))} - {*units}):
            raise Rejected("W connects two parts")
        kernel = 1
        if eigenvalue is not None:
            shift = rational(eigenvalue, "eigenvalue", SHORT)
            shifted = [[W[i][j] - shift * (i == j) for j in units] for i in units]
            kernel = len(units) - rank(shifted, budget)
        total += max(1, kernel)
    if len(seen) != len(W):
        raise Malformed("the parts must hold every unit")
    return total


def _krylov(W: Matrix, F: Matrix, budget: Budget) -> Matrix:
    """Return ``[F, W F, ..., W^{n-1} F]``, its blocks with positive factors."""
    N, block, n = whole(W)[0], whole(F)[0], len(W)
    budget.spend(n**3 * len(F[0]) * ((bits(block) + n * (bits(N) + n)) // 30 + 1) ** 2)
    rows: Integers = [[] for _ in range(n)]
    for _ in range(n):
        rows = [row + more for row, more in zip(rows, block)]
        columns = list(zip(*block))
        block = [[sum(x * y for x, y in zip(row, c)) for c in columns] for row in N]
    return [[Fraction(x) for x in row] for row in rows]
