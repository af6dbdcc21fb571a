"""What is proved about a URNN with floating-point weights, claim by claim."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from urnn_proofs.checks.numeric.ball_norms import BallNorms
from urnn_proofs.checks.numeric.fast_norms import NumpyNorms
from urnn_proofs.model.errors import UndecidedError, UnsupportedError
from urnn_proofs.model.number import show_number, to_float
from urnn_proofs.model.verdict import USED, Check, Report, Role, Trust, Verdict
from urnn_proofs.questions.steps_3_1 import show
from urnn_proofs.samples.signals import sample_signals
from urnn_proofs.theorems.registry import theorem

if TYPE_CHECKING:
    from urnn_proofs.questions.float_equivalence import FloatEquivalence

__all__ = [
    "ARITHMETIC",
    "FACTS",
    "about",
    "float_report",
    "gates_checks",
    "premises",
    "trust_in",
    "two_sources",
]

ARITHMETIC = "IEEE {} arithmetic rounding to nearest, sums in any order, no reduced precision"
FACTS = "the triangle inequality, Cauchy-Schwarz, the definition of ||.||, induction on k"
_STEPS = 40


def float_report(e: FloatEquivalence) -> Report:
    """Check a floating-point URNN against its RNN; what cannot be shown is UNKNOWN, never raised.

    Raises
    ------
    NotContractiveError
        If ``||W|| >= 1``: there is nothing to report on.
    """
    n, N, kind = e.rnn.states, e.weights.states, e.weights.arithmetic.name
    return Report(
        title=f"URNN with {N} states and {kind} weights for an RNN with {n}",
        scope=f"{_scope(e)}; computed: {ARITHMETIC.format(kind)}",
        checks=(
            *premises(e),
            *gates_checks(e),
            _weights(e),
            _recursion(e),
            _same_engine(e),
            two_sources(e),
            _simulation(e),
        ),
        notes=(f"norm bounds: {e.norms.name}",),
    )


def premises(e: FloatEquivalence) -> tuple[Check, ...]:
    """Check what the bounds rest on: ``||W|| < 1``, Theorem 3.1, a bound of the states."""
    return _contractive(e), _theorem(e), _state_bound(e)


def gates_checks(e: FloatEquivalence) -> tuple[Check, ...]:
    """Check the stored U, and that the units it adds stay at 0."""
    return _orthogonal(e), _near_exact(e), _gates(e)


def _scope(e: FloatEquivalence) -> str:
    return f"this network, all inputs with ||x^k|| <= {show(e.input_bound)}, all k"


def trust_in(e: FloatEquivalence) -> Trust:
    """Say who is believed for the norms that the bounds are made of."""
    return Trust.BALL if isinstance(e.norms, BallNorms) else Trust.ROUNDING


def about(value: Fraction) -> str:
    """Write an upper bound with few digits, rounded up."""
    context = decimal.Context(prec=4, rounding=decimal.ROUND_CEILING)
    top, bottom = decimal.Decimal(value.numerator), decimal.Decimal(value.denominator)
    short = context.divide(top, bottom)
    return f"{short:f}" if value == 0 or 1e-3 <= short < 10**6 else f"{short:.3e}"


def _derived(
    e: FloatEquivalence,
    name: str,
    engine: str,
    work: Callable[[], tuple[str, dict[str, Any]]],
    undecided: str,
    scope: str | None = None,
) -> Check:
    """Turn a derivation into a check: a claim with its evidence, or why there is none."""
    evidence: dict[str, Any]
    try:
        claim, evidence = work()
        verdict = Verdict.PROVED
    except (UndecidedError, UnsupportedError) as error:
        claim, evidence = undecided, {"undecided": str(error)}
        verdict = Verdict.UNKNOWN
    return Check(name, claim, scope or _scope(e), verdict, trust_in(e), engine, evidence)


def _contractive(e: FloatEquivalence) -> Check:
    try:
        found = e.upper.contraction
    except UndecidedError as error:
        claim, evidence, verdict = "||W|| < 1", {"undecided": str(error)}, Verdict.UNKNOWN
    else:
        claim = f"||W|| <= rho = {show(found.rho)} < 1"
        verdict = Verdict.PROVED
        evidence = {"rho": show_number(found.rho, 200), "method": found.method}
    scope = "this W" if e.scaling is None else "E W E^-1 for this W and E"
    engine = "exact.contractive (FLINT integers)"
    return Check("contractive", claim, scope, verdict, Trust.EXACT, engine, evidence)


@lru_cache(maxsize=1)
def _theorem_3_1() -> tuple[Verdict, Trust]:
    report = theorem("3.1").check()
    return report.verdict, report.trust


def _theorem(e: FloatEquivalence) -> Check:
    if e.exact is not None:
        verdict, trust = e.exact.report.verdict, e.exact.report.trust
        size, method = e.exact.urnn.states, "the exact equivalence that was rounded, checked"
    else:
        (verdict, trust), size = _theorem_3_1(), 2 * e.rnn.states
        method = "Theorem 3.1 for all n; its hypotheses here: ReLU, contractive, M given"
    return Check(
        name="Theorem 3.1",
        claim=f"a URNN with {size} states and an exact orthogonal U has the same outputs",
        scope=_scope(e),
        verdict=verdict,
        trust=trust,
        engine="theorems.all_n" if e.exact is None else "theorems.equivalence",
        evidence={"method": method},
    )


def _state_bound(e: FloatEquivalence) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        H = e.state_bound
        return f"||h^k|| <= H = {about(H)}", {"H": show(H), USED: FACTS}

    return _derived(e, "state bound", "numeric.error_bounds", work, "||h^k|| is bounded")


def _orthogonal(e: FloatEquivalence) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        eps = about(e.defect)
        claim = f"||U^T U - I|| <= {eps}; some orthogonal matrix is as near to U"
        return claim, {"defect": to_float(e.defect), USED: "polar decomposition"}

    return _derived(e, "orthogonality", e.norms.name, work, "U is nearly orthogonal", "this U")


def _near_exact(e: FloatEquivalence) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        claim = f"some URNN with exactly the RNN's outputs has its U within {about(e.distance)}"
        how = "numeric.float_dilation" if e.exact is None else "enclosed entry by entry"
        facts = "polar decomposition, square roots of semidefinite matrices, Theorem 3.1"
        return claim, {"distance": to_float(e.distance), "method": how, USED: facts}

    engine = "numeric.float_dilation"
    return _derived(e, "exact U", engine, work, "U is near that of an exact URNN", "this U")


def _gates(e: FloatEquivalence) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        e.require_gates(computed=False)
        e.require_gates(computed=True)
        if e.gates.units == 0:
            return "there are no lower units", {}
        claim = "the lower units stay exactly 0, in exact and in computed arithmetic"
        return claim, {
            "lower bias": to_float(e.gates.highest),
            "slack, exact arithmetic": to_float(e.slack),
            "slack, computed": to_float(e.room),
            "largest row of W3": to_float(e.gates.rows),
            USED: FACTS,
        }

    return _derived(e, "gates", "numeric.error_bounds", work, "the lower units stay exactly 0")


def _weights(e: FloatEquivalence) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        effect, changed = e.upper.weights_effect, e.upper.changed
        e.require_gates(computed=False)
        claim = f"||y_u^k - y^k|| <= {about(effect.output)} in exact arithmetic"
        stored = {f"||{k}' - {k}||": to_float(v) for k, v in vars(changed).items()}
        return claim, stored | {"||W'||": to_float(e.upper.stored_rho), USED: FACTS}

    undecided = "||y_u^k - y^k|| is bounded in exact arithmetic"
    return _derived(e, "rounded weights", "numeric.error_bounds", work, undecided)


def _recursion(e: FloatEquivalence) -> Check:
    kind = e.weights.arithmetic.name

    def work() -> tuple[str, dict[str, Any]]:
        error, effect = e.error, e.upper.computed_effect
        claim = (
            f"computing in {kind} adds at most {about(error.recursion)}: in all "
            f"||y_u^k - y^k|| <= {about(error.total)}"
        )
        evidence = {"state error": to_float(effect.state), "states": to_float(effect.largest_state)}
        return claim, evidence | {"assumed of the engine": ARITHMETIC.format(kind), USED: FACTS}

    scope = f"{_scope(e)}, {ARITHMETIC.format(kind)}"
    undecided = f"computing in {kind} adds a bounded error"
    return _derived(e, "rounded recursion", "numeric.error_bounds", work, undecided, scope)


def _same_engine(e: FloatEquivalence) -> Check:
    kind = e.weights.arithmetic.name

    def work() -> tuple[str, dict[str, Any]]:
        bound = e.error.same_engine
        claim = f"URNN and RNN, both run in {kind}, differ by at most {about(bound)}"
        return claim, {"bound": to_float(bound), USED: FACTS}

    scope = f"{_scope(e)}, {ARITHMETIC.format(kind)}"
    undecided = f"URNN and RNN, both run in {kind}, differ by a bounded amount"
    return _derived(e, "same engine", "numeric.error_bounds", work, undecided, scope)


def two_sources(e: FloatEquivalence) -> Check:
    """Compare the two sources of norm bounds: neither may fall below the other's lower bound."""
    columns = min(e.weights.states, 64)
    part, corner = e.weights.W[:, :columns], e.weights.W[:columns, :columns]
    ball, fast = BallNorms(), NumpyNorms()
    pairs = {
        "||U^T U - I||": (ball.enclose_defect(part), fast.defect(part)),
        "||U||": (ball.enclose_spectral(corner), fast.spectral(corner)),
    }
    tiny = Fraction(columns, 2**60)  # far below what rounding makes of any U
    agree = all(b.lower <= f <= b.upper * Fraction(101, 100) + tiny for b, f in pairs.values())
    return Check(
        name="two sources",
        claim="Arb and NumPy bounds of ||U^T U - I|| and ||U|| agree within 1 %",
        scope=f"the first {columns} columns of U; its corner of that size",
        verdict=Verdict.CONSISTENT if agree else Verdict.REFUTED,
        trust=Trust.BALL,
        engine="numeric.ball_norms, numeric.fast_norms",
        evidence={k: f"{to_float(b.upper)!r} and {to_float(f)!r}" for k, (b, f) in pairs.items()},
        role=Role.CROSS_CHECK,
    )


def _simulation(e: FloatEquivalence) -> Check:
    """Run both networks in the arithmetic of the weights on random and extreme inputs."""
    M, kind = to_float(e.input_bound), e.weights.W.dtype
    worst, verdict, count = 0.0, Verdict.UNSUPPORTED, 0
    try:
        bound = e.error.same_engine
        original = e.run_of_original.network
        kinds = sample_signals(_STEPS, e.rnn.inputs, M * (1 - 1e-6), 0).values()
        x = np.concatenate(list(kinds), axis=1)
        gap = e.weights.run(x).astype(np.float64) - original.run(x).astype(np.float64)
        worst, count = float(np.linalg.norm(gap, axis=-1).max()), x.shape[1]
        verdict = Verdict.CONSISTENT if Fraction(worst) <= bound else Verdict.REFUTED
    except UndecidedError:  # no bound to compare with
        pass
    return Check(
        name="NumPy",
        claim=f"URNN and RNN, run in {kind}, keep to the bound (largest difference {worst:.1e})",
        scope=f"{count} input sequences, T = {_STEPS}, seed 0",
        verdict=verdict,
        trust=Trust.SAMPLE,
        engine="numeric.float_network",
        role=Role.CROSS_CHECK,
    )
