"""A ReLU network none of whose units ever switches off: its states are affine in the inputs.

Let ``a^k = W a^{k-1} + F x^k + b``, ``a^{-1} = h_init``, ``||W|| <= rho < 1``.  With the fixed
point ``a* = (I - W)^{-1} b`` and ``d = h_init - a*`` every linear functional obeys

    ``v a^k = v a* + v W^{k+1} d + sum_{j <= k} v W^j F x^{k-j}``,

so for ``||x^k|| <= M`` it stays within ``M sum_j ||v W^j F||`` of ``v a* + v W^{k+1} d``.  The
first K terms are computed exactly, ``||v W^j|| <= rho^{j-K} ||v W^K||`` bounds the others.  If no
entry of a^k, k >= 0, can be negative, the states of the ReLU network are ``h^k = a^k``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.norms import norm_upper_bound
from urnn_proofs.model.errors import NotContractiveError, UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import round_up, sqrt_upper
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["AffineStates", "affine_states"]

_MOST_TERMS, _SMALL, _BITS = 200, Fraction(1, 2**20), 64


@dataclass(frozen=True, eq=False)
class AffineStates:
    """Bounds of linear functionals of the states; made by :func:`affine_states`.

    Parameters
    ----------
    rnn, input_bound
        The network, ``||W|| <= rho``, and M.
    rho
        Below 1, shown by whoever made this.
    terms
        K >= 1.
    """

    rnn: RNN
    input_bound: Fraction
    rho: Fraction
    terms: int

    @cached_property
    def centre(self) -> RationalMatrix:
        """a*."""
        n = self.rnn.states
        return (RationalMatrix.identity(n) - self.rnn.W).solve(self.rnn.b)

    @cached_property
    def _offset(self) -> RationalMatrix:
        return self.rnn.h_init - self.centre

    @cached_property
    def _sizes(self) -> tuple[Fraction, Fraction]:
        """Return upper bounds of ``||F||`` and ``||d||``."""
        return norm_upper_bound(self.rnn.F), sqrt_upper(self._offset.frobenius_squared())

    def at_least(self, v: Sequence[Fraction]) -> Fraction:
        """Return a lower bound of ``v a^k`` for all k >= 0 and all inputs in X_M."""
        row = RationalMatrix.column(v).transpose()
        level = (row @ self.centre)[0, 0]
        M, spread, lowest = self.input_bound, Fraction(0), []
        for _ in range(self.terms):  # k = 0, 1, ..., K - 1
            spread = round_up(spread + sqrt_upper((row @ self.rnn.F).frobenius_squared()), _BITS)
            row = (row @ self.rnn.W).reduced()
            lowest.append((row @ self._offset)[0, 0] - M * spread)
        f, d = self._sizes
        rest = sqrt_upper(row.frobenius_squared())
        lowest.append(-rest * self.rho * d - M * (spread + rest * f / (1 - self.rho)))
        return level + min(lowest)

    def at_most(self, v: Sequence[Fraction], *, from_start: bool = False) -> Fraction:
        """Return an upper bound of ``v a^k`` for all k >= 0, with *from_start* for k = -1 too."""
        found = -self.at_least([-x for x in v])
        if not from_start:
            return found
        row = RationalMatrix.column(v).transpose()
        return max(found, (row @ self.rnn.h_init)[0, 0])

    def units_stay_active(self) -> bool:
        """Decide whether no entry of ``a^k``, k >= 0, is ever below 0; then h^k = a^k."""
        return self._active

    @cached_property
    def _active(self) -> bool:
        n = self.rnn.states
        return all(self.at_least([Fraction(i == j) for j in range(n)]) >= 0 for i in range(n))


def affine_states(rnn: RNN, input_bound: Fraction) -> AffineStates | None:
    """Return the bounds; None unless ``||W|| < 1`` is shown.

    Examples
    --------
    >>> net = RNN([[Fraction(1, 2)]], [[1]], [50], [[1]])
    >>> found = affine_states(net, Fraction(1))
    >>> found.units_stay_active(), float(found.at_least([Fraction(1)])) > 47
    (True, True)
    """
    try:
        rho = certify_contractive(rnn.W).rho
    except (NotContractiveError, UndecidedError):
        return None
    terms, power = 1, rho
    while power > _SMALL and terms < _MOST_TERMS:
        terms, power = terms + 1, round_up(power * rho)
    return AffineStates(rnn, input_bound, rho, terms)
