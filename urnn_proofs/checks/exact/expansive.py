"""Exact evidence that no URNN of any size has the outputs of a network: its outputs expand.

Claim
    phi is non-expansive.  After finitely many admissible inputs the network is in a state h, and
    an input x with ``||x|| < M`` is held from then on.  Either ``phi(z) = h`` with ``z = W h + F x
    + b``, no ``z_i`` at a kink of phi, and D holds the slopes there; or phi is ReLU, ``W >= 0`` and
    ``F x + b > 0`` entrywise, and ``D = I``.  The reachable and observable part A of
    ``(D W, D F, C)`` has ``|trace(A^k)|`` above its size for some k.  Then no URNN of any size
    with a non-expansive activation has the same outputs for all inputs in X_M.
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
In Coq
    ``held_not_equivalent`` and ``positive_not_equivalent`` in ``formal/UnstableOutputs.v``: the
    proof above for the two cases, with ``||x|| < M``, D, and a minimal (reachable and observable)
    network with the outputs ``C (D W)^j D F`` for all j.  That :func:`minimal_part` returns the
    transition matrix of such a network is linear algebra, in its docstring.
"""

from __future__ import annotations

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


def expansion_facts(rnn: RNN, M: Fraction, evidence: Expansion) -> dict[str, bool]:
    """Check the evidence from the network alone; it holds if every fact does.

    Examples
    --------
    >>> double = RNN(W=[[2]], F=[[1]], b=[0], C=[[1]])
    >>> held = Expansion(((Fraction(1, 2),),), (Fraction(-1, 2),), 1)
    >>> all(expansion_facts(double, Fraction(1), held).values())
    True
    >>> all(expansion_facts(double.replace(W=[[1]]), Fraction(1), held).values())
    False
    """
    inputs = (*evidence.prefix, evidence.held)
    facts = {
        "phi is non-expansive": is_non_expansive(rnn.activation),
        "inputs have m entries": all(len(x) == rnn.inputs for x in inputs),
    }
    facts["||x^k|| <= M"] = all(sum(v * v for v in x) <= M**2 for x in evidence.prefix)
    facts["||x|| < M"] = M > 0 and sum(v * v for v in evidence.held) < M**2
    if not all(facts.values()):
        return facts
    found = linearised(rnn, evidence.prefix, evidence.held)
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

    Examples
    --------
    >>> double = RNN(W=[[2]], F=[[1]], b=[0], C=[[1]])
    >>> expansion_theorem(double, Expansion((), (Fraction(1, 2),), 1))
    'positive_not_equivalent'
    """
    drive = (rnn.F @ RationalMatrix.column(evidence.held) + rnn.b).entries()
    held = _slopes_if_held(rnn, evidence.prefix, drive) is not None
    return "held_not_equivalent" if held else "positive_not_equivalent"


def linearised(
    rnn: RNN, prefix: tuple[Vector, ...], held: Vector
) -> tuple[RationalMatrix, RationalMatrix, RationalMatrix] | None:
    """Return ``(D W, D F, C)`` where the evidence's first half holds, else None."""
    drive = (rnn.F @ RationalMatrix.column(held) + rnn.b).entries()
    slopes = _slopes_if_held(rnn, prefix, drive)
    if slopes is None:
        phi = rnn.activation
        relu = isinstance(phi, PiecewiseLinear) and phi.is_relu
        grows = relu and min(drive) > 0 and all(w >= 0 for w in rnn.W.numerators.entries())
        if not grows:
            return None
        slopes = [Fraction(1)] * rnn.states
    D = RationalMatrix.diagonal(slopes)
    return D @ rnn.W, D @ rnn.F, rnn.C


def _slopes_if_held(
    rnn: RNN, prefix: tuple[Vector, ...], drive: list[Fraction]
) -> list[Fraction] | None:
    state, phi = rnn.h_init.entries(), rnn.activation
    try:
        for x in prefix:
            z = rnn.W @ RationalMatrix.column(state) + rnn.F @ RationalMatrix.column(x) + rnn.b
            state = [phi.exact(v) for v in z.entries()]
    except UnsupportedError:  # no rational states
        return None
    recurrent = (rnn.W @ RationalMatrix.column(state)).entries()
    found = []
    for before, r, q in zip(state, recurrent, drive, strict=True):
        known = slope_at(phi, r + q)
        if known is None or known[0] != before:
            return None
        found.append(known[1])
    return found


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
    rows, _, rank = M.transpose().rref()
    return fmpz_mat(
        rank, M.nrows(), [rows[i, j] for i in range(rank) for j in range(M.nrows())]
    ).transpose()
