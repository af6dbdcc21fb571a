"""What the data do not reach in an ONNX graph: constants, computed shapes, initial states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from urnn_proofs.formats.onnx.constants import (
    CONSTANT_OPERATORS,
    Attributes,
    Floats,
    integers,
    put_together,
)
from urnn_proofs.formats.onnx.values import Fill, Known, Shape, Signal, Step, Value
from urnn_proofs.formats.onnx.weights import (
    Work,
    require_finite,
    require_plain_gemm,
    require_type,
    row_of,
    weight_of,
)
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["initial_state", "rank_after_expand", "shape_length", "without_data"]

_ON_SHAPES = frozenset(
    (
        *("Gather", "Unsqueeze", "Squeeze", "Concat", "Slice", "Cast", "Reshape"),
        *("Add", "Sub", "Mul", "Equal", "Where"),
    )
)
_ON_FILLS = frozenset(("Slice", "Gather", "Unsqueeze", "Squeeze", "Reshape"))


def shape_length(attributes: Attributes, of: Value) -> int | None:
    """Return how many lengths of axes the operator Shape gives out."""
    rank = len(of.axes) if isinstance(of, (Signal, Step)) else None
    if rank is None:
        return None
    return len(range(rank)[slice(attributes.get("start", 0), attributes.get("end"))])


def rank_after_expand(inputs: list[Value]) -> int | None:
    """Return how many axes Expand makes of a constant, if that is known."""
    first, shape = inputs[0], inputs[1]
    before = first.array.ndim if isinstance(first, Known) else None
    if isinstance(first, Fill):
        before = first.rank
    length = shape.array.size if isinstance(shape, Known) else None
    if isinstance(shape, Shape):
        length = shape.length
    return None if before is None or length is None else max(before, length)


def without_data(
    op: str, attributes: Attributes, inputs: list[Value], work: Work
) -> Known | Shape | Fill | None:
    """Put constants and shapes together; None where that is not covered."""
    first = inputs[0] if inputs else None
    arrays = [v.array for v in inputs if isinstance(v, Known)]
    if op in CONSTANT_OPERATORS and len(arrays) == len(inputs):
        return Known(put_together(op, attributes, arrays, work.made))
    if op in _ON_SHAPES and all(_may_be_shape(v) for v in inputs):
        return Shape(_length_after(op, inputs))
    if isinstance(first, Fill):
        found = _on_fill(op, attributes, first, arrays, work)
        if found is not None and len(arrays) == len(inputs) - 1:
            return found
    if op == "Add" and isinstance(inputs[1], Fill) and len(arrays) == 1:
        return _fill_plus(inputs[1], arrays[0], work)
    return None


def _may_be_shape(value: Value) -> bool:
    """Whether integers may be meant; a row of integers is of no use but as a shape."""
    return isinstance(value, (Known, Shape)) or (
        isinstance(value, Fill) and value.row.dtype.kind in "iu"
    )


def _length_after(op: str, inputs: list[Value]) -> int | None:
    if op == "Unsqueeze":
        return 1
    if op != "Concat":
        return None
    lengths = [
        v.array.size if isinstance(v, Known) else v.length
        for v in inputs
        if isinstance(v, (Known, Shape))
    ]
    known = [length for length in lengths if length is not None]
    return sum(known) if len(known) == len(lengths) else None


def _on_fill(
    op: str, attributes: Attributes, fill: Fill, arrays: list[Floats], work: Work
) -> Fill | None:
    """Follow what is done to the initial state; arithmetic is done with zeros alone."""
    rank = fill.rank
    if op in ("Squeeze", "Unsqueeze") and rank is not None:
        count = len(integers(arrays[0]) if arrays else attributes.get("axes", ()))
        rank = rank + count if op == "Unsqueeze" else rank - count if count else None
    elif op == "Gather" and rank is not None:
        rank = rank - 1 + arrays[0].ndim if arrays else None
    elif op == "Reshape":
        rank = arrays[0].size if arrays else None
    if op in _ON_FILLS:
        return replace(fill, rank=rank) if fill.row.ndim == 0 else None
    zero = bool((fill.row == 0).all())
    if op == "MatMul" and zero and len(arrays) == 1:
        weight = weight_of(Known(arrays[0]), "the weight", 2, str(fill.row.dtype))
        require_finite(weight)
        return Fill(np.zeros(weight.shape[1], weight.dtype), rank)
    if op == "Gemm" and zero and arrays:
        weight = arrays[0].T if attributes.get("transB", 0) else arrays[0]
        require_finite(weight)
        found = Fill(np.zeros(weight.shape[1], weight.dtype), 2)
        require_plain_gemm(attributes)
        return _fill_plus(found, arrays[1], work) if len(arrays) > 1 else found
    if op == "Add" and len(arrays) == 1:
        return _fill_plus(fill, arrays[0], work)
    return None


def _fill_plus(fill: Fill, array: Floats, work: Work) -> Fill:
    if not (fill.row == 0).all():
        raise UnsupportedError("expected an initial state of zeros")
    require_type(array, "the bias", str(fill.row.dtype))
    row = row_of(array, work)
    if fill.rank is None or (fill.row.ndim and row.ndim and fill.row.shape != row.shape):
        raise UnsupportedError("the shape of the initial state is not known")
    if fill.row.ndim and not row.ndim:
        row = np.broadcast_to(row, fill.row.shape).copy()
    return Fill(row, max(fill.rank, array.ndim))


def initial_state(start: Value, n: int, dtype: str, work: Work) -> RationalMatrix | None:
    """Return initial_h as a column; None for zeros that the file leaves out."""
    if start is None:
        return None
    if isinstance(start, Known):
        start = Fill(row_of(start.array, work))
    if not isinstance(start, Fill) or start.row.size not in (1, n):
        raise UnsupportedError(f"initial_h is not one constant state; expected {n} numbers")
    require_type(start.row, "initial_h", dtype)
    return RationalMatrix.parse(np.broadcast_to(start.row, (n,)).copy(), "initial_h", ndim=1)
