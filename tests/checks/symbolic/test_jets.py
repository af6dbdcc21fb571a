"""Jets against truncated power series, and determinants at positive points."""

from __future__ import annotations

import math
import random
from fractions import Fraction as Q
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from urnn_proofs.checks.smt.independence import exponent_sets
from urnn_proofs.checks.symbolic.jets import jet_system
from urnn_proofs.checks.symbolic.one_step import one_step_jets
from urnn_proofs.checks.symbolic.vandermonde import (
    is_regular_at_positive_points,
    quotient_by_vandermonde,
)
from urnn_proofs.model.activation import activation
from urnn_proofs.model.errors import InputError

TANH, LOGISTIC = (activation(name).derivative for name in ("tanh", "logistic"))


def value_at(terms, point):
    return sum(
        (
            c * math.prod((point[x] ** e for x, e in monomial), start=Q(1))
            for monomial, c in terms.items()
        ),
        start=Q(0),
    )


# -- the oracle: power series in all inputs, cut off at a total degree ----------------


class Series:
    """Exponents (one for each input and time) to coefficients, total degree at most *top*."""

    def __init__(self, terms, top):
        self.terms = {key: c for key, c in terms.items() if c and sum(key) <= top}
        self.top = top

    def __add__(self, other):
        keys = self.terms.keys() | other.terms.keys()
        return Series(
            {k: self.terms.get(k, Q(0)) + other.terms.get(k, Q(0)) for k in keys}, self.top
        )

    def scale(self, factor):
        return Series({k: factor * c for k, c in self.terms.items()}, self.top)

    def __mul__(self, other):
        found = {}
        for a, x in self.terms.items():
            for b, y in other.terms.items():
                key = tuple(i + j for i, j in zip(a, b))
                found[key] = found.get(key, Q(0)) + x * y
        return Series(found, self.top)


def taylor(derivative, value, top):
    """Coefficients of phi around a point where it has this value, from ``phi' = P(phi)``."""
    series = [Q(value)]
    for k in range(top):
        power, total = [Q(1)] + [Q(0)] * k, Q(0)
        for c in derivative:
            total += c * power[k]
            power = [sum(power[i] * series[j - i] for i in range(j + 1)) for j in range(k + 1)]
        series.append(total / (k + 1))
    return series


def outputs_by_series(W, F, C, derivative, values, order):
    """Taylor coefficients of all outputs around a base point with these state values."""
    horizon, m = len(values), len(F[0])
    count = horizon * m
    zero = Series({}, order)
    inputs = [Series({tuple(int(i == j) for j in range(count)): Q(1)}, order) for i in range(count)]
    moves = [zero] * len(F)  # states minus their base values
    found = []
    for k in range(horizon):
        deviations = []
        for i in range(len(F)):
            p = zero
            for j in range(len(F)):
                p = p + moves[j].scale(W[i][j])
            for a in range(m):
                p = p + inputs[k * m + a].scale(F[i][a])
            deviations.append(p)
        moves = []
        for i, p in enumerate(deviations):
            move, power = zero, Series({(0,) * count: Q(1)}, order)
            for c in taylor(derivative, values[k][i], order)[1:]:
                power = power * p
                move = move + power.scale(c)
            moves.append(move)
        for row in C:
            y = Series({(0,) * count: sum(c * v for c, v in zip(row, values[k]))}, order)
            for c, move in zip(row, moves):
                y = y + move.scale(c)
            found.append(y.terms)
    return found


def unknowns(system):
    return {name for _, _, terms in system.equations for term in terms for name, _ in term}


def index_of(label, horizon, m):
    """Time, row and exponents of a label such as ``y^1[0] d(0.0, 1.0)``."""
    head, _, tail = label.partition(" d(")
    k, row = int(head[2 : head.index("[")]), int(head[head.index("[") + 1 : -1])
    exponents = [0] * (horizon * m)
    for part in filter(None, tail.rstrip(")").split(", ")):
        i, a = map(int, part.split("."))
        exponents[i * m + a] += 1
    return k, row, tuple(exponents)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("phi", [TANH, LOGISTIC, (Q(1), Q(1, 2), Q(-1, 3), Q(2))])
@pytest.mark.parametrize(
    ("n", "m", "p", "N", "horizon", "order"),
    [(1, 1, 1, 1, 2, 4), (1, 2, 1, 2, 2, 2), (2, 1, 2, 1, 3, 2)],
)
def test_equations_are_differences_of_derivatives(phi, n, m, p, N, horizon, order, seed):
    rng = random.Random(seed)

    def table(rows, columns):
        return [[Q(rng.randint(-3, 3), 2) for _ in range(columns)] for _ in range(rows)]

    W, F, C, s = table(n, n), table(n, m), table(p, n), table(horizon, n)
    U, Fu, Cu, t = table(N, N), table(N, m), table(p, N), table(horizon, N)
    system = jet_system(
        [[{(): x} if x else {} for x in row] for row in W],
        F, C, phi, states=N, horizon=horizon, order=order, pinned=s,
    )  # fmt: skip
    point = {f"U_{i}_{j}": U[i][j] for i in range(N) for j in range(N)}
    point |= {f"F_{i}_{j}": Fu[i][j] for i in range(N) for j in range(m)}
    point |= {f"C_{i}_{j}": Cu[i][j] for i in range(p) for j in range(N)}
    point |= {f"t_{k}_{i}": t[k][i] for k in range(horizon) for i in range(N)}
    for k, i in product(range(horizon), range(N)):
        point[f"d_{k}_{i}"] = sum(c * t[k][i] ** e for e, c in enumerate(phi))
    assert unknowns(system) == set(point)
    left = outputs_by_series(U, Fu, Cu, phi, t, order)
    right = outputs_by_series(W, F, C, phi, s, order)
    seen = 0
    for label, degree, terms in system.equations:
        if degree < 0:
            if label.startswith("slope"):
                assert value_at(terms, point) == 0
            continue
        k, row, exponents = index_of(label, horizon, m)
        factor = math.prod(map(math.factorial, exponents))
        difference = left[k * p + row].get(exponents, 0) - right[k * p + row].get(exponents, 0)
        assert value_at(terms, point) == factor * difference
        assert sum(exponents) == degree
        seen += 1
    expected = sum(math.comb((k + 1) * m + order, order) for k in range(horizon)) * p
    assert seen == expected


def test_a_copy_of_the_network_satisfies_everything():
    W, F, C = [[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]], [[Q(1)], [Q(2)]], [[Q(1), Q(-1)]]
    s = [[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(2, 3)]]
    system = jet_system(
        [[{(): x} for x in row] for row in W],
        F, C, TANH, states=2, horizon=2, order=3, pinned=s,
    )  # fmt: skip
    point = {f"U_{i}_{j}": W[i][j] for i in range(2) for j in range(2)}
    point |= {"F_0_0": Q(1), "F_1_0": Q(2), "C_0_0": Q(1), "C_0_1": Q(-1)}
    point |= {f"t_{k}_{i}": s[k][i] for k in range(2) for i in range(2)}
    point |= {f"d_{k}_{i}": 1 - s[k][i] ** 2 for k in range(2) for i in range(2)}
    assert all(value_at(p, point) == 0 for _, _, p in system.equations)
    point["F_1_0"] = Q(-2)  # one weight changed
    assert any(value_at(p, point) != 0 for _, _, p in system.equations)


def test_unpinned_states_and_parameters_are_unknowns():
    w = [[{(("w", 1),): Q(1)}]]
    one = [[Q(1)]]
    system = jet_system(w, one, one, LOGISTIC, states=1, horizon=2, order=1, parameters=("w",))
    assert system.values == ("t_0_0", "t_1_0", "s_0_0", "s_1_0")
    assert "w" in unknowns(system)
    moved = next(p for label, _, p in system.equations if label == "y^1[0] d(0.0)")
    assert (("r_0_0", 1), ("r_1_0", 1), ("w", 1)) in moved


@pytest.mark.parametrize("bad", [{"states": 0}, {"horizon": 0}, {"order": 0}])
def test_sizes_are_checked(bad):
    arguments = {"states": 1, "horizon": 1, "order": 1} | bad
    with pytest.raises(InputError, match="at least 1"):
        jet_system([[{}]], [[Q(1)]], [[Q(1)]], TANH, **arguments)


def test_one_step_jets_are_derivatives_of_scaled_tanh():
    """``C tanh(F x + o)``: the k-th derivative is ``C F^k tanh^(k)``."""
    for C, F, t in product((Q(2), Q(-1, 3)), (Q(1), Q(-3, 2)), (Q(1, 2), Q(-1, 5))):
        point = {"u": F * t, "b": F**2 * (1 - t**2)}
        c = C * F * (1 - t**2)
        series = taylor(TANH, t, 7)
        for k, G in enumerate(one_step_jets(7), start=1):
            assert c * value_at(G, point) == C * F**k * math.factorial(k) * series[k]


def test_the_logistic_function_is_a_tanh():
    """``logistic(p) = (1 + tanh(p/2)) / 2``: one independence lemma serves both."""
    s = Q(2, 7)
    ours, tanh = taylor(LOGISTIC, s, 6), taylor(TANH, 2 * s - 1, 6)
    assert ours[1:] == [c / 2 ** (k + 1) for k, c in enumerate(tanh[1:], start=1)]


def determinant(rows):
    total = Q(0)
    for order in permutations(range(len(rows))):
        swaps = sum(a > b for i, a in enumerate(order) for b in order[i + 1 :])
        total += (-1) ** swaps * math.prod((rows[i][j] for i, j in enumerate(order)), start=Q(1))
    return total


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=4, unique=True), st.data())
@settings(max_examples=40)
def test_quotient_by_the_vandermonde_determinant(exponents, data):
    g = len(exponents)
    z = data.draw(
        st.lists(st.fractions(Q(1, 9), 9, max_denominator=9), min_size=g, max_size=g, unique=True)
    )
    shifted = sorted(e - min(exponents) for e in exponents)
    left = determinant([[x**e for e in shifted] for x in z])
    spread = math.prod((b - a for i, a in enumerate(z) for b in z[i + 1 :]), start=Q(1))
    quotient = quotient_by_vandermonde(exponents)
    point = {f"z{i}": x for i, x in enumerate(z)}
    terms = {
        tuple((f"z{i}", e) for i, e in enumerate(monomial)): Q(int(c.numerator), int(c.denominator))
        for monomial, c in quotient.terms()
    }
    assert left == spread * value_at(terms, point)
    assert left != 0
    assert is_regular_at_positive_points(exponents)


def test_exponents_are_checked():
    for bad in ([], [1, 1], list(range(9))):
        with pytest.raises(InputError, match="different integers"):
            quotient_by_vandermonde(bad)


@pytest.mark.parametrize("count", range(1, 7))
def test_linear_systems_of_the_independence_lemma_are_regular(count):
    sets = exponent_sets(count)
    assert all(is_regular_at_positive_points(exponents) for exponents in sets)
    for g in range(1, count + 1):
        of_size_g = [set(e) for e in sets if len(e) == g]
        primes = (2, 3, 5, 7, 11, 13)
        # Whatever primes the other units spoil (one each), a set without them is there.
        for spoiled in product(primes, repeat=count - g) if count - g <= 2 else ():
            assert any(not {abs(k) for k in e} & set(spoiled) for e in of_size_g)
