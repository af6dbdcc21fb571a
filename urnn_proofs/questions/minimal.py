"""The fewest states of an equivalent URNN: what can be built, and what cannot be undercut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from urnn_proofs.certificate import Certificate, bundle, lower_bound_certificate
from urnn_proofs.checks.exact.lower_bound import LowerBound, lower_bound_holds
from urnn_proofs.guesses.lower_bound import find_lower_bound
from urnn_proofs.guesses.scaling.few_states import few_state_scaling
from urnn_proofs.guesses.scaling.scaling import NoScaling
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    TooFewStatesError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN, URNN, require_rnn
from urnn_proofs.model.number import shorten, show_fields
from urnn_proofs.model.verdict import USED, Check, Report, Trust, Verdict
from urnn_proofs.questions.construction import equivalent_urnn, parse_bound
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.scaling import refuse_scaling
from urnn_proofs.questions.steps_3_1 import is_homogeneous, show

__all__ = ["FewestStates", "fewest", "minimal_urnn"]


@dataclass(frozen=True, eq=False)
class FewestStates:
    """An equivalent URNN with few states, and how few any of them can have.

    Parameters
    ----------
    equivalence
        The URNN that was built: an upper bound, proved by construction.
    lower
        The lower bound and its evidence, checked again here; None if nothing better than 1 state is
        proved.
    """

    equivalence: Equivalence
    lower: LowerBound | None

    __repr__ = show_fields

    @property
    def at_most(self) -> int:
        """States of the URNN that was built."""
        return self.equivalence.urnn.states

    @property
    def at_least(self) -> int:
        """What every equivalent URNN with the same activation needs, as far as it is proved."""
        return self.lower.states if self.lower is not None and self._lower_holds else 1

    @cached_property
    def _lower_holds(self) -> bool:
        e, lower = self.equivalence, self.lower
        return lower is None or lower_bound_holds(e.rnn, e.input_bound, lower)

    @property
    def urnn(self) -> URNN:
        """The URNN that was built."""
        return self.equivalence.urnn

    @cached_property
    def report(self) -> Report:
        """Both bounds, each with its steps."""
        built = self.equivalence.report
        M = self.equivalence.input_bound
        lower = _lower_check(self.equivalence.rnn, M, self.lower, self._lower_holds)
        certificate = built.certificate
        if certificate is not None and self.lower is not None and self._lower_holds:
            certificate = bundle([certificate, self._lower_certificate()])
        known = "that is the least" if self.at_least == self.at_most else "the gap is open"
        return Report(
            title=f"Fewest states: {self.at_most} suffice, {self.at_least} are needed; {known}",
            scope=built.scope,
            checks=(*built.checks, lower),
            certificate=certificate if lower.verdict is Verdict.PROVED else None,
        )

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.results import urnn_html  # for notebooks, on demand

        return urnn_html(self)

    def _lower_certificate(self) -> Certificate:
        assert self.lower is not None
        return lower_bound_certificate(
            self.equivalence.rnn, self.equivalence.input_bound, self.lower
        )


def minimal_urnn(rnn: RNN, input_bound: Any, *, states: int | None = None) -> FewestStates:
    """Build an equivalent URNN with as few states as we know how, and bound them from below.

    For ReLU the states are rescaled by a positive diagonal E that makes
    ``rank(I - (E W E^{-1})^T (E W E^{-1}))`` small, ``||E W E^{-1}|| <= 1``; the state bound may
    come from another scaling.

    Parameters
    ----------
    rnn, input_bound
        As for :func:`~urnn_proofs.questions.construction.equivalent_urnn`.
    states
        Insist on at most so many.

    Raises
    ------
    TooFewStatesError
        If *states* is below the proved lower bound; it carries the certificate.
    UndecidedError
        If *states* is below what was built, and nothing proved excludes it.
    NotContractiveError, UnsupportedError, InputError
        As for :func:`~urnn_proofs.questions.construction.equivalent_urnn`.

    Source: the upper bound is arXiv:1910.13672, Theorem 3.1 with rescaled states; the lower bound
    generalises Theorem 3.2 (see :mod:`urnn_proofs.checks.exact.lower_bound`).

    Examples
    --------
    >>> half = [[0, 0.5, 0], [0, 0, 0.5], [0, 0, 0]]
    >>> eye = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    >>> found = minimal_urnn(RNN(half, eye, [0, 0, 0], eye), input_bound=1)
    >>> found.at_least, found.at_most
    (4, 4)
    """
    M = parse_bound(input_bound, "input_bound")
    if states is not None and (type(states) is not int or states < 1):
        raise InputError(f"states is {shorten(states)}; expected a whole number >= 1")
    equivalence = fewest(require_rnn(rnn), M)
    found = FewestStates(equivalence, find_lower_bound(rnn, M))
    if states is not None and states < found.at_least:
        assert found.lower is not None
        raise TooFewStatesError(
            f"states is {states}, but every equivalent URNN with the activation "
            f"{rnn.activation.name} has at least {found.at_least} ({found.lower.reason}); "
            f"expected at least {found.at_least}",
            found.at_least,
            found._lower_certificate(),
        )
    if states is not None and states < found.at_most:
        raise UndecidedError(
            f"states is {states}; at least {found.at_least} are needed and {found.at_most} are "
            f"enough, and what lies between is not known for this network"
        )
    return found


def fewest(rnn: RNN, M: Any, *, enough: int = 1) -> Equivalence:
    """Try the plain construction and the scaling of lowest rank; the smaller one wins.

    The second is left out if the first has no more than *enough* states.
    """
    found: list[Equivalence] = []
    refusal: Exception | None = None
    try:
        found.append(equivalent_urnn(rnn, M))
    except (NotContractiveError, UnsupportedError) as error:
        refusal = error
    if found and found[0].urnn.states <= enough:
        return found[0]
    if is_homogeneous(rnn):
        try:
            few = few_state_scaling(rnn.W)
            if isinstance(few, NoScaling):
                raise refuse_scaling(rnn.W, few)
            scaling, _ = few
            found.append(equivalent_urnn(rnn, M, scaling=scaling))
        except (NotContractiveError, UnsupportedError, UndecidedError) as error:
            refusal = refusal or error
    if not found:
        assert refusal is not None
        raise refusal
    return min(found, key=lambda e: e.urnn.states)


def _lower_check(rnn: RNN, M: Any, lower: LowerBound | None, ok: bool) -> Check:
    needed = 1 if lower is None else lower.states
    evidence: dict[str, Any] = {
        USED: "activity is locally constant off a nowhere dense set of inputs; dimensions of "
        "images and kernels"
    }
    if lower is None:
        evidence = {
            "better": "not proved: F or C has a rank below n, or no inputs were found that keep "
            "every unit active"
        }
    else:
        evidence["why"] = lower.reason
        evidence["inputs"] = "; ".join(
            "(" + ", ".join(show(v) for v in x) + ")" for x in lower.inputs
        )
    plural = "s" * (needed > 1)
    return Check(
        name="lower bound",
        claim=f"every equivalent URNN with the activation {rnn.activation.name} has at least "
        f"{needed} state{plural}",
        scope=f"this network, all inputs with ||x^k|| <= {show(M)}",
        verdict=Verdict.PROVED if ok else Verdict.UNKNOWN,
        trust=Trust.EXACT,
        engine="exact.lower_bound (FLINT ranks, exact simulation)",
        evidence=evidence,
    )
