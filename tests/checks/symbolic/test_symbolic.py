from __future__ import annotations

import random
from fractions import Fraction as Q

import pytest
import sympy as sp

from urnn_proofs.checks.symbolic import entrywise, gate, unrolling
from urnn_proofs.checks.symbolic.closed_form import construction
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.rational import RationalMatrix


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_entrywise_identities_hold(n):
    found = entrywise.block_identities(entrywise.symbolic_dilation(n))
    assert all(found.values()), found
    assert ("W^T W2 + W3^T W4 = 0 (definition)" in found) is (n <= 2)


@pytest.mark.parametrize("n", [0, 5, -1])
def test_entrywise_sizes_are_limited(n):
    with pytest.raises(UnsupportedError, match=f"n is {n}"):
        entrywise.symbolic_dilation(n)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("table", ["W", "A", "B", "Y", "P", "Y_left", "P_left"])
def test_any_changed_polynomial_is_noticed(n, table):
    for i in range(n):
        for j in range(n):
            dilation = entrywise.symbolic_dilation(n)
            getattr(dilation, table)[i][j] += dilation.ring.one
            found = entrywise.block_identities(dilation)
            assert not all(found.values()), (table, i, j)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_symbolic_and_numeric_dilations_agree(n):
    """Substitute rational weights: the entrywise formulas give the exact engine's matrices."""
    rng = random.Random(n)
    W = [[Q(rng.randint(-3, 3), 8) for _ in range(n)] for _ in range(n)]
    s = entrywise.symbolic_dilation(n)
    flat = [sp.Rational(x) for row in W for x in row]

    def at(poly):
        return Q(str(poly.as_expr().subs(dict(zip(s.ring.symbols, flat)))))

    U = dilate(RationalMatrix.from_fractions(W)).U
    for i in range(n):
        squared = U.alpha[n + i] * U.R[n + i, 0] ** 2
        assert squared == at(s.P[i][0]) ** 2 / at(s.delta[i])


def test_the_closed_form_at_n_1_is_the_one_of_the_textbook():
    w = sp.Symbol("w11")
    root = sp.sqrt(1 - w**2)
    assert construction(1) == sp.Matrix([[w, root], [root, -w]])


@pytest.mark.parametrize("n", [1, 2])
def test_closed_forms_are_orthogonal_at_high_precision(n):
    U = construction(n)
    rng = random.Random(0)
    values = {s: sp.Rational(rng.randint(-40, 40), 100) for s in U.free_symbols}
    at = U.subs(values).evalf(60)
    assert max(abs(x) for x in (at.T * at - sp.eye(2 * n))) < sp.Float(10) ** -50


def test_closed_forms_stop_where_they_stop_being_readable():
    with pytest.raises(UnsupportedError, match="n is 3; the closed form is written out for n <= 2"):
        construction(3)


def test_scalar_identities():
    assert gate.vector_identity()
    assert gate.gate_identity()
    assert gate.bound_identity()


@pytest.mark.parametrize("n", range(1, 9))
def test_lagrange(n):
    assert gate.lagrange_identity(n)


@pytest.mark.parametrize(("n", "steps"), [(1, 1), (1, 3), (2, 3), (3, 2), (4, 1)])
def test_outputs_agree_in_closed_form(n, steps):
    both = unrolling.unroll(n, steps)
    assert both.equal
    assert len(both.gates) == n * steps
    assert both.rnn_outputs == both.urnn_outputs


def test_the_closed_form_evaluates_to_the_output_of_the_network():
    both = unrolling.unroll(1, 2)
    expression = both.closed_form(1).replace(sp.Function("relu"), lambda z: sp.Max(0, z))
    values = {"W11": Q(1, 2), "F1": 2, "b1": -1, "C1": 3, "g1": 1, "x0": 1, "x1": Q(1, 4)}
    value = expression.subs({k: sp.Rational(Q(v)) for k, v in values.items()})
    # h0 = relu(1/2 + 2 - 1) = 3/2; h1 = relu(3/4 + 1/2 - 1) = 1/4; y = 3/4
    assert value == sp.Rational(3, 4)


@pytest.mark.parametrize(("n", "steps"), [(0, 1), (5, 1), (1, 0), (1, 9)])
def test_unrolling_sizes_are_limited(n, steps):
    with pytest.raises(InputError, match="expected 1 <= n <= 4"):
        unrolling.unroll(n, steps)


def test_a_wrong_construction_does_not_unroll(monkeypatch):
    """Attack: a lower unit that sees its own past is not a gate; a wrong W is another state."""
    good = unrolling._Machine.gate
    monkeypatch.setattr(
        unrolling._Machine, "gate", lambda self, z, i, h: good(self, z + self.H, i, h)
    )
    with pytest.raises(ArithmeticError, match="not a gate"):
        unrolling.unroll(1, 1)
    monkeypatch.undo()
    start = unrolling._Machine.__init__

    def swapped(self, n, steps):
        start(self, n, steps)
        self.U[0][0] = -self.U[0][0]

    monkeypatch.setattr(unrolling._Machine, "__init__", swapped)
    with pytest.raises(ArithmeticError, match="different states"):
        unrolling.unroll(1, 1)
