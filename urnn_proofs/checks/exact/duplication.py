"""The unitary network with duplicated units, and the exact proof that it is equivalent.

A network with N states *lumps* onto one with n states through a 0/1 matrix S, (N, n), with
exactly one 1 in each row, if

    ``U S = S W``,  ``F_u = S F``,  ``b_u = S b``,  ``h_u = S h``,  ``C_u S = C``.

Then ``h_u^k = S h^k`` for all k by induction: ``U S h + S F x + S b = S (W h + F x + b)``, and an
entrywise phi commutes with S because each row of S picks one entry.  So the outputs are equal
for every activation, all inputs and all k.  No norm, no bound and no analysis enters.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from urnn_proofs.checks.exact.lumping import Lumping, is_lumping
from urnn_proofs.checks.exact.orthogonality import check_orthogonal
from urnn_proofs.model.deadline import check_deadline
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled import ScaledRational
from urnn_proofs.model.verdict import Verdict

__all__ = [
    "duplicated_urnn",
    "failing_identities",
]


def duplicated_urnn(rnn: RNN, lumping: Lumping) -> tuple[URNN, tuple[int, ...]]:
    """Build the URNN, ``U = S W E^{-1} S^T + (I - S E^{-1} S^T)``; say which unit a state copies.

    The first term lifts W to the span V of the columns of S, the second is the identity on the
    complement of V.  ``U^T U = S E^{-1} (W^T E W) E^{-1} S^T + (I - S E^{-1} S^T) = I``.

    Raises
    ------
    InputError
        If *lumping* does not fit: ``W^T E W`` is not E.
    """
    W, copies = rnn.W, lumping.multiplicities
    if not is_lumping(W, copies):
        raise InputError(
            f"multiplicities are {copies}; expected positive integers e with "
            f"W^T diag(e) W = diag(e); try decide_lumping"
        )
    groups = tuple(i for i, e in enumerate(copies) for _ in range(e))

    def entry(a: int, b: int) -> Fraction:
        i, j = groups[a], groups[b]
        projection = Fraction(1, copies[j]) if i == j else Fraction(0)
        return W[i, j] / copies[j] + (a == b) - projection

    size, rows = range(len(groups)), []
    for a in size:
        check_deadline()
        rows.append([entry(a, b) for b in size])
    U = RationalMatrix.from_fractions(rows)
    S = _copies(groups, rnn.states)
    shared = RationalMatrix.from_fractions(
        [[Fraction(int(a == b), copies[a]) for b in range(rnn.states)] for a in range(rnn.states)]
    )
    one = (Fraction(1),) * len(groups)
    urnn = URNN(
        W=ScaledRational(U, one, one),
        F=S @ rnn.F,
        b=S @ rnn.b,
        C=rnn.C @ shared @ S.transpose(),
        h_init=S @ rnn.h_init,
        activation=rnn.activation,
    )
    return urnn, groups


def failing_identities(rnn: RNN, urnn: URNN, groups: Sequence[int]) -> tuple[str, ...]:
    """Check that *urnn* is unitary and lumps onto *rnn* through *groups*; name what fails.

    Everything is compared in exact arithmetic, from the two networks alone.  An empty result
    proves that the outputs are equal for all inputs and all k.

    Raises
    ------
    UnsupportedError
        If the transition matrix of the URNN is not rational.
    """
    if not isinstance(rnn, RNN) or not isinstance(urnn, URNN):
        return ("an RNN and a URNN",)
    W, U = rnn.W, _rational(urnn)
    if len(groups) != urnn.states or any(not 0 <= g < rnn.states for g in groups):
        return ("groups: one unit of the RNN for each state of the URNN",)
    if (rnn.inputs, rnn.outputs) != (urnn.inputs, urnn.outputs):
        return ("numbers of inputs and outputs",)
    S = _copies(groups, rnn.states)
    identities = {
        "activation": rnn.activation == urnn.activation,
        "U^T U = I": check_orthogonal(urnn.W).verdict is Verdict.PROVED,
        "U S = S W": U @ S == S @ W,
        "F_u = S F": urnn.F == S @ rnn.F,
        "b_u = S b": urnn.b == S @ rnn.b,
        "h_u = S h": urnn.h_init == S @ rnn.h_init,
        "C_u S = C": urnn.C @ S == rnn.C,
        "the URNN has no offset": urnn.offset.is_zero(),
    }
    return tuple(name for name, holds in identities.items() if not holds)


def _copies(groups: Sequence[int], units: int) -> RationalMatrix:
    return RationalMatrix.from_fractions([[int(g == i) for i in range(units)] for g in groups])


def _rational(urnn: URNN) -> RationalMatrix:
    """Return the transition matrix, unit scales stripped."""
    if all(scale == 1 for scale in (*urnn.W.alpha, *urnn.W.beta)):
        return urnn.W.R
    raise UnsupportedError(
        "the transition matrix is scaled-rational, with square roots in its entries; expected a "
        "rational one"
    )
