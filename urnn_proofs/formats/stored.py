"""A network as files and frameworks hold it: layers, an output bias, names and axes.

The theorems are about one network, ``y = C h``.  Files hold more: a bias of the readout, several
layers of which each reads the states of the one below, and conventions that change no number,
only where it stands.  :class:`StoredNetwork` carries all of it beside the exact layers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN, Network
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.text import one_line

__all__ = ["Layout", "StoredNetwork", "from_parts", "require_stored", "without_bias"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Layout:
    """How a network is presented: nothing here changes a number that it computes.

    Parameters
    ----------
    dtype
        ``"float32"``, ``"float64"``, or None where the source does not say.
    input_axes, output_axes
        Order of the axes, letters T (time), B (batch), F (features), D (a direction axis of
        length 1, ONNX only).  Without T the output is that of the last step only.
    input_name, output_name, lengths_name
        Names in an ONNX file; *lengths_name* is the input with the lengths of the sequences.
    dims
        The time and batch dimensions in an ONNX file: numbers, or names where they are free.
    rnn_prefix, readout_prefix
        Beginnings of the names in a state dict.
    bias, readout, readout_bias
        Which parts are written although they are zero (a bias) or the identity (the readout).
    heads
        Names and sizes of several readouts of the same states, which stand one after the other in
        the outputs; empty for one.
    """

    dtype: str | None = None
    input_axes: str = "TBF"
    output_axes: str = "TBF"
    input_name: str = "input"
    output_name: str = "output"
    lengths_name: str | None = None
    dims: tuple[str | int, str | int] = ("time", "batch")
    rnn_prefix: str = "rnn."
    readout_prefix: str = "readout."
    bias: bool = True
    readout: bool = False
    readout_bias: bool = False
    heads: tuple[tuple[str, int], ...] = ()

    @property
    def batch_first(self) -> bool:
        """Whether inputs are (batch, time, features)."""
        return self.input_axes == "BTF"

    @property
    def last_only(self) -> bool:
        """Whether only the output of the last step is given."""
        return "T" not in self.output_axes


@dataclass(frozen=True, eq=False)
class StoredNetwork:
    """Layers of exact networks, each fed with the outputs of the one before, plus an output bias.

    Parameters
    ----------
    layers
        At least one; ``layers[l].outputs == layers[l + 1].inputs``.  Layers below the last
        usually give out their states, ``C = I``.
    output_bias
        d, (p,) with p the outputs of the last layer: the output is ``C h^k + d``.
    layout
        Names, axes and number type.
    second_biases
        Empty, or for each layer the part (n, 1) of its b that is added on its own (``b_hh`` in
        PyTorch, ``Rb`` in ONNX): it changes no exact number, but how a bias is stored and rounded.

    Raises
    ------
    InputError
        If the sizes do not fit.

    Examples
    --------
    >>> net = StoredNetwork.of(RNN(W=[[0.5]], F=[[1]], b=[0], C=[[2]]), output_bias=[10])
    >>> net.run([[1.0], [1.0]]).tolist()
    [[12.0], [13.0]]
    """

    layers: tuple[Network, ...]
    output_bias: RationalMatrix
    layout: Layout = Layout()
    second_biases: tuple[RationalMatrix, ...] = ()

    def __repr__(self) -> str:
        return one_line(f"<StoredNetwork: {', '.join(map(repr, self.layers))}>")

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError("layers is empty; expected at least one network")
        for k, (below, above) in enumerate(zip(self.layers, self.layers[1:], strict=False)):
            if below.outputs != above.inputs:
                raise InputError(
                    f"layer {k} has {below.outputs} outputs and layer {k + 1} has {above.inputs} "
                    f"inputs; expected the same number"
                )
        if self.output_bias.shape != (self.outputs, 1):
            raise InputError(
                f"output_bias has {self.output_bias.shape[0]} entries; expected {self.outputs}, "
                f"one for each output"
            )
        found = tuple(part.shape for part in self.second_biases)
        if found and found != tuple((layer.states, 1) for layer in self.layers):
            raise InputError(
                f"second_biases have the shapes {found}; expected none, or (n, 1) for each layer"
            )

    @classmethod
    def of(
        cls,
        *layers: Network,
        output_bias: Any = None,
        layout: Layout | None = None,
        second_biases: tuple[RationalMatrix, ...] = (),
    ) -> StoredNetwork:
        """Put layers together; the output bias is zero if omitted."""
        for layer in layers:
            if not isinstance(layer, Network):
                raise InputError(
                    f"a layer is a {type(layer).__name__}; expected an urnn_proofs.RNN or URNN"
                )
        if not layers:
            raise InputError("layers is empty; expected at least one network")
        bias = (
            RationalMatrix.zeros(layers[-1].outputs, 1)
            if output_bias is None
            else RationalMatrix.parse(output_bias, "output_bias", ndim=1)
        )
        return cls(layers, bias, layout or Layout(), second_biases)

    @property
    def inputs(self) -> int:
        """Number of inputs m."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Number of outputs p."""
        return self.layers[-1].outputs

    @property
    def rnn(self) -> Network:
        """The network itself, where nothing stands beside it.

        Raises
        ------
        UnsupportedError
            If there are several layers or an output bias, which one network has no place for.
        """
        if len(self.layers) > 1:
            raise UnsupportedError(
                f"the network has {len(self.layers)} layers; expected one (diagnose, convert and "
                f"verify --network take several, in Python diagnose and equivalent_urnn)"
            )
        if not self.output_bias.is_zero():
            raise UnsupportedError(
                "the network has an output bias, which a network y = C h has no place for; use "
                "load and equivalent_urnn, or `urnn-proofs convert`"
            )
        return self.layers[0]

    def run(self, x: Any) -> Array:
        """Simulate in float64: inputs (T, m) or (T, batch, m), all outputs, time first.

        Raises
        ------
        InputError
            If the shape does not fit or an entry is not finite.
        """
        values = x
        for layer in self.layers:
            values = layer.run(values)
        outputs: Array = values + self.output_bias.to_numpy()[:, 0]
        return outputs


def require_stored(value: object) -> StoredNetwork:
    """Return what is a stored network.

    Raises
    ------
    InputError
        If it is anything else.
    """
    if isinstance(value, StoredNetwork):
        return value
    raise InputError(
        f"network is a {type(value).__name__}; expected a StoredNetwork, such as "
        f"StoredNetwork.of(rnn) or what load and from_torch return"
    )


def without_bias(network: StoredNetwork) -> StoredNetwork:
    """Return the network with the outputs ``C h``, without the output bias.

    Examples
    --------
    >>> one = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[2]])
    >>> without_bias(StoredNetwork.of(one, output_bias=[10])).rnn is one
    True
    """
    return replace(network, output_bias=RationalMatrix.zeros(network.outputs, 1))


def from_parts(parts: dict[str, Any]) -> Network:
    """Put together what a file holds: a URNN if W is given with its square roots, else an RNN.

    Raises
    ------
    InputError
        If there is an offset beside a W that is not, or the parts do not fit.
    """
    if isinstance(parts["W"], Orthogonal):
        return URNN(**parts)
    offset = parts.get("offset")
    others = {name: part for name, part in parts.items() if name != "offset"}
    rnn = RNN(**others)
    if offset is not None:
        c = RationalMatrix.parse(offset, "offset", ndim=1)
        if c.shape != rnn.b.shape or not c.is_zero():
            raise InputError(
                "there is an offset c beside a rational W; expected one only where W is orthogonal "
                "and given by R, alpha and beta: write b - W c for b, and no offset"
            )
    return rnn
