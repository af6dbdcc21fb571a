"""Decide whether a URNN of rescaled states is one, and has the outputs of an RNN.

The first n states of a :class:`~urnn_proofs.model.scaled_urnn.ScaledURNN` are ``g = S h`` for a
rational invertible S, the others are gates that stay at 0.  From the two networks alone:

1. ``R^T diag(M) R = diag(M)``, so that ``U = sqrt(M) R sqrt(M)^{-1}`` is orthogonal;
2. the first n columns of R, multiplied by S, are ``[S W; L]``, and ``F_g = [S F; 0]``,
   ``b_g = [S b; c]``, ``C_g = [C S^{-1}, 0]``;
3. ``relu(S z) = S relu(z)`` for the preactivations z that occur: S = I, or all of z and S z stay
   nonnegative for all inputs in X_M;
4. ``L h^k + c <= 0`` for all k >= -1 and all inputs in X_M.

Then ``h_u^k = [S h^k; 0]`` by induction.  For 4. there are three ways: a state bound with
``|c_u| >= ||L_u|| H`` (Cauchy-Schwarz); the bounds of :mod:`.affine_states`, where all units stay
active; or ``L <= 0`` entrywise and c = 0, which needs no bound of the inputs at all, since states
are nonnegative.  There ``h_init`` may have negative entries: the URNN starts where its first
recurrent preactivations are ``[W h_init; a]`` with ``a <= 0``.

A fourth way needs no bound either, and no signs: the first n + r columns of R are
``[[W, 0], [K, 0], [0, D]]`` with ``D <= 0``.  Then ``h_u^k = [h^k; relu(K h^{k-1}); 0]``, and
nothing reads the two lower parts.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.checks.exact.affine_states import AffineStates
from urnn_proofs.checks.exact.state_bound import StateBound
from urnn_proofs.model.field import Rows, columns, dot, product
from urnn_proofs.model.network import RNN, Network
from urnn_proofs.model.quadratic import Number, sign
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled_urnn import ScaledURNN

__all__ = [
    "Gates",
    "ScaledEvidence",
    "carries",
    "closed_by",
    "gate_rows",
    "is_orthogonal",
    "is_relu",
    "never_clipped",
]


class Gates(enum.Enum):
    """Why the added units stay at 0."""

    STATE_BOUND = "state bound"
    AFFINE = "all units stay active"
    SIGN = "sign of the states"
    LOST = "further units take up what W loses"


@dataclass(frozen=True, eq=False)
class ScaledEvidence:
    """How a :class:`~urnn_proofs.model.scaled_urnn.ScaledURNN` was found: nothing is believed.

    Parameters
    ----------
    basis
        S, invertible: the first states are ``S h``.
    gates
        Why the others stay at 0.
    bound
        The state bound, if that is why.
    """

    basis: RationalMatrix
    gates: Gates
    bound: StateBound | None = None


def is_orthogonal(urnn: ScaledURNN) -> bool:
    """Decide ``R^T diag(M) R = diag(M)``, entry by entry."""
    weighted = [
        [w * x if x else x for x in row] for w, row in zip(urnn.weights, urnn.R, strict=True)
    ]
    left = columns(weighted)
    for i, column in enumerate(columns(urnn.R)):
        for j in range(i, urnn.states):
            if dot(left[j], column) != (urnn.weights[i] if i == j else 0):
                return False
    return True


def gate_rows(urnn: ScaledURNN, S: RationalMatrix) -> Rows:
    """Return L: what the gates read of the states h."""
    n = S.shape[0]
    return product([row[:n] for row in urnn.R[n:]], S.to_fractions())


def carries(rnn: RNN, urnn: ScaledURNN, S: RationalMatrix, gates: Gates) -> dict[str, bool]:
    """Compare the weights with what 2. says; every fact by name."""
    n, r = rnn.states, urnn.states - rnn.states
    if r < 0 or S.shape != (n, n) or S.rank() < n:
        return {"S is invertible, and N >= n": False}
    if gates is Gates.LOST:
        return _takes_up(rnn, urnn, S)
    top = product([row[:n] for row in urnn.R[:n]], S.to_fractions())
    b, h = urnn.b, urnn.h_init
    zeros = RationalMatrix.zeros
    facts = {
        "R [S; 0] = [S W; L]": top == tuple(map(tuple, (S @ rnn.W).to_fractions())),
        "F_g = [S F; 0]": _stacked(S @ rnn.F, zeros(r, rnn.inputs)) == urnn.F,
        "b_g = [S b; c]": b.block(range(n), [0]) == S @ rnn.b,
        "C_g [S; 0] = C, and gates are not read": _read(urnn, S) == rnn.C
        and urnn.C.block(range(urnn.outputs), range(n, urnn.states)).is_zero(),
        "both have ReLU": is_relu(rnn),
    }
    if gates is Gates.SIGN:
        first = [dot(row, h.entries()) for row in urnn.R]
        facts["R g_init = [W h_init; a], a <= 0"] = first[:n] == (
            S @ rnn.W @ rnn.h_init
        ).entries() and _not_positive(first[n:])
    else:
        facts["g_init = [S h_init; 0]"] = h == _stacked(S @ rnn.h_init, zeros(r, 1))
    return facts


def _takes_up(rnn: RNN, urnn: ScaledURNN, S: RationalMatrix) -> dict[str, bool]:
    """Compare the weights with what the fourth way says."""
    n, N = rnn.states, urnn.states
    r, zeros, R = (N - n) // 2, RationalMatrix.zeros, urnn.R
    upper, middle, lower = range(n), range(n, n + r), range(n + r, N)

    def is_zero(rows: range, columns_: range) -> bool:
        return not any(R[i][j] for i in rows for j in columns_)

    C = RationalMatrix.blocks([[rnn.C, zeros(rnn.outputs, N - n)]])
    return {
        "S = I and N = n + 2 r": S == RationalMatrix.identity(n) and N == n + 2 * r,
        "the columns of h are [W; K; 0]": tuple(row[:n] for row in R[:n])
        == tuple(map(tuple, rnn.W.to_fractions()))
        and is_zero(lower, upper),
        "the columns of the r further units are [0; 0; D], D <= 0": is_zero(range(n + r), middle)
        and all(_not_positive(R[i][n : n + r]) for i in lower),
        "F_g = [F; 0]": _stacked(rnn.F, zeros(N - n, rnn.inputs)) == urnn.F,
        "b_g = [b; 0]": _stacked(rnn.b, zeros(N - n, 1)) == urnn.b,
        "C_g = [C, 0]": C == urnn.C,
        "g_init = [h_init; 0]": _stacked(rnn.h_init, zeros(N - n, 1)) == urnn.h_init,
        "both have ReLU": is_relu(rnn),
    }


def never_clipped(S: RationalMatrix, affine: AffineStates | None) -> bool:
    """Decide whether ReLU commutes with S on what occurs: S = I, or nothing is ever negative."""
    if S == RationalMatrix.identity(S.shape[0]):
        return True
    if affine is None or not affine.units_stay_active():
        return False
    return all(affine.at_least(row) >= 0 for row in S.to_fractions())


def closed_by(
    gates: Gates,
    urnn: ScaledURNN,
    S: RationalMatrix,
    H: Fraction | None,
    affine: AffineStates | None,
) -> bool:
    """Decide 4. in the given way.

    Parameters
    ----------
    H
        A bound of every ``||h^k||``, shown elsewhere; for STATE_BOUND.
    affine
        For AFFINE.
    """
    L, c = gate_rows(urnn, S), urnn.b.entries()[S.shape[0] :]
    if gates is Gates.LOST:
        return True  # what `carries` compares is all
    if gates is Gates.SIGN:
        return not any(c) and all(_not_positive(row) for row in L)
    if gates is Gates.STATE_BOUND:
        if H is None or H < 0:
            return False
        squares = [dot(row, row) for row in L]
        return all(x <= 0 and sign(x * x - s * H * H) >= 0 for x, s in zip(c, squares, strict=True))
    if affine is None or not affine.units_stay_active():
        return False
    for row, x in zip(L, c, strict=True):
        rational = [v for v in row if isinstance(v, Fraction)]
        if len(rational) < len(row) or affine.at_most(rational, from_start=True) + x > 0:
            return False
    return True


def is_relu(rnn: Network) -> bool:
    """Tell whether the activation is exactly ReLU."""
    return getattr(rnn.activation, "is_relu", False) is True


def _not_positive(values: Sequence[Number]) -> bool:
    return all(sign(x) <= 0 for x in values)


def _read(urnn: ScaledURNN, S: RationalMatrix) -> RationalMatrix:
    return urnn.C.block(range(urnn.outputs), range(S.shape[0])) @ S


def _stacked(top: RationalMatrix, bottom: RationalMatrix) -> RationalMatrix:
    return RationalMatrix.blocks([[top], [bottom]])
