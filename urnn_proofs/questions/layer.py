"""One layer and its URNN: the claim, and how the URNN was found."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from urnn_proofs.checks.exact.dilation import Dilation
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.state_bound import StateBound
from urnn_proofs.model.activation import Flat
from urnn_proofs.model.network import RNN, Network

__all__ = ["Layer", "LayerEvidence"]


@dataclass(frozen=True, eq=False)
class LayerEvidence:
    """How the URNN of one layer was found: believed nowhere, checked again by every report.

    Parameters
    ----------
    input_bound
        M of this layer, for the layers above the first: what bounds the outputs of the one below.
    scaling
        Positive diagonal E if the URNN carries rescaled states.
    flat
        The half-line on which the activation is constant, where the added units stay.
    bound
        The state bound H and where it comes from; None if no unit was added, so none is needed.
    dilation
        How U was found; None if U is rational.
    copies
        For a URNN made of copies of the units: which unit each of its states copies.
    """

    input_bound: Fraction
    scaling: tuple[Fraction, ...] | None = None
    flat: Flat | None = None
    bound: StateBound | None = None
    dilation: Dilation | None = None
    copies: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class Layer:
    """The claim that two networks have the same outputs for inputs in X_M, and its evidence.

    Parameters
    ----------
    rnn, urnn
        The two networks.
    input_bound
        M.
    evidence
        How *urnn* was found.
    """

    rnn: RNN
    urnn: Network
    input_bound: Fraction
    evidence: LayerEvidence

    @cached_property
    def base(self) -> RNN:
        """The contractive network that was dilated: ``rnn``, its states rescaled by E."""
        return self.rnn if self.scaling is None else rescale(self.rnn, self.scaling)

    @property
    def scaling(self) -> tuple[Fraction, ...] | None:
        """E, see :class:`LayerEvidence`; so are the others."""
        return self.evidence.scaling

    @property
    def flat(self) -> Flat | None:
        """The half-line where the added units stay."""
        return self.evidence.flat

    @property
    def bound(self) -> StateBound | None:
        """The state bound."""
        return self.evidence.bound

    @property
    def dilation(self) -> Dilation | None:
        """How U was found."""
        return self.evidence.dilation
