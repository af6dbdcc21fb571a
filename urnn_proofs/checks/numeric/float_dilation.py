"""How far the U of a floating-point URNN is from an exact one.

*Nearest orthogonal matrix.*  ``U = Q P`` (polar), ``||U - Q|| = max |s_i - 1| <= max |s_i^2 - 1| =
||U^T U - I||`` for the singular values ``s_i >= 0``.

*Nearest exact dilation* (:func:`dilation_distance`).  Let the stored N x N matrix be
``U' = [V', Z']``, ``V' = [W'; S']`` its first n columns, ``N >= 2n``, ``||W|| <= rho < 1``,
``||W' - W|| <= eta``, ``||U'^T U' - I|| <= eps``.  There is an orthogonal U with W in its corner,
so the transition matrix of a URNN with exactly the outputs of the RNN, and ``||U' - U||`` is
bounded:

- ``||S'^T S' - (I - W^T W)|| <= E = eps + eta (||W'|| + ||W||)``.
- ``S' = O Y^(1/2)``, ``Y = S'^T S'``, with orthonormal columns O; put ``W3 = O X^(1/2)``,
  ``X = I - W^T W``, so ``W3^T W3 = X``.
  ``||S' - W3|| = ||Y^(1/2) - X^(1/2)|| <= E / sqrt(1 - rho^2)``: for ``D = Y^(1/2) - X^(1/2)``,
  ``D w = l w``, ``||w|| = 1``, ``|l| = ||D||``,
  ``w.(Y - X) w = w.(Y^(1/2) D + D X^(1/2)) w = l (w.Y^(1/2) w + w.X^(1/2) w)``, and the last
  bracket is at least ``sqrt(1 - rho^2)``.
- So ``V = [W; W3]`` has orthonormal columns, ``||V' - V|| <= v = sqrt(eta^2 + E^2/(1 - rho^2))``.
- ``||V^T Z'|| <= a = eps + v sqrt(1 + eps)``.  With an orthonormal basis B of the complement of V,
  ``T = B^T Z'`` is square, ``||T^T T - I|| <= eps + a^2``; let Z be B times the orthogonal factor
  of T.  ``||Z' - Z||^2 <= a^2 + (eps + a^2)^2``.
- ``U = [V, Z]`` is orthogonal, ``||U' - U||^2 <= v^2 + a^2 + (eps + a^2)^2``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from urnn_proofs.checks.exact.contractive import NormBound, certify_contractive
from urnn_proofs.checks.numeric.ball_norms import BallNorms
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.norm_source import NormSource
from urnn_proofs.model.errors import UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import round_up, sqrt_upper
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.scaled_urnn import ScaledURNN

__all__ = ["DilatedLayer", "dilation_distance"]


@dataclass(frozen=True, eq=False)
class DilatedLayer(ABC):
    """An exact layer, the floating-point URNN that stands for it, and how far its U is from exact.

    Parameters
    ----------
    rnn
        The exact layer.
    weights
        The URNN as it is stored.
    input_bound
        M of this layer.
    norms
        Where norm bounds come from.
    orthogonal
        An orthogonal U, proved elsewhere to have the W of the layer in its corner, or to be that of
        a URNN with exactly its outputs, or that URNN, its states rescaled; None if there is none.

    Raises
    ------
    NotContractiveError
        From the bounds, if ``||W|| >= 1``, with a rational witness.
    UndecidedError
        From the bounds: if the lower units cannot be shown to stay where they should, or
        ``1 - ||W||`` is too small.
    UnsupportedError
        From the bounds, if the activation is another.
    InputError
        From the bounds, if sizes do not fit.
    """

    rnn: RNN
    weights: FloatNetwork
    input_bound: Fraction
    norms: NormSource
    orthogonal: Orthogonal | ScaledURNN | None = None

    @property
    def base(self) -> RNN:
        """The network whose weights were stored."""
        return self.rnn

    @cached_property
    def contraction(self) -> NormBound:
        """The exact certificate ``||W|| <= rho < 1`` of :attr:`base`."""
        return certify_contractive(self.base.W)

    @property
    @abstractmethod
    def corner(self) -> tuple[Fraction, Fraction]:
        """Upper bounds of ``||W'||`` and ``||W' - W||``, plain norms."""

    @cached_property
    def defect(self) -> Fraction:
        """An upper bound of ``||U^T U - I||``, and so of the distance to an orthogonal matrix."""
        return self.norms.defect(self.weights.W)

    @cached_property
    def distance(self) -> Fraction:
        """An upper bound of the distance of U to one whose URNN has exactly the outputs of the RNN.

        Raises
        ------
        UnsupportedError
            If there are fewer than 2n states and no exact U to compare with.
        """
        if self.orthogonal is not None and self.orthogonal.shape == self.weights.W.shape:
            return BallNorms().distance(self.weights.W, self.orthogonal)
        if self.weights.states < 2 * self.rnn.states:
            raise UnsupportedError(
                f"the weights have {self.weights.states} states; expected at least "
                f"{2 * self.rnn.states}, twice those of the network"
            )
        return dilation_distance(self.contraction.rho, *self.corner, self.defect)


def dilation_distance(
    rho: Fraction, stored_norm: Fraction, changed: Fraction, defect: Fraction
) -> Fraction:
    """Bound the distance of a stored U' to an orthogonal U with the exact W in its corner.

    Parameters
    ----------
    rho
        An upper bound of ``||W||``, below 1.
    stored_norm
        An upper bound of ``||W'||``.
    changed
        eta, an upper bound of ``||W' - W||``.
    defect
        eps, an upper bound of ``||U'^T U' - I||``.

    Raises
    ------
    UndecidedError
        If rho is not below 1.

    Examples
    --------
    >>> small = Fraction(1, 10**16)
    >>> float(dilation_distance(Fraction(3, 5), Fraction(3, 5), Fraction(0), small)) < 3e-16
    True
    """
    if not rho < 1:
        raise UndecidedError(f"the bound of ||W|| is {float(rho):.6g}; expected one below 1")
    corner = defect + changed * (stored_norm + rho)
    left = sqrt_upper(round_up(changed**2 + corner**2 / (1 - rho**2), 64))
    across = round_up(defect + left * sqrt_upper(round_up(1 + defect, 64)), 64)
    return sqrt_upper(round_up(left**2 + across**2 + (defect + across**2) ** 2, 64))
