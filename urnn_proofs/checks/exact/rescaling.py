"""Rescaled states: the network of ``E h`` for a positive diagonal E.

An activation with ``phi(e z) = e phi(z)`` for e > 0 commutes with E, so that
``(E W E^{-1}, E F, E b, C E^{-1}, E h_init)`` has the same outputs.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.checks.exact.similarity import scale_matrix
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["rescale"]


def rescale(rnn: RNN, scaling: tuple[Fraction, ...]) -> RNN:
    """Return ``(E W E^{-1}, E F, E b, C E^{-1}, E h_init)`` for ``E = diag(scaling)``.

    Raises
    ------
    InputError
        If the scaling does not fit or has an entry that is not positive.
    UnsupportedError
        If the activation does not commute with positive factors.

    Examples
    --------
    >>> net = RNN(W=[[0, 10], [0, 0]], F=[[1], [1]], b=[0, 0], C=[[1, 0]])
    >>> rescale(net, (Fraction(1), Fraction(20))).W.to_fractions()[0][1]
    Fraction(1, 2)
    """
    if len(scaling) != rnn.states or any(e <= 0 for e in scaling):
        raise InputError(f"scaling is {shorten(scaling)}; expected {rnn.states} positive rationals")
    if not (isinstance(rnn.activation, PiecewiseLinear) and rnn.activation.homogeneous):
        raise UnsupportedError(
            f"the activation is {rnn.activation.name!r}; states can be rescaled only if "
            f"phi(e z) = e phi(z) for e > 0, as for ReLU"
        )
    E = RationalMatrix.diagonal(scaling)
    return rnn.replace(
        W=scale_matrix(rnn.W, scaling),
        F=E @ rnn.F,
        b=E @ rnn.b,
        C=rnn.C @ RationalMatrix.diagonal(tuple(1 / e for e in scaling)),
        h_init=E @ rnn.h_init,
    )
