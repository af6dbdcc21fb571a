"""Both networks of an equivalence, run: nothing here proves anything, it can only contradict."""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.checks.exact.margin import Margin
from urnn_proofs.checks.exact.norms import norm_upper_bound
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import to_float
from urnn_proofs.model.verdict import Check, Role, Trust, Verdict
from urnn_proofs.questions.layer import Layer
from urnn_proofs.questions.steps_rescaled import Rescaled
from urnn_proofs.samples.cross_check import compare_outputs
from urnn_proofs.samples.signals import sample_signals

__all__ = ["exact_cross_check", "numpy_cross_check"]

_EXACT_STATES, _EXACT_STEPS, _EXACT_EACH = 12, 8, 1
# Far more than any float has; digits grow from step to step.
_EXACT_BITS = 4096


def exact_cross_check(layer: Layer | Rescaled, seed: int = 0) -> tuple[Check, ...]:
    """Run both networks in exact arithmetic on a few sequences; nothing if they are large."""
    rnn, M = layer.rnn, _inputs(layer)
    bits = max(part.bits for part in (rnn.W, rnn.F, rnn.b, rnn.C, rnn.h_init))
    if rnn.states > _EXACT_STATES or bits > _EXACT_BITS:
        return ()
    signals = sample_signals(_EXACT_STEPS, rnn.inputs, 1.0, seed)
    agree, count = True, 0
    for batch in signals.values():
        for k in range(min(batch.shape[1], _EXACT_EACH)):
            x = [[_dyadic(v) * M for v in row] for row in batch[:, k]]
            try:
                agree = agree and rnn.run_exact(x) == layer.urnn.run_exact(x)
            except UnsupportedError:  # the activation leaves the rationals
                return ()
            count += 1
    return (
        Check(
            name="exact simulation",
            claim="both networks have the same outputs, in rationals",
            scope=f"{count} input sequences, T = {_EXACT_STEPS}, seed {seed}",
            verdict=Verdict.PROVED if agree else Verdict.REFUTED,
            trust=Trust.EXACT,
            engine="model.simulation (signs of square roots by squaring)",
            role=Role.CROSS_CHECK,
        ),
    )


def _dyadic(value: float) -> Fraction:
    """Round towards zero to 10 bits: short numbers, and never longer than the input was."""
    return Fraction(int(value * 1024), 1024)


def _inputs(layer: Layer | Rescaled) -> Fraction:
    """Return M; where a claim is about all inputs, those with norm at most 1 are sampled."""
    return Fraction(1) if layer.input_bound is None else layer.input_bound


def numpy_cross_check(
    layer: Layer | Rescaled, seed: int = 0, margin: Margin | None = None
) -> Check:
    """Simulate both networks in float64 on random and extreme inputs.

    Where the states were rescaled, the rescaled network is run: its W has norm below 1, so that
    rounding errors do not grow, and the tolerance can be tight.  With square roots the network
    itself is run, and rounding errors may grow.

    Parameters
    ----------
    margin
        Of a claim within epsilon: outputs may differ by its error.
    """
    largest = _largest_state(layer) if margin is None else _largest_within(layer.rnn, margin)
    found = compare_outputs(
        layer.base, layer.urnn, to_float(_inputs(layer)), to_float(largest), seed=seed
    )
    allowed, name, what = found.tolerance, "tolerance", "rounding"
    if margin is not None:
        allowed = to_float(margin.error) + allowed * to_float(max(margin.D) / min(margin.D))
        name, what = "allowed", "the error"
    worst = max(found.differences.values(), default=0.0)
    if not found.finite:
        verdict = Verdict.UNSUPPORTED
    elif worst <= allowed:
        verdict = Verdict.CONSISTENT
    else:
        verdict = Verdict.UNKNOWN if isinstance(layer, Rescaled) else Verdict.REFUTED
    scaled = isinstance(layer, Layer) and layer.evidence.scaling is not None
    return Check(
        name="NumPy",
        claim=f"outputs agree within {what} (largest difference {worst:.1e})",
        scope=f"{found.sequences} input sequences, T = {found.steps}, seed {seed}"
        + (", states rescaled" if scaled else ""),
        verdict=verdict,
        trust=Trust.SAMPLE,
        engine="numeric.cross_check (float64)",
        evidence={name: allowed, **found.differences},
        role=Role.CROSS_CHECK,
    )


def _largest_state(layer: Layer | Rescaled) -> Fraction:
    """Return what no state exceeds in the simulation; without gates no bound was derived."""
    if layer.evidence.bound is not None:
        return layer.evidence.bound.H
    rnn, M = layer.base, _inputs(layer)
    step = norm_upper_bound(rnn.F) * M + norm_upper_bound(rnn.b)
    return norm_upper_bound(rnn.h_init) + 1000 * (step + rnn.states * abs(rnn.activation.at_zero))


def _largest_within(rnn: RNN, margin: Margin) -> Fraction:
    start = -min(rnn.h_init.entries())
    return max(-min(margin.low), max(margin.high), start, Fraction(1)) * rnn.states
