"""One layer of a URNN with floating-point weights: the units of the RNN, and the gates.

The first n units carry the states of the RNN (rescaled by E, if there is a scaling), the others are
the gates.  As long as the gates provably stay at 0 all bounds are those of the first n units, a
:class:`~urnn_proofs.checks.numeric.float_run.FloatRun`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.numeric.error_bounds import room_in_computation, slack
from urnn_proofs.checks.numeric.float_dilation import DilatedLayer
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.float_run import FloatRun, require_relu
from urnn_proofs.checks.numeric.tube import Tube
from urnn_proofs.checks.numeric.weight_norms import (
    Gates,
    distance,
    gates,
    same_weights,
    upper_part,
)
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN

__all__ = ["FloatLayer"]


@dataclass(frozen=True, eq=False)
class FloatLayer(DilatedLayer):
    """A ReLU layer: gates stay at 0.

    Parameters
    ----------
    rnn, weights, input_bound, norms, orthogonal
        See :class:`~urnn_proofs.checks.numeric.float_dilation.DilatedLayer`.
    scaling
        Positive diagonal E if the stored units carry rescaled states.
    weighting
        S, evidence: see :mod:`~urnn_proofs.checks.numeric.float_run`.
    tube
        Evidence for smaller bounds: see :mod:`~urnn_proofs.checks.numeric.tube`.
    """

    scaling: tuple[Fraction, ...] | None = None
    weighting: tuple[Fraction, ...] | None = None
    tube: Tube | None = None

    @cached_property
    def base(self) -> RNN:
        """The network whose weights were stored: ``rnn``, its states rescaled by E."""
        require_relu(self.rnn)
        return self.rnn if self.scaling is None else rescale(self.rnn, self.scaling)

    @cached_property
    def upper(self) -> FloatRun:
        """The units of the RNN, and all bounds that depend on them alone."""
        return FloatRun(
            self.base,
            upper_part(self.weights, self.rnn.states),
            self.input_bound,
            self.norms,
            self.weighting,
            self.contraction,
            self.tube,
        )

    def run_of(self, original: FloatNetwork, rnn: RNN, input_bound: Fraction) -> FloatRun:
        """Return the original layer as it runs in the same arithmetic, on its own states.

        It is :attr:`upper` itself where all weights are the same numbers, and the inputs no larger
        than those the URNN was built for.

        Parameters
        ----------
        original
            Its stored weights; the states are not rescaled, and its readout may be one that the
            URNN has multiplied into the next layer.
        rnn
            The exact layer as it is stored.
        input_bound
            A bound of its inputs.
        """
        same = rnn is self.rnn and self.scaling is None and input_bound <= self.input_bound
        if same and same_weights(original, self.upper.stored):
            return self.upper
        scales, E = self.weighting, self.scaling
        if E is not None:
            scales = tuple(s * e for s, e in zip(scales or (Fraction(1),) * len(E), E, strict=True))
        certified = self.contraction if E is None else None  # it is about E W E^-1
        return FloatRun(rnn, original, input_bound, self.norms, scales, certified)

    @cached_property
    def gates(self) -> Gates:
        """The lower units."""
        return gates(self.weights, self.rnn.states, self.norms, self.weighting)

    @cached_property
    def slack(self) -> Fraction:
        """What the lower bias leaves between the gates and 0 in exact arithmetic."""
        found = slack(self.gates, self.upper.weights_effect.largest_state, self.input_bound)
        if self.upper.largest is None:
            return found
        return max(found, slack(self._plain_gates, self.upper.largest[0], self.input_bound))

    @cached_property
    def room(self) -> Fraction:
        """The same in computed arithmetic, rounding taken off."""
        upper, M, kind = self.upper, self.input_bound, self.weights.arithmetic
        known, sizes = upper.computed_effect.largest_state, upper.stored_norms
        found = room_in_computation(self.gates, known, sizes, M, kind, upper.stretch)
        if upper.largest is None:
            return found
        return max(found, room_in_computation(self._plain_gates, upper.largest[1], sizes, M, kind))

    @cached_property
    def _plain_gates(self) -> Gates:
        if self.weighting is None:
            return self.gates
        return gates(self.weights, self.rnn.states, self.norms)

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

    @property
    def corner(self) -> tuple[Fraction, Fraction]:
        """Upper bounds of ``||W'||`` and ``||W' - W||``, plain norms."""
        if self.weighting is None:
            return self.upper.stored_norms.W, self.upper.changed.W
        stored = self.upper.stored.W
        return self.norms.spectral(stored), distance(stored, self.base.W, self.norms)
