"""Two given networks have the same outputs for all inputs with ``||x^k|| <= M`` and all k.

``h^k = relu(W h^{k-1} + F x^k + b)``, ``y^k = C h^k``, ``h^{-1} = h_init``; the second network has
``U = diag(sqrt alpha) R diag(sqrt beta)`` in place of W.  What is checked, and why it suffices:

0. relu(E z) = E relu(z) for a positive diagonal E, so the first network may be replaced by
   ``(E W E^-1, E F, E b, C E^-1, E h_init)``, as it is from here on.
1. U is orthogonal, and its upper left n x n block is W (its scales are 1 there).
2. ``F_u = [F; 0]``, ``b_u = [b; -H ... -H]``, ``C_u = [C, 0]``, ``h_u,init = [h_init; 0]``.
3. ``||h_init|| <= H``, and a rule that keeps ``||h^k|| <= H``:
   "norm": ``||W|| <= rho < 1``, ``||F|| <= f``, ``||b|| <= beta``, ``rho H + f M + beta <= H``;
   relu is non-expansive and relu(0) = 0, so ``||h^k|| <= rho H + f M + beta <= H``;
   "sign" (rho = 0): no entry of W is positive and none of h_init negative, same inequality.
   States are nonnegative, so ``W h <= 0`` and ``0 <= h^k <= relu(F x^k + b)`` entrywise.

By induction ``h_u^k = [h^k; 0]``: the upper rows of ``U [h; 0]`` are ``W h``.  A lower row gives
``a . h`` with a part of a row of an orthogonal matrix, so ``||a|| <= 1``; by Cauchy-Schwarz
``a . h - H <= ||a|| ||h|| - H <= 0``, and relu gives 0.  Hence ``C_u h_u^k = C h^k``.
"""

from typing import Any

from .linear import is_orthogonal, norm_at_most
from .reading import Malformed, Rejected, fields, matrix, rational, vector

_WEIGHTS = ("F", "b", "C", "h_init", "activation")
_NUMBERS = ("H", "rho", "F_norm", "b_norm")


def check_equivalence(claim: Any, evidence: Any) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    rnn, urnn, bound = fields(claim, "claim", "rnn", "urnn", "input_bound")
    W_, *weights = fields(rnn, "rnn", "W", *_WEIGHTS)
    R_, alpha_, beta_, *weights_u = fields(urnn, "urnn", "R", "alpha", "beta", *_WEIGHTS)
    W, R, M = matrix(W_, "W"), matrix(R_, "R"), rational(bound, "input_bound")
    alpha, beta = vector(alpha_, "alpha"), vector(beta_, "beta")
    n, N = len(W), len(R)
    if not (len(W[0]) == n <= len(R[0]) == N <= 2 * n):
        raise Malformed("W must be n x n and R must be N x N with n <= N <= 2n")
    F, b, C, start = _read(weights, n)
    F_u, b_u, C_u, start_u = _read(weights_u, N)
    rule, scaling, *numbers = fields(evidence, "evidence", "rule", "scaling", *_NUMBERS)
    H, rho, f, b_norm = (rational(x, "evidence") for x in numbers)
    E = vector(scaling, "scaling")  # 0.
    if len(E) != n or min(E) <= 0:
        raise Rejected("the scaling does not fit or is not positive")
    W = [[e * x / c for x, c in zip(row, E)] for e, row in zip(E, W)]
    F, C = [[e * x for x in r] for e, r in zip(E, F)], [[x / e for x, e in zip(r, E)] for r in C]
    b, start = [e * x for e, x in zip(E, b)], [e * x for e, x in zip(E, start)]
    if [row[:n] for row in R[:n]] != W or {*alpha[:n], *beta[:n]} != {1}:  # 1.
        raise Rejected("the upper left block of U is not W")
    if not is_orthogonal(R, alpha, beta):
        raise Rejected("U is not orthogonal")
    if F_u != F + [[0] * len(F[0])] * (N - n) or C_u != [row + [0] * (N - n) for row in C]:
        raise Rejected("F_u is not [F; 0] or C_u is not [C, 0]")
    if b_u != b + [-H] * (N - n) or start_u != start + [0] * (N - n):  # 2.
        raise Rejected("b_u is not [b; -H] or h_u,init is not [h_init; 0]")
    if M < 0 or H < 0 or sum(x * x for x in start) > H * H:  # 3.
        raise Rejected("M or H is negative, or ||h_init|| exceeds H")
    if not norm_at_most(F, f) or not norm_at_most([[x] for x in b], b_norm):
        raise Rejected("||F|| or ||b|| exceeds its claimed bound")
    if rule == "norm":
        if not (rho < 1 and norm_at_most(W, rho)):
            raise Rejected("||W|| exceeds rho, or rho is not below 1")
    elif rule != "sign" or rho != 0:
        raise Malformed("rule must be 'norm', or 'sign' with rho = 0")
    elif any(x > 0 for row in W for x in row) or any(x < 0 for x in start):
        raise Rejected("W has a positive entry or h_init a negative one")
    if rho * H + f * M + b_norm > H:
        raise Rejected("rho H + f M + beta exceeds H: the state bound is not kept")
    return (
        f"an RNN with {n} states ({len(F[0])} inputs, {len(C)} outputs) and a URNN with {N} states "
        f"have the same outputs for all k and all inputs with ||x^k|| <= {M}"
    )


def _read(values: list[Any], size: int) -> Any:
    """Read F, b, C, h_init of a network with *size* states."""
    F, C = matrix(values[0], "F"), matrix(values[2], "C")
    b, start = vector(values[1], "b"), vector(values[3], "h_init")
    if len(F) == len(b) == len(C[0]) == len(start) == size and values[4] == "relu":
        return F, b, C, start
    raise Malformed("F, b, C, h_init must fit the number of states, activation must be 'relu'")
