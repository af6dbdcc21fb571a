"""No URNN with fewer than L states has the same outputs as the given network of n states.

Both have the same piecewise linear phi; inputs have ``||x^k|| <= M``.  Checked: F and C have rank
n; some inputs shorter than M in whose last T >= 1 steps every unit is inside a piece of phi where
the slope is not 0.  And one of

(a) ``L <= n + dim ker W`` and ``T >= L - n + 1``;
(b) ``L = n + 1``, ``||E W E^-1|| < 1`` for a positive diagonal E, all slopes are 0 or 1, T >= 2;
(c) ``L = n + 2``, ``n >= 2``, ``W = w I``, ``|w| < 1``, all slopes are 0 or 1, ``T >= 5``.

Why that suffices.  Let a URNN with N < L states, ``N = L - 1`` after adding idle units, have these
outputs; only U invertible is used.  Nearby inputs are inputs too.  Off a nowhere dense set of them
every unit of the URNN stays inside a piece of phi; fix such inputs.  With D_k (URNN) and D'_k (the
given network, invertible) the diagonal matrices of slopes, perturbations obey
``dh^k = D_k (U dh^{k-1} + F_u dx^k)``, likewise with W.  Perturb the last T inputs only, numbered
from 0.  Let X_k be the span of what dh^k can be, ``E_k = D_k U X_{k-1}``, a_k the rank of D_k.
Equal outputs, ``C_u D_k F_u = C D'_k F`` of rank n, give ``a_k >= n`` and ``dim X_0 >= n``.
(a) For k >= 1, ``C_u X_k = C R^n`` has dimension n and ``C_u E_k = C D'_k W R^n`` has dimension
rank W, so ``dim X_k >= dim E_k + dim ker W``; and ``dim E_k >= dim X_{k-1} - (N - a_k)``.  Since
``N - a_k <= N - n < dim ker W``, dim X_k grows with k; at ``k = L - n = N - n + 1`` it exceeds N.
(b) N = n, so a_0 = a_1 = n and D_0, D_1, D'_0, D'_1 are identities: ``C_u F_u = C F`` and
``C_u U F_u = C W F``.  With F, C of rank n: ``C_u = C S, F = S F_u`` for an invertible S, and
``S U S^-1 = W``.  But ``|det U| = 1`` and ``|det W| < 1``.
(c) N = n + 1; U is orthogonal here. D'_k = I; D_k is I or ``P_k = I - e e^T`` (unit k is off).
With left and right inverses of C and F in C_u and F_u: ``C D_k F = I``, and ``C D_k U v = w C v``
on X_{k-1}. If X_{k-1} is R^N: ``C D_k C^T = w^2 C C^T``; with z orthogonal to C e, ``(1 - w^2)
|C^T z|^2 = 0``, z = 0: impossible as n >= 2. If D_k = I: dim X_k = n by this at k + 1, so ``U
D_{k-1} F = w F`` (both in X_k, where C is injective), ``F^T D_{k-1} F = w^2 F^T F``; impossible
likewise. So P_1, P_2, P_3 miss one unit each, X_k is the range of P_k, ``P_k F C P_k = P_k``, and
``P_k U P_{k-1} = w P_k F C P_{k-1}``. P_{k-1} = P_k = P gives ``P U P = w P``: U x = w x for x =
P x with e^T U x = 0, impossible. So they differ, missing e, then e'. A unit i on in both has
``i^T U = w i^T + u_i e^T``, ``u_i^2 = 1 - w^2``. If n >= 3 there are two of them, whose rows are
not orthogonal. If n = 2, ``C e e^T F = C e' e'^T F`` and ``e^T F C e = 1`` make C e a multiple of
C e'. The next one misses i: then C e' is a multiple of C i too, although P_k F C P_k = P_k makes
them independent; or e again: then ``i^T U = w i^T + u e'^T``, so u_i = 0.
"""

from bisect import bisect
from fractions import Fraction
from typing import Any

from .linear import Matrix, defect, semidefinite_rank
from .networks import activation, network
from .reading import Malformed, Rejected, fields, matrix, rational, vector


def check_lower_bound(claim: Any, evidence: Any) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    rnn_, phi_, M_, least = fields(claim, "claim", "rnn", "activation", "input_bound", "states")
    (net, _), phi, M = network(rnn_), activation(phi_), rational(M_, "input_bound")
    inputs_, scaling = fields(evidence, "evidence", "inputs", "scaling")
    inputs, n = matrix(inputs_, "inputs"), len(net.W)
    if phi is None or type(least) is not int or len(inputs[0]) != len(net.F[0]):
        raise Malformed("expected a piecewise linear activation, a whole number, inputs as F has")
    if any(sum(x * x for x in row) >= M * M for row in inputs) or M <= 0:
        raise Rejected("an input is not shorter than M")
    if (_rank(net.F), _rank(net.C)) != (n, n):
        raise Rejected("F or C has a rank below n")
    h, span = net.h_init, 0
    for x in inputs:
        z = [_dot(w, h) + _dot(f, x) + b for w, f, b in zip(net.W, net.F, net.b)]
        h = [phi(t) for t in z]
        inside = all(t not in phi.knots and phi.slopes[bisect(phi.knots, t)] for t in z)
        span = span + 1 if inside else 0
    contraction = semidefinite_rank(defect(net.rescaled(vector(scaling, "scaling")).W, Fraction(1)))
    by_kernel = least <= 2 * n - _rank(net.W) and span >= max(least - n, 0) + 1
    by_norm = least == n + 1 and contraction == n and {*phi.slopes} <= {0, 1} and span >= 2
    w, steps = net.W[0][0], {*phi.slopes} <= {0, 1} and span >= 5
    scalar = all(x == (w if i == j else 0) for i, r in enumerate(net.W) for j, x in enumerate(r))
    by_memory = least == n + 2 and n >= 2 and scalar and abs(w) < 1 and steps
    if not (by_kernel or by_norm or by_memory):
        raise Rejected("the rank of W, its norm, or the number of active steps does not suffice")
    return (
        f"every URNN with the outputs of an RNN with {n} states ({len(inputs[0])} inputs, "
        f"{len(net.C)} outputs) for all inputs with ||x^k|| <= {M} has at least {least} states"
    )


def _dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b)), Fraction(0))


def _rank(M: Matrix) -> int:
    """Return the rank of M, which is that of its Gram matrix."""
    return semidefinite_rank([[_dot(a, b) for b in M] for a in M]) or 0
