"""One layer of a tanh or logistic URNN in floating-point weights, close to an exact layer.

The first n units carry the states of the RNN, the others stay close to a limit of the activation.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from urnn_proofs.checks.numeric.float_dilation import DilatedLayer
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.saturating_run import SaturatingRun
from urnn_proofs.model.network import RNN

__all__ = ["SaturatingLayer"]


@dataclass(frozen=True, eq=False)
class SaturatingLayer(DilatedLayer):
    """A tanh or logistic layer: lower units stay close to a limit of the activation."""

    @property
    def scaling(self) -> None:
        """No states are rescaled: a smooth activation commutes with no scaling."""
        return

    @cached_property
    def upper(self) -> SaturatingRun:
        """The units of the RNN beside the lower ones, and all bounds."""
        return SaturatingRun(self.rnn, self.weights, self.input_bound, self.norms, self.contraction)

    def run_of(self, original: FloatNetwork, rnn: RNN, input_bound: Fraction) -> SaturatingRun:
        """Return the original layer as it runs in the same arithmetic; it has no lower units.

        Parameters
        ----------
        original
            Its stored weights; its readout may be one that the URNN has multiplied into the next
            layer.
        rnn
            The exact layer as it is stored.
        input_bound
            A bound of its inputs.
        """
        return SaturatingRun(rnn, original, input_bound, self.norms, self.contraction)

    def require_gates(self, *, computed: bool) -> None:
        """Refuse to go on unless the lower units provably stay close to the limit.

        Raises
        ------
        UndecidedError
            Naming what is missing.
        """
        _ = self.upper.lower_computed if computed else self.upper.lower

    @property
    def corner(self) -> tuple[Fraction, Fraction]:
        """Upper bounds of ``||W'||`` and ``||W' - W||``."""
        return self.upper.stored_norms.W, self.upper.changed.W
