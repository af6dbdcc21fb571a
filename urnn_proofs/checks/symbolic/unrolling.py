"""The output identity in closed form, on a symbolic unrolling over a few time steps.

Both networks are unrolled with symbols for every weight and every input.  ReLU stays an
uninterpreted function: a preactivation is a polynomial in the weights, the inputs, the
current state symbols and the entries of W2, W3, W4, and each state is a fresh symbol that
stands for ``relu`` of its preactivation.  Two states are the same symbol exactly when their
preactivations are the same polynomial, so equal outputs are equal polynomials.

A lower unit has preactivation ``a . h - H`` with a row a of W3.  It is replaced by 0 only if
its polynomial is exactly that and h is the vector of current upper states; the gate (step S3)
then says ``a . h - H <= 0``, from ``||a|| <= 1`` (S2) and ``||h|| <= H`` (S4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy import QQ
from sympy.polys.rings import ring

from urnn_proofs.model.errors import InputError

__all__ = ["Unrolling", "unroll"]


@dataclass(frozen=True)
class Unrolling:
    """Both networks unrolled over ``steps`` inputs, with m = p = 1.

    Parameters
    ----------
    rnn_outputs, urnn_outputs
        ``y^0, ..., y^{T-1}`` as polynomials in state symbols and weights.
    preactivations
        Maps the name of each state symbol to the polynomial it is the ``relu`` of.
    gates
        The lower preactivations that were replaced by zero, each of the form ``a . h - H``.
    equal
        Whether all outputs agree as polynomials.
    """

    n: int
    steps: int
    rnn_outputs: tuple[Any, ...]
    urnn_outputs: tuple[Any, ...]
    preactivations: dict[str, Any]
    gates: tuple[str, ...]
    equal: bool

    def closed_form(self, k: int) -> sp.Expr:
        """Return ``y^k`` as a nested SymPy expression in ``relu(...)``, for display."""
        relu = sp.Function("relu")
        values: dict[sp.Symbol, sp.Expr] = {}
        for name, preactivation in self.preactivations.items():
            values[sp.Symbol(name)] = relu(preactivation.as_expr().xreplace(values))
        result: sp.Expr = self.rnn_outputs[k].as_expr().xreplace(values)
        return result


def unroll(n: int, steps: int) -> Unrolling:
    """Unroll the RNN and its URNN of 2n states over *steps* inputs and compare the outputs.

    Parameters
    ----------
    n
        States of the RNN, 1 to 4.
    steps
        Number of inputs T, 1 to 8.

    Raises
    ------
    InputError
        Outside these ranges.

    Examples
    --------
    >>> both = unroll(1, 2)
    >>> both.equal, both.gates
    (True, ('W3_11*g1 - H', 'W3_11*h0_1 - H'))
    >>> both.closed_form(1)
    C1*relu(F1*x1 + W11*relu(F1*x0 + W11*g1 + b1) + b1)
    """
    if not (1 <= n <= 4 and 1 <= steps <= 8):
        raise InputError(f"n is {n} and steps is {steps}; expected 1 <= n <= 4, 1 <= steps <= 8")
    machine = _Machine(n, steps)
    upper = machine.start
    big = [*machine.start, *([machine.zero] * n)]
    rnn_outputs, urnn_outputs = [], []
    for k in range(steps):
        drive = [f * machine.x[k] + b for f, b in zip(machine.F, machine.b, strict=True)]
        plain = [machine.dot(row, upper) + d for row, d in zip(machine.W, drive, strict=True)]
        drive_low = [-machine.H] * n
        lifted = [
            machine.dot(row, big) + d
            for row, d in zip(machine.U, [*drive, *drive_low], strict=True)
        ]
        current = big[:n]
        upper = [machine.state(z, k) for z in plain]
        big = [machine.state(z, k) for z in lifted[:n]]
        big += [machine.gate(z, i, current) for i, z in enumerate(lifted[n:])]
        rnn_outputs.append(machine.dot(machine.C, upper))
        # C_u = [C, 0]
        urnn_outputs.append(machine.dot([*machine.C, *([machine.zero] * n)], big))
    return Unrolling(
        n=n,
        steps=steps,
        rnn_outputs=tuple(rnn_outputs),
        urnn_outputs=tuple(urnn_outputs),
        preactivations=machine.kept,
        gates=tuple(machine.gates),
        equal=rnn_outputs == urnn_outputs,
    )


class _Machine:
    """The polynomial ring of one unrolling, and the two ways a preactivation becomes a state."""

    def __init__(self, n: int, steps: int) -> None:
        index = [f"{i + 1}{j + 1}" for i in range(n) for j in range(n)]
        names = [f"{block}{ij}" for block in ("W", "W2_", "W3_", "W4_") for ij in index]
        names += [f"{v}{i + 1}" for v in ("F", "b", "C", "g") for i in range(n)] + ["H"]
        names += [f"x{k}" for k in range(steps)]
        names += [f"h{k}_{i + 1}" for k in range(steps) for i in range(n)]
        self.ring, *generators = ring(names, QQ)
        g = dict(zip(names, generators, strict=True))

        def block(name: str) -> list[list[Any]]:
            flat = [g[f"{name}{ij}"] for ij in index]
            return [flat[i * n : (i + 1) * n] for i in range(n)]

        def vector(name: str) -> list[Any]:
            return [g[f"{name}{i + 1}"] for i in range(n)]

        self.zero = self.ring.zero
        self.W, self.W3 = block("W"), block("W3_")
        upper = zip(self.W, block("W2_"), strict=True)
        lower = zip(self.W3, block("W4_"), strict=True)
        self.U = [a + b for a, b in upper] + [a + b for a, b in lower]
        self.F, self.b, self.C, self.start = (vector(v) for v in ("F", "b", "C", "g"))
        self.H, self.x = g["H"], [g[f"x{k}"] for k in range(steps)]
        self._symbols = g
        self._free = {k: iter([f"h{k}_{i + 1}" for i in range(n)]) for k in range(steps)}
        self._names: dict[Any, str] = {}
        self.kept: dict[str, Any] = {}
        self.gates: list[str] = []

    def dot(self, row: list[Any], vector: list[Any]) -> Any:
        return sum((a * v for a, v in zip(row, vector, strict=True)), self.zero)

    def state(self, preactivation: Any, k: int) -> Any:
        """Return the symbol that stands for ``relu(preactivation)``."""
        if preactivation not in self._names:
            name = next(self._free[k], None)
            if name is None:
                raise ArithmeticError(f"the two networks have different states at time {k}")
            self._names[preactivation] = name
            self.kept[name] = preactivation
        return self._symbols[self._names[preactivation]]

    def gate(self, preactivation: Any, i: int, states: list[Any]) -> Any:
        """Return 0 if the preactivation is ``W3[i] . h - H`` for the current upper states h."""
        if preactivation != self.dot(self.W3[i], states) - self.H:
            raise ArithmeticError(f"lower unit {i} is not a gate: {preactivation}")
        self.gates.append(str(preactivation))
        return self.zero
