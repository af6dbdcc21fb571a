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

from urnn_proofs.checks.exact.orthogonality import check_orthogonal
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.network import RNN, URNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict

__all__ = [
    "copy_matrix",
    "failing_identities",
]


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
    S = copy_matrix(groups, rnn.states)
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


def copy_matrix(groups: Sequence[int], units: int) -> RationalMatrix:
    """Return S, (N, n): row j has its 1 at the unit that state j copies."""
    return RationalMatrix.identity(units).block(groups, range(units))


def _rational(urnn: URNN) -> RationalMatrix:
    """Return the transition matrix, unit scales stripped."""
    if urnn.W.is_rational:
        return urnn.W.R
    raise UnsupportedError(
        "the transition matrix is scaled-rational, with square roots in its entries; expected a "
        "rational one"
    )
