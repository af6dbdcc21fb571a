"""The weights of an ONNX graph: checked, made exact once each, and never more than was allowed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from urnn_proofs.formats.limits import Tally
from urnn_proofs.formats.onnx.constants import Attributes, Floats
from urnn_proofs.formats.onnx.values import Known, Value
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = [
    "Work",
    "map_weight",
    "require_finite",
    "require_plain_gemm",
    "require_type",
    "row_of",
    "weight_of",
]


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
    exact
        The weights of the linear maps, made exact once each.
    """

    stored: Tally
    made: Tally
    taken: Tally
    exact: dict[tuple[int, bool], tuple[Floats, RationalMatrix]] = field(default_factory=dict)

    def weight(self, value: Value, dtype: str, *, transposed: bool) -> RationalMatrix:
        """Return a constant (p, q) as an exact matrix, made once however often it is used."""
        array = weight_of(value, "the weight", 2, dtype)
        key = (id(array), transposed)
        if key not in self.exact:
            self.taken.add((array.size,))
            found = RationalMatrix.parse(array, "the weight")
            found = found.transpose() if transposed else found
            self.exact[key] = (array, found)  # with the array, so that its id stays its own
        return self.exact[key][1]


def weight_of(value: Value, name: str, ndim: int, dtype: str) -> Floats:
    """Return a constant of that type and number of axes, or refuse it."""
    if not isinstance(value, Known):
        raise UnsupportedError(f"{name} is computed from the inputs; expected a constant")
    require_type(value.array, name, dtype)
    if value.array.ndim != ndim:
        raise InputError(f"{name} has {value.array.ndim} dimensions; expected {ndim}")
    return value.array


def map_weight(
    op: str, attributes: Attributes, weight: Value, dtype: str, rank: int, work: Work
) -> RationalMatrix:
    """Return the matrix that multiplies columns: the transposed one of MatMul."""
    if op == "MatMul":
        return work.weight(weight, dtype, transposed=True)
    require_plain_gemm(attributes)
    if rank != 2:
        raise UnsupportedError("expected data with two axes")
    return work.weight(weight, dtype, transposed=not attributes.get("transB", 0))


def require_type(array: Floats, name: str, dtype: str) -> None:
    """Refuse a constant whose type is not that of the input of the model."""
    if str(array.dtype) != dtype:
        raise UnsupportedError(
            f"{name} has type {array.dtype}; expected {dtype}, as the input of the model has"
        )


def require_finite(array: Floats) -> None:
    """Refuse NaN and infinity, which times 0 is not 0."""
    if not np.isfinite(array).all():
        raise InputError("the weight has entries that are NaN or infinite; expected numbers")


def require_plain_gemm(attributes: Attributes) -> None:
    """Refuse a Gemm that scales, or transposes the data."""
    scales = {attributes.get(key, 1.0) for key in ("alpha", "beta")}
    if scales != {1.0} or attributes.get("transA", 0):
        raise UnsupportedError("expected alpha = beta = 1 and transA = 0")


def row_of(array: Floats, work: Work) -> Floats:
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
