"""Exact evidence that no URNN of any size has the outputs of a network: its outputs expand.

Claim
    phi is non-expansive.  After finitely many admissible inputs the network is in a state h, and
    an input x with ``||x|| < M`` is held from then on.  Either ``phi(z) = h`` with ``z = W h + F x
    + b``, no ``z_i`` at a kink of phi, and D holds the slopes there; or phi is ReLU, ``W >= 0`` and
    ``F x + b > 0`` entrywise, and ``D = I``.  The reachable and observable part A of
    ``(D W, D F, C)`` has ``|trace(A^k)|`` above its size for some k.  Then no URNN of any size
    with a non-expansive activation has the same outputs for all inputs in X_M.
    Several layers, each reading the outputs of the one below: every phi is non-expansive, the
    states h of all layers are held, each at no kink; or every phi is ReLU, and the hypotheses of
    the second case hold for W, F, b of :func:`joined`, which is what the layers are together as
    long as all units are active.  Then D W, D F is :func:`joined` of the layers ``(D W, D F)``, and
    no URNN of any size and with any number of layers has the same outputs.
Proof
    In the first case the state stays h for ever while x is held; in the second every state is
    nonnegative after one step, so that every preactivation is at least ``F x + b > 0``.  Change the
    input at one such time by a small vector u: x + u is admissible, and the derivative of the
    output j steps later is ``C (D W)^j D F u``, because each step is differentiable there.  For a
    URNN with a non-expansive activation the output changes by at most ``||C_u|| ||F_u|| |u|`` at
    all times (``||U|| = 1``), so equal outputs bound ``C (D W)^j D F`` for all j.  That is
    ``C' A^j B'`` with a reachable and observable triple.  The blocks ``C' A^i A^j A^l B'`` for i, l
    below the size of A are the observability matrix (injective) times ``A^j`` times the
    reachability matrix (surjective), so they bound ``A^j`` for all j.  But the spectral radius of
    A is above 1 (:mod:`urnn_proofs.checks.exact.spectral`).
    With several layers each step is differentiable all the same, and a derivative goes through
    the layers as a state of :func:`joined` does; in the second case the state of every layer is
    that of :func:`joined` from the second step on, by induction over layers.  A stack of URNNs
    passes a change u on with at most ``K (j + 1)^p |u|`` after j steps, K and p its own: each layer
    adds up what came from below.  So ``A^j`` grows at most as a power of j, and again the spectral
    radius of A is at most 1.
In Coq
    ``held_not_equivalent`` and ``positive_not_equivalent`` in ``formal/UnstableOutputs.v``: the
    proof above for the two cases, with ``||x|| < M``, D, and a minimal (reachable and observable)
    network with the outputs ``C (D W)^j D F`` for all j; they are about one layer.  That
    :func:`minimal_part` returns the transition matrix of such a network is linear algebra, in its
    docstring.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz_mat, nmod_mat

from urnn_proofs.checks.exact.spectral import power_trace_exceeds_size
from urnn_proofs.checks.exact.state_bound import is_non_expansive
from urnn_proofs.model.activation import Activation, PiecewiseLinear
from urnn_proofs.model.errors import UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import show_fields
from urnn_proofs.model.rational import RationalMatrix

__all__ = [
    "Expansion",
    "expansion_facts",
    "expansion_theorem",
    "joined",
    "linearised",
    "minimal_part",
    "slope_at",
]

Vector = tuple[Fraction, ...]

_PRIME = 2**61 - 1
# Bases of proper subspaces are computed in full up to this size.
_EXACT_SUBSPACES = 48


@dataclass(frozen=True)
class Expansion:
    """Evidence; see the head of this module.

    Parameters
    ----------
    prefix
        The inputs before the state h, each of m rationals; h_init is h if there are none.
    held
        x.
    power
        k.
    """

    prefix: tuple[Vector, ...]
    held: Vector
    power: int

    __repr__ = show_fields


def expansion_facts(layers: Sequence[RNN], M: Fraction, evidence: Expansion) -> dict[str, bool]:
    """Check the evidence from the layers alone, at least one; it holds if every fact does.

    Examples
    --------
    >>> double = RNN(W=[[2]], F=[[1]], b=[0], C=[[1]])
    >>> held = Expansion(((Fraction(1, 2),),), (Fraction(-1, 2),), 1)
    >>> all(expansion_facts([double], Fraction(1), held).values())
    True
    >>> all(expansion_facts([double.replace(W=[[1]])], Fraction(1), held).values())
    False
    """
    inputs = (*evidence.prefix, evidence.held)
    facts = {
        "phi is non-expansive": all(is_non_expansive(layer.activation) for layer in layers),
        "inputs have m entries": all(len(x) == layers[0].inputs for x in inputs),
    }
    facts["||x^k|| <= M"] = all(sum(v * v for v in x) <= M**2 for x in evidence.prefix)
    facts["||x|| < M"] = M > 0 and sum(v * v for v in evidence.held) < M**2
    if not all(facts.values()):
        return facts
    found = linearised(layers, evidence.prefix, evidence.held)
    facts["the state is held, or W >= 0 and F x + b > 0"] = found is not None
    if found is None:
        return facts
    A = minimal_part(*found)
    facts["|trace(A^k)| is above the size of A"] = A is not None and power_trace_exceeds_size(
        A, evidence.power
    )
    return facts


def expansion_theorem(rnn: RNN, evidence: Expansion) -> str:
    """Return the name in Coq of the theorem whose hypotheses evidence that holds checks.

    There is one for networks of one layer only.

    Examples
    --------
    >>> double = RNN(W=[[2]], F=[[1]], b=[0], C=[[1]])
    >>> expansion_theorem(double, Expansion((), (Fraction(1, 2),), 1))
    'positive_not_equivalent'
    """
    held = _slopes_if_held([rnn], evidence.prefix, evidence.held) is not None
    return "held_not_equivalent" if held else "positive_not_equivalent"


def joined(layers: Sequence[RNN]) -> RNN:
    """Return one layer with the states of all, which moves as they do while every unit is active.

    A state of the second layer is ``W2 h2 + F2 C1 h1 + b2`` with ``h1 = W1 h1' + F1 x + b1``, h1'
    the state before, and so on.  The activation is that of the last layer.

    Raises
    ------
    InputError
        If a layer has not as many inputs as the one below has outputs.

    Examples
    --------
    >>> one = RNN(W=[[2]], F=[[3]], b=[1], C=[[5]])
    >>> both = joined([one, one])
    >>> both.W, both.F, both.b, both.C
    (RationalMatrix([2 0; 30 2]), RationalMatrix([3; 45]), RationalMatrix([1; 16]), \
RationalMatrix([0 5]))
    >>> both.run([[1.0], [2.0]]).tolist() == one.run(one.run([[1.0], [2.0]])).tolist()
    True
    """
    found = layers[0]
    for layer in layers[1:]:
        lower, upper = found.states, layer.states
        through = layer.F @ found.C
        found = RNN(
            W=RationalMatrix.blocks(
                [[found.W, RationalMatrix.zeros(lower, upper)], [through @ found.W, layer.W]]
            ).reduced(),
            F=RationalMatrix.blocks([[found.F], [through @ found.F]]).reduced(),
            b=RationalMatrix.blocks([[found.b], [through @ found.b + layer.b]]).reduced(),
            C=RationalMatrix.blocks([[RationalMatrix.zeros(layer.outputs, lower), layer.C]]),
            h_init=RationalMatrix.blocks([[found.h_init], [layer.h_init]]),
            activation=layer.activation,
        )
    return found


def linearised(
    layers: Sequence[RNN], prefix: tuple[Vector, ...], held: Vector
) -> tuple[RationalMatrix, RationalMatrix, RationalMatrix] | None:
    """Return ``(D W, D F, C)`` where the evidence's first half holds, else None."""
    slopes = _slopes_if_held(layers, prefix, held)
    if slopes is None:
        whole = joined(layers)
        drive = (whole.F @ RationalMatrix.column(held) + whole.b).entries()
        nonnegative = all(w >= 0 for w in whole.W.numerators.entries())
        if not (all(map(_is_relu, layers)) and nonnegative and min(drive) > 0):
            return None
        return whole.W, whole.F, whole.C
    scaled = []
    for layer, diagonal in zip(layers, slopes, strict=True):
        D = RationalMatrix.diagonal(diagonal)
        scaled.append(layer.replace(W=D @ layer.W, F=D @ layer.F))
    whole = joined(scaled)
    return whole.W, whole.F, whole.C


def _is_relu(layer: RNN) -> bool:
    return isinstance(layer.activation, PiecewiseLinear) and layer.activation.is_relu


def _slopes_if_held(
    layers: Sequence[RNN], prefix: tuple[Vector, ...], held: Vector
) -> list[list[Fraction]] | None:
    """Return the slopes of all units, layer by layer, if the last input holds all states."""
    states = [layer.h_init.entries() for layer in layers]
    try:
        for x in prefix:
            signal = RationalMatrix.column(x)
            for k, layer in enumerate(layers):
                z = _preactivation(layer, states[k], signal)
                states[k] = [layer.activation.exact(v) for v in z]
                signal = layer.C @ RationalMatrix.column(states[k])
    except UnsupportedError:  # no rational states
        return None
    signal = RationalMatrix.column(held)
    found = []
    for layer, state in zip(layers, states, strict=True):
        slopes = []
        for before, at in zip(state, _preactivation(layer, state, signal), strict=True):
            known = slope_at(layer.activation, at)
            if known is None or known[0] != before:
                return None
            slopes.append(known[1])
        found.append(slopes)
        signal = layer.C @ RationalMatrix.column(state)
    return found


def _preactivation(layer: RNN, state: Sequence[Fraction], signal: RationalMatrix) -> list[Fraction]:
    return (layer.W @ RationalMatrix.column(state) + layer.F @ signal + layer.b).entries()


def slope_at(phi: Activation, z: Fraction) -> tuple[Fraction, Fraction] | None:
    """Return ``phi(z)`` and ``phi'(z)`` where both are known exactly, and phi has no kink at z."""
    if isinstance(phi, PiecewiseLinear):
        slope = phi.slope(z)
        return None if slope is None else (phi.exact(z), slope)
    if z or phi.derivative is None or phi.assumption is not None:
        return None
    try:
        value = phi.at_zero
    except UnsupportedError:
        return None
    return value, sum((p * value**i for i, p in enumerate(phi.derivative)), Fraction(0))


def minimal_part(A: RationalMatrix, B: RationalMatrix, C: RationalMatrix) -> RationalMatrix | None:
    """Return A on what inputs reach, modulo what outputs do not see; None if nothing is left.

    With the columns of R a basis of the span of all ``A^j B``: ``A R = R A1``, ``B = R B1`` and
    ``C1 = C R``, so that ``C A^j B = C1 A1^j B1``, and (A1, B1) is reachable.  With the columns of
    Q a basis of the span of all ``(C1 A1^j)^T``: ``Q^T A1 = A2 Q^T`` and ``C1 = C2 Q^T``, so that
    with ``B2 = Q^T B1`` these are ``C2 A2^j B2``, and (A2, B2, C2) is reachable and observable.

    Raises
    ------
    UndecidedError
        If something is left out and A is too large for exact bases.

    Examples
    --------
    >>> A = RationalMatrix.parse([[2, 0], [0, 3]], "A")
    >>> minimal_part(A, RationalMatrix.column([1, 1]), RationalMatrix.parse([[1, 0]], "C"))
    RationalMatrix([2])
    """
    n, At, Ct = A.shape[0], A.transpose(), C.transpose()
    if _reaches_all(A, B) and _reaches_all(At, Ct):
        return A
    if n > _EXACT_SUBSPACES:
        raise UndecidedError(
            f"some states of {n} are not reachable or not observable, and exact bases are computed "
            f"up to {_EXACT_SUBSPACES} states"
        )
    R = _reachable(A, B)
    if R.shape[1] == 0:
        return None
    # A R = R A1, and the columns of R are independent.
    Rt = R.transpose()
    A1 = (Rt @ R).solve(Rt @ A @ R).reduced()
    C1 = C @ R
    Q = _reachable(A1.transpose(), C1.transpose())  # spans the rows of the observability matrix
    if Q.shape[1] == 0:
        return None
    Qt = Q.transpose()
    # Q^T A1 = A2 Q^T.
    return (Qt @ Q).solve(Qt @ A1.transpose() @ Q).transpose().reduced()


def _reaches_all(A: RationalMatrix, B: RationalMatrix) -> bool:
    """Tell whether ``[B, A B, ..., A^(n-1) B]`` has rank n modulo a prime, so over Q as well."""
    n = A.shape[0]
    step, new = nmod_mat(A.numerators, _PRIME), nmod_mat(B.numerators, _PRIME)
    rows: list[list[int]] = [[int(x) for x in row] for row in new.transpose().tolist()]
    for _ in range(n):
        rank = _modular_rank(rows, n)
        if rank == n:
            return True
        new = step * new
        rows += [[int(x) for x in row] for row in new.transpose().tolist()]
        if _modular_rank(rows, n) == rank:
            return False
    return False


def _modular_rank(rows: list[list[int]], n: int) -> int:
    return int(nmod_mat(len(rows), n, [x for row in rows for x in row], _PRIME).rank())


def _reachable(A: RationalMatrix, B: RationalMatrix) -> RationalMatrix:
    """Return independent integer columns that span B, A B, A^2 B and so on."""
    basis = _column_basis(B.numerators)
    while basis.ncols():
        image = A.numerators * basis
        entries = [
            row_a + row_b for row_a, row_b in zip(basis.tolist(), image.tolist(), strict=True)
        ]
        wider = _column_basis(fmpz_mat(entries))
        if wider.ncols() == basis.ncols():
            break
        basis = wider
    return RationalMatrix(basis)


def _column_basis(M: fmpz_mat) -> fmpz_mat:
    """Return independent columns, each without a common factor: else digits grow step by step."""
    reduced, _, rank = M.transpose().rref()
    rows = [[int(x) for x in row] for row in reduced.tolist()[:rank]]
    factors = [math.gcd(*row) for row in rows]
    entries = [x // g for g, row in zip(factors, rows, strict=True) for x in row]
    return fmpz_mat(rank, M.nrows(), entries).transpose()
