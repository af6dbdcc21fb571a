"""Look for units that can be left out, or put together, without changing any output.

:mod:`urnn_proofs.checks.exact.merging` says when that is so, and checks it.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.checks.exact.merging import SILENT, UNSEEN, Merging, is_odd, zero_at_zero
from urnn_proofs.model.network import RNN

__all__ = ["find_merging"]

Row = tuple[Fraction, ...]

# Rows are compared entry by entry; beyond, a search for few states has no chance anyway.
_MOST_STATES = 64


def find_merging(rnn: RNN) -> Merging | None:
    """Return the coarsest partition into units that move alike; None if it is as fine as units.

    Under tanh also units that move oppositely, if their own weights tell the signs.  None, too, for
    more than 64 units.
    """
    n = rnn.states
    if n > _MOST_STATES:
        return None
    W = rnn.W.to_fractions()
    own = [
        (*f, *b, *h)
        for f, b, h in zip(
            rnn.F.to_fractions(), rnn.b.to_fractions(), rnn.h_init.to_fractions(), strict=True
        )
    ]
    place = [0] * n
    for i in _unseen(rnn, W):
        place[i] = UNSEEN
    if zero_at_zero(rnn.activation):
        for i in _silent(W, own):
            if place[i] != UNSEEN:
                place[i] = SILENT
    odd = is_odd(rnn.activation)
    left = [i for i in range(n) if place[i] >= 0]
    signs = [1] * n
    for i in left:
        signs[i] = _sign(own[i]) if odd else 1
    # Units part until all of a class have, up to their signs, the same row into every class.
    keys: list[Row] = [tuple(signs[i] * v for v in own[i]) for i in range(n)]
    count = 0
    while True:
        found: dict[Row, int] = {}
        for i in left:
            place[i] = found.setdefault(keys[i], len(found))
        if len(found) == count:
            break
        count = len(found)
        keys = [
            (*keys[i], *_into(W[i], place, signs, count, signs[i])) if place[i] >= 0 else ()
            for i in range(n)
        ]
    if count == n:
        return None
    first = [next(i for i in left if place[i] == c) for c in range(count)]
    turned = [signs[i] * (signs[first[place[i]]] if place[i] >= 0 else 1) for i in range(n)]
    return Merging(tuple(place), tuple(turned))


def _sign(row: Row) -> int:
    """Return the sign of the first entry that is not zero."""
    return -1 if next((v for v in row if v), 1) < 0 else 1


def _into(row: list[Fraction], place: list[int], signs: list[int], count: int, sign: int) -> Row:
    sums = [Fraction(0)] * count
    for w, c, s in zip(row, place, signs, strict=True):
        if c >= 0:
            sums[c] += sign * s * w
    return tuple(sums)


def _unseen(rnn: RNN, W: list[list[Fraction]]) -> list[int]:
    """Return the units from which no path of nonzero weights leads to an output."""
    n = rnn.states
    C = rnn.C.to_fractions()
    seen = {j for j in range(n) if any(row[j] for row in C)}
    new = seen
    while new:
        new = {j for i in new for j in range(n) if W[i][j]} - seen
        seen = seen | new
    return [j for j in range(n) if j not in seen]


def _silent(W: list[list[Fraction]], own: list[Row]) -> list[int]:
    """Return the units that no input, bias or initial state reaches."""
    n = len(W)
    awake = {i for i in range(n) if any(own[i])}
    new = awake
    while new:
        new = {i for j in new for i in range(n) if W[i][j]} - awake
        awake = awake | new
    return [i for i in range(n) if i not in awake]
