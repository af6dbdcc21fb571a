"""Within epsilon: a URNN with at most 2n states for every activation that has a limit at one end.

Problem
    An RNN ``(W, F, b, C, h_init; phi)`` with n states, ``||W|| <= 1``, phi with slopes at most L
    and a limit kappa at one end (tanh, logistic, softplus, ELU, ...); inputs in
    ``X_M = {x : ||x^k|| <= M for all k}``; epsilon > 0.
Method
    The dilation of Theorem 3.1, ``U = [[W, W2], [W3, W4]]``; the added units start at kappa, are
    offset by kappa, and have biases so low (or so high) that they never come back from it by more
    than delta.
Guarantee
    ``||y_u^k - y^k|| <= epsilon`` for every input in X_M and every k; ``N = n + rank(I - W^T W)``.
Steps
    dilation, network, tail, norms, states, gates, error: :mod:`urnn_proofs.checks.exact.margin`
    has the inequalities and the argument that joins them.
Reference
    formal/ErrorBound.v, ``eps_explicit``; formal/Theorem_3_1.v, ``eps_equivalence``.

Everything is derived again from the two networks; the margin that came with them is re-checked,
never believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from urnn_proofs.checks.exact.margin import (
    Margin,
    error_holds,
    fits,
    gate_limits,
    norms_hold,
    output_reach,
    states_kept,
    tail_step_holds,
)
from urnn_proofs.model.bound_text import at_least, at_most
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.network import URNN
from urnn_proofs.model.number import show_number
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.saturation import Saturation, saturation
from urnn_proofs.model.verdict import USED, Check, Trust, Verdict
from urnn_proofs.questions.layer import Layer
from urnn_proofs.questions.steps_3_1 import dilation_check, network_scope, show, stacked

__all__ = ["conclusion_check", "steps_within_epsilon"]

_ARGUMENT = (
    "induction on k; the triangle inequality; Cauchy-Schwarz; rows of an orthogonal matrix have "
    "norm 1; the limit and the slopes of the activation"
)


def steps_within_epsilon(layer: Layer) -> tuple[Check, ...]:
    """Check for one layer that outputs differ by at most its margin's ``error``."""
    margin, about = layer.evidence.margin, saturation(layer.rnn.activation)
    refusal = _unfit(layer, margin, about)
    if refusal is not None or margin is None or about is None:
        return (_check(layer, "margin", "the evidence fits the networks", {str(refusal): False}),)
    added = layer.urnn.states - layer.rnn.states
    limit = about.at(margin.side)
    kappa = Fraction(0) if limit is None else limit.value
    dilation = dilation_check(layer)
    network = _assembled(layer, added, kappa)
    return (
        dilation,
        _check(
            layer,
            "network",
            "the URNN is the dilation: upper weights those of the RNN, added units not driven and "
            f"not read, started at and offset by kappa = {show(kappa)}",
            network,
        ),
        _check(
            layer,
            "tail",
            f"phi(z) is within {at_most(margin.delta)} of its limit for z beyond "
            f"{at_most(margin.B)} at the {margin.side} end",
            tail_step_holds(limit, added, margin),
            {"B": show(margin.B), "delta": show(margin.delta), "terms of exp": str(margin.terms)},
        ),
        _norms(layer, margin, about),
        _check(
            layer,
            "states",
            "the states of the RNN keep a box and a ball, and so do the upper ones of the URNN",
            states_kept(layer.rnn, about, margin),
            {
                "H": show_number(margin.H, 200),
                "largest |h_i|": at_most(max(-min(margin.low), max(margin.high))),
            },
        ),
        _gates(layer, margin, shaped=_is_proved(dilation)),
        _check(
            layer,
            "error",
            "the errors of all time steps add up to at most "
            f"{at_most(margin.error)} in the outputs",
            {"the errors add up to no more": error_holds(about.lipschitz, margin)},
            {
                "error": show_number(margin.error, 200),
                "eta": show(margin.input_error),
                USED: _ARGUMENT,
            },
        ),
    )


def _unfit(layer: Layer, margin: Margin | None, about: Saturation | None) -> str | None:
    if about is None:
        return f"no limit of {layer.rnn.activation.name!r} is known"
    if margin is None or not fits(layer.rnn, margin):
        return "the margin does not fit the network"
    if margin.input_bound != layer.input_bound:
        return "the margin is about other inputs"
    if not isinstance(layer.urnn, URNN) or layer.urnn.states < layer.rnn.states:
        return "the second network is no URNN with at least n states"
    if layer.evidence.scaling is not None or layer.evidence.copies is not None:
        return "states are neither rescaled nor copied here"
    return None


def _assembled(layer: Layer, added: int, kappa: Fraction) -> dict[str, bool]:
    """Compare all weights of the URNN but its lower biases with what the construction says."""
    rnn, urnn = layer.rnn, layer.urnn
    assert isinstance(urnn, URNN)
    n, m, p = rnn.states, rnn.inputs, rnn.outputs
    low = RationalMatrix.column([kappa] * added)
    return {
        "same activation": urnn.activation == rnn.activation,
        "F_u = [F; 0]": urnn.F == stacked(rnn.F, RationalMatrix.zeros(added, m)),
        "C_u = [C, 0]": urnn.C == RationalMatrix.blocks([[rnn.C, RationalMatrix.zeros(p, added)]]),
        "upper biases are b": urnn.b.block(range(n), range(1)) == rnn.b,
        "h_u,init = [h_init; kappa]": urnn.h_init == stacked(rnn.h_init, low),
        "offset [0; kappa]": urnn.offset == stacked(RationalMatrix.zeros(n, 1), low),
    }


def _norms(layer: Layer, margin: Margin, about: Saturation) -> Check:
    claim = (
        f"slopes are at most {show(about.lipschitz)}; with D diagonal, "
        f"||D W D^-1|| <= {at_most(margin.omega)}, ||D W2|| <= {at_most(margin.gain)}, "
        f"||C D^-1|| <= {at_most(margin.C_norm)}"
    )
    numbers = {
        "omega": show_number(margin.omega, 200),
        "gain": show_number(margin.gain, 200),
        "||D F|| bound": show_number(margin.F_norm, 200),
        "||D b|| bound": show_number(margin.b_norm, 200),
        "D": ", ".join(map(show, margin.D)),
    }
    try:
        facts = norms_hold(layer.rnn, about.lipschitz, margin)
    except UndecidedError as error:
        return _check(layer, "norms", claim, {}, {**numbers, "undecided": str(error)})
    return _check(layer, "norms", claim, facts, numbers)


def _gates(layer: Layer, margin: Margin, *, shaped: bool) -> Check:
    """Each added unit has a limit of its own; without a dilation there is none to compute."""
    n = layer.rnn.states
    facts: dict[str, bool] = {}
    biases = layer.urnn.b.entries()[n:]
    if shaped:
        limits = gate_limits(layer.urnn.W, n, margin)  # type: ignore[arg-type]
        sign = 1 if margin.side == "left" else -1
        facts["every added unit stays beyond B"] = all(
            sign * b <= sign * limit for b, limit in zip(biases, limits, strict=True)
        )
    sizes = [abs(b) for b in biases] or [Fraction(0)]
    return _check(
        layer,
        "gates",
        f"every added unit stays beyond {at_least(margin.B)}, while the others stay in the box",
        facts,
        {"biases of the added units": f"{at_least(min(sizes))} to {at_most(max(sizes))} in size"},
    )


def _check(
    layer: Layer,
    name: str,
    claim: str,
    facts: dict[str, bool],
    numbers: dict[str, str] | None = None,
) -> Check:
    """Return a step that holds if all its facts do."""
    return Check(
        name=name,
        claim=claim,
        scope=network_scope(layer.input_bound),
        verdict=_verdict(facts),
        trust=Trust.EXACT,
        engine="exact.margin, exact.tails (FLINT integers, rationals)",
        evidence={
            **(numbers or {}),
            **{fact: "holds" if ok else "FAILS" for fact, ok in facts.items()},
        },
    )


def conclusion_check(layers: Sequence[Layer], input_bound: Fraction, epsilon: Fraction) -> Check:
    """Check that the layers fit together, and that the last one's error is at most epsilon.

    The networks of layer k are fed with outputs of those below: their norm is at most the input
    bound of layer k, and their difference at most its input error.
    """
    margins = [layer.evidence.margin for layer in layers]
    facts: dict[str, bool] = {}
    if all(m is not None and fits(e.rnn, m) for e, m in zip(layers, margins, strict=True)):
        known = [m for m in margins if m is not None]
        facts[f"M = {show(input_bound)}"] = input_bound <= known[0].input_bound
        for k, (below, above) in enumerate(pairwise(known)):
            facts[f"||C h|| <= {show(above.input_bound)}, layer {k}"] = (
                output_reach(layers[k].rnn.C, below) <= above.input_bound
            )
            facts[f"error <= {at_most(above.input_error)}, layer {k}"] = (
                below.error <= above.input_error
            )
        facts[f"{at_most(known[-1].error)} <= epsilon"] = known[-1].error <= epsilon
    return Check(
        name="within epsilon",
        claim=f"in exact arithmetic ||y_u^k - y^k|| <= {at_most(epsilon)} for all inputs with "
        f"||x^k|| <= {show(input_bound)}, all k",
        scope=network_scope(input_bound),
        verdict=_verdict(facts),
        trust=Trust.EXACT,
        engine="exact comparison",
        evidence={fact: "holds" if ok else "FAILS" for fact, ok in facts.items()},
    )


def _verdict(facts: dict[str, bool]) -> Verdict:
    """Return UNKNOWN where no fact could be had."""
    if not facts:
        return Verdict.UNKNOWN
    return Verdict.PROVED if all(facts.values()) else Verdict.REFUTED


def _is_proved(check: Check) -> bool:
    return check.verdict is Verdict.PROVED
