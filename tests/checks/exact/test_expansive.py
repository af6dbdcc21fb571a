"""No URNN of any size: what is accepted as evidence, and that nothing less is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest

from urnn_proofs import RNN, RationalMatrix
from urnn_proofs.checks.exact.expansive import (
    Expansion,
    expansion_facts,
    expansion_theorem,
    minimal_part,
)
from urnn_proofs.formal.record import recorded
from urnn_proofs.guesses.expansive import find_expansion


def holds(rnn, M, evidence):
    return all(expansion_facts(rnn, Q(M), evidence).values())


TURN = [[Q(9, 10), Q(-9, 10)], [Q(9, 10), Q(9, 10)]]
EYE = [[1, 0], [0, 1]]

EXPANSIVE = {
    "doubling": (RNN([[2]], [[1]], [0], [[1]]), 1),
    "a little above 1": (RNN([[Q(1001, 1000)]], [[1]], [0], [[1]]), 1),
    "turning outwards": (RNN(TURN, EYE, [0, 0], [[1, 1]]), 1),
    "tanh at 0": (RNN(TURN, [[1], [0]], [0, 0], [[1, 0]], activation="tanh"), 1),
    "tanh, bias undone": (RNN(TURN, EYE, [Q(1, 2), Q(1, 4)], [[1, 0]], activation="tanh"), 1),
    "logistic": (RNN([[5]], [[1]], [Q(-5, 2)], [[1]], [Q(1, 2)], activation="logistic"), 1),
    "nonnegative": (RNN([[1, 1], [1, 0]], [[1], [1]], [0, 1], [[0, 1]]), 1),
    "h_init at the fixed point": (RNN([[3]], [[1]], [-2], [[1]], [1]), Q(1, 8)),
    "one state too many": (
        RNN([[2, 0], [0, Q(1, 2)]], [[1], [1]], [0, 0], [[1, 0]]),
        1,
    ),
}


@pytest.mark.parametrize("name", sorted(EXPANSIVE))
def test_expansive_networks_are_found(name):
    rnn, M = EXPANSIVE[name]
    found = find_expansion(rnn, Q(M))
    assert found is not None
    assert holds(rnn, M, found)


@pytest.mark.parametrize("name", sorted(EXPANSIVE))
def test_the_gain_really_grows(name):
    """Against float simulation: a change of 1e-9 at one time is amplified beyond every bound."""
    rnn, M = EXPANSIVE[name]
    found = find_expansion(rnn, Q(M))
    steps, start = 60, len(found.prefix) + 1
    x = np.array([[float(v) for v in row] for row in (*found.prefix, *[found.held] * steps)])
    rate = 1.001 if name == "a little above 1" else 1.2
    gains = []
    for j in range(rnn.inputs):
        moved = x.copy()
        moved[start, j] += 1e-9
        difference = np.abs(rnn.run(moved) - rnn.run(x))[start:, :].max(axis=1) / 1e-9
        small = difference[difference < 1e4]  # still in the linear range
        gains.append(small[1:].max(initial=0))
    assert max(gains) > rate


NOT_EXPANSIVE = {
    "w = 1": RNN([[1]], [[1]], [0], [[1]]),
    "w = -1": RNN([[-1]], [[1]], [1], [[1]]),
    "rotation": RNN([[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]], EYE, [0, 0], [[1, 1]]),
    "norm 10, nilpotent": RNN([[0, 10], [0, 0]], [[1], [1]], [0, 0], [[1, 1]]),
    "unstable, not observed": RNN([[2, 0], [0, Q(1, 2)]], [[1], [1]], [0, 0], [[0, 1]]),
    "unstable, not reached": RNN([[2, 0], [0, Q(1, 2)]], [[0], [1]], [1, 1], [[1, 1]]),
    "unstable, hidden by a combination": RNN([[2, 0], [0, 2]], [[1], [1]], [0, 0], [[1, -1]]),
    "switched off": RNN([[2]], [[1]], [-100], [[1]]),
    "C = 0": RNN([[2]], [[1]], [0], [[0]]),
    "F = 0": RNN([[2]], [[0]], [1], [[1]]),
    "period 2": RNN([[-2]], [[1]], [3], [[1]]),
    "tanh, radius 1": RNN([[1]], [[1]], [0], [[1]], activation="tanh"),
    "logistic, slope 1/4": RNN([[3]], [[1]], [Q(-3, 2)], [[1]], [Q(1, 2)], activation="logistic"),
    "GELU is not non-expansive": RNN([[4]], [[1]], [0], [[1]], activation="gelu"),
}


@pytest.mark.parametrize("name", sorted(NOT_EXPANSIVE))
def test_nothing_is_found_where_nothing_is(name):
    assert find_expansion(NOT_EXPANSIVE[name], Q(1)) is None


@pytest.mark.parametrize("name", sorted(NOT_EXPANSIVE))
def test_no_evidence_is_accepted_where_nothing_is(name):
    rnn = NOT_EXPANSIVE[name]
    for value in (Q(-1, 2), Q(0), Q(1, 3), Q(1, 2)):
        x = (value,) * rnn.inputs
        for prefix in ((), ((Q(1, 2),) * rnn.inputs,), (tuple(-v for v in x),)):
            for power in (1, 2, 7, 16):
                assert not holds(rnn, 1, Expansion(prefix, x, power))


def test_every_part_of_the_evidence_matters():
    rnn, M = EXPANSIVE["turning outwards"]
    found = find_expansion(rnn, Q(M))
    tiny = Q(1, 10**9)
    moved = tuple(v + tiny for v in found.held)
    assert not holds(rnn, M, replace(found, held=moved))
    first = tuple(v + tiny for v in found.prefix[0])
    assert not holds(rnn, M, replace(found, prefix=(first,)))
    assert not holds(rnn, M, replace(found, prefix=()))
    assert not holds(rnn, M, replace(found, power=0))
    assert not holds(rnn, M, replace(found, held=found.held[:1]))
    assert not holds(rnn, 0, found)
    assert not holds(rnn, -Q(M), found)  # no input is as short as that
    size = max(sum(v * v for v in x) for x in (*found.prefix, found.held))
    assert not holds(rnn, size / 4, found)  # not admissible
    assert not holds(rnn.replace(b=[tiny, 0]), M, found)
    assert not holds(rnn.replace(C=[[0, 0]]), M, found)


def test_the_held_input_lies_strictly_inside():
    """On the sphere itself half of the changes are not admissible."""
    rnn = RNN([[2]], [[1]], [0], [[1]])
    assert holds(rnn, 1, Expansion(((Q(1, 2),),), (Q(-1, 2),), 1))
    assert not holds(rnn, Q(1, 2), Expansion(((Q(1, 2),),), (Q(-1, 2),), 1))


def test_a_state_at_a_kink_is_no_evidence():
    """h = 0 under ReLU: held by x = 0, but nothing is differentiable there."""
    rnn = RNN([[-2]], [[1]], [0], [[1]])
    assert not holds(rnn, 1, Expansion((), (Q(0),), 2))


def markov(A, B, C, count):
    found, state = [], B
    for _ in range(count):
        found.append((C @ state).to_fractions())
        state = A @ state
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_minimal_part_is_what_inputs_and_outputs_see(seed):
    """Its eigenvalues are the poles of C (z - A)^-1 B: the least recurrence of C A^j B."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    A, B, C = (
        RationalMatrix.parse(rng.integers(-2, 3, shape) * (rng.random(shape) < 0.6), "A")
        for shape in ((n, n), (n, 1), (1, n))
    )
    found = minimal_part(A, B, C)
    sequence = [row[0][0] for row in markov(A, B, C, 2 * n + 4)]
    hankel = RationalMatrix.from_fractions([sequence[i : i + n] for i in range(n)])
    size = 0 if found is None else found.shape[0]
    assert size == hankel.rank()  # Kronecker
    if found is not None:  # and it satisfies its own characteristic polynomial (Cayley, Hamilton)
        poly = found.numerators.charpoly()
        d = found.denominator
        weights = [Q(int(poly[i]), d ** (size - i)) for i in range(size + 1)]
        for j in range(len(sequence) - size):
            assert sum(w * y for w, y in zip(weights, sequence[j:], strict=False)) == 0


SAME = (
    "(forall j : nat, outw T *m iter j (mulmx {W}) {F} = "
    "outw S0 *m iter j (mulmx (trans S0)) (inw S0))"
)
POWER = r"r%:R < `|\tr (iter k (mulmx (trans S0)) 1%:M)|"
COQ = {
    "held_not_equivalent": (
        "admissible M x",
        "sqnorm v < M ^+ 2",
        "(forall j : nat, (K <= j)%N",
        "x j = v)",
        "prev phi T x K = h",
        "(forall i : 'I_n, phi ((trans T *m h + inw T *m v + bias T) i 0) = h i 0)",
        "(forall i : 'I_n, has_slope phi ((trans T *m h + inw T *m v + bias T) i 0) (d 0 i))",
        "minimal S0",
        SAME.format(W="(diag_mx d *m trans T)", F="(diag_mx d *m inw T)"),
        POWER,
    ),
    "positive_not_equivalent": (
        "sqnorm v < M ^+ 2",
        "nonneg_mx (trans T)",
        "(forall i : 'I_n, 0 < (inw T *m v + bias T) i 0)",
        "minimal S0",
        SAME.format(W="(trans T)", F="(inw T)"),
        POWER,
    ),
}


@pytest.mark.parametrize("name", COQ)
def test_coqs_theorems_have_the_hypotheses_that_are_checked_and_no_others(name):
    """Facts of ``expansion_facts``, and the minimal part; the activation of the URNN is any."""
    said = " ".join(recorded(name).statement.split())
    given = said.partition(", ")[2].partition(" -> forall (N : nat)")[0]
    assert tuple(given.split(" -> ")) == COQ[name]
    concluded = said.partition("-> forall (N : nat)")[2].partition(", ")[2]
    assert concluded.startswith("nonexpansive phi' -> orthogonal (trans T') -> ~ (forall y")


@pytest.mark.parametrize("name", sorted(EXPANSIVE))
def test_the_theorem_is_the_one_whose_hypotheses_hold(name):
    rnn, M = EXPANSIVE[name]
    found = find_expansion(rnn, Q(M))
    nonnegative = all(w >= 0 for row in rnn.W.to_fractions() for w in row)
    if expansion_theorem(rnn, found) == "positive_not_equivalent":
        drive = rnn.F @ RationalMatrix.column(found.held) + rnn.b
        assert nonnegative
        assert rnn.activation.is_relu
        assert min(drive.entries()) > 0
        return
    x = [list(row) for row in (*found.prefix, found.held, found.held)]
    states = rnn.replace(C=RationalMatrix.identity(rnn.states))
    before = rnn.h_init.to_numpy()[:, 0] if not found.prefix else None
    run = states.run(np.array(x, dtype=float))
    np.testing.assert_allclose(run[-1], run[-2], atol=1e-9)
    np.testing.assert_allclose(run[-1], run[-3] if before is None else before, atol=1e-9)
