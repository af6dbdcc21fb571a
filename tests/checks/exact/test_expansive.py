"""No URNN of any size: what is accepted as evidence, and that nothing less is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest

from urnn_proofs import RNN, RationalMatrix, StoredNetwork
from urnn_proofs.checks.exact import expansive
from urnn_proofs.checks.exact.expansive import (
    Expansion,
    expansion_facts,
    expansion_theorem,
    linearised,
    minimal_part,
)
from urnn_proofs.formal.record import recorded
from urnn_proofs.guesses.expansive import find_expansion


def holds(rnn, M, evidence):
    return all(expansion_facts([rnn], Q(M), evidence).values())


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
    found = find_expansion([rnn], Q(M))
    assert found is not None
    assert holds(rnn, M, found)


@pytest.mark.parametrize("name", sorted(EXPANSIVE))
def test_the_gain_really_grows(name):
    """Against float simulation: a change of 1e-9 at one time is amplified beyond every bound."""
    rnn, M = EXPANSIVE[name]
    found = find_expansion([rnn], Q(M))
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
    assert find_expansion([NOT_EXPANSIVE[name]], Q(1)) is None


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
    found = find_expansion([rnn], Q(M))
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


def stack(*Ws, F=None, b=None, C=None, activation="relu"):
    """Layers with these transitions, the others weights given for each layer or plain."""
    layers = []
    for k, W in enumerate(Ws):
        n = len(W)
        F_, b_, C_ = ((given or {}).get(k) for given in (F, b, C))
        below = layers[-1].outputs if layers else 1
        layers.append(
            RNN(
                W,
                F_ or [[Q(i + j + 1, 2) for j in range(below)] for i in range(n)],
                b_ or [0] * n,
                C_ or np.eye(n),
                activation=activation,
            )
        )
    return layers


HALF, TWO, DOWN = [[Q(1, 2)]], [[2]], [[-2]]
STACKS = {
    "the upper layer expands": stack(HALF, TWO),
    "the lower layer expands": stack(TWO, HALF),
    "three layers": stack(HALF, HALF, TWO, b={1: [1]}),
    "turning outwards above": stack(
        [[Q(1, 4), 0], [0, Q(1, 2)]], TURN, F={0: EYE, 1: EYE}, b={1: [Q(1, 4), Q(-1, 4)]}
    ),
    "turning outwards below": stack(TURN, HALF, F={0: EYE, 1: [[1, 1]]}),
    "tanh at 0": stack([[Q(1, 2)]], TURN, activation="tanh"),
    "tanh, the lower one": stack(TURN, HALF, F={1: [[1, -1]]}, activation="tanh"),
}
CALM = {
    "no layer expands": stack(HALF, HALF),
    "the upper layer is not reached": stack(HALF, TWO, F={1: [[0]]}),
    "the lower layer is not read": stack([[2, 0], [0, Q(1, 2)]], HALF, C={0: [[0, 1]]}),
    "what expands is hidden by a combination": stack(
        [[2, 0], [0, 2]], HALF, F={0: [[1], [1]]}, C={0: [[1, -1]]}
    ),
    "switched off by the layer below": stack(HALF, TWO, F={1: [[-1]]}),
    "switched off by its bias": stack(HALF, TWO, b={1: [-100]}),
    "period 2 above": stack(HALF, DOWN, b={1: [3]}),
    "norm 10, nilpotent, twice": stack([[0, 10], [0, 0]], [[0, 10], [0, 0]]),
    "one layer is not non-expansive": [*stack(HALF), *stack(TWO, activation="gelu")],
}


@pytest.mark.parametrize("name", sorted(STACKS))
def test_expansive_stacks_are_found(name):
    found = find_expansion(STACKS[name], Q(1))
    assert found is not None
    assert all(expansion_facts(STACKS[name], Q(1), found).values())


@pytest.mark.parametrize("name", sorted(CALM))
def test_nothing_is_found_or_accepted_in_other_stacks(name):
    layers = CALM[name]
    assert find_expansion(layers, Q(1)) is None
    m = layers[0].inputs
    for value in (Q(-1, 2), Q(0), Q(1, 3), Q(1, 2)):
        for prefix in ((), ((Q(1, 2),) * m,), ((-value,) * m,)):
            for power in (1, 2, 7, 16):
                facts = expansion_facts(layers, Q(1), Expansion(prefix, (value,) * m, power))
                assert not all(facts.values())


def outputs(layers, x):
    for layer in layers:
        x = layer.run_exact(x)
    return x


@pytest.mark.parametrize("name", sorted(name for name in STACKS if "tanh" not in name))
def test_the_linearised_stack_is_what_exact_simulation_gives(name):
    """ReLU is linear away from its kink: a tiny change comes out as C A^j B u, exactly."""
    layers = STACKS[name]
    found = find_expansion(layers, Q(1))
    A, B, C = linearised(layers, found.prefix, found.held)
    at, steps, tiny = len(found.prefix) + 1, 8, Q(1, 10**60)
    x = [list(v) for v in (*found.prefix, *[found.held] * (steps + 1))]
    expected = markov(A, B, C, steps)
    for i in range(layers[0].inputs):
        moved = [list(v) for v in x]
        moved[at][i] += tiny
        for j, (y, z) in enumerate(zip(outputs(layers, x), outputs(layers, moved), strict=True)):
            for p, (u, v) in enumerate(zip(y, z, strict=True)):
                assert (v - u) / tiny == (expected[j - at][p][i] if j >= at else 0)


@pytest.mark.parametrize("name", sorted(STACKS))
def test_the_gain_of_a_stack_really_grows(name):
    """Against float simulation, as for one layer."""
    layers = STACKS[name]
    found = find_expansion(layers, Q(1))
    start = len(found.prefix) + 1
    x = np.array([[float(v) for v in row] for row in (*found.prefix, *[found.held] * 60)])
    nets = StoredNetwork.of(*layers)
    gains = []
    for i in range(nets.inputs):
        moved = x.copy()
        moved[start, i] += 1e-9
        difference = np.abs(nets.run(moved) - nets.run(x))[start:].max(axis=1) / 1e-9
        gains.append(difference[difference < 1e4][1:].max(initial=0))
    assert max(gains) > 100


@pytest.mark.parametrize("seed", range(30))
def test_random_stacks_expand_only_where_a_layer_does(seed):
    """A block triangular matrix has the eigenvalues of its blocks."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 4, size=int(rng.integers(2, 4)))
    layers, below = [], 2
    for n in sizes:
        W, F, b = (np.round(rng.normal(size=s) * 0.9, 1) for s in ((n, n), (n, below), n))
        layers.append(RNN(abs(W) if seed % 2 else W, F, b, np.eye(n)))
        below = n
    found = find_expansion(layers, Q(1))
    radius = max(max(abs(np.linalg.eigvals(layer.W.to_numpy()))) for layer in layers)
    if found is not None:
        assert all(expansion_facts(layers, Q(1), found).values())
        assert radius > 1
    if found is not None:
        shrunk = [layer.replace(W=layer.W * Q(1, 100)) for layer in layers]
        assert not all(expansion_facts(shrunk, Q(1), found).values())


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
    found = find_expansion([rnn], Q(M))
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


def test_digits_of_bases_do_not_multiply_from_step_to_step():
    """One of twelve states is reached by nothing, so that exact bases are computed."""
    rows = [[Q((7 * i + 5 * j) % 11 - 3, 8) for j in range(12)] for i in range(11)]
    A = RationalMatrix.from_fractions([*rows, [Q(0)] * 11 + [Q(1)]])
    B = RationalMatrix.column([Q(i % 5, 8) for i in range(11)] + [Q(0)])
    C = RationalMatrix.from_fractions([[Q(1 + j % 3, 8) for j in range(12)]])
    found = minimal_part(A, B, C)
    assert found is not None
    assert found.shape[0] < 12
    assert expansive._reachable(A, B).bits < 100
