"""Stored networks as float arrays, each number rounded as it is stored, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork, FloatStack
from urnn_proofs.formats.rounding import stored_biases
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix

Floats = np.ndarray[Any, np.dtype[Any]]

__all__ = ["as_stored", "handed_on", "same_network", "stack_of"]


def stack_of(network: StoredNetwork, dtype: str) -> FloatStack:
    """Round every number of a network as it is stored: two biases are rounded apart.

    Raises
    ------
    UnsupportedError
        If a layer has an offset, which is no part of a float network.
    InputError
        If a weight is beyond the range of the type.
    """
    layers = []
    for k, layer in enumerate(network.layers):
        if isinstance(layer, URNN) and not layer.offset.is_zero():
            raise UnsupportedError(
                f"layer {k} has an offset; expected none, as for ReLU: floats have no bound then"
            )
        arrays = {
            name: _floats(getattr(layer, name), name, dtype) for name in ("W", "F", "C", "h_init")
        }
        first, *second = (_floats(b, "b", dtype)[:, 0] for b in stored_biases(network, k))
        layers.append(
            FloatNetwork(
                **{**arrays, "h_init": arrays["h_init"][:, 0]},
                b=first,
                activation=layer.activation,
                second_bias=second[0] if second and second[0].any() else None,
            )
        )
    return FloatStack(tuple(layers), _floats(network.output_bias, "output_bias", dtype)[:, 0])


def _floats(matrix: RationalMatrix | Orthogonal, name: str, dtype: str) -> Floats:
    with np.errstate(over="ignore"):
        found: Floats = matrix.to_numpy().astype(dtype)
    if not np.isfinite(found).all():
        raise InputError(f"{name} has entries beyond the range of {dtype}; try float64 or .json")
    return found


def as_stored(stack: FloatStack, layout: Layout) -> StoredNetwork:
    """Return the network whose exact weights are these floats, with names and axes of a layout."""
    seconds: tuple[RationalMatrix, ...] = ()
    if any(layer.second_bias is not None for layer in stack.layers):
        seconds = tuple(
            RationalMatrix.zeros(layer.states, 1)
            if layer.second_bias is None
            else RationalMatrix.parse(layer.second_bias, "second_bias", ndim=1)
            for layer in stack.layers
        )
    return StoredNetwork(
        layers=tuple(layer.exact() for layer in stack.layers),
        output_bias=stack.exact_bias,
        layout=replace(layout, dtype=stack.arithmetic.name),
        second_biases=seconds,
    )


def same_network(first: StoredNetwork, second: StoredNetwork) -> bool:
    """Tell whether two networks of RNN layers have the same exact weights."""
    if first is second:
        return True
    parts = ("W", "F", "b", "C", "h_init", "activation")
    return (
        len(first.layers) == len(second.layers)
        and first.output_bias == second.output_bias
        and all(
            a is b
            or (
                isinstance(a, RNN)
                and isinstance(b, RNN)
                and all(getattr(a, name) == getattr(b, name) for name in parts)
            )
            for a, b in zip(first.layers, second.layers, strict=True)
        )
    )


def handed_on(layers: Sequence[FloatNetwork]) -> tuple[FloatNetwork, ...]:
    """Let every layer below the last give out all its states, the gates included."""
    found: list[FloatNetwork] = []
    for k, layer in enumerate(layers):
        dtype = layer.W.dtype
        if k:
            gates = np.zeros((layer.states, layers[k - 1].states - layer.inputs), dtype)
            layer = replace(layer, F=np.hstack([layer.F, gates]))
        if k + 1 < len(layers):
            layer = replace(layer, C=np.eye(layer.states, dtype=dtype))
        found.append(layer)
    return tuple(found)
