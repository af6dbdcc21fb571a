"""Units that can be left out, or put together, without changing any output.  Decided exactly.

Claim
    Each unit i is *unseen*, or *silent*, or follows a unit g of a smaller network up to its sign:
    ``h_i^k = s_i g_{c(i)}^k`` for all inputs and all k.  With P the matrix of these signs (rows of
    silent units are zero) and everything restricted to units that are not unseen,

        ``W P = P W'``, ``F = P F'``, ``b = P b'``, ``h_init = P h_init'``, ``C' = C P``,

    neither C nor a row of W that is kept reads an unseen unit, a sign is -1 only if phi is odd, and
    there are silent units only if ``phi(0) = 0``.  Then both networks have the same outputs.
Proof
    By induction on k, ``h = P g``: ``W h + F x + b = P (W' g + F' x + b')``, and an entrywise odd
    phi commutes with P; for signs +1 and no silent units every phi does.
"""

from __future__ import annotations

from dataclasses import dataclass

from urnn_proofs.model.activation import Activation, activation
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["SILENT", "UNSEEN", "Merging", "is_odd", "merged", "zero_at_zero"]

UNSEEN, SILENT = -1, -2


@dataclass(frozen=True)
class Merging:
    """Where each unit goes.

    Parameters
    ----------
    place
        For each unit the unit of the smaller network that it follows, from 0 on, or
        :data:`UNSEEN`, or :data:`SILENT`.
    signs
        1 or -1 for each unit; the first unit of a place has 1.
    """

    place: tuple[int, ...]
    signs: tuple[int, ...]

    @property
    def states(self) -> int:
        """States of the smaller network; one at least."""
        return max(1, 1 + max(self.place))


def is_odd(phi: Activation) -> bool:
    """Tell whether phi is this package's tanh."""
    return phi == activation("tanh")


def zero_at_zero(phi: Activation) -> bool:
    """Tell whether ``phi(0) = 0``, exactly."""
    try:
        return phi.at_zero == 0 and phi.assumption is None
    except UnsupportedError:
        return False


def merged(rnn: RNN, merging: Merging) -> RNN | None:
    """Return the smaller network if its outputs are those of *rnn*, exactly; else None.

    Examples
    --------
    >>> twins = RNN([[0.5, 0], [0.25, 0.25]], [[1], [1]], [0, 0], [[1, 2]], activation="tanh")
    >>> merged(twins, Merging((0, 0), (1, 1))).C
    RationalMatrix([3])
    >>> merged(twins.replace(b=[0, 1]), Merging((0, 0), (1, 1))) is None
    True
    """
    n, place, signs = rnn.states, merging.place, merging.signs
    if len(place) != n or len(signs) != n or min(place) < SILENT or not set(signs) <= {1, -1}:
        return None
    if not (is_odd(rnn.activation) or set(signs) == {1}):
        return None
    if SILENT in place and not zero_at_zero(rnn.activation):
        return None
    kept = [i for i in range(n) if place[i] != UNSEEN]
    unseen = [i for i in range(n) if place[i] == UNSEEN]
    outputs = list(range(rnn.outputs))
    if unseen and not (
        rnn.C.block(outputs, unseen).is_zero() and (not kept or rnn.W.block(kept, unseen).is_zero())
    ):
        return None
    if max(place) < 0:
        return _nothing(rnn) if _is_silent(rnn, kept) else None
    first = [_first(place, c) for c in range(merging.states)]
    if any(i is None or signs[i] != 1 for i in first):
        return None
    lead = [i for i in first if i is not None]
    P = RationalMatrix.from_fractions(
        [[signs[i] * (place[i] == c) for c in range(merging.states)] for i in kept]
    )
    WP = rnn.W.block(kept, kept) @ P
    parts = {"F": rnn.F, "b": rnn.b, "h_init": rnn.h_init}
    leads = {name: M.block(lead, range(M.shape[1])) for name, M in parts.items()}
    W = WP.block([kept.index(i) for i in lead], range(merging.states))
    if WP != P @ W or any(
        M.block(kept, range(M.shape[1])) != P @ leads[name] for name, M in parts.items()
    ):
        return None
    return rnn.replace(W=W, C=rnn.C.block(outputs, kept) @ P, **leads)


def _first(place: tuple[int, ...], c: int) -> int | None:
    return place.index(c) if c in place else None


def _is_silent(rnn: RNN, kept: list[int]) -> bool:
    """Tell whether the units stay 0: no input, no bias, no initial state."""
    return not kept or all(
        M.block(kept, range(M.shape[1])).is_zero() for M in (rnn.F, rnn.b, rnn.h_init)
    )


def _nothing(rnn: RNN) -> RNN:
    """Return a network with one unit that gives out 0 for ever."""
    return RNN(
        W=RationalMatrix.identity(1),
        F=RationalMatrix.zeros(1, rnn.inputs),
        b=RationalMatrix.zeros(1, 1),
        C=RationalMatrix.zeros(rnn.outputs, 1),
        activation=rnn.activation,
    )
