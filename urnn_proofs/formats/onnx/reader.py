"""ONNX models in: parsed, checked, then followed node by node (see ``onnx_nodes``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from urnn_proofs.formats.extras import need
from urnn_proofs.formats.limits import Tally
from urnn_proofs.formats.onnx.constants import tensor_array
from urnn_proofs.formats.onnx.nodes import follow
from urnn_proofs.formats.onnx.steps import layer_of
from urnn_proofs.formats.onnx.values import Known, Lengths, Signal, Stack, Step, Value
from urnn_proofs.formats.onnx.weights import Work
from urnn_proofs.formats.onnx.wire import MAX_STRUCTURE, structure_size
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.model.errors import InputError, UnsupportedError, UrnnProofsError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.text import plain

__all__ = ["read"]

# The attributes of RNN have meant the same since this version.
_OLDEST_OPSET = 7

# The outputs of the network, and last states of its layers.
_MAX_OUTPUTS = 8


def read(file: Path) -> StoredNetwork:
    """Read an ONNX model of ``RNN`` operators and at most one linear readout.

    The activation is Relu, Tanh or Sigmoid.

    Covered are what both exporters of ``torch.onnx.export`` and
    :mod:`~urnn_proofs.formats.onnx.writer` write: the operators Transpose, RNN (forward), Squeeze,
    Reshape (as Squeeze), Gather (of the last step or the last layer), MatMul, Gemm and Add on the
    data, and constants put together around them; or a recurrence written out step by step, over a
    fixed number of steps that all are alike.  Linear maps before and between layers become part of
    F and b.  Outputs after the first may be the last states of the layers, which are left out, or
    other linear maps of the same states, which are put one after the other.

    Raises
    ------
    MissingExtraError
        If the package onnx is not installed.
    InputError
        If the file is damaged, too large, or keeps its weights in other files.
    UnsupportedError
        If the model computes anything else.
    """
    onnx = need("onnx", f"reading {file.name}")
    data = file.read_bytes()
    if structure_size(data) > MAX_STRUCTURE:
        raise InputError(
            f"{file.name} has more than {MAX_STRUCTURE} bytes beside the data of its tensors; "
            f"expected fewer nodes and shorter texts"
        )
    try:
        # From bytes: no other file is ever opened.
        model = onnx.load_model_from_string(data)
    except Exception as error:  # protobuf's own error types
        raise InputError(f"{file.name} is not an ONNX model ({type(error).__name__})") from None
    _refuse_external_data(onnx, model, file.name)
    try:
        onnx.checker.check_model(model)
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise InputError(f"{file.name} is not a valid ONNX model: {first}") from None
    if model.functions:
        raise UnsupportedError(f"{file.name} defines functions of its own; expected none")
    versions = [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")]
    if not versions or min(versions) < _OLDEST_OPSET:
        raise UnsupportedError(
            f"{file.name} uses the operator set {versions}; expected {_OLDEST_OPSET} or newer"
        )
    return _network(onnx, model.graph, file.name)


def _network(onnx: Any, graph: Any, where: str) -> StoredNetwork:
    values: dict[str, Value] = {"": None}
    work = Work(Tally(where), Tally(where), Tally(where))
    for tensor in graph.initializer:
        if tensor.name in values:
            raise InputError(
                f"{where} holds the tensor {shorten(tensor.name)} twice; expected each name once"
            )
        try:
            values[tensor.name] = Known(tensor_array(onnx, tensor, work.stored))
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
    source, lengths = _inputs(onnx, graph, values, where)
    double = source.type.tensor_type.elem_type == onnx.TensorProto.DOUBLE
    dims = tuple(
        dim.dim_value if dim.dim_value > 0 else None for dim in source.type.tensor_type.shape.dim
    )
    values[source.name] = Signal("012", "float64" if double else "float32", dims=dims)
    if lengths is not None:
        values[lengths.name] = Lengths(lengths.name)
    for node in graph.node:
        try:
            follow(onnx, node, values, work)
        except UrnnProofsError as error:
            raise type(error)(f"{_label(node, where)}: {error}") from None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            # Attributes of the wrong type, axes out of range, shapes that do not fit.
            kind = type(error).__name__
            raise InputError(f"{_label(node, where)} is malformed ({kind}: {error})") from None
    if len(graph.output) > _MAX_OUTPUTS:
        raise UnsupportedError(
            f"{where} has {len(graph.output)} outputs; expected at most {_MAX_OUTPUTS}"
        )
    outputs = [(entry.name, values.get(entry.name)) for entry in graph.output]
    if not outputs:
        raise UnsupportedError(f"{where} has no outputs; expected those of the network")
    output, found = outputs[0][0], _as_signal(outputs[0][1], where)
    if not isinstance(found, Signal) or not found.layers:
        raise UnsupportedError(f"{where}: the output {shorten(output)} comes from no RNN operator")
    heads = [(output, found)]
    for name, other in outputs[1:]:
        if _are_last_states(other, found):
            continue
        head = None
        with suppress(UnsupportedError):
            head = _as_signal(other, where)
        if not isinstance(head, Signal) or not _reads_the_same(head, found):
            raise UnsupportedError(
                f"{where} has {len(outputs)} outputs, of which {shorten(name)} is neither the last "
                f"states of the layers nor a linear map of the same states as {shorten(output)}; "
                f"expected the outputs of the network first: export the model without that output"
            )
        heads.append((name, head))
    if len(heads) == 1:
        return _stored(source, output, found, where)
    stacked = _stacked([head for _, head in heads], work)
    network = _stored(source, output, stacked, where)
    sizes = tuple((name, _map(head).shape[0]) for name, head in heads)
    return replace(network, layout=replace(network.layout, heads=sizes))


def _map(signal: Signal) -> RationalMatrix:
    return RationalMatrix.identity(signal.layers[-1].states) if signal.C is None else signal.C


def _reads_the_same(head: Signal, found: Signal) -> bool:
    """Whether an output is, at the same times, a linear map of the same states."""
    return (
        head.axes == found.axes
        and _same_inputs(head, found)
        and len(head.layers) == len(found.layers)
        and all(
            one is other or _equal_layers(one, other)
            for one, other in zip(head.layers, found.layers, strict=True)
        )
    )


def _same_inputs(one: Signal, other: Signal) -> bool:
    """Whether both take the same axis of the model's input as the time, and the same lengths."""
    return one.input_axes == other.input_axes and one.lengths == other.lengths


def _stacked(heads: list[Signal], work: Work) -> Signal:
    """Put several readouts of the same states one after the other."""
    maps = [_map(head) for head in heads]
    for C in maps:
        work.taken.add(C.shape)
    d = None
    if any(head.d is not None for head in heads):
        zeros = (RationalMatrix.zeros(C.shape[0], 1) for C in maps)
        parts = (h.d if h.d is not None else z for h, z in zip(heads, zeros, strict=True))
        d = RationalMatrix.blocks([[part] for part in parts])
    return replace(heads[0], C=RationalMatrix.blocks([[C] for C in maps]), d=d)


def _as_signal(value: Value, where: str) -> Value:
    if not isinstance(value, Step):
        return value
    if value.axes.count("D") > 1:
        raise UnsupportedError(
            f"{where}: the output has {len(value.axes)} axes; expected at most one beside batch "
            f"and features"
        )
    try:
        return layer_of(value, value.axes)
    except UnsupportedError as error:
        raise UnsupportedError(f"{where}: an output: {error}") from None


def _are_last_states(value: Value, found: Signal) -> bool:
    """Whether an output gives out states of the network at the last step and nothing else."""
    parts = value.parts if isinstance(value, Stack) else (value,)
    for part in parts:
        try:
            signal = layer_of(part, part.axes) if isinstance(part, Step) else part
        except UnsupportedError:
            return False
        if not isinstance(signal, Signal) or "T" in signal.axes or not signal.layers:
            return False
        depth = len(signal.layers)
        same = signal.C is None and signal.d is None and depth <= len(found.layers)
        same = same and _same_inputs(signal, found)
        if not same or not all(
            one is other or _equal_layers(one, other)
            for one, other in zip(signal.layers, found.layers, strict=False)
        ):
            return False
    return True


def _equal_layers(one: RNN, other: RNN) -> bool:
    parts = ("W", "F", "b", "h_init")
    same = all(getattr(one, part) == getattr(other, part) for part in parts)
    return same and one.activation == other.activation


def _label(node: Any, where: str) -> str:
    name = f"node {shorten(node.name)}" if node.name else "a node"
    return f"{where}: {name} ({plain(node.op_type, 60)})"


def _stored(source: Any, output: str, found: Signal, where: str) -> StoredNetwork:
    last = found.layers[-1]
    layers = found.layers if found.C is None else (*found.layers[:-1], last.replace(C=found.C))
    shape = source.type.tensor_type.shape.dim
    dims: dict[str, str | int] = {
        axis: dim.dim_value or dim.dim_param or {"T": "time", "B": "batch"}.get(axis, "")
        for axis, dim in zip(found.input_axes, shape, strict=True)
    }
    if isinstance(dims["F"], int) and dims["F"] != layers[0].inputs:
        raise InputError(
            f"{where}: the input {shorten(source.name)} has {dims['F']} features; expected "
            f"{layers[0].inputs}, as W has"
        )
    layout = Layout(
        dtype=found.dtype,
        input_axes=found.input_axes,
        output_axes=found.axes,
        input_name=source.name,
        output_name=output,
        lengths_name=found.lengths,
        dims=(dims["T"], dims["B"]),
        bias=found.biased,
        readout=found.C is not None,
        readout_bias=found.d is not None,
    )
    return StoredNetwork.of(
        *layers, output_bias=found.d, layout=layout, second_biases=found.second_biases
    )


def _inputs(onnx: Any, graph: Any, values: dict[str, Value], where: str) -> tuple[Any, Any]:
    """Find the input sequence and, where there is one, the input with the lengths."""
    proto = onnx.TensorProto
    sequences, lengths = [], []
    for entry in graph.input:
        if entry.name in values:  # old models list their weights among the inputs
            continue
        kind = entry.type.tensor_type.elem_type
        rank = len(entry.type.tensor_type.shape.dim)
        if kind in (proto.FLOAT, proto.DOUBLE) and rank == 3:
            sequences.append(entry)
        elif kind == proto.INT32 and rank == 1:
            lengths.append(entry)
        else:
            name = proto.DataType.Name(kind)
            raise UnsupportedError(
                f"{where}: the input {shorten(entry.name)} has type {name} and {rank} dimensions; "
                f"expected sequences (3 dimensions, FLOAT or DOUBLE) or lengths (1, INT32)"
            )
    if len(sequences) != 1 or len(lengths) > 1:
        starts = {n.input[5] for n in graph.node if n.op_type == "RNN" and len(n.input) > 5}
        named = [shorten(entry.name) for entry in sequences if entry.name in starts]
        which = f", of which {' and '.join(named)} is an initial state" if named else ""
        raise UnsupportedError(
            f"{where} has {len(sequences)} inputs with sequences or states{which}; expected one, "
            f"and an initial state that is a constant: export a model that calls rnn(x) without a "
            f"state, or give that input a default (an initializer of its name)"
        )
    return sequences[0], lengths[0] if lengths else None


def _refuse_external_data(onnx: Any, model: Any, where: str) -> None:
    for tensor in _tensors(model.graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise InputError(
                f"{where} keeps the tensor {shorten(tensor.name)} in another file; expected all "
                f"weights in the model itself: torch.onnx.export(..., external_data=False), or "
                f"onnx.save(onnx.load(FILE), OUT)"
            )


def _tensors(graph: Any) -> Iterator[Any]:
    """Yield every tensor of a graph, those of nested graphs included."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)
            for nested in (attribute.g, *attribute.graphs):
                if nested.node or nested.initializer:
                    yield from _tensors(nested)
