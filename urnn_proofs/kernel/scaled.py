"""A relu network and a URNN of rescaled states have the same outputs, for all k and inputs in X_M.

The second network is ``g^k = relu(R g^{k-1} + F x^k + b)``, ``y^k = C g^k``, with weights m > 0:
relu commutes with ``diag(sqrt m)``, so it is the URNN of the states ``diag(sqrt m) g``, if
``U = diag(sqrt m) R diag(sqrt m)^-1`` is orthogonal.  What is checked, and why it suffices:

1. U is orthogonal: ``R^T diag(m) R = diag(m)``.
2. Its first n units are those of the first network, with W in the upper left corner of R and the
   same F, b, C, h_init; the others, the gates, have F = C = 0 and start at 0.
3. A rule of :mod:`equivalence` gives ``||h^k|| <= H``, and gate u, with the row l of R on the first
   n units, has ``b_u <= 0`` and ``b_u^2 >= |l|^2 H^2``.

By induction ``g^k = [h^k; 0]``: gates have ``l . h + b_u <= |l| H + b_u <= 0`` by Cauchy-Schwarz.
"""

from typing import Any

from .equivalence import state_bound
from .linear import is_orthogonal
from .networks import activation, input_bound, network
from .reading import Budget, Malformed, Rejected, fields, vector


def check_scaled(claim: Any, evidence: Any, budget: Budget) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    first, second, phi_, M_ = fields(claim, "claim", "rnn", "urnn", "activation", "input_bound")
    (rnn, _), (urnn, (weights_,)) = network(first), network(second, "weights")
    phi, M, weights = activation(phi_), input_bound(M_), vector(weights_, "weights")
    (bound,) = fields(evidence, "evidence", "bound")
    n, m, N = len(rnn.W), len(rnn.F[0]), len(urnn.W)
    if N < n or len(urnn.F[0]) != m or len(weights) != N or min(weights) <= 0:
        raise Malformed("the networks or the weights do not fit")
    if phi is None or not phi.relu:
        raise Rejected("the activation is not relu")
    if not is_orthogonal(urnn.W, weights, [1 / x for x in weights], budget):
        raise Rejected("U is not orthogonal")
    if [row[:n] for row in urnn.W[:n]] != rnn.W or [row[:n] for row in urnn.C] != rnn.C:
        raise Rejected("the corner of R is not W, or the outputs are others")
    if urnn.F[:n] != rnn.F or urnn.b[:n] != rnn.b or urnn.h_init[:n] != rnn.h_init:
        raise Rejected("a unit is driven, or starts, otherwise than its original")
    idle = [*urnn.F[n:], urnn.h_init[n:], *(row[n:] for row in urnn.C)]
    if any(map(any, idle)):
        raise Rejected("a gate is driven or read, or does not start at 0")
    if N > n:
        H = state_bound(rnn, phi, M, bound, budget)
        for row, low in zip(urnn.W[n:], urnn.b[n:]):
            if low > 0 or low * low < H * H * sum(x * x for x in row[:n]):
                raise Rejected("the bias of a gate is too small")
    return (
        f"an RNN with {n} states ({m} inputs, {len(rnn.C)} outputs) and a URNN with {N} states, "
        f"both with the activation relu, have the same outputs for all k and all inputs with "
        f"||x^k|| <= {M}"
    )
