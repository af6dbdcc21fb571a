"""What is proved about a converted network, claim by claim: the exact one, and the floats."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.model.errors import UndecidedError, UnsupportedError
from urnn_proofs.model.number import to_float
from urnn_proofs.model.verdict import USED, Check, Report, Role, Trust, Verdict
from urnn_proofs.questions.conversion import with_cross_checks
from urnn_proofs.questions.float_steps import (
    ARITHMETIC,
    FACTS,
    about,
    gates_checks,
    premises,
    trust_in,
    two_sources,
)
from urnn_proofs.questions.steps_3_1 import show
from urnn_proofs.samples.signals import sample_signals

if TYPE_CHECKING:
    from urnn_proofs.questions.float_conversion import FloatConversion
    from urnn_proofs.questions.float_equivalence import FloatEquivalence

__all__ = ["conversion_report"]

_STEPS = 200


def conversion_report(c: FloatConversion) -> Report:
    """Check a converted network; what cannot be shown is UNKNOWN, never raised."""
    layers = tuple(_of_layer(c, k) for k in range(len(c.layers)))
    overall = (_weights(c), _recursion(c), _same_engine(c), _simulation(c))
    sizes = " + ".join(str(layer.states) for layer in c.result.layers)
    title = f"URNN with {sizes} states in {c.dtype} for an RNN with "
    title += " + ".join(str(layer.states) for layer in c.source.layers)
    certificate = None if c.exact is None else c.exact.report.certificate
    if len(layers) == 1:
        return Report(title, _scope(c), (*layers[0], *overall), (), _notes(c), certificate)
    parts = tuple(
        Report(f"layer {k}: {e.rnn.states} states, {e.weights.states} in the URNN", _own(c, k), own)
        for k, (e, own) in enumerate(zip(c.layers, layers, strict=True))
    )
    return Report(title, _scope(c), (_fit(c), *overall), parts, _notes(c), certificate)


def _of_layer(c: FloatConversion, k: int) -> tuple[Check, ...]:
    e = c.layers[k]
    before = premises(e) if e.exact is None else with_cross_checks(e.exact)
    steps = [check for check in before if check.role is Role.STEP]
    others = [check for check in before if check.role is Role.CROSS_CHECK]
    return (*steps, *gates_checks(e), *others, two_sources(e))


def _scope(c: FloatConversion) -> str:
    return _own(c, 0)


def _own(c: FloatConversion, k: int) -> str:
    what = "this network" if k == 0 else "this layer"
    return f"{what}, all inputs with ||x^k|| <= {show(c.input_bounds[k])}, all k"


def _computed(c: FloatConversion) -> str:
    return f"{_scope(c)}, {ARITHMETIC.format(c.dtype)}"


def _weakest_trust(c: FloatConversion) -> Trust:
    found = {trust_in(e) for e in c.layers}
    return Trust.ROUNDING if Trust.ROUNDING in found else Trust.BALL


def _derived(
    c: FloatConversion,
    name: str,
    scope: str,
    undecided: str,
    work: Callable[[], tuple[str, Fraction]],
) -> Check:
    evidence: dict[str, Any]
    try:
        claim, bound = work()
        evidence, verdict = {"bound": to_float(bound), USED: FACTS}, Verdict.PROVED
    except (UndecidedError, UnsupportedError) as error:
        claim, evidence, verdict = undecided, {"undecided": str(error)}, Verdict.UNKNOWN
    engine = "theorems.float_conversion, numeric.error_bounds"
    return Check(name, claim, scope, verdict, _weakest_trust(c), engine, evidence)


def _weights(c: FloatConversion) -> Check:
    def work() -> tuple[str, Fraction]:
        bound = c.error.weights
        if bound == 0:
            return "rounding the weights changes no output in exact arithmetic", bound
        return f"||y_u^k - y^k|| <= {about(bound)} in exact arithmetic", bound

    undecided = "the weights as written give outputs close to y^k in exact arithmetic"
    return _derived(c, "rounded weights", _scope(c), undecided, work)


def _recursion(c: FloatConversion) -> Check:
    def work() -> tuple[str, Fraction]:
        error = c.error
        claim = f"computing in {c.dtype} adds at most {about(error.recursion)}"
        return f"{claim}: in all ||y_u^k - y^k|| <= {about(error.total)}", error.total

    undecided = f"computing in {c.dtype} adds a bounded error"
    return _derived(c, "rounded recursion", _computed(c), undecided, work)


def _same_engine(c: FloatConversion) -> Check:
    def work() -> tuple[str, Fraction]:
        bound = c.error.same_engine
        return f"URNN and RNN, both run in {c.dtype}, differ by at most {about(bound)}", bound

    undecided = f"URNN and RNN, both run in {c.dtype}, differ by a bounded amount"
    return _derived(c, "same engine", _computed(c), undecided, work)


def _fit(c: FloatConversion) -> Check:
    """Show that every layer was built for all inputs that it can get."""
    facts: dict[str, Any] = {}
    verdict = Verdict.PROVED
    for k in range(1, len(c.layers)):
        try:
            c.require_fit(k)
            facts[f"layer {k}"] = f"inputs of norm at most {about(c.input_bounds[k])}"
        except (UndecidedError, UnsupportedError) as error:
            facts[f"layer {k}"], verdict = str(error), Verdict.UNKNOWN
    claim = "whatever a layer gives out, exact or computed, has norm at most M of the next"
    facts[USED] = FACTS
    engine = "theorems.float_original"
    return Check("layers", claim, _computed(c), verdict, _weakest_trust(c), engine, facts)


def _simulation(c: FloatConversion) -> Check:
    """Run both networks, as they are written, on random and extreme inputs."""
    M = to_float(c.input_bounds[0]) * (1 - 1e-6)
    kinds = sample_signals(_STEPS, c.source.inputs, min(M, 1e30), 0).values()
    x = np.concatenate(list(kinds), axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        gap = _difference(c, x)
    worst = float(np.linalg.norm(gap.astype(np.float64), axis=-1).max())
    claim = f"run in {c.dtype} the two keep to the bound (largest difference {worst:.1e}"
    try:
        bound = c.error.same_engine
        verdict = Verdict.CONSISTENT if Fraction(worst) <= bound else Verdict.REFUTED
        claim += f", 1/{round(to_float(bound) / worst):,} of it)" if worst else ")"
    except (UndecidedError, UnsupportedError):  # no bound to compare with
        claim, verdict = f"largest difference seen in {c.dtype}: {worst:.1e}", Verdict.UNSUPPORTED
    scope = f"{x.shape[1]} input sequences, T = {len(x)}, seed 0"
    engine = "numeric.float_network"
    return Check("NumPy", claim, scope, verdict, Trust.SAMPLE, engine, role=Role.CROSS_CHECK)


def _difference(c: FloatConversion, x: Any) -> Any:
    original = [e.run_of_original.network for e in c.layers]
    return _run(c, [e.weights for e in c.layers], x) - _run(c, original, x)


def _run(c: FloatConversion, layers: list[FloatNetwork], x: Any) -> Any:
    for layer in layers:
        x = layer.run(x)
    return x + c.result.output_bias.to_numpy()[:, 0].astype(c.dtype)


def _keeps(e: FloatEquivalence) -> bool:
    """Tell whether the stored weights hold those of the original unchanged."""
    stored = e.upper.stored.exact()
    names = ("W", "F", "b", "C", "h_init")
    return all(getattr(stored, name) == getattr(e.rnn, name) for name in names)


def _notes(c: FloatConversion) -> tuple[str, ...]:
    notes = []
    if c.exact is None:
        notes.append("U is computed in floating point; no exact URNN of this size is written down")
    if all(_keeps(e) for e in c.layers):
        notes.append("W, F, b and C of the original are among the weights, bit for bit")
    else:
        notes.append("the weights of the original are rescaled or rounded")
    if any(e.scaling is not None for e in c.layers):
        notes.append("the states are rescaled by a positive diagonal")
    names = dict.fromkeys(e.norms.name for e in c.layers)
    notes.append(f"norm bounds: {', '.join(names)}")
    if len(c.layers) > 1 and c.exact is not None:
        notes.append(
            "a certificate holds one claim for each layer; that the layers fit together is "
            "checked here and not by the kernel"
        )
    return tuple(notes)
