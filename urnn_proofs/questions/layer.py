"""One layer and its URNN: the claim, and how the URNN was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from urnn_proofs.checks.exact.dilation import Dilation
from urnn_proofs.checks.exact.margin import Margin
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.scaled import ScaledEvidence
from urnn_proofs.checks.exact.state_bound import StateBound
from urnn_proofs.checks.numeric.tube import Tube
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.activation import Flat
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.network import RNN, Network
from urnn_proofs.model.number import show_fields, show_number
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Layer", "LayerEvidence", "of_layer", "with_urnns"]


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
    margin
        For a URNN within epsilon: how far out its added units stay, and what that is worth.
    rescaled
        For a URNN whose states carry square roots: why it has the outputs of *near*, or of the RNN.
    near
        For a URNN within epsilon: a network nearby that has its outputs; *bound* is then one of the
        states of the RNN.
    tube
        For ReLU in floats: what makes the bounds of the stored weights small, if it was looked for.
    """

    input_bound: Fraction
    scaling: tuple[Fraction, ...] | None = None
    flat: Flat | None = None
    bound: StateBound | None = None
    dilation: Dilation | None = None
    copies: tuple[int, ...] | None = None
    margin: Margin | None = None
    rescaled: ScaledEvidence | None = None
    near: RNN | None = None
    tube: Tube | None = None

    def __repr__(self) -> str:
        return show_fields(self)


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

    def __repr__(self) -> str:
        return (
            f"<Layer: URNN with {self.urnn.states} states for an RNN with {self.rnn.states}, "
            f"||x^k|| <= {show_number(self.input_bound)}>"
        )

    @cached_property
    def base(self) -> RNN:
        """The contractive network that was dilated: ``rnn``, its states rescaled by E."""
        E = self.evidence.scaling
        return self.rnn if E is None else rescale(self.rnn, E)


@contextmanager
def of_layer(k: int, network: StoredNetwork) -> Iterator[None]:
    """Say in a refusal which of several layers it is about; the same exception goes on."""
    try:
        yield
    except UnsupportedError as refusal:  # keeps its witness
        if len(network.layers) > 1:
            refusal.args = (f"layer {k}: {refusal}",)
        raise


def with_urnns(network: StoredNetwork, found: Sequence[Layer]) -> StoredNetwork:
    """Put the URNNs in place of the layers; output bias, names and axes stay."""
    seconds = network.second_biases
    if any(e.evidence.scaling is not None or e.evidence.copies is not None for e in found):
        seconds = ()  # the states are others
    padded = tuple(
        RationalMatrix.blocks([[part], [RationalMatrix.zeros(e.urnn.states - e.rnn.states, 1)]])
        for part, e in zip(seconds, found, strict=bool(seconds))
    )
    return replace(network, layers=tuple(e.urnn for e in found), second_biases=padded)
