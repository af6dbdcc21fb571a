"""URNNs with fewer states than a rational scaling gives: one square root, always active, no bound.

What is built is checked by :class:`~urnn_proofs.questions.equivalence.Equivalence` before it is
returned.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.checks.exact.contractive import NormBound, certify_contractive
from urnn_proofs.checks.exact.eigenspaces import eigenspace_at_least
from urnn_proofs.checks.exact.scaled import is_relu
from urnn_proofs.checks.exact.similarity import Scaling, defect_rank, scale_matrix
from urnn_proofs.checks.exact.state_bound import StateBound
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.components import principal, weak_parts
from urnn_proofs.guesses.count_theorems import eigenspace_part
from urnn_proofs.guesses.lower_bound import contractive_or_scaled
from urnn_proofs.guesses.scaled_dilation import surd_scaling
from urnn_proofs.guesses.scaled_networks import (
    Proposal,
    active_network,
    few_state_network,
    fits,
    unbounded_network,
)
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.errors import NotContractiveError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.quadratic import Number
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.equivalence import Equivalence, require_proved
from urnn_proofs.questions.layer import LayerEvidence

__all__ = ["active_urnn", "few_state_weights", "scaled_urnn", "unbounded_urnn", "verified"]


def scaled_urnn(rnn: RNN, M: Fraction, scaling: Scaling) -> Equivalence | None:
    """Return a URNN with fewer states than *scaling* gives; None if no part saves one.

    Each part of W that is no single unit, and whose defect has full rank in *scaling*, saves a
    state: theorem "2n-1".

    Parameters
    ----------
    scaling
        A positive diagonal E with ``||E W E^{-1}|| <= 1``.
    """
    if not is_relu(rnn):
        return None
    weights = few_state_weights(rnn.W, scaling)
    if weights is None:
        return None
    try:
        bound = find_state_bound(rnn, M, _norm(rnn.W))
    except UnsupportedError:
        return None
    return verified(rnn, M, few_state_network(rnn, weights, bound))


def few_state_weights(W: RationalMatrix, scaling: Scaling) -> tuple[Number, ...] | None:
    """Return P, part by part ``E^2`` or one that saves a state; None if none does."""
    weights: list[Number] = [e * e for e in scaling]
    saved = False
    for units in weak_parts(W):
        block = principal(W, units)
        if len(units) < 2 or not fits(block):
            continue
        if defect_rank(block, tuple(scaling[i] for i in units)) != len(units):
            continue
        E = contractive_or_scaled(block)
        P = None if E is None else surd_scaling(scale_matrix(block, E))
        if E is None or P is None:
            continue
        for i, e, p in zip(units, E, P, strict=True):
            weights[i] = e * e * p
        saved = True
    return tuple(weights) if saved else None


def active_urnn(rnn: RNN, M: Fraction) -> Equivalence | None:
    """Return a URNN with ``n + mu(W)`` states for a network whose units all stay active.

    None if they do not, or none was found: theorem "n+mu", its sharpness.
    """
    if not is_relu(rnn) or not fits(rnn.W):
        return None
    part = eigenspace_part(rnn.W, tuple(range(rnn.states)))
    return verified(rnn, M, active_network(rnn, M, eigenspace_at_least(rnn.W, part[1])))


def unbounded_urnn(rnn: RNN, scaling: Scaling) -> Equivalence:
    """Return a URNN with the same outputs for all inputs, with no bound on them.

    It has n + r states where the signs of the states close the gates, else n + 2 r.

    Parameters
    ----------
    scaling
        A positive diagonal E with ``||E W E^{-1}|| <= 1``; r is the rank of the defect, or less
        where one square root saves a state.

    Raises
    ------
    UnsupportedError
        If the activation is not ReLU, or the network is too large.
    NotContractiveError
        If ``||E W E^{-1}|| > 1``.

    Source: theorem "no-bound".
    """
    if not is_relu(rnn):
        raise UnsupportedError(
            f"the activation is {rnn.activation.name!r}; a URNN for all inputs is known for relu, "
            f"so pass a bound M >= 0 of the inputs"
        )
    if not fits(rnn.W):
        raise UnsupportedError(
            "W is too large for the exact method that needs no bound of the inputs; pass a bound "
            "M >= 0"
        )
    squares = tuple(e * e for e in scaling)
    ones = (Fraction(1),) * rnn.states
    found: list[Equivalence] = []
    for weights in dict.fromkeys((ones, squares, few_state_weights(rnn.W, scaling) or squares)):
        both = verified(rnn, None, unbounded_network(rnn, weights))
        if both is not None:
            found.append(both)
    if not found:
        raise NotContractiveError("W has norm above 1 in the scaling; expected at most 1")
    return min(found, key=lambda both: both.urnn.states)


def verified(
    rnn: RNN,
    M: Fraction | None,
    proposal: Proposal | None,
    *,
    near: RNN | None = None,
    bound: StateBound | None = None,
    epsilon: Fraction | None = None,
) -> Equivalence | None:
    """Return the proposal as a result that passed its own checks.

    Parameters
    ----------
    near, bound, epsilon
        If the URNN has the outputs of another network: that one, a bound of the states of *rnn*,
        and how far the outputs are apart at most.

    Raises
    ------
    UndecidedError
        If it did not.
    """
    if proposal is None:
        return None
    urnn, rescaled = proposal
    # Where there is no bound of the inputs, that of a layer, which is evidence, may be any.
    evidence = LayerEvidence(M or Fraction(0), rescaled=rescaled, near=near, bound=bound)
    return require_proved(Equivalence(StoredNetwork.of(rnn), urnn, M, (evidence,), epsilon=epsilon))


def _norm(W: RationalMatrix) -> NormBound | None:
    try:
        return certify_contractive(W)
    except (NotContractiveError, UndecidedError):
        return None
