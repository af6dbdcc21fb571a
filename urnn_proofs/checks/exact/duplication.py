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
from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.checks.exact.lumping import Lumping, NoLumping, decide_lumping, is_lumping
from urnn_proofs.checks.exact.orthogonality import check_orthogonal
from urnn_proofs.model.deadline import check_deadline
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN, require_rnn
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled import ScaledRational
from urnn_proofs.model.verdict import Verdict

__all__ = [
    "DuplicatedURNN",
    "duplicated_urnn",
    "failing_identities",
    "is_certified",
    "smooth_equivalent_urnn",
]


@dataclass(frozen=True, eq=False)
class DuplicatedURNN:
    """A URNN and the unit of the RNN each of its states copies.

    Parameters
    ----------
    urnn
        ``urnn.W`` is a rational orthogonal matrix (a :class:`ScaledRational` with unit scales).
    groups
        ``groups[j]`` is the unit that state j copies; a row of S in the module's docstring.
    """

    urnn: URNN
    groups: tuple[int, ...]


def smooth_equivalent_urnn(rnn: RNN) -> DuplicatedURNN | NoLumping:
    """Return the smallest equivalent URNN made of copies of the units, or the proof of none.

    Parameters
    ----------
    rnn
        Rational weights, n states, any activation.

    Returns
    -------
    DuplicatedURNN
        If ``E^{1/2} W E^{-1/2}`` is orthogonal for a positive integer diagonal E: it has
        ``trace E`` states and the same outputs for all inputs, with no bound on them.
    NoLumping
        Otherwise, with a dual proof.  For tanh and logistic networks whose rows of F are
        nonzero and different up to sign, and whose columns of C are nonzero, no URNN of any
        size exists then (the strong form of Theorem 3.3).

    Raises
    ------
    UnsupportedError
        If the network is a URNN already.
    UndecidedError
        See :func:`~urnn_proofs.checks.exact.lumping.decide_lumping`.

    Source: the positive side of arXiv:1910.13672, Theorem 3.3, which shows networks without one.

    Examples
    --------
    >>> third = Fraction(1, 3)
    >>> W = [[third, 4 * third], [-2 * third, third]]
    >>> both = smooth_equivalent_urnn(RNN(W, [[1], [2]], [0, 0], [[1, 1]], activation="tanh"))
    >>> both.urnn.states, both.groups
    (3, (0, 1, 1))
    """
    found = decide_lumping(require_rnn(rnn).W)
    if isinstance(found, NoLumping):
        return found
    return duplicated_urnn(rnn, found)


def duplicated_urnn(rnn: RNN, lumping: Lumping) -> DuplicatedURNN:
    """Build the URNN: ``U = S W E^{-1} S^T + (I - S E^{-1} S^T)``.

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
    return DuplicatedURNN(urnn, groups)


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


def is_certified(rnn: RNN, candidate: DuplicatedURNN) -> bool:
    """Tell whether the candidate passes every exact identity."""
    return not failing_identities(rnn, candidate.urnn, candidate.groups)


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
