"""Diagonal scalings with ``||E W E^{-1}|| <= 1`` that leave little to dilate.

A contraction ``A = E W E^{-1}`` has an orthogonal dilation with ``n + rank(I - A^T A)`` states.
Norm exactly 1 is allowed here, so an E that makes A isometric in many directions saves states.
With ``P = E^2`` the rank is that of ``P - W^T P W``.

Where each row or each column of W has at most one nonzero entry the scaling is written down; its
rank is the least there is for generalised permutations (chains and cycles) and wherever the graph
has no cycle.  For other matrices it is the least among the candidates tried, and as E has to be
rational, extreme points with irrational entries are out of reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from urnn_proofs.checks.exact.similarity import Scaling, defect_rank
from urnn_proofs.guesses.components import principal, weak_parts
from urnn_proofs.guesses.scaling.balance import Array, scaled_norm
from urnn_proofs.guesses.scaling.low_rank import deficient_scalings
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling, log2
from urnn_proofs.guesses.scaling.structured import from_graph, similar_to_orthogonal
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["few_state_scaling"]

_COMFORTABLE = 0.99


def few_state_scaling(W: RationalMatrix) -> tuple[Scaling, int] | NoScaling:
    """Return positive rationals e with ``||A|| <= 1``, and ``rank(I - A^T A)``, kept small.

    ``A = diag(e) W diag(e)^{-1}``; the norm may be exactly 1.  Norm and rank are certified exactly.

    Parameters
    ----------
    W
        A square matrix with entries in the range of float64.

    Returns
    -------
    tuple or NoScaling
        The scaling and the rank, between 0 (A is orthogonal) and the number of states; or the
        proof that there is no scaling.

    Raises
    ------
    UndecidedError
        As :func:`urnn_proofs.guesses.scaling.scaling.find_scaling`.

    Examples
    --------
    >>> few_state_scaling(RationalMatrix.parse([[0, 0.5, 0], [0, 0, 0.5], [0, 0, 0]], "W"))
    ((Fraction(4, 1), Fraction(2, 1), Fraction(1, 1)), 1)
    >>> few_state_scaling(RationalMatrix.parse([[0.5, 0], [0, 0.5]], "W"))[1]
    2
    """
    n = W.shape[0]
    scaling, rank = [Fraction(1)] * n, 0
    for states in weak_parts(W):
        found = _best(principal(W, states))
        if found is None:
            whole = find_scaling(W)
            return whole if isinstance(whole, NoScaling) else (whole, n)
        for state, e in zip(states, found[0], strict=True):
            scaling[state] = e
        rank += found[1]
    return tuple(scaling), rank


def _best(W: RationalMatrix) -> tuple[Scaling, int] | None:
    """Return the certified candidate of least rank for a matrix that is no direct sum."""
    n = W.shape[0]
    # A vector in the kernel of W is not moved by I - A^T A, and rank 0 has its own candidate.
    least = max(1, n - W.rank())
    best: tuple[Scaling, int] | None = None
    with np.errstate(all="ignore"):
        for scaling in _candidates(W):
            rank = defect_rank(W, scaling)
            if rank is not None and (best is None or rank < best[1]):
                best = (scaling, rank)
                if rank <= least:
                    break
    return best


def _candidates(W: RationalMatrix) -> Iterator[Scaling]:
    """Yield scalings, those first that cost least to find."""
    graph = from_graph(W)
    if graph is not None:
        yield graph
        return
    orthogonal = similar_to_orthogonal(W)
    if orthogonal is not None:
        yield orthogonal
    ones = (Fraction(1),) * W.shape[0]
    yield ones
    floats = W.to_numpy()
    if not np.isfinite(floats).all():
        return
    start: Array | None = np.zeros(len(ones))
    if scaled_norm(floats, np.zeros(len(ones))) > _COMFORTABLE:
        start = None  # the norm may still be brought to exactly 1
        try:
            strict = find_scaling(W)
            if not isinstance(strict, NoScaling):
                yield strict
                start = np.array([log2(e) for e in strict])
        except UndecidedError:
            pass
    try:
        yield from deficient_scalings(floats, start)
    except np.linalg.LinAlgError:
        return
