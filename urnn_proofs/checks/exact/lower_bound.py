"""How many states every equivalent URNN must have: a lower bound with exact evidence.

For an RNN with n states, F and C of rank n, and inputs shorter than M that keep every unit on a
piece of phi with nonzero slope during the last T steps, a URNN with the same phi and the same
outputs has at least

* ``n + dim ker W`` states, if ``T >= dim ker W + 1``: what the RNN forgets in one step, an
  invertible U can only lose in units that are switched off, and copying the input needs n that are
  switched on (the dimension count of Theorem 3.2);
* ``n + 1`` states, if ``||E W E^{-1}|| < 1`` for some positive diagonal E, all slopes are 0 or 1,
  and ``T >= 2``: with n states W would be similar to an orthogonal matrix.

The first generalises Theorem 3.2 (``W = 0``).  The proofs are written out in the kernel's
``lower_bound`` module, which checks the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.checks.exact.contractive import is_contractive
from urnn_proofs.checks.exact.similarity import scale_matrix
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["LowerBound", "active_span", "drive", "lower_bound_holds"]


@dataclass(frozen=True)
class LowerBound:
    """Every URNN with the same activation and outputs has at least *states* states.

    Parameters
    ----------
    states
        The bound.
    reason
        Why, in one sentence.
    inputs
        Rational inputs (T, m), shorter than M, that keep every unit active at the end.
    scaling
        Positive diagonal E with ``||E W E^{-1}|| < 1``; ones where it is not needed.
    """

    states: int
    reason: str
    inputs: tuple[tuple[Fraction, ...], ...]
    scaling: tuple[Fraction, ...]


def lower_bound_holds(rnn: RNN, input_bound: Fraction, bound: LowerBound) -> bool:
    """Check the evidence exactly, from the network alone."""
    phi, n = rnn.activation, rnn.states
    if type(phi) is not PiecewiseLinear or input_bound <= 0 or bound.states < 1:
        return False
    if any(len(x) != rnn.inputs or sum(v * v for v in x) >= input_bound**2 for x in bound.inputs):
        return False
    if rnn.F.rank() < n or rnn.C.rank() < n or len(bound.scaling) != n or min(bound.scaling) <= 0:
        return False
    span = active_span(rnn, bound.inputs)
    if bound.states <= 2 * n - rnn.W.rank() and span >= max(bound.states - n, 0) + 1:
        return True
    if not set(phi.slopes) <= {0, 1}:
        return False
    return (
        bound.states == n + 1 and span >= 2 and is_contractive(scale_matrix(rnn.W, bound.scaling))
    )


def active_span(rnn: RNN, inputs: tuple[tuple[Fraction, ...], ...]) -> int:
    """Return on how many of the last steps every unit was on a piece with nonzero slope."""
    phi = rnn.activation
    assert isinstance(phi, PiecewiseLinear)
    h, span = rnn.h_init, 0
    for x in inputs:
        z = (drive(rnn, h) + rnn.F @ RationalMatrix.column(x)).entries()
        h = RationalMatrix.column([phi.exact(t) for t in z])
        span = span + 1 if all(phi.slope(t) for t in z) else 0
    return span


def drive(rnn: RNN, h: RationalMatrix) -> RationalMatrix:
    """Return ``W h + b``."""
    return rnn.W @ h + rnn.b
