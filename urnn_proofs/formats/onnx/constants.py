"""Constants of an ONNX graph, read and put together without arithmetic: nothing is ever rounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from urnn_proofs.formats.limits import Tally
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import shorten

__all__ = ["CONSTANT_OPERATORS", "Attributes", "Floats", "integers", "put_together", "tensor_array"]

Floats = np.ndarray[Any, np.dtype[Any]]
Attributes = dict[str, Any]


def tensor_array(onnx: Any, tensor: Any, tally: Tally) -> Floats:
    """Return the array of a tensor, bit for bit, once its shape is known to be sane.

    Raises
    ------
    InputError
        If the data do not fit the shape.
    UnsupportedError
        If there are too many entries.
    """
    count = tally.add(tensor.dims)
    try:
        if tensor.data_type != onnx.TensorProto.FLOAT or not tensor.float_data:
            found: Floats = onnx.numpy_helper.to_array(tensor)
            return found
        if len(tensor.float_data) != count or tensor.raw_data:
            raise InputError(f"it has {len(tensor.float_data)} numbers; expected {count}")
        # As Python's floats, subnormal numbers could be lost: so from the message itself.
        only = type(tensor)()
        only.CopyFrom(tensor)
        for field, _ in only.ListFields():
            if field.name != "float_data":
                only.ClearField(field.name)
        data = only.SerializeToString()[-4 * count :]
        return np.frombuffer(data, dtype="<f4").reshape(list(tensor.dims))
    except Exception as error:  # whatever onnx and NumPy make of data that do not fit
        raise InputError(
            f"the tensor {shorten(tensor.name)} is damaged: {error}; expected data that fit its "
            f"shape and type"
        ) from None


def integers(array: Floats) -> list[int]:
    """Return axes, a shape or indices.

    Raises
    ------
    UnsupportedError
        If they are no integers.
    """
    if array.dtype.kind != "i":
        raise UnsupportedError(f"axes or a shape have the type {array.dtype}; expected int64")
    return [int(k) for k in array.reshape(-1)]


def put_together(op: str, attributes: Attributes, arrays: list[Floats], made: Tally) -> Floats:
    """Apply an operator to constants; how large the result is, is known before it is made.

    Raises
    ------
    UnsupportedError
        If the results of all operators have too many entries.
    """
    made.add((sum(x.size for x in arrays) if op == "Concat" else arrays[0].size,))
    return CONSTANT_OPERATORS[op](attributes, arrays)


def _axes(attributes: Attributes, arrays: list[Floats]) -> tuple[int, ...]:
    """Return the axes, an attribute in old operator sets and an input in new ones."""
    return tuple(integers(arrays[1]) if len(arrays) > 1 else attributes.get("axes", ()))


def _concat(attributes: Attributes, arrays: list[Floats]) -> Floats:
    if len({x.dtype for x in arrays}) > 1:
        raise UnsupportedError("expected parts of one type")
    return np.concatenate(arrays, axis=attributes["axis"])


def _reshape(attributes: Attributes, arrays: list[Floats]) -> Floats:
    shape = integers(arrays[1])
    if attributes.get("allowzero", 0) or 0 in shape:
        raise UnsupportedError("expected a shape without zeros")
    return arrays[0].reshape(shape)


#: What each operator makes of its attributes and constant inputs.
CONSTANT_OPERATORS: dict[str, Callable[[Attributes, list[Floats]], Floats]] = {
    "Transpose": lambda a, x: x[0].transpose(a.get("perm")),
    "Concat": _concat,
    "Unsqueeze": lambda a, x: np.expand_dims(x[0], _axes(a, x)),
    "Squeeze": lambda a, x: np.squeeze(x[0], _axes(a, x) or None),
    "Reshape": _reshape,
}
