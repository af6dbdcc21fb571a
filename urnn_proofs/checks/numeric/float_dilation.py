"""The URNN of Theorem 3.1 in floating point, for any size, and how far its U is from an exact one.

Halmos form: with ``W = P diag(s) Q^T``,
``U = [[W, P c P^T], [Q c Q^T, -W^T]]``, ``c = sqrt((1 - s)(1 + s))``.  U is only nearly orthogonal,
and its upper left block is W itself, bit for bit.

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

from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.number import round_up, sqrt_upper

__all__ = ["dilation_distance", "halmos", "with_gates"]

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
Array = np.ndarray[Any, np.dtype[np.float64]]


def halmos(W: Floats) -> Array:
    """Return a nearly orthogonal (2n, 2n) float64 matrix with W in its corner, bit for bit.

    Parameters
    ----------
    W
        (n, n), with norm at most 1 (not checked: singular values above 1 are taken as 1).

    Raises
    ------
    UndecidedError
        If the singular value decomposition does not converge.

    Source: P. R. Halmos, *Normal dilations and extensions of operators*, Summa Brasil. Math. 2
    (1950) 125-134.

    Examples
    --------
    >>> U = halmos(np.array([[0.6]]))
    >>> bool(np.allclose(np.abs(U), [[0.6, 0.8], [0.8, 0.6]]))
    True
    """
    W64 = W.astype(np.float64)
    try:
        P, s, Qt = np.linalg.svd(W64)
    except np.linalg.LinAlgError as error:
        raise UndecidedError(f"no singular value decomposition of W was found: {error}") from None
    c = np.sqrt(np.maximum((1 - s) * (1 + s), 0.0))
    U: Array = np.block([[W64, (P * c) @ P.T], [(Qt.T * c) @ Qt, -W64.T]])
    return U


def with_gates(upper: FloatNetwork, U: Floats, bias: Fraction) -> FloatNetwork:
    """Add to *upper* the lower units of U, with bias ``-bias``, rounded away from 0.

    Parameters
    ----------
    U
        (N, N), rounded to the dtype of *upper*; the weights of *upper* replace its corner.
    bias
        B > 0.
    """
    n, N = upper.states, len(U)
    dtype = upper.W.dtype.type
    W = U.astype(dtype)
    W[:n, :n] = upper.W
    low = dtype(-float(bias))
    while Fraction(float(-low)) < bias:
        low = np.nextafter(low, dtype(-np.inf))

    def below(top: Floats, value: Any) -> Floats:
        rows: Floats = np.full((N - n, *top.shape[1:]), value, dtype=dtype)
        return np.concatenate([top, rows])

    return FloatNetwork(
        W=W,
        F=below(upper.F, 0),
        b=below(upper.b, low),
        C=np.hstack([upper.C, np.zeros((upper.outputs, N - n), dtype=dtype)]),
        h_init=below(upper.h_init, 0),
        activation=upper.activation,
        second_bias=None if upper.second_bias is None else below(upper.second_bias, 0),
    )


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
