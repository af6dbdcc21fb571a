"""Within every epsilon fewer states are enough: n + 1 where W is diagonal, under ReLU.

For ``W = diag(w)``, |w_i| < 1, and t > 0 let

    ``(W_t)_ii = w_i``,  ``(W_t)_ij = t^{j-i} (1 - w_j^2) prod_{j<k<i} (-w_k)`` for i > j,
    ``P = diag((1 - w_i^2) t^{2(i-1)})``.

``P - W_t^T P W_t`` is positive semidefinite of rank 1, so that the network with W_t in place of W
has an equivalent URNN with n + 1 states.  W_t tends to W, and so do the outputs
(:func:`~urnn_proofs.questions.steps_rescaled.distance`).

Where W is a direct sum, its single units are treated so together, and every other part saves a
state exactly.  Source: theorem "2n-not-robust".
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.norms import norm_upper_bound
from urnn_proofs.checks.exact.scaled import is_relu
from urnn_proofs.checks.exact.similarity import Scaling
from urnn_proofs.guesses.components import weak_parts
from urnn_proofs.guesses.scaled_networks import few_state_network, fits
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import exact_number, shorten, show_number
from urnn_proofs.model.quadratic import Number
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.few_states import few_state_weights, verified
from urnn_proofs.questions.steps_rescaled import distance

__all__ = ["near_urnn"]

_LARGEST_POWER = 4000  # of 2, for t


def near_urnn(rnn: RNN, M: Fraction, epsilon: Any, scaling: Scaling) -> Equivalence | None:
    """Return a URNN whose outputs are within epsilon, with n + 1 states if W is diagonal.

    None if W has fewer than two single units, so that nothing is saved by not being exact.

    Parameters
    ----------
    rnn, M
        A ReLU network with ``||W|| < 1``; M >= 0.
    epsilon
        A number > 0.
    scaling
        A positive diagonal for the parts of W that are no single units.

    Raises
    ------
    InputError
        If epsilon is no number > 0.
    UnsupportedError
        If the activation is not ReLU, or the network is too large.
    NotContractiveError
        If ``||W|| >= 1``.
    UndecidedError
        If epsilon is too small for the range of t that is tried.
    """
    eps = exact_number(epsilon, "epsilon")
    if eps <= 0:
        raise InputError(f"epsilon is {shorten(epsilon)}; expected a number > 0")
    if not is_relu(rnn):
        raise UnsupportedError(
            f"the activation is {rnn.activation.name!r}; fewer states within epsilon are known for "
            f"relu, so leave epsilon out"
        )
    single = [units[0] for units in weak_parts(rnn.W) if len(units) == 1]
    if len(single) < 2:
        return None
    if not fits(rnn.W):
        raise UnsupportedError("W is too large for the exact method; leave epsilon out")
    norm = certify_contractive(rnn.W)
    bound = find_state_bound(rnn, M, norm)
    rest = few_state_weights(rnn.W, scaling) or tuple(e * e for e in scaling)
    for power in _powers(rnn, eps, bound.H, norm.rho):
        W, weights = _family(rnn.W, single, rest, Fraction(2) ** power)
        near = rnn.replace(W=W)
        try:
            error, *_ = distance(rnn, near, bound.H)
            own = find_state_bound(near, M, certify_contractive(W))
        except (NotContractiveError, UndecidedError):
            continue
        if error <= eps:
            proposal = few_state_network(near, weights, own)
            found = verified(rnn, M, proposal, near=near, bound=bound, epsilon=error or eps)
            if found is None:
                raise UndecidedError("the rational family failed its own check; please report this")
            return found
    raise UndecidedError(
        f"epsilon is {show_number(eps)}; no t up to 2^{_LARGEST_POWER} was enough, so leave "
        f"epsilon out or try a larger one"
    )


def _powers(rnn: RNN, eps: Fraction, H: Fraction, rho: Fraction) -> list[int]:
    """Propose powers of 2 for t: off the diagonal the entries of W_t are at most 1/t."""
    n, c = rnn.states, norm_upper_bound(rnn.C)
    wanted = min((1 - rho) / 2, eps * (1 - rho) / (2 * c * H)) if c * H else Fraction(1)
    ratio = n / wanted
    first = max(1, ratio.numerator.bit_length() - ratio.denominator.bit_length() - 6)
    return [k for k in range(first, first + 12) if k <= _LARGEST_POWER]


def _family(
    W: RationalMatrix, units: list[int], rest: tuple[Number, ...], t: Fraction
) -> tuple[RationalMatrix, tuple[Number, ...]]:
    """Return W_t and P: on the single units the family, elsewhere W and the given weights."""
    rows, weights = W.to_fractions(), list(rest)
    w = [rows[i][i] for i in units]
    for a, i in enumerate(units):
        weights[i] = (1 - w[a] ** 2) * t ** (2 * a)
        between = Fraction(1)
        for b in range(a - 1, -1, -1):
            rows[i][units[b]] = between * (1 - w[b] ** 2) / t ** (a - b)
            between *= -w[b]
    return RationalMatrix.from_fractions(rows), tuple(weights)
