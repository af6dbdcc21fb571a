"""A stored network made orthogonal in floating-point weights, with a bound for what is written.

Problem
    Files hold floats.  The exact URNN of :mod:`urnn_proofs.questions.conversion` loses its proof
    when it is rounded, and beyond about 128 states it is out of reach.
Method
    Each layer is a :class:`~urnn_proofs.questions.float_equivalence.FloatEquivalence`: the exact U
    rounded, or one computed in floating point.  Errors of one layer are errors of the inputs of
    the next, which grow by at most its Lipschitz constant ``L = ||C|| ||F|| / (1 - ||W||)``.
Guarantee
    With ``a_l`` the bound of layer l for equal inputs, the outputs of layer l are off by
    ``d_l <= a_l + L_l d_{l-1}``, ``d_0 = a_0``: a triangle through the exact layer l at the other
    input.  All inputs of layer l (exact, stored, computed, of the original) have norm at most
    ``M_l``.  An output bias adds one term to the last sums.
Reference
    arXiv:1910.13672, Theorem 3.1; the bounds are this package's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from urnn_proofs.checks.numeric.error_bounds import ErrorBounds
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.formats.rounding import bias_parts, natural_dtype, rounded, to_floats
from urnn_proofs.formats.stored import StoredNetwork, identity
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import require_rnn
from urnn_proofs.model.number import round_up, show_fields, to_float
from urnn_proofs.model.verdict import Report
from urnn_proofs.questions.conversion import Conversion
from urnn_proofs.questions.float_equivalence import FloatEquivalence

if TYPE_CHECKING:
    from urnn_proofs.checks.numeric.norm_source import NormSource

__all__ = ["FloatConversion", "Scaling", "float_layer"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: The diagonal of E where states are rescaled.
Scaling = tuple[Fraction, ...] | None


@dataclass(frozen=True, eq=False)
class FloatConversion:
    """A stored network, the URNN that is written, and what is proved about the two.

    Nothing is stored but the networks; every bound is derived from them when it is asked for.

    Parameters
    ----------
    source
        The network that was read, its layers below the last giving out their states.
    result
        The network that is written: its weights are exactly floats of one type.
    input_bounds
        M for each layer, the first for the inputs of the network.
    scalings
        For each layer the diagonal E of rescaled states, or None.
    exact
        The exact conversion that was rounded, if there is one.

    Raises
    ------
    InputError
        If the numbers of layers differ, or *exact* is about another network.
    """

    source: StoredNetwork
    result: StoredNetwork
    input_bounds: tuple[Fraction, ...]
    scalings: tuple[Scaling, ...]
    exact: Conversion | None = None

    __repr__ = show_fields

    def __post_init__(self) -> None:
        sizes = {len(self.source.layers), len(self.result.layers), len(self.input_bounds)}
        if len(sizes | {len(self.scalings)}) != 1:
            raise InputError("source, result, input_bounds and scalings have different lengths")
        if (self.source.inputs, self.source.outputs) != (self.result.inputs, self.result.outputs):
            raise InputError("source and result have different numbers of inputs or outputs")
        if self.exact is not None and (
            self.exact.source is not self.source
            or tuple(e.input_bound for e in self.exact.layers) != self.input_bounds
            or tuple(e.scaling for e in self.exact.layers) != self.scalings
        ):
            raise InputError("exact is about another network, other bounds or other scalings")

    @property
    def dtype(self) -> str:
        """The type of the written weights."""
        return natural_dtype(self.result)

    @cached_property
    def original(self) -> StoredNetwork:
        """The source as it runs in the same arithmetic."""
        return rounded(self.source, self.dtype)

    @cached_property
    def layers(self) -> tuple[FloatEquivalence, ...]:
        """Each layer with its floating-point URNN."""
        found = []
        for k, layer in enumerate(self.source.layers):
            found.append(
                FloatEquivalence(
                    rnn=require_rnn(layer),
                    weights=self._stored_layer(k),
                    input_bound=self.input_bounds[k],
                    scaling=self.scalings[k],
                    exact=None if self.exact is None else self.exact.layers[k],
                    original=float_layer(self.original, k, self.dtype),
                )
            )
        return tuple(found)

    def _stored_layer(self, k: int) -> FloatNetwork:
        """Return the URNN of layer k with the inputs and outputs that the original layer has.

        Layers hand on all their states; what is left out here are lower units, which stay at 0.
        """
        weights, layer = float_layer(self.result, k, self.dtype), self.source.layers[k]
        if k + 1 < len(self.source.layers):
            if self.result.layers[k].C != identity(weights.states):
                raise InputError(f"layer {k} of the result does not hand on its states")
            weights = replace(weights, C=weights.C[: layer.outputs])
        return replace(weights, F=weights.F[:, : layer.inputs])

    @cached_property
    def error(self) -> ErrorBounds:
        """Bounds of differences of outputs, for all k and all inputs in X_M.

        Raises
        ------
        UndecidedError
            If gates cannot be shown to stay closed, or ``1 - ||W||`` is too small.
        UnsupportedError
            If the activation is not ReLU, ``||W|| >= 1``, or a layer below another is rescaled.
        """
        weights = recursion = original = same = Fraction(0)
        for k, e in enumerate(self.layers):
            self.require_fit(k)
            own, run = e.error, e.run_of_original
            weights = own.weights + run.growth * weights if k else own.weights
            recursion = own.recursion + run.stored_growth * recursion if k else own.recursion
            same = own.total + run.output + run.growth * same if k else own.same_engine
            original = run.output + run.growth * original if k else run.output
        return self._with_output_bias(ErrorBounds(weights, recursion, same))

    def require_fit(self, k: int) -> None:
        """Refuse unless all inputs of layer k provably have norm at most its M.

        Raises
        ------
        UndecidedError
            If the layer below may give out more.
        UnsupportedError
            If the layer below is rescaled.
        """
        if k == 0:
            return
        if self.scalings[k - 1] is not None:
            raise UnsupportedError(
                f"layer {k - 1} hands on rescaled states; bounds are made for layers whose states "
                f"are those of the original"
            )
        reach = self.layers[k - 1].run_of_original.reach
        if reach > self.input_bounds[k]:
            raise UndecidedError(
                f"layer {k} was built for inputs of norm {float(self.input_bounds[k]):.6g}, and "
                f"the layer below may give out {float(reach):.6g}"
            )

    def _with_output_bias(self, error: ErrorBounds) -> ErrorBounds:
        exact, stored = self.source.output_bias, self.result.output_bias
        if exact.is_zero() and stored.is_zero():
            return error
        last = self.layers[-1]
        norms: NormSource = last.norms
        changed = Fraction(0) if stored == exact else norms.spectral(stored - exact)
        size = norms.spectral(stored)
        own = last.upper.output_bias_effect(size)
        return ErrorBounds(
            weights=error.weights + changed,
            recursion=error.recursion + own,
            same_engine=error.same_engine + own + last.run_of_original.output_bias_effect(size),
        )

    def error_along(self, x: Any) -> Array:
        """Bound ``||y_u^k - y^k||`` along given inputs: far below the bound for all inputs.

        Parameters
        ----------
        x
            Inputs in the written type with ``||x^k|| <= M``: (T, m) or (T, batch, m).

        Returns
        -------
        numpy.ndarray
            Shape (T,) or (T, batch); valid for every engine that computes in that type.

        Raises
        ------
        UnsupportedError
            If there are several layers.
        UndecidedError
            If gates cannot be shown to stay closed.
        InputError
            If the inputs do not fit, have other numbers than the type has, or leave X_M.
        """
        if len(self.layers) > 1:
            raise UnsupportedError(
                f"the network has {len(self.layers)} layers; expected one, or ask each of .layers"
            )
        nothing = ErrorBounds(Fraction(0), Fraction(0), Fraction(0))
        added = round_up(self._with_output_bias(nothing).total, 64)
        found = self.layers[0].error_along(x)
        if added == 0:
            return found
        raised: Array = np.nextafter(found + math.nextafter(to_float(added), math.inf), np.inf)
        return raised

    @cached_property
    def report(self) -> Report:
        """What is proved about the exact URNN, if there is one, and about what is written."""
        from urnn_proofs.questions.float_conversion_steps import conversion_report

        return conversion_report(self)


def float_layer(network: StoredNetwork, k: int, dtype: str) -> FloatNetwork:
    """Return layer k of a network whose weights are floats, as arrays of that type.

    Raises
    ------
    InputError
        If a weight is not exactly such a float.
    """
    layer = network.layers[k]
    first, second = bias_parts(network, k, layer.b, dtype)
    return FloatNetwork(
        W=to_floats(layer.W, "W", dtype),
        F=to_floats(layer.F, "F", dtype),
        b=first,
        C=to_floats(layer.C, "C", dtype),
        h_init=to_floats(layer.h_init, "h_init", dtype)[:, 0],
        activation=layer.activation,
        second_bias=second if second.any() else None,
    )
