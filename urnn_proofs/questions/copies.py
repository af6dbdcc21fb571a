"""Is there an equivalent URNN made of copies of the units?  For every activation."""

from __future__ import annotations

from urnn_proofs.checks.exact.duplication import DuplicatedURNN, failing_identities
from urnn_proofs.checks.exact.lumping import NoLumping, refutes_lumping
from urnn_proofs.guesses.copies import duplicated_urnn, find_lumping
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN, require_rnn

__all__ = ["smooth_equivalent_urnn"]

_MOST_STATES = 2000


def smooth_equivalent_urnn(rnn: RNN) -> DuplicatedURNN | NoLumping:
    """Return the smallest equivalent URNN made of copies of the units, or the proof of none.

    Parameters
    ----------
    rnn
        Rational weights, n states, any activation.

    Returns
    -------
    DuplicatedURNN
        If ``E^{1/2} W E^{-1/2}`` is orthogonal for a positive integer diagonal E: it has
        ``trace E`` states and the same outputs for all inputs, with no bound on them.
    NoLumping
        Otherwise, with a dual proof.  For tanh and logistic networks whose rows of F are
        nonzero and different up to sign, and whose columns of C are nonzero, no URNN of any
        size exists then (the strong form of Theorem 3.3).

    Raises
    ------
    UnsupportedError
        If the network is a URNN already.
    UndecidedError
        See :func:`~urnn_proofs.guesses.copies.find_lumping`; or if the URNN would have more than
        2000 states.

    Source: the positive side of arXiv:1910.13672, Theorem 3.3, which shows networks without one.

    Examples
    --------
    >>> from fractions import Fraction
    >>> third = Fraction(1, 3)
    >>> W = [[third, 4 * third], [-2 * third, third]]
    >>> both = smooth_equivalent_urnn(RNN(W, [[1], [2]], [0, 0], [[1, 1]], activation="tanh"))
    >>> both.urnn.states, both.groups
    (3, (0, 1, 1))
    """
    W = require_rnn(rnn).W
    found = find_lumping(W)
    if isinstance(found, NoLumping):
        if not refutes_lumping(W, found.dual):
            raise UndecidedError("a dual proof failed its own exact check; please report this")
        return found
    if found.states > _MOST_STATES:
        raise UndecidedError(
            f"the smallest URNN made of copies has {found.states} states; at most {_MOST_STATES} "
            f"are written out here"
        )
    both = duplicated_urnn(rnn, found)
    failing = failing_identities(rnn, both.urnn, both.groups)
    if failing:
        raise UndecidedError(f"copies of units failed {failing[0]}; please report this")
    return both
