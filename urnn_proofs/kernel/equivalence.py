"""Two given networks have the same outputs for all inputs with ``||x^k|| <= M`` and all k.

The second has an orthogonal ``U = diag(sqrt alpha) R diag(sqrt beta)`` in place of W, and an
offset c: ``h^k = phi(U (h^{k-1} - c) + F x^k + b)``.  Each of its N units is a *copy* of a unit
of the first network, or a *gate* (copies[u] = -1).  What is checked, and why it suffices:

0. If phi(e z) = e phi(z) for e > 0, the first may be replaced by the network of its states E h.
1. U is orthogonal, with scales 1 on copies.
2. A copy has F, b, h_init of its original, and offset 0; added up over the copies of each unit,
   the rows of U and C are those of W and C.  A gate has F = C = 0, offset and h_init kappa, where
   phi is constantly kappa on one side of z0; and its b is at least H beyond z0 on that side.
3. If there are gates, copies are single, and a rule keeps ``||h^k|| <= H`` for what is copied:
   "norm": phi non-expansive, ``||W|| <= rho < 1``, ``||F|| <= f``, ``||b|| <= beta``, and
   ``rho H + f M + beta + sqrt(n) |phi(0)| <= H`` (or so for the states S h, with H min(S));
   "sign": phi is relu, no entry of W is positive, none of h_init negative: so h >= 0, W h <= 0,
   and ``||h^k|| <= ||relu(F x^k + b)|| <= f M + beta <= H``;
   "range": phi is constant on both sides, so ``||h^k|| <= sqrt(n) max |phi| <= H``;
   "ellipsoid": phi is relu, no entry of h_init is negative, ``h_init . P h_init <= H^2``,
   ``P >= I``, ``V >= W`` entrywise, lambda > 0, and the symmetric matrix with the rows
   ``[a P, 0, -V^T t]``, ``[0, mu, -b^T t]``, ``[-t V, -t b, 2 t - P - t F F^T t / lambda]``, t
   diagonal, ``mu = (1 - a) H^2 - lambda M^2``, is positive semidefinite.  Then ``t >= 0 <= a``, and
   ``h >= 0``, ``h . P h <= H^2`` hold for all states.  For ``s = relu(z)``, ``z = W h + F x + b``,
   has ``s_i (s_i - z_i) = 0`` and ``(V - W) h >= 0``, so that ``2 s . t (s - V h - F x - b) <= 0``;
   and the form of that matrix at ``(h, 1, s)`` is not negative, so that
   ``s . P s <= a h . P h + mu + 2 s . t (s - V h - b) - ||F^T t s||^2 / lambda``, where
   ``2 s . t F x <= ||F^T t s||^2 / lambda + lambda ||x||^2``: in all at most
   ``a H^2 + mu + lambda M^2 = H^2``.  And ``||h||^2 <= h . P h``.

By induction ``h - c`` holds copies of the states, and 0 on gates: there ``U (h - c)`` is ``a . h``
with a part of a row of an orthogonal matrix, so ``||a|| <= 1``, and ``|a . h| <= H`` by
Cauchy-Schwarz leaves the gate where phi is kappa.  Hence the outputs are equal.
"""

from fractions import Fraction
from typing import Any

from .linear import bits, is_orthogonal, norm_at_most, semidefinite_rank, whole
from .networks import Network, PiecewiseLinear, activation, input_bound, network
from .reading import SHORT, Budget, Malformed, Rejected, fields, items, matrix, rational, vector


def check_equivalence(claim: Any, evidence: Any, budget: Budget) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    first, second, phi_, M_ = fields(claim, "claim", "rnn", "urnn", "activation", "input_bound")
    (rnn, _), (urnn, scales) = network(first), network(second, "alpha", "beta", "offset")
    alpha, beta, c = (vector(x, "urnn") for x in scales)
    phi, M = activation(phi_), input_bound(M_)
    copies_, E_, side, bound = fields(evidence, "evidence", "copies", "scaling", "side", "bound")
    n, m, N, E = len(rnn.W), len(rnn.F[0]), len(urnn.W), vector(E_, "scaling", SHORT)
    copies = items(copies_, "copies", N, N)
    if len(c) != N or any(type(i) is not int or not -1 <= i < n for i in copies):
        raise Malformed("offset and copies must fit N, and copies be -1 or a unit of the first")
    if {*E} != {1} and not (phi and phi.homogeneous):  # 0.
        raise Rejected("states may be rescaled only where phi(e z) = e phi(z)")
    rnn = rnn.rescaled(E)
    if not is_orthogonal(urnn.W, alpha, beta, budget):  # 1.
        raise Rejected("U is not orthogonal")
    kappa = Fraction(0)
    if gates := [u for u in range(N) if copies[u] < 0]:  # 3.
        kept = sorted({*copies} - {-1})
        if phi is None or not len(kept) == N - len(gates) > 0 or side not in ("left", "right"):
            raise Rejected(
                "gates need a known activation, single copies (at least one), and a side"
            )
        H = _state_bound(rnn.only(kept), phi, M, bound, budget)
        end, sign = (0, 1) if side == "left" else (-1, -1)
        if phi.slopes[end] != 0 or any(sign * (phi.knots[end] - urnn.b[u]) < H for u in gates):
            raise Rejected("phi is not constant on that side, or the bias of a gate is too small")
        kappa = phi.values[end]

    def added(row: list[Fraction]) -> list[Fraction]:
        return [sum((x for x, i in zip(row, copies) if i == j), Fraction(0)) for j in range(n)]

    for u, i in enumerate(copies):  # 2.
        if i < 0 and (any(urnn.F[u]) or any(row[u] for row in urnn.C)):
            raise Rejected(f"gate {u} is driven or read")
        if i < 0 and (urnn.h_init[u] != kappa or c[u] != kappa):
            raise Rejected(f"gate {u} does not start, or is not offset, at the value of phi there")
        if i >= 0 and (alpha[u] != 1 or beta[u] != 1 or added(urnn.W[u]) != rnn.W[i]):
            raise Rejected(f"row {u} of U does not continue row {i} of W")
        if i >= 0 and (urnn.F[u] != rnn.F[i] or urnn.b[u] != rnn.b[i] or c[u] != 0):
            raise Rejected(f"unit {u} is driven otherwise than its original {i}")
        if i >= 0 and urnn.h_init[u] != rnn.h_init[i]:
            raise Rejected(f"unit {u} starts otherwise than its original {i}")
    if [added(row) for row in urnn.C] != rnn.C:
        raise Rejected("the outputs are not those of the first network")
    return (
        f"an RNN with {n} states ({m} inputs, {len(rnn.C)} outputs) and a URNN with {N} states, "
        f"both with the activation {phi or 'phi, any function'}, have the same outputs for all k "
        f"and all inputs with ||x^k|| <= {M}"
    )


def _state_bound(
    rnn: Network, phi: PiecewiseLinear, M: Fraction, data: Any, budget: Budget
) -> Fraction:
    """Return H if its rule holds."""
    if isinstance(data, dict) and "P" in data:
        return _ellipsoid(rnn, phi, M, data, budget)
    rule, S_, *numbers = fields(data, "bound", "rule", "scaling", "H", "rho", "F_norm", "b_norm")
    (H, rho, f, beta), S = (rational(x, "bound") for x in numbers), vector(S_, "scaling", SHORT)
    if {*S} != {1} and not phi.homogeneous:
        raise Rejected("states may be rescaled only where phi(e z) = e phi(z)")
    net = rnn.rescaled(S)
    limit = H * min(S)  # ||S h|| <= limit gives ||h|| <= H
    room = limit - rho * limit - f * M - beta
    if H < 0 or sum(x * x for x in net.h_init) > limit**2:
        raise Rejected("H is negative, or ||h_init|| exceeds H")
    if rule == "range":
        ok = phi.slopes[0] == phi.slopes[-1] == 0
        ok = ok and len(S) * max(v * v for v in phi.values) <= H * H
    elif rule == "norm":
        ok = phi.non_expansive and rho < 1 and norm_at_most(net.W, rho, budget)
        ok = ok and room >= 0 and room**2 >= len(S) * phi(Fraction(0)) ** 2
    elif rule == "sign":
        ok = phi.relu and rho == 0 <= min(net.h_init) and max(map(max, net.W)) <= 0 <= room
    else:
        raise Malformed("rule must be 'norm', 'sign' or 'range'")
    if rule != "range":
        ok = ok and norm_at_most(net.F, f, budget)
        ok = ok and norm_at_most([[x] for x in net.b], beta, budget)
    if not ok:
        raise Rejected(f"the {rule} rule does not keep the states bounded by H")
    return H


def _ellipsoid(
    rnn: Network, phi: PiecewiseLinear, M: Fraction, data: Any, budget: Budget
) -> Fraction:
    """Return H if its ellipsoid holds all states."""
    P_, V_, t_, *numbers = fields(data, "bound", "P", "V", "t", "H", "a", "lambda")
    P, V, t = matrix(P_, "P"), matrix(V_, "V"), vector(t_, "t")
    H, a, lam = (rational(x, "bound") for x in numbers)
    n, h = range(len(rnn.W)), rnn.h_init
    if {len(x) for x in (P, P[0], V, V[0], t)} != {len(n)} or P != [list(c) for c in zip(*P)]:
        raise Malformed("P, V and t must fit n, and P be symmetric")
    if not phi.relu or min(h) < 0 or H < 0 or lam <= 0:
        raise Rejected("an ellipsoid needs relu, h_init >= 0, H >= 0 and lambda > 0")
    ((g,), e), (Q, f) = whole([h]), whole(P)
    if sum(g[i] * Q[i][j] * g[j] for i in n for j in n) > H**2 * e * e * f:
        raise Rejected("the ellipsoid does not hold h_init")
    if any(v < w for rows in zip(V, rnn.W) for v, w in zip(*rows)):
        raise Rejected("an entry of V is below that of W")
    tF, d = whole([[s * x for x in row] for s, row in zip(t, rnn.F)])
    budget.spend(len(tF) ** 2 * len(tF[0]) * (bits(tF) // 30 + 1) ** 2)
    forced = [[sum(x * y for x, y in zip(r, s)) / (lam * d * d) for s in tF] for r in tF]
    corner = [[2 * t[i] * (i == j) - P[i][j] - forced[i][j] for j in n] for i in n]
    cross = [[-t[i] * x for x in (*V[i], rnn.b[i])] for i in n]  # -[t V, t b]
    mu = (1 - a) * H**2 - lam * M**2
    Z = [[a * P[i][j] for j in n] + [Fraction(0)] + [cross[k][i] for k in n] for i in n]
    Z += [[Fraction(0)] * len(n) + [mu] + [row[-1] for row in cross]]
    Z += [cross[i] + corner[i] for i in n]
    for form in ([[P[i][j] - (i == j) for j in n] for i in n], Z):
        if semidefinite_rank(whole(form)[0], budget) is None:
            raise Rejected("the ellipsoid does not keep the states, or P is below I")
    return H
