"""No URNN with fewer than L states has the same outputs as the given network of n states.

Both have the same piecewise linear phi; inputs have ``||x^k|| <= M``.  Checked: F and C have rank
n; some inputs shorter than M in whose last T >= 1 steps every unit is inside a piece of phi where
the slope is not 0.  And (a) or (b):

(a) ``L <= n + dim ker W`` and ``T >= L - n + 1``;
(b) ``L = n + 1``, ``||E W E^-1|| < 1`` for a positive diagonal E, all slopes are 0 or 1, T >= 2.

Why that suffices.  Let a URNN with N < L states, ``N = L - 1`` after adding idle units, have these
outputs; (a) uses of U only that it is invertible, (b) also that ``|det U| = 1``.  Nearby inputs are
inputs too.  Off a nowhere dense set of them every unit of the URNN stays inside a piece of phi, or
its preactivation is constant, at a knot; then it is not perturbed, and any slope of phi may stand
for its own.  Fix such inputs.  With D_k (URNN) and D'_k (the given network, invertible) the
diagonal matrices of slopes, perturbations obey
``dh^k = D_k (U dh^{k-1} + F_u dx^k)``, likewise with W.  Perturb the last T inputs only, numbered
from 0.  Let X_k be the span of what dh^k can be, ``E_k = D_k U X_{k-1}``, a_k the rank of D_k.
Equal outputs, ``C_u D_k F_u = C D'_k F`` of rank n, give ``a_k >= n`` and ``dim X_0 >= n``.
(a) For k >= 1, ``C_u X_k = C R^n`` has dimension n and ``C_u E_k = C D'_k W R^n`` has dimension
rank W, so ``dim X_k >= dim E_k + dim ker W``; and ``dim E_k >= dim X_{k-1} - (N - a_k)``.  Since
``N - a_k <= N - n < dim ker W``, dim X_k grows with k; at ``k = L - n = N - n + 1`` it exceeds N.
(b) N = n, so a_0 = a_1 = n and D_0, D_1, D'_0, D'_1 are identities: ``C_u F_u = C F`` and
``C_u U F_u = C W F``.  With F, C of rank n: ``C_u = C S, F = S F_u`` for an invertible S, and
``S U S^-1 = W``.  But ``|det U| = 1`` and ``|det W| < 1``.
"""

from bisect import bisect
from fractions import Fraction
from typing import Any

from .linear import Matrix, bits, defect, gram, semidefinite_rank, whole
from .networks import Network, PiecewiseLinear, activation, input_bound, network
from .reading import SHORT, Budget, Malformed, Rejected, fields, matrix, vector


def check_lower_bound(claim: Any, evidence: Any, budget: Budget) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    rnn_, phi_, M_, least = fields(claim, "claim", "rnn", "activation", "input_bound", "states")
    (net, _), phi, M = network(rnn_), activation(phi_), input_bound(M_)
    inputs_, scaling = fields(evidence, "evidence", "inputs", "scaling")
    inputs, n = matrix(inputs_, "inputs"), len(net.W)
    if phi is None or len(inputs[0]) != len(net.F[0]):
        raise Malformed("expected a piecewise linear activation, and inputs as F has")
    if type(least) is not int or least < 1:
        raise Malformed("states must be a whole number >= 1")
    if any(sum(x * x for x in row) >= M * M for row in inputs):
        raise Rejected("an input is not shorter than M")
    if (rank(net.F, budget), rank(net.C, budget)) != (n, n):
        raise Rejected("F or C has a rank below n")
    span = _active_steps(net, phi, inputs, budget)
    by_kernel = least <= 2 * n - rank(net.W, budget) and span >= max(least - n, 0) + 1
    E = vector(scaling, "scaling", SHORT)
    gap = defect(net.rescaled(E).W, Fraction(1), budget)
    by_norm = least == n + 1 and {*phi.slopes} <= {0, 1} and span >= 2
    if not by_kernel and not (by_norm and semidefinite_rank(gap, budget) == n):
        raise Rejected("the rank of W, its norm, or the number of active steps does not suffice")
    return (
        f"every URNN with the outputs of an RNN with {n} states ({len(inputs[0])} inputs, "
        f"{len(net.C)} outputs) for all inputs with ||x^k|| <= {M}, and with the same activation, "
        f"{phi}, has at least {least} state{'s' * (least > 1)}"
    )


def _active_steps(net: Network, phi: PiecewiseLinear, inputs: Matrix, budget: Budget) -> int:
    """Return for how many last steps every unit is inside a piece where the slope is not 0."""
    growth = sum(  # bits that one step may add to the numerator or denominator of a state
        bits(rows) + d.bit_length() + 8
        for rows, d in map(
            whole, (net.W, net.F, [net.b], inputs, [phi.knots], [phi.slopes], [phi.values])
        )
    )
    start, d = whole([net.h_init])
    size = (bits(start) + d.bit_length() + len(inputs) * growth) // 30 + 1
    budget.spend(4 * len(inputs) * len(net.W) * (len(net.W) + len(inputs[0])) * size**2)
    h, span = net.h_init, 0
    for x in inputs:
        z = [_dot(w, h) + _dot(f, x) + b for w, f, b in zip(net.W, net.F, net.b)]
        h = [phi(t) for t in z]
        inside = all(t not in phi.knots and phi.slopes[bisect(phi.knots, t)] for t in z)
        span = span + 1 if inside else 0
    return span


def _dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b)), Fraction(0))


def rank(M: Matrix, budget: Budget) -> int:
    """Return the rank of M, which is that of its Gram matrix."""
    return semidefinite_rank(gram(whole(M)[0], budget), budget) or 0
