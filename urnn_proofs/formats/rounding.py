"""Exact weights as float arrays: without rounding, or rounded where that is asked for.

What a float format cannot hold exactly is refused by its writer; :func:`rounded` is the one place
where weights change, and it gives back a network whose weights are exactly those floats.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.network import RNN, URNN, Network
from urnn_proofs.model.number import shorten
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix

__all__ = [
    "DTYPES",
    "bias_parts",
    "check_dtype",
    "natural_dtype",
    "rounded",
    "stored_biases",
    "to_floats",
    "to_two_floats",
]

Floats = np.ndarray[Any, np.dtype[Any]]

#: The number types that weights are written in.
DTYPES = ("float32", "float64")


def check_dtype(dtype: object) -> str:
    """Return a number type that is known.

    Raises
    ------
    InputError
        If it is not ``"float32"`` or ``"float64"``.
    """
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise InputError(f"dtype is {shorten(dtype)}; expected 'float32' or 'float64'")
    return dtype


def to_floats(matrix: RationalMatrix | Orthogonal, name: str, dtype: str) -> Floats:
    """Return the entries as floats that equal them.

    Raises
    ------
    InputError
        If an entry is not exactly such a float.
    """
    found = matrix.to_floats(dtype)
    if not np.isfinite(found).all() or RationalMatrix.parse(found, name) != matrix:
        raise InputError(
            f"{name} has entries that {dtype} does not represent exactly; save as .json, which is "
            f"exact, or round first (--dtype, or dtype='{dtype}')"
        )
    return found


def to_two_floats(vector: RationalMatrix, name: str, dtype: str) -> tuple[Floats, Floats]:
    """Return a vector as the exact sum of two float vectors, the larger one first.

    A sum of two floats of one precision, such as the two biases of an RNN layer, is always the
    nearest float plus another float (unless it overflows): Møller (1965), Knuth, *The Art of
    Computer Programming*, volume 2, section 4.2.2, theorem B.

    Raises
    ------
    InputError
        If an entry is not the sum of two such floats.
    """
    high = vector.to_floats(dtype)
    if not np.isfinite(high).all():
        to_floats(vector, name, dtype)  # refuses
    rest = vector - RationalMatrix.parse(high, name)
    return high[:, 0], to_floats(rest, name, dtype)[:, 0]


def bias_parts(
    network: StoredNetwork, k: int, b: RationalMatrix, dtype: str
) -> tuple[Floats, Floats]:
    """Return the two biases of layer k, each (n,), whose exact sum is *b*.

    Those of the source, bit for bit, if *b* is still their sum; otherwise see
    :func:`to_two_floats`.

    Parameters
    ----------
    b
        The bias of the layer as it is written; units that padding adds come last.

    Raises
    ------
    InputError
        If an entry is not the sum of two such floats.
    """
    if network.second_biases:
        second = network.second_biases[k]
        pad = RationalMatrix.zeros(b.shape[0] - second.shape[0], 1)
        second = RationalMatrix.blocks([[second], [pad]])
        try:
            first = to_floats(b - second, "b", dtype)[:, 0]
            return first, to_floats(second, "b", dtype)[:, 0]
        except InputError:  # rounded since, or rescaled
            pass
    return to_two_floats(b, f"b of layer {k}", dtype)


def stored_biases(network: StoredNetwork, k: int) -> tuple[RationalMatrix, ...]:
    """Return the biases that layer k is stored with: their exact sum is its b."""
    b = network.layers[k].b
    if not network.second_biases:
        return (b,)
    return b - network.second_biases[k], network.second_biases[k]


def natural_dtype(network: StoredNetwork) -> str:
    """Return the number type to write in: that of the source, else the shorter one that fits.

    Examples
    --------
    >>> natural_dtype(StoredNetwork.of(RNN(W=[[0.5]], F=[[1]], b=[0], C=[[2]])))
    'float32'
    """
    if network.layout.dtype is not None:
        return check_dtype(network.layout.dtype)
    try:
        for k, layer in enumerate(network.layers):
            for matrix in (layer.W, layer.F, layer.C, layer.h_init):
                to_floats(matrix, "weights", "float32")
            for part in stored_biases(network, k):
                to_floats(part, "b", "float32")
        to_floats(network.output_bias, "output_bias", "float32")
    except InputError:
        return "float64"
    return "float32"


def rounded(network: StoredNetwork, dtype: str) -> StoredNetwork:
    """Return the network whose weights are the stored numbers, each rounded to a float.

    A URNN becomes an RNN, as its transition matrix is only nearly orthogonal afterwards; an offset
    c goes into the bias, ``b - W c`` with the rounded W.  What floats hold exactly does not change.
    Numbers that are stored apart are rounded apart: a readout between layers, and each of two
    biases.

    Parameters
    ----------
    dtype
        ``"float32"`` or ``"float64"``.

    Raises
    ------
    InputError
        If a weight is beyond the range of that type.

    Examples
    --------
    >>> from fractions import Fraction
    >>> third = StoredNetwork.of(RNN(W=[[Fraction(1, 3)]], F=[[1]], b=[0], C=[[1]]))
    >>> rounded(third, "float64").rnn.W[0, 0] == 1 / 3
    True
    """
    check_dtype(dtype)
    layers, seconds = [], []
    for k, layer in enumerate(network.layers):
        W, (first, *second) = _round(layer.W, "W", dtype), stored_biases(network, k)
        if isinstance(layer, URNN):
            first = first - W @ layer.offset
        first, *second = (_round(part, "b", dtype) for part in (first, *second))
        layers.append(_rounded_layer(layer, W, sum(second, first), dtype))
        seconds += second
    return replace(
        network,
        layers=tuple(layers),
        output_bias=_round(network.output_bias, "output_bias", dtype),
        layout=replace(network.layout, dtype=dtype),
        second_biases=tuple(seconds),
    )


def _rounded_layer(layer: Network, W: RationalMatrix, b: RationalMatrix, dtype: str) -> RNN:
    return RNN(
        W=W,
        F=_round(layer.F, "F", dtype),
        b=b,
        C=_round(layer.C, "C", dtype),
        h_init=_round(layer.h_init, "h_init", dtype),
        activation=layer.activation,
    )


def _round(matrix: RationalMatrix | Orthogonal, name: str, dtype: str) -> RationalMatrix:
    found = matrix.to_floats(dtype)
    if not np.isfinite(found).all():
        raise InputError(f"{name} has entries beyond the range of {dtype}; try float64 or .json")
    return RationalMatrix.parse(found, name)
