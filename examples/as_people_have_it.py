"""Recurrent networks as people have them, each made into a URNN, or refused, by one command.

Prints the table of ``docs/your_network.md``.  Each model is made by the tool that it is named after
(those of Keras, Lightning and the ONNX exporters are stored in ``tests/formats/made_elsewhere``,
with the scripts that made them), the command is run, and the outputs of what it wrote are compared
with those of the model in its own engine: PyTorch, onnxruntime, and for Keras what it computed when
the file was made.  A difference beyond the proved bound ends the script.

Needs the extras ``torch``, ``onnx`` and ``keras``; takes about half a minute:

    python examples/as_people_have_it.py
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune
from typer.testing import CliRunner

from urnn_proofs import load, to_torch
from urnn_proofs.cli import app

STORED = Path(__file__).parents[1] / "tests" / "formats" / "made_elsewhere"
STEPS, BATCH = 50, 16
Run = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Model:
    """A file, its inputs, and its outputs where it was made."""

    file: Path
    x: np.ndarray
    y: np.ndarray
    #: Whether the engine computes W h + F x + b step by step, in float32, as URNNs do.
    same_engine: bool = True


def inputs(*shape: int) -> np.ndarray:
    """Sequences with ``||x^k|| <= 1``, half of them on the sphere."""
    x = np.random.default_rng(0).normal(size=(*shape, 2))
    sizes = np.linalg.norm(x, axis=-1, keepdims=True)
    scale = np.where(np.arange(shape[1])[:, None] % 2 == 0, sizes, np.maximum(sizes, 1))
    return (x / scale * (1 - 1e-6)).astype(np.float32)


@torch.no_grad()
def run(module: nn.Module, x: np.ndarray) -> np.ndarray:
    kind = next(module.parameters()).dtype
    found = module(torch.from_numpy(x).to(kind))
    return (found[0] if isinstance(found, tuple) else found).numpy()


def saved(module: nn.Module, folder: Path) -> Model:
    """Save a module as most people do."""
    torch.save(module.state_dict(), folder / "model.pt")
    x = inputs(STEPS, BATCH)
    return Model(folder / "model.pt", x, run(module, x))


def plain(**options: Any) -> Callable[[Path], Model]:
    return lambda folder: saved(nn.RNN(2, 16, **options), folder)


def parametrized(change: Callable[..., Any]) -> Callable[[Path], Model]:
    """As after training: settled, and with the parametrization removed."""

    def make(folder: Path) -> Model:
        rnn = change(nn.RNN(2, 16, nonlinearity="relu"), "weight_hh_l0")
        for _ in range(30):  # the power iteration of spectral_norm
            rnn(torch.zeros(1, 1, 2))
        rnn.train(False)
        parametrize.remove_parametrizations(rnn, "weight_hh_l0")
        return saved(rnn, folder)

    return make


def pruned(folder: Path) -> Model:
    rnn = nn.RNN(2, 16, nonlinearity="relu")
    prune.l1_unstructured(rnn, "weight_hh_l0", amount=0.7)
    prune.remove(rnn, "weight_hh_l0")
    return saved(rnn, folder)


def masked(folder: Path) -> Model:
    """As it is saved while it is still pruned: each weight beside its mask."""
    rnn = nn.RNN(2, 16, nonlinearity="relu")
    prune.l1_unstructured(rnn, "weight_hh_l0", amount=0.7)
    return saved(rnn, folder)


class Parts(nn.Module):
    """An RNN, readouts of its states, and modules beside them."""

    def __init__(
        self, rnn: nn.Module, heads: dict[str, nn.Module], beside: dict[str, nn.Module]
    ) -> None:
        super().__init__()
        self.rnn = rnn
        self.heads = list(heads.values())
        for name, module in {**heads, **beside}.items():
            self.add_module(name, module)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run what comes of vectors, up to the readouts; without any, the states."""
        states = self.rnn(x)[0]
        return torch.cat([head(states) for head in self.heads], -1) if self.heads else states


def embedded(folder: Path) -> Model:
    """Save a model of texts: rows of its embedding are the inputs of the RNN."""
    rnn = nn.RNN(2, 16, nonlinearity="relu")
    beside = {"embedding": nn.Embedding(20, 2)}
    return saved(Parts(rnn, {"fc": nn.Linear(16, 20)}, beside), folder)


def normed(folder: Path) -> Model:
    """Save a model in which what follows the states is no linear map; it stays as it is."""
    rnn = nn.RNN(2, 16, nonlinearity="relu")
    beside = {"norm": nn.LayerNorm(16), "fc": nn.Linear(16, 2)}
    return saved(Parts(rnn, {}, beside), folder)


def actor_critic(folder: Path) -> Model:
    """Save a model with two readouts of the same states."""
    rnn = nn.RNN(2, 16, nonlinearity="relu")
    heads = {"policy": nn.Linear(16, 4), "value": nn.Linear(16, 1)}
    return saved(Parts(rnn, heads, {}), folder)


def grown(folder: Path, layers: int = 1) -> Model:
    """Trained without any constraint, and without bias: its memory expands."""
    rnn = nn.RNN(2, 16, layers, bias=False)
    optimiser = torch.optim.Adam(rnn.parameters(), lr=0.02)
    x = torch.randn(30, 32, 2)
    for _ in range(60):
        optimiser.zero_grad()
        nn.functional.mse_loss(rnn(x)[0][-1, :, :2], x[0].clamp(-0.9, 0.9)).backward()
        optimiser.step()
    return saved(rnn, folder)


class Rate(nn.Module):
    """A leaky network, as it is written with Linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.i2h, self.h2h, self.fc = nn.Linear(2, 8), nn.Linear(8, 8), nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run from r = 0."""
        r, outputs = torch.zeros(x.shape[1], 8, dtype=x.dtype), []
        for step in x:
            r = 0.8 * r + 0.2 * torch.relu(self.i2h(step) + self.h2h(r))
            outputs.append(self.fc(r))
        return torch.stack(outputs)


def leaky(folder: Path) -> Model:
    module = Rate()
    found = saved(module, folder)
    # The file is read as a ReLU network with 16 states, so that float32 adds other errors to each:
    # compared with the network in float64, which errs by 1e-15.
    return Model(found.file, found.x, run(module.double(), found.x), same_engine=False)


def lightning(folder: Path) -> Model:
    """Run the modules that Lightning trained and wrote."""
    file = STORED / "lightning.ckpt"
    weights = torch.load(file, weights_only=True)["state_dict"]
    module = nn.ModuleDict({"rnn": nn.RNN(2, 8, nonlinearity="relu"), "readout": nn.Linear(8, 2)})
    module.load_state_dict(weights)
    x = inputs(STEPS, BATCH)
    with torch.no_grad():
        y = module["readout"](module["rnn"](torch.from_numpy(x))[0]).numpy()
    return Model(file, x, y)


def exported(name: str) -> Callable[[Path], Model]:
    """Run an ONNX file."""

    def make(folder: Path) -> Model:
        x = inputs(4, BATCH)
        return Model(STORED / f"{name}.onnx", x, in_onnxruntime(STORED / f"{name}.onnx", x))

    return make


def in_onnxruntime(file: Path, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    data = session.get_inputs()[0]
    if data.shape[1] != 1:
        return session.run(None, {data.name: x})[0]
    # Exported for one sequence at a time.
    each = [session.run(None, {data.name: x[:, k : k + 1]})[0] for k in range(x.shape[1])]
    return np.concatenate([y.reshape(len(x), 1, -1) for y in each], axis=1)


def keras(name: str) -> Callable[[Path], Model]:
    """Return what Keras computed when the file was made."""

    def make(folder: Path) -> Model:
        stored = np.load(STORED / "keras_outputs.npz")
        return Model(STORED / name, stored[f"{name}.x"], stored[f"{name}.y"])

    return make


RATE = (
    "--leak 0.2 --scale --activation relu --map W=h2h.weight --map F=i2h.weight "
    "--map b=i2h.bias+h2h.bias --map C=fc.weight --map d=fc.bias"
)
#: The network, the model, the command without its files, and the suffix of what it writes.
ROWS: list[tuple[str, Callable[[Path], Model], str, str]] = [
    ("`nn.RNN`, tanh", plain(), "convert --epsilon 1e-6", ".pt"),
    ("`nn.RNN`, ReLU", plain(nonlinearity="relu"), "convert --activation relu", ".pt"),
    ("`orthogonal`", parametrized(parametrizations.orthogonal),
     "repair --steps 50 --activation relu", ".pt"),
    ("`spectral_norm`", parametrized(parametrizations.spectral_norm),
     "convert --scale --activation relu", ".pt"),
    ("pruned", pruned, "convert --activation relu", ".pt"),
    ("pruned, masks", masked, "convert --activation relu", ".pt"),
    ("embedding", embedded,
     "convert --activation relu --readout fc --map unused=embedding.weight", ".pt"),
    ("layer norm", normed, "convert --activation relu --map unused=*", ".pt"),
    ("two heads", actor_critic, "convert --activation relu --readout policy,value", ".pt"),
    ("two layers", plain(num_layers=2, nonlinearity="relu"),
     "convert --scale --activation relu", ".pt"),
    ("Lightning", lightning, "convert --activation relu", ".pt"),
    ("leaky", leaky, f"convert {RATE}", ".pt"),
    *((f"ONNX {opset}, {said}", exported(f"{kind}_{opset}"), "convert", ".onnx")
      for kind, said in (("script", "TorchScript"), ("dynamo", "dynamo"))
      for opset in (17, 18, 20)),
    ("ONNX 18, tanh", exported("dynamo_tanh"), "convert --epsilon 1e-6", ".onnx"),
    ("Keras, ReLU", keras("relu.keras"), "convert --input-bound 4", ".onnx"),
    ("Keras `.h5`", keras("relu.h5"), "convert --input-bound 4", ".onnx"),
    ("Keras, functional", keras("functional.keras"), "convert --input-bound 4", ".onnx"),
    ("Keras, tanh", keras("tanh.keras"), "convert --input-bound 4 --epsilon 1e-6", ".onnx"),
    ("trained freely", grown, "diagnose --activation tanh", ""),
    ("the same, two layers", lambda folder: grown(folder, 2), "diagnose --activation tanh", ""),
    ("bidirectional", plain(bidirectional=True), "convert --activation relu", ".pt"),
    ("`nn.LSTM`", lambda folder: saved(nn.LSTM(2, 16), folder), "convert", ".pt"),
]  # fmt: skip


def row(make: Callable[[Path], Model], words: str, suffix: str, folder: Path) -> tuple[str, ...]:
    """Run the command; return the states, and the measured difference beside the bound."""
    model, out = make(folder), folder / f"urnn{suffix}"
    verb, *options = words.split()
    files = [str(model.file), str(out)] if suffix else [str(model.file)]
    bound = [] if "--input-bound" in options else ["--input-bound", "1"]
    done = CliRunner().invoke(app, [verb, *files, *bound, *options, "--json"])
    if done.exit_code == 2:
        return ("refused", "")  # the reasons are below the table
    report = json.loads(done.stdout)
    # That there is none is ASSUMED where the record of Coq's theorem does not apply.
    if report["verdict"] not in ("PROVED", *(["ASSUMED"] if not suffix else [])):
        raise SystemExit(f"{words}: {report['verdict']}")
    if not suffix:
        return (report["title"].partition("Diagnosis: ")[2].partition(" has")[0], "")
    proved = proved_bound(report, verb, same_engine=model.same_engine)
    urnn = load(out, activation=None if suffix == ".onnx" else said(words))
    found = in_onnxruntime(out, model.x) if suffix == ".onnx" else run(to_torch(urnn), model.x)
    measured = float(np.linalg.norm(found - model.y, axis=-1).max())
    if not measured <= proved:
        raise SystemExit(f"{words}: {measured} is beyond the bound {proved}")
    states = " + ".join(str(layer.states) for layer in urnn.layers)
    return (states, f"{measured:.1e} ≤ {proved:.1e}")


def said(words: str) -> str:
    """Return what files of PyTorch do not tell."""
    return "relu" if "--epsilon" not in words else "tanh"


def proved_bound(report: dict[str, Any], verb: str, *, same_engine: bool) -> float:
    checks = {check["name"]: check for check in report["checks"]}
    if verb == "repair":
        return float(checks["outputs"]["claim"].split("<= ")[1].split(" ")[0])
    name = "same engine" if same_engine else "rounded recursion"
    return float(checks[name]["evidence"]["bound"])


def main() -> None:
    print("| network | command | states | differ by ≤ bound |")
    print("| --- | --- | --- | --- |")
    for name, make, words, suffix in ROWS:
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as folder:
            cells = row(make, words, suffix, Path(folder))
        short, renamed, _ = words.partition(" --map ")  # which arrays stands below the table
        command = f"{short} --map ..." if renamed else short
        print(f"| {name} | `{command}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
