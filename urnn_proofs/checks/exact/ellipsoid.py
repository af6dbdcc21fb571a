"""States of a ReLU network that never leave an ellipsoid: evidence for a state bound.

    h >= 0,  h . P h <= H^2,  ||x|| <= M   imply   s >= 0,  s . P s <= H^2
    for s = relu(W h + F x + b),

if ``P >= I``, ``V >= W`` entrywise, ``lambda > 0``, and the symmetric matrix

    Z = [[a P,   0,      -V^T t],
         [0,     mu,     -b^T t],
         [-t V,  -t b,   2 t - P - t F F^T t / lambda]],      mu = (1 - a) H^2 - lambda M^2,

is positive semidefinite, t a diagonal.  So states that start in the ellipsoid stay there, and
``||h||^2 <= h . P h <= H^2``.

Proof.  ``t >= 0``, since ``2 t >= P``, and ``a >= 0``, since ``a P >= 0``.  Of the preactivation z,
``s_i (s_i - z_i) = 0``: with ``s >= 0`` and ``(V - W) h >= 0`` follows
``s . t (s - V h - F x - b) <= 0``.  The form of Z at ``(h, 1, s)`` is not negative,

    s . P s <= a h . P h + mu + 2 s . t (s - V h - b) - ||F^T t s||^2 / lambda,

and ``2 s . t F x - ||F^T t s||^2 / lambda <= lambda ||x||^2``.  Together
``s . P s <= a H^2 + mu + lambda M^2 = H^2``.

``P = t = I``, ``V = 0``, ``a = 0`` is the sign rule; V is what uses that states are not negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.checks.exact.norms import is_semidefinite
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import show_fields
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Ellipsoid", "ellipsoid_facts"]


@dataclass(frozen=True)
class Ellipsoid:
    """What shows that no state leaves ``{h : h . P h <= H^2}``.

    Parameters
    ----------
    P, V
        (n, n); P symmetric.
    t
        n numbers, a diagonal.
    a, lam
        How much of the form of the last state, and of ``||x||^2``, the next one may have.
    """

    P: RationalMatrix
    V: RationalMatrix
    t: tuple[Fraction, ...]
    a: Fraction
    lam: Fraction

    __repr__ = show_fields


def ellipsoid_facts(rnn: RNN, M: Fraction, H: Fraction, e: Ellipsoid) -> dict[str, bool]:
    """Decide each condition, from the network alone.

    Raises
    ------
    UndecidedError
        If a matrix is too close to singular for rounded factors, and too large for exact ones.
    """
    n, phi, W = rnn.states, rnn.activation, rnn.W
    facts = {
        "relu": isinstance(phi, PiecewiseLinear) and phi.is_relu,
        "P, V, t fit, P = P^T, lambda > 0": e.P.shape == e.V.shape == (n, n)
        and len(e.t) == n
        and e.P == e.P.transpose()
        and e.lam > 0,
    }
    if not all(facts.values()):
        return facts
    h = rnn.h_init
    facts["M >= 0, H >= 0"] = M >= 0 and H >= 0
    facts["h_init >= 0"] = all(x >= 0 for x in h.numerators.entries())
    facts["h_init . P h_init <= H^2"] = (h.transpose() @ (e.P @ h))[0, 0] <= H**2
    facts["V >= W"] = all(x >= 0 for x in (e.V - W).numerators.entries())
    facts["P >= I"] = is_semidefinite(e.P - RationalMatrix.identity(n)) is not None
    mu = (1 - e.a) * H**2 - e.lam * M**2
    facts["Z >= 0"] = is_semidefinite(_form(rnn, e, mu)) is not None
    return facts


def _form(rnn: RNN, e: Ellipsoid, mu: Fraction) -> RationalMatrix:
    n, t = rnn.states, RationalMatrix.diagonal(e.t)
    tV, tF, tb = -(t @ e.V), t @ rnn.F, -(t @ rnn.b)
    corner = t * 2 - e.P - tF @ tF.transpose() * (1 / e.lam)
    zero, one = RationalMatrix.zeros(n, 1), RationalMatrix.column([mu])
    return RationalMatrix.blocks(
        [
            [e.P * e.a, zero, tV.transpose()],
            [zero.transpose(), one, tb.transpose()],
            [tV, tb, corner],
        ]
    )
