"""The network ``h^k = phi(W h^{k-1} + F x^k + b)``, ``y^k = C h^k``, ``h^{-1} = h_init``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.model.activation import Activation, activation
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import exact_number
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["RNN", "FloatWeights"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class FloatWeights:
    """The float64 view of a network: W (n, n), F (n, m), b (n,), C (p, n), h_init (n,)."""

    W: Array
    F: Array
    b: Array
    C: Array
    h_init: Array


@dataclass(frozen=True, eq=False, init=False)
class RNN:
    """A recurrent network with exact weights.

    Entries are int, Fraction or float (a float is the exact dyadic rational it is), in nested lists
    or numeric numpy arrays.  A unitary RNN (URNN) is an ``RNN`` whose transition matrix is
    orthogonal; ``W`` is then a :class:`Orthogonal`, since its entries are square roots of
    rationals.

    Parameters
    ----------
    W
        Transition matrix, (n, n) with n >= 1.
    F
        Input matrix, (n, m).
    b
        Bias, (n,).
    C
        Output matrix, (p, n).
    h_init
        State before the first input, (n,); zero if omitted.
    activation
        Name of the activation, ``"relu"`` by default; or one declared by
        :func:`~urnn_proofs.model.activation.piecewise_linear`.
    offset
        c, (n,), zero if omitted: ``h^k = phi(W (h^{k-1} - c) + F x^k + b)``.  The same as the bias
        ``b - W c``, which is irrational for most orthogonal W.  A URNN needs it where its
        activation is constant at a value other than 0.

    Raises
    ------
    InputError
        Naming the argument: wrong shape, text, object arrays, NaN or infinity, no states.

    Source: arXiv:1910.13672, equation (1).

    Examples
    --------
    >>> rnn = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[2]])
    >>> rnn.run([[1.0], [1.0]]).tolist()
    [[2.0], [3.0]]
    >>> rnn.run_exact([[1], [-3]])
    [[Fraction(2, 1)], [Fraction(0, 1)]]
    """

    W: RationalMatrix | Orthogonal
    F: RationalMatrix
    b: RationalMatrix
    C: RationalMatrix
    h_init: RationalMatrix
    activation: Activation
    offset: RationalMatrix

    def __init__(
        self,
        W: Any,
        F: Any,
        b: Any,
        C: Any,
        h_init: Any = None,
        activation: str | Activation = "relu",
        offset: Any = None,
    ) -> None:
        W_ = W if isinstance(W, Orthogonal) else RationalMatrix.parse(W, "W")
        n = W_.shape[0]
        if n == 0 or W_.shape[1] != n:
            raise InputError(f"W has shape {W_.shape}; expected a square matrix (n, n) with n >= 1")
        F_ = _parse_shaped(F, "F", 2, (n, None))
        C_ = _parse_shaped(C, "C", 2, (None, n))
        b_ = _parse_shaped(b, "b", 1, (n, 1))
        zeros = RationalMatrix.zeros(n, 1)
        self._set("W", W_)
        self._set("F", F_)
        self._set("b", b_)
        self._set("C", C_)
        for name, value in (("h_init", h_init), ("offset", offset)):
            found = zeros if value is None else _parse_shaped(value, name, 1, (n, 1))
            self._set(name, found)
        self._set("activation", _activation(activation))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the dataclass is frozen

    @property
    def states(self) -> int:
        """Number of states n."""
        return self.W.shape[0]

    @property
    def inputs(self) -> int:
        """Number of inputs m."""
        return self.F.shape[1]

    @property
    def outputs(self) -> int:
        """Number of outputs p."""
        return self.C.shape[0]

    def to_numpy(self) -> FloatWeights:
        """Return the weights rounded to float64; b takes in the offset."""
        W, b = self.W.to_numpy(), self.b.to_numpy()[:, 0]
        if not self.offset.is_zero():
            b = b - W @ self.offset.to_numpy()[:, 0]
        return FloatWeights(
            W=W,
            F=self.F.to_numpy(),
            b=b,
            C=self.C.to_numpy(),
            h_init=self.h_init.to_numpy()[:, 0],
        )

    def run(self, x: Any) -> Array:
        """Simulate in float64.

        Parameters
        ----------
        x
            Inputs, time first: (T, m), or (T, batch, m).

        Returns
        -------
        numpy.ndarray
            Outputs, (T, p) or (T, batch, p).

        Raises
        ------
        InputError
            If the shape does not fit or an entry is not finite.
        """
        inputs = _check_inputs(x, self.inputs)
        weights = self.to_numpy()
        phi = self.activation.numpy
        state = np.broadcast_to(weights.h_init, (*inputs.shape[1:-1], self.states))
        outputs = np.empty((*inputs.shape[:-1], self.outputs))
        for k, drive in enumerate(inputs @ weights.F.T + weights.b):
            state = phi(state @ weights.W.T + drive)
            outputs[k] = state @ weights.C.T
        return outputs

    def run_exact(self, x: Sequence[Sequence[Any]]) -> list[list[Fraction]]:
        """Simulate in exact rational arithmetic, inputs (T, m), outputs (T, p).

        A scaled-rational W is no obstacle as long as every state is rational, as those of a URNN
        built by :func:`~urnn_proofs.questions.equivalence.equivalent_urnn` are.

        Raises
        ------
        UnsupportedError
            If the activation or a state leaves the rationals.
        InputError
            If the shape does not fit.
        """
        from urnn_proofs.checks.exact.simulation import run_exactly  # engine, on demand

        inputs = [
            [exact_number(v, f"x[{k}][{j}]") for j, v in enumerate(row)] for k, row in enumerate(x)
        ]
        for k, row in enumerate(inputs):
            if len(row) != self.inputs:
                raise InputError(f"x[{k}] has {len(row)} entries; expected {self.inputs}")
        return run_exactly(self, inputs)

    def is_contractive(self) -> bool:
        """Decide ``||W|| < 1`` (spectral norm) exactly, for a non-expansive activation.

        Raises
        ------
        UndecidedError
            If the gap to 1 is below what was resolved (large networks only).
        """
        from urnn_proofs.checks.exact.contractive import is_contractive  # engine, on demand

        if isinstance(self.W, Orthogonal):
            raise UnsupportedError("the transition matrix is scaled-rational; expected a rational")
        return self.activation.lipschitz <= 1 and is_contractive(self.W)

    def __repr__(self) -> str:
        kind = "scaled-rational W" if isinstance(self.W, Orthogonal) else "rational W"
        return (
            f"RNN(states={self.states}, inputs={self.inputs}, outputs={self.outputs}, "
            f"activation={self.activation.name!r}, {kind})"
        )

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.values import network_html  # for notebooks, on demand

        return network_html(self)

    def _repr_latex_(self) -> str:
        from urnn_proofs.show.tex.math import network  # for notebooks, on demand

        return f"$\\displaystyle {network(self)}$"


def _activation(name: str | Activation) -> Activation:
    # The constructor's keyword hides the function of the same name.
    return activation(name)


def _parse_shaped(
    value: Any, name: str, ndim: int, expected: tuple[int | None, int | None]
) -> RationalMatrix:
    matrix = RationalMatrix.parse(value, name, ndim=ndim)
    for found, wanted in zip(matrix.shape, expected, strict=True):
        if (wanted is not None and found != wanted) or found == 0:
            if ndim == 1:
                raise InputError(
                    f"{name} has {matrix.shape[0]} entries; expected {expected[0]}, "
                    f"one for each state of W"
                )
            rows, columns = ("any >= 1" if e is None else e for e in expected)
            raise InputError(
                f"{name} has shape {matrix.shape}; expected ({rows}, {columns}) to fit W"
            )
    return matrix


def _check_inputs(x: Any, m: int) -> Array:
    try:
        inputs = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("x is not a rectangular array of numbers; expected (T, m)") from None
    if inputs.ndim not in (2, 3) or inputs.shape[-1] != m:
        raise InputError(
            f"x has shape {inputs.shape}; expected (T, {m}) or (T, batch, {m}), time first"
        )
    if not np.isfinite(inputs).all():
        raise InputError("x has entries that are NaN or infinite; expected finite numbers")
    return inputs
