"""Networks ``h^k = phi(W h^{k-1} + F x^k + b)``, ``y^k = C h^k``, ``h^{-1} = h_init``."""

from bisect import bisect
from fractions import Fraction
from typing import Any, NamedTuple

from .linear import Matrix
from .reading import SHORT, Malformed, fields, matrix, rational, vector


class Network(NamedTuple):
    """W (n, n), F (n, m), b (n), C (p, n), h_init (n)."""

    W: Matrix
    F: Matrix
    b: list[Fraction]
    C: Matrix
    h_init: list[Fraction]

    def rescaled(self, E: list[Fraction]) -> "Network":
        """Return the network of the states ``E h``, E positive diagonal."""
        if len(E) != len(self.W) or min(E) <= 0:
            raise Malformed("a scaling does not fit or is not positive")
        W = [[e * x / d for x, d in zip(row, E)] for e, row in zip(E, self.W)]
        F, C = [[e * x for x in row] for e, row in zip(E, self.F)], self.C
        b, h = [e * x for e, x in zip(E, self.b)], [e * x for e, x in zip(E, self.h_init)]
        return Network(W, F, b, [[x / e for x, e in zip(row, E)] for row in C], h)

    def only(self, kept: list[int]) -> "Network":
        """Return the part with these units."""
        W, F, b, C, h = self
        W, C = ([[row[j] for j in kept] for row in rows] for rows in ([W[i] for i in kept], C))
        return Network(W, [F[i] for i in kept], [b[i] for i in kept], C, [h[i] for i in kept])


def network(data: Any, *more: str) -> tuple[Network, list[Any]]:
    """Read a network whose sizes fit (with R for W if there are scales), and *more* fields."""
    first = "R" if more else "W"
    W, F, b, C, h, *rest = fields(data, "network", first, "F", "b", "C", "h_init", *more)
    net = Network(
        matrix(W, first), matrix(F, "F"), vector(b, "b"), matrix(C, "C"), vector(h, "h_init")
    )
    if {len(x) for x in (net.W[0], net.F, net.b, net.C[0], net.h_init)} != {len(net.W)}:
        raise Malformed("the weights of a network do not fit its number of states")
    return net, rest


class PiecewiseLinear:
    """phi is linear between knots ``t_1 < ... < t_k``: phi(t_1) = value, slopes s_0, ..., s_k."""

    def __init__(self, data: Any) -> None:
        knots, slopes, value = fields(data, "activation", "knots", "slopes", "value")
        self.knots, self.slopes = vector(knots, "knots", SHORT), vector(slopes, "slopes", SHORT)
        if sorted({*self.knots}) != self.knots or not 1 <= len(self.knots) == len(self.slopes) - 1:
            raise Malformed("knots must increase, with one slope between neighbours and outside")
        self.values = [rational(value, "value", SHORT)]
        for s, a, b in zip(self.slopes[1:], self.knots, self.knots[1:]):
            self.values.append(self.values[-1] + s * (b - a))
        self.homogeneous = self.knots == self.values == [0]
        self.relu = self.homogeneous and self.slopes == [0, 1]
        self.non_expansive = max(map(abs, self.slopes)) <= 1

    def __call__(self, z: Fraction) -> Fraction:
        """Evaluate, from the last knot that is at most z (the first one, if there is none)."""
        piece = bisect(self.knots, z)
        k = max(piece - 1, 0)
        return self.values[k] + self.slopes[piece] * (z - self.knots[k])

    def __str__(self) -> str:
        """Return its data, in full."""
        if self.relu:
            return "relu"
        knots, slopes = (", ".join(map(str, x)) for x in (self.knots, self.slopes))
        return (
            f"piecewise linear with knots {knots}, slopes {slopes} and value {self.values[0]} at "
            f"the first knot"
        )


def activation(data: Any) -> PiecewiseLinear | None:
    """Read an activation; None for "any": some function of which nothing is known."""
    return None if data == "any" else PiecewiseLinear(data)


def input_bound(data: Any) -> Fraction:
    """Read M >= 0, of a length that can be printed."""
    if (M := rational(data, "input_bound", SHORT)) < 0:
        raise Malformed("input_bound must not be negative")
    return M
