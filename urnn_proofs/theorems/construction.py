"""``verify_construction(n)``: Theorem 3.1 end to end, at one size or for all."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from urnn_proofs.certificate import Certificate, bundle
from urnn_proofs.checks.exact.norms import EXACT_LIMIT, exact_work_fits
from urnn_proofs.checks.symbolic.entrywise import MAX_ENTRYWISE
from urnn_proofs.guesses.dilation import DILATION_TIMES
from urnn_proofs.model.errors import InputError, UnsupportedError, UrnnProofsError
from urnn_proofs.model.number import shorten
from urnn_proofs.model.verdict import Check, Report, Trust, Verdict
from urnn_proofs.questions.construction import equivalent_urnn
from urnn_proofs.questions.families import FAMILIES, Example, draw_examples
from urnn_proofs.questions.simulations import numpy_cross_check
from urnn_proofs.questions.small_n import all_weights_report, second_opinions
from urnn_proofs.theorems.registry import theorem

__all__ = ["Progress", "verify_construction"]

#: Called as ``progress(text, done, total)`` before each piece of work.
Progress = Callable[[str, int, int], None]

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
    The time grows with about the fourth power of n: 10 seconds at n = 128, a minute at n = 224.

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
            f"n is {shorten(n)}; exact verification at this size takes hours, expected n <= "
            f"{int((DILATION_TIMES * EXACT_LIMIT / _FAMILY_BITS) ** (1 / 3))}"
        )
    tell = progress or (lambda text, done, total: None)
    minutes = (n / 224) ** 4  # as measured on one core, at n = 128 and n = 224
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
            engine="questions.construction",
            evidence={"error": str(error)},
        )
        return Report(_title(example), f"this network ({example.name})", (failure,))
    found = equivalence.proof
    return Report(
        f"{_title(example)}; same outputs with {_states(equivalence.urnn.states)}",
        found.scope,
        (*found.checks, numpy_cross_check(equivalence.layers[0], seed)),
        certificate=found.certificate,
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
        except Exception:  # TypeError, or whatever a foreign object raises
            pass
        else:
            if number >= least:
                return number
    raise InputError(f"{name} is {shorten(value)}; expected an integer >= {least}")


def _states(count: int) -> str:
    return f"{count} state{'s' * (count != 1)}"
