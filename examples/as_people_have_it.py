"""Recurrent networks as PyTorch makes them, each by one command: diagnose, then what it says.

Prints the table of ``docs/your_network.md``: for each network what ``urnn-proofs diagnose`` says,
the command that it gives, and, where that makes a URNN, how far its outputs in PyTorch are from
those of the network in PyTorch, beside the bound that was proved.

Needs the extra ``torch``; takes a few seconds:

    python examples/as_people_have_it.py
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch
from torch.nn.utils import parametrizations, prune

from urnn_proofs import UnsupportedError, Verdict, diagnose, equivalent_urnn, from_torch, to_torch
from urnn_proofs.questions.diagnose import Answer
from urnn_proofs.questions.repair import repair, stored_in_floats

STEPS, BATCH, M = 50, 16, 1
EPSILON = Fraction(1, 10**6)


def plain(**options: Any) -> torch.nn.RNN:
    return torch.nn.RNN(2, 16, **options)


def orthogonal() -> torch.nn.RNN:
    return parametrizations.orthogonal(plain(nonlinearity="relu"), "weight_hh_l0")


def spectral() -> torch.nn.RNN:
    """As after training: the power iteration of ``spectral_norm`` has settled."""
    rnn = parametrizations.spectral_norm(plain(nonlinearity="relu"), "weight_hh_l0")
    for _ in range(30):
        rnn(torch.zeros(1, 1, 2))
    return rnn.train(False)


def pruned() -> torch.nn.RNN:
    rnn = plain(nonlinearity="relu")
    prune.l1_unstructured(rnn, "weight_hh_l0", amount=0.7)
    prune.remove(rnn, "weight_hh_l0")
    return rnn


def grown() -> torch.nn.RNN:
    """Trained without any constraint, and without bias: its memory expands."""
    rnn = plain(bias=False)
    optimiser = torch.optim.Adam(rnn.parameters(), lr=0.02)
    x = torch.randn(30, 32, 2)
    for _ in range(60):
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(rnn(x)[0][-1, :, :2], x[0].clamp(-0.9, 0.9)).backward()
        optimiser.step()
    return rnn


NETWORKS: dict[str, Callable[[], Any]] = {
    "`nn.RNN(2, 16)`, tanh by default": plain,
    '`nn.RNN(2, 16, nonlinearity="relu")`': lambda: plain(nonlinearity="relu"),
    "`parametrizations.orthogonal`, ReLU": orthogonal,
    "`parametrizations.spectral_norm`, ReLU": spectral,
    "`prune.l1_unstructured`, 70 %, ReLU": pruned,
    "two layers, ReLU": lambda: plain(num_layers=2, nonlinearity="relu"),
    "tanh without bias, trained freely": grown,
    "bidirectional": lambda: plain(bidirectional=True),
    "`nn.LSTM(2, 16)`": lambda: torch.nn.LSTM(2, 16),
}


def inputs() -> torch.Tensor:
    """Sequences with ``||x^k|| <= M``, half of them on the sphere."""
    x = torch.randn(STEPS, BATCH, 2)
    sizes = x.norm(dim=-1, keepdim=True)
    scale = torch.where(torch.arange(BATCH)[:, None] % 2 == 0, sizes, sizes.clamp(min=1))
    return x / scale * (M - 1e-6)


@torch.no_grad()
def apart(one: Any, other: Any) -> float:
    x = inputs()
    outputs = []
    for module in (one, other):
        found = module(x)
        outputs.append(found[0] if isinstance(found, tuple) else found)
    return float((outputs[0] - outputs[1]).norm(dim=-1).max())


def row(module: Any) -> tuple[str, str, str, str]:
    """Return what is said, the command, the measured difference and the bound."""
    try:
        network = from_torch(module)
    except UnsupportedError as refusal:
        return f"refused: {str(refusal).partition(';')[0]}", "", "", ""
    found = diagnose(network, M)
    said = found.sentence
    steps = f" --steps {STEPS}" if found.answer is Answer.NEARBY else ""
    command = "" if found.command is None else f"`urnn-proofs {found.command}{steps}`"
    if found.answer in (Answer.EXISTS, Answer.WITHIN):
        built = equivalent_urnn(
            network,
            M,
            dtype="float32",
            scaling="--scale" in (found.command or ""),
            epsilon=EPSILON if found.answer is Answer.WITHIN else None,
        )
        if built.report.verdict is not Verdict.PROVED:
            return said, command, "", str(built.report.verdict)
        measured = apart(module, to_torch(built.result))
        bound = float(built.error.same_engine)
    elif found.answer is Answer.NEARBY:
        stored = stored_in_floats(repair(network, M, steps=STEPS))
        other = plain(nonlinearity="relu")
        with torch.no_grad():
            for name, value in other.named_parameters():
                value.copy_(getattr(module, name))
            W = stored.result.layers[0].W.to_numpy()
            other.weight_hh_l0.copy_(torch.from_numpy(W))
        measured, bound = apart(module, other), float(stored.error)
    else:
        return said, command, "", ""
    if measured > bound:
        raise SystemExit(f"{said}: {measured} is beyond the bound {bound}")
    return said, command, f"{measured:.1e}", f"{bound:.1e}"


def main() -> None:
    print("| network | what diagnose says | command | outputs differ by | proved bound |")
    print("| --- | --- | --- | --- | --- |")
    for name, make in NETWORKS.items():
        torch.manual_seed(0)
        print(f"| {name} | {' | '.join(row(make()))} |", flush=True)


if __name__ == "__main__":
    main()
