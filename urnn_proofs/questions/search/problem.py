"""What a search is about, and what it may find."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.exact.merging import Merging
from urnn_proofs.checks.smt.jet_encoding import Clause, Polynomial
from urnn_proofs.model.activation import Activation, activation
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.model.verdict import Trust, Verdict

__all__ = ["Finding", "Merged", "Problem", "is_smooth"]

# Activations with the expansion that the independence lemma needs.
_SMOOTH = (activation("tanh"), activation("logistic"))


def is_smooth(phi: Activation) -> bool:
    """Tell whether phi is this package's tanh or logistic function (a name alone is no proof)."""
    return phi in _SMOOTH


@dataclass(frozen=True)
class Merged:
    """A network, a smaller one with the same outputs, and what was found about that.

    ``checks.exact.merging.merged``, with one of the *mergings* after the other, makes it.
    """

    network: RNN
    mergings: tuple[Merging, ...]
    found: Any = None


@dataclass(frozen=True)
class Problem:
    """A network, or a family with parameters, and the number of states to exclude.

    Parameters
    ----------
    rnn
        The network; None for a family.
    W, F, C
        Weights; the entries of W may be polynomials in *parameters*.
    activation
        phi.
    states
        N.
    reduced
        None if the network is reduced, else the hypothesis that fails.
    pinnable
        Whether inputs can bring the state to any point of the open range: rank F = n.
    parameters, side
        Names of parameters and the conditions on them.
    horizon, order
        Upper limits set by the caller, or None.
    given
        The network that was asked about, if *rnn* is a smaller one with the same outputs.
    """

    rnn: RNN | None
    W: tuple[tuple[Polynomial, ...], ...]
    F: tuple[tuple[Fraction, ...], ...]
    C: tuple[tuple[Fraction, ...], ...]
    activation: Activation
    states: int
    reduced: str | None
    pinnable: bool
    parameters: tuple[str, ...] = ()
    side: tuple[Clause, ...] = ()
    horizon: int | None = None
    order: int | None = None
    given: Merged | None = None

    @property
    def n(self) -> int:
        """States of the RNN."""
        return len(self.F)


@dataclass(frozen=True)
class Finding:
    """A decision: the verdict on "there is none", and what it rests on."""

    encoding: str
    verdict: Verdict
    trust: Trust
    facts: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    network: URNN | ScaledURNN | None = None
    confirmation: Any = None
    certificate: Any = None
