"""Make the ONNX files of this folder: both exporters of PyTorch, three operator sets.

Needs torch, onnx and onnxscript; the tests need only the files.  With each model the file holds
its inputs and the outputs of PyTorch, in ``onnx_outputs.npz``.  Texts that describe the exporting
machine are left out; nothing else is changed.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

HERE = Path(__file__).parent
OPSETS = (17, 18, 20)


class Sequence(nn.Module):
    """Every output, as most people write it."""

    def __init__(self, kind: str = "relu", layers: int = 1, *, batch_first: bool = False) -> None:
        super().__init__()
        self.rnn = nn.RNN(2, 3, layers, nonlinearity=kind, batch_first=batch_first)
        self.readout = nn.Linear(3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.readout(self.rnn(x)[0])


class Last(Sequence):
    """The last state of the last layer, h_n[-1]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.readout(self.rnn(x)[1][-1])


class Cells(nn.Module):
    """A linear map, then a cell in a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.Linear(2, 4)
        self.cell = nn.RNNCell(4, 3, nonlinearity="relu")
        self.readout = nn.Linear(3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        state, outputs = torch.zeros(x.shape[1], 3), []
        for k in range(x.shape[0]):
            state = self.cell(self.before(x[k]), state)
            outputs.append(self.readout(state))
        return torch.stack(outputs)


def small(model: nn.Module) -> nn.Module:
    """Make every transition matrix contractive."""
    with torch.no_grad():
        for name, W in model.named_parameters():
            if "weight_hh" in name:
                W *= 0.9 / torch.linalg.matrix_norm(W, 2)
    return model.train(False)


def export(model: nn.Module, x: torch.Tensor, opset: int, *, dynamo: bool, **more: object) -> bytes:
    """Return the model as ONNX, without descriptions."""
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            found = torch.onnx.export(
                model, (x,), dynamo=True, opset_version=opset, verbose=False, **more
            ).model_proto
        else:
            torch.onnx.export(model, (x,), stream, dynamo=False, opset_version=opset, **more)
            found = onnx.load_model_from_string(stream.getvalue())
    found.ClearField("metadata_props")
    found.graph.ClearField("metadata_props")
    for entry in (
        *found.graph.node,
        *found.graph.value_info,
        *found.graph.initializer,
        *found.graph.input,
        *found.graph.output,
    ):
        entry.ClearField("metadata_props")
        entry.ClearField("doc_string")
    return found.SerializeToString()


def main() -> None:
    """Write all files."""
    torch.manual_seed(0)
    x, wide = torch.randn(4, 1, 2), torch.randn(4, 3, 2)
    free = {"dynamic_shapes": ({1: torch.export.Dim("batch")},)}
    models = [
        (f"{exporter}_{opset}", small(Sequence()), x, opset, exporter == "dynamo", {})
        for exporter in ("dynamo", "script")
        for opset in OPSETS
    ]
    models += [
        ("dynamo_tanh", small(Sequence("tanh")), x, 18, True, {}),
        ("dynamo_batch_first", small(Sequence(layers=2, batch_first=True)),
         wide.transpose(0, 1), 18, True, {}),
        ("dynamo_last", small(Last(layers=2)), wide, 18, True, {}),
        ("dynamo_free_batch", small(Last()), wide, 18, True, free),
        ("dynamo_bare", small(nn.RNN(2, 3, nonlinearity="relu")), x, 18, True, {}),
        ("dynamo_cells", small(Cells()), wide, 18, True, {}),
        ("script_last", small(Last(layers=2)), wide, 17, False, {}),
        ("script_bare", small(nn.RNN(2, 3, 2, nonlinearity="relu")), wide, 17, False, {}),
    ]  # fmt: skip
    stored: dict[str, np.ndarray] = {}
    for name, model, data, opset, dynamo, more in models:
        (HERE / f"{name}.onnx").write_bytes(export(model, data, opset, dynamo=dynamo, **more))
        with torch.no_grad():
            out = model(data)
        stored[f"{name}.x"] = data.numpy()
        stored[f"{name}.y"] = (out[0] if isinstance(out, tuple) else out).numpy()
    np.savez(HERE / "onnx_outputs.npz", **stored)


if __name__ == "__main__":
    main()
