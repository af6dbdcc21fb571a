"""How wasteful the proved bound is: epsilon, divided by the largest difference that is seen.

Seen: on thousands of input sequences in X_M: random and extreme ones; what an evolutionary search
finds, which keeps the worst and changes pieces of them; and what gradient ascent makes of those.
So the ratio is at least what the bound overestimates; where both miss the worst input, it is more.
"""

from __future__ import annotations

import numpy as np
import pytest

from urnn_proofs import RNN, equivalent_urnn
from urnn_proofs.samples.signals import sample_signals

STEPS, KEPT, CHILDREN, ROUNDS, ASCENTS = 40, 24, 12, 30, 150
EPSILON = 1e-6


def largest_seen(first, second, M, seed=0):
    """Return the largest ||y_u^k - y^k|| that is found, in float64."""
    rng = np.random.default_rng(seed)
    x = np.concatenate(list(sample_signals(STEPS, first.inputs, M, seed).values()), axis=1)
    x = np.concatenate([x, _sphere(rng, (STEPS, 400, first.inputs), M)], axis=1)
    best = 0.0
    for _ in range(ROUNDS):
        gaps = np.linalg.norm(first.run(x) - second.run(x), axis=-1).max(axis=0)
        best = max(best, float(gaps.max()))
        parents = x[:, np.argsort(gaps)[-KEPT:]]
        children = np.repeat(parents, CHILDREN, axis=1)
        where = rng.random(children.shape[:2]) < rng.choice([0.05, 0.2, 0.5], children.shape[1])
        moved = children + _sphere(rng, children.shape, M) * rng.choice([0.3, 1.0, 3.0])
        moved *= M / np.linalg.norm(moved, axis=-1, keepdims=True)
        x = np.concatenate([parents, np.where(where[..., None], moved, children)], axis=1)
    x = _ascended(first, second, x[:, : 4 * KEPT], M)
    return max(best, float(np.linalg.norm(first.run(x) - second.run(x), axis=-1).max()))


def _ascended(first, second, x, M):
    """Move each sequence along the gradient of ``log ||y_u^k - y^k||``, k its worst step."""
    torch = pytest.importorskip("torch")
    name = {"logistic": "sigmoid"}.get(first.activation.name, first.activation.name)
    phi = getattr(torch.nn.functional, name)
    parts = [[torch.tensor(a) for a in _parts(network)] for network in (first, second)]

    def run(W, F, b, C, start, x):
        h, outputs = start, []
        for row in x:
            h = phi(h @ W.T + row @ F.T + b)
            outputs.append(h @ C.T)
        return torch.stack(outputs)

    raw = torch.tensor(x, requires_grad=True)
    optimiser = torch.optim.Adam([raw], lr=0.03 * M)
    for _ in range(ASCENTS):
        inside = raw * (M * (1 - 1e-9) / raw.norm(dim=-1, keepdim=True).clamp_min(1e-9))
        gaps = (run(*parts[0], inside) - run(*parts[1], inside)).norm(dim=-1).amax(dim=0)
        optimiser.zero_grad()
        (-(gaps + 1e-300).log()).sum().backward()
        optimiser.step()
    return inside.detach().numpy()


def _parts(network):
    floats = network.to_numpy()  # b takes in the offset
    return floats.W, floats.F, floats.b, floats.C, floats.h_init


def _sphere(rng, shape, M):
    raw = rng.standard_normal(shape)
    return raw / np.linalg.norm(raw, axis=-1, keepdims=True) * (M * (1 - 1e-9))


def random_network(n, activation, norm, seed=0):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n, n))
    W *= norm / np.linalg.norm(W, 2)
    F, C = rng.standard_normal((n, 3)), rng.standard_normal((2, n))
    return RNN(W, F, 0.3 * rng.standard_normal(n), C, activation=activation)


def trained_network(states=16, epochs=40):
    """Return a tanh network trained on scikit-learn's digits, row by row, of norm at most 0.95."""
    import torch
    from sklearn.datasets import load_digits

    torch.manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images / 16.0).reshape(-1, 8, 8)
    y = torch.tensor(labels)
    rnn = torch.nn.RNN(8, states, batch_first=True).double()
    readout = torch.nn.Linear(states, 10, bias=False).double()
    optimiser = torch.optim.Adam([*rnn.parameters(), *readout.parameters()], lr=0.01)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            scores = readout(rnn(x[batch])[0][:, -1])
            torch.nn.functional.cross_entropy(scores, y[batch]).backward()
            optimiser.step()
            with torch.no_grad():
                norm = torch.linalg.matrix_norm(rnn.weight_hh_l0, 2)
                rnn.weight_hh_l0 *= min(1.0, 0.95 / float(norm))
    scores = readout(rnn(x)[0][:, -1])
    assert float((scores.argmax(1) == y).double().mean()) > 0.8
    parts = (rnn.weight_hh_l0, rnn.weight_ih_l0, rnn.bias_ih_l0 + rnn.bias_hh_l0, readout.weight)
    return RNN(*(part.detach().numpy() for part in parts), activation="tanh")


def ratio(network, M, epsilon=EPSILON):
    found = equivalent_urnn(network, M, epsilon=epsilon)
    return epsilon / largest_seen(network, found.urnn, M)


@pytest.mark.parametrize(
    ("activation", "n", "norm", "M"),
    [
        ("tanh", 1, 0.9, 1),
        ("tanh", 4, 0.9, 1),
        ("tanh", 16, 0.9, 1),
        ("tanh", 64, 0.9, 1),
        ("tanh", 16, 0.9, 4),
        ("logistic", 4, 0.9, 1),
        ("logistic", 64, 0.9, 1),
        ("softplus", 4, 0.9, 1),
        ("softplus", 8, 0.8, 1),
        ("softplus", 8, 0.9, 1),
        ("silu", 8, 0.8, 1),
        ("softplus", 16, 0.8, 1),
        ("silu", 16, 0.8, 1),
        ("elu", 16, 0.9, 1),
        ("gelu", 16, 0.8, 1),
        ("softplus", 32, 0.8, 1),
        ("elu", 4, 0.9, 1),
        ("selu", 4, 0.5, 1),
        ("gelu", 4, 0.8, 1),
        ("silu", 4, 0.8, 1),
        ("mish", 4, 0.8, 1),
    ],
)
def test_bound_over_seen_for_random_networks(activation, n, norm, M, side_by_side, benchmark):
    network = random_network(n, activation, norm)
    found = benchmark.pedantic(ratio, (network, M), rounds=1)
    name = f"(w) bound / seen, {activation}, norm {norm}, M = {M}"
    side_by_side.record(name, f"n = {n}", found)
    assert found >= 1


@pytest.mark.parametrize("states", [16, 32])
def test_bound_over_seen_for_a_trained_network(states, side_by_side, benchmark):
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    network = trained_network(states)
    found = benchmark.pedantic(ratio, (network, 3), rounds=1)
    name = "(w) bound / seen, tanh trained on digits, M = 3"
    side_by_side.record(name, f"n = {states}", found, "<= 100")
    assert found >= 1
