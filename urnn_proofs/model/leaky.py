"""Leaky (rate) networks as ReLU networks: ``r' = (1 - a) r + a relu(W r + F x + b)``.

With ``u' = relu(W r + F x + b)`` the state is ``r' = a u' + (1 - a) r``.  So the pair of u and v,
the r of the step before, is a state of 2n units: ``r = P (u, v)`` with ``P = [a I, (1 - a) I]``,
and

    u' = relu(W P (u, v) + F x + b),   v' = P (u, v) = relu(P (u, v)),

since no r is negative once the first is not.  With v counted in units of 1/t the transition matrix
is ``[W; t I] [a I, (1 - a)/t I]``, whose norm is at most

    sqrt(||W||^2 + t^2) sqrt(a^2 + (1 - a)^2 / t^2).

The square of that is ``(a ||W|| + (1 - a))^2`` where ``t^2 = (1 - a) ||W|| / a``, and more for
every other t.  So the network is contractive, for a suitable t, whenever ``||W|| < 1``; a t that is
off by a factor 1 + e costs only the order of e^2.
"""

from __future__ import annotations

import math
from fractions import Fraction

from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.number import exact_number, format_rational, parse_rational
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["leaky_rnn"]

# t is rounded to so many bits: what that costs in the norm is of the order 2^-48.
_BITS = 24
# Where ||W|| is tiny the best t is tiny, too; a larger one does, and keeps numbers short.
_LEAST_NORM = Fraction(1, 64)


def leaky_rnn(rnn: RNN, leak: object) -> RNN:
    """Return the ReLU network with 2n states that computes a leaky network exactly.

    Source: this package's own.

    Parameters
    ----------
    rnn
        W (n, n), F, b, C, h_init of ``r' = (1 - a) r + a relu(W r + F x + b)``, ``y = C r``.
    leak
        a with ``0 < a <= 1``: a number, exact as it is (a float is the dyadic rational that it is),
        or a text such as ``"0.2"`` or ``"1/5"``.  For a = 1 the network is *rnn* itself.

    Returns
    -------
    RNN
        With the same outputs for all inputs at all times.  Its transition matrix has norm about
        ``(1 - a) + a ||W||``, below 1 if ``||W||`` is.

    Raises
    ------
    InputError
        If *leak* is no such number, or *rnn* no network.
    UnsupportedError
        If the activation is not ReLU, or an entry of h_init is negative: then r may be, and is not
        a state of a ReLU network.

    Examples
    --------
    >>> net = leaky_rnn(RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]]), "1/4")
    >>> net.states, net.run_exact([[4], [0]])
    (2, [[Fraction(1, 1)], [Fraction(7, 8)]])
    """
    rnn = require_rnn(rnn)
    a = (
        parse_rational(leak, "leak", decimals=True)
        if isinstance(leak, str)
        else exact_number(leak, "leak")
    )
    if not 0 < a <= 1:
        raise InputError(f"leak is {format_rational(a)}; expected 0 < leak <= 1")
    if not (isinstance(rnn.activation, PiecewiseLinear) and rnn.activation.is_relu):
        raise UnsupportedError(
            f"the leaky network has the activation {rnn.activation.name!r}; expected 'relu', whose "
            f"rates are states of a network without a leak"
        )
    start = rnn.h_init
    if min(start.entries()) < 0:
        raise UnsupportedError(
            f"h_init of the leaky network has the negative entry "
            f"{format_rational(min(start.entries()))}; expected entries >= 0"
        )
    if a == 1:
        return rnn
    n, keep = rnn.states, 1 - a
    t = _best_t(rnn.W, a)
    identity, nothing = RationalMatrix.identity(n), RationalMatrix.zeros(n, 1)
    read = RationalMatrix.blocks([[identity * a, identity * (keep / t)]])
    return rnn.replace(
        W=RationalMatrix.blocks([[rnn.W], [identity * t]]) @ read,
        F=RationalMatrix.blocks([[rnn.F], [RationalMatrix.zeros(n, rnn.inputs)]]),
        b=RationalMatrix.blocks([[rnn.b], [nothing]]),
        C=rnn.C @ read,
        h_init=RationalMatrix.blocks([[start], [start * t]]),
    )


def _best_t(W: RationalMatrix, a: Fraction) -> Fraction:
    """Return a rational near ``sqrt((1 - a) ||W|| / a)``; any positive number is correct."""
    import numpy as np

    norm = float(np.linalg.norm(W.to_numpy(), 2))
    size = Fraction(norm) if math.isfinite(norm) else Fraction(1)
    square = (1 - a) * max(size, _LEAST_NORM) / a
    # The root of an integer, so that no a is too small for floats.
    shift = max(0, _BITS + (square.denominator.bit_length() - square.numerator.bit_length()) // 2)
    root = math.isqrt(int(square * 4**shift))
    return Fraction(max(root, 1), 2**shift)
