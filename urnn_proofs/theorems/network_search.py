"""The search for a whole URNN that imitates a one-state ReLU RNN: refine, then confirm.

Each query asks for weights that give the RNN's outputs on finitely many input sequences.  What Z3
finds is tried on other sequences; one on which it fails joins the query.  A candidate that
passes is confirmed exactly for all inputs and all times, or not believed.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from urnn_proofs.errors import UnsupportedError
from urnn_proofs.exact.affine_invariant import AffineInvariant, fit_affine
from urnn_proofs.exact.contractive import certify_contractive
from urnn_proofs.exact.state_bound import bound_states
from urnn_proofs.network import RNN
from urnn_proofs.rational import RationalMatrix
from urnn_proofs.scaled import ScaledRational
from urnn_proofs.smt.process import Outcome, Sat, solve
from urnn_proofs.smt.relu_network import (
    Transition,
    every_transition,
    same_outputs,
    steered_transitions,
    urnn_from,
)
from urnn_proofs.theorems.network_confirmation import confirm_network
from urnn_proofs.verdict import USED, Check, Report, Trust, Verdict

__all__ = ["NetworkSearch", "find_network"]

Inputs = tuple[Fraction, ...]

_INTERVAL_STEPS = 8


@dataclass(frozen=True, eq=False)
class NetworkSearch:
    """What the search for a network came to.

    Parameters
    ----------
    claim, scope
        What ``verdict`` is about.
    verdict
        PROVED if no URNN of that size imitates the RNN, REFUTED if one was found and confirmed,
        UNKNOWN otherwise.
    trust
        SMT for PROVED and UNKNOWN; EXACT for REFUTED, which rests on the confirmation alone.
    network, invariant
        The URNN found, and ``h_u = A h + a`` that confirms it; None otherwise.
    confirmation
        The checks of the network found; None otherwise.
    sequences
        The input sequences the queries used.
    undecided
        SMT-LIB text of the queries that were not decided.
    seconds
        Wall-clock time.
    trace
        One line for each query or confirmation.
    """

    claim: str
    scope: str
    verdict: Verdict
    trust: Trust
    network: RNN | None
    invariant: AffineInvariant | None
    confirmation: Report | None
    sequences: tuple[Inputs, ...]
    undecided: tuple[str, ...] = field(repr=False)
    seconds: float
    trace: tuple[str, ...] = field(repr=False)

    def as_check(self) -> Check:
        """Return the claim as one step of a report."""
        return Check(
            "network search",
            self.claim,
            self.scope,
            self.verdict,
            self.trust,
            "theorems.network_search (Z3; exact confirmation)",
            {
                USED: "a smaller U is padded with ones",
                "sequences": [[str(x) for x in inputs] for inputs in self.sequences],
                "smt2": list(self.undecided),
            },
        )

    def __str__(self) -> str:
        return (
            f"{self.claim}: {self.verdict} (trust {self.trust}; {self.scope}; "
            f"{len(self.sequences)} input sequences, {self.seconds:.1f} s)"
        )


def find_network(
    rnn: RNN,
    states: int,
    input_bound: Fraction,
    budget_s: float,
    query_s: float,
    *,
    steered: bool = True,
) -> NetworkSearch:
    """Search; :func:`urnn_proofs.theorems.relu_search.search_relu_network` checks the arguments.

    *steered* tries transitions as in Theorem 3.1 before all others.

    Examples
    --------
    >>> rnn = RNN(W=[[Fraction(3, 5)]], F=[[1]], b=[0], C=[[1]])
    >>> find_network(rnn, 2, Fraction(1), 30.0, 10.0).verdict
    <Verdict.REFUTED: 'REFUTED'>
    """
    return _NetworkSearch(rnn, states, input_bound, budget_s, query_s).run(steered)


class _NetworkSearch:
    def __init__(
        self, rnn: RNN, states: int, bound: Fraction, budget_s: float, query_s: float
    ) -> None:
        self.rnn, self.states, self.bound = rnn, states, bound
        self.budget_s, self.query_s = budget_s, query_s
        self.start = time.monotonic()
        self.sequences: list[Inputs] = [(bound,)]
        self.trace: list[str] = []
        self.undecided: list[str] = []
        self.found: tuple[RNN, AffineInvariant, Report] | None = None

    def run(self, steered: bool) -> NetworkSearch:
        assert isinstance(self.rnn.W, RationalMatrix)
        w, c = self.rnn.W[0, 0], self.rnn.C[0, 0]
        for transition in steered_transitions(w, c, self.states) if steered else ():
            if self.found is None:
                self._refine(transition)
        none = self.found is None
        for transition in every_transition(self.states):
            if self.found is None:
                none = self._refine(transition) and none
        network, invariant, report = self.found or (None, None, None)
        if self.found is not None:
            verdict, trust = Verdict.REFUTED, Trust.EXACT
        else:
            verdict, trust = (Verdict.PROVED if none else Verdict.UNKNOWN), Trust.SMT
        return NetworkSearch(
            claim=f"no URNN with {self.states} {'state' if self.states == 1 else 'states'}",
            scope=f"this network, all inputs with |x^k| <= {self.bound}",
            verdict=verdict,
            trust=trust,
            network=network,
            invariant=invariant,
            confirmation=report,
            sequences=tuple(self.sequences),
            undecided=tuple(self.undecided),
            seconds=time.monotonic() - self.start,
            trace=tuple(self.trace),
        )

    def _refine(self, transition: Transition) -> bool:
        """Ask, and add what refutes each candidate; True if the family has no solution."""
        while True:
            left = self.budget_s - (time.monotonic() - self.start)
            if left <= 0:
                self.trace.append(f"{transition.name}: out of time")
                return False
            outcome = self._ask(transition, min(left, self.query_s))
            if outcome.answer is Sat.UNSAT:
                return True
            if outcome.answer is Sat.UNKNOWN:
                self.undecided.append(outcome.smt2)
                return False
            candidate = urnn_from(transition, outcome)
            if candidate is None:
                self.trace.append(f"{transition.name}: the candidate is irrational")
                self.undecided.append(outcome.smt2)
                return False
            refuting = self._disagreement(candidate)
            if refuting is None:
                self._confirm(candidate, transition.name)
                self.undecided += [outcome.smt2] if self.found is None else []
                return False
            self.sequences.append(refuting)

    def _ask(self, transition: Transition, budget_s: float) -> Outcome:
        outputs = [_outputs(self.rnn, inputs) for inputs in self.sequences]
        # With U unknown Z3's own portfolio gets further than one tactic.
        tactics = () if transition.assertions else ("qfnra-nlsat",)
        query = same_outputs(transition, self.sequences, outputs)
        outcome = solve(query, budget_s=budget_s, tactics=tactics)
        self.trace.append(
            f"{transition.name}, {len(self.sequences)} sequences: {outcome.answer.value}, "
            f"{outcome.seconds:.2f} s"
        )
        return outcome

    def _disagreement(self, candidate: RNN) -> Inputs | None:
        """Return the shortest beginning of a test sequence on which the outputs differ."""
        for inputs in _test_sequences(self.bound):
            wanted, given = _outputs(self.rnn, inputs), _outputs(candidate, inputs)
            if wanted != given:
                first = next(k for k, y in enumerate(wanted) if y != given[k])
                return inputs[: first + 1]
        return None

    def _largest(self) -> Fraction:
        """Return a bound of the RNN's states: a few interval steps if they settle, else S4's."""
        rnn = self.rnn
        assert isinstance(rnn.W, RationalMatrix)
        w, drive = rnn.W[0, 0], abs(rnn.F[0, 0]) * self.bound + rnn.b[0, 0]
        high = max(w * rnn.h_init[0, 0] + drive, Fraction(0))
        for _ in range(_INTERVAL_STEPS):
            after = max(high, w * high + drive, drive)
            if after == high:
                return high
            high = after
        return bound_states(rnn, self.bound, certify_contractive(rnn.W)).H

    def _confirm(self, candidate: RNN, name: str) -> None:
        pairs = []
        for inputs in _test_sequences(self.bound):
            pairs += list(zip(_states(self.rnn, inputs), _states(candidate, inputs), strict=True))
        fitted = fit_affine(pairs)
        if fitted is None:
            self.trace.append(f"{name}: the candidate's states are not affine in h")
            return
        A, a = fitted
        invariant = AffineInvariant(A, a, (Fraction(0),), (self._largest(),), self.bound)
        try:
            report = confirm_network(self.rnn, candidate, invariant)
        except UnsupportedError as error:
            self.trace.append(f"{name}: {error}")
            return
        self.trace.append(f"{name}: confirmation {report.verdict}")
        if report.verdict is Verdict.PROVED:
            self.found = candidate, invariant, report


def _test_sequences(bound: Fraction) -> Iterator[Inputs]:
    """Yield short sequences of simple inputs, then longer random ones, always the same."""
    values = [bound * Fraction(k, 4) for k in (4, -4, 2, 0, 1)]
    for length in (1, 2, 3):
        yield from itertools.product(values, repeat=length)
    rng = random.Random(0)
    for _ in range(60):
        yield tuple(bound * Fraction(rng.randint(-12, 12), 12) for _ in range(8))


def _outputs(rnn: RNN, inputs: Inputs) -> list[Fraction]:
    return [row[0] for row in _rational(rnn).run_exact([[x] for x in inputs])]


def _states(rnn: RNN, inputs: Inputs) -> list[tuple[Fraction, ...]]:
    unit = [[int(i == j) for j in range(rnn.states)] for i in range(rnn.states)]
    net = _rational(rnn)
    seen = RNN(net.W, net.F, net.b, unit, net.h_init).run_exact([[x] for x in inputs])
    return [tuple(row) for row in seen]


def _rational(rnn: RNN) -> RNN:
    """Return the network with R for a scaled-rational U: a rescaling of its states."""
    W = rnn.W.R if isinstance(rnn.W, ScaledRational) else rnn.W
    return RNN(W, rnn.F, rnn.b, rnn.C, rnn.h_init)
