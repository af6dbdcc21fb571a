"""What a value of an ONNX graph can be, as far as networks are concerned."""

from __future__ import annotations

from dataclasses import dataclass

from urnn_proofs.formats.onnx.constants import Floats
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Fill", "Known", "Lengths", "Shape", "Signal", "Value"]


@dataclass(frozen=True, eq=False)
class Known:
    """A constant."""

    array: Floats


@dataclass(frozen=True, eq=False)
class Fill:
    """A constant row (or a single number) repeated along all other axes."""

    row: Floats


@dataclass(frozen=True)
class Shape:
    """Integers computed from the shape of the input; only of use as a shape."""


@dataclass(frozen=True)
class Lengths:
    """The lengths of the sequences, an input of the model."""

    name: str


@dataclass(frozen=True, eq=False)
class Signal:
    """Inputs, states or outputs.

    Parameters
    ----------
    axes
        T, B, F, D in order; digits, the axes of the model's input, until a layer says which
        is which.
    dtype
        The type of the model's input, and so that of every weight.
    layers
        The layers passed so far, each giving out its states.
    C, d
        The readout and its bias, where they have been passed.
    input_axes
        What the axes of the model's input are.
    lengths
        Name of the input with the lengths, where the layers use it.
    biased
        Whether a layer has a bias.
    second_biases
        The second half of B of each layer, part of its b.
    """

    axes: str
    dtype: str
    layers: tuple[RNN, ...] = ()
    C: RationalMatrix | None = None
    d: RationalMatrix | None = None
    input_axes: str = ""
    lengths: str | None = None
    biased: bool = False
    second_biases: tuple[RationalMatrix, ...] = ()


Value = Known | Fill | Shape | Lengths | Signal | None
