"""Network-steps per second on a GPU: all networks in one launch, against a plain loop over them.

The peer is what one would write first: ``torch.nn.RNN`` or ``torch.nn.LSTM``, for which NVIDIA has
kernels of its own, one network after the other, Adam, and for the URNN an SVD after each step.
Prints one JSON line for each model and size.

    python benchmarks/device_speed.py
"""

from __future__ import annotations

import json
import time

import numpy as np
import torch

from urnn_proofs.experiments.device import Cupy, Device, Lanes
from urnn_proofs.experiments.initial import initial_weights
from urnn_proofs.experiments.training import Settings

T, B, ROWS, NETWORKS = 1000, 10, 70, 660


def ours(backend, model, n):
    """Return the seconds of one gradient step of one network, of NETWORKS at once."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, ROWS + B, T, 2)).astype(np.float32)
    device = Device(backend, x, np.abs(x), ROWS)
    weights = [initial_weights(model, n, 2, 2, (k,), "orthogonal") for k in range(NETWORKS)]
    lanes = [Lanes(model, n, weights, [0] * NETWORKS, [0] * NETWORKS)]
    device.train(lanes, Settings(epochs=1))
    started = time.perf_counter()
    epochs = 6
    device.train(lanes, Settings(epochs=epochs))
    return (time.perf_counter() - started) / (epochs * ROWS // B) / NETWORKS


def theirs(model, n):
    """Return the seconds of one gradient step of one network in a plain loop."""
    if model == "lstm":
        network = torch.nn.LSTM(2, n)
    else:
        network = torch.nn.RNN(2, n, nonlinearity="relu")
        torch.nn.init.orthogonal_(network.weight_hh_l0)
    readout = torch.nn.Linear(n, 2)
    network, readout = network.cuda(), readout.cuda()
    optimiser = torch.optim.Adam([*network.parameters(), *readout.parameters()], 0.01)
    x = torch.randn(T, B, 2, device="cuda")
    y = x.abs()

    def step():
        optimiser.zero_grad()
        loss = ((readout(network(x)[0]) - y) ** 2).mean()
        loss.backward()
        optimiser.step()
        if model == "urnn":
            with torch.no_grad():
                left, _, right = torch.linalg.svd(network.weight_hh_l0)
                network.weight_hh_l0.copy_(left @ right)

    for _ in range(5):
        step()
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(20):
        step()
    torch.cuda.synchronize()
    return (time.perf_counter() - started) / 20


def main():
    """Measure."""
    backend = Cupy()
    for model in ("rnn", "urnn", "lstm"):
        for n in (4, 14):
            mine, other = ours(backend, model, n), theirs(model, n)
            row = {"model": model, "hidden": n, "gpu": backend.name, "networks": NETWORKS}
            row |= {"ours_us": round(1e6 * mine, 2), "theirs_us": round(1e6 * other, 1)}
            row |= {"steps_per_second": round(T / mine), "ratio": round(other / mine, 1)}
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
