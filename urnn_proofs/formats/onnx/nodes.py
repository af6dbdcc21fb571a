"""What the nodes of an ONNX graph compute, found by following them in order.

A value is a constant, a constant row repeated over the batch, a shape computed at run time, the
lengths of the sequences, or a *signal*: the inputs, or what layers and a readout make of them.
Whatever does not fit is refused, so that a network is read exactly or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from urnn_proofs.formats.limits import Tally
from urnn_proofs.formats.nonlinearities import ONNX_NAMES, nonlinearity
from urnn_proofs.formats.onnx.constants import (
    CONSTANT_OPERATORS,
    Attributes,
    Floats,
    integers,
    put_together,
    tensor_array,
)
from urnn_proofs.formats.onnx.values import Fill, Known, Lengths, Shape, Signal, Value
from urnn_proofs.formats.refusals import gated
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Work", "follow"]


@dataclass(frozen=True)
class Work:
    """What following a graph has taken so far, bounded before each step.

    Parameters
    ----------
    stored
        Entries of the tensors in the file.
    made
        Entries of the constants put together from them, or looked through.
    taken
        Entries of the weights that became exact: a graph may use one tensor many times.
    """

    stored: Tally
    made: Tally
    taken: Tally


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
        return Shape()
    if op == "Expand" and isinstance(first, (Known, Fill)):
        return first if isinstance(first, Fill) else Fill(_row(first.array, work))
    signals = [v for v in inputs if isinstance(v, Signal)]
    if not signals:
        return _without_data(op, attributes, inputs, work)
    arrays = [v.array for v in inputs if isinstance(v, Known)]
    if len(signals) == 1 and len(arrays) == len(inputs) - 1 and op in _ON_SIGNALS:
        if op != "Add" and first is not signals[0]:
            raise UnsupportedError("expected the data first and the constant second")
        work.taken.add((sum(array.size for array in arrays),))
        return _ON_SIGNALS[op](attributes, signals[0], arrays)
    raise _not_covered(op)


def _without_data(op: str, attributes: Attributes, inputs: list[Value], work: Work) -> Value:
    """Put constants and shapes together."""
    first = inputs[0] if inputs else None
    arrays = [v.array for v in inputs if isinstance(v, Known)]
    if op in CONSTANT_OPERATORS and len(arrays) == len(inputs):
        return Known(put_together(op, attributes, arrays, work.made))
    if op in _ON_SHAPES and all(isinstance(v, (Known, Shape)) for v in inputs):
        return Shape()
    if op in _ON_FILLS and isinstance(first, Fill) and first.row.ndim == 0:
        return first
    raise _not_covered(op)


def _not_covered(op: str) -> UnsupportedError:
    if op in ("LSTM", "GRU"):
        return gated("an LSTM" if op == "LSTM" else "a GRU", "the graph")
    covered = ", ".join(sorted({"RNN", *_ON_SIGNALS}))
    return UnsupportedError(
        f"it is not covered; expected on the data only {covered}, with constant float weights"
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
    if direction != "forward":
        raise UnsupportedError(f"its direction is {shorten(direction)}; expected 'forward'")
    activations = [name.decode() for name in attributes.get("activations", [b"Tanh"])]
    said = activations[0] if len(activations) == 1 else activations
    phi = nonlinearity(said, "the operator RNN")
    if said != ONNX_NAMES[phi]:
        raise UnsupportedError(f"its activation is {shorten(said)}; expected {ONNX_NAMES[phi]!r}")
    X, W, R, B, lengths, start = (*inputs, None, None, None)[:6]
    if not isinstance(X, Signal) or X.C is not None or X.d is not None:
        raise UnsupportedError("expected it to read the input of the model or another layer")
    F_ = _weight(W, "W", 3, X.dtype)
    R_ = _weight(R, "R", 3, X.dtype)
    work.taken.add((F_.size + R_.size,))
    n = R_.shape[-1]
    if R_.shape != (1, n, n) or F_.shape[:2] != (1, n) or attributes.get("hidden_size", n) != n:
        raise InputError(
            f"W has shape {F_.shape} and R {R_.shape}; expected (1, n, m) and (1, n, n)"
        )
    b = second = RationalMatrix.zeros(n, 1)
    if B is not None:
        both = _weight(B, "B", 2, X.dtype)
        if both.shape != (1, 2 * n):
            raise InputError(f"B has shape {both.shape}; expected (1, {2 * n})")
        second = RationalMatrix.parse(both[0, n:], "B", ndim=1)
        b = RationalMatrix.parse(both[0, :n], "B", ndim=1) + second
    if lengths is not None and not isinstance(lengths, Lengths):
        raise UnsupportedError("sequence_lens is computed; expected an input of the model")
    if X.layers and X.lengths != (lengths.name if lengths else None):
        raise UnsupportedError("not all layers use the same sequence_lens")
    layer = RNN(
        W=RationalMatrix.parse(R_[0], "R"),
        F=RationalMatrix.parse(F_[0], "W"),
        b=b,
        C=RationalMatrix.identity(n),
        h_init=_initial(start, n, X.dtype, work),
        activation=phi,
    )
    if X.layers and X.layers[-1].states != layer.inputs:
        raise InputError(
            f"W has {layer.inputs} columns; expected {X.layers[-1].states}, the states below"
        )
    batch_first = bool(attributes.get("layout", 0))
    signal = _named(X, "BTF" if batch_first else "TBF")
    signal = replace(
        signal,
        layers=(*X.layers, layer),
        second_biases=(*X.second_biases, second),
        lengths=lengths.name if lengths else None,
        biased=X.biased or B is not None,
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
    input_axes = "".join(names[axis] for axis in "012")
    if input_axes not in ("TBF", "BTF"):
        raise UnsupportedError(
            f"the input of the model has its axes in the order {input_axes}; expected TBF (time, "
            f"batch, features) or BTF"
        )
    return replace(X, input_axes=input_axes)


def _weight(value: Value, name: str, ndim: int, dtype: str) -> Floats:
    if not isinstance(value, Known):
        raise UnsupportedError(f"{name} is computed from the inputs; expected a constant")
    _require_type(value.array, name, dtype)
    if value.array.ndim != ndim:
        raise InputError(f"{name} has {value.array.ndim} dimensions; expected {ndim}")
    return value.array


def _require_type(array: Floats, name: str, dtype: str) -> None:
    if str(array.dtype) != dtype:
        raise UnsupportedError(
            f"{name} has type {array.dtype}; expected {dtype}, as the input of the model has"
        )


def _initial(start: Value, n: int, dtype: str, work: Work) -> RationalMatrix | None:
    if start is None:
        return None
    if isinstance(start, Known):
        start = Fill(_row(start.array, work))
    if not isinstance(start, Fill) or start.row.size not in (1, n):
        raise UnsupportedError(f"initial_h is not one constant state; expected {n} numbers")
    _require_type(start.row, "initial_h", dtype)
    return RationalMatrix.parse(np.broadcast_to(start.row, (n,)).copy(), "initial_h", ndim=1)


def _row(array: Floats, work: Work) -> Floats:
    """Return the row that an array repeats, or the only number that there is."""
    if array.size == 1:
        return array.reshape(())
    work.made.add((array.size,))
    rows = array.reshape(-1, array.shape[-1])
    # Compared as bits: where subnormal numbers are flushed to zero, all of them are equal.
    bits = np.ascontiguousarray(rows).view(f"u{rows.dtype.itemsize}")
    if not len(rows) or not (bits == bits[0]).all():
        raise UnsupportedError("the initial state differs from sequence to sequence")
    found: Floats = rows[0]
    return found


def _last_axis(signal: Signal) -> None:
    if not signal.layers:
        raise UnsupportedError(
            "expected it after an operator RNN (a recurrence written out step by step, as "
            "torch.onnx.export makes with dynamo=True, is not read: use dynamo=False, or convert "
            "the module itself)"
        )
    if signal.axes[-1] != "F":
        raise UnsupportedError("expected it on the last axis, that of the features")


def _transpose(attributes: Attributes, signal: Signal, arrays: list[Floats]) -> Signal:
    perm = attributes.get("perm", range(len(signal.axes))[::-1])
    if sorted(perm) != list(range(len(signal.axes))):
        raise InputError(f"perm is {list(perm)}; expected an order of {len(signal.axes)} axes")
    return replace(signal, axes="".join(signal.axes[k] for k in perm))


def _squeeze(attributes: Attributes, signal: Signal, arrays: list[Floats]) -> Signal:
    axes = integers(arrays[0]) if arrays else list(attributes.get("axes", []))
    if len(axes) != 1 or signal.axes[axes[0] :][:1] != "D":
        raise UnsupportedError(f"expected it to remove the direction axis only, not {axes}")
    return replace(signal, axes=signal.axes.replace("D", ""))


def _gather(attributes: Attributes, signal: Signal, arrays: list[Floats]) -> Signal:
    axis = attributes.get("axis", 0)
    last = arrays[0].shape == () and integers(arrays[0]) == [-1]
    if not signal.layers or signal.axes[axis] != "T" or not last or signal.lengths is not None:
        raise UnsupportedError("expected it to take the last step, of sequences of one length")
    return replace(signal, axes=signal.axes.replace("T", ""))


def _matmul(attributes: Attributes, signal: Signal, arrays: list[Floats]) -> Signal:
    _last_axis(signal)
    weight = _weight(Known(arrays[0]), "the weight", 2, signal.dtype)
    if signal.C is not None or signal.d is not None:
        raise UnsupportedError("expected one linear readout, not two")
    if weight.shape[0] != signal.layers[-1].states:
        raise InputError(
            f"the weight has {weight.shape[0]} rows; expected {signal.layers[-1].states}"
        )
    return replace(signal, C=RationalMatrix.parse(weight.T, "the weight"))


def _add(attributes: Attributes, signal: Signal, arrays: list[Floats]) -> Signal:
    _last_axis(signal)
    size = signal.layers[-1].states if signal.C is None else signal.C.shape[0]
    bias = arrays[0]
    one_row = bias.size == 1 or bias.shape[-1] == bias.size == size
    if signal.d is not None or not one_row or bias.ndim > len(signal.axes):
        raise UnsupportedError(f"expected one bias with {size} entries, not shape {bias.shape}")
    _require_type(bias, "the bias", signal.dtype)
    column = np.broadcast_to(bias.reshape(-1), (size,)).copy()
    return replace(signal, d=RationalMatrix.parse(column, "the bias", ndim=1))


def _gemm(attributes: Attributes, signal: Signal, arrays: list[Floats]) -> Signal:
    scales = {attributes.get(key, 1.0) for key in ("alpha", "beta")}
    if scales != {1.0} or attributes.get("transA", 0) or len(signal.axes) != 2:
        raise UnsupportedError("expected alpha = beta = 1 and transA = 0")
    weight = arrays[0].T if attributes.get("transB", 0) else arrays[0]
    found = _matmul({}, signal, [weight])
    return _add({}, found, arrays[1:]) if len(arrays) > 1 else found


_ON_SIGNALS: dict[str, Callable[[Attributes, Signal, list[Floats]], Signal]] = {
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Gather": _gather,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Add": _add,
}
_ON_SHAPES = frozenset(
    ("Gather", "Unsqueeze", "Squeeze", "Concat", "Slice", "Cast", "Reshape", "Add", "Sub", "Mul")
)
_ON_FILLS = frozenset(("Slice", "Gather", "Unsqueeze", "Squeeze", "Reshape"))
