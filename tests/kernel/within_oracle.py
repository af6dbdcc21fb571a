"""What a certificate within epsilon must satisfy, written a second time, and what refutes it.

Nothing here is imported from the package: activations come from their definitions (``smooth.py``),
with 60 digits.  :func:`within_is_true` says yes only where the conditions of the argument hold in
its own reckoning; :func:`contradicts` runs both networks on inputs that push.
"""

from __future__ import annotations

import random
from fractions import Fraction as Q
from functools import cache

import mpmath
from kernel_oracles import norm_holds, read_network
from mpmath import mp, mpf
from oracles import is_orthogonal, multiply, signature, transpose
from smooth import ALPHA, LIMITS, PHI, SCALE, distance, number

ENDS = LIMITS | {"selu": {"left": -Q(SCALE) * Q(ALPHA)}}
SLACK = mpf(10) ** -45


@cache
def bounds_of(name):
    """Range, ``|phi(0)|``, growth and slope, from samples of the function, rounded outwards."""
    phi = PHI[name]
    z = [mpf(k) / 64 for k in range(-2000, 2001)]
    y = [phi(t) for t in z]
    steps = [abs(b - a) * 64 for a, b in zip(y, y[1:])]
    low = min(y) - mpf("0.001") if y[0] < 1 else None
    high = max(y) + mpf("0.001") if abs(y[-1] - y[-2]) < mpf("1e-9") else None
    start = abs(phi(mpf(0)))
    grown = max((abs(v) - start) / abs(t) for t, v in zip(z, y) if t)
    return low, high, start, grown, max(steps)


@cache
def tail_beyond(name, side, B):
    """The largest distance from the limit beyond B >= 0: sampled outwards, where it falls."""
    value = number(Q(ENDS[name][side]))
    sign = -1 if side == "left" else 1
    points = [B + mpf(k) / 16 for k in range(200)]
    return max(abs(PHI[name](sign * t) - value) for t in points)


def within_is_true(claim, evidence):
    """Whether the argument holds with the numbers of the evidence and the functions themselves."""
    with mp.workdps(60):
        return _holds(claim, evidence)


def _holds(claim, evidence):
    name, side = claim["activation"], evidence["side"]
    small, big = read_network(claim["rnn"]), read_network(claim["urnn"])
    M, eta, epsilon = (Q(claim[k]) for k in ("input_bound", "input_error", "epsilon"))
    D, low, high = ([Q(x) for x in evidence[k]] for k in ("weights", "low", "high"))
    keys = ("margin", "delta", "spread", "omega", "gain", "F_norm", "b_norm", "C_norm", "H")
    B, delta, spread, omega, gain, f, beta, c, H = (Q(evidence[k]) for k in keys)
    n, N = len(small["W"]), len(big["R"])
    if side not in ENDS[name] or min(D) <= 0 or min(M, eta, epsilon, B, delta, spread, H) < 0:
        return False
    if not (len(D) == len(low) == len(high) == n) or max(low) > 0 or min(high) < 0:
        return False
    kappa = Q(ENDS[name][side])
    if min(*big["alpha"], *big["beta"]) <= 0:
        return False
    if not is_orthogonal(big["R"], big["alpha"], big["beta"]):
        return False
    if any(x != 1 for x in big["alpha"][:n] + big["beta"][:n]):
        return False
    for i in range(N):
        upper = i < n
        if upper and big["R"][i][:n] != small["W"][i]:
            return False
        if big["F"][i] != (small["F"][i] if upper else [0] * len(small["F"][0])):
            return False
        if big["h_init"][i] != (small["h_init"][i] if upper else kappa):
            return False
        if big["offset"][i] != (0 if upper else kappa) or (upper and big["b"][i] != small["b"][i]):
            return False
    if big["C"] != [[*row, *[Q(0)] * (N - n)] for row in small["C"]]:
        return False
    if N > n and tail_beyond(name, side, number(B)) > number(delta) + SLACK:
        return False
    if (N - n) * delta**2 > spread**2:
        return False
    scaled = lambda M, left, right: [  # noqa: E731
        [a * x * b for x, b in zip(row, right)] for a, row in zip(left, M)
    ]
    inverse, ones = [1 / d for d in D], [Q(1)] * 64
    W = scaled(small["W"], D, inverse)
    product = multiply(small["W"], transpose(small["W"]))
    gap = [
        [gain**2 * (i == j) - D[i] * D[j] * ((i == j) - product[i][j]) for j in range(n)]
        for i in range(n)
    ]
    if gain < 0 or signature(gap)[2]:
        return False
    norms = (
        (W, omega),
        (scaled(small["F"], D, ones), f),
        ([[d * x] for d, x in zip(D, small["b"])], beta),
        (scaled(small["C"], ones, inverse), c),
    )
    if not all(norm_holds(*pair) for pair in norms):
        return False
    least, most, start, grown, slope = bounds_of(name)
    slope = max(slope, number(Q({"gelu": "1.12", "silu": "1.09", "mish": "1.08"}.get(name, 0))))
    o, s, m = number(omega), number(spread), number(M)
    if slope * o >= 1 + SLACK:
        return False
    weights = [number(d) for d in D]

    def reach(row):
        """Upper bound of row . g over the box, and over the ball."""
        box = mp.fsum(a * number(y if a > 0 else x) for a, x, y in zip(row, low, high))
        ball = mpmath.sqrt(mp.fsum((a / d) ** 2 for a, d in zip(row, weights))) * number(H)
        return min(box, ball)

    for i in range(n):
        row = [number(x) for x in small["W"][i]]
        other = mpmath.norm([number(x) for x in small["F"][i]]) * m + s
        b, h = number(small["b"][i]), small["h_init"][i]
        up = start + grown * max(reach(row) + other + b, 0)
        down = -start + grown * min(-reach([-x for x in row]) - other + b, 0)
        up, down = min(up, number(H / D[i])), max(down, -number(H / D[i]))
        up = up if most is None else min(up, most - mpf("0.001"))
        down = down if least is None else max(down, least + mpf("0.001"))
        tolerance = mpf("0.0005")  # of the sampled range
        if not low[i] <= h <= high[i] or up > number(high[i]) + tolerance:
            return False
        if down < number(low[i]) - tolerance:
            return False
    if sum((d * h) ** 2 for d, h in zip(D, small["h_init"])) > H**2:
        return False
    drive = grown * (o * number(H) + number(f) * m + number(beta) + number(gain) * s)
    if drive + start * mpmath.norm(weights) > number(H) * (1 + mpf("1e-5")) + SLACK:
        return False
    sign = -1 if side == "left" else 1
    for i in range(n, N):
        root = mpmath.sqrt(number(big["alpha"][i]))
        a = [-sign * root * number(x) for x in big["R"][i][:n]]
        if sign * number(big["b"][i]) < number(B) + s + reach(a) - SLACK:
            return False
    total = number(c) * slope * (number(gain) * s + number(f) * number(eta))
    return total <= number(epsilon) * (1 - slope * o) * (1 + mpf("1e-3"))


def contradicts(claim, steps=12, tries=4, seed=0):
    """Whether inputs of the claim were found on which the outputs differ by more than epsilon."""
    with mp.workdps(60):
        small, big = read_network(claim["rnn"]), read_network(claim["urnn"])
        M, eta, epsilon = (Q(claim[k]) for k in ("input_bound", "input_error", "epsilon"))
        phi, rng, m = PHI[claim["activation"]], random.Random(seed), len(small["F"][0])
        root = lambda q: mpmath.sqrt(number(q))  # noqa: E731
        U = [
            [root(a) * number(x) * root(b) for x, b in zip(row, big["beta"])]
            for a, row in zip(big["alpha"], big["R"])
        ]
        W = [[number(x) for x in row] for row in small["W"]]
        for k in range(tries):
            x = []
            for _ in range(steps):
                v = [mpf(rng.choice([-1, 1])) if k % 2 else mpf(rng.gauss(0, 1)) for _ in range(m)]
                x.append([t / mpmath.norm(v) * number(M) for t in v])
            shrunk = 1 - min(number(eta) / (number(M) or 1), 1)  # differs by eta at most
            y = [[t * shrunk for t in row] for row in x]
            first = _simulated(W, small, [mpf(0)] * len(W), x, phi)
            second = _simulated(U, big, [number(t) for t in big["offset"]], y, phi)
            if distance(first, second) > number(epsilon):
                return True
        return False


def _simulated(W, net, offset, x, phi):
    F, C = ([[number(t) for t in row] for row in net[key]] for key in ("F", "C"))
    b, h = ([number(t) for t in net[key]] for key in ("b", "h_init"))
    found = []
    for row in x:
        centred = [s - c for s, c in zip(h, offset)]
        h = [phi(mp.fdot(w, centred) + mp.fdot(f, row) + e) for w, f, e in zip(W, F, b)]
        found.append([mp.fdot(line, h) for line in C])
    return found
