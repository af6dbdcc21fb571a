"""What is proved about a URNN with floating-point weights, claim by claim."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.ball_norms import BallNorms
from urnn_proofs.checks.numeric.engine import assumed_of_engine
from urnn_proofs.checks.numeric.fast_norms import NumpyNorms
from urnn_proofs.checks.numeric.float_chain import AnyLayer, FloatChain
from urnn_proofs.checks.numeric.float_layer import FloatLayer
from urnn_proofs.checks.numeric.saturating_layer import SaturatingLayer
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.errors import UndecidedError, UnsupportedError, UrnnProofsError
from urnn_proofs.model.number import show_number, show_tolerance, to_float
from urnn_proofs.model.verdict import USED, Check, Report, Role, Trust, Verdict
from urnn_proofs.questions.steps_3_1 import gate_check, network_scope, show
from urnn_proofs.samples.signals import sample_signals

__all__ = ["float_report"]

ARITHMETIC = (
    "IEEE {} arithmetic rounding to nearest, sums in any order, no reduced precision (TF32)"
)
FACTS = "the triangle inequality, Cauchy-Schwarz, the definition of the norm, induction on k"
# T of the simulation, and of those of networks that take long.
_STEPS, _FEW_STEPS, _SMALL = 200, 40, 256

Work = Callable[[], tuple[str, dict[str, Any]]]


def float_report(
    network: StoredNetwork,
    sizes: Sequence[int],
    input_bound: Fraction,
    kind: str,
    chain: FloatChain | UnsupportedError,
    exact: Report | None,
    epsilon: Fraction | None,
) -> Report:
    """Check a URNN in floats against its network; what cannot be shown is UNKNOWN, never raised.

    Parameters
    ----------
    network, sizes, input_bound, kind
        The claim: the network that was given, the states of the URNN, the arithmetic of both.
    chain
        Its bounds, or why there are none.
    exact
        What is known of the exact URNN that was rounded, if there is one.
    epsilon
        How close outputs of the stored weights are to be in exact arithmetic, if that is claimed.

    Raises
    ------
    NotContractiveError
        If ``||W|| >= 1``: there is nothing to report on.
    """
    scope = network_scope(input_bound)
    noun = "state" if list(sizes) == [1] else "states"
    certificate = None if exact is None else exact.certificate
    title = f"URNN with {' + '.join(map(str, sizes))} {noun} in {kind}{_within(chain)} an RNN with "
    title += " + ".join(str(layer.states) for layer in network.layers)
    if isinstance(chain, UnsupportedError):
        floats: list[tuple[Check, ...]] = [()] * len(network.layers)
        overall = _unbounded(scope, kind, str(chain))
        notes: tuple[str, ...] = ()
    else:
        floats = [
            _of_layer(layer, _layer_scope(k, layer), exact is not None)
            for k, layer in enumerate(chain.layers)
        ]
        overall, notes = _overall(chain, scope, epsilon), _notes(chain, exact is not None)
    computed = ARITHMETIC.format(kind) if isinstance(chain, UnsupportedError) else _engine(chain)
    scope = f"{scope}; computed: {computed}"
    before = [part.checks for part in _parts(exact)] or [()] * len(floats)
    layers = [_joined(*pair) for pair in zip(before, floats, strict=True)]
    if len(layers) == 1:
        return Report(title, scope, (*layers[0], *overall), (), notes, certificate)
    if exact is not None:
        overall = (*exact.checks, *overall)
    parts = tuple(
        Report(
            f"layer {k}: {a.states} states, {size} in the URNN",
            scope if isinstance(chain, UnsupportedError) else _layer_scope(k, chain.layers[k]),
            checks,
        )
        for k, (a, size, checks) in enumerate(zip(network.layers, sizes, layers, strict=True))
    )
    return Report(title, scope, overall, parts, notes, certificate)


def _within(chain: FloatChain | UnsupportedError) -> str:
    """Return what the title says of outputs: how close they are, where that is known."""
    if isinstance(chain, UnsupportedError):
        return " for"
    try:
        return f", outputs within {_about(chain.error.total)} of those of"
    except UrnnProofsError:  # the checks say why
        return " for"


def _parts(exact: Report | None) -> tuple[Report, ...]:
    if exact is None:
        return ()
    return exact.parts or (exact,)


def _joined(before: Iterable[Check], after: Iterable[Check]) -> tuple[Check, ...]:
    """Put the steps of the exact URNN first, simulations of it last."""
    steps = [check for check in before if check.role is Role.STEP]
    others = [check for check in before if check.role is Role.CROSS_CHECK]
    return (*steps, *after, *others)


def _layer_scope(k: int, layer: AnyLayer) -> str:
    what = "this network" if k == 0 else "this layer"
    return f"{what}, all inputs with ||x^k|| <= {show(layer.input_bound)}, all k"


def _overall(chain: FloatChain, scope: str, epsilon: Fraction | None) -> tuple[Check, ...]:
    fit = (_fit(chain, scope),) if len(chain.layers) > 1 else ()
    bounds = (_weights(chain, scope, epsilon), _recursion(chain, scope), _same_engine(chain, scope))
    return (*fit, *bounds, _simulation(chain))


def _of_layer(e: AnyLayer, scope: str, exact: bool) -> tuple[Check, ...]:
    """Check the premises (those of the exact URNN come with it), the stored U, and the gates."""
    if isinstance(e, SaturatingLayer):
        given = () if exact else (_contractive(e), _state_bound(e, scope))
        return (*given, _orthogonal(e), _near_exact(e), _saturated(e, scope), _two_sources(e))
    premises = () if exact else (_contractive(e), gate_check(e.rnn.states), _state_bound(e, scope))
    return (*premises, _orthogonal(e), _near_exact(e), _gates(e, scope), _two_sources(e))


def _engine(chain: FloatChain) -> str:
    """Say what is assumed of the engine that runs the network."""
    return str(_assumed(chain.urnn.arithmetic.name, *chain.layers)["assumed of the engine"])


def _trust(*layers: AnyLayer) -> Trust:
    """Say who is believed for the norms that the bounds are made of."""
    return Trust.BALL if all(isinstance(e.norms, BallNorms) for e in layers) else Trust.ROUNDING


def _about(value: Fraction) -> str:
    """Write an upper bound with few digits, rounded up."""
    context = decimal.Context(prec=4, rounding=decimal.ROUND_CEILING)
    top, bottom = decimal.Decimal(value.numerator), decimal.Decimal(value.denominator)
    short = context.divide(top, bottom)
    return f"{short:f}" if value == 0 or 1e-3 <= short < 10**6 else f"{short:.3e}"


def _derived(
    layers: Iterable[AnyLayer], name: str, engine: str, scope: str, undecided: str, work: Work
) -> Check:
    """Turn a derivation into a check: a claim with its evidence, or why there is none."""
    evidence: dict[str, Any]
    try:
        claim, evidence = work()
        verdict = Verdict.PROVED
    except (UndecidedError, UnsupportedError) as error:
        claim, evidence = undecided, {"undecided": str(error)}
        verdict = Verdict.UNKNOWN
    return Check(name, claim, scope, verdict, _trust(*layers), engine, evidence)


def _contractive(e: AnyLayer) -> Check:
    try:
        found = e.contraction
    except UndecidedError as error:
        claim, evidence, verdict = "||W|| < 1", {"undecided": str(error)}, Verdict.UNKNOWN
    else:
        claim = f"||W|| <= rho = {show(found.rho)} < 1"
        verdict = Verdict.PROVED
        evidence = {"rho": show_number(found.rho, 200), "method": found.method}
    scope = "this W" if e.scaling is None else "E W E^-1 for this W and E"
    engine = "exact.contractive (FLINT integers)"
    return Check("contractive", claim, scope, verdict, Trust.EXACT, engine, evidence)


def _state_bound(e: AnyLayer, scope: str) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        H = e.upper.state_bound
        return f"||h^k|| <= H = {_about(H)}", {"H": show(H), USED: FACTS}

    engine = "numeric.error_bounds"
    return _derived([e], "state bound", engine, scope, "||h^k|| is bounded", work)


def _orthogonal(e: AnyLayer) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        eps = _about(e.defect)
        claim = f"||U^T U - I|| <= {eps}; some orthogonal matrix is as near to U"
        return claim, {"defect": to_float(e.defect), USED: "polar decomposition"}

    return _derived([e], "orthogonality", e.norms.name, "this U", "U is nearly orthogonal", work)


def _near_exact(e: AnyLayer) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        claim = f"some URNN with exactly the RNN's outputs has its U within {_about(e.distance)}"
        how = "numeric.float_dilation" if e.orthogonal is None else "enclosed entry by entry"
        facts = "polar decomposition, square roots of semidefinite matrices, Theorem 3.1"
        if isinstance(e, SaturatingLayer):
            claim = (
                f"an orthogonal matrix with the W of the RNN in it is within {_about(e.distance)}"
            )
            facts = "polar decomposition, square roots of semidefinite matrices"
        return claim, {"distance": to_float(e.distance), "method": how, USED: facts}

    undecided = "U is near that of an exact URNN"
    return _derived([e], "exact U", "numeric.float_dilation", "this U", undecided, work)


def _gates(e: FloatLayer, scope: str) -> Check:
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

    undecided = "the lower units stay exactly 0"
    return _derived([e], "gates", "numeric.error_bounds", scope, undecided, work)


def _saturated(e: SaturatingLayer, scope: str) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        e.require_gates(computed=False)
        e.require_gates(computed=True)
        run = e.upper
        if run.added == 0:
            return "there are no lower units", {}
        exact, computed, value = run.lower, run.lower_computed, show(run.limit.value)
        off = computed.delta + run.engine_error
        claim = f"the lower units stay within {_about(exact.delta)} of {value} in exact arithmetic"
        claim += f", within {_about(off)} in computed arithmetic"
        return claim, {
            "B, exact arithmetic": to_float(exact.B),
            "B, computed": to_float(computed.B),
            "lower biases": [float(v) for v in _ends(e.weights.b[e.rnn.states :])],
            "terms of exp": "exp(t) >= 1 + t + ... (checks.exact.tails)",
            **_assumed(e.weights.arithmetic.name, e),
        }

    undecided = "the lower units stay close to the limit of the activation"
    engine = "numeric.saturating_run, exact.tails"
    return _derived([e], "lower units", engine, scope, undecided, work)


def _ends(biases: Any) -> tuple[Any, Any]:
    return biases.min(), biases.max()


def _two_sources(e: AnyLayer) -> Check:
    """Compare the two sources of norm bounds: neither may fall below the other's lower bound."""
    columns = min(e.weights.states, 64)
    part, corner = e.weights.W[:, :columns], e.weights.W[:columns, :columns]
    ball, fast = BallNorms(), NumpyNorms()
    verdict, seen = Verdict.UNSUPPORTED, {}
    try:
        pairs = {
            "||U^T U - I||": (ball.enclose_defect(part), fast.defect(part)),
            "||U||": (ball.enclose_spectral(corner), fast.spectral(corner)),
        }
    except UndecidedError as error:  # one of them has no enclosure
        seen = {"undecided": str(error)}
    else:
        tiny = Fraction(columns, 2**60)  # far below what rounding makes of any U
        agree = all(b.lower <= f <= b.upper * Fraction(101, 100) + tiny for b, f in pairs.values())
        verdict = Verdict.CONSISTENT if agree else Verdict.REFUTED
        seen = {k: f"{to_float(b.upper)!r} and {to_float(f)!r}" for k, (b, f) in pairs.items()}
    return Check(
        name="two sources",
        claim="Arb and NumPy bounds of ||U^T U - I|| and ||U|| agree within 1 %",
        scope=f"the first {columns} columns of U; its corner of that size",
        verdict=verdict,
        trust=Trust.BALL,
        engine="numeric.ball_norms, numeric.fast_norms",
        evidence=seen,
        role=Role.CROSS_CHECK,
    )


def _weights(c: FloatChain, scope: str, epsilon: Fraction | None) -> Check:
    def work() -> tuple[str, dict[str, Any]]:
        bound = c.weights
        if epsilon is not None and bound > epsilon:
            raise UndecidedError(
                f"the bound is {_about(bound)}, and epsilon is {show_tolerance(epsilon)}; "
                f"expected an epsilon that is no smaller"
            )
        claim = f"||y_u^k - y^k|| <= {_about(bound)} in exact arithmetic"
        if bound == 0:
            claim = "rounding the weights changes no output in exact arithmetic"
        if epsilon is not None:
            claim += f", and epsilon is {show_tolerance(epsilon)}"
        return claim, {"bound": to_float(bound), **_margins(c), USED: FACTS}

    undecided = "the weights as written give outputs close to y^k in exact arithmetic"
    return _derived(c.layers, "rounded weights", _ENGINE, scope, undecided, work)


def _recursion(c: FloatChain, scope: str) -> Check:
    kind = c.urnn.arithmetic.name

    def work() -> tuple[str, dict[str, Any]]:
        error = c.error
        claim = f"computing in {kind} adds at most {_about(error.recursion)}"
        claim += f": in all ||y_u^k - y^k|| <= {_about(error.total)}"
        return claim, {"bound": to_float(error.total), **_assumed(kind, *c.layers)}

    undecided = f"computing in {kind} adds a bounded error"
    where = f"{scope}, {_engine(c)}"
    return _derived(c.layers, "rounded recursion", _ENGINE, where, undecided, work)


def _same_engine(c: FloatChain, scope: str) -> Check:
    kind = c.urnn.arithmetic.name

    def work() -> tuple[str, dict[str, Any]]:
        bound = c.error.same_engine
        claim = f"URNN and RNN, both run in {kind}, differ by at most {_about(bound)}"
        meant = "the RNN as it is stored, layer by layer, each number rounded to the type"
        return claim, {"bound": to_float(bound), "RNN": meant, **_assumed(kind, *c.layers)}

    undecided = f"URNN and RNN, both run in {kind}, differ by a bounded amount"
    where = f"{scope}, {_engine(c)}"
    return _derived(c.layers, "same engine", _ENGINE, where, undecided, work)


_ENGINE = "numeric.float_chain, numeric.error_bounds, numeric.tube"


def _assumed(kind: str, *layers: AnyLayer) -> dict[str, Any]:
    said = [assumed_of_engine(e.rnn.activation, e.weights.arithmetic) for e in layers]
    everything = ", ".join([ARITHMETIC.format(kind), *dict.fromkeys(filter(None, said))])
    return {"assumed of the engine": everything, USED: FACTS}


def _margins(c: FloatChain) -> dict[str, Any]:
    """Say how much of the bound is due to lower units that are not at their limit."""
    return {
        f"of which lower units of layer {k}": to_float(layer.upper.margin)
        for k, layer in enumerate(c.layers)
        if isinstance(layer, SaturatingLayer)
    }


def _fit(c: FloatChain, scope: str) -> Check:
    """Show that every layer was built for all inputs that it can get."""

    def work() -> tuple[str, dict[str, Any]]:
        facts: dict[str, Any] = {}
        for k, layer in enumerate(c.layers):
            c.require_fit(k)
            facts[f"layer {k}"] = f"inputs of norm at most {_about(layer.input_bound)}"
        claim = "whatever a layer gives out, exact or computed, has norm at most M of the next"
        return claim, {**facts, USED: FACTS}

    where = f"{scope}, {_engine(c)}"
    undecided = "whatever a layer gives out has norm at most M of the next"
    return _derived(c.layers, "layers", "numeric.float_chain", where, undecided, work)


def _simulation(c: FloatChain) -> Check:
    """Run both networks, as they are stored, on random and extreme inputs."""
    kind = c.urnn.arithmetic.name
    steps = _STEPS if max(layer.weights.states for layer in c.layers) <= _SMALL else _FEW_STEPS
    x = _signals(steps, c.layers[0].rnn.inputs, c.layers[0].input_bound)
    with np.errstate(over="ignore", invalid="ignore"):
        gap = c.urnn.run(x).astype(np.float64) - c.original.run(x).astype(np.float64)
    worst = float(np.linalg.norm(gap, axis=-1).max())
    claim = f"run in {kind} the two keep to the bound (largest difference {worst:.1e}"
    try:
        bound = c.error.same_engine
        verdict = Verdict.CONSISTENT if Fraction(worst) <= bound else Verdict.REFUTED
        claim += f", 1/{round(to_float(bound) / worst):,} of it)" if worst else ")"
    except (UndecidedError, UnsupportedError):  # no bound to compare with
        claim, verdict = f"largest difference seen in {kind}: {worst:.1e}", Verdict.UNSUPPORTED
    scope = f"{x.shape[1]} input sequences, T = {len(x)}, seed 0"
    return _sampled(claim, scope, verdict)


def _signals(steps: int, inputs: int, input_bound: Fraction) -> Any:
    M = to_float(input_bound) * (1 - 1e-6)
    return np.concatenate(list(sample_signals(steps, inputs, min(M, 1e30), 0).values()), axis=1)


def _sampled(claim: str, scope: str, verdict: Verdict) -> Check:
    engine = "numeric.float_network"
    return Check("NumPy", claim, scope, verdict, Trust.SAMPLE, engine, role=Role.CROSS_CHECK)


def _unbounded(scope: str, kind: str, why: str) -> tuple[Check, ...]:
    """Say that floats have no bound, and why."""
    names = ("rounded weights", "rounded recursion", "same engine")
    checks = tuple(
        Check(
            name=name,
            claim=f"URNN and RNN in {kind} differ by a bounded amount",
            scope=scope,
            verdict=Verdict.UNKNOWN,
            trust=Trust.ROUNDING,
            engine=_ENGINE,
            evidence={"undecided": why},
        )
        for name in names
    )
    return (*checks, _sampled(f"not compared: no bound in {kind}", scope, Verdict.UNSUPPORTED))


def _keeps(e: AnyLayer) -> bool:
    """Tell whether the stored weights hold those of the original unchanged."""
    changed = e.upper.changed
    if isinstance(e, SaturatingLayer):  # its bias takes in the limit of the lower units
        changed = replace(changed, b=Fraction(0))
    return e.scaling is None and not any(vars(changed).values())


def _notes(c: FloatChain, exact: bool) -> tuple[str, ...]:
    notes = []
    if not exact:
        notes.append("U is computed in floating point; no exact URNN of this size is written down")
    try:
        kept = all(_keeps(e) for e in c.layers)
    except (UndecidedError, UnsupportedError):
        kept = False
    if kept:
        smooth = any(isinstance(e, SaturatingLayer) for e in c.layers)
        notes.append(
            "W, F and C of the original are among the weights, bit for bit; b takes in what the "
            "lower units bring"
            if smooth
            else "W, F, b and C of the original are among the weights, bit for bit"
        )
    else:
        notes.append("the weights of the original are rescaled or rounded")
    if any(e.scaling is not None for e in c.layers):
        notes.append("the states are rescaled by a positive diagonal")
    names = dict.fromkeys(e.norms.name for e in c.layers)
    notes.append(f"norm bounds: {', '.join(names)}")
    if len(c.layers) > 1 and exact:
        notes.append(
            "a certificate holds one claim for each layer; that the layers fit together is "
            "checked here and not by the kernel"
        )
    return tuple(notes)
