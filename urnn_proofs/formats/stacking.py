"""Several layers as frameworks stack them: states handed on, one hidden size for all."""

from __future__ import annotations

from dataclasses import replace

from urnn_proofs.formats.stored import StoredNetwork, identity
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["merged", "relu_layers", "stacked", "with_readout"]


def merged(network: StoredNetwork) -> StoredNetwork:
    """Return the network whose layers below the last give out their states.

    The readout ``C`` of a layer becomes part of the input matrix of the next, ``F C``.

    Examples
    --------
    >>> half = RNN(W=[[0.5]], F=[[3]], b=[0], C=[[2]])
    >>> first, second = merged(StoredNetwork.of(half, half)).layers
    >>> first.C[0, 0], second.F[0, 0], second.C[0, 0]
    (Fraction(1, 1), Fraction(6, 1), Fraction(2, 1))
    """
    layers: list[RNN] = []
    for layer in network.layers:
        if layers and layers[-1].C != identity(layers[-1].states):
            below = layers[-1]
            layer = _with_input(layer, layer.F @ below.C)
            layers[-1] = with_readout(below, identity(below.states))
        layers.append(layer)
    return replace(network, layers=tuple(layers))


def relu_layers(network: StoredNetwork) -> tuple[RNN, ...]:
    """Return the layers, all but the last giving out their states, if a framework can hold them.

    Raises
    ------
    UnsupportedError
        If the activation is not ReLU, or there is an offset.
    InputError
        If a transition matrix is not rational.
    """
    layers = merged(network).layers
    for k, layer in enumerate(layers):
        phi = layer.activation
        if not (isinstance(phi, PiecewiseLinear) and phi.is_relu) or not layer.offset.is_zero():
            raise UnsupportedError(
                f"layer {k} has the activation {phi.name!r} or an offset; PyTorch and ONNX files "
                f"are written for ReLU networks without one: save as .json instead"
            )
        if not isinstance(layer.W, RationalMatrix):
            raise InputError(
                f"W of layer {k} has irrational entries, which floats do not represent exactly; "
                f"save as .json, which is exact, or round first (--dtype, or dtype='float64')"
            )
    return layers


def stacked(network: StoredNetwork) -> tuple[RNN, ...]:
    """Return the ReLU layers, all of one size.

    Smaller layers are padded with units that stay at 0: they keep their own state (1 on the
    diagonal of W, so that an orthogonal W remains orthogonal), read nothing and are not read.

    Raises
    ------
    UnsupportedError, InputError
        As :func:`relu_layers` does.
    """
    layers = relu_layers(network)
    size = max(layer.states for layer in layers)
    found = []
    for k, layer in enumerate(layers):
        pad = size - layer.states
        F = layer.F if k == 0 else _wide(layer.F, size - layer.F.shape[1])
        # Only the last layer is read; those below give out their states.
        C = _wide(layer.C, pad) if k == len(layers) - 1 else identity(size)
        found.append(
            RNN(
                W=_block_diagonal(_rational(layer), pad),
                F=_tall(F, pad),
                b=_tall(layer.b, pad),
                C=C,
                h_init=_tall(layer.h_init, pad),
                activation=layer.activation,
            )
        )
    return tuple(found)


def with_readout(layer: RNN, C: RationalMatrix) -> RNN:
    """Return the layer with another readout."""
    return RNN(layer.W, layer.F, layer.b, C, layer.h_init, layer.activation, layer.offset)


def _with_input(layer: RNN, F: RationalMatrix) -> RNN:
    return RNN(layer.W, F, layer.b, layer.C, layer.h_init, layer.activation, layer.offset)


def _rational(layer: RNN) -> RationalMatrix:
    assert isinstance(layer.W, RationalMatrix)
    return layer.W


def _tall(matrix: RationalMatrix, extra: int) -> RationalMatrix:
    return RationalMatrix.blocks([[matrix], [RationalMatrix.zeros(extra, matrix.shape[1])]])


def _wide(matrix: RationalMatrix, extra: int) -> RationalMatrix:
    return RationalMatrix.blocks([[matrix, RationalMatrix.zeros(matrix.shape[0], extra)]])


def _block_diagonal(matrix: RationalMatrix, extra: int) -> RationalMatrix:
    n = matrix.shape[0]
    below = [RationalMatrix.zeros(extra, n), identity(extra)]
    return RationalMatrix.blocks([[matrix, RationalMatrix.zeros(n, extra)], below])
