"""What it costs in loss to train a network that converts: four ways, two tasks.

*free*: no constraint.  *projected*: the free network, its singular values cut at 0.99, not trained
any further.  *fine-tuned*: projected, then trained with ``urnn_proofs.torch.contractive``.
*from the start*: contractive from the first step.  All have as many gradient steps as *free*
(*fine-tuned*: half as many again).  The tasks: handwritten digits row by row (cross-entropy), and
the output of a delay line with decay, ``y^k = sum_j 0.9^j x^{k-j}`` of noise (mean squared error).

Prints the table of ``docs/training.md``; needs the extra ``examples``, and half a minute:

    python examples/train_to_convert.py
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits

import urnn_proofs.torch
from urnn_proofs import Verdict, diagnose, equivalent_urnn, from_torch, to_torch

NORM, SEED = 0.99, 0


class Network(torch.nn.Module):
    """A ReLU ``torch.nn.RNN`` and a readout of its states."""

    def __init__(self, inputs: int, states: int, outputs: int) -> None:
        super().__init__()
        self.rnn = torch.nn.RNN(inputs, states, nonlinearity="relu")
        self.readout = torch.nn.Linear(states, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return all outputs, time first."""
        return self.readout(self.rnn(x)[0])


@dataclass
class Task:
    """Inputs (T, N, m), what the outputs are compared with, and the loss."""

    name: str
    x: torch.Tensor
    y: torch.Tensor
    outputs: int
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    bound: float

    def split(self) -> tuple[slice, slice]:
        """Return the training and the test sequences."""
        cut = self.x.shape[1] * 3 // 4
        return slice(0, cut), slice(cut, None)


def digits() -> Task:
    data = load_digits()
    order = torch.randperm(len(data.target), generator=torch.Generator().manual_seed(SEED))
    x = torch.tensor(data.images / 16.0, dtype=torch.float32)[order].transpose(0, 1)
    y = torch.tensor(data.target)[order]

    def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(outputs[-1], labels)

    return Task("digits", x.contiguous(), y, 10, loss, 3)


def decay() -> Task:
    x = torch.rand(40, 400, 1, generator=torch.Generator().manual_seed(SEED)) * 2 - 1
    y, state = torch.zeros_like(x), torch.zeros(400, 1)
    for k, row in enumerate(x):
        state = 0.9 * state + row
        y[k] = state
    return Task("decaying memory", x, y, 1, torch.nn.functional.mse_loss, 1)


def train(model: Network, task: Task, steps: int) -> Network:
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    training, _ = task.split()
    batches = torch.Generator().manual_seed(SEED)
    for _ in range(steps):
        chosen = torch.randint(training.stop, (64,), generator=batches)
        optimiser.zero_grad()
        y = task.y[:, chosen] if task.y.ndim == 3 else task.y[chosen]
        task.loss(model(task.x[:, chosen]), y).backward()
        optimiser.step()
    return model


@torch.no_grad()
def test_loss(model: Network, task: Task) -> float:
    _, held_out = task.split()
    y = task.y[:, held_out] if task.y.ndim == 3 else task.y[held_out]
    return float(task.loss(model(task.x[:, held_out]), y))


def contractive(model: Network) -> Network:
    urnn_proofs.torch.contractive(model.rnn, NORM)
    return model


@torch.no_grad()
def converted(model: Network, task: Task) -> str:
    """Say what diagnose says; convert, and compare the outputs in PyTorch, where it is possible."""
    network = from_torch(model.rnn, model.readout)
    found = diagnose(network, task.bound)
    if not found.states or "--scale" in (found.command or ""):
        return found.sentence
    built = equivalent_urnn(network, task.bound, dtype="float32")
    assert built.report.verdict is Verdict.PROVED
    apart = (to_torch(built.result)(task.x) - model(task.x)).norm(dim=-1).max()
    assert float(apart) <= float(built.error.same_engine)
    same = "equal outputs" if apart == 0 else f"outputs within {float(apart):.0e}"
    return f"{found.states[0]} states, {same} in float32"


def rows(task: Task, steps: int, states: int) -> list[tuple[str, float, str]]:
    torch.manual_seed(SEED)
    start = Network(task.x.shape[-1], states, task.outputs)
    free = train(copy.deepcopy(start), task, steps)
    projected = contractive(copy.deepcopy(free))
    tuned = train(copy.deepcopy(projected), task, steps // 2)
    always = train(contractive(copy.deepcopy(start)), task, steps)
    named = {"free": free, "projected": projected, "fine-tuned": tuned, "from the start": always}
    return [(name, test_loss(m, task), converted(m, task)) for name, m in named.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--states", type=int, default=16)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| task | training | test loss | URNN |")
    print("| --- | --- | --- | --- |")
    for task in (digits(), decay()):
        for name, loss, said in rows(task, arguments.steps, arguments.states):
            print(f"| {task.name} | {name} | {loss:.3g} | {said} |", flush=True)


if __name__ == "__main__":
    main()
