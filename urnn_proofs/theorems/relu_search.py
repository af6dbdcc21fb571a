"""Is there a URNN with N states?  Searches over ReLU networks with Z3, for small sizes.

Two searches for the same question.  The first looks at activity patterns only: it can prove that
there is none.  The second looks for the network itself: it can prove that there is none, or find
one, which is then confirmed exactly, for all inputs and all times, by an affine invariant.

Reference: arXiv:1910.13672, Theorems 3.1 and 3.2 (at most 2n states; 2n in general); the
derivative equations and both searches are this package's own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from urnn_proofs.errors import InputError, UnsupportedError
from urnn_proofs.exact.contractive import certify_contractive
from urnn_proofs.network import RNN
from urnn_proofs.number import exact_number
from urnn_proofs.rational import RationalMatrix
from urnn_proofs.smt.pattern_equations import Memory
from urnn_proofs.smt.relu_patterns import PatternSearch, search_patterns
from urnn_proofs.theorems.network_search import NetworkSearch, find_network

__all__ = ["search_relu_network", "search_relu_patterns"]


def search_relu_patterns(
    W: Any,
    n: int,
    states: int,
    horizon: int,
    *,
    budget_s: float = 60.0,
    query_s: float = 3.0,
    every: bool = False,
) -> PatternSearch:
    """Search activity patterns for a URNN that imitates ``h = relu(W h + x), y = h``.

    PROVED: no URNN with at most *states* states has the same outputs on X_M, for any M > 0 and
    any start.  UNKNOWN: a pattern is left open; that is no network yet.

    Parameters
    ----------
    W
        The transition matrix: a number w for ``w I_n``, an (n, n) matrix of numbers, or None for
        ``w I_n`` with every real w in (-1, 1) at once.
    n, states
        States of the RNN and of the URNN.
    horizon
        The patterns cover ``horizon + 1`` consecutive steps.
    budget_s, query_s
        Limits in seconds, for everything and for one query.
    every
        Look for all open patterns instead of stopping at the first.

    Raises
    ------
    InputError
        If a size or an entry is out of range.
    NotContractiveError
        If ``||W|| >= 1``: some unit might then not stay active.

    Examples
    --------
    >>> print(search_relu_patterns(None, n=1, states=1, horizon=1).verdict)
    PROVED
    """
    if n < 1:
        raise InputError(f"n is {n}; expected at least 1")
    if W is None:
        return search_patterns(
            Memory(n, None), states, horizon, budget_s=budget_s, query_s=query_s, every=every
        )
    matrix = _matrix(W, n)
    certify_contractive(matrix)
    memory = Memory(n, tuple(tuple(row) for row in matrix.to_fractions()))
    return search_patterns(memory, states, horizon, budget_s=budget_s, query_s=query_s, every=every)


def _matrix(W: Any, n: int) -> RationalMatrix:
    if isinstance(W, (int, float, Fraction)):
        w = exact_number(W, "W")
        return RationalMatrix.from_fractions(
            [[w if i == j else Fraction(0) for j in range(n)] for i in range(n)]
        )
    matrix = RationalMatrix.parse(W, "W")
    if matrix.shape != (n, n):
        raise InputError(f"W has shape {matrix.shape}; expected {(n, n)}")
    return matrix


def search_relu_network(
    rnn: RNN,
    states: int,
    *,
    input_bound: Any = 1,
    budget_s: float = 60.0,
    query_s: float = 20.0,
    steered: bool = True,
) -> NetworkSearch:
    """Search for a URNN with *states* states and the same outputs as a one-state ReLU RNN.

    Parameters
    ----------
    rnn
        One state, one input, one output, rational weights, ``|w| < 1``.
    states
        Number N of states of the URNN, at least 1.
    input_bound
        M > 0: inputs with ``|x^k| <= M``.
    budget_s, query_s
        Limits in seconds, for everything and for one query.
    steered
        Try transitions as in Theorem 3.1 first; False leaves all of U to Z3.

    Raises
    ------
    UnsupportedError
        If the RNN has other sizes or another activation.
    NotContractiveError
        If ``|w| >= 1``.
    InputError
        If a number is out of range.

    Examples
    --------
    >>> rnn = RNN(W=[[Fraction(3, 5)]], F=[[1]], b=[0], C=[[1]])
    >>> print(search_relu_network(rnn, 1).verdict)
    PROVED
    """
    bound = exact_number(input_bound, "input_bound")
    if states < 1 or bound <= 0 or not (budget_s > 0 and query_s > 0):
        raise InputError(
            f"states is {states}, input_bound is {bound}, the limits are {budget_s} and {query_s} "
            f"seconds; expected positive numbers"
        )
    if (rnn.states, rnn.inputs, rnn.outputs) != (1, 1, 1) or rnn.activation.name != "relu":
        raise UnsupportedError(
            f"the network has {rnn.states} states, {rnn.inputs} inputs, {rnn.outputs} outputs and "
            f"activation {rnn.activation.name}; expected 1, 1, 1 and relu"
        )
    if not isinstance(rnn.W, RationalMatrix):
        raise UnsupportedError("the transition is scaled-rational; expected a rational")
    certify_contractive(rnn.W)
    return find_network(rnn, states, bound, budget_s, query_s, steered=steered)
