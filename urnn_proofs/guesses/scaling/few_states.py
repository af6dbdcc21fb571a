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

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from urnn_proofs.checks.exact.contractive import is_contractive
from urnn_proofs.checks.exact.definite import Kind, decide_semidefinite
from urnn_proofs.checks.exact.norms import exact_work_fits, gram
from urnn_proofs.guesses.scaling.balance import Array, scaled_norm
from urnn_proofs.guesses.scaling.components import principal, weak_parts
from urnn_proofs.guesses.scaling.low_rank import deficient_scalings
from urnn_proofs.guesses.scaling.scaling import find_scaling, scale_matrix
from urnn_proofs.guesses.scaling.structured import from_graph, similar_to_orthogonal
from urnn_proofs.model.errors import NotContractiveError, UndecidedError
from urnn_proofs.model.integers import identity
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["defect_rank", "few_state_scaling"]

Scaling = tuple[Fraction, ...]
_COMFORTABLE = 0.99


def few_state_scaling(W: RationalMatrix) -> tuple[Scaling, int]:
    """Return positive rationals e with ``||A|| <= 1``, and ``rank(I - A^T A)``, kept small.

    ``A = diag(e) W diag(e)^{-1}``; the norm may be exactly 1.  Norm and rank are certified exactly.

    Parameters
    ----------
    W
        A square matrix with entries in the range of float64.

    Returns
    -------
    tuple
        The scaling and the rank, between 0 (A is orthogonal) and the number of states.

    Raises
    ------
    NotContractiveError, UndecidedError
        As :func:`urnn_proofs.guesses.scaling.scaling.find_scaling`, if no scaling was found.

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
            return find_scaling(W), n  # in terms of all of W, in case it raises
        for state, e in zip(states, found[0], strict=True):
            scaling[state] = e
        rank += found[1]
    return tuple(scaling), rank


def defect_rank(W: RationalMatrix, scaling: Scaling) -> int | None:
    """Return ``rank(I - A^T A)`` if ``||A|| <= 1`` for ``A = E W E^{-1}``, both shown exactly.

    None says that it was not shown: the norm may be above 1, or the exact work too much, or
    *scaling* is not n positive numbers.

    Examples
    --------
    >>> W = RationalMatrix.parse([[0, 2], [0.5, 0]], "W")
    >>> defect_rank(W, (Fraction(1), Fraction(2))), defect_rank(W, (Fraction(1), Fraction(1)))
    (0, None)
    """
    n = W.shape[0]
    if len(scaling) != n or any(e <= 0 for e in scaling):
        return None
    A = scale_matrix(W, scaling)
    norm = scaled_norm(A.to_numpy(), np.zeros(n))
    if norm > 1 + 1e-6:
        return None
    if norm < 1 - 1e-10:
        return n if _is_strict(A) else None
    S = identity(n, A.denominator**2) - gram(A)
    if S.is_diagonal():
        diagonal = [S[i, i] for i in range(n)]
        return None if min(diagonal) < 0 else sum(1 for x in diagonal if x > 0)
    bits = max(int(x).bit_length() for x in S.entries())
    if not exact_work_fits(n, bits):
        return None
    answer = decide_semidefinite(S)
    return None if answer.kind is Kind.INDEFINITE else len(answer.support)


def _is_strict(A: RationalMatrix) -> bool:
    try:
        return is_contractive(A)
    except UndecidedError:
        return False


def _best(W: RationalMatrix) -> tuple[Scaling, int] | None:
    """Return the certified candidate of least rank for a matrix that is no direct sum."""
    n = W.shape[0]
    # A vector in the kernel of W is not moved by I - A^T A, and rank 0 has its own candidate.
    least = max(1, n - W.numerators.rank())
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
        try:
            strict = find_scaling(W)
            yield strict
            start = np.array([math.log2(e.numerator) - math.log2(e.denominator) for e in strict])
        except (NotContractiveError, UndecidedError):
            start = None  # the norm may still be brought to exactly 1
    try:
        yield from deficient_scalings(floats, start)
    except np.linalg.LinAlgError:
        return
