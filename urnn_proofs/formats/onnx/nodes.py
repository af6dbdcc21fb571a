"""What the nodes of an ONNX graph compute, found by following them in order.

A value is a constant, a constant row repeated over the batch, a shape computed at run time, the
lengths of the sequences, or a *signal*: the inputs, or what layers and a readout make of them.
Whatever does not fit is refused, so that a network is read exactly or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from urnn_proofs.formats.nonlinearities import ONNX_NAMES, nonlinearity
from urnn_proofs.formats.onnx.constants import (
    Attributes,
    Floats,
    integers,
    tensor_array,
)
from urnn_proofs.formats.onnx.shapes import (
    initial_state,
    rank_after_expand,
    shape_length,
    without_data,
)
from urnn_proofs.formats.onnx.steps import (
    add_steps,
    close_step,
    concatenate,
    constant_column,
    map_step,
    mapped,
    picked,
    reshape_step,
    shift_step,
    take_step,
)
from urnn_proofs.formats.onnx.values import (
    Fill,
    Known,
    Lengths,
    Shape,
    Signal,
    Stack,
    Step,
    Value,
)
from urnn_proofs.formats.onnx.weights import (
    Work,
    map_weight,
    require_type,
    row_of,
    weight_of,
)
from urnn_proofs.formats.refusals import gated, two_directions
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["follow"]


def follow(onnx: Any, node: Any, values: dict[str, Value], work: Work) -> None:
    """Find out what a node puts out.

    Raises
    ------
    UnsupportedError
        If it is an operator, or a use of one, that is not covered.
    InputError
        If shapes do not fit.
    """
    if node.domain not in ("", "ai.onnx"):
        raise UnsupportedError(
            f"it belongs to {shorten(node.domain)}; expected a standard operator"
        )
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    if len(attributes) < len(node.attribute):
        raise InputError("an attribute is given twice; expected each once")
    inputs = [values[name] for name in node.input]
    found: tuple[Value, ...]
    if node.op_type == "Constant":
        if set(attributes) != {"value"}:
            raise UnsupportedError("expected a constant given as a tensor")
        found = (Known(tensor_array(onnx, attributes["value"], work.stored)),)
    elif node.op_type == "ConstantOfShape":
        fill = np.zeros(1, "f4")
        if attributes:
            fill = tensor_array(onnx, attributes["value"], work.stored)
        found = (Fill(fill.reshape(())),)
    elif node.op_type == "RNN":
        found = _rnn(attributes, inputs, work)
    else:
        found = (_single(node.op_type, attributes, inputs, work),)
    for name, value in zip(node.output, found, strict=False):
        if name in values and name:
            raise InputError(f"its output {shorten(name)} is there already; expected a new name")
        if name:  # an output that is left out has no name
            values[name] = value


def _single(op: str, attributes: Attributes, inputs: list[Value], work: Work) -> Value:
    """Return the only output of an operator."""
    first = inputs[0] if inputs else None
    if op == "Identity":
        return first
    if op == "Shape":
        return Shape(shape_length(attributes, first))
    if op == "Expand" and isinstance(first, (Known, Fill)):
        row = first.row if isinstance(first, Fill) else row_of(first.array, work)
        return Fill(row, rank_after_expand(inputs))
    if any(isinstance(v, Stack) for v in inputs):
        if op == "Gather" and isinstance(first, Stack) and isinstance(inputs[1], Known):
            return picked(first, attributes, [inputs[1].array])
        raise _not_covered(op)
    if any(isinstance(v, Step) for v in inputs):
        return _on_steps(op, attributes, inputs, work)
    if op == "Concat" and len(inputs) > 1 and all(isinstance(v, Signal) for v in inputs):
        return concatenate(attributes, inputs)
    signals = [v for v in inputs if isinstance(v, Signal)]
    if not signals:
        found = without_data(op, attributes, inputs, work)
        if found is None:
            raise _not_covered(op)
        return found
    arrays = [v.array for v in inputs if isinstance(v, Known)]
    if len(signals) == 1 and len(arrays) == len(inputs) - 1 and op in _ON_SIGNALS:
        if op != "Add" and first is not signals[0]:
            raise UnsupportedError("expected the data first and the constant second")
        work.taken.add((0 if op in _MAPS else sum(array.size for array in arrays),))
        return _ON_SIGNALS[op](attributes, signals[0], arrays, work)
    raise _not_covered(op)


def _on_steps(op: str, attributes: Attributes, inputs: list[Value], work: Work) -> Value:
    """Follow an operator on single steps of a sequence."""
    first, arrays = inputs[0], [v.array for v in inputs if isinstance(v, Known)]
    if op == "Concat":
        for value in inputs[-1:]:
            if isinstance(value, Step) and value.cell is not None:
                work.made.add(value.cell.b.shape[:1] * 2)  # a layer may be put together
        return concatenate(attributes, inputs)
    if op == "Add" and len(inputs) == 2:
        return _add_to_step(inputs[0], inputs[1], work)
    if isinstance(first, Step) and len(arrays) == len(inputs) - 1:
        if op in _ACTIVATIONS:
            return close_step(first, _ACTIVATIONS[op])
        if op in ("Squeeze", "Unsqueeze", "Transpose", "Gather"):
            return reshape_step(op, attributes, first, arrays)
        if op in _MAPS:
            weight = map_weight(op, attributes, inputs[1], _dtype(first), len(first.axes), work)
            work.taken.add((weight.shape[0],))
            if first.R is not None or (first.drive is not None and first.drive.C is not None):
                work.taken.add(weight.shape)  # a product is made
            found = map_step(first, weight)
            return _add_to_step(found, inputs[2], work) if len(inputs) > 2 else found
    raise _not_covered(op)


def _add_to_step(one: Value, other: Value, work: Work) -> Step:
    if isinstance(one, Step) and isinstance(other, Step):
        return add_steps(one, other)
    step, constant = (one, other) if isinstance(one, Step) else (other, one)
    if not isinstance(step, Step) or not isinstance(constant, (Known, Fill)):
        raise _not_covered("Add")
    array = constant.array if isinstance(constant, Known) else constant.row
    work.taken.add((array.size,))
    require_type(array, "the bias", _dtype(step))
    return shift_step(step, *constant_column(constant, step))


def _dtype(step: Step) -> str:
    source = step.drive if step.cell is None else step.cell.drive
    return source.dtype if source is not None else ""


def _not_covered(op: str) -> UnsupportedError:
    if op in ("LSTM", "GRU"):
        return gated("an LSTM" if op == "LSTM" else "a GRU", "the graph")
    covered = ", ".join(sorted({"RNN", *_ON_SIGNALS, *_ACTIVATIONS}))
    return UnsupportedError(
        f"it is not covered; expected on the data only {covered}, with constant float weights: "
        f"export the model without what is before the RNN or after its linear readout"
    )


def _rnn(attributes: Attributes, inputs: list[Value], work: Work) -> tuple[Value, Value]:
    """Add a layer: ``H = phi(X W^T + H R^T + B[:n] + B[n:])``."""
    known = {"activations", "hidden_size", "direction", "layout"}
    if set(attributes) - known:
        raise UnsupportedError(
            f"it has the attribute {shorten(min(set(attributes) - known))}; expected none but "
            f"{', '.join(sorted(known))}"
        )
    direction = attributes.get("direction", b"forward").decode()
    if direction == "bidirectional":
        raise two_directions("the operator RNN")
    if direction != "forward":
        raise UnsupportedError(f"its direction is {shorten(direction)}; expected 'forward'")
    activations = [name.decode() for name in attributes.get("activations", [b"Tanh"])]
    said = activations[0] if len(activations) == 1 else activations
    phi = nonlinearity(said, "the operator RNN")
    if said != ONNX_NAMES[phi]:
        raise UnsupportedError(f"its activation is {shorten(said)}; expected {ONNX_NAMES[phi]!r}")
    X, W, R, B, lengths, start = (*inputs, None, None, None)[:6]
    if not isinstance(X, Signal):
        raise UnsupportedError("expected it to read the input of the model or another layer")
    F_ = weight_of(W, "W", 3, X.dtype)
    R_ = weight_of(R, "R", 3, X.dtype)
    work.taken.add((F_.size + R_.size,))
    n = R_.shape[-1]
    if R_.shape != (1, n, n) or F_.shape[:2] != (1, n) or attributes.get("hidden_size", n) != n:
        raise InputError(
            f"W has shape {F_.shape} and R {R_.shape}; expected (1, n, m) and (1, n, n)"
        )
    b = second = RationalMatrix.zeros(n, 1)
    if B is not None:
        both = weight_of(B, "B", 2, X.dtype)
        if both.shape != (1, 2 * n):
            raise InputError(f"B has shape {both.shape}; expected (1, {2 * n})")
        second = RationalMatrix.parse(both[0, n:], "B", ndim=1)
        b = RationalMatrix.parse(both[0, :n], "B", ndim=1) + second
    if lengths is not None and not isinstance(lengths, Lengths):
        raise UnsupportedError("sequence_lens is computed; expected an input of the model")
    if X.layers and X.lengths != (lengths.name if lengths else None):
        raise UnsupportedError("not all layers use the same sequence_lens")
    F = RationalMatrix.parse(F_[0], "W")
    if (X.layers or X.C is not None or X.d is not None) and X.width != F.shape[1]:
        raise InputError(
            f"W has {F.shape[1]} columns; expected {X.width}, the states or features that it reads"
        )
    # A linear map before the layer becomes part of its input matrix and of its bias.
    if X.d is not None:
        b = b + F @ X.d
    if X.C is not None:
        work.taken.add((n, X.C.shape[1]))
        F = F @ X.C
    layer = RNN(
        W=RationalMatrix.parse(R_[0], "R"),
        F=F,
        b=b,
        C=RationalMatrix.identity(n),
        h_init=initial_state(start, n, X.dtype, work),
        activation=phi,
    )
    batch_first = bool(attributes.get("layout", 0))
    signal = _named(X, "BTF" if batch_first else "TBF")
    signal = replace(
        signal,
        layers=(*X.layers, layer),
        second_biases=(*X.second_biases, second),
        lengths=lengths.name if lengths else None,
        biased=X.biased or B is not None or X.d is not None,
        C=None,
        d=None,
        maps=0,
    )
    every, last = ("BTDF", "BDF") if batch_first else ("TDBF", "DBF")
    return replace(signal, axes=every), replace(signal, axes=last)


def _named(X: Signal, wanted: str) -> Signal:
    """Check the axes of what a layer reads; at the first layer they get their names."""
    if X.layers:
        if X.axes != wanted:
            raise UnsupportedError(f"it reads axes in the order {X.axes}; expected {wanted}")
        return X
    names = dict(zip(X.axes, wanted, strict=True))
    if names.get("F", "F") != "F":
        raise UnsupportedError("the axis of the features is not the last one; expected it there")
    input_axes = "".join(names[axis] for axis in X.input_axes)
    if input_axes not in ("TBF", "BTF"):
        raise UnsupportedError(
            f"the input of the model has its axes in the order {input_axes}; expected TBF (time, "
            f"batch, features) or BTF"
        )
    return replace(X, input_axes=input_axes)


def _transpose(attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work) -> Signal:
    perm = attributes.get("perm", range(len(signal.axes))[::-1])
    if sorted(perm) != list(range(len(signal.axes))):
        raise InputError(f"perm is {list(perm)}; expected an order of {len(signal.axes)} axes")
    return replace(signal, axes="".join(signal.axes[k] for k in perm))


def _squeeze(attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work) -> Signal:
    axes = integers(arrays[0]) if arrays else list(attributes.get("axes", []))
    if len(axes) != 1 or signal.axes[axes[0] :][:1] != "D":
        raise UnsupportedError(f"expected it to remove the direction axis only, not {axes}")
    return replace(signal, axes=signal.axes.replace("D", ""))


def _reshape(attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work) -> Signal:
    """Follow a Reshape that removes the direction axis, as Squeeze does."""
    shape, left = integers(arrays[0]), signal.axes.replace("D", "")
    if len(shape) != len(left) or attributes.get("allowzero", 0) or shape.count(-1) > 1:
        raise UnsupportedError(f"expected it to remove the direction axis only, not {shape}")
    for place, (axis, length) in enumerate(zip(left, shape, strict=True)):
        kept = length == 0 and signal.axes[place] == axis
        if not kept and length != -1 and (length < 1 or signal.length(axis) != length):
            raise UnsupportedError(
                f"it makes the shape {shape}; expected {left}, each axis with the length it has"
            )
    return replace(signal, axes=left)


def _unsqueeze(attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work) -> Signal:
    axes = integers(arrays[0]) if arrays else list(attributes.get("axes", []))
    rank = len(signal.axes) + 1
    if len(axes) != 1 or not -rank <= axes[0] < rank or not signal.layers or "D" in signal.axes:
        raise UnsupportedError("expected it to add one direction axis to the states of a layer")
    place = axes[0] % rank
    return replace(signal, axes=signal.axes[:place] + "D" + signal.axes[place:])


def _gather(attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work) -> Value:
    axis = attributes.get("axis", 0)
    index = integers(arrays[0])
    if arrays[0].shape != () or (signal.lengths is not None and signal.axes[axis] == "T"):
        raise UnsupportedError("expected it to take the last step, of sequences of one length")
    if signal.axes[axis] == "D" and index[0] in (0, -1):  # h_n[-1]
        return replace(signal, axes=signal.axes.replace("D", ""))
    if signal.layers and signal.axes[axis] == "T" and index == [-1]:
        return replace(signal, axes=signal.axes.replace("T", ""))
    if signal.layers and (signal.axes[axis] != "T" or signal.length("T") is None):
        raise UnsupportedError("expected it to take the last step, of sequences of one length")
    return take_step(signal, axis, index[0])


def _slice(attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work) -> Value:
    """Follow a Slice that takes one step and keeps the axis, now of length 1."""
    parts = [integers(array) for array in arrays]
    if not 3 <= len(parts) <= 4 or any(len(part) != 1 for part in parts):
        raise UnsupportedError("expected it to take one step")
    start, end, axis, pace = (*(part[0] for part in parts), 1)[:4]
    if start < 0 or end != start + 1 or pace != 1:
        raise UnsupportedError(f"it takes {start} to {end}; expected one step")
    axis %= len(signal.axes)
    step = take_step(signal, axis, start)
    return replace(step, axes=step.axes[:axis] + "D" + step.axes[axis:])


def _matmul(attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work) -> Signal:
    return _mapped("MatMul", attributes, signal, arrays, work)


def _gemm(attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work) -> Signal:
    return _mapped("Gemm", attributes, signal, arrays, work)


def _mapped(
    op: str, attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work
) -> Signal:
    weight = map_weight(op, attributes, Known(arrays[0]), signal.dtype, len(signal.axes), work)
    if signal.C is not None:
        work.taken.add((weight.shape[0], signal.C.shape[1]))  # a product is made
    found = mapped(signal, weight)
    return _add({}, found, arrays[1:], work) if len(arrays) > 1 else found


def _add(attributes: Attributes, signal: Signal, arrays: list[Floats], work: Work) -> Signal:
    if signal.axes[-1] != "F" and not signal.axes[-1].isdigit():
        raise UnsupportedError("expected it on the last axis, that of the features")
    bias, size = arrays[0], signal.width
    if size is None:
        size = bias.shape[-1] if bias.ndim else 0
    one_row = bias.size == 1 or bias.shape[-1:] == (size,) == (bias.size,)
    if not one_row or size < 1 or bias.ndim > len(signal.axes):
        raise UnsupportedError(f"expected a bias with {size} entries, not shape {bias.shape}")
    require_type(bias, "the bias", signal.dtype)
    column = np.broadcast_to(bias.reshape(-1), (size,)).copy()
    d = RationalMatrix.parse(column, "the bias", ndim=1)
    last = signal.axes[-1]
    return replace(
        signal,
        d=d if signal.d is None else signal.d + d,
        axes=signal.axes.replace(last, "F"),
        input_axes=signal.input_axes.replace(last, "F"),
    )


_MAPS = frozenset(("MatMul", "Gemm"))
_ACTIVATIONS = {theirs: ours for ours, theirs in ONNX_NAMES.items()}
_ON_SIGNALS: dict[str, Callable[[Attributes, Signal, list[Floats], Work], Value]] = {
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Reshape": _reshape,
    "Gather": _gather,
    "Slice": _slice,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Add": _add,
}
