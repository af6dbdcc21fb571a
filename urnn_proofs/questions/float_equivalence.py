"""From a contractive ReLU RNN to a URNN with floating-point weights, and what is proved about it.

Problem
    Deployed weights are float64 or float32, so the stored U is only nearly orthogonal, and the
    engine that runs it rounds.  For more than about 128 states the exact U of
    :func:`~urnn_proofs.questions.equivalence.equivalent_urnn` is out of reach as well.
Method
    ``||W|| <= rho < 1`` is certified exactly, so Theorem 3.1 holds for the network; U comes from
    the Halmos form in floating point (or is a given exact U, rounded); the lower bias lies strictly
    below what keeps the gates closed; all norms are bounded rigorously.
Guarantee
    ``||y_u^k - y^k|| <= eps`` for all k and all inputs in X_M, apart for the rounding of the
    weights (exact arithmetic) and for the rounding inside the recursion: the two derivations in the
    docstring of :mod:`urnn_proofs.checks.numeric.error_bounds`.  The stored U lies within a bounded
    distance of an orthogonal matrix, and of one whose URNN has exactly the outputs of the RNN: the
    docstring of :mod:`urnn_proofs.checks.numeric.float_dilation`.
Reference
    arXiv:1910.13672, Theorem 3.1; the bounds are this package's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.numeric.ball_norms import BallNorms
from urnn_proofs.checks.numeric.error_bounds import ErrorBounds, room_in_computation, slack
from urnn_proofs.checks.numeric.float_dilation import dilation_distance, halmos
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.norm_source import NormSource
from urnn_proofs.checks.numeric.rounding import format_of
from urnn_proofs.checks.numeric.weight_norms import Gates, gates, upper_part
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import exact_number, show_fields
from urnn_proofs.model.verdict import Report, Verdict
from urnn_proofs.questions.equivalence import Equivalence, parse_bound
from urnn_proofs.questions.float_original import OriginalRun
from urnn_proofs.questions.float_upper import UpperUnits, require_relu

__all__ = ["FloatEquivalence", "float_urnn"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class FloatEquivalence:
    """An RNN, a URNN with floating-point weights, and what can be proved about the two.

    Nothing is stored but the networks: every bound is derived from them when it is first asked for,
    so an object with changed weights has other bounds, or none.

    Parameters
    ----------
    rnn
        The original network, exact weights, ReLU.
    weights
        The stored URNN: numpy arrays W (N, N), F, b, C, h_init of one dtype.  The first n units
        are those of the RNN, the others the gates.
    input_bound
        M.
    scaling
        Positive diagonal E if the stored network carries rescaled states.
    exact
        The exact equivalence that was rounded, if that is where U comes from.
    source
        Of the norm bounds: "ball", "numpy", or "auto" (ball arithmetic up to N = 256).
    original
        The original network as it runs in the same arithmetic, if it is not ``rnn`` rounded.

    Raises
    ------
    UndecidedError
        From the bounds: if the gates cannot be shown to stay closed, or ``1 - ||W||`` is too small.
    NotContractiveError
        From the bounds, if ``||W|| >= 1``.
    """

    rnn: RNN
    weights: FloatNetwork
    input_bound: Fraction
    scaling: tuple[Fraction, ...] | None = None
    exact: Equivalence | None = None
    source: str = "auto"
    original: FloatNetwork | None = None

    __repr__ = show_fields

    @cached_property
    def upper(self) -> UpperUnits:
        """The units of the RNN, and all bounds that depend on them alone."""
        part = upper_part(self.weights, self.rnn.states)
        return UpperUnits(self.rnn, part, self.input_bound, self.scaling, self.source)

    @cached_property
    def run_of_original(self) -> OriginalRun:
        """The original network in the arithmetic of the weights, compared with the stored one."""
        given = self.original or FloatNetwork.rounded(self.rnn, self.weights.W.dtype)
        return OriginalRun(self.upper, given)

    @property
    def norms(self) -> NormSource:
        """Where norm bounds come from."""
        return self.upper.norms

    @cached_property
    def gates(self) -> Gates:
        """The lower units."""
        return gates(self.weights, self.rnn.states, self.norms, self.upper.weighting)

    @property
    def state_bound(self) -> Fraction:
        """H: bounds the states of the RNN (rescaled, if there is a scaling)."""
        return self.upper.state_bound

    @cached_property
    def slack(self) -> Fraction:
        """What the lower bias leaves between the gates and 0 in exact arithmetic."""
        return slack(self.gates, self.upper.weights_effect.largest_state, self.input_bound)

    @cached_property
    def room(self) -> Fraction:
        """The same in computed arithmetic, rounding taken off."""
        return room_in_computation(
            self.gates,
            self.upper.computed_effect,
            self.upper.stored_norms,
            self.input_bound,
            self.weights.arithmetic,
            self.upper.stretch,
        )

    def require_gates(self, *, computed: bool) -> None:
        """Refuse to go on unless the lower units provably stay at 0.

        Raises
        ------
        UndecidedError
            Naming what is missing.
        """
        if not self.gates.start_at_zero:
            raise UndecidedError("the initial state of a lower unit is not 0; expected zeros")
        if self.gates.units == 0:
            return
        kind = f"{self.weights.arithmetic.name} arithmetic" if computed else "exact arithmetic"
        left = self.room if computed else self.slack
        if left <= 0:
            raise UndecidedError(
                f"the lower bias has no slack: with {float(self.gates.highest):.9g} the gates are "
                f"not shown to stay closed in {kind} ({float(-left):.3g} is missing); expected a "
                f"bias further below 0"
            )

    @cached_property
    def error(self) -> ErrorBounds:
        """The bounds, each for all k and all inputs in X_M.

        Raises
        ------
        UndecidedError
            If the gates cannot be shown to stay closed.
        """
        self.require_gates(computed=False)
        self.require_gates(computed=True)
        recursion = self.upper.computed_effect.output
        return ErrorBounds(
            weights=self.upper.weights_effect.output,
            recursion=recursion,
            same_engine=self.run_of_original.difference,
        )

    def error_along(self, x: Any) -> Array:
        """Bound ``||y_u^k - y^k||`` along given inputs, step by step: far below the bound for all.

        Parameters
        ----------
        x
            Inputs in the stored format with ``||x^k|| <= M``: (T, m) or (T, batch, m).

        Returns
        -------
        numpy.ndarray
            Shape (T,) or (T, batch); valid for every engine that computes in that format.

        Raises
        ------
        UndecidedError
            If the gates cannot be shown to stay closed.
        InputError
            If the inputs do not fit, have other numbers than the format has, or leave X_M.

        Examples
        --------
        >>> found = float_urnn(RNN(W=[[0.6]], F=[[1]], b=[0], C=[[1]]), input_bound=1)
        >>> bool((found.error_along([[0.5], [1.0]]) <= found.error.total).all())
        True
        """
        self.require_gates(computed=False)
        self.require_gates(computed=True)
        return self.upper.error_along(x)

    @cached_property
    def defect(self) -> Fraction:
        """An upper bound of ``||U^T U - I||``, and so of the distance to an orthogonal matrix."""
        return self.norms.defect(self.weights.W)

    @cached_property
    def distance(self) -> Fraction:
        """An upper bound of the distance of U to one whose URNN has exactly the outputs of the RNN.

        Raises
        ------
        UnsupportedError
            If there are fewer than 2n states and no exact U to compare with.
        """
        if self.exact is not None:
            return BallNorms().distance(self.weights.W, self.exact.urnn.W)
        if self.weights.states < 2 * self.rnn.states:
            raise UnsupportedError(
                f"the weights have {self.weights.states} states; expected at least "
                f"{2 * self.rnn.states}, twice those of the network"
            )
        upper = self.upper
        return dilation_distance(
            upper.contraction.rho, upper.corner_norm, upper.corner_change, self.defect
        )

    @cached_property
    def report(self) -> Report:
        """The result of checking this object, computed once."""
        return self.verify()

    def verify(self) -> Report:
        """State what is proved, and by whom; bounds that cannot be shown are UNKNOWN."""
        from urnn_proofs.questions.float_steps import float_report

        return float_report(self)


def float_urnn(
    rnn: RNN,
    input_bound: Any,
    dtype: Any = "float64",
    *,
    scaling: Sequence[Any] | None = None,
    exact: Equivalence | None = None,
    source: str = "auto",
) -> FloatEquivalence:
    """Build a URNN with floating-point weights and bound how far its outputs can be off.

    Parameters
    ----------
    rnn
        A ReLU network with ``||W|| < 1``.
    input_bound
        M >= 0: inputs satisfy ``||x^k|| <= M`` for every k.
    dtype
        ``"float64"`` or ``"float32"``, for storage and for the arithmetic that will run it.
    scaling
        Positive diagonal of E, if only ``||E W E^-1|| < 1`` (see
        ``find_scaling``); the stored network carries ``E h``.
    exact
        An exact equivalence of the same network and input bound, whose U (and scaling) is to be
        rounded.  Without it U is computed in floating point, with ``N = 2n``.
    source
        Of the norm bounds, see :class:`FloatEquivalence`.

    Returns
    -------
    FloatEquivalence
        ``.weights`` are the arrays; ``.error`` the bounds; ``.report`` says what is proved.

    Raises
    ------
    NotContractiveError
        If ``||W|| >= 1``, with a rational witness.
    UndecidedError
        If no bound can be shown: ``1 - ||W||`` is not large against the rounding.
    UnsupportedError
        If the activation is not ReLU, or the network is a URNN.
    InputError
        If an argument is malformed.

    Source: arXiv:1910.13672, Theorem 3.1; the bounds are this package's own.

    Examples
    --------
    >>> found = float_urnn(RNN(W=[[0.6]], F=[[1]], b=[0], C=[[1]]), input_bound=1)
    >>> found.weights.W.shape, found.report.verdict
    ((2, 2), <Verdict.PROVED: 'PROVED'>)
    >>> found.error.weights == 0, float(found.error.recursion) < 1e-14
    (True, True)
    """
    M, kind = parse_bound(input_bound, "input_bound"), format_of(dtype).name
    require_relu(rnn)
    E: tuple[Fraction, ...] | None = None
    if exact is not None:
        if exact.rnn is not rnn or exact.input_bound != M or scaling is not None:
            raise InputError(
                "exact is an equivalence of another network, input bound or scaling; expected one "
                "of this network and input bound, and no other scaling"
            )
        E = exact.scaling
    elif scaling is not None:
        E = tuple(exact_number(e, f"scaling[{i}]") for i, e in enumerate(scaling))
    stored_upper = FloatNetwork.rounded(rnn if E is None else rescale(rnn, E), kind)
    upper = UpperUnits(rnn, stored_upper, M, E, source)
    _ = upper.computed_effect  # refuses what is not contractive before any work on U
    U = halmos(stored_upper.W) if exact is None else exact.urnn.W.to_numpy()
    stored = upper.with_gates(U)
    result = FloatEquivalence(rnn, stored, M, E, exact, source)
    result.__dict__["upper"] = upper  # of the same weights: no need to derive it all again
    if result.report.verdict is not Verdict.PROVED:
        raise UndecidedError(f"the weights that were built did not pass: {result.report}")
    return result
