"""Several layers in floating point: errors of one layer are errors of the inputs of the next.

With ``a_l`` the bound of layer l for equal inputs and ``L_l = ||C|| ||F|| / (1 - ||W||)`` its
Lipschitz constant, the outputs of layer l are off by ``d_l <= a_l + L_l d_{l-1}``, ``d_0 = a_0``: a
triangle through the exact layer l at the other input.  All inputs of layer l (exact, stored,
computed) have norm at most ``M_l``.  An output bias adds one term to the last sums.

Outputs of the stored layer l at two inputs differ by at most ``L'_l`` times their distance; where
lower units are not exactly at a constant (tanh), by a little more, its *slip*.

The URNN and the original are two chains with the same exact outputs.  A readout between two layers
may be part of the input weights of the URNN, ``F C``; the original runs it as it is stored and
rounds after ``C`` and again after ``F``, so that it has layers and bounds of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from urnn_proofs.checks.numeric.error_bounds import ErrorBounds, output_bias_bound
from urnn_proofs.checks.numeric.float_layer import FloatLayer
from urnn_proofs.checks.numeric.float_network import FloatNetwork, FloatStack
from urnn_proofs.checks.numeric.float_run import FloatRun
from urnn_proofs.checks.numeric.saturating_layer import SaturatingLayer
from urnn_proofs.checks.numeric.saturating_run import SaturatingRun
from urnn_proofs.checks.numeric.tube import Tube
from urnn_proofs.model.errors import UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import round_up
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["AnyLayer", "FloatChain"]

AnyLayer = FloatLayer | SaturatingLayer
_Run = FloatRun | SaturatingRun


@dataclass(frozen=True, eq=False)
class FloatChain:
    """The layers of a floating-point URNN, beside the original network.

    Parameters
    ----------
    layers
        Each URNN layer and the exact layer it stands for; those below the last hand on all states.
    urnn
        The URNN as it is stored.
    exact, exact_bias
        The layers of the original, exact and as they are stored, with the readouts between them;
        its output bias, (p, 1).
    original
        The original as it runs in the arithmetic of the URNN, each number rounded.
    propose
        Evidence for smaller bounds of a ReLU layer of the original that is not run with the numbers
        of the URNN: from its floats, a bound of its inputs, and weights of its states.

    Raises
    ------
    UndecidedError
        From the bounds: if gates cannot be shown to stay closed, a layer may get larger inputs than
        it was built for, or ``1 - ||W||`` is too small.
    UnsupportedError
        From the bounds: if engines were not measured for the activation, ``||W|| >= 1``, or a layer
        below another is rescaled.
    """

    layers: tuple[AnyLayer, ...]
    urnn: FloatStack
    exact: tuple[RNN, ...]
    exact_bias: RationalMatrix
    original: FloatStack
    propose: Callable[[FloatNetwork, Fraction, tuple[Fraction, ...] | None], Tube | None]

    @cached_property
    def originals(self) -> tuple[_Run, ...]:
        """The original, layer by layer, each with the bound of the inputs it can get."""
        found: list[_Run] = []
        for layer, exact, stored in zip(self.layers, self.exact, self.original.layers, strict=True):
            M = found[-1].reach if found else layer.input_bound
            run = layer.run_of(stored, exact, M)
            if isinstance(run, FloatRun) and run is not layer.upper:
                run = replace(run, tube=self.propose(stored, M, run.weighting))
            found.append(run)
        return tuple(found)

    @cached_property
    def same(self) -> bool:
        """Whether the original runs with the very numbers that the URNN has."""
        pairs = zip(self.originals, self.layers, strict=True)
        return self.urnn.exact_bias == self.original.exact_bias and all(
            run is layer.upper for run, layer in pairs
        )

    @cached_property
    def weights(self) -> Fraction:
        """Bounds what rounding the weights does to the outputs in exact arithmetic."""
        for k, layer in enumerate(self.layers):
            self.require_fit(k)
            layer.require_gates(computed=False)
        return round_up(_weights(self._upper, self.exact_bias, self.urnn.exact_bias), 64)

    @cached_property
    def error(self) -> ErrorBounds:
        """Bounds of differences of outputs, for all k and all inputs in X_M."""
        weights = self.weights
        for layer in self.layers:
            layer.require_gates(computed=True)
        original = self.original.exact_bias
        recursion = round_up(_recursion(self._upper, self.urnn.exact_bias), 64)
        # Of the same numbers both chains compute the same exact outputs.
        apart = Fraction(0)
        if not self.same:
            apart = weights + _weights(self.originals, self.exact_bias, original)
        same_engine = apart + recursion + _recursion(self.originals, original)
        return ErrorBounds(weights, recursion, round_up(same_engine, 64))

    @property
    def _upper(self) -> tuple[_Run, ...]:
        return tuple(layer.upper for layer in self.layers)

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
        below, layer = self.layers[k - 1], self.layers[k]
        if below.scaling is not None:
            raise UnsupportedError(
                f"layer {k - 1} hands on rescaled states; bounds are made for layers whose states "
                f"are those of the original"
            )
        if below.upper.reach > layer.input_bound:
            raise UndecidedError(
                f"layer {k} was built for inputs of norm {float(layer.input_bound):.6g}, and the "
                f"layer below may give out {float(below.upper.reach):.6g}"
            )

    def bias_error(self) -> Fraction:
        """Bound what the output bias adds to the error of the URNN."""
        stored = self.urnn.exact_bias
        return _changed_bias(self._upper[-1], self.exact_bias, stored) + _added_bias(
            self._upper[-1], stored
        )


def _weights(runs: Sequence[_Run], exact: RationalMatrix, stored: RationalMatrix) -> Fraction:
    """Bound what rounding the weights does to the outputs, the output bias included."""
    found = Fraction(0)
    for k, run in enumerate(runs):
        found = run.weights_effect.output + (run.growth * found if k else 0)
    return found + _changed_bias(runs[-1], exact, stored)


def _recursion(runs: Sequence[_Run], bias: RationalMatrix) -> Fraction:
    """Bound what rounding inside the recursion does to the outputs."""
    found = Fraction(0)
    for k, run in enumerate(runs):
        before = run.stored_growth * found + run.slip if k else Fraction(0)
        found = run.computed_effect.output + before
    return found + _added_bias(runs[-1], bias)


def _changed_bias(last: _Run, exact: RationalMatrix, stored: RationalMatrix) -> Fraction:
    return Fraction(0) if stored == exact else last.norms.spectral(stored - exact)


def _added_bias(last: _Run, bias: RationalMatrix) -> Fraction:
    """Bound what rounding does where the output bias is added; a bias of 0 is added exactly."""
    if bias.is_zero():
        return Fraction(0)
    size, arithmetic = last.norms.spectral(bias), last.stored.arithmetic
    return output_bias_bound(
        last.stored_norms, last.computed_effect, size, arithmetic, last.stretch
    )
