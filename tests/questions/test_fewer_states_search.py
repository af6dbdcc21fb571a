"""An independent search for URNNs with fewer states than are said to be needed.

Least squares on U, F, b and C from random starts, with nothing of the package but the networks.
That it finds none proves nothing, and no verdict rests on it; it would have found one that exists,
as it does where one state less is enough.
"""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np
import pytest

from urnn_proofs import RNN, Verdict, minimal_urnn, search_counterexample

STEPS, SEQUENCES, ROUNDS = 5, 60, 120
EYE = [[1, 0], [0, 1]]


def skew_count(N):
    return N * (N - 1) // 2


def unpack(p, N, flipped):
    """U by Cayley's transform, one sign flipped or not; then F, b, C."""
    A = np.zeros((N, N))
    A[np.triu_indices(N, 1)] = p[: skew_count(N)]
    A -= A.T
    U = np.linalg.solve(np.eye(N) + A, np.eye(N) - A)
    U[0] *= -1 if flipped else 1
    F, b, C = np.split(p[skew_count(N) :], [2 * N, 3 * N])
    return U, F.reshape(N, 2), b, C.reshape(2, N)


def outputs(weights, x):
    U, F, b, C = weights
    h, out = np.zeros((x.shape[1], len(U))), []
    for row in x:
        h = np.maximum(h @ U.T + row @ F.T + b, 0)
        out.append(h @ C.T)
    return np.array(out).ravel()


def least_squares(x, wanted, N, seed):
    """Levenberg and Marquardt, differences for derivatives; the root mean square left over."""
    rng = np.random.default_rng(seed)
    p, damping = rng.normal(size=skew_count(N) + 5 * N), 1e-2
    flipped = bool(seed % 2)

    def residual(q):
        return outputs(unpack(q, N, flipped), x) - wanted

    r = residual(p)
    for _ in range(ROUNDS):
        steps = 1e-7 * np.eye(len(p))
        J = np.array([(residual(p + d) - r) / 1e-7 for d in steps]).T
        G, g = J.T @ J, J.T @ r
        for _ in range(8):
            move = -np.linalg.solve(G + damping * np.diag(np.diag(G) + 1e-9), g)
            new = residual(p + move)
            if new @ new < r @ r:
                p, r, damping = p + move, new, max(damping / 4, 1e-12)
                break
            damping *= 4
        else:
            break
        if r @ r < 1e-18 * len(r):
            break
    return float(np.sqrt(r @ r / len(r)))


def best(W, N, starts):
    rnn = RNN(W, EYE, [0, 0], EYE)
    x = np.random.default_rng(99).uniform(-0.7, 0.7, size=(STEPS, SEQUENCES, 2))
    wanted = rnn.run(x).ravel()
    found = []
    for seed in range(starts):
        found.append(least_squares(x, wanted, N, seed))
        if found[-1] < 1e-7:
            break
    return min(found)


DIAGONAL = [[Q(1, 2), 0], [0, Q(3, 10)]]


def test_least_squares_finds_no_three_states_where_four_are_said_to_be_needed():
    found = minimal_urnn(RNN(DIAGONAL, EYE, [0, 0], EYE), 1)
    assert (found.at_least, found.at_most) == (4, 4)
    assert found.report.verdict is Verdict.ASSUMED  # and stays so, whatever a search finds
    left = best(DIAGONAL, 3, 12)
    print(f"\n  three states for diag(1/2, 3/10): at best {left:.1e} is left over, 12 starts")
    # Three states come within every epsilon, so that it falls slowly, and weights grow; see below.
    assert left > 1e-6


@pytest.mark.parametrize(
    ("W", "N"), [([[Q(1, 2), Q(3, 10)], [0, Q(3, 10)]], 3), (DIAGONAL, 4)], ids=["coupled", "4"]
)
def test_the_same_search_finds_what_exists(W, N):
    assert minimal_urnn(RNN(W, EYE, [0, 0], EYE), 1).at_most == N
    assert best(W, N, 60) < 1e-6


def test_the_exact_search_does_not_know_either():
    """What rests on words alone is no answer of a search."""
    rnn = RNN(DIAGONAL, EYE, [0, 0], EYE)
    found = search_counterexample(rnn, 3, input_bound=1, budget_s=10)
    assert found.verdict is Verdict.UNKNOWN
    assert found.network is None
    coupled = RNN([[Q(1, 2), Q(3, 10)], [0, Q(3, 10)]], EYE, [0, 0], EYE)
    assert search_counterexample(coupled, 2, input_bound=1).verdict is Verdict.PROVED
    one_less = search_counterexample(coupled, 3, input_bound=1)
    assert one_less.verdict is Verdict.REFUTED
    assert one_less.network.states == 3
