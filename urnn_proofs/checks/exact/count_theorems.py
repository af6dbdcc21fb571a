"""The hypotheses of the theorems that say how many states a ReLU URNN must have.

Both are about an RNN with n states, ReLU, ``||E W E^{-1}|| < 1`` for some positive diagonal E, and
a constant input x shorter than M with the fixed point ``h = relu(W h + F x + b)``.

*n+mu*: h > 0 entrywise, and (W, F, C) is minimal, that is reachable and observable.  Then every
URNN with the same outputs has at least ``n + mu`` states, mu the dimension of an eigenspace of W.

*2n-iff-diagonal*: ``F x + b = 0``, so h = 0, and F and C have rank n.  Then every such URNN has at
least ``n + pi`` states, where for each positive diagonal D at least pi singular values of
``A = D W D^{-1}`` are below 1.  If W is a direct sum over parts of the units, pi is a sum over the
parts, and a part counts at least as much as the dimension of an eigenspace of its block: on the
eigenspace of A^T for lambda, ``x* (I - A A^T) x = (1 - |lambda|^2) |x|^2 > 0``.

Here only the hypotheses are decided.  The theorems are proved by hand, on the pages of these names,
and what rests on them is ASSUMED, but for a part of *n+mu* that Coq proved (page "n+eigenspace"):
every eigenvalue if ``||W|| < 1``, real ones after a scaling.  :func:`coq_theorem` says whether a
bound is within that part.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpz_poly

from urnn_proofs.checks.exact.contractive import is_contractive
from urnn_proofs.checks.exact.eigenspaces import eigenspace_at_least, is_reachable, work_fits
from urnn_proofs.checks.exact.scaled import is_relu
from urnn_proofs.checks.exact.similarity import scale_matrix
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix

__all__ = [
    "CountBound",
    "Part",
    "coq_theorem",
    "count_bound_holds",
    "fixed_point",
    "hypotheses_hold",
]

#: Units, and the coefficients of a polynomial that shows an eigenspace of their block.
Part = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class CountBound:
    """Every ReLU URNN with the same outputs has at least *states* states, by a named theorem.

    Parameters
    ----------
    theorem
        "n+mu" or "2n-iff-diagonal".
    states
        The bound.
    input
        x, constant, shorter than M.
    scaling
        Positive diagonal E with ``||E W E^{-1}|| < 1``.
    parts
        A partition of the units; one part for "n+mu".  Each with integer coefficients, the constant
        first, of a polynomial p: ``dim ker p(W_part) / deg p`` dimensions are in one eigenspace.
    """

    theorem: str
    states: int
    input: tuple[Fraction, ...]
    scaling: tuple[Fraction, ...]
    parts: tuple[Part, ...]


def count_bound_holds(rnn: RNN, input_bound: Fraction, bound: CountBound) -> bool:
    """Check the hypotheses of the theorem, and the number, from the network alone."""
    return hypotheses_hold(rnn, input_bound, bound) and bound.states <= rnn.states + sum(
        eigenspace_at_least(rnn.W.block(units, units), p) for units, p in bound.parts
    )


def coq_theorem(rnn: RNN, input_bound: Fraction, bound: CountBound) -> str | None:
    """Return the name in Coq of a theorem that proves the bound; None if there is none.

    All its hypotheses are checked here, exactly.  *theorem_A* is about a real eigenvalue, here a
    rational one, and ``||W|| < 1``; *theorem_A_scaled* about ``||E W E^{-1}|| < 1`` instead;
    *theorem_A_complex* about any eigenvalue, and ``||W|| < 1``.  Each of them asks for a minimal
    (W, F, C), and a constant input shorter than M whose fixed point is positive.

    Source: ``formal/TheoremA.v``, ``formal/TheoremAScaled.v``.
    """
    if bound.theorem != "n+mu" or not count_bound_holds(rnn, input_bound, bound):
        return None
    ((_, p),) = bound.parts
    rational = _kernel_of_a_rational(rnn.W, p) >= bound.states - rnn.states
    try:
        contractive = is_contractive(rnn.W)
    except UndecidedError:
        contractive = False
    if rational:
        return "theorem_A" if contractive else "theorem_A_scaled"
    return "theorem_A_complex" if contractive else None


def hypotheses_hold(rnn: RNN, input_bound: Fraction, bound: CountBound) -> bool:
    """Check everything but the number of states."""
    n, x, E = rnn.states, bound.input, bound.scaling
    if not is_relu(rnn) or len(x) != rnn.inputs or sum(v * v for v in x) >= input_bound**2:
        return False
    if len(E) != n or min(E) <= 0 or not _are_parts(rnn.W, bound.parts):
        return False
    try:
        if not is_contractive(scale_matrix(rnn.W, E)):
            return False
    except UndecidedError:
        return False
    if bound.theorem == "2n-iff-diagonal":
        at_kink = (rnn.F @ RationalMatrix.column(x) + rnn.b).is_zero()
        return at_kink and rnn.F.rank() == n == rnn.C.rank()
    if bound.theorem != "n+mu" or len(bound.parts) != 1:
        return False
    return (
        min(fixed_point(rnn, x)) > 0
        and is_reachable(rnn.W, rnn.F) is True
        and is_reachable(rnn.W.transpose(), rnn.C.transpose()) is True
    )


def fixed_point(rnn: RNN, x: tuple[Fraction, ...]) -> list[Fraction]:
    """Return h with ``h = W h + F x + b``; 1 must be no eigenvalue of W."""
    unit = RationalMatrix.identity(rnn.states)
    return (unit - rnn.W).solve(rnn.F @ RationalMatrix.column(x) + rnn.b).entries()


def _kernel_of_a_rational(W: RationalMatrix, coefficients: tuple[int, ...]) -> int:
    """Return ``dim ker(W - lambda)`` where p is linear with the root lambda; else 0."""
    p = fmpz_poly(list(coefficients))
    if p.degree() != 1 or not work_fits(W):
        return 0
    n = W.shape[0]
    root = Fraction(-int(p[0]), int(p[1]))
    return n - (W - RationalMatrix.identity(n) * root).rank()


def _are_parts(W: RationalMatrix, parts: tuple[Part, ...]) -> bool:
    """Tell whether every unit is in one part, and W connects no two parts."""
    owner = {i: k for k, (units, _) in enumerate(parts) for i in units}
    count = sum(len(units) for units, _ in parts)
    if sorted(owner) != list(range(W.shape[0])) or count != W.shape[0]:
        return False
    rows = W.numerators.tolist()
    return all(
        x == 0 or owner[i] == owner[j] for i, row in enumerate(rows) for j, x in enumerate(row)
    )
