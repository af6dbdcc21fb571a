"""Propose the evidence of :mod:`urnn_proofs.checks.numeric.tube`, where finding it is quick."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.checks.numeric.tube import Tube
from urnn_proofs.guesses.ellipsoid import LARGEST, find_ellipsoid
from urnn_proofs.guesses.sector import find_sector
from urnn_proofs.model.number import to_float

__all__ = ["propose_tube"]


def propose_tube(
    net: FloatNetwork, M: Fraction, weighting: tuple[Fraction, ...] | None
) -> Tube | None:
    """Return evidence for smaller bounds of a ReLU network, or None.

    Parameters
    ----------
    net
        The stored weights of the units of the RNN.
    M
        The input bound.
    weighting
        A positive diagonal S with ``||S W S^-1|| < 1``; None for the identity.
    """
    if net.states > LARGEST or M == 0 or (net.h_init < 0).any():
        return None
    exact = net.exact()
    found = find_ellipsoid(exact, M, weighting)
    if found is None:
        return None
    H, ellipsoid = found
    # About what rounding does to each unit; only proportions matter.
    W, F, b = (A.astype(np.float64) for A in (net.W, net.F, net.bias))
    inverse = np.linalg.inv(ellipsoid.P.to_numpy())
    reach = np.sqrt(np.maximum(np.sum((np.abs(W) @ inverse) * np.abs(W), axis=1), 0))
    sizes = to_float(H) * reach + to_float(M) * np.linalg.norm(F, axis=1) + np.abs(b)
    sector = find_sector(exact.W, exact.C, sizes, weighting)
    return None if sector is None else Tube(H, ellipsoid, sector)
