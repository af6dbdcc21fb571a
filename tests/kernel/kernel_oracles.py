"""What a certificate must satisfy, written a second time: slowly, and from the meaning.

Nothing here is imported from the package.  A consequence is evaluated in random models (integer
matrices of random sizes), where the kernel compares words.
"""

from __future__ import annotations

import random
from fractions import Fraction as Q
from math import prod

import sympy as sp
from oracles import identity, is_orthogonal, multiply, signature, transpose


def fraction_rows(rows):
    return [[Q(x) for x in row] for row in rows]


def norm_holds(M, bound):
    gram = multiply(transpose(M), M)
    gap = [[bound**2 * (i == j) - x for j, x in enumerate(r)] for i, r in enumerate(gram)]
    return bound >= 0 and signature(gap)[2] == 0


class Phi:
    """A piecewise linear function from its certificate, evaluated by summing ramps."""

    def __init__(self, data):
        self.knots, self.slopes = [Q(t) for t in data["knots"]], [Q(s) for s in data["slopes"]]
        self.start = Q(data["value"])

    def __call__(self, z):
        total = self.start + self.slopes[0] * min(z - self.knots[0], 0)
        for k, t in enumerate(self.knots):
            after = self.knots[k + 1] if k + 1 < len(self.knots) else max(z, t)
            total += self.slopes[k + 1] * (min(max(z, t), after) - t)
        return total

    def flat_end(self, side):
        end = 0 if side == "left" else -1
        return self.knots[end], self(self.knots[end]), self.slopes[end] == 0

    def homogeneous(self):
        return self.knots == [0] and self.start == 0


def rescaled(net, E):
    n = len(E)
    return {
        "W": [[E[i] * net["W"][i][j] / E[j] for j in range(n)] for i in range(n)],
        "F": [[E[i] * x for x in net["F"][i]] for i in range(n)],
        "C": [[x / E[j] for j, x in enumerate(row)] for row in net["C"]],
        "b": [e * x for e, x in zip(E, net["b"])],
        "h_init": [e * x for e, x in zip(E, net["h_init"])],
    }


def read_network(data):
    return {
        key: fraction_rows(value) if isinstance(value[0], list) else [Q(x) for x in value]
        for key, value in data.items()
    }


def states_are_bounded(net, phi, M, bound):
    """The rules for H, written a second time, in the norms of rescaled states."""
    if "P" in bound:
        return ellipsoid_holds(net, phi, M, bound)
    S = [Q(x) for x in bound["scaling"]]
    H, rho, f, beta = (Q(bound[k]) for k in ("H", "rho", "F_norm", "b_norm"))
    if len(S) != len(net["W"]) or min(S) <= 0 or H < 0 or M < 0:
        return False
    if any(s != 1 for s in S) and not phi.homogeneous():
        return False
    net, inner, n = rescaled(net, S), H * min(S), len(S)
    if sum(x * x for x in net["h_init"]) > inner**2:
        return False
    if bound["rule"] == "range":
        outside = phi.slopes[0] == phi.slopes[-1] == 0
        return outside and all(n * phi(t) ** 2 <= H**2 for t in phi.knots)
    if not norm_holds(net["F"], f) or not norm_holds([[x] for x in net["b"]], beta):
        return False
    if bound["rule"] == "sign":
        relu = phi.homogeneous() and phi.slopes == [0, 1]
        signs = max(x for row in net["W"] for x in row) <= 0 <= min(net["h_init"])
        return relu and signs and f * M + beta <= inner
    gentle = all(-1 <= s <= 1 for s in phi.slopes)
    spare = inner - (rho * inner + f * M + beta)
    enough = spare >= 0 and spare**2 >= n * phi(Q(0)) ** 2
    return gentle and rho < 1 and norm_holds(net["W"], rho) and enough


def ellipsoid_holds(net, phi, M, bound):
    """The ellipsoid rule a second time, the input as m coordinates of its own."""
    P, V = fraction_rows(bound["P"]), fraction_rows(bound["V"])
    t = [Q(x) for x in bound["t"]]
    H, a, lam = (Q(bound[k]) for k in ("H", "a", "lambda"))
    W, F, b, h = (net[k] for k in ("W", "F", "b", "h_init"))
    n, m = len(W), len(F[0])
    relu = phi.homogeneous() and phi.slopes == [0, 1]
    if not relu or H < 0 or M < 0 or min(h) < 0 or lam <= 0:
        return False
    if any(V[i][j] < W[i][j] for i in range(n) for j in range(n)):
        return False
    inside = [[x - (i == j) for j, x in enumerate(row)] for i, row in enumerate(P)]
    if (
        signature(inside)[2]
        or sum(h[i] * P[i][j] * h[j] for i in range(n) for j in range(n)) > H * H
    ):
        return False
    # a h.P h + lam |x|^2 + mu - s.P s + 2 s.t (s - V h - F x - b) as a form in (h, x, 1, s)
    size = 2 * n + m + 1
    Z = [[Q(0)] * size for _ in range(size)]
    for i in range(n):
        s = n + m + 1 + i
        for j in range(n):
            Z[i][j] = a * P[i][j]
            Z[s][n + m + 1 + j] = 2 * t[i] * (i == j) - P[i][j]
            Z[s][j] = Z[j][s] = -t[i] * V[i][j]
        for j in range(m):
            Z[s][n + j] = Z[n + j][s] = -t[i] * F[i][j]
        Z[s][n + m] = Z[n + m][s] = -t[i] * b[i]
    for j in range(m):
        Z[n + j][n + j] = lam
    Z[n + m][n + m] = (1 - a) * H * H - lam * M * M
    return signature(Z)[2] == 0


def equivalence_is_true(claim, evidence):
    """The independent slow check: the conditions for equal outputs, written a second time."""
    M, n = Q(claim["input_bound"]), len(claim["rnn"]["W"])
    small, big = read_network(claim["rnn"]), read_network(claim["urnn"])
    R, alpha, beta = big["R"], big["alpha"], big["beta"]
    known = isinstance(claim["activation"], dict)
    phi = Phi(claim["activation"]) if known else None
    E, copies = [Q(x) for x in evidence["scaling"]], evidence["copies"]
    if M < 0 or len(E) != n or min(E) <= 0 or (set(E) != {1} and not (phi and phi.homogeneous())):
        return False
    small = rescaled(small, E)
    if min((*alpha, *beta)) <= 0 or not is_orthogonal(R, alpha, beta):
        return False
    N = len(R)
    if len(copies) != N or len(big["offset"]) != N:
        return False
    # S maps states of the first to states of the second: S h, and 0 on gates.
    S = [[Q(int(i == j)) for j in range(n)] for i in copies]
    gates = [u for u in range(N) if copies[u] < 0]
    real = [u for u in range(N) if copies[u] >= 0]
    if any(alpha[u] != 1 or beta[u] != 1 for u in real):
        return False
    US, SW = multiply([[R[u][v] for v in real] for u in real], [S[v] for v in real]), None
    SW = multiply([S[u] for u in real], small["W"])
    if US != SW or multiply(big["C"], S) != small["C"]:
        return False
    column = lambda key: [[x] for x in small[key]]  # noqa: E731
    for u in real:
        i = copies[u]
        if big["F"][u] != small["F"][i] or big["offset"][u] != 0:
            return False
        if [big["b"][u]] != column("b")[i] or [big["h_init"][u]] != column("h_init")[i]:
            return False
    if not gates:
        return True
    if phi is None or len({copies[u] for u in real}) != len(real):
        return False
    if evidence["side"] not in ("left", "right"):
        return False
    end, value, constant = phi.flat_end(evidence["side"])
    kept = sorted(copies[u] for u in real)
    part = {
        "W": [[small["W"][i][j] for j in kept] for i in kept],
        "F": [small["F"][i] for i in kept],
        "b": [small["b"][i] for i in kept],
        "C": [[row[j] for j in kept] for row in small["C"]],
        "h_init": [small["h_init"][i] for i in kept],
    }
    if not constant or not kept or not states_are_bounded(part, phi, M, evidence["bound"]):
        return False
    H = Q(evidence["bound"]["H"])
    for u in gates:
        room = end - big["b"][u] if evidence["side"] == "left" else big["b"][u] - end
        quiet = not any(big["F"][u]) and not any(row[u] for row in big["C"])
        if room < H or not quiet or not big["offset"][u] == big["h_init"][u] == value:
            return False
    return True


class Model:
    """Spaces of random dimension, letters as random matrices with small whole entries."""

    def __init__(self, letters, seed):
        rng = random.Random(seed)
        names = {x[end] for x in letters for end in ("domain", "codomain")}
        self.size = {name: rng.randint(1, 3) for name in sorted(names)} | {"1": 1}
        self.value = {}
        for x in letters:
            rows, columns = self.size[x["codomain"]], self.size[x["domain"]]
            entries = [[Q(rng.randint(-3, 3)) for _ in range(columns)] for _ in range(rows)]
            if x["self_adjoint"]:
                entries = [[a + b for a, b in zip(r, c)] for r, c in zip(entries, zip(*entries))]
            else:
                self.value[x["name"] + "*"] = transpose(entries)
            self.value[x["name"]] = entries

    def word(self, letters, space):
        """The product, or the identity of *space*."""
        found = identity(self.size.setdefault(space, 2))
        for letter in reversed(letters):
            found = multiply(self.value[letter], found)
        return found

    def polynomial(self, p):
        found = [[Q(0)] * self.size.setdefault(p["domain"], 2)] * self.size.setdefault(
            p["codomain"], 2
        )
        for c, letters in p["terms"]:
            found = plus(found, times(Q(c), self.word(letters, p["domain"])))
        return found


def plus(a, b):
    return [[x + y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def times(c, a):
    return [[c * x for x in row] for row in a]


def consequence_is_true(claim, evidence):
    """The sum is 0 in random models, and it has a positive part that no model makes 0."""
    given, goal = claim["hypotheses"], claim["conclusion"]
    numbers = {"domain": "1", "codomain": "1"}
    is_number = lambda p: numbers.items() <= p.items()  # noqa: E731
    if any(h["sign"] != "=" and not is_number(h["polynomial"]) for h in (*given, goal)):
        return False
    strict = goal["sign"] == "="
    if not strict and goal["sign"] != ">=":
        return False
    if goal["sign"] == "=" and evidence["summands"]:
        return False
    for c, factors, x in evidence["summands"]:
        used = [given[i] if i >= 0 else {"polynomial": numbers, "sign": ">"} for i in factors]
        if Q(c) <= 0 or x["domain"] != "1" or not all(is_number(g["polynomial"]) for g in used):
            return False
        constant = is_number(x) and len(x["terms"]) == 1 and x["terms"][0][1] == []
        strict = strict or (constant and all(g["sign"] == ">" for g in used))
    if any(given[i]["sign"] != "=" for _, _, i, _, _ in evidence["multiples"]):
        return False
    return strict and all(_adds_up(claim, evidence, seed) for seed in range(3))


def _adds_up(claim, evidence, seed):
    model, goal = Model(claim["letters"], seed), claim["conclusion"]["polynomial"]
    values = [model.polynomial(h["polynomial"]) for h in claim["hypotheses"]]
    wanted = model.polynomial(goal)
    total = times(0, wanted) if evidence["summands"] else times(-1, wanted)
    for c, left, i, starred, right in evidence["multiples"]:
        p = claim["hypotheses"][i]["polynomial"]
        inner = transpose(values[i]) if starred else values[i]
        ends = (p["codomain"], p["domain"]) if starred else (p["domain"], p["codomain"])
        product = multiply(
            model.word(left, ends[1]), multiply(inner, model.word(right, goal["domain"]))
        )
        if not right and ends[0] != goal["domain"]:
            return False
        total = plus(total, times(Q(c), product))
    for c, factors, x in evidence["summands"]:
        vector = model.polynomial(x)
        square = multiply(transpose(vector), vector)[0][0]
        others = (values[i][0][0] if i >= 0 else -wanted[0][0] for i in factors)
        total = plus(total, [[Q(c) * square * prod(others, start=Q(1))]])
    return not any(x for row in total for x in row)


def lower_bound_is_true(claim, evidence):
    """Simulate again, with ranks from SymPy and the determinant in place of the norm."""
    net, phi = read_network(claim["rnn"]), Phi(claim["activation"])
    W, F, C = (sp.Matrix([[sp.Rational(x) for x in r] for r in net[k]]) for k in ("W", "F", "C"))
    n, M, least = W.rows, Q(claim["input_bound"]), claim["states"]
    h, run = net["h_init"], 0
    for x in fraction_rows(evidence["inputs"]):
        if sum(v * v for v in x) >= M**2 or M <= 0:
            return False
        z = [
            sum((a * c for a, c in zip((*net["W"][i], *net["F"][i]), (*h, *x))), net["b"][i])
            for i in range(n)
        ]
        h = [phi(v) for v in z]
        tiny = Q(1, 10**40)
        moving = all(
            phi(v + tiny) - phi(v) == phi(v) - phi(v - tiny) != 0 and v not in phi.knots for v in z
        )
        run = run + 1 if moving else 0
    if F.rank() != n or C.rank() != n or run < 1:
        return False
    by_kernel = least <= n + (n - W.rank()) and run >= least - n + 1
    plain = set(phi.slopes) <= {0, 1}
    by_volume = least <= n + 1 and abs(W.det()) < 1 and run >= 2 and plain
    return bool(least >= 1 and (by_kernel or by_volume))


def hypotheses_are_true(claim, evidence):
    """The theorem's hypotheses again: null spaces and ranks from SymPy."""
    net, n, M = read_network(claim["rnn"]), len(claim["rnn"]["W"]), Q(claim["input_bound"])
    phi, least = Phi(claim["activation"]), claim["states"]
    x, h, E = ([Q(v) for v in evidence[k]] for k in ("input", "fixed_point", "scaling"))
    if not (phi.homogeneous() and phi.slopes == [0, 1]) or M <= 0 or least < 1:
        return False
    if len(E) != n or min(E) <= 0 or sum(v * v for v in x) >= M**2:
        return False
    column = lambda values: [[v] for v in values]  # noqa: E731
    drive = plus(multiply(net["W"], column(h)), multiply(net["F"], column(x)))
    if plus(drive, column(net["b"])) != column(h):
        return False
    A = rescaled(net, E)["W"]
    gap = [[(i == j) - v for j, v in enumerate(r)] for i, r in enumerate(multiply(A, transpose(A)))]
    if signature(gap) != (n, 0, 0):
        return False
    W, F, C = (sp.Matrix([[sp.Rational(v) for v in r] for r in net[k]]) for k in ("W", "F", "C"))
    groups, counted = [part["units"] for part in evidence["parts"]], 0
    if sorted(i for units in groups for i in units) != list(range(n)):
        return False
    for part in evidence["parts"]:
        inside, outside = part["units"], [i for i in range(n) if i not in part["units"]]
        crossing = [W[i, j] for i in inside for j in outside]
        crossing += [W[j, i] for i in inside for j in outside]
        if any(crossing):
            return False
        block, value = W.extract(inside, inside), part["eigenvalue"]
        space = (
            [] if value is None else (block - sp.Rational(value) * sp.eye(len(inside))).nullspace()
        )
        counted += max(1, len(space))
    if least > n + counted:
        return False
    if claim["theorem"] == "2n-iff-diagonal":
        return not any(h) and F.rank() == n and C.rank() == n
    reached = sp.Matrix.hstack(*[W**k * F for k in range(n)]).rank() == n
    seen = sp.Matrix.vstack(*[C * W**k for k in range(n)]).rank() == n
    return claim["theorem"] == "n+mu" and min(h) > 0 and len(groups) == 1 and reached and seen


def bundle_is_true(claim, evidence):
    pairs = zip(claim, evidence, strict=True)
    return all(ORACLES[part["kind"]](part["claim"], proof) for part, proof in pairs)


ORACLES = {
    "bundle": bundle_is_true,
    "equivalence": equivalence_is_true,
    "consequence": consequence_is_true,
    "lower_bound": lower_bound_is_true,
    "hypotheses": hypotheses_are_true,
}
