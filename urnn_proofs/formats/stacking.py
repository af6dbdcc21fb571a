"""Several layers as frameworks stack them: states handed on, one hidden size for all."""

from __future__ import annotations

from dataclasses import replace

from urnn_proofs.formats.nonlinearities import framework_name
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN, Network
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["framework_layers", "merged", "stacked"]


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
    layers: list[Network] = []
    for layer in network.layers:
        if layers and layers[-1].C != RationalMatrix.identity(layers[-1].states):
            below = layers[-1]
            layer = layer.replace(F=layer.F @ below.C)
            layers[-1] = below.replace(C=RationalMatrix.identity(below.states))
        layers.append(layer)
    return replace(network, layers=tuple(layers))


def framework_layers(network: StoredNetwork) -> tuple[RNN, ...]:
    """Return the layers, all but the last giving out their states, if a framework can hold them.

    Raises
    ------
    UnsupportedError
        If the activation is none that frameworks have.
    InputError
        If a layer is a URNN, whose exact weights floats do not hold.
    """
    layers: list[RNN] = []
    for k, layer in enumerate(merged(network).layers):
        framework_name(layer.activation, f"layer {k}")
        if not isinstance(layer, RNN):
            raise InputError(
                f"W of layer {k} may have irrational entries, which floats do not represent "
                f"exactly; save as .json, which is exact, or round first (--dtype, or "
                f"dtype='float64')"
            )
        layers.append(layer)
    return tuple(layers)


def stacked(network: StoredNetwork) -> tuple[RNN, ...]:
    """Return the layers, all of one size and one activation.

    Smaller layers are padded with units that nothing reads, and that read themselves alone (1 on
    the diagonal of W, so that an orthogonal W remains orthogonal).  They start at 0; under ReLU
    and tanh they stay there.

    Raises
    ------
    UnsupportedError, InputError
        As :func:`framework_layers` does; and if the layers have different activations.
    """
    layers = framework_layers(network)
    names = list(dict.fromkeys(framework_name(r.activation, "a layer") for r in layers))
    if len(names) > 1:
        raise UnsupportedError(
            f"the layers have the activations {' and '.join(names)}; expected one for all, as "
            f"PyTorch stacks them: save as .onnx or .json instead"
        )
    size = max(layer.states for layer in layers)
    found = []
    for k, layer in enumerate(layers):
        pad = size - layer.states
        F = layer.F if k == 0 else _wide(layer.F, size - layer.F.shape[1])
        # Only the last layer is read; those below give out their states.
        C = _wide(layer.C, pad) if k == len(layers) - 1 else RationalMatrix.identity(size)
        found.append(
            layer.replace(
                W=_block_diagonal(layer.W, pad),
                F=_tall(F, pad),
                b=_tall(layer.b, pad),
                C=C,
                h_init=_tall(layer.h_init, pad),
            )
        )
    return tuple(found)


def _tall(matrix: RationalMatrix, extra: int) -> RationalMatrix:
    return RationalMatrix.blocks([[matrix], [RationalMatrix.zeros(extra, matrix.shape[1])]])


def _wide(matrix: RationalMatrix, extra: int) -> RationalMatrix:
    return RationalMatrix.blocks([[matrix, RationalMatrix.zeros(matrix.shape[0], extra)]])


def _block_diagonal(matrix: RationalMatrix, extra: int) -> RationalMatrix:
    n = matrix.shape[0]
    below = [RationalMatrix.zeros(extra, n), RationalMatrix.identity(extra)]
    return RationalMatrix.blocks([[matrix, RationalMatrix.zeros(n, extra)], below])
