"""The network ``h^k = phi(W h^{k-1} + F x^k + b)``, ``y^k = C h^k``, ``h^{-1} = h_init``.

An :class:`RNN` has a rational W.  A :class:`URNN` has an orthogonal W, kept exactly with its square
roots, and an offset.  What both are is said once, in :class:`Network`; a changed network comes from
:meth:`Network.replace` and never from some of the parts of another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np

from urnn_proofs.model.activation import Activation, activation
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import exact_numbers
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.simulation import next_state

__all__ = ["RNN", "URNN", "FloatWeights", "Network", "Sizes", "require_rnn"]

NetworkT = TypeVar("NetworkT", bound="Network")
Array = np.ndarray[Any, np.dtype[np.float64]]


class Sizes:
    """The sizes of a network, read off the parts that every kind of network has."""

    F: Any
    b: Any
    C: Any

    @property
    def states(self) -> int:
        """Number of states n."""
        return int(self.b.shape[0])

    @property
    def inputs(self) -> int:
        """Number of inputs m."""
        return int(self.F.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs p."""
        return int(self.C.shape[0])

    def __str__(self) -> str:
        counted = (
            f"{n} {noun}{'' if n == 1 else 's'}"
            for n, noun in (
                (self.states, "state"),
                (self.inputs, "input"),
                (self.outputs, "output"),
            )
        )
        return f"{type(self).__name__} with {', '.join(counted)}"


@dataclass(frozen=True, eq=False)
class FloatWeights(Sizes):
    """The float64 view of a network: W (n, n), F (n, m), b (n,), C (p, n), h_init (n,)."""

    W: Array
    F: Array
    b: Array
    C: Array
    h_init: Array

    def run(self, x: Any, phi: Callable[[Array], Array]) -> Array:
        """Simulate with this activation; see :meth:`Network.run`.

        Raises
        ------
        InputError
            If the shape does not fit or an entry is not finite.
        """
        inputs = _check_inputs(x, self.inputs)
        state = np.broadcast_to(self.h_init, (*inputs.shape[1:-1], self.states))
        outputs = np.empty((*inputs.shape[:-1], self.outputs))
        for k, drive in enumerate(inputs @ self.F.T + self.b):
            state = phi(state @ self.W.T + drive)
            outputs[k] = state @ self.C.T
        return outputs


@dataclass(frozen=True, eq=False, init=False)
class Network(Sizes, ABC):
    """What an :class:`RNN` and a :class:`URNN` have in common; neither more nor less.

    Parameters
    ----------
    W, F, b, C, h_init, activation
        As for :class:`RNN`; the two differ in what W may be.
    """

    W: RationalMatrix | Orthogonal
    F: RationalMatrix
    b: RationalMatrix
    C: RationalMatrix
    h_init: RationalMatrix
    activation: Activation

    def __init__(
        self,
        W: Any,
        F: Any,
        b: Any,
        C: Any,
        h_init: Any = None,
        activation: str | Activation = "relu",
    ) -> None:
        W_ = self._transition(W)
        n = W_.shape[0]
        if n == 0 or W_.shape[1] != n:
            raise InputError(f"W has shape {W_.shape}; expected a square matrix (n, n) with n >= 1")
        self._set("W", W_)
        self._set("F", _parse_shaped(F, "F", 2, (n, None)))
        self._set("b", _parse_shaped(b, "b", 1, (n, 1)))
        self._set("C", _parse_shaped(C, "C", 2, (None, n)))
        self._set("h_init", _column_or_zero(h_init, "h_init", n))
        self._set("activation", _activation(activation))

    @staticmethod
    @abstractmethod
    def _transition(W: Any) -> RationalMatrix | Orthogonal:
        """Read the transition matrix."""

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the dataclass is frozen

    def replace(self: NetworkT, **changes: Any) -> NetworkT:
        """Return the network with other values of some parts; whatever is not named stays.

        Parameters
        ----------
        **changes
            Any of the constructor's parameters.

        Raises
        ------
        InputError
            If a name is none of them, or the parts no longer fit.

        Examples
        --------
        >>> RNN(W=[[0.5]], F=[[1]], b=[7], C=[[2]]).replace(W=[[0]]).b[0, 0]
        Fraction(7, 1)
        """
        known = [field.name for field in fields(self)]
        for name in changes:
            if name not in known:
                raise InputError(
                    f"{name!r} is no part of this {type(self).__name__}; expected some of: "
                    f"{', '.join(known)}"
                )
        return replace(self, **changes)

    def to_numpy(self) -> FloatWeights:
        """Return the weights rounded to float64."""
        return FloatWeights(
            W=self.W.to_numpy(),
            F=self.F.to_numpy(),
            b=self.b.to_numpy()[:, 0],
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
        return self.to_numpy().run(x, self.activation.numpy)

    def run_exact(self, x: Sequence[Sequence[Any]]) -> list[list[Fraction]]:
        """Simulate in exact rational arithmetic, inputs (T, m), outputs (T, p).

        Square roots in W are no obstacle as long as every state is rational, as those of a URNN
        built by :func:`~urnn_proofs.questions.construction.equivalent_urnn` are.

        Raises
        ------
        UnsupportedError
            If the activation or a state leaves the rationals.
        InputError
            If the shape does not fit.
        """
        if not isinstance(x, (list, tuple)) and not (type(x) is np.ndarray and x.ndim == 2):
            raise InputError(f"x is a {type(x).__name__}; expected a list of inputs, (T, m)")
        inputs = [list(exact_numbers(row, f"x[{k}]")) for k, row in enumerate(x)]
        for k, row in enumerate(inputs):
            if len(row) != self.inputs:
                raise InputError(f"x[{k}] has {len(row)} entries; expected {self.inputs}")
        state, outputs = self.h_init.entries(), []
        for k, row in enumerate(inputs):
            drive = (self.F @ RationalMatrix.column(row) + self.b).entries()
            state = next_state(self.W, self._centred(state), drive, self.activation, k)
            outputs.append((self.C @ RationalMatrix.column(state)).entries())
        return outputs

    def _centred(self, state: list[Fraction]) -> list[Fraction]:
        """Return what W is applied to."""
        return state

    def __str__(self) -> str:
        return f"{super().__str__()}, activation {self.activation.name}"

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(states={self.states}, inputs={self.inputs}, "
            f"outputs={self.outputs}, activation={self.activation.name!r})"
        )

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.values import network_html  # for notebooks, on demand

        return network_html(self)

    def _repr_latex_(self) -> str:
        from urnn_proofs.show.tex.math import network  # for notebooks, on demand

        return f"$\\displaystyle {network(self)}$"


@dataclass(frozen=True, eq=False, init=False, repr=False)
class RNN(Network):
    """A recurrent network with exact rational weights.

    Entries are int, Fraction or float (a float is the exact dyadic rational it is), in nested lists
    or numeric numpy arrays.

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

    W: RationalMatrix

    # As inherited; the reference reads signatures from the source, and finds none of a dataclass.
    def __init__(
        self,
        W: Any,
        F: Any,
        b: Any,
        C: Any,
        h_init: Any = None,
        activation: str | Activation = "relu",
    ) -> None:
        super().__init__(W, F, b, C, h_init, activation)

    @staticmethod
    def _transition(W: Any) -> RationalMatrix:
        if isinstance(W, Orthogonal):
            raise InputError(
                "W is scaled-rational, with square roots in its entries; expected rational entries "
                "(a network with such a W is a URNN)"
            )
        return RationalMatrix.parse(W, "W")


@dataclass(frozen=True, eq=False, init=False, repr=False)
class URNN(Network):
    """A unitary recurrent network: ``h^k = phi(W (h^{k-1} - c) + F x^k + b)``, W orthogonal.

    Whether W is orthogonal is not asked here; whoever claims something about a URNN decides it from
    its exact entries.

    Parameters
    ----------
    W
        Transition matrix, (n, n): an :class:`~urnn_proofs.model.orthogonal.Orthogonal`, whose
        entries are square roots of rationals, or rational entries as for :class:`RNN`.
    F, b, C, h_init, activation
        As for :class:`RNN`.
    offset
        c, (n,), zero if omitted.  The same as the bias ``b - W c``, which is irrational for most
        orthogonal W; needed where the activation is constant at a value other than 0.

    Raises
    ------
    InputError
        As for :class:`RNN`.

    Source: arXiv:1910.13672, section 2.

    Examples
    --------
    >>> swap = URNN(W=[[0, 1], [1, 0]], F=[[1], [0]], b=[0, 0], C=[[1, 0]])
    >>> swap.run_exact([[1], [0], [0]])
    [[Fraction(1, 1)], [Fraction(0, 1)], [Fraction(1, 1)]]
    """

    W: Orthogonal
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
        super().__init__(W, F, b, C, h_init, activation)
        self._set("offset", _column_or_zero(offset, "offset", self.states))

    @staticmethod
    def _transition(W: Any) -> Orthogonal:
        if isinstance(W, Orthogonal):
            return W
        return Orthogonal(RationalMatrix.parse(W, "W"))

    def to_numpy(self) -> FloatWeights:
        """Return the weights rounded to float64; b takes in the offset."""
        found = super().to_numpy()
        if self.offset.is_zero():
            return found
        return replace(found, b=found.b - found.W @ self.offset.to_numpy()[:, 0])

    def _centred(self, state: list[Fraction]) -> list[Fraction]:
        return [h - c for h, c in zip(state, self.offset.entries(), strict=True)]


def require_rnn(network: object) -> RNN:
    """Return the network if it is an :class:`RNN`.

    Raises
    ------
    UnsupportedError
        If it is a :class:`URNN`.
    InputError
        If it is no network of this package.
    """
    if isinstance(network, URNN):
        raise UnsupportedError(
            "the network is a URNN already; expected an RNN, with rational W and no offset"
        )
    if not isinstance(network, RNN):
        stored = ", such as its layers[0]" if hasattr(network, "layers") else ""
        raise InputError(f"rnn is a {type(network).__name__}; expected an urnn_proofs.RNN{stored}")
    return network


def _activation(name: str | Activation) -> Activation:
    # The constructor's keyword hides the function of the same name.
    return activation(name)


def _column_or_zero(value: Any, name: str, n: int) -> RationalMatrix:
    return RationalMatrix.zeros(n, 1) if value is None else _parse_shaped(value, name, 1, (n, 1))


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
    except Exception:  # objects of other libraries raise errors of their own here
        raise InputError("x is not a rectangular array of numbers; expected (T, m)") from None
    if inputs.ndim not in (2, 3) or inputs.shape[-1] != m:
        raise InputError(
            f"x has shape {inputs.shape}; expected (T, {m}) or (T, batch, {m}), time first"
        )
    if not np.isfinite(inputs).all():
        raise InputError("x has entries that are NaN or infinite; expected finite numbers")
    return inputs
