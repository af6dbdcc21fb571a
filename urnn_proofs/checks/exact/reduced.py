"""Reduced networks: what the strong form of Theorem 3.3 is about."""

from __future__ import annotations

from urnn_proofs.model.network import RNN

__all__ = ["reduction_problem"]


def reduction_problem(rnn: RNN) -> str | None:
    """Return None if the network is visibly reduced, else which hypothesis fails.

    Sufficient conditions, read off the weights: the rows of F are nonzero and pairwise different
    up to sign, and the columns of C are nonzero.  Then, as functions of the inputs, the
    preactivations are nonconstant and pairwise different up to sign, and every unit is seen.

    Examples
    --------
    >>> reduction_problem(RNN([[0.5]], [[1]], [0], [[1]])) is None
    True
    >>> reduction_problem(RNN([[0.5]], [[1]], [0], [[0]]))
    'column 0 of C is zero'
    """
    rows = rnn.F.to_fractions()
    for i, row in enumerate(rows):
        if not any(row):
            return f"row {i} of F is zero"
        for j in range(i):
            if row == rows[j] or row == [-x for x in rows[j]]:
                return f"rows {j} and {i} of F are equal up to sign"
    for i in range(rnn.states):
        if not any(rnn.C[q, i] for q in range(rnn.outputs)):
            return f"column {i} of C is zero"
    return None
