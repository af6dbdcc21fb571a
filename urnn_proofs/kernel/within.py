"""The outputs of two given networks differ by at most epsilon, for inputs up to M and all k.

The inputs may differ too, by ``||x_u^k - x^k|| <= eta``.  phi is one of KINDS.  The second network
has an orthogonal ``U = [[W, W2], [W3, W4]]`` with W of the first as its upper left block, as
:mod:`equivalence` writes it, and an offset c: ``h^k = phi(U (h^{k-1} - c) + F_u x^k + b_u)``.
Its upper units have F, b, h_init, C of the first and offset 0; the r lower ones have F = C = 0, and
start at and are offset by kappa, the limit of phi at one end.  Let that be the left one (at the
right one, signs of preactivations change).  Checked, for numbers of the evidence:

1. ``|phi(z) - kappa| <= delta`` for ``z <= -margin``; ``r delta^2 <= spread^2``.
2. With D = diag(weights) > 0: ``||D W D^-1|| <= omega``, ``L omega < 1``, ``||D W2|| <= gain``
   (as ``W2 W2^T = I - W W^T``), ``||D F|| <= f``, ``||D b|| <= beta``, ``||C D^-1|| <= c``.
3. States stay in a box around 0, ``low <= g <= high``, and in the ball ``||D g|| <= H``, as long
   as lower ones are within delta of kappa: h_init is there; then z_i is at most
   ``p_i = reach(W_i) + ||F_i|| M + b_i + spread``; what is in phi's range, at most
   ``|phi(0)| + G max(p_i, 0)`` and at most ``H / D_i``, is in the box, likewise from below; and
   ``G omega < 1``, ``G (omega H + f M + beta + gain spread) + |phi(0)| ||D 1|| <= H``.
   ``reach(a) = min(max of a.g in the box, ||a D^-1|| H)``.
4. Each lower bias is at most ``-(margin + spread + reach(W3_i))``.
5. ``c L (gain spread + f eta) <= epsilon (1 - L omega)``.

Rows of W2 and W4 have norm at most 1, so that 3 and 4 keep lower units beyond margin and all states
in place, by induction; and ``e = g - h``, the difference of the upper states from the first
network's, obeys ``||D e^k|| <= L (omega ||D e^{k-1}|| + gain spread + f eta)``, ``e^-1 = 0``.

KINDS.  tanh, logistic: ``1 + tanh z = 2/(1 + exp(-2z))``, ``phi(z) = 1/(1 + exp(-z))``; so too at
the other end, as phi(-z) is -phi(z), or 1 - phi(z).  softplus ``log(1 + exp z) <= exp z``.
elu: z or ``exp z - 1``; selu: ``l z`` or ``l a (exp z - 1)``.  silu, mish: at t = -z >= 1 at most
``t exp(-t)``, which falls there.  gelu: at t = -z > 0 at most ``exp(-t^2/2)/sqrt(2 pi)``.
``|phi(z)| <= |phi(0)| + G |z|``; phi(z) is at most ``|phi(0)|`` for z <= 0, at least ``-|phi(0)|``
for z >= 0: some increase, others are z times a number in (0, 1).
Slopes at most L: derivatives; 1.1 and 1.13 lie above the maxima 1.0999, 1.0885, 1.1290 of silu,
mish, gelu; their minima are -0.2785, -0.3089, -0.16998.  ``log 2 < 7/10``, ``1/sqrt(2 pi) < 2/5``.
"""

from fractions import Fraction
from math import isqrt
from typing import Any, NamedTuple

from .linear import Matrix, bits, is_orthogonal, norm_at_most, semidefinite_rank, whole
from .networks import Network, input_bound, network
from .reading import SHORT, Budget, Malformed, Rejected, fields, rational, vector

TERMS = 4000
_L_A = Fraction("1.0507009873554804934193349852946") * Fraction("1.6732632423543772848170429916717")


class Kind(NamedTuple):
    """phi in ``[low, high]`` (None: no bound), ``|phi(0)| <= zero``, G, slopes at most L, limits.

    A tail (factor, degree, shift, rate, power, least) says that phi is within
    ``factor B^degree / (shift + exp(rate B^power))`` of its limit beyond every ``B >= least``.
    """

    low: Fraction | None
    high: Fraction | None
    zero: Fraction
    G: Fraction
    L: Fraction
    limits: dict[str, Fraction]
    tail: tuple[Fraction, int, int, Fraction, int, Fraction]


def _kind(low: Any, high: Any, zero: Any, G: Any, L: Any, limits: Any, *tail: Any) -> Kind:
    factor, degree, shift, rate, power, least = tail
    return Kind(
        None if low is None else Fraction(low),
        None if high is None else Fraction(high),
        Fraction(zero),
        Fraction(G),
        Fraction(L),
        {side: Fraction(value) for side, value in limits.items()},
        (Fraction(factor), degree, shift, Fraction(rate), power, Fraction(least)),
    )


KINDS = {
    "tanh": _kind(-1, 1, 0, 1, 1, {"left": -1, "right": 1}, 2, 0, 1, 2, 1, 0),
    "logistic": _kind(0, 1, "1/2", "1/4", "1/4", {"left": 0, "right": 1}, 1, 0, 1, 1, 1, 0),
    "softplus": _kind(0, None, "7/10", 1, 1, {"left": 0}, 1, 0, 0, 1, 1, 0),
    "elu": _kind(-1, None, 0, 1, 1, {"left": -1}, 1, 0, 0, 1, 1, 0),
    "selu": _kind(-_L_A, None, 0, _L_A, _L_A, {"left": -_L_A}, _L_A, 0, 0, 1, 1, 0),
    "gelu": _kind("-17/100", None, 0, 1, "113/100", {"left": 0}, "2/5", 0, 0, "1/2", 2, 0),
    "silu": _kind("-279/1000", None, 0, 1, "11/10", {"left": 0}, 1, 1, 0, 1, 1, 1),
    "mish": _kind("-309/1000", None, 0, 1, "11/10", {"left": 0}, 1, 1, 0, 1, 1, 1),
}


class Evidence(NamedTuple):
    """Numbers of the evidence, as the head of this module names them."""

    margin: Fraction
    delta: Fraction
    spread: Fraction
    omega: Fraction
    gain: Fraction
    F_norm: Fraction
    b_norm: Fraction
    C_norm: Fraction
    H: Fraction


def check_within(claim: Any, evidence: Any, budget: Budget) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    keys = ("rnn", "urnn", "activation", "input_bound", "input_error", "epsilon")
    first, second, name, M_, eta_, eps_ = fields(claim, "claim", *keys)
    (net, _), (urnn, scales) = network(first), network(second, "alpha", "beta", "offset")
    alpha, beta, c = (vector(x, "urnn") for x in scales)
    M, eta, eps = input_bound(M_), input_bound(eta_), input_bound(eps_)
    if not isinstance(name, str) or name not in KINDS:
        raise Malformed(f"unknown activation; expected one of {', '.join(KINDS)}")
    names = ("side", "terms", "weights", "low", "high", *Evidence._fields)
    side, terms, D_, low_, high_, *numbers = fields(evidence, "evidence", *names)
    D, low, high = (vector(x, "evidence", SHORT) for x in (D_, low_, high_))
    e, phi = Evidence(*(rational(x, "evidence", SHORT) for x in numbers)), KINDS[name]
    n, N, r = len(net.W), len(urnn.W), len(urnn.W) - len(net.W)
    if {len(D), len(low), len(high)} != {n} or len(c) != N or r < 0:
        raise Malformed("weights, box or offset do not fit the networks, or the second is smaller")
    if type(terms) is not int or not 0 <= terms <= TERMS or side not in [*phi.limits]:
        raise Malformed(f"terms must be in 0..{TERMS}, and phi have a limit at that side")
    if min(D) <= 0 or min(e) < 0 or max(low) > 0 or min(high) < 0:
        raise Rejected("a weight is not positive, a number negative, or 0 not in the box")
    if not is_orthogonal(urnn.W, alpha, beta, budget) or {*alpha[:n], *beta[:n]} != {1}:
        raise Rejected("U is not orthogonal, or its first scales are not 1")
    if not _is_dilation(net, urnn, c, phi.limits[side]):
        raise Rejected("the second network is not the first one with units added at their limit")
    if r and not (_tail(phi, e, terms, budget) and r * e.delta**2 <= e.spread**2):  # 1.
        raise Rejected("the tail of phi is not shown to be within delta, or spread is too small")
    _norms(net, phi, D, e, budget)  # 2.
    reach = _Reach(low, high, D, e.H)
    budget.spend(6 * N * n * (max(bits(whole(M)[0]) for M in (net.W, urnn.W)) // 30 + 1) ** 2)
    _states(net, phi, D, e, M, reach)  # 3.
    rows, d = whole([row[:n] for row in urnn.W[n:]])
    sign = 1 if side == "left" else -1
    for row, a, b in zip(rows, alpha[n:], urnn.b[n:]):  # 4.
        if -sign * b < e.margin + e.spread + reach([sign * x for x in row], d, a):
            raise Rejected("the bias of an added unit does not keep it beyond the margin")
    if e.C_norm * phi.L * (e.gain * e.spread + e.F_norm * eta) > eps * (1 - phi.L * e.omega):  # 5.
        raise Rejected("the errors may add up to more than epsilon")
    inputs = f"all inputs with ||x^k|| <= {M}"
    if eta:
        inputs += f", ||x_u^k|| <= {M} and ||x_u^k - x^k|| <= {eta}"
    return (
        f"the outputs of an RNN with {n} states ({len(net.F[0])} inputs, {len(net.C)} outputs) and "
        f"a URNN with {N} states, both with the activation {name}, differ by at most {eps} in norm "
        f"for all k and {inputs}"
    )


def _is_dilation(net: Network, urnn: Network, c: list[Fraction], kappa: Fraction) -> bool:
    n, r, zero = len(net.W), len(urnn.W) - len(net.W), Fraction(0)
    return (
        [row[:n] for row in urnn.W[:n]] == net.W
        and urnn.F == net.F + [[zero] * len(net.F[0])] * r
        and urnn.C == [row + [zero] * r for row in net.C]
        and urnn.b[:n] == net.b
        and urnn.h_init == net.h_init + [kappa] * r
        and c == [zero] * n + [kappa] * r
    )


def _tail(phi: Kind, e: Evidence, terms: int, budget: Budget) -> bool:
    """Use ``exp(t) >= 1 + t + ... + t^j/j!`` for t >= 0, by Horner's rule."""
    factor, degree, shift, rate, power, least = phi.tail
    t = rate * e.margin**power
    size = t.numerator.bit_length() + t.denominator.bit_length() + TERMS.bit_length()
    budget.spend(terms**2 * (size // 30 + 1) ** 2)
    top, bottom = 1, 1
    for i in range(terms, 0, -1):
        bottom = bottom * t.denominator * i
        top = bottom + t.numerator * top
    grown = e.delta * (shift * bottom + top)
    return e.margin >= least and factor * e.margin**degree * bottom <= grown


def _norms(net: Network, phi: Kind, D: list[Fraction], e: Evidence, budget: Budget) -> None:
    scaled = net.rescaled(D)
    defect: Matrix = [
        [d * f * (sum(x * y for x, y in zip(a, b)) - (i == j)) for j, (f, b) in _places(D, net.W)]
        for i, (d, a) in _places(D, net.W)
    ]
    for i, row in enumerate(defect):
        row[i] += e.gain**2
    claims = (
        (max(phi.G, phi.L) * e.omega < 1, "L omega or G omega is not below 1"),
        (norm_at_most(scaled.W, e.omega, budget), "omega is too small"),
        (semidefinite_rank(whole(defect)[0], budget) is not None, "gain is too small"),
        (norm_at_most(scaled.F, e.F_norm, budget), "F_norm is too small"),
        (norm_at_most([[x] for x in scaled.b], e.b_norm, budget), "b_norm is too small"),
        (norm_at_most(scaled.C, e.C_norm, budget), "C_norm is too small"),
    )
    for holds, reason in claims:
        if not holds:
            raise Rejected(reason)


def _places(D: list[Fraction], W: Matrix) -> list[tuple[int, tuple[Fraction, list[Fraction]]]]:
    return list(enumerate(zip(D, W)))


class _Reach:
    """Bounds of ``s a.g`` over the box and the ball, ``a = row / d``, ``s^2 = scale``."""

    def __init__(
        self, low: list[Fraction], high: list[Fraction], D: list[Fraction], H: Fraction
    ) -> None:
        (self.low, self.high), self.unit = whole([low, high])
        (self.inverse,), self.common = whole([[1 / x for x in D]])
        self.H = H

    def __call__(self, row: list[int], d: int, scale: Fraction) -> Fraction:
        most = sum(a * (y if a > 0 else x) for a, x, y in zip(row, self.low, self.high))
        long = sum((a * x) ** 2 for a, x in zip(row, self.inverse))
        box, ball = Fraction(most, d * self.unit), Fraction(long, (d * self.common) ** 2)
        return root(scale * min(box**2, ball * self.H**2))


def _states(
    net: Network, phi: Kind, D: list[Fraction], e: Evidence, M: Fraction, reach: _Reach
) -> None:
    (W, d), zero, one = whole(net.W), Fraction(0), Fraction(1)
    for i, row in enumerate(W):
        low, high = (Fraction(x[i], reach.unit) for x in (reach.low, reach.high))
        other = root(sum((x * x for x in net.F[i]), zero)) * M + e.spread
        most = reach(row, d, one) + other + net.b[i]
        least = -reach([-x for x in row], d, one) - other + net.b[i]
        up = min(phi.zero + phi.G * max(most, zero), e.H / D[i])
        down = max(-phi.zero + phi.G * min(least, zero), -e.H / D[i])
        up = up if phi.high is None else min(up, phi.high)
        down = down if phi.low is None else max(down, phi.low)
        if not (low <= net.h_init[i] <= high and low <= down and up <= high):
            raise Rejected(f"state {i} may leave its box")
    room = e.H - phi.G * (e.omega * e.H + e.F_norm * M + e.b_norm + e.gain * e.spread)
    if sum((x * h) ** 2 for x, h in zip(D, net.h_init)) > e.H**2:
        raise Rejected("the first state is outside the ball")
    if room < 0 or room**2 < phi.zero**2 * sum(x * x for x in D):
        raise Rejected("the states may leave the ball")


def root(x: Fraction) -> Fraction:
    """Return a rational at least sqrt(x), at most one part in 2^64 above; exact if there is one."""
    p, q = x.numerator, x.denominator
    square = p * q << 128
    k = isqrt(square)
    return Fraction(k + (k * k < square), q << 64)
