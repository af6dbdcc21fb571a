"""Train a small contractive RNN on scikit-learn's handwritten digits, row by row.

Each 8x8 image is a sequence of eight rows; the class scores are read after the last row.
After every update the transition matrix is scaled back so that its norm stays at most 0.97.
The weights are rounded to multiples of 2^-12 (the network that is saved is the rounded one,
and its accuracy is what is printed) and written to ``digits_rnn.npz``, or with
``--nonlinearity tanh`` to ``digits_tanh.npz``.

Needs the extra ``examples`` (scikit-learn, torch):

    pip install 'urnn_proofs[examples]'
    python examples/train_digits.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

MAX_NORM = 0.97
GRID = 2.0**-12


def load_rows(seed: int) -> list[torch.Tensor]:
    """Return training and test images (batch, time, row) in [0, 1], and their labels."""
    images, labels = load_digits(return_X_y=True)
    x = (images / 16.0).reshape(-1, 8, 8)
    split = train_test_split(x, labels, test_size=0.25, random_state=seed, stratify=labels)
    x_train, x_test, y_train, y_test = split
    return [
        torch.tensor(x_train, dtype=torch.float64),
        torch.tensor(x_test, dtype=torch.float64),
        torch.tensor(y_train),
        torch.tensor(y_test),
    ]


class Digits(torch.nn.Module):
    """``h = phi(W h + F x + b)``, phi ReLU or tanh; scores ``C h`` after the last row."""

    def __init__(self, states: int, nonlinearity: str = "relu") -> None:
        super().__init__()
        self.rnn = torch.nn.RNN(8, states, nonlinearity=nonlinearity, batch_first=True)
        self.readout = torch.nn.Linear(states, 10, bias=False)
        self.double()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the class scores (batch, 10) of images (batch, 8, 8)."""
        return self.readout(self.rnn(x)[0][:, -1])

    @torch.no_grad()
    def shrink(self) -> None:
        """Scale W back to norm MAX_NORM if it has grown beyond."""
        W = self.rnn.weight_hh_l0
        norm = torch.linalg.matrix_norm(W, 2)
        if norm > MAX_NORM:
            W *= MAX_NORM / norm

    @torch.no_grad()
    def round(self) -> None:
        """Round every weight to the grid; one bias is enough, so the other becomes zero."""
        self.rnn.bias_ih_l0 += self.rnn.bias_hh_l0
        self.rnn.bias_hh_l0.zero_()
        for weight in self.parameters():
            weight.copy_(torch.round(weight / GRID) * GRID)


def train(model: Digits, x: torch.Tensor, y: torch.Tensor, epochs: int) -> None:
    """Minimise the cross-entropy with Adam, keeping the network contractive."""
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(epochs, 1))
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimiser.step()
            model.shrink()
        schedule.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nonlinearity", choices=["relu", "tanh"], default="relu")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    name = {"relu": "digits_rnn.npz", "tanh": "digits_tanh.npz"}[arguments.nonlinearity]
    output = arguments.output or Path(__file__).with_name(name)
    torch.manual_seed(arguments.seed)
    x_train, x_test, y_train, y_test = load_rows(arguments.seed)
    model = Digits(arguments.states, arguments.nonlinearity)
    train(model, x_train, y_train, arguments.epochs)
    model.round()
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).double().mean().item()
    W = model.rnn.weight_hh_l0.detach().numpy()
    largest_row = float(np.linalg.norm(torch.cat([x_train, x_test]).numpy(), axis=2).max())
    print(
        f"test accuracy {accuracy:.3f}, ||W|| = {np.linalg.norm(W, 2):.4f}, "
        f"largest row of an image {largest_row:.3f}"
    )
    np.savez(
        output,
        W=W,
        F=model.rnn.weight_ih_l0.detach().numpy(),
        b=model.rnn.bias_ih_l0.detach().numpy(),
        C=model.readout.weight.detach().numpy(),
        h_init=np.zeros(arguments.states),
        activation=np.array(arguments.nonlinearity),
    )


if __name__ == "__main__":
    main()
