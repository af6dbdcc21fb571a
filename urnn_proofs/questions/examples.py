"""``verify_construction(n)`` and ``verify_network(rnn, M)``: Theorem 3.1 end to end."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from urnn_proofs.certificate import Certificate, bundle
from urnn_proofs.checks.exact.norms import EXACT_LIMIT, exact_work_fits, norm_upper_bound
from urnn_proofs.checks.symbolic.entrywise import MAX_ENTRYWISE
from urnn_proofs.guesses.dilation import DILATION_TIMES
from urnn_proofs.model.activation import PiecewiseLinear
from urnn_proofs.model.errors import InputError, UnsupportedError, UrnnProofsError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import to_float
from urnn_proofs.model.verdict import Check, Report, Role, Trust, Verdict
from urnn_proofs.questions.equivalence import Equivalence, equivalent_urnn
from urnn_proofs.questions.families import FAMILIES, Example, draw_examples
from urnn_proofs.questions.small_n import all_weights_report, second_opinions
from urnn_proofs.samples.cross_check import compare_outputs
from urnn_proofs.samples.signals import sample_signals
from urnn_proofs.theorems.registry import theorem

__all__ = ["Progress", "verify_construction", "verify_network"]

#: Called as ``progress(text, done, total)`` before each piece of work.
Progress = Callable[[str, int, int], None]

_EXACT_STATES, _EXACT_STEPS, _EXACT_EACH = 12, 8, 1

# The network next to norm 1 has 60-bit entries; its defect has twice as many bits.
_FAMILY_BITS = 140


def verify_construction(
    n: int | None = 4, *, seed: int = 0, progress: Progress | None = None
) -> Report:
    """Verify Theorem 3.1 at size n.

    For ``n <= 4`` every contractive W of that size at once, with symbolic entries; for every n
    six networks drawn from *seed* (see :mod:`urnn_proofs.questions.families`) go through all
    steps in exact arithmetic, with Z3 and NumPy looking for contradictions.

    Parameters
    ----------
    n
        Number of states, at least 1.  None verifies the theorem for all n at once, as
        ``theorem("3.1").check()`` does.
    seed
        Seed of the random networks.
    progress
        Called before each piece of work.

    Returns
    -------
    Report
        Never raises because a check fails: the report says so.

    Raises
    ------
    InputError
        If n or seed is not an integer in range.
    UnsupportedError
        If n is so large that exact arithmetic takes hours: above 313.

    Notes
    -----
    The time grows with about the fourth power of n: 10 seconds at n = 128, 3 minutes at n = 256.

    Source: arXiv:1910.13672, Theorem 3.1.

    Examples
    --------
    >>> report = verify_construction(1)
    >>> report.verdict, report.trust
    (<Verdict.PROVED: 'PROVED'>, <Trust.EXACT: 'EXACT'>)
    """
    if n is None:
        return theorem("3.1").check()
    n, seed = _whole(n, "n", 1), _whole(seed, "seed", 0)
    if not exact_work_fits(n, _FAMILY_BITS, times=DILATION_TIMES):
        raise UnsupportedError(
            f"n is {n}; exact verification at this size takes hours, expected n <= "
            f"{int((DILATION_TIMES * EXACT_LIMIT / _FAMILY_BITS) ** (1 / 3))}"
        )
    tell = progress or (lambda text, done, total: None)
    # Measured: 10 s of one core at n = 128, and the fourth power of n from there.
    minutes = (n / 128) ** 4 / 6
    time_needed = f" (all six: about {minutes:.0f} minutes)" if minutes > 0.6 else ""
    symbolic = n <= MAX_ENTRYWISE
    total = len(FAMILIES) + symbolic + 1
    parts: list[Report] = []
    if symbolic:
        tell(f"all W with n = {n}", 0, total)
        parts.append(all_weights_report(n))
    examples = draw_examples(n, seed)
    for example in examples:
        tell(f"network: {example.name}{time_needed}", len(parts), total)
        parts.append(_verify_example(example, seed))
    tell("Z3", total - 1, total)
    opinions = second_opinions()
    tell("done", total, total)
    networks = f"{len(examples)} networks with n = {n} (seed {seed})"
    return Report(
        title=f"Theorem 3.1 at n = {n}",
        scope=f"every contractive W with n = {n}; and {networks}" if symbolic else networks,
        checks=opinions,
        parts=tuple(parts),
        certificate=_joined(parts),
    )


def verify_network(
    rnn: RNN,
    input_bound: Any,
    *,
    state_bound: Any = None,
    scaling: bool = False,
    rational: bool = False,
    seed: int = 0,
    force: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Build the URNN of a network and verify the equivalence, all steps and cross-checks.

    Parameters and errors are those of
    :func:`~urnn_proofs.questions.equivalence.equivalent_urnn`; *seed* draws the sample inputs.

    Examples
    --------
    >>> net = RNN(W=[[0, 0.5], [0, 0]], F=[[1], [1]], b=[0, 0], C=[[1, 1]])
    >>> verify_network(net, input_bound=1).verdict
    <Verdict.PROVED: 'PROVED'>
    """
    tell = progress or (lambda text, done, total: None)
    tell("exact construction and steps S1 to S5", 0, 4)
    equivalence = equivalent_urnn(
        rnn,
        input_bound,
        state_bound=state_bound,
        scaling=scaling,
        rational=rational,
        force=force,
    )
    tell("exact simulation", 1, 4)
    unrolled = exact_cross_check(equivalence, seed)
    tell("NumPy simulation", 2, 4)
    simulation = numpy_cross_check(equivalence, seed)
    tell("Z3", 3, 4)
    # What Z3 says about ReLU itself is no evidence about another activation.
    relu = isinstance(rnn.activation, PiecewiseLinear) and rnn.activation.is_relu
    opinions = [c for c in second_opinions() if relu or not c.name.startswith("S5")]
    checks = (*equivalence.report.checks, *unrolled, simulation, *opinions)
    tell("done", 4, 4)
    found = equivalence.report
    return Report(found.title, found.scope, checks, certificate=found.certificate)


def exact_cross_check(equivalence: Equivalence, seed: int = 0) -> tuple[Check, ...]:
    """Run both networks in exact arithmetic on a few sequences; nothing if they are large."""
    rnn, M = equivalence.rnn, equivalence.input_bound
    if rnn.states > _EXACT_STATES:
        return ()
    signals = sample_signals(_EXACT_STEPS, rnn.inputs, 1.0, seed)
    agree, count = True, 0
    for batch in signals.values():
        for k in range(min(batch.shape[1], _EXACT_EACH)):
            x = [[_dyadic(v) * M for v in row] for row in batch[:, k]]
            agree = agree and rnn.run_exact(x) == equivalence.urnn.run_exact(x)
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


def _largest_state(equivalence: Equivalence) -> Fraction:
    """Return what no state exceeds in the simulation; without gates no bound was derived."""
    if equivalence.bound is not None:
        return equivalence.bound.H
    rnn, M = equivalence.base, equivalence.input_bound
    step = norm_upper_bound(rnn.F) * M + norm_upper_bound(rnn.b)
    return norm_upper_bound(rnn.h_init) + 1000 * (step + rnn.states * abs(rnn.activation.at_zero))


def numpy_cross_check(equivalence: Equivalence, seed: int = 0) -> Check:
    """Simulate both networks in float64 on random and extreme inputs.

    Where the states were rescaled, the rescaled network is run: its W has norm below 1, so that
    rounding errors do not grow, and the tolerance can be tight.
    """
    found = compare_outputs(
        equivalence.base,
        equivalence.urnn,
        to_float(equivalence.input_bound),
        to_float(_largest_state(equivalence)),
        seed=seed,
    )
    if not found.finite:
        verdict = Verdict.UNSUPPORTED
    else:
        verdict = Verdict.CONSISTENT if found.agrees else Verdict.REFUTED
    worst = max(found.differences.values(), default=0.0)
    return Check(
        name="NumPy",
        claim=f"outputs agree within rounding (largest difference {worst:.1e})",
        scope=f"{found.sequences} input sequences, T = {found.steps}, seed {seed}"
        + ("" if equivalence.scaling is None else ", states rescaled"),
        verdict=verdict,
        trust=Trust.SAMPLE,
        engine="numeric.cross_check (float64)",
        evidence={"tolerance": found.tolerance, **found.differences},
        role=Role.CROSS_CHECK,
    )


def _verify_example(example: Example, seed: int) -> Report:
    """Run one network through everything; a refusal becomes a report, not an exception."""
    try:
        equivalence = equivalent_urnn(
            example.rnn, example.input_bound, state_bound=example.state_bound
        )
    except UrnnProofsError as error:
        failure = Check(
            name="construction",
            claim="the URNN of Theorem 3.1 exists",
            scope=f"this network ({example.name})",
            verdict=Verdict.UNKNOWN,
            trust=Trust.EXACT,
            engine="theorems.equivalence",
            evidence={"error": str(error)},
        )
        return Report(_title(example), f"this network ({example.name})", (failure,))
    checks = (*equivalence.report.checks, numpy_cross_check(equivalence, seed))
    return Report(
        f"{_title(example)}; same outputs with {equivalence.urnn.states} states",
        equivalence.report.scope,
        checks,
        certificate=equivalence.report.certificate,
    )


def _title(example: Example) -> str:
    return f"{example.name}: {example.description}"


def _joined(parts: list[Report]) -> Certificate | None:
    """Join the certificates of the networks; those of the kernel's size, if any."""
    found = [part.certificate for part in parts if part.certificate is not None]
    return bundle(found) if found else None


def _whole(value: Any, name: str, least: int) -> int:
    if not isinstance(value, bool):
        try:
            number = operator.index(value)
        except TypeError:
            pass
        else:
            if number >= least:
                return number
    raise InputError(f"{name} is {value!r}; expected an integer >= {least}")
