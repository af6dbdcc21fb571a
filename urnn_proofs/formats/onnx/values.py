"""What a value of an ONNX graph can be, as far as networks are concerned.

A recurrence that is written out step by step is made of :class:`Step` values: the inputs of a layer
at one time, and a :class:`Cell`, the states of a layer at one time.
"""

from __future__ import annotations

from dataclasses import dataclass

from urnn_proofs.formats.onnx.constants import Floats
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Cell", "Fill", "Known", "Lengths", "Shape", "Signal", "Stack", "Step", "Value"]


@dataclass(frozen=True, eq=False)
class Known:
    """A constant."""

    array: Floats


@dataclass(frozen=True, eq=False)
class Fill:
    """A constant row (or a single number) repeated along all other axes; *rank* counts all axes."""

    row: Floats
    rank: int | None = None


@dataclass(frozen=True)
class Shape:
    """Integers computed from the shape of the input; *length* of them, None if not known."""

    length: int | None = None


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
        The linear map and its bias that were applied after the last layer, or to the inputs.
    dims
        The lengths of the axes of the model's input, None where they are free.
    maps
        How many linear maps C is the product of.
    input_axes
        What the axes of the model's input are; digits as in *axes*.
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
    dims: tuple[int | None, ...] = (None, None, None)
    maps: int = 0
    input_axes: str = "012"
    lengths: str | None = None
    biased: bool = False
    second_biases: tuple[RationalMatrix, ...] = ()

    @property
    def width(self) -> int | None:
        """How many features there are, None where the model does not say yet."""
        if self.C is not None:
            return self.C.shape[0]
        if self.layers:
            return self.layers[-1].states
        return self.dims[self.input_axes.index(self.axes[-1])]

    def length(self, axis: str) -> int | None:
        """Return the length of an axis, None where it is free."""
        if axis == "D":
            return 1
        return self.width if axis == "F" else self.dims[self.input_axes.index(axis)]


@dataclass(frozen=True, eq=False)
class Cell:
    """The states of a layer at one step, after steps 0, 1, ... that all were alike.

    Parameters
    ----------
    drive
        What the layer reads: a sequence, with the linear map that is the F of the layer.
    b
        The bias of the layer, that of *drive* included.
    second
        The part of b that stood beside the states.
    phi
        Name of the activation.
    W
        The transition matrix, None after the first step.
    before
        The states one step before, None at the first step.
    step
        0, 1, ...
    """

    drive: Signal
    b: RationalMatrix
    second: RationalMatrix
    phi: str
    W: RationalMatrix | None = None
    before: Cell | None = None
    step: int = 0


@dataclass(frozen=True, eq=False)
class Step:
    """One step: ``C x + d`` of a sequence and ``R h + r`` of the states of a layer, added.

    Parameters
    ----------
    axes
        B, F, and D for every further axis, all of length 1.
    drive
        The sequence, of which step *time* is meant; None if there is no such part.
    cell
        The states; None if there is no such part.
    R, r
        The map that was applied to the states, None for the identity, and what was added.
    maps
        How many linear maps R is the product of.
    """

    axes: str
    drive: Signal | None = None
    time: int = 0
    cell: Cell | None = None
    R: RationalMatrix | None = None
    r: RationalMatrix | None = None
    maps: int = 0


@dataclass(frozen=True, eq=False)
class Stack:
    """Last states of several layers, one after the other along the first axis."""

    parts: tuple[Signal | Step, ...]


Value = Known | Fill | Shape | Lengths | Signal | Step | Stack | None
