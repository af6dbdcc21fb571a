"""Constants of an ONNX graph, put together without arithmetic: nothing is ever rounded here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from urnn_proofs.model.errors import UnsupportedError

__all__ = ["CONSTANT_OPERATORS", "Attributes", "Floats"]

Floats = np.ndarray[Any, np.dtype[Any]]
Attributes = dict[str, Any]


def _axes(attributes: Attributes, arrays: list[Floats]) -> tuple[int, ...]:
    """Return the axes, an attribute in old operator sets and an input in new ones."""
    found = arrays[1].reshape(-1) if len(arrays) > 1 else attributes.get("axes", ())
    return tuple(int(k) for k in found)


def _reshape(attributes: Attributes, arrays: list[Floats]) -> Floats:
    if attributes.get("allowzero", 0) or (arrays[1] == 0).any():
        raise UnsupportedError("expected a shape without zeros")
    return arrays[0].reshape([int(k) for k in arrays[1]])


#: What each operator makes of its attributes and constant inputs.
CONSTANT_OPERATORS: dict[str, Callable[[Attributes, list[Floats]], Floats]] = {
    "Transpose": lambda a, x: x[0].transpose(a.get("perm")),
    "Concat": lambda a, x: np.concatenate(x, axis=a["axis"]),
    "Unsqueeze": lambda a, x: np.expand_dims(x[0], _axes(a, x)),
    "Squeeze": lambda a, x: np.squeeze(x[0], _axes(a, x) or None),
    "Reshape": _reshape,
}
