"""The URNN of Theorem 3.1 proposed in floating point, for any size: U by Halmos, and the gates.

``U = [[W, P c P^T], [Q c Q^T, -W^T]]``, ``c = sqrt((1 - s)(1 + s))``, for ``W = P diag(s) Q^T``.
U is only nearly orthogonal, and its upper left block is W itself, bit for bit.  What is proved of
it is up to :mod:`urnn_proofs.checks.numeric.float_layer`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.error_bounds import required_gate_bias
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.float_run import FloatRun
from urnn_proofs.checks.numeric.weight_norms import gates
from urnn_proofs.model.errors import UndecidedError

__all__ = ["gate_bias", "halmos", "with_gates"]

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
Array = np.ndarray[Any, np.dtype[np.float64]]

# The lower bias is this much larger in size than the gates need: room that costs nothing, since
# closed gates contribute exactly 0.
_MARGIN, _LEAST_BIAS = Fraction(65, 64), Fraction(1, 2**20)


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


def gate_bias(upper: FloatRun, U: Floats) -> Fraction:
    """Return B > 0: with the biases ``-B`` the lower units of U stay at 0, with room to spare."""
    stored = with_gates(upper.stored, U, Fraction(1))
    found = gates(stored, upper.stored.states, upper.norms, upper.weighting)
    if found.units == 0:
        return _LEAST_BIAS
    sizes, M, kind = upper.stored_norms, upper.input_bound, upper.stored.arithmetic
    known = upper.computed_effect.largest_state
    needed = required_gate_bias(found, known, sizes, M, kind, upper.stretch)
    needed = max(needed, found.rows * upper.weights_effect.largest_state)
    if upper.largest is not None:
        plain = gates(stored, upper.stored.states, upper.norms) if upper.weighting else found
        tight = required_gate_bias(plain, upper.largest[1], sizes, M, kind)
        needed = min(needed, max(tight, plain.rows * upper.largest[0]))
    return max(needed, _LEAST_BIAS) * _MARGIN
