"""Networks with floating-point weights, run in their own arithmetic, in batches and in pieces."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.rounding import Format, format_of
from urnn_proofs.model.activation import Activation, activation
from urnn_proofs.model.errors import InputError, UndecidedError
from urnn_proofs.model.network import RNN, Network, Sizes
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["FloatNetwork", "FloatStack"]

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]


@dataclass(frozen=True, eq=False)
class FloatNetwork(Sizes):
    """A recurrent network with float64 or float32 weights, one dtype for all.

    Parameters
    ----------
    W, F, b, C, h_init
        Shapes (n, n), (n, m), (n,), (p, n), (n,); kept as read-only copies.
    activation
        As for :class:`~urnn_proofs.model.network.RNN`.
    second_bias
        (n,), a second bias, as PyTorch and ONNX have one; None for none.  The network has the
        bias ``b + second_bias``.

    Raises
    ------
    InputError
        Naming the array: another dtype, a wrong shape, NaN or infinity.

    Examples
    --------
    >>> net = FloatNetwork.rounded(RNN([[0.5]], [[1]], [0], [[2]]), "float32")
    >>> net.run(np.ones((2, 1))).tolist()
    [[2.0], [3.0]]
    """

    W: Floats
    F: Floats
    b: Floats
    C: Floats
    h_init: Floats
    activation: Activation
    second_bias: Floats | None = None

    def __post_init__(self) -> None:
        n = len(self.W) if getattr(self.W, "ndim", 0) == 2 else 0
        dtype = getattr(self.W, "dtype", None)
        shapes = {"W": (n, n), "F": (n, None), "b": (n,), "C": (None, n), "h_init": (n,)}
        for name, shape in shapes.items():
            array = _checked(getattr(self, name), name, shape, dtype)
            object.__setattr__(self, name, array)
        if self.second_bias is not None:
            array = _checked(self.second_bias, "second_bias", (n,), dtype)
            object.__setattr__(self, "second_bias", array)
        object.__setattr__(self, "activation", _named(self.activation))

    @classmethod
    def rounded(cls, rnn: Network, dtype: Any = "float64") -> FloatNetwork:
        """Round the weights of a network to *dtype*.

        Raises
        ------
        UndecidedError
            If an entry is beyond the range of *dtype*.
        """
        kind = format_of(dtype).name
        weights = rnn.to_numpy()
        with np.errstate(over="ignore"):
            arrays = {f.name: getattr(weights, f.name).astype(kind) for f in fields(weights)}
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise UndecidedError(f"{name} has entries beyond the range of {kind}")
        return cls(**arrays, activation=rnn.activation)

    @property
    def arithmetic(self) -> Format:
        """The floating-point format of the weights."""
        return format_of(self.W.dtype)

    @property
    def bias(self) -> Floats:
        """What an engine may add to a preactivation: the biases, added in this arithmetic."""
        return self.b if self.second_bias is None else self.b + self.second_bias

    @property
    def bias_sizes(self) -> RationalMatrix:
        """``|b| + |second_bias|``, exact: what the rounding of their sum is measured by."""
        parts = [self.b] if self.second_bias is None else [self.b, self.second_bias]
        sizes = [RationalMatrix.parse(np.abs(part), "b", ndim=1) for part in parts]
        return sizes[0] if len(sizes) == 1 else sizes[0] + sizes[1]

    @property
    def exact_bias(self) -> RationalMatrix:
        """``b + second_bias``, exact."""
        b = RationalMatrix.parse(self.b, "b", ndim=1)
        if self.second_bias is None:
            return b
        return b + RationalMatrix.parse(self.second_bias, "second_bias", ndim=1)

    def astype(self, dtype: Any) -> FloatNetwork:
        """Return the network with weights converted to *dtype* (to float64: the same numbers)."""
        kind = format_of(dtype).name
        names = ("W", "F", "b", "C", "h_init")
        second = None if self.second_bias is None else self.second_bias.astype(kind)
        arrays = {name: getattr(self, name).astype(kind) for name in names}
        return replace(self, **arrays, second_bias=second)

    def exact(self) -> RNN:
        """Return the network whose exact weights are these floats."""
        return RNN(self.W, self.F, self.exact_bias, self.C, self.h_init, self.activation)

    def phi(self, z: Floats) -> Floats:
        """Apply the activation in the arithmetic of *z*."""
        if self.activation.is_relu:
            positive: Floats = np.maximum(z, z.dtype.type(0))
            return positive
        values: Floats = self.activation.numpy(z.astype(np.float64)).astype(z.dtype)
        return values

    def run(self, x: Any) -> Floats:
        """Simulate in the arithmetic of the weights.

        Parameters
        ----------
        x
            Inputs, time first: (T, m) or (T, batch, m); converted to the dtype of the weights.

        Returns
        -------
        numpy.ndarray
            Outputs, (T, p) or (T, batch, p), in the dtype of the weights.

        Raises
        ------
        InputError
            If the shape does not fit or an entry is not finite.
        """
        x = self.convert_inputs(x)
        state = np.broadcast_to(self.h_init, (*x.shape[1:-1], self.states))
        outputs = np.empty((*x.shape[:-1], self.outputs), self.W.dtype)
        for k, drive in enumerate(x @ self.F.T + self.bias):
            state = self.phi(state @ self.W.T + drive)
            outputs[k] = state @ self.C.T
        return outputs

    def convert_inputs(self, x: Any) -> Floats:
        """Return inputs (T, m) or (T, batch, m) in the dtype of the weights.

        Raises
        ------
        InputError
            If the shape does not fit or an entry is not finite.
        """
        try:
            array = np.asarray(x).astype(self.W.dtype)
        except (TypeError, ValueError):
            raise InputError("x is not a rectangular array of numbers; expected (T, m)") from None
        if array.ndim not in (2, 3) or array.shape[-1] != self.inputs:
            raise InputError(
                f"x has shape {array.shape}; expected (T, {self.inputs}) or "
                f"(T, batch, {self.inputs}), time first"
            )
        if not np.isfinite(array).all():
            raise InputError(f"x has entries that are not finite in {self.W.dtype}")
        return array

    def __repr__(self) -> str:
        return (
            f"FloatNetwork(states={self.states}, inputs={self.inputs}, outputs={self.outputs}, "
            f"activation={self.activation.name!r}, {self.arithmetic.name})"
        )


def _named(name: str | Activation) -> Activation:
    # The field hides the function of the same name.
    return activation(name)


def _checked(array: Any, name: str, shape: tuple[int | None, ...], dtype: Any) -> Floats:
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        found = getattr(array, "dtype", type(array).__name__)
        raise InputError(f"{name} is of type {found}; expected a numpy array of dtype {dtype}")
    format_of(array.dtype)
    fits = array.ndim == len(shape) and 0 not in array.shape
    if not fits or any(w not in (None, s) for s, w in zip(array.shape, shape, strict=True)):
        wanted = ", ".join("any >= 1" if w is None else str(w or "n >= 1") for w in shape)
        raise InputError(f"{name} has shape {array.shape}; expected ({wanted}) to fit W")
    if not np.isfinite(array).all():
        raise InputError(f"{name} has entries that are NaN or infinite; expected finite numbers")
    kept: Floats = array.copy()
    kept.setflags(write=False)
    return kept


@dataclass(frozen=True, eq=False)
class FloatStack:
    """Layers of one dtype, each fed with the outputs of the one before, plus an output bias.

    Parameters
    ----------
    layers
        At least one.
    output_bias
        (p,), of the same dtype.

    Raises
    ------
    InputError
        If there is no layer, or sizes or dtypes do not fit.
    """

    layers: tuple[FloatNetwork, ...]
    output_bias: Floats

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError("layers is empty; expected at least one FloatNetwork")
        last, dtype = self.layers[-1], self.layers[0].W.dtype
        array = _checked(self.output_bias, "output_bias", (last.outputs,), dtype)
        object.__setattr__(self, "output_bias", array)
        for below, above in zip(self.layers, self.layers[1:], strict=False):
            if below.outputs != above.inputs or above.W.dtype != dtype:
                raise InputError(
                    f"a layer has {below.outputs} outputs of type {dtype} and the next "
                    f"{above.inputs} inputs of type {above.W.dtype}; expected the same"
                )

    @property
    def arithmetic(self) -> Format:
        """The floating-point format of the weights."""
        return self.layers[0].arithmetic

    @property
    def exact_bias(self) -> RationalMatrix:
        """The output bias, (p, 1), exact."""
        return RationalMatrix.parse(self.output_bias, "output_bias", ndim=1)

    def run(self, x: Any) -> Floats:
        """Simulate in the arithmetic of the weights; see :meth:`FloatNetwork.run`."""
        for layer in self.layers:
            x = layer.run(x)
        outputs: Floats = x + self.output_bias
        return outputs
