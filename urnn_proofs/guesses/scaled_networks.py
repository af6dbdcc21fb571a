"""URNNs with few states for a ReLU network, written for states ``sqrt(M) g``: three proposals.

:mod:`urnn_proofs.checks.exact.scaled` says why they have the outputs of the network, and checks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.affine_states import AffineStates, affine_states
from urnn_proofs.checks.exact.scaled import Gates, ScaledEvidence
from urnn_proofs.checks.exact.state_bound import StateBound
from urnn_proofs.guesses.scaled_dilation import completed, defect_rows
from urnn_proofs.model.field import Rows, columns, dot
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import round_up, sqrt_upper
from urnn_proofs.model.quadratic import Number, in_balls, sign
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled_urnn import ScaledURNN

__all__ = ["Proposal", "active_network", "few_state_network", "fits", "unbounded_network"]

Proposal = tuple[ScaledURNN, ScaledEvidence]
Array = np.ndarray[Any, np.dtype[np.float64]]

# Exact arithmetic in plain Python: n^3 times the bits of a weight, some twenty seconds.
_MOST_WORK = 100_000
_BITS = 32


def fits(W: RationalMatrix) -> bool:
    """Tell whether a matrix of this size is eliminated here in seconds."""
    return W.shape[0] ** 3 * W.bits <= _MOST_WORK


def few_state_network(rnn: RNN, weights: Sequence[Number], bound: StateBound) -> Proposal | None:
    """Return the URNN of the states ``sqrt(P) h``: n + rank(P - W^T P W) states.

    None if ``P - W^T P W`` is not positive semidefinite.

    Parameters
    ----------
    weights
        P, a positive diagonal.
    bound
        Of every ``||h^k||``.
    """
    W = rnn.W.to_fractions()
    found = defect_rows(W, weights)
    if found is None:
        return None
    L, M_low = found
    M = (*weights, *M_low)
    low = [-round_up(_root_above(dot(row, row)) * bound.H, _BITS) for row in L]
    urnn = _assembled(rnn, RationalMatrix.identity(rnn.states), completed(W, L, M), M, low)
    return urnn, ScaledEvidence(
        RationalMatrix.identity(rnn.states), Gates.STATE_BOUND, bound if L else None
    )


def unbounded_network(rnn: RNN, weights: Sequence[Number]) -> Proposal | None:
    """Return a URNN for all inputs, with no bound: n + r or n + 2 r states.

    Here r is the rank of the defect ``P - W^T P W``.  The former if all entries of its factor have
    one sign, as where W is diagonal; the latter always, if the defect is semidefinite.

    Source: theorem "no-bound".
    """
    W, unit = rnn.W.to_fractions(), RationalMatrix.identity(rnn.states)
    found = defect_rows(W, weights)
    if found is None:
        return None
    K, M_low = found
    n, r, zero = rnn.states, len(K), Fraction(0)
    M = (*weights, *M_low)
    if all(sign(x) >= 0 for row in K for x in row):
        R = completed(W, [[-x for x in row] for row in K], M)
        start = _start(rnn, R, M)
        if start is not None:
            urnn = _assembled(rnn, unit, R, M, [zero] * r, start)
            return urnn, ScaledEvidence(unit, Gates.SIGN)
    larger = [[*row, *[zero] * r] for row in [*W, *K]]
    low = [[Fraction(-(j == n + i)) for j in range(n + r)] for i in range(r)]
    M = (*M, *M_low)
    urnn = _assembled(rnn, unit, completed(larger, low, M), M, [zero] * (2 * r))
    return urnn, ScaledEvidence(unit, Gates.LOST)


def _start(rnn: RNN, R: Rows, M: Sequence[Number]) -> list[Fraction] | None:
    """Return g with ``R g = [W h_init; 0]``, or ``[h_init; 0]``; None if g is irrational."""
    low = [Fraction(0)] * (len(M) - rnn.states)
    h = rnn.h_init.entries()
    if min(h) >= 0:
        return h + low
    image = (rnn.W @ rnn.h_init).entries() + low
    weighted = [w * x for w, x in zip(M, image, strict=True)]
    found = [dot(column, weighted) / w for column, w in zip(columns(R), M, strict=True)]
    rational = [x for x in found if isinstance(x, Fraction)]
    return rational if len(rational) == len(found) else None


def active_network(rnn: RNN, M: Fraction, added: int) -> Proposal | None:
    """Return a URNN with ``n + added`` states for a network whose units all stay active.

    ``P = sum_j (W^T)^j q^T q W^j`` for some q with *added* rows from which W is observable; so
    ``P - W^T P W = q^T q``.  The states are ``S h`` with ``S^T M_1 S = P``, turned until every
    entry of ``S h^k`` is positive: then ReLU does nothing.  None if no such q and S were found.

    Source: theorem "n+mu", its sharpness.
    """
    affine = affine_states(rnn, M)
    if affine is None or not affine.units_stay_active():
        return None
    for q in _readings(rnn.states, added):
        P = _gramian(rnn.W, q)
        if P is None:
            continue
        for S in _turned(P, affine.centre):
            if all(affine.at_least(row) >= 0 for row in S.to_fractions()):
                return _active(rnn, affine, P, q, S)
    return None


def _active(
    rnn: RNN, affine: AffineStates, P: RationalMatrix, q: RationalMatrix, S: RationalMatrix
) -> Proposal:
    unit = RationalMatrix.identity(rnn.states)
    inverse = S.solve(unit)
    form = inverse.transpose() @ P @ inverse
    weights = [form[i, i] for i in range(rnn.states)] + [Fraction(1)] * q.shape[0]
    low = [-round_up(affine.at_most(row, from_start=True), _BITS) for row in q.to_fractions()]
    A, L = (S @ rnn.W @ inverse).to_fractions(), (q @ inverse).to_fractions()
    urnn = _assembled(rnn, S, completed(A, L, weights), weights, low)
    return urnn, ScaledEvidence(S, Gates.AFFINE)


def _assembled(
    rnn: RNN,
    S: RationalMatrix,
    R: Rows,
    weights: Sequence[Number],
    low: Sequence[Fraction],
    start: Sequence[Fraction] | None = None,
) -> ScaledURNN:
    r, zeros, column = len(low), RationalMatrix.zeros, RationalMatrix.column
    C = S.transpose().solve(rnn.C.transpose()).transpose()
    kept = RationalMatrix.blocks([[S @ rnn.h_init], [zeros(r, 1)]])
    h = kept if start is None else column(start)
    return ScaledURNN(
        R,
        tuple(weights),
        RationalMatrix.blocks([[S @ rnn.F], [zeros(r, rnn.inputs)]]),
        RationalMatrix.blocks([[S @ rnn.b], [column(low)]]),
        RationalMatrix.blocks([[C, zeros(rnn.outputs, r)]]),
        h,
    )


def _root_above(square: Number) -> Fraction:
    """Return a rational at least the root of *square* >= 0."""
    if isinstance(square, Fraction):
        return sqrt_upper(square)
    top = in_balls(square, 64).upper()
    mantissa, exponent = top.man_exp()
    return sqrt_upper(int(mantissa) * Fraction(2) ** int(exponent))


def _readings(n: int, added: int) -> Iterator[RationalMatrix]:
    """Propose q: a row of ones first, then small whole numbers from fixed seeds."""
    if added == 1:
        yield RationalMatrix.from_fractions([[1] * n])
    for seed in range(8):
        table = np.random.default_rng(seed).integers(-4, 5, size=(added, n))
        yield RationalMatrix.parse(table, "q")


def _gramian(W: RationalMatrix, q: RationalMatrix) -> RationalMatrix | None:
    """Solve ``P - W^T P W = q^T q``; None if P is singular, so that W is not observable from q."""
    n = W.shape[0]
    rows, right = W.to_fractions(), (q.transpose() @ q).entries()
    system = [[Fraction(0)] * (n * n) for _ in range(n * n)]
    for i in range(n):
        for j in range(n):
            equation = system[i * n + j]
            equation[i * n + j] += 1
            for k in range(n):
                for m in range(n):
                    equation[k * n + m] -= rows[k][i] * rows[m][j]
    solution = RationalMatrix.from_fractions(system).solve(RationalMatrix.column(right)).entries()
    P = RationalMatrix.from_fractions([solution[i * n : (i + 1) * n] for i in range(n)])
    return P if P.rank() == n else None


def _turned(P: RationalMatrix, centre: RationalMatrix) -> Iterator[RationalMatrix]:
    """Propose S with ``S P^{-1} S^T`` diagonal, all entries of ``S centre`` about equal.

    Short rationals near the rows of a square root that a reflection has turned, made orthogonal
    exactly.
    """
    n = P.shape[0]
    try:
        square_root = np.linalg.cholesky(P.to_numpy()).T
    except np.linalg.LinAlgError:
        return
    image = square_root @ centre.to_numpy()[:, 0]
    length = float(np.linalg.norm(image))
    if not (np.isfinite(length) and length > 0):
        return
    mirror = image / length - np.ones(n) / np.sqrt(n)
    turned: Array = square_root
    if (size := float(mirror @ mirror)) > 1e-24:
        turned = square_root - np.outer(2 * mirror / size, mirror @ square_root)
    inverse = P.solve(RationalMatrix.identity(n))
    for bits in (8, 16, 32):
        rows = _gram_schmidt(turned, inverse, bits)
        if rows is not None:
            yield rows


def _gram_schmidt(near: Array, form: RationalMatrix, bits: int) -> RationalMatrix | None:
    found: list[list[Fraction]] = []
    products: list[tuple[list[Fraction], Fraction]] = []  # form @ row, and its square
    largest = float(np.abs(near).max())
    unit = Fraction(2) ** (int(np.floor(np.log2(largest))) - bits) if largest > 0 else Fraction(1)
    for given in near:
        row = [round(Fraction(float(x)) / unit) * unit for x in given]
        start = list(row)
        for earlier, (dual, square) in zip(found, products, strict=True):
            factor = sum((a * b for a, b in zip(dual, start, strict=True)), Fraction(0)) / square
            row = [x - factor * y for x, y in zip(row, earlier, strict=True)]
        if not any(row):
            return None
        dual = (form @ RationalMatrix.column(row)).entries()
        found.append(row)
        products.append((dual, sum((a * b for a, b in zip(dual, row, strict=True)), Fraction(0))))
    return RationalMatrix.from_fractions(found)
