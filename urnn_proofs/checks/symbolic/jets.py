"""Derivatives of outputs as polynomials: what equality of two networks says at one base point.

If ``phi' = P(phi)`` for a polynomial P, every derivative of ``y^k`` with respect to the inputs is
a polynomial in the weights and in the state values at the base point.  Two networks with equal
outputs for all inputs have equal derivatives of every order at every base point.  State values are
free unknowns in the *open* range of phi: the link between a preactivation and its value is dropped,
which only adds candidates, so a system without a solution proves that no network matches.

The slope ``phi' = P(value)`` is an unknown of its own, with its equation: products of slopes stay
products, and the polynomials stay small.

All arithmetic is in one SymPy polynomial ring over Q; results leave as plain dictionaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import QQ
from sympy.polys.rings import ring

from urnn_proofs.checks.symbolic.one_step import Terms, rational, terms_of
from urnn_proofs.model.deadline import check_deadline
from urnn_proofs.model.errors import InputError

__all__ = ["JetSystem", "jet_system"]


@dataclass(frozen=True)
class JetSystem:
    """Polynomial equations that a URNN of N states must satisfy at one base point.

    Parameters
    ----------
    equations
        ``(label, order, polynomial)``: the polynomial vanishes.  Order 0 is the value of an
        output, -1 the orthogonality of U or ``slope = P(value)``.
    values
        Names of the unknown state values, each in the open range of phi.
    """

    equations: tuple[tuple[str, int, Terms], ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class _Net:
    """Weights as ring elements; values and slopes of the units at each time."""

    W: list[list[Any]]
    F: list[list[Any]]
    C: list[list[Any]]
    states: list[list[Any]]
    slopes: list[list[Any]]


def jet_system(
    W: Sequence[Sequence[Terms]],
    F: Sequence[Sequence[Fraction]],
    C: Sequence[Sequence[Fraction]],
    derivative: Sequence[Fraction],
    *,
    states: int,
    horizon: int,
    order: int,
    pinned: Sequence[Sequence[Fraction]] | None = None,
    parameters: Sequence[str] = (),
) -> JetSystem:
    """Equate all derivatives up to *order* of ``y^0, ..., y^{horizon-1}``.

    Parameters
    ----------
    W, F, C
        The RNN: (n, n), (n, m), (p, n); the entries of W may be polynomials in *parameters*.
    derivative
        ``phi' = P(phi)``, lowest degree first.
    states
        N, the states of the unknown network: ``U_i_j``, ``F_i_j``, ``C_i_j``, values ``t_k_i``
        and slopes ``d_k_i``.
    horizon, order
        Numbers of time steps and of derivatives, at least 1.
    pinned
        State values of the RNN, (horizon, n), if they may be chosen; unknowns ``s_k_i`` if None.

    Raises
    ------
    InputError
        If a size is not positive.
    UndecidedError
        If the :func:`~urnn_proofs.model.deadline.deadline` passes.

    Examples
    --------
    >>> tanh = (Fraction(1), Fraction(0), Fraction(-1))
    >>> half = [[{(): Fraction(1, 2)}]]
    >>> one = [[Fraction(1)]]
    >>> system = jet_system(half, one, one, tanh, states=1, horizon=1, order=1)
    >>> [label for label, order, _ in system.equations if order >= 0]
    ['y^0[0]', 'y^0[0] d(0.0)']
    """
    n, m, p = len(F), len(F[0]), len(C)
    if min(states, horizon, order) < 1:
        raise InputError(
            f"states is {states}, horizon {horizon}, order {order}; expected each at least 1"
        )
    U_names = [[f"U_{i}_{j}" for j in range(states)] for i in range(states)]
    F_names = [[f"F_{i}_{j}" for j in range(m)] for i in range(states)]
    C_names = [[f"C_{i}_{j}" for j in range(states)] for i in range(p)]
    t_names = [[f"t_{k}_{i}" for i in range(states)] for k in range(horizon)]
    d_names = [[f"d_{k}_{i}" for i in range(states)] for k in range(horizon)]
    s_names = [[f"s_{k}_{i}" for i in range(n)] for k in range(horizon)]
    r_names = [[f"r_{k}_{i}" for i in range(n)] for k in range(horizon)]
    blocks = (U_names, F_names, C_names, t_names, d_names, s_names, r_names)
    names = [x for rows in blocks for row in rows for x in row] + list(parameters)
    R, *generators = ring(names, QQ)
    symbol = dict(zip(names, generators, strict=True))

    def unknown(rows: list[list[str]]) -> list[list[Any]]:
        return [[symbol[x] for x in row] for row in rows]

    def number(rows: Sequence[Sequence[Fraction]]) -> list[list[Any]]:
        return [[R(rational(x)) for x in row] for row in rows]

    P = [R(rational(c)) for c in derivative]
    weights = [[_polynomial(entry, symbol, R) for entry in row] for row in W]
    ours = _Net(*(unknown(x) for x in (U_names, F_names, C_names, t_names, d_names)))
    theirs = _Net(weights, number(F), number(C), unknown(s_names), unknown(r_names))
    known: list[tuple[Any, Any]] = []
    if pinned is not None:
        known = _pairs(theirs.states, number(pinned))
        known += [
            (r, _horner(P, dict(known)[s], R)) for s, r in _pairs(theirs.states, theirs.slopes)
        ]
    gone = {str(x) for x, _ in known}
    equations = _orthogonality(ours.W, R)
    for net in (ours, theirs):
        for value, slope in _pairs(net.states, net.slopes):
            if str(slope) not in gone:
                equations.append((f"slope {slope}", -1, slope - _horner(P, value, R)))
    left = _all_derivatives(ours, P, m, order, R)
    right = _all_derivatives(theirs, P, m, order, R)
    for key in sorted(left, key=lambda key: (key[0], len(key[2]), key)):
        check_deadline()
        k, row, inputs = key
        label = f"y^{k}[{row}]" + (
            " d(" + ", ".join(f"{i}.{a}" for i, a in inputs) + ")" if inputs else ""
        )
        equations.append((label, len(inputs), (left[key] - right[key]).subs(known)))
    return JetSystem(
        tuple((label, degree, terms_of(p)) for label, degree, p in equations),
        tuple(x for row in (*t_names, *s_names) for x in row if x not in gone),
    )


def _horner(coefficients: list[Any], value: Any, R: Any) -> Any:
    total = R.zero
    for c in reversed(coefficients):  # SymPy refuses 0**0
        total = total * value + c
    return total


def _pairs(symbols: list[list[Any]], values: list[list[Any]]) -> list[tuple[Any, Any]]:
    return [
        (x, v)
        for row, chosen in zip(symbols, values, strict=True)
        for x, v in zip(row, chosen, strict=True)
    ]


def _polynomial(terms: Terms, symbol: Mapping[str, Any], R: Any) -> Any:
    total = R.zero
    for monomial, coefficient in terms.items():
        term = R(rational(coefficient))
        for name, exponent in monomial:
            term *= symbol[name] ** exponent
        total += term
    return total


def _orthogonality(U: list[list[Any]], R: Any) -> list[tuple[str, int, Any]]:
    """Both ``U^T U = I`` and the redundant ``U U^T = I``, which helps a solver."""
    size = range(len(U))
    found = []
    for i in size:
        for j in size[i:]:
            check_deadline()
            target = R(int(i == j))
            columns = sum((U[k][i] * U[k][j] for k in size), R.zero) - target
            found.append((f"U^T U [{i},{j}]", -1, columns))
            if len(U) > 1:
                rows = sum((U[i][k] * U[j][k] for k in size), R.zero) - target
                found.append((f"U U^T [{i},{j}]", -1, rows))
    return found


_Key = tuple[int, int, tuple[tuple[int, int], ...]]


def _all_derivatives(net: _Net, P: list[Any], inputs: int, order: int, R: Any) -> dict[_Key, Any]:
    """Return ``(time, output, ((input time, input index), ...)) -> derivative``."""
    horizon, units = len(net.states), range(len(net.F))
    curvature = [e * c for e, c in enumerate(P)][1:]
    #: d preactivation / d input, by (input time, input index), then time, then unit
    rates: dict[tuple[int, int], list[list[Any]]] = {}
    for i in range(horizon):
        for a in range(inputs):
            moved = [net.F[u][a] for u in units]
            rates[i, a] = [moved]
            for k in range(i + 1, horizon):
                check_deadline()
                before = [net.slopes[k - 1][v] * moved[v] for v in units]
                moved = [sum((net.W[u][v] * before[v] for v in units), R.zero) for u in units]
                rates[i, a].append(moved)

    def differentiate(p: Any, i: int, a: int) -> Any:
        total = R.zero
        check_deadline()
        for k in range(i, horizon):
            for u in units:
                value, slope = net.states[k][u], net.slopes[k][u]
                bend = _horner(curvature, value, R)
                partial = p.diff(value) + p.diff(slope) * bend
                if partial:
                    total += partial * slope * rates[i, a][k - i][u]
        return total

    found: dict[_Key, Any] = {}
    for k in range(horizon):
        for row in range(len(net.C)):
            value = sum((net.C[row][u] * net.states[k][u] for u in units), R.zero)
            layer: dict[tuple[tuple[int, int], ...], Any] = {(): value}
            for degree in range(order + 1):
                found.update({(k, row, key): p for key, p in layer.items()})
                if degree < order:
                    layer = {
                        (*key, (i, a)): differentiate(p, i, a)
                        for key, p in layer.items()
                        for i in range(k + 1)
                        for a in range(inputs)
                        if not key or key[-1] <= (i, a)
                    }
    return found
