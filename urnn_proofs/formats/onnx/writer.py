"""ONNX models out: one ``RNN`` operator for each layer, then the readout."""

from __future__ import annotations

from typing import IO, Any

import numpy as np

from urnn_proofs.formats.extras import need
from urnn_proofs.formats.nonlinearities import ONNX_NAMES, framework_name
from urnn_proofs.formats.rounding import bias_parts, natural_dtype, to_floats
from urnn_proofs.formats.stacking import framework_layers
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["write"]

# Old enough for runtimes of the last years, new enough for everything used here.
_OPSET, _IR_VERSION = 17, 8


def write(network: StoredNetwork, stream: IO[bytes]) -> None:
    """Write an ONNX model with the names and axes of the layout; weights must be floats exactly.

    onnxruntime has no float64 kernel for the operator ``RNN``: write float32 for it.

    Raises
    ------
    MissingExtraError
        If the package onnx is not installed.
    UnsupportedError
        If the activation is none that ONNX has.
    InputError
        If a weight is not exactly a float of the layout's type.
    """
    onnx = need("onnx", "writing an .onnx file")
    graph = _Graph(onnx, network)
    model = onnx.helper.make_model(
        graph.build(),
        producer_name="urnn_proofs",
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
    )
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model)
    stream.write(model.SerializeToString())


class _Graph:
    """Nodes and weights of one model, put together step by step."""

    def __init__(self, onnx: Any, network: StoredNetwork) -> None:
        self.onnx = onnx
        self.network = network
        self.layout: Layout = network.layout
        self.dtype = natural_dtype(network)
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        # No name of ours may be one that the source uses for its inputs and outputs.
        self.prefix = "/urnn/"
        taken = (self.layout.input_name, self.layout.output_name, self.layout.lengths_name or "")
        while any(name.startswith(self.prefix) for name in taken):
            self.prefix += "_/"

    def build(self) -> Any:
        layout, layers = self.layout, framework_layers(self.network)
        value = self._ordered(layout.input_name, layout.input_axes, "TBF", "x")
        last = len(layers) - 1
        for k, layer in enumerate(layers):
            value = self._layer(k, layer, value, state_only=k == last and layout.last_only)
            if k < last:
                value = self._squeezed(value, "TDBF")
        axes = "DBF" if layout.last_only else "TDBF"
        if "D" not in layout.output_axes:
            value, axes = self._squeezed(value, axes), axes.replace("D", "")
        value = self._readout(layers[-1], value)
        self._ordered(value, axes, layout.output_axes, "y")
        self._end_in(layout.output_name)
        return self.onnx.helper.make_graph(
            self.nodes, "network", self._inputs(), [self._output()], self.weights
        )

    def _layer(self, k: int, layer: RNN, value: str, *, state_only: bool) -> str:
        n, name = layer.states, f"l{k}"
        W = self._weight(f"W_{name}", to_floats(layer.F, f"F of layer {k}", self.dtype)[None])
        R = self._weight(f"R_{name}", to_floats(layer.W, f"W of layer {k}", self.dtype)[None])
        B = ""
        if self.layout.bias or not layer.b.is_zero():
            parts = bias_parts(self.network, k, layer.b, self.dtype)
            B = self._weight(f"B_{name}", np.concatenate(parts)[None])
        start = ""
        if not layer.h_init.is_zero():
            row = to_floats(layer.h_init, f"h_init of layer {k}", self.dtype)
            start = self._start(name, row.reshape(1, 1, n), value)
        inputs = [value, W, R, B, self.layout.lengths_name or "", start]
        while inputs[-1] == "":
            inputs.pop()
        phi = ONNX_NAMES[framework_name(layer.activation, f"layer {k}")]
        outputs = ["", self._name(f"Y_h_{name}")] if state_only else [self._name(f"Y_{name}")]
        node = self.onnx.helper.make_node(
            "RNN", inputs, outputs, self._name(name), activations=[phi], hidden_size=n
        )
        self.nodes.append(node)
        return outputs[-1]

    def _start(self, name: str, row: Any, value: str) -> str:
        """Repeat the initial state for every sequence of the batch."""
        batch = self._node("Shape", [value], f"batch_{name}", start=1, end=2)
        parts = [self._weight(f"one_{name}", np.array([1], np.int64)), batch]
        parts.append(self._weight(f"size_{name}", np.array([row.size], np.int64)))
        shape = self._node("Concat", parts, f"shape_{name}", axis=0)
        return self._node("Expand", [self._weight(f"h_{name}", row), shape], f"start_{name}")

    def _readout(self, layer: RNN, value: str) -> str:
        d, layout = self.network.output_bias, self.layout
        with_bias = layout.readout_bias or not d.is_zero()
        if layout.readout or with_bias or layer.C != RationalMatrix.identity(layer.states):
            C = self._weight("C", np.ascontiguousarray(to_floats(layer.C, "C", self.dtype).T))
            value = self._node("MatMul", [value, C], "scores")
        if with_bias:
            bias = self._weight("d", to_floats(d, "output_bias", self.dtype)[:, 0])
            value = self._node("Add", [value, bias], "biased")
        return value

    def _squeezed(self, value: str, axes: str) -> str:
        axis = self._weight(f"axis_{len(self.nodes)}", np.array([axes.index("D")], np.int64))
        return self._node("Squeeze", [value, axis], f"squeezed_{len(self.nodes)}")

    def _ordered(self, value: str, found: str, wanted: str, name: str) -> str:
        if found == wanted:
            return value
        perm = [found.index(axis) for axis in wanted]
        return self._node("Transpose", [value], name, perm=perm)

    def _end_in(self, name: str) -> None:
        """Give the last value the name of the output."""
        last = self.nodes[-1]
        last.output[len(last.output) - 1] = name

    def _inputs(self) -> list[Any]:
        helper, layout = self.onnx.helper, self.layout
        shape = [self._dim(axis, self.network.inputs) for axis in layout.input_axes]
        found = [helper.make_tensor_value_info(layout.input_name, self._type(), shape)]
        if layout.lengths_name is not None:
            kind = self.onnx.TensorProto.INT32
            batch = [self._dim("B", 0)]
            found.append(helper.make_tensor_value_info(layout.lengths_name, kind, batch))
        return found

    def _output(self) -> Any:
        shape = [self._dim(axis, self.network.outputs) for axis in self.layout.output_axes]
        return self.onnx.helper.make_tensor_value_info(self.layout.output_name, self._type(), shape)

    def _dim(self, axis: str, features: int) -> int | str:
        time, batch = self.layout.dims
        return {"T": time, "B": batch, "F": features, "D": 1}[axis]

    def _type(self) -> Any:
        proto = self.onnx.TensorProto
        return proto.DOUBLE if self.dtype == "float64" else proto.FLOAT

    def _name(self, name: str) -> str:
        return self.prefix + name

    def _weight(self, name: str, array: Any) -> str:
        self.weights.append(self.onnx.numpy_helper.from_array(array, self._name(name)))
        return self._name(name)

    def _node(self, op: str, inputs: list[str], name: str, **attributes: Any) -> str:
        output = self._name(name)
        self.nodes.append(self.onnx.helper.make_node(op, inputs, [output], output, **attributes))
        return output
